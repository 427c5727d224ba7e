#include "cli/archived_member.h"

#include "archive/peek.h"
#include "archive/read.h"
#include "base/file.h"
#include "indexer/examine.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	PIECE = 1024 * 1024,
	START = 1024 * 1024, /* of what is no safetensors file; more than any reader takes */
	END = 64 * 1024,
	HEADER_LIMIT = 100 * 1000 * 1000, /* the format's own */
	WHOLE_LIMIT = 256 * 1024 * 1024,  /* what is held in memory to look at tensors */
};

struct cli_member_reader {
	const struct arc_archive *archive;
	struct idx_examiner *examiner;
	struct arc_peek *peek;
	int fd; /* a file in memory */
	char *piece;
};

int cli_member_reader_new(const struct arc_archive *archive, struct idx_examiner *examiner,
	struct cli_member_reader **out, struct ax_error *err)
{
	struct cli_member_reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return ax_fail(err, ENOMEM, "%s: no memory to read it", archive->path);
	reader->archive = archive;
	reader->examiner = examiner;
	reader->fd = memfd_create("artidx", MFD_CLOEXEC);
	reader->piece = malloc(PIECE);
	if (reader->fd < 0 || !reader->piece)
		ax_fail(err, ENOMEM, "%s: no memory to read it", archive->path);
	else if (arc_peek_open(archive, &reader->peek, err) == 0) {
		*out = reader;
		return 0;
	}
	cli_member_reader_free(reader);
	return -1;
}

void cli_member_reader_free(struct cli_member_reader *reader)
{
	if (!reader)
		return;
	arc_peek_close(reader->peek);
	if (reader->fd >= 0)
		close(reader->fd);
	free(reader->piece);
	free(reader);
}

static int put(struct cli_member_reader *reader, struct ax_str bytes, uint64_t offset,
	struct ax_error *err)
{
	return ax_pwrite_full(reader->fd, bytes.ptr, bytes.len, (off_t)offset,
		reader->archive->path, err);
}

/* An empty file of the member's size. */
static int start_over(struct cli_member_reader *reader, const struct arc_member *member,
	struct ax_error *err)
{
	if (ftruncate(reader->fd, 0) < 0 || ftruncate(reader->fd, (off_t)member->size) < 0)
		return ax_fail_errno(err, "%s: cannot be looked at", reader->archive->path);
	return 0;
}

static int copy(struct cli_member_reader *reader, const struct arc_member *member,
	uint64_t from, uint64_t to, struct ax_error *err)
{
	while (from < to) {
		size_t n = to - from < PIECE ? (size_t)(to - from) : PIECE;
		if (arc_peek_read(reader->peek, member, from, reader->piece, n, err) < 0 ||
			put(reader, ax_str(reader->piece, n), from, err) < 0)
			return -1;
		from += n;
	}
	return 0;
}

/* Bytes of the header that the member begins with, its length included; 0: it has none. */
static int header_bytes(struct cli_member_reader *reader, const struct arc_member *member,
	uint64_t *out, struct ax_error *err)
{
	unsigned char start[9];
	uint64_t length;

	*out = 0;
	if (member->size < sizeof(start))
		return 0;
	if (arc_peek_read(reader->peek, member, 0, start, sizeof(start), err) < 0)
		return -1;
	memcpy(&length, start, sizeof(length));
	length = le64toh(length);
	if (start[8] == '{' && length <= HEADER_LIMIT)
		*out = length + sizeof(length) < member->size ? length + sizeof(length)
							      : member->size;
	return 0;
}

/* What an examiner looks at before it asks for tensors. */
static int show_parts(struct cli_member_reader *reader, const struct arc_member *member,
	struct ax_error *err)
{
	uint64_t header, end = member->size;

	if (start_over(reader, member, err) < 0 ||
		header_bytes(reader, member, &header, err) < 0)
		return -1;
	if (header || member->flags & ARC_PLANAR)
		return copy(reader, member, 0, header, err);
	if (end <= START + END)
		return copy(reader, member, 0, end, err);
	if (copy(reader, member, 0, START, err) < 0)
		return -1;
	return copy(reader, member, end - END, end, err);
}

static int put_original(void *context, size_t member, uint64_t offset, struct ax_str bytes,
	struct ax_error *err)
{
	(void)member;
	return put(context, bytes, offset, err);
}

static int show_all(struct cli_member_reader *reader, size_t i, struct ax_error *err)
{
	const struct arc_index *index = &reader->archive->index;
	struct arc_sink sink = { .context = reader, .put = put_original };
	struct arc_findings findings = { 0 };
	bool *wanted = calloc(index->n, sizeof(*wanted));
	struct arc_read_options options = { .threads = 1, .wanted = wanted, .sink = &sink };

	if (!wanted)
		return ax_fail(err, ENOMEM, "%s: no memory to read it", reader->archive->path);
	wanted[i] = true;
	int status = start_over(reader, &index->members[i], err);
	if (status == 0)
		status = arc_read(reader->archive, &options, &findings, err);
	if (status == 0 && findings.n_bad)
		status = ax_fail(err, AX_ECORRUPT, "%.*s: damaged in %s",
			AX_STR_ARG(index->members[i].path), reader->archive->path);
	arc_findings_free(&findings);
	free(wanted);
	return status;
}

static int look(struct cli_member_reader *reader, const struct arc_member *member,
	struct ax_str path, struct idx_finding *out, struct ax_error *err)
{
	ax_nanoseconds second = 1000000000;
	ax_nanoseconds fraction = (member->mtime % second + second) % second;
	struct stat st = {
		.st_mode = member->type == ARC_SYMLINK ? S_IFLNK : S_IFREG,
		.st_nlink = 1,
		.st_size = (off_t)member->size,
		.st_mtim = { (member->mtime - fraction) / second, fraction },
	};
	struct idx_subject subject = { .path = path, .dirfd = reader->fd, .stat = &st };

	return idx_examine(reader->examiner, &subject, out, err);
}

int cli_member_examine(struct cli_member_reader *reader, size_t i, struct ax_str path,
	struct idx_finding *out, struct ax_error *err)
{
	const struct arc_index *index = &reader->archive->index;
	const struct arc_member *member = &index->members[i];

	if (member->type == ARC_SYMLINK)
		return look(reader, member, path, out, err);
	member = arc_index_file(index, member);
	i = (size_t)(member - index->members);
	if (show_parts(reader, member, err) < 0 || look(reader, member, path, out, err) < 0)
		return -1;
	bool settled = !out->has_detail || !out->detail.has_tensors ||
		       ax_str_equal(out->class_name, member->class);
	if (settled || member->size > WHOLE_LIMIT)
		return 0;
	if (show_all(reader, i, err) < 0)
		return -1;
	return look(reader, member, path, out, err);
}
