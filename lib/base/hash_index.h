/* SPDX-License-Identifier: BSD-2-Clause */
/* hash_index.h - a hash table of small numbers. Its user knows what they stand for. */
#ifndef PS_HASH_INDEX_H
#define PS_HASH_INDEX_H

#include "base.h"

struct ps_index {
	struct ps_index_slot *slots;
	size_t size, count; /* size: a power of two, or 0 */
};

bool ps_index_add(struct ps_index *index, uint32_t hash, uint32_t value); /* false: out of memory */

/* Finds the next value that was added with this hash; *at is 0 before the first call. False: there are no more. */
bool ps_index_next(const struct ps_index *index, uint32_t hash, size_t *at, uint32_t *value);
void ps_index_free(struct ps_index *index); /* it may be zeroed */

uint32_t ps_hash(uint32_t hash, const uint32_t *words, size_t count);

#endif
