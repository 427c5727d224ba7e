#include "query/bind.h"

#include "base/error.h"
#include "query/needs.h"
#include "query/word.h"

enum { DEPTH_LIMIT = 3 }; /* each level multiplies what is looked at; no question needs more */

/* Which rows belong to a row of another view; match.c has a way for each. */
static const bool reachable[QRY_VIEW_COUNT][QRY_VIEW_COUNT] = {
	[QRY_FILES] = { [QRY_RUNS] = true,
		[QRY_TENSORS] = true,
		[QRY_REFS] = true,
		[QRY_JOBS] = true },
	[QRY_RUNS] = { [QRY_FILES] = true },
	[QRY_TENSORS] = { [QRY_FILES] = true },
	[QRY_DIRS] = { [QRY_FILES] = true },
	[QRY_REFS] = { [QRY_FILES] = true },
};

static int bind_term(struct qry_binder *binder, enum qry_view view, struct qry_node *node,
	struct ax_error *err)
{
	const struct qry_field *field;

	if (qry_condition_make(&binder->conditions, view, &node->token, &node->condition, err) <
		0)
		return -1;
	field = node->condition->ref.field;
	node->cost = field->cost;
	binder->needs |= qry_field_needs(field);
	return 0;
}

static int bind_cross(struct qry_binder *binder, enum qry_view view, struct qry_node *node,
	struct ax_error *err)
{
	struct qry_guess guess;
	struct ax_str name = node->token.text;

	if (binder->depth == DEPTH_LIMIT)
		return qry_mistake_make(binder->conditions.mistake, node->token.text_span, err,
			"more than %d of any(), all() and none() within each other",
			DEPTH_LIMIT);
	if (qry_view_parse(name, &node->view) && reachable[view][node->view]) {
		binder->depth++;
		if (qry_bind(binder, node->view, node->child, err) < 0)
			return -1;
		binder->depth--;
		node->cost = QRY_COST_CROSS;
		binder->needs |= qry_view_needs(node->view);
		return 0;
	}
	qry_guess_begin(&guess, name);
	for (unsigned i = 0; i < QRY_VIEW_COUNT; i++) {
		if (reachable[view][i])
			qry_guess_offer(&guess, ax_str_from(qry_view_name((enum qry_view)i)));
	}
	name = qry_guess_best(&guess);
	return qry_mistake_make(binder->conditions.mistake, node->token.text_span, err,
		"%s have no %.*s%s%.*s%s", qry_view_name(view), AX_STR_ARG(node->token.text),
		name.len > 0 ? "; did you mean \"" : "", AX_STR_ARG(name),
		name.len > 0 ? "\"?" : "");
}

/* Insertion sort of the children by cost. */
static void order_children(struct qry_node *node)
{
	struct qry_node *sorted = NULL, *next;

	for (struct qry_node *child = node->child; child; child = next) {
		struct qry_node **at = &sorted;

		next = child->next;
		while (*at && (*at)->cost <= child->cost)
			at = &(*at)->next;
		child->next = *at;
		*at = child;
	}
	node->child = sorted;
}

static int bind_children(struct qry_binder *binder, enum qry_view view, struct qry_node *node,
	struct ax_error *err)
{
	for (struct qry_node *child = node->child; child; child = child->next) {
		if (qry_bind(binder, view, child, err) < 0)
			return -1;
		if (child->cost > node->cost)
			node->cost = child->cost;
	}
	if (node->kind != QRY_NOT)
		order_children(node);
	return 0;
}

int qry_bind(struct qry_binder *binder, enum qry_view view, struct qry_node *node,
	struct ax_error *err)
{
	struct qry_word_place place = { binder->snapshot, binder->root, binder->cwd, view };

	switch (node->kind) {
	case QRY_TERM:
		return bind_term(binder, view, node, err);
	case QRY_WORD:
		node->cost = QRY_COST_OWNER;
		if (qry_word_make(binder->conditions.arena, &place, node->token.text,
			    &node->word, err) < 0)
			return -1;
		if (node->word->is_directory || view != QRY_FILES)
			node->cost = QRY_COST_ENTRY;
		return 0;
	case QRY_CROSS:
		return bind_cross(binder, view, node, err);
	case QRY_AND:
	case QRY_OR:
	case QRY_NOT:
		break;
	}
	return bind_children(binder, view, node, err);
}
