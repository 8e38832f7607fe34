# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What all scripts share. Sourced, with TOP set to the top of the source tree.

: "${TOP:?}"

# For the scripts that source this.
# shellcheck disable=SC2034
{
	CACHE_DIR=${CORC_CACHE_DIR:-$TOP/.cache}
	JOBS=$(nproc 2>/dev/null || echo 2)
}

say() {
	printf '== %s\n' "$*" >&2
}

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# quietly LOG COMMAND...: runs the command with its output in LOG; shows the end of LOG on failure.
quietly() {
	local log=$1 status=0
	shift
	mkdir -p "$(dirname "$log")"
	"$@" </dev/null >"$log" 2>&1 || status=$?
	if [ "$status" -ne 0 ]; then
		tail -n 40 "$log" >&2
		printf '%s: failed (%s), all of its output is in %s\n' "${0##*/}" "$*" "$log" >&2
	fi
	return "$status"
}

# Makes the configure script unless it is there and newer than what it is made from.
ensure_configure() {
	if [ -f "$TOP/config.status" ]; then
		die "the source tree is configured itself; run 'make distclean' in it first"
	fi
	if [ -f "$TOP/configure" ] && [ -f "$TOP/Makefile.in" ] && [ -z "$(find \
		"$TOP/configure.ac" "$TOP/Makefile.am" "$TOP/m4/corc.m4" "$TOP/src" "$TOP/tests/unit" \
		"$TOP/bench" \( -name Makemodule.am -o -name Makefile.am -o -name 'c*.ac' \
		-o -name corc.m4 \) -newer "$TOP/Makefile.in")" ]; then
		return
	fi
	say "making the configure script"
	quietly "$TOP/build/logs/autogen.log" "$TOP/autogen.sh"
}

# configure_tree DIR ARGUMENT...: configures DIR, unless that was done with the same arguments and the
# same configure script.
configure_tree() {
	local dir=$1
	shift
	# What was built with other arguments does not go with these: libtool's archives keep where the
	# libraries were.
	[ "$(cat "$dir/.configured" 2>/dev/null)" = "$*" ] || rm -rf "$dir"
	mkdir -p "$dir"
	if [ -f "$dir/.configured" ] && [ "$dir/Makefile" -nt "$TOP/configure" ]; then
		return
	fi
	say "configuring $dir"
	rm -f "$dir/.configured"
	(cd "$dir" && quietly "$dir.configure.log" "$TOP/configure" "$@")
	printf '%s\n' "$*" >"$dir/.configured"
}

# make_tree DIR TARGET...
make_tree() {
	local dir=$1
	shift
	quietly "$dir.make.log" make -C "$dir" -j "$JOBS" "$@"
}
