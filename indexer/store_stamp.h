/*
 * indexer/store_stamp.h - has anybody touched the data file since it was last known to be sound?
 *
 * A writer checks every page when it opens a store, and leaves this note when it is done. As long
 * as the file is still the one that the note describes, readers need not check it again.
 */
#ifndef ARTIDX_INDEXER_STORE_STAMP_H
#define ARTIDX_INDEXER_STORE_STAMP_H

#include <stdbool.h>

/* Whether the note in the directory dirfd describes its data file as it is now. */
bool idx_store_stamp_holds(int dirfd);

/*
 * Write it. To be called by the writer after its last write; a failure only costs readers their
 * time.
 */
void idx_store_stamp_write(int dirfd);

#endif
