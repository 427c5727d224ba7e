#include "tests/unit/unit.h"

#include "safetensors/identify.h"

struct identify_case {
	const char *what;
	struct ax_str start;
	enum sft_kind kind;
};

#define LENGTH_64 "\x40\0\0\0\0\0\0\0"

static const struct identify_case cases[] = {
	{ "empty", AX_STR_INIT(""), SFT_KIND_BLANK },
	{ "one zero", AX_STR_INIT("\0"), SFT_KIND_BLANK },
	{ "zeros", AX_STR_INIT("\0\0\0\0\0\0\0\0\0\0\0\0"), SFT_KIND_BLANK },
	{ "zero length, then data", AX_STR_INIT("\0\0\0\0\0\0\0\0{}"), SFT_KIND_BLANK },
	{ "header", AX_STR_INIT(LENGTH_64 "{\"a\":{\"dtype\""), SFT_KIND_HEADER },
	{ "header without tensors", AX_STR_INIT("\2\0\0\0\0\0\0\0{}"), SFT_KIND_HEADER },
	{ "header after white space", AX_STR_INIT(LENGTH_64 " \r\n\t{ \"a\""),
		SFT_KIND_HEADER },
	{ "cut within white space", AX_STR_INIT(LENGTH_64 "  "), SFT_KIND_HEADER },
	{ "cut behind the brace", AX_STR_INIT(LENGTH_64 "{"), SFT_KIND_HEADER },
	{ "cut behind the length", AX_STR_INIT(LENGTH_64), SFT_KIND_FOREIGN },
	{ "cut within the length", AX_STR_INIT("\x40\0\0"), SFT_KIND_FOREIGN },
	{ "the limit itself", AX_STR_INIT("\x00\xe1\xf5\x05\0\0\0\0{\"a\""), SFT_KIND_HEADER },
	{ "over the limit", AX_STR_INIT("\x01\xe1\xf5\x05\0\0\0\0{\"a\""), SFT_KIND_FOREIGN },
	{ "an array", AX_STR_INIT(LENGTH_64 "[]"), SFT_KIND_FOREIGN },
	{ "integers of 64 bits", AX_STR_INIT(LENGTH_64 "{\0\0\0\0\0\0\0"), SFT_KIND_FOREIGN },
	{ "more integers", AX_STR_INIT(LENGTH_64 " \0\0\0\0\0\0\0"), SFT_KIND_FOREIGN },
	{ "UTF-16", AX_STR_INIT("\xff\xfe{\0\"\0a\0\"\0:\0"), SFT_KIND_FOREIGN },
	{ "JSON", AX_STR_INIT("{\"a\": 1}"), SFT_KIND_FOREIGN },
	{ "JSON lines", AX_STR_INIT("{\"step\": 0}\n{\"step\": 1}\n"), SFT_KIND_FOREIGN },
	{ "log", AX_STR_INIT("12:00:00 | INFO | argv: --seed=41\n"), SFT_KIND_FOREIGN },
	{ "PNG", AX_STR_INIT("\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), SFT_KIND_FOREIGN },
	{ "gzip", AX_STR_INIT("\x1f\x8b\x08\0\0\0\0\0\0\x03{\""), SFT_KIND_FOREIGN },
	{ "zip", AX_STR_INIT("PK\3\4\0\0\0\0\0\0"), SFT_KIND_FOREIGN },
	{ "pickle", AX_STR_INIT("\x80\x02\x8a\nl\xfc\x9c\x46\xf9 j\xa8P\x19.\x80"),
		SFT_KIND_FOREIGN },
	{ "npy", AX_STR_INIT("\x93NUMPY\1\0v\0{'descr': '<f4'"), SFT_KIND_FOREIGN },
};

static void first_bytes(void **state)
{
	(void)state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct identify_case *c = &cases[i];
		char *exact = malloc(c->start.len + 1);
		assert_non_null(exact);
		char *start = exact + 1; /* odd on purpose */
		memcpy(start, c->start.ptr, c->start.len);
		enum sft_kind kind = sft_identify(ax_str(start, c->start.len), c->start.len);
		if (kind != c->kind)
			fail_msg("%s: kind %d, not %d", c->what, (int)kind, (int)c->kind);
		free(exact);
	}
}

#define OID "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393"
#define VERSION "version https://git-lfs.github.com/spec/v1\n"
#define POINTER VERSION "oid sha256:" OID "\nsize 12345\n"

static void lfs_pointers(void **state)
{
	(void)state;
	static const char *const bad[] = { "", VERSION, VERSION "size 1\n",
		VERSION "oid sha256:" OID "\n", VERSION "oid sha256:" OID "\nsize -1\n",
		VERSION "oid sha256:" OID "\nsize 1x\n", VERSION "oid md5:" OID "\nsize 1\n",
		VERSION "oid sha256:" OID "0\nsize 1\n", VERSION "oid sha256:4D\nsize 1\n",
		"oid sha256:" OID "\nsize 1\n" VERSION, POINTER "and something else\n",
		POINTER "size 1\n",
		"version https://example.org/spec/v1\noid sha256:" OID "\nsize 1\n" };
	struct sft_lfs_pointer pointer = { .size = 7 };

	for (size_t i = 0; i < COUNT(bad); i++) {
		if (sft_lfs_pointer_parse(ax_str_from(bad[i]), &pointer))
			fail_msg("taken: %s", bad[i]);
	}
	assert_int_equal(pointer.size, 7);
	assert_true(sft_lfs_pointer_parse(AX_STR(POINTER), &pointer));
	assert_int_equal(pointer.size, 12345);
	assert_string_equal(pointer.oid, OID);
	assert_true(sft_lfs_pointer_parse(AX_STR(VERSION "ext-0-foo sha256:" OID
							 "\noid sha256:" OID "\nsize 1"),
		&pointer));
	assert_int_equal(sft_identify(AX_STR(POINTER), strlen(POINTER)), SFT_KIND_LFS_POINTER);
	assert_int_equal(sft_identify(AX_STR(POINTER), 4096), SFT_KIND_FOREIGN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_bytes),
		cmocka_unit_test(lfs_pointers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
