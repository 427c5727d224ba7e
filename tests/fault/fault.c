#include "tests/fault/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum { NAMES_MAX = 1000 };

/* State of the whole process, as what it stands for is. */
static struct fault set;
static unsigned calls;
static const char *names[NAMES_MAX];
static bool struck;

void fault_set(struct fault fault)
{
	set = fault;
	calls = 0;
	struck = false;
}

unsigned fault_calls(void)
{
	return calls;
}

const char *fault_name(unsigned call)
{
	return call && call <= calls && call <= NAMES_MAX ? names[call - 1] : "";
}

bool fault_struck(void)
{
	return struck;
}

/* Count a call. True when it is to fail, with errno set. */
static bool is_hit(const char *name, bool is_write)
{
	if (calls < NAMES_MAX)
		names[calls] = name;
	calls++;
	if (set.mode == FAULT_NONE || calls < set.at ||
		(calls > set.at && set.mode != FAULT_STICKY))
		return false;
	if (!is_write && (set.mode == FAULT_TORN || set.mode == FAULT_SHORT))
		return false;
	struck = true;
	if (set.mode == FAULT_KILL)
		raise(SIGKILL);
	if (set.mode == FAULT_MEDDLE)
		set.meddle(set.argument);
	errno = set.error;
	return set.mode == FAULT_ERROR || set.mode == FAULT_STICKY;
}

/* How much of a write is done. */
static size_t share(size_t size)
{
	bool is_cut = struck && calls == set.at && size > 1 &&
		      (set.mode == FAULT_TORN || set.mode == FAULT_SHORT);

	return is_cut ? size / 2 : size;
}

static ssize_t after_write(ssize_t n)
{
	if (struck && calls == set.at && set.mode == FAULT_TORN)
		raise(SIGKILL);
	return n;
}

/* NAME(PARAMETERS) that fails when it is hit, and is the real one otherwise. */
#define WRAP(name, parameters, arguments)       \
	int __real_##name parameters;           \
	int __wrap_##name parameters;           \
	int __wrap_##name parameters            \
	{                                       \
		if (is_hit(#name, false))       \
			return -1;              \
		return __real_##name arguments; \
	}

WRAP(fsync, (int fd), (fd))
WRAP(syncfs, (int fd), (fd))
WRAP(ftruncate, (int fd, off_t size), (fd, size))
WRAP(fchmod, (int fd, mode_t mode), (fd, mode))
WRAP(mkdirat, (int dir, const char *name, mode_t mode), (dir, name, mode))
WRAP(unlinkat, (int dir, const char *name, int flags), (dir, name, flags))
WRAP(symlinkat, (const char *target, int dir, const char *name), (target, dir, name))
WRAP(linkat, (int from, const char *old, int to, const char *new, int flags),
	(from, old, to, new, flags))
WRAP(renameat, (int from, const char *old, int to, const char *new), (from, old, to, new))
WRAP(renameat2, (int from, const char *old, int to, const char *new, unsigned flags),
	(from, old, to, new, flags))

ssize_t __real_write(int fd, const void *bytes, size_t size);
ssize_t __wrap_write(int fd, const void *bytes, size_t size);
ssize_t __wrap_write(int fd, const void *bytes, size_t size)
{
	if (is_hit("write", true))
		return -1;
	return after_write(__real_write(fd, bytes, share(size)));
}

ssize_t __real_pwrite(int fd, const void *bytes, size_t size, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t size, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
	if (is_hit("pwrite", true))
		return -1;
	return after_write(__real_pwrite(fd, bytes, share(size), offset));
}

ssize_t __real_copy_file_range(int from, off_t *in, int to, off_t *out, size_t size,
	unsigned flags);
ssize_t __wrap_copy_file_range(int from, off_t *in, int to, off_t *out, size_t size,
	unsigned flags);
ssize_t __wrap_copy_file_range(int from, off_t *in, int to, off_t *out, size_t size,
	unsigned flags)
{
	if (is_hit("copy_file_range", true))
		return -1;
	return after_write(__real_copy_file_range(from, in, to, out, share(size), flags));
}

int __real_openat(int dir, const char *name, int flags, ...);
int __wrap_openat(int dir, const char *name, int flags, ...);
int __wrap_openat(int dir, const char *name, int flags, ...)
{
	mode_t mode = 0;

	if (flags & O_CREAT) {
		va_list list;
		va_start(list, flags);
		mode = va_arg(list, mode_t);
		va_end(list);
		if (is_hit("openat", false))
			return -1;
	}
	return __real_openat(dir, name, flags, mode);
}
