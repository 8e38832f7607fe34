/* SPDX-License-Identifier: Apache-2.0 */
/* What is said to systemd: names, values, and settings as properties. */
#include "cgroup_fixture.h"

#include <errno.h>
#include <inttypes.h>

#include "plan/systemd_unit.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static void slices(void **state)
{
	struct cgroup_fixture *fixture = *state;
	static const char *const rows[][2] = {
		{"-.slice", ""},
		{"system.slice", "/system.slice"},
		{"a-b.slice", "/a.slice/a-b.slice"},
		{"a-b-c_d.slice", "/a.slice/a-b.slice/a-b-c_d.slice"},
		{"a\\x2db.slice", "/a\\x2db.slice"},
		{"", NULL},
		{".slice", NULL},
		{"system", NULL},
		{"a.service", NULL},
		{"-a.slice", NULL},
		{"a-.slice", NULL},
		{"a--b.slice", NULL},
		{"a/b.slice", NULL},
		{"../a.slice", NULL},
		{"a b.slice", NULL},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *found = corc_systemd_expand_slice(&fixture->arena, rows[i][0]);

		if ((found == NULL) != (rows[i][1] == NULL) ||
			(found && strcmp(found, rows[i][1]) != 0))
			fail_msg("%s: %s", rows[i][0], found ? found : "refused");
	}
}

static int compile(struct cgroup_fixture *fixture, enum corc_cgroup_mode mode, const char *members)
{
	fixture_layout(fixture, mode);
	fixture_parse(fixture, members);
	return corc_compile_cgroup(&fixture->arena,
		&(struct corc_cgroup_input){
			fixture->spec, &fixture->layout, "web", CORC_CGROUP_MANAGER_SYSTEMD},
		&fixture->plan, &fixture->error);
}

static void units(void **state)
{
	struct cgroup_fixture *fixture = *state;
	static const struct {
		const char *path, *directory, *error;
	} rows[] = {
		{"", "/cg/system.slice/corc-web.scope", NULL},
		{"::", NULL, "the unit in cgroupsPath \"::\" has no name"},
		{"::a", "/cg/system.slice/a.scope", NULL},
		{":p:a", "/cg/system.slice/p-a.scope", NULL},
		{"-.slice:p:a", "/cg/p-a.scope", NULL},
		{"u-v.slice:p:a", "/cg/u.slice/u-v.slice/p-a.scope", NULL},
		{"a.slice:p", NULL, "of format \"slice:prefix:name\""},
		{"a.slice:p:b:c", NULL, "of format \"slice:prefix:name\""},
		{"a:p:b", NULL, "\"a\" is not the name of a slice"},
		{":p:../b", NULL, "\"p-../b.scope\" is not the name of a unit"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char members[256];
		int r;

		(void)snprintf(members, sizeof(members), "\"cgroupsPath\":\"%s\"", rows[i].path);
		r = compile(fixture, CORC_CGROUP_V2, members);
		if (rows[i].error) {
			assert_int_equal(r, -EINVAL);
			assert_non_null(strstr(fixture->error.message, rows[i].error));
			assert_string_equal(fixture->error.origin.path, "linux.cgroupsPath");
			continue;
		}
		assert_int_equal(r, 0);
		assert_string_equal(fixture->plan->directories[0].directory, rows[i].directory);
	}
}

static void values(void **state)
{
	struct cgroup_fixture *fixture = *state;
	/* What is read, its signature, and how it is written; or what is wrong. */
	static const char *const rows[][3] = {
		{"true", "b", "true"},
		{" false ", "b", "false"},
		{"5", "i", "5"},
		{"-5", "i", "-5"},
		{"0x1F", "i", "31"},
		{"2147483647", "i", "2147483647"},
		{"2147483648", NULL, "the number does not fit its type"},
		{"-2147483648", "i", "-2147483648"},
		{"-2147483649", NULL, "the number does not fit its type"},
		{"2.5", "d", "2.5"},
		{"-.5", "d", "-0.5"},
		{"double 2", "d", "2"},
		{"uint64 18446744073709551615", "t", "uint64 18446744073709551615"},
		{"uint64 18446744073709551616", NULL, "the number does not fit its type"},
		{"uint64 -1", NULL, "the number does not fit its type"},
		{"uint64", NULL, "a number is expected"},
		{"int64 -9223372036854775808", "x", "int64 -9223372036854775808"},
		{"byte 0xff", "y", "byte 0xff"},
		{"byte 256", NULL, "the number does not fit its type"},
		{"uint16 65535", "q", "uint16 65535"},
		{"int16 -32768", "n", "int16 -32768"},
		{"@u 7", "u", "uint32 7"},
		{"'it'", "s", "'it'"},
		{"\"it's\"", "s", "'it\\'s'"},
		{"'a\\'b\\\\'", "s", "'a\\'b\\\\'"},
		{"string 'a'", "s", "'a'"},
		{"objectpath '/a'", "o", "objectpath '/a'"},
		{"'no end", NULL, "the text has no end"},
		{"'no end\\", NULL, "the text has no end"},
		{"['a', \"b\"]", "as", "['a', 'b']"},
		{"[1,2]", "ai", "[1, 2]"},
		{"[uint64 1, 2]", "at", "[uint64 1, 2]"},
		{"@as []", "as", "@as []"},
		{"@ay [1, 0x20]", "ay", "[byte 0x01, 0x20]"},
		{"[[1], [2, 3]]", "aai", "[[1], [2, 3]]"},
		{"[]", NULL, "the type of an empty array is not known"},
		{"[1, 'a']", NULL, "a number is expected"},
		{"[1, uint64 2]", NULL, "the items of an array have different types"},
		{"[1 2]", NULL, "\",\" or \"]\" is expected"},
		{"[1,", NULL, "a number is expected"},
		{"[[[[[[[[[1]]]]]]]]]", NULL, "too many arrays in each other"},
		{"@z 1", NULL, "the type is not known, or not one of those that are read"},
		{"@ 1", NULL, "the type is not known, or not one of those that are read"},
		{"(1, 2)", NULL, "a number is expected"},
		{"1 2", NULL, "something stands behind the value"},
		{"truely", NULL, "true or false is expected"},
		{"", NULL, "a number is expected"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct corc_bus_value value = {0};
		struct corc_buffer CORC_BUFFER text = {0};
		const char *problem = NULL;
		int r = corc_bus_value_parse(&fixture->arena, rows[i][0], &value, &problem);

		if (!rows[i][1]) {
			assert_int_equal(r, -EINVAL);
			assert_string_equal(problem, rows[i][2]);
			continue;
		}
		if (r != 0)
			fail_msg("%s: %s", rows[i][0], problem);
		assert_string_equal(value.signature, rows[i][1]);
		corc_bus_value_print(&value, &text);
		assert_string_equal(text.data, rows[i][2]);
	}
}

static void bits(void **state)
{
	struct cgroup_fixture *fixture = *state;
	static const char *const rows[][2] = {
		{"0", "[byte 0x01]"},
		{"0-2,5", "[byte 0x27]"},
		{"7,8", "[byte 0x80, 0x01]"},
		{"16", "[byte 0x00, 0x00, 0x01]"},
		{"3-3", "[byte 0x08]"},
		{"", NULL},
		{"2-1", NULL},
		{"1,,2", NULL},
		{"a", NULL},
		{"-1", NULL},
		{"8192", NULL},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct corc_bus_value value;
		struct corc_buffer CORC_BUFFER text = {0};
		int r = corc_systemd_parse_bits(&fixture->arena, rows[i][0], &value);

		assert_int_equal(r, rows[i][1] ? 0 : -EINVAL);
		if (r < 0)
			continue;
		corc_bus_value_print(&value, &text);
		assert_string_equal(text.data, rows[i][1]);
	}
}

static void quotas(void **state)
{
	static const struct {
		int64_t quota;
		uint64_t period;
		struct corc_systemd_quota expected;
	} rows[] = {
		{50000, 100000, {500000, 50000, 100000}},
		{12345, 100000, {130000, 13000, 100000}},
		{1, 100000, {10000, 1000, 100000}},
		{100001, 100000, {1010000, 101000, 100000}},
		{-1, 100000, {UINT64_MAX, -1, 100000}},
		{0, 50000, {UINT64_MAX, -1, 50000}},
		/* The quota is at least a millisecond, so the period is longer. */
		{500, 5000, {100000, 1000, 10000}},
		{1, 1, {1000000, 1000, 1000}},
		{2000000, 2000000, {1000000, 1000000, 1000000}},
		{INT64_MAX, 1000, {INT64_MAX / 10000 * 10000, INT64_MAX / 10000 * 10, 1000}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct corc_systemd_quota found =
			corc_systemd_round_quota(rows[i].quota, rows[i].period);

		if (found.per_second != rows[i].expected.per_second ||
			found.quota != rows[i].expected.quota ||
			found.period != rows[i].expected.period)
			fail_msg("%" PRId64 " of %" PRIu64 ": %" PRIu64 ", %" PRId64 " of %" PRIu64,
				rows[i].quota, rows[i].period, found.per_second, found.quota,
				found.period);
	}
}

/* "NAME=VALUE NAME=VALUE" of the properties that follow from settings. */
static const char *limits(struct cgroup_fixture *fixture)
{
	const struct corc_systemd_unit *unit = fixture->plan->unit;
	const char *text = "";

	for (size_t i = 0; i < unit->property_count; i++) {
		const struct corc_systemd_property *property = &unit->properties[i];
		struct corc_buffer CORC_BUFFER value = {0};

		if (strcmp(property->key, "cgroupsPath") == 0 ||
			strcmp(property->key, "devices") == 0)
			continue;
		corc_bus_value_print(&property->value, &value);
		text = corc_arena_printf(&fixture->arena, "%s%s%s=%s", text,
			text[0] != '\0' ? " " : "", property->name, value.data);
		assert_non_null(text);
	}
	return text;
}

#define INFINITY_TEXT "uint64 18446744073709551615"

static void settings(void **state)
{
	struct cgroup_fixture *fixture = *state;
	static const struct {
		enum corc_cgroup_mode mode;
		const char *resources, *properties;
		const char *settings; /* NULL: not looked at */
	} rows[] = {
		{CORC_CGROUP_V2, "", "", ""},
		{CORC_CGROUP_V2, "\"memory\":{\"limit\":-1}",
			"MemoryMax=" INFINITY_TEXT " MemorySwapMax=" INFINITY_TEXT, NULL},
		{CORC_CGROUP_V2, "\"memory\":{\"limit\":4096,\"swap\":4096}",
			"MemoryMax=uint64 4096 MemorySwapMax=uint64 0", NULL},
		{CORC_CGROUP_V2, "\"cpu\":{\"quota\":12345,\"period\":100000}",
			"CPUQuotaPerSecUSec=uint64 130000 CPUQuotaPeriodUSec=uint64 100000",
			"cpu.max=13000 100000"},
		{CORC_CGROUP_V2, "\"cpu\":{\"period\":50000}",
			"CPUQuotaPerSecUSec=" INFINITY_TEXT " CPUQuotaPeriodUSec=uint64 50000",
			"cpu.max=max 50000"},
		{CORC_CGROUP_V2, "\"cpu\":{\"shares\":1024}", "CPUWeight=uint64 100", NULL},
		{CORC_CGROUP_V2, "\"cpu\":{\"idle\":1}", "CPUWeight=uint64 0", NULL},
		{CORC_CGROUP_V2, "\"unified\":{\"cpu.max\":\"max\",\"pids.max\":\"9\"}",
			"CPUQuotaPerSecUSec=" INFINITY_TEXT
			" CPUQuotaPeriodUSec=uint64 100000 TasksMax=uint64 9",
			"cpu.max=max 100000 pids.max=9"},
		{CORC_CGROUP_V2, "\"unified\":{\"io.weight\":\"default 7\\n8:0 9\"}",
			"IOWeight=uint64 7 IODeviceWeight=[('/dev/block/8:0', uint64 9)]", NULL},
		{CORC_CGROUP_V2, "\"unified\":{\"io.max\":\"8:16 rbps=max wiops=120\"}",
			"IOReadBandwidthMax=[('/dev/block/8:16', " INFINITY_TEXT
			")] IOWriteIOPSMax=[('/dev/block/8:16', uint64 120)]",
			NULL},
		{CORC_CGROUP_V2, "\"unified\":{\"hugetlb.2MB.max\":\"0\",\"io.cost.qos\":\"x\"}",
			"", NULL},
		{CORC_CGROUP_V2, "\"pids\":{\"limit\":0}", "TasksMax=uint64 1", "pids.max=1"},
		{CORC_CGROUP_V1, "\"cpu\":{\"quota\":12345,\"cpus\":\"0\"},\"pids\":{\"limit\":-1}",
			"CPUQuotaPerSecUSec=uint64 130000 CPUQuotaPeriodUSec=uint64 100000 "
			"TasksMax=" INFINITY_TEXT,
			"cpuset.cpus=0 cpu.cfs_quota_us=13000 pids.max=max"},
		{CORC_CGROUP_V1, "\"memory\":{\"limit\":4096},\"cpu\":{\"shares\":2}",
			"CPUShares=uint64 2 MemoryLimit=uint64 4096", NULL},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char members[512];

		(void)snprintf(members, sizeof(members), "\"resources\":{%s}", rows[i].resources);
		if (compile(fixture, rows[i].mode, members) < 0)
			fail_msg("%s: %s", members, fixture->error.message);
		assert_string_equal(limits(fixture), rows[i].properties);
		if (rows[i].settings)
			assert_string_equal(fixture_settings(fixture), rows[i].settings);
	}
}

static const char *device_list(struct cgroup_fixture *fixture)
{
	const struct corc_systemd_unit *unit = fixture->plan->unit;
	const char *text = "";

	for (size_t i = 0; i < unit->property_count; i++) {
		const struct corc_systemd_property *property = &unit->properties[i];

		if (strcmp(property->name, "DevicePolicy") == 0)
			text = property->value.text;
		if (strcmp(property->name, "DeviceAllow") != 0)
			continue;
		for (size_t k = 0; k < property->value.count; k++) {
			const struct corc_bus_value *pair = property->value.items[k].items;

			text = corc_arena_printf(
				&fixture->arena, "%s %s=%s", text, pair[0].text, pair[1].text);
		}
	}
	return text;
}

#define BUILT_IN                                                                   \
	" /dev/char/10:200=rwm /dev/char/5:2=rwm char-136=rwm /dev/char/5:0=rwm"   \
	" /dev/char/1:7=rwm /dev/char/1:5=rwm /dev/char/1:8=rwm /dev/char/1:9=rwm" \
	" /dev/char/1:3=rwm char-*=m block-*=m"

static void devices(void **state)
{
	struct cgroup_fixture *fixture = *state;
	static const char *const rows[][2] = {
		{"", "strict" BUILT_IN},
		{"{\"allow\":true}", "auto"},
		{"{\"allow\":true},{\"allow\":false,\"type\":\"c\",\"major\":1}", "auto"},
		{"{\"allow\":true},{\"allow\":false}", "strict" BUILT_IN},
		{"{\"allow\":false},{\"allow\":true,\"type\":\"b\",\"major\":8,\"minor\":0,\"access\":\"r\"}",
			"strict /dev/block/8:0=r" BUILT_IN},
		{"{\"allow\":true,\"major\":4,\"access\":\"rw\"}",
			"strict char-4=rw block-4=rw" BUILT_IN},
		{"{\"allow\":true,\"type\":\"c\",\"minor\":4,\"access\":\"w\"}",
			"strict char-*=w" BUILT_IN},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char members[512];

		(void)snprintf(
			members, sizeof(members), "\"resources\":{\"devices\":[%s]}", rows[i][0]);
		if (compile(fixture, CORC_CGROUP_V2, members) < 0)
			fail_msg("%s: %s", members, fixture->error.message);
		assert_string_equal(device_list(fixture), rows[i][1]);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(slices),
		TEST(units),
		TEST(values),
		TEST(bits),
		TEST(quotas),
		TEST(settings),
		TEST(devices),
	};

	return cmocka_run_group_tests_name("systemd", tests, NULL, NULL);
}
