/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a loaded configuration looks like to the layers above: values, one form for equal meanings,
 * the process alone, positions of later failures, names of sysctls.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "spec/data.h"
#include "spec/spec.h"

static struct corc_spec *load(struct corc_arena *arena, const char *name)
{
	struct corc_error error = {0};
	struct corc_spec *spec = NULL;
	size_t length = 0;
	char CORC_FREE *text = data_read("good", name, &length);

	if (corc_spec_parse(arena, "/bundle/config.json", text, length, &spec, &error) < 0)
		fail_msg("%s: %s", name, error.message);
	return spec;
}

static void check_process(const struct corc_spec_process *process)
{
	assert_true(process->terminal);
	assert_true(process->no_new_privileges);
	assert_int_equal(process->console_size->height, 65535);
	assert_int_equal(process->console_size->width, 80);
	assert_int_equal(*process->oom_score_adj, -1000);
	assert_int_equal(process->user.uid, 1000);
	assert_int_equal(process->user.gid, UINT32_MAX - 1);
	assert_int_equal(*process->user.umask, 077);
	assert_int_equal(process->user.additional_gids.count, 2);
	assert_int_equal(process->user.additional_gids.items[1], 6);
	assert_int_equal(process->args.count, 3);
	assert_null(process->args.items[3]);
	assert_string_equal(process->cwd, "/srv");
	for (size_t i = 0; i < CORC_CAPS_COUNT; i++)
		assert_int_equal(process->capabilities->sets[i].count, 1);
	assert_int_equal(process->rlimits.count, 2);
	assert_int_equal(process->rlimits.items[0].type, RLIMIT_NOFILE);
	assert_int_equal(process->rlimits.items[0].soft, 1024);
	assert_true(process->rlimits.items[0].hard == UINT64_MAX);
}

static void check_seccomp(const struct corc_spec_seccomp *seccomp)
{
	const struct corc_spec_seccomp_rule *rule = &seccomp->syscalls.items[0];

	assert_int_equal(*seccomp->default_action, CORC_SECCOMP_ERRNO);
	assert_int_equal(*seccomp->default_errno_ret, 38);
	assert_int_equal(seccomp->flags->count, 4);
	assert_int_equal(seccomp->architectures.count, 2);
	assert_int_equal(seccomp->syscalls.count, 2);
	assert_int_equal(rule->action, CORC_SECCOMP_TRACE);
	assert_int_equal(rule->args.items[0].index, 5);
	assert_true(rule->args.items[0].value == UINT64_MAX);
	assert_int_equal(rule->args.items[0].value_two, 1);
	assert_int_equal(rule->args.items[0].op, 7);
	assert_null(seccomp->syscalls.items[1].errno_ret);
}

static void check_linux(const struct corc_spec_linux *linux_)
{
	const struct corc_spec_resources *resources = &linux_->resources;

	assert_int_equal(linux_->time_offsets.monotonic->secs, -60);
	assert_int_equal(linux_->time_offsets.boottime->secs, 86400);
	assert_int_equal(linux_->devices.items[2].type, CORC_DEVICE_FIFO);
	assert_null(linux_->devices.items[2].major);
	assert_int_equal(*linux_->devices.items[1].major, 8);
	assert_null(linux_->devices.items[1].file_mode);
	assert_int_equal(*resources->memory->limit, 67108864);
	assert_true(*resources->memory->disable_oom_killer);
	assert_int_equal(*resources->pids->limit, 0);
	assert_int_equal(*resources->cpu->idle, 0);
	assert_null(resources->devices.items[0].type);
	assert_int_equal(*resources->devices.items[1].minor, -1);
	assert_string_equal(resources->unified.values[0], "60000000");
	check_seccomp(linux_->seccomp);
}

static void everything_lands_where_it_belongs(void **state)
{
	struct corc_arena arena = {0};
	struct corc_spec *spec = load(&arena, "everything.json");

	(void)state;
	check_process(spec->process);
	check_linux(&spec->linux_);
	assert_true(spec->root.readonly);
	assert_int_equal(strlen(spec->domainname), 64);
	assert_string_equal(spec->annotations.values[0], "value");
	for (uint32_t type = 0; type < CORC_NAMESPACE_COUNT; type++)
		assert_int_equal(corc_spec_find_namespace(spec, type)->type, type);
	corc_arena_done(&arena);
}

static void absent_and_empty_are_one(void **state)
{
	struct corc_arena arena = {0};
	struct corc_spec *spec = load(&arena, "lenient.json");
	const struct corc_spec_linux *linux_ = &spec->linux_;

	(void)state;
	assert_null(spec->hostname);
	assert_null(spec->domainname);
	assert_null(spec->process->oom_score_adj);
	assert_null(spec->process->console_size);
	assert_null(linux_->cgroups_path);
	assert_null(linux_->namespaces.items[0].path);
	assert_null(spec->mounts.items[0].type);
	assert_null(linux_->resources.cpu->cpus);
	assert_null(linux_->resources.devices.items[0].access);
	assert_null(linux_->seccomp->default_action);
	assert_null(linux_->seccomp->flags);
	assert_int_equal(*spec->process->user.umask, 0777);
	assert_string_equal(spec->mounts.items[0].destination, "/data");
	assert_int_equal(*linux_->devices.items[0].file_mode, 0666);
	assert_int_equal(spec->document.unknown.count, 1);
	corc_arena_done(&arena);
}

static int parse_propagation(const char *word)
{
	struct corc_arena arena = {0};
	struct corc_spec *spec = NULL;
	struct corc_error error = {0};
	char text[256];
	int length = snprintf(text, sizeof(text),
		"{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"},\"linux\":{\"namespaces\":"
		"[{\"type\":\"mount\"}],\"rootfsPropagation\":\"%s\"}}",
		word);
	int result = corc_spec_parse(&arena, "config.json", text, (size_t)length, &spec, &error);

	corc_arena_done(&arena);
	return result;
}

static void every_propagation_has_a_recursive_form(void **state)
{
	static const char *const forms[] = {"private", "shared", "slave", "unbindable"};
	char recursive[32];

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		(void)snprintf(recursive, sizeof(recursive), "r%s", forms[i]);
		assert_int_equal(parse_propagation(forms[i]), 0);
		assert_int_equal(parse_propagation(recursive), 0);
		(void)snprintf(recursive, sizeof(recursive), "rr%s", forms[i]);
		assert_int_equal(parse_propagation(recursive), -EINVAL);
	}
}

static void a_namespace_that_is_not_there_is_null(void **state)
{
	struct corc_arena arena = {0};
	struct corc_spec *spec = load(&arena, "minimal.json");

	(void)state;
	for (uint32_t type = 0; type < CORC_NAMESPACE_COUNT; type++)
		assert_null(corc_spec_find_namespace(spec, type));
	assert_null(spec->process);
	corc_arena_done(&arena);
}

static void a_failure_has_its_position(void **state)
{
	struct corc_arena arena = {0};
	struct corc_spec *spec = load(&arena, "everything.json");
	struct corc_error error = {.hint = "of another error"};
	char text[256];

	(void)state;
	assert_int_equal(corc_spec_fail(spec, spec->mounts.items[1].node, "options", 1, &error,
				 "cannot %s", "do\nthat"),
		-EINVAL);
	assert_int_equal(error.code, EINVAL);
	assert_string_equal(error.origin.path, "mounts[1].options[1]");
	assert_string_equal(error.origin.file, "config.json");
	assert_true(error.origin.line > 1);
	assert_true(error.origin.column > 1);
	assert_string_equal(error.message, "cannot do\\x0athat");
	assert_string_equal(error.hint, "");

	(void)corc_spec_fail(
		spec, spec->mounts.items[0].node, "options", UINT32_MAX, &error, "missing");
	(void)corc_error_format(&error, text, sizeof(text));
	assert_non_null(strstr(text, ": mounts[0]: missing"));
	corc_arena_done(&arena);
}

static const char exec_process[] =
	"{\"args\":[\"id\"],\"cwd\":\"/\",\"user\":{\"uid\":7},\"env\":[\"A=1\"]}";
static const char bad_process[] =
	"{\"args\":[],\"cwd\":\"x\",\n\"user\":{\"uid\":-1},\"oomScoreAdj\":1001}";

static void a_process_loads_alone(void **state)
{
	struct corc_arena arena = {0};
	struct corc_json_document document = {.arena = &arena, .file = "process.json"};
	struct corc_spec_process *process = NULL;
	struct corc_error error = {0};

	(void)state;
	assert_int_equal(corc_spec_parse_process(
				 &document, exec_process, strlen(exec_process), &process, &error),
		0);
	assert_int_equal(process->user.uid, 7);
	assert_string_equal(process->args.items[0], "id");
	assert_string_equal(document.file, "process.json");
	assert_true(document.node_count > 5);
	corc_arena_done(&arena);
}

static void a_bad_process_is_refused(void **state)
{
	struct corc_arena arena = {0};
	struct corc_json_document document = {.arena = &arena, .file = "process.json"};
	struct corc_spec_process *process = NULL;
	struct corc_error error = {0};
	char text[1024];

	(void)state;
	assert_int_equal(corc_spec_parse_process(
				 &document, bad_process, strlen(bad_process), &process, &error),
		-EINVAL);
	(void)corc_error_format(&error, text, sizeof(text));
	assert_string_equal(text,
		"process.json:1:9: args: args must not be empty\n"
		"process.json:1:18: cwd: Cwd must be an absolute path, found \"x\"\n"
		"process.json:2:15: user.uid: expected an integer from 0 to 4294967294, found -1\n"
		"process.json:2:33: oomScoreAdj: expected an integer from -1000 to 1000, found 1001");
	assert_null(process);
	corc_arena_done(&arena);
}

static void a_document_that_is_no_process_says_only_that(void **state)
{
	static const char *const texts[] = {"[]", " 5", "", "{\"cwd\": \"/\",", "null", "{"};
	struct corc_error error = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct corc_arena arena = {0};
		struct corc_json_document document = {.arena = &arena, .file = "process.json"};
		struct corc_spec_process *process = NULL;

		assert_int_equal(corc_spec_parse_process(
					 &document, texts[i], strlen(texts[i]), &process, &error),
			-EINVAL);
		assert_null(strchr(error.message, '\n'));
		assert_null(strstr(error.message, "args"));
		corc_arena_done(&arena);
	}
}

static void a_huge_file_is_refused_unread(void **state)
{
	struct corc_arena arena = {0};
	struct corc_spec *spec = NULL;
	struct corc_error error = {0};

	(void)state;
	assert_int_equal(
		corc_spec_parse(&arena, "config.json", "", CORC_CONFIG_MAX + 1, &spec, &error),
		-EFBIG);
	assert_int_equal(error.step, CORC_STEP_LOAD);
	assert_null(spec);
}

/* A configuration cut at any byte, and with any byte replaced, gives an error or a configuration.
 */
static void damage_is_survived(void **state)
{
	size_t length = 0;
	char CORC_FREE *text = data_read("good", "everything.json", &length);
	size_t refused = 0;

	(void)state;
	for (size_t i = 0; i < 2 * length; i++) {
		struct corc_arena arena = {0};
		struct corc_spec *spec = NULL;
		struct corc_error error = {0};
		char kept = text[i / 2];
		int result = 0;

		text[i / 2] = (char)(kept ^ (i % 2 ? 0x08 : 0xff));
		result = corc_spec_parse(&arena, "config.json", text, length, &spec, &error);
		text[i / 2] = kept;
		refused += result < 0;
		assert_true(result == 0 || (error.origin.line > 0 && error.origin.column > 0));
		corc_arena_done(&arena);
	}
	assert_true(refused > length);
	for (size_t i = 0; i + 2 < length; i++) {
		struct corc_arena arena = {0};
		struct corc_spec *spec = NULL;
		struct corc_error error = {0};

		assert_int_equal(
			corc_spec_parse(&arena, "config.json", text, i, &spec, &error), -EINVAL);
		corc_arena_done(&arena);
	}
}

static void a_sysctl_has_one_path(void **state)
{
	static const struct {
		const char *name, *path; /* NULL: no name */
	} cases[] = {
		{"net.ipv4.ip_forward", "net/ipv4/ip_forward"},
		{"net/ipv4/ip_forward", "net/ipv4/ip_forward"},
		{"net.ipv4.conf.eno2/100.rp_filter", "net/ipv4/conf/eno2.100/rp_filter"},
		{"net/ipv4/conf/eno2.100/rp_filter", "net/ipv4/conf/eno2.100/rp_filter"},
		{"kernel", "kernel"},
		{"", NULL},
		{"net.", NULL},
		{".net", NULL},
		{"/net", NULL},
		{"net..ipv4", NULL},
		{"net//ipv4", NULL},
		{"net/../kernel", NULL},
		{"net.//.kernel", NULL},
		{"net/.", NULL},
		{"a_name_that_does_not_fit_into_the_buffer_of_this_test", NULL},
	};
	char path[40];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int result = corc_spec_sysctl_path(cases[i].name, sizeof(path), path);

		assert_int_equal(result, cases[i].path ? 0 : -EINVAL);
		if (cases[i].path)
			assert_string_equal(path, cases[i].path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_lands_where_it_belongs),
		cmocka_unit_test(absent_and_empty_are_one),
		cmocka_unit_test(every_propagation_has_a_recursive_form),
		cmocka_unit_test(a_namespace_that_is_not_there_is_null),
		cmocka_unit_test(a_failure_has_its_position),
		cmocka_unit_test(a_process_loads_alone),
		cmocka_unit_test(a_bad_process_is_refused),
		cmocka_unit_test(a_document_that_is_no_process_says_only_that),
		cmocka_unit_test(a_huge_file_is_refused_unread),
		cmocka_unit_test(damage_is_survived),
		cmocka_unit_test(a_sysctl_has_one_path),
	};

	return cmocka_run_group_tests_name("spec", tests, NULL, NULL);
}
