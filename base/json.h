/*
 * base/json.h - JSON documents from people and programs, checked, and JSON written
 *
 * Reading goes through cJSON with what it lets through taken care of: the whole text must be one
 * document, UTF-8, without duplicate keys, without NUL in keys and strings; lookups mind case;
 * integers keep all 64 bits. Comments (// and slash-star) are taken where the caller allows them.
 * Safetensors headers are not read here: safetensors/header.h has its own strict reader.
 */
#ifndef ARTIDX_BASE_JSON_H
#define ARTIDX_BASE_JSON_H

#include "base/str.h"

#include <stdint.h>

struct ax_buf;
struct ax_error;

/* A whole document; owns every value. */
struct ax_json;

/* One value inside a document, borrowed from it. */
struct ax_json_value;

enum ax_json_kind {
	AX_JSON_NULL,
	AX_JSON_FALSE,
	AX_JSON_TRUE,
	AX_JSON_NUMBER,
	AX_JSON_STRING,
	AX_JSON_ARRAY,
	AX_JSON_OBJECT,
};

enum { AX_JSON_COMMENTS = 1 }; /* take // and slash-star comments, and commas before ] and } */

/* Fails with AX_ECORRUPT and "NAME:LINE:COLUMN: what is wrong". name is for messages. */
int ax_json_parse(struct ax_str text, unsigned flags, const char *name, struct ax_json **out,
	struct ax_error *err);
void ax_json_free(struct ax_json *json);
const struct ax_json_value *ax_json_root(const struct ax_json *json);

enum ax_json_kind ax_json_kind(const struct ax_json_value *value);

/* Member of an object; NULL when value is no object (or NULL) or has no such member. */
const struct ax_json_value *ax_json_get(const struct ax_json_value *value, const char *key);

/* First child of an array or object, and the next one; NULL at the end. */
const struct ax_json_value *ax_json_first(const struct ax_json_value *value);
const struct ax_json_value *ax_json_next(const struct ax_json_value *child);

/* Key of a member, "" for an array's element. */
struct ax_str ax_json_key(const struct ax_json_value *member);

size_t ax_json_length(const struct ax_json_value *value);
const struct ax_json_value *ax_json_at(const struct ax_json_value *array, size_t index);

/* The value when it has that type, else false. A NULL value has none. */
bool ax_json_string(const struct ax_json_value *value, struct ax_str *out);
bool ax_json_bool(const struct ax_json_value *value, bool *out);
bool ax_json_real(const struct ax_json_value *value, double *out);

/* A number written as an integer, within range. 1e3 and 1.0 are not. */
bool ax_json_i64(const struct ax_json_value *value, int64_t *out);
bool ax_json_u64(const struct ax_json_value *value, uint64_t *out);

/* A number as it was written, borrowed from the document; "" for any other value. */
struct ax_str ax_json_number_text(const struct ax_json_value *value);

/*
 * Writer: appends to a buffer, keeps commas, indentation and nesting right. Set buf; all else
 * zero. With indent the output has a line a member, without it one line.
 */
struct ax_json_writer {
	struct ax_buf *buf;
	bool indent;
	unsigned depth;
	bool has_sibling;
	bool after_key;
};

void ax_json_begin_object(struct ax_json_writer *w);
void ax_json_end_object(struct ax_json_writer *w);
void ax_json_begin_array(struct ax_json_writer *w);
void ax_json_end_array(struct ax_json_writer *w);
void ax_json_write_key(struct ax_json_writer *w, struct ax_str key);
void ax_json_write_string(struct ax_json_writer *w, struct ax_str value);
void ax_json_write_i64(struct ax_json_writer *w, int64_t value);
void ax_json_write_u64(struct ax_json_writer *w, uint64_t value);
void ax_json_write_real(struct ax_json_writer *w, double value);
void ax_json_write_bool(struct ax_json_writer *w, bool value);
void ax_json_write_null(struct ax_json_writer *w);

/* Append a value from a document, as it is. */
void ax_json_write_value(struct ax_json_writer *w, const struct ax_json_value *value);

/* "KEY": "path", and "KEY_b64" beside it where the path is not UTF-8. */
void ax_json_write_path(struct ax_json_writer *w, const char *key, struct ax_str path);

/* Append the name and the version of the library in use: "cJSON 1.7.15". */
void ax_json_library(struct ax_buf *buf);

#endif
