/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The measuring driver of the benchmarks: runs several command lines side by side and prints a
 * table of wall time, CPU time and memory, as Markdown on stdout and as TSV in a file.
 *
 *   bench [OPTION...] NAME COMMANDS [NAME COMMANDS...]
 *
 * COMMANDS are command lines divided by " ; ", words divided by blanks, no quoting. {n} becomes the
 * number of the parallel copy, from 0. The word "wait" alone waits, unmeasured, for the processes
 * that earlier commands left behind (the driver is their subreaper). A command after the word "-"
 * is not measured. The sum of the others is one sample. In each round every case is measured once,
 * in a new random order, so that what the machine does meanwhile falls on all of them; ratios are
 * those of samples of the same round. The first case is the reference.
 *
 * A command is started by vfork and execve: a fork would charge the driver's pages to it.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CASES_MAX 16
#define STEPS_MAX 8
#define WORDS_MAX 32
#define PARALLEL_MAX 64

struct sample {
	double wall; /* all times in milliseconds */
	double cpu;
	double ratio;
	long rss; /* KiB, of the largest process */
};

struct step {
	bool wait;
	bool aside;                 /* not measured */
	char **words[PARALLEL_MAX]; /* one argument vector for each parallel copy */
};

struct bench_case {
	const char *name;
	struct step steps[STEPS_MAX];
	int step_count;
	struct sample *samples;
	int failure; /* wait status of the first command that failed; 0: none did */
};

struct bench {
	int rounds;
	int warmup;
	int parallel;
	long settle;     /* microseconds */
	uint32_t random; /* state of the generator: the same orders in every run */
	const char *tsv;
	const char *title;
	int null;
	int errors; /* stderr of the commands */
	struct bench_case cases[CASES_MAX];
	int case_count;
};

struct summary {
	double median;
	double p90;
	double min;
	double ratio; /* to the reference; 0: there is none */
	double cpu;
	long rss;
};

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(2);
}

static _Noreturn void usage(const char *problem)
{
	fprintf(stderr,
		"bench: %s\n"
		"usage: bench [--rounds N] [--warmup N] [--parallel N] [--settle MICROSECONDS]\n"
		"             [--tsv FILE] [--stderr FILE] [--title TEXT] NAME COMMANDS...\n",
		problem);
	exit(2);
}

static double milliseconds(struct timeval time)
{
	return (double)time.tv_sec * 1e3 + (double)time.tv_usec / 1e3;
}

static double monotonic(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

/* One process at a time shares the driver's memory: nothing here may be changed by the child. */
static pid_t start_command(const struct bench *bench, char **words)
{
	pid_t pid = vfork();

	if (pid < 0)
		die("vfork");
	if (pid > 0)
		return pid;
	dup2(bench->null, STDIN_FILENO);
	dup2(bench->null, STDOUT_FILENO);
	dup2(bench->errors, STDERR_FILENO);
	execv(words[0], words);
	_exit(127);
}

/* Waits for one process (or any: -1). False when there is none. */
static bool reap(pid_t pid, struct sample *sample, int *status)
{
	struct rusage usage;
	pid_t found;

	do
		found = wait4(pid, status, 0, &usage);
	while (found < 0 && errno == EINTR);
	if (found < 0)
		return false;
	sample->cpu += milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime);
	if (usage.ru_maxrss > sample->rss)
		sample->rss = usage.ru_maxrss;
	return true;
}

/* Returns the wait status of the first copy that failed, or 0. */
static int run_step(const struct bench *bench, const struct step *step, struct sample *sample)
{
	pid_t pids[PARALLEL_MAX];
	struct sample ignored = {};
	int status = 0, failure = 0;
	double begin;

	if (step->aside)
		sample = &ignored;
	if (step->wait) {
		while (reap(-1, sample, &status))
			continue;
		return 0;
	}
	begin = monotonic();
	for (int i = 0; i < bench->parallel; i++)
		pids[i] = start_command(bench, step->words[i]);
	for (int i = 0; i < bench->parallel; i++) {
		if (!reap(pids[i], sample, &status))
			die("wait4");
		if (status != 0 && failure == 0)
			failure = status;
	}
	sample->wall += monotonic() - begin;
	return failure;
}

/* After a failure: what is left of the case would be waited for by the next "wait" of another. */
static void end_leftovers(void)
{
	struct sample ignored = {};
	int status;
	long child;
	FILE *children = fopen("/proc/thread-self/children", "re");

	if (!children)
		return;
	while (fscanf(children, "%ld", &child) == 1)
		kill((pid_t)child, SIGKILL);
	fclose(children);
	while (reap(-1, &ignored, &status))
		continue;
}

static void measure(const struct bench *bench, struct bench_case *bench_case, int round)
{
	struct timespec pause = {
		.tv_sec = bench->settle / 1000000, .tv_nsec = bench->settle % 1000000 * 1000};
	struct sample sample = {};

	for (int i = 0; i < bench_case->step_count && bench_case->failure == 0; i++)
		bench_case->failure = run_step(bench, &bench_case->steps[i], &sample);
	if (bench_case->failure != 0)
		end_leftovers();
	if (round >= 0)
		bench_case->samples[round] = sample;
	nanosleep(&pause, NULL);
}

static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static void shuffle(uint32_t *random, int *order, int count)
{
	for (int i = count - 1; i > 0; i--) {
		int other = (int)(next_random(random) % (uint32_t)(i + 1));
		int kept = order[i];

		order[i] = order[other];
		order[other] = kept;
	}
}

static void measure_all(struct bench *bench)
{
	int order[CASES_MAX];

	for (int i = 0; i < bench->case_count; i++)
		order[i] = i;
	for (int round = -bench->warmup; round < bench->rounds; round++) {
		shuffle(&bench->random, order, bench->case_count);
		for (int i = 0; i < bench->case_count; i++)
			if (bench->cases[order[i]].failure == 0)
				measure(bench, &bench->cases[order[i]], round);
	}
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

static double quantile(double *sorted, int count, double part)
{
	double place = part * (count - 1);
	int below = (int)place;

	if (below + 1 >= count)
		return sorted[count - 1];
	return sorted[below] + (place - below) * (sorted[below + 1] - sorted[below]);
}

static double wall_of(const struct sample *sample, const struct sample *reference)
{
	(void)reference;
	return sample->wall;
}

static double cpu_of(const struct sample *sample, const struct sample *reference)
{
	(void)reference;
	return sample->cpu;
}

static double ratio_of(const struct sample *sample, const struct sample *reference)
{
	return sample->wall / reference->wall;
}

/* Sorts one property of all samples of a case into values. */
static void sort_values(const struct bench *bench, const struct bench_case *bench_case,
	double (*property)(const struct sample *sample, const struct sample *reference),
	double *values)
{
	for (int i = 0; i < bench->rounds; i++)
		values[i] = property(&bench_case->samples[i], &bench->cases[0].samples[i]);
	qsort(values, (size_t)bench->rounds, sizeof(*values), compare);
}

static struct summary summarize(const struct bench *bench, const struct bench_case *bench_case)
{
	double *values = calloc((size_t)bench->rounds, sizeof(*values));
	struct summary summary = {};

	if (!values)
		die("calloc");
	sort_values(bench, bench_case, wall_of, values);
	summary.median = quantile(values, bench->rounds, 0.5);
	summary.p90 = quantile(values, bench->rounds, 0.9);
	summary.min = values[0];
	sort_values(bench, bench_case, cpu_of, values);
	summary.cpu = quantile(values, bench->rounds, 0.5);
	if (bench->cases[0].failure == 0) {
		sort_values(bench, bench_case, ratio_of, values);
		summary.ratio = quantile(values, bench->rounds, 0.5);
	}
	for (int i = 0; i < bench->rounds; i++)
		if (bench_case->samples[i].rss > summary.rss)
			summary.rss = bench_case->samples[i].rss;
	free(values);
	return summary;
}

static void print_failure(const struct bench *bench, const struct bench_case *failed, FILE *tsv)
{
	bool exited = WIFEXITED(failed->failure);
	int code = exited ? WEXITSTATUS(failed->failure) : WTERMSIG(failed->failure);
	const char *how = exited ? "exit" : "signal";

	printf("| %-16s | failed: %s %d | | | | | |\n", failed->name, how, code);
	if (tsv)
		fprintf(tsv, "%s\t%s\tfailed\t%s %d\n", bench->title, failed->name, how, code);
}

static void print_case(const struct bench *bench, const struct bench_case *shown, FILE *tsv)
{
	struct summary sum = summarize(bench, shown);

	printf("| %-16s | %9.3f | %9.3f | %9.3f | %8.2f | %9.3f | %9ld |\n", shown->name,
		sum.median, sum.p90, sum.min, sum.ratio, sum.cpu, sum.rss);
	if (tsv)
		fprintf(tsv, "%s\t%s\tok\t%d\t%.4f\t%.4f\t%.4f\t%.3f\t%.4f\t%ld\n", bench->title,
			shown->name, bench->rounds, sum.median, sum.p90, sum.min, sum.ratio,
			sum.cpu, sum.rss);
}

/* The TSV file grows by each call: title, name, ok, rounds, then the columns of the table. */
static void print_all(const struct bench *bench)
{
	FILE *tsv = bench->tsv ? fopen(bench->tsv, "ae") : NULL;

	if (bench->tsv && !tsv)
		die(bench->tsv);
	printf("| %-16s | median ms |    p90 ms |    min ms | × %-6.6s |    CPU ms |   RSS KiB |\n",
		bench->title, bench->cases[0].name);
	printf("|------------------|----------:|----------:|----------:|---------:|----------:|"
	       "----------:|\n");
	for (int i = 0; i < bench->case_count; i++)
		if (bench->cases[i].failure != 0)
			print_failure(bench, &bench->cases[i], tsv);
		else
			print_case(bench, &bench->cases[i], tsv);
	if (tsv && fclose(tsv) != 0)
		die(bench->tsv);
}

static char *place_number(const char *word, int number)
{
	const char *mark = strstr(word, "{n}");
	char *result = NULL;
	int length;

	if (mark)
		length = asprintf(&result, "%.*s%d%s", (int)(mark - word), word, number, mark + 3);
	else
		length = asprintf(&result, "%s", word);
	if (length < 0)
		die("asprintf");
	return result;
}

static void add_step(struct bench *bench, struct bench_case *owner, char **words, int count)
{
	struct step *step;

	if (owner->step_count == STEPS_MAX || count == 0)
		usage("an empty command, or too many of them");
	step = &owner->steps[owner->step_count++];
	step->wait = count == 1 && strcmp(words[0], "wait") == 0;
	step->aside = count > 1 && strcmp(words[0], "-") == 0;
	words += step->aside;
	count -= step->aside;
	for (int copy = 0; copy < bench->parallel; copy++) {
		step->words[copy] = calloc((size_t)count + 1, sizeof(char *));
		if (!step->words[copy])
			die("calloc");
		for (int i = 0; i < count; i++)
			step->words[copy][i] = place_number(words[i], copy);
	}
}

static void add_case(struct bench *bench, const char *name, char *commands)
{
	char *words[WORDS_MAX], *rest = NULL;
	struct bench_case *added;
	int count = 0;

	if (bench->case_count == CASES_MAX)
		usage("too many cases");
	added = &bench->cases[bench->case_count++];
	added->name = name;
	added->samples = calloc((size_t)bench->rounds, sizeof(*added->samples));
	if (!added->samples)
		die("calloc");
	for (char *word = strtok_r(commands, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		if (strcmp(word, ";") == 0) {
			add_step(bench, added, words, count);
			count = 0;
		} else if (count == WORDS_MAX) {
			usage("too many words in a command");
		} else {
			words[count++] = word;
		}
	}
	add_step(bench, added, words, count);
}

static int parse_number(const char *text, long minimum, long maximum)
{
	char *end;
	long number = strtol(text, &end, 10);

	if (*text == '\0' || *end != '\0' || number < minimum || number > maximum)
		usage(text);
	return (int)number;
}

static void parse_options(struct bench *bench, int argc, char **argv)
{
	static const struct option options[] = {
		{"rounds", required_argument, NULL, 'r'},
		{"warmup", required_argument, NULL, 'w'},
		{"parallel", required_argument, NULL, 'p'},
		{"settle", required_argument, NULL, 's'},
		{"tsv", required_argument, NULL, 't'},
		{"stderr", required_argument, NULL, 'e'},
		{"title", required_argument, NULL, 'T'},
		{},
	};

	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (option == 'r')
			bench->rounds = parse_number(optarg, 1, 100000);
		else if (option == 'w')
			bench->warmup = parse_number(optarg, 0, 1000);
		else if (option == 'p')
			bench->parallel = parse_number(optarg, 1, PARALLEL_MAX);
		else if (option == 's')
			bench->settle = parse_number(optarg, 0, 10000000);
		else if (option == 't')
			bench->tsv = optarg;
		else if (option == 'T')
			bench->title = optarg;
		else if (option == 'e')
			bench->errors =
				open(optarg, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
		else
			usage("unknown option");
	}
}

int main(int argc, char **argv)
{
	static struct bench bench = {.rounds = 100, .warmup = 5, .parallel = 1, .title = ""};

	bench.errors = STDERR_FILENO;
	bench.null = open("/dev/null", O_RDWR | O_CLOEXEC);
	parse_options(&bench, argc, argv);
	if (bench.null < 0 || bench.errors < 0)
		die("open");
	if (argc == optind || (argc - optind) % 2 != 0)
		usage("the cases are pairs of a name and commands");
	for (int i = optind; i < argc; i += 2)
		add_case(&bench, argv[i], argv[i + 1]);
	if (prctl(PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L) < 0)
		die("prctl");
	measure_all(&bench);
	print_all(&bench);
	return 0;
}
