#include "safetensors/header_internal.h"

#include "safetensors/names.h"

#include <stdlib.h>

enum { KEPT_ITEMS = 4096, KEPT_BYTES = 1024 * 1024 }; /* from one header to the next */

void sft_metadata_list_clear(struct sft_metadata_list *list)
{
	if (list->room > KEPT_ITEMS || list->plain_room > KEPT_BYTES)
		sft_metadata_list_free(list);
	list->count = 0;
	list->is_present = false;
}

void sft_metadata_list_free(struct sft_metadata_list *list)
{
	free(list->items);
	free(list->plain);
	*list = (struct sft_metadata_list){ 0 };
}

static bool add_item(struct sft_metadata_list *list, struct sft_string key,
	struct sft_string value)
{
	if (list->count == list->room) {
		size_t room = list->room + list->room / 2 + 16;
		struct sft_metadata *items = realloc(list->items, room * sizeof(*items));
		if (!items)
			return false;
		list->items = items;
		list->room = room;
	}
	list->items[list->count++] = (struct sft_metadata){
		.key = ax_str(key.ptr, key.len),
		.value = ax_str(value.ptr, value.len),
	};
	return true;
}

/* A checked string that has a backslash is escaped; all others say what they are. */
static bool is_escaped(struct ax_str s)
{
	return s.len && memchr(s.ptr, '\\', s.len);
}

static void unescape(struct ax_str *s, char **place)
{
	if (!is_escaped(*s))
		return;
	size_t len = sft_string_unescape((struct sft_string){ s->ptr, s->len, true }, *place);
	*s = ax_str(*place, len);
	*place += len;
}

static size_t escaped_length(const struct sft_metadata_list *list)
{
	size_t len = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct sft_metadata *item = &list->items[i];
		len += is_escaped(item->key) ? item->key.len : 0;
		len += is_escaped(item->value) ? item->value.len : 0;
	}
	return len;
}

/* Replace what is escaped by what it says, all in one piece of memory. */
static bool unescape_all(struct sft_metadata_list *list)
{
	size_t len = escaped_length(list);

	if (len > list->plain_room) {
		free(list->plain);
		list->plain = malloc(len);
		list->plain_room = list->plain ? len : 0;
		if (!list->plain)
			return false;
	}
	char *place = list->plain;
	for (size_t i = 0; i < list->count; i++) {
		unescape(&list->items[i].key, &place);
		unescape(&list->items[i].value, &place);
	}
	return true;
}

static struct ax_str get_key(const void *items, size_t index)
{
	return ((const struct sft_metadata *)items)[index].key;
}

/* Of equal keys keep the last. */
static bool drop_repeated(struct sft_reader *r)
{
	struct sft_metadata_list *list = r->metadata;
	const struct sft_names names = { get_key, list->items, (uint32_t)list->count };
	unsigned char *again = NULL;
	size_t kept = 0;

	if (list->count < 2)
		return true;
	if (!sft_names_find_repeated(&names, &again))
		return false;
	if (!again)
		return true;
	for (size_t i = 0; i < list->count; i++) {
		if (!again[i])
			list->items[kept++] = list->items[i];
	}
	list->count = kept;
	r->warnings |= SFT_WARN_DUPLICATE_NAME;
	free(again);
	return true;
}

static bool read_items(struct sft_reader *r)
{
	struct sft_string key;
	struct sft_string value;
	bool first = true;
	int more;

	if (!sft_scan_open(&r->scan))
		return false;
	while ((more = sft_scan_step(&r->scan, '}', first)) > 0) {
		first = false;
		if (!sft_scan_key(&r->scan, &key) || !sft_scan_string(&r->scan, &value))
			return false;
		if (!add_item(r->metadata, key, value)) {
			r->no_memory = true;
			return false;
		}
	}
	return more == 0;
}

bool sft_read_metadata(struct sft_reader *r)
{
	char c = sft_scan_peek(&r->scan);

	if (r->has_metadata)
		return sft_scan_fail(&r->scan, "__metadata__ stands twice");
	r->has_metadata = true;
	if (c == 'n') {
		r->warnings |= SFT_WARN_NULL_METADATA;
		return sft_scan_null(&r->scan);
	}
	if (c != '{')
		return sft_scan_fail(&r->scan, "__metadata__ is not an object");
	if (!read_items(r))
		return false;
	r->metadata->is_present = true;
	r->no_memory = !unescape_all(r->metadata) || !drop_repeated(r);
	return !r->no_memory;
}
