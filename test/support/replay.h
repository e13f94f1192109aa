/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * replay.h - runs a target of test/fuzz without libFuzzer: for its test, which any compiler can build.
 *
 * The test says what the seeds are, and replay_main() tries them, the inputs that are kept in test/data/fuzz/NAME, and
 * random changes of all these. PS_SEED=n repeats a run, PS_ROUNDS=n makes it longer. An input that shows a mistake is
 * left in $BUILD.
 *
 * With a file as argument, which has a / in its name, that is the one input; with a directory the seeds are written
 * there, for libFuzzer to begin with.
 */
#ifndef TEST_REPLAY_H
#define TEST_REPLAY_H

#include <stddef.h>

struct replay {
	const char *name;    /* of the target */
	void (*seeds)(void); /* calls replay_seed() for each */
	size_t most;         /* bytes of a changed input */
	size_t head;         /* the first bytes say how to try the rest: they are drawn anew more often */
	size_t rounds, many; /* changed inputs that are tried, and in a long run */
};

/* Copies the input. Parts that are NULL, or have no bytes, are left out. */
void replay_seed(const void *bytes, size_t size);
void replay_seed_parts(const void *head, size_t head_size, const void *rest, size_t rest_size);

int replay_main(int argc, char **argv, const struct replay *replay);

#endif
