#include "tests/support/project.h"

#include "base/buf.h"
#include "base/file.h"
#include "indexer/rules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const struct ax_str whole_root = { "", 0 };

static void die(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why);
	abort();
}

static void need(int status, const struct ax_error *err)
{
	if (status < 0)
		die("project", err->message);
}

void project_begin(struct project *project)
{
	struct ax_error err = { 0 };

	*project = (struct project){ .jobs = 2 };
	strcpy(project->root, "/tmp/artidx-test-XXXXXX");
	if (!mkdtemp(project->root))
		die(project->root, strerror(errno));
	snprintf(project->history, sizeof(project->history), "%s/.artidx/history",
		project->root);
	snprintf(project->catalog, sizeof(project->catalog), "%s/.artidx/catalogue",
		project->root);
	project->rootfd = open(project->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	project_mkdir(project, ".artidx");
	need(idx_config_load(NULL, &project->config, &err), &err);
	need(idx_rules_compile(NULL, &project->rules, &err), &err);
	project->config.data = (struct idx_strings){ 1, &whole_root };
}

void project_end(struct project *project)
{
	char command[192];

	idx_scan_report_free(&project->report);
	idx_config_free(&project->config);
	idx_rules_free(project->rules);
	close(project->rootfd);
	snprintf(command, sizeof(command), "chmod -R u+rwx %s; rm -rf %s", project->root,
		project->root);
	if (system(command) != 0)
		die(project->root, "cannot be removed");
}

static void make_dirs(const struct project *project, const char *path)
{
	char partial[4096];

	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(partial, sizeof(partial), "%.*s", (int)(slash - path), path);
		if (mkdirat(project->rootfd, partial, 0755) < 0 && errno != EEXIST)
			die(partial, strerror(errno));
	}
}

void project_write(const struct project *project, const char *path, const char *text)
{
	struct ax_error err = { 0 };

	make_dirs(project, path);
	int fd = openat(project->rootfd, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd < 0)
		die(path, strerror(errno));
	need(ax_write_full(fd, text, strlen(text), path, &err), &err);
	close(fd);
}

void project_mkdir(const struct project *project, const char *path)
{
	make_dirs(project, path);
	if (mkdirat(project->rootfd, path, 0755) < 0)
		die(path, strerror(errno));
}

void project_age(const struct project *project, const char *path, long seconds)
{
	struct timespec times[2];

	clock_gettime(CLOCK_REALTIME, &times[0]);
	times[0].tv_sec -= seconds;
	times[1] = times[0];
	if (utimensat(project->rootfd, path, times, AT_SYMLINK_NOFOLLOW) < 0)
		die(path, strerror(errno));
}

void project_settle(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 40000000 }, NULL);
}

static int scan(struct project *project, const struct ax_str *paths, size_t n,
	struct ax_error *err)
{
	struct idx_catalog *catalog = NULL;
	struct idx_history *history = NULL;
	struct idx_scan_options options = {
		.root = project->root,
		.own_dir = ".artidx",
		.config = &project->config,
		.rules = project->rules,
		.n_paths = n,
		.paths = paths,
		.full = project->full,
		.jobs = project->jobs,
		.progress = project->progress,
	};
	int status = -1;

	idx_scan_report_free(&project->report);
	if (idx_catalog_open(project->catalog, IDX_WRITE, &catalog, err) == 0 &&
		idx_history_open(project->history, &history, err) == 0)
		status = idx_scan(catalog, history, &options, &project->report, err);
	idx_history_close(history);
	idx_catalog_close(catalog);
	return status;
}

int project_try_scan(struct project *project, struct ax_error *err)
{
	return scan(project, NULL, 0, err);
}

void project_scan(struct project *project)
{
	project_scan_paths(project, NULL, 0);
}

void project_scan_paths(struct project *project, const struct ax_str *paths, size_t n)
{
	struct ax_error err = { 0 };

	need(scan(project, paths, n, &err), &err);
}

static void copy(struct ax_arena *arena, struct ax_str *s)
{
	s->ptr = ax_arena_copy(arena, *s);
}

bool project_find(struct project *project, const char *path, struct ax_arena *arena,
	struct idx_entry *out)
{
	struct idx_catalog *catalog = NULL;
	struct idx_snapshot *snapshot = NULL;
	struct ax_error err = { 0 };

	need(idx_catalog_open(project->catalog, IDX_READ, &catalog, &err), &err);
	need(idx_snapshot_begin(catalog, &snapshot, &err), &err);
	int found = idx_snapshot_find(snapshot, ax_str_from(path), out, &err);
	need(found, &err);
	if (found) {
		copy(arena, &out->dir);
		copy(arena, &out->name);
		copy(arena, &out->class_name);
		copy(arena, &out->why);
	}
	idx_snapshot_end(snapshot);
	idx_catalog_close(catalog);
	return found;
}

size_t project_count(struct project *project)
{
	struct idx_catalog *catalog = NULL;
	struct idx_snapshot *snapshot = NULL;
	struct idx_files *files = NULL;
	struct idx_filter everything = { 0 };
	struct idx_entry entry;
	struct ax_error err = { 0 };
	size_t count = 0;
	int found;

	need(idx_catalog_open(project->catalog, IDX_READ, &catalog, &err), &err);
	need(idx_snapshot_begin(catalog, &snapshot, &err), &err);
	need(idx_files_open(snapshot, &everything, &files, &err), &err);
	while ((found = idx_files_next(files, &entry, &err)) == 1)
		count++;
	need(found, &err);
	idx_files_close(files);
	idx_snapshot_end(snapshot);
	idx_catalog_close(catalog);
	return count;
}
