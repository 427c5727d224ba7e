#include "reorg/gate.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/path.h"
#include "reorg/draft.h"
#include "reorg/links.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

const char *reorg_verdict_name(enum reorg_verdict verdict)
{
	static const char *const names[] = {
		[REORG_CLEAR] = "clear",
		[REORG_TOUCHES] = "touches",
		[REORG_CANNOT_TELL] = "cannot tell",
	};
	return names[verdict];
}

const char *reorg_gate_state_name(enum reorg_gate_state state)
{
	static const char *const names[] = {
		[REORG_GATE_IDLE] = "idle",
		[REORG_GATE_BUSY] = "busy",
		[REORG_GATE_UNKNOWN] = "unknown",
	};
	return names[state];
}

struct judge {
	const struct reorg_draft *draft;
	const struct reorg_gate_options *options;
	struct reorg_gate *gate;
	struct ax_buf relative, canonical;
	struct ax_error *err;
};

static int no_memory(struct judge *judge)
{
	return ax_fail(judge->err, ENOMEM, "job queue: no memory to judge it");
}

/* Index of the first move whose from is not below path in byte order. */
static size_t first_move_from(const struct reorg_draft *draft, struct ax_str path)
{
	size_t low = 0, high = draft->n_moves;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (ax_str_compare(draft->moves[middle].from, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Whether naming that move is harmless because a link stays behind. */
static bool stays_reachable(const struct judge *judge, struct ax_str class_name)
{
	return judge->options->links && reorg_links_wanted(class_name);
}

/*
 * What naming the root-relative path touches: the file itself, a directory that moves with all in
 * it, or something below the path. The root of the project is where jobs run, not what they name.
 */
static bool find_touched(const struct judge *judge, struct ax_str path, struct ax_str *touched)
{
	const struct reorg_draft *draft = judge->draft;

	if (path.len == 0)
		return false;
	for (size_t i = 0; i < draft->n_dirs; i++) {
		if (ax_path_below(path, draft->dirs[i].from) &&
			!stays_reachable(judge, draft->dirs[i].class_name)) {
			*touched = draft->dirs[i].from;
			return true;
		}
	}
	for (size_t i = first_move_from(draft, path); i < draft->n_moves; i++) {
		const struct reorg_file_move *move = &draft->moves[i];
		if (!ax_str_starts(move->from, path))
			break;
		/* A directory above several things is named by itself. */
		bool itself = ax_str_equal(move->from, path);
		if (!ax_path_below(move->from, path) ||
			(itself && stays_reachable(judge, move->class_name)))
			continue;
		*touched = path;
		return true;
	}
	return false;
}

/* The path with symlinks resolved as far as it exists; false when that changes nothing. */
static bool canonicalize(struct judge *judge, struct ax_str path)
{
	char resolved[PATH_MAX];
	struct ax_buf *out = &judge->canonical;
	struct ax_str head = path;

	while (head.len > 1) {
		ax_buf_clear(out);
		ax_buf_append_str(out, head);
		if (realpath(ax_buf_text(out), resolved))
			break;
		head = ax_path_dir(head);
	}
	if (head.len <= 1)
		return false;
	ax_buf_clear(out);
	ax_buf_append_text(out, resolved);
	ax_buf_append_str(out, ax_str_slice(path, head.len, path.len));
	return !ax_str_equal(ax_buf_str(out), path);
}

static bool touches_absolute(struct judge *judge, struct ax_str path, struct ax_str *touched)
{
	ax_buf_clear(&judge->relative);
	return ax_path_relative(&judge->relative, judge->options->root_path, path) &&
	       find_touched(judge, ax_buf_str(&judge->relative), touched);
}

static bool touches_path(struct judge *judge, struct ax_str path, struct ax_str *touched)
{
	if (touches_absolute(judge, path, touched))
		return true;
	return canonicalize(judge, path) &&
	       touches_absolute(judge, ax_buf_str(&judge->canonical), touched);
}

static int add_touch(struct judge *judge, struct reorg_gate_task *task, struct ax_str path)
{
	for (size_t i = 0; i < task->n_touches; i++) {
		if (ax_str_equal(task->touches[i], path))
			return 0;
	}
	struct ax_str *grown =
		ax_arena_alloc(&judge->gate->arena, (task->n_touches + 1) * sizeof(*grown));
	const char *copy = ax_arena_copy(&judge->gate->arena, path);
	if (!grown || !copy)
		return no_memory(judge);
	if (task->n_touches)
		memcpy(grown, task->touches, task->n_touches * sizeof(*grown));
	grown[task->n_touches++] = ax_str(copy, path.len);
	task->touches = grown;
	task->verdict = REORG_TOUCHES;
	return 0;
}

static int set_cannot_tell(struct judge *judge, struct reorg_gate_task *task, struct ax_str why)
{
	if (task->verdict != REORG_CLEAR)
		return 0;
	const char *copy = ax_arena_copy(&judge->gate->arena, why);
	if (!copy)
		return no_memory(judge);
	task->why = ax_str(copy, why.len);
	task->verdict = REORG_CANNOT_TELL;
	return 0;
}

/* A glob that can only match where nothing moves is harmless. */
static bool may_touch(struct judge *judge, const struct idx_word *word)
{
	struct ax_str touched;
	struct ax_str root = judge->options->root_path;

	if (word->path.len == 0)
		return true;
	return touches_path(judge, word->path, &touched) || ax_path_below(root, word->path);
}

static int judge_words(struct judge *judge, struct reorg_gate_task *task)
{
	const struct idx_words *words = &task->job->words;
	struct ax_str touched;

	for (size_t i = 0; i < words->count; i++) {
		const struct idx_word *word = &words->items[i];
		int status = 0;
		if (word->unresolved && may_touch(judge, word))
			status = set_cannot_tell(judge, task, word->text);
		else if (!word->unresolved && touches_path(judge, word->path, &touched))
			status = add_touch(judge, task, touched);
		if (status < 0)
			return -1;
	}
	return 0;
}

static int judge_task(struct judge *judge, struct reorg_gate_task *task)
{
	struct ax_str touched;

	if (judge_words(judge, task) < 0)
		return -1;
	if (task->job->cwd.len && touches_path(judge, task->job->cwd, &touched) &&
		add_touch(judge, task, touched) < 0)
		return -1;
	if (task->job->opaque)
		return set_cannot_tell(judge, task,
			AX_STR("what it runs cannot be read from the queue"));
	return 0;
}

static bool is_ignored(const struct reorg_gate_options *options, const struct idx_job *job)
{
	for (size_t i = 0; i < options->n_ignored; i++) {
		struct ax_str name = options->ignored[i];
		size_t colon = ax_str_find(name, ':');
		if (colon < name.len &&
			ax_str_equal(ax_str_slice(name, 0, colon), ax_str_from(job->queue)))
			name = ax_str_slice(name, colon + 1, name.len);
		if (ax_str_equal(name, job->id))
			return true;
	}
	return false;
}

static int judge_all(struct judge *judge, const struct idx_jobs *jobs)
{
	struct reorg_gate *gate = judge->gate;

	gate->tasks = ax_arena_alloc(&gate->arena, (jobs->count + 1) * sizeof(*gate->tasks));
	gate->done = ax_arena_alloc(&gate->arena, (jobs->count + 1) * sizeof(*gate->done));
	if (!gate->tasks || !gate->done)
		return no_memory(judge);
	for (size_t i = 0; i < jobs->count; i++) {
		struct reorg_gate_task task = { .job = &jobs->items[i] };
		if (judge_task(judge, &task) < 0)
			return -1;
		task.ignored = is_ignored(judge->options, task.job);
		if (task.job->state != IDX_JOB_DONE)
			gate->tasks[gate->n_tasks++] = task;
		else if (task.verdict == REORG_TOUCHES)
			gate->done[gate->n_done++] = task;
		if (task.job->state != IDX_JOB_DONE && task.verdict != REORG_CLEAR &&
			!task.ignored)
			gate->state = REORG_GATE_BUSY;
	}
	if (jobs->unreadable)
		gate->state = REORG_GATE_UNKNOWN;
	gate->queues = jobs->queues;
	gate->why = jobs->why;
	return 0;
}

int reorg_gate_judge(const struct idx_jobs *jobs, const struct reorg_draft *draft,
	const struct reorg_gate_options *options, struct reorg_gate *out, struct ax_error *err)
{
	struct reorg_gate gate = { 0 };
	struct judge judge = { .draft = draft, .options = options, .gate = &gate, .err = err };

	int status = judge_all(&judge, jobs);
	ax_buf_free(&judge.relative);
	ax_buf_free(&judge.canonical);
	if (status < 0) {
		reorg_gate_free(&gate);
		return -1;
	}
	*out = gate;
	return 0;
}

void reorg_gate_free(struct reorg_gate *gate)
{
	ax_arena_free(&gate->arena);
	*gate = (struct reorg_gate){ 0 };
}
