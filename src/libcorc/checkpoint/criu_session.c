/* SPDX-License-Identifier: Apache-2.0 */
/* Talking to CRIU. Layer: checkpoint; the parent process. */
#ifdef HAVE_CONFIG_H
#	include <config.h>
#endif
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "checkpoint/criu.h"
#include "checkpoint/criu_request.h"
#include "sys/message.h"
#include "sys/process.h"

#ifdef HAVE_CRIU

#	define ANSWER_MAX 16384
#	define TICK_MS 250

/* A parsed answer; free with answer_done. */
struct answer {
	CriuResp *message;
	int fd; /* that came with it, or negative */
};

static void answer_done(struct answer *answer)
{
	if (answer->message)
		criu_resp__free_unpacked(answer->message, NULL);
	corc_close_(answer->fd);
	*answer = (struct answer){.fd = CORC_NO_FD};
}

/* CRIU is not there any more, or does not speak as it should. */
static int fail_gone(struct corc_criu *criu, struct corc_error *error)
{
	char text[512];
	struct corc_exit status;
	ssize_t length = pread(criu->messages, text, sizeof(text) - 1, 0);

	text[length > 0 ? length : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (corc_wait_pidfd(criu->pidfd, 1000, &status) < 0)
		return corc_fail(error, EPROTO, "CRIU closed its socket");
	corc_close_(corc_take_fd(&criu->pidfd));
	return corc_fail(error, EPROTO, "CRIU %s %d%s%s",
		status.killed ? "was killed by signal" : "ended with exit code", status.code,
		*text ? ": " : "", text);
}

static int send_request(struct corc_criu *criu, const CriuReq *request, struct corc_error *error)
{
	size_t size = criu_req__get_packed_size(request);
	uint8_t CORC_FREE *packet = malloc(size);
	ssize_t sent;

	if (!packet)
		return corc_fail_errno(error, ENOMEM, "request to CRIU");
	(void)criu_req__pack(request, packet);
	do
		sent = send(criu->socket, packet, size, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0 && (errno == EPIPE || errno == ECONNRESET))
		return fail_gone(criu, error);
	return sent < 0 ? corc_fail_errno(error, errno, "request to CRIU") : 0;
}

/* handler NULL: there is nothing to be seen of what CRIU does meanwhile. */
static int wait_answer(struct corc_criu *criu, uint32_t deadline_ms,
	const struct corc_criu_handler *handler, struct corc_error *error)
{
	struct pollfd entry = {.fd = criu->socket, .events = POLLIN};
	uint64_t last = corc_now_ms(), seen = 0;

	for (;;) {
		int r = poll(&entry, 1, TICK_MS);
		uint64_t now = corc_now_ms();
		uint64_t progress = handler ? handler->progress(handler->data) : 0;

		if (r > 0)
			return 0;
		if (r < 0 && errno != EINTR)
			return corc_fail_errno(error, errno, "waiting for CRIU");
		if (progress != seen)
			last = now;
		seen = progress;
		if (deadline_ms == 0 || now - last < deadline_ms)
			continue;
		(void)corc_pidfd_send_signal(criu->pidfd, SIGKILL);
		return corc_fail(error, ETIMEDOUT, "CRIU made no progress for %u ms", deadline_ms);
	}
}

static int receive(struct corc_criu *criu, uint32_t deadline_ms,
	const struct corc_criu_handler *handler, struct answer *ret_answer,
	struct corc_error *error)
{
	uint8_t packet[ANSWER_MAX];
	int fd = CORC_NO_FD;
	size_t count = 0;
	int r = wait_answer(criu, deadline_ms, handler, error);

	if (r < 0)
		return r;
	ssize_t got = corc_receive_fds(criu->socket, packet, sizeof(packet), &fd, 1, &count);

	if (got == 0 || got == -ECONNRESET)
		return fail_gone(criu, error);
	if (got < 0)
		return corc_fail_errno(error, (int)-got, "answer of CRIU");
	ret_answer->fd = count > 0 ? fd : CORC_NO_FD;
	ret_answer->message = criu_resp__unpack(NULL, (size_t)got, packet);
	if (!ret_answer->message) {
		answer_done(ret_answer);
		return corc_fail(error, EPROTO, "CRIU sent an answer that makes no sense");
	}
	return 0;
}

static int ask(struct corc_criu *criu, const CriuReq *request, uint32_t deadline_ms,
	struct answer *ret_answer, struct corc_error *error)
{
	int r = send_request(criu, request, error);

	if (r == 0)
		r = receive(criu, deadline_ms, NULL, ret_answer, error);
	if (r == 0 && (!ret_answer->message || ret_answer->message->type != request->type)) {
		answer_done(ret_answer);
		return corc_fail(error, EPROTO, "CRIU sent an answer that was not asked for");
	}
	return r;
}

static int fail_version(const char *found, struct corc_error *error)
{
	(void)corc_fail(error, ENOTSUP, "CRIU %s is too old", found);
	return corc_error_hint(error, "CRIU " CORC_CRIU_OLDEST_TEXT " or newer is needed");
}

static int check_version(struct corc_criu *criu, uint32_t deadline_ms, struct corc_error *error)
{
	CriuReq request = CRIU_REQ__INIT;
	struct answer CORC_CLEANUP(answer_done) answer = {.fd = CORC_NO_FD};
	char text[48];
	int r;

	request.type = CRIU_REQ_TYPE__VERSION;
	request.has_keep_open = request.keep_open = 1;
	r = ask(criu, &request, deadline_ms, &answer, error);
	if (r < 0 || !answer.message)
		return r;
	/* Before 3.10 it could not even say that. */
	if (!answer.message->success || !answer.message->version)
		return fail_version("of an unknown version", error);
	const CriuVersion *version = answer.message->version;
	int sublevel = version->has_sublevel ? version->sublevel : 0;

	criu->version = version->major_number * 10000 + version->minor_number * 100 + sublevel;
	(void)snprintf(text, sizeof(text), "%d.%d.%d", version->major_number, version->minor_number,
		sublevel);
	return criu->version < CORC_CRIU_OLDEST ? fail_version(text, error) : 0;
}

static int check_features(struct corc_criu *criu, const struct corc_criu_needs *needs,
	uint32_t deadline_ms, struct corc_error *error)
{
	CriuReq request = CRIU_REQ__INIT;
	CriuFeatures features = CRIU_FEATURES__INIT;
	struct answer CORC_CLEANUP(answer_done) answer = {.fd = CORC_NO_FD};
	int r;

	features.has_mem_track = features.mem_track = needs->memory_tracking;
	features.has_lazy_pages = features.lazy_pages = needs->lazy_pages;
	request.type = CRIU_REQ_TYPE__FEATURE_CHECK;
	request.has_keep_open = request.keep_open = 1;
	request.features = &features;
	r = ask(criu, &request, deadline_ms, &answer, error);
	if (r < 0 || !answer.message)
		return r;
	const CriuFeatures *found = answer.message->success ? answer.message->features : NULL;

	if (needs->memory_tracking && !(found && found->has_mem_track && found->mem_track))
		return corc_fail(error, ENOTSUP,
			"the kernel does not track changes of memory (CONFIG_MEM_SOFT_DIRTY), "
			"which --pre-dump and --parent-path need");
	if (needs->lazy_pages && !(found && found->has_lazy_pages && found->lazy_pages))
		return corc_fail(error, ENOTSUP,
			"the kernel or CRIU lacks lazy pages (userfaultfd), which --lazy-pages needs");
	return 0;
}

int corc_criu_check(struct corc_criu *criu, const struct corc_criu_needs *needs,
	uint32_t deadline_ms, struct corc_error *error)
{
	int r = check_version(criu, deadline_ms, error);

	if (r == 0 && (needs->memory_tracking || needs->lazy_pages))
		r = check_features(criu, needs, deadline_ms, error);
	return r;
}

/* What a handler refuses, CRIU is told; its own failure then is only the consequence. */
static int serve(struct corc_criu *criu, const struct corc_criu_handler *handler,
	const struct answer *answer, struct corc_error *cause, struct corc_error *error)
{
	const CriuNotify *notify = answer->message->notify;
	CriuReq reply = CRIU_REQ__INIT;
	struct corc_error failure = {0};
	int r = 0;

	if (!notify || !notify->script)
		return corc_fail(error, EPROTO, "CRIU sent a notification that makes no sense");
	if (cause->code == 0)
		r = handler->notify(handler->data, notify->script,
			notify->has_pid ? notify->pid : 0, answer->fd, &failure);
	if (r < 0)
		*cause = failure;
	reply.type = CRIU_REQ_TYPE__NOTIFY;
	reply.has_notify_success = 1;
	reply.notify_success = cause->code == 0;
	return send_request(criu, &reply, error);
}

static int judge(const CriuResp *result, CriuReqType wanted, struct corc_error *error)
{
	static const char *const names[] = {[CRIU_REQ_TYPE__DUMP] = "DUMP",
		[CRIU_REQ_TYPE__PRE_DUMP] = "PRE_DUMP",
		[CRIU_REQ_TYPE__RESTORE] = "RESTORE"};

	if (result->success && result->type == wanted)
		return 0;
	/* What it has to say beside that is in its log, too. */
	return corc_fail(error, ECANCELED, "criu failed: type %s errno %d", names[wanted],
		result->has_cr_errno ? result->cr_errno : 0);
}

int corc_criu_perform(struct corc_criu *criu, const struct corc_criu_request *request,
	const struct corc_criu_handler *handler, struct corc_error *error)
{
	struct corc_error cause = {0};
	CriuReqType wanted = corc_criu_request_type(request->verb);
	int r = corc_criu_request_send(criu, request, send_request, error);

	while (r == 0) {
		struct answer CORC_CLEANUP(answer_done) answer = {.fd = CORC_NO_FD};

		r = receive(criu, handler->deadline_ms, handler, &answer, error);
		if (r < 0 || !answer.message)
			break;
		if (answer.message->type != CRIU_REQ_TYPE__NOTIFY) {
			r = judge(answer.message, wanted, error);
			break;
		}
		r = serve(criu, handler, &answer, &cause, error);
	}
	if (cause.code == 0)
		return r;
	*error = cause;
	return -cause.code;
}

#else /* without CRIU */

int corc_criu_check(struct corc_criu *criu, const struct corc_criu_needs *needs,
	uint32_t deadline_ms, struct corc_error *error)
{
	(void)criu;
	(void)needs;
	(void)deadline_ms;
	return corc_fail(error, ENOSYS, "this build of corc has no support of CRIU");
}

int corc_criu_perform(struct corc_criu *criu, const struct corc_criu_request *request,
	const struct corc_criu_handler *handler, struct corc_error *error)
{
	(void)criu;
	(void)request;
	(void)handler;
	return corc_fail(error, ENOSYS, "this build of corc has no support of CRIU");
}

#endif
