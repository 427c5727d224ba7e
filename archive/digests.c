#include "archive/digests.h"

#include <pthread.h>
#include <stdlib.h>

struct arc_digests {
	pthread_mutex_t lock; /* over next */
	pthread_cond_t moved;
	size_t next; /* the part whose turn it is; what follows is its holder's */
	uint64_t length;
	struct arc_sha256_hasher *sha256; /* NULL where it is not asked for */
	struct ax_hasher *xxh3;
};

struct arc_digests *arc_digests_new(enum arc_digests_kind kind)
{
	struct arc_digests *digests = calloc(1, sizeof(*digests));

	if (!digests)
		return NULL;
	pthread_mutex_init(&digests->lock, NULL);
	pthread_cond_init(&digests->moved, NULL);
	digests->sha256 = kind == ARC_DIGESTS_BOTH ? arc_sha256_new() : NULL;
	digests->xxh3 = ax_hasher_new();
	if ((kind == ARC_DIGESTS_BOTH && !digests->sha256) || !digests->xxh3) {
		arc_digests_free(digests);
		return NULL;
	}
	return digests;
}

void arc_digests_free(struct arc_digests *digests)
{
	if (!digests)
		return;
	arc_sha256_free(digests->sha256);
	ax_hasher_free(digests->xxh3);
	pthread_cond_destroy(&digests->moved);
	pthread_mutex_destroy(&digests->lock);
	free(digests);
}

void arc_digests_enter(struct arc_digests *digests, size_t part)
{
	pthread_mutex_lock(&digests->lock);
	while (digests->next != part)
		pthread_cond_wait(&digests->moved, &digests->lock);
	pthread_mutex_unlock(&digests->lock);
}

void arc_digests_add(struct arc_digests *digests, const void *bytes, size_t len)
{
	if (digests->sha256)
		arc_sha256_update(digests->sha256, bytes, len);
	ax_hasher_update(digests->xxh3, bytes, len);
	digests->length += len;
}

void arc_digests_add_zeros(struct arc_digests *digests, uint64_t len)
{
	static const unsigned char zeros[64 * 1024];

	while (len) {
		size_t n = len < sizeof(zeros) ? (size_t)len : sizeof(zeros);
		arc_digests_add(digests, zeros, n);
		len -= n;
	}
}

void arc_digests_leave(struct arc_digests *digests)
{
	pthread_mutex_lock(&digests->lock);
	digests->next++;
	pthread_cond_broadcast(&digests->moved);
	pthread_mutex_unlock(&digests->lock);
}

uint64_t arc_digests_length(const struct arc_digests *digests)
{
	return digests->length;
}

void arc_digests_reset(struct arc_digests *digests)
{
	if (digests->sha256)
		arc_sha256_finish(digests->sha256);
	ax_hasher_reset(digests->xxh3);
	digests->length = 0;
}

void arc_digests_finish(struct arc_digests *digests, struct arc_sha256 *sha256,
	struct ax_digest *xxh3)
{
	if (digests->sha256)
		*sha256 = arc_sha256_finish(digests->sha256);
	*xxh3 = ax_hasher_digest(digests->xxh3);
}
