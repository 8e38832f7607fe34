/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of cgroup plans: a configuration out of a few properties, layouts, and looking up what
 * was compiled.
 */
#ifndef TEST_CGROUP_FIXTURE_H
#define TEST_CGROUP_FIXTURE_H

/* cmocka.h wants these first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <corc/corc.h>
#include <stdio.h>
#include <string.h>

#include "plan/cgroup_plan.h"
#include "spec/spec.h"

struct cgroup_fixture {
	struct corc_arena arena;
	struct corc_spec *spec;
	struct corc_cgroup_layout layout;
	struct corc_cgroup_plan *plan;
	struct corc_error error;
};

static inline void fixture_add(struct cgroup_fixture *fixture, int version, const char *mountpoint,
	const char *controllers, const char *self)
{
	fixture->layout.hierarchies[fixture->layout.count++] = (struct corc_cgroup_hierarchy){
		.version = version,
		.mountpoint = mountpoint,
		.controllers = controllers,
		.self = self,
	};
}

/* As on a host with systemd: v2 alone, two co-mounted controllers on v1, or both. */
static inline void fixture_layout(struct cgroup_fixture *fixture, enum corc_cgroup_mode mode)
{
	fixture->layout = (struct corc_cgroup_layout){.mode = mode};
	if (mode == CORC_CGROUP_V2)
		fixture_add(fixture, 2, "/cg", "", "/user.slice/a.scope");
	if (mode != CORC_CGROUP_V1 && mode != CORC_CGROUP_HYBRID)
		return;
	fixture_add(fixture, 1, "/cg/cpu,cpuacct", "cpu,cpuacct", "/user.slice");
	fixture_add(fixture, 1, "/cg/cpuset", "cpuset", "/");
	fixture_add(fixture, 1, "/cg/memory", "memory", "/user.slice");
	fixture_add(fixture, 1, "/cg/devices", "devices", "/");
	fixture_add(fixture, 1, "/cg/pids", "pids", "/user.slice");
	if (mode == CORC_CGROUP_V1) {
		fixture_add(fixture, 1, "/cg/blkio", "blkio", "/");
		fixture_add(fixture, 1, "/cg/net_cls,net_prio", "net_cls,net_prio", "/");
		fixture_add(fixture, 1, "/cg/hugetlb", "hugetlb", "/");
		fixture_add(fixture, 1, "/cg/rdma", "rdma", "/");
	}
	fixture_add(fixture, 1, "/cg/systemd", "name=systemd", "/user.slice");
	if (mode == CORC_CGROUP_HYBRID)
		fixture_add(fixture, 2, "/cg/unified", "", "/user.slice/a.scope");
}

/* `members` are those of "linux". */
static inline void fixture_parse(struct cgroup_fixture *fixture, const char *members)
{
	char text[8192];
	int length = snprintf(text, sizeof(text),
		"{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"rootfs\"},\n\"linux\":{%s}}",
		members);

	assert_in_range(length, 1, sizeof(text) - 1);
	if (corc_spec_parse(&fixture->arena, "config.json", text, (size_t)length, &fixture->spec,
		    &fixture->error) < 0)
		fail_msg("%s: %s", fixture->error.origin.path, fixture->error.message);
}

static inline int fixture_compile(
	struct cgroup_fixture *fixture, enum corc_cgroup_mode mode, const char *members)
{
	fixture_layout(fixture, mode);
	fixture_parse(fixture, members);
	return corc_compile_cgroup(&fixture->arena,
		&(struct corc_cgroup_input){
			fixture->spec, &fixture->layout, "web", CORC_CGROUP_MANAGER_CGROUPFS},
		&fixture->plan, &fixture->error);
}

/* All settings but those of devices: "FILE=VALUE FILE=VALUE?", a question mark for optional,
 * "|FILE=VALUE" for what is written when there is no such file. */
static inline const char *fixture_settings(struct cgroup_fixture *fixture)
{
	const char *text = "";

	for (size_t i = 0; i < fixture->plan->setting_count; i++) {
		const struct corc_cgroup_setting *setting = &fixture->plan->settings[i];

		if (strcmp(setting->controller, "devices") == 0)
			continue;
		text = corc_arena_printf(&fixture->arena, "%s%s%s=%s%s", text,
			text[0] != '\0' ? " " : "", setting->file, setting->value,
			setting->optional ? "?" : "");
		if (text && setting->fallback_file)
			text = corc_arena_printf(&fixture->arena, "%s|%s=%s", text,
				setting->fallback_file, setting->fallback_value);
		assert_non_null(text);
	}
	return text;
}

static inline int fixture_setup(void **state)
{
	*state = test_calloc(1, sizeof(struct cgroup_fixture));
	return *state ? 0 : -1;
}

static inline int fixture_teardown(void **state)
{
	struct cgroup_fixture *fixture = *state;

	corc_arena_done(&fixture->arena);
	test_free(fixture);
	return 0;
}

#endif
