/*
 * indexer/catalog_internal.h - what the parts of the catalogue share
 *
 * catalog.c opens it and looks things up, files.c walks over files, catalog_runs.c over runs,
 * update.c changes it.
 */
#ifndef ARTIDX_INDEXER_CATALOG_INTERNAL_H
#define ARTIDX_INDEXER_CATALOG_INTERNAL_H

#include "indexer/archives.h"
#include "indexer/catalog.h"
#include "indexer/chunk.h"
#include "indexer/intern.h"
#include "indexer/store.h"

enum {
	CATALOG_VERSION = 2,
	CATALOG_DIR_KEY = 20,      /* digest of the path, number of the chunk */
	CATALOG_ZONE_KEY = 22,     /* class, then a key as above */
	CATALOG_ARCHIVED_KEY = 24, /* digest of the path, number of the archive, of the chunk */
	/* In place of a class: */
	CATALOG_RELATED = 0xFFFF,  /* files that runs are derived from */
	CATALOG_ARCHIVES = 0xFFFE, /* files that may be archives */
	CATALOG_CLASSES = 0xFFFE,  /* there are fewer */
};

struct idx_catalog {
	struct idx_store *store;
};

/* The record "state". */
struct catalog_state {
	bool complete;   /* false while a first scan is being written */
	uint64_t number; /* of the transaction that wrote it */
	ax_nanoseconds scanned;
	uint64_t directories; /* that the last scan saw */
	uint64_t stored_dirs; /* that have a chunk */
	uint64_t next_detail; /* key of the next new detail */
	uint64_t outdated;    /* details dropped and notes added since the last sweep */
	uint32_t next_note;   /* number of the next new note */
	uint64_t root_dev, root_ino;
	struct ax_digest rules;
	uint64_t files, bytes, runs;
};

struct idx_snapshot {
	struct idx_catalog *catalog;
	struct idx_txn *txn;
	bool owns_txn;
	struct catalog_state state;
	struct idx_intern classes;
	struct idx_class_sum *sums; /* one a class */
	struct catalog_note *notes; /* by number, as far as they were asked for */
	size_t n_archives;          /* by number */
	struct catalog_archive *archives;
};

struct catalog_note {
	struct ax_str why, problem;
	bool known;
};

struct catalog_archive {
	uint32_t number;
	struct idx_archive record;
};

/* What one class has in one chunk. */
struct catalog_zone {
	uint32_t files;
	uint64_t bytes;
	uint64_t size_min, size_max;
	ax_nanoseconds mtime_min, mtime_max;
};

void catalog_dir_key(struct ax_digest dir, uint32_t chunk, char key[CATALOG_DIR_KEY]);
void catalog_zone_key(uint32_t class_id, const char *dir_key, char key[CATALOG_ZONE_KEY]);
void catalog_u64_key(uint64_t number, char key[8]);
void catalog_u32_key(uint32_t number, char key[4]);
uint32_t catalog_key_u32(const char *bytes); /* big-endian, as keys have it */

void catalog_zone_encode(struct ax_buf *buf, const struct catalog_zone *zone);
bool catalog_zone_decode(struct ax_str bytes, struct catalog_zone *out);

/* As idx_catalog_open(). */
int catalog_open(const char *path, const struct idx_store_options *options,
	struct idx_catalog **out, struct ax_error *err);

/* "the catalogue is damaged": a value that is not what it should be. */
int catalog_damaged(const struct idx_catalog *catalog, const char *what, struct ax_error *err);

/* A snapshot of what txn sees, be it complete or not. The transaction stays the caller's. */
int catalog_snapshot_of(struct idx_catalog *catalog, struct idx_txn *txn,
	struct idx_snapshot **out, struct ax_error *err);

int catalog_state_put(struct idx_txn *txn, const struct catalog_state *state,
	struct ax_error *err);
int catalog_classes_put(struct idx_txn *txn, const struct idx_intern *classes,
	const struct idx_class_sum *sums, struct ax_error *err);

/* The chunk under a key of the dirs table: checked against it. 1, 0, -1. */
int catalog_chunk_get(struct idx_catalog *catalog, struct idx_txn *txn, const char *dir_key,
	struct idx_chunk *out, struct ax_error *err);
int catalog_chunk_decode(const struct idx_catalog *catalog, struct ax_str key,
	struct ax_str value, struct idx_chunk *out, struct ax_error *err);

/* Evidence and problem of a note. Borrowed from the snapshot. */
int catalog_note_get(struct idx_snapshot *snapshot, uint32_t number,
	const struct catalog_note **out, struct ax_error *err);

/*
 * Drop tensor lists that no detail has and notes that no file has: both are shared, and go when
 * enough was replaced for a look at everything to pay.
 */
int catalog_sweep(struct idx_catalog *catalog, struct idx_txn *txn, uint32_t next_note,
	struct ax_error *err);

/* Archives of a snapshot, and their records. */
int catalog_archives_load(struct idx_snapshot *snapshot, struct ax_error *err);
void catalog_archive_encode(struct ax_buf *buf, const struct idx_archive *archive);
void catalog_archived_key(struct ax_digest dir, uint32_t archive, uint32_t chunk,
	char key[CATALOG_ARCHIVED_KEY]);
uint32_t catalog_archived_number(struct ax_str key);

/* A walk over the chunks of archived files: 1 and the next one, 0, -1. */
struct catalog_archived;
int catalog_archived_open(struct idx_snapshot *snapshot, struct catalog_archived **out,
	struct ax_error *err);
void catalog_archived_close(struct catalog_archived *archived);
int catalog_archived_next(struct catalog_archived *archived, struct idx_chunk *chunk,
	struct ax_error *err);

/* Of the chunk at hand: whether nothing hides the file called name, 1, 0, -1; its archive. */
int catalog_archived_shows(struct catalog_archived *archived, const struct idx_chunk *chunk,
	struct ax_str name, struct ax_error *err);
struct ax_str catalog_archived_path(const struct catalog_archived *archived);

/* As idx_files_open(), over the files that runs are derived from: also archived ones. */
int catalog_related_open(struct idx_snapshot *snapshot, struct idx_files **out,
	struct ax_error *err);

/* A stored file with names in place of numbers. */
int catalog_entry(struct idx_snapshot *snapshot, const struct idx_chunk *chunk,
	const struct idx_file *file, struct idx_entry *out, struct ax_error *err);

#endif
