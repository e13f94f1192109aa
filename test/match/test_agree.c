/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_agree.c - random patterns on random texts: the library against the plainest program there is, one that gives
 * Oniguruma each line by itself.
 *
 * The oracle shares no code with the library: it has its own UTF-8 decoder, keeps an offset for each byte of a rewritten
 * line, and writes the wrapped pattern down by hand. Each pattern gets the branch (?!), which never matches, but keeps
 * Oniguruma 6.9.8 from the two mistakes that lib/pattern/onig_bugs.c describes.
 *
 * All ways of finding lines that a matcher can be forced to take are compared; the automaton also with so little memory
 * that it forgets its states all the time. PS_SEED=n repeats a run, PS_ROUNDS=n makes it longer.
 */
#include "../../lib/base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support/choose.h"

#define ONIG_ESCAPE_REGEX_T_COLLISION
#define ONIG_ESCAPE_UCHAR_COLLISION
#include <oniguruma.h>

#include "../../lib/match/match.h"
#include "../support/guard.h"
#include "../support/random.h"
#include "../support/scale.h"
#include "find.h"
#include "oracle.h"
#include "shapes.h"
#include "ways.h"

#define PATTERNS 3
#define TEXT_MAX 8192
#define PIECE_MAX 16 /* bytes */
#define LINES_MAX (TEXT_MAX + 1)
#define SPANS_MAX (2 * TEXT_MAX)
#define GROUPS_MAX (16 * SPANS_MAX)

static uint64_t seed;
static struct guard guard;

static uint32_t rnd(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)((seed >> 33) % below);
}

/* ---- making patterns and texts ---- */

struct text {
	char s[1024];
	size_t n;
	char meant[2048]; /* the same, written so that Oniguruma alone understands it */
	size_t meant_n;
	bool quotes;      /* it ends amid a \Q.. without \E */
};

static void add_meant(struct text *t, const char *s, const char *meant)
{
	size_t n = strlen(s), m = strlen(meant);

	if (t->n + n >= sizeof(t->s) || t->meant_n + m >= sizeof(t->meant))
		return;
	memcpy(t->s + t->n, s, n + 1);
	memcpy(t->meant + t->meant_n, meant, m + 1);
	t->n += n;
	t->meant_n += m;
}

static void add(struct text *t, const char *s)
{
	add_meant(t, s, s);
}

/* Bytes by their numbers, and names: see lib/pattern/rewrite.c. */
static void add_other_words(struct text *t, uint32_t syntax)
{
	static const char *const oniguruma[][2] = {
		{ "\\xff", "\\x{dcff}" }, { "\\x80", "\\x{dc80}" }, { "\\xe3", "\\x{dce3}" }, { "\\xc3\\xa9", "\\x{e9}" },
		{ "\\xe3\\x81", "\\x{dce3}\\x{dc81}" }, { "[\\x80-\\xff]", "[\\x{dc80}-\\x{dcff}]" },
		{ "[^\\x80-\\xbf]", "[^\\x{dc80}-\\x{dcbf}]" }, { "[a-\\xff]", "[a-\\x7f\\x{dc80}-\\x{dcff}]" },
		{ "[\\xff\\xc3\\xa9]", "[\\x{dcff}\\x{e9}]" }, { "\\377", "\\x{dcff}" }, { "[b\\343-]", "[b\\x{dce3}-]" },
		{ "\\xf4\\x90", "\\x{dcf4}\\x{dc90}" },
	};
	static const char *const perl[][2] = {
		{ "\\xff", "\\x{ff}" }, { "\\xe9", "\\x{e9}" }, { "[\\xe0-\\xff]", "[\\x{e0}-\\x{ff}]" },
		{ "\\337", "\\x{df}" }, { "[a-\\xb2]", "[a-\\x{b2}]" }, { "(?P<n>b)", "(?<n>b)" },
		{ "(?P<n>b)(?P=n)", "(?<n>b)\\k<n>" }, { "(?P<n>b)|(?P>n)", "(?<n>b)|\\g<n>" },
	};
	static const char *const python[][2] = {
		{ "\\xff", "\\u00ff" }, { "\\xe9", "\\u00e9" }, { "[\\xe0-\\xff]", "[\\u00e0-\\u00ff]" },
		{ "\\337", "\\u00df" }, { "[a-\\xb2]", "[a-\\u00b2]" },
	};
	const char *const *one = syntax == SEARCH_SYNTAX_ONIGURUMA ? oniguruma[rnd(sizeof(oniguruma) / sizeof(oniguruma[0]))] :
				 syntax == SEARCH_SYNTAX_PERL ? perl[rnd(sizeof(perl) / sizeof(perl[0]))] :
								python[rnd(sizeof(python) / sizeof(python[0]))];

	add_meant(t, one[0], one[1]);
}

/* What means something else, or nothing, in other syntaxes. */
static void add_special(struct text *t, uint32_t syntax)
{
	static const char *const perl[] = {
		"(?s).", "(?s).*", "(?i)k", "(?i)|s", "(?m)$", "(?<!a)$", "(?s:.)", "a(?i)b|c", "\\Qa.b\\E", "\\Q\\E",
		"\\Qss\\E", "(?<n>b)", "(?<n>b)\\k<n>", "[[a]", "[a&&b]", "a{2}+", "b{1,2}+", "c{1}?", "a{,2}",
		"\\v", "\\u0061", "\\x{73}", "(?R)", "\\b\\Q\\E.*",
	};
	static const char *const python[] = {
		"(?s).", "(?s).*", "(?i)k", "(?i)|s", "(?m)$", "(?<!a)$", "(?s:.)", "a(?i)b|c", "(?a)\\w", "(?a:\\s)",
		"(?-i)", "(?P<n>b)", "(?P<n>b)(?P=n)", "(?P<n>b)|(?P>n)", "[[a]", "[a&&b]", "a*+", "a{2}+", "c{1}?",
		"a{,2}", "b{3,1}", "\\v", "\\u0073", "\\U0000212a", "\\x{2}", "\\N", "\\Q", "\\Z",
	};

	if (syntax == SEARCH_SYNTAX_PERL)
		add(t, perl[rnd(sizeof(perl) / sizeof(perl[0]))]);
	else if (syntax == SEARCH_SYNTAX_PYTHON)
		add(t, python[rnd(sizeof(python) / sizeof(python[0]))]);
}

static void add_atom(struct text *t, uint32_t syntax)
{
	static const char *const atom[] = {
		"a", "b", "ab", "ba", "abc", "c", "\xC3\xA9", "\xE6\x97\xA5", " ", "_", "S", "ss", "K", ".", "[ab]",
		"[^a]", "[a-c]", "[^\xC3\xA9]", "\\w", "\\W", "\\s", "\\d", "\\S", "\\b", "\\B", "^", "$", "\\A",
		"\\z", "(?<=a)", "(?<!b)", "(?=a)", "(?!a)", "[[:alpha:]]", "\\X", "\\R", "\\x{dc80}", "\\h", "\\O",
		"[\\s\\S]", "(?i)b", "\\Ga", "a\\Kb", "#", "-", "xyzzy", "first", "needle", "zoo|qux|jib", "ffi",
		"\\p{L}", "\\P{Lu}", "[[:^digit:]]", "[^\\W_]", "[a-\xC3\xA9]", "\\x61", "(?i:k)", "[\\w&&[^b]]", "\\N",
		"(?:a)\\1", "(q)\\1", "\xC2\xB2", "[\xC2\xB2-\xC2\xBE]", "\\x{212a}", "[\\x{100}-\\x{e000}]", "\\n", "\\0",
		"[[:punct:]]", "(?W:\\w)", "\\r", "\\r$", "[^\\r]", "[^\\n]",
		"(?<!\\w)", "(?!\\w)", "\\Z", "(?m:.)", "^b", "a$",
	};

	if (rnd(4) == 0)
		add_special(t, syntax);
	else if (rnd(10) == 0)
		add_other_words(t, syntax);
	else
		add(t, atom[rnd(sizeof(atom) / sizeof(atom[0]))]);
}

static void add_expression(struct text *t, uint32_t syntax, int depth)
{
	static const char *const repeat[] = { "*", "+", "?", "{2}", "{1,3}", "*?", "+?", "??", "++" };
	static const char *const open[] = { "(", "(?:", "(?>", "(?i:", "(?x: " };
	uint32_t n = 1 + rnd(3);

	for (uint32_t i = 0; i < n; i++) {
		if (depth > 0 && rnd(3) == 0) {
			add(t, open[rnd(5)]);
			add_expression(t, syntax, depth - 1);
			add(t, ")");
		} else {
			add_atom(t, syntax);
		}
		if (rnd(3) == 0)
			add(t, repeat[rnd(9)]);
		if (rnd(8) == 0)
			add(t, "|");
	}
}

static void add_shape(struct text *t)
{
	static const char *const shapes[] = { IRREGULAR_SHAPES };
	static const char *const pieces[] = { IRREGULAR_PIECES };
	const char *shape = shapes[rnd(sizeof(shapes) / sizeof(shapes[0]))];

	for (char c[2] = ""; *shape != '\0'; shape++) {
		c[0] = *shape;
		add(t, *shape == '@' ? pieces[rnd(sizeof(pieces) / sizeof(pieces[0]))] : c);
	}
}

static void make_pattern(struct text *t, uint32_t flags, uint32_t syntax)
{
	static const char *const plain[] = { "a", "ab", "abc", "bb", "\xC3\xA9", "a.b", "", " a", "ss", "a-", "#b",
					     "xyzzy", "needle", "first", "zoo", "\xE6\x97\xA5", "K",
					     "s", "sss", "a\r", "\r", "\nb", "\xC3\x9F", "ffi", "k_", "\xC2\xB2" };

	*t = (struct text){ .s = "" };
	if ((flags & SEARCH_MATCH_FIXED) != 0 || rnd(3) == 0) {
		add(t, plain[rnd(sizeof(plain) / sizeof(plain[0]))]);
		return;
	}
	if (rnd(12) == 0)
		add(t, "(?x)");
	if (rnd(5) == 0)
		add_shape(t);
	else
		add_expression(t, syntax, 2);
	if (rnd(12) == 0)
		add(t, " # b");
	t->quotes = syntax == SEARCH_SYNTAX_PERL && rnd(8) == 0;
	if (t->quotes)
		add(t, "\\Qb");
}

/* A piece of a pattern, or one of the first `most` of the table. */
static size_t add_piece(uint8_t *to, const struct text *pattern, uint32_t most)
{
	static const char *const piece[] = {
		"a", "b", "c", "ab", "abc", " ", "_", "-", "1", "S", "ss", "k", "#", "a.b", "\n", "\n", "\n\n", "xyzzy",
		"needle", "First", "zoo", "qux", "q", "qq", "\xC3\xA9", "\xE6\x97\xA5", "\xC3\x89", "\xF0\x9F\x98\x80",
		"\xE2\x84\xAA", "\r", "\xC2\xB2", "\xC2\xAD", "\xEF\xAC\x83", "\xC5\xBF", "\xCC\x81", "\xC3\x9F", "", "\xFF",
		"\x80", "\xE3", "\xE3\x81", "\xED\xA0\x80", "\xC0\x80", "\xF0\x9F\x98", "\xF4\x90\x80\x80",
		"\xE0\x80\xAF", "\xE0\x9F\xBF", "\xF0\x80\x80\xAF", "\xF0\x8F\xBF\xBF", "\xE0\xA0\x80", "\xF0\x90\x80\x80",
	};
	const char *s = piece[rnd(most <= 2 ? (most == 0 ? 24 : 36) : sizeof(piece) / sizeof(piece[0]))];
	size_t n = strlen(s);

	if (pattern->n > 0 && rnd(10) == 0) {
		size_t at = rnd((uint32_t)pattern->n);

		s = pattern->s + at;
		n = 1 + rnd((uint32_t)ps_min(pattern->n - at, PIECE_MAX));
	} else if (rnd(400) == 0) {
		s = "";
		n = 1; /* NUL */
	}
	memcpy(to, s, n);
	return n;
}

/* Most texts are short, some long enough for all lanes of the automaton. */
static size_t make_text(uint8_t *to, const struct text *pattern)
{
	size_t n = 0, size = rnd(6) == 0 ? 500 + rnd(TEXT_MAX - 500) : rnd(120);
	uint32_t most = rnd(4);
	bool lines = size > 500 && rnd(8) != 0; /* mostly short ones, now and then a long one */

	while (n + PIECE_MAX < size) {
		n += add_piece(to + n, pattern, most);
		if (lines && rnd(16) == 0)
			to[n++] = '\n';
	}
	return n;
}

/* ---- the oracle ---- */

struct oracle {
	OnigRegex regex[PATTERNS];
	OnigMatchParam *param;
	OnigRegion *region;
	size_t count;
	bool with_groups;
	struct search_group groups[GROUPS_MAX]; /* of the spans of all lines */
	size_t group_count;
};

static size_t sequence(const uint8_t *p, size_t left)
{
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : p[0] < 0xF5 ? 4 : 0;
	uint32_t code = n < 2 ? p[0] : p[0] & (0x7Fu >> n);

	if (n > left)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return 0;
		code = code << 6 | (p[i] & 0x3Fu);
	}
	if ((n == 3 && (code < 0x800 || (code & 0xFFFFF800) == 0xD800)) ||
	    (n == 4 && (code < 0x10000 || code > 0x10FFFF)))
		return 0;
	return n;
}

struct rewritten {
	uint8_t text[3 * TEXT_MAX + 16];
	size_t origin[3 * TEXT_MAX + 16]; /* for each of its bytes, where it comes from */
	size_t n;
};

static void rewrite(struct rewritten *r, const uint8_t *p, size_t length)
{
	r->n = 0;
	for (size_t i = 0; i < length;) {
		size_t n = sequence(p + i, length - i);

		for (size_t k = 0; k < n; k++) {
			r->origin[r->n] = i + k;
			r->text[r->n++] = p[i + k];
		}
		if (n == 0) {
			uint32_t code = 0xDC00u + p[i];

			r->origin[r->n] = r->origin[r->n + 1] = r->origin[r->n + 2] = i;
			r->text[r->n++] = (uint8_t)(0xE0 | code >> 12);
			r->text[r->n++] = (uint8_t)(0x80 | (code >> 6 & 0x3F));
			r->text[r->n++] = (uint8_t)(0x80 | (code & 0x3F));
		}
		i += n == 0 ? 1 : n;
	}
	r->origin[r->n] = length;
}

static OnigRegex oracle_compile(const char *pattern, size_t n, uint32_t flags, uint32_t syntax)
{
	OnigOptionType option = (flags & SEARCH_MATCH_IGNORE_CASE) != 0 ? ONIG_OPTION_IGNORECASE : 0;
	OnigErrorInfo info;
	OnigRegex regex;

	if (onig_new(&regex, (const OnigUChar *)pattern, (const OnigUChar *)pattern + n, option, ONIG_ENCODING_UTF8,
		     oracle_syntax((flags & SEARCH_MATCH_FIXED) != 0 ? SEARCH_SYNTAX_ONIGURUMA : syntax),
		     &info) != ONIG_NORMAL)
		return NULL;
	return regex;
}

/* The pattern with its flags written out. A newline at its end is safe only if # is no character in it. */
static OnigRegex oracle_pattern(const struct text *p, uint32_t flags, uint32_t syntax)
{
	const char *line = syntax == SEARCH_SYNTAX_PYTHON && (flags & SEARCH_MATCH_FIXED) == 0 ? ")\\Z" : ")\\z";
	struct text t = { .s = "" }, w = { .s = "" };
	OnigRegex alone;

	for (size_t i = 0; i < p->meant_n; i++) {
		char c[3] = { '\\', p->meant[i], '\0' };

		add(&t, (flags & SEARCH_MATCH_FIXED) != 0 && strchr("\\^$.|?*+()[]{}#", p->meant[i]) != NULL ? c : c + 1);
	}
	alone = oracle_compile(t.s, t.n, flags, syntax);
	if (alone == NULL)
		return NULL;
	onig_free(alone);
	add(&w, (flags & SEARCH_MATCH_LINE) != 0 ? "(?:\\A(?:" : (flags & SEARCH_MATCH_WORD) != 0 ? "(?:(?<!\\w)(?:" : "(?:(?:");
	add(&w, t.s);
	if ((flags & SEARCH_MATCH_FIXED) == 0 && p->quotes)
		add(&w, "\\E");
	if ((flags & SEARCH_MATCH_FIXED) == 0 && strncmp(t.s, "(?x)", 4) == 0)
		add(&w, "\n");
	add(&w, (flags & SEARCH_MATCH_LINE) != 0 ? line : (flags & SEARCH_MATCH_WORD) != 0 ? ")(?!\\w)" : ")");
	add(&w, "|(?!))");
	return oracle_compile(w.s, w.n, flags, syntax);
}

/* The groups of the match that the region holds, in place of those after the first `kept`. */
static void oracle_note_groups(struct oracle *o, const struct rewritten *r, size_t kept)
{
	o->group_count = kept;
	for (int i = 1; o->with_groups && i < o->region->num_regs; i++) {
		bool absent = o->region->beg[i] < 0;

		assert_true(o->group_count < GROUPS_MAX);
		o->groups[o->group_count++] = (struct search_group){
			.begin = absent ? SEARCH_NO_GROUP : r->origin[o->region->beg[i]],
			.end = absent ? SEARCH_NO_GROUP : r->origin[o->region->end[i]] };
	}
}

/* The leftmost match of all patterns, each searched anew; 1, 0, or -1: Oniguruma gives up. */
static int oracle_first(struct oracle *o, const struct rewritten *r, size_t from, struct search_span *best)
{
	size_t kept = o->group_count;
	int found = 0;

	for (size_t i = 0; i < o->count; i++) {
		int rc = onig_search_with_param(o->regex[i], r->text, r->text + r->n, r->text + from, r->text + r->n,
						o->region, ONIG_OPTION_NONE, o->param);
		size_t begin, end;

		if (rc < ONIG_MISMATCH)
			return -1;
		if (rc == ONIG_MISMATCH)
			continue;
		end = (size_t)o->region->end[0];
		begin = (size_t)o->region->beg[0];
		begin = begin < from ? from : begin > end ? end : begin;
		if (!found || begin < best->begin) {
			*best = (struct search_span){ .begin = begin, .end = end, .pattern = (uint32_t)i };
			oracle_note_groups(o, r, kept);
		}
		found = 1;
	}
	return found;
}

/* Spans of a line, or -1. */
static long oracle_spans(struct oracle *o, const uint8_t *line, size_t length, struct search_span *spans)
{
	static struct rewritten r;
	size_t from = 0, last = SIZE_MAX, first = o->group_count;
	long n = 0;

	rewrite(&r, line, length);
	while (from <= r.n) {
		struct search_span s = { .begin = 0, .end = 0 };
		size_t kept = o->group_count;
		int rc = oracle_first(o, &r, from, &s);

		if (rc < 0)
			return -1;
		if (rc == 0)
			break;
		if (s.begin != s.end || s.end != last)
			spans[n++] = (struct search_span){ .begin = r.origin[s.begin], .end = r.origin[s.end],
							   .pattern = s.pattern,
							   .first_group = o->with_groups ? (uint32_t)(kept - first) : 0 };
		else
			o->group_count = kept;
		last = s.end;
		from = s.end;
		if (s.begin == s.end) /* over one character */
			do
				from++;
			while (from < r.n && (r.text[from] & 0xC0) == 0x80);
	}
	return n;
}

/* ---- one round ---- */

/* A way to find lines. */
struct way {
	const char *name;
	uint32_t avoid;
	size_t memory;
	size_t words;
	struct ps_matcher *matcher;
	struct ps_finder *finder;
};

enum { WAYS = MATCHER_WAY_COUNT };

/* A line of the text, and its spans in the order of the lines. */
struct expected {
	size_t begin, end;
	size_t first, count;
	size_t first_group, group_count;
};

struct round {
	struct text pattern[PATTERNS];
	struct oracle oracle;
	uint32_t flags;
	uint32_t syntax;
	uint64_t seed;
	struct way way[WAYS];
	uint8_t text[TEXT_MAX];
	size_t length;
	struct expected line[LINES_MAX];
	size_t lines;
	struct search_span spans[SPANS_MAX];
	size_t checked;   /* lines, by all ways */
	size_t undecided; /* texts */
	size_t never;     /* texts for patterns one of which can never match */
};

static void differ(const struct round *r, const struct way *way, const char *what, const uint8_t *line,
		   size_t length)
{
	print_error("PS_SEED=%llu: %s, syntax %u, flags %llx, way %s, strategy %s\n", (unsigned long long)r->seed, what,
		    r->syntax, (unsigned long long)r->flags, way->name,
		    way->matcher != NULL ? ps_matcher_strategy(way->matcher) : "none");
	for (size_t i = 0; i < r->oracle.count; i++)
		print_error("  pattern %s\n", r->pattern[i].s);
	print_error("  line ");
	for (size_t i = 0; i < length; i++)
		print_error(line[i] < 0x20 || line[i] >= 0x7F ? "\\x%02X" : "%c", line[i]);
	print_error("\n");
	fail();
}

static void print_spans(const char *whose, const struct search_span *spans, size_t count)
{
	print_error("  %s:", whose);
	for (size_t i = 0; i < count; i++)
		print_error(" %zu-%zu:%u", spans[i].begin, spans[i].end, spans[i].pattern);
	print_error("\n");
}

/* An absent one is -1--1. */
static void print_groups(const char *whose, const struct search_group *groups, size_t count)
{
	print_error("  groups %s:", whose);
	for (size_t i = 0; i < count; i++)
		print_error(" %zd-%zd", (ssize_t)groups[i].begin, (ssize_t)groups[i].end);
	print_error("\n");
}

static int line_end(const struct round *r)
{
	return (r->flags & SEARCH_MATCH_NUL_LINES) != 0 ? '\0' : '\n';
}

/* Turns half of the newlines into the terminator that the flags ask for. */
static void end_lines(struct round *r)
{
	for (size_t i = 1; i < r->length; i++) {
		if (r->text[i] != '\n' || rnd(2) == 0)
			continue;
		if ((r->flags & SEARCH_MATCH_CRLF) != 0)
			r->text[i - 1] = '\r';
		if ((r->flags & SEARCH_MATCH_NUL_LINES) != 0)
			r->text[i] = '\0';
	}
}

/* What the oracle says about each line. False: it gives up on one. */
static bool ask_oracle(struct round *r)
{
	size_t from = 0, next, spans = 0;

	r->oracle.group_count = 0;
	for (r->lines = 0; from < r->length; r->lines++) {
		struct expected *line = &r->line[r->lines];
		const uint8_t *end = memchr(r->text + from, line_end(r), r->length - from);
		long n;

		line->begin = from;
		line->first_group = r->oracle.group_count;
		line->end = end == NULL ? r->length : (size_t)(end - r->text);
		next = line->end + 1;
		if ((r->flags & SEARCH_MATCH_CRLF) != 0 && end > r->text + from && end[-1] == '\r')
			line->end--;
		n = oracle_spans(&r->oracle, r->text + line->begin, line->end - line->begin, r->spans + spans);
		if (n < 0)
			return false;
		line->first = spans;
		line->count = (size_t)n;
		line->group_count = r->oracle.group_count - line->first_group;
		spans += line->count;
		from = next;
	}
	return true;
}

static void compare_groups(struct round *r, const struct way *way, const struct expected *want)
{
	const struct search_group *groups = r->oracle.groups + want->first_group, *got;
	size_t count;

	got = ps_found_groups(way->finder, &count);
	if (count == want->group_count && (count == 0 || memcmp(got, groups, count * sizeof(*got)) == 0))
		return;
	print_spans("spans", r->spans + want->first, want->count);
	print_groups("got", got, count);
	print_groups("want", groups, want->group_count);
	differ(r, way, "groups", r->text + want->begin, want->end - want->begin);
}

static void compare_spans(struct round *r, const struct way *way, const struct expected *want)
{
	size_t length = want->end - want->begin, count;
	const uint8_t *line = guard_at_begin(&guard, r->text + want->begin, length);
	const struct search_span *got, *spans = r->spans + want->first;

	if (ps_find_spans(way->finder, line, length, SIZE_MAX, &got, &count) == SEARCH_OK && count == want->count &&
	    (count == 0 || memcmp(got, spans, count * sizeof(*got)) == 0)) {
		if (r->oracle.with_groups && count > 0)
			compare_groups(r, way, want);
		return;
	}
	print_spans("got", got, count);
	print_spans("want", spans, want->count);
	differ(r, way, "spans", r->text + want->begin, length);
}

/* What is said never to match may have no match. */
static void check_never(struct round *r)
{
	size_t pattern;

	if (ps_matcher_never(r->way[0].matcher, &pattern) == SEARCH_NEVER_NONE)
		return;
	r->never++;
	for (size_t i = 0; i < r->lines; i++)
		for (size_t k = 0; k < r->line[i].count; k++)
			if (r->spans[r->line[i].first + k].pattern == pattern)
				differ(r, r->way, "a pattern that can never match", r->text + r->line[i].begin,
				       r->line[i].end - r->line[i].begin);
}

static void compare_lines(struct round *r, const struct way *way)
{
	const uint8_t *p = guard_at_end(&guard, r->text, r->length);
	struct ps_line got = { 0, 0 };
	size_t from = 0;
	int rc = PS_FOUND;

	ps_finder_forget(way->finder);
	for (size_t i = 0; i < r->lines; i++) {
		const struct expected *want = &r->line[i];

		if (rc == PS_FOUND && from == want->begin)
			rc = find_line(way->finder, p, from, r->length, &got);
		if (rc != PS_FOUND && rc != PS_NONE)
			differ(r, way, "ps_find_line failed", p + want->begin, want->end - want->begin);
		if (want->count > 0 && (rc == PS_NONE || got.begin != want->begin || got.end != want->end))
			differ(r, way, "line not found", p + want->begin, want->end - want->begin);
		if (want->count == 0 && rc == PS_FOUND && got.begin <= want->begin)
			differ(r, way, "line found", p + want->begin, want->end - want->begin);
		if (want->count > 0)
			from = i + 1 < r->lines ? r->line[i + 1].begin : r->length;
	}
	r->checked += r->lines;
}

static void compare_text(struct round *r)
{
	r->length = make_text(r->text, &r->pattern[rnd((uint32_t)r->oracle.count)]);
	end_lines(r);
	if (!ask_oracle(r)) {
		r->undecided++;
		return;
	}
	check_never(r);
	for (struct way *way = r->way; way < r->way + WAYS; way++) {
		compare_lines(r, way);
		for (size_t i = 0; i < r->lines; i++)
			if (way == r->way || way->avoid == PS_AVOID_ONIGURUMA || (r->line[i].count > 0 && rnd(8) == 0))
				compare_spans(r, way, &r->line[i]);
		if (way->memory == 0)
			continue;
		ps_finder_free(way->finder); /* it may have given up its automaton */
		assert_int_equal(ps_finder_new(&way->finder, way->matcher), SEARCH_OK);
	}
}

static void end(struct round *r)
{
	for (struct way *way = r->way; way < r->way + WAYS; way++) {
		ps_finder_free(way->finder);
		ps_matcher_free(way->matcher);
		way->finder = NULL;
		way->matcher = NULL;
	}
	for (size_t i = 0; i < r->oracle.count; i++)
		onig_free(r->oracle.regex[i]);
	r->oracle.count = 0;
}

static bool start(struct round *r)
{
	struct search_pattern p[PATTERNS];
	struct ps_match_options options = { .patterns = p };
	bool refused = false;

	r->seed = seed;
	options.cpu = rnd(2) == 0 ? 0 : ps_cpu_features();
	r->flags = (rnd(4) == 0 ? SEARCH_MATCH_IGNORE_CASE : 0) | (rnd(4) == 0 ? SEARCH_MATCH_WORD : 0) |
		   (rnd(6) == 0 ? SEARCH_MATCH_LINE : 0) | (rnd(4) == 0 ? SEARCH_MATCH_FIXED : 0);
	if (rnd(3) == 0)
		r->flags |= rnd(2) == 0 ? SEARCH_MATCH_CRLF : SEARCH_MATCH_NUL_LINES;
	r->syntax = rnd(3);
	r->oracle.count = rnd(2) == 0 ? 1 : 1 + rnd(PATTERNS);
	for (size_t i = 0; i < r->oracle.count; i++) {
		make_pattern(&r->pattern[i], r->flags, r->syntax);
		p[i] = (struct search_pattern){ .text = r->pattern[i].s, .length = r->pattern[i].n };
		r->oracle.regex[i] = oracle_pattern(&r->pattern[i], r->flags, r->syntax);
		refused = refused || r->oracle.regex[i] == NULL;
	}
	r->oracle.with_groups = options.groups = rnd(2) == 0;
	options.count = r->oracle.count;
	options.flags = r->flags;
	options.syntax = r->syntax;
	for (struct way *way = r->way; way < r->way + WAYS; way++) {
		options.avoid = way->avoid;
		options.memory = way->memory;
		options.words = way->words;
		if ((ps_matcher_new(&way->matcher, &options, NULL) != SEARCH_OK) != refused)
			differ(r, way, refused ? "not refused" : "refused", NULL, 0);
		if (!refused)
			assert_int_equal(ps_finder_new(&way->finder, way->matcher), SEARCH_OK);
	}
	return !refused;
}

static void test_agree__random(void **state)
{
	static struct round r = {
		.way = {
			MATCHER_WAYS,
		},
	};
	size_t rounds = how_many_rounds(1000, ROUNDS(1500));
	OnigEncoding encoding = ONIG_ENCODING_UTF8;

	(void)state;
	seed = random_seed();
	onig_initialize(&encoding, 1);
	r.oracle.param = onig_new_match_param();
	r.oracle.region = onig_region_new();
	onig_set_retry_limit_in_search_of_match_param(r.oracle.param, 200000);
	guard_open(&guard, TEXT_MAX);
	for (size_t i = 0; i < rounds; i++) {
		if (start(&r))
			for (int k = 0; k < 4; k++)
				compare_text(&r);
		end(&r);
	}
	print_message("%zu lines, %zu texts undecided, %zu with a pattern that can never match\n", r.checked,
		      r.undecided, r.never);
	onig_region_free(r.oracle.region, 1);
	onig_free_match_param(r.oracle.param);
	guard_close(&guard);
	assert_true(rounds < 1000 || r.checked > 1000);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_agree__random) };

	return RUN_TESTS(tests, NULL, NULL);
}
