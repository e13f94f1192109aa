/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_chains.c - the hash table of what a warm tree keeps finds what is in it, also where hashes are the same.
 */
#include "../../lib/warm/warm_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "../support/choose.h"
#include "../support/random.h"

enum { NODES = 1000, HEADS = 8, HASHES = 40, STEPS = 20000 };

static struct ps_chain_node nodes[NODES];
static bool within[NODES];

/* Five hashes come to each of eight heads, however many there are. */
static uint32_t hash_of(uint32_t k)
{
	return k % HEADS | k / HEADS << 16;
}

static uint32_t number_of(uint32_t hash)
{
	return hash % HEADS + HEADS * (hash >> 16);
}

static size_t count_found(const struct ps_chains *chains, uint32_t hash)
{
	size_t count = 0;

	for (struct ps_chain_node *node = ps_chains_find(chains, hash); node != NULL; node = ps_chains_next(node)) {
		assert_int_equal(node->hash, hash);
		assert_true(within[node - nodes]);
		count++;
	}
	return count;
}

static void expect_all(const struct ps_chains *chains)
{
	size_t wanted[HASHES] = { 0 }, count = 0;

	for (size_t i = 0; i < NODES; i++)
		if (within[i]) {
			wanted[number_of(nodes[i].hash)]++;
			count++;
		}
	for (uint32_t k = 0; k < HASHES; k++)
		assert_int_equal(count_found(chains, hash_of(k)), wanted[k]);
	assert_null(ps_chains_find(chains, hash_of(HASHES))); /* a head that has others */
	assert_int_equal(chains->count, count);
}

static void test_chains__find_each_node_of_a_hash(void **state)
{
	struct ps_chains chains = { 0 };
	struct ps_share memory;
	struct random random = random_new(1);

	(void)state;
	ps_share_init(&memory, UINT64_MAX);
	assert_null(ps_chains_find(&chains, 7));
	for (int step = 0; step < STEPS; step++) {
		size_t i = random_below(&random, NODES);

		if (within[i]) {
			ps_chains_remove(&chains, &nodes[i]);
		} else {
			assert_true(ps_chains_make_room(&chains, &memory));
			ps_chains_add(&chains, &nodes[i], hash_of(random_below(&random, HASHES)));
		}
		within[i] = !within[i];
		if (step % 100 == 0)
			expect_all(&chains);
	}
	expect_all(&chains);
	assert_true(ps_share_used(&memory) >= chains.size * sizeof(void *));
	ps_chains_free(&chains, &memory);
	assert_int_equal(ps_share_used(&memory), 0);
}

/* The first heads need memory; once they are there, more nodes only make the chains longer. */
static void test_chains__do_without_memory_to_grow(void **state)
{
	struct ps_chains chains = { 0 };
	struct ps_share memory;

	(void)state;
	memset(within, 0, sizeof(within));
	ps_share_init(&memory, 8);
	assert_false(ps_chains_make_room(&chains, &memory));
	ps_share_init(&memory, 64 * sizeof(void *) + 100);
	for (uint32_t i = 0; i < NODES; i++) {
		assert_true(ps_chains_make_room(&chains, &memory));
		ps_chains_add(&chains, &nodes[i], hash_of(i % HASHES));
		within[i] = true;
	}
	assert_int_equal(chains.size, 64);
	expect_all(&chains);
	ps_chains_free(&chains, &memory);
	assert_int_equal(ps_share_used(&memory), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chains__find_each_node_of_a_hash),
		cmocka_unit_test(test_chains__do_without_memory_to_grow),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
