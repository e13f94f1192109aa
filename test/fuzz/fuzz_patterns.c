/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_patterns.c - any patterns, in any syntax: they are refused with a reason and a place, or compile, within bounds.
 * Nothing is searched.
 *
 * libFuzzer: -max_len=1024 -timeout=120 -malloc_limit_mb=512 -dict=test/fuzz/patterns.dict
 *
 * An input is three bytes that say how, and the patterns with FF between them:
 *
 *   0  the syntax
 *   1  bit 0-3  SEARCH_MATCH_IGNORE_CASE, _WORD, _LINE, _FIXED
 *      bit 4-7  1: SEARCH_MATCH_CRLF, 2: _NUL_LINES, 4: _MULTILINE, 8: _MULTILINE and _DOT_NEWLINE
 *   2  bit 0-1  1: SEARCH_RESULT_GROUPS, 2: _NO_SPANS
 *      bit 3-7  how much room there is for what is said of them
 */
#include "fuzz.h"

enum { HEAD = 3, PATTERNS = 16, SYNTAXES = SEARCH_SYNTAX_EXTENDED + 1, MOST_SAID = 64 << 10 };

struct given {
	struct search_options options;
	struct search_pattern patterns[PATTERNS];
	char *texts[PATTERNS];
	size_t room;
};

static void take_apart(struct given *g, const uint8_t *data, size_t size)
{
	static const uint32_t lines[] = { SEARCH_MATCH_CRLF, SEARCH_MATCH_NUL_LINES, SEARCH_MATCH_MULTILINE,
					  SEARCH_MATCH_MULTILINE | SEARCH_MATCH_DOT_NEWLINE };
	static const uint32_t results[] = { 0, SEARCH_RESULT_GROUPS, SEARCH_RESULT_NO_SPANS, 0 };
	static const struct search_source source = { .kind = SEARCH_SOURCE_MEMORY };
	struct fuzz_input in = fuzz_begin(data, size);
	struct search_options *o = &g->options;
	uint8_t how;

	*o = (struct search_options)SEARCH_OPTIONS_INIT;
	o->syntax = (enum search_syntax)fuzz_below(&in, SYNTAXES);
	how = fuzz_byte(&in);
	o->match_flags = how & (SEARCH_MATCH_IGNORE_CASE | SEARCH_MATCH_WORD | SEARCH_MATCH_LINE);
	o->match_flags |= (how & 8) != 0 ? SEARCH_MATCH_FIXED : 0;
	for (int i = 0; i < 4; i++)
		o->match_flags |= (how >> (4 + i) & 1) != 0 ? lines[i] : 0;
	how = fuzz_byte(&in);
	o->result_flags = results[how & 3];
	g->room = (size_t)(how >> 3) * 97;
	for (o->pattern_count = 0; o->pattern_count == 0 || (fuzz_left(&in) > 0 && o->pattern_count < PATTERNS);) {
		const uint8_t *piece;
		size_t length = fuzz_until(&in, 0xFF, &piece), i = o->pattern_count++;

		g->texts[i] = fuzz_copy(piece, length);
		g->patterns[i] = (struct search_pattern){ .text = g->texts[i], .length = length };
	}
	o->patterns = g->patterns;
	o->sources = &source;
	o->source_count = 1;
	o->workers = SEARCH_NO_WORKERS;
}

/* A refusal says why, in a sentence, and where. */
static void check_error(const struct given *g, const struct search_error *error)
{
	size_t length = strnlen(error->message, sizeof(error->message));

	FUZZ_CHECK(length > 0 && length < sizeof(error->message));
	for (size_t i = 0; i < length; i++)
		FUZZ_CHECK(error->message[i] >= 0x20 && error->message[i] < 0x7F);
	if (error->code != SEARCH_EPATTERN) {
		FUZZ_CHECK(error->code == SEARCH_EINVAL);
		return;
	}
	FUZZ_CHECK(error->subject == SEARCH_SUBJECT_PATTERN && error->index < g->options.pattern_count);
	FUZZ_CHECK(error->offset == SIZE_MAX || error->offset <= g->patterns[error->index].length);
	FUZZ_CHECK(error->reason_at <= length);
}

/* What is said fits, is ASCII, and is the same however much room there is. */
static void check_said(const struct given *g, int length)
{
	char *whole = malloc(MOST_SAID), *part = malloc(g->room + 1);
	size_t shown;

	FUZZ_CHECK(length > 0 && length < MOST_SAID);
	FUZZ_CHECK(search_explain(&g->options, whole, MOST_SAID, NULL) == length);
	FUZZ_CHECK(strlen(whole) == (size_t)length && whole[length - 1] == '\n');
	for (int i = 0; i < length; i++)
		FUZZ_CHECK(whole[i] == '\n' || (whole[i] >= 0x20 && whole[i] < 0x7F));
	shown = ps_min(g->room, (size_t)length);
	FUZZ_CHECK(search_explain(&g->options, part, g->room + 1, NULL) == length);
	FUZZ_CHECK(strlen(part) == shown && memcmp(part, whole, shown) == 0);
	free(whole);
	free(part);
}

/* Groups have numbers from 1 on, and perhaps names. */
static void check_groups(const struct given *g, const struct search *s)
{
	for (size_t i = 0; i < g->options.pattern_count; i++) {
		size_t count = search_group_count(s, i);

		for (size_t group = 1; group <= count; group++) {
			const char *name = search_group_name(s, i, group);

			FUZZ_CHECK(name == NULL || (strlen(name) > 0 && strlen(name) < g->patterns[i].length));
		}
		FUZZ_CHECK(search_group_name(s, i, 0) == NULL && search_group_name(s, i, count + 1) == NULL);
	}
	FUZZ_CHECK(search_group_count(s, g->options.pattern_count) == 0);
}

static void open_search(const struct given *g, int expected)
{
	struct search_error error = SEARCH_ERROR_INIT;
	const struct search_item *item;
	struct search *s;
	size_t pattern = SIZE_MAX;
	int never;

	FUZZ_CHECK(search_open(&s, &g->options, &error) == expected && error.code == expected);
	FUZZ_CHECK((s != NULL) == (expected == SEARCH_OK));
	if (s == NULL)
		return;
	never = search_never(s, &pattern);
	FUZZ_CHECK(never >= SEARCH_NEVER_NONE && never <= SEARCH_NEVER_CHARACTER);
	FUZZ_CHECK(never == SEARCH_NEVER_NONE || pattern < g->options.pattern_count);
	check_groups(g, s);
	FUZZ_CHECK(search_next(s, &item) == 0); /* the source is empty */
	search_close(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct search_error error = SEARCH_ERROR_INIT;
	struct given g;
	int rc;

	take_apart(&g, data, size);
	rc = search_explain(&g.options, NULL, 0, &error);
	FUZZ_CHECK(rc < 0 ? error.code == rc : error.code == 0 && error.message[0] == '\0');
	if (rc < 0)
		check_error(&g, &error);
	else
		check_said(&g, rc);
	open_search(&g, rc < 0 ? rc : SEARCH_OK);
	for (size_t i = 0; i < g.options.pattern_count; i++)
		free(g.texts[i]);
	return 0;
}
