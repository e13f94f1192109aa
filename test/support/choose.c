/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "choose.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

/* cmocka knows no other wildcards: with [ it would run nothing, and pass. */
static bool matches(const char *wanted, const char *name)
{
	return strpbrk(wanted, "[\\") == NULL && fnmatch(wanted, name, 0) == 0;
}

bool choose_tests(int argc, char **argv, const struct CMUnitTest *tests, size_t count)
{
	if (argc < 2)
		return true;
	for (size_t i = 0; i < count; i++)
		if (matches(argv[1], tests[i].name)) {
			cmocka_set_test_filter(argv[1]);
			return true;
		}
	fprintf(stderr, "%s: no test \"%s\"; there are:\n", argv[0], argv[1]);
	for (size_t i = 0; i < count; i++)
		fprintf(stderr, "    %s\n", tests[i].name);
	return false;
}
