#include "cli/reorg_run.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/archive_run.h"
#include "cli/command.h"
#include "cli/progress.h"
#include "cli/record_json.h"
#include "cli/reorg_gate.h"
#include "cli/reorg_session.h"
#include "cli/reorg_settle.h"
#include "cli/reorg_view.h"
#include "reorg/apply.h"
#include "reorg/journal.h"
#include "reorg/remaining.h"

#include <inttypes.h>
#include <string.h>

enum { COUNTS_COLUMN = 43 }; /* of a row of --history, where its counts begin */

static void describe(const void *counters, struct ax_buf *line)
{
	const struct reorg_progress *progress = counters;
	char bytes[AX_UNITS_MAX];

	ax_size_format(progress->bytes, bytes);
	ax_buf_printf(line, "moving: %" PRIu64 " of %" PRIu64 ", %s copied", progress->acts,
		progress->total, bytes);
}

static int carry_out(struct reorg_journal *journal, enum cli_reorg_direction direction,
	const struct reorg_options *options, struct reorg_report *report, struct ax_error *err)
{
	switch (direction) {
	case CLI_REORG_APPLY:
		return reorg_apply(journal, options, report, err);
	case CLI_REORG_RECOVER:
		return reorg_recover(journal, options, report, err);
	case CLI_REORG_UNDO:
		return reorg_undo(journal, options, report, err);
	}
	return 0;
}

static void tell(struct cli *cli, const struct reorg_report *report)
{
	struct ax_buf line = { 0 };

	for (size_t i = 0; i < report->n_refused + report->n_notes; i++) {
		const struct reorg_remark *remark =
			i < report->n_refused ? &report->refused[i]
					      : &report->notes[i - report->n_refused];
		ax_buf_clear(&line);
		ax_buf_append_str(&line, remark->path);
		ax_buf_append_text(&line, ": ");
		ax_buf_append_str(&line, remark->text);
		cli_report_warning(&cli->out, "%s", ax_buf_text(&line));
	}
	ax_buf_free(&line);
}

int cli_reorg_run(struct cli_reorg *reorg, struct reorg_journal *journal,
	enum cli_reorg_direction direction, struct ax_error *err)
{
	struct reorg_progress counters = { 0 };
	struct cli_progress_source source = {
		.counters = &counters, .stop = &counters.stop, .describe = describe
	};
	struct reorg_options options = { .root = reorg->root, .progress = &counters };
	struct reorg_report report = { 0 };
	struct cli_progress *progress = NULL;

	if (cli_progress_begin(&source, &progress, err) < 0)
		return -1;
	int status = carry_out(journal, direction, &options, &report, err);
	int signal_number = cli_progress_end(progress);
	if (status < 0 && counters.stop)
		reorg->cli->signal_number = signal_number;
	tell(reorg->cli, &report);
	reorg_report_free(&report);
	/* An undo that had to leave something has still moved the rest. */
	struct ax_error settling;
	int settled = cli_reorg_settle(reorg, journal, &settling);
	if (status == 0 && settled < 0) {
		*err = settling;
		return -1;
	}
	return status;
}

/* How a plan of the store is carried on. */
struct way {
	enum cli_reorg_direction direction;
	bool is_recovery; /* of what was interrupted: nothing holds it up */
};

static bool is_unfinished(enum reorg_state state)
{
	return state == REORG_RUNNING || state == REORG_UNDOING;
}

/* The newest plan that is not finished or, where that may be, applied; NULL without one. */
static const struct reorg_summary *find_newest(const struct reorg_summary *list, size_t n,
	bool may_be_applied)
{
	for (size_t i = n; i > 0; i--) {
		enum reorg_state state = list[i - 1].state;
		if (is_unfinished(state) || (may_be_applied && state == REORG_APPLIED))
			return &list[i - 1];
	}
	return NULL;
}

/* Recovering goes on whatever has the files; an undo of its own is asked like an apply. */
static int pass_or_warn(struct cli_reorg *reorg, const struct reorg_journal *journal,
	const struct way *way, struct ax_error *err)
{
	bool back = way->direction == CLI_REORG_UNDO ||
		    reorg_journal_state(journal) == REORG_UNDOING;
	enum reorg_side leaves = back ? REORG_TO : REORG_FROM;
	struct reorg_plan rest;

	if (reorg_remaining(journal, reorg->root, leaves, &reorg->cli->arena, &rest, err) < 0)
		return -1;
	if (rest.n_acts && !way->is_recovery)
		return cli_reorg_pass(reorg, &rest, leaves, err);
	cli_reorg_warn(reorg, &rest, leaves);
	return 0;
}

/* That there was nothing to do. */
static int tell_nothing(struct cli_reorg *reorg, const char *text, struct ax_error *err)
{
	struct cli_reorg_outcome outcome = { 0 };

	if (reorg->options.json)
		return cli_reorg_json_saved(&reorg->cli->out, reorg, NULL, &outcome, err);
	fputs(text, reorg->cli->out.stream);
	return 0;
}

static int tell_state(struct cli_reorg *reorg, const struct reorg_journal *journal,
	const struct way *way, struct ax_error *err)
{
	enum reorg_state state = reorg_journal_state(journal);
	struct cli_reorg_outcome outcome = { .id = reorg_journal_id(journal),
		.state = reorg_state_name(state),
		.applied = way->direction == CLI_REORG_RECOVER && state == REORG_APPLIED };

	if (reorg->options.json)
		return cli_reorg_json_saved(&reorg->cli->out, reorg,
			reorg_journal_plan(journal), &outcome, err);
	fprintf(reorg->cli->out.stream, "plan %s is %s\n", outcome.id, outcome.state);
	return 0;
}

static int run_one(struct cli_reorg *reorg, struct reorg_store *store, const char *id,
	const struct way *way, struct ax_error *err)
{
	struct reorg_journal *journal = NULL;

	if (reorg_journal_open(store, id, &journal, err) < 0)
		return -1;
	int status = pass_or_warn(reorg, journal, way, err);
	if (status == 0)
		status = cli_reorg_run(reorg, journal, way->direction, err);
	if (status == 0)
		status = tell_state(reorg, journal, way, err);
	reorg_journal_close(journal);
	return status;
}

int cli_reorg_undo(struct cli_reorg *reorg, struct reorg_store *store, const char *id,
	struct ax_error *err)
{
	const struct way undo = { CLI_REORG_UNDO, false };
	struct reorg_summary *list = NULL;
	size_t n = 0;

	if (id)
		return run_one(reorg, store, id, &undo, err);
	if (reorg_store_list(store, &reorg->cli->arena, &list, &n, err) < 0)
		return -1;
	const struct reorg_summary *last = find_newest(list, n, true);
	if (!last)
		return tell_nothing(reorg, "nothing to undo: no plan is applied\n", err);
	return run_one(reorg, store, last->id, &undo, err);
}

int cli_reorg_recover(struct cli_reorg *reorg, struct reorg_store *store, bool back,
	struct ax_error *err)
{
	const struct way way = { back ? CLI_REORG_UNDO : CLI_REORG_RECOVER, true };
	struct reorg_summary *list = NULL;
	struct ax_error mistake;
	size_t n = 0;
	int cleared = cli_archive_clear(reorg, &mistake);

	if (cleared < 0)
		cli_report_warning(&reorg->cli->out, "%s", mistake.message);
	if (reorg_store_list(store, &reorg->cli->arena, &list, &n, err) < 0)
		return -1;
	const struct reorg_summary *interrupted = find_newest(list, n, false);
	if (interrupted)
		return run_one(reorg, store, interrupted->id, &way, err);
	if (reorg_store_check_finished(store, NULL, err) < 0)
		return -1;
	return cleared > 0 && !reorg->options.json
		       ? 0
		       : tell_nothing(reorg, "nothing to recover: no plan was interrupted\n",
				 err);
}

/* What a plan of the store is made of. */
struct counts {
	uint64_t files, dirs, edits, links;
	uint64_t left;       /* acts that an undo could not take back */
	struct ax_error why; /* with a code when the plan cannot be read */
};

static struct counts count_acts(struct reorg_store *store, const char *id)
{
	struct counts counts = { 0 };
	struct reorg_journal *journal = NULL;

	if (reorg_journal_open(store, id, &journal, &counts.why) < 0)
		return counts;
	const struct reorg_plan *plan = reorg_journal_plan(journal);
	const size_t *left = NULL;
	if (reorg_journal_state(journal) == REORG_UNDONE)
		counts.left = reorg_journal_left(journal, &left);
	for (size_t i = 0; i < plan->n_acts; i++) {
		enum reorg_act_kind kind = plan->acts[i].kind;
		counts.files += kind == REORG_MOVE;
		counts.dirs += kind == REORG_MOVE_DIR;
		counts.edits += kind == REORG_EDIT;
		counts.links += kind == REORG_LINK || kind == REORG_UNLINK;
	}
	reorg_journal_close(journal);
	return counts;
}

/* What was begun is not interrupted while the artidx that began it is at work. */
static const char *state_name(const struct reorg_store *store,
	const struct reorg_summary *summary)
{
	return reorg_store_is_busy(store) && is_unfinished(summary->state)
		       ? "running"
		       : reorg_state_name(summary->state);
}

/* One more thing of a row, below what stands there before where the terminal has no room. */
static void print_item(struct cli_output *out, size_t *column, const char *text)
{
	size_t width = 2 + strlen(text);

	if (out->columns && *column + width > out->columns) {
		fputc('\n', out->stream);
		cli_print_pad(out, COUNTS_COLUMN);
		*column = COUNTS_COLUMN;
	}
	fprintf(out->stream, "  %s", text);
	*column += width;
}

static void print_count(struct cli_output *out, size_t *column, uint64_t count,
	const char *noun)
{
	char text[AX_UNITS_MAX];

	ax_count_say(count, noun, text);
	if (count)
		print_item(out, column, text);
}

static void print_summary(struct cli_output *out, const char *state,
	const struct reorg_summary *summary, const struct counts *counts)
{
	size_t column = COUNTS_COLUMN;
	char text[AX_UNITS_MAX];

	ax_time_format_short(summary->time, text);
	fprintf(out->stream, "%s  %s  %-11s", summary->id, text, state);
	print_count(out, &column, counts->files, "file");
	print_count(out, &column, counts->dirs, "directory");
	print_count(out, &column, counts->edits, "script");
	print_count(out, &column, counts->links, "link");
	snprintf(text, sizeof(text), "%" PRIu64 " not taken back", counts->left);
	if (counts->left)
		print_item(out, &column, text);
	if (counts->why.code) {
		fputs("  ", out->stream);
		cli_print_text(out, ax_str_from(counts->why.message));
	}
	fputc('\n', out->stream);
}

static int print_json(struct cli_reorg *reorg, struct reorg_store *store,
	const struct reorg_summary *list, size_t n, struct ax_error *err)
{
	struct ax_buf text = { 0 };
	struct ax_json_writer w = { .buf = &text, .indent = true };

	ax_json_begin_object(&w);
	cli_record_json_text(&w, "schema", AX_STR("artidx.reorg-history/1"));
	ax_json_write_path(&w, "root", ax_str_from(reorg->project.root));
	ax_json_write_key(&w, AX_STR("rows"));
	ax_json_begin_array(&w);
	for (size_t i = 0; i < n; i++) {
		ax_json_begin_object(&w);
		cli_record_json_text(&w, "plan", ax_str_from(list[i].id));
		cli_record_json_text(&w, "state", ax_str_from(state_name(store, &list[i])));
		cli_record_json_time(&w, "time", list[i].time);
		struct counts counts = count_acts(store, list[i].id);
		if (counts.why.code)
			cli_record_json_text(&w, "why", ax_str_from(counts.why.message));
		cli_record_json_u64(&w, "files", counts.files);
		cli_record_json_u64(&w, "dirs", counts.dirs);
		cli_record_json_u64(&w, "edits", counts.edits);
		cli_record_json_u64(&w, "links", counts.links);
		cli_record_json_u64(&w, "left", counts.left);
		ax_json_end_object(&w);
	}
	ax_json_end_array(&w);
	ax_json_end_object(&w);
	return cli_record_json_print(reorg->cli->out.stream, &text, err);
}

/* Whether a plan that was never begun has a newer one, or something that was done, behind it. */
static bool is_superseded(const struct reorg_summary *list, size_t n,
	const struct reorg_summary *plan)
{
	bool is_newest = true;

	for (size_t i = 0; i < n && is_newest; i++)
		is_newest = list[i].time <= plan->time;
	return plan->state == REORG_PLANNED && !is_newest;
}

int cli_reorg_history(struct cli_reorg *reorg, struct reorg_store *store,
	enum cli_reorg_listing listing, struct ax_error *err)
{
	struct cli_output *out = &reorg->cli->out;
	struct reorg_summary *list = NULL;
	size_t n = 0, n_left_out = 0;

	if (reorg_store_list(store, &reorg->cli->arena, &list, &n, err) < 0)
		return -1;
	if (listing == CLI_REORG_JSON)
		return print_json(reorg, store, list, n, err);
	for (size_t i = 0; i < n; i++) {
		if (listing == CLI_REORG_RELEVANT && is_superseded(list, n, &list[i])) {
			n_left_out++;
			continue;
		}
		struct counts counts = count_acts(store, list[i].id);
		print_summary(out, state_name(store, &list[i]), &list[i], &counts);
	}
	if (n == 0)
		fputs("no plans yet\n", out->stream);
	if (n_left_out == 1)
		fputs("and 1 plan that was not applied and has a newer one: -v lists it\n",
			out->stream);
	if (n_left_out > 1)
		fprintf(out->stream,
			"and %zu plans that were not applied and have a newer one: -v lists "
			"them\n",
			n_left_out);
	return 0;
}
