#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# exec --cgroup: a process in a cgroup below the container's.

load helpers

# The cgroup of process $1 in the hierarchy with controller $2 (of v1, "" of v2).
cgroup_of() {
	awk -F : -v controller="$2" '{
		count = split($2, names, ",")
		if (count == 0 && controller == "") print $3
		for (i = 1; i <= count; i++) if (names[i] == controller) print $3
	}' "/proc/$1/cgroup"
}

# Nobody may be in what delete removes.
end_second() {
	{ kill -KILL "$(<second)"; } 2>/dev/null
	await_exit "$(<second)"
}

@test "exec --cgroup: cgroup v2" {
	needs_cgroup_v2
	start_container
	mkdir -p "$CGROUP_MOUNT/$ID/one/two"
	local path
	for path in one /one one/two /one/two/ one/../one/two; do
		succeeds exec -d --pid-file second --cgroup "$path" "$ID" sleep 1000
		case $path in
		*two*) [ "$(cgroup_of "$(<second)" "")" = "/$ID/one/two" ] ;;
		*) [ "$(cgroup_of "$(<second)" "")" = "/$ID/one" ] ;;
		esac
		end_second
	done
	succeeds exec -d --pid-file second --cgroup / "$ID" sleep 1000
	[ "$(cgroup_of "$(<second)" "")" = "/$ID" ]
	[ "$(cgroup_of "$PID" "")" = "/$ID" ]
	end_second
}

@test "exec --cgroup: with a process file" {
	needs_cgroup_v2
	start_container
	mkdir "$CGROUP_MOUNT/$ID/one"
	jq '.process | .args = ["sleep", "1000"]' "$BUNDLE/config.json" >process.json
	succeeds exec -d --pid-file second --process process.json --cgroup one "$ID"
	[ "$(cgroup_of "$(<second)" "")" = "/$ID/one" ]
	end_second
}

@test "exec --cgroup: a path that leads out of the container's cgroup" {
	needs_cgroup_v2
	start_container
	mkdir "$CGROUP_MOUNT/$ID/one" "$CGROUP_MOUNT/$ID-other"
	local path
	for path in .. ../ /.. "../$ID-other" "one/../../$ID-other" "/../$ID-other"; do
		[[ $path != *other ]] || corc_only "compares the beginnings of names"
		fails 255 "$path is not a sub cgroup path" exec --cgroup "$path" "$ID" true
	done
	rmdir "$CGROUP_MOUNT/$ID-other"
}

@test "exec --cgroup: one that does not exist" {
	start_container
	fails 255 "no such file or directory" exec --cgroup nowhere "$ID" true
	[ -z "$(find "$CGROUP_MOUNT" -path "*/$ID/nowhere")" ]
}

@test "exec --cgroup: a file is none" {
	corc_only "has other words"
	needs_cgroup_v2
	start_container
	fails 255 "not a directory" exec --cgroup cgroup.procs "$ID" true
}

@test "exec --cgroup: arguments that are wrong" {
	start_container
	fails 255 "invalid --cgroup argument: a:b:c" exec --cgroup a:b:c "$ID" true
	fails 255 "invalid --cgroup argument: one (missing <controller>: prefix)" \
		exec --cgroup one --cgroup two "$ID" true
	corc exec --cgroup nosuchcontroller:/ "$ID" true
	[ "$status" -eq 255 ]
	expect_error 'controller'
	corc exec --cgroup :one "$ID" true
	[ "$status" -eq 255 ]
	corc_only "wants none for the rest"
	fails 255 "no cgroup of this controller" exec --cgroup ,:one "$ID" true
}

@test "exec --cgroup: one that is divided takes no process, in cgroup v2" {
	needs_cgroup_v2
	needs_controller hugetlb
	start_container
	mkdir "$CGROUP_MOUNT/$ID/one" "$CGROUP_MOUNT/$ID/init"
	echo "$PID" >"$CGROUP_MOUNT/$ID/init/cgroup.procs"
	echo +hugetlb >"$CGROUP_MOUNT/$ID/cgroup.subtree_control"
	fails 255 "device or resource busy" exec --cgroup / "$ID" true
	succeeds exec --cgroup one "$ID" true
	# Without it: where the container's process is.
	succeeds exec -d --pid-file second "$ID" sleep 1000
	[ "$(cgroup_of "$(<second)" "")" = "/$ID/init" ]
	end_second
}

@test "exec --cgroup: a container without a cgroup" {
	corc_only "has no --cgroup-manager"
	config_args pause
	succeeds --cgroup-manager disabled run -d --bundle "$BUNDLE" --pid-file pid "$ID" </dev/null
	fails 255 "the container has no cgroup" exec --cgroup one "$ID" true
}

@test "exec --cgroup: by controllers, in cgroup v1" {
	local pids freezer
	needs_cgroup_v1
	needs_controller freezer
	freezer=$CONTROLLER
	needs_controller pids
	pids=$CONTROLLER
	start_container
	mkdir "$pids/$ID/one" "$freezer/$ID/two"
	succeeds exec -d --pid-file second --cgroup pids:one --cgroup freezer:/two "$ID" sleep 1000
	[ "$(cgroup_of "$(<second)" pids)" = "/$ID/one" ]
	[ "$(cgroup_of "$(<second)" freezer)" = "/$ID/two" ]
	[ "$(cgroup_of "$(<second)" memory)" = "$(cgroup_of "$PID" memory)" ]
	end_second
	mkdir "$freezer/$ID/one"
	succeeds exec -d --pid-file second --cgroup pids,freezer:one "$ID" sleep 1000
	[ "$(cgroup_of "$(<second)" pids)" = "/$ID/one" ]
	[ "$(cgroup_of "$(<second)" freezer)" = "/$ID/one" ]
	end_second
	fails 255 "is not a sub cgroup path" exec --cgroup pids:../ "$ID" true
	fails 255 "no such file or directory" exec --cgroup pids:two "$ID" true
}

@test "exec --cgroup: one path for all controllers, in cgroup v1" {
	local directory
	needs_cgroup_v1
	needs_controller pids
	start_container
	for directory in "$CGROUP_MOUNT"/*/"$ID"; do
		[ -L "${directory%/*}" ] || mkdir "$directory/one"
	done
	# A cpuset takes no process before it has CPUs.
	directory=$(controller cpuset)
	if [ -n "$directory" ]; then
		cat "$directory/$ID/cpuset.cpus" >"$directory/$ID/one/cpuset.cpus"
		cat "$directory/$ID/cpuset.mems" >"$directory/$ID/one/cpuset.mems"
	fi
	succeeds exec -d --pid-file second --cgroup one "$ID" sleep 1000
	[ "$(cgroup_of "$(<second)" pids)" = "/$ID/one" ]
	end_second
}
