#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# maskedPaths and readonlyPaths.

load helpers

@test "maskedPaths: files read as empty, directories are empty and read-only" {
	mkdir "$ROOTFS/secret"
	touch "$ROOTFS/secret/file"
	config_set '.linux.maskedPaths += ["/etc/passwd", "/secret"] | .root.readonly = false'
	run_shell 'cat /etc/passwd; ls -A /secret; touch /secret/x 2>&1; echo x >/etc/passwd;
		ls -A /sys/firmware'
	[[ "$output" == *"Read-only file system"* ]]
	[ "$(wc -l <<<"$output")" -eq 1 ]
	[ -s "$ROOTFS/etc/passwd" ]
}

@test "maskedPaths: the default ones" {
	run_shell 'for path in /proc/kcore /proc/keys /proc/timer_list; do
		[ ! -e $path ] || stat -c "%n %t:%T" $path; done'
	expect_line '/proc/keys 1:3'
	expect_no_line '/proc/.* 0:0'
}

@test "maskedPaths: one that is not there is passed over" {
	config_set '.linux.maskedPaths += ["/no/such/path"]'
	run_in echo hello
	expect_output hello
	[ ! -e "$ROOTFS/no" ]
}

@test "maskedPaths: cannot be undone from inside" {
	config_set '.process.capabilities |= map_values(. + ["CAP_SYS_PTRACE"])'
	run_shell 'umount /proc/keys 2>&1 || echo refused; cat /proc/keys'
	expect_line refused
	[ "$(wc -l <<<"$output")" -eq 2 ]
}

@test "maskedPaths: a link in the rootfs leads to nothing on the host" {
	mkdir host
	echo data >host/file
	ln -s "$PWD/host/file" "$ROOTFS/tmp/link"
	config_set '.linux.maskedPaths += ["/tmp/link"]'
	run_in echo hello
	expect_output hello
	[ "$(<host/file)" = data ]
	[ "$(</proc/self/mountinfo)" = "$MOUNTS_BEFORE" ]
}

@test "maskedPaths: /dev/null of the image is not trusted" {
	config_set '.linux.maskedPaths += ["/etc/passwd"] |
		.mounts |= map(select(.destination | startswith("/dev") | not))'
	echo "a file" >"$ROOTFS/dev/null"
	corc run --bundle "$BUNDLE" "$ID"
	if [ "$status" -eq 0 ]; then
		run_shell 'cat /etc/passwd'
		expect_output ""
	fi
}

@test "readonlyPaths: cannot be written" {
	config_set '.linux.readonlyPaths += ["/tmp", "/etc/passwd"] | .root.readonly = false'
	run_shell 'touch /tmp/x 2>&1; { echo x >>/etc/passwd; } 2>&1; touch /home/x;
		{ echo 1 >/proc/sys/kernel/domainname; } 2>&1; true'
	[ -e "$ROOTFS/home/x" ]
	[ ! -e "$ROOTFS/tmp/x" ]
	[[ "$output" == *"Read-only file system"*"Read-only file system"* ]]
}

@test "readonlyPaths: keep the flags of the mount they are on" {
	run_in cat /proc/self/mountinfo
	expect_line '.* /proc/sys ro,relatime - proc .*'
	config_set '.linux.readonlyPaths += ["/dev/shm"]'
	run_in cat /proc/self/mountinfo
	expect_line '.* /dev/shm ro,nosuid,nodev,noexec,relatime - tmpfs .*'
}

@test "readonlyPaths: one that is not there is passed over" {
	config_set '.linux.readonlyPaths += ["/no/such/path"]'
	run_in echo hello
	expect_output hello
	[ ! -e "$ROOTFS/no" ]
}

@test "maskedPaths and readonlyPaths need a mount namespace" {
	config_set 'del(.linux.namespaces[] | select(.type == "mount")) | .mounts = [] |
		.linux.readonlyPaths = []'
	corc run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 1 ]
	expect_error 'mount|MNT'
	expect_nothing_left
}

@test "maskedPaths: in a user namespace" {
	add_user_namespace
	config_set '.linux.maskedPaths += ["/etc/passwd", "/home"]'
	run_shell 'cat /etc/passwd; ls -A /home; echo end'
	expect_output end
}
