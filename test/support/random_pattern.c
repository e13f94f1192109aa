/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * random_pattern.c - see random_pattern.h.
 */
#include "../../lib/base/base.h"

#include "random_pattern.h"

#include <string.h>

static void put_text(struct pattern *p, const char *text)
{
	size_t n = strlen(text);

	if (n < PATTERN_SIZE - p->length) {
		memcpy(p->text + p->length, text, n + 1);
		p->length += n;
	}
}

static const char *pick_one_of(struct pattern *p, const char *const *from, size_t count)
{
	return from[draw(p->draw, (uint32_t)count)];
}

/* Puts one of the parts that are special to a syntax; the list ends with NULL. */
static void put_special(struct pattern *p, const char *const *const *special)
{
	const char *const *parts = special[p->syntax];
	size_t count = 0;

	while (parts[count] != NULL)
		count++;
	put_text(p, pick_one_of(p, parts, count));
}

#define PUT_ONE_OF(p, table) put_text(p, pick_one_of(p, table, sizeof(table) / sizeof((table)[0])))

static const char *const characters[] = {
	"a", "a", "a", "b", "b", "b", "c", "s", "s", "S", "f", "i", "l", "t", "k", "A", "B", "1", "2",
	" ", " ", "_",
	"\xc3\x9f", "\xe1\xba\x9e", "\xc5\xbf", "\xe2\x84\xaa", "\xc3\xa9", "\xc3\x89", "\xef\xac\x81",
	"\xef\xac\x83", "\xc2\xb2", "\xc4\xb0", "j", "\xcc\x8c", "\xce\xb9", "\xcc\x88", "\xcc\x81",
	"\xce\x90",
	"-", ",", "&", ":", "\xe6\x97\xa5", "\xd0\x96", "\xd0\xb6", "\xf0\x9f\x98\x80", "\xe2\x80\x8d",
	"\r", "\t",
	"\xce\xa3", "\xcf\x83", "\xcf\x82", "x", "n", "\xca\xbc", "\xc5\x89", "z", "0", "\x7f",
	"\xc2\x85",
};

const char *draw_character(struct draw *d)
{
	return characters[draw(d, sizeof(characters) / sizeof(characters[0]))];
}

static void put_literal(struct pattern *p)
{
	static const char *const more[] = {
		"\\x73", "\\x{73}", "\\u0073", "\\163", "\\t", "\\.", "\\x41", "\\o{141}", "\\q", "\\L",
		"\\-", "\\e",
		"\\x{df}", "\\u00df", "\\cA", "\\C-b", "\\x{g}", "\\x{}", "\\pL", "\\k", "\\g",
		"\\u212A", "\\0", "\\x",
		"\\81", "\\11", "\\100", "\\_", "\\<", "\\x{41 42}", "{", "}", "]", "{,}", "{a}",
		"{ 2}", "\\x{10ffff}",
		"\\xc3\\x9f", "\\M-a", "\\o", "\\ ", "\\#", "#", "\\x{53}", "ss", "ff", "ffi", "st",
		"as", "sas",
	};
	static const char *const oniguruma[] = {
		"\\C-b", "\\M-a", "\\v", "\\H", "\\u0073", "\\Qs\\E", "\\U00000073", NULL
	};
	static const char *const perl[] = {
		"\\Qs\\E", "\\Qss\\E", "\\Q\\E", "\\Qs", "\\Qa b#\\E", "\\Q(a|[\\E", "\\Q\\\\E",
		"\\Q\xc3\x9f\\E", "\\E", "\\Qf\\Ei",
		"\\x{73}", "\\o{163}", "\\x{", "\\v", "\\h", "\\u0073", "\\C-b", "\\M-a", "{,2}", "&&", "\\c[",
		"\\c(", NULL
	};
	static const char *const python[] = {
		"\\u0073", "\\u00df", "\\U00000073", "\\U000000df", "\\U0001f600", "\\v", "\\x{2}", "\\o{2}",
		"\\x73{2}", "\\N",
		"\\O", "\\R", "\\X", "\\h", "\\k<n>", "\\g<n>", "\\Qs\\E", "\\C-b", "\\c[", "\\c(", NULL
	};
	static const char *const *const special[] = { oniguruma, perl, python };

	if (draw_one_in(p->draw, 16))
		put_special(p, special);
	else if (draw_one_in(p->draw, 5))
		PUT_ONE_OF(p, more);
	else
		PUT_ONE_OF(p, characters);
}

static void put_class(struct pattern *p, uint32_t depth)
{
	static const char *const parts[] = {
		"a-c", "b-z", "A-Z", "0-9", "\\w", "\\W", "\\d", "\\D", "\\s", "\\S", "\\h", "\\H",
		"[:alpha:]", "[:^alpha:]",
		"[:punct:]", "[:space:]", "[:upper:]", "[:lower:]", "[:word:]", "[:digit:]",
		"[:print:]", "[:xdigit:]",
		"\\p{L}", "\\P{L}", "\\p{^Lu}", "\\p{Greek}", "\\x73", "\\x{df}", "\\b", "\\]", "\\-",
		"-", "-", "&&", "&&",
		"^", "\xc3\x80-\xc3\xbf", "\\x{0}-\\x{10ffff}", "a-", "\\101", "\\R", "\\8", "#", " ",
		":", "[:", ":]",
		"[=a=]", "[.a.]", "!--", "+--", "\\n", "a-\\x7a", "[:foo:]", "\\x{61 62}", "&",
		"\\u00df", "\\t-\\r", "]",
		"\xce\x91-\xcf\x89", "\\q", "\\x", "\\^", "\\&&\\&",
		"[", "[:alpha", "[:^", "+-[", "[-^", "&-&", "\\Qa\\E", "\\U00000061", "\\v", "\\N", "\\C-b",
		"\\c[", "\\o{141}",
		"\\u0061-\\u0063", "\\x{61}-\\x{63}",
	};
	uint32_t n = 1 + draw(p->draw, 4);

	put_text(p, draw_one_in(p->draw, 4) ? "[^" : "[");
	for (uint32_t i = 0; i < n; i++) {
		if (depth > 0 && draw_one_in(p->draw, 6))
			put_class(p, depth - 1);
		else if (draw_one_in(p->draw, 2))
			PUT_ONE_OF(p, characters);
		else
			PUT_ONE_OF(p, parts);
	}
	put_text(p, "]");
}

static void put_alternatives(struct pattern *p, uint32_t depth);

static void put_group(struct pattern *p, uint32_t depth)
{
	static const char *const opens[] = {
		"(", "(", "(", "(?:", "(?:", "(?:", "(?:", "(?i:", "(?i:", "(?-i:", "(?m:", "(?x:",
		"(?W:", "(?D:", "(?S:", "(?P:",
		"(?i-m:", "(?mx-i:", "(?i)(?:", "(?>", "(?=", "(?!", "(?<=", "(?<!", "(?~", "(?<n>",
		"(?'n'", "(?i)", "(?x)",
		"(?W-i:", "(?y{g}:", "(?C:", "(?~|a|", "(?(1)", "(?PDi:",
	};
	static const char *const oniguruma[] = {
		"(?m:", "(?s:", "(?W)", "(?P)", "(?mi)", "(?a:", "(?P<n>", "(?-)", NULL
	};
	static const char *const perl[] = {
		"(?s:", "(?m:", "(?s)", "(?m)", "(?ms)", "(?s-i:", "(?i-s)", "(?i)", "(?x)", "(?xi-ms:",
		"(?i-x)", "(?<n>", "(?'n'", "(?-i:",
		"(?a:", "(?P<n>", "(?&n)", "(?R)", "(?1)", "(?-1)", "(?+1)", "(?(<n>)a|", NULL
	};
	static const char *const python[] = {
		"(?s:", "(?m:", "(?s)", "(?m)", "(?ms)", "(?a)", "(?a:", "(?ai)", "(?i-a:", "(?-a)", "(?-i)",
		"(?-i:", "(?i)", "(?x)", "(?i-x)",
		"(?P<n>", "(?P<n>", "(?P<m>", "(?<n>", "(?'n'", "(?P=n)", "(?P>n)", "(?P:", "(?L)", "(?u)",
		"(?(1)a|", NULL
	};
	static const char *const *const special[] = { oniguruma, perl, python };
	size_t from = p->length;
	bool isolated;

	if (draw_one_in(p->draw, 5))
		put_special(p, special);
	else
		put_text(p, pick_one_of(p, opens, draw_one_in(p->draw, 3) ? sizeof(opens) / sizeof(opens[0]) : 12));
	isolated = p->length > from && p->text[p->length - 1] == ')';
	put_alternatives(p, depth - 1);
	if (!isolated)
		put_text(p, ")");
}

static void put_other(struct pattern *p)
{
	static const char *const others[] = {
		".", ".", ".", "\\w", "\\w", "\\W", "\\d", "\\D", "\\s", "\\S", "\\h", "\\H", "\\N",
		"\\O", "\\p{L}", "\\P{Lu}",
		"\\p{^Greek}", "\\p{Word}", "^", "$", "\\b", "\\b", "\\B", "\\A", "\\z", "\\Z", "\\K",
		"(?#c)", "(?#\\))", " ",
		"\\1", "\\2", "\\k<n>", "\\k<-1>", "\\g<1>", "\\R", "\\X", "\\G", "\\y", "\\Y",
		"\\p{Punct}", "\\p{Alpha}",
		".*", ".+", "\\b.*", "\\B.*", "$.*", "\\p{Cn}", "\\p{Digit}", "(?i)", "(?x)", "(?-i)",
		"(?m)",
	};
	static const char *const special[] = {
		"(?s)", "(?s).*", "(?a)\\w", "(?a)\\b", "(?a)[[:^alpha:]]", "(?a)\\p{L}", "(?m)$", "(?m)^",
		"$.*", "(?<!a)$", "(?<!a)$",
		"\\b\\Q\\E.*", "\\b\\x{0}.*", "\\b[a]{0}.*", "(?P=n)", "(?P>n)", "\\K", "(?i)|", "(?i)#", "(?x)#c\n",
	};

	if (draw_one_in(p->draw, 6))
		PUT_ONE_OF(p, special);
	else
		PUT_ONE_OF(p, others);
}

static void put_quantifier(struct pattern *p)
{
	static const char *const quantifiers[] = {
		"*", "+", "?", "*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{,2}", "{0,3}", "{2,}",
		"{0}", "{1}", "{1,1}",
		"{2}?", "{1,2}?", "{,2}?", "{2,}?", "{1,2}+", "{2}+", "{3,1}", "{2,1}?", "*+", "++",
		"?+", "{0,0}", "{1}?",
		" *", "(?#c)+", "{2}{2}", "**", "+?*", "{1}{2}", "? ?", "{1,2}++", "{,2}+", "{2}+?", "{1}+",
		"{2,1}+", "+?+",
		"*+?", "{0}+", "{2,}+",
	};

	PUT_ONE_OF(p, quantifiers);
}

static void put_element(struct pattern *p, uint32_t depth)
{
	uint32_t kind = draw(p->draw, 20);

	if (kind < 9)
		put_literal(p);
	else if (kind < 12)
		put_other(p);
	else if (kind < 15)
		put_class(p, 2);
	else if (depth > 0)
		put_group(p, depth);
	else
		put_literal(p);
	while (draw_one_in(p->draw, 4))
		put_quantifier(p);
}

static void put_alternatives(struct pattern *p, uint32_t depth)
{
	uint32_t branches = draw_one_in(p->draw, 3) ? 1 + draw(p->draw, 3) : 1;

	for (uint32_t i = 0; i < branches; i++) {
		uint32_t n = draw(p->draw, 5);

		if (i > 0)
			put_text(p, "|");
		for (uint32_t k = 0; k < n; k++)
			put_element(p, depth);
	}
}

/* Puts a pattern in which it matters which characters make one string, and fold together. */
static void put_folding(struct pattern *p, uint32_t depth)
{
	static const char *const parts[] = {
		"s", "s", "s", "s", "S", "\xc3\x9f", "\xe1\xba\x9e", "ss", "\\x73", "\\x{73}", "\\163",
		"f", "f", "fi", "i", "l",
		"\xef\xac\x81", "\xef\xac\x83", "st", "t", "\xef\xac\x86", ".", "()", "(s)", "(?:)",
		"(?#c)", "(?i)", "(?-i)",
		"[s]", "[\xc3\x9f]", "[^\xc3\x9f]", "|", "\xca\xbc", "n", "\xc5\x89",
		"\xce\xb9\xcc\x88", "\xcc\x81", "\xce\x90",
		"^", "\\b", "\\K", "(?x) ", "(?<n>s)", "\xc5\xbf", "\\s", "(?i)", "(?s)", "\\Qs\\E", "\\Qs\\E",
		"\\Q\\E",
		"\\Qss\\E", "\\Qst\\E", "(?P<n>s)", "\\u0073", "\\U00000073", "(?i-s)",
	};
	static const char *const quantifiers[] = { "{1}", "?", "+", "{2}", "{1,1}", "*", "{1}{2}", "{0}" };
	uint32_t n = draw(p->draw, 6);

	for (uint32_t i = 0; i < n; i++) {
		if (depth > 0 && draw_one_in(p->draw, 4)) {
			put_text(p, draw_one_in(p->draw, 5) ? "(?i:" : "(?:");
			put_folding(p, depth - 1);
			put_text(p, ")");
		} else {
			PUT_ONE_OF(p, parts);
		}
		if (draw_one_in(p->draw, 5))
			PUT_ONE_OF(p, quantifiers);
	}
}

/* Puts any characters that mean something. */
static void put_noise(struct pattern *p)
{
	static const char signs[] = "ab()()[[]]{}|*+?^$\\\\.-&&:,019xsikbKWDSPimn<>=!#~ RQEuUvZa";
	uint32_t n = 1 + draw(p->draw, 14);

	for (uint32_t i = 0; i < n; i++) {
		char sign[2] = { signs[draw(p->draw, sizeof(signs) - 1)], '\0' };

		put_text(p, sign);
	}
}

void draw_pattern(struct draw *d, struct pattern *p)
{
	*p = (struct pattern){ .draw = d, .syntax = draw(d, 3) };
	if (draw_one_in(d, 8))
		put_noise(p);
	else if (draw_one_in(d, 6))
		put_folding(p, 3);
	else
		put_alternatives(p, 1 + draw(d, 3));
}
