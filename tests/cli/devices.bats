#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# devices: the nodes in /dev, and what the cgroups let through.

load helpers

@test "devices: the default ones" {
	run_shell 'cd /dev && stat -c "%n %t:%T %a %u:%g" null zero full random urandom tty'
	expect_output "null 1:3 666 0:0
zero 1:5 666 0:0
full 1:7 666 0:0
random 1:8 666 0:0
urandom 1:9 666 0:0
tty 5:0 666 0:0"
}

@test "devices: the default links" {
	run_shell 'cd /dev && for name in fd stdin stdout stderr ptmx; do
		echo $name $(readlink $name); done; ls /dev'
	expect_line 'fd /proc/self/fd'
	expect_line 'stdin /proc/self/fd/0'
	expect_line 'stdout /proc/self/fd/1'
	expect_line 'stderr /proc/self/fd/2'
	expect_line 'ptmx pts/ptmx'
	expect_no_line console
	expect_no_line vda
}

@test "devices: null, zero, full, random work" {
	run_shell 'head -c 3 /dev/zero | od -An -c; cat /dev/null; echo x 2>&1 >/dev/full;
		head -c 8 /dev/urandom | wc -c'
	expect_line ' +\\0 +\\0 +\\0'
	expect_line 8
}

@test "devices: further ones, with mode and owner" {
	config_set '.linux.devices = [
		{path: "/dev/mine", type: "c", major: 1, minor: 3, fileMode: 384, uid: 5, gid: 6},
		{path: "/dev/below/block", type: "b", major: 7, minor: 0},
		{path: "/dev/fifo", type: "p", fileMode: 420},
		{path: "/dev/unbuffered", type: "u", major: 1, minor: 5}]'
	run_shell 'cd /dev && stat -c "%n %F %t:%T %a %u:%g" mine below/block fifo unbuffered'
	expect_line 'mine character special file 1:3 600 5:6'
	expect_line 'below/block block special file 7:0 666 0:0'
	expect_line 'fifo fifo 0:0 644 0:0'
	expect_line 'unbuffered character special file 1:5 666 0:0'
}

@test "devices: a default one with another mode" {
	config_set '.linux.devices = [{path: "/dev/full", type: "c", major: 1, minor: 7,
		fileMode: 432, uid: 7, gid: 8}]'
	run_in stat -c '%t:%T %a %u:%g' /dev/full
	expect_output "1:7 660 7:8"
}

@test "devices: the umask of the caller does not count" {
	umask 077
	config_set '.linux.devices = [{path: "/dev/mine", type: "c", major: 1, minor: 3}]'
	run_in stat -c %a /dev/mine /dev/null
	expect_output $'666\n666'
}

@test "devices: outside of /dev" {
	config_set '.root.readonly = false |
		.linux.devices = [{path: "/home/mine", type: "c", major: 1, minor: 3}]'
	run_in stat -c '%F %t:%T' /home/mine
	expect_output "character special file 1:3"
}

@test "devices: in a user namespace they are those of the host" {
	add_user_namespace
	run_shell 'stat -c "%n %t:%T" /dev/null /dev/tty; echo x >/dev/null; head -c 1 /dev/zero | wc -c'
	expect_line '/dev/null 1:3'
	expect_line '/dev/tty 5:0'
	expect_line 1
}

@test "devices: not made when /dev is a bind mount" {
	mkdir source
	mknod -m 666 source/null c 1 3
	config_set --arg source "$PWD/source" '.mounts |= (.[0:1] + [{destination: "/dev",
		type: "bind", source: $source, options: ["rbind"]}])'
	run_in ls -A /dev
	expect_output null
	[ "$(ls -A source)" = null ]
}

@test "devices: those that the rules do not allow cannot be opened" {
	[ -n "$(controller devices)" ] || is_cgroup_v2 ||
		skip "the view $CORC_TEST_VIEW has no device control"
	# 1:11 is /dev/kmsg, 1:3 null.
	config_set '.linux.devices = [{path: "/dev/mine", type: "c", major: 1, minor: 11}] |
		.process.capabilities |= map_values(. + ["CAP_SYSLOG", "CAP_SYS_ADMIN"])'
	run_shell 'head -c 0 /dev/null && { head -c 0 /dev/mine 2>&1 || echo refused; }'
	[[ "$output" == *"Operation not permitted"* ]]
	expect_line refused
}

@test "devices: those that a rule allows can be opened" {
	config_set '.linux.devices = [{path: "/dev/mine", type: "c", major: 1, minor: 11}] |
		.linux.resources.devices += [{allow: true, type: "c", major: 1, minor: 11, access: "r"}] |
		.process.capabilities |= map_values(. + ["CAP_SYSLOG"])'
	run_shell 'head -c 0 /dev/mine && echo read; { echo x >/dev/mine; } 2>/dev/null || echo refused'
	expect_line read
	expect_line refused
}

@test "devices: the last rule that fits counts" {
	config_set '.linux.devices = [{path: "/dev/mine", type: "c", major: 1, minor: 11}] |
		.linux.resources.devices += [
			{allow: true, type: "c", major: 1, minor: 11, access: "rwm"},
			{allow: false, type: "c", major: 1, minor: 11, access: "rwm"}] |
		.process.capabilities |= map_values(. + ["CAP_SYSLOG"])'
	run_shell 'head -c 0 /dev/mine 2>/dev/null || echo refused'
	expect_output refused
}

@test "devices: allow everything" {
	config_set '.linux.devices = [{path: "/dev/mine", type: "c", major: 1, minor: 11}] |
		.linux.resources.devices = [{allow: true, access: "rwm"}] |
		.process.capabilities |= map_values(. + ["CAP_SYSLOG"])'
	run_shell 'head -c 0 /dev/mine && echo read'
	expect_output read
}

@test "devices: mknod of anything, opening of nothing" {
	config_set '.root.readonly = false |
		.process.capabilities |= map_values(. + ["CAP_MKNOD"])'
	run_shell 'mknod /tmp/kmsg c 1 11 && echo made; head -c 0 /tmp/kmsg 2>/dev/null || echo refused;
		mknod /tmp/null c 1 3 && echo x >/tmp/null && echo written'
	expect_line made
	expect_line refused
	expect_line written
}

@test "devices: exec has the same rules" {
	config_set '.root.readonly = false | .process.capabilities |= map_values(. + ["CAP_MKNOD"])'
	start_container
	succeeds exec "$ID" sh -c \
		'mknod /tmp/kmsg c 1 11; head -c 0 /tmp/kmsg 2>/dev/null || echo refused; head -c 0 /dev/null'
	expect_output refused
}

@test "devices: a path that is there already as something else" {
	corc_only "takes the file for the device"
	config_set '.linux.devices = [{path: "/etc/passwd", type: "c", major: 1, minor: 3}] |
		.root.readonly = false'
	corc run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"/etc/passwd"* ]]
	[ -s "$ROOTFS/etc/passwd" ]
	expect_nothing_left
}
