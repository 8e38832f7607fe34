#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What fails or is killed leaves nothing, or nothing that delete --force does not remove.

load helpers

# A configuration that needs most of what there is.
use_everything() {
	mkdir source
	add_user_namespace
	config_set --arg source "$PWD/source" '.root.readonly = false |
		.process.user.additionalGids = [5] |
		.linux.namespaces += [{type: "time"}] |
		.linux.timeOffsets = {boottime: {secs: 5}} |
		.linux.sysctl = {"net.ipv4.ip_forward": "1"} |
		.linux.devices = [{path: "/dev/kmsg", type: "c", major: 1, minor: 11}] |
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
			syscalls: [{names: ["personality"], action: "SCMP_ACT_ERRNO"}]} |
		.mounts += [{destination: "/tmp", type: "bind", source: $source, options: ["rbind", "ro"]}]'
}

# Quicker than expect_nothing_left, for it is done thousands of times: the processes are known.
expect_clean() {
	local mounts
	LEFT=
	find_states
	find_cgroups
	[ -z "$LEFT" ] || fail "call $1: left behind: $LEFT"
	IFS= read -r -d '' mounts </proc/self/mountinfo || true
	[ "$mounts" = "$MOUNTS_BEFORE"$'\n' ] || fail "call $1: mounts are left"
	mapfile -t FOLLOWED <pids
	"$PROGRAMS/await-exit" "${FOLLOWED[@]}" >left || fail "call $1: still running: $(<left)"
}

# kill_at CALL ARGUMENTS...: corc, killed at a call. Returns 1 when there are fewer calls.
kill_at() {
	local call=$1
	shift
	status=0
	# The leak checker of a sanitized build does not work in a traced process.
	ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 \
		"$PROGRAMS/fault-at-syscall" kill "$call" pids "$CORC" --root "$ROOT" "$@" \
		</dev/null >stdout 2>stderr 3>&- 7>&- || status=$?
	[ "$status" -gt 1 ] || return "$status"
	called="corc $* (killed at call $call)"
	stderr=$(<stderr)
	if [ "$status" -eq 3 ]; then
		fail "it hangs"
	fi
	fail "it fails without being killed"
}

delete_after() {
	"$CORC" --root "$ROOT" delete --force "$ID" >stdout 2>stderr 3>&- 7>&- ||
		fail "call $1: delete --force failed: $(<stderr)"
}

# kill_everywhere STEP COMMAND: kills create or run, and what they start, at each of the system calls
# (or at each STEPth); delete --force cleans up.
kill_everywhere() {
	local call=1 step
	step=$(step_of "$1")
	shift
	while kill_at $call "$@" --bundle "$BUNDLE" "$ID"; do
		delete_after $call
		expect_clean $call
		call=$((call + step))
	done
	[ "$status" -eq 1 ] || return
	[ "$call" -gt 100 ]
	delete_after $call
	expect_clean $call
}

@test "cleanup: run is killed at each system call" {
	corc_only "makes thousands"
	kill_everywhere 1 run
}

@test "cleanup: create is killed at each system call, with mounts of the host" {
	corc_only "makes thousands"
	config_set '.linux.namespaces |= map(select(.type != "mount")) |
		.linux.maskedPaths = [] | .linux.readonlyPaths = [] | .root.readonly = false'
	kill_everywhere 1 create
}

@test "cleanup: create is killed at each system call, with most of what there is" {
	corc_only "makes thousands"
	use_everything
	# What the hierarchies of cgroup v1 add is in the test before.
	kill_everywhere "$(is_cgroup_v2 && echo 1 || echo 3)" create
}

@test "cleanup: start is killed at each system call" {
	corc_only "makes thousands"
	local call=0 step
	step=$(step_of 1)
	config_args sleep 1000
	status=0
	while [ "$status" -eq 0 ]; do
		call=$((call + step))
		create_container
		kill_at $call start "$ID" || [ "$status" -eq 1 ] || return
		local result=$status
		delete_after $call
		await_exit "$PID"
		expect_clean $call
		status=$result
	done
	[ "$call" -gt 20 ]
}

@test "cleanup: delete --force is killed at each system call" {
	corc_only "makes thousands"
	local call=0 step
	step=$(step_of 1)
	config_args sleep 1000
	status=0
	while [ "$status" -eq 0 ]; do
		call=$((call + step))
		create_container
		kill_at $call delete --force "$ID" || [ "$status" -eq 1 ] || return
		local result=$status
		delete_after $call
		await_exit "$PID"
		expect_clean $call
		status=$result
	done
	[ "$call" -gt 20 ]
}

@test "cleanup: exec is killed at each system call" {
	corc_only "makes thousands"
	local call=1 step state
	step=$(step_of 1)
	start_container
	state=$(cd "$ROOT" && find . | sort)
	while kill_at $call exec "$ID" true; do
		mapfile -t FOLLOWED <pids
		"$PROGRAMS/await-exit" "${FOLLOWED[@]}" >left || fail "call $call: still running: $(<left)"
		[ "$(cd "$ROOT" && find . | sort)" = "$state" ] || fail "call $call: files are left"
		call=$((call + step))
	done
	[ "$status" -eq 1 ] || return
	[ "$call" -gt 50 ]
	expect_status "$ID" running
	succeeds exec "$ID" sh -c 'ls -d /proc/[0-9]* | wc -l'
	[ "$output" -le 4 ]
}

@test "cleanup: state, list and kill do no harm when they are killed" {
	corc_only "makes thousands"
	local call command step
	step=$(step_of 1)
	start_container
	hear ready
	for command in "state $ID" "list" "kill $ID USR1"; do
		call=1
		# shellcheck disable=SC2086
		while kill_at $call $command; do
			call=$((call + step))
		done
		[ "$status" -eq 1 ] || return
	done
	expect_status "$ID" running
}

@test "cleanup: a failed create or run leaves nothing, wherever it fails" {
	local expression command
	while read -r -u 8 expression; do
		rm -rf "$BUNDLE"
		new_bundle "$BUNDLE"
		config_set "$expression"
		for command in create run; do
			corc "$command" --bundle "$BUNDLE" "$ID" </dev/null
			[ "$status" -eq 1 ] || fail "$expression"
			[ -n "$stderr" ]
			expect_nothing_left
		done
	done 8<<-'END'
		.process.args = ["no-such-program"]
		.process.args = ["/etc"]
		.process.cwd = "/etc/passwd"
		.mounts += [{destination: "/tmp", type: "bind", source: "/no/such/source", options: ["bind"]}]
		.mounts += [{destination: "/tmp", type: "nosuchfs", source: "x"}]
		.mounts += [{destination: "/tmp", type: "tmpfs", source: "x", options: ["size=nonsense"]}]
		.linux.sysctl = {"net.ipv4.ip_forward": "nonsense"}
		.linux.namespaces[1].path = "/no/such/namespace"
		.linux.resources.unified = {"nosuch.max": "1"} | .linux.resources.cpu = {cpus: "4000"}
		.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 1, hostID: 1, size: 1}] | .linux.gidMappings = .linux.uidMappings
		.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 5000000000, hard: 5000000000}]
		.root.path = "nowhere"
	END
}

@test "cleanup: a failed exec leaves nothing" {
	local state
	start_container
	state=$(cd "$ROOT" && find . | sort)
	local options
	for options in "--cwd /nowhere" "--cwd /etc/passwd" "--user x" "--process nowhere" \
		"--pid-file nowhere/pid" "--tty --detach" "--env X" "--user 4294967295"; do
		# shellcheck disable=SC2086
		corc exec $options "$ID" sleep 1000 </dev/null
		[ "$status" -eq 255 ] || fail "$options"
	done
	corc exec "$ID" no-such-program
	[ "$status" -eq 255 ]
	[ "$(cd "$ROOT" && find . | sort)" = "$state" ]
	succeeds exec "$ID" sh -c 'ls -d /proc/[0-9]* | wc -l'
	[ "$output" -le 4 ]
}

@test "cleanup: the process that waits for start does not outlive delete" {
	create_container
	succeeds delete --force "$ID"
	await_exit "$PID"
	expect_nothing_left
}

@test "cleanup: a container whose processes were all killed from outside" {
	start_container
	succeeds exec -d --pid-file second "$ID" sleep 1000
	kill -KILL "$(<second)" "$PID"
	await_exit "$PID" "$(<second)"
	expect_status "$ID" stopped
	succeeds delete "$ID"
	expect_nothing_left
}

@test "cleanup: run is ended by SIGKILL, the container goes on and can be deleted" {
	config_args pause
	open_ears
	"$CORC" --root "$ROOT" run --bundle "$BUNDLE" "$ID" >&7 3>&- &
	hear ready
	{ kill -KILL $!; wait $! || true; } 2>/dev/null
	expect_status "$ID" running
	succeeds delete --force "$ID"
	expect_nothing_left
}
