/* Which places in scripts change, and into what. */
#include "tests/unit/unit.h"

#include "indexer/references.h"
#include "reorg/act.h"
#include "reorg/edits.h"
#include "tests/unit/reorg/drafted.h"

#define BASIS "out/v_hack_a.safetensors"
#define MOVED "out/vhack/v_hack_a.safetensors"

static int set_up(void **state)
{
	static struct drafted d;

	drafted_begin(&d, "");
	drafted_basis(&d, BASIS, 1);
	drafted_basis(&d, "out/v_hack_with blank.safetensors", 1);
	drafted_basis(&d, "out/v_hack_b\xff.safetensors", 1);
	drafted_basis(&d, "out/pairs.v1.safetensors", 1);
	drafted_pool(&d, "out/probe_distill/teacher_pool");
	drafted_pool(&d, "out/probe_distill/teacher_pool_rl");
	drafted_file(&d, "out/figs/plot.png", "x");
	drafted_make(&d);
	*state = &d;
	return 0;
}

static int tear_down(void **state)
{
	drafted_end(*state);
	return 0;
}

/* The edits and what is unresolved in a script of that text. */
static void edit(struct drafted *d, struct ax_str text, struct ax_buf *out, size_t *unresolved,
	uint64_t *line)
{
	struct idx_references references;
	struct reorg_edits edits;
	struct reorg_span spans[16];
	struct ax_error err = { 0 };
	struct ax_buf zero_ended = { 0 };

	ax_buf_append_str(&zero_ended, text);
	project_write(&d->project, "justfile", ax_buf_text(&zero_ended));
	assert_ok(idx_references_find(d->snapshot, &d->project.config, d->project.rootfd,
			  ax_str_from(d->project.root), &references, &err),
		&err);
	assert_ok(reorg_edits_make(&references, &d->draft, &edits, &err), &err);
	assert_true(edits.n_edits <= COUNT(spans));
	for (size_t i = 0; i < edits.n_edits; i++) {
		const struct reorg_edit *item = &edits.edits[i];

		spans[i] = (struct reorg_span){ item->offset, item->old, item->new };
		*line = item->line;
	}
	struct reorg_act act = { .kind = REORG_EDIT,
		.from = AX_STR("justfile"),
		.n_spans = edits.n_edits,
		.spans = spans };
	ax_buf_clear(out);
	assert_ok(reorg_edit_content(&act, text, out, &err), &err);
	*unresolved = edits.n_unresolved;
	reorg_edits_free(&edits);
	idx_references_free(&references);
	ax_buf_free(&zero_ended);
}

struct edit_case {
	const char *before, *after; /* after NULL: nothing changes */
	size_t unresolved;
};

static void check(struct drafted *d, const struct edit_case *cases, size_t n)
{
	struct ax_buf out = { 0 };
	size_t n_wrong = 0;

	for (size_t i = 0; i < n; i++) {
		const struct edit_case *c = &cases[i];
		struct ax_buf before = { 0 }, after = { 0 };
		size_t unresolved;
		uint64_t line;
		const char *text = c->before;

		for (; *text; text++) {
			if (*text == '@')
				ax_buf_append_text(&before, d->project.root);
			else
				ax_buf_append_byte(&before, *text);
		}
		for (text = c->after ? c->after : c->before; *text; text++) {
			if (*text == '@')
				ax_buf_append_text(&after, d->project.root);
			else
				ax_buf_append_byte(&after, *text);
		}
		edit(d, ax_buf_str(&before), &out, &unresolved, &line);
		if (!ax_str_equal(ax_buf_str(&out), ax_buf_str(&after)))
			n_wrong++, print_error("%s became %s", c->before, ax_buf_text(&out));
		else if (unresolved != c->unresolved)
			n_wrong++, print_error("%s: %zu unresolved", c->before, unresolved);
		ax_buf_free(&before);
		ax_buf_free(&after);
	}
	ax_buf_free(&out);
	assert_int_equal(n_wrong, 0);
}

static void whole_tokens(void **state)
{
	static const struct edit_case cases[] = {
		{ BASIS, MOVED, 0 },
		{ "run " BASIS "\n", "run " MOVED "\n", 0 },
		{ "run ./" BASIS " x\n", "run ./" MOVED " x\n", 0 },
		{ "run @/" BASIS " x\n", "run @/" MOVED " x\n", 0 },
		{ "run --base=" BASIS " -k 2\n", "run --base=" MOVED " -k 2\n", 0 },
		{ "base := \"" BASIS "\"\n", "base := \"" MOVED "\"\n", 0 },
		{ "base := '" BASIS "'\n", "base := '" MOVED "'\n", 0 },
		{ "x = [\"" BASIS "\", \"" BASIS "\"]\n",
			"x = [\"" MOVED "\", \"" MOVED "\"]\n", 0 },
		{ "f(\"" BASIS "\")", "f(\"" MOVED "\")", 0 },
		{ "Path('./" BASIS "')", "Path('./" MOVED "')", 0 },
		{ "r\"" BASIS "\"", "r\"" MOVED "\"", 0 },
		{ "see " BASIS ".\n", "see " MOVED ".\n", 0 },
		{ "see " BASIS ", or\n", "see " MOVED ", or\n", 0 },
		{ "(" BASIS ")!\n", "(" MOVED ")!\n", 0 },
		{ "`" BASIS "`\n", "`" MOVED "`\n", 0 },
		{ "cat <" BASIS ">x\n", "cat <" MOVED ">x\n", 0 },
		{ "a:" BASIS ":b\n", "a:" MOVED ":b\n", 0 },
		{ BASIS ";" BASIS "&&" BASIS "|x", MOVED ";" MOVED "&&" MOVED "|x", 0 },
		{ "{" BASIS "," BASIS "}\n", "{" MOVED "," MOVED "}\n", 0 },
		{ "# " BASIS "\n", "# " MOVED "\n", 0 },
		{ "out/pairs.v1.safetensors.\n", "out/vhack/pairs.v1.safetensors.\n", 0 },
	};

	check(*state, cases, COUNT(cases));
}

static void joined_paths(void **state)
{
	static const struct edit_case cases[] = {
		{ "OUT = Path(\"out\")\n", NULL, 1 },
		{ "p = Path('out') / \"v_hack_a.safetensors\"\n", NULL, 1 },
		{ "p = Path(\"out/\") / name\n", NULL, 1 },
		{ "p = os.path.join(\"out\", name)\n", NULL, 1 },
		{ "p = ROOT.joinpath('./out', name)\n", NULL, 1 },
		{ "p = \"out\" / name\n", NULL, 1 },
		{ "p = Path(\"@/out\")\n", NULL, 1 },
		{ "Path(\"" BASIS "\")\n", "Path(\"" MOVED "\")\n", 0 },
		/* Not the directory, or no path. */
		{ "mode = \"out\"\n", NULL, 0 },
		{ "p = Path(\"layout\") / name\n", NULL, 0 },
		{ "p = Path(\"/elsewhere/out\") / name\n", NULL, 0 },
		{ "print(\"out\", name)\n", NULL, 0 },
		{ "cp -r \"out\" /elsewhere\n", NULL, 0 },
		{ "p = Path('out", NULL, 0 },
		{ "p = \"out\"", NULL, 0 },
	};

	check(*state, cases, COUNT(cases));
}

static void other_names(void **state)
{
	static const struct edit_case cases[] = {
		{ "my" BASIS "\n", NULL, 0 },
		{ "my_" BASIS "\n", NULL, 0 },
		{ "my-" BASIS "\n", NULL, 0 },
		{ "my." BASIS "\n", NULL, 0 },
		{ BASIS ".bak\n", NULL, 0 },
		{ BASIS "_old\n", NULL, 0 },
		{ BASIS "/x\n", NULL, 0 },
		{ "out/v_hack_a\n", NULL, 0 },
		{ "a/" BASIS "\n", NULL, 0 },
		{ "/elsewhere/" BASIS "\n", NULL, 0 },
		{ "@x/" BASIS "\n", NULL, 0 },
		{ "https://host/" BASIS "\n", NULL, 0 },
		{ "layout/v_hack_a.safetensors\n", NULL, 0 },
		{ "out v_hack_a.safetensors\n", NULL, 0 },
		{ "out/figs/plot.png\n", NULL, 0 },
		{ "out\n", NULL, 0 },
	};

	check(*state, cases, COUNT(cases));
}

static void names_with_blanks(void **state)
{
	static const struct edit_case cases[] = {
		{ "\"out/v_hack_with blank.safetensors\"",
			"\"out/vhack/v_hack_with blank.safetensors\"", 0 },
		{ "'./out/v_hack_with blank.safetensors'",
			"'./out/vhack/v_hack_with blank.safetensors'", 0 },
		{ "\"" BASIS " and more\"", "\"" MOVED " and more\"", 0 },
		{ "\"out/v_hack_with\" blank.safetensors", NULL, 0 },
	};

	check(*state, cases, COUNT(cases));
}

static void directories_and_prefixes(void **state)
{
	static const struct edit_case cases[] = {
		{ "ls out/probe_distill/teacher_pool\n", "ls out/pools/teacher_pool\n", 0 },
		{ "ls out/probe_distill/teacher_pool/\n", "ls out/pools/teacher_pool/\n", 0 },
		{ "ls out/probe_distill/teacher_pool/new.gz\n",
			"ls out/pools/teacher_pool/new.gz\n", 0 },
		{ "ls out/probe_distill/teacher_pool_rl/step_000.jsonl.gz\n",
			"ls out/pools/teacher_pool_rl/step_000.jsonl.gz\n", 0 },
		{ "ls out/probe_distill/teacher_pool/step_{{ N }}.jsonl.gz\n",
			"ls out/pools/teacher_pool/step_{{ N }}.jsonl.gz\n", 0 },
		{ "ls out/probe_distill/teacher_pool/*.gz\n",
			"ls out/pools/teacher_pool/*.gz\n", 0 },
		/* Part of what is below moves: only a person knows what is meant. */
		{ "ls out/probe_distill\n", NULL, 1 },
		{ "ls out/probe_distill/\n", NULL, 1 },
	};

	check(*state, cases, COUNT(cases));
}

static void built_at_run_time(void **state)
{
	static const struct edit_case cases[] = {
		{ "run --base=out/v_hack_{{ NAME }}.safetensors\n", NULL, 1 },
		{ "run --base=out/v_hack_{{NAME}}.safetensors\n", NULL, 1 },
		{ "f\"out/v_hack_{name}.safetensors\"\n", NULL, 1 },
		{ "run out/v_hack_$NAME.safetensors\n", NULL, 1 },
		{ "run out/v_hack_${NAME}.safetensors\n", NULL, 1 },
		{ "run out/v_hack_*.safetensors\n", NULL, 1 },
		{ "r\"out/(\\S+?)\\.safetensors\"\n", NULL, 1 },
		{ "\"out/v_hack_%s.safetensors\" % name\n", NULL, 1 },
		{ "ls out/probe_distill/{{ POOL }}/x\n", NULL, 1 },
		{ "ls out/probe_distill/teacher_pool{{ X }}\n", NULL, 1 },
		/* Nothing that moves begins so. */
		{ "run out/eval_{{ NAME }}.json\n", NULL, 0 },
		{ "run out/figs/{{ NAME }}.png\n", NULL, 0 },
		/* What stands before is not known. */
		{ "run $DIR/" BASIS "\n", NULL, 1 },
		{ "run ${DIR}/" BASIS "\n", NULL, 1 },
		{ "run {{ ROOT }}/" BASIS "\n", NULL, 1 },
		{ "run $(pwd)/" BASIS "\n", NULL, 1 },
		{ "run ../" BASIS "\n", NULL, 1 },
		{ "run $DIR/out/figs/plot.png\n", NULL, 0 },
		{ "run \"$DIR\"/" BASIS "\n", NULL, 1 },
		{ "run `pwd`/" BASIS "\n", NULL, 1 },
		{ "ROOT + \"/" BASIS "\"\n", NULL, 1 },
		{ "\"%s/" BASIS "\" % root\n", NULL, 1 },
		{ "run $DIR/./" BASIS "\n", NULL, 1 },
		{ "run %HOME%/" BASIS "\n", NULL, 1 },
		/* One is built, and the next one is not. */
		{ "sh -c \"cat out/$X " BASIS "\"\n", "sh -c \"cat out/$X " MOVED "\"\n", 1 },
		{ "\"out/$X --b ./" BASIS " $Y\"\n", "\"out/$X --b ./" MOVED " $Y\"\n", 1 },
		{ "'out/{{ X }} " BASIS "'\n", "'out/{{ X }} " MOVED "'\n", 1 },
	};

	check(*state, cases, COUNT(cases));
}

/* One path has many spellings, of which none may be passed over. */
static void spellings(void **state)
{
	static const struct edit_case cases[] = {
		{ "run out//v_hack_a.safetensors\n", "run " MOVED "\n", 0 },
		{ "run out/./v_hack_a.safetensors\n", "run " MOVED "\n", 0 },
		{ "run \"out/.//v_hack_a.safetensors\"\n", "run \"" MOVED "\"\n", 0 },
		{ "run .//" BASIS "\n", "run .//" MOVED "\n", 0 },
		{ "run ././" BASIS "\n", "run ././" MOVED "\n", 0 },
		{ "run @//" BASIS "\n", "run @//" MOVED "\n", 0 },
		{ "run @/./" BASIS "\n", "run @/./" MOVED "\n", 0 },
		{ "ls out//probe_distill/teacher_pool/\n", "ls out/pools/teacher_pool/\n", 0 },
		{ "ls out//figs/plot.png out/./x\n", NULL, 0 },
		{ "run out//v_hack_a.safetensors.bak\n", NULL, 0 },
		/* Only a person knows. */
		{ "run out/../" BASIS "\n", NULL, 1 },
		{ "run out/figs/../v_hack_a.safetensors\n", NULL, 1 },
		{ "run out/../src/x\n", NULL, 0 },
		{ "run out//v_hack_$X.safetensors\n", NULL, 1 },
		{ "ls out//probe_distill/teacher_pool/new_$X\n", NULL, 1 },
		{ "ls out//figs/$X\n", NULL, 0 },
		{ "run -o" BASIS "\n", NULL, 1 },
		{ "run -vo" BASIS "\n", NULL, 1 },
		{ "run -oout/v_hack_$X\n", NULL, 1 },
		{ "run -oout/figs/plot.png\n", NULL, 0 },
		{ "run --my" BASIS " x-y" BASIS "\n", NULL, 0 },
		{ "sed 's/out\\/v_hack_a.safetensors/x/'\n", NULL, 1 },
	};

	check(*state, cases, COUNT(cases));
}

/* Strings that are put together. */
static void strings_joined(void **state)
{
	static const struct edit_case cases[] = {
		{ "f\"out/{name}\"\n", NULL, 1 },
		{ "\"out/\" + name\n", NULL, 1 },
		{ "'out/'+name\n", NULL, 1 },
		{ "\"out\" + \"/\" + name\n", NULL, 1 },
		{ "\"out/\" \"v_hack_a\"\n", NULL, 1 },
		{ "\"out/v_hack_\" + name\n", NULL, 1 },
		{ "('out/v_hack_'\n  'a.safetensors')\n", NULL, 1 },
		{ "cat out/v_hack_\"$NAME\".safetensors\n", NULL, 1 },
		{ "cat 'out/v_hack_'$NAME\n", NULL, 1 },
		{ "cat \"out\"/v_hack_a.safetensors\n", NULL, 1 },
		{ "cat out/\"v_hack_a.safetensors\"\n", NULL, 1 },
		{ "\"" BASIS "\" + \".bak\"\n", NULL, 1 },
		{ "cat " BASIS "\"$X\"\n", NULL, 1 },
		{ "\"out/probe_distill/teacher_pool\" + x\n", NULL, 1 },
		{ "run out/${NAME}.safetensors\n", NULL, 1 },
		{ "run out/*.safetensors\n", NULL, 1 },
		{ "\"out/%s.safetensors\" % name\n", NULL, 1 },
		{ "\"out/{}\".format(name)\n", NULL, 1 },
		/* Two words, and what stands alone. */
		{ "cat \"" BASIS "\" \"x\"\n", "cat \"" MOVED "\" \"x\"\n", 0 },
		{ "cat \"" BASIS "\" 'x'\n", "cat \"" MOVED "\" 'x'\n", 0 },
		{ "\"out/figs/\" + name\n", NULL, 0 },
		{ "rsync \"out/\" x\n", NULL, 0 },
	};

	check(*state, cases, COUNT(cases));
}

/* A directory that the file gives a name to: what is made with that is listed. */
static void named_directories(void **state)
{
	static const struct edit_case cases[] = {
		{ "OUT=out\ncat $OUT/v_hack_a.safetensors\n", NULL, 1 },
		{ "OUT=out\ncat ${OUT}/v_hack_a.safetensors \"$OUT\"/*\n", NULL, 2 },
		{ "OUT=@/out\ncat \"$OUT/v_hack_a.safetensors\"\n", NULL, 1 },
		{ "export OUT=\"./out/\"\ncat ${OUT}v_hack_a.safetensors\n", NULL, 1 },
		{ "OUT=out\ncat $OUT//./v_hack_a.safetensors\n", NULL, 1 },
		{ "OUT=$(pwd)/out; cat $OUT/v_hack_$X\n", NULL, 1 },
		{ "OUT=${OUT:-out}\ncat ${OUT}/v_hack_$X\n", NULL, 1 },
		{ "OUT=${1-out}\ncat \"${OUT}\"/v_hack_$X\n", NULL, 1 },
		{ "cat ${OUT:=out}/v_hack_a.safetensors\n", NULL, 1 },
		{ "cat $OUT/probe_distill/teacher_pool/new.gz\nOUT=out", NULL, 1 },
		{ "OUT := out\nx:\n\tcat $(OUT)/v_hack_a.safetensors\n", NULL, 1 },
		{ "OUT := \"out\"\nx:\n  cat {{ OUT }}/v_hack_a.safetensors {{OUT}}/x\n", NULL,
			1 },
		{ "OUT := \"out\"\nP := OUT / \"x\"\nQ := OUT + \"/x\"\n", NULL, 2 },
		{ "OUT = \"out\"\np = OUT + \"/\" + name\n", NULL, 1 },
		{ "OUT: str = 'out/'\np = f\"{OUT}v_hack_{n}\"\n", NULL, 1 },
		{ "OUT = 'out'\np = f\"{OUT}/v_hack_{n}\" if x else os.path.join(OUT, n)\n",
			NULL, 2 },
		{ "OUT = 'out'\np = Path(OUT)\n", NULL, 1 },
		{ "self.out_dir = 'out'\np = f'{self.out_dir}/{n}'\n", NULL, 1 },
		{ "p.add_argument('--out-dir', default='out')\nq = Path(a.out_dir) / n\n", NULL,
			1 },
		{ "OUT = os.environ.get(\"OUT\", \"out\")\np = OUT / n\n", NULL, 1 },
		{ "def f(n, out_dir='out'):\n  return out_dir + '/' + n\n", NULL, 1 },
		{ "const out = \"out\";\nf(`${out}/${n}.x`)\n", NULL, 1 },
		/* Other names, other directories, what does not move, and no path. */
		{ "OUT=out\ncat $OUT/v_hack_a.safetensors.bak $OUT/figs/$X\n", NULL, 0 },
		{ "OUT=out\ncat $OUTER/v_hack_a.safetensors $MY_OUT/v_hack_$X\n", NULL, 0 },
		{ "OUT=myout\ncat $OUT/v_hack_a.safetensors\n", NULL, 0 },
		{ "OUT=/elsewhere/out\ncat $OUT/v_hack_a.safetensors\n", NULL, 0 },
		{ "OUT=output\ncat $OUT/v_hack_a.safetensors\n", NULL, 0 },
		{ "OUT=out\nls $OUT\necho OUT\n", NULL, 0 },
		{ "mode = \"out\"\nprint(mode, 1 / 2)\n", NULL, 0 },
		{ "X=1 ls out\ncat $X/v_hack_$Y\n", NULL, 0 },
	};

	check(*state, cases, COUNT(cases));
}

/* Bytes around a path are kept, whatever they are. */
/* One line of many words costs no more than many lines: with its square this would take hours. */
static void long_lines(void **state)
{
	static const char *const words[] = { "a:b ", " out", "OUT=out ", "${OUT:-", "'out/x',",
		"{\"a\": \"out\"}, " };
	struct ax_buf text = { 0 }, after = { 0 };
	size_t unresolved = 0;
	uint64_t line = 0;

	for (size_t word = 0; word < COUNT(words); word++) {
		for (size_t i = 0; i < 10000; i++)
			ax_buf_append_text(&text, words[word]);
	}
	ax_buf_append_text(&text, "\ncat " BASIS "\n");
	edit(*state, ax_buf_str(&text), &after, &unresolved, &line);
	assert_int_equal(line, 2);
	assert_true(ax_str_ends(ax_buf_str(&after), AX_STR("\ncat " MOVED "\n")));
	ax_buf_free(&text);
	ax_buf_free(&after);
}

/* A name is found however many others stand before it on its line. */
static void last_of_many_names(void **state)
{
	struct ax_buf text = { 0 }, after = { 0 };
	size_t unresolved = 0;
	uint64_t line = 0;

	for (unsigned i = 0; i < 70; i++)
		ax_buf_printf(&text, "\"a%u\": \"\", ", i);
	ax_buf_append_text(&text, "\"pool\": \"out\"\ncat {{ pool }}/v_hack_a.safetensors\n");
	edit(*state, ax_buf_str(&text), &after, &unresolved, &line);
	assert_int_equal(unresolved, 1);
	ax_buf_free(&text);
	ax_buf_free(&after);
}

/* Nor is one passed over because the file has many; a square of them takes minutes here. */
static void many_names(void **state)
{
	enum { MANY = 100000 };
	struct ax_buf text = { 0 }, after = { 0 };
	size_t unresolved = 0;
	uint64_t line = 0;

	for (unsigned i = 0; i < MANY; i++)
		ax_buf_printf(&text, "n%u=out\n", i);
	for (unsigned i = 0; i < 100; i++)
		ax_buf_append_text(&text, "same-name = out\n");
	ax_buf_append_text(&text, "cat $n0/v_hack_a.safetensors $none/v_hack_a.safetensors\n"
				  "cat {{ same-name }}/v_hack_a.safetensors\n"
				  "cat ${n99999}/v_hack_a.safetensors\n");
	edit(*state, ax_buf_str(&text), &after, &unresolved, &line);
	assert_int_equal(unresolved, 3);
	ax_buf_free(&text);
	ax_buf_free(&after);
}

static void odd_files(void **state)
{
	static const struct edit_case cases[] = {
		{ "a\r\nrun " BASIS "\r\nb\r\n", "a\r\nrun " MOVED "\r\nb\r\n", 0 },
		{ "\xff\xfe " BASIS " \x80\n", "\xff\xfe " MOVED " \x80\n", 0 },
		{ "x out/v_hack_b\xff.safetensors y", "x out/vhack/v_hack_b\xff.safetensors y",
			0 },
		{ "\t" BASIS "\v\f", "\t" MOVED "\v\f", 0 },
		{ "", NULL, 0 },
	};
	struct ax_buf out = { 0 };
	size_t unresolved;
	uint64_t line = 0;

	check(*state, cases, COUNT(cases));
	edit(*state, AX_STR("a\r\n\nrun " BASIS), &out, &unresolved, &line);
	assert_int_equal(line, 3);
	/* curl and others take a file behind "@"; an address is none. */
	edit(*state, AX_STR("f=@" BASIS " me@" BASIS), &out, &unresolved, &line);
	assert_buf(&out, "f=@" MOVED " me@" BASIS);
	ax_buf_free(&out);
}

/* The root by its name, from somewhere above. */
static void root_by_name(void **state)
{
	struct drafted *d = *state;
	struct ax_buf text = { 0 }, out = { 0 };
	size_t unresolved;
	uint64_t line = 0;

	ax_buf_printf(&text, "run ~/%s/" BASIS "\n", strrchr(d->project.root, '/') + 1);
	edit(d, ax_buf_str(&text), &out, &unresolved, &line);
	assert_buf(&out, ax_buf_text(&text));
	assert_int_equal(unresolved, 1);
	ax_buf_free(&text);
	ax_buf_free(&out);
}

/* A new name that a shell would read as something else is not for us to write. */
static void names_to_be_quoted(void **state)
{
	static const struct edit_case cases[] = {
		{ "run " BASIS "\n", NULL, 1 },
		{ "run '" BASIS "'\n", NULL, 1 },
	};
	struct drafted d;

	(void)state;
	drafted_begin(&d, "{\"layout\":{\"v_hack\":\"$(id)/{name}\"}}");
	drafted_basis(&d, BASIS, 1);
	drafted_make(&d);
	drafted_moves(&d, BASIS, "out/$(id)/v_hack_a.safetensors");
	check(&d, cases, COUNT(cases));
	drafted_end(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_tokens),
		cmocka_unit_test(joined_paths),
		cmocka_unit_test(other_names),
		cmocka_unit_test(names_with_blanks),
		cmocka_unit_test(directories_and_prefixes),
		cmocka_unit_test(built_at_run_time),
		cmocka_unit_test(spellings),
		cmocka_unit_test(strings_joined),
		cmocka_unit_test(named_directories),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(last_of_many_names),
		cmocka_unit_test(many_names),
		cmocka_unit_test(odd_files),
		cmocka_unit_test(root_by_name),
		cmocka_unit_test(names_to_be_quoted),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
