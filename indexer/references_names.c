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

#include <stdlib.h>

/* Bytes between a name and the directory, or the end of what is made with it. */
enum { REACH = 512 };

struct name {
	struct ax_str text;
	bool ends_in_slash; /* what it stands for */
};

/* Sorted, and each once, when all are found; before that a name may be there again. */
struct names {
	size_t count, capacity;
	struct name *items;
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

static int compare_names(const void *a, const void *b)
{
	const struct name *x = a, *y = b;

	return ax_str_compare(x->text, y->text);
}

static void sort_names(struct names *names)
{
	size_t n = 0;

	if (names->count)
		qsort(names->items, names->count, sizeof(*names->items), compare_names);
	for (size_t i = 0; i < names->count; i++) {
		const struct name *name = &names->items[i];
		if (n && ax_str_equal(names->items[n - 1].text, name->text))
			names->items[n - 1].ends_in_slash |= name->ends_in_slash;
		else
			names->items[n++] = *name;
	}
	names->count = n;
}

/* Make room for one more: where half of them were there before, without growing. */
static int make_room(struct reference_finder *finder, struct names *names)
{
	if (names->count < names->capacity)
		return 0;
	sort_names(names);
	if (names->count && names->count <= names->capacity / 2)
		return 0;
	size_t wanted = names->capacity ? 2 * names->capacity : 64;
	void *grown = reallocarray(names->items, wanted, sizeof(*names->items));
	if (!grown)
		return reference_no_memory(finder);
	names->items = grown;
	names->capacity = wanted;
	return 0;
}

static int add_name(struct reference_finder *finder, struct names *names, struct ax_str text,
	bool ends_in_slash)
{
	if (text.len == 0 || (text.ptr[0] >= '0' && text.ptr[0] <= '9'))
		return 0;
	if (make_room(finder, names) < 0)
		return -1;
	names->items[names->count++] = (struct name){ text, ends_in_slash };
	return 0;
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
	return add_name(finder, names, ax_str(copy, len), ends_in_slash);
}

/* The names that line, up to where the directory begins, gives to it. */
static int name_line(struct reference_finder *finder, struct names *names, struct ax_str line,
	bool ends_in_slash)
{
	struct before before = look_before(line);

	for (size_t i = line.len; i-- > 0;) {
		struct ax_str rest = ax_str_slice(line, i + 1, SIZE_MAX);
		if (is_one_of("=:", line.ptr[i]) && is_right_behind(&before, i) &&
			add_name(finder, names, name_before(ax_str_slice(line, 0, i)),
				ends_in_slash) < 0)
			return -1;
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
	sort_names(names);
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

/* How many names stand before word in their order. */
static size_t first_from(const struct names *names, struct ax_str word)
{
	size_t low = 0, high = names->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (ax_str_compare(names->items[middle].text, word) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The names that begin with the word at hit->start: it alone, or with "-" and more behind it. */
static int judge_word(struct reference_finder *finder, const struct names *names,
	struct hit *hit, size_t len, struct ax_str data, uint64_t line)
{
	struct ax_str rest = ax_str_slice(hit->text, hit->start, SIZE_MAX);
	struct ax_str word = ax_str_slice(rest, 0, len);

	for (size_t i = first_from(names, word); i < names->count; i++) {
		struct ax_str name = names->items[i].text;
		/* "-" comes before all that words are made of. */
		if (!ax_str_starts(name, word) || (name.len > len && name.ptr[len] != '-'))
			break;
		if (ax_str_starts(rest, name) && !is_letter(byte_at(rest, name.len)) &&
			judge_use(finder, hit, &names->items[i], data, line) < 0)
			return -1;
	}
	return 0;
}

static int find_uses(struct reference_finder *finder, struct ax_str file, struct ax_str text,
	struct ax_str data, const struct names *names)
{
	uint64_t line = 1;
	size_t end;

	for (size_t at = 0; at < text.len; at = end) {
		for (end = at; is_letter(byte_at(text, end));)
			end++;
		struct hit hit = { .file = file, .text = text, .start = at };
		if (end > at && judge_word(finder, names, &hit, end - at, data, line) < 0)
			return -1;
		line += text.ptr[at] == '\n';
		end += end == at;
	}
	return 0;
}

int reference_scan_names(struct reference_finder *finder, struct ax_str file,
	struct ax_str text, struct ax_str data)
{
	struct names names = { 0 };
	int status = find_names(finder, text, data, &names);

	if (status == 0 && names.count)
		status = find_uses(finder, file, text, data, &names);
	free(names.items);
	return status;
}
