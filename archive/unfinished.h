/*
 * archive/unfinished.h - the archive that is being made, on record for who comes after a crash
 *
 * While it is packed, its root-relative path is the content of the file "packing" in the project's
 * own directory. Everything here is done under the lock of the project.
 */
#ifndef ARTIDX_ARCHIVE_UNFINISHED_H
#define ARTIDX_ARCHIVE_UNFINISHED_H

#include "base/buf.h"

#include <stdbool.h>

struct ax_error;

/* Whether a path is that of what is packed before it is whole, and gets its name. */
bool arc_is_unfinished(struct ax_str path);

/* What to say of a file of such a name: originals go only when the archive has its own. */
#define ARC_UNFINISHED_WHY                                                                     \
	"no archive yet: an artidx that was killed had packed so much, and the originals are " \
	"in place; artidx reorg --recover removes it"

/* own: the project's own directory, open. */
int arc_unfinished_begin(int own, struct ax_str path, struct ax_error *err);
void arc_unfinished_end(int own);

/*
 * Remove what a run that was killed left: 1, with the path of the archive that it was to be; 0
 * when there is nothing; -1.
 */
int arc_unfinished_clear(int own, int root, struct ax_buf *path, struct ax_error *err);

#endif
