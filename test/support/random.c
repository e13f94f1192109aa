/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * random.c - xorshift64*, seeded by splitmix64.
 */
#include "random.h"

#include <stdio.h>
#include <stdlib.h>

uint64_t random_seed(void)
{
	static uint64_t seed;
	const char *given = getenv("PS_SEED");

	if (seed == 0) {
		seed = given != NULL ? strtoull(given, NULL, 0) : 20250401;
		seed += seed == 0;
		printf("PS_SEED=%llu\n", (unsigned long long)seed);
		fflush(stdout);
	}
	return seed;
}

struct random random_new(uint64_t stream)
{
	uint64_t z = random_seed() + (stream + 1) * 0x9E3779B97F4A7C15u;

	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
	z = (z ^ z >> 27) * 0x94D049BB133111EBu;
	return (struct random){ (z ^ z >> 31) | 1 };
}

uint32_t random_below(struct random *random, uint32_t below)
{
	random->state ^= random->state >> 12;
	random->state ^= random->state << 25;
	random->state ^= random->state >> 27;
	return (uint32_t)((random->state * 0x2545F4914F6CDD1Du >> 32) * below >> 32);
}

int random_percent(struct random *random, uint32_t percent)
{
	return random_below(random, 100) < percent;
}
