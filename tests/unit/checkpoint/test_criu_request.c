/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint/criu_request.c: each option is said to CRIU, and to those of its verbs that know it.
 */
#ifdef HAVE_CONFIG_H
#	include <config.h>
#endif
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "checkpoint/criu_request.h"

#ifdef HAVE_CRIU

#	define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What was sent, as CRIU reads it. */
static CriuReq *received;

static int keep(struct corc_criu *criu, const CriuReq *message, struct corc_error *error)
{
	size_t size = criu_req__get_packed_size(message);
	uint8_t CORC_FREE *packet = malloc(size);

	(void)criu;
	(void)error;
	assert_non_null(packet);
	assert_int_equal(criu_req__pack(message, packet), size);
	if (received)
		criu_req__free_unpacked(received, NULL);
	received = criu_req__unpack(NULL, size, packet);
	assert_non_null(received);
	return 0;
}

static int forget(void **state)
{
	(void)state;
	if (received)
		criu_req__free_unpacked(received, NULL);
	received = NULL;
	return 0;
}

struct fixture {
	struct corc_checkpoint_options checkpoint;
	struct corc_restore_options restore;
	struct corc_criu_request request;
};

static void prepare(struct fixture *fixture, enum corc_criu_verb verb)
{
	*fixture = (struct fixture){.request = {.verb = verb, .images = 7, .work = 8}};
	if (verb == CORC_CRIU_RESTORE) {
		fixture->request.restore = &fixture->restore;
		fixture->request.options = &fixture->restore.criu;
	} else {
		fixture->request.checkpoint = &fixture->checkpoint;
		fixture->request.options = &fixture->checkpoint.criu;
	}
}

static const CriuOpts *said(const struct fixture *fixture)
{
	struct corc_criu criu = CORC_CRIU_EMPTY;
	struct corc_error error = {0};

	assert_int_equal(corc_criu_request_send(&criu, &fixture->request, keep, &error), 0);
	assert_non_null(received->opts);
	return received->opts;
}

#	define ROW(member, on_dump, on_restore)                                \
		{                                                               \
#			member, offsetof(struct corc_criu_options, member),    \
				offsetof(CriuOpts, member), on_dump, on_restore \
		}

static const struct {
	const char *name;
	size_t option, value; /* bools */
	bool on_dump, on_restore;
} flags[] = {
	ROW(tcp_established, true, true),
	ROW(tcp_close, true, true),
	ROW(tcp_skip_in_flight, true, false),
	ROW(link_remap, true, false),
	ROW(ext_unix_sk, true, true),
	ROW(shell_job, true, true),
	ROW(file_locks, true, true),
	ROW(lazy_pages, true, true),
	ROW(auto_dedup, true, true),
};

/* Those that CRIU was told to do. */
static unsigned flags_of(const CriuOpts *opts)
{
	unsigned found = 0;

	for (size_t i = 0; i < COUNT(flags); i++)
		if (*(const protobuf_c_boolean *)((const char *)opts + flags[i].value))
			found |= 1u << i;
	return found;
}

static void test_flags(void **state)
{
	struct fixture fixture;

	(void)state;
	for (size_t i = 0; i < COUNT(flags); i++) {
		prepare(&fixture, CORC_CRIU_DUMP);
		assert_int_equal(flags_of(said(&fixture)), 0);
		*(bool *)((char *)&fixture.checkpoint.criu + flags[i].option) = true;
		assert_int_equal(flags_of(said(&fixture)), flags[i].on_dump ? 1u << i : 0);
		prepare(&fixture, CORC_CRIU_RESTORE);
		assert_int_equal(flags_of(said(&fixture)), 0);
		*(bool *)((char *)&fixture.restore.criu + flags[i].option) = true;
		assert_int_equal(flags_of(said(&fixture)), flags[i].on_restore ? 1u << i : 0);
	}
}

static void test_verbs(void **state)
{
	struct fixture fixture;

	(void)state;
	prepare(&fixture, CORC_CRIU_DUMP);
	fixture.request.pid = 42;
	fixture.request.freeze_cgroup = "/sys/fs/cgroup/web";
	fixture.request.cgroup_yard = "/tmp";
	const CriuOpts *opts = said(&fixture);

	assert_int_equal(received->type, CRIU_REQ_TYPE__DUMP);
	assert_int_equal(opts->pid, 42);
	assert_string_equal(opts->freeze_cgroup, "/sys/fs/cgroup/web");
	assert_string_equal(opts->cgroup_yard, "/tmp");
	assert_int_equal(opts->images_dir_fd, 7);
	assert_int_equal(opts->work_dir_fd, 8);
	assert_true(opts->notify_scripts);
	assert_false(opts->leave_running);
	assert_false(opts->track_mem);
	prepare(&fixture, CORC_CRIU_PRE_DUMP);
	fixture.checkpoint.pre_dump = true;
	assert_true(said(&fixture)->track_mem);
	assert_int_equal(received->type, CRIU_REQ_TYPE__PRE_DUMP);
	prepare(&fixture, CORC_CRIU_RESTORE);
	opts = said(&fixture);
	assert_int_equal(received->type, CRIU_REQ_TYPE__RESTORE);
	assert_true(opts->rst_sibling);
	assert_null(opts->lsm_profile);
	assert_null(opts->lsm_mount_context);
}

static void test_dump(void **state)
{
	struct fixture fixture;

	(void)state;
	prepare(&fixture, CORC_CRIU_DUMP);
	fixture.checkpoint.parent_path = "../1";
	fixture.checkpoint.leave_running = true;
	fixture.request.page_address = "2001:db8::1";
	fixture.request.page_port = 65535;
	const CriuOpts *opts = said(&fixture);

	assert_string_equal(opts->parent_img, "../1");
	assert_true(opts->track_mem);
	assert_true(opts->leave_running);
	assert_string_equal(opts->ps->address, "2001:db8::1");
	assert_int_equal(opts->ps->port, 65535);
}

static void test_labels(void **state)
{
	struct fixture fixture;

	(void)state;
	prepare(&fixture, CORC_CRIU_RESTORE);
	fixture.restore.lsm_profile = "selinux:system_u:system_r:container_t:s0:c1,c2";
	fixture.restore.lsm_mount_context = "system_u:object_r:container_file_t:s0:c1,c2";
	const CriuOpts *opts = said(&fixture);

	assert_string_equal(opts->lsm_profile, "selinux:system_u:system_r:container_t:s0:c1,c2");
	assert_string_equal(opts->lsm_mount_context, "system_u:object_r:container_file_t:s0:c1,c2");
}

/*
 * CRIU must not look at the cgroups of the machine unless it is asked to; on restore it finds those
 * that corc has made.
 */
static void test_cgroups(void **state)
{
	static const struct {
		enum corc_criu_cgroups mode;
		CriuCgMode on_dump, on_restore;
	} rows[] = {
		{CORC_CRIU_CGROUPS_IGNORE, CRIU_CG_MODE__IGNORE, CRIU_CG_MODE__IGNORE},
		{CORC_CRIU_CGROUPS_SOFT, CRIU_CG_MODE__SOFT, CRIU_CG_MODE__SOFT},
		{CORC_CRIU_CGROUPS_FULL, CRIU_CG_MODE__FULL, CRIU_CG_MODE__FULL},
		{CORC_CRIU_CGROUPS_STRICT, CRIU_CG_MODE__STRICT, CRIU_CG_MODE__FULL},
	};
	struct fixture fixture;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		bool is_managed = rows[i].mode != CORC_CRIU_CGROUPS_IGNORE;

		prepare(&fixture, CORC_CRIU_DUMP);
		fixture.checkpoint.criu.cgroups = rows[i].mode;
		assert_true(said(&fixture)->has_manage_cgroups_mode);
		assert_int_equal(received->opts->manage_cgroups_mode, rows[i].on_dump);
		assert_int_equal(received->opts->manage_cgroups, is_managed);
		prepare(&fixture, CORC_CRIU_RESTORE);
		fixture.restore.criu.cgroups = rows[i].mode;
		assert_true(said(&fixture)->has_manage_cgroups_mode);
		assert_int_equal(received->opts->manage_cgroups_mode, rows[i].on_restore);
		assert_int_equal(received->opts->manage_cgroups, is_managed);
	}
}

static void test_network(void **state)
{
	static const int locks[] = {
		[CORC_CRIU_NETWORK_LOCK_IPTABLES] = 1,
		[CORC_CRIU_NETWORK_LOCK_NFTABLES] = 2,
		[CORC_CRIU_NETWORK_LOCK_SKIP] = 3,
	};
	struct fixture fixture;

	(void)state;
	prepare(&fixture, CORC_CRIU_DUMP);
	assert_false(said(&fixture)->has_network_lock);
	assert_false(said(&fixture)->has_empty_ns);
	for (int i = CORC_CRIU_NETWORK_LOCK_IPTABLES; i <= CORC_CRIU_NETWORK_LOCK_SKIP; i++) {
		fixture.checkpoint.criu.network_lock = (enum corc_criu_network_lock)i;
		/* A number that the description does not know is read as none. */
		if (i != CORC_CRIU_NETWORK_LOCK_SKIP)
			assert_int_equal(said(&fixture)->network_lock, locks[i]);
	}
	fixture.checkpoint.criu.empty_network = true;
	assert_int_equal(said(&fixture)->empty_ns, CLONE_NEWNET);
}

static void test_lists(void **state)
{
	static const struct corc_criu_inherit inherited[] = {{"pipe:[1]", 6}, {"file[1f:3]", 7}};
	struct corc_criu_pair mounts[] = {{"bind-1-0", "/tmp/0"}, {"mask", "/tmp/null"}};
	struct corc_criu_pair namespaces[] = {{"ipc", "/proc/1/ns/ipc"}};
	struct corc_criu_pair cgroups[] = {{"", "/web"}};
	const char *external[] = {"net[1]:extRootNetNS", NULL};
	struct fixture fixture;

	(void)state;
	prepare(&fixture, CORC_CRIU_RESTORE);
	fixture.request.mounts = (struct corc_criu_pairs){.items = mounts, .count = 2};
	fixture.request.namespaces = (struct corc_criu_pairs){.items = namespaces, .count = 1};
	fixture.request.cgroups = (struct corc_criu_pairs){.items = cgroups, .count = 1};
	fixture.request.external.items = external;
	fixture.request.external.count = 1;
	fixture.request.inherited = inherited;
	fixture.request.inherited_count = 2;
	const CriuOpts *opts = said(&fixture);

	assert_int_equal(opts->n_ext_mnt, 2);
	assert_string_equal(opts->ext_mnt[1]->key, "mask");
	assert_string_equal(opts->ext_mnt[1]->val, "/tmp/null");
	assert_int_equal(opts->n_join_ns, 1);
	assert_string_equal(opts->join_ns[0]->ns_file, "/proc/1/ns/ipc");
	assert_int_equal(opts->n_cg_root, 1);
	assert_string_equal(opts->cg_root[0]->path, "/web");
	assert_int_equal(opts->n_external, 1);
	assert_string_equal(opts->external[0], "net[1]:extRootNetNS");
	assert_int_equal(opts->n_inherit_fd, 2);
	assert_string_equal(opts->inherit_fd[1]->key, "file[1f:3]");
	assert_int_equal(opts->inherit_fd[1]->fd, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_verbs),
		cmocka_unit_test(test_dump),
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_cgroups),
		cmocka_unit_test(test_network),
		cmocka_unit_test(test_lists),
	};

	return cmocka_run_group_tests(tests, NULL, forget);
}

#else /* without CRIU */

static void test_nothing(void **state)
{
	(void)state;
	skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_nothing)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
