#include "archive/about.h"

static bool needs_quotes(struct ax_str name)
{
	static const struct ax_str plain = AX_STR_INIT("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLM"
						       "NOPQRSTUVWXYZ0123456789._+-=");

	for (size_t i = 0; i < name.len; i++) {
		if (!memchr(plain.ptr, name.ptr[i], plain.len))
			return true;
	}
	return name.len == 0 || name.ptr[0] == '-';
}

/* As a word of the shell's, for the commands in README. */
static void append_word(struct ax_buf *buf, struct ax_str name)
{
	if (!needs_quotes(name)) {
		ax_buf_append_str(buf, name);
		return;
	}
	ax_buf_append_text(buf, name.len && name.ptr[0] == '-' ? "./'" : "'");
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] == '\'')
			ax_buf_append_text(buf, "'\\''");
		else
			ax_buf_append_byte(buf, name.ptr[i]);
	}
	ax_buf_append_byte(buf, '\'');
}

void arc_append_readme(struct ax_buf *buf, struct ax_str name)
{
	static const struct ax_str place = AX_STR_INIT("%NAME%");
	struct ax_str rest = ax_str((const char *)arc_readme_text, arc_readme_length);

	while (rest.len) {
		if (ax_str_starts(rest, place)) {
			append_word(buf, name);
			rest = ax_str_slice(rest, place.len, SIZE_MAX);
		} else {
			ax_buf_append_byte(buf, rest.ptr[0]);
			rest = ax_str_slice(rest, 1, SIZE_MAX);
		}
	}
}

/* The characters that sha256sum writes another way, with a backslash before the line. */
static const char escaped[] = "\n\r\\";
static const char escapes[] = "nr\\";

static bool has_escaped(struct ax_str path)
{
	for (size_t i = 0; i < path.len; i++) {
		if (memchr(escaped, path.ptr[i], sizeof(escaped) - 1))
			return true;
	}
	return false;
}

static void append_path(struct ax_buf *buf, struct ax_str path)
{
	for (size_t i = 0; i < path.len; i++) {
		const char *found = memchr(escaped, path.ptr[i], sizeof(escaped) - 1);
		if (found) {
			ax_buf_append_byte(buf, '\\');
			ax_buf_append_byte(buf, escapes[found - escaped]);
		} else {
			ax_buf_append_byte(buf, path.ptr[i]);
		}
	}
}

static const struct ax_str copy_of = AX_STR_INIT(" copy of ");

static void append_file(struct ax_buf *buf, const struct arc_member *member,
	const struct arc_member *content)
{
	char time[AX_UNITS_MAX], xxh3[33], sha256[65];

	ax_time_format(content->mtime, time);
	ax_digest_format(&content->xxh3, xxh3);
	arc_sha256_format(&content->sha256, sha256);
	ax_buf_printf(buf, "# %llu %s %s", (unsigned long long)content->size, time, xxh3);
	if (member->flags & ARC_COPY) {
		ax_buf_append_str(buf, copy_of);
		append_path(buf, member->target);
	}
	ax_buf_append_byte(buf, '\n');
	if (has_escaped(member->path))
		ax_buf_append_byte(buf, '\\');
	ax_buf_printf(buf, "%s  ", sha256);
	append_path(buf, member->path);
	ax_buf_append_byte(buf, '\n');
}

static const struct arc_member *find(const struct arc_member *members, size_t n,
	struct ax_str path)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = ax_str_compare(path, members[middle].path);
		if (!order)
			return &members[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

void arc_append_manifest(struct ax_buf *buf, const struct arc_member *members, size_t n)
{
	ax_buf_append_text(buf,
		"# Every file of this archive as it was: size, time of the last "
		"change, XXH3-128; SHA-256, path.\n");
	for (size_t i = 0; i < n; i++) {
		const struct arc_member *member = &members[i];
		const struct arc_member *content = member;
		if (member->type == ARC_HARD_LINK)
			content = find(members, n, member->target);
		if (content && content->type == ARC_FILE)
			append_file(buf, member, content);
	}
}

static bool parse_sha256(struct ax_str text, struct arc_sha256 *out)
{
	const struct ax_str digits = AX_STR("0123456789abcdef");
	struct arc_sha256 digest;

	if (text.len < 2 * sizeof(digest.bytes))
		return false;
	for (size_t i = 0; i < sizeof(digest.bytes); i++) {
		size_t high = ax_str_find(digits, text.ptr[2 * i]);
		size_t low = ax_str_find(digits, text.ptr[2 * i + 1]);
		if (high == digits.len || low == digits.len)
			return false;
		digest.bytes[i] = (unsigned char)(high << 4 | low);
	}
	*out = digest;
	return true;
}

static void unescape(struct ax_str path, struct ax_buf *out)
{
	for (size_t i = 0; i < path.len; i++) {
		const char *found = NULL;
		if (path.ptr[i] == '\\' && i + 1 < path.len)
			found = memchr(escapes, path.ptr[i + 1], sizeof(escapes) - 1);
		ax_buf_append_byte(out, found ? escaped[found - escapes] : path.ptr[i]);
		i += found ? 1 : 0;
	}
}

/* The next word of a line, and what is behind it. */
static struct ax_str take_word(struct ax_str *line)
{
	struct ax_str word = ax_str_slice(*line, 0, ax_str_find(*line, ' '));

	*line = ax_str_slice(*line, word.len + 1, SIZE_MAX);
	return word;
}

/* "# SIZE TIME XXH3-128", and of a copy more; any other comment says nothing. */
static void parse_comment(struct ax_str line, struct arc_manifest_entry *out)
{
	ax_nanoseconds last = 0;

	ax_buf_clear(&out->copy_of);
	out->mtime = 0;
	take_word(&line);
	take_word(&line);
	if (!ax_time_parse(take_word(&line), 0, &out->mtime, &last))
		out->mtime = 0;
	struct ax_str words = ax_str_slice(copy_of, 1, SIZE_MAX);
	take_word(&line);
	if (ax_str_starts(line, words))
		unescape(ax_str_slice(line, words.len, SIZE_MAX), &out->copy_of);
}

void arc_manifest_entry_free(struct arc_manifest_entry *entry)
{
	ax_buf_free(&entry->path);
	ax_buf_free(&entry->copy_of);
}

bool arc_next_of_manifest(struct ax_str *rest, struct arc_manifest_entry *out)
{
	parse_comment(AX_STR(""), out);
	while (rest->len) {
		struct ax_str line = ax_str_slice(*rest, 0, ax_str_find(*rest, '\n'));
		*rest = ax_str_slice(*rest, line.len + 1, SIZE_MAX);
		if (ax_str_starts(line, AX_STR("# "))) {
			parse_comment(line, out);
			continue;
		}
		bool is_escaped = ax_str_starts(line, AX_STR("\\"));
		if (is_escaped)
			line = ax_str_slice(line, 1, SIZE_MAX);
		struct ax_str name = ax_str_slice(line, 64, SIZE_MAX);
		if (!ax_str_starts(name, AX_STR("  ")) || !parse_sha256(line, &out->sha256))
			continue;
		name = ax_str_slice(name, 2, SIZE_MAX);
		ax_buf_clear(&out->path);
		if (is_escaped)
			unescape(name, &out->path);
		else
			ax_buf_append_str(&out->path, name);
		return !out->path.failed && !out->copy_of.failed;
	}
	return false;
}
