/*
 * archive/restore.h - bring members of an archive back
 *
 * They are extracted where nobody looks, checked, and only then put in their places: never over
 * anything, never outside of the target.
 */
#ifndef ARTIDX_ARCHIVE_RESTORE_H
#define ARTIDX_ARCHIVE_RESTORE_H

#include "archive/open.h"
#include "archive/read.h"
#include "archive/select.h"

struct arc_restore_options {
	int target; /* an open directory: member paths begin there */
	struct arc_selection selection;
	unsigned threads; /* 0: as many as suit the machine */
	/*
	 * Bytes of content, at most; 0: what is plausible for the size. With an index, which says
	 * before anything is made how much that is, 0 is what there is space for: what artidx
	 * packed may well be all zeros, or the same a thousand times.
	 */
	uint64_t limit;
	struct arc_progress *progress; /* may be NULL */
};

struct arc_restore_report {
	struct ax_arena arena;
	uint64_t members; /* restored now */
	struct arc_sum sum;
	uint64_t present; /* files and links that were there already, the same */
	size_t n_bad;     /* damaged, and not restored */
	struct arc_remark *bad;
	size_t n_notes; /* restored, but not quite as they were */
	struct arc_remark *notes;
	struct ax_error leftover; /* code not 0: all is done, but something temporary is left */
};
void arc_restore_report_free(struct arc_restore_report *report);

/*
 * AX_EREFUSED, and nothing is changed, when something else is where a member belongs, or when the
 * archive holds what it must not. Damaged members are no failure.
 */
int arc_restore(const struct arc_archive *archive, const struct arc_restore_options *options,
	struct arc_restore_report *report, struct ax_error *err);

#endif
