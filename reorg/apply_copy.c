/*
 * Copies of files that cross a file system, and what waits for them.
 *
 * A copy gets its final name when its data is synced and compared. Its source stays: it becomes
 * pending, and goes with many others once the journal and the directories of the copies are
 * synced. After a failed sync the copy is thrown away and made again, never synced again.
 */
#include "reorg/apply_internal.h"

#include "base/error.h"
#include "base/file.h"
#include "base/path.h"
#include "reorg/copy.h"
#include "reorg/metadata.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	PENDING_MAX = 1024,          /* copies between two flushes */
	PENDING_BYTES_MAX = 1 << 30, /* and their size */
	ATTEMPTS = 2,                /* of a copy whose sync fails */
};

const struct reorg_copy *reorg_copy_at(const struct reorg_run *run, size_t act,
	enum reorg_side side)
{
	uint32_t i = run->copy_at ? run->copy_at[act * 2 + side] : 0;

	return i ? &run->copies[i - 1] : NULL;
}

/* Remember that a copy stands at a name. Returns -1 when memory ran out. */
static int remember_copy(struct reorg_run *run, const struct reorg_copy *copy)
{
	if (!run->copy_at)
		run->copy_at = calloc(run->plan->n_acts * 2, sizeof(*run->copy_at));
	struct reorg_copy *grown =
		reallocarray(run->copies, run->n_copies + 1, sizeof(*run->copies));
	if (grown)
		run->copies = grown;
	if (!grown || !run->copy_at)
		return -1;
	run->copies[run->n_copies++] = *copy;
	run->copy_at[copy->act * 2 + copy->side] = (uint32_t)run->n_copies;
	return 0;
}

int reorg_copy_load(struct reorg_run *run, struct ax_error *err)
{
	const struct reorg_copy *copies = NULL;
	size_t n = reorg_journal_copies(run->journal, &copies);

	for (size_t i = 0; i < n; i++) {
		if (remember_copy(run, &copies[i]) < 0)
			return ax_fail(err, ENOMEM, "no memory for %zu copies", n);
	}
	run->n_journaled = n;
	return 0;
}

void reorg_copy_release(struct reorg_run *run)
{
	free(run->copy_at);
	free(run->copies);
	free(run->linked);
	free(run->pending);
}

int reorg_copy_pending(struct reorg_run *run, size_t act, const struct stat *source,
	struct ax_error *err)
{
	struct reorg_pending *grown =
		reallocarray(run->pending, run->n_pending + 1, sizeof(*grown));

	if (!grown)
		return ax_fail(err, ENOMEM, "no memory for %zu copies", run->n_pending + 1);
	run->pending = grown;
	grown[run->n_pending++] = (struct reorg_pending){ act, *source };
	run->pending_bytes += (uint64_t)source->st_size;
	if (run->n_pending < PENDING_MAX && run->pending_bytes < PENDING_BYTES_MAX)
		return 0;
	return reorg_copy_flush(run, err);
}

int reorg_copy_add(struct reorg_run *run, size_t act, const struct reorg_end *source,
	const struct stat *st, struct ax_error *err)
{
	struct reorg_copy copy = {
		.act = act,
		.side = reorg_run_destination_side(run),
		.identity = reorg_identity_of(st),
		.source_ino = source->st.st_ino,
	};

	if (remember_copy(run, &copy) < 0)
		return ax_fail(err, ENOMEM, "no memory for %zu copies", run->n_copies + 1);
	return reorg_copy_pending(run, act, &source->st, err);
}

/* Whether a source is as it was when it was copied. Other names that went change its ctime. */
static bool is_unchanged(const struct stat *before, const struct stat *now)
{
	struct reorg_identity a = reorg_identity_of(before);
	struct reorg_identity b = reorg_identity_of(now);

	return reorg_identity_same(&a, now) && (a.linked || a.ctime == b.ctime);
}

/*
 * Whether a process has the open file open for writing: what it writes would be lost with the name
 * that goes. While fd stays open nobody else can begin to, without waiting for us: a read lease
 * says so, of all users' processes. Where there are no leases nothing is known, and false returned.
 */
static bool is_written_to(int fd)
{
	/* Who waits for the lease is told by a signal, by default one that kills. */
	if (fcntl(fd, F_SETSIG, SIGURG) < 0)
		return false;
	return fcntl(fd, F_SETLEASE, F_RDLCK) < 0 && (errno == EAGAIN || errno == EBUSY);
}

static int held(struct ax_str path, struct ax_error *err)
{
	return ax_fail(err, AX_EREFUSED, "%.*s: a process has it open for writing",
		AX_STR_ARG(path));
}

int reorg_unlink_copied(const struct reorg_spot *spot, const struct stat *st,
	struct ax_str path, struct ax_error *err)
{
	struct stat now;
	int status = 0;
	int fd = S_ISREG(st->st_mode) ? reorg_open_in(spot, O_RDONLY | O_NONBLOCK | O_NOCTTY)
				      : -1;

	if (S_ISREG(st->st_mode) && (fd < 0 || fstat(fd, &now) < 0))
		status = ax_fail_errno(err, "%.*s: cannot open", AX_STR_ARG(path));
	else if (fd >= 0 && is_written_to(fd))
		status = held(path, err);
	else if (fd >= 0 && (fstat(fd, &now) < 0 || !is_unchanged(st, &now)))
		status = ax_fail(err, AX_EREFUSED, "%.*s: changed after it was copied",
			AX_STR_ARG(path));
	else if (unlinkat(spot->dir, spot->name, 0) < 0)
		status = ax_fail_errno(err, "%.*s: cannot remove what was copied",
			AX_STR_ARG(path));
	if (fd >= 0)
		close(fd);
	return status;
}

/* Remove a source whose copy is durable. */
static int let_go(struct reorg_run *run, const struct reorg_pending *pending,
	struct ax_error *err)
{
	const struct reorg_act *act = &run->plan->acts[pending->act];
	struct ax_str path = reorg_run_source(run, act);
	struct reorg_spot spot;
	struct stat st;
	int found = reorg_dirs_look(&run->dirs, path, &st, err);

	if (found <= 0)
		return found;
	if (!is_unchanged(&pending->source, &st)) {
		struct ax_str copy = reorg_run_destination(run, act);
		ax_fail(err, AX_EREFUSED, "%.*s: changed after it was copied to %.*s",
			AX_STR_ARG(path), AX_STR_ARG(copy));
		return reorg_run_misfit(run, pending->act, err);
	}
	if (reorg_dirs_locate(&run->dirs, path, &spot) < 0)
		return reorg_dirs_fail(path, err);
	if (reorg_unlink_copied(&spot, &st, path, err) < 0)
		return err->code == AX_EREFUSED ? reorg_run_misfit(run, pending->act, err) : -1;
	return 0;
}

/* Sync the directories that the pending copies are in. */
static int sync_destinations(struct reorg_run *run, struct ax_error *err)
{
	struct ax_str *dirs = calloc(run->n_pending, sizeof(*dirs));

	if (!dirs)
		return ax_fail(err, ENOMEM, "no memory for %zu directories", run->n_pending);
	for (size_t i = 0; i < run->n_pending; i++)
		dirs[i] = ax_path_dir(reorg_run_destination(run,
			&run->plan->acts[run->pending[i].act]));
	int status = reorg_sync_dirs(run, dirs, run->n_pending, err);
	free(dirs);
	return status;
}

int reorg_copy_flush(struct reorg_run *run, struct ax_error *err)
{
	size_t n_new = run->n_copies - run->n_journaled;

	if (!run->n_pending)
		return 0;
	if (n_new && reorg_journal_add_copies(run->journal, run->copies + run->n_journaled,
			     n_new, err) < 0)
		return -1;
	run->n_journaled = run->n_copies;
	if (sync_destinations(run, err) < 0)
		return -1;
	for (size_t i = 0; i < run->n_pending; i++) {
		if (let_go(run, &run->pending[i], err) < 0)
			return -1;
	}
	run->n_pending = 0;
	run->pending_bytes = 0;
	return 0;
}

/* Copying one file */

int reorg_open_in(const struct reorg_spot *spot, int flags)
{
	int fd;

	do
		fd = openat(spot->dir, spot->name, flags | O_NOFOLLOW | O_CLOEXEC,
			S_IRUSR | S_IWUSR);
	while (fd < 0 && errno == EINTR);
	return fd;
}

int reorg_create_temporary(const struct reorg_spot *spot)
{
	int flags = O_RDWR | O_CREAT | O_EXCL;
	int fd = reorg_open_in(spot, flags);

	if (fd < 0 && errno == EEXIST && unlinkat(spot->dir, spot->name, 0) == 0)
		fd = reorg_open_in(spot, flags);
	return fd;
}

/* Owner, mode, attributes and times of a copy. What is lost is noted. */
static int copy_metadata(struct reorg_run *run, int from, int to,
	const struct reorg_end *source, struct ax_error *err)
{
	const struct timespec times[2] = { source->st.st_atim, source->st.st_mtim };
	struct stat st;
	unsigned lost = 0;

	if (reorg_metadata_copy(from, &source->st, to, &lost) < 0)
		return ax_fail_errno(err, "%.*s: cannot set the mode of its copy",
			AX_STR_ARG(source->path));
	if (futimens(to, times) < 0 || fstat(to, &st) < 0 ||
		st.st_mtim.tv_sec != times[1].tv_sec || st.st_mtim.tv_nsec != times[1].tv_nsec)
		lost |= REORG_LOST_TIMES;
	if (lost)
		reorg_note_lost(run, source->path, lost);
	return 0;
}

/* 0; 1 when the sync failed, which makes the temporary file worthless; or -1. */
static int fill_temporary(struct reorg_run *run, const struct reorg_end *source, int from,
	int to, struct ax_error *err)
{
	struct reorg_progress *progress = run->options->progress;
	struct reorg_copy_watch watch = { 0 };
	struct ax_buf path = { 0 };
	uint64_t size = (uint64_t)source->st.st_size;
	struct stat now;
	int status = -1;

	if (progress)
		watch = (struct reorg_copy_watch){ &progress->bytes, &progress->stop };
	ax_buf_append_str(&path, source->path);
	if (reorg_copy_content(from, to, size, &watch, ax_buf_text(&path), err) < 0 ||
		copy_metadata(run, from, to, source, err) < 0)
		goto out;
	if (ax_fd_sync(to) < 0) {
		ax_fail_errno(err, "%s: cannot sync its copy", ax_buf_text(&path));
		status = 1;
		goto out;
	}
	/* What is compared is what the disk has, as far as that can be asked for. */
	posix_fadvise(to, 0, 0, POSIX_FADV_DONTNEED);
	int equal = reorg_compare_content(from, to, size, NULL, ax_buf_text(&path), err);
	if (equal < 0)
		goto out;
	if (!equal || fstat(from, &now) < 0 || !is_unchanged(&source->st, &now)) {
		ax_fail(err, AX_EREFUSED, "%s: changed while it was copied",
			ax_buf_text(&path));
		goto out;
	}
	status = 0;
out:
	ax_buf_free(&path);
	return status;
}

/* One attempt to copy a regular file to a temporary name. As fill_temporary(). */
static int try_copy(struct reorg_run *run, const struct reorg_end *source,
	const struct reorg_spot *temporary, struct ax_error *err)
{
	struct stat st;
	int to = -1;
	int status = -1;
	int from = reorg_open_in(&source->spot, O_RDONLY | O_NONBLOCK | O_NOCTTY);

	if (from < 0 || fstat(from, &st) < 0) {
		ax_fail_errno(err, "%.*s: cannot open", AX_STR_ARG(source->path));
		goto out;
	}
	if (!S_ISREG(st.st_mode) || st.st_dev != source->st.st_dev ||
		!is_unchanged(&source->st, &st)) {
		ax_fail(err, AX_EREFUSED, "%.*s: changed since it was looked at",
			AX_STR_ARG(source->path));
		goto out;
	}
	if (is_written_to(from)) {
		held(source->path, err);
		goto out;
	}
	fcntl(from, F_SETLEASE, F_UNLCK); /* nobody need wait for a copy */
	to = reorg_create_temporary(temporary);
	if (to < 0)
		ax_fail_errno(err, "%.*s: cannot create its copy", AX_STR_ARG(source->path));
	else
		status = fill_temporary(run, source, from, to, err);
out:
	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	if (status != 0 && to >= 0)
		unlinkat(temporary->dir, temporary->name, 0);
	return status;
}

static int copy_file(struct reorg_run *run, const struct reorg_end *source,
	const struct reorg_spot *temporary, struct ax_error *err)
{
	int status = 1;

	for (int i = 0; i < ATTEMPTS && status == 1; i++)
		status = try_copy(run, source, temporary, err);
	return status ? -1 : 0;
}

int reorg_symlink_make(const struct reorg_spot *temporary, struct ax_str target,
	const struct stat *like, struct ax_error *err)
{
	const struct timespec times[2] = { like->st_atim, like->st_mtim };
	char text[PATH_MAX];

	if (target.len >= sizeof(text))
		return ax_fail(err, ENAMETOOLONG, "%.*s: too long for a symlink",
			AX_STR_ARG(target));
	memcpy(text, target.ptr, target.len);
	text[target.len] = '\0';
	if (symlinkat(text, temporary->dir, temporary->name) < 0 &&
		(errno != EEXIST || unlinkat(temporary->dir, temporary->name, 0) < 0 ||
			symlinkat(text, temporary->dir, temporary->name) < 0))
		return ax_fail_errno(err, "%s: cannot make a symlink", text);
	if (geteuid() != like->st_uid || getegid() != like->st_gid)
		(void)!fchownat(temporary->dir, temporary->name, like->st_uid, like->st_gid,
			AT_SYMLINK_NOFOLLOW);
	utimensat(temporary->dir, temporary->name, times, AT_SYMLINK_NOFOLLOW);
	return 0;
}

static int copy_symlink(struct reorg_run *run, const struct reorg_end *source,
	const struct reorg_spot *temporary, struct ax_error *err)
{
	struct ax_buf target = { 0 };
	int status = reorg_link_read(run, source->path, &target, err);

	if (status == 0)
		status = ax_fail(err, AX_EREFUSED, "%.*s: changed since it was looked at",
			AX_STR_ARG(source->path));
	else if (status > 0)
		status = reorg_symlink_make(temporary, ax_buf_str(&target), &source->st, err);
	ax_buf_free(&target);
	return status;
}

/* Files with several names */

static int compare_linked(const void *a, const void *b)
{
	const struct reorg_linked *x = a;
	const struct reorg_linked *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	if (x->ino != y->ino)
		return x->ino < y->ino ? -1 : 1;
	return x->act < y->act ? -1 : x->act > y->act;
}

/* List the acts that move files with several names, so that those of one file are neighbours. */
static int list_linked(struct reorg_run *run, struct ax_error *err)
{
	const struct reorg_plan *plan = run->plan;

	if (run->linked)
		return 0;
	run->linked = calloc(plan->n_acts, sizeof(*run->linked));
	if (!run->linked)
		return ax_fail(err, ENOMEM, "no memory for %zu acts", plan->n_acts);
	for (size_t i = 0; i < plan->n_acts; i++) {
		const struct reorg_identity *identity = &plan->acts[i].identity;
		if (plan->acts[i].kind == REORG_MOVE && identity->linked)
			run->linked[run->n_linked++] =
				(struct reorg_linked){ identity->dev, identity->ino, i };
	}
	qsort(run->linked, run->n_linked, sizeof(*run->linked), compare_linked);
	return 0;
}

/*
 * What is at the destination of another act, when it is the same file as source: a copy of it,
 * itself under its new name, or, in an undo, the original that never went. False: nothing.
 */
static bool find_moved(struct reorg_run *run, size_t other, const struct reorg_end *source,
	struct reorg_spot *spot, struct stat *st)
{
	const struct reorg_act *act = &run->plan->acts[other];
	const struct reorg_copy *copy =
		reorg_copy_at(run, other, reorg_run_destination_side(run));

	if (reorg_dirs_locate(&run->dirs, reorg_run_destination(run, act), spot) < 0 ||
		fstatat(spot->dir, spot->name, st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	if (copy && copy->source_ino == source->st.st_ino &&
		reorg_identity_same(&copy->identity, st))
		return true;
	if (run->is_backward && reorg_identity_same(&act->identity, st))
		return true;
	return st->st_dev == source->st.st_dev && st->st_ino == source->st.st_ino;
}

/*
 * Make one more name of what the run has moved for another act. 1 done; 0 when that was another
 * file, or is on another file system, or is one that cannot have one more name; -1.
 */
static int link_to_other(struct reorg_run *run, size_t other, const struct reorg_end *source,
	const struct reorg_spot *temporary, struct ax_error *err)
{
	struct reorg_spot spot;
	struct stat st;
	struct stat dir;

	if (!find_moved(run, other, source, &spot, &st) || fstat(temporary->dir, &dir) < 0 ||
		dir.st_dev != st.st_dev)
		return 0;
	if (linkat(spot.dir, spot.name, temporary->dir, temporary->name, 0) == 0)
		return 1;
	if (errno == EEXIST && unlinkat(temporary->dir, temporary->name, 0) == 0 &&
		linkat(spot.dir, spot.name, temporary->dir, temporary->name, 0) == 0)
		return 1;
	if (errno != EMLINK && errno != EPERM && errno != EOPNOTSUPP)
		return ax_fail_errno(err, "%.*s: cannot link its copy",
			AX_STR_ARG(source->path));
	reorg_note(run, source->path, "could not be kept: being one file with its other names");
	return 0;
}

/* Index of the first act that moves a name of that file. */
static size_t find_linked(const struct reorg_run *run, const struct reorg_linked *key)
{
	size_t low = 0;
	size_t high = run->n_linked;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare_linked(&run->linked[middle], key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int reorg_copy_link(struct reorg_run *run, size_t act, const struct reorg_end *source,
	const struct reorg_spot *temporary, struct ax_error *err)
{
	const struct reorg_identity *identity = &run->plan->acts[act].identity;
	struct reorg_linked key = { identity->dev, identity->ino, 0 };

	if (!identity->linked || S_ISLNK(source->st.st_mode))
		return 0;
	if (list_linked(run, err) < 0)
		return -1;
	for (size_t i = find_linked(run, &key);
		i < run->n_linked && run->linked[i].dev == key.dev &&
		run->linked[i].ino == key.ino;
		i++) {
		size_t other = run->linked[i].act;
		int linked =
			other == act ? 0 : link_to_other(run, other, source, temporary, err);
		if (linked)
			return linked;
	}
	return 0;
}

int reorg_copy_make(struct reorg_run *run, size_t act, const struct reorg_end *source,
	const struct reorg_spot *temporary, struct ax_error *err)
{
	if (S_ISLNK(source->st.st_mode))
		return copy_symlink(run, source, temporary, err);
	if (!S_ISREG(source->st.st_mode))
		return ax_fail(err, AX_EREFUSED,
			"%.*s: only files and symlinks go to another file system",
			AX_STR_ARG(source->path));
	int linked = reorg_copy_link(run, act, source, temporary, err);
	if (linked)
		return linked < 0 ? -1 : 0;
	return copy_file(run, source, temporary, err);
}
