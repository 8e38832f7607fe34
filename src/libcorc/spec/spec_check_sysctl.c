/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules of linux.sysctl: only what belongs to a namespace of the container may be written. Layer:
 * spec; the parent process only.
 */
#include <errno.h>
#include <string.h>

#include "spec/check.h"

#define SYSCTL_MAX 256

/* `name` ends with a slash: everything below it. Paths below /proc/sys. */
struct sysctl_owner {
	const char *name;
	enum corc_namespace_type namespace;
};

static const struct sysctl_owner owners[] = {
	{"net/", CORC_NAMESPACE_NETWORK},
	{"user/", CORC_NAMESPACE_USER},
	{"fs/mqueue/", CORC_NAMESPACE_IPC},
	{"kernel/msgmax", CORC_NAMESPACE_IPC},
	{"kernel/msgmnb", CORC_NAMESPACE_IPC},
	{"kernel/msgmni", CORC_NAMESPACE_IPC},
	{"kernel/sem", CORC_NAMESPACE_IPC},
	{"kernel/shmall", CORC_NAMESPACE_IPC},
	{"kernel/shmmax", CORC_NAMESPACE_IPC},
	{"kernel/shmmni", CORC_NAMESPACE_IPC},
	{"kernel/shm_rmid_forced", CORC_NAMESPACE_IPC},
	{"kernel/domainname", CORC_NAMESPACE_UTS},
};

static const char *const namespace_titles[CORC_NAMESPACE_COUNT] = {
	[CORC_NAMESPACE_NETWORK] = "a network",
	[CORC_NAMESPACE_IPC] = "an IPC",
	[CORC_NAMESPACE_UTS] = "a UTS",
	[CORC_NAMESPACE_USER] = "a user",
};

static bool has_bad_part(const char *path)
{
	while (true) {
		size_t length = strcspn(path, "/");

		if (length == 0 || (length == 1 && path[0] == '.') ||
			(length == 2 && path[0] == '.' && path[1] == '.'))
			return true;
		if (path[length] == '\0')
			return false;
		path += length + 1;
	}
}

static void swap(char *text, char one, char other)
{
	for (; *text; text++)
		if (*text == one)
			*text = other;
		else if (*text == other)
			*text = one;
}

int corc_spec_sysctl_path(const char *name, size_t size, char *ret_path)
{
	size_t length = strlen(name);
	size_t first = strcspn(name, "./");

	if (length == 0 || length >= size)
		return -EINVAL;
	memcpy(ret_path, name, length + 1);
	if (name[first] == '.')
		swap(ret_path, '.', '/');
	return has_bad_part(ret_path) ? -EINVAL : 0;
}

static const struct sysctl_owner *find_owner(const char *path)
{
	for (size_t i = 0; i < sizeof(owners) / sizeof(owners[0]); i++) {
		size_t length = strlen(owners[i].name);

		if (owners[i].name[length - 1] == '/' ? strncmp(path, owners[i].name, length) == 0
						      : strcmp(path, owners[i].name) == 0)
			return &owners[i];
	}
	return NULL;
}

static void check_sysctl(struct corc_spec_checker *checker, const char *name)
{
	uint32_t node = checker->spec->linux_.node;
	const struct sysctl_owner *owner = NULL;
	char path[SYSCTL_MAX];

	if (corc_spec_sysctl_path(name, sizeof(path), path) < 0) {
		corc_spec_entry_problem(checker, node, "sysctl", name,
			"\"%.100s\" is not the name of a sysctl", name);
		return;
	}
	if (strcmp(path, "kernel/hostname") == 0) {
		corc_spec_entry_problem(checker, node, "sysctl", name,
			"sysctl \"%s\" is not allowed as it conflicts with the property hostname",
			name);
		return;
	}
	owner = find_owner(path);
	if (!owner)
		corc_spec_entry_problem(checker, node, "sysctl", name,
			"sysctl \"%s\" is not in a separate kernel namespace", name);
	else if (!corc_spec_has_namespace(checker, owner->namespace))
		corc_spec_entry_problem(checker, node, "sysctl", name,
			"sysctl \"%s\" is not in a separate kernel namespace: it needs %s namespace",
			name, namespace_titles[owner->namespace]);
}

void corc_spec_check_sysctl(struct corc_spec_checker *checker)
{
	const struct corc_string_map *map = &checker->spec->linux_.sysctl;

	for (size_t i = 0; i < map->count; i++)
		check_sysctl(checker, map->keys[i]);
}
