/*
 * indexer/archives.h - archives, and the files in them, as the catalogue knows them
 *
 * An archived file keeps its place in the catalogue: under the path that it had, with its class,
 * tensors and run, and the archive that it is in. A file on the disk hides an archived one of the
 * same path; of several archived ones that of the newest archive counts. All of it is derived
 * from archives on the disk, by a layer that can read them: it asks which files may be archives,
 * and tells what is in those that are new or changed.
 */
#ifndef ARTIDX_INDEXER_ARCHIVES_H
#define ARTIDX_INDEXER_ARCHIVES_H

#include "indexer/catalog.h"

struct idx_finding;

/* One archive. identity as of the file when its members were read. */
struct idx_archive {
	struct ax_str path;    /* root-relative */
	struct ax_str base;    /* the directory that its members were in, root-relative */
	struct ax_str problem; /* what is wrong with it; "" also when it is not ours */
	uint64_t dev, ino, size;
	ax_nanoseconds mtime, ctime;
	struct ax_digest rules; /* idx_rules_digest() of what its files were classified by */
	uint64_t files, bytes;  /* of its members that are catalogued */
};

/* The archives that a snapshot knows, in no order; lent by it. */
size_t idx_snapshot_archive_count(const struct idx_snapshot *snapshot);
const struct idx_archive *idx_snapshot_archive(const struct idx_snapshot *snapshot, size_t i);

/* The one at path, or NULL. */
const struct idx_archive *idx_snapshot_archive_at(const struct idx_snapshot *snapshot,
	struct ax_str path);

/* Files on the disk that by their names may be archives: as idx_files_open(). */
int idx_archive_files_open(struct idx_snapshot *snapshot, struct idx_files **out,
	struct ax_error *err);

/*
 * A change of what is known of archives, all or nothing; the catalogue is open for writing. Where
 * a call fails with ENOBUFS, abort, idx_catalog_grow(), and do it all again.
 */
struct idx_archives_update;
int idx_archives_begin(struct idx_catalog *catalog, struct idx_archives_update **out,
	struct ax_error *err);
int idx_archives_forget(struct idx_archives_update *update, struct ax_str path,
	struct ax_error *err);

/*
 * Add an archive, in place of what was known of its path, then its files, if it has any, and end
 * it: until then the strings of all must live. Counts are filled in.
 */
int idx_archives_add(struct idx_archives_update *update, const struct idx_archive *archive,
	struct ax_error *err);
struct idx_archived_file {
	struct ax_str dir, name; /* dir is root-relative */
	enum idx_type type;
	uint64_t size;
	ax_nanoseconds mtime;
	const struct idx_finding *finding; /* lent for the call */
};
int idx_archives_add_file(struct idx_archives_update *update,
	const struct idx_archived_file *file, struct ax_error *err);
/* Say of the archive at hand what is wrong with it; its files stay. */
void idx_archives_blame(struct idx_archives_update *update, struct ax_str problem);
int idx_archives_end(struct idx_archives_update *update, struct ax_error *err);

/* Derive runs anew and commit. Ends the update, even where it fails. root: of the project. */
int idx_archives_commit(struct idx_archives_update *update, const char *root,
	struct ax_error *err);
void idx_archives_abort(struct idx_archives_update *update);

#endif
