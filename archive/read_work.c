#include "archive/read_internal.h"

#include "archive/extents.h"
#include "archive/frame.h"
#include "base/buf.h"

#include <errno.h>
#include <stdlib.h>

struct arc_read_scratch {
	struct arc_decoder *decoder;
	struct arc_digests *digests;       /* of a member that is in one part */
	unsigned char *content, *original; /* ARC_READ_LIMIT bytes each */
	struct arc_pages pages;
	struct ax_buf bad; /* a byte a frame of the job: it could not be decoded */
};

int arc_read_scratch_new(enum arc_digests_kind digests, struct arc_read_scratch **out,
	struct ax_error *err)
{
	struct arc_read_scratch *scratch = calloc(1, sizeof(*scratch));

	if (!scratch)
		return ax_fail(err, ENOMEM, "no memory for reading");
	scratch->content = malloc(ARC_READ_LIMIT);
	scratch->original = malloc(ARC_READ_LIMIT);
	scratch->digests = arc_digests_new(digests);
	if (!scratch->content || !scratch->original || !scratch->digests)
		ax_fail(err, ENOMEM, "no memory for reading");
	else if (arc_decoder_new(&scratch->decoder, err) == 0) {
		*out = scratch;
		return 0;
	}
	arc_read_scratch_free(scratch);
	return -1;
}

void arc_read_scratch_free(struct arc_read_scratch *scratch)
{
	if (!scratch)
		return;
	arc_decoder_free(scratch->decoder);
	arc_digests_free(scratch->digests);
	free(scratch->content);
	free(scratch->original);
	arc_pages_free(&scratch->pages);
	ax_buf_free(&scratch->bad);
	free(scratch);
}

void arc_read_large_free(struct arc_read_large *large)
{
	if (!large)
		return;
	arc_planar_free(large->planar);
	arc_digests_free(large->digests);
	free(large);
}

void arc_read_job_free(struct arc_read_job *job)
{
	if (!job)
		return;
	for (size_t i = 0; i < job->n_parts; i++) {
		if (!job->parts[i].large)
			arc_planar_free(job->parts[i].planar);
	}
	arc_read_large_free(job->done);
	free(job->parts);
	free(job->results);
	free(job->bad_copies);
	free(job);
}

/* ---- frames */

/* Decode what can be decoded, and note what cannot. */
static void decode(const struct arc_archive *archive, struct arc_read_scratch *scratch,
	struct ax_str fetched, struct arc_read_job *job)
{
	const struct arc_frames *frames = &archive->frames;

	ax_buf_clear(&scratch->bad);
	for (size_t i = job->first; i <= job->last; i++) {
		struct ax_str frame =
			ax_str(fetched.ptr + (frames->at[i] - frames->at[job->first]),
				(size_t)(frames->at[i + 1] - frames->at[i]));
		size_t length = (size_t)(frames->tar[i + 1] - frames->tar[i]);
		struct ax_error failure = { 0 };
		bool bad = length && arc_decode(scratch->decoder, frame,
					     scratch->content +
						     (frames->tar[i] - frames->tar[job->first]),
					     length, &failure) < 0;
		ax_buf_append_byte(&scratch->bad, bad);
		if (!bad)
			continue;
		if (!job->damage.code) {
			job->damage = failure;
			job->first_bad = i;
		}
		job->last_bad = i;
	}
}

static bool is_whole(const struct arc_archive *archive, const struct arc_read_scratch *scratch,
	const struct arc_read_job *job, const struct arc_read_part *part)
{
	const struct arc_frames *frames = &archive->frames;
	uint64_t at = archive->index.members[part->member].data_at;

	for (size_t i = job->first; i <= job->last && part->begin < part->end; i++) {
		if (frames->tar[i] < at + part->end && at + part->begin < frames->tar[i + 1] &&
			scratch->bad.data[i - job->first])
			return false;
	}
	return true;
}

/* ---- parts */

/* Bytes for a copy that has holes of its own: what falls into them is left out, if it is zeros. */
static int put_around_holes(const struct arc_read_shared *shared, size_t to, uint64_t offset,
	struct ax_str bytes, struct ax_error *err)
{
	const struct arc_member *copy = &shared->archive->index.members[to];
	size_t i = arc_member_extent_behind(copy, offset);

	while (bytes.len) {
		bool is_hole = i == copy->n_extents || copy->extents[i].offset > offset;
		uint64_t end = i == copy->n_extents ? copy->size : copy->extents[i].offset;
		if (!is_hole)
			end += copy->extents[i++].length;
		struct ax_str piece = ax_str_slice(bytes, 0, (size_t)(end - offset));
		if (is_hole && !arc_is_zeros(piece.ptr, piece.len))
			return ax_fail(err, AX_ECORRUPT,
				"its holes are not those of its content");
		if (!is_hole &&
			shared->sink->put(shared->sink->context, to, offset, piece, err) < 0)
			return -1;
		bytes = ax_str_slice(bytes, piece.len, SIZE_MAX);
		offset += piece.len;
	}
	return 0;
}

static int put(const struct arc_read_shared *shared, const struct arc_read_part *part,
	size_t to, const unsigned char *bytes, struct ax_error *err)
{
	const struct arc_member *members = shared->archive->index.members;
	const unsigned sparse_copy = ARC_COPY | ARC_SPARSE;
	bool around_holes = (members[to].flags & sparse_copy) == sparse_copy;

	for (uint64_t at = part->begin; at < part->end;) {
		struct arc_extent run =
			arc_member_run(&members[part->member], at, part->end - at);
		struct ax_str piece =
			ax_str((const char *)bytes + (at - part->begin), (size_t)run.length);
		int status = around_holes ? put_around_holes(shared, to, run.offset, piece, err)
					  : shared->sink->put(shared->sink->context, to,
						    run.offset, piece, err);
		if (status < 0)
			return -1;
		at += run.length;
	}
	return 0;
}

static void blame_copy(struct arc_read_job *job, size_t copy, const struct ax_error *damage)
{
	void *grown =
		reallocarray(job->bad_copies, job->n_bad_copies + 1, sizeof(*job->bad_copies));

	if (!grown) {
		ax_fail(&job->failure, ENOMEM, "no memory for reading");
		return;
	}
	job->bad_copies = grown;
	job->bad_copies[job->n_bad_copies++] = (struct arc_read_result){
		.member = copy,
		.damage = *damage,
	};
}

/* Give the bytes to the member and to its copies, as far as they are wanted. */
static void put_all(const struct arc_read_shared *shared, struct arc_read_job *job,
	const struct arc_read_part *part, const unsigned char *bytes,
	struct arc_read_result *result)
{
	struct ax_error failure;

	if (!shared->sink)
		return;
	if ((!shared->wanted || shared->wanted[part->member]) &&
		put(shared, part, part->member, bytes, &result->damage) < 0 &&
		result->damage.code != AX_ECORRUPT)
		job->failure = result->damage;
	for (size_t copy = part->member; (copy = shared->next_copy[copy]) != 0;) {
		if (put(shared, part, copy, bytes, &failure) == 0)
			continue;
		if (failure.code == AX_ECORRUPT)
			blame_copy(job, copy, &failure);
		else
			job->failure = failure;
	}
}

static void digest(const struct arc_member *member, const struct arc_read_part *part,
	struct arc_digests *digests, const unsigned char *bytes)
{
	for (uint64_t at = part->begin; at < part->end;) {
		struct arc_extent run = arc_member_run(member, at, part->end - at);
		arc_digests_add_zeros(digests, run.offset - arc_digests_length(digests));
		arc_digests_add(digests, bytes + (at - part->begin), (size_t)run.length);
		at += run.length;
	}
}

static void compare(const struct arc_member *member, struct arc_digests *digests,
	struct arc_read_result *result)
{
	struct arc_sha256 sha256 =
		member->sha256; /* stays so where only XXH3-128 is compared */
	struct ax_digest xxh3;

	arc_digests_add_zeros(digests, member->size - arc_digests_length(digests));
	arc_digests_finish(digests, &sha256, &xxh3);
	if (memcmp(&sha256, &member->sha256, sizeof(sha256)) != 0 ||
		memcmp(&xxh3, &member->xxh3, sizeof(xxh3)) != 0)
		ax_fail(&result->damage, AX_ECORRUPT,
			"its content is not what was packed: digests differ");
}

/* Every part takes its turn, whatever became of it. */
static void finish_part(const struct arc_read_shared *shared, struct arc_read_scratch *scratch,
	const struct arc_read_part *part, const unsigned char *bytes,
	struct arc_read_result *result)
{
	const struct arc_member *member = &shared->archive->index.members[part->member];
	struct arc_read_large *large = part->large;
	struct arc_digests *digests = large ? large->digests : scratch->digests;
	bool is_last = part->end == member->stored;

	if (large) {
		arc_digests_enter(digests, part->number);
		if (result->damage.code)
			atomic_store(&large->bad, true);
	} else {
		arc_digests_reset(digests);
	}
	if (!result->damage.code && !(large && atomic_load(&large->bad))) {
		digest(member, part, digests, bytes);
		if (is_last)
			compare(member, digests, result);
	} else if (is_last && !result->damage.code) {
		ax_fail(&result->damage, AX_ECORRUPT, "an earlier part of it is damaged");
	}
	if (large)
		arc_digests_leave(digests);
	result->is_last = is_last;
}

static void read_part(const struct arc_read_shared *shared, struct arc_read_scratch *scratch,
	struct arc_read_job *job, const struct arc_read_part *part,
	struct arc_read_result *result)
{
	const struct arc_archive *archive = shared->archive;
	uint64_t at = archive->index.members[part->member].data_at + part->begin;
	const unsigned char *bytes = scratch->content + (at - archive->frames.tar[job->first]);
	size_t size = (size_t)(part->end - part->begin);

	result->member = part->member;
	/* Without the list of bad frames all are. */
	if (job->failure.code)
		result->damage = job->failure;
	else if (!is_whole(archive, scratch, job, part))
		result->damage = job->damage;
	else if (part->planar)
		arc_planar_join(part->planar, part->begin, bytes, size, scratch->original);
	if (part->planar)
		bytes = scratch->original;
	if (!result->damage.code)
		put_all(shared, job, part, bytes, result);
	finish_part(shared, scratch, part, bytes, result);
	job->bytes += size;
}

void arc_read_work(void *context, unsigned worker, void *argument)
{
	struct arc_read_shared *shared = context;
	struct arc_read_scratch *scratch = shared->scratches[worker];
	struct arc_read_job *job = argument;
	struct ax_str fetched;

	if (arc_fetch_frames(shared->archive, job->first, job->last, &scratch->pages, &fetched,
		    &job->damage) < 0) {
		job->first_bad = job->first;
		job->last_bad = job->last;
		ax_buf_clear(&scratch->bad);
		for (size_t i = job->first; i <= job->last; i++)
			ax_buf_append_byte(&scratch->bad, 1);
	} else {
		decode(shared->archive, scratch, fetched, job);
	}
	if (scratch->bad.failed)
		ax_buf_check(&scratch->bad, shared->archive->path, &job->failure);
	for (size_t i = 0; i < job->n_parts; i++)
		read_part(shared, scratch, job, &job->parts[i], &job->results[i]);
}
