/* SPDX-License-Identifier: Apache-2.0 */
/* Why a program cannot be executed. The files are an image's: whatever they hold. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "stage_fixture.h"

#if defined(__x86_64__)
#	define OUR_MACHINE EM_X86_64
#else
#	define OUR_MACHINE EM_AARCH64
#endif

static struct corc_stage stage;
static int directory;
static char path[128];

static int file_setup(void **state)
{
	if (temporary_setup(state) < 0)
		return -1;
	directory = *(int *)*state;
	(void)snprintf(path, sizeof(path), "%s/program", temporary_path());
	stage = (struct corc_stage){.program = path};
	return 0;
}

static void write_program(const void *data, size_t size)
{
	int fd = openat(directory, "program", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), size);
	assert_int_equal(close(fd), 0);
}

static void examine(int code)
{
	size_t before = open_fds();

	stage.detail = CORC_DETAIL_NONE;
	stage.value = 0;
	memset(stage.text, 0, sizeof(stage.text));
	corc_stage_examine(&stage, code);
	assert_int_equal(open_fds(), before);
	/* It always ends. */
	assert_non_null(memchr(stage.text, '\0', sizeof(stage.text)));
}

static void assert_text_of(const char *content, uint32_t detail, const char *text)
{
	write_program(content, strlen(content));
	examine(ENOENT);
	assert_int_equal(stage.detail, detail);
	assert_string_equal(stage.text, text);
}

/* --- scripts ---------------------------------------------------------------------------------- */

static void test_scripts(void **state)
{
	(void)state;
	assert_text_of("#!/bin/missing\n", CORC_DETAIL_INTERPRETER, "/bin/missing");
	assert_text_of("#! \t/bin/missing -e\necho", CORC_DETAIL_INTERPRETER, "/bin/missing");
	assert_text_of("#!/bin/sh\r\n", CORC_DETAIL_INTERPRETER, "/bin/sh\r");
	assert_text_of("#!/bin/missing", CORC_DETAIL_INTERPRETER, "/bin/missing");
	assert_text_of("#!", CORC_DETAIL_INTERPRETER, "");
	/* It is there: something else is wrong. */
	assert_text_of("#!/bin/sh\n", CORC_DETAIL_NONE, "");
	assert_text_of("#!/bin/sh -e\n", CORC_DETAIL_NONE, "");
}

static void test_long_interpreter(void **state)
{
	char content[9000], text[sizeof(stage.text)];

	(void)state;
	for (size_t i = 0; i < sizeof(content) - 1; i++)
		content[i] = i % 8 ? 'x' : '/';
	content[sizeof(content) - 1] = '\0';
	memcpy(content, "#!/missing/", 11);
	content[600] = '\n';
	memcpy(text, content + 2, sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_text_of(content, CORC_DETAIL_INTERPRETER, text);
	/* A line that does not end in what is looked at. */
	content[600] = 'x';
	assert_text_of(content, CORC_DETAIL_INTERPRETER, text);
}

/* --- other files ------------------------------------------------------------------------------ */

static void test_no_format(void **state)
{
	static const char *const contents[] = {"", "#", "echo hello\n", "\177EL", " #!/bin/sh\n"};

	(void)state;
	for (size_t i = 0; i < COUNT(contents); i++) {
		write_program(contents[i], strlen(contents[i]));
		examine(ENOEXEC);
		assert_int_equal(stage.detail, CORC_DETAIL_NO_FORMAT);
	}
}

/* --- ELF -------------------------------------------------------------------------------------- */

struct program {
	Elf64_Ehdr header;
	Elf64_Phdr segments[2];
	char interpreter[200];
};

/* A program with an interpreter that is not there. */
static struct program make_elf(void)
{
	struct program program = {
		.header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB},
			.e_machine = OUR_MACHINE,
			.e_phoff = offsetof(struct program, segments),
			.e_phentsize = sizeof(Elf64_Phdr),
			.e_phnum = 2},
		.segments = {{.p_type = PT_LOAD},
			{.p_type = PT_INTERP,
				.p_offset = offsetof(struct program, interpreter),
				.p_filesz = sizeof("/lib/missing.so")}},
		.interpreter = "/lib/missing.so",
	};

	return program;
}

static void assert_elf(const struct program *program, uint32_t detail, const char *text)
{
	write_program(program, sizeof(*program));
	examine(ENOENT);
	assert_int_equal(stage.detail, detail);
	assert_string_equal(stage.text, text);
}

static void test_elf_interpreter(void **state)
{
	struct program program = make_elf();

	(void)state;
	assert_elf(&program, CORC_DETAIL_INTERPRETER, "/lib/missing.so");
	memcpy(program.interpreter, "/bin/sh", 8);
	program.segments[1].p_filesz = 8;
	assert_elf(&program, CORC_DETAIL_NONE, "");
	program.segments[1].p_type = PT_LOAD;
	assert_elf(&program, CORC_DETAIL_NONE, "");
	program.header.e_phnum = 0;
	assert_elf(&program, CORC_DETAIL_NONE, "");
}

static void test_other_machine(void **state)
{
	struct program program = make_elf();

	(void)state;
	program.header.e_machine = EM_S390;
	assert_elf(&program, CORC_DETAIL_MACHINE, "");
	assert_int_equal(stage.value, EM_S390);
	program.header.e_ident[EI_CLASS] = ELFCLASS32;
	assert_elf(&program, CORC_DETAIL_MACHINE, "");
	program.header.e_machine = OUR_MACHINE;
	assert_elf(&program, CORC_DETAIL_NONE, "");
}

/* Numbers that lead out of the file, or of memory. */
static void test_hostile_elf(void **state)
{
	static const uint64_t offsets[] = {sizeof(struct program) - 1, 4000, 4096, 4097, UINT32_MAX,
		INT64_MAX, UINT64_MAX, UINT64_MAX - sizeof(Elf64_Phdr), UINT64_MAX - 47};
	struct program program = make_elf();
	char name[sizeof(program.interpreter) + 1];

	(void)state;
	for (size_t i = 0; i < COUNT(offsets); i++) {
		program = make_elf();
		program.header.e_phoff = offsets[i];
		program.header.e_phnum = UINT16_MAX;
		assert_elf(&program, CORC_DETAIL_NONE, "");
		program = make_elf();
		program.segments[1].p_offset = offsets[i];
		program.segments[1].p_filesz = UINT64_MAX;
		write_program(&program, sizeof(program));
		examine(ENOENT);
	}
	program = make_elf();
	memset(program.interpreter, 'y', sizeof(program.interpreter));
	program.segments[1].p_filesz = UINT64_MAX;
	memset(name, 'y', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_elf(&program, CORC_DETAIL_INTERPRETER, name);
	program.segments[1].p_filesz = 0;
	assert_elf(&program, CORC_DETAIL_NONE, "");
	/* Cut at each byte. */
	program = make_elf();
	for (size_t size = 0; size < offsetof(struct program, interpreter); size++) {
		write_program(&program, size);
		examine(ENOENT);
		assert_int_not_equal(stage.detail, CORC_DETAIL_INTERPRETER);
	}
}

/* --- permission ------------------------------------------------------------------------------- */

static void test_mode(void **state)
{
	static const mode_t modes[] = {0644, 0000, 0700, 0455, 01654};

	(void)state;
	write_program("#!/bin/sh\n", 10);
	for (size_t i = 0; i < COUNT(modes); i++) {
		assert_int_equal(chmod(path, modes[i]), 0);
		examine(EACCES);
		assert_int_equal(stage.detail, CORC_DETAIL_NO_X_BIT);
		assert_true(stage.value == CORC_FILE_VALUE(modes[i], geteuid()));
	}
	/* A directory above is closed, or a security module says no. */
	assert_int_equal(chmod(path, 0755), 0);
	examine(EACCES);
	assert_int_equal(stage.detail, CORC_DETAIL_NONE);
}

/* As a user that has no capabilities: those of root pass everywhere. */
static int examine_closed(void *argument)
{
	char name[192];
	uid_t owner = geteuid();

	(void)argument;
	(void)snprintf(name, sizeof(name), "%s/open/closed/further/program", temporary_path());
	child_equal(chmod(temporary_path(), 0755), 0);
	child_equal(mkdirat(directory, "open", 0711), 0);
	child_equal(mkdirat(directory, "open/closed", 0755), 0);
	child_equal(mkdirat(directory, "open/closed/further", 0755), 0);
	child_equal(mknodat(directory, "open/closed/further/program", S_IFREG | 0755, 0), 0);
	child_equal(fchmodat(directory, "open/closed", owner ? 0600 : 0700, 0), 0);
	if (owner == 0)
		child_equal(setresuid(1000, 1000, 1000), 0);
	stage.program = name;
	corc_stage_examine(&stage, EACCES);
	child_equal(stage.detail, CORC_DETAIL_CLOSED);
	child_equal(stage.value == CORC_FILE_VALUE(owner ? 0600 : 0700, owner), true);
	*strstr(name, "/further") = '\0';
	child_equal(strcmp(stage.text, name) == 0, true);
	/* The directory itself, as a working directory. */
	stage.detail = CORC_DETAIL_NONE;
	corc_stage_find_closed(&stage, name);
	child_equal(stage.detail, CORC_DETAIL_CLOSED);
	/* All the way is open, or something else is closed. */
	stage.detail = CORC_DETAIL_NONE;
	*strstr(name, "/closed") = '\0';
	corc_stage_find_closed(&stage, name);
	corc_stage_find_closed(&stage, "/nowhere/at/all");
	child_equal(stage.detail, CORC_DETAIL_NONE);
	return 0;
}

static void test_closed_directory(void **state)
{
	(void)state;
	try_in_child(examine_closed, NULL, "");
}

static int examine_noexec(void *argument)
{
	(void)argument;
	if (unshare(CLONE_NEWNS) < 0)
		return CHILD_SKIP;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount("corc-test", temporary_path(), "tmpfs", MS_NOEXEC, NULL) < 0)
		return CHILD_SKIP;
	child_equal(close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755)), 0);
	corc_stage_examine(&stage, EACCES);
	child_equal(stage.detail, CORC_DETAIL_NOEXEC_MOUNT);
	return 0;
}

static void test_noexec_mount(void **state)
{
	(void)state;
	try_in_child(examine_noexec, NULL, "needs root");
}

/* What is no regular file is neither waited for nor read. */
static void test_no_regular_file(void **state)
{
	static const int codes[] = {ENOENT, ENOEXEC, EACCES};

	(void)state;
	for (size_t i = 0; i < COUNT(codes); i++) {
		examine(codes[i]);
		assert_int_equal(stage.detail, CORC_DETAIL_NONE);
	}
	assert_int_equal(mkfifo(path, 0644), 0);
	examine(EACCES);
	assert_int_equal(stage.detail, CORC_DETAIL_NONE);
	examine(ENOEXEC);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	examine(EACCES);
	assert_int_equal(stage.detail, CORC_DETAIL_NONE);
	examine(ENOENT);
	assert_int_equal(stage.detail, CORC_DETAIL_NONE);
}

static void test_other_codes(void **state)
{
	static const int codes[] = {0, EISDIR, ENOTDIR, ENOMEM, EPERM, ELOOP};

	(void)state;
	write_program("no format", 9);
	assert_int_equal(chmod(path, 0), 0);
	for (size_t i = 0; i < COUNT(codes); i++) {
		examine(codes[i]);
		assert_int_equal(stage.detail, CORC_DETAIL_NONE);
	}
	stage.program = NULL;
	examine(ENOENT);
	assert_int_equal(stage.detail, CORC_DETAIL_NONE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, file_setup, temporary_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_scripts),
		TEST(test_long_interpreter),
		TEST(test_no_format),
		TEST(test_elf_interpreter),
		TEST(test_other_machine),
		TEST(test_hostile_elf),
		TEST(test_mode),
		TEST(test_closed_directory),
		TEST(test_noexec_mount),
		TEST(test_no_regular_file),
		TEST(test_other_codes),
	};

	return cmocka_run_group_tests_name("stage/program_failure", tests, NULL, NULL);
}
