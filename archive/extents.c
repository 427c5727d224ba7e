#include "archive/extents.h"

#include "base/error.h"
#include "base/file.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	EXTENTS_MAX = 64 * 1024, /* a file in more pieces is stored whole */
	BLOCK = 64 * 1024,
};

struct extents {
	struct arc_extent *items;
	size_t n, capacity;
	uint64_t stored;
};

static int add(struct extents *extents, off_t begin, off_t end)
{
	if (extents->n == extents->capacity) {
		size_t capacity = 2 * extents->capacity + 16;
		void *grown = reallocarray(extents->items, capacity, sizeof(*extents->items));
		if (!grown)
			return -1;
		extents->items = grown;
		extents->capacity = capacity;
	}
	extents->items[extents->n++] = (struct arc_extent){
		.offset = (uint64_t)begin,
		.length = (uint64_t)(end - begin),
		.before = extents->stored,
	};
	extents->stored += (uint64_t)(end - begin);
	return 0;
}

static int keep(const struct extents *extents, struct arc_member *member,
	struct ax_arena *arena)
{
	size_t size = extents->n * sizeof(*extents->items);
	struct arc_extent *kept = ax_arena_alloc(arena, size + 1);

	if (!kept)
		return -1;
	if (size)
		memcpy(kept, extents->items, size);
	member->flags |= ARC_SPARSE;
	member->extents = kept;
	member->n_extents = extents->n;
	member->stored = extents->stored;
	return 0;
}

int arc_find_extents(int fd, struct arc_member *member, struct ax_arena *arena,
	struct ax_error *err)
{
	struct extents extents = { .n = 0 };
	off_t size = (off_t)member->size;
	int status = 0;

	for (off_t begin = 0, end = 0;
		status == 0 && (begin = lseek(fd, end, SEEK_DATA)) >= 0;) {
		end = lseek(fd, begin, SEEK_HOLE);
		if (end < 0 || begin >= size || extents.n == EXTENTS_MAX)
			break;
		end = end < size ? end : size;
		status = add(&extents, begin, end);
	}
	if (status == 0 && extents.stored < member->size && extents.n < EXTENTS_MAX)
		status = keep(&extents, member, arena);
	free(extents.items);
	return status < 0 ? ax_fail(err, ENOMEM, "%.*s: no memory", AX_STR_ARG(member->path))
			  : 0;
}

bool arc_is_zeros(const char *bytes, size_t size)
{
	return !size || (!bytes[0] && memcmp(bytes, bytes + 1, size - 1) == 0);
}

/* From from to to; what is a hole on the disk too is not read. */
static int is_zero_range(int fd, const struct arc_member *member, uint64_t from, uint64_t to,
	struct ax_error *err)
{
	char block[BLOCK];

	while (from < to) {
		off_t data = lseek(fd, (off_t)from, SEEK_DATA);
		if (data < 0 && errno == ENXIO)
			return 1;
		from = data < 0 ? from : (uint64_t)data;
		if (from >= to)
			return 1;
		size_t n = to - from < sizeof(block) ? (size_t)(to - from) : sizeof(block);
		if (ax_pread_full(fd, block, n, (off_t)from, member->path.ptr, err) < 0)
			return -1;
		if (!arc_is_zeros(block, n))
			return 0;
		from += n;
	}
	return 1;
}

int arc_holes_are_zeros(int fd, const struct arc_member *member, struct ax_error *err)
{
	uint64_t end = 0;

	for (size_t i = 0; i < member->n_extents; i++) {
		const struct arc_extent *extent = &member->extents[i];
		int zero = is_zero_range(fd, member, end, extent->offset, err);
		if (zero <= 0)
			return zero;
		end = extent->offset + extent->length;
	}
	return is_zero_range(fd, member, end, member->size, err);
}
