#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Attacks that worked on container runtimes once.

load helpers

PTRACE='.process.capabilities |= map_values(. + ["CAP_SYS_PTRACE"])'
# AUDIT_WRITE 29, KILL 5, NET_BIND_SERVICE 10, SYS_PTRACE 19
MASK=20080420

teardown() {
	exec 8>&- 9>&-
	teardown_test
}

# CVE-2019-5736
@test "security: a program that is an interpreter script of /proc/self/exe harms nobody" {
	local before
	before=$(sha256sum "$CORC")
	printf '#!/proc/self/exe\n' >"$ROOTFS/bin/evil"
	chmod 755 "$ROOTFS/bin/evil"
	config_args evil
	corc run --bundle "$BUNDLE" "$ID" </dev/null
	[ "$status" -ne 124 ] || fail "it hangs"
	start_container
	corc exec "$ID" evil </dev/null
	[ "$status" -ne 124 ] || fail "it hangs"
	corc exec "$ID" /proc/self/exe </dev/null
	[ "$status" -ne 124 ] || fail "it hangs"
	[ "$(sha256sum "$CORC")" = "$before" ]
}

# watched COUNT ARGUMENTS...: corc, so many times, with stdio alone and that at /dev/null.
watched() {
	local count=$1 i fd
	shift
	(
		for fd in /proc/self/fd/*; do
			fd=${fd##*/}
			[ "$fd" -le 2 ] || eval "exec $fd>&-"
		done
		for ((i = 0; i < count; i++)); do
			"$CORC" --root "$ROOT" "$@"
		done
	) </dev/null >/dev/null 2>/dev/null
}

start_watcher() {
	config_set "$PTRACE"
	start_container watch-processes $MASK /bin/busybox
	hear ready
}

# expect_watched SEEN LOOKS: the watcher ends; it has seen nothing bad, and at least SEEN processes,
# at LOOKS moments before they were the payload: seeing nobody would prove nothing. A third argument is
# the pattern of what is bad.
expect_watched() {
	local line word bad=${3:-bad*}
	succeeds kill "$ID" TERM
	while read -r -t 60 -u 7 line; do
		# shellcheck disable=SC2053
		[[ "$line" != $bad ]] || fail "$line"
		[[ "$line" != seen* ]] || break
	done
	read -r word seen word looks <<<"$line"
	[ "$word" = looks ] || fail "the watcher said: $line"
	[ "$seen" -ge "$1" ] || fail "$line"
	[ "$looks" -ge "$2" ] || fail "$line"
}

# CVE-2019-5736, CVE-2016-9962
@test "security: who watches its pid namespace sees no stranger come in by exec" {
	corc_only "lets one see its own program and files"
	local before
	before=$(sha256sum "$CORC")
	start_watcher
	watched 200 exec "$ID" true
	expect_watched 20 10
	[ "$(sha256sum "$CORC")" = "$before" ]
}

@test "security: who watches sees no stranger, with users, groups and a filter" {
	corc_only "lets one see its own program and files"
	config_set '.process.noNewPrivileges = false | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
		syscalls: [{names: ["personality"], action: "SCMP_ACT_ERRNO"}]}'
	start_watcher
	watched 50 exec -u 1000:1000 -g 5 -e A=B --cwd /tmp "$ID" true
	expect_watched 10 5
}

@test "security: who watches sees no stranger in a user namespace" {
	corc_only "lets one see its own program and files"
	add_user_namespace
	start_watcher
	watched 50 exec "$ID" true
	# It may not look at what is not dumpable.
	expect_watched 10 0
}

@test "security: who watches sees none of the files that the caller of exec had open" {
	corc_only "lets one see its own program and files"
	start_watcher
	local i
	exec 8<"$PWD" 9<"$CGROUP_MOUNT"
	for ((i = 0; i < 50; i++)); do
		"$CORC" --root "$ROOT" exec "$ID" true </dev/null >/dev/null 2>/dev/null 3>&- 7>&-
	done
	expect_watched 10 5
}

# Joins the pid namespace of the watcher, and its user namespace when there is one.
new_bundle_beside_watcher() {
	new_bundle second
	jq --arg proc "/proc/$PID/ns" --arg path "/$ID-second" '.process.args = ["true"] |
		.linux.cgroupsPath = $path | del(.linux.uidMappings, .linux.gidMappings) |
		.linux.namespaces |= map(if .type == "pid" or .type == "user"
			then .path = $proc + "/" + .type else . end)' \
		<"$BUNDLE/config.json" >second/config.json
}

# What is bad: anything, since the kernel makes a procfs for another pid namespace.
bad_of_joining() {
	local major minor
	IFS=.- read -r major minor _ < <(uname -r)
	((major > 6 || (major == 6 && minor >= 17))) && echo 'bad*' || echo 'bad*: @(runs|has a writable)*'
}

@test "security: who watches sees no stranger come in by a container that joins" {
	corc_only "lets one see its own program and files"
	start_watcher
	new_bundle_beside_watcher
	watched 40 run --bundle "$PWD/second" "$ID-second"
	expect_watched 10 5 "$(bad_of_joining)"
}

@test "security: who watches sees no stranger join the user namespace, too" {
	corc_only "lets one see its own program and files"
	add_user_namespace
	start_watcher
	new_bundle_beside_watcher
	watched 40 run --bundle "$PWD/second" "$ID-second"
	expect_watched 10 0 "$(bad_of_joining)"
}

# CVE-2024-21626
@test "security: no fd of the host gets into the container" {
	exec 8<"$PWD" 9<"$CGROUP_MOUNT"
	run_in fds
	[ "$(cut -d ' ' -f 1 <<<"$output" | xargs)" = "0 1 2" ]
	start_container
	succeeds exec "$ID" fds
	[ "$(cut -d ' ' -f 1 <<<"$output" | xargs)" = "0 1 2" ]
}

@test "security: the process that waits for start holds nothing that the creator had open" {
	local fd
	touch marker
	exec 8<"$PWD" 9<marker
	create_container
	exec 8>&- 9>&-
	for fd in "/proc/$PID"/fd/*; do
		case $(readlink "$fd") in
		*/marker | "$PWD") fail "it has $(readlink "$fd")" ;;
		esac
	done
}

# CVE-2024-21626
@test "security: a working directory that is an fd of somebody" {
	local number
	touch marker
	exec 8<"$PWD" 9<"$CGROUP_MOUNT"
	config_args sh -c 'ls -d ./marker ../../../../../../../../../etc/hostname'
	for number in 3 4 5 6 7 8 9 10 11 12 13 14; do
		config_set --arg cwd "/proc/self/fd/$number" '.process.cwd = $cwd'
		corc run --bundle "$BUNDLE" "$ID" </dev/null
		[ "$status" -ne 0 ] || fail "fd $number"
		[ -z "$output" ] || fail "fd $number"
	done
	expect_nothing_left
	config_set '.process.cwd = "/"'
	ln -s /proc/self/fd/8 "$ROOTFS/link"
	start_container
	for number in /proc/self/fd/{3,4,5,6,7,8,9,10,11,12} /proc/1/fd/3 /link; do
		corc exec --cwd "$number" "$ID" sh -c 'ls -d ./marker ../../../../../../../../../etc/hostname'
		[ "$status" -ne 0 ] || fail "$number"
		[ -z "$output" ] || fail "$number"
	done
}

# CVE-2026-30892 and others
@test "security: exec --user takes a number or refuses" {
	corc_only "makes root of 4294967296"
	local user expected
	start_container
	while read -r -u 8 user expected; do
		corc exec --user "$user" "$ID" id -u
		case $expected in
		refused) [ "$status" -eq 255 ] || fail "$user: $output" ;;
		*) [ "$status" -eq 0 ] && [ "$output" = "$expected" ] || fail "$user: $output" ;;
		esac
	done 8<<-'END'
		1 1
		0 0
		1:1 1
		1000:1000 1000
		4294967294 4294967294
		-1 refused
		4294967295 refused
		4294967296 refused
		18446744073709551616 refused
		18446744073709551617 refused
		1x refused
		x refused
		root refused
		1: refused
		:1 refused
		1:x refused
		1:-1 refused
		1:4294967295 refused
		1:1:1 refused
		0x1 refused
		1.0 refused
	END
	for user in " 1" "1 " "" +1 01; do
		corc exec --user "$user" "$ID" id -u
		[ "$status" -ne 0 ] || [ "$output" = 1 ] || [ -z "$user" ] || fail "$user: $output"
	done
}

# CVE-2016-3697
@test "security: numbers are not looked up in the image's passwd" {
	printf '%s\n' 1000:x:0:0::/evil: root:x:0:0:root:/root:/bin/sh >"$ROOTFS/etc/passwd"
	run_in --set '.process.user = {uid: 1000, gid: 1000}' id -u
	expect_output 1000
	start_container
	succeeds exec -u 1000 "$ID" sh -c 'id -u; id -g'
	expect_output $'1000\n1000'
}

@test "security: a passwd that is a FIFO, a device, a directory, endless" {
	corc_only "waits for it for ever"
	local kind
	rm "$ROOTFS/etc/passwd" "$ROOTFS/etc/group"
	for kind in fifo device directory endless link; do
		case $kind in
		fifo) mkfifo "$ROOTFS/etc/passwd" "$ROOTFS/etc/group" ;;
		device) ln -s /dev/zero "$ROOTFS/etc/passwd" ;;
		directory) mkdir "$ROOTFS/etc/passwd" ;;
		endless) truncate -s 100G "$ROOTFS/etc/passwd" ;;
		link) ln -s passwd "$ROOTFS/etc/passwd" ;;
		esac
		config_args true
		corc run --bundle "$BUNDLE" "$ID" </dev/null
		[ "$status" -ne 124 ] || fail "$kind hangs"
		start_container
		corc exec -u 1000 "$ID" true </dev/null
		[ "$status" -ne 124 ] || fail "$kind hangs"
		succeeds delete --force "$ID"
		rm -rf "$ROOTFS/etc/passwd" "$ROOTFS/etc/group"
	done
}

@test "security: started with stdio closed" {
	corc_only "fills the gaps with its pipes"
	local i
	config_set '.root.readonly = false'
	config_args sh -c 'fds >/tmp/fds'
	for i in 0 1 2 all; do
		rm -f "$ROOTFS/tmp/fds"
		case $i in
		0) "$CORC" --root "$ROOT" run --bundle "$BUNDLE" "$ID" 3>&- <&- >stdout 2>stderr ;;
		1) "$CORC" --root "$ROOT" run --bundle "$BUNDLE" "$ID" 3>&- </dev/null >&- 2>stderr ;;
		2) "$CORC" --root "$ROOT" run --bundle "$BUNDLE" "$ID" 3>&- </dev/null >stdout 2>&- ;;
		all) "$CORC" --root "$ROOT" run --bundle "$BUNDLE" "$ID" 3>&- <&- >&- 2>&- ;;
		esac
		# Nothing but stdio, and nothing of the runtime in its place.
		! grep -qvE '^[012] (/dev/null|.*/stdout|.*/stderr|/tmp/fds|/null)$' "$ROOTFS/tmp/fds" ||
			fail "$i: $(<"$ROOTFS/tmp/fds")"
	done
	status=0
	"$CORC" --root "$ROOT" state nowhere 3>&- <&- >&- 2>&- || status=$?
	[ "$status" -eq 1 ]
}

# CVE-2019-19921, CVE-2023-27561
@test "security: /proc and /sys of the image are links" {
	local name
	mkdir "$ROOTFS/elsewhere"
	for name in proc sys; do
		rmdir "$ROOTFS/$name"
		ln -s /elsewhere "$ROOTFS/$name"
		corc run --bundle "$BUNDLE" "$ID"
		[ "$status" -eq 1 ] || fail "$name"
		rm "$ROOTFS/$name"
		mkdir "$ROOTFS/$name"
	done
	expect_nothing_left
}

# CVE-2026-41579
@test "security: /dev of the image is a link to the host" {
	mkdir host
	touch host/ptmx host/file
	rmdir "$ROOTFS/dev"
	ln -s "$PWD/host" "$ROOTFS/dev"
	corc run --bundle "$BUNDLE" "$ID"
	[ "$(ls host)" = $'file\nptmx' ]
	config_set '.mounts |= map(select(.destination | startswith("/dev") | not))'
	corc run --bundle "$BUNDLE" "$ID"
	[ "$(ls host)" = $'file\nptmx' ]
	expect_nothing_left
}

# CVE-2025-31133
@test "security: /dev/null of the image is a link" {
	config_set '.mounts |= map(select(.destination | startswith("/dev") | not)) |
		.linux.maskedPaths = ["/etc/group"] | .root.readonly = false'
	ln -s /proc/sys/kernel/domainname "$ROOTFS/dev/null"
	config_args sh -c 'echo attacked >/etc/group; cat /etc/group /proc/sys/kernel/domainname'
	corc run --bundle "$BUNDLE" "$ID"
	[[ "$output" != *attacked* ]]
	expect_nothing_left
}

# CVE-2026-88264
@test "security: /dev/console of the image is a link to the host" {
	corc_only "needs a tmpfs on /dev"
	echo untouched >host
	rm -rf "${ROOTFS:?}/dev"
	mkdir -p "$ROOTFS/dev/pts"
	ln -s "$PWD/host" "$ROOTFS/dev/console"
	config_set '.process.terminal = true | .root.readonly = false |
		.mounts |= map(select(.destination == "/dev/pts" or (.destination | startswith("/dev") | not)))'
	config_args sh -c 'echo attacked >/dev/console'
	"$PROGRAMS/in-terminal" "$CORC" --root "$ROOT" run --bundle "$BUNDLE" "$ID" >stdout 3>&- || true
	[ "$(<host)" = untouched ]
	expect_nothing_left
}

# CVE-2019-16884
@test "security: a mount of the image cannot stand in for /proc" {
	mkdir -p fake/self/attr
	touch fake/self/attr/exec
	config_set --arg source "$PWD/fake" '.mounts += [{destination: "/proc", type: "bind",
		source: $source, options: ["rbind"]}]'
	fails 1 "because it is not of type proc" run --bundle "$BUNDLE" "$ID"
	config_set '.mounts |= .[0:7] + [{destination: "/proc", type: "tmpfs", source: "x"}]'
	corc run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 1 ]
	expect_nothing_left
}

# CVE-2022-24769
@test "security: no inheritable capability without being asked" {
	run_in grep CapInh /proc/self/status
	expect_output $'CapInh:\t0000000000000000'
	start_container
	succeeds exec --cap CAP_NET_RAW "$ID" grep CapInh /proc/self/status
	expect_output $'CapInh:\t0000000000000000'
}

# CVE-2023-25809
@test "security: the cgroups cannot be written without a cgroup namespace" {
	is_cgroup_v2 || corc_only "leaves the tmpfs around them writable"
	config_set 'del(.linux.namespaces[] | select(.type == "cgroup"))'
	run_shell 'mkdir /sys/fs/cgroup/x 2>/dev/null || echo refused
		for d in /sys/fs/cgroup /sys/fs/cgroup/*; do
			! { echo 1 >$d/cgroup.procs; } 2>/dev/null || echo "written $d"; done'
	expect_no_line 'written .*'
}

# CVE-2026-57231
@test "security: the caller's environment is not the container's" {
	export CORC_TEST_SECRET=secret
	start_container
	succeeds exec -e A=1 "$ID" env
	[[ "$output" != *secret* ]]
	corc exec -e CORC_TEST_SECRET "$ID" env
	[[ "$output" != *=secret* ]]
}

@test "security: the state is for its owner alone" {
	corc_only "lets others look"
	umask 0
	create_container
	[ -z "$(find "$ROOT/$ID" ! -type l -perm /077)" ]
}

@test "security: the process that waits for start in a user namespace holds no directory" {
	corc_only "holds one"
	add_user_namespace
	create_container
	[ "$(stat -c %a "$ROOT/$ID")" = 700 ] || [ "$(stat -c %a "$ROOT/$ID")" = 711 ]
	# Nothing of the host is open for writing but stdio, pipes and sockets.
	local fd
	for fd in "/proc/$PID"/fd/*; do
		[ -e "$fd" ] || continue
		[ ! -d "$fd" ] || fail "$(readlink "$fd")"
	done
}

@test "security: memfds that may not be executed" {
	[ -e /proc/sys/vm/memfd_noexec ] || skip "this machine's kernel has no vm.memfd_noexec"
	local level
	for level in 1 2; do
		# It is set for a pid namespace and cannot be lowered there again.
		LEVEL=$level unshare --pid --fork --mount-proc --kill-child bash -c '
			echo $LEVEL >/proc/sys/vm/memfd_noexec
			exec "$0" "$@" </dev/null' "$CORC" --root "$ROOT" run --bundle "$BUNDLE" "$ID" \
			>stdout 2>stderr 3>&- && status=0 || status=$?
		stderr=$(<stderr)
		if [ "$level" -eq 1 ] || [ "$status" -ne 1 ]; then
			[ "$status" -eq 0 ] || fail "memfd_noexec $level"
		else
			corc_only "needs no memfd or does not say"
			expect_error memfd_noexec
		fi
	done
	expect_nothing_left
}
