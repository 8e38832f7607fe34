#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The command line: spellings of options, help, version, wrong usage.

load helpers

# call ARGUMENTS...: corc without the --root of the test.
call() {
	status=0
	"$CORC" "$@" >stdout 2>stderr 3>&- || status=$?
	output=$(<stdout)
	stderr=$(<stderr)
	called="corc $*"
}

@test "global options: every spelling" {
	create_container
	call --root "$ROOT" state "$ID"
	[ "$status" -eq 0 ]
	call --root="$ROOT" state "$ID"
	[ "$status" -eq 0 ]
	call -root "$ROOT" state "$ID"
	[ "$status" -eq 0 ]
	call -root="$ROOT" state "$ID"
	[ "$status" -eq 0 ]
	[ "$(jq -r .id stdout)" = "$ID" ]
}

@test "options of commands: every spelling" {
	config_args echo hello
	local spelling
	for spelling in "--bundle $BUNDLE" "--bundle=$BUNDLE" "-bundle $BUNDLE" "-bundle=$BUNDLE" \
		"-b $BUNDLE" "-b=$BUNDLE"; do
		# shellcheck disable=SC2086
		succeeds run $spelling "$ID"
		expect_output hello
	done
}

@test "options: short ones in one word" {
	corc_only "does not bundle"
	config_args echo hello
	succeeds run "-b$BUNDLE" "$ID"
	expect_output hello
	create_container
	succeeds list -qf json
	[ "$output" = "$ID" ] || [ "$(jq -r '.[0].id' stdout)" = "$ID" ]
	succeeds list -fjson
	[ "$(jq -r '.[0].id' stdout)" = "$ID" ]
}

@test "options: a long one with a single dash comes before short ones" {
	start_container
	# Not -e n v.
	succeeds exec -env A=1 "$ID" sh -c 'echo $A'
	expect_output 1
}

@test "options: flags take true and false" {
	config_args sleep 1000
	succeeds run --detach=true --bundle "$BUNDLE" "$ID" </dev/null
	fails 1 "not stopped: running" delete --force=false "$ID"
	succeeds delete --force=true "$ID"
	config_args echo hello
	succeeds run --detach=false --bundle "$BUNDLE" "$ID"
	expect_output hello
}

@test "options: after -- there are none" {
	fails 1 "container does not exist" state -- "$ID"
}

@test "options: behind the id too, where the command takes no others" {
	corc_only "wants them before"
	succeeds create "$ID" --bundle "$BUNDLE" </dev/null
	succeeds delete "$ID" --force
}

@test "options: an unknown one" {
	call --no-such-option state "$ID"
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"flag provided but not defined: -"*no-such-option* ]]
	[[ "$output" == "Incorrect Usage"* ]]
	corc state --no-such-option "$ID"
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"flag provided but not defined: -"*no-such-option* ]]
	[[ "$output" == "Incorrect Usage"* ]]
	corc state -Z "$ID"
	[ "$status" -eq 1 ]
}

@test "options: a value is missing" {
	corc list --format
	[ "$status" -eq 1 ]
	expect_error 'flag needs an argument: -+format'
	corc list -f
	[ "$status" -eq 1 ]
	expect_error 'flag needs an argument: -f'
}

@test "options: a number that is none" {
	local number
	for number in x 1x 99999999999999999999; do
		corc create --preserve-fds "$number" --bundle "$BUNDLE" "$ID"
		[ "$status" -eq 1 ]
	done
	expect_nothing_left
	corc_only "takes negative numbers"
	corc create --preserve-fds -1 --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 1 ]
	expect_nothing_left
}

@test "arguments: too few and too many" {
	local command
	for command in create start state delete run; do
		corc "$command"
		[ "$status" -eq 1 ]
		[[ "$output" == "Incorrect Usage."* ]]
		expect_error 'requires exactly 1 argument'
		corc "$command" "$ID" more
		[ "$status" -eq 1 ]
		expect_error 'requires exactly 1 argument'
	done
	corc kill "$ID" KILL more
	[ "$status" -eq 1 ]
	expect_error 'requires a maximum of 2 argument'
	corc kill
	[ "$status" -eq 1 ]
	corc exec
	[ "$status" -ne 0 ]
	expect_error 'requires a minimum of 1 argument'
	expect_nothing_left
}

@test "an unknown command" {
	corc frobnicate "$ID"
	[ "$status" -eq 3 ]
	expect_error "No help topic for 'frobnicate'"
}

@test "--version" {
	local spelling
	for spelling in --version -v -version; do
		call $spelling
		[ "$status" -eq 0 ]
		[ -z "$stderr" ]
		[[ "$output" =~ ^[a-z]+\ version\ [0-9]+\.[0-9]+ ]]
		expect_line 'spec: 1\.3\.0'
	done
	corc_only "has no commit"
	[[ "$output" =~ ^corc\ version\ [0-9]+\.[0-9]+\.[0-9]+ ]]
	expect_line 'commit: .+'
	expect_line '(yajl|libyajl): .+'
	expect_line '(seccomp|libseccomp): .+'
	expect_line '(cap|libcap): .+'
}

@test "--help names every command" {
	local command spelling
	for spelling in --help -h help ""; do
		# shellcheck disable=SC2086
		call $spelling
		[ "$status" -eq 0 ]
		[ -z "$stderr" ]
		for command in create delete exec features kill list run spec start state; do
			expect_line " +${command}[ ,].*"
		done
	done
	corc_only "has no plan"
	expect_line ' +plan .*'
}

@test "help of a command names its options" {
	local spelling
	for spelling in "help create" "create --help" "create -h"; do
		# shellcheck disable=SC2086
		call $spelling
		[ "$status" -eq 0 ]
		[ -z "$stderr" ]
		[[ "$output" == *--bundle* && "$output" == *--pid-file* ]]
	done
	call help no-such-command
	[ "$status" -ne 0 ]
	expect_nothing_left
}

@test "every command has a help" {
	local command
	for command in create delete exec features kill list run spec start state; do
		call help "$command"
		[ "$status" -eq 0 ]
		[[ "$output" == *"$command"* ]]
	done
}

@test "--root: not /" {
	call --root / list
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"Option --root argument should not be set to /"* ]]
}

@test "--root: is made, for root alone" {
	mkdir new
	call --root "$PWD/new/state" create --bundle "$BUNDLE" "$ID" </dev/null
	[ "$status" -eq 0 ]
	[[ "$(stat -c %a new/state)" =~ ^1?700$|^1?711$ ]]
	call --root "$PWD/new/state" delete "$ID"
	[ "$status" -eq 0 ]
	rmdir new/state
}

@test "--root: containers of another one are not seen" {
	create_container
	call --root "$PWD/other" state "$ID"
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"container does not exist"* ]]
}

@test "--root: cannot be made" {
	touch file
	call --root "$PWD/file/state" create --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"not a directory"* ]]
	expect_nothing_left
}

@test "--root: relative to the working directory" {
	cd "$BUNDLE"
	call --root ../root create "$ID" </dev/null
	[ "$status" -eq 0 ]
	cd "$BATS_TEST_TMPDIR"
	expect_status "$ID" created
}

@test "--log-format, --cgroup-manager, --rootless: unknown words" {
	call --log-format xml list
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"invalid log-format: xml"* ]]
	corc_only "has no --cgroup-manager and looks at --rootless later"
	call --rootless maybe --root "$ROOT" list
	[ "$status" -eq 1 ]
	call --cgroup-manager other --root "$ROOT" list
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"cgroup-manager"* ]]
}

@test "--rootless: true, false, auto" {
	local word
	config_args echo hello
	for word in true false auto; do
		call --rootless "$word" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
		[ "$status" -eq 0 ]
		expect_output hello
	done
}

@test "--systemd-cgroup: refused where there is no systemd" {
	[ ! -d /run/systemd/system ] || skip "this machine runs systemd"
	config_set '.linux.cgroupsPath = "system.slice:corc:test"'
	call --systemd-cgroup --root "$ROOT" create --bundle "$BUNDLE" "$ID"
	[ "$status" -eq 1 ]
	[[ "$stderr" == *systemd* ]]
	expect_nothing_left
}

@test "--cgroup-manager disabled: no cgroup is made" {
	corc_only "has no --cgroup-manager"
	config_args pause
	call --cgroup-manager disabled --root "$ROOT" run -d --bundle "$BUNDLE" --pid-file pid "$ID" \
		</dev/null
	[ "$status" -eq 0 ]
	[ "$(<"/proc/$(<pid)/cgroup")" = "$(</proc/self/cgroup)" ]
	LEFT=
	find_cgroups
	[ -z "$LEFT" ]
	succeeds delete --force "$ID"
}

@test "--config: another name for config.json" {
	corc_only "has no --config"
	config_args echo hello
	mv "$BUNDLE/config.json" "$BUNDLE/other.json"
	succeeds run --bundle "$BUNDLE" --config other.json "$ID"
	expect_output hello
}

@test "options: what other runtimes have as short ones, or ignore" {
	local word
	corc_only "has others"
	call -r "$ROOT" -l "$PWD/log" --systemd-log=true list -q
	[ "$status" -eq 0 ]
	[ -e log ]
	succeeds create --no-subreaper -p "$PWD/pid" -b "$BUNDLE" "$ID" </dev/null
	[ -s pid ]
	for word in -? --usage; do
		call "$word"
		[ "$status" -eq 0 ]
		[[ "$output" == *Usage:* ]]
		call create "$word"
		[ "$status" -eq 0 ]
		[[ "$output" == *"create [options] CONTAINER"* ]]
	done
}
