#include "base/buf.h"
#include "base/error.h"
#include "base/path.h"
#include "cli/catalogue.h"
#include "cli/command.h"
#include "cli/commands/commands.h"
#include "cli/config.h"
#include "cli/du_view.h"
#include "cli/project.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

struct du_settings {
	unsigned by;
	bool apparent, json;
	uint64_t depth, limit;
};

static const struct du_settings defaults = { .depth = 3, .limit = 12 };

/* Root-relative directories to measure. */
struct places {
	size_t n;
	struct ax_str *items;
};

/* One that lies below another is counted there. */
static void add_place(struct places *places, struct ax_str path)
{
	size_t kept = 0;

	for (size_t i = 0; i < places->n; i++) {
		if (ax_path_below(path, places->items[i]))
			return;
	}
	for (size_t i = 0; i < places->n; i++) {
		if (!ax_path_below(places->items[i], path))
			places->items[kept++] = places->items[i];
	}
	places->items[kept] = path;
	places->n = kept + 1;
}

static int add_operand(struct cli *cli, const struct cli_project *project, const char *operand,
	struct places *places, struct ax_error *err)
{
	struct ax_buf path = { 0 };
	struct stat st;
	char *copy = NULL;

	if (lstat(operand, &st) < 0)
		return ax_fail(err, AX_EUSAGE, "%s: %s", operand, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return ax_fail(err, AX_EUSAGE,
			"%s is no directory; 'artidx show' tells the size of a file", operand);
	if (cli_project_relative(project, operand, &path, err) < 0)
		return -1;
	copy = ax_arena_copy(&cli->arena, ax_buf_str(&path));
	if (copy)
		add_place(places, ax_str(copy, path.len));
	ax_buf_free(&path);
	return copy ? 0 : ax_fail(err, ENOMEM, "no memory for the paths");
}

/* What a scan would look at: the configured directories that are there, or else everything. */
static void add_configured(const struct cli_config *config, int root, struct places *places)
{
	const struct idx_strings *lists[] = { &config->index.data, &config->index.logs };
	bool has_data = false;

	for (size_t i = 0; i < 2; i++) {
		for (size_t j = 0; j < lists[i]->count; j++) {
			struct stat st;
			const char *path = lists[i]->items[j].ptr;

			if (fstatat(root, *path ? path : ".", &st, AT_SYMLINK_NOFOLLOW) < 0 ||
				!S_ISDIR(st.st_mode))
				continue;
			has_data = has_data || i == 0;
			add_place(places, lists[i]->items[j]);
		}
	}
	if (!has_data)
		add_place(places, AX_STR(""));
}

static int choose_places(struct cli *cli, const struct cli_project *project,
	const struct cli_config *config, int root, struct places *places, struct ax_error *err)
{
	size_t most = (size_t)cli->n_operands + config->index.data.count +
		      config->index.logs.count + 1;

	places->items = ax_arena_alloc(&cli->arena, most * sizeof(*places->items));
	if (!places->items)
		return ax_fail(err, ENOMEM, "no memory for the paths");
	for (int i = 0; i < cli->n_operands; i++) {
		if (add_operand(cli, project, cli->operands[i], places, err) < 0)
			return -1;
	}
	if (cli->n_operands == 0)
		add_configured(config, root, places);
	return 0;
}

static void warn_unreadable(struct cli *cli, const struct rpt_disk *disk)
{
	for (size_t i = 0; i < disk->n_unreadable && i < RPT_UNREADABLE_SHOWN; i++)
		cli_report_warning(&cli->out,
			"%.*s cannot be read: what is in it is not counted",
			AX_STR_ARG(disk->unreadable[i]));
	if (disk->n_unreadable > RPT_UNREADABLE_SHOWN) {
		char more[AX_UNITS_MAX];
		ax_count_say(disk->n_unreadable - RPT_UNREADABLE_SHOWN, "more directory", more);
		cli_report_warning(&cli->out, "%s cannot be read", more);
	}
}

static int measure(struct cli *cli, const struct cli_project *project,
	const struct cli_config *config, struct idx_snapshot *snapshot, struct ax_error *err)
{
	const struct du_settings *wanted = cli->settings;
	struct places places = { 0 };
	struct rpt_disk disk = { 0 };
	int status = -1;
	int root = open(project->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (root < 0)
		return ax_fail_errno(err, "cannot open %s", project->root);
	if (choose_places(cli, project, config, root, &places, err) < 0)
		goto out;
	struct rpt_disk_options options = { root, places.items, places.n, wanted->by,
		wanted->apparent };
	struct cli_du du = { project->root, wanted->by, wanted->apparent, wanted->depth,
		wanted->limit, &disk };
	if (rpt_disk_measure(snapshot, &options, &disk, err) < 0)
		goto out;
	cli_output_page(&cli->out);
	status = wanted->json ? cli_du_print_json(&cli->out, &du, err)
			      : cli_du_print(&cli->out, &du, err);
	warn_unreadable(cli, &disk);
	if (status == 0)
		status = disk.n_unreadable > 0;
out:
	rpt_disk_free(&disk);
	close(root);
	return status;
}

static int run(struct cli *cli, struct ax_error *err)
{
	struct cli_project project;
	struct cli_config config = { 0 };
	struct cli_catalogue catalogue = { 0 };
	int status = -1;

	if (cli_project_find(cli, CLI_ROOT_FOUND, &project, err) < 0)
		return -1;
	if (cli_config_load(&project, &config, err) == 0 &&
		cli_catalogue_read(&project, &catalogue, err) == 0)
		status = measure(cli, &project, &config, catalogue.snapshot, err);
	cli_catalogue_close(&catalogue);
	cli_config_free(&config);
	return status;
}

static const struct opt options[] = {
	OPT_CHOICE(struct du_settings, by, 0, "by", "WHAT", cli_du_choices,
		"a row a directory (dir), class or run"),
	OPT(struct du_settings, apparent, 'b', "apparent-size", NULL,
		"sizes of files instead of the blocks they take, as du -b"),
	OPT(struct du_settings, depth, 'd', "depth", "N",
		"how deep the tree of directories goes; 3 unless told"),
	OPT(struct du_settings, limit, 'n', "limit", "N",
		"rows below each directory, or of classes and runs; 12 unless told"),
	OPT(struct du_settings, json, 0, "json", NULL, "every row, as one JSON document"),
	{ 0 },
};

static const struct cli_example examples[] = {
	{ "du", "where the space is in out/ and logs/" },
	{ "du out/runs -d 1 -n 40", "the forty largest runs' directories" },
	{ "du --by class", "bases, checkpoints, models, ..." },
	{ "du --by run --json | jq '.rows[:3]'", "for scripts" },
	{ 0 },
};

const struct command cmd_du = {
	.name = "du",
	.summary = "say where the space is, by directory, class or run",
	.operands = "[DIR...]",
	.max_operands = UINT_MAX,
	.takes = CLI_OPERAND_FILE,
	.options = options,
	.settings_size = sizeof(struct du_settings),
	.defaults = &defaults,
	.examples = examples,
	.description =
		"Counts as du does: allocated blocks, or sizes with -b; a file with several "
		"names once; symlinks are not followed. Rows are sums of catalogued files, the "
		"largest first. What du counts besides stands in a row of its own, "
		"unaccounted: "
		"directories themselves, and files that no scan saw. So the total is what "
		"du -s prints for the same directories.\n"
		"Without a DIR it looks at the data and log directories.",
	.negative = "some directory could not be read, so that the sums lack what is in it",
	.exits = CLI_EXITS_CATALOGUE,
	.run = run,
};
