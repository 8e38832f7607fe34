/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sources of bind mounts: opened, finished, sent. The clones are attached nowhere and go with their
 * fds; the tree that they are taken from is in a mount namespace of the test's child.
 */
#include "sys/mount.h"

#include <errno.h>
#include <fcntl.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "plan/builder.h"
#include "run/conductor.h"
#include "run_fixture.h"
#include "sys/message.h"
#include "sys/process.h"

static const char config[] = "{\"ociVersion\": \"1.3.0\", \"root\": {\"path\": \"rootfs\"},\n"
			     " \"process\": {\"args\": [\"sh\"], \"cwd\": \"/\"},\n"
			     " \"mounts\": [{\"destination\": \"/data\", \"type\": \"bind\",\n"
			     "  \"source\": \"/data\", \"options\": [\"bind\"]}],\n"
			     " \"linux\": {\"namespaces\": [{\"type\": \"mount\"}]}}";

static struct corc_arena arena;
static struct corc_spec *spec;
static struct corc_builder builder;
static struct corc_plan plan;
static struct corc_conductor conductor;
static struct corc_error error;
static int stage;
static char source[128];

static int binds_setup(void **state)
{
	int pair[2];

	if (run_setup(state) < 0)
		return -1;
	(void)snprintf(source, sizeof(source), "%s", run_path("source"));
	make_directory(*(int *)*state, "source");
	make_directory(*(int *)*state, "source/sub");
	if (corc_spec_parse(&arena, "config.json", config, strlen(config), &spec, &error) < 0 ||
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	corc_builder_init(&builder, &arena, 16);
	conductor = (struct corc_conductor){.runtime = run_runtime(),
		.plan = &plan,
		.document = &spec->document,
		.stage = {.pidfd = -1, .channel = pair[0]},
		.console_fd = -1};
	stage = pair[1];
	return 0;
}

static int binds_teardown(void **state)
{
	corc_close_(stage);
	corc_close_(conductor.stage.channel);
	corc_arena_done(&arena);
	return run_teardown(state);
}

static struct corc_plan_bind *add_bind(const char *path, const char *destination)
{
	struct corc_plan_bind *bind =
		corc_builder_bind(&builder, corc_source(spec->mounts.items[0].node, "source"));

	bind->path = path;
	bind->destination = destination;
	return bind;
}

static void finish_plan(void)
{
	(void)corc_builder_op(&builder, CORC_OP_READY, corc_source(0, NULL));
	assert_int_equal(corc_builder_finish(&builder, CORC_PLAN_CREATE, 0, &plan, &error), 0);
}

/* One batch; the fds are the caller's. */
static size_t receive_batch(int fds[CORC_MOUNT_BATCH])
{
	struct corc_message message = {0};
	size_t count = 0;

	child_equal(
		corc_receive_fds(stage, &message, sizeof(message), fds, CORC_MOUNT_BATCH, &count),
		sizeof(message));
	child_equal(message.type, CORC_MESSAGE_MOUNTS);
	child_equal((long long)message.value, (long long)count);
	return count;
}

/* The tree is shared, as on most hosts, and has a file system of its own below. */
static void make_tree(void)
{
	child_equal(corc_unshare(CLONE_NEWNS), 0);
	child_equal(corc_mount_setattr_path("/", 1, 0, 0, MS_PRIVATE), 0);
	int whole = corc_open_tree_clone(AT_FDCWD, source, 0);

	child_equal(corc_attach_mount(whole, open(source, O_PATH | O_CLOEXEC)), 0);
	child_equal(corc_mount_setattr(whole, 0, 0, 0, MS_SHARED), 0);
	child_equal(chdir(source), 0);
	int context = corc_fsopen("tmpfs");
	int mount = corc_fsmount(context, 0);

	child_equal(mkdirat(mount, "below", 0700), 0);
	child_equal(corc_attach_mount(mount, open("sub", O_PATH | O_CLOEXEC)), 0);
}

static unsigned long flags_of(int fd, const char *path)
{
	int CORC_CLOSE file = openat(fd, path, O_PATH | O_CLOEXEC);
	struct statvfs status;

	child_assert(file >= 0);
	child_equal(fstatvfs(file, &status), 0);
	return status.f_flag & (ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC);
}

static bool has(int fd, const char *path)
{
	return faccessat(fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* --- what is sent ----------------------------------------------------------------------------- */

static int send_and_look(void *argument)
{
	int fds[CORC_MOUNT_BATCH];
	size_t before;

	(void)argument;
	make_tree();
	before = open_fds();
	child_equal(corc_binds_send(&conductor, &error), 0);
	child_equal((long long)open_fds(), (long long)before);
	child_equal((long long)receive_batch(fds), 3);
	/* Only the mount itself. */
	child_assert(has(fds[0], "sub") && !has(fds[0], "sub/below"));
	child_equal((long long)flags_of(fds[0], "."), ST_RDONLY | ST_NODEV);
	/* All below, the attributes on the top alone. */
	child_assert(has(fds[1], "sub/below"));
	child_equal((long long)flags_of(fds[1], "."), ST_RDONLY);
	child_equal((long long)flags_of(fds[1], "sub"), 0);
	/* And on all. */
	child_equal((long long)flags_of(fds[2], "."), ST_RDONLY | ST_NOEXEC);
	child_equal((long long)flags_of(fds[2], "sub"), ST_RDONLY | ST_NOEXEC);
	/* The host's own is as it was. */
	child_equal((long long)flags_of(AT_FDCWD, "."), 0);
	return 0;
}

static void test_attributes(void **state)
{
	(void)state;
	need_root();
	add_bind(source, "/data")->attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV;
	struct corc_plan_bind *bind = add_bind(source, "/data");

	bind->recursive = true;
	bind->attr_set = MOUNT_ATTR_RDONLY;
	bind = add_bind(source, "/data");
	bind->recursive = true;
	bind->recursive_attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC;
	finish_plan();
	run_in_child(send_and_look, NULL);
}

/* What is mounted in the container must not appear on the host. */
static int send_and_mount_below(void *argument)
{
	int fds[CORC_MOUNT_BATCH];
	int expected = *(int *)argument;

	make_tree();
	child_equal(mkdir("place", 0700), 0);
	child_equal(mkdir("spot", 0700), 0);
	child_equal(corc_binds_send(&conductor, &error), 0);
	child_equal((long long)receive_batch(fds), 1);
	/* Attached beside the source, as the stage does it inside. */
	child_equal(mkdir("../inside", 0700), 0);
	child_equal(corc_attach_mount(fds[0], open("../inside", O_PATH | O_CLOEXEC)), 0);
	int context = corc_fsopen("tmpfs");
	int mount = corc_fsmount(context, 0);

	child_equal(mkdirat(mount, "leaked", 0700), 0);
	child_equal(corc_attach_mount(mount, open("../inside/place", O_PATH | O_CLOEXEC)), 0);
	child_equal(has(AT_FDCWD, "../inside/place/leaked"), 1);
	child_equal(has(AT_FDCWD, "place/leaked"), expected);
	return 0;
}

static void check_propagation(uint64_t inherited, uint64_t asked, int appears)
{
	struct corc_plan_bind *bind = add_bind(source, "/data");

	bind->tree_propagation = inherited;
	bind->propagation = asked;
	finish_plan();
	run_in_child(send_and_mount_below, &appears);
}

static void test_propagation_of_the_container(void **state)
{
	(void)state;
	need_root();
	check_propagation(MS_PRIVATE, 0, 0);
}

static void test_slave_propagation(void **state)
{
	(void)state;
	need_root();
	check_propagation(MS_SLAVE, 0, 0);
}

/* The container's "/" is shared: so are its binds, with the host. */
static void test_shared_propagation(void **state)
{
	(void)state;
	need_root();
	check_propagation(0, 0, 1);
}

static void test_propagation_of_the_bind(void **state)
{
	(void)state;
	need_root();
	check_propagation(0, MS_PRIVATE, 0);
}

static int send_batches(void *argument)
{
	int fds[CORC_MOUNT_BATCH];

	(void)argument;
	make_tree();
	child_equal(corc_binds_send(&conductor, &error), 0);
	child_equal((long long)receive_batch(fds), CORC_MOUNT_BATCH);
	child_equal(corc_binds_send(&conductor, &error), 0);
	child_equal((long long)receive_batch(fds), 3);
	child_equal(corc_binds_send(&conductor, &error), -EPROTO);
	child_equal((long long)conductor.next_bind, CORC_MOUNT_BATCH + 3);
	return 0;
}

static void test_batches(void **state)
{
	(void)state;
	need_root();
	for (int i = 0; i < CORC_MOUNT_BATCH + 3; i++)
		(void)add_bind(source, "/data");
	finish_plan();
	run_in_child(send_batches, NULL);
}

/* --- what is refused -------------------------------------------------------------------------- */

struct refusal {
	int code;
	const char *message, *hint;
};

static int send_refused(void *argument)
{
	const struct refusal *refusal = argument;
	struct corc_message none;
	size_t before = open_fds();

	child_equal(corc_binds_send(&conductor, &error), -refusal->code);
	child_string(error.message, refusal->message);
	child_string(error.hint, refusal->hint);
	child_equal(error.step, CORC_STEP_MOUNTS);
	child_string(error.origin.path, "mounts[0].source");
	child_equal(error.origin.line, 4);
	/* Also those that were opened before the one that is refused. */
	child_equal((long long)open_fds(), (long long)before);
	child_equal(recv(stage, &none, sizeof(none), MSG_DONTWAIT), -1);
	return 0;
}

static void test_missing_source(void **state)
{
	struct refusal refusal = {ENOENT, "", ""};
	char text[256];

	(void)state;
	need_root();
	(void)add_bind(source, "/data");
	(void)add_bind("/nonexistent/source", "/data");
	finish_plan();
	(void)snprintf(text, sizeof(text),
		"bind /nonexistent/source on /data: source does not exist: "
		"no such file or directory");
	refusal.message = text;
	run_in_child(send_refused, &refusal);
}

static struct corc_plan_bind *add_device(unsigned minor)
{
	struct corc_plan_bind *bind = add_bind("/dev/null", "/dev/null");

	bind->is_device = true;
	bind->mode = S_IFCHR | 0666;
	bind->major = 1;
	bind->minor = minor;
	return bind;
}

static void test_devices(void **state)
{
	struct refusal refusal = {ENODEV,
		"bind /dev/null on /dev/null: source is another device: no such device",
		"wanted 1:5, there is 1:3"};

	(void)state;
	need_root();
	(void)add_device(5);
	finish_plan();
	run_in_child(send_refused, &refusal);
	plan.binds[0].minor = 3;
	plan.binds[0].mode = S_IFBLK | 0666;
	refusal.hint = "wanted 1:3, there is 1:3";
	run_in_child(send_refused, &refusal);
	plan.binds[0].mode = S_IFCHR | 0600;
	assert_success(corc_binds_send(&conductor, &error), &error);
}

static void test_proc(void **state)
{
	struct refusal refusal = {EINVAL, "", ""};
	char text[256];

	(void)state;
	need_root();
	add_bind(source, "/proc")->must_be_proc = true;
	finish_plan();
	(void)snprintf(text, sizeof(text), "%s",
		"\"/proc\" cannot be mounted because it is not of type proc");
	refusal.message = text;
	run_in_child(send_refused, &refusal);
	plan.binds[0].path = "/proc";
	assert_success(corc_binds_send(&conductor, &error), &error);
}

static int send_unprivileged(void *argument)
{
	if (geteuid() == 0)
		child_equal(setresuid(65534, 65534, 65534), 0);
	return send_refused(argument);
}

static void test_without_privileges(void **state)
{
	struct refusal refusal = {EPERM, "bind /tmp on /data: source: operation not permitted", ""};

	(void)state;
	(void)add_bind("/tmp", "/data");
	finish_plan();
	run_in_child(send_unprivileged, &refusal);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, binds_setup, binds_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_attributes),
		TEST(test_propagation_of_the_container),
		TEST(test_slave_propagation),
		TEST(test_shared_propagation),
		TEST(test_propagation_of_the_bind),
		TEST(test_batches),
		TEST(test_missing_source),
		TEST(test_devices),
		TEST(test_proc),
		TEST(test_without_privileges),
	};

	return cmocka_run_group_tests_name("run/binds", tests, NULL, NULL);
}
