/*
 * base/buf.h - a growing run of bytes
 *
 * Appending returns nothing: when memory runs out the buffer is marked as failed, further
 * appends do nothing, and one check with ax_buf_check() at the end suffices. A buffer that is
 * all zero bytes is empty and ready for use.
 */
#ifndef ARTIDX_BASE_BUF_H
#define ARTIDX_BASE_BUF_H

#include "base/str.h"

#include <stdint.h>

struct ax_error;

struct ax_buf {
	char *data; /* not NUL-terminated, unless ax_buf_text() was asked */
	size_t len;
	size_t capacity;
	bool failed; /* memory ran out */
};

/* Release the memory; the buffer is empty and usable again. */
void ax_buf_free(struct ax_buf *buf);

/* Forget the content and keep the memory. Also forgets an earlier failure. */
void ax_buf_clear(struct ax_buf *buf);

/* Room for at least extra bytes behind data[len]; false when memory ran out. */
bool ax_buf_reserve(struct ax_buf *buf, size_t extra);

void ax_buf_append(struct ax_buf *buf, const void *bytes, size_t len);
void ax_buf_append_str(struct ax_buf *buf, struct ax_str s);
void ax_buf_append_text(struct ax_buf *buf, const char *text);
void ax_buf_append_byte(struct ax_buf *buf, char byte);
void ax_buf_printf(struct ax_buf *buf, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Little-endian numbers, and an unsigned LEB128 one, as the formats on disk have them. */
void ax_buf_append_u16(struct ax_buf *buf, uint16_t value);
void ax_buf_append_u32(struct ax_buf *buf, uint32_t value);
void ax_buf_append_u64(struct ax_buf *buf, uint64_t value);
void ax_buf_append_varint(struct ax_buf *buf, uint64_t value);

/* The length of s as a varint, and s: what ax_reader_sized() reads. */
void ax_buf_append_sized(struct ax_buf *buf, struct ax_str s);

/* The content, borrowed until the next append. */
struct ax_str ax_buf_str(const struct ax_buf *buf);

/* The content with a NUL behind it, borrowed until the next append; "" when memory ran out. */
const char *ax_buf_text(struct ax_buf *buf);

/* 0, or -1 with ENOMEM where an append had failed. what names the buffer in the message. */
int ax_buf_check(const struct ax_buf *buf, const char *what, struct ax_error *err);

#endif
