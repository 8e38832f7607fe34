/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake-criu swrk 3: a CRIU that does what the files beside it say. Runs on the host.
 *
 *   version   the number of its minor version, after 3: "16"; without the file it is 3.19
 *   features  the words mem_track and lazy_pages, as far as it has them
 *   rounds    a FIFO: a dump writes a page for every line that comes out of it, and then succeeds
 *   freeze    a dump freezes the cgroup that it was given and ends as by SIGKILL
 *
 * Without the last two a dump fails, and so does a restore.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PAGE 4096
#define TEXT_MAX 4096

/* Of rpc.proto. */
enum { DUMP = 1, PRE_DUMP = 4, FEATURE_CHECK = 9, VERSION = 10 };
enum { REQUEST_TYPE = 1, REQUEST_OPTIONS = 2, OPTIONS_IMAGES = 1, OPTIONS_FREEZE_CGROUP = 44 };

struct field {
	unsigned number;
	uint64_t value; /* or the length of data */
	const unsigned char *data;
};

static uint64_t read_varint(const unsigned char **at, const unsigned char *end)
{
	uint64_t value = 0;

	for (int shift = 0; *at < end && shift < 64; shift += 7) {
		unsigned char byte = *(*at)++;

		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			break;
	}
	return value;
}

/* The first field of the number; of other types than number and text there are none. */
static struct field find(const unsigned char *at, size_t length, unsigned number)
{
	const unsigned char *end = at + length;

	while (at < end) {
		uint64_t key = read_varint(&at, end);
		struct field field = {(unsigned)(key >> 3), read_varint(&at, end), NULL};

		if ((key & 7) == 2) {
			field.data = at;
			at += field.value;
		}
		if (field.number == number)
			return field;
	}
	return (struct field){0};
}

/* What a file beside this program says, "" without it. */
static void read_beside(const char *name, char text[TEXT_MAX])
{
	FILE *file = fopen(name, "r");
	size_t length = file ? fread(text, 1, TEXT_MAX - 1, file) : 0;

	text[length] = '\0';
	if (file)
		fclose(file);
}

static void go_to_own_folder(void)
{
	char path[TEXT_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

	path[length > 0 ? length : 0] = '\0';
	if (!strrchr(path, '/'))
		exit(2);
	*strrchr(path, '/') = '\0';
	if (chdir(path) < 0)
		exit(2);
}

static void answer(const unsigned char *message, size_t length)
{
	if (send(3, message, length, MSG_NOSIGNAL) != (ssize_t)length)
		exit(1);
}

/* A criu_resp with {type, success, version {major_number 3, minor_number}}. */
static void answer_version(void)
{
	unsigned char message[] = {0x08, VERSION, 0x10, 1, 0x52, 4, 0x08, 3, 0x10, 19};
	char text[TEXT_MAX];

	read_beside("version", text);
	if (*text)
		message[9] = (unsigned char)atoi(text);
	answer(message, sizeof(message));
}

/* ... features {mem_track, lazy_pages}. */
static void answer_features(void)
{
	unsigned char message[] = {0x08, FEATURE_CHECK, 0x10, 1, 0x42, 4, 0x08, 0, 0x10, 0};
	char text[TEXT_MAX];

	read_beside("features", text);
	message[7] = strstr(text, "mem_track") != NULL;
	message[9] = strstr(text, "lazy_pages") != NULL;
	answer(message, sizeof(message));
}

/* Folders are given by the fds of the one who asks. */
static void write_pages(const struct field *options)
{
	static const char page[PAGE];
	struct field images = find(options->data, options->value, OPTIONS_IMAGES);
	FILE *rounds = fopen("rounds", "r");
	char path[TEXT_MAX], line[TEXT_MAX];

	snprintf(path, sizeof(path), "/proc/%d/fd/%d/pages-1.img", (int)getppid(),
		(int)images.value);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

	if (fd < 0)
		exit(1);
	while (fgets(line, sizeof(line), rounds))
		if (write(fd, page, sizeof(page)) != PAGE)
			exit(1);
}

static void freeze(const struct field *options)
{
	struct field cgroup = find(options->data, options->value, OPTIONS_FREEZE_CGROUP);
	char path[TEXT_MAX];

	snprintf(path, sizeof(path), "%.*s/cgroup.freeze", (int)cgroup.value, cgroup.data);
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, "1", 1) != 1)
		exit(1);
	raise(SIGKILL);
}

static void perform(unsigned char type, const struct field *options)
{
	unsigned char message[] = {0x08, type, 0x10, 0};
	int dumps = type == DUMP || type == PRE_DUMP;

	if (dumps && access("freeze", F_OK) == 0)
		freeze(options);
	if (dumps && access("rounds", F_OK) == 0) {
		write_pages(options);
		message[3] = 1;
	}
	answer(message, sizeof(message));
}

int main(int argc, char **argv)
{
	unsigned char request[65536];
	ssize_t length;

	if (argc != 3 || strcmp(argv[1], "swrk") != 0 || strcmp(argv[2], "3") != 0)
		return 2;
	go_to_own_folder();
	while ((length = recv(3, request, sizeof(request), 0)) > 0) {
		struct field type = find(request, (size_t)length, REQUEST_TYPE);
		struct field options = find(request, (size_t)length, REQUEST_OPTIONS);

		if (type.value == VERSION)
			answer_version();
		else if (type.value == FEATURE_CHECK)
			answer_features();
		else
			perform((unsigned char)type.value, &options);
	}
	return 0;
}
