#include "tests/unit/unit.h"

#include "tests/unit/query/project.h"

#include "indexer/config.h"
#include "indexer/rules.h"
#include "indexer/scan.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void write_file(const struct project *project, const char *name, struct ax_str content,
	const char *stamp)
{
	char path[256];
	ax_nanoseconds time = 0;
	struct timespec times[2];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", project->root, name);
	file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(content.ptr, 1, content.len, file), content.len);
	fclose(file);
	assert_true(ax_stamp_parse(ax_str_from(stamp), &time));
	times[0] = times[1] = (struct timespec){ .tv_sec = time / 1000000000 };
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* members: the header's JSON without braces; all data is zero. */
static void write_safetensors(const struct project *project, const char *name,
	const char *members, size_t data_bytes, const char *stamp)
{
	struct ax_buf buf = { 0 };

	ax_buf_append_u64(&buf, strlen(members) + 2);
	ax_buf_printf(&buf, "{%s}", members);
	while (data_bytes--)
		ax_buf_append_byte(&buf, '\0');
	write_file(project, name, ax_buf_str(&buf), stamp);
	ax_buf_free(&buf);
}

static void write_bases(const struct project *project)
{
	static const char a[] =
		"\"V/model.layers.0.mlp.up_proj\":{\"dtype\":\"BF16\",\"shape\":[12,8],"
		"\"data_offsets\":[0,192]},"
		"\"V/model.layers.1.mlp.up_proj\":{\"dtype\":\"BF16\",\"shape\":[12,8],"
		"\"data_offsets\":[192,384]},"
		"\"S/model.layers.0.mlp.up_proj\":{\"dtype\":\"BF16\",\"shape\":[12],"
		"\"data_offsets\":[384,408]},"
		"\"S/model.layers.1.mlp.up_proj\":{\"dtype\":\"BF16\",\"shape\":[12],"
		"\"data_offsets\":[408,432]}";
	static const char b[] =
		"\"__metadata__\":{\"note\":\"small one\"},"
		"\"V/model.layers.0.mlp.up_proj\":{\"dtype\":\"F32\",\"shape\":[4,8],"
		"\"data_offsets\":[0,128]},"
		"\"S/model.layers.0.mlp.up_proj\":{\"dtype\":\"F32\",\"shape\":[4],"
		"\"data_offsets\":[128,144]}";

	write_safetensors(project, "out/v_hack_a.safetensors", a, 432, "20260526T120000");
	write_safetensors(project, "out/v_hack_b.safetensors", b, 144, "20260526T130000");
	write_safetensors(project, "out/deep/copy_of_b.st", b, 144, "20260526T130000");
}

static void write_run(const struct project *project)
{
	static const char checkpoint[] =
		"\"__metadata__\":{\"model\":\"Qwen/Qwen3-4B\",\"step\":\"20\","
		"\"hack_rate\":\"0.25\",\"pass_rate\":\"0.5\","
		"\"cfg\":\"{\\\"preset_name\\\":\\\"fast\\\",\\\"arm\\\":\\\"projected\\\","
		"\\\"seed\\\":41,\\\"out_tag\\\":\\\"_x_s41\\\"}\","
		"\"rows\":\"[{\\\"step\\\":0,\\\"hack_s\\\":[1,8]},"
		"{\\\"step\\\":1,\\\"hack_s\\\":[4,8]}]\"},"
		"\"\xce\xb4S/model.layers.0.mlp.up_proj\":{\"dtype\":\"F32\",\"shape\":[8],"
		"\"data_offsets\":[0,32]},"
		"\"\xce\xb4S_hack/"
		"model.layers.0.mlp.up_proj\":{\"dtype\":\"F32\",\"shape\":[8],"
		"\"data_offsets\":[32,64]}";

	write_safetensors(project, "out/train_x_s41.safetensors", checkpoint, 64,
		"20260527T183000");
	write_file(project, "logs/" PROJECT_RUN ".log",
		AX_STR("18:00:00 | INFO | argv: src/train.py fast --arm=projected --seed=41 "
		       "--v-hack-path=out/v_hack_a.safetensors --out-tag=_x_s41\n"
		       "18:30:00 | INFO | HACK_RATE=0.250 PASS_RATE=0.500\n"),
		"20260527T183100");
	write_file(project, "logs/20260528T090000_fast_vanilla_seed43_y.log",
		AX_STR("09:00:00 | INFO | argv: src/train.py fast --arm=vanilla --seed=43 "
		       "--out-tag=_y\n09:00:05 | ERROR | RuntimeError: CUDA out of memory\n"),
		"20260528T090005");
}

static void make_directory(const struct project *project, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", project->root, name);
	assert_int_equal(mkdir(path, 0777), 0);
}

static void scan(struct project *project)
{
	struct idx_config config = { 0 };
	struct idx_rules *rules = NULL;
	struct idx_scan_options options = { .root = project->root, .config = &config };
	struct idx_scan_report report = { 0 };
	char path[96];
	struct ax_error err = { 0 };

	snprintf(path, sizeof(path), "%s/.artidx", project->root);
	options.own_dir = path;
	assert_ok(idx_config_load(NULL, &config, &err), &err);
	assert_ok(idx_rules_compile(NULL, &rules, &err), &err);
	options.rules = rules;
	assert_ok(idx_catalog_open(path, IDX_WRITE, &project->catalog, &err), &err);
	assert_ok(idx_scan(project->catalog, NULL, &options, &report, &err), &err);
	assert_ok(idx_snapshot_begin(project->catalog, &project->snapshot, &err), &err);
	idx_scan_report_free(&report);
	idx_rules_free(rules);
	idx_config_free(&config);
}

void project_open(struct project *project)
{
	*project = (struct project){ .root = "/tmp/artidx-query.XXXXXX" };
	setenv("TZ", "UTC", 1);
	tzset();
	assert_non_null(mkdtemp(project->root));
	make_directory(project, ".artidx");
	make_directory(project, "out");
	make_directory(project, "out/deep");
	make_directory(project, "logs");
	write_bases(project);
	write_run(project);
	write_file(project, "out/broken.safetensors", AX_STR("\x05\0\0\0\0\0\0\0[1,2]"),
		"20260527T000000");
	write_file(project, "out/odd\nname.txt", AX_STR("text\n"), "20260527T000000");
	scan(project);
}

static int remove_one(const char *path, const struct stat *stat, int kind, struct FTW *ftw)
{
	(void)stat;
	(void)kind;
	(void)ftw;
	return remove(path);
}

void project_close(struct project *project)
{
	idx_snapshot_end(project->snapshot);
	idx_catalog_close(project->catalog);
	nftw(project->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
