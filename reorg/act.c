#include "reorg/act.h"

#include "base/buf.h"
#include "base/error.h"

#include <sys/stat.h>

static const char *const kind_names[REORG_ACT_KINDS] = {
	[REORG_MAKE_DIR] = "make directory",
	[REORG_MOVE] = "move",
	[REORG_MOVE_DIR] = "move directory",
	[REORG_RETARGET] = "retarget",
	[REORG_LINK] = "link",
	[REORG_UNLINK] = "remove link",
	[REORG_EDIT] = "edit",
	[REORG_REMOVE_DIR] = "remove directory",
	[REORG_DELETE] = "delete",
};

const char *reorg_act_kind_name(enum reorg_act_kind kind)
{
	return kind < REORG_ACT_KINDS && kind_names[kind] ? kind_names[kind] : "unknown act";
}

struct reorg_identity reorg_identity_of(const struct stat *st)
{
	return (struct reorg_identity){
		.dev = st->st_dev,
		.ino = st->st_ino,
		.size = (uint64_t)st->st_size,
		.mtime = ax_time_of(&st->st_mtim),
		.ctime = ax_time_of(&st->st_ctim),
		.linked = st->st_nlink > 1,
	};
}

bool reorg_identity_same(const struct reorg_identity *identity, const struct stat *st)
{
	return identity->ino == st->st_ino && identity->size == (uint64_t)st->st_size &&
	       identity->mtime == ax_time_of(&st->st_mtim);
}

int reorg_edit_content(const struct reorg_act *act, struct ax_str content, struct ax_buf *out,
	struct ax_error *err)
{
	uint64_t at = 0;

	for (size_t i = 0; i < act->n_spans; i++) {
		const struct reorg_span *span = &act->spans[i];
		if (span->offset < at || span->offset > content.len ||
			!ax_str_equal(ax_str_slice(content, span->offset, span->old.len),
				span->old))
			return ax_fail(err, AX_ECORRUPT,
				"%.*s: edit %zu does not fit its content",
				AX_STR_ARG(act->from), i + 1);
		ax_buf_append_str(out, ax_str_slice(content, at, span->offset - at));
		ax_buf_append_str(out, span->new);
		at = span->offset + span->old.len;
	}
	ax_buf_append_str(out, ax_str_slice(content, at, content.len));
	return ax_buf_check(out, "an edited file", err);
}
