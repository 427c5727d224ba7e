/*
 * cli/commands/commands.h - the commands, each defined in cmd_NAME.c
 */
#ifndef ARTIDX_CLI_COMMANDS_COMMANDS_H
#define ARTIDX_CLI_COMMANDS_COMMANDS_H

struct command;

extern const struct command cmd_archive;
extern const struct command cmd_check;
extern const struct command cmd_complete;
extern const struct command cmd_completion;
extern const struct command cmd_config;
extern const struct command cmd_dead;
extern const struct command cmd_du;
extern const struct command cmd_help;
extern const struct command cmd_init;
extern const struct command cmd_inspect;
extern const struct command cmd_path;
extern const struct command cmd_pin;
extern const struct command cmd_query;
extern const struct command cmd_reorg;
extern const struct command cmd_report;
extern const struct command cmd_resolve;
extern const struct command cmd_restore;
extern const struct command cmd_scan;
extern const struct command cmd_show;
extern const struct command cmd_verify;

#endif
