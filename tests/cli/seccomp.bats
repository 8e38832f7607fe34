#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# seccomp: profiles, with and without noNewPrivileges, in run and exec.

load helpers

setup() {
	setup_test
	[ "$(uname -m)" = x86_64 ] || skip "the profiles here are for x86_64"
}

# profile EXPRESSION: jq for linux.seccomp.
profile() {
	config_set ".linux.seccomp = ({defaultAction: \"SCMP_ACT_ALLOW\",
		architectures: [\"SCMP_ARCH_X86_64\"]} + $1)"
}

deny() {
	profile "{syscalls: [{names: [$1], action: \"SCMP_ACT_ERRNO\" ${2:+, $2}}]}"
}

@test "seccomp: an errno instead of the call" {
	deny '"personality", "mkdir"'
	run_in try personality getppid mkdir
	expect_output "personality EPERM
getppid ok
mkdir EPERM"
}

@test "seccomp: another errno" {
	deny '"personality"' 'errnoRet: 38'
	run_in try personality
	expect_output "personality ENOSYS"
}

@test "seccomp: with noNewPrivileges and without" {
	deny '"personality"'
	run_in --set '.process.noNewPrivileges = true' try personality
	expect_output "personality EPERM"
	run_in --set '.process.noNewPrivileges = false' try personality
	expect_output "personality EPERM"
	run_in grep -E '^(Seccomp|NoNewPrivs):' /proc/self/status
	expect_output $'NoNewPrivs:\t0\nSeccomp:\t2'
}

@test "seccomp: without noNewPrivileges, for a user without capabilities" {
	deny '"personality"'
	config_set '.process.noNewPrivileges = false | .process.capabilities = {} |
		.process.user = {uid: 1000, gid: 1000}'
	run_in try personality
	expect_output "personality EPERM"
	run_in grep -E '^(Cap(Prm|Eff|Bnd)|Seccomp:)' /proc/self/status
	expect_output $'CapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nCapBnd:\t0000000000000000\nSeccomp:\t2'
}

@test "seccomp: kill the process" {
	profile '{syscalls: [{names: ["personality"], action: "SCMP_ACT_KILL_PROCESS"}]}'
	config_args try getppid personality getppid
	corc run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq $((128 + 31)) ]
	expect_output "getppid ok"
}

@test "seccomp: kill the thread, trap" {
	local action
	for action in SCMP_ACT_KILL SCMP_ACT_KILL_THREAD SCMP_ACT_TRAP; do
		profile "{syscalls: [{names: [\"personality\"], action: \"$action\"}]}"
		# Without a pid namespace, because a trap does nothing to its process 1.
		config_args --set 'del(.linux.namespaces[] | select(.type == "pid"))' try personality
		corc run --bundle "$BUNDLE" "$ID"
		[ "$status" -eq $((128 + 31)) ] || fail "$action"
	done
}

@test "seccomp: log lets the call through" {
	profile '{syscalls: [{names: ["personality"], action: "SCMP_ACT_LOG"}]}'
	run_in try personality
	expect_output "personality ok"
}

@test "seccomp: rules for arguments" {
	profile '{syscalls: [{names: ["personality"], action: "SCMP_ACT_ERRNO",
		args: [{index: 0, value: 8, op: "SCMP_CMP_EQ"}]}]}'
	run_in try personality personality-8
	expect_output "personality ok
personality-8 EPERM"
}

@test "seccomp: every operator" {
	local operator expected
	while read -r -u 8 operator value two expected; do
		profile "{syscalls: [{names: [\"personality\"], action: \"SCMP_ACT_ERRNO\",
			args: [{index: 0, value: $value, valueTwo: $two, op: \"SCMP_CMP_$operator\"}]}]}"
		run_in try personality-8
		expect_output "personality-8 $expected"
	done 8<<-'END'
		NE 8 0 ok
		NE 9 0 EPERM
		LT 8 0 ok
		LT 9 0 EPERM
		LE 7 0 ok
		LE 8 0 EPERM
		EQ 9 0 ok
		GE 9 0 ok
		GE 8 0 EPERM
		GT 8 0 ok
		GT 7 0 EPERM
		MASKED_EQ 12 8 EPERM
		MASKED_EQ 12 4 ok
	END
}

@test "seccomp: a list of what is allowed, and nothing else" {
	local calls
	calls='"access", "arch_prctl", "brk", "capget", "capset", "chdir", "close", "close_range",
		"dup2", "dup3", "epoll_ctl", "epoll_pwait", "execve", "exit", "exit_group", "faccessat2",
		"fchdir", "fcntl", "fstat", "fstatfs", "futex", "getcwd", "getdents64", "getpid",
		"getppid", "getuid", "ioctl", "lseek", "mmap", "mprotect", "munmap", "nanosleep",
		"newfstatat", "openat", "openat2", "prctl", "pread64", "prlimit64", "read", "readlinkat",
		"readv", "recvfrom", "restart_syscall", "rseq", "rt_sigaction", "rt_sigprocmask",
		"rt_sigreturn", "seccomp", "sendto", "set_robust_list", "set_tid_address", "setgid",
		"setgroups", "setuid", "setresuid", "setresgid", "statx", "tgkill", "umask", "write",
		"writev", "getrandom", "sched_getaffinity", "sigaltstack", "gettid", "sched_yield", "clone",
		"madvise", "fsync", "uname", "pipe2", "epoll_create1", "eventfd2", "setsid", "poll"'
	profile "{defaultAction: \"SCMP_ACT_ERRNO\", defaultErrnoRet: 1, syscalls: [
		{names: [$calls], action: \"SCMP_ACT_ALLOW\"}]}"
	local privileges
	for privileges in true false; do
		run_in --set ".process.noNewPrivileges = $privileges" try getppid mkdir chmod socket-unix
		expect_output "getppid ok
mkdir EPERM
chmod EPERM
socket-unix EPERM"
	done
}

@test "seccomp: the smallest profile that a program can live with" {
	corc_only "needs far more calls itself after the filter is loaded"
	profile '{defaultAction: "SCMP_ACT_ERRNO", syscalls: [{action: "SCMP_ACT_ALLOW",
		names: ["execve", "arch_prctl", "set_tid_address", "brk", "mmap", "munmap", "ioctl", "writev",
			"write", "getppid", "exit_group", "readv"]}]}'
	run_in --set '.process.noNewPrivileges = true' try getppid personality
	expect_output "getppid ok
personality EPERM"
}

@test "seccomp: calls newer than the profile do not exist" {
	# A deny list knows nothing of them; an allow list answers ENOSYS above its newest call.
	profile '{defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 1, syscalls: [{
		action: "SCMP_ACT_ALLOW", names: ["read", "write", "writev", "readv", "open", "openat", "close",
		"execve", "exit_group", "arch_prctl", "set_tid_address", "brk", "mmap", "munmap", "mprotect",
		"ioctl", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "futex", "getpid", "gettid",
		"tgkill", "fcntl", "fstat", "newfstatat", "prctl", "capget", "capset", "setuid", "setgid",
		"setgroups", "close_range", "openat2", "faccessat2", "epoll_pwait", "epoll_ctl",
		"nanosleep", "sched_yield", "getcwd", "chdir", "pread64", "lseek", "getdents64", "statx",
		"seccomp", "fstatfs", "readlinkat", "madvise", "prlimit64", "exit", "restart_syscall",
		"clone", "sigaltstack", "rseq", "set_robust_list", "dup3", "umask", "setsid", "getppid"]}]}'
	run_in try unknown mkdir
	expect_output "unknown ENOSYS
mkdir EPERM"
}

@test "seccomp: unknown names are passed over" {
	deny '"no_such_call", "personality"'
	run_in try personality
	expect_output "personality EPERM"
}

@test "seccomp: unknown names are an error where the annotation says so" {
	corc_only "has no run.oci.seccomp_fail_unknown_syscall"
	deny '"personality", "no_such_call"'
	run_in true
	config_set '.annotations."run.oci.seccomp_fail_unknown_syscall" = "0"'
	run_in true
	config_set '.annotations."run.oci.seccomp_fail_unknown_syscall" = "1"'
	fails 1 'unknown system call "no_such_call"' run --bundle "$BUNDLE" "$ID"
	expect_error 'config\.json:[0-9]+:[0-9]+: linux\.seccomp\.syscalls\[0\]\.names\[1\]: '
	expect_nothing_left
	deny '"personality"'
	run_in try personality
	expect_output "personality EPERM"
}

@test "seccomp: trace without a tracer, and with an errno" {
	profile '{syscalls: [{names: ["personality"], action: "SCMP_ACT_TRACE", errnoRet: 7}]}'
	run_in try personality getppid
	expect_output "personality ENOSYS
getppid ok"
}

@test "seccomp: defaults that let calls through, and that end the process" {
	profile '{defaultAction: "SCMP_ACT_LOG"}'
	run_in try personality unknown
	expect_output "personality ok
unknown ENOSYS"
	local action
	for action in SCMP_ACT_KILL_PROCESS SCMP_ACT_KILL SCMP_ACT_KILL_THREAD; do
		profile "{defaultAction: \"$action\", syscalls: [{action: \"SCMP_ACT_ALLOW\", names: [\"execve\",
			\"arch_prctl\", \"set_tid_address\", \"brk\", \"mmap\", \"munmap\", \"ioctl\", \"writev\",
			\"write\", \"getppid\", \"exit_group\", \"readv\", \"clone3\"]}]}"
		config_args --set '.process.noNewPrivileges = true' try getppid unknown personality getppid
		corc run --bundle "$BUNDLE" "$ID"
		[ "$status" -eq $((128 + 31)) ] || fail "$action"
		expect_output "getppid ok
unknown ENOSYS"
	done
}

@test "seccomp: what is refused" {
	local expression text
	config_args true
	while IFS='|' read -r -u 8 expression text; do
		deny '"personality"'
		config_set ".linux.seccomp |= ($expression)"
		fails 1 "$text" run --bundle "$BUNDLE" "$ID"
		expect_error 'config\.json:[0-9]+:[0-9]+: linux\.seccomp'
		expect_nothing_left
	done 8<<-'END'
		[]|expected an object
		del(.defaultAction)|required property "defaultAction" is missing
		.defaultAction = "SCMP_ACT_MAYBE"|defaultAction: unknown value "SCMP_ACT_MAYBE"
		.defaultAction = 1|defaultAction: expected a string
		.defaultErrnoRet = 1|only SCMP_ACT_ERRNO and SCMP_ACT_TRACE take an errno
		.architectures = ["SCMP_ARCH_Z80"]|architectures[0]: unknown value "SCMP_ARCH_Z80"
		.architectures = ["SCMP_ARCH_S390X"]|architectures[0]: a filter cannot have the architecture "SCMP_ARCH_S390X" beside the native one
		.architectures = "SCMP_ARCH_X86"|architectures: expected an array
		.flags = ["SECCOMP_FILTER_FLAG_NEW_LISTENER"]|flags[0]: unknown value
		.flags = [1]|flags[0]: expected a string
		.syscalls = {}|syscalls: expected an array
		.syscalls[0].names = []|names: expected the name of a system call
		.syscalls[0].names = [""]|names[0]:
		.syscalls[0].action = "ALLOW"|action: unknown value "ALLOW"
		del(.syscalls[0].action)|required property "action" is missing
		.syscalls[0].errnoRet = 4096|errnoRet: 4096 is above the largest value, 4094
		.syscalls[0].errnoRet = -1|errnoRet:
		.syscalls[0].args = [{index: 6, value: 1, op: "SCMP_CMP_EQ"}]|args[0].index:
		.syscalls[0].args = [{index: 0, value: 18446744073709551616, op: "SCMP_CMP_EQ"}]|args[0].value:
		.syscalls[0].args = [{index: 0, value: -1, op: "SCMP_CMP_EQ"}]|args[0].value:
		.syscalls[0].args = [{index: 0, value: 1, op: "SCMP_CMP_LIKE"}]|args[0].op: unknown value
		.syscalls[0].args = [{index: 0, value: 1}]|required property "op" is missing
	END
}

@test "seccomp: flags" {
	local flags
	for flags in '[]' '["SECCOMP_FILTER_FLAG_LOG"]' \
		'["SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_TSYNC"]'; do
		profile "{flags: $flags, syscalls: [{names: [\"personality\"], action: \"SCMP_ACT_ERRNO\"}]}"
		run_in try personality
		expect_output "personality EPERM"
	done
}

@test "seccomp: several architectures" {
	profile '{architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"], syscalls: [
		{names: ["personality"], action: "SCMP_ACT_ERRNO"}]}'
	run_in try personality getppid
	expect_output "personality EPERM
getppid ok"
}

@test "seccomp: the native architecture is there without being named" {
	profile '{architectures: ["SCMP_ARCH_X86"], syscalls: [{names: ["personality"], action: "SCMP_ACT_ERRNO"}]}'
	run_in try personality
	expect_output "personality EPERM"
}

@test "seccomp: an empty object is no filter" {
	run_in --set '.linux.seccomp = {}' grep Seccomp: /proc/self/status
	expect_output $'Seccomp:\t0'
}

@test "seccomp: exec has the filter too" {
	local privileges
	deny '"personality"'
	for privileges in true false; do
		config_set ".process.noNewPrivileges = $privileges"
		start_container
		succeeds exec "$ID" try personality getppid
		expect_output "personality EPERM
getppid ok"
		succeeds exec -u 1000 "$ID" try personality
		expect_output "personality EPERM"
		succeeds delete --force "$ID"
	done
}

@test "seccomp: exec --process has the container's filter, with its own noNewPrivileges" {
	deny '"personality"'
	config_set '.process.noNewPrivileges = false'
	start_container
	jq '.process | .args = ["try", "personality"] | .noNewPrivileges = true' "$BUNDLE/config.json" \
		>process.json
	succeeds exec -p process.json "$ID"
	expect_output "personality EPERM"
}

@test "seccomp: clone3 answered with ENOSYS" {
	deny '"clone3"' 'errnoRet: 38'
	start_container
	succeeds exec "$ID" try clone3
	expect_output "clone3 ENOSYS"
	succeeds exec "$ID" sh -c 'echo $(echo hello)'
	expect_output hello
}

@test "seccomp: a filter that kills the runtime's last calls is an error, not a hang" {
	profile '{defaultAction: "SCMP_ACT_KILL_PROCESS"}'
	config_args true
	corc run --bundle "$BUNDLE" "$ID"
	[ "$status" -ne 0 ]
	expect_nothing_left
}

@test "seccomp: a profile is compiled once" {
	corc_only "keeps what it compiled in another way"
	local cache=$ROOT/.cache:seccomp file
	deny '"personality"'
	config_args try personality
	succeeds --debug run --bundle "$BUNDLE" "$ID"
	[[ "$stderr" != *"was compiled before"* ]] || fail "there was nothing"
	[ "$(stat -c %a "$cache")" = 700 ]
	file=$(echo "$cache"/*)
	[ "$(stat -c %a "$file")" = 600 ]
	succeeds --debug run --bundle "$BUNDLE" "$ID"
	[[ "$stderr" == *"was compiled before"* ]] || fail "compiled again"
	expect_output "personality EPERM"
	succeeds list --format json
	expect_output null
	# Damaged, and what others could have written, it is passed over.
	printf x | dd of="$file" bs=1 seek=100 conv=notrunc status=none
	succeeds --debug run --bundle "$BUNDLE" "$ID"
	[[ "$stderr" != *"was compiled before"* ]] || fail "a damaged file was used"
	expect_output "personality EPERM"
	chmod 755 "$cache"
	succeeds --debug run --bundle "$BUNDLE" "$ID"
	[[ "$stderr" != *"was compiled before"* ]] || fail "an open folder was used"
	expect_output "personality EPERM"
}

@test "seccomp: a profile that was compiled before, exec, and another profile" {
	local code
	for code in 1 1 38; do
		deny '"personality"' "errnoRet: $code"
		start_container
		succeeds exec "$ID" try personality
		expect_output "personality $([ "$code" = 1 ] && echo EPERM || echo ENOSYS)"
		succeeds delete --force "$ID"
	done
}
