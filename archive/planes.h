/*
 * archive/planes.h - floats as byte planes, which compress where the floats do not
 *
 * The bytes of a trained weight look like noise, but its exponent does not. So each element is
 * rotated left by one bit (the sign goes to bit 0, the exponent fills the top byte), and the
 * bytes of a run of elements are stored by significance: all top bytes, then all second bytes,
 * and so on. Nothing but a permutation of bits: exact for every pattern, NaN payloads included.
 *
 *	element   s eeeeeeee mmmmmmm      rotated   eeeeeeee mmmmmmms     (BF16)
 *	planes    [eeeeeeee][eeeeeeee]... [mmmmmmms][mmmmmmms]...
 *
 * The data of a tensor is cut into units of ARC_UNIT bytes, the last one shorter; each unit is
 * split by itself. Everything outside of such tensors stays as it is, so that a file keeps its
 * size and its header.
 */
#ifndef ARTIDX_ARCHIVE_PLANES_H
#define ARTIDX_ARCHIVE_PLANES_H

#include "safetensors/dtype.h"

#include <stddef.h>

enum { ARC_UNIT = 1024 * 1024 }; /* bytes of tensor data: a multiple of every width */

/* Bytes an element where planes pay (BF16 F16 F32 F64), 0 where data is stored as it is. */
unsigned arc_planes_width(enum sft_dtype dtype);

/* Split a unit of size bytes, a multiple of width, into planes; and put it together again. */
void arc_planes_split(const unsigned char *unit, size_t size, unsigned width,
	unsigned char *out);
void arc_planes_join(const unsigned char *planes, size_t size, unsigned width,
	unsigned char *out);

#endif
