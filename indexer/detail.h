/*
 * indexer/detail.h - details, tensor lists, runs and owners as stored values
 *
 * Encoding and checked decoding only; where the values are kept is the catalogue's business. The
 * layouts, byte by byte, stand at the top of detail.c.
 */
#ifndef ARTIDX_INDEXER_DETAIL_H
#define ARTIDX_INDEXER_DETAIL_H

#include "base/arena.h"
#include "base/buf.h"
#include "indexer/record.h"

struct ax_reader;
struct sft_layout;

void idx_detail_encode(struct ax_buf *buf, const struct idx_detail *detail);

/*
 * Whether bytes are a detail and memory sufficed: *no_memory tells the two apart. Arrays live in
 * arena, strings are borrowed from bytes.
 */
bool idx_detail_decode(struct ax_str bytes, struct ax_arena *arena, struct idx_detail *out,
	bool *no_memory);

/* Only which tensor list it has. */
bool idx_detail_decode_layout(struct ax_str bytes, bool *has_tensors, struct ax_digest *exact);

void idx_layout_encode(struct ax_buf *buf, const struct sft_layout *layout);

/* The tensors of a stored list, one after the other. Zero-initialise, then open. */
struct idx_layout_reader {
	struct ax_str rest;
	uint64_t left; /* tensors to come */
	uint64_t end;  /* of the tensor before */
	struct ax_buf name;
	struct ax_buf shape;
};
bool idx_layout_open(struct ax_str bytes, struct idx_layout_reader *out);

/* 1 with *out valid until the next call, 0 at the end, -1 when it is damaged. */
struct idx_tensor;
int idx_layout_next(struct idx_layout_reader *reader, struct idx_tensor *out);
void idx_layout_fini(struct idx_layout_reader *reader);

/* Where a run's cfg and rows come from: the detail of its newest checkpoint, or a text here. */
struct idx_run_texts {
	uint64_t detail; /* 0: none */
};

void idx_run_encode(struct ax_buf *buf, const struct idx_run *run,
	const struct idx_run_texts *texts);
bool idx_run_decode(struct ax_str bytes, struct ax_arena *arena, struct idx_run *out,
	struct idx_run_texts *texts, bool *no_memory);

/* Only the id, which is what runs are ordered by. */
bool idx_run_decode_id(struct ax_str bytes, struct ax_str *out);

/* run_key is the key of the run, or UINT32_MAX where the owner names none. */
void idx_owner_encode(struct ax_buf *buf, const struct idx_owner *owner, uint32_t run_key);
bool idx_owner_decode(struct ax_str bytes, struct idx_owner *out, uint32_t *run_key);

#endif
