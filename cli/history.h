/*
 * cli/history.h - what is to be said of the history of moves itself
 */
#ifndef ARTIDX_CLI_HISTORY_H
#define ARTIDX_CLI_HISTORY_H

struct cli_output;
struct idx_history;

/* Warn when it is damaged: a move that it has lost looks like one that never was. */
void cli_history_tell_damage(const struct cli_output *out, struct idx_history *history);

#endif
