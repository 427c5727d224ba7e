#include "tests/unit/unit.h"

#include "cli/output.h"
#include "cli/tensors.h"

static const struct cli_palette plain = { "", "", "", "", "", "", "", "" };

/* What printing gives on a terminal of that width, 0: a file. */
struct printed {
	char *text;
	size_t size;
	size_t left_out;
};

static struct printed print(const struct cli_tensors *tensors, unsigned columns, size_t limit)
{
	struct printed p = { 0 };
	struct cli_output out = { .palette = &plain, .columns = columns };

	out.stream = open_memstream(&p.text, &p.size);
	assert_non_null(out.stream);
	p.left_out = cli_tensors_print(tensors, &out, limit);
	fclose(out.stream);
	return p;
}

static void add(struct cli_tensors *tensors, const char *name, uint64_t rows, bool each)
{
	uint64_t shape[] = { rows, 4 };
	struct cli_tensor tensor = { ax_str_from(name), "F32", 2, shape };
	struct ax_error err;

	assert_ok(cli_tensors_add(tensors, &tensor, each, &err), &err);
}

static struct cli_tensors *make(void)
{
	struct cli_tensors *tensors = NULL;
	struct ax_error err;

	assert_ok(cli_tensors_new(&tensors, &err), &err);
	return tensors;
}

static void numbers_become_ranges(void **state)
{
	(void)state;
	struct cli_tensors *tensors = make();
	char name[64];

	for (int layer = 0; layer < 12; layer++) {
		for (int expert = 3; expert < 5; expert++) {
			snprintf(name, sizeof(name), "l.%d.e2.x%d.w", layer, expert);
			add(tensors, name, 2, false);
		}
	}
	add(tensors, "l.0.e2.x3.w", 3, false); /* another shape */
	add(tensors, "norm", 2, false);
	struct printed p = print(tensors, 0, 10);
	assert_string_equal(p.text, "    l.{0-11}.e2.x{3-4}.w  F32  [2, 4]      24\n"
				    "    l.0.e2.x3.w           F32  [3, 4]\n"
				    "    norm                  F32  [2, 4]\n");
	assert_int_equal(p.left_out, 0);
	free(p.text);
	cli_tensors_free(tensors);
}

static void parts_become_lists(void **state)
{
	(void)state;
	struct cli_tensors *tensors = make();
	static const char *const names[] = { "attn.q_proj", "attn.k_proj", "attn.out_proj",
		"mlp.up_proj", "mlp.down_proj", "norm_in", "post-norm" };
	char name[64];

	for (int layer = 0; layer < 2; layer++) {
		for (size_t i = 0; i < COUNT(names); i++) {
			bool is_norm = strstr(names[i], "norm") != NULL;
			snprintf(name, sizeof(name), "l.%d.%s", layer, names[i]);
			add(tensors, name, is_norm ? 1 : 2, false);
		}
	}
	struct printed p = print(tensors, 0, 10);
	assert_string_equal(p.text, "    l.{0-1}.attn.{q,k,out}_proj  F32  [2, 4]       6\n"
				    "    l.{0-1}.mlp.{up,down}_proj   F32  [2, 4]       4\n"
				    "    l.{0-1}.{norm_in,post-norm}  F32  [1, 4]       4\n");
	assert_int_equal(p.left_out, 0);
	free(p.text);
	cli_tensors_free(tensors);
}

static void each_alone(void **state)
{
	(void)state;
	struct cli_tensors *tensors = make();

	add(tensors, "a1", 2, true);
	add(tensors, "a2", 2, true);
	struct printed p = print(tensors, 0, 1);
	assert_string_equal(p.text, "    a1  F32  [2, 4]\n");
	assert_int_equal(p.left_out, 1);
	free(p.text);
	cli_tensors_free(tensors);
}

/* More groups than the table has at first, and a name wider than the terminal. */
static void many_and_long(void **state)
{
	(void)state;
	struct cli_tensors *tensors = make();
	char name[256] = "";

	for (unsigned i = 0; i < 1000; i++) {
		/* letters, so that each is a group of its own */
		snprintf(name, sizeof(name), "%c%c%c", 'a' + (int)(i / 100),
			'a' + (int)(i / 10 % 10), 'a' + (int)(i % 10));
		add(tensors, name, 2, false);
		add(tensors, name, 2, false);
	}
	memset(name, 'n', sizeof(name) - 1);
	add(tensors, name, 2, false);
	struct printed p = print(tensors, 80, 2000);
	assert_int_equal(p.left_out, 0);
	size_t lines = 0;
	for (char *line = strtok(p.text, "\n"); line; line = strtok(NULL, "\n")) {
		assert_true(strlen(line) <= 80 + strlen("\xe2\x80\xa6") - 1);
		lines++;
	}
	assert_int_equal(lines, 1001);
	free(p.text);
	cli_tensors_free(tensors);
}

static void hostile_names(void **state)
{
	(void)state;
	struct cli_tensors *tensors = make();

	add(tensors, "", 1, false);
	add(tensors, "99999999999999999999", 1, false);
	add(tensors, "a\033[31m1", 1, false);
	add(tensors, "a\033[31m2", 1, false);
	struct printed p = print(tensors, 0, 10);
	assert_null(strchr(p.text, '\033'));
	assert_non_null(strstr(p.text, "99999999999999999999"));
	assert_non_null(strstr(p.text, "a\\x1b[31m{1-2}"));
	free(p.text);
	cli_tensors_free(tensors);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_become_ranges),
		cmocka_unit_test(parts_become_lists),
		cmocka_unit_test(each_alone),
		cmocka_unit_test(many_and_long),
		cmocka_unit_test(hostile_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
