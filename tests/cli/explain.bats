#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What a failure says beyond its errno: the cases in which people lost hours.

load helpers

setup() {
	setup_test
	config_set '.root.readonly = false'
}

# says_everywhere TEXT COMMAND...: create or start, run and exec of the command fail and say the text, a
# regular expression.
says_everywhere() {
	local text=$1
	shift
	config_args "$@"
	corc create --bundle "$BUNDLE" "$ID" </dev/null
	if [ "$status" -eq 0 ]; then
		corc start "$ID"
	fi
	[ "$status" -eq 1 ]
	expect_error "$text"
	succeeds delete --force "$ID"
	corc run --bundle "$BUNDLE" "$ID" </dev/null
	[ "$status" -eq 1 ]
	expect_error "$text"
	expect_nothing_left
	start_container
	corc exec "$ID" "$@"
	[ "$status" -eq 255 ]
	expect_error "$text"
	succeeds delete --force "$ID"
}

executable() { # NAME CONTENT
	printf %b "$2" >"$ROOTFS/bin/$1"
	chmod 755 "$ROOTFS/bin/$1"
}

# A program that begins as the one of busybox does, with the byte at an offset changed.
elf_with() { # NAME OFFSET BYTE
	cp "$ROOTFS/bin/busybox" "$ROOTFS/bin/$1"
	printf %b "$3" | dd of="$ROOTFS/bin/$1" bs=1 seek="$2" conv=notrunc status=none
}

# moby#29420, runc#3676
@test "explain: a script whose interpreter is not in the image" {
	executable script '#!/usr/bin/python3\n'
	says_everywhere 'exec: "script": interpreter "/usr/bin/python3" not found: no such file' script
	says_everywhere 'interpreter "/usr/bin/python3" not found' /bin/script
}

# tektoncd/pipeline#5708
@test "explain: a script with Windows line ends" {
	executable script '#!/bin/sh\r\necho hello\r\n'
	says_everywhere 'interpreter "/bin/sh\\r" not found.*Windows line ends' script
}

# moby#40859
@test "explain: a dynamic program without its loader" {
	printf 'int main(void) { return 0; }\n' >dynamic.c
	gcc -o "$ROOTFS/bin/dynamic" dynamic.c
	says_everywhere 'exec: "dynamic": interpreter "/lib.*/ld-linux.*" not found: no such file' dynamic
}

@test "explain: a program for another processor" {
	# e_machine
	elf_with foreign 18 '\x16'
	says_everywhere 'exec: "foreign": exec format error.*another processor' foreign
}

@test "explain: neither a program nor a script" {
	executable text 'hello\n'
	says_everywhere 'exec: "text": exec format error.*neither an ELF program nor a script' text
}

@test "explain: a file that may not be executed" {
	printf '#!/bin/sh\n' >"$ROOTFS/bin/script"
	chmod 640 "$ROOTFS/bin/script"
	says_everywhere 'exec: "(/bin/)?script": permission denied.*its mode is 0640, its owner user 0' /bin/script
	says_everywhere 'exec: "script": permission denied.*its mode is 0640' script
}

@test "explain: a directory" {
	says_everywhere 'exec: "/etc": is a directory' /etc
}

@test "explain: a file system that is mounted noexec" {
	mkdir source
	cp "$ROOTFS/bin/busybox" source/true
	config_set --arg source "$PWD/source" '.mounts += [{destination: "/mnt", type: "bind",
		source: $source, options: ["bind", "noexec"]}]'
	says_everywhere 'exec: "/mnt/true": permission denied.*mounted noexec' /mnt/true
}

# podman#23356, podman#25080
@test "explain: a directory on the way that is closed to the user" {
	mkdir -p "$ROOTFS/home/u/bin"
	cp "$ROOTFS/bin/busybox" "$ROOTFS/home/u/bin/true"
	chmod 700 "$ROOTFS/home/u"
	chown 1234 "$ROOTFS/home/u"
	config_set '.process.user = {uid: 1000, gid: 1000}'
	says_everywhere \
		'"/home/u/bin/true": permission denied.*/home/u is closed to .*: mode 0700, owner 1234' \
		/home/u/bin/true
}

# podman#25080
@test "explain: the mapping of the user namespace to whom a directory is closed" {
	add_user_namespace
	mkdir -p "$ROOTFS/srv/bin"
	cp "$ROOTFS/bin/busybox" "$ROOTFS/srv/bin/true"
	chown -R 0:0 "$ROOTFS/srv"
	chmod 700 "$ROOTFS/srv"
	config_args /srv/bin/true
	fails 1 'permission denied' run --bundle "$BUNDLE" "$ID"
	expect_error '/srv is closed to .*: mode 0700, owner 65534; .* maps user 0 to 100000 of the host'
	config_set '.process.cwd = "/srv/bin"'
	config_args true
	fails 1 'chdir to cwd ("/srv/bin"): permission denied' run --bundle "$BUNDLE" "$ID"
	expect_error 'process.cwd: .*/srv is closed to .*: mode 0700, owner 65534; .* maps user 0 to 100000'
}

add_bind() { # SOURCE DESTINATION
	config_set --arg source "$1" --arg destination "$2" '.mounts = .mounts[:7] + [{destination:
		$destination, type: "bind", source: $source, options: ["bind"]}]'
}

# moby#31702, runc#3318, podman#5309
@test "explain: a mount of a directory on a file, a file on a directory" {
	mkdir directory
	touch file
	config_args true
	add_bind "$PWD/directory" /etc/passwd
	fails 1 "mounts[7]: bind $PWD/directory on /etc/passwd (bind): destination: not a directory" \
		run --bundle "$BUNDLE" "$ID"
	expect_error 'the source is a directory and the destination a file'
	add_bind "$PWD/file" /etc
	fails 1 "mounts[7]: bind $PWD/file on /etc (bind): the source is a file and the destination a directory: not a directory" \
		run --bundle "$BUNDLE" "$ID"
	add_bind "$PWD/directory" /etc/passwd/below
	fails 1 'destination: not a directory' run --bundle "$BUNDLE" "$ID"
	expect_error '/etc/passwd on the way is a file'
	add_bind "$PWD/nowhere" /mnt
	fails 1 "mounts[7]: bind $PWD/nowhere on /mnt: source does not exist: no such file or directory" \
		run --bundle "$BUNDLE" "$ID"
	expect_nothing_left
}

# podman#5309
@test "explain: a new file system on a file, and one whose source is not there" {
	config_args true
	config_set '.mounts = .mounts[:7] + [{destination: "/etc/passwd", type: "tmpfs", source: "tmpfs"}]'
	fails 1 'mounts[7]: mount tmpfs on /etc/passwd: destination: not a directory' \
		run --bundle "$BUNDLE" "$ID"
	expect_error 'the destination is a file'
	config_set '.mounts[7] = {destination: "/mnt", type: "ext4", source: "/dev/no-such-device"}'
	fails 1 'mounts[7]: mount ext4 /dev/no-such-device on /mnt: ' run --bundle "$BUNDLE" "$ID"
	expect_nothing_left
}

# runc#1123
@test "explain: a mount point that is missing in a root file system that cannot be written" {
	mkdir below source
	mount -t tmpfs corc-test below
	cp -a "$ROOTFS/." below/
	mount -o remount,ro below
	config_set --arg rootfs "$PWD/below" '.root.path = $rootfs'
	add_bind "$PWD/source" /missing/point
	config_args true
	corc run --bundle "$BUNDLE" "$ID"
	umount below
	[ "$status" -eq 1 ]
	expect_error 'on /missing/point .*destination: read-only file system.*not there and cannot be made'
	expect_nothing_left
}

# runc#2736, moby#41167
# bats test_tags=vm
@test "explain: a memory limit that is too low" {
	needs_controller memory
	config_set '.linux.resources.memory.limit = 65536'
	config_args true
	fails 1 'the stage was killed by signal 9' run --bundle "$BUNDLE" "$ID"
	expect_error 'ran out of memory: memory\.(limit_in_bytes|max) is 65536'
	expect_nothing_left
}
