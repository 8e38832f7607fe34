#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Every mount option of the specification, and those that others added, seen on the kernel.

load helpers

# mount_line PATH: "TYPE OPTIONS SUPER-OPTIONS" of the last mount on PATH in a mountinfo on $output.
mount_line() {
	awk -v path="$1" '$5 == path { for (i = 7; $i != "-"; i++); found = $(i + 1) " " $6 " " $(i + 3) }
		END { print found }' <<<"$output"
}

options_of() {
	mount_line "$1" | cut -d ' ' -f 2
}

# mounts_of JSON...: config.json has its own seven mounts and these.
mounts_of() {
	config_set --slurp '.[0] as $config | $config | .mounts = .mounts[0:7]'
	local mount
	for mount; do
		config_set --argjson mount "$mount" '.mounts += [$mount]'
	done
}

# bind DESTINATION OPTIONS: a bind mount of $PWD/source, as JSON.
bind() {
	jq -cn --arg source "$PWD/source" --arg destination "$1" --arg options "$2" \
		'{destination: $destination, type: "bind", source: $source, options: ($options | split(","))}'
}

# tmpfs DESTINATION OPTIONS
tmpfs() {
	jq -cn --arg destination "$1" --arg options "$2" '{destination: $destination, type: "tmpfs",
		source: "tmpfs", options: ($options | split(",") | map(select(. != "")))}'
}

@test "mount options: of a bind mount, each on the mount that it makes" {
	corc_only "takes some of them for options of the file system"
	local option expected
	mkdir source
	while read -r -u 8 option expected; do
		mounts_of "$(bind /tmp "bind,$option")"
		run_in cat /proc/self/mountinfo
		[ "$(options_of /tmp)" = "$expected" ] || fail "$option: $(options_of /tmp), not $expected"
	done 8<<-'END'
		async rw,relatime
		atime rw,relatime
		defaults rw,relatime
		dev rw,relatime
		diratime rw,relatime
		dirsync rw,relatime
		exec rw,relatime
		iversion rw,relatime
		lazytime rw,relatime
		loud rw,relatime
		mand rw,relatime
		noatime rw,noatime
		nodev rw,nodev,relatime
		nodiratime rw,nodiratime,relatime
		noexec rw,noexec,relatime
		noiversion rw,relatime
		nolazytime rw,relatime
		nomand rw,relatime
		norelatime rw,relatime
		nostrictatime rw,relatime
		nosuid rw,nosuid,relatime
		nosymfollow rw,relatime,nosymfollow
		ratime rw,relatime
		rdev rw,relatime
		rdiratime rw,relatime
		relatime rw,relatime
		rexec rw,relatime
		rnoatime rw,noatime
		rnodev rw,nodev,relatime
		rnodiratime rw,nodiratime,relatime
		rnoexec rw,noexec,relatime
		rnorelatime rw,relatime
		rnostrictatime rw,relatime
		rnosuid rw,nosuid,relatime
		rnosymfollow rw,relatime,nosymfollow
		ro ro,relatime
		rrelatime rw,relatime
		rro ro,relatime
		rrw rw,relatime
		rstrictatime rw
		rsuid rw,relatime
		rsymfollow rw,relatime
		rw rw,relatime
		silent rw,relatime
		strictatime rw
		suid rw,relatime
		symfollow rw,relatime
		sync rw,relatime
	END
}

@test "mount options: of a file system, on the mount and on the file system" {
	corc_only "loses some of them"
	local option expected
	while read -r -u 8 option expected; do
		mounts_of "$(tmpfs /tmp "$option,size=1m")"
		run_in cat /proc/self/mountinfo
		[[ "$(mount_line /tmp)" =~ ^tmpfs\ $expected ]] || fail "$option: $(mount_line /tmp)"
	done 8<<-'END'
		async rw,relatime rw,size
		dirsync rw,relatime rw,dirsync,size
		iversion rw,relatime rw,size
		lazytime rw,relatime rw,lazytime,size
		loud rw,relatime rw,size
		mand rw,relatime rw,(mand,)?size
		noiversion rw,relatime rw,size
		nolazytime rw,relatime rw,size
		noatime rw,noatime rw,size
		nodiratime rw,nodiratime,relatime rw,size
		nosymfollow rw,relatime,nosymfollow rw,size
		nomand rw,relatime rw,size
		rnosuid rw,nosuid,relatime rw,size
		ro ro,relatime rw,size
		rro ro,relatime rw,size
		silent rw,relatime rw,size
		strictatime rw rw,size
		sync rw,relatime rw,sync,size
	END
}

@test "mount options: the recursive ones of a bind mount reach what is below" {
	local option expected
	mkdir -p source/below
	mount -t tmpfs -o noatime below source/below
	while read -r -u 8 option expected; do
		mounts_of "$(bind /tmp "rbind,$option")"
		config_args cat /proc/self/mountinfo
		corc run --bundle "$BUNDLE" "$ID"
		[ "$(options_of /tmp/below)" = "$expected" ] || {
			umount source/below
			fail "$option: $(options_of /tmp/below), not $expected"
		}
	done 8<<-'END'
		ro rw,noatime
		rro ro,noatime
		rro,rrw rw,noatime
		nosuid rw,noatime
		rnosuid rw,nosuid,noatime
		rnodev rw,nodev,noatime
		rnoexec rw,noexec,noatime
		rnodiratime rw,noatime,nodiratime
		rrelatime rw,relatime
		ratime rw,relatime
		rstrictatime rw
		rnosymfollow rw,noatime,nosymfollow
	END
	umount source/below
}

# --- remount ------------------------------------------------------------------------------------

@test "remount: changes the mount that is there, and only what is named" {
	corc_only "takes away what is not named"
	mkdir source
	mounts_of "$(bind /tmp bind,nosuid)" "$(bind /tmp remount,bind,ro,noexec)" \
		"$(tmpfs /home size=1m)" '{"destination": "/home", "options": ["remount", "size=2m", "nodev"]}'
	run_in cat /proc/self/mountinfo
	[ "$(options_of /tmp)" = ro,nosuid,noexec,relatime ]
	[[ "$(mount_line /home)" =~ ^tmpfs\ rw,nodev,relatime\ rw,size=2048k ]]
	[ "$(grep -c ' /home ' <<<"$output")" -eq 1 ]
	touch source/x
}

@test "remount: a file system read-only, and writable again" {
	corc_only "makes a tmpfs read-only when all is there, after this"
	mounts_of "$(tmpfs /tmp size=1m)" '{"destination": "/tmp/below", "type": "bind", "source": "/dev",
		"options": ["bind"]}' '{"destination": "/tmp", "options": ["remount", "ro"]}'
	run_shell 'touch /tmp/x 2>/dev/null || echo refused; cat /proc/self/mountinfo'
	expect_line refused
	mounts_of "$(tmpfs /tmp ro)" '{"destination": "/tmp", "options": ["remount", "rw"]}'
	run_shell 'touch /tmp/x && echo written'
	expect_output written
	mounts_of '{"destination": "/dev", "options": ["remount", "ro"]}'
	run_shell 'touch /dev/x 2>/dev/null || echo refused; echo x >/dev/null'
	expect_output refused
}

@test "remount: with propagation" {
	mkdir source
	mounts_of "$(bind /tmp bind,private)" "$(bind /tmp remount,bind,shared)"
	run_in cat /proc/self/mountinfo
	expect_line '.* /tmp [^ ]+ shared:[0-9]+ - .*'
}

@test "remount: where nothing is mounted, or nothing at all" {
	mounts_of '{"destination": "/tmp", "options": ["remount", "ro"]}'
	fails 1 "invalid argument" run --bundle "$BUNDLE" "$ID"
	[[ "$stderr" == */tmp* ]]
	corc_only "does not say it"
	[[ "$stderr" == *"there is no mount"* ]]
	mounts_of '{"destination": "/nowhere", "options": ["remount", "ro"]}'
	fails 1 "no such file or directory" run --bundle "$BUNDLE" "$ID"
	expect_nothing_left
}

@test "remount: an option that the file system does not know" {
	mounts_of "$(tmpfs /tmp '')" '{"destination": "/tmp", "options": ["remount", "nosuchoption=1"]}'
	fails 1 "invalid argument" run --bundle "$BUNDLE" "$ID"
	corc_only "does not name it"
	[[ "$stderr" == *nosuchoption* ]]
	expect_nothing_left
}

# --- links --------------------------------------------------------------------------------------

@test "src-nofollow: the link itself is bound" {
	corc_only "does not know it"
	ln -s /etc/hostname source
	echo theirs >"$ROOTFS/etc/hostname"
	ln -s nowhere "$ROOTFS/tmp/link"
	config_set '.root.readonly = false'
	mounts_of "$(bind /home/new bind,src-nofollow)" "$(bind /tmp/link bind,src-nofollow,dest-nofollow)"
	run_shell 'readlink /home/new; readlink /tmp/link; cat /home/new'
	expect_output $'/etc/hostname\n/etc/hostname\ntheirs'
	[ "$(readlink "$ROOTFS/tmp/link")" = nowhere ]
	rm source
	echo mine >source
	mounts_of "$(bind /home/other bind,src-nofollow,ro)"
	run_shell 'cat /home/other; echo x 2>/dev/null >/home/other || echo refused'
	expect_output $'mine\nrefused'
}

@test "dest-nofollow: the mount is on the link, not where it leads to" {
	corc_only "does not know it"
	echo mine >source
	echo theirs >"$ROOTFS/etc/target"
	ln -s target "$ROOTFS/etc/link"
	ln -s "$PWD/outside" "$ROOTFS/etc/dangling"
	mounts_of "$(bind /etc/link bind,dest-nofollow)" "$(bind /etc/dangling bind,dest-nofollow)"
	run_in cat /etc/link /etc/target /etc/dangling
	expect_output $'mine\ntheirs\nmine'
	[ ! -e outside ]
	[ ! -e "$ROOTFS$PWD/outside" ]
	# What is missing is made as always, also the directories before it, which are followed.
	config_set '.root.readonly = false'
	mounts_of "$(bind /home/deep/new bind,dest-nofollow)"
	run_in cat /home/deep/new
	expect_output mine
}

@test "dest-nofollow: a directory does not fit on a link" {
	corc_only "does not know it"
	mkdir source
	ln -s /tmp "$ROOTFS/etc/link"
	mounts_of "$(bind /etc/link bind,dest-nofollow)"
	fails 1 "not a directory" run --bundle "$BUNDLE" "$ID"
	mounts_of "$(tmpfs /etc/link dest-nofollow)"
	fails 1 "not a directory" run --bundle "$BUNDLE" "$ID"
	expect_nothing_left
}

@test "copy-symlink: a link is made anew, everything else is bound" {
	corc_only "does not know it"
	ln -s ../somewhere/else source
	ln -s ../somewhere/else "$ROOTFS/etc/same"
	config_set '.root.readonly = false'
	mounts_of "$(bind /home/deep/link bind,copy-symlink)" "$(bind /etc/same bind,copy-symlink,ro)"
	run_shell 'readlink /home/deep/link; readlink /etc/same'
	expect_output $'../somewhere/else\n../somewhere/else'
	[ "$(readlink "$ROOTFS/home/deep/link")" = ../somewhere/else ]
	rm source
	echo mine >source
	mounts_of "$(bind /home/file bind,copy-symlink)"
	run_in cat /home/file
	expect_output mine
}

@test "copy-symlink: something else in its place" {
	corc_only "does not know it"
	ln -s somewhere source
	ln -s elsewhere "$ROOTFS/etc/other"
	local destination
	for destination in /etc/other /etc/passwd /etc; do
		mounts_of "$(bind $destination bind,copy-symlink)"
		fails 1 "something else is in its place" run --bundle "$BUNDLE" "$ID"
	done
	[ "$(readlink "$ROOTFS/etc/other")" = elsewhere ]
	expect_nothing_left
}

@test "copy-symlink: in a user namespace" {
	corc_only "does not know it"
	ln -s somewhere source
	add_user_namespace
	config_set '.root.readonly = false'
	mounts_of "$(bind /home/link bind,copy-symlink)"
	run_shell 'readlink /home/link; stat -c %u /home/link'
	expect_output $'somewhere\n0'
}

@test "mount options: those that mean nothing for a mount are refused" {
	corc_only "passes over them"
	mkdir source
	local option
	for option in copy-symlink src-nofollow; do
		mounts_of "$(tmpfs /tmp "$option")"
		fails 1 "mount option \"$option\" is for mounts that bind" run --bundle "$BUNDLE" "$ID"
	done
	mounts_of "$(bind /tmp bind,tmpcopyup)"
	fails 1 'mounts[7].options[1]: mount option "tmpcopyup" is for mounts of type tmpfs' \
		run --bundle "$BUNDLE" "$ID"
	expect_nothing_left
}

# --- flags of the source ------------------------------------------------------------------------

@test "locked flags: what a source has stays in a user namespace" {
	mkdir source
	mount -t tmpfs -o ro,nosuid,nodev,noexec,noatime source source
	add_user_namespace
	mounts_of "$(bind /tmp bind)"
	config_args cat /proc/self/mountinfo
	corc run --bundle "$BUNDLE" "$ID"
	umount source
	[ "$status" -eq 0 ]
	[ "$(options_of /tmp)" = ro,nosuid,nodev,noexec,noatime ]
}

@test "locked flags: to clear one by name is refused in a user namespace" {
	local option
	mkdir source
	mount -t tmpfs -o ro,nosuid,nodev,noexec,noatime source source
	add_user_namespace
	for option in rw suid dev exec relatime rrw rsuid; do
		mounts_of "$(bind /tmp "bind,$option")"
		corc run --bundle "$BUNDLE" "$ID"
		[ "$status" -eq 1 ] || {
			umount source
			fail "$option"
		}
		expect_error 'operation not permitted'
	done
	# Naming what is there is none.
	mounts_of "$(bind /tmp bind,ro,noatime,nosuid)"
	config_args cat /proc/self/mountinfo
	corc run --bundle "$BUNDLE" "$ID"
	umount source
	[ "$status" -eq 0 ]
	[ "$(options_of /tmp)" = ro,nosuid,nodev,noexec,noatime ]
	expect_nothing_left
}

@test "locked flags: a file system that is read-only as a whole may be bound rw" {
	mkdir source
	mount -t tmpfs source source
	mount -o remount,ro source
	mount -o remount,bind,rw source
	add_user_namespace
	mounts_of "$(bind /tmp bind,rw)"
	config_args sh -c 'touch /tmp/x 2>&1 || true'
	corc run --bundle "$BUNDLE" "$ID"
	umount source
	[ "$status" -eq 0 ]
	[[ "$output" == *"Read-only file system"* ]]
}

@test "locked flags: without a user namespace they can be cleared" {
	mkdir source
	mount -t tmpfs -o ro,nosuid,nodev,noexec,noatime source source
	mounts_of "$(bind /tmp bind,rw,suid,dev,exec,relatime)"
	config_args cat /proc/self/mountinfo
	corc run --bundle "$BUNDLE" "$ID"
	umount source
	[ "$status" -eq 0 ]
	[ "$(options_of /tmp)" = rw,relatime ]
}
