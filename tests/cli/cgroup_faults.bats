#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Hosts whose cgroups are not as they should be: a clear sentence, nothing left, and nobody else's
# process touched.

load helpers

# with_mounts COMMAND [ARGUMENTS]: corc with the arguments, after a shell command in a mount namespace
# of its own.
with_mounts() {
	local program=$CORC
	cat >"$BATS_TEST_TMPDIR/in-mounts" <<-END
		#!/bin/bash
		exec unshare --mount --propagation private bash -c '$1; exec "\$@"' bash "$program" "\$@"
	END
	chmod +x "$BATS_TEST_TMPDIR/in-mounts"
	CORC=$BATS_TEST_TMPDIR/in-mounts
	shift
	"$@"
	CORC=$program
}

READ_ONLY='findmnt -rno TARGET -t cgroup,cgroup2 | while read -r path; do mount -o remount,bind,ro "$path"; done'
NO_CGROUPS='mount -t tmpfs none /sys/fs/cgroup'
EVERYTHING='.linux.resources.devices = [{allow: true, access: "rwm"}]'

@test "faults: a read-only cgroup file system" {
	with_mounts "$READ_ONLY" fails 1 "make cgroup $CGROUP_MOUNT" create --bundle "$BUNDLE" "$ID"
	expect_error 'read-only file system \(the cgroup file system is mounted read-only\)'
	expect_nothing_left
}

@test "faults: no cgroups at all, and a limit" {
	config_set ".linux.resources = {pids: {limit: 5}} | $EVERYTHING"
	with_mounts "$NO_CGROUPS" fails 1 'needs the cgroup controller "pids", but no cgroups are mounted' \
		create --bundle "$BUNDLE" "$ID"
	expect_error 'config.json:[0-9]+:[0-9]+: linux.resources.pids.limit: '
	expect_nothing_left
}

@test "faults: no cgroups at all, and nothing that needs them" {
	corc_only "needs cgroups always"
	config_set "del(.linux.resources, .linux.cgroupsPath) | $EVERYTHING"
	config_args echo hello
	with_mounts "$NO_CGROUPS" succeeds run --bundle "$BUNDLE" "$ID"
	expect_output hello
	expect_nothing_left
}

@test "faults: no cgroups at all, and systemd is to make one" {
	config_set 'del(.linux.cgroupsPath)'
	with_mounts "$NO_CGROUPS" fails 1 "none are mounted below /sys/fs/cgroup" \
		--systemd-cgroup create --bundle "$BUNDLE" "$ID"
	expect_nothing_left
}

@test "faults: a controller that cannot be had where the container is" {
	local group=$CGROUP_MOUNT/$ID victim
	needs_cgroup_v2
	needs_controller hugetlb
	mkdir "$group"
	"$PROGRAMS/pause" 3>&- &
	victim=$!
	echo "$victim" >"$group/cgroup.procs"
	config_set --arg path "/$ID/web" '.linux.cgroupsPath = $path |
		.linux.resources.hugepageLimits = [{pageSize: "2MB", limit: 0}]'
	fails 1 'needs the cgroup controller "hugetlb", which could not be enabled in' \
		create --bundle "$BUNDLE" "$ID"
	expect_error 'linux.resources.hugepageLimits'
	[ ! -e "$group/web" ]
	kill -0 "$victim"
	kill "$victim"
	wait "$victim" || true
	remove_cgroup "$group"
	expect_nothing_left
}

@test "faults: a cgroup above that is frozen" {
	local group=$CGROUP_MOUNT/$ID
	needs_cgroup_v2
	mkdir "$group"
	echo 1 >"$group/cgroup.freeze"
	config_set --arg path "/$ID/web" '.linux.cgroupsPath = $path'
	fails 1 "container's cgroup unexpectedly frozen" create --bundle "$BUNDLE" "$ID"
	[ ! -e "$group/web" ]
	[ "$(<"$group/cgroup.freeze")" = 1 ]
	remove_cgroup "$group"
	expect_nothing_left
}

@test "faults: the manager is disabled: no cgroup, a warning for limits, and all else works" {
	corc_only "has no --cgroup-manager"
	config_set ".linux.resources = {pids: {limit: 5}} | $EVERYTHING"
	config_args pause
	succeeds --log log --cgroup-manager disabled create --bundle "$BUNDLE" --pid-file pid "$ID" \
		</dev/null
	grep -q 'linux.resources: cgroups are disabled by the caller, the limits are ignored' log
	succeeds start "$ID"
	cmp "/proc/$(<pid)/cgroup" /proc/self/cgroup
	succeeds exec "$ID" true
	expect_status "$ID" running
	fails 1 "pause" pause "$ID"
	fails 1 "" update --pids-limit 7 "$ID"
	expect_error pids
	fails 1 "the container has no cgroup that tells its processes" ps "$ID"
	succeeds kill "$ID" KILL
	await_exit "$(<pid)"
	succeeds ps --format json "$ID"
	expect_output null
	succeeds delete "$ID"
	expect_nothing_left
}
