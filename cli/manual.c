#include "cli/manual.h"

#include "base/buf.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/topic.h"
#include "cli/version.h"

#include <ctype.h>

enum { LINE_MAX_COLUMNS = 72 };

/* Roff's names for what it would read as something else; minus signs are those of commands. */
static const char *roff_name(char c)
{
	switch (c) {
	case '\\':
		return "\\e";
	case '-':
		return "\\-";
	case '\'':
		return "\\(aq";
	case '"':
		return "\\(dq";
	case '~':
		return "\\(ti";
	case '^':
		return "\\(ha";
	case '`':
		return "\\(ga";
	default:
		return NULL;
	}
}

static void print_text(FILE *stream, struct ax_str text)
{
	/* At the start of a line these begin a command. */
	if (text.len && (text.ptr[0] == '.' || text.ptr[0] == '\''))
		fputs("\\&", stream);
	for (size_t i = 0; i < text.len; i++) {
		const char *name = roff_name(text.ptr[i]);
		if (name)
			fputs(name, stream);
		else
			fputc(text.ptr[i], stream);
	}
}

/* Text on lines of its own, none of them long. */
static void print_paragraph(FILE *stream, struct ax_str text)
{
	size_t column = 0;

	while (text.len) {
		struct ax_str word = ax_str_slice(text, 0, ax_str_find(text, ' '));
		text = ax_str_slice(text, word.len + 1, text.len);
		if (column && column + 1 + word.len > LINE_MAX_COLUMNS) {
			fputc('\n', stream);
			column = 0;
		}
		if (column)
			fputc(' ', stream);
		print_text(stream, word);
		column += word.len + 1;
	}
	fputc('\n', stream);
}

static void print_line(FILE *stream, const char *text)
{
	print_paragraph(stream, ax_str_from(text));
}

static void print_upper(FILE *stream, struct ax_str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '-')
			fputs("\\-", stream);
		else
			fputc(toupper((unsigned char)text.ptr[i]), stream);
	}
}

/* page: "artidx-scan" */
static void print_title(FILE *stream, const char *page, const char *section,
	const char *summary)
{
	fputs(".TH ", stream);
	print_upper(stream, ax_str_from(page));
	fprintf(stream, " %s %s \"artidx %s\" \"%s\"\n.SH NAME\n", section, ARTIDX_DATE,
		ARTIDX_VERSION, *section == '1' ? "User Commands" : "artidx");
	print_text(stream, ax_str_from(page));
	fputs(" \\- ", stream);
	print_line(stream, summary);
}

static void print_options(FILE *stream, const char *heading, const struct opt *options)
{
	if (!options || !options->name)
		return;
	fprintf(stream, ".SH %s\n", heading);
	for (const struct opt *opt = options; opt->name; opt++) {
		fputs(".TP\n", stream);
		if (opt->letter)
			fprintf(stream, "\\fB\\-%c\\fR, ", opt->letter);
		fputs("\\fB\\-\\-", stream);
		print_text(stream, ax_str_from(opt->name));
		fputs("\\fR", stream);
		if (opt->value)
			fprintf(stream, " \\fI%s\\fR", opt->value);
		fputc('\n', stream);
		print_line(stream, opt->help);
	}
}

static void print_examples(FILE *stream, const struct cli_example *examples)
{
	if (!examples)
		return;
	fputs(".SH EXAMPLES\n", stream);
	for (const struct cli_example *e = examples; e->command; e++) {
		fputs(".TP\n\\fBartidx ", stream);
		print_text(stream, ax_str_from(e->command));
		fputs("\\fR\n", stream);
		print_line(stream, e->what);
	}
}

static void end_example(FILE *stream, bool *in_example)
{
	if (*in_example)
		fputs(".fi\n.RE\n", stream);
	*in_example = false;
}

/* Paragraphs, headings, and runs of verbatim lines as examples: see help.h for the form. */
static void print_paragraphs(FILE *stream, struct ax_str rest)
{
	bool in_example = false, first = true;

	while (rest.len) {
		struct ax_str paragraph = ax_str_slice(rest, 0, ax_str_find(rest, '\n'));
		bool is_verbatim = ax_str_starts(paragraph, AX_STR("  "));
		bool is_heading = ax_str_starts(paragraph, AX_STR("# "));
		rest = ax_str_slice(rest, paragraph.len + 1, rest.len);
		if (!is_verbatim)
			end_example(stream, &in_example);
		if (is_verbatim && !in_example)
			fputs(first ? ".RS 4\n.nf\n" : ".PP\n.RS 4\n.nf\n", stream);
		in_example = is_verbatim;
		if (is_heading)
			fputs(".SH ", stream);
		else if (!is_verbatim && !first)
			fputs(".PP\n", stream);
		first = is_heading;
		if (is_verbatim)
			print_text(stream, ax_str_slice(paragraph, 2, paragraph.len));
		else if (is_heading)
			print_upper(stream, ax_str_slice(paragraph, 2, paragraph.len));
		else
			print_paragraph(stream, paragraph);
		if (is_verbatim || is_heading)
			fputc('\n', stream);
	}
	end_example(stream, &in_example);
}

static void print_description(struct cli_output *out, const struct command *command)
{
	struct ax_buf text = { 0 };

	cli_help_describe(command, &text);
	fputs(".SH DESCRIPTION\n", out->stream);
	print_paragraphs(out->stream, ax_buf_str(&text));
	cli_print_done(out, &text);
}

static void print_exits(FILE *stream, const struct command *command)
{
	fputs(".SH EXIT STATUS\n", stream);
	for (int status = 0; status < CLI_HELP_STATUSES; status++) {
		const char *text = cli_help_exit(command, status);
		if (!text)
			continue;
		fprintf(stream, ".TP\n\\fB%d\\fR\n", status);
		print_line(stream, text);
	}
}

static void print_command(struct cli_output *out, const struct command *command)
{
	FILE *stream = out->stream;

	char page[64];

	snprintf(page, sizeof(page), "artidx-%s", command->name);
	print_title(stream, page, "1", command->summary);
	fprintf(stream, ".SH SYNOPSIS\n\\fBartidx %s\\fR%s%s%s\n", command->name,
		command->options ? " [OPTIONS]" : "", *command->operands ? " " : "",
		command->operands);
	print_description(out, command);
	print_options(stream, "OPTIONS", command->options);
	print_options(stream, "GENERAL OPTIONS", cli_global_options);
	print_exits(stream, command);
	print_examples(stream, command->examples);
	fputs(".SH SEE ALSO\n", stream);
	for (size_t i = 0; i < sizeof(command->see_also) / sizeof(*command->see_also) &&
			   command->see_also[i];
		i++)
		fprintf(stream, ".BR artidx\\-%s (1),\n", command->see_also[i]);
	fputs(".BR artidx (1)\n", stream);
}

static void print_commands(FILE *stream)
{
	fputs(".SH COMMANDS\n", stream);
	for (const struct command *const *c = cli_commands; *c; c++) {
		if ((*c)->is_hidden)
			continue;
		fprintf(stream, ".TP\n\\fB%s\\fR%s%s\n", (*c)->name, *(*c)->operands ? " " : "",
			(*c)->operands);
		print_line(stream, (*c)->summary);
	}
}

static void print_see_also(FILE *stream)
{
	fputs(".SH SEE ALSO\n", stream);
	for (const struct command *const *c = cli_commands; *c; c++) {
		if (!(*c)->is_hidden)
			fprintf(stream, ".BR artidx\\-%s (1),\n", (*c)->name);
	}
	for (const struct cli_topic *topic = cli_topics; topic->name; topic++) {
		fputs(".BR ", stream);
		print_text(stream, ax_str_from(topic->page));
		fprintf(stream, " (%s)%s\n", topic->section, topic[1].name ? "," : "");
	}
}

static void print_overview(struct cli_output *out)
{
	FILE *stream = out->stream;

	print_title(stream, "artidx", "1",
		"catalogue, query and tidy the artifacts of machine-learning research");
	fputs(".SH SYNOPSIS\n\\fBartidx\\fR \\fIVERB\\fR [ARGUMENTS] [OPTIONS]\n", stream);
	print_description(out, NULL);
	print_commands(stream);
	print_options(stream, "GENERAL OPTIONS", cli_global_options);
	print_see_also(stream);
}

int cli_manual_print(struct cli_output *out, const struct command *command)
{
	if (command)
		print_command(out, command);
	else
		print_overview(out);
	return 0;
}

int cli_manual_print_topic(struct cli_output *out, const struct cli_topic *topic)
{
	struct ax_buf text = { 0 };

	topic->describe(&text);
	print_title(out->stream, topic->page, topic->section, topic->summary);
	fputs(".SH DESCRIPTION\n", out->stream);
	print_paragraphs(out->stream, ax_buf_str(&text));
	fputs(".SH SEE ALSO\n.BR artidx (1)\n", out->stream);
	cli_print_done(out, &text);
	return 0;
}
