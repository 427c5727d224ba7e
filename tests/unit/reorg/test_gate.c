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

static void make_link(const char *dir, const char *name, const char *target)
{
	char path[192];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(symlink(target, path), 0);
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
	snprintf(path, sizeof(path), "%s/project", fixture.outside);
	assert_int_equal(symlink(fixture.root, path), 0);
	snprintf(path, sizeof(path), "%s/src/figs", fixture.root);
	assert_int_equal(symlink("../out/probe_distill", path), 0);
	snprintf(path, sizeof(path), "%s/src/base", fixture.root);
	assert_int_equal(symlink("../" FULL, path), 0);
	make_link(fixture.root, "src/over", "middle");
	make_link(fixture.root, "src/middle", "../out/zeta.safetensors");
	make_link(fixture.root, "src/next", "../" POOL "/next.gz");
	make_link(fixture.root, "src/loop", "loop");
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

/* Replace "@" by the root and "%" by the directory outside; "@@" and "%%" stand for themselves. */
static void expand(const struct fixture *fixture, const char *text, struct ax_buf *out)
{
	for (; *text; text++) {
		bool special = *text == '@' || *text == '%';
		if (special && text[1] == *text)
			ax_buf_append_byte(out, *text++);
		else if (special)
			ax_buf_append_text(out,
				*text == '@' ? fixture->root : fixture->outside);
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
	const char *touched; /* or what cannot be told; NULL where any will do */
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

static bool is_right(const struct verdict_case *c, const struct reorg_gate *gate)
{
	const struct reorg_gate_task *task = gate->tasks;
	bool idle = c->verdict == REORG_CLEAR;

	if (gate->n_tasks != 1 || task->verdict != c->verdict ||
		gate->state != (idle ? REORG_GATE_IDLE : REORG_GATE_BUSY))
		return false;
	if (!c->touched)
		return true;
	return c->verdict == REORG_TOUCHES ? is_touched(task, ax_str_from(c->touched))
					   : ax_str_equal(task->why, ax_str_from(c->touched));
}

static void check_verdicts(const struct fixture *fixture, const struct verdict_case *cases,
	size_t n, size_t n_acts)
{
	size_t n_wrong = 0;

	for (size_t i = 0; i < n; i++) {
		const struct verdict_case *c = &cases[i];
		struct idx_jobs jobs;
		struct reorg_gate gate = { 0 };

		make_job(fixture, c->command, c->cwd, &jobs);
		judge(fixture, &jobs, n_acts, (struct ax_str){ 0 }, &gate);
		if (!is_right(c, &gate)) {
			print_error("%s in %s: %s %.*s\n", c->command, c->cwd,
				reorg_verdict_name(gate.tasks->verdict),
				AX_STR_ARG(gate.tasks->why));
			n_wrong++;
		}
		reorg_gate_free(&gate);
		idx_jobs_free(&jobs);
	}
	assert_int_equal(n_wrong, 0);
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
		/* The system goes up from where a symlink leads. */
		{ "train %/data/../" FULL, "/", REORG_TOUCHES, FULL },
		{ "train %/data/../src/base", "/", REORG_TOUCHES, FULL },
		{ "train src/figs/../v_hack_full.safetensors", "@", REORG_TOUCHES, FULL },
		/* A symlink that leads over another one, or to what is not there yet. */
		{ "train src/over", "@", REORG_TOUCHES, "out/zeta.safetensors" },
		{ "train src/next", "@", REORG_TOUCHES, POOL },
		{ "train src/loop/x", "@", REORG_CLEAR, NULL },
		/* Up from where no directory is any more. */
		{ "train " POOL "/../x", "@", REORG_TOUCHES, POOL },
		{ "train ../x", "@/" POOL, REORG_TOUCHES, POOL },
		{ "train %/data/*.pt", "/", REORG_CANNOT_TELL, NULL },
		{ "train %/project/*/x", "/", REORG_CANNOT_TELL, NULL },
		{ "train --root %/project --file " FULL, "/", REORG_TOUCHES, FULL },
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
		{ "ls", "", REORG_CANNOT_TELL, "the directory it runs in is not known" },
		{ "train --glob 'out/v_hack_*'", "@", REORG_CANNOT_TELL, "out/v_hack_*" },
	};

	check_verdicts(*state, cases, COUNT(cases), WITHOUT_LINKS);
}

/* Where the directory that paths are seen from is another one, or may be. */
static void directories(void **state)
{
	static const struct verdict_case cases[] = {
		{ "env -C .. x " FULL, "@/src", REORG_TOUCHES, FULL },
		{ "env -C @ x " FULL, "/", REORG_TOUCHES, FULL },
		{ "env -C@ x " FULL, "/", REORG_TOUCHES, FULL },
		{ "env --chdir=@/src x ../" FULL, "/", REORG_TOUCHES, FULL },
		{ "env --chdir src x ../" FULL, "@", REORG_TOUCHES, FULL },
		{ "env -C $D x src/y", "@", REORG_CANNOT_TELL, "$D" },
		{ "env -C src x ../" FULL, "@/", REORG_TOUCHES, FULL },
		{ "cd src & x " FULL, "@", REORG_TOUCHES, FULL },
		{ "cd src | x " FULL, "@", REORG_TOUCHES, FULL },
		{ "cd src || x " FULL, "@", REORG_TOUCHES, FULL },
		{ "cd src; x " FULL, "@", REORG_TOUCHES, FULL },
		{ "cd src || exit 1; x ../" FULL, "@", REORG_TOUCHES, FULL },
		{ "cd src && true; x " FULL, "@", REORG_TOUCHES, FULL },
		{ "cd src &&\n x ../" FULL, "@", REORG_TOUCHES, FULL },
		{ "true && \\\n cd src && x ../" FULL, "@", REORG_TOUCHES, FULL },
		{ "cd && x y", "@", REORG_CLEAR, NULL },
		{ "cd - && x y", "@", REORG_CANNOT_TELL, NULL },
		{ "cd src && cd - && x " FULL, "@", REORG_TOUCHES, FULL },
		{ "cd -P src && x ../" FULL, "@", REORG_TOUCHES, FULL },
		{ "cd -- src && x ../" FULL, "@", REORG_TOUCHES, FULL },
		{ "cd s* && x y", "@", REORG_CANNOT_TELL, "s*" },
		{ "pushd src && x ../" FULL, "@", REORG_TOUCHES, FULL },
		{ "pushd src; popd; x " FULL, "@", REORG_TOUCHES, FULL },
		{ "pushd src && popd && x " FULL, "@", REORG_TOUCHES, FULL },
		{ "pushd src && pushd && x " FULL, "@", REORG_TOUCHES, FULL },
		{ "(cd src; x ../" FULL ")", "@", REORG_TOUCHES, FULL },
		{ "(cd src && echo ')' && x ../" FULL ")", "@", REORG_TOUCHES, FULL },
		{ "(cd src; case a in a) x ../" FULL ";; esac)", "@", REORG_TOUCHES, FULL },
		{ "{ cd src; x ../" FULL "; }", "@", REORG_TOUCHES, FULL },
		{ "function f { cd src; x ../" FULL "; }; f", "@", REORG_TOUCHES, FULL },
		{ "make -C src ../" FULL, "@", REORG_TOUCHES, FULL },
		{ "make ../" FULL " -C src", "@", REORG_TOUCHES, FULL },
		{ "git -C src add ../" FULL, "@", REORG_TOUCHES, FULL },
		{ "tar -C @ -cf /b.tar " FULL, "/", REORG_TOUCHES, FULL },
		{ "tar -xvC src ../" FULL, "@", REORG_TOUCHES, FULL },
		{ "tar cfC /b.tar @ " FULL, "/", REORG_TOUCHES, FULL },
		{ "srun --chdir=src x ../" FULL, "@", REORG_TOUCHES, FULL },
		{ "srun -D src x ../" FULL, "@", REORG_TOUCHES, FULL },
		{ "sbatch -Dsrc x ../" FULL, "@", REORG_TOUCHES, FULL },
		{ "sudo -D src x ../" FULL, "@", REORG_TOUCHES, FULL },
		{ "uv run --directory src x ../" FULL, "@", REORG_TOUCHES, FULL },
		{ "mpirun -wdir src x ../" FULL, "@", REORG_TOUCHES, FULL },
		{ "x --data-root @ --file " FULL, "/", REORG_TOUCHES, FULL },
		{ "x --p=@ --file " FULL, "/", REORG_TOUCHES, FULL },
		{ "bash -c 'cd src && x ../" FULL "'", "@", REORG_TOUCHES, FULL },
		{ "eval 'cd src'; x ../" FULL, "@", REORG_TOUCHES, FULL },
		{ "eval cd src; x ../" FULL, "@", REORG_TOUCHES, FULL },
		{ "env -C src bash -c 'x ../" FULL "'", "@", REORG_TOUCHES, FULL },
		{ "python -c \"import os; os.chdir('src'); open('../" FULL "')\"", "@",
			REORG_CANNOT_TELL, NULL },
		{ "cd src/../.. && x", "@", REORG_CLEAR, NULL },
		{ "cd /tmp && x " FULL, "@", REORG_CLEAR, NULL },
	};

	check_verdicts(*state, cases, COUNT(cases), WITHOUT_LINKS);
}

/* Where a path stands among other text. */
static void inside_words(void **state)
{
	static const struct verdict_case cases[] = {
		{ "x -b" FULL, "@", REORG_TOUCHES, FULL },
		{ "x -vb" FULL, "@", REORG_TOUCHES, FULL },
		{ "x -vqb@/" FULL, "/", REORG_TOUCHES, FULL },
		{ "x -vb./" FULL, "@", REORG_TOUCHES, FULL },
		{ "x --opt " FULL, "@", REORG_TOUCHES, FULL },
		{ "x --opt=\"" FULL "\"", "@", REORG_TOUCHES, FULL },
		{ "x --opt='{\"p\": \"" FULL "\"}'", "@", REORG_TOUCHES, FULL },
		{ "x '{\"p\":\"out\\/v_hack_full.safetensors\"}'", "@", REORG_TOUCHES, FULL },
		{ "x '{\"p\":\"out\\u002fv_hack_full.safetensors\"}'", "@", REORG_CANNOT_TELL,
			NULL },
		{ "x --map:" FULL, "@", REORG_TOUCHES, FULL },
		{ "x +a.b=" FULL, "@", REORG_TOUCHES, FULL },
		{ "x @@" FULL, "@", REORG_TOUCHES, FULL },
		{ "x a:" FULL ":b", "@", REORG_TOUCHES, FULL },
		{ "x 'a|" FULL "'", "@", REORG_TOUCHES, FULL },
		{ "x file://@/" FULL, "/", REORG_TOUCHES, FULL },
		{ "x file://localhost@/" FULL, "/", REORG_TOUCHES, FULL },
		{ "x file:@/out/v%%5Fhack%%5ffull.safetensors", "/", REORG_TOUCHES, FULL },
		{ "x \"<" FULL "\"", "@", REORG_TOUCHES, FULL },
		{ "x <" FULL, "@", REORG_TOUCHES, FULL },
		{ "x >" FULL, "@", REORG_TOUCHES, FULL },
		{ "x &>" FULL, "@", REORG_TOUCHES, FULL },
		{ "x 2>>" FULL, "@", REORG_TOUCHES, FULL },
		{ "x >|" FULL, "@", REORG_TOUCHES, FULL },
		{ "BASE=" FULL " x", "@", REORG_TOUCHES, FULL },
		{ "export BASE=" FULL, "@", REORG_TOUCHES, FULL },
		{ "x out/../" FULL, "@", REORG_TOUCHES, FULL },
		{ "x " FULL "/", "@", REORG_TOUCHES, FULL },
		{ "x @//out/.//v_hack_full.safetensors", "/", REORG_TOUCHES, FULL },
		{ "x src/*.py," FULL, "@", REORG_CANNOT_TELL, NULL },
		{ "x out/{a,v_hack_full.safetensors}", "@", REORG_CANNOT_TELL, NULL },
		{ "x {@/" FULL ",b}", "@/src", REORG_CANNOT_TELL, NULL },
		{ "x ~nobody/y", "@", REORG_CANNOT_TELL, NULL },
		{ "x [" FULL "]", "@", REORG_CANNOT_TELL, NULL },
		{ "x --n {a}", "@", REORG_CANNOT_TELL, NULL },
	};

	check_verdicts(*state, cases, COUNT(cases), WITHOUT_LINKS);
}

/* Commands and programs inside commands. */
static void inside_commands(void **state)
{
	static const struct verdict_case cases[] = {
		{ "nice -n 5 x " FULL, "@", REORG_TOUCHES, FULL },
		{ "timeout 10m nohup x " FULL, "@", REORG_TOUCHES, FULL },
		{ "bash -c 'x " FULL "'", "@", REORG_TOUCHES, FULL },
		{ "sh -c 'x<" FULL "'", "@", REORG_TOUCHES, FULL },
		{ "sh -c 'cd src;x<../" FULL "'", "@", REORG_TOUCHES, FULL },
		{ "sh -c '$X'", "@", REORG_CANNOT_TELL, NULL },
		{ "env A=1 bash -c '$X'", "@", REORG_CANNOT_TELL, NULL },
		{ "eval \"x " FULL "\"", "@", REORG_TOUCHES, FULL },
		{ "eval x 'out/v_hack_{full,b}.safetensors'", "@", REORG_CANNOT_TELL, NULL },
		{ "eval x 'out/v_hack_full.safetensor{s,x}'", "@", REORG_CANNOT_TELL, NULL },
		{ "eval x -o'out/v_hack_{full,b}.safetensors'", "@", REORG_CANNOT_TELL, NULL },
		{ "eval x " FULL, "@", REORG_TOUCHES, FULL },
		{ "echo " FULL " | xargs x", "@", REORG_TOUCHES, FULL },
		{ "cat list | xargs x", "@", REORG_CANNOT_TELL, "xargs" },
		{ "nice xargs -a list x", "@", REORG_CANNOT_TELL, "xargs" },
		{ "parallel x ::: a b", "@", REORG_CANNOT_TELL, "parallel" },
		{ "python -c \"open('" FULL "')\"", "@", REORG_TOUCHES, FULL },
		{ "python -c \"open(f'out/{n}')\"", "@", REORG_TOUCHES, "out" },
		{ "python -c \"open('out/%%s' %% n)\"", "@", REORG_CANNOT_TELL, NULL },
		{ "x <<END\nit's " FULL "\nEND\n", "@", REORG_TOUCHES, FULL },
		{ "x <<'END'\n# " FULL "\nEND\n", "@", REORG_TOUCHES, FULL },
		{ "x <<-END\n\tdon't\n\tEND\ncd src\ny 'a b' ../" FULL, "@", REORG_TOUCHES,
			FULL },
		{ "bash <<END\ncd src\nx ../" FULL "\nEND\n", "@", REORG_TOUCHES, FULL },
		{ "python - <<END\nopen(f\"out/{n}\")\nEND", "@", REORG_TOUCHES, "out" },
		{ "x <<A <<B\n1\nA\n" FULL "\nB\n", "@", REORG_TOUCHES, FULL },
		{ "x <<<'y " FULL "'", "@", REORG_TOUCHES, FULL },
		{ "echo $(x " FULL ")", "@", REORG_TOUCHES, FULL },
		{ "echo `x " FULL "`", "@", REORG_TOUCHES, FULL },
		{ "x <(y " FULL ")", "@", REORG_TOUCHES, FULL },
		{ "a=(b " FULL ")", "@", REORG_TOUCHES, FULL },
		{ "docker run -v @:/w -w /w i x /w/y", "/", REORG_CANNOT_TELL, "docker" },
		/* What takes all that lies below a directory. */
		{ "tar czf /b.tgz .", "@", REORG_CANNOT_TELL, "." },
		{ "tar czf /b.tgz @", "/", REORG_CANNOT_TELL, NULL },
		{ "cp -r . /b", "@", REORG_CANNOT_TELL, "." },
		{ "find -name 'v*' -delete", "@", REORG_CANNOT_TELL, "." },
		{ "find .. -name 'v*' -delete", "@/src", REORG_CANNOT_TELL, ".." },
		{ "find src -name '*.py' -delete", "@", REORG_CLEAR, NULL },
		{ "srun x 'layers.*'", "@", REORG_CLEAR, NULL },
		{ "rg v_hack", "@", REORG_CANNOT_TELL, "." },
	};

	check_verdicts(*state, cases, COUNT(cases), WITHOUT_LINKS);
}

/* What people queue all day. */
static void ordinary(void **state)
{
	static const struct verdict_case cases[] = {
		{ "python train.py --lr 1e-4 --model foo/bar", "@", REORG_CLEAR, NULL },
		{ "uv run python -m a.b --seed=41 --out-tag=_g0 -vv", "@", REORG_CLEAR, NULL },
		{ "CUDA_VISIBLE_DEVICES=0,1 nice -n 5 python src/train.py -n3", "@",
			REORG_CLEAR, NULL },
		{ "python src/train.py --root . --project-dir=@", "@", REORG_CLEAR, NULL },
		{ "cd @ && python src/train.py 2>&1 | tee logs/a.log", "/", REORG_CLEAR, NULL },
		{ "cd @; python src/train.py --cfg '{\"lr\": 1e-4}'", "/", REORG_CLEAR, NULL },
		{ "make -C src all", "@", REORG_CLEAR, NULL },
		{ "git -C @ pull && pip install -e .", "@", REORG_CLEAR, NULL },
		{ "bash -c 'python src/train.py --x \"a b\"'", "@", REORG_CLEAR, NULL },
		{ "python -c 'print(1 + 2)'", "@", REORG_CLEAR, NULL },
		{ "python - <<END\nprint('a/b')\nEND", "@", REORG_CLEAR, NULL },
		{ "[ -f src/a ] && { ls -l; }", "@", REORG_CLEAR, NULL },
		{ "for i in 1 2; do sleep 5; done", "@", REORG_CLEAR, NULL },
		{ "curl -d @@src/x https://a.b/out/v_hack_full.safetensors", "@", REORG_CLEAR,
			NULL },
		{ "rsync -a src/ host:src/", "@", REORG_CLEAR, NULL },
		{ "train --mode parallel --run docker", "@", REORG_CLEAR, NULL },
		{ "x '(a|b)' \"it's\"", "@", REORG_CLEAR, NULL },
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
		{ "train x", "@/" POOL, REORG_CLEAR, NULL },
		{ "train " POOL "/a/../x", "@", REORG_CLEAR, NULL },
		{ "train out/probe_distill/*", "@", REORG_CLEAR, NULL },
		/* Up from behind a link is elsewhere. */
		{ "train " POOL "/../x", "@", REORG_TOUCHES, POOL },
		{ "train ../x", "@/" POOL, REORG_TOUCHES, POOL },
		{ "cd " POOL " && train ../x", "@", REORG_TOUCHES, POOL },
		{ "train --root @ --file " POOL "/../x", "/", REORG_TOUCHES, POOL },
		/* What takes all below a directory takes a link as a link. */
		{ "find out/probe_distill -name '*.gz'", "@", REORG_CANNOT_TELL, NULL },
		{ "tar czf /b.tgz " POOL, "@", REORG_CANNOT_TELL, NULL },
		{ "tar -C out/probe_distill -czf /b.tgz teacher_pool", "@", REORG_CANNOT_TELL,
			NULL },
		{ "tar -C src -czf /b.tgz base", "@", REORG_CANNOT_TELL, NULL },
	};

	check_verdicts(*state, cases, COUNT(cases), WITH_LINKS);
}

/* A link that goes: who names it, by any way that leads over it, and not who names its target. */
static void links_that_go(void **state)
{
	static const struct reorg_act unlink_it = { .kind = REORG_UNLINK,
		.from = AX_STR_INIT("src/figs"),
		.old_target = AX_STR_INIT("../out/probe_distill") };
	static const struct {
		const char *command, *cwd;
		enum reorg_verdict verdict;
	} cases[] = {
		{ "x src/figs", "@", REORG_TOUCHES },
		{ "x src/figs/new", "@", REORG_TOUCHES },
		{ "x %/project/src/figs/new", "/", REORG_TOUCHES },
		{ "x", "@/src/figs", REORG_TOUCHES },
		{ "x", "%/project/src/figs", REORG_TOUCHES },
		{ "x src/*", "@", REORG_CANNOT_TELL },
		{ "x " POOL, "@", REORG_CLEAR },
		{ "x src/figs2 src/base", "@", REORG_CLEAR },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct reorg_plan plan = { .n_acts = 1, .acts = &unlink_it };
		struct idx_jobs jobs;
		struct reorg_gate gate = { 0 };
		struct ax_error err = { 0 };
		const struct fixture *fixture = *state;
		struct reorg_gate_options options = { .root_path = ax_str_from(fixture->root) };

		make_job(fixture, cases[i].command, cases[i].cwd, &jobs);
		assert_ok(reorg_gate_judge(&jobs, &plan, &options, &gate, &err), &err);
		if (gate.tasks->verdict != cases[i].verdict)
			fail_msg("%s in %s: %s", cases[i].command, cases[i].cwd,
				reorg_verdict_name(gate.tasks->verdict));
		reorg_gate_free(&gate);
		idx_jobs_free(&jobs);
	}
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
		cmocka_unit_test(directories),
		cmocka_unit_test(inside_words),
		cmocka_unit_test(inside_commands),
		cmocka_unit_test(ordinary),
		cmocka_unit_test(links_left_behind),
		cmocka_unit_test(links_that_go),
		cmocka_unit_test(several_paths),
		cmocka_unit_test(states),
		cmocka_unit_test(opaque_jobs),
		cmocka_unit_test(ignored_tasks),
		cmocka_unit_test(unreadable_queues),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
