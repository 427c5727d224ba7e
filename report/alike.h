/*
 * report/alike.h - files that hold the same bytes twice
 *
 * Files of one size are compared by pieces of their content, spread over all of it. What agrees in
 * them is read as a whole, as far as the bytes allowed for that go; beyond, files are called alike
 * and not equal.
 */
#ifndef ARTIDX_REPORT_ALIKE_H
#define ARTIDX_REPORT_ALIKE_H

#include "base/arena.h"

#include <stdint.h>

struct ax_error;
struct idx_snapshot;

enum {
	RPT_CANDIDATES = 20000, /* the largest files, among which equal sizes are looked for */
	RPT_LOOKS = 600,        /* of these are opened */
	RPT_READ_LIMIT = 256 << 20, /* bytes read of files as a whole */
};

struct rpt_alike_group {
	uint64_t bytes; /* of each file */
	bool is_equal;  /* every byte was compared, by a digest */
	size_t n;
	const struct ax_str *paths; /* in byte order */
};

/* Everything is in arena. Zero-initialise. */
struct rpt_alike {
	struct ax_arena arena;
	size_t n;
	struct rpt_alike_group *groups; /* the largest files first */
	uint64_t read;                  /* bytes of files as a whole */
	size_t looked, not_looked;      /* files of a size that another one has, too */
};

/* root: the open project. Files that cannot be read now are passed over. */
int rpt_alike_find(struct idx_snapshot *snapshot, int root, struct rpt_alike *out,
	struct ax_error *err);
void rpt_alike_free(struct rpt_alike *alike);

#endif
