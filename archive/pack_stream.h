/*
 * archive/pack_stream.h - the tar that is being laid out, on its way into the file
 *
 * What is added goes into a group, the job at hand; jobs go to the crew, and what it makes of them
 * into the file, in the order they were given. All by one thread, the owner.
 */
#ifndef ARTIDX_ARCHIVE_PACK_STREAM_H
#define ARTIDX_ARCHIVE_PACK_STREAM_H

#include "archive/pack_internal.h"
#include "archive/seek.h"

struct arc_crew;
struct arc_work;
struct arc_writer;

struct arc_pack_stream {
	const char *path; /* for messages */
	struct arc_progress *progress;
	struct arc_writer *writer;
	struct arc_crew *crew;
	struct arc_pack_job *group; /* being filled */
	uint64_t tar;               /* bytes of the tar laid out so far */
	struct arc_frames frames;   /* written so far */
	size_t manifest_frame;      /* its first frame; with the filler behind it ... */
	size_t manifest_end;        /* ... these end before this one */
};

/* Begin on fd, an empty file, with work for the crew, which is copied. Free it whatever comes. */
int arc_pack_stream_open(struct arc_pack_stream *stream, int fd, const struct arc_work *work,
	struct ax_error *err);

/* Jobs that are under way are waited for. */
void arc_pack_stream_free(struct arc_pack_stream *stream);

/* The content of the group, to append to; what is appended is to be added to stream->tar. */
struct ax_buf *arc_pack_stream_content(struct arc_pack_stream *stream, struct ax_error *err);

int arc_pack_stream_bytes(struct arc_pack_stream *stream, const void *bytes, size_t len,
	struct ax_error *err);
int arc_pack_stream_zeros(struct arc_pack_stream *stream, size_t len, struct ax_error *err);

/* Leave a gap for a file of size bytes, behind its header: a worker fills it. */
int arc_pack_stream_small(struct arc_pack_stream *stream, size_t member, size_t size,
	struct ax_error *err);

/* What is in the group, if there is anything, goes to the crew; also when it is full. */
int arc_pack_stream_close_group(struct arc_pack_stream *stream, struct ax_error *err);
int arc_pack_stream_close_full(struct arc_pack_stream *stream, struct ax_error *err);

/*
 * Hand in a job, which is the crew's from here on. After a failure nothing is under way any more:
 * what parts share can be released.
 */
int arc_pack_stream_give(struct arc_pack_stream *stream, struct arc_pack_job *job,
	struct ax_error *err);

/* Wait for all that is under way, and forget it. */
void arc_pack_stream_drain(struct arc_pack_stream *stream);

/* Everything is in the file; from here on it can be written to as any other. */
int arc_pack_stream_finish(struct arc_pack_stream *stream, struct ax_error *err);

#endif
