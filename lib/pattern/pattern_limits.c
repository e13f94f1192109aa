/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pattern_limits.c - see pattern_limits.h.
 *
 * Oniguruma parses by recursion, and walks the tree that it has made by recursion. Its limit of 4096 levels is a
 * process-wide setting, fit for a stack of 8 MiB; but a host may call search_open on a stack of 128 KiB. Hence this
 * scan, which has a stack of levels instead of recursion. It counts in units of 560 bytes: what one node of the tree
 * takes of the real stack.
 *
 *   a group            2 while it is parsed; 3 if it becomes itself, an alternation and a concatenation, one inside the
 *                      other
 *   an isolated (?i)   the same: it contains the rest of its group, or is counted as if it did
 *   a quantifier       1, on top of the quantifiers that it is stacked upon
 *   a class            1, in a class
 *   \X and (?~..)      what they are expanded to
 *
 * A reference or call leads the walks into the group that it names; so with n of them a walk is at most n + 1 times as
 * deep as the tree.
 *
 * N1  For a pattern that Oniguruma accepts, the scan counts no less than the real depth. Where the two read a pattern
 *     differently, Oniguruma must be about to refuse it, at that very place.
 * N2  Units of the levels open around a node + units inside of it <= LIMIT.
 *
 * Two things beside depth are counted on the way, as they take Oniguruma longer than anybody waits:
 *
 *   elements of a counted repeat, written out: (a{100}){100} has 10,000. They are gone through for each place of a
 *   line, without backtracking, and so without a limit.
 *   text in a row that may be in any case: compiling it takes the square of its length.
 *
 * N3  Text in a row ends only at | * + ?. Whatever else ends it is counted as going on.
 *
 * Rejected: compiling on a thread of our own with a big stack. Making it can fail, and nobody writes a pattern that is
 * deeper than this.
 */
#include "../base/base.h"

#include "pattern_limits.h"
#include "../syntax/syntax.h"

#include <string.h>

#define LIMIT 160         /* 88 KiB: leaves something for the host's own frames */
#define UNITS_LEVEL 2
#define UNITS_CLUSTER 16  /* \X */
#define UNITS_ABSENT 4    /* (?~..), beside the group that it is */
#define LEVELS (LIMIT / UNITS_LEVEL)
#define REPEAT_MAX 100000 /* elements */
#define FOLDED_MAX 4096   /* bytes */

#define CLASS_NAME 20 /* letters: with more, [:name:] is no name */

struct level {
	size_t size;       /* elements in it so far, repeats written out */
	uint16_t tallest;  /* units of the tallest node in it so far */
	uint8_t extra;     /* units of its own beyond a group's */
	bool extended;     /* (?x): # starts a comment */
	bool isolated;     /* opened by an option such as (?i): ends with the group around it */
	bool occupied;     /* the branch being read is not empty */
	bool concatenated; /* some branch has several nodes */
	bool alternated;   /* there are several branches */
};

struct scan {
	const uint8_t *p;
	const uint8_t *end;
	size_t depth;      /* open levels, not counting the whole pattern */
	size_t last;       /* units of the node that a quantifier would apply to */
	size_t last_size;  /* and its elements */
	size_t repeat;     /* elements of the largest counted repeat */
	size_t run;        /* length of the text in a row up to here */
	size_t longest;    /* longest run so far */
	bool folds;        /* there was a (?i) */
	size_t references; /* calls and back-references */
	size_t groups;
	bool too_deep;
	const struct ps_syntax *syntax;
	const struct ps_pattern_visitor *visitor; /* NULL: none */
	struct level level[LEVELS + 1];
};

static struct level *top_level(struct scan *s)
{
	return &s->level[s->depth];
}

/* Sets the height of the node read last. */
static void grow_node(struct scan *s, size_t units)
{
	if (s->depth * UNITS_LEVEL + units > LIMIT) {
		s->too_deep = true;
		return;
	}
	s->last = units;
	PS_ASSERT(s->depth <= LEVELS); /* N2 */
	if (units > top_level(s)->tallest)
		top_level(s)->tallest = (uint16_t)units;
}

/* A node of `size` elements has been read. */
static void put_node(struct scan *s, size_t units, size_t size)
{
	struct level *level = top_level(s);

	s->last_size = size;
	level->size += size;
	s->longest = ps_max(s->longest, ++s->run);
	level->concatenated = level->concatenated || level->occupied;
	level->occupied = true;
	grow_node(s, units);
}

/* Text in a row ends. */
static void end_text_run(struct scan *s)
{
	s->run = 0;
}

/* The node read last is repeated. Oniguruma itself refuses more than REPEAT_MAX times. */
static void multiply_node(struct scan *s, size_t times)
{
	size_t size = s->last_size;

	if (times > 1 && times <= REPEAT_MAX && size <= REPEAT_MAX)
		size *= times;
	top_level(s)->size += size - s->last_size;
	s->last_size = size;
	if (times > 1)
		s->repeat = ps_max(s->repeat, size);
}

static void begin_branch(struct scan *s)
{
	end_text_run(s);
	top_level(s)->alternated = true;
	top_level(s)->occupied = false;
	s->last = 0;
}

static void push_level(struct scan *s, bool extended, bool isolated, uint8_t extra)
{
	if (s->depth == LEVELS) {
		s->too_deep = true;
		return;
	}
	s->depth++;
	*top_level(s) = (struct level){ .extra = extra, .extended = extended, .isolated = isolated };
	s->last = 0;
	s->groups++;
}

static size_t level_units(const struct level *level)
{
	size_t own = level->alternated && level->concatenated ? UNITS_LEVEL + 1 : UNITS_LEVEL;

	return level->tallest + own + level->extra;
}

/* Closes the isolated options of this group, then the group. */
static void pop_levels(struct scan *s)
{
	bool isolated = true;

	while (s->depth > 0 && isolated) {
		size_t units = level_units(top_level(s)), size = top_level(s)->size;

		isolated = top_level(s)->isolated;
		s->depth--;
		put_node(s, units, size);
	}
}

static bool scan_next_is(const struct scan *s, char c)
{
	return s->p < s->end && *s->p == (uint8_t)c;
}

static bool syntax_has(const struct scan *s, uint32_t what)
{
	return (s->syntax->has & what) != 0;
}

/* \c, \C- and \M- take the next character, whichever it is. */
static bool is_control_escape(const struct scan *s, uint8_t c)
{
	return c == 'c' || ((c == 'C' || c == 'M') && syntax_has(s, PS_SYNTAX_CONTROL_META) && scan_next_is(s, '-'));
}

/* At the Q of \Q: passes over all up to \E. */
static void scan_quotation(struct scan *s)
{
	const uint8_t *end = memmem(s->p, (size_t)(s->end - s->p), "\\E", 2);

	s->run += (size_t)((end == NULL ? s->end : end) - s->p);
	s->p = end == NULL ? s->end : end + 2;
	put_node(s, 0, 1);
}

/*
 * After a backslash. The character that a control character takes may be one that would open something, or another
 * escape, which Oniguruma reads by recursion.
 */
static void scan_escape(struct scan *s, bool in_class)
{
	size_t chain = 0;

	if (!in_class && scan_next_is(s, 'Q') && syntax_has(s, PS_SYNTAX_QUOTE)) {
		scan_quotation(s);
		return;
	}
	if (!in_class && s->visitor != NULL && s->visitor->escape != NULL)
		s->visitor->escape(s->visitor->context, s->p - 1, top_level(s)->extended);
	while (s->p < s->end && chain++ <= LIMIT) {
		uint8_t c = *s->p++;

		if (!in_class && ((c >= '1' && c <= '9') || c == 'k' || c == 'g'))
			s->references++;
		if (!in_class)
			put_node(s, c == 'X' ? UNITS_CLUSTER : 0, 1);
		if (!is_control_escape(s, c))
			return;
		s->p += c != 'c';
		if (s->p == s->end || *s->p++ != '\\')
			return;
	}
	s->too_deep = s->p < s->end;
}

/* At the start of a class: passes over ^, then over a ], which stands for itself. */
static void scan_class_start(struct scan *s)
{
	if (scan_next_is(s, '^'))
		s->p++;
	if (scan_next_is(s, ']'))
		s->p++;
}

/* At the : of a [: that Oniguruma takes for a name. It refuses an unknown name, unless it is too long for a name. */
static void scan_class_name(struct scan *s)
{
	const uint8_t *p = s->p + 1;
	size_t n = 0;

	p += *p == '^';
	while (p[n] >= 'a' && p[n] <= 'z')
		n++;
	if (n <= CLASS_NAME && p[n] == ':' && p[n + 1] == ']')
		s->p = p + n + 2;
}

/* After a [ in a class: whether it opens another class. */
static bool class_nests(struct scan *s)
{
	if (!scan_next_is(s, ':') || !ps_syntax_is_class(s->syntax, s->p, s->end))
		return syntax_has(s, PS_SYNTAX_CLASS_SETS);
	scan_class_name(s);
	return false;
}

/* After a [. */
static void scan_class(struct scan *s)
{
	const uint8_t *begin = s->p - 1;
	size_t open = 1, deepest = 1;

	scan_class_start(s);
	while (s->p < s->end && open > 0 && s->depth * UNITS_LEVEL + open <= LIMIT) {
		uint8_t c = *s->p++;

		if (c == '\\') {
			scan_escape(s, true);
		} else if (c == ']') {
			open--;
		} else if (c == '[' && class_nests(s)) {
			deepest = ps_max(deepest, ++open);
			scan_class_start(s);
		}
	}
	if (open == 0 && s->visitor != NULL && s->visitor->class != NULL)
		s->visitor->class(s->visitor->context, begin, s->p);
	put_node(s, deepest, 1);
}

/* After (?# or, in extended mode, #: passes over all up to the unescaped end. */
static void scan_comment(struct scan *s, char last, bool escapes)
{
	while (s->p < s->end) {
		char c = (char)*s->p++;

		if (escapes && c == '\\' && s->p < s->end)
			s->p++;
		else if (c == last)
			return;
	}
}

/* After (? : whether a call or a back-reference follows, as in Perl or Python: (?1) (?-1) (?R) (?&n) (?P>n) (?P=n). */
static bool scan_next_is_reference(const struct scan *s)
{
	const uint8_t *p = s->p + (scan_next_is(s, '-') || scan_next_is(s, '+'));

	if (scan_next_is(s, 'P'))
		return s->end - s->p > 1 && s->p[1] != '<';
	return scan_next_is(s, '&') || scan_next_is(s, 'R') || (p < s->end && *p >= '0' && *p <= '9');
}

/* After (? : options up to a ) or : open a level; anything else is a group like any other. */
static void scan_group(struct scan *s)
{
	bool extended = top_level(s)->extended, off = false;
	const uint8_t *p = s->p;

	while (p < s->end && strchr("imsxaWDSPICLy{gw}-", *p) != NULL && *p != '\0') {
		off |= *p == '-';
		s->folds |= *p == 'i';
		if (*p == 'x')
			extended = !off;
		p++;
	}
	if (p < s->end && (*p == ')' || *p == ':')) {
		push_level(s, extended, *p == ')', 0);
		s->p = p + 1;
		return;
	}
	push_level(s, top_level(s)->extended, false, scan_next_is(s, '~') ? UNITS_ABSENT : 0);
	s->references += scan_next_is_reference(s);
	s->p += s->p < s->end && *s->p != '('; /* whatever it is, it is no quantifier */
}

static void scan_parenthesis(struct scan *s)
{
	if (!scan_next_is(s, '?')) {
		push_level(s, top_level(s)->extended, false, 0);
		return;
	}
	s->p++;
	if (scan_next_is(s, '#')) {
		scan_comment(s, ')', true);
		return;
	}
	if (s->visitor != NULL && s->visitor->group != NULL)
		s->visitor->group(s->visitor->context, s->p - 2);
	scan_group(s);
}

/* Reads digits; *value is at most REPEAT_MAX + 1. */
static const uint8_t *scan_digits(const uint8_t *p, const uint8_t *end, size_t *value)
{
	for (*value = 0; p < end && *p >= '0' && *p <= '9'; p++)
		*value = ps_min(*value * 10 + (size_t)(*p - '0'), REPEAT_MAX + 1);
	return p;
}

/* After a {: passes over {n}, {n,}, {n,m} or, if the syntax has it, {,m}. Any other { is a character: false. */
static bool scan_interval(struct scan *s, size_t *times)
{
	size_t least, most = 0;
	const uint8_t *low = scan_digits(s->p, s->end, &least), *high = low;

	if (low < s->end && *low == ',')
		high = scan_digits(low + 1, s->end, &most);
	if (high >= s->end || *high != '}' || high == s->p || (low == s->p && high == low + 1))
		return false;
	if (low == s->p && !syntax_has(s, PS_SYNTAX_UP_TO))
		return false;
	s->p = high + 1;
	*times = ps_max(least, most);
	return true;
}

static void scan_element(struct scan *s)
{
	uint8_t c = *s->p++;
	size_t times;

	switch (c) {
	case '\\':
		scan_escape(s, false);
		return;
	case '[':
		scan_class(s);
		return;
	case '(':
		scan_parenthesis(s);
		return;
	case ')':
		pop_levels(s);
		return;
	case '?':
	case '*':
	case '+':
		end_text_run(s);
		grow_node(s, s->last + 1);
		return;
	case '{':
		if (!scan_interval(s, &times)) {
			put_node(s, 0, 1);
			return;
		}
		multiply_node(s, times);
		grow_node(s, s->last + 1);
		return;
	case '|':
		begin_branch(s);
		return;
	}
	if (!top_level(s)->extended || strchr(" \t\n\r\f#", c) == NULL || c == '\0')
		put_node(s, 0, 1);
	else if (c == '#')
		scan_comment(s, '\n', false);
}

void ps_pattern_visit(const uint8_t *pattern, size_t length, uint32_t syntax, const struct ps_pattern_visitor *visitor)
{
	struct scan s = {
		.p = pattern, .end = pattern + length, .syntax = ps_syntax_of(syntax), .visitor = visitor,
	};

	while (s.p < s.end && !s.too_deep) {
		const uint8_t *begin = s.p;

		scan_element(&s);
		if (visitor->element != NULL)
			visitor->element(visitor->context, begin, s.p);
	}
}

bool ps_pattern_check_nesting(const uint8_t *pattern, size_t length, uint32_t syntax, size_t *offset)
{
	struct scan s = { .p = pattern, .end = pattern + length, .syntax = ps_syntax_of(syntax) };

	while (s.p < s.end && !s.too_deep) {
		*offset = (size_t)(s.p - pattern);
		scan_element(&s);
	}
	while (s.depth > 0 && !s.too_deep) /* isolated options, or a pattern that Oniguruma will refuse */
		pop_levels(&s);
	if (s.groups > 0 && s.references > 0)
		s.too_deep |= (s.references + 1) * level_units(&s.level[0]) > LIMIT;
	return !s.too_deep;
}

const char *ps_pattern_excess(const uint8_t *pattern, size_t length, const struct ps_dialect *dialect, size_t *offset)
{
	struct scan s = { .p = pattern, .end = pattern + length, .syntax = ps_syntax_of(dialect->syntax) };
	size_t repeat = SIZE_MAX, text = SIZE_MAX;

	while (s.p < s.end && !s.too_deep) {
		size_t at = (size_t)(s.p - pattern);

		scan_element(&s);
		repeat = repeat == SIZE_MAX && s.repeat > REPEAT_MAX ? at : repeat;
		text = text == SIZE_MAX && s.longest > FOLDED_MAX ? at : text;
	}
	while (s.depth > 0 && !s.too_deep)
		pop_levels(&s);
	*offset = s.repeat > REPEAT_MAX ? repeat : text;
	if (s.repeat > REPEAT_MAX)
		return "repeats that are more than 100000 elements when written out";
	if ((dialect->ignore_case || s.folds) && s.longest > FOLDED_MAX)
		return "more than 4096 bytes in a row in which case is ignored";
	return NULL;
}
