#include "indexer/sample.h"

#include "base/error.h"
#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int idx_sample_open(int root, struct ax_str path, uint64_t bytes)
{
	int fd = ax_open_beneath(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
		(uint64_t)st.st_size == bytes)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

bool idx_sample_add(struct ax_hasher *hasher, int fd, uint64_t at, size_t size)
{
	char bytes[IDX_SAMPLE_BYTES];
	struct ax_error ignored;

	if (ax_pread_full(fd, bytes, size, (off_t)at, "", &ignored) < 0)
		return false;
	ax_hasher_update(hasher, bytes, size);
	return true;
}

bool idx_sample_take(int root, struct ax_str path, uint64_t bytes, struct ax_hasher *hasher,
	struct ax_digest *out)
{
	uint64_t size = bytes < IDX_SAMPLE_BYTES ? bytes : IDX_SAMPLE_BYTES;
	uint64_t last = bytes - size;
	int fd = idx_sample_open(root, path, bytes);
	bool good = fd >= 0;

	ax_hasher_reset(hasher);
	for (uint64_t i = 0; good && i < IDX_SAMPLE_PIECES - 1; i++) {
		good = idx_sample_add(hasher, fd, last / (IDX_SAMPLE_PIECES - 1) * i,
			(size_t)size);
	}
	good = good && idx_sample_add(hasher, fd, last, (size_t)size);
	if (fd >= 0)
		close(fd);
	*out = ax_hasher_digest(hasher);
	return good;
}
