/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options that checkpoint and restore share. Layer: cmd; the parent process.
 */
#ifndef CORC_CMD_CRIU_OPTIONS_H
#define CORC_CMD_CRIU_OPTIONS_H

#include <corc/corc.h>
#include <limits.h>

#include "cmd/command.h"
#include "cmd/options.h"

/* What is given as text and means something else. */
struct corc_criu_words {
	const char *cgroups_mode, *empty_namespace, *network_lock;
};

/* NOLINTBEGIN(bugprone-macro-parentheses): they name members */

#define CORC_CRIU_FLAG(type, option, member, text)                                 \
	{                                                                          \
		.name = (option), .offset = offsetof(type, member), .help = (text) \
	}
#define CORC_CRIU_STRING(type, option, member, what, text)                                      \
	{                                                                                       \
		.name = (option), .kind = CORC_OPTION_STRING, .offset = offsetof(type, member), \
		.value = (what), .help = (text)                                                 \
	}

/* `type` has CRIU's options at `criu` and a struct corc_criu_words named words. */
#define CORC_CRIU_ROWS(type, criu)                                                                 \
	CORC_CRIU_STRING(type, "image-path", criu.image_path, "DIR",                               \
		"folder of the images (default: checkpoint)"),                                     \
		CORC_CRIU_STRING(type, "work-path", criu.work_path, "DIR",                         \
			"folder of CRIU's log (default: that of the images)"),                     \
		CORC_CRIU_FLAG(type, "tcp-established", criu.tcp_established,                      \
			"allow TCP connections that are open"),                                    \
		CORC_CRIU_FLAG(                                                                    \
			type, "tcp-close", criu.tcp_close, "close TCP connections that are open"), \
		CORC_CRIU_FLAG(type, "ext-unix-sk", criu.ext_unix_sk,                              \
			"allow UNIX sockets that lead outside"),                                   \
		CORC_CRIU_FLAG(type, "shell-job", criu.shell_job,                                  \
			"allow a terminal that is the caller's own"),                              \
		CORC_CRIU_FLAG(type, "file-locks", criu.file_locks, "allow file locks"),           \
		CORC_CRIU_FLAG(type, "lazy-pages", criu.lazy_pages,                                \
			"move memory when it is used (userfaultfd)"),                              \
		CORC_CRIU_FLAG(type, "auto-dedup", criu.auto_dedup,                                \
			"drop pages of older images that newer ones replace"),                     \
		CORC_CRIU_STRING(type, "manage-cgroups-mode", words.cgroups_mode, "MODE",          \
			"cgroups below the container's: ignore, soft, full, strict (default: "     \
			"ignore)"),                                                                \
		CORC_CRIU_STRING(type, "empty-ns", words.empty_namespace, "NAMESPACE",             \
			"network: leave what is in the network namespace out"),                    \
		CORC_CRIU_STRING(type, "network-lock", words.network_lock, "METHOD",               \
			"how packets are kept away: iptables, nftables, skip")

/* NOLINTEND(bugprone-macro-parentheses) */

/*
 * Fills what the words mean, and finds CRIU in $PATH: `program` is where its path goes. EINVAL: a
 * word that is not known; ENOENT: there is no CRIU.
 */
int corc_criu_options_finish(struct corc_criu_options *criu, const struct corc_criu_words *words,
	char program[PATH_MAX], struct corc_error *error);

#endif
