#include "sample/gzip.h"

#include "base/buf.h"

enum { STORED_MAX = 65535 }; /* bytes that one stored block of deflate holds */

static uint32_t crc32_of(struct ax_str content)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < content.len; i++) {
		crc ^= (unsigned char)content.ptr[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ ((crc & 1) ? 0xEDB88320u : 0);
	}
	return ~crc;
}

void sample_gzip(struct ax_buf *out, struct ax_str content)
{
	/* Magic, deflate, no flags, no time, no extra flags, made on Unix. */
	static const unsigned char header[] = { 0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3 };
	struct ax_str rest = content;
	bool is_last = false;

	ax_buf_append(out, header, sizeof(header));
	while (!is_last) {
		struct ax_str block = ax_str_slice(rest, 0, STORED_MAX);

		is_last = block.len == rest.len;
		ax_buf_append_byte(out, is_last ? 1 : 0);
		ax_buf_append_u16(out, (uint16_t)block.len);
		ax_buf_append_u16(out, (uint16_t)~block.len);
		ax_buf_append_str(out, block);
		rest = ax_str_slice(rest, block.len, rest.len);
	}
	ax_buf_append_u32(out, crc32_of(content));
	ax_buf_append_u32(out, (uint32_t)content.len);
}
