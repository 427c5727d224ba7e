#include "archive/dead_internal.h"

#include "archive/pins.h"
#include "base/error.h"
#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "indexer/catalog.h"
#include "indexer/config.h"
#include "indexer/references.h"
#include "reorg/act.h"
#include "reorg/gate.h"
#include "reorg/open_files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

struct search {
	const struct arc_dead_input *input;
	struct arc_dead *dead;
	struct ax_buf text;
	struct ax_error *err;
};

static int say(struct search *s, struct arc_dead_row *row)
{
	return dead_say(s->dead, &row->kept_by, &s->text, s->err);
}

static bool are_related(struct ax_str a, struct ax_str b)
{
	return ax_path_below(a, b) || ax_path_below(b, a);
}

static bool is_related(const struct arc_dead_row *row, struct ax_str path)
{
	return are_related(row->path, path);
}

/* ---- pins, open files, the quiet period */

static int ask_pins(struct search *s, struct arc_dead_row *row)
{
	const struct arc_pin *pin = arc_pins_find(s->input->pins, row->path);

	if (!pin)
		return 0;
	ax_buf_append_text(&s->text, "pinned");
	if (!ax_str_equal(pin->path, row->path)) {
		ax_buf_append_text(&s->text, " as ");
		ax_text_quote(&s->text, pin->path);
	}
	ax_buf_append_text(&s->text, ": ");
	ax_text_escape(&s->text, pin->why);
	return say(s, row);
}

static int ask_open_files(struct search *s, struct arc_dead_row *row)
{
	const struct reorg_open_file *file =
		reorg_open_files_below(s->input->open_files, row->path);

	if (!file)
		return 0;
	ax_buf_printf(&s->text, "process %ld has it open", (long)file->pid);
	return say(s, row);
}

static int ask_time(struct search *s, struct arc_dead_row *row)
{
	ax_nanoseconds age = s->input->now - row->mtime;

	if (!row->files || age > s->input->config->quiet)
		return 0;
	ax_buf_append_text(&s->text, "written less than the quiet period ago");
	return say(s, row);
}

/* ---- scripts and configurations */

static bool is_data_dir(const struct idx_config *config, struct ax_str path)
{
	const struct idx_strings *data = &config->data;

	while (path.len && path.ptr[path.len - 1] == '/')
		path.len--;
	for (size_t i = 0; i < data->count; i++) {
		if (ax_path_below(data->items[i], path))
			return true;
	}
	return !path.len;
}

/* The whole data directory is named everywhere, and means nothing in it. */
static bool is_named(const struct idx_config *config, const struct idx_reference *reference,
	struct ax_str path)
{
	if (is_data_dir(config, reference->target))
		return false;
	if (reference->kind == IDX_REF_DYNAMIC)
		return ax_str_starts(path, reference->target) ||
		       ax_path_below(reference->target, path);
	return are_related(path, reference->target);
}

bool arc_dead_next_reference(const struct idx_config *config,
	const struct idx_references *references, struct ax_str path, size_t *i,
	struct ax_buf *text)
{
	while (*i < references->count) {
		const struct idx_reference *reference = &references->items[(*i)++];
		if (!is_named(config, reference, path))
			continue;
		ax_text_quote(text, reference->file);
		ax_buf_printf(text, ":%" PRIu64 " %s ", reference->line,
			reference->kind == IDX_REF_DYNAMIC ? "may name it:" : "names");
		ax_text_quote(text, reference->text);
		return true;
	}
	return false;
}

static int ask_references(struct search *s, struct arc_dead_row *row)
{
	size_t i = 0;

	return arc_dead_next_reference(s->input->config, s->input->references, row->path, &i,
		       &s->text)
		       ? say(s, row)
		       : 0;
}

/* ---- runs at work */

static int ask_run(struct search *s, struct arc_dead_row *row, const struct idx_run *run)
{
	bool is_young = run->log.len && s->input->now - run->end <= s->input->config->quiet;
	bool is_running = ax_str_equal(run->status, AX_STR("running")) || is_young;
	bool touches = is_related(row, run->log);

	for (size_t i = 0; i < run->n_files && !touches; i++)
		touches = is_related(row, run->files[i]);
	for (size_t i = 0; i < run->n_uses && !touches; i++)
		touches = is_related(row, run->uses[i]);
	if (!is_running || !touches)
		return 0;
	ax_buf_append_text(&s->text,
		is_young ? "the log of a run is young: " : "a run at work: ");
	ax_text_escape(&s->text, run->id);
	return say(s, row);
}

static int ask_runs(struct search *s)
{
	struct idx_run_cursor *cursor = NULL;
	struct ax_arena scratch = { 0 };
	struct idx_run run;
	int found = 0;

	if (idx_run_cursor_open(s->input->snapshot, &cursor, s->err) < 0)
		return -1;
	while (found >= 0 &&
		(found = idx_run_cursor_next(cursor, &scratch, &run, s->err)) == 1) {
		for (size_t i = 0; i < s->dead->count && found > 0; i++) {
			if (ask_run(s, &s->dead->rows[i], &run) < 0)
				found = -1;
		}
		ax_arena_clear(&scratch);
	}
	ax_arena_free(&scratch);
	idx_run_cursor_close(cursor);
	return found < 0 ? -1 : 0;
}

/* ---- symlinks */

/* Where the symlink dir/name leads, root-relative, textually: 1, 0 for elsewhere, -1. */
static int read_link(struct search *s, const struct idx_entry *link, struct ax_buf *target)
{
	struct ax_buf dir = { 0 }, resolved = { 0 };
	char text[PATH_MAX];
	ssize_t len = -1;
	int fd =
		ax_open_beneath(s->input->root, link->dir, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	char *name = strndup(link->name.ptr, link->name.len);

	if (fd >= 0 && name)
		len = readlinkat(fd, name, text, sizeof(text));
	if (fd >= 0)
		close(fd);
	free(name);
	ax_buf_clear(target);
	int found = 0;
	if (len > 0) {
		ax_path_join(&dir, s->input->root_path, link->dir);
		ax_path_resolve(&resolved, ax_buf_str(&dir), ax_str(text, (size_t)len));
		found = ax_path_relative(target, s->input->root_path, ax_buf_str(&resolved));
		if (dir.failed || resolved.failed || target->failed)
			found = ax_fail(s->err, ENOMEM, "no memory for a path");
	}
	ax_buf_free(&dir);
	ax_buf_free(&resolved);
	return found;
}

static int ask_link(struct search *s, const struct idx_entry *link, struct ax_str target)
{
	struct ax_buf path = { 0 };
	int status = 0;

	ax_path_join(&path, link->dir, link->name);
	for (size_t i = 0; i < s->dead->count && status == 0; i++) {
		struct arc_dead_row *row = &s->dead->rows[i];
		if (!ax_path_below(target, row->path) ||
			ax_path_below(ax_buf_str(&path), row->path))
			continue;
		ax_buf_append_text(&s->text, "the symlink ");
		ax_text_quote(&s->text, ax_buf_str(&path));
		ax_buf_append_text(&s->text, " leads to it");
		status = say(s, row);
	}
	ax_buf_free(&path);
	return status;
}

static int ask_links(struct search *s)
{
	struct idx_filter everything = { 0 };
	struct idx_files *files = NULL;
	struct ax_buf target = { 0 };
	struct idx_entry entry;
	int found = 0;

	if (idx_files_open(s->input->snapshot, &everything, &files, s->err) < 0)
		return -1;
	while (found >= 0 && (found = idx_files_next(files, &entry, s->err)) == 1) {
		if (entry.type != IDX_SYMLINK)
			continue;
		s->dead->n_links++;
		int leads = read_link(s, &entry, &target);
		if (leads < 0 || (leads && ask_link(s, &entry, ax_buf_str(&target)) < 0))
			found = -1;
	}
	ax_buf_free(&target);
	idx_files_close(files);
	return found < 0 ? -1 : 0;
}

/* ---- queued tasks: the reorg's gate judges, as if all rows were about to move */

static int tell_task(struct search *s, const struct reorg_gate_task *task,
	struct arc_dead_row *row)
{
	bool touches = false;

	for (size_t i = 0; i < task->n_touches && !touches; i++)
		touches = is_related(row, task->touches[i]);
	if (task->verdict == REORG_CLEAR || (task->verdict == REORG_TOUCHES && !touches))
		return 0;
	ax_buf_printf(&s->text, "task %.*s of %s %s", AX_STR_ARG(task->job->id),
		task->job->queue, touches ? "names it" : "may name it");
	if (!touches) {
		ax_buf_append_text(&s->text, ": ");
		ax_text_escape(&s->text, task->why);
	}
	return say(s, row);
}

static int tell_queue(struct search *s, const struct reorg_gate *gate, struct arc_dead_row *row)
{
	if (gate->state == REORG_GATE_UNKNOWN) {
		ax_buf_append_text(&s->text, "a queue cannot be read: ");
		ax_text_escape(&s->text, gate->why);
		return say(s, row);
	}
	for (size_t i = 0; i < gate->n_tasks; i++) {
		if (tell_task(s, &gate->tasks[i], row) < 0)
			return -1;
	}
	return 0;
}

static int ask_queue(struct search *s)
{
	struct arc_dead *dead = s->dead;
	struct reorg_gate_options options = { .root_path = s->input->root_path };
	struct reorg_gate gate = { .n_tasks = 0 };
	struct reorg_act *acts =
		ax_arena_alloc(&dead->arena, (dead->count + 1) * sizeof(*acts));
	int status = 0;

	if (!acts)
		return ax_fail(s->err, ENOMEM, "no memory to ask the queue");
	for (size_t i = 0; i < dead->count; i++)
		acts[i] = (struct reorg_act){
			.kind = dead->rows[i].is_dir ? REORG_MOVE_DIR : REORG_MOVE,
			.from = dead->rows[i].path,
		};
	struct reorg_plan plan = { .n_acts = dead->count, .acts = acts };
	if (reorg_gate_judge(s->input->jobs, &plan, &options, &gate, s->err) < 0)
		return -1;
	for (size_t i = 0; i < dead->count && status == 0; i++)
		status = tell_queue(s, &gate, &dead->rows[i]);
	reorg_gate_free(&gate);
	return status;
}

int dead_find_keepers(const struct arc_dead_input *input, struct arc_dead *dead,
	struct ax_error *err)
{
	struct search s = { .input = input, .dead = dead, .err = err };
	int status = 0;

	for (size_t i = 0; i < dead->count && status == 0; i++) {
		struct arc_dead_row *row = &dead->rows[i];
		if (ask_pins(&s, row) < 0 || ask_open_files(&s, row) < 0 ||
			ask_time(&s, row) < 0 || ask_references(&s, row) < 0)
			status = -1;
	}
	if (status == 0 && dead->count &&
		(ask_queue(&s) < 0 || ask_runs(&s) < 0 || ask_links(&s) < 0))
		status = -1;
	ax_buf_free(&s.text);
	return status;
}
