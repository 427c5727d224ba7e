#include "tests/unit/unit.h"

#include "report/dirs.h"

static void add(struct rpt_dirs *dirs, const char *path, uint32_t class_id, uint64_t bytes)
{
	struct rpt_dir *dir = rpt_dirs_put(dirs, ax_str_from(path));

	assert_non_null(dir);
	assert_true(rpt_dirs_add(dirs, dir, class_id, (struct rpt_sum){ 1, bytes }));
}

static void test_sums(void **state)
{
	struct rpt_dirs dirs = { 0 };
	struct ax_error err = { 0 };

	(void)state;
	add(&dirs, "out/runs/a", 1, 5);
	add(&dirs, "out/runs/b", 1, 70);
	add(&dirs, "out", 2, 100);
	add(&dirs, "out", 1, 1);
	add(&dirs, "out", 2, 100);
	add(&dirs, "", 3, 1000);
	assert_ok(rpt_dirs_add_up(&dirs, RPT_BY_BYTES, &err), &err);
	assert_int_equal(dirs.root->all.bytes, 1276);
	assert_int_equal(dirs.root->all.files, 6);
	const struct rpt_dir *out = rpt_dirs_get(&dirs, AX_STR("out"));
	assert_ptr_equal(dirs.root->children, out);
	assert_int_equal(out->own.bytes, 201);
	assert_int_equal(out->all.bytes, 276);
	const struct rpt_dir *runs = out->children;
	assert_str(runs->path, "out/runs");
	assert_int_equal(runs->n_children, 2);
	assert_str(runs->children->path, "out/runs/b");
	assert_str(runs->children->next->path, "out/runs/a");
	assert_null(runs->children->next->next);
	assert_null(rpt_dirs_get(&dirs, AX_STR("out/run")));
	rpt_dirs_free(&dirs);
}

/* As deep as paths go: nothing here calls itself. */
static void test_deep(void **state)
{
	struct rpt_dirs dirs = { 0 };
	struct ax_error err = { 0 };
	char path[4001];

	(void)state;
	for (size_t i = 0; i < sizeof(path) - 1; i++)
		path[i] = i % 2 ? '/' : 'd';
	path[sizeof(path) - 2] = '\0';
	add(&dirs, path, 0, 7);
	add(&dirs, "d", 0, 1);
	assert_ok(rpt_dirs_add_up(&dirs, RPT_BY_NAME, &err), &err);
	assert_int_equal(dirs.root->all.bytes, 8);
	rpt_dirs_free(&dirs);
}

static void test_empty(void **state)
{
	struct rpt_dirs dirs = { 0 };
	struct ax_error err = { 0 };

	(void)state;
	assert_ok(rpt_dirs_add_up(&dirs, RPT_BY_BYTES, &err), &err);
	rpt_dirs_free(&dirs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
