/*
 * cli/catalogue.h - the catalogue as commands open it
 */
#ifndef ARTIDX_CLI_CATALOGUE_H
#define ARTIDX_CLI_CATALOGUE_H

struct ax_error;
struct cli_project;
struct idx_catalog;
struct idx_snapshot;

/* Zero-initialise. */
struct cli_catalogue {
	struct idx_catalog *catalog;
	struct idx_snapshot *snapshot; /* NULL when opened for writing */
};

/* Fails with AX_ECATALOG and the advice to scan where nothing was catalogued yet. */
int cli_catalogue_read(const struct cli_project *project, struct cli_catalogue *out,
	struct ax_error *err);
int cli_catalogue_write(const struct cli_project *project, struct cli_catalogue *out,
	struct ax_error *err);
void cli_catalogue_close(struct cli_catalogue *catalogue);

#endif
