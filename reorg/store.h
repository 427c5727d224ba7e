/*
 * reorg/store.h - the directory of plans and journals (.artidx/journal)
 *
 * It holds two kinds of files, both in the format of journal.c:
 *	ID.plan       a plan that was made and not applied; nothing refers to it
 *	ID.journal    a plan that was begun: interrupted, applied or undone
 * ID is 12 hexadecimal digits, made from what the plan does: the same plan made again replaces a
 * proposal. An open store is locked: no other
 * artidx can apply, recover or undo until it is closed or its process is gone. One that is only looked
 * at is not locked against other looks.
 */
#ifndef ARTIDX_REORG_STORE_H
#define ARTIDX_REORG_STORE_H

#include "base/arena.h"
#include "base/units.h"

struct ax_error;

enum { REORG_ID_SIZE = 13 }; /* with its NUL */

struct reorg_store;

/*
 * Open and lock the directory path below dirfd, made with its parent when missing (mode 0700).
 * AX_EREFUSED when another artidx holds the lock.
 */
int reorg_store_open(int dirfd, const char *path, struct reorg_store **out,
	struct ax_error *err);
/*
 * Open it only to be listed and read, also while another artidx is at work: a record or a plan that
 * this one has not written to its end is left out. Nothing is made; what is missing is empty.
 */
int reorg_store_look(int dirfd, const char *path, struct reorg_store **out,
	struct ax_error *err);
/* Whether another artidx was at work when the store was opened. */
bool reorg_store_is_busy(const struct reorg_store *store);

void reorg_store_close(struct reorg_store *store);

/* Its directory, borrowed. */
int reorg_store_fd(const struct reorg_store *store);

/* Stored in no file. */
enum reorg_state {
	REORG_PLANNED,   /* nothing has happened yet */
	REORG_RUNNING,   /* begun, and not finished: recover, or undo */
	REORG_APPLIED,   /* every act is done */
	REORG_UNDOING,   /* undo begun, and not finished: recover, or undo */
	REORG_UNDONE,    /* every act is taken back, but for what was refused */
	REORG_ABANDONED, /* failed before the first act; nothing has changed */
	REORG_DAMAGED,   /* the file cannot be read as a journal */
	REORG_NEWER,     /* it was written by a newer artidx: what it says is unknown */
};

/* "planned", "interrupted", "applied", ... */
const char *reorg_state_name(enum reorg_state state);

/* One plan of a store. */
struct reorg_summary {
	char id[REORG_ID_SIZE];
	enum reorg_state state;
	bool settled; /* what belongs to the last change elsewhere (catalogue, history) is done */
	uint64_t order;      /* 0 for proposals and where the journal does not say: journal.c */
	ax_nanoseconds time; /* when it was made, begun, or last begun to be undone */
};

/* All plans in arena: those that were begun, as they were begun, then proposals, oldest first. Reads only the frames' heads. */
int reorg_store_list(struct reorg_store *store, struct ax_arena *arena,
	struct reorg_summary **out, size_t *n_out, struct ax_error *err);

/* The plan whose id begins with id. AX_EUSAGE when there is none, or more than one. */
int reorg_store_find(struct reorg_store *store, const char *id, struct reorg_summary *out,
	struct ax_error *err);

/* The greatest order of a journal, 0 without any. */
int reorg_store_last(struct reorg_store *store, uint64_t *out, struct ax_error *err);

/*
 * 0 when no journal but except (an id or NULL) is unfinished; else AX_EREFUSED and a message that
 * names it. A damaged one and one of a newer artidx count: nobody knows what they have begun.
 */
int reorg_store_check_finished(struct reorg_store *store, const char *except,
	struct ax_error *err);

/* Remove plans that were never applied, but for the newest keep ones. */
int reorg_store_prune(struct reorg_store *store, size_t keep, struct ax_error *err);

#endif
