#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Limits of cgroup v2 with real controllers: what is written, what holds, and how runtimes behave at them.
# bats file_tags=vm

load helpers

setup() {
	setup_test
	needs_cgroup_v2
	for name in cpu cpuset io memory pids; do
		needs_controller "$name"
	done
	OWN=$CGROUP_MOUNT/$ID
}

# expect_files FILE TEXT...: of the container's cgroup.
expect_files() {
	local found
	while [ $# -gt 0 ]; do
		found=$(<"$OWN/$1")
		[ "$found" = "$2" ] || fail "$1 has $found, expected $2"
		shift 2
	done
}

# The number of a block device of this machine, "254:0".
disk() {
	cat /sys/block/[sv]da/dev
}

@test "limits: every property of memory, cpu, cpuset and pids is in its file" {
	config_set '.linux.resources = {
		memory: {limit: 67108864, reservation: 33554432, swap: 100663296},
		cpu: {shares: 512, quota: 50000, period: 200000, burst: 10000, cpus: "0-1", mems: "0"},
		pids: {limit: 100}}'
	start_container
	expect_files memory.max 67108864 memory.low 33554432 memory.swap.max 33554432 \
		cpu.weight 59 cpu.max "50000 200000" cpu.max.burst 10000 cpuset.cpus 0-1 cpuset.mems 0 \
		pids.max 100
	succeeds delete --force "$ID"
	config_set '.linux.resources = {memory: {limit: -1, swap: -1},
		cpu: {quota: -1, idle: 1, cpus: "1"}, pids: {limit: -1}}'
	start_container
	expect_files memory.max max memory.swap.max max cpu.max "max 100000" cpu.idle 1 cpuset.cpus 1 \
		pids.max max
	grep -qx $'Cpus_allowed_list:\t1' "/proc/$PID/status"
}

@test "limits: rates of block I/O, and unified on top of all" {
	local disk
	disk=$(disk)
	config_set --argjson major "${disk%:*}" --argjson minor "${disk#*:}" '
		def rate($rate): [{major: $major, minor: $minor, rate: $rate}];
		.linux.resources = {
			blockIO: {
				throttleReadBpsDevice: rate(1048576), throttleWriteBpsDevice: rate(2097152),
				throttleReadIOPSDevice: rate(100), throttleWriteIOPSDevice: rate(200)},
			memory: {limit: 67108864},
			unified: {"memory.high": "50331648", "memory.max": "60817408", "memory.oom.group": "1",
				"cpu.weight": "77", "io.max": "\($major):\($minor) rbps=4194304"}}'
	start_container
	expect_files io.max "$disk rbps=4194304 wbps=2097152 riops=100 wiops=200" \
		memory.high 50331648 memory.max 60817408 memory.oom.group 1 cpu.weight 77
}

@test "limits: update changes them, and a refused value leaves all as they were" {
	config_set '.linux.resources = {memory: {limit: 67108864}, pids: {limit: 50}}'
	start_container
	succeeds update --memory 48M --memory-swap 64M --cpu-share 2048 --cpu-quota 30000 \
		--cpu-period 100000 --cpuset-cpus 0 --pids-limit 20 "$ID"
	expect_files memory.max 50331648 memory.swap.max 16777216 cpu.weight 174 \
		cpu.max "30000 100000" cpuset.cpus 0 pids.max 20
	corc update --memory 40M --pids-limit 30 --cpuset-cpus 4000 "$ID"
	[ "$status" -eq 1 ] || fail "expected exit status 1"
	expect_error 'cpus'
	expect_files memory.max 50331648 pids.max 20 cpuset.cpus 0
}

@test "limits: 512 KiB of memory and one process are enough to run" {
	config_set '.linux.resources = {memory: {limit: 524288}, pids: {limit: 1}}'
	corc_only "needs megabytes"
	run_in clocks
	start_container
	expect_files memory.max 524288 pids.max 1 pids.current 1
	expect_status "$ID" running
	succeeds kill "$ID" KILL
	await_exit "$PID"
	succeeds delete "$ID"
}

@test "limits: exec at the limit of processes works, or names the limit" {
	config_set '.linux.resources.pids = {limit: 1}'
	start_container
	corc exec "$ID" true
	if [ "$status" -ne 0 ]; then
		corc_only "says less"
		expect_error 'is full: pids.current is 1, pids.max 1'
	fi
	expect_status "$ID" running
	[ "$(<"$OWN/pids.current")" -eq 1 ]
}

# A process fills the memory up to the limit with what cannot be given back.
@test "limits: exec at the limit of memory works, or names the limit" {
	config_set '.linux.resources.memory = {limit: 16777216, swap: 16777216} |
		.mounts += [{destination: "/full", type: "tmpfs", source: "tmpfs"}]'
	start_container sh -c 'dd if=/dev/zero of=/full/file bs=4k count=3500 2>/dev/null; echo full; exec pause'
	hear full
	[ "$(<"$OWN/memory.current")" -gt 14000000 ]
	succeeds exec "$ID" true
	# Of swap there is none, and nothing can be given back: the next page is one too many.
	echo "$(<"$OWN/memory.current")" >"$OWN/memory.max"
	corc exec "$ID" true
	if [ "$status" -ne 0 ]; then
		corc_only "says less"
		expect_error 'ran out of memory: memory.max is [0-9]+, memory.current is [0-9]+|not running'
	fi
}

# What the kernel counts in advance, and what can be given back, goes before the limit is set.
leave_no_memory() {
	echo 0 >"$OWN/memory.high"
	echo max >"$OWN/memory.high"
	echo "$(<"$OWN/memory.current")" >"$OWN/memory.max"
}

# The next page is one too many, and the exec itself needs it.
exec_without_memory() { # GROUP
	config_set --arg group "$1" '.linux.resources = {memory: {limit: 16777216, swap: 16777216},
		unified: {"memory.oom.group": $group}}'
	start_container sh -c 'dd if=/dev/zero of=/full/file bs=4k count=3500 2>/dev/null; echo full; exec pause'
	hear full
	hear ready
	leave_no_memory
	corc exec "$ID" true
	[ "$status" -eq 255 ] || fail "expected exit status 255"
	expect_error 'killed by signal 9 .*ran out of memory: memory.max is [0-9]+, memory.current is [0-9]+'
}

@test "limits: exec where no memory is left: it is killed, and corc tells" {
	corc_only "says less"
	config_set '.mounts += [{destination: "/full", type: "tmpfs", source: "tmpfs"}]'
	exec_without_memory 0
	expect_status "$ID" running
	succeeds delete --force "$ID"
	# The kernel ends all that is in the group, and nothing else.
	exec_without_memory 1
	await_exit "$PID"
	expect_status "$ID" stopped
}

@test "limits: a process that goes beyond its memory is killed, and events tells" {
	config_set '.linux.resources.memory = {limit: 16777216, swap: 16777216}'
	config_args sh -c 'dd if=/dev/zero of=/dev/null bs=64M; echo "dd: $?"; exec pause'
	start_bundle "$BUNDLE" "$ID"
	hear "dd: 137"
	succeeds events --stats "$ID"
	jq -e '.data.memory.usage.limit == 16777216 and .data.pids.current == 1' <<<"$output"
	grep -qx 'oom_kill 1' "$OWN/memory.events"
}

# The parent has no room for one more process; only births count, not arrivals.
@test "limits: a cgroup above that is full of processes" {
	local above=$CGROUP_MOUNT/$ID-above
	mkdir "$above"
	echo +pids >"$CGROUP_MOUNT/cgroup.subtree_control"
	echo +pids >"$above/cgroup.subtree_control"
	echo 0 >"$above/pids.max"
	config_set --arg path "/$ID-above/$ID" '.linux.cgroupsPath = $path'
	corc run --bundle "$BUNDLE" "$ID"
	if [ "$status" -ne 0 ]; then
		corc_only "says less"
		expect_error "$ID-above is full: pids.current is 0, pids.max 0"
	fi
	[ ! -e "$above/$ID" ]
	rmdir "$above"
}
