#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# containerd as a client, through ctr and through CRI, configured by the snippet of docs/integration.
# CGROUP_MANAGER is cgroupfs or systemd (the default).
# bats file_tags=vm
#
# What stands in single quotes is for the shell of the container.
# shellcheck disable=SC2016

load clients

NAME=localhost/corc-test:latest
SOCKET=/run/containerd/containerd.sock
# Debian has a profile for crun, which the kernel keeps beside the container's with no_new_privs.
ALONE='s|//&crun (mixed)| (enforce)|'
NOT_FOUND=$(words 'executable file not found in \$PATH' 'executable file .* not found in \$PATH')

# --- images -------------------------------------------------------------------------------------

# add_blob FILE MEDIA-TYPE: puts it below blobs/ and prints what refers to it.
add_blob() {
	local sum
	sum=$(sha256sum <"$1")
	sum=${sum%% *}
	cp "$1" "blobs/sha256/$sum"
	jq -n --arg type "application/vnd.oci.image.$2" --arg digest "sha256:$sum" --argjson size "$(stat -c %s "$1")" \
		'{mediaType: $type, digest: $digest, size: $size}'
}

# oci_archive NAME DIRECTORY COMMAND...: an archive of an image with one layer.
oci_archive() (
	local name=$1 rootfs=$2 digest
	shift 2
	cd "$(mktemp -d "$BATS_FILE_TMPDIR/image.XXXXXX")" || return
	mkdir -p blobs/sha256
	tar -C "$rootfs" -cf layer .
	digest=sha256:$(sha256sum <layer | cut -d ' ' -f 1)
	jq -n --arg digest "$digest" '{architecture: "amd64", os: "linux",
		config: {Env: ["PATH=/usr/bin:/bin"], Cmd: $ARGS.positional},
		rootfs: {type: "layers", diff_ids: [$digest]}}' --args -- "$@" >config
	jq -n --argjson config "$(add_blob config config.v1+json)" --argjson layer "$(add_blob layer layer.v1.tar)" \
		'{schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json", config: $config,
			layers: [$layer]}' >manifest
	jq -n --argjson manifest "$(add_blob manifest manifest.v1+json)" --arg name "$name" '{schemaVersion: 2,
		manifests: [$manifest + {annotations: {"io.containerd.image.name": $name}}]}' >index.json
	echo '{"imageLayoutVersion": "1.0.0"}' >oci-layout
	tar -cf - blobs index.json oci-layout
)

# The pause image is one program, under the name that this containerd wants.
import_images() {
	local pause
	pause=$(containerd config dump | sed -n 's/^ *sandbox_image = "\(.*\)"/\1/p')
	mkdir "$BATS_FILE_TMPDIR/pause"
	cp "$PROGRAMS/pause" "$BATS_FILE_TMPDIR/pause/"
	oci_archive "$pause" "$BATS_FILE_TMPDIR/pause" /pause | ctr -n k8s.io image import -
	oci_archive "$NAME" "$CORC_TEST_TMP/rootfs" sh | ctr -n k8s.io image import -
	oci_archive "$NAME" "$CORC_TEST_TMP/rootfs" sh | ctr image import -
}

# --- setup and teardown -------------------------------------------------------------------------

# The snippet, with the program under test.
configure_containerd() {
	local systemd=true
	[ "${CGROUP_MANAGER:-systemd}" = systemd ] || systemd=false
	mkdir -p /etc/containerd
	sed "s|/usr/local/bin/corc|$CORC|; s|SystemdCgroup = true|SystemdCgroup = $systemd|" \
		"$HELPERS/../../docs/integration/containerd/config.toml" >/etc/containerd/config.toml
	echo "$PATIENCE" >>/etc/containerd/config.toml
	printf '%s\n' "runtime-endpoint: unix://$SOCKET" "image-endpoint: unix://$SOCKET" 'timeout: 120' \
		>/etc/crictl.yaml
	# Pods get a copy.
	touch /etc/resolv.conf
}

setup_file() {
	configure_containerd
	# Docker may have started it with another configuration.
	systemctl restart containerd
	import_images
}

teardown_file() {
	systemctl stop containerd
}

setup() {
	name_container
	if [ "${CGROUP_MANAGER:-systemd}" = systemd ]; then
		CGROUP=(--runc-systemd-cgroup --cgroup "corc-test.slice:corc:$ID")
		PARENT=/corc.slice/corc-test.slice
	else
		CGROUP=(--cgroup "/corc-test/$ID")
		PARENT=/corc-test
	fi
	RUN=(ctr run --rm --runc-binary "$CORC" "${CGROUP[@]}")
	START=(ctr run --detach --runc-binary "$CORC" "${CGROUP[@]}")
}

teardown() {
	local result=0
	remove_pods || result=1
	remove_tasks || result=1
	[ -z "${NETWORK:-}" ] || remove_network || result=1
	expect_no_containers --root /run/containerd/runc/default || result=1
	expect_no_containers --root /run/containerd/runc/k8s.io || result=1
	return "$result"
}

remove_pods() {
	local pods
	[ -S "$SOCKET" ] && command -v crictl >/dev/null || return 0
	pods=$(ctr -n k8s.io containers ls --quiet)
	[ -z "$pods" ] || crictl rmp --all --force >/dev/null
}

remove_tasks() {
	local id
	for id in $(ctr tasks ls --quiet); do
		ctr tasks delete --force "$id" || return
	done
	for id in $(ctr containers ls --quiet); do
		ctr containers delete "$id" || return
	done
}

# runtime_status NAMESPACE ID: the state as the program itself sees it.
expect_runtime_status() {
	local found
	found=$("$CORC" --root "/run/containerd/runc/$1" state "$2" | jq -r .status)
	[ "$found" = "$3" ] || fail "the runtime says $found, expected $3"
}

# --- ctr ----------------------------------------------------------------------------------------

@test "containerd: ctr run: output, exit codes and texts" {
	prints hello "${RUN[@]}" "$NAME" "$ID" echo hello
	ends 3 '^oops$' "${RUN[@]}" "$NAME" "$ID" sh -c 'echo oops >&2; exit 3'
	ends 1 'exec: "no-such-program": executable file not found in \$PATH' \
		"${RUN[@]}" "$NAME" "$ID" no-such-program
	ends 1 'exec: "/etc/passwd": permission denied' "${RUN[@]}" "$NAME" "$ID" /etc/passwd
	ends 1 'no such file or directory' \
		"${RUN[@]}" --mount type=bind,src=/no/such,dst=/mnt,options=bind "$NAME" "$ID" true
	client script -qec "stty rows 33 cols 99; ${RUN[*]} --tty $NAME $ID sh -c '
		until [ \"\$(stty size)\" = \"33 99\" ]; do sleep 0.1; done; tty; exit 4'" /dev/null
	[ "$status" -eq 4 ] || fail "expected exit status 4"
	expect_line $'.*/dev/(console|pts/0)\r*'
}

@test "containerd: ctr tasks: exec, ps, metrics, pause, kill, delete" {
	does "${START[@]}" "$NAME" "$ID" sh -c '
		trap "exit 5" TERM; while :; do sleep 0.1; done'
	expect_runtime_status default "$ID" running
	prints inside ctr tasks exec --exec-id one "$ID" echo inside
	ends 7 '' ctr tasks exec --exec-id two "$ID" sh -c 'exit 7'
	ends 1 "$NOT_FOUND" ctr tasks exec --exec-id three "$ID" no-such-program
	does ctr tasks ps "$ID"
	expect_line '[0-9]+ +.*'
	does ctr tasks metrics "$ID"
	expect_line 'pids.current +[0-9]+ *'
	expect_line 'memory.usage +[0-9]+ *'
	does ctr tasks pause "$ID"
	does ctr tasks ls
	expect_line "$ID +[0-9]+ +PAUSED"
	expect_runtime_status default "$ID" paused
	does ctr tasks resume "$ID"
	does ctr tasks kill --signal SIGTERM "$ID"
	while ctr tasks ls | grep -qE "^$ID +[0-9]+ +RUNNING"; do sleep 0.2; done
	does ctr tasks delete "$ID"
	expect_error 'exit code 5'
	does ctr containers delete "$ID"
}

# bats test_tags=driver
@test "containerd: ctr run: limits, security, mounts and namespaces" {
	local pid group
	does "${START[@]}" --memory-limit 67108864 --cpus 0.5 "$NAME" "$ID" pause
	pid=$(ctr tasks ls | awk -v id="$ID" '$1 == id { print $2 }')
	group=$(sed -n 's/^0:://p' "/proc/$pid/cgroup")
	[[ "$group" == */corc-test*"$ID"* ]] || fail "the container is in $group"
	[ "$(cat "$CGROUP_MOUNT$group"/{memory.max,cpu.max})" = $'67108864\n50000 100000' ] ||
		fail "limits: $(cat "$CGROUP_MOUNT$group"/{memory.max,cpu.max})"
	remove_tasks
	mkdir volume
	does "${RUN[@]}" --read-only --seccomp --apparmor-default-profile corc-test --cap-drop CAP_CHOWN \
		--mount "type=bind,src=$PWD/volume,dst=/mnt,options=rbind:rw" \
		--env A=value --cwd /mnt "$NAME" "$ID" sh -c '
			touch /here 2>/dev/null || echo read-only; echo written >file; echo $A; pwd
			grep -E "^(CapEff|NoNewPrivs|Seccomp):" /proc/self/status; sed "$1" /proc/self/attr/current' sh "$ALONE"
	expect_output "$(printf '%s\n' read-only value /mnt $'CapEff:\t00000000a80425fa' $'NoNewPrivs:\t1' \
		$'Seccomp:\t2' 'corc-test (enforce)')"
	[ "$(<volume/file)" = written ]
	prints "$(readlink /proc/self/ns/net)" "${RUN[@]}" --net-host "$NAME" "$ID" readlink /proc/self/ns/net
	does "${RUN[@]}" --privileged --device /dev/vdb "$NAME" "$ID" sh -c 'ls /dev/vdb; grep CapEff /proc/self/status'
	expect_line $'CapEff:\t000001ffffffffff'
	expect_line /dev/vdb
	prints $'1000\n1000' "${RUN[@]}" --user 1000:1000 "$NAME" "$ID" sh -c 'id -u; id -g'
}

# bats test_tags=long
@test "containerd: ctr run: a user namespace" {
	local mappings=(--uidmap 0:100000:65536 --gidmap 0:100000:65536)
	does "${RUN[@]}" "${mappings[@]}" "$NAME" "$ID" sh -c '
		awk "{ print \$1, \$2, \$3 }" /proc/self/uid_map /proc/self/gid_map; id -u; stat -c %u /bin
		touch /here && stat -c %u /here'
	expect_output "$(printf '%s\n' '0 100000 65536' '0 100000 65536' 0 0 0)"
	does "${START[@]}" "${mappings[@]}" "$NAME" "$ID" pause
	prints $'0 100000\n0' ctr tasks exec --exec-id one "$ID" sh -c 'awk "{ print \$1, \$2 }" /proc/self/uid_map; id -u'
}

# --- CRI ----------------------------------------------------------------------------------------

needs_crictl() {
	command -v crictl >/dev/null || skip "no Go on the host that can build crictl"
}

# pod_file [EXPRESSION]: pod.json is a pod in the host's network.
pod_file() {
	jq -n --arg id "$ID" --arg parent "$PARENT" --arg logs "$PWD" '{
		metadata: {name: $id, namespace: "default", uid: $id, attempt: 1},
		log_directory: $logs, linux: {cgroup_parent: $parent, security_context: {
			namespace_options: {network: 2, pid: 1}}}} | '"${1:-.}" >pod.json
}

# container_file NAME EXPRESSION COMMAND...: NAME.json.
container_file() {
	local name=$1 expression=$2
	shift 2
	jq -n --arg name "$name" --arg image "$NAME" "{metadata: {name: \$name}, image: {image: \$image},
		command: \$ARGS.positional, log_path: (\$name + \".log\"), linux: {}} | $expression" \
		--args -- "$@" >"$name.json"
}

start_pod() {
	pod_file "$@"
	does crictl runp --runtime corc pod.json
	POD=$output
}

# start_in_pod NAME: sets CONTAINER.
start_in_pod() {
	does crictl create "$POD" "$1.json" pod.json
	CONTAINER=$output
	does crictl start "$CONTAINER"
}

# inspect_container EXPRESSION
inspect_container() {
	crictl inspect "$CONTAINER" | jq -r "$1"
}

# await_container VALUE [EXPRESSION]: waits until it has this value.
await_container() {
	until [ "$(inspect_container "${2:-.status.state}")" = "$1" ]; do sleep 0.2; done
}

@test "containerd: CRI: a pod with a container, from its start to its end" {
	needs_crictl
	start_pod
	container_file one . sh -c 'trap "echo bye; exit 5" TERM; echo ready; while :; do sleep 0.1; done'
	start_in_pod one
	[ "$(inspect_container '.status.state + " " + .info.runtimeType')" = \
		'CONTAINER_RUNNING io.containerd.runc.v2' ]
	expect_runtime_status k8s.io "$CONTAINER" running
	expect_runtime_status k8s.io "$POD" running
	prints inside crictl exec --sync "$CONTAINER" echo inside
	ends 1 'exited with 7' crictl exec --sync "$CONTAINER" sh -c 'exit 7'
	ends 1 "$NOT_FOUND" crictl exec --sync "$CONTAINER" no-such-program
	ends 1 'timeout|DeadlineExceeded|deadline exceeded' \
		crictl exec --sync --timeout 1 "$CONTAINER" sleep 1234
	prints 0 crictl exec --sync "$CONTAINER" sh -c 'ps | grep -c "[s]leep 1234" || :'
	does crictl stats --output json "$CONTAINER"
	[ "$(jq '.stats[0].memory.workingSetBytes.value | tonumber > 0' <<<"$output")" = true ] ||
		fail "expected a use of memory"
	does crictl stop --timeout 60 "$CONTAINER"
	[ "$(inspect_container '.status | "\(.state) \(.exitCode)"')" = 'CONTAINER_EXITED 5' ]
	prints $'ready\nbye' crictl logs "$CONTAINER"
	does crictl rm "$CONTAINER"
	does crictl stopp "$POD"
	does crictl rmp "$POD"
}

@test "containerd: CRI: terminals of exec and attach" {
	needs_crictl
	start_pod
	container_file one . pause
	start_in_pod one
	client script -qec "crictl exec --interactive --tty $CONTAINER sh -c 'tty; exit 6'" /dev/null
	expect_line $'.*/dev/pts/[0-9]+\r*'
	[[ "$output" == *"exit code 6"* || "$status" -eq 6 ]] || fail "expected exit code 6"
	# What is written comes back; the container ends with its input.
	container_file two '.stdin = true | .stdin_once = true' cat
	start_in_pod two
	echo hello | timeout 60 crictl attach --stdin "$CONTAINER" >attached
	[ "$(<attached)" = hello ] || fail "$(<attached)"
	await_container CONTAINER_EXITED
}

# bats test_tags=driver
@test "containerd: CRI: security contexts, mounts and limits" {
	needs_crictl
	start_pod
	mkdir volume
	container_file one '.mounts = [{host_path: "'"$PWD"'/volume", container_path: "/ro", readonly: true}] |
		.envs = [{key: "A", value: "value"}] | .working_dir = "/tmp" | .linux = {
		resources: {memory_limit_in_bytes: 67108864, cpu_quota: 50000, cpu_period: 100000, oom_score_adj: 500},
		security_context: {readonly_rootfs: true, no_new_privs: true, run_as_user: {value: 1000},
			run_as_group: {value: 1000}, supplemental_groups: [7], seccomp: {profile_type: 0},
			apparmor: {profile_type: 0}, capabilities: {drop_capabilities: ["ALL"]},
			masked_paths: ["/proc/kcore"], readonly_paths: ["/proc/sys"]}}' sh -c '
		touch /here 2>/dev/null || echo root is read-only; touch /ro/file 2>/dev/null || echo volume is read-only
		echo $A; pwd; id -u; cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/cpu.max /proc/self/oom_score_adj
		grep -E "^(CapBnd|NoNewPrivs|Seccomp):" /proc/self/status; sed "$1" /proc/self/attr/current; head -c 1 /proc/kcore | wc -c' sh "$ALONE"
	start_in_pod one
	await_container CONTAINER_EXITED
	prints "$(printf '%s\n' 'root is read-only' 'volume is read-only' value /tmp 1000 67108864 '50000 100000' 500 \
		$'CapBnd:\t0000000000000000' $'NoNewPrivs:\t1' $'Seccomp:\t2' \
		'cri-containerd.apparmor.d (enforce)' 0)" crictl logs "$CONTAINER"
	# It begins when containerd watches, and lasts until it has looked: systemd takes the cgroup away.
	container_file two '.linux.resources.memory_limit_in_bytes = 16777216' sh -c '
		mkfifo /tmp/go; read -r _ </tmp/go; dd if=/dev/zero of=/dev/null bs=64M; code=$?; read -r _ </tmp/go; exit $code'
	start_in_pod two
	does crictl exec --sync "$CONTAINER" sh -c 'until [ -p /tmp/go ]; do sleep 0.1; done; echo >/tmp/go'
	await_container OOMKilled .status.reason
	does crictl exec --sync "$CONTAINER" sh -c 'echo >/tmp/go'
	await_container 'CONTAINER_EXITED OOMKilled 137' '.status | "\(.state) \(.reason) \(.exitCode)"'
	container_file three . no-such-program
	does crictl create "$POD" three.json pod.json
	CONTAINER=$output
	ends 1 "$NOT_FOUND" crictl start "$CONTAINER"
	[ "$(inspect_container '.status | "\(.reason) \(.exitCode)"')" = 'StartError 128' ]
}

# bats test_tags=long
@test "containerd: CRI: containers of a pod share what it says" {
	needs_crictl
	start_pod '.linux.security_context.namespace_options.pid = 0 | .linux.sysctls = {"kernel.shm_rmid_forced": "1"}'
	container_file one '.linux.security_context.namespace_options = {network: 2, pid: 0}' sh -c 'exec pause'
	start_in_pod one
	container_file two '.linux.security_context.namespace_options = {network: 2, pid: 0}' sh -c 'exec pause'
	start_in_pod two
	does crictl exec --sync "$CONTAINER" sh -c 'ps | grep -c "[p]ause"; cat /proc/sys/kernel/shm_rmid_forced'
	expect_output $'3\n1'
	does crictl update --memory 83886080 --cpu-quota 20000 --cpu-period 100000 "$CONTAINER"
	prints $'83886080\n20000 100000' crictl exec --sync "$CONTAINER" \
		cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/cpu.max
	does crictl statsp --output json "$POD"
}

# bats test_tags=long
@test "containerd: CRI: pods outlive the daemon" {
	needs_crictl
	start_pod
	container_file one . pause
	start_in_pod one
	does systemctl restart containerd
	until crictl version >/dev/null 2>&1; do sleep 0.2; done
	[ "$(inspect_container .status.state)" = CONTAINER_RUNNING ]
	prints inside crictl exec --sync "$CONTAINER" echo inside
}

# --- networks of pods ---------------------------------------------------------------------------

# containerd_directory KEY: of its configuration for networks.
containerd_directory() {
	containerd config dump | sed -n "s/^ *$1 = \"\(.*\)\"/\1/p" | head -n 1
}

# A bridge for pods, by the plugins that the machine has.
add_network() {
	local plugins settings name
	plugins=$(containerd_directory bin_dir)
	settings=$(containerd_directory conf_dir)
	mkdir -p "$plugins" "$settings"
	for name in bridge host-local loopback; do
		[ -e "$plugins/$name" ] || ln -s "/usr/lib/cni/$name" "$plugins/"
	done
	NETWORK=$settings/10-corc-test.conflist
	jq -n --arg data "$PWD/addresses" '{cniVersion: "1.0.0", name: "corc-test", plugins: [{type: "bridge",
		bridge: "corc-test0", isGateway: true,
		ipam: {type: "host-local", dataDir: $data, ranges: [[{subnet: "10.99.0.0/24"}]]}}]}' >"$NETWORK"
	until [ "$(crictl info | jq '.status.conditions[] | select(.type == "NetworkReady").status')" = true ]; do
		sleep 0.2
	done
}

remove_network() {
	rm -f "$NETWORK"
	[ ! -e /sys/class/net/corc-test0 ] || ip link delete corc-test0
}

OWN_NETWORK='.linux.security_context.namespace_options.network = 0'

# bats test_tags=long
@test "containerd: CRI: a pod with a network of its own" {
	local address namespace
	needs_crictl
	add_network
	start_pod "$OWN_NETWORK | .hostname = \"guest\" | .linux.sysctls = {\"net.ipv4.ip_unprivileged_port_start\": \"80\"}"
	address=$(crictl inspectp "$POD" | jq -r .status.network.ip)
	[[ "$address" == 10.99.0.* ]] || fail "the address is $address"
	container_file one "$OWN_NETWORK | .linux.security_context.run_as_user = {value: 1000}" sh -c '
		while :; do echo from the pod | nc -l -p 80; done'
	start_in_pod one
	does crictl exec --sync "$CONTAINER" sh -c '
		hostname; ip -4 addr show eth0 | grep -o "inet [0-9.]*"; ip link show lo | grep -o LOOPBACK,UP
		until grep -q ":0050 " /proc/net/tcp /proc/net/tcp6; do sleep 0.1; done; readlink /proc/self/ns/net'
	namespace=${output##*$'\n'}
	expect_output "$(printf '%s\n' guest "inet $address" LOOPBACK,UP "$namespace")"
	[ "$namespace" != "$(readlink /proc/self/ns/net)" ] || fail "the pod has the host's network"
	prints 'from the pod' timeout 60 bash -c "exec 3<>/dev/tcp/$address/80; cat <&3"
	container_file two "$OWN_NETWORK" pause
	start_in_pod two
	prints "$namespace" crictl exec --sync "$CONTAINER" readlink /proc/self/ns/net
	does crictl stopp "$POD"
	does crictl rmp "$POD"
	[ -z "$(ls /sys/class/net/corc-test0/brif)" ] || fail "left on the bridge: $(ls /sys/class/net/corc-test0/brif)"
}

# bats test_tags=long
@test "containerd: CRI: a pod with a user namespace" {
	local ids='[{container_id: 0, host_id: 100000, length: 65536}]' options
	needs_crictl
	add_network
	options="$OWN_NETWORK | .linux.security_context.namespace_options.userns_options = {mode: 0, uids: $ids, gids: $ids}"
	start_pod "$options"
	install -d -o 100000 -g 100000 volume
	container_file one "$options | .mounts = [{host_path: \"$PWD/volume\", container_path: \"/volume\"}] |
		.linux.resources.memory_limit_in_bytes = 67108864" sh -c '
		awk "{ print \$1, \$2, \$3 }" /proc/self/uid_map; id -u; stat -c %u /bin /volume; touch /here /volume/file
		chown 7 /volume/file; cat /sys/fs/cgroup/memory.max; exec pause >/dev/null'
	start_in_pod one
	prints $'0 100000\n0' crictl exec --sync "$CONTAINER" sh -c 'awk "{ print \$1, \$2 }" /proc/self/uid_map; id -u'
	until crictl logs "$CONTAINER" 2>/dev/null | grep -qx 67108864; do sleep 0.2; done
	prints "$(printf '%s\n' '0 100000 65536' 0 0 0 67108864)" crictl logs "$CONTAINER"
	[ "$(stat -c %u volume/file)" = 100007 ] || fail "the file is of $(stat -c %u volume/file)"
}
