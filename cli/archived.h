/*
 * cli/archived.h - keep the catalogue's knowledge of archives up to date
 *
 * After a scan: archives that are new or changed are looked into, those that are gone forgotten.
 */
#ifndef ARTIDX_CLI_ARCHIVED_H
#define ARTIDX_CLI_ARCHIVED_H

struct ax_error;
struct cli_config;
struct cli_project;
struct idx_catalog;
struct idx_scan_report;

/*
 * catalog is open for writing and no snapshot of it is in use. A damaged archive is a line in
 * the report, no failure.
 */
int cli_archived_update(const struct cli_project *project, const struct cli_config *config,
	struct idx_catalog *catalog, struct idx_scan_report *report, struct ax_error *err);

#endif
