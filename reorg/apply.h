/*
 * reorg/apply.h - carry out a plan, finish an interrupted one, take one back
 *
 * All three can be repeated, and can be killed at any moment and started again. Nothing is ever
 * overwritten: a name that is taken, or a file that is not what was planned, stops an apply and
 * is left out and named by an undo.
 *
 * Failures of apply and recover: AX_EREFUSED and other codes mean that nothing has changed,
 * AX_EPARTLY that the journal is kept and recover or undo go on from there.
 */
#ifndef ARTIDX_REORG_APPLY_H
#define ARTIDX_REORG_APPLY_H

#include "base/arena.h"

#include <stdatomic.h>
#include <stdint.h>

struct ax_error;
struct reorg_journal;

/* What a run tells while it works: read by another thread at any time. */
struct reorg_progress {
	_Atomic uint64_t acts, bytes; /* acts looked at or done; bytes copied */
	_Atomic uint64_t total;       /* acts */
	_Atomic bool stop;            /* set it to stop behind the current act: AX_EPARTLY */
};

/* Something that is to be told of a path. */
struct reorg_remark {
	struct ax_str path;
	struct ax_str text;
};

/* What was done. Owned by the caller. Strings are in arena. */
struct reorg_report {
	struct ax_arena arena;
	uint64_t moved;  /* files and symlinks, by rename or by copy */
	uint64_t copied; /* of these, across file systems */
	uint64_t dirs;   /* directories that moved whole */
	uint64_t edited, links, deleted;
	size_t n_refused; /* what is not as the plan says, and was left alone */
	struct reorg_remark *refused;
	size_t n_notes; /* what else there is to say: a directory that stayed, an owner lost */
	struct reorg_remark *notes;
};
void reorg_report_free(struct reorg_report *report);

/* Which root, how. */
struct reorg_options {
	int root; /* an open directory, the one all paths are relative to */
	struct reorg_progress *progress; /* may be NULL */
};

/*
 * Check that every file is still what was planned, then do every act. The journal must be a plan
 * that was not begun, and no other one of its store may be unfinished.
 */
int reorg_apply(struct reorg_journal *journal, const struct reorg_options *options,
	struct reorg_report *report, struct ax_error *err);

/*
 * Finish what was interrupted, in the direction in which it was going. Does nothing to a journal
 * that is not unfinished.
 */
int reorg_recover(struct reorg_journal *journal, const struct reorg_options *options,
	struct reorg_report *report, struct ax_error *err);

/*
 * Take back all acts that were done: after an apply, after an interrupted one, or once more for
 * what an earlier undo had to leave. AX_EPARTLY when something had to be left; report->refused
 * names it, and all else is undone. AX_EREFUSED when files were deleted for good.
 */
int reorg_undo(struct reorg_journal *journal, const struct reorg_options *options,
	struct reorg_report *report, struct ax_error *err);

#endif
