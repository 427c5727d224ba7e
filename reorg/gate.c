#include "reorg/gate.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/path.h"
#include "reorg/act.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

enum { LINKS_LIMIT = 40 };

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

/* What a plan takes away, or an undo of it, ordered by path. */
struct moving {
	struct ax_str path;
	bool stays_reachable; /* a link is left there */
};

struct judge {
	size_t n_moving;
	struct moving *moving;
	const struct reorg_gate_options *options;
	bool passes_links; /* what is judged takes files, not what a symlink leads to */
	struct reorg_gate *gate;
	struct ax_buf relative, canonical;
	struct ax_buf way, longer_way; /* what is left to follow, after a symlink */
	bool failed; /* memory ran out for one of these: of that path nothing is known */
	struct ax_error *err;
};

static int no_memory(struct judge *judge)
{
	return ax_fail(judge->err, ENOMEM, "job queue: no memory to judge it");
}

static int compare_moving(const void *a, const void *b)
{
	const struct moving *x = a, *y = b;

	return ax_str_compare(x->path, y->path);
}

/* The path that an act takes away in the direction that is judged; "" when it takes none. */
static struct ax_str leaving_path(const struct judge *judge, const struct reorg_act *act)
{
	bool is_undo = judge->options->leaves == REORG_TO;

	bool moves = act->kind == REORG_MOVE || act->kind == REORG_MOVE_DIR ||
		     (act->kind == REORG_RETARGET && !ax_str_equal(act->from, act->to));

	if (moves)
		return is_undo ? act->to : act->from;
	if (act->kind == REORG_UNLINK && !is_undo)
		return act->from;
	return is_undo && act->kind == REORG_MAKE_DIR ? act->to : AX_STR("");
}

/* A link that an apply leaves at an old name keeps that reachable. */
static void mark_reachable(struct judge *judge, const struct reorg_plan *plan)
{
	for (size_t i = 0; i < plan->n_acts; i++) {
		struct moving key = { .path = plan->acts[i].to };
		if (plan->acts[i].kind != REORG_LINK)
			continue;
		struct moving *left = bsearch(&key, judge->moving, judge->n_moving, sizeof(key),
			compare_moving);
		if (left)
			left->stays_reachable = true;
	}
}

static int list_moving(struct judge *judge, const struct reorg_plan *plan)
{
	judge->moving = calloc(plan->n_acts + 1, sizeof(*judge->moving));
	if (!judge->moving)
		return no_memory(judge);
	for (size_t i = 0; i < plan->n_acts; i++) {
		struct ax_str path = leaving_path(judge, &plan->acts[i]);
		if (path.len)
			judge->moving[judge->n_moving++] = (struct moving){ path, false };
	}
	if (judge->n_moving)
		qsort(judge->moving, judge->n_moving, sizeof(*judge->moving), compare_moving);
	if (judge->n_moving && judge->options->leaves == REORG_FROM)
		mark_reachable(judge, plan);
	return 0;
}

/* Index of the first path that is not before path in byte order. */
static size_t first_from(const struct judge *judge, struct ax_str path)
{
	size_t low = 0, high = judge->n_moving;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (ax_str_compare(judge->moving[middle].path, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* A directory above path, or path itself, that moves; NULL when there is none. */
static const struct moving *moving_above(const struct judge *judge, struct ax_str path)
{
	for (; path.len; path = ax_path_dir(path)) {
		size_t i = first_from(judge, path);
		if (i < judge->n_moving && ax_str_equal(judge->moving[i].path, path))
			return &judge->moving[i];
	}
	return NULL;
}

static bool stays_reachable(const struct judge *judge, const struct moving *moving)
{
	return moving->stays_reachable && !judge->passes_links;
}

/*
 * What naming the root-relative path touches: the file itself, a directory that moves with all in
 * it, or something below the path that no link is left for. The root of the project is where jobs run, not what they name.
 */
static bool find_touched(const struct judge *judge, struct ax_str path, struct ax_str *touched)
{
	if (path.len == 0)
		return false;
	const struct moving *above = moving_above(judge, path);
	if (above) {
		*touched = above->path;
		return !stays_reachable(judge, above);
	}
	for (size_t i = first_from(judge, path); i < judge->n_moving; i++) {
		if (!ax_str_starts(judge->moving[i].path, path))
			break;
		/* A directory above several things is named by itself. */
		if (!stays_reachable(judge, &judge->moving[i]) &&
			ax_path_below(judge->moving[i].path, path)) {
			*touched = path;
			return true;
		}
	}
	return false;
}

/* Leave the root-relative form of path in judge->relative; false when it is not in the project. */
static bool make_relative(struct judge *judge, struct ax_str path)
{
	ax_buf_clear(&judge->relative);
	bool is_inside = ax_path_relative(&judge->relative, judge->options->root_path, path);
	judge->failed |= judge->relative.failed;
	return is_inside;
}

static bool touches_absolute(struct judge *judge, struct ax_str path, struct ax_str *touched)
{
	return make_relative(judge, path) &&
	       find_touched(judge, ax_buf_str(&judge->relative), touched);
}

/* What moves with the absolute path in it; NULL when nothing does. */
static const struct moving *moving_with(struct judge *judge, struct ax_str path)
{
	return make_relative(judge, path) ? moving_above(judge, ax_buf_str(&judge->relative))
					  : NULL;
}

/* Whether path itself moves: a symlink that is on the way to something else. */
static bool is_moving(struct judge *judge, struct ax_str path, struct ax_str *touched)
{
	const struct moving *moving = moving_with(judge, path);

	if (!moving || stays_reachable(judge, moving))
		return false;
	*touched = moving->path;
	return true;
}

/*
 * Whether ".." at path goes elsewhere once all has moved: out of a directory that is no more, or
 * out of one that is behind a link then.
 */
static bool is_bent(struct judge *judge, struct ax_str path, struct ax_str *touched)
{
	const struct moving *moving = moving_with(judge, path);

	if (!moving || (stays_reachable(judge, moving) &&
			       !ax_str_equal(moving->path, ax_buf_str(&judge->relative))))
		return false;
	*touched = moving->path;
	return true;
}

/* Where the symlink at the end of at leads: at goes back, and *way is what is to be followed. */
static void take_target(struct judge *judge, struct ax_buf *at, struct ax_str target,
	struct ax_str *way)
{
	struct ax_buf *longer = &judge->longer_way;
	struct ax_buf before = judge->way;

	at->len = target.ptr[0] == '/' ? 0 : ax_path_dir(ax_buf_str(at)).len;
	ax_buf_clear(longer);
	ax_buf_append_str(longer, target);
	ax_buf_append_byte(longer, '/');
	ax_buf_append_str(longer, *way);
	judge->failed |= longer->failed;
	*way = ax_buf_str(longer);
	judge->way = *longer;
	*longer = before;
}

/*
 * Go from name to name as the system would, through symlinks and up from where they lead, also to
 * what is not there yet; the end is in judge->canonical. True when something moves on the way.
 */
static bool follow(struct judge *judge, struct ax_str way, struct ax_str *touched)
{
	char target[PATH_MAX];
	struct ax_buf *at = &judge->canonical;
	struct ax_str part;
	unsigned n_links = 0;

	ax_buf_clear(at);
	while (ax_path_next(&way, &part)) {
		if (ax_str_equal(part, AX_STR(".")))
			continue;
		if (ax_str_equal(part, AX_STR(".."))) {
			if (is_bent(judge, ax_buf_str(at), touched))
				return true;
			at->len = ax_path_dir(ax_buf_str(at)).len;
			continue;
		}
		ax_buf_append_byte(at, '/');
		ax_buf_append_str(at, part);
		judge->failed |= at->failed;
		ssize_t len = readlink(ax_buf_text(at), target, sizeof(target));
		if (len <= 0)
			continue;
		if (is_moving(judge, ax_buf_str(at), touched))
			return true;
		/* The system gives up there. */
		if (++n_links > LINKS_LIMIT)
			return false;
		take_target(judge, at, ax_str(target, (size_t)len), &way);
	}
	return false;
}

/* way: path with its "..". */
static bool touches_path(struct judge *judge, struct ax_str path, struct ax_str way,
	struct ax_str *touched)
{
	return touches_absolute(judge, path, touched) || follow(judge, way, touched) ||
	       touches_absolute(judge, ax_buf_str(&judge->canonical), touched);
}

static int add_touch(struct judge *judge, struct reorg_gate_task *task, struct ax_str path)
{
	for (size_t i = 0; i < task->n_touches; i++) {
		if (ax_str_equal(task->touches[i], path))
			return 0;
	}
	/* Full whenever their number is a power of two. */
	if ((task->n_touches & (task->n_touches - 1)) == 0) {
		struct ax_str *grown = ax_arena_alloc(&judge->gate->arena,
			(2 * task->n_touches + 1) * sizeof(*grown));
		if (!grown)
			return no_memory(judge);
		if (task->n_touches)
			memcpy(grown, task->touches, task->n_touches * sizeof(*grown));
		task->touches = grown;
	}
	const char *copy = ax_arena_copy(&judge->gate->arena, path);
	if (!copy)
		return no_memory(judge);
	task->touches[task->n_touches++] = ax_str(copy, path.len);
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

/* Whether the project is dir or below it, both absolute. */
static bool holds_root(const struct judge *judge, struct ax_str dir)
{
	return ax_str_equal(dir, AX_STR("/")) || ax_path_below(judge->options->root_path, dir);
}

/*
 * A glob that can only match where nothing moves is harmless, and so is a program that takes all
 * below such a directory; such programs do not look behind links.
 */
static bool may_touch(struct judge *judge, const struct idx_word *word)
{
	struct ax_str touched, dir = word->path;

	judge->passes_links = word->walked;
	bool touches = dir.len == 0 || touches_path(judge, dir, dir, &touched) ||
		       holds_root(judge, dir) ||
		       holds_root(judge, ax_buf_str(&judge->canonical));
	judge->passes_links = false;
	return touches;
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
		else if (!word->unresolved &&
			 touches_path(judge, word->path, word->way, &touched))
			status = add_touch(judge, task, touched);
		if (status < 0)
			return -1;
	}
	return 0;
}

/* The words as they would be if they were seen from dir. */
static int judge_words_from(struct judge *judge, struct reorg_gate_task *task,
	struct ax_str dir)
{
	const struct idx_words *words = &task->job->words;
	struct ax_buf path = { 0 }, way = { 0 };
	struct ax_str touched;
	int status = 0;

	for (size_t i = 0; i < words->count && status == 0; i++) {
		const struct idx_word *word = &words->items[i];
		if (word->path.len == 0 || word->text.ptr[0] == '/' || word->text.ptr[0] == '~')
			continue;
		ax_buf_clear(&path);
		ax_path_resolve(&path, dir, word->text);
		ax_buf_clear(&way);
		ax_path_join(&way, dir, word->text);
		if (path.failed || way.failed)
			status = no_memory(judge);
		else if (touches_path(judge, ax_buf_str(&path), ax_buf_str(&way), &touched))
			status = add_touch(judge, task, touched);
	}
	ax_buf_free(&path);
	ax_buf_free(&way);
	return status;
}

/* Mark in named, by its length, the root or a directory above it that the word is. */
static void mark_above(struct judge *judge, const struct idx_word *word, bool *named)
{
	struct ax_str ignored;

	if (word->path.len == 0)
		return;
	if (holds_root(judge, word->path))
		named[word->path.len] = true;
	else if (!follow(judge, word->way, &ignored) && judge->canonical.len &&
		 holds_root(judge, ax_buf_str(&judge->canonical)))
		named[judge->canonical.len] = true;
}

/*
 * A command that names the project or a directory above it may see its other words from there:
 * --root=PROJECT --file=out/x.
 */
static int judge_from_above(struct judge *judge, struct reorg_gate_task *task)
{
	struct ax_str root = judge->options->root_path;
	bool *named = calloc(root.len + 1, sizeof(*named));
	int status = named ? 0 : no_memory(judge);

	for (size_t i = 0; i < task->job->words.count && status == 0; i++)
		mark_above(judge, &task->job->words.items[i], named);
	for (size_t len = 1; len <= root.len && status == 0; len++) {
		if (named[len])
			status = judge_words_from(judge, task, ax_str_slice(root, 0, len));
	}
	free(named);
	return status;
}

static int judge_task(struct judge *judge, struct reorg_gate_task *task)
{
	struct ax_str touched;

	if (judge_words(judge, task) < 0 || judge_from_above(judge, task) < 0)
		return -1;
	if (task->job->cwd.len &&
		touches_path(judge, task->job->cwd, task->job->cwd, &touched) &&
		add_touch(judge, task, touched) < 0)
		return -1;
	if (task->job->cwd.len == 0 &&
		set_cannot_tell(judge, task, AX_STR("the directory it runs in is not known")) <
			0)
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

int reorg_gate_judge(const struct idx_jobs *jobs, const struct reorg_plan *plan,
	const struct reorg_gate_options *options, struct reorg_gate *out, struct ax_error *err)
{
	struct reorg_gate gate = { 0 };
	struct judge judge = { .options = options, .gate = &gate, .err = err };

	int status = list_moving(&judge, plan);
	if (status == 0)
		status = judge_all(&judge, jobs);
	if (status == 0 && judge.failed)
		status = no_memory(&judge);
	free(judge.moving);
	ax_buf_free(&judge.relative);
	ax_buf_free(&judge.canonical);
	ax_buf_free(&judge.way);
	ax_buf_free(&judge.longer_way);
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
