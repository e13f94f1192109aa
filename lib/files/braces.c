/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * braces.c - {a,b} in a glob becomes two globs.
 *
 * Texts wait on a stack. Each is replaced by as many new ones as its first pair of braces has alternatives, until no
 * braces are left. The number of texts and their length in all are bounded, as {a,b}{a,b}... doubles with each pair.
 */
#include "braces.h"

#include <string.h>

enum {
	MOST_TEXTS = 10000,
	MOST_BYTES = 1 << 20
};

struct stack {
	char **texts;
	size_t count, space;
	size_t made, bytes; /* so far */
};

/* Returns the place after the character at p; an escaped one, or a class, is passed as a whole. */
static const char *pass_character(const char *p)
{
	const char *end;

	if (*p == '\\' && p[1] != '\0')
		return p + 2;
	if (*p != '[')
		return p + 1;
	end = p + 1 + (p[1] == '!' || p[1] == '^');
	end = *end != '\0' ? strchr(end + 1, ']') : NULL;
	return end != NULL ? end + 1 : p + 1;
}

/* Finds the first opening brace, or the end of the text. NULL: a closing one comes before. */
static const char *find_open(const char *p)
{
	while (*p != '\0' && *p != '{') {
		if (*p == '}')
			return NULL;
		p = pass_character(p);
	}
	return p;
}

/* Finds where the alternative that starts here ends: its comma or brace. NULL: nowhere. */
static const char *find_end(const char *p)
{
	for (size_t depth = 0; *p != '\0'; p = pass_character(p)) {
		if (depth == 0 && (*p == ',' || *p == '}'))
			return p;
		depth += *p == '{';
		depth -= *p == '}';
	}
	return NULL;
}

static int push_text(struct stack *s, const char *const parts[3], const size_t lengths[3])
{
	size_t length = lengths[0] + lengths[1] + lengths[2];
	char **texts = ps_grow(s->texts, &s->space, s->count + 1, sizeof(*texts)), *text;

	if (texts == NULL)
		return SEARCH_ENOMEM;
	s->texts = texts;
	s->made++;
	s->bytes += length;
	if (s->made > MOST_TEXTS || s->bytes > MOST_BYTES)
		return SEARCH_EINVAL;
	text = malloc(length + 1);
	if (text == NULL)
		return SEARCH_ENOMEM;
	texts[s->count++] = text;
	for (int i = 0; i < 3; i++) {
		memcpy(text, parts[i], lengths[i]);
		text += lengths[i];
	}
	*text = '\0';
	return SEARCH_OK;
}

/* Pushes each alternative of the braces that open here, with what stands before and after them. */
static int split_alternatives(struct stack *s, const char *text, const char *open, const char **problem)
{
	const char *last = open, *end = open;
	int rc = SEARCH_OK;

	do {
		last = find_end(last + 1);
		if (last == NULL) {
			*problem = "the glob has an opening brace without a closing one";
			return SEARCH_EINVAL;
		}
	} while (*last != '}');
	while (rc == SEARCH_OK && end != last) {
		const char *begin = end + 1;
		const char *parts[3] = { text, begin, last + 1 };

		end = find_end(begin);
		rc = push_text(s, parts, (size_t[3]){ (size_t)(open - text), (size_t)(end - begin), strlen(last + 1) });
	}
	if (rc == SEARCH_EINVAL)
		*problem = "the braces of the glob expand to too many globs";
	return rc;
}

static int expand_one(struct stack *s, const char *text, int (*add)(void *, const char *, size_t), void *context,
		      const char **problem)
{
	const char *open = find_open(text);

	if (open == NULL) {
		*problem = "the glob has a closing brace without an opening one";
		return SEARCH_EINVAL;
	}
	return *open == '\0' ? add(context, text, (size_t)(open - text)) : split_alternatives(s, text, open, problem);
}

int ps_braces_expand(const char *text, int (*add)(void *context, const char *text, size_t length), void *context,
		     const char **problem)
{
	struct stack s = { 0 };
	int rc = expand_one(&s, text, add, context, problem);

	while (rc == SEARCH_OK && s.count > 0) {
		char *next = s.texts[--s.count];

		rc = expand_one(&s, next, add, context, problem);
		free(next);
	}
	while (s.count > 0)
		free(s.texts[--s.count]);
	free(s.texts);
	return rc;
}
