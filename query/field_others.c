/*
 * The fields of directories, references and jobs.
 */
#include "query/field_internal.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/path.h"
#include "indexer/jobs.h"
#include "indexer/references.h"

#include <errno.h>
#include <stddef.h>

enum {
	JSON = QRY_FIELD_JSON,
	SHOWN = QRY_FIELD_JSON | QRY_FIELD_SHOWN,
};

#define IN_DIRECTORY(member) offsetof(struct qry_row, directory.member)

const struct qry_field qry_dir_fields[] = {
	{ "path", QRY_TYPE_TEXT, .flags = SHOWN | QRY_FIELD_PATH, .param = IN_DIRECTORY(path),
		.get = qry_get_any_text, .doc = "its path from the root" },
	{ "files", QRY_TYPE_INT, .flags = SHOWN, .param = IN_DIRECTORY(files),
		.get = qry_get_u64, .doc = "how many files lie directly in it" },
	{ "size", QRY_TYPE_SIZE, .flags = SHOWN, .param = IN_DIRECTORY(size),
		.get = qry_get_u64, .doc = "their bytes" },
	{ "mtime", QRY_TYPE_TIME, .flags = SHOWN, .param = IN_DIRECTORY(mtime),
		.get = qry_get_any_time, .doc = "when the newest of them was last written" },
	{ "mtime_ns", QRY_TYPE_INT, .flags = JSON, .param = IN_DIRECTORY(mtime),
		.get = qry_get_any_time, .doc = "mtime in nanoseconds since 1970" },
};

const size_t qry_n_dir_fields = sizeof(qry_dir_fields) / sizeof(qry_dir_fields[0]);

/* param: the offset of an ax_str in struct idx_reference. */
static int get_reference_text(struct qry_row *row, const struct qry_ref *ref,
	struct qry_value *out, struct ax_error *err)
{
	struct ax_str text;

	(void)err;
	memcpy(&text, (const char *)row->reference + ref->field->param, sizeof(text));
	*out = qry_text_or_absent(text);
	return 0;
}

static int get_line(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	(void)ref;
	(void)err;
	*out = qry_unsigned(row->reference->line);
	return 0;
}

static int get_kind(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	(void)ref;
	(void)err;
	*out = qry_text(ax_str_from(idx_reference_kind_name(row->reference->kind)));
	return 0;
}

#define REFERENCE(member) \
	.param = offsetof(struct idx_reference, member), .get = get_reference_text

const struct qry_field qry_ref_fields[] = {
	{ "file", QRY_TYPE_TEXT, .flags = SHOWN, REFERENCE(file),
		.doc = "the script or configuration" },
	{ "line", QRY_TYPE_INT, .flags = SHOWN, .get = get_line, .doc = "its line, from 1" },
	{ "kind", QRY_TYPE_ENUM, .names = QRY_NAMES_REFERENCE_KIND, .flags = SHOWN,
		.get = get_kind,
		.doc = "file, dir, missing, dynamic (built at run time), unsure, or joined (to "
		       "\"out\")" },
	{ "text", QRY_TYPE_TEXT, .flags = SHOWN, REFERENCE(text), .doc = "what stands there" },
	{ "target", QRY_TYPE_TEXT, .flags = SHOWN | QRY_FIELD_PATH, REFERENCE(target),
		.doc = "the path that it means" },
	{ "context", QRY_TYPE_TEXT, .flags = JSON, REFERENCE(context),
		.doc = "the whole line" },
};

const size_t qry_n_ref_fields = sizeof(qry_ref_fields) / sizeof(qry_ref_fields[0]);

/* param: the offset of an ax_str in struct idx_job. */
static int get_job_text(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	struct ax_str text;

	(void)err;
	memcpy(&text, (const char *)row->job + ref->field->param, sizeof(text));
	*out = qry_text_or_absent(text);
	return 0;
}

static int get_state(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	(void)ref;
	(void)err;
	*out = qry_text(ax_str_from(idx_job_state_name(row->job->state)));
	return 0;
}

static int get_queue(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	(void)ref;
	(void)err;
	*out = qry_text(ax_str_from(row->job->queue));
	return 0;
}

static int get_opaque(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	(void)ref;
	(void)err;
	*out = qry_bool(row->job->opaque);
	return 0;
}

/* A path that the command names, from the root where it lies below it; "" for the root itself. */
static int relative_path(struct qry_row *row, struct ax_str path, struct ax_str *out,
	struct ax_error *err)
{
	struct ax_buf buf = { 0 };
	char *copy = NULL;

	*out = path;
	if (!ax_path_relative(&buf, row->scope->root, path) || buf.len == 0) {
		ax_buf_free(&buf);
		return 0;
	}
	if (!buf.failed)
		copy = ax_arena_copy(&row->arena, ax_buf_str(&buf));
	*out = ax_str(copy, buf.len);
	ax_buf_free(&buf);
	return copy ? 0 : ax_fail(err, ENOMEM, "no memory for a path");
}

/* Any word of a command may be a path; "41" is one only if there is such a file. */
static int is_path(struct qry_row *row, const struct idx_word *word, struct ax_str path,
	struct ax_error *err)
{
	struct idx_entry entry;

	if (word->unresolved && word->guessed)
		return 0;
	if (!word->guessed &&
		(ax_str_find(word->text, '/') < word->text.len || word->unresolved))
		return 1;
	return idx_snapshot_find(row->scope->snapshot, path, &entry, err);
}

static int get_touches(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	const struct idx_words *words = &row->job->words;
	struct ax_str *paths = ax_arena_alloc(&row->arena, (words->count + 1) * sizeof(*paths));
	size_t n = 0;

	(void)ref;
	if (!paths)
		return ax_fail(err, ENOMEM, "no memory for a list");
	for (size_t i = 0; i < words->count; i++) {
		int found;

		if (words->items[i].path.len == 0)
			continue;
		if (relative_path(row, words->items[i].path, &paths[n], err) < 0)
			return -1;
		found = is_path(row, &words->items[i], paths[n], err);
		if (found < 0)
			return -1;
		n += found > 0;
	}
	return qry_text_list(row, paths, n, out, err);
}

#define JOB(member) .param = offsetof(struct idx_job, member), .get = get_job_text

const struct qry_field qry_job_fields[] = {
	{ "id", QRY_TYPE_TEXT, .flags = SHOWN, JOB(id), .doc = "its id in its queue" },
	{ "state", QRY_TYPE_ENUM, .names = QRY_NAMES_JOB_STATE, .flags = SHOWN,
		.get = get_state, .doc = "queued, running, paused, stashed, locked or done" },
	{ "queue", QRY_TYPE_TEXT, .flags = SHOWN, .get = get_queue,
		.doc = "pueue, tsp or slurm" },
	{ "command", QRY_TYPE_TEXT, .flags = SHOWN, JOB(command), .doc = "what it runs" },
	{ "cwd", QRY_TYPE_TEXT, .flags = JSON, JOB(cwd),
		.doc = "the directory that it runs in" },
	{ "touches", QRY_TYPE_TEXT, .flags = JSON | QRY_FIELD_LIST, .get = get_touches,
		.doc = "paths that its command names" },
	{ "opaque", QRY_TYPE_BOOL, .flags = JSON, .get = get_opaque,
		.doc = "whether what it runs could not be learnt" },
};

const size_t qry_n_job_fields = sizeof(qry_job_fields) / sizeof(qry_job_fields[0]);
