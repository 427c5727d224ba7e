#include "tests/unit/unit.h"

#include "base/arena.h"
#include "indexer/command.h"

#include <limits.h>

struct expected {
	const char *command;
	/* One "path" a word, unresolved ones as "?text", with blanks between them. */
	const char *words;
};

static void check(const struct expected *expected, const char *cwd, const char *home)
{
	struct idx_shell shell = { ax_str_from(cwd), ax_str_from(home) };
	struct ax_arena arena = { 0 };
	struct idx_words words;
	struct ax_error err;
	struct ax_buf found = { 0 };

	assert_ok(idx_command_split(ax_str_from(expected->command), &shell, &arena, &words,
			  &err),
		&err);
	for (size_t i = 0; i < words.count; i++) {
		if (i)
			ax_buf_append_byte(&found, ' ');
		if (words.items[i].unresolved)
			ax_buf_append_byte(&found, '?');
		ax_buf_append_str(&found,
			words.items[i].unresolved ? words.items[i].text : words.items[i].path);
	}
	assert_buf(&found, expected->words);
	ax_buf_free(&found);
	ax_arena_free(&arena);
}

static void splitting(void **state)
{
	(void)state;
	static const struct expected cases[] = {
		{ "", "" },
		{ "cat out/x", "/p/out/x" },
		{ "cat ./out/x ../y /z", "/p/out/x /y /z" },
		{ "run --basis=out/x --n 3", "/p/out/x /p/3" },
		{ "run -oout/x", "/p/out/x /p/ut/x /p/t/x /x" },
		{ "POOL=out/p ./train.sh", "/p/POOL=out/p /p/out/p /p/train.sh" },
		{ "cat 'out/a b' \"out/c d\"",
			"/p/out/a b /p/out/a /p/b /p/out/c d /p/out/c /p/d" },
		{ "cat out/a\\ b", "/p/out/a b" },
		{ "cat out/x;cat out/y", "/p/out/x /p/out/y" },
		{ "cat out/x&&cat out/y||cat out/z|tee out/w",
			"/p/out/x /p/out/y /p/out/z /p/out/w" },
		{ "cd sub && cat x", "/p/sub /p/sub/x" },
		{ "cd sub; cat ../x", "/p/sub /x /p/x" },
		{ "(cd sub && cat x) && cat x", "/p/sub /p/sub/x /p/x" },
		{ "cd $D && cat x /y", "?$D ?x /y" },
		{ "cat <out/x >out/y 2>out/z", "/p/out/x /p/out/y /p/out/z" },
		{ "cat out/x 2>&1", "/p/out/x /p/1" },
		{ "echo $HOME out/*.pt", "?$HOME ?out/*.pt" },
		{ "echo `cat out/x`", "/p/out/x ?`" },
		{ "echo $(cat out/x)", "/p/out/x ?$" },
		{ "echo \"$(cat out/x)/y\"", "/p/out/x ?$/y" },
		{ "bash -c 'cat out/x; cat out/y'", "/p/cat out/x; cat out/y /p/cat out/x /p/ "
						    "cat out/y /p/out/x /p/out/y" },
		{ "cat ~/x ~/", "/h/x /h" },
		{ "cat ~other/x", "?~other/x" },
		{ "cat a,b", "/p/a,b /p/a /p/b" },
		{ "cat x # out/y", "/p/x" },
		{ "cat out/a\nb.pt", "/p/out/a\nb.pt /p/out/a /p/b.pt /p/out/a" },
		{ "cat out/a \ncat b", "/p/out/a /p/b" },
		{ "cat \"out/unfinished", "/p/out/unfinished" },
		/* Paths inside a value of any form. */
		{ "run '{\"base\":\"out/x\"}'", "/p/{\"base\":\"out/x\"} /p/base /p/out/x" },
		{ "run 'load(\"out/x\")'", "/p/load(\"out/x\") /p/load /p/out/x" },
		{ "run 'b=[out/x]'", "/p/b=[out/x] /p/[out/x] /p/out/x" },
		{ "run --set=a.b=out/x", "/p/a.b=out/x /p/a.b /p/out/x" },
		{ "curl -d @out/x", "/p/@out/x /p/out/x /p/@out/x/@out/x /p/@out/x/out/x" },
		/* A glob that the program may expand, having got it in quotes. */
		{ "run 'out/*.pt'", "/p/out/*.pt ?out/*.pt" },
		{ "run 'a.*'", "/p/a.*" },
		/* A cd is one behind whatever may stand before a command, too. */
		{ "if cd sub; then cat ../x; fi", "/p/sub /x /p/x" },
		{ "while ! cd sub; do cat ../x; done", "/p/sub /x /p/x" },
		{ "for i in 1; do cd sub; cat ../x; done", "/p/i /p/in /p/1 /p/sub /x /p/x" },
		{ "command cd sub && time cat x", "/p/sub /p/sub/x" },
		{ "pushd sub && cat x", "/p/sub /p/sub/x" },
		{ "cd && cat x", "/p/x /h/x" },
		{ "cd sub &&\n cat x", "/p/sub /p/sub/x" },
		{ "make x -C sub", "/p/x /p/sub /p/sub/x /p/sub/sub" },
		{ "env -C sub cat x", "/p/sub /p/cat /p/x /p/sub/sub /p/sub/cat /p/sub/x" },
		{ "cat $(cat out/x", "/p/out/x ?$" },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		check(&cases[i], "/p", "/h");
	check(&(struct expected){ "cat x /y", "?x /y" }, "", "");
	check(&(struct expected){ "cat ~/x", "?~/x" }, "/p", "");
}

/* However deep quotes are nested, a path is found or the whole is unresolved. */
static void nesting(void **state)
{
	(void)state;
	struct ax_buf command = { 0 };
	struct ax_arena arena = { 0 };
	struct idx_shell shell = { AX_STR("/p"), AX_STR("/h") };
	struct idx_words words;
	struct ax_error err;
	bool unresolved = false;

	for (size_t i = 0; i < 1000; i++)
		ax_buf_append_text(&command, "$(");
	ax_buf_append_text(&command, "cat out/x");
	assert_ok(idx_command_split(ax_buf_str(&command), &shell, &arena, &words, &err), &err);
	for (size_t i = 0; i < words.count; i++)
		unresolved |= words.items[i].unresolved;
	assert_true(unresolved);
	ax_buf_free(&command);
	ax_arena_free(&arena);
}

static void glob_directories(void **state)
{
	(void)state;
	static const struct {
		const char *command, *dir;
	} cases[] = {
		{ "ls out/figs/*.png", "/p/out/figs" },
		{ "ls *.png", "/p" },
		{ "ls /data/x*/y", "/data" },
		{ "ls $X/*.png", "" },
		{ "ls out/figs/*/../y", "" },
		{ "ls \"out/`date`\"*", "" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct idx_shell shell = { AX_STR("/p"), AX_STR("/h") };
		struct ax_arena arena = { 0 };
		struct idx_words words;
		struct ax_error err;
		assert_ok(idx_command_split(ax_str_from(cases[i].command), &shell, &arena,
				  &words, &err),
			&err);
		assert_true(words.count > 0);
		const struct idx_word *last = &words.items[words.count - 1];
		assert_true(last->unresolved);
		assert_str_equal(last->path, ax_str_from(cases[i].dir));
		ax_arena_free(&arena);
	}
}

/* Ever deeper, beyond what a system enters: what is named there is not known, and takes no room. */
static void endless_descent(void **state)
{
	(void)state;
	struct idx_shell shell = { AX_STR("/p"), AX_STR("") };
	struct ax_arena arena = { 0 };
	struct idx_words words;
	struct ax_error err;
	struct ax_buf command = { 0 };

	for (size_t i = 0; i < 5000; i++)
		ax_buf_append_text(&command, "cd a && ");
	ax_buf_append_text(&command, "x y");
	assert_ok(idx_command_split(ax_buf_str(&command), &shell, &arena, &words, &err), &err);
	for (size_t i = 0; i < words.count; i++)
		assert_true(words.items[i].path.len <= PATH_MAX);
	assert_true(words.items[words.count - 1].unresolved);
	assert_int_equal(words.items[words.count - 1].path.len, 0);
	ax_buf_free(&command);
	ax_arena_free(&arena);
}

static void arguments(void **state)
{
	(void)state;
	static const struct ax_str argv[] = { AX_STR_INIT("env"), AX_STR_INIT("-i"),
		AX_STR_INIT("cat out/x"), AX_STR_INIT("$literal"), AX_STR_INIT("--p=a b") };
	static const char *const paths[] = { "/p/cat out/x", "/p/out/x", "/p/$literal",
		"/p/a b", "/p/b" };
	struct idx_shell shell = { AX_STR("/p"), AX_STR("") };
	struct ax_arena arena = { 0 };
	struct idx_words words;
	struct ax_error err;

	assert_ok(idx_command_arguments(COUNT(argv), argv, &shell, &arena, &words, &err), &err);
	assert_int_equal(words.count, COUNT(paths));
	for (size_t i = 0; i < COUNT(paths); i++) {
		assert_false(words.items[i].unresolved);
		assert_str_equal(words.items[i].path, ax_str_from(paths[i]));
	}
	ax_arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splitting),
		cmocka_unit_test(nesting),
		cmocka_unit_test(glob_directories),
		cmocka_unit_test(endless_descent),
		cmocka_unit_test(arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
