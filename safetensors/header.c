#include "safetensors/header.h"

#include "base/error.h"
#include "base/file.h"
#include "safetensors/header_internal.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

/*
 * A text is read in two parts:
 *
 *	{"__metadata__":{...}  ,"a":{...},"b":{...}}
 *	front                  tail
 *
 * The front is there only when __metadata__ comes first and is spelled like this; else the tail
 * is everything. The tail's first byte says which: "," or "}" behind a front, "{" or white space
 * alone. So what a tail says depends on nothing but its bytes, whatever the metadata before it,
 * and the cache may answer for it, unless it holds another __metadata__. How the data's size and
 * the file's agree is looked at last and each time.
 *
 * The spaces with which writers fill a header up are no part of the tail for the cache: how many
 * there are follows from the length of the metadata, so that each layout would be met eight times.
 */

enum {
	LENGTH_BYTES = sizeof(uint64_t), /* before the text */
	KEPT_TEXT = 1024 * 1024,         /* of a large header's memory, for the next one */
};

struct sft_header {
	struct sft_layout_cache *cache;
	char *room; /* for the texts that are read from files */
	size_t room_size;
	struct ax_str text; /* of the header at hand, in room or the caller's */
	size_t front_len;   /* of its front */
	const struct sft_layout *layout;
	struct sft_metadata_list metadata;
	unsigned warnings;
};

int sft_header_new(struct sft_layout_cache *cache, struct sft_header **out,
	struct ax_error *err)
{
	struct sft_header *header = calloc(1, sizeof(*header));

	if (!header)
		return ax_fail(err, ENOMEM, "no memory to read headers");
	header->cache = cache;
	*out = header;
	return 0;
}

static void forget(struct sft_header *header)
{
	sft_layout_unref(header->layout);
	header->layout = NULL;
	header->text = ax_str(NULL, 0);
	header->front_len = 0;
	header->warnings = 0;
	sft_metadata_list_clear(&header->metadata);
}

void sft_header_free(struct sft_header *header)
{
	if (!header)
		return;
	forget(header);
	sft_metadata_list_free(&header->metadata);
	free(header->room);
	free(header);
}

static struct sft_place place_at(uint64_t offset)
{
	return (struct sft_place){ .offset = offset };
}

/* Whether a text of length bytes may be and is all in the file. */
static bool check_length(uint64_t length, uint64_t file_size, struct sft_problem *problem)
{
	if (file_size < LENGTH_BYTES)
		return sft_refuse(problem, SFT_HEADER_TOO_SMALL, place_at(file_size),
			"the file ends within the length of its header");
	if (length > SFT_HEADER_LIMIT)
		return sft_refuse(problem, SFT_HEADER_TOO_LARGE, place_at(0),
			"a header of %" PRIu64 " bytes, over the limit of %d", length,
			SFT_HEADER_LIMIT);
	if (length > file_size - LENGTH_BYTES)
		return sft_refuse(problem, SFT_INVALID_HEADER_LENGTH, place_at(file_size),
			"the file ends within its header of %" PRIu64 " bytes", length);
	return true;
}

/* Whether the file has the layout's data and nothing behind it. */
static bool check_data(const struct sft_header *header, uint64_t file_size,
	struct sft_problem *problem)
{
	uint64_t start = LENGTH_BYTES + header->text.len;
	uint64_t there = file_size - start;
	uint64_t said = header->layout->data_bytes;

	if (there < said)
		return sft_refuse(problem, SFT_METADATA_INCOMPLETE_BUFFER, place_at(file_size),
			"the file ends after %" PRIu64 " of %" PRIu64 " bytes of data", there,
			said);
	if (there > said)
		return sft_refuse(problem, SFT_METADATA_INCOMPLETE_BUFFER,
			place_at(start + said), "%" PRIu64 " bytes follow the data",
			there - said);
	return true;
}

/* After a mistake. The reference looks for UTF-8 in the whole text before anything else. */
static int refuse_text(const struct sft_reader *r, struct sft_problem *problem)
{
	const struct sft_scanner *s = &r->scan;
	struct ax_str text = ax_str(s->start, (size_t)(s->end - s->start));
	const char *bad = sft_find_bad_utf8(text);

	if (bad)
		return sft_refuse(problem, SFT_INVALID_HEADER,
			place_at(LENGTH_BYTES + (uint64_t)(bad - s->start)), "not UTF-8");
	struct sft_place place = {
		.offset = LENGTH_BYTES + (uint64_t)(s->at - s->start),
		.tensor = ax_str(r->tensor.ptr, r->tensor.len),
		.culprit = ax_str(r->culprit.ptr, r->culprit.len),
	};
	return sft_refuse(problem, SFT_INVALID_HEADER_DESERIALIZATION, place, "%s", s->mistake);
}

/* What is no tail must not be looked up as one: it may be known as one that stands alone. */
static bool check_front_end(struct sft_scanner *s)
{
	char c = sft_scan_peek(s);

	return c == ',' || c == '}' || sft_scan_fail(s, "expected , or }");
}

/* Leave the scanner behind the front, or at the start where there is none. */
static bool read_front(struct sft_reader *r)
{
	static const struct ax_str first = AX_STR_INIT("\"__metadata__\":");
	struct sft_scanner *s = &r->scan;

	if (sft_scan_peek(s) != '{')
		return sft_scan_fail(s, "expected {");
	if (s->at != s->start)
		r->warnings |= SFT_WARN_PADDING;
	if (ax_str_starts(ax_str(s->at + 1, (size_t)(s->end - s->at - 1)), first)) {
		s->at += 1 + first.len;
		s->depth = 1;
		return sft_read_metadata(r) && check_front_end(s);
	}
	s->at = s->start;
	return true;
}

static bool read_end(struct sft_reader *r)
{
	struct sft_scanner *s = &r->scan;

	while (s->at < s->end && *s->at == ' ')
		s->at++;
	if (s->at == s->end)
		return true;
	r->warnings |= SFT_WARN_PADDING;
	sft_scan_space(s);
	return s->at == s->end || sft_scan_fail(s, "something follows the header's }");
}

static bool read_members(struct sft_reader *r)
{
	struct sft_scanner *s = &r->scan;
	struct sft_string name;
	bool first = s->depth == 0;
	int more;

	if (first && !sft_scan_byte(s, '{', "expected {"))
		return false;
	s->depth = 1;
	while ((more = sft_scan_step(s, '}', first)) > 0) {
		first = false;
		if (!sft_scan_key(s, &name))
			return false;
		if (sft_string_equals(name, AX_STR("__metadata__")) ? !sft_read_metadata(r)
								    : !sft_read_tensor(r, name))
			return false;
	}
	return more == 0 && read_end(r);
}

/* Read the tail into a new layout. 1 done, 0 refused, -1 memory ran out. */
static int read_tail(struct sft_reader *r, struct ax_str tail, struct sft_layout **out,
	struct sft_problem *problem)
{
	int status = -1;

	if (!sft_layout_builder_init(&r->tensors, (size_t)(tail.ptr - r->scan.start), tail.len))
		return -1;
	if (read_members(r)) {
		r->tensors.layout->warnings = r->warnings;
		status = sft_layout_builder_finish(&r->tensors, out, problem);
	} else if (!r->no_memory) {
		status = refuse_text(r, problem);
	}
	sft_layout_builder_fini(&r->tensors);
	return status;
}

/* A text without the spaces at its end. */
static struct ax_str without_padding(struct ax_str text)
{
	while (text.len && text.ptr[text.len - 1] == ' ')
		text.len--;
	return text;
}

/* The layout of the tail, on which the scanner stands, from the cache or from the tail. */
static int find_layout(struct sft_layout_cache *cache, struct sft_reader *r,
	struct sft_layout **out, struct sft_problem *problem)
{
	struct ax_str tail = ax_str(r->scan.at, (size_t)(r->scan.end - r->scan.at));
	struct ax_str key = without_padding(tail);
	bool had_metadata = r->has_metadata;
	uint64_t hash = 0;

	if (!cache)
		return read_tail(r, tail, out, problem);
	struct sft_layout *known = sft_layout_cache_find(cache, key, &hash);
	if (known) {
		*out = known;
		return 1;
	}
	int status = read_tail(r, tail, out, problem);
	if (status > 0 && r->has_metadata == had_metadata)
		sft_layout_cache_add(cache, key, hash, *out);
	return status;
}

static int read_text(struct sft_header *header, struct sft_problem *problem)
{
	struct ax_str text = header->text;
	struct sft_reader r = {
		.scan = { .start = text.ptr, .at = text.ptr, .end = text.ptr + text.len },
		.metadata = &header->metadata,
	};
	struct sft_layout *layout = NULL;

	if (!read_front(&r))
		return r.no_memory ? -1 : refuse_text(&r, problem);
	header->warnings = r.warnings;
	header->front_len = (size_t)(r.scan.at - r.scan.start);
	r.warnings = 0;
	int status = find_layout(header->cache, &r, &layout, problem);
	if (!layout)
		return status;
	header->layout = layout;
	header->warnings |= layout->warnings;
	return 1;
}

/* Read and check text, of which the length was checked. */
static int take_text(struct sft_header *header, struct ax_str text, uint64_t file_size,
	const char *name, struct sft_problem *problem, struct ax_error *err)
{
	header->text = text;
	int status = read_text(header, problem);
	if (status > 0)
		return check_data(header, file_size, problem);
	forget(header);
	if (status < 0)
		return ax_fail(err, ENOMEM, "%s: no memory for the header", name);
	return status;
}

int sft_header_parse(struct sft_header *header, struct ax_str text, uint64_t file_size,
	struct sft_problem *problem, struct ax_error *err)
{
	forget(header);
	if (!check_length(text.len, file_size, problem))
		return 0;
	return take_text(header, text, file_size, "header", problem, err);
}

/* Room for a text, without keeping that of a far larger one. */
static bool make_room(struct sft_header *header, size_t size)
{
	bool is_wasteful = header->room_size > KEPT_TEXT && header->room_size / 4 > size;

	if (size <= header->room_size && !is_wasteful)
		return true;
	free(header->room);
	header->room = malloc(size + 1);
	header->room_size = header->room ? size : 0;
	return header->room != NULL;
}

int sft_header_read(struct sft_header *header, int fd, uint64_t file_size, const char *path,
	struct sft_problem *problem, struct ax_error *err)
{
	uint64_t length = 0;

	forget(header);
	if (file_size >= LENGTH_BYTES &&
		ax_pread_full(fd, &length, sizeof(length), 0, path, err) < 0)
		return -1;
	length = le64toh(length);
	if (!check_length(length, file_size, problem))
		return 0;
	if (!make_room(header, (size_t)length))
		return ax_fail(err, ENOMEM, "%s: no memory for the header", path);
	if (ax_pread_full(fd, header->room, (size_t)length, LENGTH_BYTES, path, err) < 0)
		return -1;
	return take_text(header, ax_str(header->room, (size_t)length), file_size, path, problem,
		err);
}

const struct sft_layout *sft_header_layout(const struct sft_header *header)
{
	return header->layout;
}

uint64_t sft_header_length(const struct sft_header *header)
{
	return header->text.len;
}

unsigned sft_header_warnings(const struct sft_header *header)
{
	return header->warnings;
}

struct ax_digest sft_header_digest(const struct sft_header *header)
{
	struct ax_str tail = ax_str_slice(header->text, header->front_len, header->text.len);
	struct ax_str key = without_padding(tail);
	const struct sft_layout *layout = header->layout;
	const struct ax_digest parts[2] = {
		ax_hash128(header->text.ptr, header->front_len),
		layout && layout->tail ? layout->tail_digest : ax_hash128(key.ptr, key.len),
	};
	struct {
		struct ax_digest parts;
		uint64_t padding;
	} all = { ax_hash128(parts, sizeof(parts)), htole64(tail.len - key.len) };

	return ax_hash128(&all, sizeof(all));
}

size_t sft_header_metadata_count(const struct sft_header *header)
{
	return header->metadata.count;
}

const struct sft_metadata *sft_header_metadata(const struct sft_header *header, size_t i)
{
	return &header->metadata.items[i];
}

bool sft_header_has_metadata(const struct sft_header *header)
{
	return header->metadata.is_present;
}
