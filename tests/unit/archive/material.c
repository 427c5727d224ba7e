#include "tests/unit/unit.h"

#include "tests/unit/archive/material.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

void run(const char *command)
{
	int status =
		system(command); /* NOLINT(cert-env33-c): that plain tools do is the test */

	if (status != 0)
		fail_msg("%s: status %d", command, status);
}

void place_enter(struct place *place)
{
	place->before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* In memory where that is offered: restoring syncs. */
	bool has_memory = access("/dev/shm", W_OK) == 0;
	snprintf(place->path, sizeof(place->path), "%s/artidx-archive-XXXXXX",
		has_memory ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(place->path));
	assert_int_equal(chdir(place->path), 0);
}

void place_leave(struct place *place)
{
	char command[256];

	assert_int_equal(fchdir(place->before), 0);
	close(place->before);
	snprintf(command, sizeof(command), "chmod -R u+rwX %s && rm -rf %s", place->path,
		place->path);
	run(command);
}

static uint64_t next(uint64_t *state)
{
	*state += 0x9e3779b97f4a7c15;
	uint64_t z = *state;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

void fill_noise(unsigned char *bytes, size_t size, uint64_t seed)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (unsigned char)next(&seed);
}

/* The sum of some uniform values has about the exponents of a normal distribution. */
static float weight(uint64_t *seed)
{
	float sum = 0;

	for (int i = 0; i < 6; i++)
		sum += (float)(next(seed) >> 40) / (float)(1 << 24) - 0.5F;
	return sum * 0.02F;
}

void fill_weights(unsigned char *bytes, size_t size, unsigned width, uint64_t seed)
{
	for (size_t i = 0; i + width <= size; i += width) {
		float value = weight(&seed);
		double wide = value;
		uint32_t bits;
		memcpy(&bits, &value, sizeof(bits));
		uint16_t half = (uint16_t)(bits >> 16);
		if (width == 2)
			memcpy(bytes + i, &half, width);
		else if (width == 4)
			memcpy(bytes + i, &value, width);
		else
			memcpy(bytes + i, &wide, width);
	}
}

void write_file(const char *path, const void *bytes, size_t size)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static unsigned width_of(const char *dtype)
{
	static const struct {
		const char *name;
		unsigned width;
	} widths[] = { { "BF16", 2 }, { "F16", 2 }, { "I16", 2 }, { "F32", 4 }, { "I32", 4 },
		{ "F64", 8 }, { "I64", 8 } };

	for (size_t i = 0; i < COUNT(widths); i++) {
		if (strcmp(widths[i].name, dtype) == 0)
			return widths[i].width;
	}
	return 1;
}

void write_tensors(const char *path, const char *const *dtypes, size_t n, size_t size)
{
	struct ax_buf header = { 0 }, file = { 0 };
	unsigned char *data = calloc(n, size);

	assert_non_null(data);
	/* In another order than that of the data, which readers have to mind. */
	ax_buf_append_text(&header,
		"{\"__metadata__\":{\"dtype\":\"F16\",\"a\\\"b\":\"{[]}\"}");
	for (size_t i = n; i-- > 0;) {
		unsigned width = width_of(dtypes[i]);
		ax_buf_printf(&header,
			",\"t%zu\\\\\":{\"dtype\":\"%s\",\"shape\":[%zu],"
			"\"data_offsets\":[%zu,%zu]}",
			i, dtypes[i], size / width, i * size, (i + 1) * size);
		if (dtypes[i][0] == 'I')
			fill_noise(data + i * size, size, i);
		else
			fill_weights(data + i * size, size, width, i);
	}
	ax_buf_append_text(&header, "}");
	ax_buf_append_u64(&file, header.len);
	ax_buf_append_str(&file, ax_buf_str(&header));
	ax_buf_append(&file, data, n * size);
	assert_false(file.failed);
	write_file(path, file.data, file.len);
	free(data);
	ax_buf_free(&header);
	ax_buf_free(&file);
}

static void make_tensors(void)
{
	static const char *const all[] = { "F32", "I64", "BF16", "F64", "U8", "F16", "BOOL",
		"I32" };
	static const char *const f32[] = { "F32" };
	static const char *const bf16[] = { "BF16", "BF16", "BF16" };

	write_tensors("old/all.safetensors", all, COUNT(all), 96 * 1024 + 8);
	write_tensors("old/sub/large.safetensors", f32, 1, 4352 * 1024 + 4);
	write_tensors("old/sub/small.safetensors", bf16, COUNT(bf16), 40 * 1024 + 2);
	write_tensors("old/sub/tiny.safetensors", bf16, COUNT(bf16), 16);
	write_tensors("old/broken.safetensors", f32, 1, 300 * 1024);
	assert_int_equal(truncate("old/broken.safetensors", 290 * 1024), 0);
}

void make_old(void)
{
	static unsigned char noise[700 * 1024];
	struct timespec early[2] = { { .tv_sec = -86400 }, { .tv_sec = -86400 } };

	fill_noise(noise, sizeof(noise), 1);
	run("mkdir -p old/sub/empty old/-x \"old/$(printf 'd%.0s' $(seq 200))\"");
	make_tensors();
	write_file("old/noise.bin", noise, sizeof(noise));
	write_file("old/empty", "", 0);
	write_file("old/a\nb\\c", "x", 1);
	write_file("old/\xff\xfe", "not UTF-8", 9);
	write_file("old/\xc3\xa9", "UTF-8", 5);
	write_file("old/-x/first", "two names", 9);
	assert_int_equal(link("old/-x/first", "old/sub/second"), 0);
	assert_int_equal(link("old/sub/large.safetensors", "old/zlink.safetensors"), 0);
	assert_int_equal(symlink("sub/large.safetensors", "old/symlink"), 0);
	assert_int_equal(symlink("/nowhere", "old/dangling"), 0);
	run("for i in $(seq 100); do echo \"line $i\" > old/sub/f$i; done");
	run("truncate -s 8M old/holes && printf data | "
	    "dd of=old/holes bs=1 seek=2000000 conv=notrunc status=none");
	run("truncate -s 1M old/onehole");
	run("chmod 400 old/empty; chmod 555 old/sub/empty");
	assert_int_equal(utimensat(AT_FDCWD, "old/noise.bin", early, 0), 0);
}
