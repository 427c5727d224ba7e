/*
 * archive/progress.h - what a long run tells while it works
 */
#ifndef ARTIDX_ARCHIVE_PROGRESS_H
#define ARTIDX_ARCHIVE_PROGRESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Read by another thread at any time. All zero at the start. */
struct arc_progress {
	_Atomic uint64_t done, total; /* bytes of the originals */
	_Atomic bool stop;            /* set it to stop soon: ECANCELED */
};

#endif
