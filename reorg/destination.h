/*
 * reorg/destination.h - whether the place where something is to go is free
 */
#ifndef ARTIDX_REORG_DESTINATION_H
#define ARTIDX_REORG_DESTINATION_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct ax_error;

enum reorg_place {
	REORG_PLACE_FREE,
	REORG_PLACE_SAME,    /* holds the same bytes, or is another name of the same file */
	REORG_PLACE_TAKEN,   /* holds something else */
	REORG_PLACE_BLOCKED, /* something on the way is no directory, or is a symlink */
};

/*
 * Look at `to` below the open directory root for what is now at `from`, both root-relative. No
 * symlink is followed. The bytes are compared only where both are regular files of one size.
 */
int reorg_place_look(int root, struct ax_str from, struct ax_str to, enum reorg_place *out,
	struct ax_error *err);

/*
 * Whether the directory `from` cannot be renamed to `to`, because that is to be on another file
 * system or mount. What cannot be looked at is not apart: the move itself will say.
 */
bool reorg_place_is_apart(int root, struct ax_str from, struct ax_str to);

#endif
