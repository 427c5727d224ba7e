#include "archive/planar.h"

#include "base/error.h"
#include "base/file.h"
#include "safetensors/header.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct region {
	uint64_t begin, end;
	unsigned width;
};

struct arc_planar {
	size_t n;
	struct region regions[];
};

void arc_planar_free(struct arc_planar *planar)
{
	free(planar);
}

/* Append a region; what is stored as it is joins its neighbour. */
static void add(struct arc_planar *planar, struct region region)
{
	struct region *last = planar->n ? &planar->regions[planar->n - 1] : NULL;

	if (region.begin == region.end)
		return;
	if (last && !last->width && !region.width)
		last->end = region.end;
	else
		planar->regions[planar->n++] = region;
}

static int make(const struct sft_header *header, uint64_t size, struct arc_planar **out,
	struct ax_error *err)
{
	const struct sft_layout *layout = sft_header_layout(header);
	size_t n = sft_layout_count(layout);
	uint64_t data = sizeof(uint64_t) + sft_header_length(header);
	struct arc_planar *planar =
		calloc(1, sizeof(*planar) + (n + 2) * sizeof(struct region));

	if (!planar)
		return ax_fail(err, ENOMEM, "no memory for %zu tensors", n);
	add(planar, (struct region){ .begin = 0, .end = data });
	for (size_t i = 0; i < n; i++) {
		struct sft_tensor tensor = sft_layout_tensor(layout, i);
		add(planar, (struct region){
				    .begin = data + tensor.begin,
				    .end = data + tensor.end,
				    .width = arc_planes_width(tensor.dtype),
			    });
	}
	/* A valid header covers the whole file. */
	if (planar->regions[planar->n - 1].end != size) {
		free(planar);
		return ax_fail(err, AX_ECORRUPT, "tensors do not cover the file");
	}
	*out = planar;
	return 0;
}

static bool has_planes(const struct arc_planar *planar)
{
	for (size_t i = 0; i < planar->n; i++) {
		if (planar->regions[i].width)
			return true;
	}
	return false;
}

/*
 * Whether a key may be spelled with an escape (\u0064type): those who decode by hand look for
 * "dtype" and "data_offsets" as they stand. No writer escapes ASCII letters.
 */
static bool has_escaped_letter(struct ax_str text)
{
	for (size_t i = 0; i + 6 <= text.len; i++) {
		if (memcmp(text.ptr + i, "\\u00", 4) == 0 && strchr("4567", text.ptr[i + 4]) &&
			text.ptr[i + 4])
			return true;
	}
	return false;
}

static int is_plain(int fd, size_t length, const char *path, struct ax_error *err)
{
	char *text = malloc(length);
	int status = -1;

	if (!text)
		return ax_fail(err, ENOMEM, "%s: no memory for the header", path);
	if (ax_pread_full(fd, text, length, sizeof(uint64_t), path, err) == 0)
		status = !has_escaped_letter(ax_str(text, length));
	free(text);
	return status;
}

int arc_kind_of_file(struct sft_header *header, int fd, uint64_t size, const char *path,
	struct arc_kind *out, struct ax_error *err)
{
	struct sft_problem problem;
	struct arc_kind kind = { .planar = NULL };
	int found = sft_header_read(header, fd, size, path, &problem, err);

	if (found < 0)
		return -1;
	if (found) {
		uint64_t length = sft_header_length(header);
		kind.is_safetensors = true;
		kind.layout = sft_layout_digest(sft_header_layout(header));
		int plain = 0;
		if (!sft_header_warnings(header) && length <= ARC_PLANAR_HEADER_LIMIT - 8)
			plain = is_plain(fd, (size_t)length, path, err);
		if (plain < 0 || (plain && make(header, size, &kind.planar, err) < 0))
			return -1;
		if (kind.planar && !has_planes(kind.planar)) {
			arc_planar_free(kind.planar);
			kind.planar = NULL;
		}
	}
	*out = kind;
	return 0;
}

int arc_planar_parse(struct sft_header *header, const unsigned char *start, size_t len,
	uint64_t size, struct arc_planar **out, struct ax_error *err)
{
	struct sft_problem problem;
	struct ax_str text = ax_str((const char *)start + sizeof(uint64_t), 0);
	uint64_t length = 0;

	for (unsigned i = 0; i < sizeof(length) && i < len; i++)
		length |= (uint64_t)start[i] << 8 * i;
	if (len < sizeof(length) || length > len - sizeof(length))
		return ax_fail(err, AX_ECORRUPT, "no header");
	text.len = (size_t)length;
	int found = sft_header_parse(header, text, size, &problem, err);
	if (found < 0)
		return -1;
	if (!found)
		return ax_fail(err, AX_ECORRUPT, "%s", problem.message);
	return make(header, size, out, err);
}

struct arc_piece arc_planar_piece(const struct arc_planar *planar, uint64_t at)
{
	size_t low = 0, high = planar->n - 1;

	while (low < high) {
		size_t middle = (low + high) / 2;
		if (at < planar->regions[middle].end)
			high = middle;
		else
			low = middle + 1;
	}
	const struct region *region = &planar->regions[low];
	uint64_t begin = at - (at - region->begin) % ARC_UNIT;
	uint64_t end = region->end - begin < ARC_UNIT ? region->end : begin + ARC_UNIT;
	return (struct arc_piece){ .begin = begin, .end = end, .width = region->width };
}

void arc_planar_join(const struct arc_planar *planar, uint64_t begin,
	const unsigned char *planes, size_t size, unsigned char *out)
{
	for (size_t at = 0; at < size;) {
		struct arc_piece piece = arc_planar_piece(planar, begin + at);
		size_t len = (size_t)(piece.end - (begin + at));
		if (len > size - at)
			len = size -
			      at; /* of what is stored as it is, a part may be asked for */
		arc_planes_join(planes + at, len, piece.width, out + at);
		at += len;
	}
}
