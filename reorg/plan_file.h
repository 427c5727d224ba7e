/*
 * reorg/plan_file.h - a plan as bytes, and back
 *
 * The bytes are part of a journal, whose checksum covers them; the format stands at the top of
 * plan_file.c.
 */
#ifndef ARTIDX_REORG_PLAN_FILE_H
#define ARTIDX_REORG_PLAN_FILE_H

#include "base/arena.h"
#include "base/units.h"

#include <stdbool.h>

struct ax_buf;
struct ax_error;
struct reorg_identity;
struct reorg_plan;
struct ax_reader;

/* Append the plan. Out of memory shows in the buffer. */
void reorg_plan_encode(const struct reorg_plan *plan, struct ax_buf *buf);

/*
 * Read it back: strings are borrowed from bytes, arrays are in arena. AX_ECORRUPT when bytes are
 * no plan that reorg_plan_check() would pass, AX_EREFUSED when a newer artidx wrote them. name is
 * for messages.
 */
int reorg_plan_decode(struct ax_str bytes, const char *name, struct ax_arena *arena,
	struct reorg_plan *out, struct ax_error *err);

/*
 * When a plan was made, out of how its bytes start (REORG_PLAN_START of them suffice); false when
 * a newer artidx wrote it.
 */
enum { REORG_PLAN_START = 20 };
bool reorg_plan_peek(struct ax_str start, ax_nanoseconds *time);

/* The parts that other records have too. */
void reorg_identity_encode(const struct reorg_identity *identity, struct ax_buf *buf);
struct reorg_identity reorg_identity_decode(struct ax_reader *reader);

#endif
