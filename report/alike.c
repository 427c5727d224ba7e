#include "report/alike.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/path.h"
#include "indexer/catalog.h"
#include "indexer/sample.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

struct candidate {
	uint64_t bytes, dev, ino;
	struct ax_digest digest;
	struct ax_str path;
};

struct search {
	struct ax_arena arena; /* of paths */
	struct candidate *items;
	size_t n;
	int root;
	struct ax_hasher *hasher;
	uint64_t least; /* bytes below which a file is not among the largest */
};

static int no_memory(struct ax_error *err)
{
	return ax_fail(err, ENOMEM, "no memory for the search for equal files");
}

static int compare_sizes(const void *a, const void *b)
{
	const struct candidate *x = a;
	const struct candidate *y = b;

	if (x->bytes != y->bytes)
		return x->bytes > y->bytes ? -1 : 1;
	return ax_str_compare(x->path, y->path);
}

static int compare_content(const void *a, const void *b)
{
	const struct candidate *x = a;
	const struct candidate *y = b;
	int order = memcmp(&x->digest, &y->digest, sizeof(x->digest));

	return order ? order : ax_str_compare(x->path, y->path);
}

static int consider(struct search *search, const struct idx_entry *entry, struct ax_buf *path,
	struct ax_error *err)
{
	if (entry->type != IDX_REGULAR || entry->size == 0 || entry->size < search->least ||
		entry->status == IDX_UNREADABLE)
		return 0;
	if (search->n == (size_t)2 * RPT_CANDIDATES) {
		qsort(search->items, search->n, sizeof(*search->items), compare_sizes);
		search->n = RPT_CANDIDATES;
		search->least = search->items[RPT_CANDIDATES - 1].bytes;
	}
	ax_buf_clear(path);
	ax_path_join(path, entry->dir, entry->name);
	char *copy = ax_arena_copy(&search->arena, ax_buf_str(path));
	if (!copy || path->failed)
		return no_memory(err);
	search->items[search->n++] = (struct candidate){ .bytes = entry->size,
		.dev = entry->dev,
		.ino = entry->ino,
		.path = ax_str(copy, path->len) };
	return 0;
}

static int collect(struct idx_snapshot *snapshot, struct search *search, struct ax_error *err)
{
	static const struct idx_filter everything = { 0 };
	struct idx_files *files = NULL;
	struct ax_buf path = { 0 };
	struct idx_entry entry;
	int status = -1;
	int found;

	search->items = calloc((size_t)2 * RPT_CANDIDATES, sizeof(*search->items));
	if (!search->items)
		return no_memory(err);
	if (idx_files_open(snapshot, &everything, &files, err) < 0)
		return -1;
	while ((found = idx_files_next(files, &entry, err)) > 0) {
		if (consider(search, &entry, &path, err) < 0)
			goto out;
	}
	qsort(search->items, search->n, sizeof(*search->items), compare_sizes);
	status = found;
out:
	ax_buf_free(&path);
	idx_files_close(files);
	return status;
}

/* The digest of all of a file. */
static bool read_whole(int root, struct candidate *file, struct ax_hasher *hasher)
{
	int fd = idx_sample_open(root, file->path, file->bytes);
	bool good = fd >= 0;
	uint64_t at = 0;

	ax_hasher_reset(hasher);
	while (good && at < file->bytes) {
		uint64_t left = file->bytes - at;
		uint64_t size = left < IDX_SAMPLE_BYTES ? left : IDX_SAMPLE_BYTES;

		good = idx_sample_add(hasher, fd, at, (size_t)size);
		at += size;
	}
	if (fd >= 0)
		close(fd);
	file->digest = ax_hasher_digest(hasher);
	return good;
}

/* Take a digest of each and drop what cannot be read; returns how many are left, in order. */
static size_t digest_all(struct search *search, struct candidate *files, size_t n,
	bool is_whole)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		bool good = is_whole
				    ? read_whole(search->root, &files[i], search->hasher)
				    : idx_sample_take(search->root, files[i].path,
					      files[i].bytes, search->hasher, &files[i].digest);
		if (good)
			files[kept++] = files[i];
	}
	qsort(files, kept, sizeof(*files), compare_content);
	return kept;
}

/* Names of one file are not two files. */
static bool is_other_name(const struct candidate *files, size_t i)
{
	for (size_t j = 0; j < i; j++) {
		if (files[j].ino == files[i].ino && files[j].dev == files[i].dev)
			return true;
	}
	return false;
}

static size_t drop_other_names(struct candidate *files, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (!is_other_name(files, i))
			files[kept++] = files[i];
	}
	return kept;
}

static bool add_group(struct rpt_alike *out, const struct candidate *files, size_t n,
	bool is_equal)
{
	struct ax_str *paths = ax_arena_alloc(&out->arena, n * sizeof(*paths));

	for (size_t i = 0; paths && i < n; i++) {
		char *copy = ax_arena_copy(&out->arena, files[i].path);
		if (!copy)
			return false;
		paths[i] = ax_str(copy, files[i].path.len);
	}
	if (paths)
		out->groups[out->n++] =
			(struct rpt_alike_group){ files->bytes, is_equal, n, paths };
	return paths != NULL;
}

/* How many of the files, which are in order, have the digest of the first. */
static size_t count_same(const struct candidate *files, size_t n)
{
	size_t same = 1;

	while (same < n &&
		memcmp(&files[same].digest, &files->digest, sizeof(files->digest)) == 0)
		same++;
	return same;
}

/* Files that are equal as a whole, among those that agree in pieces. */
static bool add_equal(struct search *search, struct candidate *files, size_t n,
	struct rpt_alike *out)
{
	out->read += n * files->bytes;
	n = digest_all(search, files, n, true);
	for (size_t i = 0, same; i < n; i += same) {
		same = count_same(files + i, n - i);
		if (same > 1 && !add_group(out, files + i, same, true))
			return false;
	}
	return true;
}

/* Groups of files that agree in pieces, among files of one size. */
static bool split(struct search *search, struct candidate *files, size_t n,
	struct rpt_alike *out)
{
	for (size_t i = 0, same; i < n; i += same) {
		same = count_same(files + i, n - i);
		size_t kept = drop_other_names(files + i, same);

		if (kept < 2)
			continue;
		bool is_affordable = files->bytes <= (RPT_READ_LIMIT - out->read) / kept;
		if (is_affordable ? !add_equal(search, files + i, kept, out)
				  : !add_group(out, files + i, kept, false))
			return false;
	}
	return true;
}

static bool find_groups(struct search *search, struct rpt_alike *out)
{
	size_t start = 0;

	out->groups = ax_arena_alloc(&out->arena, RPT_LOOKS * sizeof(*out->groups));
	if (!out->groups)
		return false;
	for (size_t i = 1; i <= search->n; i++) {
		struct candidate *files = search->items + start;
		size_t n = i - start;

		if (i < search->n && search->items[i].bytes == files->bytes)
			continue;
		start = i;
		if (n < 2)
			continue;
		size_t looks = out->looked + n <= RPT_LOOKS ? n : RPT_LOOKS - out->looked;
		out->looked += looks;
		out->not_looked += n - looks;
		if (looks > 1 &&
			!split(search, files, digest_all(search, files, looks, false), out))
			return false;
	}
	return true;
}

int rpt_alike_find(struct idx_snapshot *snapshot, int root, struct rpt_alike *out,
	struct ax_error *err)
{
	struct search search = { .root = root, .hasher = ax_hasher_new() };
	int status = search.hasher ? collect(snapshot, &search, err) : no_memory(err);

	if (status == 0 && !find_groups(&search, out))
		status = no_memory(err);
	ax_hasher_free(search.hasher);
	free(search.items);
	ax_arena_free(&search.arena);
	return status;
}

void rpt_alike_free(struct rpt_alike *alike)
{
	ax_arena_free(&alike->arena);
	*alike = (struct rpt_alike){ 0 };
}
