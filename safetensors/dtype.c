#include "safetensors/dtype.h"

static const struct {
	struct ax_str name;
	unsigned bits;
} dtypes[SFT_DTYPE_COUNT] = {
	[SFT_BOOL] = { AX_STR_INIT("BOOL"), 8 },
	[SFT_F4] = { AX_STR_INIT("F4"), 4 },
	[SFT_F6_E2M3] = { AX_STR_INIT("F6_E2M3"), 6 },
	[SFT_F6_E3M2] = { AX_STR_INIT("F6_E3M2"), 6 },
	[SFT_U8] = { AX_STR_INIT("U8"), 8 },
	[SFT_I8] = { AX_STR_INIT("I8"), 8 },
	[SFT_F8_E5M2] = { AX_STR_INIT("F8_E5M2"), 8 },
	[SFT_F8_E4M3] = { AX_STR_INIT("F8_E4M3"), 8 },
	[SFT_F8_E8M0] = { AX_STR_INIT("F8_E8M0"), 8 },
	[SFT_F8_E4M3FNUZ] = { AX_STR_INIT("F8_E4M3FNUZ"), 8 },
	[SFT_F8_E5M2FNUZ] = { AX_STR_INIT("F8_E5M2FNUZ"), 8 },
	[SFT_I16] = { AX_STR_INIT("I16"), 16 },
	[SFT_U16] = { AX_STR_INIT("U16"), 16 },
	[SFT_F16] = { AX_STR_INIT("F16"), 16 },
	[SFT_BF16] = { AX_STR_INIT("BF16"), 16 },
	[SFT_I32] = { AX_STR_INIT("I32"), 32 },
	[SFT_U32] = { AX_STR_INIT("U32"), 32 },
	[SFT_F32] = { AX_STR_INIT("F32"), 32 },
	[SFT_C64] = { AX_STR_INIT("C64"), 64 },
	[SFT_F64] = { AX_STR_INIT("F64"), 64 },
	[SFT_I64] = { AX_STR_INIT("I64"), 64 },
	[SFT_U64] = { AX_STR_INIT("U64"), 64 },
};

const char *sft_dtype_name(enum sft_dtype dtype)
{
	return dtypes[dtype].name.ptr;
}

unsigned sft_dtype_bits(enum sft_dtype dtype)
{
	return dtypes[dtype].bits;
}

bool sft_dtype_parse(struct ax_str name, enum sft_dtype *out)
{
	for (unsigned i = 0; i < SFT_DTYPE_COUNT; i++) {
		if (ax_str_equal(name, dtypes[i].name)) {
			*out = (enum sft_dtype)i;
			return true;
		}
	}
	return false;
}
