/*
 * indexer/examine.h - one look at one file: what it is, and why
 *
 * Identification by content, then the header or the text, then the rules. A bad file is a
 * finding, not a failure.
 */
#ifndef ARTIDX_INDEXER_EXAMINE_H
#define ARTIDX_INDEXER_EXAMINE_H

#include "indexer/record.h"

#include <sys/stat.h>

struct ax_error;
struct idx_rules;
struct sft_header;
struct sft_layout;
struct idx_known_layouts;
struct sft_layout_cache;

/* What an examiner needs to know; borrowed, must outlive it. */
struct idx_examine_options {
	const struct idx_rules *rules;
	struct sft_layout_cache *layouts; /* may be NULL */
	struct idx_known_layouts *known;  /* what classifiers know of them; may be NULL */
	ax_nanoseconds now;               /* for the quiet period */
	ax_nanoseconds quiet;
};

/* Scratch memory for one thread. */
struct idx_examiner;
int idx_examiner_new(const struct idx_examine_options *options, struct idx_examiner **out,
	struct ax_error *err);
void idx_examiner_free(struct idx_examiner *examiner);

/*
 * What is to be examined. path is root-relative and for the rules; dirfd and name open it. name
 * NULL: dirfd is open on its content, and stat says what the file itself was.
 */
struct idx_subject {
	struct ax_str path;
	int dirfd;
	const char *name;
	const struct stat *stat;
	bool is_cold; /* most likely not in memory: the disk is asked for its start at once */
};

/* All of it is borrowed from the examiner until its next use, but for layout: see below. */
struct idx_finding {
	enum idx_status status;
	bool misnamed;
	struct ax_str class_name;
	struct ax_str why;
	bool provisional; /* it may read differently later, although it does not change */
	bool has_detail;
	struct idx_detail detail;
	const struct sft_layout *layout; /* NULL without tensors; ref it to keep it */
	/* What a problem line says of it, "" when nothing is wrong. */
	struct ax_str problem;
	const char *variant; /* sft_verdict_name() of a refused header, else NULL */
};

/*
 * Examine a file. Regular files are opened O_NOFOLLOW|O_NONBLOCK and looked at again with
 * fstat(); anything else is not opened. Fails only when memory runs out: a file that vanished or
 * cannot be read is a finding of status IDX_UNREADABLE.
 */
int idx_examine(struct idx_examiner *examiner, const struct idx_subject *subject,
	struct idx_finding *out, struct ax_error *err);

/* Whether runs are derived from it: from logs, checkpoints, whatever says how it was made. */
bool idx_finding_is_related(const struct idx_finding *found);

/* The header that the last idx_examine() read, or NULL: for showing all its tensors. */
const struct sft_header *idx_examiner_header(const struct idx_examiner *examiner);

#endif
