#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Labels of AppArmor and SELinux on a machine that has neither: what is asked for and cannot be had
# is refused, with its place, before anything is made.

load helpers

LABEL=system_u:system_r:container_t:s0:c1,c2
NO_SELINUX="selinux label is specified in config, but selinux is disabled or not supported"

setup() {
	[ ! -d /sys/kernel/security/apparmor ] || skip "this machine has AppArmor"
	[ ! -e /sys/fs/selinux/enforce ] || skip "this machine has SELinux"
	setup_test
}

teardown() {
	[ -z "${ROOT-}" ] || teardown_test
}

# refused PATH TEXT EXPRESSION: create and run refuse the configuration at this property.
refused() {
	local command
	config_set "$3"
	for command in create run; do
		fails 1 "$2" "$command" --bundle "$BUNDLE" "$ID"
		expect_error "config\.json:[0-9]+:[0-9]+: ${1//./\\.}: "
		expect_nothing_left
	done
	[ ! -e "$ROOT/$ID" ]
}

# process_file EXPRESSION: process.json is the container's process, changed.
process_file() {
	jq ".process | $1 | .args = [\"true\"]" <"$BUNDLE/config.json" >process.json
}

@test "labels: an AppArmor profile without AppArmor" {
	corc_only "tries to write it"
	refused process.apparmorProfile \
		'apparmor is not enabled: the profile "docker-default" cannot be applied' \
		'.process.apparmorProfile = "docker-default"'
}

@test "labels: the profile unconfined, too" {
	corc_only "tries to write it"
	refused process.apparmorProfile 'apparmor is not enabled' \
		'.process.apparmorProfile = "unconfined"'
}

@test "labels: an SELinux label without SELinux" {
	corc_only "names no place"
	refused process.selinuxLabel "$NO_SELINUX" ".process.selinuxLabel = \"$LABEL\""
}

@test "labels: a label for mounts without SELinux" {
	corc_only "tries to mount with it"
	refused linux.mountLabel "$NO_SELINUX" ".linux.mountLabel = \"$LABEL\""
}

@test "labels: empty ones are none" {
	run_in --set '.process.apparmorProfile = "" | .process.selinuxLabel = "" | .linux.mountLabel = "" |
		.annotations = {"run.oci.mount_context_type": "context"}' echo hello
	expect_output hello
}

@test "labels: what cannot be one" {
	corc_only "takes them"
	refused process.apparmorProfile "control character" '.process.apparmorProfile = "a\nb"'
	refused process.apparmorProfile "blank" '.process.apparmorProfile = " a"'
	refused process.apparmorProfile "expected a string" '.process.apparmorProfile = 5'
	config_set 'del(.process.apparmorProfile)'
	refused linux.mountLabel "longer" '.linux.mountLabel = ("x" * 4001)'
}

@test "labels: exec --apparmor and --process-label" {
	corc_only "tries to write them"
	start_container
	fails 255 'apparmor is not enabled: the profile "x" cannot be applied' \
		exec --apparmor x "$ID" true
	fails 255 "$NO_SELINUX" exec --process-label "$LABEL" "$ID" true
	fails 255 "control character" exec --apparmor $'a\nb' "$ID" true
	succeeds exec --apparmor "" --process-label "" "$ID" echo hello
	expect_output hello
}

@test "labels: exec --process" {
	corc_only "names no place"
	start_container
	process_file '.apparmorProfile = "x"'
	fails 255 'apparmor is not enabled' exec --process process.json "$ID"
	expect_error 'process\.json:[0-9]+:[0-9]+: apparmorProfile: '
	process_file ".selinuxLabel = \"$LABEL\""
	fails 255 "$NO_SELINUX" exec --process process.json "$ID"
	expect_error 'process\.json:[0-9]+:[0-9]+: selinuxLabel: '
	process_file '.apparmorProfile = "" | .selinuxLabel = ""'
	succeeds exec --process process.json "$ID"
}

@test "labels: plan refuses them, too" {
	corc_only "has no plan"
	config_set '.process.apparmorProfile = "x"'
	fails 1 "apparmor is not enabled" plan --bundle "$BUNDLE"
}
