#include "reorg/apply_internal.h"

#include "base/error.h"
#include "base/file.h"
#include "base/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	BULK = 100,       /* so many directories are synced with all of their file system */
	DEVICES_MAX = 16, /* file systems that are synced in bulk */
};

static int compare_paths(const void *a, const void *b)
{
	return reorg_path_compare(*(const struct ax_str *)a, *(const struct ax_str *)b);
}

/* Sort and take out what occurs twice; returns how many are left. */
static size_t sort_unique(struct ax_str *paths, size_t n)
{
	size_t kept = 0;

	qsort(paths, n, sizeof(*paths), compare_paths);
	for (size_t i = 0; i < n; i++) {
		if (!kept || !ax_str_equal(paths[kept - 1], paths[i]))
			paths[kept++] = paths[i];
	}
	return kept;
}

/* Append path unless it is the last one already: neighbours often share a directory. */
static void add_path(struct ax_str *paths, size_t *n, struct ax_str path)
{
	if (!*n || !ax_str_equal(paths[*n - 1], path))
		paths[(*n)++] = path;
}

int reorg_parents(const struct reorg_run *run, bool from, bool to, struct ax_str **out,
	size_t *n_out, struct ax_error *err)
{
	const struct reorg_plan *plan = run->plan;
	struct ax_str *paths = calloc(plan->n_acts * 2 + 1, sizeof(*paths));
	size_t n = 0;

	if (!paths)
		return ax_fail(err, ENOMEM, "no memory for the directories of a plan");
	for (size_t i = 0; i < plan->n_acts && from; i++) {
		if (plan->acts[i].kind == REORG_REMOVE_DIR)
			add_path(paths, &n, plan->acts[i].from);
		if (plan->acts[i].from.len)
			add_path(paths, &n, ax_path_dir(plan->acts[i].from));
	}
	for (size_t i = 0; i < plan->n_acts && to; i++) {
		if (plan->acts[i].to.len)
			add_path(paths, &n, ax_path_dir(plan->acts[i].to));
	}
	*n_out = sort_unique(paths, n);
	*out = paths;
	return 0;
}

static int open_to_sync(struct reorg_run *run, struct ax_str path)
{
	return reorg_dirs_open(&run->dirs, path, O_RDONLY | O_DIRECTORY, 0);
}

/* The same for a directory that is, now, where it was before a whole directory was moved. */
static int open_origin(struct reorg_run *run, struct ax_str path)
{
	struct ax_buf origin = { 0 };
	int fd = -1;

	reorg_names_origin(reorg_journal_names(run->journal), path, &origin);
	if (origin.failed)
		errno = ENOMEM;
	else
		fd = open_to_sync(run, ax_buf_str(&origin));
	ax_buf_free(&origin);
	return fd;
}

/* A directory that is gone needs no sync: the one that held it has its own. */
static int sync_dir(struct reorg_run *run, struct ax_str path, struct ax_error *err)
{
	int fd = open_to_sync(run, path);
	int status = 0;

	if (fd < 0 && errno == ENOENT)
		fd = open_origin(run, path);
	if (fd < 0 && errno == ENOENT)
		return 0;
	/* Writable and not readable; or something else has its name, and it is who knows where. */
	if (fd < 0 && (errno == EACCES || errno == ELOOP || errno == ENOTDIR || errno == EXDEV))
		status = syncfs(run->options->root);
	else if (fd < 0)
		status = -1;
	else if (ax_fd_sync(fd) < 0)
		status = errno == EINVAL ? syncfs(fd) : -1;
	if (status < 0)
		ax_fail_errno(err, "%.*s: cannot sync the directory",
			AX_STR_ARG(path.len ? path : AX_STR(".")));
	if (fd >= 0)
		close(fd);
	return status;
}

/* Sync the file system of path unless it is in devices. False when that cannot be done. */
static bool sync_file_system(struct reorg_run *run, struct ax_str path, dev_t *devices,
	size_t *n_devices)
{
	struct stat st;
	int fd = open_to_sync(run, path);
	bool is_synced = fd >= 0 && fstat(fd, &st) == 0;
	bool is_known = false;

	for (size_t i = 0; is_synced && i < *n_devices; i++)
		is_known = is_known || devices[i] == st.st_dev;
	if (is_synced && !is_known) {
		is_synced = *n_devices < DEVICES_MAX && syncfs(fd) == 0;
		if (is_synced)
			devices[(*n_devices)++] = st.st_dev;
	}
	if (fd >= 0)
		close(fd);
	return is_synced;
}

int reorg_sync_dirs(struct reorg_run *run, struct ax_str *dirs, size_t n, struct ax_error *err)
{
	dev_t devices[DEVICES_MAX];
	size_t n_devices = 0;

	n = sort_unique(dirs, n);
	bool in_bulk = n >= BULK;
	for (size_t i = 0; i < n; i++) {
		if (in_bulk && sync_file_system(run, dirs[i], devices, &n_devices))
			continue;
		if (sync_dir(run, dirs[i], err) < 0)
			return -1;
	}
	return 0;
}

/* Take out of paths what is in others as well; both in order. Returns how many are left. */
static size_t subtract(struct ax_str *paths, size_t n, const struct ax_str *others,
	size_t n_others)
{
	size_t kept = 0;
	size_t j = 0;

	for (size_t i = 0; i < n; i++) {
		while (j < n_others && reorg_path_compare(others[j], paths[i]) < 0)
			j++;
		if (j == n_others || !ax_str_equal(others[j], paths[i]))
			paths[kept++] = paths[i];
	}
	return kept;
}

int reorg_sync_all(struct reorg_run *run, struct ax_error *err)
{
	bool back = run->is_backward;
	struct ax_str *destinations = NULL;
	struct ax_str *sources = NULL;
	size_t n_destinations = 0;
	size_t n_sources = 0;
	int status = -1;

	if (reorg_parents(run, back, !back, &destinations, &n_destinations, err) < 0 ||
		reorg_parents(run, !back, back, &sources, &n_sources, err) < 0)
		goto out;
	n_sources = subtract(sources, n_sources, destinations, n_destinations);
	if (reorg_sync_dirs(run, destinations, n_destinations, err) < 0 ||
		reorg_sync_dirs(run, sources, n_sources, err) < 0)
		goto out;
	status = 0;
out:
	free(destinations);
	free(sources);
	return status;
}

/* Remove the temporary files of this plan from one directory. */
static int sweep_dir(struct reorg_run *run, struct ax_str path, const char *prefix,
	struct ax_error *err)
{
	struct dirent *entry;
	int fd = open_to_sync(run, path);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	int status = 0;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		/* Gone, or not readable: nothing of ours can be told there. */
		return 0;
	}
	while (status == 0 && (entry = readdir(dir))) {
		if (ax_str_starts(ax_str_from(entry->d_name), ax_str_from(prefix)) &&
			unlinkat(fd, entry->d_name, 0) < 0 && errno != ENOENT)
			status = ax_fail_errno(err, "%.*s/%s: cannot remove a temporary file",
				AX_STR_ARG(path), entry->d_name);
	}
	closedir(dir);
	return status;
}

int reorg_sweep(struct reorg_run *run, struct ax_error *err)
{
	struct ax_str *dirs = NULL;
	char prefix[REORG_TEMPORARY_SIZE];
	size_t n = 0;
	int status = reorg_parents(run, true, true, &dirs, &n, err);

	snprintf(prefix, sizeof(prefix), REORG_TEMPORARY_PREFIX "%s-",
		reorg_journal_id(run->journal));
	for (size_t i = 0; i < n && status == 0; i++)
		status = sweep_dir(run, dirs[i], prefix, err);
	free(dirs);
	return status;
}
