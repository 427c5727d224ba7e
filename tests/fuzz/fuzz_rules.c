#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "fuzz.h"
#include "indexer/classify.h"
#include "indexer/rules.h"
#include "safetensors/header.h"

#include <stdlib.h>

/* A header for the rules to look at: several ranks and types, groups, metadata. */
static const char header_text[] =
	"{\"__metadata__\":{\"model\":\"m\",\"step\":\"20\",\"cfg\":\"{}\"},"
	"\"V/layers.0.q\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},"
	"\"V/layers.1.q\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[24,48]},"
	"\"S/layers.0.q\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[48,52]},"
	"\"x\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[52,60]},"
	"\"y\":{\"dtype\":\"U8\",\"shape\":[1,1,1,1,0],\"data_offsets\":[60,60]}}";

static void classify(const struct idx_rules *rules)
{
	struct ax_str text = ax_str_from(header_text);
	struct idx_classifier *classifier = NULL;
	struct sft_header *header = NULL;
	struct sft_problem problem;
	struct ax_arena arena = { 0 };
	struct idx_judgement judgement;
	struct ax_error err;

	if (idx_classifier_new(rules, NULL, &classifier, &err) < 0 ||
		sft_header_new(NULL, &header, &err) < 0 ||
		sft_header_parse(header, text, 8 + text.len + 60, &problem, &err) != 1)
		abort();
	struct idx_case file = {
		.path = AX_STR("out/train_x.safetensors"),
		.size = 1000,
		.header = header,
		.start = text,
		.fd = -1,
	};
	if (idx_classify(classifier, &file, &arena, &judgement, &err) < 0)
		abort();
	file.header = NULL;
	if (idx_classify(classifier, &file, &arena, &judgement, &err) < 0)
		abort();
	idx_classifier_free(classifier);
	sft_header_free(header);
	ax_arena_free(&arena);
}

/* The input is what stands between the brackets of "rules". */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ax_buf text = { 0 };
	struct ax_json *json = NULL;
	struct idx_rules *rules = NULL;
	struct ax_error err;

	ax_buf_append_text(&text, "{\"replace_rules\":true,\"rules\":[");
	ax_buf_append(&text, data, size);
	ax_buf_append_text(&text, "]}");
	if (ax_json_parse(ax_buf_str(&text), AX_JSON_COMMENTS, "input", &json, &err) == 0 &&
		idx_rules_compile(ax_json_root(json), &rules, &err) == 0)
		classify(rules);
	idx_rules_free(rules);
	ax_json_free(json);
	ax_buf_free(&text);
	return 0;
}
