#include "base/hash.h"

#include "base/buf.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

struct ax_hasher {
	XXH3_state_t *state;
};

static struct ax_digest canonical(XXH128_hash_t hash)
{
	XXH128_canonical_t form;
	struct ax_digest digest;

	XXH128_canonicalFromHash(&form, hash);
	memcpy(digest.bytes, form.digest, sizeof(digest.bytes));
	return digest;
}

uint64_t ax_hash64(const void *bytes, size_t len)
{
	return XXH3_64bits(bytes, len);
}

struct ax_digest ax_hash128(const void *bytes, size_t len)
{
	return canonical(XXH3_128bits(bytes, len));
}

struct ax_hasher *ax_hasher_new(void)
{
	struct ax_hasher *hasher = calloc(1, sizeof(*hasher));

	if (!hasher)
		return NULL;
	hasher->state = XXH3_createState();
	if (!hasher->state) {
		free(hasher);
		return NULL;
	}
	ax_hasher_reset(hasher);
	return hasher;
}

void ax_hasher_free(struct ax_hasher *hasher)
{
	if (!hasher)
		return;
	XXH3_freeState(hasher->state);
	free(hasher);
}

void ax_hasher_reset(struct ax_hasher *hasher)
{
	XXH3_128bits_reset(hasher->state);
}

void ax_hasher_update(struct ax_hasher *hasher, const void *bytes, size_t len)
{
	XXH3_128bits_update(hasher->state, bytes, len);
}

struct ax_digest ax_hasher_digest(const struct ax_hasher *hasher)
{
	return canonical(XXH3_128bits_digest(hasher->state));
}

void ax_digest_format(const struct ax_digest *digest, char text[33])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < sizeof(digest->bytes); i++) {
		text[2 * i] = digits[digest->bytes[i] >> 4];
		text[2 * i + 1] = digits[digest->bytes[i] & 15];
	}
	text[32] = '\0';
}

void ax_hash_library(struct ax_buf *buf)
{
	unsigned version = XXH_versionNumber();

	ax_buf_printf(buf, "xxHash %u.%u.%u", version / 10000, version / 100 % 100,
		version % 100);
}
