/* SPDX-License-Identifier: Apache-2.0 */
/* The folders of CRIU. Layer: run; the parent process. */
#include "run/images.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/path.h"

#define CONFIG_ANNOTATION "org.criu.config"

void corc_images_close(struct corc_images *images)
{
	corc_close_(corc_take_fd(&images->images));
	corc_close_(corc_take_fd(&images->work));
}

static int open_folder(const char *path, bool make, struct corc_error *error)
{
	int r = make ? corc_mkdir_all(path, 0700) : 0;
	int fd = r == 0 ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (fd >= 0)
		return fd;
	return corc_fail_errno(error, r < 0 ? -r : errno, "folder %s", path);
}

int corc_images_open(struct corc_arena *arena, const struct corc_criu_options *options, bool make,
	const char *log_file, struct corc_images *ret_images, struct corc_error *error)
{
	struct corc_images images = CORC_IMAGES_EMPTY;
	char here[PATH_MAX];

	if (!getcwd(here, sizeof(here)))
		return corc_fail_errno(error, errno, "working directory");
	images.path = corc_path_join(
		arena, here, options->image_path ? options->image_path : CORC_IMAGES_DEFAULT);
	const char *work =
		options->work_path ? corc_path_join(arena, here, options->work_path) : images.path;

	images.log_file = log_file;
	images.log_path = work ? corc_path_join(arena, work, log_file) : NULL;
	if (!images.path || !images.log_path)
		return corc_fail_errno(error, ENOMEM, "folder of images");
	images.images = open_folder(images.path, make, error);
	if (images.images < 0)
		return images.images;
	images.work = open_folder(work, true, error);
	if (images.work < 0) {
		corc_images_close(&images);
		return -error->code;
	}
	(void)unlinkat(images.work, log_file, 0);
	*ret_images = images;
	return 0;
}

static void close_directory(DIR **directory)
{
	if (*directory)
		(void)closedir(*directory);
}

/* `more`: permissions of the group. */
static int give_one(int fd, gid_t gid, mode_t more)
{
	struct stat status;

	if (fchown(fd, (uid_t)-1, gid) < 0 || fstat(fd, &status) < 0)
		return -errno;
	return fchmod(fd, (status.st_mode & 07777) | more) < 0 ? -errno : 0;
}

static int give_entry(int folder, const char *name, gid_t gid)
{
	struct stat status;

	if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode) || status.st_nlink != 1)
		return 0;
	int CORC_CLOSE fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	return fd < 0 ? -errno : give_one(fd, gid, S_IRGRP);
}

int corc_images_give(const struct corc_images *images, gid_t gid, struct corc_error *error)
{
	int folder = openat(images->images, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR CORC_CLEANUP(close_directory) *entries = folder < 0 ? NULL : fdopendir(folder);
	int r = entries ? give_one(images->images, gid, S_IRGRP | S_IXGRP) : -errno;

	while (r == 0 && entries) {
		/* NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is ours alone. */
		const struct dirent *entry = readdir(entries);

		if (!entry)
			return 0;
		r = give_entry(images->images, entry->d_name, gid);
	}
	return corc_fail_errno(
		error, -r, "giving the images in %s to group %u", images->path, (unsigned)gid);
}

int corc_criu_config_open(
	const struct corc_string_map *annotations, int *ret_fd, struct corc_error *error)
{
	static const char *const defaults[] = {"/etc/criu/corc.conf", "/etc/criu/runc.conf"};

	*ret_fd = CORC_NO_FD;
	for (size_t i = 0; i < annotations->count; i++) {
		const char *path = annotations->values[i];

		if (strcmp(annotations->keys[i], CONFIG_ANNOTATION) != 0)
			continue;
		if (*path)
			*ret_fd = open(path, O_RDONLY | O_CLOEXEC);
		return *path && *ret_fd < 0
			       ? corc_fail_errno(error, errno, CONFIG_ANNOTATION ": %s", path)
			       : 0;
	}
	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]) && *ret_fd < 0; i++)
		*ret_fd = open(defaults[i], O_RDONLY | O_CLOEXEC);
	return 0;
}

/* Then its log has nothing of it: that is full, too. */
static void append_full(const struct corc_images *images, struct corc_error *error)
{
	struct statvfs status;

	if (fstatvfs(images->images, &status) == 0 && status.f_blocks > 0 && status.f_bfree == 0)
		(void)corc_error_append(error, "no space is left in %s", images->path);
}

int corc_images_explain(struct corc_runtime *runtime, struct corc_arena *arena,
	const struct corc_images *images, const struct corc_criu *criu, struct corc_error *error)
{
	const char *context = "";

	append_full(images, error);
	(void)corc_criu_explain(arena, images->work, images->log_path, criu, &context, error);
	while (*context) {
		int length = (int)strcspn(context, "\n");

		corc_log(runtime, CORC_LOG_WARNING, "criu: %.*s", length, context);
		context += length;
		context += *context == '\n';
	}
	return -error->code;
}
