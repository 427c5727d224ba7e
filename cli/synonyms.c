#include "cli/synonyms.h"

#include "cli/suggest.h"

#include <stddef.h>

struct synonym {
	const char *word, *meant;
};

static const struct synonym commands[] = {
	{ "add", "scan" },
	{ "index", "scan" },
	{ "update", "scan" },
	{ "files", "query files" },
	{ "runs", "query runs" },
	{ "tensors", "query tensors" },
	{ "dirs", "query dirs" },
	{ "refs", "query refs" },
	{ "jobs", "query jobs" },
	{ "find", "query" },
	{ "list", "query" },
	{ "ls", "query" },
	{ "search", "query" },
	{ "cat", "show" },
	{ "info", "show" },
	{ "stat", "show" },
	{ "where", "resolve" },
	{ "which", "resolve" },
	{ "mv", "reorg" },
	{ "move", "reorg" },
	{ "sort", "reorg" },
	{ "tidy", "reorg" },
	{ "history", "reorg --history" },
	{ "recover", "reorg --recover" },
	{ "undo", "reorg --undo" },
	{ "clean", "dead" },
	{ "gc", "dead" },
	{ "prune", "dead" },
	{ "rm", "dead" },
	{ "keep", "pin" },
	{ "unpin", "pin --remove" },
	{ "pack", "archive" },
	{ "extract", "restore" },
	{ "unpack", "restore" },
	{ "doctor", "check" },
	{ "status", "check" },
	{ "settings", "config" },
	{ "version", "--version" },
	{ NULL, NULL },
};

static const struct synonym topics[] = {
	{ "expression", "language" },
	{ "expressions", "language" },
	{ "fields", "language" },
	{ "syntax", "language" },
	{ "views", "language" },
	{ "artidx.json", "settings" },
	{ "configuration", "settings" },
	{ "layout", "settings" },
	{ "classes", "rules" },
	{ "schema", "json" },
	{ NULL, NULL },
};

void cli_synonyms_of_commands(struct cli_suggestion *suggestion)
{
	for (const struct synonym *s = commands; s->word; s++)
		cli_suggest_synonym(suggestion, ax_str_from(s->word), ax_str_from(s->meant));
}

void cli_synonyms_of_pages(struct cli_suggestion *suggestion)
{
	for (const struct synonym *s = topics; s->word; s++)
		cli_suggest_synonym(suggestion, ax_str_from(s->word), ax_str_from(s->meant));
	for (const struct synonym *s = commands; s->word; s++) {
		struct ax_str meant = ax_str_from(s->meant);
		struct ax_str command = ax_str_slice(meant, 0, ax_str_find(meant, ' '));

		if (!ax_str_starts(command, AX_STR("-")))
			cli_suggest_synonym(suggestion, ax_str_from(s->word), command);
	}
}
