/*
 * reorg/layout.h - where each kind of artifact belongs: classes to path templates
 *
 * The configuration's "layout" maps a class to a template relative to the data directory:
 *
 *	"layout": {
 *	  "v_hack":     "vhack/{name}",
 *	  "checkpoint": "runs/{run}/{role}.safetensors",
 *	  "pool":       "pools/{pool}/",
 *	  "dead":       "_archive/{name}/"
 *	}
 *
 * A template that ends in "/" is for whole directories. "dead" is for directories whose names
 * match a glob of "dead". "sort" lists, as globs relative to a data directory, the places that
 * the reorg sorts: what lies elsewhere is at home where it is.
 */
#ifndef ARTIDX_REORG_LAYOUT_H
#define ARTIDX_REORG_LAYOUT_H

#include "base/str.h"

struct ax_buf;
struct ax_error;
struct ax_json_value;
struct ax_json_writer;

/* A checked layout. Owns its strings. */
struct reorg_layout;

/*
 * root: the configuration's root object, or NULL for the defaults. AX_ECONFIG for a template
 * that leaves the data directory, that would give every file the same name, that has an unknown
 * placeholder, or whose result could have an unsafe name.
 */
int reorg_layout_load(const struct ax_json_value *root, struct reorg_layout **out,
	struct ax_error *err);
void reorg_layout_free(struct reorg_layout *layout);

/*
 * Write what is in force of "layout" or "sort", or of "dead" the list "match", in the form of the
 * configuration.
 */
void reorg_layout_write(const struct reorg_layout *layout, const char *key,
	struct ax_json_writer *w);

/* What is known of a file or directory that may move. Empty strings are unknown. */
struct reorg_artifact {
	struct ax_str class_name; /* "dead" for a dead directory */
	struct ax_str name;       /* last component of its path */
	struct ax_str run;        /* "<ts>_<slug>" */
	struct ax_str role;
	bool is_dir;
};

/*
 * Append where the artifact belongs, relative to its data directory. 1; 0 when the layout has no
 * template for it or the template needs something that is unknown; -1 when what comes out is no
 * safe path (AX_EREFUSED; the message says why).
 */
int reorg_layout_place(const struct reorg_layout *layout, const struct reorg_artifact *artifact,
	struct ax_buf *out, struct ax_error *err);

/* Whether the layout has a template for files, or for directories, of that class. */
bool reorg_layout_has(const struct reorg_layout *layout, struct ax_str class_name, bool is_dir);

/* Whether path, relative to a data directory, is at a place that is to be sorted. */
bool reorg_layout_sorts(const struct reorg_layout *layout, struct ax_str path);

/* Whether a directory of that name is dead. */
bool reorg_layout_is_dead(const struct reorg_layout *layout, struct ax_str name);

#endif
