/*
 * reorg/gate.h - may the files move now, as far as the job queues are concerned
 *
 * A job that is not done and names a path that would move blocks; so does one of which that
 * cannot be told (a variable, a glob over what moves, a script that cannot be read), and so does
 * a queue that cannot be read.
 */
#ifndef ARTIDX_REORG_GATE_H
#define ARTIDX_REORG_GATE_H

#include "base/arena.h"
#include "indexer/jobs.h"
#include "reorg/names.h"

struct ax_error;
struct reorg_plan;

enum reorg_verdict {
	REORG_CLEAR,
	REORG_TOUCHES,
	REORG_CANNOT_TELL,
};

/* "clear", "touches", "cannot tell" */
const char *reorg_verdict_name(enum reorg_verdict verdict);

enum reorg_gate_state {
	REORG_GATE_IDLE,
	REORG_GATE_BUSY,
	REORG_GATE_UNKNOWN, /* a queue could not be read */
};

/* "idle", "busy", "unknown" */
const char *reorg_gate_state_name(enum reorg_gate_state state);

struct reorg_gate_task {
	const struct idx_job *job;
	enum reorg_verdict verdict;
	bool ignored; /* by name: it does not block */
	size_t n_touches;
	struct ax_str *touches; /* root-relative paths that would move */
	struct ax_str why;      /* of REORG_CANNOT_TELL: the word, or what is missing */
};

struct reorg_gate {
	struct ax_arena arena;
	enum reorg_gate_state state;
	struct ax_str queues, why;
	size_t n_tasks; /* unfinished jobs, in the queues' order */
	struct reorg_gate_task *tasks;
	size_t n_done; /* finished jobs that would touch what moves if they were restarted */
	struct reorg_gate_task *done;
};

struct reorg_gate_options {
	struct ax_str root_path; /* absolute and resolved */
	enum reorg_side leaves;  /* the names that go: "from" by an apply, "to" by an undo */
	size_t n_ignored;
	const struct ax_str *ignored; /* ids of tasks, "7" or "pueue:7" */
};

/*
 * Naming what leaves a link at its old path (REORG_LINK) does not block an apply, unless a path goes
 * up from there (link/../x) or a program takes links as links (tar); naming what is in
 * a directory that the plan made blocks an undo, which removes it. jobs and plan must outlive the
 * result.
 */
int reorg_gate_judge(const struct idx_jobs *jobs, const struct reorg_plan *plan,
	const struct reorg_gate_options *options, struct reorg_gate *out, struct ax_error *err);
void reorg_gate_free(struct reorg_gate *gate);

#endif
