#include "cli/archive_run.h"

#include "archive/create.h"
#include "archive/dead.h"
#include "archive/progress.h"
#include "archive/retire.h"
#include "archive/tree.h"
#include "archive/unfinished.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/progress.h"
#include "cli/reorg_gate.h"
#include "cli/reorg_run.h"
#include "cli/reorg_session.h"
#include "indexer/catalog.h"
#include "reorg/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { WARNINGS_MAX = 20 }; /* of scripts, a directory */

static void describe(const void *counters, struct ax_buf *line)
{
	const struct arc_progress *progress = counters;
	char done[AX_UNITS_MAX], total[AX_UNITS_MAX];

	ax_size_format(progress->done, done);
	ax_size_format(progress->total, total);
	ax_buf_printf(line, "packing %s, then reading it back: %s so far", total, done);
}

static int name_it(struct cli_reorg *reorg, struct ax_str dir, struct cli_archived *out,
	struct ax_error *err)
{
	struct ax_buf path = { 0 };

	ax_buf_append_str(&path, dir);
	ax_buf_append_text(&path, ".tar.zst");
	char *archive = ax_arena_copy(&reorg->cli->arena, ax_buf_str(&path));
	char *copy = ax_arena_copy(&reorg->cli->arena, dir);
	size_t len = path.len;
	ax_buf_free(&path);
	if (!archive || !copy)
		return ax_fail(err, ENOMEM, "%.*s: no memory", AX_STR_ARG(dir));
	*out = (struct cli_archived){
		.dir = ax_str(copy, dir.len),
		.archive = ax_str(archive, len),
	};
	return 0;
}

/* Scripts go on naming what will be gone. */
static void warn_of_references(struct cli_reorg *reorg, struct ax_str dir)
{
	struct ax_buf text = { 0 };

	for (size_t i = 0, n = 0; arc_dead_next_reference(&reorg->config.index,
		     &reorg->references, dir, &i, &text);
		ax_buf_clear(&text)) {
		const struct idx_reference *reference = &reorg->references.items[i - 1];
		if (ax_path_below(reference->file, dir))
			continue;
		if (++n > WARNINGS_MAX) {
			cli_report_warning(&reorg->cli->out, "more of %.*s is named in scripts",
				AX_STR_ARG(dir));
			break;
		}
		cli_report_warning(&reorg->cli->out, "%s", ax_buf_text(&text));
	}
	ax_buf_free(&text);
}

static int read_tree(struct cli_reorg *reorg, struct ax_str dir, struct arc_tree *tree,
	struct cli_archived *out, struct ax_error *err)
{
	if (name_it(reorg, dir, out, err) < 0 ||
		arc_tree_read(reorg->root, out->dir, tree, err) < 0)
		return -1;
	warn_of_references(reorg, dir);
	out->report.members = tree->n;
	out->report.sum = arc_tree_sum(tree);
	return 0;
}

int cli_archive_plan(struct cli_reorg *reorg, struct ax_str dir, struct cli_archived *out,
	struct ax_error *err)
{
	struct arc_tree tree;

	if (read_tree(reorg, dir, &tree, out, err) < 0)
		return -1;
	arc_tree_free(&tree);
	return 0;
}

/* ---- what the catalogue knows, for the index of the archive */

static int add_label(struct arc_label **labels, size_t *n, const struct arc_label *label)
{
	if ((*n & (*n + 1)) == 0) {
		void *grown = reallocarray(*labels, 2 * (*n + 1), sizeof(**labels));
		if (!grown)
			return -1;
		*labels = grown;
	}
	(*labels)[(*n)++] = *label;
	return 0;
}

static int by_path(const void *a, const void *b)
{
	const struct arc_label *x = a, *y = b;

	return ax_str_compare(x->path, y->path);
}

/* Classes of the files below dir, of the catalogue. Strings are in arena. */
static int read_labels(struct cli_reorg *reorg, struct ax_str dir, struct ax_arena *arena,
	struct arc_label **out, size_t *n_out, struct ax_error *err)
{
	struct idx_filter filter = { .below = dir };
	struct ax_str parent = ax_path_dir(dir);
	struct idx_snapshot *snapshot = NULL;
	struct idx_files *files = NULL;
	struct idx_entry entry;
	int more = 0;

	if (idx_snapshot_begin(reorg->catalogue.catalog, &snapshot, err) < 0)
		return -1;
	if (idx_files_open(snapshot, &filter, &files, err) < 0)
		more = -1;
	while (more >= 0 && (more = idx_files_next(files, &entry, err)) > 0) {
		struct ax_buf path = { 0 };
		ax_path_join(&path, entry.dir, entry.name);
		struct ax_str member = ax_str_slice(ax_buf_str(&path),
			parent.len ? parent.len + 1 : 0, SIZE_MAX);
		struct arc_label label = {
			.path = ax_str(ax_arena_copy(arena, member), member.len),
			.class = ax_str(ax_arena_copy(arena, entry.class_name),
				entry.class_name.len),
		};
		ax_buf_free(&path);
		if (!label.path.ptr || !label.class.ptr || add_label(out, n_out, &label) < 0)
			more = ax_fail(err, ENOMEM, "no memory for labels");
	}
	idx_files_close(files);
	idx_snapshot_end(snapshot);
	if (*n_out)
		qsort(*out, *n_out, sizeof(**out), by_path);
	return more;
}

/* ---- doing it */

int cli_archive_clear(struct cli_reorg *reorg, struct ax_error *err)
{
	int own = open(reorg->project.own_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct ax_buf path = { 0 }, shown = { 0 };

	if (own < 0)
		return ax_fail_errno(err, "%s: cannot be opened", reorg->project.own_dir);
	int found = arc_unfinished_clear(own, reorg->root, &path, err);
	close(own);
	if (found > 0) {
		ax_text_quote(&shown, ax_buf_str(&path));
		ax_buf_append_text(&shown,
			": what a killed artidx had packed of it is removed");
		cli_report_note(&reorg->cli->out, ax_buf_text(&shown));
	}
	ax_buf_free(&path);
	ax_buf_free(&shown);
	return found;
}

/* What is packed is on record, for --recover to remove should this process be killed. */
static int create_on_record(struct cli_reorg *reorg, const struct arc_tree *tree,
	const struct arc_create_options *create, struct cli_archived *out, struct ax_error *err)
{
	if (cli_archive_clear(reorg, err) < 0)
		return -1;
	int own = open(reorg->project.own_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (own < 0)
		return ax_fail_errno(err, "%s: cannot be opened", reorg->project.own_dir);
	int status = arc_unfinished_begin(own, out->archive, err);
	if (status == 0) {
		status = arc_create(reorg->root, tree, out->archive, create, &out->report, err);
		arc_unfinished_end(own);
	}
	close(own);
	return status;
}

/* One directory that is being archived. */
struct making {
	struct cli_reorg *reorg;
	struct reorg_store *store;
	const struct cli_archive_options *options;
	struct arc_tree tree;
	struct arc_progress counters;
	struct cli_archived *out;
	struct reorg_journal *removal; /* of the originals, once it is planned */
};

static int create(struct making *making, struct ax_error *err)
{
	struct cli_archived *out = making->out;
	struct arc_create_options create = {
		.pack = {
			.threads = making->options->threads,
			.plain = making->options->plain,
			.progress = &making->counters,
		},
		.verifying = &making->counters,
	};
	struct ax_arena arena = { 0 };
	struct arc_label *labels = NULL;
	int status = read_labels(making->reorg, out->dir, &arena, &labels,
		&create.pack.n_labels, err);

	create.pack.labels = labels;
	if (status == 0)
		status = create_on_record(making->reorg, &making->tree, &create, out, err);
	free(labels);
	ax_arena_free(&arena);
	out->verified = status == 0;
	return status;
}

/*
 * Plans take more memory than trees do, for a name may be long and is in both: each is there only
 * while it is needed.
 */
static int pass(struct cli_reorg *reorg, const struct arc_tree *tree, struct ax_str dir,
	struct ax_error *err)
{
	struct ax_arena arena = { 0 };
	struct reorg_plan plan;
	int status = arc_retire_plan(tree, dir, ax_time_now(), &arena, &plan, err);

	if (status == 0)
		status = cli_reorg_pass(reorg, &plan, REORG_FROM, err);
	ax_arena_free(&arena);
	return status;
}

/* What the tree holds is released: a plan needs the memory. */
static int plan_removal(struct making *making, struct ax_error *err)
{
	struct ax_arena arena = { 0 };
	struct reorg_plan plan;
	int status = arc_retire_plan(&making->tree, making->out->dir, ax_time_now(), &arena,
		&plan, err);

	arc_tree_free(&making->tree);
	malloc_trim(
		0); /* what packing took is scattered, and goes back before more is needed */
	if (status == 0)
		status = cli_reorg_pass(making->reorg, &plan, REORG_FROM, err);
	if (status == 0)
		status = reorg_journal_create(making->store, &plan, &making->removal, err);
	ax_arena_free(&arena);
	return status;
}

/*
 * The catalogue knows what is in the archive before the originals go. It can be made anew at any
 * time, so it does not decide how this ends.
 */
int cli_archive_look(struct cli_reorg *reorg, struct ax_error *err)
{
	struct idx_snapshot *snapshot = NULL;

	if (cli_reorg_rescan(reorg, true, err) < 0 ||
		idx_snapshot_begin(reorg->catalogue.catalog, &snapshot, err) < 0)
		return -1;
	int status = idx_references_find(snapshot, &reorg->config.index, reorg->root,
		ax_str_from(reorg->project.root), &reorg->references, err);
	idx_snapshot_end(snapshot);
	return status;
}

/* What failed, or who stopped it, left both: that is said, and what goes on from there. */
static void tell_both(struct cli_reorg *reorg, const struct cli_archived *done)
{
	struct ax_buf text = { 0 };

	ax_text_quote(&text, done->archive);
	ax_buf_append_text(&text,
		" is made and whole, and nothing is removed yet; to finish: artidx archive "
		"--apply ");
	ax_text_quote(&text, done->dir);
	cli_report_note(&reorg->cli->out, ax_buf_text(&text));
	ax_buf_free(&text);
}

/*
 * All up to the removal of the originals. What is not in the catalogue would not be found again:
 * then nothing is removed.
 */
static int prepare(struct making *making, struct ax_error *err)
{
	bool keep = making->options->keep;
	const _Atomic bool *stop = &making->counters.stop;

	if (create(making, err) < 0 || cli_reorg_rescan(making->reorg, true, err) < 0)
		return -1;
	if (!keep && !*stop && plan_removal(making, err) < 0)
		return -1;
	return *stop ? ax_fail(err, ECANCELED, "stopped") : 0;
}

/* Signals are watched for all the time, so that they end it between two steps, with a message. */
static int prepare_watched(struct making *making, struct ax_error *err)
{
	struct cli_progress_source source = {
		.counters = &making->counters,
		.stop = &making->counters.stop,
		.describe = describe,
	};
	struct cli_progress *progress = NULL;

	if (cli_progress_begin(&source, &progress, err) < 0)
		return -1;
	int status = prepare(making, err);
	int signal_number = cli_progress_end(progress);
	if (status < 0 && making->counters.stop)
		making->reorg->cli->signal_number = signal_number;
	if (status < 0 && making->out->verified && !making->options->keep)
		tell_both(making->reorg, making->out);
	return status;
}

int cli_archive_apply(struct cli_reorg *reorg, struct reorg_store *store, struct ax_str dir,
	const struct cli_archive_options *options, struct cli_archived *out,
	struct ax_error *err)
{
	struct making making = {
		.reorg = reorg,
		.store = store,
		.options = options,
		.out = out,
	};
	int status = -1;

	if (read_tree(reorg, dir, &making.tree, out, err) < 0)
		return -1;
	if (options->keep || pass(reorg, &making.tree, out->dir, err) == 0)
		status = prepare_watched(&making, err);
	arc_tree_free(&making.tree);
	if (status == 0 && making.removal) {
		status = cli_reorg_run(reorg, making.removal, CLI_REORG_APPLY, err);
		out->removed = status == 0;
	}
	reorg_journal_close(making.removal);
	return status;
}
