#include "sample/truth.h"

#include "base/buf.h"
#include "base/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

const char *sample_truth_text(struct sample_truth *truth, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	int len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (len < 0 || (size_t)len >= sizeof(text)) {
		truth->failed = true;
		return "";
	}
	const char *copy = ax_arena_copy(&truth->arena, ax_str(text, (size_t)len));
	truth->failed = truth->failed || !copy;
	return copy ? copy : "";
}

/* A copy of size bytes, or NULL with the failure noted. */
static void *keep(struct sample_truth *truth, const void *bytes, size_t size)
{
	void *copy = ax_arena_alloc(&truth->arena, size);

	if (copy)
		memcpy(copy, bytes, size);
	else
		truth->failed = true;
	return copy;
}

void sample_truth_file(struct sample_truth *truth, const struct sample_file *file)
{
	struct sample_file *copy = keep(truth, file, sizeof(*file));

	if (!copy)
		return;
	copy->next = truth->files;
	truth->files = copy;
	truth->file_count++;
}

struct sample_run *sample_truth_run(struct sample_truth *truth, const struct sample_run *run)
{
	struct sample_run *copy = keep(truth, run, sizeof(*run));

	if (!copy)
		return NULL;
	copy->next = truth->runs;
	truth->runs = copy;
	return copy;
}

void sample_truth_saved(struct sample_truth *truth, struct sample_run *run, const char *path)
{
	struct sample_saved saved = { .next = run->saved, .path = path };
	struct sample_saved *copy = keep(truth, &saved, sizeof(saved));

	if (copy)
		run->saved = copy;
}

void sample_truth_move(struct sample_truth *truth, const char *from, const char *to)
{
	struct sample_move move = { .next = truth->moves, .from = from, .to = to };
	struct sample_move *copy = keep(truth, &move, sizeof(move));

	if (copy)
		truth->moves = copy;
}

/* ---- expected.json */

static void write_text(struct ax_json_writer *json, const char *key, const char *text)
{
	ax_json_write_key(json, ax_str_from(key));
	if (text)
		ax_json_write_string(json, ax_str_from(text));
	else
		ax_json_write_null(json);
}

static void write_fact(struct ax_json_writer *json, const char *key, unsigned value)
{
	if (value == 0)
		return;
	ax_json_write_key(json, ax_str_from(key));
	ax_json_write_u64(json, value);
}

static void write_file(struct ax_json_writer *json, const struct sample_file *file)
{
	ax_json_begin_object(json);
	write_text(json, "path", file->path);
	write_text(json, "class", file->class);
	write_text(json, "status", file->status);
	ax_json_write_key(json, AX_STR("misnamed"));
	ax_json_write_bool(json, file->misnamed);
	write_text(json, "run", file->run);
	write_text(json, "dest", file->dest);
	write_text(json, "flag", file->flag);
	ax_json_write_key(json, AX_STR("derived"));
	ax_json_begin_object(json);
	write_fact(json, "k", file->facts.k);
	write_fact(json, "rank", file->facts.rank);
	write_fact(json, "n_pairs", file->facts.n_pairs);
	write_fact(json, "n_modules", file->facts.n_modules);
	ax_json_end_object(json);
	ax_json_end_object(json);
}

static int by_path(const void *a, const void *b)
{
	const struct sample_file *const *one = a, *const *other = b;

	return strcmp((*one)->path, (*other)->path);
}

static void write_files(struct sample_truth *truth, struct ax_json_writer *json)
{
	size_t count = 0;
	const struct sample_file **sorted =
		ax_arena_alloc(&truth->arena, truth->file_count * sizeof(*sorted));

	if (!sorted) {
		truth->failed = true;
		return;
	}
	for (const struct sample_file *file = truth->files; file; file = file->next)
		sorted[count++] = file;
	qsort(sorted, count, sizeof(*sorted), by_path);
	ax_json_write_key(json, AX_STR("files"));
	ax_json_begin_array(json);
	for (size_t i = 0; i < count; i++)
		write_file(json, sorted[i]);
	ax_json_end_array(json);
}

static void write_run(struct ax_json_writer *json, const struct sample_run *run)
{
	ax_json_begin_object(json);
	write_text(json, "ts", run->ts);
	write_text(json, "slug", run->slug);
	write_text(json, "preset", run->preset);
	write_text(json, "arm", run->arm);
	ax_json_write_key(json, AX_STR("seed"));
	ax_json_write_u64(json, run->seed);
	write_text(json, "tag", run->tag);
	write_text(json, "v_hack", run->v_hack);
	write_text(json, "log", run->log);
	write_text(json, "end", run->end);
	ax_json_write_key(json, AX_STR("checkpoints"));
	ax_json_begin_array(json);
	for (const struct sample_saved *saved = run->saved; saved; saved = saved->next)
		ax_json_write_string(json, ax_str_from(saved->path));
	ax_json_end_array(json);
	ax_json_end_object(json);
}

static void write_texts(struct ax_json_writer *json, const char *key, const char *const *texts)
{
	ax_json_write_key(json, ax_str_from(key));
	ax_json_begin_array(json);
	for (; *texts; texts++)
		ax_json_write_string(json, ax_str_from(*texts));
	ax_json_end_array(json);
}

static void write_moves(struct ax_json_writer *json, const struct sample_move *move)
{
	ax_json_write_key(json, AX_STR("dirs"));
	ax_json_begin_array(json);
	for (; move; move = move->next) {
		ax_json_begin_object(json);
		write_text(json, "from", move->from);
		write_text(json, "to", move->to);
		ax_json_end_object(json);
	}
	ax_json_end_array(json);
}

static void write_edits(struct ax_json_writer *json, const struct sample_edit *edits,
	size_t count)
{
	ax_json_write_key(json, AX_STR("edits"));
	ax_json_begin_array(json);
	for (size_t i = 0; i < count; i++) {
		ax_json_begin_object(json);
		write_text(json, "file", edits[i].file);
		write_texts(json, "has", edits[i].has);
		write_texts(json, "not", edits[i].lacks);
		ax_json_end_object(json);
	}
	ax_json_end_array(json);
}

void sample_truth_write(struct sample_truth *truth, struct ax_buf *buf)
{
	struct ax_json_writer json = { .buf = buf, .indent = true };

	ax_json_begin_object(&json);
	write_files(truth, &json);
	ax_json_write_key(&json, AX_STR("runs"));
	ax_json_begin_array(&json);
	for (const struct sample_run *run = truth->runs; run; run = run->next)
		write_run(&json, run);
	ax_json_end_array(&json);
	write_moves(&json, truth->moves);
	write_edits(&json, truth->edits, truth->edit_count);
	ax_json_end_object(&json);
	ax_buf_append_byte(buf, '\n');
}
