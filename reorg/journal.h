/*
 * reorg/journal.h - what a plan was, and how far it has come
 *
 * One append-only file a plan, outside the catalogue: nothing but this file and the disk is
 * needed to finish or to take back what was begun. The format stands at the top of journal.c.
 *
 * Most acts leave no record of their own, because the disk tells whether they are done: a moved
 * file has its inode under one name or the other. Recorded is what the disk cannot tell.
 */
#ifndef ARTIDX_REORG_JOURNAL_H
#define ARTIDX_REORG_JOURNAL_H

#include "base/arena.h"
#include "reorg/act.h"
#include "reorg/names.h"
#include "reorg/store.h"

struct ax_buf;
struct ax_error;

/* A directory as it was before the plan, to be restored by an undo. */
struct reorg_old_dir {
	struct ax_str path; /* "" is the root */
	uint64_t ino;
	uint32_t mode, uid, gid;
	ax_nanoseconds mtime;
	struct ax_str xattrs; /* of a directory that is to be removed: metadata.h; else "" */
};

/* The content of a file before it was edited. */
struct reorg_old_content {
	size_t act;
	struct ax_str content;
};

/* What was found right before the first act. */
struct reorg_beginning {
	ax_nanoseconds time;
	/*
	 * Acts that are not the plan's own, in ascending order: MAKE_DIR of what existed, and
	 * those with skip_changed that did not fit. They are not taken back.
	 */
	size_t n_skipped;
	const size_t *skipped;
	size_t n_dirs;
	const struct reorg_old_dir *dirs;
	size_t n_contents;
	const struct reorg_old_content *contents;
};

/* A file that was copied to another file system and is a new inode there. */
struct reorg_copy {
	size_t act;
	enum reorg_side side; /* which name of the act it stands at */
	struct reorg_identity identity;
	uint64_t source_ino; /* what it is a copy of */
};

/* An open journal. Owns the plan and all it lends out. The store must outlive it. */
struct reorg_journal;

/*
 * Write a plan to the store, not yet durably: it is a proposal, and replaces one that does the
 * same. plan is copied. AX_EREFUSED when the plan breaks the rules of act.h.
 */
int reorg_journal_create(struct reorg_store *store, const struct reorg_plan *plan,
	struct reorg_journal **out, struct ax_error *err);

/*
 * Open a plan by its id or by a beginning of it that fits only one. AX_EUSAGE when there is none,
 * AX_ECORRUPT when it is damaged, AX_EREFUSED when a newer artidx wrote it; a torn last record is
 * what a crash leaves, and is left out. Nothing is written.
 */
int reorg_journal_open(struct reorg_store *store, const char *id, struct reorg_journal **out,
	struct ax_error *err);
void reorg_journal_close(struct reorg_journal *journal);

const char *reorg_journal_id(const struct reorg_journal *journal);
struct reorg_store *reorg_journal_store(const struct reorg_journal *journal);
const struct reorg_plan *reorg_journal_plan(const struct reorg_journal *journal);
const struct reorg_names *reorg_journal_names(const struct reorg_journal *journal);
enum reorg_state reorg_journal_state(const struct reorg_journal *journal);
bool reorg_journal_settled(const struct reorg_journal *journal);

/* Whether files may have been deleted for good. */
bool reorg_journal_past_return(const struct reorg_journal *journal);

/* NULL before the journal has begun. */
const struct reorg_beginning *reorg_journal_beginning(const struct reorg_journal *journal);

size_t reorg_journal_copies(const struct reorg_journal *journal, const struct reorg_copy **out);

/* The acts that the last undo refused to take back, in ascending order. */
size_t reorg_journal_left(const struct reorg_journal *journal, const size_t **out);

/*
 * Whether the act was taken back by an undo that is not settled: not when it was left, and not when
 * an earlier undo that was settled had taken it back.
 */
bool reorg_journal_took_back(const struct reorg_journal *journal, size_t act);

/*
 * Whoever applied or undid a plan calls this when what belongs to the change elsewhere (the
 * catalogue, the history of moves) is durable, so that it is not done again.
 */
int reorg_journal_settle(struct reorg_journal *journal, struct ax_error *err);

/*
 * A record for the owner of the plan, kept for it and otherwise without a meaning. Notes come
 * back in the order they were written; the tag is the owner's. Not before the journal has begun.
 */
struct reorg_note {
	uint32_t tag;
	struct ax_str bytes;
};
int reorg_journal_note(struct reorg_journal *journal, const struct reorg_note *note,
	struct ax_error *err);
size_t reorg_journal_notes(const struct reorg_journal *journal, const struct reorg_note **out);

/*
 * The rest is for apply.c. Open the file for records, and cut off what a crash left behind the
 * last one. Before anything changes, so that nothing does whose record could not be written.
 */
int reorg_journal_make_ready(struct reorg_journal *journal, struct ax_error *err);

/*
 * Each of these is durable when it returns 0. After a failure the file
 * ends where it ended before, as far as this process can tell, and takes no more records from it.
 */
int reorg_journal_begin(struct reorg_journal *journal, const struct reorg_beginning *beginning,
	struct ax_error *err);
int reorg_journal_add_copies(struct reorg_journal *journal, const struct reorg_copy *copies,
	size_t n, struct ax_error *err);
int reorg_journal_pass_return(struct reorg_journal *journal, struct ax_error *err);
int reorg_journal_finish(struct reorg_journal *journal, enum reorg_state state,
	const size_t *left, size_t n_left, struct ax_error *err);
int reorg_journal_begin_undo(struct reorg_journal *journal, struct ax_error *err);

#endif
