#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# run and exec in the foreground: signals, what happens to standard input and output, terminals.

load helpers

# The name that `pause` prints for a signal.
name_of() {
	case $1 in
	1) echo SIGHUP ;;
	2) echo SIGINT ;;
	3) echo SIGQUIT ;;
	10) echo SIGUSR1 ;;
	12) echo SIGUSR2 ;;
	15) echo SIGTERM ;;
	18) echo SIGCONT ;;
	28) echo SIGWINCH ;;
	*) echo "SIG$1" ;;
	esac
}

# in_foreground ARGUMENTS...: corc in the background of the test; what its process prints is heard.
in_foreground() {
	open_ears
	env --default-signal "$CORC" --root "$ROOT" "$@" >&7 2>&1 3>&- &
	FOREGROUND=$!
	hear ready
}

# ends_with STATUS: corc does.
ends_with() {
	status=0
	wait "$FOREGROUND" || status=$?
	[ "$status" -eq "$1" ] || fail "expected exit status $1"
}

# Every signal arrives but those that nobody can catch (9, 19), that are for corc itself (17, 23, 28)
# and that shells refuse to send (32, 33).
send_all() {
	local number
	for number in {1..8} {10..14} 16 18 {20..22} {24..27} {29..31} {34..64}; do
		kill -n "$number" "$FOREGROUND"
		hear "$(name_of "$number")"
	done
	kill -n 28 "$FOREGROUND"
	kill -n 23 "$FOREGROUND"
	kill -n 17 "$FOREGROUND"
	kill -n 15 "$FOREGROUND"
	hear SIGTERM
	ends_with 7
}

@test "foreground: signals of run" {
	config_args pause
	in_foreground run --bundle "$BUNDLE" "$ID"
	send_all
	expect_nothing_left
}

@test "foreground: signals of exec" {
	start_container sleep 1000
	in_foreground exec "$ID" pause
	send_all
	expect_status "$ID" running
}

@test "foreground: a process that is stopped and goes on" {
	config_args pause
	in_foreground run --bundle "$BUNDLE" --pid-file pid "$ID"
	succeeds kill "$ID" STOP
	until [[ "$(<"/proc/$(<pid)/stat")" == *") T "* ]]; do :; done
	kill -USR1 "$FOREGROUND"
	kill -0 "$FOREGROUND"
	expect_status "$ID" running
	succeeds kill "$ID" CONT
	# The lower number first.
	hear SIGUSR1
	hear SIGCONT
	kill -TERM "$FOREGROUND"
	hear SIGTERM
	ends_with 7
}

@test "foreground: 128 and the signal that ended the process" {
	local number
	for number in 9 11 15 34 64; do
		config_args --set 'del(.linux.namespaces[] | select(.type == "pid"))' \
			sh -c "kill -$number \$\$"
		corc run --bundle "$BUNDLE" "$ID"
		[ "$status" -eq $((128 + number)) ]
	done
	expect_nothing_left
}

@test "foreground: a reader that goes away, without a terminal, is the process's business" {
	config_args sh -c 'trap "" PIPE; echo first; until ! echo more 2>/dev/null; do :; done; exit 5'
	{
		status=0
		"$CORC" --root "$ROOT" run --bundle "$BUNDLE" "$ID" 2>/dev/null 3>&- || status=$?
		echo "$status" >code
	} | head -n 1 >first
	[ "$(<first)" = first ]
	[ "$(<code)" -eq 5 ]
	expect_nothing_left
}

@test "foreground: a reader that goes away, with a terminal: the process runs on" {
	corc_only "needs a controlling terminal"
	config_args --set '.process.terminal = true' sh -c 'seq 1 50000; exit 5'
	{
		status=0
		"$CORC" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null 3>&- || status=$?
		echo "$status" >code
	} | head -n 1 | tr -d '\r' >first
	[ "$(<first)" = 1 ]
	[ "$(<code)" -eq 5 ]
	expect_nothing_left
}

@test "foreground: standard input that is closed" {
	config_args sh -c 'cat; echo end'
	"$CORC" --root "$ROOT" run --bundle "$BUNDLE" "$ID" <&- >out 3>&-
	[ "$(<out)" = end ]
	start_container
	"$CORC" --root "$ROOT" exec "$ID" sh -c 'cat; echo end' <&- >out 3>&-
	[ "$(<out)" = end ]
}

@test "foreground: a large output through a terminal that is read late" {
	corc_only "needs a controlling terminal"
	config_args --set '.process.terminal = true' seq 1 20000
	mkfifo out
	"$CORC" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null >out 3>&- &
	exec 8<out
	# The process is there, and what it writes fits into no pipe and no terminal.
	until [ -s "$CGROUP_MOUNT/$ID/cgroup.procs" ] || [ -e "$ROOT/$ID/state.json" ]; do kill -0 $!; done
	[ "$(tr -d '\r' <&8 | sha256sum)" = "$(seq 1 20000 | sha256sum)" ]
	wait $!
	exec 8<&-
}

# in_terminal [OPTIONS OF in-terminal --] COMMAND...
in_terminal() {
	local options=()
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	status=0
	"$PROGRAMS/in-terminal" "${options[@]}" "$@" >stdout 3>&- 7>&- || status=$?
	output=$(tr -d '\r' <stdout)
	stderr=
	called="$* (in a terminal)"
}

@test "foreground: exec --tty follows the size of the terminal" {
	start_container
	in_terminal -s 33x77 -w ready -r 44x88 -- "$CORC" --root "$ROOT" exec -t "$ID" \
		sh -c 'trap "echo changed" WINCH; stty size; echo ready
			while [ "$(stty size)" != "44 88" ]; do :; done; exit 7'
	[ "$status" -eq 7 ]
	expect_line '33 77'
	expect_line changed
}

@test "foreground: the terminal is hung up" {
	config_args --set '.process.terminal = true' \
		sh -c 'trap "exit 9" HUP; echo ready; while :; do sleep 1000 & wait; done'
	in_terminal -w ready -h -- "$CORC" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 9 ]
	expect_nothing_left
	config_args --set '.process.terminal = false' pause
	start_bundle "$BUNDLE" "$ID"
	in_terminal -w ready -h -- "$CORC" --root "$ROOT" exec -t "$ID" \
		sh -c 'trap "exit 9" HUP; echo ready; while :; do sleep 1000 & wait; done'
	[ "$status" -eq 9 ]
}

@test "foreground: a process that does not mind the hang-up goes on" {
	config_args --set '.process.terminal = true | .root.readonly = false' \
		sh -c 'trap "" HUP; echo ready; read -r line; echo more; touch /tmp/end; exit 4'
	in_terminal -w ready -h -- "$CORC" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 4 ]
	[ -e "$ROOTFS/tmp/end" ]
}
