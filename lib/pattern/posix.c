/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * posix.c - the translation, token by token.
 *
 * POSIX leaves much undefined; here it counts what grep makes of it. grep has two matchers, an automaton and libc's;
 * where they differ on such a pattern, the lines that grep selects count. Found out with GNU grep 3.8 and glibc 2.36:
 *
 *   *a in an ERE    the repeat of nothing is nothing; in a BRE it is a star
 *   {2}a, ^*, $*    in an ERE: nothing. libc disagrees, and grep asks it if there are classes, \b or references, or if
 *                   whole words are wanted: refused then
 *   \b* in an ERE   the repeat is ignored
 *   x\b* in a BRE   here the two never agree: refused
 *   (*) in an ERE   refused, by grep, too, unlike (*|a); so is ({)
 *   a{1 in an ERE   { is a character if no interval starts there; in a BRE refused
 *   a$)b in a BRE   $ is a character, as it is in a$), where grep agrees with itself
 *   a) in an ERE    ) is a character if no group is open; in a BRE refused
 *
 * A repeat is written only when what follows it is known, so that a+? can become a*: Oniguruma would read +? as a lazy
 * repeat. What is repeated no times is not written at all: Oniguruma's optimiser stumbles over it (onig_bugs.c), and a
 * reference to a group in it never matches.
 */
#include "posix.h"

#include "../base/utf8.h"

#include <stdio.h>
#include <string.h>

#define DEPTH 100             /* of groups; pattern_limits.c refuses a pattern before */
#define REPEATS_MAX 32767     /* as in glibc */
#define UNLIMITED UINT32_MAX

struct repeat {
	uint32_t min, max;
};

static const struct repeat once = { 1, 1 };

struct group {
	const uint8_t *begin; /* where it starts in the expression, */
	size_t at;      /* and in the output */
	size_t number;
	size_t written; /* number of groups in the output before it */
	/* of the groups 1 to 9, as bits: those closed before it, and those closed in its branches so far */
	uint32_t before, within;
};

struct translator {
	struct ps_posix_input in;
	struct ps_text *out;
	enum {
		NOTHING, /* nothing that could be repeated has been read */
		ATOM,
		LINE_CONDITION, /* ^ and the like */
		WORD_CONDITION  /* \b and the like */
	} last;
	size_t last_at;       /* where it starts in the output, */
	size_t last_groups;   /* how many groups were opened before it, */
	size_t last_written;  /* and how many of them are in the output */
	struct repeat repeat; /* of the last ATOM, not yet written */
	bool began;           /* the branch is not empty, */
	bool atom;            /* and has more than conditions */
	bool dangling;        /* a * + or ? with nothing to repeat has been read last, */
	bool braces;          /* or such an interval, perhaps with * + ? after it */
	size_t depth;
	struct group groups[DEPTH + 1]; /* the first is the whole expression */
	size_t group_count;   /* groups opened so far */
	size_t written;       /* and how many of them are in the output */
	size_t number[10];    /* of group 1 to 9 in the output; 0: it is not there */
	uint32_t closed;      /* groups that this branch may refer to, as bits */
	const uint8_t *odd;   /* what grep's two matchers read differently; NULL: nothing */
	bool libc;            /* grep would ask libc's matcher */
};

bool ps_posix_refuse(struct ps_posix_input *in, const uint8_t *at, const char *message)
{
	in->error->offset = (size_t)(at - in->begin);
	snprintf(in->error->message, sizeof(in->error->message), "%s", message);
	return false;
}

/* ---- what is repeated ---- */

static bool is_once(const struct repeat *r)
{
	return r->min == 1 && r->max == 1;
}

/* Whether it is * + or ?, or no repeat. */
static bool is_sign(const struct repeat *r)
{
	return r->min <= 1 && (r->max == 1 || r->max == UNLIMITED);
}

/* Takes the last atom away, with the groups in it. */
static void drop_atom(struct translator *t)
{
	PS_ASSERT(t->last_at <= t->out->length && t->last_written <= t->written);
	t->out->length = t->last_at;
	t->written = t->last_written;
	for (size_t i = t->last_groups + 1; i <= 9; i++)
		t->number[i] = 0;
	ps_text_add_string(t->out, "(?:)");
}

/* Writes the repeat of the last atom, if it has one. */
static void settle_repeat(struct translator *t)
{
	struct repeat r = t->repeat;
	char text[32];

	t->repeat = once;
	if (is_once(&r))
		return;
	if (r.max == 0) {
		drop_atom(t);
		return;
	}
	if (is_sign(&r))
		snprintf(text, sizeof(text), "%s", r.max == 1 ? "?" : r.min == 0 ? "*" : "+");
	else if (r.max == UNLIMITED)
		snprintf(text, sizeof(text), "{%u,}", (unsigned)r.min);
	else
		snprintf(text, sizeof(text), "{%u,%u}", (unsigned)r.min, (unsigned)r.max);
	ps_text_add_string(t->out, text);
}

/* Puts (?: and ) around the last atom. */
static void enclose_atom(struct translator *t)
{
	static const char open[] = "(?:";
	const size_t n = sizeof(open) - 1;

	settle_repeat(t);
	ps_text_add_string(t->out, "(?:)");
	if (t->out->no_memory)
		return;
	memmove(t->out->bytes + t->last_at + n, t->out->bytes + t->last_at, t->out->length - t->last_at - n - 1);
	memcpy(t->out->bytes + t->last_at, open, n);
	t->out->bytes[t->out->length - 1] = ')';
}

static void repeat_atom(struct translator *t, struct repeat r)
{
	struct repeat *last = &t->repeat;
	uint64_t product = (uint64_t)last->min * r.min;

	if (is_once(last)) {
		*last = r;
	} else if (is_sign(last) && is_sign(&r)) {
		last->min *= r.min;
		last->max = last->max == 1 && r.max == 1 ? 1 : UNLIMITED;
	} else if (last->min == last->max && r.min == r.max && product <= REPEATS_MAX) {
		last->min = last->max = (uint32_t)product;
	} else if (!is_once(&r)) {
		enclose_atom(t);
		t->repeat = r;
	}
}

/* A repeat in an ERE with nothing to repeat, or only a condition. */
static void repeat_nothing(struct translator *t, const uint8_t *at, struct repeat r, bool sign)
{
	if (!sign || (t->last == LINE_CONDITION && r.min == 0))
		t->odd = at;
	if (t->last == LINE_CONDITION && r.min == 0) {
		t->out->length = t->last_at;
		t->last = NOTHING;
	}
	t->braces |= !sign;
	t->dangling = sign && !t->braces;
}

static bool repeat_last(struct translator *t, const uint8_t *at, struct repeat r, bool sign)
{
	if (t->last == ATOM) {
		repeat_atom(t, r);
		return true;
	}
	if (!t->in.mode->extended)
		return ps_posix_refuse(&t->in, at, "a repeat of a condition such as \\b: leave it out, or write a "
				       "backslash before the character");
	repeat_nothing(t, at, r, sign);
	return true;
}

/* ---- what stands in a branch ---- */

static void begin_item(struct translator *t, size_t at, size_t groups, size_t written)
{
	t->last_at = at;
	t->last_groups = groups;
	t->last_written = written;
	t->began = true;
	t->dangling = t->braces = false;
}

static void begin_atom(struct translator *t)
{
	settle_repeat(t);
	begin_item(t, t->out->length, t->group_count, t->written);
	t->last = ATOM;
	t->atom = true;
}

/* Starts a branch. */
static void begin_posix_branch(struct translator *t)
{
	t->last = NOTHING;
	t->began = t->atom = t->dangling = t->braces = false;
}

static bool put_condition(struct translator *t, const char *text, bool of_words)
{
	settle_repeat(t);
	begin_item(t, t->out->length, t->group_count, t->written);
	t->last = of_words ? WORD_CONDITION : LINE_CONDITION;
	t->libc |= of_words;
	ps_text_add_string(t->out, text);
	return true;
}

static bool put_line_start(struct translator *t)
{
	return put_condition(t, t->in.mode->newlines ? "\\A" : "^", false);
}

static bool put_line_end(struct translator *t)
{
	return put_condition(t, t->in.mode->newlines ? "\\z" : "$", false);
}

/* Writes the character at p. A backslash goes into brackets, so that it makes no escape with what follows. */
static bool put_character(struct translator *t, const uint8_t *p)
{
	size_t length = ps_utf8_next(p, (size_t)(t->in.end - p), 0);

	begin_atom(t);
	t->in.p = p + length;
	if (*p == '\\') {
		ps_text_add_string(t->out, "[\\\\]");
		return true;
	}
	if (*p != '\0' && strchr("^$.|?*+()[]{}", *p) != NULL)
		ps_text_add_string(t->out, "\\");
	ps_text_add(t->out, p, length);
	return true;
}

static bool open_posix_group(struct translator *t, const uint8_t *at)
{
	if (t->depth == DEPTH)
		return ps_posix_refuse(&t->in, at, "nested too deep: simplify the pattern");
	settle_repeat(t);
	t->groups[++t->depth] = (struct group){ at, t->out->length, ++t->group_count, t->written++, t->closed, 0 };
	if (t->group_count <= 9)
		t->number[t->group_count] = t->written;
	ps_text_add_string(t->out, "(");
	begin_posix_branch(t);
	return true;
}

static bool close_posix_group(struct translator *t, const uint8_t *at)
{
	const struct group *group;

	if (t->depth == 0 && t->in.mode->extended)
		return put_character(t, at);
	if (t->depth == 0)
		return ps_posix_refuse(&t->in, at, "\\) without \\(: add the \\(, or write ) for the character");
	if (t->dangling)
		return ps_posix_refuse(&t->in, at, "a repeat of nothing before ): leave the repeat out");
	settle_repeat(t);
	ps_text_add_string(t->out, ")");
	group = &t->groups[t->depth--];
	t->closed |= group->within | (group->number <= 9 ? 1u << group->number : 0);
	begin_item(t, group->at, group->number - 1, group->written);
	t->last = ATOM;
	t->atom = true;
	return true;
}

static bool end_branch(struct translator *t)
{
	struct group *group = &t->groups[t->depth];

	group->within |= t->closed;
	t->closed = group->before;
	settle_repeat(t);
	ps_text_add_string(t->out, "|");
	begin_posix_branch(t);
	return true;
}

static bool put_back_reference(struct translator *t, const uint8_t *at, uint8_t digit)
{
	char text[16];

	if ((t->closed >> (digit - '0') & 1) == 0)
		return ps_posix_refuse(&t->in, at, "a reference to a group that does not end before it in the same "
				       "branch: put the group there");
	t->libc = true;
	begin_atom(t); /* this may take that group away */
	if (t->number[digit - '0'] == 0)
		snprintf(text, sizeof(text), "(?:(?!)a)");
	else
		snprintf(text, sizeof(text), "\\k<%u>", (unsigned)t->number[digit - '0']);
	ps_text_add_string(t->out, text);
	return true;
}

/* ---- intervals ---- */

struct interval {
	struct repeat repeat;
	const uint8_t *end; /* the place after it; NULL: it is no interval */
	bool wrong;         /* grep refuses it then, instead of taking the brace for a character */
};

/* Reads a number; *value is at most REPEATS_MAX + 1. */
static const uint8_t *read_count(const uint8_t *p, const uint8_t *end, uint32_t *value)
{
	for (*value = 0; p < end && *p >= '0' && *p <= '9'; p++)
		*value = (uint32_t)ps_min(*value * 10 + (uint32_t)(*p - '0'), REPEATS_MAX + 1);
	return p;
}

/* After the { or \{. */
static struct interval read_interval(const struct translator *t)
{
	const char *close = t->in.mode->extended ? "}" : "\\}";
	const uint8_t *p = t->in.p, *end = t->in.end, *low, *high;
	struct interval i = { .end = NULL };

	low = read_count(p, end, &i.repeat.min);
	high = low;
	i.repeat.max = i.repeat.min;
	if (low < end && *low == ',') {
		high = read_count(low + 1, end, &i.repeat.max);
		if (high == low + 1)
			i.repeat.max = UNLIMITED;
	}
	if ((size_t)(end - high) >= strlen(close) && memcmp(high, close, strlen(close)) == 0) {
		i.end = high > p ? high + strlen(close) : NULL;
		i.wrong = high == p;
	}
	i.wrong |= high > low && high < end && *high == ',';
	return i;
}

/* Whether the { just read is a character. */
static bool is_literal_brace(const struct translator *t, const struct interval *i, bool reversed)
{
	if (!t->in.mode->extended)
		return !t->atom;
	if (t->last == ATOM)
		return i->end == NULL && !i->wrong;
	return i->end == NULL || reversed;
}

/* After the { or \{ that starts at `at`. */
static bool translate_brace(struct translator *t, const uint8_t *at)
{
	struct interval i = read_interval(t);
	bool reversed = i.end != NULL && i.repeat.min > i.repeat.max;

	if (is_literal_brace(t, &i, reversed)) {
		bool odd = t->last != ATOM && t->in.mode->extended;

		t->odd = odd ? at : t->odd;
		put_character(t, t->in.p - 1);
		t->dangling = odd; /* to libc it is a repeat of nothing */
		return true;
	}
	if (i.end == NULL)
		return ps_posix_refuse(&t->in, at, "an interval without numbers, or without its end: complete it, or "
				       "write the brace as a character");
	if (reversed)
		return ps_posix_refuse(&t->in, at, "an interval that ends before it begins: turn it round");
	if (i.repeat.min > REPEATS_MAX || (i.repeat.max != UNLIMITED && i.repeat.max > REPEATS_MAX))
		return ps_posix_refuse(&t->in, at, "a repeat of more than 32767 times: give less");
	t->in.p = i.end;
	return repeat_last(t, at, i.repeat, false);
}

/* ---- tokens ---- */

/* * + ? or, in a BRE, * \+ \?, which are characters if nothing stands before them. */
static bool translate_sign(struct translator *t, const uint8_t *at, uint8_t c)
{
	struct repeat r = { c == '+', c == '?' ? 1 : UNLIMITED };

	if (!t->in.mode->extended && !t->atom)
		return put_character(t, t->in.p - 1);
	return repeat_last(t, at, r, true);
}

/* A token that an ERE writes as it is, and a BRE after a backslash. */
static bool translate_operator(struct translator *t, const uint8_t *at, uint8_t c)
{
	switch (c) {
	case '(': return open_posix_group(t, at);
	case ')': return close_posix_group(t, at);
	case '{': return translate_brace(t, at);
	case '|': return end_branch(t);
	case '+':
	case '?': return translate_sign(t, at, c);
	}
	return put_character(t, t->in.p - 1);
}

static bool translate_type(struct translator *t, uint8_t c)
{
	begin_atom(t);
	t->libc = true;
	ps_posix_type(t->out, (char)c);
	return true;
}

/* After a backslash. */
static bool translate_escape(struct translator *t, const uint8_t *at)
{
	uint8_t c;

	if (t->in.p == t->in.end)
		return ps_posix_refuse(&t->in, at, "a backslash at the end: write two for the character");
	c = *t->in.p;
	if (c >= 0x80)
		return put_character(t, t->in.p);
	t->in.p++;
	if (c >= '1' && c <= '9')
		return put_back_reference(t, at, c);
	switch (c) {
	case 'w':
	case 'W':
	case 's':
	case 'S': return translate_type(t, c);
	case 'b': return put_condition(t, "\\b", true);
	case 'B': return put_condition(t, "\\B", true);
	case '<': return put_condition(t, "(?<!\\w)\\b", true);
	case '>': return put_condition(t, "\\b(?!\\w)", true);
	case '`': return put_line_start(t);
	case '\'': return put_line_end(t);
	case '(':
	case ')':
	case '{':
	case '|':
	case '+':
	case '?':
		if (!t->in.mode->extended)
			return translate_operator(t, at, c);
	}
	return put_character(t, at + 1);
}

/* Whether a branch of a BRE ends here, so that a $ before it is a condition. */
static bool is_branch_end(const struct translator *t)
{
	const uint8_t *p = t->in.p;

	return p == t->in.end || (t->in.end - p >= 2 && p[0] == '\\' && (p[1] == ')' || p[1] == '|'));
}

static bool translate_bracket(struct translator *t)
{
	begin_atom(t);
	t->libc = true;
	return ps_posix_bracket(&t->in, t->out);
}

static bool translate_token(struct translator *t)
{
	bool extended = t->in.mode->extended;
	const uint8_t *at = t->in.p++;

	switch (*at) {
	case '\\': return translate_escape(t, at);
	case '[': return translate_bracket(t);
	case '*': return translate_sign(t, at, '*');
	case '.':
		begin_atom(t);
		ps_text_add_string(t->out, t->in.mode->newlines ? "(?m:.)" : ".");
		return true;
	case '^':
		if (extended || !t->began)
			return put_line_start(t);
		break;
	case '$':
		if (extended || is_branch_end(t))
			return put_line_end(t);
		break;
	default:
		if (extended)
			return translate_operator(t, at, *at);
	}
	return put_character(t, at);
}

int ps_posix_translate(struct ps_text *out, const uint8_t *expression, size_t length,
		       const struct ps_posix_mode *mode, struct ps_pattern_error *error)
{
	struct translator t = { .out = out, .repeat = once, .libc = mode->whole_words };
	bool ok = true;

	t.in = (struct ps_posix_input){ expression, expression, expression + length, mode, error };
	while (ok && !out->no_memory && t.in.p < t.in.end)
		ok = translate_token(&t);
	if (ok && t.depth > 0)
		ok = ps_posix_refuse(&t.in, t.groups[t.depth].begin, mode->extended ?
				     "( without ): add the ), or write \\( for the character" :
				     "\\( without \\): add the \\), or write ( for the character");
	if (ok && t.odd != NULL && t.libc)
		ok = ps_posix_refuse(&t.in, t.odd, "a repeat of nothing, or of ^ or $, where grep contradicts itself: "
				     "leave the repeat out");
	settle_repeat(&t);
	if (out->no_memory)
		return SEARCH_ENOMEM;
	return ok ? SEARCH_OK : SEARCH_EPATTERN;
}
