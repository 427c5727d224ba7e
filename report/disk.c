/*
 * The disk is walked, and each directory's files laid beside those that the catalogue has of it.
 */
#include "report/disk.h"

#include "base/error.h"
#include "base/file.h"
#include "indexer/catalog.h"
#include "indexer/listing.h"
#include "indexer/pairs.h"
#include "indexer/walk.h"
#include "report/once.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 512 };

struct measuring {
	struct idx_snapshot *snapshot;
	const struct rpt_disk_options *options;
	struct rpt_disk *out;
	struct idx_listing *listing;
	struct rpt_once linked;
};

static int no_memory(struct ax_error *err)
{
	return ax_fail(err, ENOMEM, "no memory for the sums");
}

static struct rpt_bucket *find_bucket(struct measuring *m, struct ax_str name)
{
	struct qry_table *buckets = &m->out->buckets;
	void **slot = qry_table_put(buckets, name);

	if (!slot || *slot)
		return slot ? *slot : NULL;
	struct rpt_bucket *bucket = ax_arena_alloc(&buckets->arena, sizeof(*bucket));
	char *copy = ax_arena_copy(&buckets->arena, name);
	if (!bucket || !copy)
		return NULL;
	bucket->name = ax_str(copy, name.len);
	*slot = bucket;
	return bucket;
}

/* Add to the class or the run of a file that the catalogue has. */
static int add_to_bucket(struct measuring *m, const struct idx_entry *entry, struct rpt_sum sum,
	struct ax_error *err)
{
	struct ax_str name = entry->class_name;
	struct idx_owner owner = { 0 };

	if (m->options->by == RPT_DIRS)
		return 0;
	if (m->options->by == RPT_RUNS) {
		if (idx_snapshot_owner(m->snapshot, entry, &owner, err) < 0)
			return -1;
		name = owner.membership == IDX_RUN_KNOWN ? owner.run : AX_STR("");
	}
	struct rpt_bucket *bucket = find_bucket(m, name);
	if (!bucket)
		return no_memory(err);
	rpt_sum_add(&bucket->sum, sum);
	return 0;
}

static void count_folder(struct measuring *m, const struct idx_walk_dir *dir)
{
	struct rpt_sum sum = { .files = 1 };
	struct stat st;
	int fd = dir->fd;

	/* One that may not be read has a size as well. */
	if (fd < 0)
		fd = ax_open_beneath(m->options->root, dir->path,
			O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	bool is_known = fd >= 0 && fstat(fd, &st) == 0;
	if (dir->fd < 0 && fd >= 0)
		close(fd);
	if (!is_known)
		return; /* gone meanwhile */
	sum.bytes =
		m->options->apparent ? (uint64_t)st.st_size : (uint64_t)st.st_blocks * BLOCK;
	rpt_sum_add(&m->out->folders, sum);
	m->out->total.bytes += sum.bytes;
}

/* A file on the disk, of which the catalogue has entry, or nothing: NULL. */
static int count_file(struct measuring *m, struct ax_str dir, const struct idx_listed *file,
	const struct idx_entry *entry, struct ax_error *err)
{
	struct rpt_sum sum = { 1, m->options->apparent ? file->size : file->blocks * BLOCK };
	bool is_new = true;

	if (file->linked && rpt_once_add(&m->linked, file->dev, file->ino, &is_new) < 0)
		return no_memory(err);
	if (!is_new)
		return 0;
	rpt_sum_add(&m->out->total, sum);
	if (!entry) {
		rpt_sum_add(&m->out->strange, sum);
		return 0;
	}
	struct rpt_dir *into = rpt_dirs_put(&m->out->dirs, dir);
	if (!into)
		return no_memory(err);
	rpt_sum_add(&into->own, sum);
	return add_to_bucket(m, entry, sum, err);
}

static int count_files(struct measuring *m, struct ax_str dir, struct ax_error *err)
{
	struct idx_pairs *pairs = NULL;
	struct idx_pair pair;
	int more = 0;

	if (idx_pairs_open(m->snapshot, dir, m->listing, &pairs, err) < 0)
		return -1;
	while ((more = idx_pairs_next(pairs, &pair, err)) > 0) {
		if (pair.listed && !pair.listed->hidden &&
			count_file(m, dir, pair.listed, pair.entry, err) < 0) {
			more = -1;
			break;
		}
	}
	idx_pairs_close(pairs);
	return more;
}

static void note_unreadable(struct measuring *m, struct ax_str path)
{
	struct rpt_disk *out = m->out;
	const char *copy = NULL;

	if (out->n_unreadable < RPT_UNREADABLE_SHOWN) {
		copy = ax_arena_copy(&out->buckets.arena, path);
		out->unreadable[out->n_unreadable] =
			ax_str(copy ? copy : "", copy ? path.len : 0);
	}
	out->n_unreadable++;
}

static int count_dir(struct measuring *m, struct idx_walker *walker,
	const struct idx_walk_dir *dir, struct ax_error *err)
{
	struct ax_error unreadable;

	count_folder(m, dir);
	if (dir->fd < 0 || idx_listing_read(m->listing, dir->fd, dir->path, &unreadable) < 0) {
		note_unreadable(m, dir->path);
		return 0;
	}
	for (size_t i = 0; i < idx_listing_dir_count(m->listing); i++) {
		if (idx_walker_push(walker, idx_listing_dir(m->listing, i), err) < 0)
			return -1;
	}
	return count_files(m, dir->path, err);
}

static int walk_disk(struct measuring *m, struct ax_error *err)
{
	struct idx_walk *walk = idx_walk_new(m->options->root);
	struct idx_walker *walker = walk ? idx_walker_new(walk) : NULL;
	struct idx_walk_dir dir;
	int status = walker ? 0 : no_memory(err);
	int found = 0;

	for (size_t i = 0; i < m->options->n_paths && status == 0; i++)
		status = idx_walk_start(walk, m->options->paths[i], NULL, err);
	while (status == 0 && (found = idx_walker_next(walker, &dir, err)) > 0)
		status = count_dir(m, walker, &dir, err);
	idx_walker_free(walker);
	idx_walk_free(walk);
	return status < 0 ? status : found;
}

int rpt_disk_measure(struct idx_snapshot *snapshot, const struct rpt_disk_options *options,
	struct rpt_disk *out, struct ax_error *err)
{
	struct measuring m = { .snapshot = snapshot, .options = options, .out = out };
	int status;

	m.listing = idx_listing_new();
	status = m.listing ? walk_disk(&m, err) : no_memory(err);
	if (status == 0)
		status = rpt_dirs_add_up(&out->dirs, RPT_BY_BYTES, err);
	idx_listing_free(m.listing);
	rpt_once_free(&m.linked);
	return status;
}

void rpt_disk_free(struct rpt_disk *disk)
{
	rpt_dirs_free(&disk->dirs);
	qry_table_free(&disk->buckets);
	*disk = (struct rpt_disk){ 0 };
}
