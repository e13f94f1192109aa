/* SPDX-License-Identifier: BSD-2-Clause */
/* chains.c - see chains.h. */
#include "warm_internal.h"

enum { LEAST = 64 };

static uint64_t cost_of(uint32_t size)
{
	return size > 0 ? ps_memory_cost((uint64_t)size * sizeof(struct ps_chain_node *)) : 0;
}

static struct ps_chain_node **head_of(const struct ps_chains *chains, uint32_t hash)
{
	return &chains->heads[hash & (chains->size - 1)];
}

static void push(struct ps_chains *chains, struct ps_chain_node *node)
{
	struct ps_chain_node **head = head_of(chains, node->hash);

	node->next = *head;
	*head = node;
}

bool ps_chains_make_room(struct ps_chains *chains, struct ps_share *memory)
{
	struct ps_chains grown = { .size = chains->size > 0 ? 2 * chains->size : LEAST, .count = chains->count };

	if (chains->count < chains->size || grown.size == 0)
		return true;
	if (!ps_share_take(memory, cost_of(grown.size)))
		return chains->size > 0;
	grown.heads = calloc(grown.size, sizeof(struct ps_chain_node *));
	if (grown.heads == NULL) {
		ps_share_give_back(memory, cost_of(grown.size));
		return chains->size > 0;
	}
	for (uint32_t i = 0; i < chains->size; i++) {
		struct ps_chain_node *next;

		for (struct ps_chain_node *node = chains->heads[i]; node != NULL; node = next) {
			next = node->next;
			push(&grown, node);
		}
	}
	ps_chains_free(chains, memory);
	*chains = grown;
	return true;
}

void ps_chains_add(struct ps_chains *chains, struct ps_chain_node *node, uint32_t hash)
{
	node->hash = hash;
	push(chains, node);
	chains->count++;
}

void ps_chains_remove(struct ps_chains *chains, struct ps_chain_node *node)
{
	struct ps_chain_node **at = head_of(chains, node->hash);

	while (*at != node)
		at = &(*at)->next;
	*at = node->next;
	chains->count--;
}

struct ps_chain_node *ps_chains_find(const struct ps_chains *chains, uint32_t hash)
{
	struct ps_chain_node *node = chains->size > 0 ? *head_of(chains, hash) : NULL;

	while (node != NULL && node->hash != hash)
		node = node->next;
	return node;
}

struct ps_chain_node *ps_chains_next(struct ps_chain_node *node)
{
	uint32_t hash = node->hash;

	do
		node = node->next;
	while (node != NULL && node->hash != hash);
	return node;
}

void ps_chains_free(struct ps_chains *chains, struct ps_share *memory)
{
	ps_share_give_back(memory, cost_of(chains->size));
	free(chains->heads);
	*chains = (struct ps_chains){ .heads = NULL };
}
