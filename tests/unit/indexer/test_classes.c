#include "examined.h"

#define LAYER "model.layers.{0..1}.self_attn.{q,k}_proj"

/* What a header says by the built-in rules. */
struct row {
	const char *tensors;
	const char *metadata;
	const char *class_name;
	const char *attributes;
	const char *why; /* the name of the rule, at the end of the reason */
};

static const struct row rows[] = {
	/* bases and gradients */
	{ "V/" LAYER " F32 4x32; S/" LAYER " F32 4", NULL, "v_hack",
		"k=4 rank=32 n_modules=4 n_layers=2", "basis, third form" },
	{ LAYER " F32 12x32; _sv/" LAYER " F32 12", "\"model\":\"Qwen/Qwen3-4B\"", "v_hack",
		"k=12 rank=32 n_modules=4 n_layers=2 model=Qwen/Qwen3-4B",
		"basis, second form" },
	{ LAYER " F32 1x32; _sv/" LAYER " F32 1", NULL, "v_hack", "k=1", "basis, second form" },
	{ LAYER " F32 5x32", "\"top_k\":\"5\"", "v_hack", "k=5 rank=32 n_modules=4",
		"basis, first form" },
	{ LAYER " BF16 5x32", "\"tau_axis\":\"0.25\"", "v_hack", "k=5", "basis, first form" },
	{ "model.layers.{0..3}.linear_attn.{in_proj_qkv,in_proj_z,in_proj_a,in_proj_b,out_proj}"
	  " "
	  "F32 5x32",
		"\"top_k\":\"5\"", "v_hack", "k=5 n_modules=20 n_layers=4",
		"basis, first form" },
	{ "hack/" LAYER " F32 10x32; clean/" LAYER " F32 10x32", "\"model\":\"m\"",
		"vhack_grads", "n_pairs=10 rank=32 n_modules=4 n_layers=2 model=m",
		"gradients of pairs" },
	{ "hack/" LAYER " F32 10x32", NULL, "vhack_grads", "n_pairs=10 side=hack",
		"gradients of one side" },
	{ "S/" LAYER " F32 4", NULL, "vhack_grads", "k=4 n_modules=4",
		"gradients, later form" },

	/* checkpoints */
	{ "δS/" LAYER " BF16 32; δS_hack/" LAYER " BF16 32", NULL, "checkpoint",
		"rank=32 n_modules=4 n_layers=2", "checkpoint, first form" },
	{ "delta_S/" LAYER " BF16 32; delta_S_hack/" LAYER " BF16 32", NULL, "checkpoint",
		"rank=32 n_modules=4", "checkpoint, first form" },
	{ "B/" LAYER " F32 32x8; B_hack/" LAYER " F32 32x8", NULL, "checkpoint",
		"rank=32 n_modules=4", "checkpoint, second form" },
	{ "A/" LAYER " BF16 16x32; B/" LAYER " BF16 32x16; basis_U/" LAYER " BF16 32x16",
		"\"model\":\"Qwen/Qwen3-4B\",\"step\":\"20\",\"hack_rate\":\"0.5\","
		"\"pass_rate\":\"1\",\"cfg\":\"{}\"",
		"checkpoint",
		"rank=32 n_modules=4 n_layers=2 step=20 hack_rate=0.5 pass_rate=1",
		"checkpoint, third form" },
	{ "gate/head F32 16", "\"cfg\":\"{}\",\"step\":\"1\"", "checkpoint", "step=1",
		"checkpoint, third form" },

	/* what looks like them and is not */
	{ "U/" LAYER " F32 32x32; S/" LAYER " F32 32; Vh/" LAYER " F32 32x32", NULL, "tensors",
		"kind=svd", "singular value decomposition" },
	{ "V/" LAYER " F32 4x32; S/" LAYER " F32 5", NULL, "checkpoint", "k=absent",
		"checkpoint, third form" },
	{ "exp_avg/" LAYER " F32 4x4; exp_avg_sq/" LAYER " F32 4x4; step/" LAYER " F32 -", NULL,
		"tensors", "kind=optimizer", "optimizer state" },

	/* adapters */
	{ "base_model.model.model.layers.{0..3}.self_attn.{q,v}_proj.lora_A.weight F32 16x64; "
	  "base_model.model.model.layers.{0..3}.self_attn.{q,v}_proj.lora_B.weight F32 64x16",
		"\"format\":\"pt\"", "lora",
		"method=peft rank=16 ranks=16 targets=q_proj,v_proj n_modules=8 n_layers=4 "
		"half_saved=no",
		"LoRA of PEFT" },
	{ "base_model.model.h.{0..1}.attn.c_attn.lora_A.default.weight F32 8x64; "
	  "base_model.model.h.0.attn.c_attn.lora_B.default.weight F32 64x8",
		NULL, "lora", "rank=8 targets=c_attn n_layers=2 half_saved=yes",
		"LoRA of PEFT" },
	{ "base_model.model.model.layers.0.mlp.up_proj.lora_A.weight F32 8x64; "
	  "base_model.model.model.layers.1.mlp.up_proj.lora_A.weight F32 16x64",
		NULL, "lora", "rank=16 ranks=8,16 half_saved=yes", "LoRA of PEFT" },
	{ "lora_unet_down_blocks_{0..2}_proj.lora_down.weight F16 4x8x1x1; "
	  "lora_unet_down_blocks_{0..2}_proj.lora_up.weight F16 8x4x1x1; "
	  "lora_unet_down_blocks_{0..2}_proj.alpha F16 -; lora_te1_x.lora_down.weight F16 4x8; "
	  "lora_te1_x.lora_up.weight F16 8x4",
		"\"ss_network_dim\":\"4\",\"ss_network_alpha\":\"2.0\","
		"\"ss_base_model_version\":\"sdxl_base_v1-0\"",
		"lora",
		"method=kohya rank=4 targets=te1,unet n_modules=4 alpha=2 "
		"base_model=sdxl_base_v1-0 half_saved=no",
		"LoRA of kohya" },
	{ "unet.down.attn.processor.to_q_lora.down.weight F32 4x8; "
	  "unet.down.attn.processor.to_q_lora.up.weight F32 8x4",
		NULL, "lora", "method=diffusers rank=4 targets=unet n_modules=1",
		"LoRA of diffusers" },
	{ "text_encoder.text_model.layers.0.q_proj.lora_linear_layer.down.weight F32 4x8; "
	  "text_encoder.text_model.layers.0.q_proj.lora_linear_layer.up.weight F32 8x4",
		NULL, "lora", "method=diffusers rank=4 targets=text_encoder",
		"LoRA of diffusers" },
	{ "transformer.blocks.0.attn.to_q.lora_A.weight F32 4x8; "
	  "transformer.blocks.0.attn.to_q.lora_B.weight F32 8x4",
		NULL, "lora", "method=diffusers rank=4 targets=transformer half_saved=no",
		"LoRA of diffusers, PEFT's names" },
	{ "unet:{0..2}:down F32 4x8; unet:{0..2}:up F32 8x4", NULL, "lora",
		"method=cloneofsimo rank=4 n_modules=3 half_saved=no", "LoRA of cloneofsimo" },
	{ "model.layers.{0..3}.self_attn.q_proj.lora_a F32 64x8; "
	  "model.layers.{0..3}.self_attn.q_proj.lora_b F32 8x64",
		NULL, "lora", "method=mlx rank=8 targets=q_proj n_layers=4 n_modules=4",
		"LoRA of MLX" },
	{ "model.layers.{0..3}.mlp.down_proj.lora_A.weight F32 8x64; "
	  "model.layers.{0..3}.mlp.down_proj.lora_B.weight F32 64x8",
		NULL, "lora", "rank=8 method=absent targets=down_proj", "LoRA" },
	{ "lora_unet_x.hada_w1_a F16 8x4; lora_unet_x.hada_w1_b F16 4x8; lora_unet_x.alpha F16 "
	  "-",
		"\"ss_network_module\":\"lycoris.kohya\"", "adapter", "method=hada",
		"adapter of LyCORIS" },
	{ "base_model.model.model.layers.{0..1}.self_attn.k_proj.ia3_l F32 64x1", NULL,
		"adapter", "method=ia3 n_layers=2", "adapter of PEFT" },
	{ "prompt_embeddings F32 20x64", NULL, "adapter", "method=prompt n_tokens=20",
		"prompt tuning of PEFT" },

	/* quantized weights */
	{ "model.layers.{0..1}.mlp.up_proj.qweight I32 16x256; "
	  "model.layers.{0..1}.mlp.up_proj.qzeros I32 1x32; "
	  "model.layers.{0..1}.mlp.up_proj.scales F16 1x256; "
	  "model.layers.{0..1}.mlp.up_proj.g_idx I32 128; model.embed_tokens.weight F16 10x128",
		"\"format\":\"pt\"", "quantized",
		"method=gptq bits=4 group_size=128 n_modules=2 n_layers=2",
		"weights quantized by GPTQ" },
	{ "model.layers.{0..1}.mlp.up_proj.qweight I32 128x32; "
	  "model.layers.{0..1}.mlp.up_proj.qzeros I32 1x32; "
	  "model.layers.{0..1}.mlp.up_proj.scales F16 1x256",
		NULL, "quantized", "method=awq bits=4 group_size=128 n_layers=2",
		"weights quantized by AWQ" },
	{ "l.weight U8 64x1; l.weight.absmax U8 2; l.weight.quant_map F32 16; "
	  "l.weight.quant_state.bitsandbytes__nf4 U8 80",
		NULL, "quantized", "method=bitsandbytes bits=4 quant_type=nf4",
		"weights quantized by bitsandbytes, 4 bits" },
	{ "l.weight I8 8x8; l.SCB F32 8; l.weight_format U8 -", NULL, "quantized",
		"method=bitsandbytes bits=8", "weights quantized by bitsandbytes, 8 bits" },
	{ "l.weight_packed U8 8x8; l.weight_scale F8_E4M3 8x1; l.weight_global_scale F32 1",
		NULL, "quantized", "method=nvfp4 bits=4", "weights quantized to NVFP4" },
	{ "l.weight_packed I32 8x8; l.weight_scale BF16 8x1; l.weight_shape I64 2", NULL,
		"quantized", "method=compressed_tensors", "weights of compressed-tensors" },
	{ "l.weight F8_E4M3 256x256; l.weight_scale_inv F32 2x2; n.weight BF16 256", NULL,
		"quantized", "method=fp8_block bits=8 group_size=128",
		"weights in FP8 with scales of blocks" },
	{ "l.weight F8_E4M3 8x8; l.weight_scale F32 1; l.input_scale F32 1", NULL, "quantized",
		"method=scaled_8bit bits=8", "weights in FP8 or 8 bits with scales" },
	{ "l.experts.gate_up_proj_blocks U8 2x4x2x16; l.experts.gate_up_proj_scales U8 2x4x2",
		NULL, "quantized", "method=mxfp4 bits=4", "weights quantized to MXFP4" },
	{ "model.layers.0.q.weight U32 8x8; model.layers.0.q.scales F16 8x1; "
	  "model.layers.0.q.biases F16 8x1",
		"\"format\":\"mlx\"", "quantized", "method=mlx n_layers=1 bits=absent",
		"weights quantized by MLX" },
	{ "model.layers.{0..1}.self_attn.{q,k}_proj.weight U32 64x8; "
	  "model.layers.{0..1}.self_attn.{q,k}_proj.{scales,biases} F16 64x2; "
	  "model.layers.{0..1}.input_layernorm.weight F16 64; model.norm.weight F16 64",
		NULL, "quantized", "method=mlx bits=4 group_size=32 n_modules=4 n_layers=2",
		"weights quantized by MLX" },
	{ "model.layers.0.{mlp.up_proj,mlp.down_proj}.weight_packed I32 64x16; "
	  "model.layers.0.{mlp.up_proj,mlp.down_proj}.weight_scale BF16 64x1; "
	  "model.layers.0.input_layernorm.weight BF16 64",
		NULL, "quantized",
		"method=compressed_tensors bits=8 group_size=64 n_modules=2 n_layers=1",
		"weights of compressed-tensors" },
	{ "x F8_E8M0 8; y U8 16", NULL, "quantized", "method=mx",
		"values with exponents of their own (F8_E8M0)" },

	/* tensors of a known kind */
	{ "W_enc F32 8x64; b_enc F32 64; W_dec F32 64x8; b_dec F32 8", NULL, "tensors",
		"kind=sae d_in=8 d_sae=64", "sparse autoencoder of SAELens" },
	{ "encoder.weight F32 64x8; encoder.bias F32 64; W_dec F32 64x8; b_dec F32 8", NULL,
		"tensors", "kind=sae d_in=8 d_sae=64", "sparse autoencoder of sparsify" },
	{ "state.{0..3}.{state1,state2} U8 8x8; state.{0..3}.{absmax1,absmax2} F32 2; "
	  "state.{0..3}.{qmap1,qmap2} F32 256; state.{0..3}.step F32 -",
		NULL, "tensors", "kind=optimizer", "optimizer state" },
	{ "a.m F32 4; a.v F32 4; learning_rate F32 -; step U64 -", NULL, "tensors",
		"kind=optimizer", "optimizer state of MLX" },
	{ "input_ids I64 100x12; attention_mask I64 100x12", NULL, "tensors",
		"kind=activations n_samples=100", "activations or samples" },
	{ "emb_params F32 4x768", NULL, "embedding", "n_vectors=4 hidden_size=768",
		"learned embedding" },
	{ "<cat-toy> F32 768", NULL, "embedding", "n_vectors=1 hidden_size=768",
		"learned embedding" },
	{ "{0..20} F32 3", NULL, "tensors", "kind=absent", "tensors of no known family" },
	{ "mel_80 F32 80x201", NULL, "tensors", "", "tensors of no known family" },
	{ "", "\"format\":\"pt\"", "tensors", "", "tensors of no known family" },

	/* models */
	{ "model.embed_tokens.weight BF16 1000x32; "
	  "model.layers.{0..3}.self_attn.{q,k,v,o}_proj.weight BF16 32x32; "
	  "model.layers.{0..3}.mlp.{gate,up,down}_proj.weight BF16 32x32; "
	  "model.layers.{0..3}.input_layernorm.weight BF16 32; lm_head.weight BF16 1000x32",
		"\"format\":\"pt\"", "model",
		"architecture=llama hidden_size=32 vocabulary=1000 n_layers=4 head=lm_head",
		"weights of a model" },
	{ "model.layers.{0..1}.mlp.{gate,up,down}_proj.weight BF16 32x32", NULL, "model",
		"architecture=llama n_layers=2 hidden_size=absent head=absent",
		"weights of a model" },
	{ "bert.embeddings.word_embeddings.weight F32 30x16; bert.embeddings.position_ids I64 "
	  "1x8; "
	  "bert.encoder.layer.{0..1}.attention.self.query.weight F32 16x16; "
	  "bert.encoder.layer.{0..1}.attention.self.query.bias F32 16; classifier.weight F32 "
	  "2x16; "
	  "classifier.bias F32 2",
		NULL, "model",
		"architecture=bert vocabulary=30 hidden_size=16 head=classifier n_layers=2",
		"weights of a model" },
	{ "model.layers.{0..3}.self_attn.{q,k,v,o}_proj.weight BF16 32x32; "
	  "model.layers.{0..3}.self_attn.sinks BF16 8; "
	  "model.layers.{0..3}.mlp.experts.gate_up_proj BF16 4x32x64; "
	  "model.layers.{0..3}.mlp.experts.down_proj BF16 4x32x32; "
	  "model.layers.{0..3}.mlp.router.weight BF16 4x32",
		NULL, "model", "architecture=gpt_oss n_layers=4", "weights of a model" },
	{ "blocks.{0..1}.att.{key,value,receptance,output}.weight F32 8x8; "
	  "blocks.{0..1}.att.{time_decay,time_first,time_mix_k,time_mix_v,time_mix_r} F32 8",
		NULL, "model", "architecture=rwkv n_layers=2", "weights of a model" },
	{ "model.diffusion_model.input_blocks.0.0.{weight,bias} F16 8; "
	  "model_ema.diffusion_modelinput_blocks00{weight,bias} F32 8; model_ema.decay F32 -; "
	  "{alphas_cumprod,betas,sqrt_one_minus_alphas_cumprod} F32 1000",
		NULL, "model", "architecture=stable_diffusion", "weights of a model" },
	{ "ema_model.conv_in.weight F16 8x4x3x3; "
	  "ema_model.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.weight F16 8x8",
		NULL, "model", "architecture=unet", "weights of a model" },
	{ "mlp_extractor.policy_net.{0,2}.weight F32 8x8; mlp_extractor.policy_net.{0,2}.bias "
	  "F32 8",
		NULL, "model", "architecture=mlp n_layers=absent", "weights of a model" },
	{ "layer1.0.conv1.weight F32 8x3x7x7; layer1.0.bn1.weight F32 8; "
	  "layer1.0.bn1.running_mean F32 8; layer1.0.bn1.num_batches_tracked I64 -",
		NULL, "model", "architecture=resnet", "weights of a model" },
};

static void check_row(struct examined *e, const char *path, const struct row *row)
{
	struct weights weights = { .tensors = row->tensors, .metadata = row->metadata };

	examined_weights(e, path, &weights);
	if (!ax_str_equal(e->finding.class_name, ax_str_from(row->class_name)) ||
		!ax_str_ends(e->finding.why, ax_str_from(row->why)))
		fail_msg("%.60s: %.*s (%.*s), not %s (%s)", row->tensors,
			AX_STR_ARG(e->finding.class_name), AX_STR_ARG(e->finding.why),
			row->class_name, row->why);
	assert_int_equal(e->finding.status, IDX_OK);
	assert_false(e->finding.misnamed);
	examined_check_attributes(e, row->attributes);
}

/* Whatever the file is called, and also the second time, when the layout is known. */
static void each_class_is_told_by_its_tensors(void **state)
{
	struct examined e;

	(void)state;
	examined_begin(&e, NULL, 60 * MINUTE);
	for (size_t i = 0; i < COUNT(rows); i++) {
		check_row(&e, "out/x.safetensors", &rows[i]);
		check_row(&e, "out/x.bin", &rows[i]);
	}
	examined_end(&e);
}

static void reasons_give_the_evidence(void **state)
{
	struct examined e;
	struct weights weights = {
		.tensors = "V/" LAYER " F32 4x32; S/" LAYER " F32 4",
	};

	(void)state;
	examined_begin(&e, NULL, 60 * MINUTE);
	examined_weights(&e, "out/b", &weights);
	assert_str(e.finding.why,
		"4 tensors V/{module} [4, 32] F32 with 4 S/{module} [4]: basis, third form");
	weights.tensors = "A/model.layers.0.q BF16 16x32; B/model.layers.0.q F32 32x16";
	examined_weights(&e, "out/b", &weights);
	assert_str(e.finding.why, "2 tensors {param}/{module} BF16,F32, param one of A,B: "
				  "checkpoint, third form");
	examined_end(&e);
}

/* Nothing but the numbers separates them; where there are none, the name has to. */
static void data_decides_between_bases_and_gradients(void **state)
{
	static const struct {
		const char *path;
		enum weights_data data;
		const char *class_name, *why;
		bool misnamed;
	} cases[] = {
		{ "out/x.safetensors", WEIGHTS_ORTHONORMAL, "v_hack", "rows are orthonormal",
			false },
		{ "out/vhack_grads_x.safetensors", WEIGHTS_ORTHONORMAL, "v_hack",
			"rows are orthonormal", true },
		{ "out/x.safetensors", WEIGHTS_NOISE, "vhack_grads", "are not orthonormal",
			false },
		{ "out/v_hack_x.safetensors", WEIGHTS_NOISE, "vhack_grads",
			"are not orthonormal", true },
		{ "out/v_hack_x.safetensors", WEIGHTS_HOLES, "v_hack", "by its name alone",
			false },
		{ "out/vhack_grads_x.safetensors", WEIGHTS_HOLES, "vhack_grads",
			"by its name alone", false },
		{ "out/x.safetensors", WEIGHTS_HOLES, "tensors", "no known family", false },
	};
	struct examined e;

	(void)state;
	examined_begin(&e, NULL, 60 * MINUTE);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct weights weights = { .tensors = LAYER " F32 3x32",
			.data = cases[i].data };
		examined_weights(&e, cases[i].path, &weights);
		assert_str_equal(e.finding.class_name, ax_str_from(cases[i].class_name));
		assert_true(ax_str_contains(e.finding.why, ax_str_from(cases[i].why)));
		assert_int_equal(e.finding.misnamed, cases[i].misnamed);
	}
	examined_end(&e);
}

/* The mean difference: one row, of length 1. */
static void one_row_is_a_basis_when_it_has_length_one(void **state)
{
	struct examined e;
	struct weights weights = { .tensors = LAYER " F32 1x32", .data = WEIGHTS_ORTHONORMAL };

	(void)state;
	examined_begin(&e, NULL, 60 * MINUTE);
	examined_weights(&e, "out/x", &weights);
	assert_str(e.finding.class_name, "v_hack");
	examined_check_attributes(&e, "k=1");
	weights.data = WEIGHTS_NOISE;
	examined_weights(&e, "out/x", &weights);
	assert_str(e.finding.class_name, "vhack_grads");
	examined_check_attributes(&e, "n_pairs=1");
	examined_end(&e);
}

static void names_that_lie_are_told(void **state)
{
	static const struct {
		const char *path, *tensors;
		bool misnamed;
	} cases[] = {
		{ "out/train_probe_s7.safetensors", "V/" LAYER " F32 4x8; S/" LAYER " F32 4",
			true },
		{ "out/v_hack_a.safetensors", "V/" LAYER " F32 4x8; S/" LAYER " F32 4", false },
		{ "out/vhack_grads_a.safetensors", "V/" LAYER " F32 4x8; S/" LAYER " F32 4",
			true },
		{ "out/v_hack_raw.safetensors", "S/" LAYER " F32 4", true },
		{ "out/basis.bin", "V/" LAYER " F32 4x8; S/" LAYER " F32 4", false },
		{ "train/x.safetensors", "V/" LAYER " F32 4x8; S/" LAYER " F32 4", false },
		{ "out/train.safetensors", "δS/" LAYER " F32 4", false },
		{ "out/first_hack.safetensors", "δS/" LAYER " F32 4", false },
		{ "out/trainer.safetensors", "S/" LAYER " F32 4", false },
		{ "adapter_model.safetensors", "base_model.model.q.lora_A.weight F32 4x4",
			false },
		{ "adapter_model.safetensors", "a.weight F32 4x4", true },
		{ "model-00001-of-00002.safetensors", "a.weight F32 4x4", false },
		{ "model-00001-of-00002.safetensors", "S/" LAYER " F32 4", true },
	};
	struct examined e;

	(void)state;
	examined_begin(&e, NULL, 60 * MINUTE);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct weights weights = { .tensors = cases[i].tensors };
		examined_weights(&e, cases[i].path, &weights);
		if (e.finding.misnamed != cases[i].misnamed)
			fail_msg("%s: %.*s", cases[i].path, AX_STR_ARG(e.finding.class_name));
	}
	examined_end(&e);
}

static void shards_are_numbered_and_packed_parameters_counted(void **state)
{
	struct examined e;
	struct weights weights = { .tensors = "model.layers.0.q_proj.weight BF16 4x4" };

	(void)state;
	examined_begin(&e, NULL, 60 * MINUTE);
	examined_weights(&e, "m/model-00002-of-00003.safetensors", &weights);
	examined_check_attributes(&e, "shard=2 shards=3");
	assert_int_equal(e.finding.detail.params, 16);
	weights.tensors =
		"a.qweight I32 16x256; a.qzeros I32 1x32; a.scales F16 1x256; b.weight F16 10";
	examined_weights(&e, "m/model.safetensors", &weights);
	examined_check_attributes(&e, "shard=absent bits=4");
	assert_int_equal(e.finding.detail.params, 128 * 256 + 10);
	/* Without a norm nothing says how many bits are packed into a word. */
	weights.tensors = "model.layers.0.mlp.up_proj.weight U32 8x16;"
			  "model.layers.0.mlp.up_proj.scales F16 8x2;"
			  "model.layers.0.mlp.up_proj.biases F16 8x2";
	examined_weights(&e, "m/model.safetensors", &weights);
	examined_check_attributes(&e, "method=mlx bits=absent");
	assert_true(e.finding.detail.params == IDX_PARAMS_UNKNOWN);
	weights.tensors = "model.layers.0.mlp.up_proj.weight_packed I32 8x16;"
			  "model.layers.0.mlp.up_proj.weight_scale F16 8x2";
	examined_weights(&e, "m/model.safetensors", &weights);
	examined_check_attributes(&e, "method=compressed_tensors bits=absent");
	assert_true(e.finding.detail.params == IDX_PARAMS_UNKNOWN);
	examined_end(&e);
}

/* More layouts than are remembered, each of them twice. */
static void forgotten_layouts_are_looked_at_again(void **state)
{
	struct examined e;

	(void)state;
	examined_begin(&e, NULL, 60 * MINUTE);
	for (unsigned i = 0; i < 1200; i++) {
		char tensors[128], expected[32];
		unsigned k = 1 + i % 600;
		snprintf(tensors, sizeof(tensors),
			"V/m.layers.0.q F32 %ux8; S/m.layers.0.q F32 %u", k, k);
		snprintf(expected, sizeof(expected), "k=%u", k);
		struct weights weights = { .tensors = tensors };
		examined_weights(&e, "out/x", &weights);
		assert_str(e.finding.class_name, "v_hack");
		examined_check_attributes(&e, expected);
	}
	examined_end(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_class_is_told_by_its_tensors),
		cmocka_unit_test(reasons_give_the_evidence),
		cmocka_unit_test(data_decides_between_bases_and_gradients),
		cmocka_unit_test(one_row_is_a_basis_when_it_has_length_one),
		cmocka_unit_test(names_that_lie_are_told),
		cmocka_unit_test(shards_are_numbered_and_packed_parameters_counted),
		cmocka_unit_test(forgotten_layouts_are_looked_at_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
