#include "indexer/scan_internal.h"

#include "base/file.h"
#include "base/path.h"
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
	MOST_WORKERS = 32,
	FDS_PER_WORKER = 4, /* parent, directory, file, and one to spare */
	FDS_BESIDE = 24,    /* standard streams, catalogue, history, root, and some to spare */
	BATCHES_PER_WORKER = 3,
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

/* Where to begin. */

static int compare_paths(const void *a, const void *b)
{
	return ax_str_compare(*(const struct ax_str *)a, *(const struct ax_str *)b);
}

static int find_kind(const struct scan *scan, struct ax_str path, mode_t *mode_out)
{
	struct stat st;
	int fd = ax_open_beneath(scan->rootfd, path, O_PATH | O_NOFOLLOW, 0);

	if (fd < 0)
		return -1;
	int status = fstat(fd, &st);
	close(fd);
	*mode_out = st.st_mode;
	return status;
}

/* Paths in order, each one once and none below another. Names in a directory stay together. */
static int collect_paths(struct scan *scan, const struct ax_str *given, size_t n,
	struct ax_str **out, size_t *n_out, struct ax_error *err)
{
	struct ax_str *paths = ax_arena_alloc(&scan->arena, (n + 1) * sizeof(*paths));
	size_t kept = 0;

	if (!paths)
		return ax_fail(err, ENOMEM, "no memory to scan");
	for (size_t i = 0; i < n; i++)
		paths[i] = given[i];
	qsort(paths, n, sizeof(*paths), compare_paths);
	for (size_t i = 0; i < n; i++) {
		bool covered = false;
		for (size_t k = 0; !covered && k < kept; k++)
			covered = ax_path_below(paths[i], paths[k]);
		if (!covered)
			paths[kept++] = paths[i];
	}
	*out = paths;
	*n_out = kept;
	return 0;
}

static struct scan_target *add_target(struct scan *scan, struct ax_str path)
{
	struct scan_target *target = &scan->targets[scan->n_targets++];

	*target = (struct scan_target){ .path = path };
	return target;
}

/* A file is one name of its directory; names of one directory become one target. */
static int add_name(struct scan *scan, struct ax_str path, struct ax_error *err)
{
	struct ax_str dir = ax_path_dir(path);
	struct scan_target *target = NULL;

	for (size_t i = 0; !target && i < scan->n_targets; i++) {
		if (scan->targets[i].names.n && ax_str_equal(scan->targets[i].path, dir))
			target = &scan->targets[i];
	}
	if (!target)
		target = add_target(scan, dir);
	size_t n = target->names.n;
	struct ax_str *names = ax_arena_alloc(&scan->arena, (n + 1) * sizeof(*names));
	if (!names)
		return ax_fail(err, ENOMEM, "no memory to scan");
	for (size_t i = 0; i < n; i++)
		names[i] = target->names.names[i];
	names[n] = ax_path_name(path);
	qsort(names, n + 1, sizeof(*names), compare_paths);
	target->names = (struct idx_walk_names){ .n = n + 1, .names = names };
	return 0;
}

static int allocate_targets(struct scan *scan, size_t n, struct ax_error *err)
{
	scan->targets = ax_arena_alloc(&scan->arena, (n + 1) * sizeof(*scan->targets));
	return scan->targets ? 0 : ax_fail(err, ENOMEM, "no memory to scan");
}

/* Paths that the user named. One that is gone is looked for as both, file and directory. */
static int choose_given(struct scan *scan, struct ax_error *err)
{
	struct ax_str *paths;
	size_t n;

	if (collect_paths(scan, scan->options->paths, scan->options->n_paths, &paths, &n, err) <
			0 ||
		allocate_targets(scan, 2 * n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		mode_t mode = 0;
		bool exists = find_kind(scan, paths[i], &mode) == 0;
		if (!exists && errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
			return ax_fail_errno(err, "%.*s: cannot scan", AX_STR_ARG(paths[i]));
		if (!exists || S_ISDIR(mode))
			add_target(scan, paths[i]);
		if ((!exists || !S_ISDIR(mode)) && paths[i].len &&
			add_name(scan, paths[i], err) < 0)
			return -1;
	}
	return 0;
}

/* What the configuration says; without any data directory, all below the root. */
static int choose_configured(struct scan *scan, struct ax_error *err)
{
	const struct idx_config *config = scan->options->config;
	size_t n = config->data.count + config->logs.count;
	struct ax_str *all = ax_arena_alloc(&scan->arena, (n + 1) * sizeof(*all));
	struct ax_str *paths;
	size_t n_data = 0;

	if (!all)
		return ax_fail(err, ENOMEM, "no memory to scan");
	scan->whole = true;
	for (size_t i = 0; i < config->data.count; i++) {
		mode_t mode;
		all[i] = config->data.items[i];
		n_data += find_kind(scan, all[i], &mode) == 0 || errno == EACCES;
	}
	for (size_t i = 0; i < config->logs.count; i++)
		all[config->data.count + i] = config->logs.items[i];
	if (n_data == 0) {
		scan->everything = true;
		all[0] = AX_STR("");
		n = 1;
	}
	if (collect_paths(scan, all, n, &paths, &n, err) < 0 ||
		allocate_targets(scan, n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		add_target(scan, paths[i]);
	return 0;
}

static int start_walk(struct scan *scan, struct ax_error *err)
{
	for (size_t i = 0; i < scan->n_targets; i++) {
		const struct scan_target *target = &scan->targets[i];
		if (idx_walk_start(scan->walk, target->path,
			    target->names.n ? &target->names : NULL, err) < 0)
			return -1;
	}
	return 0;
}

/* A data directory that is a symlink is not entered: that must not look like an empty one. */
static int report_targets(const struct scan *scan, struct scan_problems *problems,
	struct ax_error *err)
{
	for (size_t i = 0; i < scan->n_targets; i++) {
		mode_t mode;
		if (scan->targets[i].names.n || find_kind(scan, scan->targets[i].path, &mode) ||
			!S_ISLNK(mode))
			continue;
		if (scan_problems_add(problems, scan->targets[i].path, "special",
			    AX_STR("a symbolic link: not followed"), err) < 0)
			return -1;
	}
	return 0;
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

static unsigned worker_count(const struct scan *scan)
{
	struct rlimit limit;
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned wanted = scan->options->jobs;

	if (wanted == 0)
		wanted = cores > 1 ? (unsigned)cores : 1;
	if (wanted > MOST_WORKERS)
		wanted = MOST_WORKERS;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
		rlim_t room = limit.rlim_cur > FDS_BESIDE
				      ? (limit.rlim_cur - FDS_BESIDE) / FDS_PER_WORKER
				      : 1;
		if (wanted > room)
			wanted = (unsigned)(room ? room : 1);
	}
	return wanted;
}

static int make_batches(struct scan *scan, unsigned workers, struct ax_error *err)
{
	size_t n = (size_t)workers * BATCHES_PER_WORKER;

	scan->full = ax_queue_new(n);
	scan->empty = ax_queue_new(n);
	if (!scan->full || !scan->empty)
		return ax_fail(err, ENOMEM, "no memory to scan");
	for (size_t i = 0; i < n; i++) {
		struct scan_batch *batch = calloc(1, sizeof(*batch));
		if (!batch || !ax_queue_push(scan->empty, batch)) {
			free(batch);
			return ax_fail(err, ENOMEM, "no memory to scan");
		}
	}
	return 0;
}

static void free_batches(struct ax_queue *queue)
{
	void *item;

	if (!queue)
		return;
	ax_queue_close(queue);
	while (ax_queue_pop(queue, &item)) {
		struct scan_batch *batch = item;
		scan_batch_clear(batch);
		ax_arena_free(&batch->arena);
		free(batch);
	}
	ax_queue_free(queue);
}

static int prepare(struct scan *scan, unsigned *workers_out, struct ax_error *err)
{
	scan->started = now();
	if (open_root(scan, err) < 0 || compare_origin(scan, err) < 0)
		return -1;
	int status =
		scan->options->n_paths ? choose_given(scan, err) : choose_configured(scan, err);
	if (status < 0)
		return -1;
	scan->walk = idx_walk_new(scan->rootfd);
	if (!scan->walk)
		return ax_fail(err, ENOMEM, "no memory to scan");
	*workers_out = worker_count(scan);
	if (start_walk(scan, err) < 0 || make_batches(scan, *workers_out, err) < 0)
		return -1;
	return sft_layout_cache_new(LAYOUT_CACHE, &scan->layouts, err);
}

static void release(struct scan *scan)
{
	free_batches(scan->full);
	free_batches(scan->empty);
	idx_walk_free(scan->walk);
	sft_layout_cache_free(scan->layouts);
	ax_arena_free(&scan->arena);
	pthread_mutex_destroy(&scan->mutex);
	if (scan->rootfd >= 0)
		close(scan->rootfd);
}

/* Running. */

static int start_workers(struct scan *scan, struct scan_worker *workers, unsigned n,
	unsigned *started)
{
	struct ax_error err = { 0 };

	scan->working = n;
	for (unsigned i = 0; i < n; i++) {
		int failure =
			pthread_create(&workers[i].thread, NULL, scan_worker_run, &workers[i]);
		if (failure) {
			scan->working -= n - i;
			errno = failure;
			ax_fail_errno(&err, "cannot start a thread");
			if (i == 0) {
				ax_queue_close(scan->full);
				return scan_fail(scan, &err);
			}
			break; /* fewer do as well */
		}
		*started = i + 1;
	}
	return 0;
}

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

static int finish(struct scan_writer *writer, struct idx_history *history,
	const struct scan_worker *workers, unsigned n, struct idx_scan_report *out,
	struct ax_error *err)
{
	struct scan *scan = writer->scan;
	struct scan_counts gone = { 0 };

	if (!scan->is_first && scan_drop_vanished(writer, workers, n, &gone, err) < 0)
		return -1;
	gone.added += out->added;
	gone.removed += out->removed;
	if (!scan->is_first && scan_find_moves(writer, history, &gone, &out->moved, err) < 0)
		return -1;
	out->added = gone.added;
	out->removed = gone.removed;
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

/* Move the problems into the report's arena. */
static int gather_report(const struct scan *scan, const struct scan_worker *workers, unsigned n,
	struct idx_scan_report *out, struct ax_error *err)
{
	struct scan_problems all = { 0 };
	int status = report_targets(scan, &all, err);

	for (unsigned i = 0; status == 0 && i < n; i++) {
		add_counts(out, &workers[i].counts);
		status = scan_problems_merge(&all, &workers[i].problems, err);
	}
	if (status == 0) {
		struct idx_problem *items =
			ax_arena_alloc(&all.arena, (all.count + 1) * sizeof(*items));
		if (!items) {
			status = ax_fail(err, ENOMEM, "no memory for what is wrong");
		} else {
			memcpy(items, all.items ? all.items : items,
				all.count * sizeof(*items));
			out->problems = items;
			out->n_problems = all.count;
			out->more_problems = all.more;
			out->arena = all.arena;
			all.arena = (struct ax_arena){ 0 };
		}
	}
	scan_problems_free(&all);
	return status;
}

/* With workers made ready: let them run, write, and come to an end. */
static int run(struct scan *scan, struct idx_history *history, struct scan_worker *workers,
	unsigned n, struct idx_scan_report *out, struct ax_error *err)
{
	struct scan_writer writer = { .scan = scan };
	unsigned started = 0;
	int status = -1;

	if (idx_update_begin(scan->catalog, &writer.update, err) < 0)
		return -1;
	start_workers(scan, workers, n, &started);
	write_batches(&writer);
	for (unsigned i = 0; i < started; i++)
		pthread_join(workers[i].thread, NULL);
	if (scan->failed) {
		*err = scan->failure;
		goto out;
	}
	if (gather_report(scan, workers, n, out, err) < 0)
		goto out;
	out->everything = scan->everything;
	out->interrupted = is_interrupted(scan);
	status = out->interrupted ? 0 : finish(&writer, history, workers, n, out, err);
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
	struct scan_worker *workers = NULL;
	unsigned n = 0;
	int status = -1;

	if (prepare(&scan, &n, err) < 0)
		goto out;
	workers = calloc(n, sizeof(*workers));
	if (!workers) {
		ax_fail(err, ENOMEM, "no memory to scan");
		goto out;
	}
	for (unsigned i = 0; i < n; i++) {
		if (scan_worker_init(&workers[i], &scan, err) < 0)
			goto out;
	}
	status = run(&scan, history, workers, n, out, err);
out:
	for (unsigned i = 0; workers && i < n; i++)
		scan_worker_fini(&workers[i]);
	free(workers);
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
