/*
 * archive/select.h - which members are meant
 */
#ifndef ARTIDX_ARCHIVE_SELECT_H
#define ARTIDX_ARCHIVE_SELECT_H

#include "base/path.h"

/* Paths of members; a directory stands for all below it. None: all members. */
struct arc_selection {
	const struct ax_str *paths;
	size_t n;
};

static inline bool arc_is_selected(const struct arc_selection *selection, struct ax_str path)
{
	for (size_t i = 0; i < selection->n; i++) {
		if (ax_path_below(path, selection->paths[i]))
			return true;
	}
	return selection->n == 0;
}

#endif
