/* --prune-links: links that earlier plans left behind and that nothing names any more. */
#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "base/path.h"
#include "cli/command.h"
#include "cli/reorg_gate.h"
#include "cli/reorg_run.h"
#include "cli/reorg_session.h"
#include "indexer/catalog.h"
#include "reorg/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The links that may go, as acts. */
struct pruner {
	struct cli_reorg *reorg;
	struct reorg_act *acts;
	size_t n_acts, capacity;
	struct ax_error *err;
};

/* Whether the link is still there as it was made. */
static bool is_there(const struct pruner *pruner, const struct reorg_act *link, struct stat *st)
{
	char target[PATH_MAX];
	struct ax_buf name = { 0 };
	struct ax_str dir_path = ax_path_dir(link->to);
	int dir = ax_open_beneath(pruner->reorg->root, dir_path, O_PATH | O_DIRECTORY, 0);
	bool there = false;

	if (dir < 0)
		return false;
	ax_buf_append_str(&name, ax_path_name(link->to));
	ssize_t len = readlinkat(dir, ax_buf_text(&name), target, sizeof(target));
	if (len > 0 && ax_str_equal(ax_str(target, (size_t)len), link->target))
		there = fstatat(dir, ax_buf_text(&name), st, AT_SYMLINK_NOFOLLOW) == 0;
	ax_buf_free(&name);
	close(dir);
	return there;
}

static bool is_named(const struct idx_reference *reference, struct ax_str path)
{
	struct ax_str name = ax_path_name(path), context = reference->context;

	if (ax_path_below(reference->target, path))
		return true;
	if (reference->kind == IDX_REF_DYNAMIC)
		return ax_str_starts(path, reference->target);
	/* What is joined may be anything; it is the link where the line has its name too. */
	if (reference->kind == IDX_REF_JOINED)
		return ax_str_starts(path, reference->target) &&
		       memmem(context.ptr, context.len, name.ptr, name.len);
	return ax_path_below(path, reference->target);
}

/* The reference that names path, or may; NULL when there is none. */
static const struct idx_reference *find_reference(const struct idx_references *references,
	struct ax_str path)
{
	for (size_t i = 0; i < references->count; i++) {
		const struct idx_reference *reference = &references->items[i];
		if (is_named(reference, path))
			return reference;
	}
	return NULL;
}

/* The task that names the link, or may, appended to why; nothing when none does. */
static int find_task(struct pruner *pruner, const struct reorg_act *unlink, struct ax_buf *why)
{
	struct reorg_plan plan = { .n_acts = 1, .acts = unlink };
	struct reorg_gate gate = { 0 };

	if (cli_reorg_judge(pruner->reorg, &plan, REORG_FROM, &gate, pruner->err) < 0)
		return -1;
	for (size_t i = 0; i < gate.n_tasks && why->len == 0; i++) {
		const struct reorg_gate_task *task = &gate.tasks[i];
		if (task->verdict == REORG_CLEAR || task->ignored)
			continue;
		ax_buf_printf(why, "task %s ", task->job->queue);
		ax_buf_append_str(why, task->job->id);
	}
	reorg_gate_free(&gate);
	return 0;
}

/* What still needs the link, appended to why; nothing when nothing does. */
static int find_need(struct pruner *pruner, const struct reorg_act *unlink, struct ax_buf *why)
{
	const struct idx_reference *reference =
		find_reference(&pruner->reorg->references, unlink->from);

	if (!reference)
		return find_task(pruner, unlink, why);
	ax_buf_append_str(why, reference->file);
	ax_buf_printf(why, ":%" PRIu64, reference->line);
	return 0;
}

/* Say why a link stays, right away: it is part of no plan. */
static void tell_kept(struct cli_output *out, struct ax_str path, struct ax_str why)
{
	fputs("keeps ", out->stream);
	cli_print_path(out, path);
	fputs(": ", out->stream);
	cli_print_path(out, why);
	fputc('\n', out->stream);
}

/* The act is kept with its texts, which belong to a journal. */
static int add_act(struct pruner *pruner, const struct reorg_act *unlink)
{
	struct ax_arena *arena = &pruner->reorg->cli->arena;

	if (pruner->n_acts == pruner->capacity) {
		size_t wanted = pruner->capacity ? 2 * pruner->capacity : 32;
		void *grown = reallocarray(pruner->acts, wanted, sizeof(*pruner->acts));
		if (!grown)
			return ax_fail(pruner->err, ENOMEM, "no memory for the plan");
		pruner->acts = grown;
		pruner->capacity = wanted;
	}
	struct reorg_act *act = &pruner->acts[pruner->n_acts];
	*act = *unlink;
	act->from.ptr = ax_arena_copy(arena, unlink->from);
	act->old_target.ptr = ax_arena_copy(arena, unlink->old_target);
	if (!act->from.ptr || !act->old_target.ptr)
		return ax_fail(pruner->err, ENOMEM, "no memory for the plan");
	pruner->n_acts++;
	return 0;
}

static int add_link(struct pruner *pruner, const struct reorg_act *link)
{
	struct stat st;

	if (!is_there(pruner, link, &st))
		return 0;
	struct reorg_act unlink = { .kind = REORG_UNLINK,
		.from = link->to,
		.old_target = link->target,
		.identity = reorg_identity_of(&st) };
	return add_act(pruner, &unlink);
}

static int gather(struct pruner *pruner, struct reorg_store *store)
{
	struct reorg_summary *list = NULL;
	size_t n = 0;
	int status =
		reorg_store_list(store, &pruner->reorg->cli->arena, &list, &n, pruner->err);

	for (size_t i = 0; i < n && status == 0; i++) {
		struct reorg_journal *journal = NULL;
		if (list[i].state != REORG_APPLIED)
			continue;
		status = reorg_journal_open(store, list[i].id, &journal, pruner->err);
		if (status < 0)
			break;
		const struct reorg_plan *plan = reorg_journal_plan(journal);
		for (size_t k = 0; k < plan->n_acts && status == 0; k++) {
			if (plan->acts[k].kind == REORG_LINK)
				status = add_link(pruner, &plan->acts[k]);
		}
		reorg_journal_close(journal);
	}
	return status;
}

static int compare_acts(const void *a, const void *b)
{
	const struct reorg_act *x = a, *y = b;

	return ax_str_compare(x->from, y->from);
}

/* Several plans may have left the same link, one after the other. */
static void make_distinct(struct pruner *pruner)
{
	size_t kept = 0;

	if (pruner->n_acts)
		qsort(pruner->acts, pruner->n_acts, sizeof(*pruner->acts), compare_acts);
	for (size_t i = 0; i < pruner->n_acts; i++) {
		if (!kept || !ax_str_equal(pruner->acts[kept - 1].from, pruner->acts[i].from))
			pruner->acts[kept++] = pruner->acts[i];
	}
	pruner->n_acts = kept;
}

/* Take out what something needs. */
static int keep_needed(struct pruner *pruner)
{
	struct ax_buf why = { 0 };
	size_t kept = 0;
	int status = 0;

	for (size_t i = 0; i < pruner->n_acts && status == 0; i++) {
		ax_buf_clear(&why);
		status = find_need(pruner, &pruner->acts[i], &why);
		if (status == 0)
			status = ax_buf_check(&why, "what needs a link", pruner->err);
		if (why.len)
			tell_kept(&pruner->reorg->cli->out, pruner->acts[i].from,
				ax_buf_str(&why));
		else
			pruner->acts[kept++] = pruner->acts[i];
	}
	pruner->n_acts = kept;
	ax_buf_free(&why);
	return status;
}

static int carry_out(struct pruner *pruner, struct reorg_store *store)
{
	struct reorg_journal *journal = NULL;
	struct reorg_plan plan = { .title = AX_STR("reorg --prune-links"),
		.time = ax_time_now(),
		.n_acts = pruner->n_acts,
		.acts = pruner->acts };
	if (reorg_journal_create(store, &plan, &journal, pruner->err) < 0)
		return -1;
	int status = cli_reorg_run(pruner->reorg, journal, CLI_REORG_APPLY, pruner->err);
	reorg_journal_close(journal);
	return status;
}

static void tell(const struct pruner *pruner, bool applied)
{
	struct cli_output *out = &pruner->reorg->cli->out;

	for (size_t i = 0; i < pruner->n_acts; i++) {
		fputs(applied ? "removed " : "would remove ", out->stream);
		cli_print_path(out, pruner->acts[i].from);
		fputs(" -> ", out->stream);
		cli_print_path(out, pruner->acts[i].old_target);
		fputc('\n', out->stream);
	}
	if (pruner->n_acts == 0)
		fputs("no link to remove\n", out->stream);
	else if (!applied)
		fputs("\nNothing has been changed. To do it: artidx reorg --prune-links "
		      "--apply\n",
			out->stream);
}

int cli_reorg_prune_links(struct cli_reorg *reorg, struct reorg_store *store, bool apply,
	struct ax_error *err)
{
	struct pruner pruner = { .reorg = reorg, .err = err };
	int status = -1;

	if (cli_reorg_prepare(reorg, err) < 0 ||
		cli_reorg_ask(reorg, &reorg->schedule.plan, REORG_FROM, err) < 0)
		return -1;
	if (reorg->jobs.unreadable)
		return cli_reorg_require_idle(reorg, err);
	if (gather(&pruner, store) < 0)
		goto out;
	make_distinct(&pruner);
	if (keep_needed(&pruner) < 0)
		goto out;
	if (apply && pruner.n_acts && carry_out(&pruner, store) < 0)
		goto out;
	tell(&pruner, apply);
	status = 0;
out:
	free(pruner.acts);
	return status;
}
