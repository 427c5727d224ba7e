#include "archive/planes.h"

#include <stdint.h>
#include <string.h>

unsigned arc_planes_width(enum sft_dtype dtype)
{
	static const unsigned char widths[SFT_DTYPE_COUNT] = {
		[SFT_F16] = 2,
		[SFT_BF16] = 2,
		[SFT_F32] = 4,
		[SFT_F64] = 8,
	};
	return widths[dtype];
}

/* The loops are written so that compilers turn them into vector code at -O2 and -O3. */

static void split2(const unsigned char *restrict in, size_t n, unsigned char *restrict out)
{
	for (size_t i = 0; i < n; i++) {
		uint16_t value = (uint16_t)(in[2 * i] | in[2 * i + 1] << 8);
		value = (uint16_t)(value << 1 | value >> 15);
		out[i] = (unsigned char)(value >> 8);
		out[n + i] = (unsigned char)value;
	}
}

static void join2(const unsigned char *restrict in, size_t n, unsigned char *restrict out)
{
	for (size_t i = 0; i < n; i++) {
		uint16_t value = (uint16_t)(in[i] << 8 | in[n + i]);
		value = (uint16_t)(value >> 1 | value << 15);
		out[2 * i] = (unsigned char)value;
		out[2 * i + 1] = (unsigned char)(value >> 8);
	}
}

static uint32_t load32(const unsigned char *in)
{
	return (uint32_t)in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 |
	       (uint32_t)in[3] << 24;
}

static void split4(const unsigned char *restrict in, size_t n, unsigned char *restrict out)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t value = load32(in + 4 * i);
		value = value << 1 | value >> 31;
		out[i] = (unsigned char)(value >> 24);
		out[n + i] = (unsigned char)(value >> 16);
		out[2 * n + i] = (unsigned char)(value >> 8);
		out[3 * n + i] = (unsigned char)value;
	}
}

static void join4(const unsigned char *restrict in, size_t n, unsigned char *restrict out)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t value = (uint32_t)in[i] << 24 | (uint32_t)in[n + i] << 16 |
				 (uint32_t)in[2 * n + i] << 8 | (uint32_t)in[3 * n + i];
		value = value >> 1 | value << 31;
		out[4 * i] = (unsigned char)value;
		out[4 * i + 1] = (unsigned char)(value >> 8);
		out[4 * i + 2] = (unsigned char)(value >> 16);
		out[4 * i + 3] = (unsigned char)(value >> 24);
	}
}

static void split8(const unsigned char *restrict in, size_t n, unsigned char *restrict out)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t value = (uint64_t)load32(in + 8 * i + 4) << 32 | load32(in + 8 * i);
		value = value << 1 | value >> 63;
		for (size_t plane = 0; plane < 8; plane++)
			out[plane * n + i] = (unsigned char)(value >> (56 - 8 * plane));
	}
}

static void join8(const unsigned char *restrict in, size_t n, unsigned char *restrict out)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t value = 0;
		for (size_t plane = 0; plane < 8; plane++)
			value = value << 8 | in[plane * n + i];
		value = value >> 1 | value << 63;
		for (size_t byte = 0; byte < 8; byte++)
			out[8 * i + byte] = (unsigned char)(value >> (8 * byte));
	}
}

void arc_planes_split(const unsigned char *unit, size_t size, unsigned width,
	unsigned char *out)
{
	switch (width) {
	case 2:
		split2(unit, size / 2, out);
		break;
	case 4:
		split4(unit, size / 4, out);
		break;
	case 8:
		split8(unit, size / 8, out);
		break;
	default:
		memcpy(out, unit, size);
	}
}

void arc_planes_join(const unsigned char *planes, size_t size, unsigned width,
	unsigned char *out)
{
	switch (width) {
	case 2:
		join2(planes, size / 2, out);
		break;
	case 4:
		join4(planes, size / 4, out);
		break;
	case 8:
		join8(planes, size / 8, out);
		break;
	default:
		memcpy(out, planes, size);
	}
}
