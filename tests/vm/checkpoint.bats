#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# checkpoint and restore with a real systemd, AppArmor, cgroup v2 alone, and Podman.
# bats file_tags=vm
#
# What the container's shell is to expand is in single quotes.
# shellcheck disable=SC2016

load ../criu/helpers
load clients

# The first container leaves a mount for network namespaces behind.
setup_file() {
	tar -C "$CORC_TEST_TMP/rootfs" -c . | podman import - "$IMAGE"
	podman run --rm --network none "$IMAGE" true
}

setup() {
	setup_criu
	PODMAN=(podman --runtime "$CORC")
}

teardown() {
	local result=0
	explain_logs
	keep_cgroup_options
	podman rm --all --force --time 0 >/dev/null 2>&1 || result=1
	teardown_test || result=1
	[ ! -e profile ] || apparmor_parser --remove profile
	return "$result"
}

@test "checkpoint: a restored container is in a scope of systemd, with its limits" {
	# shellcheck disable=SC2034 # the helpers use it
	GLOBAL=(--systemd-cgroup)
	config_set --arg path "system.slice:corc:$ID" '.linux.cgroupsPath = $path |
		.linux.resources.memory.limit = 67108864'
	start_counter
	expect_answer 1
	checkpoint "$ID"
	[ "$(systemctl show --property LoadState "corc-$ID.scope")" = LoadState=not-found ]
	restore "$ID"
	[ "$(systemctl show --property MemoryMax "corc-$ID.scope")" = MemoryMax=67108864 ]
	# crun has a group of its own below the scope.
	[[ "$(</proc/"$PID"/cgroup)" == "0::/system.slice/corc-$ID.scope"?(/container) ]]
	[ "$(<"$CGROUP_MOUNT/system.slice/corc-$ID.scope/memory.max")" = 67108864 ]
	expect_answer 2
	succeeds delete --force "$ID"
	[ "$(systemctl show --property LoadState "corc-$ID.scope")" = LoadState=not-found ]
}

# load_profile NAME: allows everything.
load_profile() {
	printf 'profile %s flags=(attach_disconnected,mediate_deleted) {\n %s\n}\n' "$1" \
		'file, capability, network, mount, umount, ptrace, signal, unix,' >>profile
	apparmor_parser --replace --skip-cache profile
}

@test "checkpoint: the AppArmor profile is kept" {
	load_profile "$ID"
	config_set --arg name "$ID" '.process.apparmorProfile = $name'
	start_counter
	checkpoint "$ID"
	restore "$ID"
	[ "$(</proc/"$PID"/attr/apparmor/current)" = "$ID (enforce)" ]
	succeeds exec "$ID" cat /proc/self/attr/apparmor/current
	expect_output "$ID (enforce)"
	expect_answer 1
}

# change_profile: images of a container with the profile $ID, and a configuration that says $ID-two.
change_profile() {
	load_profile "$ID"
	load_profile "$ID-two"
	config_set --arg name "$ID" '.process.apparmorProfile = $name'
	start_counter
	checkpoint "$ID"
	config_set --arg name "$ID-two" '.process.apparmorProfile = $name'
}

@test "checkpoint: --lsm-profile: the AppArmor profile is another" {
	needs_option restore lsm-profile
	change_profile
	restore --lsm-profile "apparmor:$ID-two" "$ID"
	[ "$(</proc/"$PID"/attr/apparmor/current)" = "$ID-two (enforce)" ]
	expect_answer 1
}

@test "checkpoint: an AppArmor profile that the configuration does not name is not let in" {
	change_profile
	refuses 'its label in attr/apparmor/current' "${GLOBAL[@]}" restore --detach --image-path "$IMAGES" \
		--bundle "$BUNDLE" "$ID" </dev/null
	keep_cgroup_options
	expect_nothing_left
}

# start_inner: the container's process is in a cgroup that it made below its own.
start_inner() {
	config_set '(.mounts[] | select(.type == "cgroup" or .type == "cgroup2")).options -= ["ro"]'
	start_counter sh -c 'mkdir /sys/fs/cgroup/inner; echo $$ >/sys/fs/cgroup/inner/cgroup.procs
		i=0; while :; do read -r line </tmp/ask; i=$((i + 1)); echo "$i $line" >/tmp/answer; done'
	expect_answer 1
	grep -qx "0::/$ID/inner" "/proc/$PID/cgroup"
}

# keeps_inner MODE: the process is in that cgroup again. The options of the mount on the host are as before with
# corc; the others leave that to CRIU.
keeps_inner() {
	needs_option restore manage-cgroups-mode
	start_inner
	checkpoint --manage-cgroups-mode "$1" "$ID"
	[ ! -d "$CGROUP_MOUNT/$ID" ]
	restore --manage-cgroups-mode "$1" "$ID"
	grep -qx "0::/$ID/inner" "/proc/$PID/cgroup"
	expect_answer 2
	[ "$CORC_TEST_PROGRAM" != corc ] || [ "$(cgroup_options)" = "$CGROUP_OPTIONS" ] || fail "$(cgroup_options)"
}

# bats test_tags=long
@test "checkpoint: --manage-cgroups-mode soft: cgroups that the container made" {
	keeps_inner soft
}

@test "checkpoint: --manage-cgroups-mode full: cgroups that the container made" {
	keeps_inner full
}

@test "checkpoint: --manage-cgroups-mode strict: cgroups that the container made" {
	keeps_inner strict
}

# bats test_tags=long
@test "checkpoint: --manage-cgroups-mode strict: a container without any" {
	needs_option restore manage-cgroups-mode
	start_counter
	checkpoint --manage-cgroups-mode strict "$ID"
	restore --manage-cgroups-mode strict "$ID"
	grep -qx "0::/$ID" "/proc/$PID/cgroup"
	expect_answer 1
}

@test "checkpoint: --manage-cgroups-mode ignore: all is in the container's own cgroup" {
	needs_option restore manage-cgroups-mode
	"$CORC" restore --help | grep -q ignore || skip "$CORC_TEST_PROGRAM has no mode ignore"
	start_inner
	checkpoint --manage-cgroups-mode ignore "$ID"
	restore --manage-cgroups-mode ignore "$ID"
	grep -qx "0::/$ID" "/proc/$PID/cgroup"
	expect_answer 2
}

in_podman() { # the next number
	prints "$1" podman exec "$ID" sh -c 'echo >/ask; cat /answer'
}

@test "checkpoint: podman container checkpoint and restore, also by an archive" {
	does "${PODMAN[@]}" run --detach --network none --name "$ID" "$IMAGE" sh -c \
		'mkfifo /ask /answer; i=0; while :; do read -r line </ask; i=$((i + 1)); echo $i >/answer; done'
	in_podman 1
	does "${PODMAN[@]}" container checkpoint "$ID"
	[ "$(podman inspect --format '{{.State.Status}} {{.State.Checkpointed}}' "$ID")" = 'exited true' ]
	does "${PODMAN[@]}" container restore "$ID"
	in_podman 2
	does "${PODMAN[@]}" container checkpoint --pre-checkpoint --export "$PWD/first.tar.gz" "$ID"
	in_podman 3
	does "${PODMAN[@]}" container checkpoint --with-previous --export "$PWD/second.tar.gz" "$ID"
	does podman rm --force "$ID"
	does "${PODMAN[@]}" container restore --import-previous "$PWD/first.tar.gz" \
		--import "$PWD/second.tar.gz" --name "$ID"
	in_podman 4
	does "${PODMAN[@]}" container checkpoint --leave-running --export "$PWD/third.tar.gz" "$ID"
	in_podman 5
	does podman rm --force --time 0 "$ID"
	does "${PODMAN[@]}" container restore --import "$PWD/third.tar.gz" --name "$ID"
	in_podman 5
	does podman stop --time 0 "$ID"
	does podman rm "$ID"
}
