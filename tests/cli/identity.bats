#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The process: user, groups, umask, capabilities, limits, environment, working directory, program.

load helpers

capabilities() {
	run_in "$@" grep -E '^Cap' /proc/self/status
}

expect_capabilities() {
	[ "$(awk '{ print $2 }' <<<"$output" | xargs)" = "$*" ] || fail "expected capabilities $*"
}

@test "user: uid, gid and exactly the additional groups" {
	run_in --set '.process.user = {uid: 1000, gid: 100, additionalGids: [5, 70000, 3]}' \
		grep -E '^(Uid|Gid|Groups):' /proc/self/status
	expect_line $'Uid:\t1000\t1000\t1000\t1000'
	expect_line $'Gid:\t100\t100\t100\t100'
	expect_line $'Groups:\t3 5 70000 '
}

@test "user: no additional groups, though the caller has some" {
	config_args grep '^Groups:' /proc/self/status
	status=0
	output=$(setpriv --groups 7,8,9 "$CORC" --root "$ROOT" run --bundle "$BUNDLE" "$ID" 3>&-)
	expect_output $'Groups:\t '
}

@test "user: the largest id" {
	run_in --set '.process.user = {uid: 4294967294, gid: 4294967294}' \
		grep -E '^(Uid|Gid):' /proc/self/status
	expect_line $'Uid:\t4294967294\t4294967294\t4294967294\t4294967294'
	expect_line $'Gid:\t4294967294\t4294967294\t4294967294\t4294967294'
}

@test "user: the umask, 022 when none is given" {
	umask 077
	run_shell umask
	expect_output 0022
	run_shell --set '.process.user.umask = 7' umask
	expect_output 0007
	run_shell --set '.process.user.umask = 0' umask
	expect_output 0000
}

@test "capabilities: the five sets are as configured" {
	# AUDIT_WRITE 29, KILL 5, NET_BIND_SERVICE 10
	capabilities
	expect_capabilities 0000000000000000 0000000020000420 0000000020000420 0000000020000420 \
		0000000000000000
}

@test "capabilities: all different" {
	capabilities --set '.process.capabilities = {
		bounding: ["CAP_CHOWN", "CAP_KILL", "CAP_SETUID", "CAP_SYS_CHROOT"],
		permitted: ["CAP_CHOWN", "CAP_KILL", "CAP_SETUID"],
		inheritable: ["CAP_CHOWN", "CAP_KILL"],
		effective: ["CAP_SETUID", "CAP_CHOWN"],
		ambient: ["CAP_CHOWN"]} | .process.user.uid = 1000'
	# execve of a user that is not root: permitted and effective are those of the ambient set.
	expect_capabilities 0000000000000021 0000000000000001 0000000000000001 00000000000400a1 \
		0000000000000001
}

@test "capabilities: none" {
	capabilities --set '.process.capabilities = {}'
	expect_capabilities 0000000000000000 0000000000000000 0000000000000000 0000000000000000 \
		0000000000000000
	corc_only "leaves all that it has itself"
	capabilities --set 'del(.process.capabilities)'
	expect_capabilities 0000000000000000 0000000000000000 0000000000000000 0000000000000000 \
		0000000000000000
}

@test "capabilities: of a user that is not root, none is left without ambient" {
	capabilities --set '.process.user = {uid: 1000, gid: 1000}'
	expect_capabilities 0000000000000000 0000000000000000 0000000000000000 0000000020000420 \
		0000000000000000
	capabilities --set '.process.capabilities |= (.inheritable = .permitted |
		.ambient = .permitted)'
	expect_capabilities 0000000020000420 0000000020000420 0000000020000420 0000000020000420 \
		0000000020000420
}

@test "capabilities: an unknown name is passed over" {
	capabilities --set '.process.capabilities |= map_values(. + ["CAP_NO_SUCH_THING"])'
	expect_capabilities 0000000000000000 0000000020000420 0000000020000420 0000000020000420 \
		0000000000000000
}

@test "capabilities: what they are for works, and nothing else" {
	run_in --set '.root.readonly = false | .process.capabilities = {bounding: ["CAP_SYS_CHROOT"],
		permitted: ["CAP_SYS_CHROOT"], effective: ["CAP_SYS_CHROOT"]}' \
		try chroot mknod mount sethostname setuid
	expect_output "chroot ok
mknod EPERM
mount EPERM
sethostname EPERM
setuid EPERM"
}

@test "noNewPrivileges" {
	run_in grep NoNewPrivs /proc/self/status
	expect_output $'NoNewPrivs:\t1'
	run_in --set '.process.noNewPrivileges = false' grep NoNewPrivs /proc/self/status
	expect_output $'NoNewPrivs:\t0'
	run_in --set 'del(.process.noNewPrivileges)' grep NoNewPrivs /proc/self/status
	expect_output $'NoNewPrivs:\t0'
}

@test "rlimits: soft and hard" {
	config_args --set '.process.rlimits = [
		{type: "RLIMIT_NOFILE", soft: 100, hard: 200},
		{type: "RLIMIT_CORE", soft: 0, hard: 0},
		{type: "RLIMIT_STACK", soft: 1048576, hard: 2097152},
		{type: "RLIMIT_NPROC", soft: 50, hard: 60},
		{type: "RLIMIT_CPU", soft: 100, hard: "UNLIMITED"}]' \
		cat /proc/self/limits
	# jq would round the number.
	sed -i 's/"UNLIMITED"/18446744073709551615/' "$BUNDLE/config.json"
	succeeds run --bundle "$BUNDLE" "$ID"
	expect_line 'Max open files +100 +200 +files *'
	expect_line 'Max core file size +0 +0 +bytes *'
	expect_line 'Max stack size +1048576 +2097152 +bytes *'
	expect_line 'Max processes +50 +60 +processes *'
	expect_line 'Max cpu time +100 +unlimited +seconds *'
}

@test "rlimits: those not named are the caller's" {
	(
		ulimit -S -c 0
		run_in grep -E 'core file|open files' /proc/self/limits
		expect_line 'Max core file size +0 +unlimited +bytes *'
		expect_line 'Max open files +1024 +1024 +files *'
	)
}

# bats test_tags=vm
@test "rlimits: raising a hard limit" {
	needs_sys_resource
	(
		ulimit -n 2048
		run_in --set '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 4096, hard: 4096}]' \
			grep 'open files' /proc/self/limits
		expect_line 'Max open files +4096 +4096 +files *'
	)
}

@test "rlimits: one that cannot be had is an error that names it" {
	(
		ulimit -n 2048
		config_set '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 5000000000, hard: 5000000000}]'
		corc run --bundle "$BUNDLE" "$ID"
		[ "$status" -eq 1 ]
		expect_error 'operation not permitted'
		expect_error 'RLIMIT_NOFILE|rlimit'
	)
	expect_nothing_left
}

@test "oomScoreAdj: of the process, and of an exec" {
	config_set '.process.oomScoreAdj = 543'
	start_container
	[ "$(<"/proc/$PID/oom_score_adj")" = 543 ]
	succeeds exec "$ID" cat /proc/self/oom_score_adj
	expect_output 543
	jq '.process | .oomScoreAdj = 654 | .args = ["cat", "/proc/self/oom_score_adj"]' \
		"$BUNDLE/config.json" >process.json
	succeeds exec --process process.json "$ID"
	expect_output 654
	# That of the container, not of whoever runs the exec.
	jq 'del(.oomScoreAdj)' process.json >other.json
	succeeds exec --process other.json "$ID"
	expect_output 543
}

@test "oomScoreAdj: in a user namespace" {
	config_set '.process.oomScoreAdj = 1000'
	add_user_namespace
	start_container cat /proc/self/oom_score_adj
	hear 1000
	await_exit "$PID"
	succeeds delete "$ID"
	start_container
	succeeds exec "$ID" cat /proc/self/oom_score_adj
	expect_output 1000
}

@test "oomScoreAdj: absent, it is the caller's" {
	config_args cat /proc/self/oom_score_adj
	(
		echo 321 >"/proc/$BASHPID/oom_score_adj"
		succeeds run --bundle "$BUNDLE" "$ID"
		expect_output 321
	)
}

@test "oomScoreAdj: lowering it without the privilege is refused" {
	config_set '.process.oomScoreAdj = -1000'
	config_args true
	status=0
	setpriv --bounding-set -sys_resource --inh-caps -sys_resource "$CORC" --root "$ROOT" run \
		--bundle "$BUNDLE" "$ID" 2>stderr 3>&- || status=$?
	stderr=$(<stderr)
	[ "$status" -eq 1 ]
	expect_error 'oom_score_adj'
	expect_error '[Pp]ermission denied'
	corc_only "names no property"
	expect_error 'process\.oomScoreAdj: '
	expect_error CAP_SYS_RESOURCE
	expect_nothing_left
}

# bats test_tags=vm
@test "oomScoreAdj: lowering it" {
	needs_sys_resource
	run_in --set '.process.oomScoreAdj = -998' cat /proc/self/oom_score_adj
	expect_output -998
}

@test "env: is exactly that of the configuration" {
	export CORC_TEST_SECRET=1
	config_set '.process.env = ["PATH=/bin", "A=1", "EMPTY=", "B=x=y z", "A=2"]'
	run_in env
	expect_line A=2
	expect_line EMPTY=
	expect_line 'B=x=y z'
	expect_line PATH=/bin
	expect_line HOME=/root
	expect_no_line A=1
	[[ "$output" != *CORC* ]]
	[ "$(wc -l <<<"$output")" -eq 5 ]
}

@test "env: HOME comes from the container's passwd" {
	run_shell --set '.process.user.uid = 1000' 'echo $HOME'
	expect_output /home/user
	run_shell --set '.process.user.uid = 4711' 'echo $HOME'
	expect_output /
	run_shell --set '.process.env += ["HOME=/given"]' 'echo $HOME'
	expect_output /given
	run_shell --set '.process.env |= map(if startswith("HOME=") then "HOME=" else . end) |
		.process.user.uid = 1000' 'echo $HOME'
	expect_output /home/user
}

@test "env: HOME without a passwd" {
	rm "$ROOTFS/etc/passwd"
	run_shell 'echo $HOME'
	expect_output /
}

@test "env: passwd with strange lines" {
	corc_only "takes a line that ends too early"
	printf '%s\n' '' '#x' 'a:b' '-1000:x:-1000:1::/wrong:' 'x:x:1000' 'long:x:4294968296:1::/wrong:' \
		'user:x:1000:1000:A, B:/right:/bin/sh' 'second:x:1000:1::/wrong:' >"$ROOTFS/etc/passwd"
	run_shell --set '.process.user.uid = 1000' 'echo $HOME'
	expect_output /right
}

@test "cwd: is the working directory" {
	run_in --set '.process.cwd = "/home/user"' pwd
	expect_output /home/user
}

@test "cwd: is made when it is not there" {
	run_in --set '.root.readonly = false | .process.cwd = "/new/deep" | .process.user.uid = 1000' pwd
	expect_output /new/deep
	[ "$(stat -c '%u %a' "$ROOTFS/new/deep")" = "0 755" ]
}

@test "cwd: a link stays in the rootfs" {
	ln -s /home/user "$ROOTFS/link"
	run_in --set '.process.cwd = "/link"' sh -c 'pwd -P'
	expect_output /home/user
}

@test "cwd: one that root alone may enter, for another user" {
	mkdir "$ROOTFS/private"
	chmod 700 "$ROOTFS/private"
	run_in --set '.process.cwd = "/private" | .process.user.uid = 1000' pwd
	expect_output /private
}

@test "cwd: one that the user alone may enter" {
	mkdir "$ROOTFS/private"
	add_user_namespace
	chown 101000:101000 "$ROOTFS/private"
	chmod 700 "$ROOTFS/private"
	run_in --set '.process.cwd = "/private" | .process.user = {uid: 1000, gid: 1000} |
		del(.process.capabilities)' pwd
	expect_output /private
}

@test "cwd: no permission" {
	mkdir "$ROOTFS/private"
	add_user_namespace
	chown 0:0 "$ROOTFS/private"
	chmod 700 "$ROOTFS/private"
	config_args --set '.process.cwd = "/private"' pwd
	fails 1 "permission denied" run --bundle "$BUNDLE" "$ID"
	[[ "$stderr" == */private* ]]
	expect_nothing_left
}

@test "cwd: is no directory" {
	config_args --set '.process.cwd = "/etc/passwd"' pwd
	fails 1 "not a directory" run --bundle "$BUNDLE" "$ID"
	expect_nothing_left
}

@test "args: the program is looked up in the PATH of the configuration" {
	mkdir "$ROOTFS/own"
	printf '#!/bin/sh\necho own "$@"\n' >"$ROOTFS/own/program"
	chmod 755 "$ROOTFS/own/program"
	config_set '.process.env = ["PATH=/nowhere:/own:/bin"]'
	run_in program a "b c" ""
	expect_output "own a b c "
	config_set '.process.env = []'
	config_args program
	fails 1 "executable file not found in \$PATH" run --bundle "$BUNDLE" "$ID"
}

@test "args: a relative path is relative to cwd" {
	run_in --set '.process.cwd = "/bin"' ./echo hello
	expect_output hello
}

@test "args: as they are given" {
	run_in sh -c 'for a; do echo "<$a>"; done' sh '' ' ' '*' $'a\nb' 'ü' '--'
	expect_output $'<>\n< >\n<*>\n<a\nb>\n<ü>\n<-->'
}

@test "process: a session of its own, no controlling terminal" {
	# The session of process 1 and its terminal.
	run_shell 'cut -d " " -f 6,7 </proc/1/stat'
	expect_output "1 0"
}

@test "process: signals are neither blocked nor ignored" {
	config_args grep -E '^Sig(Blk|Ign|Cgt|Pnd)' /proc/self/status
	(
		trap '' USR1 PIPE HUP
		succeeds run --bundle "$BUNDLE" "$ID"
		expect_line $'SigBlk:\t0000000000000000'
		corc_only "hands on ignored signals"
		expect_line $'SigIgn:\t0000000000000000'
	)
}

@test "process: only stdio is open" {
	run_in fds
	[ "$(cut -d ' ' -f 1 <<<"$output" | xargs)" = "0 1 2" ]
}

@test "process: none at all" {
	config_set 'del(.process)'
	fails 1 "process" create --bundle "$BUNDLE" "$ID"
	expect_nothing_left
}
