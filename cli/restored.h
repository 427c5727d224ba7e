/*
 * cli/restored.h - an archive of the project that is brought back: where to, and who must know
 */
#ifndef ARTIDX_CLI_RESTORED_H
#define ARTIDX_CLI_RESTORED_H

#include "cli/project.h"

#include <stddef.h>

struct ax_error;
struct cli;

struct cli_restored {
	struct cli *cli;
	bool is_in_project; /* of an archive elsewhere nothing else is known */
	struct cli_project project;
	struct ax_str archive; /* root-relative */
	struct ax_str was;     /* where it lay when it was made, as far as that is known */
	const char *base;      /* the directory of that, absolute; NULL outside of a project */
};

/* Everything is in the arena of cli. */
int cli_restored_find(struct cli *cli, const char *archive, struct cli_restored *out,
	struct ax_error *err);

/*
 * Members (none: all) are back where they were, but for n_bad ones: told to the history and the
 * catalogue. What goes wrong is a warning: the files are back.
 */
void cli_restored_record(const struct cli_restored *restored, char *const *members, size_t n,
	size_t n_bad);

#endif
