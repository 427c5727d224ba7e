/*
 * unplanar - turn NAME.planar back into NAME
 *
 *	cc -O2 -o unplanar unplanar.c
 *	find NAME -name '*.planar' -exec ./unplanar {} +
 *
 * NAME.planar is a safetensors file, the same size, with its header as it was: 8 bytes (N, little
 * endian), N bytes of JSON, and the data. The data of each tensor of type F16, BF16, F32 or F64 is
 * cut into units of 1 MiB, the last one shorter. In a unit of n elements of w bytes, byte i of
 * plane p is at p * n + i; plane 0 has the most significant byte of each element, and so on; and
 * each element was rotated left by one bit. All else is as it was. C99, nothing but its library.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UNIT = 1 << 20 };

static unsigned char planes[UNIT], unit[UNIT];

static void join(size_t size, unsigned width)
{
	size_t n = size / width;

	for (size_t i = 0; i < n; i++) {
		uint64_t value = 0;
		for (unsigned p = 0; p < width; p++)
			value = value << 8 | planes[p * n + i];
		value = value >> 1 | (value & 1) << (8 * width - 1);
		for (unsigned b = 0; b < width; b++)
			unit[width * i + b] = (unsigned char)(value >> 8 * b);
	}
}

/* Copy size bytes, undoing planes where there is a width. */
static int copy(FILE *in, FILE *out, uint64_t size, unsigned width)
{
	while (size) {
		size_t n = size < UNIT ? (size_t)size : UNIT;
		if (fread(planes, 1, n, in) != n)
			return -1;
		if (width)
			join(n, width);
		if (fwrite(width ? unit : planes, 1, n, out) != n)
			return -1;
		size -= n;
	}
	return 0;
}

struct tensor {
	uint64_t begin, end;
	unsigned width;
};

static int by_begin(const void *a, const void *b)
{
	const struct tensor *x = a, *y = b;

	return x->begin < y->begin ? -1 : x->begin > y->begin;
}

static unsigned width_of(const char *dtype, size_t len)
{
	static const char *const names[] = { "F16", "BF16", "F32", "F64" };
	static const unsigned widths[] = { 2, 2, 4, 8 };

	for (unsigned i = 0; i < 4; i++)
		if (strlen(names[i]) == len && memcmp(names[i], dtype, len) == 0)
			return widths[i];
	return 0;
}

/* Find all tensors: objects at depth 2 that have the array "data_offsets". */
static size_t scan(const char *s, const char *end, struct tensor *tensors)
{
	const char *key = "", *text = "";
	size_t key_len = 0, text_len = 0, n = 0;
	struct tensor t = { 0, 0, 0 };
	int depth = 0, has_offsets = 0;

	for (; s < end; s++) {
		if (*s == '"') {
			text = ++s;
			while (s < end && *s != '"')
				s += *s == '\\' ? 2 : 1;
			text_len = (size_t)(s - text);
			if (depth == 2 && key_len == 5 && memcmp(key, "dtype", 5) == 0)
				t.width = width_of(text, text_len);
			key_len = 0;
		} else if (*s == ':') {
			key = text;
			key_len = text_len;
		} else if (*s == '{' && ++depth == 2) {
			t.width = 0;
			has_offsets = 0;
		} else if (*s == '[' && depth == 2 && key_len == 12 &&
			   memcmp(key, "data_offsets", 12) == 0) {
			char *next;
			t.begin = strtoull(s + 1, &next, 10);
			t.end = strtoull(next + strspn(next, ", \t\r\n"), NULL, 10);
			has_offsets = 1;
		} else if (*s == '}' && depth-- == 2 && has_offsets && t.begin < t.end) {
			tensors[n++] = t;
		}
	}
	return n;
}

static int convert(FILE *in, FILE *out)
{
	unsigned char head[8];
	uint64_t length = 0, at = 0;

	if (fread(head, 1, 8, in) != 8)
		return -1;
	for (int i = 0; i < 8; i++)
		length |= (uint64_t)head[i] << 8 * i;
	if (length > 100000000)
		return -1;
	char *text = calloc(1, (size_t)length + 2);
	struct tensor *tensors = calloc((size_t)length / 16 + 1, sizeof(*tensors));
	if (!text || !tensors || fread(text, 1, (size_t)length, in) != length)
		return -1;
	size_t n = scan(text, text + length, tensors);
	qsort(tensors, n, sizeof(*tensors), by_begin);
	if (fwrite(head, 1, 8, out) != 8 || fwrite(text, 1, (size_t)length, out) != length)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (tensors[i].begin != at)
			return -1;
		at = tensors[i].end;
		if (copy(in, out, at - tensors[i].begin, tensors[i].width) < 0)
			return -1;
	}
	free(text);
	free(tensors);
	return fgetc(in) == EOF && !ferror(in) ? 0 : -1;
}

int main(int argc, char **argv)
{
	int status = 0;

	for (int i = 1; i < argc; i++) {
		size_t len = strlen(argv[i]);
		char *name = calloc(1, len + 1);
		if (!name || len < 8 || strcmp(argv[i] + len - 7, ".planar") != 0) {
			fprintf(stderr, "%s: not named .planar\n", argv[i]);
			status = 1;
			continue;
		}
		memcpy(name, argv[i], len - 7);
		FILE *in = fopen(argv[i], "rb"), *out = in ? fopen(name, "wbx") : NULL;
		if (!in || !out) {
			perror(in ? name : argv[i]);
			status = 1;
		} else if (convert(in, out) < 0 || fflush(out) != 0) {
			fprintf(stderr, "%s: cannot be converted\n", argv[i]);
			remove(name);
			status = 1;
		}
		if (in)
			fclose(in);
		if (out)
			fclose(out);
		free(name);
	}
	return status;
}
