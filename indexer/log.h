/*
 * indexer/log.h - what the log of a training run says
 *
 * A log is named <ts>_<slug>.log, <slug> being {preset}_{arm}_seed{seed}{out_tag}. Only its head
 * and its tail are read, and they may hold anything.
 */
#ifndef ARTIDX_INDEXER_LOG_H
#define ARTIDX_INDEXER_LOG_H

#include "indexer/runs.h"

struct ax_buf;

/* Split "<ts>_<slug>", the name of a log without ".log" or of a run's directory. */
bool idx_run_id_parse(struct ax_str id, struct ax_str *ts_out, struct ax_str *slug_out);

/* What a slug is made of; fields that cannot be told are "" or IDX_ABSENT. */
struct idx_slug {
	struct ax_str preset, arm, tag; /* the tag without its leading "_" */
	struct idx_value seed;
};

/*
 * The arm may hold a "_" as the preset may; argv, which may be "", tells where one begins. All
 * is borrowed from slug.
 */
void idx_slug_parse(struct ax_str slug, struct ax_str argv, struct idx_slug *out);

/* A log of which the head and the tail are to be read. */
struct idx_log_source {
	int fd;
	struct ax_str name; /* of the file */
	uint64_t size;
	ax_nanoseconds mtime, now, quiet; /* a log younger than quiet may be running */
};

/*
 * Fill *out but for its path; texts are borrowed from scratch and the name. What cannot be read
 * counts as empty. Fails when memory runs out.
 */
int idx_log_read(const struct idx_log_source *source, struct ax_buf *scratch,
	struct idx_log *out, struct ax_error *err);

/* The facts as attributes, at most IDX_LOG_ATTRIBUTES of them, and back. */
enum { IDX_LOG_ATTRIBUTES = 6 };
size_t idx_log_attributes(const struct idx_log *log, struct idx_attribute *out);
void idx_log_from_attributes(const struct idx_attribute *attributes, size_t n,
	struct ax_str path, ax_nanoseconds mtime, struct idx_log *out);

#endif
