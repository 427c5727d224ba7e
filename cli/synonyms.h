/*
 * cli/synonyms.h - words of other programs, and words for parts of a command, for "did you mean"
 */
#ifndef ARTIDX_CLI_SYNONYMS_H
#define ARTIDX_CLI_SYNONYMS_H

struct cli_suggestion;

/* Suggest what the given word is called here, with its arguments: "reorg --undo" for "undo". */
void cli_synonyms_of_commands(struct cli_suggestion *suggestion);

/* The same for "artidx help WORD": commands without arguments, and topics. */
void cli_synonyms_of_pages(struct cli_suggestion *suggestion);

#endif
