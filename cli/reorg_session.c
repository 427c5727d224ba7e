#include "cli/reorg_session.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/archived.h"
#include "cli/command.h"
#include "indexer/catalog.h"
#include "indexer/history.h"
#include "indexer/scan.h"
#include "reorg/layout.h"
#include "reorg/open_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int cli_reorg_open(struct cli *cli, const struct cli_reorg_options *options,
	struct cli_reorg *out, struct ax_error *err)
{
	out->cli = cli;
	out->options = *options;
	out->root = -1;
	if (cli_project_find(cli, CLI_ROOT_FOUND, &out->project, err) < 0 ||
		cli_config_load(&out->project, &out->config, err) < 0)
		return -1;
	out->root = open(out->project.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (out->root < 0)
		return ax_fail_errno(err, "%s: cannot be opened", out->project.root);
	return 0;
}

void cli_reorg_close(struct cli_reorg *reorg)
{
	reorg_gate_free(&reorg->gate);
	idx_jobs_free(&reorg->jobs);
	reorg_schedule_free(&reorg->schedule);
	reorg_edits_free(&reorg->edits);
	idx_references_free(&reorg->references);
	reorg_draft_free(&reorg->draft);
	cli_catalogue_close(&reorg->catalogue);
	cli_config_free(&reorg->config);
	if (reorg->root >= 0)
		close(reorg->root);
}

/* Damaged archives: acting goes on without what cannot be read of them, but not silently. */
static void tell_damaged(struct cli_reorg *reorg, const struct idx_scan_report *report)
{
	for (size_t i = 0; i < report->n_problems && !reorg->told_damaged; i++) {
		const struct idx_problem *problem = &report->problems[i];
		struct ax_buf path = { 0 };
		if (strcmp(problem->status, "damaged") != 0)
			continue;
		ax_text_quote(&path, problem->path);
		cli_report_warning(&reorg->cli->out, "%s: %.*s", ax_buf_text(&path),
			AX_STR_ARG(problem->why));
		ax_buf_free(&path);
	}
	reorg->told_damaged = true;
}

int cli_reorg_rescan(struct cli_reorg *reorg, bool record_moves, struct ax_error *err)
{
	struct idx_scan_report report = { 0 };
	struct idx_history *history = NULL;
	struct idx_scan_options options = { .root = reorg->project.root,
		.own_dir = reorg->project.catalogue,
		.config = &reorg->config.index,
		.rules = reorg->config.rules };

	if (!reorg->catalogue.catalog &&
		cli_catalogue_write(&reorg->project, &reorg->catalogue, err) < 0)
		return -1;
	idx_snapshot_end(reorg->catalogue.snapshot);
	reorg->catalogue.snapshot = NULL;
	if (record_moves && idx_history_open(reorg->project.history, &history, err) < 0)
		return -1;
	int status = idx_scan(reorg->catalogue.catalog, history, &options, &report, err);
	idx_history_close(history);
	if (status == 0)
		status = cli_archived_update(&reorg->project, &reorg->config,
			reorg->catalogue.catalog, &report, err);
	if (status == 0)
		tell_damaged(reorg, &report);
	idx_scan_report_free(&report);
	return status;
}

/* Whether an open file moves, and what is said of it then: 1, 0, -1. */
static int make_hold(struct cli_reorg *reorg, const struct reorg_open_file *file,
	struct reorg_hold *out, struct ax_error *err)
{
	struct ax_arena *arena = &reorg->cli->arena;
	char why[96];
	struct ax_str to;
	int moves = reorg_draft_destination(&reorg->draft, file->path, arena, &to, err);

	if (moves <= 0)
		return moves;
	snprintf(why, sizeof(why), "%s process %ld",
		file->is_cwd ? "the working directory of" : "open in", (long)file->pid);
	char *copy = ax_arena_copy(arena, ax_str_from(why));
	if (!copy)
		return ax_fail(err, ENOMEM, "reorg: no memory for open files");
	*out = (struct reorg_hold){ file->path, REORG_IN_USE, ax_str_from(copy) };
	return 1;
}

/* What is open moves only once it is closed; all else is not kept waiting. */
static int hold_open_files(struct cli_reorg *reorg, struct ax_error *err)
{
	struct reorg_open_files files = { 0 };
	struct reorg_hold *holds = NULL;
	size_t n = 0;
	int status = -1;

	if (reorg_open_files_list(ax_str_from(reorg->project.root), &files, err) < 0)
		return -1;
	holds = calloc(files.count + 1, sizeof(*holds));
	if (!holds) {
		ax_fail(err, ENOMEM, "reorg: no memory for open files");
		goto out;
	}
	for (size_t i = 0; i < files.count; i++) {
		int moves = make_hold(reorg, &files.items[i], &holds[n], err);
		if (moves < 0)
			goto out;
		n += moves > 0;
	}
	status = n ? reorg_draft_hold(&reorg->draft, holds, n, err) : 0;
out:
	free(holds);
	reorg_open_files_free(&files);
	return status;
}

static int schedule(struct cli_reorg *reorg, struct ax_error *err)
{
	struct reorg_planner_options options = { .root = reorg->root,
		.now = ax_time_now(),
		.edits = reorg->options.no_edits ? NULL : &reorg->edits,
		.config = &reorg->config.index,
		.links = reorg->options.links };

	return reorg_schedule_make(&reorg->draft, &options, &reorg->schedule, err);
}

int cli_reorg_prepare(struct cli_reorg *reorg, struct ax_error *err)
{
	struct ax_str root = ax_str_from(reorg->project.root);

	if (cli_reorg_rescan(reorg, true, err) < 0)
		return -1;
	if (idx_snapshot_begin(reorg->catalogue.catalog, &reorg->catalogue.snapshot, err) < 0)
		return -1;
	if (reorg_draft_make(reorg->catalogue.snapshot, &reorg->config.index,
		    reorg->config.layout, reorg->root, root, &reorg->draft, err) < 0)
		return -1;
	if (hold_open_files(reorg, err) < 0)
		return -1;
	if (idx_references_find(reorg->catalogue.snapshot, &reorg->config.index, reorg->root,
		    root, &reorg->references, err) < 0)
		return -1;
	if (reorg_edits_make(&reorg->references, &reorg->draft, &reorg->edits, err) < 0)
		return -1;
	return schedule(reorg, err);
}
