/*
 * bench-measure [-n ROUNDS] < TABLE
 *
 * Runs commands in turn, ROUNDS times (default 5), and prints a Markdown table of medians. Taking
 * turns spreads what else the machine does over all of them, so that the ratios hold although
 * the times may not. Ratios are to the first command.
 *
 * TABLE has a line for each command: its name, a shell command that prepares it (may be empty and
 * is not measured), and the command itself, which is split at blanks, but for what stands in
 * '...'; separated by TABs. What it prints is dropped; an exit status other than 0 stops everything.
 *
 * A name may end with " @ " and targets. A target is "wall", "cpu" (ratios), "peak" (MB) or "ms" (of wall) and the most that is allowed,
 * as in "wall 2.6"; there may be several, separated by ", ".
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { COMMANDS_MAX = 16, ROUNDS_MAX = 99, WORDS_MAX = 64, LINE_BYTES = 4096 };

struct sample {
	double wall, cpu, peak; /* seconds, seconds, MB */
};

struct command {
	char line[LINE_BYTES]; /* the strings below point into it */
	const char *name, *prepare, *target;
	char *words[WORDS_MAX + 1];
	struct sample samples[ROUNDS_MAX];
};

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static size_t split_words(char *text, char **words)
{
	size_t count = 0;

	while (text && count < WORDS_MAX) {
		bool is_quoted = *text == '\'';

		text += is_quoted;
		char *word = strsep(&text, is_quoted ? "'" : " ");
		if (*word)
			words[count++] = word;
	}
	return count;
}

/* Split command->line; false where a part is missing. */
static bool parse(struct command *command)
{
	char *rest = command->line;

	rest[strcspn(rest, "\n")] = '\0';
	command->name = strsep(&rest, "\t");
	command->prepare = strsep(&rest, "\t");
	char *mark = strstr(command->line, " @ ");
	command->target = mark ? mark + strlen(" @ ") : "";
	if (mark)
		*mark = '\0';
	return rest && split_words(rest, command->words) > 0;
}

/* In the child. */
static void execute(char *const *words)
{
	int null = open("/dev/null", O_RDWR);

	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	execvp(words[0], words);
	fprintf(stderr, "bench-measure: %s: %s\n", words[0], strerror(errno));
	_exit(127);
}

static bool run(const struct command *command, struct sample *out)
{
	struct rusage usage;
	int status = 0;

	/* NOLINTNEXTLINE(cert-env33-c): the table is ours, and a shell is what it asks for */
	if (command->prepare[0] && system(command->prepare) != 0) {
		fprintf(stderr, "bench-measure: failed: %s\n", command->prepare);
		return false;
	}
	double begin = now();
	pid_t child = fork();
	if (child == 0)
		execute(command->words);
	if (child < 0 || wait4(child, &status, 0, &usage) < 0) {
		fprintf(stderr, "bench-measure: %s\n", strerror(errno));
		return false;
	}
	out->wall = now() - begin;
	out->cpu = seconds(usage.ru_utime) + seconds(usage.ru_stime);
	out->peak = (double)usage.ru_maxrss / 1024;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		fprintf(stderr, "bench-measure: %s: ended with status %d\n", command->name,
			WIFEXITED(status) ? WEXITSTATUS(status) : -1);
		return false;
	}
	return true;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* offset: of the member within struct sample. */
static double median(const struct command *command, unsigned rounds, size_t offset)
{
	double values[ROUNDS_MAX];

	for (unsigned i = 0; i < rounds; i++)
		memcpy(&values[i], (const char *)&command->samples[i] + offset,
			sizeof(values[i]));
	qsort(values, rounds, sizeof(values[0]), compare);
	return rounds % 2 ? values[rounds / 2]
			  : (values[rounds / 2 - 1] + values[rounds / 2]) / 2;
}

static struct sample medians(const struct command *command, unsigned rounds)
{
	return (struct sample){
		.wall = median(command, rounds, offsetof(struct sample, wall)),
		.cpu = median(command, rounds, offsetof(struct sample, cpu)),
		.peak = median(command, rounds, offsetof(struct sample, peak)),
	};
}

/* What a target's name stands for. */
static double reached(const char *name, struct sample m, struct sample first)
{
	if (strcmp(name, "wall") == 0)
		return m.wall / first.wall;
	if (strcmp(name, "cpu") == 0)
		return m.cpu / first.cpu;
	return strcmp(name, "peak") == 0 ? m.peak : m.wall * 1000;
}

static void print_target(const char *target, struct sample m, struct sample first)
{
	char text[64], *rest = text;

	snprintf(text, sizeof(text), "%s", target);
	while (rest && *rest) {
		char *number = strsep(&rest, ",");
		char *name = strsep(&number, " ");
		double most = number ? strtod(number, NULL) : 0;
		bool is_met = reached(name, m, first) <= most;

		printf("%s %g: %s", name, most, is_met ? "met" : "**missed**");
		if (rest)
			printf(", ");
		if (rest && *rest == ' ')
			rest++;
	}
}

static void print_table(const struct command *commands, size_t count, unsigned rounds)
{
	struct sample first = medians(&commands[0], rounds);

	printf("| | wall ms | CPU ms | peak MB | wall ratio | CPU ratio | at most |\n");
	printf("|---|---:|---:|---:|---:|---:|---|\n");
	for (size_t i = 0; i < count; i++) {
		struct sample m = medians(&commands[i], rounds);

		printf("| %s | %.1f | %.1f | %.1f | %.2f | %.2f | ", commands[i].name,
			m.wall * 1000, m.cpu * 1000, m.peak, m.wall / first.wall,
			m.cpu / first.cpu);
		print_target(commands[i].target, m, first);
		printf(" |\n");
	}
	printf("\n");
}

int main(int argc, char **argv)
{
	struct command *commands = calloc(COMMANDS_MAX, sizeof(*commands));
	unsigned rounds = 5;
	size_t count = 0;
	int status = 1;

	if (!commands)
		return 1;
	if (argc == 3 && strcmp(argv[1], "-n") == 0)
		rounds = (unsigned)strtoul(argv[2], NULL, 10);
	if ((argc != 1 && argc != 3) || rounds < 1 || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: bench-measure [-n ROUNDS] < TABLE\n");
		goto out;
	}
	while (count < COMMANDS_MAX && fgets(commands[count].line, LINE_BYTES, stdin)) {
		if (!parse(&commands[count])) {
			fprintf(stderr, "bench-measure: line %zu: NAME, PREPARE, COMMAND\n",
				count + 1);
			goto out;
		}
		count++;
	}
	for (unsigned round = 0; round < rounds; round++) {
		for (size_t i = 0; i < count; i++) {
			if (!run(&commands[i], &commands[i].samples[round]))
				goto out;
		}
	}
	if (count > 0)
		print_table(commands, count, rounds);
	status = 0;
out:
	free(commands);
	return status;
}
