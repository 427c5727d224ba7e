/*
 * indexer/scan_internal.h - how the parts of a scan work together
 *
 * Workers (scan_worker.c) take directories from the walk, compare each with what the catalogue
 * says of it (scan_compare.c), and examine what is new or changed (scan_examine.c). An unchanged
 * directory ends there. All else goes in batches (scan_batch.c) to the one thread that writes
 * (scan_write.c); batches come back empty, which bounds memory. Then follow what vanished
 * (scan_removed.c), what moved (scan_moves.c) and what runs there are (scan_runs.c).
 *
 *	walk -> worker -> full batches -> writer -> empty batches -> worker
 */
#ifndef ARTIDX_INDEXER_SCAN_INTERNAL_H
#define ARTIDX_INDEXER_SCAN_INTERNAL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/queue.h"
#include "indexer/catalog_internal.h"
#include "indexer/examine.h"
#include "indexer/listing.h"
#include "indexer/scan.h"
#include "indexer/update.h"
#include "indexer/walk.h"

#include <pthread.h>

enum {
	SCAN_PROBLEMS = 10000,
	SCAN_BATCH_WEIGHT = 256 * 1024, /* bytes in a batch that is handed over */
};

/* What tells a file wherever its name goes. */
struct scan_identity {
	uint64_t dev, ino, size;
	ax_nanoseconds mtime;
};
uint64_t scan_identity_hash(const struct scan_identity *identity);
bool scan_identity_equal(const struct scan_identity *a, const struct scan_identity *b);

/* What an examiner found, until the writer has given it numbers. */
struct scan_finding {
	struct ax_str class_name, why, problem;
	bool has_detail;
	struct ax_str detail;            /* encoded */
	const struct sft_layout *layout; /* a reference that the batch holds, or NULL */
};

struct scan_file {
	struct idx_file file; /* without a finding, its numbers hold */
	const struct scan_finding *finding;
	bool arrived; /* its inode was not under this name before: it may have moved here */
	bool added;   /* nothing had this name before */
};

/* A chunk to be stored; n 0: the directory has no files left. */
struct scan_chunk {
	struct scan_chunk *next;
	struct ax_str dir;
	struct ax_digest digest;
	uint64_t dev;
	uint32_t number;
	bool has_more;
	bool drop_rest; /* the directory had chunks behind this one */
	size_t n, capacity;
	struct scan_file *files;
};

/* A file that is not under this name any more. */
struct scan_removed {
	struct scan_removed *next;
	struct scan_identity identity;
	struct ax_str path;
	bool replaced; /* another file has its name now */
	bool moved;
};

struct scan_drop {
	struct scan_drop *next;
	uint64_t detail;
};

/* Work for the writer, all in its arena. */
struct scan_batch {
	struct ax_arena arena;
	size_t weight;
	struct scan_chunk *first, *last;
	struct scan_removed *removed;
	struct scan_drop *drops;
	bool related; /* a file that runs are derived from came, changed or went */
	/* The last finding of nothing but class and evidence: files that are alike share it. */
	const struct scan_finding *plain;
};

/* The problems of a scan: the first SCAN_PROBLEMS by path, and how many more. */
struct scan_problems {
	struct ax_arena arena;
	size_t count;
	struct idx_problem *items; /* room for twice SCAN_PROBLEMS */
	uint64_t more;
};
int scan_problems_add(struct scan_problems *problems, struct ax_str path, const char *status,
	struct ax_str why, struct ax_error *err);
/* Add all of from; the result is ordered by path. */
int scan_problems_merge(struct scan_problems *problems, const struct scan_problems *from,
	struct ax_error *err);
/* Add them to those of a report, which stay ordered by path. */
int scan_problems_report(const struct scan_problems *problems, struct idx_scan_report *out,
	struct ax_error *err);
void scan_problems_free(struct scan_problems *problems);

/* Paths in an arena. */
struct scan_paths {
	struct ax_arena arena;
	size_t count, capacity;
	struct ax_str *items;
};
int scan_paths_add(struct scan_paths *paths, struct ax_str path, struct ax_error *err);
void scan_paths_free(struct scan_paths *paths);

/* Where a scan begins. */
struct scan_target {
	struct ax_str path;          /* a directory */
	struct idx_walk_names names; /* only these of it, when there are some */
};

/* One scan; what threads share. Read-only while they run, but for what is named. */
struct scan {
	const struct idx_scan_options *options;
	struct idx_catalog *catalog;
	int rootfd;
	uint64_t root_dev, root_ino;
	bool same_root;   /* the catalogue was made of this very directory */
	bool is_first;    /* the catalogue was empty */
	bool examine_all; /* whatever it says */
	bool whole;       /* what is not found at all is gone */
	bool everything;  /* no data directory exists: all below the root is scanned */
	ax_nanoseconds started;
	struct {
		uint64_t dev, ino;
	} own[2]; /* directories never entered */
	size_t n_targets;
	struct scan_target *targets;
	struct ax_arena arena;
	struct sft_layout_cache *layouts;
	struct idx_known_layouts *known;
	struct idx_walk *walk;
	struct ax_queue *full, *empty; /* of struct scan_batch */
	struct scan_worker *workers;   /* room for max_workers */
	unsigned max_workers;
	unsigned n_batches;         /* in the queues and in the hands of workers */
	_Atomic unsigned n_workers; /* that were started; more may be hired while some work */
	_Atomic unsigned working;   /* that may still hand over batches */
	_Atomic bool failed;
	pthread_mutex_t mutex; /* for failure, and hiring */
	struct ax_error failure;
};

/* Where the scan begins goes to its targets and its walk. */
int scan_choose_targets(struct scan *scan, struct ax_error *err);

/* Start workers, as many as fit; wait for them once no batch comes any more; release them. */
int scan_crew_start(struct scan *scan, struct ax_error *err);
void scan_crew_join(struct scan *scan);
void scan_crew_free(struct scan *scan);

/* One less that may hand over batches: the last one ends the writer's work. */
void scan_crew_leave(struct scan *scan);

/*
 * Start one more worker. By workers themselves, when they wait for disks: these take many
 * requests at once. Whether there is room for one and memory is not the caller's concern.
 */
void scan_hire(struct scan *scan);

/* Note a failure, the first one counts, and have everybody stop. Always -1. */
int scan_fail(struct scan *scan, const struct ax_error *err);
bool scan_should_stop(const struct scan *scan);

/* What a worker counted. */
struct scan_counts {
	uint64_t files, directories, bytes, read, unchanged, added, changed, removed;
	uint64_t symlinks, specials;
};

struct scan_worker {
	struct scan *scan;
	pthread_t thread;
	struct idx_walker *walker;
	struct idx_listing *listing;
	struct idx_examiner *examiner;
	struct idx_snapshot *before; /* NULL in a first scan */
	struct scan_batch *batch;    /* being filled, or NULL */
	struct ax_buf path, detail;
	size_t n_old, old_capacity;
	struct idx_chunk *old; /* the chunks of the directory being visited */
	long last_tick;        /* of the clock, when it last looked at disks */
	long blocks_read;      /* from them, by this thread, then */
	bool is_cold;          /* some were since the time before */
	struct scan_counts counts;
	size_t n_visited, visited_capacity;
	struct ax_digest *visited; /* stored directories that still exist */
	struct scan_paths unknown; /* directories that could not be read */
	struct scan_problems problems;
};

/* Make a worker ready; run it as a thread's function; release what it holds. */
int scan_worker_init(struct scan_worker *worker, struct scan *scan, struct ax_error *err);
void *scan_worker_run(void *worker);
void scan_worker_fini(struct scan_worker *worker);

/* A directory being visited. */
struct scan_visit {
	const struct idx_walk_dir *dir;
	struct ax_digest digest;  /* of its path */
	struct scan_chunk *chunk; /* being filled, or NULL */
	struct ax_str dir_copy;   /* in the batch that the chunk is in */
	uint32_t number;          /* of the next chunk */
};

/* Compare what is listed with what was stored, and hand over what is not the same. */
int scan_compare(struct scan_worker *worker, struct scan_visit *visit, struct ax_error *err);

/* Examine one file; old is NULL for a new one. 1 with *out filled, 0 when it vanished, -1. */
int scan_examine(struct scan_worker *worker, const struct scan_visit *visit,
	const struct idx_listed *now, const struct idx_file *old, struct scan_file *out,
	struct ax_error *err);

/* Always -1. */
int scan_no_memory(struct ax_str path, struct ax_error *err);

/* dir "/" name, borrowed until the next call. */
struct ax_str scan_full_path(struct scan_worker *worker, struct ax_str dir, struct ax_str name);
int scan_report_problem(struct scan_worker *worker, struct ax_str dir, struct ax_str name,
	const char *status, struct ax_str why, struct ax_error *err);

/*
 * The batch being filled: have one, waiting until the writer has given one back; give it to the
 * writer. Memory and copies of strings in it, NULL or false when memory ran out.
 */
int scan_need_batch(struct scan_worker *worker, struct ax_error *err);
void scan_hand_over(struct scan_worker *worker);
void *scan_allocate(struct scan_worker *worker, size_t size);
bool scan_copy(struct scan_worker *worker, struct ax_str s, struct ax_str *out);

/*
 * In it, a chunk of the directory, and room in that for one more file of at most expected that
 * may still come; the caller counts it once it is filled.
 */
int scan_begin_chunk(struct scan_worker *worker, struct scan_visit *visit, size_t expected,
	struct ax_error *err);
int scan_need_file(struct scan_worker *worker, struct scan_visit *visit, size_t expected,
	struct scan_file **out, struct ax_error *err);

/* In it, a file that is not under its name any more, and a detail (0: none) that nobody needs. */
int scan_note_removed(struct scan_worker *worker, const struct scan_visit *visit,
	const struct idx_file *old, uint64_t dev, bool replaced, struct ax_error *err);
int scan_drop_detail(struct scan_worker *worker, uint64_t detail, struct ax_error *err);

/* What the writer gathers. */
struct scan_writer {
	struct scan *scan;
	struct idx_update *update;
	struct ax_arena arena; /* for removed files */
	size_t n_removed;
	struct scan_removed *removed;
	size_t n_places, place_capacity;
	struct scan_place {
		struct ax_digest dir;
		uint32_t chunk;
	} * places;
	size_t n_arrived, arrived_capacity;
	struct scan_arrived {
		uint64_t hash; /* of the identity */
		uint32_t place;
		uint16_t index; /* in the chunk */
		bool added;
	} * arrived;
	bool related;
	struct {
		const struct scan_finding *finding; /* of the batch at hand, or NULL */
		uint32_t class_id, note;
	} plain; /* the numbers of the plain finding that came last */
};
/* Store what is in the batch, and empty it. */
int scan_write_batch(struct scan_writer *writer, struct scan_batch *batch,
	struct ax_error *err);
/* Give back what the batch holds. */
void scan_batch_clear(struct scan_batch *batch);
void scan_writer_fini(struct scan_writer *writer);

/* Note a removed file that nobody handed over. */
int scan_writer_remove(struct scan_writer *writer, const struct scan_removed *removed,
	struct ax_error *err);

/*
 * Drop the stored directories that no worker saw, but for those outside the targets and those
 * below a directory that could not be read.
 */
int scan_drop_vanished(struct scan_writer *writer, struct scan_counts *counts,
	struct ax_error *err);

/* A place among the files that arrived, which are in the order of their places. */
struct scan_arrival_cursor {
	uint32_t place;
	bool has_chunk;
	struct idx_chunk chunk;
	struct idx_chunk_cursor files;
	struct idx_file file;
};

/* Go to the file that arrived: 1, 0 when its chunk is not there any more, -1. */
int scan_seek_arrival(struct scan_writer *writer, struct scan_arrival_cursor *cursor,
	const struct scan_arrived *arrived, struct ax_error *err);

/* Name what arrived at a path that a file was moved away from; after scan_find_moves(). */
int scan_find_resurrected(struct scan_writer *writer, struct idx_history *history,
	struct scan_problems *problems, struct ax_error *err);

/* Match what went with what came, and write it to the history. */
int scan_find_moves(struct scan_writer *writer, struct idx_history *history,
	struct scan_counts *counts, uint64_t *moved_out, struct ax_error *err);

/* Derive runs anew. */
int scan_derive_runs(struct idx_update *update, const char *root, struct ax_error *err);

#endif
