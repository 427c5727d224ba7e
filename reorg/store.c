#include "reorg/store.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "base/path.h"
#include "reorg/journal_internal.h"
#include "reorg/plan_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	PAYLOAD_MAX = 1 << 20, /* a record beyond it is taken for good by its head alone */
};

struct reorg_store {
	int fd; /* -1: there is no directory, and nobody makes one to look at it */
	bool is_busy;
};

const char *reorg_state_name(enum reorg_state state)
{
	static const char *const names[] = {
		[REORG_PLANNED] = "planned",
		[REORG_RUNNING] = "interrupted",
		[REORG_APPLIED] = "applied",
		[REORG_UNDOING] = "undo interrupted",
		[REORG_UNDONE] = "undone",
		[REORG_ABANDONED] = "not begun",
		[REORG_DAMAGED] = "damaged",
		[REORG_NEWER] = "unreadable",
	};

	return names[state];
}

/* Make the names in a directory durable. */
static int sync_names(int dirfd, const char *path)
{
	int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int status = fd < 0 ? -1 : ax_fd_sync(fd);

	if (fd >= 0)
		close(fd);
	return status;
}

/* mkdir with the parent, each durable in the directory that holds it. */
static int make_directories(int dirfd, const char *path)
{
	char parent[PATH_MAX] = ".";
	struct ax_str dir = ax_path_dir(ax_str_from(path));

	if (dir.len >= sizeof(parent)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (dir.len) {
		memcpy(parent, dir.ptr, dir.len);
		parent[dir.len] = '\0';
		if (mkdirat(dirfd, parent, S_IRWXU) < 0 && errno != EEXIST)
			return -1;
		/* Also where it was there: who made it may have been too quick for the disk. */
		if (sync_names(dirfd, ".") < 0)
			return -1;
	}
	if (mkdirat(dirfd, path, S_IRWXU) < 0)
		return errno == EEXIST ? 0 : -1;
	return sync_names(dirfd, parent);
}

static int open_directory(int dirfd, const char *path)
{
	return openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Lock an open directory and make a store of it, which owns it, also after a failure. */
static int make_store(int fd, int lock, const char *path, struct reorg_store **out,
	struct ax_error *err)
{
	struct reorg_store *store = calloc(1, sizeof(*store));

	if (!store) {
		if (fd >= 0)
			close(fd);
		return ax_fail(err, ENOMEM, "%s: no memory", path);
	}
	store->fd = fd;
	if (fd >= 0 && flock(fd, lock | LOCK_NB) < 0) {
		store->is_busy = errno == EWOULDBLOCK;
		if (!store->is_busy || lock == LOCK_EX) {
			if (store->is_busy)
				ax_fail(err, AX_EREFUSED, "%s: another artidx is at work",
					path);
			else
				ax_fail_errno(err, "%s: cannot lock", path);
			reorg_store_close(store);
			return -1;
		}
	}
	*out = store;
	return 0;
}

int reorg_store_open(int dirfd, const char *path, struct reorg_store **out,
	struct ax_error *err)
{
	int fd = open_directory(dirfd, path);

	if (fd < 0 && errno == ENOENT) {
		if (make_directories(dirfd, path) < 0)
			return ax_fail_errno(err, "%s: cannot make the directory", path);
		fd = open_directory(dirfd, path);
	}
	if (fd < 0)
		return ax_fail_errno(err, "%s: cannot open the directory", path);
	return make_store(fd, LOCK_EX, path, out, err);
}

int reorg_store_look(int dirfd, const char *path, struct reorg_store **out,
	struct ax_error *err)
{
	int fd = open_directory(dirfd, path);

	if (fd < 0 && errno != ENOENT)
		return ax_fail_errno(err, "%s: cannot open the directory", path);
	return make_store(fd, LOCK_SH, path, out, err);
}

bool reorg_store_is_busy(const struct reorg_store *store)
{
	return store->is_busy;
}

void reorg_store_close(struct reorg_store *store)
{
	if (!store)
		return;
	if (store->fd >= 0)
		close(store->fd);
	free(store);
}

int reorg_store_fd(const struct reorg_store *store)
{
	return store->fd;
}

/* A record of a file, and how its payload starts. */
struct peeked {
	enum reorg_record_kind kind;
	uint64_t length; /* of the payload */
	char start[REORG_PLAN_START];
};

static struct ax_str start_of(const struct peeked *record)
{
	bool is_short = record->length < sizeof(record->start);

	return ax_str(record->start, is_short ? (size_t)record->length : sizeof(record->start));
}

/* Whether the record at offset has the checksum that it says. */
static bool is_whole(int fd, uint64_t offset, uint64_t length)
{
	struct ax_error ignored;
	struct ax_buf bytes = { 0 };
	struct reorg_record record;
	size_t size = REORG_RECORD_HEAD + (size_t)length;

	bool whole = ax_buf_reserve(&bytes, size) &&
		     ax_pread_full(fd, bytes.data, size, (off_t)offset, "", &ignored) == 0 &&
		     reorg_record_decode(ax_str(bytes.data, size), &record);
	ax_buf_free(&bytes);
	return whole;
}

/* The record at offset of a file, when it is whole. Plans and beginnings are only measured. */
static bool peek_record(int fd, uint64_t offset, uint64_t size, struct peeked *out)
{
	char head[REORG_RECORD_HEAD];
	struct ax_error ignored;

	/* The file may have grown since its size was asked. */
	if (offset + sizeof(head) > size ||
		ax_pread_full(fd, head, sizeof(head), (off_t)offset, "", &ignored) < 0 ||
		!reorg_record_head(ax_str(head, sizeof(head)), &out->kind, &out->length) ||
		out->length > size - offset - sizeof(head))
		return false;
	struct ax_str start = start_of(out);
	if (ax_pread_full(fd, out->start, start.len, (off_t)(offset + sizeof(head)), "",
		    &ignored) < 0)
		return false;
	bool is_large = out->length > PAYLOAD_MAX && out->kind != REORG_RECORD_NEWER;
	return out->kind <= REORG_RECORD_BEGIN || is_large || is_whole(fd, offset, out->length);
}

/* Take in what a record says, but for the state that it makes. */
static void take_in(const struct peeked *record, struct reorg_summary *summary)
{
	struct ax_reader reader = { .rest = start_of(record) };

	if (record->kind == REORG_RECORD_PLAN && !reorg_plan_peek(reader.rest, &summary->time))
		summary->state = REORG_NEWER;
	if (record->kind == REORG_RECORD_BEGIN || record->kind == REORG_RECORD_UNDO)
		summary->time = (ax_nanoseconds)ax_reader_u64(&reader);
	if (record->kind == REORG_RECORD_ORDER)
		summary->order = ax_reader_u64(&reader);
}

/* State, order and time out of the records of an open file of size bytes; false without any. */
static bool peek(int fd, uint64_t size, struct reorg_summary *summary)
{
	struct peeked record;
	uint64_t offset = 0;

	summary->state = REORG_DAMAGED;
	for (size_t i = 0; peek_record(fd, offset, size, &record); i++) {
		if (i == 1)
			summary->state = REORG_RUNNING;
		summary->state = reorg_record_state(record.kind, summary->state);
		summary->settled = reorg_record_settled(record.kind, summary->settled);
		take_in(&record, summary);
		if (summary->state == REORG_NEWER)
			return true;
		offset += REORG_RECORD_HEAD + record.length;
	}
	return offset > 0;
}

/*
 * Open a plan or a journal: 1, 0 when it is gone, -1. A plan that cannot be opened has begun nothing
 * and is as good as gone; of a journal nobody knows.
 */
static int open_entry(const struct reorg_store *store, const char *name, bool is_plan,
	int *fd_out, struct stat *st, struct ax_error *err)
{
	int fd = openat(store->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	bool is_open = fd >= 0 && fstat(fd, st) == 0;

	if (is_open && S_ISREG(st->st_mode)) {
		*fd_out = fd;
		return 1;
	}
	if (is_open)
		errno = EINVAL;
	bool is_gone = is_plan || errno == ENOENT;
	if (!is_gone)
		ax_fail_errno(err, "%s: the journal cannot be opened", name);
	if (fd >= 0)
		close(fd);
	return is_gone ? 0 : -1;
}

/* Fill *out from a directory entry: 1, 0 when it is no plan and no journal, -1. */
static int summarize(const struct reorg_store *store, const char *name,
	struct reorg_summary *out, struct ax_error *err)
{
	struct ax_str file = ax_str_from(name);
	struct stat st;
	bool is_plan = ax_str_ends(file, AX_STR(".plan"));
	int fd = -1;

	if (file.len < REORG_ID_SIZE || file.ptr[REORG_ID_SIZE - 1] != '.' ||
		!(is_plan || ax_str_ends(file, AX_STR(".journal"))))
		return 0;
	int found = open_entry(store, name, is_plan, &fd, &st, err);
	if (found <= 0)
		return found;
	*out = (struct reorg_summary){ .state = REORG_PLANNED, .settled = true };
	memcpy(out->id, name, REORG_ID_SIZE - 1);
	out->time = ax_time_of(&st.st_mtim);
	bool has_plan = peek(fd, (uint64_t)st.st_size, out);
	close(fd);
	/* One that is just being written, by whoever is at work. */
	if (is_plan && store->is_busy && !has_plan)
		return 0;
	/* Nothing was begun by it, whatever it holds. */
	if (is_plan) {
		out->state = REORG_PLANNED;
		out->order = 0;
	}
	return 1;
}

static int compare_summaries(const void *a, const void *b)
{
	const struct reorg_summary *x = a;
	const struct reorg_summary *y = b;
	bool x_is_plan = x->state == REORG_PLANNED;

	if (x_is_plan != (y->state == REORG_PLANNED))
		return x_is_plan ? 1 : -1;
	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return strcmp(x->id, y->id);
}

/* Append all summaries to buf, in no order. */
static int collect(struct reorg_store *store, struct ax_buf *buf, struct ax_error *err)
{
	struct reorg_summary summary;
	struct dirent *entry;

	if (store->fd < 0)
		return 0;
	int fd = openat(store->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir) {
		ax_fail_errno(err, "cannot list the journals");
		if (fd >= 0)
			close(fd);
		return -1;
	}
	int status = 0;
	while (status == 0 && (errno = 0, entry = readdir(dir))) {
		int found = summarize(store, entry->d_name, &summary, err);
		if (found > 0)
			ax_buf_append(buf, &summary, sizeof(summary));
		status = found < 0 ? -1 : 0;
	}
	if (status == 0)
		status = errno ? ax_fail_errno(err, "cannot list the journals")
			       : ax_buf_check(buf, "the list of journals", err);
	closedir(dir);
	return status;
}

int reorg_store_list(struct reorg_store *store, struct ax_arena *arena,
	struct reorg_summary **out, size_t *n_out, struct ax_error *err)
{
	struct ax_buf buf = { 0 };
	int status = -1;

	if (collect(store, &buf, err) < 0)
		goto out;
	struct reorg_summary *summaries = ax_arena_alloc(arena, buf.len + 1);
	if (!summaries) {
		ax_fail(err, ENOMEM, "no memory for the list of journals");
		goto out;
	}
	size_t n = buf.len / sizeof(*summaries);
	if (n) {
		memcpy(summaries, buf.data, buf.len);
		qsort(summaries, n, sizeof(*summaries), compare_summaries);
	}
	*out = summaries;
	*n_out = n;
	status = 0;
out:
	ax_buf_free(&buf);
	return status;
}

int reorg_store_last(struct reorg_store *store, uint64_t *out, struct ax_error *err)
{
	struct ax_arena arena = { 0 };
	struct reorg_summary *summaries = NULL;
	size_t n = 0;
	int status = reorg_store_list(store, &arena, &summaries, &n, err);

	*out = 0;
	for (size_t i = 0; i < n; i++) {
		if (summaries[i].order > *out)
			*out = summaries[i].order;
	}
	ax_arena_free(&arena);
	return status;
}

int reorg_store_find(struct reorg_store *store, const char *id, struct reorg_summary *out,
	struct ax_error *err)
{
	struct ax_arena arena = { 0 };
	struct reorg_summary *summaries = NULL;
	const struct reorg_summary *found = NULL;
	size_t n = 0;
	int status = -1;

	if (reorg_store_list(store, &arena, &summaries, &n, err) < 0)
		goto out;
	for (size_t i = 0; i < n; i++) {
		if (!ax_str_starts(ax_str_from(summaries[i].id), ax_str_from(id)))
			continue;
		if (found && strcmp(found->id, summaries[i].id) != 0) {
			ax_fail(err, AX_EUSAGE, "%s: more than one plan begins with that", id);
			goto out;
		}
		if (!found || found->state == REORG_PLANNED)
			found = &summaries[i];
	}
	if (!found || !*id) {
		ax_fail(err, AX_EUSAGE,
			"there is no plan '%s'; 'artidx reorg --history' lists them", id);
		goto out;
	}
	*out = *found;
	status = 0;
out:
	ax_arena_free(&arena);
	return status;
}

int reorg_store_check_finished(struct reorg_store *store, const char *except,
	struct ax_error *err)
{
	struct ax_arena arena = { 0 };
	struct reorg_summary *summaries = NULL;
	size_t n = 0;
	int status = reorg_store_list(store, &arena, &summaries, &n, err);

	for (size_t i = 0; i < n && status == 0; i++) {
		enum reorg_state state = summaries[i].state;
		if (except && strcmp(summaries[i].id, except) == 0)
			continue;
		if (state == REORG_RUNNING || state == REORG_UNDOING)
			status = ax_fail(err, AX_EREFUSED,
				"plan %s was interrupted: finish it with artidx reorg "
				"--recover",
				summaries[i].id);
		else if (state == REORG_DAMAGED)
			status = ax_fail(err, AX_EREFUSED,
				"%s.journal is damaged, so what it began is unknown: "
				"look at the tree, then move that file away",
				summaries[i].id);
		else if (state == REORG_NEWER)
			status = ax_fail(err, AX_EREFUSED,
				"%s.journal was written by a newer artidx, so what it began is "
				"unknown: use that one",
				summaries[i].id);
	}
	ax_arena_free(&arena);
	return status;
}

int reorg_store_prune(struct reorg_store *store, size_t keep, struct ax_error *err)
{
	struct ax_arena arena = { 0 };
	struct reorg_summary *summaries = NULL;
	char name[REORG_ID_SIZE + sizeof(".plan")];
	size_t n = 0;
	int status = reorg_store_list(store, &arena, &summaries, &n, err);

	for (size_t i = n; i > 0 && status == 0; i--) {
		if (summaries[i - 1].state != REORG_PLANNED || (keep && keep--))
			continue;
		snprintf(name, sizeof(name), "%s.plan", summaries[i - 1].id);
		if (unlinkat(store->fd, name, 0) < 0 && errno != ENOENT)
			status = ax_fail_errno(err, "%s: cannot remove", name);
	}
	ax_arena_free(&arena);
	return status;
}
