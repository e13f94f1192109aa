/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_backtrack.c - backtracking of our own finds the matches that Oniguruma finds, in the same places: random patterns
 * of back-references, look-around and atomic groups on random texts.
 *
 * As in test_agree.c, Oniguruma gets each pattern with the branch (?!), which keeps it from two mistakes of its own.
 */
#include "../../lib/base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/backtrack/backtrack.h"
#include "../../lib/base/utf8.h"
#include "../../lib/onig/onig.h"
#include "../../lib/syntax/parse.h"
#include "../match/shapes.h"
#include "../support/choose.h"
#include "../support/guard.h"
#include "../support/random.h"
#include "../support/scale.h"

enum {
	PATTERN = 256, /* bytes */
	TEXT = 80,
	TEXTS = 12
};

struct pattern {
	char text[PATTERN];
	uint32_t groups; /* opened so far */
};

static struct guard guard;

static void add(struct pattern *p, const char *s)
{
	if (strlen(p->text) + strlen(s) < PATTERN - 16)
		strcat(p->text, s);
}

static const char *one_of(struct random *random, const char *const *list, size_t count)
{
	return list[random_below(random, (uint32_t)count)];
}

#define ONE_OF(random, list) one_of(random, list, sizeof(list) / sizeof((list)[0]))

static void add_alternatives(struct random *random, struct pattern *p, int depth, bool plain);

static void add_reference(struct random *random, struct pattern *p)
{
	char reference[3] = "\\1";

	reference[1] = (char)('1' + random_below(random, p->groups));
	add(p, reference);
}

/* In a look-behind, most of the time something of a fixed length. */
static void add_look(struct random *random, struct pattern *p, int depth)
{
	static const char *const looks[] = { "(?=", "(?!", "(?<=", "(?<!" };
	static const char *const behind[] = { "a", "ab", "^", "^|b", "[ab]\\w", "a|bc", "\\w{2}", "\xC3\xA9", " ", "(?=a).",
					      "a(?!b)", "\\b", "" };
	const char *look = ONE_OF(random, looks);

	add(p, look);
	if (look[2] == '<' && random_percent(random, 90))
		add(p, ONE_OF(random, behind));
	else
		add_alternatives(random, p, depth - 1, true);
	add(p, ")");
}

static void add_element(struct random *random, struct pattern *p, int depth, bool plain)
{
	static const char *const atoms[] = { "a", "b", "c", " ", "ab", "\xC3\xA9", ".", "\\w", "\\w", "[ab]", "[^a]", "\\s",
					     "\\b", "\\B", "^", "$", "[a-\xE6\x97\xA5]", "\\W", "(?<!\\w)", "[\\x{dc80}-\\x{dcff}b]" };
	static const char *const repeats[] = { "*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,2}?", "++", "*+", "?+" };
	uint32_t kind = random_below(random, 100);

	if (depth > 0 && kind < 20 && !plain) {
		add(p, "(");
		p->groups++;
		add_alternatives(random, p, depth - 1, false);
		add(p, ")");
	} else if (depth > 0 && kind < 28) {
		add(p, random_percent(random, 50) ? "(?>" : "(?:");
		add_alternatives(random, p, depth - 1, plain);
		add(p, ")");
	} else if (depth > 0 && kind < 40) {
		add_look(random, p, depth);
		return;
	} else if (p->groups > 0 && kind < 60) {
		add_reference(random, p);
	} else {
		add(p, ONE_OF(random, atoms));
	}
	if (random_percent(random, 40))
		add(p, ONE_OF(random, repeats));
}

static void add_alternatives(struct random *random, struct pattern *p, int depth, bool plain)
{
	uint32_t count = 1 + random_below(random, 3);

	for (uint32_t i = 0; i < count; i++)
		add_element(random, p, depth, plain);
	if (random_percent(random, 12)) {
		add(p, "|");
		add_element(random, p, depth, plain);
	}
}

/* The shapes that people write, with pieces put in. */
static void make_shape(struct random *random, struct pattern *p)
{
	static const char *const shapes[] = { IRREGULAR_SHAPES };
	static const char *const pieces[] = { IRREGULAR_PIECES };
	const char *shape = ONE_OF(random, shapes);

	for (char c[2] = ""; *shape != '\0'; shape++) {
		c[0] = *shape;
		add(p, *shape == '@' ? ONE_OF(random, pieces) : c);
	}
}

static size_t make_text(struct random *random, uint8_t *to)
{
	static const char *const pieces[] = { "a", "b", "c", "ab", " ", "aa", "ab ab", ",", "\xC3\xA9", "\xC3\xA9\xC3\xA9",
					      "<a>", "</a>", "\xE6\x97\xA5", "_", "-", "\xED\xB3\xBF", "\xED\xB2\x80", "\xC2\xB2" };
	uint32_t few = random_percent(random, 50) ? 5 : 18;
	size_t n = 0, size = random_below(random, random_percent(random, 80) ? 20 : TEXT - 8);

	while (n < size) {
		const char *s = pieces[random_below(random, few)];

		memcpy(to + n, s, strlen(s));
		n += strlen(s);
	}
	return n;
}

struct subject {
	struct pattern pattern;
	struct ps_regex *regex;
	struct ps_engine *engine;
	struct ps_backtrack *backtrack;
	struct ps_backtracker *tracker;
	struct ps_line_budget budget;
	bool misleading; /* Oniguruma gets it wrong */
};

/*
 * Whether one negative look-behind contains another whose pattern always matches, as in (?<!(?<!)): see Q4 in
 * onig_bugs.c. `inside`: the node is inside a negative look-behind.
 */
static bool misleads_oniguruma(const struct ps_node *node, bool inside)
{
	bool negative = node->kind == PS_NODE_LOOK && node->behind && node->negated;

	if (negative && inside && ps_node_is_nullable(node->children[0]) && !ps_node_has_assertion(node->children[0]))
		return true;
	for (size_t i = 0; i < node->count; i++)
		if (misleads_oniguruma(node->children[i], inside || negative))
			return true;
	return false;
}

/* False: Oniguruma refuses the pattern, or it is not one for backtracking. */
static bool open_subject(struct subject *s, uint32_t syntax, bool fold)
{
	const struct ps_dialect dialect = { .syntax = syntax, .ignore_case = fold };
	const uint8_t *text = (const uint8_t *)s->pattern.text;
	struct ps_pattern_error error;
	struct ps_ast ast = { 0 };
	char safe[PATTERN + 16];
	int rc = ps_regex_new(&s->regex, text, strlen(s->pattern.text), &dialect, &error);

	if (rc != SEARCH_OK)
		return false;
	ps_regex_free(s->regex);
	s->regex = NULL;
	snprintf(safe, sizeof(safe), "(?:(?:%s)|(?!))", s->pattern.text);
	assert_int_equal(ps_parse(&ast, text, strlen(s->pattern.text), &dialect), SEARCH_OK);
	s->misleading = ast.full != NULL && misleads_oniguruma(ast.full, false);
	if (ast.full != NULL) {
		rc = ps_backtrack_new(&s->backtrack, ast.full);
		assert_true(rc == SEARCH_OK || rc == SEARCH_EVERSION);
	}
	ps_ast_free(&ast);
	if (s->backtrack == NULL)
		return false;
	assert_int_equal(ps_backtracker_new(&s->tracker, s->backtrack), SEARCH_OK);
	assert_int_equal(ps_regex_new(&s->regex, (const uint8_t *)safe, strlen(safe), &dialect, &error), SEARCH_OK);
	return true;
}

static void close_subject(struct subject *s)
{
	ps_backtracker_free(s->tracker);
	ps_backtrack_free(s->backtrack);
	ps_regex_free(s->regex);
	s->tracker = NULL;
	s->backtrack = NULL;
	s->regex = NULL;
}

static void fail_on(const struct subject *s, const uint8_t *text, size_t length, size_t from, const char *what)
{
	print_error("pattern %s, from %zu: %s\n  text ", s->pattern.text, from, what);
	for (size_t i = 0; i < length; i++)
		print_error(text[i] < 0x20 || text[i] >= 0x7F ? "\\x%02X" : "%c", text[i]);
	print_error("\n");
	fail();
}

/* From all places, so that what is before `from` is looked at, too. Returns how many searches were compared. */
static size_t compare_text(struct subject *s, const uint8_t *text, size_t length)
{
	size_t compared = 0;

	for (size_t from = 0; from <= length; from = from < length ? ps_utf8_next(text, length, from) : from + 1) {
		struct search_span want = { 0 }, got = { 0 };
		int wanted, found;

		ps_line_budget_renew(&s->budget, length);
		ps_engine_begin_line(s->engine);
		ps_backtracker_begin_line(s->tracker);
		wanted = ps_regex_search(s->regex, 0, s->engine, &s->budget, text, length, from, &want);
		found = ps_backtracker_search(s->tracker, &s->budget, text, length, from, &got);
		if (wanted == PS_UNDECIDED || found == PS_UNDECIDED)
			continue;
		compared++;
		if (wanted != found)
			fail_on(s, text, length, from, found == PS_FOUND ? "found" : "not found");
		if (found == PS_FOUND && (want.begin != got.begin || want.end != got.end)) {
			print_error("got %zu-%zu, want %zu-%zu\n", got.begin, got.end, want.begin, want.end);
			fail_on(s, text, length, from, "in another place");
		}
	}
	return compared;
}

static void test_backtrack__finds_what_oniguruma_finds(void **state)
{
	static const uint32_t syntaxes[] = { SEARCH_SYNTAX_ONIGURUMA, SEARCH_SYNTAX_PERL, SEARCH_SYNTAX_PYTHON };
	struct subject s = { .budget = { .haste = 1 } };
	size_t rounds = how_many_rounds(20000, ROUNDS(100000)), patterns = 0, misleading = 0, compared = 0;

	(void)state;
	random_seed();
	guard_open(&guard, TEXT + 16);
	assert_int_equal(ps_engine_new(&s.engine), SEARCH_OK);
	for (size_t i = 0; i < rounds; i++) {
		struct random random = random_new(i);
		uint8_t text[TEXT + 16];

		s.pattern = (struct pattern){ .text = "" };
		if (random_percent(&random, 40))
			make_shape(&random, &s.pattern);
		else
			add_alternatives(&random, &s.pattern, 3, false);
		if (open_subject(&s, syntaxes[random_below(&random, 3)], random_percent(&random, 10))) {
			patterns++;
			misleading += s.misleading;
			for (int k = 0; k < TEXTS && !s.misleading; k++) {
				size_t length = make_text(&random, text);

				compared += compare_text(&s, guard_at_end(&guard, text, length), length);
			}
		}
		close_subject(&s);
	}
	print_message("%zu of %zu patterns, %zu searches; Oniguruma gets %zu wrong\n", patterns, rounds, compared,
		      misleading);
	assert_true(patterns > rounds / 5 && misleading <= 1 + patterns / 1000);
	ps_engine_free(s.engine);
	guard_close(&guard);
}

/* Searches a line from its start. */
static int backtrack_line(struct subject *s, const char *line, size_t length, struct search_span *span)
{
	ps_line_budget_renew(&s->budget, length);
	ps_backtracker_begin_line(s->tracker);
	return ps_backtracker_search(s->tracker, &s->budget, (const uint8_t *)line, length, 0, span);
}

static void test_backtrack__gets_right_what_misleads_oniguruma(void **state)
{
	static const struct {
		const char *pattern, *text;
		size_t begin, end; /* both 0: none */
	} rows[] = {
		{ "(?<!(?<!))b", "ab", 1, 2 },
		{ "(?<!a|(?<!))b", "ab b", 3, 4 },
		{ "(?<!(?<!)|^)b", "bb", 1, 2 },
		{ "(?<!(?<!|x))b", "ab", 1, 2 },
		{ "(?<!(?<!x|))b", "ab", 1, 2 },
		{ "(?<!(?<!(?:)))b", "ab", 1, 2 },
		{ "(?<!(?<!x{0}))b", "ab", 1, 2 },
		{ "(?<!(?<!(?<!)))b", "ab", 0, 0 },
		{ "(?<!\\w|(?<!)) +(\\w++)*?", "a , b", 3, 4 },
	};
	struct subject s = { .budget = { .haste = 1 } };

	(void)state;
	assert_int_equal(ps_engine_new(&s.engine), SEARCH_OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct search_span span = { 0 };
		int rc;

		s.pattern = (struct pattern){ .text = "" };
		add(&s.pattern, rows[i].pattern);
		assert_true(open_subject(&s, SEARCH_SYNTAX_ONIGURUMA, false));
		assert_true(s.misleading);
		rc = backtrack_line(&s, rows[i].text, strlen(rows[i].text), &span);
		if (rc != (rows[i].end > 0 ? PS_FOUND : PS_NONE) || span.begin != rows[i].begin ||
		    span.end != rows[i].end)
			fail_msg("%s in '%s': %d, %zu-%zu", rows[i].pattern, rows[i].text, rc, span.begin, span.end);
		close_subject(&s);
	}
	ps_engine_free(s.engine);
}

/* What is answered for a long line of nothing but x. */
static void expect_of_long_line(const char *const *patterns, size_t count, int want)
{
	enum { LENGTH = 60000 };
	char *text = malloc(LENGTH);
	struct subject s = { .budget = { .haste = 1 } };

	assert_non_null(text);
	memset(text, 'x', LENGTH);
	assert_int_equal(ps_engine_new(&s.engine), SEARCH_OK);
	for (size_t i = 0; i < count; i++) {
		struct search_span span;
		int rc;

		s.pattern = (struct pattern){ .text = "" };
		add(&s.pattern, patterns[i]);
		if (!open_subject(&s, SEARCH_SYNTAX_ONIGURUMA, false))
			fail_msg("%s: not by backtracking", patterns[i]);
		rc = backtrack_line(&s, text, LENGTH, &span);
		if (rc != want)
			fail_msg("%s: answer %d", patterns[i], rc);
		close_subject(&s);
	}
	ps_engine_free(s.engine);
	free(text);
}

/* Each would go far from every place of a long line, and never a step back: for its length times its length. */
static void test_backtrack__gives_up_where_it_only_goes_forward(void **state)
{
	static const char *const forward[] = {
		"x(?=(x|xx)+$)(?<!x)", "x(?=(?:x|y)*+$)(?<!x)", "(?=x(?:x|xx)*$)(?!x)", "(?>(?:x?x)+)y",
		"(?=\\w{2000}y)x", "(?>x{1000,}+)y", "(?=x+?$)(?!x)",
	};

	(void)state;
	expect_of_long_line(forward, sizeof(forward) / sizeof(forward[0]), PS_UNDECIDED);
}

/* What follows the leading loop is none of its characters: one look at the run's end is enough for all places in it. */
static void test_backtrack__goes_through_a_run_once(void **state)
{
	static const char *const once[] = {
		"x+y(.)\\1", "[w-z]+[A-Z](.)\\1", "\\w+[ ,](.)\\1", "[x\xC3\xA0-\xC3\xBF]+[A-Z](.)\\1",
	};

	(void)state;
	expect_of_long_line(once, sizeof(once) / sizeof(once[0]), PS_NONE);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_backtrack__finds_what_oniguruma_finds),
		cmocka_unit_test(test_backtrack__gets_right_what_misleads_oniguruma),
		cmocka_unit_test(test_backtrack__gives_up_where_it_only_goes_forward),
		cmocka_unit_test(test_backtrack__goes_through_a_run_once),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
