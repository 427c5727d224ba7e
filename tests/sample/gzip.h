/*
 * sample/gzip.h - gzip (RFC 1952) with nothing compressed: valid, and free of libraries
 */
#ifndef ARTIDX_SAMPLE_GZIP_H
#define ARTIDX_SAMPLE_GZIP_H

#include "base/str.h"

struct ax_buf;

/* Append content as one gzip member. */
void sample_gzip(struct ax_buf *out, struct ax_str content);

#endif
