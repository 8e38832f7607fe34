#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# linux.netDevices: devices of the host in the container. The tests have a network namespace of their
# own, in which a pair of virtual devices stands for those of a host.

load helpers

setup() {
	setup_test
	ip link add corc-a type veth peer name corc-b
	ip link add corc-c type veth peer name corc-d
	ip address add 192.0.2.1/24 broadcast 192.0.2.255 dev corc-a
	ip address add 2001:db8::1/64 dev corc-a nodad
	ip address add 169.254.7.7/16 scope link dev corc-a
	ip link set corc-a up
	# Where corc runs; a container has a namespace of its own in the default configuration.
	[ "$(jq '.linux.namespaces | map(select(.type == "network")) | length' "$BUNDLE/config.json")" = 1 ]
}

teardown() {
	local name result=0
	teardown_test || result=1
	for name in corc-a corc-b corc-c corc-d; do
		ip link delete "$name" 2>/dev/null || true
	done
	return "$result"
}

# addresses NAME: of a device on the host.
addresses() {
	ip -o address show dev "$1" | awk '{ print $4, $6 == "scope" ? $7 : $8 }' | sort
}

@test "netDevices: moved, renamed, with its addresses, up" {
	config_set '.linux.netDevices = {"corc-a": {name: "ctr0"}}'
	start_container
	run ! ip link show corc-a
	succeeds exec "$ID" ip addr show ctr0
	[[ "$output" == *"UP"*"inet 192.0.2.1/24 brd 192.0.2.255 scope global ctr0"* ]] || fail "addresses"
	[[ "$output" == *"inet6 2001:db8::1/64 scope global"* ]] || fail "addresses"
	[[ "$output" != *"169.254.7.7"* ]] || fail "addresses"
}

@test "netDevices: under its own name, in a user namespace, and by a template" {
	add_user_namespace
	config_set '.linux.netDevices = {"corc-a": {}, "corc-b": {name: "v%d"}, "corc-c": {name: "v%d"}}'
	run_shell 'cat /sys/class/net/corc-a/operstate >/dev/null; ls /sys/class/net'
	expect_line corc-a
	expect_line v0
	expect_line v1
}

@test "netDevices: sysctls of the device, and hooks that find it there" {
	config_set --arg log "$PWD/hook.log" '.linux.netDevices = {"corc-c": {name: "ctr0"}} |
		.linux.sysctl = {"net.ipv4.conf.ctr0.forwarding": "1"} |
		.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c",
			"nsenter --net=/proc/$(jq .pid)/ns/net ls /sys/class/net; cat /proc/$PPID/comm >$0; ! ip link show corc-c 2>>$0", $log],
			env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]}]'
	run_shell 'cat /proc/sys/net/ipv4/conf/ctr0/forwarding'
	expect_output 1
	grep -q 'does not exist' hook.log
}

@test "netDevices: in a network namespace joined by path" {
	unshare --net sh -c 'echo ready >held; exec sleep 60' 3>&- &
	local holder=$!
	until [ -e held ]; do read -r -t 0.02 <> <(:) || true; done
	config_set --arg path "/proc/$holder/ns/net" '.linux.netDevices = {"corc-a": {name: "ctr0"}} |
		(.linux.namespaces[] | select(.type == "network")).path = $path'
	run_shell 'ip addr show ctr0'
	[[ "$output" == *"192.0.2.1/24"* ]] || fail addresses
	# They are the namespace's, and stay there.
	nsenter --net="/proc/$holder/ns/net" ip link show ctr0 >/dev/null
	kill "$holder"
}

@test "netDevices: after a failure they are back on the host as they were" {
	local before
	before=$(addresses corc-a | grep -v -e fe80 -e 169.254)
	config_set '.linux.netDevices = {"corc-a": {name: "ctr0"}, "corc-c": {name: "ctr1"}}'
	config_args /nonexistent
	fails 1 'no such file' run --bundle "$BUNDLE" "$ID"
	expect_nothing_left
	[ "$(addresses corc-a | grep -v fe80)" = "$before" ] || fail "$(addresses corc-a)"
	[ -n "$(ip link show up dev corc-a)" ]
	[ -z "$(ip link show up dev corc-c)" ]
}

@test "netDevices: what is not there, and what is called so already" {
	config_set '.linux.netDevices = {"corc-a": {name: "ctr0"}, "corc-x": {}}'
	config_args true
	fails 1 'corc-x: ' run --bundle "$BUNDLE" "$ID"
	expect_nothing_left
	ip link show corc-a >/dev/null
	corc_only "has other words"
	expect_error 'config.json:[0-9]+:[0-9]+: linux.netDevices.corc-x: network device corc-x: on the host: no such device'
	config_set '.linux.netDevices = {"corc-a": {name: "lo"}}'
	fails 1 'network device corc-a: a name in the container: file exists' run --bundle "$BUNDLE" "$ID"
	ip link show corc-a >/dev/null
	expect_nothing_left
}

@test "netDevices: delete leaves them to the namespace" {
	config_set '.linux.netDevices = {"corc-a": {}}'
	start_container
	succeeds delete --force "$ID"
	# The kernel removes virtual ones together with the namespace.
	run ! ip link show corc-a
}
