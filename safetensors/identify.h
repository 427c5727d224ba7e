/*
 * safetensors/identify.h - what a file is by its first bytes, before anything is trusted
 */
#ifndef ARTIDX_SAFETENSORS_IDENTIFY_H
#define ARTIDX_SAFETENSORS_IDENTIFY_H

#include "base/str.h"

#include <stdint.h>

enum { SFT_IDENTIFY_BYTES = 512 }; /* enough of a file's start for any verdict */

enum sft_kind {
	SFT_KIND_FOREIGN, /* nothing of the format about it */
	SFT_KIND_HEADER,  /* a plausible length and what looks like the start of a header */
	SFT_KIND_BLANK, /* empty, or begins with zero bytes: a save that has not begun, or lost */
	SFT_KIND_LFS_POINTER, /* the text of a Git LFS pointer */
};

/* start: the first bytes, SFT_IDENTIFY_BYTES or the whole file. */
enum sft_kind sft_identify(struct ax_str start, uint64_t file_size);

/* A Git LFS pointer (git-lfs spec, version 1): what it stands for. */
struct sft_lfs_pointer {
	uint64_t size;
	char oid[65]; /* 64 lower-case hexadecimal digits (SHA-256) and a NUL */
};

bool sft_lfs_pointer_parse(struct ax_str text, struct sft_lfs_pointer *out);

#endif
