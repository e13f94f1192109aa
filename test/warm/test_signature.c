/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_signature.c - conditions, evaluated on signatures; and signatures that are damaged.
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

static struct ps_signer *signer;

/* Makes a signature with a block for each text, up to NULL. Texts are so short that hardly two trigrams share a bit. */
static struct ps_signature *sign_texts(const char *const *texts)
{
	struct ps_signature *s;

	ps_signer_start(signer);
	for (; *texts != NULL; texts++)
		assert_int_equal(ps_signer_add(signer, (const uint8_t *)*texts, strlen(*texts)), SEARCH_OK);
	s = ps_signer_end(signer);
	assert_non_null(s);
	return s;
}

#define SIGN(...) sign_texts((const char *const[]){ __VA_ARGS__, NULL })

/* --- conditions that are written down --- */

enum { CLAUSES_MAX = 4096 };

static struct ps_clause clauses[CLAUSES_MAX];
static struct ps_condition condition = { clauses, 0, false };

static struct ps_clause *add_clause(enum ps_clause_kind kind)
{
	struct ps_clause *clause = &clauses[condition.count++];

	assert_in_range(condition.count, 1, CLAUSES_MAX);
	*clause = (struct ps_clause){ .kind = (uint8_t)kind, .end = condition.count };
	return clause;
}

static void add_gram(const char *g)
{
	struct ps_clause *clause = add_clause(PS_CLAUSE_GRAM);
	const uint8_t *t = (const uint8_t *)g;

	for (size_t i = 0; i < 3; i++) {
		clause->text[i] = t[i];
		clause->has_capital |= ps_is_capital(t[i]);
	}
	clause->folded = ps_trigram_hash(ps_trigram_word(ps_trigram_fold(t[0]), ps_trigram_fold(t[1]),
							 ps_trigram_fold(t[2])));
	clause->as_is = ps_trigram_hash_as_is(ps_trigram_word(t[0], t[1], t[2]));
}

/* Reads (&...) and (|...), whose children are such, or trigrams. Returns the place after it. */
static const char *read_clause(const char *p)
{
	uint32_t at = condition.count;

	if (*p != '(') {
		add_gram(p);
		return p + 3;
	}
	add_clause(p[1] == '&' ? PS_CLAUSE_ALL : PS_CLAUSE_ANY);
	for (p += 2; *p != ')';)
		p = *p == ' ' ? p + 1 : read_clause(p);
	clauses[at].end = condition.count;
	return p + 1;
}

static const struct ps_condition *read_condition(const char *p)
{
	condition.count = 0;
	condition.other_case = false;
	assert_int_equal(*read_clause(p), '\0');
	return &condition;
}

static void test_signature__conditions_hold_as_they_say(void **state)
{
	static const struct {
		const char *condition;
		bool may;
	} rows[] = {
		{ "abc", true },
		{ "abd", false },
		{ "(&abc bcd)", true },
		{ "(&abc bce)", false },
		{ "(|abc xyz)", true },
		{ "(|xyz abc)", true },
		{ "(|xyz xyw)", false },
		{ "(&)", true },
		{ "(|)", false },
		{ "(&(|)(&))", false },
		{ "(|(|)(&))", true },
		{ "(&abc(|xyz bcd)cde)", true },
		{ "(&abc(|xyz xyw)cde)", false },
		{ "(&abc(|xyz bcd)xyz)", false },
		{ "(|(&abc xyz)(&bcd cde))", true },
		{ "(|(&abc xyz)(&bcd xyz))", false },
		{ "(|(&abc(|xyz xyw))xyz(&(&(|abc))))", true },
		{ "(&(|(&xyz(|abc)))abc)", false },
		{ "ABC", false },
		{ "PM_", true },
		{ "pm_", true },
		{ "Pm_", false },
	};
	struct ps_signature *s = SIGN("abcde PM_\n");

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct ps_condition *c = read_condition(rows[i].condition);

		if (ps_signature_may(s, c, false) != rows[i].may || ps_signature_may(s, c, true) != rows[i].may ||
		    ps_signature_block_may(s, 0, c) != rows[i].may)
			fail_msg("%s", rows[i].condition);
	}
	free(s);
}

static void test_signature__one_block_must_fulfil_all_or_with_whole_all_together(void **state)
{
	struct ps_signature *s = SIGN("abc\n", "uvw\n", "abc xyz\n");

	(void)state;
	assert_true(ps_signature_may(s, read_condition("(&abc xyz)"), false));
	assert_false(ps_signature_block_may(s, 0, &condition));
	assert_true(ps_signature_block_may(s, 2, &condition));
	assert_false(ps_signature_may(s, read_condition("(&uvw xyz)"), false));
	assert_true(ps_signature_may(s, &condition, true));
	assert_false(ps_signature_may(s, read_condition("(&uvw xyz 123)"), true));
	assert_true(ps_signature_may(s, read_condition("(|123(&xyz uvw))"), true));
	free(s);
}

static void test_signature__a_text_without_trigrams_fulfils_only_what_asks_for_none(void **state)
{
	struct ps_signature *s = SIGN("ab");

	(void)state;
	assert_int_equal(s->block_count, 0);
	for (int whole = 0; whole < 2; whole++) {
		assert_false(ps_signature_may(s, read_condition("abc"), whole != 0));
		assert_false(ps_signature_may(s, read_condition("(&abc)"), whole != 0));
		assert_false(ps_signature_may(s, read_condition("(|abc xyz)"), whole != 0));
		assert_true(ps_signature_may(s, read_condition("(&)"), whole != 0));
	}
	free(s);
}

static void test_signature__another_case_outside_ascii_fulfils_what_asks_for_any_case(void **state)
{
	static const char *const texts[] = { "a \xE2\x84\xAA.\n", "long \xC5\xBF\n" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct ps_signature *s = SIGN("plain\n", texts[i], "plain\n");

		for (int whole = 0; whole < 2; whole++) {
			assert_false(ps_signature_may(s, read_condition("(&kin)"), whole != 0));
			condition.other_case = true;
			assert_true(ps_signature_may(s, &condition, whole != 0));
		}
		assert_false(ps_signature_block_may(s, 0, &condition));
		assert_true(ps_signature_block_may(s, 1, &condition));
		free(s);
	}
}

/* --- conditions at random --- */

static const char *const grams[] = { "abc", "bcd", "ABC", "Bcd", "xyz", "XYZ" };

static void add_random(struct random *r, uint32_t depth)
{
	uint32_t at = condition.count;

	if (depth == 0 || random_below(r, 3) == 0) {
		add_gram(grams[random_below(r, 6)]);
		return;
	}
	add_clause(random_below(r, 2) == 0 ? PS_CLAUSE_ALL : PS_CLAUSE_ANY);
	for (uint32_t n = random_below(r, 4); n > 0; n--)
		add_random(r, depth - 1);
	clauses[at].end = condition.count;
}

static bool has_text(const char *text, const uint8_t *g)
{
	for (; strlen(text) >= 3; text++) {
		char as_is[4] = { text[0], text[1], text[2] }, folded[4] = { 0 };

		for (size_t i = 0; i < 3; i++)
			folded[i] = (char)ps_trigram_fold((uint8_t)text[i]);
		if (memcmp(as_is, g, 3) == 0 || memcmp(folded, g, 3) == 0)
			return true;
	}
	return false;
}

static bool slow_holds(uint32_t at, const char *text)
{
	const struct ps_clause *clause = &clauses[at];
	bool all = clause->kind == PS_CLAUSE_ALL, value = all;

	if (clause->kind == PS_CLAUSE_GRAM)
		return has_text(text, clause->text);
	for (uint32_t i = at + 1; i < clause->end; i = clauses[i].end)
		value = all ? value && slow_holds(i, text) : value || slow_holds(i, text);
	return value;
}

/* None of these trigrams shares a bit with one of the texts: the answer is exact. */
static void test_signature__random_conditions_hold_as_the_definition_says(void **state)
{
	static const char *const texts[] = { "abcd\n", "ABCD\n", "aBcd xyz\n", "XYZ abc\n", "qrs\n", "Bcd XYZ ABC\n" };
	struct random r = random_new(5);
	size_t held = 0, rounds = how_many_rounds(20000, ROUNDS(200000));

	(void)state;
	for (size_t round = 0; round < rounds; round++) {
		const char *text = texts[random_below(&r, 6)];
		struct ps_signature *s = SIGN(text);
		bool want, got;

		condition.count = 0;
		add_random(&r, 1 + random_below(&r, 5));
		want = slow_holds(0, text);
		got = ps_signature_may(s, &condition, random_below(&r, 2) == 0);
		if (want != got)
			fail_msg("round %zu: %d, not %d", round, got, want);
		held += want;
		free(s);
	}
	assert_in_range(held, rounds / 10, rounds - rounds / 10);
}

static void test_signature__what_is_nested_too_deep_may_match(void **state)
{
	struct ps_signature *s = SIGN("abc\n");

	(void)state;
	for (uint32_t depth = 1; depth < 60; depth++) {
		condition.count = 0;
		for (uint32_t i = 0; i < depth; i++)
			add_clause(i % 2 == 0 ? PS_CLAUSE_ANY : PS_CLAUSE_ALL);
		add_gram("xyz");
		for (uint32_t i = 0; i < depth; i++)
			clauses[i].end = condition.count;
		assert_int_equal(ps_signature_may(s, &condition, false), depth > PS_CONDITION_DEPTH);
	}
	free(s);
}

/* --- soundness --- */

/* Memory of just this size, so that the sanitizer sees what is read behind it. */
static void *copy_of(const void *memory, size_t size)
{
	void *copy = malloc(size);

	assert_non_null(copy);
	memcpy(copy, memory, size);
	return copy;
}

static bool is_sound_with(const struct ps_signature *s, size_t at, uint8_t byte)
{
	uint8_t *copy = copy_of(s, s->size);
	bool sound;

	copy[at] = byte;
	sound = ps_signature_is_sound(copy, s->size);
	free(copy);
	return sound;
}

/* Where in a uint32_t at `at` its lowest byte is, and its highest: that depends on the machine. */
static size_t lowest(size_t at)
{
	return at + (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 3 : 0);
}

static size_t highest(size_t at)
{
	return at + (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 0 : 3);
}

static void test_signature__a_damaged_one_is_not_sound(void **state)
{
	struct ps_signature *s = SIGN("some text\n", "and more of it\n");
	const size_t first = sizeof(*s), second = first + sizeof(s->blocks[0]);
	void *copy = copy_of(s, s->size);
	const struct ps_signature *headless = copy;

	(void)state;
	assert_true(ps_signature_is_sound(s, s->size));
	assert_false(is_sound_with(s, lowest(offsetof(struct ps_signature, size)), 0xFF));
	assert_false(is_sound_with(s, lowest(offsetof(struct ps_signature, block_count)), 1));
	assert_false(is_sound_with(s, lowest(offsetof(struct ps_signature, block_count)), 3));
	assert_false(is_sound_with(s, highest(offsetof(struct ps_signature, block_count)), 0xFF));
	assert_false(is_sound_with(s, offsetof(struct ps_signature, reserved), 1));
	assert_true(is_sound_with(s, lowest(offsetof(struct ps_signature, longest_line)), 0xFF));
	assert_false(is_sound_with(s, first + offsetof(struct ps_signature_block, log), PS_SIGNATURE_LOG_MIN - 1));
	assert_false(is_sound_with(s, second + offsetof(struct ps_signature_block, log), PS_SIGNATURE_LOG_MAX));
	assert_false(is_sound_with(s, second + offsetof(struct ps_signature_block, log), 200));
	assert_false(is_sound_with(s, lowest(second + offsetof(struct ps_signature_block, bits_at)), 1));
	assert_false(is_sound_with(s, highest(second + offsetof(struct ps_signature_block, bits_at)), 0x80));
	assert_false(is_sound_with(s, first + offsetof(struct ps_signature_block, has_other_case), 2));
	assert_false(is_sound_with(s, first + offsetof(struct ps_signature_block, reserved), 1));
	assert_false(is_sound_with(s, lowest(first + offsetof(struct ps_signature_block, lines)), 255));
	assert_false(is_sound_with(s, highest(first + offsetof(struct ps_signature_block, length)), 1));
	for (size_t size = 0; size < s->size; size++) {
		void *part = copy_of(s, size);

		assert_false(ps_signature_is_sound(part, size));
		free(part);
	}
	assert_false(ps_signature_is_sound(headless, s->size - 8));
	free(copy);
	free(s);
}

/* What is taken for sound can be asked anything, without a look outside of it. */
static void test_signature__none_that_is_damaged_at_random_leads_outside(void **state)
{
	struct random r = random_new(6);
	size_t sound = 0, rounds = how_many_rounds(20000, ROUNDS(200000));

	(void)state;
	for (size_t round = 0; round < rounds; round++) {
		struct ps_signature *s = SIGN("some text PM_RESUME\n", "more\n", "xyz\n"), *copy;
		size_t head = sizeof(*s) + s->block_count * sizeof(s->blocks[0]), size = s->size;

		for (uint32_t n = 1 + random_below(&r, 3); n > 0; n--)
			((uint8_t *)s)[random_below(&r, (uint32_t)head)] ^= (uint8_t)(1 << random_below(&r, 8));
		copy = copy_of(s, size);
		free(s);
		if (ps_signature_is_sound(copy, size)) {
			sound++;
			condition.count = 0;
			add_random(&r, 3);
			ps_signature_may(copy, &condition, false);
			ps_signature_may(copy, &condition, true);
		}
		free(copy);
	}
	assert_in_range(sound, 1, rounds / 2);
}

static int open_signer(void **state)
{
	(void)state;
	return ps_signer_new(&signer, ps_simd_pick(ps_cpu_features()));
}

static int close_signer(void **state)
{
	(void)state;
	ps_signer_free(signer);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signature__conditions_hold_as_they_say),
		cmocka_unit_test(test_signature__one_block_must_fulfil_all_or_with_whole_all_together),
		cmocka_unit_test(test_signature__a_text_without_trigrams_fulfils_only_what_asks_for_none),
		cmocka_unit_test(test_signature__another_case_outside_ascii_fulfils_what_asks_for_any_case),
		cmocka_unit_test(test_signature__random_conditions_hold_as_the_definition_says),
		cmocka_unit_test(test_signature__what_is_nested_too_deep_may_match),
		cmocka_unit_test(test_signature__a_damaged_one_is_not_sound),
		cmocka_unit_test(test_signature__none_that_is_damaged_at_random_leads_outside),
	};

	return RUN_TESTS(tests, open_signer, close_signer);
}
