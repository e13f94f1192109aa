/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * generate.c - texts that are made from the table of options.
 */
#include "generate.h"

#include <string.h>

bool generate(struct output *out, const char *what)
{
	static const struct {
		const char *name;
		void (*print)(struct output *out);
	} texts[] = {
		{ "man", generate_man },
		{ "complete-bash", generate_bash },
		{ "complete-zsh", generate_zsh },
		{ "complete-fish", generate_fish },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (strcmp(what, texts[i].name) == 0) {
			texts[i].print(out);
			return true;
		}
	}
	return false;
}
