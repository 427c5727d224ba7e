#include "indexer/catalog_internal.h"

#include "base/error.h"
#include "indexer/detail.h"

#include <errno.h>
#include <stdlib.h>

struct idx_run_cursor {
	struct idx_snapshot *snapshot;
	struct idx_cursor *cursor;
};

/* A run by its number: 1, 0, -1. */
static int get_run(struct idx_snapshot *snapshot, uint32_t number, struct ax_str *out,
	struct ax_error *err)
{
	char key[4];

	catalog_u32_key(number, key);
	return idx_txn_get(snapshot->txn, IDX_TABLE_RUNS, ax_str(key, sizeof(key)), out, err);
}

int idx_snapshot_owner(struct idx_snapshot *snapshot, const struct idx_entry *entry,
	struct idx_owner *out, struct ax_error *err)
{
	struct ax_str value;
	uint32_t run;
	char key[8];

	*out = (struct idx_owner){ 0 };
	if (!entry->detail)
		return 0;
	catalog_u64_key(entry->detail, key);
	int found = idx_txn_get(snapshot->txn, IDX_TABLE_OWNERS, ax_str(key, sizeof(key)),
		&value, err);
	if (found != 1)
		return found;
	if (!idx_owner_decode(value, out, &run))
		return catalog_damaged(snapshot->catalog, "an owner", err);
	if (run == UINT32_MAX)
		return 1;
	found = get_run(snapshot, run, &value, err);
	if (found == 0 || (found == 1 && !idx_run_decode_id(value, &out->run)))
		return catalog_damaged(snapshot->catalog, "a run is missing", err);
	return found;
}

static struct ax_str metadata_value(const struct idx_detail *detail, struct ax_str key)
{
	for (size_t i = 0; i < detail->n_metadata; i++) {
		if (ax_str_equal(detail->metadata[i].key, key))
			return detail->metadata[i].value;
	}
	return AX_STR("");
}

static int decode_run(struct idx_snapshot *snapshot, struct ax_str value,
	struct ax_arena *arena, struct idx_run *out, struct ax_error *err)
{
	struct idx_run_texts texts;
	struct idx_detail detail;
	bool no_memory;

	if (!idx_run_decode(value, arena, out, &texts, &no_memory)) {
		if (no_memory)
			return ax_fail(err, ENOMEM, "catalogue: no memory for a run");
		return catalog_damaged(snapshot->catalog, "a run", err);
	}
	if (texts.detail == 0)
		return 0;
	struct idx_entry holder = { .name = out->id, .detail = texts.detail };
	if (idx_snapshot_detail(snapshot, &holder, arena, &detail, err) < 0)
		return -1;
	out->cfg = metadata_value(&detail, AX_STR("cfg"));
	out->rows = metadata_value(&detail, AX_STR("rows"));
	return 0;
}

int idx_run_cursor_open(struct idx_snapshot *snapshot, struct idx_run_cursor **out,
	struct ax_error *err)
{
	struct idx_run_cursor *runs = calloc(1, sizeof(*runs));

	if (!runs)
		return ax_fail(err, ENOMEM, "catalogue: no memory to walk over runs");
	runs->snapshot = snapshot;
	if (idx_cursor_open(snapshot->txn, IDX_TABLE_RUNS, &runs->cursor, err) < 0) {
		free(runs);
		return -1;
	}
	*out = runs;
	return 0;
}

int idx_run_cursor_next(struct idx_run_cursor *cursor, struct ax_arena *arena,
	struct idx_run *out, struct ax_error *err)
{
	struct ax_str key, value;
	int found = idx_cursor_next(cursor->cursor, &key, &value, err);

	if (found != 1)
		return found;
	return decode_run(cursor->snapshot, value, arena, out, err) < 0 ? -1 : 1;
}

void idx_run_cursor_close(struct idx_run_cursor *cursor)
{
	if (!cursor)
		return;
	idx_cursor_close(cursor->cursor);
	free(cursor);
}

int idx_snapshot_run(struct idx_snapshot *snapshot, struct ax_str id, struct ax_arena *arena,
	struct idx_run *out, struct ax_error *err)
{
	uint32_t low = 0;
	uint32_t high = (uint32_t)snapshot->state.runs;
	struct ax_str value, found_id;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int found = get_run(snapshot, middle, &value, err);
		if (found < 0)
			return -1;
		if (found == 0 || !idx_run_decode_id(value, &found_id))
			return catalog_damaged(snapshot->catalog, "a run is missing", err);
		int order = ax_str_compare(found_id, id);
		if (order == 0)
			return decode_run(snapshot, value, arena, out, err) < 0 ? -1 : 1;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return 0;
}
