#include "archive/opener.h"

#include "base/error.h"

#include <errno.h>
#include <stdlib.h>

int arc_opener_new(int dir, struct arc_opener **out, struct ax_error *err)
{
	struct arc_opener *opener = calloc(1, sizeof(*opener));

	if (!opener)
		return ax_fail(err, ENOMEM, "no memory for opening files");
	pthread_mutex_init(&opener->lock, NULL);
	reorg_dirs_init(&opener->dirs, dir);
	*out = opener;
	return 0;
}

void arc_opener_free(struct arc_opener *opener)
{
	if (!opener)
		return;
	reorg_dirs_forget(&opener->dirs);
	pthread_mutex_destroy(&opener->lock);
	free(opener);
}

int arc_opener_open(struct arc_opener *opener, struct ax_str path, int flags, mode_t mode)
{
	pthread_mutex_lock(&opener->lock);
	int fd = reorg_dirs_open(&opener->dirs, path, flags, mode);
	pthread_mutex_unlock(&opener->lock);
	return fd;
}
