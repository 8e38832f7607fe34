#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# When and where the process runs: process.scheduler, ioPriority, execCPUAffinity; linux.personality
# and memoryPolicy.

load helpers

needs_nice() {
	nice -n -1 true 2>/dev/null || skip "this machine lacks CAP_SYS_NICE"
}

# scheduling PID: "POLICY NICE PRIORITY" of a process, policies by number (sched(7)).
scheduling() {
	sed 's/.*) //' "/proc/$1/stat" | awk '{ print $39, $17, $38 }'
}

cpus_of() {
	sed -n 's/^Cpus_allowed_list:\t//p' "/proc/$1/status"
}

@test "scheduler: policy and nice value of the container's process" {
	needs_nice
	config_set '.process.scheduler = {policy: "SCHED_BATCH", nice: 5}'
	start_container
	[ "$(scheduling "$PID")" = "3 5 0" ] || fail "$(scheduling "$PID")"
	succeeds delete --force "$ID"
	config_set '.process.scheduler = {policy: "SCHED_OTHER", nice: -3}'
	run_in awk '{ print $41, $19 }' /proc/self/stat
	expect_output "0 -3"
}

@test "scheduler: real time, with a flag" {
	needs_cgroup_v2 # on v1 a cgroup has no time for it unless it is given some
	needs_nice
	chrt --fifo 1 true 2>/dev/null || skip "this machine has no real time"
	config_set '.process.scheduler = {policy: "SCHED_RR", priority: 7,
		flags: ["SCHED_FLAG_RESET_ON_FORK"]}'
	config_args pause
	create_container
	[[ "$(scheduling "$PID")" == "2 "*" 7" ]] || fail "$(scheduling "$PID")"
	chrt --pid "$PID" | grep -q 'SCHED_RR|SCHED_RESET_ON_FORK'
}

@test "scheduler: in a user namespace, whose root may not lower nice values" {
	needs_nice
	add_user_namespace
	config_set '.process.scheduler = {policy: "SCHED_OTHER", nice: -5}'
	corc_only "sets it from inside"
	run_in awk '{ print $19 }' /proc/self/stat
	expect_output -5
}

@test "scheduler: of an exec" {
	needs_nice
	config_set '.process.scheduler = {policy: "SCHED_BATCH", nice: 2}'
	start_container
	succeeds exec "$ID" awk '{ print $41, $19 }' /proc/self/stat
	expect_output "3 2"
	jq '.process | .scheduler = {policy: "SCHED_IDLE"} | .terminal = false |
		.args = ["awk", "{ print $41 }", "/proc/self/stat"]' "$BUNDLE/config.json" >process.json
	succeeds exec --process process.json "$ID"
	expect_output 5
}

@test "scheduler: what the kernel refuses names the property, and nothing is left" {
	config_set '.process.scheduler = {policy: "SCHED_ISO"}'
	corc run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 1 ]
	expect_nothing_left
	corc_only "has other words"
	expect_error 'config.json:[0-9]+:[0-9]+: process.scheduler: setting the scheduler of the process: invalid argument'
	start_container_without_scheduler
	jq '.process | .scheduler = {policy: "SCHED_ISO"} | .terminal = false' \
		"$BUNDLE/config.json" >process.json
	fails 255 'process.json:' exec --process process.json "$ID"
	expect_error 'scheduler: setting the scheduler of the process: invalid argument'
}

start_container_without_scheduler() {
	config_set 'del(.process.scheduler)'
	start_container
}

@test "ioPriority: of the container's process and of an exec" {
	config_set '.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 6}'
	start_container
	[ "$(ionice -p "$PID")" = "best-effort: prio 6" ]
	config_set '.process.ioPriority = {class: "IOPRIO_CLASS_IDLE"}'
	jq '.process | .args = ["pause"] | .terminal = false' "$BUNDLE/config.json" >process.json
	succeeds exec --detach --pid-file pid.exec --process process.json "$ID"
	[ "$(ionice -p "$(<pid.exec)")" = idle ]
}

@test "execCPUAffinity: final is for an exec alone" {
	[ "$(nproc)" -ge 2 ] || skip "this machine has one CPU"
	config_set '.process.execCPUAffinity = {initial: "0", final: "1"}'
	start_container
	[ "$(cpus_of "$PID")" = "$(cpus_of self)" ]
	succeeds exec "$ID" sed -n 's/^Cpus_allowed_list:\t//p' /proc/self/status
	expect_output 1
	succeeds exec "$ID" sh -c 'sed -n s/^0::.*/v2/p /proc/self/cgroup'
	! is_cgroup_v2 || expect_output v2
}

@test "execCPUAffinity: initial does not outlast the way into the cgroup" {
	[ "$(nproc)" -ge 2 ] || skip "this machine has one CPU"
	config_set '.process.execCPUAffinity = {initial: "0"}'
	start_container
	succeeds exec "$ID" sed -n 's/^Cpus_allowed_list:\t//p' /proc/self/status
	expect_output "$(cpus_of self)"
	succeeds exec "$ID" cat /proc/self/cgroup
	! is_cgroup_v2 || expect_line "0::.*"
	corc_only "has other words"
	config_set '.process.execCPUAffinity = {initial: "8000"}'
	jq '.process | .args = ["true"] | .terminal = false' "$BUNDLE/config.json" >process.json
	fails 255 'execCPUAffinity.initial: run on CPUs 8000: invalid argument' \
		exec --process process.json "$ID"
	config_set '.process.execCPUAffinity = {final: "8000"}'
	jq '.process | .args = ["true"] | .terminal = false' "$BUNDLE/config.json" >process.json
	fails 255 'execCPUAffinity: setting the CPU affinity of the process: invalid argument' \
		exec --process process.json "$ID"
}

@test "personality: LINUX32, of the container and of an exec" {
	[ "$(uname -m)" = x86_64 ] || skip "not of this processor"
	config_set '.linux.personality = {domain: "LINUX32"}'
	start_container sh -c 'uname -m; exec pause'
	hear i686
	succeeds exec "$ID" uname -m
	[ "$CORC_TEST_PROGRAM" = crun ] || expect_output i686
	config_set '.linux.personality = {domain: "LINUX"}'
	succeeds delete --force "$ID"
	run_in uname -m
	expect_output x86_64
}

@test "personality: a seccomp filter that forbids it comes later" {
	config_set '.linux.personality = {domain: "LINUX32"} | .process.noNewPrivileges = true |
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
			syscalls: [{names: ["personality", "set_mempolicy"], action: "SCMP_ACT_ERRNO"}]}'
	[ "$(uname -m)" = x86_64 ] || skip "not of this processor"
	run_in uname -m
	expect_output i686
	config_set '.process.noNewPrivileges = false'
	run_in uname -m
	expect_output i686
}

@test "memoryPolicy: mode and nodes, of the container and of an exec" {
	[ -e /proc/self/numa_maps ] || skip "this kernel has no memory nodes"
	config_set '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0", flags: ["MPOL_F_STATIC_NODES"]}'
	start_container
	[ "$(awk '{ print $2 }' "/proc/$PID/numa_maps" | sort -u)" = "bind=static:0" ]
	succeeds exec "$ID" sh -c "awk '{ print \$2 }' /proc/self/numa_maps | sort -u"
	corc_only "not for an exec"
	expect_output bind=static:0
}

@test "memoryPolicy: nodes that are not there" {
	[ -e /proc/self/numa_maps ] || skip "this kernel has no memory nodes"
	config_set '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "999"}'
	corc run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 1 ]
	expect_nothing_left
	corc_only "has other words"
	expect_error 'linux.memoryPolicy: memory policy MPOL_BIND of nodes 999: invalid argument'
}
