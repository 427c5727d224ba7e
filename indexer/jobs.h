/*
 * indexer/jobs.h - what the job queues of this machine hold
 *
 * Readers for pueue 3 and 4, task-spooler and Slurm. A queue that should be there and cannot be
 * read is never taken for an empty one. Environments of jobs are neither kept nor shown.
 */
#ifndef ARTIDX_INDEXER_JOBS_H
#define ARTIDX_INDEXER_JOBS_H

#include "base/arena.h"
#include "indexer/command.h"

#include <sys/types.h>

struct ax_error;

enum idx_queue {
	IDX_QUEUE_AUTO, /* all that are there */
	IDX_QUEUE_PUEUE,
	IDX_QUEUE_TSP,
	IDX_QUEUE_SLURM,
	IDX_QUEUE_FILE, /* a saved `pueue status --json` or `squeue --json` */
	IDX_QUEUE_NONE,
};

/* "auto", "pueue", "tsp", "slurm", "none", or "file:PATH" with *path set; false for others. */
bool idx_queue_parse(struct ax_str text, enum idx_queue *queue, struct ax_str *path);

/* Where queues keep their things, as the environment says; empty where it says nothing. */
struct idx_queue_options {
	enum idx_queue queue;
	const char *file;          /* of IDX_QUEUE_FILE */
	struct ax_str home;        /* $HOME */
	struct ax_str data_home;   /* $XDG_DATA_HOME */
	struct ax_str config_home; /* $XDG_CONFIG_HOME */
	struct ax_str tsp_socket;  /* $TS_SOCKET */
	struct ax_str tmp;         /* $TMPDIR */
	struct ax_str root;        /* absolute path of the project */
	char *const *environment;  /* for the programs that are asked */
	uid_t uid;
};

enum idx_job_state {
	IDX_JOB_QUEUED,
	IDX_JOB_RUNNING,
	IDX_JOB_PAUSED,
	IDX_JOB_STASHED,
	IDX_JOB_LOCKED,
	IDX_JOB_DONE,
	IDX_JOB_UNKNOWN, /* a state that this program does not know: not done */
};

/* "queued", "running", ... */
const char *idx_job_state_name(enum idx_job_state state);

struct idx_job {
	struct ax_str id;
	const char *queue; /* "pueue", "tsp", "slurm" */
	enum idx_job_state state;
	struct ax_str command; /* for people */
	struct ax_str cwd;     /* absolute, or "" */
	struct idx_words words;
	bool opaque; /* what it runs could not be learnt */
};

struct idx_jobs {
	struct ax_arena arena;
	size_t count;
	struct idx_job *items; /* by queue, then in the queue's order */
	struct ax_str queues;  /* what was read: "pueue", "tsp, slurm", "none" */
	bool unreadable;       /* a queue that should be there could not be read */
	struct ax_str why;     /* and why */
};

/*
 * Read the queues. Fails only when memory runs out; all else that goes wrong makes the result
 * unreadable.
 */
int idx_jobs_read(const struct idx_queue_options *options, struct idx_jobs *out,
	struct ax_error *err);
void idx_jobs_free(struct idx_jobs *jobs);

#endif
