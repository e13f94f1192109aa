/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_condition.c - a line that matches, or that is given up, holds the trigrams that the matcher's condition asks for:
 * random patterns, in all syntaxes, on texts that are drawn from them. The condition is evaluated by looking for each
 * trigram in the line, one after the other. A matcher that was asked for a condition finds what another one finds.
 * PS_SEED and PS_ROUNDS as elsewhere.
 */
#include "../../lib/base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/base/utf8.h"
#include "../../lib/match/match.h"
#include "../../lib/prefilter/trigrams.h"
#include "../support/choose.h"
#include "../support/random.h"
#include "../support/random_pattern.h"
#include "../support/scale.h"
#include "find.h"
#include "ways.h"

enum {
	PATTERNS = 3,
	LINES = 24,
	TEXT_SIZE = 8 * 1024,
	LINES_OF_TEXT = TEXT_SIZE
};

/* ---- a plain evaluator ---- */

/* Where a match may reach over line ends, what is kept of a text need not know of trigrams over them. */
static bool whole;

static uint8_t fold(uint8_t byte)
{
	if (byte < 0x20)
		return ' ';
	return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + 'a' - 'A') : byte;
}

static bool has_gram(const struct ps_clause *gram, const uint8_t *text, size_t length)
{
	bool folded = false, as_is = false;

	for (size_t i = 0; i + 3 <= length; i++) {
		bool same = true;

		if (whole && (memchr(text + i, '\n', 3) != NULL || memchr(text + i, '\r', 3) != NULL))
			continue;
		for (size_t k = 0; k < 3; k++)
			same = same && fold(text[i + k]) == fold(gram->text[k]);
		folded = folded || same;
		as_is = as_is || memcmp(text + i, gram->text, 3) == 0;
	}
	return folded && (as_is || !gram->has_capital);
}

static bool clause_holds(const struct ps_condition *c, uint32_t at, const uint8_t *text, size_t length)
{
	const struct ps_clause *clause = &c->clauses[at];
	size_t children = 0, held = 0;

	if (clause->kind == PS_CLAUSE_GRAM)
		return has_gram(clause, text, length);
	for (uint32_t i = at + 1; i < clause->end; i = c->clauses[i].end) {
		children++;
		held += clause_holds(c, i, text, length);
	}
	return clause->kind == PS_CLAUSE_ALL ? held == children : held > 0;
}

static bool fulfils(const struct ps_condition *c, const uint8_t *text, size_t length)
{
	if (c->other_case && length > 0 && (memmem(text, length, "\xC5\xBF", 2) != NULL ||
					    memmem(text, length, "\xE2\x84\xAA", 3) != NULL))
		return true;
	return clause_holds(c, 0, text, length);
}

/* ---- patterns and texts ---- */

struct trial {
	struct ps_match_options options;
	struct search_pattern list[PATTERNS];
	char words[PATTERNS][PATTERN_SIZE];
	struct ps_ast ast[PATTERNS]; /* to draw texts from */
	const char *way;
	uint8_t text[TEXT_SIZE];
	size_t length;
};

/* What was seen: a test in which nothing is ruled out proves nothing. */
struct tally {
	size_t conditions, matching, undecided, lines, ruled_out;
};

/* `slow`: what Oniguruma gives up on some texts. */
static void draw_words(struct draw *d, char *to, bool slow)
{
	static const char *const part[] = {
		"needle", "PM_RESUME", "Foo", "bar", "_x", "(az|ux)", "(Zz|[xyz]Qq)+", "#%", "[ab]", "[A-Z]+", "[^x]{0,3}",
		"\\w+", "\\w*?", ".*", ".*", ".", "a?", "(ab|c)*", "\xC3\xA9+", "[\xC3\xA9\xE6\x97\xA5]{1,4}", "\\b", "^", "$",
		"\\s*", "(Zz){2,3}", "(?:a|b*Zq){2}", "(|k)", "(?i:sk)", "(?i:resume)", "|", "(needle)?", "(^|-)", "($|-)",
		"(needle|Foo)\\1", "(?=foo)", "foo(?=bar)", "(?!bar)", "(?<=xx)", "(?>ab|a)", "\\t", "[ \\t]", " ", "\\n",
		"[\\r\\n]+", "\\x{dc80}", "\xC3", "\\r", "ss", "ffi", "K", "s", "(foo|bar){2}", "([abc]{2}z){2,}", "x{2,5}",
		"[s\xC5\xBF]t", "[K\xE2\x84\xAA]b", "[Aa]bC", "(one|two|three|four|five|six|seven|eight|nine|ten|eleven)",
		"(a|b|c|d)(e|f|g)(h|i|j)", "\\0", "a{0}", "(b\\n?){2}",
	};
	size_t n = (size_t)snprintf(to, PATTERN_SIZE, "%s", slow && draw_one_in(d, 3) ? "(x+x+)+y\\1" : "");

	for (uint32_t i = 1 + draw(d, 6); i > 0; i--)
		n += (size_t)snprintf(to + n, PATTERN_SIZE - n, "%s", part[draw(d, sizeof(part) / sizeof(part[0]))]);
}

static uint32_t draw_flags(struct draw *d)
{
	static const uint32_t some[] = { SEARCH_MATCH_IGNORE_CASE, SEARCH_MATCH_WORD, SEARCH_MATCH_LINE, SEARCH_MATCH_CRLF,
					 SEARCH_MATCH_FIXED, SEARCH_MATCH_MULTILINE, SEARCH_MATCH_MULTILINE,
					 SEARCH_MATCH_DOT_NEWLINE };
	uint32_t flags = 0;

	for (uint32_t i = draw(d, 4); i > 0; i--)
		flags |= some[draw(d, sizeof(some) / sizeof(some[0]))];
	return flags;
}

static void draw_trial(struct draw *d, struct trial *t)
{
	static const struct way {
		const char *name;
		uint32_t avoid;
		size_t memory, words;
	} ways[] = { MATCHER_WAYS };
	const struct way *way = &ways[draw_one_in(d, 3) ? 0 : draw(d, MATCHER_WAY_COUNT)];
	bool any = draw_one_in(d, 3);

	*t = (struct trial){ .way = way->name };
	t->options = (struct ps_match_options){
		.patterns = t->list, .count = 1 + draw(d, PATTERNS), .flags = draw_flags(d),
		.syntax = draw(d, 5), .cpu = ps_cpu_features(),
		.avoid = way->avoid, .memory = way->memory, .words = way->words, .longest = draw_one_in(d, 4),
		.haste = draw_one_in(d, 4) ? 100000 : 1,
	};
	if (t->options.haste > 1 && draw_one_in(d, 2))
		t->options.avoid = PS_AVOID_ALL | (draw_one_in(d, 2) ? PS_AVOID_SPAN_DFA : 0);
	for (size_t i = 0; i < t->options.count; i++) {
		if (any) {
			struct pattern p;

			draw_pattern(d, &p);
			memcpy(t->words[i], p.text, sizeof(t->words[i]));
			t->options.syntax = p.syntax;
		} else {
			draw_words(d, t->words[i], t->options.haste > 1);
		}
		t->list[i] = (struct search_pattern){ .text = t->words[i], .length = strlen(t->words[i]) };
		if (ps_parse(&t->ast[i], (const uint8_t *)t->words[i], t->list[i].length,
			     reading_as(t->options.syntax % 3, (t->options.flags & SEARCH_MATCH_IGNORE_CASE) != 0)) != SEARCH_OK)
			fail_msg("no memory");
	}
}

static void put(struct trial *t, const void *bytes, size_t n)
{
	if (n > TEXT_SIZE - t->length)
		return;
	memcpy(t->text + t->length, bytes, n);
	t->length += n;
}

/* What one of the patterns may match; now and then with letters in the other case. */
static void put_match(struct draw *d, struct trial *t)
{
	const struct ps_ast *ast = &t->ast[draw(d, (uint32_t)t->options.count)];
	struct tree_text codes = { .length = 0 };
	bool other = draw_one_in(d, 3);

	if (ast->root != NULL)
		tree_draw(d, ast->root, &codes);
	for (size_t i = 0; i < codes.length; i++) {
		uint8_t bytes[4];
		uint32_t code = codes.code[i];
		bool letter = (code | 0x20) >= 'a' && (code | 0x20) <= 'z';

		put(t, bytes, ps_utf8_encode(other && letter && draw_one_in(d, 2) ? code ^ 0x20 : code, bytes));
	}
}

static void put_piece(struct draw *d, struct trial *t)
{
	static const char *const piece[] = {
		"a", "b", " ", "\t", "x", "needle", "NEEDLE", "foo", "Foo", "bar", "pm_resume", "PM_RESUME", "PM_RE", "\xC3\xA9", "k",
		"\xE2\x84\xAA", "\xC5\xBF", "\xFF", "\x80", "\xC3", "\xED\xA0\x80", "ss", "\xC3\x9F", "ffi", "\xEF\xAC\x83", "\r", "sk",
		"foofoo", "ab", "zz", "Zz", "one", "-", "\x01",
		"xxxxxxxxxxxxxxxxxxxxxxxx",
	};
	const char *s = piece[draw(d, sizeof(piece) / sizeof(piece[0]))];

	put(t, s, strlen(s));
}

static void draw_text(struct draw *d, struct trial *t)
{
	const char *end = draw_one_in(d, 4) ? "\r\n" : "\n";

	t->length = 0;
	for (uint32_t lines = 1 + draw(d, LINES); lines > 0; lines--) {
		for (uint32_t i = draw(d, 5); i > 0; i--) {
			if (draw_one_in(d, 2))
				put_match(d, t);
			else
				put_piece(d, t);
		}
		if (lines > 1 || draw_one_in(d, 2))
			put(t, end, strlen(end));
	}
}

/* ---- the trial ---- */

static void complain(const struct trial *t, const char *what, const uint8_t *line, size_t length)
{
	char said[4096];
	size_t n = 0;

	for (size_t i = 0; i < t->options.count; i++)
		n += (size_t)snprintf(said + n, sizeof(said) - n, " /%s/", t->words[i]);
	n += (size_t)snprintf(said + n, sizeof(said) - n, " flags %x, syntax %u, %s, haste %u: \"", t->options.flags,
			      t->options.syntax, t->way, t->options.haste);
	for (size_t i = 0; i < length && i < 200; i++)
		n += (size_t)snprintf(said + n, sizeof(said) - n, line[i] >= 0x20 && line[i] < 0x7F ? "%c" : "\\x%02X", line[i]);
	fail_msg("%s:%s\"", what, said);
}

/* What was found must fulfil the condition; what is given up as well, by the hashes. */
static void check_text(const struct trial *t, const struct ps_condition *c, int found, const uint8_t *text, size_t length,
		       struct tally *tally)
{
	bool holds = true;

	tally->matching += found == PS_FOUND;
	tally->undecided += found == PS_UNDECIDED;
	if (c == NULL)
		return;
	if (found == PS_FOUND)
		holds = fulfils(c, text, length);
	else if (ps_condition_holds(c, text, length, &holds) != SEARCH_OK)
		fail_msg("no memory");
	if (!holds)
		complain(t, found == PS_FOUND ? "matches, but lacks trigrams" : "given up, but lacks trigrams", text, length);
}

/* The results of one search of all lines: PS_FOUND or PS_UNDECIDED, and where. */
struct results {
	size_t count;
	int found[LINES_OF_TEXT];
	struct ps_line line[LINES_OF_TEXT];
};

static void find_lines(const struct trial *t, const struct ps_matcher *m, struct results *r)
{
	struct ps_finder *f;
	struct ps_line line;
	size_t from = 0;
	int rc;

	r->count = 0;
	assert_int_equal(ps_finder_new(&f, m), SEARCH_OK);
	while (from < t->length && (rc = find_line(f, t->text, from, t->length, &line)) != PS_NONE) {
		const uint8_t *nl = memchr(t->text + line.end, '\n', t->length - line.end);

		assert_true(rc == PS_FOUND || rc == PS_UNDECIDED);
		r->found[r->count] = rc;
		r->line[r->count++] = line;
		from = nl == NULL ? t->length : (size_t)(nl - t->text) + 1;
	}
	ps_finder_free(f);
}

/* The first result in a whole text: a match, PS_UNDECIDED or PS_NONE. */
static void find_in_text(const struct trial *t, const struct ps_matcher *m, struct results *r)
{
	struct ps_finder *f;
	struct search_span span = { 0 };

	assert_int_equal(ps_finder_new(&f, m), SEARCH_OK);
	assert_int_equal(ps_finder_begin_text(f, t->text, t->length), SEARCH_OK);
	r->count = 1;
	while ((r->found[0] = ps_find_match(f, &span)) == PS_PAUSED)
		;
	r->line[0] = (struct ps_line){ 0, t->length };
	ps_finder_end_text(f);
	ps_finder_free(f);
}

static void check_lines(const struct trial *t, const struct ps_condition *c, const struct results *r, struct tally *tally)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->found[i] != PS_NONE)
			check_text(t, c, r->found[i], t->text + r->line[i].begin, r->line[i].end - r->line[i].begin, tally);
}

static void count_ruled_out(const struct trial *t, const struct ps_condition *c, struct tally *tally)
{
	for (size_t at = 0; c != NULL && at < t->length;) {
		const uint8_t *nl = memchr(t->text + at, '\n', t->length - at);
		size_t end = nl == NULL ? t->length : (size_t)(nl - t->text);

		tally->lines++;
		tally->ruled_out += !fulfils(c, t->text + at, end - at);
		at = end + 1;
	}
}

static void search(const struct trial *t, const struct ps_matcher *m, struct results *r)
{
	if (ps_matcher_is_whole(m))
		find_in_text(t, m, r);
	else
		find_lines(t, m, r);
}

/* False: the patterns are not valid. */
static bool try_out(struct draw *d, struct trial *t, struct tally *tally)
{
	static struct results warm, cold;
	struct ps_match_options plain = t->options;
	struct ps_matcher *with, *without;
	const struct ps_condition *c;

	t->options.trigrams = true;
	if (ps_matcher_new(&with, &t->options, NULL) != SEARCH_OK)
		return false;
	assert_int_equal(ps_matcher_new(&without, &plain, NULL), SEARCH_OK);
	assert_null(ps_matcher_condition(without));
	c = ps_matcher_condition(with);
	whole = ps_matcher_is_whole(with);
	tally->conditions += c != NULL;
	for (int i = 0; i < 4; i++) {
		draw_text(d, t);
		search(t, with, &warm);
		search(t, without, &cold);
		/* with next to no budget what is given up depends on the clock, too */
		if (t->options.haste == 1 &&
		    (warm.count != cold.count || memcmp(warm.found, cold.found, warm.count * sizeof(warm.found[0])) != 0))
			complain(t, "finds something else if a condition is wanted", t->text, t->length);
		check_lines(t, c, &warm, tally);
		count_ruled_out(t, c, tally);
	}
	ps_matcher_free(with);
	ps_matcher_free(without);
	return true;
}

static void test_condition__what_matches_or_is_given_up_fulfils_it(void **state)
{
	size_t rounds = how_many_rounds(2000, SCALED(60000)), done = 0;
	struct draw d = { random_new(17).state };
	static struct trial t;
	struct tally tally = { 0 };

	(void)state;
	for (size_t i = 0; i < rounds; i++) {
		draw_trial(&d, &t);
		done += try_out(&d, &t, &tally);
		for (size_t k = 0; k < PATTERNS; k++)
			ps_ast_free(&t.ast[k]);
	}
	printf("%zu searches, %zu with a condition; %zu matches, %zu undecided; %zu of %zu lines ruled out\n", done,
	       tally.conditions, tally.matching, tally.undecided, tally.ruled_out, tally.lines);
	if (rounds < 2000)
		return;
	assert_true(tally.conditions > done / 4);
	assert_true(tally.ruled_out > tally.lines / 4);
	assert_true(tally.undecided > 20);
}

/* ---- lines that are given up ---- */

/*
 * Oniguruma gives up on these lines at once, as the budget is next to nothing, and no other engine may help: where the
 * strings of the pattern are missing, the line does not match nevertheless.
 */
static void test_condition__a_line_without_the_trigrams_is_not_given_up(void **state)
{
	static const struct {
		const char *pattern;
		uint32_t flags;
		const char *text;
		int found;
	} rows[] = {
		{ "(x+x+)+y\\1", 0,
		  "xxxxxxxxxxxxxxxxxxxxxxxx", PS_UNDECIDED },
		{ "(x+x+)+y\\1needle", 0,
		  "xxxxxxxxxxxxxxxxxxxxxxxx", PS_NONE },
		{ "(x+x+)+y\\1needle", 0,
		  "xxxxxxxxxxxxxxxxxxxxxxxx needle", PS_UNDECIDED },
		{ "(x+x+)+y\\1Needle", 0,
		  "xxxxxxxxxxxxxxxxxxxxxxxx needle", PS_NONE },
		{ "(x+x+)+y\\1(needle|haystack)", 0,
		  "xxxxxxxxxxxxxxxxxxxxxxxx hays stack", PS_NONE },
		{ "(x+x+)+y\\1(needle|haystack)", 0,
		  "xxxxxxxxxxxxxxxxxxxxxxxx haystack", PS_UNDECIDED },
		{ "(x+x+)+y\\1needle", SEARCH_MATCH_IGNORE_CASE,
		  "xxxxxxxxxxxxxxxxxxxxxxxx NEEDLE", PS_UNDECIDED },
		{ "(x+x+)+y\\1Kneedle", SEARCH_MATCH_IGNORE_CASE,
		  "xxxxxxxxxxxxxxxxxxxxxxxx \xE2\x84\xAA", PS_UNDECIDED },
		{ "(x+x+)+y\\1needle", SEARCH_MATCH_IGNORE_CASE,
		  "xxxxxxxxxxxxxxxxxxxxxxxx \xE2\x84\xAA", PS_NONE },
		{ "(x+x+)+y\\1\\nneedle", SEARCH_MATCH_MULTILINE,
		  "xxxxxxxxxxxxxxxxxxxxxxxx\nx\n", PS_NONE },
		{ "(x+x+)+y\\1\\nneedle", SEARCH_MATCH_MULTILINE,
		  "xxxxxxxxxxxxxxxxxxxxxxxx\nxneedle\n", PS_UNDECIDED },
	};
	static struct results r;
	static struct trial t;

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		const size_t row = i / 2;
		struct ps_matcher *m;

		t.list[0] = (struct search_pattern){ .text = rows[row].pattern, .length = strlen(rows[row].pattern) };
		t.options = (struct ps_match_options){ .patterns = t.list, .count = 1, .flags = rows[row].flags, .haste = 10000000,
						       .avoid = PS_AVOID_ALL | PS_AVOID_SPAN_DFA, .trigrams = i % 2 == 0 };
		t.length = 0;
		put(&t, rows[row].text, strlen(rows[row].text));
		assert_int_equal(ps_matcher_new(&m, &t.options, NULL), SEARCH_OK);
		search(&t, m, &r);
		if ((r.count > 0 ? r.found[0] : PS_NONE) != rows[row].found)
			fail_msg("/%s/ on \"%s\": not %d", rows[row].pattern, rows[row].text, rows[row].found);
		ps_matcher_free(m);
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_condition__what_matches_or_is_given_up_fulfils_it),
		cmocka_unit_test(test_condition__a_line_without_the_trigrams_is_not_given_up),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
