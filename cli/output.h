/*
 * cli/output.h - the only way to standard output and standard error
 *
 * Data goes to the stream, which is buffered, may lead through a pager, and remembers the first
 * write that failed. It can be held back until a lock is released, for whoever reads it may take
 * any time. Messages go to standard error in one write each. Whatever a file controls
 * passes through cli_print_*(): no raw control byte reaches a terminal or a text stream.
 */
#ifndef ARTIDX_CLI_OUTPUT_H
#define ARTIDX_CLI_OUTPUT_H

#include "base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct ax_error;

/* Escape sequences, or empty strings where colour is off. */
struct cli_palette {
	const char *bold, *dim, *red, *green, *yellow, *blue, *cyan, *reset;
};

enum cli_color {
	CLI_COLOR_AUTO,
	CLI_COLOR_ALWAYS,
	CLI_COLOR_NEVER,
};

struct cli_output {
	FILE *stream;
	const struct cli_palette *palette;       /* for the stream */
	const struct cli_palette *error_palette; /* for standard error */
	unsigned columns; /* width of the terminal; 0 when the stream is none: no limit */
	bool is_terminal;
	bool may_page;
	pid_t pager; /* 0: none */
	bool is_held, wants_pager;
	struct ax_buf held;
	int write_error; /* errno of the first write that failed, 0 while none did */
};

/* Colour as asked, and by NO_COLOR and TERM; width by COLUMNS or the terminal. */
int cli_output_open(struct cli_output *out, enum cli_color color, bool may_page,
	struct ax_error *err);

/* From here on through a pager, when the stream is a terminal and a pager may be used. */
void cli_output_page(struct cli_output *out);

/* Keep everything in memory, and start no pager, until it is released or closed. */
void cli_output_hold(struct cli_output *out);
void cli_output_release(struct cli_output *out);

/* Whether writing failed, so that going on is in vain: the reader went away, the disk is full. */
bool cli_output_broken(const struct cli_output *out);

/*
 * Flush, close, and wait for the pager. Fails when anything written was lost, with EPIPE when the
 * reader went away, which is no error to tell the user.
 */
int cli_output_close(struct cli_output *out, struct ax_error *err);

/* Release a buffer out of which something was printed; one that lacked memory is lost output. */
void cli_print_done(struct cli_output *out, struct ax_buf *buf);

/* A file name or path: C-quoted as git does where it is not plain. */
void cli_print_path(struct cli_output *out, struct ax_str path);

/* Any other text from outside: unsafe bytes as \xHH. */
void cli_print_text(struct cli_output *out, struct ax_str text);

/* The same, cut to at most columns with an ellipsis; returns the columns it took. */
size_t cli_print_cut(struct cli_output *out, struct ax_str text, size_t columns);

/*
 * As cli_print_text(), broken between words so that no line passes column right. The first line
 * starts at column indent already, the others behind as many blanks. Ends with a newline.
 */
void cli_print_wrapped(struct cli_output *out, struct ax_str text, unsigned indent,
	unsigned right);

/* count times the same byte. */
void cli_print_pad(struct cli_output *out, size_t count);

/* How much part is of whole, as a bar of at most columns; returns the columns it took. */
size_t cli_print_bar(struct cli_output *out, uint64_t part, uint64_t whole, size_t columns);

/* Whether standard error is a terminal. */
bool cli_error_is_terminal(void);

/*
 * "artidx: MESSAGE" or "artidx: warning: MESSAGE" on standard error, escaped, one write. detail is
 * NULL, or lines that go below the message as they are.
 */
void cli_report_error(const struct cli_output *out, const char *message, const char *detail);
void cli_report_warning(const struct cli_output *out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A line on standard error that tells of no trouble. */
void cli_report_note(const struct cli_output *out, const char *message);

#endif
