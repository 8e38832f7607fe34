# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What the tests of clients share: Podman, Docker, containerd. A test has $ID, the name for its
# container, and $IMAGE, an image with busybox and the test programs in it; further names begin with $ID.
#
# What is set here the tests look at.
# shellcheck disable=SC2034

load ../cli/helpers

IMAGE=localhost/corc-test

# A part of containerd's configuration: what a processor that is emulated, beside others, may take.
PATIENCE='[timeouts]
"io.containerd.timeout.shim.cleanup" = "60s"
"io.containerd.timeout.shim.load" = "60s"
"io.containerd.timeout.shim.shutdown" = "60s"
"io.containerd.timeout.task.state" = "60s"
"io.containerd.timeout.metrics.shimstats" = "60s"'

# client COMMAND...: runs a client's command; sets $status, $output and $stderr as corc does.
client() {
	status=0
	timeout --foreground -k 5 "${CLIENT_TIMEOUT:-150}" "$@" >"$BATS_TEST_TMPDIR/stdout" \
		2>"$BATS_TEST_TMPDIR/stderr" </dev/null 3>&- || status=$?
	output=$(<"$BATS_TEST_TMPDIR/stdout")
	stderr=$(<"$BATS_TEST_TMPDIR/stderr")
	called="$*"
}

# does COMMAND...: it has to end with 0.
does() {
	client "$@"
	[ "$status" -eq 0 ] || fail "expected exit status 0"
}

# prints TEXT COMMAND...: it has to end with 0 and to print this.
prints() {
	local expected=$1
	shift
	does "$@"
	expect_output "$expected"
}

# ends STATUS TEXT COMMAND...: it has to end with STATUS and to say what the regular expression says.
ends() {
	local expected=$1 text=$2
	shift 2
	client "$@"
	[ "$status" -eq "$expected" ] || fail "expected exit status $expected"
	expect_error "$text"
}

# words TEXT OTHERS: what is expected of a runtime that speaks as runc does, or of one with words of its own.
words() {
	if [ "$CORC_TEST_PROGRAM" = crun ]; then echo "$2"; else echo "$1"; fi
}

name_container() {
	printf -v ID 'corc-test-%03d' "$BATS_SUITE_TEST_NUMBER"
	cd "$BATS_TEST_TMPDIR" || return
}

# Neither the program nor its cgroups know a container any more.
expect_no_containers() { # [OPTION OF THE PROGRAM...]
	local left
	left=$("$CORC" "$@" list --quiet)
	[ -z "$left" ] || fail "containers left: $left"
	left=$(find "$CGROUP_MOUNT" -type d \( -name "*$ID*" -o -name 'libpod-*' -not -name 'libpod_parent' \) 2>/dev/null)
	[ -z "$left" ] || fail "cgroups left: $left"
}
