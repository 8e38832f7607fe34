#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Annotations of crun that change what a container is.

load helpers

annotate() {
	config_set --arg key "$1" --arg value "$2" '.annotations[$key] = $value'
}

setup() {
	setup_test
	corc_only "has other annotations"
}

# corc runs with these supplementary groups.
with_groups() {
	printf '%s\n' '#!/bin/sh' "exec setpriv --groups $1 $CORC \"\$@\"" >corc-with-groups
	chmod +x corc-with-groups
	CORC=$PWD/corc-with-groups
}

@test "run.oci.keep_original_groups: those of the caller, and not those of the configuration" {
	with_groups 4242,4343
	annotate run.oci.keep_original_groups 1
	config_set '.process.user.additionalGids = [5]'
	start_container
	grep -qx $'Groups:\t4242 4343 ' "/proc/$PID/status"
	succeeds exec "$ID" grep Groups: /proc/self/status
	expect_output $'Groups:\t4242 4343 '
	succeeds delete --force "$ID"
	annotate run.oci.keep_original_groups 0
	run_in grep Groups: /proc/self/status
	expect_output $'Groups:\t5 '
}

@test "run.oci.keep_original_groups: in a user namespace they have no names, but count" {
	with_groups 4242
	add_user_namespace
	annotate run.oci.keep_original_groups 1
	echo secret >"$ROOTFS/shared"
	chown 0:4242 "$ROOTFS/shared"
	chmod 640 "$ROOTFS/shared"
	start_container
	grep -qx $'Groups:\t4242 ' "/proc/$PID/status"
	succeeds exec "$ID" cat /shared
	expect_output secret
}

# A program that gives EPERM to mkdir of x86-64, and what it is in base64.
BPF='IAAAAAAAAAAVAAABUwAAAAYAAAABAAUABgAAAAAA/38='

@test "run.oci.seccomp_bpf_data: a program in place of the profile" {
	[ "$(uname -m)" = x86_64 ] || skip "the program is for another processor"
	annotate run.oci.seccomp_bpf_data "$BPF"
	config_set '.linux.seccomp = {defaultAction: "SCMP_ACT_ERRNO"}'
	start_container sh -c 'mkdir /dev/x 2>/dev/null && echo made || echo refused; exec pause'
	hear refused
	succeeds exec "$ID" grep Seccomp: /proc/self/status
	expect_output $'Seccomp:\t2'
	corc exec "$ID" mkdir /dev/y
	[ "$status" -ne 0 ]
	succeeds delete --force "$ID"
	config_set 'del(.linux.seccomp) | .process.noNewPrivileges = true'
	run_shell 'mkdir /dev/x 2>/dev/null && echo made || echo refused'
	expect_output refused
}

@test "run.oci.seccomp_bpf_data: a profile that was compiled before is still itself" {
	[ "$(uname -m)" = x86_64 ] || skip "the program is for another processor"
	config_set '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW"}'
	annotate run.oci.seccomp_bpf_data "$BPF"
	run_shell 'mkdir /dev/x 2>/dev/null && echo made || echo refused'
	expect_output refused
	config_set 'del(.annotations)'
	run_shell 'mkdir /dev/x 2>/dev/null && echo made || echo refused'
	expect_output made
}

@test "run.oci.seccomp_bpf_data: what is no program" {
	config_args true
	annotate run.oci.seccomp_bpf_data '*'
	fails 1 'annotations' run --bundle "$BUNDLE" "$ID"
	expect_error 'expected a BPF program in base64'
	expect_nothing_left
	# One instruction that the kernel does not know.
	annotate run.oci.seccomp_bpf_data '/////////////w=='
	corc run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 1 ]
	expect_nothing_left
}

@test "run.oci.handler: what is no process is refused" {
	config_args true
	annotate run.oci.handler wasmedge
	fails 1 'the handler "wasmedge" is not supported' run --bundle "$BUNDLE" "$ID"
	expect_nothing_left
}

@test "run.oci.seccomp.plugins: there are none, which is said" {
	config_args echo ran
	annotate run.oci.seccomp.plugins plugin.so
	succeeds --log "$PWD/log" run --bundle "$BUNDLE" "$ID"
	expect_output ran
	corc_only "says so"
	grep -q 'annotation run.oci.seccomp.plugins is ignored: corc loads no plugins' log
}

@test "run.oci.systemd.force_cgroup_v1: a named hierarchy in place of v2" {
	needs_cgroup_v2
	grep -q ':name=systemd:' /proc/self/cgroup || skip "this machine has no such hierarchy"
	annotate run.oci.systemd.force_cgroup_v1 /sys/fs/cgroup
	run_shell 'grep " /sys/fs/cgroup" /proc/mounts'
	expect_line 'tmpfs /sys/fs/cgroup tmpfs .*'
	expect_line 'cgroup /sys/fs/cgroup/systemd cgroup .*name=systemd.*'
	expect_no_line 'cgroup2 .*'
}
