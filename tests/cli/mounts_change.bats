#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# mounts add, mounts remove: in a container that is there already.

load helpers

setup() {
	setup_test
	corc_only "has no mounts, or other ones"
	# So that mount points can be made.
	config_set '.root.readonly = false'
}

# mounts add|remove JSON
mounts() {
	printf '%s\n' "$2" >mounts.json
	succeeds mounts "$1" "$ID" mounts.json
	[ -z "$output$stderr" ]
}

@test "mounts: a bind mount comes and goes" {
	mkdir data
	echo hello >data/file
	start_container
	mounts add '[{"destination": "/data", "source": "'"$PWD"'/data", "options": ["bind", "ro"]}]'
	succeeds exec "$ID" cat /data/file
	expect_output hello
	fails 1 "Read-only file system" exec "$ID" touch /data/new
	[ -d "$ROOTFS/data" ]
	! mountpoint -q "$ROOTFS/data" || fail "mounted on the host"
	mounts remove '[{"destination": "/data"}]'
	succeeds exec "$ID" ls /data
	expect_output ""
}

@test "mounts: new file systems, one on another" {
	start_container
	mounts add '[{"destination": "/a", "type": "tmpfs", "options": ["nosuid", "size=64k"]},
		{"destination": "/a/b", "type": "tmpfs", "source": "inner"}]'
	succeeds exec "$ID" grep " /a" /proc/mounts
	expect_line '.* /a tmpfs rw,nosuid,.*size=64k.*'
	expect_line 'inner /a/b tmpfs .*'
	mounts remove '[{"destination": "/a"}, {"destination": "/a/b"}]'
	fails 1 "" exec "$ID" grep " /a" /proc/mounts
}

@test "mounts: from standard input, relative to the bundle, in a created container" {
	mkdir "$BUNDLE/more"
	echo relative >"$BUNDLE/more/file"
	config_args cat /more/file
	open_ears
	STDOUT=$BATS_TEST_TMPDIR/ears create_container
	echo '[{"destination": "/more", "source": "more", "type": "bind", "options": ["rbind"]}]' |
		succeeds mounts add "$ID" -
	succeeds start "$ID"
	hear relative
}

@test "mounts: in a user namespace the file system is the container's" {
	add_user_namespace
	start_container
	mounts add '[{"destination": "/t", "type": "tmpfs", "options": ["mode=700"]}]'
	succeeds exec "$ID" sh -c 'stat -c "%u %a" /t && touch /t/x && stat -c %u /t/x'
	expect_line "0 700"
	expect_line 0
}

@test "mounts: links of the image do not lead out" {
	local before
	mkdir victim
	ln -s /../../../../../../../../../../../../"$PWD"/victim "$ROOTFS/link"
	before=$(</proc/self/mountinfo)
	start_container
	mounts add '[{"destination": "/link/x", "type": "tmpfs"}]'
	[ "$(</proc/self/mountinfo)" = "$before" ]
	[ -z "$(ls victim)" ]
}

@test "mounts: what is refused, with its place" {
	start_container
	echo '[{"destination": "/x", "type": "tmpfs"}, {"destination": "/p", "type": "proc"}]' >mounts.json
	fails 1 "mounts.json:1:" mounts add "$ID" mounts.json
	expect_error "a mount of type proc cannot be added to a running container"
	echo '[{"destination": "/", "type": "tmpfs"}]' >mounts.json
	fails 1 '"/" is on the top of rootfs' mounts add "$ID" mounts.json
	fails 1 "the root cannot be unmounted" mounts remove "$ID" mounts.json
	echo '[{"destination": "/data", "source": "/nowhere", "options": ["bind"]}]' >mounts.json
	fails 1 "bind /nowhere on /data: source does not exist: no such file or directory" \
		mounts add "$ID" mounts.json
	echo '[{"destination": "/tmp"}]' >mounts.json
	fails 1 "unmount /tmp" mounts remove "$ID" mounts.json
	echo '{"destination": "/tmp"}' >mounts.json
	fails 1 "expected an array" mounts add "$ID" mounts.json
	fails 1 'unknown action "move"' mounts move "$ID" mounts.json
	succeeds exec "$ID" cat /proc/mounts
	expect_no_line '.* /x .*'
}

@test "mounts: a file comes and goes" {
	echo hello >file
	start_container
	mounts add '[{"destination": "/etc/file", "source": "'"$PWD"'/file", "options": ["bind"]}]'
	succeeds exec "$ID" cat /etc/file
	expect_output hello
	mounts remove '[{"destination": "/etc/file"}]'
	succeeds exec "$ID" cat /etc/file
	expect_output ""
}

@test "mounts: what was mounted before a failure is taken away again" {
	local before
	mkdir data
	echo hello >file
	start_container
	succeeds exec "$ID" cat /proc/self/mountinfo
	before=$output
	cat >mounts.json <<-END
		[{"destination": "/a", "type": "tmpfs"},
		{"destination": "/a/b", "source": "$PWD/data", "options": ["bind"]},
		{"destination": "/a/b/file", "source": "$PWD/file", "options": ["bind"]},
		{"destination": "/etc/file", "source": "$PWD/file", "options": ["bind"]},
		{"destination": "/x", "type": "tmpfs", "options": ["no-such-option"]}]
	END
	fails 1 "mounts.json:5:" mounts add "$ID" mounts.json
	expect_error "no-such-option"
	succeeds exec "$ID" cat /proc/self/mountinfo
	expect_output "$before"
	# And without the one that fails they all stay.
	jq '.[:-1]' mounts.json >good.json
	succeeds mounts add "$ID" good.json
	succeeds exec "$ID" cat /a/b/file /etc/file
	expect_output $'hello\nhello'
}

@test "mounts: of a container that is stopped, or not there" {
	echo '[{"destination": "/t", "type": "tmpfs"}]' >mounts.json
	fails 1 "container does not exist" mounts add "$ID" mounts.json
	start_container
	succeeds kill "$ID" KILL
	await_exit "$PID"
	fails 1 "container not running" mounts add "$ID" mounts.json
}
