/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plain directories that look like the cgroups of a container.
 */
#ifndef CORC_TEST_CGROUP_FAKE_FIXTURE_H
#define CORC_TEST_CGROUP_FAKE_FIXTURE_H

#include "plan/cgroup_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "cgroup/cgroup.h"

struct fake {
	struct cgroup_fixture plan;
	struct corc_cgroup_ref ref;
	char top[64];
};

static inline int setup(void **state)
{
	struct fake *fake = test_calloc(1, sizeof(*fake));

	*state = fake;
	(void)snprintf(fake->top, sizeof(fake->top), "/tmp/corc-test-fake-XXXXXX");
	return mkdtemp(fake->top) ? 0 : -1;
}

static inline int remove_entry(
	const char *path, const struct stat *status, int type, struct FTW *where)
{
	(void)status;
	(void)type;
	(void)where;
	return remove(path);
}

static inline int teardown(void **state)
{
	struct fake *fake = *state;
	int r = nftw(fake->top, remove_entry, 16, FTW_DEPTH | FTW_PHYS);

	corc_arena_done(&fake->plan.arena);
	test_free(fake);
	return r;
}

static inline char *path_of(struct fake *fake, const char *name)
{
	char *path = corc_arena_printf(&fake->plan.arena, "%s/%s", fake->top, name);

	assert_non_null(path);
	return path;
}

static inline void put(struct fake *fake, const char *name, const char *text)
{
	int CORC_CLOSE fd =
		open(path_of(fake, name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_in_range(fd, 0, INT32_MAX);
	assert_int_equal(corc_write_all(fd, text, strlen(text)), 0);
}

static inline void check(struct fake *fake, const char *name, const char *text)
{
	char found[512];

	if (corc_read_small(AT_FDCWD, path_of(fake, name), found, sizeof(found)) < 0)
		fail_msg("%s cannot be read", name);
	assert_string_equal(found, text);
}

/* A hierarchy at the top directory; the container's group is "/pod/web". */
static inline void compile(
	struct fake *fake, int version, const char *controllers, const char *resources)
{
	char members[2048];

	(void)snprintf(members, sizeof(members),
		"\"cgroupsPath\":\"/pod/web\",\"resources\":{\"devices\":[{\"allow\":true}]%s%s}",
		resources[0] != '\0' ? "," : "", resources);
	fixture_parse(&fake->plan, members);
	fixture_add(&fake->plan, version, fake->top, controllers, "/");
	fake->plan.layout.mode = version == 2 ? CORC_CGROUP_V2 : CORC_CGROUP_V1;
	if (corc_compile_cgroup(&fake->plan.arena,
		    &(struct corc_cgroup_input){fake->plan.spec, &fake->plan.layout, "web",
			    CORC_CGROUP_MANAGER_CGROUPFS},
		    &fake->plan.plan, &fake->plan.error) < 0)
		fail_msg("%s", fake->plan.error.message);
	assert_int_equal(corc_cgroup_intent(
				 &fake->plan.arena, fake->plan.plan, &fake->ref, &fake->plan.error),
		0);
}

static inline void make(struct fake *fake)
{
	if (corc_cgroup_make(fake->plan.plan, &fake->ref, &fake->plan.error) < 0)
		fail_msg("%s", fake->plan.error.message);
}

#endif
