#include "archive/pack.h"

#include "archive/about.h"
#include "archive/crew.h"
#include "archive/extents.h"
#include "archive/index.h"
#include "archive/pack_internal.h"
#include "archive/pack_stream.h"
#include "archive/progress.h"
#include "archive/tar.h"
#include "archive/tree.h"
#include "base/file.h"
#include "base/path.h"
#include "safetensors/header.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	LARGE = 256 * 1024,       /* files from here on have frames of their own, */
	LARGE_PLANAR = 64 * 1024, /* and these, if they have planes or holes */
	THREADS_MAX = 6,          /* what one thread holds is bounded, so is their number */
};

enum about { ABOUT_DIR, ABOUT_README, ABOUT_MANIFEST, ABOUT_C, ABOUT_PERL, N_ABOUT };

struct packer {
	const struct arc_tree *tree;
	const struct arc_pack_options *options;
	struct arc_pack_report *report;
	int fd;
	const char *path;
	struct ax_arena arena;
	size_t n;
	struct arc_member *members; /* N_ABOUT, and the tree's */
	struct arc_pack_shared shared;
	unsigned threads;
	struct sft_header *header;
	struct arc_encoder *encoder;
	struct arc_tar_writer *tar_writer;
	struct arc_sha256_hasher *sha256;
	bool plain;
	size_t n_labels_seen;
	struct arc_pack_stream stream;
};

/* ---- tar headers */

/* What is known of a member so far; files that come first in the tar are laid out already. */
static struct arc_index index_of(const struct packer *packer)
{
	return (struct arc_index){
		.n_about = N_ABOUT,
		.n = packer->n,
		.members = packer->members,
	};
}

/* As in the tar: what is stored as planes says so in its name, and so do other names of it. */
static struct ax_str stored_name(struct packer *packer, struct ax_str path, bool planar)
{
	const size_t extra = sizeof(ARC_PLANAR_SUFFIX) - 1;

	if (!planar)
		return path;
	char *name = ax_arena_alloc(&packer->arena, path.len + extra + 1);
	if (!name)
		return AX_STR("");
	memcpy(name, path.ptr, path.len);
	memcpy(name + path.len, ARC_PLANAR_SUFFIX, extra);
	return ax_str(name, path.len + extra);
}

static int append_header(struct packer *packer, struct arc_member *member, struct ax_error *err)
{
	struct ax_buf *content = arc_pack_stream_content(&packer->stream, err);
	struct arc_index index = index_of(packer);
	struct arc_member in_tar = *member;

	if (!content)
		return -1;
	const struct arc_member *stored =
		arc_index_stored(&index, arc_index_file(&index, member));
	bool planar = stored->flags & ARC_PLANAR;
	if (stored != member) {
		in_tar.type = ARC_HARD_LINK;
		in_tar.flags = 0;
	}
	struct ax_str name = stored_name(packer, member->path, planar);
	struct ax_str target = stored_name(packer, member->target, planar && stored != member);
	if (!name.len)
		return ax_fail(err, ENOMEM, "%s: no memory", packer->path);
	size_t before = content->len;
	if (arc_tar_append_header(packer->tar_writer, content, &in_tar, name, target, err) < 0)
		return -1;
	member->header_at = packer->stream.tar;
	packer->stream.tar += content->len - before;
	member->data_at = packer->stream.tar;
	return 0;
}

/* ---- large members */

static uint64_t part_end(const struct arc_planar *planar, uint64_t begin, uint64_t stored)
{
	uint64_t end = begin;

	if (!planar)
		return stored - begin < ARC_FRAME_LIMIT ? stored : begin + ARC_FRAME_LIMIT;
	while (end < stored) {
		uint64_t next = arc_planar_piece(planar, end).end;
		if (next - begin > ARC_FRAME_LIMIT)
			break;
		end = next;
	}
	return end;
}

static int give_part(struct packer *packer, const struct arc_pack_job *part,
	struct ax_error *err)
{
	struct arc_pack_job *job = malloc(sizeof(*job));

	if (!job) {
		arc_pack_stream_drain(&packer->stream);
		if (part->is_last)
			arc_large_free(part->large);
		return ax_fail(err, ENOMEM, "%s: no memory", packer->path);
	}
	*job = *part;
	return arc_pack_stream_give(&packer->stream, job, err);
}

/* Takes large. It goes with its last part, or here. */
static int give_parts(struct packer *packer, struct arc_large *large, struct ax_error *err)
{
	uint64_t stored = packer->members[large->member].stored;
	struct arc_pack_job part = { .large = large };

	do {
		part.end = part_end(large->planar, part.begin, stored);
		part.is_last = part.end == stored;
		if (give_part(packer, &part, err) < 0) {
			if (!part.is_last)
				arc_large_free(large);
			return -1;
		}
		part.begin = part.end;
		part.part++;
	} while (part.begin < stored);
	packer->stream.tar += stored;
	return 0;
}

/* Find out how a file is stored. *planar is the caller's. */
static int examine(struct packer *packer, size_t i, struct arc_planar **planar,
	struct ax_error *err)
{
	struct arc_member *member = &packer->members[i];
	struct arc_kind kind = { .planar = NULL };
	int fd = arc_pack_open(&packer->shared, i, err);

	if (fd < 0)
		return -1;
	int status = arc_kind_of_file(packer->header, fd, member->size, member->path.ptr, &kind,
		err);
	if (status == 0 && kind.is_safetensors) {
		member->flags |= ARC_SAFETENSORS;
		member->layout = kind.layout;
	}
	off_t hole = status == 0 ? lseek(fd, 0, SEEK_HOLE) : -1;
	if (hole >= 0 && (uint64_t)hole < member->size)
		status = arc_find_extents(fd, member, &packer->arena, err);
	close(fd);
	if (status < 0 || packer->plain || (member->flags & ARC_SPARSE)) {
		arc_planar_free(kind.planar);
		kind.planar = NULL;
	}
	if (kind.planar)
		member->flags |= ARC_PLANAR;
	*planar = kind.planar;
	return status;
}

static int new_large(size_t member, struct arc_planar *planar, struct arc_large **out,
	struct ax_error *err)
{
	struct arc_large *large = calloc(1, sizeof(*large));

	if (large)
		*large = (struct arc_large){ .member = member,
			.planar = planar,
			.digests = arc_digests_new(ARC_DIGESTS_BOTH) };
	if (!large || !large->digests) {
		if (large)
			arc_large_free(large);
		else
			arc_planar_free(planar);
		return ax_fail(err, ENOMEM, "no memory for packing");
	}
	*out = large;
	return 0;
}

/* Takes planar. */
static int lay_out_large(struct packer *packer, size_t i, struct arc_planar *planar,
	struct ax_error *err)
{
	struct arc_member *member = &packer->members[i];
	struct arc_large *large = NULL;

	if (new_large(i, planar, &large, err) < 0)
		return -1;
	if (append_header(packer, member, err) < 0 ||
		arc_pack_stream_close_group(&packer->stream, err) < 0) {
		arc_large_free(large);
		return -1;
	}
	if (give_parts(packer, large, err) < 0)
		return -1;
	return arc_pack_stream_zeros(&packer->stream, arc_tar_padding(member->stored), err);
}

/* ---- members */

static void label(struct packer *packer, struct arc_member *member)
{
	const struct arc_pack_options *options = packer->options;

	while (packer->n_labels_seen < options->n_labels) {
		const struct arc_label *label = &options->labels[packer->n_labels_seen];
		int order = ax_str_compare(label->path, member->path);
		if (order == 0)
			member->class = label->class;
		if (order >= 0)
			return;
		packer->n_labels_seen++;
	}
}

/* Of a copy: its content is that of another file, its holes are not. */
static int find_own_holes(struct packer *packer, size_t i, struct ax_error *err)
{
	struct arc_member *member = &packer->members[i];

	if (packer->shared.sources[i - N_ABOUT].blocks >= member->size)
		return 0;
	int fd = arc_pack_open(&packer->shared, i, err);
	if (fd < 0)
		return -1;
	int status = arc_find_extents(fd, member, &packer->arena, err);
	close(fd);
	member->stored = 0;
	return status;
}

static int lay_out_file(struct packer *packer, size_t i, struct ax_error *err)
{
	struct arc_member *member = &packer->members[i];
	struct arc_planar *planar = NULL;
	const unsigned special = ARC_PLANAR | ARC_SPARSE;

	label(packer, member);
	if (member->flags & ARC_COPY) {
		packer->report->copies++;
		if (find_own_holes(packer, i, err) < 0)
			return -1;
		return append_header(packer, member, err);
	}
	member->stored = member->size;
	if (member->size >= LARGE_PLANAR && examine(packer, i, &planar, err) < 0)
		return -1;
	if (planar)
		packer->report->planar++;
	if (member->size >= LARGE || (member->flags & special))
		return lay_out_large(packer, i, planar, err);
	arc_planar_free(planar);
	if (append_header(packer, member, err) < 0 ||
		arc_pack_stream_small(&packer->stream, i, (size_t)member->size, err) < 0)
		return -1;
	return arc_pack_stream_zeros(&packer->stream, arc_tar_padding(member->stored), err);
}

static int lay_out_members(struct packer *packer, struct ax_error *err)
{
	for (size_t i = N_ABOUT; i < packer->n; i++) {
		struct arc_member *member = &packer->members[i];
		int status = member->type == ARC_FILE ? lay_out_file(packer, i, err)
						      : append_header(packer, member, err);
		if (status < 0)
			return -1;
		if (arc_pack_stream_close_full(&packer->stream, err) < 0)
			return -1;
	}
	return arc_pack_stream_zeros(&packer->stream, 2 * ARC_TAR_BLOCK, err);
}

/* ---- what is about the archive */

static int describe(struct packer *packer, struct ax_error *err)
{
	static const char *const names[N_ABOUT] = { "", "/README", "/MANIFEST", "/unplanar.c",
		"/unplanar.pl" };
	const struct arc_member *root = &packer->tree->members[0];

	for (size_t i = 0; i < N_ABOUT; i++) {
		struct ax_buf path = { 0 };
		ax_buf_append_str(&path, root->path);
		ax_buf_append_text(&path, ".artidx");
		ax_buf_append_text(&path, names[i]);
		char *copy =
			path.failed ? NULL : ax_arena_copy(&packer->arena, ax_buf_str(&path));
		packer->members[i] = (struct arc_member){
			.path = ax_str(copy, path.len),
			.type = i == ABOUT_DIR ? ARC_DIR : ARC_FILE,
			.flags = ARC_ABOUT,
			.mode = i == ABOUT_DIR ? 0755 : 0644,
			.uid = root->uid,
			.gid = root->gid,
			.mtime = root->mtime,
		};
		ax_buf_free(&path);
		if (!copy)
			return ax_fail(err, ENOMEM, "%s: no memory", packer->path);
	}
	return 0;
}

static void digest(struct packer *packer, struct arc_member *member, struct ax_str content)
{
	arc_sha256_update(packer->sha256, content.ptr, content.len);
	member->sha256 = arc_sha256_finish(packer->sha256);
	member->xxh3 = ax_hash128(content.ptr, content.len);
}

static int lay_out_text(struct packer *packer, enum about which, struct ax_str content,
	struct ax_error *err)
{
	struct arc_member *member = &packer->members[which];

	member->size = member->stored = content.len;
	digest(packer, member, content);
	if (append_header(packer, member, err) < 0 ||
		arc_pack_stream_bytes(&packer->stream, content.ptr, content.len, err) < 0)
		return -1;
	return arc_pack_stream_zeros(&packer->stream, arc_tar_padding(content.len), err);
}

static int lay_out_readme(struct packer *packer, struct ax_error *err)
{
	struct ax_buf readme = { 0 };

	arc_append_readme(&readme, packer->tree->members[0].path);
	int status = ax_buf_check(&readme, packer->path, err);
	if (status == 0)
		status = lay_out_text(packer, ABOUT_README, ax_buf_str(&readme), err);
	ax_buf_free(&readme);
	return status;
}

/* What is known of a file when it was read is true of its copies. */
static void complete_copies(struct packer *packer)
{
	struct arc_index index = index_of(packer);

	for (size_t i = N_ABOUT; i < packer->n; i++) {
		struct arc_member *member = &packer->members[i];
		const struct arc_member *stored = arc_index_stored(&index, member);
		if (stored == member)
			continue;
		member->flags |= stored->flags & ARC_SAFETENSORS;
		member->sha256 = stored->sha256;
		member->xxh3 = stored->xxh3;
		member->layout = stored->layout;
	}
}

/* Noise, but always the same: see arc_pack_manifest(). What is read later takes its place. */
static void stand_in_for_digests(struct packer *packer)
{
	for (size_t i = N_ABOUT; i < packer->n; i++) {
		struct arc_member *member = &packer->members[i];
		struct ax_digest half = ax_hash128(member->path.ptr, member->path.len);
		member->xxh3 = half;
		for (size_t k = 0; k < 2; k++) {
			half = ax_hash128(half.bytes, sizeof(half.bytes));
			memcpy(member->sha256.bytes + k * sizeof(half.bytes), half.bytes,
				sizeof(half.bytes));
		}
	}
	complete_copies(packer);
}

/* Its digests are known at the end: until then it has others. */
static int lay_out_manifest(struct packer *packer, struct ax_error *err)
{
	struct arc_member *member = &packer->members[ABOUT_MANIFEST];
	struct arc_pack_job *job = calloc(1, sizeof(*job));

	if (!job)
		return ax_fail(err, ENOMEM, "%s: no memory", packer->path);
	job->is_manifest = true;
	stand_in_for_digests(packer);
	arc_append_manifest(&job->content, packer->members + N_ABOUT, packer->n - N_ABOUT);
	member->size = member->stored = job->content.len;
	if (ax_buf_check(&job->content, packer->path, err) < 0 ||
		append_header(packer, member, err) < 0 ||
		arc_pack_stream_close_group(&packer->stream, err) < 0) {
		arc_pack_job_free(job);
		return -1;
	}
	if (arc_pack_stream_give(&packer->stream, job, err) < 0)
		return -1;
	packer->stream.tar += member->size;
	return arc_pack_stream_zeros(&packer->stream, arc_tar_padding(member->size), err);
}

static int lay_out_about(struct packer *packer, struct ax_error *err)
{
	struct ax_str c = ax_str((const char *)arc_unplanar_c_text, arc_unplanar_c_length);
	struct ax_str perl = ax_str((const char *)arc_unplanar_pl_text, arc_unplanar_pl_length);

	if (append_header(packer, &packer->members[ABOUT_DIR], err) < 0 ||
		lay_out_readme(packer, err) < 0 || lay_out_manifest(packer, err) < 0 ||
		lay_out_text(packer, ABOUT_C, c, err) < 0)
		return -1;
	return lay_out_text(packer, ABOUT_PERL, perl, err);
}

/* Frames of the MANIFEST have other lengths now, all together the same. */
static void replace_sizes(struct arc_pack_stream *stream, const struct arc_pack_job *job)
{
	uint64_t *at = stream->frames.at + stream->manifest_frame;

	for (size_t i = 0; i < job->n_sizes; i++)
		at[i + 1] = at[i] + job->sizes[i].size;
}

static int complete_manifest(struct packer *packer, struct ax_error *err)
{
	struct arc_pack_stream *stream = &packer->stream;
	struct arc_pack_job job = { .is_manifest = true };
	uint64_t at = stream->frames.at[stream->manifest_frame];
	size_t place = (size_t)(stream->frames.at[stream->manifest_end] - at);
	int status = -1;

	arc_append_manifest(&job.content, packer->members + N_ABOUT, packer->n - N_ABOUT);
	if (ax_buf_check(&job.content, packer->path, err) < 0 ||
		arc_pack_manifest(&job, packer->encoder, place, err) < 0)
		goto out;
	replace_sizes(stream, &job);
	digest(packer, &packer->members[ABOUT_MANIFEST], ax_buf_str(&job.content));
	status = ax_pwrite_full(packer->fd, job.frames.data, job.frames.len, (off_t)at,
		packer->path, err);
out:
	ax_buf_free(&job.content);
	ax_buf_free(&job.frames);
	free(job.sizes);
	return status;
}

static int append_index(struct packer *packer, struct ax_error *err)
{
	struct arc_index index = index_of(packer);
	struct ax_buf end = { 0 };
	uint64_t at = packer->stream.frames.at[packer->stream.frames.n];
	int status = -1;

	if (arc_index_append(&end, &index, err) < 0 ||
		arc_frames_add(&packer->stream.frames, end.len, 0, err) < 0 ||
		arc_frames_append_table(&packer->stream.frames, &end, err) < 0)
		goto out;
	if (ax_pwrite_full(packer->fd, end.data, end.len, (off_t)at, packer->path, err) < 0)
		goto out;
	packer->report->stored_bytes = at + end.len;
	status = 0;
out:
	ax_buf_free(&end);
	return status;
}

/* ---- the whole */

/*
 * Where a file is named as planar members are, who decodes by hand would take it for one; and where
 * a name has no room for the suffix, tar could not make the file.
 */
static bool is_at_odds_with_suffix(const struct arc_member *member)
{
	static const struct ax_str suffix = AX_STR_INIT(ARC_PLANAR_SUFFIX);

	if (ax_str_ends(member->path, suffix))
		return true;
	return (member->type == ARC_FILE || member->type == ARC_HARD_LINK) &&
	       (member->path.len + suffix.len >= PATH_MAX ||
		       ax_path_name(member->path).len + suffix.len > NAME_MAX);
}

static bool needs_plain(const struct arc_tree *tree)
{
	for (size_t i = 0; i < tree->n; i++) {
		if (is_at_odds_with_suffix(&tree->members[i]))
			return true;
	}
	return false;
}

static int set_up(struct packer *packer, struct ax_error *err)
{
	const struct arc_tree *tree = packer->tree;
	uint64_t total = 0;

	packer->threads = arc_crew_threads(packer->options->threads, THREADS_MAX);
	packer->plain = packer->options->plain || needs_plain(tree);
	packer->n = N_ABOUT + tree->n;
	packer->members = ax_arena_alloc(&packer->arena, packer->n * sizeof(*packer->members));
	packer->shared = (struct arc_pack_shared){
		.opener = tree->opener,
		.members = packer->members,
		.sources = tree->sources,
		.n_about = N_ABOUT,
		.scratches = ax_arena_alloc(&packer->arena,
			packer->threads * sizeof(struct arc_pack_scratch *)),
	};
	if (!packer->members || !packer->shared.scratches)
		return ax_fail(err, ENOMEM, "%s: no memory for %zu members", packer->path,
			packer->n);
	memcpy(packer->members + N_ABOUT, tree->members, tree->n * sizeof(*tree->members));
	for (size_t i = 0; i < tree->n; i++)
		total += tree->members[i].size;
	if (packer->options->progress)
		atomic_store(&packer->options->progress->total, total);
	for (unsigned i = 0; i < packer->threads; i++) {
		if (arc_pack_scratch_new(&packer->shared.scratches[i], err) < 0)
			return -1;
	}
	if (sft_header_new(NULL, &packer->header, err) < 0 ||
		arc_encoder_new(&packer->encoder, err) < 0 ||
		arc_tar_writer_new(&packer->tar_writer, err) < 0)
		return -1;
	packer->sha256 = arc_sha256_new();
	if (!packer->sha256)
		return ax_fail(err, ENOMEM, "%s: no memory", packer->path);
	return describe(packer, err);
}

static int run(struct packer *packer, struct ax_error *err)
{
	if (arc_pack_find_copies(&packer->shared, packer->n, packer->options->progress, err) <
			0 ||
		lay_out_about(packer, err) < 0 || lay_out_members(packer, err) < 0 ||
		arc_pack_stream_finish(&packer->stream, err) < 0)
		return -1;
	complete_copies(packer);
	if (complete_manifest(packer, err) < 0)
		return -1;
	return append_index(packer, err);
}

/* Jobs that are under way are waited for. */
static void tear_down(struct packer *packer)
{
	arc_pack_stream_free(&packer->stream);
	for (unsigned i = 0; packer->shared.scratches && i < packer->threads; i++)
		arc_pack_scratch_free(packer->shared.scratches[i]);
	sft_header_free(packer->header);
	arc_encoder_free(packer->encoder);
	arc_tar_writer_free(packer->tar_writer);
	arc_sha256_free(packer->sha256);
	ax_arena_free(&packer->arena);
}

int arc_pack(const struct arc_tree *tree, int fd, const char *path,
	const struct arc_pack_options *options, struct arc_pack_report *report,
	struct ax_error *err)
{
	struct arc_pack_report done = { .members = tree->n, .sum = arc_tree_sum(tree) };
	struct packer packer = {
		.tree = tree,
		.options = options,
		.report = &done,
		.fd = fd,
		.path = path,
		.stream = { .path = path, .progress = options->progress },
	};
	struct arc_work work;
	int status = set_up(&packer, err);

	if (status == 0) {
		work = (struct arc_work){
			.threads = packer.threads,
			.window = 2 * packer.threads + 4,
			.context = &packer.shared,
			.work = arc_pack_work,
		};
		status = arc_pack_stream_open(&packer.stream, fd, &work, err);
	}
	if (status == 0)
		status = run(&packer, err);
	tear_down(&packer);
	if (status == 0)
		*report = done;
	return status;
}
