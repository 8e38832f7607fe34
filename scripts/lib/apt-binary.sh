# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Binary packages of Debian, also of another release or for another processor, unpacked into a folder
# where nothing else uses them: nothing is installed, and the machine's apt settings stay as they are.
# apt verifies what it fetches by the machine's archive keys. Sourced, after common.sh and apt-source.sh.

KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# The archive that the machine has its own packages from.
debian_archive() {
	local list parts
	eval "$(apt-config shell list Dir::Etc::sourcelist/f parts Dir::Etc::sourceparts/d)"
	{ cat "$list" "$parts"/*.list "$parts"/*.sources 2>/dev/null || :; } |
		sed -nE '/^#/d; s#.*(https?://[^ ]+/debian)/?( .*)?$#\1#p' | sed -n 1p
}

is_debian() {
	[ -n "$(debian_archive)" ] && [ -e "$KEYRING" ]
}

# unpack_packages FOLDER SUITE ARCHITECTURE PACKAGE...: the packages and all that they need, the C library
# too, as if nothing were installed, in FOLDER/root.
unpack_packages() {
	local folder=$1 suite=$2 architecture=$3 apt=$1/apt file
	shift 3
	mkdir -p "$apt"/{sources.list.d,state,lists/partial,cache/archives/partial,log}
	cat >"$apt/sources.list.d/suite.sources" <<-END
		Types: deb
		URIs: $(debian_archive)
		Suites: $suite
		Components: main
		Signed-By: $KEYRING
	END
	: >"$apt/status"
	{
		apt_private_config "$apt"
		cat <<-END
			Dir::State::status "$apt/status";
			APT::Architecture "$architecture";
			#clear APT::Architectures;
			APT::Architectures { "$architecture"; };
		END
	} >"$apt/apt.conf"
	quietly "$folder/update.log" env APT_CONFIG="$apt/apt.conf" apt-get update
	quietly "$folder/download.log" env APT_CONFIG="$apt/apt.conf" \
		apt-get install -y --download-only --no-install-recommends "$@"
	for file in "$apt"/cache/archives/*.deb; do
		dpkg-deb -x "$file" "$folder/root"
	done
	rm -rf "$apt"
}
