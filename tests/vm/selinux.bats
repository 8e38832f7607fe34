#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Labels on a machine that enforces Debian's policy of SELinux. The program is in the domain that this
# policy has for container runtimes, container_engine_t, and what it works on has the labels of such files.
# bats file_tags=vm,long
#
# Variables of jq and of the container's shell are in single quotes; what `corc` sets the helpers look at.
# shellcheck disable=SC2016,SC2034

load clients

LABEL=system_u:system_r:container_t:s0:c1,c2
FILE_LABEL=system_u:object_r:container_file_t:s0:c1,c2
# Its domain may not look into the folders of the tests.
BASE=/var/lib/containers/corc-test

setup_file() {
	chcon --type container_engine_exec_t "$CORC"
}

setup() {
	name_container
	ROOT=/run/corc-test
	BUNDLE=$BASE/bundle
	ROOTFS=$BUNDLE/rootfs
	mkdir -p "$ROOT" "$BUNDLE" "$BASE/volume" "$BASE/foreign"
	cp -a "$CORC_TEST_TMP/rootfs" "$ROOTFS"
	sed "s|@CGROUP@|/$ID|" "$HELPERS/config.json" >"$BUNDLE/config.json"
	echo content | tee "$BASE/volume/file" >"$BASE/foreign/file"
	chcon --type container_runtime_t "$ROOT"
	chcon --recursive --type container_var_lib_t "$BASE"
	chcon --recursive "$FILE_LABEL" "$ROOTFS" "$BASE/volume"
	chcon --recursive "${FILE_LABEL%c1,c2}c3,c4" "$BASE/foreign"
	cd /
	config_set --arg label "$LABEL" --arg files "$FILE_LABEL" --arg base "$BASE" '
		.process.selinuxLabel = $label | .linux.mountLabel = $files | .mounts += [
			{destination: "/volume", source: ($base + "/volume"), options: ["bind"]},
			{destination: "/foreign", source: ($base + "/foreign"), options: ["bind"]}]'
}

teardown() {
	"$CORC" --root "$ROOT" delete --force "$ID" >/dev/null 2>&1 </dev/null || :
	[ -z "$(ls "$ROOT")" ] || fail "left: $(ls "$ROOT")"
	rm -rf "$ROOT" "$BASE"
}

# config.json keeps its label.
config_set() {
	local text
	text=$(jq "$@" <"$BUNDLE/config.json")
	echo "$text" >"$BUNDLE/config.json"
}

config_args() {
	config_set '.process.args = $ARGS.positional' --args -- "$@"
}

# Through a pipe: its domain may write to no file of the tests.
corc() {
	status=0
	output=$(timeout --foreground 120 "$CORC" --root "$ROOT" "$@" 2>&1 </dev/null 3>&-) || status=$?
	stderr=$output
	called="corc $*"
}

# runs SCRIPT: in a container, which may not write to the tests' pipe either.
runs() {
	config_args sh -c "exec >/volume/out 2>&1; $1"
	succeeds run --bundle "$BUNDLE" "$ID"
	output=$(tr -d '\0' <"$BASE/volume/out")
}

@test "selinux: the machine enforces, and processes have the label of the configuration" {
	[ "$(getenforce)" = Enforcing ]
	runs 'cat /proc/self/attr/current'
	expect_output "$LABEL"
	config_args pause
	"$CORC" --root "$ROOT" create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1 3>&-
	succeeds start "$ID"
	succeeds exec "$ID" sh -c 'cat /proc/self/attr/current >/volume/exec'
	[ "$(tr -d '\0' <"$BASE/volume/exec")" = "$LABEL" ] || fail "exec has $(<"$BASE/volume/exec")"
	# With other categories the container's files are closed, and those of others are open.
	fails_quietly exec --process-label "${LABEL%c1,c2}c3,c4" "$ID" grep -q content /volume/file
	fails_quietly exec "$ID" grep -q content /foreign/file
	succeeds exec "$ID" grep -q content /volume/file
	succeeds kill "$ID" KILL
}

fails_quietly() {
	corc "$@"
	[ "$status" -ne 0 ] || fail "expected a failure"
}

@test "selinux: mounts have the label of the configuration" {
	runs 'grep -c "context=.*container_file_t:s0:c1,c2" /proc/self/mountinfo
		echo written >/dev/shm/file && cat /dev/shm/file; ls /dev/mqueue && echo mqueue'
	[ "$(head -n 1 <<<"$output")" -ge 3 ] || fail "expected mounts with a context"
	expect_line written
	expect_line mqueue
}

@test "selinux: the policy holds for the container" {
	runs 'cat /volume/file; echo new >/volume/new && echo written; cat /foreign/file || echo refused'
	[ "$(grep -c '^content$' <<<"$output")" -eq 1 ] || fail "expected one of the files"
	expect_line written
	expect_line refused
	[ "$(stat -c %C "$BASE/volume/new")" = "$FILE_LABEL" ] || fail "$(stat -c %C "$BASE/volume/new")"
}

@test "selinux: a label that the policy does not know is refused at its place" {
	config_set '.process.selinuxLabel = "system_u:system_r:nonsense_t:s0"'
	corc run --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 1 ] || fail "expected exit status 1"
	expect_error 'config\.json:[0-9]+:[0-9]+: process\.selinuxLabel: '
}

@test "selinux: Podman" {
	local label
	# Its domain may ask the kernel for no module, and write to none of the tests' folders.
	modprobe overlay
	export TMPDIR=/var/tmp
	tar -C "$CORC_TEST_TMP/rootfs" -c . | podman import - "$IMAGE" 2>&1 | cat
	label=$(podman --runtime "$CORC" run --rm --network none "$IMAGE" cat /proc/self/attr/current 2>&1 </dev/null | tr -d '\0')
	podman rmi --force "$IMAGE" 2>&1 | cat
	[[ "$label" == system_u:system_r:container_t:s0:c* ]] || fail "Podman's container has $label"
}
