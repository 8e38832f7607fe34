#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A rootfs that has links, FIFOs, sockets, devices and files where the runtime expects something else:
# nothing of the host is touched, nothing hangs, and what is refused is named.

load helpers

KINDS="absolute relative dangling loop pair magic fd0 fifo socket file directory device block"

setup() {
	setup_test
	mkdir -p host/below source
	echo canary >host/file
	echo canary >host/below/file
	echo data >source/file
	echo data >data
	touch -d '2020-01-01' host host/* host/below/*
	HOST=$(snapshot)
	config_set '.root.readonly = false | .process.cwd = "/"'
	cp "$BUNDLE/config.json" usual.json
}

# Everything of the canary, and what a runtime might change of the machine.
snapshot() {
	find host -printf '%p %y %m %U:%G %s %T@ %l\n' | sort
	cat host/file host/below/file
	stat -c '%n %t:%T %a %u:%g' /dev/null /dev/zero /dev/full /dev/random /dev/tty
	ls -A source
	cat data source/file /proc/sys/kernel/domainname
}

# put KIND PATH: something hostile on PATH of the rootfs, in place of what is there.
put() {
	local path=$ROOTFS$2 name
	name=$(basename "$2")
	rm -rf "$path"
	mkdir -p "$(dirname "$path")"
	case $1 in
	absolute) ln -s "$PWD/host" "$path" ;;
	relative) ln -s "../../../../../../../../../../../../../../..$PWD/host" "$path" ;;
	dangling) ln -s "$PWD/host/new" "$path" ;;
	loop) ln -s "$name" "$path" ;;
	pair)
		ln -s "$name.other" "$path"
		ln -s "$name" "$path.other"
		;;
	magic) ln -s "/proc/1/root$PWD/host" "$path" ;;
	fd0) ln -s /proc/self/fd/0 "$path" ;;
	fifo) mkfifo "$path" ;;
	socket) socket "$path" ;;
	file) echo file >"$path" ;;
	directory) mkdir "$path" ;;
	device) mknod "$path" c 1 5 ;;
	block) mknod "$path" b 7 99 ;;
	esac
}

# A socket that nobody listens at.
socket() {
	local pid
	(cd "$(dirname "$1")" && "$PROGRAMS/recvtty" -o /dev/null "$(basename "$1")") >pid
	pid=$(<pid)
	{ kill -KILL "$pid"; } 2>/dev/null
	await_exit "$pid"
}

# attack PATH [OPTIONS OF RUN]: runs the container with each kind of thing on PATH. Whether that works
# is the runtime's choice; if it does not, the message names the path, or what was to be done with it
# ($NAMED), and the cause.
attack() {
	local path=$1 kind named=${NAMED:-$1}
	shift
	for kind in $KINDS; do
		cp -a "$ROOTFS" saved
		put "$kind" "$path"
		STDOUT=out corc run "$@" --bundle "$BUNDLE" "$ID" </dev/null
		output=$(<out)
		[ "$status" -ne 124 ] || fail "$kind on $path hangs"
		[ "$(snapshot)" = "$HOST" ] || fail "$kind on $path reached the host: $(diff <(echo "$HOST") <(snapshot))"
		if [ "$status" -ne 0 ]; then
			[[ "$stderr" == *"$named"* ]] || fail "$kind on $path: the message does not name it"
			[[ "$stderr" =~ :\ [a-z][a-z\ ]+(\ \(|$) ]] || fail "$kind on $path: the message has no cause"
			[ "$(wc -l <<<"$stderr")" -eq 1 ] || fail "$kind on $path: more than one line"
		fi
		expect_nothing_left || fail "$kind on $path"
		rm -rf "$ROOTFS"
		mv saved "$ROOTFS"
		RESULTS+="$kind:$status "
	done
}

# Of the last attack: kinds with which the container ran, or did not.
expect_result() {
	local kind
	for kind; do
		[[ " $RESULTS" == *" $kind "* ]] || fail "expected $kind, found $RESULTS"
	done
}

@test "hostile: the places of the usual mounts" {
	local path
	for path in /proc /sys /dev; do
		RESULTS=
		attack "$path"
		expect_result directory:0 fifo:1 socket:1 file:1 device:1 loop:1 pair:1
	done
	expect_result dangling:0
}

@test "hostile: what is below /dev when the image has it" {
	local path
	config_set '.mounts |= map(select(.destination == "/dev" | not))'
	for path in /dev/pts /dev/shm /dev/mqueue; do
		RESULTS=
		attack "$path"
		expect_result directory:0 fifo:1 loop:1
	done
}

@test "hostile: the target of a bind mount of a directory, and what is above it" {
	config_set --arg source "$PWD/source" '.mounts += [{destination: "/srv/target", type: "bind",
		source: $source, options: ["bind", "rw"]}] | .process.args = ["ls", "/srv/target/file"]'
	RESULTS=
	attack /srv/target
	expect_result absolute:0 relative:0 dangling:0 directory:0 fifo:1 file:1 loop:1 device:1
	RESULTS=
	NAMED=/srv attack /srv
	expect_result absolute:0 relative:0 dangling:0 directory:0 fifo:1 file:1 loop:1 device:1
}

@test "hostile: the target of a bind mount of a file" {
	config_set --arg source "$PWD/data" '.mounts += [{destination: "/srv/target", type: "bind",
		source: $source, options: ["bind", "rw"]}] | .process.args = ["cat", "/srv/target"]'
	RESULTS=
	attack /srv/target
	expect_result absolute:0 dangling:0 fifo:0 file:0 device:0 directory:1 loop:1
}

@test "hostile: the target of a tmpfs, and of one with a copy of it" {
	local options
	for options in '[]' '["tmpcopyup"]'; do
		corc_only "does not know links from links here"
		config_set --argjson options "$options" '.mounts = .mounts[0:7] + [{destination: "/srv/target",
			type: "tmpfs", source: "tmpfs", options: $options}]'
		RESULTS=
		attack /srv/target
		expect_result directory:0 dangling:0 fifo:1 loop:1
	done
}

@test "hostile: inside of a directory that is copied" {
	corc_only "copies in another way"
	config_set '.mounts += [{destination: "/srv", type: "tmpfs", source: "tmpfs",
		options: ["tmpcopyup"]}] | .process.args = ["ls", "-l", "/srv"]'
	RESULTS=
	attack /srv/inside
	expect_result absolute:0 relative:0 dangling:0 loop:0 magic:0 fd0:0 fifo:0 socket:0 file:0 device:0 \
		block:0
}

@test "hostile: masked and read-only paths, also of a terminal" {
	local property
	for property in maskedPaths readonlyPaths; do
		cp usual.json "$BUNDLE/config.json"
		config_set --arg property "$property" '.linux[$property] += ["/srv/path", "/srv/path/below"]'
		RESULTS=
		attack /srv/path
		expect_result absolute:0 dangling:0 fifo:0 socket:0 file:0 directory:0 device:0
	done
}

@test "hostile: the working directory" {
	config_set '.process.cwd = "/srv/cwd"'
	RESULTS=
	attack /srv/cwd
	expect_result directory:0 fifo:1 file:1 loop:1
	RESULTS=
	NAMED=/srv attack /srv
}

@test "hostile: /etc/passwd and /etc/group" {
	config_set '.process.args = ["env"]'
	RESULTS=
	attack /etc/passwd
	expect_result absolute:0 dangling:0 loop:0 fifo:0 socket:0 directory:0 device:0 block:0
	RESULTS=
	attack /etc/group
	expect_result absolute:0 dangling:0 loop:0 fifo:0 socket:0 directory:0 device:0 block:0
}

@test "hostile: the program" {
	corc_only "explains in another way"
	config_set '.process.args = ["/srv/program"]'
	RESULTS=
	attack /srv/program
	! [[ "$RESULTS" == *:0* ]] || fail "$RESULTS"
}

@test "hostile: devices and links in a /dev of the image" {
	local path
	config_set '.mounts |= map(select(.destination | startswith("/dev") | not)) |
		.linux.devices = [{path: "/dev/mine", type: "c", major: 1, minor: 3, fileMode: 438}]'
	for path in /dev /dev/null /dev/mine /dev/tty; do
		RESULTS=
		attack "$path"
		expect_result fifo:1 file:1
	done
	# These are only of use to the container, which may have its own.
	for path in /dev/fd /dev/stdin /dev/core /dev/ptmx; do
		RESULTS=
		NAMED=/dev attack "$path"
	done
}

@test "hostile: devices elsewhere" {
	corc_only "takes what is there for the device"
	config_set '.linux.devices = [{path: "/srv/node", type: "c", major: 1, minor: 3}]'
	RESULTS=
	attack /srv/node
	expect_result absolute:1 dangling:1 fifo:1 file:1 directory:1 device:1 block:1
	RESULTS=
	NAMED=/srv attack /srv
	expect_result directory:0 dangling:0 fifo:1
	config_set '.linux.devices = [{path: "/srv/node", type: "p"}]'
	RESULTS=
	attack /srv/node
	expect_result absolute:1 file:1 fifo:0 device:1
}

@test "hostile: devices in a user namespace" {
	corc_only "takes what is there for the device"
	add_user_namespace
	config_set '.mounts |= map(select(.destination | startswith("/dev") | not))'
	RESULTS=
	attack /dev/null
	expect_result directory:1 loop:1
	# A device of the host is bound on what is there: that is none of its links' ends on the host.
	expect_result file:0 fifo:0 absolute:0
}

@test "hostile: the terminal" {
	corc_only "needs a tmpfs on /dev, or a controlling terminal"
	local path
	config_set '.process.terminal = true | .process.args = ["tty"] |
		.mounts |= map(select(.destination == "/dev" | not))'
	RESULTS=
	attack /dev/console
	expect_result absolute:1 dangling:1 loop:1 directory:1 file:0 fifo:0 device:0
	put dangling /dev/console
	fails 1 "something else is in its place" run --bundle "$BUNDLE" "$ID"
	rm "$ROOTFS/dev/console"
	RESULTS=
	attack /dev/pts
	expect_result directory:0 fifo:1
	# A devpts that is none, and one with something else in it.
	config_set '.mounts |= map(select(.destination == "/dev/pts" | not))'
	RESULTS=
	NAMED=/dev/pts attack /dev/pts/ptmx
	! [[ "$RESULTS" == *:0* ]] || fail "$RESULTS"
}

@test "hostile: links in the rootfs that lead back to it may be used" {
	config_set --arg source "$PWD/source" '.mounts += [{destination: "/a/b/target", type: "bind",
		source: $source, options: ["bind"]}] | .process.args = ["ls", "/real/target"]'
	mkdir "$ROOTFS/real" "$ROOTFS/a"
	ln -s ../../../real "$ROOTFS/a/b"
	run_in ls /real/target
	expect_output file
	ln -sfn /c "$ROOTFS/a/b"
	ln -s real "$ROOTFS/c"
	run_in ls /real/target
	expect_output file
}

@test "hostile: a name that is too long, or too many links" {
	local i name
	name=$(printf 'n%.0s' {1..300})
	config_set --arg source "$PWD/source" --arg name "$name" '.mounts += [{destination: "/srv/\($name)",
		type: "bind", source: $source, options: ["bind"]}]'
	fails 1 "name too long" run --bundle "$BUNDLE" "$ID"
	cp usual.json "$BUNDLE/config.json"
	mkdir -p "$ROOTFS/srv"
	for ((i = 0; i < 60; i++)); do
		ln -s "link$((i + 1))" "$ROOTFS/srv/link$i"
	done
	config_set --arg source "$PWD/source" '.mounts += [{destination: "/srv/link0", type: "bind",
		source: $source, options: ["bind"]}]'
	corc run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 1 ]
	expect_error '[Tt]oo many (levels of )?symbolic links'
	expect_nothing_left
}
