#include "archive/member.h"

/* The extent that has the byte at of the content: the last that begins there or before. */
static const struct arc_extent *extent_of(const struct arc_member *member, uint64_t at)
{
	size_t low = 0, high = member->n_extents;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		if (member->extents[middle].before <= at)
			low = middle;
		else
			high = middle;
	}
	return &member->extents[low];
}

struct arc_extent arc_member_run(const struct arc_member *member, uint64_t at, uint64_t max)
{
	if (!(member->flags & ARC_SPARSE))
		return (struct arc_extent){ .offset = at, .length = max, .before = at };
	const struct arc_extent *extent = extent_of(member, at);
	uint64_t into = at - extent->before, left = extent->length - into;

	return (struct arc_extent){
		.offset = extent->offset + into,
		.length = left < max ? left : max,
		.before = at,
	};
}

size_t arc_member_extent_behind(const struct arc_member *member, uint64_t offset)
{
	size_t low = 0, high = member->n_extents;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct arc_extent *extent = &member->extents[middle];
		if (extent->offset + extent->length <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
