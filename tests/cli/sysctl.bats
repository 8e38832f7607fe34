#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# linux.sysctl.

load helpers

@test "sysctl: of the network, ipc and uts namespaces" {
	config_set '.linux.sysctl = {"net.ipv4.ip_forward": "1", "kernel.msgmax": "4096",
		"fs.mqueue.msg_max": "7", "kernel.domainname": "example", "kernel.sem": "10 20 30 40"}'
	run_shell 'cd /proc/sys && cat net/ipv4/ip_forward kernel/msgmax fs/mqueue/msg_max \
		kernel/domainname kernel/sem'
	expect_output $'1\n4096\n7\nexample\n10\t20\t30\t40'
}

@test "sysctl: separated by slashes, dots then stand for themselves" {
	run_shell --set '.linux.sysctl = {"net/ipv4/conf/lo/forwarding": "1"}' \
		'cat /proc/sys/net/ipv4/conf/lo/forwarding'
	expect_output 1
}

@test "sysctl: the host's are as before" {
	local before
	before=$(cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax)
	run_in --set '.linux.sysctl = {"net.ipv4.ip_forward": "1", "kernel.msgmax": "4096"}' true
	[ "$(cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax)" = "$before" ]
}

@test "sysctl: those of no namespace are refused" {
	local name
	for name in kernel.panic vm.overcommit_memory fs.file-max kernel.core_pattern \
		kernel.pid_max; do
		config_set --arg name "$name" '.linux.sysctl = {($name): "1"}'
		fails 1 "is not in a separate kernel namespace" run --bundle "$BUNDLE" "$ID"
		[[ "$stderr" == *"$name"* ]]
	done
	for name in kernel/panic vm/swappiness net kernel dev.x; do
		config_set --arg name "$name" '.linux.sysctl = {($name): "1"}'
		fails 1 "is not in a separate kernel namespace" run --bundle "$BUNDLE" "$ID"
	done
	expect_nothing_left
}

@test "sysctl: tricks with the name are refused" {
	local name
	for name in net/../kernel/panic net..kernel net/./../../x /net/ipv4/ip_forward \
		net.ipv4.ip_forward+kernel.core_pattern ""; do
		config_set --arg name "$name" '.linux.sysctl = {($name): "1"}'
		corc run --bundle "$BUNDLE" "$ID"
		[ "$status" -eq 1 ] || fail "$name"
	done
	expect_nothing_left
}

@test "sysctl: need the namespace" {
	config_set 'del(.linux.namespaces[] | select(.type == "network")) |
		.linux.sysctl = {"net.ipv4.ip_forward": "1"}'
	fails 1 "net.ipv4.ip_forward" run --bundle "$BUNDLE" "$ID"
	config_set '.linux.namespaces += [{type: "network"}] | .linux.sysctl = {"kernel.msgmax": "1"} |
		del(.linux.namespaces[] | select(.type == "ipc")) |
		del(.mounts[] | select(.type == "mqueue"))'
	fails 1 "kernel.msgmax" run --bundle "$BUNDLE" "$ID"
	expect_nothing_left
}

@test "sysctl: kernel.hostname is hostname's" {
	config_set '.linux.sysctl = {"kernel.hostname": "x"}'
	fails 1 "hostname" run --bundle "$BUNDLE" "$ID"
	expect_nothing_left
}

@test "sysctl: a name that the kernel does not know" {
	config_set '.linux.sysctl = {"net.ipv4.no_such_thing": "1"}'
	fails 1 "no such file or directory" run --bundle "$BUNDLE" "$ID"
	[[ "$stderr" == *no_such_thing* ]]
	expect_nothing_left
}

@test "sysctl: a value that the kernel does not take" {
	config_set '.linux.sysctl = {"net.ipv4.ip_forward": "yes"}'
	fails 1 "invalid argument" run --bundle "$BUNDLE" "$ID"
	[[ "$stderr" == *ip_forward* ]]
	expect_nothing_left
}

@test "sysctl: of a user namespace" {
	add_user_namespace
	run_shell --set '.linux.sysctl = {"net.ipv4.ip_forward": "1"}' \
		'cat /proc/sys/net/ipv4/ip_forward'
	expect_output 1
}

@test "sysctl: are written although /proc/sys is read-only in the container" {
	run_shell --set '.linux.sysctl = {"net.ipv4.ip_forward": "1"}' \
		'cat /proc/sys/net/ipv4/ip_forward; echo 0 2>/dev/null >/proc/sys/net/ipv4/ip_forward ||
		echo refused'
	expect_output $'1\nrefused'
}
