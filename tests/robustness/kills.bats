#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The runtime, or what it has started, is killed at each of its system calls, and delete --force has to
# clean up behind it. tests/cli/cleanup.bats tests the same of corc and stops at the first failure; this
# goes on and counts, so that runtimes can be compared. Variables as in faults.bats.

load ../cli/helpers
load sweep

setup() {
	setup_test
	setup_sweep
	export FAULT="kill"
}

# delete --force may itself say that it could not; what counts is what is left.
judge_killed() {
	plainly delete --force "$ID" || found silent "delete --force fails: $(head -c 200 stderr)"
	expect_clean
}

@test "kills: run" {
	sweep_calls run-killed : judge_killed run --bundle "$BUNDLE" "$ID"
}

@test "kills: create" {
	sweep_calls create-killed : judge_killed create --bundle "$BUNDLE" "$ID"
}
