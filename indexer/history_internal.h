/*
 * indexer/history_internal.h - an open history, for its own parts only
 *
 *	history.c        the file: opened, appended to, made durable
 *	history_read.c   its records, read through a small window
 *	history_paths.c  where a path went and came from
 *
 * Nothing here is kept a record, but for the indexes that lookups need: 8 bytes a move each.
 */
#ifndef ARTIDX_INDEXER_HISTORY_INTERNAL_H
#define ARTIDX_INDEXER_HISTORY_INTERNAL_H

#include "base/buf.h"
#include "indexer/history.h"

enum {
	HISTORY_FILE_HEADER = 16,
	HISTORY_RECORD_HEADER = 16,
	HISTORY_BODY_MAX = 1 << 24, /* two names of any length that a system lets files have */
};

#define HISTORY_MARK 0x4D4F5645U

/* A place in the file behind every record. */
#define HISTORY_NOWHERE UINT64_MAX

/* Part of the file. */
struct history_window {
	int fd;           /* borrowed */
	const char *path; /* for messages, borrowed */
	size_t ahead;     /* how much is read at once */
	uint64_t size;    /* of the file: nothing is read beyond it */
	uint64_t start;   /* where the bytes stand */
	struct ax_buf bytes;
};

/*
 * The moves by one of their ends: the top 24 bits of its hash, then the record's place, ascending.
 * So those of one path stand together, in order of what happened.
 */
struct history_index {
	size_t count, capacity;
	uint64_t *keys; /* NULL until it is made */
};

struct idx_history {
	char *path;
	int fd;           /* -1 while the file does not exist */
	bool is_writable; /* it is open for appending, and locked */
	bool is_surveyed; /* end, has_tail and damage are known */
	bool has_tail;    /* something that is no record stands behind end */
	bool is_synced;   /* the file's name is durable */
	uint64_t size;
	uint64_t end;    /* where the next record goes */
	uint64_t damage; /* offset of the first damaged record, or 0 */
	struct ax_buf record;
	struct history_index by_from, by_to;
	struct history_window near; /* for single records */
};

uint64_t history_checksum(struct ax_str body, uint64_t offset);

/* A walk over all records. */
struct history_walk {
	struct history_window window;
	uint64_t offset;      /* of the record that was found last */
	uint64_t end;         /* behind it */
	uint64_t damage;      /* offset of the first damage with a sound record behind, or 0 */
	struct idx_move move; /* borrowed from the window, until the next step */
};
void history_walk_begin(const struct idx_history *history, struct history_walk *walk);
/* The next sound record: 1, 0 when there is none, -1. */
int history_walk_next(struct history_walk *walk, struct ax_error *err);
void history_walk_end(struct history_walk *walk);

/*
 * The record at offset: 1, 0 when there is no sound one, -1. *out is borrowed from the window until
 * it is used again; *end_out is where the record ends.
 */
int history_read(struct history_window *window, uint64_t offset, struct idx_move *out,
	uint64_t *end_out, struct ax_error *err);

/* Find out where the file ends and whether it is damaged, unless that is known. */
int history_survey(struct idx_history *history, struct ax_error *err);
/* Take that from a walk that went to the end. */
void history_surveyed(struct idx_history *history, const struct history_walk *walk);

void history_index_free(struct history_index *index);

int history_no_memory(const struct idx_history *history, struct ax_error *err);

#endif
