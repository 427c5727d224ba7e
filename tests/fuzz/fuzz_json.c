#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "fuzz.h"

#include <stdlib.h>

/* What was read can be written, and what was written reads back. */
static void check_round_trip(const struct ax_json *json)
{
	struct ax_buf text = { 0 };
	struct ax_json_writer writer = { .buf = &text };
	struct ax_json *again = NULL;
	struct ax_error err;

	ax_json_write_value(&writer, ax_json_root(json));
	if (ax_json_parse(ax_buf_str(&text), 0, "again", &again, &err) < 0)
		abort();
	ax_json_free(again);
	ax_buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ax_str text = ax_str((const char *)data, size);
	struct ax_json *json = NULL;
	struct ax_error err;

	if (ax_json_parse(text, 0, "input", &json, &err) == 0) {
		check_round_trip(json);
		ax_json_free(json);
	}
	if (ax_json_parse(text, AX_JSON_COMMENTS, "input", &json, &err) == 0)
		ax_json_free(json);
	return 0;
}
