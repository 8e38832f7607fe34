#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Manual pages and completion say what the program takes.

load helpers

MAN=$BATS_TEST_DIRNAME/../../docs/man

setup() {
	corc_only "has pages of its own"
	cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
	:
}

commands() {
	"$CORC" help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'
}

# The options of a help text, one a line: "-b, --bundle DIR".
options_of_help() {
	sed -nE 's/^  (-.*[^ ])   *[^ ].*/\1/p' | sed -E 's/  .*//'
}

# The same from a page: "*-b*, *--bundle* _DIR_". Only the section of the options.
options_of_page() {
	sed -n '/^# \(GLOBAL \)\?OPTIONS/,/^# [A-FH-NP-Z]/p' "$1" | sed -n '/^\*-/s/[*_\\]//gp'
}

@test "man: there is a page for each command, and none for others" {
	local expected
	expected=$(commands | sed 's/.*/corc-&.1.scd/' && echo corc.1.scd)
	[ "$(cd "$MAN" && printf '%s\n' *.scd | sort)" = "$(sort <<<"$expected")" ]
	[ "$(wc -l <<<"$expected")" -gt 15 ]
}

@test "man: the options are those of the program, in its order" {
	local command
	for command in $(commands); do
		diff <("$CORC" help "$command" | options_of_help) \
			<(options_of_page "$MAN/corc-$command.1.scd") || fail "corc-$command(1)"
	done
	diff <("$CORC" help | options_of_help) <(options_of_page "$MAN/corc.1.scd") || fail "corc(1)"
	[ "$("$CORC" help run | options_of_help | wc -l)" -gt 8 ]
}

@test "man: the page of the program names all commands" {
	[ "$(sed -nE 's/^\*corc-([a-z]+)\*\(1\)$/\1/p' "$MAN/corc.1.scd" | sort)" = "$(commands | sort)" ]
}

# render FILE: what man says about a page.
warnings() {
	LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$1" 2>&1 1>rendered |
		cat
}

@test "man: pages render without warnings" {
	local page name
	for page in "$MAN"/*.scd; do
		name=$(basename "$page" .scd)
		scdoc <"$page" >"$name"
		[ -z "$(warnings "./$name")" ] || fail "$name: $(warnings "./$name")"
		man -l "./$name" | grep -q '^NAME' || fail "$name is empty"
	done
	# And there would be some.
	echo '.nosuchmacro' >>"$name"
	[ -n "$(warnings "./$name")" ]
}

# complete_bash WORD...: what bash offers for the last word.
complete_bash() {
	PATH=$PWD:$PATH bash -c 'source ./corc.bash
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
		_corc
		printf "%s\n" "${COMPREPLY[@]}"' bash "$@"
}

@test "completion: bash" {
	"$CORC" completion bash >corc.bash
	printf '#!/bin/sh\n[ "$*" != "--root /x list --quiet" ] || echo web one\n' >corc
	chmod 755 corc
	mkdir folder
	touch file
	[ "$(complete_bash corc st)" = $'start\nstate' ]
	[ "$(complete_bash corc --roo)" = $'--root\n--rootless' ]
	[ "$(complete_bash corc --log-f)" = --log-format ]
	[ "$(complete_bash corc --root fo)" = folder ]
	[ "$(complete_bash corc --root fil)" = "" ]
	[ "$(complete_bash corc create --bun)" = --bundle ]
	[ "$(complete_bash corc run --pid-file fil)" = file ]
	[ "$(complete_bash corc --root /x state "")" = $'web\none' ]
	[ "$(complete_bash corc --root /x delete --force w)" = web ]
	[ "$(complete_bash corc help ev)" = events ]
	[ -z "$(complete_bash corc kill --a)" ]
}

@test "completion: zsh and fish read theirs" {
	"$CORC" completion zsh >_corc
	zsh -n _corc
	zsh -fc 'autoload -Uz compinit && compinit -u -d ./dump && fpath=(. $fpath) && autoload -Uz +X _corc'
	grep -q -- "'--bundle=\[" _corc
	"$CORC" completion fish >corc.fish
	fish --no-execute corc.fish
	HOME=$PWD fish -c 'source corc.fish; complete -C "corc stat"' | grep -q '^state'
	HOME=$PWD fish -c 'source corc.fish; complete -C "corc run --bun"' | grep -q '^--bundle'
}

@test "completion: other shells" {
	status=0
	"$CORC" completion tcsh >stdout 2>stderr || status=$?
	[ "$status" -eq 1 ]
	grep -q 'no completion for the shell "tcsh": bash, zsh or fish' stderr
	[ ! -s stdout ]
}

@test "compat: the tables of options and properties are what the program does" {
	"$BATS_TEST_DIRNAME/../../tools/write-compat" "$CORC" --check
}
