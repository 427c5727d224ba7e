#include "cli/reorg_settle.h"

#include "archive/retire.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/path.h"
#include "cli/command.h"
#include "cli/reorg_session.h"
#include "indexer/history.h"
#include "reorg/journal.h"

#include <time.h>

/* Append what one act moved, forward or back. */
static int record_act(struct idx_history *history, const struct reorg_act *act, bool is_undo,
	ax_nanoseconds time, struct ax_error *err)
{
	struct idx_move move = { .kind = is_undo ? IDX_MOVE_UNDO : IDX_MOVE_REORG,
		.time = time,
		.is_dir = act->kind == REORG_MOVE_DIR,
		.from = is_undo ? act->to : act->from,
		.to = is_undo ? act->from : act->to };

	if (act->kind != REORG_MOVE && act->kind != REORG_MOVE_DIR)
		return 0;
	return idx_history_append(history, &move, err);
}

/* Of a directory that was archived one record tells all: what stayed is still at its path. */
static int record_archive(struct idx_history *history, struct ax_str dir, ax_nanoseconds time,
	struct ax_error *err)
{
	struct ax_buf to = { 0 };

	ax_buf_append_str(&to, dir);
	ax_buf_append_text(&to, ".tar.zst//");
	ax_buf_append_str(&to, ax_path_name(dir));
	struct idx_move move = { .kind = IDX_MOVE_ARCHIVED,
		.time = time,
		.is_dir = true,
		.from = dir,
		.to = ax_buf_str(&to) };
	int status = ax_buf_check(&to, "the name of an archive", err);
	if (status == 0)
		status = idx_history_append(history, &move, err);
	ax_buf_free(&to);
	return status < 0 ? -1 : idx_history_sync(history, err);
}

static int record_moves(struct idx_history *history, const struct reorg_journal *journal,
	bool is_undo, struct ax_error *err)
{
	const struct reorg_plan *plan = reorg_journal_plan(journal);
	ax_nanoseconds time = ax_time_now();

	if (ax_str_starts(plan->title, AX_STR(ARC_RETIRE_TITLE))) {
		size_t prefix = AX_STR(ARC_RETIRE_TITLE).len;
		return is_undo ? 0
			       : record_archive(history,
					 ax_str_slice(plan->title, prefix, plan->title.len),
					 time, err);
	}
	for (size_t i = 0; i < plan->n_acts; i++) {
		if (is_undo && !reorg_journal_took_back(journal, i))
			continue;
		if (record_act(history, &plan->acts[i], is_undo, time, err) < 0)
			return -1;
	}
	return idx_history_sync(history, err);
}

int cli_reorg_settle(struct cli_reorg *reorg, struct reorg_journal *journal,
	struct ax_error *err)
{
	enum reorg_state state = reorg_journal_state(journal);
	struct idx_history *history = NULL;

	if (reorg_journal_settled(journal) || (state != REORG_APPLIED && state != REORG_UNDONE))
		return 0;
	if (idx_history_open(reorg->project.history, &history, err) < 0)
		return -1;
	int status = record_moves(history, journal, state == REORG_UNDONE, err);
	idx_history_close(history);
	if (status < 0)
		return -1;
	/*
	 * The moves are in the history now: the scan must not find them a second time. The
	 * catalogue can be made anew at any time, so it does not decide how this ends.
	 */
	struct ax_error mistake;
	if (cli_reorg_rescan(reorg, false, &mistake) < 0)
		cli_report_warning(&reorg->cli->out,
			"files have moved, but the catalogue does not know: %s",
			mistake.message);
	return reorg_journal_settle(journal, err);
}

int cli_reorg_settle_all(struct cli_reorg *reorg, struct reorg_store *store,
	struct ax_error *err)
{
	struct ax_arena arena = { 0 };
	struct reorg_summary *list = NULL;
	size_t n = 0;
	int status = reorg_store_list(store, &arena, &list, &n, err);

	for (size_t i = 0; i < n && status == 0; i++) {
		struct reorg_journal *journal = NULL;
		if (list[i].settled ||
			(list[i].state != REORG_APPLIED && list[i].state != REORG_UNDONE))
			continue;
		status = reorg_journal_open(store, list[i].id, &journal, err);
		if (status == 0)
			status = cli_reorg_settle(reorg, journal, err);
		reorg_journal_close(journal);
	}
	ax_arena_free(&arena);
	return status;
}
