/*
 * The file, all numbers little-endian:
 *
 *	16 bytes  "artidx history 1"
 *	then records, each:
 *		u32     mark 0x4D4F5645
 *		u32     length of the body
 *		u64     XXH3-64 of the body, xor the record's offset in the file
 *		body:   u8 kind (enum idx_move_kind), u8 is_dir, i64 time, text from, text to
 *			(text: varint length and bytes)
 *
 * Records are only appended, in order of what happened. What stands at the end and is no whole
 * record is what a crash left: it is cut off before the next append. A damaged record in the
 * middle is stepped over to the next mark with a right checksum, so that damage costs what it
 * hits and nothing else.
 *
 * The file is never read whole, for it grows with everything that ever moved: whoever appends
 * walks over it once through a small window, and lookups keep two small numbers a move.
 */
#include "indexer/history_internal.h"

#include "base/error.h"
#include "base/file.h"
#include "base/path.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOOKUP_AHEAD = 512 };

static const char magic[HISTORY_FILE_HEADER + 1] = "artidx history 1";

int history_no_memory(const struct idx_history *history, struct ax_error *err)
{
	return ax_fail(err, ENOMEM, "%s: no memory for the history of moves", history->path);
}

void history_surveyed(struct idx_history *history, const struct history_walk *walk)
{
	history->end = walk->end;
	history->damage = walk->damage;
	history->has_tail = walk->end < history->size;
	history->is_surveyed = true;
}

int history_survey(struct idx_history *history, struct ax_error *err)
{
	struct history_walk walk;
	int found;

	if (history->is_surveyed)
		return 0;
	history->end = history->damage = 0;
	history->has_tail = history->size > 0;
	if (history->size >= HISTORY_FILE_HEADER) {
		history_walk_begin(history, &walk);
		do
			found = history_walk_next(&walk, err);
		while (found > 0);
		history_walk_end(&walk);
		if (found < 0)
			return -1;
		history_surveyed(history, &walk);
	}
	history->is_surveyed = true;
	return 0;
}

/* An empty file, or one cut off within its header, holds nothing yet. */
static int check_magic(const struct idx_history *history, struct ax_error *err)
{
	char start[HISTORY_FILE_HEADER];
	size_t compared = history->size < sizeof(start) ? (size_t)history->size : sizeof(start);

	if (ax_pread_full(history->fd, start, compared, 0, history->path, err) < 0)
		return -1;
	if (memcmp(start, magic, compared) != 0)
		return ax_fail(err, AX_ECORRUPT,
			"%s: not a history of moves, damaged at byte 0", history->path);
	return 0;
}

/* From now on the file is fd, which st describes and the history owns. */
static int take_file(struct idx_history *history, int fd, const struct stat *st,
	struct ax_error *err)
{
	if (history->fd >= 0)
		close(history->fd);
	history->fd = fd;
	history->size = (uint64_t)st->st_size;
	history->is_surveyed = false;
	history_index_free(&history->by_from);
	history_index_free(&history->by_to);
	ax_buf_free(&history->near.bytes);
	history->near = (struct history_window){
		.fd = fd, .path = history->path, .ahead = LOOKUP_AHEAD, .size = history->size
	};
	return check_magic(history, err);
}

/* A descriptor of the regular file, whatever else has the name: -1 with errno set. */
static int open_file(const struct idx_history *history, int flags, struct stat *st)
{
	int fd = open(history->path, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
		S_IRUSR | S_IWUSR);

	if (fd < 0)
		return -1;
	if (fstat(fd, st) == 0 && S_ISREG(st->st_mode))
		return fd;
	close(fd);
	errno = EINVAL;
	return -1;
}

static int load(struct idx_history *history, struct ax_error *err)
{
	struct stat st;
	int fd = open_file(history, O_RDONLY, &st);

	if (fd < 0)
		return errno == ENOENT ? 0
				       : ax_fail_errno(err, "%s: cannot open", history->path);
	return take_file(history, fd, &st, err);
}

int idx_history_open(const char *path, struct idx_history **out, struct ax_error *err)
{
	struct idx_history *history = calloc(1, sizeof(*history));

	if (!history)
		return ax_fail(err, ENOMEM, "%s: no memory for the history of moves", path);
	history->fd = -1;
	history->path = strdup(path);
	if (!history->path) {
		free(history);
		return ax_fail(err, ENOMEM, "%s: no memory for the history of moves", path);
	}
	if (load(history, err) < 0) {
		idx_history_close(history);
		return -1;
	}
	*out = history;
	return 0;
}

void idx_history_close(struct idx_history *history)
{
	if (!history)
		return;
	if (history->fd >= 0)
		close(history->fd);
	history_index_free(&history->by_from);
	history_index_free(&history->by_to);
	ax_buf_free(&history->near.bytes);
	ax_buf_free(&history->record);
	free(history->path);
	free(history);
}

int idx_history_damage(struct idx_history *history, struct ax_error *err)
{
	if (history_survey(history, err) < 0)
		return -1;
	if (!history->damage)
		return 0;
	return ax_fail(err, AX_ECORRUPT, "%s: damaged at byte %" PRIu64 "; the rest is used",
		history->path, history->damage);
}

bool idx_history_is_empty(const struct idx_history *history)
{
	return history->size <= HISTORY_FILE_HEADER;
}

/*
 * Only one process appends at a time: a reorg does while a scan is under way. What another one has
 * added since the file was opened counts from now on.
 */
static int lock(struct idx_history *history, int fd, struct ax_error *err)
{
	struct stat st;
	int status;

	do
		status = flock(fd, LOCK_EX);
	while (status < 0 && errno == EINTR);
	if (status < 0 || fstat(fd, &st) < 0) {
		ax_fail_errno(err, "%s: cannot lock", history->path);
		close(fd);
		return -1;
	}
	return take_file(history, fd, &st, err);
}

/* Cut off what a crash left, and begin the file where there is none. */
static int prepare_end(struct idx_history *history, struct ax_error *err)
{
	if (history_survey(history, err) < 0)
		return -1;
	if (history->has_tail && ftruncate(history->fd, (off_t)history->end) < 0)
		return ax_fail_errno(err, "%s: cannot cut off its torn end", history->path);
	history->has_tail = false;
	if (history->end >= HISTORY_FILE_HEADER)
		return 0;
	if (fchmod(history->fd, S_IRUSR | S_IWUSR) < 0)
		return ax_fail_errno(err, "%s: cannot begin it", history->path);
	if (ax_pwrite_full(history->fd, magic, HISTORY_FILE_HEADER, 0, history->path, err) < 0)
		return -1;
	history->end = HISTORY_FILE_HEADER;
	return 0;
}

static int open_for_append(struct idx_history *history, struct ax_error *err)
{
	struct stat st;
	int fd = open_file(history, O_RDWR | O_CREAT, &st);

	if (fd < 0)
		return ax_fail_errno(err, "%s: cannot open", history->path);
	if (lock(history, fd, err) < 0 || prepare_end(history, err) < 0)
		return -1;
	history->is_writable = true;
	return 0;
}

static void encode_move(struct ax_buf *buf, const struct idx_move *move)
{
	ax_buf_append_byte(buf, (char)move->kind);
	ax_buf_append_byte(buf, move->is_dir);
	ax_buf_append_u64(buf, (uint64_t)move->time);
	ax_buf_append_sized(buf, move->from);
	ax_buf_append_sized(buf, move->to);
}

/* The record that stands at offset, in history->record. */
static int encode_record(struct idx_history *history, const struct idx_move *move,
	uint64_t offset, struct ax_error *err)
{
	struct ax_buf *record = &history->record;

	ax_buf_clear(record);
	ax_buf_append_u32(record, HISTORY_MARK);
	ax_buf_append_u32(record, 0);
	ax_buf_append_u64(record, 0);
	encode_move(record, move);
	if (record->failed)
		return history_no_memory(history, err);
	struct ax_str body = ax_str_slice(ax_buf_str(record), HISTORY_RECORD_HEADER, SIZE_MAX);
	if (body.len > HISTORY_BODY_MAX)
		return ax_fail(err, ENAMETOOLONG, "%s: a name is too long for it",
			history->path);
	uint32_t length = htole32((uint32_t)body.len);
	uint64_t checksum = htole64(history_checksum(body, offset));
	memcpy(record->data + 4, &length, sizeof(length));
	memcpy(record->data + 8, &checksum, sizeof(checksum));
	return 0;
}

int idx_history_append(struct idx_history *history, const struct idx_move *move,
	struct ax_error *err)
{
	struct ax_buf *record = &history->record;

	if (!history->is_writable && open_for_append(history, err) < 0)
		return -1;
	/* Half a record is what a crash leaves, too: the next one is written over it. */
	if (encode_record(history, move, history->end, err) < 0 ||
		ax_pwrite_full(history->fd, record->data, record->len, (off_t)history->end,
			history->path, err) < 0)
		return -1;
	history->end += record->len;
	history->size = history->near.size = history->end;
	history_index_free(&history->by_from);
	history_index_free(&history->by_to);
	return 0;
}

int idx_history_sync(struct idx_history *history, struct ax_error *err)
{
	char *dir = NULL;

	if (!history->is_writable)
		return 0;
	if (ax_fd_sync(history->fd) < 0)
		return ax_fail_errno(err, "%s: cannot sync", history->path);
	if (history->is_synced)
		return 0;
	struct ax_str parent = ax_path_dir(ax_str_from(history->path));
	dir = strndup(parent.len ? parent.ptr : ".", parent.len ? parent.len : 1);
	if (!dir)
		return history_no_memory(history, err);
	int status = ax_dir_sync(AT_FDCWD, dir, err);
	free(dir);
	history->is_synced = status == 0;
	return status;
}
