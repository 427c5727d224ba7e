#include "archive/create.h"

#include "archive/open.h"
#include "archive/tree.h"
#include "archive/verify.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "base/path.h"
#include "reorg/act.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Where the archive goes: its directory, open, and both names in it. */
struct place {
	int dir;
	const char *path; /* for messages */
	const char *name;
	char temporary[64];
	struct ax_buf whole, file; /* of path and name */
};

static int check_space(const struct arc_tree *tree, const struct place *place,
	struct ax_error *err)
{
	struct statvfs fs;
	uint64_t needed = 0;

	/* What cannot be compressed still has to fit, with headers and the index. */
	for (size_t i = 0; i < tree->n; i++) {
		uint64_t size = tree->members[i].size, blocks = tree->sources[i].blocks;
		needed += (size < blocks ? size : blocks) + 2048;
	}
	if (fstatvfs(place->dir, &fs) < 0)
		return ax_fail_errno(err, "%s", place->path);
	uint64_t there = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (needed <= there)
		return 0;
	return ax_fail(err, ENOSPC, "%s: may need %llu bytes, and there are %llu", place->path,
		(unsigned long long)needed, (unsigned long long)there);
}

/* Read back what is on the disk, as far as the system lets that be asked for; count the copies. */
static int compare(const struct place *place, const char *name, const struct arc_tree *tree,
	const struct arc_create_options *options, uint64_t *copies, struct ax_error *err)
{
	struct arc_verify_options verify = {
		.threads = options->pack.threads,
		.source = tree,
		.progress = options->verifying,
	};
	struct arc_verify_report report;
	struct arc_archive archive;

	if (arc_open(place->dir, name, &archive, err) < 0)
		return -1;
	posix_fadvise(archive.fd, 0, 0, POSIX_FADV_DONTNEED);
	ax_file_set_direct(archive.fd, true);
	int status = arc_verify(&archive, &verify, &report, err);
	if (status == 0) {
		if (report.n_bad)
			status = ax_fail(err, AX_EREFUSED, "%s: read back: %.*s: %.*s",
				place->path, AX_STR_ARG(report.bad[0].path),
				AX_STR_ARG(report.bad[0].text));
		arc_verify_report_free(&report);
	}
	*copies = 0;
	for (size_t i = 0; i < archive.index.n; i++)
		*copies += (archive.index.members[i].flags & ARC_COPY) != 0;
	arc_close(&archive);
	return status;
}

/* 1: a whole archive of the same content is there. 0: nothing is. */
static int find_existing(const struct place *place, const struct arc_tree *tree,
	const struct arc_create_options *options, struct arc_pack_report *report,
	struct ax_error *err)
{
	struct arc_pack_report found = { .members = tree->n, .sum = arc_tree_sum(tree) };
	struct stat st;

	if (fstatat(place->dir, place->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : ax_fail_errno(err, "%s", place->path);
	struct ax_error differs;
	if (!S_ISREG(st.st_mode) ||
		compare(place, place->name, tree, options, &found.copies, &differs) < 0)
		return ax_fail(err, AX_EREFUSED,
			"%s: is there already, and is not an archive of what the directory "
			"holds",
			place->path);
	found.stored_bytes = (uint64_t)st.st_size;
	*report = found;
	return 1;
}

static int write_archive(const struct place *place, const struct arc_tree *tree,
	const struct arc_create_options *options, struct arc_pack_report *report,
	struct ax_error *err)
{
	int fd = openat(place->dir, place->temporary,
		O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return ax_fail_errno(err, "%s: cannot be written", place->path);
	int status = arc_pack(tree, fd, place->path, &options->pack, report, err);
	/* As readable as the directory is; never executable, never setuid. */
	if (status == 0 && fchmod(fd, tree->members[0].mode & 0666) < 0)
		status = ax_fail_errno(err, "%s", place->path);
	if (status == 0 && fsync(fd) < 0)
		status = ax_fail_errno(err, "%s: cannot be synced", place->path);
	if (close(fd) < 0 && status == 0)
		status = ax_fail_errno(err, "%s", place->path);
	return status;
}

static int publish(const struct place *place, struct ax_error *err)
{
	if (renameat2(place->dir, place->temporary, place->dir, place->name, RENAME_NOREPLACE) <
		0)
		return ax_fail(err, errno == EEXIST ? AX_EREFUSED : errno,
			"%s: cannot get its name: %s", place->path,
			errno == EEXIST ? "it is taken" : "rename failed");
	if (fsync(place->dir) < 0)
		return ax_fail_errno(err, "%s: its directory cannot be synced", place->path);
	return 0;
}

static int create(const struct place *place, const struct arc_tree *tree,
	const struct arc_create_options *options, struct arc_pack_report *report,
	struct ax_error *err)
{
	int existing = find_existing(place, tree, options, report, err);

	if (existing)
		return existing < 0 ? -1 : 0;
	if (check_space(tree, place, err) < 0)
		return -1;
	/* What an earlier run left: whoever calls holds the lock of the project. */
	unlinkat(place->dir, place->temporary, 0);
	if (write_archive(place, tree, options, report, err) == 0 &&
		compare(place, place->temporary, tree, options, &report->copies, err) == 0 &&
		publish(place, err) == 0)
		return 0;
	unlinkat(place->dir, place->temporary, 0);
	return -1;
}

static int open_place(int root, struct ax_str path, struct place *out, struct ax_error *err)
{
	char digest[33];

	*out = (struct place){ .dir = -1 };
	ax_buf_append_str(&out->whole, path);
	ax_buf_append_str(&out->file, ax_path_name(path));
	if (ax_buf_check(&out->whole, "path", err) < 0 ||
		ax_buf_check(&out->file, "path", err) < 0)
		return -1;
	out->path = ax_buf_text(&out->whole);
	out->name = ax_buf_text(&out->file);
	struct ax_digest hash = ax_hash128(out->file.data, out->file.len);
	ax_digest_format(&hash, digest);
	snprintf(out->temporary, sizeof(out->temporary), "%s%.16s.tar.zst",
		REORG_TEMPORARY_PREFIX, digest);
	out->dir = ax_open_beneath(root, ax_path_dir(path), O_RDONLY | O_DIRECTORY, 0);
	return out->dir < 0 ? ax_fail_errno(err, "%s", out->path) : 0;
}

static void close_place(struct place *place)
{
	if (place->dir >= 0)
		close(place->dir);
	ax_buf_free(&place->whole);
	ax_buf_free(&place->file);
}

int arc_create(int root, const struct arc_tree *tree, struct ax_str path,
	const struct arc_create_options *options, struct arc_pack_report *report,
	struct ax_error *err)
{
	struct place place;
	int status = open_place(root, path, &place, err);

	if (status == 0)
		status = create(&place, tree, options, report, err);
	close_place(&place);
	return status;
}

int arc_create_clear(int root, struct ax_str path, struct ax_error *err)
{
	struct place place;
	int status = open_place(root, path, &place, err);

	if (status == 0 && unlinkat(place.dir, place.temporary, 0) == 0)
		status = 1;
	else if (status == 0 && errno != ENOENT)
		status = ax_fail_errno(err, "%s: what was packed of it", place.path);
	close_place(&place);
	return status;
}
