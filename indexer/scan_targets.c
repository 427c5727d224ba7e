#include "indexer/scan_internal.h"

#include "base/file.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* The first part of path that is a symlink, or an empty string. */
static struct ax_str find_symlink(const struct scan *scan, struct ax_str path)
{
	struct ax_str rest = path, component;
	mode_t mode;

	while (ax_path_next(&rest, &component)) {
		struct ax_str prefix = ax_str_slice(path, 0,
			(size_t)(component.ptr + component.len - path.ptr));
		if (find_kind(scan, prefix, &mode) == 0 && S_ISLNK(mode))
			return prefix;
	}
	return (struct ax_str){ 0 };
}

/*
 * No path of the project leads through a symlink: what is moved or packed must not change its
 * place when somebody turns the link. A data or log directory behind one is refused, because to
 * pass over it would tell its files gone.
 */
static int refuse_symlinks(const struct scan *scan, const struct idx_strings *dirs,
	struct ax_error *err)
{
	for (size_t i = 0; i < dirs->count; i++) {
		struct ax_str link = find_symlink(scan, dirs->items[i]);
		if (link.len)
			return ax_fail(err, AX_ECONFIG,
				"%.*s: a symlink, and data or logs behind one are not "
				"followed: replace it by the directory, by a mount of it "
				"(mount --bind), or name a directory below the root in "
				"artidx.json",
				AX_STR_ARG(link));
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

int scan_choose_targets(struct scan *scan, struct ax_error *err)
{
	const struct idx_config *config = scan->options->config;

	if (refuse_symlinks(scan, &config->data, err) < 0 ||
		refuse_symlinks(scan, &config->logs, err) < 0)
		return -1;
	int status =
		scan->options->n_paths ? choose_given(scan, err) : choose_configured(scan, err);
	return status < 0 ? -1 : start_walk(scan, err);
}
