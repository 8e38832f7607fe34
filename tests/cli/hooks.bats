#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Hooks. Each one of these tests writes what it was given into a file of the test's directory.

load helpers

# hook PHASE NAME [SHELL COMMANDS]: adds a hook that says in `order` that it ran, keeps its input in
# NAME.state, its environment in NAME.env and does the rest.
hook() {
	local script=$BATS_TEST_TMPDIR/$2.sh
	cat >"$script" <<-END
		#!/bin/sh
		/bin/echo $2 >>"$BATS_TEST_TMPDIR/order"
		/bin/cat >"$BATS_TEST_TMPDIR/$2.state"
		/usr/bin/env >"$BATS_TEST_TMPDIR/$2.env"
		${3-}
	END
	chmod 755 "$script"
	config_set --arg path "$script" ".hooks.$1 += [{path: \$path}]"
}

# in_container NAME [SHELL COMMANDS]: a startContainer hook; it has a shell of the image only, and
# /tmp of the image's root.
in_container() {
	cat >"$ROOTFS/bin/$1" <<-END
		#!/bin/sh
		echo $1 >>/tmp/order
		cat >/tmp/$1.state
		/bin/env >/tmp/$1.env
		${2-}
	END
	chmod 755 "$ROOTFS/bin/$1"
	config_set --arg path "/bin/$1" '.root.readonly = false | .hooks.startContainer += [{path: $path}]'
}

set_last() {
	config_set ".hooks.$1[-1] += $2"
}

order() {
	xargs <"$BATS_TEST_TMPDIR/order"
}

# position_of PHASE INDEX: "config.json:LINE:COLUMN: hooks.PHASE[INDEX]: " as a regular expression.
position_of() {
	echo "config\.json:[0-9]+:[0-9]+: hooks\.$1\[$2\]: "
}

# expect_state NAME STATUS PID
expect_state() {
	local file=$BATS_TEST_TMPDIR/$1.state
	[ -e "$file" ] || file=$ROOTFS/tmp/$1.state
	jq -e --arg id "$ID" --arg bundle "$BUNDLE" --arg status "$2" --argjson pid "$3" \
		'. == {ociVersion: "1.3.0", $id, $status, $pid, $bundle, annotations: {a: "b"}}' "$file" ||
		fail "state of $1: $(cat "$file")"
}

@test "hooks: all phases in their order, with the state on standard input" {
	local pid
	config_set '.annotations = {a: "b"}'
	in_container start-container
	hook poststop poststop
	hook poststart poststart
	hook createContainer create-container
	hook createRuntime create-runtime-1
	hook createRuntime create-runtime-2
	hook prestart prestart
	config_args sh -c 'echo process >>/tmp/order; exec pause'
	create_container
	pid=$PID
	[ "$(order)" = "prestart create-runtime-1 create-runtime-2 create-container" ]
	[ ! -e "$ROOTFS/tmp/order" ]
	expect_state prestart creating "$pid"
	expect_state create-runtime-1 creating "$pid"
	expect_state create-runtime-2 creating "$pid"
	expect_state create-container creating 1
	succeeds start "$ID"
	[ "$(order)" = "prestart create-runtime-1 create-runtime-2 create-container poststart" ]
	[ "$(head -1 "$ROOTFS/tmp/order")" = start-container ]
	expect_state start-container created 1
	expect_state poststart running "$pid"
	succeeds delete --force "$ID"
	[ "$(order)" = "prestart create-runtime-1 create-runtime-2 create-container poststart poststop" ]
	expect_state poststop stopped 0
	[ "$(xargs <"$ROOTFS/tmp/order")" = "start-container process" ]
}

@test "hooks: the container is creating until they have created it" {
	local kind
	mkfifo go
	open_ears
	for kind in prestart createRuntime createContainer poststart; do
		hook "$kind" "$kind" "echo $kind >'$PWD/ears'; read -r line <'$PWD/go'"
	done
	"$CORC" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null 3>&- 7>&- &
	for kind in prestart createRuntime createContainer poststart; do
		hear "$kind"
		if [ "$kind" != poststart ]; then
			expect_status "$ID" creating
			[ "$(jq .pid "$ROOT/$ID/state.json")" -gt 1 ]
		else
			[ "$(status_of "$ID")" != creating ]
		fi
		timeout 60 sh -c 'echo >go'
	done
	wait $!
	expect_nothing_left
	# Without such hooks nothing is written that has to be taken away, and who was created says so.
	config_set '.hooks = {createRuntime: [{path: "/bin/true"}]}'
	create_container
	expect_status "$ID" created
	jq -e 'has("creating") | not' "$ROOT/$ID/state.json"
}

@test "hooks: a container that is being created is not started, signalled, entered or paused" {
	local verb
	cat >ask <<-END
		for verb in "kill \$1 KILL" "exec \$1 true" "list"; do
			'$CORC' --root '$ROOT' \$verb 2>&1
		done >'$BATS_TEST_TMPDIR/said'
	END
	hook createRuntime hook "sh '$PWD/ask' '$ID'; true"
	set_last createRuntime '{env: ["PATH=/usr/bin:/bin"]}'
	run_in true
	grep -q "cannot signal a container that is being created" said
	grep -q "cannot exec in a container that is being created" said
	grep -Eq "^$ID +[0-9]+ +creating " said
	# The creator may be killed between the hooks and the end.
	start_container
	jq '.creating = true' <"$ROOT/$ID/state.json" >state.new
	cp state.new "$ROOT/$ID/state.json"
	expect_status "$ID" creating
	fails 1 "cannot start a container that is being created" start "$ID"
	fails 1 "container not running" pause "$ID"
	fails 1 "that is not stopped: creating" delete "$ID"
	succeeds kill --all "$ID" KILL
	await_exit "$PID"
	expect_status "$ID" stopped
	succeeds delete "$ID"
	expect_nothing_left
}

@test "hooks: run has all of them, too" {
	hook prestart prestart
	hook createRuntime create-runtime
	hook createContainer create-container
	in_container start-container
	hook poststart poststart
	hook poststop poststop
	run_shell 'cat /tmp/order'
	expect_output start-container
	[ "$(order)" = "prestart create-runtime create-container poststart poststop" ]
	expect_nothing_left
}

@test "hooks: without annotations the state has none" {
	hook createRuntime hook
	run_in true
	jq -e 'has("annotations") | not' hook.state
}

@test "hooks: the environment is what the hook says and nothing else" {
	export LEAK=leak
	hook createRuntime runtime
	set_last createRuntime '{env: ["A=1", "B=x y"]}'
	hook createContainer container
	set_last createContainer '{env: ["C=2"]}'
	in_container start
	set_last startContainer '{env: ["D=3"]}'
	hook poststop none
	run_in true
	[ "$(grep -v -e ^PWD= -e ^SHLVL= -e ^_= runtime.env)" = $'A=1\nB=x y' ]
	[ "$(grep -v -e ^PWD= -e ^SHLVL= -e ^_= container.env)" = C=2 ]
	[ "$(grep -v -e ^PWD= -e ^SHLVL= -e ^PATH= "$ROOTFS/tmp/start.env")" = D=3 ]
	[ "$(grep -cv -e ^PWD= -e ^SHLVL= -e ^_= none.env)" -eq 0 ]
}

@test "hooks: an empty environment is empty to the byte" {
	config_set --arg path "$PROGRAMS/environment" '.hooks |= {
		createRuntime: [{path: $path}], createContainer: [{path: $path}],
		startContainer: [{path: "/bin/environment"}], poststart: [{path: $path}]}'
	run_in true
}

@test "hooks: args[0] may differ from path; without args it is the path" {
	hook createRuntime hook
	config_set --arg out "$BATS_TEST_TMPDIR" '.hooks.createRuntime = [
		{path: "/bin/sh", args: ["other name", "-c", "echo \"$0 $1\" >\($out)/names", "zero", "one"]},
		{path: "/bin/sh", args: ["other name", "-c", "tr \"\\0\" \" \" </proc/$$/cmdline >\($out)/args"]}]'
	run_in true
	[ "$(<names)" = "zero one" ]
	[[ "$(<args)" == "other name -c "* ]]
	config_set --arg out "$BATS_TEST_TMPDIR" '.hooks = {
		createRuntime: [{path: "/bin/true"}], createContainer: [{path: "/bin/true"}],
		startContainer: [{path: "/bin/true"}]}'
	run_in true
}

@test "hooks: the working directory is the bundle" {
	hook prestart prestart "pwd >'$BATS_TEST_TMPDIR/prestart.cwd'"
	hook createContainer create-container "pwd >'$BATS_TEST_TMPDIR/create-container.cwd'"
	hook poststart poststart "pwd >'$BATS_TEST_TMPDIR/poststart.cwd'"
	hook poststop poststop "pwd >'$BATS_TEST_TMPDIR/poststop.cwd'"
	run_in true
	[ "$(cat ./*.cwd | sort -u)" = "$BUNDLE" ]
}

@test "hooks: namespaces and root of each phase" {
	local own
	own=$(readlink /proc/self/ns/net)
	hook prestart prestart "readlink /proc/self/ns/net >'$BATS_TEST_TMPDIR/prestart.net'
		ls -d '$ROOTFS/proc/self' >'$BATS_TEST_TMPDIR/prestart.proc' 2>&1; true"
	hook createContainer create-container "readlink /proc/self/ns/net >'$BATS_TEST_TMPDIR/container.net'
		ls -d '$ROOTFS/proc/self' >'$BATS_TEST_TMPDIR/container.proc' 2>&1"
	in_container start 'readlink /proc/self/ns/net >/tmp/start.net'
	hook poststart poststart "readlink /proc/self/ns/net >'$BATS_TEST_TMPDIR/poststart.net'"
	run_shell 'readlink /proc/self/ns/net'
	[ "$output" != "$own" ]
	[ "$(<"$ROOTFS/tmp/start.net")" = "$output" ]
	[ "$(<prestart.net)" = "$own" ]
	[ "$(<poststart.net)" = "$own" ]
	[ "$(<container.net)" = "$output" ]
	# The container's mounts are at the place of its root file system, in its namespace only.
	[ "$(<container.proc)" = "$ROOTFS/proc/self" ]
	[[ "$(<prestart.proc)" == *"No such file"* ]]
}

@test "hooks: what createRuntime mounts through the container's mount namespace is in the container" {
	mkdir "$BATS_TEST_TMPDIR/extra" "$ROOTFS/extra"
	echo content >"$BATS_TEST_TMPDIR/extra/file"
	hook createRuntime hook "pid=\$(jq .pid '$BATS_TEST_TMPDIR/hook.state')
		nsenter --mount --target \$pid mount --bind '$BATS_TEST_TMPDIR/extra' '$ROOTFS/extra'"
	set_last createRuntime '{env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]}'
	run_in cat /extra/file
	expect_output content
	[ ! -e "$ROOTFS/extra/file" ]
}

@test "hooks: what createContainer mounts and writes below the root is in the container" {
	hook createContainer hook "mkdir '$ROOTFS/extra'
		mount -t tmpfs none '$ROOTFS/extra' && echo content >'$ROOTFS/extra/file'"
	set_last createContainer '{env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]}'
	run_in cat /extra/file
	expect_output content
	[ ! -e "$ROOTFS/extra/file" ]
}

@test "hooks: the program of createContainer is the host's, whatever the container mounts over it" {
	mkdir "$ROOTFS/tools"
	printf '#!/bin/sh\necho host >"%s/said"\n' "$BATS_TEST_TMPDIR" >"$ROOTFS/tools/hook"
	chmod 755 "$ROOTFS/tools/hook"
	config_set --arg path "$ROOTFS/tools/hook" '.hooks.createContainer = [{path: $path}] |
		.mounts += [{destination: "/tools", type: "tmpfs", source: "tmpfs"}]'
	run_in true
	[ "$(<said)" = host ]
	cp "$(command -v busybox)" "$ROOTFS/tools/busybox"
	config_set --arg path "$ROOTFS/tools/busybox" --arg out "$BATS_TEST_TMPDIR/touched" \
		'.hooks.createContainer = [{path: $path, args: ["touch", $out]}]'
	run_in true
	[ -e touched ]
}

@test "hooks: startContainer has the identity of the process" {
	in_container start 'id >/tmp/id; grep -E "^(Cap|NoNewPrivs)" /proc/self/status >/tmp/caps; pwd >/tmp/cwd'
	chmod 777 "$ROOTFS/tmp"
	run_shell --set '.process.user = {uid: 1000, gid: 1000, additionalGids: [7]} | .process.cwd = "/home/user" |
		.process.capabilities = {bounding: ["CAP_KILL"], permitted: ["CAP_KILL"], effective: [],
			inheritable: [], ambient: []}' \
		'id; grep -E "^(Cap|NoNewPrivs)" /proc/self/status; pwd'
	expect_output "$(cat "$ROOTFS"/tmp/{id,caps,cwd})"
	[[ "$output" == "uid=1000"* ]]
}

@test "hooks: startContainer is bound by the seccomp filter" {
	in_container start 'mkdir /tmp/made 2>/tmp/refused; true'
	run_in --set '.process.noNewPrivileges = true | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
		syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO"}]}' true
	[ ! -e "$ROOTFS/tmp/made" ]
	[[ "$(<"$ROOTFS/tmp/refused")" == *"Operation not permitted"* ]]
	run_in --set '.process.noNewPrivileges = false' true
	[ ! -e "$ROOTFS/tmp/made" ]
}

@test "hooks: no fd but the standard ones" {
	config_set --arg path "$PROGRAMS/no-fds" '.hooks |= ([{path: $path}] |
		{prestart: ., createRuntime: ., createContainer: ., startContainer: [{path: "/bin/no-fds"}],
		poststart: ., poststop: .})'
	# What the container is given is not for its hooks.
	"$CORC" --root "$ROOT" --log log run --preserve-fds 6 --bundle "$BUNDLE" "$ID" \
		3</dev/null 4</dev/null 5</dev/null 6</dev/null 7</dev/null 8</dev/null 9</dev/null
	[ ! -s log ] || fail "$(<log)"
}

@test "hooks: signals are as they begin, the session is their own" {
	hook createRuntime runtime "/bin/grep -E '^Sig(Ign|Blk)' /proc/self/status >'$BATS_TEST_TMPDIR/signals'
		/bin/ps -o pid=,sid= -p \$\$ >'$BATS_TEST_TMPDIR/session'"
	(
		trap '' TERM USR1 PIPE
		run_in true
	)
	[ "$(grep -c '0000000000000000$' signals)" -eq 2 ] || fail "$(<signals)"
	read -r pid sid <session
	[ "$pid" = "$sid" ]
}

@test "hooks: a failure of prestart, createRuntime, createContainer: nothing is left, poststop runs" {
	local phase
	for phase in prestart createRuntime createContainer; do
		rm -f order
		config_set 'del(.hooks)'
		hook "$phase" first
		hook "$phase" bad 'echo some words; echo "the reason" >&2; exit 3'
		hook "$phase" never
		hook poststop poststop
		for command in create run; do
			rm -f order
			fails 1 "$BATS_TEST_TMPDIR/bad.sh: exited with status 3 after " \
				"$command" --bundle "$BUNDLE" "$ID"
			expect_error "$(position_of "$phase" 1)"
			expect_error ' ms: the reason$'
			[ "$(order)" = "first bad poststop" ]
			expect_nothing_left
		done
	done
}

@test "hooks: standard output counts when there is nothing on standard error" {
	hook createRuntime bad 'echo one; echo two; echo three; echo four; exit 1'
	fails 1 " ms: two | three | four" create --bundle "$BUNDLE" "$ID"
	in_container worse 'echo one; printf "two\nthr\033ee\n\n"; exit 255'
	config_set 'del(.hooks.createRuntime)'
	fails 1 "worse: exited with status 255 after" run --bundle "$BUNDLE" "$ID"
	expect_error ' ms: one \| two \| thr\\x1bee$'
}

@test "hooks: a failure of startContainer: nothing is left, poststop runs" {
	hook poststop poststop
	in_container first
	in_container bad 'echo "the reason" >&2; exit 3'
	in_container never
	config_args touch /tmp/was-run
	create_container
	fails 1 "/bin/bad: exited with status 3 after " start "$ID"
	expect_error "$(position_of startContainer 1)"
	expect_error ' ms: the reason$'
	[ "$(order)" = poststop ]
	[ "$(xargs <"$ROOTFS/tmp/order")" = "first bad" ]
	expect_nothing_left
	fails 1 "/bin/bad: exited with status 3 after " run --bundle "$BUNDLE" "$ID"
	expect_error "$(position_of startContainer 1)"
	[ ! -e "$ROOTFS/tmp/was-run" ]
	[ "$(order)" = "poststop poststop" ]
	expect_nothing_left
}

@test "hooks: a failure of poststart stops the container" {
	hook poststart bad 'echo "the reason" >&2; kill -9 $$'
	hook poststart never
	hook poststop poststop
	config_args sleep 1000
	create_container
	fails 1 "bad.sh: killed by signal 9 after" start "$ID"
	expect_error "$(position_of poststart 0)"
	await_exit "$PID"
	expect_status "$ID" stopped
	[ "$(order)" = bad ]
	succeeds delete "$ID"
	[ "$(order)" = "bad poststop" ]
	rm order
	fails 1 "bad.sh: killed by signal 9 after" run --bundle "$BUNDLE" "$ID"
	[ "$(order)" = "bad poststop" ]
	expect_nothing_left
}

@test "hooks: a failure of poststop is a warning, and the others run" {
	hook poststop first
	hook poststop bad 'echo "the reason" >&2; exit 7'
	hook poststop last
	config_args true
	create_container
	succeeds --log log delete "$ID"
	[ "$(order)" = "first bad last" ]
	[[ "$(<log)" =~ $(position_of poststop 1).*bad.sh:\ exited\ with\ status\ 7\ after\ [0-9]+\ ms:\ the\ reason ]]
	rm order log
	succeeds --log log run --bundle "$BUNDLE" "$ID"
	[ "$(order)" = "first bad last" ]
	[[ "$(<log)" =~ level=warning.*$(position_of poststop 1) ]]
}

@test "hooks: a program that is not there" {
	local phase
	for phase in prestart createRuntime createContainer startContainer; do
		config_set ".hooks = {$phase: [{path: \"/no/such/hook\"}]}"
		fails 1 "/no/such/hook: no such file or directory" run --bundle "$BUNDLE" "$ID"
		expect_error "$(position_of "$phase" 0)"
		expect_nothing_left
	done
	touch "$BATS_TEST_TMPDIR/text" "$ROOTFS/text"
	for phase in prestart createRuntime createContainer startContainer; do
		config_set --arg path "$BATS_TEST_TMPDIR/text" ".hooks = {$phase: [{path: \$path}]}"
		[ "$phase" != startContainer ] || config_set ".hooks.${phase}[0].path = \"/text\""
		fails 1 "text: permission denied" run --bundle "$BUNDLE" "$ID"
		expect_error "$(position_of "$phase" 0)"
		expect_nothing_left
	done
}

@test "hooks: a hook that does not end is killed with its session when its time is over" {
	local phase
	for phase in prestart createRuntime createContainer poststart; do
		config_set 'del(.hooks)'
		hook "$phase" slow 'echo waiting; sleep 1000 & echo $! >child; sleep 1000; true'
		set_last "$phase" '{timeout: 1, env: ["PATH=/bin:/usr/bin"]}'
		fails 1 "slow.sh: timed out, killed after " run --bundle "$BUNDLE" "$ID"
		expect_error "$(position_of "$phase" 0).* killed after [0-9]{4,} ms: waiting"
		expect_nothing_left
	done
	config_set 'del(.hooks)'
	in_container slow 'sleep 1000'
	set_last startContainer '{timeout: 1}'
	fails 1 "/bin/slow: timed out, killed after " run --bundle "$BUNDLE" "$ID"
	expect_error "$(position_of startContainer 0).* killed after [0-9]{4,} ms"
	create_container
	fails 1 "/bin/slow: timed out, killed after " start "$ID"
	expect_error "$(position_of startContainer 0).* killed after [0-9]{4,} ms"
	expect_nothing_left
}

@test "hooks: the time of a poststop hook is over, too, which is a warning" {
	hook poststop slow 'echo waiting; sleep 1000 & sleep 1000'
	set_last poststop '{timeout: 1, env: ["PATH=/bin:/usr/bin"]}'
	hook poststop last
	config_args true
	succeeds --log log run --bundle "$BUNDLE" "$ID"
	[[ "$(<log)" =~ level=warning.*$(position_of poststop 0).*slow.sh:\ timed\ out,\ killed\ after\ [0-9]{4,}\ ms:\ waiting ]] ||
		fail "$(<log)"
	[ "$(order)" = "slow last" ]
	expect_nothing_left
}

@test "hooks: with --debug each that the runtime waits for is in the log" {
	local kind
	for kind in prestart createRuntime createContainer poststart poststop; do
		hook "$kind" "$kind"
	done
	config_args true
	succeeds --debug --log log run --bundle "$BUNDLE" "$ID"
	for kind in prestart createRuntime createContainer poststart poststop; do
		grep -Eq "level=debug msg=\"$kind hook $PWD/$kind.sh ended after [0-9]+ ms\"" log ||
			fail "$kind: $(<log)"
	done
	[ "$(grep -c ' hook .* ended after' log)" -eq 5 ]
}

@test "hooks: who holds the output of a hook that has ended is not waited for" {
	local phase
	for phase in prestart createRuntime createContainer startContainer poststart poststop; do
		config_set 'del(.hooks)'
		if [ "$phase" = startContainer ]; then
			in_container holder 'sleep 1000 &'
		elif [ "$phase" = createContainer ]; then
			hook "$phase" holder "/bin/sleep 1000 &"
		else
			hook "$phase" holder "/bin/sleep 1000 & echo \$! >'$BATS_TEST_TMPDIR/holder.pid'"
		fi
		run_in true
		if [ -e holder.pid ]; then
			kill "$(<holder.pid)"
			rm holder.pid
		fi
	done
}

@test "hooks: megabytes of output, and an input that nobody reads" {
	local big
	printf -v big '%100000s' x
	config_set --arg big "$big" '.annotations = {$big}'
	config_set '.hooks |= ({path: "/bin/sh", args: ["sh", "-c",
			"exec <&-; head -c 5000000 /dev/zero; head -c 5000000 /dev/zero >&2"], env: ["PATH=/bin:/usr/bin"]}
		| {prestart: [.], createRuntime: [.], createContainer: [.], startContainer: [.], poststart: [.], poststop: [.]})'
	run_in true
	[ -z "$stderr" ]
}

@test "hooks: the whole state can be read, also a large one" {
	printf '%300000s' x >big
	config_set --rawfile big big '.annotations = {$big}'
	hook createRuntime runtime
	hook createContainer container
	in_container start
	run_in true
	[ "$(jq '.annotations.big | length' runtime.state)" -eq 300000 ]
	[ "$(jq '.annotations.big | length' container.state)" -eq 300000 ]
	[ "$(jq '.annotations.big | length' "$ROOTFS/tmp/start.state")" -eq 300000 ]
}

@test "hooks: one without a timeout ends with the container's process" {
	mkfifo gone
	hook createRuntime hook "kill -9 \$(jq .pid '$BATS_TEST_TMPDIR/hook.state'); sleep 1000"
	set_last createRuntime '{env: ["PATH=/bin:/usr/bin"]}'
	hook poststop poststop
	fails 1 "hook.sh: killed after" run --bundle "$BUNDLE" "$ID"
	expect_error "the container's process has ended"
	[ "$(order)" = "hook poststop" ]
	expect_nothing_left
}

@test "hooks: a container that was created without its creator's end can be deleted with its poststop hooks" {
	hook createRuntime hook "kill -9 \$PPID"
	hook poststop poststop
	corc create --bundle "$BUNDLE" "$ID"
	[ "$status" -ne 0 ]
	succeeds delete --force "$ID"
	[ "$(order)" = "hook poststop" ]
	expect_nothing_left
}

@test "hooks: in a user namespace" {
	add_user_namespace
	chmod 777 "$ROOTFS/tmp" "$BATS_TEST_TMPDIR"
	touch order
	chmod 666 order
	hook prestart prestart
	hook createContainer create-container 'true'
	in_container start
	hook poststart poststart
	hook poststop poststop
	run_shell 'cat /tmp/order; id -u'
	expect_output $'start\n0'
	[ "$(order)" = "prestart create-container poststart poststop" ]
}

@test "hooks: a container that shares namespaces with the host tells its pid there" {
	config_set '.linux.namespaces |= map(select(.type != "pid"))'
	hook createContainer container
	in_container start
	config_args pause
	create_container
	[ "$(jq .pid container.state)" = "$PID" ]
	succeeds start "$ID"
	[ "$(jq .pid "$ROOTFS/tmp/start.state")" = "$PID" ]
}

@test "hooks: state, exec and update of the container from a poststart hook" {
	hook poststart hook "'$CORC' --root '$ROOT' state '$ID' >'$BATS_TEST_TMPDIR/asked'
		'$CORC' --root '$ROOT' exec '$ID' echo from inside >'$BATS_TEST_TMPDIR/said'
		'$CORC' --root '$ROOT' delete --force '$ID'"
	hook poststop poststop
	start_container
	[ "$(jq -r .status asked)" = running ]
	[ "$(<said)" = "from inside" ]
	[ "$(order)" = "hook poststop" ]
	expect_nothing_left
}

@test "hooks: a container that a poststart hook has deleted and fails" {
	hook poststart hook "'$CORC' --root '$ROOT' delete --force '$ID'; exit 1"
	hook poststop poststop
	config_args sleep 1000
	fails 1 "hook.sh: exited with status 1" run --bundle "$BUNDLE" "$ID"
	[ "$(order)" = "hook poststop" ]
	expect_nothing_left
}

@test "hooks: their output is appended to the files that annotations name" {
	local kind
	printf '%s\n' before >out
	for kind in prestart createRuntime createContainer poststart poststop; do
		hook "$kind" "$kind" "echo out of $kind; echo error of $kind >&2"
	done
	in_container startContainer 'echo out of startContainer; echo error of startContainer >&2'
	output_to out errors
	local all=({prestart,createRuntime,createContainer,startContainer,poststart,poststop})
	for command in run create; do
		if [ "$command" = run ]; then
			run_in true
		else
			rm out errors
			echo before >out
			config_args pause
			start_container
			[ -z "$(find "$ROOT/$ID" -name '*.fifo')" ]
			succeeds delete --force "$ID"
		fi
		[ "$(<out)" = "$(printf '%s\n' before "${all[@]/#/out of }")" ] || fail "$(<out)"
		[ "$(<errors)" = "$(printf '%s\n' "${all[@]/#/error of }")" ] || fail "$(<errors)"
		[ "$(stat -c %a errors)" = 600 ]
	done
}

# output_to STDOUT STDERR: files in the test's directory that get the output of hooks.
output_to() {
	config_set --arg out "$PWD/$1" --arg errors "$PWD/$2" '.annotations += {
		"run.oci.hooks.stdout": $out, "run.oci.hooks.stderr": $errors}'
}

@test "hooks: megabytes of output of hooks in the container come whole into the files" {
	config_set '.hooks |= ({path: "/bin/sh", args: ["sh", "-c",
			"head -c 3000000 /dev/zero; head -c 1999999 /dev/zero | tr \"\\\\0\" x >&2; echo >&2; echo reason >&2; exit 3"],
			env: ["PATH=/bin:/usr/bin"]}
		| {createContainer: [.]})'
	output_to out errors
	fails 1 "exited with status 3" run --bundle "$BUNDLE" "$ID"
	expect_error "reason$"
	[ "$(stat -c %s out errors | xargs)" = "3000000 2000007" ]
	config_set '.hooks = {startContainer: .hooks.createContainer}'
	fails 1 "exited with status 3" run --bundle "$BUNDLE" "$ID"
	[ "$(stat -c %s out errors | xargs)" = "6000000 4000014" ]
	create_container
	fails 1 "exited with status 3" start "$ID"
	expect_error "reason$"
	[ "$(stat -c %s out errors | xargs)" = "9000000 6000021" ]
	expect_nothing_left
}

@test "hooks: output in the container that nobody takes is dropped" {
	in_container start 'head -c 3000000 /dev/zero; kill -PIPE $$'
	output_to out errors
	# Nor does a signal end a stage that is not the first of its pid namespace.
	config_set '.linux.namespaces |= map(select(.type != "pid"))'
	create_container
	# As after the start by a build that knows nothing of it.
	rm "$ROOT/$ID"/hook-*.fifo
	fails 1 "killed by signal 13" start "$ID"
	[ ! -s out ]
	expect_nothing_left
	# The program begins with the default action, too.
	in_container start
	config_set 'del(.hooks.startContainer[0])'
	run_in grep SigIgn: /proc/self/status
	expect_output $'SigIgn:\t0000000000000000'
}

@test "hooks: with files for their output they and the program have no fd but the standard ones" {
	config_set --arg path "$PROGRAMS/no-fds" '.hooks |= {createContainer: [{path: $path}],
		startContainer: [{path: "/bin/no-fds"}]}'
	output_to out errors
	run_in no-fds
	config_args sh -c 'no-fds && exec pause'
	start_container
	expect_status "$ID" running
	[ ! -s out ] || fail "$(<out)"
	[ ! -s errors ] || fail "$(<errors)"
}

@test "hooks: a file for the output of startContainer that cannot be written" {
	in_container start
	config_set '.annotations += {"run.oci.hooks.stderr": "/no/such/file"}'
	fails 1 "run.oci.hooks.stderr: /no/such/file: no such file or directory" run --bundle "$BUNDLE" "$ID"
	expect_error "$(position_of startContainer 0)"
	expect_nothing_left
	create_container
	fails 1 "run.oci.hooks.stderr: /no/such/file: no such file or directory" start "$ID"
	expect_error "$(position_of startContainer 0)"
	expect_status "$ID" created
	[ ! -e "$ROOTFS/tmp/order" ]
}

@test "hooks: a file for their output that cannot be written" {
	hook prestart first
	mkfifo nobody
	for file in /no/such/file "$PWD/nobody"; do
		config_set --arg file "$file" '.annotations += {"run.oci.hooks.stdout": $file}'
		fails 1 "run.oci.hooks.stdout: $file: " run --bundle "$BUNDLE" "$ID"
		expect_error "$(position_of prestart 0)"
		expect_nothing_left
	done
	[ ! -e order ]
}

@test "hooks: plan has them as steps" {
	hook prestart prestart
	hook createRuntime create-runtime
	hook createContainer create-container
	set_last createContainer '{timeout: 5}'
	config_set '.hooks.startContainer = [{path: "/bin/start"}]'
	succeeds plan --bundle "$BUNDLE" "$ID"
	expect_line " *[0-9]+  hooks +prestart hook $BATS_TEST_TMPDIR/prestart.sh +config.json:[0-9:]+ hooks.prestart\[0\]"
	expect_line " *[0-9]+  hooks +createRuntime hook .*/create-runtime.sh +config.json:[0-9:]+ hooks.createRuntime\[0\]"
	expect_line " *[0-9]+  hooks +createContainer hook .*/create-container.sh \(at most 5 s\) +config.json:.*"
	expect_line " *[0-9]+  hooks +startContainer hook /bin/start +config.json:[0-9:]+ hooks.startContainer\[0\]"
	[ "$(grep -c -n -e 'prestart hook' -e 'pivot root' <<<"$output")" -eq 2 ]
	[[ "$(grep -o -e 'prestart hook' -e 'createContainer hook' -e 'pivot root' -e 'wait for start' \
		-e 'startContainer hook' <<<"$output" | xargs)" == \
		"prestart hook createContainer hook pivot root wait for start startContainer hook" ]]
}

@test "hooks: a configuration that says too little or too much about them" {
	local expression text
	while IFS=$'\t' read -r -u 8 expression text; do
		new_bundle "$BUNDLE"
		config_set "$expression"
		fails 1 "$text" run --bundle "$BUNDLE" "$ID"
		expect_error 'config\.json:[0-9]+:[0-9]+: hooks\.'
		expect_nothing_left
	done 8<<-'END'
		.hooks.prestart = [{path: "true"}]	hooks.prestart[0].path: expected an absolute path
		.hooks.poststop = [{}]	required property "path" is missing
		.hooks.poststart = [{path: "/bin/true", timeout: 0}]	hooks.poststart[0].timeout: expected an integer from 1
		.hooks.createRuntime = [{path: "/bin/true", args: [1]}]	hooks.createRuntime[0].args[0]: expected a string
		.hooks.startContainer = {path: "/bin/true"}	hooks.startContainer: expected an array
	END
}
