#include "base/error.h"
#include "base/json.h"
#include "fuzz.h"
#include "indexer/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ax_json *json = NULL;
	struct idx_config config;
	struct ax_error err;

	if (ax_json_parse(ax_str((const char *)data, size), AX_JSON_COMMENTS, "input", &json,
		    &err) < 0)
		return 0;
	if (idx_config_load(ax_json_root(json), &config, &err) == 0)
		idx_config_free(&config);
	ax_json_free(json);
	return 0;
}
