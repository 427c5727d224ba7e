#include "archive/open.h"

#include "archive/frame.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_index(struct arc_archive *archive, struct ax_error *err)
{
	if (arc_frames_read(archive->fd, archive->size, archive->path, &archive->frames, err) <
		0)
		return -1;
	const struct arc_frames *frames = &archive->frames;
	if (!frames->n)
		return ax_fail(err, AX_ECORRUPT, "%s: no frames", archive->path);
	/* The frame of the index has no content, whatever the table says. */
	if (frames->tar[frames->n] != frames->tar[frames->n - 1])
		return ax_fail(err, AX_ECORRUPT, "%s: its table of frames is damaged",
			archive->path);
	uint64_t at = frames->at[frames->n - 1];
	size_t size = (size_t)(frames->at[frames->n] - at);
	char *frame = malloc(size + 1);
	if (!frame)
		return ax_fail(err, ENOMEM, "%s: no memory for its index", archive->path);
	int status = ax_pread_full(archive->fd, frame, size, (off_t)at, archive->path, err);
	if (status == 0)
		status = arc_index_parse(ax_str(frame, size), frames->tar[frames->n],
			&archive->arena, &archive->index, err);
	free(frame);
	return status;
}

int arc_open(int dirfd, const char *path, struct arc_archive *out, struct ax_error *err)
{
	struct arc_archive archive = { .fd = -1 };
	struct stat st;

	archive.path = ax_arena_copy(&archive.arena, ax_str_from(path));
	if (!archive.path)
		return ax_fail(err, ENOMEM, "%s: no memory", path);
	archive.fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (archive.fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
		ax_fail(err, AX_EUSAGE, "%s: %s", path, strerror(errno));
		goto out;
	}
	if (archive.fd < 0 || fstat(archive.fd, &st) < 0) {
		ax_fail_errno(err, "%s", path);
		goto out;
	}
	if (!S_ISREG(st.st_mode)) {
		ax_fail(err, AX_EUSAGE, "%s: not a file", path);
		goto out;
	}
	archive.size = (uint64_t)st.st_size;
	archive.has_index = read_index(&archive, &archive.reason) == 0;
	if (!archive.has_index && archive.reason.code != AX_ECORRUPT) {
		*err = archive.reason;
		goto out;
	}
	*out = archive;
	return 0;
out:
	arc_close(&archive);
	return -1;
}

void arc_close(struct arc_archive *archive)
{
	if (archive->fd >= 0)
		close(archive->fd);
	archive->fd = -1;
	arc_frames_free(&archive->frames);
	ax_arena_free(&archive->arena);
}

void arc_pages_free(struct arc_pages *pages)
{
	free(pages->bytes);
	*pages = (struct arc_pages){ .capacity = 0 };
}

static int reserve(struct arc_pages *pages, size_t size)
{
	if (size <= pages->capacity)
		return 0;
	free(pages->bytes);
	pages->bytes = aligned_alloc(AX_DIRECT_ALIGNMENT, size);
	pages->capacity = pages->bytes ? size : 0;
	return pages->bytes ? 0 : -1;
}

/* Whole pages from start on, of which `needed` bytes have to be there. */
static int read_pages(const struct arc_archive *archive, unsigned char *out, size_t size,
	uint64_t start, size_t needed, struct ax_error *err)
{
	size_t done = 0;

	while (done < needed) {
		ssize_t n = pread(archive->fd, out + done, size - done, (off_t)(start + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EINVAL && (fcntl(archive->fd, F_GETFL) & O_DIRECT)) {
			ax_file_set_direct(archive->fd, false);
			continue;
		}
		if (n < 0)
			return ax_fail_errno(err, "%s: cannot read", archive->path);
		if (n == 0)
			return ax_fail(err, AX_ECORRUPT, "%s: ends too early", archive->path);
		done += (size_t)n;
	}
	return 0;
}

int arc_fetch_frames(const struct arc_archive *archive, size_t first, size_t last,
	struct arc_pages *pages, struct ax_str *out, struct ax_error *err)
{
	const size_t page = AX_DIRECT_ALIGNMENT;
	uint64_t begin = archive->frames.at[first], end = archive->frames.at[last + 1];
	size_t before = (size_t)(begin % page);
	size_t needed = before + (size_t)(end - begin);
	size_t size = (needed + page - 1) / page * page;

	if (reserve(pages, size) < 0)
		return ax_fail(err, ENOMEM, "%s: no memory for frames", archive->path);
	if (read_pages(archive, pages->bytes, size, begin - before, needed, err) < 0)
		return -1;
	*out = ax_str((const char *)pages->bytes + before, needed - before);
	return 0;
}

/* Decode frame i, whole, into content, which has room for it. */
static int decode_frame(const struct arc_archive *archive, struct arc_decoder *decoder,
	size_t i, void *content, struct ax_error *err)
{
	const struct arc_frames *frames = &archive->frames;
	size_t size = (size_t)(frames->at[i + 1] - frames->at[i]);
	size_t length = (size_t)(frames->tar[i + 1] - frames->tar[i]);

	if (size > ARC_READ_LIMIT + ARC_READ_LIMIT / 64)
		return ax_fail(err, AX_ECORRUPT, "%s: frame %zu is too large", archive->path,
			i);
	struct arc_pages pages = { .capacity = 0 };
	struct ax_str frame;
	int status = arc_fetch_frames(archive, i, i, &pages, &frame, err);
	if (status == 0)
		status = arc_decode(decoder, frame, content, length, err);
	arc_pages_free(&pages);
	return status;
}

int arc_read_tar(const struct arc_archive *archive, struct arc_decoder *decoder, uint64_t at,
	void *out, size_t size, struct ax_error *err)
{
	const struct arc_frames *frames = &archive->frames;
	unsigned char *content = NULL, *to = out;
	int status = -1;

	while (size) {
		size_t i = arc_frames_find(frames, at);
		uint64_t length = frames->tar[i + 1] - frames->tar[i];
		if (length > ARC_READ_LIMIT) {
			ax_fail(err, AX_ECORRUPT, "%s: frame %zu is too large", archive->path,
				i);
			goto out;
		}
		if (!content)
			content = malloc(ARC_READ_LIMIT);
		if (!content) {
			ax_fail(err, ENOMEM, "%s: no memory for a frame", archive->path);
			goto out;
		}
		if (decode_frame(archive, decoder, i, content, err) < 0)
			goto out;
		size_t offset = (size_t)(at - frames->tar[i]);
		size_t n = (size_t)length - offset < size ? (size_t)length - offset : size;
		memcpy(to, content + offset, n);
		to += n;
		at += n;
		size -= n;
	}
	status = 0;
out:
	free(content);
	return status;
}

struct ax_str arc_message_text(const struct arc_archive *archive, const struct ax_error *err)
{
	struct ax_str text = ax_str_from(err->message), path = ax_str_from(archive->path);
	struct ax_str rest = ax_str_slice(text, path.len, SIZE_MAX);

	if (!ax_str_starts(text, path) || !ax_str_starts(rest, AX_STR(": ")))
		return text;
	return ax_str_slice(rest, 2, SIZE_MAX);
}
