/*
 * The note, all u64 and little-endian: device, inode, size, mtime and ctime (nanoseconds) of the
 * data file, XXH3-64 of these.
 */
#include "indexer/store_stamp.h"

#include "base/hash.h"
#include "indexer/store_dir.h"

#include <endian.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STAMP_NAME "checked"

enum { STAMP_FIELDS = 5 };

struct stamp {
	uint64_t fields[STAMP_FIELDS];
	uint64_t checksum;
};

static uint64_t nanoseconds(const struct timespec *time)
{
	return (uint64_t)time->tv_sec * 1000000000 + (uint64_t)time->tv_nsec;
}

static bool describe(int dirfd, struct stamp *out)
{
	struct stat st;

	if (fstatat(dirfd, IDX_STORE_DATA, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	out->fields[0] = htole64(st.st_dev);
	out->fields[1] = htole64(st.st_ino);
	out->fields[2] = htole64((uint64_t)st.st_size);
	out->fields[3] = htole64(nanoseconds(&st.st_mtim));
	out->fields[4] = htole64(nanoseconds(&st.st_ctim));
	out->checksum = htole64(ax_hash64(out->fields, sizeof(out->fields)));
	return true;
}

bool idx_store_stamp_holds(int dirfd)
{
	struct stamp expected, found;
	int fd = openat(dirfd, STAMP_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return false;
	ssize_t n = pread(fd, &found, sizeof(found), 0);
	close(fd);
	return n == (ssize_t)sizeof(found) && describe(dirfd, &expected) &&
	       memcmp(&found, &expected, sizeof(found)) == 0;
}

void idx_store_stamp_write(int dirfd)
{
	struct stamp stamp;

	if (!describe(dirfd, &stamp))
		return;
	int fd = openat(dirfd, STAMP_NAME,
		O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, S_IRUSR | S_IWUSR);
	if (fd < 0)
		return;
	ssize_t n = pwrite(fd, &stamp, sizeof(stamp), 0);
	if (n != (ssize_t)sizeof(stamp) || fchmod(fd, S_IRUSR | S_IWUSR) < 0)
		unlinkat(dirfd, STAMP_NAME, 0);
	close(fd);
}
