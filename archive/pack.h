/*
 * archive/pack.h - write a directory into an archive
 *
 * An archive is a pax tar in independent zstd frames, in this order:
 *
 *	README, MANIFEST, decoders      about.h; behind MANIFEST a filler, a skippable frame
 *	the directory's members         by path; large ones in frames of their own
 *	index                           index.h, a skippable frame
 *	seek table                      seek.h, a skippable frame
 *
 * A frame has at most ARC_FRAME_LIMIT bytes of content and never a part of one large member
 * together with anything else. Small members and tar headers share frames. Large are files from
 * 256 KiB up, and files stored as planes. A file of 4 KiB and more with the same bytes as an
 * earlier one is a copy: a hard link in the tar. The same tree gives the same bytes.
 */
#ifndef ARTIDX_ARCHIVE_PACK_H
#define ARTIDX_ARCHIVE_PACK_H

#include "archive/member.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arc_progress;
struct arc_tree;
struct ax_error;

/* What the catalogue says of a file. */
struct arc_label {
	struct ax_str path; /* as a member: from the packed directory's name on */
	struct ax_str class;
};

struct arc_pack_options {
	unsigned threads; /* 0: as many as suit the machine */
	bool plain;       /* no planes */
	const struct arc_label *labels;
	size_t n_labels;               /* ordered by path */
	struct arc_progress *progress; /* may be NULL */
};

struct arc_pack_report {
	uint64_t members;
	struct arc_sum sum;    /* of the files */
	uint64_t stored_bytes; /* of the archive */
	uint64_t planar;       /* files stored as planes */
	uint64_t copies;       /* files whose content is stored once, as another one's */
};

/*
 * Write the archive of tree to fd, an empty regular file; nothing is synced. path is for
 * messages. AX_EREFUSED when a file is not what it was when the tree was listed.
 */
int arc_pack(const struct arc_tree *tree, int fd, const char *path,
	const struct arc_pack_options *options, struct arc_pack_report *report,
	struct ax_error *err);

#endif
