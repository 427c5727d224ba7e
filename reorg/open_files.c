#include "reorg/open_files.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/path.h"
#include "base/units.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct lister {
	struct reorg_open_files *files;
	size_t capacity;
	struct ax_str root_path;
	struct ax_buf scratch;
	struct ax_error *err;
};

static int add(struct lister *lister, pid_t pid, struct ax_str absolute, bool is_cwd)
{
	struct reorg_open_files *files = lister->files;

	ax_buf_clear(&lister->scratch);
	if (!ax_path_relative(&lister->scratch, lister->root_path, absolute))
		return 0;
	if (files->count == lister->capacity) {
		size_t wanted = lister->capacity ? 2 * lister->capacity : 64;
		void *grown = reallocarray(files->items, wanted, sizeof(*files->items));
		if (!grown)
			return ax_fail(lister->err, ENOMEM, "/proc: no memory for open files");
		files->items = grown;
		lister->capacity = wanted;
	}
	const char *path = ax_arena_copy(&files->arena, ax_buf_str(&lister->scratch));
	if (lister->scratch.failed || !path)
		return ax_fail(lister->err, ENOMEM, "/proc: no memory for open files");
	files->items[files->count++] =
		(struct reorg_open_file){ ax_str(path, lister->scratch.len), pid, is_cwd };
	return 0;
}

static int add_link(struct lister *lister, pid_t pid, int dirfd, const char *name, bool is_cwd)
{
	char target[PATH_MAX];
	ssize_t len = readlinkat(dirfd, name, target, sizeof(target));

	if (len <= 0 || target[0] != '/')
		return 0;
	return add(lister, pid, ax_str(target, (size_t)len), is_cwd);
}

static int add_descriptors(struct lister *lister, pid_t pid, int proc)
{
	int fd = openat(proc, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	int status = 0;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	for (struct dirent *entry = readdir(dir); entry && status == 0; entry = readdir(dir)) {
		if (entry->d_name[0] != '.')
			status = add_link(lister, pid, dirfd(dir), entry->d_name, false);
	}
	closedir(dir);
	return status;
}

/* maps has a line a mapping; its path, where there is one, begins at the first "/". A line break
 * in it is written as "\012", and no other byte is. */
static int add_mapping(struct lister *lister, pid_t pid, char *line, size_t len)
{
	char *path = memchr(line, '/', len);
	char *end = line + len, *to = path;

	for (char *from = path; from && from < end; to++) {
		bool is_break = end - from >= 4 && memcmp(from, "\\012", 4) == 0;
		*to = is_break ? '\n' : *from;
		from += is_break ? 4 : 1;
	}
	return path ? add(lister, pid, ax_str(path, (size_t)(to - path)), false) : 0;
}

static int add_mappings(struct lister *lister, pid_t pid, int proc)
{
	int fd = openat(proc, "maps", O_RDONLY | O_CLOEXEC);
	FILE *maps = fd < 0 ? NULL : fdopen(fd, "r");
	char *line = NULL;
	size_t capacity = 0;
	ssize_t len;
	int status = 0;

	if (!maps) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	while (status == 0 && (len = getline(&line, &capacity, maps)) > 0) {
		size_t used = (size_t)len - (line[len - 1] == '\n');
		status = add_mapping(lister, pid, line, used);
	}
	free(line);
	fclose(maps);
	return status;
}

static int add_process(struct lister *lister, int proc, const char *name)
{
	uint64_t pid;
	int status = 0;

	if (!ax_u64_parse(ax_str_from(name), &pid) || pid == (uint64_t)getpid())
		return 0;
	int fd = openat(proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (add_link(lister, (pid_t)pid, fd, "cwd", true) < 0 ||
		add_descriptors(lister, (pid_t)pid, fd) < 0 ||
		add_mappings(lister, (pid_t)pid, fd) < 0)
		status = -1;
	close(fd);
	return status;
}

static int compare_paths(const void *a, const void *b)
{
	const struct reorg_open_file *x = a, *y = b;

	return ax_str_compare(x->path, y->path);
}

int reorg_open_files_list(struct ax_str root_path, struct reorg_open_files *out,
	struct ax_error *err)
{
	struct reorg_open_files files = { 0 };
	struct lister lister = { .files = &files, .root_path = root_path, .err = err };
	int status = 0;
	DIR *proc = opendir("/proc");

	if (!proc)
		return ax_fail_errno(err,
			"/proc: cannot be read, so open files cannot be seen");
	for (struct dirent *entry = readdir(proc); entry && status == 0; entry = readdir(proc))
		status = add_process(&lister, dirfd(proc), entry->d_name);
	closedir(proc);
	ax_buf_free(&lister.scratch);
	if (status < 0) {
		reorg_open_files_free(&files);
		return -1;
	}
	if (files.count)
		qsort(files.items, files.count, sizeof(*files.items), compare_paths);
	*out = files;
	return 0;
}

void reorg_open_files_free(struct reorg_open_files *files)
{
	free(files->items);
	ax_arena_free(&files->arena);
	*files = (struct reorg_open_files){ 0 };
}

const struct reorg_open_file *reorg_open_files_below(const struct reorg_open_files *files,
	struct ax_str path)
{
	size_t low = 0, high = files->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (ax_str_compare(files->items[middle].path, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	/* Names like "a-b" lie between "a" and "a/x". */
	for (; low < files->count && ax_str_starts(files->items[low].path, path); low++) {
		if (ax_path_below(files->items[low].path, path))
			return &files->items[low];
	}
	return NULL;
}
