/* SPDX-License-Identifier: BSD-2-Clause */
/* test_text.c - text that grows is what was added, ends in NUL, and is refused beyond all memory. */
#include "../../lib/base/base.h"

#include "../../lib/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support/choose.h"

static void test_text__is_what_was_added(void **state)
{
	struct ps_text text = { 0 };
	static char expected[20000];

	(void)state;
	for (size_t i = 0; i < 5000; i++) {
		expected[text.length] = (char)('a' + i % 26);
		assert_true(i % 2 ? ps_text_add(&text, &expected[text.length], 1)
				  : ps_text_add_string(&text, &expected[text.length]));
		assert_int_equal(text.length, i + 1);
		assert_true(text.length < text.space);
		assert_true(text.bytes[text.length] == '\0');
	}
	assert_string_equal(text.bytes, expected);
	assert_false(text.no_memory);
	ps_text_free(&text);
	assert_true(text.bytes == NULL && text.length == 0 && text.space == 0);
}

static void test_text__too_much_is_refused_and_noted(void **state)
{
	struct ps_text text = { 0 };

	(void)state;
	assert_true(ps_text_reserve(&text, 100));
	assert_true(text.space > 100);
	assert_true(ps_text_add_string(&text, "kept"));
	assert_false(ps_text_add(&text, "", SIZE_MAX / 2));
	assert_true(text.no_memory);
	assert_string_equal(text.bytes, "kept");
	ps_text_free(&text);
}

static void test_text__joins_directory_and_name(void **state)
{
	static const struct {
		const char *directory, *name, *joined;
	} cases[] = {
		{ "", "a", "a" },
		{ "d", "a", "d/a" },
		{ "d/", "a", "d/a" },
		{ "/", "a", "/a" },
		{ "d/e", "a", "d/e/a" },
		{ "longer/than/the/one/before", "", "longer/than/the/one/before/" },
		{ ".", "a", "./a" },
	};
	struct ps_text text = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_string_equal(ps_text_join(&text, cases[i].directory, cases[i].name), cases[i].joined);
		assert_int_equal(text.length, strlen(cases[i].joined));
	}
	ps_text_free(&text);
}

static void test_text__copies_a_string(void **state)
{
	bool ok = true;
	char *copy = ps_copy_string("text", &ok);

	(void)state;
	assert_string_equal(copy, "text");
	assert_true(ok);
	free(copy);
	assert_null(ps_copy_string(NULL, &ok));
	assert_true(ok);
	ok = false; /* stays */
	copy = ps_copy_string("text", &ok);
	assert_string_equal(copy, "text");
	assert_false(ok);
	free(copy);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text__is_what_was_added),
		cmocka_unit_test(test_text__too_much_is_refused_and_noted),
		cmocka_unit_test(test_text__joins_directory_and_name),
		cmocka_unit_test(test_text__copies_a_string),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
