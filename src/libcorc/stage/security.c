/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Labels of AppArmor and SELinux, the session keyring. Layer: stage.
 *
 * The libraries of the security modules open /proc by its path, which a container may have covered
 * with files of its own: then a label goes nowhere, or what is written does harm. Here it goes
 * through the root of the host's procfs, opened before anything was entered, and no mount or link
 * on the way is followed.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "stage/stage.h"
#include "sys/keyring.h"
#include "sys/path.h"

#define PROC_ROOT_INODE 1
#define ATTRIBUTE_MAX 4096 /* the kernel takes a page and cuts the rest */

int corc_op_host_proc(struct corc_stage *stage, const struct corc_op *op)
{
	struct statfs filesystem;
	struct stat status;
	int CORC_CLOSE fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void)op;
	if (fd < 0)
		return -errno;
	if (fstatfs(fd, &filesystem) < 0 || fstat(fd, &status) < 0)
		return -errno;
	if (filesystem.f_type != PROC_SUPER_MAGIC || status.st_ino != PROC_ROOT_INODE)
		return -ENODEV;
	stage->host_proc = corc_take_fd(&fd);
	return 0;
}

static const struct {
	const char *path;   /* below the root of procfs */
	const char *prefix; /* of what is written */
} attributes[] = {
	[CORC_LABEL_APPARMOR_EXEC] = {"self/attr/apparmor/exec", "exec "},
	[CORC_LABEL_SELINUX_EXEC] = {"self/attr/exec", ""},
	[CORC_LABEL_SELINUX_KEYS] = {"self/attr/keycreate", ""},
};

/* AppArmor orders the parts of a stack and writes namespaces in its own way. */
static bool reads_as_written(const char *profile)
{
	return profile[0] != ':' && profile[0] != '&' && !strstr(profile, "//&");
}

/*
 * Whether the attribute holds the label now. AppArmor says "PROFILE (MODE)". SELinux says a label
 * in its canonical form, in which aliases and categories may look different.
 */
static bool is_there(uint32_t use, const char *label, const char *found)
{
	size_t length = strlen(label);

	if (use != CORC_LABEL_APPARMOR_EXEC || !reads_as_written(label))
		return found[0] != '\0';
	return strncmp(found, label, length) == 0 &&
	       (!found[length] || found[length] == ' ' || found[length] == '\n');
}

static int write_attribute(struct corc_stage *stage, int fd, uint32_t use, const char *label)
{
	char text[ATTRIBUTE_MAX];
	size_t prefix = strlen(attributes[use].prefix), length = prefix + strlen(label);
	ssize_t done;

	if (length >= sizeof(text))
		return -ENAMETOOLONG;
	memcpy(text, attributes[use].prefix, prefix);
	memcpy(text + prefix, label, length - prefix);
	done = write(fd, text, length);
	if (done < 0)
		return -errno;
	if ((size_t)done != length)
		return -EIO;
	done = pread(fd, text, sizeof(text) - 1, 0);
	if (done < 0)
		return -errno;
	text[done] = '\0';
	if (is_there(use, label, text))
		return 0;
	stage->detail = CORC_DETAIL_READ_BACK;
	return -EPERM;
}

int corc_op_label(struct corc_stage *stage, const struct corc_op *op)
{
	uint32_t use = op->label.use;

	if (use >= sizeof(attributes) / sizeof(attributes[0]))
		return -EBADMSG;
	int CORC_CLOSE fd = corc_openat2(stage->host_proc, attributes[use].path, O_RDWR, 0,
		RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV);

	return fd < 0 ? fd
		      : write_attribute(stage, fd, use, corc_stage_text(stage, op->label.text));
}

int corc_op_keyring(struct corc_stage *stage, const struct corc_op *op)
{
	int r = corc_keyring_join(corc_stage_text(stage, op->keyring.name));

	/* A kernel without keyrings has none to keep from the container. */
	if (r == -ENOSYS)
		return 0;
	if (r == 0 && op->keyring.permissions)
		r = corc_keyring_permit(op->keyring.permissions);
	return r;
}
