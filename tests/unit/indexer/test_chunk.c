#include "tests/unit/unit.h"

#include "indexer/chunk.h"

static struct ax_buf buf;

static void encode(const struct idx_file *files, size_t n)
{
	struct idx_chunk_source source = {
		.dir = AX_STR("out/runs"),
		.dev = 0x1234567890,
		.n = n,
		.files = files,
	};

	ax_buf_clear(&buf);
	idx_chunk_encode(&buf, &source);
	assert_false(buf.failed);
}

static void assert_same(const struct idx_file *a, const struct idx_file *b)
{
	assert_str_equal(a->name, b->name);
	assert_int_equal(a->ino, b->ino);
	assert_int_equal(a->size, b->size);
	assert_int_equal(a->mtime, b->mtime);
	assert_int_equal(a->ctime, b->ctime);
	assert_int_equal(a->flags, b->flags);
	assert_int_equal(a->class_id, b->class_id);
	assert_int_equal(a->note, b->note);
	assert_int_equal(a->detail, b->detail);
}

static void round_trip(const struct idx_file *files, size_t n)
{
	struct idx_chunk chunk;
	struct idx_file file;

	encode(files, n);
	assert_true(idx_chunk_open(ax_buf_str(&buf), &chunk));
	assert_str(chunk.dir, "out/runs");
	assert_int_equal(chunk.dev, 0x1234567890);
	assert_int_equal(chunk.count, n);
	assert_false(chunk.has_more);
	struct idx_chunk_cursor cursor = { .chunk = &chunk };
	for (size_t i = 0; i < n; i++) {
		assert_true(idx_chunk_next(&cursor, &file));
		assert_same(&file, &files[i]);
	}
	assert_false(idx_chunk_next(&cursor, &file));
}

static const struct idx_file odd[] = {
	{ .name = AX_STR_INIT("\n"), .ino = 1, .size = 0, .mtime = -1, .ctime = 1 },
	{ .name = AX_STR_INIT("\xff\xfe"), .ino = UINT64_MAX, .mtime = INT64_MAX },
	{ .name = AX_STR_INIT("a"),
		.size = UINT64_MAX,
		.mtime = INT64_MIN,
		.ctime = INT64_MAX },
	{ .name = AX_STR_INIT("b"), .flags = 0x1ff, .class_id = 65534, .note = UINT32_MAX },
	{ .name = AX_STR_INIT("c"), .detail = UINT64_MAX, .mtime = 0, .ctime = INT64_MIN },
};

static void keeps_odd_names_and_extreme_values(void **state)
{
	(void)state;
	round_trip(odd, COUNT(odd));
	for (size_t i = 0; i < COUNT(odd); i++)
		round_trip(&odd[i], 1);
}

static void keeps_every_width(void **state)
{
	struct idx_file files[2] = { { .name = AX_STR("x") }, { .name = AX_STR("y") } };

	(void)state;
	for (unsigned bits = 0; bits < 64; bits++) {
		for (int less = 0; less < 2; less++) {
			uint64_t value = ((uint64_t)1 << bits) - (uint64_t)less;
			files[1].ino = files[1].size = files[1].detail = value;
			files[1].mtime = files[0].ctime = (int64_t)value;
			files[0].mtime = files[1].ctime = -(int64_t)(value / 2);
			round_trip(files, 2);
		}
	}
}

static void holds_as_many_files_as_it_may(void **state)
{
	static char names[IDX_CHUNK_FILES][256];
	struct idx_file files[IDX_CHUNK_FILES] = { 0 };

	(void)state;
	for (size_t i = 0; i < IDX_CHUNK_FILES; i++) {
		memset(names[i], 'x', 255);
		snprintf(names[i], 8, "%03zu", i);
		names[i][3] = 'x';
		files[i].name = ax_str(names[i], i % 255 + 1);
		files[i].ino = 1000000 + 7 * i;
	}
	round_trip(files, IDX_CHUNK_FILES);
}

static void says_that_more_follow(void **state)
{
	struct idx_chunk_source source = {
		.dir = AX_STR(""),
		.has_more = true,
		.n = 1,
		.files = odd,
	};
	struct idx_chunk chunk;

	(void)state;
	ax_buf_clear(&buf);
	idx_chunk_encode(&buf, &source);
	assert_true(idx_chunk_open(ax_buf_str(&buf), &chunk));
	assert_true(chunk.has_more);
	assert_int_equal(chunk.count, 1);
	assert_str(chunk.dir, "");
}

static void bounds_columns(void **state)
{
	struct idx_file files[] = {
		{ .name = AX_STR("a"), .size = 10, .mtime = -5 },
		{ .name = AX_STR("b"), .size = 300, .mtime = 7 },
	};
	struct idx_chunk chunk;

	(void)state;
	encode(files, 2);
	assert_true(idx_chunk_open(ax_buf_str(&buf), &chunk));
	assert_int_equal(idx_chunk_smallest(&chunk, IDX_COLUMN_SIZE), 10);
	assert_true(idx_chunk_largest(&chunk, IDX_COLUMN_SIZE) >= 300);
	assert_int_equal((int64_t)idx_chunk_smallest(&chunk, IDX_COLUMN_MTIME), -5);
	assert_true((int64_t)idx_chunk_largest(&chunk, IDX_COLUMN_MTIME) >= 7);
	files[1].size = UINT64_MAX;
	files[1].mtime = INT64_MAX;
	encode(files, 2);
	assert_true(idx_chunk_open(ax_buf_str(&buf), &chunk));
	assert_int_equal(idx_chunk_largest(&chunk, IDX_COLUMN_SIZE), UINT64_MAX);
	assert_int_equal((int64_t)idx_chunk_largest(&chunk, IDX_COLUMN_MTIME), INT64_MAX);
}

/* Bytes in memory of exactly that size, so that a sanitizer sees any step outside. */
static bool opens(const char *bytes, size_t size)
{
	struct idx_chunk chunk;
	struct idx_file file;
	char *copy = malloc(size + 1);
	char *exact = realloc(copy, size ? size : 1);

	memcpy(exact, bytes, size);
	bool opened = idx_chunk_open(ax_str(exact, size), &chunk);
	if (opened) {
		struct idx_chunk_cursor cursor = { .chunk = &chunk };
		while (idx_chunk_next(&cursor, &file))
			assert_true(file.name.ptr + file.name.len <= exact + size);
	}
	free(exact);
	return opened;
}

static void refuses_what_is_cut_or_longer(void **state)
{
	(void)state;
	encode(odd, COUNT(odd));
	for (size_t size = 0; size < buf.len; size++)
		assert_false(opens(buf.data, size));
	ax_buf_append_byte(&buf, 0);
	assert_false(opens(buf.data, buf.len));
}

static void survives_any_changed_byte(void **state)
{
	(void)state;
	encode(odd, COUNT(odd));
	for (size_t i = 0; i < buf.len; i++) {
		char before = buf.data[i];
		for (unsigned value = 0; value < 256; value += 5) {
			buf.data[i] = (char)value;
			opens(buf.data, buf.len);
		}
		buf.data[i] = before;
	}
	assert_true(opens(buf.data, buf.len));
}

static int free_buf(void **state)
{
	(void)state;
	ax_buf_free(&buf);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_odd_names_and_extreme_values),
		cmocka_unit_test(keeps_every_width),
		cmocka_unit_test(holds_as_many_files_as_it_may),
		cmocka_unit_test(says_that_more_follow),
		cmocka_unit_test(bounds_columns),
		cmocka_unit_test(refuses_what_is_cut_or_longer),
		cmocka_unit_test(survives_any_changed_byte),
	};

	return cmocka_run_group_tests(tests, NULL, free_buf);
}
