# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Source packages of the machine's own distribution, without touching the machine's apt settings: a
# private copy of the settings, with the configured archives turned into archives of sources, and
# private lists. Archive keys are the machine's, so that apt verifies what it fetches.
# Sourced, after common.sh.

# The machine's settings without what an update runs afterwards and without where apt keeps its things.
apt_private_config() {
	local dir=$1
	apt-config dump | grep -Ev '^(APT::Update::|APT::Periodic|DPkg::|Dir::Etc::|Dir::State|Dir::Cache|Dir::Log)'
	cat <<-EOF
		Dir::Etc::main "/dev/null";
		Dir::Etc::parts "/dev/null";
		Dir::Etc::sourcelist "/dev/null";
		Dir::Etc::sourceparts "$dir/sources.list.d";
		Dir::State "$dir/state";
		Dir::State::lists "$dir/lists";
		Dir::State::status "/var/lib/dpkg/status";
		Dir::Cache "$dir/cache";
		Dir::Log "$dir/log";
		APT::Sandbox::User "root";
		APT::Get::AllowUnauthenticated "false";
		Acquire::AllowInsecureRepositories "false";
		Acquire::Languages { "none"; };
	EOF
}

# The machine's archives in both formats, as archives of sources.
apt_private_sources() {
	local target=$1 list parts file
	eval "$(apt-config shell list Dir::Etc::sourcelist/f parts Dir::Etc::sourceparts/d)"
	for file in "$list" "$parts"/*.list; do
		[ -f "$file" ] || continue
		sed -nE 's/^[[:space:]]*deb(-src)?([[:space:]].*)$/deb-src\2/p' "$file" |
			sort -u >"$target/$(basename "$file" .list).list"
	done
	for file in "$parts"/*.sources; do
		[ -f "$file" ] || continue
		sed -E 's/^[Tt]ypes:.*/Types: deb-src/' "$file" >"$target/$(basename "$file")"
	done
}

# apt_source_setup DIR: fetches the lists. An archive without sources is no failure by itself.
apt_source_setup() {
	local dir=$1
	rm -rf "$dir"
	mkdir -p "$dir"/{sources.list.d,state,lists/partial,cache/archives/partial,log}
	apt_private_sources "$dir/sources.list.d"
	apt_private_config "$dir" >"$dir/apt.conf"
	quietly "$dir/update.log" env APT_CONFIG="$dir/apt.conf" apt-get update ||
		say "not every archive could be read, going on with the others"
}

# apt_source_fetch DIR PACKAGE VERSION TARGET: unpacks the sources, patched, into TARGET. The archive
# may hold only a newer version than the one installed; that one is taken then.
apt_source_fetch() {
	local dir=$1 package=$2 version=$3 target=$4 work
	work=$(mktemp -d "$dir/fetch.XXXXXX")
	(
		cd "$work"
		export APT_CONFIG=$dir/apt.conf
		apt-get source -qq "$package=$version" || apt-get source -qq "$package"
	) </dev/null >"$dir/$package.log" 2>&1 || {
		tail -n 20 "$dir/$package.log" >&2
		rm -rf "$work"
		printf 'the archive did not give the sources of %s; see above\n' "$package" >&2
		return 1
	}
	rm -rf "$target"
	mv "$work"/*/ "$target"
	rm -rf "$work"
}
