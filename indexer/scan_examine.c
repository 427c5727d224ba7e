#include "indexer/scan_internal.h"

#include "indexer/detail.h"
#include "safetensors/header.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/sysmacros.h>

/* How coarse a clock must be thought of: timestamps without fractions come from such ones. */
static const ax_nanoseconds second = 1000000000;
static const ax_nanoseconds fine_granularity = 20000000;
static const ax_nanoseconds coarse_granularity = 2000000000;

static bool is_recent(const struct scan *scan, ax_nanoseconds time)
{
	ax_nanoseconds granularity = time % second ? fine_granularity : coarse_granularity;

	return time >= scan->started - granularity;
}

static uint32_t flags_of(const struct scan *scan, const struct idx_listed *now,
	uint64_t dir_dev)
{
	uint32_t flags = (uint32_t)now->type << IDX_FILE_TYPE_SHIFT;

	if (is_recent(scan, now->mtime) || is_recent(scan, now->ctime) || now->dev != dir_dev)
		flags |= IDX_FILE_RACY;
	if (now->linked)
		flags |= IDX_FILE_LINKED;
	if (now->type == IDX_REGULAR && ax_str_ends(now->name, AX_STR(".tar.zst")))
		flags |= IDX_FILE_ARCHIVE;
	return flags;
}

/* tv_nsec counts up from tv_sec, before 1970 too. */
static struct timespec as_timespec(ax_nanoseconds time)
{
	ax_nanoseconds fraction = time % second;

	if (fraction < 0)
		fraction += second;
	return (struct timespec){ .tv_sec = (time - fraction) / second, .tv_nsec = fraction };
}

static struct stat as_stat(const struct idx_listed *now)
{
	return (struct stat){
		.st_dev = makedev((unsigned)(now->dev >> 32), (unsigned)now->dev),
		.st_ino = now->ino,
		.st_mode = now->mode,
		.st_nlink = now->linked ? 2 : 1,
		.st_size = (off_t)now->size,
		.st_mtim = as_timespec(now->mtime),
		.st_ctim = as_timespec(now->ctime),
	};
}

static bool is_alike(const struct scan_finding *kept, const struct idx_finding *found)
{
	return kept && ax_str_equal(kept->class_name, found->class_name) &&
	       ax_str_equal(kept->why, found->why) &&
	       ax_str_equal(kept->problem, found->problem);
}

/* The finding in the batch's arena, with what it borrowed. */
static const struct scan_finding *keep_finding(struct scan_worker *worker,
	const struct idx_finding *found)
{
	bool is_plain = !found->has_detail && !found->layout;

	if (is_plain && is_alike(worker->batch->plain, found))
		return worker->batch->plain;
	struct scan_finding *kept = scan_allocate(worker, sizeof(*kept));
	if (!kept || !scan_copy(worker, found->class_name, &kept->class_name) ||
		!scan_copy(worker, found->why, &kept->why) ||
		!scan_copy(worker, found->problem, &kept->problem))
		return NULL;
	if (found->has_detail) {
		ax_buf_clear(&worker->detail);
		idx_detail_encode(&worker->detail, &found->detail);
		if (worker->detail.failed ||
			!scan_copy(worker, ax_buf_str(&worker->detail), &kept->detail))
			return NULL;
		kept->has_detail = true;
	}
	if (found->layout)
		kept->layout = sft_layout_ref(found->layout);
	if (is_plain)
		worker->batch->plain = kept;
	return kept;
}

static void take_stat(struct idx_file *file, const struct idx_listed *now)
{
	file->ino = now->ino;
	file->size = now->size;
	file->mtime = now->mtime;
	file->ctime = now->ctime;
}

/* A file that could not be looked at: what was known of it stays. */
static void keep_old(struct scan_file *file, const struct idx_file *old)
{
	struct ax_str name = file->file.name;

	file->file = *old;
	file->file.name = name;
	file->file.flags = (old->flags & ~(uint32_t)IDX_FILE_STATUS) | IDX_UNREADABLE;
	file->finding = NULL;
}

static bool has_vanished(const struct idx_walk_dir *dir, const struct idx_listed *now)
{
	struct stat st;

	return fstatat(dir->fd, now->name.ptr, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT;
}

/* A file of which only the name is known. */
static int describe_hidden(struct scan_worker *worker, const struct scan_visit *visit,
	const struct idx_listed *now, const struct idx_file *old, struct scan_file *out,
	struct ax_error *err)
{
	char why[128];

	snprintf(why, sizeof(why), "cannot be looked at: %s", strerror(now->failure));
	struct idx_finding found = {
		.status = IDX_UNREADABLE,
		.class_name = AX_STR("other"),
		.why = ax_str_from(why),
		.problem = ax_str_from(why),
	};
	if (scan_report_problem(worker, visit->dir->path, now->name,
		    idx_status_name(IDX_UNREADABLE), found.why, err) < 0)
		return -1;
	if (old) {
		keep_old(out, old);
		return 1;
	}
	out->file.flags = (uint32_t)now->type << IDX_FILE_TYPE_SHIFT | IDX_UNREADABLE;
	out->finding = keep_finding(worker, &found);
	return out->finding ? 1 : scan_no_memory(visit->dir->path, err);
}

/* Examine one file: 1 with *out filled, 0 when it vanished, -1. */
int scan_examine(struct scan_worker *worker, const struct scan_visit *visit,
	const struct idx_listed *now, const struct idx_file *old, struct scan_file *out,
	struct ax_error *err)
{
	struct stat st = as_stat(now);
	struct idx_subject subject = {
		.path = scan_full_path(worker, visit->dir->path, now->name),
		.dirfd = visit->dir->fd,
		.name = now->name.ptr,
		.stat = &st,
		.is_cold = worker->is_cold,
	};
	struct idx_finding found;

	if (now->hidden)
		return describe_hidden(worker, visit, now, old, out, err);
	if (worker->path.failed)
		return scan_no_memory(visit->dir->path, err);
	if (idx_examine(worker->examiner, &subject, &found, err) < 0)
		return -1;
	if (found.status == IDX_UNREADABLE && has_vanished(visit->dir, now))
		return 0;
	if (found.has_detail || found.variant) {
		worker->counts.read++;
		if (worker->scan->options->progress)
			worker->scan->options->progress->headers++;
	}
	if (found.status != IDX_OK &&
		scan_report_problem(worker, visit->dir->path, now->name,
			idx_status_name(found.status),
			found.problem.len ? found.problem : found.why, err) < 0)
		return -1;
	if (found.status == IDX_UNREADABLE && old) {
		keep_old(out, old);
		take_stat(&out->file, now);
		return 1;
	}
	take_stat(&out->file, now);
	out->file.flags = flags_of(worker->scan, now, visit->dir->dev) | found.status |
			  (found.misnamed ? IDX_FILE_MISNAMED : 0) |
			  (found.provisional ? IDX_FILE_RACY : 0) |
			  (idx_finding_is_related(&found) ? IDX_FILE_RELATED : 0);
	out->file.detail = old ? old->detail : 0;
	out->finding = keep_finding(worker, &found);
	return out->finding ? 1 : scan_no_memory(visit->dir->path, err);
}
