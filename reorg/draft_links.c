/*
 * Symlinks: what each of them means, and which have to say something else once the moves are
 * done. Where the text of a link, read as a path, leads to the very file that the kernel finds,
 * that is its target. Else some directory on the way is a symlink: then the target is found by
 * resolving all of the way but the last name, and the link will lead there directly.
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

static int no_memory(struct ax_error *err)
{
	return ax_fail(err, ENOMEM, "reorg: no memory for the plan");
}

static int copy(struct reorg_draft *draft, struct ax_str s, struct ax_str *out,
	struct ax_error *err)
{
	char *bytes = ax_arena_copy(&draft->arena, s);

	if (!bytes)
		return no_memory(err);
	*out = ax_str(bytes, s.len);
	return 0;
}

/* What the link says as an absolute path, by its text alone. */
static void resolve_text(struct draft_maker *maker, struct ax_str path, struct ax_str text,
	struct ax_buf *out)
{
	struct ax_buf *cwd = &maker->path;

	ax_buf_clear(cwd);
	ax_path_join(cwd, maker->root_path, ax_path_dir(path));
	ax_buf_clear(out);
	ax_path_resolve(out, ax_buf_str(cwd), text);
}

/* The same with the way resolved, but not the last name; false where there is no such way. */
static bool resolve_way(struct draft_maker *maker, struct ax_str path, struct ax_str text,
	struct ax_buf *out)
{
	struct ax_buf *way = &maker->path;
	char resolved[PATH_MAX];

	while (text.len > 1 && text.ptr[text.len - 1] == '/')
		text.len--;
	struct ax_str name = ax_path_name(text);
	if (name.len == 0 || ax_str_equal(name, AX_STR(".")) ||
		ax_str_equal(name, AX_STR("..")))
		return false;
	ax_buf_clear(way);
	if (text.ptr[0] != '/') {
		ax_path_join(way, maker->root_path, ax_path_dir(path));
		ax_buf_append_byte(way, '/');
	}
	ax_buf_append_str(way, ax_str_slice(text, 0, text.len - name.len));
	if (way->failed || !realpath(ax_buf_text(way), resolved))
		return false;
	ax_buf_clear(out);
	ax_path_join(out, ax_str_from(resolved), name);
	return !out->failed;
}

static bool exists(const struct draft_maker *maker, struct ax_str path)
{
	int fd = ax_open_beneath(maker->root, path, O_PATH | O_NOFOLLOW, 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
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

/* Find what the link means, root-relative, in *out; false when it is nothing in the project. */
static bool find_target(struct draft_maker *maker, int dir, const char *name,
	const struct reorg_symlink *link, struct ax_buf *out)
{
	struct ax_buf *absolute = &maker->scratch;

	resolve_text(maker, link->path, link->text, absolute);
	ax_buf_clear(out);
	if (ax_path_relative(out, maker->root_path, ax_buf_str(absolute)) && out->len &&
		means_target(maker, dir, name, ax_buf_str(out)))
		return true;
	ax_buf_clear(out);
	return resolve_way(maker, link->path, link->text, absolute) &&
	       ax_path_relative(out, maker->root_path, ax_buf_str(absolute)) && out->len &&
	       exists(maker, ax_buf_str(out));
}

/* What is wrong with where the link at path leads; NULL for nothing that can be told. */
static const char *find_fault(const struct draft_maker *maker, const char *path)
{
	char resolved[PATH_MAX];

	if (realpath(path, resolved)) {
		struct ax_buf relative = { 0 };
		bool is_inside =
			ax_path_relative(&relative, maker->root_path, ax_str_from(resolved));
		ax_buf_free(&relative);
		return is_inside ? NULL : "which is not in the project";
	}
	if (errno == ELOOP)
		return "which leads in a circle";
	return errno == ENOENT || errno == ENOTDIR ? "which is not there" : NULL;
}

void draft_describe_link(const struct draft_maker *maker, struct ax_str path,
	struct ax_buf *out)
{
	struct ax_buf absolute = { 0 };
	char text[PATH_MAX];

	ax_path_join(&absolute, maker->root_path, path);
	ssize_t len = readlink(ax_buf_text(&absolute), text, sizeof(text));
	const char *fault = len > 0 ? find_fault(maker, ax_buf_text(&absolute)) : NULL;
	ax_buf_append_text(out, "a symlink");
	if (fault) {
		ax_buf_append_text(out, " to ");
		ax_buf_append(out, text, (size_t)len);
		ax_buf_append_text(out, ", ");
		ax_buf_append_text(out, fault);
	}
	ax_buf_append_text(out, fault ? ": it stays" : ": it stays, and follows its target");
	ax_buf_free(&absolute);
}

static int add_symlink(struct draft_maker *maker, const struct reorg_symlink *link)
{
	struct reorg_draft *draft = maker->draft;
	struct reorg_symlink *added = draft_add_element((void **)&draft->symlinks,
		&draft->n_symlinks, sizeof(*added));

	if (!added)
		return no_memory(maker->err);
	if (copy(draft, link->path, &added->path, maker->err) < 0 ||
		copy(draft, link->text, &added->text, maker->err) < 0)
		return -1;
	return copy(draft, link->target, &added->target, maker->err);
}

static int look_at_link(struct draft_maker *maker, struct ax_str path)
{
	struct ax_str name = ax_path_name(path);
	struct ax_buf target = { 0 };
	char text[PATH_MAX], name_text[NAME_MAX + 1];
	int status = 0;

	if (name.len > NAME_MAX)
		return 0;
	memcpy(name_text, name.ptr, name.len);
	name_text[name.len] = '\0';
	int dir = ax_open_beneath(maker->root, ax_path_dir(path), O_PATH | O_DIRECTORY, 0);
	if (dir < 0)
		return 0;
	ssize_t len = readlinkat(dir, name_text, text, sizeof(text));
	if (len > 0 && len < PATH_MAX) {
		struct reorg_symlink link = { path, ax_str(text, (size_t)len), { 0 } };
		bool found = find_target(maker, dir, name_text, &link, &target);
		link.target = ax_buf_str(&target);
		status = found ? add_symlink(maker, &link) : 0;
	}
	ax_buf_free(&target);
	close(dir);
	return status;
}

static int compare_symlinks(const void *a, const void *b)
{
	const struct reorg_symlink *x = a, *y = b;

	return ax_str_compare(x->path, y->path);
}

static int visit(struct draft_maker *maker, const struct idx_entry *entry)
{
	struct ax_buf path = { 0 };

	if (entry->type != IDX_SYMLINK)
		return 0;
	ax_path_join(&path, entry->dir, entry->name);
	int status = ax_buf_check(&path, "reorg", maker->err);
	if (status == 0)
		status = look_at_link(maker, ax_buf_str(&path));
	ax_buf_free(&path);
	return status;
}

int draft_find_symlinks(struct draft_maker *maker)
{
	struct reorg_draft *draft = maker->draft;
	int status = draft_visit_files(maker, visit);

	if (draft->n_symlinks)
		qsort(draft->symlinks, draft->n_symlinks, sizeof(*draft->symlinks),
			compare_symlinks);
	return status;
}

/* What the link has to say when it is at from and its target at to: relative stays relative. */
static int write_text(struct reorg_draft *draft, const struct reorg_symlink *link,
	struct ax_str from, struct ax_str to, struct ax_str *out, struct ax_error *err)
{
	struct ax_buf text = { 0 };

	if (link->text.ptr[0] == '/')
		ax_path_join(&text, draft->root_path, to);
	else
		reorg_links_relative(&text, ax_path_dir(from), to);
	int status = text.failed ? no_memory(err) : copy(draft, ax_buf_str(&text), out, err);
	ax_buf_free(&text);
	return status;
}

static int derive_retarget(struct reorg_draft *draft, const struct reorg_symlink *link,
	struct ax_error *err)
{
	struct ax_str from = link->path, to = link->target, text;
	int link_moves = reorg_draft_destination(draft, from, &draft->arena, &from, err);
	int target_moves = reorg_draft_destination(draft, to, &draft->arena, &to, err);

	if (link_moves < 0 || target_moves < 0)
		return -1;
	/* An absolute link that moves alone still means the same. */
	if (!target_moves && (!link_moves || link->text.ptr[0] == '/'))
		return 0;
	if (write_text(draft, link, from, to, &text, err) < 0)
		return -1;
	if (ax_str_equal(text, link->text))
		return 0;
	struct reorg_retarget *retarget = draft_add_element((void **)&draft->retargets,
		&draft->n_retargets, sizeof(*retarget));
	if (!retarget)
		return no_memory(err);
	*retarget = (struct reorg_retarget){ link->path, link->text, text };
	return 0;
}

int draft_derive_retargets(struct reorg_draft *draft, struct ax_error *err)
{
	free(draft->retargets);
	draft->retargets = NULL;
	draft->n_retargets = 0;
	for (size_t i = 0; i < draft->n_symlinks; i++) {
		if (derive_retarget(draft, &draft->symlinks[i], err) < 0)
			return -1;
	}
	return 0;
}
