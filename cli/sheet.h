/*
 * cli/sheet.h - what is known about one thing, a line a fact
 *
 *	out/v_hack_21pairs.safetensors
 *	  class     v_hack
 *	  why       ...
 *
 * Long facts are wrapped on a terminal; elsewhere a fact is one line, for grep.
 */
#ifndef ARTIDX_CLI_SHEET_H
#define ARTIDX_CLI_SHEET_H

#include "base/str.h"
#include "base/units.h"

struct cli_output;
struct idx_attribute;
struct idx_metadata;

/* The thing itself, a path or an id. */
void cli_sheet_title(struct cli_output *out, struct ax_str name);

/* A fact; nothing when text is "". Paths have a function of their own, note goes behind them. */
void cli_sheet_text(struct cli_output *out, const char *label, struct ax_str text);
void cli_sheet_printf(struct cli_output *out, const char *label, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void cli_sheet_path(struct cli_output *out, const char *label, struct ax_str path,
	struct ax_str note);

/* Paths below one label, a line each, at most limit of them and how many more there are. */
void cli_sheet_paths(struct cli_output *out, const char *label, const struct ax_str *paths,
	size_t count, size_t limit);

/* "k 12, rank 2560": derived facts. Those that are parts of others (cfg.*) are left out. */
void cli_sheet_attributes(struct cli_output *out, const struct idx_attribute *attributes,
	size_t count);

/* A heading for what follows below the facts. */
void cli_sheet_heading(struct cli_output *out, const char *heading);

/* The entries of __metadata__, each cut to a line; of JSON lists how long they are and the end. */
void cli_sheet_metadata(struct cli_output *out, const struct idx_metadata *metadata,
	size_t count);

#endif
