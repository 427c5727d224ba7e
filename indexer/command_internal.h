/*
 * indexer/command_internal.h - the parts of reading a command
 *
 * command.c reads text, command_words.c makes paths of words, command_programs.c knows what
 * some programs do with theirs.
 */
#ifndef ARTIDX_INDEXER_COMMAND_INTERNAL_H
#define ARTIDX_INDEXER_COMMAND_INTERNAL_H

#include "base/buf.h"
#include "indexer/command.h"

enum { DIRS_LIMIT = 16 };

/*
 * Where a relative path may start from: a cd may fail, an option may or may not change the
 * directory. Absolute paths, all in the splitter's arena.
 */
struct dirs {
	size_t count;
	struct ax_str items[DIRS_LIMIT];
	bool unknown; /* and elsewhere, too */
};

struct splitter {
	const struct idx_shell *shell;
	struct ax_arena *arena;
	struct ax_error *err;
	struct idx_word *words; /* grown on the heap, copied into the arena at the end */
	size_t count, capacity;
	struct ax_buf scratch;
	unsigned nesting;
	bool guessing, walking; /* of the words that are added */
};

int command_no_memory(struct splitter *splitter);

/* Add one, which is kept; beyond the limit the rest is unknown. */
void dirs_add(struct dirs *dirs, struct ax_str dir);
void dirs_merge(struct dirs *dirs, const struct dirs *more);

/* Where `cd text` leads from each of dirs; dynamic as below. out may be dirs. */
int dirs_enter(struct splitter *splitter, const struct dirs *dirs, struct ax_str text,
	bool dynamic, struct dirs *out);

/* Add the word text, seen from each of dirs; dynamic: the shell would change it. */
int words_add(struct splitter *splitter, struct ax_str text, const struct dirs *dirs,
	bool dynamic);

/* Add the word and all paths that may stand in it: behind "=", "-o", in lists, in program text. */
int words_add_forms(struct splitter *splitter, struct ax_str text, const struct dirs *dirs,
	bool dynamic);

/* Add that anything below the directory text may be named. */
int words_add_below(struct splitter *splitter, struct ax_str text, const struct dirs *dirs);

/* Add the relative words from `from` on once more, as seen from dirs. */
int words_repeat(struct splitter *splitter, size_t from, const struct dirs *dirs);

/* What a program does with its words, added up. */
enum program {
	PROGRAM_ENTERS = 1 << 0,     /* cd: the rest of the shell's commands is elsewhere */
	PROGRAM_RETURNS = 1 << 1,    /* popd: to where one was */
	PROGRAM_PRECEDES = 1 << 2,   /* a keyword: what follows is a command of this shell */
	PROGRAM_RUNS = 1 << 3,       /* nice: another program stands among its words */
	PROGRAM_RUNS_TEXT = 1 << 4,  /* sh: one of its words is a command line */
	PROGRAM_ADDS_WORDS = 1 << 5, /* xargs: has words that the command does not show */
	PROGRAM_OTHER_VIEW = 1 << 6, /* chroot: paths mean something else there */
	PROGRAM_WALKS = 1 << 7,      /* tar: takes all that lies below its words */
	PROGRAM_WALKS_R = 1 << 8,    /* cp: the same with -r */
	PROGRAM_WALKS_HERE = 1 << 9, /* find: where it is, unless a word comes first */
	PROGRAM_SEARCHES = 1 << 10,  /* rg: the same, with a pattern before that word */
};

unsigned program_of(struct ax_str name);

/* Whether an option's value may be a directory that others words are seen from: -C, --chdir. */
bool option_takes_dir(struct ax_str option);

#endif
