#include "archive/unfinished.h"

#include "archive/create.h"
#include "base/error.h"
#include "base/file.h"
#include "base/path.h"
#include "reorg/act.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

static const char record[] = "packing";

bool arc_is_unfinished(struct ax_str path)
{
	struct ax_str name = ax_path_name(path);

	return ax_str_starts(name, AX_STR(REORG_TEMPORARY_PREFIX)) &&
	       ax_str_ends(name, AX_STR(".tar.zst"));
}

int arc_unfinished_begin(int own, struct ax_str path, struct ax_error *err)
{
	return ax_file_write_durable(own, record, path, 0600, err);
}

void arc_unfinished_end(int own)
{
	unlinkat(own, record, 0);
}

int arc_unfinished_clear(int own, int root, struct ax_buf *path, struct ax_error *err)
{
	if (ax_file_read(own, record, PATH_MAX, path, err) < 0)
		return err->code == ENOENT ? 0 : -1;
	if (!ax_path_is_safe(ax_buf_str(path)))
		return ax_fail(err, EINVAL, "%s: holds no path of the project", record);
	int status = arc_create_clear(root, ax_buf_str(path), err);
	/* Without its directory there is nothing of it. */
	if (status < 0 && err->code == ENOENT)
		status = 0;
	if (status >= 0)
		arc_unfinished_end(own);
	return status;
}
