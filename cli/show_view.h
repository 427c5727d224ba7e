/*
 * cli/show_view.h - everything known about one file or one run, for people or as JSON
 */
#ifndef ARTIDX_CLI_SHOW_VIEW_H
#define ARTIDX_CLI_SHOW_VIEW_H

#include <stdbool.h>
#include <stddef.h>

struct ax_error;
struct ax_buf;
struct cli_output;
struct idx_move;
struct idx_snapshot;
struct qry_file_facts;
struct qry_run_facts;

struct cli_show_subject {
	const char *root;
	struct idx_snapshot *snapshot;
	bool json; /* artidx.show/1 */
};

/*
 * Append where the symlink leads, as it says itself: the disk tells, the catalogue does not keep
 * it. false for all else, and when it cannot be read any more.
 */
bool cli_show_link(const struct cli_show_subject *subject, const struct qry_file_facts *facts,
	struct ax_buf *out);

/* origins: earlier names, newest first. */
int cli_show_file(struct cli_output *out, const struct cli_show_subject *subject,
	const struct qry_file_facts *facts, const struct idx_move *origins, size_t n_origins,
	struct ax_error *err);

int cli_show_run(struct cli_output *out, const struct cli_show_subject *subject,
	const struct qry_run_facts *facts, struct ax_error *err);

#endif
