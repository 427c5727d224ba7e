#include "base/error.h"
#include "cli/command.h"
#include "cli/commands/commands.h"
#include "cli/help.h"
#include "cli/manual.h"
#include "cli/suggest.h"
#include "cli/synonyms.h"
#include "cli/topic.h"

struct help_settings {
	bool manual;
};

static int fail_unknown(const char *name, struct ax_error *err)
{
	struct cli_suggestion suggestion = { .given = ax_str_from(name) };
	char hint[CLI_HINT_MAX];

	cli_command_suggest(&suggestion);
	for (const struct cli_topic *topic = cli_topics; topic->name; topic++)
		cli_suggest_offer(&suggestion, ax_str_from(topic->name));
	cli_synonyms_of_pages(&suggestion);
	return ax_fail(err, AX_EUSAGE, "there is no command or topic '%s'%s", name,
		cli_suggest_hint(&suggestion, "", "; 'artidx help' lists them", hint));
}

static int run(struct cli *cli, struct ax_error *err)
{
	const struct help_settings *wanted = cli->settings;
	const char *name = cli->n_operands ? cli->operands[0] : NULL;
	const struct command *command = name ? cli_command_find(ax_str_from(name)) : NULL;

	const struct cli_topic *topic = name ? cli_topic_find(ax_str_from(name)) : NULL;

	if (topic)
		return wanted->manual ? cli_manual_print_topic(&cli->out, topic)
				      : cli_help_print_topic(&cli->out, topic);
	if (name && !command)
		return fail_unknown(name, err);
	if (wanted->manual)
		return cli_manual_print(&cli->out, command);
	return cli_help_print(&cli->out, command, true);
}

static const struct opt options[] = {
	OPT(struct help_settings, manual, 0, "man", NULL, "as a manual page, for man -l"),
	{ 0 },
};

static const struct cli_example examples[] = {
	{ "help query", "everything about query" },
	{ "help settings", "what artidx.json may hold" },
	{ "help --man scan | man -l -", "its manual page" },
	{ 0 },
};

const struct command cmd_help = {
	.name = "help",
	.summary = "print everything about a command or a topic",
	.operands = "[VERB|TOPIC]",
	.max_operands = 1,
	.takes = CLI_OPERAND_TOPIC,
	.options = options,
	.settings_size = sizeof(struct help_settings),
	.examples = examples,
	.description =
		"Of a command the same as artidx VERB --help. Topics are language (of "
		"queries), "
		"settings (artidx.json) and json. Without either: the commands and the options "
		"that all of them take.",
	.run = run,
};
