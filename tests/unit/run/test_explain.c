/* SPDX-License-Identifier: Apache-2.0 */
/* What a stage reports, in words; and that a report of any content is harmless. */
#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

#include "plan/builder.h"
#include "run/conductor.h"
#include "run_fixture.h"

/* The ops of the plan. */
enum {
	MOUNT,
	CHDIR,
	IDENTITY,
	DEVICE,
	CONSOLE,
	SECCOMP,
	HOME,
	KEYRING,
	PROFILE,
	LABEL,
	KEY_LABEL,
	LOOKUP,
	EXEC,
	OP_COUNT
};

static const char config[] =
	"{\"ociVersion\": \"1.3.0\", \"root\": {\"path\": \"rootfs\"},\n"
	" \"process\": {\"args\": [\"prog\"], \"cwd\": \"/srv\"},\n"
	" \"mounts\": [\n"
	"  {\"destination\": \"/tmp\", \"type\": \"tmpfs\", \"source\": \"tmpfs\"}],\n"
	" \"linux\": {\"namespaces\": [{\"type\": \"mount\"}]}}";

static struct corc_arena arena;
static struct corc_spec *spec;
static struct corc_plan plan;
static struct corc_error error;

/* The plan with this program. */
static int make_plan(const char *program)
{
	static const char *const options[] = {"size=64k", "noswap", "mode=1777"};
	struct corc_builder builder;

	corc_builder_init(&builder, &arena, 16);
	struct corc_op *op = corc_builder_op(
		&builder, CORC_OP_MOUNT, corc_source(spec->mounts.items[0].node, "options"));

	op->mount.fstype = corc_builder_string(&builder, "tmpfs");
	op->mount.source = corc_builder_string(&builder, "tmpfs");
	op->mount.destination = corc_builder_string(&builder, "/tmp");
	op->mount.data = corc_builder_list(&builder, options, COUNT(options));
	op = corc_builder_op(&builder, CORC_OP_CHDIR, corc_source(spec->process->node, "cwd"));
	op->path.path = corc_builder_string(&builder, "/srv");
	(void)corc_builder_op(&builder, CORC_OP_IDENTITY, corc_source(0, NULL));
	op = corc_builder_op(&builder, CORC_OP_DEVICE, corc_source(0, NULL));
	op->device.path = corc_builder_string(&builder, "/dev/null");
	op->device.mode = S_IFCHR | 0666;
	(void)corc_builder_op(&builder, CORC_OP_CONSOLE, corc_source(0, NULL));
	(void)corc_builder_op(&builder, CORC_OP_SECCOMP, corc_source(0, NULL));
	(void)corc_builder_op(&builder, CORC_OP_HOME, corc_source(0, NULL));
	op = corc_builder_op(&builder, CORC_OP_KEYRING, corc_source(0, NULL));
	op->keyring.name = corc_builder_string(&builder, "_ses.web");
	for (uint32_t use = 0; use <= CORC_LABEL_SELINUX_KEYS; use++) {
		op = corc_builder_op(&builder, CORC_OP_LABEL, corc_source(0, NULL));
		op->label.text = corc_builder_string(&builder, "some-label");
		op->label.use = use;
	}
	op = corc_builder_op(
		&builder, CORC_OP_LOOKUP, corc_source_item(spec->process->node, "args", 0));
	op->list.items = corc_builder_list(&builder, &program, 1);
	op->list.count = 1;
	(void)corc_builder_op(&builder, CORC_OP_EXEC, corc_source(spec->process->node, "args"));
	return corc_builder_finish(&builder, CORC_PLAN_CREATE, 0, &plan, &error);
}

static int plan_setup(void **state)
{
	(void)state;
	if (corc_spec_parse(&arena, "config.json", config, strlen(config), &spec, &error) < 0)
		return -1;
	return make_plan("prog");
}

static int plan_teardown(void **state)
{
	(void)state;
	corc_arena_done(&arena);
	return 0;
}

static void explain(uint32_t op, int code, uint32_t detail, uint64_t value)
{
	struct corc_message message = {.type = CORC_MESSAGE_FAILED,
		.code = code,
		.op = op,
		.detail = detail,
		.value = value};

	memset(&error, 0x55, sizeof(error));
	int r = corc_explain(&plan, &spec->document, &message, &error);

	assert_int_equal(r, -error.code);
}

static void assert_explained(
	uint32_t op, int code, uint32_t detail, enum corc_step step, const char *text)
{
	explain(op, code, detail, 0);
	assert_string_equal(error.message, text);
	assert_int_equal(error.code, code);
	assert_int_equal(error.step, step);
}

#define MOUNT_TEXT "mount tmpfs on /tmp (size=64k,noswap,mode=1777)"

static void test_plain(void **state)
{
	(void)state;
	assert_explained(MOUNT, EPERM, 0, CORC_STEP_MOUNTS, MOUNT_TEXT ": operation not permitted");
	assert_explained(CHDIR, ENOENT, 0, CORC_STEP_EXEC,
		"chdir to cwd (\"/srv\"): no such file or directory");
	assert_explained(DEVICE, EPERM, 0, CORC_STEP_DEVICES,
		"device /dev/null (c 0:0, mode 0666): "
		"operation not permitted");
}

static void test_keyring(void **state)
{
	(void)state;
	assert_explained(KEYRING, EDQUOT, 0, CORC_STEP_IDENTITY,
		"unable to join session keyring _ses.web: disk quota exceeded");
	assert_non_null(strstr(error.hint, "/proc/sys/kernel/keys/maxkeys"));
	assert_explained(KEYRING, EACCES, 0, CORC_STEP_IDENTITY,
		"unable to join session keyring _ses.web: permission denied");
	assert_string_equal(error.hint, "");
}

static void test_closed_directory(void **state)
{
	struct corc_message message = {.code = EACCES,
		.op = CHDIR,
		.detail = CORC_DETAIL_CLOSED,
		.value = CORC_FILE_VALUE(0700, 1000),
		.text = "/home/u"};
	struct corc_plan mapped = plan;

	(void)state;
	assert_int_equal(corc_explain(&plan, &spec->document, &message, &error), -EACCES);
	assert_string_equal(error.message, "chdir to cwd (\"/srv\"): permission denied");
	assert_string_equal(
		error.hint, "/home/u is closed to the user of the process: mode 0700, owner 1000");
	mapped.uid_map = "0 100000 65536\n";
	message.op = LOOKUP;
	message.value = CORC_FILE_VALUE(04750, 4294967294u);
	assert_int_equal(corc_explain(&mapped, &spec->document, &message, &error), -EACCES);
	assert_string_equal(error.message, "exec: \"prog\": permission denied");
	assert_string_equal(error.hint,
		"/home/u is closed to the user of the process: mode 4750, owner 4294967294; "
		"its user namespace maps user 0 to 100000 of the host");
}

static void test_labels(void **state)
{
	static const struct {
		uint32_t op;
		int code; /* with a hint of its own */
		const char *text;
	} labels[] = {
		{PROFILE, ENOENT,
			"unable to apply apparmor profile: write "
			"`/proc/self/attr/apparmor/exec`: \"some-label\": "},
		{LABEL, EINVAL,
			"can't set process label: write `/proc/self/attr/exec`: \"some-label\": "},
		{KEY_LABEL, EINVAL,
			"can't set key label: write `/proc/self/attr/keycreate`: \"some-label\": "},
	};
	static const int codes[] = {ENOENT, EINVAL, EACCES, EPERM};

	(void)state;
	for (size_t i = 0; i < COUNT(labels); i++)
		for (size_t k = 0; k < COUNT(codes); k++) {
			char text[16], expected[256];

			(void)snprintf(expected, sizeof(expected), "%s%s", labels[i].text,
				corc_errno_text(codes[k], text));
			assert_explained(labels[i].op, codes[k], 0, CORC_STEP_IDENTITY, expected);
			if (codes[k] == EACCES)
				assert_non_null(strstr(error.hint, "confined"));
			else
				assert_int_equal(error.hint[0] != '\0', codes[k] == labels[i].code);
		}
	assert_explained(PROFILE, EPERM, CORC_DETAIL_READ_BACK, CORC_STEP_IDENTITY,
		"unable to apply apparmor profile: write `/proc/self/attr/apparmor/exec`: "
		"\"some-label\" was written and reads back differently");
}

static void test_origin(void **state)
{
	(void)state;
	explain(CHDIR, EACCES, 0, 0);
	assert_string_equal(error.origin.file, "config.json");
	assert_string_equal(error.origin.path, "process.cwd");
	assert_int_equal(error.origin.line, 2);
	explain(MOUNT, EPERM, 0, 0);
	/* What was not given stands at its object. */
	assert_string_equal(error.origin.path, "mounts[0]");
	assert_int_equal(error.origin.line, 4);
	explain(LOOKUP, EACCES, 0, 0);
	assert_string_equal(error.origin.path, "process.args[0]");
	struct corc_message message = {.code = EACCES, .op = CHDIR};

	assert_int_equal(corc_explain(&plan, NULL, &message, &error), -EACCES);
	assert_int_equal(error.origin.line, 0);
}

/* Every detail says what it means; those without words of their own leave the errno. */
static void test_details(void **state)
{
	(void)state;
	assert_explained(CHDIR, ENOENT, CORC_DETAIL_CWD_OUTSIDE, CORC_STEP_EXEC,
		"chdir to cwd (\"/srv\"): current working directory is outside of container mount "
		"namespace root -- possible container breakout detected");
	assert_explained(DEVICE, EEXIST, CORC_DETAIL_NOT_A_DEVICE, CORC_STEP_DEVICES,
		"device /dev/null (c 0:0, mode 0666): something else is in its place: "
		"file exists");
	assert_explained(CONSOLE, ENODEV, CORC_DETAIL_NOT_DEVPTS, CORC_STEP_CONSOLE,
		"console for user 0: /dev/pts/ptmx of the container is no terminal multiplexer: "
		"no such device");
	assert_explained(MOUNT, EPERM, CORC_DETAIL_INSIDE_PROC, CORC_STEP_MOUNTS,
		MOUNT_TEXT ": the destination cannot be mounted because it is inside /proc");
	explain(MOUNT, EISDIR, CORC_DETAIL_TARGET, 0);
	assert_int_equal(error.code, ENOTDIR);
	assert_string_equal(error.message,
		MOUNT_TEXT ": the source is a file and the destination a "
			   "directory: not a directory");
	assert_explained(MOUNT, EROFS, CORC_DETAIL_TARGET, CORC_STEP_MOUNTS,
		MOUNT_TEXT ": destination: read-only file system");
	assert_string_equal(
		error.hint, "it is not there and cannot be made: the rootfs itself is read-only");
	assert_explained(MOUNT, ENOTDIR, CORC_DETAIL_TARGET, CORC_STEP_MOUNTS,
		MOUNT_TEXT ": destination: not a directory");
	assert_string_equal(error.hint, "the destination is a file");
	assert_explained(MOUNT, ENODEV, CORC_DETAIL_FILESYSTEM, CORC_STEP_MOUNTS,
		MOUNT_TEXT ": file system type: no such device");
	assert_explained(MOUNT, EBADMSG, CORC_DETAIL_PLAN, CORC_STEP_MOUNTS,
		MOUNT_TEXT ": the plan is damaged: bad message");
	explain(IDENTITY, EPERM, CORC_DETAIL_READ_BACK, 0);
	assert_non_null(strstr(error.message, ": what was set reads back differently"));
	assert_null(strstr(error.message, "not permitted"));
	explain(SECCOMP, EINVAL, CORC_DETAIL_SECCOMP, 0);
	assert_non_null(strstr(error.message, ": invalid argument"));
	assert_int_equal(error.step, CORC_STEP_SECCOMP);
	explain(HOME, EIO, CORC_DETAIL_PASSWD, 0);
	assert_non_null(strstr(error.message, "home directory of user 0"));
}

static void test_options(void **state)
{
	static const struct {
		uint64_t value;
		const char *name;
	} cases[] = {
		{0, "size=64k"},
		{1, "noswap"},
		{2, "mode=1777"},
		{3, "?"},
		{UINT32_MAX, "?"},
		{UINT64_MAX, "?"},
	};
	char text[128];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		explain(MOUNT, EINVAL, CORC_DETAIL_OPTION, cases[i].value);
		(void)snprintf(text, sizeof(text), MOUNT_TEXT ": option \"%s\": invalid argument",
			cases[i].name);
		assert_string_equal(error.message, text);
	}
	/* Of an op without options it is nonsense. */
	explain(CHDIR, EINVAL, CORC_DETAIL_OPTION, 1);
	assert_string_equal(error.message, "chdir to cwd (\"/srv\"): invalid argument");
}

/* --- programs --------------------------------------------------------------------------------- */

static void assert_program(int code, uint32_t detail, const char *text)
{
	static const uint32_t ops[] = {LOOKUP, EXEC};

	for (size_t i = 0; i < COUNT(ops); i++)
		assert_explained(ops[i], code, detail, CORC_STEP_EXEC, text);
}

static void test_programs(void **state)
{
	(void)state;
	assert_program(ENOENT, CORC_DETAIL_NOT_IN_PATH,
		"exec: \"prog\": executable file not found in $PATH: no such file or directory");
	assert_program(EACCES, 0, "exec: \"prog\": permission denied");
	assert_program(ENOEXEC, 0, "exec: \"prog\": exec format error");
	assert_int_equal(make_plan("/bin/prog"), 0);
	assert_program(ENOENT, 0, "exec: \"/bin/prog\": stat /bin/prog: no such file or directory");
	assert_program(EISDIR, 0, "exec: \"/bin/prog\": is a directory");
	assert_program(ENOTDIR, 0, "exec: \"/bin/prog\": not a directory");
	/* Details that are of no program say nothing about one. */
	assert_program(
		EPERM, CORC_DETAIL_CWD_OUTSIDE, "exec: \"/bin/prog\": operation not permitted");
}

static void test_program_hints(void **state)
{
	static const struct {
		int code;
		uint32_t detail;
		uint64_t value;
		const char *hint;
	} cases[] = {
		{EACCES, CORC_DETAIL_NO_X_BIT, 0644, "its mode is 0644, its owner user 0"},
		{EACCES, CORC_DETAIL_NO_X_BIT, UINT64_MAX,
			"its mode is 7777, its owner user 4294967295"},
		{EACCES, CORC_DETAIL_NOEXEC_MOUNT, 0, "its file system is mounted noexec"},
		{ENOEXEC, CORC_DETAIL_MACHINE, 22,
			"it is a program for another processor (ELF machine 22)"},
		{ENOEXEC, CORC_DETAIL_MACHINE, UINT64_MAX,
			"it is a program for another processor (ELF machine 65535)"},
		{ENOEXEC, CORC_DETAIL_NO_FORMAT, 0,
			"it is neither an ELF program nor a script with a \"#!\" line"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		explain(EXEC, cases[i].code, cases[i].detail, cases[i].value);
		assert_string_equal(error.hint, cases[i].hint);
		assert_int_equal(strncmp(error.message, "exec: \"prog\": ", 14), 0);
		assert_int_equal(error.code, cases[i].code);
	}
}

static void explain_interpreter(const char *text, size_t length)
{
	struct corc_message message = {
		.code = ENOENT, .op = EXEC, .detail = CORC_DETAIL_INTERPRETER};

	memcpy(message.text, text, length);
	assert_int_equal(corc_explain(&plan, &spec->document, &message, &error), -ENOENT);
}

static void test_interpreter(void **state)
{
	char text[sizeof(((struct corc_message *)0)->text)];

	(void)state;
	explain_interpreter("/bin/bash", 10);
	assert_string_equal(error.message,
		"exec: \"prog\": interpreter \"/bin/bash\" not found: no such file or directory");
	assert_string_equal(error.hint, "");
	explain_interpreter("/bin/sh\r", 9);
	assert_string_equal(error.message,
		"exec: \"prog\": interpreter \"/bin/sh\\r\" not found: no such file or directory");
	assert_string_equal(error.hint, "the script has Windows line ends");
	/* It is the image's text: nothing of it reaches a terminal or a log as it is. */
	explain_interpreter("a\x1b[2J\"\n\x80\xff", 10);
	assert_non_null(strstr(error.message, "\"a\\x1b[2J\\x22\\x0a\\x80\\xff\""));
	/* Without an end, and of the worst kind. */
	memset(text, '\xff', sizeof(text));
	explain_interpreter(text, sizeof(text));
	assert_true(strlen(error.message) < sizeof(error.message));
	assert_non_null(strstr(error.message, "\\xff\" not found: no such file or directory"));
	explain_interpreter("", 1);
	assert_non_null(strstr(error.message, "its \"#!\" line names no interpreter"));
}

/* ENOTDIR of a destination: which part of it is no directory. */
static void test_not_a_directory(void **state)
{
	struct corc_message message = {
		.code = ENOTDIR, .op = MOUNT, .detail = CORC_DETAIL_TARGET, .text = "/tmp"};

	(void)state;
	assert_int_equal(make_plan("prog"), 0);
	assert_int_equal(corc_explain(&plan, &spec->document, &message, &error), -ENOTDIR);
	assert_string_equal(error.hint, "the destination is a file");
	(void)snprintf(message.text, sizeof(message.text), "/t\n");
	assert_int_equal(corc_explain(&plan, &spec->document, &message, &error), -ENOTDIR);
	assert_string_equal(error.hint, "/t\\x0a on the way is a file");
	memset(message.text, 'x', sizeof(message.text));
	assert_int_equal(corc_explain(&plan, &spec->document, &message, &error), -ENOTDIR);
	assert_non_null(strstr(error.hint, "xx"));
}

/* Where the file forbids nothing it may be a security module, if one has been asked for. */
static void test_confined(void **state)
{
	static const struct corc_message denied = {.code = EACCES}, missing = {.code = ENOENT},
					 file = {.code = EACCES, .detail = CORC_DETAIL_NO_X_BIT};
	struct corc_error failure = {.code = EACCES};

	(void)state;
	assert_int_equal(make_plan("prog"), 0);
	explain(EXEC, EACCES, 0, 0);
	assert_string_equal(
		error.hint, "its file allows it, the AppArmor profile \"some-label\" may not");
	explain(LOOKUP, EACCES, 0, 0);
	assert_string_equal(error.hint, "");
	explain(EXEC, EACCES, CORC_DETAIL_NOEXEC_MOUNT, 0);
	assert_null(strstr(error.hint, "some-label"));
	assert_int_equal(corc_hint_confined(NULL, "a:b:c", &denied, &failure), -EACCES);
	assert_string_equal(failure.hint, "its file allows it, SELinux may not for \"a:b:c\"");
	failure.hint[0] = '\0';
	(void)corc_hint_confined("unconfined", "", &denied, &failure);
	(void)corc_hint_confined(NULL, NULL, &denied, &failure);
	(void)corc_hint_confined("profile", "a:b:c", &missing, &failure);
	(void)corc_hint_confined("profile", "a:b:c", &file, &failure);
	assert_string_equal(failure.hint, "");
}

/* The words for EXEC when the plan has no program in it. */
static void test_exec_without_lookup(void **state)
{
	struct corc_builder builder;

	(void)state;
	corc_builder_init(&builder, &arena, 16);
	(void)corc_builder_op(&builder, CORC_OP_EXEC, corc_source(0, NULL));
	assert_int_equal(corc_builder_finish(&builder, CORC_PLAN_CREATE, 0, &plan, &error), 0);
	explain(0, ENOEXEC, CORC_DETAIL_NOT_IN_PATH, 0);
	assert_string_equal(error.message, "exec: exec format error");
}

/* --- hostile reports -------------------------------------------------------------------------- */

static void test_hostile_numbers(void **state)
{
	static const uint32_t ops[] = {OP_COUNT, OP_COUNT + 1, 65536, INT32_MAX, UINT32_MAX};
	static const int codes[] = {0, -1, -ENOENT, 4096, INT_MAX, INT_MIN};

	(void)state;
	for (size_t i = 0; i < COUNT(ops); i++) {
		explain(ops[i], ENOENT, 0, 0);
		assert_int_equal(error.code, EPROTO);
		assert_string_equal(error.message, "the stage sent a report that makes no sense");
	}
	for (size_t i = 0; i < COUNT(codes); i++) {
		explain(MOUNT, codes[i], 0, 0);
		assert_int_equal(error.code, EPROTO);
	}
	explain(MOUNT, 4095, 0, 0);
	assert_int_equal(error.code, 4095);
	assert_string_equal(error.message, MOUNT_TEXT ": errno 4095");
}

/* Every op with every detail and beyond, with a number that leads nowhere. */
static void test_hostile_details(void **state)
{
	static const uint32_t beyond[] = {CORC_DETAIL_MAX_, 1000, INT32_MAX, UINT32_MAX};

	(void)state;
	for (uint32_t op = 0; op < OP_COUNT; op++) {
		for (uint32_t detail = 0; detail < CORC_DETAIL_MAX_; detail++) {
			explain(op, EPERM, detail, UINT64_MAX);
			assert_int_equal(error.code,
				detail == CORC_DETAIL_NOT_IN_PATH && op >= LOOKUP ? ENOENT : EPERM);
			assert_true(memchr(error.message, '\0', sizeof(error.message)));
			assert_string_not_equal(error.message, "");
			assert_int_not_equal(error.step, CORC_STEP_NONE);
		}
		for (size_t i = 0; i < COUNT(beyond); i++) {
			char plain[sizeof(error.message)];

			explain(op, EPERM, CORC_DETAIL_NONE, 0);
			(void)snprintf(plain, sizeof(plain), "%s", error.message);
			explain(op, EPERM, beyond[i], 7);
			assert_string_equal(error.message, plain);
		}
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, plan_setup, plan_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_plain),
		TEST(test_keyring),
		TEST(test_closed_directory),
		TEST(test_labels),
		TEST(test_origin),
		TEST(test_details),
		TEST(test_options),
		TEST(test_programs),
		TEST(test_program_hints),
		TEST(test_interpreter),
		TEST(test_not_a_directory),
		TEST(test_confined),
		TEST(test_exec_without_lookup),
		TEST(test_hostile_numbers),
		TEST(test_hostile_details),
	};

	return cmocka_run_group_tests_name("run/explain", tests, NULL, NULL);
}
