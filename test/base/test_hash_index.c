/* SPDX-License-Identifier: BSD-2-Clause */
/* test_hash_index.c - what was added is found, as often as it was added, in any order of hashes. */
#include "../../lib/base/base.h"

#include "../../lib/base/hash_index.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support/choose.h"
#include "../support/random.h"

enum { VALUES = 3000 };

/* Adds VALUES numbers with hashes below `hashes`, and looks for all of them after each power of two. */
static void fill_and_find(uint32_t hashes, uint32_t factor)
{
	struct ps_index index = { 0 };
	struct random random = random_new(hashes);
	static uint32_t hash_of[VALUES];

	for (uint32_t n = 0; n < VALUES; n++) {
		hash_of[n] = random_below(&random, hashes) * factor;
		assert_true(ps_index_add(&index, hash_of[n], n));
		assert_int_equal(index.count, n + 1);
		assert_true(index.count * 2 <= index.size && (index.size & (index.size - 1)) == 0);
		assert_true(index.size <= 64 || index.size <= (index.count - 1) * 4);
	}
	for (uint32_t n = 0; n < VALUES; n++) {
		bool seen = false;
		size_t at = 0;
		uint32_t value;

		while (ps_index_next(&index, hash_of[n], &at, &value)) {
			assert_true(value < VALUES && hash_of[value] == hash_of[n]);
			assert_false(seen && value == n);
			seen |= value == n;
		}
		assert_true(seen);
	}
	for (uint32_t n = 0; n < 100; n++) { /* and no others */
		size_t at = 0;
		uint32_t value;

		assert_false(ps_index_next(&index, hashes * factor + n * 64 + 1, &at, &value));
	}
	ps_index_free(&index);
	assert_true(index.slots == NULL && index.size == 0 && index.count == 0);
	ps_index_free(&index);
}

static void test_hash_index__finds_what_was_added(void **state)
{
	(void)state;
	fill_and_find(1000000, 1);
	fill_and_find(1000, 64); /* all collide in a small table */
	fill_and_find(60, 1 << 16);
}

static void test_hash_index__an_empty_one_has_nothing(void **state)
{
	struct ps_index index = { 0 };
	size_t at = 0;
	uint32_t value;

	(void)state;
	assert_false(ps_index_next(&index, 0, &at, &value));
	assert_true(ps_index_add(&index, UINT32_MAX, 0));
	at = 0;
	assert_true(ps_index_next(&index, UINT32_MAX, &at, &value));
	assert_int_equal(value, 0);
	assert_false(ps_index_next(&index, UINT32_MAX, &at, &value));
	ps_index_free(&index);
}

/* Hashes of words that differ in one bit, in their order or in their number differ, in the low bits, too. */
static void test_hash_index__hashes_differ(void **state)
{
	uint32_t words[4] = { 1, 2, 3, 4 }, swapped[4] = { 2, 1, 3, 4 }, seen[2 + 4 * 32];
	size_t count = 0, same = 0;

	(void)state;
	assert_int_equal(ps_hash(7, words, 4), ps_hash(7, words, 4));
	assert_int_not_equal(ps_hash(7, words, 4), ps_hash(8, words, 4));
	assert_int_not_equal(ps_hash(7, words, 4), ps_hash(7, swapped, 4));
	assert_int_not_equal(ps_hash(7, words, 4), ps_hash(7, words, 3));
	seen[count++] = ps_hash(7, words, 4);
	for (size_t bit = 0; bit < 4 * 32; bit++) {
		words[bit / 32] ^= 1u << bit % 32;
		seen[count++] = ps_hash(7, words, 4);
		words[bit / 32] ^= 1u << bit % 32;
	}
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < i; k++) {
			assert_int_not_equal(seen[i], seen[k]);
			same += (seen[i] & 0xFFF) == (seen[k] & 0xFFF);
		}
	assert_true(same <= 10); /* 2 of these 8,256 pairs, by chance */
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hash_index__finds_what_was_added),
		cmocka_unit_test(test_hash_index__an_empty_one_has_nothing),
		cmocka_unit_test(test_hash_index__hashes_differ),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
