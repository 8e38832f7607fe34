/* SPDX-License-Identifier: Apache-2.0 */
/* cpu.shares → cpu.weight. */
#include "plan/cgroup_fixture.h"

#include "plan/cgroup_builder.h"

struct row {
	uint64_t shares;
	uint32_t weight;
};

/* Computed with 50 digits. Some lie within 10^-9 of the next integer. */
static void known_weights(void **state)
{
	static const struct row rows[] = {
		{0, 0},
		{1, 1},
		{2, 1},
		{3, 2},
		{4, 2},
		{10, 4},
		{100, 17},
		{256, 35},
		{512, 59},
		{1023, 100},
		{1024, 100},
		{1025, 101},
		{2048, 174},
		{4096, 303},
		{8192, 532},
		{11372, 697},
		{26809, 1421},
		{65536, 3023},
		{116225, 4938},
		{196547, 7781},
		{200416, 7914},
		{226073, 8789},
		{230091, 8925},
		{262143, 10000},
		{262144, 10000},
		{262145, 10000},
		{18446744073709551615u, 10000},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (corc_cgroup_weight(rows[i].shares) != rows[i].weight)
			fail_msg("shares %llu: %u, expected %u", (unsigned long long)rows[i].shares,
				corc_cgroup_weight(rows[i].shares), rows[i].weight);
}

static void never_falls(void **state)
{
	uint32_t last = 1;

	(void)state;
	for (uint64_t shares = 1; shares <= 262144; shares += 7) {
		uint32_t weight = corc_cgroup_weight(shares);

		assert_in_range(weight, last, 10000);
		last = weight;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_weights),
		cmocka_unit_test(never_falls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
