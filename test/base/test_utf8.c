/* SPDX-License-Identifier: BSD-2-Clause */
/* test_utf8.c - each code point there and back; what is valid, as a plain decoder says of all short sequences. */
#include "../../lib/base/base.h"

#include "../../lib/base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support/choose.h"

/* The code point of a sequence by arithmetic: its value, and whether it is the shortest form of a scalar value. */
static size_t slow_sequence(const uint8_t *p, size_t left)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length = p[0] < 0x80 ? 1 : p[0] >> 5 == 6 ? 2 : p[0] >> 4 == 14 ? 3 : p[0] >> 3 == 30 ? 4 : 0;
	uint32_t code = length == 1 ? p[0] : p[0] % (0x80u >> length);

	if (length == 0 || length > left)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if (p[i] / 64 != 2)
			return 0;
		code = code * 64 + p[i] % 64;
	}
	return code < least[length] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000) ? 0 : length;
}

static void test_utf8__each_code_point_there_and_back(void **state)
{
	(void)state;
	for (uint32_t code = 0; code <= 0x10FFFF; code++) {
		uint8_t bytes[6] = { 0xEE, 0xEE, 0xEE, 0xEE, 0xEE, 0xEE };
		size_t length = ps_utf8_encode(code, bytes + 1);
		bool surrogate = code >= 0xD800 && code <= 0xDFFF;

		if (length != (code < 0x80 ? 1u : code < 0x800 ? 2u : code < 0x10000 ? 3u : 4u) || bytes[0] != 0xEE ||
		    bytes[1 + length] != 0xEE || ps_utf8_decode(bytes + 1, length) != code ||
		    slow_sequence(bytes + 1, length) != (surrogate ? 0 : length) ||
		    ps_utf8_sequence(bytes + 1, bytes + 1 + length) != (surrogate ? 0 : length) ||
		    ps_utf8_last(bytes + 1, bytes + 1 + length) != (surrogate ? 0 : length))
			fail_msg("U+%04X", code);
	}
}

/* All that begins with these bytes, and has bytes at the edges of the ranges after them. */
static void test_utf8__what_is_valid(void **state)
{
	static const uint8_t next[] = { 0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xE0, 0xF4, 0xFF };
	enum { NEXT = sizeof(next) };

	(void)state;
	for (size_t lead = 0; lead < 256; lead++)
		for (size_t n = 0; n < NEXT * NEXT * NEXT; n++) {
			uint8_t s[4] = { (uint8_t)lead, next[n % NEXT], next[n / NEXT % NEXT], next[n / NEXT / NEXT] };

			for (size_t left = 1; left <= 4; left++)
				if (ps_utf8_sequence(s, s + left) != slow_sequence(s, left))
					fail_msg("%02X %02X %02X %02X, %zu", s[0], s[1], s[2], s[3], left);
		}
}

static void test_utf8__the_last_one_and_the_next(void **state)
{
	static const uint8_t text[] = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z";
	static const size_t begins[] = { 0, 1, 3, 6, 10, 11 };
	static const uint8_t tails[] = "\x80\x80\x80\x80\x80\x80";

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(begins) / sizeof(begins[0]); i++) {
		assert_int_equal(ps_utf8_next(text, 11, begins[i]), begins[i + 1]);
		assert_int_equal(ps_utf8_last(text, text + begins[i + 1]), begins[i + 1] - begins[i]);
		for (size_t cut = begins[i] + 1; cut < begins[i + 1]; cut++) {
			assert_int_equal(ps_utf8_last(text, text + cut), 0);
			assert_int_equal(ps_utf8_last(text + cut, text + begins[i + 1]), 0); /* it began before */
		}
	}
	assert_int_equal(ps_utf8_last(text, text), 0);
	assert_int_equal(ps_utf8_last(tails, tails + 6), 0);
	assert_int_equal(ps_utf8_next(text, 11, 11), 12); /* from the end, and from after it, one byte on */
	assert_int_equal(ps_utf8_next(text, 11, 12), 13);
	assert_int_equal(ps_utf8_next(text, 5, 3), 5);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_utf8__each_code_point_there_and_back),
		cmocka_unit_test(test_utf8__what_is_valid),
		cmocka_unit_test(test_utf8__the_last_one_and_the_next),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
