#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# pause and resume.

load helpers

setup() {
	setup_test
	HOLDER=
}

teardown() {
	release_lock
	teardown_test
}

# Whoever writes to the file now waits in state D.
hold_lock() {
	mkfifo hold said
	"$PROGRAMS/hold-lock" "$1" <hold >said 3>&- &
	HOLDER=$!
	exec 8>hold 9<said
	local line
	read -r -t 60 -u 9 line
	[ "$line" = ready ]
}

release_lock() {
	[ -n "$HOLDER" ] || return 0
	exec 8>&- 9<&-
	wait "$HOLDER" || true
	HOLDER=
}

# The letter of a process in /proc/PID/stat.
process_state() {
	local line
	line=$(<"/proc/$1/stat")
	line=${line##*) }
	echo "${line%% *}"
}

# Waits until the process is in this state; what brings it there is under way already.
await_state() {
	local i
	for ((i = 0; i < 500; i++)); do
		[ "$(process_state "$1")" != "$2" ] || return 0
		read -r -t 0.02 <> <(:) || true
	done
	fail "process $1 is in state $(process_state "$1")"
}

# The ticks of processor time that a process has used.
ticks() {
	local line fields
	line=$(<"/proc/$1/stat")
	read -r -a fields <<<"${line##*) }"
	echo $((fields[11] + fields[12]))
}

@test "pause and resume: nothing of the container runs meanwhile, all goes on afterwards" {
	local line
	start_container
	hear ready
	succeeds pause "$ID"
	[ -z "$output$stderr" ]
	expect_status "$ID" paused
	succeeds list
	expect_line "$ID +$PID +paused .*"
	# The signal waits for the process.
	succeeds kill "$ID" USR1
	! read -r -t 0.2 -u 7 line || fail "the container said: $line"
	succeeds resume "$ID"
	[ -z "$output$stderr" ]
	hear SIGUSR1
	expect_status "$ID" running
}

@test "pause: processes that are being born all the time are stopped, too" {
	local before after path i
	start_container sh -c 'while :; do sh -c "sh -c true & wait" & wait; done'
	for i in 1 2 3 4 5 6 7 8 9 10; do
		succeeds pause "$ID"
		path=$(controller freezer)
		path=${path:-$CGROUP_MOUNT}/$ID/cgroup.procs
		before=$(ticks "$PID")$(sort -n "$path")
		expect_status "$ID" paused
		after=$(ticks "$PID")$(sort -n "$path")
		[ "$before" = "$after" ] || fail "before: $before, after: $after"
		succeeds resume "$ID"
		expect_status "$ID" running
	done
}

@test "pause and resume: a second time" {
	start_container
	fails 1 "container not paused" resume "$ID"
	succeeds pause "$ID"
	fails 1 "container not running" pause "$ID"
	expect_status "$ID" paused
	succeeds resume "$ID"
	fails 1 "container not paused" resume "$ID"
	expect_status "$ID" running
}

@test "pause: a container that is only created" {
	create_container
	succeeds pause "$ID"
	expect_status "$ID" paused
	fails 1 "cannot start a container in the paused state" start "$ID"
	succeeds resume "$ID"
	expect_status "$ID" created
	succeeds start "$ID"
	await_exit "$PID"
}

@test "pause and resume: a stopped container, and none at all" {
	create_container
	succeeds kill "$ID" KILL
	await_exit "$PID"
	fails 1 "container not running" pause "$ID"
	fails 1 "container not paused" resume "$ID"
	fails 1 "container does not exist" pause "$ID-other"
	fails 1 "container does not exist" resume "$ID-other"
	corc pause
	[ "$status" -eq 1 ]
	corc resume "$ID" "$ID"
	[ "$status" -eq 1 ]
}

@test "pause: exec is refused until the container is resumed" {
	start_container
	succeeds pause "$ID"
	fails 255 "cannot exec in a paused container" exec "$ID" true
	succeeds resume "$ID"
	succeeds exec "$ID" echo hello
	expect_output hello
}

@test "pause: processes of exec are paused with the others" {
	start_container
	hear ready
	STDOUT=$BATS_TEST_TMPDIR/ears succeeds exec -d --pid-file second "$ID" pause
	hear ready
	succeeds pause "$ID"
	kill -USR2 "$(<second)"
	local line
	! read -r -t 0.2 -u 7 line || fail "the container said: $line"
	succeeds resume "$ID"
	hear SIGUSR2
}

@test "pause: cgroups that the container made below its own are paused with it" {
	needs_cgroup_v2
	start_container
	hear ready
	mkdir "$CGROUP_MOUNT/$ID/below"
	echo "$PID" >"$CGROUP_MOUNT/$ID/below/cgroup.procs"
	succeeds pause "$ID"
	grep -qx 'frozen 1' "$CGROUP_MOUNT/$ID/below/cgroup.events"
	succeeds resume "$ID"
	grep -qx 'frozen 0' "$CGROUP_MOUNT/$ID/below/cgroup.events"
}

@test "kill: SIGKILL ends a paused container, with and without a pid namespace of its own" {
	corc_only "calls it paused afterwards"
	local expression
	for expression in . 'del(.linux.namespaces[] | select(.type == "pid"))'; do
		config_set "$expression"
		start_container sh -c 'sleep 1000 & exec sleep 1000'
		succeeds pause "$ID"
		succeeds kill "$ID" KILL
		await_exit "$PID"
		expect_status "$ID" stopped
		succeeds delete "$ID"
		expect_nothing_left
	done
}

@test "kill --all: SIGKILL ends a paused container" {
	start_container
	succeeds pause "$ID"
	succeeds kill --all "$ID" KILL
	await_exit "$PID"
	expect_status "$ID" stopped
}

@test "delete: a paused container only by force" {
	start_container
	succeeds pause "$ID"
	fails 1 "cannot delete container $ID that is not stopped: paused" delete "$ID"
	expect_status "$ID" paused
	succeeds delete --force "$ID"
	expect_nothing_left
}

@test "pause: a process that cannot be stopped is named, and the container goes on" {
	corc_only "does not say what hinders"
	: >lock
	config_set --arg path "$PWD/lock" '.mounts += [
		{destination: "/lock", type: "bind", source: $path, options: ["bind", "rw"]}]'
	touch "$ROOTFS/lock"
	start_container
	hear ready
	hold_lock "$PWD/lock"
	succeeds exec -d --pid-file writer "$ID" sh -c 'echo text >>/lock'
	await_state "$(<writer)" D
	fails 1 "could not be frozen within" pause "$ID"
	expect_error "1 thread\(s\) cannot be stopped: $(<writer) \"sh\" \(state D in [a-z0-9_]+\)"
	expect_status "$ID" running
	succeeds kill "$ID" USR1
	hear SIGUSR1
	release_lock
	await_exit "$(<writer)"
	succeeds pause "$ID"
	succeeds resume "$ID"
}

@test "resume: a cgroup above the container's that is frozen is named" {
	local file frozen thawed
	corc_only "looks at the container's own cgroup alone"
	config_set --arg path "/$ID-above/$ID" '.linux.cgroupsPath = $path'
	start_container
	if is_cgroup_v2; then
		file=$CGROUP_MOUNT/$ID-above/cgroup.freeze frozen=1 thawed=0
	else
		file=$CGROUP_MOUNT/freezer/$ID-above/freezer.state frozen=FROZEN thawed=THAWED
	fi
	echo "$frozen" >"$file"
	expect_status "$ID" paused
	fails 1 "the container is frozen by the cgroup $(dirname "$file") above its own" resume "$ID"
	echo "$thawed" >"$file"
	succeeds delete --force "$ID"
	# Cgroups of others come and go meanwhile, and find says so.
	find "$CGROUP_MOUNT" -path "*/$ID-above*" -depth -type d -exec rmdir {} + 2>/dev/null || true
	[ -z "$(find "$CGROUP_MOUNT" -path "*/$ID-above*" 2>/dev/null)" ]
}
