/*
 * cli/show_json.h - artidx.show/1
 */
#ifndef ARTIDX_CLI_SHOW_JSON_H
#define ARTIDX_CLI_SHOW_JSON_H

#include <stddef.h>

struct ax_error;
struct cli_output;
struct cli_show_subject;
struct idx_move;
struct qry_file_facts;
struct qry_run_facts;

/* {"schema": ..., "root": ..., "file": {...}} */
int cli_show_json_file(struct cli_output *out, const struct cli_show_subject *subject,
	const struct qry_file_facts *facts, const struct idx_move *origins, size_t n_origins,
	struct ax_error *err);

/* {"schema": ..., "root": ..., "run": {...}} */
int cli_show_json_run(struct cli_output *out, const struct cli_show_subject *subject,
	const struct qry_run_facts *facts, struct ax_error *err);

#endif
