/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parse_class.c - bracketed classes.
 *
 * The states are Oniguruma's: they decide where a - makes a range and where it is a character. [a-b-c], [--a] and
 * [\w-] all mean something.
 */
#include "../base/base.h"

#include "parse.h"

#include <string.h>

/* With more ranges than this, adding single characters would be slow. */
#define MOST_RANGES 5000

/* Oniguruma refuses more than 10,000 ranges, counted before they are joined; up to 3,000 come from folds. */
#define CERTAIN_RANGES 5000

enum token_kind { CLOSE, DASH, AND, OPEN, SET, CHARACTER };

struct token {
	enum token_kind kind;
	uint32_t code;     /* CHARACTER */
	struct ps_set set; /* SET */
};

enum state {
	START,   /* at the start of a class, or after && */
	VALUE,   /* after a set, or a character, which is pending */
	RANGE,   /* after a character and a - */
	COMPLETE /* after a range, or a nested class */
};

struct class {
	struct ps_set set;  /* the operand of && being read */
	struct ps_set left; /* the intersection of the operands before it */
	bool has_left;
	enum state state;
	bool pending;       /* VALUE, RANGE: what `code` is depends on what follows */
	uint32_t code;
};

static bool read_class(struct ps_parser *p, struct ps_set *set, bool *negated);

/* ---- tokens ---- */

/* At the : of [:name:]. */
static bool parse_posix_class(struct ps_parser *p, struct ps_set *set)
{
	static const struct {
		const char *name;
		int ctype;
	} classes[] = {
		{ "alnum:]", PS_CTYPE_ALNUM }, { "alpha:]", PS_CTYPE_ALPHA }, { "blank:]", PS_CTYPE_BLANK },
		{ "cntrl:]", PS_CTYPE_CNTRL }, { "digit:]", PS_CTYPE_DIGIT }, { "graph:]", PS_CTYPE_GRAPH },
		{ "lower:]", PS_CTYPE_LOWER }, { "print:]", PS_CTYPE_PRINT }, { "punct:]", PS_CTYPE_PUNCT },
		{ "space:]", PS_CTYPE_SPACE }, { "upper:]", PS_CTYPE_UPPER }, { "xdigit:]", PS_CTYPE_XDIGIT },
		{ "ascii:]", PS_CTYPE_ASCII }, { "word:]", PS_CTYPE_WORD },
	};
	bool negated;

	p->p++;
	negated = ps_parse_take(p, '^');
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		size_t length = strlen(classes[i].name);

		if ((size_t)(p->end - p->p) >= length && memcmp(p->p, classes[i].name, length) == 0) {
			p->p += length;
			return ps_parse_ctype(p, classes[i].ctype, negated, set);
		}
	}
	return ps_parse_give_up(p, "an unusual [: in a class");
}

/* After a backslash. */
static bool parse_class_escape(struct ps_parser *p, struct token *token)
{
	uint32_t c;
	bool plain;

	if (!ps_parse_code(p, &c))
		return false;
	if (ps_parse_is_type(p, c)) {
		token->kind = SET;
		return ps_parse_type(p, c, &token->set);
	}
	token->kind = CHARACTER;
	token->code = '\b';
	if (c == 'b')
		return true;
	if (c >= '0' && c <= '7') {
		p->p--;
		return ps_parse_octal(p, 3, &token->code);
	}
	return ps_parse_escaped(p, c, &token->code, &plain);
}

static bool next_token(struct ps_parser *p, struct token *token)
{
	*token = (struct token){ .kind = CHARACTER };
	if (!ps_parse_code(p, &token->code))
		return false;
	switch (token->code) {
	case ']':
		token->kind = CLOSE;
		return true;
	case '-':
		token->kind = DASH;
		return true;
	case '\\':
		return parse_class_escape(p, token);
	case '&':
		token->kind = ps_parse_has(p, PS_SYNTAX_CLASS_SETS) && ps_parse_take(p, '&') ? AND : CHARACTER;
		return true;
	case '[':
		token->kind = ps_parse_has(p, PS_SYNTAX_CLASS_SETS) ? OPEN : CHARACTER;
		if (!ps_parse_next_is(p, ':') || !ps_syntax_is_class(p->syntax, p->p, p->end))
			return true;
		token->kind = SET;
		return parse_posix_class(p, &token->set);
	}
	return true;
}

/* ---- the class ---- */

static void count_ranges(struct ps_parser *p, size_t count)
{
	p->ranges += count;
	ps_parse_doubt(p, p->ranges > CERTAIN_RANGES);
}

static bool add_range(struct ps_parser *p, struct class *c, uint32_t from, uint32_t to)
{
	count_ranges(p, 1);
	if (c->set.count > MOST_RANGES)
		return ps_parse_give_up(p, "a class that is too large");
	if (from > to)
		return ps_parse_give_up(p, "a range that is empty");
	if (!ps_parse_spend(p, 1 + c->set.count / 16))
		return false;
	return ps_set_add(&c->set, from, to) || ps_parse_no_memory(p);
}

static bool add_set(struct ps_parser *p, struct class *c, const struct ps_set *set)
{
	count_ranges(p, set->count);
	if (!ps_parse_spend(p, 1 + set->count + c->set.count))
		return false;
	return ps_set_union(&c->set, set) || ps_parse_no_memory(p);
}

static bool flush_pending(struct ps_parser *p, struct class *c)
{
	bool pending = c->pending;

	c->pending = false;
	return !pending || add_range(p, c, c->code, c->code);
}

static bool add_character(struct ps_parser *p, struct class *c, uint32_t code)
{
	if (c->state == RANGE) {
		c->state = COMPLETE;
		c->pending = false;
		return add_range(p, c, c->code, code);
	}
	if (!flush_pending(p, c))
		return false;
	c->state = VALUE;
	c->pending = true;
	c->code = code;
	return true;
}

static bool add_set_token(struct ps_parser *p, struct class *c, const struct ps_set *set)
{
	if (c->state == RANGE)
		return ps_parse_give_up(p, "a range up to a set");
	if (!flush_pending(p, c))
		return false;
	c->state = VALUE;
	return add_set(p, c, set);
}

/* After a -: reads the next token, which decides what the - is. */
static bool parse_dash(struct ps_parser *p, struct class *c, struct token *token)
{
	enum state state = c->state;

	if (state == RANGE) {
		if (!add_character(p, c, '-'))
			return false;
		return next_token(p, token);
	}
	if (!next_token(p, token))
		return false;
	if (token->kind == OPEN || token->kind == SET)
		return (state != VALUE && token->kind == SET) ? add_character(p, c, '-') :
								 ps_parse_give_up(p, "a - before a class in a class");
	if (state != VALUE || token->kind == CLOSE || token->kind == AND)
		return add_character(p, c, '-');
	if (!c->pending)
		return ps_parse_give_up(p, "a range from a set");
	c->state = RANGE;
	return true;
}

static bool intersect_operand(struct ps_parser *p, struct class *c)
{
	if (!flush_pending(p, c) || !ps_parse_spend(p, 1 + c->set.count + c->left.count))
		return false;
	if (!c->has_left)
		c->left = c->set;
	else if (!ps_set_intersect(&c->left, &c->set))
		return ps_parse_no_memory(p);
	else
		ps_set_free(&c->set);
	c->set = (struct ps_set){ 0 };
	c->has_left = true;
	c->state = START;
	return true;
}

/*
 * Negates a [^..] in a class. Oniguruma takes it for everything beyond ASCII if it leaves nothing beyond ASCII, or
 * contains a range from NUL to beyond ASCII.
 */
static bool negate_set(struct ps_parser *p, struct ps_set *set)
{
	if (set->count > 0 && set->ranges[0].from == 0 && set->ranges[0].to >= 0x80)
		return ps_parse_give_up(p, "a class from NUL to beyond ASCII, negated in a class");
	if (!ps_set_complement(set))
		return ps_parse_no_memory(p);
	if (set->count == 0 || set->ranges[set->count - 1].to < 0x80)
		return ps_parse_give_up(p, "a class of nothing beyond ASCII, negated in a class");
	return true;
}

static bool parse_nested_class(struct ps_parser *p, struct class *c)
{
	struct ps_set inner = { 0 };
	bool negated = false, ok;

	if (!flush_pending(p, c))
		return false;
	c->state = COMPLETE;
	ok = read_class(p, &inner, &negated) && (!negated || negate_set(p, &inner)) && add_set(p, c, &inner);
	ps_set_free(&inner);
	return ok;
}

/* Handles one token, and reads the next. */
static bool parse_class_element(struct ps_parser *p, struct class *c, struct token *token)
{
	struct ps_set taken = token->set;
	bool ok = false;

	token->set = (struct ps_set){ 0 };
	switch (token->kind) {
	case CHARACTER:
		ok = add_character(p, c, token->code);
		break;
	case SET:
		ok = add_set_token(p, c, &taken);
		break;
	case OPEN:
		ok = parse_nested_class(p, c);
		break;
	case AND:
		ok = intersect_operand(p, c);
		break;
	case DASH:
		return parse_dash(p, c, token);
	case CLOSE:
		break;
	}
	ps_set_free(&taken);
	return ok && next_token(p, token);
}

static bool parse_class_elements(struct ps_parser *p, struct class *c)
{
	struct token token;
	bool ok = next_token(p, &token);

	if (ok && token.kind == CLOSE)
		token.kind = CHARACTER; /* []a] */
	while (ok && token.kind != CLOSE)
		ok = parse_class_element(p, c, &token);
	ps_set_free(&token.set);
	return ok && (c->has_left ? intersect_operand(p, c) : flush_pending(p, c));
}

/* Reads what is in the class; if *negated, the caller is to complement it. */
static bool read_class(struct ps_parser *p, struct ps_set *set, bool *negated)
{
	struct class c = { .state = START };
	bool ok;

	if (++p->depth > PS_PARSE_DEPTH)
		return ps_parse_give_up(p, "nested too deeply");
	*negated = ps_parse_take(p, '^');
	ok = parse_class_elements(p, &c);
	*set = c.has_left ? c.left : c.set;
	if (c.has_left)
		ps_set_free(&c.set);
	p->depth--;
	return ok;
}

struct ps_node *ps_parse_class(struct ps_parser *p)
{
	struct ps_set set = { 0 };
	bool negated = false;

	p->ranges = 0;
	if (!read_class(p, &set, &negated)) {
		ps_set_free(&set);
		return NULL;
	}
	if ((p->options & PS_OPTION_FOLD) != 0)
		return ps_fold_set(p, &set, negated);
	if (negated && !ps_set_complement(&set)) {
		ps_parse_no_memory(p);
		ps_set_free(&set);
		return NULL;
	}
	return ps_parse_set(p, &set);
}
