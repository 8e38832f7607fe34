#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ps.

load helpers

# fake_ps TEXT STATUS: a ps(1) that says something else.
fake_ps() {
	mkdir -p fake
	printf '%s\n' "$1" >fake/text
	printf '#!/bin/sh\necho "$@" >>%q/arguments\n/bin/cat %q/text\nexit %d\n' "$PWD/fake" "$PWD/fake" "$2" \
		>fake/ps
	chmod 755 fake/ps
	PATH=$PWD/fake:$PATH
}

# The numbers of a column of the table, without its title.
column() {
	awk -v column="$1" 'NR > 1 { print $column }' <<<"$output" | sort -n | xargs
}

@test "ps: a row for every process of the container, and no other" {
	start_container
	succeeds exec -d --pid-file second "$ID" sleep 1000
	succeeds ps "$ID"
	[ "$(head -n 1 <<<"$output" | xargs)" = "UID PID PPID C STIME TTY TIME CMD" ]
	[ "$(column 2)" = "$(printf '%s\n' "$PID" "$(<second)" | sort -n | xargs)" ]
	expect_line ".* sleep 1000"
}

@test "ps: options go to ps(1)" {
	start_container sleep 1000
	succeeds ps "$ID" -e -o pid,comm
	expect_output "$(printf '%7s %s' PID COMMAND)"$'\n'"$(printf '%7s %s' "$PID" sleep)"
	succeeds ps "$ID" aux
	[ "$(column 2)" = "$PID" ]
	# Also those that would be options of corc in front of the container.
	succeeds ps "$ID" -e -f
	[ "$(column 2)" = "$PID" ]
}

@test "ps: json" {
	local expected
	start_container
	succeeds exec -d --pid-file second "$ID" sleep 1000
	expected=$(printf '%s\n' "$PID" "$(<second)" | sort -n | xargs | tr ' ' ,)
	succeeds ps -f json "$ID"
	expect_output "[$expected]"
	succeeds ps --format=json "$ID" -nonsense
	expect_output "[$expected]"
	succeeds ps --format table "$ID"
	[ "$(column 2 | tr ' ' ,)" = "$expected" ]
}

@test "ps: processes in cgroups below the container's" {
	needs_cgroup_v2
	start_container
	mkdir "$CGROUP_MOUNT/$ID/below"
	succeeds exec -d --pid-file second "$ID" sleep 1000
	echo "$(<second)" >"$CGROUP_MOUNT/$ID/below/cgroup.procs"
	succeeds ps -f json "$ID"
	[ "$(jq -c sort <<<"$output")" = "$(jq -nc --argjson a "$PID" --argjson b "$(<second)" '[$a, $b] | sort')" ]
}

@test "ps: a container that is created, paused, stopped" {
	create_container
	succeeds ps -f json "$ID"
	expect_output "[$PID]"
	succeeds pause "$ID"
	succeeds ps -f json "$ID"
	expect_output "[$PID]"
	succeeds kill "$ID" KILL
	await_exit "$PID"
	remove_dead
	succeeds ps -f json "$ID"
	expect_output null
	succeeds ps "$ID"
	[ "$(column 2)" = "" ]
	[ "$(wc -l <<<"$output")" -eq 1 ]
}

# A dead process that nobody reaps stays in its cgroup: here the parent of the tests does.
remove_dead() {
	local i
	for ((i = 0; i < 500; i++)); do
		[ -d "/proc/$PID" ] || return 0
		read -r -t 0.02 <> <(:) || true
	done
}

@test "ps: a container that is not there, a format that is none, no container" {
	fails 1 "container does not exist" ps "$ID"
	start_container
	fails 1 "invalid format option" ps -f yaml "$ID"
	corc ps
	[ "$status" -eq 1 ]
}

@test "ps: no column with pids" {
	start_container
	fails 1 "couldn't find PID field in ps output" ps "$ID" -e -o comm
	fails 1 "couldn't find PID field in ps output" ps "$ID" -e -o tgid
}

@test "ps: ps(1) fails" {
	start_container
	fails 1 "exit status 1: error: " ps "$ID" --no-such-option
	fake_ps "something is wrong" 3
	fails 1 "exit status 3: something is wrong" ps "$ID"
	[ "$(<fake/arguments)" = "-ef" ]
}

@test "ps: what ps(1) prints is not taken on trust" {
	corc_only "prints the rows before the one that is wrong"
	start_container
	fake_ps $'PID\nnonsense' 0
	fails 1 "unable to parse pid" ps "$ID"
	fake_ps $'UID PID\n0' 0
	fails 1 "unable to parse pid" ps "$ID"
	fake_ps $'UID PID\n0 99999999999999999999' 0
	fails 1 "unable to parse pid" ps "$ID"
	fake_ps "" 0
	fails 1 "couldn't find PID field in ps output" ps "$ID"
	fake_ps $'A PID\n\nx '"$PID"$'\ny 1\n' 0
	succeeds ps "$ID"
	expect_output $'A PID\nx '"$PID"
}

@test "ps: PATH says which ps(1), the working directory does not" {
	start_container
	fake_ps $'PID\n'"$PID" 0
	cp fake/ps ps
	corc_only "names the file in the working directory instead"
	local path
	for path in "" : . .:fake "$PWD/nowhere:$PWD"/fake/text; do
		status=0
		PATH=$path "$CORC" --root "$ROOT" ps "$ID" >out 2>err || status=$?
		[ "$status" -eq 1 ]
		grep -qF 'exec: "ps": executable file not found in $PATH' err
	done
	PATH=.:$PWD/fake:/nowhere "$CORC" --root "$ROOT" ps "$ID" >out 2>err
	[ "$(<out)" = $'PID\n'"$PID" ]
}
