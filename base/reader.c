#include "base/reader.h"

enum { VARINT_MAX = 10 }; /* bytes of a 64-bit number in groups of 7 bits */

struct ax_str ax_reader_bytes(struct ax_reader *reader, uint64_t len)
{
	if (reader->failed || len > reader->rest.len) {
		reader->failed = true;
		return AX_STR("");
	}
	struct ax_str bytes = ax_str(reader->rest.ptr, (size_t)len);
	reader->rest = ax_str(reader->rest.ptr + len, reader->rest.len - (size_t)len);
	return bytes;
}

/* size bytes as a little-endian number. */
static uint64_t read_little_endian(struct ax_reader *reader, size_t size)
{
	struct ax_str bytes = ax_reader_bytes(reader, size);
	uint64_t value = 0;

	for (size_t i = bytes.len; i > 0; i--)
		value = value << 8 | (unsigned char)bytes.ptr[i - 1];
	return value;
}

uint8_t ax_reader_byte(struct ax_reader *reader)
{
	return (uint8_t)read_little_endian(reader, 1);
}

uint32_t ax_reader_u32(struct ax_reader *reader)
{
	return (uint32_t)read_little_endian(reader, 4);
}

uint64_t ax_reader_u64(struct ax_reader *reader)
{
	return read_little_endian(reader, 8);
}

uint64_t ax_reader_varint(struct ax_reader *reader)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < VARINT_MAX; i++) {
		uint8_t byte = ax_reader_byte(reader);
		if (i == VARINT_MAX - 1 && byte > 1)
			break;
		value |= (uint64_t)(byte & 0x7f) << 7 * i;
		if (!(byte & 0x80))
			return reader->failed ? 0 : value;
	}
	reader->failed = true;
	return 0;
}

struct ax_str ax_reader_sized(struct ax_reader *reader)
{
	return ax_reader_bytes(reader, ax_reader_varint(reader));
}

size_t ax_reader_count(struct ax_reader *reader, size_t min_size)
{
	uint64_t count = ax_reader_varint(reader);

	if (count > reader->rest.len / min_size)
		reader->failed = true;
	return reader->failed ? 0 : (size_t)count;
}
