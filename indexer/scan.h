/*
 * indexer/scan.h - bring the catalogue up to date with the disk
 */
#ifndef ARTIDX_INDEXER_SCAN_H
#define ARTIDX_INDEXER_SCAN_H

#include "base/arena.h"
#include "indexer/config.h"
#include "indexer/record.h"

#include <stdatomic.h>

struct ax_error;
struct idx_catalog;
struct idx_history;
struct idx_rules;

/* What a scan tells while it runs: read by another thread at any time. */
struct idx_progress {
	_Atomic uint64_t directories, files, headers, bytes;
	_Atomic bool stop; /* set it to end the scan early: nothing is changed then */
};

struct idx_scan_options {
	const char *root;    /* absolute path of the project */
	const char *own_dir; /* .artidx and the catalogue are never scanned; NULL */
	const struct idx_config *config;
	const struct idx_rules *rules;
	size_t n_paths; /* root-relative; 0: what the configuration says */
	const struct ax_str *paths;
	bool full;                     /* read unchanged files again */
	unsigned jobs;                 /* threads; 0: as many as fit */
	struct idx_progress *progress; /* may be NULL */
};

/* Something that is wrong with a file or directory. */
struct idx_problem {
	struct ax_str path;
	const char *
		status; /* idx_status_name(), or "unreadable", "special", "vanished", "resurrected", "damaged" */
	struct ax_str why;
};

/* What a scan did. Owned by the caller, all in arena. */
struct idx_scan_report {
	struct ax_arena arena;
	uint64_t files, directories, bytes;
	uint64_t read;                             /* headers and texts read now */
	uint64_t unchanged, added, changed, moved; /* together files, each in one of them */
	uint64_t removed;
	uint64_t symlinks, specials;
	size_t n_problems; /* every file that is not ok, ordered by path; capped, see below */
	struct idx_problem *problems;
	uint64_t more_problems; /* beyond the cap of 10,000 */
	bool everything;        /* no data directory exists: all below the root was scanned */
	bool interrupted;       /* progress->stop was seen; the catalogue is as it was */
};

/*
 * Scan. Moved files (same device, inode, size and mtime under another name) are written to
 * history. The catalogue holds the previous state or the next one, whatever happens.
 */
int idx_scan(struct idx_catalog *catalog, struct idx_history *history,
	const struct idx_scan_options *options, struct idx_scan_report *out,
	struct ax_error *err);
/* Add what a look at something else found; the strings are copied, but for status. */
int idx_scan_report_add(struct idx_scan_report *report, struct ax_str path, const char *status,
	struct ax_str why, struct ax_error *err);
void idx_scan_report_free(struct idx_scan_report *report);

#endif
