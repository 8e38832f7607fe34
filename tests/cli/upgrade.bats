#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Containers made by one build and used by another: upgrades under running containers, and back.
#
# $CORC_OTHER names the other build. Without it, it is a copy of the program in which the form of what
# `exec` reads has another name, so that neither takes what the other has packed.

load helpers

setup_file() {
	if [ -z "${CORC_OTHER:-}" ]; then
		CORC_OTHER=$BATS_FILE_TMPDIR/corc-other
		sed 's/cpack1/cpackX/g' "$CORC" >"$CORC_OTHER"
		chmod 755 "$CORC_OTHER"
	fi
	export CORC_OTHER
}

setup() {
	setup_test
	corc_only "its builds are upgraded from one to the other"
	! cmp -s "$CORC" "$CORC_OTHER" || fail "the other build is the same"
	THIS=$CORC
}

teardown() {
	CORC=${THIS:-$CORC}
	teardown_test
}

# both_ways FUNCTION: calls it with the ids "$ID" and "$ID-back", once made by the other build and used
# by this one, once the other way round. In it `maker` and `user` choose whose turn it is.
both_ways() {
	MAKER=$CORC_OTHER USER_=$THIS "$1" "$ID"
	MAKER=$THIS USER_=$CORC_OTHER "$1" "$ID-back"
	CORC=$THIS
}

maker() {
	CORC=$MAKER
}

user() {
	CORC=$USER_
}

# What a process is allowed and where it is.
IDENTITY='grep -E "^(Uid|Gid|Groups|Cap...|NoNewPrivs|Seccomp|Seccomp_filters|CoreDumping):" /proc/self/status
	cat /proc/self/uid_map /proc/self/gid_map /proc/self/oom_score_adj /proc/self/cgroup /proc/self/limits
	for name in cgroup ipc mnt net pid user uts; do readlink "/proc/self/ns/$name"; done
	pwd; umask; env | sort'

# --- running ------------------------------------------------------------------------------------

use_running() {
	maker
	start_bundle "$BUNDLE" "$1"
	user
	expect_status "$1" running
	succeeds list --quiet
	expect_line "$1"
	succeeds exec "$1" echo hello
	expect_output hello
	succeeds ps "$1"
	expect_line ".* pause.*"
	fails 1 "container with given ID already exists" create --bundle "$BUNDLE" "$1"
	corc exec "$1" sh -c 'exit 7'
	[ "$status" -eq 7 ] || fail "expected exit status 7"
	succeeds kill "$1" KILL
	await_exit "$PID"
	expect_status "$1" stopped
	succeeds delete "$1"
	expect_nothing_left
}

@test "upgrade: state, list, ps, exec, kill and delete of a running container" {
	config_args pause
	both_ways use_running
}

same_identity() {
	maker
	start_bundle "$BUNDLE" "$1"
	succeeds exec "$1" sh -c "$IDENTITY"
	local expected=$output
	[[ "$expected" == *"Seccomp:"*2*"user:["* ]] || fail "the comparison compares too little"
	user
	succeeds exec "$1" sh -c "$IDENTITY"
	[ "$output" = "$expected" ] || fail "$(diff <(echo "$expected") <(echo "$output"))"
	succeeds exec --user 0 --cap CAP_NET_ADMIN "$1" true
	succeeds delete --force "$1"
}

@test "upgrade: exec enters with the same identity, namespaces, filter and surroundings" {
	add_user_namespace
	config_set '.process.user = {uid: 1000, gid: 1000, additionalGids: [5, 7], umask: 23} |
		.process.env += ["CORC_TEST=value"] | .process.cwd = "/home/user" |
		.process.capabilities.ambient = ["CAP_KILL"] | .process.capabilities.inheritable = ["CAP_KILL"] |
		.process.noNewPrivileges = true | .process.oomScoreAdj = 500 |
		.process.rlimits = [{type: "RLIMIT_CORE", soft: 0, hard: 0}] |
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [
			{names: ["swapon"], action: "SCMP_ACT_ERRNO"}]}'
	config_args pause
	both_ways same_identity
}

joined_namespace() {
	unshare --uts sleep infinity 3>&- 7>&- &
	local holder=$!
	config_set --arg path "/proc/$holder/ns/uts" '(.linux.namespaces[] | select(.type == "uts")).path = $path'
	maker
	# Its namespace is there when it has become sleep.
	until [ "$(readlink "/proc/$holder/ns/uts")" != "$(readlink /proc/self/ns/uts)" ]; do :; done
	start_bundle "$BUNDLE" "$1"
	succeeds exec "$1" readlink /proc/self/ns/uts
	local expected=$output
	kill "$holder"
	wait "$holder" || :
	user
	succeeds exec "$1" readlink /proc/self/ns/uts
	expect_output "$expected"
	succeeds delete --force "$1"
}

@test "upgrade: exec into a namespace that was joined by a path which has gone" {
	config_args pause
	config_set 'del(.hostname)'
	both_ways joined_namespace
}

use_paused() {
	maker
	start_bundle "$BUNDLE" "$1"
	user
	succeeds pause "$1"
	maker
	expect_status "$1" paused
	fails 255 "cannot exec in a paused container" exec "$1" true
	user
	succeeds resume "$1"
	expect_status "$1" running
	succeeds events --stats "$1"
	succeeds delete --force "$1"
}

@test "upgrade: pause, resume and events of a running container" {
	config_args pause
	both_ways use_paused
}

update_limit() {
	maker
	start_bundle "$BUNDLE" "$1"
	user
	succeeds update --resources - "$1" <<<'{"pids": {"limit": 33}}'
	[ "$(<"$CONTROLLER/$ID/pids.max")" = 33 ] || fail "pids.max is $(<"$CONTROLLER/$ID/pids.max")"
	succeeds delete --force "$1"
}

@test "upgrade: update of a running container" {
	needs_controller pids
	config_args pause
	both_ways update_limit
}

# --- only created -------------------------------------------------------------------------------

use_created() {
	maker
	open_ears
	STDOUT=$BATS_TEST_TMPDIR/ears create_container_named "$1"
	user
	expect_status "$1" created
	succeeds exec "$1" true
	succeeds start "$1"
	hear started
	expect_status "$1" running
	succeeds kill "$1" KILL
	await_exit "$PID"
	succeeds delete "$1"
}

create_container_named() {
	succeeds create --bundle "$BUNDLE" --pid-file "$BATS_TEST_TMPDIR/pid" "$1" </dev/null
	PID=$(<"$BATS_TEST_TMPDIR/pid")
}

@test "upgrade: a container that waits for its start is started" {
	config_args sh -c 'echo started; exec sleep 1000'
	both_ways use_created
}

fail_to_start() {
	cp "$PROGRAMS/pause" "$ROOTFS/bin/gone"
	maker
	create_container_named "$1"
	rm "$ROOTFS/bin/gone"
	user
	fails 1 'exec: "/bin/gone": stat /bin/gone: no such file or directory' start "$1"
	await_exit "$PID"
	expect_status "$1" stopped
	succeeds delete "$1"
}

@test "upgrade: the stage's report is understood when the start fails" {
	config_args /bin/gone
	both_ways fail_to_start
}

delete_created() {
	maker
	create_container_named "$1"
	user
	succeeds delete --force "$1"
	await_exit "$PID"
	expect_nothing_left
}

@test "upgrade: delete --force of a container that waits for its start" {
	config_args pause
	both_ways delete_created
}

# --- files --------------------------------------------------------------------------------------

# state_set EXPRESSION: changes what is kept about the container.
state_set() {
	jq "$1" <"$ROOT/$ID/state.json" >state.new
	cp state.new "$ROOT/$ID/state.json"
}

@test "upgrade: properties of a newer build are no obstacle" {
	start_container
	state_set '.newer = {"form": [1, 2]} | .cgroup.newer = true | .cgroup.directories[].newer = "x"'
	jq '.newer = {}' <"$ROOT/$ID/marker" >marker.new
	cp marker.new "$ROOT/$ID/marker"
	expect_status "$ID" running
	succeeds exec "$ID" true
	succeeds kill "$ID" KILL
	await_exit "$PID"
	succeeds delete "$ID"
	expect_nothing_left
}

@test "upgrade: what the first build kept is enough" {
	start_container
	# No other property may become required.
	state_set '{id, bundle, rootfs, created, bootId, pid, startTime, ownPidNamespace,
		cgroup: {directories: [.cgroup.directories[] |
			{version, directory, controllers, inode, made}]}}'
	jq '{bootId, cgroup: {directories: [.cgroup.directories[] |
		{version, directory, controllers, inode, made}]}}' \
		<"$ROOT/$ID/marker" >marker.new
	cp marker.new "$ROOT/$ID/marker"
	rm "$ROOT/$ID/exec.base"
	expect_status "$ID" running
	succeeds exec "$ID" true
	succeeds kill "$ID" KILL
	await_exit "$PID"
	succeeds delete "$ID"
	expect_nothing_left
}

@test "upgrade: without a configuration to compile from exec says so, all else works" {
	start_container
	rm "$ROOT/$ID/exec.base" "$ROOT/$ID/config.json"
	fails 255 "config.json: no such file or directory" exec "$ID" true
	expect_status "$ID" running
	succeeds kill "$ID" KILL
	await_exit "$PID"
	succeeds delete "$ID"
}
