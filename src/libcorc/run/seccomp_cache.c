/* SPDX-License-Identifier: Apache-2.0 */
/* Keeping and finding compiled seccomp filters. Layer: run; the parent process. */
#ifdef HAVE_CONFIG_H
#	include <config.h>
#endif

#include "run/seccomp_cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/filter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/hash.h"
#include "base/io.h"
#include "plan/compile.h"

#define MAGIC 0x317062636f726363u
/* A profile with a longer key is compiled each time: the folder's size has a bound. */
#define KEY_MAX ((size_t)128 * 1024)
#define PROGRAM_MAX (BPF_MAXINSNS * sizeof(struct sock_filter))
#define NAME_SIZE 20

struct header {
	uint64_t magic;
	uint64_t checksum; /* of all that follows the header */
	uint32_t key_length, program_size;
};

static void file_name(const struct corc_seccomp_cache *cache, char name[NAME_SIZE])
{
	(void)snprintf(
		name, NAME_SIZE, "%016" PRIx64, corc_hash(cache->key.data, cache->key.length));
}

/* Nobody else may have put anything there. */
static bool is_private(int directory_fd, const char *name, mode_t type)
{
	struct stat status;

	return fstatat(directory_fd, name, &status, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) == 0 &&
	       (status.st_mode & S_IFMT) == type && status.st_uid == geteuid() &&
	       (status.st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

static int open_folder(struct corc_runtime *runtime, bool make)
{
	int CORC_CLOSE root = open(runtime->root, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (root < 0)
		return -errno;
	if (make && mkdirat(root, CORC_SECCOMP_CACHE, 0700) < 0 && errno != EEXIST)
		return -errno;
	int CORC_CLOSE fd =
		openat(root, CORC_SECCOMP_CACHE, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return is_private(fd, "", S_IFDIR) ? corc_take_fd(&fd) : -EPERM;
}

/* Fills cache->program when the file is whole and for this key. */
static void take_program(struct corc_seccomp_cache *cache, size_t length)
{
	const char *content = cache->file + sizeof(struct header);
	struct header header;

	if (length < sizeof(header))
		return;
	memcpy(&header, cache->file, sizeof(header));
	length -= sizeof(header);
	if (header.magic != MAGIC || header.key_length != cache->key.length ||
		header.program_size == 0 || header.program_size > PROGRAM_MAX ||
		header.program_size % sizeof(struct sock_filter) != 0 ||
		length != (size_t)header.key_length + header.program_size)
		return;
	if (header.checksum != corc_hash(content, length) ||
		memcmp(content, cache->key.data, header.key_length) != 0)
		return;
	cache->program = content + header.key_length;
	cache->program_size = header.program_size;
}

void corc_seccomp_cache_find(struct corc_runtime *runtime, const struct corc_spec *spec,
	struct corc_seccomp_cache *cache)
{
	char name[NAME_SIZE];
	size_t length = 0;

	if (!spec->linux_.seccomp || !spec->linux_.seccomp->default_action)
		return;
	corc_buffer_printf(&cache->key, "%s %s %s\n", corc_version(), corc_commit(), CORC_BUILD);
	if (corc_seccomp_key(spec, &cache->key) < 0 || cache->key.failed ||
		cache->key.length > KEY_MAX) {
		cache->key.length = 0;
		return;
	}
	int CORC_CLOSE folder = open_folder(runtime, false);

	file_name(cache, name);
	if (folder < 0 || !is_private(folder, name, S_IFREG) ||
		corc_read_file(folder, name, sizeof(struct header) + KEY_MAX + PROGRAM_MAX,
			&cache->file, &length) < 0)
		return;
	take_program(cache, length);
	if (cache->program)
		corc_log(runtime, CORC_LOG_DEBUG, "the seccomp filter was compiled before");
}

/* The name of the oldest file, and how many there are. */
static size_t find_oldest(DIR *stream, int folder, char oldest[NAME_MAX + 1])
{
	struct timespec least = {0};
	struct dirent *entry;
	size_t count = 0;

	rewinddir(stream);
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is ours alone. */
	while ((entry = readdir(stream))) {
		struct stat status;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
			fstatat(folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (count++ > 0 && (status.st_mtim.tv_sec > least.tv_sec ||
					   (status.st_mtim.tv_sec == least.tv_sec &&
						   status.st_mtim.tv_nsec >= least.tv_nsec)))
			continue;
		least = status.st_mtim;
		memcpy(oldest, entry->d_name, strlen(entry->d_name) + 1);
	}
	return count;
}

/* Leaves room for one file more; what a process that was killed left goes with time, too. */
static void make_room(int folder)
{
	char oldest[NAME_MAX + 1];
	int CORC_CLOSE fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);

	if (!stream)
		return;
	(void)corc_take_fd(&fd);
	while (find_oldest(stream, folder, oldest) >= CORC_SECCOMP_CACHE_FILES)
		if (unlinkat(folder, oldest, 0) < 0 && errno != ENOENT)
			break;
	(void)closedir(stream);
}

/* A name of its own for each writer: one that finds it taken leaves the work to the other. */
static int write_file(int folder, const char *name, const struct corc_buffer *content)
{
	char temporary[NAME_SIZE + 12];
	int r;

	(void)snprintf(temporary, sizeof(temporary), "%s.%d", name, (int)getpid());
	r = corc_write_new(folder, temporary, content->data, content->length, 0600);
	if (r == 0 && renameat(folder, temporary, folder, name) < 0)
		r = -errno;
	if (r < 0)
		(void)unlinkat(folder, temporary, 0);
	return r;
}

void corc_seccomp_cache_keep(struct corc_runtime *runtime, const struct corc_seccomp_cache *cache,
	const void *program, size_t program_size)
{
	struct header header = {.magic = MAGIC,
		.key_length = (uint32_t)cache->key.length,
		.program_size = (uint32_t)program_size};
	struct corc_buffer CORC_BUFFER content = {0};
	char name[NAME_SIZE], unknown[16];
	int r;

	if (cache->program || cache->key.length == 0 || !program)
		return;
	corc_buffer_append(&content, &header, sizeof(header));
	corc_buffer_append(&content, cache->key.data, cache->key.length);
	corc_buffer_append(&content, program, program_size);
	if (content.failed)
		return;
	header.checksum = corc_hash(content.data + sizeof(header), content.length - sizeof(header));
	memcpy(content.data, &header, sizeof(header));
	int CORC_CLOSE folder = open_folder(runtime, true);

	file_name(cache, name);
	r = folder;
	if (folder >= 0) {
		make_room(folder);
		r = write_file(folder, name, &content);
	}
	if (r < 0)
		corc_log(runtime, CORC_LOG_DEBUG, "the compiled seccomp filter is not kept: %s",
			corc_errno_text(-r, unknown));
}

void corc_seccomp_cache_done(struct corc_seccomp_cache *cache)
{
	corc_buffer_done(&cache->key);
	free(cache->file);
	memset(cache, 0, sizeof(*cache));
}
