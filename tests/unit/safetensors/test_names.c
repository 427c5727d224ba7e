#include "tests/unit/unit.h"

#include "base/hash.h"
#include "safetensors/names.h"

static struct ax_str get(const void *items, size_t index)
{
	return ((const struct ax_str *)items)[index];
}

static unsigned char *find(const struct ax_str *items, uint32_t count)
{
	const struct sft_names names = { get, items, count };
	unsigned char *again = NULL;

	assert_true(sft_names_find_repeated(&names, &again));
	return again;
}

static void none(void **state)
{
	(void)state;
	static const struct ax_str items[] = { AX_STR_INIT("b"), AX_STR_INIT("a"),
		AX_STR_INIT(""), AX_STR_INIT("a\0"), AX_STR_INIT("ab") };

	assert_null(find(items, COUNT(items)));
	assert_null(find(items, 1));
	assert_null(find(items, 0));
}

static void all_but_the_last(void **state)
{
	(void)state;
	static const struct ax_str items[] = { AX_STR_INIT("x"), AX_STR_INIT("y"),
		AX_STR_INIT("x"), AX_STR_INIT(""), AX_STR_INIT("x"), AX_STR_INIT("") };
	static const unsigned char expected[] = { 1, 0, 1, 1, 0, 0 };
	unsigned char *again = find(items, COUNT(items));

	assert_memory_equal(again, expected, sizeof(expected));
	free(again);
}

enum { MANY = 1000000 };

static void a_million_equal_ones(void **state)
{
	(void)state;
	struct ax_str *items = calloc(MANY, sizeof(*items));

	assert_non_null(items);
	for (size_t i = 0; i < MANY; i++)
		items[i] = AX_STR("the same");
	unsigned char *again = find(items, MANY);
	assert_int_equal(again[0], 1);
	assert_int_equal(again[MANY - 2], 1);
	assert_int_equal(again[MANY - 1], 0);
	free(again);
	free(items);
}

/*
 * Names made to meet in the table: all want one of its first places. A table without a bound on
 * its effort would compare each with all before it.
 */
static void made_to_meet(void **state)
{
	(void)state;
	enum { COUNT_MET = 3000, SIZE = 24 };
	char(*texts)[SIZE] = calloc(COUNT_MET, SIZE);
	struct ax_str items[COUNT_MET];
	uint64_t number = 0;

	assert_non_null(texts);
	for (size_t i = 0; i < COUNT_MET; i++) {
		do {
			int len = snprintf(texts[i], SIZE, "name %llu",
				(unsigned long long)number++);
			items[i] = ax_str(texts[i], (size_t)len);
		} while ((ax_hash64(items[i].ptr, items[i].len) & 4095) > 15);
	}
	assert_null(find(items, COUNT_MET));
	items[10] = items[2000];
	items[20] = items[10];
	unsigned char *again = find(items, COUNT_MET);
	for (size_t i = 0; i < COUNT_MET; i++)
		assert_int_equal(again[i], i == 10 || i == 20);
	free(again);
	free(texts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(none),
		cmocka_unit_test(all_but_the_last),
		cmocka_unit_test(a_million_equal_ones),
		cmocka_unit_test(made_to_meet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
