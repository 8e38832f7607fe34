/* SPDX-License-Identifier: Apache-2.0 */
/* Talking to the parent, see plan/protocol.h. Layer: stage. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "stage/stage.h"
#include "sys/message.h"

/*
 * write(2) and read(2), not send and recv: a seccomp filter that is loaded already may know
 * nothing of sockets.
 */
static int put(int fd, const struct corc_message *message)
{
	ssize_t written;

	do
		written = write(fd, message, sizeof(*message));
	while (written < 0 && errno == EINTR);
	if (written < 0)
		return -errno;
	return written == (ssize_t)sizeof(*message) ? 0 : -EMSGSIZE;
}

int corc_stage_send(struct corc_stage *stage, uint32_t type, uint64_t value)
{
	struct corc_message message = {.type = type, .op = stage->op, .value = value};

	return put(stage->slots[CORC_SLOT_CHANNEL], &message);
}

void corc_stage_report(struct corc_stage *stage, int code)
{
	struct corc_message message = {.type = CORC_MESSAGE_FAILED,
		.code = code,
		.op = stage->op,
		.detail = stage->detail,
		.value = stage->value};

	memcpy(message.text, stage->text, sizeof(message.text));
	(void)put(stage->report, &message);
}

/*
 * What the parent may say ahead of time, while the stage asks for something else: it has waited for
 * systemd, or has nothing more to do, before it looks at what the stage wants.
 */
static bool is_early(struct corc_stage *stage, const struct corc_message *message, ssize_t got,
	uint32_t expected)
{
	if (got != (ssize_t)sizeof(*message) || message->type == expected)
		return false;
	if (message->type == CORC_MESSAGE_PLACED)
		stage->placed = true;
	else if (message->type == CORC_MESSAGE_START)
		stage->started = true;
	else
		return false;
	return true;
}

int corc_stage_expect(struct corc_stage *stage, uint32_t type)
{
	struct corc_message message;
	ssize_t got;

	do
		got = read(stage->slots[CORC_SLOT_CHANNEL], &message, sizeof(message));
	while ((got < 0 && errno == EINTR) || is_early(stage, &message, got, type));
	if (got == 0)
		_exit(1);
	if (got < 0)
		return -errno;
	if (got != (ssize_t)sizeof(message) || message.type != type)
		return -EBADMSG;
	return 0;
}

int corc_stage_receive_fd(struct corc_stage *stage, uint32_t type)
{
	struct corc_message message;
	size_t count = 0;
	int CORC_CLOSE fd = CORC_NO_FD;
	ssize_t got = corc_receive_fds(
		stage->slots[CORC_SLOT_CHANNEL], &message, sizeof(message), &fd, 1, &count);

	if (got == 0)
		_exit(1);
	if (got < 0)
		return (int)got;
	if (got != (ssize_t)sizeof(message) || message.type != type || count != 1)
		return -EBADMSG;
	return corc_take_fd(&fd);
}

static int receive_batch(struct corc_stage *stage)
{
	struct corc_message message;
	size_t count = 0;
	ssize_t got;

	do
		got = corc_receive_fds(stage->slots[CORC_SLOT_CHANNEL], &message, sizeof(message),
			stage->batch, CORC_MOUNT_BATCH, &count);
	while (is_early(stage, &message, got, CORC_MESSAGE_MOUNTS));
	if (got == 0)
		_exit(1);
	if (got < 0)
		return (int)got;
	if (got != (ssize_t)sizeof(message) || message.type != CORC_MESSAGE_MOUNTS ||
		message.value != count || count == 0)
		return -EBADMSG;
	stage->batch_count = (uint32_t)count;
	stage->batch_next = 0;
	return 0;
}

int corc_stage_next_mount(struct corc_stage *stage)
{
	int r;

	if (stage->batch_next == stage->batch_count) {
		r = corc_stage_send(stage, CORC_MESSAGE_WANT_MOUNTS, 0);
		if (r == 0)
			r = receive_batch(stage);
		if (r < 0)
			return r;
	}
	return stage->batch[stage->batch_next++];
}

void corc_stage_close_slot(struct corc_stage *stage, enum corc_slot slot)
{
	corc_close_(stage->slots[slot]);
	stage->slots[slot] = CORC_NO_FD;
}

void corc_stage_close_all(struct corc_stage *stage)
{
	int *const fds[] = {&stage->root, &stage->dev, &stage->host_proc, &stage->proc,
		&stage->empty, &stage->null, &stage->hook_state};

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		/* CHROOT works in a slot, which is closed below. */
		if (*fds[i] != stage->slots[CORC_SLOT_ROOTFS])
			corc_close_(*fds[i]);
		*fds[i] = CORC_NO_FD;
	}
	for (int slot = CORC_SLOT_PLAN; slot < CORC_SLOT_MAX; slot++) {
		bool is_of_start = slot == CORC_SLOT_START || slot == CORC_SLOT_RESULT ||
				   slot == CORC_SLOT_HOOK_OUTPUT ||
				   slot == CORC_SLOT_HOOK_OUTPUT + 1;

		if (!is_of_start)
			corc_stage_close_slot(stage, (enum corc_slot)slot);
	}
	while (stage->batch_next < stage->batch_count)
		corc_close_(stage->batch[stage->batch_next++]);
}
