/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * utf8.c - takes UTF-8 apart, and lets the C library know it.
 */
#include "utf8.h"

#include <locale.h>
#include <string.h>

/* How long a sequence is that begins with this byte. 0: none does. */
static size_t sequence_length(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xC2)
		return 0;
	return first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
}

size_t utf8_decode(const char *text, size_t length, uint32_t *character)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = length > 0 ? sequence_length((unsigned char)text[0]) : 0;
	uint32_t c;

	if (n == 0 || n > length)
		return 0;
	c = (unsigned char)text[0] & (n == 1 ? 0x7Fu : 0xFFu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if (((unsigned char)text[i] & 0xC0) != 0x80)
			return 0;
		c = c << 6 | ((unsigned char)text[i] & 0x3F);
	}
	if (c < smallest[n] || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000))
		return 0;
	*character = c;
	return n;
}

void utf8_use_locale(void)
{
	locale_t utf8;

	if (uselocale((locale_t)0) != LC_GLOBAL_LOCALE)
		return;
	utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (utf8 != (locale_t)0)
		uselocale(utf8);
}

/* How many bytes at the start are ASCII; eight of them are looked at together. */
static size_t count_ascii(const char *text, size_t length)
{
	size_t at = 0;
	uint64_t eight;

	for (; length - at >= sizeof(eight); at += sizeof(eight)) {
		memcpy(&eight, text + at, sizeof(eight));
		if ((eight & UINT64_C(0x8080808080808080)) != 0)
			break;
	}
	while (at < length && (text[at] & 0x80) == 0)
		at++;
	return at;
}

bool utf8_is_valid(const char *text, size_t length)
{
	size_t at = 0, bytes;
	uint32_t character;

	while ((at += count_ascii(text + at, length - at)) < length) {
		bytes = utf8_decode(text + at, length - at, &character);
		if (bytes == 0)
			return false;
		at += bytes;
	}
	return true;
}
