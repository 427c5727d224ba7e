/*
 * archive/about.h - what an archive says of itself to those who have no artidx
 *
 * For a directory NAME the archive begins with the directory NAME.artidx: README, MANIFEST, and
 * two programs that undo planes.
 */
#ifndef ARTIDX_ARCHIVE_ABOUT_H
#define ARTIDX_ARCHIVE_ABOUT_H

#include "archive/member.h"

struct ax_buf;

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
 * Its length does not depend on the digests. sha256sum -c takes it.
 */
void arc_append_manifest(struct ax_buf *buf, const struct arc_member *members, size_t n);

/*
 * Take the next file from what is left of a MANIFEST: its path (into path, which is cleared) and
 * SHA-256. False at the end. Lines of another form are passed over.
 */
bool arc_next_of_manifest(struct ax_str *rest, struct ax_buf *path, struct arc_sha256 *out);

#endif
