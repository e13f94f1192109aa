/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_signer.c - compares signatures with those of slow and simple code, for all tables of kernels.
 */
#include "../../lib/base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/warm/signature.h"
#include "../support/choose.h"
#include "../support/random.h"
#include "../support/scale.h"

enum { LONGEST = 200 * 1024, BITS = 1 << PS_SIGNATURE_LOG_MAX };

static uint8_t text[LONGEST];

/* --- the reference --- */

static void slow_set(uint8_t *bits, uint32_t hash)
{
	bits[hash % BITS] = 1;
}

static bool slow_is_capital(uint8_t byte)
{
	return byte >= 'A' && byte <= 'Z';
}

static void slow_mark(uint8_t *bits, const uint8_t *p, size_t length)
{
	memset(bits, 0, BITS);
	for (size_t i = 0; i + 3 <= length; i++) {
		slow_set(bits, ps_trigram_hash(ps_trigram_word(ps_trigram_fold(p[i]), ps_trigram_fold(p[i + 1]),
							       ps_trigram_fold(p[i + 2]))));
		if (slow_is_capital(p[i]) || slow_is_capital(p[i + 1]) || slow_is_capital(p[i + 2]))
			slow_set(bits, ps_trigram_hash_as_is(ps_trigram_word(p[i], p[i + 1], p[i + 2])));
	}
}

/* Always from the full table. Returns the log of how many bits remain. */
static uint8_t slow_fold(uint8_t *bits)
{
	uint8_t log = PS_SIGNATURE_LOG_MAX;

	for (; log > PS_SIGNATURE_LOG_MIN; log--) {
		size_t half = (size_t)1 << (log - 1), ones = 0;

		for (size_t i = 0; i < half; i++)
			ones += bits[i] | bits[i + half];
		if (2 * ones > half)
			break;
		for (size_t i = 0; i < half; i++)
			bits[i] |= bits[i + half];
	}
	return log;
}

static void check_block(const struct ps_signature *s, uint32_t number, const uint8_t *p, size_t length)
{
	static uint8_t want[BITS];
	const struct ps_signature_block *block = &s->blocks[number];
	const uint8_t *bits = ps_signature_bits(s) + block->bits_at;
	uint32_t lines = 0;
	bool other = false;

	slow_mark(want, p, length);
	assert_int_equal(block->log, slow_fold(want));
	for (size_t i = 0; i < (size_t)1 << block->log; i++)
		if ((bits[i / 8] >> i % 8 & 1) != want[i])
			fail_msg("block %u of %zu bytes: bit %zu of 2^%u", number, length, i, block->log);
	for (size_t i = 0; i < length; i++) {
		lines += p[i] == '\n';
		other |= i + 3 <= length && memcmp(p + i, "\xE2\x84\xAA", 3) == 0;
		other |= i + 2 <= length && memcmp(p + i, "\xC5\xBF", 2) == 0;
	}
	assert_int_equal(block->length, length);
	assert_int_equal(block->lines, lines);
	assert_int_equal(block->has_other_case, other);
}

static size_t slow_longest_line(const uint8_t *p, size_t length)
{
	size_t longest = 0, line = 0;

	for (size_t i = 0; i < length; i++) {
		line = p[i] == '\n' ? 0 : line + 1;
		longest = ps_max(longest, line);
	}
	return longest;
}

/* --- texts --- */

/* Lines of words, of all bytes, or of a few; the last one may have no end. */
static size_t make_text(struct random *r, size_t most)
{
	size_t length = random_below(r, (uint32_t)most + 1);
	uint32_t kind = random_below(r, 4), end = 1 + random_below(r, 120);

	for (size_t i = 0; i < length; i++) {
		uint32_t byte = (random_percent(r, 20) ? 'A' : 'a') + random_below(r, 26);

		if (kind == 0)
			byte = random_below(r, 256);
		else if (kind == 1)
			byte = 'a' + random_below(r, 3);
		else if (random_below(r, 7) == 0)
			byte = ' ';
		text[i] = random_below(r, end) == 0 ? '\n' : (uint8_t)byte;
	}
	for (size_t n = random_below(r, 3); n > 0 && length > 3; n--)
		memcpy(text + random_below(r, (uint32_t)length - 2), n == 1 ? "\xE2\x84\xAA" : "\xC5\xBF" "x", 3);
	return length;
}

/* Cuts the text behind line ends; returns how many pieces there are, and where they end. */
static size_t cut_text(struct random *r, size_t length, size_t *ends, size_t most)
{
	size_t count = 0, at = 0;

	while (at < length) {
		size_t want = at + 1 + random_below(r, (uint32_t)(length - at));
		const uint8_t *end = count + 1 == most ? NULL : memchr(text + want - 1, '\n', length - want + 1);

		at = end == NULL ? length : (size_t)(end - text) + 1;
		ends[count++] = at;
	}
	return count;
}

static struct ps_signature *sign_pieces(struct ps_signer *signer, const size_t *ends, size_t count)
{
	struct ps_signature *s;
	size_t at = 0;

	ps_signer_start(signer);
	for (size_t i = 0; i < count; at = ends[i++])
		assert_int_equal(ps_signer_add(signer, text + at, ends[i] - at), SEARCH_OK);
	s = ps_signer_end(signer);
	assert_non_null(s);
	return s;
}

static void check_text(struct ps_signer *signer, struct random *r, size_t length)
{
	size_t ends[8], count = cut_text(r, length, ends, 8), at = 0;
	struct ps_signature *s = sign_pieces(signer, ends, count);

	assert_true(ps_signature_is_sound(s, s->size));
	assert_int_equal(s->longest_line, slow_longest_line(text, length));
	assert_int_equal(s->block_count, length < 3 ? 0 : count);
	if (length >= 3)
		assert_int_equal(s->size, ps_signer_size(signer));
	for (uint32_t i = 0; i < s->block_count; at = ends[i++])
		check_block(s, i, text + at, ends[i] - at);
	free(s);
}

/* Calls f with a signer for each table that this machine can run. */
static void each_signer(void (*f)(struct ps_signer *))
{
	for (const struct ps_simd *const *t = ps_simd_tables; *t != NULL; t++) {
		struct ps_signer *signer;

		if (((*t)->need & ~ps_cpu_features()) != 0)
			continue;
		assert_int_equal(ps_signer_new(&signer, *t), SEARCH_OK);
		f(signer);
		ps_signer_free(signer);
	}
}

/* --- the tests --- */

static void sign_random_texts(struct ps_signer *signer)
{
	struct random r = random_new(1);

	for (size_t round = 0, rounds = how_many_rounds(150, ROUNDS(2000)); round < rounds; round++) {
		static const size_t most[] = { 20, 300, 5000, 70000 };

		check_text(signer, &r, make_text(&r, most[round % 4]));
	}
}

static void test_signer__signatures_are_those_of_slow_code(void **state)
{
	(void)state;
	each_signer(sign_random_texts);
}

static void sign_short_texts(struct ps_signer *signer)
{
	struct random r = random_new(2);

	for (size_t length = 0; length < 600; length++) {
		for (size_t i = 0; i < length; i++)
			text[i] = (uint8_t)(32 + random_below(&r, 220));
		check_text(signer, &r, length);
	}
}

static void test_signer__each_short_length_gives_what_the_full_table_would(void **state)
{
	(void)state;
	each_signer(sign_short_texts);
}

static bool may_hold(const struct ps_signature *s, uint32_t block, const uint8_t *gram)
{
	uint8_t a = ps_trigram_fold(gram[0]), b = ps_trigram_fold(gram[1]), c = ps_trigram_fold(gram[2]);
	struct ps_clause clause = { .kind = PS_CLAUSE_GRAM, .end = 1 };
	const struct ps_condition condition = { &clause, 1, false };

	clause.folded = ps_trigram_hash(ps_trigram_word(a, b, c));
	clause.as_is = ps_trigram_hash_as_is(ps_trigram_word(gram[0], gram[1], gram[2]));
	clause.has_capital = slow_is_capital(gram[0]) || slow_is_capital(gram[1]) || slow_is_capital(gram[2]);
	return ps_signature_block_may(s, block, &condition);
}

/* Texts of random bytes have the most trigrams; after them, few are left out. */
static void find_each_trigram(struct ps_signer *signer)
{
	struct random r = random_new(3);

	for (size_t round = 0, rounds = how_many_rounds(20, ROUNDS(300)); round < rounds; round++) {
		size_t length = make_text(&r, round % 3 == 0 ? LONGEST : 3000), ends[8];
		size_t count = cut_text(&r, length, ends, 8), block = 0;
		struct ps_signature *s = sign_pieces(signer, ends, count);

		for (size_t i = 0; i + 3 <= length && s->block_count > 0; i++) {
			while (i >= ends[block])
				block++;
			if (i + 3 <= ends[block])
				assert_true(may_hold(s, (uint32_t)block, text + i));
		}
		free(s);
	}
}

static void test_signer__each_trigram_of_a_text_is_found(void **state)
{
	(void)state;
	each_signer(find_each_trigram);
}

/* A set of bits is not all ones, so that something can be ruled out. */
static void test_signer__what_a_text_lacks_is_mostly_ruled_out(void **state)
{
	struct random r = random_new(4);
	struct ps_signer *signer;
	struct ps_signature *s;
	size_t let_through = 0, length = 64 * 1024;

	(void)state;
	for (size_t i = 0; i < length; i++)
		text[i] = (uint8_t)(i % 40 == 39 ? '\n' : "etaoinshr"[random_below(&r, 9)]);
	assert_int_equal(ps_signer_new(&signer, ps_simd_pick(ps_cpu_features())), SEARCH_OK);
	s = sign_pieces(signer, &length, 1);
	for (size_t i = 0; i < 10000; i++) {
		uint8_t gram[3] = { (uint8_t)('0' + random_below(&r, 10)), (uint8_t)(33 + random_below(&r, 90)), '~' };

		let_through += may_hold(s, 0, gram);
	}
	assert_in_range(let_through, 1, 5200);
	free(s);
	ps_signer_free(signer);
}

static void test_signer__a_line_may_grow_over_blocks_of_one_line(void **state)
{
	static const size_t ends[] = { 5, 100005, 100006, 200000 };
	struct ps_signer *signer;
	struct ps_signature *s;

	(void)state;
	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < 3; i++)
		text[ends[i] - 1] = '\n';
	assert_int_equal(ps_signer_new(&signer, ps_simd_pick(0)), SEARCH_OK);
	s = sign_pieces(signer, ends, 4);
	assert_int_equal(s->longest_line, 99999);
	assert_int_equal(s->block_count, 4);
	assert_int_equal(s->blocks[2].length, 1);
	assert_int_equal(s->blocks[2].log, PS_SIGNATURE_LOG_MIN);
	assert_int_equal(s->blocks[3].lines, 0);
	free(s);
	ps_signer_free(signer);
	ps_signer_free(NULL);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signer__signatures_are_those_of_slow_code),
		cmocka_unit_test(test_signer__each_short_length_gives_what_the_full_table_would),
		cmocka_unit_test(test_signer__each_trigram_of_a_text_is_found),
		cmocka_unit_test(test_signer__what_a_text_lacks_is_mostly_ruled_out),
		cmocka_unit_test(test_signer__a_line_may_grow_over_blocks_of_one_line),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
