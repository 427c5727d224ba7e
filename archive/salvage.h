/*
 * archive/salvage.h - read an archive from its start to its end, without an index
 *
 * For archives of others, and for ours when the index is damaged or cut off. Ours are known by
 * their MANIFEST: planes are undone and each file is compared with its digest, so that what is
 * whole comes back and what is not is named. Copies are known by it too, and come back as files of
 * their own when what they are copies of is whole. Of others nothing is taken that is not whole.
 *
 * Nothing is trusted: names are relative and without "..", no name comes twice, there is nothing
 * but files, directories and links inside of the archive, and content is bounded.
 */
#ifndef ARTIDX_ARCHIVE_SALVAGE_H
#define ARTIDX_ARCHIVE_SALVAGE_H

#include "archive/read.h"
#include "archive/select.h"

struct arc_extract;

struct arc_salvage_options {
	struct arc_selection selection;
	struct arc_extract *extract;   /* where it goes; NULL: only checked */
	uint64_t limit;                /* bytes of content; 0: what is plausible for the size */
	struct arc_progress *progress; /* may be NULL */
};

/* What was found. Owned by the caller; what it points to is in arena. */
struct arc_salvaged {
	struct ax_arena arena;
	bool is_ours;
	size_t n; /* members that are whole, and were extracted where that was asked for */
	struct arc_member *members;
	struct arc_sum sum; /* of them */
	size_t n_bad;
	struct arc_remark *bad;
	size_t n_notes;
	struct arc_remark *notes;
};
void arc_salvaged_free(struct arc_salvaged *salvaged);

/*
 * AX_EREFUSED for what a hostile archive has, AX_ECORRUPT when nothing of a damaged one can be
 * trusted. Metadata is set, all but publishing is done.
 */
int arc_salvage(const struct arc_archive *archive, const struct arc_salvage_options *options,
	struct arc_salvaged *out, struct ax_error *err);

#endif
