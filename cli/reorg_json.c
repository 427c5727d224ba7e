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

int cli_reorg_json(struct cli_output *out, const struct cli_reorg *reorg,
	const struct cli_reorg_outcome *outcome, struct ax_error *err)
{
	struct ax_buf text = { 0 };
	struct ax_json_writer w = { .buf = &text, .indent = true };

	ax_json_begin_object(&w);
	cli_record_json_text(&w, "schema", AX_STR("artidx.reorg/1"));
	ax_json_write_path(&w, "root", ax_str_from(reorg->project.root));
	ax_json_write_key(&w, AX_STR("plan"));
	if (outcome->id)
		ax_json_write_string(&w, ax_str_from(outcome->id));
	else
		ax_json_write_null(&w);
	write_moves(&w, &reorg->draft);
	write_stays(&w, &reorg->draft);
	write_edits(&w, reorg);
	write_links(&w, reorg);
	write_gate(&w, &reorg->gate);
	cli_record_json_bool(&w, "applied", outcome->applied);
	ax_json_end_object(&w);
	ax_buf_append_byte(&text, '\n');
	int status = ax_buf_check(&text, "the JSON document", err);
	if (status == 0)
		fwrite(text.data, 1, text.len, out->stream);
	ax_buf_free(&text);
	return status;
}
