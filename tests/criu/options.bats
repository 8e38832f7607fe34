#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# checkpoint and restore: what needs an option, and is refused without it.

load helpers

# The dump says TEXT, and the container goes on as if nothing had been.
refuses_checkpoint() { # TEXT [ARGUMENTS]
	local text=$1
	shift
	fails 1 "$text" checkpoint --image-path "$IMAGES" "${CRIU_LOCK[@]}" "$@" "$ID"
	expect_status "$ID" running
}

@test "criu: --link-remap: an open file whose name is another now" {
	start_counter sh -c 'echo first >/tmp/begin; exec 4>>/tmp/begin; ln /tmp/begin /tmp/other
		rm /tmp/begin; i=0; while :; do read -r line </tmp/ask; echo "$line" >&4
		i=$((i + 1)); echo "$i $line" >/tmp/answer; done'
	expect_answer '1' second
	refuses_checkpoint 'link-remap'
	expect_answer '2' third
	checkpoint --link-remap "$ID"
	restore "$ID"
	expect_answer '3' fourth
	[ "$(<"$ROOTFS/tmp/other")" = $'first\nsecond\nthird\nfourth' ]
	[ ! -e "$ROOTFS/tmp/begin" ]
	run ! compgen -G "$ROOTFS/tmp/link_remap*"
}

@test "criu: --ext-unix-sk: a socket of the host that datagrams go to" {
	local listener
	mkdir outside
	"$PROGRAMS/datagrams" -l outside/socket >heard 3>&- &
	listener=$!
	await '[ -S outside/socket ]'
	config_set --arg path "$PWD/outside" \
		'.mounts += [{destination: "/outside", type: "bind", source: $path, options: ["bind"]}]'
	# CRIU finds the other end only when it belongs to the same network namespace.
	config_args --set '.linux.namespaces |= map(select(.type != "network"))' \
		sh -c 'while :; do ! read -r line </tmp/ask || echo "$line"; done | datagrams /outside/socket'
	succeeds run --detach --bundle "$BUNDLE" "$ID" </dev/null
	echo one >"$ROOTFS/tmp/ask"
	await_line one heard
	refuses_checkpoint 'unix: '
	checkpoint --ext-unix-sk "$ID"
	restore --ext-unix-sk "$ID"
	echo two >"$ROOTFS/tmp/ask"
	await_line two heard
	kill "$listener"
}

@test "criu: --empty-ns: the network is made anew, by the hook that made it before" {
	cat >network <<-'SCRIPT'
		#!/bin/sh
		PATH=/usr/sbin:/usr/bin:/sbin:/bin
		exec nsenter --net="/proc/$(jq .pid)/ns/net" ip link add corc0 type veth peer name corc1
	SCRIPT
	chmod 755 network
	config_set --arg path "$PWD/network" '.hooks.createRuntime = [{path: $path}]'
	start_counter
	checkpoint --empty-ns network "$ID"
	restore --empty-ns network "$ID"
	succeeds exec "$ID" ls /sys/class/net
	expect_output $'corc0\ncorc1\nlo'
	expect_answer 1
}

@test "criu: --auto-dedup: what has been read back takes no place any more" {
	local before
	start_counter
	checkpoint "$ID"
	before=$(stat -c %b "$IMAGES/pages-1.img")
	restore --auto-dedup "$ID"
	expect_answer 1
	[ "$(stat -c %b "$IMAGES/pages-1.img")" -lt "$before" ]
}

@test "criu: --shell-job: the terminal is the caller's own" {
	local terminal
	config_args sh -c 'echo begin; read -r line </tmp/ask; echo "$line"; read -r line; echo "got $line"; exit 7'
	"$PROGRAMS/in-terminal" "$CORC" --root "$ROOT" run --bundle "$BUNDLE" "$ID" >shown 3>&- 7>&- &
	terminal=$!
	await_line begin shown
	checkpoint --shell-job "$ID"
	wait "$terminal" || :
	"$PROGRAMS/in-terminal" -w again -i $'more\n' "$CORC" --root "$ROOT" restore --shell-job \
		--image-path "$IMAGES" --bundle "$BUNDLE" "$ID" >after 3>&- 7>&- &
	terminal=$!
	timeout 30 sh -c 'echo again >"$0"' "$ROOTFS/tmp/ask"
	status=0
	wait "$terminal" || status=$?
	[ "$status" -eq 7 ] || fail "$status: $(<after)"
	tr -d '\r' <after | grep -qx 'got more'
}

@test "criu: org.criu.config: options from a file" {
	start_counter with-lock /tmp/lock
	refuses_checkpoint 'file-lock'
	succeeds delete --force "$ID"
	echo file-locks >more.conf
	config_set --arg path "$PWD/more.conf" '.annotations["org.criu.config"] = $path'
	start_counter with-lock /tmp/lock
	expect_answer 1
	checkpoint "$ID"
	restore "$ID"
	expect_answer 2
	run ! flock -n "$ROOTFS/tmp/lock" true
	rm more.conf
	refuses_checkpoint "org.criu.config: $PWD/more.conf: no such file or directory"
}

@test "criu: ipc, uts and pid namespaces that were joined are joined again" {
	local parent holder type
	unshare --ipc --uts --pid --fork --kill-child sleep 1000 3>&- 7>&- &
	parent=$!
	await 'pgrep -x -P '"$parent"' sleep'
	holder=$(pgrep -P "$parent")
	for type in ipc uts pid; do
		config_set --arg type "$type" --arg path "/proc/$holder/ns/$type" \
			'(.linux.namespaces[] | select(.type == $type)).path = $path | del(.hostname)'
		start_counter
		checkpoint "$ID"
		restore "$ID"
		[ "$(readlink "/proc/$holder/ns/$type")" = "$(readlink "/proc/$PID/ns/$type")" ]
		expect_answer 1
		succeeds delete --force "$ID"
		config_set '(.linux.namespaces[] | select(.path)) |= {type}'
		rm -r "$IMAGES"
	done
	kill -KILL "$holder"
}

@test "criu: --work-path: CRIU's logs and what it notes are elsewhere" {
	start_counter with-lock /tmp/lock
	refuses_checkpoint "log file: $PWD/notes/dump.log" --work-path notes
	expect_answer 1
	[ -z "$(find "$IMAGES" -name '*.log')" ]
	checkpoint --work-path "$PWD/notes" --file-locks "$ID"
	[ -s notes/dump.log ]
	[ ! -e notes/inventory.img ]
	[ ! -e "$IMAGES/dump.log" ]
	restore --work-path notes --file-locks "$ID"
	[ -s notes/restore.log ]
	[ ! -e "$IMAGES/restore.log" ]
	expect_answer 2
}

@test "criu: short options, those without effect, and the folders that are meant without any" {
	start_counter
	expect_answer 1
	succeeds checkpoint "${CRIU_LOCK[@]}" --leave-running "$ID" </dev/null
	[ -s checkpoint/inventory.img ]
	succeeds delete --force "$ID"
	mv checkpoint "$BUNDLE/"
	succeeds restore -d -b "$BUNDLE" --image-path "$BUNDLE/checkpoint" --no-subreaper --no-pivot "$ID" </dev/null
	expect_answer 2
	succeeds delete --force "$ID"
	cd "$BUNDLE"
	succeeds restore -d "$ID" </dev/null
	expect_answer 2
}

@test "criu: options from files of the host" {
	cp -a /etc etc
	mkdir -p etc/criu
	mount --bind etc /etc
	echo file-locks >etc/criu/runc.conf
	start_counter with-lock /tmp/lock
	checkpoint "$ID"
	restore "$ID"
	expect_answer 1
	# Ours comes first, and an annotation before all.
	: >etc/criu/corc.conf
	refuses_checkpoint 'file-lock'
	mv etc/criu/runc.conf etc/criu/corc.conf
	succeeds delete --force "$ID"
	config_set '.annotations["org.criu.config"] = ""'
	start_counter with-lock /tmp/lock
	refuses_checkpoint 'file-lock'
	expect_answer 1
	umount /etc
}
