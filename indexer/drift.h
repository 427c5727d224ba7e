/*
 * indexer/drift.h - how the disk differs from what the catalogue says
 */
#ifndef ARTIDX_INDEXER_DRIFT_H
#define ARTIDX_INDEXER_DRIFT_H

#include "base/arena.h"

struct ax_error;
struct idx_config;
struct idx_history;
struct idx_snapshot;

enum idx_drift_kind {
	IDX_DRIFT_MOVED,       /* the same file under another name */
	IDX_DRIFT_MISSING,     /* catalogued, and gone */
	IDX_DRIFT_CHANGED,     /* catalogued, and written since */
	IDX_DRIFT_NEW,         /* not catalogued yet */
	IDX_DRIFT_RESURRECTED, /* something is again where a file was moved away from */
	IDX_DRIFT_LEFTOVER,    /* a temporary file of an artidx that was killed */
	IDX_DRIFT_UNREADABLE, /* may not be looked at: nothing is known of it or what is in it */
	IDX_DRIFT_KIND_COUNT,
};

/* "moved", ... */
const char *idx_drift_name(enum idx_drift_kind kind);

struct idx_drift {
	enum idx_drift_kind kind;
	struct ax_str path;  /* root-relative: as catalogued, or on the disk where it is not */
	struct ax_str other; /* where it is now: of what moved or was resurrected, else "" */
};

struct idx_drift_options {
	const char *root;    /* absolute */
	const char *own_dir; /* the catalogue's directory, never looked into; NULL */
	const struct idx_config *config;
};

/* Ordered by kind, then path. Owned by the caller, all in arena. */
struct idx_drift_report {
	struct ax_arena arena;
	size_t count;
	const struct idx_drift *items;
};

/* Compare. */
int idx_drift_find(struct idx_snapshot *snapshot, struct idx_history *history,
	const struct idx_drift_options *options, struct idx_drift_report *out,
	struct ax_error *err);
void idx_drift_report_free(struct idx_drift_report *report);

#endif
