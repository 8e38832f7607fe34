#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The session keyring: one of the container's own, shared by its processes and nobody else.

load helpers

# The permissions: all for who holds it; for others of the user to see, read, link and search it.
NEW_PERMISSIONS=3f1b0000

# The caller's keyring, as it is before and has to be afterwards.
own_keyring() {
	"$PROGRAMS/keyring" | cut -d ' ' -f 3
}

@test "keyring: a new one, named after the container" {
	run_in keyring
	expect_output "0 $NEW_PERMISSIONS _ses.$ID"
	[ "$(own_keyring)" != "_ses.$ID" ]
}

@test "keyring: what the caller's holds is not there" {
	config_args keyring find corc-test-secret
	# In a keyring of its own, so that nothing is put into that of the tests.
	"$PROGRAMS/keyring" run sh -c '
		"$1" add corc-test-secret && "$1" find corc-test-secret || exit 7
		"$CORC" --root "$2" run --bundle "$3" "$4" && exit 8
		"$CORC" --root "$2" run --no-new-keyring --bundle "$3" "$4"' \
		sh "$PROGRAMS/keyring" "$ROOT" "$BUNDLE" "$ID"
}

@test "keyring: exec joins that of the container" {
	start_container
	succeeds exec "$ID" keyring add corc-test-key
	succeeds exec "$ID" keyring find corc-test-key
	corc exec "$ID" keyring find corc-test-other
	[ "$status" -eq 1 ]
	succeeds exec "$ID" keyring
	expect_output "0 $NEW_PERMISSIONS _ses.$ID"
	# It is joined before the user is changed.
	succeeds exec --user 1000:1000 "$ID" keyring find corc-test-key
}

@test "keyring: exec from a state that another build wrote" {
	start_container
	succeeds exec "$ID" keyring add corc-test-key
	echo damaged >"$ROOT/$ID/exec.base"
	succeeds exec "$ID" keyring find corc-test-key
}

@test "keyring: two containers have two" {
	start_container
	succeeds exec "$ID" keyring add corc-test-key
	config_args keyring find corc-test-key
	corc run --bundle "$BUNDLE" "$ID-2"
	[ "$status" -eq 1 ]
}

@test "keyring: in a user namespace it is that of its root, and exec joins it" {
	corc_only "exec has a keyring of its own there"
	add_user_namespace
	start_container
	succeeds exec "$ID" keyring
	expect_output "0 $NEW_PERMISSIONS _ses.$ID"
	succeeds exec "$ID" keyring add corc-test-key
	succeeds exec "$ID" keyring find corc-test-key
}

@test "keyring: --no-new-keyring leaves the caller's, for exec too" {
	local mine
	mine=$("$PROGRAMS/keyring" run "$PROGRAMS/keyring")
	config_args keyring
	"$PROGRAMS/keyring" run "$CORC" --root "$ROOT" run --no-new-keyring --bundle "$BUNDLE" "$ID" \
		>found
	[ "$(<found)" = "$mine" ]
	[[ "$mine" == *" corc-test" ]]
	config_args pause
	succeeds create --no-new-keyring --bundle "$BUNDLE" "$ID" </dev/null
	"$PROGRAMS/keyring" run "$CORC" --root "$ROOT" exec "$ID" keyring >found
	[ "$(<found)" = "$mine" ]
	echo damaged >"$ROOT/$ID/exec.base"
	"$PROGRAMS/keyring" run "$CORC" --root "$ROOT" exec "$ID" keyring >found
	[ "$(<found)" = "$mine" ]
}

@test "keyring: a filter that knows no keyctl is no obstacle" {
	config_set '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
		syscalls: [{names: ["keyctl"], action: "SCMP_ACT_KILL_PROCESS"}]}'
	config_args pause
	start_bundle "$BUNDLE" "$ID"
	succeeds exec "$ID" echo hello
	expect_output hello
}

@test "keyring: a user who has no room for another" {
	local uid=$((1000000 + CORC_TEST_RUN))
	corc_only "does not name the limit"
	add_user_namespace
	config_set --argjson uid "$uid" '.linux.uidMappings[0].hostID = $uid |
		.linux.gidMappings[0].hostID = $uid'
	chown -R "$uid:$uid" "$ROOTFS"
	open_ears
	mkfifo hold
	"$PROGRAMS/keyring" exhaust "$uid" <hold >&7 3>&- &
	exec 8>hold
	hear exhausted
	fails 1 "unable to join session keyring _ses.$ID: disk quota exceeded" \
		run --bundle "$BUNDLE" "$ID"
	expect_error '/proc/sys/kernel/keys/maxkeys .*--no-new-keyring'
	expect_error 'config.json:[0-9]+:[0-9]+: process'
	[ ! -e "$ROOT/$ID" ]
	succeeds run --no-new-keyring --bundle "$BUNDLE" "$ID"
	exec 8>&-
	wait $!
}
