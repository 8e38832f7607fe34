#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# exec: further processes in a container.

load helpers

# process_file EXPRESSION ARGUMENTS...: process.json is the container's process, changed.
process_file() {
	local expression=$1
	shift
	jq ".process | $expression | .args = \$ARGS.positional" --args -- "$@" \
		<"$BUNDLE/config.json" >process.json
}

@test "exec: prints what the process prints" {
	start_container
	succeeds exec "$ID" echo hello
	expect_output hello
	[ -z "$stderr" ]
}

@test "exec: stdin, stdout and stderr" {
	start_container
	corc exec "$ID" sh -c 'cat; echo end >&2' <<<input
	[ "$status" -eq 0 ]
	expect_output input
	[ "$stderr" = end ]
}

@test "exec: ends with the exit code of the process" {
	start_container
	corc exec "$ID" sh -c 'exit 7'
	[ "$status" -eq 7 ]
	[ -z "$output$stderr" ]
	corc exec "$ID" false
	[ "$status" -eq 1 ]
}

@test "exec: ends with 128 + the signal that ended the process" {
	start_container
	corc exec "$ID" sh -c 'kill -KILL $$'
	[ "$status" -eq $((128 + 9)) ]
	corc exec "$ID" sh -c 'kill -SEGV $$'
	[ "$status" -eq $((128 + 11)) ]
}

@test "exec: options after the id belong to the command" {
	start_container
	succeeds exec "$ID" echo -d --cwd /tmp -e x
	expect_output "-d --cwd /tmp -e x"
}

@test "exec: a program that is not there" {
	start_container
	fails 255 'exec: "no-such-program": executable file not found in $PATH' \
		exec "$ID" no-such-program
	fails 255 "no such file or directory" exec "$ID" /no/such/program
	fails 255 "no such file or directory" exec "$ID" ./no-such-program
}

@test "exec: a program that cannot be executed" {
	echo text >"$ROOTFS/bin/not-executable"
	start_container
	fails 255 "permission denied" exec "$ID" /bin/not-executable
	fails 255 "not a directory" exec "$ID" /bin/busybox/x
	corc exec "$ID" /etc
	[ "$status" -eq 255 ]
	expect_error 'is a directory|permission denied'
}

@test "exec: a script without its interpreter" {
	printf '#!/bin/bash\r\necho hello\r\n' >"$ROOTFS/bin/script"
	chmod 755 "$ROOTFS/bin/script"
	start_container
	corc exec "$ID" script
	[ "$status" -eq 255 ]
	expect_error 'no such file or directory'
	corc_only "does not look into the file"
	expect_error 'interpreter.*/bin/bash.*Windows line ends'
}

@test "exec: a program of another machine" {
	corc_only "does not look into the file"
	printf '\177ELF\2\1\1' >"$ROOTFS/bin/foreign"
	chmod 755 "$ROOTFS/bin/foreign"
	start_container
	fails 255 "exec format error" exec "$ID" foreign
}

@test "exec: no command" {
	start_container
	corc exec "$ID"
	[ "$status" -ne 0 ]
	[ -n "$stderr" ]
}

@test "exec: a container that is not there" {
	fails 255 "container does not exist" exec "$ID" true
}

@test "exec: a created container" {
	create_container
	succeeds exec "$ID" echo hello
	expect_output hello
	expect_status "$ID" created
	succeeds start "$ID"
	await_exit "$PID"
}

@test "exec: a stopped container" {
	create_container
	succeeds start "$ID"
	await_exit "$PID"
	fails 255 "cannot exec in a stopped container" exec "$ID" true
}

@test "exec: a paused container, in cgroup v2" {
	needs_cgroup_v2
	start_container
	echo 1 >"$CGROUP_MOUNT/$ID/cgroup.freeze"
	fails 255 "cannot exec in a paused container" exec "$ID" true
	echo 0 >"$CGROUP_MOUNT/$ID/cgroup.freeze"
	succeeds exec "$ID" true
}

@test "exec: a paused container, in cgroup v1" {
	needs_cgroup_v1
	needs_controller freezer
	start_container
	echo FROZEN >"$CONTROLLER/$ID/freezer.state"
	fails 255 "cannot exec in a paused container" exec "$ID" true
	echo THAWED >"$CONTROLLER/$ID/freezer.state"
	succeeds exec "$ID" true
}

@test "exec --ignore-paused: runs when the container goes on" {
	needs_cgroup_v2
	start_container
	echo 1 >"$CGROUP_MOUNT/$ID/cgroup.freeze"
	"$CORC" --root "$ROOT" exec --ignore-paused "$ID" echo hello >out 2>&1 3>&- &
	until [ "$(wc -l <"$CGROUP_MOUNT/$ID/cgroup.procs")" -gt 1 ]; do
		kill -0 $!
	done
	echo 0 >"$CGROUP_MOUNT/$ID/cgroup.freeze"
	wait $!
	[ "$(<out)" = hello ]
}

@test "exec: environment, working directory and identity are the container's" {
	config_set '.process.env += ["A=1", "HOME=/tmp"] | .process.cwd = "/usr/bin" |
		.process.user = {uid: 1000, gid: 100, additionalGids: [7, 8]}'
	start_container
	succeeds exec "$ID" sh -c 'echo "$A $HOME $PWD $(id -u) $(id -g) $(id -G)"'
	expect_output "1 /tmp /usr/bin 1000 100 100 7 8"
}

@test "exec --env: adds and replaces" {
	config_set '.process.env += ["A=1", "B=2"]'
	start_container
	succeeds exec -e B=3 -e C=4=5 -e D= "$ID" env
	expect_line A=1
	expect_line B=3
	expect_line C=4=5
	expect_line D=
	expect_no_line B=2
}

@test "exec --env: an entry without =" {
	start_container
	corc exec --env X "$ID" env
	[ "$status" -eq 255 ]
	expect_error 'invalid environment variable'
}

@test "exec --cwd" {
	start_container
	succeeds exec --cwd /usr/bin "$ID" pwd
	expect_output /usr/bin
	fails 255 "no such file or directory" exec --cwd /no/such/directory "$ID" pwd
	fails 255 "not a directory" exec --cwd /bin/busybox "$ID" pwd
	fails 255 "absolute" exec --cwd relative "$ID" pwd
}

@test "exec --user: a number alone keeps the group" {
	config_set '.process.user = {uid: 5, gid: 6}'
	start_container
	succeeds exec -u 1000 "$ID" sh -c 'id -u; id -g'
	expect_output $'1000\n6'
	succeeds exec --user 1000:1001 "$ID" sh -c 'id -u; id -g'
	expect_output $'1000\n1001'
}

@test "exec --user: HOME is that of the user" {
	start_container
	succeeds exec --user 1000 "$ID" sh -c 'echo $HOME'
	expect_output /home/user
	succeeds exec --user 4711 "$ID" sh -c 'echo $HOME'
	expect_output /
	succeeds exec "$ID" sh -c 'echo $HOME'
	expect_output /root
}

@test "exec --additional-gids" {
	start_container
	succeeds exec --additional-gids 100 --additional-gids 101 "$ID" id -G
	expect_output "0 100 101"
}

@test "exec: options of one name in two spellings" {
	corc_only "takes one spelling a call"
	start_container
	succeeds exec -e A=1 --env B=2 -env C=3 --env=D=4 -g 100 --additional-gids=101 "$ID" \
		sh -c 'echo "$A $B $C $D $(id -G)"'
	expect_output "1 2 3 4 0 100 101"
}

@test "exec --cap: is added" {
	start_container
	succeeds exec --cap CAP_SYS_CHROOT --cap CAP_CHOWN "$ID" grep Cap /proc/self/status
	# AUDIT_WRITE (29), KILL (5), NET_BIND_SERVICE (10), SYS_CHROOT (18), CHOWN (0)
	expect_line $'CapInh:\t0000000000000000'
	expect_line $'CapPrm:\t0000000020040421'
	expect_line $'CapEff:\t0000000020040421'
	expect_line $'CapBnd:\t0000000020040421'
	expect_line $'CapAmb:\t0000000000000000'
}

@test "exec: a capability that is not known is left out, which the log tells" {
	start_container
	succeeds --log log exec --cap CAP_NOSUCH "$ID" true
	[[ "$(<log)" == *level=warning*CAP_NOSUCH* ]]
	rm log
	jq '.process | .args = ["true"] | .capabilities.bounding += ["CAP_OTHER"]' "$BUNDLE/config.json" >process
	succeeds --log log exec --process process "$ID"
	[[ "$(<log)" == *level=warning*CAP_OTHER* ]]
	[ "$CORC_TEST_PROGRAM" != corc ] || grep -q 'process:[0-9]*:[0-9]*: capabilities.bounding\[3\]: ' log
}

@test "exec: capabilities are exactly the container's" {
	start_container
	succeeds exec "$ID" grep Cap /proc/self/status
	expect_line $'CapInh:\t0000000000000000'
	expect_line $'CapPrm:\t0000000020000420'
	expect_line $'CapEff:\t0000000020000420'
	expect_line $'CapBnd:\t0000000020000420'
	expect_line $'CapAmb:\t0000000000000000'
}

@test "exec --no-new-privs" {
	config_set '.process.noNewPrivileges = false'
	start_container
	succeeds exec "$ID" grep NoNewPrivs /proc/self/status
	expect_line $'NoNewPrivs:\t0'
	succeeds exec --no-new-privs "$ID" grep NoNewPrivs /proc/self/status
	expect_line $'NoNewPrivs:\t1'
}

@test "exec --detach --pid-file" {
	start_container
	hear ready
	STDOUT=ears succeeds exec --detach --pid-file second "$ID" pause
	[ -z "$stderr" ]
	hear ready
	[[ "$(od -An -c second | tr -d ' \n')" =~ ^[0-9]+$ ]]
	[ "$(tr '\0' ' ' <"/proc/$(<second)/cmdline")" = "pause " ]
}

@test "exec --detach: returns when the process has been executed" {
	corc_only "returns before"
	local i
	start_container
	for i in 1 2 3 4 5; do
		succeeds exec --detach --pid-file "second$i" "$ID" sleep 1000
		[ "$(tr '\0' ' ' <"/proc/$(<"second$i")/cmdline")" = "sleep 1000 " ]
	done
}

@test "exec: a pid file that cannot be written ends the process" {
	start_container
	corc exec --detach --pid-file nowhere/pid "$ID" sleep 4711
	[ "$status" -eq 255 ]
	[ "$(wc -l <"$(find "$CGROUP_MOUNT" -path "*/$ID/cgroup.procs" | head -n 1)")" -eq 1 ]
}

@test "exec: the namespaces and cgroups are those of the container" {
	start_container
	succeeds exec "$ID" sh -c \
		'cd /proc/self/ns && for n in cgroup ipc mnt net pid uts user; do readlink $n; done'
	[ "$output" = "$(cd "/proc/$PID/ns" && readlink cgroup ipc mnt net pid uts user)" ]
	succeeds exec -d --pid-file second "$ID" sleep 1000
	[ "$(<"/proc/$(<second)/cgroup")" = "$(<"/proc/$PID/cgroup")" ]
}

@test "exec: process 1 of the container sees it come and go" {
	start_container
	hear ready
	succeeds exec "$ID" sh -c 'ls -d /proc/[0-9]*; kill -USR1 1'
	hear SIGUSR1
	expect_line /proc/1
	[ "$(wc -l <<<"$output")" -le 3 ]
}

@test "exec --process: everything comes from the file" {
	start_container
	process_file '.cwd = "/usr" | .env = ["PATH=/bin", "A=file"] | .noNewPrivileges = false |
		.user = {uid: 7, gid: 8, additionalGids: [9], umask: 63} |
		.capabilities = {bounding: ["CAP_KILL"]} |
		.rlimits = [{type: "RLIMIT_NOFILE", soft: 70, hard: 80}]' \
		sh -c 'env; id; pwd; umask; ulimit -n; ulimit -Hn; grep -E "Cap|NoNew" /proc/self/status'
	succeeds exec --process process.json "$ID"
	expect_line A=file
	expect_line 'uid=7 gid=8 groups=9'
	expect_line /usr
	expect_line 70
	expect_line 80
	expect_line $'CapBnd:\t0000000000000020'
	expect_line $'CapPrm:\t0000000000000000'
	expect_line $'NoNewPrivs:\t0'
	corc_only "ignores the umask"
	expect_line 0077
}

@test "exec -p: detached, with a pid file" {
	start_container
	hear ready
	process_file . pause
	STDOUT=ears succeeds exec -p process.json -d --pid-file second "$ID"
	hear ready
	[ "$(tr '\0' ' ' <"/proc/$(<second)/cmdline")" = "pause " ]
}

@test "exec --process: a file that is not there, or no JSON" {
	start_container
	fails 255 "no such file or directory" exec --process nowhere.json "$ID"
	echo '{"args": [' >process.json
	corc exec --process process.json "$ID"
	[ "$status" -eq 255 ]
	[ -n "$stderr" ]
}

@test "exec --process: from a pipe" {
	start_container
	jq '.process | .args = ["echo", "piped"]' "$BUNDLE/config.json" >process.json
	succeeds exec --process <(cat process.json) "$ID"
	expect_output piped
	fails 255 "is a directory" exec --process / "$ID"
}

@test "exec --process: errors are told with their position" {
	corc_only "knows no positions"
	start_container
	printf '%s\n' '{' '"args": ["true"],' '"cwd": "tmp",' '"user": {"uid": -1, "gid": 0}' '}' \
		>process.json
	fails 255 "process.json:3:8: " exec --process process.json "$ID"
	expect_error 'process.json:4:17: user\.uid: '
}

@test "exec --preserve-fds: the process has them, and no other" {
	start_container
	echo secret >secret
	exec 8<secret
	succeeds exec "$ID" fds
	"$CORC" --root "$ROOT" exec --preserve-fds 1 "$ID" fds 3<secret >preserved
	exec 8<&-
	[ "$(cut -d ' ' -f 1 <<<"$output" | xargs)" = "0 1 2" ]
	[ "$(cut -d ' ' -f 1 preserved | xargs)" = "0 1 2 3" ]
}

@test "exec: a container in a user namespace" {
	add_user_namespace
	start_container
	succeeds exec "$ID" sh -c 'id -u; cat /proc/self/uid_map; readlink /proc/self/ns/user'
	expect_line 0
	expect_line ' +0 +100000 +65536'
	[ "${output##*$'\n'}" = "$(readlink "/proc/$PID/ns/user")" ]
	succeeds exec -u 1000:1000 "$ID" id -u
	expect_output 1000
	succeeds exec "$ID" grep Cap /proc/self/status
	expect_line $'CapEff:\t0000000020000420'
}

@test "exec: a container in the pid namespace of another" {
	local first
	start_container
	first=$(readlink "/proc/$PID/ns/pid")
	new_bundle second
	jq --arg pid "/proc/$PID/ns/pid" --arg path "/$ID-second" '.process.args = ["pause"] |
		.linux.cgroupsPath = $path |
		.linux.namespaces |= map(if .type == "pid" then .path = $pid else . end)' \
		<"$BUNDLE/config.json" >second/config.json
	start_bundle second "$ID-second"
	succeeds exec "$ID-second" sh -c \
		'tr "\0" "\n" </proc/1/cmdline; readlink /proc/self/ns/pid'
	expect_output "pause"$'\n'"$first"
	corc exec "$ID-second" sh -c 'exit 5'
	[ "$status" -eq 5 ]
}

@test "exec: a container in the caller's pid namespace" {
	config_set 'del(.linux.namespaces[] | select(.type == "pid"))'
	start_container
	succeeds exec "$ID" readlink /proc/self/ns/pid
	expect_output "$(readlink /proc/self/ns/pid)"
	corc exec "$ID" sh -c 'kill -TERM $$'
	[ "$status" -eq $((128 + 15)) ]
}

@test "exec: every namespace of the container is the caller's but mount" {
	config_set '.linux.namespaces = [{type: "mount"}] | del(.hostname) | del(.mounts[] |
		select(.type == "mqueue" or .type == "sysfs"))'
	start_container
	succeeds exec "$ID" sh -c 'echo $(id -u); ls -d /bin/pause'
	expect_output $'0\n/bin/pause'
}

@test "exec: signals sent to it reach the process" {
	start_container
	open_ears
	hear ready
	env --default-signal "$CORC" --root "$ROOT" exec "$ID" pause >&7 3>&- &
	hear ready
	kill -USR2 $!
	hear SIGUSR2
	kill -TERM $!
	hear SIGTERM
	status=0
	wait $! || status=$?
	[ "$status" -eq 7 ]
}

@test "exec: children of the process do not hold it up" {
	start_container
	succeeds exec "$ID" sh -c 'sleep 1000 >/dev/null 2>&1 & echo end'
	expect_output end
}

# bats test_tags=vm
@test "exec: at the pids limit it works or says so" {
	needs_controller pids
	config_set '.linux.resources.pids = {limit: 1}'
	start_container
	corc exec "$ID" true
	if [ "$status" -ne 0 ]; then
		[ "$status" -eq 255 ]
		expect_error 'pids|[Rr]esource temporarily unavailable'
	fi
	expect_status "$ID" running
}

@test "exec: a failed one leaves nothing in the container" {
	start_container
	fails 255 "executable file not found" exec "$ID" no-such-program
	succeeds exec "$ID" sh -c 'ls -d /proc/[0-9]*'
	[ "$(grep -vc '^/proc/1$' <<<"$output")" -le 2 ]
}

@test "exec: a container that dies meanwhile" {
	config_args sleep 0.05
	succeeds run -d --bundle "$BUNDLE" --pid-file pid "$ID" </dev/null
	while [ -d "/proc/$(<pid)" ]; do
		corc exec "$ID" true
		if [ "$status" -ne 0 ] && [ "$status" -ne 137 ]; then
			[ "$status" -eq 255 ]
			corc_only "has no single word for it"
			expect_error 'container not running|cannot exec in a stopped container'
		fi
	done
}
