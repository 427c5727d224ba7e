/*
 * cli/du_view.h - sums of the disk as a tree with bars, as a list with bars, as JSON
 */
#ifndef ARTIDX_CLI_DU_VIEW_H
#define ARTIDX_CLI_DU_VIEW_H

#include "report/disk.h"

struct ax_buf;
struct cli_output;

struct cli_du {
	const char *root;
	enum rpt_by by;
	bool apparent;
	uint64_t depth, limit; /* of the tree; rows below each directory, or of a list */
	const struct rpt_disk *disk;
};

/* "dir", "class", "run": by enum rpt_by, ended by NULL. */
extern const char *const cli_du_choices[];

int cli_du_print(struct cli_output *out, const struct cli_du *du, struct ax_error *err);
int cli_du_print_json(struct cli_output *out, const struct cli_du *du, struct ax_error *err);

#endif
