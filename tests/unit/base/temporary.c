/* SPDX-License-Identifier: Apache-2.0 */
/* A directory of a test's own. Nothing of the code under test is used here. */
#include "base/temporary.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char path[64];
static int directory = -1;

const char *temporary_path(void)
{
	return path;
}

static int remove_one(const char *name, const struct stat *status, int type, struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	return remove(name);
}

int temporary_setup(void **state)
{
	(void)snprintf(path, sizeof(path), "/tmp/corc-test-base-XXXXXX");
	if (!mkdtemp(path))
		return -1;
	directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = &directory;
	return directory < 0 ? -1 : 0;
}

int temporary_teardown(void **state)
{
	(void)state;
	close(directory);
	return nftw(path, remove_one, 32, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

void write_text(int directory_fd, const char *name, const char *text)
{
	int fd = openat(directory_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
}

void assert_text(int directory_fd, const char *name, const char *text)
{
	int fd = openat(directory_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char buffer[256];
	ssize_t length;

	assert_true(fd >= 0);
	length = read(fd, buffer, sizeof(buffer) - 1);
	assert_in_range(length, 0, sizeof(buffer) - 2);
	buffer[length] = '\0';
	assert_string_equal(buffer, text);
	assert_int_equal(close(fd), 0);
}

void make_directory(int directory_fd, const char *name)
{
	assert_int_equal(mkdirat(directory_fd, name, 0700), 0);
}

bool is_there(int directory_fd, const char *name)
{
	return faccessat(directory_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}
