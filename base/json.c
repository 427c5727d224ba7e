#include "base/json.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/json_internal.h"
#include "base/units.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>

/*
 * A text is read twice. The scanner (json_scan.c) goes first: it holds the text to RFC 8259 and
 * to what the header promises, knows where a mistake is, and blanks comments and surplus commas.
 * What is left cJSON reads without surprises, but for two: it makes doubles of all numbers and
 * takes duplicate keys. So each number's value points at its own text instead, and keys are
 * compared once the tree is there.
 *
 *     text ----> scan ----> cJSON_Parse ----> bind_text ----> reject_duplicates
 *                 |                              |
 *                 +-- copy, blanked in place <---+ borrowed by the numbers
 */

enum { KIND_MASK = 0xff };

struct ax_json {
	cJSON *root;
	char *text; /* the scanned copy */
};

static const cJSON *node_of(const struct ax_json_value *value)
{
	return (const cJSON *)value;
}

static const struct ax_json_value *value_of(const cJSON *node)
{
	return (const struct ax_json_value *)node;
}

/* Fail with the line and column (in characters, from 1) of the byte at in text. */
static int fail_at(struct ax_str text, size_t at, const char *name, const char *problem,
	struct ax_error *err)
{
	size_t line = 1, column = 1;

	for (size_t i = 0; i < at && i < text.len; i++) {
		if (text.ptr[i] == '\n') {
			line++;
			column = 1;
		} else if (((unsigned char)text.ptr[i] & 0xc0) != 0x80) {
			column++;
		}
	}
	return ax_fail(err, AX_ECORRUPT, "%s:%zu:%zu: %s", name, line, column, problem);
}

/* Length of the number at text, which is one. */
static size_t number_length(const char *text)
{
	return strspn(text, "+-.0123456789Ee");
}

static char *string_end(char *quote)
{
	char *at = quote + 1;

	while (*at != '"')
		at += *at == '\\' ? 2 : 1;
	return at + 1;
}

/*
 * Go through the tree and its text, from at on, in step. Each number's valuestring becomes its
 * own text, borrowed; each member's valuedouble becomes the offset of its key in base, because
 * nothing else needs that field any more. Returns where the last value ends.
 */
static char *bind_text(cJSON *node, char *at, const char *base)
{
	for (; node; node = node->next) {
		if (node->string) {
			at = strchr(at, '"');
			node->valuedouble = (double)(at - base);
			at = string_end(at);
		}
		if (cJSON_IsString(node)) {
			at = string_end(strchr(at, '"'));
		} else if (cJSON_IsNumber(node)) {
			at += strcspn(at, "-0123456789");
			node->valuestring = at;
			node->type |= cJSON_IsReference; /* cJSON_Delete() leaves it alone */
			at += number_length(at);
		} else if (node->child) {
			at = bind_text(node->child, at, base);
		}
	}
	return at;
}

/* By key, then by place. */
static int compare_members(const void *a, const void *b)
{
	const cJSON *x = *(const cJSON *const *)a;
	const cJSON *y = *(const cJSON *const *)b;
	int order = strcmp(x->string, y->string);

	return order ? order
		     : (x->valuedouble > y->valuedouble) - (x->valuedouble < y->valuedouble);
}

/* A member of object whose key an earlier one has too, or NULL. scratch is for any use. */
static const cJSON *duplicate_in(const cJSON *object, struct ax_buf *scratch)
{
	ax_buf_clear(scratch);
	for (const cJSON *member = object->child; member; member = member->next)
		ax_buf_append(scratch, &member, sizeof(member));
	if (scratch->failed || scratch->len == 0)
		return NULL;

	const cJSON **members = (const cJSON **)(void *)scratch->data;
	size_t count = scratch->len / sizeof(*members);
	qsort(members, count, sizeof(*members), compare_members);
	for (size_t i = 1; i < count; i++) {
		if (strcmp(members[i - 1]->string, members[i]->string) == 0)
			return members[i];
	}
	return NULL;
}

/* The same for node, its siblings and all below them. */
static const cJSON *find_duplicate(const cJSON *node, struct ax_buf *scratch)
{
	for (; node && !scratch->failed; node = node->next) {
		const cJSON *hit = cJSON_IsObject(node) ? duplicate_in(node, scratch) : NULL;
		if (!hit && node->child)
			hit = find_duplicate(node->child, scratch);
		if (hit)
			return hit;
	}
	return NULL;
}

static int reject_duplicates(const struct ax_json *json, struct ax_str text, const char *name,
	struct ax_error *err)
{
	struct ax_buf scratch = { 0 };
	const cJSON *hit = find_duplicate(json->root, &scratch);
	int status = ax_buf_check(&scratch, name, err);

	if (status == 0 && hit)
		status = fail_at(text, (size_t)hit->valuedouble, name,
			"the object has this key already", err);
	ax_buf_free(&scratch);
	return status;
}

static int build_tree(struct ax_json *json, struct ax_str text, const char *name,
	struct ax_error *err)
{
	/* What was scanned has no syntax error, so only memory can be missing. */
	json->root = cJSON_ParseWithLengthOpts(json->text, text.len + 1, NULL, true);
	if (!json->root)
		return ax_fail(err, ENOMEM, "%s: no memory to read it", name);
	bind_text(json->root, json->text, json->text);
	return reject_duplicates(json, text, name, err);
}

int ax_json_parse(struct ax_str text, unsigned flags, const char *name, struct ax_json **out,
	struct ax_error *err)
{
	struct ax_json *json = calloc(1, sizeof(*json));
	const char *problem = NULL;
	size_t at = 0;
	int status = -1;

	if (json && text.len < SIZE_MAX)
		json->text = calloc(text.len + 1, 1);
	if (!json || !json->text) {
		ax_fail(err, ENOMEM, "%s: no memory to read it", name);
		goto out;
	}
	if (text.len)
		memcpy(json->text, text.ptr, text.len);
	problem = ax_json_scan(json->text, text.len, flags, &at);
	if (problem) {
		fail_at(text, at, name, problem, err);
		goto out;
	}
	if (build_tree(json, text, name, err) < 0)
		goto out;

	*out = json;
	json = NULL;
	status = 0;
out:
	ax_json_free(json);
	return status;
}

void ax_json_free(struct ax_json *json)
{
	if (!json)
		return;
	cJSON_Delete(json->root);
	free(json->text);
	free(json);
}

const struct ax_json_value *ax_json_root(const struct ax_json *json)
{
	return value_of(json->root);
}

enum ax_json_kind ax_json_kind(const struct ax_json_value *value)
{
	static const struct {
		int type;
		enum ax_json_kind kind;
	} kinds[] = {
		{ cJSON_False, AX_JSON_FALSE },
		{ cJSON_True, AX_JSON_TRUE },
		{ cJSON_Number, AX_JSON_NUMBER },
		{ cJSON_String, AX_JSON_STRING },
		{ cJSON_Array, AX_JSON_ARRAY },
		{ cJSON_Object, AX_JSON_OBJECT },
	};

	for (size_t i = 0; value && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].type == (node_of(value)->type & KIND_MASK))
			return kinds[i].kind;
	}
	return AX_JSON_NULL;
}

const struct ax_json_value *ax_json_get(const struct ax_json_value *value, const char *key)
{
	if (!cJSON_IsObject(node_of(value)))
		return NULL;
	return value_of(cJSON_GetObjectItemCaseSensitive(node_of(value), key));
}

const struct ax_json_value *ax_json_first(const struct ax_json_value *value)
{
	return value ? value_of(node_of(value)->child) : NULL;
}

const struct ax_json_value *ax_json_next(const struct ax_json_value *child)
{
	return child ? value_of(node_of(child)->next) : NULL;
}

struct ax_str ax_json_key(const struct ax_json_value *member)
{
	return ax_str_from(member ? node_of(member)->string : NULL);
}

size_t ax_json_length(const struct ax_json_value *value)
{
	size_t n = 0;

	for (const struct ax_json_value *at = ax_json_first(value); at; at = ax_json_next(at))
		n++;
	return n;
}

const struct ax_json_value *ax_json_at(const struct ax_json_value *array, size_t index)
{
	const struct ax_json_value *at = ax_json_first(array);

	while (at && index--)
		at = ax_json_next(at);
	return at;
}

bool ax_json_string(const struct ax_json_value *value, struct ax_str *out)
{
	if (!cJSON_IsString(node_of(value)))
		return false;
	*out = ax_str_from(node_of(value)->valuestring);
	return true;
}

bool ax_json_bool(const struct ax_json_value *value, bool *out)
{
	if (!cJSON_IsBool(node_of(value)))
		return false;
	*out = cJSON_IsTrue(node_of(value));
	return true;
}

struct ax_str ax_json_number_text(const struct ax_json_value *value)
{
	if (!cJSON_IsNumber(node_of(value)))
		return AX_STR("");
	const char *text = node_of(value)->valuestring;
	return ax_str(text, number_length(text));
}

bool ax_json_real(const struct ax_json_value *value, double *out)
{
	return ax_real_parse(ax_json_number_text(value), out);
}

bool ax_json_i64(const struct ax_json_value *value, int64_t *out)
{
	return ax_i64_parse(ax_json_number_text(value), out);
}

bool ax_json_u64(const struct ax_json_value *value, uint64_t *out)
{
	return ax_u64_parse(ax_json_number_text(value), out);
}

void ax_json_library(struct ax_buf *buf)
{
	ax_buf_printf(buf, "cJSON %s", cJSON_Version());
}
