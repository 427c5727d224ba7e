#include "archive/sha256.h"

#include <assert.h>
#include <openssl/evp.h>

/*
 * Once a context is set up, OpenSSL's software digests have no way to fail; what a broken
 * installation might do is caught by arc_sha256_new().
 */

struct arc_sha256_hasher *arc_sha256_new(void)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	if (context && !EVP_DigestInit_ex(context, EVP_sha256(), NULL)) {
		EVP_MD_CTX_free(context);
		context = NULL;
	}
	return (struct arc_sha256_hasher *)context;
}

void arc_sha256_free(struct arc_sha256_hasher *hasher)
{
	EVP_MD_CTX_free((EVP_MD_CTX *)hasher);
}

void arc_sha256_update(struct arc_sha256_hasher *hasher, const void *bytes, size_t len)
{
	EVP_DigestUpdate((EVP_MD_CTX *)hasher, bytes, len);
}

struct arc_sha256 arc_sha256_finish(struct arc_sha256_hasher *hasher)
{
	struct arc_sha256 digest = { { 0 } };
	unsigned n = 0;

	EVP_DigestFinal_ex((EVP_MD_CTX *)hasher, digest.bytes, &n);
	EVP_DigestInit_ex((EVP_MD_CTX *)hasher, EVP_sha256(), NULL);
	assert(n == sizeof(digest.bytes));
	return digest;
}

void arc_sha256_format(const struct arc_sha256 *digest, char text[65])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < sizeof(digest->bytes); i++) {
		text[2 * i] = digits[digest->bytes[i] >> 4];
		text[2 * i + 1] = digits[digest->bytes[i] & 15];
	}
	text[64] = '\0';
}
