#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A new user namespace: mappings, what works in it, what does not.

load helpers

@test "user namespace: the maps are as configured" {
	add_user_namespace
	config_set '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000},
		{containerID: 1000, hostID: 200000, size: 1}] |
		.linux.gidMappings = [{containerID: 0, hostID: 100000, size: 500}]'
	run_in cat /proc/self/uid_map /proc/self/gid_map
	expect_line ' +0 +100000 +1000'
	expect_line ' +1000 +200000 +1'
	expect_line ' +0 +100000 +500'
	[ "$(wc -l <<<"$output")" -eq 3 ]
}

@test "user namespace: the container's root is nobody on the host" {
	add_user_namespace
	start_container
	[ "$(awk '/^Uid:/ { print $2 }' "/proc/$PID/status")" = 100000 ]
	[ "$(awk '/^Gid:/ { print $2 }' "/proc/$PID/status")" = 100000 ]
	succeeds exec "$ID" stat -c '%u %g' /bin/busybox
	expect_output "0 0"
}

@test "user namespace: users, groups and capabilities" {
	add_user_namespace
	config_set '.process.user = {uid: 1000, gid: 100, additionalGids: [5, 6]}'
	run_in grep -E '^(Uid|Gid|Groups|CapBnd|CapEff):' /proc/self/status
	expect_line $'Uid:\t1000\t1000\t1000\t1000'
	expect_line $'Gid:\t100\t100\t100\t100'
	expect_line $'Groups:\t5 6 '
	expect_line $'CapBnd:\t0000000020000420'
	expect_line $'CapEff:\t0000000000000000'
}

@test "user namespace: no id 0, the process is the first mapped id" {
	config_set '.linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 5000, hostID: 100000, size: 10}] |
		.linux.gidMappings = .linux.uidMappings | .process.user = {uid: 5001, gid: 5002} |
		.process.capabilities = {} | .mounts |= map(select(.type != "devpts")) |
		del(.mounts[] | select(.type == "cgroup"))'
	chown -R 100000:100000 "$ROOTFS"
	corc_only "needs id 0"
	run_shell 'id -u; id -g'
	expect_output $'5001\n5002'
}

@test "user namespace: all the default mounts, hostname, masks" {
	add_user_namespace
	run_shell 'hostname; cat /proc/self/mountinfo'
	expect_line corc-test
	expect_line '.* /proc rw,relatime - proc .*'
	expect_line '.* /dev/pts .* - devpts .*'
	expect_line '.* /dev/mqueue .* - mqueue .*'
	expect_line '.* /sys ro,.* - sysfs .*'
	expect_line '.* /proc/sys ro,.*'
}

@test "user namespace: bind mounts of directories that only the host's root may enter" {
	mkdir -m 700 private
	mkdir -m 755 private/open
	echo data >private/open/file
	add_user_namespace
	config_set --arg source "$PWD/private/open" '.mounts += [{destination: "/tmp", type: "bind",
		source: $source, options: ["bind", "ro"]}]'
	run_in cat /tmp/file
	expect_output data
}

@test "user namespace: 300 bind mounts" {
	mkdir source
	add_user_namespace
	config_set --arg source "$PWD/source" '.root.readonly = false | .mounts += [range(300) |
		{destination: "/tmp/\(.)", type: "bind", source: $source, options: ["bind", "ro"]}]'
	run_in sh -c 'grep -c " /tmp/[0-9]* ro" /proc/self/mountinfo'
	expect_output 300
}

@test "user namespace: exec, and again" {
	add_user_namespace
	start_container
	for _ in 1 2 3; do
		succeeds exec "$ID" sh -c 'id -u; readlink /proc/self/ns/user'
		expect_output "0"$'\n'"$(readlink "/proc/$PID/ns/user")"
	done
	succeeds exec -u 1000:1001 "$ID" sh -c 'id -u; id -g'
	expect_output $'1000\n1001'
}

@test "user namespace: kill and delete" {
	add_user_namespace
	start_container
	hear ready
	succeeds kill "$ID" USR1
	hear SIGUSR1
	succeeds delete --force "$ID"
	expect_nothing_left
}

@test "user namespace: an id that is not mapped" {
	add_user_namespace
	config_set '.process.user.uid = 70000'
	corc run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 1 ]
	expect_error 'invalid argument|70000 has no mapping'
	expect_nothing_left
}

@test "user namespace: needs mappings" {
	config_set '.linux.namespaces += [{type: "user"}]'
	corc run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 1 ]
	corc_only "says: operation not permitted"
	expect_error 'linux.*a new user namespace needs uidMappings'
	expect_nothing_left
}

@test "user namespace: mappings need one" {
	corc_only "uses them for mounts"
	config_set '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 10}]'
	corc run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 1 ]
	expect_error 'user namespace|USER namespace|User namespace'
	expect_nothing_left
}

@test "user namespace: mappings that overlap" {
	add_user_namespace
	config_set '.linux.uidMappings += [{containerID: 5, hostID: 300000, size: 10}]'
	corc run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 1 ]
	expect_nothing_left
	corc_only "leaves it to the kernel"
	expect_error 'linux\.uidMappings\[1\]\.containerID: .*overlap'
}

@test "user namespace: 340 mappings, the most that the kernel takes" {
	config_set '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [range(340) |
		{containerID: ., hostID: (1000 + . * 2), size: 1}] |
		.linux.gidMappings = .linux.uidMappings'
	chown -R 1000:1000 "$ROOTFS"
	run_shell 'wc -l </proc/self/uid_map'
	expect_output 340
}

@test "user namespace: setgroups works when the caller is root" {
	add_user_namespace
	run_in cat /proc/self/setgroups
	expect_output allow
}

@test "user namespace: the identity mapping of root alone" {
	config_set '.linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 0, size: 1}] |
		.linux.gidMappings = .linux.uidMappings |
		del(.mounts[] | select(.type == "devpts").options[] | select(startswith("gid=")))'
	run_in id -u
	expect_output 0
}

@test "user namespace: the container cannot reach the host" {
	add_user_namespace
	config_set '.root.readonly = false | .process.capabilities |= map_values(. +
		["CAP_SYS_ADMIN", "CAP_MKNOD", "CAP_SYS_CHROOT", "CAP_DAC_OVERRIDE"])'
	run_in try mknod sethostname
	expect_output "mknod EPERM
sethostname ok"
}

@test "user namespace: exec as a user or with a group that has no mapping tells that" {
	local option
	corc_only "has other words"
	add_user_namespace
	start_container
	for option in --user=70000 --user=0:70000 --additional-gids=70000; do
		fails 255 "invalid argument (the user or a group has no mapping in the container's user namespace)" \
			exec "$option" "$ID" true
	done
}
