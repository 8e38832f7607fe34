/* SPDX-License-Identifier: Apache-2.0 */
/* Running hooks. Layer: run; the parent process. */
#include "run/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "run/hook_process.h"
#include "spec/check.h"

#define LAST_LINES 3

static const struct corc_spec_hook *hook_of(
	const struct corc_spec *spec, enum corc_hook_phase phase, size_t index)
{
	return &spec->hooks.phases[phase].items[index];
}

uint32_t corc_hooks_mask(const struct corc_spec *spec)
{
	uint32_t mask = 0;

	for (int phase = 0; phase < CORC_HOOK_PHASE_COUNT; phase++)
		if (spec->hooks.phases[phase].count > 0)
			mask |= CORC_HOOKS_BIT(phase);
	return mask;
}

bool corc_hooks_of_creation(const struct corc_spec *spec, size_t number,
	enum corc_hook_phase *ret_phase, size_t *ret_index)
{
	for (int phase = CORC_HOOK_PRESTART; phase <= CORC_HOOK_CREATE_CONTAINER; phase++) {
		size_t count = spec->hooks.phases[phase].count;

		if (number < count) {
			*ret_phase = (enum corc_hook_phase)phase;
			*ret_index = number;
			return true;
		}
		number -= count;
	}
	return false;
}

/* --- words ---------------------------------------------------------------------------------- */

/* ": " and the last lines, as one; of a line that is too long its end, and none before it. */
static void put_last_lines(char *to, size_t size, const char *text, size_t length)
{
	char lines[600];
	size_t at = sizeof(lines) - 1, count = 0;

	lines[at] = '\0';
	*to = '\0';
	while (length > 0 && count < LAST_LINES) {
		size_t end = length, start;

		while (end > 0 && (text[end - 1] == '\n' || text[end - 1] == '\r'))
			end--;
		for (start = end; start > 0 && text[start - 1] != '\n';)
			start--;
		if (end == 0 || (count > 0 && at < end - start + 4))
			break;
		if (at < end - start)
			start = end - at;
		if (count++ > 0) {
			at -= 3;
			memcpy(lines + at, " | ", 3);
		}
		at -= end - start;
		memcpy(lines + at, text + start, end - start);
		length = start;
	}
	if (count == 0 || size < 4)
		return;
	memcpy(to, ": ", 3);
	corc_spec_one_line(to + 2, size - 2, lines + at);
}

/* How a hook ended. */
struct ending {
	uint32_t detail; /* enum corc_detail */
	int code;        /* exit code or signal */
	uint64_t elapsed_ms;
	const char *text;
	size_t length;
};

static int describe(const char *path, const struct ending *ending, struct corc_error *error)
{
	unsigned long long elapsed = ending->elapsed_ms;
	char last[700];

	put_last_lines(last, sizeof(last), ending->text, ending->length);
	switch (ending->detail) {
	case CORC_DETAIL_HOOK_TIMEOUT:
		return corc_fail(error, ETIMEDOUT, "%s: timed out, killed after %llu ms%s", path,
			elapsed, last);
	case CORC_DETAIL_HOOK_SIGNAL:
		return corc_fail(error, ECANCELED, "%s: killed by signal %d after %llu ms%s", path,
			ending->code, elapsed, last);
	default:
		return corc_fail(error, ECANCELED, "%s: exited with status %d after %llu ms%s",
			path, ending->code, elapsed, last);
	}
}

bool corc_is_hook_report(const struct corc_message *message)
{
	return message->detail >= CORC_DETAIL_HOOK_EXIT && message->detail <= CORC_DETAIL_HOOK_EXEC;
}

int corc_hook_explain(
	const char *path, const struct corc_message *message, struct corc_error *error)
{
	struct ending ending = {.detail = message->detail,
		.code = (int)(message->value & 0xff),
		.elapsed_ms = message->value >> 32,
		.text = message->text,
		.length = strnlen(message->text, sizeof(message->text))};

	if (message->detail == CORC_DETAIL_HOOK_EXEC)
		(void)corc_fail_errno(error, message->code, "%s", path);
	else
		(void)describe(path, &ending, error);
	return corc_error_step(error, CORC_STEP_HOOKS);
}

static void log_end(struct corc_runtime *runtime, enum corc_hook_phase phase, const char *path,
	uint64_t elapsed_ms)
{
	corc_log(runtime, CORC_LOG_DEBUG, "%s hook %s ended after %llu ms",
		corc_hook_phases[phase].name, path, (unsigned long long)elapsed_ms);
}

void corc_hook_log(
	const struct corc_hooks *hooks, size_t number, const struct corc_message *message)
{
	enum corc_hook_phase phase;
	size_t index;

	if (corc_hooks_of_creation(hooks->spec, number, &phase, &index))
		log_end(hooks->runtime, phase, hook_of(hooks->spec, phase, index)->path,
			message->value >> 32);
}

/* --- running -------------------------------------------------------------------------------- */

/* The state as a file, so that a hook may read it whenever and however it likes, or not at all. */
static int open_input(
	const struct corc_hooks *hooks, enum corc_hook_phase phase, struct corc_error *error)
{
	struct corc_buffer CORC_BUFFER text = {0};
	int CORC_CLOSE fd = memfd_create("corc-state", MFD_CLOEXEC);
	char pid[16];
	int r;

	if (fd < 0)
		return corc_fail_errno(error, errno, "state for a hook");
	(void)snprintf(pid, sizeof(pid), "%d", (int)hooks->pid);
	(void)corc_hook_state_put(&hooks->state, phase, pid, &text);
	r = text.failed ? -ENOMEM : corc_write_all(fd, text.data, text.length);
	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	return r < 0 ? corc_fail_errno(error, -r, "state for a hook") : corc_take_fd(&fd);
}

static int judge(const struct corc_spec_hook *hook, const struct corc_hook_result *result,
	struct corc_error *error)
{
	const struct corc_hook_tail *tail = &result->tails[result->tails[1].length ? 1 : 0];
	struct ending ending = {.detail = CORC_DETAIL_HOOK_EXIT,
		.code = result->exit.code,
		.elapsed_ms = result->elapsed_ms,
		.text = tail->text,
		.length = tail->length};

	if (result->end == CORC_HOOK_PEER_GONE)
		return corc_fail(error, ECANCELED,
			"%s: killed after %llu ms: the container's process has ended", hook->path,
			(unsigned long long)result->elapsed_ms);
	if (result->end == CORC_HOOK_TIMED_OUT)
		ending.detail = CORC_DETAIL_HOOK_TIMEOUT;
	else if (result->exit.killed)
		ending.detail = CORC_DETAIL_HOOK_SIGNAL;
	else if (result->exit.code == 0)
		return 0;
	return describe(hook->path, &ending, error);
}

static int run_process(const struct corc_hooks *hooks, enum corc_hook_phase phase,
	const struct corc_spec_hook *hook, struct corc_error *error)
{
	static const char *const no_environment[] = {NULL};
	const char *const path_alone[] = {hook->path, NULL};
	int CORC_CLOSE input = open_input(hooks, phase, error);
	struct corc_hook_output CORC_CLEANUP(corc_hook_output_done) files = CORC_HOOK_OUTPUT_EMPTY;
	struct corc_hook_result result;
	struct corc_hook_request request = {.path = hook->path,
		.arguments = (char *const *)(hook->args.count > 0 ? hook->args.items : path_alone),
		.environment =
			(char *const *)(hook->env.count > 0 ? hook->env.items : no_environment),
		.directory = hooks->state.bundle,
		.input = input,
		.timeout_ms = hook->timeout ? (uint64_t)*hook->timeout * 1000 : 0,
		.peer = hooks->pidfd,
		.namespaces = phase == CORC_HOOK_CREATE_CONTAINER ? hooks->namespaces : 0};
	int r;

	if (input < 0)
		return input;
	for (int i = 0; i < CORC_HOOK_OUTPUTS; i++) {
		r = corc_hook_output_file(hooks->state.annotations, i, &files.files[i], error);
		if (r < 0)
			return r;
		request.files[i] = files.files[i];
	}
	r = corc_hook_process_run(&request, &result);
	if (r == -ECHILD)
		return corc_fail(error, ECHILD,
			"%s: its exit status was lost: the caller ignores SIGCHLD or waits for all children",
			hook->path);
	if (r < 0)
		return corc_fail_errno(error, -r, "%s", hook->path);
	log_end(hooks->runtime, phase, hook->path, result.elapsed_ms);
	return judge(hook, &result, error);
}

static void set_origin(
	const struct corc_hooks *hooks, const struct corc_spec_hook *hook, struct corc_error *error)
{
	corc_json_origin(&hooks->spec->document, hook->node, &error->origin);
	(void)corc_error_step(error, CORC_STEP_HOOKS);
}

int corc_hook_run(const struct corc_hooks *hooks, enum corc_hook_phase phase, size_t index,
	struct corc_error *error)
{
	const struct corc_spec_hook *hook = hook_of(hooks->spec, phase, index);
	int r = run_process(hooks, phase, hook, error);

	if (r < 0)
		set_origin(hooks, hook, error);
	return r;
}

int corc_hook_open(const struct corc_hooks *hooks, enum corc_hook_phase phase, size_t index,
	struct corc_error *error)
{
	const struct corc_spec_hook *hook = hook_of(hooks->spec, phase, index);
	int fd = open(hook->path, O_PATH | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	(void)corc_fail_errno(error, errno, "%s", hook->path);
	set_origin(hooks, hook, error);
	return -error->code;
}

int corc_hook_begin_output(const struct corc_hooks *hooks, enum corc_hook_phase phase, size_t index,
	struct corc_hook_output *output, struct corc_error *error)
{
	int r = corc_hook_output_begin(output, hooks->state.annotations, error);

	if (r < 0)
		set_origin(hooks, hook_of(hooks->spec, phase, index), error);
	return r;
}

int corc_hooks_run(
	const struct corc_hooks *hooks, enum corc_hook_phase phase, struct corc_error *error)
{
	size_t count = hooks->spec->hooks.phases[phase].count;
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++)
		r = corc_hook_run(hooks, phase, i, error);
	return r;
}

void corc_hooks_run_poststop(const struct corc_hooks *hooks)
{
	size_t count = hooks->spec->hooks.phases[CORC_HOOK_POSTSTOP].count;

	for (size_t i = 0; i < count; i++) {
		struct corc_error failure = {0};
		char text[1536];

		if (corc_hook_run(hooks, CORC_HOOK_POSTSTOP, i, &failure) == 0)
			continue;
		(void)corc_error_format(&failure, text, sizeof(text));
		corc_log(hooks->runtime, CORC_LOG_WARNING, "%s", text);
	}
}
