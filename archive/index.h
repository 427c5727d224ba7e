/*
 * archive/index.h - what an archive of ours holds and where, without reading all of it
 *
 * The format stands at the top of index.c. An index that was parsed is whole and consistent: its
 * paths are safe and unique, parents are directories, members lie in their order in the tar and
 * do not overlap, and links and copies lead to earlier files.
 */
#ifndef ARTIDX_ARCHIVE_INDEX_H
#define ARTIDX_ARCHIVE_INDEX_H

#include "archive/member.h"
#include "base/arena.h"

struct ax_buf;
struct ax_error;

/* Members that are about the archive come first, then the directory, then what is below it. */
struct arc_index {
	size_t n_about;
	size_t n; /* n_about among them */
	struct arc_member *members;
};

/* Append the skippable frame that holds the index. */
int arc_index_append(struct ax_buf *buf, const struct arc_index *index, struct ax_error *err);

/*
 * Parse such a frame. Everything is in arena. tar_size is the length of the decompressed archive,
 * which all positions keep to. AX_ECORRUPT when anything is not as it should be.
 */
int arc_index_parse(struct ax_str frame, uint64_t tar_size, struct ax_arena *arena,
	struct arc_index *out, struct ax_error *err);

/* The member at path, or NULL. */
const struct arc_member *arc_index_find(const struct arc_index *index, struct ax_str path);

/* The file that a hard link is another name of; any other member itself. */
const struct arc_member *arc_index_file(const struct arc_index *index,
	const struct arc_member *member);

/* The file that has the content of a file: of a copy it is another one. */
const struct arc_member *arc_index_stored(const struct arc_index *index,
	const struct arc_member *file);

/* The size of a file, of the file that a hard link is another name of, of a symlink's text. */
uint64_t arc_index_size(const struct arc_index *index, const struct arc_member *member);

/* Of all but what is about the archive. */
struct arc_sum arc_index_sum(const struct arc_index *index);

#endif
