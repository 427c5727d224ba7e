/*
 * indexer/argv.h - what the command line in a log says
 *
 * Read as a shell would, with quotes and backslashes, or as Python prints a list:
 *
 *	src/train.py fast --v-hack-path=out/v_hack_full.safetensors --seed 41
 *	['src/train.py', 'fast', '--v-hack-path=out/v_hack_full.safetensors']
 */
#ifndef ARTIDX_INDEXER_ARGV_H
#define ARTIDX_INDEXER_ARGV_H

#include "base/str.h"

struct ax_arena;
struct ax_error;

/*
 * The paths of bases, pools and pair sets that argv names, each once and in its order: as seen
 * from root, an absolute path or "", relative to it where they lie below it. All in arena.
 */
int idx_argv_uses(struct ax_str argv, struct ax_str root, struct ax_arena *arena,
	const struct ax_str **out, size_t *n_out, struct ax_error *err);

#endif
