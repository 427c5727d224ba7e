#include "base/json.h"

#include "base/buf.h"
#include "base/text.h"
#include "base/units.h"

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
	bool has_keys = ax_json_kind(value) == AX_JSON_OBJECT;

	for (const struct ax_json_value *at = ax_json_first(value); at; at = ax_json_next(at)) {
		if (has_keys)
			ax_json_write_key(w, ax_json_key(at));
		ax_json_write_value(w, at);
	}
}

void ax_json_write_value(struct ax_json_writer *w, const struct ax_json_value *value)
{
	struct ax_str text = { 0 };

	switch (ax_json_kind(value)) {
	case AX_JSON_NULL:
		ax_json_write_null(w);
		return;
	case AX_JSON_FALSE:
		ax_json_write_bool(w, false);
		return;
	case AX_JSON_TRUE:
		ax_json_write_bool(w, true);
		return;
	case AX_JSON_NUMBER:
		write_token(w, ax_json_number_text(value));
		return;
	case AX_JSON_STRING:
		ax_json_string(value, &text);
		ax_json_write_string(w, text);
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
