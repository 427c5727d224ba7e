/*
 * archive/pins.h - paths that a user wants kept, and why
 *
 * In a file of its own, .artidx/pins: what nobody can find out again must not go with a catalogue
 * that is made anew. The format stands at the top of pins.c.
 */
#ifndef ARTIDX_ARCHIVE_PINS_H
#define ARTIDX_ARCHIVE_PINS_H

#include "base/arena.h"
#include "base/units.h"

struct ax_error;

#define ARC_PINS_PATH ".artidx/pins"

struct arc_pin {
	struct ax_str path; /* root-relative, a file or a directory */
	struct ax_str why;
	ax_nanoseconds time;
};

/* Ordered by path; everything is in arena. */
struct arc_pins {
	struct ax_arena arena;
	size_t count, capacity;
	struct arc_pin *items;
};

/*
 * Read the pins of the project root, an open directory. None is fine; a damaged file is not
 * (AX_ECORRUPT): nobody knows what it kept.
 */
int arc_pins_read(int root, struct arc_pins *out, struct ax_error *err);
void arc_pins_free(struct arc_pins *pins);

/* Add one, in place of one at the same path; or take it away: 1, 0 when there is none. */
int arc_pins_set(struct arc_pins *pins, const struct arc_pin *pin, struct ax_error *err);
int arc_pins_remove(struct arc_pins *pins, struct ax_str path);

/* Replace the file: it holds the old pins or the new ones, whatever happens. */
int arc_pins_write(int root, const struct arc_pins *pins, struct ax_error *err);

/* A pin of path itself, of a directory above it, or of something below it; or NULL. */
const struct arc_pin *arc_pins_find(const struct arc_pins *pins, struct ax_str path);

#endif
