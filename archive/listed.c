#include "archive/listed.h"

#include "archive/about.h"
#include "base/error.h"

#include <errno.h>
#include <stdlib.h>

static int by_path(const void *a, const void *b)
{
	const struct arc_listed *x = a, *y = b;

	return ax_str_compare(x->path, y->path);
}

struct arc_listed *arc_listing_find(const struct arc_listing *listing, struct ax_str path)
{
	struct arc_listed key = { .path = path };

	return listing->n ? bsearch(&key, listing->items, listing->n, sizeof(key), by_path)
			  : NULL;
}

static int keep(struct arc_listing *listing, const struct ax_buf *buf, struct ax_str *out)
{
	char *copy = ax_arena_copy(listing->arena, ax_buf_str(buf));

	*out = ax_str(copy, buf->len);
	return copy ? 0 : -1;
}

static int add(struct arc_listing *listing, const struct arc_manifest_entry *entry)
{
	struct arc_listed listed = { .sha256 = entry->sha256, .mtime = entry->mtime };

	if (keep(listing, &entry->path, &listed.path) < 0 ||
		keep(listing, &entry->copy_of, &listed.copy_of) < 0)
		return -1;
	if (listing->n == listing->capacity) {
		size_t capacity = 2 * listing->capacity + 16;
		void *grown = reallocarray(listing->items, capacity, sizeof(listed));
		if (!grown)
			return -1;
		listing->items = grown;
		listing->capacity = capacity;
	}
	listing->items[listing->n++] = listed;
	return 0;
}

/* A copy may be selected without the file that it is a copy of. */
static void place_content(struct arc_listing *listing, const struct arc_selection *selection)
{
	for (size_t i = 0; i < listing->n; i++) {
		const struct arc_listed *copy = &listing->items[i];
		struct arc_listed *first =
			copy->copy_of.len ? arc_listing_find(listing, copy->copy_of) : NULL;
		if (!first || first->has_copies || first->copy_of.len ||
			memcmp(&first->sha256, &copy->sha256, sizeof(first->sha256)) != 0 ||
			!ax_path_is_safe(copy->path) || !arc_is_selected(selection, copy->path))
			continue;
		first->has_copies = true;
		first->place =
			arc_is_selected(selection, first->path) ? first->path : copy->path;
	}
}

int arc_listing_parse(struct arc_listing *listing, struct ax_str manifest,
	const struct arc_selection *selection, struct ax_error *err)
{
	struct arc_manifest_entry entry = { .mtime = 0 };
	int status = 0;

	while (status == 0 && arc_next_of_manifest(&manifest, &entry))
		status = add(listing, &entry);
	if (entry.path.failed || entry.copy_of.failed)
		status = -1;
	arc_manifest_entry_free(&entry);
	if (status < 0)
		return ax_fail(err, ENOMEM, "no memory for what MANIFEST lists");
	if (listing->n)
		qsort(listing->items, listing->n, sizeof(*listing->items), by_path);
	place_content(listing, selection);
	return 0;
}

void arc_listing_free(struct arc_listing *listing)
{
	free(listing->items);
	*listing = (struct arc_listing){ .n = 0 };
}
