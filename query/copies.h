/*
 * query/copies.h - which tensor files hold the same, as far as a query may look
 *
 * Files of one size and one header are opened, and their samples compared (indexer/sample.h):
 * checkpoints of a series share the header and are no copies. What is archived, cannot be read or
 * has another size by now is nobody's copy; all names of one inode are one file.
 */
#ifndef ARTIDX_QUERY_COPIES_H
#define ARTIDX_QUERY_COPIES_H

#include "query/table.h"

#include <stdint.h>

struct ax_error;
struct idx_snapshot;

/* Zero-initialise. */
struct qry_copies {
	bool is_read;
	struct qry_table sizes;    /* header and size -> uint64_t, how many files */
	struct qry_table inodes;   /* device and inode -> uint64_t, that of its content */
	struct qry_table contents; /* header, size and sample -> uint64_t, how many inodes */
	struct qry_table paths;    /* path -> uint64_t, that of its content */
};

void qry_copies_free(struct qry_copies *copies);

/* Look at everything, once. root: the project's absolute path. */
int qry_copies_read(struct qry_copies *copies, struct idx_snapshot *snapshot,
	struct ax_str root, struct ax_error *err);

/* How many files, this one too, hold what the file of that path holds. */
uint64_t qry_copies_count(const struct qry_copies *copies, struct ax_str path);

#endif
