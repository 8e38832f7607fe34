# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Which Go builds the OCI validation suite: the one in PATH, or else the newest that the distribution
# has installed. Sourced.

GO_MINIMUM=1.21

# is_go_enough VERSION: 1.26.8, 1.22rc1, 1.21 …
is_go_enough() {
	[ "$(printf '%s\n' "$GO_MINIMUM" "$1" | sort -V | head -n 1)" = "$GO_MINIMUM" ]
}

# The path of a Go that is new enough; fails when there is none.
find_go() {
	local go
	for go in "$(command -v go || :)" $(printf '%s\n' /usr/lib/go-*/bin/go | sort -rV); do
		if [ -x "$go" ] && is_go_enough "$(GOTOOLCHAIN=local "$go" env GOVERSION | sed 's/^go//')"; then
			echo "$go"
			return
		fi
	done
	return 1
}

# The package of the newest Go that the distribution has, when that one is new enough.
go_package() {
	local package
	package=$(apt-cache pkgnames golang-1 | grep -E '^golang-1\.[0-9]+-go$' | sort -V | tail -n 1 || :)
	if [ -n "$package" ] && is_go_enough "$(sed -E 's/^golang-(.*)-go$/\1/' <<<"$package")"; then
		echo "$package"
	fi
}
