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

/*
 * Byte by byte, each from the two bytes of the element that its bits come from: compilers turn
 * that into vector code which is several times as fast as what they make of whole elements.
 */

static unsigned char shifted_up(unsigned char byte, unsigned char below)
{
	return (unsigned char)(byte << 1 | below >> 7);
}

static unsigned char shifted_down(unsigned char byte, unsigned char above)
{
	return (unsigned char)(byte >> 1 | above << 7);
}

static void split2(const unsigned char *restrict in, size_t n, unsigned char *restrict out)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char low = in[2 * i], high = in[2 * i + 1];
		out[i] = shifted_up(high, low);
		out[n + i] = shifted_up(low, high);
	}
}

static void join2(const unsigned char *restrict in, size_t n, unsigned char *restrict out)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char high = in[i], low = in[n + i];
		out[2 * i] = shifted_down(low, high);
		out[2 * i + 1] = shifted_down(high, low);
	}
}

static void split4(const unsigned char *restrict in, size_t n, unsigned char *restrict out)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char b0 = in[4 * i], b1 = in[4 * i + 1];
		unsigned char b2 = in[4 * i + 2], b3 = in[4 * i + 3];
		out[i] = shifted_up(b3, b2);
		out[n + i] = shifted_up(b2, b1);
		out[2 * n + i] = shifted_up(b1, b0);
		out[3 * n + i] = shifted_up(b0, b3);
	}
}

static void join4(const unsigned char *restrict in, size_t n, unsigned char *restrict out)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char b3 = in[i], b2 = in[n + i];
		unsigned char b1 = in[2 * n + i], b0 = in[3 * n + i];
		out[4 * i] = shifted_down(b0, b1);
		out[4 * i + 1] = shifted_down(b1, b2);
		out[4 * i + 2] = shifted_down(b2, b3);
		out[4 * i + 3] = shifted_down(b3, b0);
	}
}

static uint32_t load32(const unsigned char *in)
{
	return (uint32_t)in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 |
	       (uint32_t)in[3] << 24;
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
