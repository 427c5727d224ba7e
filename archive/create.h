/*
 * archive/create.h - make the archive of a directory, and be certain of it
 *
 * Packed under a temporary name beside its place, synced, read back from the disk, decoded, its
 * planes undone, and compared with the originals byte for byte; only then it gets its name.
 */
#ifndef ARTIDX_ARCHIVE_CREATE_H
#define ARTIDX_ARCHIVE_CREATE_H

#include "archive/pack.h"

struct arc_create_options {
	struct arc_pack_options pack;
	struct arc_progress *verifying; /* may be NULL */
};

/*
 * Archive tree, the directory dir below root, as path, a root-relative path beside it. An archive
 * that is there already is taken, and *report tells its size, if it holds exactly what the
 * directory does (what a crash may leave). AX_EREFUSED: something else is there, or the directory
 * changed meanwhile. ENOSPC before anything is written when there is not enough space. Whatever
 * fails, path is as it was.
 */
int arc_create(int root, const struct arc_tree *tree, struct ax_str path,
	const struct arc_create_options *options, struct arc_pack_report *report,
	struct ax_error *err);

/*
 * Remove what a run that was killed had packed of the archive path. The caller holds the lock of
 * the project. 1 it is removed, 0 there is nothing, -1.
 */
int arc_create_clear(int root, struct ax_str path, struct ax_error *err);

#endif
