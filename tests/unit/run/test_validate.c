/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checking a bundle: everything that is wrong, once each, in the order of the text; and that no
 * configuration is too wrong to be looked at.
 */
#include <dirent.h>
#include <fcntl.h>

#include "base/cleanup.h"
#include "run_fixture.h"

/* A good configuration; the parts that the tests change are given. */
#define CONFIG(mount, process, more)                                                 \
	"{\"ociVersion\": \"1.3.0\",\n"                                              \
	"\"root\": {\"path\": \"nowhere\"},\n"                                       \
	"\"mounts\": [{\"destination\": \"/proc\", \"type\": \"proc\"}" mount "],\n" \
	"\"process\": {\"args\": [\"true\"], \"cwd\": \"/\"" process "},\n"          \
	"\"linux\": {\"namespaces\": [{\"type\": \"mount\"}]" more "}}\n"

static char found[8192];
static struct corc_error error;

static void note(void *data, const struct corc_error *finding)
{
	size_t length = strlen(found);

	(void)data;
	assert_true(length + 2048 < sizeof(found));
	length += corc_error_format(finding, found + length, 2000);
	memcpy(found + length, "\n", 2);
}

static void count_only(void *data, const struct corc_error *finding)
{
	(void)finding;
	++*(size_t *)data;
}

static void assert_findings(void **state, const char *text, bool strict, const char *expected)
{
	struct corc_validate_options options = {.bundle = temporary_path(), .strict = strict};
	size_t count = 0, lines = 0;

	write_text(*(int *)*state, "config.json", text);
	found[0] = '\0';
	assert_success(corc_bundle_validate(&options, note, NULL, &count, &error), &error);
	assert_string_equal(found, expected);
	for (const char *at = found; *at; at++)
		lines += *at == '\n';
	assert_int_equal(count, lines);
}

static void test_a_good_one_has_nothing(void **state)
{
	assert_findings(state, CONFIG("", "", ""), true, "");
	/* Neither the root nor a namespace is looked at. */
	assert_findings(state,
		CONFIG("", "",
			", \"cgroupsPath\": \"/x\", \"uidMappings\": [], \"mountLabel\": \"a:b:c\""),
		true, "");
	/* What a user namespace maps is not known here. */
	assert_findings(state,
		CONFIG("", "",
			", \"namespaces\": [{\"type\": \"mount\"}, {\"type\": \"user\", \"path\": \"/x\"}], "
			"\"uidMappings\": [{\"containerID\": 0, \"hostID\": 5, \"size\": 9}]"),
		false, "");
}

static void test_all_at_once(void **state)
{
	assert_findings(state,
		CONFIG(", {\"destination\": \"/proc/x\", \"type\": \"tmpfs\"}, {\"destination\": "
		       "\"/\", \"type\": \"tmpfs\"}",
			", \"env\": [\"A\"]", ", \"maskedPaths\": [\"x\"]"),
		false,
		"config.json:3:70: mounts[1].destination: \"/proc/x\" cannot be mounted because it is inside /proc\n"
		"config.json:3:115: mounts[2].destination: \"/\" is on the top of rootfs\n"
		"config.json:4:51: process.env[0]: invalid environment variable: missing \"=\" in \"A\"\n"
		"config.json:5:62: linux.maskedPaths[0]: expected an absolute path, found \"x\"\n");
}

static void test_what_both_refuse_comes_once(void **state)
{
	assert_findings(state,
		CONFIG("", "", ", \"resources\": {\"unified\": {\"memory\": \"1\"}}"), false,
		"config.json:5:82: linux.resources.unified.memory: \"memory\" must be in the form CONTROLLER.PARAMETER\n");
}

static void test_strict(void **state)
{
	const char *text =
		CONFIG("", ", \"evn\": [], \"capabilities\": {\"bounding\": [\"CAP_NONE\"]}",
			"}, \"maskedPaths\": {\"x\": 1");

	assert_findings(state, text, false, "");
	assert_findings(state, text, true,
		"config.json:4:50: process.evn: unknown property \"evn\" (did you mean \"env\"?)\n"
		"config.json:5:62: maskedPaths: unknown property \"maskedPaths\" (did you mean \"linux.maskedPaths\"?)\n"
		"config.json:4:84: process.capabilities.bounding[0]: unknown or unavailable capability CAP_NONE is ignored\n");
}

static void test_strict_with_repeated_keys(void **state)
{
	const char *text = CONFIG("", ", \"noNewPrivileges\": true, \"noNewPrivileges\": false",
		", \"maskedPaths\": [\"/a\"], \"maskedPaths\": []");

	assert_findings(state, text, false, "");
	assert_findings(state, text, true,
		"config.json:4:87: process.noNewPrivileges: given more than once, only the last one counts\n"
		"config.json:5:84: linux.maskedPaths: given more than once, only the last one counts\n");
}

static void test_strict_with_limits_of_v1(void **state)
{
	const char *text = CONFIG("", "", ", \"resources\": {\"memory\": {\"swappiness\": 5}}");

	assert_findings(state, text, false, "");
	assert_findings(state, text, true,
		"config.json:5:85: linux.resources.memory.swappiness: cgroup v2 has no swappiness, the value is ignored\n");
}

static void test_without_a_process(void **state)
{
	assert_findings(state, "{\"ociVersion\": \"1.3.0\", \"root\": {\"path\": \"/x\"}}", false,
		"config.json:1:1: process is required to create a container\n");
}

static void test_text_that_is_no_json(void **state)
{
	assert_findings(
		state, "{\"a\": [}", false, "config.json:1:8: expected a value, found \"}\"\n");
}

static void test_a_bundle_that_cannot_be_read(void **state)
{
	struct corc_validate_options options = {.bundle = temporary_path(), .config = "other"};
	size_t count = 7;

	(void)state;
	assert_int_equal(corc_bundle_validate(&options, note, NULL, &count, &error), -ENOENT);
	assert_int_equal(count, 7);
	assert_non_null(strstr(error.message, "not found in bundle"));
}

/* The compiler sees values that the checks have refused. */
static void test_every_wrong_configuration_has_findings(void **state)
{
	char path[512];
	size_t files = 0;
	struct dirent *entry;
	DIR *directory;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/spec/bad", getenv("CORC_TEST_DATA"));
	directory = opendir(path);
	assert_non_null(directory);
	while ((entry = readdir(directory))) {
		struct corc_validate_options options = {.bundle = path, .config = entry->d_name};
		const char *dot = strrchr(entry->d_name, '.');
		size_t count = 0, visits = 0;

		if (!dot || strcmp(dot, ".json") != 0)
			continue;
		assert_success(corc_bundle_validate(&options, count_only, &visits, &count, &error),
			&error);
		if (count == 0 || visits != count)
			fail_msg("%s: %zu findings", entry->d_name, count);
		files++;
	}
	(void)closedir(directory);
	assert_true(files > 100);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, run_setup, run_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_a_good_one_has_nothing),
		TEST(test_all_at_once),
		TEST(test_what_both_refuse_comes_once),
		TEST(test_strict),
		TEST(test_strict_with_repeated_keys),
		TEST(test_strict_with_limits_of_v1),
		TEST(test_without_a_process),
		TEST(test_text_that_is_no_json),
		TEST(test_a_bundle_that_cannot_be_read),
		TEST(test_every_wrong_configuration_has_findings),
	};

	return cmocka_run_group_tests_name("validate", tests, NULL, NULL);
}
