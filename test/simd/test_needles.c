/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_needles.c - many literals at once: compares each table that this machine can run with the simplest search, at
 * all alignments and at the edges of unreadable memory.
 *
 * PS_SEED=number repeats a run.
 */
#include "../../lib/base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/simd/simd.h"
#include "../support/choose.h"
#include "../../lib/simd/needles.h"
#include "../support/guard.h"
#include "../support/random.h"
#include "../support/scale.h"

#define MAX_LENGTH 200

struct set {
	const uint8_t *bytes[PS_NEEDLES_MAX];
	size_t lengths[PS_NEEDLES_MAX];
	size_t count;
	struct ps_needles *made;
};

static struct guard guard;
static uint64_t seed;

static uint32_t rnd(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)((seed >> 32) % below);
}

/* Calls f with each table that this machine can run. */
static void each_table(void (*f)(const struct ps_simd *))
{
	uint32_t cpu = ps_cpu_features();

	for (const struct ps_simd *const *t = ps_simd_tables; *t != NULL; t++) {
		if (((*t)->need & ~cpu) != 0)
			print_message("not run on this machine: %s\n", (*t)->name);
		else
			f(*t);
	}
}

/* ---- sets of needles ---- */

/* Each needle has memory of exactly its size, so that the sanitizer guards it. It is copied, so it is freed at once. */
static void make(struct set *set)
{
	uint8_t *copies[PS_NEEDLES_MAX];

	for (size_t i = 0; i < set->count; i++) {
		copies[i] = malloc(set->lengths[i]);
		assert_non_null(copies[i]);
		memcpy(copies[i], set->bytes[i], set->lengths[i]);
	}
	assert_int_equal(ps_needles_new(&set->made, (const uint8_t *const *)copies, set->lengths,
					set->count), SEARCH_OK);
	for (size_t i = 0; i < set->count; i++)
		free(copies[i]);
}

static void add(struct set *set, const void *bytes, size_t length)
{
	set->bytes[set->count] = bytes;
	set->lengths[set->count++] = length;
}

static void add_text(struct set *set, const char *const *text)
{
	for (; *text != NULL; text++)
		add(set, *text, strlen(*text));
}

/* ---- the reference ---- */

static bool stands(const struct set *set, size_t i, const uint8_t *p, const uint8_t *end)
{
	size_t k = 0;

	if (set->lengths[i] > (size_t)(end - p))
		return false;
	while (k < set->lengths[i] && p[k] == set->bytes[i][k])
		k++;
	return k == set->lengths[i];
}

static const uint8_t *slow_find(const struct set *set, const uint8_t *p, const uint8_t *end,
				size_t *which)
{
	for (; p < end; p++)
		for (*which = 0; *which < set->count; ++*which)
			if (stands(set, *which, p, end))
				return p;
	return NULL;
}

static const uint8_t *check(const struct ps_simd *t, const struct set *set, const uint8_t *p,
			    const uint8_t *end)
{
	size_t want_which = 0, which = 99;
	const uint8_t *want = slow_find(set, p, end, &want_which), *got;

	got = t->find_any(set->made, p, end, &which);
	if (got != want || (want != NULL && which != want_which))
		fail_msg("%s: %zu needles in %zu bytes: %zu at %td, not %zu at %td", t->name, set->count,
			 (size_t)(end - p), which, got == NULL ? -1 : got - p, want_which,
			 want == NULL ? -1 : want - p);
	return want;
}

/* Compares all occurrences in the text, one after the other. */
static void check_all(const struct ps_simd *t, const struct set *set, const uint8_t *p,
		      const uint8_t *end)
{
	while (p <= end && (p = check(t, set, p, end)) != NULL)
		p++;
}

/* ---- a needle at every place ---- */

static const char *const few[][8] = {
	{ "x", NULL },
	{ "x", "Y", NULL },
	{ "xy", "yx", NULL },
	{ "ax", "x", NULL },
	{ "xyz", "zyx", "aXa", NULL },
	{ "ERR_SYS", "PME_TURN_OFF", "LINK_REQ_RST", "CFG_BME_EVT", NULL },
	{ "abcd", "abcde", "abc", "bcd", NULL },
	{ "\xD0\xB6\xD0\xB0", "\xFF\xFE", "\x80", NULL },
	{ "aaaaaaaX", "aaaaXaaa", "Xaaaaaaa", NULL },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaX", "the quick brown fox", "aab", NULL },
};

static void plant_everywhere(const struct ps_simd *t, const struct set *set, size_t i)
{
	for (size_t length = 0; length <= MAX_LENGTH; length++) {
		size_t step = length < 90 ? 1 : 3; /* all places, seen from the end, by three lengths */
		uint8_t *p = guard.end - length;

		memset(p, 'a', length);
		check(t, set, p, guard.end);
		for (size_t at = length % step; at + set->lengths[i] <= length; at += step) {
			memset(p, 'a', length);
			memcpy(p + at, set->bytes[i], set->lengths[i]);
			check(t, set, p, guard.end);
		}
	}
}

static void find_everywhere(const struct ps_simd *t)
{
	for (size_t k = 0; k < sizeof(few) / sizeof(few[0]); k++) {
		struct set set = { .count = 0 };

		add_text(&set, few[k]);
		make(&set);
		for (size_t i = 0; i < set.count; i++)
			plant_everywhere(t, &set, i);
		ps_needles_free(set.made);
	}
}

static void test_needles__find_any_sees_a_needle_at_every_place(void **state)
{
	(void)state;
	each_table(find_everywhere);
}

/* ---- which ---- */

static void which_is_first(const struct ps_simd *t)
{
	static const char *const texts[] = { "match", "matchless", "a mat", "rematches", "ma",
					     "................................................matching" };
	static const char *const orders[][6] = { { "mat", "match", "matchless", "ma", NULL },
						 { "matchless", "match", "mat", "ma", NULL },
						 { "match", "matching", "match", "mat", NULL } };

	for (size_t k = 0; k < sizeof(orders) / sizeof(orders[0]); k++) {
		struct set set = { .count = 0 };

		add_text(&set, orders[k]);
		make(&set);
		for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
			uint8_t *p = guard_at_end(&guard, texts[i], strlen(texts[i]));

			check_all(t, &set, p, guard.end);
		}
		ps_needles_free(set.made);
	}
}

static void test_needles__find_any_names_the_first_given(void **state)
{
	(void)state;
	each_table(which_is_first);
}

/* ---- all counts ---- */

/* 64 literals with a common start, such as the names of one library. */
static void prefixed(const struct ps_simd *t)
{
	char word[PS_NEEDLES_MAX][24];

	for (size_t count = 1; count <= PS_NEEDLES_MAX; count++) {
		struct set set = { .count = 0 };

		for (size_t i = 0; i < count; i++)
			add(&set, word[i], (size_t)snprintf(word[i], sizeof(word[i]), "pci_%s%zu",
							    i % 2 != 0 ? "set_" : "", i));
		make(&set);
		for (size_t i = 0; i < 300; i++) {
			char text[160];
			int length = snprintf(text, sizeof(text), "%*s pci_set_%u pci_%u set_%u",
					      (int)(i % 70), "", rnd(99), rnd(99), rnd(9));
			uint8_t *p = guard_at_end(&guard, text, (size_t)length);

			check_all(t, &set, p, guard.end);
		}
		ps_needles_free(set.made);
	}
}

static void test_needles__find_any_agrees_for_1_to_64(void **state)
{
	(void)state;
	each_table(prefixed);
}

/* ---- random texts ---- */

static uint8_t letter(uint32_t letters, uint32_t kind)
{
	uint32_t v = rnd(letters);

	if (kind == 0)
		return (uint8_t)('a' + v);
	return kind == 1 ? (uint8_t)(0x7E + v) : (uint8_t)(v * 37); /* over 80; all nibbles */
}

static void random_set(struct set *set, uint8_t (*store)[40], uint32_t letters, uint32_t kind)
{
	uint32_t longest = rnd(3) == 0 ? 40 : 1 + rnd(5);
	size_t shared = rnd(3) == 0 ? rnd(longest) : 0;

	set->count = 0;
	for (size_t count = 1 + rnd(rnd(2) == 0 ? 6 : PS_NEEDLES_MAX); count > 0; count--) {
		uint8_t *to = store[set->count];
		size_t length = ps_max(shared, 1) + rnd(longest - (uint32_t)shared);

		for (size_t i = 0; i < length; i++)
			to[i] = i < shared && set->count > 0 ? store[0][i] : letter(letters, kind);
		add(set, to, ps_min(length, 40));
	}
}

static size_t random_text(const struct set *set, uint8_t *text, size_t size, uint32_t letters,
			  uint32_t kind)
{
	size_t length = rnd((uint32_t)size);

	for (size_t i = 0; i < length; i++)
		text[i] = letter(letters, kind);
	for (size_t times = rnd(4); times > 0; times--) {
		size_t i = rnd((uint32_t)set->count);

		if (set->lengths[i] <= length)
			memcpy(text + rnd((uint32_t)(length - set->lengths[i] + 1)), set->bytes[i],
			       set->lengths[i]);
	}
	return length;
}

static void find_by_chance(const struct ps_simd *t)
{
	for (size_t round = 0, rounds = how_many_rounds(1000, ROUNDS(4000)); round < rounds; round++) {
		uint8_t store[PS_NEEDLES_MAX][40], text[MAX_LENGTH * 2];
		uint32_t letters = 1 + rnd(rnd(2) == 0 ? 4 : 60), kind = rnd(3);
		struct set set = { .count = 0 };

		random_set(&set, store, letters, kind);
		make(&set);
		if (rnd(2) == 0) /* any number gives the same, sooner or later */
			set.made->quick = 1 + rnd((uint32_t)set.made->positions);
		for (int k = 0; k < 10; k++) {
			size_t length = random_text(&set, text, sizeof(text), rnd(2) != 0 ? letters : 60, kind);
			size_t align = rnd(64);
			uint8_t *p = guard_at_end(&guard, text, length);

			check_all(t, &set, p, p + length);
			p = guard_at_begin(&guard, text, length);
			check(t, &set, p, p + length);
			memmove(p + align, p, length);
			check(t, &set, p + align, p + align + length);
		}
		ps_needles_free(set.made);
	}
}

static void test_needles__find_any_agrees_on_random_texts(void **state)
{
	(void)state;
	each_table(find_by_chance);
}

/* ---- costly texts ---- */

/* At every place each needle fails only deep inside; at last there is one. */
static void deep(const struct ps_simd *t)
{
	size_t length = 1 << 20, n = 16 << 10;
	uint8_t *text = malloc(length), *needles = malloc(8 * n);
	struct set set = { .count = 0 };
	size_t which;

	assert_non_null(text);
	assert_non_null(needles);
	memset(text, 'a', length);
	memset(needles, 'a', 8 * n);
	for (size_t i = 0; i < 8; i++) {
		needles[i * n + n / 2] = (uint8_t)('b' + i);
		add(&set, needles + i * n, n);
	}
	make(&set);
	assert_null(t->find_any(set.made, text, text + length, &which));
	memcpy(text + length - n, set.bytes[5], n);
	assert_ptr_equal(t->find_any(set.made, text, text + length, &which), text + length - n);
	assert_int_equal(which, 5);
	memcpy(text + length / 2, set.bytes[3], n);
	assert_ptr_equal(t->find_any(set.made, text, text + length, &which), text + length / 2);
	assert_int_equal(which, 3);
	ps_needles_free(set.made);
	free(needles);
	free(text);
}

/* Every place is a candidate, but none is a needle until late: going on in another way must miss none. */
static void dense(const struct ps_simd *t)
{
	static const char *const words[] = { "abababac", "bababaX", "aababb", NULL };
	size_t length = 40000;
	uint8_t *text = malloc(length);
	struct set set = { .count = 0 };

	assert_non_null(text);
	add_text(&set, words);
	make(&set);
	for (size_t at = 0; at < length - 8; at += 1 + rnd(3000)) {
		for (size_t i = 0; i < length; i++)
			text[i] = i % 2 != 0 ? 'b' : 'a';
		memcpy(text + at, set.bytes[at % 3], set.lengths[at % 3]);
		check(t, &set, text, text + length);
	}
	ps_needles_free(set.made);
	free(text);
}

static void test_needles__find_any_worst_case_ends(void **state)
{
	(void)state;
	each_table(deep);
}

static void test_needles__find_any_agrees_on_dense_candidates(void **state)
{
	(void)state;
	each_table(dense);
}

/* ---- making ---- */

/* Else a place that has a bit of one and a bit of another would be a candidate. */
static void test_needles__few_have_a_bucket_each(void **state)
{
	static const char *const words[] = { "a", "b", "c", "d", "p", "q", "r", "s", NULL };
	struct set set = { .count = 0 };
	uint8_t seen = 0;

	(void)state;
	add_text(&set, words);
	make(&set);
	for (size_t i = 0; i < set.count; i++) {
		uint8_t buckets = set.made->exact[0][set.bytes[i][0]];

		assert_int_not_equal(buckets, 0);
		assert_int_equal(buckets & seen, 0);
		seen |= buckets;
	}
	ps_needles_free(set.made);
}

static void test_needles__new_fails_if_the_needles_exceed_memory(void **state)
{
	const uint8_t *bytes[2] = { (const uint8_t *)"a", (const uint8_t *)"b" };
	const size_t over[2] = { SIZE_MAX - 8, SIZE_MAX }, huge[2] = { SIZE_MAX - 65536, 1 };
	struct ps_needles *made = (struct ps_needles *)state;

	assert_int_equal(ps_needles_new(&made, bytes, over, 2), SEARCH_ENOMEM);
	assert_null(made);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	made = (struct ps_needles *)state; /* the sanitizers end a program that asks for this much */
	assert_int_equal(ps_needles_new(&made, bytes, huge, 2), SEARCH_ENOMEM);
	assert_null(made);
#else
	(void)huge;
#endif
	ps_needles_free(NULL);
}

/* Four bytes, each of which is one of two, tell the needles apart: all four are needed. So no two have one key. */
static void test_needles__new_finds_a_key_that_tells_needles_apart(void **state)
{
	enum { COUNT = 1 << PS_KEY, LENGTH = 60 };
	uint8_t bytes[COUNT][LENGTH];
	const uint8_t *needles[COUNT];
	size_t lengths[COUNT];

	(void)state;
	for (size_t begin = PS_KEY; begin + PS_KEY <= LENGTH; begin += 7) {
		struct ps_needles *made;

		for (size_t i = 0; i < COUNT; i++) {
			memset(bytes[i], 'x', LENGTH);
			for (size_t k = 0; k < PS_KEY; k++)
				bytes[i][begin + k] = (i >> k & 1) != 0 ? 'a' : 'b';
			needles[i] = bytes[i];
			lengths[i] = LENGTH;
		}
		assert_int_equal(ps_needles_new(&made, needles, lengths, COUNT), SEARCH_OK);
		for (size_t i = 0; i < COUNT; i++)
			assert_int_equal(made->next[i], PS_NEEDLES_MAX);
		ps_needles_free(made);
	}
}

static int open_guard(void **state)
{
	(void)state;
	seed = random_seed();
	guard_open(&guard, 4096);
	return 0;
}

static int close_guard(void **state)
{
	(void)state;
	guard_close(&guard);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_needles__find_any_sees_a_needle_at_every_place),
		cmocka_unit_test(test_needles__find_any_names_the_first_given),
		cmocka_unit_test(test_needles__find_any_agrees_for_1_to_64),
		cmocka_unit_test(test_needles__find_any_agrees_on_random_texts),
		cmocka_unit_test(test_needles__find_any_worst_case_ends),
		cmocka_unit_test(test_needles__find_any_agrees_on_dense_candidates),
		cmocka_unit_test(test_needles__few_have_a_bucket_each),
		cmocka_unit_test(test_needles__new_fails_if_the_needles_exceed_memory),
		cmocka_unit_test(test_needles__new_finds_a_key_that_tells_needles_apart),
	};

	return RUN_TESTS(tests, open_guard, close_guard);
}
