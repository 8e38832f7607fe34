/* SPDX-License-Identifier: Apache-2.0 */
/*
 * checkpoint/criu_request.c: what each option becomes in the message, for each verb that it is for
 * and for no other. Of some CRIU makes no use when it restores, so that no container shows it.
 */
#ifdef HAVE_CONFIG_H
#	include <config.h>
#endif

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "checkpoint/criu_request.h"

#ifdef HAVE_CRIU

#	define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#	define FLAG(member, dump, restore)                                                   \
		{                                                                             \
#			member, offsetof(struct corc_criu_options, member),                  \
				offsetof(CriuOpts, has_##member), offsetof(CriuOpts, member), \
			{                                                                     \
				dump, dump, restore                                           \
			}                                                                     \
		}

static const struct {
	const char *name;
	size_t option, has, value;
	bool is_sent[3]; /* by verb */
} flags[] = {
	FLAG(tcp_established, true, true),
	FLAG(tcp_close, true, true),
	FLAG(tcp_skip_in_flight, true, false),
	FLAG(link_remap, true, false),
	FLAG(ext_unix_sk, true, true),
	FLAG(shell_job, true, true),
	FLAG(file_locks, true, true),
	FLAG(lazy_pages, true, true),
	FLAG(auto_dedup, true, true),
};

static struct corc_checkpoint_options checkpoint;
static struct corc_restore_options restore;
static struct corc_error error;

/* As CRIU gets it. */
static CriuReq *received;

static int receive(struct corc_criu *criu, const CriuReq *message, struct corc_error *failure)
{
	uint8_t packed[4096];
	size_t size = criu_req__get_packed_size(message);

	(void)criu;
	(void)failure;
	assert_true(size <= sizeof(packed));
	assert_int_equal(criu_req__pack(message, packed), size);
	received = criu_req__unpack(NULL, size, packed);
	assert_non_null(received);
	return 0;
}

static const CriuOpts *send_request(struct corc_criu_request *request)
{
	struct corc_criu criu = CORC_CRIU_EMPTY;

	request->log_file = "log";
	request->root = "/root";
	request->checkpoint = request->verb == CORC_CRIU_RESTORE ? NULL : &checkpoint;
	request->restore = request->verb == CORC_CRIU_RESTORE ? &restore : NULL;
	assert_int_equal(corc_criu_request_send(&criu, request, receive, &error), 0);
	assert_non_null(received->opts);
	return received->opts;
}

static void forget(void)
{
	criu_req__free_unpacked(received, NULL);
	received = NULL;
}

static bool is_set(const CriuOpts *message, size_t i)
{
	const char *at = (const char *)message;

	return *(const protobuf_c_boolean *)(at + flags[i].has) &&
	       *(const protobuf_c_boolean *)(at + flags[i].value);
}

static void test_flags(void **state)
{
	(void)state;
	for (int verb = CORC_CRIU_DUMP; verb <= CORC_CRIU_RESTORE; verb++)
		for (size_t given = 0; given < COUNT(flags); given++) {
			struct corc_criu_options options = {0};
			struct corc_criu_request request = {
				.verb = (enum corc_criu_verb)verb, .options = &options};
			const CriuOpts *message;

			*(bool *)((char *)&options + flags[given].option) = true;
			message = send_request(&request);
			for (size_t i = 0; i < COUNT(flags); i++)
				if (is_set(message, i) != (i == given && flags[i].is_sent[verb]))
					fail_msg("verb %d with %s: %s", verb, flags[given].name,
						flags[i].name);
			assert_int_equal(message->orphan_pts_master, !options.shell_job);
			forget();
		}
}

static void test_verbs(void **state)
{
	static const CriuReqType types[] = {
		CRIU_REQ_TYPE__DUMP, CRIU_REQ_TYPE__PRE_DUMP, CRIU_REQ_TYPE__RESTORE};
	struct corc_criu_options options = {0};

	(void)state;
	for (int verb = CORC_CRIU_DUMP; verb <= CORC_CRIU_RESTORE; verb++) {
		struct corc_criu_request request = {
			.verb = (enum corc_criu_verb)verb, .options = &options, .pid = 17};
		const CriuOpts *message = send_request(&request);

		assert_int_equal(received->type, types[verb]);
		assert_int_equal(corc_criu_request_type(request.verb), types[verb]);
		assert_int_equal(message->has_pid, verb != CORC_CRIU_RESTORE);
		assert_true(verb == CORC_CRIU_RESTORE || message->pid == 17);
		assert_int_equal(message->has_rst_sibling, verb == CORC_CRIU_RESTORE);
		forget();
	}
}

static void test_words_and_modes(void **state)
{
	static const CriuCgMode modes[] = {
		CRIU_CG_MODE__IGNORE, CRIU_CG_MODE__SOFT, CRIU_CG_MODE__FULL, CRIU_CG_MODE__STRICT};
	struct corc_criu_options options = {.empty_network = true};
	struct corc_criu_request request = {.verb = CORC_CRIU_DUMP,
		.options = &options,
		.config_file = "more",
		.freeze_cgroup = "freezer",
		.page_address = "address",
		.page_port = 65535};
	const CriuOpts *message;

	(void)state;
	for (size_t i = 0; i < COUNT(modes); i++) {
		options.cgroups = (enum corc_criu_cgroups)i;
		options.network_lock = (enum corc_criu_network_lock)i;
		message = send_request(&request);
		assert_int_equal(message->manage_cgroups_mode, modes[i]);
		assert_int_equal(message->manage_cgroups, i != CORC_CRIU_CGROUPS_IGNORE);
		/* The names of CRIU's rpc.proto: 1 is iptables, 2 nftables, 3 skip. */
		assert_int_equal(message->has_network_lock ? (int)message->network_lock : 0, i);
		forget();
	}
	message = send_request(&request);
	assert_int_equal(message->empty_ns, 0x40000000);
	assert_string_equal(message->config_file, "more");
	assert_string_equal(message->freeze_cgroup, "freezer");
	assert_string_equal(message->ps->address, "address");
	assert_int_equal(message->ps->port, 65535);
	forget();
}

static void test_what_dump_and_restore_have_alone(void **state)
{
	struct corc_criu_options options = {0};
	struct corc_criu_request request = {.verb = CORC_CRIU_DUMP, .options = &options};
	const CriuOpts *message;

	(void)state;
	checkpoint =
		(struct corc_checkpoint_options){.parent_path = "earlier", .leave_running = true};
	restore = (struct corc_restore_options){
		.lsm_profile = "profile", .lsm_mount_context = "context"};
	message = send_request(&request);
	assert_string_equal(message->parent_img, "earlier");
	assert_true(message->leave_running && message->track_mem);
	assert_null(message->lsm_profile);
	forget();
	request.verb = CORC_CRIU_RESTORE;
	message = send_request(&request);
	assert_string_equal(message->lsm_profile, "profile");
	assert_string_equal(message->lsm_mount_context, "context");
	assert_null(message->parent_img);
	forget();
	checkpoint = (struct corc_checkpoint_options){.pre_dump = true};
	request.verb = CORC_CRIU_PRE_DUMP;
	message = send_request(&request);
	assert_true(message->track_mem && !message->leave_running);
	forget();
}

static void test_lists(void **state)
{
	struct corc_arena arena = {0};
	struct corc_criu_options options = {0};
	const char *external[] = {"net[1]:key"};
	struct corc_criu_inherit inherited[] = {{"pipe:[1]", 6}, {"pipe:[2]", 7}};
	struct corc_criu_request request = {.verb = CORC_CRIU_RESTORE,
		.options = &options,
		.external = {.items = external, .count = 1},
		.inherited = inherited,
		.inherited_count = COUNT(inherited)};
	const CriuOpts *message;

	(void)state;
	assert_int_equal(corc_criu_pairs_add(&arena, &request.mounts, "key", "/path"), 0);
	assert_int_equal(corc_criu_pairs_add(&arena, &request.namespaces, "ipc", "/ns/ipc"), 0);
	assert_int_equal(corc_criu_pairs_add(&arena, &request.namespaces, "uts", "/ns/uts"), 0);
	assert_int_equal(corc_criu_pairs_add(&arena, &request.cgroups, "cpu", "/group"), 0);
	message = send_request(&request);
	assert_int_equal(message->n_ext_mnt, 1);
	assert_string_equal(message->ext_mnt[0]->key, "key");
	assert_string_equal(message->ext_mnt[0]->val, "/path");
	assert_int_equal(message->n_join_ns, 2);
	assert_string_equal(message->join_ns[1]->ns, "uts");
	assert_string_equal(message->join_ns[1]->ns_file, "/ns/uts");
	assert_int_equal(message->n_cg_root, 1);
	assert_string_equal(message->cg_root[0]->ctrl, "cpu");
	assert_string_equal(message->cg_root[0]->path, "/group");
	assert_int_equal(message->n_external, 1);
	assert_string_equal(message->external[0], "net[1]:key");
	assert_int_equal(message->n_inherit_fd, 2);
	assert_string_equal(message->inherit_fd[1]->key, "pipe:[2]");
	assert_int_equal(message->inherit_fd[1]->fd, 7);
	forget();
	corc_arena_done(&arena);
}

#endif

int main(void)
{
#ifdef HAVE_CRIU
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_verbs),
		cmocka_unit_test(test_words_and_modes),
		cmocka_unit_test(test_what_dump_and_restore_have_alone),
		cmocka_unit_test(test_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
#else
	puts("1..0 # SKIP built without CRIU");
	return 0;
#endif
}
