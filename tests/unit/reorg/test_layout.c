/* Templates: what is refused, and what comes out of them. */
#include "tests/unit/unit.h"

#include "base/json.h"
#include "reorg/layout.h"

/* Load a configuration's text; "" for the defaults. */
static int load(const char *text, struct reorg_layout **out, struct ax_error *err)
{
	struct ax_json *json = NULL;

	if (*text)
		assert_ok(ax_json_parse(ax_str_from(text), AX_JSON_COMMENTS, "artidx.json",
				  &json, err),
			err);
	int status = reorg_layout_load(json ? ax_json_root(json) : NULL, out, err);
	ax_json_free(json);
	return status;
}

static struct reorg_layout *layout_of(const char *text)
{
	struct reorg_layout *layout = NULL;
	struct ax_error err = { 0 };

	assert_ok(load(text, &layout, &err), &err);
	return layout;
}

struct place_case {
	const char *class_name, *name, *run, *role;
	bool is_dir;
	int found;
	const char *place;
};

static void check_places(const char *config, const struct place_case *cases, size_t n)
{
	struct reorg_layout *layout = layout_of(config);
	struct ax_buf out = { 0 };
	struct ax_error err = { 0 };

	for (size_t i = 0; i < n; i++) {
		const struct place_case *c = &cases[i];
		struct reorg_artifact artifact = { ax_str_from(c->class_name),
			ax_str_from(c->name), ax_str_from(c->run), ax_str_from(c->role),
			c->is_dir };

		assert_int_equal(reorg_layout_place(layout, &artifact, &out, &err), c->found);
		assert_buf(&out, c->place);
	}
	ax_buf_free(&out);
	reorg_layout_free(layout);
}

#define RUN "20260527T180000_fast_seed41"

static void default_places(void **state)
{
	static const struct place_case cases[] = {
		{ "v_hack", "v_hack_a.safetensors", "", "", false, 1,
			"vhack/v_hack_a.safetensors" },
		{ "vhack_grads", "g.safetensors", "", "", false, 1,
			"vhack_grads/g.safetensors" },
		{ "checkpoint", "train_x.safetensors", RUN, "train", false, 1,
			"runs/" RUN "/train.safetensors" },
		{ "checkpoint", "train_x.safetensors", "", "train", false, 0, "" },
		{ "checkpoint", "train_x.safetensors", RUN, "", false, 0, "" },
		{ "pairset", "p.json", "", "", false, 1, "pairsets/p.json" },
		{ "pool", "base_pool", "", "", true, 1, "pools/base_pool" },
		{ "pool", "base_pool", "", "", false, 0, "" },
		{ "dead", "x_OLD_step_format", "", "", true, 1, "_archive/x_OLD_step_format" },
		{ "other", "x.pt", "", "", false, 0, "" },
	};

	(void)state;
	check_places("", cases, COUNT(cases));
}

/* A value that holds "/" would open a directory: nothing is placed by it. */
static void values_are_names(void **state)
{
	static const struct place_case cases[] = {
		{ "v_hack", "a/../../b", "", "", false, 0, "" },
		{ "checkpoint", "x", "../../run", "train", false, 0, "" },
		{ "checkpoint", "x", RUN, "../train", false, 0, "" },
		{ "checkpoint", "x", RUN, "ckpt_update0020", false, 1,
			"runs/" RUN "/ckpt_update0020.safetensors" },
	};

	(void)state;
	check_places("", cases, COUNT(cases));
}

static void all_placeholders(void **state)
{
	static const char config[] =
		"{\"layout\": {\"model\": \"{class}/{stem}.{ts}.{slug}/{name}\","
		"\"pool\": \"p/{pool}\", \"adapter\": \"a/{stem}\"}}";
	static const struct place_case cases[] = {
		{ "model", "w.safetensors", RUN, "", false, 1,
			"model/w.20260527T180000.fast_seed41/w.safetensors" },
		{ "model", "w.safetensors", "", "", false, 0, "" },
		/* Without the "/" at its end the template is for files. */
		{ "pool", "x", "", "", false, 1, "p/x" },
		{ "pool", "x", "", "", true, 0, "" },
		{ "adapter", ".hidden", "", "", false, 1, "a/.hidden" },
	};

	(void)state;
	check_places(config, cases, COUNT(cases));
}

/* Names that are no names, and names over what file systems take. */
static void unsafe_results(void **state)
{
	struct reorg_layout *layout =
		layout_of("{\"layout\": {\"v_hack\": \"vhack/basis_{name}\","
			  " \"other\": \"{name}\"}}");
	char name[256];
	struct ax_buf out = { 0 };
	struct ax_error err = { 0 };

	(void)state;
	memset(name, 'n', sizeof(name));
	struct reorg_artifact artifact = { .class_name = AX_STR("v_hack"),
		.name = ax_str(name, 249) };
	assert_int_equal(reorg_layout_place(layout, &artifact, &out, &err), 1);
	assert_int_equal(out.len, 6 + 255);
	ax_buf_clear(&out);
	artifact.name.len = 250;
	assert_int_equal(reorg_layout_place(layout, &artifact, &out, &err), -1);
	assert_int_equal(err.code, AX_EREFUSED);
	assert_non_null(strstr(err.message, "255"));
	assert_int_equal(out.len, 0);

	artifact.class_name = AX_STR("other");
	artifact.name = AX_STR("..");
	assert_int_equal(reorg_layout_place(layout, &artifact, &out, &err), -1);
	assert_int_equal(err.code, AX_EREFUSED);
	assert_int_equal(out.len, 0);
	ax_buf_free(&out);
	reorg_layout_free(layout);
}

static void refused_configurations(void **state)
{
	static const struct {
		const char *config, *message;
	} cases[] = {
		{ "{\"layout\": {\"v_hack\": \"/tmp/{name}\"}}", "no path inside" },
		{ "{\"layout\": {\"v_hack\": \"../{name}\"}}", "no path inside" },
		{ "{\"layout\": {\"v_hack\": \"a/../../{name}\"}}", "no path inside" },
		{ "{\"layout\": {\"v_hack\": \"./{name}\"}}", "no path inside" },
		{ "{\"layout\": {\"v_hack\": \"a//{name}\"}}", "no path inside" },
		{ "{\"layout\": {\"v_hack\": \"\"}}", "no path inside" },
		{ "{\"layout\": {\"pool\": \"/\"}}", "no path inside" },
		{ "{\"layout\": {\"v_hack\": \"v/{nmae}\"}}", "unknown placeholder" },
		{ "{\"layout\": {\"v_hack\": \"v/{name\"}}", "unknown placeholder" },
		{ "{\"layout\": {\"v_hack\": \"v/{}\"}}", "unknown placeholder" },
		{ "{\"layout\": {\"v_hack\": \"vhack/all.safetensors\"}}", "one path" },
		{ "{\"layout\": {\"checkpoint\": \"runs/{run}/x\"}}", "one path" },
		{ "{\"layout\": {\"v_hack\": 7}}", "a template is a string" },
		{ "{\"layout\": [\"v_hack\"]}", "object" },
		{ "{\"layout\": \"x\"}", "object" },
		{ "{\"sort\": \"*\"}", "array" },
		{ "{\"sort\": {\"a\": \"*\"}}", "array" },
		{ "{\"sort\": [1]}", "array" },
		{ "{\"dead\": [\"*_OLD_*\"]}", "dead" },
		{ "{\"dead\": {\"match\": \"*_OLD_*\"}}", "array" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct reorg_layout *layout = NULL;
		struct ax_error err = { 0 };

		if (load(cases[i].config, &layout, &err) == 0)
			fail_msg("accepted: %s", cases[i].config);
		assert_int_equal(err.code, AX_ECONFIG);
		if (!strstr(err.message, cases[i].message))
			fail_msg("%s: %s", cases[i].config, err.message);
	}
}

static void null_takes_a_class_out(void **state)
{
	struct reorg_layout *layout = layout_of("{\"layout\": {\"v_hack\": null,"
						" \"embedding\": \"emb/{name}\"}}");

	(void)state;
	assert_false(reorg_layout_has(layout, AX_STR("v_hack"), false));
	assert_true(reorg_layout_has(layout, AX_STR("embedding"), false));
	assert_true(reorg_layout_has(layout, AX_STR("vhack_grads"), false));
	assert_true(reorg_layout_has(layout, AX_STR("pool"), true));
	assert_false(reorg_layout_has(layout, AX_STR("pool"), false));
	reorg_layout_free(layout);
}

static void places_to_sort(void **state)
{
	struct reorg_layout *layout = layout_of("");

	(void)state;
	assert_true(reorg_layout_sorts(layout, AX_STR("a.safetensors")));
	assert_true(reorg_layout_sorts(layout, AX_STR("probe_distill/pool")));
	assert_false(reorg_layout_sorts(layout, AX_STR("vhack/a.safetensors")));
	assert_false(reorg_layout_sorts(layout, AX_STR("probe_distill/pool/x.gz")));
	assert_true(reorg_layout_is_dead(layout, AX_STR("x_OLD_step_format")));
	assert_false(reorg_layout_is_dead(layout, AX_STR("x_OLDER")));
	reorg_layout_free(layout);

	layout = layout_of("{\"sort\": [\"in/**\"], \"dead\": {\"match\": []}}");
	assert_false(reorg_layout_sorts(layout, AX_STR("a.safetensors")));
	assert_true(reorg_layout_sorts(layout, AX_STR("in/x/a.safetensors")));
	assert_false(reorg_layout_is_dead(layout, AX_STR("x_OLD_step_format")));
	reorg_layout_free(layout);
}

static void written_back(void **state)
{
	static const char config[] =
		"{\"layout\": {\"v_hack\": null, \"vhack_grads\": null, \"checkpoint\": null,"
		"\"pairset\": null, \"dead\": null, \"pool\": \"p/{pool}/\"},"
		"\"sort\": [\"*\"], \"dead\": {\"match\": [\"old\"]}}";
	struct reorg_layout *layout = layout_of(config);
	struct ax_buf text = { 0 };
	struct ax_json_writer w = { .buf = &text };

	(void)state;
	reorg_layout_write(layout, "layout", &w);
	assert_buf(&text, "{\"pool\":\"p/{pool}/\"}");
	w = (struct ax_json_writer){ .buf = &text };
	reorg_layout_write(layout, "sort", &w);
	assert_buf(&text, "[\"*\"]");
	w = (struct ax_json_writer){ .buf = &text };
	reorg_layout_write(layout, "dead", &w);
	assert_buf(&text, "[\"old\"]");
	ax_buf_free(&text);
	reorg_layout_free(layout);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(default_places),
		cmocka_unit_test(values_are_names),
		cmocka_unit_test(all_placeholders),
		cmocka_unit_test(unsafe_results),
		cmocka_unit_test(refused_configurations),
		cmocka_unit_test(null_takes_a_class_out),
		cmocka_unit_test(places_to_sort),
		cmocka_unit_test(written_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
