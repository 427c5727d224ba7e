/*
 * indexer/jobs_internal.h - what the readers of the queues share
 */
#ifndef ARTIDX_INDEXER_JOBS_INTERNAL_H
#define ARTIDX_INDEXER_JOBS_INTERNAL_H

#include "base/buf.h"
#include "indexer/jobs.h"

struct ax_json_value;

struct jobs_reader {
	const struct idx_queue_options *options;
	struct idx_jobs *jobs;
	size_t capacity;
	struct ax_error *err;
};

/* Note that a queue has been read. */
int jobs_add_queue(struct jobs_reader *reader, const char *name);

/* Note that one could not be; the first reason is kept. Returns 0, or -1 without memory. */
int jobs_set_unreadable(struct jobs_reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A new job at the end of the list, all zero but for its queue; NULL without memory. */
struct idx_job *jobs_add(struct jobs_reader *reader, const char *queue);

/* A copy in the list's arena. */
int jobs_keep(struct jobs_reader *reader, struct ax_str s, struct ax_str *out);

/* Set command and words from a command that a shell will read in job->cwd. */
int jobs_set_command(struct jobs_reader *reader, struct idx_job *job, struct ax_str command);

/* Add the jobs of a parsed document. A document of another form makes the list unreadable. */
int jobs_read_pueue_document(struct jobs_reader *reader, const struct ax_json_value *root);
int jobs_read_slurm_document(struct jobs_reader *reader, const struct ax_json_value *root,
	bool ask_scontrol);

/* Add the jobs of a queue that runs here; required: it is an error where there is none. */
int jobs_read_pueue(struct jobs_reader *reader, bool required);
int jobs_read_tsp(struct jobs_reader *reader, bool required);
int jobs_read_slurm(struct jobs_reader *reader, bool required);

#endif
