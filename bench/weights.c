/*
 * Directories to be archived, with the bytes that matter for packing: weights as training leaves
 * them (normal, a scale of their own in each tensor, a few outliers), a series of checkpoints,
 * gradients, logs, and what is compressed already. The same bytes every time.
 */
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { TENSOR = 1024 * 1024 /* elements */, MIB = 1024 * 1024 };

static uint64_t state;

static uint64_t next(void)
{
	state += 0x9e3779b97f4a7c15;
	uint64_t z = state;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static float uniform(void)
{
	return ((float)(next() >> 40) + 1) / (float)(1 << 24);
}

static float normal(void)
{
	return sqrtf(-2 * logf(uniform())) * cosf(6.2831853F * uniform());
}

static uint32_t bits_of(float value)
{
	uint32_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

static uint16_t bf16(float value)
{
	uint32_t bits = bits_of(value);

	return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

/* Of normal numbers of half precision; what is smaller becomes 0. */
static uint16_t f16(float value)
{
	uint32_t bits = bits_of(value) + 0x1000;
	int exponent = (int)(bits >> 23 & 0xff) - 112;

	if (exponent <= 0)
		return 0;
	return (uint16_t)((bits >> 16 & 0x8000) | (uint32_t)exponent << 10 |
			  (bits >> 13 & 0x3ff));
}

static void write_all(FILE *file, const void *bytes, size_t size)
{
	if (fwrite(bytes, 1, size, file) != size) {
		perror("write");
		exit(1);
	}
}

static FILE *create(const char *dir, const char *name)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "wb");
	if (!file) {
		perror(path);
		exit(1);
	}
	return file;
}

static void close_file(FILE *file)
{
	if (fclose(file) != 0) {
		perror("close");
		exit(1);
	}
}

static void write_header(FILE *file, const char *dtype, unsigned width, unsigned tensors)
{
	char *text = malloc(128 * (size_t)tensors + 16);
	size_t len = 0;
	unsigned char head[8];

	if (!text)
		exit(1);
	for (unsigned i = 0; i < tensors; i++) {
		size_t size = (size_t)TENSOR * width;
		len += (size_t)sprintf(text + len,
			"%s\"layers.%u.weight\":{\"dtype\":\"%s\",\"shape\":[1024,1024],"
			"\"data_offsets\":[%zu,%zu]}",
			i ? "," : "{", i, dtype, i * size, (i + 1) * size);
	}
	text[len++] = '}';
	for (unsigned i = 0; i < 8; i++)
		head[i] = (unsigned char)((uint64_t)len >> 8 * i);
	write_all(file, head, sizeof(head));
	write_all(file, text, len);
	free(text);
}

static void write_value(unsigned char *out, float value, unsigned width, const char *dtype)
{
	if (width == 4) {
		memcpy(out, &value, 4);
	} else {
		uint16_t half = dtype[0] == 'B' ? bf16(value) : f16(value);
		memcpy(out, &half, 2);
	}
}

/* Gradients have long tails, weights do not. drift: how far from the step before. */
static void write_tensors(const char *dir, const char *name, const char *dtype, unsigned mib,
	bool is_gradient, float drift)
{
	unsigned width = strcmp(dtype, "F32") == 0 ? 4 : 2;
	unsigned tensors = mib / width;
	FILE *file = create(dir, name);
	unsigned char *data = malloc((size_t)TENSOR * width);

	if (!data)
		exit(1);
	write_header(file, dtype, width, tensors);
	for (unsigned i = 0; i < tensors; i++) {
		uint64_t own = (uint64_t)i * 1000003 + (drift > 0 ? 0 : strlen(name));
		float scale = 0.01F * (1 + (float)(i % 7));
		for (size_t n = 0; n < TENSOR; n++) {
			if (drift > 0) /* the same base in every step */
				state = own * TENSOR + n;
			float value = normal() * scale;
			if (is_gradient)
				value *= expf(2 * normal()) * 0.001F;
			if (drift > 0) {
				state ^= (uint64_t)(drift * 1e6F) << 32;
				value += normal() * scale * drift;
			}
			write_value(data + n * width, value, width, dtype);
		}
		write_all(file, data, (size_t)TENSOR * width);
	}
	free(data);
	close_file(file);
}

static void write_log(const char *dir, const char *name, unsigned mib)
{
	FILE *file = create(dir, name);
	long written = 0;

	for (unsigned step = 0; written < (long)mib * MIB; step++) {
		written += fprintf(file,
			"2026-05-29T17:%02u:%02u INFO train: step=%u loss=%.5f lr=%.2e "
			"reward=%.4f hack_rate=%.3f tokens=%llu\n",
			step / 60 % 60, step % 60, step, 2.0 + 0.1 * (double)normal(), 3e-5,
			(double)uniform(), (double)uniform(),
			(unsigned long long)(next() % 100000));
	}
	close_file(file);
}

static void write_noise(const char *dir, const char *name, unsigned mib)
{
	FILE *file = create(dir, name);

	for (size_t n = 0; n < (size_t)mib * MIB / sizeof(uint64_t); n++) {
		uint64_t value = next();
		write_all(file, &value, sizeof(value));
	}
	close_file(file);
}

static void make_mixed(const char *dir)
{
	write_tensors(dir, "model.safetensors", "BF16", 200, false, 0);
	write_tensors(dir, "step_1.safetensors", "BF16", 80, false, 0.001F);
	write_tensors(dir, "step_2.safetensors", "BF16", 80, false, 0.002F);
	write_tensors(dir, "v_hack.safetensors", "F32", 200, false, 0);
	write_tensors(dir, "grads.safetensors", "F32", 80, true, 0);
	write_tensors(dir, "half.safetensors", "F16", 80, false, 0);
	write_log(dir, "train.log", 40);
	write_noise(dir, "rollouts.jsonl.gz", 40);
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: bench-weights bf16|f16|f32|mixed DIR\n");
		return 2;
	}
	if (mkdir(argv[2], 0777) < 0 && errno != EEXIST) {
		perror(argv[2]);
		return 1;
	}
	state = 1;
	if (strcmp(argv[1], "bf16") == 0)
		write_tensors(argv[2], "bf16.safetensors", "BF16", 32, false, 0);
	else if (strcmp(argv[1], "f16") == 0)
		write_tensors(argv[2], "f16.safetensors", "F16", 32, false, 0);
	else if (strcmp(argv[1], "f32") == 0)
		write_tensors(argv[2], "f32.safetensors", "F32", 32, false, 0);
	else
		make_mixed(argv[2]);
	return 0;
}
