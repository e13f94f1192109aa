/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_parse.c - what patterns are parsed to; and that their trees match what Oniguruma matches. PS_SEED repeats a run,
 * PS_ROUNDS is how many patterns it has.
 */
#include "../../lib/base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/match/match.h"
#include "../match/find.h"
#include "../../lib/pattern/pattern_limits.h"
#include "../../lib/base/utf8.h"
#include "../support/choose.h"
#include "../support/random.h"
#include "../support/random_pattern.h"
#include "../support/scale.h"

#define TEXTS 8 /* for each random pattern */

/* ---- against Oniguruma ---- */

struct counts {
	uint64_t patterns, accepted, exact, superset, none, texts, matches, wrong;
};

static size_t encode(uint32_t code, uint8_t *to)
{
	if (code < 0x80) {
		to[0] = (uint8_t)code;
		return 1;
	}
	if (code < 0x800) {
		to[0] = (uint8_t)(0xC0 | code >> 6);
		to[1] = (uint8_t)(0x80 | (code & 0x3F));
		return 2;
	}
	if (code < 0x10000) {
		to[0] = (uint8_t)(0xE0 | code >> 12);
		to[1] = (uint8_t)(0x80 | (code >> 6 & 0x3F));
		to[2] = (uint8_t)(0x80 | (code & 0x3F));
		return 3;
	}
	to[0] = (uint8_t)(0xF0 | code >> 18);
	to[1] = (uint8_t)(0x80 | (code >> 12 & 0x3F));
	to[2] = (uint8_t)(0x80 | (code >> 6 & 0x3F));
	to[3] = (uint8_t)(0x80 | (code & 0x3F));
	return 4;
}

static size_t encode_text(const struct tree_text *t, uint8_t *to)
{
	size_t at = 0;

	for (size_t i = 0; i < t->length; i++)
		at += encode(t->code[i], to + at);
	return at;
}

static uint32_t decode_first(const char *s)
{
	const uint8_t *b = (const uint8_t *)s;

	return b[0] < 0x80 ? b[0] : b[0] < 0xE0 ? (b[0] & 0x1Fu) << 6 | (b[1] & 0x3Fu) :
	       b[0] < 0xF0 ? (b[0] & 0xFu) << 12 | (b[1] & 0x3Fu) << 6 | (b[2] & 0x3Fu) :
			     (b[0] & 7u) << 18 | (b[1] & 0x3Fu) << 12 | (b[2] & 0x3Fu) << 6 | (b[3] & 0x3Fu);
}

static uint32_t random_code(struct draw *d)
{
	return decode_first(draw_character(d));
}

/* The same letter in another case, or something that folds to it. */
static uint32_t other_case(struct draw *d, uint32_t code)
{
	struct ps_fold items[PS_FOLD_ITEMS];
	uint8_t text[4];
	int n = ps_fold_at(text, encode(code, text), false, items);
	int k = n > 0 ? (int)draw(d, (uint32_t)n) : 0;

	return n > 0 && items[k].count == 1 ? items[k].codes[0] : code;
}

/* Replaces characters by what they fold to, at random. */
static void refold(struct draw *d, struct tree_text *t)
{
	struct ps_fold items[PS_FOLD_ITEMS];
	struct tree_text from = *t;
	uint8_t text[TREE_TEXT * 4];
	size_t length = encode_text(t, text), at = 0, i = 0;

	t->length = 0;
	while (at < length) {
		int n = ps_fold_at(text + at, length - at, false, items);
		int k = n > 0 ? (int)draw(d, (uint32_t)n) : 0;
		size_t behind = at + (n > 0 && draw_one_in(d, 2) ? items[k].bytes : 0);

		for (size_t j = 0; behind > at && j < items[k].count; j++)
			tree_put(t, items[k].codes[j]);
		if (behind == at) {
			tree_put(t, from.code[i++]);
			at = ps_utf8_next(text, length, at);
			continue;
		}
		for (; at < behind; at = ps_utf8_next(text, length, at))
			i++;
	}
}

static void mutate(struct draw *d, struct tree_text *t)
{
	size_t at = t->length == 0 ? 0 : draw(d, (uint32_t)t->length);

	if (t->length == 0)
		return;
	switch (draw(d, 6)) {
	case 0:
		t->code[at] = random_code(d);
		return;
	case 1:
		t->code[at] = other_case(d, t->code[at]);
		return;
	case 2:
		t->length--;
		memmove(t->code + at, t->code + at + 1, (t->length - at) * sizeof(t->code[0]));
		return;
	case 3:
		refold(d, t);
		return;
	default:
		for (size_t i = 0; i < t->length; i++)
			if (draw_one_in(d, 3))
				t->code[i] = other_case(d, t->code[i]);
	}
}

static void random_text(struct draw *d, const struct ps_node *root, struct tree_text *t)
{
	uint32_t before = draw(d, 3), behind = draw(d, 3);

	t->length = 0;
	for (uint32_t i = 0; i < before; i++)
		tree_put(t, random_code(d));
	if (root != NULL && !draw_one_in(d, 4))
		tree_draw(d, root, t);
	else
		for (uint32_t i = 0; i < 4; i++)
			tree_put(t, random_code(d));
	for (uint32_t i = 0; i < behind; i++)
		tree_put(t, random_code(d));
	while (draw_one_in(d, 2))
		mutate(d, t);
}

static void report(const struct pattern *p, bool fold, const struct ps_ast *ast, const uint8_t *text,
		   size_t length, int found)
{
	char tree[1000];

	print_ast(ast, tree, sizeof(tree));
	print_message("%s /%s/%s on \"%.*s\": Oniguruma %s, %s\n", syntax_name(p->syntax), p->text, fold ? "i" : "",
		      (int)length, (const char *)text, found == PS_FOUND ? "matches" : "does not match", tree);
}

static void compare_text(struct draw *d, const struct pattern *p, bool fold, const struct ps_ast *ast,
			 const struct ps_regex *regex, struct ps_engine *engine, struct counts *counts)
{
	struct tree_text t;
	uint8_t text[TREE_TEXT * 4];
	size_t length;
	bool tree;
	int found;

	random_text(d, ast->root, &t);
	length = encode_text(&t, text);
	found = ps_regex_search(regex, 0, engine, full_budget(), text, length, 0, NULL);
	if (found != PS_FOUND && found != PS_NONE)
		return;
	tree = tree_matches(ast->root, &t);
	counts->texts++;
	counts->matches += found == PS_FOUND;
	if ((ast->exact && tree != (found == PS_FOUND)) || (!tree && found == PS_FOUND)) {
		counts->wrong++;
		if (counts->wrong <= 20)
			report(p, fold, ast, text, length, found);
	}
}

static void compare(struct draw *d, const struct pattern *p, bool fold, struct ps_engine *engine,
		    struct counts *counts)
{
	const struct ps_dialect *dialect = reading_as(p->syntax, fold);
	const uint8_t *bytes = (const uint8_t *)p->text;
	struct ps_regex *regex;
	struct ps_pattern_error fault;
	struct ps_ast ast;
	size_t offset;

	counts->patterns++;
	if (!ps_pattern_check_nesting(bytes, p->length, p->syntax, &offset) ||
	    ps_regex_new(&regex, bytes, p->length, dialect, &fault) != SEARCH_OK) {
		/* It may not be understood, but must not crash. */
		assert_int_equal(ps_parse(&ast, bytes, p->length, dialect), SEARCH_OK);
		ps_ast_free(&ast);
		return;
	}
	counts->accepted++;
	assert_int_equal(ps_parse(&ast, bytes, p->length, dialect), SEARCH_OK);
	assert_true(ast.exact == (ast.why == NULL));
	assert_true(ast.root != NULL || !ast.exact);
	counts->exact += ast.exact;
	counts->none += ast.root == NULL;
	counts->superset += ast.root != NULL && !ast.exact;
	for (int i = 0; i < TEXTS && ast.root != NULL; i++)
		compare_text(d, p, fold, &ast, regex, engine, counts);
	ps_ast_free(&ast);
	ps_regex_free(regex);
}

static void print_counts(const struct counts *c, uint32_t syntax)
{
	print_message("%s: %llu patterns, %llu accepted: %llu exact, %llu supersets, %llu without tree; %llu texts, "
		      "%llu match, %llu disagree\n", syntax_name(syntax), (unsigned long long)c->patterns,
		      (unsigned long long)c->accepted, (unsigned long long)c->exact, (unsigned long long)c->superset,
		      (unsigned long long)c->none, (unsigned long long)c->texts, (unsigned long long)c->matches,
		      (unsigned long long)c->wrong);
}

static void test_parse__random_patterns_agree_with_oniguruma(void **state)
{
	uint64_t seed = random_seed();
	uint64_t rounds = how_many_rounds(5000, ROUNDS(20000));
	struct counts counts[SEARCH_SYNTAX_PYTHON + 1] = { 0 };
	struct ps_engine *engine;

	(void)state;
	assert_int_equal(ps_engine_new(&engine), SEARCH_OK);
	for (uint64_t i = 0; i < rounds; i++) {
		struct draw d = { (seed + i) * UINT64_C(0x9E3779B97F4A7C15) | 1 };
		struct pattern p;

		draw(&d, 2);
		draw_pattern(&d, &p);
		compare(&d, &p, draw_one_in(&d, 3), engine, &counts[p.syntax]);
	}
	ps_engine_free(engine);
	for (uint32_t syntax = 0; syntax <= SEARCH_SYNTAX_PYTHON; syntax++)
		print_counts(&counts[syntax], syntax);
	for (uint32_t syntax = 0; syntax <= SEARCH_SYNTAX_PYTHON; syntax++) {
		assert_int_equal(counts[syntax].wrong, 0);
		assert_true(rounds < 1000 || counts[syntax].exact > counts[syntax].patterns / 4);
	}
}

/* ---- tables ---- */

struct row {
	const char *pattern; /* after a !: in any case */
	const char *tree;
};

/* [Nd+1 ranges]: one more than Oniguruma's table of Nd has. Unicode grows with its versions. */
static void write_tree(const char *tree, char *to, size_t size)
{
	char name[16] = "";
	unsigned more = 0;
	size_t count = 0;

	if (sscanf(tree, "[%15[A-Za-z]+%u ranges]", name, &more) == 2)
		ps_ctype_ranges(ps_ctype_by_name((const uint8_t *)name, strlen(name)), &count);
	if (count > 0)
		snprintf(to, size, "[%zu ranges]", count + more);
	else
		snprintf(to, size, "%s", tree);
}

/* `newlines`: in lines that may hold them. */
static void check_row(const struct row *row, uint32_t syntax, bool newlines)
{
	bool fold = row->pattern[0] == '!';
	struct ps_dialect dialect = *reading_as(syntax, fold);
	const char *pattern = row->pattern + fold;
	struct ps_regex *regex = NULL;
	struct ps_pattern_error fault;
	struct ps_ast ast;
	char tree[1000], wanted[1000];

	dialect.newlines = newlines;
	if (ps_regex_new(&regex, (const uint8_t *)pattern, strlen(pattern), &dialect, &fault) != SEARCH_OK)
		fail_msg("%s /%s/ is refused: %s", syntax_name(syntax), pattern, fault.message);
	ps_regex_free(regex);
	assert_int_equal(ps_parse(&ast, (const uint8_t *)pattern, strlen(pattern), &dialect), SEARCH_OK);
	print_ast(&ast, tree, sizeof(tree));
	ps_ast_free(&ast);
	write_tree(row->tree, wanted, sizeof(wanted));
	if (strcmp(tree, wanted) != 0)
		fail_msg("%s /%s/ is parsed to %s, not to %s", syntax_name(syntax), pattern, tree, wanted);
}

#define CHECK_ROWS_AS(rows, syntax) \
	do { \
		for (size_t i = 0; i < sizeof(rows) / sizeof((rows)[0]); i++) \
			check_row(&(rows)[i], syntax, false); \
	} while (0)

#define CHECK_ROWS(rows) CHECK_ROWS_AS(rows, SEARCH_SYNTAX_ONIGURUMA)

static void test_parse__structure(void **state)
{
	static const struct row rows[] = {
		{ "", "()" }, { "abc", "(abc)" }, { "a|bc", "(a|(bc))" }, { "a||b", "(a|()|b)" },
		{ "(|a)", "(()|a)" },
		{ "()", "()" }, { "a|(b|c)", "(a|b|c)" }, { "(?:a(?:b(?:c)))", "(abc)" },
		{ "(?:a)+b", "(a{1,}b)" },
		{ "(a(b)|c)d", "(((ab)|c)d)" }, { "(?<n>a)(b)", "(ab)" }, { "(?'n'a|b)", "(a|b)" },
		{ "^a$", "(^a$)" }, { "\\Aa\\z\\Z", "(^a$$)" }, { "\\ba\\B", "(\\ba\\B)" },
		{ "]}", "(<5D><7D>)" },
		{ "a(?#c)b(?#\\))c", "(abc)" },
	};

	(void)state;
	CHECK_ROWS(rows);
}

static void test_parse__quantifiers(void **state)
{
	static const struct row rows[] = {
		{ "ab*", "(ab{0,})" }, { "a+", "a{1,}" }, { "a?", "a{0,1}" }, { "a*?", "a{0,}" },
		{ "a+?", "a{1,}" },
		{ "a??", "a{0,1}" }, { "ab{2}", "(ab{2})" }, { "a{2,}", "a{2,}" },
		{ "a{2,4}", "a{2,4}" },
		{ "a{,2}", "a{0,2}" }, { "a{2}?", "a{2}{0,1}" }, { "a{2,4}?", "a{2,4}" },
		{ "a{,2}?", "a{0,2}" },
		{ "a{2,}?", "a{2,}" }, { "a{1,2}+", "a{1,2}{1,}" }, { "a{2}+", "a{2}{1,}" },
		{ "a{3,1}", "~ a{1,3}" },
		{ "a?+", "~ a{0,1}" }, { "a*+", "~ a{0,}" }, { "a++", "~ a{1,}" }, { "a**", "a{0,}" },
		{ "a?*", "a{0,}" },
		{ "(?:a+)?", "a{0,}" }, { "(?:a+)+", "a{1,}" }, { "(?:a+){2}", "a{2,}" },
		{ "(?:a?){2}", "a{0,2}" },
		{ "a{2}{3}", "a{6}" }, { "(?:a{2,3}){2}", "a{2,3}{2}" }, { "a{1}", "a" },
		{ "ab{1,1}c", "(abc)" },
		{ "a{0}b", "b" }, { "a{1}{2}", "a{2}" }, { "a{", "(a<7B>)" }, { "a{}", "(a<7B><7D>)" },
		{ "a{,}", "(a<7B>,<7D>)" }, { "a{ 2}", "(a<7B><20>2<7D>)" },
		{ "a{1, 2}", "(a<7B>1,<20>2<7D>)" },
		{ "a{-1}", "(a<7B><2D>1<7D>)" }, { "x{a}", "(x<7B>a<7D>)" }, { "()*", "()" },
		{ "(^)*", "~ ^{0,}" },
		{ "(?:^a)+", "(^a){1,}" }, { "(^|.){3}x", "~ ((^|[<0>-<9><B>-<10FFFF>]){3}x)" },
		{ "(\\b|a)?", "(\\b|a){0,1}" },
		{ "(?:ab){1}{2}", "none" }, { "(ab){1}{2}", "(ab){2}" }, { "a(?#c)*", "a{0,}" },
		{ "(?x)a {2} b", "(a{2}b)" },
	};

	(void)state;
	CHECK_ROWS(rows);
}

static void test_parse__escapes(void **state)
{
	static const struct row rows[] = {
		{ "\\t\\n\\r\\f\\v\\a\\e", "(<9><A><D><C><B><7><1B>)" }, { "\\x41\\x4", "(A<4>)" },
		{ "\\x", "x" },
		{ "\\xg", "(<0>g)" }, { "\\x{41}", "A" }, { "\\x{g}", "(x<7B>g<7D>)" },
		{ "\\x{}", "(x<7B><7D>)" },
		{ "\\x{41 42}", "none" }, { "\\x{10ffff}", "<10FFFF>" }, { "\\xc3\\xa9", "none" },
		{ "\\u00e9", "<E9>" }, { "\\U00000041", "(U00000041)" },
		{ "\\o{101}", "A" }, { "\\o", "o" }, { "\\0", "<0>" }, { "\\01", "<1>" },
		{ "\\012", "<A>" }, { "\\0101", "(<8>1)" },
		{ "\\101", "A" }, { "\\11", "<9>" }, { "\\100", "@" }, { "\\81", "(81)" },
		{ "\\cA\\C-b\\c?", "(<1><2><7F>)" }, { "\\M-a", "none" },
		{ "\\q\\_\\<\\L\\Q", "(q_<LQ)" }, { "\\pL", "(pL)" },
		{ "\\k\\g", "(kg)" }, { "\\.\\*\\\\", "(.<2A><5C>)" }, { "\\h", "[0-9A-Fa-f]" },
		{ "\\N", "[<0>-<9><B>-<10FFFF>]" },
		{ "\\O", "[<0>-<10FFFF>]" }, { ".", "[<0>-<9><B>-<10FFFF>]" },
		{ "\\p{Nd}", "[Nd+0 ranges]" },
		{ "\\P{^l-u}", "[Lu+0 ranges]" }, { "a\\Kb", "(ab)" },
	};

	(void)state;
	CHECK_ROWS(rows);
}

static void test_parse__classes(void **state)
{
	static const struct row rows[] = {
		{ "[abc]", "[a-c]" }, { "[^a]", "[<0>-`b-<10FFFF>]" }, { "[]a]", "[<5D>a]" },
		{ "[^]]", "[<0>-<5C><5E>-<10FFFF>]" },
		{ "[a[bc]]", "[a-c]" }, { "[a-z&&[^aeiou]]", "[b-df-hj-np-tv-z]" },
		{ "[^a-z&&[^aeiou]]", "[<0>-aeiou<7B>-<10FFFF>]" },
		{ "[a&&]", "[]" }, { "[&&]", "[]" }, { "[^&&a]", "[<0>-<10FFFF>]" },
		{ "[a-]", "[<2D>a]" }, { "[-a]", "[<2D>a]" },
		{ "[a-b-]", "[<2D>ab]" }, { "[a-b-c]", "[<2D>a-c]" }, { "[--a]", "[<2D>-a]" },
		{ "[!--]", "[!-<2D>]" },
		{ "[a-z&&-x]", "x" }, { "[\\d-]", "[Digit+1 ranges]" },
		{ "[[:digit:][:^digit:]]", "[<0>-<10FFFF>]" },
		{ "[[:xdigit:]]", "[0-9A-Fa-f]" }, { "[:xdigit:]", "[:dgitx]" }, { "[[=a=]]", "[=a]" },
		{ "[[.a.]]", "[.a]" },
		{ "[\\b\\n\\x41\\101\\8]", "[<8><A>8A]" }, { "[\\R\\K]", "[KR]" },
		{ "[\\]\\-\\^]", "[<2D><5D><5E>]" },
		{ "[\\h]", "[0-9A-Fa-f]" }, { "(?x)[a #]", "[<20>#a]" }, { "[&]", "&" },
		{ "[a&&&]", "[]" }, { "[a-[b]]", "none" },
		{ "[a-d-[b]]", "none" }, { "[\\x{61 62}]", "none" }, { "[\\xc3\\xa9]", "none" },
		{ "[[^\\x{0}-\\x{10ffff}]]", "none" }, { "[[^\\x-\xc3\xa9]]", "none" },
		{ "[[^\\x{1}-\\x{e9}]]", "[<0><EA>-<10FFFF>]" },
		{ "(?W:[\\w])", "[0-9A-Z_a-z]" }, { "(?P:[[:^alpha:]])", "[<0>-@<5B>-`<7B>-<10FFFF>]" },
		{ "(?D:\\d)", "[0-9]" },
		{ "(?S:\\s)", "[<9>-<D><20>]" }, { "(?P)\\p{Alpha}", "[A-Za-z]" },
		{ "(?P)\\p{Lu}", "[Lu+0 ranges]" },
	};

	(void)state;
	CHECK_ROWS(rows);
}

static void test_parse__options(void **state)
{
	static const struct row rows[] = {
		{ "a(?i)b|c", "(a([Bb]|[Cc]))" }, { "(a(?i)b)c", "(a[Bb]c)" }, { "(?i:b)c", "([Bb]c)" },
		{ "(?i)a(?-i:b)", "([Aa]b)" },
		{ "(?m).", "[<0>-<10FFFF>]" }, { "(?m-i:.).", "([<0>-<10FFFF>][<0>-<9><B>-<10FFFF>])" },
		{ "(?x) a b # c", "(ab)" },
		{ "(?x: a ) b", "(a<20>b)" }, { "(?x:a #)\n) b", "(a<20>b)" },
		{ "(?W)\\w", "[0-9A-Z_a-z]" }, { "(?-x) a", "(<20>a)" },
	};

	(void)state;
	CHECK_ROWS(rows);
}

static void test_parse__any_case(void **state)
{
	static const struct row rows[] = {
		{ "!a1", "([Aa]1)" }, { "!k", "[Kk<212A>]" }, { "!\\x73", "[Ss<17F>]" },
		{ "!ss", "([<DF><1E9E>]|([Ss<17F>][Ss<17F>]))" },
		{ "!\xc3\x9f", "([<DF><1E9E>]|([Ss<17F>][Ss<17F>]))" },
		{ "!s(?:s)", "([<DF><1E9E>]|([Ss<17F>][Ss<17F>]))" },
		{ "!s(?#c)s{1}", "([<DF><1E9E>]|([Ss<17F>][Ss<17F>]))" },
		{ "!s(s)", "([Ss<17F>][Ss<17F>])" },
		{ "!ss+", "([Ss<17F>][Ss<17F>]{1,})" }, { "!s(?:)s", "([Ss<17F>][Ss<17F>])" },
		{ "!(?:.s)s",
		"([<0>-<9><B>-<10FFFF>][Ss<17F>][Ss<17F>])" }, { "!b(?:.s)s",
		"([Bb][<0>-<9><B>-<10FFFF>]([<DF><1E9E>]|([Ss<17F>][Ss<17F>])))" }, { "!s(?i)s",
		"([Ss<17F>][Ss<17F>])" },
		{ "![a-z]", "[A-Za-z<17F><212A>]" },
		{ "![^\xc3\x9f]", "[<0>-<DE><E0>-<1E9D><1E9F>-<10FFFF>]" },
		{ "![\xc3\x9f]", "(([Ss<17F>][Ss<17F>])|[<DF><1E9E>])" }, { "!\\w", "[Word+2 ranges]" },
		{ "![\xe1\xba\x98\xe1\xba\x99]", "(([Ww]<30A>)|([Yy]<30A>)|[<1E98><1E99>])" },
		{ "!(?<n>a)(b)", "none" },
	};

	(void)state;
	CHECK_ROWS(rows);
}

static void test_parse__supersets(void **state)
{
	static const struct row rows[] = {
		{ "(a)\\1", "~ (a[<0>-<10FFFF>]{0,})" },
		{ "(?<n>a)\\k<n>b", "~ (a[<0>-<10FFFF>]{0,}b)" }, { "(?=a[)]|(b))c", "~ c" },
		{ "(?<!a)b", "~ b" }, { "(?<=a)b", "~ b" }, { "(?!x)a", "~ a" },
		{ "(?>a|ab)c", "~ ((a|(ab))c)" },
		{ "(a)\\g<1>", "~ (a[<0>-<10FFFF>]{0,})" },
		{ "\\R", "~ ([<A>-<D><85><2028><2029>]|(<D><A>))" },
		{ "\\X", "~ [<0>-<10FFFF>]{1,}" }, { "a\\yb\\Y", "~ (ab)" }, { "\\Ga", "~ a" },
		{ "(?W)\\ba", "~ a" },
		{ "\\b.*a", "~ (\\b[<0>-<9><B>-<10FFFF>]{0,}a)" },
		{ "(?:(\\B)|b).+a", "((\\B|b)[<0>-<9><B>-<10FFFF>]{1,}a)" },
		{ "^.*a\\b", "(^[<0>-<9><B>-<10FFFF>]{0,}a\\b)" }, { "(?~a)", "none" },
		{ "(a)?(?(1)b|c)", "none" }, { "(?y{g})a", "none" },
		{ "(?C)(a)", "none" },
	};

	(void)state;
	CHECK_ROWS(rows);
}

static void test_parse__perl(void **state)
{
	static const struct row rows[] = {
		{ "a(?i)b|c", "((a[Bb])|[Cc])" }, { "(a(?i)b)c", "(a[Bb]c)" }, { "(?i:a)b", "([Aa]b)" },
		{ "(?i)", "()" },
		{ "a(?i)|b", "(a|[Bb])" }, { "(?i)a(?x) b # c", "([Aa][Bb])" },
		{ "!s(?i)s", "([<DF><1E9E>]|([Ss<17F>][Ss<17F>]))" },
		{ "!b(?:(?i)s)s", "([Bb]([<DF><1E9E>]|([Ss<17F>][Ss<17F>])))" },
		{ "!b(?:s(?i))s", "([Bb][Ss<17F>][Ss<17F>])" }, { "!b(?:s(?x) )s", "([Bb][Ss<17F>][Ss<17F>])" },
		{ "(?s).(?m).", "([<0>-<10FFFF>][<0>-<10FFFF>])" }, { "(?m).", "[<0>-<9><B>-<10FFFF>]" },
		{ "(?m)^a$", "(^a$)" },
		{ "a{,2}", "(a<7B>,2<7D>)" }, { "a{2}?", "a{2}" }, { "a{1,2}?", "a{1,2}" }, { "a{1,2}+", "~ a{1,2}" },
		{ "a{1}+", "a" }, { "a++", "~ a{1,}" },
		{ "\\Qa.b\\E*", "(a.b{0,})" }, { "\\Q\\E*a", "a" }, { "\\Qa", "a" }, { "\\Q\\\\E", "<5C>" },
		{ "a\\E", "(aE)" },
		{ "(?x)\\Q #\\E # c", "(<20>#)" },
		{ "!s\\Qs\\E", "([<DF><1E9E>]|([Ss<17F>][Ss<17F>]))" },
		{ "\\x{41}\\o{101}", "(AA)" }, { "\\v\\h\\u0041\\U00000041", "(vhu0041U00000041)" },
		{ "\\C-a\\M-a\\cA", "(C<2D>aM<2D>a<1>)" },
		{ "\\N", "[<0>-<9><B>-<10FFFF>]" }, { "\\O", "[<0>-<10FFFF>]" }, { "\\X", "~ [<0>-<10FFFF>]{1,}" },
		{ "a\\z", "(a$)" }, { "a\\Z", "(a$)" }, { "(?<!a)$", "~ $" },
		{ "[[a]", "[<5B>a]" }, { "[a&&b]", "[&ab]" }, { "[[a]]", "([<5B>a]<5D>)" },
		{ "[[:xdigit:][]", "[0-9A-F<5B>a-f]" },
		{ "(?<n>a)(?'m'b)", "(ab)" }, { "(?<n>a)\\k<n>", "~ (a[<0>-<10FFFF>]{0,})" },
		{ "!(?<n>a)(b)", "none" },
		{ "(?-i:a)(?-s)", "a" }, { "(a)?(?(1)b)", "none" }, { "(?~a)", "none" },
	};

	(void)state;
	CHECK_ROWS_AS(rows, SEARCH_SYNTAX_PERL);
}

static void test_parse__python(void **state)
{
	static const struct row rows[] = {
		{ "a(?i)b|c", "((a[Bb])|[Cc])" }, { "(?-i)a", "a" }, { "(?s).", "[<0>-<10FFFF>]" },
		{ "(?a)[\\w]", "[0-9A-Z_a-z]" }, { "(?a:\\d)", "[0-9]" }, { "(?a)a\\b", "~ a" },
		{ "a{,2}", "a{0,2}" }, { "a{3,1}", "~ a{1,3}" }, { "a{2}?", "a{2}" },
		{ "a{1,2}+", "a{1,2}{1,}" }, { "a*+", "a{0,}" },
		{ "a++", "a{1,}" }, { "a?+", "a{0,}" },
		{ "\\u00e9\\U0001F600", "(<E9><1F600>)" }, { "\\u", "u" }, { "\\U", "U" }, { "\\x41", "A" },
		{ "\\x{2}", "<0>{2}" },
		{ "\\o{2}", "o{2}" }, { "\\v", "<B>" }, { "\\h", "h" }, { "\\Qa\\E", "(QaE)" },
		{ "\\N\\O\\R\\X", "(NORX)" }, { "\\C-a\\cA", "(C<2D>a<1>)" }, { "a\\yb\\Y", "~ (ab)" },
		{ "a\\Z", "(a$)" },
		{ "[[a]", "[<5B>a]" }, { "[a&&b]", "[&ab]" }, { "[\\u0061\\U00000062]", "[ab]" },
		{ "(?P<n>a)(b)", "(ab)" }, { "!(?P<n>a)(b)", "([Aa][Bb])" },
		{ "(?P<n>a)(?P=n)", "~ (a[<0>-<10FFFF>]{0,})" },
		{ "(?P<n>a)(?P>n)", "~ (a[<0>-<10FFFF>]{0,})" }, { "\\k<n>\\g<n>", "(k<n>g<n>)" },
		{ "(a)?(?(1)b)", "none" },
	};

	(void)state;
	CHECK_ROWS_AS(rows, SEARCH_SYNTAX_PYTHON);
}

/* Where a line may hold newlines, \Z also holds before one at its end; in some syntaxes ^ and $ are about the text. */
static void test_parse__in_lines_with_newlines(void **state)
{
	static const struct {
		struct row row;
		uint32_t syntax;
	} rows[] = {
		{ { "a\\Z", "~ a" }, SEARCH_SYNTAX_ONIGURUMA }, { { "a\\z", "(a$)" }, SEARCH_SYNTAX_ONIGURUMA },
		{ { "^a$", "((?m)^a(?m)$)" }, SEARCH_SYNTAX_ONIGURUMA },
		{ { "\\Aa", "(^a)" }, SEARCH_SYNTAX_ONIGURUMA },
		{ { "a\\Z", "~ a" }, SEARCH_SYNTAX_PERL }, { { "a\\z", "(a$)" }, SEARCH_SYNTAX_PERL },
		{ { "^a", "~ a" }, SEARCH_SYNTAX_PERL }, { { "a$", "~ a" }, SEARCH_SYNTAX_PERL },
		{ { "a\\Z", "(a$)" }, SEARCH_SYNTAX_PYTHON },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_row(&rows[i].row, rows[i].syntax, true);
}

static void repeat_text(char *to, const char *what, size_t times)
{
	for (size_t i = 0; i < times; i++)
		memcpy(to + i * strlen(what), what, strlen(what));
	to[times * strlen(what)] = '\0';
}

/* 1000 is the highest number that refers to a group. A higher one is octal, however many groups there are. */
static void test_parse__the_highest_reference(void **state)
{
	enum { MOST = 1000 };
	static const struct {
		size_t groups;
		const char *escape, *tree;
	} rows[] = {
		{ MOST, "\\999", "~ [<0>-<10FFFF>]{0,}" },
		{ MOST, "\\1000", "~ [<0>-<10FFFF>]{0,}" },
		{ MOST - 1, "\\1000", "(@0)" },
		{ MOST + 1, "\\1001", "(@1)" },
	};
	char text[2 * (MOST + 1) + 8];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		repeat_text(text, "()", rows[i].groups);
		memcpy(text + 2 * rows[i].groups, rows[i].escape, strlen(rows[i].escape) + 1);
		check_row(&(struct row){ text, rows[i].tree }, SEARCH_SYNTAX_ONIGURUMA, false);
	}
}

/* A tree for backtracking has numbers for nine groups only; that of a pattern with more is made regular, too. */
static void test_parse__groups_beyond_the_ninth_stay_regular(void **state)
{
	enum { MOST = 12 };
	char text[3 * MOST + 8], tree[100], wanted[MOST + 8] = "(";

	(void)state;
	for (size_t groups = 8; groups <= MOST; groups++) {
		struct ps_ast ast, regular = { 0 };

		repeat_text(text, "(a)", groups);
		strcat(text, "(?=b)");
		assert_int_equal(ps_parse(&ast, (uint8_t *)text, strlen(text), reading(false)), SEARCH_OK);
		assert_non_null(ast.full);
		assert_int_equal(ps_tree_regular(&regular.root, ast.full, &regular.exact), SEARCH_OK);
		print_ast(&regular, tree, sizeof(tree));
		repeat_text(wanted + 1, "a", groups);
		strcat(wanted, "b)");
		assert_string_equal(tree, wanted);
		ps_ast_free(&regular);
		ps_ast_free(&ast);
	}
}

/* ---- strings ---- */

static void test_parse__fixed_strings(void **state)
{
	struct ps_ast ast;
	char tree[200];

	(void)state;
	assert_int_equal(ps_parse_fixed(&ast, (const uint8_t *)"a.[", 3, reading(false)), SEARCH_OK);
	print_ast(&ast, tree, sizeof(tree));
	assert_string_equal(tree, "(a.<5B>)");
	ps_ast_free(&ast);
	assert_int_equal(ps_parse_fixed(&ast, (const uint8_t *)"K(", 2, reading(true)), SEARCH_OK);
	print_ast(&ast, tree, sizeof(tree));
	assert_string_equal(tree, "([Kk<212A>]<28>)");
	ps_ast_free(&ast);
	assert_int_equal(ps_parse_fixed(&ast, NULL, 0, reading(true)), SEARCH_OK);
	assert_true(ast.exact && ast.root->kind == PS_NODE_EMPTY);
	ps_ast_free(&ast);
	assert_int_equal(ps_parse_fixed(&ast, (const uint8_t *)"\xff", 1, reading(false)), SEARCH_OK);
	assert_true(ast.root == NULL && ast.why != NULL);
	ps_ast_free(&ast);
	assert_int_equal(ps_parse_fixed(&ast, (const uint8_t *)"a\xFF" "b", 3, reading(true)), SEARCH_OK);
	assert_true(ast.root == NULL && ast.why != NULL);
	ps_ast_free(&ast);
}

/* ---- folds ---- */

static void check_fold(struct ps_engine *engine, const uint32_t *from, size_t count, const uint32_t *to,
		       size_t length)
{
	struct tree_text pattern = { .length = count }, text = { .length = length };
	uint8_t bytes[2][TREE_TEXT];
	size_t sizes[2];
	struct ps_regex *regex;
	struct ps_pattern_error fault;
	struct ps_ast ast;
	int found;

	memcpy(pattern.code, from, count * sizeof(*from));
	memcpy(text.code, to, length * sizeof(*to));
	sizes[0] = encode_text(&pattern, bytes[0]);
	sizes[1] = encode_text(&text, bytes[1]);
	assert_int_equal(ps_regex_new(&regex, bytes[0], sizes[0], reading(true), &fault), SEARCH_OK);
	assert_int_equal(ps_parse_fixed(&ast, bytes[0], sizes[0], reading(true)), SEARCH_OK);
	found = ps_regex_search(regex, 0, engine, full_budget(), bytes[1], sizes[1], 0, NULL);
	assert_true(ast.exact);
	if (tree_matches(ast.root, &text) != (found == PS_FOUND))
		fail_msg("U+%X.. and U+%X..: Oniguruma %d", from[0], to[0], found);
	ps_ast_free(&ast);
	ps_regex_free(regex);
}

static bool check_both(uint32_t from, const uint32_t *to, size_t count, void *context)
{
	uint32_t doubled[2 * PS_FOLD_CODES];

	for (size_t i = 0; i < 2 * count; i++)
		doubled[i] = to[i % count];
	check_fold(context, &from, 1, to, count);
	check_fold(context, to, count, &from, 1);
	check_fold(context, doubled, 2 * count, &from, 1);
	check_fold(context, &from, 1, doubled, 2 * count);
	check_fold(context, doubled + 1, 2 * count - 1, &from, 1);
	return true;
}

static void test_parse__every_fold_agrees_with_oniguruma(void **state)
{
	struct ps_engine *engine;

	(void)state;
	assert_int_equal(ps_engine_new(&engine), SEARCH_OK);
	assert_true(ps_fold_each(false, check_both, engine));
	ps_engine_free(engine);
}

/* ---- size ---- */

/* What the parser does not understand it leaves to Oniguruma, and says why. */
static void test_parse__gives_reasons(void **state)
{
	static const struct {
		const char *pattern, *why;
	} rows[] = {
		{ "a\xE0\x80\x80", "the pattern is not UTF-8" },
		{ "\xF4\x90\x80\x80", "the pattern is not UTF-8" },
		{ "\xC3x", "the pattern is not UTF-8" },
		{ "\x80", "the pattern is not UTF-8, or ends too early" },
		{ "\xE2\x82", "the pattern is not UTF-8, or ends too early" },
		{ "\\p{Nope}", "a property that is not known" },
		{ "\\p{Greek", "a property without end" },
		{ "\\x{110000}", "a number beyond Unicode" },
		{ "\\o{7777777}", "a number beyond Unicode" },
		{ "\\xC3", "a byte beyond ASCII by its number" },
		{ "\\303", "a byte beyond ASCII by its number" },
		{ "[b-a]", "a range that is empty" },
		{ "[a[b-\\d]", "a - before a class in a class" },
		{ "[\\d-a]", "a range from a set" },
		{ "[^a[^\\x00-\\x{100}]]", "a class from NUL to beyond ASCII, negated in a class" },
		{ "[a[^b-\\x{10FFFF}]]", "a class of nothing beyond ASCII, negated in a class" },
		{ "(a", "a group without end" },
		{ "a)", "a ) without group" },
		{ "(?<n", "a name without end" },
		{ "\\k<n", "a reference without end" },
		{ "(?y)a", "a group that is not regular, or not known" },
		{ "(?:ab){1}{2}", "a quantifier after {1}" },
		{ "*a", "a quantifier of nothing" },
		{ "\\x{61 62}", "a sequence of numbers" },
		{ "\\u12", "\\u or \\U without its digits" },
		{ "\\M-a", "\\M-" },
		{ "\\Ca", "\\C without -" },
		{ "\\C-\xC3\xA9", "an unusual control character" },
		{ "(?i)(?<n>a)(b)", "groups with and without a name, in any case" },
	};
	struct ps_ast ast;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const uint8_t *pattern = (const uint8_t *)rows[i].pattern;

		assert_int_equal(ps_parse(&ast, pattern, strlen(rows[i].pattern), reading(false)), SEARCH_OK);
		if (ast.root != NULL || strcmp(ast.why, rows[i].why) != 0)
			fail_msg("/%s/: %s, not %s", rows[i].pattern, ast.why != NULL ? ast.why : "understood", rows[i].why);
		ps_ast_free(&ast);
	}
}

/* Beyond a bound, large patterns are not understood; that takes no more stack, and little time. */
static void test_parse__large_patterns_are_bounded(void **state)
{
	static const struct {
		const char *what;
		size_t times;
		bool tree;
	} rows[] = {
		{ "a", 1000000, false }, { "a", 900000, true }, { "ab|", 400000, false }, { "ab|", 200000, true },
		{ "[[:alpha:]]", 100000, false }, { "[\\w\\W]", 100000, false }, { "(", 1000000, false },
		{ "(?i)", 250000, false }, { "a*", 600000, false }, { "*", 1000000, false }, { "[", 1000000, false },
		{ "{2}", 300000, false }, { "\\w", 500000, false }, { "(?#c)", 200000, true }, { "(a|b)?", 300000, false },
	};
	char *text = malloc(2000000);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (int fold = 0; fold < 2; fold++) {
			struct ps_ast ast;

			if (!runs_long() && fold != (int)(i % 2))
				continue;
			repeat_text(text, rows[i].what, rows[i].times);
			assert_int_equal(ps_parse(&ast, (uint8_t *)text, strlen(text), reading(fold != 0)), SEARCH_OK);
			if ((ast.root != NULL) != rows[i].tree)
				fail_msg("%zu times %s: %s", rows[i].times, rows[i].what, ast.why);
			ps_ast_free(&ast);
		}
	free(text);
}

static void test_parse__unfolded_size_is_bounded(void **state)
{
	static const struct row rows[] = {
		{ "a{1000}", "a{1000}" }, { "a{1000}{1000}", "none" },
		{ "(?:a{1,1000}b){1,1000}", "none" }, { "a{99999,}", "a{99999,}" }, { "(?:a{99999,}b){11}", "none" },
		{ "(?:(?:a{1,30}b){1,30}c){1,30}", "((a{1,30}b){1,30}c){1,30}" },
	};

	(void)state;
	CHECK_ROWS(rows);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse__structure),
		cmocka_unit_test(test_parse__quantifiers),
		cmocka_unit_test(test_parse__escapes),
		cmocka_unit_test(test_parse__classes),
		cmocka_unit_test(test_parse__options),
		cmocka_unit_test(test_parse__any_case),
		cmocka_unit_test(test_parse__supersets),
		cmocka_unit_test(test_parse__perl),
		cmocka_unit_test(test_parse__python),
		cmocka_unit_test(test_parse__in_lines_with_newlines),
		cmocka_unit_test(test_parse__the_highest_reference),
		cmocka_unit_test(test_parse__groups_beyond_the_ninth_stay_regular),
		cmocka_unit_test(test_parse__fixed_strings),
		cmocka_unit_test(test_parse__every_fold_agrees_with_oniguruma),
		cmocka_unit_test(test_parse__gives_reasons),
		cmocka_unit_test(test_parse__large_patterns_are_bounded),
		cmocka_unit_test(test_parse__unfolded_size_is_bounded),
		cmocka_unit_test(test_parse__random_patterns_agree_with_oniguruma),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
