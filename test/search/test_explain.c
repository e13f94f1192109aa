/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_explain.c - search_explain() as a caller sees it: errors, buffers, and that it
 * touches nothing. test/match/test_explain_matcher.c tests what it says.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../support/options.h"
#include "../support/collect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"

static void test_explain__needs_no_sources(void **state)
{
	struct search_error error = { .size = sizeof(error), .code = 77 };
	struct simple a;
	char text[4096];
	int length;

	(void)state;
	simple_init(&a, "needle", NULL);
	length = search_explain(&a.options, text, sizeof(text), &error);
	assert_int_equal(length, strlen(text));
	assert_int_equal(error.code, SEARCH_OK);
	assert_non_null(strstr(text, "strategy: literal\n"));
	assert_non_null(strstr(text, "string: \"needle\"\n"));
	assert_int_equal(search_explain(&a.options, text, sizeof(text), NULL), length);
}

/* To open a FIFO would wait for its other end, and what is read from a pipe is gone. */
static void test_explain__touches_no_source(void **state)
{
	struct search_source sources[2];
	struct simple a;
	int ends[2];
	char byte;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	simple_init(&a, "x", NULL);
	memset(sources, 0, sizeof(sources));
	sources[0].path = "/no/such/file";
	sources[1].kind = SEARCH_SOURCE_DESCRIPTOR;
	sources[1].descriptor = ends[0];
	a.options.sources = sources;
	a.options.source_count = 2;
	assert_true(search_explain(&a.options, NULL, 0, NULL) > 0);
	close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	close(ends[0]);
}

static void test_explain__describes_a_search_with_the_same_flags(void **state)
{
	static const struct {
		uint32_t flags;
		const char *fact;
	} row[] = {
		{ 0, "\nspans: places of the strings\n" },
		{ SEARCH_RESULT_NO_SPANS, "\nspans: not asked for\n" },
		{ SEARCH_MATCH_INVERT, "\nspans: not asked for\n" },
		{ SEARCH_MATCH_INVERT | SEARCH_RESULT_ALL_LINES, "\nspans: places of the strings\n" },
		{ SEARCH_MATCH_INVERT | SEARCH_RESULT_ALL_LINES | SEARCH_MATCH_MULTILINE, "\nspans: not asked for\n" },
		{ SEARCH_MATCH_FIXED, "\nstrategy: literal\n" },
		{ SEARCH_MATCH_WORD, "\nstrategy: filter\n" },
		{ SEARCH_MATCH_IGNORE_CASE, "\nconditions: any case\n" },
		{ 0, "\ntree: files with \"4##4\"\n" },
		{ SEARCH_MATCH_MULTILINE, "\ntree: files with \"4##4\"\n" },
		{ SEARCH_MATCH_INVERT, "\ntree: no file can be ruled out (lines without a match are wanted)\n" },
		{ SEARCH_MATCH_NUL_LINES, "\ntree: no file can be ruled out (lines end with NUL)\n" },
		{ SEARCH_RESULT_COUNT, "\ntree: files with \"4##4\"\n" },
		{ SEARCH_RESULT_FILE_ENDS, "\ntree: files with \"4##4\"\n" },
		{ SEARCH_RESULT_ALL_LINES, "\ntree: no file can be ruled out (each line is wanted)\n" },
	};
	struct simple a;
	char text[4096];

	(void)state;
	simple_init(&a, "4##4", NULL);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		set_flags(&a.options, row[i].flags);
		assert_true(search_explain(&a.options, text, sizeof(text), NULL) > 0);
		if (strstr(text, row[i].fact) == NULL)
			fail_msg("no%s in\n%s", row[i].fact, text);
	}
}

static void test_explain__a_small_buffer_is_filled_to_its_end(void **state)
{
	struct simple a;
	char whole[4096], part[11] = "##########";
	int length;

	(void)state;
	simple_init(&a, "needle", NULL);
	length = search_explain(&a.options, NULL, 0, NULL);
	assert_true(length > 0 && length < (int)sizeof(whole));
	assert_int_equal(search_explain(&a.options, whole, (size_t)length + 1, NULL), length);
	assert_int_equal(strlen(whole), length);
	assert_int_equal(search_explain(&a.options, part, 10, NULL), length);
	assert_memory_equal(part, whole, 9);
	assert_int_equal(part[9], '\0');
	assert_int_equal(search_explain(&a.options, part, 0, NULL), length);
	assert_int_equal(part[0], whole[0]);
}

static void refuse(const struct search_options *options, int code, const char *named)
{
	struct search_error error = { .size = sizeof(error), .code = 77 };
	char text[100] = "left over";

	assert_int_equal(search_explain(options, text, sizeof(text), &error), code);
	assert_string_equal(text, "");
	assert_int_equal(error.code, code);
	assert_non_null(strstr(error.message, named));
	assert_int_equal(search_explain(options, NULL, 0, NULL), code);
}

static void test_explain__errors_are_those_of_search_open(void **state)
{
	struct { struct search_options options; uint64_t newer; } longer;
	struct search_pattern two[2] = { { .text = "ok", .length = 2 }, { .text = "a(?<x", .length = 5 } };
	struct search_error error = SEARCH_ERROR_INIT;
	struct simple a;

	(void)state;
	refuse(NULL, SEARCH_EINVAL, "options");
	simple_init(&a, "needle", NULL);
	set_flags(&a.options, UINT32_C(1) << 31);
	refuse(&a.options, SEARCH_EINVAL, "flags");
	simple_init(&a, "(", NULL);
	refuse(&a.options, SEARCH_EPATTERN, "( without )");
	a.options.patterns = two;
	a.options.pattern_count = 2;
	assert_int_equal(search_explain(&a.options, NULL, 0, &error), SEARCH_EPATTERN);
	assert_int_equal(error.index, 1);
	assert_int_equal(error.offset, 4);
	simple_init(&a, "needle", NULL);
	memset(&longer, 0, sizeof(longer));
	longer.options = a.options;
	longer.options.size = sizeof(longer);
	longer.newer = 1;
	refuse(&longer.options, SEARCH_EVERSION, "options");
	assert_int_equal(search_explain(&a.options, NULL, 10, &error), SEARCH_EINVAL);
	assert_non_null(strstr(error.message, "buffer"));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_explain__needs_no_sources),
		cmocka_unit_test(test_explain__touches_no_source),
		cmocka_unit_test(test_explain__describes_a_search_with_the_same_flags),
		cmocka_unit_test(test_explain__a_small_buffer_is_filled_to_its_end),
		cmocka_unit_test(test_explain__errors_are_those_of_search_open),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
