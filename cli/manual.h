/*
 * cli/manual.h - manual pages printed from the tables of the commands
 */
#ifndef ARTIDX_CLI_MANUAL_H
#define ARTIDX_CLI_MANUAL_H

struct cli_output;
struct command;

/* The page of one command, artidx-NAME(1), or artidx(1) where command is NULL. Returns 0. */
int cli_manual_print(struct cli_output *out, const struct command *command);

#endif
