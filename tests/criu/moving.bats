#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# checkpoint and restore as a container moves: pages that go ahead, over the network or after it, and
# connections that stay open. CRIU's own servers play the other machine.
# bats file_tags=vm

load helpers

ADDRESS=127.0.0.1
PORT=7001

# The other machine has its own bundle, in which what is restored is "$ID-other".
make_other() {
	cp -a "$BUNDLE" other
	BUNDLE=$PWD/other
	ROOTFS=$BUNDLE/rootfs
	config_set --arg path "/$ID-other" '.linux.cgroupsPath = $path'
}

# serve FD ARGUMENTS: a server of CRIU in the background, which has said on FD that it is ready.
serve() {
	local fd=$1
	shift
	mkfifo "ready-$fd"
	eval "exec $fd<>ready-$fd"
	criu "$@" --status-fd "$fd" --address "$ADDRESS" --port "$PORT" 3>&- 7>&- &
	SERVER=$!
	await_ready "$fd"
}

# A server has written its NUL.
await_ready() { # FD
	IFS= read -r -t 120 -d '' -u "$1" || fail "no server is ready" || return
	eval "exec $1>&-"
}

# A process with 8 MiB of memory of its own; it answers with their sum.
start_memory() {
	config_args memory 8 /tmp/ask /tmp/answer
	launch
	SUM=$(ask)
}

expect_memory() {
	[ "$(ask)" = "$SUM" ] || fail "the memory is another"
}

needs_tracking() {
	criu check --feature mem_dirty_track >/dev/null 2>&1 || skip "this kernel does not track changes of memory"
}

written() { # FOLDER: bytes of pages
	cat "$1"/pages-*.img | wc -c
}

@test "criu: --page-server: pages go to another machine" {
	needs_option checkpoint page-server
	start_memory
	mkdir received
	serve 8 page-server --images-dir received --log-file server.log
	checkpoint --page-server "$ADDRESS:$PORT" "$ID"
	wait "$SERVER"
	[ ! -e "$IMAGES/pages-1.img" ]
	[ "$(written received)" -gt 8000000 ]
	cp received/*.img "$IMAGES"
	restore "$ID"
	expect_memory
}

@test "criu: --page-server where nobody listens: the container goes on" {
	needs_option checkpoint page-server
	start_counter
	refuses "Can't connect to server $ADDRESS:$PORT; log file: " checkpoint --image-path "$IMAGES" "${CRIU_LOCK[@]}" \
		--page-server "$ADDRESS:$PORT" "$ID"
	expect_status "$ID" running
	expect_answer 1
}

@test "criu: --lazy-pages: pages come when they are used, --status-fd tells when they can" {
	local first server
	needs_option checkpoint lazy-pages page-server status-fd
	needs_sys_resource # for pipes that hold a folder's pages
	start_memory
	mkfifo ready-8
	exec 8<>ready-8
	# runc takes none that can be read, too.
	"$CORC" --root "$ROOT" checkpoint --image-path "$IMAGES" "${CRIU_LOCK[@]}" --lazy-pages \
		--page-server "$ADDRESS:$PORT" --status-fd 8 "$ID" </dev/null >first 2>&1 3>&- 7>&- 8>ready-8 &
	first=$!
	await_ready 8 || fail "$(<first)"
	[ "$(written "$IMAGES")" -lt 4000000 ]
	serve 9 lazy-pages --page-server --images-dir "$IMAGES" --log-file server.log
	server=$SERVER
	make_other
	# The server's socket is in the folder of its images; runc has CRIU work in another one.
	restore --lazy-pages --work-path "$IMAGES" "$ID-other"
	expect_memory
	wait "$server"
	wait "$first" || fail "$(<first)"
	corc state "$ID"
	[ "$status" -eq 1 ]
	expect_status "$ID-other" running
	expect_memory
}

# The container has a network namespace that stays, with one end of a cable that begins here.
make_network() {
	unshare --net sleep 1000 3>&- 7>&- &
	HOLDER=$!
	await '[ "$(readlink /proc/'"$HOLDER"'/ns/net)" != "$(readlink /proc/self/ns/net)" ]'
	ip link add corc-test type veth peer name inner netns "/proc/$HOLDER/ns/net"
	ip address add 10.77.0.1/24 dev corc-test
	ip link set corc-test up
	nsenter --net="/proc/$HOLDER/ns/net" sh -c \
		'ip link set lo up; ip address add 10.77.0.2/24 dev inner; ip link set inner up'
	config_set --arg path "/proc/$HOLDER/ns/net" \
		'(.linux.namespaces[] | select(.type == "network")).path = $path'
}

end_network() {
	exec 9>&-
	ip link delete corc-test
	kill "$HOLDER"
}

# Since 6.16 sockets of other families have no SO_PASSCRED, for which CRIU asks them before 4.2.
needs_inet_sockets() {
	local criu kernel
	criu=$(criu --version | sed -n 's/^Version: //p')
	kernel=$(uname -r)
	printf '%s\n' 4.2 "$criu" | sort -V -C || printf '%s\n' "${kernel%%-*}" 6.15.999 | sort -V -C ||
		skip "CRIU $criu cannot write sockets of Linux $kernel"
}

# A program that counts what it hears on one connection.
listen() {
	config_args nc -l -p 7000 -e sh -c 'i=0; while read -r line; do i=$((i + 1)); echo "$i $line"; done'
	launch
	await 'grep -q ":1B58 0*:0000 0A" /proc/'"$PID"'/net/tcp /proc/'"$PID"'/net/tcp6'
}

# It has its connection, as fd 9 of the test.
connect() {
	listen
	exec 9<>/dev/tcp/10.77.0.2/7000
	say one
	expect_heard '1 one'
}

say() {
	echo "$1" >&9
}

expect_heard() {
	local line
	read -r -t 30 -u 9 line || fail "nothing is heard"
	[ "$line" = "$1" ] || fail "heard: $line; expected: $1"
}

@test "criu: --tcp-established: a connection with another machine goes on" {
	needs_inet_sockets
	make_network
	connect
	refuses 'Connected TCP socket' checkpoint --image-path "$IMAGES" "${NFTABLES[@]}" "$ID"
	say two
	expect_heard '2 two'
	checkpoint --tcp-established "${NFTABLES[@]}" "$ID"
	# Nobody is there to answer, and nobody may say so.
	say three
	restore --tcp-established "$ID"
	expect_heard '3 three'
	say four
	expect_heard '4 four'
	end_network
}

@test "criu: --tcp-established, left running, and packets are kept away by iptables" {
	local lock=()
	needs_inet_sockets
	make_network
	connect
	! has_option checkpoint network-lock || lock=(--network-lock iptables)
	checkpoint --tcp-established --leave-running "${lock[@]}" "$ID"
	say two
	expect_heard '2 two'
	end_network
}

@test "criu: --tcp-skip-in-flight: a connection that was not accepted yet is left out" {
	needs_option checkpoint tcp-skip-in-flight
	needs_inet_sockets
	make_network
	listen
	kill -STOP "$PID"
	await 'grep -q "^State:.*stopped" /proc/'"$PID"'/status'
	exec 9<>/dev/tcp/10.77.0.2/7000
	refuses 'In-flight connection' checkpoint --image-path "$IMAGES" "${NFTABLES[@]}" "$ID"
	checkpoint --tcp-skip-in-flight "${NFTABLES[@]}" "$ID"
	exec 9>&-
	restore "$ID"
	kill -CONT "$PID"
	exec 9<>/dev/tcp/10.77.0.2/7000
	say one
	expect_heard '1 one'
	end_network
}

@test "criu: --tcp-close: the program finds its connection closed" {
	needs_option restore tcp-close
	needs_inet_sockets
	make_network
	connect
	checkpoint --tcp-established "${NFTABLES[@]}" "$ID"
	refuses 'Connected TCP socket in image' restore --detach --image-path "$IMAGES" --bundle "$BUNDLE" "$ID"
	status=0
	timeout 60 "$CORC" --root "$ROOT" restore --tcp-close --image-path "$IMAGES" --bundle "$BUNDLE" "$ID" \
		</dev/null >output 2>&1 3>&- 7>&- 9>&- || status=$?
	[ "$status" -eq 0 ] || fail "$status: $(<output)"
	end_network
}

@test "criu: --pre-dump and --parent-path: a chain of three folders" {
	local line=' *pre-dump: [0-9]+ pages, [0-9.]+ MiB, [0-9.]+ s'
	needs_tracking
	start_memory
	succeeds checkpoint --pre-dump --image-path "$PWD/1" "$ID"
	[ "$CORC_TEST_PROGRAM" != corc ] || expect_line "$line"
	expect_status "$ID" running
	expect_memory
	succeeds checkpoint --pre-dump --image-path "$PWD/2" --parent-path ../1 "$ID"
	expect_memory
	IMAGES=$PWD/3
	checkpoint --parent-path ../2 "$ID"
	[ "$(written 1)" -gt 8000000 ]
	[ "$(written 3)" -lt "$(written 1)" ]
	[ "$(readlink 3/parent)" = ../2 ]
	restore "$ID"
	expect_memory
}

@test "criu: --pre-dump on a terminal shows how far it is" {
	corc_only "shows nothing of a pre-dump"
	needs_tracking
	start_memory
	"$PROGRAMS/in-terminal" "$CORC" --root "$ROOT" checkpoint --pre-dump --image-path "$IMAGES" "$ID" \
		>shown </dev/null 3>&- 7>&-
	grep -qE $'^\rpre-dump: .*\rpre-dump: [0-9]+ pages, [0-9.]+ MiB, [0-9.]+ s\r$' shown
	expect_memory
}

@test "criu: --auto-dedup: what a later folder has is taken out of the earlier" {
	local before
	needs_option checkpoint auto-dedup
	needs_tracking
	start_memory
	succeeds checkpoint --pre-dump --image-path "$PWD/1" "$ID"
	before=$(du -s 1 | cut -f 1)
	IMAGES=$PWD/2
	ask >/dev/null
	checkpoint --auto-dedup --parent-path ../1 "$ID"
	[ "$(du -s 1 | cut -f 1)" -lt "$before" ]
	restore "$ID"
	expect_memory
}

@test "criu: --pre-dump is refused where the kernel does not track changes, before anything is touched" {
	! criu check --feature mem_dirty_track >/dev/null 2>&1 || skip "this kernel tracks changes of memory"
	start_counter
	refuses 'CONFIG_MEM_SOFT_DIRTY' checkpoint --pre-dump --image-path "$IMAGES" "$ID"
	[ ! -e "$IMAGES" ]
	expect_answer 1
}
