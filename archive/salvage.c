#include "archive/salvage_internal.h"

#include "archive/digests.h"
#include "archive/extract.h"
#include "archive/frame.h"
#include "archive/progress.h"
#include "base/buf.h"
#include "safetensors/header.h"

#include <errno.h>
#include <stdlib.h>

enum {
	EXPANSION = 200,                   /* what zstd makes of text, and then some */
	EXPANSION_FREE = 64 * 1024 * 1024, /* for small archives of zeros */
};

void arc_salvaged_free(struct arc_salvaged *salvaged)
{
	free(salvaged->members);
	free(salvaged->bad);
	free(salvaged->notes);
	ax_arena_free(&salvaged->arena);
	*salvaged = (struct arc_salvaged){ .n = 0 };
}

int salvage_no_memory(const struct salvage *salvage, struct ax_error *err)
{
	return ax_fail(err, ENOMEM, "%s: no memory", salvage->archive->path);
}

int salvage_refuse(const struct salvage *salvage, struct ax_str path, const char *why,
	struct ax_error *err)
{
	return ax_fail(err, AX_EREFUSED, "%s: %.*s: %s", salvage->archive->path,
		AX_STR_ARG(path), why);
}

/* ---- lists */

/* Room for one more of size bytes in *list. */
static int grow(void *list, size_t n, size_t *max, size_t size)
{
	void **array = list;

	if (n < *max)
		return 0;
	void *grown = reallocarray(*array, 2 * *max + 16, size);
	if (!grown)
		return -1;
	*array = grown;
	*max = 2 * *max + 16;
	return 0;
}

struct ax_str salvage_keep(struct salvage *salvage, struct ax_str s)
{
	char *copy = ax_arena_copy(&salvage->salvaged->arena, s);

	return copy ? ax_str(copy, s.len) : ax_str(NULL, 0);
}

int salvage_add_remark(struct salvage *salvage, bool is_bad, struct ax_str path,
	struct ax_str text, struct ax_error *err)
{
	struct arc_salvaged *out = salvage->salvaged;
	struct arc_remark remark = {
		.path = salvage_keep(salvage, path),
		.text = salvage_keep(salvage, text),
	};

	if (!remark.path.ptr || !remark.text.ptr)
		return salvage_no_memory(salvage, err);
	if (is_bad) {
		if (grow(&out->bad, out->n_bad, &salvage->n_bad_max, sizeof(remark)) < 0)
			return salvage_no_memory(salvage, err);
		out->bad[out->n_bad++] = remark;
		return 0;
	}
	if (grow(&out->notes, out->n_notes, &salvage->n_notes_max, sizeof(remark)) < 0)
		return salvage_no_memory(salvage, err);
	out->notes[out->n_notes++] = remark;
	return 0;
}

int salvage_add_member(struct salvage *salvage, const struct arc_member *member,
	struct ax_error *err)
{
	struct arc_salvaged *out = salvage->salvaged;

	if (grow(&out->members, out->n, &salvage->n_members_max, sizeof(*member)) < 0)
		return salvage_no_memory(salvage, err);
	out->members[out->n++] = *member;
	return 0;
}

/* ---- the whole */

static ssize_t read_stream(void *context, const void **bytes, struct ax_error *err)
{
	struct salvage *salvage = context;
	struct arc_progress *progress = salvage->options->progress;
	ssize_t n = arc_stream_read(salvage->stream, bytes, err);

	if (progress && n > 0) {
		atomic_fetch_add(&progress->done, (uint64_t)n);
		if (atomic_load(&progress->stop))
			return ax_fail(err, ECANCELED, "%s: stopped", salvage->archive->path);
	}
	return n;
}

static int damaged(const struct salvage *salvage, struct ax_error *err)
{
	char frames[AX_UNITS_MAX];

	ax_count_say(arc_stream_damaged(salvage->stream), "damaged frame", frames);
	return ax_fail(err, AX_ECORRUPT, "%s: %s", salvage->archive->path, frames);
}

/* What ends the reading of ours early is damage: what was read before it is whole. */
static int read_members(struct salvage *salvage, struct ax_error *err)
{
	struct arc_member member;
	int more;

	while ((more = arc_tar_next(salvage->tar, &member, err)) > 0) {
		if (salvage_take_member(salvage, &member, err) < 0) {
			more = -1;
			break;
		}
	}
	/* Behind the end of the tar nothing may follow but zeros. */
	const void *rest;
	while (more == 0) {
		ssize_t n = arc_stream_read(salvage->stream, &rest, err);
		if (n <= 0) {
			more = (int)n;
			break;
		}
	}
	if (more < 0 && err->code == AX_ECORRUPT && salvage->salvaged->is_ours)
		return salvage_add_remark(salvage, true, AX_STR(""),
			arc_message_text(salvage->archive, err), err);
	if (more == 0 && arc_stream_damaged(salvage->stream) && !salvage->salvaged->is_ours)
		return damaged(salvage, err);
	return more;
}

static int by_member_path(const void *a, const void *b)
{
	const struct arc_member *x = *(const struct arc_member *const *)a;
	const struct arc_member *y = *(const struct arc_member *const *)b;

	return ax_str_compare(x->path, y->path);
}

/* Of links tar has no size. sorted: by path. */
static uint64_t size_of(const struct arc_member **sorted, size_t n,
	const struct arc_member *member)
{
	struct arc_member key = { .path = member->target };
	const struct arc_member *wanted = &key;

	if (member->type == ARC_SYMLINK)
		return member->target.len;
	if (member->type != ARC_HARD_LINK)
		return member->size;
	const struct arc_member **found =
		bsearch(&wanted, sorted, n, sizeof(*sorted), by_member_path);
	return found ? (*found)->size : 0;
}

static void sum_up(struct arc_salvaged *out, const struct arc_member **sorted)
{
	for (size_t i = 0; i < out->n; i++) {
		if (sorted[i]->type == ARC_DIR)
			continue;
		out->sum.files++;
		out->sum.bytes += size_of(sorted, out->n, sorted[i]);
	}
}

/* A member above path that is no directory, or NULL. */
static const struct arc_member *find_non_directory(const struct arc_member **sorted, size_t n,
	struct ax_str path)
{
	struct arc_member key;
	const struct arc_member *wanted = &key, **found;

	for (key.path = ax_path_dir(path); key.path.len; key.path = ax_path_dir(key.path)) {
		found = bsearch(&wanted, sorted, n, sizeof(*sorted), by_member_path);
		/* What is above a directory that is a member is found when that one's turn comes. */
		if (found)
			return (*found)->type == ARC_DIR ? NULL : *found;
	}
	return NULL;
}

/* No name comes twice; a directory may. What has members below it is a directory. */
static int check_names(struct salvage *salvage, struct ax_error *err)
{
	struct arc_salvaged *out = salvage->salvaged;
	const struct arc_member **sorted = calloc(out->n + 1, sizeof(*sorted));
	int status = 0;

	if (!sorted)
		return salvage_no_memory(salvage, err);
	for (size_t i = 0; i < out->n; i++)
		sorted[i] = &out->members[i];
	qsort(sorted, out->n, sizeof(*sorted), by_member_path);
	for (size_t i = 1; i < out->n && status == 0; i++) {
		if (ax_str_equal(sorted[i - 1]->path, sorted[i]->path) &&
			!(sorted[i - 1]->type == ARC_DIR && sorted[i]->type == ARC_DIR))
			status =
				salvage_refuse(salvage, sorted[i]->path, "is there twice", err);
	}
	for (size_t i = 0; i < out->n && status == 0; i++) {
		if (find_non_directory(sorted, out->n, sorted[i]->path))
			status = salvage_refuse(salvage, sorted[i]->path,
				"its directory is no directory", err);
	}
	sum_up(out, sorted);
	free(sorted);
	return status;
}

static int remark_missing(struct salvage *salvage, struct ax_error *err)
{
	for (size_t i = 0; i < salvage->listing.n; i++) {
		const struct arc_listed *listed = &salvage->listing.items[i];
		if (listed->seen ||
			!arc_is_selected(&salvage->options->selection, listed->path))
			continue;
		if (salvage_add_remark(salvage, true, listed->path,
			    AX_STR("cannot be found in the archive"), err) < 0)
			return -1;
	}
	return 0;
}

/* A hard link to what is damaged, or was not selected: where its bytes are was passed by. */
static int tell_unlinked(struct salvage *salvage, const struct arc_member *link,
	struct ax_error *err)
{
	struct ax_buf text = { 0 };

	ax_buf_append_text(&text, "is another name of ");
	ax_buf_append_str(&text, link->target);
	ax_buf_append_text(&text, ", which is not restored");
	int status = ax_buf_check(&text, salvage->archive->path, err);
	if (status == 0)
		status = salvage->salvaged->is_ours
				 ? salvage_add_remark(salvage, true, link->path,
					   ax_buf_str(&text), err)
				 : salvage_refuse(salvage, link->path, ax_buf_text(&text), err);
	ax_buf_free(&text);
	return status;
}

/* Links come when all files are there, so that nothing is written through one. */
static int make_links(struct salvage *salvage, struct ax_error *err)
{
	struct arc_salvaged *out = salvage->salvaged;
	struct arc_extract *extract = salvage->options->extract;

	for (size_t i = 0; extract && i < out->n; i++) {
		const struct arc_member *member = &out->members[i];
		int status = 0;
		if (member->type == ARC_HARD_LINK)
			status = arc_extract_link(extract, member->path, member->target, err);
		if (status < 0 && err->code == ENOENT)
			status = tell_unlinked(salvage, member, err);
		if (status < 0)
			return -1;
	}
	for (size_t i = 0; extract && i < out->n; i++) {
		const struct arc_member *member = &out->members[i];
		if (member->type == ARC_SYMLINK &&
			arc_extract_symlink(extract, member->path, member->target, err) < 0)
			return -1;
	}
	return 0;
}

static int set_metadata(struct salvage *salvage, struct ax_error *err)
{
	struct arc_salvaged *out = salvage->salvaged;
	struct arc_extract *extract = salvage->options->extract;

	for (size_t i = 0; i < out->n; i++) {
		const struct arc_member *member = &out->members[i];
		if (member->mode & 06000 && member->type == ARC_FILE &&
			salvage_add_remark(salvage, false, member->path,
				AX_STR("was setuid or setgid, and is not any more"), err) < 0)
			return -1;
	}
	/* From the end: what is in a directory before the directory. */
	for (size_t i = out->n; extract && i-- > 0;) {
		const struct arc_member *member = &out->members[i];
		if (member->type != ARC_HARD_LINK &&
			arc_extract_set_metadata(extract, member, err) < 0)
			return -1;
	}
	return 0;
}

static int open_tar(struct salvage *salvage, struct ax_error *err)
{
	const struct arc_archive *archive = salvage->archive;
	uint64_t plausible = archive->size * EXPANSION + EXPANSION_FREE;

	salvage->limit = salvage->options->limit ? salvage->options->limit : plausible;
	struct arc_stream_options stream = {
		.fd = archive->fd,
		.path = archive->path,
		.frames = archive->frames.n ? &archive->frames : NULL,
		.limit = salvage->limit,
	};

	salvage->digests = arc_digests_new(ARC_DIGESTS_BOTH);
	if (!salvage->digests)
		return salvage_no_memory(salvage, err);
	if (sft_header_new(NULL, &salvage->header, err) < 0 ||
		arc_stream_open(&stream, &salvage->stream, err) < 0)
		return -1;
	salvage->source = (struct arc_tar_source){
		.context = salvage,
		.read = read_stream,
		.path = archive->path,
	};
	return arc_tar_open(&salvage->source, &salvage->tar, err);
}

int arc_salvage(const struct arc_archive *archive, const struct arc_salvage_options *options,
	struct arc_salvaged *out, struct ax_error *err)
{
	struct arc_salvaged salvaged = { .n = 0 };
	struct salvage salvage = {
		.archive = archive,
		.options = options,
		.salvaged = &salvaged,
	};
	int status = -1;

	if (open_tar(&salvage, err) == 0 && read_members(&salvage, err) == 0 &&
		salvage_take_copies(&salvage, err) == 0 && check_names(&salvage, err) == 0 &&
		remark_missing(&salvage, err) == 0 && make_links(&salvage, err) == 0)
		status = set_metadata(&salvage, err);
	arc_tar_close(salvage.tar);
	arc_stream_close(salvage.stream);
	arc_digests_free(salvage.digests);
	sft_header_free(salvage.header);
	arc_listing_free(&salvage.listing);
	if (status < 0)
		arc_salvaged_free(&salvaged);
	else
		*out = salvaged;
	return status;
}
