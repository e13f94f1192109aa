/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_onig_memory.c - Oniguruma crashes if memory runs out while it parses a pattern, so it is not called if there is too
 * little: rule 8 of lib/onig/onig.c.
 *
 * A child process has a limit on its memory, takes all of it, and gives some back, in one piece: a little more each time,
 * so that the allocation which fails is each one of a pattern's in turn. It then compiles the pattern, by the library
 * and, to see that this is a trial at all, by Oniguruma itself.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../../lib/base/base.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#define ONIG_ESCAPE_REGEX_T_COLLISION
#define ONIG_ESCAPE_UCHAR_COLLISION
#include <oniguruma.h>

#include "../../lib/onig/onig.h"
#include "../support/choose.h"
#include "../support/process.h"
#include "../support/scale.h"

enum { SMALLEST = 16, ROOM = 16 << 10, COMPILED = 0, NO_MEMORY = 3, OTHER = 4 };

static const char *const patterns[] = {
	"abc|def", "(a|b|c)*d", "(?~abc)", "(?i:[a-z]|k)x", "(?=x)y|(z)\\1", "(a(b(c(d)))|e)\\4", ("(?i)stra\xC3\x9F" "e"),
	"[^\\d\\s[a-f&&c-z]]", "(?<n>a)\\k<n>|\\p{Greek}+", "\\R\\X|\\b\\w+",
};

enum { PATTERNS = sizeof(patterns) / sizeof(patterns[0]) };

struct trial {
	const char *pattern;
	bool bare; /* by Oniguruma itself */
	size_t bytes; /* left */
};

/* What is taken, as a list, and room that is given back. Outside of the function, so that no compiler leaves them out. */
static void **taken;
static void *volatile room;

static bool take(size_t size)
{
	void **block = malloc(size);

	if (block == NULL)
		return false;
	*block = taken;
	taken = block;
	return true;
}

/* Takes all memory except a block, and of that all except its last bytes. */
static void leave(size_t bytes)
{
	const struct rlimit none = { 0, RLIM_INFINITY };

	room = malloc(ROOM);
	if (room == NULL || setrlimit(RLIMIT_AS, &none) != 0)
		_exit(OTHER);
	for (size_t size = 1 << 20; size >= SMALLEST; size /= 2)
		while (take(size))
			;
	free(room);
	take(ROOM - bytes);
}

/* In the child. An emulator may not heed the limit: then leave() would take all that the machine has. */
static int is_limit_heeded(void *context)
{
	const struct rlimit none = { 0, RLIM_INFINITY };

	(void)context;
	return setrlimit(RLIMIT_AS, &none) == 0 && !take((size_t)64 << 20);
}

static int compile_bare(const char *pattern)
{
	OnigRegex regex = NULL;
	OnigErrorInfo info;
	const OnigUChar *text = (const OnigUChar *)pattern;
	int rc = onig_new(&regex, text, text + strlen(pattern), ONIG_OPTION_NONE, ONIG_ENCODING_UTF8, ONIG_SYNTAX_ONIGURUMA,
			  &info);

	return rc == ONIG_NORMAL ? COMPILED : rc == ONIGERR_MEMORY ? NO_MEMORY : OTHER;
}

static int compile_by_library(const char *pattern)
{
	const struct ps_dialect dialect = { .syntax = SEARCH_SYNTAX_ONIGURUMA };
	struct ps_pattern_error error;
	struct ps_regex *regex;
	int rc = ps_regex_new(&regex, (const uint8_t *)pattern, strlen(pattern), &dialect, &error);

	return rc == SEARCH_OK ? COMPILED : rc == SEARCH_ENOMEM ? NO_MEMORY : OTHER;
}

/* In the child. */
static int compile_with_little(void *context)
{
	static const int signals[] = { SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE };
	const struct trial *t = context;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], SIG_DFL); /* not cmocka's handlers */
	if (compile_by_library("(x)|y") != COMPILED) /* Oniguruma is ready */
		return OTHER;
	if (freopen("/dev/null", "w", stderr) == NULL)
		return OTHER;
	leave(t->bytes);
	return t->bare ? compile_bare(t->pattern) : compile_by_library(t->pattern);
}

/* Counts how the trials of all patterns end. True: at last there was memory enough for Oniguruma. */
static void try_all(bool bare, unsigned ends[OTHER + 1], unsigned *crashes)
{
	for (size_t i = 0; i < PATTERNS; i++)
		for (size_t bytes = SMALLEST; bytes < ROOM / 2; bytes += runs_long() ? 16 : bytes < 2048 ? 64 : 1024) {
			struct trial t = { patterns[i], bare, bytes };
			int rc = process_child(compile_with_little, &t, NULL);

			if (rc >= 1000)
				++*crashes;
			else
				ends[rc <= OTHER ? rc : OTHER]++;
		}
}

static void test_onig_memory__it_is_not_called_without_memory(void **state)
{
	unsigned ends[OTHER + 1] = { 0 }, bare_ends[OTHER + 1] = { 0 }, crashes = 0, bare_crashes = 0;

	(void)state;
	if (TEST_SANITIZED || TEST_COUNTED || process_child(is_limit_heeded, NULL, NULL) != 1) {
		puts("memory cannot be limited here");
		skip();
	}
	try_all(false, ends, &crashes);
	try_all(true, bare_ends, &bare_crashes);
	printf("with little memory: %u refused, %u crashes; Oniguruma %s itself: %u refused, %u crashes\n", ends[NO_MEMORY],
	       crashes, onig_version(), bare_ends[NO_MEMORY], bare_crashes);
	assert_int_equal(crashes, 0);
	assert_int_equal(ends[COMPILED] + ends[NO_MEMORY], bare_ends[COMPILED] + bare_ends[NO_MEMORY] + bare_crashes);
	assert_true(ends[NO_MEMORY] > 0 && bare_ends[COMPILED] > 0 && bare_ends[NO_MEMORY] + bare_crashes > 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_onig_memory__it_is_not_called_without_memory),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
