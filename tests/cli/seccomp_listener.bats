#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# SCMP_ACT_NOTIFY: the listener of the filter goes to an agent, in run, create and exec.

load helpers

setup() {
	setup_test
	[ "$(uname -m)" = x86_64 ] || skip "the profiles here are for x86_64"
	SOCKET=$BATS_TEST_TMPDIR/agent
}

# notify_on NAMES [MEMBERS]: a profile that asks the agent about these calls.
notify_on() {
	config_set --arg path "$SOCKET" ".linux.seccomp = ({defaultAction: \"SCMP_ACT_ALLOW\",
		architectures: [\"SCMP_ARCH_X86_64\"], listenerPath: \$path,
		syscalls: [{names: [$1], action: \"SCMP_ACT_NOTIFY\"}]} + ${2:-{\}})"
}

# start_agent [OPTION...]: its pid is $AGENT, its states are read with next_state.
start_agent() {
	mkfifo "$BATS_TEST_TMPDIR/states"
	exec 6<>"$BATS_TEST_TMPDIR/states"
	AGENT=$("$PROGRAMS/seccomp-agent" "$@" -s "$BATS_TEST_TMPDIR/states" \
		-c "$BATS_TEST_TMPDIR/calls" "$SOCKET" 6>&- 7>&-)
}

# The agent ends when nobody is left who could ask.
end_agent() {
	exec 6>&-
	await_exit "$AGENT"
}

next_state() {
	read -r -t 60 -u 6 STATE || fail "the agent got nothing"
}

expect_state() {
	[ "$(jq -r "$1" <<<"$STATE")" = "$2" ] || fail "expected $1 to be $2: $STATE"
}

# How often the agent was asked about a call.
asked() {
	grep -cx "$1" "$BATS_TEST_TMPDIR/calls" || true
}

@test "seccomp listener: the agent answers, with noNewPrivileges and without" {
	local privileges
	notify_on '"personality"' '{listenerMetadata: "a \"b\" c"}'
	config_set '.annotations = {one: "1"}'
	for privileges in true false; do
		start_agent
		run_in --set ".process.noNewPrivileges = $privileges" try getppid personality getppid
		expect_output "getppid ok
personality ENOSYS
getppid ok"
		next_state
		expect_state .ociVersion 1.3.0
		expect_state '.fds | join(",")' seccompFd
		expect_state .metadata 'a "b" c'
		expect_state .state.ociVersion 1.3.0
		expect_state .state.id "$ID"
		expect_state .state.status creating
		expect_state .state.bundle "$BUNDLE"
		expect_state .state.annotations.one 1
		expect_state '.pid == .state.pid and .pid > 1' true
		end_agent
		[ "$(asked 135)" = 1 ]
		rm "$SOCKET" "$BATS_TEST_TMPDIR/states"
	done
}

@test "seccomp listener: create, start and exec" {
	local privileges
	notify_on '"personality"'
	for privileges in true false; do
		config_set ".process.noNewPrivileges = $privileges"
		start_agent -n 2
		config_args sh -c 'try personality; pause'
		open_ears
		STDOUT=$BATS_TEST_TMPDIR/ears create_container
		next_state
		expect_state .pid "$PID"
		expect_state .state.status creating
		expect_state 'has("metadata")' false
		expect_state '.state | has("annotations")' false
		succeeds start "$ID"
		hear "personality ENOSYS"
		hear ready
		succeeds exec --pid-file "$BATS_TEST_TMPDIR/exec-pid" "$ID" try personality
		expect_output "personality ENOSYS"
		next_state
		expect_state .pid "$(<"$BATS_TEST_TMPDIR/exec-pid")"
		expect_state .state.pid "$PID"
		expect_state .state.status running
		expect_state .state.id "$ID"
		succeeds delete --force "$ID"
		end_agent
		[ "$(asked 135)" = 2 ]
		rm "$SOCKET" "$BATS_TEST_TMPDIR/states"
	done
}

@test "seccomp listener: no process of the container keeps it" {
	notify_on '"personality"'
	start_agent -n 2
	start_container sh -c 'fds; pause'
	hear "0 /dev/null"
	read -r -t 60 -u 7 line
	[[ "$line" == "1 pipe:"* || "$line" == "1 "*/ears ]] || fail "$line"
	read -r -t 60 -u 7 line
	[[ "$line" == 2* ]] || fail "$line"
	succeeds exec "$ID" fds
	[[ "$output" != *seccomp* ]] || fail "a listener"
	[ "$(wc -l <<<"$output")" -le 3 ]
	# Not the process that waits to be started either.
	! find "/proc/$PID/fd" -lname '*seccomp*' | grep . || fail "a listener"
	succeeds delete --force "$ID"
	end_agent
}

@test "seccomp listener: a created container does not hold it" {
	notify_on '"personality"'
	start_agent
	config_set '.process.noNewPrivileges = true'
	config_args true
	create_container
	next_state
	[ -n "$(find "/proc/$AGENT/fd" -lname '*seccomp*')" ]
	[ -z "$(find "/proc/$PID/fd" -lname '*seccomp*')" ]
	succeeds start "$ID"
	await_exit "$PID"
	end_agent
}

@test "seccomp listener: calls that the runtime itself makes" {
	# What it calls until the agent has the listener is let through, the rest is asked.
	local privileges
	notify_on '"close", "read", "clone", "clone3", "capset", "capget", "execve", "exit_group", "poll",
		"sendmsg", "recvmsg", "prctl", "setsid", "fcntl", "mmap"'
	for privileges in true false; do
		config_set ".process.noNewPrivileges = $privileges"
		start_agent -n 2
		config_args pause
		create_container
		next_state
		expect_state .pid "$PID"
		succeeds start "$ID"
		[ "$(asked 59)" = 1 ]
		succeeds exec "$ID" try getppid
		expect_output "getppid ok"
		next_state
		[ "$(asked 59)" = 2 ]
		succeeds delete --force "$ID"
		end_agent
		rm "$SOCKET" "$BATS_TEST_TMPDIR/states"
	done
}

@test "seccomp listener: a user namespace, a user without privileges" {
	add_user_namespace
	notify_on '"personality"'
	start_agent -n 2
	config_set '.process.user = {uid: 1000, gid: 1000} | .process.capabilities = {}'
	start_container
	next_state
	expect_state .pid "$PID"
	succeeds exec "$ID" try personality
	expect_output "personality ENOSYS"
	succeeds delete --force "$ID"
	end_agent
}

@test "seccomp listener: a pid namespace that others are in" {
	local owner=$BATS_TEST_TMPDIR/owner
	new_bundle "$owner"
	(BUNDLE=$owner && config_set --arg path "/$ID-owner" '.process.args = ["pause"] |
		.linux.cgroupsPath = $path')
	start_bundle "$owner" "$ID-owner"
	hear ready
	notify_on '"personality", "close", "clone", "execve"'
	config_set --arg path "/proc/$PID/ns/pid" \
		'(.linux.namespaces[] | select(.type == "pid")).path = $path'
	start_agent
	config_args try personality
	create_container
	next_state
	expect_state .pid "$PID"
	expect_state .state.status creating
	succeeds start "$ID"
	await_exit "$PID"
	end_agent
	[ "$(asked 135)" = 1 ]
}

@test "seccomp listener: conditions, and flags" {
	notify_on '"getpriority"' '{flags: ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", "SECCOMP_FILTER_FLAG_LOG"],
		syscalls: [{names: ["personality"], action: "SCMP_ACT_NOTIFY",
			args: [{index: 0, value: 8, op: "SCMP_CMP_EQ"}]}]}'
	start_agent
	run_in try personality personality-8
	expect_output "personality ok
personality-8 ENOSYS"
	end_agent
	[ "$(asked 135)" = 1 ]
}

@test "seccomp listener: a path in the bundle" {
	notify_on '"personality"' '{listenerPath: "agent"}'
	SOCKET=$BUNDLE/agent
	start_agent -n 2
	start_container
	cd /
	succeeds exec "$ID" try personality
	expect_output "personality ENOSYS"
	succeeds delete --force "$ID"
	end_agent
}

@test "seccomp listener: the annotation and the variable for it" {
	corc_only "has no run.oci.seccomp.receiver"
	notify_on '"personality"' '{listenerPath: ""}'
	start_agent -n 2
	config_set --arg path "$SOCKET" '.annotations."run.oci.seccomp.receiver" = $path'
	run_in try personality
	expect_output "personality ENOSYS"
	config_set 'del(.annotations)'
	RUN_OCI_SECCOMP_RECEIVER=$SOCKET run_in try personality
	expect_output "personality ENOSYS"
	end_agent
	config_set '.annotations."run.oci.seccomp.receiver" = "agent"'
	fails 1 'the seccomp receiver "agent" is not an absolute path' run --bundle "$BUNDLE" "$ID"
	expect_error 'config\.json:[0-9]+:[0-9]+: annotations.*run\.oci\.seccomp\.receiver'
	expect_nothing_left
}

@test "seccomp listener: nobody is there" {
	notify_on '"personality"'
	config_args true
	fails 1 "$SOCKET: no such file or directory" run --bundle "$BUNDLE" "$ID"
	expect_nothing_left
	fails 1 "$SOCKET: no such file or directory" create --bundle "$BUNDLE" "$ID"
	expect_nothing_left
	# A socket whose owner is gone, and what is no socket.
	start_agent
	kill "$AGENT"
	end_agent
	fails 1 "$SOCKET: connection refused" run --bundle "$BUNDLE" "$ID"
	expect_nothing_left
	rm "$SOCKET"
	: >"$SOCKET"
	fails 1 "$SOCKET: connection refused" run --bundle "$BUNDLE" "$ID"
	expect_nothing_left
}

@test "seccomp listener: nobody is there for exec" {
	notify_on '"personality"'
	start_agent
	start_container
	rm "$SOCKET"
	fails 255 "$SOCKET: no such file or directory" exec "$ID" touch /tmp/executed
	expect_status "$ID" running
	[ ! -e "$ROOTFS/tmp/executed" ]
	succeeds delete --force "$ID"
	end_agent
}

@test "seccomp listener: nobody accepts" {
	corc_only "waits for ever"
	notify_on '"personality"'
	start_agent -d
	read -r -t 60 -u 6 line
	[ "$line" = deaf ]
	config_args true
	fails 1 "$SOCKET: connection timed out" run --bundle "$BUNDLE" "$ID"
	kill "$AGENT"
	end_agent
	expect_nothing_left
}

@test "seccomp listener: what is refused" {
	local expression text
	config_args true
	while IFS='|' read -r -u 8 expression text; do
		notify_on '"personality"'
		config_set ".linux.seccomp |= ($expression)"
		fails 1 "$text" run --bundle "$BUNDLE" "$ID"
		expect_error 'config\.json:[0-9]+:[0-9]+: linux\.seccomp\.'
		expect_nothing_left
	done 8<<-'END'
		del(.listenerPath)|syscalls[0].action: seccomp listenerPath is not set
		.listenerPath = ""|syscalls[0].action: seccomp listenerPath is not set
		.listenerPath = 5|listenerPath: expected a string
		.listenerMetadata = {}|listenerMetadata: expected a string
		del(.listenerPath) + {syscalls: [], listenerMetadata: "x"}|listenerMetadata: listenerMetadata needs a listenerPath
		.defaultAction = "SCMP_ACT_NOTIFY"|defaultAction: SCMP_ACT_NOTIFY cannot be used as default action
		.syscalls[0].names += ["write"]|names[1]: SCMP_ACT_NOTIFY cannot be used for the write syscall
		.syscalls[0].errnoRet = 3|errnoRet: only SCMP_ACT_ERRNO
	END
}

@test "seccomp listener: a path without a rule that notifies is no listener" {
	notify_on '"personality"' '{syscalls: []}'
	run_in try personality
	expect_output "personality ok"
}
