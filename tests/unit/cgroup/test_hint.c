/* SPDX-License-Identifier: Apache-2.0 */
/* What cgroups know about failures: limits of memory and of processes, of the cgroup and above. */
#include "fake_fixture.h"

#include "cgroup/hint.h"
#include "cgroup/room.h"

/* The error as it is before the hint; the group is /pod/web below the fixture's top directory. */
static struct corc_error *failed(struct fake *fake, int version, const char *controllers, int code)
{
	compile(fake, version, controllers, "");
	make(fake);
	(void)corc_fail_errno(&fake->plan.error, code, "starting");
	return &fake->plan.error;
}

static void killed(void **state)
{
	struct fake *fake = *state;
	struct corc_error *error = failed(fake, 2, "memory", EPROTO);

	put(fake, "pod/web/memory.max", "524288\n");
	put(fake, "pod/web/memory.current", "520192\n");
	put(fake, "pod/web/memory.events", "oom 3\noom_kill 0\n");
	assert_int_equal(corc_cgroup_hint_killed(&fake->ref, error), -EPROTO);
	assert_string_equal(error->hint, "");
	put(fake, "pod/web/memory.events", "oom 3\noom_kill 2\n");
	assert_int_equal(corc_cgroup_hint_killed(&fake->ref, error), -EPROTO);
	assert_non_null(
		strstr(error->hint, "memory: memory.max is 524288, memory.current is 520192 now"));
	assert_int_equal(corc_cgroup_hint_killed(NULL, error), -EPROTO);
}

static void killed_v1(void **state)
{
	struct fake *fake = *state;
	struct corc_error *error = failed(fake, 1, "memory", EPROTO);

	put(fake, "pod/web/memory.limit_in_bytes", "524288\n");
	put(fake, "pod/web/memory.usage_in_bytes", "1\n");
	put(fake, "pod/web/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n");
	assert_int_equal(corc_cgroup_hint_killed(&fake->ref, error), -EPROTO);
	assert_non_null(strstr(error->hint, "memory.limit_in_bytes is 524288"));
}

static void full(void **state)
{
	struct fake *fake = *state;
	struct corc_error *error = failed(fake, 2, "pids", EAGAIN);
	char expected[160];

	put(fake, "pod/web/pids.max", "max\n");
	put(fake, "pod/web/pids.current", "3\n");
	put(fake, "pod/pids.max", "11\n");
	put(fake, "pod/pids.current", "10\n");
	assert_int_equal(corc_cgroup_hint_full(&fake->ref, error), -EAGAIN);
	assert_string_equal(error->hint, "");
	/* Who was moved there may have made it more than full. */
	put(fake, "pod/pids.current", "12\n");
	assert_int_equal(corc_cgroup_hint_full(&fake->ref, error), -EAGAIN);
	(void)snprintf(expected, sizeof(expected),
		"%s/pod is full: pids.current is 12, pids.max 11", fake->top);
	assert_string_equal(error->hint, expected);
}

static void full_of_something_else(void **state)
{
	struct fake *fake = *state;
	struct corc_error *error = failed(fake, 2, "pids", ENOMEM);

	put(fake, "pod/web/pids.max", "1\n");
	put(fake, "pod/web/pids.current", "1\n");
	assert_int_equal(corc_cgroup_hint_full(&fake->ref, error), -ENOMEM);
	assert_string_equal(error->hint, "");
}

/* How much of the memory is left decides, and that there is a limit. */
static void lack_of_memory(void **state)
{
	static const struct {
		const char *limit;
		const char *usage;
		bool lacks;
	} cases[] = {
		{"max\n", "999999999\n", false},
		{"16777216\n", "16777216\n", true},
		{"16777216\n", "16800000\n", true},
		{"16777216\n", "16000000\n", true},
		{"16777216\n", "8000000\n", false},
		{"524288\n", "4096\n", true},
	};
	struct fake *fake = *state;

	(void)failed(fake, 2, "memory", ENOMEM);
	int CORC_CLOSE fd = open(path_of(fake, "pod/web"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_false(corc_cgroup_lacks_memory(fd));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put(fake, "pod/web/memory.max", cases[i].limit);
		put(fake, "pod/web/memory.current", cases[i].usage);
		assert_int_equal(corc_cgroup_lacks_memory(fd), cases[i].lacks);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(killed, setup, teardown),
		cmocka_unit_test_setup_teardown(killed_v1, setup, teardown),
		cmocka_unit_test_setup_teardown(full, setup, teardown),
		cmocka_unit_test_setup_teardown(full_of_something_else, setup, teardown),
		cmocka_unit_test_setup_teardown(lack_of_memory, setup, teardown),
	};

	return cmocka_run_group_tests_name("hint", tests, NULL, NULL);
}
