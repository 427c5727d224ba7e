/*
 * indexer/listing.h - what is in one directory
 *
 * Names straight from getdents64(), everything but directories looked at with statx() relative to
 * the directory, in name order.
 */
#ifndef ARTIDX_INDEXER_LISTING_H
#define ARTIDX_INDEXER_LISTING_H

#include "base/str.h"
#include "base/units.h"
#include "indexer/record.h"

#include <sys/stat.h>

struct ax_error;

/* An entry that is no directory. */
struct idx_listed {
	struct ax_str name; /* with a NUL behind it */
	bool hidden;        /* its name is known, and why nothing else: see failure */
	bool linked;        /* st_nlink > 1 */
	int failure;        /* errno of a hidden one */
	enum idx_type type;
	unsigned mode;
	uint64_t dev, ino, size;
	uint64_t blocks; /* of 512 bytes, that are allocated */
	ax_nanoseconds mtime, ctime;
};

/* A directory's content. Made once and read into many times: its memory is used again. */
struct idx_listing;
struct idx_listing *idx_listing_new(void); /* NULL when memory ran out */
void idx_listing_free(struct idx_listing *listing);

/*
 * Read the open directory fd. What vanishes meanwhile is left out. 0, or -1 with errno's value in
 * err: the directory could not be read to its end, or memory or descriptors ran out.
 */
int idx_listing_read(struct idx_listing *listing, int fd, struct ax_str path,
	struct ax_error *err);

/* Instead: only these names of it, n of them in byte order without duplicates. */
int idx_listing_read_names(struct idx_listing *listing, int fd, const struct ax_str *names,
	size_t n, struct ax_error *err);

/* What was read last, in name order, borrowed until the next read. */
size_t idx_listing_count(const struct idx_listing *listing);
const struct idx_listed *idx_listing_file(const struct idx_listing *listing, size_t i);

/* The directories in it, in no order; borrowed as above, each with a NUL behind it. */
size_t idx_listing_dir_count(const struct idx_listing *listing);
struct ax_str idx_listing_dir(const struct idx_listing *listing, size_t i);

#endif
