/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log records, and where messages go.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "cmd/log.h"
#include "cmd/log_service.h"

static const struct timespec moment = {.tv_sec = 1792584300, .tv_nsec = 999999999};

static void assert_record(
	bool is_json, enum corc_log_level level, const char *message, const char *expected)
{
	struct corc_buffer CORC_BUFFER record = {0};

	corc_log_format_record(&record, is_json, moment, level, message);
	assert_false(record.failed);
	assert_string_equal(record.data, expected);
}

static void test_text_records(void **state)
{
	(void)state;
	assert_record(false, CORC_LOG_ERROR, "container does not exist",
		"time=\"2026-10-21T12:05:00Z\" level=error msg=\"container does not exist\"\n");
	assert_record(false, CORC_LOG_WARNING, "a \"b\" \\c\nd\te\rf\x01g\x7f",
		"time=\"2026-10-21T12:05:00Z\" level=warning "
		"msg=\"a \\\"b\\\" \\\\c\\nd\\te\\rf\\x01g\\x7f\"\n");
	assert_record(
		false, CORC_LOG_INFO, "", "time=\"2026-10-21T12:05:00Z\" level=info msg=\"\"\n");
	assert_record(false, CORC_LOG_DEBUG, "größe",
		"time=\"2026-10-21T12:05:00Z\" level=debug msg=\"größe\"\n");
}

static void test_json_records(void **state)
{
	(void)state;
	assert_record(true, CORC_LOG_ERROR, "container does not exist",
		"{\"level\":\"error\",\"msg\":\"container does not exist\","
		"\"time\":\"2026-10-21T12:05:00Z\"}\n");
	assert_record(true, CORC_LOG_WARNING, "a \"b\" \\c\nd/<e>",
		"{\"level\":\"warning\",\"msg\":\"a \\\"b\\\" \\\\c\\nd/<e>\","
		"\"time\":\"2026-10-21T12:05:00Z\"}\n");
}

static void test_format_names(void **state)
{
	struct corc_log log = CORC_LOG_NONE;
	struct corc_error error = {0};

	(void)state;
	assert_int_equal(corc_log_set_format(&log, "json", &error), 0);
	assert_true(log.is_json);
	assert_int_equal(corc_log_set_format(&log, "yaml", &error), -EINVAL);
	assert_string_equal(error.message, "invalid log-format: yaml");
	assert_true(log.is_json);
	assert_int_equal(corc_log_set_format(&log, "text", &error), 0);
	assert_false(log.is_json);
}

static void test_open_failure(void **state)
{
	struct corc_log log = CORC_LOG_NONE;
	struct corc_error error = {0};

	(void)state;
	assert_int_equal(corc_log_open(&log, "/nonexistent/corc/log", &error), -ENOENT);
	assert_string_equal(error.message, "open /nonexistent/corc/log: no such file or directory");
	assert_true(log.fd < 0);
}

static void test_service_records(void **state)
{
	static const char journal[] = "PRIORITY=4\nID\n\3\0\0\0\0\0\0\0web\n"
				      "MESSAGE\n\7\0\0\0\0\0\0\0one\ntwo\n";
	struct corc_buffer CORC_BUFFER record = {0};
	struct corc_buffer CORC_BUFFER line = {0};

	(void)state;
	corc_log_format_journal(&record, CORC_LOG_WARNING, "web", "one\ntwo");
	assert_int_equal(record.length, sizeof(journal) - 1);
	assert_memory_equal(record.data, journal, sizeof(journal) - 1);
	(void)setenv("TZ", "UTC", 1);
	tzset();
	corc_log_format_syslog(&line, moment, 123, CORC_LOG_ERROR, "web", "one");
	assert_string_equal(line.data, "<11>Oct 21 12:05:00 web[123]: one");
}

static void test_level_names(void **state)
{
	struct corc_log log = CORC_LOG_NONE;
	struct corc_error error = {0};

	(void)state;
	assert_int_equal(corc_log_set_level(&log, "debug", &error), 0);
	assert_int_equal(log.level, CORC_LOG_DEBUG);
	assert_int_equal(corc_log_set_level(&log, "error", &error), 0);
	assert_int_equal(log.level, CORC_LOG_ERROR);
	assert_int_equal(corc_log_set_level(&log, "loud", &error), -EINVAL);
	assert_string_equal(error.message, "invalid log-level: loud");
}

/* A directory for one test, and what is in its files. */
struct place {
	char directory[64];
	char path[80];
	char content[4096];
};

static int make_place(void **state)
{
	static struct place place;

	memset(&place, 0, sizeof(place));
	(void)snprintf(place.directory, sizeof(place.directory), "/tmp/corc-test-log-XXXXXX");
	if (mkdtemp(place.directory) == NULL)
		return -1;
	(void)snprintf(place.path, sizeof(place.path), "%s/log", place.directory);
	*state = &place;
	return 0;
}

static int remove_place(void **state)
{
	struct place *place = *state;

	(void)unlink(place->path);
	return rmdir(place->directory);
}

static void read_back(struct place *place)
{
	int CORC_CLOSE fd = open(place->path, O_RDONLY | O_CLOEXEC);
	ssize_t length = read(fd, place->content, sizeof(place->content) - 1);

	assert_true(length >= 0);
	place->content[length] = '\0';
}

static void test_file_is_made_and_appended_to(void **state)
{
	struct place *place = *state;
	struct corc_error error = {0};
	struct stat status;

	for (int i = 0; i < 2; i++) {
		struct corc_log log = CORC_LOG_NONE;

		assert_int_equal(corc_log_open(&log, place->path, &error), 0);
		assert_int_equal(fcntl(log.fd, F_GETFD), FD_CLOEXEC);
		corc_log_message(&log, CORC_LOG_WARNING, i == 0 ? "first" : "second");
		corc_log_done(&log);
		assert_true(log.fd < 0);
	}
	read_back(place);
	assert_non_null(strstr(place->content, "level=warning msg=\"first\"\ntime="));
	assert_non_null(strstr(place->content, "level=warning msg=\"second\"\n"));
	assert_int_equal(stat(place->path, &status), 0);
	assert_int_equal(status.st_mode & 0133, 0);
}

static void test_levels(void **state)
{
	struct place *place = *state;
	struct corc_log log = CORC_LOG_NONE;
	struct corc_error error = {0};

	assert_int_equal(corc_log_open(&log, place->path, &error), 0);
	corc_log_message(&log, CORC_LOG_ERROR, "one");
	corc_log_message(&log, CORC_LOG_INFO, "two");
	corc_log_message(&log, CORC_LOG_DEBUG, "three");
	log.level = CORC_LOG_DEBUG;
	corc_log_message(&log, CORC_LOG_DEBUG, "four");
	corc_log_done(&log);
	read_back(place);
	assert_non_null(strstr(place->content, "msg=\"one\""));
	assert_null(strstr(place->content, "two"));
	assert_null(strstr(place->content, "three"));
	assert_non_null(strstr(place->content, "level=debug msg=\"four\""));
}

/* Standard error while `act` runs, which must fit into a pipe. */
static void capture_stderr(void (*act)(struct corc_log *log), struct corc_log *log, char text[512])
{
	int fds[2];
	int saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	ssize_t length;

	assert_true(saved >= 0);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(dup2(fds[1], STDERR_FILENO), STDERR_FILENO);
	act(log);
	(void)dup2(saved, STDERR_FILENO);
	(void)close(saved);
	(void)close(fds[1]);
	length = read(fds[0], text, 511);
	(void)close(fds[0]);
	assert_true(length >= 0);
	text[length] = '\0';
}

static void fail_with_two_lines(struct corc_log *log)
{
	corc_log_failure(log, "corc x: one\ncorc x: two");
}

static void warn(struct corc_log *log)
{
	corc_log_message(log, CORC_LOG_WARNING, "careful");
}

static void test_failure_with_a_file(void **state)
{
	struct place *place = *state;
	struct corc_log log = CORC_LOG_NONE;
	struct corc_error error = {0};
	char text[512];

	assert_int_equal(corc_log_open(&log, place->path, &error), 0);
	assert_int_equal(corc_log_set_format(&log, "json", &error), 0);
	capture_stderr(fail_with_two_lines, &log, text);
	corc_log_done(&log);
	assert_string_equal(text, "corc x: one\ncorc x: two\n");
	read_back(place);
	assert_non_null(strstr(place->content,
		"{\"level\":\"error\",\"msg\":\"corc x: one\\ncorc x: two\",\"time\":\""));
	assert_int_equal(strcspn(place->content, "\n"), strlen(place->content) - 1);
}

static void test_failure_without_a_file(void **state)
{
	struct corc_log log = CORC_LOG_NONE;
	char text[512];

	(void)state;
	capture_stderr(fail_with_two_lines, &log, text);
	assert_string_equal(text, "corc x: one\ncorc x: two\n");
	log.is_json = true;
	capture_stderr(fail_with_two_lines, &log, text);
	assert_non_null(strstr(
		text, "{\"level\":\"error\",\"msg\":\"corc x: one\\ncorc x: two\",\"time\":\""));
	assert_int_equal(strcspn(text, "\n"), strlen(text) - 1);
}

static void test_warning_is_kept_from_a_client_that_reads_stderr(void **state)
{
	struct corc_log log = CORC_LOG_NONE;
	char text[512];

	(void)state;
	capture_stderr(warn, &log, text);
	assert_string_equal(text, "");
	log.level = CORC_LOG_DEBUG;
	capture_stderr(warn, &log, text);
	assert_non_null(strstr(text, "level=warning msg=\"careful\"\n"));
}

static void test_compose(void **state)
{
	struct corc_buffer CORC_BUFFER text = {0};
	struct corc_error error = {0};

	(void)state;
	corc_fail(&error, EINVAL, "first");
	/* Only the problems of a document are joined by line ends. */
	(void)snprintf(
		error.message, sizeof(error.message), "first\nconfig.json:9:3: root: second");
	corc_log_compose(&text, "corc create web", &error);
	assert_string_equal(text.data, "corc create web: first\n"
				       "corc create web: config.json:9:3: root: second");
}

static void test_compose_with_origin_and_hint(void **state)
{
	struct corc_buffer CORC_BUFFER text = {0};
	struct corc_error error = {0};

	(void)state;
	corc_fail_errno(&error, ENOENT, "bind /srv/data on /data: source does not exist");
	corc_error_hint(&error, "make it");
	error.origin.line = 41;
	error.origin.column = 7;
	(void)snprintf(error.origin.file, sizeof(error.origin.file), "config.json");
	(void)snprintf(error.origin.path, sizeof(error.origin.path), "mounts[3]");
	corc_log_compose(&text, "corc create web", &error);
	assert_string_equal(text.data,
		"corc create web: config.json:41:7: mounts[3]: bind /srv/data on /data: "
		"source does not exist: no such file or directory (make it)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_records),
		cmocka_unit_test(test_json_records),
		cmocka_unit_test(test_format_names),
		cmocka_unit_test(test_level_names),
		cmocka_unit_test(test_service_records),
		cmocka_unit_test(test_open_failure),
		cmocka_unit_test_setup_teardown(
			test_file_is_made_and_appended_to, make_place, remove_place),
		cmocka_unit_test_setup_teardown(test_levels, make_place, remove_place),
		cmocka_unit_test_setup_teardown(test_failure_with_a_file, make_place, remove_place),
		cmocka_unit_test(test_failure_without_a_file),
		cmocka_unit_test(test_warning_is_kept_from_a_client_that_reads_stderr),
		cmocka_unit_test(test_compose),
		cmocka_unit_test(test_compose_with_origin_and_hint),
	};

	return cmocka_run_group_tests_name("cmd/log", tests, NULL, NULL);
}
