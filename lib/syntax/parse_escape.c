/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parse_escape.c - escapes that stand for a character or a set of characters, in classes and outside of them.
 */
#include "../base/base.h"

#include "parse.h"

#include <string.h>

bool ps_parse_next_is(const struct ps_parser *p, char c)
{
	return p->p < p->end && *p->p == (uint8_t)c;
}

bool ps_parse_take(struct ps_parser *p, char c)
{
	if (!ps_parse_next_is(p, c))
		return false;
	p->p++;
	return true;
}

static uint32_t digit_value(uint8_t c)
{
	return c >= '0' && c <= '9' ? (uint32_t)(c - '0') :
	       c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10) :
	       c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10) : 16;
}

/* Reads at most `most` digits (8 in hexadecimal, 11 in octal), and returns how many there were. */
static size_t parse_number(struct ps_parser *p, uint32_t base, size_t most, uint32_t *value)
{
	uint64_t sum = 0;
	size_t n = 0;

	while (n < most && p->p < p->end && digit_value(*p->p) < base) {
		sum = sum * base + digit_value(*p->p++);
		n++;
	}
	*value = sum > UINT32_MAX ? UINT32_MAX : (uint32_t)sum;
	return n;
}

/* A number above 7F in \xHH or \OOO is a byte of a UTF-8 sequence, whose other bytes follow the same way. */
static bool check_byte_code(struct ps_parser *p, uint32_t code)
{
	return code < 0x80 || ps_parse_give_up(p, "a byte beyond ASCII by its number");
}

bool ps_parse_octal(struct ps_parser *p, size_t digits, uint32_t *code)
{
	parse_number(p, 8, digits, code);
	return check_byte_code(p, *code);
}

/* \x{H} and \o{O}; *found: it was one. Without digits, or if braces mean nothing, it is a plain letter. */
static bool parse_braced(struct ps_parser *p, uint32_t base, uint32_t *code, bool *found)
{
	const uint8_t *brace = p->p;

	*found = false;
	if (!ps_parse_has(p, PS_SYNTAX_BRACED) || !ps_parse_take(p, '{'))
		return true;
	if (parse_number(p, base, base == 8 ? 11 : 8, code) == 0) {
		ps_parse_doubt(p, true);
		p->p = brace;
		return true;
	}
	*found = true;
	if (!ps_parse_take(p, '}'))
		return ps_parse_give_up(p, "a sequence of numbers");
	return *code <= PS_CODE_MAX || ps_parse_give_up(p, "a number beyond Unicode");
}

/* After \x. */
static bool parse_hexadecimal(struct ps_parser *p, uint32_t *code, bool *plain)
{
	bool brace, found;

	if (p->p == p->end)
		return true;
	brace = ps_parse_has(p, PS_SYNTAX_BRACED) && ps_parse_next_is(p, '{');
	if (!parse_braced(p, 16, code, &found))
		return false;
	*plain = brace && !found;
	if (brace)
		return true;
	parse_number(p, 16, 2, code); /* \x alone is NUL */
	return check_byte_code(p, *code);
}

/* \uHHHH and \UHHHHHHHH; at the pattern's end, or if the syntax has no such escape, a plain letter. */
static bool parse_fixed_length(struct ps_parser *p, uint32_t c, uint32_t *code, bool *plain)
{
	size_t digits = c == 'u' ? 4 : 8;

	*plain = !ps_parse_has(p, c == 'u' ? PS_SYNTAX_HEX4 : PS_SYNTAX_HEX8) || p->p == p->end;
	ps_parse_doubt(p, p->p == p->end); /* with something put after it, it is an error */
	if (*plain)
		return true;
	if (parse_number(p, 16, digits, code) != digits)
		return ps_parse_give_up(p, "\\u or \\U without its digits");
	return *code <= PS_CODE_MAX || ps_parse_give_up(p, "a number beyond Unicode");
}

/* After \c or \C-. */
static bool parse_control(struct ps_parser *p, uint32_t *code)
{
	if (p->p == p->end || *p->p == '\\' || *p->p >= 0x80)
		return ps_parse_give_up(p, "an unusual control character");
	*code = *p->p == '?' ? 0x7F : *p->p & 0x1Fu;
	p->p++;
	return true;
}

/* After the C of \C-x or the M of \M-x. */
static bool parse_control_meta(struct ps_parser *p, uint32_t c, uint32_t *code, bool *plain)
{
	*plain = !ps_parse_has(p, PS_SYNTAX_CONTROL_META);
	if (*plain)
		return true;
	if (c == 'M')
		return ps_parse_give_up(p, "\\M-");
	return ps_parse_take(p, '-') ? parse_control(p, code) : ps_parse_give_up(p, "\\C without -");
}

/* The control character that \c stands for, or c. */
static uint32_t letter_meaning(const struct ps_parser *p, uint32_t c)
{
	static const char letters[] = "ntrfae", meanings[] = "\n\t\r\f\a\033";
	const char *found = c != 0 && c < 0x80 ? strchr(letters, (int)c) : NULL;

	if (c == 'v' && ps_parse_has(p, PS_SYNTAX_VERTICAL_TAB))
		return '\v';
	return found == NULL ? c : (uint32_t)meanings[found - letters];
}

bool ps_parse_escaped(struct ps_parser *p, uint32_t c, uint32_t *code, bool *plain)
{
	bool found;

	*code = c;
	*plain = true;
	switch (c) {
	case 'x':
		*plain = p->p == p->end;
		if (!parse_hexadecimal(p, code, plain))
			return false;
		*code = *plain ? c : *code;
		return true;
	case 'o':
		if (!parse_braced(p, 8, code, &found))
			return false;
		*plain = !found;
		*code = found ? *code : c;
		return true;
	case 'u':
	case 'U':
		return parse_fixed_length(p, c, code, plain);
	case 'c':
		*plain = false;
		return parse_control(p, code);
	case 'C':
	case 'M':
		return parse_control_meta(p, c, code, plain);
	}
	*code = letter_meaning(p, c);
	*plain = *code == c;
	return true;
}

/* ---- sets ---- */

static bool is_ascii_only(const struct ps_parser *p, int ctype)
{
	uint32_t option = ctype == PS_CTYPE_WORD ? PS_OPTION_WORD_ASCII :
			  ctype == PS_CTYPE_DIGIT ? PS_OPTION_DIGIT_ASCII :
			  ctype == PS_CTYPE_SPACE ? PS_OPTION_SPACE_ASCII : 0;

	if ((p->options & PS_OPTION_POSIX_ASCII) != 0 && ctype < PS_CTYPE_ASCII)
		return true;
	return (p->options & option) != 0;
}

static bool restrict_set(struct ps_parser *p, struct ps_set *set, bool ascii, bool negated)
{
	struct ps_range low = { 0, 0x7F };
	const struct ps_set only = { &low, 1, 1 };

	if ((ascii && !ps_set_intersect(set, &only)) || (negated && !ps_set_complement(set)))
		return ps_parse_no_memory(p);
	return true;
}

static bool load_ctype_table(struct ps_parser *p, int ctype, struct ps_set *set)
{
	size_t count = 0;
	const uint32_t *ranges = ps_ctype_ranges(ctype, &count);

	if (ranges == NULL)
		return ps_parse_give_up(p, "a property without a table");
	if (!ps_parse_spend(p, count))
		return false;
	for (size_t i = 0; i < count; i++)
		if (ranges[2 * i] > ranges[2 * i + 1] || ranges[2 * i + 1] > PS_CODE_MAX)
			return ps_parse_give_up(p, "a property with an odd table");
		else if (!ps_set_add(set, ranges[2 * i], ranges[2 * i + 1]))
			return ps_parse_no_memory(p);
	return true;
}

bool ps_parse_ctype(struct ps_parser *p, int ctype, bool negated, struct ps_set *set)
{
	return load_ctype_table(p, ctype, set) && restrict_set(p, set, is_ascii_only(p, ctype), negated);
}

/* After \p or \P, at the {. */
static bool parse_property(struct ps_parser *p, uint32_t c, int *ctype, bool *negated)
{
	const uint8_t *name, *end;

	p->p++;
	*negated = ps_parse_take(p, '^') != (c == 'P');
	name = p->p;
	end = memchr(name, '}', (size_t)(p->end - name));
	if (end == NULL)
		return ps_parse_give_up(p, "a property without end");
	p->p = end + 1;
	*ctype = ps_ctype_by_name(name, (size_t)(end - name));
	return *ctype >= 0 || ps_parse_give_up(p, "a property that is not known");
}

bool ps_parse_is_type(const struct ps_parser *p, uint32_t c)
{
	if (c == 'p' || c == 'P')
		return ps_parse_next_is(p, '{');
	if (c == 'h' || c == 'H')
		return ps_parse_has(p, PS_SYNTAX_HEX_DIGIT);
	return c != 0 && c < 0x80 && strchr("dDsSwW", (int)c) != NULL;
}

bool ps_parse_type(struct ps_parser *p, uint32_t c, struct ps_set *set)
{
	bool negated = false;
	int ctype = -1;

	switch (c) {
	case 'd':
	case 'D':
		return ps_parse_ctype(p, PS_CTYPE_DIGIT, c == 'D', set);
	case 's':
	case 'S':
		return ps_parse_ctype(p, PS_CTYPE_SPACE, c == 'S', set);
	case 'h':
	case 'H':
		return ps_parse_ctype(p, PS_CTYPE_XDIGIT, c == 'H', set);
	case 'w':
	case 'W':
		return ps_parse_ctype(p, PS_CTYPE_WORD, c == 'W', set);
	}
	return parse_property(p, c, &ctype, &negated) && ps_parse_ctype(p, ctype, negated, set);
}

/* ---- outside of classes ---- */

/* \w: the table of [\w], corrected below U+0100. */
static bool make_word_set(struct ps_parser *p)
{
	struct ps_set low = { 0 };
	struct ps_range high = { 0x100, PS_CODE_MAX };
	const struct ps_set above = { &high, 1, 1 };
	uint32_t options = p->options;
	bool ok;

	p->options = 0;
	ok = ps_parse_ctype(p, PS_CTYPE_WORD, false, &p->word);
	p->options = options;
	ok = ok && (ps_set_intersect(&p->word, &above) || ps_parse_no_memory(p));
	for (uint32_t code = 0; ok && code < high.from; code++)
		if (ps_ctype_is_word(code))
			ok = ps_set_add(&low, code, code) || ps_parse_no_memory(p);
	ok = ok && (ps_set_union(&p->word, &low) || ps_parse_no_memory(p));
	ps_set_free(&low);
	return ok;
}

static bool add_word_set(struct ps_parser *p, bool negated, struct ps_set *set)
{
	struct ps_range low = { 0, ps_parse_word_is_ascii(p) ? 0x7F : PS_CODE_MAX };
	const struct ps_set within = { &low, 1, 1 };

	if ((p->word.count == 0 && !make_word_set(p)) || !ps_parse_spend(p, p->word.count))
		return false;
	return (ps_set_union(set, &p->word) && ps_set_intersect(set, &within) &&
		(!negated || ps_set_complement(set))) || ps_parse_no_memory(p);
}

/* \p{Word} means either \w or the table of [\w]: that depends on the version of Oniguruma. */
static bool parse_text_property(struct ps_parser *p, uint32_t c, struct ps_set *set)
{
	bool negated = false, is_word = false;
	int ctype = -1;

	if (!parse_property(p, c, &ctype, &negated))
		return false;
	if (ctype == PS_CTYPE_WORD && ps_ctype_property_is_word(&is_word) != SEARCH_OK)
		return ps_parse_no_memory(p);
	return is_word ? add_word_set(p, negated, set) : ps_parse_ctype(p, ctype, negated, set);
}

struct ps_node *ps_parse_type_node(struct ps_parser *p, uint32_t c)
{
	struct ps_set set = { 0 };
	bool ok = c == 'w' || c == 'W' ? add_word_set(p, c == 'W', &set) :
		  c == 'p' || c == 'P' ? parse_text_property(p, c, &set) : ps_parse_type(p, c, &set);

	if (ok)
		return ps_parse_set(p, &set);
	ps_set_free(&set);
	return NULL;
}
