/*
 * Directories behind names. Where a file gives a data directory a name,
 *
 *	OUT=out   OUT := "./out/"   out_dir: str = "out"   "out": "out"   OUT=${OUT:-$ROOT/out}
 *	add_argument("--out-dir", default="out")
 *
 * each path that is made with it is found: $OUT/x, ${OUT}/x, "$OUT"/x, {{ OUT }}/x, f"{OUT}/x",
 * OUT / name, OUT + name, join(OUT, name), Path(OUT). Nothing is known of what happens to the name
 * in between, so that all of these are joined references.
 */
#include "indexer/references_internal.h"

#include "base/path.h"

enum {
	NAMES_LIMIT = 64,
	REACH = 512, /* bytes between a name and the directory, or the end of what is made with it */
};

struct name {
	struct ax_str text;
	bool ends_in_slash; /* what it stands for */
};

struct names {
	size_t count;
	struct name items[NAMES_LIMIT];
};

static bool is_one_of(const char *set, char c)
{
	return c != '\0' && strchr(set, c);
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

static char byte_at(struct ax_str text, size_t at)
{
	return at < text.len ? text.ptr[at] : '\0';
}

static char byte_before(struct ax_str text, size_t at)
{
	return at > 0 ? text.ptr[at - 1] : '\0';
}

static size_t skip_blanks(struct ax_str text, size_t at)
{
	while (is_one_of(" \t", byte_at(text, at)))
		at++;
	return at;
}

/* ---- who has a name */

static void add_name(struct names *names, struct ax_str text, bool ends_in_slash)
{
	if (text.len == 0 || (text.ptr[0] >= '0' && text.ptr[0] <= '9'))
		return;
	for (size_t i = 0; i < names->count; i++) {
		if (ax_str_equal(names->items[i].text, text)) {
			names->items[i].ends_in_slash |= ends_in_slash;
			return;
		}
	}
	if (names->count < NAMES_LIMIT)
		names->items[names->count++] = (struct name){ text, ends_in_slash };
}

/* The name that a "=" or ":" at the end of before gives something to. */
static struct ax_str name_before(struct ax_str before)
{
	while (before.len && is_one_of(" \t:?+\"'", before.ptr[before.len - 1]))
		before.len--;
	size_t start = before.len;
	while (start > 0 && (is_letter(before.ptr[start - 1]) || before.ptr[start - 1] == '-'))
		start--;
	while (start < before.len && before.ptr[start] == '-')
		start++;
	return ax_str_slice(before, start, SIZE_MAX);
}

/* What stands in the line before a directory. */
struct before {
	struct ax_str text;
	bool quoted;                /* the directory begins right behind a quote */
	size_t blank, substitution; /* behind the last of each, 0 without any */
};

static struct before look_before(struct ax_str text)
{
	struct before before = { .text = text };

	before.quoted = text.len && is_one_of("\"'`", text.ptr[text.len - 1]);
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == ' ')
			before.blank = i + 1;
		if (text.ptr[i] == '$' && byte_at(text, i + 1) == '(')
			before.substitution = i + 1;
	}
	return before;
}

/* Whether nothing stands between the sign at `at` and the directory but what belongs to its path. */
static bool is_right_behind(const struct before *before, size_t at)
{
	size_t start = skip_blanks(before->text, at + 1);

	return before->quoted || before->blank <= start || before->substitution > start;
}

/* "--out-dir" makes args.out_dir. */
static int add_option(struct reference_finder *finder, struct names *names,
	struct ax_str option, bool ends_in_slash)
{
	size_t len = 0;

	while (is_letter(byte_at(option, len)) || byte_at(option, len) == '-')
		len++;
	char *copy = ax_arena_copy(&finder->found->arena, ax_str_slice(option, 0, len));
	if (!copy)
		return reference_no_memory(finder);
	for (size_t i = 0; i < len; i++)
		copy[i] = copy[i] == '-' ? '_' : copy[i];
	add_name(names, ax_str(copy, len), ends_in_slash);
	return 0;
}

/* The names that line, up to where the directory begins, gives to it; the nearest one first. */
static int name_line(struct reference_finder *finder, struct names *names, struct ax_str line,
	bool ends_in_slash)
{
	struct before before = look_before(line);

	for (size_t i = line.len; i-- > 0;) {
		struct ax_str rest = ax_str_slice(line, i + 1, SIZE_MAX);
		if (is_one_of("=:", line.ptr[i]) && is_right_behind(&before, i))
			add_name(names, name_before(ax_str_slice(line, 0, i)), ends_in_slash);
		bool is_option =
			ax_str_starts(ax_str_slice(line, i, SIZE_MAX), AX_STR("\"--")) ||
			ax_str_starts(ax_str_slice(line, i, SIZE_MAX), AX_STR("'--"));
		if (is_option && add_option(finder, names, ax_str_slice(rest, 2, SIZE_MAX),
					 ends_in_slash) < 0)
			return -1;
	}
	return 0;
}

/* Whether `at` is behind the "-" of ${X:-out} or ${X-out}. */
static bool is_default(struct ax_str text, size_t at)
{
	if (byte_before(text, at) != '-')
		return false;
	at -= byte_before(text, at - 1) == ':' ? 2 : 1;
	while (is_letter(byte_before(text, at)))
		at--;
	return byte_before(text, at) == '{';
}

/* Whether the data directory in the hit stands alone, and where it begins. */
static bool stands_alone(const struct reference_finder *finder, struct hit *hit)
{
	struct ax_str text = hit->text;
	size_t end = hit->start + hit->data_len;

	while (byte_at(text, end) == '/')
		end++;
	hit->begin = hit->start;
	return (end == text.len || is_one_of(" \t\r\n\"'`);,}", text.ptr[end])) &&
	       (is_default(text, hit->start) || reference_look_before(finder, hit));
}

static int find_names(struct reference_finder *finder, struct ax_str text, struct ax_str data,
	struct names *names)
{
	size_t at = 0;

	while (at + data.len <= text.len) {
		const char *found = memmem(text.ptr + at, text.len - at, data.ptr, data.len);
		if (!found)
			break;
		struct hit hit = {
			.text = text, .start = (size_t)(found - text.ptr), .data_len = data.len
		};
		at = hit.start + 1;
		if (!stands_alone(finder, &hit))
			continue;
		size_t reach = hit.begin < REACH ? hit.begin : REACH;
		struct ax_str before = ax_str_slice(text, hit.begin - reach, reach);
		size_t newline = ax_str_find_last(before, '\n');
		struct ax_str line =
			ax_str_slice(before, newline == before.len ? 0 : newline + 1, SIZE_MAX);
		if (name_line(finder, names, line, byte_at(text, hit.start + data.len) == '/') <
			0)
			return -1;
	}
	return 0;
}

/* ---- what is made with it */

/* args.out, self.out: where all of it begins. */
static size_t skip_owner(struct ax_str text, size_t at)
{
	while (at > 1 && text.ptr[at - 1] == '.' && is_letter(text.ptr[at - 2])) {
		at--;
		while (is_letter(byte_before(text, at)))
			at--;
	}
	return at;
}

/*
 * Behind the value of the name that stands in text from start to end, as in $X, ${X}, ${X:-y},
 * $(X), {{ X }}, {x!r} and %X%; 0 when it is no such value.
 */
static size_t value_end(struct ax_str text, size_t start, size_t end)
{
	while (is_one_of(" \t", byte_before(text, start)))
		start--;
	char open = byte_before(text, start);

	if (open == '$')
		return end;
	if (open == '%' && byte_at(text, end) == '%')
		return end + 1;
	if (open != '{' && (open != '(' || start < 2 || text.ptr[start - 2] != '$'))
		return 0;
	size_t close = skip_blanks(text, end);
	if (is_one_of(":!-|", byte_at(text, close))) {
		while (close < text.len && close < end + REACH &&
			!is_one_of("})\n", text.ptr[close]))
			close++;
	}
	size_t behind = close;
	while (is_one_of("})", byte_at(text, behind)))
		behind++;
	return behind > close ? behind : 0;
}

/* Where a path goes on behind the value of a name that ends at `at`; 0 when it does not. */
static size_t rest_start(struct ax_str text, size_t at, bool ends_in_slash)
{
	if (is_one_of("\"'", byte_at(text, at)) && byte_at(text, at + 1) == '/')
		at++;
	size_t rest = at;
	while (byte_at(text, rest) == '/')
		rest++;
	bool goes_on = rest > at || (ends_in_slash && is_letter(byte_at(text, at)));
	return goes_on && at > 0 ? rest : 0;
}

/* Whether the name in text from start to end is an operand: X / "y", X + y, join(X, y). */
static bool is_operand(struct ax_str text, size_t start, size_t end)
{
	size_t sign = skip_blanks(text, end), next = skip_blanks(text, sign + 1);
	char c = byte_at(text, next), before = byte_before(text, start);

	if (reference_ends_in_call(ax_str_slice(text, 0, start)))
		return true;
	if (is_one_of("\"'`/-.$", before) || byte_at(text, sign + 1) == '=')
		return false;
	if (byte_at(text, sign) == '+')
		return is_one_of("\"'(", c) || is_letter(c);
	return byte_at(text, sign) == '/' &&
	       (is_one_of("\"'", c) || (sign > end && next > sign + 1 && is_letter(c)));
}

/* A use of the name at `at`, which is added when something is made with it. */
static int judge_use(struct reference_finder *finder, struct hit *hit, const struct name *name,
	struct ax_str data, uint64_t line)
{
	struct ax_str text = hit->text;
	size_t end = hit->start + name->text.len;
	size_t start = skip_owner(text, hit->start);
	size_t value = value_end(text, start, end);
	size_t rest = value ? rest_start(text, value, name->ends_in_slash) : 0;
	struct idx_reference reference = { .kind = IDX_REF_JOINED, .text = name->text };

	if (rest == 0 && !is_operand(text, start, end))
		return 0;
	struct ax_buf made = { 0 };
	ax_buf_append_str(&made, data);
	if (rest) {
		struct ax_str word = reference_word(text, rest);
		reference.text = ax_str_slice(text, hit->start, rest + word.len - hit->start);
		ax_buf_append_byte(&made, '/');
		ax_buf_append_str(&made, reference_literal(word));
	}
	/* $OUT/./x */
	ax_buf_clear(&finder->path);
	ax_path_resolve(&finder->path, AX_STR("/"), ax_buf_str(&made));
	reference.target = ax_str_slice(ax_buf_str(&finder->path), 1, SIZE_MAX);
	int status = made.failed || finder->path.failed
			     ? reference_no_memory(finder)
			     : reference_add(finder, hit, line, &reference);
	ax_buf_free(&made);
	return status;
}

static int find_uses(struct reference_finder *finder, struct ax_str file, struct ax_str text,
	struct ax_str data, const struct name *name)
{
	uint64_t line = 1;
	size_t counted = 0, at = 0;

	while (at + name->text.len <= text.len) {
		const char *found =
			memmem(text.ptr + at, text.len - at, name->text.ptr, name->text.len);
		if (!found)
			break;
		struct hit hit = {
			.file = file, .text = text, .start = (size_t)(found - text.ptr)
		};
		at = hit.start + name->text.len;
		for (; counted < hit.start; counted++)
			line += text.ptr[counted] == '\n';
		if (is_letter(byte_before(text, hit.start)) || is_letter(byte_at(text, at)))
			continue;
		if (judge_use(finder, &hit, name, data, line) < 0)
			return -1;
	}
	return 0;
}

int reference_scan_names(struct reference_finder *finder, struct ax_str file,
	struct ax_str text, struct ax_str data)
{
	struct names names = { 0 };

	if (find_names(finder, text, data, &names) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		if (find_uses(finder, file, text, data, &names.items[i]) < 0)
			return -1;
	}
	return 0;
}
