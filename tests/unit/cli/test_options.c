#include "tests/unit/unit.h"

#include "cli/options.h"

struct settings {
	bool full, json;
	unsigned jobs, color;
	uint64_t limit;
	const char *file;
	struct opt_list ignored;
};

struct globals {
	const char *root;
	bool help;
};

static const char *const colors[] = { "auto", "always", "never", NULL };

static const struct opt own[] = {
	OPT(struct settings, full, 'f', "full", NULL, ""),
	OPT(struct settings, json, 0, "json", NULL, ""),
	OPT(struct settings, jobs, 'j', "jobs", "N", ""),
	OPT(struct settings, limit, 'n', "limit", "N", ""),
	OPT(struct settings, file, 0, "file", "FILE", ""),
	OPT(struct settings, ignored, 'i', "ignore", "NAME", ""),
	OPT_CHOICE(struct settings, color, 0, "color", "WHEN", colors, ""),
	{ 0 },
};

static const struct opt global[] = {
	OPT(struct globals, root, 0, "root", "DIR", ""),
	OPT(struct globals, help, 'h', "help", NULL, ""),
	{ 0 },
};

/* A command line, read. words is cut at blanks; "''" stands for an empty one. */
struct line {
	struct settings settings;
	struct globals globals;
	struct ax_arena arena;
	struct ax_error err;
	char text[256];
	char *argv[32];
	int argc, n_operands;
};

static int read_line(struct line *line, const char *words)
{
	memset(line, 0, sizeof(*line));
	snprintf(line->text, sizeof(line->text), "%s", words);
	for (char *word = strtok(line->text, " "); word; word = strtok(NULL, " "))
		line->argv[line->argc++] = strcmp(word, "''") ? word : word + 2;
	struct opt_scope scope = { "scan", { own, &line->settings }, { global, &line->globals },
		&line->arena };
	return opt_parse(&scope, line->argc, line->argv, &line->n_operands, &line->err);
}

static void every_kind_of_field(void **state)
{
	(void)state;
	struct line line;

	assert_ok(read_line(&line, "--full --jobs 4 --limit=18446744073709551615 --file - "
				   "--color=never --root /x"),
		&line.err);
	assert_true(line.settings.full);
	assert_false(line.settings.json);
	assert_int_equal(line.settings.jobs, 4);
	assert_true(line.settings.limit == UINT64_MAX);
	assert_string_equal(line.settings.file, "-");
	assert_int_equal(line.settings.color, 2);
	assert_string_equal(line.globals.root, "/x");
	ax_arena_free(&line.arena);
}

static void letters_in_bundles(void **state)
{
	(void)state;
	struct line line;

	assert_ok(read_line(&line, "-fhj8 -n 3"), &line.err);
	assert_true(line.settings.full && line.globals.help);
	assert_int_equal(line.settings.jobs, 8);
	assert_int_equal(line.settings.limit, 3);
	ax_arena_free(&line.arena);
}

static void lists_keep_their_order(void **state)
{
	(void)state;
	struct line line;

	assert_ok(read_line(&line, "-i a x --ignore=b -ic --ignore ''"), &line.err);
	assert_int_equal(line.settings.ignored.count, 4);
	assert_string_equal(line.settings.ignored.items[0], "a");
	assert_string_equal(line.settings.ignored.items[1], "b");
	assert_string_equal(line.settings.ignored.items[2], "c");
	assert_string_equal(line.settings.ignored.items[3], "");
	assert_int_equal(line.n_operands, 1);
	ax_arena_free(&line.arena);
}

static void operands_anywhere(void **state)
{
	(void)state;
	struct line line;

	assert_ok(read_line(&line, "a --full - b --jobs 2 c -- --json -f --"), &line.err);
	static const char *const expected[] = { "a", "-", "b", "c", "--json", "-f", "--" };
	assert_int_equal(line.n_operands, COUNT(expected));
	for (size_t i = 0; i < COUNT(expected); i++)
		assert_string_equal(line.argv[i], expected[i]);
	assert_false(line.settings.json);
	ax_arena_free(&line.arena);
}

/* A value is taken as it is, also when it looks like an option. */
static void values_that_look_like_options(void **state)
{
	(void)state;
	struct line line;

	assert_ok(read_line(&line, "--file --json --root -- x"), &line.err);
	assert_string_equal(line.settings.file, "--json");
	assert_string_equal(line.globals.root, "--");
	assert_false(line.settings.json);
	assert_int_equal(line.n_operands, 1);
	ax_arena_free(&line.arena);
}

static void the_last_one_counts(void **state)
{
	(void)state;
	struct line line;

	assert_ok(read_line(&line, "-j1 --jobs 2 --color always --color auto"), &line.err);
	assert_int_equal(line.settings.jobs, 2);
	assert_int_equal(line.settings.color, 0);
	ax_arena_free(&line.arena);
}

static void mistakes(void **state)
{
	(void)state;
	static const struct {
		const char *words, *message;
	} cases[] = {
		{ "--ful", "scan has no option --ful; did you mean --full?" },
		{ "--zzz", "scan has no option --zzz; 'artidx scan -h' lists its options" },
		{ "--rot=/", "scan has no option --rot; did you mean --root?" },
		{ "-x", "scan has no option -x; 'artidx scan -h' lists its options" },
		{ "-json", "scan has no option -json; did you mean --json?" },
		{ "--=x", "scan has no option --; 'artidx scan -h' lists its options" },
		{ "--jobs", "--jobs needs a value: --jobs N" },
		{ "-j", "-j needs a value: -j N" },
		{ "--jobs=", "--jobs takes a whole number, not ''" },
		{ "-jx", "-j takes a whole number, not 'x'" },
		{ "-j 4294967296", "-j takes a whole number, not '4294967296'" },
		{ "--limit -1", "--limit takes a whole number, not '-1'" },
		{ "--full=", "--full is a switch and takes no value: leave '=' out" },
		{ "--color red", "--color takes auto, always or never, not 'red'" },
		{ "--color=", "--color takes auto, always or never, not ''" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct line line;
		assert_int_equal(read_line(&line, cases[i].words), -1);
		assert_int_equal(line.err.code, AX_EUSAGE);
		assert_string_equal(line.err.message, cases[i].message);
		ax_arena_free(&line.arena);
	}
}

static void leading_options_end_at_the_verb(void **state)
{
	(void)state;
	struct globals globals = { 0 };
	struct ax_arena arena = { 0 };
	struct ax_error err;
	struct opt_scope scope = { .global = { global, &globals }, .arena = &arena };
	char root[] = "--root", dir[] = "/x", verb[] = "scan", option[] = "--full";
	char *argv[] = { root, dir, verb, option };
	int consumed = 0;

	assert_ok(opt_parse_leading(&scope, 4, argv, &consumed, &err), &err);
	assert_int_equal(consumed, 2);
	assert_string_equal(globals.root, "/x");
	assert_int_equal(opt_parse_leading(&scope, 1, argv + 3, &consumed, &err), -1);
	assert_non_null(strstr(err.message, "options of a command go behind it"));
	ax_arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_field),
		cmocka_unit_test(letters_in_bundles),
		cmocka_unit_test(lists_keep_their_order),
		cmocka_unit_test(operands_anywhere),
		cmocka_unit_test(values_that_look_like_options),
		cmocka_unit_test(the_last_one_counts),
		cmocka_unit_test(mistakes),
		cmocka_unit_test(leading_options_end_at_the_verb),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
