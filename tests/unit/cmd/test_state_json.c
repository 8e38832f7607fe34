/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON of state and list: keys, their order, what is left out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/state_json.h"

static const struct corc_annotation annotations[] = {{"b", "2"}, {"a", "say \"1\""}};

static const struct corc_state example = {
	.id = "web",
	.pid = 4242,
	.status = CORC_STATUS_RUNNING,
	.bundle = "/srv/web",
	.rootfs = "/srv/web/rootfs",
	.created = "2026-11-23T05:37:00.0125Z",
	.owner = 1000,
	.annotations = annotations,
	.annotation_count = 2,
};

static void test_indented(void **state)
{
	struct corc_buffer CORC_BUFFER text = {0};
	struct corc_json_writer writer = {.buffer = &text, .indent = 2};

	(void)state;
	corc_state_json(&writer, &example, "");
	assert_string_equal(text.data, "{\n"
				       "  \"ociVersion\": \"1.3.0\",\n"
				       "  \"id\": \"web\",\n"
				       "  \"pid\": 4242,\n"
				       "  \"status\": \"running\",\n"
				       "  \"bundle\": \"/srv/web\",\n"
				       "  \"rootfs\": \"/srv/web/rootfs\",\n"
				       "  \"created\": \"2026-11-23T05:37:00.0125Z\",\n"
				       "  \"annotations\": {\n"
				       "    \"b\": \"2\",\n"
				       "    \"a\": \"say \\\"1\\\"\"\n"
				       "  },\n"
				       "  \"owner\": \"\"\n"
				       "}");
}

static void test_one_line_without_annotations(void **state)
{
	struct corc_buffer CORC_BUFFER text = {0};
	struct corc_json_writer writer = {.buffer = &text};
	struct corc_state stopped = example;

	(void)state;
	stopped.pid = 0;
	stopped.status = CORC_STATUS_STOPPED;
	stopped.annotation_count = 0;
	corc_state_json(&writer, &stopped, "#1000");
	assert_string_equal(text.data,
		"{\"ociVersion\":\"1.3.0\",\"id\":\"web\",\"pid\":0,\"status\":\"stopped\","
		"\"bundle\":\"/srv/web\",\"rootfs\":\"/srv/web/rootfs\","
		"\"created\":\"2026-11-23T05:37:00.0125Z\",\"owner\":\"#1000\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_indented),
		cmocka_unit_test(test_one_line_without_annotations),
	};

	return cmocka_run_group_tests_name("cmd/state_json", tests, NULL, NULL);
}
