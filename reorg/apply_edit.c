/*
 * Edits: the new content under a temporary name, with owner, mode and attributes of the file,
 * synced, then renamed over it. Its other hard links keep what they had.
 */
#include "reorg/apply_internal.h"

#include "base/error.h"
#include "base/file.h"
#include "reorg/metadata.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum {
	EDIT_MAX = 64 << 20, /* bytes of a file that can be edited */
	ATTEMPTS = 2,        /* of writing a file whose sync fails */
};

static int changed(struct ax_str path, struct ax_error *err)
{
	return ax_fail(err, AX_EREFUSED, "%.*s: changed since it was looked at",
		AX_STR_ARG(path));
}

int reorg_edit_read(struct reorg_run *run, struct ax_str path, struct reorg_edited *out,
	struct ax_error *err)
{
	struct reorg_spot spot;

	if (reorg_dirs_locate(&run->dirs, path, &spot) < 0)
		return errno == ENOENT ? 0 : reorg_dirs_fail(path, err);
	if (fstatat(spot.dir, spot.name, &out->st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : reorg_dirs_fail(path, err);
	if (!S_ISREG(out->st.st_mode))
		return changed(path, err);
	if (ax_file_read(spot.dir, spot.name, EDIT_MAX, &out->content, err) < 0)
		return -1;
	out->digest = ax_hash128(out->content.data, out->content.len);
	return 1;
}

static int owner_lost(struct ax_str path, struct ax_error *err)
{
	return ax_fail(err, AX_EREFUSED,
		"%.*s: its owner cannot be kept; --no-edits leaves scripts as they are",
		AX_STR_ARG(path));
}

int reorg_edit_check_owner(struct reorg_run *run, struct ax_str path, const struct stat *st,
	struct ax_error *err)
{
	struct reorg_spot spot;
	unsigned lost = 0;

	if (reorg_dirs_locate(&run->dirs, path, &spot) < 0)
		return reorg_dirs_fail(path, err);
	int fd = openat(spot.dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
	if (fd < 0)
		return 0; /* no such files there: the edit itself will tell */
	if (reorg_owner_write(fd, st->st_uid, st->st_gid, st->st_mode, &lost) < 0)
		lost = 0;
	close(fd);
	return lost & REORG_LOST_OWNER ? owner_lost(path, err) : 0;
}

/* An edited file in the making. */
struct rewrite {
	const struct reorg_act *act;
	struct reorg_spot spot, temporary;
	struct stat st; /* of the file, from before its content was read */
	struct ax_str content;
};

/* Fill the temporary file and give it what the file has. 0; 1 when the sync failed; or -1. */
static int fill_rewrite(struct reorg_run *run, const struct rewrite *rewrite, int from, int to,
	struct ax_error *err)
{
	struct ax_str path = rewrite->act->from;
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
		reorg_timespec(rewrite->act->identity.mtime) };
	unsigned lost = 0;

	if (ax_write_full(to, rewrite->content.ptr, rewrite->content.len,
		    rewrite->temporary.name, err) < 0)
		return -1;
	if (reorg_metadata_copy(from, &rewrite->st, to, &lost) < 0)
		return ax_fail_errno(err, "%.*s: cannot keep its mode", AX_STR_ARG(path));
	if (lost & REORG_LOST_OWNER)
		return owner_lost(path, err);
	if (run->is_backward && futimens(to, times) < 0)
		lost |= REORG_LOST_TIMES;
	if (lost)
		reorg_note_lost(run, path, lost);
	if (ax_fd_sync(to) == 0)
		return 0;
	ax_fail_errno(err, "%.*s: cannot sync its new content", AX_STR_ARG(path));
	return 1;
}

/* Write the temporary file. As fill_rewrite(). */
static int write_temporary(struct reorg_run *run, const struct rewrite *rewrite,
	struct ax_error *err)
{
	int status = -1;
	int to = -1;
	int from = reorg_open_in(&rewrite->spot, O_RDONLY | O_NONBLOCK | O_NOCTTY);

	if (from >= 0)
		to = reorg_create_temporary(&rewrite->temporary);
	if (to < 0)
		ax_fail_errno(err, "%.*s: cannot create its new content",
			AX_STR_ARG(rewrite->act->from));
	else
		status = fill_rewrite(run, rewrite, from, to, err);
	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	if (status && to >= 0)
		unlinkat(rewrite->temporary.dir, rewrite->temporary.name, 0);
	return status;
}

/* Put the new content in the place of the file, which must not have changed meanwhile. */
static int replace(struct reorg_run *run, const struct rewrite *rewrite, struct ax_error *err)
{
	struct reorg_identity before = reorg_identity_of(&rewrite->st);
	struct ax_str path = rewrite->act->from;
	struct stat now;
	int status = -1;

	if (fstatat(rewrite->spot.dir, rewrite->spot.name, &now, AT_SYMLINK_NOFOLLOW) < 0 ||
		!reorg_identity_same(&before, &now))
		changed(path, err);
	else if (renameat(rewrite->temporary.dir, rewrite->temporary.name, rewrite->spot.dir,
			 rewrite->spot.name) < 0)
		ax_fail_errno(err, "%.*s: cannot replace", AX_STR_ARG(path));
	else
		status = 0;
	if (status < 0) {
		unlinkat(rewrite->temporary.dir, rewrite->temporary.name, 0);
		return -1;
	}
	if (now.st_nlink > 1)
		reorg_note(run, path, "its other names keep the content from before");
	run->changes++;
	run->report->edited++;
	return 0;
}

static int rewrite_file(struct reorg_run *run, size_t index, const struct stat *st,
	struct ax_str content, struct ax_error *err)
{
	struct rewrite rewrite = {
		.act = &run->plan->acts[index], .st = *st, .content = content
	};
	int status = 1;

	if (reorg_dirs_locate(&run->dirs, rewrite.act->from, &rewrite.spot) < 0)
		return reorg_dirs_fail(rewrite.act->from, err);
	rewrite.temporary.dir = rewrite.spot.dir;
	reorg_temporary_name(run, index, rewrite.temporary.name);
	for (int i = 0; i < ATTEMPTS && status == 1; i++)
		status = write_temporary(run, &rewrite, err);
	return status ? -1 : replace(run, &rewrite, err);
}

static bool is_digest(const struct ax_digest *a, const struct ax_digest *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* The content that an undo puts back. */
static int old_content(struct reorg_run *run, size_t index, struct ax_str *out,
	struct ax_error *err)
{
	const struct reorg_beginning *beginning = reorg_journal_beginning(run->journal);

	for (size_t i = 0; i < beginning->n_contents; i++) {
		if (beginning->contents[i].act == index) {
			*out = beginning->contents[i].content;
			return 0;
		}
	}
	return ax_fail(err, AX_EREFUSED, "%.*s: the journal has no old content of it",
		AX_STR_ARG(run->plan->acts[index].from));
}

/* Carry out an edit of a file that has the digest to begin from. */
static int edit_content(struct reorg_run *run, size_t index, const struct reorg_edited *file,
	struct ax_error *err)
{
	const struct reorg_act *act = &run->plan->acts[index];
	const struct ax_digest *goal = run->is_backward ? &act->old_digest : &act->new_digest;
	struct ax_buf edited = { 0 };
	struct ax_str wanted = { 0 };
	int status = run->is_backward ? old_content(run, index, &wanted, err)
				      : reorg_edit_content(act, ax_buf_str(&file->content),
						&edited, err);

	if (status == 0 && !run->is_backward)
		wanted = ax_buf_str(&edited);
	if (status == 0) {
		struct ax_digest digest = ax_hash128(wanted.ptr, wanted.len);
		status = is_digest(&digest, goal)
				 ? rewrite_file(run, index, &file->st, wanted, err)
				 : ax_fail(err, AX_EREFUSED,
					   "%.*s: the edit does not give what was planned",
					   AX_STR_ARG(act->from));
	}
	ax_buf_free(&edited);
	return status;
}

int reorg_edit_run(struct reorg_run *run, size_t index, struct ax_error *err)
{
	const struct reorg_act *act = &run->plan->acts[index];
	const struct ax_digest *start = run->is_backward ? &act->new_digest : &act->old_digest;
	const struct ax_digest *goal = run->is_backward ? &act->old_digest : &act->new_digest;
	struct reorg_edited file = { 0 };
	int status = reorg_edit_read(run, act->from, &file, err);

	if (status == 0)
		status = ax_fail(err, AX_EREFUSED, "%.*s: gone", AX_STR_ARG(act->from));
	else if (status > 0 && is_digest(&file.digest, goal))
		status = 0;
	else if (status > 0 && !is_digest(&file.digest, start))
		status = changed(act->from, err);
	else if (status > 0)
		status = edit_content(run, index, &file, err);
	ax_buf_free(&file.content);
	return status;
}
