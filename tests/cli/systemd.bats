#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# --systemd-cgroup, with a systemd that a program plays (systemd/fake-systemd.c) on a bus of its own. The
# real one is in tests/vm.

load fake_systemd

@test "systemd: a container is in the scope that systemd makes" {
	start_systemd
	start_in_scope
	if is_cgroup_v2; then
		grep -qx "$PID" "$CGROUP_MOUNT/$UNIT/cgroup.procs"
	else
		grep -q "name=systemd:.*/$UNIT\$" "/proc/$PID/cgroup"
		# Those that systemd does not make are made too.
		[ "$(grep -c "/$UNIT\$" "/proc/$PID/cgroup")" -ge 4 ]
	fi
	grep -qx "start $UNIT fail ssa(sv)a(sa(sv))" "$LOG"
	expect_property "PIDs au [$PID]"
	expect_property "Description s corc container $ID"
	expect_property "Slice s -.slice"
	expect_property "CollectMode s inactive-or-failed"
	expect_property "DefaultDependencies b false"
	expect_property "Delegate b true"
	expect_property "MemoryAccounting b true"
	expect_property "DevicePolicy s strict"
	expect_status "$ID" running
	succeeds delete --force "$ID"
	await_log "\(stopped\|collected\) $UNIT"
}

@test "systemd: exec, state, kill, ps, pause and list say nothing to it" {
	start_systemd
	start_in_scope
	stop_systemd
	cp "$LOG" "$BATS_TEST_TMPDIR/before"
	systemd exec "$ID" true
	systemd exec "$ID" cat /proc/self/cgroup
	systemd state "$ID"
	systemd list
	systemd ps "$ID"
	systemd pause "$ID"
	systemd resume "$ID"
	systemd kill "$ID" KILL
	cmp "$LOG" "$BATS_TEST_TMPDIR/before"
	await_exit "$PID"
	# The unit's file is still there, because no systemd has seen the end.
	rm "/run/systemd/transient/$UNIT"
	systemd delete "$ID"
}

@test "systemd: run, and nothing is left" {
	start_systemd
	config_args sh -c 'cat /proc/self/cgroup; exit 3'
	corc --systemd-cgroup run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 3 ] || fail "expected exit status 3"
	await_log "\(stopped\|collected\) $UNIT"
}

@test "systemd: delete of a container that has ended asks for nothing" {
	start_systemd
	start_in_scope true
	await_exit "$PID"
	await_log "collected $UNIT"
	systemd delete "$ID"
	expect_calls "start collected"
}

@test "systemd: delete stops a scope whose end systemd has not noticed" {
	start_systemd lazy
	start_in_scope
	systemd delete --force "$ID"
	expect_calls "start stop stopped reset"
}

@test "systemd: limits are in the unit and in the files" {
	needs_controller pids
	start_systemd
	config_set '.linux.resources.pids.limit = 77'
	start_in_scope
	expect_property "TasksMax t 77"
	[ "$(<"$CONTROLLER/$UNIT/pids.max")" = 77 ]
	systemd update --pids-limit 88 "$ID"
	grep -qx "set $UNIT runtime" "$LOG"
	expect_property "TasksMax t 88"
	[ "$(<"$CONTROLLER/$UNIT/pids.max")" = 88 ]
}

@test "systemd: an update that systemd refuses changes nothing" {
	needs_controller pids
	start_systemd refuse-update
	config_set '.linux.resources.pids.limit = 77'
	start_in_scope
	fails 1 "systemd could not change unit $UNIT: Value specified is out of range." \
		update --pids-limit 88 "$ID"
	[ "$(<"$CONTROLLER/$UNIT/pids.max")" = 77 ]
}

@test "systemd: properties of annotations" {
	start_systemd
	config_set '.annotations += {
		"org.systemd.property.TimeoutStopSec": "uint64 5",
		"org.systemd.property.RuntimeMaxSec": "2.5",
		"org.systemd.property.CollectMode": "\"inactive\"",
		"org.systemd.property.SendSIGHUP": "true",
		"org.systemd.property.Wants": "[\"a.service\", \"b.service\"]"}'
	start_in_scope
	expect_property "TimeoutStopUSec t 5000000"
	expect_property "RuntimeMaxUSec t 2500000"
	expect_property "CollectMode s inactive"
	expect_property "SendSIGHUP b true"
	expect_property "Wants as [a.service b.service]"
}

@test "systemd: a property that this systemd has not got is left out" {
	needs_cgroup_v2
	start_systemd
	config_set '.linux.resources.unified = {"memory.oom.group": "1"}'
	corc --systemd-cgroup create --bundle "$BUNDLE" "$ID" </dev/null
	grep -qx version "$LOG"
	[ "$(grep -c OOMPolicy "$LOG")" -eq 0 ]
}

@test "systemd: groups within the scope" {
	needs_cgroup_v2
	start_systemd
	config_set '.annotations += {"run.oci.systemd.subgroup": "container", "run.oci.delegate-cgroup": "own"}'
	add_user_namespace
	start_in_scope
	grep -q "^0::/$UNIT/container/own\$" "/proc/$PID/cgroup"
	[ "$(stat -c %u "$CGROUP_MOUNT/$UNIT/container/own/cgroup.procs")" -eq 100000 ]
	[ "$(stat -c %u "$CGROUP_MOUNT/$UNIT/container/cgroup.procs")" -eq 0 ]
	# There is no process in the scope itself, so one that is born elsewhere would be refused.
	succeeds exec --pid-file "$BATS_TEST_TMPDIR/exec.pid" --detach "$ID" pause </dev/null
	grep -q "^0::/$UNIT/container/own\$" "/proc/$(<"$BATS_TEST_TMPDIR/exec.pid")/cgroup"
	succeeds delete --force "$ID"
	await_log "\(stopped\|collected\) $UNIT"
}

@test "systemd: a path of another form is refused with its place" {
	config_set '.linux.cgroupsPath = "/corc-test"'
	fails 1 'expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups, got "/corc-test" instead' \
		--systemd-cgroup create --bundle "$BUNDLE" "$ID"
	expect_error 'config.json:[0-9]+:[0-9]+: linux.cgroupsPath: '
}

@test "systemd: nobody listens" {
	DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/dbus/nothing fails 1 \
		"connect to the bus of systemd, /run/dbus/nothing: no such file or directory" \
		--systemd-cgroup create --bundle "$BUNDLE" "$ID"
	expect_error 'cgroup-manager=cgroupfs'
	expect_clean
}

@test "systemd: a bus without systemd" {
	fails 1 "systemd could not start unit $UNIT" --systemd-cgroup create --bundle "$BUNDLE" "$ID"
	expect_error 'no systemd on it'
	expect_clean
}

# Of an ordinary user who is root of a user namespace, as Podman starts its runtime: libdbus would tell
# the bus that root speaks, and the bus, which sees the user, would not let it in.
@test "systemd: the user's, from within a user namespace" {
	local as_user=(setpriv --reuid nobody --regid nogroup --clear-groups unshare --user --map-root-user --mount)
	corc_only "speaks to the bus in another way"
	# Of the ids that others have there is none.
	config_set '.mounts |= map(select(.type == "proc"))'
	chmod 755 "$BATS_TEST_TMPDIR" "$BUNDLE"
	mkdir runtime
	chown nobody:nogroup runtime
	status=0
	USER=user XDG_RUNTIME_DIR=$PWD/runtime DBUS_SESSION_BUS_ADDRESS=unix:path=/run/dbus/system_bus_socket \
		timeout 60 "${as_user[@]}" "$CORC" --systemd-cgroup run --bundle "$BUNDLE" "$ID" \
		</dev/null >stdout 2>stderr 3>&- || status=$?
	stderr=$(<stderr)
	[ "$status" -eq 1 ] || fail "expected exit status 1"
	expect_error "there is a bus, but no systemd on it"
}

@test "systemd: an address that is none" {
	DBUS_SYSTEM_BUS_ADDRESS=nonsense fails 1 '"nonsense" is not the address of a bus of D-Bus' \
		--systemd-cgroup create --bundle "$BUNDLE" "$ID"
	expect_clean
}

@test "systemd: it never answers" {
	start_systemd silent
	fails 1 "systemd did not answer within 30000 ms" --systemd-cgroup create --bundle "$BUNDLE" "$ID"
	expect_clean
}

@test "systemd: its job never ends" {
	start_systemd no-job
	fails 1 "systemd did not answer within 30000 ms" --systemd-cgroup create --bundle "$BUNDLE" "$ID"
	await_log "collected $UNIT"
	expect_clean
}

@test "systemd: the job fails" {
	start_systemd fail-job
	fails 1 "systemd could not start unit $UNIT: its job ended as \"failed\"" \
		--systemd-cgroup create --bundle "$BUNDLE" "$ID"
	expect_clean
}

@test "systemd: a property is refused at its place" {
	start_systemd refuse
	config_set '.annotations["org.systemd.property.TimeoutStopSec"] = "5"'
	fails 1 "Cannot set property TimeoutStopUSec" --systemd-cgroup create --bundle "$BUNDLE" "$ID"
	expect_error 'config.json:[0-9]+:[0-9]+: annotations."org.systemd.property.TimeoutStopSec".: '
	expect_clean
}

@test "systemd: a unit that is there is left alone" {
	start_systemd exists
	fails 1 "systemd could not start unit $UNIT: Unit was already loaded" \
		--systemd-cgroup create --bundle "$BUNDLE" "$ID"
	expect_calls "start reset start"
	expect_clean
}

@test "systemd: a unit that has failed is forgotten" {
	start_systemd failed
	start_in_scope
	expect_calls "start reset start"
}

@test "systemd: the scope is in another place" {
	needs_cgroup_v2
	start_systemd elsewhere
	fails 1 "cgroup $CGROUP_MOUNT/$UNIT of the unit $UNIT: no such file or directory" \
		--systemd-cgroup create --bundle "$BUNDLE" "$ID"
	await_log "collected $UNIT"
	expect_clean
}

@test "systemd: processes of others in the scope's place" {
	local other=$CGROUP_MOUNT/$UNIT victim
	is_cgroup_v2 || other=$CGROUP_MOUNT/systemd/$UNIT
	start_systemd
	mkdir "$other"
	"$PROGRAMS/pause" 3>&- &
	victim=$!
	echo "$victim" >"$other/cgroup.procs"
	fails 1 "container's cgroup is not empty: 1 process(es) found" \
		--systemd-cgroup create --bundle "$BUNDLE" "$ID"
	expect_calls ""
	kill -0 "$victim"
	kill "$victim"
	wait "$victim" || true
	remove_cgroup "$other"
}

@test "systemd: the scope's place is frozen" {
	needs_cgroup_v2
	start_systemd
	mkdir "$CGROUP_MOUNT/$UNIT"
	echo 1 >"$CGROUP_MOUNT/$UNIT/cgroup.freeze"
	fails 1 "container's cgroup unexpectedly frozen" --systemd-cgroup create --bundle "$BUNDLE" "$ID"
	expect_calls ""
	remove_cgroup "$CGROUP_MOUNT/$UNIT"
}

@test "systemd: create that is killed at a system call leaves nothing" {
	needs_cgroup_v2
	local call=1 step
	step=$(step_of 3)
	start_systemd
	config_args pause
	while kill_at $call; do
		"$CORC" --root "$ROOT" delete --force "$ID" 2>stderr 3>&- || fail "call $call: $(<stderr)"
		await_collected
		[ ! -e "$ROOT/$ID" ] || fail "call $call: the state is left"
		# Its processes are known, and end with it.
		mapfile -t followed <pids
		"$PROGRAMS/await-exit" "${followed[@]}" >left || fail "call $call: still running: $(<left)"
		call=$((call + step))
	done
	[ "$call" -gt 100 ]
}

# Returns 1 when create makes fewer system calls.
kill_at() {
	local result=0
	ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 \
		"$PROGRAMS/fault-at-syscall" kill "$1" pids "$CORC" --root "$ROOT" --systemd-cgroup \
		create --bundle "$BUNDLE" "$ID" </dev/null >stdout 2>stderr 3>&- || result=$?
	[ "$result" -le 1 ] || fail "call $1: create fails without being killed, or hangs: $(<stderr)"
	return "$result"
}

# systemd lets go of a scope when its last process has gone.
await_collected() {
	local i
	for ((i = 0; i < 500; i++)); do
		[ -e "$CGROUP_MOUNT/$UNIT" ] || return 0
		read -r -t 0.02 <> <(:) || true
	done
	fail "the scope is left, with: $(<"$CGROUP_MOUNT/$UNIT/cgroup.procs")"
}

@test "systemd: what fails in the stage meanwhile is the error" {
	start_systemd
	config_set '.mounts += [{destination: "/x", type: "nonsense", source: "none"}]'
	fails 1 'mounts[' --systemd-cgroup create --bundle "$BUNDLE" "$ID"
	expect_error 'nonsense'
	expect_clean
}
