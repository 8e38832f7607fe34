/* SPDX-License-Identifier: Apache-2.0 */
/*
 * in-terminal [-h] [-s ROWSxCOLUMNS] [-w TEXT -i INPUT] [-r ROWSxCOLUMNS] COMMAND...: runs COMMAND
 * with a new terminal as its controlling terminal and prints what comes out of it. When TEXT was
 * printed, the size is changed to that of -r and INPUT is sent, or with -h it is hung up. Ends with
 * the status of COMMAND, or 128 + the signal that ended it. Runs on the host.
 */
#define _GNU_SOURCE
#include <pty.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT_MAX (1 << 20)

struct options {
	const char *await;
	const char *input;
	struct winsize size, resize;
	bool hang_up;
};

static void parse_size(const char *text, struct winsize *ret_size)
{
	if (sscanf(text, "%hux%hu", &ret_size->ws_row, &ret_size->ws_col) != 2)
		exit(2);
}

static void parse(int argc, char **argv, struct options *options)
{
	int option;

	while ((option = getopt(argc, argv, "+hi:r:s:w:")) >= 0) {
		if (option == 'h')
			options->hang_up = true;
		else if (option == 'i')
			options->input = optarg;
		else if (option == 'w')
			options->await = optarg;
		else if (option == 's')
			parse_size(optarg, &options->size);
		else if (option == 'r')
			parse_size(optarg, &options->resize);
		else
			exit(2);
	}
	if (optind == argc)
		exit(2);
}

static void answer(int terminal, const struct options *options)
{
	if (options->resize.ws_row && ioctl(terminal, TIOCSWINSZ, &options->resize) < 0)
		perror("TIOCSWINSZ");
	if (options->input)
		dprintf(terminal, "%s", options->input);
}

static void copy(int terminal, const struct options *options)
{
	static char output[OUTPUT_MAX];
	size_t used = 0;
	bool answered = !options->await;
	ssize_t length;

	while (used < sizeof(output) - 1 &&
		(length = read(terminal, output + used, sizeof(output) - 1 - used)) > 0) {
		fwrite(output + used, 1, (size_t)length, stdout);
		fflush(stdout);
		used += (size_t)length;
		if (answered || !memmem(output, used, options->await, strlen(options->await)))
			continue;
		if (options->hang_up)
			return;
		answered = true;
		answer(terminal, options);
	}
}

int main(int argc, char **argv)
{
	struct options options = {.size = {.ws_row = 24, .ws_col = 80}};
	int terminal, status;
	pid_t child;

	parse(argc, argv, &options);
	child = forkpty(&terminal, NULL, NULL, &options.size);
	if (child < 0)
		return 2;
	if (child == 0) {
		execvp(argv[optind], argv + optind);
		_exit(127);
	}
	copy(terminal, &options);
	close(terminal);
	if (waitpid(child, &status, 0) != child)
		return 2;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
