#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# namespaces: new ones, those of the caller, and those joined by path, in every combination.

load helpers

# What /proc/PID/ns calls the types of the configuration.
declare -gA NAMES=([pid]=pid [network]=net [mount]=mnt [ipc]=ipc [uts]=uts [user]=user
	[cgroup]=cgroup [time]=time)

teardown() {
	if [ -n "${HOLDERS:-}" ]; then
		# shellcheck disable=SC2086
		{ kill -KILL $HOLDERS; wait $HOLDERS || true; } 2>/dev/null
	fi
	teardown_test
}

# hold OPTIONS: a process in new namespaces (options of unshare); its id comes in $HOLDER. A user
# namespace has the host's 100000..165535 as 0..65535, as add_user_namespace makes it.
hold() {
	local pid
	mkfifo held
	# With --fork it is the child of unshare.
	unshare --kill-child "$@" sh -c 'echo ready >held; exec sleep 1000' 3>&- 7>&- &
	pid=$!
	HOLDERS+=" $pid"
	read -r _ <held
	rm held
	HOLDER=$(cat "/proc/$pid/task/$pid/children")
	HOLDER=${HOLDER:-$pid}
	HOLDER=${HOLDER%% *}
	[[ " $* " != *" --user "* ]] || map_ids "$HOLDER"
}

map_ids() {
	echo 0 100000 65536 >"/proc/$1/uid_map"
	echo 0 100000 65536 >"/proc/$1/gid_map"
	chown -R 100000:100000 "$ROOTFS"
}

namespace_of() {
	readlink "/proc/$1/ns/$2"
}

# join TYPE PID: the container joins the namespace of a process.
join() {
	config_set --arg type "$1" --arg path "/proc/$2/ns/${NAMES[$1]}" '
		.linux.namespaces |= map(select(.type != $type)) + [{type: $type, path: $path}]'
}

share() {
	config_set --arg type "$1" '.linux.namespaces |= map(select(.type != $type))'
}

@test "namespaces: new ones" {
	local name
	config_set '.linux.namespaces += [{type: "time"}]'
	start_container
	for name in pid net mnt ipc uts cgroup time; do
		[ "$(namespace_of "$PID" $name)" != "$(namespace_of self $name)" ] || fail "$name"
	done
	[ "$(namespace_of "$PID" user)" = "$(namespace_of self user)" ]
	[ "$(namespace_of "$PID" pid)" = "$(namespace_of "$PID" pid_for_children)" ]
	[ "$(namespace_of "$PID" time)" = "$(namespace_of "$PID" time_for_children)" ]
}

@test "namespaces: the caller's, each alone" {
	local type
	config_set '.linux.namespaces += [{type: "time"}] | .linux.maskedPaths = [] |
		.linux.readonlyPaths = [] | del(.hostname)'
	for type in pid network ipc uts cgroup time; do
		cp "$BUNDLE/config.json" config.json
		share $type
		start_container
		[ "$(namespace_of "$PID" "${NAMES[$type]}")" = \
			"$(namespace_of self "${NAMES[$type]}")" ] || fail "$type"
		succeeds delete --force "$ID"
		cp config.json "$BUNDLE/config.json"
	done
}

@test "namespaces: without a mount namespace" {
	corc_only "does not allow it with its default mounts"
	config_set '.linux.namespaces |= map(select(.type != "mount")) | .mounts = [] |
		.linux.maskedPaths = [] | .linux.readonlyPaths = [] | .root.readonly = false'
	run_in sh -c 'ls -d /bin/pause; ls -d /usr/lib 2>/dev/null || echo no host'
	expect_output $'/bin/pause\nno host'
	[ "$(</proc/self/mountinfo)" = "$MOUNTS_BEFORE" ]
}

# The container's mounts are then the host's; one mount over the rootfs holds them all.
host_mounts() {
	share mount
	config_set '.linux.maskedPaths = [] | .linux.readonlyPaths = [] | .root.readonly = false'
}

@test "namespaces: mounts without a mount namespace" {
	host_mounts
	start_container
	[ "$(namespace_of "$PID" mnt)" = "$(namespace_of self mnt)" ]
	succeeds exec "$ID" sh -c 'echo x >/dev/shm/file && cat /dev/shm/file && echo >/dev/null &&
		ls -d /proc/1 && ! ls -d /usr/lib 2>/dev/null'
	expect_line x
	expect_line /proc/1
	expect_no_line /usr/lib
	[ "$(<"$ROOTFS/dev/shm/file")" = x ]
	succeeds delete --force "$ID"
	corc_only "leaves its mounts behind"
	[ "$(</proc/self/mountinfo)" = "$MOUNTS_BEFORE" ]
}

@test "namespaces: mounts without a mount namespace are no more than the container's" {
	corc_only "leaves its mounts behind"
	host_mounts
	mkdir source
	mount -t tmpfs corc-test source
	mount --make-shared source
	cp -a "$ROOTFS" source/rootfs
	mkdir other
	mount --bind source other
	config_set --arg path "$PWD/source/rootfs" '.root.path = $path'
	start_container
	# What is mounted in the container is not seen through a peer of the mount that the rootfs is on.
	[ ! -e other/rootfs/proc/1 ]
	[ -e source/rootfs/proc/1 ]
	# Another mount in the place is not the container's.
	mount -t tmpfs corc-test source/rootfs
	succeeds delete --force "$ID"
	[ "$(stat -f -c %T source/rootfs)" = tmpfs ]
	[ ! -e source/rootfs/bin ]
	umount source/rootfs
	umount -l other source
}

@test "namespaces: mounts without a mount namespace that fail leave nothing" {
	corc_only "leaves its mounts behind"
	host_mounts
	config_set '.mounts += [{destination: "/tmp", type: "nosuchfs", source: "x"}]'
	fails 1 "nosuchfs" run --bundle "$BUNDLE" "$ID"
	expect_nothing_left
	[ "$(</proc/self/mountinfo)" = "$MOUNTS_BEFORE" ]
}

@test "namespaces: mounts on the host's own root need a mount namespace" {
	corc_only "mounts on it"
	host_mounts
	config_set '.root.path = "/"'
	fails 1 "unable to mount on the host's own root without a private MNT namespace" \
		run --bundle "$BUNDLE" "$ID"
	expect_nothing_left
	[ "$(</proc/self/mountinfo)" = "$MOUNTS_BEFORE" ]
}

@test "namespaces: process 1, the interfaces, the message queues are its own" {
	run_shell 'echo $$; ls /sys/class/net; ls /dev/mqueue'
	expect_output $'1\nlo'
}

@test "namespaces: each joined by path alone" {
	local type
	hold --net --ipc --uts --cgroup --pid --time --fork
	for type in network ipc uts cgroup pid; do
		cp "$BUNDLE/config.json" config.json
		[ $type != uts ] || config_set 'del(.hostname)'
		join $type "$HOLDER"
		start_container
		[ "$(namespace_of "$PID" "${NAMES[$type]}")" = \
			"$(namespace_of "$HOLDER" "${NAMES[$type]}")" ] || fail "$type"
		succeeds exec "$ID" readlink "/proc/self/ns/${NAMES[$type]}"
		expect_output "$(namespace_of "$HOLDER" "${NAMES[$type]}")"
		succeeds delete --force "$ID"
		cp config.json "$BUNDLE/config.json"
	done
}

@test "namespaces: a time namespace joined by path" {
	hold --time --monotonic 10000 --boottime 20000 --fork
	join time "$HOLDER"
	run_in readlink /proc/self/ns/time
	expect_output "$(namespace_of "$HOLDER" time)"
	run_in clocks
	[ "${output% *}" -ge 10000 ]
	[ "${output#* }" -ge 20000 ]
}

@test "namespaces: all but user and mount joined at once" {
	local name
	hold --net --ipc --uts --cgroup --pid --fork
	for name in network ipc uts cgroup pid; do
		join "$name" "$HOLDER"
	done
	config_set 'del(.hostname)'
	start_container
	for name in net ipc uts cgroup pid; do
		[ "$(namespace_of "$PID" $name)" = "$(namespace_of "$HOLDER" $name)" ] || fail "$name"
	done
}

@test "namespaces: the order of the entries does not matter" {
	hold --net --ipc --uts --fork
	join network "$HOLDER"
	join ipc "$HOLDER"
	config_set '.linux.namespaces |= (sort_by(.type) | reverse)'
	run_shell 'readlink /proc/self/ns/net; readlink /proc/self/ns/ipc'
	expect_output "$(namespace_of "$HOLDER" net)"$'\n'"$(namespace_of "$HOLDER" ipc)"
}

@test "namespaces: a pod, the network of the host's user namespace beside a new user namespace" {
	hold --net --ipc --uts --fork
	add_user_namespace
	join network "$HOLDER"
	join ipc "$HOLDER"
	join uts "$HOLDER"
	# sysfs belongs to the owner of the network; mqueue to that of the ipc namespace.
	config_set 'del(.hostname) | del(.mounts[] | select(.type == "sysfs" or .type == "mqueue" or
		.type == "cgroup"))'
	start_container
	[ "$(namespace_of "$PID" net)" = "$(namespace_of "$HOLDER" net)" ]
	[ "$(namespace_of "$PID" ipc)" = "$(namespace_of "$HOLDER" ipc)" ]
	[ "$(namespace_of "$PID" uts)" = "$(namespace_of "$HOLDER" uts)" ]
	[ "$(namespace_of "$PID" user)" != "$(namespace_of self user)" ]
	succeeds exec "$ID" sh -c 'id -u; readlink /proc/self/ns/net'
	expect_output "0"$'\n'"$(namespace_of "$HOLDER" net)"
}

@test "namespaces: a user namespace by path" {
	hold --user --fork
	join user "$HOLDER"
	start_container
	[ "$(namespace_of "$PID" user)" = "$(namespace_of "$HOLDER" user)" ]
	succeeds exec "$ID" sh -c 'id -u; cat /proc/self/uid_map'
	expect_line 0
	expect_line ' +0 +100000 +65536'
}

@test "namespaces: a user namespace by path with its own mappings, and with others" {
	hold --user --fork
	join user "$HOLDER"
	config_set '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		.linux.gidMappings = .linux.uidMappings'
	config_args cat /proc/self/uid_map
	succeeds --log log run --bundle "$BUNDLE" "$ID"
	expect_line ' +0 +100000 +65536'
	[ "$CORC_TEST_PROGRAM" != corc ] || grep -q 'warning.*linux.gidMappings: superfluous' log
	config_set '.linux.gidMappings[0].size = 65535'
	config_args true
	corc run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 1 ]
	[ ! -e "$ROOT/$ID" ]
	corc_only "has other words"
	expect_error 'config.json:[0-9:]+ linux.gidMappings\[0\]: the user namespace that is joined by path has no such mapping'
	config_set '.linux.gidMappings += [{containerID: 70000, hostID: 7, size: 1}]'
	fails 1 'linux.gidMappings: the user namespace that is joined by path has 1 of them, not 2' \
		run --bundle "$BUNDLE" "$ID"
}

@test "namespaces: with a user namespace by path the option idmap means its mappings" {
	hold --user --fork
	join user "$HOLDER"
	mkdir source
	touch source/file
	chown 5:6 source/file
	config_set --arg source "$PWD/source" '.mounts += [{destination: "/data", type: "bind",
		source: $source, options: ["bind", "idmap"]}]'
	run_in stat -c %u:%g /data/file
	expect_output 5:6
}

@test "namespaces: a user namespace by path with the namespaces that it owns" {
	hold --user --net --ipc --uts --cgroup --fork
	local name
	for name in user network ipc uts cgroup; do
		join "$name" "$HOLDER"
	done
	config_set 'del(.hostname)'
	start_container
	for name in user net ipc uts cgroup; do
		[ "$(namespace_of "$PID" $name)" = "$(namespace_of "$HOLDER" $name)" ] || fail "$name"
	done
	succeeds exec "$ID" readlink /proc/self/ns/net
	expect_output "$(namespace_of "$HOLDER" net)"
}

@test "namespaces: a user namespace by path, a pid namespace that it owns" {
	hold --user --pid --fork
	join user "$HOLDER"
	join pid "$HOLDER"
	start_container
	[ "$(namespace_of "$PID" pid)" = "$(namespace_of "$HOLDER" pid)" ]
	succeeds exec "$ID" sh -c 'readlink /proc/self/ns/pid'
	expect_output "$(namespace_of "$HOLDER" pid)"
}

@test "namespaces: a user namespace by path beside the network of the host's" {
	hold --user --fork
	join user "$HOLDER"
	hold --net --fork
	join network "$HOLDER"
	config_set 'del(.mounts[] | select(.type == "sysfs" or .type == "cgroup"))'
	start_container
	[ "$(namespace_of "$PID" net)" = "$(namespace_of "$HOLDER" net)" ]
	[ "$(namespace_of "$PID" user)" != "$(namespace_of self user)" ]
}

@test "namespaces: those of another container" {
	local first name
	start_container
	first=$PID
	for name in network ipc pid uts; do
		join "$name" "$first"
	done
	new_bundle second
	cp "$BUNDLE/config.json" second/config.json
	BUNDLE=second config_set --arg path "/$ID-second" \
		'.linux.cgroupsPath = $path | del(.hostname)'
	start_bundle second "$ID-second"
	for name in net ipc pid uts; do
		[ "$(namespace_of "$PID" $name)" = "$(namespace_of "$first" $name)" ] || fail "$name"
	done
	succeeds exec "$ID-second" sh -c 'hostname; ls -d /proc/[0-9]*'
	expect_line corc-test
	# Process 1 is the first container's, process of the second its sibling.
	expect_line /proc/1
	succeeds kill "$ID-second" KILL
	await_exit "$PID"
	expect_status "$ID" running
}

@test "namespaces: those of another container, with its user namespace" {
	local first name
	add_user_namespace
	start_container
	first=$PID
	for name in user network ipc pid uts; do
		join "$name" "$first"
	done
	new_bundle second
	cp "$BUNDLE/config.json" second/config.json
	chown -R 100000:100000 second/rootfs
	BUNDLE=second config_set --arg path "/$ID-second" '.linux.cgroupsPath = $path |
		del(.hostname) | del(.linux.uidMappings) | del(.linux.gidMappings)'
	start_bundle second "$ID-second"
	for name in user net ipc pid uts; do
		[ "$(namespace_of "$PID" $name)" = "$(namespace_of "$first" $name)" ] || fail "$name"
	done
	succeeds exec "$ID-second" sh -c 'id -u; ls -d /proc/1'
	expect_output $'0\n/proc/1'
}

@test "namespaces: the pid namespace dies with its process 1" {
	start_container
	local first=$PID
	join pid "$PID"
	new_bundle second
	cp "$BUNDLE/config.json" second/config.json
	BUNDLE=second config_set --arg path "/$ID-second" '.linux.cgroupsPath = $path'
	start_bundle second "$ID-second"
	succeeds kill "$ID" KILL
	await_exit "$first" "$PID"
	expect_status "$ID-second" stopped
}

@test "timeOffsets: a new time namespace" {
	local boottime
	boottime=$(cut -d . -f 1 /proc/uptime)
	config_set '.linux.namespaces += [{type: "time"}] |
		.linux.timeOffsets = {monotonic: {secs: 100000, nanosecs: 5}, boottime: {secs: 200000}}'
	run_in clocks
	[ "${output% *}" -ge 100000 ]
	[ "${output#* }" -ge $((boottime + 200000)) ]
	start_container
	succeeds exec "$ID" cat /proc/self/timens_offsets
	expect_line 'monotonic +100000 +5'
	expect_line 'boottime +200000 +0'
	succeeds exec "$ID" clocks
	[ "${output#* }" -ge $((boottime + 200000)) ]
}

@test "timeOffsets: need a time namespace" {
	config_set '.linux.timeOffsets = {boottime: {secs: 5}}'
	fails 1 "time" run --bundle "$BUNDLE" "$ID"
	expect_nothing_left
}

@test "cgroup namespace: its root is the container's cgroup" {
	run_in cat /proc/self/cgroup
	expect_line '0::/'
	[[ "$output" != *corc-test* ]]
	share cgroup
	run_in cat /proc/self/cgroup
	[[ "$output" == *"/$ID"* ]]
}

@test "namespaces: a path that is not there" {
	config_set '.linux.namespaces |= map(select(.type != "network")) +
		[{type: "network", path: "/proc/self/ns/nowhere"}]'
	fails 1 "no such file or directory" run --bundle "$BUNDLE" "$ID"
	[[ "$stderr" == */proc/self/ns/nowhere* ]]
	expect_nothing_left
}

@test "namespaces: a path that is no namespace" {
	touch file
	config_set --arg path "$PWD/file" '.linux.namespaces |= map(select(.type != "network")) +
		[{type: "network", path: $path}]'
	corc run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 1 ]
	expect_error 'namespace|ns'
	expect_nothing_left
}

@test "namespaces: a path of another type" {
	config_set '.linux.namespaces |= map(select(.type != "network")) +
		[{type: "network", path: "/proc/self/ns/uts"}]'
	corc run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 1 ]
	expect_error 'namespace|ns'
	expect_nothing_left
	corc_only "says: invalid argument"
	expect_error '/proc/self/ns/uts.*network|network.*/proc/self/ns/uts'
}

@test "namespaces: a path that is a FIFO does not hang" {
	mkfifo fifo
	config_set --arg path "$PWD/fifo" '.linux.namespaces |= map(select(.type != "network")) +
		[{type: "network", path: $path}]'
	corc_only "hangs"
	corc run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 1 ]
	expect_nothing_left
}

@test "namespaces: the same type twice" {
	config_set '.linux.namespaces += [{type: "uts"}]'
	fails 1 "malformed spec file: duplicated ns" run --bundle "$BUNDLE" "$ID"
	expect_nothing_left
}

@test "namespaces: by a file that a namespace is mounted on" {
	touch net
	unshare --net=net true
	config_set --arg path "$PWD/net" '.linux.namespaces |= map(select(.type != "network")) +
		[{type: "network", path: $path}]'
	run_in stat -L -c %i /proc/self/ns/net
	[ "$output" = "$(stat -c %i net)" ]
	umount net
}

@test "hostname: in a new uts namespace" {
	local before
	before=$(uname -n)
	run_in hostname
	expect_output corc-test
	run_in --set 'del(.hostname)' hostname
	expect_output "$before"
	[ "$(uname -n)" = "$before" ]
}

@test "hostname: in a uts namespace joined by path" {
	hold --uts --fork
	join uts "$HOLDER"
	config_args hostname
	corc run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 0 ]
	expect_output corc-test
	[ "$(nsenter --uts --target "$HOLDER" uname -n)" = corc-test ]
	[ "$(uname -n)" != corc-test ]
}

@test "hostname: not in the caller's" {
	local before
	before=$(uname -n)
	share uts
	fails 1 "unable to set hostname without a private UTS namespace" run --bundle "$BUNDLE" "$ID"
	[ "$(uname -n)" = "$before" ]
	expect_nothing_left
}

@test "domainname: in a new uts namespace" {
	local before
	before=$(</proc/sys/kernel/domainname)
	run_in --set '.domainname = "corc.example"' cat /proc/sys/kernel/domainname
	expect_output corc.example
	[ "$(</proc/sys/kernel/domainname)" = "$before" ]
	run_in --set '.domainname = ""' cat /proc/sys/kernel/domainname
	expect_output "$before"
}

@test "domainname: in a user namespace" {
	add_user_namespace
	run_in --set '.domainname = "corc.example"' cat /proc/sys/kernel/domainname
	expect_output corc.example
}

@test "domainname: not in the caller's" {
	config_set 'del(.hostname) | .domainname = "x" | del(.linux.namespaces[] | select(.type == "uts"))'
	fails 1 "unable to set domainname without a private UTS namespace" run --bundle "$BUNDLE" "$ID"
	expect_nothing_left
}
