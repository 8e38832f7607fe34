/* SPDX-License-Identifier: Apache-2.0 */
/* From options to CRIU's message: tables. Layer: checkpoint; the parent process. */
#ifdef HAVE_CONFIG_H
#	include <config.h>
#endif
#include "checkpoint/criu_request.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#include "base/cleanup.h"

/* CRIU's own default is to log errors only, and they are of little use without what led to them. */
#define LOG_LEVEL 4

int corc_criu_pairs_add(
	struct corc_arena *arena, struct corc_criu_pairs *pairs, const char *key, const char *value)
{
	struct corc_criu_pair *items = corc_arena_grow(
		arena, pairs->items, pairs->count, &pairs->capacity, sizeof(*items));

	if (!items || !key || !value)
		return -ENOMEM;
	pairs->items = items;
	items[pairs->count++] = (struct corc_criu_pair){key, value};
	return 0;
}

#ifdef HAVE_CRIU

/* For which verbs an option is. */
enum { FOR_DUMP = 1 << 0, FOR_RESTORE = 1 << 1, FOR_BOTH = FOR_DUMP | FOR_RESTORE };

#	define FLAG(member, criu, verbs)                                                       \
		{                                                                               \
			offsetof(struct corc_criu_options, member),                             \
				offsetof(CriuOpts, has_##criu), offsetof(CriuOpts, criu), verbs \
		}

static const struct {
	size_t option; /* a bool */
	size_t has, value;
	unsigned verbs;
} flags[] = {
	FLAG(tcp_established, tcp_established, FOR_BOTH),
	FLAG(tcp_close, tcp_close, FOR_BOTH),
	FLAG(tcp_skip_in_flight, tcp_skip_in_flight, FOR_DUMP),
	FLAG(link_remap, link_remap, FOR_DUMP),
	FLAG(ext_unix_sk, ext_unix_sk, FOR_BOTH),
	FLAG(shell_job, shell_job, FOR_BOTH),
	FLAG(file_locks, file_locks, FOR_BOTH),
	FLAG(lazy_pages, lazy_pages, FOR_BOTH),
	FLAG(auto_dedup, auto_dedup, FOR_BOTH),
};

static const CriuCgMode cgroup_modes[] = {
	[CORC_CRIU_CGROUPS_IGNORE] = CRIU_CG_MODE__IGNORE,
	[CORC_CRIU_CGROUPS_SOFT] = CRIU_CG_MODE__SOFT,
	[CORC_CRIU_CGROUPS_FULL] = CRIU_CG_MODE__FULL,
	[CORC_CRIU_CGROUPS_STRICT] = CRIU_CG_MODE__STRICT,
};

static const int network_locks[] = {
	[CORC_CRIU_NETWORK_LOCK_IPTABLES] = CRIU_NETWORK_LOCK_METHOD__IPTABLES,
	[CORC_CRIU_NETWORK_LOCK_NFTABLES] = CRIU_NETWORK_LOCK_METHOD__NFTABLES,
	[CORC_CRIU_NETWORK_LOCK_SKIP] = 3, /* older descriptions of the messages lack the name */
};

static const CriuReqType types[] = {
	[CORC_CRIU_DUMP] = CRIU_REQ_TYPE__DUMP,
	[CORC_CRIU_PRE_DUMP] = CRIU_REQ_TYPE__PRE_DUMP,
	[CORC_CRIU_RESTORE] = CRIU_REQ_TYPE__RESTORE,
};

CriuReqType corc_criu_request_type(enum corc_criu_verb verb)
{
	return types[verb];
}

static void set_flag(CriuOpts *message, size_t has, size_t value, bool is_set)
{
	*(protobuf_c_boolean *)((char *)message + has) = 1;
	*(protobuf_c_boolean *)((char *)message + value) = is_set;
}

#	define SET_FLAG(message, member, is_set)                                               \
		set_flag(message, offsetof(CriuOpts, has_##member), offsetof(CriuOpts, member), \
			is_set)

static void set_flags(CriuOpts *message, const struct corc_criu_options *options, unsigned verb)
{
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		bool is_set = *(const bool *)((const char *)options + flags[i].option);

		if (is_set && (flags[i].verbs & verb))
			set_flag(message, flags[i].has, flags[i].value, true);
	}
}

/* An array of `count` zeroed messages and of pointers to them. NULL: no memory. */
static void *new_messages(struct corc_arena *arena, size_t count, size_t size, void ***ret_pointers)
{
	char *items = corc_arena_array(arena, count, size);
	void **pointers = corc_arena_array(arena, count, sizeof(*pointers));

	for (size_t i = 0; items && pointers && i < count; i++)
		pointers[i] = items + i * size;
	*ret_pointers = pointers;
	return pointers ? items : NULL;
}

/* Messages of two strings. NOLINTBEGIN(bugprone-macro-parentheses): types and members */
#	define SET_PAIRS(message, arena, pairs, member, TYPE, INIT, first, second)             \
		({                                                                              \
			TYPE *items_ = NULL;                                                    \
			void **pointers_ = NULL;                                                \
			size_t count_ = (pairs)->count;                                         \
                                                                                                \
			if (count_ > 0)                                                         \
				items_ = new_messages(arena, count_, sizeof(TYPE), &pointers_); \
			for (size_t i_ = 0; items_ && i_ < count_; i_++) {                      \
				items_[i_] = (TYPE)INIT;                                        \
				items_[i_].first = (char *)(pairs)->items[i_].key;              \
				items_[i_].second = (char *)(pairs)->items[i_].value;           \
			}                                                                       \
			(message)->n_##member = items_ ? count_ : 0;                            \
			(message)->member = (TYPE **)pointers_;                                 \
			count_ == 0 || items_;                                                  \
		})

/* NOLINTEND(bugprone-macro-parentheses) */

static bool set_lists(
	CriuOpts *message, struct corc_arena *arena, const struct corc_criu_request *request)
{
	message->n_external = request->external.count;
	message->external = (char **)request->external.items;
	return SET_PAIRS(message, arena, &request->mounts, ext_mnt, ExtMountMap,
		       EXT_MOUNT_MAP__INIT, key, val) &&
	       SET_PAIRS(message, arena, &request->namespaces, join_ns, JoinNamespace,
		       JOIN_NAMESPACE__INIT, ns, ns_file) &&
	       SET_PAIRS(message, arena, &request->cgroups, cg_root, CgroupRoot, CGROUP_ROOT__INIT,
		       ctrl, path);
}

static bool set_inherited(
	CriuOpts *message, struct corc_arena *arena, const struct corc_criu_request *request)
{
	void **pointers = NULL;
	size_t count = request->inherited_count;
	InheritFd *items = count > 0 ? new_messages(arena, count, sizeof(*items), &pointers) : NULL;

	for (size_t i = 0; items && i < count; i++) {
		items[i] = (InheritFd)INHERIT_FD__INIT;
		items[i].key = (char *)request->inherited[i].key;
		items[i].fd = request->inherited[i].fd;
	}
	message->n_inherit_fd = items ? count : 0;
	message->inherit_fd = (InheritFd **)pointers;
	return count == 0 || items;
}

/* A restore finds the container's own, which corc has just made, and refuses them when strict. */
static void set_cgroups(CriuOpts *message, const struct corc_criu_request *request)
{
	enum corc_criu_cgroups mode = request->options->cgroups;

	if (request->verb == CORC_CRIU_RESTORE && mode == CORC_CRIU_CGROUPS_STRICT)
		mode = CORC_CRIU_CGROUPS_FULL;
	SET_FLAG(message, manage_cgroups, mode != CORC_CRIU_CGROUPS_IGNORE);
	message->has_manage_cgroups_mode = 1;
	message->manage_cgroups_mode = cgroup_modes[mode];
	message->cgroup_yard = (char *)request->cgroup_yard;
}

static void set_network(CriuOpts *message, const struct corc_criu_options *options)
{
	if (options->empty_network) {
		message->has_empty_ns = 1;
		message->empty_ns = CLONE_NEWNET;
	}
	if (options->network_lock != CORC_CRIU_NETWORK_LOCK_DEFAULT) {
		message->has_network_lock = 1;
		message->network_lock = (CriuNetworkLockMethod)network_locks[options->network_lock];
	}
}

static void set_common(CriuOpts *message, const struct corc_criu_request *request)
{
	message->images_dir_fd = request->images;
	message->has_work_dir_fd = 1;
	message->work_dir_fd = request->work;
	message->has_log_level = 1;
	message->log_level = LOG_LEVEL;
	message->log_file = (char *)request->log_file;
	message->root = (char *)request->root;
	message->config_file = (char *)request->config_file;
	SET_FLAG(message, notify_scripts, true);
	/* A terminal is either left out with its master or is the caller's: CRIU knows no third. */
	SET_FLAG(message, orphan_pts_master, !request->options->shell_job);
	set_cgroups(message, request);
	set_network(message, request->options);
}

static void set_dump(CriuOpts *message, const struct corc_criu_request *request)
{
	const struct corc_checkpoint_options *options = request->checkpoint;

	message->has_pid = 1;
	message->pid = request->pid;
	message->freeze_cgroup = (char *)request->freeze_cgroup;
	message->parent_img = (char *)options->parent_path;
	SET_FLAG(message, leave_running, options->leave_running);
	if (options->parent_path || options->pre_dump)
		SET_FLAG(message, track_mem, true);
}

static void set_restore(CriuOpts *message, const struct corc_criu_request *request)
{
	message->lsm_profile = (char *)request->restore->lsm_profile;
	message->lsm_mount_context = (char *)request->restore->lsm_mount_context;
	/* The container's process becomes our child. */
	SET_FLAG(message, rst_sibling, true);
	/* A character device is found by its path when its number is another on this host. */
	SET_FLAG(message, evasive_devices, true);
}

int corc_criu_request_send(struct corc_criu *criu, const struct corc_criu_request *request,
	int (*send)(struct corc_criu *criu, const CriuReq *message, struct corc_error *error),
	struct corc_error *error)
{
	struct corc_arena CORC_CLEANUP(corc_arena_done) arena = {0};
	CriuReq message = CRIU_REQ__INIT;
	CriuOpts opts = CRIU_OPTS__INIT;
	CriuPageServerInfo pages = CRIU_PAGE_SERVER_INFO__INIT;
	unsigned verb = request->verb == CORC_CRIU_RESTORE ? FOR_RESTORE : FOR_DUMP;

	message.type = types[request->verb];
	message.opts = &opts;
	set_common(&opts, request);
	set_flags(&opts, request->options, verb);
	if (verb == FOR_RESTORE)
		set_restore(&opts, request);
	else
		set_dump(&opts, request);
	if (request->page_address) {
		pages.address = (char *)request->page_address;
		pages.has_port = 1;
		pages.port = request->page_port;
		opts.ps = &pages;
	}
	if (!set_lists(&opts, &arena, request) || !set_inherited(&opts, &arena, request))
		return corc_fail_errno(error, ENOMEM, "request to CRIU");
	return send(criu, &message, error);
}

#endif
