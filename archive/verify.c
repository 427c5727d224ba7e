#include "archive/verify.h"

#include "archive/extents.h"
#include "archive/opener.h"
#include "archive/salvage.h"
#include "archive/tree.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct comparison {
	const struct arc_archive *archive;
	const struct arc_tree *source;
};

void arc_verify_report_free(struct arc_verify_report *report)
{
	free(report->bad);
	ax_arena_free(&report->arena);
	*report = (struct arc_verify_report){ .n_bad = 0 };
}

/* ---- against the originals */

static int compare_bytes(int fd, const struct arc_member *member, uint64_t offset,
	struct ax_str bytes, struct ax_error *err)
{
	char block[64 * 1024];

	for (size_t at = 0; at < bytes.len;) {
		size_t n = bytes.len - at < sizeof(block) ? bytes.len - at : sizeof(block);
		if (ax_pread_full(fd, block, n, (off_t)(offset + at), member->path.ptr, err) <
			0)
			return -1;
		if (memcmp(block, bytes.ptr + at, n) != 0)
			return ax_fail(err, AX_ECORRUPT, "differs from the original");
		at += n;
	}
	return 0;
}

static int compare(void *context, size_t i, uint64_t offset, struct ax_str bytes,
	struct ax_error *err)
{
	const struct comparison *comparison = context;
	const struct arc_member *member = &comparison->archive->index.members[i];

	if (i < comparison->archive->index.n_about)
		return 0;
	int fd = arc_opener_open(comparison->source->opener, member->path,
		O_RDONLY | O_NONBLOCK, 0);
	if (fd < 0)
		return ax_fail(err, AX_ECORRUPT, "the original cannot be opened");
	int status = compare_bytes(fd, member, offset, bytes, err);
	close(fd);
	return status;
}

/* Everything but the content of files; what is a copy is for the archive to say. */
static bool same_entry(const struct arc_member *a, const struct arc_member *b)
{
	return ax_str_equal(a->path, b->path) && a->type == b->type && a->mode == b->mode &&
	       a->uid == b->uid && a->gid == b->gid && a->mtime == b->mtime &&
	       a->size == b->size &&
	       (a->type == ARC_FILE || ax_str_equal(a->target, b->target));
}

static int check_entries(const struct arc_archive *archive, const struct arc_tree *source,
	struct ax_error *err)
{
	if (archive->index.n - archive->index.n_about != source->n)
		return ax_fail(err, AX_EREFUSED, "%s: not the members of the directory",
			archive->path);
	for (size_t i = 0; i < source->n; i++) {
		const struct arc_member *member =
			&archive->index.members[archive->index.n_about + i];
		if (!same_entry(member, &source->members[i]))
			return ax_fail(err, AX_EREFUSED,
				"%s: %.*s is not as it is in the directory", archive->path,
				AX_STR_ARG(member->path));
	}
	return 0;
}

/* What the archive has as holes was not compared yet: of a copy both its own and those stored. */
static int check_holes_of(const struct arc_tree *source, const struct arc_member *member,
	const struct arc_member *map, struct ax_error *err)
{
	if (!(map->flags & ARC_SPARSE))
		return 0;
	int fd = arc_opener_open(source->opener, member->path, O_RDONLY | O_NONBLOCK, 0);
	int same = fd < 0 ? 0 : arc_holes_are_zeros(fd, map, err);
	if (fd >= 0)
		close(fd);
	if (same == 0)
		return ax_fail(err, AX_EREFUSED, "%.*s: changed while it was packed",
			AX_STR_ARG(member->path));
	return same < 0 ? -1 : 0;
}

static int check_holes(const struct arc_archive *archive, const struct arc_tree *source,
	struct ax_error *err)
{
	const struct arc_index *index = &archive->index;

	for (size_t i = index->n_about; i < index->n; i++) {
		const struct arc_member *member = &index->members[i];
		const struct arc_member *stored = arc_index_stored(index, member);
		if (check_holes_of(source, member, stored, err) < 0 ||
			(stored != member && check_holes_of(source, member, member, err) < 0))
			return -1;
	}
	return 0;
}

/* ---- the whole */

static int verify_indexed(const struct arc_archive *archive,
	const struct arc_verify_options *options, struct arc_verify_report *report,
	struct ax_error *err)
{
	struct comparison comparison = { .archive = archive, .source = options->source };
	struct arc_sink sink = { .context = &comparison, .put = compare };
	struct arc_read_options read = {
		.threads = options->threads,
		.all_frames = true,
		.sha256 = options->sha256,
		.sink = options->source ? &sink : NULL,
		.progress = options->progress,
	};
	struct arc_findings findings;

	if (options->source && check_entries(archive, options->source, err) < 0)
		return -1;
	if (arc_read(archive, &read, &findings, err) < 0)
		return -1;
	report->has_digests = true;
	report->members = archive->index.n - archive->index.n_about;
	report->sum = arc_index_sum(&archive->index);
	report->arena = findings.arena;
	report->bad = findings.bad;
	report->n_bad = findings.n_bad;
	free(findings.verdicts);
	if (options->source && check_holes(archive, options->source, err) < 0) {
		arc_verify_report_free(report);
		return -1;
	}
	return 0;
}

/* One remark for an archive of which nothing can be said in detail. */
static int only_remark(struct arc_verify_report *report, const struct arc_archive *archive,
	const struct ax_error *why, struct ax_error *err)
{
	struct ax_str text = arc_message_text(archive, why);
	char *copy = ax_arena_copy(&report->arena, text);

	report->bad = calloc(1, sizeof(*report->bad));
	if (!report->bad || !copy)
		return ax_fail(err, ENOMEM, "no memory");
	report->bad[0] =
		(struct arc_remark){ .path = AX_STR(""), .text = ax_str(copy, text.len) };
	report->n_bad = 1;
	return 0;
}

static int verify_unindexed(const struct arc_archive *archive,
	const struct arc_verify_options *options, struct arc_verify_report *report,
	struct ax_error *err)
{
	struct arc_salvage_options salvage = { .progress = options->progress };
	struct arc_salvaged salvaged;
	struct ax_error failure;

	if (arc_salvage(archive, &salvage, &salvaged, &failure) < 0) {
		if (failure.code == AX_ECORRUPT || failure.code == AX_EREFUSED)
			return only_remark(report, archive, &failure, err);
		*err = failure;
		return -1;
	}
	report->members = salvaged.n;
	report->sum = salvaged.sum;
	report->has_digests = salvaged.is_ours;
	report->arena = salvaged.arena;
	report->bad = salvaged.bad;
	report->n_bad = salvaged.n_bad;
	free(salvaged.members);
	free(salvaged.notes);
	/* Ours always has an index: without it something is wrong. */
	if (report->has_digests && !report->n_bad)
		return only_remark(report, archive, &archive->reason, err);
	return 0;
}

int arc_verify(const struct arc_archive *archive, const struct arc_verify_options *options,
	struct arc_verify_report *report, struct ax_error *err)
{
	struct arc_verify_report found = { .n_bad = 0 };

	if (options->source && !archive->has_index)
		return ax_fail(err, AX_EREFUSED, "%s: %s", archive->path,
			archive->reason.message);
	int status = archive->has_index ? verify_indexed(archive, options, &found, err)
					: verify_unindexed(archive, options, &found, err);
	if (status < 0)
		arc_verify_report_free(&found);
	else
		*report = found;
	return status;
}
