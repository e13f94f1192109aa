/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * assertion.h - whether an assertion holds at a place, judged by the bytes on both sides of it.
 */
#ifndef PS_ASSERTION_H
#define PS_ASSERTION_H

#include "../syntax/ast.h"

/* What is on one side of a place in a line. */
enum ps_side {
	PS_SIDE_NONE,    /* the line's start or end */
	PS_SIDE_WORD,
	PS_SIDE_OTHER,   /* an ASCII byte that is not a word character, nor a newline */
	PS_SIDE_NEWLINE, /* one in a line that may hold newlines */
	PS_SIDE_UNKNOWN, /* a byte above 7F: whether it belongs to a word character would take more than this byte */
	PS_SIDES
};

enum ps_truth { PS_NO, PS_YES, PS_CANNOT_TELL };

static inline enum ps_side ps_side_of(uint8_t byte)
{
	if (byte >= 0x80)
		return PS_SIDE_UNKNOWN;
	if ((byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || byte == '_' ||
	    (byte >= 'a' && byte <= 'z'))
		return PS_SIDE_WORD;
	return byte == '\n' ? PS_SIDE_NEWLINE : PS_SIDE_OTHER;
}

/* Does it depend on what comes after the place? */
static inline bool ps_assertion_looks_ahead(enum ps_assertion assertion)
{
	return assertion != PS_ASSERT_BEGIN && assertion != PS_ASSERT_AFTER_NO_WORD;
}

/* Does it hold between these two? */
static inline enum ps_truth ps_assertion_holds(enum ps_assertion assertion, enum ps_side before, enum ps_side after)
{
	bool boundary = (before == PS_SIDE_WORD) != (after == PS_SIDE_WORD);

	switch (assertion) {
	case PS_ASSERT_BEGIN:
		return before == PS_SIDE_NONE ? PS_YES : PS_NO;
	case PS_ASSERT_END:
		return after == PS_SIDE_NONE ? PS_YES : PS_NO;
	case PS_ASSERT_LINE_BEGIN:
		return before == PS_SIDE_NONE || (before == PS_SIDE_NEWLINE && after != PS_SIDE_NONE) ? PS_YES : PS_NO;
	case PS_ASSERT_LINE_END:
		return after == PS_SIDE_NONE || after == PS_SIDE_NEWLINE ? PS_YES : PS_NO;
	case PS_ASSERT_AFTER_NO_WORD:
		return before == PS_SIDE_UNKNOWN ? PS_CANNOT_TELL : before == PS_SIDE_WORD ? PS_NO : PS_YES;
	case PS_ASSERT_BEFORE_NO_WORD:
		return after == PS_SIDE_UNKNOWN ? PS_CANNOT_TELL : after == PS_SIDE_WORD ? PS_NO : PS_YES;
	case PS_ASSERT_BOUNDARY:
	case PS_ASSERT_NOT_BOUNDARY:
		break;
	}
	if (before == PS_SIDE_UNKNOWN || after == PS_SIDE_UNKNOWN)
		return PS_CANNOT_TELL;
	return boundary == (assertion == PS_ASSERT_BOUNDARY) ? PS_YES : PS_NO;
}

#endif
