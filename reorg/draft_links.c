/*
 * Symlinks: which of them have to point elsewhere once the moves are done. A link is changed
 * only where its target, resolved by its text, is the very file that the kernel finds through
 * it: a link that goes through other links is left alone.
 */
#include "reorg/draft_internal.h"

#include "base/error.h"
#include "base/file.h"
#include "base/path.h"
#include "indexer/catalog.h"
#include "reorg/links.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* One symlink as it is, and what it means. Paths are in arena but for path itself. */
struct link {
	struct ax_str path;   /* root-relative */
	struct ax_str text;   /* what readlink() says */
	struct ax_str target; /* root-relative */
};

static int copy(struct draft_maker *maker, const struct ax_buf *buf, struct ax_str *out)
{
	char *bytes = ax_arena_copy(&maker->draft->arena, ax_buf_str(buf));

	if (buf->failed || !bytes)
		return ax_fail(maker->err, ENOMEM, "reorg: no memory for the plan");
	*out = ax_str(bytes, buf->len);
	return 0;
}

/* The target as a root-relative path by the text of the link; false when it is outside. */
static bool resolve_text(struct draft_maker *maker, const struct link *link, struct ax_buf *out)
{
	struct ax_buf *cwd = &maker->path;
	struct ax_buf absolute = { 0 };

	ax_buf_clear(cwd);
	ax_path_join(cwd, maker->root_path, ax_path_dir(link->path));
	ax_path_resolve(&absolute, ax_buf_str(cwd), link->text);
	ax_buf_clear(out);
	bool inside = !absolute.failed &&
		      ax_path_relative(out, maker->root_path, ax_buf_str(&absolute));
	ax_buf_free(&absolute);
	return inside && !out->failed;
}

/* Whether the kernel, following the link, finds what lies at target. */
static bool means_target(struct draft_maker *maker, int dir, const char *name,
	struct ax_str target)
{
	struct stat through, direct;
	int fd = ax_open_beneath(maker->root, target, O_PATH | O_NOFOLLOW, 0);

	if (fd < 0)
		return false;
	bool same = fstat(fd, &direct) == 0 && fstatat(dir, name, &through, 0) == 0 &&
		    through.st_dev == direct.st_dev && through.st_ino == direct.st_ino;
	close(fd);
	return same;
}

/* Read the link and find its target: 1, 0 when it is none of ours, -1. */
static int read_target(struct draft_maker *maker, struct link *link, char *text)
{
	struct ax_str dir_path = ax_path_dir(link->path);
	struct ax_str name = ax_path_name(link->path);
	char name_text[NAME_MAX + 1];
	int found = 0;

	if (name.len > NAME_MAX)
		return 0;
	memcpy(name_text, name.ptr, name.len);
	name_text[name.len] = '\0';
	int dir = ax_open_beneath(maker->root, dir_path, O_PATH | O_DIRECTORY, 0);
	if (dir < 0)
		return 0;
	ssize_t len = readlinkat(dir, name_text, text, PATH_MAX);
	if (len <= 0 || len == PATH_MAX)
		goto out;
	link->text = ax_str(text, (size_t)len);
	if (!resolve_text(maker, link, &maker->scratch))
		goto out;
	if (!means_target(maker, dir, name_text, ax_buf_str(&maker->scratch)))
		goto out;
	found = copy(maker, &maker->scratch, &link->target) < 0 ? -1 : 1;
out:
	close(dir);
	return found;
}

static int add_retarget(struct draft_maker *maker, const struct link *link, struct ax_str from,
	struct ax_str to)
{
	struct reorg_draft *draft = maker->draft;
	struct ax_buf *buf = &maker->scratch;
	struct ax_str new_text, path, old_text;

	ax_buf_clear(buf);
	if (link->text.ptr[0] == '/')
		ax_path_join(buf, maker->root_path, to);
	else
		reorg_links_relative(buf, ax_path_dir(from), to);
	if (copy(maker, buf, &new_text) < 0)
		return -1;
	if (ax_str_equal(new_text, link->text))
		return 0;
	ax_buf_clear(buf);
	ax_buf_append_str(buf, link->path);
	if (copy(maker, buf, &path) < 0)
		return -1;
	ax_buf_clear(buf);
	ax_buf_append_str(buf, link->text);
	if (copy(maker, buf, &old_text) < 0)
		return -1;

	struct reorg_retarget *grown =
		reallocarray(draft->retargets, draft->n_retargets + 1, sizeof(*grown));
	if (!grown)
		return ax_fail(maker->err, ENOMEM, "reorg: no memory for the plan");
	draft->retargets = grown;
	grown[draft->n_retargets++] = (struct reorg_retarget){ path, old_text, new_text };
	return 0;
}

static int look_at_link(struct draft_maker *maker, struct ax_str path)
{
	struct ax_arena *arena = &maker->draft->arena;
	struct link link = { .path = path };
	char text[PATH_MAX];
	struct ax_str from = path, to;

	int found = read_target(maker, &link, text);
	if (found <= 0)
		return found;
	to = link.target;
	int link_moves = reorg_draft_destination(maker->draft, path, arena, &from, maker->err);
	int target_moves =
		reorg_draft_destination(maker->draft, link.target, arena, &to, maker->err);
	if (link_moves < 0 || target_moves < 0)
		return -1;
	/* An absolute link that moves alone still means the same. */
	if (!target_moves && (!link_moves || link.text.ptr[0] == '/'))
		return 0;
	return add_retarget(maker, &link, from, to);
}

static int compare_retargets(const void *a, const void *b)
{
	const struct reorg_retarget *x = a, *y = b;

	return ax_str_compare(x->path, y->path);
}

int draft_find_retargets(struct draft_maker *maker)
{
	struct reorg_draft *draft = maker->draft;
	struct idx_files *files = NULL;
	struct idx_entry entry;
	struct ax_buf path = { 0 };
	int more = -1;

	if (idx_files_open(maker->snapshot, &(struct idx_filter){ 0 }, &files, maker->err) < 0)
		return -1;
	while ((more = idx_files_next(files, &entry, maker->err)) > 0) {
		if (entry.type != IDX_SYMLINK)
			continue;
		ax_buf_clear(&path);
		ax_path_join(&path, entry.dir, entry.name);
		if (ax_buf_check(&path, "reorg", maker->err) < 0 ||
			look_at_link(maker, ax_buf_str(&path)) < 0) {
			more = -1;
			break;
		}
	}
	idx_files_close(files);
	ax_buf_free(&path);
	if (draft->n_retargets)
		qsort(draft->retargets, draft->n_retargets, sizeof(*draft->retargets),
			compare_retargets);
	return more;
}
