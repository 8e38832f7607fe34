# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# The views of the cgroup hierarchies that tests run in, and what has to be cleaned up behind them.
# Sourced.
#
#   host  as the machine has them
#   v1    without the cgroup2 mount of a hybrid machine
#   v2    one cgroup2 mount on /sys/fs/cgroup and nothing else
#
# Cgroups of tests are named corc-test-RUN-…, where RUN is the process that will remove them.

CGROUP=/sys/fs/cgroup

filesystem_of() {
	stat -f -c %T "$1" 2>/dev/null || echo none
}

# The views that this machine can show and that differ: a host with nothing but version 2 is its own v2.
list_views() {
	echo host
	[ "$(filesystem_of "$CGROUP")" = tmpfs ] || return 0
	if grep -q " - cgroup2 " /proc/self/mountinfo; then
		echo v1
	fi
	echo v2
}

can_show_view() {
	[ "$1" = v2 ] || [[ " $(list_views | xargs) " == *" $1 "* ]]
}

# The mounts below DIRECTORY (of type TYPE when given), the newest first.
mounts_below() {
	awk -v directory="$1" -v type="${2-}" '
		{ for (i = 7; $i != "-"; i++); }
		index($5 "/", directory "/") == 1 && (type == "" || type == $(i + 1)) { print $5 }
	' /proc/self/mountinfo | tac
}

# In a mount namespace of the caller's own.
enter_view() {
	local path
	case $1 in
	host) ;;
	v1)
		mounts_below "$CGROUP" cgroup2 | while read -r path; do umount "$path"; done
		;;
	v2)
		if [ "$(filesystem_of "$CGROUP")" != cgroup2fs ]; then
			mounts_below "$CGROUP" | while read -r path; do umount "$path"; done
			mount -t cgroup2 none "$CGROUP"
		fi
		;;
	esac
}

# Cgroups of the run RUN, when it was killed: ours by name, and nobody in them.
remove_cgroups() {
	local path
	for path in "$CGROUP"/corc-test-"$1"-* "$CGROUP"/*/corc-test-"$1"-*; do
		[ ! -d "$path" ] || find "$path" -depth -type d -exec rmdir {} + 2>/dev/null || true
	done
}

remove_stale_cgroups() {
	local path run
	for path in "$CGROUP"/corc-test-* "$CGROUP"/*/corc-test-*; do
		run=${path##*/corc-test-}
		run=${run%%-*}
		[ ! -d "$path" ] || [ -d "/proc/$run" ] || remove_cgroups "$run"
	done
}

# Before a command: mount, pid, network, ipc and uts namespaces that end with it, so that no mistake of
# the program under test reaches a process or a mount of the machine.
# shellcheck disable=SC2034 # used by those who source this
IN_NAMESPACES=(unshare --mount --propagation private --pid --fork --kill-child --net --ipc --uts)
