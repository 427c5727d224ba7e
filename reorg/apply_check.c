#include "reorg/apply_internal.h"

#include "base/error.h"
#include "base/file.h"
#include "base/path.h"
#include "reorg/metadata.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* What is found on the way, to become a struct reorg_beginning. */
struct findings {
	struct ax_arena *arena;
	struct ax_buf skipped, contents, dirs; /* arrays of the beginning's elements */
	struct ax_str parent;                  /* the last directory that was looked at */
	enum { UNKNOWN, PRESENT, PLANNED } parent_state;
};

static int changed(struct ax_str path, struct ax_error *err)
{
	return ax_fail(err, AX_EREFUSED, "%.*s: changed since the plan was made",
		AX_STR_ARG(path));
}

static int no_memory(struct ax_error *err)
{
	return ax_fail(err, ENOMEM, "no memory to check the plan");
}

/* A path where it is before the plan: in arena when a directory takes it along. */
static int find_origin(struct reorg_run *run, struct findings *findings, struct ax_str path,
	struct ax_str *out, struct ax_error *err)
{
	struct ax_buf origin = { 0 };
	char *copy = NULL;

	reorg_names_origin(reorg_journal_names(run->journal), path, &origin);
	if (!origin.failed)
		copy = ax_arena_copy(findings->arena, ax_buf_str(&origin));
	*out = ax_str(copy, origin.len);
	ax_buf_free(&origin);
	return copy ? 0 : no_memory(err);
}

/* The planned file is still at path, in every respect. */
static int check_identity(struct reorg_run *run, const struct reorg_act *act,
	struct ax_str path, struct ax_error *err)
{
	struct stat st;
	int found = reorg_dirs_look(&run->dirs, path, &st, err);

	if (found < 0)
		return -1;
	if (!found)
		return ax_fail(err, AX_EREFUSED, "%.*s: gone since the plan was made",
			AX_STR_ARG(path));
	struct reorg_identity now = reorg_identity_of(&st);
	if (!reorg_identity_same(&act->identity, &st) || now.ctime != act->identity.ctime)
		return changed(path, err);
	return 0;
}

static int check_dir_identity(struct reorg_run *run, const struct reorg_act *act,
	struct ax_error *err)
{
	struct stat st;
	uint64_t count = act->count;
	int found = reorg_dirs_look(&run->dirs, act->from, &st, err);

	if (found < 0)
		return -1;
	if (!found || !S_ISDIR(st.st_mode) || st.st_ino != act->identity.ino)
		return changed(act->from, err);
	if (act->count != REORG_ANY_COUNT && reorg_count_below(run, act->from, &count, err) < 0)
		return -1;
	if (count != act->count)
		return ax_fail(err, AX_EREFUSED,
			"%.*s: has %" PRIu64 " entries, and had %" PRIu32
			" when it was planned",
			AX_STR_ARG(act->from), count, act->count);
	return 0;
}

/* The directory that is to hold path exists, or the plan makes it. */
static int check_parent(struct reorg_run *run, struct findings *findings, struct ax_str path,
	struct ax_error *err)
{
	struct ax_str parent = ax_path_dir(path);
	struct stat st;
	int found = 1;

	if (findings->parent_state != UNKNOWN && ax_str_equal(parent, findings->parent))
		return 0;
	if (parent.len)
		found = reorg_dirs_look(&run->dirs, parent, &st, err);
	if (found < 0)
		return -1;
	bool is_present = found && (!parent.len || S_ISDIR(st.st_mode));
	if (!is_present && !reorg_names_makes_dir(reorg_journal_names(run->journal), parent))
		return ax_fail(err, AX_EREFUSED,
			"%.*s: the directory to hold it does not exist", AX_STR_ARG(path));
	findings->parent = parent;
	findings->parent_state = is_present ? PRESENT : PLANNED;
	return 0;
}

/* Nothing is at path, or what is there will have moved away. */
static int check_free(struct reorg_run *run, struct findings *findings, struct ax_str path,
	struct ax_error *err)
{
	struct stat st;

	if (check_parent(run, findings, path, err) < 0)
		return -1;
	if (findings->parent_state == PLANNED)
		return 0;
	int found = reorg_dirs_look(&run->dirs, path, &st, err);
	if (found < 0)
		return -1;
	if (found && !reorg_names_leaves(reorg_journal_names(run->journal), path))
		return ax_fail(err, AX_EREFUSED, "%.*s: the name is taken by something else",
			AX_STR_ARG(path));
	return 0;
}

static int check_make_dir(struct reorg_run *run, struct findings *findings, size_t index,
	struct ax_error *err)
{
	struct ax_str path = run->plan->acts[index].to;
	struct stat st;
	int found = reorg_dirs_look(&run->dirs, path, &st, err);

	if (found < 0)
		return -1;
	if (!found)
		return check_parent(run, findings, path, err);
	if (!S_ISDIR(st.st_mode))
		return ax_fail(err, AX_EREFUSED, "%.*s: the name is taken by something else",
			AX_STR_ARG(path));
	ax_buf_append(&findings->skipped, &index, sizeof(index));
	return 0;
}

static int check_link(struct reorg_run *run, struct ax_str path, struct ax_str target,
	struct ax_error *err)
{
	struct ax_buf text = { 0 };
	int found = reorg_link_read(run, path, &text, err);
	bool same = found > 0 && ax_str_equal(ax_buf_str(&text), target);

	ax_buf_free(&text);
	if (found < 0)
		return -1;
	return same ? 0 : changed(path, err);
}

static int check_retarget(struct reorg_run *run, struct findings *findings,
	const struct reorg_act *act, struct ax_error *err)
{
	struct ax_str path = act->from;

	if (!ax_str_equal(act->from, act->to))
		return check_link(run, path, act->old_target, err) < 0
			       ? -1
			       : check_free(run, findings, act->to, err);
	if (find_origin(run, findings, act->to, &path, err) < 0)
		return -1;
	return check_link(run, path, act->old_target, err);
}

/* The file has the planned content, and the edit fits it; the content is kept for an undo. */
static int check_edit(struct reorg_run *run, struct findings *findings, size_t index,
	struct ax_error *err)
{
	const struct reorg_act *act = &run->plan->acts[index];
	struct reorg_edited file = { 0 };
	struct ax_buf edited = { 0 };
	struct ax_str path = { 0 };
	int status = -1;

	if (find_origin(run, findings, act->from, &path, err) < 0)
		return -1;
	int found = reorg_edit_read(run, path, &file, err);
	if (found < 0)
		goto out;
	if (!found || memcmp(&file.digest, &act->old_digest, sizeof(file.digest)) != 0) {
		changed(path, err);
		goto out;
	}
	if (reorg_edit_content(act, ax_buf_str(&file.content), &edited, err) < 0 ||
		reorg_edit_check_owner(run, path, &file.st, err) < 0)
		goto out;
	char *kept = ax_arena_copy(findings->arena, ax_buf_str(&file.content));
	if (!kept) {
		no_memory(err);
		goto out;
	}
	struct reorg_old_content old = { index, ax_str(kept, file.content.len) };
	ax_buf_append(&findings->contents, &old, sizeof(old));
	status = 0;
out:
	ax_buf_free(&file.content);
	ax_buf_free(&edited);
	return status;
}

static int check_remove_dir(struct reorg_run *run, struct ax_str path, struct ax_error *err)
{
	struct stat st;
	int found = reorg_dirs_look(&run->dirs, path, &st, err);

	if (found < 0)
		return -1;
	if (found ? S_ISDIR(st.st_mode)
		  : reorg_names_makes_dir(reorg_journal_names(run->journal), path))
		return 0;
	return ax_fail(err, AX_EREFUSED, "%.*s: is no directory", AX_STR_ARG(path));
}

/* What is to be deleted is there, unless the plan itself brings it there. */
static int check_delete(struct reorg_run *run, const struct reorg_act *act,
	struct ax_error *err)
{
	struct stat st;
	int found = reorg_dirs_look(&run->dirs, act->from, &st, err);

	return found > 0 ? check_identity(run, act, act->from, err) : found;
}

static int check_act(struct reorg_run *run, struct findings *findings, size_t index,
	struct ax_error *err)
{
	const struct reorg_act *act = &run->plan->acts[index];

	switch (act->kind) {
	case REORG_MAKE_DIR:
		return check_make_dir(run, findings, index, err);
	case REORG_MOVE:
		return check_identity(run, act, act->from, err) < 0
			       ? -1
			       : check_free(run, findings, act->to, err);
	case REORG_MOVE_DIR:
		return check_dir_identity(run, act, err) < 0
			       ? -1
			       : check_free(run, findings, act->to, err);
	case REORG_RETARGET:
		return check_retarget(run, findings, act, err);
	case REORG_LINK:
		return check_free(run, findings, act->to, err);
	case REORG_UNLINK:
		return check_link(run, act->from, act->old_target, err);
	case REORG_EDIT:
		return check_edit(run, findings, index, err);
	case REORG_REMOVE_DIR:
		return check_remove_dir(run, act->from, err);
	case REORG_DELETE:
		return check_delete(run, act, err);
	case REORG_ACT_KINDS:
		break;
	}
	return ax_fail(err, AX_ECORRUPT, "act %zu is of no kind", index);
}

/* Whether the plan removes the directory, so that an undo has to make it again. */
static bool is_removed(const struct reorg_run *run, struct ax_str path)
{
	const struct reorg_names *names = reorg_journal_names(run->journal);
	size_t i = reorg_names_find(names, path);

	return path.len && i < names->n && ax_str_equal(names->names[i].path, path) &&
	       run->plan->acts[names->names[i].act].kind == REORG_REMOVE_DIR;
}

/* Extended attributes of a directory, in arena; none when they cannot be read. */
static int read_xattrs(struct reorg_run *run, struct findings *findings, struct ax_str path,
	struct ax_str *out, struct ax_error *err)
{
	struct ax_buf xattrs = { 0 };
	char *copy = NULL;
	int fd = reorg_dirs_open(&run->dirs, path, O_RDONLY | O_DIRECTORY, 0);

	if (fd >= 0) {
		reorg_xattrs_read(fd, &xattrs);
		close(fd);
	}
	if (!xattrs.failed)
		copy = ax_arena_copy(findings->arena, ax_buf_str(&xattrs));
	*out = ax_str(copy, xattrs.len);
	ax_buf_free(&xattrs);
	return copy ? 0 : no_memory(err);
}

static int look_at_dir(struct reorg_run *run, struct ax_str path, struct stat *st,
	struct ax_error *err)
{
	if (path.len)
		return reorg_dirs_look(&run->dirs, path, st, err);
	if (fstat(run->options->root, st) < 0)
		return ax_fail_errno(err, "cannot examine the root");
	return 1;
}

/* Before anything is begun: may names in this directory be changed at all? */
static int check_writable(struct reorg_run *run, struct ax_str path, struct ax_error *err)
{
	struct reorg_spot spot = { .dir = run->options->root, .name = "." };

	if (path.len && reorg_dirs_locate(&run->dirs, path, &spot) < 0)
		return reorg_dirs_fail(path, err);
	if (faccessat(spot.dir, spot.name, W_OK | X_OK, AT_EACCESS) == 0)
		return 0;
	return ax_fail_errno(err, "%.*s: nothing can be moved into or out of this directory",
		AX_STR_ARG(path.len ? path : AX_STR(".")));
}

/* Remember one directory that will change, if it exists. */
static int record_dir(struct reorg_run *run, struct findings *findings, struct ax_str path,
	struct ax_error *err)
{
	struct reorg_old_dir dir = { .xattrs = AX_STR("") };
	struct stat st;

	if (find_origin(run, findings, path, &dir.path, err) < 0)
		return -1;
	int found = look_at_dir(run, dir.path, &st, err);
	if (found < 0)
		return -1;
	if (!found || !S_ISDIR(st.st_mode))
		return 0;
	if (check_writable(run, dir.path, err) < 0)
		return -1;
	if (is_removed(run, dir.path) &&
		read_xattrs(run, findings, dir.path, &dir.xattrs, err) < 0)
		return -1;
	dir.ino = st.st_ino;
	dir.mode = st.st_mode & ALLPERMS;
	dir.uid = st.st_uid;
	dir.gid = st.st_gid;
	dir.mtime = reorg_identity_of(&st).mtime;
	ax_buf_append(&findings->dirs, &dir, sizeof(dir));
	return 0;
}

static int compare_dirs(const void *a, const void *b)
{
	const struct reorg_old_dir *x = a;
	const struct reorg_old_dir *y = b;

	return reorg_path_compare(x->path, y->path);
}

static int record_dirs(struct reorg_run *run, struct findings *findings, struct ax_error *err)
{
	struct ax_str *paths = NULL;
	size_t n = 0;
	int status = reorg_parents(run, true, true, &paths, &n, err);

	for (size_t i = 0; i < n && status == 0; i++)
		status = record_dir(run, findings, paths[i], err);
	free(paths);
	if (findings->dirs.len)
		qsort(findings->dirs.data, findings->dirs.len / sizeof(struct reorg_old_dir),
			sizeof(struct reorg_old_dir), compare_dirs);
	return status;
}

/* The content of buf as an array in arena. */
static void *take_array(struct ax_arena *arena, const struct ax_buf *buf)
{
	void *array = buf->failed ? NULL : ax_arena_alloc(arena, buf->len + 1);

	if (array && buf->len)
		memcpy(array, buf->data, buf->len);
	return array;
}

static int take_findings(struct findings *findings, struct reorg_beginning *out,
	struct ax_error *err)
{
	out->time = ax_time_now();
	out->skipped = take_array(findings->arena, &findings->skipped);
	out->n_skipped = findings->skipped.len / sizeof(*out->skipped);
	out->dirs = take_array(findings->arena, &findings->dirs);
	out->n_dirs = findings->dirs.len / sizeof(*out->dirs);
	out->contents = take_array(findings->arena, &findings->contents);
	out->n_contents = findings->contents.len / sizeof(*out->contents);
	return out->skipped && out->dirs && out->contents ? 0 : no_memory(err);
}

int reorg_check_plan(struct reorg_run *run, struct ax_arena *arena, struct reorg_beginning *out,
	struct ax_error *err)
{
	struct findings findings = { .arena = arena };
	int status = -1;

	for (size_t i = 0; i < run->plan->n_acts; i++) {
		if (check_act(run, &findings, i, err) == 0)
			continue;
		if (err->code != AX_EREFUSED || reorg_run_misfit(run, i, err) < 0)
			goto out;
		ax_buf_append(&findings.skipped, &i, sizeof(i));
	}
	if (record_dirs(run, &findings, err) < 0)
		goto out;
	status = take_findings(&findings, out, err);
out:
	reorg_dirs_forget(&run->dirs); /* the acts find their way anew */
	ax_buf_free(&findings.skipped);
	ax_buf_free(&findings.contents);
	ax_buf_free(&findings.dirs);
	return status;
}
