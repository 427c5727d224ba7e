/*
 * archive/listed.h - the files that a MANIFEST names, while an archive is read by it
 */
#ifndef ARTIDX_ARCHIVE_LISTED_H
#define ARTIDX_ARCHIVE_LISTED_H

#include "archive/member.h"
#include "archive/select.h"
#include "base/arena.h"

struct ax_error;

/* The first four are as in MANIFEST, the others for whoever reads the archive. */
struct arc_listed {
	struct ax_str path;
	struct arc_sha256 sha256;
	ax_nanoseconds mtime;
	struct ax_str copy_of; /* whose content it has; "" where it is no copy */
	bool has_copies;       /* that are selected; then: */
	struct ax_str place;   /* where its content goes: to its path, or a selected copy's */
	bool seen;
	/* Of one that has copies: itself, when it is whole. Of a copy: as the tar has it. */
	const struct arc_member *member;
};

/* Starts as zeros; items are ordered by path. */
struct arc_listing {
	struct ax_arena *arena; /* of the paths */
	size_t n, capacity;
	struct arc_listed *items;
};
int arc_listing_parse(struct arc_listing *listing, struct ax_str manifest,
	const struct arc_selection *selection, struct ax_error *err);
void arc_listing_free(struct arc_listing *listing);

/* Or NULL. */
struct arc_listed *arc_listing_find(const struct arc_listing *listing, struct ax_str path);

#endif
