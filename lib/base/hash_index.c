/* SPDX-License-Identifier: BSD-2-Clause */
/* hash_index.c - a hash table by open addressing, see hash_index.h. At least half of it is free. */
#include "hash_index.h"

#include <stdlib.h>

struct ps_index_slot {
	uint32_t hash;
	uint32_t value; /* + 1; 0: free */
};

static void put_value(struct ps_index *index, uint32_t hash, uint32_t value)
{
	size_t at = hash & (index->size - 1);

	while (index->slots[at].value != 0)
		at = (at + 1) & (index->size - 1);
	index->slots[at] = (struct ps_index_slot){ hash, value + 1 };
}

static bool grow_index(struct ps_index *index)
{
	struct ps_index larger = { .size = ps_max(index->size * 2, 64) };

	larger.slots = calloc(larger.size, sizeof(*larger.slots));
	if (larger.slots == NULL)
		return false;
	for (size_t i = 0; i < index->size; i++)
		if (index->slots[i].value != 0)
			put_value(&larger, index->slots[i].hash, index->slots[i].value - 1);
	larger.count = index->count;
	free(index->slots);
	*index = larger;
	return true;
}

bool ps_index_add(struct ps_index *index, uint32_t hash, uint32_t value)
{
	if (index->count * 2 >= index->size && !grow_index(index))
		return false;
	put_value(index, hash, value);
	index->count++;
	PS_ASSERT(index->count * 2 <= index->size); /* otherwise a lookup of an absent hash would never end */
	return true;
}

bool ps_index_next(const struct ps_index *index, uint32_t hash, size_t *at, uint32_t *value)
{
	while (*at < index->size) {
		const struct ps_index_slot *slot = &index->slots[(hash + *at) & (index->size - 1)];

		++*at;
		if (slot->value == 0)
			return false;
		*value = slot->value - 1;
		if (slot->hash == hash)
			return true;
	}
	return false;
}

void ps_index_free(struct ps_index *index)
{
	free(index->slots);
	*index = (struct ps_index){ 0 };
}

uint32_t ps_hash(uint32_t hash, const uint32_t *words, size_t count)
{
	uint64_t h = hash ^ UINT64_C(0x9E3779B97F4A7C15);

	for (size_t i = 0; i < count; i++) {
		h = (h ^ words[i]) * UINT64_C(0xFF51AFD7ED558CCD);
		h ^= h >> 32;
	}
	return (uint32_t)h;
}
