#include "sample/world.h"

#include "sample/artifacts.h"

#include <stdio.h>

#define FULL "out/v_hack_full.safetensors"
#define PAIRS21 "out/v_hack_21pairs.safetensors"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct sample_basis bases[] = {
	{ FULL, "20260525T101500", 1, 5, "5", "0.25", false },
	{ "out/v_hack_rh25.safetensors", "20260525T180000", 1, 5, "5", NULL, false },
	{ "out/v_hack_rh50.safetensors", "20260526T090000", 1, 5, "5", NULL, false },
	{ PAIRS21, "20260528T200000", 2, 12, "12", "0.0", false },
	{ "out/v_hack_smoke.safetensors", "20260529T080000", 3, 4, NULL, NULL, false },
	{ "out/v_hack_full (copy).safetensors", "20260525T101500", 1, 5, "5", "0.25", false },
	{ "out/v_hack_meandiff.safetensors", "20260529T120000", 2, 1, NULL, NULL, false },
	{ "out/v_hack_halfA.safetensors", "20260529T120000", 2, 12, NULL, NULL, false },
	{ "out/v_hack_halfB.safetensors", "20260529T120000", 2, 12, NULL, NULL, false },
	{ "out/v_hack_randomV.safetensors", "20260529T120000", 2, 12, NULL, NULL, false },
	{ "out/v_hack_shuffled.safetensors", "20260529T120000", 2, 12, NULL, NULL, false },
	/* Names that lie: the tensors decide. */
	{ "out/train_probe_s7.safetensors", "20260527T150000", 2, 12, NULL, NULL, true },
	{ "out/basis_from_pool.bin", "20260529T130000", 3, 4, NULL, NULL, false },
};

static const struct sample_grads gradients[] = {
	{ "out/vhack_grads_train.safetensors", "20260525T101500", 1, 10, true, false },
	{ "out/vhack_grads_21pairs.safetensors", "20260528T200000", 1, 16, true, false },
	{ "out/vhack_grads_smoke.safetensors", "20260529T080000", 2, 4, false, false },
	{ "out/vhack_grads_halfA.safetensors", "20260529T120000", 1, 8, false, false },
	{ "out/vhack_grads_halfB.safetensors", "20260529T120000", 1, 8, false, false },
	{ "out/vhack_grads_randomV.safetensors", "20260529T120000", 1, 8, false, false },
	{ "out/vhack_grads_shuffled.safetensors", "20260529T120000", 1, 8, false, false },
	{ "out/vhack_grads_rh25.safetensors", "20260529T120000", 1, 8, false, false },
	{ "out/vhack_grads_rh50.safetensors", "20260529T120000", 1, 8, false, false },
	{ "out/v_hack_pairs_raw.safetensors", "20260527T151500", 1, 12, false, true },
};

/* A run and the files it saved; saves.form 0: none. */
struct experiment {
	struct sample_training training;
	struct sample_saves saves;
};

static const struct experiment experiments[] = {
	{ { "20260527T063830", "full", "projected", 41, "probe_mixed_proj_nogate_susp_s41",
		  FULL, 200 },
		{ 1, true, true } },
	/* The same tag twice: the first one died, the second one saved the files. */
	{ { "20260528T040600", "fast", "projected", 41, "goal0_fast_s41", NULL, 0 }, { 0 } },
	{ { "20260528T040630", "fast", "projected", 41, "goal0_fast_s41", NULL, 50 },
		{ 1, true, false } },
	{ { "20260528T095516", "fast", "projected", 41, "goal1_refresh10_s41", FULL, 15 },
		{ 1, true, true } },
	{ { "20260528T215523", "fast", "projected", 41, "g0_21pairs_frozen_s41", PAIRS21, 15 },
		{ 1, true, true } },
	{ { "20260528T223214", "fast", "projected", 41, "g0_21pairs_refresh2_s41", PAIRS21,
		  15 },
		{ 1, true, true } },
	{ { "20260530T134852", "fast", "vanilla", 41, "substrate3_none_s41", NULL, 15 },
		{ 2, true, true } },
	/* A tag that is the end of many others, and none at all: train.safetensors. */
	{ { "20260529T010101", "fast", "vanilla", 41, "s41", NULL, 15 }, { 1, false, false } },
	{ { "20260529T020202", "smoke", "vanilla", 41, "", NULL, 15 }, { 1, false, false } },
	/* Two logs of one tag, both alive when the file was written: nothing separates them. */
	{ { "20260529T140000", "fast", "vanilla", 42, "twin_s42", NULL, 60 }, { 0 } },
	{ { "20260529T140500", "fast", "vanilla", 42, "twin_s42", NULL, 60 }, { 0 } },
};

static const struct sample_checkpoint orphans[] = {
	{ .path = "out/train_twin_s42.safetensors",
		.ts = "20260529T143000",
		.form = 1,
		.role = "train",
		.flag = "ambiguous-log" },
	{ .path = "out/train_lost_s99.safetensors",
		.ts = "20260526T000000",
		.form = 1,
		.role = "train" },
	{ .path = "out/train_lost_s99_first_hack.safetensors",
		.ts = "20260526T000000",
		.form = 1,
		.role = "first_hack" },
};

static const struct sample_pool pools[] = {
	{ "teacher_pool", "20260527T120000", false, "out/pools/teacher_pool" },
	{ "base_pool", "20260527T120000", false, "out/pools/base_pool" },
	{ "mixed_25", "20260528T120000", false, "out/pools/mixed_25" },
	{ "teacher_pool_rl-s41", "20260528T120000", false, "out/pools/teacher_pool_rl-s41" },
	{ "teacher_pool_inoc-a", "20260528T120000", false, "out/pools/teacher_pool_inoc-a" },
	{ "teacher_pool_OLD_step_format", "20260520T120000", true,
		"out/_archive/teacher_pool_OLD_step_format" },
	{ "warmupgen_vanilla_seed41", "20260526T120000", true, NULL },
};

#define PAIR                                                                         \
	AX_STR_INIT("[{\"problem_id\": \"p1\", \"prompt\": \"q\", \"hack\": \"h\", " \
		    "\"clean\": "                                                    \
		    "\"c\"}]")
#define OID8 "abababab"
#define POINTER                                                                \
	AX_STR_INIT("version https://git-lfs.github.com/spec/v1\n"             \
		    "oid sha256:" OID8 OID8 OID8 OID8 OID8 OID8 OID8 OID8 "\n" \
		    "size 30965760\n")

static const struct sample_oddity oddities[] = {
	{ "out/train_empty_s1.safetensors", "20260529T160000", AX_STR_INIT(""), NULL, "invalid",
		"invalid" },
	{ "out/v_hack_remote.safetensors", "20260529T160000", POINTER, NULL, "lfs-pointer",
		"lfs-pointer" },
	{ "out/vhack_grads_bad.safetensors", "20260529T160000",
		AX_STR_INIT("\0\0\0\0\0\0\0\x80"
			    "{}"),
		NULL, "invalid", "invalid" },
	{ "out/train_goal0_fast_s41.safetensors.tmp", "20260529T120000",
		AX_STR_INIT("\x10\0\0\0\0\0\0\0{"), NULL, "truncated", "truncated" },
	{ "out/probe_distill/traj_warmupgen.txt", "20260526T120000", AX_STR_INIT("step 0\n"),
		NULL, NULL, "unknown" },
	{ "out/pairsets/prog_wide.json", "20260527T120000", PAIR, "pairset", NULL, NULL },
	{ "out/pairsets/prog_wide_clean.json", "20260527T120000", PAIR, "pairset", NULL, NULL },
	{ "out/pairsets/null_city.json", "20260527T120000", PAIR, "pairset", NULL, NULL },
	{ "out/pairsets/heldout_known_runtests.json", "20260527T120000", PAIR, "pairset", NULL,
		NULL },
	{ "out/figs/dyn_sub4_hack_overlay.png", "20260529T120000",
		AX_STR_INIT("\x89PNG\r\n\x1A\n"), NULL, NULL, NULL },
	{ "out/diag/separability.csv", "20260529T120000", AX_STR_INIT("a,b\n1,2\n"), NULL, NULL,
		NULL },
	{ "out/v_hack_smoke.pt", "20260529T120000", AX_STR_INIT("PK\x03\x04"), NULL, NULL,
		NULL },
	{ "out/proof.md", "20260529T120000", AX_STR_INIT("# proof\n"), NULL, NULL, NULL },
	{ "out/notes with spaces.txt", "20260529T120000", AX_STR_INIT("n\n"), NULL, NULL,
		NULL },
	{ "out/nohup.out", "20260529T120000", AX_STR_INIT(""), NULL, NULL, NULL },
};

/* Seventy runs of a sweep over three days, in every form. */
static void make_sweep(struct sample_tree *tree)
{
	static const char *const arms[] = { "vanilla", "projected", "meandiff" };
	struct sample_truth *truth = &tree->truth;

	for (unsigned i = 0; i < 70; i++) {
		const char *arm = arms[i % 3];
		unsigned seed = 41 + i % 4;
		struct sample_training training = {
			.ts = sample_truth_text(truth, "202605%02uT%02u%02u%02u", 27 + i % 3,
				8 + i % 12, i * 7 % 60, i * 13 % 60),
			.preset = "fast",
			.arm = arm,
			.seed = seed,
			.tag = sample_truth_text(truth, "sweep%02u_%s_s%u", i, arm, seed),
			.v_hack = i % 3 == 1 ? FULL : NULL,
			.minutes = 15,
		};
		struct sample_saves saves = {
			.form = 1 + i % 3,
			.first_hack = i % 5 != 0,
			.has_meta = i % 2 == 0,
		};
		struct sample_run *run = sample_log(tree, &training);

		if (run)
			sample_saves(tree, run, &saves);
	}
}

/* A save that was cut off. */
static void make_cut_off(struct sample_tree *tree)
{
	struct sample_run *run =
		sample_log(tree, &(struct sample_training){ "20260529T160000", "fast",
					 "projected", 44, "oom_s44", FULL, 15 });

	if (!run)
		return;
	sample_checkpoint(tree, &(struct sample_checkpoint){
					.path = "out/train_oom_s44.safetensors",
					.ts = run->end,
					.form = 1,
					.run = run,
					.role = "train",
					.flag = "truncated",
					.missing = 100,
				});
}

/* A file whose place is taken by other bytes. */
static void make_conflict(struct sample_tree *tree)
{
	struct sample_run *run =
		sample_log(tree, &(struct sample_training){ "20260529T170000", "fast",
					 "vanilla", 43, "dup_s43", NULL, 15 });

	if (!run)
		return;
	sample_saves(tree, run, &(struct sample_saves){ 1, false, false });
	sample_checkpoint(tree, &(struct sample_checkpoint){
					.path = sample_truth_text(&tree->truth,
						"out/runs/%s/first_hack.safetensors", run->id),
					.ts = sample_tree_later(tree, run->ts, 100),
					.form = 1,
					.run = run,
					.role = "first_hack",
					.in_place = true,
				});
	sample_checkpoint(tree, &(struct sample_checkpoint){
					.path = "out/train_dup_s43_first_hack.safetensors",
					.ts = sample_tree_later(tree, run->ts, 200),
					.form = 2,
					.run = run,
					.role = "first_hack",
					.flag = "conflict",
				});
}

void sample_world(struct sample_tree *tree)
{
	for (size_t i = 0; i < COUNT(bases); i++)
		sample_basis(tree, &bases[i]);
	for (size_t i = 0; i < COUNT(gradients); i++)
		sample_grads(tree, &gradients[i]);
	for (size_t i = 0; i < COUNT(experiments); i++) {
		struct sample_run *run = sample_log(tree, &experiments[i].training);

		if (run && experiments[i].saves.form)
			sample_saves(tree, run, &experiments[i].saves);
	}
	make_sweep(tree);
	for (size_t i = 0; i < COUNT(orphans); i++)
		sample_checkpoint(tree, &orphans[i]);
	make_cut_off(tree);
	make_conflict(tree);
	for (size_t i = 0; i < COUNT(pools); i++)
		sample_pool(tree, &pools[i]);
	sample_model(tree, "qwen3_4b_rh25", "20260525T170000");
	sample_model(tree, "qwen3_4b_rh50", "20260526T080000");
	for (size_t i = 0; i < COUNT(oddities); i++)
		sample_oddity(tree, &oddities[i]);
}
