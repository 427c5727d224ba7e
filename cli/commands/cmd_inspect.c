#include "cli/command.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/path.h"
#include "cli/commands/commands.h"
#include "cli/config.h"
#include "cli/inspect_view.h"
#include "cli/project.h"
#include "indexer/examine.h"
#include "safetensors/header.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct inspect_settings {
	bool json, brief, null, tensors;
	const char *files_from;
};

/* One run of the command: what handles each file, and what became of them. */
struct inspection {
	struct cli *cli;
	const struct inspect_settings *settings;
	const struct cli_project *project; /* NULL outside of one */
	struct idx_examiner *examiner;
	struct sft_header *header; /* for brief */
	struct cli_inspect_view *view;
	bool found_invalid;
};

/* "OK 12" or "ERR InvalidOffset", TAB, path. */
static void print_verdict(struct inspection *in, struct ax_str path, size_t n_tensors,
	const char *variant)
{
	struct cli_output *out = &in->cli->out;

	if (variant)
		fprintf(out->stream, "ERR %s\t", variant);
	else
		fprintf(out->stream, "OK %zu\t", n_tensors);
	if (in->settings->null) {
		fwrite(path.ptr, 1, path.len + 1, out->stream);
	} else {
		cli_print_path(out, path);
		fputc('\n', out->stream);
	}
	in->found_invalid |= variant != NULL;
}

/* Only what the reference implementation would say: no class, no project. */
static int inspect_briefly(struct inspection *in, const char *path, struct ax_error *err)
{
	struct sft_problem problem;
	struct ax_error unreadable = { 0 };
	struct ax_str name = ax_str_from(path);
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int verdict = -1;

	(void)err;
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		verdict = sft_header_read(in->header, fd, (uint64_t)st.st_size, path, &problem,
			&unreadable);
	if (fd >= 0)
		close(fd);
	if (verdict < 0)
		print_verdict(in, name, 0, "Unreadable");
	else if (verdict == 0)
		print_verdict(in, name, 0, sft_verdict_name(problem.verdict));
	else
		print_verdict(in, name, sft_layout_count(sft_header_layout(in->header)), NULL);
	return 0;
}

/* The path that rules see: from the project's root where the file lies in the project. */
static void name_for_rules(const struct inspection *in, const char *path, struct ax_buf *out)
{
	struct ax_error outside;

	if (in->project && cli_project_relative(in->project, path, out, &outside) == 0 &&
		out->len)
		return;
	ax_buf_clear(out);
	ax_buf_append_text(out, path);
}

static int inspect(struct inspection *in, const char *path, struct ax_error *err)
{
	struct ax_buf name = { 0 };
	struct stat st;
	char *target = realpath(path, NULL);
	int status = -1;

	if (!target || stat(target, &st) < 0) {
		status = cli_inspect_view_missing(in->view, path, errno, err);
		in->found_invalid = true;
		goto out;
	}
	name_for_rules(in, path, &name);
	struct idx_subject subject = {
		.path = ax_buf_str(&name), .dirfd = AT_FDCWD, .name = target, .stat = &st
	};
	struct idx_finding finding;
	if (ax_buf_check(&name, path, err) < 0 ||
		idx_examine(in->examiner, &subject, &finding, err) < 0)
		goto out;
	const struct sft_header *header = idx_examiner_header(in->examiner);
	in->found_invalid |= finding.status != IDX_OK || !header;
	status = cli_inspect_view_file(in->view, ax_str_from(path), &finding, header, err);
out:
	ax_buf_free(&name);
	free(target);
	return status;
}

static int handle(struct inspection *in, const char *path, struct ax_error *err)
{
	if (in->settings->brief)
		return inspect_briefly(in, path, err);
	return inspect(in, path, err);
}

/* The paths in a file, a line each, or each ended by NUL. */
static int handle_listed(struct inspection *in, const char *list, struct ax_error *err)
{
	FILE *stream = strcmp(list, "-") == 0 ? stdin : fopen(list, "re");
	int delimiter = in->settings->null ? '\0' : '\n';
	char *line = NULL;
	size_t capacity = 0;
	ssize_t length = 0;
	int status = 0;

	if (!stream)
		return ax_fail_errno(err, "cannot read %s", list);
	while (status == 0 && !cli_output_broken(&in->cli->out)) {
		length = getdelim(&line, &capacity, delimiter, stream);
		if (length < 0)
			break;
		if (length && line[length - 1] == delimiter)
			line[length - 1] = '\0';
		if (*line)
			status = handle(in, line, err);
	}
	if (status == 0 && ferror(stream))
		status = ax_fail_errno(err, "cannot read %s",
			stream == stdin ? "standard input" : list);
	if (stream != stdin)
		fclose(stream);
	free(line);
	return status;
}

static int handle_all(struct inspection *in, struct ax_error *err)
{
	struct cli *cli = in->cli;

	for (int i = 0; i < cli->n_operands && !cli_output_broken(&cli->out); i++) {
		if (handle(in, cli->operands[i], err) < 0)
			return -1;
	}
	if (in->settings->files_from)
		return handle_listed(in, in->settings->files_from, err);
	return 0;
}

/* Show files in full, with the rules of the project around the current directory, if any. */
static int inspect_all(struct inspection *in, struct ax_error *err)
{
	struct cli_project project;
	struct cli_config config = { 0 };
	struct ax_error none;
	struct timespec now;
	int status = -1;

	clock_gettime(CLOCK_REALTIME, &now);
	if (cli_project_find(in->cli, CLI_ROOT_FOUND, &project, &none) == 0)
		in->project = &project;
	if (cli_config_load(in->project, &config, err) < 0)
		goto out;
	struct idx_examine_options options = {
		.rules = config.rules,
		.now = (ax_nanoseconds)now.tv_sec * 1000000000 + now.tv_nsec,
		.quiet = config.index.quiet,
	};
	struct cli_inspect_options shown = { in->settings->json, in->settings->tensors };
	if (idx_examiner_new(&options, &in->examiner, err) < 0 ||
		cli_inspect_view_new(&in->cli->out, &shown, &in->view, err) < 0)
		goto out;
	cli_output_page(&in->cli->out);
	if (handle_all(in, err) < 0)
		goto out;
	status = cli_inspect_view_end(in->view, err);
out:
	in->project = NULL;
	cli_inspect_view_free(in->view);
	idx_examiner_free(in->examiner);
	cli_config_free(&config);
	return status;
}

static int check_settings(const struct cli *cli, const struct inspect_settings *settings,
	struct ax_error *err)
{
	if (!cli->n_operands && !settings->files_from)
		return ax_fail(err, AX_EUSAGE, "inspect needs a file: artidx inspect FILE...");
	if (settings->json && settings->brief)
		return ax_fail(err, AX_EUSAGE,
			"--json and --brief are two forms of output: choose one");
	return 0;
}

static int run(struct cli *cli, struct ax_error *err)
{
	struct inspection in = { .cli = cli, .settings = cli->settings };
	int status = -1;

	if (check_settings(cli, in.settings, err) < 0)
		return -1;
	if (!in.settings->brief) {
		status = inspect_all(&in, err);
	} else if (sft_header_new(NULL, &in.header, err) == 0) {
		status = handle_all(&in, err);
		sft_header_free(in.header);
	}
	return status < 0 ? -1 : in.found_invalid;
}

static const struct opt options[] = {
	OPT(struct inspect_settings, json, 0, "json", NULL,
		"one JSON document, with every tensor"),
	OPT(struct inspect_settings, tensors, 't', "tensors", NULL,
		"every tensor, a line each"),
	OPT(struct inspect_settings, brief, 'b', "brief", NULL,
		"OK and the number of tensors, or ERR and the reference's word for it"),
	OPT(struct inspect_settings, files_from, 0, "files-from", "FILE",
		"also the paths listed there, a line each; - for standard input"),
	OPT(struct inspect_settings, null, '0', "null", NULL,
		"paths in that list, and behind --brief, end with NUL"),
	{ 0 },
};

static const struct cli_example examples[] = {
	{ "inspect out/v_hack_21pairs.safetensors", "what it is and why, metadata, tensors" },
	{ "inspect --brief *.safetensors", "which ones are valid" },
	{ "inspect --json FILE | jq '.files[0].metadata'", "its metadata, for scripts" },
	{ 0 },
};

const struct command cmd_inspect = {
	.name = "inspect",
	.summary = "look into safetensors files, without a catalogue",
	.operands = "FILE...",
	.max_operands = UINT_MAX,
	.takes = CLI_OPERAND_FILE,
	.options = options,
	.settings_size = sizeof(struct inspect_settings),
	.examples = examples,
	.description =
		"Reads the header of each file and shows its class and the evidence for it, "
		"its metadata, and its tensors. Tensors whose names differ in numbers alone "
		"are one line. Works anywhere; inside a project, the project's own rules "
		"count.\n"
		"A header is taken or refused exactly as the reference implementation of the "
		"format (huggingface/safetensors) does. What is wrong is said with the byte "
		"where it is.",
	.negative = "some file is not a valid safetensors file",
	.run = run,
};
