/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program.c - compiles a tree into instructions.
 *
 * A node is compiled knowing what comes behind it, so instructions are made
 * from the end to the start and nothing has to be patched but loops.
 */
#include "program.h"

#include <stdlib.h>
#include <string.h>

static int compile(struct ps_program *p, const struct ps_node *node, uint32_t next, uint32_t *entry);

static int emit(struct ps_program *p, enum ps_op op, uint32_t a, uint32_t b, uint32_t *at)
{
	struct ps_inst *insts;

	if (p->count >= PS_PROGRAM_MAX)
		return SEARCH_E2BIG;
	insts = ps_grow(p->insts, &p->space, p->count + 1, sizeof(*insts));
	if (insts == NULL)
		return SEARCH_ENOMEM;
	p->insts = insts;
	*at = (uint32_t)p->count;
	p->insts[p->count++] = (struct ps_inst){ (uint32_t)op, a, b };
	return SEARCH_OK;
}

static int compile_cat(struct ps_program *p, const struct ps_node *node, uint32_t next, uint32_t *entry)
{
	*entry = next;
	for (size_t i = node->count; i > 0; i--) {
		int rc = compile(p, node->children[i - 1], *entry, entry);

		if (rc != SEARCH_OK)
			return rc;
	}
	return SEARCH_OK;
}

static int compile_alt(struct ps_program *p, const struct ps_node *node, uint32_t next, uint32_t *entry)
{
	*entry = next;
	for (size_t i = node->count; i > 0; i--) {
		uint32_t rest = *entry;
		int rc = compile(p, node->children[i - 1], next, entry);

		if (rc == SEARCH_OK && i < node->count)
			rc = emit(p, PS_OP_SPLIT, *entry, rest, entry);
		if (rc != SEARCH_OK)
			return rc;
	}
	return SEARCH_OK;
}

/* Once more, or on; a greedy repeat tries that first. */
static struct ps_inst split(const struct ps_node *repeat, uint32_t body, uint32_t next)
{
	return (struct ps_inst){ PS_OP_SPLIT, repeat->lazy ? next : body, repeat->lazy ? body : next };
}

/* x* : a split that comes round again. */
static int compile_loop(struct ps_program *p, const struct ps_node *node, uint32_t next, uint32_t *entry)
{
	uint32_t loop, body;
	int rc = emit(p, PS_OP_SPLIT, 0, 0, &loop);

	if (rc == SEARCH_OK)
		rc = compile(p, node->children[0], loop, &body);
	if (rc != SEARCH_OK)
		return rc;
	p->insts[loop] = split(node, body, next);
	*entry = loop;
	return SEARCH_OK;
}

/* x{min,max}: what is optional behind what is not. */
static int compile_repeat(struct ps_program *p, const struct ps_node *node, uint32_t next,
			  uint32_t *entry)
{
	int rc = SEARCH_OK;
	uint32_t at;

	*entry = next;
	if (node->max == PS_UNLIMITED)
		rc = compile_loop(p, node, next, entry);
	for (uint32_t i = node->min; rc == SEARCH_OK && node->max != PS_UNLIMITED && i < node->max; i++) {
		rc = compile(p, node->children[0], *entry, entry);
		if (rc == SEARCH_OK)
			rc = emit(p, PS_OP_SPLIT, 0, 0, &at);
		if (rc == SEARCH_OK) {
			p->insts[at] = split(node, *entry, next);
			*entry = at;
		}
	}
	for (uint32_t i = 0; rc == SEARCH_OK && i < node->min; i++)
		rc = compile(p, node->children[0], *entry, entry);
	return rc;
}

static int compile_assert(struct ps_program *p, const struct ps_node *node, uint32_t next,
			  uint32_t *entry)
{
	if (node->assertion == PS_ASSERT_BEGIN)
		p->has_begin = true;
	else if (node->assertion != PS_ASSERT_END)
		p->has_word = true;
	return emit(p, PS_OP_ASSERT, (uint32_t)node->assertion, next, entry);
}

static int compile(struct ps_program *p, const struct ps_node *node, uint32_t next, uint32_t *entry)
{
	uint32_t root;
	int rc;

	switch (node->kind) {
	case PS_NODE_SET:
		rc = ps_program_add_set(p, &node->set, &root);
		return rc == SEARCH_OK ? emit(p, PS_OP_SET, root, next, entry) : rc;
	case PS_NODE_WORDS:
		p->words = node->words;
		return emit(p, PS_OP_WORDS, 0, next, entry);
	case PS_NODE_CAT:
		return compile_cat(p, node, next, entry);
	case PS_NODE_ALT:
		return compile_alt(p, node, next, entry);
	case PS_NODE_REPEAT:
		return compile_repeat(p, node, next, entry);
	case PS_NODE_ASSERT:
		return compile_assert(p, node, next, entry);
	case PS_NODE_EMPTY:
		break;
	}
	*entry = next;
	return SEARCH_OK;
}

/* The loop in front: any character, or any byte where it makes no difference. */
static int compile_search(struct ps_program *p, uint32_t pattern)
{
	struct ps_set all = { 0 };
	uint32_t root, loop, step;
	int rc = SEARCH_ENOMEM;

	if (!p->needs_valid)
		rc = ps_program_add_any_byte(p, &root);
	else if (ps_set_add(&all, 0, PS_CODE_MAX))
		rc = ps_program_add_set(p, &all, &root);
	ps_set_free(&all);
	if (rc == SEARCH_OK)
		rc = emit(p, PS_OP_SPLIT, pattern, 0, &loop);
	if (rc == SEARCH_OK)
		rc = emit(p, PS_OP_SET, root, loop, &step);
	if (rc != SEARCH_OK)
		return rc;
	p->insts[loop].b = step;
	p->start = loop;
	return SEARCH_OK;
}

/* Bytes at which some edge begins, or that mean something to an assertion. */
static void classify(struct ps_program *p)
{
	bool begins[257] = { false };

	begins[p->lines.end] = begins[p->lines.end + 1] = begins[0x80] = true;
	if (p->lines.crlf)
		begins['\r'] = begins['\r' + 1] = true;
	for (size_t i = 0; i < p->edge_count; i++)
		begins[p->edges[i].from] = begins[p->edges[i].to + 1] = true;
	for (uint32_t e = 0; p->words != NULL && e < p->words->first[p->words->count]; e++)
		begins[p->words->bytes[e]] = begins[p->words->bytes[e] + 1] = true;
	for (int i = 0; p->has_word && i < 4; i++) {
		static const unsigned char word[4][2] = { "09", "AZ", "__", "az" };

		begins[word[i][0]] = begins[word[i][1] + 1] = true;
	}
	for (int b = 0; b < 256; b++) {
		p->class_count += b == 0 || begins[b];
		p->classes[b] = (uint8_t)(p->class_count - 1);
	}
}

/* A thread of the automaton is an instruction and a node of a trie, in 32 bits. */
static bool fits_threads(const struct ps_program *p)
{
	unsigned bits = 0;

	while (p->words != NULL && p->words->count > (size_t)1 << bits)
		bits++;
	return bits <= 16 || p->count <= UINT32_MAX >> bits;
}

/* From the end: what is reached when a match is complete, then the pattern. */
static int compile_pattern(struct ps_program *program, const struct ps_node *root)
{
	uint32_t match = 0;
	int rc = emit(program, PS_OP_MATCH, 0, 0, &match);

	return rc == SEARCH_OK ? compile(program, root, match, &program->pattern) : rc;
}

int ps_program_new(struct ps_program *program, const struct ps_node *root, struct ps_lines lines)
{
	int rc;

	*program = (struct ps_program){ .lines = lines };
	rc = compile_pattern(program, root);
	if (rc == SEARCH_OK)
		rc = compile_search(program, program->pattern);
	if (rc == SEARCH_OK && !fits_threads(program))
		rc = SEARCH_E2BIG;
	if (rc != SEARCH_OK) {
		ps_program_free(program);
		return rc;
	}
	classify(program);
	return SEARCH_OK;
}

int ps_program_new_for_spans(struct ps_program *program, const struct ps_node *root, struct ps_lines lines)
{
	int rc;

	*program = (struct ps_program){ .rewritten = true, .lines = lines };
	rc = compile_pattern(program, root);
	if (rc != SEARCH_OK)
		ps_program_free(program);
	return rc;
}

void ps_program_free(struct ps_program *program)
{
	free(program->insts);
	free(program->nodes);
	free(program->edges);
	*program = (struct ps_program){ 0 };
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
