/* SPDX-License-Identifier: BSD-2-Clause */
/* text.c - text that grows, and copies of strings. */
#include "base.h"
#include "text.h"

#include <string.h>

bool ps_text_reserve(struct ps_text *text, size_t length)
{
	char *grown = ps_grow(text->bytes, &text->space, length + 1, 1);

	if (grown == NULL) {
		text->no_memory = true;
		return false;
	}
	text->bytes = grown;
	return true;
}

bool ps_text_add(struct ps_text *text, const void *bytes, size_t length)
{
	if (!ps_text_reserve(text, text->length + length))
		return false;
	memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
	PS_ASSERT(text->length < text->space);
	text->bytes[text->length] = '\0';
	return true;
}

bool ps_text_add_string(struct ps_text *text, const char *string)
{
	return ps_text_add(text, string, strlen(string));
}

void ps_text_free(struct ps_text *text)
{
	free(text->bytes);
	*text = (struct ps_text){ 0 };
}

const char *ps_text_join(struct ps_text *text, const char *directory, const char *name)
{
	size_t length = strlen(directory);

	text->length = 0;
	if (!ps_text_add(text, directory, length) ||
	    (length > 0 && directory[length - 1] != '/' && !ps_text_add(text, "/", 1)) ||
	    !ps_text_add_string(text, name))
		return NULL;
	return text->bytes;
}

char *ps_copy_string(const char *string, bool *ok)
{
	char *copy = string != NULL ? strdup(string) : NULL;

	*ok = *ok && (copy != NULL || string == NULL);
	return copy;
}
