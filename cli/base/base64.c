/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * base64.c - bytes as letters, digits, + and /, as RFC 4648 has it.
 */
#include "base64.h"

#include <stdint.h>

/* Three bytes become four characters of six bits; the last ones of a short group are '='. */
void base64_encode(char *to, const char *bytes, size_t length)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < length; i += 3) {
		size_t left = length - i;
		uint32_t group = (uint32_t)(uint8_t)bytes[i] << 16;

		if (left > 1)
			group |= (uint32_t)(uint8_t)bytes[i + 1] << 8;
		if (left > 2)
			group |= (uint8_t)bytes[i + 2];
		*to++ = digits[group >> 18];
		*to++ = digits[group >> 12 & 63];
		*to++ = left > 1 ? digits[group >> 6 & 63] : '=';
		*to++ = left > 2 ? digits[group & 63] : '=';
	}
}
