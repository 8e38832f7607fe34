#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# state and list.

load helpers

TIME='[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?Z'

@test "state: every property of a created container" {
	create_container
	succeeds state "$ID"
	[ -z "$stderr" ]
	[ "$(jq -r 'keys_unsorted | join(" ")' stdout)" = \
		"ociVersion id pid status bundle rootfs created owner" ]
	[ "$(jq -c 'del(.created)' stdout)" = "$(jq -nc --arg id "$ID" --argjson pid "$PID" \
		--arg bundle "$BUNDLE" '{ociVersion: "1.3.0", id: $id, pid: $pid, status: "created",
		bundle: $bundle, rootfs: ($bundle + "/rootfs"), owner: ""}')" ]
	[[ "$(jq -r .created stdout)" =~ ^$TIME$ ]]
}

@test "state: two blanks of indentation, no newline at the end" {
	create_container
	succeeds state "$ID"
	[ "$(jq . stdout | head -c -1 | sha256sum)" = "$(sha256sum <stdout)" ]
}

@test "state: annotations" {
	config_set '.annotations = {"com.example.b": "two \"words\" / ü", "com.example.a": "1"}'
	create_container
	succeeds state "$ID"
	[ "$(jq -cS .annotations stdout)" = \
		'{"com.example.a":"1","com.example.b":"two \"words\" / ü"}' ]
}

@test "state: created, running, stopped" {
	start_container
	expect_status "$ID" running
	kill -KILL "$PID"
	await_exit "$PID"
	expect_status "$ID" stopped
	succeeds state "$ID"
	[ "$(jq .pid stdout)" = 0 ]
}

@test "state: the bundle is absolute, also when it was not given so" {
	cd "$BUNDLE"
	"$CORC" --root "$ROOT" create "$ID" </dev/null >/dev/null 3>&-
	cd "$BATS_TEST_TMPDIR"
	succeeds state "$ID"
	[ "$(jq -r '.bundle, .rootfs' stdout)" = "$BUNDLE"$'\n'"$ROOTFS" ]
}

@test "state: paused, in cgroup v2" {
	needs_cgroup_v2
	start_container
	echo 1 >"$CGROUP_MOUNT/$ID/cgroup.freeze"
	expect_status "$ID" paused
	echo 0 >"$CGROUP_MOUNT/$ID/cgroup.freeze"
	expect_status "$ID" running
}

@test "state: paused, in cgroup v1" {
	needs_cgroup_v1
	needs_controller freezer
	start_container
	echo FROZEN >"$CONTROLLER/$ID/freezer.state"
	expect_status "$ID" paused
	echo THAWED >"$CONTROLLER/$ID/freezer.state"
	expect_status "$ID" running
}

@test "state: a container that is not there" {
	fails 1 "container does not exist" state "$ID"
	fails 1 "container does not exist" state "${ID}x"
}

@test "state: an id that is none" {
	local id
	mkdir "$ROOT/../elsewhere"
	for id in ../elsewhere . .. a/b; do
		fails 1 "invalid container ID format" state "$id"
	done
}

start_time() {
	local line
	read -r line <"/proc/$1/stat"
	cut -d ' ' -f 20 <<<"${line##*) }"
}

@test "state: a process id that belongs to somebody else by now" {
	local started
	create_container
	started=$(start_time "$PID")
	kill -KILL "$PID"
	await_exit "$PID"
	while [ -d "/proc/$PID" ]; do :; done
	# The next process of this pid namespace gets the id. Start times have a grain of 10 ms.
	while :; do
		echo $((PID - 1)) >/proc/sys/kernel/ns_last_pid
		sleep 1000 3>&- &
		[ "$!" = "$PID" ]
		[ "$(start_time "$PID")" = "$started" ] || break
		{ kill -KILL "$PID"; wait "$PID" || true; } 2>/dev/null
	done
	expect_status "$ID" stopped
	fails 1 "container not running" kill "$ID" KILL
	succeeds delete --force "$ID"
	[ -d "/proc/$PID" ] && ! is_zombie "$PID"
	{ kill -KILL "$PID" && wait "$PID" || true; } 2>/dev/null
}

@test "list: a table" {
	create_container
	succeeds list
	[ -z "$stderr" ]
	[[ "${output%%$'\n'*}" =~ ^ID\ +PID\ +STATUS\ +BUNDLE\ +CREATED\ +OWNER ]]
	expect_line "$ID +$PID +created +$BUNDLE +$TIME +root *"
	[ "$(wc -l <stdout)" -eq 2 ]
}

@test "list: ordered by id" {
	local name
	for name in -c -a "" -b; do
		succeeds create --bundle "$BUNDLE" "$ID$name" </dev/null
		config_set --arg path "/$ID$name-next" '.linux.cgroupsPath = $path'
	done
	succeeds list -q
	expect_output "$ID"$'\n'"$ID-a"$'\n'"$ID-b"$'\n'"$ID-c"
}

@test "list: JSON in one line" {
	create_container
	succeeds list --format json
	[ "$(wc -l <stdout)" -eq 1 ]
	[ "$(jq -r '.[0] | keys_unsorted | join(" ")' stdout)" = \
		"ociVersion id pid status bundle rootfs created owner" ]
	[ "$(jq -c '.[] | del(.created)' stdout)" = "$(jq -nc --arg id "$ID" --argjson pid "$PID" \
		--arg bundle "$BUNDLE" '{ociVersion: "1.3.0", id: $id, pid: $pid, status: "created",
		bundle: $bundle, rootfs: ($bundle + "/rootfs"), owner: "root"}')" ]
}

@test "list: nothing there" {
	succeeds list
	[[ "$output" =~ ^ID\ +PID\ +STATUS\ +BUNDLE\ +CREATED\ +OWNER\ *$ ]]
	succeeds list -q
	expect_output ""
	succeeds list -f json
	expect_output null
}

@test "list: no state directory at all" {
	corc_only "wants the directory"
	rmdir "$ROOT"
	succeeds list -f json
	expect_output null
	[ ! -e "$ROOT" ]
}

@test "list: stopped containers have no process" {
	create_container
	succeeds start "$ID"
	await_exit "$PID"
	succeeds list
	expect_line "$ID +0 +stopped .*"
}

@test "list: foreign things in the state directory are passed over" {
	create_container
	mkdir "$ROOT/empty"
	touch "$ROOT/file"
	succeeds list -q
	rmdir "$ROOT/empty"
	rm "$ROOT/file"
	expect_line "$ID"
	expect_no_line file
}

@test "list: an unknown format" {
	fails 1 "format" list --format xml
}

@test "list: one container that cannot be read is an error, the others are printed" {
	corc_only "says so with exit status 0"
	local format
	create_container
	mkdir "$ROOT/damaged"
	for format in table json; do
		echo nonsense >"$ROOT/damaged/state.json"
		corc list --format "$format"
		rm "$ROOT/damaged/state.json"
		[ "$status" -eq 1 ]
		[[ "$output" == *"$ID"* ]]
		expect_error 'the state of container damaged is damaged'
	done
	rmdir "$ROOT/damaged"
}

@test "list: ten thousand containers" {
	corc_only "has another state"
	local state i
	create_container
	state=$(<"$ROOT/$ID/state.json")
	(cd "$ROOT" && seq -f 'copy-%.0f' 10000 | xargs mkdir)
	for ((i = 1; i <= 10000; i++)); do
		printf '%s' "${state//"$ID"/copy-$i}" >"$ROOT/copy-$i/state.json"
	done
	succeeds list -q
	find "$ROOT" -mindepth 1 -maxdepth 1 -name 'copy-*' -exec rm -r {} +
	[ "$(wc -l <<<"$output")" -eq 10001 ]
	[ "$(sort -u <<<"$output" | wc -l)" -eq 10001 ]
}
