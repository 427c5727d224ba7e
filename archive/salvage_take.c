#include "archive/salvage_internal.h"

#include "archive/digests.h"
#include "archive/extract.h"
#include "archive/frame.h"
#include "archive/join.h"
#include "archive/progress.h"
#include "base/buf.h"
#include "reorg/copy.h"

#include <errno.h>

enum { MANIFEST_MAX = 256 * 1024 * 1024 };

/* ---- MANIFEST */

static int read_manifest(struct salvage *salvage, const struct arc_member *member,
	struct ax_error *err)
{
	struct ax_buf text = { 0 };
	struct ax_str bytes;
	uint64_t offset = 0;
	int more = 0;

	if (member->size > MANIFEST_MAX)
		return salvage_refuse(salvage, member->path, "is too large", err);
	while ((more = arc_tar_read(salvage->tar, &bytes, &offset, err)) > 0)
		ax_buf_append_str(&text, bytes);
	int status = more < 0 ? -1 : ax_buf_check(&text, salvage->archive->path, err);
	if (status == 0 && !arc_stream_damaged(salvage->stream)) {
		arc_listing_free(&salvage->listing);
		salvage->listing.arena = &salvage->salvaged->arena;
		status = arc_listing_parse(&salvage->listing, ax_buf_str(&text),
			&salvage->options->selection, err);
		salvage->salvaged->is_ours = status == 0;
	}
	ax_buf_free(&text);
	return status;
}

/* What an archive of ours begins with is no member of the directory. 1: it was that. */
static int take_about(struct salvage *salvage, const struct arc_member *member,
	struct ax_error *err)
{
	static const struct ax_str suffix = AX_STR_INIT(".artidx");

	if (!salvage->about.ptr && !salvage->salvaged->n && member->type == ARC_DIR &&
		ax_str_ends(member->path, suffix) && !ax_path_dir(member->path).len) {
		salvage->about = salvage_keep(salvage, member->path);
		return salvage->about.ptr ? 1 : salvage_no_memory(salvage, err);
	}
	if (!salvage->about.ptr || !ax_path_below(member->path, salvage->about))
		return 0;
	if (!ax_str_equal(ax_path_name(member->path), AX_STR("MANIFEST")))
		return 1;
	return read_manifest(salvage, member, err) < 0 ? -1 : 1;
}

/* ---- one member */

/* "./a/" is "a"; "." and "./" are "". */
static struct ax_str normalise(struct ax_str path)
{
	while (ax_str_starts(path, AX_STR("./")))
		path = ax_str_slice(path, 2, SIZE_MAX);
	while (path.len && path.ptr[path.len - 1] == '/')
		path.len--;
	return ax_str_equal(path, AX_STR(".")) ? AX_STR("") : path;
}

/* The original's name, and that it is planar, where a member is one of ours. */
static void undo_name(struct salvage *salvage, struct ax_str *path, bool *planar)
{
	static const struct ax_str suffix = AX_STR_INIT(ARC_PLANAR_SUFFIX);
	struct ax_str original = ax_str_slice(*path, 0, path->len - suffix.len);

	*planar = false;
	if (!ax_str_ends(*path, suffix) || arc_listing_find(&salvage->listing, *path) ||
		!arc_listing_find(&salvage->listing, original))
		return;
	*path = original;
	*planar = true;
}

/* What a hostile archive would have. Does not return 0 where the member may be taken. */
static int check_member(struct salvage *salvage, const struct arc_member *member,
	struct ax_error *err)
{
	if (!ax_path_is_safe(member->path))
		return salvage_refuse(salvage, member->path, "a name that leads elsewhere",
			err);
	if (member->type == ARC_SPECIAL)
		return salvage_refuse(salvage, member->path, "neither file, directory nor link",
			err);
	if (member->type == ARC_HARD_LINK && !ax_path_is_safe(member->target))
		return salvage_refuse(salvage, member->path, "a hard link that leads elsewhere",
			err);
	if (member->type == ARC_SYMLINK && !salvage->salvaged->is_ours &&
		!arc_symlink_stays_inside(member->path, member->target))
		return salvage_refuse(salvage, member->path, "a symlink that leads elsewhere",
			err);
	return 0;
}

struct content {
	const struct arc_member *member;
	struct ax_str place;
	struct arc_join *join; /* of a planar one */
	struct ax_buf original;
};

/* Bytes of the original: digest them, write them. */
static int take_bytes(struct salvage *salvage, const struct content *content, uint64_t offset,
	struct ax_str bytes, struct ax_error *err)
{
	struct arc_extract *extract = salvage->options->extract;
	uint64_t done = arc_digests_length(salvage->digests);

	if (offset < done || offset + bytes.len > content->member->size)
		return ax_fail(err, AX_ECORRUPT, "%s: %.*s: content out of place",
			salvage->archive->path, AX_STR_ARG(content->member->path));
	if (content->member->flags & ARC_SPARSE || offset == done)
		arc_digests_add_zeros(salvage->digests, offset - done);
	arc_digests_add(salvage->digests, bytes.ptr, bytes.len);
	if (extract && bytes.len)
		return arc_extract_write(extract, content->place, offset, bytes, err);
	return 0;
}

static int take_content(struct salvage *salvage, struct content *content, struct ax_error *err)
{
	struct ax_str bytes;
	uint64_t offset = 0;
	int more;

	while ((more = arc_tar_read(salvage->tar, &bytes, &offset, err)) > 0) {
		if (content->join) {
			ax_buf_clear(&content->original);
			if (arc_join_add(content->join, bytes, &content->original, err) < 0)
				return -1;
			bytes = ax_buf_str(&content->original);
			offset = arc_digests_length(salvage->digests);
		}
		if (bytes.len && take_bytes(salvage, content, offset, bytes, err) < 0)
			return -1;
	}
	return more;
}

static const struct arc_member *keep_member(struct salvage *salvage,
	const struct arc_member *member)
{
	struct arc_member *kept = ax_arena_alloc(&salvage->salvaged->arena, sizeof(*kept));

	if (kept)
		*kept = *member;
	return kept;
}

/* Compare with MANIFEST; what it does not list cannot be checked. */
static int judge(struct salvage *salvage, const struct content *content, struct ax_error *err)
{
	struct arc_listed *listed = arc_listing_find(&salvage->listing, content->member->path);
	struct arc_member whole = *content->member;
	bool is_selected = arc_is_selected(&salvage->options->selection, whole.path);

	arc_digests_add_zeros(salvage->digests,
		whole.size - arc_digests_length(salvage->digests));
	arc_digests_finish(salvage->digests, &whole.sha256, &whole.xxh3);
	if (listed)
		listed->seen = true;
	if (salvage->salvaged->is_ours && (!listed || memcmp(&listed->sha256, &whole.sha256,
							      sizeof(whole.sha256)) != 0)) {
		if (salvage->options->extract &&
			arc_extract_remove(salvage->options->extract, content->place, err) < 0)
			return -1;
		return is_selected ? salvage_add_remark(salvage, true, whole.path,
					     AX_STR("its content is not what was packed: "
						    "digests differ"),
					     err)
				   : 0;
	}
	if (listed && listed->has_copies) {
		listed->member = keep_member(salvage, &whole);
		if (!listed->member)
			return salvage_no_memory(salvage, err);
	}
	return is_selected ? salvage_add_member(salvage, &whole, err) : 0;
}

static int take_file(struct salvage *salvage, const struct arc_member *member,
	struct ax_str place, bool planar, struct ax_error *err)
{
	struct arc_extract *extract = salvage->options->extract;
	struct content content = { .member = member, .place = place };
	int status = 0;

	if (extract && arc_extract_file(extract, place, member->size, err) < 0)
		return -1;
	arc_digests_reset(salvage->digests);
	if (planar)
		status = arc_join_new(salvage->header, member->size, &content.join, err);
	if (status == 0)
		status = take_content(salvage, &content, err);
	arc_join_free(content.join);
	ax_buf_free(&content.original);
	/* A planar file whose header is damaged: its digest tells. */
	if (status < 0 && !(planar && err->code == AX_ECORRUPT)) {
		struct ax_error second; /* the first one tells what happened */
		if (extract)
			arc_extract_remove(extract, place, &second);
		return -1;
	}
	return judge(salvage, &content, err);
}

int salvage_take_member(struct salvage *salvage, const struct arc_member *found,
	struct ax_error *err)
{
	struct arc_extract *extract = salvage->options->extract;
	struct arc_member member = *found;
	bool planar = false, target_planar = false;

	member.path = normalise(member.path);
	if (!member.path.len)
		return 0;
	if (member.type == ARC_HARD_LINK)
		member.target = normalise(member.target);
	if (check_member(salvage, &member, err) < 0)
		return -1;
	int about = take_about(salvage, &member, err);
	if (about)
		return about < 0 ? -1 : 0;
	if (member.type == ARC_FILE || member.type == ARC_HARD_LINK)
		undo_name(salvage, &member.path, &planar);
	if (member.type == ARC_HARD_LINK)
		undo_name(salvage, &member.target, &target_planar);
	struct arc_listed *listed = arc_listing_find(&salvage->listing, member.path);
	struct ax_str place = member.path;
	if (!arc_is_selected(&salvage->options->selection, member.path)) {
		if (member.type != ARC_FILE || !listed || !listed->has_copies)
			return 0;
		place = listed->place;
	}
	member.path = salvage_keep(salvage, member.path);
	member.target = salvage_keep(salvage, member.target);
	member.class = AX_STR("");
	if (!member.path.ptr || !member.target.ptr)
		return salvage_no_memory(salvage, err);
	if (member.type == ARC_HARD_LINK && listed && listed->copy_of.len) {
		listed->member = keep_member(salvage, &member);
		return listed->member ? 0 : salvage_no_memory(salvage, err);
	}
	struct ax_str dir = member.type == ARC_DIR ? member.path : ax_path_dir(place);
	if (extract && arc_extract_dir(extract, dir, err) < 0)
		return err->code == AX_EREFUSED && member.type != ARC_DIR
			       ? salvage_refuse(salvage, member.path,
					 "its directory is no directory", err)
			       : -1;
	if (member.type == ARC_FILE)
		return take_file(salvage, &member, place, planar, err);
	if (listed)
		listed->seen = true;
	return salvage_add_member(salvage, &member, err);
}

/* ---- copies */

/* As the tar has it, or as far as MANIFEST tells when its tar header is lost. */
static int describe_copy(struct salvage *salvage, const struct arc_listed *listed,
	const struct arc_member *first, struct arc_member *out, struct ax_error *err)
{
	*out = *first;
	out->path = listed->path;
	out->mtime = listed->mtime;
	out->flags = ARC_COPY;
	out->target = listed->copy_of;
	if (listed->member) {
		out->mode = listed->member->mode;
		out->uid = listed->member->uid;
		out->gid = listed->member->gid;
		out->mtime = listed->member->mtime;
		return 0;
	}
	struct ax_buf text = { 0 };
	ax_buf_append_text(&text, "its tar header is lost: mode and owner are those of ");
	ax_buf_append_str(&text, first->path);
	int status = ax_buf_check(&text, salvage->archive->path, err);
	if (status == 0)
		status = salvage_add_remark(salvage, false, out->path, ax_buf_str(&text), err);
	ax_buf_free(&text);
	return status;
}

static int extract_copy(struct salvage *salvage, const struct arc_member *copy,
	struct ax_str place, struct ax_error *err)
{
	struct arc_extract *extract = salvage->options->extract;
	struct arc_progress *progress = salvage->options->progress;
	struct reorg_copy_watch watch = {
		.bytes = &salvage->copied,
		.stop = progress ? &progress->stop : NULL,
	};

	if (!extract || ax_str_equal(copy->path, place))
		return 0;
	if (arc_extract_dir(extract, ax_path_dir(copy->path), err) < 0)
		return -1;
	int status = arc_extract_copy(extract, copy->path, place, copy->size, &watch, err);
	if (status < 0 && err->code == EINTR)
		return ax_fail(err, ECANCELED, "%s: stopped", salvage->archive->path);
	if (status == 0 && salvage->copied > salvage->limit)
		return ax_fail(err, AX_EREFUSED,
			"%s: expands to more than %llu bytes, which is not plausible",
			salvage->archive->path, (unsigned long long)salvage->limit);
	return status;
}

static int take_copy(struct salvage *salvage, struct arc_listed *listed, struct ax_error *err)
{
	const struct arc_listed *first = arc_listing_find(&salvage->listing, listed->copy_of);
	struct arc_member copy;

	listed->seen = true;
	if (!ax_path_is_safe(listed->path))
		return salvage_refuse(salvage, listed->path, "a name that leads elsewhere",
			err);
	if (!first || first->copy_of.len || !first->member ||
		memcmp(&first->sha256, &listed->sha256, sizeof(first->sha256)) != 0) {
		struct ax_buf text = { 0 };
		ax_buf_append_text(&text, "is a copy of ");
		ax_buf_append_str(&text, listed->copy_of);
		ax_buf_append_text(&text, ", which is damaged");
		int status = ax_buf_check(&text, salvage->archive->path, err);
		if (status == 0)
			status = salvage_add_remark(salvage, true, listed->path,
				ax_buf_str(&text), err);
		ax_buf_free(&text);
		return status;
	}
	if (describe_copy(salvage, listed, first->member, &copy, err) < 0 ||
		extract_copy(salvage, &copy, first->place, err) < 0)
		return -1;
	return salvage_add_member(salvage, &copy, err);
}

int salvage_take_copies(struct salvage *salvage, struct ax_error *err)
{
	for (size_t i = 0; i < salvage->listing.n; i++) {
		struct arc_listed *listed = &salvage->listing.items[i];
		if (!listed->copy_of.len || listed->seen ||
			!arc_is_selected(&salvage->options->selection, listed->path))
			continue;
		if (take_copy(salvage, listed, err) < 0)
			return -1;
	}
	return 0;
}
