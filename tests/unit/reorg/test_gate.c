/* Verdicts on jobs by every way of naming a path. */
#include "tests/unit/unit.h"

#include "indexer/jobs.h"
#include "reorg/act.h"
#include "reorg/gate.h"

#include <sys/stat.h>
#include <unistd.h>

#define FULL "out/v_hack_full.safetensors"
#define POOL "out/probe_distill/teacher_pool"

/* A project with two things that move, and a symlink to its data from outside. */
struct fixture {
	char root[64], outside[64];
};

static const struct reorg_act acts[] = {
	{ .kind = REORG_MAKE_DIR, .to = AX_STR_INIT("out/vhack") },
	{ .kind = REORG_MOVE_DIR,
		.from = AX_STR_INIT(POOL),
		.to = AX_STR_INIT("out/pools/teacher_pool") },
	{ .kind = REORG_MOVE,
		.from = AX_STR_INIT(FULL),
		.to = AX_STR_INIT("out/vhack/v_hack_full.safetensors") },
	{ .kind = REORG_MOVE,
		.from = AX_STR_INIT("out/zeta.safetensors"),
		.to = AX_STR_INIT("out/vhack/zeta.safetensors") },
	{ .kind = REORG_LINK,
		.to = AX_STR_INIT(POOL),
		.target = AX_STR_INIT("../pools/teacher_pool") },
	{ .kind = REORG_LINK,
		.to = AX_STR_INIT(FULL),
		.target = AX_STR_INIT("vhack/v_hack_full.safetensors") },
};
enum { WITHOUT_LINKS = 4, WITH_LINKS = COUNT(acts) };

static void make_file(const char *dir, const char *name)
{
	char path[192];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fclose(file);
}

static void make_dir(const char *dir, const char *name)
{
	char path[192];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(mkdir(path, 0777), 0);
}

static int set_up(void **state)
{
	static struct fixture fixture;
	char path[192], target[192];

	fixture = (struct fixture){ "/tmp/artidx-gate-XXXXXX", "/tmp/artidx-gate-XXXXXX" };
	assert_non_null(mkdtemp(fixture.root));
	assert_non_null(mkdtemp(fixture.outside));
	make_dir(fixture.root, "out");
	make_dir(fixture.root, "out/probe_distill");
	make_dir(fixture.root, POOL);
	make_dir(fixture.root, "src");
	make_file(fixture.root, FULL);
	snprintf(path, sizeof(path), "%s/data", fixture.outside);
	snprintf(target, sizeof(target), "%s/out", fixture.root);
	assert_int_equal(symlink(target, path), 0);
	snprintf(path, sizeof(path), "%s/src/base", fixture.root);
	assert_int_equal(symlink("../" FULL, path), 0);
	*state = &fixture;
	return 0;
}

static int tear_down(void **state)
{
	const struct fixture *fixture = *state;
	char command[192];

	snprintf(command, sizeof(command), "rm -rf %s %s", fixture->root, fixture->outside);
	return system(command);
}

/* Replace "@" by the root and "%" by the directory outside. */
static void expand(const struct fixture *fixture, const char *text, struct ax_buf *out)
{
	for (; *text; text++) {
		if (*text == '@')
			ax_buf_append_text(out, fixture->root);
		else if (*text == '%')
			ax_buf_append_text(out, fixture->outside);
		else
			ax_buf_append_byte(out, *text);
	}
}

/* One job that runs command from cwd; both are expanded. */
static void make_job(const struct fixture *fixture, const char *command, const char *cwd,
	struct idx_jobs *out)
{
	struct ax_buf text = { 0 }, dir = { 0 };
	struct ax_error err = { 0 };

	*out = (struct idx_jobs){ .count = 1, .queues = AX_STR("pueue") };
	expand(fixture, command, &text);
	expand(fixture, cwd, &dir);
	out->items = calloc(1, sizeof(*out->items));
	assert_non_null(out->items);
	*out->items = (struct idx_job){ .id = AX_STR("7"), .queue = "pueue" };
	out->items->command = ax_str(ax_arena_copy(&out->arena, ax_buf_str(&text)), text.len);
	out->items->cwd = ax_str(ax_arena_copy(&out->arena, ax_buf_str(&dir)), dir.len);
	struct idx_shell shell = { out->items->cwd, AX_STR("/home/nobody") };
	assert_ok(idx_command_split(out->items->command, &shell, &out->arena,
			  &out->items->words, &err),
		&err);
	ax_buf_free(&text);
	ax_buf_free(&dir);
}

static void judge(const struct fixture *fixture, const struct idx_jobs *jobs, size_t n_acts,
	struct ax_str ignored, struct reorg_gate *out)
{
	struct reorg_plan plan = { .n_acts = n_acts, .acts = acts };
	struct reorg_gate_options options = { .root_path = ax_str_from(fixture->root),
		.n_ignored = ignored.len > 0,
		.ignored = &ignored };
	struct ax_error err = { 0 };

	assert_ok(reorg_gate_judge(jobs, &plan, &options, out, &err), &err);
}

struct verdict_case {
	const char *command, *cwd;
	enum reorg_verdict verdict;
	const char *touched; /* or what cannot be told */
};

/* A directory above is named too where a job goes there first. */
static bool is_touched(const struct reorg_gate_task *task, struct ax_str path)
{
	for (size_t i = 0; i < task->n_touches; i++) {
		if (ax_str_equal(task->touches[i], path))
			return true;
	}
	return false;
}

static void check_verdicts(const struct fixture *fixture, const struct verdict_case *cases,
	size_t n, size_t n_acts)
{
	for (size_t i = 0; i < n; i++) {
		const struct verdict_case *c = &cases[i];
		struct idx_jobs jobs;
		struct reorg_gate gate = { 0 };

		make_job(fixture, c->command, c->cwd, &jobs);
		judge(fixture, &jobs, n_acts, (struct ax_str){ 0 }, &gate);
		if (gate.n_tasks != 1 || gate.tasks->verdict != c->verdict)
			fail_msg("%s in %s: %s", c->command, c->cwd,
				reorg_verdict_name(gate.tasks->verdict));
		assert_int_equal(gate.state,
			c->verdict == REORG_CLEAR ? REORG_GATE_IDLE : REORG_GATE_BUSY);
		if (c->verdict == REORG_TOUCHES &&
			!is_touched(gate.tasks, ax_str_from(c->touched)))
			fail_msg("%s in %s does not touch %s", c->command, c->cwd, c->touched);
		if (c->verdict == REORG_CANNOT_TELL)
			assert_str_equal(gate.tasks->why, ax_str_from(c->touched));
		reorg_gate_free(&gate);
		idx_jobs_free(&jobs);
	}
}

static void spellings(void **state)
{
	static const struct verdict_case cases[] = {
		{ "train " FULL, "@", REORG_TOUCHES, FULL },
		{ "train ./" FULL, "@", REORG_TOUCHES, FULL },
		{ "train out//v_hack_full.safetensors", "@", REORG_TOUCHES, FULL },
		{ "train out/./x/../v_hack_full.safetensors", "@", REORG_TOUCHES, FULL },
		{ "train @/" FULL, "/", REORG_TOUCHES, FULL },
		{ "train --base=" FULL, "@", REORG_TOUCHES, FULL },
		{ "train -b" FULL, "@", REORG_TOUCHES, FULL },
		{ "BASE=" FULL " train", "@", REORG_TOUCHES, FULL },
		{ "train '" FULL "'", "@", REORG_TOUCHES, FULL },
		{ "train --base=\"" FULL "\"", "@", REORG_TOUCHES, FULL },
		{ "train out/v_hack\\_full.safetensors", "@", REORG_TOUCHES, FULL },
		{ "bash -c 'train " FULL "'", "@", REORG_TOUCHES, FULL },
		{ "cd @/out && train v_hack_full.safetensors", "/", REORG_TOUCHES, FULL },
		{ "cd out; train v_hack_full.safetensors", "@", REORG_TOUCHES, FULL },
		{ "(cd src && train ../" FULL ")", "@", REORG_TOUCHES, FULL },
		{ "train ../" FULL, "@/src", REORG_TOUCHES, FULL },
		{ "train <" FULL " >/dev/null", "@", REORG_TOUCHES, FULL },
		{ "train a.json," FULL, "@", REORG_TOUCHES, FULL },
		/* Through symlinks: of a directory, and to the file itself. */
		{ "train %/data/v_hack_full.safetensors", "/", REORG_TOUCHES, FULL },
		{ "train src/base", "@", REORG_TOUCHES, FULL },
		/* What is not there yet counts where a directory moves. */
		{ "train " POOL, "@", REORG_TOUCHES, POOL },
		{ "train " POOL "/", "@", REORG_TOUCHES, POOL },
		{ "train " POOL "/new/step.gz", "@", REORG_TOUCHES, POOL },
		{ "train out", "@", REORG_TOUCHES, "out" },
		{ "ls", "@/" POOL, REORG_TOUCHES, POOL },
		/* Inside values, and where the directory changed in the middle of something. */
		{ "train --set=model.base=" FULL, "@", REORG_TOUCHES, FULL },
		{ "train '{\"base\": \"" FULL "\"}'", "@", REORG_TOUCHES, FULL },
		{ "python -c 'load(\"" FULL "\")'", "@", REORG_TOUCHES, FULL },
		{ "if cd src; then train ../" FULL "; fi", "@", REORG_TOUCHES, FULL },
	};

	check_verdicts(*state, cases, COUNT(cases), WITHOUT_LINKS);
}

static void nothing_that_moves(void **state)
{
	static const struct verdict_case cases[] = {
		{ "train src/train.py", "@", REORG_CLEAR, NULL },
		{ "train " FULL, "/tmp", REORG_CLEAR, NULL },
		{ "train my" FULL, "@", REORG_CLEAR, NULL },
		{ "train " FULL ".bak", "@", REORG_CLEAR, NULL },
		{ "train out/v_hack_full", "@", REORG_CLEAR, NULL },
		{ "train " POOL "_rl", "@", REORG_CLEAR, NULL },
		{ "train out/vhack/v_hack_full.safetensors", "@", REORG_CLEAR, NULL },
		{ "python train.py", "@", REORG_CLEAR, NULL },
		{ "cd .. && train " FULL, "@", REORG_CLEAR, NULL },
		/* Globs where nothing moves. */
		{ "train src/*.py", "@", REORG_CLEAR, NULL },
		{ "train logs/*.log", "@", REORG_CLEAR, NULL },
		{ "train /etc/*", "@", REORG_CLEAR, NULL },
		{ "train 'src/*.py' 'layers.*'", "@", REORG_CLEAR, NULL },
		/* A single-quoted variable is text. */
		{ "echo '$X'", "@", REORG_CLEAR, NULL },
	};

	check_verdicts(*state, cases, COUNT(cases), WITHOUT_LINKS);
}

static void what_the_shell_knows(void **state)
{
	static const struct verdict_case cases[] = {
		{ "train $BASE", "@", REORG_CANNOT_TELL, "$BASE" },
		{ "train \"$BASE\"", "@", REORG_CANNOT_TELL, "$BASE" },
		{ "train ${OUT}/x", "@", REORG_CANNOT_TELL, "${OUT}/x" },
		{ "train out/*.safetensors", "@", REORG_CANNOT_TELL, "out/*.safetensors" },
		{ "train ou?/v_hack_full.safetensors", "@", REORG_CANNOT_TELL,
			"ou?/v_hack_full.safetensors" },
		{ "train --base=out/v_hack_{full,x}.safetensors", "@", REORG_CANNOT_TELL,
			"out/v_hack_{full,x}.safetensors" },
		{ "cd $HOME && train x/y", "@", REORG_CANNOT_TELL, "$HOME" },
		{ "train --glob 'out/v_hack_*'", "@", REORG_CANNOT_TELL, "out/v_hack_*" },
	};

	check_verdicts(*state, cases, COUNT(cases), WITHOUT_LINKS);
}

/* What is left reachable by a link is no reason to wait; what is not still is. */
static void links_left_behind(void **state)
{
	static const struct verdict_case cases[] = {
		{ "train " FULL, "@", REORG_CLEAR, NULL },
		{ "train " POOL "/step_000.jsonl.gz", "@", REORG_CLEAR, NULL },
		{ "train out/probe_distill", "@", REORG_CLEAR, NULL },
		{ "train out/zeta.safetensors", "@", REORG_TOUCHES, "out/zeta.safetensors" },
		{ "train out", "@", REORG_TOUCHES, "out" },
	};

	check_verdicts(*state, cases, COUNT(cases), WITH_LINKS);
}

static void several_paths(void **state)
{
	struct idx_jobs jobs;
	struct reorg_gate gate = { 0 };

	make_job(*state, "train $X " FULL " ./" FULL " --pool=" POOL, "@", &jobs);
	judge(*state, &jobs, WITHOUT_LINKS, (struct ax_str){ 0 }, &gate);
	assert_int_equal(gate.tasks->verdict, REORG_TOUCHES);
	assert_int_equal(gate.tasks->n_touches, 2);
	assert_str(gate.tasks->touches[0], FULL);
	assert_str(gate.tasks->touches[1], POOL);
	reorg_gate_free(&gate);
	idx_jobs_free(&jobs);
}

static void states(void **state)
{
	static const enum idx_job_state blocking[] = { IDX_JOB_QUEUED, IDX_JOB_RUNNING,
		IDX_JOB_PAUSED, IDX_JOB_STASHED, IDX_JOB_LOCKED, IDX_JOB_UNKNOWN };
	struct idx_jobs jobs;
	struct reorg_gate gate = { 0 };

	make_job(*state, "train " FULL, "@", &jobs);
	for (size_t i = 0; i < COUNT(blocking); i++) {
		jobs.items->state = blocking[i];
		judge(*state, &jobs, WITHOUT_LINKS, (struct ax_str){ 0 }, &gate);
		assert_int_equal(gate.state, REORG_GATE_BUSY);
		assert_int_equal(gate.n_tasks, 1);
		assert_int_equal(gate.n_done, 0);
		reorg_gate_free(&gate);
	}
	/* Done: it would touch what moves if it were restarted, which is said. */
	jobs.items->state = IDX_JOB_DONE;
	judge(*state, &jobs, WITHOUT_LINKS, (struct ax_str){ 0 }, &gate);
	assert_int_equal(gate.state, REORG_GATE_IDLE);
	assert_int_equal(gate.n_tasks, 0);
	assert_int_equal(gate.n_done, 1);
	reorg_gate_free(&gate);
	idx_jobs_free(&jobs);
}

static void opaque_jobs(void **state)
{
	struct idx_jobs jobs;
	struct reorg_gate gate = { 0 };

	make_job(*state, "sbatch", "@", &jobs);
	jobs.items->opaque = true;
	judge(*state, &jobs, WITHOUT_LINKS, (struct ax_str){ 0 }, &gate);
	assert_int_equal(gate.tasks->verdict, REORG_CANNOT_TELL);
	assert_int_equal(gate.state, REORG_GATE_BUSY);
	reorg_gate_free(&gate);
	idx_jobs_free(&jobs);
}

static void ignored_tasks(void **state)
{
	static const struct {
		const char *id;
		enum reorg_gate_state state;
	} cases[] = {
		{ "7", REORG_GATE_IDLE },
		{ "pueue:7", REORG_GATE_IDLE },
		{ "tsp:7", REORG_GATE_BUSY },
		{ "77", REORG_GATE_BUSY },
		{ "pueue", REORG_GATE_BUSY },
		{ "pueue:", REORG_GATE_BUSY },
	};
	struct idx_jobs jobs;

	make_job(*state, "train " FULL, "@", &jobs);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct reorg_gate gate = { 0 };

		judge(*state, &jobs, WITHOUT_LINKS, ax_str_from(cases[i].id), &gate);
		assert_int_equal(gate.state, cases[i].state);
		assert_int_equal(gate.tasks->verdict, REORG_TOUCHES);
		assert_int_equal(gate.tasks->ignored, cases[i].state == REORG_GATE_IDLE);
		reorg_gate_free(&gate);
	}
	/* Arrays of Slurm have ids like 12_3; job ids may hold a colon of their own. */
	jobs.items->id = AX_STR("a:b");
	struct reorg_gate gate = { 0 };
	judge(*state, &jobs, WITHOUT_LINKS, AX_STR("a:b"), &gate);
	assert_int_equal(gate.state, REORG_GATE_IDLE);
	reorg_gate_free(&gate);
	idx_jobs_free(&jobs);
}

static void unreadable_queues(void **state)
{
	struct idx_jobs jobs = { .unreadable = true, .why = AX_STR("pueue: no answer") };
	struct reorg_gate gate = { 0 };

	judge(*state, &jobs, WITHOUT_LINKS, (struct ax_str){ 0 }, &gate);
	assert_int_equal(gate.state, REORG_GATE_UNKNOWN);
	assert_str(gate.why, "pueue: no answer");
	reorg_gate_free(&gate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spellings),
		cmocka_unit_test(nothing_that_moves),
		cmocka_unit_test(what_the_shell_knows),
		cmocka_unit_test(links_left_behind),
		cmocka_unit_test(several_paths),
		cmocka_unit_test(states),
		cmocka_unit_test(opaque_jobs),
		cmocka_unit_test(ignored_tasks),
		cmocka_unit_test(unreadable_queues),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
