/*
 * archive/salvage_internal.h - what the parts of a salvage share
 *
 * salvage.c reads the tar to its end and judges the whole, salvage_take.c takes its members.
 */
#ifndef ARTIDX_ARCHIVE_SALVAGE_INTERNAL_H
#define ARTIDX_ARCHIVE_SALVAGE_INTERNAL_H

#include "archive/listed.h"
#include "archive/salvage.h"
#include "archive/tar.h"

struct arc_digests;
struct arc_stream;
struct sft_header;

struct salvage {
	const struct arc_archive *archive;
	const struct arc_salvage_options *options;
	struct arc_salvaged *salvaged;
	size_t n_members_max, n_bad_max, n_notes_max;
	struct arc_stream *stream;
	struct arc_tar_source source;
	struct arc_tar_reader *tar;
	struct sft_header *header;
	struct arc_digests *digests;
	struct ax_str about; /* "NAME.artidx", once it is known */
	struct arc_listing listing;
	uint64_t limit;
	_Atomic uint64_t copied; /* bytes, from files to their copies */
};

/* Say what is wrong: these return -1. */
int salvage_no_memory(const struct salvage *salvage, struct ax_error *err);
int salvage_refuse(const struct salvage *salvage, struct ax_str path, const char *why,
	struct ax_error *err);

/* A copy that lives as long as what is found; ptr is NULL when memory ran out. */
struct ax_str salvage_keep(struct salvage *salvage, struct ax_str s);

/* Add to what is found: damage or a note, whose strings are copied; a member, whose are not. */
int salvage_add_remark(struct salvage *salvage, bool is_bad, struct ax_str path,
	struct ax_str text, struct ax_error *err);
int salvage_add_member(struct salvage *salvage, const struct arc_member *member,
	struct ax_error *err);

/* Take the member that the tar is at; it may be about the archive. */
int salvage_take_member(struct salvage *salvage, const struct arc_member *found,
	struct ax_error *err);

/*
 * When all that is stored was read: a copy needs no more than that, its tar header be there or
 * not.
 */
int salvage_take_copies(struct salvage *salvage, struct ax_error *err);

#endif
