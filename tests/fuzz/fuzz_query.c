#include "base/buf.h"
#include "base/error.h"
#include "base/pattern.h"
#include "fuzz.h"
#include "query/bind.h"
#include "query/columns.h"
#include "query/match.h"
#include "query/row.h"
#include "query/template.h"

#include <stdlib.h>

enum { ARGUMENTS_MAX = 8 };

static const struct ax_str classes[] = { AX_STR_INIT("v_hack"), AX_STR_INIT("log") };
static const struct qry_known_names names = { NULL, 2, classes };

static const struct idx_metadata metadata[] = {
	{ AX_STR_INIT("top_k"), AX_STR_INIT("12") },
	{ AX_STR_INIT("cfg"),
		AX_STR_INIT("{\"seed\":41,\"deep\":{\"x\":[3,[8]]},\"n\":null}") },
	{ AX_STR_INIT("rows"), AX_STR_INIT("[{\"hack_s\":[1,8]},{\"hack_s\":[4,8]}]") },
};

static const uint64_t shape[] = { 12, 2560 };

static void fill(struct qry_row *row, struct qry_row *file)
{
	file->entry = (struct idx_entry){ .dir = AX_STR("out"),
		.name = AX_STR("v_hack.safetensors"),
		.size = 5000,
		.class_name = AX_STR("v_hack") };
	file->has_detail = true;
	file->detail.has_tensors = true;
	file->detail.dtypes = 6;
	file->detail.has_metadata = true;
	file->detail.n_metadata = 3;
	file->detail.metadata = metadata;
	file->known = QRY_KNOWN_DETAIL | QRY_KNOWN_OWNER;
	row->file = file;
	row->tensor = (struct idx_tensor){
		.name = AX_STR("V/up"), .rank = 2, .shape = shape, .end = 122880
	};
	row->run = (struct idx_run){ .id = AX_STR("20260527T180000_x"),
		.cfg = metadata[1].value,
		.rows = metadata[2].value };
}

/* All that a parsed tree is good for, without a catalogue. */
static void try_tree(struct qry_binder *binder, struct qry_scope *scope, enum qry_view view,
	struct qry_node *tree)
{
	struct qry_row row, file;
	struct ax_error err = { 0 };

	if (!tree || qry_bind(binder, view, tree, &err) < 0 || binder->needs ||
		tree->cost >= QRY_COST_RELATIONS)
		return;
	qry_row_init(&file, QRY_FILES, scope);
	qry_row_init(&row, view, scope);
	fill(&row, &file);
	qry_match(tree, view == QRY_FILES ? &file : &row, &err);
	qry_row_fini(&row);
	qry_row_fini(&file);
}

/* A mistake is within the arguments, and can be shown. */
static void check_mistake(const struct qry_mistake *mistake, size_t n,
	const char *const *arguments)
{
	struct ax_buf buf = { 0 };

	if (mistake->has_place && mistake->place.argument < n &&
		mistake->place.offset + mistake->place.length >
			strlen(arguments[mistake->place.argument]))
		abort();
	qry_mistake_show(mistake, n, arguments, &buf);
	ax_buf_free(&buf);
}

static void query(size_t n, const char *const *arguments, enum qry_view view)
{
	struct ax_arena arena = { 0 };
	struct qry_mistake mistake = { 0 };
	struct qry_scope scope = { 0 };
	struct qry_binder binder = { .conditions = { .arena = &arena,
					     .mistake = &mistake,
					     .names = &names,
					     .now = INT64_C(1780000000000000000) } };
	struct qry_node *tree;
	struct ax_error err = { 0 };

	if (ax_matcher_new(&scope.matcher, &err) < 0)
		abort();
	if (qry_parse(n, arguments, &arena, &tree, &mistake, &err) == 0)
		try_tree(&binder, &scope, view, tree);
	check_mistake(&mistake, n, arguments);
	qry_conditions_fini(&binder.conditions);
	ax_matcher_free(scope.matcher);
	ax_arena_free(&arena);
}

static void lists(const char *text, enum qry_view view)
{
	struct ax_arena arena = { 0 };
	struct qry_columns columns;
	struct qry_template template;
	struct ax_error err = { 0 };

	qry_columns_parse(view, text, true, &arena, &columns, &err);
	qry_template_parse(view, text, &arena, &template, &err);
	ax_arena_free(&arena);
}

/* A view's number, then arguments, each but the last one ended by a NUL. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *arguments[ARGUMENTS_MAX];
	enum qry_view view;
	size_t n = 0;
	char *copy;

	if (size == 0)
		return 0;
	view = (enum qry_view)(data[0] % 3);
	copy = calloc(size, 1);
	if (!copy)
		abort();
	memcpy(copy, data + 1, size - 1);
	for (size_t at = 0; at < size && n < ARGUMENTS_MAX; at += strlen(copy + at) + 1)
		arguments[n++] = copy + at;
	query(n, arguments, view);
	lists(copy, view);
	free(copy);
	return 0;
}
