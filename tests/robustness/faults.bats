#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# One system call of one process of the runtime fails, each in its turn, with an errno that it may have
# on a healthy machine. Whatever fails: either the command did all of its work, or it says what failed
# and has left nothing. Every command ends.
#
# FAULT_STEP: only each such call, beginning with FAULT_FIRST. FAULT_REPORT: a file that gets a line of
# figures for each sweep, and what was found.

load ../cli/helpers
load sweep

setup() {
	setup_test
	setup_sweep
}

judge_run() {
	if [ "$status" -eq 0 ]; then
		expect_portrait
	else
		expect_reason
		[ ! -s out ] || found misreported "the process had run"
	fi
	expect_clean
}

judge_create() {
	if [ "$status" -ne 0 ]; then
		expect_reason
		[ ! -s out ] || found misreported "the process had run"
		expect_clean
		return
	fi
	[ "$(status_of "$ID")" = created ] || found wrong "is not created"
	plainly start "$ID" || found wrong "cannot be started"
	"$PROGRAMS/await-exit" "$(<pid)" >/dev/null || found wrong "does not end"
	expect_portrait
	remove_container
}

prepare_created() {
	STDOUT=out plainly create --bundle "$BUNDLE" --pid-file "$PWD/pid" "$ID" ||
		fail "cannot be created: $(<stderr)"
}

judge_start() {
	if [ "$status" -eq 0 ]; then
		"$PROGRAMS/await-exit" "$(<pid)" >/dev/null || found wrong "does not end"
		expect_portrait
	else
		expect_reason
		[ ! -s out ] || found misreported "the process had run"
	fi
	remove_container
}

judge_exec() {
	if [ "$status" -eq 0 ]; then
		expect_portrait
	else
		expect_reason
		[ ! -s out ] || found misreported "the process had run"
	fi
	expect_ended
	[ "$(find "$ROOT" | sort)" = "$FILES" ] || found leaked "files"
}

prepare_running() {
	prepare_created
	plainly start "$ID" || fail "cannot be started: $(<stderr)"
}

judge_kill() {
	[ "$status" -eq 0 ] || expect_reason
	[ "$status" -eq 0 ] || plainly kill "$ID" KILL || found wrong "cannot be killed any more"
	"$PROGRAMS/await-exit" "$(<pid)" >/dev/null || found wrong "does not end"
	remove_container
}

judge_delete() {
	[ "$status" -eq 0 ] || expect_reason
	[ "$status" -eq 0 ] || plainly delete --force "$ID" || found leaked "cannot be deleted any more"
	echo "$(<pid)" >>pids
	expect_clean
}

judge_answer() {
	# list says of which containers it cannot tell.
	if [ "$status" -ne 0 ] || [ -s stderr ]; then
		expect_reason
	else
		expect_portrait
	fi
}

judge_pause() {
	local expected=paused
	[ "$status" -eq 0 ] || expected=running
	[ "$status" -eq 0 ] || expect_reason
	[ "$(status_of "$ID")" = "$expected" ] || found wrong "is not $expected"
	[ "$expected" = running ] || plainly resume "$ID" || found wrong "cannot be resumed"
}

prepare_paused() {
	[ "$(status_of "$ID")" = paused ] || plainly pause "$ID" || fail "cannot be paused: $(<stderr)"
}

judge_resume() {
	[ "$status" -eq 0 ] || expect_reason
	# It may run already.
	[ "$status" -eq 0 ] || plainly resume "$ID" || :
	[ "$(status_of "$ID")" = running ] || found wrong "is not running"
}

@test "faults: run" {
	take_portrait run --bundle "$BUNDLE" "$ID"
	sweep_calls run : judge_run run --bundle "$BUNDLE" "$ID"
}

@test "faults: run, with a user namespace" {
	use_user_namespace
	take_portrait run --bundle "$BUNDLE" "$ID"
	sweep_calls run-userns : judge_run run --bundle "$BUNDLE" "$ID"
}

@test "faults: create" {
	take_portrait run --bundle "$BUNDLE" "$ID"
	sweep_calls create : judge_create create --bundle "$BUNDLE" --pid-file "$PWD/pid" "$ID"
}

@test "faults: start" {
	take_portrait run --bundle "$BUNDLE" "$ID"
	sweep_calls start prepare_created judge_start start "$ID"
}

@test "faults: exec" {
	config_args pause
	prepare_running
	FILES=$(find "$ROOT" | sort)
	# shellcheck disable=SC2206
	local command=(exec "$ID" portrait $NAMESPACES)
	take_portrait "${command[@]}"
	sweep_calls exec : judge_exec "${command[@]}"
}

@test "faults: kill" {
	config_args pause
	sweep_calls kill prepare_running judge_kill kill "$ID" KILL
}

@test "faults: delete --force" {
	config_args pause
	sweep_calls delete prepare_running judge_delete delete --force "$ID"
}

@test "faults: state and list" {
	config_args pause
	prepare_running
	take_portrait state "$ID"
	sweep_calls state : judge_answer state "$ID"
	take_portrait list -f json
	sweep_calls list : judge_answer list -f json
}

@test "faults: pause and resume" {
	config_args pause
	prepare_running
	sweep_calls pause : judge_pause pause "$ID"
	sweep_calls resume prepare_paused judge_resume resume "$ID"
}
