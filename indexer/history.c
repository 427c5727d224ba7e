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
 * Looking up: a path may have been moved itself, or as part of any directory above it. Records are
 * found through two indexes, by the hashes of from and to, each in order of (hash, number). They
 * are made when they are first needed.
 */
#include "indexer/history.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/path.h"
#include "base/reader.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	RECORD_HEADER = 16,
	FILE_HEADER = 16,
};

static const char magic[FILE_HEADER + 1] = "artidx history 1";
static const uint32_t record_mark = 0x4D4F5645;

struct index_item {
	uint64_t hash;
	uint32_t number;
};

struct idx_history {
	char *path;
	int fd;          /* -1 while the file does not exist, or cannot be written to */
	uint64_t end;    /* where the next record goes */
	uint64_t size;   /* of the file as it was read */
	bool has_tail;   /* something that is no record stands behind end */
	bool is_synced;  /* the file's name is durable */
	uint64_t damage; /* offset of the first damaged record, or 0 */
	struct ax_arena arena;
	size_t count, capacity;
	struct idx_move *moves;
	size_t indexed; /* how many moves the indexes hold */
	struct index_item *by_from, *by_to;
	struct ax_buf record;
};

static uint64_t record_checksum(struct ax_str body, uint64_t offset)
{
	return ax_hash64(body.ptr, body.len) ^ offset;
}

static int no_memory(const struct idx_history *history, struct ax_error *err)
{
	return ax_fail(err, ENOMEM, "%s: no memory for the history of moves", history->path);
}

/* The record at offset, if there is a sound one. Its strings are borrowed from the content. */
static bool read_record(struct ax_str content, uint64_t offset, struct idx_move *out,
	size_t *length_out)
{
	struct ax_reader reader = {
		.rest = ax_str_slice(content, (size_t)offset, content.len),
	};
	uint32_t mark = ax_reader_u32(&reader);
	uint32_t length = ax_reader_u32(&reader);
	uint64_t checksum = ax_reader_u64(&reader);
	struct ax_str body = ax_reader_bytes(&reader, length);

	if (reader.failed || mark != record_mark || checksum != record_checksum(body, offset))
		return false;
	reader = (struct ax_reader){ .rest = body };
	out->kind = (enum idx_move_kind)ax_reader_byte(&reader);
	out->is_dir = ax_reader_byte(&reader) != 0;
	out->time = (ax_nanoseconds)ax_reader_u64(&reader);
	out->from = ax_reader_sized(&reader);
	out->to = ax_reader_sized(&reader);
	*length_out = RECORD_HEADER + (size_t)length;
	return !reader.failed && reader.rest.len == 0 && out->kind <= IDX_MOVE_RESTORED;
}

static int add_move(struct idx_history *history, const struct idx_move *move,
	struct ax_error *err)
{
	if (history->count == history->capacity) {
		size_t capacity = history->capacity * 2 + 64;
		struct idx_move *moves = realloc(history->moves, capacity * sizeof(*moves));
		if (!moves || capacity > UINT32_MAX) {
			history->moves = moves ? moves : history->moves;
			return no_memory(history, err);
		}
		history->moves = moves;
		history->capacity = capacity;
	}
	char *from = ax_arena_copy(&history->arena, move->from);
	char *to = ax_arena_copy(&history->arena, move->to);
	if (!from || !to)
		return no_memory(history, err);
	struct idx_move *copy = &history->moves[history->count++];
	*copy = *move;
	copy->from = ax_str(from, move->from.len);
	copy->to = ax_str(to, move->to.len);
	return 0;
}

/* The next offset behind damage where a sound record begins, or the end. */
static uint64_t find_record(struct ax_str content, uint64_t offset)
{
	uint32_t mark = htole32(record_mark);
	struct idx_move move;
	size_t length;

	for (;;) {
		const char *at = offset < content.len
					 ? memmem(content.ptr + offset, content.len - offset,
						   &mark, sizeof(mark))
					 : NULL;
		if (!at)
			return content.len;
		offset = (uint64_t)(at - content.ptr);
		if (read_record(content, offset, &move, &length))
			return offset;
		offset++;
	}
}

static int read_all(struct idx_history *history, struct ax_str content, struct ax_error *err)
{
	uint64_t offset = FILE_HEADER;

	history->end = FILE_HEADER;
	while (offset < content.len) {
		struct idx_move move;
		size_t length;
		if (!read_record(content, offset, &move, &length)) {
			uint64_t next = find_record(content, offset + 1);
			if (next < content.len && !history->damage)
				history->damage = offset;
			offset = next;
			continue;
		}
		if (add_move(history, &move, err) < 0)
			return -1;
		offset += length;
		history->end = offset;
	}
	history->has_tail = history->end < content.len;
	return 0;
}

/* Read what is there. An empty file, or one cut off within its header, holds nothing yet. */
static int load(struct idx_history *history, struct ax_error *err)
{
	struct ax_buf content = { 0 };
	int status = -1;

	if (ax_file_read(AT_FDCWD, history->path, SIZE_MAX / 4, &content, err) < 0) {
		if (err->code == ENOENT)
			status = 0;
		goto out;
	}
	history->size = content.len;
	size_t compared = content.len < FILE_HEADER ? content.len : FILE_HEADER;
	if (compared && memcmp(content.data, magic, compared) != 0) {
		ax_fail(err, AX_ECORRUPT, "%s: not a history of moves, damaged at byte 0",
			history->path);
		goto out;
	}
	if (content.len < FILE_HEADER) {
		history->has_tail = content.len > 0;
		status = 0;
		goto out;
	}
	status = read_all(history, ax_buf_str(&content), err);
out:
	ax_buf_free(&content);
	return status;
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
	ax_arena_free(&history->arena);
	ax_buf_free(&history->record);
	free(history->moves);
	free(history->by_from);
	free(history->by_to);
	free(history->path);
	free(history);
}

int idx_history_damage(const struct idx_history *history, struct ax_error *err)
{
	if (!history->damage)
		return 0;
	return ax_fail(err, AX_ECORRUPT, "%s: damaged at byte %" PRIu64 "; the rest is used",
		history->path, history->damage);
}

bool idx_history_is_empty(const struct idx_history *history)
{
	return history->count == 0;
}

/*
 * Only one process appends at a time: a reorg does while a scan is under way. What another one has
 * added since the file was read is read now; strings lent out before stay where they are.
 */
static int lock_and_catch_up(struct idx_history *history, int fd, struct ax_error *err)
{
	struct stat st;
	int status;

	do
		status = flock(fd, LOCK_EX);
	while (status < 0 && errno == EINTR);
	if (status < 0 || fstat(fd, &st) < 0)
		return ax_fail_errno(err, "%s: cannot lock", history->path);
	if ((uint64_t)st.st_size == history->size)
		return 0;
	history->count = history->indexed = 0;
	history->end = history->damage = 0;
	history->has_tail = false;
	return load(history, err);
}

/* Open for writing: cut off what a crash left, and begin the file where there is none. */
static int open_for_append(struct idx_history *history, struct ax_error *err)
{
	int fd = open(history->path,
		O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
		S_IRUSR | S_IWUSR);

	if (fd < 0)
		return ax_fail_errno(err, "%s: cannot open", history->path);
	if (lock_and_catch_up(history, fd, err) < 0) {
		close(fd);
		return -1;
	}
	if (history->has_tail && ftruncate(fd, (off_t)history->end) < 0) {
		ax_fail_errno(err, "%s: cannot cut off its torn end", history->path);
		close(fd);
		return -1;
	}
	history->has_tail = false;
	if (history->end < FILE_HEADER) {
		if (fchmod(fd, S_IRUSR | S_IWUSR) < 0 ||
			ax_pwrite_full(fd, magic, FILE_HEADER, 0, history->path, err) < 0) {
			close(fd);
			return ax_fail(err, EIO, "%s: cannot begin it", history->path);
		}
		history->end = FILE_HEADER;
	}
	history->fd = fd;
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

int idx_history_append(struct idx_history *history, const struct idx_move *move,
	struct ax_error *err)
{
	struct ax_buf *record = &history->record;

	if (history->fd < 0 && open_for_append(history, err) < 0)
		return -1;
	ax_buf_clear(record);
	ax_buf_append_u32(record, record_mark);
	ax_buf_append_u32(record, 0);
	ax_buf_append_u64(record, 0);
	encode_move(record, move);
	if (record->failed || record->len > UINT32_MAX)
		return no_memory(history, err);
	struct ax_str body = ax_str(record->data + RECORD_HEADER, record->len - RECORD_HEADER);
	uint32_t length = htole32((uint32_t)body.len);
	uint64_t checksum = htole64(record_checksum(body, history->end));
	memcpy(record->data + 4, &length, sizeof(length));
	memcpy(record->data + 8, &checksum, sizeof(checksum));
	/* Half a record is what a crash leaves, too: the next one is written over it. */
	if (ax_pwrite_full(history->fd, record->data, record->len, (off_t)history->end,
		    history->path, err) < 0)
		return -1;
	if (add_move(history, move, err) < 0)
		return -1;
	history->end += record->len;
	return 0;
}

int idx_history_sync(struct idx_history *history, struct ax_error *err)
{
	char *dir = NULL;

	if (history->fd < 0)
		return 0;
	if (fsync(history->fd) < 0)
		return ax_fail_errno(err, "%s: cannot sync", history->path);
	if (history->is_synced)
		return 0;
	struct ax_str parent = ax_path_dir(ax_str_from(history->path));
	dir = strndup(parent.len ? parent.ptr : ".", parent.len ? parent.len : 1);
	if (!dir)
		return no_memory(history, err);
	int status = ax_dir_sync(AT_FDCWD, dir, err);
	free(dir);
	history->is_synced = status == 0;
	return status;
}

/* Indexes. */

static int compare_items(const void *a, const void *b)
{
	const struct index_item *x = a;
	const struct index_item *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

static struct index_item *make_index(const struct idx_history *history, bool by_from)
{
	struct index_item *items = malloc((history->count + 1) * sizeof(*items));

	for (size_t i = 0; items && i < history->count; i++) {
		const struct idx_move *move = &history->moves[i];
		struct ax_str path = by_from ? move->from : move->to;
		items[i].hash = ax_hash64(path.ptr, path.len);
		items[i].number = (uint32_t)i;
	}
	if (items)
		qsort(items, history->count, sizeof(*items), compare_items);
	return items;
}

static int need_indexes(struct idx_history *history, struct ax_error *err)
{
	if (history->by_from && history->indexed == history->count)
		return 0;
	free(history->by_from);
	free(history->by_to);
	history->by_from = make_index(history, true);
	history->by_to = make_index(history, false);
	if (!history->by_from || !history->by_to)
		return no_memory(history, err);
	history->indexed = history->count;
	return 0;
}

/* Place of the first item that is not before (hash, number). */
static size_t lower_bound(const struct index_item *items, size_t count, uint64_t hash,
	uint64_t number)
{
	size_t low = 0;
	size_t high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct index_item *item = &items[middle];
		if (item->hash < hash || (item->hash == hash && item->number < number))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Which way a path is followed, and by which of a move's paths. */
struct direction {
	const struct index_item *items;
	bool by_from;
};

static struct ax_str end_of(const struct idx_history *history, struct direction direction,
	uint32_t number)
{
	const struct idx_move *move = &history->moves[number];

	return direction.by_from ? move->from : move->to;
}

static const size_t nothing = SIZE_MAX;

/* The first move numbered start or more whose end is exactly path. */
static size_t first_exact(const struct idx_history *history, struct direction direction,
	struct ax_str path, size_t start, bool needs_dir)
{
	uint64_t hash = ax_hash64(path.ptr, path.len);

	for (size_t i = lower_bound(direction.items, history->count, hash, start);
		i < history->count && direction.items[i].hash == hash; i++) {
		uint32_t number = direction.items[i].number;
		if (ax_str_equal(end_of(history, direction, number), path) &&
			(!needs_dir || history->moves[number].is_dir))
			return number;
	}
	return nothing;
}

/* The last move numbered below limit whose end is exactly path. */
static size_t last_exact(const struct idx_history *history, struct direction direction,
	struct ax_str path, size_t limit, bool needs_dir)
{
	uint64_t hash = ax_hash64(path.ptr, path.len);

	for (size_t i = lower_bound(direction.items, history->count, hash, limit); i > 0; i--) {
		uint32_t number = direction.items[i - 1].number;
		if (direction.items[i - 1].hash != hash)
			break;
		if (ax_str_equal(end_of(history, direction, number), path) &&
			(!needs_dir || history->moves[number].is_dir))
			return number;
	}
	return nothing;
}

/* The same for moves that took path along with a directory above it. */
static size_t first_covering(const struct idx_history *history, struct direction direction,
	struct ax_str path, size_t start)
{
	size_t best = first_exact(history, direction, path, start, false);

	for (struct ax_str dir = ax_path_dir(path); dir.len; dir = ax_path_dir(dir)) {
		size_t found = first_exact(history, direction, dir, start, true);
		if (found < best)
			best = found;
	}
	return best;
}

static size_t last_covering(const struct idx_history *history, struct direction direction,
	struct ax_str path, size_t limit)
{
	size_t best = last_exact(history, direction, path, limit, false);

	for (struct ax_str dir = ax_path_dir(path); dir.len; dir = ax_path_dir(dir)) {
		size_t found = last_exact(history, direction, dir, limit, true);
		if (found != nothing && (best == nothing || found > best))
			best = found;
	}
	return best;
}

/* path with its beginning from replaced by to, in the arena. */
static bool replace_start(struct ax_arena *arena, struct ax_str path, struct ax_str from,
	struct ax_str to, struct ax_str *out)
{
	size_t rest = path.len - from.len;
	char *copy = ax_arena_alloc(arena, to.len + rest + 1);

	if (!copy)
		return false;
	memcpy(copy, to.ptr, to.len);
	memcpy(copy + to.len, path.ptr + from.len, rest);
	*out = ax_str(copy, to.len + rest);
	return true;
}

/* A growing list of moves, copied to the arena at the end. */
struct steps {
	size_t count, capacity;
	struct idx_move *items;
};

static bool add_step(struct steps *steps, const struct idx_move *move)
{
	if (steps->count == steps->capacity) {
		size_t capacity = steps->capacity * 2 + 8;
		struct idx_move *items = realloc(steps->items, capacity * sizeof(*items));
		if (!items)
			return false;
		steps->items = items;
		steps->capacity = capacity;
	}
	steps->items[steps->count++] = *move;
	return true;
}

static bool keep_steps(const struct steps *steps, struct ax_arena *arena, struct idx_move **out,
	size_t *n_out)
{
	struct idx_move *copy = ax_arena_alloc(arena, (steps->count + 1) * sizeof(*copy));

	if (!copy)
		return false;
	for (size_t i = 0; i < steps->count; i++)
		copy[i] = steps->items[i];
	*out = copy;
	*n_out = steps->count;
	return true;
}

/*
 * What was at path when it last left: a name may have been used by several files, one after the
 * other, and the last one is meant.
 */
int idx_history_resolve(struct idx_history *history, struct ax_str path, struct ax_arena *arena,
	struct ax_str *out, struct idx_move **steps_out, size_t *n_steps, struct ax_error *err)
{
	struct steps steps = { 0 };
	struct ax_str at = path;
	int status = -1;

	if (need_indexes(history, err) < 0)
		return -1;
	struct direction forward = { history->by_from, true };
	size_t number = last_covering(history, forward, path, history->count);
	if (number == nothing)
		return 0;
	while (number != nothing) {
		const struct idx_move *move = &history->moves[number];
		if (!add_step(&steps, move) ||
			!replace_start(arena, at, move->from, move->to, &at)) {
			no_memory(history, err);
			goto out;
		}
		number = first_covering(history, forward, at, number + 1);
	}
	if (steps_out && !keep_steps(&steps, arena, steps_out, n_steps)) {
		no_memory(history, err);
		goto out;
	}
	*out = at;
	status = 1;
out:
	free(steps.items);
	return status;
}

int idx_history_origins(struct idx_history *history, struct ax_str path, struct ax_arena *arena,
	struct idx_move **out, size_t *n_out, struct ax_error *err)
{
	struct steps steps = { 0 };
	struct ax_str at = path;
	int status = -1;

	if (need_indexes(history, err) < 0)
		return -1;
	struct direction backward = { history->by_to, false };
	struct direction forward = { history->by_from, true };
	size_t limit = history->count;
	for (;;) {
		size_t arrival = last_covering(history, backward, at, limit);
		size_t departure = last_covering(history, forward, at, limit);
		/* What arrived and left again is not what is there now. */
		if (arrival == nothing || (departure != nothing && departure > arrival))
			break;
		const struct idx_move *move = &history->moves[arrival];
		if (!add_step(&steps, move) ||
			!replace_start(arena, at, move->to, move->from, &at)) {
			no_memory(history, err);
			goto out;
		}
		limit = arrival;
	}
	if (!keep_steps(&steps, arena, out, n_out)) {
		no_memory(history, err);
		goto out;
	}
	status = 0;
out:
	free(steps.items);
	return status;
}
