/*
 * cli/project.h - the project that a command works on, and where its parts are
 *
 * The root is what --root or ARTIDX_ROOT names, else the nearest directory from here upward that
 * holds .artidx/. Paths in the catalogue are relative to it.
 */
#ifndef ARTIDX_CLI_PROJECT_H
#define ARTIDX_CLI_PROJECT_H

#include "base/str.h"

struct ax_buf;
struct ax_error;
struct cli;

enum cli_root_rule {
	CLI_ROOT_FOUND,   /* there must be a project */
	CLI_ROOT_OR_HERE, /* where there is none, it is the current directory */
};

/* Everything is absolute and lives as long as the struct cli it was found with. */
struct cli_project {
	const char *root;
	const char *root_origin; /* for people: "--root", "nearest .artidx/ above", ... */
	const char *own_dir;     /* ROOT/.artidx */
	bool is_sealed;          /* there is no own_dir, for nothing can be made in root: */
	const char *history;     /* OWN_DIR/history; of a sealed project CATALOGUE/history */
	const char *config;      /* ROOT/artidx.json */
	const char *catalogue;
	const char *catalogue_origin;
	const char *cwd; /* NULL when the current directory is gone */
};

/* Fails with AX_EUSAGE when there is none, or the named one is no directory. */
int cli_project_find(struct cli *cli, enum cli_root_rule rule, struct cli_project *out,
	struct ax_error *err);

/*
 * Make ROOT/.artidx, for this user alone and hidden from git, where it is missing and the
 * project is not sealed.
 */
int cli_project_create(const struct cli_project *project, struct ax_error *err);

/*
 * Append the root-relative form of a path that the user gave, relative to the current directory.
 * Nothing needs to exist there. Fails with AX_EUSAGE for what is outside the project.
 */
int cli_project_relative(const struct cli_project *project, const char *path,
	struct ax_buf *out, struct ax_error *err);

#endif
