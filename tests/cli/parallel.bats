#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Commands at the same time.

load helpers

# at_once COUNT COMMAND...: COMMAND runs COUNT times at once with the number as last argument; the
# exit codes come in $codes, in order.
at_once() {
	local count=$1 i
	local pids=()
	shift
	for ((i = 0; i < count; i++)); do
		"$@" "$i" </dev/null 3>&- 7>&- &
		pids+=($!)
	done
	codes=
	for i in "${pids[@]}"; do
		status=0
		wait "$i" || status=$?
		codes+="$status "
	done
}

make_configs() {
	local i
	for ((i = 0; i < $1; i++)); do
		sed "s|\"/$ID\"|\"/$ID-$i\"|" "$BUNDLE/config.json" >"$BUNDLE/config-$i.json"
		mkdir "bundle-$i"
		ln -s "$ROOTFS" "bundle-$i/link"
		jq --arg rootfs "$ROOTFS" '.root.path = $rootfs' "$BUNDLE/config-$i.json" \
			>"bundle-$i/config.json"
	done
}

run_one() {
	"$CORC" --root "$ROOT" run --bundle "bundle-$1" "$ID-$1" >"out-$1" 2>&1
}

create_one() {
	"$CORC" --root "$ROOT" create --bundle "bundle-$1" "$ID-$1" >"out-$1" 2>&1
}

delete_one() {
	"$CORC" --root "$ROOT" delete --force "$ID-$1" >"out-$1" 2>&1
}

same_id() {
	"$CORC" --root "$ROOT" create --bundle "bundle-$1" "$ID" >"out-$1" 2>&1
}

delete_same() {
	"$CORC" --root "$ROOT" delete --force "$ID" >"out-$1" 2>&1
}

exec_same() {
	"$CORC" --root "$ROOT" exec "$ID" sh -c "echo $1; exit $1" >"out-$1" 2>&1
}

state_same() {
	local i
	for i in 1 2 3 4 5; do
		"$CORC" --root "$ROOT" state "$ID" >"out-$1" 2>&1 || return
		jq -e .status "out-$1" >/dev/null || return
	done
}

@test "parallel: 20 containers run" {
	config_args sh -c 'echo hello'
	make_configs 20
	at_once 20 run_one
	[ "$codes" = "$(printf '0 %.0s' {1..20})" ]
	[ "$(cat out-* | sort -u)" = hello ]
	expect_nothing_left
}

@test "parallel: 20 containers are created, listed and deleted" {
	make_configs 20
	at_once 20 create_one
	[ "$codes" = "$(printf '0 %.0s' {1..20})" ]
	succeeds list -q
	[ "$(wc -l <<<"$output")" -eq 20 ]
	at_once 20 delete_one
	[ "$codes" = "$(printf '0 %.0s' {1..20})" ]
	[ -z "$(cat out-*)" ]
	expect_nothing_left
}

@test "parallel: one of ten creates with one id wins" {
	config_args pause
	make_configs 10
	at_once 10 same_id
	[ "$(tr ' ' '\n' <<<"$codes" | sort | xargs)" = "0 1 1 1 1 1 1 1 1 1" ]
	[ "$(grep -l "container with given ID already exists" out-* | wc -l)" -eq 9 ]
	expect_status "$ID" created
	succeeds start "$ID"
	succeeds exec "$ID" true
}

@test "parallel: ten forced deletes of one id all end well" {
	local round
	for round in 1 2 3; do
		start_container
		at_once 10 delete_same
		[ "$codes" = "$(printf '0 %.0s' {1..10})" ] || fail "$codes $(cat out-*)"
		await_exit "$PID"
		expect_nothing_left
	done
}

@test "parallel: create while the id is being deleted" {
	local round
	for round in 1 2 3 4 5; do
		start_container
		"$CORC" --root "$ROOT" delete --force "$ID" 3>&- 7>&- &
		corc create --bundle "$BUNDLE" "$ID" </dev/null
		wait $!
		[ "$status" -eq 0 ] || expect_error 'already exists|cgroup'
		succeeds delete --force "$ID"
		await_exit "$PID"
		expect_nothing_left
	done
}

@test "parallel: 20 execs in one container" {
	start_container
	at_once 20 exec_same
	[ "$codes" = "$(echo {0..19}) " ]
	[ "$(cat out-* | sort -n | xargs)" = "$(echo {0..19})" ]
	succeeds exec "$ID" sh -c 'ls -d /proc/[0-9]* | wc -l'
	[ "$output" -le 4 ]
}

@test "parallel: state is whole while the container starts, ends and goes" {
	config_args sleep 0.1
	create_container
	"$CORC" --root "$ROOT" start "$ID" 3>&- 7>&- &
	at_once 10 state_same
	wait $!
	[ "$codes" = "$(printf '0 %.0s' {1..10})" ] || fail "$codes $(cat out-*)"
	await_exit "$PID"
}

@test "parallel: list passes over what goes meanwhile" {
	local i
	make_configs 10
	at_once 10 create_one
	at_once 10 delete_one &
	for ((i = 0; i < 10; i++)); do
		succeeds list -f json
		jq -e 'type == "array" or . == null' stdout >/dev/null
		[ -z "$stderr" ]
	done
	wait $!
}

@test "parallel: two starts of one container, one wins" {
	config_args pause
	create_container
	start_same() {
		"$CORC" --root "$ROOT" start "$ID" >"out-$1" 2>&1
	}
	at_once 4 start_same
	[ "$(tr ' ' '\n' <<<"$codes" | sort | xargs)" = "0 1 1 1" ] || fail "$codes $(cat out-*)"
	expect_status "$ID" running
}
