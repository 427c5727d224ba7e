#include "cli/reorg_gate.h"

#include "base/error.h"
#include "cli/command.h"
#include "cli/queue.h"
#include "cli/reorg_session.h"
#include "cli/reorg_view.h"
#include "reorg/act.h"
#include "reorg/open_files.h"

#include <errno.h>
#include <stdlib.h>

/* --ignore-task 1,2 --ignore-task pueue:7 as one list. */
static int list_ignored(struct cli_reorg *reorg, struct ax_str **out, size_t *n_out,
	struct ax_error *err)
{
	const struct opt_list *options = reorg->options.ignored;
	size_t n = 0, count = 1;

	for (size_t i = 0; options && i < options->count; i++) {
		for (const char *c = options->items[i]; *c; c++)
			count += *c == ',';
		count++;
	}
	struct ax_str *ids = ax_arena_alloc(&reorg->cli->arena, count * sizeof(*ids));
	if (!ids)
		return ax_fail(err, ENOMEM, "no memory for the names of tasks");
	for (size_t i = 0; options && i < options->count; i++) {
		struct ax_str rest = ax_str_from(options->items[i]);
		while (rest.len) {
			size_t end = ax_str_find(rest, ',');
			ids[n++] = ax_str_slice(rest, 0, end);
			rest = ax_str_slice(rest, end + 1, rest.len);
		}
	}
	*out = ids;
	*n_out = n;
	return 0;
}

int cli_reorg_judge(struct cli_reorg *reorg, const struct reorg_plan *plan,
	enum reorg_side leaves, struct reorg_gate *out, struct ax_error *err)
{
	struct reorg_gate_options options = { .root_path = ax_str_from(reorg->project.root),
		.leaves = leaves };
	struct ax_str *ignored = NULL;

	if (list_ignored(reorg, &ignored, &options.n_ignored, err) < 0)
		return -1;
	options.ignored = ignored;
	return reorg_gate_judge(&reorg->jobs, plan, &options, out, err);
}

int cli_reorg_ask(struct cli_reorg *reorg, const struct reorg_plan *plan,
	enum reorg_side leaves, struct ax_error *err)
{
	reorg_gate_free(&reorg->gate);
	idx_jobs_free(&reorg->jobs);
	if (cli_queue_read(&reorg->project, &reorg->config, reorg->options.queue, &reorg->jobs,
		    err) < 0)
		return -1;
	return cli_reorg_judge(reorg, plan, leaves, &reorg->gate, err);
}

int cli_reorg_require_idle(const struct cli_reorg *reorg, struct ax_error *err)
{
	const struct reorg_gate *gate = &reorg->gate;
	size_t blocking = 0;
	char tasks[AX_UNITS_MAX];

	if (gate->state == REORG_GATE_IDLE)
		return 0;
	if (gate->state == REORG_GATE_UNKNOWN)
		return ax_fail(err, AX_EREFUSED,
			"%.*s; nothing was changed (--queue none if there is no queue)",
			AX_STR_ARG(gate->why));
	for (size_t i = 0; i < gate->n_tasks; i++)
		blocking += gate->tasks[i].verdict != REORG_CLEAR && !gate->tasks[i].ignored;
	ax_count_say(blocking, "task", tasks);
	return ax_fail(err, AX_EREFUSED,
		"the queue is busy: %s name%s what would move, or may; nothing was "
		"changed (--when-idle waits, 'artidx reorg' shows which)",
		tasks, blocking == 1 ? "s" : "");
}

/* Where the file is that an act moves or edits; "" for other acts. */
static struct ax_str changing_path(const struct reorg_act *act, enum reorg_side leaves)
{
	if (act->kind == REORG_MOVE || act->kind == REORG_MOVE_DIR)
		return leaves == REORG_FROM ? act->from : act->to;
	/* A shell goes on reading a script as it was, with paths that are no more. */
	return act->kind == REORG_EDIT ? act->from : AX_STR("");
}

static const struct reorg_open_file *find_open(const struct reorg_open_files *files,
	const struct reorg_act *act, enum reorg_side leaves)
{
	struct ax_str path = changing_path(act, leaves);

	return path.len ? reorg_open_files_below(files, path) : NULL;
}

/* AX_EREFUSED when a process has something open that moves or is edited. */
static int require_closed(const struct cli_reorg *reorg, const struct reorg_plan *plan,
	enum reorg_side leaves, struct ax_error *err)
{
	struct reorg_open_files files = { 0 };
	const struct reorg_open_file *found = NULL;

	if (reorg_open_files_list(ax_str_from(reorg->project.root), &files, err) < 0)
		return -1;
	for (size_t i = 0; i < plan->n_acts && !found; i++)
		found = find_open(&files, &plan->acts[i], leaves);
	int status = 0;
	if (found)
		status = ax_fail(err, AX_EREFUSED,
			"%.*s: process %ld has it open; nothing was changed",
			AX_STR_ARG(found->path), (long)found->pid);
	reorg_open_files_free(&files);
	return status;
}

int cli_reorg_pass(struct cli_reorg *reorg, const struct reorg_plan *plan,
	enum reorg_side leaves, struct ax_error *err)
{
	if (cli_reorg_ask(reorg, plan, leaves, err) < 0)
		return -1;
	if (cli_reorg_require_idle(reorg, err) < 0) {
		if (reorg->options.shows_gate)
			cli_reorg_print_gate(&reorg->cli->out, reorg);
		return -1;
	}
	return require_closed(reorg, plan, leaves, err);
}

static void warn_of_tasks(struct cli_reorg *reorg, const struct reorg_plan *plan,
	enum reorg_side leaves)
{
	struct cli_output *out = &reorg->cli->out;
	struct ax_error mistake;

	if (cli_reorg_ask(reorg, plan, leaves, &mistake) < 0) {
		cli_report_warning(out, "the queue is not known: %s", mistake.message);
		return;
	}
	if (reorg->gate.state == REORG_GATE_UNKNOWN)
		cli_report_warning(out, "the queue is not known: %.*s",
			AX_STR_ARG(reorg->gate.why));
	for (size_t i = 0; i < reorg->gate.n_tasks; i++) {
		const struct reorg_gate_task *task = &reorg->gate.tasks[i];
		if (task->verdict == REORG_TOUCHES && !task->ignored)
			cli_report_warning(out, "task %s %.*s names what still moves: %.*s",
				task->job->queue, AX_STR_ARG(task->job->id),
				AX_STR_ARG(task->touches[0]));
		else if (task->verdict == REORG_CANNOT_TELL && !task->ignored)
			cli_report_warning(out, "task %s %.*s may name what still moves: %.*s",
				task->job->queue, AX_STR_ARG(task->job->id),
				AX_STR_ARG(task->why));
	}
}

static void warn_of_open_files(struct cli_reorg *reorg, const struct reorg_plan *plan,
	enum reorg_side leaves)
{
	struct cli_output *out = &reorg->cli->out;
	struct reorg_open_files files = { 0 };
	struct ax_error mistake;

	if (reorg_open_files_list(ax_str_from(reorg->project.root), &files, &mistake) < 0) {
		cli_report_warning(out, "%s", mistake.message);
		return;
	}
	for (size_t i = 0; i < plan->n_acts; i++) {
		const struct reorg_open_file *found = find_open(&files, &plan->acts[i], leaves);
		if (found)
			cli_report_warning(out, "%.*s: process %ld has it open",
				AX_STR_ARG(found->path), (long)found->pid);
	}
	reorg_open_files_free(&files);
}

void cli_reorg_warn(struct cli_reorg *reorg, const struct reorg_plan *plan,
	enum reorg_side leaves)
{
	if (plan->n_acts == 0)
		return;
	warn_of_tasks(reorg, plan, leaves);
	warn_of_open_files(reorg, plan, leaves);
}
