#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# plan: what run would do with a bundle, step by step.

load helpers

setup() {
	setup_test
	corc_only "has no plan"
}

# step TEXT POSITION: a line says TEXT and where it comes from.
expect_step() {
	grep -F -e "$1" <<<"$output" | grep -qE "config\.json:[0-9]+:[0-9]+ $2\$" ||
		fail "expected a step: $1 ... $2"
}

@test "plan: one step a line, each with the position that caused it" {
	succeeds plan --bundle "$BUNDLE" "$ID"
	[ -z "$stderr" ]
	[ "$(grep -cvE ' config\.json:[0-9]+:[0-9]+ [a-zA-Z.]+(\[[0-9]+\](\.[a-zA-Z]+)?)?$' <<<"$output")" -eq 0 ]
	expect_step "mount proc on /proc" 'mounts\[0\]'
	expect_step "mount sysfs on /sys (ro,nosuid,nodev,noexec)" 'mounts\[5\]'
	expect_step "mask /proc/keys" 'linux\.maskedPaths\[3\]'
	expect_step "hostname corc-test" hostname
	expect_step "RLIMIT_NOFILE" 'process\.rlimits\[0\]'
	expect_step '"true"' 'process\.args'
}

@test "plan: positions are those of the file" {
	local line
	succeeds plan --bundle "$BUNDLE" "$ID"
	line=$(grep -n '"hostname"' "$BUNDLE/config.json" | cut -d : -f 1)
	[[ "$output" == *" config.json:$line:14 hostname"* ]]
}

@test "plan: steps are in the order in which they are done" {
	local steps
	succeeds plan --bundle "$BUNDLE" "$ID"
	steps=$(grep -oE 'mount proc on|pivot root|user 0:0|exec "true"' <<<"$output" | uniq)
	[ "$steps" = $'mount proc on\npivot root\nuser 0:0\nexec "true"' ]
}

@test "plan: nothing is touched" {
	local before
	before=$(find "$BUNDLE" -printf '%p %y %m %s %T@\n' | sort)
	rmdir "$ROOT"
	succeeds plan --bundle "$BUNDLE" "$ID"
	[ ! -e "$ROOT" ]
	mkdir "$ROOT"
	[ "$(find "$BUNDLE" -printf '%p %y %m %s %T@\n' | sort)" = "$before" ]
	expect_nothing_left
}

@test "plan: an id is not needed, the bundle may be the working directory" {
	cd "$BUNDLE"
	succeeds plan
	expect_step "mount proc on /proc" 'mounts\[0\]'
}

@test "plan --json: the same steps" {
	succeeds plan --json --bundle "$BUNDLE" "$ID"
	jq -e 'type == "object" or type == "array"' stdout
	[ "$(jq -r '[.. | objects | select(.origin?.path == "mounts[0]")] | length' stdout)" -ge 1 ]
	[ "$(jq -r '[.. | objects | select(.origin?.path == "hostname")] | .[0].origin.line' stdout)" = \
		"$(grep -n '"hostname"' "$BUNDLE/config.json" | cut -d : -f 1)" ]
	jq -r '.. | objects | select(.description?) | .description' stdout >json
	succeeds plan --bundle "$BUNDLE" "$ID"
	local description
	while read -r description; do
		[[ "$output" == *"$description"* ]] || fail "only in JSON: $description"
	done <json
	[ "$(wc -l <json)" -eq "$(wc -l <<<"$output")" ]
}

@test "plan: cgroups and their settings" {
	config_set '.linux.resources.pids = {limit: 42}'
	succeeds plan --bundle "$BUNDLE" "$ID"
	[[ "$output" == *"/$ID "* ]]
	expect_step "pids.max = 42" 'linux\.resources\.pids\.limit'
}

@test "plan: namespaces that are joined" {
	touch net
	unshare --net="$PWD/net" true
	config_set --arg path "$PWD/net" '.linux.namespaces |= map(if .type == "network" then
		.path = $path else . end)'
	corc plan --bundle "$BUNDLE" "$ID"
	umount net
	[ "$status" -eq 0 ]
	expect_step "join network namespace" 'linux\.namespaces\[1\](\.path)?'
}

@test "plan: of a bad configuration the errors are told" {
	config_set '.process.cwd = "relative" | .hostname = 5'
	fails 1 "process.cwd" plan --bundle "$BUNDLE" "$ID"
	[[ "$stderr" == *hostname* ]]
}

@test "plan: a terminal needs no socket here" {
	config_set '.process.terminal = true'
	succeeds plan --bundle "$BUNDLE" "$ID"
	expect_step "console" 'process\.terminal'
}
