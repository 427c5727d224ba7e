/*
 * indexer/catalog.h - the catalogue: everything known, kept in LMDB
 *
 * The schema stands at the top of catalog.c. The catalogue is a cache of the disk: it can be
 * rebuilt at any time, and every value carries a checksum, so damage is reported as AX_ECATALOG
 * and never shown as data. What cannot be rebuilt (the history of moves) is in history.h.
 */
#ifndef ARTIDX_INDEXER_CATALOG_H
#define ARTIDX_INDEXER_CATALOG_H

#include "base/arena.h"
#include "indexer/record.h"

struct ax_error;

/* An open catalogue. One per process: LMDB's locks demand it. */
struct idx_catalog;

enum idx_access {
	IDX_READ,  /* never creates anything; fails with ENOENT where there is no catalogue */
	IDX_WRITE, /* creates what is missing; takes the lock that only one process has */
};

/*
 * Open the catalogue in directory path. AX_ECATALOG: damaged, foreign, of a newer version, or on
 * a network file system. AX_EREFUSED: another process holds the lock; the message names it.
 */
int idx_catalog_open(const char *path, enum idx_access access, struct idx_catalog **out,
	struct ax_error *err);
void idx_catalog_close(struct idx_catalog *catalog);

/*
 * A state of the catalogue that stays as it is however long it is looked at. Everything read
 * from a snapshot is borrowed from it, until its end, unless an arena is given.
 */
struct idx_snapshot;
int idx_snapshot_begin(struct idx_catalog *catalog, struct idx_snapshot **out,
	struct ax_error *err);
void idx_snapshot_end(struct idx_snapshot *snapshot);

/* When the last scan began, and what it counted. 0 when there was none. */
struct idx_totals {
	ax_nanoseconds scanned;
	uint64_t files, directories, bytes;
	uint64_t runs;
};
void idx_snapshot_totals(const struct idx_snapshot *snapshot, struct idx_totals *out);

/* The classes in use, by id: 0 .. count-1. id for a name: false when no file has it. */
uint32_t idx_snapshot_class_count(const struct idx_snapshot *snapshot);
struct ax_str idx_snapshot_class_name(const struct idx_snapshot *snapshot, uint32_t id);
bool idx_snapshot_class_id(const struct idx_snapshot *snapshot, struct ax_str name,
	uint32_t *out);

/* Files and bytes of each class id, without visiting any file. Arrays of class_count. */
struct idx_class_sum {
	uint64_t files, bytes;
};
int idx_snapshot_class_sums(struct idx_snapshot *snapshot, struct idx_class_sum *sums,
	struct ax_error *err);

/*
 * What a walk over the files may leave out. All conditions that are set must hold; what is left
 * out is skipped by directory where the index allows. Zero-initialised: everything.
 */
struct idx_filter {
	const uint32_t *classes; /* ids; NULL: any */
	size_t n_classes;
	struct ax_str below; /* root-relative directory; "" : everywhere */
	bool has_size;
	uint64_t size_min, size_max;
	bool has_mtime;
	ax_nanoseconds mtime_min, mtime_max;
	/*
	 * Leave out directories in which no path has this part, whatever its case. Files of the
	 * others all come. With or_detail, directories with a file that has a detail come too.
	 */
	struct ax_str part;
	bool or_detail;
	bool archived; /* archived files too: behind all others, see archives.h */
};

/* Files ordered by directory key, then name; not by path. */
struct idx_files;
int idx_files_open(struct idx_snapshot *snapshot, const struct idx_filter *filter,
	struct idx_files **out, struct ax_error *err);
/* Those that lie in one root-relative directory itself, by name. dir must outlive the walk. */
int idx_files_open_dir(struct idx_snapshot *snapshot, struct ax_str dir, struct idx_files **out,
	struct ax_error *err);

/* 1 with *out valid until the next call, 0 at the end, -1. */
int idx_files_next(struct idx_files *files, struct idx_entry *out, struct ax_error *err);
/* Entries looked at so far, for --explain. */
uint64_t idx_files_visited(const struct idx_files *files);
void idx_files_close(struct idx_files *files);

/* One file by its root-relative path: 1, 0, -1. */
int idx_snapshot_find(struct idx_snapshot *snapshot, struct ax_str path, struct idx_entry *out,
	struct ax_error *err);

/* The same, where it is not on the disk in an archive: entry->archive names it. */
int idx_snapshot_find_anywhere(struct idx_snapshot *snapshot, struct ax_str path,
	struct idx_entry *out, struct ax_error *err);

/* The detail of an entry (entry->detail is not 0): arrays live in arena, strings as said above. */
int idx_snapshot_detail(struct idx_snapshot *snapshot, const struct idx_entry *entry,
	struct ax_arena *arena, struct idx_detail *out, struct ax_error *err);

/* Which run a file belongs to: 1, or 0 (*out is all zero), -1. */
int idx_snapshot_owner(struct idx_snapshot *snapshot, const struct idx_entry *entry,
	struct idx_owner *out, struct ax_error *err);

/* One tensor of a stored list, ordered by (begin, end, name). Borrowed from the cursor. */
struct idx_tensor {
	struct ax_str name;
	unsigned dtype; /* enum sft_dtype */
	unsigned rank;
	const uint64_t *shape;
	uint64_t begin, end;
};
struct idx_tensors;
int idx_tensors_open(struct idx_snapshot *snapshot, const struct idx_detail *detail,
	struct idx_tensors **out, struct ax_error *err);
int idx_tensors_next(struct idx_tensors *tensors, struct idx_tensor *out, struct ax_error *err);
void idx_tensors_close(struct idx_tensors *tensors);

/* Runs ordered by id; arrays of *out live in arena. 1, 0, -1. */
struct idx_run_cursor;
int idx_run_cursor_open(struct idx_snapshot *snapshot, struct idx_run_cursor **out,
	struct ax_error *err);
int idx_run_cursor_next(struct idx_run_cursor *cursor, struct ax_arena *arena,
	struct idx_run *out, struct ax_error *err);
void idx_run_cursor_close(struct idx_run_cursor *cursor);
int idx_snapshot_run(struct idx_snapshot *snapshot, struct ax_str id, struct ax_arena *arena,
	struct idx_run *out, struct ax_error *err);

/* Let changes add twice as much, after one that failed with ENOBUFS. */
int idx_catalog_grow(struct idx_catalog *catalog, struct ax_error *err);

/* Remove the catalogue in directory path, so that the next scan makes a new one. */
int idx_catalog_remove(const char *path, struct ax_error *err);

#endif
