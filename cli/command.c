#include "cli/command.h"

#include "base/error.h"
#include "cli/commands/commands.h"
#include "cli/help.h"
#include "cli/process.h"
#include "cli/suggest.h"
#include "cli/synonyms.h"

#include <errno.h>
#include <signal.h>

static const char *const color_choices[] = { "auto", "always", "never", NULL };

const struct opt cli_global_options[] = {
	OPT(struct cli_globals, root, 0, "root", "DIR",
		"the project; else the nearest directory above that holds .artidx/"),
	OPT(struct cli_globals, catalogue, 0, "catalogue", "DIR",
		"where the catalogue is, instead of .artidx/catalogue"),
	OPT_CHOICE(struct cli_globals, color, 0, "color", "WHEN", color_choices,
		"auto, always or never; NO_COLOR is heeded"),
	OPT(struct cli_globals, no_pager, 0, "no-pager", NULL, "never page long output"),
	OPT(struct cli_globals, short_help, 'h', "short-help", NULL,
		"examples and options in short"),
	OPT(struct cli_globals, help, 0, "help", NULL, "everything about the command"),
	OPT(struct cli_globals, version, 0, "version", NULL,
		"version of artidx and its libraries"),
	{ 0 },
};

const struct command *const cli_commands[] = {
	&cmd_init,
	&cmd_scan,
	&cmd_query,
	&cmd_show,
	&cmd_du,
	&cmd_report,
	&cmd_reorg,
	&cmd_dead,
	&cmd_pin,
	&cmd_archive,
	&cmd_verify,
	&cmd_restore,
	&cmd_resolve,
	&cmd_path,
	&cmd_inspect,
	&cmd_check,
	&cmd_config,
	&cmd_completion,
	&cmd_help,
	&cmd_complete,
	NULL,
};

const struct command *cli_command_find(struct ax_str name)
{
	for (const struct command *const *c = cli_commands; *c; c++) {
		if (ax_str_equal(ax_str_from((*c)->name), name))
			return *c;
	}
	return NULL;
}

void cli_command_suggest(struct cli_suggestion *suggestion)
{
	for (const struct command *const *c = cli_commands; *c; c++) {
		if (!(*c)->is_hidden)
			cli_suggest_offer(suggestion, ax_str_from((*c)->name));
	}
}

static int fail_unknown(const char *name, struct ax_error *err)
{
	struct cli_suggestion suggestion = { .given = ax_str_from(name) };
	char hint[CLI_HINT_MAX];

	cli_command_suggest(&suggestion);
	cli_synonyms_of_commands(&suggestion);
	return ax_fail(err, AX_EUSAGE, "there is no command '%s'%s", name,
		cli_suggest_hint(&suggestion, "", "; 'artidx help' lists them", hint));
}

static int check_operands(const struct cli *cli, struct ax_error *err)
{
	const struct command *command = cli->command;

	if ((unsigned)cli->n_operands < command->min_operands)
		return ax_fail(err, AX_EUSAGE, "%s needs an operand: artidx %s %s",
			command->name, command->name, command->operands);
	if ((unsigned)cli->n_operands <= command->max_operands)
		return 0;
	const char *extra = cli->operands[command->max_operands];
	if (command->max_operands == 0)
		return ax_fail(err, AX_EUSAGE, "%s takes options only, so '%s' is too much",
			command->name, extra);
	return ax_fail(err, AX_EUSAGE, "'%s' is too much: artidx %s %s", extra, command->name,
		command->operands);
}

static int make_settings(struct cli *cli, void **out, struct ax_error *err)
{
	const struct command *command = cli->command;

	if (!command->settings_size)
		return 0;
	*out = ax_arena_alloc(&cli->arena, command->settings_size);
	cli->settings = *out;
	if (!*out)
		return ax_fail(err, ENOMEM, "no memory for the settings of %s", command->name);
	if (command->defaults)
		memcpy(*out, command->defaults, command->settings_size);
	return 0;
}

/* Options before the verb, the verb, and the rest. No verb is not an error here. */
static int read_arguments(struct cli *cli, int argc, char **argv, struct ax_error *err)
{
	void *settings = NULL;
	struct opt_scope scope = {
		.global = { cli_global_options, &cli->globals },
		.arena = &cli->arena,
	};
	int consumed = 0;

	if (opt_parse_leading(&scope, argc, argv, &consumed, err) < 0)
		return -1;
	if (consumed == argc)
		return 0;
	const char *verb = argv[consumed++];
	cli->command = cli_command_find(ax_str_from(verb));
	if (!cli->command)
		return fail_unknown(verb, err);
	if (make_settings(cli, &settings, err) < 0)
		return -1;
	scope.verb = verb;
	scope.own = (struct opt_set){ cli->command->options, settings };
	cli->operands = argv + consumed;
	return opt_parse(&scope, argc - consumed, cli->operands, &cli->n_operands, err);
}

static int run_command(struct cli *cli, struct ax_error *err)
{
	const struct cli_globals *globals = &cli->globals;

	if (globals->version)
		return cli_help_version(&cli->out);
	if (globals->help || globals->short_help)
		return cli_help_print(&cli->out, cli->command, globals->help);
	if (!cli->command) {
		cli_help_print(&cli->out, NULL, false);
		return CLI_USAGE;
	}
	if (check_operands(cli, err) < 0)
		return -1;
	return cli->command->run(cli, err);
}

/*
 * Both what the command met and what became of its output count; the first is told first. A
 * command that failed because its output failed is one failure, not two.
 */
static int finish(struct cli *cli, int result, struct ax_error *err)
{
	struct ax_error lost = { 0 };
	int closed = cli_output_close(&cli->out, &lost);

	if (result < 0 && closed < 0 && err->code == lost.code)
		result = 0;
	int status = result < 0 ? (int)cli_process_status(err->code) : result;
	if (result < 0)
		cli_report_error(&cli->out, err->message, cli->error_detail);
	if (closed < 0 && lost.code != EPIPE)
		cli_report_error(&cli->out, lost.message, NULL);
	if (closed < 0 && status <= CLI_NEGATIVE)
		status = lost.code == EPIPE ? 128 + SIGPIPE : CLI_IO;
	if (cli->signal_number)
		status = 128 + cli->signal_number;
	ax_arena_free(&cli->arena);
	return status;
}

int cli_command_main(int argc, char **argv)
{
	struct cli cli = { 0 };
	struct ax_error err = { 0 };
	int result = read_arguments(&cli, argc, argv, &err);

	if (cli_output_open(&cli.out, cli.globals.color, !cli.globals.no_pager, &err) < 0)
		result = -1;
	if (result == 0)
		result = run_command(&cli, &err);
	return finish(&cli, result, &err);
}
