#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# rootfsPropagation and the propagation of bind mounts, seen from the host and from the container.

load helpers

setup() {
	setup_test
	mkdir host
	mount -t tmpfs host host
	mount --make-shared host
	mkdir host/volume
}

teardown() {
	# Before the container's mounts are looked for.
	umount -R host/volume/* 2>/dev/null || true
	delete_all || true
	umount -R host || true
	teardown_test
}

# start_with PROPAGATION OPTIONS...: a container with host/volume on /mnt that may mount.
start_with() {
	local propagation=$1
	shift
	config_set --arg propagation "$propagation" --arg source "$PWD/host/volume" '
		(if $propagation == "" then del(.linux.rootfsPropagation)
			else .linux.rootfsPropagation = $propagation end) |
		.root.readonly = false | .mounts = .mounts[0:7] + [{destination: "/mnt", type: "bind",
			source: $source, options: $ARGS.positional}] |
		.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"]) |
		.linux.seccomp = null | .process.noNewPrivileges = false' --args -- "$@"
	start_container
}

# Whether a mount that is made on the host appears in the container.
reaches_container() {
	local result=0
	mkdir -p host/volume/outside
	mount -t tmpfs outside host/volume/outside
	grep -q ' /mnt/outside ' "/proc/$PID/mountinfo" || result=1
	umount host/volume/outside
	return "$result"
}

# Whether a mount that is made in the container appears on the host.
reaches_host() {
	local result=0
	mkdir -p host/volume/inside
	succeeds exec "$ID" mount -t tmpfs inside /mnt/inside
	grep -q " $PWD/host/volume/inside " /proc/self/mountinfo || result=1
	succeeds exec "$ID" umount /mnt/inside
	return "$result"
}

# The optional fields of the mount on a path of the container: shared:N master:N unbindable.
fields_of() {
	awk -v path="$1" '$5 == path { found = ""; for (i = 7; $i != "-"; i++) found = found " " $i }
		END { sub("^ ", "", found); gsub(/[0-9]+/, "N", found); print found }' "/proc/$PID/mountinfo"
}

@test "propagation: what each kind lets through to a bind mount" {
	corc_only "changes the mounts below / only when the word has an r"
	local propagation options in out root mnt
	while read -r -u 8 propagation options in out root mnt; do
		[ "$propagation" != - ] || propagation=
		IFS=, read -ra options <<<"$options"
		start_with "$propagation" "${options[@]}"
		! reaches_container || [ "$in" = yes ] || fail "$propagation ${options[*]}: a mount of the host came in"
		reaches_container || [ "$in" = no ] || fail "$propagation ${options[*]}: no mount of the host came in"
		! reaches_host || [ "$out" = yes ] || fail "$propagation ${options[*]}: a mount went out"
		reaches_host || [ "$out" = no ] || fail "$propagation ${options[*]}: no mount went out"
		[ "$(fields_of / | tr ' ' +)" = "${root/#-/}" ] || fail "$propagation ${options[*]}: / is $(fields_of /)"
		[ "$(fields_of /mnt | tr ' ' +)" = "${mnt/#-/}" ] ||
			fail "$propagation ${options[*]}: /mnt is $(fields_of /mnt)"
		succeeds delete --force "$ID"
	done 8<<-'END'
		- rbind yes no - master:N
		- rbind,rprivate no no - -
		- rbind,rslave yes no - master:N
		slave rbind yes no - master:N
		rslave rbind yes no - master:N
		private rbind no no - -
		rprivate rbind no no - -
		private rbind,rprivate no no - -
		shared rbind yes yes shared:N shared:N
		rshared rbind yes yes shared:N shared:N
		rshared rbind,rprivate no no shared:N shared:N
		rshared rbind,rslave yes no shared:N shared:N+master:N
		unbindable rbind yes no unbindable master:N
	END
}

@test "propagation: nothing of the container's own mounts is seen on the host" {
	corc_only "mounts nothing below an unbindable root, and sends out what a shared one gets"
	local propagation
	mount --bind "$ROOTFS" "$ROOTFS"
	mount --make-shared "$ROOTFS"
	for propagation in "" private slave shared rshared unbindable runbindable; do
		start_with "$propagation" rbind
		succeeds exec "$ID" sh -c 'mount -t tmpfs inside /home && mount -t tmpfs inside /tmp'
		grep -q ' /home ' "/proc/$PID/mountinfo"
		[ "$(grep -c " $ROOTFS" /proc/self/mountinfo)" -eq 1 ] || {
			succeeds delete --force "$ID"
			umount -R "$ROOTFS"
			fail "$propagation"
		}
		succeeds delete --force "$ID"
	done
	umount "$ROOTFS"
}

@test "propagation: a root that is unbindable cannot be bound, another can" {
	start_with unbindable rbind
	corc exec "$ID" sh -c 'mkdir -p /tmp/x && mount -o bind / /tmp/x'
	[ "$status" -ne 0 ]
	succeeds delete --force "$ID"
	start_with private rbind
	succeeds exec "$ID" sh -c 'mkdir -p /tmp/x && mount -o bind / /tmp/x'
}

@test "propagation: what comes and goes on the host under a slave comes and goes inside" {
	start_with rslave rbind
	mkdir host/volume/later
	mount -t tmpfs later host/volume/later
	touch host/volume/later/file
	succeeds exec "$ID" ls /mnt/later
	expect_output file
	umount host/volume/later
	succeeds exec "$ID" ls /mnt/later
	expect_output ""
}

@test "propagation: of a rootfs that is a shared mount, which pivot_root does not take" {
	mount --bind "$ROOTFS" "$ROOTFS"
	mount --make-shared "$ROOTFS"
	run_in echo hello
	umount "$ROOTFS"
	expect_output hello
}

@test "propagation: in a user namespace" {
	add_user_namespace
	start_with rshared rbind
	# What a user namespace has of the host's mounts never sends anything back.
	reaches_container
	[[ "$(fields_of /)" == *shared:N* ]]
}

@test "propagation: --no-pivot has the same root" {
	config_set '.linux.rootfsPropagation = "shared" | .process.args = ["pause"]'
	create_container --no-pivot
	[[ "$(fields_of /)" == shared:N ]]
}
