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
		.process.rlimits += .process.rlimits	process.rlimits[1].type	wrong rlimit value: this limit is there already
		.process.user.uid = 4294967295	process.user.uid	expected an integer from 0 to 4294967294, found 4294967295
		.process.oomScoreAdj = 1001	process.oomScoreAdj	expected an integer from -1000 to 1000, found 1001
		.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 8}	process.ioPriority.priority	expected an integer from 0 to 7, found 8
		.process.execCPUAffinity = {initial: " "}	process.execCPUAffinity.initial	expected a list like "0-3,7", found " "
		.process.terminal = true | .process.consoleSize = {height: 65536, width: 1}	process.consoleSize.height	expected an integer from 0 to 65535, found 65536
		.linux.timeOffsets = {realtime: {secs: 1}}	linux.timeOffsets.realtime	expected the clock "monotonic" or "boottime", found "realtime"
		.linux.devices = [{path: "/dev/null", type: "c", major: 1, minor: 5}]	linux.devices[0].path	/dev/null has to be the character device 1:3
		.linux.devices = [{path: "/dev/x", type: "c", major: 1, minor: 3}, {path: "/dev/x", type: "p"}]	linux.devices[1].path	"/dev/x" is the path of device 0 already
		.linux.devices = [{path: "/dev/x", type: "c", major: 4096, minor: 0}]	linux.devices[0].major	expected an integer from 0 to 4095, found 4096
		.linux.resources.blockIO.weightDevice = [{major: 1, minor: 1}]	linux.resources.blockIO.weightDevice[0]	neither weight nor leafWeight is given
		.linux.resources.rdma.x = {}	linux.resources.rdma.x	neither hcaHandles nor hcaObjects is given
		.linux.maskedPaths = ["proc"]	linux.maskedPaths[0]	expected an absolute path, found "proc"
		.linux.namespaces[0].path = "/proc/self/ns/user"	linux.namespaces[0].path	joining the pid namespace /proc/self/ns/user: it is a namespace of another type
		.linux.namespaces[0].path = "/proc/self/ns/none"	linux.namespaces[0].path	joining the pid namespace /proc/self/ns/none: no such file or directory
		.root.path = "none"	root.path	rootfs
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
		{"pids": {"limit": 12}, "blockIO": {"weight": 9}}	blockIO.weight	expected a weight from 10 to 1000, found 9
		{"pids": {"limit": 12}, "blockIO": {"weightDevice": [{"major": 1, "minor": 1}]}}	blockIO.weightDevice[0]	neither weight nor leafWeight is given
		{"pids": {"limit": 12}, "rdma": {"x": {}}}	rdma.x	neither hcaHandles nor hcaObjects is given
		{"pids": {"limit": 12}, "memory": {"swappiness": 101}}	memory.swappiness	expected an integer from 0 to 100, found 101
	END
}
