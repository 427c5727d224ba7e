/*
 * archive/digests.h - the digests of a file, fed by several threads in the file's order
 *
 * A large file is worked on in parts, by any thread; the digests need the parts one after the
 * other. Each part has a number, and whoever holds it waits until the parts before it are in.
 * That cannot lock up as long as parts are given to threads in ascending order.
 */
#ifndef ARTIDX_ARCHIVE_DIGESTS_H
#define ARTIDX_ARCHIVE_DIGESTS_H

#include "archive/sha256.h"
#include "base/hash.h"

#include <stdbool.h>
#include <stdint.h>

struct arc_digests;

/*
 * XXH3-128 finds whatever disks and memory do to a file, and costs next to nothing; SHA-256 takes
 * longer than all else that is done to a file together.
 */
enum arc_digests_kind { ARC_DIGESTS_FAST /* XXH3-128 */, ARC_DIGESTS_BOTH };

/* NULL when memory ran out. */
struct arc_digests *arc_digests_new(enum arc_digests_kind kind);
void arc_digests_free(struct arc_digests *digests);

/* Wait for the turn of part; then add bytes and zeros, any number of times; then give it on. */
void arc_digests_enter(struct arc_digests *digests, size_t part);
void arc_digests_add(struct arc_digests *digests, const void *bytes, size_t len);
void arc_digests_add_zeros(struct arc_digests *digests, uint64_t len);
void arc_digests_leave(struct arc_digests *digests);

/* Bytes added so far. By whoever has the turn, or when all parts are in. */
uint64_t arc_digests_length(const struct arc_digests *digests);

/* Forget what was added: for another file, which is in one part. */
void arc_digests_reset(struct arc_digests *digests);

/*
 * When all parts are in. Once, or once after each reset. *sha256 is left alone where it was not
 * asked for.
 */
void arc_digests_finish(struct arc_digests *digests, struct arc_sha256 *sha256,
	struct ax_digest *xxh3);

#endif
