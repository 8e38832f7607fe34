#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The file systems that containers are given: proc, sysfs, tmpfs, devpts, mqueue, cgroup, others; with
# and without the namespaces that they show; and where they are mounted.

load helpers

# mount_line PATH: "TYPE OPTIONS SUPER-OPTIONS" of the last mount on PATH in a mountinfo on $output.
mount_line() {
	awk -v path="$1" '$5 == path { for (i = 7; $i != "-"; i++); found = $(i + 1) " " $6 " " $(i + 3) }
		END { print found }' <<<"$output"
}

# without TYPE...: the container shares these namespaces with the caller.
without() {
	local type
	for type; do
		config_set --arg type "$type" 'del(.linux.namespaces[] | select(.type == $type))'
	done
}

# only MOUNT...: config.json has the mount on /proc and these.
only() {
	config_set '.mounts = .mounts[0:1] + $ARGS.positional | .linux.maskedPaths = [] |
		.linux.readonlyPaths = []' --jsonargs -- "$@"
}

@test "proc: shows the container's pid namespace, or the caller's" {
	run_shell 'cat /proc/1/comm; set -- /proc/[0-9]*; echo $#'
	expect_output $'sh\n1'
	without pid
	run_shell 'test -d /proc/'$$' && echo shared'
	expect_output shared
}

@test "proc: with options of its own" {
	only
	config_set '.mounts[0].options = ["hidepid=2", "nosuid", "ro"]'
	run_in cat /proc/self/mountinfo
	[[ "$(mount_line /proc)" =~ ^proc\ ro,nosuid,relatime\ r[ow],hidepid= ]]
}

@test "sysfs: shows the container's network devices, or the caller's" {
	ip link add corc-test0 type dummy 2>/dev/null || skip "this kernel has no dummy network devices"
	run_shell 'ls /sys/class/net'
	[[ "$output" != *corc-test0* ]]
	without network
	run_shell 'ls /sys/class/net'
	ip link del corc-test0
	expect_line corc-test0
}

@test "tmpfs: the usual options" {
	only '{"destination": "/tmp", "type": "tmpfs", "source": "name", "options":
		["noexec", "nosuid", "nodev", "size=32k", "nr_inodes=20", "mode=1770", "uid=1", "gid=2"]}'
	run_shell 'stat -c "%a %u:%g" /tmp; cat /proc/self/mountinfo'
	expect_line '1770 1:2'
	[[ "$(mount_line /tmp)" =~ ^tmpfs\ rw,nosuid,nodev,noexec,relatime\ rw,size=32k,nr_inodes=20,mode=1770,uid=1,gid=2 ]]
	expect_line '.* - tmpfs name .*'
}

@test "tmpfs: without a mode it has that of the directory below, or is everybody's" {
	only '{"destination": "/there", "type": "tmpfs", "source": "tmpfs"}' \
		'{"destination": "/new/one", "type": "tmpfs", "source": "tmpfs"}'
	mkdir -m 2750 "$ROOTFS/there"
	run_shell 'stat -c "%a %n" /there /new /new/one'
	expect_output $'2750 /there\n755 /new\n1777 /new/one'
}

@test "devpts: an instance of its own" {
	run_shell 'ls /dev/pts; stat -c "%a %t:%T" /dev/pts/ptmx'
	expect_output $'ptmx\n666 5:2'
}

@test "mqueue: shows the container's queues" {
	run_shell --set '.process.capabilities = {}' 'touch /dev/mqueue/corc && ls /dev/mqueue'
	expect_output corc
	mkdir queues
	mount -t mqueue mqueue queues
	[ ! -e queues/corc ] || {
		umount queues
		fail "the queue is in the caller's namespace"
	}
	umount queues
}

@test "types: in a user namespace without the namespace that it shows" {
	local type namespace destination
	add_user_namespace
	while read -r -u 8 type namespace destination; do
		config_set '.linux.namespaces |= [.[] | .]'
		cp "$BUNDLE/config.json" saved
		config_set --arg type "$type" '.mounts |= map(select(.type == "proc" or .type == $type)) |
			.linux.maskedPaths = [] | .linux.readonlyPaths = []'
		without "$namespace"
		corc run --bundle "$BUNDLE" "$ID"
		[ "$status" -eq 1 ] || fail "$type"
		expect_error "operation not permitted"
		[[ "$stderr" == *"$destination"* ]] || fail "$type"
		case $CORC_TEST_PROGRAM in
		corc) expect_error "in a user namespace it needs an? (network|ipc|pid) namespace" ;;
		esac
		mv saved "$BUNDLE/config.json"
	done 8<<-'END'
		sysfs network /sys
		mqueue ipc /dev/mqueue
		proc pid /proc
	END
	expect_nothing_left
}

@test "types: in a user namespace without a network namespace, /sys bound from the host" {
	add_user_namespace
	without network
	config_set '.mounts |= map(if .type == "sysfs" then {destination: "/sys", type: "bind",
		source: "/sys", options: ["rbind", "nosuid", "noexec", "nodev", "ro"]} else . end |
		select(.type != "cgroup"))'
	run_shell 'ls -d /sys/class/net; touch /sys/x 2>/dev/null || echo refused'
	expect_output $'/sys/class/net\nrefused'
}

@test "types: a file system that the kernel makes for a device, read-only as a whole" {
	command -v mkfs.ext4 losetup >/dev/null || skip "needs mkfs.ext4 and losetup"
	local device
	truncate -s 4M image
	mkfs.ext4 -q -O ^has_journal image
	device=$(losetup --find --show --read-only "$PWD/image" 2>/dev/null) || skip "this machine has no loop devices"
	only "$(jq -cn --arg source "$device" '{destination: "/home", type: "ext4", source: $source,
		options: ["ro"]}')"
	config_set '.linux.resources.devices = [{allow: true, access: "rwm"}]'
	config_args cat /proc/self/mountinfo
	corc run --bundle "$BUNDLE" "$ID"
	losetup --detach "$device"
	[ "$status" -eq 0 ] || fail "ext4"
	[[ "$(mount_line /home)" =~ ^ext4\ ro,relatime\ ro ]]
}

@test "types: an overlay" {
	mkdir lower upper work
	echo lower >lower/file
	only "$(jq -cn --arg d "$PWD" '{destination: "/home", type: "overlay", source: "overlay", options:
		["lowerdir=\($d)/lower", "upperdir=\($d)/upper", "workdir=\($d)/work"]}')"
	run_shell 'cat /home/file; echo upper >/home/new'
	expect_output lower
	[ "$(<upper/new)" = upper ]
}

# --- cgroups ------------------------------------------------------------------------------------

# The container's own cgroup in what it sees below /sys/fs/cgroup, and nothing that is above.
expect_own_cgroup() {
	run_shell 'for d in /sys/fs/cgroup /sys/fs/cgroup/*; do
			[ ! -f $d/cgroup.procs ] || echo "$(stat -f -c %T $d) $(grep -xc 1 $d/cgroup.procs)"
		done | sort -u; cat /proc/self/mountinfo'
	expect_no_line '[a-zA-Z0-9()]+ 0'
	expect_no_line '.* /\.\. /sys/fs/cgroup.*'
	if is_cgroup_v2; then
		[[ "$(mount_line /sys/fs/cgroup)" =~ ^cgroup2\ ro, ]]
	else
		[[ "$(mount_line /sys/fs/cgroup)" =~ ^tmpfs\ ro, ]]
		[[ "$(mount_line /sys/fs/cgroup/pids)" =~ ^cgroup\ ro,.*pids ]]
		[ "$(grep -c ' /sys/fs/cgroup/' <<<"$output")" -eq "$(grep -c ' /sys/fs/cgroup/' /proc/self/mountinfo)" ]
	fi
}

@test "cgroup: with a cgroup namespace" {
	expect_own_cgroup
	[ "$(awk '$5 ~ /^\/sys\/fs\/cgroup/ && / - cgroup/ { print $4 }' <<<"$output" | sort -u)" = / ]
}

@test "cgroup: without a cgroup namespace" {
	corc_only "shows all of the host's"
	without cgroup
	expect_own_cgroup
	[ "$(awk '$5 ~ /^\/sys\/fs\/cgroup/ && / - cgroup/ { print $4 }' <<<"$output" | sort -u)" = "/$ID" ]
}

@test "cgroup: in a user namespace, with a cgroup namespace" {
	add_user_namespace
	expect_own_cgroup
}

@test "cgroup: in a user namespace, without a cgroup namespace" {
	corc_only "shows all of the host's"
	add_user_namespace
	without cgroup
	expect_own_cgroup
}

@test "cgroup: writable when it is asked for" {
	config_set '(.mounts[] | select(.type == "cgroup") | .options) = ["nosuid", "noexec", "nodev"]'
	run_shell 'd=/sys/fs/cgroup; [ -e $d/cgroup.procs ] || d=$d/pids
		mkdir $d/below && ls -d $d/below/cgroup.procs && rmdir $d/below'
	[ "$(wc -l <<<"$output")" -eq 1 ]
}

# --- targets ------------------------------------------------------------------------------------

@test "targets: directories, files and those above them, owned by the container's root" {
	corc_only "applies the caller's umask"
	local owner
	mkdir source
	echo data >file
	for owner in 0 100000; do
		rm -rf "$ROOTFS/new"
		config_set '.root.readonly = false'
		only '{"destination": "/new/a/tmpfs", "type": "tmpfs", "source": "tmpfs"}' \
			"$(jq -cn --arg s "$PWD/source" '{destination: "/new/b/bind", source: $s, options: ["bind"]}')" \
			"$(jq -cn --arg s "$PWD/file" '{destination: "/new/c/file", source: $s, options: ["bind"]}')" \
			"$(jq -cn '{destination: "/new/d/null", source: "/dev/null", options: ["bind"]}')"
		(
			umask 077
			run_shell 'cat /new/c/file; cat /new/d/null'
			expect_output data
		)
		[ "$(cd "$ROOTFS" && find new -printf '%p %y %m %U:%G\n' | sort)" = "new d 755 $owner:$owner
new/a d 755 $owner:$owner
new/a/tmpfs d 755 $owner:$owner
new/b d 755 $owner:$owner
new/b/bind d 755 $owner:$owner
new/c d 755 $owner:$owner
new/c/file f 644 $owner:$owner
new/d d 755 $owner:$owner
new/d/null f 644 $owner:$owner" ] || fail "$(cd "$ROOTFS" && find new -printf '%p %y %m %U:%G\n' | sort)"
		[ "$owner" -ne 0 ] || add_user_namespace
	done
}

@test "targets: a socket as the source makes a file" {
	local server
	"$PROGRAMS/recvtty" -o /dev/null socket >pid
	server=$(<pid)
	config_set '.root.readonly = false'
	only "$(jq -cn --arg s "$PWD/socket" '{destination: "/new/socket", source: $s, options: ["bind"]}')"
	config_args stat -c %F /new/socket
	corc run --bundle "$BUNDLE" "$ID"
	{ kill -KILL "$server"; } 2>/dev/null
	await_exit "$server"
	expect_output socket
}

@test "targets: missing in a rootfs that is read-only itself" {
	mkdir source
	mount --bind "$ROOTFS" "$ROOTFS"
	mount -o remount,bind,ro "$ROOTFS"
	only "$(jq -cn --arg s "$PWD/source" '{destination: "/missing", source: $s, options: ["bind"]}')"
	config_args true
	corc run --bundle "$BUNDLE" "$ID"
	umount "$ROOTFS"
	[ "$status" -eq 1 ]
	expect_error '[Rr]ead-only file system'
	[[ "$stderr" == */missing* ]]
	expect_nothing_left
	corc_only "does not say more"
	expect_error 'the rootfs itself is read-only'
}

@test "targets: there already, in a rootfs that is read-only itself" {
	mount --bind "$ROOTFS" "$ROOTFS"
	mount -o remount,bind,ro "$ROOTFS"
	config_args ls /dev/null
	corc run --bundle "$BUNDLE" "$ID"
	umount "$ROOTFS"
	[ "$status" -eq 0 ]
}
