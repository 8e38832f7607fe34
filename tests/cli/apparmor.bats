#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# AppArmor profiles that a kernel has loaded: written, shown by the kernel, enforced.
# bats file_tags=vm

load helpers

setup() {
	[ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ] || skip "no AppArmor here"
	setup_test
	load_profiles
}

teardown() {
	local result=0
	[ -n "${PROFILES:-}" ] || return 0
	teardown_test || result=1
	apparmor_parser --remove "$PROFILES" || result=1
	return "$result"
}

# Two profiles, $ID and $ID-other, that allow everything but reading one file each.
load_profiles() {
	PROFILES=$BATS_TEST_TMPDIR/profiles
	local name file
	for name in "$ID:passwd" "$ID-other:group"; do
		file=${name#*:}
		printf 'profile %s flags=(attach_disconnected,mediate_deleted) {\n' "${name%:*}"
		printf '\tfile,\n\tcapability,\n\tnetwork,\n\tmount,\n\tumount,\n\tsignal,\n\tptrace,\n\tunix,\n'
		printf '\tdeny /etc/%s r,\n}\n' "$file"
	done >"$PROFILES"
	apparmor_parser --replace --skip-cache "$PROFILES"
}

READS='cat /proc/self/attr/current; for i in passwd group; do cat /etc/$i >/dev/null 2>&1 && echo $i; done; true'

@test "apparmor: the profile of the configuration confines the process, and that of exec" {
	run_shell --set ".process.apparmorProfile = \"$ID\"" "$READS"
	expect_output "$ID (enforce)"$'\ngroup'
	run_shell --set '.process.noNewPrivileges = false' "$READS"
	expect_output "$ID (enforce)"$'\ngroup'
	start_container
	succeeds exec "$ID" sh -c "$READS"
	expect_output "$ID (enforce)"$'\ngroup'
	succeeds exec --apparmor "$ID-other" "$ID" sh -c "$READS"
	expect_output "$ID-other (enforce)"$'\npasswd'
}

@test "apparmor: unconfined, without a profile, and in a user namespace" {
	run_shell --set '.process.apparmorProfile = "unconfined"' "$READS"
	expect_output $'unconfined\npasswd\ngroup'
	run_shell --set 'del(.process.apparmorProfile)' "$READS"
	expect_output $'unconfined\npasswd\ngroup'
	add_user_namespace
	run_shell --set ".process.apparmorProfile = \"$ID\"" "$READS"
	expect_output "$ID (enforce)"$'\ngroup'
}

@test "apparmor: a profile that is not loaded is an error that names it" {
	config_set '.process.apparmorProfile = "corc-test-nowhere"'
	corc run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 1 ] || fail "expected exit status 1"
	expect_error 'corc-test-nowhere|apparmor'
	expect_nothing_left
	corc_only "says less"
	expect_error 'process\.apparmorProfile: .*corc-test-nowhere'
	config_set 'del(.process.apparmorProfile)'
	start_container
	fails 255 corc-test-nowhere exec --apparmor corc-test-nowhere "$ID" true
}

# As Podman does, before it creates a container with a user namespace.
@test "apparmor: the caller has taken away the mount of the module's file system" {
	local program=$CORC
	CORC=$BATS_TEST_TMPDIR/without-securityfs
	# shellcheck disable=SC2016
	printf '#!/bin/sh\nexec unshare --mount sh -c '\''umount -R /sys/kernel/security && exec "$@"'\'' sh %s "$@"\n' \
		"$program" >"$CORC"
	chmod 755 "$CORC"
	add_user_namespace
	run_shell --set ".process.apparmorProfile = \"$ID\"" "$READS"
	expect_output "$ID (enforce)"$'\ngroup'
}
