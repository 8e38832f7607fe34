#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Containers of an ordinary user, who has ranges of subordinate ids and nothing else; and of the root
# of a user namespace.
#
# The user is in the files of /etc that the command sees, and in no others: they are mounted over the
# machine's in a mount namespace that each command gets of its own.

load helpers

USER_ID=4242
FIRST_SUBID=200000

setup() {
	setup_test
	corc_only "is not tested here"
	HOME_DIR=$BATS_TEST_TMPDIR/home
	RUNTIME_DIR=$BATS_TEST_TMPDIR/runtime
	# Below the home, which is closed to others: also to the container's subordinate ids.
	mkdir "$HOME_DIR" "$RUNTIME_DIR"
	mv "$BUNDLE" "$HOME_DIR/bundle"
	BUNDLE=$HOME_DIR/bundle
	ROOTFS=$BUNDLE/rootfs
	rmdir "$ROOT"
	ROOT=$RUNTIME_DIR/corc
	make_etc
	make_wrapper
	rootless_config
	own_bundle
	chmod 700 "$HOME_DIR" "$RUNTIME_DIR"
	chmod 755 "$BATS_TEST_TMPDIR"
	chown "$USER_ID:$USER_ID" "$RUNTIME_DIR"
}

own_bundle() {
	chown -R "$USER_ID:$USER_ID" "$HOME_DIR"
}

make_etc() {
	mkdir etc
	printf '%s\n' root:x:0:0::/root:/bin/sh "corctest:x:$USER_ID:$USER_ID::/:/bin/sh" >etc/passwd
	printf '%s\n' root:x:0: "corctest:x:$USER_ID:" >etc/group
	printf '%s\n' "corctest:$FIRST_SUBID:65536" root:100000:65536 >etc/subuid
	cp etc/subuid etc/subgid
}

# $CORC becomes a program that runs corc as the user, in the cgroup $USER_CGROUP if that is set.
make_wrapper() {
	REAL_CORC=$CORC
	CORC=$BATS_TEST_TMPDIR/as-user
	cat >"$CORC" <<END
#!/bin/bash
for file in passwd group subuid subgid; do
	mount --bind "$BATS_TEST_TMPDIR/etc/\$file" "/etc/\$file" || exit 99
done
[ -z "\${USER_CGROUP:-}" ] || echo \$\$ >"\$USER_CGROUP/cgroup.procs" || exit 99
export XDG_RUNTIME_DIR=$RUNTIME_DIR USER=corctest PATH=\${AS_PATH:-\$PATH}
exec /usr/bin/setpriv --reuid $USER_ID --regid $USER_ID --clear-groups \${AS_PROGRAM:-$REAL_CORC} "\$@"
END
	sed -i '1s|.*|#!/usr/bin/unshare --mount /bin/bash|' "$CORC"
	# A line "#!" takes one argument.
	mv "$CORC" "$CORC.sh"
	printf '#!/bin/bash\nexec /usr/bin/unshare --mount --propagation private /bin/bash %s "$@"\n' \
		"$CORC.sh" >"$CORC"
	chmod 755 "$CORC" "$CORC.sh"
}

# What `spec --rootless` writes, with the caller's ranges behind its own id; no cgroup is asked for.
rootless_config() {
	mv "$BUNDLE/config.json" "$BUNDLE/root.json"
	(cd "$BUNDLE" && own_bundle && "$CORC" spec --rootless)
	config_set --argjson first "$FIRST_SUBID" '.process.terminal = false | .process.args = ["true"] |
		.linux.uidMappings += [{containerID: 1, hostID: $first, size: 65536}] |
		.linux.gidMappings += [{containerID: 1, hostID: $first, size: 65536}] |
		.root.readonly = false | .process.capabilities[] += ["CAP_CHOWN"]'
}

@test "rootless: spec --rootless maps the caller, and that runs without any range" {
	: >etc/subuid
	: >etc/subgid
	config_set 'del(.linux.uidMappings[1], .linux.gidMappings[1])'
	run_shell 'cat /proc/self/uid_map; cat /proc/self/setgroups; id -u'
	expect_line " +0 +$USER_ID +1"
	expect_line deny
	expect_line 0
	config_set '.process.user.additionalGids = [0]'
	fails 1 "cannot set any additional groups in a rootless container" run --bundle "$BUNDLE" "$ID"
}

@test "rootless: ranges of subordinate ids, by newuidmap and newgidmap" {
	config_set '.process.user = {uid: 5, gid: 6, additionalGids: [7]}'
	run_shell 'id -u; id -g; id -G; cat /proc/self/uid_map; cat /proc/self/gid_map'
	expect_line 5
	expect_line 6
	expect_line "6 7"
	[ "$(grep -cE "^ +1 +$FIRST_SUBID +65536$" <<<"$output")" -eq 2 ]
	[ "$(grep -cE "^ +0 +$USER_ID +1$" <<<"$output")" -eq 2 ]
}

@test "rootless: what newuidmap says to a range that is not the user's" {
	config_set '.linux.uidMappings[1].hostID = 300000'
	fails 1 "newuidmap failed: newuidmap: uid range [1-65537) -> [300000-365536) not allowed (the ranges of ids that a user may map are in /etc/subuid)" \
		run --bundle "$BUNDLE" "$ID"
	expect_nothing_left
}

@test "rootless: helpers are not looked for in PATH" {
	mkdir -m 755 evil
	printf '#!/bin/sh\ntouch %s/was-run\n' "$PWD" | tee evil/newuidmap >evil/newgidmap
	chmod 755 evil/*
	chmod 777 .
	AS_PATH=$PWD/evil:$PATH run_in cat /proc/self/uid_map
	expect_line " +1 +$FIRST_SUBID +65536"
	[ ! -e was-run ]
}

@test "rootless: the state is below XDG_RUNTIME_DIR" {
	status=0
	STDERR=$("$CORC" run --bundle "$BUNDLE" "$ID" 2>&1 </dev/null) || status=$?
	[ "$status" -eq 0 ] && [ -z "$STDERR" ]
	[ -d "$RUNTIME_DIR/corc" ]
	[ "$(stat -c '%u %a' "$RUNTIME_DIR/corc")" = "$USER_ID 1700" ]
}

@test "rootless: create, start, exec, ps, list, kill, delete" {
	config_args pause
	open_ears
	STDOUT=$BATS_TEST_TMPDIR/ears succeeds create --bundle "$BUNDLE" --pid-file "$HOME_DIR/pid" "$ID" \
		</dev/null
	expect_status "$ID" created
	PID=$(<"$HOME_DIR/pid")
	[ "$(awk '/^Uid:/ { print $2 }' "/proc/$PID/status")" = "$USER_ID" ]
	succeeds exec "$ID" id -u
	expect_output 0
	succeeds start "$ID"
	succeeds exec -u 7:8 -e A=b "$ID" sh -c 'id -u; id -g; echo $A; cat /proc/self/uid_map'
	expect_line 7
	expect_line 8
	expect_line b
	expect_line " +1 +$FIRST_SUBID +65536"
	fails 255 "executable file not found in" exec "$ID" nowhere
	succeeds list --quiet
	expect_output "$ID"
	succeeds kill "$ID" KILL
	await_exit "$PID"
	expect_status "$ID" stopped
	succeeds delete "$ID"
	succeeds list --quiet
	expect_output ""
}

@test "rootless: devices are the host's" {
	run_shell 'for i in null zero full random urandom tty; do
		stat -c "%n %t:%T %F" /dev/$i; done; echo x >/dev/null && head -c 3 /dev/zero | wc -c'
	expect_line '/dev/null 1:3 character special file'
	expect_line '/dev/zero 1:5 character special file'
	expect_line '/dev/full 1:7 character special file'
	expect_line '/dev/random 1:8 character special file'
	expect_line '/dev/urandom 1:9 character special file'
	expect_line '/dev/tty 5:0 character special file'
	expect_line 3
}

@test "rootless: binds, of files in the user's home too" {
	mkdir "$HOME_DIR/data"
	echo mine >"$HOME_DIR/data/file"
	own_bundle
	config_set --arg source "$HOME_DIR/data" '.mounts += [
		{destination: "/data", source: $source, options: ["bind", "ro"]},
		{destination: "/one", source: ($source + "/file"), options: ["bind"]}]'
	run_shell 'cat /data/file; touch /data/new 2>&1; echo other >>/one; cat /one'
	[[ "$output" == $'mine\n'*"Read-only file system"$'\nmine\nother' ]]
	config_set '.mounts[-1].source = "/root"'
	config_set '.mounts[-1].source = "/nowhere"'
	fails 1 "bind /nowhere on /one: source does not exist: no such file or directory" \
		run --bundle "$BUNDLE" "$ID"
	expect_error "config\.json:[0-9]+:[0-9]+: mounts\[[0-9]+\]"
}

@test "rootless: more binds than fit in one message" {
	config_set '.mounts += [range(300) | {destination: "/m/\(.)", source: "/usr", options: ["rbind"]}]'
	run_shell 'grep -c " /m/" /proc/self/mountinfo'
	[ "$output" -ge 300 ]
}

@test "rootless: a root file system that only the user can reach" {
	run_shell 'touch /written; chown 5:5 /written; stat -c "%u %g" /written'
	expect_output "5 5"
	[ "$(stat -c '%u' "$ROOTFS/written")" -eq $((FIRST_SUBID + 4)) ]
}

@test "rootless: who may not pass a directory on the way is told which" {
	local closed=$BATS_TEST_TMPDIR/closed expected
	mkdir -p "$closed/inside"
	chmod 700 "$closed"
	config_set --arg source "$closed/inside" '.mounts += [{destination: "/tmp", type: "bind",
		source: $source, options: ["bind"]}]'
	fails 1 "mounts[7]: bind $closed/inside on /tmp: source: permission denied" \
		run --bundle "$BUNDLE" "$ID"
	expect_error "$closed is closed to .*: mode 0700, owner 65534; .* maps user 0 to $USER_ID of the host"
	expected="$closed is closed to .*: mode 0700, owner 0"
	config_set --arg path "$closed/inside" 'del(.mounts[-1]) | .root.path = $path'
	fails 1 "root.path: rootfs $closed/inside: permission denied" run --bundle "$BUNDLE" "$ID"
	expect_error "$expected"
	fails 1 "bundle $closed/inside: permission denied" run --bundle "$closed/inside" "$ID"
	expect_error "$expected"
	expect_nothing_left
}

@test "rootless: sysfs is the host's where the network is" {
	config_set '.mounts |= map(if .destination == "/sys" then {destination: "/sys", type: "sysfs",
		source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"]} else . end)'
	run_shell 'ls /sys; grep " /sys " /proc/self/mountinfo; touch /sys/x 2>&1 || true'
	expect_line kernel
	expect_line '.* /sys ro,nosuid,nodev,noexec,.* - sysfs .*'
	config_set '.linux.namespaces += [{type: "network"}]'
	run_shell 'ls /sys/class/net'
	expect_line lo
}

@test "rootless: a terminal" {
	config_set '.process.terminal = true | .process.args = ["sh", "-c", "tty; stat -c %u $(tty)"]'
	"$PROGRAMS/in-terminal" "$CORC" --root "$ROOT" run --bundle "$BUNDLE" "$ID" >stdout 3>&-
	grep -q "^/dev/pts/0" stdout
}

@test "rootless: --cgroup is refused, limits say which right is missing" {
	config_set '.linux.resources = {pids: {limit: 10}}'
	corc run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 1 ]
	expect_error "a user without access to the cgroup can have no limits and no cgroupsPath"
	config_set --arg path "/$ID" 'del(.linux.resources) | .linux.cgroupsPath = $path'
	corc run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 1 ]
	expect_error "make cgroup .*/$ID: permission denied"
	expect_nothing_left
}

@test "rootless: without a user namespace" {
	config_set '.linux.namespaces |= map(select(.type != "user")) |
		del(.linux.uidMappings, .linux.gidMappings)'
	fails 1 "rootless container requires user namespaces" run --bundle "$BUNDLE" "$ID"
}

# --- cgroups that were delegated ----------------------------------------------------------------

# A cgroup of the user with a place for the command in it, as a service manager would make it.
delegate() {
	needs_cgroup_v2
	mkdir -p "$CGROUP_MOUNT/$ID/command"
	chown "$USER_ID" "$CGROUP_MOUNT/$ID" "$CGROUP_MOUNT/$ID"/{cgroup.procs,cgroup.subtree_control} \
		"$CGROUP_MOUNT/$ID/command" "$CGROUP_MOUNT/$ID/command/cgroup.procs"
	export USER_CGROUP=$CGROUP_MOUNT/$ID/command
}

undelegate() {
	remove_cgroup "$CGROUP_MOUNT/$ID/command"
	remove_cgroup "$CGROUP_MOUNT/$ID"
}

@test "rootless: a delegated cgroup is used" {
	delegate
	config_args pause
	open_ears
	STDOUT=$BATS_TEST_TMPDIR/ears succeeds create --bundle "$BUNDLE" --pid-file "$HOME_DIR/pid" "$ID" \
		</dev/null
	PID=$(<"$HOME_DIR/pid")
	[ "$(sed -n 's/^0:://p' "/proc/$PID/cgroup")" = "/$ID/$ID" ]
	[ "$(stat -c %u "$CGROUP_MOUNT/$ID/$ID")" = "$USER_ID" ]
	succeeds start "$ID"
	succeeds exec "$ID" grep ^0:: /proc/self/cgroup
	expect_output "0::/"
	succeeds pause "$ID"
	expect_status "$ID" paused
	succeeds resume "$ID"
	succeeds ps --format json "$ID"
	expect_output "[$PID]"
	succeeds delete --force "$ID"
	[ ! -e "$CGROUP_MOUNT/$ID/$ID" ]
	undelegate
}

@test "rootless: a limit without its controller names the controller" {
	delegate
	config_set '.linux.resources = {pids: {limit: 10}}'
	corc run --bundle "$BUNDLE" "$ID"
	undelegate
	[ -n "$(controller pids)" ] || expect_error '"?pids"?.*not'
	[ "$status" -eq 1 ]
	expect_error "linux\.resources\.pids\.limit"
	expect_error 'controller "?pids"?'
}

@test "rootless: a limit whose controller is delegated" {
	delegate
	needs_controller hugetlb
	[[ " $(<"$CGROUP_MOUNT/cgroup.subtree_control") " == *" hugetlb "* ]] ||
		echo +hugetlb >"$CGROUP_MOUNT/cgroup.subtree_control"
	config_set '.linux.resources = {hugepageLimits: [{pageSize: "2MB", limit: 4194304}]}'
	config_args pause
	open_ears
	STDOUT=$BATS_TEST_TMPDIR/ears succeeds create --bundle "$BUNDLE" "$ID" </dev/null
	[ "$(<"$CGROUP_MOUNT/$ID/$ID/hugetlb.2MB.max")" = 4194304 ]
	succeeds delete --force "$ID"
	undelegate
}

# --- the root of a user namespace ---------------------------------------------------------------

# corc as root of a namespace in which 0..65535 are the host's 100000..165535.
become_root_of_namespace() {
	mv "$BUNDLE/root.json" "$BUNDLE/config.json"
	chown -R 100000:100000 "$HOME_DIR" "$RUNTIME_DIR"
	cat >"$CORC" <<END
#!/bin/bash
exec /usr/bin/unshare --mount --propagation private /bin/bash $CORC.sh "\$@"
END
	cat >"$CORC.sh" <<END
for file in passwd group subuid subgid; do
	mount --bind "$BATS_TEST_TMPDIR/etc/\$file" "/etc/\$file" || exit 99
done
export XDG_RUNTIME_DIR=$RUNTIME_DIR
exec /usr/bin/unshare --user --map-users=100000,0,65536 --map-groups=100000,0,65536 --setuid 0 \
	--setgid 0 --mount $REAL_CORC "\$@"
END
}

@test "root of a user namespace: a container without another one" {
	become_root_of_namespace
	config_set 'del(.linux.cgroupsPath, .linux.resources)'
	run_shell 'cat /proc/self/uid_map; id -u; stat -c "%t:%T" /dev/null; echo x >/dev/null'
	expect_line ' +0 +100000 +65536'
	expect_line 0
	expect_line 1:3
}

@test "root of a user namespace: a container with one of its own" {
	become_root_of_namespace
	config_set 'del(.linux.cgroupsPath, .linux.resources) | .linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 1000, size: 100}] |
		.linux.gidMappings = .linux.uidMappings | .process.user.additionalGids = [3]'
	chown -R 101000:101000 "$ROOTFS"
	run_shell 'cat /proc/self/uid_map; id -u; id -G'
	expect_line ' +0 +1000 +100'
	expect_line "0 3"
}

@test "root of a user namespace: the state is the user's, unless a login says root" {
	local before
	become_root_of_namespace
	config_set 'del(.linux.cgroupsPath, .linux.resources)'
	before=$(ls -A /run)
	USER=somebody "$CORC" run --bundle "$BUNDLE" "$ID" </dev/null
	[ -d "$RUNTIME_DIR/corc" ]
	status=0
	USER=root "$CORC" run --bundle "$BUNDLE" "$ID" </dev/null 2>error || status=$?
	[ "$status" -eq 1 ]
	grep -q "/run/corc: permission denied" error
	[ "$(ls -A /run)" = "$before" ]
}
