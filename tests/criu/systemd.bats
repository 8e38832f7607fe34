#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# restore --systemd-cgroup, with a systemd that a program plays. The real one is in tests/vm.

load helpers
load ../cli/fake_systemd

setup() {
	setup_criu
	setup_systemd
	GLOBAL=(--systemd-cgroup)
}

@test "criu: a restored container is in a scope that systemd made" {
	start_systemd
	start_counter --set '.annotations["org.systemd.property.TimeoutStopUSec"] = "uint64 7000000"'
	expect_answer 1
	checkpoint "$ID"
	await_log "\\(stopped\\|collected\\) $UNIT"
	: >"$LOG"
	restore "$ID"
	grep -qx "start $UNIT fail ssa(sv)a(sa(sv))" "$LOG"
	expect_property "TimeoutStopUSec t 7000000"
	expect_property "Description s corc container $ID"
	# What systemd was given to begin with has gone.
	[ "$(<"$CGROUP_MOUNT/$UNIT/cgroup.procs")" = "$PID" ]
	grep -qx "0::/$UNIT" "/proc/$PID/cgroup"
	succeeds exec "$ID" cat /proc/1/cgroup
	expect_line '0::/'
	expect_answer 2
	succeeds pause "$ID"
	expect_status "$ID" paused
	succeeds resume "$ID"
	expect_answer 3
	: >"$LOG"
	succeeds delete --force "$ID"
	await_log "\\(stopped\\|collected\\) $UNIT"
}

@test "criu: a scope that exists, and one whose container is not restored" {
	start_systemd
	start_counter
	checkpoint --leave-running "$ID"
	fails 1 'container with given ID already exists' "${GLOBAL[@]}" restore --detach \
		--image-path "$IMAGES" --bundle "$BUNDLE" "$ID"
	expect_answer 1
	succeeds delete --force "$ID"
	truncate -s 20 "$IMAGES/core-1.img"
	: >"$LOG"
	corc "${GLOBAL[@]}" restore --detach --image-path "$IMAGES" --bundle "$BUNDLE" "$ID" </dev/null
	[ "$status" -eq 1 ]
	await_log "\\(stopped\\|collected\\) $UNIT"
	expect_clean
}

@test "criu: without systemd nothing is left of a restore into a scope" {
	start_systemd
	start_counter
	checkpoint "$ID"
	stop_systemd
	corc "${GLOBAL[@]}" restore --detach --image-path "$IMAGES" --bundle "$BUNDLE" "$ID" </dev/null
	[ "$status" -eq 1 ]
	expect_error systemd
	expect_clean
}
