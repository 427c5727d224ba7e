/*
 * cli/scan_report.h - what a scan found, for people and as JSON
 */
#ifndef ARTIDX_CLI_SCAN_REPORT_H
#define ARTIDX_CLI_SCAN_REPORT_H

struct ax_error;
struct cli_output;
struct idx_scan_report;
struct idx_snapshot;

struct cli_scan_result {
	const char *root;
	const struct idx_scan_report *report;
	struct idx_snapshot *snapshot; /* of the catalogue after the scan */
	double seconds;
};

/* A table by class, then what is wrong by kind, then what was done. */
int cli_scan_report_print(struct cli_output *out, const struct cli_scan_result *result,
	struct ax_error *err);

/* artidx.scan/1 */
int cli_scan_report_json(struct cli_output *out, const struct cli_scan_result *result,
	struct ax_error *err);

#endif
