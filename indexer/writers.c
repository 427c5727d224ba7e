/*
 * /proc/PID/fd/N is looked at with stat() for device and inode, /proc/PID/fdinfo/N for the flags
 * it was opened with. This is done for all processes at once and remembered for a second, so
 * that a tree full of short files costs no more than one.
 */
#include "indexer/writers.h"

#include "base/units.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { OPEN_FILES_LIMIT = 100000, REFRESH_SECONDS = 1 };

struct open_file {
	dev_t dev;
	ino_t ino;
};

struct idx_writers {
	struct timespec taken;
	bool is_taken;
	size_t n_files, capacity;
	struct open_file *files;
	size_t n_looked_at;
};

struct idx_writers *idx_writers_new(void)
{
	return calloc(1, sizeof(struct idx_writers));
}

void idx_writers_free(struct idx_writers *writers)
{
	if (!writers)
		return;
	free(writers->files);
	free(writers);
}

/* Whether the descriptor was opened for writing, as the flags in its fdinfo say (octal). */
static bool is_writable(int process, const char *number)
{
	char path[NAME_MAX + 8], text[256];
	unsigned long flags = 0;

	snprintf(path, sizeof(path), "fdinfo/%s", number);
	int fd = openat(process, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	const char *line = strstr(text, "flags:");
	if (line)
		flags = strtoul(line + strlen("flags:"), NULL, 8);
	return line && (flags & O_ACCMODE) != O_RDONLY;
}

static void add_file(struct idx_writers *writers, const struct stat *st)
{
	if (writers->n_files == writers->capacity) {
		size_t capacity = 2 * writers->capacity + 64;
		struct open_file *bigger = realloc(writers->files, capacity * sizeof(*bigger));
		if (!bigger)
			return;
		writers->files = bigger;
		writers->capacity = capacity;
	}
	writers->files[writers->n_files++] =
		(struct open_file){ .dev = st->st_dev, .ino = st->st_ino };
}

static void look_into(struct idx_writers *writers, int process)
{
	int fd = openat(process, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *descriptors = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!descriptors) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(descriptors)) && writers->n_looked_at < OPEN_FILES_LIMIT) {
		struct stat st;
		writers->n_looked_at++;
		if (fstatat(dirfd(descriptors), entry->d_name, &st, 0) == 0 &&
			S_ISREG(st.st_mode) && is_writable(process, entry->d_name))
			add_file(writers, &st);
	}
	closedir(descriptors);
}

static void take(struct idx_writers *writers)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	writers->n_files = 0;
	writers->n_looked_at = 0;
	while (proc && (entry = readdir(proc))) {
		long pid = strtol(entry->d_name, NULL, 10);
		if (pid <= 0 || pid == (long)getpid())
			continue;
		int process =
			openat(dirfd(proc), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (process < 0)
			continue;
		look_into(writers, process);
		close(process);
	}
	if (proc)
		closedir(proc);
}

static void refresh(struct idx_writers *writers)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (writers->is_taken && now.tv_sec - writers->taken.tv_sec <= REFRESH_SECONDS)
		return;
	take(writers);
	clock_gettime(CLOCK_MONOTONIC, &writers->taken);
	writers->is_taken = true;
}

bool idx_writers_have(struct idx_writers *writers, dev_t dev, ino_t ino)
{
	refresh(writers);
	for (size_t i = 0; i < writers->n_files; i++) {
		if (writers->files[i].ino == ino && writers->files[i].dev == dev)
			return true;
	}
	return false;
}
