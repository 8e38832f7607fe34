#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# --systemd-cgroup with the systemd of the machine.
# shellcheck disable=SC2016 # jq's variables
# bats file_tags=vm

load ../cli/helpers

# Every limit, and rules that allow a device and deny others. 12345 is a quota that has to be rounded.
LIMITS='{
	devices: [{allow: false, access: "rwm"}, {allow: true, type: "c", major: 10, minor: 229, access: "r"}],
	memory: {limit: 67108864, swap: 100663296, reservation: 33554432},
	cpu: {shares: 512, quota: 12345, period: 50000, cpus: "0", mems: "0"},
	pids: {limit: 50},
	unified: {"memory.high": "60000000"}}'

setup() {
	setup_test
	UNIT=$ID.scope
	config_set --arg path "system.slice::$ID" '.linux.cgroupsPath = $path'
}

teardown() {
	local result=0
	delete_all || result=1
	no_unit_left "$ID" || result=1
	teardown_test || result=1
	return "$result"
}

# No unit of this name is known, whatever its state.
no_unit_left() {
	local left
	left=$(systemctl list-units --all --no-legend --plain "$1*")
	[ -z "$left" ] || fail "left in systemd: $left"
}

show() { # PROPERTY
	systemctl show -P "$1" "$UNIT"
}

# Waits until systemd has let go of the unit; it tells by a signal of which there may be none to come.
await_gone() {
	local i
	for ((i = 0; i < 500; i++)); do
		[ "$(systemctl show -P LoadState "$1")" != not-found ] || return 0
		read -r -t 0.02 <> <(:) || true
	done
	fail "systemd still has $1"
}

scope() { # CONTAINER COMMAND...
	local id=$1
	shift
	config_args "$@"
	succeeds --systemd-cgroup create --bundle "$BUNDLE" --pid-file "$BATS_TEST_TMPDIR/pid" "$id" </dev/null
	PID=$(<"$BATS_TEST_TMPDIR/pid")
	succeeds start "$id"
	GROUP=/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$PID/cgroup")
}

# What can be set in a group, file by file.
settings_of() {
	local file
	find "$1" -type f -perm -200 ! -name cgroup.procs ! -name cgroup.threads ! -name cgroup.kill \
		! -name '*.reclaim' ! -name '*.pressure' ! -name '*.peak' -printf '%P\n' | sort |
		while read -r file; do
			printf '%s: %s\n' "$file" "$(tr '\n' ' ' 2>/dev/null <"$1/$file")"
		done
}

@test "systemd: limits are what was asked for, in systemd and in the kernel" {
	config_set ".linux.resources = $LIMITS"
	scope "$ID" pause
	[ "$GROUP" = "/sys/fs/cgroup/system.slice/$UNIT" ]
	[ "$(<"$GROUP/memory.max")" = 67108864 ]
	[ "$(<"$GROUP/memory.swap.max")" = 33554432 ]
	[ "$(<"$GROUP/memory.low")" = 33554432 ]
	[ "$(<"$GROUP/cpu.max")" = "12500 50000" ]
	[ "$(<"$GROUP/cpu.weight")" = 59 ]
	[ "$(<"$GROUP/pids.max")" = 50 ]
	[ "$(<"$GROUP/cpuset.cpus")" = 0 ]
	[ "$(show MemoryMax)" = 67108864 ]
	[ "$(show MemorySwapMax)" = 33554432 ]
	[ "$(show CPUQuotaPerSecUSec)" = 250ms ]
	[ "$(show CPUQuotaPeriodUSec)" = 50ms ]
	[ "$(show CPUWeight)" = 59 ]
	[ "$(show TasksMax)" = 50 ]
	[ "$(show AllowedCPUs)" = 0 ]
	[ "$(show Delegate)" = yes ]
	[ "$(show DevicePolicy)" = strict ]
	[ "$(show CollectMode)" = inactive-or-failed ]
	[ "$(show OOMPolicy)" = continue ]
	[[ "$(show DeviceAllow)" == *"/dev/char/10:229 r"* ]]
}

@test "systemd: the properties are runc's" {
	local names=Slice,Delegate,DefaultDependencies,CollectMode,OOMPolicy,DevicePolicy,TasksMax
	names+=,MemoryMax,MemoryLow,MemoryHigh,MemorySwapMax,MemoryAccounting,CPUAccounting,TasksAccounting
	names+=,IOAccounting,CPUWeight,CPUQuotaPerSecUSec,CPUQuotaPeriodUSec,AllowedCPUs,AllowedMemoryNodes
	corc_only "is compared with runc"
	command -v runc >/dev/null || skip "this machine has no runc"
	# Without a prefix runc's name begins with the dash behind it.
	config_set --arg path "system.slice:pre:$ID" ".linux.cgroupsPath = \$path | .linux.resources = $LIMITS"
	UNIT=pre-$ID.scope
	scope "$ID" pause
	systemctl show -p "$names" "$UNIT" | sort >ours
	succeeds delete --force "$ID"
	mkdir "$BATS_TEST_TMPDIR/runc"
	runc --root "$BATS_TEST_TMPDIR/runc" --systemd-cgroup create --bundle "$BUNDLE" "$ID" </dev/null \
		>runc.log 2>&1 3>&- 7>&- || fail "runc: $(<runc.log)"
	systemctl show -p "$names" "$UNIT" | sort >theirs
	runc --root "$BATS_TEST_TMPDIR/runc" delete --force "$ID" >runc.log 2>&1 3>&-
	await_gone "$UNIT"
	# runc stops its scopes and leaves failed ones to be looked at; before 1.3.2 it made weights of shares
	# by another formula.
	diff <(grep -vE '^(CollectMode|CPUWeight)=' ours) <(grep -vE '^(CollectMode|CPUWeight)=' theirs)
}

@test "systemd: daemon-reload changes neither limits nor devices" {
	local before after
	config_set ".linux.resources = $LIMITS |
		.linux.devices = [{path: \"/dev/fuse\", type: \"c\", major: 10, minor: 229},
			{path: \"/dev/loop-control\", type: \"c\", major: 10, minor: 237}]"
	scope "$ID" sh -c 'trap : TERM; while true; do sleep 1; done'
	before=$(settings_of "$GROUP")
	[[ "$before" == *"memory.max: 67108864"* ]]
	check_devices
	systemctl daemon-reload
	after=$(settings_of "$GROUP")
	[ "$before" = "$after" ] || fail "changed: $(diff <(echo "$before") <(echo "$after"))"
	check_devices
	# And when systemd writes all that it has anew.
	systemctl set-property --runtime "$UNIT" MemoryMax=67108864
	[ "$before" = "$(settings_of "$GROUP")" ]
	check_devices
	systemctl daemon-reexec
	[ "$before" = "$(settings_of "$GROUP")" ]
	check_devices
}

# /dev/fuse may be opened for reading and not for writing, /dev/loop-control not at all, /dev/null may be.
check_devices() {
	succeeds exec "$ID" sh -c ': </dev/fuse'
	fails 1 "Operation not permitted" exec "$ID" sh -c ': >/dev/fuse'
	fails 1 "Operation not permitted" exec "$ID" sh -c ': </dev/loop-control'
	succeeds exec "$ID" sh -c 'echo test >/dev/null'
}

@test "systemd: update, pause, resume, exec, kill, delete" {
	config_set ".linux.resources = $LIMITS"
	scope "$ID" pause
	succeeds update --memory 50331648 --memory-swap 50331648 --pids-limit 60 --cpu-quota 20001 "$ID"
	[ "$(<"$GROUP/memory.max")" = 50331648 ]
	[ "$(<"$GROUP/memory.swap.max")" = 0 ]
	[ "$(<"$GROUP/cpu.max")" = "20500 50000" ]
	[ "$(show MemoryMax)" = 50331648 ]
	[ "$(show TasksMax)" = 60 ]
	[ "$(show CPUQuotaPerSecUSec)" = 410ms ]
	local before
	before=$(settings_of "$GROUP")
	systemctl daemon-reload
	[ "$before" = "$(settings_of "$GROUP")" ] ||
		fail "changed: $(diff <(echo "$before") <(settings_of "$GROUP"))"
	succeeds pause "$ID"
	expect_status "$ID" paused
	systemctl daemon-reload
	expect_status "$ID" paused
	succeeds resume "$ID"
	succeeds exec "$ID" cat /proc/self/cgroup
	succeeds kill "$ID" KILL
	await_exit "$PID"
	await_gone "$UNIT"
	succeeds delete "$ID"
	[ ! -d "$GROUP" ]
	no_unit_left "$ID"
}

@test "systemd: delete --force leaves no unit, and the name can be used again at once" {
	local i
	for ((i = 0; i < 5; i++)); do
		scope "$ID" pause
		succeeds delete --force "$ID"
		no_unit_left "$ID"
	done
	config_args true
	for ((i = 0; i < 5; i++)); do
		succeeds --systemd-cgroup run --bundle "$BUNDLE" "$ID"
		no_unit_left "$ID"
	done
}

@test "systemd: slices and properties of annotations" {
	config_set --arg path "corctest-a.slice:pre:$ID" '.linux.cgroupsPath = $path |
		.annotations += {"org.systemd.property.TimeoutStopSec": "uint64 7",
			"org.systemd.property.CollectMode": "\"inactive\"",
			"org.systemd.property.After": "[\"network.target\"]"}'
	UNIT=pre-$ID.scope
	scope "$ID" pause
	[ "$GROUP" = "/sys/fs/cgroup/corctest.slice/corctest-a.slice/$UNIT" ]
	[ "$(show Slice)" = corctest-a.slice ]
	[ "$(show TimeoutStopUSec)" = 7s ]
	[ "$(show CollectMode)" = inactive ]
	[[ "$(show After)" == *network.target* ]]
	succeeds delete --force "$ID"
	no_unit_left "pre-$ID"
	systemctl stop corctest-a.slice corctest.slice
	config_set '.annotations = {"org.systemd.property.NoSuchThing": "true"}'
	fails 1 "NoSuchThing" --systemd-cgroup create --bundle "$BUNDLE" "$ID"
	expect_error 'config.json:[0-9]+:[0-9]+: annotations'
	no_unit_left "pre-$ID"
}

# runc asks systemd for a slice with a process in it.
@test "systemd: a slice as the name of the unit is refused, as systemd refuses runc's" {
	corc_only "has its own words, or makes a scope of that name"
	config_set '.linux.cgroupsPath = "system.slice:pre:corctest-a.slice"'
	fails 1 'linux.cgroupsPath: "corctest-a.slice" is a slice' --systemd-cgroup create --bundle "$BUNDLE" "$ID"
	mkdir "$BATS_TEST_TMPDIR/runc"
	! runc --root "$BATS_TEST_TMPDIR/runc" --systemd-cgroup run --bundle "$BUNDLE" "$ID" </dev/null \
		>runc.log 2>&1 3>&- 7>&- || fail "runc runs it"
	grep -q 'Cannot set property PIDs' runc.log || fail "runc: $(<runc.log)"
	no_unit_left corctest
}

@test "systemd: groups within the scope" {
	config_set '.annotations += {"run.oci.systemd.subgroup": "container"} |
		.linux.resources.memory.limit = 67108864'
	scope "$ID" pause
	[ "$GROUP" = "/sys/fs/cgroup/system.slice/$UNIT/container" ]
	[ "$(<"$GROUP/../memory.max")" = 67108864 ]
	[[ " $(<"$GROUP/cgroup.controllers") " == *" memory "* ]]
	succeeds exec "$ID" true
	systemctl daemon-reload
	grep -qx "$PID" "$GROUP/cgroup.procs"
}

@test "systemd: a unit of the same name that runs is left alone" {
	systemd-run --quiet --scope --unit "$UNIT" sleep 1000 3>&- 7>&- &
	local other=$!
	while [ "$(systemctl is-active "$UNIT")" != active ]; do
		read -r -t 0.05 <> <(:) || true
	done
	config_args true
	corc --systemd-cgroup create --bundle "$BUNDLE" "$ID" </dev/null
	[ "$status" -eq 1 ]
	expect_error "not empty|already"
	[ "$(systemctl is-active "$UNIT")" = active ]
	systemctl stop "$UNIT"
	wait "$other" || true
}

@test "systemd: create that is killed leaves nothing" {
	local i
	config_args pause
	for ((i = 0; i < 12; i++)); do
		"$CORC" --root "$ROOT" --systemd-cgroup create --bundle "$BUNDLE" "$ID" \
			</dev/null >/dev/null 2>&1 3>&- 7>&- &
		read -r -t "0.$(printf %02d $((i * 4)))" <> <(:) || true
		kill -KILL $! 2>/dev/null || true
		wait $! || true
		succeeds delete --force "$ID"
		await_gone "$UNIT"
		[ ! -d "/sys/fs/cgroup/system.slice/$UNIT" ]
	done
}
