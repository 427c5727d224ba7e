/*
 * cli/help.h - help printed from the tables of the commands
 *
 * Descriptions are paragraphs without line breaks, separated by a newline. A paragraph that begins
 * with two blanks is shown as it is: an example, a line of a table; one that begins with "# " is
 * a heading.
 */
#ifndef ARTIDX_CLI_HELP_H
#define ARTIDX_CLI_HELP_H

#include <stdbool.h>

struct ax_buf;
struct cli_output;
struct cli_topic;
struct command;
struct opt;

/* Help of one command, or of artidx where command is NULL; in full or in short. Returns 0. */
int cli_help_print(struct cli_output *out, const struct command *command, bool full);

/* A page about no single command. Returns 0. */
int cli_help_print_topic(struct cli_output *out, const struct cli_topic *topic);

/* Version of artidx and of the libraries it runs with. Returns 0. */
int cli_help_version(struct cli_output *out);

/* Append the whole description of a command, or of artidx where command is NULL. */
void cli_help_describe(const struct command *command, struct ax_buf *text);

/* What an exit status means: the texts that help and manual pages share. NULL: never given. */
const char *cli_help_exit(const struct command *command, int status);

enum { CLI_HELP_STATUSES = 7 };

/* "-j, --jobs N" for a row of an option table. */
struct cli_help_spelling {
	char text[64];
};
struct cli_help_spelling cli_help_spell(const struct opt *opt);

#endif
