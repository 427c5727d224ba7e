/*
 * indexer/pages.h - is this file what LMDB expects of its own?
 *
 * LMDB trusts its file: a damaged one makes it assert, divide by zero, follow wild offsets, or
 * write over live pages. What is checked here is what it takes for granted.
 */
#ifndef ARTIDX_INDEXER_PAGES_H
#define ARTIDX_INDEXER_PAGES_H

#include <stdint.h>

struct ax_error;

/*
 * Check the two meta pages of the LMDB file fd, path for messages, and that the file is about as
 * long as they say. Nobody may be writing meanwhile. Fails with AX_ECATALOG, as the others do.
 */
int idx_pages_check_metas(int fd, const char *path, struct ax_error *err);

/*
 * Also every page that the newest state is made of: branches, leaves, where large values begin.
 * And the list of free pages: a writer that took a live page for a free one would destroy it.
 */
int idx_pages_check_all(int fd, const char *path, struct ax_error *err);

/*
 * The same for the state of a transaction that somebody reads from, so that its pages stay as they
 * are whoever writes; without the list of free pages. 1 checked, 0 when newer states have taken
 * the place of its meta page meanwhile, -1.
 */
int idx_pages_check_state(int fd, const char *path, uint64_t transaction, struct ax_error *err);

#endif
