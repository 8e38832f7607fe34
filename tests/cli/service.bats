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

# --- the notification socket --------------------------------------------------------------------

# manage [OPTIONS] [ADDRESS]: a service manager listens; what it is told goes to `told`.
manage() {
	local address=$PWD/manager.sock options=()
	while [ $# -gt 0 ]; do
		case $1 in
		-*) options+=("$1") ;;
		*) address=$1 ;;
		esac
		shift
	done
	: >told
	MANAGER=$("$PROGRAMS/manager" "${options[@]}" -o told "$address" 3>&- 7>&-)
	export NOTIFY_SOCKET=$address
}

end_manager() {
	{ kill -KILL "$MANAGER" || true; } 2>/dev/null
	await_exit "$MANAGER"
}

teardown() {
	unset NOTIFY_SOCKET
	[ -z "${MANAGER-}" ] || end_manager
	teardown_test
}

# told MAINPID: it was told that the container is ready, and nothing else.
told() {
	printf '%s\n' "READY=1|" "MAINPID=$1|" "BARRIER=1 +1" >expected
	cmp expected told || fail "told: $(<told)"
}

# A container's root that has the place for the socket.
with_run() {
	mkdir -p "$ROOTFS/run/notify"
	config_args "$@"
}

@test "NOTIFY_SOCKET: start waits until the container is ready and hands it on" {
	with_run sh -c 'read -r line; notify "STATUS=starting|READY=1|MAINPID=1"; sleep 1000'
	manage
	mkfifo in
	exec 8<>in
	"$CORC" --root "$ROOT" create --bundle "$BUNDLE" --pid-file pid "$ID" <in >/dev/null 2>&1 3>&-
	"$CORC" --root "$ROOT" start "$ID" >out 2>&1 3>&- 8>&- &
	until [ "$(status_of "$ID")" = running ]; do :; done
	kill -0 $!
	[ ! -s told ]
	echo go >&8
	wait $!
	exec 8>&-
	[ ! -s out ]
	told "$(<pid)"
}

@test "NOTIFY_SOCKET: run --detach" {
	with_run sh -c 'notify READY=1; exec sleep 1000'
	manage
	succeeds run -d --bundle "$BUNDLE" --pid-file pid "$ID" </dev/null
	told "$(<pid)"
	expect_status "$ID" running
}

@test "NOTIFY_SOCKET: in the foreground the process to watch is corc" {
	with_run sh -c 'notify READY=1; exit 5'
	manage
	status=0
	env sh -c 'echo $$ >own; exec "$0" "$@"' "$CORC" --root "$ROOT" run --bundle "$BUNDLE" "$ID" \
		3>&- || status=$?
	[ "$status" -eq 5 ]
	told "$(<own)"
	end_manager
	expect_nothing_left
}

@test "NOTIFY_SOCKET: an abstract address" {
	with_run sh -c 'notify READY=1; exec sleep 1000'
	manage "@$ID"
	succeeds run -d --bundle "$BUNDLE" --pid-file pid "$ID" </dev/null
	told "$(<pid)"
}

@test "NOTIFY_SOCKET: every user of the container can send, whatever the umask" {
	config_set '.process.user = {uid: 1000, gid: 1000}'
	with_run sh -c 'echo $NOTIFY_SOCKET; stat -c %a $NOTIFY_SOCKET; notify READY=1; sleep 1000'
	manage
	open_ears
	umask 077
	STDOUT=ears succeeds run -d --bundle "$BUNDLE" --pid-file pid "$ID" </dev/null
	umask 022
	hear /run/notify/notify.sock
	hear 777
	told "$(<pid)"
}

@test "NOTIFY_SOCKET: in a user namespace" {
	with_run sh -c 'notify READY=1; exec sleep 1000'
	add_user_namespace
	manage
	succeeds run -d --bundle "$BUNDLE" --pid-file pid "$ID" </dev/null
	told "$(<pid)"
}

@test "NOTIFY_SOCKET: nothing else of the container reaches the manager" {
	local noise='notify STATUS=x MAINPID=1 "ERRNO=5|" READY=0 READY=1x xREADY=1 READY= BARRIER=1
		notify -f FDSTORE=1 BARRIER=1
		notify "$(head -c 8000 /dev/zero | tr "\0" x)|READY=1" "|" " READY=1"'
	with_run sh -c "$noise"
	manage
	succeeds run -d --bundle "$BUNDLE" "$ID" </dev/null
	[ ! -s told ]
	succeeds delete --force "$ID"
	with_run sh -c "$noise"'; notify -f "MAINPID=1|READY=1|STOPPING=1"; exec sleep 1000'
	succeeds run -d --bundle "$BUNDLE" --pid-file pid "$ID" </dev/null
	told "$(<pid)"
}

@test "NOTIFY_SOCKET: later messages are refused, not kept" {
	with_run sh -c 'notify READY=1; until ! notify READY=1; do :; done; exec sleep 1000'
	manage
	open_ears
	STDOUT=ears succeeds run -d --bundle "$BUNDLE" --pid-file pid "$ID" </dev/null
	told "$(<pid)"
}

@test "NOTIFY_SOCKET: a container that ends without being ready" {
	with_run true
	manage
	succeeds run -d --bundle "$BUNDLE" --pid-file pid "$ID" </dev/null
	await_exit "$(<pid)"
	succeeds delete "$ID"
	create_container
	succeeds start "$ID"
	[ ! -s told ]
	succeeds delete "$ID"
	run_in true
	[ ! -s told ]
}

@test "NOTIFY_SOCKET: start waits for the manager's answer" {
	with_run sh -c 'notify READY=1; exec sleep 1000'
	manage -k
	create_container
	"$CORC" --root "$ROOT" start "$ID" >out 2>&1 3>&- &
	until grep -q BARRIER told; do kill -0 $!; done
	kill -0 $!
	{ kill -KILL "$MANAGER"; } 2>/dev/null
	wait $!
	told "$PID"
}

@test "NOTIFY_SOCKET: in the foreground signals are passed on while the manager is waited for" {
	with_run sh -c 'notify READY=1; exec pause'
	manage -k
	open_ears
	env --default-signal "$CORC" --root "$ROOT" run --bundle "$BUNDLE" "$ID" >&7 3>&- &
	hear ready
	until grep -q BARRIER told; do kill -0 $!; done
	kill -USR1 $!
	hear SIGUSR1
	{ kill -KILL "$MANAGER"; } 2>/dev/null
	kill -TERM $!
	hear SIGTERM
	status=0
	wait $! || status=$?
	[ "$status" -eq 7 ]
}

@test "NOTIFY_SOCKET: later processes know nothing of it" {
	with_run sh -c 'notify READY=1; exec sleep 1000'
	manage
	succeeds run -d --bundle "$BUNDLE" "$ID" </dev/null
	succeeds exec "$ID" sh -c 'env | grep NOTIFY || echo none'
	expect_output none
}

@test "NOTIFY_SOCKET: a manager that is not there does not stop the container" {
	corc_only "ends with an error of start"
	with_run sh -c 'notify READY=1; exec sleep 1000'
	NOTIFY_SOCKET=$PWD/nowhere succeeds --log log run -d --bundle "$BUNDLE" "$ID" </dev/null
	expect_status "$ID" running
	grep -q 'level=warning.*service manager: no such file' log
}

@test "NOTIFY_SOCKET: a container that was created without it" {
	corc_only "refuses to start it"
	config_args sleep 1000
	create_container
	manage
	succeeds start "$ID"
	[ ! -s told ]
}

@test "NOTIFY_SOCKET: an address that is none" {
	corc_only "does not look"
	NOTIFY_SOCKET=relative fails 1 'notification socket "relative"' run --bundle "$BUNDLE" "$ID"
	NOTIFY_SOCKET=$(printf '/%0200d' 0) fails 1 'notification socket' create --bundle "$BUNDLE" "$ID"
	expect_nothing_left
	config_args echo hello
	NOTIFY_SOCKET='' succeeds run --bundle "$BUNDLE" "$ID"
	expect_output hello
}
