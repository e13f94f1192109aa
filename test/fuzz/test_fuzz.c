/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_fuzz.c - runs fuzz_match.c without libFuzzer: on the cases of test/data/match, each in several ways, and on
 * random changes of them. An input that shows a mistake aborts.
 *
 * PS_SEED=n repeats a run, PS_ROUNDS=n makes it longer. With a file as argument, which has a / in its name,
 * that is the one input; with a directory the cases are written there, for libFuzzer to begin with.
 */
#include "../match/cases.h"

#include <signal.h>
#include <sys/stat.h>

#include "../support/choose.h"
#include "../support/random.h"
#include "../support/scale.h"
#include "fuzz_match.c"

#define INPUT_MAX 2048

static uint64_t seed;
static uint8_t current[INPUT_MAX];
static size_t current_size;
static uint8_t inputs[2048][INPUT_MAX];
static size_t sizes[2048], input_count;

static uint32_t rnd(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)((seed >> 33) % below);
}

static void put(uint8_t *to, size_t *at, const void *bytes, size_t size)
{
	if (size > 0)
		memcpy(to + *at, bytes, size);
	*at += size;
}

static void add_case(const struct match_case *c)
{
	static const uint64_t case_bits[] = { SEARCH_MATCH_IGNORE_CASE, SEARCH_MATCH_WORD, SEARCH_MATCH_LINE, SEARCH_MATCH_FIXED };
	uint8_t *to = inputs[input_count];
	size_t at = 2, need = 3 + c->length;

	for (size_t i = 0; i < c->count; i++)
		need += c->patterns[i].length + 1;
	if (input_count == sizeof(inputs) / sizeof(inputs[0]) || need > INPUT_MAX)
		return;
	to[0] = (uint8_t)(c->syntax << 4);
	for (unsigned i = 0; i < sizeof(case_bits) / sizeof(case_bits[0]); i++)
		to[0] |= (uint8_t)((c->flags & case_bits[i]) != 0 ? 1u << i : 0);
	to[1] = 0;
	for (size_t i = 0; i < c->count; i++) {
		put(to, &at, "\xFF", i > 0);
		put(to, &at, c->patterns[i].text, c->patterns[i].length);
	}
	put(to, &at, "", 1);
	put(to, &at, c->text, c->length);
	sizes[input_count++] = at;
}

static int write_inputs(const char *directory)
{
	char path[4096];

	for (size_t i = 0; i < input_count; i++) {
		FILE *out;

		snprintf(path, sizeof(path), "%s/case%04zu", directory, i);
		out = fopen(path, "wb");
		if (out == NULL || fwrite(inputs[i], 1, sizes[i], out) != sizes[i] || fclose(out) != 0) {
			perror(path);
			return 1;
		}
	}
	return 0;
}

static int run_file(const char *path)
{
	static uint8_t data[1 << 20];
	FILE *file = fopen(path, "rb");
	size_t size;

	if (file == NULL) {
		perror(path);
		return 1;
	}
	size = fread(data, 1, sizeof(data), file);
	fclose(file);
	LLVMFuzzerTestOneInput(data, size);
	return 0;
}

/* Replaces some bytes of this input by a piece of another. */
static size_t splice(uint8_t *to, size_t size)
{
	size_t other = rnd((uint32_t)input_count), from = rnd((uint32_t)sizes[other]);
	size_t at = 2 + rnd((uint32_t)size - 2), cut = ps_min(rnd(4), size - at);
	size_t piece = ps_min(rnd(8), sizes[other] - from);

	if (size - cut + piece > INPUT_MAX)
		return size;
	memmove(to + at + piece, to + at + cut, size - at - cut);
	memcpy(to + at, inputs[other] + from, piece);
	return ps_max(size - cut + piece, 3);
}

static size_t make_input(uint8_t *to)
{
	size_t from = rnd((uint32_t)input_count), size = sizes[from];

	memcpy(to, inputs[from], size);
	to[0] ^= (uint8_t)(rnd(3) == 0 ? rnd(256) : 0);
	to[1] = (uint8_t)rnd(128);
	for (uint32_t changes = rnd(4); changes > 0; changes--)
		size = splice(to, size);
	return size;
}

/* Keeps the input that shows a mistake, and prints its name. */
static void on_abort(int signal_number)
{
	char path[4096];
	FILE *out;

	(void)signal_number;
	snprintf(path, sizeof(path), "%s/fuzz.input", getenv("BUILD") != NULL ? getenv("BUILD") : "build");
	out = fopen(path, "wb");
	if (out != NULL) {
		fwrite(current, 1, current_size, out);
		fclose(out);
	}
	fprintf(stderr, "test_fuzz %s repeats it\n", path);
}

static void test_fuzz__changed_cases_show_no_mistake(void **state)
{
	(void)state;
	seed = random_seed();
	printf("%zu cases\n", input_count);
	fflush(stdout);
	signal(SIGABRT, on_abort);
	for (size_t i = 0, rounds = how_many_rounds(3000, ROUNDS(3000)); i < rounds; i++) {
		current_size = make_input(current);
		LLVMFuzzerTestOneInput(current, current_size);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fuzz__changed_cases_show_no_mistake),
	};
	static const char *const files[] = { "basic.txt", "wraps.txt", "invalid.txt", "errors.txt", "oniguruma.txt",
					     "perl.txt", "python.txt", "disagreements.txt" };
	struct stat st;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (each_case(files[i], add_case) == 0)
			return 1;
	if (argc > 1 && strchr(argv[1], '/') != NULL)
		return stat(argv[1], &st) == 0 && S_ISDIR(st.st_mode) ? write_inputs(argv[1]) : run_file(argv[1]);
	return RUN_TESTS(tests, NULL, NULL);
}
