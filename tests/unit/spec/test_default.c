/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The default configuration: byte for byte the files of tests/data/spec/default, which differ from
 * what runc 1.5 writes in the hostname only; and it loads.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "spec/data.h"
#include "spec/spec.h"

static void expect_file(bool cgroup_v2, const char *name)
{
	struct corc_error error = {0};
	size_t expected_length = 0;
	size_t length = 0;
	char CORC_FREE *expected = data_read("default", name, &expected_length);
	char CORC_FREE *json = NULL;

	assert_int_equal(corc_spec_default(false, cgroup_v2, &json, &length, &error), 0);
	assert_int_equal(length, expected_length);
	assert_memory_equal(json, expected, length);
}

static void the_privileged_default_is_the_file(void **state)
{
	(void)state;
	expect_file(false, "cgroup-v1.json");
	expect_file(true, "cgroup-v2.json");
}

static struct corc_spec *load(struct corc_arena *arena, bool rootless, bool cgroup_v2)
{
	struct corc_error error = {0};
	struct corc_spec *spec = NULL;
	size_t length = 0;
	char CORC_FREE *json = NULL;

	assert_int_equal(corc_spec_default(rootless, cgroup_v2, &json, &length, &error), 0);
	if (corc_spec_parse(arena, "config.json", json, length, &spec, &error) < 0)
		fail_msg("%s", error.message);
	assert_int_equal(spec->document.unknown.count, 0);
	return spec;
}

static const struct corc_spec_mount *find_mount(
	const struct corc_spec *spec, const char *destination)
{
	for (size_t i = 0; i < spec->mounts.count; i++)
		if (strcmp(spec->mounts.items[i].destination, destination) == 0)
			return &spec->mounts.items[i];
	fail_msg("no mount on %s", destination);
	return NULL;
}

static void the_privileged_default_has_what_people_expect(void **state)
{
	struct corc_arena arena = {0};
	struct corc_spec *spec = load(&arena, false, true);

	(void)state;
	assert_string_equal(spec->oci_version, CORC_SPEC_VERSION);
	assert_string_equal(spec->hostname, "corc");
	assert_true(spec->process->terminal);
	assert_int_equal(spec->mounts.count, 7);
	assert_int_equal(spec->linux_.namespaces.count, 6);
	assert_non_null(corc_spec_find_namespace(spec, CORC_NAMESPACE_CGROUP));
	assert_null(corc_spec_find_namespace(spec, CORC_NAMESPACE_USER));
	assert_int_equal(spec->linux_.resources.devices.count, 1);
	assert_string_equal(find_mount(spec, "/sys")->type, "sysfs");
	assert_int_equal(find_mount(spec, "/dev/pts")->options.count, 6);
	corc_arena_done(&arena);
}

static void the_rootless_default_needs_no_privilege(void **state)
{
	struct corc_arena arena = {0};
	struct corc_spec *spec = load(&arena, true, false);
	const struct corc_spec_linux *linux_ = &spec->linux_;

	(void)state;
	assert_null(corc_spec_find_namespace(spec, CORC_NAMESPACE_NETWORK));
	assert_null(corc_spec_find_namespace(spec, CORC_NAMESPACE_CGROUP));
	assert_non_null(corc_spec_find_namespace(spec, CORC_NAMESPACE_USER));
	assert_int_equal(linux_->namespaces.count, 5);
	assert_int_equal(linux_->uid_mappings.count, 1);
	assert_int_equal(linux_->uid_mappings.items[0].container_id, 0);
	assert_int_equal(linux_->uid_mappings.items[0].host_id, geteuid());
	assert_int_equal(linux_->gid_mappings.items[0].host_id, getegid());
	assert_int_equal(linux_->gid_mappings.items[0].size, 1);
	assert_int_equal(linux_->resources.devices.count, 0);
	assert_string_equal(find_mount(spec, "/sys")->source, "/sys");
	assert_string_equal(find_mount(spec, "/sys")->options.items[0], "rbind");
	assert_int_equal(find_mount(spec, "/dev/pts")->options.count, 5);
	corc_arena_done(&arena);

	spec = load(&arena, true, true);
	assert_non_null(corc_spec_find_namespace(spec, CORC_NAMESPACE_CGROUP));
	corc_arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_privileged_default_is_the_file),
		cmocka_unit_test(the_privileged_default_has_what_people_expect),
		cmocka_unit_test(the_rootless_default_needs_no_privilege),
	};

	return cmocka_run_group_tests_name("spec default", tests, NULL, NULL);
}
