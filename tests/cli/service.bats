#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What a service manager hands on: sockets ($LISTEN_FDS) and the notification socket.

load helpers

# activated COUNT CORC ARGUMENTS...: corc with $LISTEN_FDS for its own process.
activated() {
	local count=$1
	shift
	status=0
	# shellcheck disable=SC2016
	env LISTEN_FDS="$count" sh -c 'LISTEN_PID=$$ exec "$0" "$@"' "$CORC" --root "$ROOT" "$@" \
		>"${STDOUT:-stdout}" 2>stderr || status=$?
	output=
	[ -n "${STDOUT:-}" ] || output=$(<stdout)
	stderr=$(<stderr)
	called="corc $*"
}

SHOW_VARIABLES='fds | cut -d " " -f 1 | xargs; env | grep LISTEN_ | sort'

@test "LISTEN_FDS: the container gets the descriptors and is told so" {
	config_args sh -c "$SHOW_VARIABLES"
	echo text >file
	LISTEN_FDNAMES=one:two activated 2 run --bundle "$BUNDLE" "$ID" 3<file 4<file 5<file
	[ "$status" -eq 0 ]
	expect_line '0 1 2 3 4'
	expect_line LISTEN_FDS=2
	expect_line LISTEN_PID=1
	corc_only "does not hand on the names"
	expect_line LISTEN_FDNAMES=one:two
}

@test "LISTEN_FDS: preserved descriptors come behind" {
	config_args fds
	echo one >one
	echo two >two
	activated 1 run --preserve-fds 1 --bundle "$BUNDLE" "$ID" 3<one 4<two 5<two
	[ "$status" -eq 0 ]
	expect_line '3 .*/one'
	expect_line '4 .*/two'
	expect_no_line '5 .*'
}

@test "LISTEN_FDS: a created container gets them at its start" {
	config_args sh -c 'cat <&3; echo "$LISTEN_FDS $LISTEN_PID"'
	echo text >file
	open_ears
	STDOUT=ears activated 1 create --bundle "$BUNDLE" "$ID" 3<file </dev/null
	[ "$status" -eq 0 ]
	succeeds start "$ID"
	hear text
	hear "1 1"
}

@test "LISTEN_FDS: later processes know nothing of it" {
	config_args pause
	echo text >file
	STDOUT=/dev/null activated 1 run -d --bundle "$BUNDLE" "$ID" 3<file </dev/null
	[ "$status" -eq 0 ]
	activated 1 exec "$ID" sh -c "$SHOW_VARIABLES" 3<file
	expect_output "0 1 2"
}

@test "LISTEN_FDS: replaces a variable of the configuration" {
	config_set '.process.env += ["LISTEN_FDS=7", "LISTEN_PID=7"]'
	config_args sh -c "$SHOW_VARIABLES"
	activated 1 run --bundle "$BUNDLE" "$ID" 3</dev/null
	[ "$status" -eq 0 ]
	expect_output $'0 1 2 3\nLISTEN_FDS=1\nLISTEN_PID=1'
}

@test "LISTEN_FDS: of another process, none, or no number" {
	config_args sh -c "$SHOW_VARIABLES"
	LISTEN_FDS=1 LISTEN_PID=1 succeeds run --bundle "$BUNDLE" "$ID"
	expect_output "0 1 2"
	LISTEN_FDS=1 succeeds run --bundle "$BUNDLE" "$ID"
	expect_output "0 1 2"
	local count
	for count in 0 x "" -1; do
		[ "$count" != -1 ] || corc_only "panics"
		activated "$count" run --bundle "$BUNDLE" "$ID" 3</dev/null
		[ "$status" -eq 0 ]
		expect_output "0 1 2"
	done
}

@test "LISTEN_FDS: each has to be open" {
	corc_only "hands on what is there"
	activated 2 run --bundle "$BUNDLE" "$ID" 3</dev/null 4<&-
	[ "$status" -eq 1 ]
	expect_error 'listening fd 1 \(of 2\): fd 4'
	expect_nothing_left
}

@test "preserved descriptors: a file of corc itself is none" {
	corc_only "gives the container its log"
	config_args fds
	# The log is the first file that is opened.
	fails 1 "unable to stat preserved-fd 0 (of 1): fd 3" \
		--log log run --preserve-fds 1 --bundle "$BUNDLE" "$ID"
	expect_nothing_left
	start_container
	fails 255 "unable to stat preserved-fd 0 (of 1): fd 3" --log log exec --preserve-fds 1 "$ID" fds
}
