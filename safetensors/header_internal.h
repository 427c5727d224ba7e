/*
 * safetensors/header_internal.h - the parts of the header reader
 *
 * One pass over the text: the top level and the order of things are in header.c, __metadata__ in
 * metadata.c, what a name stands for in tensor.c.
 */
#ifndef ARTIDX_SAFETENSORS_HEADER_INTERNAL_H
#define ARTIDX_SAFETENSORS_HEADER_INTERNAL_H

#include "safetensors/layout_internal.h"

/* What a header's __metadata__ says. Kept for use by the next header. */
struct sft_metadata_list {
	struct sft_metadata *items;
	size_t count, room;
	char *plain; /* what escaped keys and values say */
	size_t plain_room;
	bool is_present; /* as an object */
};

/* A header while it is read. */
struct sft_reader {
	struct sft_scanner scan;
	struct sft_metadata_list *metadata;
	bool has_metadata; /* __metadata__ was met, be it null */
	struct sft_layout_builder tensors;
	struct sft_string tensor;    /* the one being read, for messages; ptr NULL outside */
	struct sft_string culprit;   /* what a mistake is about, likewise */
	struct ax_str dtype_spelled; /* the last dtype as it was written, with its quotes */
	enum sft_dtype dtype;
	unsigned warnings;
	bool no_memory;
};

/*
 * Read the value of __metadata__ or of another name, on which the scanner stands. False after a
 * mistake, which is in the scanner, or when memory ran out.
 */
bool sft_read_metadata(struct sft_reader *reader);
bool sft_read_tensor(struct sft_reader *reader, struct sft_string name);

void sft_metadata_list_clear(struct sft_metadata_list *list);
void sft_metadata_list_free(struct sft_metadata_list *list);

#endif
