/*
 * reorg/links.h - what leaves a symlink at its old path when asked to (--links)
 *
 * Inputs of runs do: queued jobs still find them. Outputs never do: a job that writes to its old
 * path must not write into the sorted tree.
 */
#ifndef ARTIDX_REORG_LINKS_H
#define ARTIDX_REORG_LINKS_H

#include "base/str.h"

/* Whether things of that class are inputs: bases, pools, pair sets, models, embeddings. */
bool reorg_links_wanted(struct ax_str class_name);

struct ax_buf;

/* Append the relative path that leads from directory dir to target, both root-relative. */
void reorg_links_relative(struct ax_buf *out, struct ax_str dir, struct ax_str target);

#endif
