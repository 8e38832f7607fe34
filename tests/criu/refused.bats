#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# checkpoint and restore: what is refused, and that nothing is left of it.

load helpers

# The container has been written to $IMAGES and is gone.
write_images() {
	start_counter
	checkpoint "$ID"
}

@test "criu: without CRIU nothing is touched" {
	mkdir bin
	ln -s "$(command -v timeout)" bin/
	start_counter
	PATH=$PWD/bin fails 1 'exec: "criu": executable file not found in $PATH' \
		checkpoint --image-path "$IMAGES" "$ID"
	[ ! -e "$IMAGES" ]
	expect_answer 1
	checkpoint "$ID"
	PATH=$PWD/bin fails 1 'exec: "criu": executable file not found in $PATH' \
		restore --image-path "$IMAGES" --bundle "$BUNDLE" "$ID"
	expect_nothing_left
}

@test "criu: containers that are not running" {
	create_container
	fails 1 'Container cannot be checkpointed in created state' checkpoint "$ID"
	succeeds start "$ID"
	await_exit "$PID"
	fails 1 'Container cannot be checkpointed in stopped state' checkpoint "$ID"
	fails 1 'container does not exist' checkpoint "$ID-other"
}

@test "criu: options that make no sense" {
	start_counter
	fails 1 '--parent-path must be relative' checkpoint --parent-path /x --image-path "$IMAGES" "$ID"
	fails 1 'no such file or directory' checkpoint --parent-path ../x --image-path "$IMAGES" "$ID"
	fails 1 'Use --page-server ADDRESS:PORT' checkpoint --page-server 1234 "$ID"
	fails 1 '--lazy-pages needs --page-server' checkpoint --lazy-pages "$ID"
	fails 1 '--status-fd 77 is not open' checkpoint --status-fd 77 "$ID"
	fails 1 'invalid manage-cgroups-mode: x' checkpoint --manage-cgroups-mode x "$ID"
	fails 1 'invalid network-lock: x' checkpoint --network-lock x "$ID"
	fails 1 'invalid empty-ns: pid' checkpoint --empty-ns pid "$ID"
	expect_answer 1
}

@test "criu: a folder that cannot be written to" {
	start_counter
	fails 1 'folder /proc/images: ' checkpoint --image-path /proc/images "$ID"
	mkdir sealed
	mount -t tmpfs -o ro corc-test sealed
	fails 1 'read-only file system' checkpoint --image-path "$PWD/sealed" "$ID"
	umount sealed
	expect_answer 1
	expect_status "$ID" running
}

@test "criu: a dump that fails leaves the container as it was, and says why" {
	start_counter with-lock /tmp/lock
	expect_answer 1
	fails 1 "log file: $IMAGES/dump.log" --log "$PWD/log" checkpoint --image-path "$IMAGES" \
		"${CRIU_LOCK[@]}" "$ID"
	expect_error 'criu/file-lock'
	# What led to it.
	[ "$(grep -c 'level=warning.*criu: ' log)" -gt 5 ]
	grep -q 'level=warning.*criu: .*Error (criu/file-lock' log
	expect_status "$ID" running
	grep -qx "0::/$ID" "/proc/$PID/cgroup"
	expect_answer 2
	succeeds pause "$ID"
	fails 1 "log file: $IMAGES/dump.log" checkpoint --image-path "$IMAGES" "${CRIU_LOCK[@]}" "$ID"
	expect_status "$ID" paused
	succeeds resume "$ID"
	expect_answer 3
	checkpoint --file-locks "$ID"
	restore --file-locks "$ID"
	expect_answer 4
}

@test "criu: a folder that is full, and one that becomes so" {
	local size
	mkdir full
	start_counter
	for size in 4 64; do
		mount -t tmpfs -o "size=${size}k" corc-test full
		corc checkpoint --image-path "$PWD/full" "${CRIU_LOCK[@]}" "$ID"
		umount full
		[ "$status" -eq 1 ] || fail "expected exit status 1"
		expect_error "no space is left in $PWD/full"
		expect_status "$ID" running
		expect_answer $((size == 4 ? 1 : 2))
	done
	checkpoint "$ID"
	restore "$ID"
	expect_answer 3
}

@test "criu: namespaces that CRIU cannot leave out" {
	local holder type
	unshare --user --map-root-user --cgroup sleep 1000 3>&- 7>&- &
	holder=$!
	await '[ "$(readlink /proc/'"$holder"'/ns/cgroup)" != "$(readlink /proc/self/ns/cgroup)" ]'
	write_images
	cp "$BUNDLE/config.json" as_it_was
	for type in cgroup user; do
		config_set --arg type "$type" --arg path "/proc/$holder/ns/$type" \
			'.linux.namespaces |= map(select(.type != $type)) + [{type: $type, path: $path}]'
		fails 1 "restoring into a $type namespace by its path" restore --detach \
			--image-path "$IMAGES" --bundle "$BUNDLE" "$ID"
		[ ! -e "$ROOT/$ID" ]
		expect_error 'config\.json:[0-9]+:[0-9]+'
		cp as_it_was "$BUNDLE/config.json"
	done
	config_set --arg path "/proc/$holder/ns/cgroup" \
		'(.linux.namespaces[] | select(.type == "cgroup")).path = $path'
	start_counter
	mv "$IMAGES" kept
	fails 1 'a container that joined a cgroup namespace by path cannot be checkpointed' \
		checkpoint --image-path "$IMAGES" "$ID"
	[ ! -e "$IMAGES/inventory.img" ]
	expect_answer 1
	kill "$holder"
}

@test "criu: mount points that the root file system leads elsewhere" {
	mkdir source outside outside/inner
	config_set --arg path "$PWD/source" \
		'.mounts += [{destination: "/data/inner/more", type: "bind", source: $path, options: ["bind"]}]'
	write_images
	rm -r "$ROOTFS/data"
	ln -s "$PWD/outside" "$ROOTFS/data"
	refuses_restore 'making the mount point /data/inner/more: file exists'
	[ "$(find outside)" = $'outside\noutside/inner' ]
	mkdir -p "$ROOTFS$PWD/outside/inner"
	refuses_restore "log file: $IMAGES/restore.log"
	[ "$(find outside)" = $'outside\noutside/inner' ]
	[ -d "$ROOTFS$PWD/outside/inner/more" ]
}

@test "criu: folders that hold no images, or not all of them" {
	refuses_restore "folder $IMAGES: no such file or directory"
	mkdir "$IMAGES"
	refuses_restore "$IMAGES/descriptors.json: no such file or directory"
	for text in '[' '["a"]' '{}' '["a","b",3]' '["a","b","c"],'; do
		echo "$text" >"$IMAGES/descriptors.json"
		refuses_restore 'descriptors.json is damaged'
	done
	echo '["","",""]' >"$IMAGES/descriptors.json"
	refuses_restore 'inventory.img: the images are not complete'
	: >"$IMAGES/inventory.img"
	refuses_restore "log file: $IMAGES/restore.log"
}

@test "criu: truncated images" {
	write_images
	for file in core-1.img mm-1.img pstree.img inventory.img; do
		cp "$IMAGES/$file" kept
		truncate -s 20 "$IMAGES/$file"
		refuses_restore "log file: $IMAGES/restore.log"
		cp kept "$IMAGES/$file"
	done
	restore "$ID"
	expect_answer 1
}

@test "criu: a restore that does not come to an end is ended" {
	write_images
	# CRIU reads the end of this file again and again.
	truncate -s 20 "$IMAGES/pages-1.img"
	status=0
	timeout --foreground 200 "$CORC" --root "$ROOT" restore --detach --image-path "$IMAGES" \
		--bundle "$BUNDLE" "$ID" </dev/null >output 2>errors 3>&- || status=$?
	[ "$status" -eq 1 ]
	grep -q 'CRIU made no progress for 60000 ms' errors
	expect_nothing_left
}

@test "criu: an id that is in use" {
	start_counter
	checkpoint --leave-running "$ID"
	fails 1 'container with given ID already exists' restore --image-path "$IMAGES" \
		--bundle "$BUNDLE" --detach "$ID"
	expect_answer 1
}

@test "criu: a cgroup that is there, with --manage-cgroups-mode strict" {
	write_images
	mkdir "$CGROUP_MOUNT/$ID"
	fails 1 "--manage-cgroups-mode strict: cgroup $CGROUP_MOUNT/$ID is there already" restore --detach \
		--manage-cgroups-mode strict --image-path "$IMAGES" --bundle "$BUNDLE" "$ID"
	rmdir "$CGROUP_MOUNT/$ID"
	expect_nothing_left
}

@test "criu: a bind mount whose source is gone" {
	mkdir source
	config_set --arg path "$PWD/source" \
		'.mounts += [{destination: "/data", type: "bind", source: $path, options: ["bind"]}]'
	write_images
	rmdir source
	refuses_restore 'bind '"$PWD"'/source on /data: source does not exist'
}

@test "criu: a bind mount that the configuration does not have any more" {
	mkdir source
	config_set --arg path "$PWD/source" \
		'.mounts += [{destination: "/data", type: "bind", source: $path, options: ["bind"]}]'
	write_images
	config_set '.mounts = .mounts[:-1]'
	refuses_restore "log file: $IMAGES/restore.log"
}

@test "criu: mount points that cannot be told apart" {
	mkdir source
	for destination in '/data]:/etc' $'/da\nta'; do
		config_set --arg path "$PWD/source" --arg destination "$destination" \
			'.mounts += [{destination: $destination, type: "bind", source: $path, options: ["bind"]}]'
		start_counter
		fails 1 'cannot be checkpointed' checkpoint --image-path "$IMAGES" "$ID"
		[ ! -e "$IMAGES/inventory.img" ]
		expect_answer 1
		succeeds delete --force "$ID"
		config_set '.mounts = .mounts[:-1]'
	done
}

@test "criu: images of a container with more rights" {
	local not_it='the restored process is not what the configuration says'
	config_set '.process.noNewPrivileges = false | .process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])'
	write_images
	cp "$BUNDLE/config.json" as_it_was
	config_set '.process.noNewPrivileges = true'
	refuses_restore "$not_it: process "
	expect_error 'no_new_privs, which is not set'
	cp as_it_was "$BUNDLE/config.json"
	config_set '.process.capabilities |= map_values(. - ["CAP_SYS_ADMIN"])'
	refuses_restore "$not_it: process "
	expect_error 'its bounding set of capabilities'
	cp as_it_was "$BUNDLE/config.json"
	config_set '.process.capabilities.permitted -= ["CAP_SYS_ADMIN"] | .process.capabilities.effective -= ["CAP_SYS_ADMIN"]'
	refuses_restore "$not_it: process "
	expect_error 'its permitted capabilities'
	cp as_it_was "$BUNDLE/config.json"
	config_set '.process.user = {uid: 1000, gid: 1000}'
	refuses_restore "$not_it: process "
	expect_error 'its user'
	cp as_it_was "$BUNDLE/config.json"
	config_set '.process.user.gid = 1000'
	refuses_restore "$not_it: process "
	expect_error 'its group'
	cp as_it_was "$BUNDLE/config.json"
	config_set '.process.user.additionalGids = [5]'
	refuses_restore "$not_it: process "
	expect_error 'its additional groups'
	cp as_it_was "$BUNDLE/config.json"
	config_set '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
		syscalls: [{names: ["getcwd"], action: "SCMP_ACT_ERRNO"}]}'
	refuses_restore "$not_it: process "
	expect_error 'seccomp, which has no filter'
	cp as_it_was "$BUNDLE/config.json"
	restore "$ID"
	expect_answer 1
}

@test "criu: nothing of images that are refused runs" {
	local before
	config_set '.process.noNewPrivileges = false'
	# Its standard output is never that of the one who runs it, whenever it is looked at.
	config_args sh -c 'exec >/tmp/log; i=0; while :; do i=$((i + 1)); echo $i >/tmp/count; done'
	launch
	await '[ -s "$ROOTFS/tmp/count" ]'
	checkpoint "$ID"
	before=$(<"$ROOTFS/tmp/count")
	config_set '.process.noNewPrivileges = true'
	refuses_restore 'no_new_privs, which is not set'
	[ "$(<"$ROOTFS/tmp/count")" = "$before" ]
	config_set '.process.noNewPrivileges = false'
	restore "$ID"
	await '[ "$(<"$ROOTFS/tmp/count")" != '"'$before'"' ]'
}

@test "criu: images of a container with fewer namespaces" {
	config_set '.linux.namespaces |= map(select(.type != "ipc")) | .mounts |= map(select(.type != "mqueue"))'
	write_images
	config_set '.linux.namespaces += [{type: "ipc"}]'
	refuses_restore 'its ipc namespace is that of the host'
}

@test "criu: images of a container with another user namespace" {
	add_user_namespace
	share_streams
	write_images
	config_set '.linux.uidMappings[0].hostID = 200000'
	refuses_restore 'the restored process is not what the configuration says: uid_map'
}

@test "criu: a program of the image may have less than the configuration gives" {
	config_set '.process.capabilities |= map_values(. + ["CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"])'
	write_images
	restore "$ID"
	expect_answer 1
}
