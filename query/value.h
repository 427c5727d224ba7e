/*
 * query/value.h - one value of one row, and how it is shown
 *
 * The kind says what a value is; the type, which belongs to the field, says how it is compared
 * with what people write and how it is shown.
 */
#ifndef ARTIDX_QUERY_VALUE_H
#define ARTIDX_QUERY_VALUE_H

#include "base/str.h"

#include <stdint.h>

struct ax_buf;
struct ax_json_value;
struct ax_json_writer;

enum qry_kind {
	QRY_ABSENT,
	QRY_NULL, /* JSON's: present, and equal to nothing but the word null */
	QRY_BOOL,
	QRY_INT,
	QRY_REAL,
	QRY_TEXT,
	QRY_LIST,
	QRY_MAP,  /* names and values */
	QRY_JSON, /* an object, or an array within an array */
};

/* Strings, items and JSON are borrowed from the row that the value was read from. */
struct qry_value {
	enum qry_kind kind;
	union {
		bool boolean;
		int64_t integer;
		double real;
		struct ax_str text;
		struct {
			const struct qry_value *items;
			size_t count;
		} list;
		struct {
			const struct qry_member *members;
			size_t count;
		} map;
		const struct ax_json_value *json;
	};
};

struct qry_member {
	struct ax_str key;
	struct qry_value value;
};

enum qry_type {
	QRY_TYPE_TEXT,
	QRY_TYPE_ENUM, /* text out of a known set */
	QRY_TYPE_INT,
	QRY_TYPE_REAL,
	QRY_TYPE_SIZE,  /* bytes */
	QRY_TYPE_TIME,  /* nanoseconds since 1970 */
	QRY_TYPE_STAMP, /* a time shown as 20260528T223214, local */
	QRY_TYPE_BOOL,
	QRY_TYPE_SHAPE, /* a list of sizes, shown as 12x2560 */
	QRY_TYPE_OPEN,  /* whatever the file's author put there */
};

/* "text", "a size", ...: for messages and help. */
const char *qry_type_name(enum qry_type type);

struct qry_value qry_text(struct ax_str text);
struct qry_value qry_int(int64_t integer);
struct qry_value qry_unsigned(uint64_t integer); /* INT64_MAX for what is beyond it */
struct qry_value qry_real(double real);
struct qry_value qry_bool(bool boolean);
struct qry_value qry_list(const struct qry_value *items, size_t count);

/* The number that a value is, or that its text is; false when it is none. */
bool qry_value_number(const struct qry_value *value, double *out);

/* Order for sorting: numbers before text before the rest, absent last of all. */
int qry_value_compare(const struct qry_value *a, const struct qry_value *b);

/* For people: sizes as 4.2K, times short and local, names quoted where they are not plain. */
void qry_value_show(struct ax_buf *buf, enum qry_type type, const struct qry_value *value);

/* For programs: all digits, RFC 3339, lists joined by commas. Bytes are as they are. */
void qry_value_write(struct ax_buf *buf, enum qry_type type, const struct qry_value *value);

/* The same, quoted as git does where it is not plain. */
void qry_value_quote(struct ax_buf *buf, enum qry_type type, const struct qry_value *value);

/* As a JSON value; and as a member called key, with KEY_b64 beside it for text not in UTF-8. */
void qry_value_json(struct ax_json_writer *w, enum qry_type type,
	const struct qry_value *value);
void qry_value_json_member(struct ax_json_writer *w, const char *key, enum qry_type type,
	const struct qry_value *value);

/* Append the numbers of a list as a line of eight heights, at most width of them. */
void qry_value_sparkline(struct ax_buf *buf, const struct qry_value *value, size_t width,
	bool ascii);

#endif
