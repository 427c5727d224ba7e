#include "tests/unit/unit.h"

#include "indexer/jobs.h"
#include "indexer/references.h"
#include "query/notes.h"
#include "query/query.h"
#include "query/show.h"
#include "tests/unit/query/project.h"

enum { ARGUMENTS_MAX = 12 };

/* The words of a command line behind "artidx query", parted by blanks; "'...'" is one word. */
struct words {
	char *copy;
	size_t n;
	const char *items[ARGUMENTS_MAX];
};

static struct words split(const char *line)
{
	struct words words = { .copy = strdup(line) };
	char *at = words.copy;

	while (*at) {
		char end = *at == '\'' ? '\'' : ' ';

		at += *at == '\'';
		assert_true(words.n < ARGUMENTS_MAX);
		words.items[words.n++] = at;
		at += strcspn(at, end == '\'' ? "'" : " ");
		if (*at)
			*at++ = '\0';
		at += strspn(at, " ");
	}
	return words;
}

/* What one run of a query gave. */
struct answer {
	int status;
	char *text;
	size_t length;
	uint64_t n_rows;
	struct ax_error err;
	char *explanation;
};

static void free_answer(struct answer *answer)
{
	free(answer->text);
	free(answer->explanation);
}

static void run_query(struct qry_query *query, struct answer *answer)
{
	static const struct qry_style style = { 0 };
	FILE *stream = open_memstream(&answer->text, &answer->length);
	size_t length;

	answer->status = qry_query_run(query, &style, stream, &answer->n_rows, &answer->err);
	fclose(stream);
	stream = open_memstream(&answer->explanation, &length);
	assert_ok(qry_query_explain(query, stream, &answer->err), &answer->err);
	fclose(stream);
}

static struct answer ask_in(const struct qry_environment *environment,
	struct qry_request request, const char *line)
{
	struct words words = split(line);
	struct answer answer = { .status = -1 };
	struct qry_mistake mistake;
	struct qry_query *query = NULL;
	size_t first =
		words.n > 0 && qry_view_parse(ax_str_from(words.items[0]), &request.view);

	request.arguments = words.items + first;
	request.n_arguments = words.n - first;
	if (qry_query_new(environment, &request, &query, &mistake, &answer.err) == 0)
		run_query(query, &answer);
	qry_query_free(query);
	free(words.copy);
	return answer;
}

static struct answer ask(void **state, struct qry_request request, const char *line)
{
	static const struct ax_str classes[] = { AX_STR_INIT("lora"),
		AX_STR_INIT("vhack_grads") };
	const struct project *project = *state;
	struct qry_environment environment = { .snapshot = project->snapshot,
		.root = project->root,
		.n_classes = COUNT(classes),
		.classes = classes };

	ax_stamp_parse(AX_STR("20260528T100000"), &environment.now);
	return ask_in(&environment, request, line);
}

static void check(void **state, struct qry_request request, const char *line,
	const char *expected)
{
	struct answer answer = ask(state, request, line);

	if (answer.status < 0)
		fail_msg("%s: %s", line, answer.err.message);
	if (!ax_str_equal(ax_str(answer.text, answer.length), ax_str_from(expected)))
		fail_msg("%s:\n%.*s", line, (int)answer.length, answer.text);
	free_answer(&answer);
}

#define A "out/v_hack_a.safetensors\n"
#define B "out/v_hack_b.safetensors\n"
#define COPY "out/deep/copy_of_b.st\n"
#define TRAIN "out/train_x_s41.safetensors\n"
#define BROKEN "out/broken.safetensors\n"
#define ODD "\"out/odd\\nname.txt\"\n"
#define LOG1 "logs/" PROJECT_RUN ".log\n"
#define LOG2 "logs/20260528T090000_fast_vanilla_seed43_y.log\n"
#define RUN1 PROJECT_RUN "\n"
#define RUN2 "20260528T090000_fast_vanilla_seed43_y\n"

static void selections(void **state)
{
	static const struct {
		const char *line, *paths;
	} cases[] = {
		{ "", LOG1 LOG2 BROKEN COPY ODD TRAIN A B },
		{ "v_hack", A B },
		{ "class:v_hack", COPY A B },
		{ "class:v_hack k:12", A },
		{ "class:v_hack k:..11 , class:checkpoint", COPY TRAIN B },
		{ "class:checkpoint cfg.seed:41,43", TRAIN },
		{ "class:v_hack mtime:-2d..", COPY A B },
		{ "class:v_hack mtime:2026-05-26T12:30..", COPY B },
		{ "status:truncated,invalid", BROKEN },
		{ "misnamed:yes", "" },
		{ "'class:v_hack (k=4 or k=12) not dtype:BF16'", COPY B },
		{ "'class:v_hack any(tensors: name~^S/ dtype:BF16)'", A },
		{ "'class:v_hack none(tensors: dtype:BF16)'", COPY B },
		{ "'all(tensors: dtype:BF16)'", A },
		{ "'any(runs: arm:projected)'", LOG1 TRAIN },
		{ "'rows[-1].hack_s>=0.3'", TRAIN },
		{ "'rows[-1].hack_s>=0.6'", "" },
		{ "dup:2..", COPY B },
		{ "used_by:projected", A },
		{ "uses:v_hack_a", LOG1 TRAIN },
		{ "run:x_s41", LOG1 TRAIN },
		{ "projected", LOG1 TRAIN },
		{ "qwen3", TRAIN },
		{ "meta.note:SMALL", COPY B },
		{ "out/deep", COPY },
		{ "./out/deep/", COPY },
		{ "deep", COPY },
		{ "logs", LOG1 LOG2 },
		{ "logs out", "" },
		{ "*.log", LOG1 LOG2 },
		{ "logs/*.l?g", LOG1 LOG2 },
		{ "out/*", BROKEN ODD TRAIN A B },
		{ "cop*", COPY },
		{ "*x_s41", LOG1 TRAIN },
		{ "path:out/deep/**", COPY },
		{ "size:..20", BROKEN ODD },
		{ "size:13", BROKEN },
		{ "ext:txt", ODD },
		{ "path:HACK_A", A },
		{ "path:out/v_hack_a", A },
		{ "path:deep/copy", COPY },
		{ "path:p/c", COPY },
		{ "path=out/v_hack_a.safetensors", A },
		{ "name:hack path:out", A B },
		{ "name=v_hack_a.safetensors", A },
		{ "not path:out", LOG1 LOG2 },
		{ "path:out or class:log", LOG1 LOG2 BROKEN COPY ODD TRAIN A B },
		{ "out/v", A B },
		{ "p/c", COPY },
		{ "class:lora", "" },
		{ "class:lora,log", LOG1 LOG2 },
		{ "'class:log class:v_hack'", "" },
		{ "class:v*", COPY A B },
		{ "not class:* or k:4", COPY B },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		check(state, (struct qry_request){ .format = QRY_PATHS }, cases[i].line,
			cases[i].paths);
}

static void other_views(void **state)
{
	static const struct {
		const char *line, *names;
	} cases[] = {
		{ "runs", RUN1 RUN2 },
		{ "runs hack_rate:0.2..", RUN1 },
		{ "runs 'hack_rate>0.3 arm!=vanilla'", "" },
		{ "runs arm:vanilla", RUN2 },
		{ "runs uses:v_hack_a", RUN1 },
		{ "runs status:crashed", RUN2 },
		{ "runs ts:2026-05-28..", RUN2 },
		{ "runs cfg.seed:41", RUN1 },
		{ "runs 'any(files: class:checkpoint)'", RUN1 },
		{ "tensors name:V/ ndim:2 dtype:F32", COPY B },
		{ "tensors dtype:BF16 shape:12x*", A },
		{ "tensors 'any(files: k:4) name:S/'", COPY B },
		{ "tensors out/deep", COPY },
		{ "dirs", "logs\nout\nout/deep\n" },
		{ "dirs files:1", "out/deep\n" },
		{ "dirs deep", "out/deep\n" },
		{ "dirs 'any(files: class:log)'", "logs\n" },
		{ "dirs 'any(files: class:v_hack)'", "out\nout/deep\n" },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		check(state, (struct qry_request){ .format = QRY_PATHS }, cases[i].line,
			cases[i].names);
}

static void sorted_and_limited(void **state)
{
	struct qry_request request = { .format = QRY_PATHS, .sort = "-k,-path" };

	check(state, request, "class:v_hack,checkpoint", A B COPY TRAIN);
	request.has_limit = true;
	request.limit = 2;
	check(state, request, "class:v_hack,checkpoint", A B);
	request.sort = "-mtime";
	check(state, request, "", LOG2 LOG1);
	request.sort = NULL;
	check(state, request, "class:v_hack", COPY A);
	request.limit = 0;
	check(state, request, "", "");
	request = (struct qry_request){ .format = QRY_PATHS, .sort = "-cfg.seed,arm" };
	check(state, request, "runs", RUN1 RUN2);
	request = (struct qry_request){ .format = QRY_COUNT };
	check(state, request, "class:v_hack", "3\n");
	check(state, request, "tensors", "10\n");
	check(state, request, "class:lora", "0\n");
	check(state, request, "", "8\n");
	check(state, request, "class:v_hack,log", "5\n");
	check(state, request, "class!=log", "6\n");
	check(state, request, "class:log class:v_hack", "0\n");
	check(state, request, "dirs size:500..", "1\n");
	check(state, request, "dirs files:2..", "2\n");
	check(state, request, "dirs path:deep size:357", "1\n");
	request.has_limit = true;
	request.limit = 4;
	check(state, request, "", "4\n");
	request.has_limit = false;
	request.format = QRY_QUIET;
	check(state, request, "class:v_hack", "");
}

static void tables(void **state)
{
	struct qry_request request = { 0 };

	check(state, request, "class:v_hack k:4..",
		"class   size  mtime              k  path\n"
		"v_hack   357  2026-05-26 13:00   4  out/deep/copy_of_b.st\n"
		"v_hack   787  2026-05-26 12:00  12  out/v_hack_a.safetensors\n"
		"v_hack   357  2026-05-26 13:00   4  out/v_hack_b.safetensors\n");
}

static void columns(void **state)
{
	struct qry_request request = { .format = QRY_TSV,
		.columns =
			"name,k,dtypes,n_tensors,step,cfg.seed,rows[-1].hack_s,rows[].step" };

	check(state, request, "class:v_hack,checkpoint out/v_hack_a.safetensors",
		"name\tk\tdtypes\tn_tensors\tstep\tcfg.seed\trows[-1].hack_s\trows[].step\n"
		"v_hack_a.safetensors\t12\tBF16\t4\t\t\t\t\n");
	check(state, request, "class:checkpoint",
		"name\tk\tdtypes\tn_tensors\tstep\tcfg.seed\trows[-1].hack_s\trows[].step\n"
		"train_x_s41.safetensors\t\tF32\t2\t20\t41\t0.5\t0,1\n");
	request = (struct qry_request){ .columns = "rows[].hack_s" };
	check(state, request, "class:checkpoint", "rows[].hack_s\n\xe2\x96\x81\xe2\x96\x88\n");
	request = (struct qry_request){ .format = QRY_TEMPLATE,
		.template = "{name}: {k} {size}" };
	check(state, request, "k:12", "v_hack_a.safetensors: 12 787\n");
	request = (struct qry_request){ .format = QRY_CSV, .columns = "ts,arm,tag,uses" };
	check(state, request, "runs arm:projected",
		"ts,arm,tag,uses\r\n"
		"20260527T180000,projected,x_s41,out/v_hack_a.safetensors\r\n");
}

static void json_rows(void **state)
{
	static const char run[] = "\"run\":\"" PROJECT_RUN "\"";
	static const char cfg[] = "\"cfg\":{\"preset_name\":\"fast\",\"arm\":\"projected\","
				  "\"seed\":41,\"out_tag\":\"_x_s41\"}";
	struct qry_request request = { .format = QRY_JSON_LINES };
	struct answer answer = ask(state, request, "class:checkpoint");
	static const char *const parts[] = { "\"path\":\"out/train_x_s41.safetensors\"",
		"\"class\":\"checkpoint\"", "\"status\":\"ok\"", "\"misnamed\":false",
		"\"mtime\":\"2026-05-27T18:30:00.000000000Z\"",
		"\"mtime_ns\":1779906600000000000", "\"n_tensors\":2", "\"params\":16",
		"\"dtypes\":[\"F32\"]", run, "\"role\":\"train\"", "\"step\":20",
		"\"hack_rate\":0.25", "\"model\":\"Qwen/Qwen3-4B\"", cfg,
		"\"meta\":{\"model\":\"Qwen/Qwen3-4B\",\"step\":\"20\"," };

	assert_int_equal(answer.n_rows, 1);
	for (size_t i = 0; i < COUNT(parts); i++) {
		if (!strstr(answer.text, parts[i]))
			fail_msg("no %s in %s", parts[i], answer.text);
	}
	assert_null(strstr(answer.text, "\"rows\""));
	assert_null(strstr(answer.text, "\"dest\""));
	assert_null(strstr(answer.text, "\"k\""));
	free_answer(&answer);
}

static void groups(void **state)
{
	struct qry_request request = { .format = QRY_TSV, .group_by = "class", .sum = "size" };

	check(state, request, "class:v_hack,checkpoint,other",
		"class\tcount\tsum_size\n"
		"v_hack\t3\t1501\n"
		"checkpoint\t1\t498\n"
		"other\t2\t18\n");
	request.sort = "class";
	check(state, request, "class:v_hack,checkpoint",
		"class\tcount\tsum_size\ncheckpoint\t1\t498\nv_hack\t3\t1501\n");
	request.sort = "-count,-size";
	request.has_limit = true;
	request.limit = 1;
	check(state, request, "", "class\tcount\tsum_size\nv_hack\t3\t1501\n");
	request = (struct qry_request){ .format = QRY_TSV, .group_by = "k,dtypes" };
	check(state, request, "class:v_hack,log",
		"k\tdtypes\tcount\n4\tF32\t2\n\t\t2\n12\tBF16\t1\n");
	request = (struct qry_request){ .format = QRY_JSON_LINES, .group_by = "k,dtypes" };
	check(state, request, "class:v_hack,log",
		"{\"k\":4,\"dtypes\":[\"F32\"],\"count\":2}\n{\"count\":2}\n"
		"{\"k\":12,\"dtypes\":[\"BF16\"],\"count\":1}\n");
	request = (struct qry_request){ .format = QRY_TSV, .sum = "size,hack_rate,k" };
	check(state, request, "class:v_hack",
		"count\tsum_size\tsum_hack_rate\tsum_k\n3\t1501\t\t20\n");
	check(state, request, "class:lora", "count\tsum_size\tsum_hack_rate\tsum_k\n0\t\t\t\n");
	request = (struct qry_request){ .format = QRY_TSV, .group_by = "dup", .sum = "size" };
	check(state, request, "dup:2..", "dup\tcount\tsum_size\n2\t2\t714\n");
	request = (struct qry_request){ .format = QRY_COUNT, .group_by = "class" };
	check(state, request, "class:v_hack,log", "2\n");
}

static void saved_expressions(void **state)
{
	struct qry_request request = { .format = QRY_PATHS, .saved = "k:4 or k:12" };
	struct qry_environment environment = {
		.snapshot = ((struct project *)*state)->snapshot,
		.root = "/",
	};
	struct qry_mistake mistake;
	struct qry_query *query;
	struct ax_error err = { 0 };

	check(state, request, "", COPY A B);
	check(state, request, "out/deep", COPY);
	check(state, request, "k:12 or class:log", A);
	request.saved = "k:4 or szie:1";
	assert_int_equal(qry_query_new(&environment, &request, &query, &mistake, &err), -1);
	assert_true(mistake.in_saved);
	assert_int_equal(mistake.place.offset, 7);
}

static void explanations(void **state)
{
	struct answer answer = ask(state, (struct qry_request){ .format = QRY_COUNT },
		"cfg.seed:41 size:100..1M class:checkpoint out");

	assert_string_equal(answer.explanation,
		"view      files\n"
		"terms     and\n"
		"            size:100..1M                              at hand\n"
		"            class:checkpoint                          at hand\n"
		"            below out                                 at hand\n"
		"            cfg.seed:41                               parses JSON in "
		"metadata\n"
		"index     class checkpoint; below out; size 100..1.0M\n"
		"visited   5, matched 1\n");
	free_answer(&answer);
}

static void known_sums_need_no_visit(void **state)
{
	struct qry_request request = { .format = QRY_TSV, .group_by = "class", .sum = "size" };
	struct answer known = ask(state, request, "class:v_hack,log,other");
	struct answer counted = ask(state, request, "class:v_hack,log,other size:0..");

	assert_non_null(strstr(known.explanation, "visited   nothing"));
	assert_null(strstr(counted.explanation, "visited   nothing"));
	assert_string_equal(known.text, counted.text);
	free_answer(&known);
	free_answer(&counted);
}

static void refusals(void **state)
{
	static const struct {
		struct qry_request request;
		const char *line, *message;
	} cases[] = {
		{ { .columns = "path,szie" }, "", "did you mean \"size\"" },
		{ { .columns = "path,,k" }, "", "a field is missing" },
		{ { .sort = "-siz" }, "", "did you mean \"size\"" },
		{ { .group_by = "clas" }, "", "did you mean \"class\"" },
		{ { .sum = "class" }, "", "cannot be summed" },
		{ { .group_by = "class", .columns = "path" }, "", "there are none" },
		{ { .group_by = "class", .sort = "size" }, "", "groups have no \"size\"" },
		{ { .format = QRY_TEMPLATE, .template = "{szie}" }, "", "did you mean" },
		{ { .columns = "dest" }, "", "a plan of the reorg" },
		{ { 0 }, "flag:no-log", "a plan of the reorg" },
		{ { 0 }, "refs:1..", "references" },
		{ { 0 }, "refs", "references" },
		{ { 0 }, "jobs", "job queues" },
		{ { 0 }, "'any(jobs: id:1)'", "job queues" },
		{ { 0 }, "clas:log", "did you mean \"class\"" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct answer answer = ask(state, cases[i].request, cases[i].line);

		assert_int_equal(answer.status, -1);
		assert_int_equal(answer.err.code, AX_EUSAGE);
		if (!strstr(answer.err.message, cases[i].message))
			fail_msg("%s: %s", cases[i].line, answer.err.message);
		free_answer(&answer);
	}
}

static void notes(void **state)
{
	struct qry_environment environment = {
		.snapshot = ((struct project *)*state)->snapshot,
		.root = "/",
	};
	struct qry_notes *known;
	struct ax_error err = { 0 };
	struct answer answer;

	assert_ok(qry_notes_new(&known, &err), &err);
	environment.notes = known;
	qry_notes_provide(known, QRY_NOTE_DEST);
	qry_notes_provide(known, QRY_NOTE_FLAG);
	assert_ok(qry_notes_set(known, QRY_NOTE_DEST, AX_STR("out/v_hack_a.safetensors"),
			  AX_STR("out/vhack/v_hack_a.safetensors"), &err),
		&err);
	assert_ok(qry_notes_set(known, QRY_NOTE_FLAG, AX_STR("out/broken.safetensors"),
			  AX_STR("invalid"), &err),
		&err);
	answer = ask_in(&environment,
		(struct qry_request){ .format = QRY_TSV, .columns = "path,dest,flag" },
		"dest:vhack or flag:*");
	assert_string_equal(answer.text,
		"path\tdest\tflag\n"
		"out/broken.safetensors\t\tinvalid\n"
		"out/v_hack_a.safetensors\tout/vhack/v_hack_a.safetensors\t\n");
	free_answer(&answer);
	answer = ask_in(&environment, (struct qry_request){ .format = QRY_JSON_LINES }, "k:12");
	assert_non_null(strstr(answer.text, "\"dest\":\"out/vhack/v_hack_a.safetensors\""));
	free_answer(&answer);
	qry_notes_free(known);
}

static void references_and_jobs(void **state)
{
	const struct project *project = *state;
	struct idx_reference references[] = {
		{ .file = AX_STR("justfile"),
			.line = 3,
			.kind = IDX_REF_FILE,
			.text = AX_STR("out/v_hack_a.safetensors"),
			.target = AX_STR("out/v_hack_a.safetensors") },
		{ .file = AX_STR("scripts/run.sh"),
			.line = 1,
			.kind = IDX_REF_DIR,
			.text = AX_STR("out/deep/"),
			.target = AX_STR("out/deep") },
		{ .file = AX_STR("scripts/run.sh"),
			.line = 9,
			.kind = IDX_REF_DYNAMIC,
			.text = AX_STR("out/v_hack_{{ NAME }}"),
			.target = AX_STR("out/v_hack_") },
	};
	struct idx_references known = { .count = COUNT(references), .items = references };
	char path[128];
	struct idx_word words[] = { { .text = AX_STR("--basis=out/v_hack_b.safetensors") },
		{ .text = AX_STR("41"), .path = AX_STR("/tmp/41") } };
	struct idx_job items[] = { { .id = AX_STR("7"),
		.queue = "pueue",
		.state = IDX_JOB_QUEUED,
		.command = AX_STR("just train"),
		.words = { COUNT(words), words } } };
	struct idx_jobs jobs = { .count = 1, .items = items };
	struct qry_environment environment = { .snapshot = project->snapshot,
		.root = project->root,
		.references = &known,
		.jobs = &jobs };
	static const struct {
		const char *line, *expected;
	} cases[] = {
		{ "refs", "justfile\nscripts/run.sh\nscripts/run.sh\n" },
		{ "refs kind:dynamic", "scripts/run.sh\n" },
		{ "refs line:3", "justfile\n" },
		{ "refs v_hack_a", "justfile\n" },
		{ "refs out/deep", "scripts/run.sh\n" },
		{ "refs 'any(files: class:v_hack)'", "justfile\nscripts/run.sh\n" },
		{ "refs 'any(files: k:12)'", "justfile\n" },
		{ "refs:1..", COPY A },
		{ "'any(refs: file:justfile)'", A },
		{ "jobs", "7\n" },
		{ "jobs touches:v_hack_b", "7\n" },
		{ "jobs touches:v_hack_a", "" },
		{ "jobs touches:41", "" },
		{ "jobs state:queued,running queue:pueue", "7\n" },
		{ "jobs state:done", "" },
		{ "'any(jobs: state:queued)'", B },
	};

	snprintf(path, sizeof(path), "%s/out/v_hack_b.safetensors", project->root);
	words[0].path = ax_str_from(path);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct answer answer = ask_in(&environment,
			(struct qry_request){ .format = QRY_PATHS }, cases[i].line);

		if (answer.status < 0)
			fail_msg("%s: %s", cases[i].line, answer.err.message);
		if (strcmp(answer.text, cases[i].expected) != 0)
			fail_msg("%s:\n%s", cases[i].line, answer.text);
		free_answer(&answer);
	}
}

static void all_about_a_file(void **state)
{
	struct project *project = *state;
	struct qry_file_facts facts;
	struct ax_arena arena = { 0 };
	struct ax_error err = { 0 };

	assert_int_equal(qry_show_file(project->snapshot, AX_STR("out/v_hack_a.safetensors"),
				 &arena, &facts, &err),
		1);
	assert_str(facts.entry.class_name, "v_hack");
	assert_int_equal(facts.n_used_by, 1);
	assert_str(facts.used_by[0], PROJECT_RUN);
	assert_int_equal(facts.n_twins, 0);
	assert_false(facts.has_run);
	assert_int_equal(qry_show_file(project->snapshot, AX_STR("out/v_hack_b.safetensors"),
				 &arena, &facts, &err),
		1);
	assert_int_equal(facts.n_twins, 1);
	assert_str(facts.twins[0], "out/deep/copy_of_b.st");
	assert_int_equal(qry_show_file(project->snapshot, AX_STR("out/train_x_s41.safetensors"),
				 &arena, &facts, &err),
		1);
	assert_true(facts.has_run);
	assert_str(facts.run.arm, "projected");
	assert_int_equal(qry_show_file(project->snapshot, AX_STR("out/none"), &arena, &facts,
				 &err),
		0);
	ax_arena_free(&arena);
}

static void all_about_a_run(void **state)
{
	struct project *project = *state;
	struct qry_run_facts facts;
	struct ax_arena arena = { 0 };
	struct ax_error err = { 0 };

	assert_int_equal(qry_show_run(project->snapshot, AX_STR(PROJECT_RUN), &arena, &facts,
				 &err),
		1);
	assert_int_equal(facts.n_files, 2);
	assert_str(facts.files[0].path, "out/train_x_s41.safetensors");
	assert_str(facts.files[0].role, "train");
	assert_true(facts.files[1].exists);
	assert_str(facts.files[1].role, "log");
	assert_int_equal(facts.n_uses, 1);
	assert_true(facts.uses[0].exists);
	assert_str(facts.uses[0].entry.class_name, "v_hack");
	assert_int_equal(qry_show_run(project->snapshot, AX_STR("none"), &arena, &facts, &err),
		0);
	ax_arena_free(&arena);
}

static void similar_names(void **state)
{
	struct project *project = *state;
	struct qry_similar similar;
	struct ax_arena arena = { 0 };
	struct ax_error err = { 0 };

	assert_ok(qry_show_similar(project->snapshot, AX_STR("out/v_hack_q.safetensors"), 2,
			  &arena, &similar, &err),
		&err);
	assert_int_equal(similar.n, 2);
	assert_true(ax_str_starts(similar.names[0], AX_STR("out/v_hack_")));
	assert_ok(qry_show_similar(project->snapshot, AX_STR("seed43_y"), 5, &arena, &similar,
			  &err),
		&err);
	assert_int_equal(similar.n, 2); /* the run and its log */
	assert_ok(qry_show_similar(project->snapshot, AX_STR("zzzzzz"), 5, &arena, &similar,
			  &err),
		&err);
	assert_int_equal(similar.n, 0);
	ax_arena_free(&arena);
}

static int open_project(void **state)
{
	static struct project project;

	project_open(&project);
	*state = &project;
	return 0;
}

static int close_project(void **state)
{
	project_close(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(selections),
		cmocka_unit_test(other_views),
		cmocka_unit_test(sorted_and_limited),
		cmocka_unit_test(tables),
		cmocka_unit_test(columns),
		cmocka_unit_test(json_rows),
		cmocka_unit_test(groups),
		cmocka_unit_test(saved_expressions),
		cmocka_unit_test(explanations),
		cmocka_unit_test(known_sums_need_no_visit),
		cmocka_unit_test(refusals),
		cmocka_unit_test(notes),
		cmocka_unit_test(references_and_jobs),
		cmocka_unit_test(all_about_a_file),
		cmocka_unit_test(all_about_a_run),
		cmocka_unit_test(similar_names),
	};

	return cmocka_run_group_tests(tests, open_project, close_project);
}
