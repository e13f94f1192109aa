/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program.c - compiles a tree into instructions.
 *
 * A node is compiled when it is known which instruction follows it. So instructions are made from the end of the
 * pattern to its start, and nothing has to be patched except loops.
 *
 * A program for lines need not keep the pattern's preferences, as only the fact of a match counts: alternatives are
 * joined (alternation.c), and whatever may be skipped before the end of the pattern is skipped. A program for spans
 * keeps all ways, in their order.
 */
#include "compile.h"

#include <stdlib.h>
#include <string.h>

static int append_inst(struct ps_program *p, enum ps_op op, uint32_t a, uint32_t b, uint32_t *at)
{
	struct ps_inst *insts;

	if (p->count >= PS_PROGRAM_MAX)
		return SEARCH_EVERSION;
	insts = ps_grow(p->insts, &p->space, p->count + 1, sizeof(*insts));
	if (insts == NULL)
		return SEARCH_ENOMEM;
	p->insts = insts;
	*at = (uint32_t)p->count;
	p->insts[p->count++] = (struct ps_inst){ (uint32_t)op, a, b };
	return SEARCH_OK;
}

/* Has a thread that comes to this instruction matched, so that no other way counts? Never in a program for spans. */
static bool is_match(const struct ps_compiler *c, uint32_t inst)
{
	return !c->ordered && c->program->insts[inst].op == PS_OP_MATCH;
}

int ps_compile_emit(struct ps_compiler *c, enum ps_op op, uint32_t a, uint32_t b, uint32_t *at)
{
	if (op != PS_OP_SPLIT || (a != b && !is_match(c, a) && !is_match(c, b)))
		return append_inst(c->program, op, a, b, at);
	*at = is_match(c, a) ? a : b;
	return SEARCH_OK;
}

static int compile_cat(struct ps_compiler *c, const struct ps_node *node, uint32_t next, uint32_t *entry)
{
	*entry = next;
	for (size_t i = node->count; i > 0; i--) {
		int rc = ps_compile_node(c, node->children[i - 1], *entry, entry);

		if (rc != SEARCH_OK)
			return rc;
	}
	return SEARCH_OK;
}

/* Keeps the order of the alternatives. */
static int compile_alt(struct ps_compiler *c, const struct ps_node *node, uint32_t next, uint32_t *entry)
{
	*entry = next;
	for (size_t i = node->count; i > 0; i--) {
		uint32_t rest = *entry;
		int rc = ps_compile_node(c, node->children[i - 1], next, entry);

		if (rc == SEARCH_OK && i < node->count)
			rc = ps_compile_emit(c, PS_OP_SPLIT, *entry, rest, entry);
		if (rc != SEARCH_OK)
			return rc;
	}
	return SEARCH_OK;
}

/* Once more, or on; a greedy repeat prefers once more. */
static struct ps_inst make_split(const struct ps_node *repeat, uint32_t body, uint32_t next)
{
	return (struct ps_inst){ PS_OP_SPLIT, repeat->lazy ? next : body, repeat->lazy ? body : next };
}

/* x*: a split whose body leads back to it. */
static int compile_loop(struct ps_compiler *c, const struct ps_node *node, uint32_t next, uint32_t *entry)
{
	uint32_t loop, body;
	int rc = append_inst(c->program, PS_OP_SPLIT, 0, 0, &loop);

	if (rc == SEARCH_OK)
		rc = ps_compile_node(c, node->children[0], loop, &body);
	if (rc != SEARCH_OK)
		return rc;
	c->program->insts[loop] = make_split(node, body, next);
	*entry = loop;
	return SEARCH_OK;
}

/* x{min,max}: the body min times, then optionally up to max times. */
static int compile_repeat(struct ps_compiler *c, const struct ps_node *node, uint32_t next,
			  uint32_t *entry)
{
	int rc = SEARCH_OK;

	*entry = next;
	if (node->max == PS_UNLIMITED)
		rc = compile_loop(c, node, next, entry);
	for (uint32_t i = node->min; rc == SEARCH_OK && node->max != PS_UNLIMITED && i < node->max; i++) {
		struct ps_inst way;

		rc = ps_compile_node(c, node->children[0], *entry, entry);
		way = make_split(node, *entry, next);
		if (rc == SEARCH_OK)
			rc = ps_compile_emit(c, PS_OP_SPLIT, way.a, way.b, entry);
	}
	for (uint32_t i = 0; rc == SEARCH_OK && i < node->min; i++)
		rc = ps_compile_node(c, node->children[0], *entry, entry);
	return rc;
}

static int compile_assert(struct ps_compiler *c, const struct ps_node *node, uint32_t next,
			  uint32_t *entry)
{
	if (node->assertion == PS_ASSERT_BEGIN)
		c->program->has_begin = true;
	else if (node->assertion == PS_ASSERT_LINE_BEGIN || node->assertion == PS_ASSERT_LINE_END)
		c->program->has_line = true;
	else if (node->assertion != PS_ASSERT_END)
		c->program->has_word = true;
	return ps_compile_emit(c, PS_OP_ASSERT, (uint32_t)node->assertion, next, entry);
}

/* Remembers the last set, since a repeat compiles the same one over and over. */
static int compile_set(struct ps_compiler *c, const struct ps_node *node, uint32_t next, uint32_t *entry)
{
	uint32_t *root;
	int rc = SEARCH_OK;

	if (c->last_set != node)
		rc = ps_number(&c->numbers, node, &c->last_number);
	if (rc != SEARCH_OK)
		return rc;
	c->last_set = node;
	root = &c->numbers.list[c->last_number].root;
	if (*root == PS_NO_ROOT)
		rc = ps_compile_set(c, &node->set, root);
	return rc == SEARCH_OK ? ps_compile_emit(c, PS_OP_SET, *root, next, entry) : rc;
}

int ps_compile_node(struct ps_compiler *c, const struct ps_node *node, uint32_t next, uint32_t *entry)
{
	if (is_match(c, next) && ps_node_is_nullable(node) && !ps_node_has_assertion(node)) {
		*entry = next;
		return SEARCH_OK;
	}
	switch (node->kind) {
	case PS_NODE_SET:
		return compile_set(c, node, next, entry);
	case PS_NODE_DICTIONARY:
		c->program->dictionary = node->dictionary;
		return ps_compile_emit(c, PS_OP_DICTIONARY, 0, next, entry);
	case PS_NODE_CAT:
		return compile_cat(c, node, next, entry);
	case PS_NODE_ALT:
		return c->ordered ? compile_alt(c, node, next, entry) : ps_compile_branches(c, node, next, entry);
	case PS_NODE_REPEAT:
		return compile_repeat(c, node, next, entry);
	case PS_NODE_ASSERT:
		return compile_assert(c, node, next, entry);
	case PS_NODE_EMPTY:
	case PS_NODE_GROUP: /* these are not in a regular tree */
	case PS_NODE_REFERENCE:
	case PS_NODE_LOOK:
	case PS_NODE_ATOMIC:
		break;
	}
	*entry = next;
	return SEARCH_OK;
}

/* The loop before the pattern: over any character, or over any byte if that makes no difference. */
static int compile_search(struct ps_compiler *c, uint32_t pattern)
{
	struct ps_program *p = c->program;
	struct ps_set all = { 0 };
	uint32_t root, loop, step;
	int rc = SEARCH_ENOMEM;

	if (!p->needs_valid)
		rc = ps_compile_any_byte(c, &root);
	else if (ps_set_add(&all, 0, PS_CODE_MAX))
		rc = ps_compile_set(c, &all, &root);
	ps_set_free(&all);
	if (rc == SEARCH_OK)
		rc = append_inst(p, PS_OP_SPLIT, pattern, 0, &loop);
	if (rc == SEARCH_OK)
		rc = append_inst(p, PS_OP_SET, root, loop, &step);
	if (rc != SEARCH_OK)
		return rc;
	p->insts[loop].b = step;
	p->start = loop;
	return SEARCH_OK;
}

/* Divides bytes into classes: a class begins wherever an edge does or ends, or an assertion makes a difference. */
static void classify_bytes(struct ps_program *p)
{
	bool begins[257] = { false };

	begins[p->lines.end] = begins[p->lines.end + 1] = begins[0x80] = true;
	if (p->has_line)
		begins['\n'] = begins['\n' + 1] = true;
	if (p->lines.crlf)
		begins['\r'] = begins['\r' + 1] = true;
	if (p->rewritten)
		begins[0xC0] = true; /* where a character begins, a match may begin */
	for (size_t i = 0; i < p->edge_count; i++)
		begins[p->edges[i].from] = begins[p->edges[i].to + 1] = true;
	for (uint32_t e = 0; p->dictionary != NULL && e < p->dictionary->first[p->dictionary->count]; e++)
		begins[p->dictionary->bytes[e]] = begins[p->dictionary->bytes[e] + 1] = true;
	for (int i = 0; p->has_word && i < 4; i++) {
		static const unsigned char word[4][3] = { "09", "AZ", "__", "az" };

		begins[word[i][0]] = begins[word[i][1] + 1] = true;
	}
	for (int b = 0; b < 256; b++) {
		p->class_count += b == 0 || begins[b];
		p->classes[b] = (uint8_t)(p->class_count - 1);
	}
}

/* Do the numbers of an instruction and of a trie node fit into the 32 bits of a thread? */
static bool fits_threads(const struct ps_program *p)
{
	size_t nodes = ps_max(p->node_count, p->dictionary != NULL ? p->dictionary->count : 0);
	unsigned bits = 0;

	while (nodes > (size_t)1 << bits)
		bits++;
	return p->count <= UINT32_MAX >> bits;
}

/* For spans: the alternatives of the root, each with a PS_OP_MATCH of its own. */
static int compile_apart(struct ps_compiler *c, const struct ps_node *root)
{
	struct ps_program *p = c->program;
	int rc = SEARCH_OK;

	for (size_t i = root->count; rc == SEARCH_OK && i > 0; i--) {
		uint32_t rest = p->pattern, match;

		rc = append_inst(p, PS_OP_MATCH, (uint32_t)(i - 1), 0, &match);
		if (rc == SEARCH_OK)
			rc = ps_compile_node(c, root->children[i - 1], match, &p->pattern);
		if (rc == SEARCH_OK && i < root->count)
			rc = append_inst(p, PS_OP_SPLIT, p->pattern, rest, &p->pattern);
	}
	return rc;
}

/* For lines: from the end to the start, the match, the pattern, and the loop before it. */
static int compile_together(struct ps_compiler *c, const struct ps_node *root)
{
	struct ps_program *p = c->program;
	uint32_t match = 0;
	int rc = append_inst(p, PS_OP_MATCH, 0, 0, &match);

	if (rc == SEARCH_OK)
		rc = ps_compile_node(c, root, match, &p->pattern);
	return rc == SEARCH_OK ? compile_search(c, p->pattern) : rc;
}

static int compile_root(struct ps_compiler *c, const struct ps_node *root)
{
	struct ps_program *p = c->program;
	int rc = c->ordered ? compile_apart(c, root) : compile_together(c, root);

	return rc == SEARCH_OK && !fits_threads(p) ? SEARCH_EVERSION : rc;
}

static int make_program(struct ps_program *program, const struct ps_node *root, bool ordered)
{
	struct ps_compiler c = { .program = program, .ordered = ordered };
	int rc = compile_root(&c, root);

	ps_numbers_free(&c.numbers);
	free(c.done);
	ps_index_free(&c.done_index);
	ps_index_free(&c.node_index);
	if (rc != SEARCH_OK)
		ps_program_free(program);
	return rc;
}

int ps_program_new(struct ps_program *program, const struct ps_node *root, struct ps_lines lines)
{
	int rc;

	*program = (struct ps_program){ .lines = lines };
	rc = make_program(program, root, false);
	if (rc == SEARCH_OK)
		classify_bytes(program);
	PS_ASSERT(rc != SEARCH_OK || (program->start < program->count && program->pattern < program->count));
	return rc;
}

int ps_program_new_for_spans(struct ps_program *program, const struct ps_node *root, struct ps_lines lines)
{
	int rc;

	*program = (struct ps_program){ .rewritten = true, .lines = lines };
	rc = make_program(program, root, true);
	if (rc == SEARCH_OK)
		classify_bytes(program);
	return rc;
}

void ps_program_free(struct ps_program *program)
{
	free(program->insts);
	free(program->nodes);
	free(program->edges);
	free(program->switches);
	free(program->cases);
	*program = (struct ps_program){ 0 };
}

enum ps_side ps_program_side(const struct ps_program *program, enum ps_side side)
{
	bool word = program->has_word, line = program->has_line;

	if (side == PS_SIDE_NONE)
		return word || line || program->has_begin ? side : PS_SIDE_OTHER;
	if (side == PS_SIDE_NEWLINE && line)
		return side;
	return word && side != PS_SIDE_NEWLINE ? side : PS_SIDE_OTHER;
}

bool ps_program_follow(const struct ps_program *program, uint32_t node, uint8_t byte, uint32_t *to)
{
	const struct ps_trie_node *n = &program->nodes[node];
	const struct ps_edge *edges = &program->edges[n->first];
	size_t low = 0, high = n->count;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (edges[mid].to < byte)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == n->count || edges[low].from > byte)
		return false;
	*to = edges[low].node;
	return true;
}

const struct ps_case *ps_program_first_case(const struct ps_program *program, uint32_t which, uint8_t byte,
					    const struct ps_case **end)
{
	const struct ps_case *low = &program->cases[program->switches[which].first];
	size_t count = program->switches[which].count;

	*end = low + count;
	while (count > 0) {
		size_t half = count / 2;

		if (low[half].byte < byte) {
			low += half + 1;
			count -= half + 1;
		} else {
			count = half;
		}
	}
	return low;
}
