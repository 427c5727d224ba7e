/*
 * reorg/open_files.h - what processes have open right now
 *
 * Read from /proc: descriptors, mapped files and working directories of every process that may
 * be looked at; for an ordinary user those are the user's own.
 */
#ifndef ARTIDX_REORG_OPEN_FILES_H
#define ARTIDX_REORG_OPEN_FILES_H

#include "base/arena.h"

#include <stdint.h>
#include <sys/types.h>

struct ax_error;

/* One thing that a process holds. */
struct reorg_open_file {
	struct ax_str path; /* root-relative; "" is the root itself */
	pid_t pid;
	bool is_cwd; /* it is the process's working directory */
};

struct reorg_open_files {
	struct ax_arena arena;
	size_t count;
	struct reorg_open_file *items; /* ordered by path */
};

/*
 * Everything at or below root_path (absolute, resolved) that is open, but for what this process
 * holds itself. Processes that end meanwhile are passed over.
 */
int reorg_open_files_list(struct ax_str root_path, struct reorg_open_files *out,
	struct ax_error *err);
void reorg_open_files_free(struct reorg_open_files *files);

/* The first that is path itself or below it, or NULL. */
const struct reorg_open_file *reorg_open_files_below(const struct reorg_open_files *files,
	struct ax_str path);

#endif
