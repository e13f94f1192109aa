/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_span_dfa.c - the automaton that finds spans, against the simulation of the same program: random patterns on random
 * texts, from each place of the text, with much memory and with so little that it forgets its states all the time. And
 * where it must give up: too many groups, too large a program, no budget. PS_SEED and PS_ROUNDS as elsewhere.
 */
#include "../../lib/base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/automaton/pike.h"
#include "../../lib/automaton/span_dfa.h"
#include "../../lib/automaton/span_states.h"
#include "../../lib/base/utf8.h"
#include "../../lib/match/match.h"
#include "../support/choose.h"
#include "../support/random.h"
#include "../support/random_pattern.h"
#include "../support/scale.h"

enum {
	PATTERNS = 3,
	PIECES = 24,     /* of a text */
	MANY_PIECES = 80,
	TEXT_SIZE = MANY_PIECES * TREE_TEXT * 4,
	LONG_PROGRAM = 3000 /* instructions; the simulation of longer ones takes too long */
};

/* Patterns, what they compile to, and both ways to search for them. */
struct search {
	struct ps_node *root;
	struct ps_program program;
	struct ps_pike *pike;
	struct ps_span_dfa *dfa;
	bool longest;
	size_t memory;
	char words[3 * PATTERN_SIZE]; /* the patterns, to be shown */
};

static const struct ps_lines newlines = { .end = '\n' };

static struct ps_line_budget *full_budget(size_t length)
{
	static struct ps_line_budget budget = { .haste = 1 };

	ps_line_budget_renew(&budget, length);
	return &budget;
}

/* Adds a pattern whose spans are known. False: this one's are not. */
static bool add_pattern(struct search *s, const char *text, size_t length, const struct ps_dialect *dialect)
{
	struct ps_ast ast;
	size_t n = strlen(s->words);
	bool known;

	assert_int_equal(ps_parse(&ast, (const uint8_t *)text, length, dialect), SEARCH_OK);
	known = ast.root != NULL && ast.spans;
	if (known) {
		assert_true(ps_node_add(s->root, ast.root));
		ast.root = NULL;
		snprintf(s->words + n, sizeof(s->words) - n, "/%.*s/ ", (int)length, text);
	}
	ps_ast_free(&ast);
	return known;
}

static void open_dfa(struct search *s)
{
	ps_span_dfa_free(s->dfa);
	assert_int_equal(ps_span_dfa_new(&s->dfa, &s->program, s->longest, s->memory), SEARCH_OK);
}

/* False: the program is too large. */
static bool open_search(struct search *s)
{
	int rc = ps_program_new_for_spans(&s->program, s->root, newlines);

	if (rc == SEARCH_EVERSION || s->program.count > LONG_PROGRAM)
		return false;
	assert_int_equal(rc, SEARCH_OK);
	assert_int_equal(ps_pike_new(&s->pike, &s->program), SEARCH_OK);
	open_dfa(s);
	return true;
}

static void begin_search(struct search *s, bool longest, size_t memory)
{
	*s = (struct search){ .longest = longest, .memory = memory, .root = ps_node_new(PS_NODE_ALT) };
	assert_non_null(s->root);
}

static void open_pattern(struct search *s, const char *pattern, bool longest, size_t memory)
{
	begin_search(s, longest, memory);
	assert_true(add_pattern(s, pattern, strlen(pattern), reading(false)));
	assert_true(open_search(s));
}

static void close_search(struct search *s)
{
	ps_span_dfa_free(s->dfa);
	ps_pike_free(s->pike);
	ps_program_free(&s->program);
	ps_node_free(s->root);
}

/* ---- comparing ---- */

static void differ(const struct search *s, const uint8_t *text, size_t length, size_t from, int got_rc, int want_rc,
		   const struct search_span *got, const struct search_span *want)
{
	print_error("%s, longest %d, memory %zu, from %zu\n", s->words, s->longest, s->memory, from);
	print_error("got  %d: %zu-%zu:%u\nwant %d: %zu-%zu:%u\ntext ", got_rc, got->begin, got->end, got->pattern, want_rc,
		    want->begin, want->end, want->pattern);
	for (size_t i = 0; i < length && i < 500; i++)
		print_error(text[i] < 0x20 || text[i] >= 0x7F ? "\\x%02X" : "%c", text[i]);
	print_error("\n");
	fail();
}

/*
 * Compares one search. The automaton may give up if its memory is small; then it is made anew. Returns whether it has
 * decided, and the match in *got.
 */
static bool compare_search(struct search *s, const uint8_t *text, size_t length, size_t from, struct search_span *got)
{
	struct search_span want;
	int want_rc = ps_pike_search(s->pike, full_budget(length), text, length, from, s->longest, &want);
	int got_rc = ps_span_dfa_search(s->dfa, full_budget(length), text, length, from, got);

	assert_int_not_equal(want_rc, PS_UNDECIDED);
	if (got_rc == PS_UNDECIDED) {
		assert_true(ps_span_dfa_has_quit(s->dfa));
		open_dfa(s);
		return false;
	}
	assert_false(ps_span_dfa_has_quit(s->dfa));
	if (got_rc != want_rc || (got_rc == PS_NONE && got->begin != SIZE_MAX) ||
	    (got_rc == PS_FOUND && (got->begin != want.begin || got->end != want.end || got->pattern != want.pattern)))
		differ(s, text, length, from, got_rc, want_rc, got, &want);
	return true;
}

/* Searches from each character on. Returns how many searches the automaton has decided. */
static size_t compare_everywhere(struct search *s, const uint8_t *text, size_t length)
{
	struct search_span span;
	size_t decided = 0;

	for (size_t from = 0; from <= length; from = ps_utf8_next(text, length, from))
		decided += compare_search(s, text, length, from, &span);
	return decided;
}

/* Searches from each match on: this takes less time on a long text. */
static void compare_walk(struct search *s, const uint8_t *text, size_t length)
{
	for (size_t from = 0; from <= length;) {
		struct search_span span;
		bool decided = compare_search(s, text, length, from, &span);

		if (decided && span.begin == SIZE_MAX)
			break;
		from = decided && span.end > span.begin ? span.end :
							  ps_utf8_next(text, length, decided ? span.end : from);
	}
}

/* ---- random patterns and texts ---- */

/* Characters that are words to Unicode and others that are not; and what bytes are rewritten to. */
static const char *const neighbours[] = {
	"a", "b", "c", "ab", "_", "1", " ", "-", "s", "k", "\xC3\xA9", "\xC3\x9F", "\xE6\x97\xA5", "e\xCC\x81", "\xCC\x81",
	"\xD9\xA0", "\xC2\xB2", "\xC2\xAA", "\xC2\xA0", "\xE2\x80\x8D", "\xE2\x82\xAC", "\xF0\x9F\x98\x80",
	"\xF0\x90\x90\x80", "\xF4\x8F\xBF\xBF", "\xED\xB2\x80", "\xED\xB3\xBF", "\xED\xB3\xA9", "\xED\xB3\x83", "\r", "z",
};

static size_t put_codes(uint8_t *to, const struct tree_text *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->length; i++)
		n += ps_utf8_encode(t->code[i], to + n);
	return n;
}

static size_t draw_text(struct draw *d, const struct search *s, uint8_t *to, size_t pieces)
{
	size_t n = 0;

	for (size_t i = 0; i < pieces; i++) {
		struct tree_text t = { .length = 0 };
		const char *piece = neighbours[draw(d, sizeof(neighbours) / sizeof(neighbours[0]))];

		if (draw_one_in(d, 3)) {
			tree_draw(d, s->root->children[draw(d, (uint32_t)s->root->count)], &t);
			n += put_codes(to + n, &t);
		} else {
			memcpy(to + n, piece, strlen(piece));
			n += strlen(piece);
		}
	}
	return n;
}

/* Around words, where the automaton must know what is on both sides of a place. */
static void draw_word_pattern(struct draw *d, char *to, size_t size)
{
	static const char *const part[] = {
		"\\b", "\\B", "(?<!\\w)", "(?!\\w)", "^", "$", "\\w", "\\W", "a", "b", "c", "\xC3\xA9", "[a-\xC3\xBF]", ".", " ",
		"-", "\\w+", "\\w*?", "[ab]{2,5}", "(?:a|ab|b)+", "(?:\\b|c)", "(?:\\Ba)*", ".*", ".*?", "|", "|", "a?", "\\d",
	};
	size_t n = 0;

	to[0] = '\0';
	for (uint32_t i = 1 + draw(d, 7); i > 0; i--)
		n += (size_t)snprintf(to + n, size - n, "%s", part[draw(d, sizeof(part) / sizeof(part[0]))]);
}

static void draw_patterns(struct draw *d, struct search *s)
{
	for (uint32_t i = 1 + draw(d, PATTERNS); i > 0;) {
		bool ignores_case = draw_one_in(d, 4), added;
		struct pattern p;
		char words[160];

		if (draw_one_in(d, 2)) {
			draw_word_pattern(d, words, sizeof(words));
			added = add_pattern(s, words, strlen(words), reading(ignores_case));
		} else {
			draw_pattern(d, &p);
			added = add_pattern(s, p.text, p.length, reading_as(p.syntax, ignores_case));
		}
		i -= added;
	}
}

static void test_span_dfa__finds_what_the_simulation_finds(void **state)
{
	static const size_t memories[] = { 1, 1, 20 * 1024, 1 << 20 };
	size_t decided = 0, rounds = how_many_rounds(600, ROUNDS(30000));
	static uint8_t text[TEXT_SIZE];

	(void)state;
	for (size_t round = 0; round < rounds; round++) {
		struct random random = random_new(round);
		struct draw d = { random.state };
		struct search s;

		begin_search(&s, draw_one_in(&d, 2), memories[draw(&d, 4)]);
		draw_patterns(&d, &s);
		if (open_search(&s)) {
			for (int i = 0; i < 4; i++)
				decided += compare_everywhere(&s, text, draw_text(&d, &s, text, 1 + draw(&d, PIECES)));
			compare_walk(&s, text, draw_text(&d, &s, text, MANY_PIECES));
		}
		close_search(&s);
	}
	print_message("%zu searches\n", decided);
	assert_true(decided > rounds * 10);
}

/* ---- lines that are read in vain ---- */

/* Letters that keep a search going, now and then a word of which the automaton has no state yet. */
static size_t make_vain_text(struct random *random, uint8_t *to)
{
	static const char *const words[] = { "quick ", "quiet ", "words", "wow ", " c ", "y", "quantum" };
	size_t length = 700 + random_below(random, 800), n = 0;

	while (n < length) {
		const char *word = words[random_below(random, sizeof(words) / sizeof(words[0]))];

		if (random_below(random, 60) == 0)
			n += (size_t)snprintf((char *)to + n, 10, "%s", word);
		to[n++] = (uint8_t)"abcab"[random_below(random, 5)];
	}
	if (random_percent(random, 60))
		memcpy(to + n / 4, "ab z ab", 7);
	return n;
}

/* A search that reads much in vain remembers it: later ones end early, wherever they start. */
static void test_span_dfa__matches_stay_when_much_is_read_in_vain(void **state)
{
	static const char *const patterns[] = {
		"a[^z]*z|a", "a.*z|a", "a.*z|b|a", "(?:a|b).*z|[ab]", "a[^z]*\\bz|\\Ba|b", "a.*y\\b|a", "(?:ab|b[^z]*z|a)+?",
		"a[^z]*z|(?:a[^y]*y|a)", "b?a.{200}z|a|b", "a*[^z]*z|a+", "a[^z]*$|q.*z|a",
		"a.*z|a|qu(?:ick|iet|antum)|wo(?:rds|w)", "a(?:.*z|.*quick |.*words|)|b", "a.*(?:wow|quiet) a*b|a",
	};
	static uint8_t text[TEXT_SIZE];
	size_t rounds = how_much(1, ROUNDS(50)), count = sizeof(patterns) / sizeof(patterns[0]), decided = 0;

	(void)state;
	for (size_t i = 0; i < count * rounds; i++) {
		struct random random = random_new(i);
		struct search s;

		open_pattern(&s, patterns[i % count], random_percent(&random, 30),
			     random_percent(&random, 50) ? 1 + random_below(&random, 64 * 1024) : 1 << 20);
		decided += compare_everywhere(&s, text, make_vain_text(&random, text));
		close_search(&s);
	}
	assert_true(decided > 500 * count * rounds);
}

/* ---- states that are discarded ---- */

/* Right after a flush nothing is known but which states there are. */
static void expect_unknown_rows(const struct ps_span_states *states)
{
	for (uint32_t i = PS_SPAN_IDLE; i < states->count; i++) {
		for (size_t b = 0; b < 256; b++)
			assert_int_equal(states->rows[i * 256 + b], PS_SPAN_UNKNOWN);
		assert_int_equal(states->ends[i], PS_SPAN_UNKNOWN);
	}
}

static void test_span_dfa__discards_all_that_it_knows_at_once(void **state)
{
	struct random random = random_new(0);
	struct ps_span_states states;
	struct search s;
	size_t flushes = 0;
	uint32_t at;

	(void)state;
	open_pattern(&s, "[a-c]{1,4}[b-d]x|[ab]{3}|b.{2}c|c.a.b", false, 1);
	assert_int_equal(ps_span_states_init(&states, &s.program, false, 1), SEARCH_OK);
	at = ps_span_idle_state(&states, PS_SIDE_NONE);
	for (int i = 0; i < 20000; i++) {
		bool flushed;
		uint16_t entry = ps_span_states_step(&states, at, (uint8_t)"abcdx"[random_below(&random, 5)], &flushed);

		if (flushed)
			expect_unknown_rows(&states);
		flushes += flushed;
		at = entry < PS_SPAN_ACTION ? entry : states.actions[entry - PS_SPAN_ACTION].to;
		if (at < PS_SPAN_IDLE || random_percent(&random, 10))
			at = ps_span_idle_state(&states, PS_SIDE_OTHER);
	}
	assert_true(flushes > 100);
	ps_span_states_destroy(&states);
	close_search(&s);
}

/* ---- where it gives up ---- */

static void expect_spans(const char *pattern, uint32_t avoid, const uint8_t *text, size_t length,
			 const struct search_span *want, size_t count)
{
	struct search_pattern p = { .text = pattern, .length = strlen(pattern) };
	struct ps_match_options options = { .patterns = &p, .count = 1, .avoid = avoid };
	struct ps_matcher *matcher;
	struct ps_finder *finder;
	const struct search_span *got;
	size_t found;

	assert_int_equal(ps_matcher_new(&matcher, &options, NULL), SEARCH_OK);
	assert_int_equal(ps_finder_new(&finder, matcher), SEARCH_OK);
	assert_int_equal(ps_find_spans(finder, text, length, SIZE_MAX, &got, &found), SEARCH_OK);
	assert_int_equal(found, count);
	assert_memory_equal(got, want, count * sizeof(*got));
	ps_finder_free(finder);
	ps_matcher_free(matcher);
}

/* A match may begin at each a, and none is sure to end before n characters more: n groups at once. */
static int search_in_groups(size_t n, uint8_t *text, size_t length, bool longest, bool *has_quit)
{
	struct search_span span;
	struct search s;
	char pattern[40];
	int rc;

	snprintf(pattern, sizeof(pattern), "a.{%zu}z", n - 1);
	memset(text, 'a', length);
	text[length - 2] = 'z';
	open_pattern(&s, pattern, longest, 8 << 20);
	rc = ps_span_dfa_search(s.dfa, full_budget(length), text, length, 0, &span);
	*has_quit = ps_span_dfa_has_quit(s.dfa);
	if (rc == PS_FOUND) {
		assert_int_equal(span.begin, length - 2 - n);
		assert_int_equal(span.end, length - 1);
	}
	close_search(&s);
	expect_spans(pattern, 0, text, length,
		     &(struct search_span){ .begin = length - 2 - n, .end = length - 1 }, 1);
	expect_spans(pattern, PS_AVOID_ONIGURUMA, text, length,
		     &(struct search_span){ .begin = length - 2 - n, .end = length - 1 }, 1);
	return rc;
}

static void test_span_dfa__too_many_groups_are_left_to_others(void **state)
{
	static uint8_t text[1000];
	bool has_quit;

	(void)state;
	for (int longest = 0; longest < 2; longest++) {
		assert_int_equal(search_in_groups(PS_SPAN_GROUPS, text, sizeof(text), longest, &has_quit), PS_FOUND);
		assert_false(has_quit);
		assert_int_equal(search_in_groups(PS_SPAN_GROUPS + 1, text, sizeof(text), longest, &has_quit), PS_UNDECIDED);
		assert_true(has_quit);
		assert_int_equal(search_in_groups(600, text, sizeof(text), longest, &has_quit), PS_UNDECIDED);
		assert_true(has_quit);
	}
}

/* A thread is an instruction and a node in 31 bits. */
static void test_span_dfa__refuses_a_program_that_is_too_large(void **state)
{
	struct search s;
	struct ps_program program;
	struct ps_span_dfa *dfa;

	(void)state;
	open_pattern(&s, "ab*", false, 1 << 20);
	program = s.program;
	program.count = PS_PROGRAM_MAX;
	program.node_count = PS_TRIE_MAX;
	assert_int_equal(ps_span_dfa_new(&dfa, &program, false, 1 << 20), SEARCH_EVERSION);
	assert_null(dfa);
	close_search(&s);
	ps_span_dfa_free(NULL);
}

static bool is_over(const void *context)
{
	(void)context;
	return true;
}

/* Not for its own sake: no other way would do better. */
static void test_span_dfa__stops_when_the_budget_is_exhausted(void **state)
{
	size_t length = 100 * 1000;
	uint8_t *text = malloc(length);
	struct ps_line_budget budget = { .haste = 1 };
	struct search_span span;
	struct search s;
	int rc = PS_NONE, searches = 0;

	(void)state;
	assert_non_null(text);
	memset(text, 'a', length);
	open_pattern(&s, "ab", false, 1 << 20);
	ps_line_budget_renew(&budget, length);
	budget.steps = 100 * 1000;
	for (size_t from = 0; rc == PS_NONE && searches < 100; from++, searches++)
		rc = ps_span_dfa_search(s.dfa, &budget, text, length, from, &span);
	assert_int_equal(rc, PS_UNDECIDED);
	assert_false(ps_span_dfa_has_quit(s.dfa));
	assert_in_range(searches, 8, 20); /* eight readings are free, and four bytes are a step */
	ps_line_budget_renew(&budget, length);
	budget.over = is_over;
	assert_int_equal(ps_span_dfa_search(s.dfa, &budget, text, length, 0, &span), PS_UNDECIDED);
	assert_false(ps_span_dfa_has_quit(s.dfa));
	assert_true(budget.ended);
	close_search(&s);
	free(text);
}

/* With too little memory for a pattern, it soon says that it is no good. */
static void test_span_dfa__is_hopeless_if_states_are_discarded_too_often(void **state)
{
	static uint8_t text[TEXT_SIZE];
	struct random random = random_new(0);
	struct search_span span;
	struct search s;

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)"ab"[random_below(&random, 2)];
	text[5000] = 'z';
	open_pattern(&s, "a[ab]{60}z", false, 1);
	assert_false(ps_span_dfa_is_hopeless(s.dfa));
	assert_int_equal(ps_span_dfa_search(s.dfa, full_budget(sizeof(text)), text, sizeof(text), 0, &span), PS_UNDECIDED);
	assert_true(ps_span_dfa_has_quit(s.dfa));
	assert_true(ps_span_dfa_is_hopeless(s.dfa));
	close_search(&s);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_span_dfa__finds_what_the_simulation_finds),
		cmocka_unit_test(test_span_dfa__matches_stay_when_much_is_read_in_vain),
		cmocka_unit_test(test_span_dfa__discards_all_that_it_knows_at_once),
		cmocka_unit_test(test_span_dfa__too_many_groups_are_left_to_others),
		cmocka_unit_test(test_span_dfa__refuses_a_program_that_is_too_large),
		cmocka_unit_test(test_span_dfa__stops_when_the_budget_is_exhausted),
		cmocka_unit_test(test_span_dfa__is_hopeless_if_states_are_discarded_too_often),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
