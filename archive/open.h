/*
 * archive/open.h - an archive that is open for reading
 */
#ifndef ARTIDX_ARCHIVE_OPEN_H
#define ARTIDX_ARCHIVE_OPEN_H

#include "archive/index.h"
#include "archive/seek.h"
#include "base/arena.h"
#include "base/error.h"

struct arc_decoder;

/* Owned by the caller, unchanged until arc_close(). May be read by several threads. */
struct arc_archive {
	int fd;
	const char *path; /* for messages; in arena */
	uint64_t size;
	bool has_index; /* one of ours, its index whole; else: */
	struct ax_error
		reason; /* why not. Such an archive is read from start to end: salvage.h */
	struct arc_frames frames;
	struct arc_index index;
	struct ax_arena arena;
};

/* Open path, a regular file, below dirfd as for openat(). A damaged archive is no failure. */
int arc_open(int dirfd, const char *path, struct arc_archive *out, struct ax_error *err);
void arc_close(struct arc_archive *archive);

/* Memory that frames are read into, for one thread. Starts as zeros. */
struct arc_pages {
	unsigned char *bytes;
	size_t capacity;
};
void arc_pages_free(struct arc_pages *pages);

/*
 * Read frames first to last as they are in the file. *out lies in pages. Whole pages are read, so
 * that archive->fd may be one that goes past the page cache.
 */
int arc_fetch_frames(const struct arc_archive *archive, size_t first, size_t last,
	struct arc_pages *pages, struct ax_str *out, struct ax_error *err);

/*
 * Decode bytes of the tar from at on into out, through frames that have to be within
 * ARC_READ_LIMIT. AX_ECORRUPT when a frame is damaged.
 */
enum { ARC_READ_LIMIT = 8 * 1024 * 1024 };
int arc_read_tar(const struct arc_archive *archive, struct arc_decoder *decoder, uint64_t at,
	void *out, size_t size, struct ax_error *err);

/* What a message about the archive says behind the archive's path. */
struct ax_str arc_message_text(const struct arc_archive *archive, const struct ax_error *err);

#endif
