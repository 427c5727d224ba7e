#include "tests/unit/unit.h"

#include "base/pattern.h"
#include "query/bind.h"
#include "query/match.h"
#include "query/names.h"
#include "query/row.h"
#include "safetensors/dtype.h"

#include <time.h>

#define SECOND INT64_C(1000000000)
#define NOW (INT64_C(1780000000) * SECOND) /* 2026-05-28T20:26:40Z */

static const struct ax_str classes[] = { AX_STR_INIT("v_hack"), AX_STR_INIT("checkpoint"),
	AX_STR_INIT("vhack_grads"), AX_STR_INIT("log") };
static const struct qry_known_names names = { NULL, COUNT(classes), classes };

static const struct idx_attribute attributes[] = {
	{ AX_STR_INIT("k"), { IDX_INT, .integer = 12 } },
	{ AX_STR_INIT("rank"), { IDX_INT, .integer = 2560 } },
	{ AX_STR_INIT("model"), { IDX_TEXT, .text = AX_STR_INIT("Qwen/Qwen3-4B") } },
	{ AX_STR_INIT("hack_rate"), { IDX_REAL, .real = 0.25 } },
};

static const struct idx_metadata metadata[] = {
	{ AX_STR_INIT("top_k"), AX_STR_INIT("12") },
	{ AX_STR_INIT("note"), AX_STR_INIT("first try") },
	{ AX_STR_INIT("a.b"), AX_STR_INIT("dotted") },
	{ AX_STR_INIT("empty"), AX_STR_INIT("") },
	{ AX_STR_INIT("cfg"),
		AX_STR_INIT("{\"seed\": 41, \"lr\": 1e-4, \"arm\": \"projected\", \"gate\": "
			    "true, "
			    "\"tag\": \"12a\", \"none\": null, \"deep\": {\"x\": [3, 8]}, "
			    "\"layers\": [1, 2, 3], \"version\": \"2\"}") },
	{ AX_STR_INIT("rows"),
		AX_STR_INIT("[{\"step\": 0, \"hack_s\": [1, 8]}, {\"step\": 1, \"hack_s\": [3, "
			    "8]}, "
			    "{\"step\": 2, \"hack_s\": [4, 8], \"loss\": 0.5}]") },
};

/* out/V_hack_full.safetensors, 5,000 bytes, of 2026-05-27T20:26:40Z */
static void fill_file(struct qry_row *row)
{
	row->entry = (struct idx_entry){ .dir = AX_STR("out"),
		.name = AX_STR("V_hack_full.safetensors"),
		.size = 5000,
		.mtime = NOW - 86400 * SECOND,
		.class_name = AX_STR("v_hack"),
		.why = AX_STR("V/ and S/"),
		.misnamed = true,
		.detail = 1 };
	row->detail = (struct idx_detail){ .has_tensors = true,
		.n_tensors = 56,
		.params = 1234567,
		.dtypes = 1U << SFT_F32 | 1U << SFT_BF16,
		.n_attributes = COUNT(attributes),
		.attributes = attributes,
		.has_metadata = true,
		.n_metadata = COUNT(metadata),
		.metadata = metadata };
	row->has_detail = true;
	row->owner = (struct idx_owner){ .membership = IDX_RUN_KNOWN,
		.run = AX_STR("20260527T180000_fast_vanilla_seed41"),
		.role = AX_STR("train") };
	row->known = QRY_KNOWN_DETAIL | QRY_KNOWN_OWNER;
}

static const struct ax_str used[] = { AX_STR_INIT("out/v_hack_21pairs.safetensors"),
	AX_STR_INIT("out/pool") };

static void fill_run(struct qry_row *row)
{
	row->run = (struct idx_run){ .id = AX_STR("20260527T180000_fast_vanilla_seed41"),
		.slug = AX_STR("fast_vanilla_seed41"),
		.preset = AX_STR("fast"),
		.arm = AX_STR("vanilla"),
		.tag = AX_STR(""),
		.seed = { IDX_INT, .integer = 41 },
		.status = AX_STR("done"),
		.size = 4096,
		.n_uses = COUNT(used),
		.uses = used,
		.n_attributes = COUNT(attributes),
		.attributes = attributes };
	ax_stamp_parse(AX_STR("20260527T180000"), &row->run.start);
}

static const uint64_t shape[] = { 12, 2560 };

static void fill_tensor(struct qry_row *row, struct qry_row *file)
{
	fill_file(file);
	row->file = file;
	row->tensor = (struct idx_tensor){ .name = AX_STR("V/model.layers.0.mlp.up_proj"),
		.dtype = SFT_F32,
		.rank = 2,
		.shape = shape,
		.begin = 0,
		.end = 12 * 2560 * 4 };
}

/* What is needed to try an expression on a row. */
struct bench {
	struct ax_arena arena;
	struct ax_matcher *matcher;
	struct qry_scope scope;
	struct qry_row row, file;
	struct qry_mistake mistake;
	struct qry_binder binder;
};

static void open_bench(struct bench *bench, enum qry_view view)
{
	struct ax_error err = { 0 };

	*bench = (struct bench){ 0 };
	assert_ok(ax_matcher_new(&bench->matcher, &err), &err);
	bench->scope.matcher = bench->matcher;
	bench->binder.conditions = (struct qry_condition_context){
		.arena = &bench->arena, .mistake = &bench->mistake, .names = &names, .now = NOW
	};
	qry_row_init(&bench->row, view, &bench->scope);
	qry_row_init(&bench->file, QRY_FILES, &bench->scope);
	if (view == QRY_FILES)
		fill_file(&bench->row);
	else if (view == QRY_RUNS)
		fill_run(&bench->row);
	else
		fill_tensor(&bench->row, &bench->file);
}

static void close_bench(struct bench *bench)
{
	qry_conditions_fini(&bench->binder.conditions);
	qry_row_fini(&bench->row);
	qry_row_fini(&bench->file);
	ax_matcher_free(bench->matcher);
	ax_arena_free(&bench->arena);
}

/* 1, 0; -1 for a mistake, which err tells. */
static int try_on_row(struct bench *bench, const char *expression, struct ax_error *err)
{
	struct qry_node *tree;

	if (qry_parse(1, &expression, &bench->arena, &tree, &bench->mistake, err) < 0)
		return -1;
	if (tree && qry_bind(&bench->binder, bench->row.view, tree, err) < 0)
		return -1;
	return qry_match(tree, &bench->row, err);
}

static void check(enum qry_view view, const char *expression, int expected)
{
	struct bench bench;
	struct ax_error err = { 0 };
	int held;

	open_bench(&bench, view);
	held = try_on_row(&bench, expression, &err);
	if (held != expected)
		fail_msg("%s: %d, not %d %s", expression, held, expected, err.message);
	close_bench(&bench);
}

struct expectation {
	const char *expression;
	int holds;
};

static void check_all(enum qry_view view, const struct expectation *cases, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check(view, cases[i].expression, cases[i].holds);
}

static void text(void **state)
{
	(void)state;
	static const struct expectation cases[] = {
		{ "name:v_HACK", 1 }, /* without case */
		{ "name:full.", 1 },
		{ "name:train", 0 },
		{ "name=V_hack_full.safetensors", 1 },
		{ "name=v_hack_full.safetensors", 0 }, /* exact */
		{ "name=V_hack", 0 },
		{ "name!=x", 1 },
		{ "name!=V_hack_full.safetensors", 0 },
		{ "name:V_*.safetensors", 1 },
		{ "name:V_hack", 1 },
		{ "name:V_?ack*", 1 },
		{ "name:[UV]_*", 1 },
		{ "name:hack*", 0 },     /* a glob is about all of it */
		{ "name:\"hack*\"", 0 }, /* not a glob */
		{ "name:\"hack_f\"", 1 },
		{ "name='V_hack_full.safetensors'", 1 },
		{ "name:train,full", 1 },
		{ "name:train,x", 0 },
		{ "name=x,V_hack_full.safetensors", 1 },
		{ "name!=x,V_hack_full.safetensors", 0 },
		{ "name~^V_.*full", 1 },
		{ "name~^v_", 0 },
		{ "name~(?i)^v_", 1 },
		{ "name!~train", 1 },
		{ "name!~full", 0 },
		{ "name~\"a b|full\"", 1 },
		{ "path:out/v", 1 },
		{ "path:out/*", 1 },
		{ "path:*.safetensors", 1 },
		{ "path:*V_hack*", 1 },
		{ "path:out?V*", 1 },
		{ "path:*/V_hack*", 1 },
		{ "path:*/x/V_hack*", 0 },
		{ "path:o*/*l.*", 1 },
		{ "path:o*l.safetensors/*", 0 },
		{ "model:*qwen3*", 0 }, /* case counts */
		{ "model:*Qwen3*", 1 },
		{ "path:**.safetensors", 1 },
		{ "dir:out", 1 },
		{ "dir=out", 1 },
		{ "ext:safetensors", 1 },
		{ "ext=safetensors", 1 },
		{ "why:*", 1 },
		{ "model:qwen3", 1 },
		{ "name:a..b", 0 }, /* dots are just dots in text */
		{ "run:vanilla", 1 },
		{ "role=train", 1 },
	};

	check_all(QRY_FILES, cases, COUNT(cases));
}

static void enums(void **state)
{
	(void)state;
	static const struct expectation cases[] = {
		{ "class:v_hack", 1 },
		{ "class=v_hack", 1 },
		{ "class:checkpoint", 0 },
		{ "class!=v_hack", 0 },
		{ "class!=checkpoint", 1 },
		{ "class:checkpoint,v_hack", 1 },
		{ "class:v*", 1 },
		{ "class:*grads", 0 },
		{ "class~^v_", 1 },
		{ "class!~^v_", 0 },
		{ "class:*", 1 },
		{ "status:ok", 1 },
		{ "status:truncated,invalid", 0 },
		{ "status!=ok", 0 },
		{ "dtype:BF16", 1 },
		{ "dtype:F32", 1 },
		{ "dtype:F16", 0 },
		{ "dtype:F16,BF16", 1 },
		{ "not dtype:BF16", 0 },
		{ "dtype!=F16", 1 },
		{ "dtype!=F32", 0 }, /* of a list: none of them */
		{ "dtypes:B*", 1 },
		{ "class:v_hak", -1 },
		{ "class:V_hack", -1 },
		{ "class:zz*", -1 },
		{ "dtype:bf16", -1 },
		{ "status:broken", -1 },
		{ "class<v_hack", -1 },
	};

	check_all(QRY_FILES, cases, COUNT(cases));
}

static void numbers(void **state)
{
	(void)state;
	static const struct expectation cases[] = {
		{ "k:12", 1 },
		{ "k=12", 1 },
		{ "k!=12", 0 },
		{ "k!=11", 1 },
		{ "k:11", 0 },
		{ "k:4,12", 1 },
		{ "k!=4,12", 0 },
		{ "k:12..", 1 },
		{ "k:..12", 1 },
		{ "k:13..", 0 },
		{ "k:..11", 0 },
		{ "k:1..12", 1 },
		{ "k:12..12", 1 },
		{ "k=4..12", 1 },
		{ "k!=4..12", 0 },
		{ "k:1..2,11..13", 1 },
		{ "k<12", 0 },
		{ "k<13", 1 },
		{ "k<=12", 1 },
		{ "k>12", 0 },
		{ "k>11", 1 },
		{ "k>=12", 1 },
		{ "k>-1", 1 },
		{ "k:\"12\"", 1 },
		{ "k<9223372036854775807", 1 },
		{ "k>9223372036854775807", 0 },
		{ "hack_rate:0.25", 1 },
		{ "hack_rate=0.25", 1 },
		{ "hack_rate>0.25", 0 },
		{ "hack_rate>=0.25", 1 },
		{ "hack_rate<0.25", 0 },
		{ "hack_rate<=0.25", 1 },
		{ "hack_rate:0.2..", 1 },
		{ "hack_rate:0.2..0.25", 1 },
		{ "hack_rate:..0.2", 0 },
		{ "hack_rate:1e-1..1", 1 },
		{ "params>1000000", 1 },
		{ "misnamed:yes", 1 },
		{ "misnamed:true", 1 },
		{ "misnamed=1", 1 },
		{ "misnamed:no", 0 },
		{ "misnamed!=no", 1 },
		{ "k:twelve", -1 },
		{ "k:12.5", -1 },
		{ "k:", -1 },
		{ "k:..", -1 },
		{ "k:12..4", -1 },
		{ "k:1..2,12..4", -1 },
		{ "size:1G..1K", -1 },
		{ "mtime:-1w..-2w", -1 },
		{ "mtime:2026-06..2026-05", -1 },
		{ "hack_rate:0.5..0.3", -1 },
		{ "cfg.seed:43..41", -1 },
		{ "k:1,", -1 },
		{ "k:,1", -1 },
		{ "k~1", -1 },
		{ "k<1,2", -1 },
		{ "k<1..2", -1 },
		{ "k:1..x", -1 },
		{ "k:99999999999999999999", -1 },
		{ "hack_rate:high", -1 },
		{ "hack_rate:nan", -1 },
		{ "misnamed:maybe", -1 },
		{ "misnamed>no", -1 },
	};

	check_all(QRY_FILES, cases, COUNT(cases));
}

static void sizes_and_times(void **state)
{
	(void)state;
	static const struct expectation cases[] = {
		{ "size:5000", 1 },
		{ "size:4K..5K", 1 },
		{ "size:5KB", 1 },
		{ "size:5K", 0 },
		{ "size:1G..", 0 },
		{ "size:..1G", 1 },
		{ "size<5000", 0 },
		{ "size>4.8K", 1 },
		{ "size:big", -1 },
		{ "size:-1", -1 },
		{ "size~5", -1 },
		{ "mtime:2026-05-27T20:26:40Z", 1 },
		{ "mtime:2026-05-27T20:26Z", 1 }, /* the whole minute */
		{ "mtime:2026-05-27T20:27Z", 0 },
		{ "mtime:2026-05", 1 },
		{ "mtime=2026", 1 },
		{ "mtime:2025", 0 },
		{ "mtime:2026-05-28..", 0 },
		{ "mtime:..2026-05-27", 1 }, /* to the end of that day */
		{ "mtime:2026-05..2026-06", 1 },
		{ "mtime<2026-05-27", 0 },
		{ "mtime<=2026-05-27", 1 },
		{ "mtime>2026-05-27", 0 },
		{ "mtime>=2026-05-27", 1 },
		{ "mtime:-2d..", 1 },
		{ "mtime:-1h..", 0 },
		{ "mtime:..-1h", 1 },
		{ "mtime>-2d", 1 },
		{ "mtime:-2w..-12h", 1 },
		{ "mtime:-2w", -1 },
		{ "mtime:yesterday", -1 },
		{ "mtime:2026-13", -1 },
	};

	setenv("TZ", "UTC", 1);
	tzset();
	check_all(QRY_FILES, cases, COUNT(cases));
}

static void open_fields(void **state)
{
	(void)state;
	static const struct expectation cases[] = {
		{ "cfg.seed:41", 1 }, { "cfg.seed:41,43", 1 }, { "cfg.seed=41.0", 1 },
		{ "cfg.seed:4", 0 }, /* numbers are not compared as text */
		{ "cfg.seed>40", 1 }, { "cfg.seed:40..42", 1 }, { "cfg.seed!=41", 0 },
		{ "cfg.lr:1e-4", 1 }, { "cfg.lr<0.001", 1 }, { "cfg.arm:PROJ", 1 },
		{ "cfg.arm=projected", 1 }, { "cfg.arm~^proj", 1 }, { "cfg.arm:p*d", 1 },
		{ "cfg.arm>1", 0 }, /* no number */
		{ "cfg.gate:true", 1 }, { "cfg.gate:yes", 1 }, { "cfg.gate:no", 0 },
		{ "cfg.tag:12", 1 }, /* 12a is text */
		{ "cfg.tag=12", 0 }, { "cfg.version:2", 1 }, { "cfg.version>1", 1 },
		{ "cfg.none:*", 1 }, { "cfg.none:null", 1 }, { "cfg.none!=1", 1 },
		{ "cfg.absent:*", 0 }, { "cfg.absent!=1", 0 }, { "not cfg.absent:*", 1 },
		{ "cfg.deep.x:3", 1 }, { "cfg.deep.x[1]:8", 1 }, { "cfg.deep.x[-1]:8", 1 },
		{ "cfg.deep.x[2]:*", 0 }, { "cfg.deep:\"[3,\"", 1 }, { "cfg.layers:2", 1 },
		{ "cfg.layers:5", 0 }, { "cfg.layers[0]=1", 1 }, { "cfg.layers!=5", 1 },
		{ "cfg[\"seed\"]:41", 1 }, { "cfg.seed.more:*", 0 }, { "cfg:*", 1 },
		{ "cfg:projected", 1 }, { "meta.top_k:12", 1 }, { "meta.top_k>11", 1 },
		{ "meta.top_k:1", 0 }, { "meta.note:TRY", 1 }, { "meta.a.b:dotted", 1 },
		{ "meta[\"a.b\"]=dotted", 1 }, { "meta.empty:*", 1 }, { "meta.empty=\"\"", 1 },
		{ "meta.note=\"\"", 0 }, { "meta.cfg:seed", 1 },
		{ "rows[-1].hack_s:0.5", 1 }, /* [4, 8] */
		{ "rows[-1].hack_s>=0.3", 1 }, { "rows[0].hack_s<0.2", 1 },
		{ "rows[1].step:1", 1 }, { "rows[-4].step:*", 0 }, { "rows[].hack_s:0.375", 1 },
		{ "rows[].hack_s>0.5", 0 }, { "rows[].loss:*", 1 }, { "rows[].absent:*", 0 },
		{ "cfg.seed:1..x", 0 }, /* text, then */
		{ "cfg.seed<x", -1 }, { "rows.hack_s>1", -1 }, { "k.x:1", -1 },
		{ "rows[:1", 0 }, /* a word */
	};

	check_all(QRY_FILES, cases, COUNT(cases));
}

static void absent_fields(void **state)
{
	(void)state;
	static const struct expectation cases[] = {
		{ "n_pairs:16", 0 },
		{ "n_pairs!=16", 0 },
		{ "n_pairs<16", 0 },
		{ "n_pairs:*", 0 },
		{ "not n_pairs:*", 1 },
		{ "not n_pairs:16", 1 },
		{ "step:0..", 0 },
		{ "k:*", 1 },
	};

	check_all(QRY_FILES, cases, COUNT(cases));
}

static void logic(void **state)
{
	(void)state;
	static const struct expectation cases[] = {
		{ "", 1 },
		{ "class:v_hack (k=4 or k=12)", 1 },
		{ "class:v_hack (k=4 or k=12) not dtype:BF16", 0 },
		{ "class:v_hack k:..11 , class:vhack_grads n_pairs:16", 0 },
		{ "class:log or k:12", 1 },
		{ "class:log or k:11 or misnamed:yes", 1 },
		{ "not class:log not k:11", 1 },
		{ "not (class:log or k:12)", 0 },
		{ "not not k:12", 1 },
		{ "v_hack", 1 },
		{ "VANILLA", 1 }, /* in the run's id */
		{ "qwen", 1 },    /* in the model */
		{ "projected", 0 },
		{ "out/V", 1 },
		{ "full k:12", 1 },
		{ "any(runs: arm:x)", 0 },
		{ "none(runs: arm:x)", 1 },
		{ "all(runs: arm:x)", 0 },
		{ "any(files: k:12)", -1 },
		{ "any(tensor: k:12)", -1 },
		{ "any(tensors: k:12)", -1 },
	};

	check_all(QRY_FILES, cases, COUNT(cases));
}

static void runs(void **state)
{
	(void)state;
	static const struct expectation cases[] = {
		{ "run:vanilla", 1 }, { "arm:vanilla", 1 }, { "arm!=vanilla", 0 },
		{ "seed:41", 1 }, { "seed:41..43", 1 }, { "ts:2026-05", 1 },
		{ "ts:20260527T180000", 1 }, { "ts:2026-05..2026-06", 1 },
		{ "ts:2026-06..", 0 }, { "tag=\"\"", 1 }, { "tag:*", 1 }, { "log:*", 0 },
		{ "status:done", 1 }, { "status:crashed,running", 0 },
		{ "status:finished", -1 }, { "hack_rate>0.2 arm!=projected", 1 },
		{ "hack_rate:0.5..", 0 }, { "uses:v_hack_21pairs", 1 },
		{ "uses:v_hack_full", 0 }, { "uses!=out/pool", 0 }, { "uses~pool$", 1 },
		{ "size:4K", 1 }, { "files:0", 1 }, { "vanilla", 1 }, { "qwen", 1 },
		{ "k:12", -1 }, /* a field of files */
	};

	check_all(QRY_RUNS, cases, COUNT(cases));
}

static void tensors(void **state)
{
	(void)state;
	static const struct expectation cases[] = {
		{ "name:V/ ndim:2 dtype:F32", 1 },
		{ "name~^S/", 0 },
		{ "shape:12x2560", 1 },
		{ "shape=12x2560", 1 },
		{ "shape:12x*", 1 },
		{ "shape:*x2560", 1 },
		{ "shape:*x*x*", 0 },
		{ "shape:2560", 1 },
		{ "shape:2000..3000", 1 },
		{ "shape:13", 0 },
		{ "shape=2560", 0 },
		{ "shape!=12x2560", 0 },
		{ "shape!=1x1", 1 },
		{ "bytes:120K", 1 },
		{ "params:30720", 1 },
		{ "file:v_hack_full", 1 },
		{ "up_proj", 1 },
		{ "full.safetensors", 1 },
		{ "vanilla", 0 },
		{ "any(files: k:12)", 1 },
		{ "none(files: class:log)", 1 },
		{ "all(files: k:1)", 0 },
		{ "shape:axb", -1 },
		{ "shape:-1x2", -1 },
		{ "shape<3", -1 },
	};

	check_all(QRY_TENSORS, cases, COUNT(cases));
}

static void mistakes(void **state)
{
	(void)state;
	static const struct {
		const char *expression;
		size_t offset, length;
		const char *message;
	} cases[] = {
		{ "x szie:5", 2, 4, "did you mean \"size\"" },
		{ "class:v_hak", 6, 5, "did you mean \"v_hack\"" },
		{ "dtype:bf16", 6, 4, "did you mean \"BF16\"" },
		{ "class:v_hack,lgo", 13, 3, "did you mean \"log\"" },
		{ "arm:x", 0, 3, "but runs have" },
		{ "qqqq:1", 0, 4, "lists them" },
		{ "k:abc", 2, 3, "k takes a whole number" },
		{ "k:4,abc", 4, 3, "a whole number" },
		{ "k > abc", 4, 3, "a whole number" },
		{ "size:10Q", 5, 3, "takes a size" },
		{ "mtime:-2w", 6, 3, "write mtime:-2w.. for since then" },
		{ "k:1,12..4", 4, 5, "did you mean \"4..12\"?" },
		{ "size:1G..1K", 5, 6, "did you mean \"1K..1G\"?" },
		{ "name~a(b", 5, 3, "" },
		{ "name<x", 4, 1, "cannot be used with" },
		{ "name:", 5, 0, "a value is missing" },
		{ "name:a,", 7, 0, "a value is missing" },
		{ "any(tensrs: x)", 4, 6, "did you mean \"tensors\"" },
		{ "any(tensors: nam:x)", 13, 3, "did you mean \"name\"" },
		{ "k.x:1", 0, 3, "only cfg, meta and rows" },
		{ "rows.x:1", 0, 6, "rows[-1].x" },
		{ "name:\"a\"b", 5, 3, "a quote goes around" },
		{ "cfg.x<abc", 6, 3, "takes a number" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct bench bench;
		struct ax_error err = { 0 };

		open_bench(&bench, QRY_FILES);
		assert_int_equal(try_on_row(&bench, cases[i].expression, &err), -1);
		assert_int_equal(err.code, AX_EUSAGE);
		if (!strstr(err.message, cases[i].message))
			fail_msg("%s: %s", cases[i].expression, err.message);
		assert_true(bench.mistake.has_place);
		if (bench.mistake.place.offset != cases[i].offset ||
			bench.mistake.place.length != cases[i].length)
			fail_msg("%s: %zu+%zu", cases[i].expression, bench.mistake.place.offset,
				bench.mistake.place.length);
		close_bench(&bench);
	}
}

static void cheap_terms_come_first(void **state)
{
	(void)state;
	const char *expression =
		"cfg.seed:41 run:x any(tensors: ndim:1) k:12 class:v_hack size:5";
	static const char *const order[] = { "class", "size", "k", "run", "cfg.seed",
		"tensors" };
	struct bench bench;
	struct ax_error err = { 0 };
	struct qry_node *tree;
	size_t i = 0;

	open_bench(&bench, QRY_FILES);
	assert_ok(qry_parse(1, &expression, &bench.arena, &tree, &bench.mistake, &err), &err);
	assert_ok(qry_bind(&bench.binder, QRY_FILES, tree, &err), &err);
	for (const struct qry_node *child = tree->child; child; child = child->next)
		assert_str_equal(child->token.text, ax_str_from(order[i++]));
	assert_int_equal(i, COUNT(order));
	close_bench(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text),
		cmocka_unit_test(enums),
		cmocka_unit_test(numbers),
		cmocka_unit_test(sizes_and_times),
		cmocka_unit_test(open_fields),
		cmocka_unit_test(absent_fields),
		cmocka_unit_test(logic),
		cmocka_unit_test(runs),
		cmocka_unit_test(tensors),
		cmocka_unit_test(mistakes),
		cmocka_unit_test(cheap_terms_come_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
