/*
 * archive/read_internal.h - between the thread that lays out the reading and those that read
 */
#ifndef ARTIDX_ARCHIVE_READ_INTERNAL_H
#define ARTIDX_ARCHIVE_READ_INTERNAL_H

#include "archive/digests.h"
#include "archive/planar.h"
#include "archive/read.h"

#include <stdatomic.h>

/* A member whose content takes more than one job. */
struct arc_read_large {
	struct arc_planar *planar;
	struct arc_digests *digests;
	atomic_bool bad; /* a part could not be read */
};

/* Stored bytes begin to end of a member, within the content of a job. */
struct arc_read_part {
	size_t member;
	uint64_t begin, end;
	struct arc_planar *planar;    /* the job's, or large's; NULL: stored as it is */
	struct arc_read_large *large; /* NULL: this is all of it */
	size_t number;                /* of the part, in large */
};

/* Frames first to last, and what is wanted of their content. */
struct arc_read_job {
	size_t first, last;
	struct arc_read_part *parts;
	size_t n_parts, capacity;
	struct arc_read_large *done; /* its last part is here: to be released */
	struct ax_error damage;      /* of the first bad frame; code 0 where there is none */
	size_t first_bad, last_bad;
	struct ax_error failure; /* of the sink, or memory: ends the run */
	struct arc_read_result {
		size_t member;
		struct ax_error damage;     /* code 0: none */
		bool is_last;               /* the member ends here: this is the verdict */
	} * results;                        /* one a part */
	struct arc_read_result *bad_copies; /* those that the sink found fault with */
	size_t n_bad_copies;
	uint64_t bytes;
};
void arc_read_job_free(struct arc_read_job *job);
void arc_read_large_free(struct arc_read_large *large);

/* What all workers share. */
struct arc_read_shared {
	const struct arc_archive *archive;
	const struct arc_sink *sink;
	const bool *wanted; /* of each member, NULL: all */
	size_t *next_copy;  /* of each file its first wanted copy, of that the next; 0: none */
	enum arc_digests_kind digests;
	struct arc_read_scratch **scratches;
};

struct arc_read_scratch;
int arc_read_scratch_new(enum arc_digests_kind digests, struct arc_read_scratch **out,
	struct ax_error *err);
void arc_read_scratch_free(struct arc_read_scratch *scratch);

/* For struct arc_work. context is a struct arc_read_shared. */
void arc_read_work(void *context, unsigned worker, void *job);

#endif
