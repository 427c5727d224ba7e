#include "cli/help.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/pattern.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/topic.h"
#include "cli/version.h"

enum {
	WIDTH_DEFAULT = 80,
	WIDTH_MAX = 96, /* longer lines are hard to read */
	INDENT = 2,
	GAP = 2,
	LEFT_MAX = 30, /* what is longer has its text on the next line */
	EXAMPLE_MAX = 46,
};

static const char about[] =
	"Reads a tree of safetensors files, says what each one is from its tensors and not "
	"from its name, finds the run that wrote it, keeps all that in a catalogue, and "
	"answers queries.\n"
	"The project is the nearest directory, from the current one upward, that holds "
	".artidx/; artidx scan makes one. All paths shown are relative to it, and quoted as "
	"git does where they hold control bytes or are not UTF-8.\n"
	"Options and operands come in any order, and -- ends the options. Results go to "
	"standard output and everything else to standard error.";

void cli_help_describe(const struct command *command, struct ax_buf *text)
{
	ax_buf_append_text(text, command ? command->description : about);
	ax_buf_append_byte(text, '\n');
	if (command && command->describe_more)
		command->describe_more(text);
}

static unsigned width_of(const struct cli_output *out)
{
	if (!out->columns)
		return WIDTH_DEFAULT;
	return out->columns < WIDTH_MAX ? out->columns : WIDTH_MAX;
}

static void print_heading(struct cli_output *out, const char *heading)
{
	fprintf(out->stream, "\n%s%s%s\n", out->palette->bold, heading, out->palette->reset);
}

/* "  LEFT      text", text wrapped behind column. */
static void print_pair(struct cli_output *out, const char *left, const char *text,
	unsigned column)
{
	size_t width = INDENT + ax_text_width(ax_str_from(left));

	cli_print_pad(out, INDENT);
	fprintf(out->stream, "%s%s%s", out->palette->cyan, left, out->palette->reset);
	if (width + GAP > column) {
		fputc('\n', out->stream);
		width = 0;
	}
	cli_print_pad(out, column - width);
	cli_print_wrapped(out, ax_str_from(text), column, width_of(out));
}

/* Make room for left, unless it is longer than most. */
static void widen(const struct cli_output *out, unsigned *column, const char *left,
	unsigned most)
{
	size_t needed = INDENT + ax_text_width(ax_str_from(left)) + GAP;
	size_t limit = INDENT + most + GAP;

	if (limit > width_of(out) * 3 / 5)
		limit = width_of(out) * 3 / 5;
	if (needed > *column && needed <= limit)
		*column = (unsigned)needed;
}

struct cli_help_spelling cli_help_spell(const struct opt *opt)
{
	struct cli_help_spelling out;
	char letter[] = { '-', opt->letter, ',', ' ', 0 };

	snprintf(out.text, sizeof(out.text), "%s--%s%s%s", opt->letter ? letter : "    ",
		opt->name, opt->value ? " " : "", opt->value ? opt->value : "");
	return out;
}

static void print_options(struct cli_output *out, const char *heading,
	const struct opt *options)
{
	unsigned column = 0;

	if (!options || !options->name)
		return;
	for (const struct opt *opt = options; opt->name; opt++)
		widen(out, &column, cli_help_spell(opt).text, LEFT_MAX);
	print_heading(out, heading);
	for (const struct opt *opt = options; opt->name; opt++)
		print_pair(out, cli_help_spell(opt).text, opt->help, column);
}

static void print_examples(struct cli_output *out, const struct cli_example *examples)
{
	char left[128];
	unsigned column = 0;

	if (!examples)
		return;
	for (const struct cli_example *e = examples; e->command; e++) {
		snprintf(left, sizeof(left), "artidx %s", e->command);
		widen(out, &column, left, EXAMPLE_MAX);
	}
	print_heading(out, "Examples");
	for (const struct cli_example *e = examples; e->command; e++) {
		snprintf(left, sizeof(left), "artidx %s", e->command);
		print_pair(out, left, e->what, column ? column : INDENT + 4);
	}
}

/* A line as it is; where it is too long and has two columns, the second one is wrapped. */
static void print_verbatim(struct cli_output *out, struct ax_str line)
{
	struct ax_str shown = ax_str_slice(line, 2, line.len);
	const char *gap = memmem(shown.ptr, shown.len, "  ", 2);
	size_t column = gap ? (size_t)(gap - shown.ptr) + 2 : 0;

	while (gap && column < shown.len && shown.ptr[column] == ' ')
		column++;
	if (!column || ax_text_width(line) + INDENT <= width_of(out)) {
		cli_print_wrapped(out, line, INDENT, 1000);
		return;
	}
	cli_print_pad(out, 2);
	cli_print_text(out, ax_str_slice(shown, 0, column));
	cli_print_wrapped(out, ax_str_slice(shown, column, shown.len),
		INDENT + 2 + (unsigned)column, width_of(out));
}

static void print_paragraphs(struct cli_output *out, struct ax_str rest)
{
	bool first = true, after_verbatim = false;

	while (rest.len) {
		struct ax_str paragraph = ax_str_slice(rest, 0, ax_str_find(rest, '\n'));
		bool is_verbatim = ax_str_starts(paragraph, AX_STR("  "));
		bool is_heading = ax_str_starts(paragraph, AX_STR("# "));
		rest = ax_str_slice(rest, paragraph.len + 1, rest.len);
		if (is_heading) {
			fprintf(out->stream, "\n%s%.*s%s\n", out->palette->bold,
				(int)paragraph.len - 2, paragraph.ptr + 2, out->palette->reset);
			first = true;
			continue;
		}
		if (!first && !(is_verbatim && after_verbatim))
			fputc('\n', out->stream);
		cli_print_pad(out, INDENT);
		if (is_verbatim)
			print_verbatim(out, paragraph);
		else
			cli_print_wrapped(out, paragraph, INDENT, width_of(out));
		after_verbatim = is_verbatim;
		first = false;
	}
}

static void print_description(struct cli_output *out, const struct command *command)
{
	struct ax_buf text = { 0 };

	cli_help_describe(command, &text);
	print_heading(out, "Description");
	print_paragraphs(out, ax_buf_str(&text));
	cli_print_done(out, &text);
}

const char *cli_help_exit(const struct command *command, int status)
{
	switch (status) {
	case 0:
		return "done, or nothing to do";
	case 1:
		return command->negative;
	case 2:
		return "wrong use, query or configuration; nothing was done";
	case 3:
		if (command->exits & CLI_EXITS_GATED)
			return "refused: a queued job or an open file is in the way, another "
			       "artidx "
			       "is at work, or a conflict; nothing changed";
		return command->exits & CLI_EXITS_REFUSED
			       ? "refused: another artidx is at work, or a conflict; nothing "
				 "changed"
			       : NULL;
	case 4:
		return command->exits & CLI_EXITS_PARTLY
			       ? "partly applied: the journal is kept; artidx reorg --recover "
				 "finishes"
			       : NULL;
	case 5:
		return command->exits & CLI_EXITS_CATALOGUE
			       ? "the catalogue is missing, damaged or of a newer version"
			       : NULL;
	default:
		return "input, output or memory failed; nothing is lost";
	}
}

static void print_exits(struct cli_output *out, const struct command *command)
{
	print_heading(out, "Exit status");
	for (int status = 0; status < CLI_HELP_STATUSES; status++) {
		const char *text = cli_help_exit(command, status);
		char left[8];

		snprintf(left, sizeof(left), "%d", status);
		if (text)
			print_pair(out, left, text, INDENT + 3);
	}
}

static void print_usage(struct cli_output *out, const struct command *command)
{
	print_heading(out, "Usage");
	fprintf(out->stream, "  artidx %s%s%s%s\n", command->name,
		*command->operands ? " " : "", command->operands,
		command->options ? " [OPTIONS]" : "");
}

static void print_command(struct cli_output *out, const struct command *command, bool full)
{
	const struct cli_palette *palette = out->palette;

	fprintf(out->stream, "%sartidx %s%s: %s\n", palette->bold, command->name,
		palette->reset, command->summary);
	if (full)
		print_usage(out, command);
	print_examples(out, command->examples);
	if (!full) {
		print_usage(out, command);
		print_options(out, "Options", command->options);
		fprintf(out->stream, "\nMore: artidx %s --help\n", command->name);
		return;
	}
	print_description(out, command);
	print_options(out, "Options", command->options);
	print_options(out, "General options", cli_global_options);
	print_exits(out, command);
}

static const struct cli_example first_steps[] = {
	{ "scan", "read what lies in out/ and logs/ of this directory" },
	{ "query class:checkpoint", "find files by what they are, not by their names" },
	{ "query runs 'hack_rate>0.3'", "find runs by what came out of them" },
	{ "show PATH", "everything known about one file or run" },
	{ 0 },
};

static void print_topics(struct cli_output *out)
{
	unsigned column = 0;

	print_heading(out, "Other pages");
	for (const struct cli_topic *topic = cli_topics; topic->name; topic++)
		widen(out, &column, topic->name, LEFT_MAX);
	for (const struct cli_topic *topic = cli_topics; topic->name; topic++)
		print_pair(out, topic->name, topic->summary, column);
}

static void print_overview(struct cli_output *out, bool full)
{
	unsigned column = 0;

	fprintf(out->stream, "%sartidx%s: ", out->palette->bold, out->palette->reset);
	cli_print_wrapped(out,
		AX_STR("catalogue, query and tidy the artifacts of machine-learning research"),
		strlen("artidx: "), width_of(out));
	print_examples(out, first_steps);
	if (full)
		print_description(out, NULL);
	print_heading(out, "Commands");
	for (const struct command *const *c = cli_commands; *c; c++)
		widen(out, &column, (*c)->name, LEFT_MAX);
	for (const struct command *const *c = cli_commands; *c; c++) {
		if (!(*c)->is_hidden)
			print_pair(out, (*c)->name, (*c)->summary, column);
	}
	if (full) {
		print_options(out, "General options", cli_global_options);
		print_topics(out);
	}
	fprintf(out->stream, "\nMore: artidx VERB -h, in full: artidx VERB --help\n");
}

int cli_help_print(struct cli_output *out, const struct command *command, bool full)
{
	if (full)
		cli_output_page(out);
	if (command)
		print_command(out, command, full);
	else
		print_overview(out, full);
	return 0;
}

int cli_help_print_topic(struct cli_output *out, const struct cli_topic *topic)
{
	struct ax_buf text = { 0 };

	cli_output_page(out);
	topic->describe(&text);
	fprintf(out->stream, "%s%s(%s)%s: %s\n\n", out->palette->bold, topic->page,
		topic->section, out->palette->reset, topic->summary);
	print_paragraphs(out, ax_buf_str(&text));
	cli_print_done(out, &text);
	return 0;
}

int cli_help_version(struct cli_output *out)
{
	struct ax_buf libraries = { 0 };

	ax_json_library(&libraries);
	ax_buf_append_text(&libraries, ", ");
	ax_pattern_library(&libraries);
	ax_buf_append_text(&libraries, ", ");
	ax_hash_library(&libraries);
	fprintf(out->stream, "artidx %s\nwith %s\n", ARTIDX_VERSION, ax_buf_text(&libraries));
	cli_print_done(out, &libraries);
	return 0;
}
