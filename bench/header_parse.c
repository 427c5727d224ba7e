/*
 * bench/header_parse - the header reader against cJSON on the same bytes
 *
 * Ours parses, checks everything and sorts; cJSON only parses. Both take turns in one process, and
 * what counts is the median of their CPU times; "ratio" is ours to cJSON's. "known" is the same for
 * a header whose tensors the cache knows already. Memory is what malloc has given out when the
 * header is read, and how far the process grew at most meanwhile, in header lengths.
 */
#include "base/buf.h"
#include "base/error.h"
#include "safetensors/header.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MAX_ROUNDS = 41, NAME_SIZE = 96, CACHE_BYTES = 256 * 1024 * 1024 };

enum order {
	BY_NAME,        /* as the reference writes: names and data in the order of bytes */
	BY_MODULE,      /* as a model lists its parameters: layer 9 before layer 10 */
	DATA_BY_MODULE, /* names in the order of bytes, data as the model lists it */
};

struct sample {
	const char *name;
	unsigned layers, experts; /* experts of 0: an adapter */
	unsigned metadata_rows;
	enum order order;
	unsigned rounds, repeats;
	double most; /* that the ratio is meant to be */
};

static const struct sample samples[] = {
	{ "adapter, 35 KB", 36, 0, 60, BY_NAME, 41, 40, 0.2 },
	{ "model, 1.2 MB", 26, 118, 0, BY_NAME, 21, 2, 0.15 },
	{ "model, 13 MB", 52, 640, 0, BY_NAME, 7, 1, 0.25 },
	{ "by module, 35 KB", 36, 0, 60, BY_MODULE, 41, 40, 0.2 },
	{ "by module, 1.2 MB", 26, 118, 0, BY_MODULE, 21, 2, 0.15 },
	{ "by module, 13 MB", 52, 640, 0, BY_MODULE, 7, 1, 0.25 },
	{ "unsorted, 35 KB", 36, 0, 60, DATA_BY_MODULE, 41, 40, 0.2 },
	{ "unsorted, 1.2 MB", 26, 118, 0, DATA_BY_MODULE, 21, 2, 0.15 },
	{ "unsorted, 13 MB", 52, 640, 0, DATA_BY_MODULE, 7, 1, 0.25 },
};

static void die(const char *what)
{
	fprintf(stderr, "header_parse: %s\n", what);
	exit(1);
}

/*
 * Headers as training tools write them
 */

struct tensor {
	char name[NAME_SIZE];
	uint64_t rows, columns, begin, end;
};

struct model {
	struct tensor *tensors;
	size_t count, room;
	uint64_t data_bytes;
};

static struct tensor *add_tensor(struct model *model, uint64_t rows, uint64_t columns)
{
	if (model->count == model->room) {
		model->room = model->room * 2 + 64;
		model->tensors = realloc(model->tensors, model->room * sizeof(struct tensor));
		if (!model->tensors)
			die("no memory");
	}
	struct tensor *tensor = &model->tensors[model->count++];
	*tensor = (struct tensor){ .rows = rows, .columns = columns };
	return tensor;
}

static void add_layer(struct model *model, unsigned layer, unsigned experts)
{
	static const char *const projections[] = { "mlp.down_proj", "mlp.gate_proj",
		"mlp.up_proj", "self_attn.k_proj", "self_attn.o_proj", "self_attn.q_proj",
		"self_attn.v_proj" };

	for (unsigned expert = 0; expert < experts; expert++) {
		for (unsigned i = 0; i < 3; i++)
			snprintf(add_tensor(model, 1408, 2048)->name, NAME_SIZE,
				"model.layers.%u.mlp.experts.%u.%s.weight", layer, expert,
				projections[i] + 4);
	}
	for (unsigned i = 0; i < 7; i++)
		snprintf(add_tensor(model, experts ? 2048 : 16, 2048 + 512 * i)->name,
			NAME_SIZE, "model.layers.%u.%s%s", layer, projections[i],
			experts ? ".weight" : ".lora_A.weight");
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct tensor *)a)->name, ((const struct tensor *)b)->name);
}

static void place_data(struct model *model)
{
	model->data_bytes = 0;
	for (size_t i = 0; i < model->count; i++) {
		struct tensor *tensor = &model->tensors[i];
		tensor->begin = model->data_bytes;
		tensor->end = tensor->begin + tensor->rows * tensor->columns * 2;
		model->data_bytes = tensor->end;
	}
}

static void write_metadata(struct ax_buf *buf, unsigned rows)
{
	ax_buf_append_text(buf, "{\"__metadata__\":{\"format\":\"pt\"");
	if (rows)
		ax_buf_append_text(buf, ",\"cfg\":\"{\\\"arm\\\": \\\"vanilla\\\", \\\"lr\\\": "
					"0.0001}\",\"rows\":\"[");
	for (unsigned i = 0; i < rows; i++)
		ax_buf_printf(buf, "%s{\\\"step\\\": %u, \\\"loss\\\": 0.%04u}", i ? ", " : "",
			i, i * 7919 % 10000);
	ax_buf_append_text(buf, rows ? "]\"}" : "}");
}

static void write_tensors(struct ax_buf *buf, const struct model *model)
{
	for (size_t i = 0; i < model->count; i++) {
		const struct tensor *t = &model->tensors[i];
		ax_buf_printf(buf,
			",\"%s\":{\"dtype\":\"BF16\",\"shape\":[%" PRIu64 ",%" PRIu64 "]",
			t->name, t->rows, t->columns);
		ax_buf_printf(buf, ",\"data_offsets\":[%" PRIu64 ",%" PRIu64 "]}", t->begin,
			t->end);
	}
	ax_buf_append_byte(buf, '}');
	while (buf->len % 8)
		ax_buf_append_byte(buf, ' ');
}

/* *data_bytes is what the file must hold behind the header. */
static void build(const struct sample *sample, struct ax_buf *buf, uint64_t *data_bytes)
{
	struct model model = { 0 };

	for (unsigned layer = 0; layer < sample->layers; layer++)
		add_layer(&model, layer, sample->experts);
	place_data(&model);
	if (sample->order != BY_MODULE && model.count)
		qsort(model.tensors, model.count, sizeof(struct tensor), compare_names);
	if (sample->order == BY_NAME)
		place_data(&model);
	write_metadata(buf, sample->metadata_rows);
	write_tensors(buf, &model);
	if (buf->failed)
		die("no memory");
	*data_bytes = model.data_bytes;
	free(model.tensors);
}

/*
 * Time
 */

static double cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int compare_reals(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, unsigned count)
{
	qsort(values, count, sizeof(*values), compare_reals);
	return values[count / 2];
}

static void parse_ours(struct sft_header *header, struct ax_str text, uint64_t data_bytes)
{
	struct sft_problem problem;
	struct ax_error err;

	if (sft_header_parse(header, text, 8 + text.len + data_bytes, &problem, &err) != 1)
		die("a sample was refused");
}

/*
 * Let malloc put together what was freed: it puts that off to the next large request, which would
 * otherwise be ours, for the many small pieces of cJSON.
 */
static void settle_heap(void)
{
	void *volatile piece = malloc(100 * 1024);

	free(piece);
}

static double time_ours(struct sft_header *header, struct ax_str text, uint64_t data_bytes,
	unsigned repeats)
{
	settle_heap();
	double start = cpu_seconds();

	for (unsigned i = 0; i < repeats; i++)
		parse_ours(header, text, data_bytes);
	return (cpu_seconds() - start) / repeats;
}

static double time_cjson(struct ax_str text, unsigned repeats)
{
	settle_heap();
	double start = cpu_seconds();

	for (unsigned i = 0; i < repeats; i++) {
		cJSON *root = cJSON_ParseWithLength(text.ptr, text.len);
		if (!root)
			die("cJSON refused a sample");
		cJSON_Delete(root);
	}
	return (cpu_seconds() - start) / repeats;
}

/*
 * Memory
 */

static size_t malloc_bytes(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

/* A line of /proc/self/status, in bytes. */
static size_t status_bytes(const char *key)
{
	FILE *status = fopen("/proc/self/status", "re");
	char line[256];
	size_t kilobytes = 0;

	while (status && fgets(line, sizeof(line), status)) {
		if (strncmp(line, key, strlen(key)) == 0)
			kilobytes = strtoul(line + strlen(key), NULL, 10);
	}
	if (status)
		fclose(status);
	return kilobytes * 1024;
}

static void reset_peak(void)
{
	FILE *refs = fopen("/proc/self/clear_refs", "we");

	if (!refs)
		die("cannot open /proc/self/clear_refs");
	fputs("5", refs);
	fclose(refs);
}

struct memory {
	size_t kept, peak;
};

static struct memory measure_memory(struct ax_str text, uint64_t data_bytes)
{
	struct sft_header *header = NULL;
	struct ax_error err;

	malloc_trim(0);
	if (sft_header_new(NULL, &header, &err) < 0)
		die(err.message);
	size_t before = malloc_bytes();
	reset_peak();
	size_t grown = status_bytes("VmRSS:");
	parse_ours(header, text, data_bytes);
	struct memory memory = {
		.kept = malloc_bytes() - before,
		.peak = status_bytes("VmHWM:") - grown,
	};
	sft_header_free(header);
	return memory;
}

struct readers {
	struct sft_header *plain, *cached;
};

static void run(const struct sample *sample, const struct readers *readers)
{
	struct ax_buf buf = { 0 };
	uint64_t data_bytes = 0;
	double ours[MAX_ROUNDS];
	double known[MAX_ROUNDS];
	double theirs[MAX_ROUNDS];

	build(sample, &buf, &data_bytes);
	struct ax_str text = ax_buf_str(&buf);
	parse_ours(readers->plain, text, data_bytes);
	parse_ours(readers->cached, text, data_bytes);
	struct memory memory = measure_memory(text, data_bytes);
	for (unsigned i = 0; i < sample->rounds; i++) {
		ours[i] = time_ours(readers->plain, text, data_bytes, sample->repeats);
		known[i] = time_ours(readers->cached, text, data_bytes, sample->repeats);
		theirs[i] = time_cjson(text, sample->repeats);
	}
	double mine = median(ours, sample->rounds);
	double reference = median(theirs, sample->rounds);
	printf("| %s | %zu | %zu | %.1f | %.1f | %.3f | %.2f: %s | %.3f | %.2f | %.2f |\n",
		sample->name, text.len, sft_layout_count(sft_header_layout(readers->plain)),
		mine * 1e6, reference * 1e6, mine / reference, sample->most,
		mine / reference <= sample->most ? "met" : "**missed**",
		median(known, sample->rounds) / reference,
		(double)memory.kept / (double)text.len, (double)memory.peak / (double)text.len);
	ax_buf_free(&buf);
}

int main(void)
{
	struct sft_layout_cache *cache = NULL;
	struct readers readers = { 0 };
	struct ax_error err;

	if (sft_layout_cache_new(CACHE_BYTES, &cache, &err) < 0 ||
		sft_header_new(NULL, &readers.plain, &err) < 0 ||
		sft_header_new(cache, &readers.cached, &err) < 0)
		die(err.message);
	printf("| header | bytes | tensors | ours us | cJSON us | ratio | at most | known | "
	       "kept | "
	       "peak |\n|---|---:|---:|---:|---:|---:|---|---:|---:|---:|\n");
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
		run(&samples[i], &readers);
	sft_header_free(readers.plain);
	sft_header_free(readers.cached);
	sft_layout_cache_free(cache);
	return 0;
}
