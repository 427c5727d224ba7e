/*
 * archive/pack_internal.h - between the thread that lays out an archive and those that fill it
 *
 * The owner walks the members and makes jobs; a worker reads the originals, digests them and
 * makes frames; the owner writes these in order.
 */
#ifndef ARTIDX_ARCHIVE_PACK_INTERNAL_H
#define ARTIDX_ARCHIVE_PACK_INTERNAL_H

#include "archive/digests.h"
#include "archive/frame.h"
#include "archive/planar.h"
#include "archive/tree.h"
#include "base/buf.h"
#include "base/error.h"

struct arc_progress;

/* A large member while its parts are under way. */
struct arc_large {
	size_t member;
	struct arc_planar *planar; /* NULL: stored as it is */
	struct arc_digests *digests;
};
void arc_large_free(struct arc_large *large);

/* A small file that a worker reads into the content of a group. */
struct arc_small {
	size_t member;
	size_t at; /* in the content */
};

/* What one frame, or a few that belong together, are made of. */
struct arc_pack_job {
	/* A group: tar headers, padding, and gaps for small files. Or the MANIFEST. */
	struct ax_buf content;
	struct arc_small *smalls;
	size_t n_smalls, capacity;
	bool is_manifest;

	/* Or the stored bytes from begin to end of a large member; else NULL. */
	struct arc_large *large;
	size_t part;
	uint64_t begin, end;
	bool is_last; /* the large member ends here */

	/* The result. */
	struct ax_buf frames;
	struct arc_frame_size {
		uint64_t size, content;
	} * sizes;
	size_t n_sizes, sizes_capacity;
	uint64_t bytes; /* of originals that were read */
	struct ax_error error;
};
void arc_pack_job_free(struct arc_pack_job *job);

/* What all workers share: read only, but for the members a job is about. */
struct arc_pack_shared {
	struct arc_opener *opener;
	struct arc_member *members;
	const struct arc_source *sources; /* of members[n_about] and so on */
	size_t n_about;
	struct arc_pack_scratch **scratches; /* one a worker */
};

/* A worker's own. */
struct arc_pack_scratch;
int arc_pack_scratch_new(struct arc_pack_scratch **out, struct ax_error *err);
void arc_pack_scratch_free(struct arc_pack_scratch *scratch);

/* Make the frames of a job: for struct arc_work. context is a struct arc_pack_shared. */
void arc_pack_work(void *context, unsigned worker, void *job);

/*
 * Make the frames of the MANIFEST's job. The digests in it are not known yet when it has its turn:
 * noise is in their places, which compresses as badly as they do, and there is some room to spare,
 * which a filler takes. place is 0 then; later it is what all of that came to.
 */
int arc_pack_manifest(struct arc_pack_job *job, struct arc_encoder *encoder, size_t place,
	struct ax_error *err);

/* Open the original of a member, which has to be what it was. Returns the descriptor. */
int arc_pack_open(const struct arc_pack_shared *shared, size_t member, struct ax_error *err);

/* Read from it; one that has become shorter has changed: AX_EREFUSED. */
int arc_pack_read(const struct arc_member *member, int fd, void *bytes, size_t size,
	uint64_t offset, struct ax_error *err);

/* Whether it still is what it was: AX_EREFUSED. */
int arc_pack_check(const struct arc_pack_shared *shared, size_t member, int fd,
	struct ax_error *err);

/*
 * Make copies of those of n members that have the same bytes as an earlier one: flag and target.
 * Which ones depends on their contents and order alone.
 */
int arc_pack_find_copies(struct arc_pack_shared *shared, size_t n,
	struct arc_progress *progress, struct ax_error *err);

#endif
