#include "safetensors/identify.h"

#include "base/units.h"
#include "safetensors/header.h"

enum { LENGTH_BYTES = 8, LFS_POINTER_LIMIT = 1024 };

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The first byte from i on that is no white space of JSON, or start.len. */
static size_t skip_space(struct ax_str start, size_t i)
{
	while (i < start.len && is_space(start.ptr[i]))
		i++;
	return i;
}

/* "{" and a string or "}", as far as start goes. */
static bool looks_like_object(struct ax_str start)
{
	size_t i = skip_space(start, LENGTH_BYTES);

	if (i == start.len)
		return i > LENGTH_BYTES;
	if (start.ptr[i] != '{')
		return false;
	i = skip_space(start, i + 1);
	return i == start.len || start.ptr[i] == '"' || start.ptr[i] == '}';
}

static uint64_t read_length(struct ax_str start)
{
	uint64_t length = 0;

	for (size_t i = LENGTH_BYTES; i-- > 0;)
		length = length << 8 | (unsigned char)start.ptr[i];
	return length;
}

static bool is_zero(struct ax_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] != '\0')
			return false;
	}
	return true;
}

enum sft_kind sft_identify(struct ax_str start, uint64_t file_size)
{
	struct sft_lfs_pointer pointer;

	if (is_zero(ax_str_slice(start, 0, LENGTH_BYTES)))
		return SFT_KIND_BLANK;
	if (start.len > LENGTH_BYTES && read_length(start) <= SFT_HEADER_LIMIT &&
		looks_like_object(start))
		return SFT_KIND_HEADER;
	if (start.ptr[0] == 'v' && file_size == start.len &&
		sft_lfs_pointer_parse(start, &pointer))
		return SFT_KIND_LFS_POINTER;
	return SFT_KIND_FOREIGN;
}

/* The next line without its end from *rest, which is advanced; false at the end. */
static bool next_line(struct ax_str *rest, struct ax_str *line)
{
	if (rest->len == 0)
		return false;
	size_t end = ax_str_find(*rest, '\n');
	*line = ax_str_slice(*rest, 0, end);
	*rest = ax_str_slice(*rest, end + 1, rest->len);
	return true;
}

static bool take_prefix(struct ax_str *line, struct ax_str prefix)
{
	if (!ax_str_starts(*line, prefix))
		return false;
	*line = ax_str_slice(*line, prefix.len, line->len);
	return true;
}

static bool parse_oid(struct ax_str text, char oid[65])
{
	if (text.len != 64)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
			return false;
		oid[i] = c;
	}
	oid[64] = '\0';
	return true;
}

bool sft_lfs_pointer_parse(struct ax_str text, struct sft_lfs_pointer *out)
{
	struct sft_lfs_pointer pointer = { 0 };
	struct ax_str line;
	bool has_oid = false;
	bool has_size = false;

	if (text.len >= LFS_POINTER_LIMIT || !next_line(&text, &line) ||
		!ax_str_equal(line, AX_STR("version https://git-lfs.github.com/spec/v1")))
		return false;
	while (next_line(&text, &line)) {
		if (take_prefix(&line, AX_STR("oid sha256:")))
			has_oid = !has_oid && parse_oid(line, pointer.oid);
		else if (take_prefix(&line, AX_STR("size ")))
			has_size = !has_size && ax_u64_parse(line, &pointer.size);
		else if (!ax_str_starts(line, AX_STR("ext-")))
			return false;
	}
	if (!has_oid || !has_size)
		return false;
	*out = pointer;
	return true;
}
