#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Terminals: by --console-socket and in the foreground, in create, run and exec.

load helpers

setup() {
	setup_test
	config_set '.process.terminal = true'
}

# receive OPTIONS: somebody waits for a terminal at the socket `socket`; its output goes to `shown`.
receive() {
	RECEIVER=$("$PROGRAMS/recvtty" -o shown "$@" socket 3>&- 7>&-)
}

# What the terminal showed, when it was hung up.
shown() {
	await_exit "$RECEIVER"
	tr -d '\r' <shown
}

# in_terminal [OPTIONS OF in-terminal --] CORC ARGUMENTS...
in_terminal() {
	local options=()
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	status=0
	"$PROGRAMS/in-terminal" "${options[@]}" timeout --foreground -k 5 60 \
		"$CORC" --root "$ROOT" "$@" >stdout 3>&- 7>&- || status=$?
	output=$(tr -d '\r' <stdout)
	stderr=
	called="corc $* (in a terminal)"
}

@test "terminal: create sends the master to the console socket" {
	config_args sh -c 'tty; test -t 0 && test -t 1 && test -t 2 && echo three'
	receive
	create_container --console-socket "$PWD/socket"
	[ -z "$output$stderr" ]
	succeeds start "$ID"
	output=$(shown)
	expect_line 'name: /dev/p.*'
	expect_line /dev/pts/0
	expect_line three
}

@test "terminal: run --detach" {
	config_args sh -c 'echo hello; read -r line; echo "got $line"'
	receive -i $'something\n'
	succeeds run --detach --console-socket "$PWD/socket" --bundle "$BUNDLE" "$ID"
	output=$(shown)
	expect_line hello
	expect_line 'got something'
}

@test "terminal: it is the controlling one, of a session of its own" {
	config_args sh -c 'echo hello >/dev/tty; cut -d " " -f 5,6,8 </proc/1/stat'
	receive
	create_container --console-socket "$PWD/socket"
	succeeds start "$ID"
	output=$(shown)
	expect_line hello
	expect_line '1 1 1'
}

@test "terminal: /dev/console is it" {
	config_args sh -c 'echo hello >/dev/console; stat -c "%t:%T" /dev/console /dev/pts/0'
	receive
	create_container --console-socket "$PWD/socket"
	succeeds start "$ID"
	output=$(shown)
	expect_line hello
	[ "$(grep -c '^88:0$' <<<"$output")" -eq 2 ]
}

@test "terminal: belongs to the user of the process" {
	config_set '.process.user = {uid: 1000, gid: 1000}'
	config_args stat -c '%u %g %a' /dev/pts/0
	receive
	create_container --console-socket "$PWD/socket"
	succeeds start "$ID"
	output=$(shown)
	expect_line '1000 5 620'
}

@test "terminal: in a user namespace" {
	add_user_namespace
	config_args sh -c 'tty; stat -c "%u %g" /dev/pts/0'
	receive
	create_container --console-socket "$PWD/socket"
	succeeds start "$ID"
	output=$(shown)
	expect_line /dev/pts/0
	expect_line '0 5'
}

@test "terminal: the receiver's size arrives" {
	config_args sh -c 'read -r line; stty size'
	receive -s 33x77 -i $'go\n'
	create_container --console-socket "$PWD/socket"
	succeeds start "$ID"
	output=$(shown)
	expect_line '33 77'
}

@test "consoleSize: the process starts with it" {
	config_args --set '.process.consoleSize = {height: 33, width: 77}' stty size
	receive
	create_container --console-socket "$PWD/socket"
	succeeds start "$ID"
	output=$(shown)
	expect_line 'size: 33 77'
	expect_line '33 77'
}

@test "consoleSize: the caller's terminal knows better" {
	corc_only "sets it while the process runs"
	config_args --set '.process.consoleSize = {height: 11, width: 22}' stty size
	in_terminal -s 33x77 -- run --bundle "$BUNDLE" "$ID"
	expect_output '33 77'
}

@test "consoleSize: of no character, and without a terminal" {
	config_args --set '.process.consoleSize = {height: 0, width: 0}' stty size
	receive
	create_container --console-socket "$PWD/socket"
	succeeds start "$ID"
	output=$(shown)
	expect_line 'size: 0 0'
	config_set '.process.terminal = false | .process.consoleSize = {height: 1, width: 1}'
	succeeds delete --force "$ID"
	run_in echo hello
	expect_output hello
}

@test "terminal: create needs a socket" {
	fails 1 "will detach without setting console socket" create --bundle "$BUNDLE" "$ID"
	expect_nothing_left
}

@test "terminal: a socket needs a terminal" {
	config_set '.process.terminal = false'
	receive
	fails 1 "cannot use console socket if" \
		create --console-socket "$PWD/socket" --bundle "$BUNDLE" "$ID"
	{ kill -KILL "$RECEIVER"; } 2>/dev/null
	await_exit "$RECEIVER"
	expect_nothing_left
}

@test "terminal: a socket that is not there, or none" {
	fails 1 "no such file or directory" \
		create --console-socket "$PWD/nowhere" --bundle "$BUNDLE" "$ID"
	touch file
	fails 1 "connection refused" create --console-socket "$PWD/file" --bundle "$BUNDLE" "$ID"
	expect_nothing_left
}

@test "terminal: a socket at which nobody accepts" {
	corc_only "waits for ever"
	local line agent
	mkfifo said
	exec 8<>said
	agent=$("$PROGRAMS/seccomp-agent" -d -s said -c calls socket 3>&- 7>&- 8>&-)
	read -r -t 60 -u 8 line
	exec 8>&-
	[ "$line" = deaf ]
	fails 1 "console socket $PWD/socket: connection timed out" \
		create --console-socket "$PWD/socket" --bundle "$BUNDLE" "$ID"
	kill "$agent"
	await_exit "$agent"
	expect_nothing_left
}

@test "terminal: a socket with a long path" {
	corc_only "cannot connect to it"
	local directory
	directory=$PWD/$(printf 'd%.0s' {1..90})
	config_args tty
	mkdir "$directory"
	receive
	mv socket "$directory/socket"
	create_container --console-socket "$directory/socket"
	succeeds start "$ID"
	output=$(shown)
	expect_line /dev/pts/0
}

@test "terminal: in the foreground" {
	config_args sh -c 'tty; exit 5'
	in_terminal -- run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 5 ]
	expect_line /dev/pts/0
	expect_nothing_left
}

@test "terminal: input in the foreground" {
	config_args sh -c 'echo ready; read -r line; echo "got $line"'
	in_terminal -w ready -i $'something\n' -- run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 0 ]
	expect_line 'got something'
}

@test "terminal: an interrupt in the foreground is for the process" {
	config_args sh -c 'trap "echo interrupted; exit 6" INT; echo ready; sleep 1000 & wait'
	in_terminal -w ready -i $'\003' -- run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 6 ]
	[[ "$output" == *interrupted* ]]
}

@test "terminal: the end of input in the foreground" {
	config_args sh -c 'echo ready; cat; echo end'
	in_terminal -w ready -i $'some text\n\004' -- run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 0 ]
	expect_line 'some text'
	expect_line end
}

@test "terminal: the process starts with the caller's size" {
	corc_only "sets it while the process runs"
	config_args stty size
	for _ in 1 2 3 4 5; do
		in_terminal -s 33x77 -- run --bundle "$BUNDLE" "$ID"
		expect_output '33 77'
	done
	config_args pause
	config_set '.process.terminal = false'
	start_container
	for _ in 1 2 3 4 5; do
		in_terminal -s 33x77 -- exec -t "$ID" stty size
		expect_output '33 77'
	done
}

@test "terminal: a change of the size in the foreground" {
	config_args sh -c 'trap "echo changed" WINCH; echo ready
		while [ "$(stty size)" != "44 88" ]; do :; done; exit 7'
	in_terminal -s 33x77 -w ready -r 44x88 -- run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 7 ]
	expect_line changed
}

@test "terminal: nothing of a long output is lost" {
	config_args seq 1 20000
	in_terminal -- run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 0 ]
	[ "$(grep -cE '^[0-9]+$' <<<"$output")" -eq 20000 ]
	[ "$(tail -n 1 <<<"$output")" = 20000 ]
}

@test "terminal: the caller's settings are as before" {
	config_args true
	"$PROGRAMS/in-terminal" sh -c 'stty -g >before; "$0" "$@"; stty -g >after' \
		"$CORC" --root "$ROOT" run --bundle "$BUNDLE" "$ID" >stdout 3>&- 7>&-
	[ -s before ]
	cmp before after
	config_args no-such-program
	"$PROGRAMS/in-terminal" sh -c '"$0" "$@"; stty -g >after' \
		"$CORC" --root "$ROOT" run --bundle "$BUNDLE" "$ID" >stdout 3>&- 7>&-
	cmp before after
	grep -q "executable file not found" stdout
}

@test "terminal: in the foreground with pipes outside" {
	corc_only "needs a controlling terminal"
	config_args sh -c 'tty; read -r line; echo "got $line"'
	corc run --bundle "$BUNDLE" "$ID" <<<"something"
	[ "$status" -eq 0 ]
	output=$(tr -d '\r' <<<"$output")
	expect_line /dev/pts/0
	expect_line 'got something'
}

@test "terminal: a failed create with a console socket leaves nothing" {
	config_args no-such-program
	receive
	fails 1 "executable file not found" \
		create --console-socket "$PWD/socket" --bundle "$BUNDLE" "$ID"
	await_exit -t 2000 "$RECEIVER" || { kill -KILL "$RECEIVER"; await_exit "$RECEIVER"; }
	expect_nothing_left
}

@test "exec --tty: in the foreground" {
	config_set '.process.terminal = false'
	start_container
	in_terminal -- exec -t "$ID" sh -c 'tty; exit 5'
	[ "$status" -eq 5 ]
	expect_line /dev/pts/0
	in_terminal -w ready -i $'something\n' -- exec --tty "$ID" \
		sh -c 'echo ready; read -r line; echo "got $line"'
	[ "$status" -eq 0 ]
	expect_line 'got something'
}

@test "exec --tty: the container's own terminal is untouched" {
	config_args sh -c 'tty; exec pause'
	receive
	create_container --console-socket "$PWD/socket"
	succeeds start "$ID"
	in_terminal -- exec -t "$ID" tty
	expect_line /dev/pts/1
	succeeds exec "$ID" tty || true
	expect_output "not a tty"
	succeeds kill "$ID" KILL
	output=$(shown)
	expect_line /dev/pts/0
}

@test "exec --tty --detach: by a console socket" {
	config_set '.process.terminal = false'
	start_container
	fails 255 "will detach without setting console socket" exec --detach --tty "$ID" tty
	receive
	succeeds exec --detach --tty --console-socket "$PWD/socket" "$ID" tty
	output=$(shown)
	expect_line /dev/pts/0
}

@test "exec --process: with a terminal, by a console socket" {
	config_set '.process.terminal = false'
	start_container
	jq '.process | .terminal = true | .args = ["tty"]' "$BUNDLE/config.json" >process.json
	receive
	succeeds exec --detach --process process.json --console-socket "$PWD/socket" "$ID"
	output=$(shown)
	expect_line /dev/pts/0
}

@test "exec --process: with a size of the terminal" {
	config_set '.process.terminal = false'
	start_container
	jq '.process | .terminal = true | .consoleSize = {height: 12, width: 34} |
		.args = ["stty", "size"]' "$BUNDLE/config.json" >process.json
	receive
	succeeds exec --detach --process process.json --console-socket "$PWD/socket" "$ID"
	output=$(shown)
	expect_line 'size: 12 34'
	expect_line '12 34'
}

@test "exec --tty: of a user, in a user namespace" {
	config_set '.process.terminal = false'
	add_user_namespace
	start_container
	in_terminal -- exec -t -u 1000:1000 "$ID" sh -c 'tty; stat -c "%u" $(tty); echo hello >/dev/tty'
	[ "$status" -eq 0 ]
	expect_line 1000
	expect_line hello
}

@test "exec --tty: a program that is not there" {
	config_set '.process.terminal = false'
	start_container
	in_terminal -- exec -t "$ID" no-such-program
	[ "$status" -eq 255 ]
	[[ "$output" == *"executable file not found"* ]]
}

@test "exec --tty: the controlling terminal of the session" {
	config_set '.process.terminal = false'
	start_container
	in_terminal -- exec -t "$ID" sh -c 'test "$(cut -d " " -f 6 </proc/self/stat)" = $$ && echo leader;
		echo hello >/dev/tty'
	[ "$status" -eq 0 ]
	expect_line leader
	expect_line hello
}
