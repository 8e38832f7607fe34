#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The commands of docs/checkpoint.md move a container. What stands there for folders, the id and addresses of
# machines is replaced by that of the test.

load helpers

setup() {
	setup_criu
	corc_only "has no such page"
	mkdir tools
	# shellcheck disable=SC2016
	printf '#!/bin/sh\nexec "%s" --root "%s" "$@"\n' "$CORC" "$ROOT" >tools/corc
	chmod 755 tools/corc
	PATH=$PWD/tools:$PATH
	mkdir -p first/srv
	mv "$BUNDLE" first/srv/web-bundle
	on_machine first
}

# on_machine NAME: where commands are meant for from now on.
on_machine() {
	MACHINE=$BATS_TEST_TMPDIR/$1
	mkdir -p "$MACHINE"/{srv,images}
	BUNDLE=$MACHINE/srv/web-bundle
	ROOTFS=$BUNDLE/rootfs
}

# commands_of SECTION: those of a section of the page, one a line.
commands_of() {
	sed -n "/^##* $1\$/,/^#/s/^    //p" "$BATS_TEST_DIRNAME/../../docs/checkpoint.md" |
		sed "s|/var/tmp|$MACHINE/images|g; s|/srv|$MACHINE/srv|g; /^corc/s| web\$| $ID|; s| web 3>| $ID 3>|
			s/OTHER:\|FIRST:/127.0.0.1:/; s/FIRST/127.0.0.1/; s|^corc checkpoint|& ${CRIU_LOCK[*]}|"
}

# perform: the commands of the input. Their output is in empty files: the container's was, too.
perform() {
	local command
	while read -r command <&8; do
		echo "$command" >&2
		: >said
		: >complained
		eval "timeout 60 $command" </dev/null >>said 2>>complained 3>&- 8>&- ||
			fail "failed: $command: $(cat said complained)"
	done 8<&0
}

@test "criu: the page moves a container to another machine" {
	local section='Moving a container to another machine'
	start_counter
	expect_answer 1
	[ "$(commands_of "$section" | wc -l)" -eq 6 ]
	commands_of "$section" | head -n 3 | perform
	on_machine second
	commands_of "$section" | tail -n 3 | perform
	rm -r first
	expect_answer 2
	[ "$(jq -r .bundle <<<"$(corc state "$ID" && echo "$output")")" = "$BUNDLE" ]
}

# bats test_tags=vm
@test "criu: the page moves the memory first" {
	criu check --feature mem_dirty_track >/dev/null 2>&1 || skip "this kernel does not track changes of memory"
	start_counter
	expect_answer 1
	[ "$(commands_of 'Memory first' | wc -l)" -eq 4 ]
	commands_of 'Memory first' | perform
	expect_answer 2
}

@test "criu: the page moves the memory over the network" {
	local server
	start_counter
	expect_answer 1
	[ "$(commands_of 'Memory over the network' | wc -l)" -eq 2 ]
	on_machine second
	mkdir "$MACHINE/images/web"
	commands_of 'Memory over the network' | head -n 1 | perform &
	server=$!
	on_machine first
	# 1B59 is the port.
	await 'grep -q ":1B59 0*:0000 0A" /proc/self/net/tcp /proc/self/net/tcp6'
	commands_of 'Memory over the network' | tail -n 1 | perform
	wait "$server"
	cp first/images/web/* second/images/web/
	mv first/srv/web-bundle second/srv/
	on_machine second
	restore_there
}

# As in the first section.
restore_there() {
	commands_of 'Moving a container to another machine' | tail -n 1 | perform
	expect_answer 2
}

# bats test_tags=vm
@test "criu: the page moves the memory later" {
	local first fetcher
	needs_sys_resource # for pipes that hold a folder's pages
	start_counter
	expect_answer 1
	[ "$(commands_of 'Memory later' | wc -l)" -eq 3 ]
	mkfifo ready
	exec 9<>ready
	commands_of 'Memory later' | head -n 1 | perform &
	first=$!
	IFS= read -r -t 120 -d '' -u 9 || fail "no NUL came"
	cp -a first/. second/
	on_machine second
	config_set --arg path "/$ID-other" '.linux.cgroupsPath = $path'
	commands_of 'Memory later' | sed -n 2p | perform &
	fetcher=$!
	await '[ -S second/images/web/lazy-pages.socket ]'
	commands_of 'Memory later' | tail -n 1 | sed "s/$ID\$/$ID-other/" | perform
	expect_answer 2
	wait "$fetcher"
	wait "$first"
	[ ! -e "$ROOT/$ID" ]
}
