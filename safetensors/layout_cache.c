#include "safetensors/layout_internal.h"

#include "base/error.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

/*
 * A hash table of what was read lately, the least lately used going first. Headers come from
 * strangers who may make hashes collide, so a hash only says where to look: what counts is that
 * the bytes are equal, and where two texts share a hash the first one stays. So it need not see
 * all of a text, which is compared anyway: samples tell layouts apart that differ at all.
 *
 * A remembered layout owns its text ("tail"), so it can be compared outside the lock.
 */

enum {
	BUCKET_BYTES = 8192, /* of the limit for each bucket */
	MIN_BUCKETS = 64,
	MAX_BUCKETS = 65536,
	LARGEST_PART = 4, /* of the limit, that one layout may take */
	LONGEST_CHAIN = 16,
	SAMPLES = 16,
	SAMPLE_BYTES = 64,
};

struct item {
	struct item *next;          /* in its bucket */
	struct item *newer, *older; /* by last use, in a ring through the cache's own item */
	struct sft_layout *layout;  /* one reference */
	uint64_t hash;
	size_t bytes;
};

struct sft_layout_cache {
	pthread_mutex_t lock; /* of all that follows but for limit and mask */
	struct item **buckets;
	struct item ring; /* older than it is the newest item, newer than it the oldest */
	size_t bytes;
	size_t limit;
	size_t mask;
};

int sft_layout_cache_new(size_t memory_limit, struct sft_layout_cache **out,
	struct ax_error *err)
{
	struct sft_layout_cache *cache = calloc(1, sizeof(*cache));
	size_t buckets = MIN_BUCKETS;

	while (buckets < MAX_BUCKETS && buckets < memory_limit / BUCKET_BYTES)
		buckets *= 2;
	if (cache)
		cache->buckets = calloc(buckets, sizeof(struct item *));
	if (!cache || !cache->buckets || pthread_mutex_init(&cache->lock, NULL) != 0) {
		if (cache)
			free(cache->buckets);
		free(cache);
		return ax_fail(err, ENOMEM, "no memory for the cache of tensor lists");
	}
	cache->ring.newer = &cache->ring;
	cache->ring.older = &cache->ring;
	cache->limit = memory_limit;
	cache->mask = buckets - 1;
	*out = cache;
	return 0;
}

static void unlink_use(struct item *item)
{
	item->newer->older = item->older;
	item->older->newer = item->newer;
}

static void link_newest(struct sft_layout_cache *cache, struct item *item)
{
	item->newer = &cache->ring;
	item->older = cache->ring.older;
	item->older->newer = item;
	cache->ring.older = item;
}

/* Where the item with that hash is linked; or where it would be, which is taken in a full chain. */
static struct item **find_place(struct sft_layout_cache *cache, uint64_t hash)
{
	struct item **place = &cache->buckets[hash & cache->mask];

	for (int i = 0; i < LONGEST_CHAIN && *place && (*place)->hash != hash; i++)
		place = &(*place)->next;
	return place;
}

static void free_item(struct item *item)
{
	sft_layout_unref(item->layout);
	free(item);
}

static void evict_oldest(struct sft_layout_cache *cache)
{
	struct item *item = cache->ring.newer;

	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): what was freed has left the ring */
	*find_place(cache, item->hash) = item->next;
	unlink_use(item);
	cache->bytes -= item->bytes;
	free_item(item);
}

void sft_layout_cache_free(struct sft_layout_cache *cache)
{
	if (!cache)
		return;
	for (struct item *item = cache->ring.newer; item != &cache->ring;) {
		struct item *next = item->newer;
		free_item(item);
		item = next;
	}
	pthread_mutex_destroy(&cache->lock);
	free(cache->buckets);
	free(cache);
}

static uint64_t hash_samples(struct ax_str text)
{
	char samples[SAMPLES * SAMPLE_BYTES + sizeof(uint64_t)];
	uint64_t len = text.len;
	size_t last = text.len - SAMPLE_BYTES;

	if (text.len <= sizeof(samples))
		return ax_hash64(text.ptr, text.len);
	for (size_t i = 0; i < SAMPLES; i++)
		memcpy(samples + i * SAMPLE_BYTES, text.ptr + last * i / (SAMPLES - 1),
			SAMPLE_BYTES);
	memcpy(samples + (size_t)SAMPLES * SAMPLE_BYTES, &len, sizeof(len));
	return ax_hash64(samples, sizeof(samples));
}

struct sft_layout *sft_layout_cache_find(struct sft_layout_cache *cache, struct ax_str tail,
	uint64_t *hash)
{
	struct sft_layout *layout = NULL;

	*hash = hash_samples(tail);
	pthread_mutex_lock(&cache->lock);
	struct item *item = *find_place(cache, *hash);
	if (item && item->hash == *hash) {
		unlink_use(item);
		link_newest(cache, item);
		layout = item->layout;
		sft_layout_ref(layout);
	}
	pthread_mutex_unlock(&cache->lock);

	if (layout && !ax_str_equal(ax_str(layout->tail, layout->tail_len), tail)) {
		sft_layout_unref(layout);
		return NULL;
	}
	return layout;
}

static size_t memory_of(const struct sft_layout *layout)
{
	return sizeof(struct item) + sizeof(*layout) +
	       layout->count * sizeof(*layout->entries) +
	       layout->dims_count * sizeof(*layout->dims) + layout->names_len +
	       layout->tail_len;
}

/* Nobody else knows the layout yet. */
static bool keep_tail(struct sft_layout *layout, struct ax_str tail)
{
	layout->tail = malloc(tail.len);
	if (!layout->tail)
		return false;
	memcpy(layout->tail, tail.ptr, tail.len);
	layout->tail_len = tail.len;
	layout->tail_digest = ax_hash128(tail.ptr, tail.len);
	return true;
}

void sft_layout_cache_add(struct sft_layout_cache *cache, struct ax_str tail, uint64_t hash,
	struct sft_layout *layout)
{
	if (tail.len + memory_of(layout) > cache->limit / LARGEST_PART)
		return;
	struct item *item = malloc(sizeof(*item));
	if (!item || !keep_tail(layout, tail)) {
		free(item);
		return;
	}
	*item = (struct item){ .layout = layout, .hash = hash, .bytes = memory_of(layout) };

	pthread_mutex_lock(&cache->lock);
	while (cache->bytes + item->bytes > cache->limit)
		evict_oldest(cache);
	struct item **place = find_place(cache, hash);
	bool is_new = !*place;
	if (is_new) {
		*place = item;
		link_newest(cache, item);
		cache->bytes += item->bytes;
		sft_layout_ref(layout);
	}
	pthread_mutex_unlock(&cache->lock);
	if (!is_new)
		free(item);
}
