#include "reorg/apply_internal.h"

#include "base/error.h"
#include "reorg/metadata.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_MAX = 350 }; /* bytes of a reason, so that what follows it is not cut off */

void reorg_report_free(struct reorg_report *report)
{
	ax_arena_free(&report->arena);
	free(report->refused);
	free(report->notes);
	*report = (struct reorg_report){ 0 };
}

enum reorg_side reorg_run_source_side(const struct reorg_run *run)
{
	return run->is_backward ? REORG_TO : REORG_FROM;
}

enum reorg_side reorg_run_destination_side(const struct reorg_run *run)
{
	return run->is_backward ? REORG_FROM : REORG_TO;
}

struct ax_str reorg_run_source(const struct reorg_run *run, const struct reorg_act *act)
{
	return run->is_backward ? act->to : act->from;
}

struct ax_str reorg_run_destination(const struct reorg_run *run, const struct reorg_act *act)
{
	return run->is_backward ? act->from : act->to;
}

void reorg_temporary_name(const struct reorg_run *run, size_t act,
	char name[REORG_TEMPORARY_SIZE])
{
	snprintf(name, REORG_TEMPORARY_SIZE, REORG_TEMPORARY_PREFIX "%s-%zu",
		reorg_journal_id(run->journal), act);
}

/* Out of memory is ignored: a report must not stop an act. */
static void add_remark(struct ax_arena *arena, struct reorg_remark **remarks, size_t *n,
	struct ax_str path, const char *text)
{
	struct ax_str said = ax_str_from(text);
	char *path_copy = ax_arena_copy(arena, path);
	char *text_copy = ax_arena_copy(arena, said);
	struct reorg_remark *grown = reallocarray(*remarks, *n + 1, sizeof(*grown));

	if (grown)
		*remarks = grown;
	if (grown && path_copy && text_copy)
		grown[(*n)++] = (struct reorg_remark){ ax_str(path_copy, path.len),
			ax_str(text_copy, said.len) };
}

void reorg_note(struct reorg_run *run, struct ax_str path, const char *text)
{
	struct reorg_report *report = run->report;

	add_remark(&report->arena, &report->notes, &report->n_notes, path, text);
}

void reorg_note_lost(struct reorg_run *run, struct ax_str path, unsigned lost)
{
	char text[80];

	snprintf(text, sizeof(text), "could not be kept: %s", reorg_lost_name(lost));
	reorg_note(run, path, text);
}

/* A message behind the path that it begins with, if it does: remarks have that already. */
static const char *behind_path(const char *message, struct ax_str path)
{
	bool is_named = strncmp(message, path.ptr, path.len) == 0 &&
			strncmp(message + path.len, ": ", 2) == 0;

	return message + (is_named ? path.len + 2 : 0);
}

int reorg_run_misfit(struct reorg_run *run, size_t act, struct ax_error *err)
{
	const struct reorg_act *a = &run->plan->acts[act];
	struct ax_str path = a->from.len ? a->from : a->to;
	struct reorg_report *report = run->report;

	if (!run->is_backward && !a->skip_changed)
		return -1;
	size_t *grown = reallocarray(run->left, run->n_left + 1, sizeof(*grown));
	if (!grown)
		return ax_fail(err, ENOMEM, "no memory for the list of what was refused");
	run->left = grown;
	grown[run->n_left++] = act;
	add_remark(&report->arena, &report->refused, &report->n_refused, path,
		behind_path(err->message, path));
	return 0;
}

/* Passes */

static int begin_act(struct reorg_run *run, size_t index, struct ax_error *err)
{
	struct reorg_progress *progress = run->options->progress;
	enum reorg_act_kind kind = run->plan->acts[index].kind;

	if (progress && atomic_load(&progress->stop))
		return ax_fail(err, EINTR, "stopped");
	if (progress)
		atomic_fetch_add(&progress->acts, 1);
	/* What is copied in bulk must not wait beyond an act that could depend on it. */
	return kind == REORG_MOVE || kind == REORG_RETARGET ? 0 : reorg_copy_flush(run, err);
}

/* From here on files are deleted: all before must be done, and stay done. */
static int pass_return(struct reorg_run *run, struct ax_error *err)
{
	if (reorg_journal_past_return(run->journal))
		return 0;
	if (reorg_sync_all(run, err) < 0)
		return -1;
	return reorg_journal_pass_return(run->journal, err);
}

static int compare_indexes(const void *a, const void *b)
{
	size_t x = *(const size_t *)a;
	size_t y = *(const size_t *)b;

	return x < y ? -1 : x > y;
}

/* Whether an act was found not to be this plan's to do. */
static bool is_skipped(const struct reorg_run *run, size_t index)
{
	const struct reorg_beginning *beginning = reorg_journal_beginning(run->journal);

	return beginning->n_skipped && bsearch(&index, beginning->skipped, beginning->n_skipped,
					       sizeof(index), compare_indexes);
}

/* The first act that is not known to be done. */
static size_t first_act(const struct reorg_run *run)
{
	size_t i = 0;

	if (reorg_journal_past_return(run->journal)) {
		while (run->plan->acts[i].kind != REORG_DELETE)
			i++;
	}
	return i;
}

static int pass_forward(struct reorg_run *run, struct ax_error *err)
{
	for (size_t i = first_act(run); i < run->plan->n_acts; i++) {
		if (begin_act(run, i, err) < 0)
			return -1;
		if (is_skipped(run, i))
			continue;
		if (run->plan->acts[i].kind == REORG_DELETE && pass_return(run, err) < 0)
			return -1;
		if (reorg_act_run(run, i, err) < 0)
			return -1;
	}
	if (reorg_copy_flush(run, err) < 0 || reorg_sync_all(run, err) < 0)
		return -1;
	return reorg_journal_finish(run->journal, REORG_APPLIED, NULL, 0, err);
}

/*
 * Whether an act is to be taken back: all, or what the last undo had to leave, with the
 * directories that were made and may be empty only now.
 */
static bool is_wanted(const struct reorg_run *run, size_t index)
{
	const size_t *left = NULL;
	size_t n = reorg_journal_left(run->journal, &left);

	return !is_skipped(run, index) &&
	       (!n || run->plan->acts[index].kind == REORG_MAKE_DIR ||
		       bsearch(&index, left, n, sizeof(*left), compare_indexes));
}

/* Give a directory the time that it had before the plan. */
static void restore_time(struct reorg_run *run, const struct reorg_old_dir *dir)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
		reorg_timespec(dir->mtime) };
	struct ax_error ignored = { 0 };
	struct reorg_spot spot = { .dir = run->options->root, .name = "." };
	struct stat st;

	if (dir->path.len) {
		if (reorg_dirs_look(&run->dirs, dir->path, &st, &ignored) <= 0 ||
			!S_ISDIR(st.st_mode) ||
			reorg_dirs_locate(&run->dirs, dir->path, &spot) < 0)
			return;
	}
	if (utimensat(spot.dir, spot.name, times, AT_SYMLINK_NOFOLLOW) < 0)
		reorg_note_lost(run, dir->path, REORG_LOST_TIMES);
}

static void restore_times(struct reorg_run *run)
{
	const struct reorg_beginning *beginning = reorg_journal_beginning(run->journal);

	for (size_t i = 0; i < beginning->n_dirs; i++)
		restore_time(run, &beginning->dirs[i]);
}

static int pass_backward(struct reorg_run *run, struct ax_error *err)
{
	for (size_t i = run->plan->n_acts; i > 0; i--) {
		if (!is_wanted(run, i - 1))
			continue;
		if (begin_act(run, i - 1, err) < 0 || reorg_act_run(run, i - 1, err) < 0)
			return -1;
	}
	if (reorg_copy_flush(run, err) < 0)
		return -1;
	restore_times(run);
	if (reorg_sync_all(run, err) < 0)
		return -1;
	if (run->n_left)
		qsort(run->left, run->n_left, sizeof(*run->left), compare_indexes);
	return reorg_journal_finish(run->journal, REORG_UNDONE, run->left, run->n_left, err);
}

/* Runs */

static int begin_run(struct reorg_run *run, struct reorg_journal *journal,
	const struct reorg_options *options, struct reorg_report *report, struct ax_error *err)
{
	enum reorg_state state = reorg_journal_state(journal);

	*run = (struct reorg_run){
		.journal = journal,
		.plan = reorg_journal_plan(journal),
		.options = options,
		.report = report,
		.is_resumed = state == REORG_RUNNING || state == REORG_UNDOING,
	};
	*report = (struct reorg_report){ 0 };
	reorg_dirs_init(&run->dirs, options->root);
	if (options->progress)
		atomic_store(&options->progress->total, run->plan->n_acts);
	return reorg_journal_make_ready(journal, err) < 0 ? -1 : reorg_copy_load(run, err);
}

static void end_run(struct reorg_run *run)
{
	reorg_dirs_forget(&run->dirs);
	reorg_copy_release(run);
	free(run->left);
}

/* Say that it stopped half way, and what to do. Returns -1. */
static int stopped(const struct reorg_run *run, struct ax_error *err)
{
	struct ax_error why = *err;
	const char *verb = run->is_backward ? "undo" : "plan";

	return ax_fail(err, AX_EPARTLY,
		"%.*s; %s %s is half done: artidx reorg --recover goes on with it%s", FIRST_MAX,
		why.message, verb, reorg_journal_id(run->journal),
		run->is_backward ? "" : ", --recover --undo takes it back");
}

/* A first run has failed. When nothing has changed, it need not be known to recover. */
static int give_up(struct reorg_run *run, struct ax_error *err)
{
	struct ax_error ignored = { 0 };

	if (run->changes == 0 &&
		reorg_journal_finish(run->journal, REORG_ABANDONED, NULL, 0, &ignored) == 0)
		return -1;
	return stopped(run, err);
}

static int apply(struct reorg_run *run, struct ax_error *err)
{
	struct ax_arena arena = { 0 };
	struct reorg_beginning beginning = { 0 };
	int status = reorg_check_plan(run, &arena, &beginning, err);

	if (status == 0)
		status = reorg_journal_begin(run->journal, &beginning, err);
	ax_arena_free(&arena);
	if (status < 0)
		return -1;
	return pass_forward(run, err) < 0 ? give_up(run, err) : 0;
}

int reorg_apply(struct reorg_journal *journal, const struct reorg_options *options,
	struct reorg_report *report, struct ax_error *err)
{
	struct reorg_run run;

	if (reorg_journal_state(journal) != REORG_PLANNED)
		return ax_fail(err, AX_EREFUSED,
			"plan %s: already %s; 'artidx reorg' makes a new one",
			reorg_journal_id(journal),
			reorg_state_name(reorg_journal_state(journal)));
	if (reorg_store_check_finished(reorg_journal_store(journal), NULL, err) < 0)
		return -1;
	int status = begin_run(&run, journal, options, report, err);
	if (status == 0)
		status = apply(&run, err);
	end_run(&run);
	return status;
}

/* Say what was not taken back, and that this is not the end of it. Returns -1. */
static int partly_undone(const struct reorg_run *run, struct ax_error *err)
{
	struct ax_str first = run->report->n_refused ? run->report->refused[0].text
						     : AX_STR("no memory to say");

	return ax_fail(err, AX_EPARTLY,
		"%zu %s, first: %.*s; artidx reorg --undo %s tries again", run->n_left,
		run->n_left == 1 ? "is left as it is" : "are left as they are",
		AX_STR_ARG(ax_str_slice(first, 0, FIRST_MAX)), reorg_journal_id(run->journal));
}

/* Finish a pass that some earlier process began, or one that was just begun. */
static int finish(struct reorg_run *run, struct ax_error *err)
{
	int status = run->is_resumed ? reorg_sweep(run, err) : 0;

	if (status == 0)
		status = run->is_backward ? pass_backward(run, err) : pass_forward(run, err);
	if (status < 0)
		return stopped(run, err);
	return run->n_left && run->is_backward ? partly_undone(run, err) : 0;
}

int reorg_recover(struct reorg_journal *journal, const struct reorg_options *options,
	struct reorg_report *report, struct ax_error *err)
{
	enum reorg_state state = reorg_journal_state(journal);
	struct reorg_run run;
	int status = begin_run(&run, journal, options, report, err);

	run.is_backward = state == REORG_UNDOING;
	if (status == 0 && run.is_resumed)
		status = finish(&run, err);
	end_run(&run);
	return status;
}

/* Whether an undo has a meaning. 1, 0 when there is nothing to do, -1 when it has none. */
static int check_undo(struct reorg_journal *journal, struct ax_error *err)
{
	enum reorg_state state = reorg_journal_state(journal);
	const char *id = reorg_journal_id(journal);
	const size_t *left = NULL;

	if (reorg_store_check_finished(reorg_journal_store(journal), id, err) < 0)
		return -1;
	if (reorg_journal_past_return(journal))
		return ax_fail(err, AX_EREFUSED,
			"plan %s: has deleted files for good, which cannot be undone", id);
	if (state == REORG_PLANNED)
		return ax_fail(err, AX_EREFUSED, "plan %s: was not applied", id);
	if (state == REORG_ABANDONED)
		return 0;
	return state != REORG_UNDONE || reorg_journal_left(journal, &left) > 0;
}

int reorg_undo(struct reorg_journal *journal, const struct reorg_options *options,
	struct reorg_report *report, struct ax_error *err)
{
	struct reorg_run run;
	int wanted = check_undo(journal, err);

	*report = (struct reorg_report){ 0 };
	if (wanted <= 0)
		return wanted;
	int status = begin_run(&run, journal, options, report, err);
	run.is_backward = true;
	if (status == 0 && reorg_journal_state(journal) != REORG_UNDOING)
		status = reorg_journal_begin_undo(journal, err);
	if (status == 0)
		status = finish(&run, err);
	end_run(&run);
	return status;
}
