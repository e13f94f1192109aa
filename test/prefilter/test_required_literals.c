/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_required_literals.c - the literals that a pattern requires, and what may stand before them: as a table of what
 * some patterns require; and of random patterns, whether each match that the simulation finds holds one of the literals,
 * and begins no farther before it than the lead says. PS_SEED and PS_ROUNDS as elsewhere.
 */
#include "../../lib/base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/automaton/pike.h"
#include "../../lib/base/utf8.h"
#include "../../lib/prefilter/required_literals.h"
#include "../support/choose.h"
#include "../support/random.h"
#include "../support/random_pattern.h"
#include "../support/scale.h"

enum {
	WORDS = 400,
	TEXT_SIZE = 8 * 1024,
	LONG_PROGRAM = 3000 /* instructions; the simulation of longer ones takes too long */
};

static const struct ps_lines newlines = { .end = '\n' };

static void parse(struct ps_ast *ast, const char *pattern, size_t length, const struct ps_dialect *dialect)
{
	assert_int_equal(ps_parse(ast, (const uint8_t *)pattern, length, dialect), SEARCH_OK);
}

/* ---- a table ---- */

struct requirement {
	const char *pattern;
	const char *literals; /* sorted, separated by spaces; "": none */
	const char *lead;     /* all bytes of it, if they are ASCII */
	size_t longest;
	bool high;            /* the bytes from 0x80 are in the lead, too */
};

static void print_literals(const struct ps_literal_set *set, char *to, size_t size)
{
	size_t at = 0;

	to[0] = '\0';
	for (size_t i = 0; set->known && i < set->count; i++)
		at += (size_t)snprintf(to + at, size - at, "%s%.*s", i > 0 ? " " : "", (int)set->list[i].length,
				       (const char *)set->list[i].bytes);
}

static bool has_lead(const struct ps_lead *lead, const struct requirement *want)
{
	for (unsigned b = 1; b < 256; b++)
		if (ps_lead_has(lead, (uint8_t)b) != (b < 0x80 ? strchr(want->lead, (int)b) != NULL : want->high))
			return false;
	return lead->longest == want->longest;
}

static void test_required_literals__table(void **state)
{
	static const struct requirement table[] = {
		{ "needle", "needle", "", 0, false },
		{ "^needle", "needle", "", 0, false },
		{ "a*needle", "needle", "a", PS_LEAD_UNBOUNDED, false },
		{ "[a-e]{2,7}needle", "needle", "abcde", 7, false },
		{ "(?:[a-e]{2}){3}needle", "needle", "abcde", 6, false },
		{ "\\b[0-9]needle[a-z]*", "needle", "0123456789", 1, false },
		{ "(?:[ab]{9}|[cd]{12})needle", "needle", "abcd", 12, false },
		{ "\xC3\xA9{0,20}needle", "needle", "", 80, true },
		{ "[a\xC3\xA9-\xC3\xBF]{0,10}needle", "needle", "a", 40, true },
		{ "[x-\xC2\x80]{3}needle", "needle", "xyz{|}~\x7F", 12, true }, /* U+0080 has two bytes, U+007F one */
		{ "[x-\x7F]{3}needle", "needle", "xyz{|}~\x7F", 3, false },
		{ "[xyz]*needle|[01]{12}haystack", "needle haystack", "xyz01", PS_LEAD_UNBOUNDED, false },
		{ "[xyz]{0,9}(?:needle|haystack)", "needle haystack", "xyz", 9, false },
		{ "[a-z]", "", "", 0, false },
		{ "", "", "", 0, false },
		{ "needle|", "", "", 0, false },
		{ "(?:needle)*", "", "", 0, false },
		{ "(?:[ab]{0,9}needle)+", "needle", "ab", 9, false },
		{ "(?:[ab]{0,9}needle){2,3}", "needle", "ab", 9, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct requirement *want = &table[i];
		struct ps_literal_set set;
		struct ps_ast ast;
		char literals[WORDS];

		parse(&ast, want->pattern, strlen(want->pattern), reading(false));
		assert_int_equal(ps_required_literals(&set, ast.root, newlines, false), SEARCH_OK);
		print_literals(&set, literals, sizeof(literals));
		if (strcmp(literals, want->literals) != 0)
			fail_msg("/%s/ requires \"%s\", not \"%s\"", want->pattern, literals, want->literals);
		if (set.known && !has_lead(&set.lead, want))
			fail_msg("/%s/: another lead, of at most %zu bytes", want->pattern, set.lead.longest);
		ps_literal_set_free(&set);
		ps_ast_free(&ast);
	}
}

/* ---- random patterns ---- */

struct required {
	struct ps_ast ast;
	struct ps_node *root; /* an ALT of the only pattern */
	struct ps_program program;
	struct ps_pike *pike;
	struct ps_literal_set sets[2]; /* without borders, and with them */
	struct pattern pattern;
	char words[WORDS];
};

/* Most have something that is worth to look for, with more or less around it. */
static void draw_words(struct draw *d, char *to)
{
	static const char *const part[] = {
		"needle", "xyzzy", "Qq", "zoo|qux|jib", "(?:zoo|quux)", "(?:Zz|[xyz]Qq)+", "#%", "needle", "[a-e]", "[a-e]*",
		"[^x]{0,3}", "\\w+", "\\w*?", ".*", ".", "a?", "(?:ab|c)*", "\xC3\xA9+", "[\xC3\xA9\xE6\x97\xA5]{1,4}", "\\b",
		"^", "$", "\\s*", "(?:Zz){2,3}", "(?:a|b*Zq){2}", "(?:|k)", "(?i:qz)", "|", "(?:needle)?", "(?:^|-)", "(?:$|-)",
	};
	size_t n = 0;

	to[0] = '\0';
	for (uint32_t i = 1 + draw(d, 6); i > 0; i--)
		n += (size_t)snprintf(to + n, WORDS - n, "%s", part[draw(d, sizeof(part) / sizeof(part[0]))]);
}

static void draw_tree(struct draw *d, struct required *r)
{
	if (draw_one_in(d, 3)) {
		draw_pattern(d, &r->pattern);
		snprintf(r->words, sizeof(r->words), "%s", r->pattern.text);
		parse(&r->ast, r->pattern.text, r->pattern.length, reading_as(r->pattern.syntax, draw_one_in(d, 4)));
		return;
	}
	draw_words(d, r->words);
	parse(&r->ast, r->words, strlen(r->words), reading(draw_one_in(d, 6)));
}

/* False: nothing can be said of this pattern. */
static bool open_required(struct draw *d, struct required *r)
{
	*r = (struct required){ .root = ps_node_new(PS_NODE_ALT) };
	assert_non_null(r->root);
	draw_tree(d, r);
	if (r->ast.root == NULL)
		return false;
	assert_true(ps_node_add(r->root, r->ast.root));
	r->ast.root = NULL;
	for (int borders = 0; borders < 2; borders++)
		assert_int_equal(ps_required_literals(&r->sets[borders], r->root, newlines, borders), SEARCH_OK);
	if ((!r->sets[0].known && !r->sets[1].known) ||
	    ps_program_new_for_spans(&r->program, r->root, newlines) != SEARCH_OK || r->program.count > LONG_PROGRAM)
		return false;
	assert_int_equal(ps_pike_new(&r->pike, &r->program), SEARCH_OK);
	return true;
}

static void close_required(struct required *r)
{
	ps_pike_free(r->pike);
	ps_program_free(&r->program);
	ps_literal_set_free(&r->sets[0]);
	ps_literal_set_free(&r->sets[1]);
	ps_node_free(r->root);
	ps_ast_free(&r->ast);
}

/* A line with the terminators around it. Returns its length without them. */
static size_t draw_line(struct draw *d, const struct required *r, uint8_t *to)
{
	static const char *const some[] = { "a", "x", "b", "needle", "Zz", "\xC3\xA9", " ", "-", "ab", "k", "#", "qz",
					    "\xE6\x97\xA5" };
	size_t n = 1;

	for (uint32_t i = 1 + draw(d, 8); i > 0; i--) {
		struct tree_text t = { .length = 0 };

		if (draw_one_in(d, 2))
			n += (size_t)snprintf((char *)to + n, 8, "%s", some[draw(d, sizeof(some) / sizeof(some[0]))]);
		else
			tree_draw(d, r->root, &t);
		for (size_t k = 0; k < t.length; k++)
			n += ps_utf8_encode(t.code[k], to + n);
	}
	to[0] = to[n] = '\n';
	return n - 1;
}

/* Whether text[begin, end) holds one of the literals after no more than the lead. */
static bool holds_literal(const struct ps_literal_set *set, const uint8_t *text, size_t begin, size_t end,
			  size_t match_begin)
{
	for (size_t place = begin; place < end; place++)
		for (size_t i = 0; i < set->count; i++) {
			const struct ps_literal *literal = &set->list[i];

			if (literal->length <= end - place && memcmp(text + place, literal->bytes, literal->length) == 0 &&
			    ps_lead_start(&set->lead, text, 0, place) <= match_begin)
				return true;
		}
	return false;
}

/* `line` is between two terminators. */
static void expect_literals(const struct required *r, const uint8_t *line, size_t length, const struct search_span *span)
{
	for (size_t borders = 0; borders < 2; borders++) {
		if (!r->sets[borders].known ||
		    holds_literal(&r->sets[borders], line - borders, span->begin, span->end + 2 * borders,
				  span->begin + borders))
			continue;
		for (size_t i = 0; i < r->sets[borders].count; i++)
			print_error("literal %.*s\n", (int)r->sets[borders].list[i].length,
				    (const char *)r->sets[borders].list[i].bytes);
		fail_msg("/%s/ at %zu-%zu of \"%.*s\", borders %zu, lead %zu", r->words, span->begin, span->end, (int)length,
			 (const char *)line, borders, r->sets[borders].lead.longest);
	}
}

/* Returns how many matches there are, from all places of the line. */
static size_t check_line(const struct required *r, const uint8_t *line, size_t length)
{
	struct ps_line_budget budget = { .haste = 1 };
	struct search_span span = { .begin = 0 };
	size_t matches = 0;

	for (size_t from = 0; from <= length; from = ps_utf8_next(line, length, span.begin)) {
		ps_line_budget_renew(&budget, length);
		if (ps_pike_search(r->pike, &budget, line, length, from, draw_one_in(&(struct draw){ from + 1 }, 2), &span) !=
		    PS_FOUND)
			break;
		expect_literals(r, line, length, &span);
		matches++;
	}
	return matches;
}

static void test_required_literals__each_match_holds_one_after_its_lead(void **state)
{
	size_t matches = 0, rounds = how_many_rounds(2000, ROUNDS(100000));
	static uint8_t text[TEXT_SIZE];

	(void)state;
	for (size_t round = 0; round < rounds; round++) {
		struct draw d = { random_new(round).state };
		struct required r;

		if (open_required(&d, &r))
			for (int i = 0; i < 4; i++)
				matches += check_line(&r, text + 1, draw_line(&d, &r, text));
		close_required(&r);
	}
	print_message("%zu matches\n", matches);
	assert_true(matches > rounds);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_required_literals__table),
		cmocka_unit_test(test_required_literals__each_match_holds_one_after_its_lead),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
