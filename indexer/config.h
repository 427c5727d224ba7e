/*
 * indexer/config.h - what the configuration says about where to look
 */
#ifndef ARTIDX_INDEXER_CONFIG_H
#define ARTIDX_INDEXER_CONFIG_H

#include "base/arena.h"
#include "base/units.h"

struct ax_error;
struct ax_json_value;

/* A list of strings; owned by the configuration. */
struct idx_strings {
	size_t count;
	const struct ax_str *items;
};

/*
 * Root-relative directories and globs. Everything is owned by arena, but for defaults that are
 * static. Fields are read-only once loaded.
 */
struct idx_config {
	struct ax_arena arena;
	struct idx_strings data;       /* "data": directories with artifacts, default ["out"] */
	struct idx_strings logs;       /* "logs": directories with run logs, default ["logs"] */
	struct idx_strings references; /* "references": globs of files that name artifacts */
	struct idx_strings ignore; /* "ignore": globs of names or paths never descended into */
	ax_nanoseconds quiet;      /* "quiet": default 60 s */
};

/* root: the configuration's root object, or NULL for the defaults. Fails with AX_ECONFIG. */
int idx_config_load(const struct ax_json_value *root, struct idx_config *out,
	struct ax_error *err);
void idx_config_free(struct idx_config *config);

/* Whether the directory path, whose last component is name, is never descended into: .artidx too. */
bool idx_config_ignores(const struct idx_config *config, struct ax_str path,
	struct ax_str name);

#endif
