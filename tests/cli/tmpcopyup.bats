#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tmpcopyup: a tmpfs that begins with what the directory of the rootfs holds.

load helpers

setup() {
	setup_test
	corc_only "copies in another way" || return
	FROM=$ROOTFS/data
	mkdir "$FROM"
	copy_up
}

# copy_up [OPTION...]: the only mount besides the usual ones.
copy_up() {
	config_set '.mounts = .mounts[0:7] + [{destination: "/data", type: "tmpfs", source: "tmpfs",
		options: (["tmpcopyup"] + $ARGS.positional)}]' --args -- "$@"
}

# What is in a directory, a line each: type, mode, owner, size, modification time, name, link.
list() {
	(cd "$1" && find . \( -type d -printf '%y %m %U:%G - %T@ %p\n' \) -o \
		-printf '%y %m %U:%G %s %T@ %p %l\n') | sort -k 6
}

# The container is running: its /data from outside.
inside() {
	echo "/proc/$PID/root/data"
}

@test "tmpcopyup: files, directories, links, FIFOs, sockets and devices, as they are" {
	mkdir -m 2751 "$FROM/directory"
	mkdir "$FROM/directory/deep"
	echo content >"$FROM/directory/deep/file"
	install -m 4755 -o 5 -g 6 /dev/null "$FROM/suid"
	ln -s "$PWD/outside" "$FROM/link"
	ln -s missing "$FROM/dangling"
	mkfifo -m 640 "$FROM/fifo"
	mknod -m 604 "$FROM/null" c 1 3
	mknod -m 600 "$FROM/block" b 7 0
	chown 7:8 "$FROM/fifo" "$FROM/directory"
	chown -h 9:10 "$FROM/link"
	: >"$FROM/empty"
	: >"$FROM/with a blank"
	: >"$FROM/ö"$'\n'"x"
	touch -h -d '2001-02-03 04:05:06.789' "$FROM"/* "$FROM/directory/deep/file" \
		"$FROM/directory/deep" "$FROM/directory"
	chmod 1753 "$FROM"
	chown 11:12 "$FROM"
	touch -d '1999-01-01 12:00' "$FROM"
	start_container
	[ "$(list "$FROM")" = "$(list "$(inside)")" ] || fail "$(diff <(list "$FROM") <(list "$(inside)"))"
	[ "$(<"$(inside)/directory/deep/file")" = content ]
	[ "$(stat -c '%t:%T' "$(inside)/null" "$(inside)/block" | xargs)" = "1:3 7:0" ]
	[ "$(stat -f -c %T "$(inside)")" = tmpfs ]
}

@test "tmpcopyup: what is written stays in the tmpfs" {
	echo theirs >"$FROM/file"
	run_shell 'echo more >>/data/file; rm -f /data/other; touch /data/new; cat /data/file'
	expect_output $'theirs\nmore'
	[ "$(<"$FROM/file")" = theirs ]
	[ "$(ls -A "$FROM")" = file ]
}

@test "tmpcopyup: read-only, when all is there" {
	echo theirs >"$FROM/file"
	copy_up ro
	run_shell 'cat /data/file; touch /data/x 2>/dev/null || echo refused'
	expect_output $'theirs\nrefused'
}

@test "tmpcopyup: mode and owner of the directory, unless the options say something else" {
	chmod 1733 "$FROM"
	chown 5:6 "$FROM"
	run_in stat -c '%a %u:%g' /data
	expect_output '1733 5:6'
	copy_up mode=0700
	run_in stat -c '%a %u:%g' /data
	expect_output '700 5:6'
	copy_up uid=7 gid=8
	run_in stat -c '%a %u:%g' /data
	expect_output '1733 7:8'
}

@test "tmpcopyup: extended attributes" {
	local program
	program='import os, sys
f = os.open(sys.argv[1], os.O_RDONLY)
print(sorted((n, os.getxattr(f, n)) for n in os.listxattr(f)))'
	command -v python3 >/dev/null || skip "needs python3"
	touch "$FROM/file"
	mkdir "$FROM/directory"
	python3 -c 'import os, sys
os.setxattr(sys.argv[1] + "/file", "security.capability", b"\1\0\0\2\x20\0\0\0" + b"\0" * 12)
for n in "file", "directory", ".":
	os.setxattr(sys.argv[1] + "/" + n, "trusted.corc", n.encode())' "$FROM"
	start_container
	local name
	for name in file directory .; do
		[ "$(python3 -c "$program" "$FROM/$name")" = "$(python3 -c "$program" "$(inside)/$name")" ] ||
			fail "$name"
	done
	[[ "$(python3 -c "$program" "$(inside)/file")" == *security.capability*trusted.corc* ]]
}

@test "tmpcopyup: holes take no memory" {
	truncate -s 8G "$FROM/sparse"
	printf end | dd of="$FROM/sparse" bs=1 seek=4G conv=notrunc status=none
	copy_up size=1m
	start_container
	[ "$(stat -c %s "$(inside)/sparse")" = $((8 << 30)) ]
	[ "$(stat -c %b "$(inside)/sparse")" -lt 64 ]
	[ "$(dd if="$(inside)/sparse" bs=1 skip=4G count=3 status=none)" = end ]
}

@test "tmpcopyup: many files, and long directories" {
	(cd "$FROM" && seq -f 'a-name-that-is-not-short-%g' 3000 | xargs touch)
	dd if=/dev/urandom of="$FROM/large" bs=1000 count=3001 status=none
	start_container
	[ "$(list "$FROM")" = "$(list "$(inside)")" ]
	cmp "$FROM/large" "$(inside)/large"
}

@test "tmpcopyup: more than the tmpfs takes" {
	dd if=/dev/zero of="$FROM/large" bs=1M count=3 status=none
	copy_up size=1m
	fails 1 "copying large: no space left on device" run --bundle "$BUNDLE" "$ID"
	mkdir -p "$FROM/some/where"
	mv "$FROM/large" "$FROM/some/where/in here"
	fails 1 "copying some/where/in here: no space left" run --bundle "$BUNDLE" "$ID"
	(cd "$FROM" && rm -r some && seq 100 | xargs touch)
	copy_up nr_inodes=50
	fails 1 "no space left on device" run --bundle "$BUNDLE" "$ID"
	expect_nothing_left
}

@test "tmpcopyup: a tree that is too deep" {
	local path=$FROM i
	for ((i = 0; i < 300; i++)); do
		path+=/d
	done
	mkdir -p "$path"
	fails 1 "too many levels" run --bundle "$BUNDLE" "$ID"
	expect_nothing_left
}

@test "tmpcopyup: a directory that is not there yet, or empty" {
	rmdir "$FROM"
	config_set '.root.readonly = false'
	run_shell 'ls -A /data; stat -c %a /data'
	expect_output 1777
	run_shell 'ls -A /data; stat -c %a /data'
	expect_output 755
}

@test "tmpcopyup: by a link, which stays in the rootfs" {
	mkdir outside
	touch outside/secret "$FROM/file"
	rm -rf "${ROOTFS:?}/home"
	ln -s /data "$ROOTFS/home"
	config_set '.mounts[7].destination = "/home"'
	run_shell 'ls -A /data; stat -f -c %T /data'
	expect_output $'file\ntmpfs'
	rm "$ROOTFS/home"
	ln -s "../../../../../../..$PWD/outside" "$ROOTFS/home"
	config_set '.root.readonly = false'
	run_shell 'ls -A /home'
	expect_output ""
	[ "$(ls outside)" = secret ]
}

@test "tmpcopyup: what is mounted below counts too" {
	mkdir "$FROM/below" source
	echo mounted >source/file
	config_set --arg source "$PWD/source" '.mounts |= .[0:7] + [{destination: "/data/below", type: "bind",
		source: $source, options: ["bind", "ro"]}] + .[7:8]'
	run_shell 'cat /data/below/file; echo changed >/data/below/file; grep -c " /data " /proc/self/mountinfo'
	expect_output $'mounted\n1'
	[ "$(<source/file)" = mounted ]
}

@test "tmpcopyup: in a user namespace" {
	echo content >"$FROM/file"
	mkdir "$FROM/directory"
	chmod 600 "$FROM/file"
	add_user_namespace
	chown 101000:101000 "$FROM/file"
	run_shell --set '.process.user = {uid: 1000, gid: 1000}' \
		'cat /data/file; stat -c "%u:%g %a" /data/file /data/directory'
	expect_output $'content\n1000:1000 600\n0:0 755'
}

@test "tmpcopyup: a file that cannot be read in a user namespace" {
	echo content >"$FROM/file"
	chmod 600 "$FROM/file"
	add_user_namespace
	chown 0:0 "$FROM/file"
	fails 1 "copying file: permission denied" run --bundle "$BUNDLE" "$ID"
	expect_nothing_left
}
