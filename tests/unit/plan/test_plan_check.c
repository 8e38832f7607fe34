/* SPDX-License-Identifier: Apache-2.0 */
/* A damaged plan is refused, and one that passes can be used without looking outside of it. */
#ifdef HAVE_CONFIG_H
#	include <config.h>
#endif

#include "plan_fixture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plan/plan_check.h"

#ifdef HAVE_SECCOMP
#	define SECCOMP                                                                  \
		", \"seccomp\": {\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [" \
		"{\"names\": [\"mount\"], \"action\": \"SCMP_ACT_ERRNO\"}]}"
#else
#	define SECCOMP ""
#endif

/* A plan in a block of exactly its size, so that a sanitizer sees every byte beyond. */
struct blob {
	struct plan_fixture fixture;
	char *bytes;
	size_t size;
};

static const char config[] =
	"{\"ociVersion\": \"1.3.0\", \"root\": {\"path\": \"rootfs\", \"readonly\": true},"
	"\"hostname\": \"web\", \"process\": {\"args\": [\"sh\", \"-c\", \"true\"], \"cwd\": \"/\","
	"\"env\": [\"A=1\", \"B=2\"], \"terminal\": true, \"user\": {\"uid\": 1, \"gid\": 2,"
	"\"additionalGids\": [3, 4]}, \"rlimits\": [{\"type\": \"RLIMIT_CORE\", \"soft\": 0, "
	"\"hard\": 1}]}, \"mounts\": [{\"destination\": \"/tmp\", \"type\": \"tmpfs\", \"source\": "
	"\"tmpfs\", \"options\": [\"size=1m\", \"mode=755\"]}, {\"destination\": \"/data\", "
	"\"source\": \"/srv\", \"options\": [\"rbind\", \"ro\"]}], \"linux\": {\"namespaces\": ["
	"{\"type\": \"mount\"}, {\"type\": \"uts\"}, {\"type\": \"network\", \"path\": \"/n\"},"
	"{\"type\": \"time\"}, {\"type\": \"cgroup\"}], \"timeOffsets\": {\"monotonic\": {\"secs\": "
	"1}}, \"sysctl\": {\"net.a\": \"1\"}, \"maskedPaths\": [\"/proc/kcore\"]" SECCOMP "}}";

static int setup(void **state)
{
	struct blob *blob = calloc(1, sizeof(*blob));

	if (!blob)
		return -1;
	if (plan_compile(&blob->fixture, config) < 0)
		return -1;
	blob->size = blob->fixture.plan->wire->size;
	blob->bytes = malloc(blob->size);
	if (!blob->bytes)
		return -1;
	memcpy(blob->bytes, blob->fixture.plan->wire, blob->size);
	*state = blob;
	return 0;
}

static int teardown(void **state)
{
	struct blob *blob = *state;

	plan_done(&blob->fixture);
	free(blob->bytes);
	free(blob);
	return 0;
}

static struct corc_plan_header *header_of(struct blob *blob)
{
	return (struct corc_plan_header *)(void *)blob->bytes;
}

static struct corc_op *find(struct blob *blob, enum corc_op_kind kind)
{
	struct corc_op *ops = (struct corc_op *)(header_of(blob) + 1);

	for (uint32_t i = 0; i < header_of(blob)->op_count; i++)
		if (ops[i].kind == (uint32_t)kind)
			return &ops[i];
	fail_msg("no op %s", corc_op_name(kind));
	return NULL;
}

static void assert_refused(struct blob *blob)
{
	assert_int_equal(corc_plan_check(blob->bytes, blob->size), -EBADMSG);
}

static void test_accepted(void **state)
{
	struct blob *blob = *state;

	assert_int_equal(corc_plan_check(blob->bytes, blob->size), 0);
}

static void test_header(void **state)
{
	struct blob *blob = *state;
	struct corc_plan_header *header = header_of(blob);
	const struct corc_plan_header good = *header;

#define REFUSES(change)               \
	do {                          \
		change;               \
		assert_refused(blob); \
		*header = good;       \
	} while (0)

	REFUSES(header->magic++);
	REFUSES(header->fingerprint++);
	REFUSES(header->size--);
	REFUSES(header->mode = CORC_PLAN_EXEC + 1);
	REFUSES(header->op_count = 0);
	REFUSES(header->op_count++);
	REFUSES(header->op_count--);
	REFUSES(header->op_count = UINT32_MAX);
	REFUSES(header->data_offset += 8);
	REFUSES(header->data_offset = (uint32_t)blob->size);
#undef REFUSES
}

static void test_sizes(void **state)
{
	struct blob *blob = *state;
	struct corc_plan_header *header = header_of(blob);
	uint32_t data = header->data_offset;

	for (size_t size = 0; size < blob->size; size++)
		assert_int_equal(corc_plan_check(blob->bytes, size), -EBADMSG);
	/* Cut, and the header agrees: the last of the data is missed. */
	header->size = (uint32_t)blob->size - 1;
	assert_int_equal(corc_plan_check(blob->bytes, blob->size - 1), -EBADMSG);
	/* No data at all. */
	header->size = data;
	assert_int_equal(corc_plan_check(blob->bytes, data), -EBADMSG);
}

static void test_misaligned(void **state)
{
	struct blob *blob = *state;
	char *moved = malloc(blob->size + 1);

	assert_non_null(moved);
	memcpy(moved + 1, blob->bytes, blob->size);
	assert_int_equal(corc_plan_check(moved + 1, blob->size), -EBADMSG);
	free(moved);
}

static void test_kind(void **state)
{
	struct blob *blob = *state;

	find(blob, CORC_OP_PIVOT)->kind = CORC_OP_MAX_;
	assert_refused(blob);
}

static void test_first_byte(void **state)
{
	struct blob *blob = *state;

	blob->bytes[header_of(blob)->data_offset] = 'x';
	assert_refused(blob);
}

static void check_ref(struct blob *blob, struct corc_ref *ref)
{
	const struct corc_ref good = *ref;
	size_t data_size = blob->size - header_of(blob)->data_offset;
	const struct corc_ref bad[] = {
		{good.offset, (uint32_t)data_size},
		{(uint32_t)data_size, 1},
		{(uint32_t)data_size + 1, 0},
		{UINT32_MAX, 1},
		{good.offset, UINT32_MAX},
		{UINT32_MAX, UINT32_MAX},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		*ref = bad[i];
		assert_refused(blob);
	}
	*ref = good;
	assert_int_equal(corc_plan_check(blob->bytes, blob->size), 0);
}

static void test_references(void **state)
{
	struct blob *blob = *state;

	check_ref(blob, &find(blob, CORC_OP_HOSTNAME)->text.text);
	check_ref(blob, &find(blob, CORC_OP_ROOTFS)->rootfs.path);
	check_ref(blob, &find(blob, CORC_OP_MOUNT)->mount.data);
	check_ref(blob, &find(blob, CORC_OP_ATTACH)->attach.options);
	check_ref(blob, &find(blob, CORC_OP_ENVIRONMENT)->list.items);
	check_ref(blob, &find(blob, CORC_OP_IDENTITY)->identity.groups);
#ifdef HAVE_SECCOMP
	check_ref(blob, &find(blob, CORC_OP_SECCOMP)->seccomp.program);
#endif
	check_ref(blob, &find(blob, CORC_OP_TIME_OFFSETS)->time_offsets.text);
	check_ref(blob, &find(blob, CORC_OP_SYSCTL)->sysctl.value);
	check_ref(blob, &find(blob, CORC_OP_MASK)->path.path);
	check_ref(blob, &find(blob, CORC_OP_DEVICE)->device.path);
	check_ref(blob, &find(blob, CORC_OP_SYMLINK)->symlink.target);
}

/* What lies behind the data does not count, even if it would end a string. */
static void test_end(void **state)
{
	struct blob *blob = *state;
	char *larger = calloc(1, blob->size + 8);

	assert_non_null(larger);
	find(blob, CORC_OP_HOSTNAME)->text.text =
		(struct corc_ref){(uint32_t)blob->size - header_of(blob)->data_offset, 0};
	memcpy(larger, blob->bytes, blob->size);
	assert_int_equal(corc_plan_check(larger, blob->size), -EBADMSG);
	free(larger);
}

static void test_no_data(void **state)
{
	struct {
		struct corc_plan_header header;
		struct corc_op op;
		uint64_t behind;
	} plan = {
		.header = {.magic = CORC_PLAN_MAGIC,
			.fingerprint = CORC_PLAN_FINGERPRINT,
			.op_count = 1,
			.data_offset = offsetof(__typeof__(plan), behind)},
		.op.kind = CORC_OP_EXEC,
	};

	(void)state;
	plan.header.size = sizeof(plan);
	assert_int_equal(corc_plan_check(&plan, sizeof(plan)), 0);
	plan.header.size = plan.header.data_offset;
	assert_int_equal(corc_plan_check(&plan, plan.header.data_offset), -EBADMSG);
}

static void test_strings(void **state)
{
	struct blob *blob = *state;
	struct corc_ref *ref = &find(blob, CORC_OP_HOSTNAME)->text.text;
	char *text = blob->bytes + header_of(blob)->data_offset + ref->offset;

	/* Too short, too long, without an end, with a NUL inside. */
	ref->length--;
	assert_refused(blob);
	ref->length += 2;
	assert_refused(blob);
	ref->length--;
	text[ref->length] = 'x';
	assert_refused(blob);
	text[ref->length] = '\0';
	text[1] = '\0';
	assert_refused(blob);
	text[1] = 'e';
	test_accepted(state);
}

static void test_lists(void **state)
{
	struct blob *blob = *state;
	struct corc_op_list *list = &find(blob, CORC_OP_LOOKUP)->list;
	char *last = blob->bytes + header_of(blob)->data_offset + list->items.offset +
		     list->items.length - 1;

	assert_int_equal(list->count, 3);
	list->count = 2;
	assert_refused(blob);
	list->count = 4;
	assert_refused(blob);
	list->count = 3;
	*last = 'x';
	assert_refused(blob);
	*last = '\0';
	list->items.length--;
	assert_refused(blob);
}

static void test_arrays(void **state)
{
	struct blob *blob = *state;
	struct corc_ref *groups = &find(blob, CORC_OP_IDENTITY)->identity.groups;

	groups->length--;
	assert_refused(blob);
	groups->length -= 3;
	groups->offset += 2;
	assert_refused(blob);
}

#ifdef HAVE_SECCOMP
static void test_filter(void **state)
{
	struct blob *blob = *state;
	struct corc_ref *program = &find(blob, CORC_OP_SECCOMP)->seccomp.program;

	program->length -= 4;
	assert_refused(blob);
	program->length -= 4;
	test_accepted(state);
	program->offset += 4;
	assert_refused(blob);
}
#endif

static void test_slot(void **state)
{
	struct blob *blob = *state;
	struct corc_op_join *join = &find(blob, CORC_OP_JOIN)->join;

	join->slot = CORC_SLOT_MAX;
	assert_refused(blob);
	join->slot = CORC_SLOT_CHANNEL;
	assert_refused(blob);
	join->slot = CORC_SLOT_MAX - 1;
	test_accepted(state);
}

/* Looks at everything that the plan refers to. */
static void use(const struct corc_plan_header *header)
{
	struct corc_plan plan = {.wire = header};
	struct corc_op_source *sources = calloc(header->op_count, sizeof(*sources));
	struct corc_buffer CORC_BUFFER text = {0};
	struct corc_error error;

	assert_non_null(sources);
	plan.sources = sources;
	assert_int_equal(corc_plan_print(NULL, &plan, true, &text, &error), 0);
	free(sources);
}

/* Every bit once, in ops and header; the data has no structure of its own beyond NULs. */
static void test_bit_flips(void **state)
{
	struct blob *blob = *state;
	size_t accepted = 0, refused = 0;

	for (size_t bit = 0; bit < blob->size * 8; bit++) {
		blob->bytes[bit / 8] ^= (char)(1 << bit % 8);
		if (corc_plan_check(blob->bytes, blob->size) == 0) {
			accepted++;
			if (bit % 7 == 0)
				use(header_of(blob));
		} else {
			refused++;
		}
		blob->bytes[bit / 8] ^= (char)(1 << bit % 8);
	}
	assert_true(accepted > 1000);
	assert_true(refused > 1000);
	test_accepted(state);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static void test_random_damage(void **state)
{
	struct blob *blob = *state;
	char *good = malloc(blob->size);
	uint32_t seed = 1;
	size_t used = 0;

	assert_non_null(good);
	memcpy(good, blob->bytes, blob->size);
	for (int round = 0; round < 4000; round++) {
		for (uint32_t i = 0; i <= next_random(&seed) % 4; i++)
			blob->bytes[next_random(&seed) % blob->size] = (char)next_random(&seed);
		if (corc_plan_check(blob->bytes, blob->size) == 0) {
			use(header_of(blob));
			used++;
		}
		memcpy(blob->bytes, good, blob->size);
	}
	assert_true(used > 0);
	free(good);
}

/* The table has every member that refers to data. */
static void test_table(void **state)
{
	(void)state;
	for (uint32_t kind = 0; kind < CORC_OP_MAX_; kind++) {
		const struct corc_op_member *member = corc_op_members(kind);

		assert_non_null(corc_op_name(kind));
		assert_non_null(member);
		for (; member->type != CORC_MEMBER_END; member++) {
			assert_non_null(member->name);
			assert_in_range(member->offset, offsetof(struct corc_op, none),
				sizeof(struct corc_op) - 4);
		}
		assert_int_not_equal(corc_op_step(kind), CORC_STEP_NONE);
	}
	assert_int_equal(corc_op_step(CORC_OP_MAX_), CORC_STEP_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_accepted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_header, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sizes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_misaligned, setup, teardown),
		cmocka_unit_test_setup_teardown(test_kind, setup, teardown),
		cmocka_unit_test_setup_teardown(test_first_byte, setup, teardown),
		cmocka_unit_test_setup_teardown(test_references, setup, teardown),
		cmocka_unit_test_setup_teardown(test_end, setup, teardown),
		cmocka_unit_test(test_no_data),
		cmocka_unit_test_setup_teardown(test_strings, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lists, setup, teardown),
		cmocka_unit_test_setup_teardown(test_arrays, setup, teardown),
#ifdef HAVE_SECCOMP
		cmocka_unit_test_setup_teardown(test_filter, setup, teardown),
#endif
		cmocka_unit_test_setup_teardown(test_slot, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bit_flips, setup, teardown),
		cmocka_unit_test_setup_teardown(test_random_damage, setup, teardown),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests_name("plan check", tests, NULL, NULL);
}
