#include "base/buf.h"

#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { SHORT_TEXT = 128 };

void ax_buf_free(struct ax_buf *buf)
{
	free(buf->data);
	*buf = (struct ax_buf){ 0 };
}

void ax_buf_clear(struct ax_buf *buf)
{
	buf->len = 0;
	buf->failed = false;
}

bool ax_buf_reserve(struct ax_buf *buf, size_t extra)
{
	if (buf->failed)
		return false;
	if (extra <= buf->capacity - buf->len)
		return true;

	size_t wanted = buf->capacity ? buf->capacity : 256;
	while (wanted - buf->len < extra) {
		if (wanted > SIZE_MAX / 2) {
			buf->failed = true;
			return false;
		}
		wanted *= 2;
	}
	char *data = realloc(buf->data, wanted);
	if (!data) {
		buf->failed = true;
		return false;
	}
	buf->data = data;
	buf->capacity = wanted;
	return true;
}

void ax_buf_append(struct ax_buf *buf, const void *bytes, size_t len)
{
	if (len == 0 || !ax_buf_reserve(buf, len))
		return;
	memcpy(buf->data + buf->len, bytes, len);
	buf->len += len;
}

void ax_buf_append_str(struct ax_buf *buf, struct ax_str s)
{
	ax_buf_append(buf, s.ptr, s.len);
}

void ax_buf_append_text(struct ax_buf *buf, const char *text)
{
	ax_buf_append(buf, text, strlen(text));
}

void ax_buf_append_byte(struct ax_buf *buf, char byte)
{
	ax_buf_append(buf, &byte, 1);
}

void ax_buf_printf(struct ax_buf *buf, const char *format, ...)
{
	size_t room = SHORT_TEXT;
	int len = 0;

	/* Most texts are short: only a longer one is printed a second time. */
	for (int attempt = 0; attempt < 2 && ax_buf_reserve(buf, room); attempt++) {
		va_list args;
		va_start(args, format);
		len = vsnprintf(buf->data + buf->len, room, format, args);
		va_end(args);
		if (len < 0)
			return;
		if ((size_t)len < room) {
			buf->len += (size_t)len;
			return;
		}
		room = (size_t)len + 1;
	}
}

static void append_little_endian(struct ax_buf *buf, uint64_t value, size_t width)
{
	unsigned char bytes[8];

	for (size_t i = 0; i < width; i++)
		bytes[i] = (unsigned char)(value >> (8 * i));
	ax_buf_append(buf, bytes, width);
}

void ax_buf_append_u16(struct ax_buf *buf, uint16_t value)
{
	append_little_endian(buf, value, 2);
}

void ax_buf_append_u32(struct ax_buf *buf, uint32_t value)
{
	append_little_endian(buf, value, 4);
}

void ax_buf_append_u64(struct ax_buf *buf, uint64_t value)
{
	append_little_endian(buf, value, 8);
}

void ax_buf_append_varint(struct ax_buf *buf, uint64_t value)
{
	unsigned char bytes[10];
	size_t n = 0;

	while (value >= 0x80) {
		bytes[n++] = (unsigned char)(value | 0x80);
		value >>= 7;
	}
	bytes[n++] = (unsigned char)value;
	ax_buf_append(buf, bytes, n);
}

void ax_buf_append_sized(struct ax_buf *buf, struct ax_str s)
{
	ax_buf_append_varint(buf, s.len);
	ax_buf_append_str(buf, s);
}

struct ax_str ax_buf_str(const struct ax_buf *buf)
{
	return ax_str(buf->data ? buf->data : "", buf->len);
}

const char *ax_buf_text(struct ax_buf *buf)
{
	if (!ax_buf_reserve(buf, 1))
		return "";
	buf->data[buf->len] = '\0';
	return buf->data;
}

int ax_buf_check(const struct ax_buf *buf, const char *what, struct ax_error *err)
{
	if (buf->failed)
		return ax_fail(err, ENOMEM, "%s: no memory", what);
	return 0;
}
