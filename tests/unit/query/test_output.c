#include "tests/unit/unit.h"

#include "query/output.h"
#include "query/template.h"

enum { N_COLUMNS = 4 };

static const struct qry_cell columns[N_COLUMNS] = {
	{ .name = "class", .type = QRY_TYPE_ENUM },
	{ .name = "size", .type = QRY_TYPE_SIZE },
	{ .name = "status", .type = QRY_TYPE_ENUM },
	{ .name = "path", .type = QRY_TYPE_TEXT, .flags = QRY_FIELD_PATH },
};

struct line {
	const char *class_name;
	int64_t size;
	const char *status;
	struct ax_str path;
};

static const struct line lines[] = {
	{ "v_hack", 17, "ok", AX_STR_INIT("out/v_hack_full.safetensors") },
	{ "other", 5000000, NULL, AX_STR_INIT("out/a b,\"c\"") },
	{ "log", 0, "invalid", AX_STR_INIT("=cmd\t\033[31m\n\xff") },
};

static void fill(struct qry_cell *cells, const struct line *line)
{
	memcpy(cells, columns, sizeof(columns));
	cells[0].value = qry_text(ax_str_from(line->class_name));
	cells[1].value = qry_int(line->size);
	if (line->status)
		cells[2].value = qry_text(ax_str_from(line->status));
	cells[3].value = qry_text(line->path);
}

/* The first n lines in the given form. */
static void check(struct qry_output_options options, size_t n, const char *expected)
{
	struct qry_output output;
	struct ax_buf rendered = { 0 };
	struct ax_error err = { 0 };
	char *text = NULL;
	size_t length = 0;

	options.stream = open_memstream(&text, &length);
	options.columns = columns;
	options.n_columns = N_COLUMNS;
	options.root = "/home/me/project";
	assert_ok(qry_output_begin(&output, &options, &err), &err);
	for (size_t i = 0; i < n; i++) {
		struct qry_cell cells[N_COLUMNS];

		fill(cells, &lines[i]);
		ax_buf_clear(&rendered);
		qry_output_render(&output, cells, N_COLUMNS, &rendered);
		assert_ok(qry_output_put(&output, ax_buf_str(&rendered), &err), &err);
	}
	assert_ok(qry_output_end(&output, &err), &err);
	fclose(options.stream);
	assert_str_equal(ax_str(text, length), ax_str_from(expected));
	qry_output_fini(&output);
	ax_buf_free(&rendered);
	free(text);
}

static void tables(void **state)
{
	(void)state;
	struct qry_output_options options = { .format = QRY_TABLE };

	check(options, 0, "");
	check(options, 3,
		"class   size  status   path\n"
		"v_hack    17  ok       out/v_hack_full.safetensors\n"
		"other   4.8M  -        \"out/a b,\\\"c\\\"\"\n"
		"log        0  invalid  \"=cmd\\t\\033[31m\\n\\377\"\n");
}

static void tables_fit_terminals(void **state)
{
	(void)state;
	struct qry_output_options options = { .format = QRY_TABLE, .style = { .width = 40 } };

	check(options, 1,
		"class   size  status  path\n"
		"v_hack    17  ok      \xe2\x80\xa6_full.safetensors\n");
	options.style.ascii = true;
	check(options, 1,
		"class   size  status  path\n"
		"v_hack    17  ok      ...ull.safetensors\n");
	options.style.width = 4;
	check(options, 1,
		"class   size  status  path\n"
		"v_hack    17  ok      ...nsors\n");
}

static void colors(void **state)
{
	(void)state;
	struct qry_output_options options = { .format = QRY_TABLE, .style = { .color = true } };

	check(options, 3,
		"\033[2mclass\033[0m   \033[2msize\033[0m  \033[2mstatus\033[0m   "
		"\033[2mpath\033[0m\n"
		"\033[36mv_hack\033[0m    17  ok       out/v_hack_full.safetensors\n"
		"\033[36mother\033[0m   4.8M  \033[2m-\033[0m        \"out/a b,\\\"c\\\"\"\n"
		"\033[36mlog\033[0m        0  \033[31minvalid\033[0m  "
		"\"=cmd\\t\\033[31m\\n\\377\"\n");
}

static void json(void **state)
{
	(void)state;
	struct qry_output_options options = { .format = QRY_JSON_DOCUMENT };
	const char *row = "{\"class\":\"v_hack\",\"size\":17,\"status\":\"ok\","
			  "\"path\":\"out/v_hack_full.safetensors\"}";
	char expected[512];

	check(options, 0,
		"{\"schema\":\"artidx.query/1\",\"root\":\"/home/me/project\","
		"\"view\":\"files\",\"rows\":[]}\n");
	snprintf(expected, sizeof(expected),
		"{\"schema\":\"artidx.query/1\",\"root\":\"/home/me/project\","
		"\"view\":\"files\",\"rows\":[\n  %s\n]}\n",
		row);
	check(options, 1, expected);
	options.format = QRY_JSON_LINES;
	check(options, 3,
		"{\"class\":\"v_hack\",\"size\":17,\"status\":\"ok\","
		"\"path\":\"out/v_hack_full.safetensors\"}\n"
		"{\"class\":\"other\",\"size\":5000000,\"path\":\"out/a b,\\\"c\\\"\"}\n"
		"{\"class\":\"log\",\"size\":0,\"status\":\"invalid\","
		"\"path\":\"=cmd\\t\\u001b[31m\\n\xef\xbf\xbd\","
		"\"path_b64\":\"PWNtZAkbWzMxbQr/\"}\n");
}

static void separated(void **state)
{
	(void)state;
	struct qry_output_options options = { .format = QRY_CSV };

	check(options, 3,
		"class,size,status,path\r\n"
		"v_hack,17,ok,out/v_hack_full.safetensors\r\n"
		"other,5000000,,\"out/a b,\"\"c\"\"\"\r\n"
		"log,0,invalid,\"\"\"=cmd\\t\\033[31m\\n\\377\"\"\"\r\n");
	options.format = QRY_TSV;
	check(options, 3,
		"class\tsize\tstatus\tpath\n"
		"v_hack\t17\tok\tout/v_hack_full.safetensors\n"
		"other\t5000000\t\t\"out/a b,\\\"c\\\"\"\n"
		"log\t0\tinvalid\t\"=cmd\\t\\033[31m\\n\\377\"\n");
}

static void counts(void **state)
{
	(void)state;
	check((struct qry_output_options){ .format = QRY_COUNT }, 0, "0\n");
	check((struct qry_output_options){ .format = QRY_COUNT }, 3, "3\n");
	check((struct qry_output_options){ .format = QRY_QUIET }, 3, "");
}

static void paths(void **state)
{
	(void)state;
	struct qry_cell cell = columns[3];
	struct qry_output_options options = { .format = QRY_PATHS };
	struct qry_output output = { .options = &options };
	struct ax_buf buf = { 0 };

	cell.value = qry_text(AX_STR("a\nb\xff"));
	qry_output_render(&output, &cell, 1, &buf);
	assert_buf(&buf, "\"a\\nb\\377\"\n");
	options.format = QRY_PATHS_NUL;
	qry_output_render(&output, &cell, 1, &buf);
	assert_str(ax_buf_str(&buf), "a\nb\xff\0");
	ax_buf_free(&buf);
}

/* A table longer than what is held back keeps the widths it began with. */
static void long_tables(void **state)
{
	(void)state;
	struct qry_output_options options = {
		.format = QRY_TABLE, .columns = columns, .n_columns = 1
	};
	struct qry_output output;
	struct ax_error err = { 0 };
	char *text = NULL;
	size_t length = 0, n_lines = 0;

	options.stream = open_memstream(&text, &length);
	assert_ok(qry_output_begin(&output, &options, &err), &err);
	for (int i = 0; i < 30000; i++)
		assert_ok(qry_output_put(&output, AX_STR("abc\0"), &err), &err);
	fflush(options.stream);
	assert_true(length > 0); /* memory is bounded: most is out already */
	assert_true(output.buf.len <= 65536 + 8);
	assert_ok(qry_output_end(&output, &err), &err);
	fclose(options.stream);
	for (size_t i = 0; i < length; i++)
		n_lines += text[i] == '\n';
	assert_int_equal(n_lines, 30001);
	qry_output_fini(&output);
	free(text);
}

static void a_full_disk_is_an_error(void **state)
{
	(void)state;
	struct qry_output_options options = { .format = QRY_COUNT };
	struct qry_output output;
	struct ax_error err = { 0 };

	options.stream = fopen("/dev/full", "w");
	assert_non_null(options.stream);
	assert_ok(qry_output_begin(&output, &options, &err), &err);
	assert_int_equal(qry_output_end(&output, &err), -1);
	assert_non_null(strstr(err.message, "cannot write the output"));
	qry_output_fini(&output);
	fclose(options.stream);
}

static void check_template(const char *source, const char *expected, size_t length)
{
	struct ax_arena arena = { 0 };
	struct qry_template template;
	struct qry_cell cells[3];
	struct ax_buf buf = { 0 };
	struct ax_error err = { 0 };

	assert_ok(qry_template_parse(QRY_FILES, source, &arena, &template, &err), &err);
	for (size_t i = 0; i < 3; i++)
		cells[i] = columns[3];
	cells[0].value = qry_text(AX_STR("a\tb"));
	cells[1].value = qry_int(12);
	assert_true(template.columns.n <= 3);
	qry_template_write(&template, cells, &buf);
	assert_str_equal(ax_buf_str(&buf), ax_str(expected, length));
	ax_buf_free(&buf);
	ax_arena_free(&arena);
}

static void templates(void **state)
{
	(void)state;
	static const struct {
		const char *source, *expected;
	} cases[] = {
		{ "{path} {k} {step}.", "\"a\\tb\" 12 .\n" },
		{ "{path}\\n", "\"a\\tb\"\n" },
		{ "{path}\\t{k}", "\"a\\tb\"\t12\n" },
		{ "{{{path}}}", "{\"a\\tb\"}\n" },
		{ "x\\\\y", "x\\y\n" },
		{ "{meta[\"a}b\"]}", "\"a\\tb\"\n" },
		{ "{rows[-1].hack_s} {cfg.seed}", "\"a\\tb\" 12\n" },
		{ "", "\n" },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		check_template(cases[i].source, cases[i].expected, strlen(cases[i].expected));
	check_template("{path}:{k}\\0", "a\tb:12\0", 7);
}

static void broken_templates(void **state)
{
	(void)state;
	static const char *const cases[] = { "{", "{}", "{path", "}", "{szie}", "\\x", "\\",
		"{path,k}", "{-path}", "{path}}" };

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ax_arena arena = { 0 };
		struct qry_template template;
		struct ax_error err = { 0 };

		if (qry_template_parse(QRY_FILES, cases[i], &arena, &template, &err) == 0)
			fail_msg("%s was taken", cases[i]);
		assert_int_equal(err.code, AX_EUSAGE);
		ax_arena_free(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables),
		cmocka_unit_test(tables_fit_terminals),
		cmocka_unit_test(colors),
		cmocka_unit_test(json),
		cmocka_unit_test(separated),
		cmocka_unit_test(counts),
		cmocka_unit_test(paths),
		cmocka_unit_test(long_tables),
		cmocka_unit_test(a_full_disk_is_an_error),
		cmocka_unit_test(templates),
		cmocka_unit_test(broken_templates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
