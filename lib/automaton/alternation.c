/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * alternation.c - joins alternatives that begin or end alike.
 *
 * Thousands of alternatives, compiled one by one, would be thousands of threads at every place of a line. So they
 * become a trie, whose letters are not bytes but nodes of the tree, numbered so that equal nodes have equal numbers
 * (hash_cons.c). The branches are sorted and read in that order, as in a printed dictionary: each goes on from where it
 * differs from the one before. What follows a place in the trie is compiled once, when the last branch has left that
 * place. Where many ways begin with different bytes, the next byte selects: one thread at a switch stands for all.
 *
 * B1  Only the path of the current branch is open. So this file is not recursive, except through ps_compile_node.
 * B2  A node before an instruction is compiled once: alternatives that end alike share their ends.
 */
#include "compile.h"

#include <stdlib.h>
#include <string.h>

enum {
	SWITCH_LEAST = 4,    /* ways; a switch of fewer is no better than a thread for each */
	SPREAD = 4,          /* following splits may make this many times as many ways */
	FIRST_BYTES = 32,    /* a set that can begin with more bytes than this is seldom ruled out by the next one */
	CASES_MAX = 1 << 22
};

/* A branch as a string: the numbers of its nodes. */
struct branch {
	size_t first; /* offset of `numbers`, which may still move while branches are added */
	const uint32_t *numbers;
	size_t count;
};

struct branches {
	struct branch *list;
	size_t count, space;
	uint32_t *numbers; /* of all branches */
	size_t number_count, number_space;
};

/* --- branches as strings of numbers --- */

static int add_numbers(struct ps_compiler *c, struct branches *b, const struct ps_node *node)
{
	uint32_t *numbers, number;
	int rc = SEARCH_OK;

	if (node->kind == PS_NODE_EMPTY)
		return SEARCH_OK;
	if (node->kind == PS_NODE_CAT) {
		for (size_t i = 0; rc == SEARCH_OK && i < node->count; i++)
			rc = add_numbers(c, b, node->children[i]);
		return rc;
	}
	rc = ps_number(&c->numbers, node, &number);
	if (rc != SEARCH_OK)
		return rc;
	numbers = ps_grow(b->numbers, &b->number_space, b->number_count + 1, sizeof(*numbers));
	if (numbers == NULL)
		return SEARCH_ENOMEM;
	b->numbers = numbers;
	b->numbers[b->number_count++] = number;
	return SEARCH_OK;
}

/* An alternative that is itself an ALT adds its own alternatives. */
static int add_branches(struct ps_compiler *c, struct branches *b, const struct ps_node *node)
{
	struct branch *list;
	size_t first = b->number_count;
	int rc = SEARCH_OK;

	if (node->kind == PS_NODE_ALT) {
		for (size_t i = 0; rc == SEARCH_OK && i < node->count; i++)
			rc = add_branches(c, b, node->children[i]);
		return rc;
	}
	rc = add_numbers(c, b, node);
	if (rc != SEARCH_OK)
		return rc;
	list = ps_grow(b->list, &b->space, b->count + 1, sizeof(*list));
	if (list == NULL)
		return SEARCH_ENOMEM;
	b->list = list;
	b->list[b->count++] = (struct branch){ first, NULL, b->number_count - first };
	return SEARCH_OK;
}

/* How many first nodes the two have in common. */
static size_t count_common(const struct branch *a, const struct branch *b)
{
	size_t n = 0, least = ps_min(a->count, b->count);

	while (n < least && a->numbers[n] == b->numbers[n])
		n++;
	return n;
}

static int by_numbers(const void *a, const void *b)
{
	const struct branch *x = a, *y = b;
	size_t n = count_common(x, y);

	if (n == x->count || n == y->count)
		return (x->count > n) - (y->count > n);
	return x->numbers[n] < y->numbers[n] ? -1 : 1;
}

static int gather_branches(struct ps_compiler *c, struct branches *b, const struct ps_node *alt)
{
	int rc = add_branches(c, b, alt);

	if (rc != SEARCH_OK)
		return rc;
	for (size_t i = 0; i < b->count; i++)
		if (b->list[i].count > 0)
			b->list[i].numbers = b->numbers + b->list[i].first;
	if (b->count > 1)
		qsort(b->list, b->count, sizeof(*b->list), by_numbers);
	return SEARCH_OK;
}

/* --- ways to go on --- */

/* Instructions among which a thread has the choice. */
struct ways {
	uint32_t *list;
	size_t count, space;
};

static int add_way(struct ways *w, uint32_t inst)
{
	uint32_t *list = ps_grow(w->list, &w->space, w->count + 1, sizeof(*list));

	if (list == NULL)
		return SEARCH_ENOMEM;
	w->list = list;
	w->list[w->count++] = inst;
	return SEARCH_OK;
}

static int by_inst(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Keeps each of the ways from `first` on once. */
static void drop_equal_ways(struct ways *w, size_t first)
{
	size_t kept = first;

	if (w->count - first > 1)
		qsort(w->list + first, w->count - first, sizeof(*w->list), by_inst);
	for (size_t i = first; i < w->count; i++)
		if (kept == first || w->list[i] != w->list[kept - 1])
			w->list[kept++] = w->list[i];
	w->count = kept;
}

/* Is this a loop that is still being made? Then its ways are not known yet. */
static bool is_open_loop(const struct ps_inst *i)
{
	return i->op == PS_OP_SPLIT && i->a == i->b;
}

/* Replaces splits among the ways from `first` on by what they lead to, as long as there are not too many. */
static int spread_splits(const struct ps_program *p, struct ways *w, size_t first)
{
	size_t most = first + SPREAD * (w->count - first);
	int rc = SEARCH_OK;

	for (size_t i = first; rc == SEARCH_OK && i < w->count; i++) {
		const struct ps_inst *inst = &p->insts[w->list[i]];

		while (rc == SEARCH_OK && inst->op == PS_OP_SPLIT && !is_open_loop(inst) && w->count < most) {
			w->list[i] = inst->a;
			rc = add_way(w, inst->b);
			inst = &p->insts[inst->a];
		}
	}
	drop_equal_ways(w, first);
	return rc;
}

/* --- switches --- */

static bool can_be_case(const struct ps_program *p, uint32_t inst)
{
	const struct ps_trie_node *root;
	size_t count = 0;

	if (p->insts[inst].op != PS_OP_SET)
		return false;
	root = &p->nodes[p->insts[inst].a];
	for (uint32_t e = root->first; e < root->first + root->count; e++)
		count += p->edges[e].to - p->edges[e].from + 1U;
	return count <= FIRST_BYTES;
}

static int add_cases(struct ps_program *p, uint32_t inst)
{
	const struct ps_trie_node *root = &p->nodes[p->insts[inst].a];
	struct ps_case *cases;

	if (p->case_count > CASES_MAX)
		return SEARCH_EVERSION;
	cases = ps_grow(p->cases, &p->case_space, p->case_count + FIRST_BYTES, sizeof(*cases));
	if (cases == NULL)
		return SEARCH_ENOMEM;
	p->cases = cases;
	for (uint32_t e = root->first; e < root->first + root->count; e++)
		for (uint32_t byte = p->edges[e].from; byte <= p->edges[e].to; byte++)
			p->cases[p->case_count++] = (struct ps_case){ (uint8_t)byte, inst };
	return SEARCH_OK;
}

static int by_byte(const void *a, const void *b)
{
	const struct ps_case *x = a, *y = b;

	return x->byte != y->byte ? x->byte - y->byte : (x->inst > y->inst) - (x->inst < y->inst);
}

/* Makes a switch that leads to `count` instructions. */
static int make_switch(struct ps_compiler *c, const uint32_t *insts, size_t count, uint32_t *entry)
{
	struct ps_program *p = c->program;
	struct ps_switch *switches = ps_grow(p->switches, &p->switch_space, p->switch_count + 1, sizeof(*switches));
	size_t first = p->case_count;
	int rc = SEARCH_OK;

	if (switches == NULL)
		return SEARCH_ENOMEM;
	p->switches = switches;
	for (size_t i = 0; rc == SEARCH_OK && i < count; i++)
		rc = add_cases(p, insts[i]);
	if (rc != SEARCH_OK)
		return rc;
	qsort(p->cases + first, p->case_count - first, sizeof(*p->cases), by_byte);
	p->switches[p->switch_count] = (struct ps_switch){ (uint32_t)first, (uint32_t)(p->case_count - first) };
	p->target_count += count;
	return ps_compile_emit(c, PS_OP_SWITCH, (uint32_t)p->switch_count++, 0, entry);
}

/* Joins those ways from `first` on that can be cases into one switch, if there are enough. */
static int join_cases(struct ps_compiler *c, struct ways *w, size_t first)
{
	size_t cases = first;
	uint32_t entry;
	int rc;

	for (size_t i = first; i < w->count; i++)
		if (can_be_case(c->program, w->list[i])) {
			uint32_t inst = w->list[i];

			w->list[i] = w->list[cases];
			w->list[cases++] = inst;
		}
	if (cases - first < SWITCH_LEAST)
		return SEARCH_OK;
	rc = make_switch(c, w->list + first, cases - first, &entry);
	if (rc != SEARCH_OK)
		return rc;
	w->list[first] = entry;
	memmove(w->list + first + 1, w->list + cases, (w->count - cases) * sizeof(*w->list));
	w->count -= cases - first - 1;
	return SEARCH_OK;
}

/* Joins the ways from `first` on into one instruction. */
static int join_ways(struct ps_compiler *c, struct ways *w, size_t first, uint32_t *entry)
{
	int rc = SEARCH_OK;

	PS_ASSERT(w->count > first);
	drop_equal_ways(w, first);
	if (w->count - first >= SWITCH_LEAST) {
		rc = spread_splits(c->program, w, first);
		if (rc == SEARCH_OK)
			rc = join_cases(c, w, first);
	}
	*entry = w->list[first];
	for (size_t i = first + 1; rc == SEARCH_OK && i < w->count; i++)
		rc = ps_compile_emit(c, PS_OP_SPLIT, w->list[i], *entry, entry);
	w->count = first;
	return rc;
}

/* --- the trie --- */

/* B2 */
static int compile_once(struct ps_compiler *c, uint32_t number, uint32_t next, uint32_t *entry)
{
	uint32_t key[2] = { number, next }, hash = ps_hash(0, key, 2), found;
	struct ps_compiled *done;
	int rc;

	for (size_t at = 0; ps_index_next(&c->done_index, hash, &at, &found);)
		if (c->done[found].number == number && c->done[found].next == next) {
			*entry = c->done[found].entry;
			return SEARCH_OK;
		}
	rc = ps_compile_node(c, c->numbers.list[number].node, next, entry);
	if (rc != SEARCH_OK)
		return rc;
	done = ps_grow(c->done, &c->done_space, c->done_count + 1, sizeof(*done));
	if (done == NULL)
		return SEARCH_ENOMEM;
	c->done = done;
	c->done[c->done_count] = (struct ps_compiled){ number, next, *entry };
	return ps_index_add(&c->done_index, hash, (uint32_t)c->done_count++) ? SEARCH_OK : SEARCH_ENOMEM;
}

/* The open path from the root: after `depth` nodes, the ways to go on begin at ways.list[levels[depth]]. */
struct path {
	size_t *levels;
	struct ways ways;
	uint32_t next;
};

/* Leaves the path of `branch` up to `depth`: compiles what is deeper. */
static int leave_branch(struct ps_compiler *c, struct path *path, const struct branch *branch, size_t depth)
{
	int rc = SEARCH_OK;

	for (size_t d = branch->count; rc == SEARCH_OK && d > depth; d--) {
		uint32_t entry;

		rc = join_ways(c, &path->ways, path->levels[d], &entry);
		if (rc == SEARCH_OK)
			rc = compile_once(c, branch->numbers[d - 1], entry, &entry);
		if (rc == SEARCH_OK)
			rc = add_way(&path->ways, entry);
	}
	return rc;
}

/* Opens the path of a branch from `depth` to where it ends. */
static int enter_branch(struct path *path, const struct branch *branch, size_t depth)
{
	for (size_t d = depth + 1; d <= branch->count; d++)
		path->levels[d] = path->ways.count;
	return add_way(&path->ways, path->next);
}

static int walk_branches(struct ps_compiler *c, struct path *path, const struct branches *b, uint32_t *entry)
{
	static const struct branch root = { 0, NULL, 0 };
	const struct branch *last = &root;
	int rc = SEARCH_OK;

	*entry = path->next;
	if (b->count == 0)
		return SEARCH_OK;
	for (size_t i = 0; rc == SEARCH_OK && i < b->count; i++) {
		const struct branch *branch = &b->list[i];
		size_t depth = count_common(last, branch);

		PS_ASSERT(i == 0 || by_numbers(last, branch) <= 0);
		rc = leave_branch(c, path, last, depth);
		if (rc == SEARCH_OK)
			rc = enter_branch(path, branch, depth);
		last = branch;
	}
	if (rc == SEARCH_OK)
		rc = leave_branch(c, path, last, 0);
	return rc == SEARCH_OK ? join_ways(c, &path->ways, 0, entry) : rc;
}

int ps_compile_branches(struct ps_compiler *c, const struct ps_node *alt, uint32_t next, uint32_t *entry)
{
	struct branches b = { 0 };
	struct path path = { .next = next };
	size_t longest = 0;
	int rc = gather_branches(c, &b, alt);

	for (size_t i = 0; i < b.count; i++)
		longest = ps_max(longest, b.list[i].count);
	path.levels = calloc(longest + 1, sizeof(*path.levels));
	if (path.levels == NULL)
		rc = SEARCH_ENOMEM;
	if (rc == SEARCH_OK)
		rc = walk_branches(c, &path, &b, entry);
	free(path.levels);
	free(path.ways.list);
	free(b.list);
	free(b.numbers);
	return rc;
}
