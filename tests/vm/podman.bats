#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Podman as a client, with the program under test as --runtime. CGROUP_MANAGER is cgroupfs or systemd,
# default: what Podman takes by itself.
# bats file_tags=vm
#
# What the container's shell is to expand is in single quotes.
# shellcheck disable=SC2016

load clients

setup_file() {
	tar -C "$CORC_TEST_TMP/rootfs" -c . | podman import - localhost/corc-test
}

setup() {
	name_container
	PODMAN=(podman --runtime "$CORC")
	[ -z "${CGROUP_MANAGER:-}" ] || PODMAN+=(--cgroup-manager "$CGROUP_MANAGER")
	RUN=("${PODMAN[@]}" run --rm --network none)
	START=("${PODMAN[@]}" run --detach --network none --name "$ID")
}

teardown() {
	local result=0
	"${PODMAN[@]}" pod rm --all --force --time 0 >/dev/null 2>&1 || :
	podman rm --all --force --time 0 >/dev/null || result=1
	expect_no_containers || result=1
	return "$result"
}

inspect() { # FORMAT
	podman inspect --format "$1" "$ID"
}

@test "podman: output, exit codes and texts of run" {
	prints hello "${RUN[@]}" "$IMAGE" echo hello
	ends 3 '^oops$' "${RUN[@]}" "$IMAGE" sh -c 'echo oops >&2; exit 3'
	ends 126 'permission denied|Permission denied' "${RUN[@]}" "$IMAGE" /etc/passwd
	ends 127 '(not found|No such file).*OCI runtime attempted to invoke a command that was not found' \
		"${RUN[@]}" "$IMAGE" no-such-program
	touch file
	ends 125 'unknown flag: --no-such-flag' "${RUN[@]}" --no-such-flag "$IMAGE" true
	ends 126 '[Nn]ot a directory' "${RUN[@]}" -v "$PWD/file:/tmp" "$IMAGE" true
	# The first process of a pid namespace cannot kill itself.
	ends 137 '' "${RUN[@]}" --pid host "$IMAGE" sh -c 'kill -KILL $$; pause'
}

@test "podman: a detached container, from its start to its end" {
	does "${START[@]}" "$IMAGE" sh -c '
		trap "echo bye; exit 5" TERM; trap "echo user" USR1; echo ready; while :; do sleep 0.1; done'
	[ "$(inspect '{{.State.Status}} {{.OCIRuntime}}')" = "running $CORC" ]
	[ "$("$CORC" state "$(inspect '{{.Id}}')" | jq -r .status)" = running ]
	does podman top "$ID" pid args
	expect_line '1 +sh -c .*'
	prints 'one two' podman exec --env A=two "$ID" sh -c 'echo one $A'
	ends 7 '' podman exec "$ID" sh -c 'exit 7'
	ends 127 'not found|No such file' podman exec "$ID" no-such-program
	prints user podman exec --user user "$ID" whoami
	does podman kill --signal USR1 "$ID"
	until podman logs "$ID" | grep -qx user; do sleep 0.2; done
	does podman stop --time 20 "$ID"
	[ "$(inspect '{{.State.Status}} {{.State.ExitCode}}')" = "exited 5" ]
	prints $'ready\nuser\nbye' podman logs "$ID"
	does podman start "$ID"
	[ "$(inspect '{{.State.Status}}')" = running ]
	does podman restart --time 0 "$ID"
	does podman kill --signal TERM "$ID"
	prints 5 podman wait "$ID"
	does podman rm "$ID"
}

@test "podman: terminals of run and exec" {
	client "$PROGRAMS/in-terminal" "${RUN[@]}" -it "$IMAGE" sh -c 'tty; exit 4'
	[ "$status" -eq 4 ] || fail "expected exit status 4"
	expect_line $'/dev/pts/0\r?'
	does "${START[@]}" --tty "$IMAGE" pause
	client "$PROGRAMS/in-terminal" -s 33x99 podman exec -it "$ID" sh -c 'tty; stty size; exit 6'
	[ "$status" -eq 6 ] || fail "expected exit status 6"
	expect_line $'/dev/pts/[0-9]+\r?'
	expect_line $'33 99\r?'
	client podman exec "$ID" tty
	expect_output 'not a tty'
}

@test "podman: pause and unpause" {
	does "${START[@]}" "$IMAGE" pause
	does podman pause "$ID"
	[ "$(inspect '{{.State.Status}}')" = paused ]
	[ "$("$CORC" state "$(inspect '{{.Id}}')" | jq -r .status)" = paused ]
	ends 255 'paus|can only create exec sessions on running' podman exec "$ID" true
	does podman unpause "$ID"
	prints going podman exec "$ID" echo going
}

# bats test_tags=driver
@test "podman: limits at run, by update, and in stats" {
	local files='cd /sys/fs/cgroup; cat memory.max memory.swap.max cpu.max cpu.weight cpuset.cpus pids.max'
	does "${START[@]}" --memory 64m --memory-swap 96m --cpus 0.5 --cpu-shares 512 --cpuset-cpus 0 \
		--pids-limit 50 "$IMAGE" pause
	prints $'67108864\n33554432\n50000 100000\n59\n0\n50' podman exec "$ID" sh -c "$files"
	does podman update --memory 80m --memory-swap 80m --cpus 1.5 --cpuset-cpus 0-1 --pids-limit 60 "$ID"
	prints $'83886080\n0\n150000 100000\n59\n0-1\n60' podman exec "$ID" sh -c "$files"
	does podman stats --no-stream --format '{{.PIDs}} {{.MemUsage}}' "$ID"
	expect_line '1 .* / 83.89MB'
	ends 137 '' "${RUN[@]}" --memory 16m --memory-swap 16m "$IMAGE" sh -c 'exec dd if=/dev/zero of=/dev/null bs=64M'
}

@test "podman: file systems: read-only, tmpfs, volumes, devices" {
	mkdir volume
	echo seen >volume/file
	does "${RUN[@]}" --read-only --tmpfs /scratch:size=1m,mode=700 -v "$PWD/volume:/ro:ro" \
		-v "$PWD/volume:/rw:z" --mount type=volume,destination=/named --device /dev/vdb:/dev/disk:r \
		--shm-size 2m "$IMAGE" sh -c '
			touch /here 2>/dev/null || echo root is read-only
			touch /ro/here 2>/dev/null || echo volume is read-only
			cat /ro/file; echo written >/rw/other; touch /named/file /tmp/file && echo named
			df -k /scratch | awk "NR == 2 { print \$2 }"; stat -c %a /scratch
			df -k /dev/shm | awk "NR == 2 { print \$2 }"
			head -c 512 /dev/disk | wc -c; (: >/dev/disk) 2>/dev/null || echo device is read-only'
	expect_output $'root is read-only\nvolume is read-only\nseen\nnamed\n1024\n700\n2048\n512\ndevice is read-only'
	[ "$(<volume/other)" = written ]
}

@test "podman: user namespaces, with volumes of mapped ids" {
	mkdir volume
	chown 1234:1234 volume
	does "${RUN[@]}" --userns auto "$IMAGE" sh -c 'id -u; cat /proc/self/uid_map'
	expect_line 0
	expect_line ' +0 +1[0-9]{6} +[0-9]+'
	prints $'0 100000 65536\n0' "${RUN[@]}" --uidmap 0:100000:65536 --gidmap 0:100000:65536 "$IMAGE" sh -c \
		'awk "{ print \$1, \$2, \$3 }" /proc/self/gid_map; id -g'
	does "${RUN[@]}" --userns auto:size=2000 -v "$PWD/volume:/volume:idmap" "$IMAGE" \
		sh -c 'stat -c %u /volume; touch /volume/file'
	expect_output 1234
	[ "$(stat -c %u volume/file)" = 0 ]
}

@test "podman: capabilities and no-new-privileges" {
	local show='grep -E "^(CapEff|CapBnd|NoNewPrivs)" /proc/self/status'
	prints $'CapEff:\t0000000000000400\nCapBnd:\t0000000000000400\nNoNewPrivs:\t1' "${RUN[@]}" \
		--cap-drop all --cap-add net_bind_service --security-opt no-new-privileges "$IMAGE" sh -c "$show"
	prints $'CapEff:\t00000000800405fb\nCapBnd:\t00000000800405fb\nNoNewPrivs:\t0' "${RUN[@]}" \
		"$IMAGE" sh -c "$show"
	does "${RUN[@]}" --privileged "$IMAGE" sh -c "$show; ls /dev/vda"
	expect_line $'CapEff:\t000001ffffffffff'
	expect_line /dev/vda
	does "${RUN[@]}" --user user "$IMAGE" sh -c "$show"
	expect_line $'CapEff:\t0000000000000000'
}

@test "podman: seccomp and AppArmor profiles" {
	echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
		{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95}]}' >profile.json
	does "${RUN[@]}" "$IMAGE" sh -c 'grep Seccomp: /proc/self/status; cat /proc/self/attr/current'
	expect_line $'Seccomp:\t2'
	expect_line 'containers-default-[0-9.]+ \(enforce\)'
	ends 1 'not supported' "${RUN[@]}" --security-opt seccomp=profile.json "$IMAGE" mkdir /here
	prints $'Seccomp:\t0\nunconfined' "${RUN[@]}" --security-opt seccomp=unconfined \
		--security-opt apparmor=unconfined "$IMAGE" \
		sh -c 'grep Seccomp: /proc/self/status; cat /proc/self/attr/current'
	printf 'profile %s flags=(attach_disconnected,mediate_deleted) {\n file,\n deny /etc/passwd r,\n}\n' "$ID" |
		apparmor_parser --replace --skip-cache
	client "${RUN[@]}" --security-opt "apparmor=$ID" "$IMAGE" sh -c 'cat /proc/self/attr/current /etc/passwd'
	apparmor_parser --remove <<<"profile $ID { }"
	expect_output "$ID (enforce)"
	expect_error 'Permission denied'
}

@test "podman: namespaces of the host, names, environment, limits of processes" {
	does "${RUN[@]}" --pid host "$IMAGE" sh -c 'cat /proc/1/comm'
	expect_output systemd
	does "${PODMAN[@]}" run --rm --network host --ipc host --uts host --cgroupns host "$IMAGE" \
		sh -c 'for i in net ipc uts cgroup; do readlink /proc/self/ns/$i; done'
	expect_output "$(for i in net ipc uts cgroup; do readlink "/proc/self/ns/$i"; done)"
	prints $'guest\n/tmp\nB=2\n100\n7\n1000:1000' "${RUN[@]}" --hostname guest --workdir /tmp --env B=2 \
		--ulimit nofile=100:200 --sysctl kernel.shmmni=7 --user 1000:1000 "$IMAGE" sh -c \
		'hostname; pwd; env | grep ^B=; ulimit -n; cat /proc/sys/kernel/shmmni; echo $(id -u):$(id -g)'
	does "${START[@]}" --init "$IMAGE" sh -c 'ps -o comm | head -n 2; exec pause'
	does podman exec "$ID" cat /proc/1/comm
	expect_line 'catatonit|podman-init'
}

# bats test_tags=driver
@test "podman: a pod shares namespaces, with an infra container" {
	does "${PODMAN[@]}" pod create --name "$ID-pod" --network none --share net,ipc,uts,pid
	does "${PODMAN[@]}" run --detach --pod "$ID-pod" --name "$ID" "$IMAGE" pause
	does "${PODMAN[@]}" run --rm --pod "$ID-pod" "$IMAGE" sh -c \
		'hostname; for i in net ipc uts pid; do readlink /proc/self/ns/$i; done; cat /proc/1/comm'
	local theirs=$output
	does podman exec "$ID" sh -c 'hostname; for i in net ipc uts pid; do readlink /proc/self/ns/$i; done; cat /proc/1/comm'
	expect_output "$theirs"
	expect_line "$ID-pod"
	expect_line catatonit
	does "${PODMAN[@]}" pod stop --time 0 "$ID-pod"
	[ "$(inspect '{{.State.Status}}')" = exited ]
	does "${PODMAN[@]}" pod rm "$ID-pod"
}

@test "podman: health checks" {
	does "${START[@]}" --health-cmd 'test -e /tmp/healthy' --health-interval disable --health-retries 1 \
		"$IMAGE" sh -c 'touch /tmp/healthy; exec pause'
	does podman healthcheck run "$ID"
	does podman exec "$ID" rm /tmp/healthy
	ends 1 '' podman healthcheck run "$ID"
	[ "$(inspect '{{.State.Health.Status}}')" = unhealthy ]
}

@test "podman: kube play" {
	cat >pod.yaml <<-YAML
		apiVersion: v1
		kind: Pod
		metadata: {name: $ID}
		spec:
		  hostNetwork: true
		  containers:
		  - name: main
		    image: $IMAGE
		    imagePullPolicy: Never
		    command: [sh, -c, 'echo from \$A >/shared/file; exec pause']
		    env: [{name: A, value: kube}]
		    resources: {limits: {memory: 64Mi}}
		    volumeMounts: [{name: shared, mountPath: /shared}]
		  volumes: [{name: shared, emptyDir: {}}]
	YAML
	does "${PODMAN[@]}" kube play pod.yaml
	prints $'67108864' podman exec "$ID-main" cat /sys/fs/cgroup/memory.max
	does podman exec "$ID-main" sh -c 'until [ -s /shared/file ]; do sleep 0.1; done; cat /shared/file'
	expect_output 'from kube'
	does "${PODMAN[@]}" kube down pod.yaml
}

@test "podman: bridge networking with a published port" {
	does "${PODMAN[@]}" run --detach --name "$ID" --publish 127.0.0.1:8123:80 "$IMAGE" \
		sh -c 'echo hello | nc -l -p 80'
	# Until the process has its socket, and not by connecting to it, which would be its one connection.
	does podman exec "$ID" sh -c 'until grep -q ":0050 " /proc/net/tcp /proc/net/tcp6; do sleep 0.1; done'
	prints hello timeout 20 bash -c 'exec 3<>/dev/tcp/127.0.0.1/8123; cat <&3'
	prints 0 podman wait "$ID"
}

@test "podman: the runtime of containers.conf" {
	corc_only "is not what the file names"
	mkdir -p /etc/containers/containers.conf.d
	cp "$BATS_TEST_DIRNAME/../../docs/integration/podman/corc.conf" /etc/containers/containers.conf.d/
	client podman info --format '{{.Host.OCIRuntime.Name}} {{.Host.OCIRuntime.Path}} {{.Host.OCIRuntime.Version}}'
	local info=$output
	client podman run --rm --network none "$IMAGE" true
	rm /etc/containers/containers.conf.d/corc.conf
	[[ "$info" == "corc $CORC corc version "* ]] || fail "podman info: $info"
	[ "$status" -eq 0 ] || fail "expected exit status 0"
}
