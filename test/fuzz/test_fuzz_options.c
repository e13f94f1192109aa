/* SPDX-License-Identifier: BSD-2-Clause */
/* test_fuzz_options.c - runs fuzz_options.c on each word of each struct with some values, and on changes of these. */
#include "../../lib/base/base.h"

#include "../support/replay.h"
#include "fuzz_options.c"

static void add_words(void)
{
	static const uint8_t some[] = { 0, 1, 2, 5, 17, 30 };

	for (size_t part = 0; part < sizeof(parts) / sizeof(parts[0]); part++)
		for (size_t word = 0; word < parts[part].size / 4; word++)
			for (size_t i = 0; i < sizeof(some); i++) {
				const uint8_t in[] = { (uint8_t)(part == 1 || part > 6 ? 16 :
								 part == 2             ? 1 :
								 part == 3             ? 2 :
											 0),
						       (uint8_t)part,
						       (uint8_t)word,
						       some[i],
						       0,
						       255,
						       0 };

				replay_seed(in, sizeof(in));
			}
	replay_seed("\x1F\0\0\22\1\0\22\2\0\22\3\0\22", 13); /* sizes that are not ours */
}

int main(int argc, char **argv)
{
	static const struct replay options = {
		.name = "options", .seeds = add_words, .most = 200, .head = 1, .rounds = 2000, .many = 40000,
	};

	return replay_main(argc, argv, &options);
}
