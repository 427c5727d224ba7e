#include "indexer/walk.h"

#include "base/error.h"
#include "base/file.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* A directory on the stack. */
struct item {
	struct item *next;
	const struct idx_walk_names *names;
	bool is_start;
	size_t length;
	char path[]; /* with a NUL behind it */
};

struct idx_walk {
	int rootfd;
	uint64_t root_dev;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct item *stack;
	unsigned busy; /* walkers that work on a directory: they may push more */
	bool stopped;
};

struct idx_walker {
	struct idx_walk *walk;
	struct item *current; /* what is worked on; NULL before the first and after the last */
	int fd;               /* of current, or -1 */
	struct item *pushed;  /* found below current, newest first */
	size_t n_pushed;
	struct item *held; /* a directory that is kept open: the parent of what comes next */
	int held_fd;
};

static uint64_t device(const struct statx *st)
{
	return (uint64_t)st->stx_dev_major << 32 | st->stx_dev_minor;
}

struct idx_walk *idx_walk_new(int rootfd)
{
	struct idx_walk *walk = calloc(1, sizeof(*walk));
	struct statx st;

	if (!walk)
		return NULL;
	walk->rootfd = rootfd;
	if (statx(rootfd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &st) == 0)
		walk->root_dev = device(&st);
	pthread_mutex_init(&walk->mutex, NULL);
	pthread_cond_init(&walk->changed, NULL);
	return walk;
}

static void free_items(struct item *item)
{
	while (item) {
		struct item *next = item->next;
		free(item);
		item = next;
	}
}

void idx_walk_free(struct idx_walk *walk)
{
	if (!walk)
		return;
	free_items(walk->stack);
	pthread_cond_destroy(&walk->changed);
	pthread_mutex_destroy(&walk->mutex);
	free(walk);
}

/* dir "/" name, or name alone where dir is "". */
static struct item *new_item(struct ax_str dir, struct ax_str name)
{
	size_t length = dir.len + (dir.len && name.len) + name.len;
	struct item *item = malloc(sizeof(*item) + length + 1);

	if (!item)
		return NULL;
	*item = (struct item){ .length = length };
	char *at = item->path;
	if (dir.len) {
		memcpy(at, dir.ptr, dir.len);
		at += dir.len;
		if (name.len)
			*at++ = '/';
	}
	memcpy(at, name.ptr, name.len);
	item->path[length] = '\0';
	return item;
}

int idx_walk_start(struct idx_walk *walk, struct ax_str path,
	const struct idx_walk_names *names, struct ax_error *err)
{
	struct item *item = new_item(path, AX_STR(""));

	if (!item)
		return ax_fail(err, ENOMEM, "%.*s: no memory to scan it", AX_STR_ARG(path));
	item->names = names;
	item->is_start = true;
	item->next = walk->stack;
	walk->stack = item;
	return 0;
}

void idx_walk_stop(struct idx_walk *walk)
{
	pthread_mutex_lock(&walk->mutex);
	walk->stopped = true;
	pthread_cond_broadcast(&walk->changed);
	pthread_mutex_unlock(&walk->mutex);
}

struct idx_walker *idx_walker_new(struct idx_walk *walk)
{
	struct idx_walker *walker = calloc(1, sizeof(*walker));

	if (!walker)
		return NULL;
	walker->walk = walk;
	walker->fd = -1;
	walker->held_fd = -1;
	return walker;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void idx_walker_free(struct idx_walker *walker)
{
	if (!walker)
		return;
	close_fd(&walker->fd);
	close_fd(&walker->held_fd);
	free_items(walker->current);
	free_items(walker->held);
	free_items(walker->pushed);
	free(walker);
}

int idx_walker_push(struct idx_walker *walker, struct ax_str name, struct ax_error *err)
{
	struct ax_str dir = ax_str(walker->current->path, walker->current->length);
	struct item *item = new_item(dir, name);

	if (!item)
		return ax_fail(err, ENOMEM, "%.*s: no memory to scan it", AX_STR_ARG(dir));
	item->next = walker->pushed;
	walker->pushed = item;
	walker->n_pushed++;
	return 0;
}

/* Let go of current; hold it open where what comes next is most likely below it. */
static void finish_current(struct idx_walker *walker)
{
	if (walker->n_pushed && walker->fd >= 0) {
		close_fd(&walker->held_fd);
		free(walker->held);
		walker->held = walker->current;
		walker->held_fd = walker->fd;
	} else {
		close_fd(&walker->fd);
		free(walker->current);
	}
	walker->current = NULL;
	walker->fd = -1;
}

/* What was pushed goes to the stack. The one who pushed takes one: others hear of the rest. */
static void publish(struct idx_walk *walk, struct idx_walker *walker)
{
	if (!walker->pushed)
		return;
	struct item *last = walker->pushed;
	while (last->next)
		last = last->next;
	last->next = walk->stack;
	walk->stack = walker->pushed;
	if (walker->n_pushed > 1)
		pthread_cond_broadcast(&walk->changed);
	walker->pushed = NULL;
	walker->n_pushed = 0;
}

static struct item *take(struct idx_walk *walk, struct idx_walker *walker, bool was_busy)
{
	struct item *item = NULL;

	pthread_mutex_lock(&walk->mutex);
	publish(walk, walker);
	walk->busy -= was_busy;
	while (!walk->stopped && !walk->stack && walk->busy)
		pthread_cond_wait(&walk->changed, &walk->mutex);
	if (!walk->stopped && walk->stack) {
		item = walk->stack;
		walk->stack = item->next;
		item->next = NULL;
		walk->busy++;
	} else {
		pthread_cond_broadcast(&walk->changed);
	}
	pthread_mutex_unlock(&walk->mutex);
	return item;
}

static int open_item(struct idx_walker *walker, const struct item *item)
{
	struct ax_str path = ax_str(item->path, item->length);
	struct ax_str dir = ax_path_dir(path);
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC;

	if (walker->held && !item->is_start &&
		ax_str_equal(dir, ax_str(walker->held->path, walker->held->length)))
		return openat(walker->held_fd, ax_path_name(path).ptr, flags);
	return ax_open_beneath(walker->walk->rootfd, path, flags, 0);
}

static int describe(const struct idx_walk *walk, int fd, struct idx_walk_dir *dir)
{
	struct statx st;

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &st) < 0)
		return -1;
	dir->dev = device(&st);
	dir->ino = st.stx_ino;
	dir->is_inside_mount = !dir->is_start && dir->dev == walk->root_dev &&
			       (st.stx_attributes & STATX_ATTR_MOUNT_ROOT);
	return 0;
}

int idx_walker_next(struct idx_walker *walker, struct idx_walk_dir *out, struct ax_error *err)
{
	bool was_busy = walker->current != NULL;

	if (was_busy)
		finish_current(walker);
	struct item *item = take(walker->walk, walker, was_busy);
	if (!item)
		return 0;
	walker->current = item;
	walker->fd = open_item(walker, item);
	*out = (struct idx_walk_dir){
		.path = ax_str(item->path, item->length),
		.names = item->names,
		.is_start = item->is_start,
		.failure = errno,
	};
	if (walker->fd >= 0 && describe(walker->walk, walker->fd, out) < 0) {
		out->failure = errno;
		close_fd(&walker->fd);
	}
	out->fd = walker->fd;
	if (walker->fd < 0 &&
		(out->failure == EMFILE || out->failure == ENFILE || out->failure == ENOMEM)) {
		errno = out->failure;
		return ax_fail_errno(err, "%.*s: cannot open", AX_STR_ARG(out->path));
	}
	return 1;
}
