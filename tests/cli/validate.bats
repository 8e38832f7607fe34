#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# validate: everything that is wrong with a bundle, without a look at the host.

load helpers

setup() {
	setup_test
	corc_only "has no validate"
}

@test "validate: a good bundle says nothing" {
	succeeds validate --strict --bundle "$BUNDLE"
	[ -z "$output$stderr" ]
	cd "$BUNDLE"
	succeeds validate
	succeeds validate .
}

@test "validate: all errors, one a line, with positions, in the order of the file" {
	config_set '.process.cwd = "relative" | .hostname = 5 | .mounts[0].destination = "/" |
		.linux.namespaces += [{type: "pid"}]'
	fails_with_findings 3 --bundle "$BUNDLE"
	expect_finding cwd process.cwd
	expect_finding hostname hostname
	config_set '.hostname = "five"'
	fails_with_findings 3 --bundle "$BUNDLE"
	expect_finding cwd process.cwd
	expect_line 'config\.json:[0-9]+:[0-9]+: mounts\[0\]\.destination: "/" is on the top of rootfs'
	[ "$(cut -d : -f 2 <<<"$output")" = "$(cut -d : -f 2 <<<"$output" | sort -n)" ]
}

# fails_with_findings COUNT ARGUMENTS...
fails_with_findings() {
	local count=$1
	shift
	corc validate "$@"
	[ "$status" -eq 1 ] || fail "expected exit status 1"
	[ "$(grep -c . <<<"$output")" -eq "$count" ] || fail "expected $count findings"
	[[ "$stderr" == "corc validate: the bundle has $count error"* ]] || fail "expected the number"
}

# expect_finding KEY PATH: there is one at PATH, in the line of the (first) KEY.
expect_finding() {
	local line
	line=$(grep -n "\"$1\"" "$BUNDLE/config.json" | head -n 1 | cut -d : -f 1)
	grep -q "^config\.json:$line:[0-9]*: $2: " <<<"$output" || fail "expected a finding at $2"
}

@test "validate --strict: unknown properties, and what they may have been meant to be" {
	config_set '.process.captabilities = {} | .namespaces = [] | .linux.zzzz = 1'
	succeeds validate --bundle "$BUNDLE"
	fails_with_findings 3 --strict --bundle "$BUNDLE"
	expect_line '.*unknown property "captabilities" \(did you mean "capabilities"\?\)'
	expect_line '.*unknown property "namespaces" \(did you mean "linux\.namespaces"\?\)'
	expect_line 'config\.json:[0-9]+:[0-9]+: linux\.zzzz: unknown property "zzzz"'
	# run passes over them, as other runtimes do.
	succeeds run --bundle "$BUNDLE" "$ID"
}

@test "validate: the host is not looked at" {
	! is_sanitized || skip "the sanitizers of this build look at /proc, and do not work in a traced process"
	config_set '.root.path = "nowhere" | .process.apparmorProfile = "unheard-of" |
		.linux.namespaces |= map(if .type == "network" then .path = "/nowhere" else . end) |
		.mounts += [{destination: "/data", source: "/nowhere", options: ["bind"]}]'
	succeeds validate --bundle "$BUNDLE"
	rm -r "$ROOTFS"
	strace -f -o trace -e trace=openat,open,openat2,stat,newfstatat,mkdir,mkdirat,mount,connect \
		"$CORC" validate --bundle "$BUNDLE"
	! grep -E '"/(sys|proc)/|nowhere|"/run' trace || fail "it looked"
	mkdir "$ROOTFS"
}

@test "validate: the cgroup's path, in the form of the manager" {
	config_set '.linux.cgroupsPath = "/corc-test"'
	succeeds validate "$BUNDLE"
	corc --systemd-cgroup validate "$BUNDLE"
	[ "$status" -eq 1 ]
	expect_finding cgroupsPath linux.cgroupsPath
	config_set '.linux.cgroupsPath = "system.slice:corc:test"'
	succeeds --systemd-cgroup validate --strict "$BUNDLE"
	fails 1 "invalid cgroup-manager: nonsense" --cgroup-manager nonsense validate "$BUNDLE"
}

@test "validate: other names, and bundles that cannot be read" {
	mv "$BUNDLE/config.json" "$BUNDLE/other.json"
	fails 1 "config.json not found in bundle" validate --bundle "$BUNDLE"
	succeeds validate -f other.json "$BUNDLE"
	fails 1 "no such file or directory" validate nowhere
	echo '{"a": ' >"$BUNDLE/other.json"
	fails_with_findings 1 --config other.json "$BUNDLE"
	[[ "$output" == "other.json:2:1: "* ]]
}

@test "validate: needs neither root nor a state directory" {
	chmod 755 "$BUNDLE"
	status=0
	output=$(cd / && setpriv --reuid 4242 --regid 4242 --clear-groups "$CORC" validate "$BUNDLE" 2>&1) ||
		fail "expected exit status 0"
	[ -z "$output" ]
}
