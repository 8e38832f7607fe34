/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table of text with aligned columns. Layer: cmd; the parent process.
 */
#ifndef CORC_CMD_TABLE_H
#define CORC_CMD_TABLE_H

#include <stddef.h>

#include "base/buffer.h"

#define CORC_TABLE_COLUMNS 8

/* Zeroed but for the number of columns. */
struct corc_table {
	size_t column_count; /* at most CORC_TABLE_COLUMNS */
	size_t widths[CORC_TABLE_COLUMNS];
	struct corc_buffer cells; /* each ended by NUL, row after row */
};

/* Copies the cells of one row. */
void corc_table_add(struct corc_table *table, const char *const *cells);

/*
 * Appends the table. A column is three blanks wider than its longest cell and at least 12; the
 * last one is not padded. When memory was short, now or before, the buffer has failed.
 */
void corc_table_format(const struct corc_table *table, struct corc_buffer *buffer);

void corc_table_done(struct corc_table *table);

#endif
