#include "reorg/apply_internal.h"

#include "base/error.h"
#include "base/file.h"
#include "base/path.h"
#include "reorg/metadata.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int reorg_link_read(struct reorg_run *run, struct ax_str path, struct ax_buf *target,
	struct ax_error *err)
{
	struct reorg_spot spot;
	char text[PATH_MAX];

	if (reorg_dirs_locate(&run->dirs, path, &spot) < 0)
		return errno == ENOENT ? 0 : reorg_dirs_fail(path, err);
	ssize_t n = readlinkat(spot.dir, spot.name, text, sizeof(text));
	if (n < 0 && (errno == ENOENT || errno == EINVAL))
		return 0;
	if (n < 0)
		return reorg_dirs_fail(path, err);
	ax_buf_append(target, text, (size_t)n);
	return ax_buf_check(target, "the target of a symlink", err) < 0 ? -1 : 1;
}

static int changed(struct ax_str path, struct ax_error *err)
{
	return ax_fail(err, AX_EREFUSED, "%.*s: changed since it was looked at",
		AX_STR_ARG(path));
}

/* Directories */

static int make_dir(struct reorg_run *run, const struct reorg_act *act, struct ax_error *err)
{
	struct reorg_spot spot;
	struct stat st;

	if (reorg_dirs_locate(&run->dirs, act->to, &spot) < 0)
		return reorg_dirs_fail(act->to, err);
	if (mkdirat(spot.dir, spot.name, S_IRWXU | S_IRWXG | S_IRWXO) == 0) {
		run->changes++;
		return 0;
	}
	if (errno != EEXIST)
		return ax_fail_errno(err, "%.*s: cannot make the directory",
			AX_STR_ARG(act->to));
	if (fstatat(spot.dir, spot.name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode))
		return 0;
	return ax_fail(err, AX_EREFUSED, "%.*s: the name is taken by something else",
		AX_STR_ARG(act->to));
}

static bool is_mount_point(const struct reorg_spot *spot)
{
	struct statx st;

	return statx(spot->dir, spot->name, AT_SYMLINK_NOFOLLOW, 0, &st) == 0 &&
	       (st.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

/* Remove a directory if it is empty, and note it if it is not, or cannot be for a mount. */
static int remove_dir(struct reorg_run *run, struct ax_str path, struct ax_error *err)
{
	struct reorg_spot spot;

	if (reorg_dirs_locate(&run->dirs, path, &spot) < 0)
		return errno == ENOENT ? 0 : reorg_dirs_fail(path, err);
	if (unlinkat(spot.dir, spot.name, AT_REMOVEDIR) == 0) {
		reorg_dirs_forget_below(&run->dirs, path);
		run->changes++;
		return 0;
	}
	if (errno == ENOENT)
		return 0;
	if (errno == EBUSY && is_mount_point(&spot)) {
		reorg_note(run, path, "stays: something is mounted there");
		return 0;
	}
	if (errno != ENOTEMPTY && errno != EEXIST && errno != ENOTDIR)
		return ax_fail_errno(err, "%.*s: cannot remove the directory",
			AX_STR_ARG(path));
	reorg_note(run, path, "stays: it holds something else");
	return 0;
}

/* What a directory was before the plan, or NULL. */
static const struct reorg_old_dir *find_old_dir(const struct reorg_run *run, struct ax_str path)
{
	const struct reorg_beginning *beginning = reorg_journal_beginning(run->journal);
	size_t low = 0;
	size_t high = beginning->n_dirs;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = reorg_path_compare(beginning->dirs[middle].path, path);
		if (order == 0)
			return &beginning->dirs[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* Make a new directory what the old one was, but for its time, which is set at the end. */
static int restore_attributes(struct reorg_run *run, const struct reorg_spot *spot,
	const struct reorg_old_dir *old, struct ax_error *err)
{
	unsigned lost = 0;
	int fd = openat(spot->dir, spot->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int status = fd < 0 ? -1 : 0;

	if (fd >= 0) {
		lost = reorg_xattrs_write(fd, old->xattrs);
		status = reorg_owner_write(fd, old->uid, old->gid, old->mode, &lost);
	}
	if (status < 0)
		ax_fail_errno(err, "%.*s: cannot restore the directory", AX_STR_ARG(old->path));
	if (fd >= 0)
		close(fd);
	if (lost)
		reorg_note_lost(run, old->path, lost);
	return status;
}

/*
 * Whether the directory never went, as far as can be told: one that a run made which died then has
 * the owner of whoever ran it and no attributes, and may have got the old inode again.
 */
static bool is_as_before(const struct reorg_run *run, const struct reorg_old_dir *old,
	const struct stat *st)
{
	if (st->st_ino != old->ino || (st->st_mode & ALLPERMS) != old->mode)
		return false;
	return !run->is_resumed ||
	       (st->st_uid == old->uid && st->st_gid == old->gid && old->xattrs.len == 0);
}

/* Put back a directory that was removed. */
static int restore_dir(struct reorg_run *run, struct ax_str path, struct ax_error *err)
{
	const struct reorg_old_dir *old = find_old_dir(run, path);
	struct reorg_spot spot;
	struct stat st;

	if (!old) /* one that the plan itself had made */
		return 0;
	if (reorg_dirs_locate(&run->dirs, path, &spot) < 0)
		return errno == ENOENT
			       ? ax_fail(err, AX_EREFUSED,
					 "%.*s: the directory to hold it does not exist",
					 AX_STR_ARG(path))
			       : reorg_dirs_fail(path, err);
	bool is_new = mkdirat(spot.dir, spot.name, S_IRWXU) == 0;
	if (!is_new && errno != EEXIST)
		return ax_fail_errno(err, "%.*s: cannot make the directory", AX_STR_ARG(path));
	run->changes += is_new;
	if (fstatat(spot.dir, spot.name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return ax_fail_errno(err, "%.*s: cannot examine", AX_STR_ARG(path));
	if (!S_ISDIR(st.st_mode))
		return changed(path, err);
	if (!is_new && is_as_before(run, old, &st))
		return 0;
	return restore_attributes(run, &spot, old, err);
}

/* Links */

/* Make a symlink that may be there already. */
static int make_link(struct reorg_run *run, const struct reorg_act *act, struct ax_str path,
	struct ax_str target, struct ax_error *err)
{
	struct ax_buf present = { 0 };
	struct ax_buf text = { 0 };
	struct reorg_spot spot;
	int status = -1;

	ax_buf_append_str(&text, target);
	if (reorg_dirs_locate(&run->dirs, path, &spot) < 0) {
		reorg_dirs_fail(path, err);
		goto out;
	}
	if (symlinkat(ax_buf_text(&text), spot.dir, spot.name) < 0) {
		if (errno != EEXIST) {
			ax_fail_errno(err, "%.*s: cannot make the link", AX_STR_ARG(path));
			goto out;
		}
		int found = reorg_link_read(run, path, &present, err);
		if (found < 0)
			goto out;
		if (!found || !ax_str_equal(ax_buf_str(&present), target)) {
			ax_fail(err, AX_EREFUSED, "%.*s: the name is taken by something else",
				AX_STR_ARG(path));
			goto out;
		}
	} else {
		run->changes++;
		run->report->links++;
	}
	if (act->kind == REORG_UNLINK) {
		struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
			reorg_timespec(act->identity.mtime) };
		utimensat(spot.dir, spot.name, times, AT_SYMLINK_NOFOLLOW);
	}
	status = 0;
out:
	ax_buf_free(&present);
	ax_buf_free(&text);
	return status;
}

/* Remove a symlink that may be gone already. */
static int remove_link(struct reorg_run *run, struct ax_str path, struct ax_str target,
	struct ax_error *err)
{
	struct ax_buf present = { 0 };
	struct reorg_spot spot;
	struct stat st;
	int status = -1;
	int found = reorg_link_read(run, path, &present, err);

	if (found < 0)
		goto out;
	if (!found) {
		found = reorg_dirs_look(&run->dirs, path, &st, err);
		status = found > 0 ? changed(path, err) : found;
		goto out;
	}
	if (!ax_str_equal(ax_buf_str(&present), target)) {
		changed(path, err);
		goto out;
	}
	if (reorg_dirs_locate(&run->dirs, path, &spot) < 0 ||
		unlinkat(spot.dir, spot.name, 0) < 0) {
		ax_fail_errno(err, "%.*s: cannot remove the link", AX_STR_ARG(path));
		goto out;
	}
	run->changes++;
	run->report->links++;
	status = 0;
out:
	ax_buf_free(&present);
	return status;
}

/* Undo of a link that was never made: its file, which moves later, is still there. */
static int take_back_link(struct reorg_run *run, const struct reorg_act *act,
	struct ax_error *err)
{
	if (remove_link(run, act->to, act->target, err) == 0)
		return 0;
	if (err->code == AX_EREFUSED && run->is_resumed &&
		reorg_names_leaves(reorg_journal_names(run->journal), act->to))
		return 0;
	return -1;
}

/* Files that go for good */

static int delete_file(struct reorg_run *run, const struct reorg_act *act, struct ax_error *err)
{
	struct reorg_spot spot;
	struct stat st;
	int found = reorg_dirs_look(&run->dirs, act->from, &st, err);

	if (found <= 0)
		return found;
	if (!reorg_identity_same(&act->identity, &st))
		return changed(act->from, err);
	if (reorg_dirs_locate(&run->dirs, act->from, &spot) < 0 ||
		unlinkat(spot.dir, spot.name, 0) < 0)
		return ax_fail_errno(err, "%.*s: cannot delete", AX_STR_ARG(act->from));
	run->changes++;
	run->report->deleted++;
	return 0;
}

/* In a directory that moves whole and is back already: what was in it was taken back before. */
static bool is_back_with_directory(struct reorg_run *run, const struct reorg_act *act)
{
	struct ax_str path = act->to.len ? act->to : act->from;
	struct ax_buf origin = { 0 };
	struct ax_error ignored = { 0 };
	struct stat st;

	reorg_names_origin(reorg_journal_names(run->journal), path, &origin);
	bool is_back = !origin.failed && !ax_str_equal(ax_buf_str(&origin), path) &&
		       reorg_dirs_look(&run->dirs, path, &st, &ignored) == 0 &&
		       reorg_dirs_look(&run->dirs, ax_buf_str(&origin), &st, &ignored) == 1;
	ax_buf_free(&origin);
	return is_back;
}

static int run_forward(struct reorg_run *run, size_t index, struct ax_error *err)
{
	const struct reorg_act *act = &run->plan->acts[index];

	switch (act->kind) {
	case REORG_MAKE_DIR:
		return make_dir(run, act, err);
	case REORG_MOVE:
		return reorg_move_run(run, index, err);
	case REORG_MOVE_DIR:
		return reorg_move_dir_run(run, index, err);
	case REORG_RETARGET:
		return reorg_retarget_run(run, index, err);
	case REORG_LINK:
		return make_link(run, act, act->to, act->target, err);
	case REORG_UNLINK:
		return remove_link(run, act->from, act->old_target, err);
	case REORG_EDIT:
		return reorg_edit_run(run, index, err);
	case REORG_REMOVE_DIR:
		return remove_dir(run, act->from, err);
	case REORG_DELETE:
		return delete_file(run, act, err);
	case REORG_ACT_KINDS:
		break;
	}
	return ax_fail(err, AX_ECORRUPT, "act %zu is of no kind", index);
}

static int run_backward(struct reorg_run *run, size_t index, struct ax_error *err)
{
	const struct reorg_act *act = &run->plan->acts[index];

	switch (act->kind) {
	case REORG_MAKE_DIR:
		return remove_dir(run, act->to, err);
	case REORG_MOVE:
		return reorg_move_run(run, index, err);
	case REORG_MOVE_DIR:
		return reorg_move_dir_run(run, index, err);
	case REORG_RETARGET:
		return is_back_with_directory(run, act) ? 0
							: reorg_retarget_run(run, index, err);
	case REORG_LINK:
		return take_back_link(run, act, err);
	case REORG_UNLINK:
		return make_link(run, act, act->from, act->old_target, err);
	case REORG_EDIT:
		return is_back_with_directory(run, act) ? 0 : reorg_edit_run(run, index, err);
	case REORG_REMOVE_DIR:
		return restore_dir(run, act->from, err);
	case REORG_DELETE: /* an undo is refused once one was begun */
		return 0;
	case REORG_ACT_KINDS:
		break;
	}
	return ax_fail(err, AX_ECORRUPT, "act %zu is of no kind", index);
}

int reorg_act_run(struct reorg_run *run, size_t index, struct ax_error *err)
{
	int status =
		run->is_backward ? run_backward(run, index, err) : run_forward(run, index, err);

	if (status < 0 && err->code == AX_EREFUSED)
		return reorg_run_misfit(run, index, err);
	return status;
}
