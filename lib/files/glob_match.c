/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * glob_match.c - does a name or path match a glob?
 *
 * One pass with two places to go back to: after the last * and after the last **. Earlier ones need not be tried again,
 * since whatever an earlier one could match, the later one can match as well. So the time is bounded by the product of
 * the lengths; if there is a **, by that for each name of the path.
 */
#include "glob_match.h"

#include "../base/utf8.h"

#include <string.h>

struct cursor {
	const char *at, *end;
};

/* A character; or a byte that is part of none, as a number above Unicode's. The cursor is not at its end. */
static uint32_t next_character(struct cursor *c)
{
	const uint8_t *p = (const uint8_t *)c->at;
	size_t length = ps_utf8_sequence(p, (const uint8_t *)c->end);

	c->at += ps_max(length, 1);
	return length > 0 ? ps_utf8_decode(p, length) : 0x110000u + *p;
}

static bool is_between(uint32_t c, uint32_t first, uint32_t last)
{
	return c >= first && c <= last;
}

static bool is_alpha(uint32_t c)
{
	return is_between(ps_wildcard_lower(c), 'a', 'z');
}

static bool is_digit(uint32_t c)
{
	return is_between(c, '0', '9');
}

/* Does the class of that name contain the character? *known: there is such a class. */
static bool in_named(const char *name, size_t length, uint32_t c, bool *known)
{
	const struct {
		const char *name;
		bool holds;
	} classes[] = {
		{ "alpha", is_alpha(c) },
		{ "digit", is_digit(c) },
		{ "alnum", is_alpha(c) || is_digit(c) },
		{ "upper", is_between(c, 'A', 'Z') },
		{ "lower", is_between(c, 'a', 'z') },
		{ "space", c == ' ' || is_between(c, '\t', '\r') },
		{ "blank", c == ' ' || c == '\t' },
		{ "punct", is_between(c, '!', '~') && !is_alpha(c) && !is_digit(c) },
		{ "print", is_between(c, ' ', '~') },
		{ "graph", is_between(c, '!', '~') },
		{ "cntrl", c < ' ' || c == 0x7F },
		{ "xdigit", is_digit(c) || is_between(ps_wildcard_lower(c), 'a', 'f') },
	};

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		*known = strlen(classes[i].name) == length && memcmp(classes[i].name, name, length) == 0;
		if (*known)
			return classes[i].holds;
	}
	return false;
}

/* [:name:], with the cursor after its first bracket. *in becomes true if it contains the character. */
static bool take_named(struct cursor *glob, uint32_t c, bool *in, bool *known)
{
	const char *name = glob->at + 1, *end = name;

	if (glob->at == glob->end || *glob->at != ':')
		return false;
	while (end < glob->end && *end >= 'a' && *end <= 'z')
		end++;
	if (glob->end - end < 2 || end[0] != ':' || end[1] != ']')
		return false;
	*in |= in_named(name, (size_t)(end - name), c, known);
	glob->at = end + 2;
	return true;
}

/* A character of a class, which may be escaped. */
static uint32_t next_of_class(struct cursor *glob)
{
	if (*glob->at == '\\' && glob->end - glob->at > 1)
		glob->at++;
	return next_character(glob);
}

/* One element of a class: does it contain the character? */
static bool in_element(struct cursor *glob, uint32_t c, bool ignore_case)
{
	uint32_t first = next_of_class(glob), last = first;

	if (glob->end - glob->at >= 2 && glob->at[0] == '-' && glob->at[1] != ']') {
		glob->at++;
		last = next_of_class(glob);
	}
	if (is_between(c, first, last))
		return true;
	if (!ignore_case || !is_alpha(c))
		return false;
	return is_between(ps_wildcard_lower(c), first, last) || is_between(ps_wildcard_lower(c) - ('a' - 'A'), first, last);
}

/* Tests one character against [...]; the cursor is after the bracket. False: nothing closes it. */
static bool take_class(struct cursor *glob, uint32_t c, bool ignore_case, bool *in)
{
	bool negated = glob->at < glob->end && (*glob->at == '!' || *glob->at == '^');
	const char *first = glob->at + negated;
	bool known;

	glob->at = first;
	*in = false;
	while (glob->at < glob->end && (*glob->at != ']' || glob->at == first)) {
		struct cursor inner = { glob->at + 1, glob->end };

		if (*glob->at == '[' && take_named(&inner, c, in, &known))
			glob->at = inner.at;
		else
			*in |= in_element(glob, c, ignore_case);
	}
	if (glob->at == glob->end)
		return false;
	glob->at++;
	*in ^= negated;
	return true;
}

/* Does one character match what comes next in the glob, which is no star? Both move on. */
static bool take_one(struct cursor *glob, struct cursor *text, bool ignore_case)
{
	uint32_t c = next_character(text), want;
	struct cursor class = { glob->at + 1, glob->end };
	bool in;

	if (*glob->at == '?') {
		glob->at++;
		return c != '/';
	}
	if (*glob->at == '[' && take_class(&class, c, ignore_case, &in)) {
		glob->at = class.at;
		return in && c != '/';
	}
	if (*glob->at == '\\' && glob->end - glob->at > 1)
		glob->at++;
	want = next_character(glob);
	return ignore_case ? ps_wildcard_lower(c) == ps_wildcard_lower(want) : c == want;
}

/* Is there a ** that is a whole name? */
static bool is_deep(const struct cursor *glob, const char *begin)
{
	const char *p = glob->at;

	return glob->end - p >= 2 && p[0] == '*' && p[1] == '*' && (p == begin || p[-1] == '/') &&
	       (p + 2 == glob->end || p[2] == '/');
}

bool ps_wildcard_matches(const char *glob, size_t glob_length, const char *text, size_t length, bool ignore_case)
{
	struct cursor g = { glob, glob + glob_length }, t = { text, text + length };
	struct cursor star = { NULL, NULL }, deep = { NULL, NULL }; /* where the glob goes on after it, and the text */

	while (g.at < g.end || t.at < t.end) {
		if (is_deep(&g, glob)) {
			if (g.at + 2 == g.end)
				return true;
			g.at += 3;
			deep = (struct cursor){ g.at, t.at };
			star.at = NULL;
			continue;
		}
		if (g.at < g.end && *g.at == '*') {
			while (g.at < g.end && *g.at == '*')
				g.at++;
			star = (struct cursor){ g.at, t.at };
			continue;
		}
		if (g.at < g.end && t.at < t.end && take_one(&g, &t, ignore_case))
			continue;
		if (star.at != NULL && star.end < t.end && *star.end != '/') {
			g.at = star.at;
			t.at = star.end;
			next_character(&t);
			star.end = t.at;
			continue;
		}
		deep.end = deep.at != NULL ? memchr(deep.end, '/', (size_t)(t.end - deep.end)) : NULL;
		if (deep.end == NULL)
			return false;
		g.at = deep.at;
		t.at = ++deep.end;
		star.at = NULL;
	}
	return true;
}

/* --- what is wrong with one --- */

/* An element of a class. *any: it contains something other than a slash; *flaw: why it is malformed. */
static void look_at_element(struct cursor *glob, bool *any, const char **flaw)
{
	struct cursor inner = { glob->at + 1, glob->end };
	bool in = false, known = true;
	uint32_t first, last;

	if (*glob->at == '[' && take_named(&inner, 0, &in, &known)) {
		if (!known)
			*flaw = "the glob has an unknown class [:...:]";
		*any = true;
		glob->at = inner.at;
		return;
	}
	first = last = next_of_class(glob);
	if (glob->end - glob->at >= 2 && glob->at[0] == '-' && glob->at[1] != ']') {
		glob->at++;
		last = next_of_class(glob);
	}
	if (first > last)
		*flaw = "the glob has a range in brackets that ends before it starts";
	*any |= first != '/' || last != '/';
}

/* The cursor is after a '['. */
static const char *class_flaw(struct cursor *glob)
{
	bool negated = glob->at < glob->end && (*glob->at == '!' || *glob->at == '^'), any = negated;
	const char *first = glob->at + negated, *flaw = NULL;

	glob->at = first;
	while (glob->at < glob->end && (*glob->at != ']' || glob->at == first))
		look_at_element(glob, &any, &flaw);
	if (glob->at == glob->end)
		return "the glob has a '[' without a ']'; write '\\[' for the character itself";
	glob->at++;
	if (flaw == NULL && !any)
		return "the glob has only a slash in brackets, which never match a slash";
	return flaw;
}

const char *ps_wildcard_flaw(const char *text, size_t length)
{
	struct cursor glob = { text, text + length };
	const char *flaw = NULL;

	while (flaw == NULL && glob.at < glob.end) {
		char c = *glob.at++;

		if (c == '[')
			flaw = class_flaw(&glob);
		else if (c == '\\' && glob.at == glob.end)
			flaw = "the glob ends in a single backslash; write two for the character itself";
		else if (c == '\\')
			glob.at++;
	}
	return flaw;
}

const char *ps_wildcard_path_flaw(const char *text, size_t length)
{
	const char *end = text + length, *name = text, *slash;

	do {
		size_t count;

		slash = memchr(name, '/', (size_t)(end - name));
		count = (size_t)((slash != NULL ? slash : end) - name);
		if (count == 0)
			return "the glob has two slashes in a row, which no path has";
		if (count <= 2 && memcmp(name, "..", count) == 0)
			return "the glob has a name '.' or '..', which no path has";
		name = slash != NULL ? slash + 1 : end;
	} while (slash != NULL);
	return NULL;
}
