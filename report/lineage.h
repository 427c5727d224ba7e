/*
 * report/lineage.h - which runs used which artifacts, as a layered graph
 *
 * Artifacts are what command lines name. Runs of one arm that used the same artifacts are one
 * node. An artifact stands left of the runs that used it and right of the run that wrote it.
 */
#ifndef ARTIDX_REPORT_LINEAGE_H
#define ARTIDX_REPORT_LINEAGE_H

#include "base/arena.h"

struct ax_error;
struct rpt_facts;

enum {
	RPT_ARTIFACTS = 30, /* drawn: those that most runs used */
	RPT_GROUPS = 40,    /* drawn: those with the most runs */
	RPT_RANKS = 6,      /* columns; what would come behind the last one stands in it */
};

/* Nodes of either kind; edges lead from one kind to the other. */
struct rpt_node {
	bool is_group;
	struct ax_str name;       /* path of an artifact; of a group its arm */
	struct ax_str class_name; /* of an artifact; "" where it is not catalogued */
	unsigned color;
	size_t runs;           /* that used it, or are in it */
	const size_t *runs_of; /* of a group: indexes of its runs */
	unsigned rank, row;    /* its column, and its place in it from above */
	double center;         /* used while rows are chosen */
};

struct rpt_edge {
	size_t from, to; /* indexes of nodes */
	size_t runs;
};

struct rpt_lineage {
	size_t n_nodes, n_edges;
	struct rpt_node *nodes; /* by rank, then row */
	struct rpt_edge *edges;
	unsigned n_ranks;
	size_t rows;                        /* of the column that has the most */
	size_t runs;                        /* that use anything */
	size_t more_artifacts, more_groups; /* not drawn */
};

/* Everything is in arena or borrowed from the facts. */
int rpt_lineage_make(const struct rpt_facts *facts, struct ax_arena *arena,
	struct rpt_lineage *out, struct ax_error *err);

#endif
