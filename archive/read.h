/*
 * archive/read.h - read members of an indexed archive, in parallel, and check each
 *
 * Every frame that is needed is decoded once, planes are undone, and the digest of each original
 * is compared. What is damaged is told by member; the others are not affected. What is stored for a
 * copy is what is stored for the file it is a copy of: it is read when either is wanted.
 */
#ifndef ARTIDX_ARCHIVE_READ_H
#define ARTIDX_ARCHIVE_READ_H

#include "archive/open.h"

struct arc_progress;

/* What becomes of the bytes. Both are called by any thread; members are numbers in the index. */
struct arc_sink {
	void *context;
	/* Bytes of the original at offset, in no particular order; holes are left out. */
	int (*put)(void *context, size_t member, uint64_t offset, struct ax_str bytes,
		struct ax_error *err);
};

/* What a file member turned out to be. */
enum arc_verdict { ARC_UNREAD, ARC_GOOD, ARC_BAD };

/* Something that is wrong with a path. */
struct arc_remark {
	struct ax_str path;
	struct ax_str text;
};

/* What was found. Owned by the caller; what it points to is in arena. */
struct arc_findings {
	struct ax_arena arena;
	enum arc_verdict *verdicts; /* of each member */
	size_t n_bad;
	struct arc_remark *bad; /* in the order of the tar */
};
void arc_findings_free(struct arc_findings *findings);

struct arc_read_options {
	unsigned threads;              /* 0: as many as suit the machine */
	const bool *wanted;            /* of each member, NULL: all */
	bool all_frames;               /* also frames without content of a wanted member */
	bool sha256;                   /* compare SHA-256 too, not only XXH3-128 */
	const struct arc_sink *sink;   /* may be NULL */
	struct arc_progress *progress; /* may be NULL */
};

/*
 * Read and check. Damage is no failure; what a sink's put() fails with is one, of that member:
 * ENOSPC and the like end the run.
 */
int arc_read(const struct arc_archive *archive, const struct arc_read_options *options,
	struct arc_findings *out, struct ax_error *err);

#endif
