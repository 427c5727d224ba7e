/*
 * safetensors/layout_internal.h - how a list of tensors is kept, built, checked and remembered
 *
 *	builder:  add tensors in the order of the text, then finish: of equal names the last one
 *	          stays, the rest is put in the order of the data and checked
 *	cache:    finds a finished list by the text that it came from
 */
#ifndef ARTIDX_SAFETENSORS_LAYOUT_INTERNAL_H
#define ARTIDX_SAFETENSORS_LAYOUT_INTERNAL_H

#include "safetensors/header.h"
#include "safetensors/scanner.h"

#include <stdatomic.h>

/* One tensor; name and shape are indexes into the layout's names and dims. */
struct sft_entry {
	uint64_t begin, end;
	uint32_t name, name_len;
	uint32_t shape, rank;
	uint32_t at; /* of the name's quote, from the start of the text: for messages */
	enum sft_dtype dtype;
};

struct sft_digests {
	struct ax_digest any_place, exact;
};

/* Constant once it is finished, but for the atomic members and what they guard. */
struct sft_layout {
	atomic_uint references;
	atomic_int digest_state; /* of digests; see layout_digest.c */
	struct sft_digests digests;
	unsigned warnings; /* about the text that the tensors came from */
	struct sft_entry *entries;
	uint64_t *dims;
	char *names;
	uint32_t count;      /* of entries */
	uint32_t dims_count; /* of shapes, which tensors may share */
	uint32_t names_len;
	uint32_t dtypes;
	uint64_t elements;
	uint64_t data_bytes;
	char *tail; /* the text that the tensors came from, where a cache remembers it */
	size_t tail_len;
	struct ax_digest tail_digest; /* of tail, where there is one */
};

/* The same layout, for its atomic members. */
struct sft_layout *sft_layout_shared(const struct sft_layout *layout);

struct ax_str sft_layout_name(const struct sft_layout *layout, const struct sft_entry *entry);

/* Its shape, NULL where no tensor of the layout has one. */
const uint64_t *sft_layout_shape(const struct sft_layout *layout,
	const struct sft_entry *entry);

/* A shape that was met, as indexes into dims; rank is 0 in an empty place. */
struct sft_met_shape {
	uint32_t start, rank;
};

struct sft_layout_builder {
	struct sft_layout *layout;       /* owned until finished */
	struct sft_met_shape shapes[16]; /* by hash: what comes again is kept once */
	size_t entry_room, dims_room, names_room;
	size_t text_start, text_len; /* predict what is to come */
	bool is_ascending;           /* the names, so that none comes again */
	bool is_ordered;             /* as the layout is to be */
};

/* Where a rule was broken. */
struct sft_place {
	uint64_t offset;       /* from the start of the file */
	struct ax_str tensor;  /* its name; ptr is NULL where it is not about one */
	struct ax_str culprit; /* the text at fault, likewise */
};

/* Fill *problem; the place joins the message. Returns 0. */
int sft_refuse(struct sft_problem *problem, enum sft_verdict verdict, struct sft_place place,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/*
 * The tensors are read from text_len bytes from text_start on, counted as in sft_entry.at. False
 * when memory ran out.
 */
bool sft_layout_builder_init(struct sft_layout_builder *builder, size_t text_start,
	size_t text_len);
void sft_layout_builder_fini(struct sft_layout_builder *builder);

/*
 * Add one dimension to the shape of the tensor that begins at at in the text and is added next,
 * and add that tensor, whose shape is what was added of dims since entry.shape. False when
 * memory ran out.
 */
bool sft_layout_builder_add_dim(struct sft_layout_builder *builder, uint64_t dim, size_t at);
bool sft_layout_builder_add(struct sft_layout_builder *builder, struct sft_entry entry,
	struct sft_string name);

/* 1 *out is handed over, 0 refused, -1 memory ran out. */
int sft_layout_builder_finish(struct sft_layout_builder *builder, struct sft_layout **out,
	struct sft_problem *problem);

/*
 * Check offsets, shapes and sizes of an ordered layout, and fill in its sums.
 * False after filling *problem.
 */
bool sft_layout_check(struct sft_layout *layout, struct sft_problem *problem);

/*
 * The layout that came from a text equal to tail, with a reference for the caller, or NULL; and
 * remember layout for it. *hash passes from the first to the second. Remembering may fail
 * silently.
 */
struct sft_layout *sft_layout_cache_find(struct sft_layout_cache *cache, struct ax_str tail,
	uint64_t *hash);
void sft_layout_cache_add(struct sft_layout_cache *cache, struct ax_str tail, uint64_t hash,
	struct sft_layout *layout);

#endif
