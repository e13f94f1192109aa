/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * translate.c - see translate.h.
 *
 * All translations are in one text, one after the other. It moves while it grows, so the patterns are pointed at their
 * places in it at the end.
 */
#include "translate.h"

#include "pattern.h"
#include "posix.h"

#include <string.h>

static size_t count_expressions(const struct search_pattern *pattern)
{
	const char *p = (const char *)ps_pattern_bytes(pattern), *end = p + pattern->length;
	size_t lines = 1;

	if (pattern->length == 0)
		return 1;
	while ((p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		p++;
		lines++;
	}
	return lines;
}

/* Makes room for one pattern from each line. */
static int make_translation(struct ps_translation *t, const struct ps_match_options *o)
{
	size_t lines = 0;

	for (size_t i = 0; i < o->count; i++)
		lines += count_expressions(&o->patterns[i]);
	t->patterns = calloc(ps_max(lines, 1), sizeof(*t->patterns));
	t->origins = calloc(ps_max(lines, 1), sizeof(*t->origins));
	return t->patterns != NULL && t->origins != NULL ? SEARCH_OK : SEARCH_ENOMEM;
}

static int translate_line(struct ps_translation *t, struct ps_text *text, const uint8_t *line, size_t length,
			  const struct ps_match_options *o, struct ps_pattern_error *error)
{
	const struct ps_posix_mode mode = {
		.extended = o->syntax == SEARCH_SYNTAX_EXTENDED,
		.whole_words = (o->flags & SEARCH_MATCH_WORD) != 0,
		.ignore_case = (o->flags & SEARCH_MATCH_IGNORE_CASE) != 0,
		.newlines = (o->flags & SEARCH_MATCH_NUL_LINES) != 0,
	};
	size_t before = text->length;
	int rc = SEARCH_OK;

	if ((o->flags & SEARCH_MATCH_FIXED) == 0)
		rc = ps_posix_translate(text, line, length, &mode, error);
	else
		ps_text_add(text, line, length);
	t->patterns[t->count++].length = text->length - before;
	return text->no_memory ? SEARCH_ENOMEM : rc;
}

static int translate_lines(struct ps_translation *t, struct ps_text *text, size_t index,
			   const struct ps_match_options *o, struct ps_pattern_error *error)
{
	const struct search_pattern *pattern = &o->patterns[index];
	const uint8_t *begin = ps_pattern_bytes(pattern);
	const uint8_t *end = begin + pattern->length, *line = begin;

	for (;;) {
		const uint8_t *newline = memchr(line, '\n', (size_t)(end - line));
		int rc;

		t->origins[t->count] = index;
		rc = translate_line(t, text, line, (size_t)((newline != NULL ? newline : end) - line), o, error);
		if (rc == SEARCH_EPATTERN && error->offset != SIZE_MAX)
			error->offset += (size_t)(line - begin);
		if (rc != SEARCH_OK || newline == NULL)
			return rc;
		line = newline + 1;
	}
}

int ps_translate(struct ps_translation *translation, const struct ps_match_options *options,
		 const struct ps_simd *simd, size_t *origin, struct ps_pattern_error *error)
{
	/* checked as strings: the nesting of an expression is checked in its translation */
	const struct ps_pattern_mode as_text = { .flags = SEARCH_MATCH_FIXED };
	struct ps_text text = { 0 };
	size_t at = 0;
	int rc = make_translation(translation, options);

	for (*origin = 0; rc == SEARCH_OK && *origin < options->count; ++*origin) {
		rc = ps_pattern_check(&options->patterns[*origin], &as_text, simd, error);
		if (rc == SEARCH_OK)
			rc = translate_lines(translation, &text, *origin, options, error);
		if (rc != SEARCH_OK)
			break;
	}
	translation->text = text.bytes;
	for (size_t i = 0; i < translation->count; i++) {
		translation->patterns[i].text = text.bytes == NULL ? "" : text.bytes + at;
		at += translation->patterns[i].length;
	}
	return rc;
}

void ps_translation_free(struct ps_translation *translation)
{
	free(translation->patterns);
	free(translation->origins);
	free(translation->text);
	*translation = (struct ps_translation){ 0 };
}
