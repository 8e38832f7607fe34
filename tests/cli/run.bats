#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# run: a container from beginning to end in the foreground, and detached.

load helpers

@test "run: prints what the process prints and leaves nothing" {
	run_in echo hello
	expect_output hello
	[ -z "$stderr" ]
	expect_nothing_left
}

@test "run: stdout and stderr stay apart" {
	run_shell 'echo one; echo two >&2'
	expect_output one
	[ "$stderr" = two ]
}

@test "run: stdin reaches the process" {
	config_args cat
	corc run --bundle "$BUNDLE" "$ID" <<<"from outside"
	[ "$status" -eq 0 ]
	expect_output "from outside"
}

@test "run: ends with the exit code of the process" {
	config_args sh -c 'exit 7'
	corc run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 7 ]
	[ -z "$output$stderr" ]
	expect_nothing_left
}

@test "run: ends with 128 + the signal that ended the process" {
	# Without a pid namespace, because its process 1 cannot end itself by a signal.
	config_args --set 'del(.linux.namespaces[] | select(.type == "pid"))' sh -c 'kill -USR1 $$'
	corc run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq $((128 + 10)) ]
}

@test "run: the container of a process killed from outside is gone" {
	config_args pause
	open_ears
	"$CORC" --root "$ROOT" run --bundle "$BUNDLE" "$ID" >&7 3>&- &
	hear ready
	succeeds kill "$ID" KILL
	status=0
	wait $! || status=$?
	[ "$status" -eq $((128 + 9)) ]
	expect_nothing_left
}

@test "run: signals sent to it reach the process" {
	config_args pause
	open_ears
	env --default-signal "$CORC" --root "$ROOT" run --bundle "$BUNDLE" "$ID" >&7 3>&- &
	hear ready
	kill -HUP $!
	hear SIGHUP
	kill -INT $!
	hear SIGINT
	kill -USR1 $!
	hear SIGUSR1
	kill -TERM $!
	hear SIGTERM
	status=0
	wait $! || status=$?
	[ "$status" -eq 7 ]
	expect_nothing_left
}

@test "run: processes that outlive the first one are ended" {
	config_args --set 'del(.linux.namespaces[] | select(.type == "pid"))' \
		sh -c 'sleep 1000 & exit 3'
	corc run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 3 ]
	expect_nothing_left
}

@test "run --keep: the stopped container stays" {
	succeeds run --keep --bundle "$BUNDLE" "$ID"
	expect_status "$ID" stopped
	succeeds delete "$ID"
	expect_nothing_left
}

@test "run --detach: returns while the process runs" {
	config_args sleep 1000
	succeeds run --detach --bundle "$BUNDLE" --pid-file pid "$ID"
	[ -z "$output$stderr" ]
	expect_status "$ID" running
	[ "$(tr '\0' ' ' <"/proc/$(<pid)/cmdline")" = "sleep 1000 " ]
}

@test "run -d: a process that fails later is no failure of run" {
	config_args sh -c 'exit 9'
	succeeds run -d --bundle "$BUNDLE" --pid-file pid "$ID"
	await_exit "$(<pid)"
	expect_status "$ID" stopped
}

@test "run --detach: a terminal needs a console socket" {
	config_set '.process.terminal = true'
	fails 1 "will detach without setting console socket" run --detach --bundle "$BUNDLE" "$ID"
	expect_nothing_left
}

@test "run --console-socket: needs a terminal and --detach" {
	fails 1 "cannot use console socket if" run --console-socket "$PWD/socket" --bundle "$BUNDLE" "$ID"
	expect_nothing_left
}

@test "run: a program that is not there" {
	config_args no-such-program
	fails 1 'exec: "no-such-program": executable file not found in $PATH' \
		run --bundle "$BUNDLE" "$ID"
	expect_nothing_left
}

@test "run --preserve-fds: the process has them, and no other" {
	config_args fds
	echo secret >secret
	exec 8<secret 9<secret
	succeeds run --bundle "$BUNDLE" "$ID"
	"$CORC" --root "$ROOT" run --preserve-fds 1 --bundle "$BUNDLE" "$ID" 3<secret >preserved
	exec 8<&- 9<&-
	[ "$(cut -d ' ' -f 1 <<<"$output" | xargs)" = "0 1 2" ]
	[ "$(cut -d ' ' -f 1 preserved | xargs)" = "0 1 2 3" ]
	grep -q '^3 .*secret$' preserved
}

@test "run --preserve-fds: each has to be open" {
	corc_only "leaves the state directory"
	fails 1 "preserve" run --preserve-fds 40 --bundle "$BUNDLE" "$ID"
	expect_nothing_left
}

@test "run --no-pivot: the root is that of the container" {
	config_args sh -c 'ls -d /bin/pause && ! ls -d /usr/lib'
	succeeds run --no-pivot --bundle "$BUNDLE" "$ID"
	expect_line /bin/pause
}

@test "run --no-new-keyring, --no-subreaper are accepted" {
	config_args echo hello
	succeeds run --no-new-keyring --no-subreaper --bundle "$BUNDLE" "$ID"
	expect_output hello
}

@test "run: a bundle given relative to the working directory, or being it" {
	config_args echo hello
	succeeds run --bundle bundle "$ID"
	expect_output hello
	cd "$BUNDLE"
	succeeds run "$ID"
	expect_output hello
}
