/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * prose.c - see prose.h.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "prose.h"

#include "archive.h"
#include "random_pattern.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ONE_OF(d, table) ((table)[dice_below(d, sizeof(table) / sizeof((table)[0]))])

static const char *const common[] = { "return", "struct", "mutex_", "static", "irq, x", "if (a)", "  int ", "0x1234" };

/* All of PROSE_WORD bytes. Those with U+212A (Kelvin) and U+017F (long s) match k and s without regard to case. */
static const char *const rare[] = {
	"needle", "Needle", "NEEDLE", "noodle", "needed", "kettle", "Kettle", "KETTLE", "socket", "SOCKET", "\xC5\xBFocke",
	"\xE2\x84\xAA" "elp", "kelp_a", "na\xC3\xAFve", "na\xEFve_", "stra\xC3\x9F", "a->b()", "foobar", "foobaz", "barfoo",
	"ab\tcde", "ab cde", "ab.cde", "zz zz ", "qq\nqq\n", "\xC3\x89" "COL", "\xC3\xA9" "col", "x=1234", "======", "######",
	"sKiNks", "skinks", "yyyyyy", "xyxyxy",
};

const char *prose_word(struct dice *d)
{
	return dice_chance(d, 90) ? ONE_OF(d, common) : ONE_OF(d, rare);
}

/* --- texts --- */

static void grow(struct prose *p, size_t size)
{
	if (size <= p->space)
		return;
	p->space = 2 * size;
	p->bytes = realloc(p->bytes, p->space);
	if (p->bytes == NULL)
		exit(99);
}

static void put(struct prose *p, const char *bytes, size_t size)
{
	grow(p, p->size + size);
	memcpy(p->bytes + p->size, bytes, size);
	p->size += size;
}

static void put_lines(struct dice *d, struct prose *p, uint32_t count, const char *end)
{
	static const char *const between[] = { " ", " ", "", ",", "\t" };

	for (uint32_t i = 0; i < count && p->size + 200 < PROSE_MOST; i++) {
		for (uint32_t k = dice_below(d, 9); k > 0; k--) {
			const char *separator = ONE_OF(d, between);

			put(p, prose_word(d), PROSE_WORD);
			put(p, separator, strlen(separator));
		}
		put(p, end, strlen(end));
	}
	if (p->size > 0 && dice_chance(d, 20))
		p->size--; /* no end */
}

/* Makes UTF-16 of what is there from `from` on. */
static void widen(struct prose *p, size_t from, bool big_endian)
{
	size_t n = p->size - from;

	grow(p, from + 2 * n);
	for (size_t i = n; i-- > 0;) {
		char c = p->bytes[from + i];

		p->bytes[from + 2 * i + big_endian] = c;
		p->bytes[from + 2 * i + !big_endian] = '\0';
	}
	p->size = from + 2 * n;
}

/* Some texts, compressed by a program; none, if it is not here. */
enum { PACKED = 6 };
static struct archive packed[PACKED];

void prose_prepare(void)
{
	if (packed[0].size > 0 || !archive_can(&archive_programs[0]))
		return;
	for (int i = 0; i < PACKED; i++) {
		struct dice own = { (uint64_t)i }, *d = &own;
		struct prose prose = { 0 }, *p = &prose;

		for (int k = 0; k < 3; k++) {
			put_lines(d, p, 4, "\n");
			put(p, rare[(i * 3 + k) % 20], PROSE_WORD);
		}
		packed[i] = archive_make(archive_programs[0].command, prose.bytes, prose.size);
		prose_free(p);
	}
}

void prose_free(struct prose *prose)
{
	free(prose->bytes);
	*prose = (struct prose){ 0 };
}

static void put_special(struct dice *d, struct prose *p, uint32_t kind)
{
	size_t from;

	switch (kind) {
	case 0: /* binary from the start */
		put_lines(d, p, 2, "\n");
		put(p, "x\0y", 3);
		put_lines(d, p, 4, "\n");
		break;
	case 1: /* a long line */
		put_lines(d, p, 3, "\n");
		put_lines(d, p, 30 + dice_below(d, 200), " ");
		put_lines(d, p, 3, "\n");
		break;
	case 2:
		put(p, "\xEF\xBB\xBF", 3);
		put_lines(d, p, 8, "\n");
		break;
	case 3:
	case 4:
		if (dice_chance(d, 80))
			put(p, kind == 4 ? "\xFE\xFF" : "\xFF\xFE", 2);
		from = p->size;
		put_lines(d, p, 8, "\n");
		widen(p, from, kind == 4);
		break;
	case 5:
		put_lines(d, p, 10, "\r\n");
		break;
	case 6: /* lines that end in NUL */
		for (int i = 0; i < 5; i++) {
			put_lines(d, p, 1, "\n");
			put(p, "", 1);
		}
		break;
	case 7:
		put(p, "PK\3\4 an archive\n", 16);
		put_lines(d, p, 5, "\n");
		break;
	default:
		break; /* empty */
	}
}

static void put_packed(struct dice *d, struct prose *p)
{
	const struct archive *one = &packed[dice_below(d, PACKED)];

	if (one->size > 0)
		put(p, (const char *)one->bytes, one->size);
}

/* More than one block of a signature. */
static void put_large(struct dice *d, struct prose *p)
{
	size_t size = (64 << 10) + dice_below(d, 200 << 10);

	while (p->size < size)
		put_lines(d, p, 100, "\n");
	if (dice_chance(d, 20))
		put(p, "", 1);
	put_lines(d, p, 10, "\n");
}

struct prose prose_text(struct dice *d)
{
	uint32_t kind = dice_below(d, 1000);
	struct prose prose = { 0 }, *p = &prose;

	grow(p, 1); /* never NULL */
	if (kind < 20)
		put_packed(d, p);
	else if (kind < 200)
		put_special(d, p, kind % 9);
	else if (kind < 205)
		put_large(d, p);
	else
		put_lines(d, p, 1 + dice_below(d, kind < 240 ? 60 : 8), "\n");
	return prose;
}

const char *prose_rules(struct dice *d)
{
	static const char *const rules[] = { "", "*.c\n", "a*\n!*.c\n", "b*/\n", "/f1*\n", "f*\n!f2*\n", "*\n!*/\n!f*\n",
					     "d*\n", "f[0-5]*\n", "nothing\n", "# *\n" };

	return ONE_OF(d, rules);
}

/* --- patterns --- */

static void random_expression(struct dice *d, char *buffer, struct search_pattern *pattern, enum search_syntax *syntax)
{
	struct draw draw = { dice_next(d) | 1 };
	struct pattern drawn;

	draw_pattern(&draw, &drawn);
	*syntax = (enum search_syntax)drawn.syntax;
	memcpy(buffer, drawn.text, drawn.length);
	pattern->length = drawn.length;
}

static void twist_case(struct dice *d, char *at)
{
	for (; *at != '\0'; at++)
		if (isalpha((unsigned char)*at) && dice_chance(d, 50))
			*at ^= 0x20;
}

/* A piece of a word. */
static int put_piece(struct dice *d, char *buffer)
{
	uint32_t from = dice_below(d, PROSE_WORD - 1), n = 1 + dice_below(d, PROSE_WORD - from);

	return snprintf(buffer, PROSE_PATTERN, "%.*s", (int)n, ONE_OF(d, rare) + from);
}

static void put_expression(struct dice *d, char *buffer, uint32_t *flags)
{
	static const char *const others[] = {
		"", "zzyzzx", "(?i)kelp", "(?i)socke", "(?i)kettle", "[nN]eed\\w+", "n[eo]{2}d", "need(le)?d?", "(xy){2,3}",
		"x=\\d+", "^return", "mutex_$", "\\bfoo", "foo(bar|baz)", "(foo|bar)(foo|bar)", "ab.cde", "ab\\scde", "ab\tcde",
		"(?:needle|kettle|socket)", "(?i:NEED)le", "(?i)stra\xC3\x9F", "stra(\xC3\x9F|ss)", "na.ve", ("(?i)\xC3\xA9" "col"),
		"(.)\\1{3}", "needle(?= )", "(?<!a)needle", "return.*needle.*struct", "[a-z]+dle\\b", "\\w+\\s\\w+kettle", "...",
		"needle\\s+\\w", "dle\\s?\\nret", "\\n\\n", "qq\\nqq", "yyy+", "={4}", "#{2,}", "a->b\\(\\)", "\\x00", "k", "ne|zz",
	};
	uint32_t kind = dice_below(d, 10);

	if (kind < 2) {
		put_piece(d, buffer);
	} else if (kind < 3) {
		snprintf(buffer, PROSE_PATTERN, "%s.*%s", ONE_OF(d, common), ONE_OF(d, rare));
	} else if (kind < 4) {
		snprintf(buffer, PROSE_PATTERN, "%s|%s", ONE_OF(d, rare), ONE_OF(d, rare));
	} else if (kind < 5) {
		snprintf(buffer, PROSE_PATTERN, "%s", ONE_OF(d, rare));
		twist_case(d, buffer);
		*flags |= SEARCH_MATCH_IGNORE_CASE;
	} else {
		snprintf(buffer, PROSE_PATTERN, "%s", ONE_OF(d, others));
		if (strstr(buffer, "\\n") != NULL || strstr(buffer, "\\s") != NULL)
			*flags |= dice_chance(d, 70) ? SEARCH_MATCH_MULTILINE : 0U;
	}
}

void prose_pattern(struct dice *d, char *buffer, struct search_pattern *pattern, enum search_syntax *syntax,
		   uint32_t *flags)
{
	uint32_t kind = dice_below(d, 100);

	*pattern = (struct search_pattern){ .text = buffer };
	*syntax = SEARCH_SYNTAX_ONIGURUMA;
	*flags = 0;
	if (kind < 3) {
		random_expression(d, buffer, pattern, syntax);
		return;
	}
	if (kind < 50) {
		snprintf(buffer, PROSE_PATTERN, "%s", kind < 10 ? ONE_OF(d, common) : ONE_OF(d, rare));
		*flags |= SEARCH_MATCH_FIXED;
		*flags |= kind % 5 == 0 ? SEARCH_MATCH_IGNORE_CASE : 0U;
	} else {
		put_expression(d, buffer, flags);
	}
	pattern->length = strlen(buffer);
	if (kind % 10 == 9 && (*flags & SEARCH_MATCH_FIXED) == 0)
		*syntax = (enum search_syntax)dice_below(d, 5);
}
