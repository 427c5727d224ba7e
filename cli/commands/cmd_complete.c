/*
 * What the completion scripts ask: the words of a command line up to the cursor, the last one
 * unfinished. Answers from the option tables and the catalogue; says nothing when in doubt.
 */
#include "base/error.h"
#include "base/text.h"
#include "cli/candidates.h"
#include "cli/command.h"
#include "cli/commands/commands.h"
#include "cli/topic.h"
#include "query/field.h"
#include "query/names.h"

#include <limits.h>

struct completion {
	struct cli *cli;
	const struct command *command; /* NULL while there is none */
	int n_operands;                /* of the command, before the cursor */
	enum qry_view view;
	const struct opt *pending; /* the option whose value is under the cursor */
	struct ax_str kept;        /* start of the word that stands, "class:" */
	struct ax_str stem;        /* the rest, to be completed */
};

static void offer(const struct completion *c, struct ax_str value, const char *end,
	const char *what)
{
	FILE *stream = c->cli->out.stream;

	if (!ax_str_starts(value, c->stem) || !ax_text_is_plain(value))
		return;
	fprintf(stream, "%.*s%.*s%s\t%s\n", AX_STR_ARG(c->kept), AX_STR_ARG(value), end, what);
}

/* Leave what stands before the last of these bytes as it is. */
static void keep_through(struct completion *c, char byte)
{
	size_t at = ax_str_find_last(c->stem, byte);

	if (at == c->stem.len)
		return;
	c->kept.len += at + 1;
	c->stem = ax_str_slice(c->stem, at + 1, c->stem.len);
}

static void offer_options(const struct completion *c, const struct opt *options)
{
	char spelled[64];

	for (; options && options->name; options++) {
		snprintf(spelled, sizeof(spelled), "--%s", options->name);
		offer(c, ax_str_from(spelled), "", options->help);
	}
}

static void offer_commands(const struct completion *c)
{
	for (const struct command *const *known = cli_commands; *known; known++) {
		if (!(*known)->is_hidden)
			offer(c, ax_str_from((*known)->name), "", (*known)->summary);
	}
}

static void offer_known(const struct completion *c, enum cli_candidates kind, const char *end,
	const char *what)
{
	struct cli_names names = cli_candidates(c->cli, kind);

	for (size_t i = 0; i < names.count; i++)
		offer(c, names.items[i], end, what);
}

/* Behind "cfg." and "rows[]." the names that any run has there; false for other words. */
static bool offer_keys(struct completion *c, const char *end)
{
	static const struct {
		struct ax_str start;
		enum cli_candidates kind;
		const char *what;
	} keyed[] = {
		{ AX_STR_INIT("cfg."), CLI_CFG_KEYS, "in the configuration of runs" },
		{ AX_STR_INIT("rows[]."), CLI_ROW_KEYS, "in each row of runs" },
		{ AX_STR_INIT("rows[-1]."), CLI_ROW_KEYS, "in the last row of runs" },
	};

	for (size_t i = 0; i < sizeof(keyed) / sizeof(keyed[0]); i++) {
		if (!ax_str_starts(c->stem, keyed[i].start))
			continue;
		c->kept.len += keyed[i].start.len;
		c->stem = ax_str_slice(c->stem, keyed[i].start.len, c->stem.len);
		offer_known(c, keyed[i].kind, end, keyed[i].what);
		return true;
	}
	return false;
}

static void offer_fields(struct completion *c, const char *end)
{
	size_t count = 0;
	const struct qry_field *fields = qry_fields(c->view, &count);

	if (offer_keys(c, end))
		return;
	for (size_t i = 0; i < count; i++) {
		const char *open = fields[i].flags & QRY_FIELD_INDEXED ? "[]." : ".";
		bool is_keyed = (fields[i].flags & QRY_FIELD_KEYED) != 0;
		offer(c, ax_str_from(fields[i].name), is_keyed ? open : end, fields[i].doc);
	}
}

static void offer_words(const struct completion *c, const char *const *words, const char *what)
{
	for (; *words; words++)
		offer(c, ax_str_from(*words), "", what);
}

static void offer_names(const struct completion *c, const struct qry_field *field)
{
	struct qry_known_names nothing = { 0 };
	struct ax_str name;

	for (size_t i = 0; qry_name_at(&nothing, field->names, i, &name); i++)
		offer(c, name, "", field->doc);
}

static void offer_field_values(const struct completion *c, const struct qry_field *field)
{
	static const char *const answers[] = { "yes", "no", NULL };

	if (field->names == QRY_NAMES_CLASS)
		offer_known(c, CLI_CLASSES_USED, "", "class");
	else
		offer_names(c, field);
	if (field->type == QRY_TYPE_BOOL)
		offer_words(c, answers, field->doc);
	if (strcmp(field->name, "run") == 0)
		offer_known(c, CLI_RUNS, "", "run");
}

/* A view, a field, or behind "FIELD:" its value; behind a comma another one. */
static void complete_term(struct completion *c)
{
	struct ax_str name = ax_str_slice(c->stem, 0, ax_str_find(c->stem, ':'));
	const struct qry_field *field = NULL;

	if (name.len < c->stem.len) {
		field = qry_field_find(c->view, name);
		keep_through(c, ':');
		keep_through(c, ',');
		if (field)
			offer_field_values(c, field);
		return;
	}
	for (unsigned i = 0; c->n_operands == 0 && i < QRY_VIEW_COUNT; i++)
		offer(c, ax_str_from(qry_view_name((enum qry_view)i)), "",
			qry_view_doc((enum qry_view)i));
	offer_fields(c, ":");
}

static void complete_operand(struct completion *c)
{
	static const char *const shells[] = { "bash", "zsh", "fish", NULL };

	switch (c->command->takes) {
	case CLI_OPERAND_NONE:
		break;
	case CLI_OPERAND_FILE:
		fputs(":files\n", c->cli->out.stream);
		break;
	case CLI_OPERAND_QUERY:
		complete_term(c);
		break;
	case CLI_OPERAND_SUBJECT:
		offer_known(c, CLI_RUNS, "", "run");
		fputs(":files\n", c->cli->out.stream);
		break;
	case CLI_OPERAND_CLASS:
		if (c->n_operands == 0)
			offer_known(c, CLI_CLASSES_KNOWN, "", "class");
		break;
	case CLI_OPERAND_SHELL:
		offer_words(c, shells, "shell");
		break;
	case CLI_OPERAND_TOPIC:
		offer_commands(c);
		for (const struct cli_topic *topic = cli_topics; topic->name; topic++)
			offer(c, ax_str_from(topic->name), "", topic->summary);
		break;
	}
}

/* What an option's value is follows from what help calls it. */
static void complete_value(struct completion *c, const struct opt *opt)
{
	if (opt->choices) {
		offer_words(c, opt->choices, opt->help);
	} else if (strcmp(opt->value, "FILE") == 0) {
		fputs(":files\n", c->cli->out.stream);
	} else if (strcmp(opt->value, "NAME") == 0) {
		offer_known(c, CLI_SAVED_QUERIES, "", "saved query");
	} else if (strcmp(opt->value, "RUN") == 0) {
		offer_known(c, CLI_RUNS, "", "run");
	} else if (strcmp(opt->value, "DIR") == 0) {
		fputs(":dirs\n", c->cli->out.stream);
	} else if (ax_str_starts(ax_str_from(opt->value), AX_STR("FIELD"))) {
		keep_through(c, ',');
		keep_through(c, '-');
		offer_fields(c, "");
	}
}

static const struct opt *find_option(const struct completion *c, struct ax_str word)
{
	const struct opt *own = c->command ? c->command->options : NULL;
	const struct opt *found = NULL;

	if (ax_str_starts(word, AX_STR("--"))) {
		struct ax_str name = ax_str_slice(word, 2, word.len);
		found = opt_find(own, name);
		return found ? found : opt_find(cli_global_options, name);
	}
	if (word.len < 2 || word.ptr[0] != '-')
		return NULL;
	found = opt_find_letter(own, word.ptr[word.len - 1]);
	return found ? found : opt_find_letter(cli_global_options, word.ptr[word.len - 1]);
}

static void pass_value(struct completion *c, const struct opt *option, const char *value)
{
	if (strcmp(option->name, "root") == 0)
		c->cli->globals.root = value;
	if (strcmp(option->name, "catalogue") == 0)
		c->cli->globals.catalogue = value;
}

static void pass_option(struct completion *c, struct ax_str word)
{
	size_t equals = ax_str_find(word, '=');
	const struct opt *option = find_option(c, ax_str_slice(word, 0, equals));

	if (option && option->value && equals < word.len)
		pass_value(c, option, word.ptr + equals + 1);
	else if (option && option->value)
		c->pending = option;
}

/* Take in a word that stands before the cursor. */
static void pass_word(struct completion *c, const char *word)
{
	if (c->pending) {
		pass_value(c, c->pending, word);
		c->pending = NULL;
	} else if (word[0] == '-' && word[1]) {
		pass_option(c, ax_str_from(word));
	} else if (!c->command) {
		c->command = cli_command_find(ax_str_from(word));
	} else {
		if (c->n_operands == 0)
			qry_view_parse(ax_str_from(word), &c->view);
		c->n_operands++;
	}
}

static int run(struct cli *cli, struct ax_error *err)
{
	struct completion c = { .cli = cli, .view = QRY_FILES };
	const char *last = cli->operands[cli->n_operands - 1];

	(void)err;
	for (int i = 0; i < cli->n_operands - 1; i++)
		pass_word(&c, cli->operands[i]);
	c.stem = ax_str_from(last);
	c.kept = ax_str(last, 0);
	size_t equals = ax_str_find(c.stem, '=');
	if (!c.pending && *last == '-' && equals < c.stem.len) {
		c.pending = find_option(&c, ax_str_slice(c.stem, 0, equals));
		keep_through(&c, '=');
	}
	if (c.pending && c.pending->value) {
		complete_value(&c, c.pending);
	} else if (*last == '-') {
		offer_options(&c, c.command ? c.command->options : NULL);
		offer_options(&c, cli_global_options);
	} else if (c.command) {
		complete_operand(&c);
	} else {
		offer_commands(&c);
	}
	return 0;
}

const struct command cmd_complete = {
	.name = "__complete",
	.summary = "what the completion scripts ask",
	.operands = "WORD...",
	.min_operands = 1,
	.max_operands = UINT_MAX,
	.is_hidden = true,
	.run = run,
};
