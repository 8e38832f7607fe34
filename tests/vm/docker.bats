#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Docker as a client, configured by the snippet of docs/integration. CGROUP_MANAGER is cgroupfs or
# systemd, default: what Docker takes by itself.
# bats file_tags=vm
#
# What stands in single quotes is for the shell of the container.
# shellcheck disable=SC2016

load clients

RUNTIME=corc
IMAGE=corc-test

# configure_docker [EXPRESSION]: the snippet, with the program under test and what the tests want beside it.
configure_docker() {
	mkdir -p /etc/docker /etc/containerd
	printf '%s\n' 'version = 2' "$PATIENCE" >/etc/containerd/config.toml
	jq --arg path "$CORC" --arg driver "${CGROUP_MANAGER:-}" '
		.runtimes.corc.path = $path | ."live-restore" = true | ."shutdown-timeout" = 1 |
		if $driver == "" then . else ."exec-opts" = ["native.cgroupdriver=" + $driver] end | '"${1:-.}" \
		"$HELPERS/../../docs/integration/docker/daemon.json" >/etc/docker/daemon.json
}

import_image() {
	tar -C "$CORC_TEST_TMP/rootfs" -c . | docker import - "$IMAGE"
}

setup_file() {
	configure_docker
	systemctl start docker
	import_image
}

teardown_file() {
	systemctl stop docker.service docker.socket
}

setup() {
	name_container
	RUN=(docker run --rm --network none)
	START=(docker run --detach --network none --name "$ID")
}

teardown() {
	local result=0 containers
	mapfile -t containers < <(docker ps --all --quiet)
	[ "${#containers[@]}" -eq 0 ] || docker rm --force --volumes "${containers[@]}" >/dev/null || result=1
	expect_no_containers --root "$(state_root)" || result=1
	expect_no_docker_cgroups || result=1
	[ ! -f remapped ] || { configure_docker && systemctl restart docker; } || result=1
	return "$result"
}

# Where Docker lets the runtime keep its containers; those with mapped ids are apart.
state_root() {
	local root=/run/docker/runtime-runc/moby
	if [ -f remapped ]; then
		find /run/docker -maxdepth 3 -type d -path '*/runtime-runc/moby*' ! -path "$root" ! -path "$root/*" | head -n 1
	else
		echo "$root"
	fi
}

expect_no_docker_cgroups() {
	local left
	left=$(find "$CGROUP_MOUNT" -type d \( -path '*/docker/*' -o -name 'docker-*.scope' \))
	[ -z "$left" ] || fail "cgroups left: $left"
}

inspect() { # FORMAT [CONTAINER]
	docker inspect --format "$1" "${2:-$ID}"
}

# expect_inspect FORMAT VALUE
expect_inspect() {
	local found
	found=$(inspect "$1")
	[ "$found" = "$2" ] || fail "$1 is $found, expected $2"
}

# The state as the program itself sees it.
expect_runtime_status() {
	local found
	found=$("$CORC" --root "$(state_root)" state "$(inspect '{{.Id}}')" | jq -r .status)
	[ "$found" = "$1" ] || fail "the runtime says $found, expected $1"
}

# refuses_exec TEXT COMMAND...: Docker 26 says it on stdout, and has one exit code for all reasons.
refuses_exec() {
	local text=$1 said
	shift
	client docker exec "$ID" "$@"
	[ "$status" -eq 126 ] || fail "expected exit status 126"
	said=$(cat "$BATS_TEST_TMPDIR/stdout" "$BATS_TEST_TMPDIR/stderr")
	[[ "$said" =~ $text ]] || fail "expected: $text"
}

# Waits until the container prints this line.
await_log() {
	local line found=no
	while read -r line; do
		[ "$line" != "$1" ] || { found=yes && break; }
	done < <(exec timeout 60 docker logs --follow "$ID" 2>&1 3>&-)
	kill $! || :
	[ "$found" = yes ] || fail "the log never said: $1"
}

# --- the daily part -----------------------------------------------------------------------------

@test "docker: the runtime is that of daemon.json, and the daemon understands what it says" {
	prints "$RUNTIME $CORC" docker info --format '{{.DefaultRuntime}} {{(index .Runtimes "corc").Path}}'
	does docker info
	! grep -i 'warning.*runtime' "$BATS_TEST_TMPDIR/stderr" || fail "Docker warns of the runtime"
	does "${START[@]}" "$IMAGE" pause
	expect_inspect '{{.HostConfig.Runtime}} {{.State.Status}}' "$RUNTIME running"
	expect_runtime_status running
	! journalctl --boot --unit docker --no-pager | grep -iE "($RUNTIME|runtime).*(unknown|fail)" ||
		fail "Docker's log complains"
}

@test "docker: output, exit codes and texts of run" {
	prints hello "${RUN[@]}" "$IMAGE" echo hello
	ends 3 '^oops$' "${RUN[@]}" "$IMAGE" sh -c 'echo oops >&2; exit 3'
	ends 126 'exec: "/etc/passwd": permission denied' "${RUN[@]}" "$IMAGE" /etc/passwd
	ends 126 'exec: "/etc": is a directory' "${RUN[@]}" "$IMAGE" /etc
	ends 127 'exec: "no-such-program": executable file not found in \$PATH' \
		"${RUN[@]}" "$IMAGE" no-such-program
	ends 127 'exec: "/no/such": stat /no/such: no such file or directory' "${RUN[@]}" "$IMAGE" /no/such
	ends 127 'OCI runtime create failed.*net/no_such.*: no such file or directory' \
		"${RUN[@]}" --sysctl net.no_such=1 "$IMAGE" true
	ends 125 'unknown or invalid runtime name' "${RUN[@]}" --runtime no-such "$IMAGE" true
}

# bats test_tags=driver
@test "docker: a detached container, from its start to its end" {
	does "${START[@]}" "$IMAGE" sh -c '
		trap "echo bye; exit 5" TERM; trap "echo user" USR1; echo ready; while :; do sleep 0.1; done'
	await_log ready
	does docker top "$ID" -o pid,args
	expect_line '[0-9]+ +sh -c .*'
	prints 'one two' docker exec --env A=two "$ID" sh -c 'echo one $A'
	ends 7 '^$' docker exec "$ID" sh -c 'exit 7'
	refuses_exec "$(words 'exec: "no-such-program": executable file not found in \$PATH' 'no-such-program. not found')" \
		no-such-program
	refuses_exec "$(words 'exec: "/etc/passwd": permission denied' '/etc/passwd. .*not executable')" /etc/passwd
	prints $'user\n/tmp' docker exec --user user --workdir /tmp "$ID" sh -c 'whoami; pwd'
	does docker exec --detach "$ID" sh -c 'echo written >/tmp/file; mkfifo /tmp/fifo; echo done >/tmp/fifo'
	prints $'done\nwritten' docker exec "$ID" sh -c 'until [ -p /tmp/fifo ]; do :; done; cat /tmp/fifo /tmp/file'
	does docker kill --signal USR1 "$ID"
	await_log user
	does docker stop --time 60 "$ID"
	expect_inspect '{{.State.Status}} {{.State.ExitCode}}' 'exited 5'
	prints $'ready\nuser\nbye' docker logs "$ID"
	does docker start "$ID"
	does docker restart --time 0 "$ID"
	expect_inspect '{{.State.Status}}' running
	does docker kill "$ID"
	prints 137 docker wait "$ID"
	does docker rm "$ID"
}

@test "docker: terminals of run and exec" {
	client script -qec "stty rows 33 cols 99; docker run --rm --network none -it $IMAGE sh -c '
		tty; stty size; exit 4'" /dev/null
	[ "$status" -eq 4 ] || fail "expected exit status 4"
	expect_line $'.*/dev/(console|pts/0)\r*'
	expect_line $'33 99\r*'
	does "${START[@]}" --interactive --tty "$IMAGE" pause
	# Docker sets the size after the start; the container hears of it.
	client script -qec "stty rows 33 cols 99; docker exec -it $ID sh -c '
		until [ \"\$(stty size)\" = \"33 99\" ]; do sleep 0.1; done; tty; exit 6'" /dev/null
	[ "$status" -eq 6 ] || fail "expected exit status 6"
	expect_line $'.*/dev/pts/[0-9]+\r*'
	client docker exec "$ID" tty
	expect_output 'not a tty'
	prints $'crw--w---- 0' docker exec "$ID" stat -c '%A %u' /dev/console
}

# bats test_tags=driver
@test "docker: pause, limits, update and stats" {
	local files='cd /sys/fs/cgroup; cat memory.max memory.swap.max cpu.max cpuset.cpus pids.max'
	does "${START[@]}" --memory 64m --memory-swap 96m --cpus 0.5 --cpuset-cpus 0 --pids-limit 50 "$IMAGE" pause
	prints $'67108864\n33554432\n50000 100000\n0\n50' docker exec "$ID" sh -c "$files"
	does docker update --memory 80m --memory-swap 80m --cpus 1.5 --cpuset-cpus 0-1 --pids-limit 60 "$ID"
	prints $'83886080\n0\n150000 100000\n0-1\n60' docker exec "$ID" sh -c "$files"
	does docker stats --no-stream --format '{{.PIDs}} {{.MemUsage}}' "$ID"
	expect_line '1 .* / 80MiB'
	does docker pause "$ID"
	expect_inspect '{{.State.Status}}' paused
	expect_runtime_status paused
	ends 1 'is paused' docker exec "$ID" true
	does docker unpause "$ID"
	prints going docker exec "$ID" echo going
}

@test "docker: a container that needs more memory than it may have" {
	local since
	since=$(date +%s)
	# It begins when all is watched, and lasts until it has been seen: systemd takes the cgroup away.
	does "${START[@]}" --memory 16m --memory-swap 16m "$IMAGE" sh -c '
		mkfifo /tmp/go; read -r _ </tmp/go; dd if=/dev/zero of=/dev/null bs=64M; code=$?; read -r _ </tmp/go; exit $code'
	does docker exec "$ID" sh -c 'until [ -p /tmp/go ]; do sleep 0.1; done; echo >/tmp/go'
	until [ "$(inspect '{{.State.OOMKilled}}')" = true ]; do sleep 0.2; done
	does docker exec "$ID" sh -c 'echo >/tmp/go'
	prints 137 docker wait "$ID"
	does docker events --since "$since" --until "$(($(date +%s) + 1))" --filter event=oom \
		--filter "container=$ID" --format '{{.Action}}'
	expect_line oom
}

@test "docker: file systems: read-only, tmpfs, volumes, devices, shared memory" {
	mkdir volume
	echo seen >volume/file
	does "${RUN[@]}" --read-only --tmpfs /scratch:size=1m,mode=700 -v "$PWD/volume:/ro:ro" \
		-v "$PWD/volume:/rw" --mount type=volume,destination=/named --device /dev/vda:/dev/disk:r \
		--shm-size 2m "$IMAGE" sh -c '
			touch /here 2>/dev/null || echo root is read-only
			touch /ro/here 2>/dev/null || echo volume is read-only
			cat /ro/file; echo written >/rw/other; touch /named/file && echo named
			df -k /scratch | awk "NR == 2 { print \$2 }"; stat -c %a /scratch
			df -k /dev/shm | awk "NR == 2 { print \$2 }"
			dd if=/dev/disk bs=512 count=1 2>/dev/null | wc -c
			dd if=/dev/zero of=/dev/disk count=0 2>/dev/null || echo device is read-only
			ls /dev/vdb 2>/dev/null || echo no other device'
	expect_output "$(printf '%s\n' 'root is read-only' 'volume is read-only' seen named 1024 700 2048 512 \
		'device is read-only' 'no other device')"
	[ "$(<volume/other)" = written ]
	ends 125 '[Nn]ot a directory' "${RUN[@]}" -v "$PWD/volume/file:/tmp" "$IMAGE" true
}

@test "docker: users, capabilities and no-new-privileges" {
	local show='grep -E "^(CapEff|CapBnd|NoNewPrivs)" /proc/self/status' all
	all=$(sed -n 's/^CapBnd:\t//p' /proc/self/status)
	prints $'CapEff:\t0000000000000400\nCapBnd:\t0000000000000400\nNoNewPrivs:\t1' "${RUN[@]}" \
		--cap-drop ALL --cap-add NET_BIND_SERVICE --security-opt no-new-privileges "$IMAGE" sh -c "$show"
	prints $'CapEff:\t00000000a80425fb\nCapBnd:\t00000000a80425fb\nNoNewPrivs:\t0' "${RUN[@]}" \
		"$IMAGE" sh -c "$show"
	does "${RUN[@]}" --privileged "$IMAGE" sh -c "$show; ls /dev/vda; mkdir /tmp/m; mount -t tmpfs x /tmp/m"
	expect_line "CapEff:.$all"
	expect_line /dev/vda
	prints $'1000 1000 7 1000\nCapEff:\t0000000000000000' "${RUN[@]}" --user user --group-add 7 "$IMAGE" \
		sh -c 'echo $(id -u) $(id -g) $(id -G | tr " " "\n" | grep -v 1000) 1000; grep CapEff /proc/self/status'
	does "${START[@]}" "$IMAGE" pause
	prints "CapEff:"$'\t'"$all" docker exec --privileged "$ID" grep CapEff /proc/self/status
}

@test "docker: seccomp and AppArmor profiles" {
	echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
		{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95}]}' >profile.json
	local show='grep Seccomp: /proc/self/status; cat /proc/self/attr/current'
	prints $'Seccomp:\t2\ndocker-default (enforce)' "${RUN[@]}" "$IMAGE" sh -c "$show"
	ends 1 'not supported' "${RUN[@]}" --security-opt seccomp=profile.json "$IMAGE" mkdir /here
	prints $'Seccomp:\t0\nunconfined' "${RUN[@]}" --security-opt seccomp=unconfined \
		--security-opt apparmor=unconfined "$IMAGE" sh -c "$show"
	# To Docker runc's "no such file or directory" means that there is no such program: 127.
	client "${RUN[@]}" --security-opt apparmor=no-such-profile "$IMAGE" true
	[ "$status" -eq 125 ] || [ "$status" -eq 127 ] || fail "expected exit status 125 or 127"
	expect_error '[aA]pp[aA]rmor'
	does "${START[@]}" --security-opt seccomp=profile.json "$IMAGE" pause
	prints $'Seccomp:\t2\ndocker-default (enforce)' docker exec "$ID" sh -c "$show"
	ends 1 'not supported' docker exec "$ID" mkdir /here
}

@test "docker: --init, shared namespaces, names and kernel parameters" {
	prints $'docker-init\n0' "${RUN[@]}" --init "$IMAGE" sh -c 'cat /proc/1/comm; false || echo 0'
	prints "$(</proc/1/comm)" "${RUN[@]}" --pid host "$IMAGE" cat /proc/1/comm
	prints "$(readlink /proc/self/ns/net)" docker run --rm --network host "$IMAGE" readlink /proc/self/ns/net
	prints "$(hostname)" "${RUN[@]}" --uts host "$IMAGE" hostname
	prints "$(readlink /proc/self/ns/ipc)" "${RUN[@]}" --ipc host "$IMAGE" readlink /proc/self/ns/ipc
	prints $'box\n1000\n77\n33' "${RUN[@]}" --hostname box --sysctl net.ipv4.ip_unprivileged_port_start=1000 \
		--oom-score-adj 77 --ulimit nofile=33:44 "$IMAGE" sh -c '
		hostname; cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/self/oom_score_adj; ulimit -n'
	does "${START[@]}" --hostname first "$IMAGE" pause
	prints $'pause\nfirst' docker run --rm --pid "container:$ID" --network "container:$ID" "$IMAGE" \
		sh -c 'cat /proc/1/comm; hostname'
}

@test "docker: a bridge, and a published port" {
	does docker run --detach --name "$ID" --publish 127.0.0.1:8123:80 "$IMAGE" sh -c '
		echo ready; while :; do echo from the container | nc -l -p 80; done'
	await_log ready
	does timeout 60 bash -c 'until read -r line <>/dev/tcp/127.0.0.1/8123 && [ -n "$line" ]; do :; done; echo "$line"'
	expect_output 'from the container'
	does docker exec "$ID" ip -4 addr show eth0
	expect_line '.*inet 172\.17\..*'
	prints "$(hostname)" docker run --rm --add-host corc-host:host-gateway "$IMAGE" sh -c '
		grep -q corc-host /etc/hosts && ip route | grep -q default && echo '"$(hostname)"
}

@test "docker: restart policies" {
	does "${START[@]}" --restart on-failure:2 "$IMAGE" sh -c 'echo run; exit 9'
	prints 9 docker wait "$ID"
	until [ "$(inspect '{{.State.Status}} {{.RestartCount}}')" = 'exited 2' ]; do sleep 0.2; done
	prints $'run\nrun\nrun' docker logs "$ID"
	does docker rm "$ID"
	does "${START[@]}" --restart always "$IMAGE" sh -c 'echo run; exec pause'
	await_log run
	kill -KILL "$(inspect '{{.State.Pid}}')"
	until [ "$(inspect '{{.State.Status}} {{.RestartCount}}')" = 'running 1' ]; do sleep 0.2; done
	expect_runtime_status running
}

@test "docker: containers outlive the daemon" {
	local pid
	does "${START[@]}" "$IMAGE" sh -c 'trap "exit 5" TERM; echo ready; while :; do sleep 0.1; done'
	await_log ready
	pid=$(inspect '{{.State.Pid}}')
	does systemctl restart docker
	expect_inspect '{{.State.Status}} {{.State.Pid}}' "running $pid"
	prints inside docker exec "$ID" echo inside
	does docker stop --time 60 "$ID"
	expect_inspect '{{.State.ExitCode}}' 5
}

# --- the long part ------------------------------------------------------------------------------

# bats test_tags=long
@test "docker: by the side of runc" {
	does docker run --detach --network none --runtime runc --name "$ID-runc" "$IMAGE" pause
	does "${START[@]}" "$IMAGE" pause
	prints one docker exec "$ID-runc" echo one
	prints two docker exec "$ID" echo two
	does docker rm --force "$ID-runc"
	expect_runtime_status running
}

# bats test_tags=long
@test "docker: health checks" {
	does "${START[@]}" --health-cmd 'test -e /tmp/healthy' --health-interval 1s --health-retries 1 "$IMAGE" pause
	until [ "$(inspect '{{.State.Health.Status}}')" = unhealthy ]; do sleep 0.2; done
	does docker exec "$ID" touch /tmp/healthy
	until [ "$(inspect '{{.State.Health.Status}}')" = healthy ]; do sleep 0.2; done
}

# bats test_tags=long
@test "docker: cp, diff, commit and images that are built" {
	echo content >file
	does "${START[@]}" "$IMAGE" pause
	does docker cp file "$ID:/tmp/file"
	prints content docker exec "$ID" cat /tmp/file
	does docker diff "$ID"
	expect_line 'A /tmp/file'
	does docker commit "$ID" corc-test-committed
	prints content "${RUN[@]}" corc-test-committed cat /tmp/file
	printf '%s\n' "FROM $IMAGE" 'RUN echo built >/built' >Dockerfile
	DOCKER_BUILDKIT=0 does docker build --network none --tag corc-test-built .
	prints built "${RUN[@]}" corc-test-built cat /built
	does docker rmi corc-test-committed corc-test-built
}

# bats test_tags=long
@test "docker: mounts: read-only recursively, propagation, bind options" {
	mkdir -p source/below
	mount -t tmpfs corc-test source/below
	prints 'both' "${RUN[@]}" --mount "type=bind,source=$PWD/source,destination=/m,readonly" "$IMAGE" \
		sh -c '! touch /m/file 2>/dev/null && ! touch /m/below/file 2>/dev/null && echo both'
	prints 'one' "${RUN[@]}" --mount \
		"type=bind,source=$PWD/source,destination=/m,readonly,bind-recursive=writable" "$IMAGE" \
		sh -c '! touch /m/file 2>/dev/null && touch /m/below/file && echo one'
	umount source/below
	prints 'nosuid,nodev,noexec' "${RUN[@]}" --tmpfs /t "$IMAGE" \
		sh -c 'awk "\$5 == \"/t\" { print \$6 }" /proc/self/mountinfo | grep -o nosuid,nodev,noexec'
}

# bats test_tags=long
@test "docker: many starts and execs at once" {
	local i pids=()
	for i in 1 2 3 4 5 6; do
		docker run --rm --network none "$IMAGE" echo "run $i" >"run.$i" 2>&1 3>&- &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i"; done
	[ "$(cat run.* | sort)" = "$(printf 'run %s\n' 1 2 3 4 5 6)" ] || fail "$(cat run.*)"
	does "${START[@]}" "$IMAGE" pause
	pids=()
	for i in 1 2 3 4 5 6; do
		docker exec "$ID" echo "exec $i" >"exec.$i" 2>&1 3>&- &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i"; done
	[ "$(cat exec.* | sort)" = "$(printf 'exec %s\n' 1 2 3 4 5 6)" ] || fail "$(cat exec.*)"
}

# The daemon keeps images and containers of each mapping apart.
# bats test_tags=long
@test "docker: userns-remap, with a bridge, volumes and limits" {
	touch remapped
	configure_docker '."userns-remap" = "user"'
	systemctl restart docker
	import_image >/dev/null
	install -d -o 100000 -g 100000 volume
	does docker run --rm --volume "$PWD/volume:/volume" --tmpfs /scratch --read-only --memory 64m "$IMAGE" sh -c '
		awk "{ print \$1, \$2, \$3 }" /proc/self/uid_map /proc/self/gid_map; id -u; stat -c %u /bin /scratch
		cat /sys/fs/cgroup/memory.max; touch /volume/file; chown 7 /volume/file; ip -4 addr show eth0 | grep -c inet'
	expect_output "$(printf '%s\n' '0 100000 65536' '0 100000 65536' 0 0 0 67108864 1)"
	[ "$(stat -c %u volume/file)" = 100007 ] || fail "the file is of $(stat -c %u volume/file)"
	does "${START[@]}" "$IMAGE" pause
	prints $'0 100000\n0' docker exec "$ID" sh -c 'awk "{ print \$1, \$2 }" /proc/self/uid_map; id -u'
	prints $'1000\n0' docker exec --user user "$ID" sh -c 'id -u; stat -c %u /proc/1'
	expect_runtime_status running
	does docker restart --time 0 "$ID"
	prints '0 0 4294967295' "${RUN[@]}" --userns host "$IMAGE" sh -c 'awk "{ print \$1, \$2, \$3 }" /proc/self/uid_map'
	ends 125 'user namespace' docker run --rm --network host "$IMAGE" true
	does docker rm --force "$ID"
}
