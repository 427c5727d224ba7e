/*
 * bench-floor [--all] DIR
 *
 * What the system calls of a scan cost by themselves: walk, stat everything, and of each
 * *.safetensors open, read 8 bytes, read the header, close. With --all every regular file is
 * opened and its first bytes read, as a scan must that does not trust names. Nothing is parsed,
 * nothing is kept.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { START_BYTES = 512 };

struct walk {
	bool reads_all;
	uint64_t files, directories, headers, header_bytes, bytes;
	char *header;
	size_t capacity;
};

static bool is_weights(const char *name)
{
	static const char extension[] = ".safetensors";
	size_t len = strlen(name), want = sizeof(extension) - 1;

	return len > want && strcmp(name + len - want, extension) == 0;
}

/* Room for len bytes; without memory there is nothing to measure. */
static void reserve(struct walk *walk, size_t len)
{
	if (len <= walk->capacity)
		return;
	walk->header = realloc(walk->header, 2 * len);
	walk->capacity = 2 * len;
	if (!walk->header)
		abort();
}

static void read_header(struct walk *walk, int dirfd, const char *name)
{
	unsigned char length[8];
	uint64_t n = 0;
	int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return;
	if (pread(fd, length, sizeof(length), 0) == (ssize_t)sizeof(length)) {
		for (unsigned i = 0; i < 8; i++)
			n |= (uint64_t)length[i] << (8 * i);
		reserve(walk, n);
		if (pread(fd, walk->header, n, sizeof(length)) == (ssize_t)n) {
			walk->headers++;
			walk->header_bytes += n;
		}
	}
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
	walk->bytes += (uint64_t)st->st_size;
	if (is_weights(name))
		read_header(walk, dirfd, name);
	else if (walk->reads_all && st->st_size > 0)
		read_start(dirfd, name);
}

/* Takes dirfd. */
/* NOLINTNEXTLINE(misc-no-recursion): as deep as the tree is */
static void descend(struct walk *walk, int dirfd)
{
	DIR *dir = fdopendir(dirfd);
	struct dirent *entry;
	struct stat st;

	if (!dir) {
		close(dirfd);
		return;
	}
	walk->directories++;
	while ((entry = readdir(dir))) {
		const char *name = entry->d_name;

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
			continue;
		if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (S_ISREG(st.st_mode)) {
			visit(walk, dirfd, name, &st);
		} else if (S_ISDIR(st.st_mode)) {
			int fd = openat(dirfd, name,
				O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
			if (fd >= 0)
				descend(walk, fd);
		}
	}
	closedir(dir);
}

int main(int argc, char **argv)
{
	struct walk walk = { .reads_all = argc == 3 && strcmp(argv[1], "--all") == 0 };

	if (argc < 2 || (argc == 3 && !walk.reads_all) || argc > 3) {
		fprintf(stderr, "usage: bench-floor [--all] DIR\n");
		return 2;
	}
	int fd = open(argv[argc - 1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		fprintf(stderr, "bench-floor: %s: %s\n", argv[argc - 1], strerror(errno));
		return 1;
	}
	descend(&walk, fd);
	printf("%" PRIu64 " files, %" PRIu64 " directories, %" PRIu64 " headers of %" PRIu64
	       " bytes\n",
		walk.files, walk.directories, walk.headers, walk.header_bytes);
	free(walk.header);
	return 0;
}
