/*
 * report/dirs.h - files and bytes by directory, as a tree
 */
#ifndef ARTIDX_REPORT_DIRS_H
#define ARTIDX_REPORT_DIRS_H

#include "query/table.h"

#include <stdint.h>

struct ax_error;

struct rpt_sum {
	uint64_t files, bytes;
};
void rpt_sum_add(struct rpt_sum *sum, struct rpt_sum more);

/* What a directory holds of one class, directly. */
struct rpt_part {
	uint32_t class_id;
	struct rpt_sum sum;
	struct rpt_part *next;
};

struct rpt_dir {
	struct ax_str path;                /* root-relative; "" is the root */
	struct rpt_sum own;                /* directly in it */
	struct rpt_sum all;                /* with all below: after rpt_dirs_add_up() */
	struct rpt_sum own_moving, moving; /* of these: what a reorg takes away or brings */
	struct rpt_part *parts;
	struct rpt_dir *parent, *children,
		*next; /* children: the last added first, or ordered */
	size_t n_children;
};

/* A tree that is all zero bytes is empty and ready for use. */
struct rpt_dirs {
	struct qry_table table; /* path -> struct rpt_dir, in the table's arena */
	struct rpt_dir *root;   /* NULL as long as it is empty */
	struct rpt_dir *last;   /* asked for last: files come directory by directory */
};
void rpt_dirs_free(struct rpt_dirs *dirs);

/* The directory at path, with those above it made where they are missing; NULL: no memory. */
struct rpt_dir *rpt_dirs_put(struct rpt_dirs *dirs, struct ax_str path);
struct rpt_dir *rpt_dirs_get(const struct rpt_dirs *dirs, struct ax_str path);

/* The directory itself, or what stands at the end of a chain of directories that hold nothing else. */
const struct rpt_dir *rpt_dir_skip_single(const struct rpt_dir *dir);

/* Add a file of a class to a directory. False when memory ran out. */
bool rpt_dirs_add(struct rpt_dirs *dirs, struct rpt_dir *dir, uint32_t class_id,
	struct rpt_sum sum);

/* Fill all and moving, and order children: by bytes, the largest first, or by name. */
enum rpt_order {
	RPT_BY_BYTES,
	RPT_BY_NAME,
};
int rpt_dirs_add_up(struct rpt_dirs *dirs, enum rpt_order order, struct ax_error *err);

#endif
