#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# features: tells what is there, and the truth.

load helpers

@test "features: one JSON object, indented by four" {
	succeeds features
	[ -z "$stderr" ]
	jq -e 'type == "object"' stdout >/dev/null
	grep -q '^    "ociVersionMin": ' stdout
}

@test "features: versions, namespaces, hooks" {
	succeeds features
	[ "$(jq -r '.ociVersionMin + " " + .ociVersionMax' stdout)" = "1.0.0 1.3.0" ]
	[ "$(jq -r '.linux.namespaces | sort | join(" ")' stdout)" = \
		"cgroup ipc mount network pid time user uts" ]
	[ "$(jq -c '.hooks' stdout)" = '["prestart","createRuntime","createContainer","startContainer","poststart","poststop"]' ]
}

@test "features: annotations that reach the host" {
	succeeds features
	jq -e '.potentiallyUnsafeConfigAnnotations | index("run.oci.")' stdout >/dev/null
}

@test "features: every mount option it names is accepted" {
	local options
	succeeds features
	options=$(jq -r '.mountOptions[]' stdout)
	[[ " $(xargs <<<"$options") " == *" nosuid "* && " $(xargs <<<"$options") " == *" rbind "* ]]
	[[ " $(xargs <<<"$options") " == *" tmpcopyup "* && " $(xargs <<<"$options") " == *" ridmap "* ]]
	corc_only "says so of all"
	local option
	mkdir source
	for option in $options; do
		# The mount itself, and for `remount` one that is there before it.
		config_set --arg option "$option" --arg source "$PWD/source" '
			{destination: "/tmp", type: "bind", source: $source, options: ["bind"]} as $bind |
			.mounts |= map(select(.destination != "/tmp")) + [
				if $option == "remount" then $bind else empty end,
				if $option == "tmpcopyup" then $bind + {type: "tmpfs", options: [$option]}
				else $bind + {options: ["bind", $option]} end] |
			if $option | test("idmap") then .mounts[-1] += ({uidMappings:
				[{containerID: 0, hostID: 0, size: 9}]} | .gidMappings = .uidMappings)
			else . end'
		corc run --bundle "$BUNDLE" "$ID"
		[ "$status" -eq 0 ] || fail "option $option"
	done
}

@test "features: capabilities are those of the kernel" {
	succeeds features
	[ "$(jq '.linux.capabilities | length' stdout)" -eq \
		$(($(</proc/sys/kernel/cap_last_cap) + 1)) ]
	jq -e '.linux.capabilities | index("CAP_SYS_ADMIN")' stdout
}

@test "features: cgroups" {
	succeeds features
	[ "$(jq -c '.linux.cgroup | [.v1, .v2]' stdout)" = '[true,true]' ]
	corc_only "has systemd and rdma"
	[ "$(jq -c '.linux.cgroup | [.systemd, .systemdUser, .rdma]' stdout)" = '[true,true,true]' ]
}

@test "features: seccomp" {
	succeeds features
	[ "$(jq .linux.seccomp.enabled stdout)" = true ]
	jq -e '.linux.seccomp.actions | index("SCMP_ACT_ERRNO")' stdout
	jq -e '.linux.seccomp.operators | index("SCMP_CMP_MASKED_EQ")' stdout
	jq -e '.linux.seccomp.archs | index("SCMP_ARCH_X86_64")' stdout
	jq -e '.linux.seccomp.knownFlags | index("SECCOMP_FILTER_FLAG_LOG")' stdout
	jq -e '.linux.seccomp.supportedFlags | index("SECCOMP_FILTER_FLAG_LOG")' stdout
	jq -e '.linux.seccomp.actions | index("SCMP_ACT_NOTIFY")' stdout
}

@test "features: every seccomp action, operator, flag and architecture it names is accepted" {
	local word agent
	succeeds features
	for word in $(jq -r '.linux.seccomp.actions[]' stdout); do
		agent=
		if [ "$word" = SCMP_ACT_NOTIFY ]; then
			agent=$("$PROGRAMS/seccomp-agent" -s /dev/null -c /dev/null "$BUNDLE/agent")
		fi
		config_set --arg word "$word" '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
			listenerPath: "agent", syscalls: [{names: ["reboot"], action: $word}]}'
		run_in true
		[ -z "$agent" ] || await_exit "$agent"
	done
	succeeds features
	for word in $(jq -r '.linux.seccomp.operators[]' stdout); do
		config_set --arg word "$word" '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
			syscalls: [{names: ["reboot"], action: "SCMP_ACT_ERRNO",
				args: [{index: 5, value: 1, valueTwo: 1, op: $word}]}]}'
		run_in true
	done
	succeeds features
	for word in $(jq -r '.linux.seccomp.supportedFlags[]' stdout); do
		config_set --arg word "$word" '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", flags: [$word],
			syscalls: [{names: ["reboot"], action: "SCMP_ACT_ERRNO"}]}'
		run_in true
	done
	succeeds features
	for word in $(jq -r '.linux.seccomp.archs[]' stdout); do
		config_set --arg word "$word" '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
			architectures: [$word], syscalls: [{names: ["reboot"], action: "SCMP_ACT_ERRNO"}]}'
		run_in true
	done
}

@test "features: labels are written, whether or not this machine has their security modules" {
	succeeds features
	[ "$(jq -c '.linux | [.apparmor.enabled, .selinux.enabled]' stdout)" = '[true,true]' ]
}

@test "features: what the specification has for Linux" {
	corc_only "has its own"
	succeeds features
	[ "$(jq -c '.linux | [.intelRdt, .mountExtensions, .netDevices]' stdout)" = \
		'[{"enabled":true,"schemata":true,"monitoring":true},{"idmap":{"enabled":true}},{"enabled":true}]' ]
}

@test "features: every memory policy it names is accepted" {
	[ -e /proc/self/numa_maps ] || skip "this kernel has no memory nodes"
	local mode flag
	succeeds features
	for mode in $(jq -r '.linux.memoryPolicy.modes[]' stdout); do
		config_set --arg mode "$mode" '.linux.memoryPolicy = {mode: $mode, nodes: "0"} |
			if $mode == "MPOL_DEFAULT" or $mode == "MPOL_LOCAL" then del(.linux.memoryPolicy.nodes)
			else . end'
		run_in true
	done
	succeeds features
	for flag in $(jq -r '.linux.memoryPolicy.flags[]' stdout); do
		config_set --arg flag "$flag" '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0", flags: [$flag]}'
		run_in true
	done
}

@test "features: the JSON Schema of the specification holds" {
	python3 -c 'import jsonschema' 2>/dev/null || skip "needs python3-jsonschema"
	succeeds features
	python3 - "$BATS_TEST_DIRNAME/../data/spec/schema" stdout <<-'END'
		import json, pathlib, sys
		import jsonschema

		folder = pathlib.Path(sys.argv[1])
		schemas = {p.name: json.loads(p.read_text()) for p in folder.glob("*.json")}
		schema = schemas["features-schema.json"]
		features = json.loads(pathlib.Path(sys.argv[2]).read_text())
		# The files refer to each other by name.
		resolver = jsonschema.RefResolver("", schema, store=schemas)
		jsonschema.validate(features, schema, resolver=resolver)
		# What the schema would say to a wrong word, so that it is known to look.
		features["linux"]["namespaces"].append("nonsense")
		try:
		    jsonschema.validate(features, schema, resolver=resolver)
		except jsonschema.ValidationError:
		    sys.exit(0)
		sys.exit("the schema takes everything")
	END
}

@test "features: what in annotations can change a container" {
	succeeds features
	jq -e '.potentiallyUnsafeConfigAnnotations | index("run.oci.")' stdout
}

@test "features: takes no argument" {
	corc features more
	[ "$status" -eq 1 ]
}
