#include "tests/unit/unit.h"

#include "base/arena.h"
#include "base/path.h"
#include "indexer/log.h"
#include "indexer/runs.h"

#define SECOND INT64_C(1000000000)

/* "20260528T223214+60": that many seconds after a local time. */
static ax_nanoseconds instant(const char *text)
{
	ax_nanoseconds time = 0;

	assert_true(ax_stamp_parse(ax_str(text, 15), &time));
	return time + strtol(text + 15, NULL, 10) * SECOND;
}

/* A log lives from the stamp in its name for so many seconds. */
struct log_row {
	const char *name;
	long seconds;
	const char *argv;
};

struct file_row {
	const char *path, *class_name, *mtime, *cfg;
	enum idx_membership membership;
	const char *run, *role, *why; /* why: a part of it */
};

static const struct log_row logs[] = {
	{ "20260527T063830_full_projected_seed41_probe_mixed_s41.log", 12000, "" },
	{ "20260528T040600_fast_projected_seed41_goal0_fast_s41.log", 20, "" },
	{ "20260528T040630_fast_projected_seed41_goal0_fast_s41.log", 3000, "" },
	{ "20260529T010101_fast_vanilla_seed41_s41.log", 900, "" },
	{ "20260529T020202_smoke_vanilla_seed41.log", 900, "" },
	{ "20260529T030303_extract.log", 900, "" },
	{ "20260529T140000_fast_vanilla_seed42_twin_s42.log", 3600, "" },
	{ "20260529T140500_fast_vanilla_seed42_twin_s42.log", 3600, "" },
	{ "20260529T150000_fast_vanilla_seed43_long_tail_s43.log", 900, "" },
	{ "20260529T160000_fast_vanilla_seed44_one_end_s44.log", 900, "" },
	{ "20260529T170000_fast_vanilla_seed44_two_end_s44.log", 900, "" },
	{ "notes.log", 900, "" },
};

#define CFG(preset, arm, seed, tag)                                               \
	"{\"preset_name\": \"" preset "\", \"arm\": \"" arm "\", \"seed\": " seed \
	", \"out_tag\": \"" tag "\"}"

static const struct file_row files[] = {
	/* the directory is named after the run, with a log or without */
	{ "out/runs/20260529T010101_fast_vanilla_seed41_s41/train.safetensors", "checkpoint",
		"20260101T000000", "", IDX_RUN_KNOWN, "20260529T010101_fast_vanilla_seed41_s41",
		"train", "directory" },
	{ "out/runs/20260601T000000_fast_vanilla_seed1/ckpt_update0020.safetensors",
		"checkpoint", "20260601T000100", CFG("fast", "vanilla", "41", "_s41"),
		IDX_RUN_KNOWN, "20260601T000000_fast_vanilla_seed1", "ckpt_update0020",
		"directory" },
	{ "out/runs/20260601T000000_fast_vanilla_seed1/rollouts.jsonl", "other",
		"20260601T000100", "", IDX_RUN_KNOWN, "20260601T000000_fast_vanilla_seed1",
		"rollouts", "directory" },

	/* metadata before names */
	{ "out/train_s41.safetensors", "checkpoint", "20260528T100000",
		CFG("full", "projected", "41", "_probe_mixed_s41"), IDX_RUN_KNOWN,
		"20260527T063830_full_projected_seed41_probe_mixed_s41", "train",
		"although the file was not saved while" },
	{ "out/anything.safetensors", "checkpoint", "20260529T010200",
		CFG("fast", "vanilla", "41", "_s41"), IDX_RUN_KNOWN,
		"20260529T010101_fast_vanilla_seed41_s41", "anything", "cfg in its metadata" },
	{ "out/train_s41.safetensors", "checkpoint", "20260529T010200",
		CFG("fast", "vanilla", "99", "_s41"), IDX_RUN_NONE, "", "", "no log has" },
	{ "out/train_s41.safetensors", "checkpoint", "20260529T010200", "{\"seed\": 99}",
		IDX_RUN_KNOWN, "20260529T010101_fast_vanilla_seed41_s41", "train", "tag" },
	{ "out/train_s41.safetensors", "checkpoint", "20260529T010200", "not JSON",
		IDX_RUN_KNOWN, "20260529T010101_fast_vanilla_seed41_s41", "train", "tag" },
	{ "out/train_x.safetensors", "checkpoint", "20260528T040615",
		CFG("fast", "projected", "41", "_goal0_fast_s41"), IDX_RUN_KNOWN,
		"20260528T040600_fast_projected_seed41_goal0_fast_s41", "train",
		"several logs, of which one was alive" },

	/* the tag, exactly: s41 is the end of many */
	{ "out/train_s41.safetensors", "checkpoint", "20260529T011000", "", IDX_RUN_KNOWN,
		"20260529T010101_fast_vanilla_seed41_s41", "train", "fits one log" },
	{ "out/train_probe_mixed_s41_first_hack.safetensors", "checkpoint", "20260527T070000",
		"", IDX_RUN_KNOWN, "20260527T063830_full_projected_seed41_probe_mixed_s41",
		"first_hack", "fits one log" },
	{ "out/train.safetensors", "checkpoint", "20260529T021000", "", IDX_RUN_KNOWN,
		"20260529T020202_smoke_vanilla_seed41", "train", "without a tag" },
	{ "out/train_first_hack.safetensors", "lora", "20260529T021000", "", IDX_RUN_KNOWN,
		"20260529T020202_smoke_vanilla_seed41", "first_hack", "without a tag" },

	/* the same tag twice: the log that was alive */
	{ "out/train_goal0_fast_s41.safetensors", "checkpoint", "20260528T044000", "",
		IDX_RUN_KNOWN, "20260528T040630_fast_projected_seed41_goal0_fast_s41", "train",
		"alive" },
	{ "out/train_goal0_fast_s41.safetensors", "checkpoint", "20260528T040610", "",
		IDX_RUN_KNOWN, "20260528T040600_fast_projected_seed41_goal0_fast_s41", "train",
		"alive" },
	{ "out/train_goal0_fast_s41.safetensors", "checkpoint", "20260528T040630+3030", "",
		IDX_RUN_KNOWN, "20260528T040630_fast_projected_seed41_goal0_fast_s41", "train",
		"alive" },
	{ "out/train_goal0_fast_s41.safetensors", "checkpoint", "20260701T000000", "",
		IDX_RUN_AMBIGUOUS, "", "train", "fits 2 logs, and 0 of them were alive" },
	{ "out/train_twin_s42.safetensors", "checkpoint", "20260529T143000", "",
		IDX_RUN_AMBIGUOUS, "", "train",
		"2 of them were alive when it was saved: "
		"logs/20260529T140000_fast_vanilla_seed42_twin_s42.log, "
		"logs/20260529T140500_fast_vanilla_seed42_twin_s42.log" },
	{ "out/train_twin_s42.safetensors", "checkpoint", "20260529T140200", "", IDX_RUN_KNOWN,
		"20260529T140000_fast_vanilla_seed42_twin_s42", "train", "alive" },

	/* the glob, where one log fits that began before the file was saved */
	{ "out/train_tail_s43.safetensors", "checkpoint", "20260529T151000", "", IDX_RUN_KNOWN,
		"20260529T150000_fast_vanilla_seed43_long_tail_s43", "train", "as an ending" },
	{ "out/train_tail_s43.safetensors", "checkpoint", "20260529T145959", "", IDX_RUN_NONE,
		"", "", "no log fits" },
	{ "out/train_end_s44.safetensors", "checkpoint", "20260529T171000", "",
		IDX_RUN_AMBIGUOUS, "", "train", "as an ending it fits 2 logs, and 1 of them" },
	{ "out/train_end_s44.safetensors", "checkpoint", "20260529T161000", "", IDX_RUN_KNOWN,
		"20260529T160000_fast_vanilla_seed44_one_end_s44", "train", "as an ending" },
	{ "out/train_ail_s43.safetensors", "checkpoint", "20260529T151000", "", IDX_RUN_NONE,
		"", "", "no log fits" },

	/* nothing that a run wrote, or nothing that says which */
	{ "out/train_lost_s99.safetensors", "checkpoint", "20260526T000000", "", IDX_RUN_NONE,
		"", "", "no log fits tag \"lost_s99\"" },
	{ "out/train_s41.safetensors", "v_hack", "20260529T011000", "", IDX_RUN_NONE, "", "",
		"" },
	{ "out/train_s41.safetensors", "other", "20260529T011000", "", IDX_RUN_NONE, "", "",
		"" },
	{ "out/training_s41.safetensors", "checkpoint", "20260529T011000", "", IDX_RUN_NONE, "",
		"", "" },
	{ "out/final.safetensors", "checkpoint", "20260529T011000", "", IDX_RUN_NONE, "", "",
		"" },
	{ "out/train_.safetensors", "checkpoint", "20260529T021000", "", IDX_RUN_KNOWN,
		"20260529T020202_smoke_vanilla_seed41", "train", "" },
};

static void make_log(const struct log_row *row, struct ax_arena *arena, struct idx_log *out)
{
	struct ax_str name = ax_str_from(row->name);
	struct ax_buf path = { 0 };

	*out = (struct idx_log){
		.ts = AX_STR(""), .slug = AX_STR(""), .status = AX_STR("done")
	};
	ax_path_join(&path, AX_STR("logs"), name);
	out->path = ax_str(ax_arena_copy(arena, ax_buf_str(&path)), path.len);
	ax_buf_free(&path);
	idx_run_id_parse(ax_str_slice(name, 0, name.len - 4), &out->ts, &out->slug);
	ax_stamp_parse(out->ts, &out->start);
	out->end = out->start + row->seconds * SECOND;
	out->argv = ax_str_from(row->argv);
}

static void make_file(const struct file_row *row, struct idx_run_candidate *out)
{
	*out = (struct idx_run_candidate){
		.path = ax_str_from(row->path),
		.class_name = ax_str_from(row->class_name),
		.size = 10,
		.mtime = instant(row->mtime),
	};
}

/* What is known of files beside their rows. */
struct facts {
	const struct file_row *rows;
	struct idx_run_facts first; /* but for its cfg */
	size_t asked;
};

static int look(void *context, size_t file, struct idx_run_facts *out, struct ax_error *err)
{
	struct facts *facts = context;

	(void)err;
	facts->asked++;
	*out = (struct idx_run_facts){ .rows = AX_STR("") };
	if (file == 0)
		*out = facts->first;
	out->cfg = ax_str_from(facts->rows[file].cfg);
	return 0;
}

static void derive(const struct log_row *log_rows, size_t n_logs,
	const struct idx_run_candidate *candidates, size_t n_files, struct facts *facts,
	struct ax_arena *arena, struct idx_runs_output *out)
{
	struct idx_log *made = ax_arena_alloc(arena, n_logs * sizeof(*made));
	struct ax_error err = { 0 };

	for (size_t i = 0; i < n_logs; i++)
		make_log(&log_rows[i], arena, &made[i]);
	struct idx_runs_input input = {
		.root = AX_STR("/project"),
		.n_logs = n_logs,
		.logs = made,
		.n_files = n_files,
		.files = candidates,
		.look = look,
		.context = facts,
	};
	assert_ok(idx_runs_derive(&input, arena, out, &err), &err);
}

static void files_belong_to_the_run_that_wrote_them(void **state)
{
	struct idx_run_candidate made[COUNT(files)];
	struct facts facts = { .rows = files };
	struct ax_arena arena = { 0 };
	struct idx_runs_output out;

	(void)state;
	for (size_t i = 0; i < COUNT(files); i++)
		make_file(&files[i], &made[i]);
	derive(logs, COUNT(logs), made, COUNT(files), &facts, &arena, &out);
	for (size_t i = 0; i < COUNT(files); i++) {
		const struct idx_owner *owner = &out.file_owners[i];
		if (owner->membership != files[i].membership ||
			!ax_str_equal(owner->run, ax_str_from(files[i].run)) ||
			!ax_str_equal(owner->role, ax_str_from(files[i].role)) ||
			!ax_str_contains(owner->why, ax_str_from(files[i].why)))
			fail_msg("case %zu, %s: %d %.*s %.*s: %.*s", i, files[i].path,
				(int)owner->membership, AX_STR_ARG(owner->run),
				AX_STR_ARG(owner->role), AX_STR_ARG(owner->why));
	}
	ax_arena_free(&arena);
}

static void logs_are_their_own_runs(void **state)
{
	struct ax_arena arena = { 0 };
	struct idx_runs_output out;

	(void)state;
	derive(logs, COUNT(logs), NULL, 0, NULL, &arena, &out);
	assert_int_equal(out.n_runs, COUNT(logs) - 1);
	for (size_t i = 0; i + 1 < COUNT(logs); i++) {
		struct ax_str name = ax_str_from(logs[i].name);
		assert_int_equal(out.log_owners[i].membership, IDX_RUN_KNOWN);
		assert_str(out.log_owners[i].role, "log");
		assert_str_equal(out.log_owners[i].run, ax_str_slice(name, 0, name.len - 4));
	}
	assert_int_equal(out.log_owners[COUNT(logs) - 1].membership, IDX_RUN_NONE);
	ax_arena_free(&arena);
}

static const struct idx_run *find_run(const struct idx_runs_output *out, const char *id)
{
	for (size_t i = 0; i < out->n_runs; i++) {
		if (ax_str_equal(out->runs[i].id, ax_str_from(id)))
			return &out->runs[i];
	}
	fail_msg("no run %s", id);
	return NULL;
}

static void runs_tell_what_their_logs_and_files_say(void **state)
{
	static const struct log_row log = { "20260528T223214_fast_projected_seed41_g0_s41.log",
		900,
		"train.py fast --v-hack-path=out/v_hack_21pairs.safetensors "
		"--teacher-pool-dir=/project/out/pools/a" };
	static const struct file_row rows[] = {
		{ .path = "out/train_g0_s41.safetensors",
			.class_name = "checkpoint",
			.mtime = "20260528T224000",
			.cfg = CFG("fast", "projected", "41", "_g0_s41") },
		{ .path = "out/train_g0_s41_first_hack.safetensors",
			.class_name = "checkpoint",
			.mtime = "20260528T223500",
			.cfg = "{\"older\": 1}" },
		{ .path = "out/runs/20260528T223214_fast_projected_seed41_g0_s41/curve.jsonl",
			.class_name = "other",
			.mtime = "20260528T224500",
			.cfg = "" },
		{ .path = "out/runs/20260601T000000_x/train.safetensors",
			.class_name = "checkpoint",
			.mtime = "20260601T000100",
			.cfg = "" },
	};
	static const struct idx_attribute attributes[] = {
		{ AX_STR_INIT("model"),
			{ .kind = IDX_TEXT, .text = AX_STR_INIT("Qwen/Qwen3-4B") } },
		{ AX_STR_INIT("hack_rate"), { .kind = IDX_REAL, .real = 0.25 } },
	};
	struct idx_run_candidate made[COUNT(rows)];
	struct facts facts = {
		.rows = rows,
		.first = { .rows = AX_STR("[]"),
			.n_attributes = COUNT(attributes),
			.attributes = attributes },
	};
	struct ax_arena arena = { 0 };
	struct idx_runs_output out;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		make_file(&rows[i], &made[i]);
	derive(&log, 1, made, COUNT(rows), &facts, &arena, &out);
	assert_int_equal(out.n_runs, 2);
	const struct idx_run *run =
		find_run(&out, "20260528T223214_fast_projected_seed41_g0_s41");
	assert_str(run->ts, "20260528T223214");
	assert_str(run->preset, "fast");
	assert_str(run->arm, "projected");
	assert_str(run->tag, "g0_s41");
	assert_int_equal(run->seed.integer, 41);
	assert_str(run->status, "done");
	assert_str(run->log, "logs/20260528T223214_fast_projected_seed41_g0_s41.log");
	assert_int_equal(run->end - run->start, 900 * SECOND);
	assert_int_equal(run->n_uses, 2);
	assert_str(run->uses[0], "out/v_hack_21pairs.safetensors");
	assert_str(run->uses[1], "out/pools/a");
	assert_int_equal(run->n_files, 2);
	assert_str(run->files[0], "out/train_g0_s41.safetensors");
	assert_str(run->files[1], "out/train_g0_s41_first_hack.safetensors");
	assert_int_equal(run->size, 30);
	assert_str_equal(run->cfg, ax_str_from(rows[0].cfg));
	assert_int_equal(out.cfg_files[run - out.runs], 0);
	assert_str(run->rows, "[]");
	assert_int_equal(run->n_attributes, 2);
	assert_str(run->attributes[0].value.text, "Qwen/Qwen3-4B");
	assert_true(run->attributes[1].value.real == 0.25);
	run = find_run(&out, "20260601T000000_x");
	assert_true(out.cfg_files[run - out.runs] == SIZE_MAX);
	assert_str(run->log, "");
	assert_str(run->status, "unknown");
	assert_int_equal(run->end, made[3].mtime);
	assert_int_equal(run->n_files, 1);
	ax_arena_free(&arena);
}

/* The log has the last word on rates; two logs with one name are one run. */
static void the_log_goes_first(void **state)
{
	struct idx_log both[2];
	struct ax_arena arena = { 0 };
	struct idx_runs_output out;
	struct ax_error err = { 0 };

	(void)state;
	make_log(&logs[3], &arena, &both[0]);
	both[1] = both[0];
	both[0].path = AX_STR("logs/z.log");
	both[1].hack_rate = (struct idx_value){ .kind = IDX_REAL, .real = 0.75 };
	struct idx_runs_input input = { .root = AX_STR(""), .n_logs = 2, .logs = both };
	assert_ok(idx_runs_derive(&input, &arena, &out, &err), &err);
	assert_int_equal(out.n_runs, 1);
	assert_str_equal(out.runs[0].log, both[1].path);
	assert_int_equal(out.runs[0].n_attributes, 1);
	assert_true(out.runs[0].attributes[0].value.real == 0.75);
	ax_arena_free(&arena);
}

/* Of files in a run's directory only the newest are looked at, until one has a cfg. */
static void few_files_are_looked_at(void **state)
{
	static const char dir[] = "out/20260601T000000_x";
	enum { MANY = 50 };
	static char paths[MANY][64], times[MANY][32];
	struct file_row rows[MANY];
	struct idx_run_candidate made[MANY];
	struct facts facts = { .rows = rows };
	struct ax_arena arena = { 0 };
	struct idx_runs_output out;

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		snprintf(paths[i], sizeof(paths[i]), "%s/%02zu.safetensors", dir, MANY - i);
		snprintf(times[i], sizeof(times[i]), "20260601T000000+%zu", i * 7 % MANY);
		rows[i] = (struct file_row){ .path = paths[i],
			.class_name = "checkpoint",
			.mtime = times[i],
			.cfg = i * 7 % MANY == MANY - 3 ? "{}"
			       : i * 7 % MANY < 9       ? "{1}"
							: "" };
		make_file(&rows[i], &made[i]);
	}
	derive(NULL, 0, made, MANY, &facts, &arena, &out);
	assert_int_equal(facts.asked, 3);
	assert_int_equal(out.n_runs, 1);
	assert_str(out.runs[0].cfg, "{}");
	assert_int_equal(out.cfg_files[0] * 7 % MANY, MANY - 3);
	assert_int_equal(out.runs[0].n_files, MANY);
	assert_str(out.runs[0].files[0], "out/20260601T000000_x/01.safetensors");
	ax_arena_free(&arena);
}

/* Many files that each fit many logs: the candidates are not copied for each. */
static void many_ambiguous_files_stay_small(void **state)
{
	enum { MANY = 1500 };
	static struct idx_log made[MANY];
	static struct idx_run_candidate candidates[MANY];
	static char slugs[MANY][64];
	struct ax_arena arena = { 0 };
	struct idx_runs_output out;
	struct ax_error err = { 0 };
	static struct file_row same[MANY];
	struct file_row row = files[COUNT(files) - 1];
	struct facts facts = { .rows = same };

	(void)state;
	row.path = "out/train_s7.safetensors";
	for (size_t i = 0; i < MANY; i++) {
		make_log(&logs[0], &arena, &made[i]);
		snprintf(slugs[i], sizeof(slugs[i]), "fast_vanilla_seed7_%zu_s7", i);
		made[i].slug = ax_str_from(slugs[i]);
		same[i] = row;
		make_file(&row, &candidates[i]);
	}
	struct idx_runs_input input = { .root = AX_STR(""),
		.n_logs = MANY,
		.logs = made,
		.n_files = MANY,
		.files = candidates,
		.look = look,
		.context = &facts };
	assert_ok(idx_runs_derive(&input, &arena, &out, &err), &err);
	assert_int_equal(out.file_owners[MANY - 1].membership, IDX_RUN_AMBIGUOUS);
	assert_true(ax_str_ends(out.file_owners[0].why, AX_STR(" and 1496 more")));
	ax_arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_belong_to_the_run_that_wrote_them),
		cmocka_unit_test(logs_are_their_own_runs),
		cmocka_unit_test(runs_tell_what_their_logs_and_files_say),
		cmocka_unit_test(the_log_goes_first),
		cmocka_unit_test(few_files_are_looked_at),
		cmocka_unit_test(many_ambiguous_files_stay_small),
	};

	setenv("TZ", "Asia/Kathmandu", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
