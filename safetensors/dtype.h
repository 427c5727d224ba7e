/*
 * safetensors/dtype.h - the element types of the format
 *
 * The list of huggingface/safetensors; sub-byte types count in bits.
 */
#ifndef ARTIDX_SAFETENSORS_DTYPE_H
#define ARTIDX_SAFETENSORS_DTYPE_H

#include "base/str.h"

/* Stored in catalogues: never renumber, only add before SFT_DTYPE_COUNT. */
enum sft_dtype {
	SFT_BOOL,
	SFT_F4,
	SFT_F6_E2M3,
	SFT_F6_E3M2,
	SFT_U8,
	SFT_I8,
	SFT_F8_E5M2,
	SFT_F8_E4M3,
	SFT_F8_E8M0,
	SFT_F8_E4M3FNUZ,
	SFT_F8_E5M2FNUZ,
	SFT_I16,
	SFT_U16,
	SFT_F16,
	SFT_BF16,
	SFT_I32,
	SFT_U32,
	SFT_F32,
	SFT_C64,
	SFT_F64,
	SFT_I64,
	SFT_U64,
	SFT_DTYPE_COUNT,
};

/* "BF16" */
const char *sft_dtype_name(enum sft_dtype dtype);

/* Bits an element: 4, 6, 8, 16, 32 or 64. */
unsigned sft_dtype_bits(enum sft_dtype dtype);

/* The exact name, or false. */
bool sft_dtype_parse(struct ax_str name, enum sft_dtype *out);

#endif
