#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# kill and delete.

load helpers

WITHOUT_PID_NAMESPACE='del(.linux.namespaces[] | select(.type == "pid"))'

@test "kill: SIGTERM when none is named" {
	start_container
	hear ready
	succeeds kill "$ID"
	[ -z "$output$stderr" ]
	hear SIGTERM
	await_exit "$PID"
	expect_status "$ID" stopped
}

@test "kill: signals by name and by number" {
	start_container
	hear ready
	succeeds kill "$ID" HUP
	hear SIGHUP
	succeeds kill "$ID" SIGUSR1
	hear SIGUSR1
	succeeds kill "$ID" sigusr2
	hear SIGUSR2
	succeeds kill "$ID" usr1
	hear SIGUSR1
	succeeds kill "$ID" 10
	hear SIGUSR1
}

@test "kill: real time signals" {
	corc_only "knows them by number only"
	start_container
	hear ready
	succeeds kill "$ID" RTMIN+1
	hear SIG35
	succeeds kill "$ID" SIGRTMAX
	hear SIG64
	succeeds kill "$ID" 40
	hear SIG40
}

@test "kill: an unknown signal" {
	start_container
	local name
	for name in FOO SIGFOO TERM9 9TERM 0x9 1.5; do
		fails 1 'unknown signal' kill "$ID" "$name"
	done
	fails 1 'unknown signal "FOO"' kill "$ID" FOO
	corc kill "$ID" 999
	[ "$status" -eq 1 ]
	expect_status "$ID" running
}

@test "kill: SIGKILL" {
	start_container sleep 1000
	succeeds kill "$ID" KILL
	await_exit "$PID"
	expect_status "$ID" stopped
}

@test "kill: a created container" {
	create_container
	succeeds kill "$ID" KILL
	await_exit "$PID"
	expect_status "$ID" stopped
	succeeds delete "$ID"
	expect_nothing_left
}

@test "kill: a stopped container" {
	create_container
	succeeds kill "$ID" KILL
	await_exit "$PID"
	fails 1 "container not running" kill "$ID"
	fails 1 "container not running" kill "$ID" KILL
}

@test "kill --all: a stopped container is no error" {
	create_container
	succeeds kill "$ID" KILL
	await_exit "$PID"
	succeeds kill --all "$ID" KILL
	succeeds kill -a "$ID" KILL
}

@test "kill --all: every process gets the signal" {
	local pid
	start_container
	hear ready
	STDOUT=$BATS_TEST_TMPDIR/ears succeeds exec -d --pid-file second "$ID" pause
	hear ready
	succeeds kill --all "$ID" USR1
	hear SIGUSR1
	corc_only "--all sends to the first process alone"
	hear SIGUSR1
}

@test "kill: SIGKILL without a pid namespace of its own ends all processes" {
	config_args --set "$WITHOUT_PID_NAMESPACE" sh -c 'sleep 1000 & echo $!; exec sleep 1000'
	local line
	open_ears
	STDOUT=$BATS_TEST_TMPDIR/ears succeeds run -d --bundle "$BUNDLE" --pid-file pid "$ID" </dev/null
	read -r -t 60 -u 7 line
	[ -d "/proc/$line" ]
	succeeds kill "$ID" KILL
	await_exit "$line" "$(<pid)"
}

@test "kill: other signals without a pid namespace reach the first process alone" {
	config_args --set "$WITHOUT_PID_NAMESPACE" sh -c 'sleep 1000 & echo $!; exec pause'
	local line
	open_ears
	STDOUT=$BATS_TEST_TMPDIR/ears succeeds run -d --bundle "$BUNDLE" --pid-file pid "$ID" </dev/null
	read -r -t 60 -u 7 line
	hear ready
	succeeds kill "$ID" TERM
	hear SIGTERM
	await_exit "$(<pid)"
	[ -d "/proc/$line" ]
	expect_status "$ID" stopped
	succeeds delete "$ID"
	await_exit "$line"
	expect_nothing_left
}

@test "kill: a container that is not there" {
	fails 1 "container does not exist" kill "$ID" KILL
	fails 1 "container does not exist" kill --all "$ID" KILL
}

@test "delete: a stopped container" {
	create_container
	succeeds start "$ID"
	await_exit "$PID"
	succeeds delete "$ID"
	[ -z "$output$stderr" ]
	expect_nothing_left
}

@test "delete: a created container" {
	create_container
	succeeds delete "$ID"
	expect_nothing_left
}

@test "delete: a running container stays" {
	start_container
	fails 1 "cannot delete container $ID that is not stopped: running" delete "$ID"
	expect_status "$ID" running
	succeeds exec "$ID" true
}

@test "delete --force: a running container and all its processes" {
	start_container
	succeeds exec -d --pid-file second "$ID" sleep 1000
	succeeds delete --force "$ID"
	[ -z "$output$stderr" ]
	await_exit "$PID" "$(<second)"
	expect_nothing_left
}

@test "delete -f: a process that ignores signals, without a pid namespace" {
	config_args --set "$WITHOUT_PID_NAMESPACE" \
		sh -c 'trap "" TERM HUP INT; (setsid sleep 1000 &); while :; do sleep 1000; done'
	succeeds run -d --bundle "$BUNDLE" "$ID" </dev/null
	succeeds delete -f "$ID"
	expect_nothing_left
}

@test "delete --force: a paused container, in cgroup v2" {
	needs_cgroup_v2
	start_container
	echo 1 >"$CGROUP_MOUNT/$ID/cgroup.freeze"
	succeeds delete --force "$ID"
	expect_nothing_left
}

@test "delete --force: a paused container, in cgroup v1" {
	needs_cgroup_v1
	needs_controller freezer
	start_container
	echo FROZEN >"$CONTROLLER/$ID/freezer.state"
	succeeds delete --force "$ID"
	expect_nothing_left
}

@test "delete --force: cgroups that the container made below its own" {
	needs_cgroup_v2
	start_container
	mkdir -p "$CGROUP_MOUNT/$ID/one/two"
	succeeds delete --force "$ID"
	expect_nothing_left
}

@test "delete: a container that is not there" {
	fails 1 "container does not exist" delete "$ID"
	succeeds delete --force "$ID"
	[ -z "$output$stderr" ]
}

@test "delete: an id that is none touches nothing" {
	local id
	mkdir -p elsewhere/x
	for id in ../elsewhere . .. ../root /; do
		corc delete "$id"
		[ "$status" -eq 1 ]
		corc delete --force "$id"
		[ -d elsewhere/x ]
		[ -d "$ROOT" ]
	done
}

@test "delete: twice" {
	create_container
	succeeds delete "$ID"
	fails 1 "container does not exist" delete "$ID"
}

# spoil COMMAND: for each file in the state of a running container, COMMAND is done to it, and
# delete --force then removes the container all the same.
spoil() {
	local name names
	start_container
	names=$(cd "$ROOT/$ID" && find . ! -type d)
	succeeds delete --force "$ID"
	[ -n "$names" ]
	for name in $names; do
		start_container
		[ -e "$ROOT/$ID/$name" ]
		"$1" "$ROOT/$ID/$name"
		succeeds delete --force "$ID"
		await_exit "$PID"
		expect_nothing_left
	done
}

@test "delete --force: any one file of the state being damaged" {
	corc_only "cannot delete a container whose state it cannot read"
	damage() {
		[ ! -f "$1" ] || echo damage >"$1"
	}
	spoil damage
}

@test "delete --force: any one file of the state being empty" {
	corc_only "cannot delete a container whose state it cannot read"
	empty() {
		[ ! -f "$1" ] || : >"$1"
	}
	spoil empty
}

@test "delete --force: any one file of the state being away" {
	corc_only "cannot delete a container whose state it cannot read"
	spoil rm
}

@test "delete --force: a cgroup that is not the container's is left alone" {
	local path
	needs_cgroup_v2
	create_container
	kill -KILL "$PID"
	await_exit "$PID"
	rmdir "$CGROUP_MOUNT/$ID"
	mkdir "$CGROUP_MOUNT/$ID"
	sleep 1000 3>&- 7>&- &
	echo $! >"$CGROUP_MOUNT/$ID/cgroup.procs"
	corc delete --force "$ID"
	# Somebody else's process lives on, whatever delete thinks of it.
	[ -d "/proc/$!" ] && ! is_zombie $!
	{ kill -KILL $! && wait $! || true; } 2>/dev/null
	rmdir "$CGROUP_MOUNT/$ID"
}

# Two containers more, "$ID-one" and "$ID-two".
create_two() {
	local name
	for name in one two; do
		jq --arg path "/$ID-$name" '.linux.cgroupsPath = $path | .process.args = ["pause"]' \
			<"$BUNDLE/config.json" >"$BUNDLE/$name.json"
		succeeds create --bundle "$BUNDLE" --config "$name.json" --pid-file "$name.pid" "$ID-$name" \
			</dev/null
	done
}

@test "kill --regex: every container whose id matches" {
	corc_only "has no --regex"
	start_container
	create_two
	succeeds kill --regex "[-](one|two)$" KILL
	[ -z "$output$stderr" ]
	await_exit "$(<one.pid)" "$(<two.pid)"
	expect_status "$ID-one" stopped
	expect_status "$ID-two" stopped
	expect_status "$ID" running
	succeeds kill -r "^nothing-like-it$" KILL
	fails 1 "$ID-one: container not running" kill -r "one" TERM
	fails 1 'invalid regular expression "("' kill -r "(" TERM
	expect_status "$ID" running
}

@test "delete --regex: every container whose id matches" {
	corc_only "has no --regex"
	start_container
	create_two
	fails 1 "$ID: cannot delete container $ID that is not stopped" delete --regex "^$ID"
	expect_status "$ID" running
	[ ! -e "$ROOT/$ID-one" ]
	[ ! -e "$ROOT/$ID-two" ]
	create_two
	succeeds delete -fr "^$ID"
	expect_nothing_left
	fails 1 'invalid regular expression "["' delete -r "["
}

@test "kill: 0 asks whether there is somebody" {
	start_container
	succeeds kill "$ID" 0
	succeeds kill "$ID" KILL
	await_exit "$PID"
	fails 1 "container not running" kill "$ID" 0
}
