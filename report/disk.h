/*
 * report/disk.h - what the disk holds, counted as du(1) does and sorted by what the catalogue knows
 *
 * Bytes are allocated blocks, or sizes; directories count themselves; a file with several names
 * counts at the first one met; symlinks are not followed. What du would count and the catalogue
 * has no file for (directories, files that no scan saw) is unaccounted for, so that all sums
 * together are what du prints.
 */
#ifndef ARTIDX_REPORT_DISK_H
#define ARTIDX_REPORT_DISK_H

#include "report/dirs.h"

struct ax_error;
struct idx_snapshot;

enum rpt_by {
	RPT_DIRS,
	RPT_CLASSES,
	RPT_RUNS,
};

struct rpt_disk_options {
	int root;                   /* the open project */
	const struct ax_str *paths; /* root-relative directories, none below another */
	size_t n_paths;
	enum rpt_by by;
	bool apparent; /* sizes instead of allocated blocks */
};

/* A class or a run. */
struct rpt_bucket {
	struct ax_str name; /* "" for files of no run */
	struct rpt_sum sum;
};

enum { RPT_UNREADABLE_SHOWN = 8 };

/* Zero-initialise. */
struct rpt_disk {
	struct rpt_dirs dirs;     /* of catalogued files; children ordered by bytes */
	struct qry_table buckets; /* name -> struct rpt_bucket: of RPT_CLASSES and RPT_RUNS */
	struct rpt_sum total;     /* as du counts; files are all that are no directories */
	struct rpt_sum strange;   /* files that are not catalogued */
	struct rpt_sum folders;   /* directories themselves */
	size_t n_unreadable;      /* directories whose content is missing from the sums */
	struct ax_str unreadable[RPT_UNREADABLE_SHOWN];
};

int rpt_disk_measure(struct idx_snapshot *snapshot, const struct rpt_disk_options *options,
	struct rpt_disk *out, struct ax_error *err);
void rpt_disk_free(struct rpt_disk *disk);

#endif
