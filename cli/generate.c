/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * generate.c - texts that are made from the table of options.
 */
#include "generate.h"

bool generate(struct output *out, const char *what)
{
	(void)out;
	(void)what;
	return false;
}
