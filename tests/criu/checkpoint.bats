#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# checkpoint and restore: what goes on as it was.

load helpers

@test "criu: a counter counts on" {
	start_counter
	expect_answer 1
	expect_answer 2
	checkpoint "$ID"
	corc state "$ID"
	[ "$status" -eq 1 ]
	[ ! -d "$CGROUP_MOUNT/$ID" ]
	restore "$ID"
	expect_status "$ID" running
	expect_answer 3 more
}

@test "criu: left running" {
	start_counter
	checkpoint --leave-running "$ID"
	expect_status "$ID" running
	expect_answer 1
	succeeds delete --force "$ID"
	restore "$ID"
	expect_answer 1
}

@test "criu: restored into another bundle, under another id" {
	start_counter
	expect_answer 1
	checkpoint "$ID"
	mv "$BUNDLE" "$BATS_TEST_TMPDIR/moved"
	BUNDLE=$BATS_TEST_TMPDIR/moved
	ROOTFS=$BUNDLE/rootfs
	config_set --arg path "/$ID-other" '.linux.cgroupsPath = $path'
	restore "$ID-other"
	expect_answer 2
	corc state "$ID-other"
	[ "$(jq -r .bundle <<<"$output")" = "$BUNDLE" ]
	grep -qx "0::/$ID-other" "/proc/$PID/cgroup"
}

@test "criu: restored twice from one folder" {
	start_counter
	expect_answer 1
	checkpoint "$ID"
	restore "$ID"
	expect_answer 2
	cp -a "$BUNDLE" "$BATS_TEST_TMPDIR/second"
	BUNDLE=$BATS_TEST_TMPDIR/second
	ROOTFS=$BUNDLE/rootfs
	config_set --arg path "/$ID-second" '.linux.cgroupsPath = $path'
	restore "$ID-second"
	expect_answer 2
	ROOTFS=$BATS_TEST_TMPDIR/bundle/rootfs
	expect_answer 3
}

@test "criu: a restored container is one like others" {
	start_counter
	checkpoint "$ID"
	restore "$ID"
	succeeds exec "$ID" cat /proc/self/cgroup
	expect_line '0::/'
	succeeds exec "$ID" sh -c 'readlink /proc/1/ns/time; readlink /proc/self/ns/time'
	[ "$(uniq <<<"$output" | wc -l)" -eq 1 ]
	succeeds ps --format json "$ID"
	[[ "$output" == *"$PID"* ]]
	succeeds events --stats "$ID"
	succeeds pause "$ID"
	expect_status "$ID" paused
	succeeds resume "$ID"
	expect_answer 1
	succeeds kill "$ID" KILL
	await_exit "$PID"
	expect_status "$ID" stopped
	succeeds delete "$ID"
}

@test "criu: checkpointed again, and restored again" {
	start_counter
	expect_answer 1
	checkpoint "$ID"
	restore "$ID"
	expect_answer 2
	rm -rf "$IMAGES"
	checkpoint "$ID"
	restore "$ID"
	expect_answer 3
}

@test "criu: a paused container is written, and goes on when it is restored" {
	start_counter
	expect_answer 1
	succeeds pause "$ID"
	checkpoint "$ID"
	restore "$ID"
	expect_status "$ID" running
	expect_answer 2
}

@test "criu: it sees its own cgroup only, and has the limits of the configuration" {
	start_counter
	checkpoint "$ID"
	restore "$ID"
	grep -qx "0::/$ID" "/proc/$PID/cgroup"
	[ "$(readlink "/proc/$PID/ns/cgroup")" != "$(readlink /proc/self/ns/cgroup)" ]
	succeeds exec "$ID" cat /proc/1/cgroup
	expect_line '0::/'
}

@test "criu: without a cgroup namespace it sees its own cgroup only, under another id, too" {
	start_counter --set '.linux.namespaces |= map(select(.type != "cgroup"))'
	checkpoint "$ID"
	config_set --arg path "/$ID-other" '.linux.cgroupsPath = $path'
	restore "$ID-other"
	expect_answer 1
	[ "$(readlink "/proc/$PID/ns/cgroup")" = "$(readlink /proc/self/ns/cgroup)" ]
	grep -qx "0::/$ID-other" "/proc/$PID/cgroup"
	succeeds exec "$ID-other" grep -x 1 /sys/fs/cgroup/cgroup.procs
}

@test "criu: capabilities, groups and seccomp are as they were" {
	start_counter --set '.process.user = {uid: 0, gid: 0, additionalGids: [5, 7]} |
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
			syscalls: [{names: ["getcwd"], action: "SCMP_ACT_ERRNO"}]}'
	grep -E '^(Uid|Gid|Groups|Cap...|NoNewPrivs|Seccomp|Seccomp_filters):' "/proc/$PID/status" >before
	checkpoint "$ID"
	restore "$ID"
	grep -E '^(Uid|Gid|Groups|Cap...|NoNewPrivs|Seccomp|Seccomp_filters):' "/proc/$PID/status" >after
	diff before after
	expect_answer 1
}

@test "criu: another user" {
	# CRIU cannot read the limits of others' processes otherwise.
	needs_sys_resource
	chmod 666 "$ROOTFS"/tmp/{ask,answer}
	start_counter --set '.process.user = {uid: 1000, gid: 1000, additionalGids: [5, 7]}'
	checkpoint "$ID"
	restore "$ID"
	[ "$(awk '/^Uid:/ { print $3 }' "/proc/$PID/status")" = 1000 ]
	expect_answer 1
}

@test "criu: a user namespace" {
	add_user_namespace
	share_streams
	start_counter
	expect_answer 1
	checkpoint "$ID"
	restore "$ID"
	expect_answer 2
	[ "$(awk '/^Uid:/ { print $2 }' "/proc/$PID/status")" = 100000 ]
	succeeds exec "$ID" cat /proc/self/uid_map
	expect_line ' *0 +100000 +65536'
}

@test "criu: bind mounts of a directory and of a file" {
	mkdir source
	echo first >source/file
	echo alone >single
	config_set --arg here "$PWD" '.mounts += [
		{destination: "/data", type: "bind", source: ($here + "/source"), options: ["bind", "rw"]},
		{destination: "/etc/single", type: "bind", source: ($here + "/single"), options: ["bind", "ro"]}]'
	start_counter
	checkpoint "$ID"
	# Another machine has no mount points yet.
	rmdir "$ROOTFS/data"
	rm "$ROOTFS/etc/single"
	echo second >source/file
	restore "$ID"
	expect_answer 1
	succeeds exec "$ID" sh -c 'cat /data/file /etc/single; echo third >/data/file; echo >/etc/single || echo kept'
	expect_output $'second\nalone\nkept'
	[ "$(<source/file)" = third ]
}

@test "criu: a read-only root file system stays so, with a tmpfs that keeps its files" {
	start_counter --set '.root.readonly = true |
		.mounts += [{destination: "/keep", type: "tmpfs", source: "tmpfs"}]'
	succeeds exec "$ID" sh -c 'echo kept >/keep/file'
	checkpoint "$ID"
	restore "$ID"
	expect_answer 1
	succeeds exec "$ID" sh -c 'cat /keep/file; echo >/etc/new || echo refused'
	expect_output $'kept\nrefused'
	[ ! -e "$ROOTFS/etc/new" ]
}

@test "criu: a read-only root file system without /tmp" {
	mkdir -p small/{bin,dev,proc,sys}
	cp "$ROOTFS/bin/busybox" small/bin/
	config_set --arg root "$PWD/small" '.root = {path: $root, readonly: true}'
	config_args /bin/busybox sleep 1000
	launch
	checkpoint "$ID"
	restore "$ID"
	succeeds exec "$ID" /bin/busybox sh -c 'echo >/new || echo refused'
	expect_output refused
}

@test "criu: other sources of bind mounts, where the mounts have another order" {
	mkdir one two
	echo one >one/file
	echo two >two/file
	config_set --arg here "$PWD" '.mounts += [
		{destination: "/one", type: "bind", source: ($here + "/one"), options: ["bind"]},
		{destination: "/two", type: "bind", source: ($here + "/two"), options: ["bind"]}]'
	start_counter
	checkpoint "$ID"
	config_set '.mounts = .mounts[:-2] + [.mounts[-1], .mounts[-2]]'
	restore "$ID"
	succeeds exec "$ID" cat /one/file /two/file
	expect_output $'one\ntwo'
}

@test "criu: file locks" {
	start_counter with-lock /tmp/lock
	expect_answer 1
	checkpoint --file-locks "$ID"
	flock -n "$ROOTFS/tmp/lock" true
	restore --file-locks "$ID"
	expect_answer 2
	run ! flock -n "$ROOTFS/tmp/lock" true
}

@test "criu: a pipe between two processes" {
	config_args sh -c 'while :; do ! read -r line </tmp/ask || echo "$line"; done |
		{ i=0; while read -r line; do i=$((i + 1)); echo "$i $line" >/tmp/answer; done; }'
	succeeds run --detach --bundle "$BUNDLE" "$ID" </dev/null
	expect_answer 1 first
	checkpoint "$ID"
	restore "$ID"
	expect_answer 2 second
}

@test "criu: standard streams are those of the one who restores" {
	config_args sh -c 'while read -r line; do echo "said $line"; done; echo end; exit 7'
	mkfifo input
	sleep 1000 >input &
	local writer=$!
	"$CORC" --root "$ROOT" run --bundle "$BUNDLE" --detach "$ID" < <(cat input) > >(cat >first) 3>&- 7>&-
	echo one >input
	await_line 'said one' first
	checkpoint "$ID"
	[[ "$(<"$IMAGES/descriptors.json")" == '["pipe:['*'","pipe:['* ]]
	kill "$writer"
	printf 'two\nthree\n' | timeout 60 "$CORC" --root "$ROOT" restore --image-path "$IMAGES" \
		--bundle "$BUNDLE" "$ID" 3>&- 7>&- | cat >second
	[ "$(<second)" = $'said two\nsaid three\nend' ]
	corc state "$ID"
	[ "$status" -eq 1 ]
}

@test "criu: in the foreground the exit code is that of the program" {
	config_args sh -c 'read -r line </tmp/ask; exit 7'
	succeeds run --detach --bundle "$BUNDLE" --pid-file pid "$ID" </dev/null
	checkpoint "$ID"
	"$CORC" --root "$ROOT" restore --image-path "$IMAGES" --bundle "$BUNDLE" "$ID" \
		</dev/null >output 2>&1 3>&- 7>&- &
	local restorer=$!
	timeout 30 sh -c 'echo >"$0"' "$ROOTFS/tmp/ask"
	status=0
	wait "$restorer" || status=$?
	[ "$status" -eq 7 ]
	corc state "$ID"
	[ "$status" -eq 1 ]
}

@test "criu: a terminal goes to the console socket" {
	config_args --set '.process.terminal = true' sh -c \
		'echo begin; read -r line; echo "got $line"'
	RECEIVER=$("$PROGRAMS/recvtty" -o shown socket 3>&- 7>&-)
	succeeds run --detach --console-socket "$PWD/socket" --bundle "$BUNDLE" "$ID" </dev/null
	await_line begin shown
	checkpoint "$ID"
	await_exit "$RECEIVER"
	rm -f socket
	RECEIVER=$("$PROGRAMS/recvtty" -i $'again\n' -o after socket 3>&- 7>&-)
	restore --console-socket "$PWD/socket" "$ID"
	await_exit "$RECEIVER"
	tr -d '\r' <after >lines
	grep -qx 'name: /dev/pts/0' lines
	grep -qx 'got again' lines
}

@test "criu: hooks run as on create, and poststop when a checkpoint stops the container" {
	hook() {
		# In the folder of the bundle; the way to it is not there for all of them.
		printf '#!/bin/sh\n/bin/echo "%s $(/bin/cat | /usr/bin/jq -r .status)" >>order\n' "$1" >"$1"
		chmod 755 "$1"
		config_set --arg path "$PWD/$1" ".hooks.$1 += [{path: \$path}]"
	}
	hook prestart
	hook createRuntime
	hook createContainer
	hook poststart
	hook poststop
	start_counter
	rm "$BUNDLE/order"
	checkpoint "$ID"
	[ "$(<"$BUNDLE/order")" = 'poststop stopped' ]
	rm "$BUNDLE/order"
	restore "$ID"
	[ "$(<"$BUNDLE/order")" = $'prestart creating\ncreateRuntime creating\ncreateContainer creating\npoststart running' ]
	# One that fails undoes all of it.
	succeeds delete --force "$ID"
	rm "$BUNDLE/order"
	config_set '.hooks.createRuntime[0].path = "/bin/false"'
	refuses_restore '/bin/false: exited with status 1'
	[ "$(<"$BUNDLE/order")" = $'prestart creating\npoststop stopped' ]
}

# A script says which namespaces it is in, who it is there and where.
add_reporter() {
	cat >report <<-'SCRIPT'
		#!/bin/sh
		for i in mnt net ipc uts user; do
			/usr/bin/readlink /proc/self/ns/$i
		done
		/usr/bin/id -u
		[ ! -e config.json ] || echo in the bundle
		exit 3
	SCRIPT
	chmod 755 report
	config_set --arg path "$PWD/report" --arg to "$PWD/said" '.hooks.createContainer = [{path: $path}] |
		.annotations["run.oci.hooks.stdout"] = $to'
}

@test "criu: createContainer hooks run in the namespaces of the container" {
	local own i
	add_user_namespace
	share_streams
	start_counter
	checkpoint "$ID"
	add_reporter
	refuses_restore 'report: exited with status 3'
	[ "$(wc -l <said)" -eq 7 ]
	for i in mnt net ipc uts user; do
		own=$(readlink "/proc/self/ns/$i")
		run ! grep -qxF "$own" said
	done
	[ "$(tail -n 2 said)" = $'0\nin the bundle' ]
	config_set 'del(.hooks)'
	restore "$ID"
	expect_answer 1
}

@test "criu: a network namespace that was joined is joined again" {
	unshare --net sleep 1000 3>&- 7>&- &
	local holder=$!
	await '[ "$(readlink /proc/'"$holder"'/ns/net)" != "$(readlink /proc/self/ns/net)" ]'
	config_set --arg path "/proc/$holder/ns/net" \
		'(.linux.namespaces[] | select(.type == "network")).path = $path'
	start_counter
	checkpoint "$ID"
	restore "$ID"
	[ "$(readlink "/proc/$holder/ns/net")" = "$(readlink "/proc/$PID/ns/net")" ]
	expect_answer 1
	kill "$holder"
}
