#include "report/page.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "cli/catalogue.h"
#include "cli/command.h"
#include "cli/commands/commands.h"
#include "cli/config.h"
#include "cli/dead_list.h"
#include "cli/project.h"
#include "cli/version.h"
#include "reorg/draft.h"
#include "report/alike.h"
#include "report/facts.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define DEFAULT_NAME "artidx-report.html"

struct report_settings {
	const char *output;
	bool force;
};

static const struct report_settings defaults = { .output = DEFAULT_NAME };

/* What the page is made of. Zero-initialise. */
struct gathered {
	struct cli_project project;
	struct cli_config config;
	struct cli_catalogue catalogue;
	struct rpt_facts facts;
	struct rpt_alike alike;
	struct reorg_draft draft;
	struct arc_dead dead;
};

/* A file that is an earlier report, or that is not there, may be replaced without asking. */
static int check_place(const char *path, struct ax_error *err)
{
	char start[sizeof(RPT_PAGE_START) - 1];
	struct ax_error ignored;
	struct stat st;
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return 0;
	bool is_report = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
			 ax_pread_full(fd, start, sizeof(start), 0, path, &ignored) == 0 &&
			 memcmp(start, RPT_PAGE_START, sizeof(start)) == 0;
	if (fd >= 0)
		close(fd);
	if (is_report)
		return 0;
	return ax_fail(err, AX_EREFUSED,
		"%s is there and is no report of artidx: name another with -o, or replace it "
		"with --force",
		path);
}

static int write_page(struct cli *cli, const struct ax_buf *page, struct ax_error *err)
{
	const struct report_settings *wanted = cli->settings;
	char size[AX_UNITS_MAX];

	if (strcmp(wanted->output, "-") == 0) {
		fwrite(page->data, 1, page->len, cli->out.stream);
		return 0;
	}
	/* Whoever writes a report may be read by others, as far as their umask says. */
	mode_t mask = umask(0);
	umask(mask);
	if (ax_file_write_durable(AT_FDCWD, wanted->output, ax_buf_str(page), 0666 & ~mask,
		    err) < 0)
		return -1;
	ax_size_format(page->len, size);
	cli_print_path(&cli->out, ax_str_from(wanted->output));
	fprintf(cli->out.stream, ": %s, for any browser\n", size);
	return 0;
}

static int gather_dead(struct gathered *gathered, struct ax_error *err)
{
	struct cli_dead_counts counts;
	struct cli_dead_request request = { .project = &gathered->project,
		.config = &gathered->config,
		.snapshot = gathered->catalogue.snapshot };

	return cli_dead_list(&request, &gathered->dead, &counts, err);
}

static int gather(struct gathered *gathered, struct ax_error *err)
{
	const struct cli_project *project = &gathered->project;
	struct idx_snapshot *snapshot = gathered->catalogue.snapshot;
	int root = open(project->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (root < 0)
		return ax_fail_errno(err, "cannot open %s", project->root);
	int status = rpt_facts_gather(snapshot, &gathered->facts, err);
	if (status == 0)
		status = rpt_alike_find(snapshot, root, &gathered->alike, err);
	if (status == 0)
		status = reorg_draft_make(snapshot, &gathered->config.index,
			gathered->config.layout, root, ax_str_from(project->root),
			&gathered->draft, err);
	close(root);
	return status < 0 ? -1 : gather_dead(gathered, err);
}

static int make_page(struct cli *cli, const struct gathered *gathered, struct ax_error *err)
{
	struct timespec now;
	struct ax_buf text = { 0 };

	clock_gettime(CLOCK_REALTIME, &now);
	struct rpt_page page = {
		.root = ax_str_from(gathered->project.root),
		.version = AX_STR(ARTIDX_VERSION),
		.now = (ax_nanoseconds)now.tv_sec * 1000000000 + now.tv_nsec,
		.facts = &gathered->facts,
		.alike = &gathered->alike,
		.dead = &gathered->dead,
		.draft = &gathered->draft,
	};
	int status = rpt_page_make(&page, &text, err);
	if (status == 0)
		status = write_page(cli, &text, err);
	ax_buf_free(&text);
	return status;
}

static int run(struct cli *cli, struct ax_error *err)
{
	const struct report_settings *wanted = cli->settings;
	struct gathered gathered = { 0 };
	bool to_stdout = strcmp(wanted->output, "-") == 0;
	int status = -1;

	if (*wanted->output == '\0')
		return ax_fail(err, AX_EUSAGE,
			"-o needs the name of a file, or - for standard output");
	if (!wanted->force && !to_stdout && check_place(wanted->output, err) < 0)
		return -1;
	if (cli_project_find(cli, CLI_ROOT_FOUND, &gathered.project, err) < 0)
		return -1;
	if (cli_config_load(&gathered.project, &gathered.config, err) < 0 ||
		cli_catalogue_read(&gathered.project, &gathered.catalogue, err) < 0 ||
		gather(&gathered, err) < 0)
		goto out;
	status = make_page(cli, &gathered, err);
out:
	arc_dead_free(&gathered.dead);
	reorg_draft_free(&gathered.draft);
	rpt_alike_free(&gathered.alike);
	rpt_facts_free(&gathered.facts);
	cli_catalogue_close(&gathered.catalogue);
	cli_config_free(&gathered.config);
	return status;
}

static const struct opt options[] = {
	OPT(struct report_settings, output, 'o', "output", "FILE",
		"where to write it; - for standard output; " DEFAULT_NAME " unless told"),
	OPT(struct report_settings, force, 0, "force", NULL,
		"replace FILE whatever it is; without it only an earlier report is replaced"),
	{ 0 },
};

static const struct cli_example examples[] = {
	{ "report", "write " DEFAULT_NAME " here" },
	{ "report -o ~/talk/out.html", "write it there" },
	{ "report -o - | ssh host 'cat > www/out.html'", "put it elsewhere" },
	{ 0 },
};

const struct command cmd_report = {
	.name = "report",
	.summary = "write a page with pictures of all that there is",
	.operands = "",
	.options = options,
	.settings_size = sizeof(struct report_settings),
	.defaults = &defaults,
	.examples = examples,
	.description =
		"One HTML file that any browser opens from the disk, without a network or a "
		"server: where the space is, when which run was at work, hack and solve rate "
		"by "
		"step, which run used which artifacts, what is wrong, what is dead, and the "
		"tree before and "
		"after a reorg. Sizes are those of files, as the last scan saw them.\n"
		"It stays a few megabytes however much there is: what is left out of a list or "
		"a picture is counted there. Duplicates are told by size and three pieces of "
		"the content; no other data is read.",
	.exits = CLI_EXITS_CATALOGUE | CLI_EXITS_REFUSED,
	.run = run,
};
