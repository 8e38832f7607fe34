/* SPDX-License-Identifier: Apache-2.0 */
/* What unknown keys were probably meant to be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/json_fixture.h"

/* The suggestion for the only unknown key of a document; NULL: there must be none. */
static void assert_suggestion(const char *text, const char *expected)
{
	struct loaded loaded;
	char name[64] = "";
	bool found;

	load(&loaded, text);
	assert_int_equal(loaded.document.unknown.count, 1);
	found = corc_json_suggest(&loaded.document, &everything_object,
		loaded.document.unknown.items[0], name, sizeof(name));
	assert_int_equal(found, expected != NULL);
	if (expected)
		assert_string_equal(name, expected);
	unload(&loaded);
}

static void test_a_name_that_is_nearly_right(void **state)
{
	(void)state;
	assert_suggestion("{\"strng\": 1}", "string");   /* one is missing */
	assert_suggestion("{\"sttring\": 1}", "string"); /* one too many */
	assert_suggestion("{\"atring\": 1}", "string");  /* another */
	assert_suggestion("{\"srting\": 1}", "string");  /* exchanged */
	assert_suggestion("{\"STRING\": 1}", "string");  /* the case */
	assert_suggestion("{\"flagpointer\": 1}", "flagPointer");
	assert_suggestion("{\"fleg\": 1}", "flag");
}

static void test_in_the_object_that_it_stands_in(void **state)
{
	(void)state;
	assert_suggestion("{\"item\": {\"name\": \"x\", \"wrds\": 1}}", "words");
	assert_suggestion("{\"items\": [{\"name\": \"x\"}, {\"nam\": 1}]}", "name");
	assert_suggestion("{\"itemMap\": {\"strng\": {\"vaule\": 1}}}", "value");
	/* "strng" is like a property of the document, not of an item. */
	assert_suggestion("{\"item\": {\"name\": \"x\", \"strng\": 1}}", NULL);
}

static void test_a_name_that_belongs_elsewhere(void **state)
{
	(void)state;
	assert_suggestion("{\"item\": {\"name\": \"x\", \"flagPointer\": 1}}", "flagPointer");
	/* Four objects have a property of that name. */
	assert_suggestion("{\"words\": 1}", NULL);
}

static void test_nothing_is_near(void **state)
{
	(void)state;
	assert_suggestion("{\"zzz\": 1}", NULL);
	assert_suggestion("{\"\": 1}", NULL);
	assert_suggestion(
		"{\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\": 1}", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_name_that_is_nearly_right),
		cmocka_unit_test(test_in_the_object_that_it_stands_in),
		cmocka_unit_test(test_a_name_that_belongs_elsewhere),
		cmocka_unit_test(test_nothing_is_near),
	};

	return cmocka_run_group_tests_name("json_suggest", tests, NULL, NULL);
}
