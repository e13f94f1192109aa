/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parse.c - parses patterns in Oniguruma's syntaxes, as far as they are regular.
 *
 * Oniguruma defines what a pattern means, but keeps it to itself. All that is faster than Oniguruma (the DFA, bit
 * streams, required literals) works from a tree of the pattern, which this recursive descent parser makes a second
 * time: parse_alternatives() reads branches, parse_branch() elements, parse_element() one of them and its quantifiers.
 *
 * Oniguruma decides what is an error. So the parser need not find errors; it must only never misunderstand what
 * Oniguruma accepts. Whatever is not regular is replaced by something that matches more, and the tree is marked as
 * inexact; whatever is unknown, or merely odd, makes the parser give up. If backtracking could follow what is not
 * regular, the pattern is parsed once more, to a tree for that; it is used only if it is exact.
 *
 * P1  A tree that is not exact matches every line that the pattern matches. An element may be replaced by one that
 *     matches more (a back-reference by anything, a look-ahead by nothing), because no negation turns more into less.
 * P2  Recursion is as deep as groups, classes and isolated options nest, at most PS_PARSE_DEPTH; stacked quantifiers
 *     make a tree at most HEIGHT higher. Characters, alternatives and quantifiers are read in loops.
 * P3  Time and memory are bounded by PS_AST_MAX_NODES and a budget of work (parse_build.c), however long the pattern.
 * P4  Oniguruma accepts every pattern whose tree is exact, unless the parser has doubts; so it need not be asked. All
 *     that some version of it might refuse is a doubt.
 */
#include "../base/base.h"

#include "parse.h"
#include "../base/utf8.h"

#include <string.h>

#define HEIGHT 300           /* of a tree of stacked quantifiers */
#define BACK_REFERENCES 1000 /* the highest number of one; \1001 is octal */
#define MOST_GROUPS 32767    /* capturing ones; with more, Oniguruma refuses the pattern */
#define MOST_NAMES 100       /* whose difference is checked */

static bool parse_alternatives(struct ps_parser *p, struct ps_branch *branch, struct ps_node **alt);

/* ---- nodes ---- */

static struct ps_node *make_assertion(struct ps_parser *p, enum ps_assertion assertion)
{
	struct ps_node *node = ps_parse_node(p, PS_NODE_ASSERT);

	if (node != NULL)
		node->assertion = assertion;
	return node;
}

/* Takes over the child. */
static struct ps_node *make_parent(struct ps_parser *p, enum ps_node_kind kind, struct ps_node *child)
{
	struct ps_node *node = child == NULL ? NULL : ps_parse_node(p, kind);

	if (node == NULL) {
		ps_node_free(child);
		return NULL;
	}
	if (ps_node_add(node, child))
		return node;
	ps_parse_no_memory(p);
	ps_node_free(node);
	return NULL;
}

static struct ps_node *make_repeat(struct ps_parser *p, struct ps_node *child, uint32_t min, uint32_t max,
				   bool lazy)
{
	struct ps_node *node = make_parent(p, PS_NODE_REPEAT, child);

	if (node == NULL)
		return NULL;
	node->min = min;
	node->max = max;
	node->lazy = lazy;
	return node;
}

/* ---- quantifiers ---- */

static bool is_once(const struct ps_quantifier *q)
{
	return q->min == 1 && q->max == 1;
}

/* Repeats a repeat without a further node, if that means the same. */
static bool merge_repeats(struct ps_node *node, const struct ps_quantifier *q)
{
	uint64_t product = (uint64_t)node->min * q->min;

	if (node->kind != PS_NODE_REPEAT)
		return false;
	if (node->min <= 1 && node->max == PS_UNLIMITED) { /* x* or x+ */
		node->min *= q->min;
		return true;
	}
	if (node->min == 0 && node->max == 1) { /* x? */
		node->max = q->max;
		return true;
	}
	if (node->min != node->max || q->min != q->max || product > PS_MOST_REPEATS)
		return false;
	node->min = node->max = (uint32_t)product;
	return true;
}

/* Takes over the node. */
static struct ps_node *repeat_node(struct ps_parser *p, struct ps_node *node, const struct ps_quantifier *q)
{
	if (node == NULL || is_once(q))
		return node;
	if (q->max == 0) {
		ps_node_free(node);
		return ps_parse_node(p, PS_NODE_EMPTY);
	}
	p->irregular |= q->possessive;
	if (q->possessive && (!p->full || node->kind == PS_NODE_REPEAT))
		ps_parse_inexact(p, "a possessive quantifier");
	/* Oniguruma leaves a repeat after an empty round. */
	if ((!p->posix || p->full) && q->max > 1 && ps_node_is_nullable(node) && ps_node_has_assertion(node))
		ps_parse_inexact(p, "a repeat of what may be an empty match with a condition");
	/* so the spans may differ from those of the tree, unless a round after an empty one only repeats what was tried */
	if (q->max > 1 && ps_node_is_nullable(node) &&
	    (q->max == PS_UNLIMITED || q->lazy || !ps_node_is_empty_last(node)))
		p->spans = false;
	/* Oniguruma merges two in a row, by rules of its own */
	if (node->kind == PS_NODE_REPEAT && (q->lazy || node->lazy))
		p->spans = false;
	if (node->kind == PS_NODE_EMPTY || merge_repeats(node, q))
		return node;
	if (node->kind == PS_NODE_REPEAT && ps_tree_height(node, HEIGHT) >= HEIGHT)
		ps_parse_give_up(p, "nested too deeply");
	node = make_repeat(p, node, q->min, q->max, q->lazy);
	return p->full && q->possessive ? make_parent(p, PS_NODE_ATOMIC, node) : node;
}

/* The last character of the last item becomes an item of its own. */
static bool split_last_item(struct ps_parser *p, struct ps_branch *b)
{
	struct ps_item *last = &b->items[b->count - 1];
	struct ps_branch one = { 0 };
	struct ps_node *node;
	bool fold = last->fold, whole;
	size_t length = 1;

	if (last->length == 0) { /* \Q\E */
		last->node = ps_parse_node(p, PS_NODE_EMPTY);
		return last->node != NULL;
	}
	while (length < last->length && (b->text[b->size - length] & 0xC0) == 0x80)
		length++;
	whole = length == last->length;
	if (!ps_branch_push(p, &one, NULL, fold) || !ps_branch_append(p, &one, b->text + b->size - length, length)) {
		ps_branch_free(&one);
		return false;
	}
	node = ps_branch_collapse(p, &one);
	ps_branch_free(&one);
	b->size -= length;
	last->length -= length;
	if (whole) {
		last->node = node;
		return node != NULL;
	}
	if (b->expressions == 1)
		b->is_list = true;
	return node != NULL && ps_branch_push(p, b, node, false);
}

/*
 * Oniguruma refuses to repeat an assertion, even just once, and an alternation of which one branch is an assertion.
 * Where the repeated group is a group of its own to it, it does not; that is not told apart here.
 */
static bool is_doubtful_target(const struct ps_node *node)
{
	return node != NULL && ps_node_is_nullable(node) && ps_node_has_assertion(node);
}

/* Reads the quantifiers after the last item. */
static bool quantify_item(struct ps_parser *p, struct ps_branch *b)
{
	struct ps_quantifier q;

	while (ps_parse_quantifier(p, &q)) {
		struct ps_item *last;

		b->open = false;
		ps_parse_doubt(p, is_doubtful_target(b->items[b->count - 1].node));
		if (is_once(&q))
			continue;
		if (b->items[b->count - 1].node == NULL && !split_last_item(p, b))
			return false;
		last = &b->items[b->count - 1];
		last->node = repeat_node(p, last->node, &q);
		if (last->node == NULL)
			return false;
	}
	return !p->failed;
}

/* ---- elements ---- */

/* Adds a node as the next expression; NULL passes on a failure. */
static bool put_node(struct ps_parser *p, struct ps_branch *b, struct ps_node *node)
{
	if (node == NULL)
		return false;
	if (!ps_branch_begin(p, b)) {
		ps_node_free(node);
		return false;
	}
	return ps_branch_push(p, b, node, false) && quantify_item(p, b);
}

/*
 * Adds a character. Plain characters continue the string that the last one is part of; others are strings of their
 * own, though they are joined later.
 */
static bool put_code(struct ps_parser *p, struct ps_branch *b, uint32_t code, bool plain)
{
	bool fold = (p->options & PS_OPTION_FOLD) != 0;
	uint8_t text[4];

	p->folded |= fold;
	if ((!plain || !b->open) && (!ps_branch_begin(p, b) || !ps_branch_push(p, b, NULL, fold)))
		return false;
	if (!ps_branch_append(p, b, text, ps_utf8_encode(code, text)))
		return false;
	b->open = plain;
	return quantify_item(p, b);
}

static bool put_anything(struct ps_parser *p, struct ps_branch *b, const char *why, uint32_t min)
{
	ps_parse_inexact(p, why);
	return put_node(p, b, make_repeat(p, ps_parse_range(p, 0, PS_CODE_MAX), min, PS_UNLIMITED, false));
}

static bool put_nothing(struct ps_parser *p, struct ps_branch *b, const char *why)
{
	ps_parse_inexact(p, why);
	return put_node(p, b, ps_parse_node(p, PS_NODE_EMPTY));
}

static struct ps_node *no_newline_set(struct ps_parser *p)
{
	struct ps_set set = { 0 };

	if (!ps_set_add(&set, 0, '\n' - 1) || !ps_set_add(&set, '\n' + 1, PS_CODE_MAX))
		ps_parse_no_memory(p);
	return ps_parse_set(p, &set);
}

/* ^ (`kind` BEGIN) or $. In some syntaxes these are not about each line of a text that may hold newlines. */
static bool put_anchor(struct ps_parser *p, struct ps_branch *b, enum ps_assertion kind)
{
	bool begin = kind == PS_ASSERT_BEGIN;

	if (!p->newlines)
		return put_node(p, b, make_assertion(p, kind));
	if (ps_parse_has(p, PS_SYNTAX_TEXT_ANCHORS) && (p->options & PS_OPTION_LINES) == 0)
		return put_nothing(p, b, "^ or $ in lines that may hold newlines");
	return put_node(p, b, make_assertion(p, begin ? PS_ASSERT_LINE_BEGIN : PS_ASSERT_LINE_END));
}

/* \Z where it is not \z: it also holds before a newline at the end. */
static bool put_last_anchor(struct ps_parser *p, struct ps_branch *b)
{
	if (p->newlines)
		return put_nothing(p, b, "\\Z in lines that may hold newlines");
	return put_node(p, b, make_assertion(p, PS_ASSERT_END));
}

static bool put_boundary(struct ps_parser *p, struct ps_branch *b, bool negated)
{
	if (ps_parse_word_is_ascii(p))
		return put_nothing(p, b, "\\b or \\B of ASCII words");
	return put_node(p, b, make_assertion(p, negated ? PS_ASSERT_NOT_BOUNDARY : PS_ASSERT_BOUNDARY));
}

/* \R without \r\n. Most lines contain no \n, but that is not known here. */
static struct ps_node *newline_set(struct ps_parser *p)
{
	struct ps_set set = { 0 };

	if (!ps_set_add(&set, '\n', '\r') || !ps_set_add(&set, 0x85, 0x85) || !ps_set_add(&set, 0x2028, 0x2029))
		ps_parse_no_memory(p);
	return ps_parse_set(p, &set);
}

static struct ps_node *newline_node(struct ps_parser *p)
{
	struct ps_node *alt = ps_parse_node(p, PS_NODE_ALT), *pair = ps_parse_node(p, PS_NODE_CAT);
	bool ok = alt != NULL && pair != NULL && ps_parse_add(p, pair, ps_parse_range(p, '\r', '\r')) &&
		  ps_parse_add(p, pair, ps_parse_range(p, '\n', '\n')) && ps_parse_add(p, alt, newline_set(p));

	ps_parse_inexact(p, "\\R");
	if (!ok)
		ps_node_free(pair);
	if (ok && ps_parse_add(p, alt, pair))
		return alt;
	ps_node_free(alt);
	return NULL;
}

/* At a name: reads up to the character that closes it. */
static bool parse_named_reference(struct ps_parser *p, struct ps_branch *b, int last, const char *why)
{
	const uint8_t *end = memchr(p->p, last, (size_t)(p->end - p->p));

	if (end == NULL)
		return ps_parse_give_up(p, "a reference without end");
	p->p = end + 1;
	return put_anything(p, b, why, 0);
}

/* After \k or \g. */
static bool parse_angle_reference(struct ps_parser *p, struct ps_branch *b, uint32_t c)
{
	const char *why = c == 'k' ? "a back-reference" : "a call of a group";

	if (ps_parse_has(p, PS_SYNTAX_ANGLE_NAMES) && ps_parse_take(p, '<'))
		return parse_named_reference(p, b, '>', why);
	if (ps_parse_has(p, PS_SYNTAX_ANGLE_NAMES) && ps_parse_take(p, '\''))
		return parse_named_reference(p, b, '\'', why);
	return put_code(p, b, c, true);
}

static bool put_reference(struct ps_parser *p, struct ps_branch *b, uint32_t number)
{
	struct ps_node *node;

	p->irregular = p->refers = true;
	if (!p->full || number >= PS_GROUPS_MAX)
		return put_anything(p, b, "a back-reference", 0);
	node = ps_parse_node(p, PS_NODE_REFERENCE);
	if (node == NULL)
		return false;
	node->number = (uint8_t)number;
	node->nullable = (p->closed & ~p->nullable & UINT32_C(1) << number) == 0;
	return put_node(p, b, node);
}

/* After a backslash, at a digit. */
static bool parse_numbered_escape(struct ps_parser *p, struct ps_branch *b)
{
	uint8_t first = *p->p;
	uint32_t number, code;
	size_t length = ps_parse_decimal(p->p, p->end, &number);

	if (first != '0' && number <= BACK_REFERENCES && (number <= 9 || number <= p->groups)) {
		p->p += length;
		return put_reference(p, b, number);
	}
	if (first >= '8') {
		p->p++;
		return put_code(p, b, first, true);
	}
	return ps_parse_octal(p, 3, &code) && put_code(p, b, code, false);
}

static bool parse_other_escape(struct ps_parser *p, struct ps_branch *b, uint32_t c)
{
	uint32_t code;
	bool plain;

	if (ps_parse_is_type(p, c))
		return put_node(p, b, ps_parse_type_node(p, c));
	return ps_parse_escaped(p, c, &code, &plain) && put_code(p, b, code, plain);
}

/* After \Q: everything up to \E, or to the end, stands for itself, and is one string. */
static bool parse_quote(struct ps_parser *p, struct ps_branch *b)
{
	const uint8_t *text = p->p, *end = memmem(text, (size_t)(p->end - text), "\\E", 2);
	bool fold = (p->options & PS_OPTION_FOLD) != 0;
	size_t length = (size_t)((end == NULL ? p->end : end) - text);

	p->folded |= fold;
	p->p = end == NULL ? p->end : end + 2;
	return ps_branch_begin(p, b) && ps_branch_push(p, b, NULL, fold) && ps_branch_append(p, b, text, length) &&
	       quantify_item(p, b);
}

/* After a backslash and a letter that means something in some syntaxes only; in others it is plain. */
static bool parse_dot_escape(struct ps_parser *p, struct ps_branch *b, uint32_t c)
{
	if (!ps_parse_has(p, PS_SYNTAX_DOTS))
		return put_code(p, b, c, true);
	switch (c) {
	case 'N':
		return put_node(p, b, no_newline_set(p));
	case 'O':
		return put_node(p, b, ps_parse_range(p, 0, PS_CODE_MAX));
	case 'R':
		return put_node(p, b, newline_node(p));
	}
	return put_anything(p, b, "\\X", 1);
}

/* After a backslash. */
static bool parse_escape(struct ps_parser *p, struct ps_branch *b)
{
	uint32_t c;

	if (p->p < p->end && *p->p >= '0' && *p->p <= '9')
		return parse_numbered_escape(p, b);
	if (!ps_parse_code(p, &c))
		return false;
	switch (c) {
	case 'b':
	case 'B':
		return put_boundary(p, b, c == 'B');
	case 'A':
		return put_node(p, b, make_assertion(p, PS_ASSERT_BEGIN));
	case 'z':
		return ps_parse_has(p, PS_SYNTAX_LOWER_Z) ? put_node(p, b, make_assertion(p, PS_ASSERT_END)) :
							    ps_parse_give_up(p, "\\z");
	case 'Z':
		if (ps_parse_has(p, PS_SYNTAX_LOWER_Z))
			return put_last_anchor(p, b);
		return put_node(p, b, make_assertion(p, PS_ASSERT_END));
	case 'K': /* only moves the start of the match; counts as an assertion */
		p->spans = false;
		ps_parse_doubt(p, true);
		return put_node(p, b, ps_parse_node(p, PS_NODE_EMPTY));
	case 'N':
	case 'O':
	case 'R':
	case 'X':
		return parse_dot_escape(p, b, c);
	case 'G':
		return put_nothing(p, b, "\\G");
	case 'y':
	case 'Y':
		return put_nothing(p, b, "\\y or \\Y");
	case 'k':
	case 'g':
		return parse_angle_reference(p, b, c);
	case 'Q':
		return ps_parse_has(p, PS_SYNTAX_QUOTE) ? parse_quote(p, b) : put_code(p, b, c, true);
	}
	return parse_other_escape(p, b, c);
}

/* ---- groups ---- */

/* Reads up to the ) of a group; *alt as in parse_alternatives(). */
static bool parse_group_body(struct ps_parser *p, struct ps_branch *inner, struct ps_node **alt)
{
	return parse_alternatives(p, inner, alt) &&
	       (ps_parse_take(p, ')') || ps_parse_give_up(p, "a group without end"));
}

/* A group as a node; NULL: the parser has failed. */
static struct ps_node *parse_group_node(struct ps_parser *p)
{
	struct ps_branch inner = { 0 };
	struct ps_node *alt = NULL, *node = NULL;

	if (!parse_group_body(p, &inner, &alt))
		ps_node_free(alt);
	else
		node = alt != NULL ? alt : ps_branch_collapse(p, &inner);
	ps_branch_free(&inner);
	return node;
}

/* Moves the items of a group without alternatives and without a quantifier to the branch around it. */
static bool dissolve_group(struct ps_parser *p, struct ps_branch *b, struct ps_branch *inner)
{
	bool list = inner->expressions > 1 || inner->is_list;
	size_t at = 0;

	if (!ps_branch_begin(p, b))
		return false;
	if (b->expressions == 1)
		b->is_list = list;
	if (inner->count == 0)
		return ps_branch_push(p, b, NULL, false);
	for (size_t i = 0; i < inner->count; i++) {
		struct ps_node *node = inner->items[i].node;
		size_t length = inner->items[i].length;

		inner->items[i].node = NULL;
		if (!ps_branch_push(p, b, node, inner->items[i].fold) ||
		    (length > 0 && !ps_branch_append(p, b, inner->text + at, length)))
			return false;
		at += length;
	}
	return true;
}

/* After (?:..) without alternatives. */
static bool finish_plain_group(struct ps_parser *p, struct ps_branch *b, struct ps_branch *inner)
{
	struct ps_quantifier q;
	bool once = false;

	while (ps_parse_quantifier(p, &q)) {
		for (size_t i = 0; i < inner->count; i++)
			ps_parse_doubt(p, is_doubtful_target(inner->items[i].node));
		if (once) /* Oniguruma has forgotten the group: (?:ab){1}{2} is abb */
			return ps_parse_give_up(p, "a quantifier after {1}");
		once = is_once(&q);
		if (!once)
			return put_node(p, b, repeat_node(p, ps_branch_collapse(p, inner), &q));
	}
	return !p->failed && dissolve_group(p, b, inner);
}

/* After (?:. */
static bool parse_plain_group(struct ps_parser *p, struct ps_branch *b)
{
	struct ps_branch inner = { 0 };
	struct ps_node *alt = NULL;
	bool ok = parse_group_body(p, &inner, &alt);

	if (!ok)
		ps_node_free(alt);
	else if (alt != NULL)
		ok = put_node(p, b, alt);
	else
		ok = finish_plain_group(p, b, &inner);
	ps_branch_free(&inner);
	return ok;
}

/* (?=..) and the like: reads what is in them, and discards it unless the tree can express it. */
static bool parse_look_around(struct ps_parser *p, struct ps_branch *b, bool behind)
{
	bool negated = ps_parse_take(p, '!');
	struct ps_node *node;

	if (!negated)
		(void)ps_parse_take(p, '=');
	node = parse_group_node(p);
	if (node == NULL)
		return false;
	p->irregular = true;
	p->behind |= behind;
	if (!p->full) {
		ps_node_free(node);
		return put_nothing(p, b, "a look-ahead or look-behind");
	}
	node = make_parent(p, PS_NODE_LOOK, node);
	if (node != NULL) {
		node->behind = behind;
		node->negated = negated;
	}
	return put_node(p, b, node);
}

static bool parse_atomic_group(struct ps_parser *p, struct ps_branch *b)
{
	p->irregular = true;
	if (p->full)
		return put_node(p, b, make_parent(p, PS_NODE_ATOMIC, parse_group_node(p)));
	ps_parse_inexact(p, "an atomic group");
	return put_node(p, b, parse_group_node(p));
}

/* Whether it is a name in all syntaxes, and no group before it seems to have the same. */
static bool is_plain_name(const struct ps_parser *p, const uint8_t *name, size_t length)
{
	bool plain = length > 0 && p->groups < MOST_NAMES && !(name[0] >= '0' && name[0] <= '9');

	for (size_t i = 0; plain && i < length; i++) {
		uint8_t c = name[i], lower = c | 0x20;

		plain = (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '_';
	}
	return plain && memmem(p->begin, (size_t)(name - 1 - p->begin), name - 1, length + 2) == NULL;
}

/* After the ( of a group with a number. */
static bool parse_numbered_group(struct ps_parser *p, struct ps_branch *b)
{
	size_t number = ++p->groups;
	struct ps_node *node;

	p->numbered = true;
	node = parse_group_node(p);
	if (node == NULL || !p->full || number >= PS_GROUPS_MAX)
		return put_node(p, b, node);
	p->closed |= UINT32_C(1) << number;
	if (ps_node_is_nullable(node))
		p->nullable |= UINT32_C(1) << number;
	node = make_parent(p, PS_NODE_GROUP, node);
	if (node != NULL)
		node->number = (uint8_t)number;
	return put_node(p, b, node);
}

/* At the name of a group. */
static bool parse_named_group(struct ps_parser *p, struct ps_branch *b, int last)
{
	const uint8_t *end = memchr(p->p, last, (size_t)(p->end - p->p));

	if (end == NULL)
		return ps_parse_give_up(p, "a name without end");
	ps_parse_doubt(p, !is_plain_name(p, p->p, (size_t)(end - p->p)));
	p->p = end + 1;
	p->named = true;
	p->groups++;
	return put_node(p, b, parse_group_node(p));
}

/* Reads all up to the end of the group, alternatives included, as one node. */
static struct ps_node *parse_rest(struct ps_parser *p)
{
	struct ps_branch inner = { 0 };
	struct ps_node *alt = NULL, *node = NULL;

	if (!parse_alternatives(p, &inner, &alt))
		ps_node_free(alt);
	else
		node = alt != NULL ? alt : ps_branch_collapse(p, &inner);
	ps_branch_free(&inner);
	return node;
}

/* After (?, at the letters: reads them and the ) or : after them. *now: the options from here on. */
static bool parse_option_letters(struct ps_parser *p, uint32_t *now)
{
	bool off = false;

	ps_parse_doubt(p, ps_parse_next_is(p, ')') || ps_parse_next_is(p, '-'));

	for (*now = p->options; p->p < p->end && *p->p != ')' && *p->p != ':'; p->p++) {
		uint32_t option = ps_syntax_option(p->syntax, *p->p);

		ps_parse_doubt(p, off && *p->p == '-');
		if (*p->p == '-')
			off = true;
		else if (option == 0)
			return ps_parse_give_up(p, "a group that is not regular, or not known");
		*now = off ? *now & ~option : *now | option;
	}
	if (p->p == p->end)
		return ps_parse_give_up(p, "a group without end");
	p->p++;
	p->folds_any |= (*now & PS_OPTION_FOLD) != 0;
	return true;
}

/*
 * After a (?i) that holds up to the end of its group, where parse_alternatives() restores the options. By itself it
 * matches nothing, but it ends a string, and if nothing follows it is an empty string.
 */
static bool keep_options(struct ps_parser *p, struct ps_branch *b)
{
	b->open = false;
	ps_parse_skip(p);
	if (p->p < p->end && *p->p != ')' && *p->p != '|')
		return true;
	return ps_branch_begin(p, b) && ps_branch_push(p, b, NULL, false);
}

/* After (?, at the options. */
static bool parse_options(struct ps_parser *p, struct ps_branch *b)
{
	uint32_t outer = p->options, now;
	struct ps_node *node;
	bool isolated;

	if (!parse_option_letters(p, &now))
		return false;
	p->options = now;
	isolated = p->p[-1] == ')';
	if (isolated && !ps_parse_has(p, PS_SYNTAX_OPTION_ENCLOSES))
		return keep_options(p, b);
	node = isolated ? parse_rest(p) : parse_group_node(p);
	p->options = outer;
	return put_node(p, b, node);
}

/* After (?<. */
static bool parse_angle_group(struct ps_parser *p, struct ps_branch *b)
{
	if (ps_parse_next_is(p, '=') || ps_parse_next_is(p, '!'))
		return parse_look_around(p, b, true);
	if (!ps_parse_has(p, PS_SYNTAX_ANGLE_NAMES))
		return ps_parse_give_up(p, "(?<");
	return parse_named_group(p, b, '>');
}

/* After (?P, which has to do with names. */
static bool parse_p_group(struct ps_parser *p, struct ps_branch *b)
{
	if (ps_parse_take(p, '<'))
		return parse_named_group(p, b, '>');
	if (ps_parse_take(p, '='))
		return parse_named_reference(p, b, ')', "a back-reference");
	if (ps_parse_take(p, '>'))
		return parse_named_reference(p, b, ')', "a call of a group");
	return ps_parse_give_up(p, "(?P");
}

/* After a (: reads (?<!\w) and (?!\w), two look-arounds that the tree can express. */
static bool take_no_word_assertion(struct ps_parser *p, enum ps_assertion *assertion)
{
	static const struct {
		const char *text;
		enum ps_assertion assertion;
	} known[] = { { "?<!\\w)", PS_ASSERT_AFTER_NO_WORD }, { "?!\\w)", PS_ASSERT_BEFORE_NO_WORD } };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]) && !ps_parse_word_is_ascii(p); i++) {
		size_t length = strlen(known[i].text);

		if ((size_t)(p->end - p->p) < length || memcmp(p->p, known[i].text, length) != 0)
			continue;
		p->p += length;
		*assertion = known[i].assertion;
		return true;
	}
	return false;
}

/* After a (. */
static bool parse_group(struct ps_parser *p, struct ps_branch *b)
{
	enum ps_assertion no_word;

	if (take_no_word_assertion(p, &no_word))
		return put_node(p, b, make_assertion(p, no_word));
	if (!ps_parse_take(p, '?'))
		return parse_numbered_group(p, b);
	if (ps_parse_take(p, ':'))
		return parse_plain_group(p, b);
	if (ps_parse_take(p, '<'))
		return parse_angle_group(p, b);
	if (ps_parse_has(p, PS_SYNTAX_ANGLE_NAMES) && ps_parse_take(p, '\''))
		return parse_named_group(p, b, '\'');
	if (ps_parse_has(p, PS_SYNTAX_P_NAMES) && ps_parse_take(p, 'P'))
		return parse_p_group(p, b);
	if (ps_parse_next_is(p, '=') || ps_parse_next_is(p, '!'))
		return parse_look_around(p, b, false);
	if (ps_parse_take(p, '>'))
		return parse_atomic_group(p, b);
	return parse_options(p, b);
}

/* ---- all of it ---- */

static bool parse_element(struct ps_parser *p, struct ps_branch *b)
{
	uint32_t c;

	if (!ps_parse_code(p, &c))
		return false;
	switch (c) {
	case '\\':
		return parse_escape(p, b);
	case '(':
		return parse_group(p, b);
	case '[':
		return put_node(p, b, ps_parse_class(p));
	case '.':
		return put_node(p, b, (p->options & PS_OPTION_DOT_ALL) != 0 ? ps_parse_range(p, 0, PS_CODE_MAX) :
									 no_newline_set(p));
	case '^':
		return put_anchor(p, b, PS_ASSERT_BEGIN);
	case '$':
		return put_anchor(p, b, PS_ASSERT_END);
	case '*':
	case '+':
	case '?':
		return ps_parse_give_up(p, "a quantifier of nothing");
	case '{': /* perhaps the same */
		ps_parse_doubt(p, p->p < p->end && (*p->p == ',' || (*p->p >= '0' && *p->p <= '9')));
		break;
	}
	return put_code(p, b, c, true);
}

static bool parse_branch(struct ps_parser *p, struct ps_branch *b)
{
	for (;;) {
		ps_parse_skip(p);
		if (p->p == p->end || *p->p == ')' || *p->p == '|')
			return true;
		if (!parse_element(p, b))
			return false;
	}
}

/* Reads up to a ) or the end. A single branch stays in *branch, and *alt is NULL; several become *alt. */
static bool parse_alternatives(struct ps_parser *p, struct ps_branch *branch, struct ps_node **alt)
{
	uint32_t outer = p->options;
	bool ok;

	*alt = NULL;
	if (++p->depth > PS_PARSE_DEPTH)
		return ps_parse_give_up(p, "nested too deeply");
	ok = parse_branch(p, branch);
	while (ok && ps_parse_take(p, '|')) {
		if (*alt == NULL)
			*alt = ps_parse_node(p, PS_NODE_ALT);
		ok = *alt != NULL && ps_parse_add(p, *alt, ps_branch_collapse(p, branch)) && parse_branch(p, branch);
	}
	if (ok && *alt != NULL)
		ok = ps_parse_add(p, *alt, ps_branch_collapse(p, branch));
	p->options = outer;
	p->depth--;
	PS_ASSERT(p->p <= p->end && (ok || p->failed));
	return ok;
}

static int finish_ast(struct ps_parser *p, struct ps_ast *ast, struct ps_node *root)
{
	if (root != NULL && ps_tree_unfolded(root, PS_AST_MAX_NODES) > PS_AST_MAX_NODES)
		ps_parse_give_up(p, "the pattern is too large");
	PS_ASSERT(p->failed || root != NULL);
	if (p->failed) {
		ps_node_free(root);
		root = NULL;
	}
	PS_ASSERT(p->depth == 0 || p->failed);
	ps_set_free(&p->word);
	ps_fold_free(&p->own_folds);
	*ast = (struct ps_ast){ .root = root, .exact = root != NULL && p->exact };
	ast->spans = ast->exact && p->spans;
	ast->valid = ast->exact && !p->doubtful && p->groups <= MOST_GROUPS;
	ast->why = ast->exact ? NULL : p->why;
	if (!p->no_memory)
		return SEARCH_OK;
	*ast = (struct ps_ast){ 0 };
	return SEARCH_ENOMEM;
}

/* Reads the pattern from its beginning. */
static struct ps_node *parse_pattern(struct ps_parser *p)
{
	struct ps_node *root = parse_rest(p);

	if (root != NULL && p->p != p->end)
		ps_parse_give_up(p, "a ) without group");
	if (root != NULL && (!p->posix || p->full) && ps_tree_begins_at_line_begin_only(root))
		ps_parse_inexact(p, "a condition before .*");
	/* Oniguruma then dissolves the groups without a name, which changes what strings fold to. */
	if (ps_parse_has(p, PS_SYNTAX_NAMED_ONLY) && p->named && p->numbered && p->folded)
		ps_parse_give_up(p, "groups with and without a name, in any case");
	return root;
}

/* Makes the tree for backtracking. Case does not matter in the same way to what is referred to, or behind. */
static int parse_full(struct ps_parser *p, struct ps_ast *ast)
{
	struct ps_ast full = { 0 };
	struct ps_node *root = parse_pattern(p);
	int rc;

	if (root != NULL && ((p->named && p->numbered) || !ps_tree_refers_plainly(root)))
		ps_parse_inexact(p, "a back-reference");
	if ((p->refers || p->behind) && p->folds_any)
		ps_parse_inexact(p, "in any case");
	rc = finish_ast(p, &full, root);
	if (rc == SEARCH_OK && full.spans) {
		ast->full = full.root;
		full.root = NULL;
	}
	ps_ast_free(&full);
	return rc;
}

int ps_parse(struct ps_ast *ast, const uint8_t *pattern, size_t length, const struct ps_dialect *dialect)
{
	struct ps_parser p = { .exact = true, .spans = true, .posix = dialect->posix };
	struct ps_parser again;
	int rc;

	p.begin = p.p = pattern == NULL ? (const uint8_t *)"" : pattern;
	p.end = p.p + length;
	p.syntax = ps_syntax_of(dialect->syntax);
	p.options = (dialect->ignore_case ? PS_OPTION_FOLD : 0U) | (dialect->whole ? PS_OPTION_LINES : 0U) |
		    (dialect->dot_newline ? PS_OPTION_DOT_ALL : 0U);
	p.folds_any = dialect->ignore_case;
	p.newlines = dialect->newlines;
	again = p;
	again.full = true;
	p.folds = dialect->folds != NULL ? dialect->folds : &p.own_folds;
	again.folds = dialect->folds != NULL ? dialect->folds : &again.own_folds;
	rc = finish_ast(&p, ast, parse_pattern(&p));
	if (rc == SEARCH_OK && p.irregular && ast->root != NULL)
		rc = parse_full(&again, ast);
	if (rc != SEARCH_OK)
		ps_ast_free(ast);
	return rc;
}

int ps_parse_fixed(struct ps_ast *ast, const uint8_t *string, size_t length, const struct ps_dialect *dialect)
{
	struct ps_parser p = { .exact = true, .spans = true, .posix = dialect->posix };
	struct ps_node *cat = ps_parse_node(&p, PS_NODE_CAT);

	if (cat != NULL && !ps_parse_text(&p, cat, string, length, dialect->ignore_case)) {
		ps_node_free(cat);
		cat = NULL;
	}
	return finish_ast(&p, ast, ps_parse_unwrap(cat));
}
