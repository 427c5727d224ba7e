/*
 * indexer/pairs.h - a directory's files on the disk, beside those that the catalogue has of it
 */
#ifndef ARTIDX_INDEXER_PAIRS_H
#define ARTIDX_INDEXER_PAIRS_H

#include "base/str.h"

struct ax_error;
struct idx_entry;
struct idx_listed;
struct idx_listing;
struct idx_snapshot;

/* One name; one of both at least is there. */
struct idx_pair {
	const struct idx_listed *listed; /* NULL: the disk does not have it */
	const struct idx_entry *entry;   /* NULL: the catalogue does not have it */
};

/* Walks through all names in byte order. dir is root-relative; it and the listing must outlive it. */
struct idx_pairs;
int idx_pairs_open(struct idx_snapshot *snapshot, struct ax_str dir,
	const struct idx_listing *listing, struct idx_pairs **out, struct ax_error *err);

/* 1 with *out valid until the next call, 0 at the end, -1. */
int idx_pairs_next(struct idx_pairs *pairs, struct idx_pair *out, struct ax_error *err);
void idx_pairs_close(struct idx_pairs *pairs);

#endif
