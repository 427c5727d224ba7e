/*
 * cli/saved.h - queries with a name: "saved" in artidx.json
 *
 *	"saved": { "hackers": "runs hack_rate>0.5", "broken": "status:truncated,invalid" }
 *
 * A query is written as on the command line, as one argument: a view, if it is not files, and an
 * expression.
 */
#ifndef ARTIDX_CLI_SAVED_H
#define ARTIDX_CLI_SAVED_H

#include "query/field.h"

struct ax_arena;
struct ax_error;
struct ax_json_value;

struct cli_saved {
	enum qry_view view;
	const char *expression; /* in the arena; "" for all rows */
};

/* Whether the configuration's "saved" is an object of strings: 0, or AX_ECONFIG. */
int cli_saved_check(const struct ax_json_value *root, struct ax_error *err);

/* The query called name; AX_EUSAGE where there is none. root: of a checked configuration. */
int cli_saved_find(const struct ax_json_value *root, const char *name, struct ax_arena *arena,
	struct cli_saved *out, struct ax_error *err);

#endif
