#include "catalogued.h"

#include "indexer/catalog_internal.h"
#include "indexer/detail.h"
#include "indexer/update.h"
#include "safetensors/header.h"

#include <errno.h>
#include <unistd.h>

static struct idx_update *start(void)
{
	struct idx_update *update = NULL;
	struct ax_error err = { 0 };

	assert_ok(idx_update_begin(catalog, &update, &err), &err);
	return update;
}

static void commit(struct idx_update *update)
{
	const struct idx_update_totals totals = { .scanned = 1, .directories = 1 };
	struct ax_error err = { 0 };

	assert_ok(idx_update_commit(update, &totals, &err), &err);
}

static struct idx_snapshot *look(void)
{
	struct idx_snapshot *snapshot = NULL;
	struct ax_error err = { 0 };

	assert_ok(idx_snapshot_begin(catalog, &snapshot, &err), &err);
	return snapshot;
}

/* A file of size bytes in a directory of its own. */
static void store_file(struct idx_update *update, const char *dir, const char *class_name,
	uint64_t size, uint64_t detail)
{
	struct idx_file file = { .name = AX_STR("f"), .size = size, .detail = detail };
	struct idx_chunk_source chunk = { .dir = ax_str_from(dir), .n = 1, .files = &file };
	struct ax_error err = { 0 };

	assert_ok(idx_update_class(update, ax_str_from(class_name), &file.class_id, &err),
		&err);
	assert_ok(idx_update_note(update, ax_str_from(dir), AX_STR(""), &file.note, &err),
		&err);
	assert_ok(idx_update_chunk(update, &chunk, &err), &err);
}

static void keeps_sums_by_class(void **state)
{
	struct idx_class_sum sums[8];
	struct ax_error err = { 0 };
	struct idx_totals totals;
	struct idx_update *update = start();
	uint32_t pool, log;

	(void)state;
	store_file(update, "a", "pool", 10, 0);
	store_file(update, "b", "pool", 20, 0);
	store_file(update, "c", "log", 5, 0);
	commit(update);
	update = start();
	store_file(update, "b", "log", 7, 0);
	commit(update);
	struct idx_snapshot *snapshot = look();
	assert_int_equal(idx_snapshot_class_count(snapshot), 2);
	assert_true(idx_snapshot_class_id(snapshot, AX_STR("pool"), &pool));
	assert_true(idx_snapshot_class_id(snapshot, AX_STR("log"), &log));
	assert_ok(idx_snapshot_class_sums(snapshot, sums, &err), &err);
	assert_int_equal(sums[pool].files, 1);
	assert_int_equal(sums[pool].bytes, 10);
	assert_int_equal(sums[log].files, 2);
	assert_int_equal(sums[log].bytes, 12);
	idx_snapshot_totals(snapshot, &totals);
	assert_int_equal(totals.files, 3);
	assert_int_equal(totals.bytes, 22);
	idx_snapshot_end(snapshot);
	update = start();
	assert_ok(idx_update_drop_chunks(update, ax_hash128("a", 1), 0, &err), &err);
	commit(update);
	snapshot = look();
	assert_false(idx_snapshot_class_id(snapshot, AX_STR("pool"), &pool));
	idx_snapshot_end(snapshot);
}

static size_t count_files(struct idx_snapshot *snapshot, const struct idx_filter *filter)
{
	struct idx_files *files = NULL;
	struct idx_entry entry;
	struct ax_error err = { 0 };
	size_t count = 0;
	int found;

	assert_ok(idx_files_open(snapshot, filter, &files, &err), &err);
	while ((found = idx_files_next(files, &entry, &err)) == 1)
		count++;
	assert_int_equal(found, 0);
	idx_files_close(files);
	return count;
}

static void filters_by_class_size_and_place(void **state)
{
	struct idx_update *update = start();
	char dir[16];

	(void)state;
	for (int i = 0; i < 200; i++) {
		snprintf(dir, sizeof(dir), "%s/%03d", i % 2 ? "odd" : "even", i);
		store_file(update, dir, i % 5 ? "pool" : "log", (uint64_t)i, 0);
	}
	commit(update);
	struct idx_snapshot *snapshot = look();
	uint32_t ids[3] = { 0 };
	assert_true(idx_snapshot_class_id(snapshot, AX_STR("pool"), &ids[0]));
	assert_true(idx_snapshot_class_id(snapshot, AX_STR("log"), &ids[1]));
	ids[2] = ids[0];
	const struct {
		struct idx_filter filter;
		size_t count;
	} cases[] = {
		{ { 0 }, 200 },
		{ { .classes = ids, .n_classes = 0 }, 0 },
		{ { .classes = &ids[0], .n_classes = 1 }, 160 },
		{ { .classes = &ids[1], .n_classes = 1 }, 40 },
		{ { .classes = ids, .n_classes = 3 }, 200 },
		{ { .below = AX_STR("odd") }, 100 },
		{ { .below = AX_STR("od") }, 0 },
		{ { .has_size = true, .size_min = 50, .size_max = 59 }, 10 },
		{ { .has_size = true, .size_min = 200, .size_max = UINT64_MAX }, 0 },
		{ { .classes = &ids[1],
			  .n_classes = 1,
			  .below = AX_STR("even"),
			  .has_size = true,
			  .size_min = 1,
			  .size_max = 100 },
			10 },
		{ { .has_mtime = true, .mtime_min = -1, .mtime_max = 0 }, 200 },
		{ { .has_mtime = true, .mtime_min = 1, .mtime_max = INT64_MAX }, 0 },
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(count_files(snapshot, &cases[i].filter), cases[i].count);
	idx_snapshot_end(snapshot);
}

static const struct sft_layout *layout_of(struct sft_header *header, const char *text)
{
	struct sft_problem problem;
	struct ax_error err = { 0 };

	assert_int_equal(sft_header_parse(header, ax_str_from(text), 8 + strlen(text) + 4,
				 &problem, &err),
		1);
	return sft_header_layout(header);
}

/* A detail with the tensor list of a header; its key. */
static uint64_t store_detail(struct idx_update *update, struct sft_header *header,
	const char *text)
{
	const struct sft_layout *layout = layout_of(header, text);
	struct idx_detail detail = {
		.has_tensors = true,
		.exact_layout = sft_layout_exact_digest(layout),
	};
	struct ax_buf buf = { 0 };
	struct ax_error err = { 0 };
	uint64_t key = 0;

	idx_detail_encode(&buf, &detail);
	assert_ok(idx_update_layout(update, layout, &err), &err);
	assert_ok(idx_update_detail(update, ax_buf_str(&buf), &key, &err), &err);
	ax_buf_free(&buf);
	return key;
}

static void sweeps_out_what_nobody_has(void **state)
{
	struct sft_header *header = NULL;
	struct idx_txn *txn = NULL;
	struct ax_error err = { 0 };
	uint64_t count;

	(void)state;
	assert_ok(sft_header_new(NULL, &header, &err), &err);
	struct idx_update *update = start();
	uint64_t kept = store_detail(update, header,
		"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}");
	uint64_t dropped = store_detail(update, header,
		"{\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}");
	store_file(update, "kept", "v_hack", 1, kept);
	store_file(update, "dropped", "v_hack", 1, dropped);
	assert_ok(idx_update_drop_detail(update, dropped, &err), &err);
	assert_ok(idx_update_drop_chunks(update, ax_hash128("dropped", 7), 0, &err), &err);
	commit(update);

	assert_ok(idx_txn_begin(catalog->store, true, &txn, &err), &err);
	assert_ok(idx_txn_count(txn, IDX_TABLE_LAYOUTS, &count, &err), &err);
	assert_int_equal(count, 2);
	assert_ok(catalog_sweep(catalog, txn, 2, &err), &err);
	assert_ok(idx_txn_count(txn, IDX_TABLE_LAYOUTS, &count, &err), &err);
	assert_int_equal(count, 1);
	assert_ok(idx_txn_count(txn, IDX_TABLE_NOTES, &count, &err), &err);
	assert_int_equal(count, 1);
	struct idx_snapshot *snapshot = NULL;
	assert_ok(catalog_snapshot_of(catalog, txn, &snapshot, &err), &err);
	struct idx_entry entry;
	assert_int_equal(idx_snapshot_find(snapshot, AX_STR("kept/f"), &entry, &err), 1);
	assert_str(entry.why, "kept");
	idx_snapshot_end(snapshot);
	idx_txn_abort(txn);
	sft_header_free(header);
}

static void is_refused_when_newer(void **state)
{
	struct idx_store_options options = { .write = true };
	struct idx_catalog *again = NULL;
	struct idx_txn *txn = NULL;
	struct ax_error err = { 0 };
	char newer[4] = { CATALOG_VERSION + 1, 0, 0, 0 };

	(void)state;
	commit(start());
	assert_ok(idx_txn_begin(catalog->store, true, &txn, &err), &err);
	assert_ok(idx_txn_put(txn, IDX_TABLE_META, AX_STR("schema"), ax_str(newer, 4), 0, &err),
		&err);
	assert_ok(idx_txn_commit(txn, &err), &err);
	idx_catalog_close(catalog);
	catalog = NULL;
	assert_int_equal(catalog_open(path, &options, &again, &err), -1);
	assert_int_equal(err.code, AX_ECATALOG);
	assert_non_null(strstr(err.message, "newer artidx (schema 3, this one has 2)"));
	options.write = false;
	assert_int_equal(catalog_open(path, &options, &again, &err), -1);
	assert_int_equal(err.code, AX_ECATALOG);
}

/* A first update is committed in pieces; whoever dies in between has made nothing. */
static void begins_anew_after_half_a_first_update(void **state)
{
	static char name[200];
	struct ax_error err = { 0 };
	struct idx_catalog *reader = NULL;
	struct idx_update *update = start();
	char dir[280];

	(void)state;
	memset(name, 'd', sizeof(name) - 1);
	for (int i = 0; i < 60000; i++) {
		snprintf(dir, sizeof(dir), "%s%d", name, i);
		struct idx_file file = { .name = AX_STR("f") };
		struct idx_chunk_source chunk = {
			.dir = ax_str_from(dir),
			.n = 1,
			.files = &file,
		};
		assert_ok(idx_update_chunk(update, &chunk, &err), &err);
	}
	idx_update_abort(update);
	idx_catalog_close(catalog);
	catalog = NULL;
	assert_int_equal(idx_catalog_open(path, IDX_READ, &reader, &err), -1);
	assert_int_equal(err.code, ENOENT);
	assert_ok(idx_catalog_open(path, IDX_WRITE, &catalog, &err), &err);
	update = start();
	assert_true(idx_update_is_first(update));
	store_file(update, "only", "pool", 1, 0);
	commit(update);
	struct idx_snapshot *snapshot = look();
	assert_int_equal(count_files(snapshot, &(struct idx_filter){ 0 }), 1);
	idx_snapshot_end(snapshot);
}

int main(void)
{
#define UPDATE_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		UPDATE_TEST(keeps_sums_by_class),
		UPDATE_TEST(filters_by_class_size_and_place),
		UPDATE_TEST(sweeps_out_what_nobody_has),
		UPDATE_TEST(is_refused_when_newer),
		UPDATE_TEST(begins_anew_after_half_a_first_update),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
