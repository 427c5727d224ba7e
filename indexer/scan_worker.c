#include "indexer/scan_internal.h"

#include "base/path.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* Read from a disk between two looks, in blocks of 512 bytes: what is visited is not cached. */
enum { MANY_BLOCKS = 64 };

int scan_worker_init(struct scan_worker *worker, struct scan *scan, struct ax_error *err)
{
	struct idx_examine_options options = {
		.rules = scan->options->rules,
		.layouts = scan->layouts,
		.known = scan->known,
		.now = scan->started,
		.quiet = scan->options->config->quiet,
	};

	worker->scan = scan;
	worker->walker = idx_walker_new(scan->walk);
	worker->listing = idx_listing_new();
	if (!worker->walker || !worker->listing)
		return ax_fail(err, ENOMEM, "no memory to scan");
	if (!scan->is_first && idx_snapshot_begin(scan->catalog, &worker->before, err) < 0)
		return -1;
	return idx_examiner_new(&options, &worker->examiner, err);
}

void scan_worker_fini(struct scan_worker *worker)
{
	idx_walker_free(worker->walker);
	idx_listing_free(worker->listing);
	idx_examiner_free(worker->examiner);
	idx_snapshot_end(worker->before);
	ax_buf_free(&worker->path);
	ax_buf_free(&worker->detail);
	free(worker->old);
	free(worker->visited);
	scan_paths_free(&worker->unknown);
	scan_problems_free(&worker->problems);
}

static int note_visited(struct scan_worker *worker, const struct scan_visit *visit,
	struct ax_error *err)
{
	if (worker->n_visited == worker->visited_capacity) {
		size_t capacity = worker->visited_capacity * 2 + 256;
		struct ax_digest *visited =
			realloc(worker->visited, capacity * sizeof(*visited));
		if (!visited)
			return scan_no_memory(visit->dir->path, err);
		worker->visited = visited;
		worker->visited_capacity = capacity;
	}
	worker->visited[worker->n_visited++] = visit->digest;
	return 0;
}

/* A directory that could not be read: what is known of it and below it is neither old nor new. */
static int note_unknown(struct scan_worker *worker, const struct idx_walk_dir *dir,
	struct ax_str why, struct ax_error *err)
{
	if (scan_problems_add(&worker->problems, dir->path, "unreadable", why, err) < 0)
		return -1;
	return scan_paths_add(&worker->unknown, dir->path, err);
}

static int push_dirs(struct scan_worker *worker, const struct idx_walk_dir *dir,
	struct ax_error *err)
{
	if (dir->names)
		return 0;
	for (size_t i = 0; i < idx_listing_dir_count(worker->listing); i++) {
		struct ax_str name = idx_listing_dir(worker->listing, i);
		struct ax_str path = scan_full_path(worker, dir->path, name);
		if (!idx_config_ignores(worker->scan->options->config, path, name) &&
			idx_walker_push(worker->walker, name, err) < 0)
			return -1;
	}
	return 0;
}

static int count_listing(struct scan_worker *worker, const struct idx_walk_dir *dir,
	struct ax_error *err)
{
	struct idx_progress *progress = worker->scan->options->progress;
	size_t count = idx_listing_count(worker->listing);
	uint64_t bytes = 0;

	for (size_t i = 0; i < count; i++) {
		const struct idx_listed *file = idx_listing_file(worker->listing, i);
		bytes += file->size;
		if (file->type == IDX_SYMLINK)
			worker->counts.symlinks++;
		if (file->type != IDX_SPECIAL)
			continue;
		worker->counts.specials++;
		if (scan_report_problem(worker, dir->path, file->name, "special",
			    AX_STR("a FIFO, socket or device: listed, not opened"), err) < 0)
			return -1;
	}
	worker->counts.directories++;
	worker->counts.files += count;
	worker->counts.bytes += bytes;
	if (progress) {
		progress->directories++;
		progress->files += count;
		progress->bytes += bytes;
	}
	return 0;
}

/* 1 when the directory is not to be entered. */
static int is_barred(struct scan_worker *worker, const struct idx_walk_dir *dir,
	struct ax_error *err)
{
	const struct scan *scan = worker->scan;

	for (size_t i = 0; i < 2; i++) {
		if (scan->own[i].ino == dir->ino && scan->own[i].dev == dir->dev)
			return 1;
	}
	if (!dir->is_inside_mount)
		return 0;
	if (scan_problems_add(&worker->problems, dir->path, "special",
		    AX_STR("another directory of this file system, mounted here: not entered"),
		    err) < 0)
		return -1;
	return 1;
}

static int visit_open(struct scan_worker *worker, struct scan_visit *visit,
	struct ax_error *err)
{
	const struct idx_walk_dir *dir = visit->dir;
	struct ax_error cause;
	int status = dir->names ? idx_listing_read_names(worker->listing, dir->fd,
					  dir->names->names, dir->names->n, &cause)
				: idx_listing_read(worker->listing, dir->fd, dir->path, &cause);

	if (status < 0 && (cause.code == ENOMEM || cause.code == ENFILE)) {
		*err = cause;
		return -1;
	}
	if (status < 0)
		return note_unknown(worker, dir, ax_str_from(cause.message), err);
	if (push_dirs(worker, dir, err) < 0 || count_listing(worker, dir, err) < 0)
		return -1;

	visit->digest = ax_hash128(dir->path.ptr, dir->path.len);
	if (scan_compare(worker, visit, err) < 0)
		return -1;
	return worker->n_old ? note_visited(worker, visit, err) : 0;
}

static int visit_directory(struct scan_worker *worker, const struct idx_walk_dir *dir,
	struct ax_error *err)
{
	struct scan_visit visit = { .dir = dir };
	char why[128];

	if (dir->fd >= 0) {
		int barred = is_barred(worker, dir, err);
		return barred ? (barred < 0 ? -1 : 0) : visit_open(worker, &visit, err);
	}
	if (dir->failure == ENOENT || dir->failure == ENOTDIR || dir->failure == ELOOP)
		return 0; /* gone, or something else by now */
	snprintf(why, sizeof(why), "cannot open: %s", strerror(dir->failure));
	return note_unknown(worker, dir, ax_str_from(why), err);
}

/*
 * Who waited for a disk could have somebody else asking it meanwhile. Nobody waits for one without
 * a tick of the clock, which costs less to read than what was waited for.
 */
static void look_at_disks(struct scan_worker *worker)
{
	struct timespec tick;
	struct rusage usage;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &tick);
	if (tick.tv_nsec == worker->last_tick || getrusage(RUSAGE_THREAD, &usage) < 0)
		return;
	worker->last_tick = tick.tv_nsec;
	worker->is_cold = usage.ru_inblock - worker->blocks_read >= MANY_BLOCKS;
	worker->blocks_read = usage.ru_inblock;
	if (worker->is_cold && worker->scan->n_workers < worker->scan->max_workers)
		scan_hire(worker->scan);
}

void *scan_worker_run(void *argument)
{
	struct scan_worker *worker = argument;
	struct scan *scan = worker->scan;
	struct ax_error err = { 0 };
	struct idx_walk_dir dir;
	int found;

	while ((found = idx_walker_next(worker->walker, &dir, &err)) == 1) {
		if (scan_should_stop(scan))
			idx_walk_stop(scan->walk);
		else if (visit_directory(worker, &dir, &err) < 0)
			scan_fail(scan, &err);
		look_at_disks(worker);
	}
	if (found < 0)
		scan_fail(scan, &err);
	scan_hand_over(worker);
	scan_crew_leave(scan);
	return NULL;
}
