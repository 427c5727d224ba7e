#include "archive/pack_stream.h"

#include "archive/crew.h"
#include "archive/progress.h"
#include "archive/tar.h"
#include "archive/writer.h"

#include <errno.h>
#include <stdlib.h>

enum { GROUP = 256 * 1024 }; /* content of a group, before it is closed */

int arc_pack_stream_open(struct arc_pack_stream *stream, int fd, const struct arc_work *work,
	struct ax_error *err)
{
	if (arc_writer_new(fd, stream->path, &stream->writer, err) < 0)
		return -1;
	return arc_crew_new(work, &stream->crew, err);
}

void arc_pack_stream_free(struct arc_pack_stream *stream)
{
	arc_pack_stream_drain(stream);
	arc_crew_free(stream->crew);
	arc_pack_job_free(stream->group);
	arc_writer_free(stream->writer);
	arc_frames_free(&stream->frames);
}

/* ---- what comes back from the crew */

static int write_job(struct arc_pack_stream *stream, struct arc_pack_job *job,
	struct ax_error *err)
{
	if (job->error.code) {
		*err = job->error;
		return -1;
	}
	if (job->is_manifest) {
		stream->manifest_frame = stream->frames.n;
		stream->manifest_end = stream->frames.n + job->n_sizes;
	}
	if (arc_writer_append(stream->writer, ax_buf_str(&job->frames), err) < 0)
		return -1;
	for (size_t i = 0; i < job->n_sizes; i++) {
		if (arc_frames_add(&stream->frames, job->sizes[i].size, job->sizes[i].content,
			    err) < 0)
			return -1;
	}
	if (!stream->progress)
		return 0;
	atomic_fetch_add(&stream->progress->done, job->bytes);
	if (atomic_load(&stream->progress->stop))
		return ax_fail(err, ECANCELED, "%s: stopped", stream->path);
	return 0;
}

static int take_one(struct arc_pack_stream *stream, struct ax_error *err)
{
	struct arc_pack_job *job = arc_crew_take(stream->crew);

	if (!job)
		return 0;
	int status = write_job(stream, job, err);
	arc_pack_job_free(job);
	return status < 0 ? -1 : 1;
}

void arc_pack_stream_drain(struct arc_pack_stream *stream)
{
	struct arc_pack_job *job;

	while (stream->crew && (job = arc_crew_take(stream->crew)))
		arc_pack_job_free(job);
}

int arc_pack_stream_give(struct arc_pack_stream *stream, struct arc_pack_job *job,
	struct ax_error *err)
{
	if (arc_crew_is_full(stream->crew) && take_one(stream, err) < 0) {
		arc_pack_stream_drain(stream);
		arc_pack_job_free(job);
		return -1;
	}
	arc_crew_give(stream->crew, job);
	return 0;
}

int arc_pack_stream_finish(struct arc_pack_stream *stream, struct ax_error *err)
{
	int taken;

	if (arc_pack_stream_close_group(stream, err) < 0)
		return -1;
	while ((taken = take_one(stream, err)) > 0)
		;
	return taken < 0 ? -1 : arc_writer_finish(stream->writer, err);
}

/* ---- the group */

struct ax_buf *arc_pack_stream_content(struct arc_pack_stream *stream, struct ax_error *err)
{
	if (!stream->group)
		stream->group = calloc(1, sizeof(*stream->group));
	if (!stream->group) {
		ax_fail(err, ENOMEM, "%s: no memory", stream->path);
		return NULL;
	}
	return &stream->group->content;
}

int arc_pack_stream_close_group(struct arc_pack_stream *stream, struct ax_error *err)
{
	struct arc_pack_job *group = stream->group;

	stream->group = NULL;
	return group ? arc_pack_stream_give(stream, group, err) : 0;
}

int arc_pack_stream_close_full(struct arc_pack_stream *stream, struct ax_error *err)
{
	if (!stream->group || stream->group->content.len < GROUP)
		return 0;
	return arc_pack_stream_close_group(stream, err);
}

int arc_pack_stream_bytes(struct arc_pack_stream *stream, const void *bytes, size_t len,
	struct ax_error *err)
{
	struct ax_buf *content = arc_pack_stream_content(stream, err);

	if (!content)
		return -1;
	ax_buf_append(content, bytes, len);
	stream->tar += len;
	return ax_buf_check(content, stream->path, err);
}

int arc_pack_stream_zeros(struct arc_pack_stream *stream, size_t len, struct ax_error *err)
{
	static const char zeros[2 * ARC_TAR_BLOCK];

	while (len) {
		size_t n = len < sizeof(zeros) ? len : sizeof(zeros);
		if (arc_pack_stream_bytes(stream, zeros, n, err) < 0)
			return -1;
		len -= n;
	}
	return 0;
}

int arc_pack_stream_small(struct arc_pack_stream *stream, size_t member, size_t size,
	struct ax_error *err)
{
	struct arc_pack_job *group = stream->group;

	if (group->n_smalls == group->capacity) {
		size_t capacity = 2 * group->capacity + 16;
		void *grown = reallocarray(group->smalls, capacity, sizeof(*group->smalls));
		if (!grown)
			return ax_fail(err, ENOMEM, "%s: no memory", stream->path);
		group->smalls = grown;
		group->capacity = capacity;
	}
	group->smalls[group->n_smalls++] =
		(struct arc_small){ .member = member, .at = group->content.len };
	return arc_pack_stream_zeros(stream, size, err);
}
