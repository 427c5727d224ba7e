#include "base/error.h"
#include "base/file.h"
#include "cli/command.h"
#include "cli/commands/commands.h"
#include "cli/config.h"
#include "cli/project.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Made anew or not at all: whatever has the name already stays. */
static int write_config(const char *path, bool *is_new, struct ax_error *err)
{
	struct ax_str text = cli_config_template();
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	int status = -1;

	*is_new = fd >= 0;
	if (fd < 0 && errno == EEXIST)
		return 0;
	if (fd < 0)
		return ax_fail_errno(err, "cannot make %s", path);
	if (ax_write_full(fd, text.ptr, text.len, path, err) == 0)
		status = fsync(fd) == 0 ? 0 : ax_fail_errno(err, "cannot write %s", path);
	close(fd);
	if (status < 0)
		unlink(path);
	return status;
}

static int run(struct cli *cli, struct ax_error *err)
{
	struct cli_project project;
	bool is_new = false;

	if (cli_project_find(cli, CLI_ROOT_OR_HERE, &project, err) < 0)
		return -1;
	if (write_config(project.config, &is_new, err) < 0)
		return -1;
	if (cli_project_create(&project, err) < 0)
		return -1;
	cli_print_path(&cli->out, ax_str_from(project.config));
	fprintf(cli->out.stream, is_new ? ": written, with every default explained\n"
					: ": was there already and stays as it is\n");
	fprintf(cli->out.stream, "next: artidx scan\n");
	return 0;
}

static const struct cli_example examples[] = {
	{ "init", "make this directory a project" },
	{ "init --root ~/work/grpo", "make that one a project" },
	{ 0 },
};

const struct command cmd_init = {
	.name = "init",
	.summary = "write artidx.json with the defaults, explained",
	.operands = "",
	.examples = examples,
	.description =
		"Writes artidx.json with every default and a comment on each, and makes "
		".artidx/, where the catalogue will be. A file that is there already is never "
		"changed.\n"
		"Not needed before artidx scan, which works with the defaults: a data "
		"directory out/ and run logs in logs/.",
	.run = run,
};
