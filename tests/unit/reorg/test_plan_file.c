#include "tests/unit/unit.h"

#include "base/arena.h"
#include "reorg/act.h"
#include "reorg/plan_file.h"

/* AX_STR is no constant to gcc 12 inside of a static initialiser. */
#define TEXT(literal)                           \
	{                                       \
		"" literal, sizeof(literal) - 1 \
	}

static const struct reorg_span spans[] = {
	{ 4, TEXT("out/a"), TEXT("out/runs/a") },
	{ 20, TEXT("x"), TEXT("") },
};

#define IDENTITY                                                                   \
	{                                                                          \
		.dev = 66306, .ino = UINT64_MAX, .size = 25ULL << 30, .mtime = -1, \
		.ctime = 1779999999123456789, .linked = true                       \
	}

static const struct reorg_act acts[] = {
	{ .kind = REORG_MAKE_DIR, .to = TEXT("out/runs") },
	{ .kind = REORG_MOVE,
		.skip_changed = true,
		.from = TEXT("out/\xff\n"),
		.to = TEXT("out/runs/a"),
		.identity = IDENTITY },
	{ .kind = REORG_MOVE_DIR,
		.from = TEXT("d"),
		.to = TEXT("e"),
		.identity = IDENTITY,
		.count = REORG_ANY_COUNT },
	{ .kind = REORG_RETARGET,
		.from = TEXT("l"),
		.to = TEXT("m"),
		.old_target = TEXT("a"),
		.target = TEXT("b"),
		.identity = IDENTITY },
	{ .kind = REORG_LINK, .to = TEXT("out/x"), .target = TEXT("runs/x") },
	{ .kind = REORG_UNLINK,
		.from = TEXT("out/y"),
		.old_target = TEXT("runs/y"),
		.identity = IDENTITY },
	{ .kind = REORG_EDIT,
		.from = TEXT("justfile"),
		.identity = IDENTITY,
		.old_digest = { { 1, 2, 3 } },
		.new_digest = { { 4, 5, 6 } },
		.n_spans = COUNT(spans),
		.spans = spans },
	{ .kind = REORG_REMOVE_DIR, .from = TEXT("out/old") },
	{ .kind = REORG_DELETE, .from = TEXT("trash/z"), .identity = IDENTITY },
};

static const struct reorg_plan plan = {
	.title = TEXT("reorg --links"),
	.time = 1779999999000000000,
	.n_acts = COUNT(acts),
	.acts = acts,
};

static void check_identity(const struct reorg_identity *a, const struct reorg_identity *b)
{
	assert_true(a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
		    a->mtime == b->mtime && a->ctime == b->ctime && a->linked == b->linked);
}

static void check_act(const struct reorg_act *a, const struct reorg_act *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->skip_changed, b->skip_changed);
	assert_str_equal(a->from, b->from);
	assert_str_equal(a->to, b->to);
	assert_str_equal(a->old_target, b->old_target);
	assert_str_equal(a->target, b->target);
	assert_int_equal(a->count, b->count);
	check_identity(&a->identity, &b->identity);
	assert_memory_equal(&a->old_digest, &b->old_digest, sizeof(a->old_digest));
	assert_memory_equal(&a->new_digest, &b->new_digest, sizeof(a->new_digest));
	assert_int_equal(a->n_spans, b->n_spans);
	for (size_t i = 0; i < a->n_spans; i++) {
		assert_int_equal(a->spans[i].offset, b->spans[i].offset);
		assert_str_equal(a->spans[i].old, b->spans[i].old);
		assert_str_equal(a->spans[i].new, b->spans[i].new);
	}
}

static void test_round_trip(void **state)
{
	struct ax_arena arena = { 0 };
	struct ax_buf buf = { 0 };
	struct ax_error err = { 0 };
	struct reorg_plan read = { 0 };

	(void)state;
	reorg_plan_encode(&plan, &buf);
	assert_ok(reorg_plan_decode(ax_buf_str(&buf), "plan", &arena, &read, &err), &err);
	assert_str_equal(read.title, plan.title);
	assert_true(read.time == plan.time);
	assert_int_equal(read.n_acts, plan.n_acts);
	for (size_t i = 0; i < plan.n_acts; i++)
		check_act(&read.acts[i], &plan.acts[i]);
	ax_buf_free(&buf);
	ax_arena_free(&arena);
}

/* Every beginning of a plan, and a plan with more behind it, is none. */
static void test_cut(void **state)
{
	struct ax_buf buf = { 0 };
	struct reorg_plan read = { 0 };

	(void)state;
	reorg_plan_encode(&plan, &buf);
	size_t len = buf.len;
	ax_buf_append_byte(&buf, 0);
	for (size_t i = 0; i <= buf.len; i++) {
		struct ax_arena arena = { 0 };
		struct ax_error err = { 0 };
		/* A copy of its own size, so that a sanitizer sees what is read behind it. */
		char *bytes = malloc(i + 1);
		memcpy(bytes, buf.data, i);
		bytes = realloc(bytes, i ? i : 1);
		int status = reorg_plan_decode(ax_str(bytes, i), "plan", &arena, &read, &err);
		assert_int_equal(status, i == len ? 0 : -1);
		assert_int_equal(err.code, i == len ? 0 : AX_ECORRUPT);
		free(bytes);
		ax_arena_free(&arena);
	}
	ax_buf_free(&buf);
}

/* No byte makes the reader fall over, whatever it becomes. */
static void test_changed_bytes(void **state)
{
	struct ax_buf buf = { 0 };
	struct reorg_plan read = { 0 };

	(void)state;
	reorg_plan_encode(&plan, &buf);
	for (size_t i = 0; i < buf.len * 8; i++) {
		struct ax_arena arena = { 0 };
		struct ax_error err = { 0 };
		buf.data[i / 8] = (char)(buf.data[i / 8] ^ 1 << i % 8);
		if (reorg_plan_decode(ax_buf_str(&buf), "plan", &arena, &read, &err) < 0)
			/* The first byte is the version: a greater one is nobody's mistake. */
			assert_true(err.code == AX_ECORRUPT ||
				    (i < 8 && err.code == AX_EREFUSED));
		buf.data[i / 8] = (char)(buf.data[i / 8] ^ 1 << i % 8);
		ax_arena_free(&arena);
	}
	ax_buf_free(&buf);
}

static void test_edit_content(void **state)
{
	static const struct reorg_span overlap[] = {
		{ 4, TEXT("out/a"), TEXT("") },
		{ 8, TEXT("a"), TEXT("") },
	};
	struct reorg_act act = acts[6];
	struct ax_error err = { 0 };
	struct ax_buf out = { 0 };

	(void)state;
	assert_ok(reorg_edit_content(&act, AX_STR("run out/a and then, x!\0tail"), &out, &err),
		&err);
	assert_str(ax_buf_str(&out), "run out/runs/a and then, !\0tail");
	ax_buf_clear(&out);
	assert_int_equal(reorg_edit_content(&act, AX_STR("run out/b and then, x!"), &out, &err),
		-1);
	assert_int_equal(err.code, AX_ECORRUPT);
	assert_int_equal(reorg_edit_content(&act, AX_STR("run out/a"), &out, &err), -1);
	act.spans = overlap;
	assert_int_equal(reorg_edit_content(&act, AX_STR("run out/a and"), &out, &err), -1);
	ax_buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_changed_bytes),
		cmocka_unit_test(test_edit_content),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
