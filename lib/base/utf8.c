/* SPDX-License-Identifier: BSD-2-Clause */
/* utf8.c - code points and their bytes, see utf8.h. */
#include "base.h"
#include "utf8.h"

size_t ps_utf8_encode(uint32_t code, uint8_t *to)
{
	size_t length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	static const uint8_t lead[] = { 0, 0, 0xC0, 0xE0, 0xF0 };

	for (size_t i = length - 1; i > 0; i--) {
		to[i] = (uint8_t)(0x80 | (code & 0x3F));
		code >>= 6;
	}
	to[0] = (uint8_t)(lead[length] | code);
	return length;
}

uint32_t ps_utf8_decode(const uint8_t *sequence, size_t length)
{
	uint32_t code = length == 1 ? sequence[0] : sequence[0] & (0x7Fu >> length);

	for (size_t i = 1; i < length; i++)
		code = code << 6 | (sequence[i] & 0x3Fu);
	return code;
}

size_t ps_utf8_last(const uint8_t *begin, const uint8_t *end)
{
	size_t most = ps_min(4, (size_t)(end - begin));

	for (size_t n = 1; n <= most; n++)
		if ((end[-(ptrdiff_t)n] & 0xC0) != 0x80)
			return ps_utf8_sequence(end - n, end) == n ? n : 0;
	return 0;
}

size_t ps_utf8_next(const uint8_t *text, size_t length, size_t at)
{
	if (at >= length)
		return at + 1;
	do
		at++;
	while (at < length && (text[at] & 0xC0) == 0x80);
	return at;
}
