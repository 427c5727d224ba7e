#include "tests/unit/unit.h"

#include "base/buf.h"
#include "base/error.h"
#include "query/parse.h"

enum { ARGUMENTS_MAX = 12 };

/* One argument, or several with a tab between them. */
struct arguments {
	char *copy;
	size_t n;
	const char *items[ARGUMENTS_MAX];
};

static struct arguments split(const char *line)
{
	struct arguments out = { .copy = strdup(line) };

	for (char *at = out.copy; at; at = strchr(at, '\t')) {
		if (at > out.copy)
			*at++ = '\0';
		assert_true(out.n < ARGUMENTS_MAX);
		out.items[out.n++] = at;
	}
	return out;
}

/* The tree with parentheses: (and k:12 (not (word "x"))) */
static void dump(struct ax_buf *buf, const struct qry_node *node)
{
	static const char *const names[] = {
		[QRY_AND] = "and",
		[QRY_OR] = "or",
		[QRY_NOT] = "not",
	};

	if (!node) {
		ax_buf_append_text(buf, "everything");
		return;
	}
	if (node->kind == QRY_WORD) {
		ax_buf_printf(buf, "<%.*s>", AX_STR_ARG(node->token.text));
		return;
	}
	if (node->kind == QRY_TERM) {
		ax_buf_printf(buf, "[%.*s %s %.*s]", AX_STR_ARG(node->token.text),
			qry_op_text(node->token.op), AX_STR_ARG(node->token.value));
		return;
	}
	if (node->kind == QRY_CROSS)
		ax_buf_printf(buf, "(%s %.*s", qry_quantifier_text(node->token.quantifier),
			AX_STR_ARG(node->token.text));
	else
		ax_buf_printf(buf, "(%s", names[node->kind]);
	for (const struct qry_node *child = node->child; child; child = child->next) {
		ax_buf_append_byte(buf, ' ');
		dump(buf, child);
	}
	ax_buf_append_byte(buf, ')');
}

static void check_tree(const char *line, const char *expected)
{
	struct arguments arguments = split(line);
	struct ax_arena arena = { 0 };
	struct ax_buf buf = { 0 };
	struct qry_mistake mistake = { 0 };
	struct qry_node *tree;
	struct ax_error err = { 0 };

	if (qry_parse(arguments.n, arguments.items, &arena, &tree, &mistake, &err) < 0)
		fail_msg("%s: %s", line, err.message);
	dump(&buf, tree);
	assert_string_equal(ax_buf_text(&buf), expected);
	ax_buf_free(&buf);
	ax_arena_free(&arena);
	free(arguments.copy);
}

static void trees_of_one_argument(void **state)
{
	(void)state;
	static const struct {
		const char *line, *tree;
	} cases[] = {
		{ "", "everything" },
		{ "   ", "everything" },
		{ "v_hack", "<v_hack>" },
		{ "a b", "(and <a> <b>)" },
		{ "a and b", "(and <a> <b>)" },
		{ "a or b", "(or <a> <b>)" },
		{ "a , b", "(or <a> <b>)" },
		{ "a | b|c", "(or <a> <b> <c>)" },
		{ "a b or c d", "(or (and <a> <b>) (and <c> <d>))" },
		{ "a (b or c) d", "(and <a> (or <b> <c>) <d>)" },
		{ "not a b", "(and (not <a>) <b>)" },
		{ "not (a b)", "(not (and <a> <b>))" },
		{ "not(a)", "(not <a>)" },
		{ "!a", "(not <a>)" },
		{ "! a !b", "(and (not <a>) (not <b>))" },
		{ "not not a", "<a>" },
		{ "not not not a", "(not <a>)" },
		{ "((a))", "<a>" },
		{ "nota ora andb", "(and <nota> <ora> <andb>)" },
		{ "k=4", "[k = 4]" },
		{ "k = 4", "[k = 4]" },
		{ "hack_rate > 0.3", "[hack_rate > 0.3]" },
		{ "hack_rate>0.3 arm!=vanilla", "(and [hack_rate > 0.3] [arm != vanilla])" },
		{ "a<=1 a>=2 a!~x a~y a:z",
			"(and [a <= 1] [a >= 2] [a !~ x] [a ~ y] [a : z])" },
		{ "class:v_hack (k=4 or k=12) not dtype:BF16",
			"(and [class : v_hack] (or [k = 4] [k = 12]) (not [dtype : BF16]))" },
		{ "class:v_hack any(tensors: name~^S/ ndim:1)",
			"(and [class : v_hack] (any tensors (and [name ~ ^S/] [ndim : 1])))" },
		{ "none ( tensors : a:1 ) or all(runs:x)",
			"(or (none tensors [a : 1]) (all runs <x>))" },
		{ "rows[-1].hack_s>=0.3", "[rows[-1].hack_s >= 0.3]" },
		{ "meta[\"x.y z\"]:1 cfg.a-b:2", "(and [meta[\"x.y z\"] : 1] [cfg.a-b : 2])" },
		{ "name~^(S|V)/ x", "(and [name ~ ^(S|V)/] <x>)" },
		{ "(k=4|k=12)", "(or [k = 4] [k = 12])" },
		{ "(name:a(b)c)", "[name : a(b)c]" },
		{ "name~[^)]x", "[name ~ [^)]x]" },
		{ "(name~a\\)b)", "[name ~ a\\)b]" },
		{ "path:\"a b\",c d", "(and [path : \"a b\",c] <d>)" },
		{ "\"a b\" 'c \"d\"'", "(and <a b> <c \"d\">)" },
		{ "\"say \\\"hi\\\" \\\\ \\n\"", "<say \"hi\" \\ \\n>" },
		{ "\"or\"", "<or>" },
		{ "v_hack_full.safetensors", "<v_hack_full.safetensors>" },
		{ "out/x.y:z", "<out/x.y:z>" },
		{ "2026-05-28T22:32", "<2026-05-28T22:32>" },
		{ "mtime:2026-05-28T22:32..", "[mtime : 2026-05-28T22:32..]" },
		{ "tag=\"\"", "[tag = \"\"]" },
		{ "k:", "[k : ]" },
		{ "\n\ta\r\nb", "(and <a> <b>)" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *arguments[] = { cases[i].line };
		struct ax_arena arena = { 0 };
		struct ax_buf buf = { 0 };
		struct qry_mistake mistake = { 0 };
		struct qry_node *tree;
		struct ax_error err = { 0 };

		if (qry_parse(1, arguments, &arena, &tree, &mistake, &err) < 0)
			fail_msg("%s: %s", cases[i].line, err.message);
		dump(&buf, tree);
		assert_string_equal(ax_buf_text(&buf), cases[i].tree);
		ax_buf_free(&buf);
		ax_arena_free(&arena);
	}
}

static void trees_of_several_arguments(void **state)
{
	(void)state;
	static const struct {
		const char *line, *tree;
	} cases[] = {
		{ "class:v_hack\tk:12", "(and [class : v_hack] [k : 12])" },
		{ "class:v_hack\tk:..11\t,\tclass:vhack_grads\tn_pairs:16",
			"(or (and [class : v_hack] [k : ..11]) "
			"(and [class : vhack_grads] [n_pairs : 16]))" },
		{ "a b\tc", "(and <a b> <c>)" },
		{ "path:a b\tc", "(and [path : a b] <c>)" },
		{ "name~a|b c\tx", "(and [name ~ a|b c] <x>)" },
		{ "(\tk=4\tor\tk=12\t)\tnot\tx", "(and (or [k = 4] [k = 12]) (not <x>))" },
		{ "class:model\tany(tensors:\tndim:1\t)",
			"(and [class : model] (any tensors [ndim : 1]))" },
		{ "a|b\tc", "(and <a|b> <c>)" },
		{ "\"or\"\tx", "(and <or> <x>)" },
		{ "a\t|\tb", "(or <a> <b>)" },
		{ "f(x)\tb", "(and <f(x)> <b>)" },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		check_tree(cases[i].line, cases[i].tree);
	check_tree("x", "<x>");
}

static void no_arguments_mean_everything(void **state)
{
	(void)state;
	struct ax_arena arena = { 0 };
	struct qry_mistake mistake = { 0 };
	struct qry_node *tree;
	struct ax_error err = { 0 };

	assert_int_equal(qry_parse(0, NULL, &arena, &tree, &mistake, &err), 0);
	assert_null(tree);
}

static void mistakes(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		size_t argument, offset, length;
		const char *message; /* a part of it */
	} cases[] = {
		{ "(a", 0, 0, 1, "never closed" },
		{ "a)", 0, 1, 1, "never opened" },
		{ "()", 0, 1, 1, "nothing is in it" },
		{ "a or", 0, 4, 0, "ends where a term" },
		{ "or a", 0, 0, 2, "between two terms" },
		{ "a and or b", 0, 6, 2, "between two terms" },
		{ "a and and b", 0, 6, 3, "between two terms" },
		{ "not", 0, 3, 0, "ends where a term" },
		{ "a !", 0, 3, 0, "ends where a term" },
		{ "any(tensors: a", 0, 0, 12, "never closed" },
		{ "x any(tensors:)", 0, 14, 1, "nothing is in it" },
		{ "any(tensors name~x)", 0, 4, 7,
			"a colon is missing here: any(tensors: ...)" },
		{ "a\tall(runs\tseed:1\t)", 1, 4, 4, "colon is missing" },
		{ "cfg.=1", 0, 3, 1, "a key is missing" },
		{ "x\tcfg.a.:1", 1, 5, 1, "a key is missing" },
		{ "a ,b", 0, 2, 1, "stands alone" },
		{ ">3", 0, 0, 1, "no field before" },
		{ "a !=", 0, 4, 0, NULL }, /* a term without value: bind.h says so */
		{ "path:\"a b", 0, 5, 4, "never closed" },
		{ "\"a b", 0, 0, 4, "never closed" },
		{ "a\t!\tb", 1, 0, 1, "write \"not\"" },
		{ "a\t", 1, 0, 0, "empty argument" },
		{ "(k=4\tor\tk=12)", 0, 0, 4, "argument of its own" },
		{ "a\tor\tb)", 2, 0, 2, "argument of its own" },
		{ "a\t>\tb", 1, 0, 1, "no field before" },
		{ "a\tor", 2, 0, 0, "ends where a term" },
		{ "a\t\"b", 1, 0, 2, "never closed" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arguments arguments = split(cases[i].line);
		struct ax_arena arena = { 0 };
		struct qry_mistake mistake = { 0 };
		struct qry_node *tree;
		struct ax_error err = { 0 };
		int status =
			qry_parse(arguments.n, arguments.items, &arena, &tree, &mistake, &err);

		if (cases[i].message) {
			assert_int_equal(status, -1);
			assert_int_equal(err.code, AX_EUSAGE);
			if (!strstr(err.message, cases[i].message))
				fail_msg("%s: %s", cases[i].line, err.message);
			assert_true(mistake.has_place);
			if (mistake.place.offset != cases[i].offset ||
				mistake.place.length != cases[i].length)
				fail_msg("%s: %zu+%zu", cases[i].line, mistake.place.offset,
					mistake.place.length);
			assert_int_equal(mistake.place.argument, cases[i].argument);
		} else {
			assert_int_equal(status, 0);
		}
		ax_arena_free(&arena);
		free(arguments.copy);
	}
}

static void depth_is_bounded(void **state)
{
	(void)state;
	static char deep[200002];
	const char *arguments[] = { deep };
	struct ax_arena arena = { 0 };
	struct qry_mistake mistake = { 0 };
	struct qry_node *tree;
	struct ax_error err = { 0 };

	memset(deep, '(', 100000);
	deep[100000] = 'a';
	memset(deep + 100001, ')', 100000);
	assert_int_equal(qry_parse(1, arguments, &arena, &tree, &mistake, &err), -1);
	assert_non_null(strstr(err.message, "deep"));
	for (size_t i = 0; i + 1 < sizeof(deep); i++)
		deep[i] = '!';
	deep[sizeof(deep) - 2] = 'a';
	assert_int_equal(qry_parse(1, arguments, &arena, &tree, &mistake, &err), 0);
	assert_int_equal(tree->kind, QRY_WORD);
	ax_arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trees_of_one_argument),
		cmocka_unit_test(trees_of_several_arguments),
		cmocka_unit_test(no_arguments_mean_everything),
		cmocka_unit_test(mistakes),
		cmocka_unit_test(depth_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
