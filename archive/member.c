#include "archive/member.h"

struct arc_extent arc_member_run(const struct arc_member *member, uint64_t at, uint64_t max)
{
	uint64_t before = 0;

	if (!(member->flags & ARC_SPARSE))
		return (struct arc_extent){ .offset = at, .length = max };
	for (size_t i = 0; i < member->n_extents; i++) {
		struct arc_extent extent = member->extents[i];
		uint64_t into = at - before;
		if (into < extent.length) {
			uint64_t left = extent.length - into;
			return (struct arc_extent){
				.offset = extent.offset + into,
				.length = left < max ? left : max,
			};
		}
		before += extent.length;
	}
	return (struct arc_extent){ .offset = member->size, .length = max };
}
