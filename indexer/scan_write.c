#include "indexer/scan_internal.h"

#include "base/hash.h"
#include "safetensors/header.h"

#include <errno.h>
#include <stdlib.h>

uint64_t scan_identity_hash(const struct scan_identity *identity)
{
	return ax_hash64(identity, sizeof(*identity));
}

bool scan_identity_equal(const struct scan_identity *a, const struct scan_identity *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	       a->mtime == b->mtime;
}

void scan_batch_clear(struct scan_batch *batch)
{
	for (struct scan_chunk *chunk = batch->first; chunk; chunk = chunk->next) {
		for (size_t i = 0; i < chunk->n; i++) {
			if (chunk->files[i].finding)
				sft_layout_unref(chunk->files[i].finding->layout);
		}
	}
	ax_arena_clear(&batch->arena);
	*batch = (struct scan_batch){ .arena = batch->arena };
}

void scan_writer_fini(struct scan_writer *writer)
{
	ax_arena_free(&writer->arena);
	free(writer->places);
	free(writer->arrived);
}

/* Give a finding its numbers. */
static int settle(struct scan_writer *writer, const struct scan_finding *finding,
	struct idx_file *file, struct ax_error *err)
{
	if (finding == writer->plain.finding) {
		file->class_id = writer->plain.class_id;
		file->note = writer->plain.note;
		return 0;
	}
	if (idx_update_class(writer->update, finding->class_name, &file->class_id, err) < 0 ||
		idx_update_note(writer->update, finding->why, finding->problem, &file->note,
			err) < 0)
		return -1;
	if (!finding->has_detail && !finding->layout) {
		writer->plain.finding = finding;
		writer->plain.class_id = file->class_id;
		writer->plain.note = file->note;
		return 0;
	}
	if (finding->has_detail &&
		idx_update_detail(writer->update, finding->detail, &file->detail, err) < 0)
		return -1;
	return finding->layout ? idx_update_layout(writer->update, finding->layout, err) : 0;
}

/* Remember where a file arrived that may have been elsewhere before. */
static int note_arrived(struct scan_writer *writer, const struct scan_chunk *chunk,
	size_t index, struct ax_error *err)
{
	const struct scan_file *file = &chunk->files[index];
	struct scan_identity identity = {
		chunk->dev,
		file->file.ino,
		file->file.size,
		file->file.mtime,
	};

	if (writer->n_arrived == writer->arrived_capacity) {
		size_t capacity = writer->arrived_capacity * 2 + 256;
		struct scan_arrived *arrived =
			realloc(writer->arrived, capacity * sizeof(*arrived));
		if (!arrived)
			return ax_fail(err, ENOMEM, "no memory for new files");
		writer->arrived = arrived;
		writer->arrived_capacity = capacity;
	}
	writer->arrived[writer->n_arrived++] = (struct scan_arrived){
		.hash = scan_identity_hash(&identity),
		.place = (uint32_t)writer->n_places - 1,
		.index = (uint16_t)index,
		.added = file->added,
	};
	return 0;
}

static int note_place(struct scan_writer *writer, const struct scan_chunk *chunk,
	struct ax_error *err)
{
	if (writer->n_places == writer->place_capacity) {
		size_t capacity = writer->place_capacity * 2 + 64;
		struct scan_place *places = realloc(writer->places, capacity * sizeof(*places));
		if (!places)
			return ax_fail(err, ENOMEM, "no memory for new files");
		writer->places = places;
		writer->place_capacity = capacity;
	}
	writer->places[writer->n_places++] =
		(struct scan_place){ .dir = chunk->digest, .chunk = chunk->number };
	return 0;
}

static int note_all_arrived(struct scan_writer *writer, const struct scan_chunk *chunk,
	struct ax_error *err)
{
	bool has_place = false;

	for (size_t i = 0; i < chunk->n; i++) {
		if (!chunk->files[i].arrived)
			continue;
		if (!has_place && note_place(writer, chunk, err) < 0)
			return -1;
		has_place = true;
		if (note_arrived(writer, chunk, i, err) < 0)
			return -1;
	}
	return 0;
}

static int write_chunk(struct scan_writer *writer, const struct scan_chunk *chunk,
	struct ax_error *err)
{
	struct idx_file files[IDX_CHUNK_FILES];
	struct idx_chunk_source source = {
		.dir = chunk->dir,
		.dev = chunk->dev,
		.number = chunk->number,
		.has_more = chunk->has_more,
		.n = chunk->n,
		.files = files,
	};

	for (size_t i = 0; i < chunk->n; i++) {
		files[i] = chunk->files[i].file;
		if (chunk->files[i].finding &&
			settle(writer, chunk->files[i].finding, &files[i], err) < 0)
			return -1;
	}
	if (chunk->n && idx_update_chunk(writer->update, &source, err) < 0)
		return -1;
	if (!writer->scan->is_first && writer->scan->same_root &&
		note_all_arrived(writer, chunk, err) < 0)
		return -1;
	if (!chunk->drop_rest)
		return 0;
	return idx_update_drop_chunks(writer->update, chunk->digest,
		chunk->n ? chunk->number + 1 : chunk->number, err);
}

int scan_writer_remove(struct scan_writer *writer, const struct scan_removed *removed,
	struct ax_error *err)
{
	struct scan_removed *copy = ax_arena_alloc(&writer->arena, sizeof(*copy));
	char *path = ax_arena_copy(&writer->arena, removed->path);

	if (!copy || !path)
		return ax_fail(err, ENOMEM, "no memory for removed files");
	*copy = *removed;
	copy->path = ax_str(path, removed->path.len);
	copy->next = writer->removed;
	writer->removed = copy;
	writer->n_removed++;
	return 0;
}

int scan_write_batch(struct scan_writer *writer, struct scan_batch *batch, struct ax_error *err)
{
	writer->plain.finding = NULL;
	for (const struct scan_chunk *chunk = batch->first; chunk; chunk = chunk->next) {
		if (write_chunk(writer, chunk, err) < 0)
			return -1;
	}
	for (const struct scan_drop *drop = batch->drops; drop; drop = drop->next) {
		if (idx_update_drop_detail(writer->update, drop->detail, err) < 0)
			return -1;
	}
	for (const struct scan_removed *removed = batch->removed; removed;
		removed = removed->next) {
		if (scan_writer_remove(writer, removed, err) < 0)
			return -1;
	}
	writer->related = writer->related || batch->related;
	scan_batch_clear(batch);
	return 0;
}
