/*
 * reorg/act.h - a plan: acts on the file system, each of which can be recognised as done
 *
 * Plain values. The planner fills them, the journal stores them, apply, recover and undo carry
 * them out in one direction or the other. All paths are root-relative and normal
 * (ax_path_is_normal()); no act follows a symlink, not even on the way.
 */
#ifndef ARTIDX_REORG_ACT_H
#define ARTIDX_REORG_ACT_H

#include "base/hash.h"
#include "base/units.h"

struct ax_error;

/* Stored in journals: never renumber. */
enum reorg_act_kind {
	REORG_MAKE_DIR = 1, /* to */
	REORG_MOVE,         /* from, to, identity: a file or symlink */
	REORG_MOVE_DIR, /* from, to, identity, count: one rename, never across file systems */
	REORG_RETARGET, /* from, to (often the same), old_target, target, identity: a symlink */
	REORG_LINK,     /* to, target: a new symlink */
	REORG_UNLINK,   /* from, old_target, identity: a symlink goes */
	REORG_EDIT,     /* from, identity, old_digest, new_digest, spans */
	REORG_REMOVE_DIR, /* from: goes if it is empty when its turn comes, else stays */
	REORG_DELETE,     /* from, identity: a file goes for good; see below */
	REORG_ACT_KINDS,
};

/* "move", "edit", ...: for messages. */
const char *reorg_act_kind_name(enum reorg_act_kind kind);

/* What tells whether a file is still the one that was planned. */
struct reorg_identity {
	uint64_t dev, ino,
		size; /* dev tells hard links, and is not compared: it can change at a boot */
	ax_nanoseconds mtime, ctime; /* ctime is compared only before anything has changed */
	bool linked;                 /* st_nlink > 1 */
};

/* One place in an edited file. Spans are in order of offset and do not overlap. */
struct reorg_span {
	uint64_t offset; /* in the old content */
	struct ax_str old, new;
};

#define REORG_ANY_COUNT UINT32_MAX

struct reorg_act {
	enum reorg_act_kind kind;
	bool skip_changed; /* where the file is not what was planned it stays, and is reported */
	struct ax_str from, to;
	struct ax_str old_target, target; /* of symlinks */
	struct reorg_identity identity;
	uint32_t
		count; /* entries below a directory, at any depth; REORG_ANY_COUNT: not checked */
	struct ax_digest old_digest, new_digest; /* of an edited file's whole content */
	size_t n_spans;
	const struct reorg_span *spans;
};

/*
 * Acts are done in order and taken back in reverse order. No name may occur twice, and nothing
 * may lie at or below either name of a MOVE_DIR, except:
 *   - LINK to where a MOVE or MOVE_DIR came from, after it;
 *   - REMOVE_DIR of what MAKE_DIR made, DELETE of where a MOVE went, after it;
 *   - RETARGET in place and EDIT below where a MOVE_DIR goes, after it (by the new path).
 * The first DELETE is the point of no return: what precedes it is made durable first, and from
 * then on the plan is only ever finished, never undone. Only DELETE, REMOVE_DIR may follow it.
 */
struct reorg_plan {
	struct ax_str title; /* for lists of plans: "reorg --links" */
	ax_nanoseconds time; /* when it was made */
	size_t n_acts;
	const struct reorg_act *acts;
};

/* Files that are only there while an act is done begin with this: remains of a crash. */
#define REORG_TEMPORARY_PREFIX ".artidx-tmp-"

struct stat;
struct reorg_identity reorg_identity_of(const struct stat *st);

/* Same inode, size and mtime. */
bool reorg_identity_same(const struct reorg_identity *identity, const struct stat *st);

/* The content after an edit, in *out. AX_ECORRUPT when spans do not fit content. */
struct ax_buf;
int reorg_edit_content(const struct reorg_act *act, struct ax_str content, struct ax_buf *out,
	struct ax_error *err);

#endif
