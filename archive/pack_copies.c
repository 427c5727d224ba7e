/*
 * Equal files are found before anything is laid out, because MANIFEST comes first and names them.
 * Files of a size that no other one has are not opened. Of the others some bytes are read, spread
 * over the file; those that agree in these are compared whole, which ends where they differ.
 */
#include "archive/pack_internal.h"

#include "archive/progress.h"
#include "reorg/copy.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	COPY_MIN = 4096, /* smaller ones share a frame, and are cheap already */
	SAMPLE = 4096,
	SAMPLES_MIN = 3,
	SAMPLES_MAX = 64,
	SAMPLES_APART = 16 * 1024 * 1024,
	RIVALS_MAX =
		4, /* files whose samples are those of so many different ones are no copies */
};

struct candidate {
	uint64_t size, samples;
	size_t member;
};

struct search {
	struct arc_pack_shared *shared;
	struct arc_progress *progress;
	struct candidate *candidates;
	size_t n;
	char *bytes; /* SAMPLES_MAX samples */
};

static int by_member(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	return x->member < y->member ? -1 : x->member > y->member;
}

static int by_content(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->size != y->size)
		return x->size < y->size ? -1 : 1;
	if (x->samples != y->samples)
		return x->samples < y->samples ? -1 : 1;
	return by_member(a, b);
}

/* The end of the row of candidates that begins with i and has one size and one digest. */
static size_t end_of_row(const struct search *search, size_t i)
{
	const struct candidate *first = &search->candidates[i];

	while (i < search->n && search->candidates[i].size == first->size &&
		search->candidates[i].samples == first->samples)
		i++;
	return i;
}

/* Leave out those that are alone in their rows, and order the rest. */
static void drop_single(struct search *search)
{
	size_t kept = 0;

	if (search->n)
		qsort(search->candidates, search->n, sizeof(*search->candidates), by_content);
	for (size_t i = 0, end; i < search->n; i = end) {
		end = end_of_row(search, i);
		for (size_t k = i; end - i > 1 && k < end; k++)
			search->candidates[kept++] = search->candidates[k];
	}
	search->n = kept;
}

static int stopped(const struct search *search, size_t member, struct ax_error *err)
{
	if (!search->progress || !atomic_load(&search->progress->stop))
		return 0;
	return ax_fail(err, ECANCELED, "%.*s: stopped",
		AX_STR_ARG(search->shared->members[member].path));
}

static int sample(struct search *search, struct candidate *candidate, struct ax_error *err)
{
	const struct arc_member *member = &search->shared->members[candidate->member];
	uint64_t n = SAMPLES_MIN + member->size / SAMPLES_APART;
	uint64_t size = SAMPLE, apart = 0;

	n = n < SAMPLES_MAX ? n : SAMPLES_MAX;
	if (member->size <= n * SAMPLE) {
		size = member->size;
		n = 1;
	} else {
		apart = (member->size - SAMPLE) / (n - 1);
	}
	if (stopped(search, candidate->member, err) < 0)
		return -1;
	int fd = arc_pack_open(search->shared, candidate->member, err);
	int status = fd < 0 ? -1 : 0;
	for (uint64_t i = 0; i < n && status == 0; i++)
		status = arc_pack_read(member, fd, search->bytes + i * SAMPLE, (size_t)size,
			i * apart, err);
	if (fd >= 0)
		close(fd);
	if (status == 0)
		candidate->samples = ax_hash64(search->bytes, (size_t)(n * size));
	return status;
}

/* Whether two members have the same bytes. 1, 0 or -1. */
static int compare(struct search *search, size_t a, size_t b, struct ax_error *err)
{
	const struct arc_member *member = &search->shared->members[b];
	struct reorg_copy_watch watch = {
		.stop = search->progress ? &search->progress->stop : NULL,
	};
	int fds[2] = { arc_pack_open(search->shared, a, err), -1 };
	int status = -1;

	if (fds[0] >= 0)
		fds[1] = arc_pack_open(search->shared, b, err);
	if (fds[1] >= 0)
		status = reorg_compare_content(fds[0], fds[1], member->size, &watch,
			member->path.ptr, err);
	/* One that became shorter is told in the words for all changes. */
	if (fds[1] >= 0 && (status >= 0 || err->code == AX_ECORRUPT) &&
		(arc_pack_check(search->shared, a, fds[0], err) < 0 ||
			arc_pack_check(search->shared, b, fds[1], err) < 0))
		status = -1;
	for (int i = 0; i < 2; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	return status < 0 && stopped(search, b, err) < 0 ? -1 : status;
}

static void mark(struct search *search, size_t first, size_t copy)
{
	struct arc_member *members = search->shared->members;

	members[copy].flags |= ARC_COPY;
	members[copy].target = members[first].path;
	if (search->progress)
		atomic_fetch_add(&search->progress->done, members[copy].size);
}

/* Candidates from begin to end agree in size and samples. */
static int join_row(struct search *search, size_t begin, size_t end, struct ax_error *err)
{
	size_t rivals[RIVALS_MAX], n = 0;

	for (size_t i = begin; i < end; i++) {
		size_t member = search->candidates[i].member;
		int equal = 0;
		for (size_t k = 0; k < n && equal == 0; k++) {
			equal = compare(search, rivals[k], member, err);
			if (equal > 0)
				mark(search, rivals[k], member);
		}
		if (equal < 0)
			return -1;
		if (!equal && n < RIVALS_MAX)
			rivals[n++] = member;
	}
	return 0;
}

static int run(struct search *search, struct ax_error *err)
{
	drop_single(search);
	/* By path: directories are opened once. */
	if (search->n)
		qsort(search->candidates, search->n, sizeof(*search->candidates), by_member);
	for (size_t i = 0; i < search->n; i++) {
		if (sample(search, &search->candidates[i], err) < 0)
			return -1;
	}
	drop_single(search);
	for (size_t i = 0, end; i < search->n; i = end) {
		end = end_of_row(search, i);
		if (join_row(search, i, end, err) < 0)
			return -1;
	}
	return 0;
}

int arc_pack_find_copies(struct arc_pack_shared *shared, size_t n,
	struct arc_progress *progress, struct ax_error *err)
{
	struct search search = {
		.shared = shared,
		.progress = progress,
		.candidates = calloc(n + 1, sizeof(*search.candidates)),
		.bytes = malloc((size_t)SAMPLES_MAX * SAMPLE),
	};
	int status = -1;

	if (search.candidates && search.bytes) {
		for (size_t i = shared->n_about; i < n; i++) {
			const struct arc_member *member = &shared->members[i];
			if (member->type == ARC_FILE && member->size >= COPY_MIN)
				search.candidates[search.n++] = (struct candidate){
					.size = member->size,
					.member = i,
				};
		}
		status = run(&search, err);
	} else {
		ax_fail(err, ENOMEM, "no memory for packing");
	}
	free(search.candidates);
	free(search.bytes);
	return status;
}
