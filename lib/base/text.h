/* SPDX-License-Identifier: BSD-2-Clause */
/* text.h - text that grows, and copies of strings. */
#ifndef PS_TEXT_H
#define PS_TEXT_H

#include "base.h"

/* A zeroed one is empty. */
struct ps_text {
	char *bytes; /* NUL-terminated, or NULL: nothing was added yet */
	size_t length;
	size_t space;
	bool no_memory; /* the text is incomplete, as memory was out */
};

/* Makes room for a text of that length. All of these return false, and set no_memory, if out of memory. */
bool ps_text_reserve(struct ps_text *text, size_t length);

/* Appends. */
bool ps_text_add(struct ps_text *text, const void *bytes, size_t length);
bool ps_text_add_string(struct ps_text *text, const char *string);
void ps_text_free(struct ps_text *text);

/* Makes it `directory`, a '/' unless that is "" or ends in one, and `name`. Returns its bytes; NULL: out of memory. */
const char *ps_text_join(struct ps_text *text, const char *directory, const char *name);

/* Returns a copy, to be freed with free(); NULL for NULL. *ok becomes false if out of memory, else stays as it is. */
char *ps_copy_string(const char *string, bool *ok);

#endif
