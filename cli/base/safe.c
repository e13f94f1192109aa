/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * safe.c - text that is made safe for a terminal.
 */
#include "safe.h"

#include <stdint.h>
#include <string.h>

#include "utf8.h"

#define DELETE 0x7F

/* Embeddings, overrides and isolates of the bidirectional algorithm. */
static bool reorders(uint32_t c)
{
	return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

static bool is_safe(uint32_t c, bool lines)
{
	if (c < ' ')
		return c == '\t' || (c == '\n' && lines);
	return c < DELETE || (c >= 0xA0 && !reorders(c));
}

size_t safe_length(const char *text, size_t length, bool lines)
{
	size_t at = 0;

	while (at < length) {
		uint32_t c;
		size_t n = utf8_decode(text + at, length - at, &c);

		if (n == 0 || !is_safe(c, lines))
			break;
		at += n;
	}
	return at;
}

size_t safe_form(const char *text, size_t length, char form[SAFE_FORM])
{
	uint32_t c;
	size_t n = utf8_decode(text, length, &c);

	if (n == 0) {
		snprintf(form, SAFE_FORM, "\\x%02X", (unsigned char)*text);
		return 1;
	}
	if (c <= DELETE)
		snprintf(form, SAFE_FORM, "^%c", (int)(c ^ 0x40));
	else
		snprintf(form, SAFE_FORM, "<U+%04X>", (unsigned)c);
	return n;
}

void safe_write(struct output *out, bool colours, const char *text, size_t length, bool lines)
{
	while (length > 0) {
		size_t n = safe_length(text, length, lines);
		char form[SAFE_FORM];

		output_write(out, text, n);
		text += n;
		length -= n;
		if (length == 0)
			return;
		n = safe_form(text, length, form);
		text += n;
		length -= n;
		if (colours)
			output_write(out, "\33[7m", 4);
		output_write(out, form, strlen(form));
		if (colours)
			output_write(out, "\33[27m", 5);
	}
}

void safe_print(FILE *to, const char *text)
{
	size_t length = strlen(text);

	while (length > 0) {
		size_t n = safe_length(text, length, false);
		char form[SAFE_FORM] = "";

		fwrite(text, 1, n, to);
		text += n;
		length -= n;
		n = length > 0 ? safe_form(text, length, form) : 0;
		text += n;
		length -= n;
		fputs(form, to);
	}
}
