/*
 * indexer/command_internal.h - the parts of reading a command
 *
 * command.c reads text, command_quoted.c what stands between quotes, parentheses or the lines of
 * a here-document, command_words.c makes paths of words, command_programs.c knows what some
 * programs do with theirs.
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

/* One command line being read. */
struct reader {
	struct ax_str text;
	size_t at;
	bool is_quoted;     /* the text of a word, of which only a program knows what it is */
	struct dirs now;    /* where the shell is if all that was linked by && went well */
	struct dirs ever;   /* where it is in any case */
	struct dirs here;   /* where commands inside the words of this one run: now and bases */
	struct ax_buf word; /* unquoted */
	size_t word_start;  /* in text */
	bool has_word;      /* also of an empty quoted one */
	bool dynamic;       /* the shell would change it */
	bool braces, brackets; /* it would if they are closed */
	bool quoted, quoted_blank;
	struct ax_buf documents; /* delimiters of the here-documents that begin on this line */
	/* The simple command so far. */
	struct dirs bases; /* where options may make it run */
	size_t first_word; /* in the splitter */
	unsigned position; /* of the word; assignments do not count */
	unsigned programs; /* enum program of all its names */
	unsigned n_operands;
	bool has_words, has_recursion;
	bool operand_first; /* before any option */
	bool takes_dir;     /* by the option before */
	enum { NO_REDIRECT, TO_FILE, TO_DOCUMENT } redirect;
};

static inline bool has_byte(struct ax_str text, char byte)
{
	return ax_str_find(text, byte) < text.len;
}

static inline bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

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

/* Read text as commands that start in dirs; dirs is then where they may have gone. */
int command_read_text(struct splitter *splitter, struct ax_str text, bool is_quoted,
	struct dirs *dirs);

/* The text of a word may be a command of this shell, so that a cd in it holds for the rest. */
int reader_read_quoted(struct splitter *splitter, struct reader *reader, struct ax_str text);

/* The shell is in dirs now. */
void reader_go(struct reader *reader, const struct dirs *dirs);

void reader_begin_word(struct reader *reader);

/* Behind the opening quote, inside the word. */
int reader_read_quotes(struct splitter *splitter, struct reader *reader, char quote);

/* Behind "$", inside or outside of double quotes. */
int reader_read_dollar(struct splitter *splitter, struct reader *reader);

/* Behind open: a substitution; what it comes to is unknown. */
int reader_read_substitution(struct splitter *splitter, struct reader *reader, char open,
	char close);

/* Behind "(": where it goes holds inside, unless a "case" hides its end. */
int reader_read_subshell(struct splitter *splitter, struct reader *reader);

/* A line break right between two words: the text that it joins may be one name. */
int reader_add_joined(struct splitter *splitter, const struct reader *reader);

/* The here-documents that follow the line which has been read. */
int reader_read_documents(struct splitter *splitter, struct reader *reader);

#endif
