/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * replay.c - see replay.h.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "replay.h"

#include "random.h"
#include "scale.h"

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "choose.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
void __sanitizer_set_death_callback(void (*run)(void)) __attribute__((weak));

struct input {
	uint8_t *bytes;
	size_t size;
};

static const struct replay *target;
static struct input *inputs; /* seeds, then kept ones */
static size_t input_count, input_space;
static struct input current; /* which is being tried */

static void die(const char *what)
{
	perror(what);
	exit(99);
}

/* --- inputs --- */

void replay_seed_parts(const void *head, size_t head_size, const void *rest, size_t rest_size)
{
	struct input *in;

	if (input_count == input_space) {
		input_space = 2 * input_space + 64;
		inputs = realloc(inputs, input_space * sizeof(*inputs));
		if (inputs == NULL)
			die("replay");
	}
	in = &inputs[input_count++];
	*in = (struct input){ malloc(head_size + rest_size + 1), head_size + rest_size };
	if (in->bytes == NULL)
		die("replay");
	if (head_size > 0)
		memcpy(in->bytes, head, head_size);
	if (rest_size > 0)
		memcpy(in->bytes + head_size, rest, rest_size);
}

void replay_seed(const void *bytes, size_t size)
{
	replay_seed_parts(bytes, size, NULL, 0);
}

static void read_input(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct stat st;
	uint8_t *bytes;

	if (file == NULL || fstat(fileno(file), &st) != 0)
		die(path);
	bytes = malloc((size_t)st.st_size + 1);
	if (bytes == NULL || fread(bytes, 1, (size_t)st.st_size, file) != (size_t)st.st_size)
		die(path);
	fclose(file);
	replay_seed(bytes, (size_t)st.st_size);
	free(bytes);
}

/* Adds what test/data/fuzz has for the target. There need not be anything. */
static void read_kept(void)
{
	char directory[256], path[600];
	struct dirent **names;
	int count;

	snprintf(directory, sizeof(directory), "test/data/fuzz/%s", target->name);
	count = scandir(directory, &names, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]->d_name);
		if (names[i]->d_name[0] != '.')
			read_input(path);
		free(names[i]);
	}
	if (count >= 0)
		free(names);
}

static int write_inputs(const char *directory)
{
	char path[4096];

	for (size_t i = 0; i < input_count; i++) {
		FILE *out;

		snprintf(path, sizeof(path), "%s/seed%04zu", directory, i);
		out = fopen(path, "wb");
		if (out == NULL || fwrite(inputs[i].bytes, 1, inputs[i].size, out) != inputs[i].size ||
		    fclose(out) != 0)
			die(path);
	}
	return 0;
}

/* --- what shows a mistake --- */

static void keep_current(void)
{
	const char *build = getenv("BUILD");
	char path[4096];
	FILE *out;

	if (current.bytes == NULL)
		return;
	snprintf(path, sizeof(path), "%s/%s.input", build != NULL ? build : "build", target->name);
	out = fopen(path, "wb");
	if (out != NULL) {
		fwrite(current.bytes, 1, current.size, out);
		fclose(out);
	}
	fprintf(stderr, "test_fuzz_%s %s repeats it\n", target->name, path);
}

static void on_signal(int number)
{
	keep_current();
	signal(number, SIG_DFL);
	raise(number);
}

/* A sanitizer has handlers of its own for all but SIGABRT. */
static void watch_for_mistakes(void)
{
	static const int signals[] = { SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL };

	if (__sanitizer_set_death_callback != NULL)
		__sanitizer_set_death_callback(keep_current);
	for (size_t i = 0; i < (TEST_SANITIZED ? 1 : sizeof(signals) / sizeof(signals[0])); i++)
		signal(signals[i], on_signal);
}

/* Tries it in a block of its own, so that a sanitizer notices a read beyond its end. */
static void try_input(const uint8_t *bytes, size_t size)
{
	current = (struct input){ malloc(size > 0 ? size : 1), size };
	if (current.bytes == NULL)
		die("replay");
	if (size > 0)
		memcpy(current.bytes, bytes, size);
	LLVMFuzzerTestOneInput(current.bytes, size);
	free(current.bytes);
	current.bytes = NULL;
}

/* --- changes --- */

/* A change that keeps the size: a byte, a bit, a word, or a piece that is copied within. */
static void change_bytes(struct input *in, struct random *random)
{
	static const uint32_t words[] = { 0, 1, 7, 8, 0xFF, 0x100, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff };
	size_t at = random_below(random, (uint32_t)in->size), from = random_below(random, (uint32_t)in->size);
	size_t piece = 1 + random_below(random, 64), room = in->size - (at > from ? at : from);

	switch (random_below(random, 4)) {
	case 0: in->bytes[at] = (uint8_t)random_below(random, 256); break;
	case 1: in->bytes[at] ^= (uint8_t)(1u << random_below(random, 8)); break;
	case 2:
		if (in->size - at / 4 * 4 >= 4)
			memcpy(in->bytes + at / 4 * 4, &words[random_below(random, sizeof(words) / sizeof(words[0]))],
			       4);
		break;
	default: memmove(in->bytes + at, in->bytes + from, piece < room ? piece : room); break;
	}
}

/* Replaces some bytes by a piece of another input, or by nothing. */
static void splice(struct input *in, struct random *random)
{
	const struct input *other = &inputs[random_below(random, (uint32_t)input_count)];
	size_t at = random_below(random, (uint32_t)in->size + 1), cut = random_below(random, 8), from, piece;

	from = random_below(random, (uint32_t)other->size + 1);
	piece = random_below(random, 12);
	cut = cut < in->size - at ? cut : in->size - at;
	piece = piece < other->size - from ? piece : other->size - from;
	if (in->size - cut + piece > target->most)
		return;
	memmove(in->bytes + at + piece, in->bytes + at + cut, in->size - at - cut);
	if (piece > 0)
		memcpy(in->bytes + at, other->bytes + from, piece);
	in->size += piece - cut;
}

static void change_input(struct input *in, struct random *random)
{
	for (size_t i = 0; i < target->head && i < in->size; i++)
		if (random_percent(random, 40))
			in->bytes[i] = (uint8_t)random_below(random, 256);
	for (uint32_t changes = random_below(random, 5); changes > 0; changes--) {
		if (in->size == 0 || random_percent(random, 50))
			splice(in, random);
		else
			change_bytes(in, random);
	}
	if (random_percent(random, 4))
		in->size = random_below(random, (uint32_t)in->size + 1);
}

/* --- tests --- */

static void test_replay__seeds_and_kept_inputs_show_no_mistake(void **state)
{
	(void)state;
	assert_true(input_count > 0);
	for (size_t i = 0; i < input_count; i++)
		try_input(inputs[i].bytes, inputs[i].size);
}

static void test_replay__changed_inputs_show_no_mistake(void **state)
{
	struct input in = { malloc(target->most + 1), 0 };
	struct random random = random_new(0);

	(void)state;
	assert_non_null(in.bytes);
	for (size_t i = 0, rounds = how_many_rounds(SCALED(target->rounds), SCALED(target->many)); i < rounds; i++) {
		const struct input *from = &inputs[random_below(&random, (uint32_t)input_count)];

		in.size = from->size < target->most ? from->size : target->most;
		memcpy(in.bytes, from->bytes, in.size);
		change_input(&in, &random);
		try_input(in.bytes, in.size);
	}
	free(in.bytes);
}

static int run_file(const char *path)
{
	input_count = 0;
	read_input(path);
	try_input(inputs[0].bytes, inputs[0].size);
	return 0;
}

int replay_main(int argc, char **argv, const struct replay *replay)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replay__seeds_and_kept_inputs_show_no_mistake),
		cmocka_unit_test(test_replay__changed_inputs_show_no_mistake),
	};
	struct stat st;

	target = replay;
	random_seed();
	replay->seeds();
	if (argc > 1 && strchr(argv[1], '/') != NULL)
		return stat(argv[1], &st) == 0 && S_ISDIR(st.st_mode) ? write_inputs(argv[1]) : run_file(argv[1]);
	read_kept();
	printf("%zu inputs\n", input_count);
	fflush(stdout);
	watch_for_mistakes();
	return RUN_TESTS(tests, NULL, NULL);
}
