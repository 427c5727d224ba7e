/*
 * cli/notes.h - what the reorg would do, and what is dead, told to queries
 *
 * A file has a destination, a flag that says why it stays where it does not belong, or neither:
 * then it is at home.
 */
#ifndef ARTIDX_CLI_NOTES_H
#define ARTIDX_CLI_NOTES_H

struct ax_error;
struct cli_config;
struct cli_project;
struct idx_snapshot;
struct qry_notes;

/* Whether a query with these needs (see query/needs.h) asks for what cli_notes_make() knows. */
#define CLI_NOTES_NEEDS (1U << QRY_NOTE_DEST | 1U << QRY_NOTE_FLAG)

/* And for what cli_notes_add_dead() knows. */
#define CLI_NOTES_NEEDS_DEAD (1U << QRY_NOTE_DEAD)

/* The notes, for the caller to free. Looks at the disk for destinations that are taken. */
int cli_notes_make(const struct cli_project *project, const struct cli_config *config,
	struct idx_snapshot *snapshot, struct qry_notes **out, struct ax_error *err);

/* Add to notes, made where *notes is NULL, what artidx dead lists and nothing keeps. */
int cli_notes_add_dead(const struct cli_project *project, const struct cli_config *config,
	struct idx_snapshot *snapshot, struct qry_notes **notes, struct ax_error *err);

#endif
