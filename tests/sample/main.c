/*
 * artidx-sample DIR [--full] [--seed N]
 *
 * Makes a research project whose out/ needs tidying, and DIR/expected.json, which says what is
 * true of every file in it. The same seed gives the same bytes and (local) times. A few MB;
 * with --full true shapes over holes, about 12 GB that take little room.
 */
#include "base/buf.h"
#include "base/file.h"
#include "sample/tree.h"
#include "sample/world.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct settings {
	const char *directory;
	bool is_full;
	uint64_t seed;
};

static bool parse_arguments(int argc, char **argv, struct settings *out)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--full") == 0) {
			out->is_full = true;
		} else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc) {
			if (!ax_u64_parse(ax_str_from(argv[++i]), &out->seed))
				return false;
		} else if (argv[i][0] != '-' && !out->directory) {
			out->directory = argv[i];
		} else {
			return false;
		}
	}
	return out->directory != NULL;
}

static int open_directory(const char *path, struct ax_error *err)
{
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return ax_fail_errno(err, "%s: cannot make the directory", path);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return ax_fail_errno(err, "%s: cannot open the directory", path);
	if (faccessat(fd, "out", F_OK, 0) == 0) {
		close(fd);
		return ax_fail(err, EEXIST, "%s: there is a project in it already", path);
	}
	return fd;
}

static int make(struct sample_tree *tree)
{
	struct sample_truth *truth = &tree->truth;
	struct ax_buf expected = { 0 };

	sample_world(tree);
	sample_project(tree);
	sample_truth_write(truth, &expected);
	sample_tree_put_buf(tree, "expected.json", &expected, "20260530T020000");
	if (tree->failed)
		return -1;
	if (truth->failed)
		return ax_fail(&tree->err, ENOMEM, "no memory for expected.json");
	return 0;
}

int main(int argc, char **argv)
{
	struct settings settings = { .seed = 41 };
	struct sample_tree tree = { .dirfd = -1 };
	char *absolute = NULL;
	int status = 1;

	if (!parse_arguments(argc, argv, &settings)) {
		fprintf(stderr, "usage: artidx-sample DIR [--full] [--seed N]\n");
		return 2;
	}
	tree.is_full = settings.is_full;
	tree.layers = settings.is_full ? 36 : 4;
	tree.rank = settings.is_full ? 2560 : 32;
	tree.random.state = settings.seed;
	tree.dirfd = open_directory(settings.directory, &tree.err);
	if (tree.dirfd < 0)
		goto out;
	absolute = realpath(settings.directory, NULL);
	if (!absolute) {
		ax_fail_errno(&tree.err, "%s: has no absolute path", settings.directory);
		goto out;
	}
	tree.directory = absolute;
	if (make(&tree) < 0)
		goto out;
	printf("%zu files below out/ and logs/ in %s\n", tree.truth.file_count, absolute);
	status = 0;
out:
	if (status)
		fprintf(stderr, "artidx-sample: %s\n", tree.err.message);
	if (tree.dirfd >= 0)
		close(tree.dirfd);
	ax_arena_free(&tree.truth.arena);
	free(absolute);
	return status;
}
