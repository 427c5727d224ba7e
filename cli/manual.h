/*
 * cli/manual.h - manual pages printed from the tables of the commands
 */
#ifndef ARTIDX_CLI_MANUAL_H
#define ARTIDX_CLI_MANUAL_H

struct cli_output;
struct cli_topic;
struct command;

/* The page of one command, artidx-NAME(1), or artidx(1) where command is NULL. Returns 0. */
int cli_manual_print(struct cli_output *out, const struct command *command);

/* The page of a topic: artidx-query(7) and the like. Returns 0. */
int cli_manual_print_topic(struct cli_output *out, const struct cli_topic *topic);

#endif
