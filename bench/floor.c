/*
 * bench-floor [--list | --all] [--threads N] DIR
 *
 * What the system calls of a scan cost by themselves: walk, stat everything, and of each
 * *.safetensors open, read 8 bytes, read the header, close. With --all every regular file is
 * opened and its first bytes read, as a scan must that does not trust names; with --list none is.
 * Nothing is parsed, nothing is kept.
 *
 * With several threads, which take directories from a stack, files are read in one request that
 * holds most headers, without read-ahead: the quickest way when nothing is cached.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { START_BYTES = 512, ONE_REQUEST = 64 * 1024, MOST_THREADS = 64 };

enum what { LIST, HEADERS, ALL };

/* Directories to visit, and how many threads may still find some. */
struct stack {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	char **paths;
	size_t count, capacity;
	unsigned working;
};

/* What one thread does and counts. */
struct walk {
	struct stack *stack;
	enum what what;
	bool is_alone;
	uint64_t files, directories, headers, header_bytes;
	char *header;
	size_t capacity;
};

static bool is_weights(const char *name)
{
	static const char extension[] = ".safetensors";
	size_t len = strlen(name), want = sizeof(extension) - 1;

	return len > want && strcmp(name + len - want, extension) == 0;
}

/* Without memory there is nothing to measure. */
static void *need(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

static void reserve(struct walk *walk, size_t len)
{
	if (len <= walk->capacity)
		return;
	walk->header = need(realloc(walk->header, 2 * len));
	walk->capacity = 2 * len;
}

static uint64_t length_in(const char *bytes)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < 8; i++)
		n |= (uint64_t)(unsigned char)bytes[i] << (8 * i);
	return n;
}

/* How many bytes were read of a header that follows its length; 0 when it is not whole. */
static size_t read_two_steps(struct walk *walk, int fd)
{
	char length[8];

	if (pread(fd, length, sizeof(length), 0) != (ssize_t)sizeof(length))
		return 0;
	size_t n = length_in(length);
	reserve(walk, n);
	return pread(fd, walk->header, n, sizeof(length)) == (ssize_t)n ? n : 0;
}

static size_t read_one_request(struct walk *walk, int fd)
{
	posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
	reserve(walk, ONE_REQUEST);
	ssize_t got = pread(fd, walk->header, ONE_REQUEST, 0);
	if (got < 8)
		return 0;
	size_t n = length_in(walk->header), want = n + 8;
	if (want <= (size_t)got)
		return n;
	reserve(walk, want);
	size_t rest = want - (size_t)got;
	return pread(fd, walk->header + got, rest, got) == (ssize_t)rest ? n : 0;
}

static void read_header(struct walk *walk, int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return;
	size_t n = walk->is_alone ? read_two_steps(walk, fd) : read_one_request(walk, fd);
	walk->headers += n > 0;
	walk->header_bytes += n;
	close(fd);
}

static void read_start(int dirfd, const char *name)
{
	char start[START_BYTES];
	int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return;
	if (pread(fd, start, sizeof(start), 0) < 0)
		fprintf(stderr, "bench-floor: %s: %s\n", name, strerror(errno));
	close(fd);
}

static void visit(struct walk *walk, int dirfd, const char *name, const struct stat *st)
{
	walk->files++;
	if (walk->what != LIST && is_weights(name))
		read_header(walk, dirfd, name);
	else if (walk->what == ALL && st->st_size > 0)
		read_start(dirfd, name);
}

/* Takes path. */
static void push(struct stack *stack, char *path)
{
	pthread_mutex_lock(&stack->mutex);
	if (stack->count == stack->capacity) {
		stack->capacity = stack->capacity ? 2 * stack->capacity : 1024;
		stack->paths =
			need(realloc(stack->paths, stack->capacity * sizeof(*stack->paths)));
	}
	stack->paths[stack->count++] = path;
	pthread_cond_signal(&stack->changed);
	pthread_mutex_unlock(&stack->mutex);
}

/* The caller's; NULL once nobody can find any more. */
static char *pop(struct stack *stack)
{
	char *path = NULL;

	pthread_mutex_lock(&stack->mutex);
	stack->working--;
	while (stack->count == 0 && stack->working > 0)
		pthread_cond_wait(&stack->changed, &stack->mutex);
	if (stack->count > 0) {
		path = stack->paths[--stack->count];
		stack->working++;
	} else {
		pthread_cond_broadcast(&stack->changed);
	}
	pthread_mutex_unlock(&stack->mutex);
	return path;
}

static void push_below(struct stack *stack, const char *path, const char *name)
{
	size_t size = strlen(path) + 1 + strlen(name) + 1;
	char *below = need(malloc(size));

	snprintf(below, size, "%s/%s", path, name);
	push(stack, below);
}

static void list(struct walk *walk, const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	struct stat st;

	if (!dir)
		return;
	walk->directories++;
	while ((entry = readdir(dir))) {
		const char *name = entry->d_name;

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
			continue;
		if (fstatat(dirfd(dir), name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (S_ISREG(st.st_mode))
			visit(walk, dirfd(dir), name, &st);
		else if (S_ISDIR(st.st_mode))
			push_below(walk->stack, path, name);
	}
	closedir(dir);
}

static void *work(void *context)
{
	struct walk *walk = context;
	char *path;

	while ((path = pop(walk->stack))) {
		list(walk, path);
		free(path);
	}
	return NULL;
}

static void run(struct walk *walks, unsigned n)
{
	pthread_t threads[MOST_THREADS];

	for (unsigned i = 1; i < n; i++) {
		if (pthread_create(&threads[i], NULL, work, &walks[i]))
			abort();
	}
	work(&walks[0]);
	for (unsigned i = 1; i < n; i++)
		pthread_join(threads[i], NULL);
}

static void print_sum(struct walk *walks, unsigned n)
{
	struct walk sum = { 0 };

	for (unsigned i = 0; i < n; i++) {
		sum.files += walks[i].files;
		sum.directories += walks[i].directories;
		sum.headers += walks[i].headers;
		sum.header_bytes += walks[i].header_bytes;
		free(walks[i].header);
	}
	printf("%" PRIu64 " files, %" PRIu64 " directories, %" PRIu64 " headers of %" PRIu64
	       " bytes\n",
		sum.files, sum.directories, sum.headers, sum.header_bytes);
}

/* False when the command line makes no sense. */
static bool read_options(int argc, char **argv, enum what *what, unsigned *threads)
{
	static const struct option options[] = {
		{ "all", no_argument, NULL, 'a' },
		{ "list", no_argument, NULL, 'l' },
		{ "threads", required_argument, NULL, 't' },
		{ 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'a')
			*what = ALL;
		else if (option == 'l')
			*what = LIST;
		else if (option == 't')
			*threads = (unsigned)strtoul(optarg, NULL, 10);
		else
			return false;
	}
	return optind == argc - 1 && *threads >= 1 && *threads <= MOST_THREADS;
}

int main(int argc, char **argv)
{
	enum what what = HEADERS;
	unsigned n = 1;
	struct walk walks[MOST_THREADS] = { 0 };
	struct stack stack = { .mutex = PTHREAD_MUTEX_INITIALIZER,
		.changed = PTHREAD_COND_INITIALIZER };

	if (!read_options(argc, argv, &what, &n)) {
		fprintf(stderr, "usage: bench-floor [--list | --all] [--threads N] DIR\n");
		return 2;
	}
	stack.working = n;
	for (unsigned i = 0; i < n; i++)
		walks[i] = (struct walk){ .stack = &stack, .what = what, .is_alone = n == 1 };
	push(&stack, need(strdup(argv[optind])));
	run(walks, n);
	print_sum(walks, n);
	free(stack.paths);
	return 0;
}
