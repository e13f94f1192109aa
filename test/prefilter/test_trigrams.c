/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_trigrams.c - the condition that follows from a pattern's tree: as a table, test/data/trigrams/conditions.txt; and
 * of random patterns, whether it is well formed and within its bounds. That matches fulfil it: test/match/test_condition.c.
 */
#include "../../lib/base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/prefilter/trigrams.h"
#include "../support/choose.h"
#include "../support/random.h"
#include "../support/random_pattern.h"
#include "../support/scale.h"

enum { TEXT_SIZE = 64 * 1024 };

/* ---- conditions in writing ---- */

struct written {
	char *to;
	size_t size, length;
};

__attribute__((format(printf, 2, 3)))
static void put(struct written *w, const char *format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(w->to + w->length, w->size - w->length, format, arguments);
	va_end(arguments);
	assert_true(n >= 0 && (size_t)n < w->size - w->length);
	w->length += (size_t)n;
}

static void put_byte(struct written *w, uint8_t byte)
{
	put(w, byte > 0x20 && byte < 0x7F ? "%c" : byte == ' ' ? "_" : "\\%02X", byte);
}

static bool follows(const struct ps_clause *a, const struct ps_clause *b)
{
	return a->kind == PS_CLAUSE_GRAM && b->kind == PS_CLAUSE_GRAM && memcmp(a->text + 1, b->text, 2) == 0;
}

/* The parts of an ALL with spaces between, those of an ANY in braces, with | between. Trigrams that overlap are joined. */
static void put_clause(struct written *w, const struct ps_condition *c, uint32_t at)
{
	const struct ps_clause *clause = &c->clauses[at];
	bool all = clause->kind == PS_CLAUSE_ALL, first = true;

	if (clause->kind == PS_CLAUSE_GRAM) {
		for (size_t i = 0; i < 3; i++)
			put_byte(w, clause->text[i]);
		return;
	}
	put(w, all ? "" : "{");
	for (uint32_t i = at + 1, last = 0; i < clause->end; last = i, i = c->clauses[i].end) {
		if (all && last != 0 && follows(&c->clauses[last], &c->clauses[i])) {
			put_byte(w, c->clauses[i].text[2]);
			continue;
		}
		put(w, first ? "" : all ? " " : "|");
		put_clause(w, c, i);
		first = false;
	}
	put(w, all ? "" : "}");
}

static void write_condition(const struct ps_condition *c, char *to, size_t size)
{
	struct written w = { to, size, 0 };

	to[0] = '\0';
	if (c == NULL) {
		put(&w, "-");
		return;
	}
	put_clause(&w, c, 0);
	put(&w, c->other_case ? " +" : "");
}

static struct ps_condition *condition_of(const char *pattern, size_t length, const struct ps_dialect *dialect, bool whole)
{
	struct ps_condition_draft *draft = ps_condition_draft_new(whole);
	struct ps_condition *c;
	struct ps_ast ast;

	assert_non_null(draft);
	assert_int_equal(ps_parse(&ast, (const uint8_t *)pattern, length, dialect), SEARCH_OK);
	assert_int_equal(ps_condition_draft_add_tree(draft, ast.root), SEARCH_OK);
	assert_int_equal(ps_condition_draft_end(draft, &c), SEARCH_OK);
	ps_ast_free(&ast);
	return c;
}

/* ---- the table ---- */

/* Fields are separated by tabs: options, pattern, condition. */
static bool check_row(char *row, const char *file, unsigned number)
{
	static char is[TEXT_SIZE];
	char *options = strtok(row, "\t"), *pattern = strtok(NULL, "\t"), *want = strtok(NULL, "\t\n");
	struct ps_dialect dialect;
	struct ps_condition *c;
	bool whole, same;

	if (want == NULL)
		fail_msg("%s:%u: not three fields", file, number);
	dialect = *reading(strchr(options, 'i') != NULL);
	dialect.whole = dialect.newlines = whole = strchr(options, 'w') != NULL;
	c = condition_of(pattern, strlen(pattern), &dialect, whole);
	write_condition(c, is, sizeof(is));
	same = strcmp(is, want) == 0;
	if (!same)
		fprintf(stderr, "%s:%u: /%s/\n  is  %s\n  not %s\n", file, number, pattern, is, want);
	ps_condition_free(c);
	return same;
}

static void test_trigrams__table(void **state)
{
	static const char file[] = "test/data/trigrams/conditions.txt";
	FILE *f = fopen(file, "r");
	char row[8192];
	unsigned number = 0, rows = 0;
	bool good = true;

	(void)state;
	assert_non_null(f);
	while (fgets(row, sizeof(row), f) != NULL) {
		number++;
		if (row[0] == '#' || row[0] == '\n')
			continue;
		good = check_row(row, file, number) && good;
		rows++;
	}
	fclose(f);
	assert_true(good);
	assert_true(rows > 50);
}

static void test_trigrams__what_is_added_is_an_alternative(void **state)
{
	static const char *const strings[] = { "Foo bar", "barfoo", "foo", "foobar" };
	struct ps_condition_draft *draft = ps_condition_draft_new(false);
	struct ps_condition *c;
	char text[100];

	(void)state;
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(ps_condition_draft_add_string(draft, (const uint8_t *)strings[i], strlen(strings[i])), SEARCH_OK);
	assert_int_equal(ps_condition_draft_end(draft, &c), SEARCH_OK);
	write_condition(c, text, sizeof(text));
	assert_string_equal(text, "foo bar {Foo_ba|arfo}");
	ps_condition_free(c);

	draft = ps_condition_draft_new(false);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(ps_condition_draft_add_string(draft, (const uint8_t *)strings[i], strlen(strings[i])), SEARCH_OK);
	assert_false(ps_condition_draft_is_vain(draft));
	assert_int_equal(ps_condition_draft_end(draft, &c), SEARCH_OK);
	write_condition(c, text, sizeof(text));
	assert_string_equal(text, "foo");
	ps_condition_free(c);
}

static void test_trigrams__nothing_fulfils_the_condition_of_nothing(void **state)
{
	struct ps_condition *c;
	bool holds;

	(void)state;
	assert_int_equal(ps_condition_draft_end(ps_condition_draft_new(false), &c), SEARCH_OK);
	assert_int_equal(c->count, 1);
	assert_int_equal(c->clauses[0].kind, PS_CLAUSE_ANY);
	assert_int_equal(ps_condition_holds(c, (const uint8_t *)"any text", 8, &holds), SEARCH_OK);
	assert_false(holds);
	ps_condition_free(c);
}

/* ---- many alternatives ---- */

static void add_word(struct ps_condition_draft *draft, const char *format, unsigned i)
{
	char word[40];
	int n = snprintf(word, sizeof(word), format, i * 7919 % 100000, i);

	assert_int_equal(ps_condition_draft_add_string(draft, (const uint8_t *)word, (size_t)n), SEARCH_OK);
}

/* With more and more words each is asked for by fewer trigrams, and in the end none is. */
static void test_trigrams__many_words_are_asked_for_by_few_trigrams_each(void **state)
{
	static const struct {
		const char *format;
		unsigned words;
		bool known;
	} rows[] = {
		{ "word%05u", 10, true }, { "word%05u", 100, true }, { "w%05u", 200, true }, { "%05uw", 250, true },
		{ "common%05u", 5000, true }, { "%05u", 20000, false }, { "ab%05u", 1, true }, { "x%u", 3, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ps_condition_draft *draft = ps_condition_draft_new(false);
		struct ps_condition *c;

		for (unsigned k = 0; k < rows[i].words; k++)
			add_word(draft, rows[i].format, k);
		assert_int_equal(ps_condition_draft_end(draft, &c), SEARCH_OK);
		if ((c != NULL) != rows[i].known)
			fail_msg("%u words %s: %s", rows[i].words, rows[i].format, c != NULL ? "a condition" : "no condition");
		if (c != NULL)
			assert_in_range(c->count, 1, PS_CONDITION_MAX);
		ps_condition_free(c);
	}
}

/* A string of `length` bytes, each three of which in a row come once: every other byte is one of ten from `from` on. */
static void fill_string(uint8_t *bytes, char from, size_t length)
{
	for (size_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)(i % 2 == 0 ? from + (char)(i / 2 % 10) : 'k' + (char)(i / 20));
}

static void add_string_of(struct ps_condition_draft *draft, char from, size_t length)
{
	uint8_t bytes[PS_CONDITION_MAX];

	fill_string(bytes, from, length);
	assert_int_equal(ps_condition_draft_add_string(draft, bytes, length), SEARCH_OK);
}

/* Two strings make an ANY of two clauses ALL, of as many trigrams as they have. */
static void test_trigrams__two_long_strings_are_asked_for_by_as_much_as_fits(void **state)
{
	(void)state;
	for (size_t a = 110; a < 140; a++)
		for (size_t b = a - 1; b <= a; b++) {
			struct ps_condition_draft *draft = ps_condition_draft_new(false);
			size_t all = 1 + (1 + a - 2) + (1 + b - 2);
			struct ps_condition *c;

			add_string_of(draft, 'a', a);
			add_string_of(draft, '0', b);
			assert_int_equal(ps_condition_draft_end(draft, &c), SEARCH_OK);
			assert_non_null(c);
			if (all <= PS_CONDITION_MAX)
				assert_int_equal(c->count, all);
			else
				assert_in_range(c->count, 100, PS_CONDITION_MAX);
			ps_condition_free(c);
		}
}

/* A string, and one of two bytes. */
static void add_tree_of(struct ps_condition_draft *draft, char from, size_t length)
{
	uint8_t pattern[PS_CONDITION_MAX + 10];
	struct ps_ast ast;

	fill_string(pattern, from, length);
	memcpy(pattern + length, "[yz]", 4);
	assert_int_equal(ps_parse(&ast, pattern, length + 4, reading(false)), SEARCH_OK);
	assert_int_equal(ps_condition_draft_add_tree(draft, ast.root), SEARCH_OK);
	ps_ast_free(&ast);
}

/* The first may have just as many clauses as a condition may have: of each enough trigrams are left all the same. */
static void test_trigrams__two_are_asked_for_alike_though_one_fills_the_condition(void **state)
{
	(void)state;
	for (size_t length = PS_CONDITION_MAX - 6; length < PS_CONDITION_MAX + 6; length++) {
		struct ps_condition_draft *draft = ps_condition_draft_new(false);
		struct ps_condition *c;

		add_tree_of(draft, 'a', length);
		add_tree_of(draft, '0', length);
		assert_int_equal(ps_condition_draft_end(draft, &c), SEARCH_OK);
		assert_non_null(c);
		assert_int_equal(c->clauses[0].kind, PS_CLAUSE_ANY);
		for (uint32_t k = 1; k < c->count; k = c->clauses[k].end)
			assert_in_range(c->clauses[k].end - k, 50, PS_CONDITION_MAX / 2);
		ps_condition_free(c);
	}
}

/* What an alternative is made of: %u is its number. The pattern matches the text. */
struct kind {
	const char *pattern, *text;
};

/* However many alternatives are cut to however little, a match of each of them fulfils the condition of all. */
static void expect_each_to_fulfil(const struct kind *kinds, size_t kind_count, unsigned count)
{
	static char pattern[TEXT_SIZE], text[100];
	struct written w = { pattern, sizeof(pattern), 0 };
	struct ps_condition *c;

	for (unsigned i = 0; i < count; i++) {
		put(&w, i > 0 ? "|" : "");
		snprintf(text, sizeof(text), kinds[i % kind_count].pattern, i * 7919 % 1000);
		put(&w, "%s", text);
	}
	c = condition_of(pattern, w.length, reading(false), false);
	for (unsigned i = 0; c != NULL && i < count; i++) {
		bool holds;

		snprintf(text, sizeof(text), kinds[i % kind_count].text, i * 7919 % 1000);
		assert_int_equal(ps_condition_holds(c, (const uint8_t *)text, strlen(text), &holds), SEARCH_OK);
		if (!holds)
			fail_msg("%s: lacks trigrams of %u like %s", text, count, kinds[0].pattern);
	}
	ps_condition_free(c);
}

static void test_trigrams__each_of_many_alternatives_fulfils_the_condition(void **state)
{
	static const struct kind kinds[] = {
		{ "common%03ux", "common%03ux" }, { "Word%03uCap", "Word%03uCap" }, { "[0-9]bc%03u", "1bc%03u" },
		{ "[0-9]x%03u.*[0-8]z", "4x%03u 8z" }, { "(one|two|Three).*%03uxyz", "two%03uxyz" }, { "w%03uw", "w%03uw" },
		{ "[a-h]%03u.*(foo|bar)q", "c%03ufooq" }, { "quux%03u", "quux%03u" }, { "[0-9]y.*%03uzz", "7y%03uzz" },
		{ "[0-9]b%03u.*([a-h]uv|[0-9]st)", "1b%03uauv" }, { "[0-9]xy.*[a-h]z%03u", "1xybz%03u" },
	};
	const size_t n = sizeof(kinds) / sizeof(kinds[0]);

	(void)state;
	for (size_t from = 0; from < n; from++)
		for (size_t count = 1; from + count <= n; count += count < 2 ? 1 : 4)
			for (unsigned many = 1; many <= 400; many += many / 2 + 1)
				expect_each_to_fulfil(kinds + from, count, many);
}

/* ---- random patterns ---- */

static uint8_t fold(uint8_t byte)
{
	return byte < 0x20 ? ' ' : byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte | 0x20) : byte;
}

static void check_gram(const struct ps_clause *gram)
{
	const uint8_t *t = gram->text;
	bool capital = false, control = false;

	for (size_t i = 0; i < 3; i++) {
		capital = capital || (t[i] >= 'A' && t[i] <= 'Z');
		control = control || t[i] < 0x20;
	}
	assert_int_equal(gram->folded, ps_trigram_hash(ps_trigram_word(fold(t[0]), fold(t[1]), fold(t[2]))));
	assert_int_equal(gram->has_capital, capital);
	assert_false(control);
	if (capital)
		assert_int_equal(gram->as_is, ps_trigram_hash_as_is(ps_trigram_word(t[0], t[1], t[2])));
}

/* Returns how deep the clause is nested. */
static unsigned check_clause(const struct ps_condition *c, uint32_t at, uint32_t limit)
{
	const struct ps_clause *clause = &c->clauses[at];
	unsigned depth = 0;

	assert_in_range(clause->end, at + 1, limit);
	if (clause->kind == PS_CLAUSE_GRAM) {
		check_gram(clause);
		assert_int_equal(clause->end, at + 1);
		return 1;
	}
	for (uint32_t i = at + 1; i < clause->end; i = c->clauses[i].end) {
		assert_int_not_equal(c->clauses[i].kind, clause->kind);
		depth = (unsigned)ps_max(depth, check_clause(c, i, clause->end));
	}
	assert_true(depth > 0 || (at == 0 && clause->kind == PS_CLAUSE_ANY && limit == 1));
	return depth + 1;
}

static void test_trigrams__conditions_are_well_formed(void **state)
{
	size_t rounds = how_many_rounds(6000, SCALED(400000)), known = 0;
	struct draw d = { random_new(18).state };

	(void)state;
	for (size_t i = 0; i < rounds; i++) {
		struct pattern p;
		struct ps_condition *c;

		draw_pattern(&d, &p);
		c = condition_of(p.text, p.length, reading_as(p.syntax, draw_one_in(&d, 3)), draw_one_in(&d, 3));
		if (c != NULL) {
			known++;
			assert_in_range(c->count, 1, PS_CONDITION_MAX);
			assert_int_equal(c->clauses[0].end, c->count);
			assert_in_range(check_clause(c, 0, c->count), 1, PS_CONDITION_DEPTH);
		}
		ps_condition_free(c);
	}
	assert_true(rounds < 1000 || known > rounds / 20);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trigrams__table),
		cmocka_unit_test(test_trigrams__what_is_added_is_an_alternative),
		cmocka_unit_test(test_trigrams__nothing_fulfils_the_condition_of_nothing),
		cmocka_unit_test(test_trigrams__many_words_are_asked_for_by_few_trigrams_each),
		cmocka_unit_test(test_trigrams__two_long_strings_are_asked_for_by_as_much_as_fits),
		cmocka_unit_test(test_trigrams__two_are_asked_for_alike_though_one_fills_the_condition),
		cmocka_unit_test(test_trigrams__each_of_many_alternatives_fulfils_the_condition),
		cmocka_unit_test(test_trigrams__conditions_are_well_formed),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
