#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Bad input: the texts, their positions, and that nothing is made.

load helpers

setup() {
	setup_test
	write_config
	BEFORE=$(snapshot)
}

# A configuration whose lines and columns the tests know.
write_config() {
	cat >"$BUNDLE/config.json" <<END
{
	"ociVersion": "1.3.0",
	"process": {
		"user": {"uid": 0, "gid": 0},
		"args": ["true"],
		"env": ["PATH=/bin"],
		"cwd": "/"
	},
	"root": {"path": "rootfs"},
	"mounts": [{"destination": "/proc", "type": "proc"}, {"destination": "/dev", "type": "tmpfs"}],
	"linux": {
		"cgroupsPath": "/$ID",
		"namespaces": [{"type": "pid"}, {"type": "mount"}]
	}
}
END
}

# change SED-SCRIPT: config.json is the known one, changed.
change() {
	write_config
	sed -i "$1" "$BUNDLE/config.json"
	BEFORE=$(snapshot)
}

snapshot() {
	find "$BUNDLE" ! -name config.json -printf '%p %y %m %s %T@\n' | sort
}

# refused TEXT...: create and run end with 1, say each TEXT, and nothing was made or changed.
refused() {
	local command text
	for command in create run; do
		corc "$command" --bundle "$BUNDLE" "$ID" </dev/null
		[ "$status" -eq 1 ] || fail "expected exit status 1"
		[ -z "$output" ] || fail "expected nothing on stdout"
		for text; do
			[[ "$stderr" == *"$text"* ]] || fail "expected on stderr: $text"
		done
	done
	[ "$(snapshot)" = "$BEFORE" ] || fail "the bundle was changed"
	expect_nothing_left
}

@test "the configuration that the others change is good" {
	succeeds run --bundle "$BUNDLE" "$ID"
}

@test "errors: another type than expected" {
	corc_only "knows no positions"
	change 's|"cwd": "/"|"cwd": 5|'
	refused "config.json:7:10: process.cwd: " "expected a string" "found the number 5"
	change 's|"args": .*|"args": "true",|'
	refused "config.json:5:11: process.args: " "expected an array" 'found the string "true"'
	change 's|\["true"\]|["true", {}]|'
	refused "config.json:5:20: process.args[1]: " "expected a string" "found an object"
	change 's|"uid": 0|"uid": "0"|'
	refused "config.json:4:19: process.user.uid: " "expected an integer" 'found the string "0"'
	change 's|"root": .*|"root": [],|'
	refused "config.json:9:10: root: " "expected an object" "found an array"
	change 's|"cwd": "/"|"cwd": "/", "terminal": "yes"|'
	refused "config.json:7:27: process.terminal: " "expected true or false" 'found the string "yes"'
}

@test "errors: numbers out of range" {
	corc_only "knows no positions"
	local number
	for number in -1 4294967295 4294967296 18446744073709551616 1.5 1e999 1e2 -0.5; do
		change "s|\"uid\": 0|\"uid\": $number|"
		refused "config.json:4:19: process.user.uid: " "expected an integer from 0 to 4294967294" \
			"found $number"
	done
}

@test "errors: ids that are no ids never end as root" {
	local number
	for number in -1 -0 4294967295 4294967296 18446744073709551616 1.5 00 +1 0x0; do
		change "s|\"uid\": 0|\"uid\": $number|; s|\\[\"true\"\\]|[\"id\", \"-u\"]|"
		corc run --bundle "$BUNDLE" "$ID"
		[ "$status" -ne 0 ] || [ "$number" = -0 ] || [ "$output" != 0 ] || fail "$number"
	done
}

@test "errors: words that are not known" {
	corc_only "knows no positions"
	change 's|"type": "pid"|"type": "pidd"|'
	refused "config.json:13:27: linux.namespaces[0].type: " 'unknown value "pidd"' "expected" network
	change 's|"cwd"|"rlimits": [{"type": "RLIMIT_X", "soft": 1, "hard": 1}], "cwd"|'
	refused "config.json:7:24: process.rlimits[0].type: " '"RLIMIT_X"' RLIMIT_NOFILE
}

@test "errors: what is missing" {
	corc_only "knows no positions"
	change '/"root"/d'
	refused "config.json:1:1: " 'required property "root" is missing'
	change '/"ociVersion"/d'
	refused "config.json:1:1: " 'required property "ociVersion" is missing'
	change '/"cwd"/d; s|"env": .*|"env": []|'
	refused "config.json:3:13: process: " 'required property "cwd" is missing'
	change 's|"destination": "/proc", ||'
	refused "config.json:10:13: mounts[0]: " 'required property "destination" is missing'
	change 's|\["true"\]|[]|'
	refused "config.json:5:11: process.args: " "args must not be empty"
}

@test "errors: text that is no JSON" {
	corc_only "knows no positions"
	change 's|"cwd": "/"|"cwd": "/",|'
	refused "config.json:8:2: "
	change '$d'
	refused "config.json:1" "complete"
	change 's|"args"|args|'
	refused "config.json:5:3: "
	change 's|"cwd": "/"|"cwd": tru|'
	refused "config.json:7:10: "
	change '$s|$| x|'
	refused "config.json:15:3: "
	printf '{"ociVersion": "\xff"}' >"$BUNDLE/config.json"
	refused "config.json:1:" "UTF-8"
	: >"$BUNDLE/config.json"
	refused "config.json:1:1: " "empty"
	echo '[]' >"$BUNDLE/config.json"
	refused "config.json:1:1: " "expected an object"
	printf '[%.0s' {1..100000} >"$BUNDLE/config.json"
	refused "config.json:1:" "nested"
	head -c 3000 "$CORC" >"$BUNDLE/config.json"
	refused "config.json:1:1: "
}

@test "errors: a NUL in a string" {
	corc_only "knows no positions"
	change 's|"cwd": "/"|"cwd": "/\\u0000etc"|'
	refused "config.json:7:10: process.cwd: " NUL
}

@test "errors: all of a file at once" {
	corc_only "tells the first"
	change 's|"cwd": "/"|"cwd": "relative"|; s|"uid": 0|"uid": -1|; s|PATH=/bin|PATH|; s|"pid"|"x"|;
		s|"cgroupsPath": "[^"]*"|"cgroupsPath": 1|'
	refused "config.json:4:19: process.user.uid: " "config.json:6:11: process.env[0]: " \
		"config.json:7:10: process.cwd: " "config.json:12:18: linux.cgroupsPath: " "config.json:13:27: linux.namespaces[0].type: "
	[ "$(wc -l <stderr)" -eq 5 ]
	[ "$(grep -c "^corc run $ID: config.json:" stderr)" -eq 5 ]
}

@test "errors: in one line when there is one" {
	change 's|"cwd": "/"|"cwd": "relative"|'
	refused "Cwd must be an absolute path"
	[ "$(wc -l <stderr)" -eq 1 ]
}

@test "errors: environment variables" {
	change 's|PATH=/bin|PATH|'
	refused "invalid environment variable"
	change 's|PATH=/bin|=x|'
	corc_only "takes an empty name"
	refused "config.json:6:11: process.env[0]: invalid environment variable"
}

@test "errors: another version of the specification" {
	corc_only "does not look"
	change 's|1.3.0|2.0.0|'
	refused "config.json:2:16: ociVersion: " '"2.0.0"' 1.x
}

@test "versions 1.0 to 1.9 of the specification are taken" {
	local version
	for version in 1.0.0 1.0.2-dev 1.1.0+dev 1.2.1 1.9.7; do
		change "s|1.3.0|$version|"
		succeeds run --bundle "$BUNDLE" "$ID"
	done
}

@test "unknown properties are ignored, at every level" {
	change 's|"ociVersion"|"x-unknown": [1, {"a": null}], "ociVersion"|;
		s|"uid": 0|"uid": 0, "unknown": {}|; s|"type": "pid"|"type": "pid", "unknown": 1|;
		s|"cgroupsPath"|"unknown": "", "cgroupsPath"|'
	succeeds run --bundle "$BUNDLE" "$ID"
}

@test "null stands for a property that is not there" {
	change 's|"cwd": "/"|"cwd": "/", "capabilities": null, "rlimits": null|;
		s|"cgroupsPath"|"resources": null, "devices": null, "seccomp": null, "cgroupsPath"|;
		s|"root"|"annotations": null, "hooks": null, "root"|'
	succeeds run --bundle "$BUNDLE" "$ID"
}

@test "objects may be empty" {
	change 's|"cgroupsPath"|"resources": {"blockIO": {}, "network": {}}, "cgroupsPath"|;
		s|"root"|"hooks": {}, "root"|'
	succeeds run --bundle "$BUNDLE" "$ID"
}

@test "errors: a bundle that is not there, or no directory" {
	fails 1 "no such file or directory" create --bundle "$PWD/nowhere" "$ID"
	[[ "$stderr" == *"$PWD/nowhere"* ]]
	fails 1 "not a directory" create --bundle "$BUNDLE/config.json" "$ID"
	expect_nothing_left
}

@test "errors: no config.json" {
	rm "$BUNDLE/config.json"
	fails 1 "config.json" create --bundle "$BUNDLE" "$ID"
	expect_nothing_left
	corc_only "does not give the errno's text"
	fails 1 "no such file or directory" create --bundle "$BUNDLE" "$ID"
}

@test "errors: config.json is a directory, a FIFO, a device" {
	rm "$BUNDLE/config.json"
	mkdir "$BUNDLE/config.json"
	fails 1 "is a directory" create --bundle "$BUNDLE" "$ID"
	rmdir "$BUNDLE/config.json"
	corc_only "hangs"
	mkfifo "$BUNDLE/config.json"
	fails 1 "config.json: is not a regular file" create --bundle "$BUNDLE" "$ID"
	rm "$BUNDLE/config.json"
	ln -s /dev/zero "$BUNDLE/config.json"
	fails 1 "config.json: is not a regular file" create --bundle "$BUNDLE" "$ID"
	expect_nothing_left
}

@test "errors: config.json of 100 MB" {
	{
		head -n 1 "$BUNDLE/config.json"
		head -c 100M /dev/zero | tr '\0' ' '
		tail -n +2 "$BUNDLE/config.json"
	} >big
	mv big "$BUNDLE/config.json"
	corc_only "reads it"
	fails 1 "config.json" create --bundle "$BUNDLE" "$ID"
	expect_error '16777216|too (large|big)'
	rm "$BUNDLE/config.json"
	expect_nothing_left
}

@test "a config.json of 1 MB is read" {
	config_set '.annotations = ([range(10000) | {key: "a\(.)", value: ("x" * 80)}] | from_entries)'
	succeeds run --bundle "$BUNDLE" "$ID"
}

@test "errors: a rootfs that is not there, or no directory" {
	change 's|"rootfs"|"nowhere"|'
	refused "no such file or directory" nowhere
	change 's|"rootfs"|"config.json"|'
	refused "not a directory"
	corc_only "knows no positions"
	refused "config.json:9:19: root.path: "
}

@test "errors: a rootfs that is /" {
	corc_only "makes the machine's root the container's"
	change 's|"rootfs"|"/"|; s|"path": "/"|"path": "/", "readonly": true|'
	corc run --bundle "$BUNDLE" "$ID"
	[ "$(</proc/self/mountinfo)" = "$MOUNTS_BEFORE" ]
	expect_nothing_left
}

@test "errors: paths with special characters are shown on one line" {
	mkdir "$PWD/a"$'\n'"b"
	corc create --bundle "$PWD/a"$'\n'"b" "$ID"
	[ "$status" -eq 1 ]
	corc_only "shows them as they are"
	[ "$(wc -l <stderr)" -eq 1 ]
}

@test "errors: the words that clients match" {
	write_config
	fails 1 "container does not exist" state "$ID"
	fails 1 "container does not exist" start "$ID"
	fails 1 "container does not exist" kill "$ID"
	fails 1 "container does not exist" delete "$ID"
	fails 255 "container does not exist" exec "$ID" true
	create_container
	fails 1 "container with given ID already exists" create --bundle "$BUNDLE" "$ID"
	fails 255 "executable file not found in \$PATH" exec "$ID" nowhere
	fails 255 "no such file or directory" exec "$ID" /nowhere
	fails 255 "permission denied" exec "$ID" /etc/passwd
	succeeds kill "$ID" KILL
	await_exit "$PID"
	fails 1 "container not running" kill "$ID"
	fails 255 "cannot exec in a stopped container" exec "$ID" true
}

@test "errors: name the command and the container" {
	corc_only "names only the command"
	fails 1 "corc state $ID: container does not exist" state "$ID"
	start_container
	fails 255 "corc exec $ID: " exec "$ID" nowhere
}

@test "errors: a state directory that is full" {
	mkdir full
	mount -t tmpfs -o size=4k,nr_inodes=2 full full
	corc --root "$PWD/full" create --bundle "$BUNDLE" "$ID" </dev/null
	local left
	left=$(ls -A full)
	umount full
	[ "$status" -eq 1 ]
	expect_error 'no space left on device'
	[ -z "$left" ]
	expect_nothing_left
}

@test "errors: a state directory that is read-only" {
	mkdir readonly
	mount -t tmpfs -o ro readonly readonly
	corc --root "$PWD/readonly" create --bundle "$BUNDLE" "$ID" </dev/null
	umount readonly
	[ "$status" -eq 1 ]
	expect_error 'read-only file system'
	expect_nothing_left
}
