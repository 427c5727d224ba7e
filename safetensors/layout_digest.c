#include "safetensors/layout_internal.h"

/*
 * A tensor's digest is made of its name, dtype and shape. A layout's digests are the sums, in
 * two lanes of 64 bits, of its tensors' digests, without and with begin and end: a sum needs no
 * order by name. They are made when somebody asks first. Threads that ask at the same time each
 * make them, and one of them leaves them in the layout.
 */

enum state { NOT_MADE, BEING_KEPT, MADE };

struct identity {
	struct ax_digest name;
	struct ax_digest shape;
	uint32_t dtype;
	uint32_t rank;
};

struct position {
	struct ax_digest identity;
	uint64_t begin, end;
};

struct sum {
	uint64_t lanes[2];
};

static void add_digest(struct sum *sum, struct ax_digest digest)
{
	uint64_t lanes[2];

	memcpy(lanes, digest.bytes, sizeof(lanes));
	sum->lanes[0] += lanes[0];
	sum->lanes[1] += lanes[1];
}

static struct ax_digest sum_digest(const struct sum *sum)
{
	struct ax_digest digest;

	memcpy(digest.bytes, sum->lanes, sizeof(digest.bytes));
	return digest;
}

static void digest_entry(const struct sft_layout *layout, const struct sft_entry *entry,
	struct sum *sum, struct sum *exact)
{
	struct ax_str name = sft_layout_name(layout, entry);
	const struct identity identity = {
		.name = ax_hash128(name.ptr, name.len),
		.shape = ax_hash128(sft_layout_shape(layout, entry),
			entry->rank * sizeof(uint64_t)),
		.dtype = entry->dtype,
		.rank = entry->rank,
	};
	const struct position position = {
		.identity = ax_hash128(&identity, sizeof(identity)),
		.begin = entry->begin,
		.end = entry->end,
	};

	add_digest(sum, position.identity);
	add_digest(exact, ax_hash128(&position, sizeof(position)));
}

static struct sft_digests make_digests(const struct sft_layout *layout)
{
	struct sum sum = { 0 };
	struct sum exact = { 0 };

	for (uint32_t i = 0; i < layout->count; i++)
		digest_entry(layout, &layout->entries[i], &sum, &exact);
	return (struct sft_digests){ .any_place = sum_digest(&sum),
		.exact = sum_digest(&exact) };
}

static struct sft_digests get_digests(const struct sft_layout *layout)
{
	struct sft_layout *shared = sft_layout_shared(layout);
	int state = NOT_MADE;

	if (atomic_load_explicit(&shared->digest_state, memory_order_acquire) == MADE)
		return layout->digests;
	struct sft_digests digests = make_digests(layout);
	if (atomic_compare_exchange_strong(&shared->digest_state, &state, BEING_KEPT)) {
		shared->digests = digests;
		atomic_store_explicit(&shared->digest_state, MADE, memory_order_release);
	}
	return digests;
}

struct ax_digest sft_layout_digest(const struct sft_layout *layout)
{
	return get_digests(layout).any_place;
}

struct ax_digest sft_layout_exact_digest(const struct sft_layout *layout)
{
	return get_digests(layout).exact;
}
