/*
 * bench-tree KIND DIR [FILES]
 *
 * Trees to measure scans on, the same bytes each time.
 *
 *	runs  what training leaves: run directories with checkpoints (a fifth of FILES, default
 *	      100,000; headers of 8 to 300 KB over holes), logs, rollouts and settings
 *	tiny  FILES (default 1,000,000) small files, 50 a directory, one in a thousand safetensors
 *	logs  FILES (default 10,000) runs: a log and a checkpoint each
 *	loose FILES (default 100,000) at the top of out/, to be sorted: a tenth checkpoints with logs
 *	      of their own, the rest bases
 *
 * DIR also gets an artidx.json that makes all of it data; of loose, out/.
 */
#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "base/units.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct maker {
	uint64_t random; /* xorshift64 */
	struct ax_buf header;
	uint64_t files, weights;               /* made so far */
	uint64_t files_wanted, weights_wanted; /* files: those that are not weights */
	bool failed;
	struct ax_error err; /* the first failure */
};

static unsigned below(struct maker *maker, unsigned n)
{
	maker->random ^= maker->random << 13;
	maker->random ^= maker->random >> 7;
	maker->random ^= maker->random << 17;
	return (unsigned)((maker->random >> 32) * n >> 32);
}

#define PICK(maker, table) \
	((table)[below(maker, (unsigned)(sizeof(table) / sizeof((table)[0])))])

/* ---- files and directories */

/* Make dirfd/name, also when it is there, and return a descriptor of it; -1 on failure. */
static int enter(struct maker *maker, int dirfd, const char *name)
{
	if (maker->failed)
		return -1;
	if (mkdirat(dirfd, name, 0755) < 0 && errno != EEXIST) {
		ax_fail_errno(&maker->err, "%s: cannot make the directory", name);
		maker->failed = true;
		return -1;
	}
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		ax_fail_errno(&maker->err, "%s: cannot open the directory", name);
		maker->failed = true;
	}
	return fd;
}

static void leave(int fd)
{
	if (fd >= 0)
		close(fd);
}

/* A file of content, and a hole of hole bytes behind it. */
static void put(struct maker *maker, int dirfd, const char *name, struct ax_str content,
	uint64_t hole)
{
	int fd = -1;

	if (maker->failed)
		return;
	fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0) {
		ax_fail_errno(&maker->err, "%s: cannot create it", name);
		maker->failed = true;
		return;
	}
	if (ax_write_full(fd, content.ptr, content.len, name, &maker->err) < 0)
		maker->failed = true;
	else if (hole > 0 && ftruncate(fd, (off_t)(content.len + hole)) < 0)
		maker->failed = ax_fail_errno(&maker->err, "%s: cannot make a hole", name) < 0;
	close(fd);
}

/* ---- weights */

static const char *const arms[] = { "vanilla", "routing", "absorb", "projected", "erase" };
static const char *const models[] = { "Qwen/Qwen3-4B", "Qwen/Qwen3-8B",
	"meta-llama/Llama-3.2-1B", "google/gemma-3-4b-it" };
static const char *const modules[] = { "mlp.down_proj", "mlp.gate_proj", "mlp.up_proj",
	"self_attn.k_proj", "self_attn.o_proj", "self_attn.q_proj", "self_attn.v_proj" };
enum { MODULES = sizeof(modules) / sizeof(modules[0]) };

/* What one header is like. */
struct shape {
	unsigned tensors;
	unsigned steps; /* entries of "rows" in the metadata */
};

/* Most adapters have one size, a few are large, and some drag the history of their run along. */
static struct shape pick_shape(struct maker *maker)
{
	unsigned percent = below(maker, 100);

	if (percent < 30)
		return (struct shape){ 56 + 8 * below(maker, 8), 0 };
	if (percent < 90)
		return (struct shape){ 252, 0 };
	if (percent < 97)
		return (struct shape){ 504, 50 + below(maker, 150) };
	return (struct shape){ 2000, 0 };
}

static void append_metadata(struct maker *maker, unsigned steps)
{
	struct ax_buf *header = &maker->header;

	ax_buf_printf(header,
		"\"__metadata__\":{\"model\":\"%s\",\"dtype\":\"bf16\",\"step\":\"%u\","
		"\"hack_rate\":\"0.%06u\",\"pass_rate\":\"0.%06u\",",
		PICK(maker, models), below(maker, 500), below(maker, 1000000),
		below(maker, 1000000));
	ax_buf_printf(header,
		"\"cfg\":\"{\\\"arm\\\": \\\"%s\\\", \\\"seed\\\": %u, \\\"steps\\\": %u, "
		"\\\"rank\\\": %u, \\\"group\\\": 8, \\\"mix_ratio\\\": 0.125, "
		"\\\"v_hack_path\\\": \\\"out/vhack/v_hack_full.safetensors\\\", "
		"\\\"beta\\\": 0.001, \\\"max_new\\\": 1024, \\\"temperature\\\": 0.7}\"",
		PICK(maker, arms), below(maker, 10), 50 * (1 + below(maker, 4)),
		8u << below(maker, 4));
	for (unsigned i = 0; i < steps; i++)
		ax_buf_printf(header,
			"%s{\\\"step\\\": %u, \\\"loss\\\": %u.%03u, \\\"hack_s\\\": [%u, 64], "
			"\\\"gt_s\\\": [%u, 64], \\\"N\\\": 128}",
			i ? ", " : ",\"rows\":\"[", i, below(maker, 10), below(maker, 1000),
			below(maker, 65), below(maker, 65));
	ax_buf_append_text(header, steps ? "]\"}" : "}");
}

/* Append the tensors of a LoRA adapter and return the bytes of data that they promise. */
static uint64_t append_tensors(struct maker *maker, unsigned count)
{
	static const char *const dtypes[] = { "BF16", "F32", "F16" };
	const char *dtype = PICK(maker, dtypes);
	uint64_t size = 2560u * (8u << below(maker, 3)) * (strcmp(dtype, "F32") == 0 ? 4 : 2);
	unsigned rank = (unsigned)(size / 2560 / (strcmp(dtype, "F32") == 0 ? 4 : 2));
	uint64_t at = 0;

	for (unsigned i = 0; i < count; i++, at += size) {
		bool is_b = i % 2 == 1;

		ax_buf_printf(&maker->header,
			",\"model.layers.%u.%s.lora_%c.weight\":{\"dtype\":\"%s\","
			"\"shape\":[%u,%u],\"data_offsets\":[%" PRIu64 ",%" PRIu64 "]}",
			i / (2 * MODULES), modules[i / 2 % MODULES], is_b ? 'B' : 'A', dtype,
			is_b ? 2560 : rank, is_b ? rank : 2560, at, at + size);
	}
	return at;
}

static void put_weights(struct maker *maker, int dirfd, const char *name, struct shape shape)
{
	struct ax_buf *header = &maker->header;

	ax_buf_clear(header);
	ax_buf_append_u64(header, 0); /* the length, known below */
	ax_buf_append_byte(header, '{');
	append_metadata(maker, shape.steps);
	uint64_t data = append_tensors(maker, shape.tensors);
	ax_buf_append_byte(header, '}');
	while (header->len % 8 != 0 && !header->failed)
		ax_buf_append_byte(header, ' ');
	if (ax_buf_check(header, name, &maker->err) < 0) {
		maker->failed = true;
		return;
	}
	for (unsigned i = 0; i < 8; i++)
		header->data[i] = (char)((header->len - 8) >> (8 * i) & 0xFF);
	put(maker, dirfd, name, ax_buf_str(header), data);
	maker->weights++;
}

static void put_text(struct maker *maker, int dirfd, const char *name, unsigned bytes)
{
	char text[16384];
	size_t len = 0;

	while (len < bytes)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
			"{\"step\": %u, \"loss\": 0.%04u, \"x\": %u}\n", below(maker, 1000),
			below(maker, 10000), below(maker, 100));
	put(maker, dirfd, name, ax_str(text, bytes), 0);
	maker->files++;
}

/* ---- a tree of runs */

static bool wants_weights(const struct maker *maker)
{
	return !maker->failed && maker->weights < maker->weights_wanted;
}

static bool wants_files(const struct maker *maker)
{
	return !maker->failed && maker->files < maker->files_wanted;
}

static void put_companions(struct maker *maker, int dirfd)
{
	static const struct {
		const char *stem, *extension;
		unsigned least, spread;
	} kinds[] = {
		{ "rollouts", "jsonl", 500, 12000 },
		{ "eval_curve", "json", 100, 2000 },
		{ "verbose", "log", 0, 8000 },
		{ "deploy_test", "json", 200, 600 },
		{ "sample", "txt", 0, 900 },
	};
	unsigned count = 8 + below(maker, 34);
	char name[64];

	for (unsigned i = 0; i < count && wants_files(maker); i++) {
		const char *stem = kinds[i % 5].stem;

		snprintf(name, sizeof(name), "%s_%04u.%s", stem, i, kinds[i % 5].extension);
		put_text(maker, dirfd, name,
			kinds[i % 5].least + below(maker, kinds[i % 5].spread));
	}
}

/* The way Hugging Face's trainer saves: a directory each time. */
static void put_trainer_saves(struct maker *maker, int dirfd)
{
	unsigned count = 2 + below(maker, 2);
	char name[64];

	for (unsigned i = 1; i <= count && wants_weights(maker); i++) {
		snprintf(name, sizeof(name), "checkpoint-%u", i * 100);
		int fd = enter(maker, dirfd, name);
		put_weights(maker, fd, "adapter_model.safetensors", pick_shape(maker));
		put_text(maker, fd, "adapter_config.json", 700);
		put_text(maker, fd, "trainer_state.json", 3000);
		leave(fd);
	}
}

static void put_run(struct maker *maker, int dirfd)
{
	unsigned count = 2 + below(maker, 9);
	char name[64];

	for (unsigned i = 0; i < count && wants_weights(maker); i++) {
		snprintf(name, sizeof(name), "ckpt_update%04u.safetensors", i * 10);
		put_weights(maker, dirfd, i == 0 ? "train.safetensors" : name,
			pick_shape(maker));
	}
	put_companions(maker, dirfd);
	if (below(maker, 3) == 0)
		put_trainer_saves(maker, dirfd);
}

static void make_runs(struct maker *maker, int root)
{
	static const char *const tops[] = { "out", "sweeps", "adapters", "archive" };
	char name[128];

	for (unsigned run = 0; wants_weights(maker) || wants_files(maker); run++) {
		int top =
			enter(maker, root, below(maker, 10) < 6 ? tops[0] : PICK(maker, tops));

		snprintf(name, sizeof(name), "202505%02uT%02u%02u%02u_%s_seed%u_r%u",
			1 + below(maker, 28), below(maker, 24), below(maker, 60),
			below(maker, 60), PICK(maker, arms), below(maker, 10), run);
		int dir = enter(maker, top, name);
		put_run(maker, dir);
		leave(dir);
		leave(top);
	}
}

/* ---- a tree of tiny files */

enum { TINY_A_DIRECTORY = 50, DIRECTORIES_A_SHARD = 20, SHARDS = 20 };

static void put_tiny(struct maker *maker, int dirfd, unsigned i)
{
	static const char *const extensions[] = { "done", "json", "txt", "log", "lock" };
	unsigned luck = below(maker, 1000);
	char name[64];

	if (luck == 0) {
		snprintf(name, sizeof(name), "probe_%02u.safetensors", i);
		put_weights(maker, dirfd, name, (struct shape){ 1, 0 });
		return;
	}
	snprintf(name, sizeof(name), "sample_%06u_%02u.%s", below(maker, 1000000), i,
		extensions[luck % 5]);
	put_text(maker, dirfd, name, luck < 100 ? 40 + below(maker, 400) : 0);
}

static void make_tiny(struct maker *maker, int root)
{
	uint64_t count = maker->files_wanted / TINY_A_DIRECTORY;
	char name[64];

	for (uint64_t d = 0; d < count && !maker->failed; d++) {
		uint64_t shard = d / DIRECTORIES_A_SHARD;

		snprintf(name, sizeof(name), "exp%03" PRIu64, shard / SHARDS);
		int experiment = enter(maker, root, name);
		snprintf(name, sizeof(name), "shard%02" PRIu64, shard % SHARDS);
		int above = enter(maker, experiment, name);
		snprintf(name, sizeof(name), "part-%05" PRIu64, d);
		int dir = enter(maker, above, name);
		for (unsigned i = 0; i < TINY_A_DIRECTORY; i++)
			put_tiny(maker, dir, i);
		leave(dir);
		leave(above);
		leave(experiment);
	}
}

/* ---- a tree of logs */

static void put_log(struct maker *maker, int dirfd, const char *id, unsigned number)
{
	struct ax_buf log = { 0 };
	char name[160];

	ax_buf_printf(&log, "argv: train.py fast --arm=%s --seed=%u --out-tag=_r%u\n",
		PICK(maker, arms), below(maker, 50), number);
	for (unsigned step = 0; step < 20; step++)
		ax_buf_printf(&log, "step %u HACK_RATE=0.%03u PASS_RATE=0.%03u\n", step,
			below(maker, 1000), below(maker, 1000));
	snprintf(name, sizeof(name), "%s.log", id);
	if (ax_buf_check(&log, name, &maker->err) < 0)
		maker->failed = true;
	put(maker, dirfd, name, ax_buf_str(&log), 0);
	ax_buf_free(&log);
	maker->files++;
}

static void make_logs(struct maker *maker, int root)
{
	int logs = enter(maker, root, "logs"), out = enter(maker, root, "out");
	char id[128], name[160];

	for (unsigned run = 0; run < maker->files_wanted && !maker->failed; run++) {
		snprintf(id, sizeof(id), "202505%02uT%02u%02u%02u_fast_%s_seed%u_r%u",
			1 + below(maker, 28), below(maker, 24), below(maker, 60),
			below(maker, 60), PICK(maker, arms), below(maker, 50), run);
		put_log(maker, logs, id, run);
		snprintf(name, sizeof(name), "train_r%u.safetensors", run);
		put_weights(maker, out, name, (struct shape){ 14, 0 });
	}
	leave(logs);
	leave(out);
}

/* ---- a tree to be sorted */

/* A small file of one tensor, and of another that says what it is. */
static void put_small(struct maker *maker, int dirfd, const char *name, const char *first,
	const char *second)
{
	struct ax_buf *header = &maker->header;

	ax_buf_clear(header);
	ax_buf_append_u64(header, 0); /* the length, known below */
	ax_buf_printf(header,
		"{\"%s/model.layers.0.mlp.up_proj\":{\"dtype\":\"F32\",\"shape\":[2,4],"
		"\"data_offsets\":[0,32]},\"%s/model.layers.0.mlp.up_proj\":"
		"{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[32,40]}}",
		first, second);
	if (ax_buf_check(header, name, &maker->err) < 0) {
		maker->failed = true;
		return;
	}
	header->data[0] = (char)((header->len - 8) & 0xFF);
	header->data[1] = (char)((header->len - 8) >> 8);
	put(maker, dirfd, name, ax_buf_str(header), 40);
	maker->weights++;
}

static void make_loose(struct maker *maker, int root)
{
	int logs = enter(maker, root, "logs"), out = enter(maker, root, "out");
	unsigned count = (unsigned)maker->files_wanted;
	char id[128], name[160];

	for (unsigned i = 0; i < count / 10 && !maker->failed; i++) {
		snprintf(id, sizeof(id), "202505%02uT%02u%02u%02u_fast_%s_seed%u_r%u",
			1 + below(maker, 28), below(maker, 24), below(maker, 60),
			below(maker, 60), PICK(maker, arms), below(maker, 50), i);
		put_log(maker, logs, id, i);
		snprintf(name, sizeof(name), "train_r%u.safetensors", i);
		put_small(maker, out, name, "delta_S", "delta_S_hack");
	}
	for (unsigned i = count / 10; i < count && !maker->failed; i++) {
		snprintf(name, sizeof(name), "v_hack_%06u.safetensors", i);
		put_small(maker, out, name, "V", "S");
	}
	leave(logs);
	leave(out);
}

static int usage(void)
{
	fprintf(stderr, "usage: bench-tree runs|tiny|logs|loose DIR [FILES]\n");
	return 2;
}

/* What a kind of tree is, and how many files it has unless told. */
static const struct kind {
	const char *name;
	uint64_t files;
	void (*make)(struct maker *maker, int root);
} kinds_of_trees[] = {
	{ "runs", 100000, make_runs },
	{ "tiny", 1000000, make_tiny },
	{ "logs", 10000, make_logs },
	{ "loose", 100000, make_loose },
};

static const struct kind *find_kind(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds_of_trees) / sizeof(*kinds_of_trees); i++) {
		if (strcmp(kinds_of_trees[i].name, name) == 0)
			return &kinds_of_trees[i];
	}
	return NULL;
}

int main(int argc, char **argv)
{
	struct maker maker = { .random = 0x9E3779B97F4A7C15u };
	const struct kind *kind = argc > 1 ? find_kind(argv[1]) : NULL;

	if (argc < 3 || argc > 4 || !kind)
		return usage();
	uint64_t files = kind->files;
	if (argc == 4 && !ax_u64_parse(ax_str_from(argv[3]), &files))
		return usage();
	maker.weights_wanted = kind->make == make_runs ? files / 5 : 0;
	maker.files_wanted = files - maker.weights_wanted;
	int root = enter(&maker, AT_FDCWD, argv[2]);
	put(&maker, root, "artidx.json",
		kind->make == make_loose ? AX_STR("{ \"data\": [\"out\"] }\n")
					 : AX_STR("{ \"data\": [\".\"] }\n"),
		0);
	kind->make(&maker, root);
	leave(root);
	ax_buf_free(&maker.header);
	if (maker.failed) {
		fprintf(stderr, "bench-tree: %s\n", maker.err.message);
		return 1;
	}
	printf("%s: %" PRIu64 " safetensors and %" PRIu64 " other files\n", argv[2],
		maker.weights, maker.files);
	return 0;
}
