/*
 * cli/options.h - option tables, and reading a command line by them
 *
 * A row names the field of a settings struct that it fills; its type follows from the field. The
 * same rows print help, manual pages and completions, so they cannot disagree.
 *
 * Short options may be bundled ("-fj2"), long ones take their value as "--jobs=2" or "--jobs 2".
 * Names are never abbreviated: a script that says "--ful" would break when a second name begins
 * like it. Options and operands come in any order; "--" ends the options.
 */
#ifndef ARTIDX_CLI_OPTIONS_H
#define ARTIDX_CLI_OPTIONS_H

#include "base/arena.h"

#include <stddef.h>
#include <stdint.h>

struct ax_error;

/* The values of an option that may be given several times, in their order. */
struct opt_list {
	size_t count;
	const char **items;
};

enum opt_kind {
	OPT_SWITCH,   /* bool */
	OPT_TEXT,     /* const char *, borrowed from argv; the last one counts */
	OPT_UNSIGNED, /* unsigned, decimal; or the index of a choice */
	OPT_U64,      /* uint64_t, decimal */
	OPT_LIST,     /* struct opt_list */
};

struct opt {
	char letter;       /* 0: none */
	const char *name;  /* without "--"; NULL ends a table */
	const char *value; /* what help calls the value: "N", "FILE"; NULL for a switch */
	const char *help;  /* begins in lower case, no full stop */
	const char *const *choices; /* NULL-terminated; NULL: not a choice */
	enum opt_kind kind;
	size_t offset;
};

#define OPT_KIND(type, field) \
	_Generic(((type *)0)->field,                                                              \
		bool: OPT_SWITCH,                                                                 \
		const char *: OPT_TEXT,                                                           \
		unsigned: OPT_UNSIGNED,                                                           \
		uint64_t: OPT_U64,                                                                \
		struct opt_list: OPT_LIST)

#define OPT(type, field, letter, name, value, help)                                           \
	{                                                                                     \
		letter, name, value, help, NULL, OPT_KIND(type, field), offsetof(type, field) \
	}

/* The field, an unsigned, becomes the index of the value in choices. */
#define OPT_CHOICE(type, field, letter, name, value, choices, help)        \
	{                                                                  \
		letter, name, value, help, choices, OPT_KIND(type, field), \
			offsetof(type, field)                              \
	}

/* A table together with the struct that it fills. */
struct opt_set {
	const struct opt *options;
	void *settings;
};

/* Where options are looked up, in this order, and what messages call their command. */
struct opt_scope {
	const char *verb;           /* "scan"; NULL before one is known */
	struct opt_set own, global; /* options may be NULL */
	struct ax_arena *arena;     /* holds the arrays of lists */
};

/*
 * Read the options at the start of argv, up to the first operand; *consumed counts what was
 * read. Fails with AX_EUSAGE.
 */
int opt_parse_leading(const struct opt_scope *scope, int argc, char **argv, int *consumed,
	struct ax_error *err);

/* Read all of argv; operands are moved to its front and counted. Fails with AX_EUSAGE. */
int opt_parse(const struct opt_scope *scope, int argc, char **argv, int *n_operands,
	struct ax_error *err);

/* The row of an option by its long name or letter, or NULL. */
const struct opt *opt_find(const struct opt *options, struct ax_str name);
const struct opt *opt_find_letter(const struct opt *options, char letter);

#endif
