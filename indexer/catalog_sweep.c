#include "indexer/catalog_internal.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/reader.h"
#include "indexer/detail.h"

#include <errno.h>
#include <stdlib.h>

/* What is still in use. */
struct used {
	struct idx_intern layouts; /* their digests */
	unsigned char *notes;      /* one bit each */
	uint32_t next_note;
};

static int no_memory(struct ax_error *err)
{
	return ax_fail(err, ENOMEM, "catalogue: no memory to sweep it");
}

/* Have visit called with every key and value of a table. */
typedef int visit_pair(struct idx_catalog *catalog, struct ax_str key, struct ax_str value,
	void *context, struct ax_error *err);

static int visit_table(struct idx_catalog *catalog, struct idx_txn *txn, enum idx_table table,
	visit_pair *visit, void *context, struct ax_error *err)
{
	struct idx_cursor *cursor = NULL;
	struct ax_str key, value;
	int found;

	if (idx_cursor_open(txn, table, &cursor, err) < 0)
		return -1;
	while ((found = idx_cursor_next(cursor, &key, &value, err)) == 1) {
		if (visit(catalog, key, value, context, err) < 0) {
			found = -1;
			break;
		}
	}
	idx_cursor_close(cursor);
	return found;
}

static int mark_layout(struct idx_catalog *catalog, struct ax_str key, struct ax_str value,
	void *context, struct ax_error *err)
{
	struct used *used = context;
	struct ax_digest digest;
	bool has_tensors;
	uint32_t place;

	(void)key;
	if (!idx_detail_decode_layout(value, &has_tensors, &digest))
		return catalog_damaged(catalog, "a detail", err);
	if (has_tensors &&
		!idx_intern_add(&used->layouts,
			ax_str((const char *)digest.bytes, sizeof(digest.bytes)), &place))
		return no_memory(err);
	return 0;
}

static int mark_notes(struct idx_catalog *catalog, struct ax_str key, struct ax_str value,
	void *context, struct ax_error *err)
{
	struct used *used = context;
	struct idx_chunk chunk;
	struct idx_file file;

	(void)key;
	if (!idx_chunk_open(value, &chunk))
		return catalog_damaged(catalog, "a directory", err);
	struct idx_chunk_cursor cursor = { .chunk = &chunk };
	while (idx_chunk_next(&cursor, &file)) {
		if (file.note >= used->next_note)
			return catalog_damaged(catalog, "a note is missing", err);
		used->notes[file.note / 8] |= (unsigned char)(1u << file.note % 8);
	}
	return 0;
}

/* Keys that are to go, each with its length before it. */
struct doomed {
	const struct used *used;
	struct ax_buf keys;
};

static int doom_layout(struct idx_catalog *catalog, struct ax_str key, struct ax_str value,
	void *context, struct ax_error *err)
{
	struct doomed *doomed = context;
	uint32_t place;

	(void)catalog;
	(void)value;
	(void)err;
	if (!idx_intern_find(&doomed->used->layouts, key, &place))
		ax_buf_append_sized(&doomed->keys, key);
	return 0;
}

static int doom_note(struct idx_catalog *catalog, struct ax_str key, struct ax_str value,
	void *context, struct ax_error *err)
{
	struct doomed *doomed = context;

	(void)value;
	if (key.len != sizeof(uint32_t))
		return catalog_damaged(catalog, "a note", err);
	uint32_t number = catalog_key_u32(key.ptr);
	bool is_used = number < doomed->used->next_note &&
		       doomed->used->notes[number / 8] & 1u << number % 8;
	if (!is_used)
		ax_buf_append_sized(&doomed->keys, key);
	return 0;
}

static int drop_unused(struct idx_catalog *catalog, struct idx_txn *txn, enum idx_table table,
	visit_pair *doom, const struct used *used, struct ax_error *err)
{
	struct doomed doomed = { .used = used };
	int status = visit_table(catalog, txn, table, doom, &doomed, err);

	if (status == 0)
		status = ax_buf_check(&doomed.keys, "catalogue", err);
	struct ax_reader reader = { .rest = ax_buf_str(&doomed.keys) };
	while (status == 0 && reader.rest.len)
		status = idx_txn_delete(txn, table, ax_reader_sized(&reader), err);
	ax_buf_free(&doomed.keys);
	return status;
}

int catalog_sweep(struct idx_catalog *catalog, struct idx_txn *txn, uint32_t next_note,
	struct ax_error *err)
{
	struct used used = { .next_note = next_note };
	int status = -1;

	used.notes = calloc(1, (size_t)next_note / 8 + 1);
	if (!used.notes) {
		no_memory(err);
		goto out;
	}
	if (visit_table(catalog, txn, IDX_TABLE_DETAILS, mark_layout, &used, err) < 0 ||
		visit_table(catalog, txn, IDX_TABLE_DIRS, mark_notes, &used, err) < 0 ||
		visit_table(catalog, txn, IDX_TABLE_ARCHIVED, mark_notes, &used, err) < 0 ||
		drop_unused(catalog, txn, IDX_TABLE_LAYOUTS, doom_layout, &used, err) < 0 ||
		drop_unused(catalog, txn, IDX_TABLE_NOTES, doom_note, &used, err) < 0)
		goto out;
	status = 0;
out:
	idx_intern_free(&used.layouts);
	free(used.notes);
	return status;
}
