/*
 * Extended attributes as bytes: for each one its name and its value, both as in plan_file.c.
 */
#include "reorg/metadata.h"

#include "base/buf.h"
#include "base/reader.h"

#include <errno.h>
#include <linux/limits.h>
#include <stdlib.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { SET_ID_BITS = S_ISUID | S_ISGID };

const char *reorg_lost_name(unsigned lost)
{
	static const char *const names[] = {
		"nothing",
		"owner",
		"extended attributes",
		"owner and extended attributes",
		"times",
		"owner and times",
		"extended attributes and times",
		"owner, extended attributes and times",
	};

	return names[lost & 7];
}

/* Append one attribute; false when it cannot be read. */
static bool read_xattr(int fd, const char *name, char *value, struct ax_buf *out)
{
	ssize_t size = fgetxattr(fd, name, value, XATTR_SIZE_MAX);

	if (size < 0)
		return false;
	ax_buf_append_sized(out, ax_str_from(name));
	ax_buf_append_sized(out, ax_str(value, (size_t)size));
	return true;
}

unsigned reorg_xattrs_read(int fd, struct ax_buf *out)
{
	char *value = NULL;
	char *names = NULL;
	unsigned lost = 0;
	ssize_t size = flistxattr(fd, NULL, 0);

	if (size <= 0)
		return size < 0 && errno != ENOTSUP ? REORG_LOST_XATTRS : 0;
	names = malloc(XATTR_LIST_MAX);
	value = malloc(XATTR_SIZE_MAX);
	size = names && value ? flistxattr(fd, names, XATTR_LIST_MAX) : -1;
	if (size < 0)
		lost = REORG_LOST_XATTRS;
	for (const char *name = names; size > 0 && name < names + size;
		name += strlen(name) + 1) {
		if (!read_xattr(fd, name, value, out))
			lost = REORG_LOST_XATTRS;
	}
	free(names);
	free(value);
	return lost;
}

unsigned reorg_xattrs_write(int fd, struct ax_str xattrs)
{
	struct ax_reader reader = { .rest = xattrs };
	unsigned lost = 0;
	char name[XATTR_NAME_MAX + 1];

	while (reader.rest.len && !reader.failed) {
		struct ax_str key = ax_reader_sized(&reader);
		struct ax_str value = ax_reader_sized(&reader);
		if (key.len >= sizeof(name))
			return REORG_LOST_XATTRS;
		memcpy(name, key.ptr, key.len);
		name[key.len] = '\0';
		if (fsetxattr(fd, name, value.ptr, value.len, 0) < 0)
			lost = REORG_LOST_XATTRS;
	}
	return lost;
}

int reorg_owner_write(int fd, uid_t uid, gid_t gid, mode_t mode, unsigned *lost)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -1;
	if ((st.st_uid != uid || st.st_gid != gid) && fchown(fd, uid, gid) < 0) {
		*lost |= REORG_LOST_OWNER;
		if (st.st_gid != gid && fchown(fd, (uid_t)-1, gid) < 0)
			mode &= ~(mode_t)SET_ID_BITS;
		mode &= ~(mode_t)S_ISUID;
	}
	return fchmod(fd, mode & ALLPERMS);
}

int reorg_metadata_copy(int from, const struct stat *st, int to, unsigned *lost)
{
	struct ax_buf xattrs = { 0 };

	*lost |= reorg_xattrs_read(from, &xattrs);
	*lost |= reorg_xattrs_write(to, ax_buf_str(&xattrs));
	if (xattrs.failed)
		*lost |= REORG_LOST_XATTRS;
	ax_buf_free(&xattrs);
	return reorg_owner_write(to, st->st_uid, st->st_gid, st->st_mode, lost);
}

struct timespec reorg_timespec(ax_nanoseconds time)
{
	ax_nanoseconds seconds = time / 1000000000;
	ax_nanoseconds rest = time % 1000000000;

	if (rest < 0) {
		seconds--;
		rest += 1000000000;
	}
	return (struct timespec){ .tv_sec = seconds, .tv_nsec = rest };
}
