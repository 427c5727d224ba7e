#include "tests/unit/unit.h"

#include "base/hash.h"

/* XXH3's own values for the empty input, so that digests on disk stay readable by xxhsum. */
static void known_values(void **state)
{
	(void)state;
	char text[33];
	struct ax_digest digest = ax_hash128("", 0);

	assert_true(ax_hash64("", 0) == UINT64_C(0x2d06800538d394c2));
	ax_digest_format(&digest, text);
	assert_string_equal(text, "99aa06d3014798d86001c324468d497f");
}

static void a_stream_has_the_digest_of_its_bytes(void **state)
{
	(void)state;
	static char bytes[100000];
	static const size_t steps[] = { 1, 7, 64, 1000, sizeof(bytes) };
	struct ax_hasher *hasher = ax_hasher_new();

	assert_non_null(hasher);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 31 >> 3);
	struct ax_digest whole = ax_hash128(bytes, sizeof(bytes));
	for (size_t i = 0; i < COUNT(steps); i++) {
		ax_hasher_reset(hasher);
		for (size_t at = 0; at < sizeof(bytes); at += steps[i]) {
			size_t rest = sizeof(bytes) - at;
			ax_hasher_update(hasher, bytes + at, rest < steps[i] ? rest : steps[i]);
		}
		struct ax_digest digest = ax_hasher_digest(hasher);
		assert_memory_equal(digest.bytes, whole.bytes, sizeof(whole.bytes));
	}
	bytes[500] ^= 1;
	struct ax_digest other = ax_hash128(bytes, sizeof(bytes));
	assert_memory_not_equal(other.bytes, whole.bytes, sizeof(whole.bytes));
	ax_hasher_free(hasher);
	ax_hasher_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_values),
		cmocka_unit_test(a_stream_has_the_digest_of_its_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
