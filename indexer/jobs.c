#include "indexer/jobs.h"

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "indexer/jobs_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { FILE_LIMIT = 256 * 1024 * 1024 };

bool idx_queue_parse(struct ax_str text, enum idx_queue *queue, struct ax_str *path)
{
	static const struct {
		struct ax_str name;
		enum idx_queue queue;
	} names[] = {
		{ AX_STR_INIT("auto"), IDX_QUEUE_AUTO },
		{ AX_STR_INIT("pueue"), IDX_QUEUE_PUEUE },
		{ AX_STR_INIT("tsp"), IDX_QUEUE_TSP },
		{ AX_STR_INIT("slurm"), IDX_QUEUE_SLURM },
		{ AX_STR_INIT("none"), IDX_QUEUE_NONE },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (ax_str_equal(names[i].name, text)) {
			*queue = names[i].queue;
			*path = (struct ax_str){ 0 };
			return true;
		}
	}
	if (!ax_str_starts(text, AX_STR("file:")) || text.len == 5)
		return false;
	*queue = IDX_QUEUE_FILE;
	*path = ax_str_slice(text, 5, text.len);
	return true;
}

const char *idx_job_state_name(enum idx_job_state state)
{
	static const char *const names[] = {
		[IDX_JOB_QUEUED] = "queued",
		[IDX_JOB_RUNNING] = "running",
		[IDX_JOB_PAUSED] = "paused",
		[IDX_JOB_STASHED] = "stashed",
		[IDX_JOB_LOCKED] = "locked",
		[IDX_JOB_DONE] = "done",
		[IDX_JOB_UNKNOWN] = "unknown",
	};
	return names[state];
}

static int no_memory(struct jobs_reader *reader)
{
	return ax_fail(reader->err, ENOMEM, "job queue: no memory to read it");
}

int jobs_keep(struct jobs_reader *reader, struct ax_str s, struct ax_str *out)
{
	const char *copy = ax_arena_copy(&reader->jobs->arena, s);

	if (!copy)
		return no_memory(reader);
	*out = ax_str(copy, s.len);
	return 0;
}

int jobs_add_queue(struct jobs_reader *reader, const char *name)
{
	struct ax_buf buf = { 0 };

	ax_buf_append_str(&buf, reader->jobs->queues);
	if (buf.len)
		ax_buf_append_text(&buf, ", ");
	ax_buf_append_text(&buf, name);
	int status = buf.failed ? no_memory(reader)
				: jobs_keep(reader, ax_buf_str(&buf), &reader->jobs->queues);
	ax_buf_free(&buf);
	return status;
}

int jobs_set_unreadable(struct jobs_reader *reader, const char *format, ...)
{
	char text[512];
	va_list args;

	if (reader->jobs->unreadable)
		return 0;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	reader->jobs->unreadable = true;
	return jobs_keep(reader, ax_str_from(text), &reader->jobs->why);
}

struct idx_job *jobs_add(struct jobs_reader *reader, const char *queue)
{
	struct idx_jobs *jobs = reader->jobs;

	if (jobs->count == reader->capacity) {
		size_t wanted = reader->capacity ? 2 * reader->capacity : 32;
		void *grown = reallocarray(jobs->items, wanted, sizeof(*jobs->items));
		if (!grown) {
			no_memory(reader);
			return NULL;
		}
		jobs->items = grown;
		reader->capacity = wanted;
	}
	struct idx_job *job = &jobs->items[jobs->count++];
	*job = (struct idx_job){ .queue = queue };
	return job;
}

int jobs_set_command(struct jobs_reader *reader, struct idx_job *job, struct ax_str command)
{
	struct idx_shell shell = { .cwd = job->cwd, .home = reader->options->home };

	if (jobs_keep(reader, command, &job->command) < 0)
		return -1;
	return idx_command_split(job->command, &shell, &reader->jobs->arena, &job->words,
		reader->err);
}

/* A saved listing: which queue it is of shows by its keys. */
static int read_file(struct jobs_reader *reader)
{
	const char *path = reader->options->file;
	struct ax_buf text = { 0 };
	struct ax_json *json = NULL;
	int status = -1;

	if (ax_file_read(AT_FDCWD, path, FILE_LIMIT, &text, reader->err) < 0 ||
		ax_json_parse(ax_buf_str(&text), 0, path, &json, reader->err) < 0) {
		status = reader->err->code == ENOMEM
				 ? -1
				 : jobs_set_unreadable(reader, "%s", reader->err->message);
		goto out;
	}
	const struct ax_json_value *root = ax_json_root(json);
	if (ax_json_get(root, "jobs"))
		status = jobs_read_slurm_document(reader, root, false);
	else
		status = jobs_read_pueue_document(reader, root);
out:
	ax_json_free(json);
	ax_buf_free(&text);
	return status;
}

static int read_all(struct jobs_reader *reader)
{
	switch (reader->options->queue) {
	case IDX_QUEUE_AUTO:
		if (jobs_read_pueue(reader, false) < 0 || jobs_read_tsp(reader, false) < 0)
			return -1;
		return jobs_read_slurm(reader, false);
	case IDX_QUEUE_PUEUE:
		return jobs_read_pueue(reader, true);
	case IDX_QUEUE_TSP:
		return jobs_read_tsp(reader, true);
	case IDX_QUEUE_SLURM:
		return jobs_read_slurm(reader, true);
	case IDX_QUEUE_FILE:
		return read_file(reader);
	case IDX_QUEUE_NONE:
		return 0;
	}
	return 0;
}

int idx_jobs_read(const struct idx_queue_options *options, struct idx_jobs *out,
	struct ax_error *err)
{
	struct idx_jobs jobs = { 0 };
	struct jobs_reader reader = { .options = options, .jobs = &jobs, .err = err };

	if (read_all(&reader) < 0) {
		idx_jobs_free(&jobs);
		return -1;
	}
	if (jobs.queues.len == 0)
		jobs.queues = AX_STR("none");
	*out = jobs;
	return 0;
}

void idx_jobs_free(struct idx_jobs *jobs)
{
	free(jobs->items);
	ax_arena_free(&jobs->arena);
	*jobs = (struct idx_jobs){ 0 };
}
