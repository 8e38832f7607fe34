/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the kept configuration again. Layer: run; the parent process. */
#include "run/kept_config.h"

#include "base/cleanup.h"
#include "base/io.h"

int corc_kept_config_read(const struct corc_state_directory *directory, struct corc_arena *arena,
	char **ret_text, struct corc_spec **ret_spec, struct corc_error *error)
{
	char CORC_FREE *text = NULL;
	size_t length = 0;
	int r = corc_read_file(directory->fd, "config.json", CORC_CONFIG_MAX, &text, &length);

	if (r < 0)
		return corc_fail_errno(error, -r, "reading the kept config.json");
	r = corc_spec_parse(arena, "config.json", text, length, ret_spec, error);
	if (r == 0)
		*ret_text = corc_take_pointer(text);
	return r;
}
