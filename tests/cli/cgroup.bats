#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# cgroups: paths, limits that the view has, what is left.

load helpers

# expect_file CONTROLLER FILE TEXT: of the container's cgroup.
expect_file() {
	local path
	path=$(controller "$1")/$ID/$2
	[ "$(<"$path")" = "$3" ] || fail "$path has $(<"$path"), expected $3"
}

@test "cgroup: the process is in the cgroup of the path, in every hierarchy" {
	local line
	start_container
	while read -r line; do
		# Hierarchies that this view does not show do not count.
		case $line in
		0::*) [ -e "$CGROUP_MOUNT/unified/cgroup.procs" ] || is_cgroup_v2 || continue ;;
		*) ! is_cgroup_v2 || continue ;;
		esac
		[ "${line##*:}" = "/$ID" ] || fail "$line"
	done <"/proc/$PID/cgroup"
}

@test "cgroup: a path of several parts, the ones above stay" {
	local path
	config_set --arg path "/$ID-above/below/$ID" '.linux.cgroupsPath = $path'
	create_container
	path=$(find "$CGROUP_MOUNT" -path "*/$ID-above/below/$ID" | head -n 1)
	[ -d "$path" ]
	succeeds delete "$ID"
	[ -z "$(find "$CGROUP_MOUNT" -path "*/$ID-above/below/$ID")" ]
	# Cgroups of others come and go meanwhile, and find says so.
	find "$CGROUP_MOUNT" -path "*/$ID-above*" -depth -type d -exec rmdir {} + 2>/dev/null || true
	[ -z "$(find "$CGROUP_MOUNT" -path "*/$ID-above*" 2>/dev/null)" ]
}

@test "cgroup: a relative path and none at all" {
	needs_own_cgroup
	local beside
	# The caller's own has processes, and so no controllers for those below it.
	beside=$(sed -n 's/^0:://p' /proc/self/cgroup)
	beside=${beside%/*}
	config_set --arg path "$ID-relative" '.linux.cgroupsPath = $path'
	create_container
	[ "$(sed -n 's/^0:://p' "/proc/$PID/cgroup")" = "$beside/$ID-relative" ]
	succeeds delete "$ID"
	config_set 'del(.linux.cgroupsPath)'
	create_container
	[ "$(sed -n 's/^0:://p' "/proc/$PID/cgroup")" = "$beside/$ID" ]
	succeeds delete "$ID"
	expect_nothing_left
}

@test "cgroup: a path with .. does not lead out" {
	config_set --arg path "/$ID/../../../../tmp/$ID" '.linux.cgroupsPath = $path'
	corc_only "cleans the path"
	fails 1 ".." create --bundle "$BUNDLE" "$ID"
	[ ! -e "/tmp/$ID" ]
	expect_nothing_left
}

@test "cgroup: one with processes is refused" {
	is_cgroup_v2 || corc_only "leaves a process of its own in it"
	local path
	path=$(controller pids)
	path=${path:-$CGROUP_MOUNT}/$ID
	mkdir "$path"
	sleep 1000 3>&- &
	echo $! >"$path/cgroup.procs"
	corc create --bundle "$BUNDLE" "$ID"
	{ kill -KILL $!; wait $! || true; } 2>/dev/null
	remove_cgroup "$path"
	[ "$status" -eq 1 ]
	expect_error "container's cgroup is not empty|cgroup.*(process|empty)"
	expect_nothing_left
}

@test "cgroup: one that is there and empty is used" {
	local path
	path=$(controller pids)
	path=${path:-$CGROUP_MOUNT}/$ID
	mkdir "$path"
	run_in echo hello
	expect_output hello
	[ ! -d "$path" ] || rmdir "$path"
}

@test "cgroup: one that is frozen is refused" {
	needs_cgroup_v2
	mkdir "$CGROUP_MOUNT/$ID"
	echo 1 >"$CGROUP_MOUNT/$ID/cgroup.freeze"
	corc create --bundle "$BUNDLE" "$ID"
	rmdir "$CGROUP_MOUNT/$ID" || true
	[ "$status" -eq 1 ]
	expect_error frozen
	expect_nothing_left
}

@test "cgroup: two containers do not share one" {
	create_container
	corc create --bundle "$BUNDLE" "$ID-second"
	[ "$status" -eq 1 ]
	expect_error 'cgroup'
	expect_status "$ID" created
}

# bats test_tags=vm
@test "pids: limit" {
	local current
	needs_controller pids
	config_set '.linux.resources.pids = {limit: 10}'
	start_container
	expect_file pids pids.max 10
	corc exec "$ID" sh -c 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 1000 & done'
	[ "$status" -ne 0 ]
	expect_error "can't fork|fork"
	current=$(<"$(controller pids)/$ID/pids.current")
	[ "$current" -le 10 ]
}

# bats test_tags=vm
@test "pids: no limit, and the smallest" {
	needs_controller pids
	config_set '.linux.resources.pids = {limit: -1}'
	start_container
	expect_file pids pids.max max
	succeeds delete --force "$ID"
	config_set '.linux.resources.pids = {limit: 0}'
	start_container
	expect_file pids pids.max 1
}

@test "memory: limit, reservation, swap, swappiness" {
	needs_controller memory
	needs_cgroup_v1
	config_set '.linux.resources.memory = {limit: 33554432, reservation: 16777216,
		swap: 67108864, swappiness: 40}'
	start_container
	expect_file memory memory.limit_in_bytes 33554432
	expect_file memory memory.soft_limit_in_bytes 16777216
	expect_file memory memory.memsw.limit_in_bytes 67108864
	expect_file memory memory.swappiness 40
}

@test "memory: no limit" {
	needs_controller memory
	needs_cgroup_v1
	config_set '.linux.resources.memory = {limit: -1}'
	start_container
	local limit
	limit=$(<"$(controller memory)/$ID/memory.limit_in_bytes")
	[ "$limit" -gt 1000000000000 ]
}

@test "memory: the OOM killer, and without it" {
	needs_controller memory
	needs_cgroup_v1
	config_set '.linux.resources.memory = {limit: 16777216}'
	config_args sh -c 'head -c 64m /dev/zero | tail >/dev/null; echo survived'
	corc run --bundle "$BUNDLE" "$ID"
	expect_no_line 'survived 0'
	config_set '.linux.resources.memory = {limit: 16777216, disableOOMKiller: true}'
	start_container
	grep -qx 'oom_kill_disable 1' "$(controller memory)/$ID/memory.oom_control"
}

# bats test_tags=vm
@test "memory: a process beyond its limit is killed" {
	needs_controller memory
	config_set '.linux.resources.memory = {limit: 16777216, swap: 16777216} |
		del(.linux.namespaces[] | select(.type == "pid"))'
	config_args sh -c 'exec dd if=/dev/zero of=/dev/null bs=64M'
	corc run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq $((128 + 9)) ]
}

# bats test_tags=vm
@test "memory: 512 KiB are enough for run and exec" {
	needs_controller memory
	corc_only "needs megabytes"
	config_set '.linux.resources.memory = {limit: 524288}'
	run_in clocks
	start_container
	succeeds exec "$ID" clocks
	succeeds exec "$ID" clocks
}

# bats test_tags=vm
@test "memory: a limit that is too small is an error that says so" {
	needs_controller memory
	config_set '.linux.resources.memory = {limit: 4096}'
	corc run --bundle "$BUNDLE" "$ID"
	[ "$status" -ne 0 ]
	expect_nothing_left
	corc_only "does not name it"
	expect_error memory
}

@test "cpu: shares, quota, period, burst" {
	needs_controller cpu
	needs_cgroup_v1
	config_set '.linux.resources.cpu = {shares: 512, quota: 50000, period: 100000, burst: 10000}'
	start_container
	expect_file cpu cpu.shares 512
	expect_file cpu cpu.cfs_quota_us 50000
	expect_file cpu cpu.cfs_period_us 100000
	expect_file cpu cpu.cfs_burst_us 10000
}

@test "cpu: quota and period in an order that the kernel takes" {
	needs_controller cpu
	needs_cgroup_v1
	config_set '.linux.resources.cpu = {quota: 900000, period: 1000000}'
	start_container
	expect_file cpu cpu.cfs_quota_us 900000
	succeeds delete --force "$ID"
	config_set '.linux.resources.cpu = {quota: 1000, period: 1000}'
	start_container
	expect_file cpu cpu.cfs_period_us 1000
	succeeds delete --force "$ID"
	config_set '.linux.resources.cpu = {quota: -1}'
	start_container
	expect_file cpu cpu.cfs_quota_us -1
}

@test "cpu: idle" {
	needs_controller cpu
	needs_cgroup_v1
	config_set '.linux.resources.cpu = {idle: 1}'
	start_container
	expect_file cpu cpu.idle 1
}

# bats test_tags=vm
@test "cpu: cpus and mems" {
	needs_controller cpuset
	config_set '.linux.resources.cpu = {cpus: "0", mems: "0"}'
	run_in grep -E '^(Cpus|Mems)_allowed_list' /proc/self/status
	expect_line $'Cpus_allowed_list:\t0'
	expect_line $'Mems_allowed_list:\t0'
}

# bats test_tags=vm
@test "cpu: cpus that are not there" {
	needs_controller cpuset
	config_set '.linux.resources.cpu = {cpus: "4000"}'
	corc run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 1 ]
	expect_error 'cpus'
	expect_nothing_left
}

# bats test_tags=vm
@test "cpu: a value that the kernel does not take names its property" {
	needs_controller cpu
	config_set '.linux.resources.cpu = {quota: 1, period: 100000}'
	corc run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 1 ]
	expect_error 'invalid argument'
	expect_error 'quota'
	expect_nothing_left
	corc_only "knows no positions"
	expect_error 'config.json:[0-9]+:[0-9]+: linux\.resources\.cpu\.quota: '
}

# A disk of this machine, "254:0".
disk() {
	local path
	for path in /sys/block/*/; do
		case $path in
		*/loop* | */ram* | */zram*) ;;
		*) cat "${path}dev" && return ;;
		esac
	done
	skip "this machine has no disk"
}

@test "blockIO: weight and rates" {
	needs_controller blkio
	needs_cgroup_v1
	local disk
	disk=$(disk)
	[ -n "$disk" ] || skip "this machine has no disk"
	config_set --argjson major "${disk%:*}" --argjson minor "${disk#*:}" '
		def rate($rate): [{major: $major, minor: $minor, rate: $rate}];
		.linux.resources.blockIO = {weight: 300,
			throttleReadBpsDevice: rate(1048576), throttleWriteBpsDevice: rate(2097152),
			throttleReadIOPSDevice: rate(100), throttleWriteIOPSDevice: rate(200)}'
	start_container
	if [ -e "$(controller blkio)/$ID/blkio.weight" ]; then
		expect_file blkio blkio.weight 300
	elif [ -e "$(controller blkio)/$ID/blkio.bfq.weight" ]; then
		expect_file blkio blkio.bfq.weight 300
	fi
	expect_file blkio blkio.throttle.read_bps_device "$disk 1048576"
	expect_file blkio blkio.throttle.write_bps_device "$disk 2097152"
	expect_file blkio blkio.throttle.read_iops_device "$disk 100"
	expect_file blkio blkio.throttle.write_iops_device "$disk 200"
}

@test "blockIO: a rate of a device that is not there names it" {
	needs_controller blkio
	needs_cgroup_v1
	config_set '.linux.resources.blockIO.throttleReadBpsDevice = [{major: 4000, minor: 1, rate: 1}]'
	corc run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 1 ]
	expect_error '4000:1 1'
	expect_nothing_left
	corc_only "knows no positions"
	expect_error 'config.json:[0-9]+:[0-9]+: linux\.resources\.blockIO\.throttleReadBpsDevice\[0\]\.rate: '
}

@test "hugepages: limit, and that of reservations" {
	local directory=$CGROUP_MOUNT/$ID
	is_cgroup_v2 || directory=$CGROUP_MOUNT/unified/$ID
	grep -qw hugetlb "${directory%/*}/cgroup.controllers" ||
		skip "the view $CORC_TEST_VIEW has no hugetlb controller"
	is_cgroup_v2 || corc_only "uses no controller of a unified hierarchy beside v1"
	config_set '.linux.resources.hugepageLimits = [{pageSize: "2MB", limit: 4194304}]'
	start_container
	[ "$(<"$directory/hugetlb.2MB.max")" = 4194304 ]
	[ "$(<"$directory/hugetlb.2MB.rsvd.max")" = 4194304 ]
}

@test "hugepages: a size that this machine does not have" {
	needs_cgroup_v2
	needs_controller hugetlb
	config_set '.linux.resources.hugepageLimits = [{pageSize: "3MB", limit: 4194304}]'
	corc run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 1 ]
	expect_error 'hugetlb\.3MB\.max.*no such file or directory'
	expect_nothing_left
}

@test "network: classes and priorities are for v1" {
	config_set '.linux.resources.network = {classID: 1048577, priorities: [{name: "lo", priority: 5}]}'
	if is_cgroup_v2; then
		config_args echo hello
		succeeds --log log run --bundle "$BUNDLE" "$ID"
		expect_output hello
		corc_only "says nothing"
		grep -q 'config.json:[0-9]*:[0-9]*: linux.resources.network.classID: .*ignored' log
		grep -q 'linux.resources.network.priorities: .*ignored' log
	elif [ -z "$(controller net_cls)" ]; then
		corc_only "names a file"
		fails 1 'needs the cgroup controller "net_cls"' run --bundle "$BUNDLE" "$ID"
		expect_nothing_left
	else
		start_container
		expect_file net_cls net_cls.classid 1048577
	fi
}

@test "rdma: without the controller it is an error" {
	[ -z "$(controller rdma)" ] || skip "this view has the rdma controller"
	config_set '.linux.resources.rdma = {mlx5_1: {hcaHandles: 3, hcaObjects: 100}}'
	corc run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 1 ]
	expect_error rdma
	expect_nothing_left
}

@test "memory: what kernels had once is ignored with a warning" {
	config_set '.linux.resources.memory = {kernel: 1000000, kernelTCP: 1000000, useHierarchy: false}'
	config_args echo hello
	succeeds --log log run --bundle "$BUNDLE" "$ID"
	expect_output hello
	corc_only "has one warning for all"
	grep -q 'config.json:[0-9]*:[0-9]*: linux.resources.memory.kernel: .*ignored' log
	grep -q 'linux.resources.memory.kernelTCP: .*ignored' log
	grep -q 'linux.resources.memory.useHierarchy: .*ignored' log
}

@test "limits whose controller the view lacks are an error, not ignored" {
	needs_cgroup_v2
	local controller limit
	while read -r controller limit; do
		[ -z "$(controller "$controller")" ] || continue
		config_set ".linux.resources = {devices: .linux.resources.devices} * $limit"
		corc run --bundle "$BUNDLE" "$ID" </dev/null
		[ "$status" -eq 1 ] || fail "$limit"
		expect_error "$controller"
		expect_nothing_left
	done <<-'END'
		pids {"pids":{"limit":10}}
		memory {"memory":{"limit":33554432}}
		cpu {"cpu":{"shares":512}}
		cpuset {"cpu":{"cpus":"0"}}
		io {"unified":{"io.weight":"10"}}
		io {"blockIO":{"weight":100}}
	END
}

@test "unified: is written as it is" {
	needs_cgroup_v2
	needs_controller hugetlb
	config_set '.linux.resources.unified = {"hugetlb.2MB.max": "4194304"}'
	start_container
	expect_file hugetlb hugetlb.2MB.max 4194304
}

@test "unified: names that are none" {
	needs_cgroup_v2
	local name
	for name in hugetlb/x ../x hugetlb nosuch.max hugetlb.nosuch; do
		config_set --arg name "$name" '.linux.resources.unified = {($name): "1"}'
		corc run --bundle "$BUNDLE" "$ID"
		[ "$status" -eq 1 ] || fail "$name"
		[[ "$stderr" == *"${name%%.*}"* ]]
	done
	expect_nothing_left
}

@test "unified: not with cgroup v1" {
	needs_cgroup_v1
	[ ! -e "$CGROUP_MOUNT/unified/cgroup.procs" ] || skip "the view $CORC_TEST_VIEW has a unified hierarchy too"
	config_set '.linux.resources.unified = {"memory.max": "1000000"}'
	corc run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 1 ]
	expect_error unified
	expect_nothing_left
}

@test "cgroup v1 alone: what v2 does not know is no error there" {
	needs_cgroup_v2
	config_set '.linux.resources.memory = {swappiness: 10}'
	run_in echo hello
	expect_output hello
}

@test "cgroup: the container's processes are its own, exec's included" {
	local path
	path=$(controller pids)
	path=${path:-$CGROUP_MOUNT}/$ID
	start_container
	succeeds exec -d --pid-file second "$ID" sleep 1000
	[ "$(sort -n "$path/cgroup.procs" | xargs)" = "$PID $(<second)" ]
	succeeds delete --force "$ID"
	expect_nothing_left
}
