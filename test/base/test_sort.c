/* SPDX-License-Identifier: BSD-2-Clause */
/* test_sort.c - a sort in steps loses nothing, sorts, and does about as much in each step as was asked. */
#include "../../lib/base/base.h"

#include "../../lib/base/sort.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support/choose.h"
#include "../support/random.h"

struct element {
	uint32_t key, at;
};

static int compare_keys(const void *a, const void *b, void *calls)
{
	uint32_t x = ((const struct element *)a)->key, y = ((const struct element *)b)->key;

	++*(size_t *)calls;
	return x < y ? -1 : x > y;
}

/* A sum that differs if an element is lost, or there twice. */
static uint64_t sum_up(const struct element *elements, size_t count)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += ((uint64_t)elements[i].key << 32 | elements[i].at) * 0x9E3779B97F4A7C15u;
	return sum;
}

static void sort_in_steps(size_t count, uint32_t keys, size_t most)
{
	struct element *items = malloc((count + 1) * sizeof(*items)), *spare = malloc((count + 1) * sizeof(*items));
	size_t calls = 0, steps = 0;
	struct ps_sort s = { .items = (char *)items, .spare = (char *)spare, .count = count, .size = sizeof(*items),
			     .compare = compare_keys, .context = &calls };
	struct random random = random_new(count ^ keys ^ most);
	const struct element *sorted;
	uint64_t sum;

	for (size_t i = 0; i < count; i++)
		items[i] = (struct element){ random_below(&random, keys), (uint32_t)i };
	sum = sum_up(items, count);
	while (!ps_sort_step(&s, most))
		steps++;
	sorted = (const struct element *)s.items;
	for (size_t i = 1; i < count; i++)
		assert_true(sorted[i - 1].key <= sorted[i].key);
	assert_true(sum == sum_up(sorted, count));
	/* a step does about what was asked: neither all at once nor next to nothing */
	if (most < count) {
		assert_true(steps >= count / (most + 8 * 4096));
		assert_true(steps <= 2 + (8 + 20) * (count / most + 1));
	}
	assert_true(ps_sort_step(&s, most)); /* it stays sorted */
	assert_ptr_equal(sorted, s.items);
	free(items);
	free(spare);
}

static void test_sort__in_steps_of_any_size(void **state)
{
	static const size_t counts[] = { 0, 1, 2, 100, 4095, 4096, 4097, 8191, 8192, 8193, 20000, 65536, 70001 };
	static const size_t most[] = { 1000, 4096, 5000, 1 << 20 };

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		for (size_t k = 0; k < sizeof(most) / sizeof(most[0]); k++) {
			sort_in_steps(counts[i], 7, most[k]);
			sort_in_steps(counts[i], UINT32_MAX, most[k]);
		}
	sort_in_steps(9000, UINT32_MAX, 1);
}

/* After `most` elements were merged a step ends, and the work of one is not more than that. */
static void test_sort__a_step_merges_as_many_as_were_asked_for(void **state)
{
	enum { COUNT = 4 * 4096 };
	static struct element items[COUNT], spare[COUNT];
	size_t calls = 0, steps = 0;
	struct ps_sort s = { .items = (char *)items, .spare = (char *)spare, .count = COUNT, .size = sizeof(*items),
			     .compare = compare_keys, .context = &calls };

	(void)state;
	for (size_t i = 0; i < COUNT; i++)
		items[i] = (struct element){ (uint32_t)(i * 2654435761u), (uint32_t)i };
	for (; s.run == 0; steps++)
		assert_false(ps_sort_step(&s, 1)); /* a run is sorted as a whole */
	assert_int_equal(steps, COUNT / 4096);
	for (bool done = false; !done;) {
		calls = 0;
		done = ps_sort_step(&s, 100);
		assert_true(calls <= 100);
		steps++;
	}
	assert_int_equal(steps, COUNT / 4096 + 2 * ((COUNT / 2 + 99) / 100 * 2) - 2 * (COUNT / 2 % 100 == 0));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sort__in_steps_of_any_size),
		cmocka_unit_test(test_sort__a_step_merges_as_many_as_were_asked_for),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
