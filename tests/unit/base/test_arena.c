#include "tests/unit/unit.h"

#include "base/arena.h"

#include <stdalign.h>

static void pieces_are_zeroed_and_aligned(void **state)
{
	(void)state;
	struct ax_arena arena = { 0 };
	static const size_t sizes[] = { 0, 1, 15, 16, 17, 4096, 65536, 65537, 1 << 20 };

	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < COUNT(sizes); i++) {
			unsigned char *piece = ax_arena_alloc(&arena, sizes[i]);
			assert_non_null(piece);
			assert_int_equal((uintptr_t)piece % alignof(max_align_t), 0);
			for (size_t k = 0; k < sizes[i]; k++)
				assert_int_equal(piece[k], 0);
			memset(piece, 0xff, sizes[i]);
		}
		ax_arena_clear(&arena); /* the second round reuses dirty memory */
	}
	ax_arena_free(&arena);
	assert_null(arena.blocks);
}

static void pieces_do_not_overlap(void **state)
{
	(void)state;
	struct ax_arena arena = { 0 };
	unsigned char *pieces[3000];

	for (size_t i = 0; i < COUNT(pieces); i++) {
		pieces[i] = ax_arena_alloc(&arena, i % 97 + 1);
		memset(pieces[i], (int)(i % 251), i % 97 + 1);
	}
	for (size_t i = 0; i < COUNT(pieces); i++) {
		for (size_t k = 0; k < i % 97 + 1; k++)
			assert_int_equal(pieces[i][k], i % 251);
	}
	ax_arena_free(&arena);
}

static void copies_end_in_nul(void **state)
{
	(void)state;
	struct ax_arena arena = { 0 };

	assert_string_equal(ax_arena_copy(&arena, AX_STR("ab")), "ab");
	assert_string_equal(ax_arena_copy(&arena, ax_str(NULL, 0)), "");
	assert_memory_equal(ax_arena_copy(&arena, AX_STR("a\0b")), "a\0b", 4);
	ax_arena_free(&arena);
}

static void absurd_sizes_are_refused(void **state)
{
	(void)state;
	struct ax_arena arena = { 0 };

	assert_null(ax_arena_alloc(&arena, SIZE_MAX));
	assert_null(ax_arena_alloc(&arena, SIZE_MAX - 16));
	assert_null(ax_arena_copy(&arena, ax_str("", SIZE_MAX)));
	assert_non_null(ax_arena_alloc(&arena, 8));
	ax_arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_are_zeroed_and_aligned),
		cmocka_unit_test(pieces_do_not_overlap),
		cmocka_unit_test(copies_end_in_nul),
		cmocka_unit_test(absurd_sizes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
