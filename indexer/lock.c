#include "indexer/lock.h"

#include "base/error.h"
#include "base/file.h"
#include "base/str.h"
#include "base/units.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* "PID SINCE", as write_holder() writes it. */
static bool parse_holder(const char *line, int64_t *pid, int64_t *since)
{
	struct ax_str text = ax_str_trim(ax_str_from(line));
	size_t end = ax_str_find(text, ' ');

	return ax_i64_parse(ax_str_slice(text, 0, end), pid) && *pid > 0 &&
	       ax_i64_parse(ax_str_slice(text, end + 1, text.len), since);
}

/* What the holder wrote; a line that makes no sense names nobody. */
static int refuse(int fd, const char *path, struct ax_error *err)
{
	char line[128] = "";
	char since[AX_UNITS_MAX];
	int64_t pid = 0;
	int64_t begun = 0;

	if (pread(fd, line, sizeof(line) - 1, 0) < 0 || !parse_holder(line, &pid, &begun))
		return ax_fail(err, AX_EREFUSED, "%s: another artidx is at work", path);
	ax_time_format_short(begun, since);
	return ax_fail(err, AX_EREFUSED,
		"%s: another artidx is at work: process %" PRId64 ", since %s", path, pid,
		since);
}

static int write_holder(int fd, const char *path, struct ax_error *err)
{
	struct timespec now;
	char line[128];

	clock_gettime(CLOCK_REALTIME, &now);
	int len = snprintf(line, sizeof(line), "%ld %lld\n", (long)getpid(),
		(long long)now.tv_sec * 1000000000 + now.tv_nsec);
	if (fchmod(fd, S_IRUSR | S_IWUSR) < 0 || ftruncate(fd, 0) < 0)
		return ax_fail_errno(err, "%s: cannot write to its lock", path);
	return ax_pwrite_full(fd, line, (size_t)len, 0, path, err);
}

/* A locked descriptor is closed on failure. */
static int lock(int fd, int operation, const char *path, struct ax_error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return ax_fail(err, AX_ECATALOG, "%s: its lock is not a regular file", path);
	}
	while (flock(fd, operation | LOCK_NB) < 0) {
		if (errno == EINTR)
			continue;
		if (errno == EWOULDBLOCK)
			refuse(fd, path, err);
		else
			ax_fail_errno(err, "%s: cannot lock it", path);
		close(fd);
		return -1;
	}
	return 0;
}

int idx_lock_take(int dirfd, const char *name, const char *path, int *out, struct ax_error *err)
{
	int fd = openat(dirfd, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
		S_IRUSR | S_IWUSR);

	if (fd < 0)
		return ax_fail_errno(err, "%s: cannot open its lock", path);
	if (lock(fd, LOCK_EX, path, err) < 0)
		return -1;
	if (write_holder(fd, path, err) < 0) {
		close(fd);
		return -1;
	}
	*out = fd;
	return 0;
}

int idx_lock_share(int dirfd, const char *name, const char *path, int *out,
	struct ax_error *err)
{
	int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT) {
		*out = -1;
		return 0;
	}
	if (fd < 0)
		return ax_fail_errno(err, "%s: cannot open its lock", path);
	if (lock(fd, LOCK_SH, path, err) < 0)
		return -1;
	*out = fd;
	return 0;
}
