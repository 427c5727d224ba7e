#include "archive/pack_internal.h"

#include "archive/opener.h"
#include "base/file.h"
#include "safetensors/header.h"
#include "safetensors/identify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	SMALL_PLANE = 16 * 1024, /* a plane below that is not worth a frame of its own */
	MANIFEST_SPARE = 128,    /* bytes by which other digests may compress worse, */
	MANIFEST_SHARE = 64,     /* and of all its frames this part; chance takes far less */
};

struct arc_pack_scratch {
	struct arc_encoder *encoder;
	struct arc_sha256_hasher *sha256;
	struct sft_header *header;
	unsigned char *original, *planes; /* ARC_FRAME_LIMIT bytes each */
	size_t *cuts;
	size_t n_cuts, cuts_capacity;
};

int arc_pack_scratch_new(struct arc_pack_scratch **out, struct ax_error *err)
{
	struct arc_pack_scratch *scratch = calloc(1, sizeof(*scratch));

	if (!scratch)
		return ax_fail(err, ENOMEM, "no memory for packing");
	scratch->sha256 = arc_sha256_new();
	scratch->original = malloc(ARC_FRAME_LIMIT);
	scratch->planes = malloc(ARC_FRAME_LIMIT);
	if (!scratch->sha256 || !scratch->original || !scratch->planes) {
		ax_fail(err, ENOMEM, "no memory for packing");
		goto out;
	}
	if (sft_header_new(NULL, &scratch->header, err) < 0 ||
		arc_encoder_new(&scratch->encoder, err) < 0)
		goto out;
	*out = scratch;
	return 0;
out:
	arc_pack_scratch_free(scratch);
	return -1;
}

void arc_pack_scratch_free(struct arc_pack_scratch *scratch)
{
	if (!scratch)
		return;
	arc_encoder_free(scratch->encoder);
	arc_sha256_free(scratch->sha256);
	sft_header_free(scratch->header);
	free(scratch->original);
	free(scratch->planes);
	free(scratch->cuts);
	free(scratch);
}

void arc_large_free(struct arc_large *large)
{
	if (!large)
		return;
	arc_planar_free(large->planar);
	arc_digests_free(large->digests);
	free(large);
}

void arc_pack_job_free(struct arc_pack_job *job)
{
	if (!job)
		return;
	if (job->is_last)
		arc_large_free(job->large);
	ax_buf_free(&job->content);
	ax_buf_free(&job->frames);
	free(job->smalls);
	free(job->sizes);
	free(job);
}

static int add_size(struct arc_pack_job *job, size_t size, size_t content, struct ax_error *err)
{
	if (job->n_sizes == job->sizes_capacity) {
		size_t capacity = 2 * job->sizes_capacity + 4;
		void *grown = reallocarray(job->sizes, capacity, sizeof(*job->sizes));
		if (!grown)
			return ax_fail(err, ENOMEM, "no memory for frames");
		job->sizes = grown;
		job->sizes_capacity = capacity;
	}
	job->sizes[job->n_sizes++] =
		(struct arc_frame_size){ .size = size, .content = content };
	return 0;
}

static int add_frame(struct arc_pack_job *job, struct arc_encoder *encoder,
	const struct arc_frame *frame, struct ax_error *err)
{
	size_t before = job->frames.len;

	if (arc_encode(encoder, frame, &job->frames, err) < 0)
		return -1;
	return add_size(job, job->frames.len - before, frame->content.len, err);
}

/* ---- originals */

static int changed(const struct arc_member *member, struct ax_error *err)
{
	return ax_fail(err, AX_EREFUSED, "%.*s: changed while it was being packed",
		AX_STR_ARG(member->path));
}

int arc_pack_check(const struct arc_pack_shared *shared, size_t i, int fd, struct ax_error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return ax_fail_errno(err, "%.*s", AX_STR_ARG(shared->members[i].path));
	if (!arc_source_same(&shared->sources[i - shared->n_about], &st))
		return changed(&shared->members[i], err);
	return 0;
}

int arc_pack_open(const struct arc_pack_shared *shared, size_t i, struct ax_error *err)
{
	const struct arc_member *member = &shared->members[i];
	int fd = arc_opener_open(shared->opener, member->path, O_RDONLY | O_NONBLOCK, 0);

	if (fd < 0)
		return ax_fail_errno(err, "%.*s", AX_STR_ARG(member->path));
	if (arc_pack_check(shared, i, fd, err) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Paths of a tree are NUL-terminated. */
int arc_pack_read(const struct arc_member *member, int fd, void *bytes, size_t size,
	uint64_t offset, struct ax_error *err)
{
	struct ax_error failure = { 0 };

	if (ax_pread_full(fd, bytes, size, (off_t)offset, member->path.ptr, &failure) == 0)
		return 0;
	if (failure.code == AX_ECORRUPT)
		return changed(member, err);
	*err = failure;
	return -1;
}

/* ---- groups */

static int pack_small(struct arc_pack_shared *shared, struct arc_pack_scratch *scratch,
	struct arc_pack_job *job, const struct arc_small *small, struct ax_error *err)
{
	struct arc_member *member = &shared->members[small->member];
	char *bytes = job->content.data + small->at;
	size_t size = (size_t)member->size;
	struct sft_problem problem;
	int fd = arc_pack_open(shared, small->member, err);

	if (fd < 0)
		return -1;
	int status = arc_pack_read(member, fd, bytes, size, 0, err);
	if (status == 0)
		status = arc_pack_check(shared, small->member, fd, err);
	close(fd);
	if (status < 0)
		return -1;
	arc_sha256_update(scratch->sha256, bytes, size);
	member->sha256 = arc_sha256_finish(scratch->sha256);
	member->xxh3 = ax_hash128(bytes, size);
	job->bytes += size;
	struct ax_str start =
		ax_str(bytes, size < SFT_IDENTIFY_BYTES ? size : SFT_IDENTIFY_BYTES);
	if (sft_identify(start, size) != SFT_KIND_HEADER)
		return 0;
	uint64_t length = 0;
	for (unsigned i = 0; i < sizeof(length) && i < size; i++)
		length |= (uint64_t)(unsigned char)bytes[i] << 8 * i;
	if (length > size - sizeof(length))
		return 0;
	int valid = sft_header_parse(scratch->header,
		ax_str(bytes + sizeof(length), (size_t)length), size, &problem, err);
	if (valid > 0) {
		member->flags |= ARC_SAFETENSORS;
		member->layout = sft_layout_digest(sft_header_layout(scratch->header));
	}
	return valid < 0 ? -1 : 0;
}

static int pack_group(struct arc_pack_shared *shared, struct arc_pack_scratch *scratch,
	struct arc_pack_job *job, struct ax_error *err)
{
	for (size_t i = 0; i < job->n_smalls; i++) {
		if (pack_small(shared, scratch, job, &job->smalls[i], err) < 0)
			return -1;
	}
	struct arc_frame frame = {
		.coding = ARC_CODE_MATCHES,
		.content = ax_buf_str(&job->content),
	};
	return add_frame(job, scratch->encoder, &frame, err);
}

/* ---- parts of large members */

static int read_part(const struct arc_pack_shared *shared, const struct arc_pack_job *job,
	unsigned char *out, struct ax_error *err)
{
	const struct arc_member *member = &shared->members[job->large->member];
	int fd = arc_pack_open(shared, job->large->member, err);
	int status = 0;

	if (fd < 0)
		return -1;
	for (uint64_t at = job->begin; at < job->end && status == 0;) {
		struct arc_extent run = arc_member_run(member, at, job->end - at);
		status = arc_pack_read(member, fd, out + (at - job->begin), (size_t)run.length,
			run.offset, err);
		at += run.length;
	}
	if (status == 0)
		status = arc_pack_check(shared, job->large->member, fd, err);
	close(fd);
	return status;
}

/* In turn, also when there is nothing to add: others wait for it. */
static void digest_part(const struct arc_pack_shared *shared, struct arc_pack_job *job,
	const unsigned char *original, bool is_read)
{
	struct arc_member *member = &shared->members[job->large->member];
	struct arc_digests *digests = job->large->digests;

	arc_digests_enter(digests, job->part);
	for (uint64_t at = job->begin; is_read && at < job->end;) {
		struct arc_extent run = arc_member_run(member, at, job->end - at);
		arc_digests_add_zeros(digests, run.offset - arc_digests_length(digests));
		arc_digests_add(digests, original + (at - job->begin), (size_t)run.length);
		at += run.length;
	}
	if (is_read && job->is_last) {
		arc_digests_add_zeros(digests, member->size - arc_digests_length(digests));
		arc_digests_finish(digests, &member->sha256, &member->xxh3);
	}
	arc_digests_leave(digests);
	job->bytes = job->end - job->begin;
}

static int add_cut(struct arc_pack_scratch *scratch, size_t at, struct ax_error *err)
{
	if (scratch->n_cuts == scratch->cuts_capacity) {
		size_t capacity = 2 * scratch->cuts_capacity + 64;
		void *grown = reallocarray(scratch->cuts, capacity, sizeof(*scratch->cuts));
		if (!grown)
			return ax_fail(err, ENOMEM, "no memory for frames");
		scratch->cuts = grown;
		scratch->cuts_capacity = capacity;
	}
	scratch->cuts[scratch->n_cuts++] = at;
	return 0;
}

/* A run of planes that are coded alike, and become one frame. */
struct run {
	size_t begin, end;
	enum arc_coding coding;
};

static int flush(struct arc_pack_scratch *scratch, struct arc_pack_job *job, struct run *run,
	struct ax_error *err)
{
	struct arc_frame frame = {
		.coding = run->coding,
		.content = ax_str((const char *)scratch->planes + run->begin,
			run->end - run->begin),
		.cuts = scratch->cuts,
		.n_cuts = scratch->n_cuts,
	};

	scratch->n_cuts = 0;
	run->begin = run->end;
	return frame.content.len ? add_frame(job, scratch->encoder, &frame, err) : 0;
}

static int add_plane(struct arc_pack_scratch *scratch, struct arc_pack_job *job,
	struct run *run, size_t end, enum arc_coding coding, struct ax_error *err)
{
	if (coding != run->coding && flush(scratch, job, run, err) < 0)
		return -1;
	if (coding == run->coding && run->end > run->begin &&
		add_cut(scratch, run->end - run->begin, err) < 0)
		return -1;
	run->coding = coding;
	run->end = end;
	return 0;
}

static enum arc_coding coding_of(const struct arc_piece *piece, const unsigned char *bytes,
	size_t size)
{
	if (piece->begin == 0)
		return ARC_CODE_MATCHES; /* the header */
	if (size < SMALL_PLANE)
		return ARC_CODE_LITERALS;
	return piece->width ? arc_coding_of_plane(bytes, size)
			    : arc_coding_of_bytes(bytes, size);
}

static int pack_planes(struct arc_pack_scratch *scratch, struct arc_pack_job *job,
	struct ax_error *err)
{
	struct run run = { .coding = ARC_CODE_LITERALS };

	scratch->n_cuts = 0;
	for (uint64_t at = job->begin; at < job->end;) {
		struct arc_piece piece = arc_planar_piece(job->large->planar, at);
		size_t offset = (size_t)(at - job->begin);
		size_t size = (size_t)((piece.end < job->end ? piece.end : job->end) - at);
		size_t planes = piece.width ? piece.width : 1;
		arc_planes_split(scratch->original + offset, size, piece.width,
			scratch->planes + offset);
		for (size_t i = 0; i < planes; i++) {
			size_t begin = offset + i * (size / planes), length = size / planes;
			if (add_plane(scratch, job, &run, begin + length,
				    coding_of(&piece, scratch->planes + begin, length),
				    err) < 0)
				return -1;
		}
		at += size;
	}
	return flush(scratch, job, &run, err);
}

static int pack_part(struct arc_pack_shared *shared, struct arc_pack_scratch *scratch,
	struct arc_pack_job *job, struct ax_error *err)
{
	size_t size = (size_t)(job->end - job->begin);
	int status = read_part(shared, job, scratch->original, err);

	digest_part(shared, job, scratch->original, status == 0);
	if (status < 0 || !size)
		return status;
	if (job->large->planar)
		return pack_planes(scratch, job, err);
	struct arc_frame frame = {
		.coding = arc_coding_of_bytes(scratch->original, size),
		.content = ax_str((const char *)scratch->original, size),
	};
	return add_frame(job, scratch->encoder, &frame, err);
}

/* What takes the rest of the place. */
static int add_filler(struct arc_pack_job *job, size_t place, struct ax_error *err)
{
	size_t size = place - job->frames.len;

	if (place < job->frames.len + ARC_FILLER_MIN)
		return ax_fail(err, EIO, "no room for the digests of MANIFEST");
	arc_append_filler(&job->frames, size);
	return add_size(job, size, 0, err);
}

int arc_pack_manifest(struct arc_pack_job *job, struct arc_encoder *encoder, size_t place,
	struct ax_error *err)
{
	struct ax_str rest = ax_buf_str(&job->content);

	while (rest.len) {
		struct arc_frame frame = {
			.coding = ARC_CODE_MATCHES,
			.content = ax_str_slice(rest, 0, ARC_FRAME_LIMIT),
		};
		if (add_frame(job, encoder, &frame, err) < 0)
			return -1;
		rest = ax_str_slice(rest, frame.content.len, SIZE_MAX);
	}
	if (!place)
		place = job->frames.len + MANIFEST_SPARE + job->frames.len / MANIFEST_SHARE;
	return add_filler(job, place, err);
}

void arc_pack_work(void *context, unsigned worker, void *argument)
{
	struct arc_pack_shared *shared = context;
	struct arc_pack_scratch *scratch = shared->scratches[worker];
	struct arc_pack_job *job = argument;

	if (job->large)
		pack_part(shared, scratch, job, &job->error);
	else if (job->is_manifest)
		arc_pack_manifest(job, scratch->encoder, 0, &job->error);
	else
		pack_group(shared, scratch, job, &job->error);
}
