/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables: the width of columns.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "cmd/table.h"

static void add(struct corc_table *table, const char *first, const char *second, const char *third)
{
	corc_table_add(table, (const char *const[]){first, second, third});
}

static void test_columns(void **state)
{
	struct corc_table CORC_CLEANUP(corc_table_done) table = {.column_count = 3};
	struct corc_buffer CORC_BUFFER text = {0};

	(void)state;
	add(&table, "ID", "PID", "OWNER");
	add(&table, "exactly-9", "1", "root");
	add(&table, "grün", "a-longer-name", "#1000");
	add(&table, "", "", "");
	corc_table_format(&table, &text);
	assert_string_equal(text.data, "ID          PID             OWNER\n"
				       "exactly-9   1               root\n"
				       "grün        a-longer-name   #1000\n"
				       "                            \n");
}

static void test_short_columns(void **state)
{
	struct corc_table CORC_CLEANUP(corc_table_done) table = {.column_count = 3};
	struct corc_buffer CORC_BUFFER text = {0};

	(void)state;
	add(&table, "ID", "PID", "OWNER");
	corc_table_format(&table, &text);
	assert_string_equal(text.data, "ID          PID         OWNER\n");
}

static void test_lost_cells_are_told(void **state)
{
	struct corc_table CORC_CLEANUP(corc_table_done) table = {.column_count = 3};
	struct corc_buffer CORC_BUFFER text = {0};

	(void)state;
	add(&table, "ID", "PID", "OWNER");
	table.cells.failed = true;
	corc_table_format(&table, &text);
	assert_true(text.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_short_columns),
		cmocka_unit_test(test_lost_cells_are_told),
	};

	return cmocka_run_group_tests_name("cmd/table", tests, NULL, NULL);
}
