#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Configurations that are refused: with the position of what is wrong, and before anything is made.

load helpers

@test "refused: values that exclude each other, by create and by run, with position; nothing is left" {
	local expression path command
	while IFS=$'\t' read -r -u 8 expression path; do
		new_bundle "$BUNDLE"
		config_set "$expression"
		for command in create run; do
			fails 1 " $path: " "$command" --bundle "$BUNDLE" "$ID"
			expect_error 'config\.json:[0-9]+:[0-9]+: '
			expect_nothing_left
			[ ! -e "$ROOT/$ID" ]
		done
	done 8<<-'END'
		.linux.namespaces = [{type: "mount"}, {type: "pid"}, {type: "pid"}]	linux.namespaces[2].type
		.linux.namespaces |= map(select(.type != "uts")) | .hostname = "name"	hostname
		.linux.sysctl = {"net.core.somaxconn": "1"} | .linux.namespaces |= map(select(.type != "network"))	linux.sysctl["net.core.somaxconn"]
		.linux.uidMappings = [{containerID: 0, hostID: 0, size: 1}]	linux.uidMappings
		.linux.resources.memory = {limit: 4096, swap: 1024}	linux.resources.memory.swap
		.linux.resources.cpu = {shares: 100, idle: 1}	linux.resources.cpu.idle
		.process.capabilities = {effective: ["CAP_KILL"]}	process.capabilities.effective[0]
		.process.scheduler = {policy: "SCHED_OTHER", priority: 1}	process.scheduler.priority
		.linux.rootfsPropagation = "often"	linux.rootfsPropagation
		.mounts[0].destination = "/"	mounts[0].destination
	END
}

@test "refused: update with a value out of range or with a pair that cannot be; the old values stay" {
	local text path
	needs_controller pids
	config_set '.linux.resources.pids.limit = 77'
	start_container
	while IFS=$'\t' read -r -u 8 text path; do
		corc update --resources - "$ID" <<<"$text"
		[ "$status" -eq 1 ] || fail "$text was taken"
		[[ "$stderr" == *"$path"* ]] || fail "$text: $stderr"
		[ "$(<"$CONTROLLER/$ID/pids.max")" = 77 ]
	done 8<<-'END'
		{"pids": {"limit": 12}, "cpu": {"idle": 2}}	cpu.idle
		{"pids": {"limit": 12}, "memory": {"limit": 4096, "swap": 1024}}	memory.swap
		{"pids": {"limit": "12"}}	pids.limit
		{"pids": {"limit": 9223372036854775808}}	pids.limit
		{"pids": {"limit": 12}, "cpu": {"shares": 100, "idle": 1}}	cpu.idle
	END
}
