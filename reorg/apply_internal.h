/*
 * reorg/apply_internal.h - one pass over a plan, for the parts of apply only
 *
 *	apply.c         apply, recover, undo: the passes and their order
 *	apply_check.c   is everything as planned; what an undo will need to know
 *	apply_act.c     one act, forward or backward: directories, links, deletes
 *	apply_edit.c    edits of files
 *	apply_move.c    files, directories and symlinks from one name to another
 *	apply_copy.c    the same across file systems
 *	apply_sync.c    what makes it durable, and what a crash left lying about
 */
#ifndef ARTIDX_REORG_APPLY_INTERNAL_H
#define ARTIDX_REORG_APPLY_INTERNAL_H

#include "base/buf.h"
#include "reorg/apply.h"
#include "reorg/dirs.h"
#include "reorg/journal.h"

enum { REORG_TEMPORARY_SIZE = 64 };

/* A source that goes once its copy is durable. */
struct reorg_pending {
	size_t act;
	struct stat source; /* as it was when it was copied */
};

/* An act that moves a file with several names. */
struct reorg_linked {
	uint64_t dev, ino;
	size_t act;
};

/* One end of a move as it was just looked at. */
struct reorg_end {
	struct ax_str path;
	enum reorg_side side;
	struct reorg_spot spot; /* when has_dir */
	struct stat st;         /* when exists */
	bool has_dir, exists;
	bool is_ours; /* it is the file of the act */
};

struct reorg_run {
	struct reorg_journal *journal;
	const struct reorg_plan *plan;
	const struct reorg_options *options;
	struct reorg_report *report;
	bool is_backward; /* acts are taken back */
	bool is_resumed;  /* an earlier process may have died within this plan */
	struct reorg_dirs dirs;
	uint64_t changes; /* how often something was changed */
	/*
	 * copies[act * 2 + side]: what stands at that name when it is not the planned inode, as
	 * an index into the journal's list and ours behind it, plus 1; 0: nothing. NULL before
	 * the first copy.
	 */
	uint32_t *copy_at;
	size_t n_copies, n_journaled;
	struct reorg_copy *copies;
	struct reorg_linked *linked; /* by identity; NULL until the first is copied */
	size_t n_linked;
	size_t n_pending;
	uint64_t pending_bytes;
	struct reorg_pending *pending;
	size_t n_left;
	size_t *left; /* acts that a backward run, or a lenient act, left as they are */
};

/* The names of an act in the direction of the run. */
enum reorg_side reorg_run_source_side(const struct reorg_run *run);
enum reorg_side reorg_run_destination_side(const struct reorg_run *run);
struct ax_str reorg_run_source(const struct reorg_run *run, const struct reorg_act *act);
struct ax_str reorg_run_destination(const struct reorg_run *run, const struct reorg_act *act);

/* Add to the report; out of memory is ignored, for a report must not stop an act. */
void reorg_note(struct reorg_run *run, struct ax_str path, const char *text);
void reorg_note_lost(struct reorg_run *run, struct ax_str path, unsigned lost);

/*
 * What is there does not fit the act, as err says. 0 when the run goes on without it (backward,
 * or skip_changed), which the report then tells; else -1.
 */
int reorg_run_misfit(struct reorg_run *run, size_t act, struct ax_error *err);

/* Name of a temporary file of an act, known to a run that comes after a crash. */
void reorg_temporary_name(const struct reorg_run *run, size_t act,
	char name[REORG_TEMPORARY_SIZE]);

/* apply_check.c. Allocates in arena. */
int reorg_check_plan(struct reorg_run *run, struct ax_arena *arena, struct reorg_beginning *out,
	struct ax_error *err);

/*
 * apply_act.c: do, or take back, an act that may be done or taken back already. AX_EREFUSED when
 * what is there fits neither.
 */
int reorg_act_run(struct reorg_run *run, size_t index, struct ax_error *err);

/* The target of the symlink path: 1, 0 when there is none, -1. */
int reorg_link_read(struct reorg_run *run, struct ax_str path, struct ax_buf *target,
	struct ax_error *err);

/* apply_edit.c */
int reorg_edit_run(struct reorg_run *run, size_t index, struct ax_error *err);

/* An edited file as it is. */
struct reorg_edited {
	struct stat st; /* from before it was read */
	struct ax_buf content;
	struct ax_digest digest;
};

/* Read it: 1, 0 when there is none, -1. The caller frees the content in any case. */
int reorg_edit_read(struct reorg_run *run, struct ax_str path, struct reorg_edited *out,
	struct ax_error *err);

/* Before anything is begun: may what replaces the file have its owner? Tried with a nameless one. */
int reorg_edit_check_owner(struct reorg_run *run, struct ax_str path, const struct stat *st,
	struct ax_error *err);

/* apply_move.c */
int reorg_move_run(struct reorg_run *run, size_t index, struct ax_error *err);
int reorg_move_dir_run(struct reorg_run *run, size_t index, struct ax_error *err);
int reorg_retarget_run(struct reorg_run *run, size_t index, struct ax_error *err);

/* How many entries lie below a directory. */
int reorg_count_below(struct reorg_run *run, struct ax_str path, uint64_t *out,
	struct ax_error *err);

/* rename that never replaces; fallback by link and unlink. 0, or -1 with errno set. */
int reorg_rename_new(const struct reorg_spot *from, const struct reorg_spot *to, bool is_dir);

/* apply_copy.c */

/* Take the copies out of the journal; release all that copying took. */
int reorg_copy_load(struct reorg_run *run, struct ax_error *err);
void reorg_copy_release(struct reorg_run *run);

/* What stands at a name of an act when it is a copy, or NULL. */
const struct reorg_copy *reorg_copy_at(const struct reorg_run *run, size_t act,
	enum reorg_side side);

/* Copy a file or symlink to a temporary name; a file with other names as reorg_copy_link(). */
int reorg_copy_make(struct reorg_run *run, size_t act, const struct reorg_end *source,
	const struct reorg_spot *temporary, struct ax_error *err);

/*
 * When the run has moved another name of the same file already: link a temporary name to where
 * that is now. 1 done, 0 there is none or it cannot be linked to, -1.
 */
int reorg_copy_link(struct reorg_run *run, size_t act, const struct reorg_end *source,
	const struct reorg_spot *temporary, struct ax_error *err);

/* A copy, which st describes, has its final name: the source is pending now. */
int reorg_copy_add(struct reorg_run *run, size_t act, const struct reorg_end *source,
	const struct stat *st, struct ax_error *err);

/* The source of act goes when the next flush has made its copy durable. */
int reorg_copy_pending(struct reorg_run *run, size_t act, const struct stat *source,
	struct ax_error *err);

/*
 * Remove the name of a file that st describes and that has a durable copy. AX_EREFUSED when it has
 * changed, or a process has it open for writing.
 */
int reorg_unlink_copied(const struct reorg_spot *spot, const struct stat *st,
	struct ax_str path, struct ax_error *err);

/* Make copies durable, then let their sources go. */
int reorg_copy_flush(struct reorg_run *run, struct ax_error *err);

/* Open, or create with mode 0600. -1 with errno set. */
int reorg_open_in(const struct reorg_spot *spot, int flags);

/* Create a file; what has its name is left from an attempt that failed. -1 with errno set. */
int reorg_create_temporary(const struct reorg_spot *spot);

/* Make a symlink under a temporary name, with owner and times of the one it stands for. */
int reorg_symlink_make(const struct reorg_spot *temporary, struct ax_str target,
	const struct stat *like, struct ax_error *err);

/* apply_sync.c */

/* A directory that cannot be synced alone takes its file system along. */
int reorg_sync_dirs(struct reorg_run *run, struct ax_str *dirs, size_t n, struct ax_error *err);

/* Every directory that the plan touches, destinations before sources. */
int reorg_sync_all(struct reorg_run *run, struct ax_error *err);

/* Remove temporary files of this plan. */
int reorg_sweep(struct reorg_run *run, struct ax_error *err);

/* The distinct directories that hold the names of a side, in order; allocated. */
int reorg_parents(const struct reorg_run *run, bool from, bool to, struct ax_str **out,
	size_t *n_out, struct ax_error *err);

#endif
