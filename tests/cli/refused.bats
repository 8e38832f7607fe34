#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Configurations that are refused: with the position of what is wrong, and before anything is made.

load helpers

@test "refused: values that exclude each other, by create and by run, with position; nothing is left" {
	local expression place words command
	while IFS=$'\t' read -r -u 8 expression place words; do
		new_bundle "$BUNDLE"
		config_set "$expression"
		for command in create run; do
			fails 1 " $place: $words" "$command" --bundle "$BUNDLE" "$ID"
			expect_error 'config\.json:[0-9]+:[0-9]+: '
			expect_nothing_left
			[ ! -e "$ROOT/$ID" ]
		done
	done 8<<-'END'
		.linux.namespaces = [{type: "mount"}, {type: "pid"}, {type: "pid"}]	linux.namespaces[2].type	malformed spec file: duplicated ns
		.linux.namespaces |= map(select(.type != "uts")) | .hostname = "name"	hostname	unable to set hostname without a private UTS namespace
		.linux.sysctl = {"net.core.somaxconn": "1"} | .linux.namespaces |= map(select(.type != "network"))	linux.sysctl["net.core.somaxconn"]	sysctl "net.core.somaxconn" is not in a separate kernel namespace
		.linux.uidMappings = [{containerID: 0, hostID: 0, size: 1}]	linux.uidMappings	id mappings need a user namespace
		.linux.resources.memory = {limit: 4096, swap: 1024}	linux.resources.memory.swap	memory+swap limit should be >= memory limit, 1024 is less than 4096
		.linux.resources.cpu = {shares: 100, idle: 1}	linux.resources.cpu.idle	cannot set both cpu.idle and cpu.shares
		.process.capabilities = {effective: ["CAP_KILL"]}	process.capabilities.effective[0]	CAP_KILL cannot be effective without being permitted
		.process.scheduler = {policy: "SCHED_OTHER", priority: 1}	process.scheduler.priority	priority is for SCHED_FIFO and SCHED_RR only
		.linux.rootfsPropagation = "often"	linux.rootfsPropagation	expected "private", "shared", "slave" or "unbindable", found "often"
		.mounts[0].destination = "/"	mounts[0].destination	"/" is on the top of rootfs
	END
}

@test "refused: update with a value out of range or with a pair that cannot be; the old values stay" {
	local text place words
	needs_controller pids
	config_set '.linux.resources.pids.limit = 77'
	start_container
	while IFS=$'\t' read -r -u 8 text place words; do
		fails 1 "$place: $words" update --resources - "$ID" <<<"$text"
		[ "$(<"$CONTROLLER/$ID/pids.max")" = 77 ]
	done 8<<-'END'
		{"pids": {"limit": 12}, "cpu": {"idle": 2}}	cpu.idle	expected an integer from 0 to 1, found 2
		{"pids": {"limit": 12}, "memory": {"limit": 4096, "swap": 1024}}	memory.swap	memory+swap limit should be >= memory limit, 1024 is less than 4096
		{"pids": {"limit": "12"}}	pids.limit	expected an integer from
		{"pids": {"limit": 9223372036854775808}}	pids.limit	expected an integer from
		{"pids": {"limit": 12}, "cpu": {"shares": 100, "idle": 1}}	cpu.idle	cannot set both cpu.idle and cpu.shares
	END
}
