/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_simd.c - compares each table that this machine can run with slow and simple code, at all alignments and at the
 * edges of unreadable memory.
 */
#include "../../lib/base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/simd/simd.h"
#include "../../lib/simd/trigram.h"
#include "../support/choose.h"
#include "../support/guard.h"
#include "../support/scale.h"

#define MAX_LENGTH 200

static struct guard guard;

static uint64_t seed = 0x9E3779B97F4A7C15u;

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
		if (((*t)->need & ~cpu) != 0) {
			print_message("not run on this machine: %s\n", (*t)->name);
			continue;
		}
		f(*t);
	}
}

/* ---- references ---- */

static const uint8_t *slow_find(const uint8_t *needle, size_t n, const uint8_t *p, const uint8_t *end)
{
	for (; (size_t)(end - p) >= n; p++) {
		size_t i = 0;

		while (i < n && p[i] == needle[i])
			i++;
		if (i == n)
			return p;
	}
	return NULL;
}

/* Decodes to a code point and checks that, which is another way than the library's. */
static size_t slow_sequence(const uint8_t *p, size_t left)
{
	static const uint32_t least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xC0 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : p[0] < 0xF8 ? 4 : 0;
	uint32_t code;

	if (n == 0 || n > left)
		return 0;
	code = n == 1 ? p[0] : p[0] & (0x7Fu >> n);
	for (size_t i = 1; i < n; i++) {
		if (p[i] >> 6 != 2)
			return 0;
		code = code << 6 | (p[i] & 0x3Fu);
	}
	if (code < least[n] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
		return 0;
	return n;
}

static size_t slow_prefix(const uint8_t *p, size_t length)
{
	size_t at = 0, n;

	while (at < length && (n = slow_sequence(p + at, length - at)) != 0)
		at += n;
	return at;
}

/* ---- find ---- */

static void check_find(const struct ps_simd *t, const uint8_t *needle, size_t n, const uint8_t *p,
		       const uint8_t *end)
{
	uint8_t *copy = malloc(n);
	struct ps_needle made;
	const uint8_t *want = slow_find(needle, n, p, end), *got;

	assert_non_null(copy);
	memcpy(copy, needle, n); /* so that the sanitizer guards the needle too */
	ps_needle_init(&made, copy, n);
	got = t->find(&made, p, end);
	if (got != want)
		fail_msg("%s: needle of %zu in %zu bytes: at %td, not %td", t->name, n, (size_t)(end - p),
			 got == NULL ? -1 : got - p, want == NULL ? -1 : want - p);
	free(copy);
}

/* Puts a needle of each length at each place, at the end of readable memory. */
static void find_everywhere(const struct ps_simd *t)
{
	static const char *const needles[] = { "x", "xy", "xyz", "aXa", "abcdX", "Xaaaaaaa", "aaaaaaaaX",
					       "the quick brown fox", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaX" };

	for (size_t k = 0; k < sizeof(needles) / sizeof(needles[0]); k++) {
		const uint8_t *needle = (const uint8_t *)needles[k];
		size_t n = strlen(needles[k]);

		for (size_t length = 0; length <= MAX_LENGTH; length++) {
			uint8_t *p = guard.end - length;

			memset(p, 'a', length);
			check_find(t, needle, n, p, guard.end);
			for (size_t at = 0; at + n <= length; at++) {
				memset(p, 'a', length);
				memcpy(p + at, needle, n);
				check_find(t, needle, n, p, guard.end);
			}
		}
	}
}

/* Uses all alignments, and few different bytes: so there are many partial matches. */
static void find_half_matches(const struct ps_simd *t)
{
	for (size_t round = 0, rounds = how_many_rounds(15000, ROUNDS(60000)); round < rounds; round++) {
		uint8_t text[MAX_LENGTH * 2], needle[40];
		size_t length = rnd(sizeof(text)), n = 1 + rnd(sizeof(needle) - 1);
		size_t align = rnd(64);
		uint32_t letters = 1 + rnd(4);
		uint8_t *p;

		for (size_t i = 0; i < length; i++)
			text[i] = (uint8_t)('a' + rnd(letters));
		for (size_t i = 0; i < n; i++)
			needle[i] = (uint8_t)('a' + rnd(letters));
		if (n <= length && rnd(2) != 0)
			memcpy(needle, text + rnd((uint32_t)(length - n + 1)), n);
		p = guard_at_end(&guard, text, length);
		check_find(t, needle, n, p, p + length);
		p = guard_at_begin(&guard, text, length);
		check_find(t, needle, n, p, p + length);
		memmove(guard.begin + align, guard.begin, length);
		check_find(t, needle, n, guard.begin + align, guard.begin + align + length);
	}
}

/* A text in which every place fails only in the middle of the needle must not take for ever. */
static void find_worst_case(const struct ps_simd *t)
{
	size_t length = 4 << 20, n = 64 << 10;
	uint8_t *text = malloc(length), *needle = malloc(n);
	struct ps_needle made;

	assert_non_null(text);
	assert_non_null(needle);
	memset(text, 'a', length);
	memset(needle, 'a', n);
	needle[n / 2] = 'b'; /* looked for at its offset, and never found, since the text has none */
	ps_needle_init(&made, needle, n);
	assert_null(t->find(&made, text, text + length));
	made.rare1 = 0; /* the same with the worst choice of bytes */
	made.rare2 = n - 1;
	made.rarest = 0;
	assert_null(t->find(&made, text, text + length));
	memcpy(text + length - n, needle, n);
	assert_ptr_equal(t->find(&made, text, text + length), text + length - n);
	free(needle);
	free(text);
}

static void test_simd__find_sees_a_needle_at_every_place(void **state)
{
	(void)state;
	each_table(find_everywhere);
}

static void test_simd__find_agrees_on_half_matches(void **state)
{
	(void)state;
	each_table(find_half_matches);
}

static void test_simd__find_worst_case_ends(void **state)
{
	(void)state;
	each_table(find_worst_case);
}

static void test_simd__needle_prefers_rare_bytes(void **state)
{
	struct ps_needle n;

	(void)state;
	ps_needle_init(&n, (const uint8_t *)"the_Zebra", 9);
	assert_int_equal(n.rarest, 4);
	assert_true(n.rare1 < n.rare2);
	ps_needle_init(&n, (const uint8_t *)"aaaa", 4);
	assert_int_equal(n.rare1, 0);
	assert_int_equal(n.rare2, 3);
	ps_needle_init(&n, (const uint8_t *)"a", 1);
	assert_int_equal(n.rare1, 0);
	assert_int_equal(n.rare2, 0);
	ps_needle_init(&n, (const uint8_t *)"\xD0\xB6\xD0\xB0", 4);
	assert_true((n.rare1 & 1) == 1 && (n.rare2 & 1) == 1);
}

/* ---- count ---- */

static void count_all(const struct ps_simd *t)
{
	for (size_t length = 0; length <= MAX_LENGTH; length++) {
		for (size_t align = 0; align < 64; align++) {
			uint8_t *p = align == 0 ? guard.end - length : guard.begin + align;
			size_t want = 0;

			for (size_t i = 0; i < length; i++) {
				p[i] = rnd(3) == 0 ? '\n' : (uint8_t)(rnd(4) + 8);
				want += p[i] == '\n';
			}
			assert_int_equal(t->count(p, p + length, '\n'), want);
		}
	}
}

/* Long enough for the bytes that count to overflow. */
static void count_long(const struct ps_simd *t)
{
	size_t length = 100000;
	uint8_t *p = malloc(length);

	assert_non_null(p);
	memset(p, 0x80, length);
	assert_int_equal(t->count(p, p + length, 0x80), length);
	assert_int_equal(t->count(p + 1, p + length, 0x80), length - 1);
	assert_int_equal(t->count(p, p + length, 0), 0);
	memset(p, 0, length);
	assert_int_equal(t->count(p, p + length - 3, 0), length - 3);
	free(p);
}

static void test_simd__count_agrees(void **state)
{
	(void)state;
	each_table(count_all);
	each_table(count_long);
}

/* ---- count_needle, count_lines ---- */

static size_t slow_count_lines(const uint8_t *needle, size_t n, const uint8_t *p, const uint8_t *end)
{
	size_t total = 0;

	while (p < end) {
		const uint8_t *line = p;

		while (p < end && *p != '\n')
			p++;
		total += slow_find(needle, n, line, p) != NULL;
		p++;
	}
	return total;
}

static size_t slow_count(const uint8_t *needle, size_t n, const uint8_t *p, const uint8_t *end)
{
	size_t total = 0;

	for (; (p = slow_find(needle, n, p, end)) != NULL; p++)
		total++;
	return total;
}

/* Texts with few different bytes, dense or with long stretches of one byte; needles with and without line ends. */
static void count_lines_at_random(const struct ps_simd *t)
{
	for (size_t round = 0, rounds = how_many_rounds(15000, ROUNDS(60000)); round < rounds; round++) {
		uint8_t text[1200], needle[24];
		size_t length = rnd(sizeof(text)), n = 1 + rnd(rnd(4) == 0 ? sizeof(needle) : 3), at;
		uint32_t letters = 1 + rnd(3), ends = 1 + rnd(200), quiet = rnd(2) * 300;
		struct ps_needle made;
		uint8_t *p;

		for (at = 0; at < length; at++)
			text[at] = rnd(ends) == 0 ? '\n' : (uint8_t)('a' + rnd(letters));
		if (length > quiet)
			memset(text + rnd((uint32_t)(length - quiet)), rnd(2) == 0 ? 'a' : 'z', quiet);
		for (size_t i = 0; i < n; i++)
			needle[i] = (uint8_t)('a' + rnd(letters));
		if (rnd(4) == 0)
			needle[rnd((uint32_t)n)] = '\n';
		ps_needle_init(&made, needle, n);
		p = rnd(2) == 0 ? guard_at_end(&guard, text, length) : guard_at_begin(&guard, text, length);
		assert_int_equal(t->count_needle(&made, p, p + length), slow_count(needle, n, p, p + length));
		if (memchr(needle, '\n', n) == NULL)
			assert_int_equal(t->count_lines(&made, '\n', p, p + length),
					 slow_count_lines(needle, n, p, p + length));
	}
}

/* A needle that stands at every place, or nearly does, must not take for ever. */
static void count_worst_case(const struct ps_simd *t)
{
	size_t length = 4 << 20, n = 64 << 10;
	uint8_t *text = malloc(length), *needle = malloc(n);
	struct ps_needle made;

	assert_non_null(text);
	assert_non_null(needle);
	memset(text, 'a', length);
	memset(needle, 'a', n);
	text[length / 2] = '\n';
	ps_needle_init(&made, needle, n);
	assert_int_equal(t->count_lines(&made, '\n', text, text + length), 2);
	needle[n / 2] = '\n';
	made.rare1 = 0; /* the worst choice of bytes */
	made.rare2 = n - 1;
	made.rarest = 0;
	assert_int_equal(t->count_needle(&made, text, text + length), 1);
	free(needle);
	free(text);
}

static void test_simd__count_lines_agrees(void **state)
{
	(void)state;
	each_table(count_lines_at_random);
	each_table(count_worst_case);
}

/* ---- utf8_prefix ---- */

static void check_prefix(const struct ps_simd *t, const uint8_t *p, size_t length)
{
	size_t want = slow_prefix(p, length), got = t->utf8_prefix(p, p + length);

	if (got != want)
		fail_msg("%s: %zu valid bytes of %zu, not %zu", t->name, got, length, want);
}

/* All sequences of one, two and three bytes, and those of four with the lead bytes that matter. */
static void prefix_exhaustive(const struct ps_simd *t)
{
	for (uint32_t v = 0; v < 1u << 24; v++) {
		uint8_t *p = guard.end - 3;

		if ((v >> 16) < 0x80 && (v & 0xFF) != 0)
			continue; /* what follows an ASCII byte is tested elsewhere */
		p[0] = (uint8_t)(v >> 16);
		p[1] = (uint8_t)(v >> 8);
		p[2] = (uint8_t)v;
		check_prefix(t, p, 3);
	}
	for (uint32_t v = 0; v < 16u << 16; v++) {
		uint8_t *p = guard.end - 4;

		p[0] = (uint8_t)(0xF0 + (v >> 16));
		p[1] = (uint8_t)(v >> 8);
		p[2] = (uint8_t)v;
		p[3] = (uint8_t)rnd(256);
		check_prefix(t, p, 4);
	}
}

/* Puts each invalid sequence at each place of a longer text, which is cut off anywhere. */
static void prefix_everywhere(const struct ps_simd *t)
{
	static const char *const odd[] = { "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\x80", "\xC0\x80",
					   "\xED\xA0\x80", "\xED\x9F\xBF", "\xE0\x9F\xBF", "\xF4\x8F\xBF\xBF",
					   "\xF4\x90\x80\x80", "\xF0\x8F\xBF\xBF", "\xFF", "\xE2\x82" };

	for (size_t k = 0; k < sizeof(odd) / sizeof(odd[0]); k++) {
		size_t n = strlen(odd[k]);

		for (size_t length = n; length <= MAX_LENGTH; length++) {
			uint8_t *p = guard.end - length;

			for (size_t at = 0; at + n <= length; at++) {
				memset(p, 'a', length);
				memcpy(p + at, odd[k], n);
				check_prefix(t, p, length);
				check_prefix(t, p, at + n - 1);
			}
		}
	}
}

static void prefix_random(const struct ps_simd *t)
{
	static const char *const piece[] = { "a", "bcdefghijklmnopqrstuvwxyz0123456789", "\xC3\xA9",
					     "\xE2\x82\xAC\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xD0\xB6" };

	for (size_t round = 0, rounds = how_many_rounds(10000, ROUNDS(40000)); round < rounds; round++) {
		uint8_t text[600];
		size_t length = 0;

		while (length < 500) {
			const char *s = piece[rnd(6)];

			memcpy(text + length, s, strlen(s));
			length += strlen(s);
		}
		length = rnd((uint32_t)length);
		if (length > 0 && rnd(2) != 0)
			text[rnd((uint32_t)length)] = (uint8_t)rnd(256);
		check_prefix(t, guard_at_end(&guard, text, length), length);
	}
}

static void test_simd__utf8_prefix_agrees(void **state)
{
	(void)state;
	each_table(prefix_exhaustive);
	each_table(prefix_everywhere);
	each_table(prefix_random);
}

/* ---- classify ---- */

static void classify_random(const struct ps_simd *t)
{
	enum { BLOCKS = 5 };
	size_t length = BLOCKS * PS_BLOCK;

	for (int round = 0; round < ROUNDS(3000); round++) {
		struct ps_classes classes = { .count = rnd(PS_CLASSES_MAX + 1) };
		uint64_t masks[(PS_CLASSES_MAX + 1) * (BLOCKS + 1)];
		uint8_t text[BLOCKS * PS_BLOCK + 64];
		size_t blocks = 1 + rnd(BLOCKS), stride = blocks + rnd(2);
		const uint8_t *p = rnd(2) == 0 ? guard.end - blocks * PS_BLOCK : guard.begin + rnd(64);

		for (size_t i = 0; i < sizeof(text); i++)
			text[i] = (uint8_t)rnd(256);
		for (size_t c = 0; c < PS_CLASSES_MAX; c++)
			for (size_t i = 0; i < 16; i++)
				classes.low[c][i] = (uint8_t)rnd(256);
		memcpy(guard.begin, text, length);
		memcpy(guard.end - length, text, length);
		memset(masks, 0x55, sizeof(masks));
		t->classify(&classes, p, blocks, masks, stride);
		for (size_t c = 0; c <= classes.count; c++)
			for (size_t i = 0; i < blocks * PS_BLOCK; i++) {
				bool want = c == classes.count ? p[i] >= 0x80 :
					p[i] < 0x80 && (classes.low[c][p[i] % 16] >> p[i] / 16) % 2 != 0;

				if ((masks[c * stride + i / 64] >> i % 64) % 2 != want)
					fail_msg("%s: class %zu of byte %02X", t->name, c, p[i]);
			}
	}
}

static void test_simd__classify_agrees(void **state)
{
	(void)state;
	each_table(classify_random);
}

/* ---- trigrams ---- */

enum { MARKS = 1 << 15 };

static uint8_t slow_fold(uint8_t byte)
{
	if (byte < 32)
		return ' ';
	return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte - 'A' + 'a') : byte;
}

static void slow_trigrams(const uint8_t *p, size_t length, uint8_t *marks, uint32_t mask)
{
	for (size_t i = 0; i + 3 <= length; i++) {
		uint8_t folded[3];
		bool capital = false;

		for (size_t k = 0; k < 3; k++) {
			folded[k] = slow_fold(p[i + k]);
			capital |= folded[k] != p[i + k] && p[i + k] >= 32;
		}
		marks[ps_trigram_hash(ps_trigram_word(folded[0], folded[1], folded[2])) & mask] = PS_TRIGRAM_MARK;
		if (capital)
			marks[ps_trigram_hash_as_is(ps_trigram_word(p[i], p[i + 1], p[i + 2])) & mask] =
				PS_TRIGRAM_MARK;
	}
}

static void check_trigrams(const struct ps_simd *t, const uint8_t *p, size_t length, uint32_t mask)
{
	static uint8_t want[MARKS], got[MARKS];

	memset(want, 0, (size_t)mask + 1);
	memset(got, 0, sizeof(got));
	slow_trigrams(p, length, want, mask);
	t->trigrams(p, p + length, got, mask);
	if (memcmp(want, got, (size_t)mask + 1) != 0)
		fail_msg("%s: other marks of %zu bytes, mask %X", t->name, length, mask);
	for (size_t i = (size_t)mask + 1; i < MARKS; i++)
		assert_int_equal(got[i], 0);
}

/* All lengths at both edges of readable memory; capitals everywhere, seldom, or at one place. */
static void trigrams_of_each_length(const struct ps_simd *t)
{
	for (size_t length = 0; length <= MAX_LENGTH; length++) {
		for (uint32_t round = 0; round < 4; round++) {
			uint8_t text[MAX_LENGTH];

			for (size_t i = 0; i < length; i++)
				text[i] = (uint8_t)(rnd(round * 16 + 1) == 0 ? 'A' + rnd(26) : 'a' + rnd(26));
			check_trigrams(t, guard_at_end(&guard, text, length), length, MARKS - 1);
			check_trigrams(t, guard_at_begin(&guard, text, length), length, MARKS - 1);
			memset(text, 'x', length);
			if (length > 0)
				text[rnd((uint32_t)length)] = 'Z';
			check_trigrams(t, guard_at_end(&guard, text, length), length, MARKS - 1);
		}
	}
}

/* Any bytes, and tables of all sizes: also texts that are longer than what a kernel folds at once. */
static void trigrams_at_random(const struct ps_simd *t)
{
	for (size_t round = 0, rounds = how_many_rounds(500, ROUNDS(4000)); round < rounds; round++) {
		static uint8_t text[4096];
		size_t length = rnd(sizeof(text) + 1);
		uint32_t log = 6 + rnd(10), least = rnd(2) * 32;

		for (size_t i = 0; i < length; i++)
			text[i] = (uint8_t)(least + rnd(round % 2 == 0 ? 256 - least : 96));
		check_trigrams(t, guard_at_end(&guard, text, length), length, (1u << log) - 1);
	}
}

static void test_simd__trigrams_are_marked_as_they_are_and_folded(void **state)
{
	(void)state;
	each_table(trigrams_of_each_length);
	each_table(trigrams_at_random);
}

/* ---- choice ---- */

static void test_simd__pick_takes_the_best_table_that_can_run(void **state)
{
	size_t last = 0;

	(void)state;
	while (ps_simd_tables[last + 1] != NULL)
		last++;
	assert_string_equal(ps_simd_tables[last]->name, "portable");
	assert_int_equal(ps_simd_tables[last]->need, 0);
	assert_ptr_equal(ps_simd_pick(UINT32_MAX), ps_simd_tables[0]);
	assert_int_equal(ps_simd_pick(0)->need, 0);
#if defined(__x86_64__)
	assert_string_equal(ps_simd_pick(0)->name, "sse2");
	assert_string_equal(ps_simd_pick(PS_CPU_SSSE3)->name, "ssse3");
	assert_string_equal(ps_simd_pick(PS_CPU_SSSE3 | PS_CPU_AVX2)->name, "avx2");
#endif
}

static int open_guard(void **state)
{
	(void)state;
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
		cmocka_unit_test(test_simd__find_sees_a_needle_at_every_place),
		cmocka_unit_test(test_simd__find_agrees_on_half_matches),
		cmocka_unit_test(test_simd__find_worst_case_ends),
		cmocka_unit_test(test_simd__needle_prefers_rare_bytes),
		cmocka_unit_test(test_simd__count_agrees),
		cmocka_unit_test(test_simd__count_lines_agrees),
		cmocka_unit_test(test_simd__utf8_prefix_agrees),
		cmocka_unit_test(test_simd__classify_agrees),
		cmocka_unit_test(test_simd__trigrams_are_marked_as_they_are_and_folded),
		cmocka_unit_test(test_simd__pick_takes_the_best_table_that_can_run),
	};

	return RUN_TESTS(tests, open_guard, close_guard);
}
