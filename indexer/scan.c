#include "indexer/scan_internal.h"

#include "base/file.h"
#include "base/path.h"
#include "indexer/classify.h"
#include "indexer/rules.h"
#include "safetensors/header.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	LAYOUT_CACHE = 64 * 1024 * 1024,
};

int scan_fail(struct scan *scan, const struct ax_error *err)
{
	pthread_mutex_lock(&scan->mutex);
	if (!scan->failed)
		scan->failure = *err;
	scan->failed = true;
	pthread_mutex_unlock(&scan->mutex);
	idx_walk_stop(scan->walk);
	return -1;
}

static bool is_interrupted(const struct scan *scan)
{
	return scan->options->progress && scan->options->progress->stop;
}

bool scan_should_stop(const struct scan *scan)
{
	return scan->failed || is_interrupted(scan);
}

/* Setting up. */

static ax_nanoseconds now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	return (ax_nanoseconds)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int open_root(struct scan *scan, struct ax_error *err)
{
	struct stat st;
	struct statx stx;
	const char *root = scan->options->root;

	scan->rootfd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (scan->rootfd < 0)
		return ax_fail_errno(err, "%s: cannot open", root);
	if (statx(scan->rootfd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &stx) < 0)
		return ax_fail_errno(err, "%s: cannot examine", root);
	scan->root_dev = (uint64_t)stx.stx_dev_major << 32 | stx.stx_dev_minor;
	scan->root_ino = stx.stx_ino;
	if (scan->options->own_dir &&
		statx(scan->rootfd, scan->options->own_dir, 0, STATX_BASIC_STATS, &stx) == 0) {
		scan->own[0].dev = (uint64_t)stx.stx_dev_major << 32 | stx.stx_dev_minor;
		scan->own[0].ino = stx.stx_ino;
	}
	if (fstat(idx_store_dirfd(scan->catalog->store), &st) == 0 &&
		statx(idx_store_dirfd(scan->catalog->store), "", AT_EMPTY_PATH,
			STATX_BASIC_STATS, &stx) == 0) {
		scan->own[1].dev = (uint64_t)stx.stx_dev_major << 32 | stx.stx_dev_minor;
		scan->own[1].ino = stx.stx_ino;
	}
	return 0;
}

/* What the catalogue was made of decides what can be trusted. */
static int compare_origin(struct scan *scan, struct ax_error *err)
{
	struct ax_digest rules = idx_rules_digest(scan->options->rules);
	struct idx_snapshot *before = NULL;
	struct ax_error cause;

	if (idx_snapshot_begin(scan->catalog, &before, &cause) < 0) {
		if (cause.code != ENOENT) {
			*err = cause;
			return -1;
		}
		scan->is_first = true;
		return 0;
	}
	scan->same_root = before->state.root_dev == scan->root_dev &&
			  before->state.root_ino == scan->root_ino;
	scan->examine_all =
		scan->options->full || memcmp(&before->state.rules, &rules, sizeof(rules)) != 0;
	idx_snapshot_end(before);
	return 0;
}

static int prepare(struct scan *scan, struct ax_error *err)
{
	scan->started = now();
	if (open_root(scan, err) < 0 || compare_origin(scan, err) < 0)
		return -1;
	scan->walk = idx_walk_new(scan->rootfd);
	if (!scan->walk)
		return ax_fail(err, ENOMEM, "no memory to scan");
	if (scan_choose_targets(scan, err) < 0 || idx_known_layouts_new(&scan->known, err) < 0)
		return -1;
	return sft_layout_cache_new(LAYOUT_CACHE, &scan->layouts, err);
}

static void release(struct scan *scan)
{
	scan_crew_free(scan);
	idx_walk_free(scan->walk);
	sft_layout_cache_free(scan->layouts);
	idx_known_layouts_free(scan->known);
	ax_arena_free(&scan->arena);
	pthread_mutex_destroy(&scan->mutex);
	if (scan->rootfd >= 0)
		close(scan->rootfd);
}

/* Running. */

/* Take what workers hand over until the last one is done; after a failure only give it back. */
static void write_batches(struct scan_writer *writer)
{
	struct scan *scan = writer->scan;
	struct ax_error err = { 0 };
	void *item;

	while (ax_queue_pop(scan->full, &item)) {
		struct scan_batch *batch = item;
		if (!scan_should_stop(scan) && scan_write_batch(writer, batch, &err) < 0)
			scan_fail(scan, &err);
		scan_batch_clear(batch);
		ax_queue_push(scan->empty, batch);
	}
}

static int report_resurrected(struct scan_writer *writer, struct idx_history *history,
	struct idx_scan_report *out, struct ax_error *err)
{
	struct scan_problems found = { 0 };
	int status = scan_find_resurrected(writer, history, &found, err);

	if (status == 0)
		status = scan_problems_report(&found, out, err);
	scan_problems_free(&found);
	return status;
}

static int finish(struct scan_writer *writer, struct idx_history *history,
	struct idx_scan_report *out, struct ax_error *err)
{
	struct scan *scan = writer->scan;
	struct scan_counts gone = { 0 };

	if (!scan->is_first && scan_drop_vanished(writer, &gone, err) < 0)
		return -1;
	gone.added += out->added;
	gone.changed += out->changed;
	gone.removed += out->removed;
	if (!scan->is_first && scan_find_moves(writer, history, &gone, &out->moved, err) < 0)
		return -1;
	out->added = gone.added;
	out->changed = gone.changed;
	out->removed = gone.removed;
	if (report_resurrected(writer, history, out, err) < 0)
		return -1;
	if ((writer->related || scan->is_first) &&
		scan_derive_runs(writer->update, scan->options->root, err) < 0)
		return -1;

	struct idx_update_totals totals = {
		.scanned = scan->started,
		.directories = out->directories,
		.root_dev = scan->root_dev,
		.root_ino = scan->root_ino,
		.rules = idx_rules_digest(scan->options->rules),
	};
	struct idx_update *update = writer->update;
	writer->update = NULL;
	return idx_update_commit(update, &totals, err);
}

static void add_counts(struct idx_scan_report *out, const struct scan_counts *counts)
{
	out->files += counts->files;
	out->directories += counts->directories;
	out->bytes += counts->bytes;
	out->read += counts->read;
	out->unchanged += counts->unchanged;
	out->added += counts->added;
	out->changed += counts->changed;
	out->removed += counts->removed;
	out->symlinks += counts->symlinks;
	out->specials += counts->specials;
}

/* The problems of all go to the report, whose arena takes theirs. */
static int take_problems(struct scan_problems *all, struct idx_scan_report *out,
	struct ax_error *err)
{
	struct idx_problem *items =
		ax_arena_alloc(&all->arena, (all->count + 1) * sizeof(*items));

	if (!items)
		return ax_fail(err, ENOMEM, "no memory for what is wrong");
	if (all->count)
		memcpy(items, all->items, all->count * sizeof(*items));
	out->problems = items;
	out->n_problems = all->count;
	out->more_problems = all->more;
	out->arena = all->arena;
	all->arena = (struct ax_arena){ 0 };
	return 0;
}

static int gather_report(const struct scan *scan, struct idx_scan_report *out,
	struct ax_error *err)
{
	struct scan_problems all = { 0 };
	int status = 0;

	for (unsigned i = 0; status == 0 && i < scan->n_workers; i++) {
		add_counts(out, &scan->workers[i].counts);
		status = scan_problems_merge(&all, &scan->workers[i].problems, err);
	}
	if (status == 0)
		status = take_problems(&all, out, err);
	scan_problems_free(&all);
	out->everything = scan->everything;
	out->interrupted = is_interrupted(scan);
	return status;
}

/* Let the workers run, write, and come to an end. */
static int run(struct scan *scan, struct idx_history *history, struct idx_scan_report *out,
	struct ax_error *err)
{
	struct scan_writer writer = { .scan = scan };
	int status = -1;

	if (idx_update_begin(scan->catalog, &writer.update, err) < 0)
		return -1;
	if (scan_crew_start(scan, err) < 0)
		goto out;
	write_batches(&writer);
	scan_crew_join(scan);
	if (scan->failed) {
		*err = scan->failure;
		goto out;
	}
	if (gather_report(scan, out, err) < 0)
		goto out;
	status = out->interrupted ? 0 : finish(&writer, history, out, err);
out:
	idx_update_abort(writer.update);
	scan_writer_fini(&writer);
	return status;
}

static int scan_once(struct idx_catalog *catalog, struct idx_history *history,
	const struct idx_scan_options *options, struct idx_scan_report *out,
	struct ax_error *err)
{
	struct scan scan = {
		.options = options,
		.catalog = catalog,
		.rootfd = -1,
		.mutex = PTHREAD_MUTEX_INITIALIZER,
	};
	int status = prepare(&scan, err);

	if (status == 0)
		status = run(&scan, history, out, err);
	release(&scan);
	return status;
}

int idx_scan(struct idx_catalog *catalog, struct idx_history *history,
	const struct idx_scan_options *options, struct idx_scan_report *out,
	struct ax_error *err)
{
	for (;;) {
		struct idx_scan_report report = { 0 };
		struct ax_error cause = { 0 };
		if (scan_once(catalog, history, options, &report, &cause) == 0) {
			*out = report;
			return 0;
		}
		idx_scan_report_free(&report);
		if (cause.code != ENOBUFS) {
			*err = cause;
			return -1;
		}
		if (idx_store_grow(catalog->store, err) < 0)
			return -1;
	}
}

void idx_scan_report_free(struct idx_scan_report *report)
{
	ax_arena_free(&report->arena);
	*report = (struct idx_scan_report){ 0 };
}
