/* SPDX-License-Identifier: Apache-2.0 */
/* The stage's image, which nobody can change, and starting it. */
#include "run/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/cleanup.h"
#include "plan/builder.h"
#include "plan/protocol.h"
#include "run_fixture.h"
#include "sys/emulator.h"

#define NOEXEC_SYSCTL "/proc/sys/vm/memfd_noexec"

static struct corc_error error;

static int open_image(void)
{
	int fd = corc_stage_image_fd(&error);

	if (fd < 0)
		fail_msg("%s", error.message);
	return fd;
}

/* --- the image -------------------------------------------------------------------------------- */

static void test_image_is_sealed(void **state)
{
	int CORC_CLOSE image = open_image();
	int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

	(void)state;
	assert_int_equal(fcntl(image, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(image, F_GET_SEALS) & seals, seals);
	assert_int_equal(pwrite(image, "x", 1, 0), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(ftruncate(image, 0), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(ftruncate(image, 1 << 30), -1);
	assert_ptr_equal(
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, image, 0), MAP_FAILED);
	assert_int_equal(fcntl(image, F_ADD_SEALS, F_SEAL_WRITE), -1);
	/* Opened anew by its magic link it is no other file. */
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", image);
	int CORC_CLOSE again = open(path, O_RDWR | O_CLOEXEC);

	assert_int_equal(pwrite(again, "x", 1, 0), -1);
}

/* It holds the program that was built. */
static void test_image_is_the_stage(void **state)
{
	const char *built = getenv("CORC_TEST_STAGE");
	int CORC_CLOSE image = open_image();
	char found[4096], expected[4096];
	struct stat status;

	(void)state;
	if (!built)
		skip_because("CORC_TEST_STAGE is not set");
	int CORC_CLOSE file = open(built, O_RDONLY | O_CLOEXEC);

	assert_int_equal(fstat(file, &status), 0);
	off_t size = status.st_size;

	assert_int_equal(fstat(image, &status), 0);
	assert_int_equal(status.st_size, size);
	for (off_t at = 0; at < size; at += (off_t)sizeof(found)) {
		ssize_t length = pread(image, found, sizeof(found), at);

		assert_true(length > 0);
		assert_int_equal(pread(file, expected, sizeof(expected), at), length);
		assert_memory_equal(found, expected, length);
	}
}

#define NO_LOADER "the kernel below the emulator does not execute its programs"

/* Without its arguments it ends with 1, whoever runs it. */
static int execute_image(void *argument)
{
	char *arguments[] = {(char *)"corc-init", NULL}, *none[] = {NULL};

	(void)syscall(SYS_execveat, *(int *)argument, "", arguments, none, AT_EMPTY_PATH);
	return is_emulated() && errno == ENOEXEC ? CHILD_SKIP : 100;
}

static int image_is_executable(void *image)
{
	int status = status_of_child(execute_image, image);

	child_assert(WIFEXITED(status));
	if (WEXITSTATUS(status) == CHILD_SKIP)
		return CHILD_SKIP;
	child_equal(WEXITSTATUS(status), 1);
	return 0;
}

static void test_image_is_executable(void **state)
{
	int CORC_CLOSE image = open_image();

	(void)state;
	try_in_child(image_is_executable, &image, NO_LOADER);
}

/* --- where memfds may not be executed --------------------------------------------------------- */

static int try_sysctl(char *digit)
{
	int CORC_CLOSE fd = open(NOEXEC_SYSCTL, O_RDONLY | O_CLOEXEC);

	return fd >= 0 && read(fd, digit, 1) == 1 ? 0 : -1;
}

/* This process is the first of its pid namespace, to which the sysctl belongs. */
static int image_without_memfd(void)
{
	int CORC_CLOSE sysctl = open(NOEXEC_SYSCTL, O_WRONLY | O_CLOEXEC);
	struct statvfs filesystem;
	struct stat status;

	if (sysctl < 0 || write(sysctl, "2", 1) != 1)
		return CHILD_SKIP;
	child_equal(memfd_create("corc-test", 0x10 /* MFD_EXEC */), -1);
	child_equal(errno, EACCES);
	int image = corc_stage_image_fd(&error);

	child_assert(image >= 0);
	child_equal(fcntl(image, F_GETFD), FD_CLOEXEC);
	/* Not a memfd but a file of a file system that is mounted nowhere, and read-only. */
	child_assert(fcntl(image, F_GETFL) & O_PATH);
	child_equal(fstatvfs(image, &filesystem), 0);
	child_equal((long long)(filesystem.f_flag & (ST_RDONLY | ST_NOSUID | ST_NODEV)),
		ST_RDONLY | ST_NOSUID | ST_NODEV);
	child_equal(fstat(image, &status), 0);
	child_equal(status.st_mode, S_IFREG | 0500);
	child_equal(fchmodat(image, "", 0700, AT_EMPTY_PATH), -1);
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", image);
	child_equal(open(path, O_WRONLY | O_CLOEXEC), -1);
	child_equal(errno, EROFS);
	child_equal(truncate(path, 0), -1);
	return image_is_executable(&image);
}

/* The function, in a pid namespace of its own. */
static int in_pid_namespace(void *argument)
{
	int (*function)(void) = *(int (**)(void))argument;
	int status;

	if (unshare(CLONE_NEWPID) < 0)
		return CHILD_SKIP;
	pid_t pid = fork();

	child_assert(pid >= 0);
	if (pid == 0)
		_exit(function());
	child_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static void without_memfd(int (*function)(void))
{
	char before = 0, after = 0;

	need_root();
	if (try_sysctl(&before) < 0)
		skip_because("the kernel has no vm.memfd_noexec");
	try_in_child(in_pid_namespace, &function, "vm.memfd_noexec cannot be set here");
	/* That of this pid namespace is what it was. */
	assert_int_equal(try_sysctl(&after), 0);
	assert_int_equal(after, before);
}

static void test_image_without_memfd(void **state)
{
	(void)state;
	without_memfd(image_without_memfd);
}

/* --- starting --------------------------------------------------------------------------------- */

static struct corc_arena arena;

/* READY, then sh -c SCRIPT, or true when it is NULL; environment: ANSWER=42. */
static const struct corc_plan_header *make_plan(const char *script)
{
	const char *arguments[] = {"/bin/sh", "-c", script ? script : "exit 0"};
	static const char *const environment[] = {"ANSWER=42"};
	struct corc_builder builder;
	struct corc_plan plan = {0};

	corc_builder_init(&builder, &arena, 16);
	struct corc_op *op = corc_builder_op(&builder, CORC_OP_ENVIRONMENT, corc_source(0, NULL));

	op->list.items = corc_builder_list(&builder, environment, 1);
	op->list.count = 1;
	op = corc_builder_op(&builder, CORC_OP_LOOKUP, corc_source(0, NULL));
	op->list.items = corc_builder_list(&builder, arguments, COUNT(arguments));
	op->list.count = COUNT(arguments);
	(void)corc_builder_op(&builder, CORC_OP_READY, corc_source(0, NULL));
	(void)corc_builder_op(&builder, CORC_OP_WAIT_START, corc_source(0, NULL));
	(void)corc_builder_op(&builder, CORC_OP_EXEC, corc_source(0, NULL));
	if (corc_builder_finish(&builder, CORC_PLAN_CREATE, 0, &plan, &error) < 0)
		return NULL;
	return plan.wire;
}

static struct corc_spawn make_request(const struct corc_plan_header *plan)
{
	struct corc_spawn request = {.plan = plan, .cgroup_fd = -1};

	need_call(SYS_clone3, "clone3");
	for (int i = 0; i < CORC_SLOT_MAX; i++)
		request.slots[i] = -1;
	return request;
}

static int arena_teardown(void **state)
{
	(void)state;
	corc_arena_done(&arena);
	return 0;
}

/* Waits for READY, says START, and returns the wait status of the user's program. */
static int talk(struct corc_stage_process *process)
{
	struct corc_message message = {0};
	siginfo_t info;

	if (recv(process->channel, &message, sizeof(message), 0) != (ssize_t)sizeof(message) ||
		message.type != CORC_MESSAGE_READY)
		return -1;
	message = (struct corc_message){.type = CORC_MESSAGE_START};
	if (send(process->channel, &message, sizeof(message), MSG_NOSIGNAL) !=
		(ssize_t)sizeof(message))
		return -2;
	/* Executed: the other end is closed without a word. */
	if (recv(process->channel, &message, sizeof(message), 0) != 0)
		return -3;
	if (waitid(P_PIDFD, (id_t)process->pidfd, &info, WEXITED | __WALL) < 0)
		return -4;
	return info.si_code == CLD_EXITED ? info.si_status : -5;
}

static void spawn_and_talk(bool apart)
{
	/* Nothing but standard input, output and error reaches the program. */
	struct corc_spawn request =
		make_request(make_plan("for fd in /proc/self/fd/*; do n=${fd##*/}; [ $n -le 2 ] || "
				       "[ ! -e /proc/$$/fd/$n ] || exit 99; done; exit $ANSWER"));
	struct corc_stage_process process = CORC_STAGE_PROCESS_EMPTY;
	size_t before = open_fds();

	request.apart = apart;
	assert_success(corc_spawn_stage(&request, &process, &error), &error);
	assert_int_equal(open_fds(), before + 2);
	assert_true(process.pid > 0);
	assert_int_equal(fcntl(process.pidfd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(process.channel, F_GETFD), FD_CLOEXEC);
	assert_int_equal(talk(&process), 42);
	corc_stage_process_end(&process);
	assert_int_equal(open_fds(), before);
}

static void test_spawn(void **state)
{
	(void)state;
	spawn_and_talk(false);
}

static void test_spawn_apart(void **state)
{
	(void)state;
	spawn_and_talk(true);
}

/* What the child cannot do is told, whether it shares the memory or not. */
static void test_failure_of_the_child(void **state)
{
	struct corc_spawn request = make_request(make_plan(NULL));
	struct corc_stage_process process = CORC_STAGE_PROCESS_EMPTY;
	size_t before = open_fds();

	(void)state;
	/* An fd that nobody has. */
	request.slots[CORC_SLOT_START] = 1000;
	for (int apart = 0; apart < 2; apart++) {
		request.apart = apart;
		assert_int_equal(corc_spawn_stage(&request, &process, &error), -EBADF);
		assert_string_equal(error.message, "executing the stage: bad file descriptor");
		assert_int_equal(open_fds(), before);
	}
}

/* Also a stage that would wait for ever, and not for the channel. */
static void test_end(void **state)
{
	struct corc_spawn request = make_request(make_plan(NULL));
	struct corc_stage_process process = CORC_STAGE_PROCESS_EMPTY;
	struct corc_message message;
	int start[2];

	(void)state;
	assert_int_equal(pipe2(start, O_CLOEXEC), 0);
	size_t before = open_fds();

	request.slots[CORC_SLOT_START] = start[0];
	assert_success(corc_spawn_stage(&request, &process, &error), &error);
	assert_int_equal(recv(process.channel, &message, sizeof(message), 0), sizeof(message));
	/* It has let go of the channel. */
	assert_int_equal(recv(process.channel, &message, sizeof(message), 0), 0);
	pid_t pid = process.pid;

	corc_stage_process_end(&process);
	/* Killed and reaped. */
	assert_int_equal(waitpid(pid, NULL, __WALL), -1);
	assert_int_equal(errno, ECHILD);
	assert_int_equal(open_fds(), before);
	assert_true(process.channel < 0 && process.pidfd < 0);
	corc_stage_process_end(&process);
	assert_int_equal(close(start[0]), 0);
	assert_int_equal(close(start[1]), 0);
}

static struct corc_message first_message(const struct corc_spawn *request)
{
	struct corc_stage_process process = CORC_STAGE_PROCESS_EMPTY;
	struct corc_message message = {0};

	assert_success(corc_spawn_stage(request, &process, &error), &error);
	assert_int_equal(recv(process.channel, &message, sizeof(message), 0), sizeof(message));
	corc_stage_process_end(&process);
	return message;
}

/* A plan that the stage cannot trust is reported, not carried out. */
static void test_damaged_plan(void **state)
{
	const struct corc_plan_header *good = make_plan(NULL);
	uint32_t size = good->size;
	struct corc_plan_header *bad = corc_arena_memdup(&arena, good, size);
	struct corc_spawn request = make_request(bad);

	(void)state;
	bad->fingerprint++;
	struct corc_message message = first_message(&request);

	assert_int_equal(message.type, CORC_MESSAGE_FAILED);
	assert_int_equal(message.code, EBADMSG);
	assert_int_equal(message.detail, CORC_DETAIL_PLAN);
	memcpy(bad, good, size);
	((struct corc_op *)(bad + 1))[2].kind = CORC_OP_MAX_;
	message = first_message(&request);
	assert_int_equal(message.detail, CORC_DETAIL_PLAN);
	memcpy(bad, good, size);
	message = first_message(&request);
	assert_int_equal(message.type, CORC_MESSAGE_READY);
}

/* What the caller ignores, blocks or masks does not reach the program. */
static int spawn_with_odd_signals(void *argument)
{
	struct corc_spawn request = make_request(argument);
	struct corc_stage_process process = CORC_STAGE_PROCESS_EMPTY;
	const uint64_t ignore[4] = {(uint64_t)(uintptr_t)SIG_IGN};
	sigset_t all, after;

	(void)signal(SIGTERM, SIG_IGN);
	/* Signals of the C library, which posix_spawn of glibc leaves ignored. */
	for (int number = 32; number <= 34; number++)
		child_equal(syscall(SYS_rt_sigaction, number, ignore, NULL, 8), 0);
	(void)sigfillset(&all);
	(void)sigdelset(&all, SIGCHLD);
	child_equal(sigprocmask(SIG_SETMASK, &all, NULL), 0);
	child_equal(corc_spawn_stage(&request, &process, &error), 0);
	/* The caller's own mask is what it was. */
	child_equal(sigprocmask(SIG_SETMASK, NULL, &after), 0);
	child_equal(sigismember(&after, SIGCHLD), 0);
	child_equal(sigismember(&after, SIGUSR1), 1);
	child_equal(talk(&process), 0);
	corc_stage_process_end(&process);
	return 0;
}

static void test_signals(void **state)
{
	(void)state;
	need_call(SYS_clone3, "clone3");
	run_in_child(spawn_with_odd_signals,
		(void *)make_plan("while read -r name value; do case $name in "
				  "SigBlk:|SigIgn:) [ $((0x$value)) -eq 0 ] || exit 9;; esac; "
				  "done </proc/self/status"));
}

/* What a fd in a slot is, is told by what the stage says of it as a namespace. */
static void assert_slot(uint32_t slot, int fd, int code)
{
	struct corc_builder builder;
	struct corc_plan plan = {0};

	corc_builder_init(&builder, &arena, 16);
	struct corc_op *op = corc_builder_op(&builder, CORC_OP_JOIN, corc_source(0, NULL));

	op->join.slot = slot;
	op->join.type = CLONE_NEWUTS;
	assert_int_equal(corc_builder_finish(&builder, CORC_PLAN_CREATE, 0, &plan, &error), 0);
	struct corc_spawn request = make_request(plan.wire);

	request.slots[slot] = fd;
	struct corc_message message = first_message(&request);

	assert_int_equal(message.type, CORC_MESSAGE_FAILED);
	assert_int_equal(message.code, code);
}

static void test_slots_reach_the_stage(void **state)
{
	int CORC_CLOSE file = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	for (uint32_t slot = CORC_SLOT_FIRST_NAMESPACE; slot < CORC_SLOT_MAX; slot++) {
		assert_slot(slot, file, EINVAL);
		assert_slot(slot, -1, EBADF);
	}
	assert_int_equal(fcntl(file, F_GETFD), FD_CLOEXEC);
}

static void test_start_through_a_fifo(void **state)
{
	struct corc_spawn request = make_request(make_plan("exit $ANSWER"));
	struct corc_stage_process process = CORC_STAGE_PROCESS_EMPTY;
	struct corc_message message = {0};
	siginfo_t info;
	int start[2];

	(void)state;
	assert_int_equal(pipe2(start, O_CLOEXEC), 0);
	request.slots[CORC_SLOT_START] = start[0];
	assert_success(corc_spawn_stage(&request, &process, &error), &error);
	assert_int_equal(recv(process.channel, &message, sizeof(message), 0), sizeof(message));
	assert_int_equal(message.type, CORC_MESSAGE_READY);
	assert_int_equal(write(start[1], "x", 1), 1);
	assert_int_equal(waitid(P_PIDFD, (id_t)process.pidfd, &info, WEXITED | __WALL), 0);
	assert_int_equal(info.si_status, 42);
	corc_stage_process_end(&process);
	assert_int_equal(close(start[0]), 0);
	assert_int_equal(close(start[1]), 0);
}

static void assert_no_stage(const struct corc_spawn *request, int code)
{
	struct corc_stage_process process = CORC_STAGE_PROCESS_EMPTY;
	size_t before = open_fds();

	assert_int_equal(corc_spawn_stage(request, &process, &error), -code);
	assert_int_equal(error.code, code);
	assert_int_equal(open_fds(), before);
	assert_true(process.pidfd < 0 && process.channel < 0);
	assert_int_equal(waitpid(-1, NULL, __WALL), -1);
}

static void test_spawn_fails(void **state)
{
	struct corc_spawn request = make_request(make_plan(NULL));
	int CORC_CLOSE no_cgroup = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	request.cgroup_fd = no_cgroup;
	assert_no_stage(&request, EBADF);
	assert_string_equal(error.message, "starting the stage: bad file descriptor");
	request.cgroup_fd = -1;
	request.flags = CLONE_FS | CLONE_NEWNS;
	assert_no_stage(&request, EINVAL);
	request.flags = 0;
	request.slots[CORC_SLOT_TARGET] = 12345;
	assert_no_stage(&request, EBADF);
	assert_string_equal(error.message, "executing the stage: bad file descriptor");
}

/* The whole way with the sysctl set: the plan's memfd needs no right to be executed. */
static int spawn_without_memfd(void)
{
	struct corc_spawn request = make_request(make_plan("exit $ANSWER"));
	struct corc_stage_process process = CORC_STAGE_PROCESS_EMPTY;
	int CORC_CLOSE sysctl = open(NOEXEC_SYSCTL, O_WRONLY | O_CLOEXEC);

	if (sysctl < 0 || write(sysctl, "2", 1) != 1)
		return CHILD_SKIP;
	if (corc_spawn_stage(&request, &process, &error) < 0) {
		(void)fprintf(stderr, "%s\n", error.message);
		return 1;
	}
	child_equal(talk(&process), 42);
	corc_stage_process_end(&process);
	return 0;
}

static void test_spawn_without_memfd(void **state)
{
	(void)state;
	need_call(SYS_clone3, "clone3");
	without_memfd(spawn_without_memfd);
}

/* --- preserved fds ---------------------------------------------------------------------------- */

static int check_fds(void *argument)
{
	(void)argument;
	(void)close_range(3, ~0u, 0);
	child_equal(corc_fds_check(0, 0, &error), 0);
	child_equal(corc_fds_check(0, 1, &error), -EBADF);
	child_equal(dup2(2, 3), 3);
	child_equal(dup2(2, 4), 4);
	child_equal(dup2(2, 6), 6);
	child_equal(corc_fds_check(0, 2, &error), 0);
	child_equal(corc_fds_check(0, 4, &error), -EBADF);
	child_string(
		error.message, "unable to stat preserved-fd 2 (of 4): fd 5: bad file descriptor");
	child_equal(corc_fds_check(0, UINT32_MAX, &error), -EBADF);
	child_equal(corc_fds_check(UINT32_MAX, UINT32_MAX, &error), -EBADF);
	child_equal(corc_fds_check(1, 1, &error), 0);
	child_equal(corc_fds_check(3, 0, &error), -EBADF);
	child_string(error.message, "listening fd 2 (of 3): fd 5: bad file descriptor");
	child_equal(corc_fds_check(1, 2, &error), -EBADF);
	child_string(
		error.message, "unable to stat preserved-fd 1 (of 2): fd 5: bad file descriptor");
	/* A file of the caller that got the number by chance. */
	child_equal(fcntl(4, F_SETFD, FD_CLOEXEC), 0);
	child_equal(corc_fds_check(0, 2, &error), -EBADF);
	return 0;
}

static void test_fds_check(void **state)
{
	(void)state;
	run_in_child(check_fds, NULL);
}

#define SPAWN_TEST(name) cmocka_unit_test_teardown(name, arena_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_image_is_sealed),
		cmocka_unit_test(test_image_is_the_stage),
		cmocka_unit_test(test_image_is_executable),
		cmocka_unit_test(test_image_without_memfd),
		SPAWN_TEST(test_spawn),
		SPAWN_TEST(test_spawn_apart),
		SPAWN_TEST(test_failure_of_the_child),
		SPAWN_TEST(test_end),
		SPAWN_TEST(test_damaged_plan),
		SPAWN_TEST(test_signals),
		SPAWN_TEST(test_slots_reach_the_stage),
		SPAWN_TEST(test_start_through_a_fifo),
		SPAWN_TEST(test_spawn_fails),
		SPAWN_TEST(test_spawn_without_memfd),
		cmocka_unit_test(test_fds_check),
	};

	return cmocka_run_group_tests_name("run/spawn", tests, NULL, NULL);
}
