/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * smart_case.c - does a pattern ask for its letters' own case?
 *
 * A pattern is not parsed: what a backslash makes of a letter is skipped, and so are the names of properties, groups and
 * classes. All other letters are text, be it in a bracket or not.
 */
#include "smart_case.h"

#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "../base/utf8.h"

/* What has been seen so far. */
struct sight {
	bool literal; /* something that stands for itself */
	bool capital;
};

/* The end of what starts at `at` and ends with `close`; `end` if that does not come. */
static const char *skip_to(const char *at, const char *end, char close)
{
	const char *found = memchr(at, close, (size_t)(end - at));

	return found ? found + 1 : end;
}

/* `at` is after a backslash. Letters and digits after one are not text; what else is, stands for itself. */
static const char *skip_escape(const char *at, const char *end, bool posix, struct sight *sight)
{
	char c = *at++;

	if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '<' || c == '>')) {
		sight->literal |= !posix;
		return at;
	}
	if (posix)
		return at;
	if (strchr("pPxuokgNX", c) && at < end && *at == '{')
		return skip_to(at, end, '}');
	if (strchr("kg", c) && at < end && *at == '<')
		return skip_to(at, end, '>');
	if (c == 'x')
		for (int digits = 0; digits < 2 && at < end && strchr("0123456789abcdefABCDEF", *at); digits++)
			at++;
	return at;
}

/* `at` is after "(?": the letters of options and the name of a group are not text. */
static const char *skip_group_head(const char *at, const char *end)
{
	const char *start = at;

	if (at < end && *at == 'P')
		at++;
	if (at < end && *at == '<' && end - at > 1 && at[1] != '=' && at[1] != '!')
		return skip_to(at, end, '>');
	if (at < end && *at == '#')
		return skip_to(at, end, ')');
	at = start;
	while (at < end && ((*at >= 'a' && *at <= 'z') || *at == '-' || *at == 'W' || *at == 'D' || *at == 'S' ||
			    *at == 'P' || *at == 'I' || *at == 'L'))
		at++;
	return at;
}

static const char *look_at_character(const char *at, const char *end, struct sight *sight)
{
	static const char special[] = ".*+?()[]{}|^$-,:=!<>&";
	mbstate_t state = { 0 };
	wchar_t c;
	size_t length = mbrtowc(&c, at, (size_t)(end - at), &state);

	if (length == 0 || length > (size_t)(end - at))
		return at + 1;
	sight->literal |= c > 127 || !strchr(special, *at);
	sight->capital |= iswupper((wint_t)c) != 0;
	return at + length;
}

static void look_at_pattern(const char *at, const char *end, bool posix, bool fixed, struct sight *sight)
{
	while (at < end) {
		if (!fixed && *at == '\\' && end - at > 1)
			at = skip_escape(at + 1, end, posix, sight);
		else if (!fixed && !posix && end - at > 1 && at[0] == '(' && at[1] == '?')
			at = skip_group_head(at + 2, end);
		else if (!fixed && end - at > 1 && at[0] == '[' && at[1] == ':' && memchr(at + 2, ':', (size_t)(end - at - 2)))
			at = skip_to(at + 2, end, ':');
		else
			at = look_at_character(at, end, sight);
	}
}

bool smart_case_is_exact(const struct patterns *patterns, uint32_t syntax, bool fixed)
{
	bool posix = syntax == SEARCH_SYNTAX_BASIC || syntax == SEARCH_SYNTAX_EXTENDED;
	struct sight sight = { false, false };

	utf8_use_locale();
	for (size_t i = 0; i < patterns->count; i++) {
		const struct search_pattern *p = &patterns->list[i];

		if (p->length > 0)
			look_at_pattern(p->text, p->text + p->length, posix, fixed, &sight);
	}
	return sight.capital || !sight.literal;
}
