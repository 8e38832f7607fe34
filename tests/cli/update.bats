#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# update: options, files, what is merged, what is refused, and that a refusal changes nothing.

load helpers

# value CONTROLLER FILE: of the container's cgroup.
value() {
	cat "$(controller "$1")/$ID/$2"
}

# expect_value CONTROLLER FILE TEXT
expect_value() {
	local found
	found=$(value "$1" "$2")
	[ "$found" = "$3" ] || fail "$2 is $found, expected $3"
}

needs_v1_controllers() {
	local name
	needs_cgroup_v1
	for name; do
		needs_controller "$name"
	done
}

# update_with JSON: from standard input.
update_with() {
	corc update --resources - "$ID" <<<"$1"
}

# refuses_update JSON TEXT: it has to end with 1 and to say this.
refuses_update() {
	update_with "$1"
	[ "$status" -eq 1 ] || fail "expected exit status 1"
	[[ "$stderr" == *"$2"* ]] || fail "expected on stderr: $2"
}

@test "update: memory in bytes and with units" {
	needs_v1_controllers memory
	start_container
	succeeds update --memory 67108864 "$ID"
	expect_value memory memory.limit_in_bytes 67108864
	succeeds update --memory 100M "$ID"
	expect_value memory memory.limit_in_bytes 104857600
	succeeds update --memory 64m --memory-swap 128m --memory-reservation 32m "$ID"
	expect_value memory memory.limit_in_bytes 67108864
	expect_value memory memory.memsw.limit_in_bytes 134217728
	expect_value memory memory.soft_limit_in_bytes 33554432
	[ -z "$output$stderr" ]
}

@test "update: memory and swap in both directions, alone and together" {
	needs_v1_controllers memory
	config_set '.linux.resources.memory = {limit: 33554432, swap: 67108864}'
	start_container
	succeeds update --memory 128M --memory-swap 256M "$ID"
	expect_value memory memory.limit_in_bytes 134217728
	expect_value memory memory.memsw.limit_in_bytes 268435456
	succeeds update --memory 32M --memory-swap 64M "$ID"
	expect_value memory memory.limit_in_bytes 33554432
	expect_value memory memory.memsw.limit_in_bytes 67108864
	succeeds update --memory-swap 96M "$ID"
	expect_value memory memory.limit_in_bytes 33554432
	expect_value memory memory.memsw.limit_in_bytes 100663296
	succeeds update --memory 64M "$ID"
	expect_value memory memory.limit_in_bytes 67108864
	expect_value memory memory.memsw.limit_in_bytes 100663296
}

@test "update: no memory limit is no limit of swap either" {
	needs_v1_controllers memory
	config_set '.linux.resources.memory = {limit: 33554432, swap: 67108864}'
	start_container
	succeeds update --memory -1 "$ID"
	[ "$(value memory memory.limit_in_bytes)" -gt 1000000000000 ]
	[ "$(value memory memory.memsw.limit_in_bytes)" -gt 1000000000000 ]
	succeeds update --memory 32M --memory-swap -1 "$ID"
	expect_value memory memory.limit_in_bytes 33554432
	[ "$(value memory memory.memsw.limit_in_bytes)" -gt 1000000000000 ]
}

@test "update: swap that does not fit to memory" {
	needs_v1_controllers memory
	config_set '.linux.resources.memory = {limit: 67108864, swap: 134217728}'
	start_container
	corc update --memory-swap 32M "$ID"
	[ "$status" -eq 1 ]
	corc update --memory 256M "$ID"
	[ "$status" -eq 1 ]
	expect_value memory memory.limit_in_bytes 67108864
	expect_value memory memory.memsw.limit_in_bytes 134217728
	succeeds update --memory -1 "$ID"
	corc_only "says what the kernel says"
	fails 1 'memory.swap: unable to set swap limit without memory limit' \
		update --memory-swap 64M "$ID"
	succeeds update --memory 64M --memory-swap 128M "$ID"
	fails 1 'memory.swap: memory+swap limit should be >= memory limit' \
		update --memory-swap 32M "$ID"
	fails 1 'memory.limit: memory+swap limit should be >= memory limit' \
		update --memory 256M "$ID"
	fails 1 'memory.swap: memory+swap limit should be >= memory limit' \
		update --memory 64M --memory-swap 32M "$ID"
}

@test "update: cpu" {
	needs_v1_controllers cpu
	config_set '.linux.resources.cpu = {shares: 512, quota: 50000, period: 100000}'
	start_container
	succeeds update --cpu-share 2048 "$ID"
	expect_value cpu cpu.shares 2048
	succeeds update --cpu-quota 20000 "$ID"
	expect_value cpu cpu.cfs_quota_us 20000
	expect_value cpu cpu.cfs_period_us 100000
	succeeds update --cpu-period 50000 "$ID"
	expect_value cpu cpu.cfs_quota_us 20000
	expect_value cpu cpu.cfs_period_us 50000
	succeeds update --cpu-quota -1 "$ID"
	expect_value cpu cpu.cfs_quota_us -1
	expect_value cpu cpu.shares 2048
}

@test "update: quota and period go in the order that a limited parent takes" {
	needs_v1_controllers cpu
	local parent=$CONTROLLER/$ID
	mkdir "$parent"
	echo 50000 >"$parent/cpu.cfs_quota_us"
	config_set --arg path "/$ID/below" '.linux.cgroupsPath = $path |
		.linux.resources.cpu = {quota: 50000, period: 100000}'
	start_container
	succeeds update --cpu-quota 10000 --cpu-period 20000 "$ID"
	[ "$(<"$parent/below/cpu.cfs_quota_us") $(<"$parent/below/cpu.cfs_period_us")" = "10000 20000" ]
	succeeds update --cpu-quota 400000 --cpu-period 800000 "$ID"
	[ "$(<"$parent/below/cpu.cfs_quota_us") $(<"$parent/below/cpu.cfs_period_us")" = "400000 800000" ]
	succeeds update --cpu-quota 1000 --cpu-period 100000 "$ID"
	[ "$(<"$parent/below/cpu.cfs_quota_us") $(<"$parent/below/cpu.cfs_period_us")" = "1000 100000" ]
	corc update --cpu-quota 60000 --cpu-period 100000 "$ID"
	[ "$status" -eq 1 ]
	[ "$(<"$parent/below/cpu.cfs_quota_us") $(<"$parent/below/cpu.cfs_period_us")" = "1000 100000" ]
	succeeds delete --force "$ID"
	rmdir "${CGROUP_MOUNT:?}"/*/"$ID"
}

@test "update: a burst before a smaller quota and after a larger one" {
	needs_v1_controllers cpu
	config_set '.linux.resources.cpu = {quota: 50000, period: 100000, burst: 50000}'
	start_container
	succeeds update --cpu-quota 20000 --cpu-burst 20000 "$ID"
	expect_value cpu cpu.cfs_quota_us 20000
	expect_value cpu cpu.cfs_burst_us 20000
	succeeds update --cpu-quota 80000 --cpu-burst 80000 "$ID"
	expect_value cpu cpu.cfs_quota_us 80000
	expect_value cpu cpu.cfs_burst_us 80000
	succeeds update --cpu-burst 0 "$ID"
	expect_value cpu cpu.cfs_burst_us 0
}

@test "update: idle and back" {
	needs_v1_controllers cpu
	start_container
	succeeds update --cpu-idle 1 "$ID"
	expect_value cpu cpu.idle 1
	corc update --cpu-idle 2 "$ID"
	[ "$status" -eq 1 ]
	expect_value cpu cpu.idle 1
	corc_only "writes the shares first, which the kernel refuses"
	succeeds update --cpu-idle 0 --cpu-share 700 "$ID"
	expect_value cpu cpu.idle 0
	expect_value cpu cpu.shares 700
}

@test "update: real-time" {
	needs_v1_controllers cpu
	[ -e "$CONTROLLER/cpu.rt_period_us" ] || skip "this kernel has no groups of real-time processes"
	start_container
	succeeds update --cpu-rt-period 900000 "$ID"
	expect_value cpu cpu.rt_period_us 900000
	succeeds update --cpu-rt-runtime 5000 "$ID"
	expect_value cpu cpu.rt_runtime_us 5000
	succeeds update --cpu-rt-period 1000 --cpu-rt-runtime 10 "$ID"
	expect_value cpu cpu.rt_period_us 1000
	expect_value cpu cpu.rt_runtime_us 10
	succeeds update --cpu-rt-period 1000000 --cpu-rt-runtime 5000 "$ID"
	expect_value cpu cpu.rt_period_us 1000000
	expect_value cpu cpu.rt_runtime_us 5000
}

@test "update: cpus and mems" {
	needs_v1_controllers cpuset
	local all
	all=$(<"$CONTROLLER/cpuset.cpus")
	start_container
	expect_value cpuset cpuset.cpus "$all"
	succeeds update --cpuset-cpus 0 --cpuset-mems 0 "$ID"
	expect_value cpuset cpuset.cpus 0
	expect_value cpuset cpuset.mems 0
	succeeds update --cpuset-cpus "$all" "$ID"
	expect_value cpuset cpuset.cpus "$all"
}

# bats test_tags=vm
@test "update: pids" {
	needs_controller pids
	start_container
	succeeds update --pids-limit 10 "$ID"
	expect_value pids pids.max 10
	succeeds update --pids-limit -1 "$ID"
	expect_value pids pids.max max
	update_with '{"pids": {"limit": 0}}'
	[ "$status" -eq 0 ]
	corc_only "leaves it"
	expect_value pids pids.max 1
	update_with '{"pids": {}}'
	[ "$status" -eq 0 ]
	expect_value pids pids.max 1
}

@test "update: block I/O" {
	needs_v1_controllers blkio
	local file=blkio.weight
	start_container
	[ -e "$CONTROLLER/$ID/$file" ] || file=blkio.bfq.weight
	[ -e "$CONTROLLER/$ID/$file" ] || skip "this kernel has no weights of block I/O"
	succeeds update --blkio-weight 700 "$ID"
	expect_value blkio "$file" 700
	corc_only "hands on what the kernel takes"
	fails 1 weight update --blkio-weight 9 "$ID"
	fails 1 weight update --blkio-weight 1001 "$ID"
	expect_value blkio "$file" 700
}

@test "update: a file, and standard input" {
	needs_v1_controllers memory pids
	start_container
	echo '{"memory": {"limit": 33554432}, "pids": {"limit": 20}}' >resources.json
	succeeds update --resources resources.json "$ID"
	expect_value memory memory.limit_in_bytes 33554432
	expect_value pids pids.max 20
	update_with '{"memory": {"limit": 67108864}}'
	[ "$status" -eq 0 ]
	expect_value memory memory.limit_in_bytes 67108864
	expect_value pids pids.max 20
	mkfifo pipe
	echo '{"pids": {"limit": 30}}' >pipe 3>&- 7>&- &
	succeeds update -r pipe "$ID"
	wait $!
	expect_value pids pids.max 30
	update_with '{}'
	[ "$status" -eq 0 ]
	expect_value pids pids.max 30
}

@test "update: with a file the other options do not count" {
	needs_v1_controllers pids
	start_container
	succeeds update --pids-limit 5 --memory nonsense --resources - "$ID" <<<'{"pids": {"limit": 20}}'
	expect_value pids pids.max 20
}

@test "update: huge pages" {
	needs_cgroup_v2
	needs_controller hugetlb
	start_container
	update_with '{"hugepageLimits": [{"pageSize": "2MB", "limit": 4194304}]}'
	[ "$status" -eq 0 ]
	corc_only "does not look at them"
	expect_value hugetlb hugetlb.2MB.max 4194304
	expect_value hugetlb hugetlb.2MB.rsvd.max 4194304
	update_with '{"unified": {"hugetlb.2MB.max": "max"}}'
	[ "$status" -eq 0 ]
	expect_value hugetlb hugetlb.2MB.max max
}

@test "update: a controller that the cgroup did not need before" {
	corc_only "does not look at huge pages"
	local directory=$CGROUP_MOUNT/unified/$ID
	grep -qw hugetlb "${directory%/*}/cgroup.controllers" ||
		skip "the view $CORC_TEST_VIEW is not hybrid with hugetlb"
	start_container
	update_with '{"hugepageLimits": [{"pageSize": "2MB", "limit": 4194304}]}'
	[ "$status" -eq 0 ]
	[ "$(<"$directory/hugetlb.2MB.max")" = 4194304 ]
}

@test "update: device rules stay as they are" {
	mknod "$ROOTFS/kmsg" c 1 11
	start_container
	corc exec "$ID" sh -c ': </kmsg'
	[ "$status" -ne 0 ]
	update_with '{"devices": [{"allow": true, "access": "rwm"}]}'
	[ "$status" -eq 0 ]
	corc exec "$ID" sh -c ': </kmsg'
	[ "$status" -ne 0 ]
	expect_error 'not permitted'
	update_with '{"devices": [{"allow": false, "type": "c", "major": 1, "minor": 3, "access": "rwm"}]}'
	[ "$status" -eq 0 ]
	succeeds exec "$ID" sh -c ': </dev/null'
}

# --- all or nothing -----------------------------------------------------------------------------

# What can be set on v1, a line each.
limits_v1() {
	cd "$CGROUP_MOUNT" || return
	cat cpu/"$ID"/cpu.{shares,cfs_quota_us,cfs_period_us,cfs_burst_us,idle} cpuset/"$ID"/cpuset.cpus \
		memory/"$ID"/memory.{limit_in_bytes,memsw.limit_in_bytes,soft_limit_in_bytes} \
		memory/"$ID"/memory.{swappiness,oom_control} pids/"$ID"/pids.max
}

@test "update: a value that the kernel refuses leaves all old values" {
	needs_v1_controllers cpu memory pids cpuset
	corc_only "writes in an order that cannot be set back"
	config_set '.linux.resources = {devices: .linux.resources.devices,
		cpu: {shares: 512, quota: 50000, period: 100000, burst: 1000, cpus: "0"},
		memory: {limit: 67108864, swap: 134217728, reservation: 33554432, swappiness: 10},
		pids: {limit: 100}}'
	start_container
	local before after
	before=$(limits_v1)
	[[ "$before" == *$'\n67108864\n134217728\n33554432\n10\n'* ]]
	local all
	all=$(<"$(controller cpuset)/cpuset.cpus")
	local everything='{"cpu": {"shares": 700, "quota": 20000, "period": 40000, "burst": 500,
		"cpus": "'$all'", "mems": "0"}, "pids": {"limit": 50}, "memory": {"limit": 100663296, "swap": 201326592,
		"reservation": 16777216, "disableOOMKiller": true, "swappiness": 50}'
	# Each makes another step the one that fails; the last two are the very last steps.
	local change
	for change in '{"cpu": {"mems": "4000"}}' '{"cpu": {"quota": 1}}' '{"cpu": {"period": 1}}' \
		'{"cpu": {"burst": 30000000}}' '{"pids": {"limit": 9223372036854775807}}' \
		'{"blockIO": {"leafWeight": 100}}' '{"memory": {"reservation": 9, "limit": 1}}' \
		'{"blockIO": {"throttleReadBpsDevice": [{"major": 4000, "minor": 1, "rate": 1}]}}'; do
		update_with "$(jq -s '.[0] * .[1]' <<<"$everything} $change")"
		[ "$status" -eq 1 ] || fail "$change is taken"
		[[ "$stderr" != *"set back"* ]] || fail "$change"
		after=$(limits_v1)
		[ "$after" = "$before" ] || fail "$change left:"$'\n'"$after"
	done
	update_with "$everything}"
	[ "$status" -eq 0 ] || fail "expected exit status 0"
	expect_value memory memory.memsw.limit_in_bytes 201326592
	expect_value cpuset cpuset.cpus "$all"
}

@test "update: old values on v2" {
	needs_cgroup_v2
	needs_controller hugetlb
	corc_only "does not look at huge pages"
	config_set '.linux.resources.hugepageLimits = [{pageSize: "2MB", limit: 4194304}]'
	start_container
	refuses_update '{"hugepageLimits": [{"pageSize": "2MB", "limit": 8388608},
		{"pageSize": "3MB", "limit": 1}]}' \
		'stdin:2:32: hugepageLimits[1].limit: write "1" to hugetlb.3MB.max: no such file'
	expect_value hugetlb hugetlb.2MB.max 4194304
	expect_value hugetlb hugetlb.2MB.rsvd.max 4194304
}

@test "update: a limit below the usage is refused when the configuration says so" {
	needs_v1_controllers memory
	corc_only "has no such check on v1"
	config_set '.linux.resources.memory = {limit: 67108864, checkBeforeUpdate: true}'
	start_container
	corc update --memory 4096 "$ID"
	[ "$status" -eq 1 ]
	expect_error 'memory.limit: rejecting memory limit 4096 <= usage [0-9]+'
	corc update --memory-swap 4096 --memory 4096 "$ID"
	[ "$status" -eq 1 ]
	expect_error 'memory.swap: rejecting memory\+swap limit 4096 <= usage [0-9]+'
	expect_value memory memory.limit_in_bytes 67108864
	succeeds update --memory 32M "$ID"
	update_with '{"memory": {"limit": 4096, "checkBeforeUpdate": false}}'
	[ "$status" -eq 1 ]
	expect_error 'unable to set memory limit to 4096 \(current usage: [0-9]+, peak usage: [0-9]+\)'
}

@test "update: a limit that v1 cannot reclaim to names usage and peak" {
	needs_v1_controllers memory
	config_set '.linux.resources.memory = {limit: 67108864}'
	start_container
	corc update --memory 4096 "$ID"
	[ "$status" -eq 1 ]
	expect_error 'unable to set memory limit to 4096 \(current usage: [0-9]+, peak usage: [0-9]+\)'
	expect_value memory memory.limit_in_bytes 67108864
}

# --- bad input ----------------------------------------------------------------------------------

@test "update: options with values that are none" {
	start_container
	local option
	for option in --memory=1x --memory=-2 --memory=1.5 --memory-swap=lots --memory-reservation=10q \
		--memory=1.x --cpu-quota=ten --cpu-period=-1 --cpu-share=1k --cpu-burst=-5 --cpu-idle=yes \
		--cpu-rt-period=x --cpu-rt-runtime=x --pids-limit=many --blkio-weight=-3 \
		--memory=9223372036854775808 --cpu-quota=9223372036854775808 --cpu-share=18446744073709551616; do
		corc update "$option" "$ID"
		[ "$status" -eq 1 ] || fail "$option is taken"
		[ -n "$stderr" ]
	done
	corc_only "has the words of its language"
	fails 1 'invalid value for memory: "1x" is not a number of bytes' update --memory 1x "$ID"
	fails 1 'invalid value for cpu-quota: "ten" is not a number' update --cpu-quota ten "$ID"
	fails 1 'cpu.idle: expected an integer from 0 to 1, found 2' update --cpu-idle 2 "$ID"
}

@test "update: JSON that is wrong, with its position" {
	needs_controller pids
	corc_only "has no positions"
	start_container
	local limit
	limit=$(value pids pids.max)
	refuses_update '' 'stdin'
	refuses_update '[]' 'stdin:1:1: expected an object, found an array'
	refuses_update '{"pids": {"limit": 5},}' 'stdin:1:'
	refuses_update '{"pids": {"limit": "5"}}' \
		'stdin:1:20: pids.limit: expected an integer from -9223372036854775808 to 9223372036854775807, found the string "5"'
	refuses_update $'{"pids": {"limit": 5},\n "cpu": {"shares": -1,\n  "idle": 3}}' \
		'stdin:2:20: cpu.shares: expected an integer from 0 to 18446744073709551615, found -1'
	[[ "$stderr" == *'stdin:3:11: cpu.idle: expected an integer from 0 to 1, found 3' ]]
	refuses_update '{"pids": {"limit": 5}, "cpu": {"shares": 5, "idle": 1}}' \
		'stdin:1:53: cpu.idle: cannot set both cpu.idle and cpu.shares'
	refuses_update '{"pids": {"limit": 5}, "memory": {"limit": 5000, "swap": 4000}}' \
		'stdin:1:58: memory.swap: memory+swap limit should be >= memory limit'
	refuses_update '{"pids": {"limit": 5}, "unified": {"cgroup.procs": "1"}}' 'is not a resource'
	expect_value pids pids.max "$limit"
	echo '{"pids": 5}' >some.json
	fails 1 'some.json:1:10: pids: expected an object, found the number 5' \
		update --resources some.json "$ID"
	fails 1 'resources file nosuch.json: no such file or directory' \
		update --resources nosuch.json "$ID"
	fails 1 'is a directory' update --resources . "$ID"
}

@test "update: what the kernel refuses is named by its property" {
	needs_v1_controllers cpu
	corc_only "knows no positions"
	start_container
	fails 1 'cpu.quota: write "1" to cpu.cfs_quota_us: invalid argument' update --cpu-quota 1 "$ID"
	refuses_update '{"cpu": {"quota": 1}}' \
		'stdin:1:19: cpu.quota: write "1" to cpu.cfs_quota_us: invalid argument'
}

@test "update: options of resctrl, and those of the past" {
	start_container
	corc update --kernel-memory 100M --kernel-memory-tcp 100M "$ID"
	[ "$status" -eq 0 ]
	corc_only "has other words, and one warning"
	fails 1 'the container has no resctrl group' update --l3-cache-schema 'L3:0=ffff' "$ID"
	fails 1 'invalid L3 cache schema "MB:0=20"' update --l3-cache-schema 'MB:0=20' "$ID"
	fails 1 'invalid memory bandwidth schema "L3:0=ff"' update --mem-bw-schema 'L3:0=ff' "$ID"
	succeeds --log log update --kernel-memory 100M --kernel-memory-tcp 100M "$ID"
	grep -q 'memory.kernel: .*ignored' log
	grep -q 'memory.kernelTCP: .*ignored' log
	corc update --help
	[ "$status" -eq 0 ]
	[[ "$output" != *kernel-memory* ]]
	[[ "$output" == *--memory-reservation* ]]
}

@test "update: a controller that the view lacks" {
	needs_cgroup_v2
	[ -z "$(controller memory)" ] || skip "the view has the memory controller"
	start_container
	corc update --memory 100M "$ID"
	[ "$status" -eq 1 ]
	expect_error memory
	corc_only "names a file"
	expect_error 'memory.limit: needs the cgroup controller "memory", which .* does not have'
}

# --- states -------------------------------------------------------------------------------------

@test "update: created, stopped and missing containers" {
	create_container
	if [ -n "$(controller pids)" ]; then
		succeeds update --pids-limit 33 "$ID"
		expect_value pids pids.max 33
	else
		succeeds update "$ID"
	fi
	succeeds start "$ID"
	await_exit "$PID"
	fails 1 'container not running' update --pids-limit 10 "$ID"
	fails 1 'does not exist' update --pids-limit 10 "$ID-missing"
	corc update
	[ "$status" -eq 1 ]
	corc update "$ID" more
	[ "$status" -eq 1 ]
}

@test "update: a container without a cgroup" {
	corc_only "has no such manager"
	config_args pause
	open_ears
	STDOUT=$BATS_TEST_TMPDIR/ears succeeds --cgroup-manager disabled create --bundle "$BUNDLE" "$ID" </dev/null
	fails 1 'pids.limit: needs the cgroup controller "pids"' update --pids-limit 10 "$ID"
}
