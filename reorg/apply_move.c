/*
 * From one name to another, in the direction of the run:
 *
 *	rename   when the new name is on the same file system
 *	copy     otherwise, see apply_copy.c: temporary name, rename, and the source goes later
 *
 * Either way a name that exists is never replaced. The old name is trusted only when it shows the planned inode, size and mtime, or those that a
 * copy of ours was recorded with.
 */
#include "reorg/apply_internal.h"

#include "base/error.h"
#include "base/file.h"
#include "base/path.h"
#include "reorg/copy.h"
#include "reorg/metadata.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { DEPTH_MAX = 1000 }; /* of directories whose entries are counted */

static bool is_ours(const struct reorg_run *run, size_t act, enum reorg_side side,
	const struct stat *st)
{
	const struct reorg_copy *copy = reorg_copy_at(run, act, side);

	return reorg_identity_same(&run->plan->acts[act].identity, st) ||
	       (copy && reorg_identity_same(&copy->identity, st));
}

static int look(struct reorg_run *run, size_t act, enum reorg_side side, struct reorg_end *out,
	struct ax_error *err)
{
	const struct reorg_act *a = &run->plan->acts[act];

	out->side = side;
	out->path = side == REORG_FROM ? a->from : a->to;
	out->exists = out->is_ours = false;
	out->has_dir = reorg_dirs_locate(&run->dirs, out->path, &out->spot) == 0;
	if (!out->has_dir)
		return errno == ENOENT ? 0 : reorg_dirs_fail(out->path, err);
	if (fstatat(out->spot.dir, out->spot.name, &out->st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : reorg_dirs_fail(out->path, err);
	out->exists = true;
	out->is_ours = is_ours(run, act, side, &out->st);
	return 0;
}

static int taken(struct ax_str path, struct ax_error *err)
{
	return ax_fail(err, AX_EREFUSED, "%.*s: the name is taken by something else",
		AX_STR_ARG(path));
}

/* What to say of a file that is at neither name as it should be. */
static int misfit(const struct reorg_end *source, const struct reorg_end *destination,
	struct ax_error *err)
{
	if (source->exists)
		return ax_fail(err, AX_EREFUSED, "%.*s: changed since it was looked at",
			AX_STR_ARG(source->path));
	return ax_fail(err, AX_EREFUSED, "%.*s: gone, and not at %.*s either",
		AX_STR_ARG(source->path), AX_STR_ARG(destination->path));
}

static int cannot_move(const struct reorg_end *source, const struct reorg_end *destination,
	struct ax_error *err)
{
	return ax_fail_errno(err, "%.*s: cannot move to %.*s", AX_STR_ARG(source->path),
		AX_STR_ARG(destination->path));
}

int reorg_rename_new(const struct reorg_spot *from, const struct reorg_spot *to, bool is_dir)
{
	if (renameat2(from->dir, from->name, to->dir, to->name, RENAME_NOREPLACE) == 0)
		return 0;
	if (is_dir || (errno != EINVAL && errno != ENOSYS))
		return -1;
	if (linkat(from->dir, from->name, to->dir, to->name, 0) < 0)
		return -1;
	return unlinkat(from->dir, from->name, 0);
}

/* Whether two files that both exist hold the same. 1, 0 or -1. */
static int is_equal(struct reorg_run *run, const struct reorg_end *a, const struct reorg_end *b,
	struct ax_error *err)
{
	struct ax_buf texts[2] = { 0 };
	int status = -1;
	int fd[2] = { -1, -1 };

	if ((a->st.st_mode & S_IFMT) != (b->st.st_mode & S_IFMT) ||
		a->st.st_size != b->st.st_size)
		return 0;
	if (S_ISLNK(a->st.st_mode)) {
		status = reorg_link_read(run, a->path, &texts[0], err);
		if (status > 0)
			status = reorg_link_read(run, b->path, &texts[1], err);
		if (status > 0)
			status = ax_str_equal(ax_buf_str(&texts[0]), ax_buf_str(&texts[1]));
		goto out;
	}
	if (!S_ISREG(a->st.st_mode)) {
		status = 0;
		goto out;
	}
	fd[0] = reorg_open_in(&a->spot, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	fd[1] = reorg_open_in(&b->spot, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd[0] < 0 || fd[1] < 0) {
		ax_fail_errno(err, "%.*s: cannot open to compare",
			AX_STR_ARG(fd[0] < 0 ? a->path : b->path));
		goto out;
	}
	ax_buf_append_str(&texts[0], b->path);
	status = reorg_compare_content(fd[0], fd[1], (uint64_t)a->st.st_size, NULL,
		ax_buf_text(&texts[0]), err);
out:
	for (int i = 0; i < 2; i++) {
		ax_buf_free(&texts[i]);
		if (fd[i] >= 0)
			close(fd[i]);
	}
	return status;
}

/*
 * Both names exist, the source being ours. After a crash that may be our own doing: one inode
 * under both names (btrfs after a power cut, and our fallback without renameat2), or a copy.
 */
static int settle(struct reorg_run *run, size_t act, const struct reorg_end *source,
	struct ax_error *err)
{
	struct reorg_end other;

	if (look(run, act, reorg_run_destination_side(run), &other, err) < 0)
		return -1;
	if (!run->is_resumed || !other.exists)
		return taken(other.path, err);
	if (other.st.st_dev == source->st.st_dev && other.st.st_ino == source->st.st_ino) {
		if (unlinkat(source->spot.dir, source->spot.name, 0) < 0)
			return cannot_move(source, &other, err);
		run->changes++;
		return 0;
	}
	const struct reorg_copy *copy = reorg_copy_at(run, act, other.side);
	bool is_copy = copy && reorg_identity_same(&copy->identity, &other.st);
	if (is_copy || (run->is_backward && other.is_ours))
		return reorg_copy_pending(run, act, &source->st, err);
	int equal = is_equal(run, source, &other, err);
	if (equal < 0)
		return -1;
	return equal ? reorg_copy_add(run, act, source, &other.st, err)
		     : taken(other.path, err);
}

/* Give a temporary file its name. 0; 1 when that is taken; or -1. The temporary file is gone. */
static int publish(const struct reorg_spot *temporary, const struct reorg_end *destination,
	struct ax_error *err)
{
	if (reorg_rename_new(temporary, &destination->spot, false) == 0)
		return 0;
	int code = errno;
	unlinkat(temporary->dir, temporary->name, 0);
	if (code == EEXIST)
		return 1;
	errno = code;
	return ax_fail_errno(err, "%.*s: cannot create", AX_STR_ARG(destination->path));
}

/* Give what was made under a temporary name its own, and remember it. */
static int finish_copy(struct reorg_run *run, size_t act, const struct reorg_end *source,
	const struct reorg_end *destination, const struct reorg_spot *temporary,
	struct ax_error *err)
{
	struct stat st;
	int is_taken = publish(temporary, destination, err);

	if (is_taken)
		return is_taken < 0 ? -1 : settle(run, act, source, err);
	run->changes++;
	run->report->copied++;
	run->report->moved++;
	if (fstatat(destination->spot.dir, destination->spot.name, &st, AT_SYMLINK_NOFOLLOW) <
		0)
		return ax_fail_errno(err, "%.*s: cannot examine",
			AX_STR_ARG(destination->path));
	return reorg_copy_add(run, act, source, &st, err);
}

/* Rename, or copy where that cannot be. */
static int transfer(struct reorg_run *run, size_t act, const struct reorg_end *source,
	const struct reorg_end *destination, struct ax_error *err)
{
	struct reorg_spot temporary = { .dir = destination->spot.dir };

	reorg_temporary_name(run, act, temporary.name);
	/* Another name of the file was copied before: this one must follow, not be renamed. */
	int linked = run->n_copies ? reorg_copy_link(run, act, source, &temporary, err) : 0;
	if (linked)
		return linked < 0 ? -1
				  : finish_copy(run, act, source, destination, &temporary, err);
	if (reorg_rename_new(&source->spot, &destination->spot, false) == 0) {
		run->changes++;
		run->report->moved++;
		return 0;
	}
	if (errno != EEXIST && errno != EXDEV)
		return cannot_move(source, destination, err);
	struct stat st;
	if (errno == EEXIST || fstatat(destination->spot.dir, destination->spot.name, &st,
				       AT_SYMLINK_NOFOLLOW) == 0)
		return settle(run, act, source, err);
	if (reorg_copy_make(run, act, source, &temporary, err) < 0)
		return -1;
	return finish_copy(run, act, source, destination, &temporary, err);
}

/* No directory to move to. */
static int no_directory(const struct reorg_end *destination, struct ax_error *err)
{
	return ax_fail(err, AX_EREFUSED, "%.*s: the directory to hold it does not exist",
		AX_STR_ARG(destination->path));
}

/* Find the directory of the destination, without looking at the destination itself. */
static int locate_destination(struct reorg_run *run, size_t act, struct reorg_end *out,
	struct ax_error *err)
{
	out->path = reorg_run_destination(run, &run->plan->acts[act]);
	out->side = reorg_run_destination_side(run);
	if (reorg_dirs_locate(&run->dirs, out->path, &out->spot) == 0)
		return 0;
	return errno == ENOENT ? no_directory(out, err) : reorg_dirs_fail(out->path, err);
}

/*
 * The file is at its old name again, or still. A crash may have left a copy at the new one that
 * no record tells of.
 */
static int remove_leftover(struct reorg_run *run, const struct reorg_end *copy,
	const struct reorg_end *original, struct ax_error *err)
{
	int equal = is_equal(run, original, copy, err);

	if (equal <= 0)
		return equal;
	if (reorg_unlink_copied(&copy->spot, &copy->st, copy->path, err) < 0)
		return -1;
	run->changes++;
	return 0;
}

/* Where the way to what is to be taken back is no longer one of directories, it is not there. */
static int look_at_source(struct reorg_run *run, size_t act, struct reorg_end *out,
	struct ax_error *err)
{
	int status = look(run, act, reorg_run_source_side(run), out, err);

	return status < 0 && run->is_backward && err->code == AX_EREFUSED ? 0 : status;
}

int reorg_move_run(struct reorg_run *run, size_t index, struct ax_error *err)
{
	struct reorg_end source;
	struct reorg_end destination;

	if (look_at_source(run, index, &source, err) < 0)
		return -1;
	if (source.is_ours)
		return locate_destination(run, index, &destination, err) < 0
			       ? -1
			       : transfer(run, index, &source, &destination, err);
	if (look(run, index, reorg_run_destination_side(run), &destination, err) < 0)
		return -1;
	if (!destination.is_ours)
		return misfit(&source, &destination, err);
	if (run->is_backward && run->is_resumed && source.exists)
		return remove_leftover(run, &source, &destination, err);
	return 0;
}

/* Whole directories */

/* Add the entries of an open directory, which is closed, and of those below it to *count. */
static int count_entries(int fd, unsigned depth, uint64_t *count)
{
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int status = 0;

	if (!dir || depth > DEPTH_MAX) {
		if (dir)
			closedir(dir);
		else if (fd >= 0)
			close(fd);
		return -1;
	}
	while (status == 0 && (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		++*count;
		int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
		int child = entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN
				    ? openat(fd, entry->d_name, flags)
				    : -1;
		if (child >= 0)
			status = count_entries(child, depth + 1, count);
		else if (entry->d_type == DT_DIR)
			status = -1;
	}
	closedir(dir);
	return status;
}

int reorg_count_below(struct reorg_run *run, struct ax_str path, uint64_t *out,
	struct ax_error *err)
{
	*out = 0;
	int fd = ax_open_beneath(run->options->root, path, O_RDONLY | O_DIRECTORY, 0);
	if (count_entries(fd, 0, out) < 0)
		return ax_fail(err, AX_EREFUSED, "%.*s: cannot count what is in it",
			AX_STR_ARG(path));
	return 0;
}

static bool is_planned_dir(const struct reorg_act *act, const struct reorg_end *end)
{
	return end->exists && S_ISDIR(end->st.st_mode) && end->st.st_ino == act->identity.ino;
}

static int check_count(struct reorg_run *run, const struct reorg_act *act, struct ax_error *err)
{
	uint64_t count = 0;

	if (run->is_backward || act->count == REORG_ANY_COUNT)
		return 0;
	if (reorg_count_below(run, act->from, &count, err) < 0)
		return -1;
	if (count != act->count)
		return ax_fail(err, AX_EREFUSED,
			"%.*s: has %" PRIu64 " entries, and had %" PRIu32
			" when it was planned",
			AX_STR_ARG(act->from), count, act->count);
	return 0;
}

int reorg_move_dir_run(struct reorg_run *run, size_t index, struct ax_error *err)
{
	const struct reorg_act *act = &run->plan->acts[index];
	struct reorg_end source;
	struct reorg_end destination;

	if (look_at_source(run, index, &source, err) < 0)
		return -1;
	if (!is_planned_dir(act, &source)) {
		if (look(run, index, reorg_run_destination_side(run), &destination, err) < 0)
			return -1;
		return is_planned_dir(act, &destination) ? 0
							 : misfit(&source, &destination, err);
	}
	if (check_count(run, act, err) < 0 ||
		locate_destination(run, index, &destination, err) < 0)
		return -1;
	int status = reorg_rename_new(&source.spot, &destination.spot, true);
	if (status < 0 && (errno == EEXIST || errno == ENOTEMPTY))
		return taken(destination.path, err);
	if (status < 0)
		return cannot_move(&source, &destination, err);
	reorg_dirs_forget(&run->dirs);
	run->changes++;
	run->report->dirs++;
	return 0;
}

/* Symlinks with another target */

/* Whether path is a symlink to target. 1, 0 or -1; *exists says whether it is one at all. */
static int points_to(struct reorg_run *run, struct ax_str path, struct ax_str target,
	bool *exists, struct ax_error *err)
{
	struct ax_buf text = { 0 };
	int found = reorg_link_read(run, path, &text, err);

	*exists = found > 0;
	if (found > 0)
		found = ax_str_equal(ax_buf_str(&text), target);
	ax_buf_free(&text);
	return found;
}

/* The link that is to stand at the destination, under a temporary name beside it. */
static int prepare_link(struct reorg_run *run, size_t index, struct reorg_end *source,
	struct reorg_end *destination, struct reorg_spot *temporary, struct ax_error *err)
{
	const struct reorg_act *act = &run->plan->acts[index];

	if (look(run, index, reorg_run_source_side(run), source, err) < 0 ||
		locate_destination(run, index, destination, err) < 0)
		return -1;
	if (!source->exists || !S_ISLNK(source->st.st_mode))
		return misfit(source, destination, err);
	/* The time that it was planned with, which an undo thereby restores. */
	source->st.st_mtim = reorg_timespec(act->identity.mtime);
	temporary->dir = destination->spot.dir;
	reorg_temporary_name(run, index, temporary->name);
	return reorg_symlink_make(temporary, run->is_backward ? act->old_target : act->target,
		&source->st, err);
}

static int retarget_in_place(struct reorg_run *run, size_t index, struct ax_error *err)
{
	struct reorg_end source;
	struct reorg_end destination;
	struct reorg_spot temporary;

	if (prepare_link(run, index, &source, &destination, &temporary, err) < 0)
		return -1;
	if (renameat(temporary.dir, temporary.name, source.spot.dir, source.spot.name) < 0) {
		cannot_move(&source, &destination, err);
		unlinkat(temporary.dir, temporary.name, 0);
		return -1;
	}
	run->changes++;
	run->report->links++;
	return 0;
}

static int retarget_elsewhere(struct reorg_run *run, size_t index, struct ax_error *err)
{
	const struct reorg_act *act = &run->plan->acts[index];
	struct reorg_end source;
	struct reorg_end destination;
	struct reorg_spot temporary;
	bool exists = false;

	if (prepare_link(run, index, &source, &destination, &temporary, err) < 0)
		return -1;
	struct stat st = source.st;
	int status = publish(&temporary, &destination, err);
	if (status < 0)
		return -1;
	if (status == 1) {
		int same = points_to(run, destination.path,
			run->is_backward ? act->old_target : act->target, &exists, err);
		if (same <= 0)
			return same < 0 ? -1 : taken(destination.path, err);
		if (!run->is_resumed)
			return taken(destination.path, err);
	}
	run->changes++;
	run->report->links++;
	int found = reorg_dirs_look(&run->dirs, source.path, &st, err);
	return found <= 0 ? found : reorg_copy_pending(run, index, &st, err);
}

int reorg_retarget_run(struct reorg_run *run, size_t index, struct ax_error *err)
{
	const struct reorg_act *act = &run->plan->acts[index];
	bool back = run->is_backward;
	struct ax_str source = reorg_run_source(run, act);
	struct ax_str destination = reorg_run_destination(run, act);
	bool in_place = ax_str_equal(source, destination);
	bool exists = false;
	bool exists_there = false;

	int is_old = points_to(run, source, back ? act->target : act->old_target, &exists, err);
	if (is_old > 0)
		return in_place ? retarget_in_place(run, index, err)
				: retarget_elsewhere(run, index, err);
	int is_new = is_old < 0
			     ? -1
			     : points_to(run, destination, back ? act->old_target : act->target,
				       &exists_there, err);
	if (is_new)
		return is_new < 0 ? -1 : 0;
	return ax_fail(err, AX_EREFUSED,
		exists ? "%.*s: changed since it was looked at"
		       : "%.*s: is no symlink any more",
		AX_STR_ARG(source));
}
