/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * separator.c - what is printed between fields, and between groups of lines.
 */
#include "separator.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static int digit_value(char c)
{
	return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* Reads an escape or another byte. Returns how much of the text that was. */
static size_t read_byte(const char *text, char *byte)
{
	static const char letters[] = "tnr0\\", bytes[] = "\t\n\r\0\\";
	const char *letter = text[0] == '\\' && text[1] != '\0' ? strchr(letters, text[1]) : NULL;

	if (letter) {
		*byte = bytes[letter - letters];
		return 2;
	}
	if (text[0] == '\\' && text[1] == 'x' && isxdigit((unsigned char)text[2]) && isxdigit((unsigned char)text[3])) {
		*byte = (char)(digit_value(text[2]) << 4 | digit_value(text[3]));
		return 4;
	}
	*byte = *text;
	return 1;
}

bool separator_init(struct separator *s, const char *text, bool escapes)
{
	*s = (struct separator){ 0 };
	if (!text)
		return true;
	s->bytes = malloc(strlen(text) + 1);
	if (!s->bytes)
		return false;
	while (*text != '\0') {
		char *byte = &s->bytes[s->length++];

		if (escapes)
			text += read_byte(text, byte);
		else
			*byte = *text++;
	}
	return true;
}

void separator_free(struct separator *s)
{
	free(s->bytes);
	s->bytes = NULL;
}
