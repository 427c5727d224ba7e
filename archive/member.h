/*
 * archive/member.h - one entry of an archive: a file, a directory, a link
 *
 * Plain values, filled from a directory (tree.h), from an index (index.h), or from tar (tar.h).
 * Positions count bytes of the tar, that is of the decompressed archive.
 */
#ifndef ARTIDX_ARCHIVE_MEMBER_H
#define ARTIDX_ARCHIVE_MEMBER_H

#include "archive/sha256.h"
#include "base/hash.h"
#include "base/units.h"

/* Stored in indexes: never renumber. */
enum arc_type {
	ARC_FILE = 1,
	ARC_DIR,
	ARC_SYMLINK,   /* target is its text */
	ARC_HARD_LINK, /* target is the path of an earlier member, a file */
	ARC_SPECIAL,   /* anything else; in no archive of ours */
};

/* Stored in indexes. */
enum arc_member_flag {
	ARC_PLANAR = 1 << 0,      /* a file stored as PATH.planar (planes.h) */
	ARC_SPARSE = 1 << 1,      /* a file of which only the extents are stored */
	ARC_ABOUT = 1 << 2,       /* about the archive: README, MANIFEST, decoders */
	ARC_SAFETENSORS = 1 << 3, /* a valid header: layout is its digest */
	ARC_COPY = 1 << 4,        /* a file whose content is stored once, as that of target */
	ARC_KNOWN_FLAGS = (1 << 5) - 1,
};

/* Bytes of a sparse file that are not a hole. */
struct arc_extent {
	uint64_t offset, length;
	uint64_t before; /* bytes of content that the extents before it have */
};

struct arc_member {
	struct ax_str path;
	enum arc_type type;
	unsigned flags;
	uint32_t mode; /* permission bits, setuid and the like among them */
	uint32_t uid, gid;
	ax_nanoseconds mtime;
	uint64_t size;        /* of the original */
	uint64_t header_at;   /* where its tar header begins */
	uint64_t data_at;     /* where its content begins */
	uint64_t stored;      /* bytes of content in the tar; of a sparse file its extents */
	struct ax_str target; /* of a link; of a copy the path of an earlier file, no copy */
	size_t n_extents; /* ascending, apart from each other, within size; of a copy its own */
	const struct arc_extent *extents;
	struct arc_sha256 sha256; /* of the original */
	struct ax_digest xxh3;
	struct ax_str class; /* "" when not known */
	struct ax_digest layout;
};

/*
 * The run of the original, not longer than max, that the stored byte at begins: of a sparse file
 * it ends with its extent. at is below stored.
 */
struct arc_extent arc_member_run(const struct arc_member *member, uint64_t at, uint64_t max);

/* The first extent of a sparse file that ends behind offset; n_extents where there is none. */
size_t arc_member_extent_behind(const struct arc_member *member, uint64_t offset);

/* Members as people count them, and as a scan does: names that are no directories; their sizes. */
struct arc_sum {
	uint64_t files, bytes;
};

/* What a planar member's name ends with in the tar. */
#define ARC_PLANAR_SUFFIX ".planar"

#endif
