/*
 * Runs are put into groups by what they used, then ranks follow from the edges: sources stand in
 * the first column, everything else right of what it depends on. Rows are chosen as in Sugiyama's
 * method: nodes are ordered by the mean row of their neighbours, a few times to and fro.
 */
#include "report/lineage.h"

#include "base/buf.h"
#include "base/error.h"
#include "report/facts.h"

#include <errno.h>
#include <stdlib.h>

enum { SWEEPS = 6 };

struct artifact {
	struct ax_str path;
	size_t runs, node; /* node: SIZE_MAX as long as it is not drawn */
	size_t writer;     /* index of the run that wrote it, or SIZE_MAX */
};

struct group {
	size_t arm, n, node;
	size_t *runs, capacity;
	size_t first; /* a run of it */
};

struct making {
	const struct rpt_facts *facts;
	struct ax_arena *arena;
	struct qry_table by_path,
		by_key; /* -> struct artifact, struct group; in their arenas */
	size_t n_artifacts, n_groups;
	struct artifact **artifacts; /* the most used first */
	struct group **groups;       /* the largest first */
};

static int no_memory(struct ax_error *err)
{
	return ax_fail(err, ENOMEM, "no memory for the graph of runs");
}

static bool note_use(struct making *making, struct ax_str path)
{
	void **slot = qry_table_put(&making->by_path, path);

	if (!slot)
		return false;
	if (!*slot) {
		struct artifact *artifact =
			ax_arena_alloc(&making->by_path.arena, sizeof(*artifact));
		if (!artifact)
			return false;
		*artifact = (struct artifact){ path, 0, SIZE_MAX, SIZE_MAX };
		*slot = artifact;
	}
	((struct artifact *)*slot)->runs++;
	return true;
}

/* What all runs of a group have in common, as bytes: the arm and the paths, in order. */
static bool make_key(const struct rpt_run *item, struct ax_buf *key)
{
	size_t n = item->run.n_uses;

	ax_buf_clear(key);
	ax_buf_append_u64(key, item->arm);
	for (size_t i = 0; i < n; i++)
		ax_buf_append_sized(key, item->run.uses[i]);
	return !key->failed;
}

static bool note_group(struct making *making, size_t run, struct ax_buf *key)
{
	const struct rpt_run *item = &making->facts->runs[run];
	void **slot =
		make_key(item, key) ? qry_table_put(&making->by_key, ax_buf_str(key)) : NULL;

	if (!slot)
		return false;
	if (!*slot) {
		struct group *made = ax_arena_alloc(&making->by_key.arena, sizeof(*made));
		if (!made)
			return false;
		*made = (struct group){ .arm = item->arm, .node = SIZE_MAX, .first = run };
		*slot = made;
	}
	struct group *group = *slot;
	if (group->n == group->capacity) {
		size_t capacity = group->capacity * 2 + 8;
		size_t *runs = ax_arena_alloc(making->arena, capacity * sizeof(*runs));
		if (!runs)
			return false;
		if (group->n)
			memcpy(runs, group->runs, group->n * sizeof(*runs));
		group->runs = runs;
		group->capacity = capacity;
	}
	group->runs[group->n++] = run;
	return true;
}

static int compare_artifacts(const void *a, const void *b)
{
	const struct artifact *const *x = a;
	const struct artifact *const *y = b;

	if ((*x)->runs != (*y)->runs)
		return (*x)->runs > (*y)->runs ? -1 : 1;
	return ax_str_compare((*x)->path, (*y)->path);
}

static int compare_groups(const void *a, const void *b)
{
	const struct group *const *x = a;
	const struct group *const *y = b;

	if ((*x)->n != (*y)->n)
		return (*x)->n > (*y)->n ? -1 : 1;
	return (*x)->first < (*y)->first ? -1 : (*x)->first > (*y)->first;
}

/* All values of a table, in order, in an array of the arena. */
static bool list_values(const struct qry_table *table, struct ax_arena *arena, void ***out,
	int (*compare)(const void *, const void *))
{
	void **values = ax_arena_alloc(arena, (table->n_used + 1) * sizeof(*values));
	size_t n = 0;

	if (!values)
		return false;
	for (size_t i = 0; i < table->n_slots; i++) {
		if (table->slots[i].value)
			values[n++] = table->slots[i].value;
	}
	qsort(values, n, sizeof(*values), compare);
	*out = values;
	return true;
}

static bool collect(struct making *making, struct rpt_lineage *out)
{
	const struct rpt_facts *facts = making->facts;
	struct ax_buf key = { 0 };
	bool good = true;

	for (size_t i = 0; i < facts->n_runs && good; i++) {
		const struct idx_run *run = &facts->runs[i].run;

		if (run->n_uses == 0)
			continue;
		out->runs++;
		for (size_t j = 0; j < run->n_uses && good; j++)
			good = note_use(making, run->uses[j]);
		good = good && note_group(making, i, &key);
	}
	ax_buf_free(&key);
	making->n_artifacts = making->by_path.n_used;
	making->n_groups = making->by_key.n_used;
	void **artifacts = NULL, **groups = NULL;
	good = good &&
	       list_values(&making->by_path, making->arena, &artifacts, compare_artifacts) &&
	       list_values(&making->by_key, making->arena, &groups, compare_groups);
	making->artifacts = (struct artifact **)artifacts;
	making->groups = (struct group **)groups;
	return good;
}

/* The run that wrote an artifact which others used. */
static void find_writers(struct making *making)
{
	for (size_t i = 0; i < making->facts->n_runs; i++) {
		const struct idx_run *run = &making->facts->runs[i].run;

		for (size_t j = 0; j < run->n_files; j++) {
			struct artifact *artifact =
				qry_table_get(&making->by_path, run->files[j]);
			if (artifact)
				artifact->writer = i;
		}
	}
}

/* The class of a file, or of what a directory holds most of. */
static int describe(const struct rpt_facts *facts, struct rpt_node *node, struct ax_error *err)
{
	struct idx_entry entry;
	const struct rpt_dir *dir = rpt_dirs_get(&facts->dirs, node->name);
	int found = idx_snapshot_find(facts->snapshot, node->name, &entry, err);
	uint32_t id = 0;

	if (found < 0)
		return -1;
	node->color = RPT_NO_COLOR;
	if (found > 0)
		id = entry.class_id;
	else if (dir && dir->parts)
		id = dir->parts->class_id;
	else
		return 0;
	if (id < facts->n_classes) {
		node->class_name = facts->classes[id].name;
		node->color = facts->classes[id].color;
	}
	return 0;
}

static int make_nodes(struct making *making, struct rpt_lineage *out, struct ax_error *err)
{
	size_t artifacts =
		making->n_artifacts < RPT_ARTIFACTS ? making->n_artifacts : RPT_ARTIFACTS;
	size_t groups = making->n_groups < RPT_GROUPS ? making->n_groups : RPT_GROUPS;

	out->more_artifacts = making->n_artifacts - artifacts;
	out->more_groups = making->n_groups - groups;
	out->nodes =
		ax_arena_alloc(making->arena, (artifacts + groups + 1) * sizeof(*out->nodes));
	if (!out->nodes)
		return no_memory(err);
	for (size_t i = 0; i < artifacts; i++) {
		struct rpt_node *node = &out->nodes[out->n_nodes];

		node->name = making->artifacts[i]->path;
		node->runs = making->artifacts[i]->runs;
		making->artifacts[i]->node = out->n_nodes++;
		if (describe(making->facts, node, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < groups; i++) {
		struct group *group = making->groups[i];
		const struct rpt_arm *arm = &making->facts->arms[group->arm];

		out->nodes[out->n_nodes] = (struct rpt_node){ .is_group = true,
			.name = arm->name,
			.color = arm->color,
			.runs = group->n,
			.runs_of = group->runs };
		group->node = out->n_nodes++;
	}
	return 0;
}

static void add_edge(struct rpt_lineage *out, size_t from, size_t to, size_t runs)
{
	for (size_t i = 0; i < out->n_edges; i++) {
		if (out->edges[i].from == from && out->edges[i].to == to)
			return;
	}
	out->edges[out->n_edges++] = (struct rpt_edge){ from, to, runs };
}

static bool make_edges(struct making *making, struct rpt_lineage *out)
{
	size_t most = (size_t)RPT_ARTIFACTS * RPT_GROUPS + RPT_ARTIFACTS;

	out->edges = ax_arena_alloc(making->arena, most * sizeof(*out->edges));
	if (!out->edges)
		return false;
	for (size_t i = 0; i < making->n_groups; i++) {
		const struct group *group = making->groups[i];
		const struct idx_run *run = &making->facts->runs[group->first].run;

		if (group->node == SIZE_MAX)
			break;
		for (size_t j = 0; j < run->n_uses; j++) {
			const struct artifact *artifact =
				qry_table_get(&making->by_path, run->uses[j]);
			if (artifact && artifact->node != SIZE_MAX)
				add_edge(out, artifact->node, group->node, group->n);
		}
		for (size_t j = 0; j < making->n_artifacts; j++) {
			const struct artifact *artifact = making->artifacts[j];
			if (artifact->node == SIZE_MAX)
				break;
			for (size_t k = 0; k < group->n; k++) {
				if (artifact->writer == group->runs[k])
					add_edge(out, group->node, artifact->node, 1);
			}
		}
	}
	return true;
}

/* Right of what it depends on; where that goes round in a circle, RPT_RANKS ends it. */
static void choose_ranks(struct rpt_lineage *out)
{
	for (unsigned pass = 0; pass < RPT_RANKS; pass++) {
		for (size_t i = 0; i < out->n_edges; i++) {
			const struct rpt_node *from = &out->nodes[out->edges[i].from];
			struct rpt_node *to = &out->nodes[out->edges[i].to];

			if (to->rank <= from->rank && from->rank + 1 < RPT_RANKS)
				to->rank = from->rank + 1;
		}
	}
	for (size_t i = 0; i < out->n_nodes; i++) {
		/* A group of runs is never a source, even where its artifacts are not drawn. */
		if (out->nodes[i].is_group && out->nodes[i].rank == 0)
			out->nodes[i].rank = 1;
		if (out->nodes[i].rank >= out->n_ranks)
			out->n_ranks = out->nodes[i].rank + 1;
	}
}

/* ---- rows */

static int compare_nodes(const void *a, const void *b)
{
	const struct rpt_node *const *x = a;
	const struct rpt_node *const *y = b;

	if ((*x)->rank != (*y)->rank)
		return (*x)->rank < (*y)->rank ? -1 : 1;
	if ((*x)->center != (*y)->center)
		return (*x)->center < (*y)->center ? -1 : 1;
	return (*x)->row < (*y)->row ? -1 : (*x)->row > (*y)->row;
}

static void number_rows(struct rpt_lineage *out, struct rpt_node **order)
{
	size_t counts[RPT_RANKS] = { 0 };

	qsort(order, out->n_nodes, sizeof(*order), compare_nodes);
	for (size_t i = 0; i < out->n_nodes; i++) {
		order[i]->row = (unsigned)counts[order[i]->rank]++;
		if (counts[order[i]->rank] > out->rows)
			out->rows = counts[order[i]->rank];
	}
	/* Columns are centered against each other. */
	for (size_t i = 0; i < out->n_nodes; i++)
		order[i]->center = order[i]->row - (double)counts[order[i]->rank] / 2;
}

/* The mean place of the neighbours on one side. */
static double mean_of_neighbours(const struct rpt_lineage *out, size_t node, bool from_left)
{
	double sum = 0;
	size_t n = 0;

	for (size_t i = 0; i < out->n_edges; i++) {
		const struct rpt_edge *edge = &out->edges[i];
		if ((from_left ? edge->to : edge->from) != node)
			continue;
		sum += out->nodes[from_left ? edge->from : edge->to].center;
		n++;
	}
	return n ? sum / (double)n : out->nodes[node].center;
}

static bool choose_rows(struct making *making, struct rpt_lineage *out)
{
	size_t size = (out->n_nodes + 1) * sizeof(struct rpt_node *);
	struct rpt_node **order = ax_arena_alloc(making->arena, size);
	double *means = ax_arena_alloc(making->arena, (out->n_nodes + 1) * sizeof(double));

	if (!order || !means)
		return false;
	for (size_t i = 0; i < out->n_nodes; i++) {
		order[i] = &out->nodes[i];
		out->nodes[i].row = (unsigned)i;
	}
	number_rows(out, order);
	for (unsigned sweep = 0; sweep < SWEEPS; sweep++) {
		bool from_left = sweep % 2 == 0;

		for (size_t i = 0; i < out->n_nodes; i++)
			means[i] = mean_of_neighbours(out, i, from_left);
		for (size_t i = 0; i < out->n_nodes; i++)
			out->nodes[i].center = means[i];
		number_rows(out, order);
	}
	return true;
}

int rpt_lineage_make(const struct rpt_facts *facts, struct ax_arena *arena,
	struct rpt_lineage *out, struct ax_error *err)
{
	struct making making = { .facts = facts, .arena = arena };
	int status = -1;

	*out = (struct rpt_lineage){ 0 };
	if (!collect(&making, out)) {
		no_memory(err);
		goto out;
	}
	find_writers(&making);
	if (make_nodes(&making, out, err) < 0)
		goto out;
	if (!make_edges(&making, out)) {
		no_memory(err);
		goto out;
	}
	choose_ranks(out);
	if (!choose_rows(&making, out)) {
		no_memory(err);
		goto out;
	}
	status = 0;
out:
	qry_table_free(&making.by_path);
	qry_table_free(&making.by_key);
	return status;
}
