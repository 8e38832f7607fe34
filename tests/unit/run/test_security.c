/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked of security modules, on directories that look like theirs. */
#include "run/security.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "run_fixture.h"

static int directory;
static struct corc_security_files files;
static struct corc_security_facts facts;
static char paths[3][4096];

/* Both modules are there: a profile list, and a policy that takes what is written. */
static int security_setup(void **state)
{
	static const char *const names[] = {"enabled", "apparmor", "selinux"};

	if (temporary_setup(state) < 0)
		return -1;
	directory = *(int *)*state;
	for (size_t i = 0; i < COUNT(names); i++)
		(void)snprintf(paths[i], sizeof(paths[i]), "%s/%s", temporary_path(), names[i]);
	files = (struct corc_security_files){
		.apparmor_enabled = paths[0], .apparmor = paths[1], .selinux = paths[2]};
	write_text(directory, "enabled", "Y\n");
	make_directory(directory, "apparmor");
	write_text(directory, "apparmor/profiles",
		"docker-default (enforce)\n"
		"/usr/bin/man (complain)\n"
		"with blanks (and more) (enforce)\n"
		"parent//child (enforce)\n"
		"last (kill)\n");
	make_directory(directory, "selinux");
	write_text(directory, "selinux/context", "");
	memset(&facts, 0x55, sizeof(facts));
	return 0;
}

static enum corc_label_answer profile(const char *name)
{
	corc_security_read(&files, name, NULL, NULL, &facts);
	return facts.apparmor_profile;
}

static void test_nobody_asks(void **state)
{
	(void)state;
	corc_security_read(&files, NULL, NULL, NULL, &facts);
	assert_false(facts.apparmor);
	assert_false(facts.selinux);
	assert_int_equal(facts.apparmor_profile, CORC_LABEL_UNKNOWN);
	assert_int_equal(facts.selinux_label, CORC_LABEL_UNKNOWN);
	assert_int_equal(facts.mount_label, CORC_LABEL_UNKNOWN);
}

static void test_profiles(void **state)
{
	static const char *const there[] = {"docker-default", "/usr/bin/man",
		"with blanks (and more)", "parent//child", "last", "unconfined"};
	static const char *const missing[] = {"docker", "docker-default ", "ocker-default",
		"docker-default (enforce)", "with blanks", "child", "(kill)", "a"};
	static const char *const composed[] = {"docker-default//&last", ":ns:last", "&last"};

	(void)state;
	for (size_t i = 0; i < COUNT(there); i++) {
		assert_int_equal(profile(there[i]), CORC_LABEL_GOOD);
		assert_true(facts.apparmor);
		assert_false(facts.selinux);
	}
	for (size_t i = 0; i < COUNT(missing); i++)
		assert_int_equal(profile(missing[i]), CORC_LABEL_BAD);
	for (size_t i = 0; i < COUNT(composed); i++)
		assert_int_equal(profile(composed[i]), CORC_LABEL_UNKNOWN);
}

static void test_strange_lists(void **state)
{
	static const struct {
		const char *text;
		enum corc_label_answer answer;
	} lists[] = {
		{"", CORC_LABEL_BAD},
		{"\n", CORC_LABEL_BAD},
		{"last", CORC_LABEL_BAD},
		{"last (", CORC_LABEL_GOOD},
		{"(last (x)\n(", CORC_LABEL_BAD},
		{"x (enforce)\nlast (enforce)", CORC_LABEL_GOOD},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lists); i++) {
		write_text(directory, "apparmor/profiles", lists[i].text);
		assert_int_equal(profile("last"), lists[i].answer);
	}
	assert_int_equal(unlinkat(directory, "apparmor/profiles", 0), 0);
	assert_int_equal(profile("last"), CORC_LABEL_UNKNOWN);
	assert_true(facts.apparmor);
}

static void test_apparmor_off(void **state)
{
	(void)state;
	write_text(directory, "enabled", "N\n");
	assert_int_equal(profile("last"), CORC_LABEL_UNKNOWN);
	assert_false(facts.apparmor);
	assert_int_equal(unlinkat(directory, "enabled", 0), 0);
	(void)profile("unconfined");
	assert_false(facts.apparmor);
}

/* Whoever calls may have taken the mount away. */
static void test_apparmor_without_file_system(void **state)
{
	(void)state;
	assert_int_equal(unlinkat(directory, "apparmor/profiles", 0), 0);
	assert_int_equal(unlinkat(directory, "apparmor", AT_REMOVEDIR), 0);
	assert_int_equal(profile("last"), CORC_LABEL_UNKNOWN);
	assert_true(facts.apparmor);
}

static void test_selinux(void **state)
{
	(void)state;
	corc_security_read(&files, NULL, "u:r:t:s0", NULL, &facts);
	assert_true(facts.selinux);
	assert_false(facts.apparmor);
	assert_int_equal(facts.selinux_label, CORC_LABEL_GOOD);
	assert_int_equal(facts.mount_label, CORC_LABEL_UNKNOWN);
	assert_text(directory, "selinux/context", "u:r:t:s0");
	write_text(directory, "selinux/context", "");
	corc_security_read(&files, NULL, NULL, "u:o:m:s0", &facts);
	assert_true(facts.selinux);
	assert_int_equal(facts.selinux_label, CORC_LABEL_UNKNOWN);
	assert_int_equal(facts.mount_label, CORC_LABEL_GOOD);
	/* Who may not ask learns it from the kernel later. */
	assert_int_equal(unlinkat(directory, "selinux/context", 0), 0);
	corc_security_read(&files, NULL, "u:r:t", "u:o:m", &facts);
	assert_true(facts.selinux);
	assert_int_equal(facts.selinux_label, CORC_LABEL_UNKNOWN);
	assert_int_equal(facts.mount_label, CORC_LABEL_UNKNOWN);
	/* Not through a link, which is none of the kernel's. */
	write_text(directory, "selinux/other", "");
	assert_int_equal(symlinkat("other", directory, "selinux/context"), 0);
	corc_security_read(&files, NULL, "u:r:t", NULL, &facts);
	assert_int_equal(facts.selinux_label, CORC_LABEL_UNKNOWN);
	assert_text(directory, "selinux/other", "");
}

static void test_selinux_off(void **state)
{
	(void)state;
	assert_int_equal(unlinkat(directory, "selinux/context", 0), 0);
	assert_int_equal(unlinkat(directory, "selinux", AT_REMOVEDIR), 0);
	corc_security_read(&files, NULL, "u:r:t", "u:o:m", &facts);
	assert_false(facts.selinux);
	assert_int_equal(facts.selinux_label, CORC_LABEL_UNKNOWN);
}

static bool has_module(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0;
}

/* A directory that only looks like one of the kernel's is not taken for it. */
static void test_imitations(void **state)
{
	(void)state;
	if (has_module("/sys/kernel/security/apparmor") || has_module("/sys/fs/selinux/enforce"))
		skip_because("this machine has a security module");
	files.must_be_kernel = true;
	corc_security_read(&files, "last", "u:r:t", "u:o:m", &facts);
	assert_false(facts.apparmor);
	assert_false(facts.selinux);
	assert_text(directory, "selinux/context", "");
	corc_security_read(NULL, "last", "u:r:t", "u:o:m", &facts);
	assert_false(facts.apparmor);
	assert_false(facts.selinux);
	assert_true(corc_libapparmor_is_enabled() <= 0);
	assert_true(corc_libselinux_is_enabled() <= 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, security_setup, temporary_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nobody_asks),
		TEST(test_profiles),
		TEST(test_strange_lists),
		TEST(test_apparmor_off),
		TEST(test_apparmor_without_file_system),
		TEST(test_selinux),
		TEST(test_selinux_off),
		TEST(test_imitations),
	};

	return cmocka_run_group_tests_name("security", tests, NULL, NULL);
}
