/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a program cannot be executed: execve(2) says ENOENT for a missing interpreter and EACCES for
 * much. Layer: stage. Whatever cannot be looked at leaves the errno alone to speak.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "stage/stage.h"
#include "sys/arch.h"

#define HEAD_SIZE 4096

/* "#! /bin/bash -e\n": the interpreter, when it is not there. */
static void examine_script(struct corc_stage *stage, char *head)
{
	char *name = head + 2 + strspn(head + 2, " \t");
	size_t length = strcspn(name, " \t\n");
	char saved = name[length];

	name[length] = '\0';
	if (syscall(SYS_faccessat2, AT_FDCWD, name, F_OK, 0) < 0 && errno == ENOENT) {
		stage->detail = CORC_DETAIL_INTERPRETER;
		corc_stage_set_text(stage, name, length);
	}
	name[length] = saved;
}

/* The PT_INTERP of a 64-bit program, when it is not there. */
static void examine_segments(struct corc_stage *stage, int fd, const char *head, size_t size)
{
	char name[sizeof(stage->text)];
	Elf64_Ehdr header;
	Elf64_Phdr segment;

	memcpy(&header, head, sizeof(header));
	for (size_t i = 0; i < header.e_phnum; i++) {
		size_t at = header.e_phoff + i * sizeof(segment);

		if (header.e_phoff > size || at + sizeof(segment) > size)
			return;
		memcpy(&segment, head + at, sizeof(segment));
		if (segment.p_type != PT_INTERP)
			continue;
		size_t length =
			segment.p_filesz < sizeof(name) ? segment.p_filesz : sizeof(name) - 1;
		ssize_t got = pread(fd, name, length, (off_t)segment.p_offset);

		if (got <= 0)
			return;
		name[got < (ssize_t)sizeof(name) ? got : (ssize_t)sizeof(name) - 1] = '\0';
		if (syscall(SYS_faccessat2, AT_FDCWD, name, F_OK, 0) < 0 && errno == ENOENT) {
			stage->detail = CORC_DETAIL_INTERPRETER;
			corc_stage_set_text(stage, name, strlen(name));
		}
		return;
	}
}

static void examine_content(struct corc_stage *stage, int fd)
{
	static char head[HEAD_SIZE + 1];
	ssize_t got = pread(fd, head, HEAD_SIZE, 0);
	Elf64_Ehdr header;

	if (got < 0)
		return;
	head[got] = '\0';
	if (got >= 2 && head[0] == '#' && head[1] == '!') {
		examine_script(stage, head);
		return;
	}
	if (got < SELFMAG || memcmp(head, ELFMAG, SELFMAG) != 0) {
		stage->detail = CORC_DETAIL_NO_FORMAT;
		return;
	}
	if (got < (ssize_t)sizeof(header))
		return;
	/* e_machine stands at the same place in 32-bit files. */
	memcpy(&header, head, sizeof(header));
	if (header.e_machine != CORC_ELF_MACHINE) {
		stage->detail = CORC_DETAIL_MACHINE;
		stage->value = header.e_machine;
	} else if (header.e_ident[EI_CLASS] == ELFCLASS64) {
		examine_segments(stage, fd, head, (size_t)got);
	}
}

static void examine_permission(struct corc_stage *stage, int fd)
{
	struct statvfs filesystem;
	struct stat status;

	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
		return;
	if (fstatvfs(fd, &filesystem) == 0 && (filesystem.f_flag & ST_NOEXEC)) {
		stage->detail = CORC_DETAIL_NOEXEC_MOUNT;
	} else if ((status.st_mode & 0111) != 0111) {
		stage->detail = CORC_DETAIL_NO_X_BIT;
		stage->value = CORC_FILE_VALUE(status.st_mode, status.st_uid);
	}
}

/* Whether this process may not look for names in the directory; then it is what is reported. */
static bool is_closed(struct corc_stage *stage, const char *directory)
{
	struct stat status;

	if (syscall(SYS_faccessat2, AT_FDCWD, directory, X_OK, AT_EACCESS) == 0 ||
		errno != EACCES || stat(directory, &status) < 0 || !S_ISDIR(status.st_mode))
		return false;
	stage->detail = CORC_DETAIL_CLOSED;
	stage->value = CORC_FILE_VALUE(status.st_mode, status.st_uid);
	corc_stage_set_text(stage, directory, strlen(directory));
	return true;
}

void corc_stage_find_closed(struct corc_stage *stage, const char *path)
{
	char prefix[PATH_MAX];
	size_t length = strlen(path);

	if (length >= sizeof(prefix))
		return;
	for (size_t end = 1; end <= length; end++) {
		if (end > 1 && path[end] != '/' && path[end] != '\0')
			continue;
		memcpy(prefix, path, end);
		prefix[end] = '\0';
		if (is_closed(stage, prefix))
			return;
	}
}

void corc_stage_examine(struct corc_stage *stage, int code)
{
	int CORC_CLOSE file = CORC_NO_FD;

	if (!stage->program || (code != ENOENT && code != ENOEXEC && code != EACCES))
		return;
	if (code == EACCES) {
		file = open(stage->program, O_PATH | O_CLOEXEC);
		if (file >= 0)
			examine_permission(stage, file);
		else if (errno == EACCES)
			corc_stage_find_closed(stage, stage->program);
		return;
	}
	file = open(stage->program, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (file >= 0)
		examine_content(stage, file);
}
