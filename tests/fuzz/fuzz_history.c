#include "base/arena.h"
#include "base/error.h"
#include "fuzz.h"
#include "indexer/history_internal.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * A whole history of moves. Checksums are set right, but for those that are all ones, because no
 * input would ever have one. Whatever the file is, what is appended to it is found again.
 */

static void need(bool is_so)
{
	if (!is_so)
		abort();
}

/* Set right the checksum of each record that follows the one before. */
static void set_checksums(char *bytes, size_t size)
{
	size_t at = HISTORY_FILE_HEADER;

	while (at + HISTORY_RECORD_HEADER <= size) {
		uint32_t length;
		uint64_t checksum;

		memcpy(&length, bytes + at + 4, sizeof(length));
		memcpy(&checksum, bytes + at + 8, sizeof(checksum));
		length = le32toh(length);
		if (length > size - at - HISTORY_RECORD_HEADER)
			return;
		struct ax_str body = ax_str(bytes + at + HISTORY_RECORD_HEADER, length);
		if (checksum != UINT64_MAX) {
			checksum = htole64(history_checksum(body, at));
			memcpy(bytes + at + 8, &checksum, sizeof(checksum));
		}
		at += HISTORY_RECORD_HEADER + length;
	}
}

static void write_file(const char *path, const uint8_t *data, size_t size)
{
	char *bytes = malloc(size + 1);
	FILE *file = fopen(path, "wb");

	need(bytes && file);
	if (size)
		memcpy(bytes, data, size);
	set_checksums(bytes, size);
	need(fwrite(bytes, 1, size, file) == size && fclose(file) == 0);
	free(bytes);
}

/* How many moves there are; of each, where it went to can be asked. */
static size_t use_moves(struct idx_history *history)
{
	struct ax_error err = { 0 };
	struct history_walk walk;
	size_t n = 0;
	int found;

	if (idx_history_is_empty(history))
		return 0;
	history_walk_begin(history, &walk);
	while ((found = history_walk_next(&walk, &err)) > 0) {
		struct ax_arena arena = { 0 };
		struct idx_move *steps;
		struct ax_str now;
		size_t n_steps;
		need(n++ < history->size);
		need(idx_history_resolve(history, walk.move.from, &arena, &now, &steps,
			     &n_steps, &err) == 1 &&
			n_steps > 0);
		need(idx_history_origins(history, walk.move.to, &arena, &steps, &n_steps,
			     &err) == 0);
		ax_arena_free(&arena);
	}
	need(found == 0);
	history_walk_end(&walk);
	return n;
}

static void try_history(const char *path)
{
	static const struct idx_move move = { .kind = IDX_MOVE_SEEN,
		.from = AX_STR_INIT("from/here"),
		.to = AX_STR_INIT("to/there") };
	struct idx_history *history = NULL;
	struct ax_error err = { 0 };
	size_t n;

	if (idx_history_open(path, &history, &err) < 0) {
		need(err.code == AX_ECORRUPT && *err.message);
		return;
	}
	n = use_moves(history);
	need(idx_history_damage(history, &err) == 0 || err.code == AX_ECORRUPT);
	need(idx_history_append(history, &move, &err) == 0 &&
		idx_history_sync(history, &err) == 0);
	idx_history_close(history);

	need(idx_history_open(path, &history, &err) == 0);
	need(use_moves(history) == n + 1);
	idx_history_close(history);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/shm/artidx-fuzz-%ld", (long)getpid());
	write_file(path, data, size);
	try_history(path);
	unlink(path);
	return 0;
}
