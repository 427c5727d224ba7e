/*
 * indexer/command.h - which paths a shell command names
 *
 * A command is read as a POSIX shell would split it, from the directory it runs in: quotes,
 * escapes, --option=PATH, -vbPATH, NAME=PATH, redirections, here-documents, paths inside lists,
 * JSON and program text. What only the shell can know (globs, variables, substitutions) is
 * reported as unresolved, never guessed; so is a quoted glob, besides the path that it may be, and
 * what a program adds by itself (xargs) or sees elsewhere (docker). Nothing is run and no file
 * system is asked.
 *
 * A relative path counts from every directory that it may be seen from: of `cd a; b x` both a and
 * the one before, since the cd may fail; of `env -C a b x` and `make x -C a` too. Where that is
 * unknown, the word is unresolved. A word too many makes a job wait, one too few breaks it.
 */
#ifndef ARTIDX_INDEXER_COMMAND_H
#define ARTIDX_INDEXER_COMMAND_H

#include "base/arena.h"

struct ax_error;

/*
 * One word of a command that may be a path. Where only globs keep it from being one, path is the
 * directory in which they can match; of anything else that is unresolved it is "".
 */
struct idx_word {
	struct ax_str text; /* the word, or the part behind its "=" */
	struct ax_str path; /* absolute and without "." and ".."; see above when unresolved */
	struct ax_str way;  /* path with the ".." that stand there, which symlinks may bend */
	bool unresolved;    /* holds a variable, a substitution or a glob, or all below path */
	bool walked;  /* of those below path all are taken, as by tar: no links are followed */
	bool guessed; /* a reading among others, likely the wrong one */
};

struct idx_words {
	size_t count;
	const struct idx_word *items;
};

/* Where a command runs. Both absolute; home may be "" when unknown. */
struct idx_shell {
	struct ax_str cwd, home;
};

/*
 * Words in the order of the command, all in arena. A command name without "/" is no path. Where
 * an unquoted line break stands between two words without a blank, both are reported and so is
 * the text that joins them: a name may hold a line break, and queues quote nothing.
 */
int idx_command_split(struct ax_str command, const struct idx_shell *shell,
	struct ax_arena *arena, struct idx_words *out, struct ax_error *err);

/* The same for an exact argument vector, of which no shell will read anything. */
int idx_command_arguments(size_t n, const struct ax_str *arguments,
	const struct idx_shell *shell, struct ax_arena *arena, struct idx_words *out,
	struct ax_error *err);

#endif
