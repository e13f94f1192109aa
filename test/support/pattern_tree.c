/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pattern_tree.c - see pattern_tree.h.
 */
#include "../../lib/base/base.h"

#include "pattern_tree.h"

#include <stdio.h>
#include <string.h>

const struct ps_dialect *reading_as(uint32_t syntax, bool ignore_case)
{
	static const struct ps_dialect dialects[][2] = {
		{ { .syntax = SEARCH_SYNTAX_ONIGURUMA }, { .syntax = SEARCH_SYNTAX_ONIGURUMA, .ignore_case = true } },
		{ { .syntax = SEARCH_SYNTAX_PERL }, { .syntax = SEARCH_SYNTAX_PERL, .ignore_case = true } },
		{ { .syntax = SEARCH_SYNTAX_PYTHON }, { .syntax = SEARCH_SYNTAX_PYTHON, .ignore_case = true } },
	};

	return &dialects[syntax][ignore_case];
}

const struct ps_dialect *reading(bool ignore_case)
{
	return reading_as(SEARCH_SYNTAX_ONIGURUMA, ignore_case);
}

const char *syntax_name(uint32_t syntax)
{
	static const char *const names[] = { "Oniguruma", "Perl", "Python" };

	return names[syntax];
}

/* ---- printing ---- */

struct print {
	char *to;
	size_t size, at;
};

static void print_text(struct print *out, const char *text)
{
	int n = snprintf(out->to + out->at, out->size - out->at, "%s", text);

	out->at = ps_min(out->at + (size_t)n, out->size - 1);
}

static void print_code(struct print *out, uint32_t code)
{
	char text[16];

	if (code > 0x20 && code < 0x7F && strchr("[]-()|*+?{}^$\\", (int)code) == NULL)
		snprintf(text, sizeof(text), "%c", (char)code);
	else
		snprintf(text, sizeof(text), "<%X>", code);
	print_text(out, text);
}

static void print_set(struct print *out, const struct ps_set *set)
{
	bool single = set->count == 1 && set->ranges[0].from == set->ranges[0].to;
	char text[32];

	if (set->count > 8) {
		snprintf(text, sizeof(text), "[%zu ranges]", set->count);
		print_text(out, text);
		return;
	}
	print_text(out, single ? "" : "[");
	for (size_t i = 0; i < set->count; i++) {
		print_code(out, set->ranges[i].from);
		if (set->ranges[i].to > set->ranges[i].from + 1)
			print_text(out, "-");
		if (set->ranges[i].to > set->ranges[i].from)
			print_code(out, set->ranges[i].to);
	}
	print_text(out, single ? "" : "]");
}

static void print_node(struct print *out, const struct ps_node *node);

static void print_children(struct print *out, const struct ps_node *node, const char *between)
{
	print_text(out, "(");
	for (size_t i = 0; i < node->count; i++) {
		print_text(out, i == 0 ? "" : between);
		print_node(out, node->children[i]);
	}
	print_text(out, ")");
}

static void print_repeat(struct print *out, const struct ps_node *node)
{
	char text[48];

	print_node(out, node->children[0]);
	if (node->max == PS_UNLIMITED)
		snprintf(text, sizeof(text), "{%u,}", node->min);
	else
		snprintf(text, sizeof(text), node->min == node->max ? "{%u}" : "{%u,%u}", node->min, node->max);
	print_text(out, text);
}

static void print_node(struct print *out, const struct ps_node *node)
{
	static const char *const assertions[] = { "^", "$", "(?m)^", "(?m)$", "\\b", "\\B", "(?<!\\w)", "(?!\\w)" };

	switch (node->kind) {
	case PS_NODE_DICTIONARY: /* no parser makes it */
		print_text(out, "dictionary");
		return;
	case PS_NODE_EMPTY:
		print_text(out, "()");
		return;
	case PS_NODE_SET:
		print_set(out, &node->set);
		return;
	case PS_NODE_CAT:
		print_children(out, node, "");
		return;
	case PS_NODE_ALT:
		print_children(out, node, "|");
		return;
	case PS_NODE_REPEAT:
		print_repeat(out, node);
		return;
	case PS_NODE_ASSERT:
		print_text(out, assertions[node->assertion]);
		return;
	case PS_NODE_GROUP: /* not in a regular tree */
	case PS_NODE_REFERENCE:
	case PS_NODE_LOOK:
	case PS_NODE_ATOMIC:
		print_text(out, "irregular");
		return;
	}
}

void print_ast(const struct ps_ast *ast, char *to, size_t size)
{
	struct print out = { to, size, 0 };

	to[0] = '\0';
	if (ast->root == NULL) {
		print_text(&out, "none");
		return;
	}
	print_text(&out, ast->exact ? "" : "~ ");
	print_node(&out, ast->root);
}

/* ---- matching: a set of places in a text of fewer than 64 characters is an integer ---- */

static bool is_word_at(const struct tree_text *t, size_t at)
{
	return at < t->length && ps_ctype_is_word(t->code[at]);
}

static bool assertion_holds(enum ps_assertion assertion, const struct tree_text *t, size_t at)
{
	bool before = at > 0 && is_word_at(t, at - 1), after = is_word_at(t, at);

	switch (assertion) {
	case PS_ASSERT_BEGIN:
		return at == 0;
	case PS_ASSERT_END:
		return at == t->length;
	case PS_ASSERT_LINE_BEGIN:
		return at == 0 || (t->code[at - 1] == '\n' && at < t->length);
	case PS_ASSERT_LINE_END:
		return at == t->length || t->code[at] == '\n';
	case PS_ASSERT_BOUNDARY:
		return before != after;
	case PS_ASSERT_NOT_BOUNDARY:
		return before == after;
	case PS_ASSERT_AFTER_NO_WORD:
		return !before;
	case PS_ASSERT_BEFORE_NO_WORD:
		return !after;
	}
	return false;
}

static uint64_t step_repeat(const struct ps_node *node, const struct tree_text *t, uint64_t in)
{
	uint64_t now = in, all, before = 0;
	uint32_t i;

	for (i = 0; i < node->min && now != before; i++) {
		before = now;
		now = tree_step(node->children[0], t, now);
	}
	all = now;
	for (i = node->min; i < node->max && now != 0; i++) {
		now = tree_step(node->children[0], t, now) & ~all;
		all |= now;
	}
	return all;
}

static uint64_t step_one(const struct ps_node *node, const struct tree_text *t, uint64_t in)
{
	uint64_t out = 0;

	for (size_t at = 0; at <= t->length; at++) {
		if ((in >> at & 1) == 0)
			continue;
		if (node->kind == PS_NODE_ASSERT)
			out |= (uint64_t)assertion_holds(node->assertion, t, at) << at;
		else if (at < t->length && ps_set_has(&node->set, t->code[at]))
			out |= UINT64_C(2) << at;
	}
	return out;
}

uint64_t tree_step(const struct ps_node *node, const struct tree_text *t, uint64_t in)
{
	uint64_t out = 0;

	switch (node->kind) {
	case PS_NODE_DICTIONARY:
	case PS_NODE_EMPTY:
		return in;
	case PS_NODE_SET:
	case PS_NODE_ASSERT:
		return step_one(node, t, in);
	case PS_NODE_CAT:
		for (size_t i = 0; i < node->count && in != 0; i++)
			in = tree_step(node->children[i], t, in);
		return in;
	case PS_NODE_ALT:
		for (size_t i = 0; i < node->count; i++)
			out |= tree_step(node->children[i], t, in);
		return out;
	case PS_NODE_REPEAT:
		return step_repeat(node, t, in);
	case PS_NODE_GROUP: /* not in a regular tree */
	case PS_NODE_REFERENCE:
	case PS_NODE_LOOK:
	case PS_NODE_ATOMIC:
		break;
	}
	return 0;
}

bool tree_matches(const struct ps_node *root, const struct tree_text *t)
{
	return tree_step(root, t, (UINT64_C(2) << t->length) - 1) != 0;
}

/* ---- drawing ---- */

uint32_t draw(struct draw *d, uint32_t below)
{
	d->state ^= d->state << 13;
	d->state ^= d->state >> 7;
	d->state ^= d->state << 17;
	return (uint32_t)((d->state * UINT64_C(0x2545F4914F6CDD1D)) >> 33) % below;
}

bool draw_one_in(struct draw *d, uint32_t n)
{
	return draw(d, n) == 0;
}

void tree_put(struct tree_text *t, uint32_t code)
{
	if (t->length < TREE_TEXT && code != '\n' && (code < 0xD800 || code > 0xDFFF))
		t->code[t->length++] = code;
}

void tree_draw(struct draw *d, const struct ps_node *node, struct tree_text *t)
{
	const struct ps_range *range;
	uint32_t times;

	switch (node->kind) {
	case PS_NODE_DICTIONARY:
	case PS_NODE_EMPTY:
	case PS_NODE_ASSERT:
		return;
	case PS_NODE_SET:
		if (node->set.count == 0)
			return;
		range = &node->set.ranges[draw(d, (uint32_t)ps_min(node->set.count, draw_one_in(d, 2) ? 3 : 1000))];
		tree_put(t, range->from + draw(d, (uint32_t)ps_min(range->to - range->from + 1,
								  draw_one_in(d, 2) ? 26 : 0x110000)));
		return;
	case PS_NODE_CAT:
		for (size_t i = 0; i < node->count; i++)
			tree_draw(d, node->children[i], t);
		return;
	case PS_NODE_ALT:
		tree_draw(d, node->children[draw(d, (uint32_t)node->count)], t);
		return;
	case PS_NODE_REPEAT:
		times = node->min + draw(d, (uint32_t)ps_min(node->max - node->min, 2) + 1);
		for (uint32_t i = 0; i < times && i < TREE_TEXT; i++)
			tree_draw(d, node->children[0], t);
		return;
	case PS_NODE_GROUP: /* not in a regular tree */
	case PS_NODE_REFERENCE:
	case PS_NODE_LOOK:
	case PS_NODE_ATOMIC:
		return;
	}
}
