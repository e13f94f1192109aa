/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_match.c - any patterns on any text: compares the lines and spans that one way finds with those that Oniguruma
 * finds, line by line.
 *
 * An input is two bytes that say how to search, the patterns with FF between them, a NUL, and the text:
 *
 *   0  bit 0-3  SEARCH_MATCH_IGNORE_CASE, _WORD, _LINE, _FIXED
 *      bit 4-5  the syntax
 *      bit 6    no vectors
 *      bit 7    one more pattern, which is in no text
 *   1  bit 0-2  PS_AVOID_STRINGS, _AUTOMATON, _ONIGURUMA
 *      bit 3    strings become a dictionary, however few
 *      bit 4    no memory for the automaton's states
 *      bit 5    the text comes in two pieces
 *      bit 6    only the spans that begin close to the first one
 *      bit 7    PS_AVOID_WEIGHING
 *
 * SEARCH_MATCH_INVERT does not concern the matcher. If Oniguruma gives up on a line, that line is not compared.
 * `make fuzz` builds this file for libFuzzer; test_fuzz.c runs it with any compiler.
 */
#include "../../lib/base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../match/find.h"

enum {
	PATTERNS = 8,
	LINES = 512,
	SPANS = 4096,
	SYNTAXES = SEARCH_SYNTAX_PYTHON + 1,
	CLOSE = 3
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	struct search_pattern patterns[PATTERNS + 1];
	size_t count;
	const uint8_t *text;
	size_t length;
	uint8_t how[2];
};

/* What is known of a line, and where its spans are among those of the text. */
struct verdict {
	size_t begin, end;
	int found; /* PS_FOUND, PS_NONE or PS_UNDECIDED */
	int rc;    /* of the spans */
	size_t first, count;
};

struct verdicts {
	struct verdict line[LINES];
	size_t count;
	struct search_span spans[SPANS];
	size_t span_count;
	bool full; /* there are more spans than there is room for: they are not compared */
};

static bool has(const struct input *in, int byte, int bit)
{
	return (in->how[byte] >> bit & 1) != 0;
}

/* False: the input is too short, or has too much of something. */
static bool take_apart(struct input *in, const uint8_t *data, size_t size)
{
	const uint8_t *p = data + 2, *zero = size > 2 ? memchr(p, '\0', size - 2) : NULL;
	size_t lines = 1;

	if (zero == NULL)
		return false;
	*in = (struct input){ .text = zero + 1, .length = size - (size_t)(zero + 1 - data), .how = { data[0], data[1] } };
	for (size_t i = 0; i < in->length; i++)
		lines += in->text[i] == '\n';
	for (bool more = true; more && in->count < PATTERNS;) {
		const uint8_t *end = memchr(p, 0xFF, (size_t)(zero - p));

		more = end != NULL;
		end = more ? end : zero;
		in->patterns[in->count++] = (struct search_pattern){ .text = (const char *)p, .length = (size_t)(end - p) };
		p = end + 1;
	}
	if (has(in, 0, 7))
		in->patterns[in->count++] = (struct search_pattern){ .text = "\x7F\x01@", .length = 3 };
	return lines <= LINES;
}

static struct ps_match_options options_of(const struct input *in)
{
	static const uint32_t flags[] = { SEARCH_MATCH_IGNORE_CASE, SEARCH_MATCH_WORD, SEARCH_MATCH_LINE, SEARCH_MATCH_FIXED };
	static const uint32_t avoid[] = { PS_AVOID_STRINGS, PS_AVOID_AUTOMATON, PS_AVOID_ONIGURUMA };
	struct ps_match_options o = { .patterns = in->patterns, .count = in->count, .cpu = ps_cpu_features() };

	for (int i = 0; i < 4; i++)
		o.flags |= has(in, 0, i) ? flags[i] : 0;
	o.syntax = (in->how[0] >> 4 & 3) % SYNTAXES;
	o.cpu = has(in, 0, 6) ? 0 : o.cpu;
	for (int i = 0; i < 3; i++)
		o.avoid |= has(in, 1, i) ? avoid[i] : 0;
	o.avoid |= has(in, 1, 7) ? PS_AVOID_WEIGHING : 0;
	o.words = has(in, 1, 3) ? 1 : 0;
	o.memory = has(in, 1, 4) ? 1 : 0;
	return o;
}

static size_t reach_of(const struct input *in)
{
	return has(in, 1, 6) ? CLOSE : SIZE_MAX;
}

/* ---- what a way finds ---- */

static void list_lines(struct verdicts *v, const struct input *in)
{
	v->count = v->span_count = 0;
	v->full = false;
	for (size_t from = 0; from < in->length;) {
		const uint8_t *end = memchr(in->text + from, '\n', in->length - from);
		struct verdict *line = &v->line[v->count++];

		*line = (struct verdict){ .begin = from, .end = end == NULL ? in->length : (size_t)(end - in->text) };
		from = line->end + 1;
	}
}

static void find_spans(struct verdicts *v, struct verdict *line, struct ps_finder *f, const struct input *in)
{
	const struct search_span *spans;

	line->rc = ps_find_spans(f, in->text + line->begin, line->end - line->begin, reach_of(in), &spans, &line->count);
	line->first = v->span_count;
	if (line->rc != SEARCH_OK)
		return;
	if (line->count > SPANS - v->span_count) {
		v->full = true;
		line->count = 0;
		return;
	}
	if (line->count > 0)
		memcpy(v->spans + v->span_count, spans, line->count * sizeof(*spans));
	v->span_count += line->count;
}

/* Goes from v->line[*i] to `limit`, where a line begins. */
static void find_lines(struct verdicts *v, size_t *i, struct ps_finder *f, const struct input *in, size_t limit)
{
	struct ps_line line = { 0, 0 };
	int rc;

	while (*i < v->count && v->line[*i].begin < limit) {
		rc = find_line(f, in->text, v->line[*i].begin, limit, &line);
		if (rc == SEARCH_ENOMEM) {
			v->line[(*i)++].found = PS_UNDECIDED;
			continue;
		}
		while (*i < v->count && v->line[*i].begin < (rc == PS_NONE ? limit : line.begin))
			v->line[(*i)++].found = PS_NONE;
		if (rc == PS_NONE)
			continue;
		if (*i == v->count || v->line[*i].begin != line.begin || v->line[*i].end != line.end)
			abort(); /* no line of the text */
		v->line[(*i)++].found = rc;
	}
}

/* Fills *v. False: the patterns are refused. */
static bool judge(struct verdicts *v, const struct input *in, const struct ps_match_options *options, bool pieces)
{
	struct ps_matcher *m;
	struct ps_finder *f;
	size_t i = 0, length;
	char said[256];

	if (ps_matcher_new(&m, options, NULL) != SEARCH_OK)
		return false;
	if (ps_matcher_explain(m, true, said, sizeof(said), &length) != SEARCH_OK || strlen(said) > length ||
	    ps_finder_new(&f, m) != SEARCH_OK)
		abort();
	list_lines(v, in);
	if (pieces && v->count > 1) {
		find_lines(v, &i, f, in, v->line[v->count / 2].begin);
		ps_finder_forget(f);
	}
	find_lines(v, &i, f, in, in->length);
	for (i = 0; i < v->count; i++)
		if (v->line[i].found == PS_FOUND)
			find_spans(v, &v->line[i], f, in);
	ps_finder_free(f);
	ps_matcher_free(m);
	return true;
}

static void compare(const struct verdicts *a, const struct verdicts *b)
{
	for (size_t i = 0; i < a->count; i++) {
		const struct verdict *x = &a->line[i], *y = &b->line[i];

		if (x->found == PS_UNDECIDED || y->found == PS_UNDECIDED)
			continue;
		if (x->found != y->found)
			abort(); /* one finds the line */
		if (x->found != PS_FOUND || x->rc != SEARCH_OK || y->rc != SEARCH_OK || a->full || b->full)
			continue;
		if (x->count != y->count ||
		    memcmp(a->spans + x->first, b->spans + y->first, x->count * sizeof(*a->spans)) != 0)
			abort(); /* other spans */
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct verdicts some, plain;
	struct ps_match_options options;
	struct input in;
	bool opened;

	if (!take_apart(&in, data, size))
		return 0;
	options = options_of(&in);
	opened = judge(&some, &in, &options, has(&in, 1, 5));
	options.avoid = PS_AVOID_ALL;
	options.words = options.memory = 0;
	if (judge(&plain, &in, &options, false) != opened)
		abort(); /* one refuses the patterns */
	if (opened)
		compare(&some, &plain);
	return 0;
}
