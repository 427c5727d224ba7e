/*
 * cli/inspect_view.h - safetensors files shown one after the other, for people or as JSON
 */
#ifndef ARTIDX_CLI_INSPECT_VIEW_H
#define ARTIDX_CLI_INSPECT_VIEW_H

#include "base/str.h"

struct ax_error;
struct cli_output;
struct idx_finding;
struct sft_header;

struct cli_inspect_options {
	bool json;        /* artidx.inspect/1 */
	bool each_tensor; /* a line each instead of a line a pattern */
};

struct cli_inspect_view;
int cli_inspect_view_new(struct cli_output *out, const struct cli_inspect_options *options,
	struct cli_inspect_view **view, struct ax_error *err);
void cli_inspect_view_free(struct cli_inspect_view *view);

/* header is NULL where none could be read. */
int cli_inspect_view_file(struct cli_inspect_view *view, struct ax_str path,
	const struct idx_finding *finding, const struct sft_header *header,
	struct ax_error *err);

/* A file that is not there or cannot be looked at, with errno's reason. */
int cli_inspect_view_missing(struct cli_inspect_view *view, const char *path, int reason,
	struct ax_error *err);

/* After the last file. */
int cli_inspect_view_end(struct cli_inspect_view *view, struct ax_error *err);

#endif
