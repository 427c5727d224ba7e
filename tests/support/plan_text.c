#include "tests/support/plan_text.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "base/path.h"
#include "reorg/act.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WORDS_MAX = 5, FILE_MAX = 1 << 20 };

struct parser {
	int root;
	struct ax_arena *arena;
	struct reorg_act *acts;
	size_t n;
	struct ax_error *err;
};

struct verb {
	const char *name;
	enum reorg_act_kind kind;
	size_t n_words;                   /* with the verb itself */
	int from, to, old_target, target; /* which word; 0: none */
};

static const struct verb verbs[] = {
	{ "mkdir", REORG_MAKE_DIR, 2, 0, 1, 0, 0 },
	{ "move", REORG_MOVE, 3, 1, 2, 0, 0 },
	{ "movedir", REORG_MOVE_DIR, 3, 1, 2, 0, 0 },
	{ "retarget", REORG_RETARGET, 4, 1, 1, 2, 3 },
	{ "relink", REORG_RETARGET, 5, 1, 2, 3, 4 },
	{ "link", REORG_LINK, 3, 0, 1, 0, 2 },
	{ "unlink", REORG_UNLINK, 2, 1, 0, 0, 0 },
	{ "edit", REORG_EDIT, 4, 1, 0, 0, 0 },
	{ "rmdir", REORG_REMOVE_DIR, 2, 1, 0, 0, 0 },
	{ "delete", REORG_DELETE, 2, 1, 0, 0, 0 },
};

/* Where path is now, given the directories that move: through all MOVE_DIR before it. */
static struct ax_str present_path(const struct parser *parser, struct ax_str path)
{
	for (size_t i = 0; i < parser->n; i++) {
		const struct reorg_act *act = &parser->acts[i];
		struct ax_buf buf = { 0 };
		if (act->kind != REORG_MOVE_DIR || !ax_path_below(path, act->to))
			continue;
		ax_path_join(&buf, act->from, ax_str_slice(path, act->to.len + 1, path.len));
		char *copy = ax_arena_copy(parser->arena, ax_buf_str(&buf));
		if (copy)
			path = ax_str(copy, buf.len);
		ax_buf_free(&buf);
	}
	return path;
}

/* Identity, and the target of a symlink, from the disk. */
static int examine(struct parser *parser, struct reorg_act *act)
{
	struct ax_str path = present_path(parser, act->from);
	struct stat st;
	char target[PATH_MAX];
	int fd = ax_open_beneath(parser->root, path, O_PATH | O_NOFOLLOW, 0);

	if (fd < 0 && act->kind == REORG_DELETE) {
		for (size_t i = 0; i < parser->n; i++) { /* what a move brings there */
			if (ax_str_equal(parser->acts[i].to, act->from))
				act->identity = parser->acts[i].identity;
		}
		return 0;
	}
	if (fd < 0 || fstat(fd, &st) < 0)
		return ax_fail_errno(parser->err, "%.*s", AX_STR_ARG(path));
	act->identity = reorg_identity_of(&st);
	act->count = REORG_ANY_COUNT;
	if (act->kind == REORG_UNLINK) {
		ssize_t n = readlinkat(fd, "", target, sizeof(target));
		act->old_target = ax_str(ax_arena_copy(parser->arena,
						 ax_str(target, n > 0 ? (size_t)n : 0)),
			n > 0 ? (size_t)n : 0);
	}
	close(fd);
	return 0;
}

static int make_edit(struct parser *parser, struct reorg_act *act, struct ax_str old,
	struct ax_str new)
{
	struct ax_buf content = { 0 };
	struct ax_buf edited = { 0 };
	struct ax_str path = present_path(parser, act->from);
	char name[PATH_MAX] = "";
	size_t n = 0;

	memcpy(name, path.ptr, path.len);
	if (ax_file_read(parser->root, name, FILE_MAX, &content, parser->err) < 0)
		return -1;
	struct reorg_span *spans =
		ax_arena_alloc(parser->arena, (content.len + 1) * sizeof(*spans));
	struct ax_str rest = ax_buf_str(&content);
	const char *hit;
	while ((hit = memmem(rest.ptr, rest.len, old.ptr, old.len))) {
		spans[n++] = (struct reorg_span){ (uint64_t)(hit - content.data), old, new };
		rest = ax_str_slice(rest, (size_t)(hit - rest.ptr) + old.len, rest.len);
	}
	act->spans = spans;
	act->n_spans = n;
	act->old_digest = ax_hash128(content.data, content.len);
	int status = reorg_edit_content(act, ax_buf_str(&content), &edited, parser->err);
	act->new_digest = ax_hash128(edited.data, edited.len);
	ax_buf_free(&content);
	ax_buf_free(&edited);
	return status;
}

static int read_act(struct parser *parser, const struct ax_str *words, size_t n)
{
	struct reorg_act *act = &parser->acts[parser->n];

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		const struct verb *verb = &verbs[i];
		if (!ax_str_equal(words[0], ax_str_from(verb->name)) || n != verb->n_words)
			continue;
		act->kind = verb->kind;
		act->from = verb->from ? words[verb->from] : AX_STR("");
		act->to = verb->to ? words[verb->to] : AX_STR("");
		act->old_target = verb->old_target ? words[verb->old_target] : AX_STR("");
		act->target = verb->target ? words[verb->target] : AX_STR("");
		if (act->from.len && act->kind != REORG_REMOVE_DIR && examine(parser, act) < 0)
			return -1;
		if (act->kind == REORG_EDIT && make_edit(parser, act, words[2], words[3]) < 0)
			return -1;
		parser->n++;
		return 0;
	}
	return ax_fail(parser->err, AX_EUSAGE, "line %zu: %.*s: not understood", parser->n + 1,
		AX_STR_ARG(words[0]));
}

/* Up to WORDS_MAX words of a line. */
static size_t split(struct ax_str line, struct ax_str *words)
{
	size_t n = 0;

	for (line = ax_str_trim(line); line.len && n < WORDS_MAX; line = ax_str_trim(line)) {
		size_t end = ax_str_find(line, ' ');
		words[n++] = ax_str_slice(line, 0, end);
		line = ax_str_slice(line, end, line.len);
	}
	return n;
}

int plan_text_read(int root, struct ax_str text, struct ax_arena *arena, struct reorg_plan *out,
	struct ax_error *err)
{
	struct parser parser = { .root = root, .arena = arena, .err = err };
	struct ax_str words[WORDS_MAX];

	parser.acts = ax_arena_alloc(arena, (text.len + 1) * sizeof(*parser.acts) / 4);
	if (!parser.acts)
		return ax_fail(err, ENOMEM, "no memory for a plan");
	while (text.len) {
		size_t end = ax_str_find(text, '\n');
		size_t n = split(ax_str_slice(text, 0, end), words);
		text = ax_str_slice(text, end + 1, text.len);
		if (n && words[0].ptr[0] != '#' && read_act(&parser, words, n) < 0)
			return -1;
	}
	*out = (struct reorg_plan){
		.title = AX_STR("text"), .n_acts = parser.n, .acts = parser.acts
	};
	return 0;
}
