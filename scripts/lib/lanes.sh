# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# The lanes of scripts/test: builds, what each lane runs, and how its results are counted.
# Sourced, after common.sh.

LOG_DIR=$TOP/build/test-logs

# Most of these lanes wait for one processor.
LANES_AT_ONCE=$((JOBS > 1 ? 2 : 1))

# A build is made once, when the first lane needs it.
declare -A build_status=()

build_release() {
	"$TOP/scripts/build-release" --werror
}

build_config_only() {
	configure_tree "$TOP/build/distro" --enable-werror --prefix=/usr --sysconfdir=/etc
}

build_distro() {
	build_config_only
	make_tree "$TOP/build/distro"
}

# Without --enable-werror: the instrumented code makes gcc see overflows that are not there.
build_sanitize() {
	configure_tree "$TOP/build/sanitize" --enable-sanitize --prefix=/usr CFLAGS="-g -O1"
	make_tree "$TOP/build/sanitize"
}

# With the libraries of a Debian for arm64 in a folder of their own. On what is no Debian nothing is built.
build_arm64() {
	local sysroot status=0
	sysroot=$("$TOP/scripts/fetch-arm64" sysroot) || status=$?
	[ "$status" -ne 77 ] || return 0
	[ "$status" -eq 0 ] || return "$status"
	configure_tree "$TOP/build/arm64" --build="$("$TOP/build-aux/config.guess")" \
		--host=aarch64-linux-gnu --enable-werror --prefix=/usr --sysconfdir=/etc \
		CC="aarch64-linux-gnu-gcc --sysroot=$sysroot" \
		PKG_CONFIG="env PKG_CONFIG_SYSROOT_DIR=$sysroot pkg-config" \
		PKG_CONFIG_LIBDIR="$sysroot/usr/lib/aarch64-linux-gnu/pkgconfig"
	make_tree "$TOP/build/arm64"
}

ensure_build() {
	local build=$1 start=$SECONDS status=0
	if [ -z "${build_status[$build]:-}" ]; then
		# A process of its own, so that set -e holds within.
		TOP=$TOP bash -euo pipefail -c '
			. "$TOP/scripts/lib/common.sh"
			. "$TOP/scripts/lib/lanes.sh"
			"build_$1"' build "$build" </dev/null >"$LOG_DIR/build-$build.log" 2>&1 || status=$?
		build_status[$build]=$status
		if [ "$status" -eq 0 ]; then
			say "built $build in $((SECONDS - start)) s"
		else
			tail -n 40 "$LOG_DIR/build-$build.log" >&2
			say "the build $build failed"
		fi
	fi
	return "${build_status[$build]}"
}

# Results are counted at the start of a line; what is only information stands further in.
indent() {
	sed 's/^/    /'
}

lane_lint() {
	"$TOP/tools/lint" --tap "$TOP/build/distro"
}

lane_unit() { # TREE [VARIABLE=VALUE]...
	local tree=$1 status=0
	shift
	make -C "$tree" -j "$JOBS" check "$@" || status=$?
	if [ "$status" -ne 0 ] && [ -f "$tree/test-suite.log" ]; then
		indent <"$tree/test-suite.log"
	fi
	return "$status"
}

# The unit tests for arm64, by an emulator of user programs; what it lacks they tell and leave out.
lane_arm64() {
	local sysroot qemu
	if ! sysroot=$("$TOP/scripts/fetch-arm64" sysroot) || ! qemu=$("$TOP/scripts/fetch-arm64" qemu); then
		echo "ok 1 - unit tests for arm64 # skip there are no packages for arm64"
		return
	fi
	# The loader by its name: with -L the emulator would look for every path of a test there first.
	CORC_TEST_EMULATED=1 lane_unit "$TOP/build/arm64" \
		LOG_FLAGS="$qemu $sysroot/lib/ld-linux-aarch64.so.1 --library-path $sysroot/usr/lib/aarch64-linux-gnu:$sysroot/lib/aarch64-linux-gnu"
}

lane_distcheck() {
	make -C "$TOP/build/distro" -j "$JOBS" distcheck 2>&1 | indent
	echo "ok 1 - distcheck"
}

lane_cli() { # PROGRAM VIEW
	if [ "$(id -u)" -ne 0 ]; then
		echo "ok 1 - command line tests # skip need root"
		return
	fi
	CORC=$1 "$TOP/tests/cli/run-view" "$2" --tap "$TOP"/tests/cli/*.bats
}

lane_oci_validation() { # PROGRAM VIEW
	if [ "$(id -u)" -ne 0 ]; then
		echo "ok 1 - OCI validation suite # skip need root"
		return
	fi
	. "$TOP/scripts/lib/go.sh"
	if ! find_go >/dev/null; then
		echo "ok 1 - OCI validation suite # skip need Go $GO_MINIMUM or newer, which this distribution lacks"
		return
	fi
	CORC=$1 "$TOP/tests/oci-validation/run" "$2"
}

lane_vm() { # PROGRAM
	if [ "$(id -u)" -ne 0 ]; then
		echo "ok 1 - tests in a virtual machine # skip need root"
		return
	fi
	CORC=$1 "$TOP/tests/vm/run"
}

# A part of the system calls, each day another one; tests/robustness/run goes through all of them.
lane_robustness() { # PROGRAM
	local step=5
	if [ "$(id -u)" -ne 0 ]; then
		echo "ok 1 - system calls that fail # skip need root"
		return
	fi
	CORC=$1 FAULT_STEP=$step FAULT_FIRST=$((10#$(date +%j) % step + 1)) \
		"$TOP/tests/cli/run-view" v2 --tap "$TOP/tests/robustness/faults.bats"
}

lane_criu() { # PROGRAM
	if [ "$(id -u)" -ne 0 ]; then
		echo "ok 1 - checkpoint and restore # skip need root"
		return
	fi
	if ! "$TOP/scripts/fetch-criu" >/dev/null; then
		echo "ok 1 - checkpoint and restore # skip there is no CRIU for this kernel"
		return
	fi
	CORC=$1 "$TOP/tests/criu/run" --tap
}

# Counts of a log: the summary that automake prints, or lines of TAP. Prints "passed failed skipped".
count_results() {
	awk '
		/^# (PASS|XFAIL): /         { passed += $3; next }
		/^# (FAIL|ERROR|XPASS): /   { failed += $3; next }
		/^# SKIP: /                 { skipped += $3; next }
		/^1\.\.[0-9]+/              { planned += substr($1, 4); next }
		/^ok .*# (skip|SKIP)/       { skipped++; seen++; next }
		/^ok /                      { passed++; seen++; next }
		/^not ok /                  { failed++; seen++; next }
		END {
			if (planned > seen) failed += planned - seen
			print passed + 0, failed + 0, skipped + 0
		}' "$1"
}

# What a reader of a failed lane wants to see first: the failures, each with the remarks behind it.
show_failures() {
	awk '
		/^ *not ok |^ *(FAIL|ERROR): |: error: |\*\*\* / { print; inside = 1; shown++; next }
		inside && /^ *#/                                  { print; next }
		                                                  { inside = 0 }
		END                                               { exit !shown }
	' "$1" | head -n 100 >&2 || tail -n 30 "$1" >&2
}

# run_lane NAME BUILD FUNCTION ARGUMENT...
run_lane() {
	local name=$1 build=$2 log=$LOG_DIR/$1.log start status=0 passed=0 failed=0 skipped=0
	shift 2
	rm -f "$LOG_DIR/$name.count"
	if ensure_build "$build"; then
		start=$SECONDS
		TOP=$TOP bash -euo pipefail -c '
			. "$TOP/scripts/lib/common.sh"
			. "$TOP/scripts/lib/lanes.sh"
			"$@"' lane "$@" </dev/null >"$log" 2>&1 || status=$?
		read -r passed failed skipped < <(count_results "$log")
	else
		start=$SECONDS
		status=1
		echo "the build failed: see $LOG_DIR/build-$build.log" >"$log"
	fi
	# A lane that ends badly or that ran nothing has failed, whatever it printed.
	if [ "$failed" -eq 0 ] && { [ "$status" -ne 0 ] || [ $((passed + skipped)) -eq 0 ]; }; then
		failed=1
	fi
	echo "$passed $failed $skipped" >"$LOG_DIR/$name.count"
	[ "$failed" -eq 0 ] || show_failures "$log"
	printf '%-22s %5d passed %4d failed %4d skipped %5d s  %s\n' \
		"$name" "$passed" "$failed" "$skipped" $((SECONDS - start)) "${log#"$TOP/"}"
}

# What a lane needs is built before two of them can come to build it at once.
build_of() {
	case $1 in
	cli-distro-*) echo distro ;;
	sanitize-*) echo sanitize ;;
	*) echo release ;;
	esac
}

# run_beside LANE...: some at a time, in shells of their own.
run_beside() {
	local lane running=0
	for lane in "$@"; do
		ensure_build "$(build_of "$lane")" || :
	done
	trap 'kill $(jobs -p) 2>/dev/null' EXIT
	for lane in "$@"; do
		if [ "$running" -ge "$LANES_AT_ONCE" ]; then
			wait -n || :
			running=$((running - 1))
		fi
		run_named "$lane" &
		running=$((running + 1))
	done
	wait
	trap - EXIT
}

# report_total LANE...: the line of counts. A lane that left no count has failed.
report_total() {
	local lane passed failed skipped total_passed=0 total_failed=0 total_skipped=0
	for lane in "$@"; do
		read -r passed failed skipped 2>/dev/null <"$LOG_DIR/$lane.count" || failed=1 passed=0 skipped=0
		total_passed=$((total_passed + passed))
		total_failed=$((total_failed + failed))
		total_skipped=$((total_skipped + skipped))
	done
	echo "$total_passed passed, $total_failed failed, $total_skipped skipped"
	[ "$total_failed" -eq 0 ] && [ "$total_passed" -gt 0 ]
}
