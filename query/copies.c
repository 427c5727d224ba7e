#include "query/copies.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/path.h"
#include "indexer/catalog.h"
#include "indexer/sample.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

struct size_key {
	struct ax_digest header;
	uint64_t size;
};

struct inode_key {
	uint64_t dev, ino;
};

struct content_key {
	struct size_key size;
	struct ax_digest sample;
};

#define KEY(key) ax_str((const char *)&(key), sizeof(key))

/* What the second look needs. */
struct look {
	struct qry_copies *copies;
	int root;
	struct ax_hasher *hasher;
	struct ax_buf path;
};

static int no_memory(struct ax_error *err)
{
	return ax_fail(err, ENOMEM, "no memory for the search for copies");
}

void qry_copies_free(struct qry_copies *copies)
{
	qry_table_free(&copies->sizes);
	qry_table_free(&copies->inodes);
	qry_table_free(&copies->contents);
	qry_table_free(&copies->paths);
}

/* The counter of a key, 0 for a new one; NULL when memory ran out. */
static uint64_t *counter(struct qry_table *table, struct ax_str key)
{
	void **value = qry_table_put(table, key);

	if (value && !*value)
		*value = ax_arena_alloc(&table->arena, sizeof(uint64_t));
	return value ? *value : NULL;
}

static int count_size(struct qry_copies *copies, const struct size_key *key)
{
	uint64_t *count = counter(&copies->sizes, KEY(*key));

	if (count)
		++*count;
	return count ? 0 : -1;
}

/* The counter of what the file holds, with the file counted; *out NULL: it cannot be read. */
static int count_content(struct look *look, const struct idx_entry *entry,
	const struct size_key *size, uint64_t **out)
{
	struct inode_key inode = { entry->dev, entry->ino };
	struct content_key content = { .size = *size };
	void **known = qry_table_put(&look->copies->inodes, KEY(inode));

	if (!known)
		return -1;
	*out = *known;
	if (*known || !idx_sample_take(look->root, ax_buf_str(&look->path), entry->size,
			      look->hasher, &content.sample))
		return 0;
	*known = *out = counter(&look->copies->contents, KEY(content));
	if (*out)
		++**out;
	return *out ? 0 : -1;
}

/* A file that shares size and header with another: what does it hold? */
static int look_at(struct look *look, const struct idx_entry *entry,
	const struct size_key *size)
{
	const uint64_t *alike = qry_table_get(&look->copies->sizes, KEY(*size));
	uint64_t *count;
	void **place;

	if (!alike || *alike < 2)
		return 0;
	ax_buf_clear(&look->path);
	ax_path_join(&look->path, entry->dir, entry->name);
	if (look->path.failed || count_content(look, entry, size, &count) < 0)
		return -1;
	if (!count)
		return 0;
	place = qry_table_put(&look->copies->paths, ax_buf_str(&look->path));
	if (place)
		*place = count;
	return place ? 0 : -1;
}

/* Count the files of each header and size (look NULL), or look at those that share them. */
static int visit(struct qry_copies *copies, struct idx_snapshot *snapshot, struct look *look,
	struct ax_error *err)
{
	static const struct idx_filter everything = { 0 };
	struct idx_files *files = NULL;
	struct ax_arena arena = { 0 };
	struct idx_entry entry;
	struct idx_detail detail;
	int found = idx_files_open(snapshot, &everything, &files, err) < 0 ? -1 : 1;

	while (found > 0 && (found = idx_files_next(files, &entry, err)) > 0) {
		if (entry.detail == 0 || entry.archive.len > 0)
			continue;
		ax_arena_clear(&arena);
		if (idx_snapshot_detail(snapshot, &entry, &arena, &detail, err) < 0) {
			found = -1;
			break;
		}
		struct size_key key = { .header = detail.header, .size = entry.size };
		if (detail.has_tensors &&
			(look ? look_at(look, &entry, &key) : count_size(copies, &key)) < 0)
			found = no_memory(err);
	}
	idx_files_close(files);
	ax_arena_free(&arena);
	return found;
}

int qry_copies_read(struct qry_copies *copies, struct idx_snapshot *snapshot,
	struct ax_str root, struct ax_error *err)
{
	struct look look = { .copies = copies, .hasher = ax_hasher_new(), .root = -1 };
	char *name = ax_arena_copy(&copies->paths.arena, root);
	int status = -1;

	if (!name || !look.hasher) {
		no_memory(err);
		goto out;
	}
	look.root = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (look.root < 0) {
		ax_fail_errno(err, "%s", name);
		goto out;
	}
	status = visit(copies, snapshot, NULL, err);
	if (status == 0)
		status = visit(copies, snapshot, &look, err);
	copies->is_read = status == 0;
out:
	if (look.root >= 0)
		close(look.root);
	ax_hasher_free(look.hasher);
	ax_buf_free(&look.path);
	return status;
}

uint64_t qry_copies_count(const struct qry_copies *copies, struct ax_str path)
{
	const uint64_t *count = qry_table_get(&copies->paths, path);

	return count ? *count : 1;
}
