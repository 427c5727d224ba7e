#include "base/json.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/text.h"
#include "base/units.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>

/*
 * A text is read twice. The scanner below goes first: it holds the text to RFC 8259 and to what
 * the header promises, knows where a mistake is, and blanks comments and surplus commas. What is
 * left cJSON reads without surprises, but for two: it makes doubles of all numbers and takes
 * duplicate keys. So each number's value points at its own text instead, and keys are compared
 * once the tree is there.
 *
 *     text ----> scan ----> cJSON_Parse ----> bind_numbers ----> reject_duplicates
 *                 |                               |
 *                 +-- copy, blanked in place <----+ borrowed by the numbers
 */

enum {
	MAX_DEPTH = 256,
	MAX_VALUES =
		1 << 22, /* 80 bytes each in cJSON: a hostile text is no larger than this */
	MAX_NUMBER = 63, /* what cJSON takes */
	KIND_MASK = 0xff,
};

struct ax_json {
	cJSON *root;
	char *text; /* the scanned copy */
};

struct scanner {
	char *text; /* NUL-terminated; blanked in place */
	size_t len, at;
	unsigned flags, depth;
	size_t values;
	const char *problem; /* what is wrong at text[at]; NULL while nothing is */
};

static const cJSON *node_of(const struct ax_json_value *value)
{
	return (const cJSON *)value;
}

static const struct ax_json_value *value_of(const cJSON *node)
{
	return (const struct ax_json_value *)node;
}

/* --- scanning --- */

static bool refuse(struct scanner *scan, size_t at, const char *problem)
{
	scan->at = at;
	scan->problem = problem;
	return false;
}

/* The byte at the scanner, or NUL at the end; a NUL in the text fits nowhere, so it is refused. */
static char peek(const struct scanner *scan)
{
	return scan->text[scan->at];
}

static struct ax_str ahead(const struct scanner *scan)
{
	return ax_str(scan->text + scan->at, scan->len - scan->at);
}

/* Blank the comment at the scanner; without one, nothing happens and the scanner stays. */
static bool blank_comment(struct scanner *scan)
{
	struct ax_str rest = ahead(scan);
	size_t len = 0;

	if (ax_str_starts(rest, AX_STR("//"))) {
		len = ax_str_find(rest, '\n');
	} else if (ax_str_starts(rest, AX_STR("/*"))) {
		const char *end = memmem(rest.ptr + 2, rest.len - 2, "*/", 2);
		if (!end)
			return refuse(scan, scan->at, "this comment has no end");
		len = (size_t)(end - rest.ptr) + 2;
	}
	memset(scan->text + scan->at, ' ', len);
	scan->at += len;
	return true;
}

/* Go to the next token, over white space and, where allowed, comments. */
static bool skip_space(struct scanner *scan)
{
	for (;;) {
		scan->at += strspn(scan->text + scan->at, " \t\r\n");
		if (!(scan->flags & AX_JSON_COMMENTS) || peek(scan) != '/')
			return true;
		size_t before = scan->at;
		if (!blank_comment(scan))
			return false;
		if (scan->at == before)
			return true;
	}
}

/* The four digits of "\uXXXX" at s as a number, or -1. */
static long unicode_escape(struct ax_str s)
{
	char digits[5] = "";

	if (s.len < 6 || s.ptr[0] != '\\' || s.ptr[1] != 'u')
		return -1;
	memcpy(digits, s.ptr + 2, 4);
	return strspn(digits, "0123456789abcdefABCDEF") == 4 ? strtol(digits, NULL, 16) : -1;
}

static bool scan_escape(struct scanner *scan)
{
	char letter = scan->text[scan->at + 1];

	if (letter != 'u') {
		if (letter == '\0' || !strchr("\"\\/bfnrt", letter))
			return refuse(scan, scan->at, "no such escape in JSON");
		scan->at += 2;
		return true;
	}
	long unit = unicode_escape(ahead(scan));
	if (unit < 0)
		return refuse(scan, scan->at, "\\u wants four hexadecimal digits");
	if (unit == 0)
		return refuse(scan, scan->at, "NUL is not allowed in a string");
	if (unit >= 0xdc00 && unit <= 0xdfff)
		return refuse(scan, scan->at, "the second half of a surrogate pair alone");
	if (unit >= 0xd800 && unit <= 0xdbff) {
		long low = unicode_escape(ax_str_slice(ahead(scan), 6, 6));
		if (low < 0xdc00 || low > 0xdfff)
			return refuse(scan, scan->at,
				"the first half of a surrogate pair alone");
		scan->at += 6;
	}
	scan->at += 6;
	return true;
}

static bool scan_string(struct scanner *scan)
{
	size_t start = scan->at++;

	for (;;) {
		unsigned char byte = (unsigned char)peek(scan);
		if (scan->at == scan->len)
			return refuse(scan, start, "this string has no end");
		if (byte == '"') {
			scan->at++;
			return true;
		}
		if (byte < 0x20)
			return refuse(scan, scan->at, "a control character in a string");
		if (byte == '\\') {
			if (!scan_escape(scan))
				return false;
			continue;
		}
		size_t len = ax_utf8_length(ahead(scan));
		if (len == 0)
			return refuse(scan, scan->at, "not UTF-8");
		scan->at += len;
	}
}

/* Length of the JSON number at the start of text, or 0 where there is none. */
static size_t number_length(const char *text)
{
	static const char digits[] = "0123456789";
	size_t at = text[0] == '-';
	size_t whole = strspn(text + at, digits);

	if (whole == 0 || (whole > 1 && text[at] == '0'))
		return 0;
	at += whole;
	if (text[at] == '.') {
		size_t fraction = strspn(text + at + 1, digits);
		if (fraction == 0)
			return 0;
		at += 1 + fraction;
	}
	if (text[at] == 'e' || text[at] == 'E') {
		at += text[at + 1] == '-' || text[at + 1] == '+' ? 2 : 1;
		size_t exponent = strspn(text + at, digits);
		if (exponent == 0)
			return 0;
		at += exponent;
	}
	return at;
}

static bool scan_number(struct scanner *scan)
{
	size_t len = number_length(scan->text + scan->at);

	if (len == 0)
		return refuse(scan, scan->at, "not a number of JSON");
	if (len > MAX_NUMBER)
		return refuse(scan, scan->at, "this number is too long");
	scan->at += len;
	return true;
}

static bool scan_word(struct scanner *scan)
{
	static const char *const words[] = { "null", "true", "false" };
	size_t len = strspn(scan->text + scan->at, "abcdefghijklmnopqrstuvwxyz");

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (ax_str_equal(ax_str_slice(ahead(scan), 0, len), ax_str_from(words[i]))) {
			scan->at += len;
			return true;
		}
	}
	if (scan->at == scan->len)
		return refuse(scan, scan->at, "a value is missing at the end");
	return refuse(scan, scan->at, "a value is expected here");
}

static bool scan_value(struct scanner *scan);

static bool scan_key(struct scanner *scan)
{
	if (peek(scan) != '"')
		return refuse(scan, scan->at, "a key in quotes is expected here");
	if (!scan_string(scan) || !skip_space(scan))
		return false;
	if (peek(scan) != ':')
		return refuse(scan, scan->at, "':' is expected here");
	scan->at++;
	return skip_space(scan);
}

/* An array or an object, from its bracket to the one that ends it, which is end. */
static bool scan_container(struct scanner *scan, char end)
{
	size_t comma = 0; /* the last one read; 0 is that of no container */

	if (++scan->depth > MAX_DEPTH)
		return refuse(scan, scan->at, "nested too deeply");
	scan->at++;
	for (;;) {
		if (!skip_space(scan))
			return false;
		if (peek(scan) == end && (comma == 0 || (scan->flags & AX_JSON_COMMENTS)))
			break;
		if (end == '}' && !scan_key(scan))
			return false;
		if (!scan_value(scan) || !skip_space(scan))
			return false;
		comma = 0;
		if (peek(scan) == end)
			break;
		if (peek(scan) != ',')
			return refuse(scan, scan->at,
				end == '}' ? "',' or '}' is expected here"
					   : "',' or ']' is expected here");
		comma = scan->at++;
	}
	if (comma)
		scan->text[comma] = ' ';
	scan->depth--;
	scan->at++;
	return true;
}

static bool scan_value(struct scanner *scan)
{
	char first = peek(scan);

	if (++scan->values > MAX_VALUES)
		return refuse(scan, scan->at, "too many values");
	if (first == '{')
		return scan_container(scan, '}');
	if (first == '[')
		return scan_container(scan, ']');
	if (first == '"')
		return scan_string(scan);
	if (first == '-' || (first >= '0' && first <= '9'))
		return scan_number(scan);
	return scan_word(scan);
}

static bool scan_document(struct scanner *scan)
{
	if (!skip_space(scan) || !scan_value(scan) || !skip_space(scan))
		return false;
	if (scan->at != scan->len)
		return refuse(scan, scan->at, "nothing may follow the document");
	return true;
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

/* --- the tree --- */

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
	struct scanner scan = { .len = text.len, .flags = flags };
	int status = -1;

	if (json && text.len < SIZE_MAX)
		json->text = calloc(text.len + 1, 1);
	if (!json || !json->text) {
		ax_fail(err, ENOMEM, "%s: no memory to read it", name);
		goto out;
	}
	if (text.len)
		memcpy(json->text, text.ptr, text.len);
	scan.text = json->text;
	if (!scan_document(&scan)) {
		fail_at(text, scan.at, name, scan.problem, err);
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

/* --- access --- */

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

/* A number's own text; "" for any other value. */
static struct ax_str number_text(const struct ax_json_value *value)
{
	if (!cJSON_IsNumber(node_of(value)))
		return AX_STR("");
	const char *text = node_of(value)->valuestring;
	return ax_str(text, number_length(text));
}

bool ax_json_real(const struct ax_json_value *value, double *out)
{
	return ax_real_parse(number_text(value), out);
}

bool ax_json_i64(const struct ax_json_value *value, int64_t *out)
{
	return ax_i64_parse(number_text(value), out);
}

bool ax_json_u64(const struct ax_json_value *value, uint64_t *out)
{
	return ax_u64_parse(number_text(value), out);
}

/* --- writing --- */

static void break_line(struct ax_json_writer *w)
{
	if (!w->indent)
		return;
	ax_buf_append_byte(w->buf, '\n');
	for (unsigned i = 0; i < w->depth; i++)
		ax_buf_append_text(w->buf, "  ");
}

/* What comes before a key or a value: nothing behind a key, else a comma where one is due. */
static void begin_item(struct ax_json_writer *w)
{
	if (!w->after_key && w->depth) {
		if (w->has_sibling)
			ax_buf_append_byte(w->buf, ',');
		break_line(w);
	}
	w->after_key = false;
	w->has_sibling = true;
}

static void begin_container(struct ax_json_writer *w, char bracket)
{
	begin_item(w);
	ax_buf_append_byte(w->buf, bracket);
	w->depth++;
	w->has_sibling = false;
}

static void end_container(struct ax_json_writer *w, char bracket)
{
	w->depth--;
	if (w->has_sibling)
		break_line(w);
	ax_buf_append_byte(w->buf, bracket);
	w->has_sibling = true;
}

static void write_token(struct ax_json_writer *w, struct ax_str token)
{
	begin_item(w);
	ax_buf_append_str(w->buf, token);
}

void ax_json_begin_object(struct ax_json_writer *w)
{
	begin_container(w, '{');
}

void ax_json_end_object(struct ax_json_writer *w)
{
	end_container(w, '}');
}

void ax_json_begin_array(struct ax_json_writer *w)
{
	begin_container(w, '[');
}

void ax_json_end_array(struct ax_json_writer *w)
{
	end_container(w, ']');
}

void ax_json_write_key(struct ax_json_writer *w, struct ax_str key)
{
	ax_json_write_string(w, key);
	ax_buf_append_text(w->buf, w->indent ? ": " : ":");
	w->after_key = true;
}

void ax_json_write_string(struct ax_json_writer *w, struct ax_str value)
{
	begin_item(w);
	ax_buf_append_byte(w->buf, '"');
	ax_text_json(w->buf, value);
	ax_buf_append_byte(w->buf, '"');
}

void ax_json_write_i64(struct ax_json_writer *w, int64_t value)
{
	begin_item(w);
	ax_buf_printf(w->buf, "%lld", (long long)value);
}

void ax_json_write_u64(struct ax_json_writer *w, uint64_t value)
{
	begin_item(w);
	ax_buf_printf(w->buf, "%llu", (unsigned long long)value);
}

void ax_json_write_real(struct ax_json_writer *w, double value)
{
	char text[AX_UNITS_MAX];

	ax_real_format(value, text);
	write_token(w, ax_str_from(text));
}

void ax_json_write_bool(struct ax_json_writer *w, bool value)
{
	write_token(w, value ? AX_STR("true") : AX_STR("false"));
}

void ax_json_write_null(struct ax_json_writer *w)
{
	write_token(w, AX_STR("null"));
}

static void write_children(struct ax_json_writer *w, const struct ax_json_value *value)
{
	for (const struct ax_json_value *at = ax_json_first(value); at; at = ax_json_next(at)) {
		if (node_of(at)->string)
			ax_json_write_key(w, ax_json_key(at));
		ax_json_write_value(w, at);
	}
}

void ax_json_write_value(struct ax_json_writer *w, const struct ax_json_value *value)
{
	switch (ax_json_kind(value)) {
	case AX_JSON_NULL:
		ax_json_write_null(w);
		return;
	case AX_JSON_FALSE:
	case AX_JSON_TRUE:
		ax_json_write_bool(w, cJSON_IsTrue(node_of(value)));
		return;
	case AX_JSON_NUMBER:
		write_token(w, number_text(value));
		return;
	case AX_JSON_STRING:
		ax_json_write_string(w, ax_str_from(node_of(value)->valuestring));
		return;
	case AX_JSON_ARRAY:
		ax_json_begin_array(w);
		write_children(w, value);
		ax_json_end_array(w);
		return;
	case AX_JSON_OBJECT:
		ax_json_begin_object(w);
		write_children(w, value);
		ax_json_end_object(w);
		return;
	}
}

void ax_json_write_path(struct ax_json_writer *w, const char *key, struct ax_str path)
{
	ax_json_write_key(w, ax_str_from(key));
	ax_json_write_string(w, path);
	if (ax_utf8_valid(path))
		return;
	begin_item(w);
	ax_buf_append_byte(w->buf, '"');
	ax_text_json(w->buf, ax_str_from(key));
	ax_buf_append_text(w->buf, w->indent ? "_b64\": \"" : "_b64\":\"");
	ax_text_base64(w->buf, path);
	ax_buf_append_byte(w->buf, '"');
}
