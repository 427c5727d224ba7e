/*
 * cli/command.h - what a command is, and the table of all of them
 *
 * A command is data: its options, operands and texts print its help, its manual page and its
 * completions. It is defined in commands/cmd_NAME.c and listed in command.c.
 */
#ifndef ARTIDX_CLI_COMMAND_H
#define ARTIDX_CLI_COMMAND_H

#include "base/arena.h"
#include "cli/options.h"
#include "cli/output.h"

struct ax_buf;
struct ax_error;
struct cli;
struct cli_suggestion;

/* What operands are, for completion. */
enum cli_operand {
	CLI_OPERAND_NONE,
	CLI_OPERAND_FILE,
	CLI_OPERAND_QUERY,   /* a view or a term */
	CLI_OPERAND_SUBJECT, /* a path or a run */
	CLI_OPERAND_CLASS,   /* a class, then whatever */
	CLI_OPERAND_SHELL,
	CLI_OPERAND_TOPIC, /* a command or another page of help */
};

/* Exit statuses that a command's help explains, besides those all have; bits. */
enum cli_exits {
	CLI_EXITS_CATALOGUE = 1 << 0, /* needs the catalogue */
	CLI_EXITS_REFUSED = 1 << 1,
	CLI_EXITS_PARTLY = 1 << 2,
	CLI_EXITS_GATED = 1 << 3, /* refuses for queued jobs and open files too */
};

struct cli_example {
	const char *command; /* what follows "artidx "; NULL ends a list */
	const char *what;    /* begins in lower case, no full stop */
};

struct command {
	const char *name;
	const char *summary;  /* begins in lower case, no full stop */
	const char *operands; /* as in a synopsis: "[PATH...]"; "" for none */
	unsigned min_operands, max_operands;
	enum cli_operand takes;
	const struct opt *options; /* NULL for none */
	size_t settings_size;      /* of the struct that options fill */
	const void *defaults;      /* what it holds before; NULL: zero bytes */
	const struct cli_example *examples;
	const char *description;                    /* see cli/help.h for its form */
	void (*describe_more)(struct ax_buf *text); /* in the same form; NULL: nothing more */
	const char *negative; /* when the status is 1; NULL when it never is */
	unsigned exits;
	const char *see_also[4]; /* other commands, up to a NULL; for the manual page */
	bool is_hidden;
	/* 0 done, 1 a negative answer, -1 failed. */
	int (*run)(struct cli *cli, struct ax_error *err);
};

/* Options that every command takes. */
struct cli_globals {
	const char *root, *catalogue;
	unsigned color; /* enum cli_color */
	bool no_pager;
	bool short_help, help, version;
};
extern const struct opt cli_global_options[];

/* One run of the program. */
struct cli {
	struct cli_output out;
	struct cli_globals globals;
	const struct command *command;
	const void *settings; /* the command's, read; NULL when it has none */
	int n_operands;
	char **operands;
	struct ax_arena arena;    /* what lives until the end */
	int signal_number;        /* the signal that ended the work early, or 0 */
	const char *error_detail; /* lines shown below an error's message, made safe; or NULL */
};

/* All commands in the order of help, ended by NULL. */
extern const struct command *const cli_commands[];

/* By name, or NULL. */
const struct command *cli_command_find(struct ax_str name);

/* Offer the names of all commands that are shown. */
void cli_command_suggest(struct cli_suggestion *suggestion);

/* Read the command line in argv (without the program's name), run it: the exit status. */
int cli_command_main(int argc, char **argv);

#endif
