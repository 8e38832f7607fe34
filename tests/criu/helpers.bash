# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What every file of the tests with CRIU loads, besides the helpers of the command line tests. The
# container's process is a counter: asked through a FIFO of its root it answers with the number of the
# question, so that one that goes on after a restore answers with the next.

# shellcheck source=tests/cli/helpers.bash
load ../cli/helpers

GLOBAL=() # options of the program itself, of run and restore

# has_option COMMAND NAME: whether the program under test knows the option.
has_option() {
	"$CORC" "$1" --help 2>&1 | grep -qE -e "--$2([^-a-z]|\$)"
}

# needs_option COMMAND NAME...: skips the test of what a runtime has no option for.
needs_option() {
	local name
	for name in "${@:2}"; do
		has_option "$1" "$name" || skip "$CORC_TEST_PROGRAM $1 has no --$name"
	done
}

# How CRIU keeps packets away: not at all, or without further programs. Without the option it is iptables.
CRIU_LOCK=()
NFTABLES=()
if has_option checkpoint network-lock; then
	CRIU_LOCK=(--network-lock skip)
	NFTABLES=(--network-lock nftables)
fi

setup_criu() {
	setup_test
	IMAGES=$BATS_TEST_TMPDIR/images
	CGROUP_OPTIONS=$(cgroup_options)
	# CRIU looks at its own network namespace, and wants one that is up.
	ip link set lo up
	config_set '.root.readonly = false'
	mkfifo "$ROOTFS/tmp/ask" "$ROOTFS/tmp/answer"
}

setup() {
	setup_criu
}

# What CRIU wrote about a test that failed: not all runtimes quote it.
explain_logs() {
	[ -z "${BATS_TEST_COMPLETED-}" ] || return 0
	grep -hE -B 5 '\(.*\) Error|Error \(' "$IMAGES"/*.log "$BATS_TEST_TMPDIR"/[0-9]/*.log 2>/dev/null |
		tail -n 40 >&2 || :
}

cgroup_options() {
	findmnt --noheadings --output FS-OPTIONS --target "$CGROUP_MOUNT"
}

# A CRIU that manages cgroups mounts their file system once more, without the options that all its mounts
# share.
keep_cgroup_options() {
	[ "$(cgroup_options)" = "$CGROUP_OPTIONS" ] || mount -o "remount,$CGROUP_OPTIONS" "$CGROUP_MOUNT"
}

teardown() {
	explain_logs
	keep_cgroup_options
	teardown_test
}

COUNTER='i=0; while :; do read -r line </tmp/ask; i=$((i + 1)); echo "$i $line" >/tmp/answer; done'

# ask [TEXT]: the answer of the counter in $ROOTFS, "NUMBER TEXT".
ask() {
	# shellcheck disable=SC2016
	timeout 10 sh -c 'echo "$2" >"$1/tmp/ask"; cat "$1/tmp/answer"' ask "$ROOTFS" "${1-}" ||
		fail "the counter does not answer"
}

expect_answer() {
	local found
	found=$(ask "${2-}")
	[ "$found" = "$1 ${2-}" ] || fail "the counter says: $found; expected: $1 ${2-}"
}

# start_counter [--set EXPRESSION] [COMMAND...]: the command becomes the counter.
start_counter() {
	config_args "$@" sh -c "$COUNTER"
	launch
}

# Runs the container in the background. Other runtimes leave CRIU alone with files of the host.
launch() {
	[ "$CORC_TEST_PROGRAM" = corc ] || config_set \
		'.process.args |= ["sh", "-c", "exec </dev/null >/dev/null 2>&1; exec \"$@\"", "sh"] + .'
	succeeds "${GLOBAL[@]}" run --detach --bundle "$BUNDLE" --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" </dev/null
	PID=$(<"$BATS_TEST_TMPDIR/pid")
}

checkpoint() {
	succeeds checkpoint --image-path "$IMAGES" "${CRIU_LOCK[@]}" "$@" </dev/null
	[ -z "$output$stderr" ] || [ "$CORC_TEST_PROGRAM" != corc ] || fail "expected no output"
}

# refuses TEXT ARGUMENTS...: fails, and corc with exit status 1 and the text.
refuses() {
	if [ "$CORC_TEST_PROGRAM" = corc ]; then
		fails 1 "$@"
	else
		corc "${@:2}"
		[ "$status" -ne 0 ] || fail "expected a failure"
	fi
}

restore() {
	succeeds "${GLOBAL[@]}" restore --detach --image-path "$IMAGES" --bundle "$BUNDLE" \
		--pid-file "$BATS_TEST_TMPDIR/pid" "$@" </dev/null
	PID=$(<"$BATS_TEST_TMPDIR/pid")
}

# refuses_restore TEXT [ARGUMENTS]: nothing of the container is there afterwards.
refuses_restore() {
	local text=$1
	shift
	fails 1 "$text" "${GLOBAL[@]}" restore --detach --image-path "$IMAGES" --bundle "$BUNDLE" "$@" "$ID" </dev/null
	expect_nothing_left
}

# await CONDITION: until the shell command succeeds, for what tells nobody when it happens.
await() {
	local i
	for ((i = 0; i < 500; i++)); do
		! eval "$1" || return 0
		read -r -t 0.02 <> <(:) || true
	done
	fail "in vain: $1"
}

# await_line TEXT FILE: until the file has a line that begins with it.
await_line() {
	await "grep -q '^$1' '$2' 2>/dev/null"
}

# CRIU opens the files that are standard output and error again, as the root of the user namespace.
share_streams() {
	install -m 666 /dev/null "$BATS_TEST_TMPDIR/stdout"
	install -m 666 /dev/null "$BATS_TEST_TMPDIR/stderr"
}
