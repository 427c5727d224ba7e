/*
 * archive/about.h - what an archive says of itself to those who have no artidx
 *
 * For a directory NAME the archive begins with the directory NAME.artidx: README, MANIFEST, and
 * two programs that undo planes.
 */
#ifndef ARTIDX_ARCHIVE_ABOUT_H
#define ARTIDX_ARCHIVE_ABOUT_H

#include "archive/member.h"
#include "base/buf.h"

/* The programs, whole. */
extern const unsigned char arc_unplanar_c_text[];
extern const size_t arc_unplanar_c_length;
extern const unsigned char arc_unplanar_pl_text[];
extern const size_t arc_unplanar_pl_length;

/* README with its places filled in. */
extern const unsigned char arc_readme_text[];
extern const size_t arc_readme_length;
void arc_append_readme(struct ax_buf *buf, struct ax_str name);

/*
 * MANIFEST: for each file (hard links are files too) of members, whose digests are set, two lines
 *	# SIZE TIME XXH3-128
 *	SHA-256  PATH
 * of which the first ends with " copy of PATH" where the file is a copy, with \n, \r and \\ in
 * that path as in the second one. Its length does not depend on the digests. sha256sum -c takes it.
 */
void arc_append_manifest(struct ax_buf *buf, const struct arc_member *members, size_t n);

/* A file as MANIFEST has it. The caller's to free; starts as zeros. */
struct arc_manifest_entry {
	struct ax_buf path, copy_of; /* copy_of is empty where it is no copy */
	struct arc_sha256 sha256;
	ax_nanoseconds mtime; /* 0 where it cannot be read */
};
void arc_manifest_entry_free(struct arc_manifest_entry *entry);

/*
 * Take the next file from what is left of a MANIFEST. False at the end. Lines of another form are
 * passed over.
 */
bool arc_next_of_manifest(struct ax_str *rest, struct arc_manifest_entry *out);

#endif
