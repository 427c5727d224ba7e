/*
 * artidx-picture TITLE COLUMNS: what a terminal of that width showed, as a picture
 *
 * Reads text with the colours of --color=always, writes SVG. Each word, or run of words with single
 * spaces between them, is placed at its column and is as wide as its columns, so that tables stay
 * straight in whatever monospaced font a browser has. A line that is too long goes on in the next
 * row, as on a terminal.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CELL 8    /* width of a column */
#define ROW 18    /* height of a line */
#define MARGIN 16 /* around the text */
#define BAR 34    /* height of the title bar */

/* What the numbers of SGR sequences look like: classes of the style sheet below. */
static const struct {
	unsigned number;
	const char *name, *style;
} looks[] = {
	{ 1, "b", "font-weight:bold" },
	{ 2, "d", "fill:#7d8590" },
	{ 31, "r", "fill:#ff7b72" },
	{ 32, "g", "fill:#7ee787" },
	{ 33, "y", "fill:#e3b341" },
	{ 34, "u", "fill:#79c0ff" },
	{ 36, "c", "fill:#76e3ea" },
};
#define LOOK_COUNT (sizeof(looks) / sizeof(looks[0]))

struct screen {
	FILE *out; /* the elements of text so far */
	unsigned columns, row, column;
	bool on[LOOK_COUNT];
	char piece[4096];
	size_t len;
	unsigned start, width; /* of the piece, in columns */
};

static void die(const char *what)
{
	fprintf(stderr, "artidx-picture: %s\n", what);
	exit(1);
}

static void put_escaped(FILE *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '&')
			fputs("&amp;", out);
		else if (text[i] == '<')
			fputs("&lt;", out);
		else if (text[i] == '>')
			fputs("&gt;", out);
		else if (text[i] == '"')
			fputs("&quot;", out);
		else
			fputc(text[i], out);
	}
}

static void put_classes(const struct screen *s)
{
	const char *joint = " class=\"";

	for (size_t i = 0; i < LOOK_COUNT; i++) {
		if (!s->on[i])
			continue;
		fprintf(s->out, "%s%s", joint, looks[i].name);
		joint = " ";
	}
	if (*joint == ' ' && joint[1] == '\0')
		fputc('"', s->out);
}

/* Write the piece that was gathered, without the spaces at its end. */
static void flush_piece(struct screen *s)
{
	while (s->len && s->piece[s->len - 1] == ' ') {
		s->len--;
		s->width--;
	}
	if (s->len) {
		fprintf(s->out, "<text x=\"%u\" y=\"%u\" textLength=\"%u\"",
			MARGIN + s->start * CELL, BAR + MARGIN + s->row * ROW + 13,
			s->width * CELL);
		put_classes(s);
		fputc('>', s->out);
		put_escaped(s->out, s->piece, s->len);
		fputs("</text>\n", s->out);
	}
	s->len = s->width = 0;
}

static void break_line(struct screen *s)
{
	flush_piece(s);
	s->row++;
	s->column = 0;
}

static void put_byte(struct screen *s, char byte)
{
	bool continues = ((unsigned char)byte & 0xC0) == 0x80;

	if (!continues) {
		if (s->column == s->columns)
			break_line(s);
		if (byte == ' ' && (s->len == 0 || s->piece[s->len - 1] == ' ')) {
			flush_piece(s);
			s->column++;
			return;
		}
		if (s->len == 0)
			s->start = s->column;
		s->column++;
		s->width++;
	}
	if (s->len == sizeof(s->piece))
		die("a line is too long");
	s->piece[s->len++] = byte;
}

static void set_look(struct screen *s, unsigned number)
{
	flush_piece(s);
	if (number == 0) {
		memset(s->on, 0, sizeof(s->on));
		return;
	}
	for (size_t i = 0; i < LOOK_COUNT; i++) {
		if (looks[i].number == number) {
			s->on[i] = true;
			return;
		}
	}
	die("a colour that has no style here");
}

/* After ESC: [ NUMBER { ; NUMBER } m */
static void read_sequence(struct screen *s)
{
	unsigned number = 0;
	int c = getchar();

	if (c != '[')
		die("an escape sequence that is no colour");
	while ((c = getchar()) != 'm') {
		if (c == ';') {
			set_look(s, number);
			number = 0;
		} else if (c >= '0' && c <= '9' && number < 100) {
			number = number * 10 + (unsigned)(c - '0');
		} else {
			die("an escape sequence that is no colour");
		}
	}
	set_look(s, number);
}

static void read_all(struct screen *s)
{
	int c;

	while ((c = getchar()) != EOF) {
		if (c == '\033')
			read_sequence(s);
		else if (c == '\n')
			break_line(s);
		else if (c < ' ' || c == 0x7F)
			die("a control byte");
		else
			put_byte(s, (char)c);
	}
	flush_piece(s);
}

static void put_frame(const char *title, unsigned width, unsigned height)
{
	printf("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %u %u\" width=\"%u\" "
	       "height=\"%u\" role=\"img\">\n<title>",
		width, height, width, height);
	put_escaped(stdout, title, strlen(title));
	printf("</title>\n<style>text{font:13.3px ui-monospace,SFMono-Regular,Menlo,Consolas,"
	       "\"DejaVu Sans Mono\",\"Liberation Mono\",monospace;fill:#e6edf3}");
	for (size_t i = 0; i < LOOK_COUNT; i++)
		printf(".%s{%s}", looks[i].name, looks[i].style);
	printf("</style>\n<rect width=\"%u\" height=\"%u\" rx=\"9\" fill=\"#0d1117\"/>\n"
	       "<path d=\"M0 %uV9a9 9 0 0 1 9-9H%ua9 9 0 0 1 9 9V%uz\" fill=\"#21262d\"/>\n"
	       "<circle cx=\"20\" cy=\"17\" r=\"6\" fill=\"#ff5f57\"/>"
	       "<circle cx=\"40\" cy=\"17\" r=\"6\" fill=\"#febc2e\"/>"
	       "<circle cx=\"60\" cy=\"17\" r=\"6\" fill=\"#28c840\"/>\n"
	       "<text class=\"d\" x=\"%u\" y=\"22\" text-anchor=\"middle\">",
		width, height, (unsigned)BAR, width - 9, (unsigned)BAR, width / 2);
	put_escaped(stdout, title, strlen(title));
	printf("</text>\n");
}

int main(int argc, char **argv)
{
	char *text = NULL;
	size_t size = 0;
	struct screen s = { 0 };

	if (argc != 3)
		die("use: artidx-picture TITLE COLUMNS <TEXT >PICTURE");
	s.columns = (unsigned)strtoul(argv[2], NULL, 10);
	if (s.columns < 20 || s.columns > 500)
		die("COLUMNS is a number from 20 to 500");
	s.out = open_memstream(&text, &size);
	if (!s.out)
		die("no memory");
	read_all(&s);
	if (fclose(s.out) != 0)
		die("no memory");
	put_frame(argv[1], 2 * MARGIN + s.columns * CELL, BAR + 2 * MARGIN + s.row * ROW);
	fputs(text, stdout);
	printf("</svg>\n");
	free(text);
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
