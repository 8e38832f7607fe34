#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Idmapped mounts: of directories of the host and of file systems that are made for the container.

load helpers

SHIFTED='[{containerID: 0, hostID: 100000, size: 65536}]'

setup() {
	setup_test
	mkdir source
	touch source/root source/user
	chown 5:6 source/user
}

# bind EXPRESSION: the bind mount of $PWD/source on /data, changed by the expression.
bind() {
	config_set --arg source "$PWD/source" '.mounts += [{destination: "/data", type: "bind",
		source: $source, options: ["bind"]} | '"$1"']'
}

# owners FILE...: of files of the container's /data.
owners() {
	run_in stat -c '%u:%g' "${@/#//data/}"
}

@test "idmap: uidMappings and gidMappings of a bind mount" {
	bind '.uidMappings = [{containerID: 0, hostID: 1000, size: 1},
		{containerID: 5, hostID: 7, size: 1}] |
		.gidMappings = [{containerID: 0, hostID: 2000, size: 10}]'
	owners root user
	expect_output $'1000:2000\n7:2006'
}

@test "idmap: an id that is not mapped is nobody's" {
	bind ".uidMappings = [{containerID: 0, hostID: 1000, size: 1}] | .gidMappings = .uidMappings"
	owners user
	expect_output 65534:65534
}

@test "idmap: what is written gets the ids of the file system" {
	bind '.uidMappings = [{containerID: 100, hostID: 0, size: 1}] | .gidMappings = .uidMappings'
	chown 100:100 source
	run_in touch /data/new
	[ "$(stat -c %u:%g source/new)" = 100:100 ]
}

@test "idmap: in a user namespace the option alone means its mappings" {
	add_user_namespace
	bind '.options += ["idmap"]'
	run_shell 'stat -c "%u:%g" /data/root /data/user && touch /data/new'
	expect_output $'0:0\n5:6'
	[ "$(stat -c %u:%g source/new)" = 0:0 ]
}

@test "idmap: mappings in the option, of the host's ids and of the container's" {
	corc_only "is another's option"
	bind '.options += ["idmap=uids=0-1-1#5-10-1;gids=0-3-10"]'
	owners root user
	expect_output $'1:3\n10:9'
	add_user_namespace
	config_set '.mounts[-1].options[1] = "idmap=uids=@0-7-1#5-100009-1;gids=@0-8-10"'
	owners root user
	expect_output $'7:8\n9:14'
}

@test "idmap: ridmap reaches what is mounted below, idmap does not" {
	mkdir source/below
	mount -t tmpfs corc-test source/below
	touch source/below/file
	bind '.options = ["rbind", "idmap"] |
		.uidMappings = [{containerID: 0, hostID: 1000, size: 1}] | .gidMappings = .uidMappings'
	owners root below/file
	[ "$output" = $'1000:1000\n0:0' ] || fail "idmap"
	config_set '.mounts[-1].options[1] = "ridmap"'
	owners root below/file
	umount source/below
	expect_output $'1000:1000\n1000:1000'
}

@test "idmap: a new tmpfs, with its options, the mode of the directory and read-only in the end" {
	corc_only "maps bind mounts only, or makes it in another way"
	mkdir -m 2751 "$ROOTFS/data"
	config_set '.mounts += [{destination: "/data", type: "tmpfs", source: "tmpfs",
		options: ["size=64k", "nosuid", "ro"],
		uidMappings: [{containerID: 0, hostID: 1000, size: 1}],
		gidMappings: [{containerID: 0, hostID: 2000, size: 1}]}]'
	run_shell 'stat -c "%u:%g %a" /data; grep " /data " /proc/mounts; touch /data/x 2>/dev/null || echo no'
	expect_line '1000:2000 2751'
	expect_line 'tmpfs /data tmpfs ro,nosuid,relatime,.*size=64k.*'
	expect_line no
}

@test "idmap: a new tmpfs in a user namespace, with what the directory holds" {
	corc_only "maps bind mounts only, or makes it in another way"
	mkdir "$ROOTFS/data"
	touch "$ROOTFS/data/file"
	add_user_namespace
	config_set '.mounts += [{destination: "/data", type: "tmpfs", source: "tmpfs",
		options: ["idmap", "tmpcopyup"]}]'
	run_shell 'touch /data/new && stat -c "%u:%g" /data/file /data/new'
	expect_output $'0:0\n0:0'
}

@test "idmap: a tmpfs on /dev gets the devices" {
	corc_only "maps bind mounts only, or makes it in another way"
	config_set '(.mounts[] | select(.destination == "/dev")) |= (
		.uidMappings = [{containerID: 0, hostID: 0, size: 65536}] | .gidMappings = .uidMappings)'
	run_shell 'echo x >/dev/null && [ -c /dev/zero ] && [ -L /dev/stdin ]'
}

@test "idmap: the error names the file system that cannot" {
	corc_only "has other words"
	config_set '.mounts += [{destination: "/data", type: "bind", source: "/proc/sys",
		options: ["bind"], uidMappings: '"$SHIFTED"', gidMappings: '"$SHIFTED"'}]'
	fails 1 'bind /proc/sys on /data: idmap: the kernel cannot map ids of the file system proc: invalid argument' \
		run --bundle "$BUNDLE" "$ID"
	[[ "$stderr" == *"mounts["* ]]
	expect_nothing_left
	config_set '.mounts[-1] |= (.source = "sysfs" | .type = "ramfs" | .options = [])'
	fails 1 'mount ramfs on /data: idmap: the kernel cannot map ids of the file system ramfs: invalid argument' \
		run --bundle "$BUNDLE" "$ID"
	config_set '.mounts[-1].type = "nonsense"'
	fails 1 'mount nonsense on /data: file system type: no such device' run --bundle "$BUNDLE" "$ID"
	config_set '.mounts[-1] |= (.type = "tmpfs" | .options = ["size=x"])'
	fails 1 'mount tmpfs on /data: option "size=x": invalid argument' run --bundle "$BUNDLE" "$ID"
	expect_nothing_left
}

@test "idmap: mappings that the kernel does not take" {
	corc_only "has other words"
	bind '.options += ["idmap=uids=0-0-5#3-9-1;gids=0-0-1"]'
	fails 1 'idmap: uid_map "0 0 5' run --bundle "$BUNDLE" "$ID"
	expect_nothing_left
}
