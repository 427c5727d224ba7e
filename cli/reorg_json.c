#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/command.h"
#include "cli/record_json.h"
#include "cli/reorg_session.h"
#include "cli/reorg_view.h"

static void begin_list(struct ax_json_writer *w, const char *key)
{
	ax_json_write_key(w, ax_str_from(key));
	ax_json_begin_array(w);
}

static void write_moves(struct ax_json_writer *w, const struct reorg_draft *draft)
{
	begin_list(w, "moves");
	for (size_t i = 0; i < draft->n_moves; i++) {
		const struct reorg_file_move *move = &draft->moves[i];
		ax_json_begin_object(w);
		ax_json_write_path(w, "from", move->from);
		ax_json_write_path(w, "to", move->to);
		cli_record_json_text(w, "class", move->class_name);
		cli_record_json_text(w, "why", move->why);
		cli_record_json_u64(w, "size", move->size);
		ax_json_end_object(w);
	}
	ax_json_end_array(w);
	begin_list(w, "dirs");
	for (size_t i = 0; i < draft->n_dirs; i++) {
		ax_json_begin_object(w);
		ax_json_write_path(w, "from", draft->dirs[i].from);
		ax_json_write_path(w, "to", draft->dirs[i].to);
		cli_record_json_u64(w, "files", draft->dirs[i].files);
		cli_record_json_u64(w, "bytes", draft->dirs[i].bytes);
		ax_json_end_object(w);
	}
	ax_json_end_array(w);
}

static void write_stays(struct ax_json_writer *w, const struct reorg_draft *draft)
{
	begin_list(w, "stay");
	for (size_t i = 0; i < draft->n_stays; i++) {
		const struct reorg_stay *stay = &draft->stays[i];
		ax_json_begin_object(w);
		ax_json_write_path(w, "path", stay->path);
		cli_record_json_text(w, "flag", ax_str_from(reorg_flag_name(stay->flag)));
		cli_record_json_text(w, "why", stay->why);
		ax_json_end_object(w);
	}
	ax_json_end_array(w);
}

static void write_edits(struct ax_json_writer *w, const struct cli_reorg *reorg)
{
	const struct reorg_edits *edits = &reorg->edits;
	size_t n = reorg->options.no_edits ? 0 : edits->n_edits;

	begin_list(w, "edits");
	for (size_t i = 0; i < n; i++) {
		ax_json_begin_object(w);
		ax_json_write_path(w, "file", edits->edits[i].file);
		cli_record_json_u64(w, "line", edits->edits[i].line);
		ax_json_write_path(w, "old", edits->edits[i].old);
		ax_json_write_path(w, "new", edits->edits[i].new);
		ax_json_end_object(w);
	}
	ax_json_end_array(w);
	begin_list(w, "unresolved");
	for (size_t i = 0; i < edits->n_unresolved; i++) {
		ax_json_begin_object(w);
		ax_json_write_path(w, "file", edits->unresolved[i].file);
		cli_record_json_u64(w, "line", edits->unresolved[i].line);
		cli_record_json_text(w, "text", edits->unresolved[i].text);
		cli_record_json_text(w, "why", ax_str_from(edits->unresolved[i].why));
		ax_json_end_object(w);
	}
	ax_json_end_array(w);
}

static void write_unread(struct ax_json_writer *w, const struct idx_references *references)
{
	begin_list(w, "not_read");
	for (size_t i = 0; i < references->n_unread; i++) {
		ax_json_begin_object(w);
		ax_json_write_path(w, "path", references->unread[i].file);
		cli_record_json_text(w, "why", references->unread[i].why);
		ax_json_end_object(w);
	}
	ax_json_end_array(w);
}

static void write_links(struct ax_json_writer *w, const struct cli_reorg *reorg)
{
	begin_list(w, "links");
	for (size_t i = 0; i < reorg->schedule.n_links; i++) {
		ax_json_begin_object(w);
		ax_json_write_path(w, "path", reorg->schedule.links[i].path);
		ax_json_write_path(w, "target", reorg->schedule.links[i].target);
		ax_json_end_object(w);
	}
	ax_json_end_array(w);
	begin_list(w, "retargets");
	for (size_t i = 0; i < reorg->draft.n_retargets; i++) {
		const struct reorg_retarget *link = &reorg->draft.retargets[i];
		ax_json_begin_object(w);
		ax_json_write_path(w, "path", link->path);
		ax_json_write_path(w, "old", link->old_target);
		ax_json_write_path(w, "new", link->new_target);
		ax_json_end_object(w);
	}
	ax_json_end_array(w);
}

static void write_task(struct ax_json_writer *w, const struct reorg_gate_task *task)
{
	ax_json_begin_object(w);
	cli_record_json_text(w, "id", task->job->id);
	cli_record_json_text(w, "queue", ax_str_from(task->job->queue));
	cli_record_json_text(w, "state", ax_str_from(idx_job_state_name(task->job->state)));
	cli_record_json_text(w, "command", task->job->command);
	cli_record_json_text(w, "verdict", ax_str_from(reorg_verdict_name(task->verdict)));
	if (task->verdict == REORG_CANNOT_TELL)
		cli_record_json_text(w, "why", task->why);
	cli_record_json_bool(w, "ignored", task->ignored);
	begin_list(w, "touches");
	for (size_t i = 0; i < task->n_touches; i++)
		ax_json_write_string(w, task->touches[i]);
	ax_json_end_array(w);
	ax_json_end_object(w);
}

static void write_gate(struct ax_json_writer *w, const struct reorg_gate *gate)
{
	ax_json_write_key(w, AX_STR("gate"));
	ax_json_begin_object(w);
	cli_record_json_text(w, "state", ax_str_from(reorg_gate_state_name(gate->state)));
	cli_record_json_text(w, "queue", gate->queues);
	if (gate->why.len)
		cli_record_json_text(w, "why", gate->why);
	begin_list(w, "tasks");
	for (size_t i = 0; i < gate->n_tasks; i++)
		write_task(w, &gate->tasks[i]);
	ax_json_end_array(w);
	ax_json_end_object(w);
}

static void write_act(struct ax_json_writer *w, const struct reorg_act *act)
{
	ax_json_begin_object(w);
	ax_json_write_path(w, "from", act->from);
	ax_json_write_path(w, "to", act->to);
	ax_json_end_object(w);
}

static void write_acts(struct ax_json_writer *w, const char *key, const struct reorg_plan *plan,
	enum reorg_act_kind kind)
{
	begin_list(w, key);
	for (size_t i = 0; i < plan->n_acts; i++) {
		if (plan->acts[i].kind == kind)
			write_act(w, &plan->acts[i]);
	}
	ax_json_end_array(w);
}

/* Edits and links as a plan keeps them: it knows places in files, and not their lines. */
static void write_saved_changes(struct ax_json_writer *w, const struct reorg_plan *plan)
{
	begin_list(w, "edits");
	for (size_t i = 0; i < plan->n_acts; i++) {
		const struct reorg_act *act = &plan->acts[i];
		for (size_t k = 0; k < act->n_spans; k++) {
			ax_json_begin_object(w);
			ax_json_write_path(w, "file", act->from);
			cli_record_json_u64(w, "offset", act->spans[k].offset);
			ax_json_write_path(w, "old", act->spans[k].old);
			ax_json_write_path(w, "new", act->spans[k].new);
			ax_json_end_object(w);
		}
	}
	ax_json_end_array(w);
	begin_list(w, "links");
	for (size_t i = 0; i < plan->n_acts; i++) {
		if (plan->acts[i].kind != REORG_LINK)
			continue;
		ax_json_begin_object(w);
		ax_json_write_path(w, "path", plan->acts[i].to);
		ax_json_write_path(w, "target", plan->acts[i].target);
		ax_json_end_object(w);
	}
	ax_json_end_array(w);
}

static void begin_document(struct ax_json_writer *w, const struct cli_reorg *reorg,
	const struct cli_reorg_outcome *outcome)
{
	ax_json_begin_object(w);
	cli_record_json_text(w, "schema", AX_STR("artidx.reorg/1"));
	ax_json_write_path(w, "root", ax_str_from(reorg->project.root));
	ax_json_write_key(w, AX_STR("plan"));
	if (outcome->id)
		ax_json_write_string(w, ax_str_from(outcome->id));
	else
		ax_json_write_null(w);
}

static int end_document(struct ax_json_writer *w, struct cli_output *out,
	const struct cli_reorg *reorg, const struct cli_reorg_outcome *outcome,
	struct ax_error *err)
{
	/* A plan that is done already passed its gate back then. */
	if (reorg->gate.queues.len)
		write_gate(w, &reorg->gate);
	cli_record_json_bool(w, "applied", outcome->applied);
	ax_json_end_object(w);
	return cli_record_json_print(out->stream, w->buf, err);
}

int cli_reorg_json(struct cli_output *out, const struct cli_reorg *reorg,
	const struct cli_reorg_outcome *outcome, struct ax_error *err)
{
	struct ax_buf text = { 0 };
	struct ax_json_writer w = { .buf = &text, .indent = true };

	begin_document(&w, reorg, outcome);
	write_moves(&w, &reorg->draft);
	write_stays(&w, &reorg->draft);
	write_edits(&w, reorg);
	write_unread(&w, &reorg->references);
	write_links(&w, reorg);
	return end_document(&w, out, reorg, outcome, err);
}

int cli_reorg_json_saved(struct cli_output *out, const struct cli_reorg *reorg,
	const struct reorg_plan *plan, const struct cli_reorg_outcome *outcome,
	struct ax_error *err)
{
	static const struct reorg_plan nothing = { 0 };
	struct ax_buf text = { 0 };
	struct ax_json_writer w = { .buf = &text, .indent = true };

	plan = plan ? plan : &nothing;
	begin_document(&w, reorg, outcome);
	if (outcome->state)
		cli_record_json_text(&w, "state", ax_str_from(outcome->state));
	write_acts(&w, "moves", plan, REORG_MOVE);
	write_acts(&w, "dirs", plan, REORG_MOVE_DIR);
	write_saved_changes(&w, plan);
	return end_document(&w, out, reorg, outcome, err);
}
