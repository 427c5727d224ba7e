#include "tests/unit/unit.h"

#include "query/sorter.h"

/* One key in each row; the rendered text is what comes out. */
struct row {
	struct qry_value key;
	const char *text;
};

static void check(const struct row *rows, size_t n, bool downwards, uint64_t limit,
	const char *expected)
{
	struct qry_sorter *sorter;
	struct ax_str rendered;
	struct ax_buf buf = { 0 };
	struct ax_error err = { 0 };

	assert_ok(qry_sorter_new(1, &downwards, limit, &sorter, &err), &err);
	for (size_t i = 0; i < n; i++)
		assert_ok(qry_sorter_add(sorter, &rows[i].key, ax_str_from(rows[i].text), &err),
			&err);
	while (qry_sorter_next(sorter, &rendered)) {
		ax_buf_append_str(&buf, rendered);
		ax_buf_append_byte(&buf, ' ');
	}
	assert_buf(&buf, expected);
	ax_buf_free(&buf);
	qry_sorter_free(sorter);
}

#define INT(number)                                  \
	{                                            \
		.kind = QRY_INT, .integer = (number) \
	}
#define REAL(number)                               \
	{                                          \
		.kind = QRY_REAL, .real = (number) \
	}
#define TEXT(literal)                                          \
	{                                                      \
		.kind = QRY_TEXT, .text = AX_STR_INIT(literal) \
	}

static const struct row rows[] = {
	{ INT(3), "3a" },
	{ { 0 }, "none1" },
	{ INT(1), "1" },
	{ REAL(2.5), "2.5" },
	{ INT(3), "3b" },
	{ TEXT("x"), "x" },
	{ { 0 }, "none2" },
	{ INT(3), "3c" },
	{ INT(-7), "-7" },
};

static void orders(void **state)
{
	(void)state;
	check(rows, COUNT(rows), false, UINT64_MAX, "-7 1 2.5 3a 3b 3c x none1 none2 ");
	check(rows, COUNT(rows), true, UINT64_MAX, "x 3a 3b 3c 2.5 1 -7 none1 none2 ");
	check(rows, 0, true, UINT64_MAX, "");
}

static void limits(void **state)
{
	(void)state;
	check(rows, COUNT(rows), false, 0, "");
	check(rows, COUNT(rows), false, 1, "-7 ");
	check(rows, COUNT(rows), false, 4, "-7 1 2.5 3a ");
	check(rows, COUNT(rows), true, 3, "x 3a 3b ");
	check(rows, COUNT(rows), true, 8, "x 3a 3b 3c 2.5 1 -7 none1 ");
	check(rows, COUNT(rows), true, 100, "x 3a 3b 3c 2.5 1 -7 none1 none2 ");
}

static void many_rows_come_out_in_order(void **state)
{
	(void)state;
	bool downwards = false;
	struct qry_sorter *sorter;
	struct ax_str rendered;
	struct ax_error err = { 0 };
	uint64_t seed = 1;
	long last = -1;
	size_t n = 0;

	assert_ok(qry_sorter_new(1, &downwards, 100, &sorter, &err), &err);
	for (int i = 0; i < 10000; i++) {
		struct qry_value key;
		char text[32];

		seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
		key = qry_int((int64_t)(seed >> 44));
		snprintf(text, sizeof(text), "%lld", (long long)key.integer);
		assert_ok(qry_sorter_add(sorter, &key, ax_str_from(text), &err), &err);
		assert_true(qry_sorter_count(sorter) <= 100);
	}
	for (; qry_sorter_next(sorter, &rendered); n++) {
		char text[32];

		snprintf(text, sizeof(text), "%.*s", AX_STR_ARG(rendered));
		assert_true(strtol(text, NULL, 10) >= last);
		last = strtol(text, NULL, 10);
	}
	assert_int_equal(n, 100);
	assert_true(last < (1 << 20) / 50);
	qry_sorter_free(sorter);
}

static void keys_are_copied(void **state)
{
	(void)state;
	bool downwards[2] = { false, true };
	char text[] = "b", rendered[] = "1";
	struct qry_value items[1], keys[2];
	struct qry_sorter *sorter;
	struct ax_str out;
	struct ax_error err = { 0 };

	assert_ok(qry_sorter_new(2, downwards, UINT64_MAX, &sorter, &err), &err);
	items[0] = qry_text(ax_str(text, 1));
	keys[0] = qry_list(items, 1);
	keys[1] = qry_int(1);
	assert_ok(qry_sorter_add(sorter, keys, ax_str(rendered, 1), &err), &err);
	text[0] = 'a';
	rendered[0] = '2';
	assert_ok(qry_sorter_add(sorter, keys, ax_str(rendered, 1), &err), &err);
	keys[1] = qry_int(2);
	rendered[0] = '3';
	assert_ok(qry_sorter_add(sorter, keys, ax_str(rendered, 1), &err), &err);
	assert_true(qry_sorter_next(sorter, &out));
	assert_str(out, "3");
	assert_true(qry_sorter_next(sorter, &out));
	assert_str(out, "2");
	assert_true(qry_sorter_next(sorter, &out));
	assert_str(out, "1");
	assert_false(qry_sorter_next(sorter, &out));
	qry_sorter_free(sorter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders),
		cmocka_unit_test(limits),
		cmocka_unit_test(many_rows_come_out_in_order),
		cmocka_unit_test(keys_are_copied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
