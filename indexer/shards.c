#include "indexer/shards.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "base/path.h"
#include "safetensors/shard_index.h"

#include <errno.h>
#include <sys/stat.h>

enum {
	INDEX_LIMIT = 32 * 1024 * 1024, /* bytes of an index that is read */
	SHOWN_SHARDS = 8,
};

bool idx_shards_is_index(struct ax_str name)
{
	return ax_str_ends(name, AX_STR(".safetensors.index.json"));
}

static bool is_there(const struct idx_shards_source *source, struct ax_str shard,
	struct ax_buf *path)
{
	struct stat st;

	ax_buf_clear(path);
	ax_path_join(path, ax_path_dir(source->name), shard);
	return fstatat(source->dirfd, ax_buf_text(path), &st, 0) == 0;
}

/* The names of missing shards, some of them, in *names; how many there are. */
static uint64_t count_missing(const struct idx_shards_source *source,
	const struct sft_shard_index *index, struct ax_buf *names)
{
	size_t n = sft_shard_index_count(index);
	struct ax_buf path = { 0 };
	uint64_t missing = 0;

	for (size_t i = 0; i < n; i++) {
		struct ax_str shard = sft_shard_index_file(index, i);
		if (is_there(source, shard, &path))
			continue;
		if (missing < SHOWN_SHARDS) {
			ax_buf_append_text(names, missing ? "," : "");
			ax_buf_append_str(names, shard);
		}
		missing++;
	}
	if (missing > SHOWN_SHARDS)
		ax_buf_append_text(names, ",...");
	ax_buf_free(&path);
	return missing;
}

static void add(struct idx_shards *out, struct ax_str name, uint64_t value)
{
	if (value > INT64_MAX)
		return;
	out->attributes[out->n_attributes++] =
		(struct idx_attribute){ name, { .kind = IDX_INT, .integer = (int64_t)value } };
}

static int describe(const struct idx_shards_source *source, const struct sft_shard_index *index,
	struct ax_arena *arena, struct ax_buf *why, struct idx_shards *out,
	struct ax_error *err)
{
	struct ax_buf names = { 0 };
	uint64_t missing = count_missing(source, index, &names), total = 0;
	char *copy = names.failed ? NULL : ax_arena_copy(arena, ax_buf_str(&names));

	add(out, AX_STR("shards"), sft_shard_index_count(index));
	add(out, AX_STR("missing"), missing);
	if (missing)
		out->attributes[out->n_attributes++] =
			(struct idx_attribute){ AX_STR("missing_shards"),
				{ .kind = IDX_TEXT, .text = ax_str(copy, names.len) } };
	if (sft_shard_index_total_size(index, &total))
		add(out, AX_STR("total_size"), total);
	ax_buf_printf(why, "the index of a model in %zu shards, ",
		sft_shard_index_count(index));
	if (missing)
		ax_buf_printf(why, "of which these are missing: %.*s",
			AX_STR_ARG(ax_buf_str(&names)));
	else
		ax_buf_append_text(why, "all of which are there");
	ax_buf_free(&names);
	return copy ? 0 : ax_fail(err, ENOMEM, "no memory to read an index of shards");
}

/* Read the index into *text; false when it cannot be. */
static bool read_index(const struct idx_shards_source *source, struct ax_buf *text,
	struct ax_error *failed)
{
	if (source->size > INDEX_LIMIT || !ax_buf_reserve(text, (size_t)source->size))
		return false;
	if (ax_pread_full(source->fd, text->data, (size_t)source->size, 0, "", failed) < 0)
		return false;
	text->len = (size_t)source->size;
	return true;
}

int idx_shards_look(const struct idx_shards_source *source, struct ax_arena *arena,
	struct ax_buf *why, struct idx_shards *out, struct ax_error *err)
{
	struct sft_shard_index *index = NULL;
	struct ax_error failed = { 0 };
	struct ax_buf text = { 0 };
	int status = 0;

	*out = (struct idx_shards){ 0 };
	if (read_index(source, &text, &failed) &&
		sft_shard_index_parse(ax_buf_str(&text), "index", &index, &failed) == 0)
		status = describe(source, index, arena, why, out, err);
	else
		ax_buf_append_text(why,
			"named as the index of shards, and not one that can be read");
	if (text.failed || failed.code == ENOMEM)
		status = ax_fail(err, ENOMEM, "no memory to read an index of shards");
	sft_shard_index_free(index);
	ax_buf_free(&text);
	return status;
}
