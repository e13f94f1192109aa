/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * random.h - repeatable random numbers for tests. The seed is printed; it is PS_SEED, if that is set, and otherwise always
 * the same: what the tests say of a change must not depend on the day. `make check-long` sets it to the date.
 */
#ifndef TEST_RANDOM_H
#define TEST_RANDOM_H

#include <stdint.h>

struct random {
	uint64_t state;
};

/* The seed of this run. The first call prints it. */
uint64_t random_seed(void);

/* A sequence of its own for each `stream`, so that one case can be run alone. */
struct random random_new(uint64_t stream);

uint32_t random_below(struct random *random, uint32_t below);

/* True in `percent` of a hundred cases. */
int random_percent(struct random *random, uint32_t percent);

#endif
