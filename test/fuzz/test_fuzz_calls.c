/* SPDX-License-Identifier: BSD-2-Clause */
/* test_fuzz_calls.c - runs fuzz_calls.c on some sequences of calls, and on changes of these. */
#include "../../lib/base/base.h"

#include "../support/replay.h"
#include "fuzz_calls.c"

enum { CALL_POOL = 0xC0, CALL_TREE = 0xC6, CALL_USE_TREE = 0xCA };

/* A search of each kind, taken in each way, with each of the flags. */
static void add_calls(void)
{
	for (unsigned i = 0; i < 64; i++) {
		const uint8_t key[] = { (uint8_t)(i * 37), (uint8_t)(i % 3 == 0 ? 1u << i / 8 : 0),
					(uint8_t)(1u << i % 8), (uint8_t)(i % 16 | (i & 48) << 1) };
		const uint8_t calls[] = {
			CALL_POOL,
			(uint8_t)i,
			CALL_TREE,
			(uint8_t)(i * 5),
			OPEN,
			key[0],
			key[1],
			key[2],
			key[3],
			(uint8_t)(i * 11),
			(uint8_t)(i * 7),
			2,
			OPEN + CALLS,
			key[0],
			key[1],
			0,
			key[3],
			(uint8_t)i,
			(uint8_t)(i * 29 | 128),
			0,
			NEXT,
			3,
			CURSOR_OF,
			TRY_NEXT + CALLS,
			9,
			STATS,
			NEXT_MANY,
			5,
			TRY_NEXT_MANY + CALLS,
			200,
			CURSOR_OF + CALLS,
			OPEN + 2 * CALLS,
			key[0],
			key[1],
			0,
			key[3],
			255,
			(uint8_t)(i * 3),
			1,
			DRAIN + 2 * CALLS,
			STATS + 2 * CALLS,
			(uint8_t)(i % 2 ? CANCEL : DRAIN),
			NEXT,
			2,
			STATS,
			CALL_USE_TREE,
			(uint8_t)i,
			(uint8_t)(i % 3 ? DRAIN + CALLS : CANCEL_BESIDE + CALLS),
			30,
			STATS + CALLS,
			(uint8_t)(i % 5 ? CLOSE : NEXT),
			(uint8_t)(i * 13),
		};

		replay_seed(calls, sizeof(calls));
	}
}

int main(int argc, char **argv)
{
	static const struct replay calls = {
		.name = "calls", .seeds = add_calls, .most = 160, .rounds = 150, .many = 20000,
	};

	return replay_main(argc, argv, &calls);
}
