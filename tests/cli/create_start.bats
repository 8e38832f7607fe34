#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# create and start.

load helpers

@test "create: makes the container but does not run the process" {
	config_args --set '.root.readonly = false' touch /tmp/was-run
	create_container
	[ -z "$output$stderr" ]
	expect_status "$ID" created
	[ ! -e "$ROOTFS/tmp/was-run" ]
	succeeds start "$ID"
	[ -z "$output$stderr" ]
	await_exit "$PID"
	[ -e "$ROOTFS/tmp/was-run" ]
}

@test "create: the process has the stdio of create" {
	config_args sh -c 'cat; echo end >&2'
	echo input >in
	"$CORC" --root "$ROOT" create --bundle "$BUNDLE" --pid-file pid "$ID" <in >out 2>err 3>&-
	succeeds start "$ID"
	await_exit "$(<pid)"
	[ "$(<out)" = input ]
	[ "$(<err)" = end ]
}

@test "create --pid-file: a decimal number, no newline" {
	create_container
	[[ "$(od -An -c pid | tr -d ' \n')" =~ ^[0-9]+$ ]]
	[ "$(jq .pid <<<"$(succeeds state "$ID" && cat stdout)")" = "$PID" ]
	[ -d "/proc/$PID" ]
}

@test "create --pid-file: replaces an older file as a whole" {
	echo "something longer than a pid" >pid
	exec 8<pid
	create_container
	[[ "$PID" =~ ^[0-9]+$ ]]
	[ "$(cat <&8)" = "something longer than a pid" ]
	exec 8<&-
}

@test "create --pid-file: a directory that is not there" {
	fails 1 "no such file or directory" \
		create --pid-file nowhere/pid --bundle "$BUNDLE" "$ID"
	expect_nothing_left
}

@test "create: an id in use is refused and its container unharmed" {
	create_container
	fails 1 "container with given ID already exists" create --bundle "$BUNDLE" "$ID"
	fails 1 "container with given ID already exists" run --bundle "$BUNDLE" "$ID"
	expect_status "$ID" created
	succeeds start "$ID"
	await_exit "$PID"
	fails 1 "container with given ID already exists" create --bundle "$BUNDLE" "$ID"
	expect_status "$ID" stopped
}

@test "create: an id can be used again after delete" {
	for _ in 1 2 3; do
		create_container
		succeeds delete "$ID"
	done
	expect_nothing_left
}

@test "create: ids of other characters are refused" {
	local id
	for id in a/b ../x .. . "a b" 'a$b' $'a\nb' ä /; do
		fails 1 "invalid container ID format" create --bundle "$BUNDLE" "$id"
	done
	corc create --bundle "$BUNDLE" ""
	[ "$status" -eq 1 ]
	expect_nothing_left
}

@test "create: letters, digits and _+-. make an id" {
	local id=$ID-aZ09_+-.x
	succeeds create --bundle "$BUNDLE" "$id" </dev/null
	expect_status "$id" created
}

@test "create: the container's process survives its creator" {
	config_args sh -c 'echo still here'
	open_ears
	(
		STDOUT=ears succeeds create --bundle "$BUNDLE" "$ID" </dev/null
	)
	succeeds start "$ID"
	hear "still here"
}

@test "create: a program that is not there is an error of create" {
	config_args no-such-program
	fails 1 'exec: "no-such-program": executable file not found in $PATH' \
		create --bundle "$BUNDLE" "$ID"
	config_args /no/such/program
	fails 1 "no such file or directory" create --bundle "$BUNDLE" "$ID"
	expect_nothing_left
}

@test "create: a program that cannot be executed is an error of create" {
	echo text >"$ROOTFS/bin/not-executable"
	config_args /bin/not-executable
	fails 1 "permission denied" create --bundle "$BUNDLE" "$ID"
	config_args /etc
	corc create --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 1 ]
	expect_error 'is a directory|permission denied'
	expect_nothing_left
}

@test "start: a script without its interpreter" {
	corc_only "start ends with 0 before it knows"
	printf '#!/bin/bash\r\necho hello\r\n' >"$ROOTFS/bin/script"
	chmod 755 "$ROOTFS/bin/script"
	config_args script
	create_container
	fails 1 "no such file or directory" start "$ID"
}

@test "start: says which interpreter a script lacks" {
	corc_only "does not look into the file"
	printf '#!/bin/bash\r\necho hello\r\n' >"$ROOTFS/bin/script"
	chmod 755 "$ROOTFS/bin/script"
	config_args script
	create_container
	fails 1 "interpreter" start "$ID"
	expect_error '/bin/bash.*no such file or directory'
	expect_error 'Windows line ends'
}

@test "start: twice" {
	start_container
	fails 1 "cannot start an already running container" start "$ID"
	expect_status "$ID" running
}

@test "start: a stopped container" {
	create_container
	succeeds start "$ID"
	await_exit "$PID"
	fails 1 "cannot start a container that has stopped" start "$ID"
}

@test "start: a created container whose process was killed" {
	create_container
	kill -KILL "$PID"
	await_exit "$PID"
	expect_status "$ID" stopped
	fails 1 "cannot start a container that has stopped" start "$ID"
}

@test "start: a container that is not there" {
	fails 1 "container does not exist" start "$ID"
}

@test "create: the mounts and the host name of the caller are as before" {
	local name
	name=$(uname -n)
	create_container
	[ "$(</proc/self/mountinfo)" = "$MOUNTS_BEFORE" ]
	[ "$(uname -n)" = "$name" ]
}
