/*
 * archive/writer.h - a file that is written once, from its start to its end
 *
 * Past the page cache where the file system allows: that saves a copy of every byte, leaves in the
 * cache what others have there, and the disk is done when the last byte is.
 */
#ifndef ARTIDX_ARCHIVE_WRITER_H
#define ARTIDX_ARCHIVE_WRITER_H

#include "base/str.h"

struct arc_writer;
struct ax_error;

/* Write to fd, an empty file, which stays the caller's. path is for messages. */
int arc_writer_new(int fd, const char *path, struct arc_writer **out, struct ax_error *err);
void arc_writer_free(struct arc_writer *writer);

int arc_writer_append(struct arc_writer *writer, struct ax_str bytes, struct ax_error *err);

/* Everything is in the file, though not synced; from here on it can be written to as any other. */
int arc_writer_finish(struct arc_writer *writer, struct ax_error *err);

#endif
