/*
 * bench-moves [-b] FILE: the least that moving needs. FILE has a line a move, "from -> to"; -b moves
 * back. Makes missing directories, renames without replacing, and syncs each directory once.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct moves {
	size_t count;
	char **from, **to; /* pieces of text */
	char *text;
};

static int fail(const char *what)
{
	perror(what);
	return -1;
}

static int read_moves(const char *path, struct moves *out)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) < 0)
		return fail(path);
	size_t size = (size_t)st.st_size;
	out->text = calloc(1, size + 1);
	out->from = calloc(size / 5 + 1, sizeof(char *));
	out->to = calloc(size / 5 + 1, sizeof(char *));
	if (!out->text || !out->from || !out->to || read(fd, out->text, size) != st.st_size)
		return fail(path);
	close(fd);
	for (char *line = strtok(out->text, "\n"); line; line = strtok(NULL, "\n")) {
		char *arrow = strstr(line, " -> ");
		if (!arrow)
			continue;
		*arrow = '\0';
		out->from[out->count] = line;
		out->to[out->count++] = arrow + 4;
	}
	return 0;
}

/* Make the directory of path and those above it. */
static void make_parents(char *path)
{
	for (char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0777);
		*slash = '/';
	}
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sync the directories of n paths, each one once; cuts the paths down to them. */
static int sync_parents(char **paths, size_t n)
{
	for (size_t i = 0; i < n; i++)
		*strrchr(paths[i], '/') = '\0';
	qsort(paths, n, sizeof(*paths), compare);
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && strcmp(paths[i], paths[i - 1]) == 0)
			continue;
		int fd = open(paths[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 || fsync(fd) < 0)
			return fail(paths[i]);
		close(fd);
	}
	return 0;
}

static int move_all(char **from, char **to, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || strncmp(to[i], to[i - 1],
				      (size_t)(strrchr(to[i], '/') - to[i] + 1)) != 0)
			make_parents(to[i]);
		if (renameat2(AT_FDCWD, from[i], AT_FDCWD, to[i], RENAME_NOREPLACE) < 0)
			return fail(from[i]);
	}
	if (sync_parents(to, n) < 0)
		return -1;
	return sync_parents(from, n);
}

int main(int argc, char **argv)
{
	struct moves moves = { 0 };
	bool is_back = argc > 2 && strcmp(argv[1], "-b") == 0;
	int status = -1;

	if (argc >= 2 && read_moves(argv[argc - 1], &moves) == 0)
		status = is_back ? move_all(moves.to, moves.from, moves.count)
				 : move_all(moves.from, moves.to, moves.count);
	free(moves.text);
	free(moves.from);
	free(moves.to);
	return status < 0 ? 1 : 0;
}
