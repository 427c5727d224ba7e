/*
 * indexer/pages.h - is this file what LMDB expects of its own?
 *
 * LMDB trusts its file: a damaged one makes it assert, divide by zero, follow wild offsets, or
 * write over live pages. What is checked here is what it takes for granted.
 */
#ifndef ARTIDX_INDEXER_PAGES_H
#define ARTIDX_INDEXER_PAGES_H

#include <stdbool.h>

struct ax_error;

/*
 * Check the LMDB file fd, path for messages. Always: both meta pages, and that the file is as
 * long as they say. With trees, also every branch and leaf page, the chains behind large values,
 * and the list of free pages: a writer that took a live page for a free one would destroy it.
 * Nobody may be writing meanwhile. Fails with AX_ECATALOG.
 */
int idx_pages_check(int fd, const char *path, bool trees, struct ax_error *err);

#endif
