/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pattern_fault.c - where in a pattern is what Oniguruma refuses?
 *
 * Oniguruma says what is wrong, and mostly not where. But it reads from left to right, and stops at the first fault. So
 * the shortest beginning of the pattern that it refuses with the same error ends in the element that is at fault: that
 * is found by bisection, over the elements that the scan of pattern_limits.c sees, and in a class over its characters.
 *
 * What is open at the end, a group or a class, is looked for in the scan. So is what Oniguruma refuses only when it has
 * read all: a look-behind, which is compiled by itself, and references.
 *
 * F1  All of this happens only after a pattern has been refused, and takes at most some 40 compilations.
 * F2  A wrong guess does no harm beyond a caret in a wrong place. No guess is made for errors that are not listed.
 */
#include "../base/base.h"

#include "pattern_fault.h"

#include "../base/utf8.h"
#include "../syntax/syntax.h"
#include "pattern_limits.h"

#include <stdio.h>
#include <string.h>

#define LONGEST ((size_t)256 << 10) /* a longer pattern takes too long */
#define MOST_OPEN 192               /* groups or classes; pattern_limits.c refuses a pattern before */

struct fault {
	const uint8_t *text;
	size_t length;
	const struct ps_dialect *dialect;
	const struct ps_syntax *syntax;
	struct ps_pattern_error *error;
};

/* Elements in a row that are one to Oniguruma, such as \p{L} and (?<name>, count as one. */
typedef void visit_function(void *context, const struct fault *f, size_t begin, size_t end);

struct walk {
	const struct fault *fault;
	visit_function *visit;
	void *context;
	size_t passed; /* the end of the last element */
};

/* ---- elements ---- */

static bool text_begins(const struct fault *f, size_t at, const char *what)
{
	size_t n = strlen(what);

	return at <= f->length && f->length - at >= n && memcmp(f->text + at, what, n) == 0;
}

static bool is_look_behind(const struct fault *f, size_t at)
{
	return text_begins(f, at, "(?<=") || text_begins(f, at, "(?<!");
}

static bool fault_syntax_has(const struct fault *f, uint32_t what)
{
	return (f->syntax->has & what) != 0;
}

/* After the next `last`; the end of the pattern if there is none. */
static size_t pass_to(const struct fault *f, size_t at, int last)
{
	const uint8_t *found = memchr(f->text + at, last, f->length - at);

	return found == NULL ? f->length : (size_t)(found - f->text) + 1;
}

static size_t pass_digits(const struct fault *f, size_t at, const char *digits, size_t most)
{
	size_t n = 0;

	while (n < most && at + n < f->length && f->text[at + n] != '\0' && strchr(digits, f->text[at + n]) != NULL)
		n++;
	return at + n;
}

/* At a backslash: where what it begins ends. */
static size_t end_of_escape(const struct fault *f, size_t at)
{
	static const char hex[] = "0123456789abcdefABCDEF";
	uint8_t c = at + 1 < f->length ? f->text[at + 1] : 0, next = at + 2 < f->length ? f->text[at + 2] : 0;

	if (at + 2 >= f->length)
		return f->length;
	if ((c == 'p' || c == 'P' || ((c == 'x' || c == 'o') && fault_syntax_has(f, PS_SYNTAX_BRACED))) && next == '{')
		return pass_to(f, at + 2, '}');
	if ((c == 'k' || c == 'g') && fault_syntax_has(f, PS_SYNTAX_ANGLE_NAMES) && (next == '<' || next == '\''))
		return pass_to(f, at + 3, next == '<' ? '>' : next);
	if (c == 'x')
		return pass_digits(f, at + 2, hex, 2);
	if ((c == 'u' && fault_syntax_has(f, PS_SYNTAX_HEX4)) || (c == 'U' && fault_syntax_has(f, PS_SYNTAX_HEX8)))
		return pass_digits(f, at + 2, hex, c == 'u' ? 4 : 8);
	if (c >= '0' && c <= '9')
		return pass_digits(f, at + 1, hex, 10);
	if ((c == 'C' || c == 'M') && fault_syntax_has(f, PS_SYNTAX_CONTROL_META))
		return ps_utf8_next(f->text, f->length, at + 2);
	return ps_utf8_next(f->text, f->length, at + 1);
}

/* At a ( : where its name ends, if it has one; with (?P=name) the group. */
static size_t end_of_group_name(const struct fault *f, size_t at)
{
	if (text_begins(f, at, "(?P=") || text_begins(f, at, "(?P>"))
		return pass_to(f, at + 4, ')');
	if (text_begins(f, at, "(?P<"))
		return pass_to(f, at + 4, '>');
	if (text_begins(f, at, "(?<") && !is_look_behind(f, at))
		return pass_to(f, at + 3, '>');
	return text_begins(f, at, "(?'") ? pass_to(f, at + 3, '\'') : at + 1;
}

static void walk_element(void *context, const uint8_t *begin, const uint8_t *end)
{
	struct walk *w = context;
	size_t from = (size_t)(begin - w->fault->text), to = (size_t)(end - w->fault->text);

	if (from < w->passed)
		return;
	if (*begin == '\\')
		to = ps_max(to, end_of_escape(w->fault, from));
	if (*begin == '(')
		to = ps_max(to, end_of_group_name(w->fault, from));
	w->passed = to;
	w->visit(w->context, w->fault, from, to);
}

static void walk_elements(const struct fault *f, visit_function *visit, void *context)
{
	struct walk w = { .fault = f, .visit = visit, .context = context };
	const struct ps_pattern_visitor visitor = { .context = &w, .element = walk_element };

	ps_pattern_visit(f->text, f->length, f->dialect->syntax, &visitor);
}

/* ---- the shortest beginning that is refused ---- */

/* Is text[begin, end) refused for the same reason? */
static bool is_refused(const struct fault *f, size_t begin, size_t end)
{
	struct ps_pattern_error error = { .offset = SIZE_MAX };
	struct ps_regex *regex = NULL;
	int rc = ps_regex_new(&regex, f->text + begin, end - begin, f->dialect, &error);

	ps_regex_free(regex);
	return rc == SEARCH_EPATTERN && error.code == f->error->code;
}

struct extent {
	size_t target; /* a byte; its element is wanted */
	size_t begin, end;
};

static void visit_extent(void *context, const struct fault *f, size_t begin, size_t end)
{
	struct extent *e = context;

	(void)f;
	if (begin <= e->target && e->target < end) {
		e->begin = begin;
		e->end = end;
	}
}

/* The element that the byte is in. */
static struct extent element_at(const struct fault *f, size_t target)
{
	struct extent e = { .target = target, .begin = target, .end = target + 1 };

	walk_elements(f, visit_extent, &e);
	return e;
}

/* The element at fault. */
static struct extent bisect_elements(const struct fault *f)
{
	struct extent found = { .begin = 0, .end = f->length };

	for (;;) {
		struct extent e = element_at(f, found.begin + (found.end - found.begin) / 2);
		size_t cut = e.end < found.end ? e.end : e.begin;

		if (cut <= found.begin)
			return found;
		if (is_refused(f, 0, cut))
			found.end = cut;
		else
			found.begin = cut;
	}
}

/* In a class that is the element at fault: the character that decides. */
static size_t bisect_class(const struct fault *f, const struct extent *class)
{
	size_t low = class->begin, high = class->end;

	for (;;) {
		size_t cut = low + (high - low) / 2;

		while (cut > low && (f->text[cut] & 0xC0) == 0x80)
			cut--;
		if (cut <= low)
			cut = ps_utf8_next(f->text, f->length, low);
		if (cut >= high)
			return low;
		if (is_refused(f, 0, cut))
			high = cut;
		else
			low = cut;
	}
}

/* ---- what is in a class ---- */

struct class_walk {
	size_t at;        /* the item being read, */
	size_t end;
	size_t range;     /* and where the range begins that it may be in */
	size_t before;    /* the item before it; SIZE_MAX: none */
	bool hyphen;      /* that is a hyphen, which may make a range */
	size_t open[MOST_OPEN];
	size_t depth;
};

static size_t end_of_class_name(const struct fault *f, size_t at)
{
	const uint8_t *end = memmem(f->text + at + 2, f->length - at - 2, ":]", 2);

	return end == NULL ? f->length : (size_t)(end - f->text) + 2;
}

/* After a [ that opens a class: passes over ^, then over a ], which stands for itself. */
static void open_class(struct class_walk *w, const struct fault *f)
{
	if (w->depth < MOST_OPEN)
		w->open[w->depth++] = w->at;
	w->end = w->at + 1;
	w->end += text_begins(f, w->end, "^");
	w->end += text_begins(f, w->end, "]");
	w->before = SIZE_MAX;
	w->hyphen = false;
}

/* Reads one item, at `at`. */
static void read_item(struct class_walk *w, const struct fault *f)
{
	const uint8_t *text = f->text, *end = f->text + f->length;
	bool names = text_begins(f, w->at, "[:") && ps_syntax_is_class(f->syntax, text + w->at + 1, end);

	w->range = w->hyphen && w->before != SIZE_MAX ? w->before : w->at;
	if (text[w->at] == '[' && !names && fault_syntax_has(f, PS_SYNTAX_CLASS_SETS)) {
		open_class(w, f);
		return;
	}
	if (text[w->at] == ']') {
		w->depth -= w->depth > 0;
		w->before = SIZE_MAX;
	}
	w->end = text[w->at] == '\\' ? end_of_escape(f, w->at) :
		 names ? end_of_class_name(f, w->at) : ps_utf8_next(text, f->length, w->at);
	if (text[w->at] == '-' && !w->hyphen && w->before != SIZE_MAX) {
		w->range = w->before;
		w->hyphen = true;
	} else {
		w->before = text[w->at] == ']' ? SIZE_MAX : w->at;
		w->hyphen = false;
	}
}

/* Walks through a class, up to the item that the byte is in. */
static void walk_class(struct class_walk *w, const struct fault *f, size_t begin, size_t target)
{
	*w = (struct class_walk){ .at = begin, .range = begin };
	open_class(w, f);
	while (w->depth > 0 && target >= w->end && w->end < f->length) {
		w->at = w->end;
		read_item(w, f);
	}
}

static size_t locate_in_class(const struct fault *f, const struct extent *class)
{
	size_t target = bisect_class(f, class);
	struct class_walk w;

	walk_class(&w, f, class->begin, target);
	if (f->error->fault == PS_FAULT_CLASS)
		return w.depth > 0 ? w.open[w.depth - 1] : class->begin;
	return f->error->fault == PS_FAULT_RANGE ? w.range : w.at;
}

static size_t locate_element(const struct fault *f)
{
	struct extent found = bisect_elements(f);

	return f->text[found.begin] == '[' ? locate_in_class(f, &found) : found.begin;
}

/* The innermost class that is open at the end. */
static size_t locate_open_class(const struct fault *f)
{
	struct extent last = element_at(f, f->length - 1);
	struct class_walk w;

	if (f->text[last.begin] != '[')
		return SIZE_MAX;
	walk_class(&w, f, last.begin, SIZE_MAX);
	return w.depth > 0 ? w.open[w.depth - 1] : SIZE_MAX;
}

/* ---- groups ---- */

/* Looks for what the error is about; the first that is found counts. */
struct group_walk {
	size_t open[MOST_OPEN];
	size_t depth;
	size_t groups;     /* capturing ones */
	size_t found;      /* SIZE_MAX: nothing yet */
	size_t behind;     /* the last look-behind; SIZE_MAX: none, */
	size_t behinds;    /* and how many there are */
	size_t braces;     /* the last \p{ without } */
};

static bool opens_group(const struct fault *f, size_t begin, size_t end)
{
	return f->text[begin] == '(' && !text_begins(f, begin, "(?#") && (end - begin < 2 || f->text[end - 1] != ')');
}

static bool captures(const struct fault *f, size_t at)
{
	if (!text_begins(f, at, "(?"))
		return !(at >= 2 && text_begins(f, at - 2, "(?(")); /* a condition */
	return (text_begins(f, at, "(?<") && !is_look_behind(f, at)) || text_begins(f, at, "(?'") ||
	       text_begins(f, at, "(?P<");
}

static void close_group(struct group_walk *w, const struct fault *f, size_t end)
{
	size_t begin;

	if (w->depth == 0)
		return;
	begin = w->open[--w->depth];
	if (f->error->fault != PS_FAULT_LOOK_BEHIND || !is_look_behind(f, begin))
		return;
	w->behinds++;
	w->behind = begin;
	if (w->found == SIZE_MAX && is_refused(f, begin, end))
		w->found = begin;
}

/* Is it a \p{ whose name ends before a } comes? No name has any of these characters. */
static bool is_open_property(const struct fault *f, size_t begin, size_t end)
{
	if (!text_begins(f, begin, "\\p{") && !text_begins(f, begin, "\\P{"))
		return false;
	for (size_t i = begin + 3; i < end; i++)
		if (f->text[i] != '\0' && strchr("(){|", f->text[i]) != NULL)
			return true;
	return f->text[end - 1] != '}';
}

static void visit_group(void *context, const struct fault *f, size_t begin, size_t end)
{
	struct group_walk *w = context;

	if (f->text[begin] == ')') {
		close_group(w, f, end);
	} else if (opens_group(f, begin, end)) {
		w->groups += captures(f, begin);
		if (w->depth < MOST_OPEN)
			w->open[w->depth++] = begin;
	} else if (is_open_property(f, begin, end)) {
		w->braces = begin;
	}
}

static struct group_walk walk_groups(const struct fault *f)
{
	struct group_walk w = { .found = SIZE_MAX, .behind = SIZE_MAX, .braces = SIZE_MAX };

	walk_elements(f, visit_group, &w);
	return w;
}

/* Oniguruma says the same of \p{ without }. */
static size_t locate_open_group(const struct fault *f)
{
	struct group_walk w = walk_groups(f);

	if (w.braces == SIZE_MAX)
		return w.depth > 0 ? w.open[w.depth - 1] : SIZE_MAX;
	snprintf(f->error->message, sizeof(f->error->message), "\\p{ without }: add the }, or write "
		 "\\\\p for the characters");
	return w.braces;
}

static size_t locate_look_behind(const struct fault *f)
{
	struct group_walk w = walk_groups(f);

	return w.found != SIZE_MAX || w.behinds != 1 ? w.found : w.behind;
}

/* ---- references ---- */

struct reference_walk {
	size_t groups; /* a reference to a group above this is looked for */
	size_t found;
};

/* Reads a number. False: there is none. */
static bool read_group_number(const struct fault *f, size_t at, size_t *number)
{
	size_t end = pass_digits(f, at, "0123456789", 6);

	for (*number = 0; at < end; at++)
		*number = *number * 10 + (size_t)(f->text[at] - '0');
	return *number > 0;
}

/* Is this a reference to a group by its number? */
static bool refers_by_number(const struct fault *f, size_t begin, size_t *number)
{
	if (text_begins(f, begin, "\\k") || text_begins(f, begin, "\\g"))
		return read_group_number(f, begin + 3, number);
	if (f->text[begin] == '\\')
		return f->text[ps_min(begin + 1, f->length - 1)] != '0' && read_group_number(f, begin + 1, number);
	return begin >= 2 && text_begins(f, begin - 2, "(?(") && read_group_number(f, begin + 1, number);
}

static void visit_reference(void *context, const struct fault *f, size_t begin, size_t end)
{
	struct reference_walk *w = context;
	size_t number;

	(void)end;
	if (w->found == SIZE_MAX && refers_by_number(f, begin, &number) && number > w->groups)
		w->found = begin;
}

static void visit_call(void *context, const struct fault *f, size_t begin, size_t end)
{
	struct reference_walk *w = context;

	(void)end;
	if (w->found == SIZE_MAX && text_begins(f, begin, "\\g"))
		w->found = begin;
}

static size_t locate_reference(const struct fault *f, visit_function *visit, size_t groups)
{
	struct reference_walk w = { .groups = groups, .found = SIZE_MAX };

	walk_elements(f, visit, &w);
	return w.found;
}

/* ---- all of it ---- */

/* What Perl, Python and PCRE write otherwise than Oniguruma. */
static const struct {
	const char *begin;
	const char *sentence;
} foreign_groups[] = {
	{ "(?P<", "(?P<name>...) is a named group in another syntax: write (?<name>...)" },
	{ "(?P=", "(?P=name) is a reference in another syntax: write \\k<name>" },
	{ "(?P>", "(?P>name) is a call of a group in another syntax: write \\g<name>" },
	{ "(?R)", "(?R) is a call of the pattern in another syntax: write \\g<0>" },
};

/* Does the group begin with letters of options, and is this one of them? */
static bool group_has_option(const struct fault *f, size_t at, char letter)
{
	size_t begin = at + 2, end = pass_digits(f, begin, "abcdefghijklmnopqrstuvwxyzUXJ-", 16);

	return end < f->length && (f->text[end] == ')' || f->text[end] == ':') &&
	       memchr(f->text + begin, letter, end - begin) != NULL;
}

/* NULL: it is none that is known. */
static const char *name_foreign_group(const struct fault *f, size_t at)
{
	for (size_t i = 0; i < sizeof(foreign_groups) / sizeof(foreign_groups[0]); i++)
		if (text_begins(f, at, foreign_groups[i].begin))
			return foreign_groups[i].sentence;
	if (group_has_option(f, at, 's'))
		return "the option s is m in this syntax: write (?m) for a . that matches a newline";
	return NULL;
}

/* Names are written in two ways, and each syntax has only one of them. */
static void name_other_group(const struct fault *f, size_t at)
{
	const char *sentence = NULL;

	if (f->dialect->syntax == SEARCH_SYNTAX_PERL && text_begins(f, at, "(?P"))
		/* rewrite.c has taken those with a name */
		sentence = "a (?P without a name of letters, digits and _, or without its end: complete it";
	else if (f->dialect->syntax == SEARCH_SYNTAX_ONIGURUMA)
		sentence = name_foreign_group(f, at);
	else if (!fault_syntax_has(f, PS_SYNTAX_ANGLE_NAMES) &&
		 (text_begins(f, at, "(?<") || text_begins(f, at, "(?'")))
		sentence = "(?<name>...) is a named group in another syntax: write (?P<name>...)";
	if (sentence != NULL)
		snprintf(f->error->message, sizeof(f->error->message), "%s", sentence);
}

static size_t locate_fault(const struct fault *f)
{
	switch (f->error->fault) {
	case PS_FAULT_OPEN_GROUP:
		return locate_open_group(f);
	case PS_FAULT_OPEN_CLASS:
		return locate_open_class(f);
	case PS_FAULT_LOOK_BEHIND:
		return locate_look_behind(f);
	case PS_FAULT_REFERENCE:
		return locate_reference(f, visit_reference, walk_groups(f).groups);
	case PS_FAULT_NUMBER:
		return locate_reference(f, visit_reference, 0);
	case PS_FAULT_CALL:
		return locate_reference(f, visit_call, 0);
	case PS_FAULT_ELEMENT:
	case PS_FAULT_RANGE:
	case PS_FAULT_CLASS:
	case PS_FAULT_GROUP:
		return locate_element(f);
	case PS_FAULT_NONE:
		break;
	}
	return SIZE_MAX;
}

void ps_pattern_locate_fault(struct ps_pattern_error *error, const uint8_t *pattern, size_t length,
			     const struct ps_dialect *dialect)
{
	const struct fault f = {
		.text = pattern, .length = length, .dialect = dialect, .syntax = ps_syntax_of(dialect->syntax),
		.error = error,
	};

	if (error->offset != SIZE_MAX || length == 0 || length > LONGEST || dialect->posix)
		return;
	error->offset = locate_fault(&f);
	if (error->fault == PS_FAULT_GROUP && error->offset != SIZE_MAX)
		name_other_group(&f, error->offset);
}
