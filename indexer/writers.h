/*
 * indexer/writers.h - which files other processes have open for writing
 *
 * Only the processes that this user may look into are seen, and only on this machine.
 */
#ifndef ARTIDX_INDEXER_WRITERS_H
#define ARTIDX_INDEXER_WRITERS_H

#include <stdbool.h>
#include <sys/types.h>

/* The files found so, looked up anew when the last look is older than a second. */
struct idx_writers;

/* NULL when memory runs out. */
struct idx_writers *idx_writers_new(void);
void idx_writers_free(struct idx_writers *writers);

/* Whether the file is open for writing in another process; false when that cannot be told. */
bool idx_writers_have(struct idx_writers *writers, dev_t dev, ino_t ino);

#endif
