#include "indexer/pairs.h"

#include "base/error.h"
#include "indexer/catalog.h"
#include "indexer/listing.h"

#include <errno.h>
#include <stdlib.h>

struct idx_pairs {
	const struct idx_listing *listing;
	size_t next; /* file of the listing */
	struct idx_files *files;
	struct idx_entry entry;
	bool has_entry; /* entry was not given out yet */
	bool at_end;    /* of the files */
};

int idx_pairs_open(struct idx_snapshot *snapshot, struct ax_str dir,
	const struct idx_listing *listing, struct idx_pairs **out, struct ax_error *err)
{
	struct idx_pairs *pairs = calloc(1, sizeof(*pairs));

	if (!pairs)
		return ax_fail(err, ENOMEM, "%.*s: no memory to compare", AX_STR_ARG(dir));
	pairs->listing = listing;
	if (idx_files_open_dir(snapshot, dir, &pairs->files, err) < 0) {
		free(pairs);
		return -1;
	}
	*out = pairs;
	return 0;
}

static int need_entry(struct idx_pairs *pairs, struct ax_error *err)
{
	if (pairs->has_entry || pairs->at_end)
		return 0;
	int found = idx_files_next(pairs->files, &pairs->entry, err);
	pairs->has_entry = found == 1;
	pairs->at_end = found != 1;
	return found < 0 ? -1 : 0;
}

int idx_pairs_next(struct idx_pairs *pairs, struct idx_pair *out, struct ax_error *err)
{
	bool has_listed = pairs->next < idx_listing_count(pairs->listing);
	int order = 0; /* of the listed name to the entry's */

	if (need_entry(pairs, err) < 0)
		return -1;
	*out = (struct idx_pair){
		.listed = has_listed ? idx_listing_file(pairs->listing, pairs->next) : NULL,
		.entry = pairs->has_entry ? &pairs->entry : NULL,
	};
	if (out->listed && out->entry)
		order = ax_str_compare(out->listed->name, out->entry->name);
	if (order < 0)
		out->entry = NULL;
	else if (order > 0)
		out->listed = NULL;
	pairs->next += out->listed != NULL;
	if (out->entry)
		pairs->has_entry = false;
	return out->listed || out->entry;
}

void idx_pairs_close(struct idx_pairs *pairs)
{
	if (!pairs)
		return;
	idx_files_close(pairs->files);
	free(pairs);
}
