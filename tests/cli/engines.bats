#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What Docker 26 and Podman 5.4 write and call, as recorded in tests/data/engines: their bundles and
# exec processes, in their own calls' order and with their options. Only what names their host is
# another here: paths, the cgroup, the hook's program, the AppArmor profile, limits above the machine's,
# and --systemd-cgroup with the path that goes with it.

load helpers

ENGINES=$BATS_TEST_DIRNAME/../data/engines

# What stands at the source of a bind mount: a directory, or a file that says who put it there.
make_source() { # DESTINATION SOURCE
	case $1 in
	/dev/shm | /mnt) mkdir -p "$2" ;;
	/sbin/docker-init)
		# shellcheck disable=SC2016
		printf '%s\n' '#!/bin/sh' '[ "$1" != -- ] || shift' 'exec "$@"' >"$2"
		chmod 755 "$2"
		;;
	*) echo "of $1" >"$2" ;;
	esac
}

make_sources() {
	local destination source
	mkdir -p sources
	while read -r destination source; do
		make_source "$destination" "$source"
	done < <(jq -r '.mounts[] | select(.type == "bind") | "\(.destination) \(.source)"' \
		"$BUNDLE/config.json")
}

# Says how it was called and what it was told.
make_hook() {
	# shellcheck disable=SC2016
	printf '%s\n' '#!/bin/sh' "exec >>'$PWD/hook'" 'echo "$*"; cat; echo' >hook.sh
	chmod 755 hook.sh
}

# adapt FILE: the recorded configuration for the bundle of this test.
adapt() {
	local name missing=()
	for name in memory cpu pids; do
		[ -n "$(controller "$name")" ] || missing+=("$name")
	done
	# shellcheck disable=SC2016
	jq --arg rootfs "$ROOTFS" --arg id "$ID" --arg here "$PWD" --argjson files "$(ulimit -Hn)" \
		--argjson processes "$(ulimit -Hu | sed 's/unlimited/1048576/')" \
		--argjson missing "$(jq -nc '$ARGS.positional' --args -- "${missing[@]}")" '
		.root.path = $rootfs | .linux.cgroupsPath = "/" + $id |
		del(.process.apparmorProfile) | reduce $missing[] as $name (.; del(.linux.resources[$name])) |
		if .hooks then .hooks.prestart[].path = $here + "/hook.sh" else . end |
		if .process.rlimits then .process.rlimits[] |= (
			{RLIMIT_NOFILE: $files, RLIMIT_NPROC: $processes}[.type] as $most |
			.soft = ([.soft, $most] | min) | .hard = ([.hard, $most] | min)) else . end |
		.mounts |= [to_entries[] | .key as $n | .value |
			if .type == "bind" then .source = "\($here)/sources/\($n)" else . end]' \
		<"$1" >"$BUNDLE/config.json"
	make_sources
	make_hook
	if jq -e .linux.uidMappings "$BUNDLE/config.json" >/dev/null; then
		chown -R "$(jq .linux.uidMappings[0].hostID "$BUNDLE/config.json")" "$ROOTFS" sources
	fi
}

# Somebody takes the terminal that the next call hands over.
receive() {
	RECEIVER=$("$PROGRAMS/recvtty" -o shown console.sock 3>&- 7>&-)
}

shown() {
	await_exit "$RECEIVER"
	tr -d '\r' <shown
}

# The arguments of a recorded call, with the paths of this test.
arguments_of() {
	# shellcheck disable=SC2001
	sed -E -e "s#--systemd-cgroup ?##" \
		-e "s#--root [^ ]+ ##" \
		-e "s#/run/containerd/[^ ]*/moby/ID/ID\.pid#$PWD/exec.pid#g" \
		-e "s#/run/containerd/[^ ]*/moby/ID/init\.pid#$PWD/pid#g" \
		-e "s#/run/containerd/[^ ]*/moby/ID/log\.json#$PWD/log.json#g" \
		-e "s#/run/containerd/[^ ]*/moby/ID#$BUNDLE#g" \
		-e "s#/run/containers/[^ ]*/userdata/pidfile#$PWD/pid#g" \
		-e "s#/var/lib/containers/[^ ]*/userdata/ID/exec_pid#$PWD/exec.pid#g" \
		-e "s#/var/lib/containers/[^ ]*/exec-process-[0-9]+#$PWD/process.json#g" \
		-e "s#/var/lib/containers/[^ ]*/userdata#$BUNDLE#g" \
		-e "s#/tmp/runc-process[0-9]+#$PWD/process.json#g" \
		-e "s#/tmp/pty[0-9]+/pty\.sock|/var/tmp/conmon-term\.[A-Z0-9]+#$PWD/console.sock#g" \
		-e "s#--resources=/[^ ]+#--resources=$PWD/resources.json#" \
		-e "s#(^| )ID\$#\1$ID#; s#(^| )ID #\1$ID #" <<<"$1"
}

# The calls for the nth container, from its create on, one a line.
calls_of() { # ENGINE N
	awk -v n="$2" '/(^| )create( |$)/ { count++ } count == n' "$ENGINES/$1/calls.txt"
}

# Plays the recorded call; what it prints is in $output, what the container prints comes to `hear`.
call() {
	local words
	read -r -a words <<<"$(arguments_of "$1")"
	[[ "$1" != *console-socket* ]] || receive
	case " $1 " in
	*" create "* | *" exec "*)
		STDOUT=$BATS_TEST_TMPDIR/ears succeeds "${words[@]}" </dev/null
		;;
	*" --resources=- "*) succeeds "${words[@]}" <resources.json ;;
	*) succeeds "${words[@]}" ;;
	esac
	case " $1 " in
	*" create "*) PID=$(<pid) ;;
	esac
}

# begin ENGINE N: the bundle, and the calls in $CALLS.
begin() {
	adapt "$ENGINES/$1/config-$2.json"
	mapfile -t CALLS < <(calls_of "$1" "$2")
	[ "${#CALLS[@]}" -ge 3 ]
	open_ears
}

# expect_call WORD: plays the next recorded call, which has to be this one.
expect_call() {
	[[ " ${CALLS[0]} " == *" $1 "* ]] || fail "the recorded call is ${CALLS[0]}, not $1"
	call "${CALLS[0]}"
	CALLS=("${CALLS[@]:1}")
}

expect_no_error_logged() {
	[ ! -e log.json ] || ! grep -q '"level":"error"' log.json || fail "$(<log.json)"
}

expect_end() {
	[ "${#CALLS[@]}" -eq 0 ] || fail "not played: ${CALLS[*]}"
	expect_no_error_logged
	expect_nothing_left
}

# The value of a limit, when the view has the controller.
expect_limit() { # CONTROLLER FILE VALUE
	local directory
	directory=$(controller "$1")
	[ -n "$directory" ] || return 0
	[ "$(<"$directory/$ID/$2")" = "$3" ] || fail "$2 is $(<"$directory/$ID/$2"), not $3"
}

capabilities_of() { # PID SET
	sed -n "s/^$2:\t//p" "/proc/$1/status"
}

@test "engines: features, as Docker asks" {
	local words
	read -r -a words <<<"$(arguments_of "$(head -n 1 "$ENGINES/docker/calls.txt")")"
	succeeds "${words[@]}"
	jq -e '.linux.namespaces | length == 8' <<<"$output" >/dev/null
}

@test "engines: docker run echo" {
	begin docker 1
	expect_call create
	# The hook has done its work before the container is there.
	[ "$(head -n 1 hook)" = "$(jq -r '.hooks.prestart[0].args[1:] | join(" ")' \
		"$BUNDLE/config.json")" ] || fail "$(<hook)"
	[ "$(sed -n 2p hook | jq -r '"\(.id) \(.pid) \(.bundle)"')" = "$ID $PID $BUNDLE" ] || fail "$(<hook)"
	expect_status "$ID" created
	expect_call start
	hear docker-hi
	await_exit "$PID"
	expect_call delete
	expect_call delete
	expect_end
}

@test "engines: docker run, exec, update, pause, ps, kill" {
	begin docker 2
	expect_call create
	expect_call start
	[ "$(capabilities_of "$PID" CapEff)" = 00000000a80425fb ]
	[ "$(sed -n 's/^Seccomp:\t//p' "/proc/$PID/status")" = 2 ]
	[ "$(<"/proc/$PID/oom_score_adj")" = 0 ]
	expect_limit pids pids.max 50
	cp "$ENGINES/docker/exec-process-1.json" process.json
	adapt_process
	expect_call exec
	hear 'uid=0(root) gid=0(root) groups=0(root)'
	[ -s exec.pid ]
	cp "$ENGINES/docker/exec-process-2.json" process.json
	adapt_process
	expect_call exec
	output=$(shown)
	expect_line 'size: 24 80'
	expect_line '/dev/pts/0'
	resources_to_update
	expect_call update
	expect_limit pids pids.max 60
	expect_call pause
	expect_status "$ID" paused
	expect_call resume
	expect_status "$ID" running
	expect_call ps
	[ "$(jq -c . <<<"$output")" = "[$PID]" ]
	expect_call kill
	await_exit "$PID"
	expect_call delete
	expect_call delete
	expect_end
}

adapt_process() {
	jq 'del(.apparmorProfile)' <process.json >process.json.new
	mv process.json.new process.json
}

resources_to_update() {
	if [ -n "$(controller pids)" ]; then
		echo '{"memory": {"limit": 67108864, "swap": 134217728}, "cpu": {}, "blockIO": {}, "pids": {"limit": 60}}'
	else
		echo '{"memory": {}, "cpu": {}, "blockIO": {}, "pids": {}}'
	fi >resources.json
}

@test "engines: docker run --init --tty" {
	begin docker 3
	expect_call create
	expect_call start
	output=$(shown)
	expect_line 'size: 24 80'
	expect_line '/dev/pts/0'
	expect_line '.*lo: .*LOOPBACK.*'
	await_exit "$PID"
	expect_call delete
	expect_call delete
	expect_end
}

@test "engines: podman run echo" {
	begin podman 1
	expect_call create
	expect_call start
	hear podman-hi
	await_exit "$PID"
	expect_call delete
	expect_end
}

@test "engines: podman run as another user, exec, pause, update, kill" {
	echo 'of the image' >"$ROOTFS/tmp/file"
	mkdir -p "$ROOTFS/run" "$ROOTFS/var/tmp" "$ROOTFS/mnt"
	touch "$ROOTFS/etc/hosts" "$ROOTFS/etc/hostname"
	begin podman 2
	expect_call create
	expect_call start
	[ "$(stat -c %u "/proc/$PID")" = 1 ]
	[ "$(<"/proc/$PID/root/tmp/file")" = 'of the image' ]
	[ "$(<"/proc/$PID/root/run/.containerenv")" = 'of /run/.containerenv' ]
	expect_limit pids pids.max 50
	cp "$ENGINES/podman/exec-process-1.json" process.json
	adapt_process
	expect_call exec
	hear 'uid=1 gid=1'
	expect_call pause
	expect_status "$ID" paused
	expect_call resume
	resources_to_update
	expect_call update
	expect_limit pids pids.max 60
	# 10 and 15 do nothing to process 1 that asks for nothing.
	expect_call kill
	expect_call kill
	expect_status "$ID" running
	expect_call kill
	await_exit "$PID"
	expect_call delete
	expect_end
}

@test "engines: podman run --tty" {
	begin podman 3
	expect_call create
	expect_call start
	output=$(shown)
	expect_line '/dev/pts/0'
	expect_line tty-ok
	await_exit "$PID"
	expect_call delete
	expect_end
}

@test "engines: podman run --userns=auto" {
	begin podman 4
	expect_call create
	[ "$(awk '{ print $1, $2, $3 }' "/proc/$PID/uid_map")" = "0 200000 1024" ]
	expect_call start
	hear 'uid=0(root) gid=0(root)'
	await_exit "$PID"
	expect_call delete
	expect_end
}
