/*
 * The disk is walked once, and each directory's files compared with those that the catalogue has
 * of it. Then the catalogue is walked, and what it has in other directories looked for on the
 * disk: those are gone, or cannot be listed. Memory grows with what differs, and by 40 bytes a
 * directory.
 */
#include "indexer/drift.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/path.h"
#include "indexer/catalog.h"
#include "indexer/config.h"
#include "indexer/history.h"
#include "indexer/intern.h"
#include "indexer/listing.h"
#include "indexer/pairs.h"
#include "indexer/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEFTOVER_PREFIX AX_STR(".artidx-tmp-")

/* A finding with what recognises a file under another name; all zero where that is of no use. */
struct found {
	struct idx_drift drift;
	uint64_t dev, ino, size;
	ax_nanoseconds mtime;
};

struct search {
	struct idx_snapshot *snapshot;
	struct idx_history *history;
	const struct idx_drift_options *options;
	struct ax_arena arena; /* becomes the report's */
	struct found *found;
	size_t count, capacity;
	struct ax_buf path;
	struct idx_intern listed; /* digests of the directories that were compared */
	int rootfd;
};

const char *idx_drift_name(enum idx_drift_kind kind)
{
	static const char *const names[] = {
		[IDX_DRIFT_MOVED] = "moved",
		[IDX_DRIFT_MISSING] = "missing",
		[IDX_DRIFT_CHANGED] = "changed",
		[IDX_DRIFT_NEW] = "new",
		[IDX_DRIFT_RESURRECTED] = "resurrected",
		[IDX_DRIFT_LEFTOVER] = "leftover",
		[IDX_DRIFT_UNREADABLE] = "unreadable",
	};

	return names[kind];
}

static int fail_memory(struct ax_error *err)
{
	return ax_fail(err, ENOMEM, "no memory to compare the disk with the catalogue");
}

static int keep(struct search *s, struct found found, struct ax_str path, struct ax_error *err)
{
	if (s->count == s->capacity) {
		size_t capacity = s->capacity ? s->capacity * 2 : 256;
		struct found *grown = realloc(s->found, capacity * sizeof(*grown));
		if (!grown)
			return fail_memory(err);
		s->found = grown;
		s->capacity = capacity;
	}
	const char *copy = ax_arena_copy(&s->arena, path);
	if (!copy)
		return fail_memory(err);
	found.drift.path = ax_str(copy, path.len);
	s->found[s->count++] = found;
	return 0;
}

static bool is_same(const struct idx_listed *file, const struct idx_entry *entry)
{
	return file->ino == entry->ino && file->size == entry->size &&
	       file->mtime == entry->mtime && file->type == entry->type;
}

/*
 * Whether a file that is catalogued is where a reorg or an archive took another away: 1 with
 * *found filled, 0, -1. Where people rename and copy files themselves, they know.
 */
static int find_comeback(struct search *s, struct ax_str path, struct found *found,
	struct ax_error *err)
{
	struct idx_move *steps;
	size_t n_steps;
	struct ax_str now;

	if (idx_history_is_empty(s->history))
		return 0;
	int moved =
		idx_history_resolve(s->history, path, &s->arena, &now, &steps, &n_steps, err);
	if (moved <= 0 || ax_str_equal(now, path) || steps[0].kind == IDX_MOVE_SEEN)
		return moved < 0 ? -1 : 0;
	found->drift.kind = IDX_DRIFT_RESURRECTED;
	found->drift.other = now;
	return 1;
}

/* Keep what has become of a file that the catalogue has and nobody finds any more. */
static int keep_missing(struct search *s, const struct idx_entry *entry, struct ax_error *err)
{
	struct found found = { { .kind = IDX_DRIFT_MISSING }, entry->dev, entry->ino,
		entry->size, entry->mtime };

	ax_buf_clear(&s->path);
	ax_path_join(&s->path, entry->dir, entry->name);
	if (ax_buf_check(&s->path, "a path", err) < 0)
		return -1;
	return keep(s, found, ax_buf_str(&s->path), err);
}

/* A file on the disk: unknown to the catalogue (NULL), or known and changed, or as it was. */
static int compare_file(struct search *s, const struct idx_listed *file,
	const struct idx_entry *known, struct ax_error *err)
{
	struct ax_str path = ax_buf_str(&s->path);
	struct found found = { { .kind = IDX_DRIFT_NEW }, file->dev, file->ino, file->size,
		file->mtime };
	struct ax_str now;

	if (ax_str_starts(file->name, LEFTOVER_PREFIX)) {
		found.drift.kind = IDX_DRIFT_LEFTOVER;
		return keep(s, found, path, err);
	}
	if (file->hidden) {
		found.drift.kind = IDX_DRIFT_UNREADABLE;
		return keep(s, found, path, err);
	}
	if (known && file->type != IDX_SYMLINK) {
		int back = find_comeback(s, path, &found, err);
		if (back != 0)
			return back < 0 ? -1 : keep(s, found, path, err);
	}
	if (known && is_same(file, known))
		return 0;
	if (known) {
		found.drift.kind = IDX_DRIFT_CHANGED;
		return keep(s, found, path, err);
	}
	int moved = idx_history_resolve(s->history, path, &s->arena, &now, NULL, NULL, err);
	if (moved > 0 && !ax_str_equal(now, path)) {
		found.drift.kind = IDX_DRIFT_RESURRECTED;
		found.drift.other = now;
	}
	return moved < 0 ? -1 : keep(s, found, path, err);
}

static int compare_pair(struct search *s, struct ax_str dir, const struct idx_pair *pair,
	struct ax_error *err)
{
	if (!pair->listed)
		return keep_missing(s, pair->entry, err);
	ax_buf_clear(&s->path);
	ax_path_join(&s->path, dir, pair->listed->name);
	if (ax_buf_check(&s->path, "a path", err) < 0)
		return -1;
	return compare_file(s, pair->listed, pair->entry, err);
}

static struct ax_str digest_bytes(const struct ax_digest *digest)
{
	return ax_str((const char *)digest, sizeof(*digest));
}

static int compare_dir(struct search *s, struct ax_str dir, const struct idx_listing *listing,
	struct ax_error *err)
{
	struct ax_digest digest = ax_hash128(dir.ptr, dir.len);
	struct idx_pairs *pairs = NULL;
	struct idx_pair pair;
	uint32_t number;
	int more = 0;

	if (!idx_intern_add(&s->listed, digest_bytes(&digest), &number))
		return fail_memory(err);
	if (idx_pairs_open(s->snapshot, dir, listing, &pairs, err) < 0)
		return -1;
	while ((more = idx_pairs_next(pairs, &pair, err)) > 0) {
		if (compare_pair(s, dir, &pair, err) < 0) {
			more = -1;
			break;
		}
	}
	idx_pairs_close(pairs);
	return more;
}

/* Whether the scan never descends into it either. */
static bool is_left_out(const struct search *s, struct ax_str path, struct ax_str name)
{
	struct ax_buf absolute = { 0 };

	if (idx_config_ignores(s->options->config, path, name))
		return true;
	ax_path_join(&absolute, ax_str_from(s->options->root), path);
	bool is_own = ax_str_equal(ax_buf_str(&absolute), ax_str_from(s->options->own_dir));
	ax_buf_free(&absolute);
	return is_own;
}

/* A directory that is gone, or was replaced, is no finding: what was in it is. */
static int keep_unreadable(struct search *s, struct ax_str path, int failure,
	struct ax_error *err)
{
	struct found found = { { .kind = IDX_DRIFT_UNREADABLE }, 0, 0, 0, 0 };

	if (failure == ENOENT || failure == ENOTDIR || failure == ELOOP)
		return 0;
	return keep(s, found, path, err);
}

static int visit(struct search *s, struct idx_walker *walker, struct idx_listing *listing,
	const struct idx_walk_dir *dir, struct ax_error *err)
{
	struct ax_error unreadable;

	if (dir->is_inside_mount)
		return 0;
	if (dir->fd < 0)
		return keep_unreadable(s, dir->path, dir->failure, err);
	if (idx_listing_read(listing, dir->fd, dir->path, &unreadable) < 0)
		return keep_unreadable(s, dir->path, unreadable.code, err);
	if (compare_dir(s, dir->path, listing, err) < 0)
		return -1;
	for (size_t i = 0; i < idx_listing_dir_count(listing); i++) {
		struct ax_str name = idx_listing_dir(listing, i);
		ax_buf_clear(&s->path);
		ax_path_join(&s->path, dir->path, name);
		if (!is_left_out(s, ax_buf_str(&s->path), name) &&
			idx_walker_push(walker, name, err) < 0)
			return -1;
	}
	return 0;
}

static int start_all(struct idx_walk *walk, const struct idx_strings *dirs,
	struct ax_error *err)
{
	for (size_t i = 0; i < dirs->count; i++) {
		if (idx_walk_start(walk, dirs->items[i], NULL, err) < 0)
			return -1;
	}
	return 0;
}

static int compare_disk(struct search *s, struct ax_error *err)
{
	const struct idx_config *config = s->options->config;
	struct idx_walk *walk = idx_walk_new(s->rootfd);
	struct idx_walker *walker = walk ? idx_walker_new(walk) : NULL;
	struct idx_listing *listing = idx_listing_new();
	struct idx_walk_dir dir;
	int status = -1;
	int more = 0;

	if (!walker || !listing) {
		fail_memory(err);
		goto out;
	}
	if (start_all(walk, &config->data, err) < 0 || start_all(walk, &config->logs, err) < 0)
		goto out;
	while ((more = idx_walker_next(walker, &dir, err)) > 0) {
		if (visit(s, walker, listing, &dir, err) < 0)
			goto out;
	}
	status = more;
out:
	idx_listing_free(listing);
	idx_walker_free(walker);
	idx_walk_free(walk);
	return status;
}

/* Whether the disk has nothing at path; what cannot be looked at may be there. */
static bool is_gone(const struct search *s, struct ax_str path)
{
	struct stat st;
	int dir = ax_open_beneath(s->rootfd, ax_path_dir(path),
		O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	char *name = strndup(ax_path_name(path).ptr, ax_path_name(path).len);
	bool gone = dir < 0 ? errno == ENOENT || errno == ENOTDIR
			    : name && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 &&
				      errno == ENOENT;

	free(name);
	if (dir >= 0)
		close(dir);
	return gone;
}

/* What the catalogue has in directories that were not compared. */
static int compare_catalogue(struct search *s, struct ax_error *err)
{
	static const struct idx_filter everything;
	struct idx_files *files = NULL;
	struct idx_entry entry;
	int more = 0;

	if (idx_files_open(s->snapshot, &everything, &files, err) < 0)
		return -1;
	while ((more = idx_files_next(files, &entry, err)) > 0) {
		struct ax_digest digest = ax_hash128(entry.dir.ptr, entry.dir.len);
		uint32_t number;

		if (idx_intern_find(&s->listed, digest_bytes(&digest), &number))
			continue;
		ax_buf_clear(&s->path);
		ax_path_join(&s->path, entry.dir, entry.name);
		if (is_gone(s, ax_buf_str(&s->path)) && keep_missing(s, &entry, err) < 0) {
			more = -1;
			break;
		}
	}
	idx_files_close(files);
	return more;
}

static int compare_identity(const void *a, const void *b)
{
	const struct found *x = a;
	const struct found *y = b;

	if (x->ino != y->ino)
		return x->ino < y->ino ? -1 : 1;
	if (x->size != y->size)
		return x->size < y->size ? -1 : 1;
	if (x->mtime != y->mtime)
		return x->mtime < y->mtime ? -1 : 1;
	return (int)x->drift.kind - (int)y->drift.kind; /* missing before new */
}

/* A missing file and a new one that are the same file are one that moved. */
static void match_moves(struct search *s)
{
	size_t kept = 0;

	if (s->count)
		qsort(s->found, s->count, sizeof(*s->found), compare_identity);
	for (size_t i = 0; i < s->count; i++) {
		struct found *found = &s->found[i];
		struct found *next = i + 1 < s->count ? found + 1 : NULL;

		if (next && found->drift.kind == IDX_DRIFT_MISSING &&
			next->drift.kind == IDX_DRIFT_NEW && found->dev == next->dev &&
			found->ino == next->ino && found->size == next->size &&
			found->mtime == next->mtime) {
			found->drift.kind = IDX_DRIFT_MOVED;
			found->drift.other = next->drift.path;
			i++;
		}
		s->found[kept++] = *found;
	}
	s->count = kept;
}

static int compare_drifts(const void *a, const void *b)
{
	const struct idx_drift *x = a;
	const struct idx_drift *y = b;

	if (x->kind != y->kind)
		return (int)x->kind - (int)y->kind;
	return ax_str_compare(x->path, y->path);
}

static int make_report(struct search *s, struct idx_drift_report *out, struct ax_error *err)
{
	struct idx_drift *items = ax_arena_alloc(&s->arena, (s->count + 1) * sizeof(*items));

	if (!items)
		return fail_memory(err);
	for (size_t i = 0; i < s->count; i++)
		items[i] = s->found[i].drift;
	qsort(items, s->count, sizeof(*items), compare_drifts);
	*out = (struct idx_drift_report){ s->arena, s->count, items };
	s->arena = (struct ax_arena){ 0 };
	return 0;
}

int idx_drift_find(struct idx_snapshot *snapshot, struct idx_history *history,
	const struct idx_drift_options *options, struct idx_drift_report *out,
	struct ax_error *err)
{
	struct search s = { .snapshot = snapshot, .history = history, .options = options };
	int status = -1;

	s.rootfd = open(options->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s.rootfd < 0)
		return ax_fail_errno(err, "cannot open %s", options->root);
	if (compare_disk(&s, err) == 0 && compare_catalogue(&s, err) == 0) {
		match_moves(&s);
		status = make_report(&s, out, err);
	}
	close(s.rootfd);
	free(s.found);
	idx_intern_free(&s.listed);
	ax_buf_free(&s.path);
	ax_arena_free(&s.arena);
	return status;
}

void idx_drift_report_free(struct idx_drift_report *report)
{
	ax_arena_free(&report->arena);
	*report = (struct idx_drift_report){ 0 };
}
