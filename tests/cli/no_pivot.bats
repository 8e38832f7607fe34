#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# --no-pivot: the root changes by chroot, for hosts whose own root cannot be pivoted away.

load helpers

run_without_pivot() {
	config_args "$@"
	succeeds run --no-pivot --bundle "$BUNDLE" "$ID"
}

# mount_line PATH: "TYPE OPTIONS" of the last mount on PATH in a mountinfo on $output.
mount_line() {
	awk -v path="$1" '$5 == path { for (i = 7; $i != "-"; i++); found = $(i + 1) " " $6 }
		END { print found }' <<<"$output"
}

@test "no-pivot: the rootfs, its mounts and its masks are as always" {
	run_without_pivot sh -c 'pwd; ls -d /proc/self /dev/null /sys/class; touch /x 2>/dev/null || echo refused
		touch /proc/sys/x 2>/dev/null || echo refused; cat /proc/timer_list; cat /proc/self/mountinfo'
	expect_line /
	expect_line /dev/null
	[ "$(grep -cx refused <<<"$output")" -eq 2 ]
	[[ "$(mount_line /)" == *" ro,"* ]]
	[[ "$(mount_line /dev)" == "tmpfs rw,nosuid" ]]
	[ "$(awk '$5 == "/"' <<<"$output" | wc -l)" -eq 1 ]
}

@test "no-pivot: nothing of the host can be reached by .. or by the root of another process" {
	echo secret >secret
	run_without_pivot sh -c 'cd /; cd ..; cd ../../..; pwd; ls -d "$1" "/proc/1/root$1" \
		"../../../../../../../$1" 2>/dev/null; ls / | xargs' sh "$PWD/secret"
	[ "$(head -n 1 <<<"$output")" = / ]
	[[ "$output" != *secret* ]]
}

@test "no-pivot: the way out of a chroot leads to the rootfs again" {
	corc_only "keeps the host's root below"
	echo secret >secret
	config_set '.root.readonly = false | .process.capabilities |= map_values(. + ["CAP_SYS_CHROOT"])'
	mkdir "$ROOTFS/tmp/jail"
	run_without_pivot escape-chroot /tmp/jail "$PWD/secret"
	expect_output held
	# The program does get out of what is a chroot and nothing more.
	run_without_pivot escape-chroot /tmp/jail /tmp/jail
	expect_output escaped
}

@test "no-pivot: create, start, exec" {
	config_args pause
	create_container --no-pivot
	succeeds start "$ID"
	succeeds exec "$ID" sh -c 'pwd; ls -d /proc/1; cat /proc/1/comm'
	expect_output $'/\n/proc/1\npause'
	[ "$(stat -L -c %d:%i "/proc/$PID/root")" = "$(stat -c %d:%i "$ROOTFS")" ]
}

@test "no-pivot: a terminal, a user namespace, a bind mount" {
	mkdir source
	echo data >source/file
	add_user_namespace
	config_set --arg source "$PWD/source" '.mounts += [{destination: "/tmp", type: "bind",
		source: $source, options: ["bind", "ro"]}]'
	run_without_pivot cat /tmp/file
	expect_output data
	config_set '.process.terminal = true'
	config_args tty
	"$PROGRAMS/in-terminal" "$CORC" --root "$ROOT" run --no-pivot --bundle "$BUNDLE" "$ID" >stdout 3>&-
	[ "$(tr -d '\r' <stdout)" = /dev/pts/0 ]
}
