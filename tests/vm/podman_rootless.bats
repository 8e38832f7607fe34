#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Podman of an ordinary user, with cgroups that systemd has delegated to the user. CGROUP_MANAGER is
# cgroupfs or systemd, default: what Podman takes by itself, which is the user's systemd.
# bats file_tags=vm
#
# What the container's shell is to expand is in single quotes.
# shellcheck disable=SC2016

load clients

USER_ID=1000
RUNTIME_DIR=/run/user/$USER_ID
USER_GROUP=/sys/fs/cgroup/user.slice/user-$USER_ID.slice/user@$USER_ID.service
AS_USER=(runuser -u user -- env -i HOME=/home/user USER=user PATH=/usr/bin:/bin LC_ALL=C.UTF-8
	XDG_RUNTIME_DIR="$RUNTIME_DIR" DBUS_SESSION_BUS_ADDRESS="unix:path=$RUNTIME_DIR/bus")

setup_file() {
	loginctl enable-linger user
	until [ -S "$RUNTIME_DIR/bus" ]; do sleep 0.2; done
	cd /home/user || return
	tar -C "$CORC_TEST_TMP/rootfs" -c . | "${AS_USER[@]}" podman import - "$IMAGE"
}

teardown_file() {
	loginctl disable-linger user
	systemctl stop "user@$USER_ID.service"
}

setup() {
	name_container
	# The user's own directory for volumes.
	HERE=/home/user/$ID
	install -d -o user -g user "$HERE"
	cd "$HERE" || return
	PODMAN=("${AS_USER[@]}" podman --runtime "$CORC")
	[ -z "${CGROUP_MANAGER:-}" ] || PODMAN+=(--cgroup-manager "$CGROUP_MANAGER")
	RUN=("${PODMAN[@]}" run --rm --network none)
	START=("${PODMAN[@]}" run --detach --network none --name "$ID")
}

teardown() {
	local result=0 left
	"${PODMAN[@]}" pod rm --all --force --time 0 >/dev/null 2>&1 || :
	"${PODMAN[@]}" rm --all --force --time 0 >/dev/null || result=1
	"${PODMAN[@]}" volume rm --all --force >/dev/null || result=1
	left=$("${AS_USER[@]}" "$CORC" list --quiet)
	[ -z "$left" ] || fail "containers left: $left" || result=1
	left=$(find "$USER_GROUP" -type d -name 'libpod-*' -not -name 'libpod-conmon-*' -not -name 'libpod_parent')
	[ -z "$left" ] || fail "cgroups left: $left" || result=1
	cd / && rm -rf "$HERE"
	return "$result"
}

inspect() { # FORMAT
	"${PODMAN[@]}" inspect --format "$1" "$ID"
}

# The container's cgroup, as the host has it.
find_group() {
	GROUP=/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$(inspect '{{.State.Pid}}')/cgroup")
}

@test "podman rootless: output, exit codes and texts of run" {
	prints hello "${RUN[@]}" "$IMAGE" echo hello
	ends 3 '^oops$' "${RUN[@]}" "$IMAGE" sh -c 'echo oops >&2; exit 3'
	ends 126 'permission denied|Permission denied' "${RUN[@]}" "$IMAGE" /etc/passwd
	ends 127 '(not found|No such file).*OCI runtime attempted to invoke a command that was not found' \
		"${RUN[@]}" "$IMAGE" no-such-program
	prints $'0\n0 1000 1\n1 100000 65536' "${RUN[@]}" "$IMAGE" \
		sh -c 'id -u; awk "{ print \$1, \$2, \$3 }" /proc/self/uid_map'
	prints 7 "${RUN[@]}" --user 7:7 "$IMAGE" id -u
}

@test "podman rootless: a detached container, from its start to its end" {
	does "${START[@]}" "$IMAGE" sh -c 'trap "echo bye; exit 5" TERM; echo ready; while :; do sleep 0.1; done'
	[ "$(inspect '{{.State.Status}} {{.OCIRuntime}}')" = "running $CORC" ]
	prints 'one two' "${PODMAN[@]}" exec --env A=two "$ID" sh -c 'echo one $A'
	ends 7 '' "${PODMAN[@]}" exec "$ID" sh -c 'exit 7'
	ends 127 'not found|No such file' "${PODMAN[@]}" exec "$ID" no-such-program
	does "${PODMAN[@]}" pause "$ID"
	[ "$(inspect '{{.State.Status}}')" = paused ]
	does "${PODMAN[@]}" unpause "$ID"
	does "${PODMAN[@]}" stop --time 60 "$ID"
	[ "$(inspect '{{.State.Status}} {{.State.ExitCode}}')" = 'exited 5' ]
	prints $'ready\nbye' "${PODMAN[@]}" logs "$ID"
	does "${PODMAN[@]}" start "$ID"
	does "${PODMAN[@]}" kill --signal KILL "$ID"
	prints 137 "${PODMAN[@]}" wait "$ID"
	does "${PODMAN[@]}" rm "$ID"
}

# bats test_tags=driver
@test "podman rootless: limits by delegation, in the user's systemd" {
	local files='cd /sys/fs/cgroup; cat memory.max memory.swap.max cpu.max pids.max' unit
	does "${START[@]}" --memory 64m --memory-swap 96m --cpus 0.5 --pids-limit 50 "$IMAGE" pause
	prints $'67108864\n33554432\n50000 100000\n50' "${PODMAN[@]}" exec "$ID" sh -c "$files"
	find_group
	[[ "$GROUP" == "$USER_GROUP"/* ]] || fail "the container is in $GROUP"
	if [ "${CGROUP_MANAGER:-systemd}" = systemd ]; then
		unit=$(grep -oE 'libpod-[0-9a-f]+\.scope' <<<"$GROUP")
		prints $'67108864\n50' "${AS_USER[@]}" systemctl --user show --value -p MemoryMax -p TasksMax "$unit"
		does "${AS_USER[@]}" systemctl --user daemon-reload
		prints $'67108864\n33554432\n50000 100000\n50' "${PODMAN[@]}" exec "$ID" sh -c "$files"
	fi
	does "${PODMAN[@]}" update --memory 80m --memory-swap 80m --pids-limit 60 "$ID"
	prints $'83886080\n0\n50000 100000\n60' "${PODMAN[@]}" exec "$ID" sh -c "$files"
	does "${PODMAN[@]}" stats --no-stream --format '{{.PIDs}} {{.MemUsage}}' "$ID"
	expect_line '1 .* / 83.89MB'
	ends 137 '' "${RUN[@]}" --memory 16m --memory-swap 16m "$IMAGE" sh -c 'exec dd if=/dev/zero of=/dev/null bs=64M'
}

@test "podman rootless: keep-id, volumes, file systems" {
	echo seen >file
	does "${RUN[@]}" --userns keep-id --read-only -v "$PWD:/here" -v "$PWD:/ro:ro" \
		--mount type=volume,destination=/named --tmpfs /scratch:size=1m "$IMAGE" sh -c '
			id -u; id -g; touch /here/mine && stat -c %u /here/mine
			cat /ro/file; touch /ro/new 2>/dev/null || echo volume is read-only
			touch /new 2>/dev/null || echo root is read-only
			touch /named/file /scratch/file && echo named; df -k /scratch | awk "NR == 2 { print \$2 }"'
	expect_output "$(printf '%s\n' 1000 1000 1000 seen 'volume is read-only' 'root is read-only' named 1024)"
	[ "$(stat -c %u mine)" = "$USER_ID" ]
	# Without it the user is root inside, and others are of the range.
	does "${RUN[@]}" -v "$PWD:/here" "$IMAGE" sh -c 'stat -c %u /here/mine; touch /here/other; chown 5 /here/other'
	expect_output 0
	[ "$(stat -c %u other)" = 100004 ]
}

@test "podman rootless: terminals of run and exec" {
	client "$PROGRAMS/in-terminal" "${RUN[@]}" -it "$IMAGE" sh -c 'tty; exit 4'
	[ "$status" -eq 4 ] || fail "expected exit status 4"
	expect_line $'/dev/pts/0\r?'
	does "${START[@]}" --tty "$IMAGE" pause
	client "$PROGRAMS/in-terminal" -s 33x99 "${PODMAN[@]}" exec -it "$ID" sh -c 'tty; stty size; exit 6'
	[ "$status" -eq 6 ] || fail "expected exit status 6"
	expect_line $'33 99\r?'
}

@test "podman rootless: a pod shares namespaces, with an infra container" {
	local show='hostname; for i in net ipc uts user; do readlink /proc/self/ns/$i; done' theirs
	does "${PODMAN[@]}" pod create --name "$ID-pod" --network none --share net,ipc,uts
	does "${PODMAN[@]}" run --detach --pod "$ID-pod" --name "$ID" "$IMAGE" pause
	does "${PODMAN[@]}" run --rm --pod "$ID-pod" "$IMAGE" sh -c "$show"
	theirs=$output
	prints "$theirs" "${PODMAN[@]}" exec "$ID" sh -c "$show"
	expect_line "$ID-pod"
	does "${PODMAN[@]}" pod stop --time 0 "$ID-pod"
	[ "$(inspect '{{.State.Status}}')" = exited ]
	does "${PODMAN[@]}" pod rm "$ID-pod"
}

# bats test_tags=long
@test "podman rootless: capabilities, seccomp, names, a network by pasta" {
	prints $'CapEff:\t0000000000000400\nNoNewPrivs:\t1\nSeccomp:\t2' "${RUN[@]}" --cap-drop all \
		--cap-add net_bind_service --security-opt no-new-privileges "$IMAGE" \
		grep -E '^(CapEff|NoNewPrivs|Seccomp):' /proc/self/status
	prints $'guest\n/tmp\n100' "${RUN[@]}" --hostname guest --workdir /tmp --ulimit nofile=100:200 "$IMAGE" \
		sh -c 'hostname; pwd; ulimit -n'
	does "${PODMAN[@]}" run --rm "$IMAGE" ip link
	expect_line '[0-9]+: lo: .*'
}
