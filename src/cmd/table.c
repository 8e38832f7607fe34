/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table of text with aligned columns. Layer: cmd; the parent process.
 */
#include "cmd/table.h"

#include <string.h>

enum { COLUMN_MIN = 12, COLUMN_GAP = 3 };

/* Characters of a text, counted by the first bytes of UTF-8 sequences. */
static size_t text_width(const char *text)
{
	size_t width = 0;

	for (; *text != '\0'; text++) {
		if (((unsigned char)*text & 0xc0) != 0x80)
			width++;
	}
	return width;
}

void corc_table_add(struct corc_table *table, const char *const *cells)
{
	for (size_t i = 0; i < table->column_count; i++) {
		size_t width = text_width(cells[i]) + COLUMN_GAP;

		if (width < COLUMN_MIN)
			width = COLUMN_MIN;
		if (width > table->widths[i])
			table->widths[i] = width;
		corc_buffer_append(&table->cells, cells[i], strlen(cells[i]) + 1);
	}
}

void corc_table_format(const struct corc_table *table, struct corc_buffer *buffer)
{
	const char *cell = table->cells.data;
	const char *end = cell + table->cells.length;

	if (table->cells.failed) {
		buffer->failed = true;
		return;
	}
	for (size_t column = 0; cell < end; cell += strlen(cell) + 1) {
		size_t width = text_width(cell);

		corc_buffer_puts(buffer, cell);
		if (++column == table->column_count) {
			corc_buffer_append(buffer, "\n", 1);
			column = 0;
			continue;
		}
		for (; width < table->widths[column - 1]; width++)
			corc_buffer_append(buffer, " ", 1);
	}
}

void corc_table_done(struct corc_table *table)
{
	corc_buffer_done(&table->cells);
}
