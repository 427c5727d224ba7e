/*
 * cli/candidates.h - names that a project has, for completion
 */
#ifndef ARTIDX_CLI_CANDIDATES_H
#define ARTIDX_CLI_CANDIDATES_H

#include "base/str.h"

struct cli;

enum cli_candidates {
	CLI_CLASSES_USED,  /* by files in the catalogue */
	CLI_CLASSES_KNOWN, /* to the rules */
	CLI_RUNS,
	CLI_CFG_KEYS, /* top-level names in the cfg of any run */
	CLI_ROW_KEYS, /* and in its rows */
	CLI_SAVED_QUERIES,
};

/*
 * Each name once, at most some hundreds, in the arena of cli. What cannot be found out is left
 * out: whoever completes a word wants silence.
 */
struct cli_names {
	size_t count;
	struct ax_str *items;
};
struct cli_names cli_candidates(struct cli *cli, enum cli_candidates kind);

#endif
