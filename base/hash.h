/*
 * base/hash.h - XXH3, for recognising equal bytes and for noticing damaged ones
 *
 * Not for secrets: whoever makes the bytes can make collisions.
 */
#ifndef ARTIDX_BASE_HASH_H
#define ARTIDX_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct ax_buf;

/* XXH3-128, in the byte order of its canonical form. */
struct ax_digest {
	unsigned char bytes[16];
};

uint64_t ax_hash64(const void *bytes, size_t len);
struct ax_digest ax_hash128(const void *bytes, size_t len);

/* XXH3-128 of a stream. Owned by the caller; NULL when memory ran out. */
struct ax_hasher;
struct ax_hasher *ax_hasher_new(void);
void ax_hasher_free(struct ax_hasher *hasher);
void ax_hasher_reset(struct ax_hasher *hasher);
void ax_hasher_update(struct ax_hasher *hasher, const void *bytes, size_t len);
struct ax_digest ax_hasher_digest(const struct ax_hasher *hasher);

/* 32 lower-case hexadecimal digits and a NUL. */
void ax_digest_format(const struct ax_digest *digest, char text[33]);

/* Append the name and the version of the library in use: "xxHash 0.8.1". */
void ax_hash_library(struct ax_buf *buf);

#endif
