# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What tests with a systemd load that a program plays (systemd/fake-systemd.c), on a bus of its own,
# besides the helpers of the command line tests.

# shellcheck source=tests/cli/helpers.bash
load ../cli/helpers

setup_file() {
	# A /run of the view's own, with the sockets and files where systemd has them.
	mount -t tmpfs corc-test /run
	mkdir -p /run/dbus /run/systemd/transient
	local flags
	read -ra flags < <(pkg-config --cflags --libs dbus-1)
	cc -std=gnu11 -O1 -Wall -D_GNU_SOURCE -o "$BATS_FILE_TMPDIR/fake-systemd" \
		"$HELPERS/systemd/fake-systemd.c" "${flags[@]}"
	sed "s|@SOCKET@|/run/dbus/system_bus_socket|" "$HELPERS/systemd/bus.conf" \
		>"$BATS_FILE_TMPDIR/bus.conf"
	start_bus
}

teardown_file() {
	kill "$(<"$BATS_FILE_TMPDIR/bus.pid")"
	umount -l /run
}

# The daemon prints its address when it listens.
start_bus() {
	local line
	mkfifo "$BATS_FILE_TMPDIR/bus.ready"
	dbus-daemon --config-file="$BATS_FILE_TMPDIR/bus.conf" --nofork --nopidfile --print-address=1 \
		>"$BATS_FILE_TMPDIR/bus.ready" 2>"$BATS_FILE_TMPDIR/bus.log" 3>&- &
	echo $! >"$BATS_FILE_TMPDIR/bus.pid"
	read -r -t 60 line <"$BATS_FILE_TMPDIR/bus.ready"
	[ -n "$line" ]
}

# After setup_test.
setup_systemd() {
	LOG=$BATS_TEST_TMPDIR/systemd.log
	UNIT=$ID.scope
	SYSTEMD=
	: >"$LOG"
	config_set --arg path "-.slice::$ID" '.linux.cgroupsPath = $path'
}

teardown_systemd() {
	local result=0
	delete_all || result=1
	stop_systemd
	teardown_test || result=1
	[ -z "$(ls /run/systemd/transient)" ] || fail "left: $(ls /run/systemd/transient)" || result=1
	rm -f /run/systemd/transient/*
	return "$result"
}

# The hierarchies in which systemd makes scopes, separated by ":".
hierarchies() {
	local path list=()
	if is_cgroup_v2; then
		list=("$CGROUP_MOUNT")
	else
		for path in systemd pids unified; do
			[ ! -f "$CGROUP_MOUNT/$path/cgroup.procs" ] || list+=("$CGROUP_MOUNT/$path")
		done
	fi
	(IFS=: && echo "${list[*]}")
}

# start_systemd [BEHAVIOUR]
start_systemd() {
	local line
	[ -p "$BATS_TEST_TMPDIR/ready" ] || mkfifo "$BATS_TEST_TMPDIR/ready"
	"$BATS_FILE_TMPDIR/fake-systemd" unix:path=/run/dbus/system_bus_socket "$LOG" /run/systemd/transient \
		"$(hierarchies)" "$@" >"$BATS_TEST_TMPDIR/ready" 3>&- &
	SYSTEMD=$!
	read -r -t 60 line <"$BATS_TEST_TMPDIR/ready"
	[ "$line" = ready ]
}

stop_systemd() {
	[ -n "$SYSTEMD" ] || return 0
	kill "$SYSTEMD"
	wait "$SYSTEMD" 2>/dev/null || true
	SYSTEMD=
}

# Before anything was deleted by force.
expect_clean() {
	stop_systemd
	expect_nothing_left
}

# corc with systemd as the cgroup manager.
systemd() {
	succeeds --systemd-cgroup "$@"
}

expect_property() {
	grep -qxF -- "  $1" "$LOG" || fail "expected the property: $1"$'\n'"$(<"$LOG")"
}

# Waits until systemd has said so in its log.
await_log() {
	timeout 10 tail -n +1 -f "$LOG" | grep -q -m 1 -x -- "$1" || fail "systemd never said: $1"$'\n'"$(<"$LOG")"
}

start_in_scope() {
	config_args "${@:-pause}"
	systemd create --bundle "$BUNDLE" --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" </dev/null
	PID=$(<"$BATS_TEST_TMPDIR/pid")
	succeeds start "$ID"
}

expect_calls() {
	local found
	found=$(grep -E '^[a-z]' "$LOG" | cut -d ' ' -f 1 | xargs)
	[ "$found" = "$1" ] || fail "calls of systemd: $found; expected: $1"
}

setup() {
	setup_test
	setup_systemd
}

teardown() {
	teardown_systemd
}
