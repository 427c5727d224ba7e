#include "indexer/history_internal.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/reader.h"

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { WALK_AHEAD = 1 << 18 };

uint64_t history_checksum(struct ax_str body, uint64_t offset)
{
	return ax_hash64(body.ptr, body.len) ^ offset;
}

/* Move the window to offset. A file that others cut off meanwhile ends where it does. */
static int fill(struct history_window *window, uint64_t offset, size_t length,
	struct ax_error *err)
{
	struct ax_buf *bytes = &window->bytes;

	ax_buf_clear(bytes);
	if (!ax_buf_reserve(bytes, length))
		return ax_fail(err, ENOMEM, "%s: no memory for the history of moves",
			window->path);
	window->start = offset;
	while (bytes->len < length) {
		ssize_t n = pread(window->fd, bytes->data + bytes->len, length - bytes->len,
			(off_t)(offset + bytes->len));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ax_fail_errno(err, "%s: cannot read", window->path);
		if (n == 0) {
			window->size = offset + bytes->len;
			break;
		}
		bytes->len += (size_t)n;
	}
	return 0;
}

/* length bytes at offset, or as many as there are. Borrowed from the window. */
static int fetch(struct history_window *window, uint64_t offset, size_t length,
	struct ax_str *out, struct ax_error *err)
{
	uint64_t left = offset < window->size ? window->size - offset : 0;
	size_t wanted = length < left ? length : (size_t)left;
	bool is_in =
		offset >= window->start && offset + wanted <= window->start + window->bytes.len;

	if (!is_in) {
		size_t more = wanted > window->ahead ? wanted : window->ahead;
		if (fill(window, offset, more < left ? more : (size_t)left, err) < 0)
			return -1;
	}
	struct ax_str bytes = ax_buf_str(&window->bytes);
	size_t at = wanted ? (size_t)(offset - window->start) : 0;
	*out = ax_str_slice(bytes, at, wanted);
	return 0;
}

static bool decode(struct ax_str body, struct idx_move *out)
{
	struct ax_reader reader = { .rest = body };

	out->kind = (enum idx_move_kind)ax_reader_byte(&reader);
	out->is_dir = ax_reader_byte(&reader) != 0;
	out->time = (ax_nanoseconds)ax_reader_u64(&reader);
	out->from = ax_reader_sized(&reader);
	out->to = ax_reader_sized(&reader);
	return !reader.failed && reader.rest.len == 0 && out->kind <= IDX_MOVE_RESTORED;
}

int history_read(struct history_window *window, uint64_t offset, struct idx_move *out,
	uint64_t *end_out, struct ax_error *err)
{
	struct ax_reader reader = { 0 };
	struct ax_str bytes;

	if (fetch(window, offset, HISTORY_RECORD_HEADER, &reader.rest, err) < 0)
		return -1;
	uint32_t mark = ax_reader_u32(&reader);
	uint32_t length = ax_reader_u32(&reader);
	uint64_t checksum = ax_reader_u64(&reader);
	size_t size = HISTORY_RECORD_HEADER + (size_t)length;
	if (reader.failed || mark != HISTORY_MARK || length > HISTORY_BODY_MAX ||
		size > window->size - offset)
		return 0;
	if (fetch(window, offset, size, &bytes, err) < 0)
		return -1;
	struct ax_str body = ax_str_slice(bytes, HISTORY_RECORD_HEADER, bytes.len);
	if (bytes.len != size || checksum != history_checksum(body, offset) ||
		!decode(body, out))
		return 0;
	*end_out = offset + size;
	return 1;
}

/* Move *offset on to where the next record may begin, or to the end. */
static int find_mark(struct history_window *window, uint64_t *offset, struct ax_error *err)
{
	uint32_t mark = htole32(HISTORY_MARK);
	struct ax_str bytes;

	for (;;) {
		if (fetch(window, *offset, sizeof(mark), &bytes, err) < 0)
			return -1;
		if (bytes.len < sizeof(mark)) {
			*offset = window->size;
			return 0;
		}
		bytes = ax_str_slice(ax_buf_str(&window->bytes),
			(size_t)(*offset - window->start), SIZE_MAX);
		const char *at = memmem(bytes.ptr, bytes.len, &mark, sizeof(mark));
		*offset += at ? (size_t)(at - bytes.ptr) : bytes.len - (sizeof(mark) - 1);
		if (at)
			return 0;
	}
}

void history_walk_begin(const struct idx_history *history, struct history_walk *walk)
{
	*walk = (struct history_walk){ .end = HISTORY_FILE_HEADER };
	walk->window = (struct history_window){ .fd = history->fd,
		.path = history->path,
		.ahead = WALK_AHEAD,
		.size = history->size };
}

int history_walk_next(struct history_walk *walk, struct ax_error *err)
{
	struct history_window *window = &walk->window;
	uint64_t offset = walk->end;

	while (offset < window->size) {
		uint64_t end;
		int found = history_read(window, offset, &walk->move, &end, err);
		if (found < 0)
			return -1;
		if (found) {
			if (offset > walk->end && !walk->damage)
				walk->damage = walk->end;
			walk->offset = offset;
			walk->end = end;
			return 1;
		}
		offset++;
		if (find_mark(window, &offset, err) < 0)
			return -1;
	}
	return 0;
}

void history_walk_end(struct history_walk *walk)
{
	ax_buf_free(&walk->window.bytes);
}
