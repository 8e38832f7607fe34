#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# checkpoint and restore with a CRIU that a program plays: what the real one does rarely, or in no time.

load helpers

setup() {
	setup_criu
	corc_only "finds CRIU in another place"
	mkdir fake
	cp "$PROGRAMS/fake-criu" fake/criu
	PATH=$PWD/fake:$PATH
}

# A folder that looks like images, for what is said before anything of it is read.
write_images() {
	mkdir "$IMAGES"
	echo '["","",""]' >"$IMAGES/descriptors.json"
	: >"$IMAGES/inventory.img"
}

@test "criu: an old CRIU is refused before anything is touched" {
	echo 16 >fake/version
	start_counter
	fails 1 'CRIU 3.16.0 is too old (CRIU 3.17 or newer is needed)' checkpoint --image-path "$IMAGES" "$ID"
	[ ! -e "$IMAGES" ]
	expect_answer 1
	succeeds delete --force "$ID"
	write_images
	refuses_restore 'CRIU 3.16.0 is too old'
	[ ! -e "$IMAGES/restore.log" ]
}

@test "criu: a CRIU without what an option needs is refused before anything is touched" {
	local text='the kernel or CRIU lacks lazy pages (userfaultfd), which --lazy-pages needs'
	echo mem_track >fake/features
	start_counter
	fails 1 "$text" checkpoint --lazy-pages --page-server 127.0.0.1:7001 --image-path "$IMAGES" "$ID"
	[ ! -e "$IMAGES" ]
	expect_answer 1
	write_images
	mv "$IMAGES" elsewhere
	echo lazy_pages >fake/features
	text='the kernel does not track changes of memory (CONFIG_MEM_SOFT_DIRTY), which --pre-dump and --parent-path need'
	fails 1 "$text" checkpoint --pre-dump --image-path "$IMAGES" "$ID"
	fails 1 "$text" checkpoint --parent-path ../elsewhere --image-path "$IMAGES" "$ID"
	[ ! -e "$IMAGES" ]
	expect_answer 2
	succeeds delete --force "$ID"
	mv elsewhere "$IMAGES"
	: >fake/features
	refuses_restore 'the kernel or CRIU lacks lazy pages' --lazy-pages
	[ ! -e "$IMAGES/restore.log" ]
}

@test "criu: --pre-dump shows its progress on a terminal in one line that changes" {
	local round
	echo mem_track >fake/features
	mkfifo fake/rounds
	start_counter
	for round in 1 2; do
		"$PROGRAMS/in-terminal" "$CORC" --root "$ROOT" checkpoint --pre-dump --image-path "$PWD/$round" \
			"$ID" >"shown-$round" 3>&- 7>&- &
		local checkpoint=$!
		exec 8<>fake/rounds
		await_progress 'pre-dump: 0 pages, 0.0 MiB, ' "shown-$round"
		echo >&8
		await_progress 'pre-dump: 1 pages, 0.0 MiB, ' "shown-$round"
		seq 256 >&8
		await_progress 'pre-dump: 257 pages, 1.0 MiB, ' "shown-$round"
		[ "$(tr -dc '\n' <"shown-$round" | wc -c)" -eq 0 ]
		exec 8>&-
		wait "$checkpoint"
		[ "$(tr -dc '\n' <"shown-$round" | wc -c)" -eq 1 ]
		grep -qE $'\rpre-dump: 257 pages, 1\\.0 MiB, [0-9]+\\.[0-9][0-9] s\r$' "shown-$round"
	done
	expect_answer 1
}

# await_progress TEXT FILE: the line that is shown last.
await_progress() {
	await "[[ \"\$(tr '\\r' '\\n' <'$2' | tail -n 1)\" == '$1'* ]]"
}

@test "criu: --pre-dump prints a plain line for each round where there is no terminal" {
	local round
	echo mem_track >fake/features
	mkfifo fake/rounds
	start_counter
	: >shown
	for round in 1 2; do
		"$CORC" --root "$ROOT" checkpoint --pre-dump --image-path "$PWD/$round" "$ID" >>shown 3>&- 7>&- &
		local checkpoint=$!
		timeout 30 sh -c 'seq "$1" >fake/rounds' rounds "$round"
		wait "$checkpoint"
	done
	[ "$(wc -l <shown)" -eq 2 ]
	[ -z "$(tr -dc '\r\033' <shown)" ]
	sed -n 1p shown | grep -qxE 'pre-dump: 1 pages, 0\.0 MiB, [0-9]+\.[0-9]{2} s'
	sed -n 2p shown | grep -qxE 'pre-dump: 2 pages, 0\.0 MiB, [0-9]+\.[0-9]{2} s'
	expect_answer 1
}

@test "criu: a CRIU that is killed leaves the container running, and a paused one paused" {
	: >fake/freeze
	start_counter
	expect_answer 1
	fails 1 'CRIU was killed by signal 9' checkpoint --image-path "$IMAGES" "$ID"
	expect_status "$ID" running
	expect_answer 2
	succeeds pause "$ID"
	fails 1 'CRIU was killed by signal 9' checkpoint --image-path "$IMAGES" "$ID"
	expect_status "$ID" paused
	succeeds resume "$ID"
	expect_answer 3
}
