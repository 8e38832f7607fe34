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

@test "devices: the same one twice is one, another at its path an error" {
	config_set '.linux.devices = [
		{path: "/dev/mine", type: "c", major: 1, minor: 3, fileMode: 384},
		{path: "/dev/mine", type: "c", major: 1, minor: 3, uid: 5},
		{path: "/dev/fifo", type: "p"}, {path: "/dev/fifo", type: "p"}]'
	run_in stat -c '%t:%T %a %u' /dev/mine
	expect_output "1:3 600 0"
	config_set '.linux.devices[1].minor = 5'
	fails 1 'linux.devices[1].path: "/dev/mine" is the path of device 0 already' \
		run --bundle "$BUNDLE" "$ID"
	add_user_namespace
	config_set 'del(.linux.devices[1:])'
	config_set '.linux.devices += .linux.devices | .linux.devices[].path = "/dev/null"'
	run_in grep -c ' /dev/null ' /proc/self/mountinfo
	expect_output 1
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

@test "devices: a FIFO needs no numbers, another does" {
	config_set '.linux.devices = [{path: "/dev/fifo", type: "p", major: 7, minor: 8, uid: 1, gid: 2}]'
	run_in stat -c '%F %t:%T %a %u:%g' /dev/fifo
	expect_output 'fifo 0:0 666 1:2'
	local type
	for type in c b u; do
		config_set --arg type "$type" '.linux.devices = [{path: "/dev/mine", type: $type, minor: 1}]'
		corc run --bundle "$BUNDLE" "$ID"
		[ "$status" -eq 1 ] || fail "$type"
		[[ "$stderr" == *"linux.devices[0]"* || "$CORC_TEST_PROGRAM" != corc ]] || fail "$type"
	done
	expect_nothing_left
}

@test "devices: a node of the image with another mode and owner" {
	corc_only "leaves it as it is"
	config_set '.mounts |= map(select(.destination | startswith("/dev") | not)) |
		.linux.devices = [{path: "/dev/mine", type: "c", major: 1, minor: 3, fileMode: 432, uid: 5, gid: 6},
			{path: "/dev/fifo", type: "p", fileMode: 416}]'
	mknod -m 600 "$ROOTFS/dev/mine" c 1 3
	mknod -m 777 "$ROOTFS/dev/null" c 1 3
	chmod 4777 "$ROOTFS/dev/null"
	mkfifo -m 777 "$ROOTFS/dev/fifo"
	chown 9:9 "$ROOTFS/dev/fifo"
	run_in stat -c '%n %t:%T %a %u:%g' /dev/mine /dev/null /dev/fifo
	expect_output "/dev/mine 1:3 660 5:6
/dev/null 1:3 666 0:0
/dev/fifo 0:0 640 0:0"
}

@test "devices: a node of the host that is bound there keeps its mode" {
	mknod -m 600 node c 1 3
	chown 7:8 node
	config_set --arg source "$PWD/node" '.mounts = .mounts[0:7] + [{destination: "/dev/mine",
		type: "bind", source: $source, options: ["bind"]}] |
		.linux.devices = [{path: "/dev/mine", type: "c", major: 1, minor: 3, fileMode: 438, uid: 1, gid: 1}]'
	run_in stat -c '%t:%T %a %u:%g' /dev/mine
	expect_output '1:3 600 7:8'
	[ "$(stat -c '%a %u:%g' node)" = '600 7:8' ]
}

@test "devices: in a rootfs that is read-only itself and has them" {
	config_set '.mounts |= map(select(.destination | startswith("/dev") | not))'
	local name
	while read -r -u 8 name major minor; do
		mknod -m 600 "$ROOTFS/dev/$name" c "$major" "$minor"
	done 8<<<$'null 1 3\nzero 1 5\nfull 1 7\nrandom 1 8\nurandom 1 9\ntty 5 0'
	for name in fd stdin stdout stderr core; do
		ln -s /proc/self/fd "$ROOTFS/dev/$name"
	done
	ln -s pts/ptmx "$ROOTFS/dev/ptmx"
	mount --bind "$ROOTFS" "$ROOTFS"
	mount -o remount,bind,ro "$ROOTFS"
	config_args stat -c '%a' /dev/null
	corc run --bundle "$BUNDLE" "$ID"
	umount "$ROOTFS"
	[ "$status" -eq 0 ]
	expect_output 600
}

@test "devices: all types in a user namespace" {
	corc_only "makes no FIFO there"
	mknod -m 660 /dev/corc-test-node c 1 5
	chown 100005:100006 /dev/corc-test-node
	add_user_namespace
	config_set '.linux.devices = [{path: "/dev/corc-test-node", type: "c", major: 1, minor: 5},
		{path: "/dev/fifo", type: "p", fileMode: 384, uid: 3, gid: 4}]'
	config_args stat -c '%n %F %t:%T %a %u:%g' /dev/corc-test-node /dev/fifo
	corc run --bundle "$BUNDLE" "$ID"
	rm /dev/corc-test-node
	expect_output "/dev/corc-test-node character special file 1:5 660 5:6
/dev/fifo fifo 0:0 600 3:4"
	fails 1 "no such file or directory" run --bundle "$BUNDLE" "$ID"
	[[ "$stderr" == */dev/corc-test-node* ]]
	# Another device of that name on the host.
	mknod -m 660 /dev/corc-test-node c 1 3
	corc run --bundle "$BUNDLE" "$ID"
	rm /dev/corc-test-node
	[ "$status" -eq 1 ]
	expect_error "another device"
	expect_nothing_left
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
