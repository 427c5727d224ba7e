/*
 * archive/seek.h - where the frames of an archive lie
 *
 * The seekable format of zstd (contrib/seekable_format): independent frames, and behind them a
 * skippable frame with the sizes of each. Where it is missing or damaged, the frames themselves
 * tell their sizes.
 */
#ifndef ARTIDX_ARCHIVE_SEEK_H
#define ARTIDX_ARCHIVE_SEEK_H

#include <stddef.h>
#include <stdint.h>

struct ax_buf;
struct ax_error;

/* Frame i lies from at[i] to at[i + 1] in the file, its content from tar[i] to tar[i + 1]. */
struct arc_frames {
	size_t n, capacity;
	uint64_t *at, *tar; /* n + 1 of each, once there is a frame */
};
void arc_frames_free(struct arc_frames *frames);

/* Add a frame of size bytes with so many bytes of content (0: skippable). */
int arc_frames_add(struct arc_frames *frames, uint64_t size, uint64_t content,
	struct ax_error *err);

/* The frame whose content holds the byte at, which is below the end of all. */
size_t arc_frames_find(const struct arc_frames *frames, uint64_t at);

/* Append the seek table of all frames. */
int arc_frames_append_table(const struct arc_frames *frames, struct ax_buf *buf,
	struct ax_error *err);

/*
 * Read the seek table at the end of fd, a file of size bytes, into an empty *out. AX_ECORRUPT
 * when there is none or it does not fit the file.
 */
int arc_frames_read(int fd, uint64_t size, const char *path, struct arc_frames *out,
	struct ax_error *err);

#endif
