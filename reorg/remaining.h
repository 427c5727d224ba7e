/*
 * reorg/remaining.h - what of a plan is still to be done, or to be taken back
 *
 * For whoever asks jobs and open files about a plan that was begun. Told from the journal and from
 * what is on the disk: an act whose file is no longer at the name it leaves is done.
 */
#ifndef ARTIDX_REORG_REMAINING_H
#define ARTIDX_REORG_REMAINING_H

#include "reorg/names.h"

struct ax_arena;
struct ax_error;
struct reorg_journal;
struct reorg_plan;

/*
 * The acts that a run in that direction has left to do, as a plan in arena that borrows from
 * the journal. root is what paths are relative to.
 */
int reorg_remaining(const struct reorg_journal *journal, int root, enum reorg_side leaves,
	struct ax_arena *arena, struct reorg_plan *out, struct ax_error *err);

#endif
