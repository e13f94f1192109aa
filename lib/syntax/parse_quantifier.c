/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parse_quantifier.c - what follows an element: comments and blanks, then * + ? or {n,m}, lazy or possessive if the
 * syntax has that.
 */
#include "../base/base.h"

#include "parse.h"

#include <string.h>

void ps_parse_skip(struct ps_parser *p)
{
	bool extended = (p->options & PS_OPTION_EXTENDED) != 0;

	while (p->p < p->end) {
		if (p->end - p->p >= 3 && memcmp(p->p, "(?#", 3) == 0) {
			for (p->p += 3; p->p < p->end && *p->p != ')'; p->p++)
				p->p += *p->p == '\\' && p->end - p->p > 1;
			ps_parse_doubt(p, p->p == p->end);
			p->p += p->p < p->end;
		} else if (extended && *p->p == '#') {
			while (p->p < p->end && *p->p++ != '\n')
				;
		} else if (extended && *p->p != 0 && strchr(" \t\n\r\f", *p->p) != NULL) {
			p->p++;
		} else {
			return;
		}
	}
}

size_t ps_parse_decimal(const uint8_t *p, const uint8_t *end, uint32_t *value)
{
	size_t n = 0;

	for (*value = 0; p + n < end && p[n] >= '0' && p[n] <= '9'; n++)
		if (*value <= PS_MOST_REPEATS)
			*value = *value * 10 + (uint32_t)(p[n] - '0');
	return n;
}

/* A ? makes the quantifier before it lazy; a + makes it possessive, if the syntax has that. */
static void parse_suffix(struct ps_parser *p, struct ps_quantifier *q, uint32_t possessive)
{
	q->lazy = ps_parse_take(p, '?');
	q->possessive = !q->lazy && ps_parse_has(p, possessive) && ps_parse_take(p, '+');
}

/* At a {. True: it is a quantifier, and has been read. False: it is a character, or the parser has failed. */
static bool parse_interval(struct ps_parser *p, struct ps_quantifier *q)
{
	const uint8_t *s = p->p + 1;
	size_t low = ps_parse_decimal(s, p->end, &q->min), high = 0;
	bool fixed;

	s += low;
	fixed = s == p->end || *s != ',';
	if (!fixed)
		high = ps_parse_decimal(s + 1, p->end, &q->max);
	s += fixed ? 0 : 1 + high;
	if (s == p->end || *s != '}' || low + high == 0 || (low == 0 && !ps_parse_has(p, PS_SYNTAX_UP_TO)))
		return false;
	p->p = s + 1;
	ps_parse_doubt(p, q->min > PS_MOST_REPEATS || (!fixed && high > 0 && q->max > PS_MOST_REPEATS));
	q->max = fixed ? q->min : high == 0 ? PS_UNLIMITED : q->max;
	q->possessive = q->min > q->max;
	if (q->possessive && !ps_parse_has(p, PS_SYNTAX_SWAPPED))
		return ps_parse_give_up(p, "an interval that is empty");
	if (q->possessive)
		*q = (struct ps_quantifier){ .min = q->max, .max = q->min, .possessive = true };
	else if (!fixed || !ps_parse_has(p, PS_SYNTAX_FIXED_GREEDY))
		parse_suffix(p, q, PS_SYNTAX_POSSESSIVE_INTERVAL);
	return true;
}

bool ps_parse_quantifier(struct ps_parser *p, struct ps_quantifier *q)
{
	ps_parse_skip(p);
	*q = (struct ps_quantifier){ .max = PS_UNLIMITED };
	if (ps_parse_next_is(p, '{'))
		return parse_interval(p, q);
	if (!ps_parse_next_is(p, '*') && !ps_parse_next_is(p, '+') && !ps_parse_next_is(p, '?'))
		return false;
	q->min = *p->p == '+';
	q->max = *p->p == '?' ? 1 : PS_UNLIMITED;
	p->p++;
	parse_suffix(p, q, PS_SYNTAX_POSSESSIVE);
	return true;
}
