/*
 * report/once.h - files with several names, each counted once
 */
#ifndef ARTIDX_REPORT_ONCE_H
#define ARTIDX_REPORT_ONCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Seen files by device and inode. One that is all zero bytes is empty and ready for use. */
struct rpt_once {
	struct rpt_inode *slots;
	size_t n_slots, n_used;
};

void rpt_once_free(struct rpt_once *once);

/* Add a file; *is_new tells whether it was seen for the first time. -1 when memory ran out. */
int rpt_once_add(struct rpt_once *once, uint64_t dev, uint64_t ino, bool *is_new);

#endif
