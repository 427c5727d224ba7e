#include "tests/unit/unit.h"

#include "base/arena.h"
#include "indexer/argv.h"

static void command_lines_name_what_is_used(void **state)
{
	static const struct {
		const char *argv, *uses; /* separated by "|" */
	} cases[] = {
		{ "", "" },
		{ "train.py fast --seed=41 --out-tag=_x", "" },
		{ "train.py --v-hack-path=out/v.safetensors", "out/v.safetensors" },
		{ "train.py --v_hack_path=out/v.safetensors", "out/v.safetensors" },
		{ "train.py --v-hack-path out/v.safetensors --seed 1", "out/v.safetensors" },
		{ "train.py --v-hack-path=out/v.safetensors --teacher-pool-dir=out/pools/a/ "
		  "--pairs-from-pool=out/pairsets/p.json",
			"out/v.safetensors|out/pools/a|out/pairsets/p.json" },
		{ "train.py --v-hack-path='out/v hack.safetensors'", "out/v hack.safetensors" },
		{ "train.py --v-hack-path=\"out/v hack.safetensors\"",
			"out/v hack.safetensors" },
		{ "train.py '--v-hack-path=out/a b'", "out/a b" },
		{ "train.py --v-hack-path=out/a\\ b", "out/a b" },
		{ "train.py --v-hack-path=\"out/a\\\"b\"", "out/a\"b" },
		{ "train.py --v-hack-path='out/a\\b'", "out/a\\b" },
		{ "train.py --v-hack-path=./out//x/../v", "out/v" },
		{ "train.py --v-hack-path=/home/me/project/out/v", "out/v" },
		{ "train.py --v-hack-path=/elsewhere/v", "/elsewhere/v" },
		{ "train.py --v-hack-path=../v", "/home/me/v" },
		{ "train.py --v-hack-path=None --pool-dir=null --pairs-path=", "" },
		{ "train.py --v-hack-path", "" },
		{ "train.py --v-hack-path --pool-dir=out/p", "out/p" },
		{ "train.py --v-hack-path=a --init-from=a", "a" },
		{ "train.py --out-path=out/v.safetensors --save-pool=out/x", "" },
		{ "train.py -v-hack-path=a", "" },
		{ "['train.py', '--v-hack-path=out/v, w', '--pool-dir', 'out/p']",
			"out/v, w|out/p" },
		{ "[\"train.py\", \"--v-hack-path=out/v\"]", "out/v" },
		{ "train.py --v-hack-path='out/unended", "out/unended" },
		{ "train.py --v-hack-path=a\\", "a\\" },
	};
	struct ax_arena arena = { 0 };
	struct ax_buf joined = { 0 };
	struct ax_error err = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct ax_str *uses = NULL;
		size_t n = 0;
		assert_ok(idx_argv_uses(ax_str_from(cases[i].argv), AX_STR("/home/me/project"),
				  &arena, &uses, &n, &err),
			&err);
		for (size_t j = 0; j < n; j++) {
			ax_buf_append_text(&joined, j ? "|" : "");
			ax_buf_append_str(&joined, uses[j]);
		}
		assert_buf(&joined, cases[i].uses);
	}
	ax_buf_free(&joined);
	ax_arena_free(&arena);
}

static void without_a_root_absolute_paths_stay(void **state)
{
	struct ax_arena arena = { 0 };
	struct ax_error err = { 0 };
	const struct ax_str *uses = NULL;
	size_t n = 0;

	(void)state;
	assert_ok(idx_argv_uses(AX_STR("--v-hack-path=/a/b --pool-dir=c/./d"), AX_STR(""),
			  &arena, &uses, &n, &err),
		&err);
	assert_int_equal(n, 2);
	assert_str(uses[0], "/a/b");
	assert_str(uses[1], "c/d");
	ax_arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(command_lines_name_what_is_used),
		cmocka_unit_test(without_a_root_absolute_paths_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
