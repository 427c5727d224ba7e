#include "indexer/log.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "base/path.h"

#include <errno.h>

enum {
	STAMP_LENGTH = 15, /* 20260528T223214 */
	HEAD = 64 * 1024,
	TAIL = 4 * 1024,
	ARGV_LIMIT = 16 * 1024,
};

bool idx_run_id_parse(struct ax_str id, struct ax_str *ts_out, struct ax_str *slug_out)
{
	struct ax_str ts = ax_str_slice(id, 0, STAMP_LENGTH);
	ax_nanoseconds start = 0;

	if (id.len < STAMP_LENGTH + 2 || id.ptr[STAMP_LENGTH] != '_' ||
		!ax_stamp_parse(ts, &start))
		return false;
	*ts_out = ts;
	*slug_out = ax_str_slice(id, STAMP_LENGTH + 1, SIZE_MAX);
	return true;
}

/* Index of the first "_seed" with digits up to a "_" or the end, or text.len. */
static size_t find_seed(struct ax_str text, struct ax_str *digits)
{
	struct ax_str mark = AX_STR("_seed");

	for (size_t at = 0; at + mark.len < text.len; at++) {
		struct ax_str rest = ax_str_slice(text, at, SIZE_MAX);
		if (!ax_str_starts(rest, mark))
			continue;
		size_t n = mark.len;
		while (n < rest.len && rest.ptr[n] >= '0' && rest.ptr[n] <= '9')
			n++;
		*digits = ax_str_slice(rest, mark.len, n - mark.len);
		if (digits->len && (n == rest.len || rest.ptr[n] == '_'))
			return at;
	}
	return text.len;
}

/* Whether argv has --arm with this value. */
static bool argv_has_arm(struct ax_str argv, struct ax_str arm)
{
	struct ax_str mark = AX_STR("--arm");

	for (size_t at = 0; at + mark.len + arm.len < argv.len; at++) {
		struct ax_str rest = ax_str_slice(argv, at, SIZE_MAX);
		if (!ax_str_starts(rest, mark))
			continue;
		rest = ax_str_slice(rest, mark.len + 1, SIZE_MAX);
		if (!ax_str_starts(rest, arm))
			continue;
		rest = ax_str_slice(rest, arm.len, SIZE_MAX);
		if (rest.len == 0 || strchr(" \t'\",", rest.ptr[0]))
			return true;
	}
	return false;
}

/* Where "preset_arm" is cut: where argv says so, else at its first "_". */
static size_t find_cut(struct ax_str both, struct ax_str argv)
{
	for (size_t at = 0; at < both.len; at++) {
		if (both.ptr[at] == '_' &&
			argv_has_arm(argv, ax_str_slice(both, at + 1, SIZE_MAX)))
			return at;
	}
	return ax_str_find(both, '_');
}

void idx_slug_parse(struct ax_str slug, struct ax_str argv, struct idx_slug *out)
{
	struct ax_str digits = { 0 };
	size_t seed = find_seed(slug, &digits);
	int64_t value = 0;

	*out = (struct idx_slug){ .preset = AX_STR(""), .arm = AX_STR(""), .tag = AX_STR("") };
	if (seed == slug.len)
		return;
	struct ax_str both = ax_str_slice(slug, 0, seed);
	size_t cut = find_cut(both, argv);
	out->preset = ax_str_slice(both, 0, cut);
	out->arm = ax_str_slice(both, cut + 1, SIZE_MAX);
	size_t behind = seed + strlen("_seed") + digits.len;
	out->tag = ax_str_slice(slug, behind + 1, SIZE_MAX);
	if (ax_i64_parse(digits, &value))
		out->seed = (struct idx_value){ .kind = IDX_INT, .integer = value };
}

/* What stands behind the first mark, up to the end of its line. */
static struct ax_str find_line(struct ax_str text, struct ax_str mark)
{
	const char *hit = text.len ? memmem(text.ptr, text.len, mark.ptr, mark.len) : NULL;

	if (!hit)
		return AX_STR("");
	struct ax_str rest =
		ax_str_slice(text, (size_t)(hit - text.ptr) + mark.len, ARGV_LIMIT);
	size_t end = ax_str_find(rest, '\n');
	return ax_str_trim(ax_str_slice(rest, 0, end));
}

/* Index of the last mark, or text.len. */
static size_t find_last(struct ax_str text, struct ax_str mark)
{
	size_t last = text.len;

	for (size_t at = 0; at + mark.len <= text.len; at++) {
		const char *hit = memmem(text.ptr + at, text.len - at, mark.ptr, mark.len);
		if (!hit)
			break;
		last = at = (size_t)(hit - text.ptr);
	}
	return last;
}

/* The number behind the last "NAME=". */
static struct idx_value find_rate(struct ax_str text, struct ax_str mark)
{
	size_t at = find_last(text, mark);
	struct ax_str rest = ax_str_slice(text, at + mark.len, SIZE_MAX);
	size_t len = 0;
	double rate = 0;

	if (at == text.len)
		return (struct idx_value){ .kind = IDX_ABSENT };
	while (len < rest.len && rest.ptr[len] > ' ' && !strchr(",;|", rest.ptr[len]))
		len++;
	if (!ax_real_parse(ax_str_slice(rest, 0, len), &rate))
		return (struct idx_value){ .kind = IDX_ABSENT };
	return (struct idx_value){ .kind = IDX_REAL, .real = rate };
}

static bool says_error(struct ax_str text)
{
	static const struct ax_str marks[] = {
		AX_STR_INIT("| ERROR |"),
		AX_STR_INIT("| CRITICAL |"),
		AX_STR_INIT("Traceback (most recent call last)"),
		AX_STR_INIT("CUDA out of memory"),
		AX_STR_INIT("Segmentation fault"),
		AX_STR_INIT("KeyboardInterrupt"),
	};

	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
		if (ax_str_contains(text, marks[i]))
			return true;
	}
	return false;
}

/* The result's line ends a run; what goes wrong behind it does not undo it. */
static struct ax_str find_status(struct ax_str tail, const struct idx_log_source *source)
{
	if (find_last(tail, AX_STR("HACK_RATE=")) < tail.len)
		return AX_STR("done");
	if (says_error(tail))
		return AX_STR("crashed");
	if (source->mtime > source->now - source->quiet)
		return AX_STR("running");
	return AX_STR("unknown");
}

/* Append what lies at offset; less where the file became shorter. */
static void read_part(const struct idx_log_source *source, uint64_t offset, size_t size,
	struct ax_buf *buf)
{
	struct ax_error ignored = { 0 };

	if (ax_buf_reserve(buf, size) && ax_pread_full(source->fd, buf->data + buf->len, size,
						 (off_t)offset, "", &ignored) == 0)
		buf->len += size;
}

int idx_log_read(const struct idx_log_source *source, struct ax_buf *scratch,
	struct idx_log *out, struct ax_error *err)
{
	size_t head = source->size < HEAD ? (size_t)source->size : HEAD;
	size_t tail = source->size < TAIL ? (size_t)source->size : TAIL;
	struct idx_log log = { .ts = AX_STR(""), .slug = AX_STR(""), .end = source->mtime };
	size_t extension = ax_path_extension(source->name).len;

	ax_buf_clear(scratch);
	read_part(source, 0, head, scratch);
	head = scratch->len;
	if (source->size > HEAD)
		read_part(source, source->size - tail, tail, scratch);
	if (ax_buf_check(scratch, "the log", err) < 0)
		return -1;
	struct ax_str text = ax_buf_str(scratch);
	struct ax_str end = ax_str_slice(text, text.len > tail ? text.len - tail : 0, tail);
	idx_run_id_parse(ax_str_slice(source->name, 0, source->name.len - extension), &log.ts,
		&log.slug);
	ax_stamp_parse(log.ts, &log.start);
	log.argv = find_line(ax_str_slice(text, 0, head), AX_STR("argv: "));
	log.hack_rate = find_rate(end, AX_STR("HACK_RATE="));
	log.pass_rate = find_rate(end, AX_STR("PASS_RATE="));
	log.status = find_status(end, source);
	*out = log;
	return 0;
}

size_t idx_log_attributes(const struct idx_log *log, struct idx_attribute *out)
{
	const struct idx_attribute all[IDX_LOG_ATTRIBUTES] = {
		{ AX_STR("ts"), { .kind = IDX_TEXT, .text = log->ts } },
		{ AX_STR("slug"), { .kind = IDX_TEXT, .text = log->slug } },
		{ AX_STR("argv"), { .kind = IDX_TEXT, .text = log->argv } },
		{ AX_STR("log_status"), { .kind = IDX_TEXT, .text = log->status } },
		{ AX_STR("hack_rate"), log->hack_rate },
		{ AX_STR("pass_rate"), log->pass_rate },
	};
	size_t n = 0;

	for (size_t i = 0; i < IDX_LOG_ATTRIBUTES; i++) {
		bool is_empty = all[i].value.kind == IDX_TEXT && all[i].value.text.len == 0;
		if (all[i].value.kind != IDX_ABSENT && !is_empty)
			out[n++] = all[i];
	}
	return n;
}

static struct ax_str get_text(const struct idx_attribute *attributes, size_t n,
	struct ax_str name)
{
	struct idx_value value = idx_attribute_get(attributes, n, name);

	return value.kind == IDX_TEXT ? value.text : AX_STR("");
}

void idx_log_from_attributes(const struct idx_attribute *attributes, size_t n,
	struct ax_str path, ax_nanoseconds mtime, struct idx_log *out)
{
	*out = (struct idx_log){
		.path = path,
		.ts = get_text(attributes, n, AX_STR("ts")),
		.slug = get_text(attributes, n, AX_STR("slug")),
		.end = mtime,
		.argv = get_text(attributes, n, AX_STR("argv")),
		.status = get_text(attributes, n, AX_STR("log_status")),
		.hack_rate = idx_attribute_get(attributes, n, AX_STR("hack_rate")),
		.pass_rate = idx_attribute_get(attributes, n, AX_STR("pass_rate")),
	};
	ax_stamp_parse(out->ts, &out->start);
}
