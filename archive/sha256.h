/*
 * archive/sha256.h - SHA-256, as sha256sum prints it
 */
#ifndef ARTIDX_ARCHIVE_SHA256_H
#define ARTIDX_ARCHIVE_SHA256_H

#include <stddef.h>

struct arc_sha256 {
	unsigned char bytes[32];
};

/* SHA-256 of a stream. Owned by the caller; NULL when memory ran out. */
struct arc_sha256_hasher;
struct arc_sha256_hasher *arc_sha256_new(void);
void arc_sha256_free(struct arc_sha256_hasher *hasher);
void arc_sha256_update(struct arc_sha256_hasher *hasher, const void *bytes, size_t len);

/* The digest; the hasher is as new afterwards. */
struct arc_sha256 arc_sha256_finish(struct arc_sha256_hasher *hasher);

/* 64 lower-case hexadecimal digits and a NUL. */
void arc_sha256_format(const struct arc_sha256 *digest, char text[65]);

#endif
