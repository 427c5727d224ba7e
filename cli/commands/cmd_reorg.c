#include "base/error.h"
#include "base/units.h"
#include "cli/command.h"
#include "cli/commands/commands.h"
#include "cli/reorg_gate.h"
#include "cli/reorg_run.h"
#include "cli/reorg_session.h"
#include "cli/reorg_settle.h"
#include "cli/reorg_view.h"
#include "reorg/journal.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#define STORE ".artidx/journal"

enum { KEPT_PLANS = 20, IDLE_POLL_SECONDS = 5 };

struct reorg_settings {
	bool apply, undo, recover, history, when_idle;
	bool links, prune_links, no_edits;
	bool json, verbose;
	const char *queue;
	struct opt_list ignored;
};

static bool has_work(const struct reorg_plan *plan)
{
	return plan->n_acts > 0;
}

/* Save the plan; id is NULL when there is nothing to do. */
static int save(struct cli_reorg *reorg, struct reorg_store *store, struct reorg_journal **out,
	struct ax_error *err)
{
	if (!has_work(&reorg->schedule.plan))
		return 0;
	if (reorg_store_prune(store, KEPT_PLANS, err) < 0)
		return -1;
	return reorg_journal_create(store, &reorg->schedule.plan, out, err);
}

static int show(struct cli *cli, struct cli_reorg *reorg,
	const struct cli_reorg_outcome *outcome, struct ax_error *err)
{
	const struct reorg_settings *wanted = cli->settings;

	return wanted->json ? cli_reorg_json(&cli->out, reorg, outcome, err)
			    : cli_reorg_print(&cli->out, reorg, outcome, err);
}

static int apply_new(struct cli *cli, struct cli_reorg *reorg, struct reorg_store *store,
	struct ax_error *err)
{
	const struct reorg_settings *wanted = cli->settings;
	struct reorg_journal *journal = NULL;
	struct cli_reorg_outcome outcome = { .verbose = wanted->verbose };
	int status = -1;

	if (cli_reorg_prepare(reorg, err) < 0)
		return -1;
	if (has_work(&reorg->schedule.plan)) {
		if (cli_reorg_pass(reorg, &reorg->schedule.plan, REORG_FROM, err) < 0 ||
			save(reorg, store, &journal, err) < 0)
			goto out;
		outcome.id = reorg_journal_id(journal);
		if (cli_reorg_run(reorg, journal, CLI_REORG_APPLY, err) < 0)
			goto out;
		outcome.applied = true;
	}
	status = show(cli, reorg, &outcome, err);
	if (status == 0 && outcome.applied && !wanted->json)
		fprintf(cli->out.stream, "\nDone. To take it back: artidx reorg --undo %s\n",
			outcome.id);
out:
	reorg_journal_close(journal);
	return status;
}

/* What became of a saved plan: it was carried out now, or had been before. */
static int tell_saved(struct cli *cli, const struct cli_reorg *reorg,
	const struct reorg_journal *journal, bool applied, struct ax_error *err)
{
	const struct reorg_settings *wanted = cli->settings;
	struct cli_reorg_outcome outcome = { .id = reorg_journal_id(journal),
		.state = reorg_state_name(reorg_journal_state(journal)),
		.applied = applied };

	if (wanted->json)
		return cli_reorg_json_saved(&cli->out, reorg, reorg_journal_plan(journal),
			&outcome, err);
	if (applied)
		fprintf(cli->out.stream, "Done. To take it back: artidx reorg --undo %s\n",
			outcome.id);
	else
		fprintf(cli->out.stream, "plan %s is applied already: nothing to do\n",
			outcome.id);
	return 0;
}

static int apply_saved(struct cli *cli, struct cli_reorg *reorg, struct reorg_store *store,
	struct ax_error *err)
{
	struct reorg_journal *journal = NULL;
	int status = -1;

	if (reorg_journal_open(store, cli->operands[0], &journal, err) < 0)
		return -1;
	const struct reorg_plan *plan = reorg_journal_plan(journal);
	if (reorg_journal_state(journal) == REORG_APPLIED) {
		status = tell_saved(cli, reorg, journal, false, err);
		goto out;
	}
	if (cli_reorg_pass(reorg, plan, REORG_FROM, err) < 0)
		goto out;
	status = cli_reorg_run(reorg, journal, CLI_REORG_APPLY, err);
	if (status == 0)
		status = tell_saved(cli, reorg, journal, true, err);
out:
	reorg_journal_close(journal);
	return status;
}

static int dry_run(struct cli *cli, struct cli_reorg *reorg, struct reorg_store *store,
	struct ax_error *err)
{
	const struct reorg_settings *wanted = cli->settings;
	struct reorg_journal *journal = NULL;
	struct cli_reorg_outcome outcome = { .verbose = wanted->verbose };

	if (cli_reorg_prepare(reorg, err) < 0 ||
		cli_reorg_ask(reorg, &reorg->schedule.plan, REORG_FROM, err) < 0 ||
		save(reorg, store, &journal, err) < 0)
		return -1;
	outcome.id = journal ? reorg_journal_id(journal) : NULL;
	cli_output_page(&cli->out);
	int status = show(cli, reorg, &outcome, err);
	reorg_journal_close(journal);
	return status;
}

/* The history of moves is in their order. That it cannot be written keeps nobody from an undo. */
static int settle_earlier(struct cli *cli, struct cli_reorg *reorg, struct reorg_store *store,
	struct ax_error *err)
{
	const struct reorg_settings *wanted = cli->settings;

	if (cli_reorg_settle_all(reorg, store, err) == 0)
		return 0;
	if (!wanted->undo && !wanted->recover)
		return -1;
	cli_report_warning(&cli->out, "%s", err->message);
	return 0;
}

static int dispatch(struct cli *cli, struct cli_reorg *reorg, struct reorg_store *store,
	struct ax_error *err)
{
	const struct reorg_settings *wanted = cli->settings;
	const char *id = cli->n_operands ? cli->operands[0] : NULL;

	if (settle_earlier(cli, reorg, store, err) < 0)
		return -1;
	if (wanted->recover)
		return cli_reorg_recover(reorg, store, wanted->undo, err);
	if (wanted->undo)
		return cli_reorg_undo(reorg, store, id, err);
	if (reorg_store_check_finished(store, NULL, err) < 0)
		return -1;
	if (wanted->prune_links)
		return cli_reorg_prune_links(reorg, store, wanted->apply, err);
	if (wanted->apply && id)
		return apply_saved(cli, reorg, store, err);
	return wanted->apply ? apply_new(cli, reorg, store, err)
			     : dry_run(cli, reorg, store, err);
}

/* It is read while another artidx is at work, and in a directory that cannot be written to. */
static int show_history(struct cli_reorg *reorg, const struct reorg_settings *wanted,
	struct ax_error *err)
{
	struct reorg_store *store = NULL;

	if (reorg_store_look(reorg->root, STORE, &store, err) < 0)
		return -1;
	int status = cli_reorg_history(reorg, store,
		wanted->json      ? CLI_REORG_JSON
		: wanted->verbose ? CLI_REORG_ALL
				  : CLI_REORG_RELEVANT,
		err);
	reorg_store_close(store);
	return status;
}

static int check_settings(const struct cli *cli, struct ax_error *err)
{
	const struct reorg_settings *wanted = cli->settings;

	bool back = wanted->recover && wanted->undo;
	if (wanted->apply + wanted->undo + wanted->recover + wanted->history - back > 1)
		return ax_fail(err, AX_EUSAGE,
			"--apply, --undo, --recover and --history are different commands: "
			"choose one (--recover --undo takes an interrupted run back)");
	if (cli->n_operands && !wanted->apply && !wanted->undo)
		return ax_fail(err, AX_EUSAGE,
			"reorg takes the id of a plan only with --apply or --undo, not '%s'",
			cli->operands[0]);
	if (cli->n_operands && (wanted->links || wanted->no_edits || wanted->prune_links))
		return ax_fail(err, AX_EUSAGE,
			"a saved plan is carried out as it is: --links, --no-edits and "
			"--prune-links make a new one");
	if (wanted->prune_links && wanted->json)
		return ax_fail(err, AX_EUSAGE, "--prune-links has no --json");
	if (wanted->when_idle && !wanted->apply && (!wanted->undo || wanted->recover))
		return ax_fail(err, AX_EUSAGE,
			"--when-idle goes with --apply or --undo: --recover does not wait");
	return 0;
}

static int try_once(struct cli *cli, struct cli_reorg *reorg, struct ax_error *err)
{
	const struct reorg_settings *wanted = cli->settings;
	struct cli_reorg_options options = { .queue = wanted->queue,
		.ignored = &wanted->ignored,
		.no_edits = wanted->no_edits,
		.links = wanted->links,
		.shows_gate = !wanted->json && !wanted->when_idle,
		.json = wanted->json };
	struct reorg_store *store = NULL;
	int status = -1;

	if (cli_reorg_open(cli, &options, reorg, err) < 0)
		return -1;
	if (wanted->history)
		return show_history(reorg, wanted, err);
	if (reorg_store_open(reorg->root, STORE, &store, err) < 0)
		return -1;
	status = dispatch(cli, reorg, store, err);
	reorg_store_close(store);
	return status;
}

/* Whether a refusal is one that time may cure: jobs, or another artidx while we waited. */
static bool may_wait(const struct cli_reorg *reorg, bool has_waited, const struct ax_error *err)
{
	const struct reorg_settings *wanted = reorg->cli->settings;
	bool was_asked = reorg->gate.queues.len > 0;

	if (!wanted->when_idle || err->code != AX_EREFUSED)
		return false;
	return reorg->gate.state != REORG_GATE_IDLE || (has_waited && !was_asked);
}

/*
 * While it waits it holds no lock, and each time it goes by what is there then. What there is to read
 * is read without the lock, too.
 */
static int run(struct cli *cli, struct ax_error *err)
{
	bool has_waited = false;

	if (check_settings(cli, err) < 0)
		return -1;
	cli_output_hold(&cli->out);
	for (;;) {
		struct cli_reorg reorg = { .cli = cli, .root = -1 };
		int status = try_once(cli, &reorg, err);
		bool wait = status < 0 && may_wait(&reorg, has_waited, err);

		cli_reorg_close(&reorg);
		if (!wait) {
			cli_output_release(&cli->out);
			return status;
		}
		if (!has_waited)
			cli_report_warning(&cli->out,
				"waiting until the queue is idle; Ctrl-C changes nothing");
		has_waited = true;
		sleep(IDLE_POLL_SECONDS);
	}
}

static const struct opt options[] = {
	OPT(struct reorg_settings, apply, 0, "apply", NULL,
		"carry the plan out, or exactly the saved one that is named"),
	OPT(struct reorg_settings, undo, 0, "undo", NULL,
		"put everything back, if no queued job names what goes: of the last plan, or "
		"of the one that is named"),
	OPT(struct reorg_settings, recover, 0, "recover", NULL,
		"finish what was interrupted, whatever is queued; with --undo, take it back"),
	OPT(struct reorg_settings, history, 0, "history", NULL,
		"list what was done, is being done, and the plan that can be; with -v, also "
		"plans that were "
		"replaced by a newer one"),
	OPT(struct reorg_settings, when_idle, 0, "when-idle", NULL,
		"with --apply or --undo: wait until the queue lets it through"),
	OPT(struct reorg_settings, queue, 0, "queue", "QUEUE",
		"auto (the default), pueue, tsp, slurm, none, or file:PATH, a saved listing"),
	OPT(struct reorg_settings, ignored, 0, "ignore-task", "ID,...",
		"do not let these tasks block"),
	OPT(struct reorg_settings, links, 0, "links", NULL,
		"leave symlinks at the old paths of inputs, so that queued jobs still find "
		"them"),
	OPT(struct reorg_settings, prune_links, 0, "prune-links", NULL,
		"remove such links that no task and no script names any more"),
	OPT(struct reorg_settings, no_edits, 0, "no-edits", NULL, "leave scripts as they are"),
	OPT(struct reorg_settings, verbose, 'v', "verbose", NULL, "every file on a line"),
	OPT(struct reorg_settings, json, 0, "json", NULL, "the plan as one JSON document"),
	{ 0 },
};

static const struct cli_example examples[] = {
	{ "reorg", "what would move, what stays and why; changes nothing" },
	{ "reorg --apply", "do it, if no queued job names what moves" },
	{ "reorg --apply --when-idle", "wait for the queue first" },
	{ "reorg --undo", "put everything back" },
	{ 0 },
};

const struct command cmd_reorg = {
	.name = "reorg",
	.summary = "sort artifacts into one directory a kind, one a training run",
	.operands = "[PLAN]",
	.max_operands = 1,
	.options = options,
	.settings_size = sizeof(struct reorg_settings),
	.examples = examples,
	.description =
		"Without --apply it prints a plan and changes nothing in the tree. The plan "
		"says "
		"what moves where by the layout in artidx.json, what stays and why, which "
		"tasks of "
		"the job queue name what would move, and which lines of scripts would change.\n"
		"--apply moves files only when no unfinished task names them and no process "
		"has "
		"them open. Nothing is ever overwritten. Everything is journalled before it is "
		"done: whatever interrupts it, artidx reorg --recover finishes, and artidx "
		"reorg "
		"--undo puts every file, link and line back.\n"
		"--undo asks the queue and the open files as --apply does, about the new "
		"paths. "
		"--recover, with --undo or without, does not wait for them, since a tree that "
		"is "
		"half sorted is worse: it warns of tasks and open files that name what still "
		"moves. A file that would have to be copied to another file system while a "
		"process "
		"has it open for writing stays where it is, and is named.",
	.exits = CLI_EXITS_CATALOGUE | CLI_EXITS_GATED | CLI_EXITS_PARTLY,
	.run = run,
};
