/*
 * The catalogue is read once into a table from a digest of each path to what its bytes are added
 * to; then the disk is walked, and each name looked up in it. 24 bytes a slot: a million files
 * take 50 MB.
 */
#include "report/disk.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/path.h"
#include "indexer/catalog.h"
#include "indexer/walk.h"
#include "report/once.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST_SLOTS = 1024, BLOCK = 512 };

struct known {
	struct ax_digest digest;   /* of a path */
	struct rpt_bucket *bucket; /* NULL: free */
};

struct measuring {
	struct idx_snapshot *snapshot;
	const struct rpt_disk_options *options;
	struct rpt_disk *out;
	struct known *slots;
	size_t n_slots, n_used;
	struct rpt_bucket anything; /* where neither class nor run is asked for */
	struct rpt_once linked;
	struct ax_buf path;
};

static int no_memory(struct ax_error *err)
{
	return ax_fail(err, ENOMEM, "no memory for the sums");
}

/* ---- what is catalogued */

static struct known *find(struct known *slots, size_t n_slots, const struct ax_digest *digest)
{
	uint64_t start;

	memcpy(&start, digest, sizeof(start));
	size_t i = (size_t)start & (n_slots - 1);
	while (slots[i].bucket && memcmp(&slots[i].digest, digest, sizeof(*digest)) != 0)
		i = (i + 1) & (n_slots - 1);
	return &slots[i];
}

static bool make_room(struct measuring *m)
{
	size_t n_slots = m->n_slots ? 2 * m->n_slots : FIRST_SLOTS;

	if (3 * m->n_used < 2 * m->n_slots)
		return true;
	struct known *slots = calloc(n_slots, sizeof(*slots));
	if (!slots)
		return false;
	for (size_t i = 0; i < m->n_slots; i++) {
		if (m->slots[i].bucket)
			*find(slots, n_slots, &m->slots[i].digest) = m->slots[i];
	}
	free(m->slots);
	m->slots = slots;
	m->n_slots = n_slots;
	return true;
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

/* What a file's bytes are added to. */
static int choose_bucket(struct measuring *m, const struct idx_entry *entry,
	struct rpt_bucket **out, struct ax_error *err)
{
	struct idx_owner owner = { 0 };

	*out = &m->anything;
	if (m->options->by == RPT_CLASSES)
		*out = find_bucket(m, entry->class_name);
	if (m->options->by == RPT_RUNS) {
		if (idx_snapshot_owner(m->snapshot, entry, &owner, err) < 0)
			return -1;
		*out = find_bucket(m,
			owner.membership == IDX_RUN_KNOWN ? owner.run : AX_STR(""));
	}
	return *out ? 0 : no_memory(err);
}

static int note_known(struct measuring *m, const struct idx_entry *entry, struct ax_error *err)
{
	struct rpt_bucket *bucket;

	if (choose_bucket(m, entry, &bucket, err) < 0)
		return -1;
	ax_buf_clear(&m->path);
	ax_path_join(&m->path, entry->dir, entry->name);
	if (m->path.failed || !make_room(m))
		return no_memory(err);
	struct ax_digest digest = ax_hash128(m->path.data, m->path.len);
	struct known *slot = find(m->slots, m->n_slots, &digest);
	m->n_used += slot->bucket == NULL;
	*slot = (struct known){ digest, bucket };
	return 0;
}

static int read_known(struct measuring *m, struct ax_error *err)
{
	struct idx_filter filter = { 0 };
	struct idx_files *files = NULL;
	struct idx_entry entry;
	int found;

	if (m->options->n_paths == 1)
		filter.below = m->options->paths[0];
	if (!make_room(m))
		return no_memory(err);
	if (idx_files_open(m->snapshot, &filter, &files, err) < 0)
		return -1;
	while ((found = idx_files_next(files, &entry, err)) > 0) {
		if (note_known(m, &entry, err) < 0) {
			found = -1;
			break;
		}
	}
	idx_files_close(files);
	return found;
}

/* ---- what is on the disk */

static uint64_t bytes_of(const struct measuring *m, const struct stat *st)
{
	return m->options->apparent ? (uint64_t)st->st_size : (uint64_t)st->st_blocks * BLOCK;
}

static void count_folder(struct measuring *m, const struct stat *st)
{
	struct rpt_sum sum = { 1, bytes_of(m, st) };

	rpt_sum_add(&m->out->folders, sum);
	m->out->total.bytes += sum.bytes;
}

static int count_file(struct measuring *m, const struct idx_walk_dir *dir, const char *name,
	const struct stat *st, struct ax_error *err)
{
	struct rpt_sum sum = { 1, bytes_of(m, st) };
	bool is_new = true;

	if (st->st_nlink > 1 && rpt_once_add(&m->linked, st->st_dev, st->st_ino, &is_new) < 0)
		return no_memory(err);
	if (!is_new)
		return 0;
	rpt_sum_add(&m->out->total, sum);
	ax_buf_clear(&m->path);
	ax_path_join(&m->path, dir->path, ax_str_from(name));
	struct ax_digest digest = ax_hash128(m->path.data, m->path.len);
	struct rpt_bucket *bucket = find(m->slots, m->n_slots, &digest)->bucket;
	if (!bucket) {
		rpt_sum_add(&m->out->strange, sum);
		return m->path.failed ? no_memory(err) : 0;
	}
	struct rpt_dir *into = rpt_dirs_put(&m->out->dirs, dir->path);
	if (!into)
		return no_memory(err);
	rpt_sum_add(&into->own, sum);
	rpt_sum_add(&bucket->sum, sum);
	return 0;
}

static int count_name(struct measuring *m, struct idx_walker *walker,
	const struct idx_walk_dir *dir, const char *name, struct ax_error *err)
{
	struct stat st;

	if (fstatat(dir->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0; /* gone meanwhile */
	if (!S_ISDIR(st.st_mode))
		return count_file(m, dir, name, &st, err);
	count_folder(m, &st);
	return idx_walker_push(walker, ax_str_from(name), err);
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
	struct stat st;
	int status = 0;
	int fd = dir->fd < 0 ? -1 : fcntl(dir->fd, F_DUPFD_CLOEXEC, 0);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);

	if (dir->is_start && dir->fd >= 0 && fstat(dir->fd, &st) == 0)
		count_folder(m, &st);
	if (!stream) {
		if (fd >= 0)
			close(fd);
		note_unreadable(m, dir->path);
		return 0;
	}
	errno = 0;
	for (struct dirent *entry = readdir(stream); entry && status == 0;
		entry = readdir(stream)) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			status = count_name(m, walker, dir, entry->d_name, err);
		errno = 0;
	}
	if (status == 0 && errno)
		note_unreadable(m, dir->path);
	closedir(stream);
	return status;
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
	int status = read_known(&m, err);

	if (status == 0)
		status = walk_disk(&m, err);
	if (status == 0)
		status = rpt_dirs_add_up(&out->dirs, RPT_BY_BYTES, err);
	rpt_once_free(&m.linked);
	ax_buf_free(&m.path);
	free(m.slots);
	return status;
}

void rpt_disk_free(struct rpt_disk *disk)
{
	rpt_dirs_free(&disk->dirs);
	qry_table_free(&disk->buckets);
	*disk = (struct rpt_disk){ 0 };
}
