#include "tests/conformance/material.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Where the next byte of a file goes; what is not written is a hole. */
struct sink {
	int fd;
	off_t at;
};

void material_die(const char *what)
{
	fprintf(stderr, "conformance: %s\n", what);
	exit(2);
}

static void write_bytes(struct sink *sink, struct ax_str bytes)
{
	struct ax_error err;

	if (ax_pwrite_full(sink->fd, bytes.ptr, bytes.len, sink->at, "file", &err) < 0)
		material_die(err.message);
	sink->at += (off_t)bytes.len;
}

static struct ax_str need_string(const struct ax_json_value *value, const char *key)
{
	struct ax_str text;

	if (!ax_json_string(ax_json_get(value, key), &text))
		material_die(key);
	return text;
}

static uint64_t need_number(const struct ax_json_value *value, const char *key)
{
	uint64_t number = 0;

	if (!ax_json_u64(ax_json_get(value, key), &number))
		material_die(key);
	return number;
}

static void append_hex(struct ax_buf *buf, struct ax_str hex)
{
	for (size_t i = 0; i + 1 < hex.len; i += 2) {
		char digits[3] = { hex.ptr[i], hex.ptr[i + 1], '\0' };
		ax_buf_append_byte(buf, (char)strtoul(digits, NULL, 16));
	}
}

void material_text(struct ax_buf *buf, const struct ax_json_value *value)
{
	struct ax_str text;

	if (ax_json_string(value, &text))
		ax_buf_append_str(buf, text);
	else
		append_hex(buf, need_string(value, "hex"));
}

static void write_fill(struct sink *sink, const struct ax_json_value *part)
{
	enum { CHUNK = 1 << 20 };
	struct ax_buf chunk = { 0 };
	uint64_t left = need_number(part, "count");

	append_hex(&chunk, need_string(part, "fill"));
	char byte = chunk.data[0];
	while (chunk.len < CHUNK)
		ax_buf_append_byte(&chunk, byte);
	for (; left > CHUNK; left -= CHUNK)
		write_bytes(sink, ax_buf_str(&chunk));
	write_bytes(sink, ax_str(chunk.data, (size_t)left));
	ax_buf_free(&chunk);
}

/* What "<i>" and its like stand for. */
static uint64_t placeholder(char letter, uint64_t index, uint64_t width)
{
	switch (letter) {
	case 'i':
		return index;
	case 'j':
		return index + 1;
	case 'w':
		return index * width;
	case 'x':
		return (index + 1) * width;
	default:
		material_die("a placeholder nobody knows");
	}
}

/* Append format with its places for the index filled in. */
static void append_item(struct ax_buf *buf, struct ax_str format, uint64_t index,
	uint64_t width)
{
	while (format.len) {
		size_t plain = ax_str_find(format, '<');
		ax_buf_append(buf, format.ptr, plain);
		if (plain < format.len)
			ax_buf_printf(buf, "%llu",
				(unsigned long long)placeholder(format.ptr[plain + 1], index,
					width));
		format = ax_str_slice(format, plain + strlen("<i>"), format.len);
	}
}

static void write_sequence(struct sink *sink, const struct ax_json_value *seq)
{
	struct ax_buf text = { 0 };
	struct ax_str format = need_string(seq, "fmt");
	struct ax_str between = AX_STR(",");
	struct ax_str order = AX_STR("fwd");
	uint64_t count = need_number(seq, "count");
	uint64_t width = 1;

	ax_json_string(ax_json_get(seq, "sep"), &between);
	ax_json_string(ax_json_get(seq, "order"), &order);
	ax_json_u64(ax_json_get(seq, "width"), &width);
	bool is_reversed = ax_str_equal(order, AX_STR("rev"));
	for (uint64_t i = 0; i < count; i++) {
		if (i > 0)
			ax_buf_append_str(&text, between);
		append_item(&text, format, is_reversed ? count - 1 - i : i, width);
		if (text.len > 1 << 20) {
			write_bytes(sink, ax_buf_str(&text));
			ax_buf_clear(&text);
		}
	}
	write_bytes(sink, ax_buf_str(&text));
	ax_buf_free(&text);
}

static void write_part(struct sink *sink, const struct ax_json_value *part)
{
	const struct ax_json_value *text = ax_json_get(part, "text");
	struct ax_buf bytes = { 0 };

	if (ax_json_get(part, "fill")) {
		write_fill(sink, part);
	} else if (ax_json_get(part, "seq")) {
		write_sequence(sink, ax_json_get(part, "seq"));
	} else if (ax_json_get(part, "sparse")) {
		sink->at += (off_t)need_number(part, "sparse");
	} else {
		material_text(&bytes, text ? text : part);
		write_bytes(sink, ax_buf_str(&bytes));
		ax_buf_free(&bytes);
	}
}

static void write_parts(struct sink *sink, const struct ax_json_value *parts)
{
	for (const struct ax_json_value *part = ax_json_first(parts); part;
		part = ax_json_next(part))
		write_part(sink, part);
}

static void write_length(int fd, uint64_t length)
{
	struct ax_buf bytes = { 0 };
	struct sink start = { fd, 0 };

	ax_buf_append_u64(&bytes, length);
	write_bytes(&start, ax_buf_str(&bytes));
	ax_buf_free(&bytes);
}

int material_open(const struct ax_json_value *description)
{
	const struct ax_json_value *n = ax_json_get(description, "n");
	bool has_length = n && ax_json_kind(n) != AX_JSON_NULL;
	FILE *file = tmpfile();
	uint64_t length = 0;

	if (!file)
		material_die("cannot make a temporary file");
	struct sink sink = { dup(fileno(file)), has_length ? 8 : 0 };
	fclose(file);
	off_t start = sink.at;
	write_parts(&sink, ax_json_get(description, "header"));
	if (!ax_json_u64(n, &length))
		length = (uint64_t)(sink.at - start);
	write_parts(&sink, ax_json_get(description, "data"));
	if (sink.fd < 0 || ftruncate(sink.fd, sink.at) < 0)
		material_die("cannot make a temporary file as large as a case needs");
	if (has_length)
		write_length(sink.fd, length);
	return sink.fd;
}
