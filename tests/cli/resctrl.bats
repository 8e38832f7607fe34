#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# linux.intelRdt where resctrl is not mounted; with it the unit tests see it in a directory of theirs.

load helpers

@test "intelRdt: without resctrl a configuration that wants it is refused, and nothing is left" {
	! grep -q ' - resctrl ' /proc/self/mountinfo || skip "this machine has resctrl"
	config_set '.linux.intelRdt = {closID: "gold", memBwSchema: "MB:0=20"}'
	config_args true
	corc run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 1 ]
	expect_nothing_left
	corc_only "has other words"
	expect_error 'config.json:[0-9]+:[0-9]+: linux.intelRdt: intelRdt: resctrl is not mounted'
}

@test "intelRdt: names of groups that resctrl has for itself" {
	local name
	config_args true
	for name in . .. a/b info mon_groups; do
		config_set --arg name "$name" '.linux.intelRdt = {closID: $name}'
		corc run --bundle "$BUNDLE" "$ID"
		[ "$status" -eq 1 ]
		[ "$CORC_TEST_PROGRAM" != corc ] || [[ "$stderr" == *"invalid intelRdt.ClosID"* ]] || fail "$name"
		expect_nothing_left
	done
}
