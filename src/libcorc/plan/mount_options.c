/* SPDX-License-Identifier: Apache-2.0 */
/* The mount options of the specification. Layer: plan; the parent process only. */
#include "sys/mount.h"

#include "plan/mount_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum option_kind {
	ATTRIBUTE,  /* of the mount; `clear` is taken away, then `set` given */
	RECURSIVE,  /* of the mount and all below */
	UNDO,       /* forgets `set` if an earlier option asked for it, and says no more */
	SUPERBLOCK, /* given to the file system by name; `set` 0: taken back */
	PROPAGATION,
	BIND,
	EXTENSION, /* `set` is an enum corc_mount_extension */
	IDMAP,     /* `set`: MS_REC or 0 */
	IGNORED,   /* nothing to do for a mount of a container */
};

struct option {
	const char *name;
	enum option_kind kind;
	uint64_t set, clear;
};

#define ATIME MOUNT_ATTR__ATIME

/* In the order of strcmp. */
static const struct option options_table[] = {
	{"async", SUPERBLOCK, 0, MS_SYNCHRONOUS},
	{"atime", ATTRIBUTE, MOUNT_ATTR_RELATIME, ATIME},
	{"bind", BIND, 0, 0},
	{"copy-symlink", EXTENSION, CORC_MOUNT_OPTION_COPY_SYMLINK, 0},
	{"defaults", IGNORED, 0, 0},
	{"dest-nofollow", EXTENSION, CORC_MOUNT_OPTION_DESTINATION_NOFOLLOW, 0},
	{"dev", ATTRIBUTE, 0, MOUNT_ATTR_NODEV},
	{"diratime", ATTRIBUTE, 0, MOUNT_ATTR_NODIRATIME},
	{"dirsync", SUPERBLOCK, MS_DIRSYNC, 0},
	{"exec", ATTRIBUTE, 0, MOUNT_ATTR_NOEXEC},
	{"idmap", IDMAP, 0, 0},
	{"iversion", IGNORED, 0, 0},
	{"lazytime", SUPERBLOCK, MS_LAZYTIME, 0},
	{"loud", IGNORED, 0, 0},
	{"mand", SUPERBLOCK, MS_MANDLOCK, 0},
	{"noatime", ATTRIBUTE, MOUNT_ATTR_NOATIME, ATIME},
	{"nodev", ATTRIBUTE, MOUNT_ATTR_NODEV, 0},
	{"nodiratime", ATTRIBUTE, MOUNT_ATTR_NODIRATIME, 0},
	{"noexec", ATTRIBUTE, MOUNT_ATTR_NOEXEC, 0},
	{"noiversion", IGNORED, 0, 0},
	{"nolazytime", SUPERBLOCK, 0, MS_LAZYTIME},
	{"nomand", SUPERBLOCK, 0, MS_MANDLOCK},
	{"norelatime", IGNORED, 0, 0},
	{"nostrictatime", UNDO, MOUNT_ATTR_STRICTATIME, ATIME},
	{"nosuid", ATTRIBUTE, MOUNT_ATTR_NOSUID, 0},
	{"nosymfollow", ATTRIBUTE, MOUNT_ATTR_NOSYMFOLLOW, 0},
	{"private", PROPAGATION, MS_PRIVATE, 0},
	{"ratime", RECURSIVE, MOUNT_ATTR_RELATIME, ATIME},
	{"rbind", BIND, MS_REC, 0},
	{"rdev", RECURSIVE, 0, MOUNT_ATTR_NODEV},
	{"rdiratime", RECURSIVE, 0, MOUNT_ATTR_NODIRATIME},
	{"relatime", ATTRIBUTE, MOUNT_ATTR_RELATIME, ATIME},
	{"remount", EXTENSION, CORC_MOUNT_OPTION_REMOUNT, 0},
	{"rexec", RECURSIVE, 0, MOUNT_ATTR_NOEXEC},
	{"ridmap", IDMAP, MS_REC, 0},
	{"rnoatime", RECURSIVE, MOUNT_ATTR_NOATIME, ATIME},
	{"rnodev", RECURSIVE, MOUNT_ATTR_NODEV, 0},
	{"rnodiratime", RECURSIVE, MOUNT_ATTR_NODIRATIME, 0},
	{"rnoexec", RECURSIVE, MOUNT_ATTR_NOEXEC, 0},
	{"rnorelatime", IGNORED, 0, 0},
	{"rnostrictatime", UNDO, MOUNT_ATTR_STRICTATIME, ATIME},
	{"rnosuid", RECURSIVE, MOUNT_ATTR_NOSUID, 0},
	{"rnosymfollow", RECURSIVE, MOUNT_ATTR_NOSYMFOLLOW, 0},
	{"ro", ATTRIBUTE, MOUNT_ATTR_RDONLY, 0},
	{"rprivate", PROPAGATION, MS_PRIVATE | MS_REC, 0},
	{"rrelatime", RECURSIVE, MOUNT_ATTR_RELATIME, ATIME},
	{"rro", RECURSIVE, MOUNT_ATTR_RDONLY, 0},
	{"rrw", RECURSIVE, 0, MOUNT_ATTR_RDONLY},
	{"rshared", PROPAGATION, MS_SHARED | MS_REC, 0},
	{"rslave", PROPAGATION, MS_SLAVE | MS_REC, 0},
	{"rstrictatime", RECURSIVE, MOUNT_ATTR_STRICTATIME, ATIME},
	{"rsuid", RECURSIVE, 0, MOUNT_ATTR_NOSUID},
	{"rsymfollow", RECURSIVE, 0, MOUNT_ATTR_NOSYMFOLLOW},
	{"runbindable", PROPAGATION, MS_UNBINDABLE | MS_REC, 0},
	{"rw", ATTRIBUTE, 0, MOUNT_ATTR_RDONLY},
	{"shared", PROPAGATION, MS_SHARED, 0},
	{"silent", IGNORED, 0, 0},
	{"slave", PROPAGATION, MS_SLAVE, 0},
	{"src-nofollow", EXTENSION, CORC_MOUNT_OPTION_SOURCE_NOFOLLOW, 0},
	{"strictatime", ATTRIBUTE, MOUNT_ATTR_STRICTATIME, ATIME},
	{"suid", ATTRIBUTE, 0, MOUNT_ATTR_NOSUID},
	{"symfollow", ATTRIBUTE, 0, MOUNT_ATTR_NOSYMFOLLOW},
	{"sync", SUPERBLOCK, MS_SYNCHRONOUS, 0},
	{"tmpcopyup", EXTENSION, CORC_MOUNT_OPTION_COPY_UP, 0},
	{"unbindable", PROPAGATION, MS_UNBINDABLE, 0},
};

#define OPTION_COUNT (sizeof(options_table) / sizeof(options_table[0]))

static int compare_name(const void *name, const void *option)
{
	return strcmp(name, ((const struct option *)option)->name);
}

static const struct option *find_option(const char *name)
{
	return bsearch(name, options_table, OPTION_COUNT, sizeof(options_table[0]), compare_name);
}

/* As find_option, and "idmap=MAPPINGS"; *ret_value is what stands behind "=", or NULL. */
static const struct option *find_word(const char *word, const char **ret_value)
{
	const char *equals = strchr(word, '=');

	*ret_value = NULL;
	for (size_t i = 0; equals && i < OPTION_COUNT; i++) {
		if (options_table[i].kind != IDMAP ||
			strlen(options_table[i].name) != (size_t)(equals - word) ||
			strncmp(word, options_table[i].name, (size_t)(equals - word)) != 0)
			continue;
		*ret_value = equals + 1;
		return &options_table[i];
	}
	return find_option(word);
}

static void change(uint64_t *set, uint64_t *clear, const struct option *option)
{
	*set = (*set & ~option->clear) | option->set;
	*clear = (*clear & ~option->set) | option->clear;
}

/* The access time field, of the mount or of the whole tree, back to what it was without options. */
static void undo(struct corc_mount_options *options, const struct option *option)
{
	bool is_recursive = option->name[0] == 'r';
	uint64_t *set = is_recursive ? &options->recursive_attr_set : &options->attr_set;
	uint64_t *clear = is_recursive ? &options->recursive_attr_clear : &options->attr_clear;

	if ((*set & ATIME) != option->set)
		return;
	*set &= ~option->clear;
	*clear &= ~option->clear;
}

static void apply(
	struct corc_mount_options *options, uint64_t *superblock, const struct option *option)
{
	switch (option->kind) {
	case ATTRIBUTE:
		change(&options->attr_set, &options->attr_clear, option);
		break;
	case RECURSIVE:
		change(&options->recursive_attr_set, &options->recursive_attr_clear, option);
		break;
	case UNDO:
		undo(options, option);
		break;
	case SUPERBLOCK:
		*superblock = (*superblock & ~option->clear) | option->set;
		break;
	case PROPAGATION:
		options->propagation = option->set & ~(uint64_t)MS_REC;
		options->propagation_recursive = (option->set & MS_REC) != 0;
		break;
	case BIND:
		options->is_bind = true;
		options->is_recursive = (option->set & MS_REC) != 0;
		break;
	case EXTENSION:
		options->extensions |= (uint32_t)option->set;
		break;
	case IDMAP:
		options->is_idmapped = true;
		options->idmap_recursive = (option->set & MS_REC) != 0;
		break;
	case IGNORED:
		break;
	}
}

/*
 * The end of the first of several options in one word: at a comma that is neither quoted, as in
 * context="s0:c1,c2", nor escaped.
 */
static size_t option_end(const char *text)
{
	bool is_quoted = false;
	size_t i = 0;

	for (; text[i] && (is_quoted || text[i] != ','); i++) {
		if (text[i] == '\\' && text[i + 1])
			i++;
		else if (text[i] == '"')
			is_quoted = !is_quoted;
	}
	return i;
}

/* key="value" without the quotes, which only mount(2) takes away. */
static void remove_quotes(char *option)
{
	char *equals = strchr(option, '=');
	size_t length = equals ? strlen(equals + 1) : 0;

	if (length < 2 || equals[1] != '"' || equals[length] != '"')
		return;
	memmove(equals + 1, equals + 2, length - 2);
	equals[length - 1] = '\0';
}

/* Each part of the word becomes an option of its own, as mount(2) would split it. */
static int add_data(struct corc_arena *arena, struct corc_mount_options *options, const char *word)
{
	while (*word) {
		size_t length = option_end(word);

		if (length) {
			char *copy = corc_arena_strndup(arena, word, length);

			if (!copy)
				return -ENOMEM;
			remove_quotes(copy);
			options->data.items[options->data.count++] = copy;
		}
		word += length + (word[length] == ',');
	}
	return 0;
}

/* Room for all that the words and the flags of the superblock can become. */
static int allocate_data(struct corc_arena *arena, const struct corc_string_array *options,
	struct corc_string_array *data)
{
	size_t count = options->count + 5;

	for (size_t i = 0; i < options->count; i++)
		for (const char *at = options->items[i]; *at; at++)
			count += *at == ',';
	data->items = corc_arena_array(arena, count, sizeof(*data->items));
	data->count = 0;
	return data->items ? 0 : -ENOMEM;
}

static void add_superblock(struct corc_mount_options *options, uint64_t flags)
{
	for (size_t i = 0; i < OPTION_COUNT; i++)
		if (options_table[i].kind == SUPERBLOCK && (options_table[i].set & flags))
			options->data.items[options->data.count++] = options_table[i].name;
}

int corc_mount_options_read(struct corc_arena *arena, const struct corc_string_array *options,
	bool is_bind, struct corc_mount_options *ret_options)
{
	struct corc_mount_options result = {.is_bind = is_bind, .first_data = SIZE_MAX};
	uint64_t superblock = 0;

	if (allocate_data(arena, options, &result.data) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < options->count; i++) {
		const char *value;
		const struct option *option = find_word(options->items[i], &value);

		if (!option) {
			if (result.first_data == SIZE_MAX && options->items[i][0])
				result.first_data = i;
			if (add_data(arena, &result, options->items[i]) < 0)
				return -ENOMEM;
		} else {
			apply(&result, &superblock, option);
			if (option->kind == IDMAP) {
				result.idmap = value;
				result.idmap_option = i;
			}
		}
	}
	/* A bind mount has the superblock of its source. */
	if (!result.is_bind)
		add_superblock(&result, superblock);
	*ret_options = result;
	return 0;
}

uint64_t corc_mount_options_attributes(const struct corc_mount_options *options)
{
	return (options->attr_set & ~options->recursive_attr_clear) | options->recursive_attr_set;
}

void corc_mount_attributes_put(uint64_t attributes, struct corc_buffer *buffer)
{
	/* Read-only first, as mount(8) lists them. */
	static const char *const words[] = {"ro", "nosuid", "nodev", "noexec", "noatime",
		"strictatime", "nodiratime", "nosymfollow"};
	const char *separator = "";

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!(find_option(words[i])->set & attributes))
			continue;
		corc_buffer_puts(buffer, separator);
		corc_buffer_puts(buffer, words[i]);
		separator = ",";
	}
}

const char *corc_propagation_name(uint64_t flags)
{
	for (size_t i = 0; i < OPTION_COUNT; i++)
		if (options_table[i].kind == PROPAGATION && options_table[i].set == flags)
			return options_table[i].name;
	return NULL;
}

uint64_t corc_propagation_flags(const char *name)
{
	const struct option *option = find_option(name);

	return option && option->kind == PROPAGATION ? option->set : 0;
}

const char *corc_mount_option_name(size_t index)
{
	return index < OPTION_COUNT ? options_table[index].name : NULL;
}
