/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * moves.h - a tree compiled to moves: what compile_moves.c makes and backtrack.c follows.
 *
 * A move takes something from the text, or checks something, and leads to the next. If it fails, the way that was put
 * aside last is taken up.
 */
#ifndef PS_MOVES_H
#define PS_MOVES_H

#include "../syntax/ast.h"

enum ps_move_op {
	PS_MOVE_MATCH,     /* the pattern has matched */
	PS_MOVE_FAIL,
	PS_MOVE_BYTES,     /* `count` bytes, from `at` in the literal text */
	PS_MOVE_CHARACTER, /* one character of set `at` */
	PS_MOVE_LOOP,      /* min to max characters of set `at` */
	PS_MOVE_SPLIT,     /* `next`, and then `other` */
	PS_MOVE_OPEN,      /* group `at` begins, */
	PS_MOVE_CLOSE,     /* and ends */
	PS_MOVE_REFERENCE, /* what group `at` matched */
	PS_MOVE_ASSERT,    /* enum ps_assertion `at` */
	PS_MOVE_LOOK,      /* whether `other` matches from `min` characters back leads to PS_MOVE_END */
	PS_MOVE_ATOMIC,    /* `other` up to PS_MOVE_END, then `next` */
	PS_MOVE_END        /* of the innermost PS_MOVE_LOOK or PS_MOVE_ATOMIC */
};

#define PS_NO_BYTES UINT16_MAX

struct ps_move {
	uint8_t op;
	bool lazy;        /* LOOP */
	bool possessive;  /* LOOP: gives nothing back, or need not, as what follows would fail there */
	bool negated, behind; /* LOOK */
	bool conditional; /* OPEN, CLOSE: the group may be passed by, so its former state must come back */
	bool before_reference; /* LOOP: what follows is reference `other` */
	uint16_t first;   /* LOOP: which bytes may follow; PS_NO_BYTES: any, or nothing */
	uint32_t at, count;
	uint32_t min, max;
	uint32_t next, other;
};

/* What a character that begins with this byte is to a set. */
enum ps_set_byte {
	PS_SET_NO,
	PS_SET_BYTE, /* the byte is a character of the set */
	PS_SET_ALL,  /* all characters of more bytes that begin with it are */
	PS_SET_ASK   /* some are */
};

struct ps_char_set {
	uint8_t bytes[256]; /* enum ps_set_byte */
	struct ps_set set;
};

/* The bytes that a way may begin with. */
struct ps_first {
	bool has[256];
	bool at_end; /* it may also match at the end of the text */
};

struct ps_backtrack {
	struct ps_move *moves;
	size_t count, space;
	struct ps_char_set *sets;
	size_t set_count, set_space;
	struct ps_first *firsts;
	size_t first_count, first_space;
	uint8_t *text; /* of all PS_MOVE_BYTES */
	size_t text_size, text_space;
	uint32_t start;
	uint32_t lead;           /* a possessive LOOP that each way begins with, but for PS_MOVE_OPEN; or UINT32_MAX */
	struct ps_first first;   /* the bytes that a match may begin with */
	bool at_begin;           /* it can match at the start of the text only */
	bool doubled;            /* it begins with one character that stands there twice: (x)\1 */
	uint32_t referred;       /* the groups, as bits, that are referred to */
	uint32_t conditional;    /* those of them that may be passed by */
	bool is_word[128];       /* the word characters of one byte */
};

#endif
