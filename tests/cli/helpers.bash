# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What every file of the command line tests loads. A test has
#
#   $ID       the id for its container; further ones are "$ID-NAME"
#   $BUNDLE   a bundle with a busybox in $ROOTFS and the default configuration (config.json here,
#             with cgroupsPath /$ID), whose process is `true`
#   $ROOT     the state directory
#
# and after each test everything is deleted by force, and nothing may be left: no state, no cgroup of
# the test's name in any hierarchy, no process and no mount that was not there before.

bats_require_minimum_version 1.5.0

if [ -z "${CORC_TEST_VIEW:-}" ]; then
	echo "the command line tests run through tests/cli/run-view" >&2
	exit 1
fi

HELPERS=$(dirname "${BASH_SOURCE[0]}")
PROGRAMS=$CORC_TEST_TMP/programs
CGROUP_MOUNT=/sys/fs/cgroup

# --- the program under test ---------------------------------------------------------------------

# Runs corc; sets $status, $output and $stderr. The output goes through files: a container that
# outlives the command keeps its stdio open. STDOUT names another file for the output. A command that
# hangs ends with 124.
corc() {
	status=0
	timeout --foreground -k 5 60 "$CORC" --root "$ROOT" "$@" >"${STDOUT:-$BATS_TEST_TMPDIR/stdout}" \
		2>"$BATS_TEST_TMPDIR/stderr" 3>&- || status=$?
	output=
	if [ -z "${STDOUT:-}" ]; then
		output=$(<"$BATS_TEST_TMPDIR/stdout")
	fi
	stderr=$(<"$BATS_TEST_TMPDIR/stderr")
	called="corc $*"
}

fail() {
	printf '%s\n' "$*" >&2
	printf '%s: exit status %s\nstdout: %s\nstderr: %s\n' \
		"${called-}" "${status-}" "${output-}" "${stderr-}" >&2
	return 1
}

# Runs corc, which has to end with 0.
succeeds() {
	corc "$@"
	[ "$status" -eq 0 ] || fail "expected exit status 0"
}

# fails STATUS TEXT ARGUMENTS...: runs corc, which has to end with STATUS and to say TEXT on stderr
# (in a log line with \" for ") and nothing on stdout.
fails() {
	local expected=$1 text=$2
	shift 2
	corc "$@"
	[ "$status" -eq "$expected" ] || fail "expected exit status $expected"
	[[ "${stderr//\\\"/\"}" == *"$text"* ]] || fail "expected on stderr: $text"
	[ -z "$output" ] || fail "expected nothing on stdout"
}

expect_output() {
	[ "$output" = "$1" ] || fail "expected on stdout: $1"
}

# A line of the output that matches the extended regular expression as a whole.
expect_line() {
	grep -qxE -e "$1" <<<"$output" || fail "expected on stdout a line: $1"
}

expect_no_line() {
	! grep -qxE -e "$1" <<<"$output" || fail "did not expect on stdout a line: $1"
}

# stderr as a whole against an extended regular expression.
expect_error() {
	[[ "$stderr" =~ $1 ]] || fail "expected on stderr: $1"
}

# --- bundles ------------------------------------------------------------------------------------

# new_bundle DIRECTORY: a further bundle.
new_bundle() {
	mkdir -p "$1"
	cp -a "$CORC_TEST_TMP/rootfs" "$1/rootfs"
	sed "s|@CGROUP@|/$ID|" "$HELPERS/config.json" >"$1/config.json"
}

# config_set [JQ OPTIONS] EXPRESSION: changes config.json of $BUNDLE with jq.
config_set() {
	jq "$@" <"$BUNDLE/config.json" >"$BUNDLE/config.json.new"
	mv "$BUNDLE/config.json.new" "$BUNDLE/config.json"
}

# The container's command; an optional expression comes first after --set.
config_args() {
	local expression=.
	if [ "${1-}" = --set ]; then
		expression=$2
		shift 2
	fi
	jq "$expression"' | .process.args = $ARGS.positional' --args -- "$@" \
		<"$BUNDLE/config.json" >"$BUNDLE/config.json.new"
	mv "$BUNDLE/config.json.new" "$BUNDLE/config.json"
}

# The container gets a user namespace in which 0..65535 are the host's 100000..165535.
add_user_namespace() {
	config_set '.linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		.linux.gidMappings = .linux.uidMappings'
	chown -R 100000:100000 "$ROOTFS"
}

# run_in [--set EXPRESSION] COMMAND...: runs the container with this command; it has to end with 0.
run_in() {
	config_args "$@"
	succeeds run --bundle "$BUNDLE" "$ID"
}

run_shell() {
	if [ "$1" = --set ]; then
		run_in --set "$2" sh -c "$3"
	else
		run_in sh -c "$1"
	fi
}

# The container is running and its process waits: `pause`, or the command given. What it prints is
# read with `hear`.
start_container() {
	config_args "${@:-pause}"
	start_bundle "$BUNDLE" "$ID"
}

start_bundle() {
	open_ears
	STDOUT=$BATS_TEST_TMPDIR/ears succeeds create --bundle "$1" --pid-file "$BATS_TEST_TMPDIR/pid" \
		"$2" </dev/null
	PID=$(<"$BATS_TEST_TMPDIR/pid")
	succeeds start "$2"
}

create_container() {
	succeeds create --bundle "$BUNDLE" --pid-file "$BATS_TEST_TMPDIR/pid" "$@" "$ID" </dev/null
	PID=$(<"$BATS_TEST_TMPDIR/pid")
}

open_ears() {
	[ -p "$BATS_TEST_TMPDIR/ears" ] || mkfifo "$BATS_TEST_TMPDIR/ears"
	# Open for both, so that neither side waits for the other and nobody sees an end of file.
	exec 7<>"$BATS_TEST_TMPDIR/ears"
}

# hear LINE: waits until the container's process prints a line, which has to be this one.
hear() {
	local line
	read -r -t 60 -u 7 line || fail "the container did not say: $1"
	[ "$line" = "$1" ] || fail "the container said: $line; expected: $1"
}

status_of() {
	corc state "$1"
	[ "$status" -eq 0 ] || fail "expected exit status 0"
	jq -r .status <<<"$output"
}

expect_status() {
	local found
	found=$(status_of "$1")
	[ "$found" = "$2" ] || fail "container $1 is $found, expected $2"
}

# Waits for the end of processes.
await_exit() {
	"$PROGRAMS/await-exit" "$@" || fail "still running: $*"
}

is_sanitized() {
	grep -qF __asan_init "$CORC"
}

# step_of CALLS: how many system calls a sweep that kills corc at each (or each CALLSth) goes on. A sanitized
# build makes hundreds of its own, takes many times as long, and a process that is killed tells the sanitizers
# nothing: a sample is enough.
step_of() {
	if is_sanitized; then
		echo $(($1 * 19))
	else
		echo "$1"
	fi
}

# --- cgroups ------------------------------------------------------------------------------------

is_cgroup_v2() {
	[ "$(stat -f -c %T "$CGROUP_MOUNT")" = cgroup2fs ]
}

# The directory of a hierarchy that has the controller; empty when there is none.
controller() {
	if ! is_cgroup_v2; then
		[ ! -d "$CGROUP_MOUNT/$1" ] || echo "$CGROUP_MOUNT/$1"
	elif [[ " $(<"$CGROUP_MOUNT/cgroup.controllers") " == *" $1 "* ]]; then
		echo "$CGROUP_MOUNT"
	fi
}

# needs_controller NAME: skips the test without it; sets $CONTROLLER to its directory.
needs_controller() {
	CONTROLLER=$(controller "$1")
	[ -n "$CONTROLLER" ] || skip "the view $CORC_TEST_VIEW has no $1 controller"
}

# Processes that have just ended may keep it busy for a moment, and there is no event to wait for.
remove_cgroup() {
	local i
	for ((i = 0; i < 100; i++)); do
		! rmdir "$1" 2>/dev/null || return 0
		read -r -t 0.02 <> <(:) || true
	done
	rmdir "$1"
}

needs_cgroup_v1() {
	! is_cgroup_v2 || skip "the view $CORC_TEST_VIEW has no cgroup v1"
}

needs_cgroup_v2() {
	is_cgroup_v2 || skip "the view $CORC_TEST_VIEW is not cgroup v2 alone"
}

# A cgroup path that is relative or absent is below the caller's own cgroups.
needs_own_cgroup() {
	local line
	is_cgroup_v2 && return
	while read -r line; do
		[ "${line##*:}" = / ] ||
			skip "the tests are in ${line#*:}, which is not theirs to make cgroups in"
	done </proc/self/cgroup
}

needs_sys_resource() {
	local capabilities
	capabilities=$(sed -n 's/^CapEff:\t//p' /proc/self/status)
	[ $((0x$capabilities >> 24 & 1)) -eq 1 ] || skip "this machine lacks CAP_SYS_RESOURCE"
}

# corc_only REASON: a test of something that other runtimes do in another way. For them it is skipped:
# the tests themselves are checked by running them with another runtime as CORC.
corc_only() {
	[ "$CORC_TEST_PROGRAM" = corc ] || skip "$CORC_TEST_PROGRAM: $1"
}

# --- what is left -------------------------------------------------------------------------------

remember() {
	local pids=(/proc/[0-9]*)
	PIDS_BEFORE=" ${pids[*]#/proc/} "
	MOUNTS_BEFORE=$(</proc/self/mountinfo)
}

is_zombie() {
	local line
	read -r line 2>/dev/null <"/proc/$1/stat" || return 0
	[[ "$line" == *") Z "* ]]
}

# A machine has processes of its own that come and go: there only those count that are in the cgroup of
# the tests or in one of a container.
is_of_tests() { # PID
	local group
	[ "$CORC_TEST_VIEW" = machine ] || return 0
	group=$(tail -n 1 "/proc/$1/cgroup" 2>/dev/null)
	[ "$group" = "$(tail -n 1 /proc/self/cgroup)" ] || [[ "$group" == *"$ID"* ]]
}

# What bats waits with for the end of a test's time; it begins beside the test.
is_countdown() { # PID
	local words=()
	mapfile -d '' -t words 2>/dev/null <"/proc/$1/cmdline"
	[ "${words[*]}" = "sleep ${BATS_TEST_TIMEOUT-}" ]
}

find_processes() {
	local path pid new=()
	for path in /proc/[0-9]*; do
		pid=${path#/proc/}
		if [[ "$PIDS_BEFORE" != *" $pid "* ]] && [ "$pid" != "$BASHPID" ] && ! is_zombie "$pid" &&
			is_of_tests "$pid" && ! is_countdown "$pid"; then
			new+=("$pid")
		fi
	done
	[ ${#new[@]} -gt 0 ] || return 0
	for pid in $("$PROGRAMS/await-exit" -t 3000 "${new[@]}"); do
		! is_countdown "$pid" || continue
		LEFT+="process $pid: $(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline")"$'\n'
		LEFT_PIDS+=("$pid")
	done
}

find_cgroups() {
	local path
	for path in "$CGROUP_MOUNT/$ID"* "$CGROUP_MOUNT"/*/"$ID"*; do
		[ ! -d "$path" ] || LEFT+="cgroup $path"$'\n'
	done
}

find_mounts() {
	local line
	while read -r line; do
		if [[ $'\n'"$MOUNTS_BEFORE"$'\n' != *$'\n'"$line"$'\n'* ]]; then
			LEFT+="mount $line"$'\n'
		fi
	done </proc/self/mountinfo
}

find_states() {
	local path
	for path in "$ROOT"/* "$ROOT"/.[!.]*; do
		# Compiled filters are kept for containers to come.
		[[ ! -e "$path" || "$path" == "$ROOT"/.cache* ]] || LEFT+="state $path"$'\n'
	done
}

# Nothing of a container is there: neither state, cgroup, process nor mount.
expect_nothing_left() {
	LEFT=
	LEFT_PIDS=()
	find_states
	find_cgroups
	find_processes
	find_mounts
	[ -z "$LEFT" ] || fail "left behind:"$'\n'"$LEFT"
}

# So that the failure of one test is not the failure of the next.
sweep() {
	local path id
	if [ ${#LEFT_PIDS[@]} -gt 0 ]; then
		kill -KILL "${LEFT_PIDS[@]}" 2>/dev/null
		"$PROGRAMS/await-exit" "${LEFT_PIDS[@]}"
	fi
	for path in "$CGROUP_MOUNT/$ID"* "$CGROUP_MOUNT"/*/"$ID"*; do
		[ ! -d "$path" ] || find "$path" -depth -type d -exec rmdir {} +
	done
	# Not what was there before and only looks different.
	sed -n 's/^mount \([^ ]*\) \([^ ]* \)\{3\}\([^ ]*\) .*/\1 \3/p' <<<"$LEFT" | tac | while read -r id path; do
		[[ $'\n'"$MOUNTS_BEFORE" == *$'\n'"$id "* ]] || umount -l "$path"
	done
} 2>/dev/null

delete_all() {
	local path result=0
	for path in "$ROOT"/*/; do
		[ -d "$path" ] || continue
		corc delete --force "$(basename "$path")"
		[ "$status" -eq 0 ] || fail "delete --force failed" || result=1
	done
	return "$result"
}

# --- setup and teardown -------------------------------------------------------------------------

setup_test() {
	printf -v ID 'corc-test-%s-%03d' "$CORC_TEST_RUN" "$BATS_SUITE_TEST_NUMBER"
	ROOT=$BATS_TEST_TMPDIR/root
	BUNDLE=$BATS_TEST_TMPDIR/bundle
	ROOTFS=$BUNDLE/rootfs
	mkdir "$ROOT"
	# The bundles can be reached by users of user namespaces.
	chmod 711 "$BATS_RUN_TMPDIR"
	remember
	new_bundle "$BUNDLE"
	cd "$BATS_TEST_TMPDIR" || return
}

teardown_test() {
	local result=0
	exec 7>&-
	delete_all || result=1
	expect_nothing_left || result=1
	[ "$result" -eq 0 ] || sweep
	rm -rf "$ROOTFS"
	return "$result"
}

setup() {
	setup_test
}

teardown() {
	teardown_test
}
