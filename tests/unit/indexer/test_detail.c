#include "tests/unit/unit.h"

#include "base/arena.h"
#include "indexer/catalog.h"
#include "indexer/detail.h"
#include "safetensors/header.h"

static struct ax_buf buf;
static struct ax_arena arena;

static const struct idx_attribute attributes[] = {
	{ AX_STR_INIT("k"), { .kind = IDX_INT, .integer = INT64_MIN } },
	{ AX_STR_INIT("step"), { .kind = IDX_INT, .integer = INT64_MAX } },
	{ AX_STR_INIT("hack_rate"), { .kind = IDX_REAL, .real = -0.1 } },
	{ AX_STR_INIT("model"), { .kind = IDX_TEXT, .text = AX_STR_INIT("a\0b") } },
	{ AX_STR_INIT("cfg.use"), { .kind = IDX_BOOL, .boolean = true } },
	{ AX_STR_INIT(""), { .kind = IDX_ABSENT } },
};

static const struct idx_metadata metadata[] = {
	{ AX_STR_INIT("cfg"), AX_STR_INIT("{\"seed\": 41}") },
	{ AX_STR_INIT(""), AX_STR_INIT("") },
};

static const struct idx_detail full = {
	.has_tensors = true,
	.layout = { { 1, 2, 3 } },
	.exact_layout = { { 4, 5, 6 } },
	.header = { { 7, 8, 9 } },
	.header_length = 123456,
	.n_tensors = 252,
	.params = UINT64_MAX,
	.data_bytes = 1,
	.dtypes = 1u << 31,
	.warnings = 63,
	.n_attributes = COUNT(attributes),
	.attributes = attributes,
	.has_metadata = true,
	.n_metadata = COUNT(metadata),
	.metadata = metadata,
};

static void assert_value(const struct idx_value *a, const struct idx_value *b)
{
	assert_int_equal(a->kind, b->kind);
	switch (a->kind) {
	case IDX_INT:
		assert_int_equal(a->integer, b->integer);
		break;
	case IDX_REAL:
		assert_memory_equal(&a->real, &b->real, sizeof(a->real));
		break;
	case IDX_TEXT:
		assert_str_equal(a->text, b->text);
		break;
	case IDX_BOOL:
		assert_int_equal(a->boolean, b->boolean);
		break;
	case IDX_ABSENT:
		break;
	}
}

static void keeps_a_detail(void **state)
{
	struct idx_detail detail;
	bool no_memory;

	(void)state;
	ax_buf_clear(&buf);
	idx_detail_encode(&buf, &full);
	assert_true(idx_detail_decode(ax_buf_str(&buf), &arena, &detail, &no_memory));
	assert_true(detail.has_tensors && detail.has_metadata);
	assert_memory_equal(&detail.layout, &full.layout, sizeof(full.layout));
	assert_memory_equal(&detail.exact_layout, &full.exact_layout, sizeof(full.layout));
	assert_memory_equal(&detail.header, &full.header, sizeof(full.layout));
	assert_int_equal(detail.header_length, full.header_length);
	assert_int_equal(detail.n_tensors, full.n_tensors);
	assert_int_equal(detail.params, full.params);
	assert_int_equal(detail.dtypes, full.dtypes);
	assert_int_equal(detail.warnings, full.warnings);
	assert_int_equal(detail.n_attributes, COUNT(attributes));
	for (size_t i = 0; i < COUNT(attributes); i++) {
		assert_str_equal(detail.attributes[i].name, attributes[i].name);
		assert_value(&detail.attributes[i].value, &attributes[i].value);
	}
	assert_int_equal(detail.n_metadata, COUNT(metadata));
	assert_str_equal(detail.metadata[0].value, metadata[0].value);
	assert_str(detail.metadata[1].key, "");
}

static void keeps_an_empty_detail(void **state)
{
	const struct idx_detail empty = { 0 };
	struct idx_detail detail;
	bool no_memory;

	(void)state;
	ax_buf_clear(&buf);
	idx_detail_encode(&buf, &empty);
	assert_true(idx_detail_decode(ax_buf_str(&buf), &arena, &detail, &no_memory));
	assert_false(detail.has_tensors || detail.has_metadata);
	assert_int_equal(detail.n_attributes + detail.n_metadata, 0);
}

static void refuses_a_cut_detail(void **state)
{
	struct idx_detail detail;
	bool no_memory;

	(void)state;
	ax_buf_clear(&buf);
	idx_detail_encode(&buf, &full);
	for (size_t size = 0; size < buf.len; size++) {
		assert_false(idx_detail_decode(ax_str(buf.data, size), &arena, &detail,
			&no_memory));
		assert_false(no_memory);
	}
}

static const char header_text[] =
	"{\"a.1.b\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},"
	"\"a.1.c\":{\"dtype\":\"BF16\",\"shape\":[],\"data_offsets\":[24,26]},"
	"\"z\":{\"dtype\":\"F32\",\"shape\":[0,9],\"data_offsets\":[26,26]},"
	"\"a\":{\"dtype\":\"U8\",\"shape\":[1,1,1,1,300],\"data_offsets\":[26,326]}}";

static struct sft_header *parse(void)
{
	struct sft_header *header = NULL;
	struct sft_problem problem;
	struct ax_error err = { 0 };
	struct ax_str text = ax_str_from(header_text);

	assert_ok(sft_header_new(NULL, &header, &err), &err);
	assert_int_equal(sft_header_parse(header, text, 8 + text.len + 326, &problem, &err), 1);
	return header;
}

static void keeps_tensors(void **state)
{
	struct sft_header *header = parse();
	const struct sft_layout *layout = sft_header_layout(header);
	struct idx_layout_reader reader;
	struct idx_tensor tensor;

	(void)state;
	ax_buf_clear(&buf);
	idx_layout_encode(&buf, layout);
	assert_true(idx_layout_open(ax_buf_str(&buf), &reader));
	for (size_t i = 0; i < sft_layout_count(layout); i++) {
		struct sft_tensor expected = sft_layout_tensor(layout, i);
		assert_int_equal(idx_layout_next(&reader, &tensor), 1);
		assert_str_equal(tensor.name, expected.name);
		assert_int_equal(tensor.dtype, expected.dtype);
		assert_int_equal(tensor.rank, expected.rank);
		for (unsigned d = 0; d < tensor.rank; d++)
			assert_int_equal(tensor.shape[d], expected.shape[d]);
		assert_int_equal(tensor.begin, expected.begin);
		assert_int_equal(tensor.end, expected.end);
	}
	assert_int_equal(idx_layout_next(&reader, &tensor), 0);
	idx_layout_fini(&reader);

	for (size_t size = 1; size < buf.len; size++) {
		int found;
		assert_true(idx_layout_open(ax_str(buf.data, size), &reader));
		while ((found = idx_layout_next(&reader, &tensor)) == 1)
			continue;
		assert_int_equal(found, -1);
		idx_layout_fini(&reader);
	}
	sft_header_free(header);
}

static const struct ax_str paths[] = { AX_STR_INIT("out/a"), AX_STR_INIT("out/b c") };

static void keeps_a_run(void **state)
{
	const struct idx_run run = {
		.id = AX_STR("20260528T223214_fast_seed41"),
		.ts = AX_STR("20260528T223214"),
		.slug = AX_STR("fast_seed41"),
		.seed = { .kind = IDX_INT, .integer = 41 },
		.status = AX_STR("done"),
		.start = -1,
		.end = INT64_MAX,
		.n_uses = 2,
		.uses = paths,
		.n_files = 1,
		.files = paths,
		.size = 99,
		.n_attributes = COUNT(attributes),
		.attributes = attributes,
		.cfg = AX_STR("{}"),
		.rows = AX_STR("[]"),
	};
	struct idx_run_texts here = { 0 };
	struct idx_run_texts elsewhere = { .detail = 77 };
	struct idx_run_texts found;
	struct idx_run out;
	struct ax_str id;
	bool no_memory;

	(void)state;
	ax_buf_clear(&buf);
	idx_run_encode(&buf, &run, &here);
	assert_true(idx_run_decode(ax_buf_str(&buf), &arena, &out, &found, &no_memory));
	assert_true(idx_run_decode_id(ax_buf_str(&buf), &id));
	assert_str_equal(id, run.id);
	assert_str_equal(out.slug, run.slug);
	assert_int_equal(out.seed.integer, 41);
	assert_int_equal(out.start, -1);
	assert_int_equal(out.end, INT64_MAX);
	assert_int_equal(out.n_uses, 2);
	assert_str_equal(out.uses[1], paths[1]);
	assert_int_equal(out.n_files, 1);
	assert_int_equal(out.n_attributes, COUNT(attributes));
	assert_str_equal(out.cfg, run.cfg);
	assert_int_equal(found.detail, 0);
	for (size_t size = 0; size < buf.len; size++)
		assert_false(idx_run_decode(ax_str(buf.data, size), &arena, &out, &found,
			&no_memory));

	ax_buf_clear(&buf);
	idx_run_encode(&buf, &run, &elsewhere);
	assert_true(idx_run_decode(ax_buf_str(&buf), &arena, &out, &found, &no_memory));
	assert_int_equal(found.detail, 77);
	assert_str(out.cfg, "");
}

static void keeps_an_owner(void **state)
{
	const struct idx_owner owner = {
		.membership = IDX_RUN_AMBIGUOUS,
		.role = AX_STR("train"),
		.why = AX_STR("two logs"),
	};
	struct idx_owner out;
	uint32_t run;

	(void)state;
	ax_buf_clear(&buf);
	idx_owner_encode(&buf, &owner, 5);
	assert_true(idx_owner_decode(ax_buf_str(&buf), &out, &run));
	assert_int_equal(out.membership, IDX_RUN_AMBIGUOUS);
	assert_str_equal(out.role, owner.role);
	assert_str_equal(out.why, owner.why);
	assert_int_equal(run, 5);
	for (size_t size = 0; size < buf.len; size++)
		assert_false(idx_owner_decode(ax_str(buf.data, size), &out, &run));
}

static int release(void **state)
{
	(void)state;
	ax_buf_free(&buf);
	ax_arena_free(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_a_detail),
		cmocka_unit_test(keeps_an_empty_detail),
		cmocka_unit_test(refuses_a_cut_detail),
		cmocka_unit_test(keeps_tensors),
		cmocka_unit_test(keeps_a_run),
		cmocka_unit_test(keeps_an_owner),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
