/* SPDX-License-Identifier: Apache-2.0 */
/* Asking AppArmor and SELinux about labels. Layer: run; the parent process. */
#include "run/security.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "sys/path.h"

#define PROFILES_MAX ((size_t)16 * 1024 * 1024)

static const struct corc_security_files kernel_files = {
	.apparmor_enabled = "/sys/module/apparmor/parameters/enabled",
	.apparmor = "/sys/kernel/security/apparmor",
	.selinux = "/sys/fs/selinux",
	.must_be_kernel = true,
};

/* O_PATH of a module's directory; -ENODEV when something else is in its place. */
static int open_directory(
	const struct corc_security_files *files, const char *path, uint64_t magic, bool writable)
{
	struct statfs status;
	int CORC_CLOSE fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fstatfs(fd, &status) < 0)
		return -errno;
	if (files->must_be_kernel && (uint64_t)status.f_type != magic)
		return -ENODEV;
	/* Mounted so where somebody above has a policy and we are not to know. */
	if (writable && (status.f_flags & ST_RDONLY))
		return -EROFS;
	return corc_take_fd(&fd);
}

/*
 * The parameter of the module has the last word. Its file system may not be there, and libapparmor
 * says no then: Podman takes the mount away before it creates a container with a user namespace.
 */
static bool apparmor_is_enabled(const struct corc_security_files *files)
{
	struct statfs status;
	char text[8];

	if (files->must_be_kernel && corc_libapparmor_is_enabled() == 1)
		return true;
	if (statfs(files->apparmor_enabled, &status) < 0 ||
		(files->must_be_kernel && status.f_type != SYSFS_MAGIC))
		return false;
	return corc_read_small(AT_FDCWD, files->apparmor_enabled, text, sizeof(text)) >= 1 &&
	       text[0] == 'Y';
}

/* "NAME (MODE)" on each line; a name may have blanks and parentheses itself. */
static bool lists_profile(char *text, const char *profile)
{
	size_t length = strlen(profile);

	for (char *line = text; *line;) {
		size_t end = strcspn(line, "\n");
		bool is_last = !line[end];
		char *mode;

		line[end] = '\0';
		mode = strrchr(line, '(');
		if (mode && mode - line == (ptrdiff_t)length + 1 && mode[-1] == ' ' &&
			memcmp(line, profile, length) == 0)
			return true;
		if (is_last)
			return false;
		line += end + 1;
	}
	return false;
}

/* A stack of profiles or one of another namespace is not in the list as it is written. */
static bool is_plain_name(const char *profile)
{
	return profile[0] != ':' && profile[0] != '&' && !strstr(profile, "//&");
}

static enum corc_label_answer find_profile(
	const struct corc_security_files *files, const char *profile)
{
	char CORC_FREE *text = NULL;
	size_t length = 0;

	if (strcmp(profile, "unconfined") == 0)
		return CORC_LABEL_GOOD;
	if (!is_plain_name(profile))
		return CORC_LABEL_UNKNOWN;
	int CORC_CLOSE fd = open_directory(files, files->apparmor, SECURITYFS_MAGIC, false);

	/* The list is not for everybody. */
	if (fd < 0 || corc_read_file(fd, "profiles", PROFILES_MAX, &text, &length) < 0)
		return CORC_LABEL_UNKNOWN;
	return lists_profile(text, profile) ? CORC_LABEL_GOOD : CORC_LABEL_BAD;
}

static bool selinux_is_enabled(const struct corc_security_files *files)
{
	int r = files->must_be_kernel ? corc_libselinux_is_enabled() : -ENOSYS;

	if (r >= 0)
		return r;
	int CORC_CLOSE fd = open_directory(files, files->selinux, SELINUX_MAGIC, true);

	return fd >= 0;
}

/* The kernel takes a label that its policy knows, and says EINVAL to others. */
static int ask_policy(const struct corc_security_files *files, const char *label)
{
	size_t length = strlen(label) + 1;
	int CORC_CLOSE directory = open_directory(files, files->selinux, SELINUX_MAGIC, true);

	if (directory < 0)
		return directory;
	int CORC_CLOSE fd = corc_openat2(directory, "context", O_RDWR, 0,
		RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);

	if (fd < 0)
		return fd;
	if (write(fd, label, length) >= 0)
		return 1;
	return errno == EINVAL ? 0 : -errno;
}

static enum corc_label_answer check_label(
	const struct corc_security_files *files, const char *label)
{
	int r = -ENOSYS;

	if (!label)
		return CORC_LABEL_UNKNOWN;
	if (files->must_be_kernel)
		r = corc_libselinux_is_valid(label);
	if (r == -ENOSYS)
		r = ask_policy(files, label);
	if (r < 0)
		return CORC_LABEL_UNKNOWN;
	return r ? CORC_LABEL_GOOD : CORC_LABEL_BAD;
}

void corc_security_read(const struct corc_security_files *files, const char *apparmor_profile,
	const char *selinux_label, const char *mount_label, struct corc_security_facts *ret_facts)
{
	struct corc_security_facts facts = {0};

	if (!files)
		files = &kernel_files;
	if (apparmor_profile) {
		facts.apparmor = apparmor_is_enabled(files);
		if (facts.apparmor)
			facts.apparmor_profile = find_profile(files, apparmor_profile);
	}
	if (selinux_label || mount_label) {
		facts.selinux = selinux_is_enabled(files);
		if (facts.selinux) {
			facts.selinux_label = check_label(files, selinux_label);
			facts.mount_label = check_label(files, mount_label);
		}
	}
	*ret_facts = facts;
}
