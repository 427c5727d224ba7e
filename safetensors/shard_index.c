#include "safetensors/shard_index.h"

#include "base/error.h"
#include "base/json.h"
#include "base/units.h"

#include <errno.h>
#include <stdlib.h>

struct shard {
	struct ax_str file; /* borrowed from json */
	size_t tensors;
};

struct sft_shard_index {
	struct ax_json *json;
	struct shard *shards;
	size_t count;
	bool has_total_size;
	uint64_t total_size;
};

static int compare_shards(const void *a, const void *b)
{
	const struct shard *left = a;
	const struct shard *right = b;

	return ax_str_compare(left->file, right->file);
}

static bool is_file_name(struct ax_str name)
{
	return name.len > 0 && ax_str_find(name, '/') == name.len &&
	       !ax_str_equal(name, AX_STR(".")) && !ax_str_equal(name, AX_STR(".."));
}

/* One shard for each member of the weight map. */
static int collect(struct sft_shard_index *index, const struct ax_json_value *weight_map,
	const char *name, struct ax_error *err)
{
	size_t length = ax_json_length(weight_map);

	if (length == 0)
		return 0;
	index->shards = calloc(length, sizeof(*index->shards));
	if (!index->shards)
		return ax_fail(err, ENOMEM, "%s: no memory for the shard index", name);
	for (const struct ax_json_value *member = ax_json_first(weight_map); member;
		member = ax_json_next(member)) {
		struct shard *shard = &index->shards[index->count++];
		shard->tensors = 1;
		if (!ax_json_string(member, &shard->file) || !is_file_name(shard->file))
			return ax_fail(err, AX_ECORRUPT,
				"%s: a tensor in weight_map is not mapped to a file name",
				name);
	}
	return 0;
}

static void merge_equal(struct sft_shard_index *index)
{
	size_t kept = 0;

	if (index->count)
		qsort(index->shards, index->count, sizeof(*index->shards), compare_shards);
	for (size_t i = 0; i < index->count; i++) {
		struct shard *last = kept ? &index->shards[kept - 1] : NULL;
		if (last && ax_str_equal(last->file, index->shards[i].file))
			last->tensors++;
		else
			index->shards[kept++] = index->shards[i];
	}
	index->count = kept;
}

int sft_shard_index_parse(struct ax_str text, const char *name, struct sft_shard_index **out,
	struct ax_error *err)
{
	struct sft_shard_index *index = calloc(1, sizeof(*index));
	int status = -1;

	if (!index) {
		ax_fail(err, ENOMEM, "%s: no memory for the shard index", name);
		goto out;
	}
	if (ax_json_parse(text, 0, name, &index->json, err) < 0)
		goto out;
	const struct ax_json_value *root = ax_json_root(index->json);
	const struct ax_json_value *weight_map = ax_json_get(root, "weight_map");
	if (!weight_map || ax_json_kind(weight_map) != AX_JSON_OBJECT) {
		ax_fail(err, AX_ECORRUPT, "%s: no weight_map: not a shard index", name);
		goto out;
	}
	if (collect(index, weight_map, name, err) < 0)
		goto out;
	merge_equal(index);
	const struct ax_json_value *metadata = ax_json_get(root, "metadata");
	index->has_total_size =
		ax_json_u64(ax_json_get(metadata, "total_size"), &index->total_size);

	*out = index;
	index = NULL;
	status = 0;
out:
	sft_shard_index_free(index);
	return status;
}

void sft_shard_index_free(struct sft_shard_index *index)
{
	if (!index)
		return;
	ax_json_free(index->json);
	free(index->shards);
	free(index);
}

size_t sft_shard_index_count(const struct sft_shard_index *index)
{
	return index->count;
}

struct ax_str sft_shard_index_file(const struct sft_shard_index *index, size_t i)
{
	return index->shards[i].file;
}

size_t sft_shard_index_tensors(const struct sft_shard_index *index, size_t i)
{
	return index->shards[i].tensors;
}

bool sft_shard_index_total_size(const struct sft_shard_index *index, uint64_t *out)
{
	if (index->has_total_size)
		*out = index->total_size;
	return index->has_total_size;
}

/* Consume 5 or 6 digits and what follows them. */
static bool take_number(struct ax_str *rest, struct ax_str behind, uint64_t *out)
{
	size_t digits = 0;

	while (digits < rest->len && rest->ptr[digits] >= '0' && rest->ptr[digits] <= '9')
		digits++;
	if (digits < 5 || digits > 6 || !ax_u64_parse(ax_str_slice(*rest, 0, digits), out))
		return false;
	*rest = ax_str_slice(*rest, digits, rest->len);
	if (!ax_str_starts(*rest, behind))
		return false;
	*rest = ax_str_slice(*rest, behind.len, rest->len);
	return true;
}

bool sft_shard_name_parse(struct ax_str name, uint64_t *shard, uint64_t *shards)
{
	static const struct ax_str between = AX_STR_INIT("-of-");
	static const struct ax_str extension = AX_STR_INIT(".safetensors");
	uint64_t number = 0;
	uint64_t total = 0;

	size_t of = name.len;
	while (of > 0 && !ax_str_starts(ax_str_slice(name, of, name.len), between))
		of--;
	size_t dash = ax_str_find_last(ax_str_slice(name, 0, of), '-');
	if (of == 0 || dash == of)
		return false;
	struct ax_str rest = ax_str_slice(name, dash + 1, name.len);
	if (!take_number(&rest, between, &number) || !take_number(&rest, extension, &total) ||
		rest.len != 0 || number > total || total == 0)
		return false;
	*shard = number;
	*shards = total;
	return true;
}
