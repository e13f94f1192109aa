/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hash_cons.c - gives equal trees equal numbers: hash consing.
 *
 * Two trees are equal if their roots are alike and their children are equal. If children already have numbers, that
 * is quick to see: a node's key is its kind, what it contains, and its children's numbers. The keys are looked up in
 * a hash table; a key that is new gets the next number. So equality of trees becomes equality of two integers.
 *
 * The recursion is as deep as the tree is high.
 */
#include "compile.h"

#include <stdlib.h>
#include <string.h>

static int put_word(struct ps_numbers *n, uint32_t word)
{
	uint32_t *keys = ps_grow(n->keys, &n->key_space, n->key_count + 1, sizeof(*keys));

	if (keys == NULL)
		return SEARCH_ENOMEM;
	n->keys = keys;
	n->keys[n->key_count++] = word;
	return SEARCH_OK;
}

static int put_set(struct ps_numbers *n, const struct ps_set *set)
{
	int rc = SEARCH_OK;

	for (size_t i = 0; rc == SEARCH_OK && i < set->count; i++) {
		rc = put_word(n, set->ranges[i].from);
		if (rc == SEARCH_OK)
			rc = put_word(n, set->ranges[i].to);
	}
	return rc;
}

/* The node without its children. */
static int put_node(struct ps_numbers *n, const struct ps_node *node)
{
	int rc = put_word(n, (uint32_t)node->kind);

	if (rc == SEARCH_OK && node->kind == PS_NODE_SET)
		rc = put_set(n, &node->set);
	if (rc == SEARCH_OK && node->kind == PS_NODE_ASSERT)
		rc = put_word(n, (uint32_t)node->assertion);
	if (rc == SEARCH_OK && node->kind == PS_NODE_REPEAT)
		rc = put_word(n, node->min);
	if (rc == SEARCH_OK && node->kind == PS_NODE_REPEAT)
		rc = put_word(n, node->max);
	return rc; /* of a dictionary nothing: a program has only one */
}

/* Puts the node's key at the end of `keys`, after those of its children, if these were new. */
static int put_key(struct ps_numbers *n, const struct ps_node *node, size_t *key)
{
	uint32_t small[4], *children = small;
	int rc = SEARCH_OK;

	if (node->count > sizeof(small) / sizeof(small[0]))
		children = malloc(node->count * sizeof(*children));
	if (children == NULL)
		return SEARCH_ENOMEM;
	for (size_t i = 0; rc == SEARCH_OK && i < node->count; i++)
		rc = ps_number(n, node->children[i], &children[i]);
	*key = n->key_count;
	if (rc == SEARCH_OK)
		rc = put_node(n, node);
	for (size_t i = 0; rc == SEARCH_OK && i < node->count; i++)
		rc = put_word(n, children[i]);
	if (children != small)
		free(children);
	return rc;
}

int ps_number(struct ps_numbers *n, const struct ps_node *node, uint32_t *number)
{
	struct ps_numbered *list;
	size_t key, length;
	uint32_t hash;
	int rc = put_key(n, node, &key);

	if (rc != SEARCH_OK)
		return rc;
	length = n->key_count - key;
	hash = ps_hash(0, n->keys + key, length);
	for (size_t at = 0; ps_index_next(&n->index, hash, &at, number);) {
		const struct ps_numbered *other = &n->list[*number];

		if (other->length == length &&
		    memcmp(n->keys + other->key, n->keys + key, length * sizeof(*n->keys)) == 0) {
			n->key_count = key;
			return SEARCH_OK;
		}
	}
	list = ps_grow(n->list, &n->space, n->count + 1, sizeof(*list));
	if (list == NULL)
		return SEARCH_ENOMEM;
	n->list = list;
	*number = (uint32_t)n->count;
	n->list[n->count++] = (struct ps_numbered){ node, key, length, PS_NO_ROOT };
	return ps_index_add(&n->index, hash, *number) ? SEARCH_OK : SEARCH_ENOMEM;
}

void ps_numbers_free(struct ps_numbers *n)
{
	free(n->list);
	free(n->keys);
	ps_index_free(&n->index);
	*n = (struct ps_numbers){ 0 };
}
