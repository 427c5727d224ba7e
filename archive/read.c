#include "archive/read.h"

#include "archive/crew.h"
#include "archive/frame.h"
#include "archive/progress.h"
#include "archive/read_internal.h"
#include "safetensors/header.h"

#include <errno.h>
#include <stdlib.h>

enum { THREADS_MAX = 6 }; /* what one thread holds is bounded, so is their number */

/*
 * The owner walks the wanted members in the order of the tar and makes jobs of whole frames. A
 * member that does not end in the frame it begins in is large: it gets jobs of its own, and of a
 * planar one each ends at a border of its pieces.
 */
struct reading {
	const struct arc_archive *archive;
	const struct arc_read_options *options;
	struct arc_findings *findings;
	size_t capacity; /* of findings->bad */
	struct arc_read_shared shared;
	unsigned threads;
	struct arc_crew *crew;
	struct arc_decoder *decoder;
	struct sft_header *header;
	size_t next_frame; /* the first that was in no job yet */
};

void arc_findings_free(struct arc_findings *findings)
{
	free(findings->verdicts);
	free(findings->bad);
	ax_arena_free(&findings->arena);
	*findings = (struct arc_findings){ .n_bad = 0 };
}

/* ---- what is found */

static int no_memory(const struct reading *reading, struct ax_error *err)
{
	return ax_fail(err, ENOMEM, "%s: no memory", reading->archive->path);
}

static int add_remark(struct reading *reading, struct ax_str path, const char *text,
	struct ax_error *err)
{
	struct arc_findings *findings = reading->findings;

	if (findings->n_bad == reading->capacity) {
		size_t capacity = 2 * reading->capacity + 8;
		void *grown = reallocarray(findings->bad, capacity, sizeof(*findings->bad));
		if (!grown)
			return no_memory(reading, err);
		findings->bad = grown;
		reading->capacity = capacity;
	}
	char *copy = ax_arena_copy(&findings->arena, ax_str_from(text));
	char *name = ax_arena_copy(&findings->arena, path);
	if (!copy || !name)
		return no_memory(reading, err);
	findings->bad[findings->n_bad++] = (struct arc_remark){
		.path = ax_str(name, path.len),
		.text = ax_str_from(copy),
	};
	return 0;
}

static bool is_asked(const struct reading *reading, size_t member)
{
	return !reading->shared.wanted || reading->shared.wanted[member];
}

static int set_verdict(struct reading *reading, size_t member, const struct ax_error *damage,
	struct ax_error *err)
{
	struct arc_findings *findings = reading->findings;

	if (findings->verdicts[member] == ARC_BAD || !is_asked(reading, member))
		return 0;
	findings->verdicts[member] = damage->code ? ARC_BAD : ARC_GOOD;
	if (!damage->code)
		return 0;
	return add_remark(reading, reading->archive->index.members[member].path,
		damage->message, err);
}

/* Of what is stored for a member, and so of the member and of its copies. */
static int set_verdicts(struct reading *reading, size_t member, const struct ax_error *damage,
	struct ax_error *err)
{
	const struct arc_member *stored = &reading->archive->index.members[member];
	int status = set_verdict(reading, member, damage, err);
	struct ax_error of_copy = { 0 };

	if (damage->code)
		ax_fail(&of_copy, AX_ECORRUPT, "is a copy of %.*s, which is damaged: %s",
			AX_STR_ARG(stored->path), damage->message);
	for (size_t i = member; status == 0 && (i = reading->shared.next_copy[i]) != 0;)
		status = set_verdict(reading, i, &of_copy, err);
	return status;
}

/* The first member whose tar header ends behind the byte at of the tar: they lie in order. */
static size_t first_header_behind(const struct arc_index *index, uint64_t at)
{
	size_t low = 0, high = index->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (index->members[middle].data_at <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Members whose content is whole, but whose tar headers lie in bad frames. */
static int remark_headers(struct reading *reading, const struct arc_read_job *job,
	struct ax_error *err)
{
	const struct arc_archive *archive = reading->archive;
	const struct arc_index *index = &archive->index;
	const uint64_t *tar = archive->frames.tar;
	struct ax_error text;

	for (size_t i = first_header_behind(index, tar[job->first_bad]);
		i < index->n && index->members[i].header_at < tar[job->last_bad + 1]; i++) {
		if (reading->findings->verdicts[i] == ARC_BAD)
			continue;
		ax_fail(&text, AX_ECORRUPT,
			"its tar header is damaged (%s): artidx can restore it, tar cannot",
			job->damage.message);
		if (add_remark(reading, index->members[i].path, text.message, err) < 0)
			return -1;
	}
	return 0;
}

static int take_in(struct reading *reading, const struct arc_read_job *job,
	struct ax_error *err)
{
	struct arc_progress *progress = reading->options->progress;

	if (job->failure.code) {
		*err = job->failure;
		return -1;
	}
	for (size_t i = 0; i < job->n_bad_copies; i++) {
		const struct arc_read_result *copy = &job->bad_copies[i];
		if (set_verdict(reading, copy->member, &copy->damage, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < job->n_parts; i++) {
		const struct arc_read_result *result = &job->results[i];
		if ((result->is_last || result->damage.code) &&
			set_verdicts(reading, result->member, &result->damage, err) < 0)
			return -1;
	}
	if (job->damage.code && reading->options->all_frames &&
		remark_headers(reading, job, err) < 0)
		return -1;
	if (!progress)
		return 0;
	atomic_fetch_add(&progress->done, job->bytes);
	if (atomic_load(&progress->stop))
		return ax_fail(err, ECANCELED, "%s: stopped", reading->archive->path);
	return 0;
}

static int take_one(struct reading *reading, struct ax_error *err)
{
	struct arc_read_job *job = arc_crew_take(reading->crew);

	if (!job)
		return 0;
	int status = take_in(reading, job, err);
	arc_read_job_free(job);
	return status < 0 ? -1 : 1;
}

static int take_all(struct reading *reading, struct ax_error *err)
{
	int taken;

	while ((taken = take_one(reading, err)) > 0)
		;
	return taken;
}

/* Wait for all that is under way, and forget it. */
static void drain(struct reading *reading)
{
	struct arc_read_job *job;

	while (reading->crew && (job = arc_crew_take(reading->crew)))
		arc_read_job_free(job);
}

/* ---- jobs */

/* Hand in a job, which is the crew's from here on. After a failure nothing is under way. */
static int give(struct reading *reading, struct arc_read_job *job, struct ax_error *err)
{
	int status = 0;

	job->results = calloc(job->n_parts + 1, sizeof(*job->results));
	if (!job->results)
		status = no_memory(reading, err);
	else if (arc_crew_is_full(reading->crew) && take_one(reading, err) < 0)
		status = -1;
	if (status < 0) {
		drain(reading);
		arc_read_job_free(job);
		return -1;
	}
	reading->next_frame = job->last + 1;
	arc_crew_give(reading->crew, job);
	return 0;
}

/* Whether frames first to last are of a size that is read at once. */
static bool fits(const struct arc_archive *archive, size_t first, size_t last)
{
	const struct arc_frames *frames = &archive->frames;
	uint64_t content = frames->tar[last + 1] - frames->tar[first];
	uint64_t size = frames->at[last + 1] - frames->at[first];

	return content <= ARC_READ_LIMIT && size <= ARC_READ_LIMIT + ARC_READ_LIMIT / 16;
}

static struct arc_read_job *new_job(size_t first, size_t last)
{
	struct arc_read_job *job = calloc(1, sizeof(*job));

	if (job) {
		job->first = first;
		job->last = last;
	}
	return job;
}

static int add_part(struct arc_read_job *job, const struct arc_read_part *part)
{
	if (job->n_parts == job->capacity) {
		size_t capacity = 2 * job->capacity + 4;
		void *grown = reallocarray(job->parts, capacity, sizeof(*job->parts));
		if (!grown)
			return -1;
		job->parts = grown;
		job->capacity = capacity;
	}
	job->parts[job->n_parts++] = *part;
	return 0;
}

/* Frames before `first` that hold no wanted content: tar headers, padding. */
static int give_gap(struct reading *reading, size_t first, struct ax_error *err)
{
	const struct arc_frames *frames = &reading->archive->frames;

	for (size_t i = reading->next_frame; reading->options->all_frames && i < first; i++) {
		if (frames->tar[i] == frames->tar[i + 1])
			continue;
		if (!fits(reading->archive, i, i)) {
			if (add_remark(reading, AX_STR(""), "a frame is too large", err) < 0)
				return -1;
			continue;
		}
		struct arc_read_job *job = new_job(i, i);
		if (!job)
			return no_memory(reading, err);
		if (give(reading, job, err) < 0)
			return -1;
	}
	return 0;
}

static int read_planar(struct reading *reading, size_t member, struct arc_planar **out,
	struct ax_error *err)
{
	const struct arc_archive *archive = reading->archive;
	const struct arc_member *m = &archive->index.members[member];
	unsigned char head[8];
	uint64_t length = 0;

	if (m->size < sizeof(head))
		return ax_fail(err, AX_ECORRUPT, "no header");
	if (arc_read_tar(archive, reading->decoder, m->data_at, head, sizeof(head), err) < 0)
		return -1;
	for (unsigned i = 0; i < sizeof(head); i++)
		length |= (uint64_t)head[i] << 8 * i;
	if (length > m->size - sizeof(head) || length > ARC_PLANAR_HEADER_LIMIT - sizeof(head))
		return ax_fail(err, AX_ECORRUPT, "no header");
	size_t size = sizeof(head) + (size_t)length;
	unsigned char *start = malloc(size);
	if (!start)
		return no_memory(reading, err);
	int status = arc_read_tar(archive, reading->decoder, m->data_at, start, size, err);
	if (status == 0)
		status = arc_planar_parse(reading->header, start, size, m->size, out, err);
	free(start);
	return status;
}

/* The last frame of a job that begins with byte `begin` of a member; damage when there is none. */
static int find_last(const struct reading *reading, const struct arc_member *member,
	const struct arc_planar *planar, uint64_t begin, size_t *last, struct ax_error *damage)
{
	const struct arc_archive *archive = reading->archive;
	const uint64_t *tar = archive->frames.tar;
	size_t first = arc_frames_find(&archive->frames, member->data_at + begin);

	for (size_t i = first;; i++) {
		if (!fits(archive, first, i))
			return ax_fail(damage, AX_ECORRUPT, "its frames are too large");
		uint64_t end = tar[i + 1] - member->data_at;
		if (end >= member->stored || !planar ||
			arc_planar_piece(planar, end).begin == end ||
			!arc_planar_piece(planar, end).width) {
			*last = i;
			return 0;
		}
	}
}

static int new_large(struct reading *reading, struct arc_planar *planar,
	struct arc_read_large **out, struct ax_error *err)
{
	struct arc_read_large *large = calloc(1, sizeof(*large));

	if (large) {
		large->planar = planar;
		large->digests = arc_digests_new(reading->shared.digests);
	}
	if (!large || !large->digests) {
		free(large);
		arc_planar_free(planar);
		return no_memory(reading, err);
	}
	*out = large;
	return 0;
}

/* One job of a large member. 1: more follow, 0: it was the last. Releases large when it fails. */
static int give_part(struct reading *reading, struct arc_read_part *part, struct ax_error *err)
{
	const struct arc_archive *archive = reading->archive;
	const struct arc_member *member = &archive->index.members[part->member];
	size_t first = arc_frames_find(&archive->frames, member->data_at + part->begin);
	struct ax_error damage;
	size_t last = 0;

	if (find_last(reading, member, part->planar, part->begin, &last, &damage) < 0) {
		int status = take_all(reading, err);
		drain(reading);
		arc_read_large_free(part->large);
		return status < 0 ? -1 : set_verdicts(reading, part->member, &damage, err);
	}
	uint64_t end = archive->frames.tar[last + 1] - member->data_at;
	part->end = end < member->stored ? end : member->stored;
	bool is_last = part->end == member->stored;
	struct arc_read_job *job = new_job(first, last);
	if (!job || add_part(job, part) < 0) {
		arc_read_job_free(job);
		drain(reading);
		arc_read_large_free(part->large);
		return no_memory(reading, err);
	}
	job->done = is_last ? part->large : NULL;
	if (give(reading, job, err) < 0) {
		if (!is_last)
			arc_read_large_free(part->large);
		return -1;
	}
	part->begin = part->end;
	part->number++;
	return !is_last;
}

static int read_large(struct reading *reading, size_t i, struct ax_error *err)
{
	const struct arc_member *member = &reading->archive->index.members[i];
	struct arc_planar *planar = NULL;
	struct arc_read_large *large = NULL;
	struct ax_error damage;
	int status;

	if (member->flags & ARC_PLANAR && read_planar(reading, i, &planar, &damage) < 0) {
		if (damage.code == AX_ECORRUPT)
			return set_verdicts(reading, i, &damage, err);
		*err = damage;
		return -1;
	}
	if (new_large(reading, planar, &large, err) < 0)
		return -1;
	struct arc_read_part part = { .member = i, .planar = planar, .large = large };
	while ((status = give_part(reading, &part, err)) > 0)
		;
	return status;
}

/* Whether what is stored for member i is to be read. */
static bool is_wanted(const struct reading *reading, size_t i)
{
	const struct arc_member *member = &reading->archive->index.members[i];

	return member->type == ARC_FILE && !(member->flags & ARC_COPY) &&
	       (is_asked(reading, i) || reading->shared.next_copy[i]);
}

/* The frame in which a member's content begins, and whether all of it is there. */
static bool frame_of(const struct reading *reading, size_t i, size_t *frame)
{
	const struct arc_frames *frames = &reading->archive->frames;
	const struct arc_member *member = &reading->archive->index.members[i];
	uint64_t last = frames->tar[frames->n] - 1;

	/* An empty file may lie at the very end. */
	*frame = arc_frames_find(frames, member->data_at < last ? member->data_at : last);
	return !(member->flags & ARC_PLANAR) &&
	       member->stored <= frames->tar[*frame + 1] - member->data_at &&
	       fits(reading->archive, *frame, *frame);
}

/* All wanted members that lie within the frame of member *i, from there on; *i is moved on. */
static int read_group(struct reading *reading, size_t *i, size_t frame, struct ax_error *err)
{
	const struct arc_index *index = &reading->archive->index;
	struct arc_read_job *job = new_job(frame, frame);

	for (; job && *i < index->n; ++*i) {
		size_t theirs = 0;
		if (!is_wanted(reading, *i))
			continue;
		if (!frame_of(reading, *i, &theirs) || theirs != frame)
			break;
		struct arc_read_part part = {
			.member = *i,
			.end = index->members[*i].stored,
		};
		if (add_part(job, &part) < 0) {
			arc_read_job_free(job);
			job = NULL;
		}
	}
	return job ? give(reading, job, err) : no_memory(reading, err);
}

static int read_all(struct reading *reading, struct ax_error *err)
{
	const struct arc_archive *archive = reading->archive;
	const struct arc_frames *frames = &archive->frames;

	for (size_t i = 0; i < archive->index.n;) {
		size_t frame = 0;
		if (!is_wanted(reading, i)) {
			i++;
			continue;
		}
		bool small = frame_of(reading, i, &frame);
		if (give_gap(reading, frame, err) < 0)
			return -1;
		if (small ? read_group(reading, &i, frame, err) < 0
			  : read_large(reading, i++, err) < 0)
			return -1;
	}
	if (give_gap(reading, frames->n, err) < 0)
		return -1;
	return take_all(reading, err);
}

/* ---- the whole */

static void chain_copies(struct reading *reading)
{
	const struct arc_index *index = &reading->archive->index;
	size_t *next = reading->shared.next_copy;

	for (size_t i = index->n; i-- > index->n_about;) {
		const struct arc_member *member = &index->members[i];
		if (!(member->flags & ARC_COPY) || !is_asked(reading, i))
			continue;
		size_t stored = (size_t)(arc_index_stored(index, member) - index->members);
		next[i] = next[stored];
		next[stored] = i;
	}
}

static int set_up(struct reading *reading, struct ax_error *err)
{
	const struct arc_index *index = &reading->archive->index;
	unsigned threads = arc_crew_threads(reading->options->threads, THREADS_MAX);
	uint64_t total = 0;

	reading->findings->verdicts = calloc(index->n + 1, sizeof(enum arc_verdict));
	reading->shared.scratches = calloc(threads, sizeof(struct arc_read_scratch *));
	reading->shared.next_copy = calloc(index->n + 1, sizeof(size_t));
	if (!reading->findings->verdicts || !reading->shared.scratches ||
		!reading->shared.next_copy)
		return no_memory(reading, err);
	chain_copies(reading);
	for (size_t i = 0; i < index->n; i++)
		total += is_wanted(reading, i) ? index->members[i].stored : 0;
	if (reading->options->progress)
		atomic_store(&reading->options->progress->total, total);
	for (; reading->threads < threads; reading->threads++) {
		if (arc_read_scratch_new(reading->shared.digests,
			    &reading->shared.scratches[reading->threads], err) < 0)
			return -1;
	}
	if (sft_header_new(NULL, &reading->header, err) < 0)
		return -1;
	return arc_decoder_new(&reading->decoder, err);
}

static void tear_down(struct reading *reading)
{
	drain(reading);
	arc_crew_free(reading->crew);
	for (unsigned i = 0; i < reading->threads; i++)
		arc_read_scratch_free(reading->shared.scratches[i]);
	free(reading->shared.scratches);
	free(reading->shared.next_copy);
	sft_header_free(reading->header);
	arc_decoder_free(reading->decoder);
}

int arc_read(const struct arc_archive *archive, const struct arc_read_options *options,
	struct arc_findings *out, struct ax_error *err)
{
	struct arc_findings findings = { .n_bad = 0 };
	struct reading reading = {
		.archive = archive,
		.options = options,
		.findings = &findings,
		.shared = {
			.archive = archive,
			.sink = options->sink,
			.wanted = options->wanted,
			.digests = options->sha256 ? ARC_DIGESTS_BOTH : ARC_DIGESTS_FAST,
		},
	};
	struct arc_work work;
	int status = set_up(&reading, err);

	if (status == 0) {
		work = (struct arc_work){
			.threads = reading.threads,
			.window = reading.threads + 2,
			.context = &reading.shared,
			.work = arc_read_work,
		};
		status = arc_crew_new(&work, &reading.crew, err);
	}
	if (status == 0)
		status = read_all(&reading, err);
	tear_down(&reading);
	if (status < 0)
		arc_findings_free(&findings);
	else
		*out = findings;
	return status;
}
