# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What a sweep over the system calls of a command is made of. Loaded after the helpers of the command
# line tests.

# A configuration that needs much of what there is, whose process prints a portrait of itself.
setup_sweep() {
	local seccomp='{"defaultAction": "SCMP_ACT_ALLOW",
		"syscalls": [{"names": ["personality"], "action": "SCMP_ACT_ERRNO"}]}'
	mkdir source
	NAMESPACES=$(readlink /proc/self/ns/{cgroup,ipc,mnt,net,pid,time,user,uts} | xargs)
	# shellcheck disable=SC2016
	config_set --arg source "$PWD/source" --arg namespaces "$NAMESPACES" --argjson seccomp "$seccomp" '
		.process.args = ["portrait"] + ($namespaces | split(" ")) |
		.process.user = {uid: 0, gid: 0, additionalGids: [5], umask: 23} |
		.process.oomScoreAdj = 100 |
		.linux.sysctl = {"net.ipv4.ip_forward": "1"} |
		.linux.devices = [{path: "/dev/kmsg", type: "c", major: 1, minor: 11}] |
		.linux.seccomp = $seccomp |
		.mounts += [{destination: "/tmp", type: "bind", source: $source, options: ["rbind", "ro"]}]'
	if is_cgroup_v2; then
		config_set '.linux.resources.unified = {"cgroup.max.depth": "3"}'
	else
		config_set '.linux.resources.pids.limit = 50'
	fi
}

use_user_namespace() {
	add_user_namespace
	config_set '.linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {boottime: {secs: 5}} |
		del(.process.oomScoreAdj)'
}

# Without a fault. What it prints is in STDOUT.
plainly() {
	timeout --foreground -k 5 60 "$CORC" --root "$ROOT" "$@" </dev/null >"${STDOUT:-said}" 2>stderr \
		3>&- 7>&-
}

# What a process or a command has to print, whatever fails.
take_portrait() {
	STDOUT=portrait plainly "$@" || fail "fails without a fault: corc $*: $(<stderr)"
	[ -s portrait ]
}

# found KIND TEXT: KIND is leaked, hung, wrong, silent or misreported.
found() {
	COUNTS[$1]=$((COUNTS[$1] + 1))
	FOUND+="$NAME, call $CALL (exit $status, $(grep '^failed' pids || :)): $1: $2"$'\n'
}

expect_reason() {
	[ -s stderr ] || found silent "exit status $status"
}

expect_portrait() {
	cmp -s out portrait || found wrong "$(diff portrait out | head -n 4 | tr '\n' ' ')"
}

# The processes that the command has started.
expect_ended() {
	local followed
	mapfile -t followed < <(grep -v '^failed' pids)
	"$PROGRAMS/await-exit" "${followed[@]}" >left || found leaked "process $(xargs <left)"
}

expect_clean() {
	local mounts
	expect_ended
	LEFT=
	# Other runtimes keep folders for all containers, with a dot in front.
	[ ! -e "$ROOT/$ID" ] || LEFT+="state "
	find_cgroups
	IFS= read -r -d '' mounts </proc/self/mountinfo || true
	[ "$mounts" = "$MOUNTS_BEFORE"$'\n' ] || LEFT+="mounts"
	[ -z "$LEFT" ] || found leaked "${LEFT//$'\n'/ }"
	[ -z "$LEFT" ] || plainly delete --force "$ID" || :
	[ ! -e "$ROOT/$ID" ] || discard
}

# What a runtime cannot delete is not to stand in the way of the next call.
discard() {
	local path
	end_processes
	rm -rf "${ROOT:?}/$ID"
	for path in "$CGROUP_MOUNT/$ID"* "$CGROUP_MOUNT"/*/"$ID"*; do
		[ ! -d "$path" ] || find "$path" -depth -type d -exec rmdir {} + || :
	done
} 2>/dev/null

remove_container() {
	plainly delete --force "$ID" || found leaked "delete --force fails: $(<stderr)"
	expect_clean
}

# fault CALL ARGUMENTS...: the command, in which a call fails, or which is killed at it.
fault() {
	local call=$1
	shift
	status=0
	# The leak checker of a sanitized build does not work in a traced process.
	ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 \
		"$PROGRAMS/fault-at-syscall" -t 30 -p portrait "${FAULT:-fail}" "$call" pids \
		"$CORC" --root "$ROOT" "$@" </dev/null >>out 2>stderr 3>&- 7>&- || status=$?
	# Of kill: there were no more calls; it failed without that; it hangs.
	case ${FAULT:-fail}$status in
	kill1) status=200 ;;
	kill2) status=201 ;;
	kill3) status=202 ;;
	esac
}

end_processes() {
	local followed
	mapfile -t followed < <(grep -v '^failed' pids)
	kill -KILL "${followed[@]}" 2>/dev/null || :
	"$PROGRAMS/await-exit" "${followed[@]}" >left
}

# The figures, for a reader of the log and for FAULT_REPORT.
report() {
	local kind bad=0 line="$NAME: $1 tried"
	for kind in leaked hung wrong silent misreported; do
		line+=", ${COUNTS[$kind]} $kind"
		bad=$((bad + COUNTS[$kind]))
	done
	echo "# $line" >&3
	[ -z "${FAULT_REPORT:-}" ] || printf '%s\n' "$line" "$FOUND" >>"$FAULT_REPORT"
	[ "$1" -gt 0 ]
	[ "$bad" -eq 0 ] || fail "$line"$'\n'"$FOUND"
}

# sweep_calls NAME PREPARE JUDGE ARGUMENTS...: the command again and again, each time with another call that
# fails, until it has no more calls; that last time nothing fails.
sweep_calls() {
	local prepare=$2 judge=$3 tried=0
	NAME=$1 FOUND=
	shift 3
	declare -gA COUNTS=([leaked]=0 [hung]=0 [wrong]=0 [silent]=0 [misreported]=0)
	for ((CALL = ${FAULT_FIRST:-1}; ; CALL += ${FAULT_STEP:-1})); do
		"$prepare"
		: >out
		fault "$CALL" "$@"
		case $status in
		200) break ;;
		201) fail "$NAME, call $CALL: fails without a fault: $(<stderr)" ;;
		202)
			found hung "for 30 s"
			end_processes
			remove_container
			;;
		*) "$judge" ;;
		esac
		tried=$((tried + 1))
	done
	status=0
	"$judge"
	report "$tried"
}
