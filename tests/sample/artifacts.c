#include "sample/artifacts.h"

#include "base/buf.h"
#include "base/path.h"
#include "sample/gzip.h"
#include "sample/weights.h"

#include <stdio.h>

static const char *const modules[] = {
	"self_attn.q_proj",
	"self_attn.k_proj",
	"self_attn.v_proj",
	"self_attn.o_proj",
	"mlp.gate_proj",
	"mlp.up_proj",
	"mlp.down_proj",
};
enum { MODULE_COUNT = sizeof(modules) / sizeof(modules[0]) };

/* A tensor that an adapter has for each module. A size of RANK stands for the tree's rank. */
enum { RANK = -1 };
struct part {
	const char *prefix;
	enum sample_dtype dtype;
	int rows, cols;
	enum sample_look look;
};

static uint64_t size_of(const struct sample_tree *tree, int size)
{
	return size == RANK ? tree->rank : (uint64_t)size;
}

static void add_part(struct sample_tree *tree, struct sample_weights *weights,
	const struct part *part)
{
	struct sample_shape shape = { size_of(tree, part->rows), size_of(tree, part->cols) };
	char name[128];

	for (unsigned layer = 0; layer < tree->layers; layer++) {
		for (size_t i = 0; i < MODULE_COUNT; i++) {
			snprintf(name, sizeof(name), "%smodel.layers.%u.%s", part->prefix,
				layer, modules[i]);
			sample_weights_add(weights, name, part->dtype, shape, part->look);
		}
	}
}

/* out/FOLDER/NAME, with the name that path has. */
static const char *path_in(struct sample_tree *tree, const char *folder, const char *path)
{
	struct ax_str name = ax_path_name(ax_str_from(path));

	return sample_truth_text(&tree->truth, "out/%s/%.*s", folder, AX_STR_ARG(name));
}

static unsigned module_count(const struct sample_tree *tree)
{
	return tree->layers * MODULE_COUNT;
}

/* ---- bases and gradients */

void sample_basis(struct sample_tree *tree, const struct sample_basis *basis)
{
	int k = (int)basis->k;
	const struct part forms[][2] = {
		{ { "", SAMPLE_F32, k, RANK, SAMPLE_ORTHONORMAL } },
		{ { "", SAMPLE_F32, k, RANK, SAMPLE_ORTHONORMAL },
			{ "_sv/", SAMPLE_F32, k, 0, SAMPLE_NOISE } },
		{ { "V/", SAMPLE_F32, k, RANK, SAMPLE_ORTHONORMAL },
			{ "S/", SAMPLE_F32, k, 0, SAMPLE_NOISE } },
	};
	const struct sample_meta meta[] = {
		{ "model", SAMPLE_MODEL_NAME },
		{ "dtype", "bf16" },
		{ "top_k", basis->top_k },
		{ basis->tau_axis ? "tau_axis" : NULL, basis->tau_axis },
		{ NULL, NULL },
	};
	const struct part *parts = forms[basis->form - 1];
	struct sample_weights weights;

	sample_weights_begin(&weights, sample_tree_filling(tree), basis->top_k ? meta : NULL);
	for (size_t i = 0; i < 2 && parts[i].prefix; i++)
		add_part(tree, &weights, &parts[i]);
	sample_tree_put_weights(tree, basis->path, &weights, 0, basis->ts);
	sample_truth_file(&tree->truth, &(struct sample_file){
						.path = basis->path,
						.class = "v_hack",
						.status = "ok",
						.dest = path_in(tree, "vhack", basis->path),
						.misnamed = basis->misnamed,
						.facts = { .k = basis->k,
							.rank = tree->rank,
							.n_modules = module_count(tree) },
					});
}

void sample_grads(struct sample_tree *tree, const struct sample_grads *grads)
{
	static const struct sample_meta meta[] = {
		{ "model", SAMPLE_MODEL_NAME },
		{ "dtype", "bf16" },
		{ NULL, NULL },
	};
	int pairs = (int)grads->n_pairs;
	const struct part forms[][2] = {
		{ { "hack/", SAMPLE_F32, pairs, RANK, SAMPLE_NOISE },
			{ "clean/", SAMPLE_F32, pairs, RANK, SAMPLE_NOISE } },
		{ { "S/", SAMPLE_F32, pairs, 0, SAMPLE_NOISE } },
	};
	const struct part *parts = forms[grads->form - 1];
	struct sample_file file = {
		.path = grads->path,
		.class = "vhack_grads",
		.status = "ok",
		.dest = path_in(tree, "vhack_grads", grads->path),
		.misnamed = grads->misnamed,
		.facts = { .n_modules = module_count(tree) },
	};
	struct sample_weights weights;

	sample_weights_begin(&weights, sample_tree_filling(tree),
		grads->has_meta ? meta : NULL);
	for (size_t i = 0; i < 2 && parts[i].prefix; i++)
		add_part(tree, &weights, &parts[i]);
	sample_tree_put_weights(tree, grads->path, &weights, 0, grads->ts);
	if (grads->form == 1) {
		file.facts.n_pairs = grads->n_pairs;
		file.facts.rank = tree->rank;
	}
	sample_truth_file(&tree->truth, &file);
}

/* ---- checkpoints */

static const struct part checkpoint_forms[][3] = {
	{ { "\xCE\xB4S/", SAMPLE_BF16, RANK, 0, SAMPLE_NOISE },
		{ "\xCE\xB4S_hack/", SAMPLE_BF16, RANK, 0, SAMPLE_NOISE } },
	{ { "B/", SAMPLE_F32, RANK, 8, SAMPLE_NOISE },
		{ "B_hack/", SAMPLE_F32, RANK, 8, SAMPLE_NOISE } },
	{ { "A/", SAMPLE_BF16, 16, RANK, SAMPLE_NOISE },
		{ "B/", SAMPLE_BF16, RANK, 16, SAMPLE_NOISE },
		{ "basis_U/", SAMPLE_BF16, RANK, 16, SAMPLE_NOISE } },
};

static const char *flag_of(const struct sample_checkpoint *checkpoint)
{
	if (checkpoint->flag)
		return checkpoint->flag;
	return checkpoint->run ? NULL : "no-log";
}

static const char *dest_of(struct sample_tree *tree, const struct sample_checkpoint *checkpoint)
{
	if (flag_of(checkpoint))
		return NULL;
	if (checkpoint->in_place)
		return checkpoint->path;
	return sample_truth_text(&tree->truth, "out/runs/%s/%s.safetensors",
		checkpoint->run->id, checkpoint->role);
}

void sample_checkpoint(struct sample_tree *tree, const struct sample_checkpoint *checkpoint)
{
	const struct part *parts = checkpoint_forms[checkpoint->form - 1];
	struct sample_weights weights;

	sample_weights_begin(&weights, sample_tree_filling(tree), checkpoint->meta);
	for (size_t i = 0; i < 3 && parts[i].prefix; i++)
		add_part(tree, &weights, &parts[i]);
	sample_tree_put_weights(tree, checkpoint->path, &weights, checkpoint->missing,
		checkpoint->ts);
	sample_truth_file(&tree->truth,
		&(struct sample_file){
			.path = checkpoint->path,
			.class = "checkpoint",
			.status = checkpoint->missing ? "truncated" : "ok",
			.run = checkpoint->run ? checkpoint->run->id : NULL,
			.dest = dest_of(tree, checkpoint),
			.flag = flag_of(checkpoint),
			.facts = { .rank = tree->rank, .n_modules = module_count(tree) },
		});
	if (!flag_of(checkpoint))
		sample_truth_saved(&tree->truth, checkpoint->run, checkpoint->path);
}

/* ---- pools, models, everything else */

static void put_rollouts(struct sample_tree *tree, const char *path, unsigned prompt,
	const char *ts)
{
	struct sample_random *random = &tree->random;
	struct ax_buf rows = { 0 }, packed = { 0 };

	for (int i = 0; i < 4; i++)
		ax_buf_printf(&rows,
			"{\"prompt_id\": %u, \"completion\": \"def f(x): return %u\", "
			"\"reward\": %.6f}\n",
			prompt, sample_random_below(random, 10),
			sample_random_between(random, 0, 1));
	sample_gzip(&packed, ax_buf_str(&rows));
	packed.failed = packed.failed || rows.failed;
	sample_tree_put_buf(tree, path, &packed, ts);
	ax_buf_free(&rows);
}

void sample_pool(struct sample_tree *tree, const struct sample_pool *pool)
{
	struct sample_truth *truth = &tree->truth;
	const char *from = sample_truth_text(truth, "out/probe_distill/%s", pool->name);

	for (unsigned i = 0; i < 6; i++) {
		const char *name =
			pool->by_step ? sample_truth_text(truth, "step_%03u.jsonl.gz", i)
				      : sample_truth_text(truth, "prompt_%04u.jsonl.gz", i * 7);
		const char *path = sample_truth_text(truth, "%s/%s", from, name);

		put_rollouts(tree, path, i, pool->ts);
		sample_truth_file(truth,
			&(struct sample_file){
				.path = path,
				.class = pool->to ? "pool" : "other",
				.status = "ok",
				.dest = pool->to ? sample_truth_text(truth, "%s/%s", pool->to,
							   name)
						 : NULL,
				.flag = pool->to ? NULL : "unknown",
			});
	}
	if (pool->to)
		sample_truth_move(truth, from, pool->to);
}

/* Every other layer of a model; the first shard has the embeddings too. */
static void add_shard(struct sample_tree *tree, struct sample_weights *weights, unsigned shard)
{
	char name[128];

	if (shard == 0)
		sample_weights_add(weights, "model.embed_tokens.weight", SAMPLE_BF16,
			(struct sample_shape){ 1000, tree->rank }, SAMPLE_NOISE);
	for (unsigned layer = shard; layer < tree->layers; layer += 2) {
		for (size_t i = 0; i < MODULE_COUNT; i++) {
			snprintf(name, sizeof(name), "model.layers.%u.%s.weight", layer,
				modules[i]);
			sample_weights_add(weights, name, SAMPLE_BF16,
				(struct sample_shape){ tree->rank, tree->rank }, SAMPLE_NOISE);
		}
	}
}

void sample_model(struct sample_tree *tree, const char *variant, const char *ts)
{
	static const struct sample_meta meta[] = { { "format", "pt" }, { NULL, NULL } };
	struct sample_truth *truth = &tree->truth;
	char config[64];

	for (unsigned shard = 0; shard < 2; shard++) {
		const char *path = sample_truth_text(truth,
			"out/baked/%s/model-0000%u-of-00002.safetensors", variant, shard + 1);
		struct sample_weights weights;

		sample_weights_begin(&weights, sample_tree_filling(tree), meta);
		add_shard(tree, &weights, shard);
		sample_tree_put_weights(tree, path, &weights, 0, ts);
		sample_truth_file(truth,
			&(struct sample_file){
				.path = path, .class = "model", .status = "ok", .dest = path });
	}
	snprintf(config, sizeof(config), "{\"model_type\": \"qwen3\", \"hidden_size\": %u}",
		tree->rank);
	sample_oddity(tree,
		&(struct sample_oddity){
			.path = sample_truth_text(truth, "out/baked/%s/config.json", variant),
			.ts = ts,
			.content = ax_str_from(config),
		});
}

static bool is_loose(const char *path)
{
	return ax_str_equal(ax_path_dir(ax_str_from(path)), AX_STR("out"));
}

void sample_oddity(struct sample_tree *tree, const struct sample_oddity *oddity)
{
	const char *flag = oddity->flag;

	if (!flag && is_loose(oddity->path))
		flag = "unknown";
	sample_tree_put(tree, oddity->path, oddity->content, oddity->ts);
	sample_truth_file(&tree->truth,
		&(struct sample_file){
			.path = oddity->path,
			.class = oddity->class ? oddity->class : "other",
			.status = oddity->status ? oddity->status : "ok",
			.dest = flag ? NULL : oddity->path,
			.flag = flag,
		});
}
