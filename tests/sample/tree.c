#include "sample/tree.h"

#include "base/buf.h"
#include "base/file.h"
#include "sample/weights.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

ax_nanoseconds sample_tree_time(const char *ts)
{
	ax_nanoseconds time = 0;

	ax_stamp_parse(ax_str_from(ts), &time);
	return time;
}

const char *sample_tree_later(struct sample_tree *tree, const char *ts, unsigned seconds)
{
	char text[AX_UNITS_MAX];

	ax_stamp_format(sample_tree_time(ts) + seconds * INT64_C(1000000000), text);
	return sample_truth_text(&tree->truth, "%s", text);
}

struct sample_random *sample_tree_filling(struct sample_tree *tree)
{
	return tree->is_full ? NULL : &tree->random;
}

static int make_parents(int dirfd, const char *path, struct ax_error *err)
{
	char parent[512];
	size_t len = strlen(path);

	if (len >= sizeof(parent))
		return ax_fail(err, ENAMETOOLONG, "%s: too long a path", path);
	memcpy(parent, path, len + 1);
	for (char *slash = strchr(parent, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdirat(dirfd, parent, 0755) < 0 && errno != EEXIST)
			return ax_fail_errno(err, "%s: cannot make the directory", parent);
		*slash = '/';
	}
	return 0;
}

/* A new file, or -1. */
static int create(struct sample_tree *tree, const char *path)
{
	if (tree->failed)
		return -1;
	if (make_parents(tree->dirfd, path, &tree->err) < 0)
		return -1;
	int fd = openat(tree->dirfd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		ax_fail_errno(&tree->err, "%s: cannot create it", path);
	return fd;
}

/* Set the time and close; status is how writing went. */
static void finish(struct sample_tree *tree, int fd, const char *path, const char *ts,
	int status)
{
	time_t seconds = (time_t)(sample_tree_time(ts) / 1000000000);
	struct timespec times[2] = { { .tv_sec = seconds }, { .tv_sec = seconds } };

	if (fd < 0) {
		tree->failed = true;
		return;
	}
	if (status == 0 && futimens(fd, times) < 0)
		status = ax_fail_errno(&tree->err, "%s: cannot set its time", path);
	if (close(fd) < 0 && status == 0)
		status = ax_fail_errno(&tree->err, "%s: cannot close it", path);
	tree->failed = tree->failed || status < 0;
}

void sample_tree_put(struct sample_tree *tree, const char *path, struct ax_str content,
	const char *ts)
{
	int fd = create(tree, path);
	int status = -1;

	if (fd >= 0)
		status = ax_write_full(fd, content.ptr, content.len, path, &tree->err);
	finish(tree, fd, path, ts, status);
}

void sample_tree_put_buf(struct sample_tree *tree, const char *path, struct ax_buf *content,
	const char *ts)
{
	if (!tree->failed && ax_buf_check(content, path, &tree->err) < 0)
		tree->failed = true;
	sample_tree_put(tree, path, ax_buf_str(content), ts);
	ax_buf_free(content);
}

void sample_tree_put_weights(struct sample_tree *tree, const char *path,
	struct sample_weights *weights, uint64_t missing, const char *ts)
{
	int fd = create(tree, path);
	int status = -1;

	if (fd >= 0)
		status = sample_weights_write(weights, fd, missing, path, &tree->err);
	finish(tree, fd, path, ts, status);
	sample_weights_end(weights);
}
