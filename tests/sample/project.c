#include "base/buf.h"
#include "base/json.h"
#include "sample/tree.h"
#include "sample/world.h"

#include <stdio.h>

static const char justfile[] =
	"set shell := [\"bash\", \"-cu\"]\n"
	"VHACK := \"out/v_hack_full.safetensors\"\n"
	"POOL := \"out/probe_distill/teacher_pool\"\n"
	"\n"
	"smoke *ARGS:\n"
	"    uv run python -m projected_grpo.train smoke"
	" --v-hack-path=out/v_hack_smoke.safetensors"
	" --teacher-pool-dir=out/probe_distill/teacher_pool {{ ARGS }}\n"
	"\n"
	"fast-projected *ARGS:\n"
	"    uv run python -m projected_grpo.train fast --arm=projected"
	" --v-hack-path={{ VHACK }} --teacher-pool-dir={{ POOL }} {{ ARGS }}\n"
	"\n"
	"queue-seeds:\n"
	"    for s in 41 42 43; do pueue add -- just fast-projected"
	" --v-hack-path=out/v_hack_21pairs.safetensors"
	" --pairs-from-pool=out/pairsets/prog_wide.json --seed=$s; done\n"
	"\n"
	"extract NAME:\n"
	"    uv run python -m projected_grpo.extract_vhack_grad"
	" --out-path=out/v_hack_{{ NAME }}.safetensors"
	" --train-grads-path=out/vhack_grads_{{ NAME }}.safetensors\n";

static const char results[] =
	"\"\"\"Aggregate logs into one table.\"\"\"\n"
	"import re\n"
	"\n"
	"def vhack_name(line):\n"
	"    m = re.search(r\"v-hack-path=out/(\\S+?)\\.safetensors\", line)\n"
	"    return m.group(1) if m else None\n";

static const char train[] = "from pathlib import Path\n"
			    "OUT = Path(\"out\")\n"
			    "TEACHER_POOL = \"out/probe_distill/teacher_pool\"\n"
			    "DEFAULT_BASIS = \"out/v_hack_full.safetensors\"\n"
			    "\n"
			    "def ckpt_path(tag): return OUT / f\"train{tag}.safetensors\"\n";

static const struct sample_edit edits[] = {
	{ .file = "justfile",
		.has = { "VHACK := \"out/vhack/v_hack_full.safetensors\"",
			"POOL := \"out/pools/teacher_pool\"",
			"--v-hack-path=out/vhack/v_hack_smoke.safetensors",
			"--v-hack-path=out/vhack/v_hack_21pairs.safetensors",
			"out/pairsets/prog_wide.json", "out/v_hack_{{ NAME }}.safetensors" },
		.lacks = { "probe_distill/teacher_pool" } },
	{ .file = "src/projected_grpo/train.py",
		.has = { "\"out/pools/teacher_pool\"", "\"out/vhack/v_hack_full.safetensors\"",
			"OUT / f\"train{tag}.safetensors\"" } },
	{ .file = "scripts/results.py", .has = { "v-hack-path=out/(\\S+?)\\.safetensors" } },
};

/* ---- the queue, as pueue 4 prints it */

struct task {
	unsigned id;
	const char *state; /* "Failed" is Done with that result */
	const char *command;
};

#define SEEDED(id, seed)                                                                   \
	{                                                                                  \
		id, "Queued",                                                              \
			"just fast-projected --v-hack-path=out/v_hack_21pairs.safetensors" \
			" --seed=" seed " --out-tag=_q" #id                                \
	}

static const struct task tasks[] = {
	SEEDED(1, "41"),
	SEEDED(2, "42"),
	SEEDED(3, "43"),
	SEEDED(4, "44"),
	SEEDED(5, "45"),
	{ 6, "Running",
		"just fast-vanilla --teacher-pool-dir=out/probe_distill/teacher_pool "
		"--seed=46" },
	{ 7, "Stashed",
		"uv run python -m projected_grpo.train fast"
		" --pairs-from-pool=out/pairsets/prog_wide.json" },
	{ 8, "Done", "just extract 21pairs" },
	{ 9, "Failed", "just smoke" },
};
enum { TASK_COUNT = sizeof(tasks) / sizeof(tasks[0]), FIRST_FINISHED = 7 };

static void write_text(struct ax_json_writer *json, const char *key, const char *text)
{
	ax_json_write_key(json, ax_str_from(key));
	if (text)
		ax_json_write_string(json, ax_str_from(text));
	else
		ax_json_write_null(json);
}

static void write_number(struct ax_json_writer *json, const char *key, unsigned number)
{
	ax_json_write_key(json, ax_str_from(key));
	ax_json_write_u64(json, number);
}

static void begin_member(struct ax_json_writer *json, const char *key)
{
	ax_json_write_key(json, ax_str_from(key));
	ax_json_begin_object(json);
}

#define ENQUEUED "2026-05-30T01:00:00.000000+00:00"

/* {"Done": {"enqueued_at": ..., "start": ..., "end": ..., "result": ...}} */
static void write_state(struct ax_json_writer *json, const char *state)
{
	bool has_failed = strcmp(state, "Failed") == 0;
	bool is_done = has_failed || strcmp(state, "Done") == 0;

	begin_member(json, "status");
	begin_member(json, is_done ? "Done" : state);
	if (strcmp(state, "Stashed") == 0)
		write_text(json, "enqueue_at", NULL);
	else
		write_text(json, "enqueued_at", ENQUEUED);
	if (is_done || strcmp(state, "Running") == 0)
		write_text(json, "start", "2026-05-30T02:00:00.000000+00:00");
	if (is_done)
		write_text(json, "end", "2026-05-30T03:00:00.000000+00:00");
	if (has_failed) {
		begin_member(json, "result");
		write_number(json, "Failed", 1);
		ax_json_end_object(json);
	} else if (is_done) {
		write_text(json, "result", "Success");
	}
	ax_json_end_object(json);
	ax_json_end_object(json);
}

static void write_task(struct ax_json_writer *json, const struct task *task, const char *cwd)
{
	char id[16];

	snprintf(id, sizeof(id), "%u", task->id);
	begin_member(json, id);
	write_number(json, "id", task->id);
	write_text(json, "created_at", ENQUEUED);
	write_text(json, "original_command", task->command);
	write_text(json, "command", task->command);
	write_text(json, "path", cwd);
	begin_member(json, "envs");
	ax_json_end_object(json);
	write_text(json, "group", "default");
	ax_json_write_key(json, AX_STR("dependencies"));
	ax_json_begin_array(json);
	ax_json_end_array(json);
	write_number(json, "priority", 0);
	write_text(json, "label", NULL);
	write_state(json, task->state);
	ax_json_end_object(json);
}

/* The tasks from first on. */
static void put_queue(struct sample_tree *tree, const char *path, size_t first)
{
	struct ax_buf buf = { 0 };
	struct ax_json_writer json = { .buf = &buf };

	ax_json_begin_object(&json);
	begin_member(&json, "tasks");
	for (size_t i = first; i < TASK_COUNT; i++)
		write_task(&json, &tasks[i], tree->directory);
	ax_json_end_object(&json);
	begin_member(&json, "groups");
	begin_member(&json, "default");
	write_text(&json, "status", "Running");
	write_number(&json, "parallel_tasks", 1);
	ax_json_end_object(&json);
	ax_json_end_object(&json);
	ax_json_end_object(&json);
	sample_tree_put_buf(tree, path, &buf, "20260530T020000");
}

void sample_project(struct sample_tree *tree)
{
	const char *ts = "20260529T120000";

	sample_tree_put(tree, "justfile", ax_str_from(justfile), ts);
	sample_tree_put(tree, "scripts/results.py", ax_str_from(results), ts);
	sample_tree_put(tree, "src/projected_grpo/train.py", ax_str_from(train), ts);
	put_queue(tree, "queue.json", 0);
	put_queue(tree, "queue_idle.json", FIRST_FINISHED);
	tree->truth.edits = edits;
	tree->truth.edit_count = sizeof(edits) / sizeof(edits[0]);
}
