#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# spec: a config.json to start from.

load helpers

setup() {
	setup_test
	mkdir new
	ln -s "$ROOTFS" new/rootfs
	cd new || return
}

@test "spec: writes config.json" {
	succeeds spec
	[ -z "$output$stderr" ]
	[ "$(jq -r 'keys_unsorted | join(" ")' config.json)" = \
		"ociVersion process root hostname mounts linux" ]
	[ "$(jq -r .ociVersion config.json)" = 1.3.0 ]
}

@test "spec: the process" {
	succeeds spec
	[ "$(jq -cS .process config.json)" = "$(jq -ncS '
		["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"] as $capabilities | {
		terminal: true, user: {uid: 0, gid: 0}, args: ["sh"], cwd: "/", noNewPrivileges: true,
		env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"],
		capabilities: {bounding: $capabilities, effective: $capabilities,
			permitted: $capabilities},
		rlimits: [{type: "RLIMIT_NOFILE", hard: 1024, soft: 1024}]}')" ]
	[ "$(jq -c .root config.json)" = '{"path":"rootfs","readonly":true}' ]
}

@test "spec: the seven mounts are those of the tests' configuration" {
	succeeds spec
	[ "$(jq -cS .mounts config.json)" = "$(jq -cS .mounts "$BATS_TEST_DIRNAME/config.json")" ]
}

@test "spec: masked and read-only paths, devices" {
	succeeds spec
	[ "$(jq -cS '.linux | {maskedPaths, readonlyPaths, resources}' config.json)" = \
		"$(jq -cS '.linux | {maskedPaths, readonlyPaths, resources}' \
			"$BATS_TEST_DIRNAME/config.json")" ]
}

@test "spec: namespaces, that of the cgroups with cgroup v2" {
	local expected="pid network ipc uts mount"
	! is_cgroup_v2 || expected+=" cgroup"
	succeeds spec
	[ "$(jq -r '[.linux.namespaces[].type] | join(" ")' config.json)" = "$expected" ]
}

@test "spec: does not touch a config.json that is there" {
	echo mine >config.json
	fails 1 "File config.json exists. Remove it first" spec
	[ "$(<config.json)" = mine ]
}

@test "spec --bundle" {
	mkdir other
	succeeds spec --bundle other
	[ -s other/config.json ]
	[ ! -e config.json ]
	fails 1 "no such file or directory" spec -b nowhere
}

@test "spec --file: another name" {
	corc_only "runc has no --file"
	succeeds spec -f other.json
	[ -s other.json ]
	[ ! -e config.json ]
	fails 1 "File other.json exists. Remove it first" spec --file other.json
}

@test "spec: can be run as it is, but for the terminal" {
	succeeds spec
	jq --arg path "/$ID" '.process.terminal = false | .process.args = ["sh", "-c", "hostname; id -u"] |
		.linux.cgroupsPath = $path' config.json >config.new
	mv config.new config.json
	rm rootfs
	mv "$ROOTFS" rootfs
	succeeds run "$ID"
	expect_line 0
	[ "$(wc -l <<<"$output")" -eq 2 ]
	mv rootfs "$ROOTFS"
}

@test "spec --rootless: a user namespace that maps the caller" {
	succeeds spec --rootless
	[ "$(jq -c '.linux.uidMappings, .linux.gidMappings' config.json)" = \
		'[{"containerID":0,"hostID":0,"size":1}]'$'\n''[{"containerID":0,"hostID":0,"size":1}]' ]
	[ "$(jq -r '[.linux.namespaces[].type | select(. == "user" or . == "network")] | join(" ")' \
		config.json)" = user ]
	[ "$(jq '[.mounts[] | select(.destination == "/sys")] | .[0].type' config.json)" = '"none"' ]
}
