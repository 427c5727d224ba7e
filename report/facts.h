/*
 * report/facts.h - what a report tells, gathered in one pass over a snapshot
 *
 * Sums are exact; lists are cut to what a page can hold, and say how much there is. Sizes are
 * those of files (st_size); a file with several names counts at the first one that the catalogue
 * has.
 */
#ifndef ARTIDX_REPORT_FACTS_H
#define ARTIDX_REPORT_FACTS_H

#include "base/arena.h"
#include "indexer/catalog.h"
#include "report/dirs.h"

struct ax_error;

/* What may be wrong with a file. The first ones are its enum idx_status. */
enum rpt_finding_kind {
	RPT_MISNAMED = IDX_STATUS_COUNT,
	RPT_AMBIGUOUS, /* of one of several runs */
	RPT_FINDING_KINDS,
};

enum {
	RPT_LARGEST = 24,    /* files kept of each class */
	RPT_FINDINGS = 4000, /* files kept of each kind */
	RPT_COLORS = 7,      /* of the palette; what comes later shares RPT_NO_COLOR */
	RPT_NO_COLOR = RPT_COLORS,
};

struct rpt_finding {
	struct ax_str path, why;
	uint64_t bytes;
};

struct rpt_findings {
	struct rpt_sum sum; /* of all of them */
	size_t n;           /* kept, ordered by path */
	struct rpt_finding *items;
};

struct rpt_file {
	struct ax_str path;
	uint64_t bytes;
};

struct rpt_class {
	struct ax_str name;
	struct rpt_sum sum;
	unsigned color; /* by bytes, the largest first */
	size_t n_largest;
	struct rpt_file *largest; /* the largest first */
};

/* All runs of one arm of the experiment. */
struct rpt_arm {
	struct ax_str name; /* "" for runs that have none */
	unsigned color;     /* by runs, the most first */
	struct rpt_sum sum;
	uint64_t runs;
};

struct rpt_run {
	struct idx_run run; /* arrays in the facts' arena, strings as the snapshot has them */
	size_t arm;
};

struct rpt_facts {
	struct idx_snapshot *snapshot; /* borrowed */
	struct ax_arena arena;
	struct idx_totals totals;
	struct rpt_sum sum;
	struct rpt_dirs dirs;
	size_t n_classes;          /* by id */
	struct rpt_class *classes; /* some without files */
	size_t n_shown_classes;
	uint32_t *shown_classes; /* ids of those with files, the largest first */
	size_t n_runs;
	struct rpt_run *runs; /* by id, which begins with the time */
	size_t n_arms;
	struct rpt_arm *arms; /* the one with the most runs first */
	struct rpt_findings findings[RPT_FINDING_KINDS];
};

/* The snapshot must outlive the facts. Zero-initialise; release after failure, too. */
int rpt_facts_gather(struct idx_snapshot *snapshot, struct rpt_facts *out,
	struct ax_error *err);
void rpt_facts_free(struct rpt_facts *facts);

#endif
