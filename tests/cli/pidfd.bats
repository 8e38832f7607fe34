#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# --pidfd-socket: who gets a pidfd of the process.

load helpers

# receive [COUNT]: somebody waits for pidfds at `socket`; what came goes to `came`.
receive() {
	rm -f socket
	RECEIVER=$("$PROGRAMS/recvpidfd" -n "${1:-1}" -o came socket 3>&- 7>&-)
}

end_receiver() {
	{ kill -KILL "$RECEIVER"; } 2>/dev/null
	await_exit "$RECEIVER"
}

@test "create --pidfd-socket" {
	receive
	create_container --pidfd-socket "$PWD/socket"
	await_exit "$RECEIVER"
	[ "$(<came)" = "standard $PID" ]
	succeeds start "$ID"
}

@test "run --pidfd-socket: detached and in the foreground" {
	receive
	config_args pause
	succeeds run -d --pidfd-socket "$PWD/socket" --bundle "$BUNDLE" --pid-file pid "$ID" </dev/null
	await_exit "$RECEIVER"
	[ "$(<came)" = "standard $(<pid)" ]
	succeeds delete --force "$ID"
	receive
	config_args sh -c 'exit 5'
	corc run --pidfd-socket "$PWD/socket" --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 5 ]
	await_exit "$RECEIVER"
	[[ "$(<came)" =~ ^standard\ [0-9-]+$ ]]
}

@test "exec --pidfd-socket" {
	start_container
	receive
	succeeds exec -d --pidfd-socket "$PWD/socket" --pid-file second "$ID" sleep 1000
	await_exit "$RECEIVER"
	[ "$(<came)" = "setns $(<second)" ]
}

@test "run.oci.pidfd_receiver: the annotation" {
	corc_only "is crun's"
	receive 2
	config_set --arg path "$PWD/socket" '.annotations["run.oci.pidfd_receiver"] = $path'
	create_container --pidfd-socket "$PWD/socket"
	await_exit "$RECEIVER"
	[ "$(<came)" = "standard $PID"$'\n'"standard $PID" ]
}

@test "--pidfd-socket: nobody there" {
	corc_only "has other words"
	fails 1 "pidfd socket $PWD/nowhere: no such file or directory" \
		create --pidfd-socket "$PWD/nowhere" --bundle "$BUNDLE" "$ID"
	fails 1 "pidfd socket $PWD/nowhere: no such file or directory" \
		run --pidfd-socket "$PWD/nowhere" --bundle "$BUNDLE" "$ID"
	expect_nothing_left
	start_container
	fails 255 "pidfd socket $PWD/nowhere: no such file or directory" \
		exec --pidfd-socket "$PWD/nowhere" "$ID" sleep 1000
	succeeds exec "$ID" sh -c 'ls -d /proc/[0-9]*'
	[ "$(grep -vc '^/proc/1$' <<<"$output")" -le 2 ]
}

@test "--pidfd-socket: a process that cannot be started sends none" {
	receive
	config_args no-such-program
	fails 1 "executable file not found" \
		create --pidfd-socket "$PWD/socket" --bundle "$BUNDLE" "$ID"
	[ ! -s came ]
	end_receiver
	expect_nothing_left
}
