/*
 * archive/verify.h - read all of an archive and compare it with what it says of itself
 */
#ifndef ARTIDX_ARCHIVE_VERIFY_H
#define ARTIDX_ARCHIVE_VERIFY_H

#include "archive/open.h"
#include "archive/read.h"

struct arc_tree;

struct arc_verify_options {
	unsigned threads;              /* 0: as many as suit the machine */
	bool sha256;                   /* compare SHA-256 too, not only XXH3-128 */
	const struct arc_tree *source; /* compare with these files too; may be NULL */
	struct arc_progress *progress; /* may be NULL */
};

struct arc_verify_report {
	struct ax_arena arena;
	bool has_digests; /* an archive of ours; others can only be read to their end */
	uint64_t members;
	struct arc_sum sum;
	size_t n_bad; /* none: the archive is whole */
	struct arc_remark *bad;
};
void arc_verify_report_free(struct arc_verify_report *report);

/* Damage is no failure: it is in the report. */
int arc_verify(const struct arc_archive *archive, const struct arc_verify_options *options,
	struct arc_verify_report *report, struct ax_error *err);

#endif
