#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# mounts: the default ones, options, bind mounts, missing targets, links in the rootfs.

load helpers

# mount_line PATH: "TYPE OPTIONS SUPER-OPTIONS" of the last mount on PATH in a mountinfo on $output.
mount_line() {
	awk -v path="$1" '$5 == path { for (i = 7; $i != "-"; i++); found = $(i + 1) " " $6 " " $(i + 3) }
		END { print found }' <<<"$output"
}

# options_of PATH: the options of the mount itself.
options_of() {
	mount_line "$1" | cut -d ' ' -f 2
}

# add_bind SOURCE DESTINATION OPTIONS...
add_bind() {
	local source=$1 destination=$2
	shift 2
	config_set --arg source "$source" --arg destination "$destination" '.mounts += [{
		destination: $destination, type: "bind", source: $source,
		options: $ARGS.positional}]' --args -- "$@"
}

@test "mounts: the default ones have type and flags as configured" {
	run_in cat /proc/self/mountinfo
	[ "$(mount_line /proc)" = "proc rw,relatime rw" ]
	[[ "$(mount_line /dev)" =~ ^tmpfs\ rw,nosuid\ rw,size=65536k,mode=755 ]]
	[[ "$(mount_line /dev/pts)" =~ ^devpts\ rw,nosuid,noexec,relatime\ rw,gid=5,mode=620,ptmxmode=666 ]]
	[[ "$(mount_line /dev/shm)" =~ ^tmpfs\ rw,nosuid,nodev,noexec,relatime\ rw,size=65536k ]]
	[[ "$(mount_line /dev/mqueue)" =~ ^mqueue\ rw,nosuid,nodev,noexec,relatime\ rw ]]
	[[ "$(mount_line /sys)" =~ ^sysfs\ ro,nosuid,nodev,noexec,relatime\ r ]]
	[[ "$(options_of /)" == ro,* ]]
	[ "$(wc -l <<<"$output")" -ge 8 ]
}

@test "mounts: nothing of the host is there" {
	run_in cat /proc/self/mountinfo
	expect_no_line '.* /home .*'
	[[ "$output" != *"$CGROUP_MOUNT/unified "* ]] || ! is_cgroup_v2
	[ "$(awk '$5 == "/"' <<<"$output" | wc -l)" -eq 1 ]
}

@test "mounts: the cgroup file system, v2" {
	needs_cgroup_v2
	run_shell 'cat /proc/self/mountinfo /sys/fs/cgroup/cgroup.procs /proc/self/cgroup;
		mkdir /sys/fs/cgroup/x 2>/dev/null || echo refused'
	[[ "$(mount_line /sys/fs/cgroup)" =~ ^cgroup2\ ro,nosuid,nodev,noexec,relatime\ rw ]]
	expect_line 1
	expect_line 0::/
	expect_line refused
}

@test "mounts: the cgroup file systems, v1" {
	needs_cgroup_v1
	run_shell 'cat /proc/self/mountinfo; ls /sys/fs/cgroup; cat /sys/fs/cgroup/pids/cgroup.procs;
		mkdir /sys/fs/cgroup/pids/x 2>/dev/null || echo refused'
	[[ "$(mount_line /sys/fs/cgroup)" =~ ^tmpfs\ r[ow],nosuid,nodev,noexec,relatime ]]
	[[ "$(mount_line /sys/fs/cgroup/pids)" =~ ^cgroup\ ro,nosuid,nodev,noexec,relatime\ rw,pids ]]
	expect_line pids
	expect_line 1
	expect_line refused
	corc_only "leaves the tmpfs writable"
	[[ "$(mount_line /sys/fs/cgroup)" =~ ^tmpfs\ ro, ]]
}

@test "mounts: the cgroup file systems without a cgroup namespace" {
	config_set 'del(.linux.namespaces[] | select(.type == "cgroup"))'
	run_shell 'for f in /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/pids/cgroup.procs; do
		[ ! -e $f ] || grep -x 1 $f; done; cat /proc/self/cgroup'
	expect_line ".*:/$ID"
	# Their own cgroup, as the root of what is there.
	corc_only "shows all cgroups of the machine"
	expect_line 1
}

@test "mounts: bind a directory, read and write" {
	mkdir source
	echo outside >source/file
	add_bind "$PWD/source" /tmp bind rw
	run_shell 'cat /tmp/file; echo inside >/tmp/new; cat /proc/self/mountinfo'
	expect_line outside
	[ "$(<source/new)" = inside ]
	[[ "$(options_of /tmp)" == rw,* ]]
}

@test "mounts: bind a file on a file" {
	echo outside >file
	add_bind "$PWD/file" /etc/group bind
	run_in cat /etc/group
	expect_output outside
}

@test "mounts: bind read-only" {
	mkdir source
	add_bind "$PWD/source" /tmp bind ro
	run_shell 'touch /tmp/x 2>&1; cat /proc/self/mountinfo'
	[[ "$output" == *"Read-only file system"* ]]
	[[ "$(options_of /tmp)" == ro,* ]]
	[ ! -e source/x ]
	touch source/x
}

@test "mounts: bind with nosuid, nodev, noexec, noatime and the rest" {
	mkdir source
	cp "$ROOTFS/bin/pause" source/program
	add_bind "$PWD/source" /tmp bind nosuid nodev noexec noatime nodiratime
	run_shell '/tmp/program 2>&1; cat /proc/self/mountinfo'
	[[ "$output" == *"Permission denied"* ]]
	[ "$(options_of /tmp)" = rw,nosuid,nodev,noexec,noatime,nodiratime ]
}

@test "mounts: later options win" {
	mkdir source
	add_bind "$PWD/source" /tmp bind ro nosuid rw suid noexec exec
	run_in cat /proc/self/mountinfo
	[ "$(options_of /tmp)" = rw,relatime ]
}

@test "mounts: atime options" {
	mkdir source
	local option expected
	for option in noatime relatime strictatime; do
		expected=rw,$option
		[ "$option" != strictatime ] || expected=rw
		config_set '.mounts |= .[0:7]'
		add_bind "$PWD/source" /tmp bind "$option"
		run_in cat /proc/self/mountinfo
		[ "$(options_of /tmp)" = "$expected" ] || fail "$option"
	done
}

@test "mounts: nosymfollow" {
	mkdir source
	ln -s /etc/passwd source/link
	add_bind "$PWD/source" /tmp bind nosymfollow
	run_shell 'cat /tmp/link 2>&1 || echo refused'
	expect_line refused
}

@test "mounts: rbind takes what is mounted below, bind does not" {
	mkdir -p source/below
	mount -t tmpfs below source/below
	touch source/below/file
	add_bind "$PWD/source" /tmp rbind
	run_in ls /tmp/below
	config_set '.mounts |= .[0:7]'
	expect_output file
	add_bind "$PWD/source" /tmp bind
	run_in ls /tmp/below
	umount source/below
	expect_output ""
}

@test "mounts: ro of a rbind is for the top alone, rro for all" {
	mkdir -p source/below
	mount -t tmpfs below source/below
	add_bind "$PWD/source" /tmp rbind ro
	run_in cat /proc/self/mountinfo
	[[ "$(options_of /tmp)" == ro,* ]]
	[[ "$(options_of /tmp/below)" == rw,* ]]
	config_set '.mounts |= .[0:7]'
	add_bind "$PWD/source" /tmp rbind rro
	run_in cat /proc/self/mountinfo
	umount source/below
	[[ "$(options_of /tmp)" == ro,* ]]
	[[ "$(options_of /tmp/below)" == ro,* ]]
}

@test "mounts: recursive nosuid, nodev, noexec, noatime" {
	mkdir -p source/below
	mount -t tmpfs below source/below
	add_bind "$PWD/source" /tmp rbind rnosuid rnodev rnoexec rnoatime
	run_in cat /proc/self/mountinfo
	umount source/below
	[ "$(options_of /tmp)" = rw,nosuid,nodev,noexec,noatime ]
	[ "$(options_of /tmp/below)" = rw,nosuid,nodev,noexec,noatime ]
}

@test "mounts: flags of the source that were not named are kept" {
	mkdir source
	mount -t tmpfs -o nosuid,nodev,noexec source source
	add_user_namespace
	add_bind "$PWD/source" /tmp bind ro
	run_in cat /proc/self/mountinfo
	umount source
	[[ "$(options_of /tmp)" == ro,nosuid,nodev,noexec* ]]
}

@test "mounts: a source relative to the bundle" {
	mkdir "$BUNDLE/data"
	echo data >"$BUNDLE/data/file"
	add_bind data /tmp bind
	run_in cat /tmp/file
	expect_output data
}

@test "mounts: the option makes a bind mount, whatever the type" {
	mkdir source
	echo data >source/file
	config_set --arg source "$PWD/source" '.mounts += [
		{destination: "/tmp", source: $source, options: ["rbind"]},
		{destination: "/home", type: "none", source: $source, options: ["bind"]}]'
	run_in cat /tmp/file /home/file
	expect_output $'data\ndata'
}

@test "mounts: propagation options, of a mount alone and with what is below" {
	local option top below
	mkdir -p source/below
	mount --bind source source
	mount --make-shared source
	mount -t tmpfs below source/below
	while read -r -u 8 option top below; do
		config_set '.mounts |= .[0:7]'
		add_bind "$PWD/source" /tmp rbind "$option"
		config_args cat /proc/self/mountinfo
		corc run --bundle "$BUNDLE" "$ID"
		[ "$(propagation_of /tmp) $(propagation_of /tmp/below)" = "$top $below" ] || {
			umount -R source
			fail "$option: $(propagation_of /tmp) $(propagation_of /tmp/below)"
		}
	done 8<<-'END'
		shared shared,master master
		rshared shared,master shared,master
		slave master master
		rslave master master
		private private master
		rprivate private private
		unbindable unbindable master
		runbindable unbindable unbindable
	END
	umount -R source
}

# propagation_of PATH: "shared,master", "unbindable", or "private", of the last mount on PATH.
propagation_of() {
	awk -v path="$1" '$5 == path { found = ""
			for (i = 7; $i != "-"; i++) { sub(/:.*/, "", $i); found = found "," $i } }
		END { print found ? substr(found, 2) : "private" }' <<<"$output"
}

@test "mounts: tmpfs with size and mode" {
	config_set '.mounts += [{destination: "/tmp", type: "tmpfs", source: "tmpfs",
		options: ["nosuid", "size=1m", "mode=0711", "uid=5", "gid=6"]}]'
	run_shell 'stat -c "%a %u %g" /tmp; df -k /tmp | tail -n 1; cat /proc/self/mountinfo'
	expect_line '711 5 6'
	expect_line 'tmpfs +1024 .*'
	[[ "$(options_of /tmp)" == rw,nosuid* ]]
}

@test "mounts: tmpfs without a mode has that of the directory below" {
	chmod 1733 "$ROOTFS/tmp"
	config_set '.mounts += [{destination: "/tmp", type: "tmpfs", source: "tmpfs"}]'
	run_in stat -c %a /tmp
	expect_output 1733
}

@test "mounts: missing targets are made" {
	mkdir source
	echo data >file
	config_set '.root.readonly = false'
	add_bind "$PWD/source" /new/deep/directory bind
	add_bind "$PWD/file" /new/deep/file bind
	run_shell 'stat -c "%F %a" /new/deep/directory /new/deep /new; cat /new/deep/file'
	expect_line data
	[ "$(stat -c '%F %a %u' "$ROOTFS/new" "$ROOTFS/new/deep" "$ROOTFS/new/deep/directory" | sort -u)" = \
		"directory 755 0" ]
	[[ "$(stat -c '%F %a %u' "$ROOTFS/new/deep/file")" == regular*file\ 644\ 0 ]] ||
		[[ "$(stat -c '%F %a %u' "$ROOTFS/new/deep/file")" == "regular empty file 644 0" ]]
}

@test "mounts: a missing source" {
	add_bind "$PWD/nowhere" /tmp bind
	fails 1 "no such file or directory" run --bundle "$BUNDLE" "$ID"
	[[ "$stderr" == *"$PWD/nowhere"* ]]
	expect_nothing_left
}

@test "mounts: a directory on a file, a file on a directory" {
	mkdir source
	echo data >file
	add_bind "$PWD/source" /etc/passwd bind
	fails 1 "not a directory" run --bundle "$BUNDLE" "$ID"
	config_set '.mounts |= .[0:7]'
	add_bind "$PWD/file" /tmp bind
	corc run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 1 ]
	expect_error 'not a directory|is a directory'
	expect_nothing_left
}

@test "mounts: errors name the entry with its position, source and destination" {
	corc_only "knows no positions"
	local line
	add_bind "$PWD/nowhere" /tmp bind
	line=$(grep -n '"destination": "/tmp"' "$BUNDLE/config.json" | cut -d : -f 1)
	fails 1 "mounts[7]" run --bundle "$BUNDLE" "$ID"
	expect_error "config.json:$((line - 1)):[0-9]+: mounts\[7\]|config.json:$((line + 2)):[0-9]+: mounts\[7\]\.source"
	[[ "$stderr" == *"$PWD/nowhere"*/tmp*"no such file or directory"* ]]
}

@test "mounts: an unknown file system" {
	config_set '.mounts += [{destination: "/tmp", type: "nosuchfs", source: "x"}]'
	fails 1 "no such device" run --bundle "$BUNDLE" "$ID"
	[[ "$stderr" == *nosuchfs* || "$stderr" == */tmp* ]]
	expect_nothing_left
}

@test "mounts: an option that the file system does not know" {
	config_set '.mounts += [{destination: "/tmp", type: "tmpfs", source: "x",
		options: ["nosuchoption=1"]}]'
	fails 1 "invalid argument" run --bundle "$BUNDLE" "$ID"
	expect_nothing_left
	corc_only "does not name it"
	[[ "$stderr" == *nosuchoption* ]]
}

# The specification hands unknown options to mount(2), which does nothing with them for a bind mount.
@test "mounts: data options of a bind mount are ignored with a warning" {
	corc_only "runc refuses them, crun says nothing"
	mkdir source
	touch source/here
	add_bind "$PWD/source" /tmp bind ro size=1m mode=700
	config_args sh -c 'ls /tmp; touch /tmp/new 2>/dev/null || echo read-only'
	succeeds --log log run --bundle "$BUNDLE" "$ID"
	expect_output here$'\n'read-only
	[[ "$(<log)" == *level=warning*"option size=1m is ignored: the bind mount on /tmp "* ]]
}

@test "mounts: a link in the rootfs does not lead out of it" {
	mkdir source host
	echo mine >source/file
	ln -s "$PWD/host" "$ROOTFS/tmp/absolute"
	ln -s ../../../../../../../../../../.."$PWD/host" "$ROOTFS/tmp/relative"
	config_set '.root.readonly = false'
	add_bind "$PWD/source" /tmp/absolute bind
	add_bind "$PWD/source" /tmp/relative/below bind
	run_shell 'cat /proc/self/mountinfo; cat /tmp/absolute/file'
	expect_line mine
	[ -z "$(ls -A host)" ]
	[ "$(mount_line "$PWD/host" | cut -d ' ' -f 2 | cut -c 1-2)" = rw ]
	# Both led to the same path below the rootfs.
	[ -d source/below ]
	[ -d "$ROOTFS$PWD/host" ]
}

@test "mounts: .. in a destination stays in the rootfs" {
	mkdir source
	echo mine >source/file
	config_set '.root.readonly = false'
	add_bind "$PWD/source" /../../../tmp/../../target bind
	run_in cat /target/file
	expect_output mine
	[ ! -e "$BUNDLE/target" ]
}

@test "mounts: /proc and /sys as a link are refused" {
	local name
	for name in proc sys; do
		rmdir "$ROOTFS/$name"
		mkdir -p "$ROOTFS/elsewhere"
		ln -s elsewhere "$ROOTFS/$name"
		corc run --bundle "$BUNDLE" "$ID"
		[ "$status" -eq 1 ]
		[[ "$stderr" == *"$name"* ]]
		rm "$ROOTFS/$name"
		mkdir "$ROOTFS/$name"
		expect_nothing_left
	done
}

@test "mounts: nothing is mounted inside of /proc" {
	mkdir source
	echo data >file
	add_bind "$PWD/source" /proc/tty bind
	fails 1 "because it is inside /proc" run --bundle "$BUNDLE" "$ID"
	config_set '.mounts |= .[0:7]'
	ln -s /proc/tty "$ROOTFS/tmp/link"
	add_bind "$PWD/source" /tmp/link bind
	fails 1 "because it is inside /proc" run --bundle "$BUNDLE" "$ID"
	config_set '.mounts |= .[0:7]'
	add_bind "$PWD/source" /proc bind
	fails 1 "because it is not of type proc" run --bundle "$BUNDLE" "$ID"
	expect_nothing_left
}

@test "mounts: some files of /proc may be bound over" {
	echo mine >file
	add_bind "$PWD/file" /proc/uptime bind
	add_bind "$PWD/file" /proc/meminfo bind
	run_in cat /proc/uptime /proc/meminfo
	expect_output $'mine\nmine'
}

@test "mounts: a procfs bound on /proc" {
	config_set '.mounts[0] = {destination: "/proc", type: "bind", source: "/proc",
		options: ["rbind"]} | del(.linux.namespaces[] | select(.type == "pid")) |
		.linux.maskedPaths = [] | .linux.readonlyPaths = []'
	run_in cat /proc/self/comm
	expect_output cat
}

@test "mounts: over a mount of before, in the order given" {
	mkdir one two
	echo one >one/file
	echo two >two/file
	add_bind "$PWD/one" /tmp bind
	add_bind "$PWD/two" /tmp bind
	run_in cat /tmp/file
	expect_output two
}

# More than may be open at once, and than go in one message.
@test "mounts: 2,000 bind mounts, also in a user namespace" {
	mkdir source
	config_set --arg source "$PWD/source" '.root.readonly = false | .mounts += [range(2000) |
		{destination: "/tmp/\(.)", type: "bind", source: $source, options: ["bind", "ro"]}]'
	run_in sh -c 'grep -c " /tmp/[0-9]* ro" /proc/self/mountinfo'
	expect_output 2000
	add_user_namespace
	run_in sh -c 'grep -c " /tmp/[0-9]* ro" /proc/self/mountinfo'
	expect_output 2000
}

@test "mounts: none at all" {
	corc_only "cannot do without a procfs"
	config_set '.mounts = [] | .linux.maskedPaths = [] | .linux.readonlyPaths = []'
	run_in ls /proc
	expect_output ""
}

@test "root: read-only or not" {
	run_shell 'touch /x 2>&1 || echo refused'
	expect_line refused
	[ ! -e "$ROOTFS/x" ]
	run_shell --set '.root.readonly = false' 'touch /x'
	[ -e "$ROOTFS/x" ]
}

@test "root: an absolute path, and one with a name of its own" {
	mv "$ROOTFS" elsewhere
	config_set --arg path "$PWD/elsewhere" '.root.path = $path'
	run_in echo hello
	expect_output hello
	mv elsewhere "$BUNDLE/other"
	config_set '.root.path = "other"'
	run_in echo hello
	expect_output hello
}
