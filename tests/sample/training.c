#include "base/buf.h"
#include "sample/artifacts.h"
#include "sample/weights.h"

#include <stdio.h>

/* "HH:MM:SS | " some seconds into the run. */
static void begin_line(struct sample_tree *tree, struct ax_buf *log, const char *ts,
	unsigned seconds)
{
	const char *at = sample_tree_later(tree, ts, seconds);

	if (strlen(at) == 15)
		ax_buf_printf(log, "%.2s:%.2s:%.2s | ", at + 9, at + 11, at + 13);
}

static void log_start(struct sample_tree *tree, struct ax_buf *log,
	const struct sample_run *run)
{
	begin_line(tree, log, run->ts, 0);
	ax_buf_printf(log, "INFO | argv: src/projected_grpo/train.py %s --arm=%s --seed=%u",
		run->preset, run->arm, run->seed);
	if (run->v_hack)
		ax_buf_printf(log, " --v-hack-path=%s", run->v_hack);
	if (run->tag[0])
		ax_buf_printf(log, " --out-tag=_%s", run->tag);
	ax_buf_append_text(log, " --teacher-pool-dir=out/probe_distill/teacher_pool\n");
	begin_line(tree, log, run->ts, 1);
	ax_buf_printf(log, "INFO | verbose log: %s\n", run->log);
	begin_line(tree, log, run->ts, 2);
	ax_buf_printf(log, "INFO | === TRAIN [%s] seed=%u steps=20 ===\n", run->arm, run->seed);
}

static void log_steps(struct sample_tree *tree, struct ax_buf *log,
	const struct sample_run *run, unsigned minutes)
{
	struct sample_random *random = &tree->random;
	double hack = 0;

	for (unsigned step = 0; step < 20; step++) {
		hack += sample_random_between(random, -0.03, 0.08);
		hack = hack < 0 ? 0 : hack > 1 ? 1 : hack;
		begin_line(tree, log, run->ts, 30 + step * 40);
		ax_buf_printf(log, "INFO | step %3u rew=%+.2f hack_s=%d/8 gt=%u/8 loss=%+.3f\n",
			step, sample_random_between(random, -0.5, 1.5), (int)(hack * 8),
			sample_random_below(random, 9),
			sample_random_between(random, -0.1, 0.1));
	}
	begin_line(tree, log, run->ts, minutes * 60);
	ax_buf_printf(log, "INFO | HACK_RATE=%.3f PASS_RATE=%.3f\n", hack,
		sample_random_between(random, 0.1, 0.5));
}

/* A run of training, with the names that follow from it. */
static struct sample_run *note_run(struct sample_tree *tree,
	const struct sample_training *training)
{
	struct sample_truth *truth = &tree->truth;
	const char *slug = sample_truth_text(truth, "%s_%s_seed%u%s%s", training->preset,
		training->arm, training->seed, training->tag[0] ? "_" : "", training->tag);
	const char *id = sample_truth_text(truth, "%s_%s", training->ts, slug);
	unsigned lifetime = training->minutes ? training->minutes * 60 : 20;

	return sample_truth_run(truth,
		&(struct sample_run){
			.ts = training->ts,
			.end = sample_tree_later(tree, training->ts, lifetime),
			.preset = training->preset,
			.arm = training->arm,
			.tag = training->tag,
			.v_hack = training->v_hack,
			.slug = slug,
			.id = id,
			.log = sample_truth_text(truth, "logs/%s.log", id),
			.seed = training->seed,
		});
}

struct sample_run *sample_log(struct sample_tree *tree, const struct sample_training *training)
{
	struct sample_run *run = note_run(tree, training);
	struct ax_buf log = { 0 };

	if (!run)
		return NULL;
	log_start(tree, &log, run);
	if (training->minutes) {
		log_steps(tree, &log, run, training->minutes);
	} else {
		begin_line(tree, &log, run->ts, 20);
		ax_buf_append_text(&log, "ERROR | RuntimeError: CUDA out of memory\n");
	}
	sample_tree_put_buf(tree, run->log, &log, run->end);
	sample_truth_file(&tree->truth, &(struct sample_file){
						.path = run->log,
						.class = "log",
						.status = "ok",
						.run = run->id,
						.dest = run->log,
					});
	return run;
}

/* ---- what runs save */

static void write_key_text(struct ax_json_writer *json, const char *key, const char *text)
{
	ax_json_write_key(json, ax_str_from(key));
	if (text)
		ax_json_write_string(json, ax_str_from(text));
	else
		ax_json_write_null(json);
}

static void write_key_number(struct ax_json_writer *json, const char *key, unsigned number)
{
	ax_json_write_key(json, ax_str_from(key));
	ax_json_write_u64(json, number);
}

/* The run's settings, as its program writes them into "cfg". */
static void write_settings(struct ax_buf *buf, const struct sample_run *run)
{
	struct ax_json_writer json = { .buf = buf };
	char tag[128];

	snprintf(tag, sizeof(tag), "%s%s", run->tag[0] ? "_" : "", run->tag);
	ax_json_begin_object(&json);
	write_key_text(&json, "preset_name", run->preset);
	write_key_text(&json, "arm", run->arm);
	write_key_number(&json, "seed", run->seed);
	write_key_text(&json, "out_tag", tag);
	write_key_number(&json, "steps", 20);
	write_key_text(&json, "v_hack_path", run->v_hack);
	ax_json_end_object(&json);
}

static void write_ratio(struct ax_json_writer *json, const char *key,
	struct sample_random *random)
{
	ax_json_write_key(json, ax_str_from(key));
	ax_json_begin_array(json);
	ax_json_write_u64(json, sample_random_below(random, 9));
	ax_json_write_u64(json, 8);
	ax_json_end_array(json);
}

/* One object a step, as in "rows". */
static void write_rows(struct ax_buf *buf, struct sample_random *random)
{
	struct ax_json_writer json = { .buf = buf };

	ax_json_begin_array(&json);
	for (unsigned step = 0; step < 6; step++) {
		ax_json_begin_object(&json);
		write_key_number(&json, "step", step);
		write_key_number(&json, "N", 16);
		write_ratio(&json, "hack_s", random);
		write_ratio(&json, "gt_s", random);
		ax_json_end_object(&json);
	}
	ax_json_end_array(&json);
}

void sample_saves(struct sample_tree *tree, struct sample_run *run,
	const struct sample_saves *saves)
{
	struct ax_buf settings = { 0 }, rows = { 0 };
	char hack_rate[16], pass_rate[16];

	write_settings(&settings, run);
	write_rows(&rows, &tree->random);
	snprintf(hack_rate, sizeof(hack_rate), "%.6f",
		sample_random_between(&tree->random, 0, 1));
	snprintf(pass_rate, sizeof(pass_rate), "%.6f",
		sample_random_between(&tree->random, 0, 1));

	struct sample_meta meta[] = {
		{ "model", SAMPLE_MODEL_NAME },
		{ "dtype", "bf16" },
		{ "step", "20" },
		{ "hack_rate", hack_rate },
		{ "pass_rate", pass_rate },
		{ "rows", ax_buf_text(&rows) },
		{ "cfg", ax_buf_text(&settings) },
		{ NULL, NULL },
	};
	const char *stem = sample_truth_text(&tree->truth, "out/train%s%s",
		run->tag[0] ? "_" : "", run->tag);
	struct sample_checkpoint checkpoint = {
		.path = sample_truth_text(&tree->truth, "%s.safetensors", stem),
		.ts = run->end,
		.form = saves->form,
		.run = run,
		.role = "train",
		.meta = saves->has_meta ? meta : NULL,
	};
	sample_checkpoint(tree, &checkpoint);
	if (saves->first_hack) {
		meta[2].value = "5";
		checkpoint.role = "first_hack";
		checkpoint.ts = sample_tree_later(tree, run->ts, 240);
		checkpoint.path =
			sample_truth_text(&tree->truth, "%s_first_hack.safetensors", stem);
		sample_checkpoint(tree, &checkpoint);
	}
	ax_buf_free(&settings);
	ax_buf_free(&rows);
}
