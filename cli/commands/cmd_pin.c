#include "archive/pins.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/command.h"
#include "cli/commands/commands.h"
#include "cli/project.h"
#include "cli/record_json.h"
#include "reorg/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct pin_settings {
	const char *why;
	bool list, remove, json;
};

static void print_list(struct cli_output *out, const struct arc_pins *pins)
{
	char time[AX_UNITS_MAX];

	for (size_t i = 0; i < pins->count; i++) {
		const struct arc_pin *pin = &pins->items[i];
		ax_time_format_short(pin->time, time);
		fprintf(out->stream, "%s  ", time);
		cli_print_path(out, pin->path);
		fputs("  ", out->stream);
		cli_print_text(out, pin->why);
		fputc('\n', out->stream);
	}
	if (!pins->count)
		fputs("nothing is pinned\n", out->stream);
}

static int print_json(struct cli *cli, const struct cli_project *project,
	const struct arc_pins *pins, struct ax_error *err)
{
	struct ax_buf text = { 0 };
	struct ax_json_writer w = { .buf = &text, .indent = true };

	ax_json_begin_object(&w);
	cli_record_json_text(&w, "schema", AX_STR("artidx.pin/1"));
	ax_json_write_path(&w, "root", ax_str_from(project->root));
	ax_json_write_key(&w, AX_STR("rows"));
	ax_json_begin_array(&w);
	for (size_t i = 0; i < pins->count; i++) {
		ax_json_begin_object(&w);
		ax_json_write_path(&w, "path", pins->items[i].path);
		cli_record_json_text(&w, "why", pins->items[i].why);
		cli_record_json_time(&w, "time", pins->items[i].time);
		ax_json_end_object(&w);
	}
	ax_json_end_array(&w);
	ax_json_end_object(&w);
	return cli_record_json_print(cli->out.stream, &text, err);
}

static int pin_one(struct cli *cli, const char *operand, struct ax_str path,
	struct arc_pins *pins, struct ax_error *err)
{
	const struct pin_settings *wanted = cli->settings;
	struct timespec now;
	struct stat st;

	if (wanted->remove)
		return arc_pins_remove(pins, path)
			       ? 0
			       : ax_fail(err, AX_EUSAGE,
					 "%s: not pinned; 'artidx pin --list' shows what is",
					 operand);
	if (lstat(operand, &st) < 0)
		return ax_fail(err, AX_EUSAGE, "%s: %s", operand, strerror(errno));
	clock_gettime(CLOCK_REALTIME, &now);
	struct arc_pin pin = {
		.path = path,
		.why = ax_str_from(wanted->why),
		.time = (ax_nanoseconds)now.tv_sec * 1000000000 + now.tv_nsec,
	};
	return arc_pins_set(pins, &pin, err);
}

static int change(struct cli *cli, const struct cli_project *project, int root,
	struct arc_pins *pins, struct ax_error *err)
{
	struct ax_buf path = { 0 };
	int status = 0;

	for (int i = 0; i < cli->n_operands && status == 0; i++) {
		ax_buf_clear(&path);
		status = cli_project_relative(project, cli->operands[i], &path, err);
		if (status == 0 && !path.len)
			status = ax_fail(err, AX_EUSAGE, "the project itself cannot be pinned");
		if (status == 0)
			status = pin_one(cli, cli->operands[i], ax_buf_str(&path), pins, err);
	}
	ax_buf_free(&path);
	return status < 0 ? -1 : arc_pins_write(root, pins, err);
}

static int check_usage(const struct cli *cli, struct ax_error *err)
{
	const struct pin_settings *wanted = cli->settings;
	bool lists = wanted->list || !cli->n_operands;

	if (lists && (cli->n_operands || wanted->remove || wanted->why))
		return ax_fail(err, AX_EUSAGE,
			wanted->list ? "--list takes no paths and no other option"
				     : "name the paths to pin");
	if (wanted->remove && wanted->why)
		return ax_fail(err, AX_EUSAGE, "--remove takes no --why");
	if (!lists && !wanted->remove && (!wanted->why || !*wanted->why))
		return ax_fail(err, AX_EUSAGE,
			"say why: artidx pin PATH --why TEXT; whoever cleans up will read it");
	return 0;
}

/* Nobody else changes pins meanwhile, and nothing is archived on the grounds of older ones. */
static int change_locked(struct cli *cli, const struct cli_project *project, int root,
	struct ax_error *err)
{
	struct reorg_store *store = NULL;
	struct arc_pins pins = { .count = 0 };
	int status = reorg_store_open(root, ".artidx/journal", &store, err);

	if (status == 0)
		status = arc_pins_read(root, &pins, err);
	if (status == 0)
		status = change(cli, project, root, &pins, err);
	arc_pins_free(&pins);
	reorg_store_close(store);
	return status;
}

static int list(struct cli *cli, const struct cli_project *project, int root,
	struct ax_error *err)
{
	const struct pin_settings *wanted = cli->settings;
	struct arc_pins pins = { .count = 0 };
	int status = arc_pins_read(root, &pins, err);

	if (status == 0 && wanted->json)
		status = print_json(cli, project, &pins, err);
	else if (status == 0)
		print_list(&cli->out, &pins);
	arc_pins_free(&pins);
	return status;
}

static int run(struct cli *cli, struct ax_error *err)
{
	const struct pin_settings *wanted = cli->settings;
	struct cli_project project;

	if (check_usage(cli, err) < 0 ||
		cli_project_find(cli, CLI_ROOT_FOUND, &project, err) < 0)
		return -1;
	int root = open(project.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return ax_fail_errno(err, "%s: cannot be opened", project.root);
	int status = cli->n_operands ? change_locked(cli, &project, root, err) : 0;
	if (status == 0 && (!cli->n_operands || wanted->json))
		status = list(cli, &project, root, err);
	close(root);
	return status;
}

static const struct opt options[] = {
	OPT(struct pin_settings, why, 0, "why", "TEXT", "why it is kept; artidx dead shows it"),
	OPT(struct pin_settings, list, 0, "list", NULL,
		"what is pinned; the same without operands"),
	OPT(struct pin_settings, remove, 0, "remove", NULL, "take the pins away"),
	OPT(struct pin_settings, json, 0, "json", NULL,
		"the list, after a change too, as one JSON document"),
	{ 0 },
};

static const struct cli_example examples[] = {
	{ "pin out/pool_OLD_1 --why 'figure 3 needs it'", "artidx dead will not offer it" },
	{ "pin", "what is pinned, since when, and why" },
	{ "pin --remove out/pool_OLD_1", "it may go again" },
	{ 0 },
};

const struct command cmd_pin = {
	.name = "pin",
	.summary = "keep files and directories from being called dead",
	.operands = "[PATH...]",
	.max_operands = UINT_MAX,
	.takes = CLI_OPERAND_FILE,
	.options = options,
	.settings_size = sizeof(struct pin_settings),
	.examples = examples,
	.description =
		"What is pinned, what is below it, and the directories above it are never "
		"offered by artidx dead and never packed by artidx archive --dead. Pins are "
		"kept in .artidx/pins, apart from the catalogue: making that anew loses none. "
		"Without operands the pins are listed.",
	.exits = CLI_EXITS_REFUSED,
	.see_also = { "dead", "archive" },
	.run = run,
};
