#include "base/buf.h"
#include "base/error.h"
#include "base/text.h"
#include "query/query_internal.h"
#include "query/word.h"

#include <errno.h>

enum { LABEL_WIDTH = 10, TERM_WIDTH = 40 };

static const char *const cost_names[] = {
	[QRY_COST_ENTRY] = "at hand",
	[QRY_COST_DETAIL] = "reads the detail",
	[QRY_COST_OWNER] = "looks up the run",
	[QRY_COST_JSON] = "parses JSON in metadata",
	[QRY_COST_RELATIONS] = "looks at everything once",
	[QRY_COST_CROSS] = "looks at other rows",
};

static void append_label(struct ax_buf *buf, const char *label)
{
	ax_buf_printf(buf, "%-*s", LABEL_WIDTH, label);
}

static void show_term(const struct qry_node *node, struct ax_buf *buf)
{
	if (node->kind == QRY_WORD) {
		ax_buf_append_text(buf, node->word->is_directory ? "below " : "word ");
		ax_text_quote(buf,
			node->word->is_directory ? node->word->directory : node->word->text);
		return;
	}
	ax_text_escape(buf, node->token.text);
	ax_buf_append_text(buf, qry_op_text(node->token.op));
	ax_text_escape(buf, node->token.value);
}

static void show_node(const struct qry_node *node, unsigned depth, struct ax_buf *buf)
{
	static const char *const names[] = {
		[QRY_AND] = "and",
		[QRY_OR] = "or",
		[QRY_NOT] = "not",
	};
	struct ax_buf line = { 0 };
	size_t indent = LABEL_WIDTH + 2 * (size_t)depth, width;

	if (node->kind == QRY_TERM || node->kind == QRY_WORD)
		show_term(node, &line);
	else if (node->kind == QRY_CROSS)
		ax_buf_printf(&line, "%s of its %s",
			qry_quantifier_text(node->token.quantifier), qry_view_name(node->view));
	else
		ax_buf_append_text(&line, names[node->kind]);
	width = ax_text_width(ax_buf_str(&line));
	ax_buf_printf(buf, "%*s", depth > 0 ? (int)indent : 0, "");
	ax_buf_append_str(buf, ax_buf_str(&line));
	if (!node->child)
		ax_buf_printf(buf, "%*s  %s",
			width < TERM_WIDTH ? (int)(TERM_WIDTH - width) : 0, "",
			cost_names[node->cost]);
	ax_buf_append_byte(buf, '\n');
	ax_buf_free(&line);
	for (const struct qry_node *child = node->child; child; child = child->next)
		show_node(child, depth + 1, buf);
}

int qry_query_explain(const struct qry_query *query, FILE *stream, struct ax_error *err)
{
	struct ax_buf buf = { 0 };
	int status;

	append_label(&buf, "view");
	ax_buf_printf(&buf, "%s\n", qry_view_name(query->request.view));
	append_label(&buf, "terms");
	if (query->tree)
		show_node(query->tree, 0, &buf);
	else
		ax_buf_append_text(&buf, "none: every row matches\n");
	append_label(&buf, "index");
	qry_plan_show(&query->plan, query->environment->snapshot, &buf);
	ax_buf_append_byte(&buf, '\n');
	append_label(&buf, "visited");
	if (query->was_known)
		ax_buf_append_text(&buf, "nothing: the catalogue keeps sums by class\n");
	else
		ax_buf_printf(&buf, "%llu, matched %llu\n", (unsigned long long)query->visited,
			(unsigned long long)query->matched);
	status = ax_buf_check(&buf, "the explanation", err);
	if (status == 0 && fwrite(buf.data, 1, buf.len, stream) < buf.len)
		status = ax_fail_errno(err, "cannot write the explanation");
	ax_buf_free(&buf);
	return status;
}
