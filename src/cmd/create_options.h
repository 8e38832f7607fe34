/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options that create and run share. Layer: cmd; the parent process.
 */
#ifndef CORC_CMD_CREATE_OPTIONS_H
#define CORC_CMD_CREATE_OPTIONS_H

#include "cmd/command.h"

/* The place of the configuration: also for plan and restore. `member`: the create options. */
/* NOLINTBEGIN(bugprone-macro-parentheses): the name of a member */
#define CORC_BUNDLE_ROWS(type, member)                                                   \
	{.name = "bundle",                                                               \
		.letters = "b",                                                          \
		.kind = CORC_OPTION_STRING,                                              \
		.offset = offsetof(type, member.bundle),                                 \
		.value = "DIR",                                                          \
		.help = "directory of the bundle (default: the working directory)"},     \
	{                                                                                \
		.name = "config", .letters = "f", .kind = CORC_OPTION_STRING,            \
		.offset = offsetof(type, member.config), .value = "FILE",                \
		.help = "name of the configuration in the bundle (default: config.json)" \
	}

/* NOLINTEND(bugprone-macro-parentheses) */

/* `type` has a struct corc_create_options named create. */
#define CORC_CREATE_ROWS(type)                                                            \
	CORC_BUNDLE_ROWS(type, create),                                                   \
		{.name = "console-socket",                                                \
			.letters = "c",                                                   \
			.kind = CORC_OPTION_STRING,                                       \
			.offset = offsetof(type, create.console_socket),                  \
			.value = "SOCKET",                                                \
			.help = "AF_UNIX socket that gets the master of the terminal"},   \
		{.name = "pid-file",                                                      \
			.letters = "p",                                                   \
			.kind = CORC_OPTION_STRING,                                       \
			.offset = offsetof(type, create.pid_file),                        \
			.value = "FILE",                                                  \
			.help = "file that gets the pid"},                                \
		{.name = "preserve-fds",                                                  \
			.kind = CORC_OPTION_NUMBER,                                       \
			.offset = offsetof(type, create.preserve_fds),                    \
			.value = "N",                                                     \
			.help = "hand on N file descriptors, from 3 on"},                 \
		{.name = "no-new-keyring",                                                \
			.kind = CORC_OPTION_FLAG,                                         \
			.offset = offsetof(type, create.no_new_keyring),                  \
			.help = "make no session keyring for the container"},             \
		{.name = "no-pivot",                                                      \
			.kind = CORC_OPTION_FLAG,                                         \
			.offset = offsetof(type, create.no_pivot),                        \
			.help = "chroot instead of pivot_root, for a root on a ramdisk"}, \
	{                                                                                 \
		.name = "pidfd-socket", .kind = CORC_OPTION_STRING,                       \
		.offset = offsetof(type, create.pidfd_socket), .value = "SOCKET",         \
		.help = "AF_UNIX socket that gets a pidfd of the process"                 \
	}

#endif
