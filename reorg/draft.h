/*
 * reorg/draft.h - what a reorg would do: which files move where, and what stays and why
 *
 * Made from a catalogue and a layout; looks at the disk only to see which destinations are
 * taken. Every file that is at a place to be sorted is either in moves or in stays, never
 * silently left out.
 */
#ifndef ARTIDX_REORG_DRAFT_H
#define ARTIDX_REORG_DRAFT_H

#include "base/arena.h"
#include "base/units.h"

#include <stdint.h>

struct ax_error;
struct idx_config;
struct idx_snapshot;
struct reorg_layout;

/* Why a file stays where it is. */
enum reorg_flag {
	REORG_NO_LOG,        /* a checkpoint of no known run */
	REORG_AMBIGUOUS_LOG, /* of one of several runs */
	REORG_CONFLICT,      /* its destination is taken, or wanted by several */
	REORG_DUPLICATE,     /* its destination holds the same bytes */
	REORG_TRUNCATED,
	REORG_INVALID,
	REORG_LFS_POINTER,
	REORG_WRITING,
	REORG_IN_USE,  /* open in a process */
	REORG_UNKNOWN, /* the layout has no place for it */
	REORG_FLAG_COUNT,
};

/* "no-log", "ambiguous-log", ... */
const char *reorg_flag_name(enum reorg_flag flag);

#define REORG_NO_DIR UINT32_MAX

/* One file that moves. Paths are root-relative. */
struct reorg_file_move {
	struct ax_str from, to;
	struct ax_str class_name, why;
	uint64_t dev, ino, size;
	ax_nanoseconds mtime, ctime;
	bool linked;  /* st_nlink > 1 */
	uint32_t dir; /* index of the directory that it moves with, or REORG_NO_DIR */
};

/* One directory that moves whole. */
struct reorg_dir_move {
	struct ax_str from, to;
	struct ax_str class_name; /* "pool", or "dead" */
	uint64_t files, bytes;
	uint64_t others; /* those of the files that are not regular: symlinks, FIFOs */
	bool is_copied;  /* to another file system: file by file, and not by one rename */
};

struct reorg_stay {
	struct ax_str path;
	enum reorg_flag flag;
	struct ax_str why;
	uint64_t size;
};

/* A symlink to something in the project. Paths are as before any move. */
struct reorg_symlink {
	struct ax_str path, text; /* text: what it says now */
	struct ax_str target;     /* what that means; a symlink may be there again */
};

/* A symlink whose target moves, or that moves itself with its directory. */
struct reorg_retarget {
	struct ax_str path; /* before any move */
	struct ax_str old_target, new_target;
};

/* Everything is in arena. All lists are ordered by path (from). */
struct reorg_draft {
	struct ax_arena arena;
	struct ax_str root_path;
	size_t n_moves, n_dirs, n_stays, n_symlinks, n_retargets;
	struct reorg_file_move *moves;
	struct reorg_dir_move *dirs;
	struct reorg_stay *stays;
	struct reorg_symlink
		*symlinks; /* all of them: what holds a move back changes retargets */
	struct reorg_retarget *retargets;
};

/* root: an open directory, the root of the project; root_path its absolute path. */
int reorg_draft_make(struct idx_snapshot *snapshot, const struct idx_config *config,
	const struct reorg_layout *layout, int root, struct ax_str root_path,
	struct reorg_draft *out, struct ax_error *err);
void reorg_draft_free(struct reorg_draft *draft);

/* Whether the file moves by an act of its own, and not with its directory. */
bool reorg_draft_moves_alone(const struct reorg_draft *draft,
	const struct reorg_file_move *move);

/*
 * Where a root-relative path is after the moves: 1 and *out in arena (the path itself or
 * something above it moves), or 0.
 */
int reorg_draft_destination(const struct reorg_draft *draft, struct ax_str path,
	struct ax_arena *arena, struct ax_str *out, struct ax_error *err);

/* What is not to move for now. Borrowed. */
struct reorg_hold {
	struct ax_str path;
	enum reorg_flag flag;
	struct ax_str why;
};

/*
 * Take the moves of each path, of everything below it and of the directory that it would move with
 * out of the draft: they stay, with flag and why.
 */
int reorg_draft_hold(struct reorg_draft *draft, const struct reorg_hold *holds, size_t n,
	struct ax_error *err);

#endif
