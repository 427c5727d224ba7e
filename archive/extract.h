/*
 * archive/extract.h - build a tree where nobody looks yet, then put it in its place
 *
 * Everything is made in a fresh directory of mode 0700 on the target's file system. Each step
 * finds its place from there, without following symlinks: no member can lead another one
 * outside. At the end what was made is renamed into the target, never over anything.
 */
#ifndef ARTIDX_ARCHIVE_EXTRACT_H
#define ARTIDX_ARCHIVE_EXTRACT_H

#include "archive/member.h"

#include <stdbool.h>

struct ax_error;
struct arc_remark;

struct arc_extract;
struct reorg_copy_watch;

/*
 * Begin in the directory target, which stays the caller's. name, a few letters, tells apart what
 * is extracted at the same time; what a run of the same name left behind is removed, and one that
 * is under way refuses this one. archive is for messages, and must outlive it.
 */
int arc_extract_begin(int target, struct ax_str name, const char *archive,
	struct arc_extract **out, struct ax_error *err);

/* Remove all that was not put in its place. NULL is allowed. -1: something is left, named. */
int arc_extract_end(struct arc_extract *extract, struct ax_error *err);

/* Make a directory, with those above it that are missing; one that is there is fine. */
int arc_extract_dir(struct arc_extract *extract, struct ax_str path, struct ax_error *err);

/*
 * An empty file of a size, and bytes of it; the second one by any thread. AX_EREFUSED when the
 * name is taken.
 */
int arc_extract_file(struct arc_extract *extract, struct ax_str path, uint64_t size,
	struct ax_error *err);
int arc_extract_write(struct arc_extract *extract, struct ax_str path, uint64_t offset,
	struct ax_str bytes, struct ax_error *err);

/* Open a file for reading. Returns the descriptor. */
int arc_extract_open(struct arc_extract *extract, struct ax_str path, struct ax_error *err);

/* Symlinks and other names of files. AX_EREFUSED when the name is taken. */
int arc_extract_symlink(struct arc_extract *extract, struct ax_str path, struct ax_str target,
	struct ax_error *err);
int arc_extract_link(struct arc_extract *extract, struct ax_str path, struct ax_str existing,
	struct ax_error *err);

/* A file with the size bytes of one that is there already. AX_EREFUSED as above. */
int arc_extract_copy(struct arc_extract *extract, struct ax_str path, struct ax_str existing,
	uint64_t size, const struct reorg_copy_watch *watch, struct ax_error *err);
int arc_extract_remove(struct arc_extract *extract, struct ax_str path, struct ax_error *err);

/* Mode without setuid and setgid, times, and for root the owner. Directories: deepest first. */
int arc_extract_set_metadata(struct arc_extract *extract, const struct arc_member *member,
	struct ax_error *err);

/* Sync all, then put it in its place. AX_EREFUSED when a name is taken in the target. */
int arc_extract_publish(struct arc_extract *extract, struct ax_error *err);

/* Whether a symlink at path, with this text, stays within the tree. */
bool arc_symlink_stays_inside(struct ax_str path, struct ax_str target);

#endif
