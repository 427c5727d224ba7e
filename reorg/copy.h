/*
 * reorg/copy.h - the content of one file into another one, and whether two are equal
 *
 * Holes stay holes, and cost nothing to compare.
 */
#ifndef ARTIDX_REORG_COPY_H
#define ARTIDX_REORG_COPY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct ax_error;

/* Both between chunks; either may be NULL. */
struct reorg_copy_watch {
	_Atomic uint64_t *bytes;  /* raised by what was copied or compared */
	const _Atomic bool *stop; /* once true, it fails with EINTR */
};

/* Fill the empty file to with the size bytes of from. path is for messages. */
int reorg_copy_content(int from, int to, uint64_t size, const struct reorg_copy_watch *watch,
	const char *path, struct ax_error *err);

/* 1 equal, 0 not; both are at least size bytes long. watch may be NULL. */
int reorg_compare_content(int a, int b, uint64_t size, const struct reorg_copy_watch *watch,
	const char *path, struct ax_error *err);

#endif
