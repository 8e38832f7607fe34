#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# --log, --log-format and --debug: what clients read when a command failed.

load helpers

TIME='[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})'

@test "log: text, one line, and the bare text on stderr" {
	fails 1 "container does not exist" --log log state "$ID"
	[ "$(wc -l <log)" -eq 1 ]
	[[ "$(<log)" =~ ^time=\"$TIME\"\ level=error\ msg=\".*container\ does\ not\ exist\"$ ]]
	[[ "$stderr" != *level=* ]]
	[ "$(wc -l <stderr)" -eq 1 ]
}

@test "log: JSON, one object a line" {
	fails 1 "container does not exist" --log log --log-format json state "$ID"
	[ "$(wc -l <log)" -eq 1 ]
	[ "$(jq -r 'keys | join(" ")' log)" = "level msg time" ]
	[ "$(jq -r .level log)" = error ]
	[[ "$(jq -r .msg log)" == *"container does not exist" ]]
	[[ "$(jq -r .time log)" =~ ^$TIME$ ]]
}

@test "log: JSON on stderr without a file" {
	fails 1 "container does not exist" --log-format json state "$ID"
	[ "$(wc -l <stderr)" -eq 1 ]
	[ "$(jq -r .level stderr)" = error ]
}

@test "log: the last error line is what failed" {
	config_args no-such-program
	fails 1 'executable file not found in $PATH' \
		--log log --log-format json create --bundle "$BUNDLE" "$ID"
	[[ "$(jq -rs 'map(select(.level == "error")) | last | .msg' log)" == \
		*'"no-such-program": executable file not found in $PATH'* ]]
}

@test "log: is appended to" {
	echo before >log
	fails 1 "container does not exist" --log log state "$ID"
	fails 1 "container does not exist" --log log state "$ID"
	[ "$(wc -l <log)" -eq 3 ]
	[ "$(head -n 1 log)" = before ]
}

@test "log: nothing is written on success" {
	succeeds --log log --log-format json run --bundle "$BUNDLE" "$ID"
	[ ! -s log ] || [ "$(jq -r 'select(.level == "error")' log)" = "" ]
	[ -z "$stderr" ]
}

@test "log: is there before anything else can fail" {
	corc_only "reports wrong usage on stderr alone"
	corc --log log1 --log-format json frobnicate
	grep -q frobnicate log1
	corc --log log2 state --no-such-option "$ID"
	grep -q no-such-option log2
	corc --log log3 --no-such-option state "$ID"
	grep -q no-such-option log3
	corc --no-such-option --log log4 state "$ID"
	grep -q no-such-option log4
	corc --log log5 state
	grep -q argument log5
	corc --log log6 create --bundle "$PWD/nowhere" "$ID"
	grep -q "no such file or directory" log6
	corc --log log7 --log-format json --cgroup-manager other list
	[ "$(jq -r .level log7)" = error ]
}

@test "log: a file that cannot be made" {
	fails 1 "no such file or directory" --log nowhere/log state "$ID"
	fails 1 "is a directory" --log "$PWD" state "$ID"
}

@test "log: quotes, newlines and bytes that are no UTF-8 in a message" {
	corc --log log --log-format json state $'a"b\\c\nd\xffe'
	[ "$status" -eq 1 ]
	[ "$(wc -l <log)" -eq 1 ]
	jq -e .msg log >/dev/null
	corc --log log.txt state $'a"b\\c\nd\xffe'
	[ "$(wc -l <log.txt)" -eq 1 ]
}

@test "log: several errors of a file are one record in JSON" {
	corc_only "reports the first error alone"
	config_set '.hostname = 1 | .process.cwd = 2'
	corc --log log --log-format json create --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 1 ]
	[ "$(wc -l <log)" -eq 1 ]
	[[ "$(jq -r .msg log)" == *hostname*process.cwd* || "$(jq -r .msg log)" == *process.cwd*hostname* ]]
}

@test "log --debug: more than without" {
	succeeds --debug --log log --log-format json run --bundle "$BUNDLE" "$ID"
	[ "$(jq -r 'select(.level == "debug") | .level' log | sort -u)" = debug ]
	[ "$(jq -r 'select(.level == "error")' log)" = "" ]
}

@test "log: the exit code is right when stderr is full" {
	status=0
	"$CORC" --root "$ROOT" --log log state "$ID" 2>/dev/full 3>&- || status=$?
	[ "$status" -eq 1 ]
	grep -q "container does not exist" log
}

@test "log: output that cannot be written is an error" {
	corc_only "does not notice"
	create_container
	STDOUT=/dev/full fails 1 "no space left on device" state "$ID"
	STDOUT=/dev/full fails 1 "no space left on device" list
	STDOUT=/dev/full fails 1 "no space left on device" features
}

@test "log: file: is a path" {
	fails 1 "container does not exist" --log file:log --log-format json state "$ID"
	[ "$(jq -r .level log)" = error ]
	[ ! -e "file:log" ]
}

# with_service SOCKET CORC ARGUMENTS...: corc where a log service listens at SOCKET, in a mount
# namespace of its own; what it is told goes to `told`.
with_service() {
	corc_only "has no log services"
	local socket=$1
	shift
	: >told
	status=0
	# shellcheck disable=SC2016
	unshare --mount --propagation private sh -c '
		mount -t tmpfs none /run
		mount -t tmpfs none /dev
		mknod -m 666 /dev/null c 1 3
		mkdir -p "$(dirname "$1")"
		manager=$("$0" -o told "$1")
		shift
		"$@"
		status=$?
		kill -TERM "$manager"
		"${0%/*}/await-exit" "$manager"
		exit "$status"' "$PROGRAMS/manager" "$socket" "$CORC" --root "$ROOT" "$@" \
		>stdout 2>stderr 3>&- || status=$?
	output=$(<stdout)
	stderr=$(<stderr)
}

@test "log: journald" {
	with_service /run/systemd/journal/socket --log journald:web state "$ID"
	[ "$status" -eq 1 ]
	[[ "$(tr -d '\0' <told)" == \
		PRIORITY=3\|ID\|*web\|MESSAGE\|*"corc state $ID: container does not exist|" ]]
	[[ "$stderr" == "corc state $ID: container does not exist" ]]
}

@test "log: syslog" {
	with_service /dev/log --log syslog:web --log-format json state "$ID"
	[ "$status" -eq 1 ]
	[[ "$(<told)" =~ ^\<11\>[A-Z][a-z]{2}\ [\ 0-9][0-9]\ [0-9:]{8}\ web\[[0-9]+\]:\ corc\ state\ .*exist$ ]]
}

@test "log: a service that is not there" {
	corc_only "has no log services"
	[ ! -S /run/systemd/journal/socket ] || skip "this machine has a journal"
	fails 1 "log to journald:web: /run/systemd/journal/socket: no such file" \
		--log journald:web state "$ID"
}

@test "log-level: the least important that is written" {
	corc_only "has no --log-level"
	succeeds --log log --log-level debug run --bundle "$BUNDLE" "$ID"
	grep -q level=debug log
	succeeds --log quiet --log-level error run --bundle "$BUNDLE" "$ID"
	[ ! -s quiet ]
	fails 1 "invalid log-level: loud" --log-level loud list
}
