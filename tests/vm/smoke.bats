#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The machine is what the other tests take it for, and a container runs in it.
# bats file_tags=vm

load ../cli/helpers

@test "the machine has systemd, cgroup v2 with all controllers, AppArmor and all processors" {
	local name
	[ "$(ps -o comm= -p 1)" = systemd ]
	[ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ]
	for name in cpu cpuset io memory pids; do
		[[ " $(</sys/fs/cgroup/cgroup.controllers) " == *" $name "* ]] || fail "no controller $name"
	done
	[ "$(</sys/module/apparmor/parameters/enabled)" = Y ]
	[ "$(nproc)" -ge 2 ]
	busctl status >/dev/null
}

@test "the program under test is the one that was named, and runs a container" {
	[ "$(realpath "$CORC")" = "$CORC" ]
	run_in echo hello
	expect_output hello
}
