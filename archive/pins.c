/*
 * The file of pins: a line "artidx pins 1", then of each pin, in the order of paths:
 *
 *	path, NUL, nanoseconds since 1970 in decimal, NUL, why, NUL, line feed
 */
#include "archive/pins.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "base/path.h"

#include <errno.h>
#include <stdlib.h>

enum { PINS_LIMIT = 64 * 1024 * 1024 };

static const char head[] = "artidx pins 1\n";

/* The text before the next NUL; false where there is none. */
static bool take(struct ax_str *rest, struct ax_str *out)
{
	size_t end = ax_str_find(*rest, '\0');

	if (end == rest->len)
		return false;
	*out = ax_str_slice(*rest, 0, end);
	*rest = ax_str_slice(*rest, end + 1, rest->len);
	return true;
}

static bool take_pin(struct ax_str *rest, struct arc_pin *out)
{
	struct ax_str time;
	char *end;

	if (!take(rest, &out->path) || !take(rest, &time) || !take(rest, &out->why) ||
		!rest->len || rest->ptr[0] != '\n' || !ax_path_is_safe(out->path))
		return false;
	errno = 0;
	out->time = strtoll(time.ptr, &end, 10);
	*rest = ax_str_slice(*rest, 1, rest->len);
	return time.len && end == time.ptr + time.len && !errno;
}

static int parse(struct ax_str text, struct arc_pins *pins, struct ax_error *err)
{
	struct arc_pin pin;

	if (!ax_str_starts(text, ax_str_from(head)))
		return ax_fail(err, AX_ECORRUPT, "%s: not a file of pins", ARC_PINS_PATH);
	text = ax_str_slice(text, sizeof(head) - 1, text.len);
	while (text.len) {
		if (!take_pin(&text, &pin))
			return ax_fail(err, AX_ECORRUPT,
				"%s: damaged behind pin %zu; mend or remove it", ARC_PINS_PATH,
				pins->count);
		if (arc_pins_set(pins, &pin, err) < 0)
			return -1;
	}
	return 0;
}

int arc_pins_read(int root, struct arc_pins *out, struct ax_error *err)
{
	struct arc_pins pins = { .count = 0 };
	struct ax_buf text = { 0 };
	struct ax_error cause;
	int status = ax_file_read(root, ARC_PINS_PATH, PINS_LIMIT, &text, &cause);

	if (status < 0 && cause.code == ENOENT)
		status = 0;
	else if (status < 0)
		*err = cause;
	else
		status = parse(ax_buf_str(&text), &pins, err);
	ax_buf_free(&text);
	if (status < 0)
		arc_pins_free(&pins);
	else
		*out = pins;
	return status;
}

void arc_pins_free(struct arc_pins *pins)
{
	ax_arena_free(&pins->arena);
	free(pins->items);
	*pins = (struct arc_pins){ .count = 0 };
}

/* Where path is, or belongs. */
static size_t place_of(const struct arc_pins *pins, struct ax_str path)
{
	size_t low = 0, high = pins->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (ax_str_compare(pins->items[middle].path, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_at(const struct arc_pins *pins, size_t i, struct ax_str path)
{
	return i < pins->count && ax_str_equal(pins->items[i].path, path);
}

int arc_pins_set(struct arc_pins *pins, const struct arc_pin *pin, struct ax_error *err)
{
	size_t at = place_of(pins, pin->path);
	char *path = ax_arena_copy(&pins->arena, pin->path);
	char *why = ax_arena_copy(&pins->arena, pin->why);

	if (pins->count == pins->capacity) {
		size_t capacity = pins->capacity * 2 + 16;
		void *grown = reallocarray(pins->items, capacity, sizeof(*pins->items));
		if (!grown)
			return ax_fail(err, ENOMEM, "no memory for pins");
		pins->items = grown;
		pins->capacity = capacity;
	}
	if (!path || !why)
		return ax_fail(err, ENOMEM, "no memory for pins");
	if (!is_at(pins, at, pin->path)) {
		memmove(pins->items + at + 1, pins->items + at,
			(pins->count - at) * sizeof(*pins->items));
		pins->count++;
	}
	pins->items[at] = (struct arc_pin){ ax_str(path, pin->path.len),
		ax_str(why, pin->why.len), pin->time };
	return 0;
}

int arc_pins_remove(struct arc_pins *pins, struct ax_str path)
{
	size_t at = place_of(pins, path);

	if (!is_at(pins, at, path))
		return 0;
	pins->count--;
	memmove(pins->items + at, pins->items + at + 1,
		(pins->count - at) * sizeof(*pins->items));
	return 1;
}

int arc_pins_write(int root, const struct arc_pins *pins, struct ax_error *err)
{
	struct ax_buf text = { 0 };

	ax_buf_append_text(&text, head);
	for (size_t i = 0; i < pins->count; i++) {
		const struct arc_pin *pin = &pins->items[i];
		ax_buf_append_str(&text, pin->path);
		ax_buf_append_byte(&text, '\0');
		ax_buf_printf(&text, "%lld", (long long)pin->time);
		ax_buf_append_byte(&text, '\0');
		ax_buf_append_str(&text, pin->why);
		ax_buf_append_byte(&text, '\0');
		ax_buf_append_byte(&text, '\n');
	}
	int status = ax_buf_check(&text, "pins", err);
	if (status == 0)
		status = ax_file_write_durable(root, ARC_PINS_PATH, ax_buf_str(&text), 0600,
			err);
	ax_buf_free(&text);
	return status;
}

const struct arc_pin *arc_pins_find(const struct arc_pins *pins, struct ax_str path)
{
	for (size_t i = 0; i < pins->count; i++) {
		const struct arc_pin *pin = &pins->items[i];
		if (ax_path_below(path, pin->path) || ax_path_below(pin->path, path))
			return pin;
	}
	return NULL;
}
