#include "cli/options.h"

#include "base/error.h"
#include "base/units.h"
#include "cli/suggest.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

struct reader {
	const struct opt_scope *scope;
	int argc;
	char **argv;
	int at; /* the argument to be read next */
	struct ax_error *err;
};

/* An option as the user wrote it, for messages: "--jobs" or "-j". */
struct spelling {
	char text[80];
};

const struct opt *opt_find(const struct opt *options, struct ax_str name)
{
	for (; options && options->name; options++) {
		if (ax_str_equal(ax_str_from(options->name), name))
			return options;
	}
	return NULL;
}

const struct opt *opt_find_letter(const struct opt *options, char letter)
{
	for (; options && options->name; options++) {
		if (options->letter == letter)
			return options;
	}
	return NULL;
}

static struct spelling spell_long(const struct opt *opt)
{
	struct spelling out;

	snprintf(out.text, sizeof(out.text), "--%s", opt->name);
	return out;
}

static struct spelling spell_letter(char letter)
{
	return (struct spelling){ { '-', letter } };
}

static int refuse_value(struct reader *r, const char *option, const char *wants,
	const char *value)
{
	return ax_fail(r->err, AX_EUSAGE, "%s takes %s, not '%s'", option, wants, value);
}

static int set_choice(struct reader *r, const struct opt *opt, const char *option,
	const char *value, unsigned *field)
{
	char wants[160] = "";
	size_t used = 0;

	for (unsigned i = 0; opt->choices[i]; i++) {
		if (strcmp(opt->choices[i], value) == 0) {
			*field = i;
			return 0;
		}
		const char *joint = i == 0 ? "" : opt->choices[i + 1] ? ", " : " or ";
		int n = snprintf(wants + used, sizeof(wants) - used, "%s%s", joint,
			opt->choices[i]);
		used += n > 0 && (size_t)n < sizeof(wants) - used ? (size_t)n : 0;
	}
	return refuse_value(r, option, wants, value);
}

static int append(struct reader *r, struct opt_list *list, const char *value)
{
	if (!list->items) {
		size_t most = (size_t)r->argc + 1;
		list->items = ax_arena_alloc(r->scope->arena, most * sizeof(*list->items));
	}
	if (!list->items)
		return ax_fail(r->err, ENOMEM, "no memory for the command line");
	list->items[list->count++] = value;
	return 0;
}

/* value is NULL for a switch. */
static int set_field(struct reader *r, const struct opt *opt, void *settings,
	const char *option, const char *value)
{
	void *field = (char *)settings + opt->offset;
	uint64_t number = 0;

	if (opt->kind == OPT_SWITCH || !value) {
		*(bool *)field = true;
		return 0;
	}
	if (opt->choices)
		return set_choice(r, opt, option, value, field);
	switch (opt->kind) {
	case OPT_SWITCH:
		break;
	case OPT_TEXT:
		*(const char **)field = value;
		return 0;
	case OPT_LIST:
		return append(r, field, value);
	case OPT_UNSIGNED:
		if (!ax_u64_parse(ax_str_from(value), &number) || number > UINT_MAX)
			return refuse_value(r, option, "a whole number", value);
		*(unsigned *)field = (unsigned)number;
		return 0;
	case OPT_U64:
		if (!ax_u64_parse(ax_str_from(value), field))
			return refuse_value(r, option, "a whole number", value);
		return 0;
	}
	return 0;
}

/* The next argument as the value of an option that must have one. */
static int take_value(struct reader *r, const struct opt *opt, const char *option,
	const char **out)
{
	if (r->at == r->argc)
		return ax_fail(r->err, AX_EUSAGE, "%s needs a value: %s %s", option, option,
			opt->value);
	*out = r->argv[r->at++];
	return 0;
}

static void offer_options(struct cli_suggestion *suggestion, const struct opt *options)
{
	for (; options && options->name; options++)
		cli_suggest_offer(suggestion, ax_str_from(options->name));
}

static int refuse_option(struct reader *r, const char *argument, struct ax_str name)
{
	const struct opt_scope *scope = r->scope;
	struct cli_suggestion suggestion = { .given = name };
	char hint[CLI_HINT_MAX];
	char advice[CLI_HINT_MAX];

	offer_options(&suggestion, scope->own.options);
	offer_options(&suggestion, scope->global.options);
	if (!scope->verb) {
		return ax_fail(r->err, AX_EUSAGE, "there is no general option %s%s", argument,
			cli_suggest_hint(&suggestion, "--",
				"; options of a command go behind it: artidx VERB [OPTIONS]",
				hint));
	}
	snprintf(advice, sizeof(advice), "; 'artidx %s -h' lists its options", scope->verb);
	return ax_fail(r->err, AX_EUSAGE, "%s has no option %s%s", scope->verb, argument,
		cli_suggest_hint(&suggestion, "--", advice, hint));
}

static const struct opt *find_in_scope(const struct opt_scope *scope, struct ax_str name,
	char letter, void **settings)
{
	const struct opt_set *sets[] = { &scope->own, &scope->global };

	for (size_t i = 0; i < 2; i++) {
		const struct opt *opt = letter ? opt_find_letter(sets[i]->options, letter)
					       : opt_find(sets[i]->options, name);
		*settings = sets[i]->settings;
		if (opt)
			return opt;
	}
	return NULL;
}

/* argument is "--NAME" or "--NAME=VALUE". */
static int read_long(struct reader *r, const char *argument)
{
	struct ax_str text = ax_str_from(argument + 2);
	struct ax_str name = ax_str_slice(text, 0, ax_str_find(text, '='));
	bool has_value = name.len < text.len;
	const char *value = has_value ? name.ptr + name.len + 1 : NULL;
	void *settings = NULL;
	const struct opt *opt = find_in_scope(r->scope, name, 0, &settings);

	if (!opt) {
		struct spelling given = { "" };
		snprintf(given.text, sizeof(given.text), "--%.*s", AX_STR_ARG(name));
		return refuse_option(r, given.text, name);
	}
	struct spelling option = spell_long(opt);
	if (!opt->value && has_value)
		return ax_fail(r->err, AX_EUSAGE,
			"%s is a switch and takes no value: leave '=%s' out", option.text,
			value);
	if (opt->value && !has_value && take_value(r, opt, option.text, &value) < 0)
		return -1;
	return set_field(r, opt, settings, option.text, value);
}

/* argument is "-" and letters; what follows a letter that needs a value is that value. */
static int read_letters(struct reader *r, const char *argument)
{
	struct ax_str all = ax_str_from(argument + 1);
	void *ignored = NULL;

	if (all.len > 1 && find_in_scope(r->scope, all, 0, &ignored))
		return refuse_option(r, argument, all);
	for (const char *letter = all.ptr; *letter; letter++) {
		struct spelling option = spell_letter(*letter);
		void *settings = NULL;
		const struct opt *opt = find_in_scope(r->scope, AX_STR(""), *letter, &settings);
		const char *value = letter[1] ? letter + 1 : NULL;

		if (!opt)
			return refuse_option(r, *letter & 0x80 ? argument : option.text, all);
		if (!opt->value) {
			set_field(r, opt, settings, option.text, NULL);
			continue;
		}
		if (!value && take_value(r, opt, option.text, &value) < 0)
			return -1;
		return set_field(r, opt, settings, option.text, value);
	}
	return 0;
}

static bool is_option(const char *argument)
{
	return argument[0] == '-' && argument[1];
}

static int read_option(struct reader *r)
{
	const char *argument = r->argv[r->at++];

	if (argument[1] == '-')
		return read_long(r, argument);
	return read_letters(r, argument);
}

int opt_parse_leading(const struct opt_scope *scope, int argc, char **argv, int *consumed,
	struct ax_error *err)
{
	struct reader r = { scope, argc, argv, 0, err };

	while (r.at < argc && is_option(argv[r.at]) && strcmp(argv[r.at], "--") != 0) {
		if (read_option(&r) < 0)
			return -1;
	}
	if (r.at < argc && strcmp(argv[r.at], "--") == 0)
		r.at++;
	*consumed = r.at;
	return 0;
}

int opt_parse(const struct opt_scope *scope, int argc, char **argv, int *n_operands,
	struct ax_error *err)
{
	struct reader r = { scope, argc, argv, 0, err };
	int operands = 0;
	bool only_operands = false;

	while (r.at < argc) {
		char *argument = argv[r.at];

		if (only_operands || !is_option(argument)) {
			argv[operands++] = argument;
			r.at++;
		} else if (strcmp(argument, "--") == 0) {
			only_operands = true;
			r.at++;
		} else if (read_option(&r) < 0) {
			return -1;
		}
	}
	*n_operands = operands;
	return 0;
}
