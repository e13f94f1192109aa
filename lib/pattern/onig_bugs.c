/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * onig_bugs.c - see onig_bugs.h. All of these are in Oniguruma 6.9.8:
 *
 * Q1  When a pattern starts with .* or the like and fails at one place, the rest of the line is not tried, since .*
 *     would have reached it. That is wrong after an assertion: \b.*x does not find "abx" in "  abx".
 * Q2  When a pattern can only match at the text's end, the search starts close to the end, and a look-behind there goes
 *     wrong: (?<!a)\z is found in "xa". The same happens with $ if it means \Z.
 * Q3  Where a group begins is not restored when a counted repeat is left after an empty round: with (a|b??){2}. on "a"
 *     the group begins at 1, where the second of the rounds that were given up began, and ends at 0.
 * Q4  (?<!) never holds, so (?<!(?<!)) always does. Oniguruma says that neither ever holds.
 *
 * Q1 to Q3 come from a property of the whole pattern, which an alternation has only if all its branches have it, or
 * which none of its branches has. So the branch (?!), which never matches, disables them. The pattern then needs a group
 * of its own: an option at its end, such as (?i), would take the branch in. The branch also costs Oniguruma its search
 * for a literal, so it is not added everywhere: the head of the pattern is read, up to the first thing that takes a
 * character. If it is unclear, and the pattern has what it takes, the answer is yes, which is slower and right.
 *
 * Q4 is not kept away. Our backtracking is right; but a pattern that it does not support, or that takes it too long,
 * goes to Oniguruma and gets the wrong answer. Groups are read from Oniguruma, so those of such a match are not told.
 */
#include "../base/base.h"

#include "onig_bugs.h"
#include "../syntax/syntax.h"

#include <string.h>

enum head_item {
	ON,     /* the head goes on at h->p */
	TAKES,  /* a certain character comes first */
	ANY,    /* any character comes first */
	UNCLEAR
};

struct head {
	const uint8_t *p;
	const uint8_t *end;
	const struct ps_syntax *syntax;
	bool asserted; /* something in the head may fail here and hold further on */
};

static bool text_holds(const uint8_t *pattern, size_t length, const char *part)
{
	return memmem(pattern, length, part, strlen(part)) != NULL;
}

static bool text_holds_any(const uint8_t *pattern, size_t length, const char *const *parts)
{
	while (*parts != NULL && !text_holds(pattern, length, *parts))
		parts++;
	return *parts != NULL;
}

static bool head_begins(const struct head *h, const char *s)
{
	size_t n = strlen(s);

	return (size_t)(h->end - h->p) >= n && memcmp(h->p, s, n) == 0;
}

/* Passes over a simple look-around, its parentheses included. */
static enum head_item pass_look_around(struct head *h)
{
	size_t open = 0;

	h->asserted = true;
	for (; h->p < h->end; h->p++) {
		uint8_t c = *h->p;

		if (c == '[' || c == '#')
			return UNCLEAR;
		if (c == '\\')
			h->p++;
		else if (c == '(')
			open++;
		else if (c == ')' && --open == 0) {
			h->p++;
			return ON;
		}
	}
	return UNCLEAR;
}

/* At an opening parenthesis. */
static enum head_item pass_group(struct head *h)
{
	size_t letters;

	if (!head_begins(h, "(?")) {
		h->p++;
		return ON;
	}
	if (head_begins(h, "(?=") || head_begins(h, "(?!") || head_begins(h, "(?<=") || head_begins(h, "(?<!"))
		return pass_look_around(h);
	h->p += 2;
	letters = 0;
	while (h->p + letters < h->end && strchr("imsaWDSP-", h->p[letters]) != NULL && h->p[letters] != '\0')
		letters++;
	h->p += letters;
	if (h->p == h->end || strchr(":)>", *h->p) == NULL || *h->p == '\0')
		return UNCLEAR;
	h->p++;
	return ON;
}

static enum head_item pass_escape(struct head *h)
{
	uint8_t c = h->p + 1 < h->end ? h->p[1] : 0;

	if (c == 'O' || c == 'N')
		return ANY;
	if (c == 'k' || c == 'g' || (c >= '1' && c <= '9') || (c == 'Q' && (h->syntax->has & PS_SYNTAX_QUOTE) != 0))
		return UNCLEAR;
	if (c == '\0' || strchr("bByYAGKzZ", c) == NULL)
		return TAKES;
	h->asserted = h->asserted || strchr("bByYzZ", c) != NULL;
	h->p += 2;
	return ON;
}

static enum head_item read_head(struct head *h)
{
	switch (*h->p) {
	case '.':
		return ANY;
	case '|':
	case '{':
		return UNCLEAR;
	case '(':
		return pass_group(h);
	case '\\':
		return pass_escape(h);
	case '$':
		h->asserted = true;
		h->p++;
		return ON;
	case '^':
	case ')':
	case '?':
	case '*':
	case '+':
		h->p++;
		return ON;
	}
	return h->p + 1 < h->end && h->p[1] == '{' ? UNCLEAR : TAKES;
}

/* Whether anything in the pattern could lead to Q1. */
static bool may_hit_q1(const uint8_t *pattern, size_t length, bool word)
{
	static const char *const any[] = { ".", "\\O", "\\N", NULL };
	static const char *const assertion[] = { "\\b", "\\B", "\\y", "\\Y", "\\z", "\\Z", "$", "(?=",
						 "(?!", "(?<", NULL };

	return text_holds_any(pattern, length, any) && (word || text_holds_any(pattern, length, assertion));
}

/* Whether anything in the pattern asks for the text's end. */
static bool asks_for_end(const uint8_t *pattern, size_t length, const struct ps_syntax *syntax)
{
	if ((syntax->has & PS_SYNTAX_TEXT_ANCHORS) != 0 && text_holds(pattern, length, "$"))
		return true;
	return text_holds(pattern, length, "\\z") || text_holds(pattern, length, "\\Z");
}

/*
 * Whether what is in parentheses may be repeated a number of times. In extended syntax blanks may stand between, which
 * are not only ASCII's, and comments, which end in a newline.
 */
static bool may_hit_q3(const uint8_t *pattern, size_t length)
{
	bool repeatable = false;

	for (size_t i = 0; i < length; i++) {
		if (pattern[i] == '{' && repeatable)
			return true;
		if (pattern[i] == ')' || pattern[i] == '\n')
			repeatable = true;
		else if (pattern[i] > ' ' && pattern[i] < 0x80)
			repeatable = false;
	}
	return false;
}

bool ps_hits_onig_bug(const uint8_t *pattern, size_t length, uint32_t syntax, bool word)
{
	static const char *const never[] = { "{0", "{,0", NULL };
	struct head h = { pattern, pattern + length, ps_syntax_of(syntax), word };
	enum head_item next = ON;

	if (length == 0)
		return false;
	if (may_hit_q3(pattern, length))
		return true;
	if ((word || text_holds(pattern, length, "(?<")) && asks_for_end(pattern, length, h.syntax))
		return true;
	while (next == ON && h.p < h.end)
		next = read_head(&h);
	if (next == TAKES && text_holds_any(pattern, length, never))
		next = UNCLEAR;
	return (next == ANY && h.asserted) || (next == UNCLEAR && may_hit_q1(pattern, length, word));
}
