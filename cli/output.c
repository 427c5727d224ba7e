#include "cli/output.h"

#include "base/error.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/pager.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
	STREAM_BUFFER = 64 * 1024,
	COLUMNS_DEFAULT = 80,
	COLUMNS_MIN = 20,
	COLUMNS_MAX = 10000,
};

static const struct cli_palette colors = {
	.bold = "\033[1m",
	.dim = "\033[2m",
	.red = "\033[31m",
	.green = "\033[32m",
	.yellow = "\033[33m",
	.blue = "\033[34m",
	.cyan = "\033[36m",
	.reset = "\033[0m",
};
static const struct cli_palette no_colors = { "", "", "", "", "", "", "", "" };

static const struct cli_palette *choose_palette(enum cli_color color, bool is_terminal)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (color == CLI_COLOR_ALWAYS)
		return &colors;
	if (color == CLI_COLOR_NEVER || !is_terminal || (no_color && *no_color))
		return &no_colors;
	return !term || strcmp(term, "dumb") == 0 ? &no_colors : &colors;
}

static unsigned find_columns(bool is_terminal)
{
	struct winsize size = { 0 };
	uint64_t columns = 0;

	if (!is_terminal)
		return 0;
	if (ax_u64_parse(ax_str_from(getenv("COLUMNS")), &columns) && columns >= COLUMNS_MIN &&
		columns <= COLUMNS_MAX)
		return (unsigned)columns;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= COLUMNS_MIN)
		return size.ws_col;
	return COLUMNS_DEFAULT;
}

/* Writes to descriptor 1 and keeps the first errno, which stdio forgets. */
static size_t write_out(struct cli_output *out, const char *bytes, size_t size)
{
	size_t done = 0;

	while (done < size && !out->write_error) {
		ssize_t n = write(STDOUT_FILENO, bytes + done, size - done);
		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR)
			out->write_error = errno;
	}
	return done;
}

static ssize_t write_stream(void *cookie, const char *bytes, size_t size)
{
	struct cli_output *out = cookie;

	if (!out->is_held)
		return (ssize_t)write_out(out, bytes, size);
	ax_buf_append(&out->held, bytes, size);
	if (out->held.failed && !out->write_error)
		out->write_error = ENOMEM;
	return out->held.failed ? 0 : (ssize_t)size;
}

int cli_output_open(struct cli_output *out, enum cli_color color, bool may_page,
	struct ax_error *err)
{
	bool is_terminal = isatty(STDOUT_FILENO);

	*out = (struct cli_output){
		.is_terminal = is_terminal,
		.may_page = may_page,
		.palette = choose_palette(color, is_terminal),
		.error_palette = choose_palette(color, isatty(STDERR_FILENO)),
		.columns = find_columns(is_terminal),
	};
	out->stream = fopencookie(out, "w", (cookie_io_functions_t){ .write = write_stream });
	if (!out->stream)
		return ax_fail_errno(err, "cannot open standard output");
	setvbuf(out->stream, NULL, _IOFBF, STREAM_BUFFER);
	return 0;
}

void cli_output_page(struct cli_output *out)
{
	out->wants_pager = out->is_terminal && out->may_page;
	if (out->wants_pager && !out->is_held && !out->pager)
		out->pager = cli_pager_start();
}

void cli_output_hold(struct cli_output *out)
{
	fflush(out->stream);
	out->is_held = true;
}

void cli_output_release(struct cli_output *out)
{
	if (!out->is_held)
		return;
	fflush(out->stream);
	out->is_held = false;
	if (out->wants_pager)
		cli_output_page(out);
	write_out(out, out->held.data, out->held.len);
	ax_buf_free(&out->held);
}

bool cli_output_broken(const struct cli_output *out)
{
	return out->write_error != 0;
}

int cli_output_close(struct cli_output *out, struct ax_error *err)
{
	if (!out->stream)
		return 0;
	cli_output_release(out);
	fclose(out->stream);
	out->stream = NULL;
	if (out->pager) {
		cli_pager_wait(out->pager);
		out->pager = 0;
	}
	if (!out->write_error)
		return 0;
	errno = out->write_error;
	return ax_fail_errno(err, "cannot write to standard output");
}

void cli_print_done(struct cli_output *out, struct ax_buf *buf)
{
	if (buf->failed && !out->write_error)
		out->write_error = ENOMEM;
	ax_buf_free(buf);
}

/* Nothing has no address where memory ran out. */
static void print(struct cli_output *out, struct ax_str text)
{
	if (text.len)
		fwrite(text.ptr, 1, text.len, out->stream);
}

void cli_print_path(struct cli_output *out, struct ax_str path)
{
	struct ax_buf buf = { 0 };

	ax_text_quote(&buf, path);
	print(out, ax_buf_str(&buf));
	cli_print_done(out, &buf);
}

void cli_print_text(struct cli_output *out, struct ax_str text)
{
	struct ax_buf buf = { 0 };

	ax_text_escape(&buf, text);
	print(out, ax_buf_str(&buf));
	cli_print_done(out, &buf);
}

/* Bytes of the longest start of plain text that takes at most columns. */
static size_t fit(struct ax_str text, size_t columns)
{
	size_t used = 0;

	while (used < text.len) {
		struct ax_str rest = ax_str_slice(text, used, text.len);
		size_t len = ax_utf8_length(rest);
		size_t width = ax_text_width(ax_str_slice(rest, 0, len ? len : 1));
		if (width > columns)
			break;
		columns -= width;
		used += len ? len : 1;
	}
	return used;
}

size_t cli_print_cut(struct cli_output *out, struct ax_str text, size_t columns)
{
	struct ax_buf buf = { 0 };
	size_t width = 0;

	ax_text_escape(&buf, text);
	struct ax_str whole = ax_buf_str(&buf);
	width = ax_text_width(whole);
	if (columns == 0 || width <= columns) {
		print(out, whole);
	} else {
		struct ax_str start = ax_str_slice(whole, 0, fit(whole, columns - 1));
		fprintf(out->stream, "%.*s\xe2\x80\xa6", AX_STR_ARG(start));
		width = ax_text_width(start) + 1;
	}
	cli_print_done(out, &buf);
	return width;
}

void cli_print_pad(struct cli_output *out, size_t count)
{
	while (count--)
		fputc(' ', out->stream);
}

/* In eighths of a column; what is not 0 is seen. */
size_t cli_print_bar(struct cli_output *out, uint64_t part, uint64_t whole, size_t columns)
{
	static const char *const eighths[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	double share = whole ? (double)part / (double)whole : 0;
	size_t length = (size_t)((share < 1 ? share : 1) * (double)columns * 8);

	length = part && !length ? 1 : length;
	for (size_t i = 0; i < length / 8; i++)
		fputs("█", out->stream);
	fputs(eighths[length % 8], out->stream);
	return (length + 7) / 8;
}

void cli_print_wrapped(struct cli_output *out, struct ax_str text, unsigned indent,
	unsigned right)
{
	struct ax_buf buf = { 0 };
	size_t column = indent;

	ax_text_escape(&buf, text);
	struct ax_str rest = ax_buf_str(&buf);
	for (bool first = true; rest.len; first = false) {
		struct ax_str word = ax_str_slice(rest, 0, ax_str_find(rest, ' '));
		size_t width = ax_text_width(word);
		rest = ax_str_slice(rest, word.len + 1, rest.len);
		if (!first && column + 1 + width > right) {
			fputc('\n', out->stream);
			cli_print_pad(out, indent);
			column = indent;
		} else if (!first) {
			fputc(' ', out->stream);
			column++;
		}
		print(out, word);
		column += width;
	}
	fputc('\n', out->stream);
	cli_print_done(out, &buf);
}

bool cli_error_is_terminal(void)
{
	return isatty(STDERR_FILENO);
}

static void report(const struct cli_output *out, const char *label, const char *message,
	const char *detail)
{
	const struct cli_palette *palette =
		out->error_palette ? out->error_palette : &no_colors;
	struct ax_buf buf = { 0 };

	/* Where both go to one place, what was printed before is read before. */
	if (out->stream)
		fflush(out->stream);

	ax_buf_printf(&buf, "%sartidx:%s ", palette->bold, palette->reset);
	if (*label)
		ax_buf_printf(&buf, "%s%s%s", palette->yellow, label, palette->reset);
	ax_text_escape(&buf, ax_str_from(message));
	ax_buf_append_byte(&buf, '\n');
	ax_buf_append_text(&buf, detail ? detail : "");
	struct ax_str text = buf.failed ? AX_STR("artidx: no memory\n") : ax_buf_str(&buf);
	/* Where standard error does not take it, there is nobody left to tell. */
	ssize_t ignored = write(STDERR_FILENO, text.ptr, text.len);
	(void)ignored;
	ax_buf_free(&buf);
}

void cli_report_error(const struct cli_output *out, const char *message, const char *detail)
{
	report(out, "", message, detail);
}

void cli_report_warning(const struct cli_output *out, const char *format, ...)
{
	char message[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	report(out, "warning: ", message, NULL);
}

void cli_report_note(const struct cli_output *out, const char *message)
{
	report(out, "", message, NULL);
}
