#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# events.

load helpers

setup() {
	setup_test
	WATCHER=
}

teardown() {
	[ -z "$WATCHER" ] || stop_watching
	teardown_test
}

# Follows the events of the container; `next_event` reads them.
watch_events() {
	mkfifo stream
	"$CORC" --root "$ROOT" events "$@" "$ID" >stream 2>watcher.stderr 3>&- &
	WATCHER=$!
	exec 8<stream
}

# Sets $event. Status 1: they have ended.
next_event() {
	read -r -t 20 -u 8 event
}

# Passes over others until there is one of this type.
await_event() {
	while next_event; do
		[ "$(jq -r .type <<<"$event")" != "$1" ] || return 0
	done
	fail "no $1 event; stderr: $(<watcher.stderr)"
}

stop_watching() {
	kill "$WATCHER" 2>/dev/null || true
	wait "$WATCHER" 2>/dev/null || true
	exec 8<&-
	WATCHER=
}

# The watcher ends by itself, and well.
expect_end() {
	local pid=$WATCHER result=0
	while next_event; do :; done
	await_exit "$pid"
	WATCHER=
	wait "$pid" || result=$?
	exec 8<&-
	[ "$result" -eq 0 ] || fail "events ended with $result: $(<watcher.stderr)"
	[ ! -s watcher.stderr ] || fail "on stderr: $(<watcher.stderr)"
}

@test "events --stats: one line, in the shape that clients know" {
	start_container
	succeeds events --stats "$ID"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/stdout")" -eq 1 ]
	[ -z "$stderr" ]
	[ "$(jq -r '[.type, .id] | join(" ")' <<<"$output")" = "stats $ID" ]
	[ "$(jq -c 'keys_unsorted' <<<"$output")" = '["type","id","data"]' ]
	[ "$(jq -r '.data | keys_unsorted | join(" ")' <<<"$output")" = \
		"cpu cpuset memory pids blkio hugetlb intel_rdt network_interfaces" ]
	jq -e '.data.intel_rdt == {} and .data.network_interfaces == null' <<<"$output"
	jq -e '.data.cpuset | has("cpu_exclusive") and has("sched_relax_domain_level")' <<<"$output"
	jq -e '.data.cpu.usage | .total > 0 and has("kernel") and has("user")' <<<"$output"
	[ "$(jq -c '[.data.hugetlb[] | has("failcnt")] | unique' <<<"$output")" != '[false,true]' ]
	[[ "$output" != *[[:space:]]* ]]
	# What memory.stat has is in the order of the names.
	jq -e '.data.memory.raw // {} | keys_unsorted == (keys_unsorted | sort)' <<<"$output"
}

# bats test_tags=vm
@test "events --stats: processes are counted, and the limit of them told" {
	needs_controller pids
	config_set '.linux.resources.pids = {limit: 20}'
	start_container
	succeeds exec -d "$ID" sleep 1000
	succeeds events --stats "$ID"
	[ "$(jq -c .data.pids <<<"$output")" = '{"current":2,"limit":20}' ]
}

@test "events --stats: processes are counted without the controller, too" {
	needs_cgroup_v2
	[ -z "$(controller pids)" ] || skip "the view $CORC_TEST_VIEW has the controller"
	start_container
	succeeds exec -d "$ID" sleep 1000
	succeeds events --stats "$ID"
	[ "$(jq -c .data.pids <<<"$output")" = '{"current":2}' ]
}

# usage_of GROUP: what the memory controller of v1 counts, in bytes.
usage_of() {
	cat "$1/memory.usage_in_bytes"
}

@test "events --stats: memory, as the files have it" {
	local path before round
	needs_controller memory
	needs_cgroup_v1
	config_set '.linux.resources.memory = {limit: 33554432, swap: 67108864}'
	start_container
	path=$(controller memory)/$ID
	# No process moves any more, but the kernel gives back what each processor holds in advance
	# when it likes: what counts is a look with the same figure before and after it.
	succeeds pause "$ID"
	for ((round = 0; round < 50; round++)); do
		before=$(usage_of "$path")
		succeeds events --stats "$ID"
		[ "$(usage_of "$path")" != "$before" ] || break
	done
	[ "$(jq .data.memory.usage.limit <<<"$output")" = 33554432 ]
	[ "$(jq .data.memory.swap.limit <<<"$output")" = 67108864 ]
	[ "$(jq .data.memory.usage.usage <<<"$output")" = "$before" ]
	[ "$(jq .data.memory.usage.max <<<"$output")" = "$(<"$path/memory.max_usage_in_bytes")" ]
	[ "$(jq .data.memory.raw.hierarchical_memory_limit <<<"$output")" = 33554432 ]
	[ "$(jq -r '.data.memory.raw | keys_unsorted[]' <<<"$output")" = "$(cut -d' ' -f1 "$path/memory.stat" | LC_ALL=C sort)" ]
}

@test "events --stats: processor time and its limits, as the files have it" {
	local path
	needs_controller cpuacct
	config_set '.linux.resources.cpu = {quota: 5000, period: 100000, cpus: "0"}'
	start_container sh -c 'i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; echo done; exec pause'
	hear "done"
	succeeds pause "$ID"
	path=$(controller cpuacct)/$ID
	succeeds events --stats "$ID"
	[ "$(jq .data.cpu.usage.total <<<"$output")" = "$(<"$path/cpuacct.usage")" ]
	[ "$(jq -r '.data.cpu.usage.percpu | join(" ")' <<<"$output")" = "$(xargs <"$path/cpuacct.usage_percpu")" ]
	jq -e '.data.cpu.throttling | .periods > 0 and .throttledPeriods > 0 and .throttledTime > 0' <<<"$output"
	[ "$(jq -c .data.cpuset.cpus <<<"$output")" = "[0]" ]
}

@test "events --stats: processor time of cgroup v2, as the file has it" {
	needs_cgroup_v2
	start_container sh -c 'i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; echo done; exec pause'
	hear "done"
	succeeds pause "$ID"
	succeeds events --stats "$ID"
	[ "$(jq '.data.cpu.usage.total / 1000' <<<"$output")" = "$(sed -n 's/^usage_usec //p' "$CGROUP_MOUNT/$ID/cpu.stat")" ]
	[ "$(jq '.data.cpu.usage.user / 1000' <<<"$output")" = "$(sed -n 's/^user_usec //p' "$CGROUP_MOUNT/$ID/cpu.stat")" ]
}

@test "events --stats: huge pages" {
	local sizes
	needs_controller hugetlb
	start_container
	succeeds events --stats "$ID"
	sizes=$(cd "$(controller hugetlb)/$ID" && printf '%s\n' hugetlb.*.max hugetlb.*.limit_in_bytes |
		sed -n 's/^hugetlb\.\([0-9A-Z]*\)\.\(max\|limit_in_bytes\)$/\1/p' | sort | xargs)
	[ "$(jq -r '.data.hugetlb | keys_unsorted | join(" ")' <<<"$output")" = "$sizes" ]
}

@test "events --stats: a container that is created, and one that is paused" {
	create_container
	succeeds events --stats "$ID"
	jq -e '.data.pids.current >= 1' <<<"$output"
	succeeds pause "$ID"
	succeeds events --stats "$ID"
	jq -e '.data.pids.current >= 1' <<<"$output"
}

@test "events: a container that is stopped, and none at all" {
	fails 1 "container does not exist" events "$ID"
	fails 1 "container does not exist" events --stats "$ID"
	create_container
	succeeds kill "$ID" KILL
	await_exit "$PID"
	fails 1 "container with id $ID is not running" events "$ID"
	fails 1 "container with id $ID is not running" events --stats "$ID"
}

@test "events: intervals that are none" {
	local interval
	start_container
	for interval in 0 0s -1s; do
		fails 1 "duration interval must be greater than 0" events --interval="$interval" "$ID"
	done
	for interval in "" 5 soon 1x "1 s" 99999999999h; do
		corc events --interval="$interval" "$ID"
		[ "$status" -eq 1 ]
		expect_error 'invalid value (\\)?"'"$interval"'(\\)?" for flag'
		[[ "$output" == "Incorrect Usage: "* ]]
	done
}

@test "events --interval: statistics again and again, until the container ends" {
	corc_only "ends with the cgroup, and needs the memory controller"
	start_container
	watch_events --interval 20ms
	for _ in 1 2 3; do
		next_event
		jq -e --arg id "$ID" '.type == "stats" and .id == $id and .data.pids.current == 1' <<<"$event"
	done
	succeeds exec -d "$ID" sleep 1000
	while next_event && [ "$(jq .data.pids.current <<<"$event")" != 2 ]; do :; done
	succeeds kill "$ID" KILL
	expect_end
}

@test "events: end with a container that is deleted by force" {
	corc_only "ends with the cgroup, and needs the memory controller"
	start_container
	watch_events --interval 10ms
	next_event
	succeeds delete --force "$ID"
	expect_end
	expect_nothing_left
}

# bats test_tags=vm
@test "events: the lack of memory" {
	needs_controller memory
	corc_only "ends with the cgroup, and needs the memory controller"
	config_set '.linux.resources.memory = {limit: 16777216, swap: 16777216}'
	start_container
	watch_events --interval 50ms
	# Now it watches.
	await_event stats
	corc exec "$ID" dd if=/dev/zero of=/dev/null bs=64M count=1
	[ "$status" -eq 137 ]
	await_event oom
	[ "$event" = "{\"type\":\"oom\",\"id\":\"$ID\"}" ]
	expect_status "$ID" running
	corc exec "$ID" dd if=/dev/zero of=/dev/null bs=64M count=1
	await_event oom
	succeeds kill "$ID" KILL
	expect_end
}

# bats test_tags=vm
@test "events: the lack of memory that ends the container is told before the end" {
	needs_controller memory
	corc_only "ends with the cgroup, and needs the memory controller"
	config_set '.linux.resources.memory = {limit: 16777216, swap: 16777216} |
		del(.linux.namespaces[] | select(.type == "pid"))'
	open_ears
	mkfifo "$ROOTFS/go"
	start_container sh -c 'read line </go; exec dd if=/dev/zero of=/dev/null bs=64M count=1'
	watch_events --interval 50ms
	await_event stats
	echo go >"$ROOTFS/go"
	await_event oom
	await_exit "$PID"
	expect_end
}
