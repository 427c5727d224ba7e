/* Which files are read for references: those that match the configuration's globs. */
#include "indexer/references.h"

#include "base/error.h"
#include "base/file.h"
#include "base/path.h"
#include "base/pattern.h"
#include "indexer/config.h"
#include "indexer/references_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_LIMIT = 16 * 1024 * 1024, MAX_DEPTH = 64 };

const char *idx_reference_kind_name(enum idx_reference_kind kind)
{
	static const char *const names[] = {
		[IDX_REF_FILE] = "file",
		[IDX_REF_DIR] = "dir",
		[IDX_REF_MISSING] = "missing",
		[IDX_REF_DYNAMIC] = "dynamic",
		[IDX_REF_UNSURE] = "unsure",
		[IDX_REF_JOINED] = "joined",
	};
	return names[kind];
}

int reference_no_memory(struct reference_finder *finder)
{
	return ax_fail(finder->err, ENOMEM, "references: no memory");
}

static int add_unread(struct reference_finder *finder, struct ax_str file, const char *why)
{
	struct idx_references *found = finder->found;

	if (found->n_unread == finder->unread_capacity) {
		size_t wanted = finder->unread_capacity ? 2 * finder->unread_capacity : 16;
		void *grown = reallocarray(found->unread, wanted, sizeof(*found->unread));
		if (!grown)
			return reference_no_memory(finder);
		found->unread = grown;
		finder->unread_capacity = wanted;
	}
	const char *path = ax_arena_copy(&found->arena, file);
	const char *text = ax_arena_copy(&found->arena, ax_str_from(why));
	if (!path || !text)
		return reference_no_memory(finder);
	found->unread[found->n_unread++] =
		(struct idx_unread){ ax_str(path, file.len), ax_str_from(text) };
	return 0;
}

static int read_reference_file(struct reference_finder *finder, int dir, const char *name,
	struct ax_str path)
{
	struct ax_buf text = { 0 };
	struct ax_error mistake;
	int status;

	if (ax_file_read(dir, name, FILE_LIMIT, &text, &mistake) < 0) {
		size_t length = strlen(name);
		bool is_named = strncmp(mistake.message, name, length) == 0 &&
				strncmp(mistake.message + length, ": ", 2) == 0;
		ax_buf_free(&text);
		return add_unread(finder, path, mistake.message + (is_named ? length + 2 : 0));
	}
	/* Programs and pictures that a glob happens to match hold no paths to edit. */
	bool is_text = ax_str_find(ax_buf_str(&text), '\0') == text.len;
	const char *file = is_text ? ax_arena_copy(&finder->found->arena, path) : NULL;
	if (!is_text)
		status = 0;
	else if (!file)
		status = reference_no_memory(finder);
	else
		status = reference_scan_text(finder, ax_str(file, path.len), ax_buf_str(&text));
	ax_buf_free(&text);
	return status;
}

static bool is_any(const struct idx_strings *globs, struct ax_str text)
{
	for (size_t i = 0; i < globs->count; i++) {
		if (ax_glob_match(globs->items[i], text))
			return true;
	}
	return false;
}

/* Data and logs are not scripts, however wide a glob is; nor is what nobody writes by hand. */
static bool is_left_out(const struct reference_finder *finder, struct ax_str path,
	struct ax_str name)
{
	const struct idx_config *config = finder->config;

	if (ax_str_equal(name, AX_STR(".artidx")) || is_any(&config->ignore, name))
		return true;
	for (size_t i = 0; i < config->data.count; i++) {
		if (config->data.items[i].len && ax_path_below(path, config->data.items[i]))
			return true;
	}
	for (size_t i = 0; i < config->logs.count; i++) {
		if (ax_path_below(path, config->logs.items[i]))
			return true;
	}
	return false;
}

/* Whether a file below directory path could match one of the globs. */
static bool may_hold(const struct reference_finder *finder, struct ax_str path)
{
	const struct idx_strings *globs = &finder->config->references;

	for (size_t i = 0; i < globs->count; i++) {
		struct ax_str glob = globs->items[i];
		struct ax_str rest = path;
		struct ax_str wanted, there;
		bool fits = true;
		while (fits && ax_path_next(&rest, &there)) {
			fits = ax_path_next(&glob, &wanted);
			if (fits && ax_str_equal(wanted, AX_STR("**")))
				return true;
			fits = fits && ax_glob_match(wanted, there);
		}
		if (fits && ax_path_next(&glob, &wanted))
			return true;
	}
	return false;
}

/* Where an open file or directory is, from the root; false when it is not below the root. */
static bool find_place(struct reference_finder *finder, int fd, struct ax_buf *out)
{
	char link[32], root[PATH_MAX], target[PATH_MAX];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", finder->root);
	ssize_t root_length = readlink(link, root, sizeof(root));
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t length = readlink(link, target, sizeof(target));
	return root_length > 0 && length > 0 &&
	       ax_path_relative(out, ax_str(root, (size_t)root_length),
		       ax_str(target, (size_t)length));
}

/* Links are not followed: what one leads to is read by its own name, or said not to be read. */
static int visit_link(struct reference_finder *finder, int dir, const char *name,
	struct ax_str path)
{
	int fd = openat(dir, name, O_PATH | O_CLOEXEC);
	struct ax_buf place = { 0 };
	struct stat st;
	bool is_read = true;

	if (fd < 0) /* It leads nowhere: there is nothing to read. */
		return 0;
	bool is_below = find_place(finder, fd, &place);
	struct ax_str target = ax_buf_str(&place);
	if (fstat(fd, &st) < 0)
		is_read = false;
	else if (S_ISREG(st.st_mode) && is_any(&finder->config->references, path))
		is_read = is_below && is_any(&finder->config->references, target);
	else if (S_ISDIR(st.st_mode) && may_hold(finder, path))
		is_read =
			is_below && (may_hold(finder, target) ||
					    is_left_out(finder, target, ax_path_name(target)));
	close(fd);
	ax_buf_free(&place);
	return is_read ? 0
		       : add_unread(finder, path,
				 "a symlink out of what is looked at for paths to edit");
}

static int walk(struct reference_finder *finder, struct ax_str path, unsigned depth);

static int visit(struct reference_finder *finder, int dir, const char *name, struct ax_str path,
	unsigned depth)
{
	struct stat st;

	if (is_left_out(finder, path, ax_str_from(name)) ||
		fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (S_ISDIR(st.st_mode))
		return may_hold(finder, path) ? walk(finder, path, depth + 1) : 0;
	if (S_ISLNK(st.st_mode))
		return visit_link(finder, dir, name, path);
	if (S_ISREG(st.st_mode) && is_any(&finder->config->references, path))
		return read_reference_file(finder, dir, name, path);
	return 0;
}

static int walk(struct reference_finder *finder, struct ax_str path, unsigned depth)
{
	struct ax_buf child = { 0 };
	int status = 0;
	int fd = ax_open_beneath(finder->root, path, O_RDONLY | O_DIRECTORY, 0);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir || depth > MAX_DEPTH) {
		if (dir)
			closedir(dir);
		else if (fd >= 0)
			close(fd);
		return add_unread(finder, path, "the directory cannot be read");
	}
	for (struct dirent *entry = readdir(dir); entry && status == 0; entry = readdir(dir)) {
		struct ax_str name = ax_str_from(entry->d_name);
		if (ax_str_equal(name, AX_STR(".")) || ax_str_equal(name, AX_STR("..")))
			continue;
		ax_buf_clear(&child);
		ax_path_join(&child, path, name);
		status = child.failed
				 ? reference_no_memory(finder)
				 : visit(finder, fd, entry->d_name, ax_buf_str(&child), depth);
	}
	closedir(dir);
	ax_buf_free(&child);
	return status;
}

static int compare_references(const void *a, const void *b)
{
	const struct idx_reference *x = a, *y = b;
	int order = ax_str_compare(x->file, y->file);

	if (order == 0)
		order = (x->offset > y->offset) - (x->offset < y->offset);
	if (order == 0)
		order = (x->kind > y->kind) - (x->kind < y->kind);
	if (order == 0)
		order = ax_str_compare(x->text, y->text);
	return order ? order : ax_str_compare(x->target, y->target);
}

/* Where one data directory is in another, a path in it is found for both. */
static void make_distinct(struct idx_references *found)
{
	size_t kept = 0;

	if (found->count)
		qsort(found->items, found->count, sizeof(*found->items), compare_references);
	for (size_t i = 0; i < found->count; i++) {
		if (!kept || compare_references(&found->items[kept - 1], &found->items[i]) != 0)
			found->items[kept++] = found->items[i];
	}
	found->count = kept;
}

int idx_references_find(struct idx_snapshot *snapshot, const struct idx_config *config,
	int root, struct ax_str root_path, struct idx_references *out, struct ax_error *err)
{
	struct idx_references found = { 0 };
	struct reference_finder finder = { .snapshot = snapshot,
		.config = config,
		.root = root,
		.root_path = root_path,
		.found = &found,
		.err = err };

	int status = walk(&finder, (struct ax_str){ "", 0 }, 0);
	ax_buf_free(&finder.path);
	if (status < 0) {
		idx_references_free(&found);
		return -1;
	}
	make_distinct(&found);
	*out = found;
	return 0;
}

void idx_references_free(struct idx_references *references)
{
	free(references->items);
	free(references->unread);
	ax_arena_free(&references->arena);
	*references = (struct idx_references){ 0 };
}
