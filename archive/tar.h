/*
 * archive/tar.h - tar headers written and whole tars read, by libarchive
 *
 * Written is pax: long and non-UTF-8 names, nanoseconds, sparse files; numeric owners only, so
 * that the same tree gives the same bytes anywhere.
 */
#ifndef ARTIDX_ARCHIVE_TAR_H
#define ARTIDX_ARCHIVE_TAR_H

#include "archive/member.h"

#include <sys/types.h>

struct ax_buf;
struct ax_error;

enum { ARC_TAR_BLOCK = 512 };

/* Bytes of zeros that follow content of a length. */
static inline size_t arc_tar_padding(uint64_t stored)
{
	return (size_t)(-stored & (ARC_TAR_BLOCK - 1));
}

/* Makes headers, for one thread. */
struct arc_tar_writer;
int arc_tar_writer_new(struct arc_tar_writer **out, struct ax_error *err);
void arc_tar_writer_free(struct arc_tar_writer *writer); /* NULL is allowed */

/*
 * Append what precedes the content of a member in a tar: its headers, and the map of a sparse
 * file. Names are as in the tar: name and target may end with ".planar" where the member's own
 * do not.
 */
int arc_tar_append_header(struct arc_tar_writer *writer, struct ax_buf *buf,
	const struct arc_member *member, struct ax_str name, struct ax_str target,
	struct ax_error *err);

/* Where the bytes of a tar come from: the next ones, 0 at the end, -1 after filling err. */
struct arc_tar_source {
	void *context;
	ssize_t (*read)(void *context, const void **bytes, struct ax_error *err);
	const char *path; /* for messages */
};

/* A tar that is read from its start to its end. source must outlive it. */
struct arc_tar_reader;
int arc_tar_open(const struct arc_tar_source *source, struct arc_tar_reader **out,
	struct ax_error *err);
void arc_tar_close(struct arc_tar_reader *reader);

/*
 * The next member: its name and metadata; positions and digests are not set. 1, 0 at the end, -1
 * when the tar is damaged. Borrowed until the next call.
 */
int arc_tar_next(struct arc_tar_reader *reader, struct arc_member *out, struct ax_error *err);

/* The next bytes of the member's content and their offset in the file; 1, 0 at its end, -1. */
int arc_tar_read(struct arc_tar_reader *reader, struct ax_str *bytes, uint64_t *offset,
	struct ax_error *err);

#endif
