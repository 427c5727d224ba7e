/*
 * cli/archived_name.h - names of archived files: "ARCHIVE//MEMBER", and the paths that they had
 */
#ifndef ARTIDX_CLI_ARCHIVED_NAME_H
#define ARTIDX_CLI_ARCHIVED_NAME_H

#include "base/arena.h"

struct ax_error;
struct cli_project;

/* "out/a.tar.zst//a/f" as the path that it had, "out/a/f"; any other path as it is. */
int cli_archived_before(struct ax_arena *arena, struct ax_str name, struct ax_str *out,
	struct ax_error *err);

/*
 * What the catalogue knows of a path that is not on the disk: 1 and "ARCHIVE//MEMBER", which may
 * also be a directory of it; 0 when no archive has it, or there is no catalogue; -1.
 */
int cli_archived_find(const struct cli_project *project, struct ax_arena *arena,
	struct ax_str path, struct ax_str *out, struct ax_error *err);

#endif
