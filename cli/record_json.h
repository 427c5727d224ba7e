/*
 * cli/record_json.h - the members that JSON documents of several commands share
 *
 * Each function writes members of the object that is open.
 */
#ifndef ARTIDX_CLI_RECORD_JSON_H
#define ARTIDX_CLI_RECORD_JSON_H

#include "base/str.h"
#include "base/units.h"

#include <stdint.h>
#include <stdio.h>

struct ax_buf;
struct ax_error;
struct ax_json_writer;
struct idx_attribute;
struct idx_value;
struct sft_tensor;

/* Print a document that is complete, with a newline behind it. text is freed, also on failure. */
int cli_record_json_print(FILE *stream, struct ax_buf *text, struct ax_error *err);

void cli_record_json_text(struct ax_json_writer *w, const char *key, struct ax_str text);
void cli_record_json_u64(struct ax_json_writer *w, const char *key, uint64_t number);
void cli_record_json_bool(struct ax_json_writer *w, const char *key, bool value);

/* "KEY": RFC 3339 in UTC, and "KEY_ns": nanoseconds. */
void cli_record_json_time(struct ax_json_writer *w, const char *key, ax_nanoseconds time);

/* A path or null for "". */
void cli_record_json_path(struct ax_json_writer *w, const char *key, struct ax_str path);

/* Nothing for an absent value. */
void cli_record_json_value(struct ax_json_writer *w, struct ax_str key,
	const struct idx_value *value);

/* "attributes": {"k": 12, ...} */
void cli_record_json_attributes(struct ax_json_writer *w,
	const struct idx_attribute *attributes, size_t count);

/* "warnings": ["..."], in words; bits of enum sft_warning. */
void cli_record_json_warnings(struct ax_json_writer *w, unsigned warnings);

/* A tensor as an element of the array that is open. */
void cli_record_json_tensor(struct ax_json_writer *w, const struct sft_tensor *tensor);

#endif
