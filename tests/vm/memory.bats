#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# How little memory a container can be started with, beside other runtimes. The figures are printed;
# docs/compat.md has them.
# bats file_tags=vm,long
# shellcheck disable=SC2016 # jq's variables

load ../cli/helpers

PAGE=4096
START=33554432

setup() {
	setup_test
}

# runs_with LIMIT PROGRAM: of processes corc gets one; the others have threads in the container at first.
runs_with() {
	config_set --argjson limit "$1" '.linux.resources = {memory: {limit: $limit, swap: $limit}}'
	[ "$2" != "$CORC" ] || config_set '.linux.resources.pids.limit = 1'
	timeout 60 "$2" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null >out 2>err 3>&- && return
	"$2" --root "$ROOT" delete --force "$ID" >/dev/null 2>&1 3>&- || :
	return 1
}

# The least limit with which PROGRAM runs `clocks`, a static program, to a page.
smallest() { # PROGRAM
	local low=0 high=$START middle
	while [ $((high - low)) -gt "$PAGE" ]; do
		middle=$(((low + high) / 2 / PAGE * PAGE))
		if runs_with "$middle" "$1"; then high=$middle; else low=$middle; fi
	done
	echo "$high"
}

@test "memory: the smallest limit with which a container runs" {
	local program figure
	config_args clocks
	figure=$(smallest "$CORC")
	echo "# smallest memory.max: $("$CORC" --version | head -n 1): $((figure / 1024)) KiB" >&3
	[ "$figure" -le 524288 ] || fail "512 KiB are too little: $figure"
	# With less, the limit is named.
	if runs_with $((figure / 2)) "$CORC"; then fail "half of it is enough"; fi
	[[ "$(<err)" == *memory.max* ]] || fail "no word of the limit: $(<err)"
	for program in /usr/bin/crun /usr/bin/runc; do
		figure=$(smallest "$program")
		echo "# smallest memory.max: $("$program" --version | head -n 1): $((figure / 1024)) KiB" >&3
		[ "$figure" -lt "$START" ] || fail "$program does not run at all: $(<err)"
	done
}
