/* SPDX-License-Identifier: BSD-2-Clause */
/* test_fuzz_cursors.c - runs fuzz_cursors.c on the cursors of some searches, alone and in pairs, and on changes of
 * these. */
#include "../../lib/base/base.h"

#include "../support/replay.h"
#include "fuzz_cursors.c"

static void add_cursors(void)
{
	for (uint8_t which = 0; which < SEARCHES; which++) {
		const struct whole *w = whole_of(which);

		for (size_t i = 0; i < w->count; i++) {
			const uint8_t head[] = { which, (uint8_t)(2 * (i % 2) + (i % 3 == 0 ? 4 : 0)) };
			char both[2 * CURSOR];

			replay_seed_parts(head, sizeof(head), w->items[i].cursor, strlen(w->items[i].cursor));
			snprintf(both, sizeof(both), "%s\xFF%s", w->items[i].cursor,
				 w->items[(i + 3) % w->count].cursor);
			replay_seed_parts(head, sizeof(head), both, strlen(both));
			replay_seed((const uint8_t[]){ which, (uint8_t)(i * 8 + 1) }, HEAD);
		}
	}
}

int main(int argc, char **argv)
{
	static const struct replay cursors = {
		.name = "cursors", .seeds = add_cursors, .most = 400, .head = HEAD, .rounds = 3000, .many = 30000,
	};

	return replay_main(argc, argv, &cursors);
}
