/*
 * reorg/metadata.h - owner, mode, times and extended attributes of what is written anew
 *
 * ACLs are extended attributes. What the system does not let us keep is told, not failed for.
 */
#ifndef ARTIDX_REORG_METADATA_H
#define ARTIDX_REORG_METADATA_H

#include "base/str.h"
#include "base/units.h"

#include <sys/stat.h>

struct ax_buf;
struct ax_error;

/* What could not be kept, as bits. */
enum {
	REORG_LOST_OWNER = 1,
	REORG_LOST_XATTRS = 2,
	REORG_LOST_TIMES = 4,
};

/* "owner", "extended attributes", "owner and times", ... */
const char *reorg_lost_name(unsigned lost);

/* Append all extended attributes of the open file fd. Returns REORG_LOST_XATTRS or 0. */
unsigned reorg_xattrs_read(int fd, struct ax_buf *out);

/* Give fd the attributes that were read. Returns REORG_LOST_XATTRS or 0. */
unsigned reorg_xattrs_write(int fd, struct ax_str xattrs);

/* Give fd an owner and a mode; set-id bits go with a lost owner. Returns REORG_LOST_OWNER or 0. */
int reorg_owner_write(int fd, uid_t uid, gid_t gid, mode_t mode, unsigned *lost);

/* Make to, a new file of ours, like from, which has st: all but the times. 0, or -1 and errno. */
int reorg_metadata_copy(int from, const struct stat *st, int to, unsigned *lost);

struct timespec reorg_timespec(ax_nanoseconds time);

#endif
