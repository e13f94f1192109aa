/* SPDX-License-Identifier: BSD-2-Clause */
/* syntax.h - how the syntaxes of patterns differ; see syntax.c. */
#ifndef PS_SYNTAX_H
#define PS_SYNTAX_H

#include "../base/base.h"

/* What a syntax may have. If it lacks something, the characters stand for themselves, unless said otherwise. */
enum {
	PS_SYNTAX_CLASS_SETS = 1 << 0,          /* [a[bc]] and [a&&b] */
	PS_SYNTAX_OPTION_ENCLOSES = 1 << 1,     /* a(?i)b|c is a(?i:b|c); otherwise a(?i:b)|(?i:c) */
	PS_SYNTAX_UP_TO = 1 << 2,               /* {,n} */
	PS_SYNTAX_SWAPPED = 1 << 3,             /* {3,1} is {1,3}, possessive; otherwise refused */
	PS_SYNTAX_FIXED_GREEDY = 1 << 4,        /* {n}? is (?:{n})?; otherwise {n} */
	PS_SYNTAX_POSSESSIVE = 1 << 5,          /* *+ ++ ?+; otherwise + is a further quantifier, */
	PS_SYNTAX_POSSESSIVE_INTERVAL = 1 << 6, /* and the same after {n,m} */
	PS_SYNTAX_QUOTE = 1 << 7,               /* \Q..\E */
	PS_SYNTAX_CONTROL_META = 1 << 8,        /* \C-x and \M-x; all have \cx */
	PS_SYNTAX_BRACED = 1 << 9,              /* \x{H} and \o{O}; otherwise \x there is NUL */
	PS_SYNTAX_HEX4 = 1 << 10,               /* \uHHHH */
	PS_SYNTAX_HEX8 = 1 << 11,               /* \UHHHHHHHH */
	PS_SYNTAX_VERTICAL_TAB = 1 << 12,       /* \v */
	PS_SYNTAX_HEX_DIGIT = 1 << 13,          /* \h and \H */
	PS_SYNTAX_DOTS = 1 << 14,               /* \N \O \R \X */
	PS_SYNTAX_LOWER_Z = 1 << 15,            /* \z; otherwise refused, and \Z means it */
	PS_SYNTAX_ANGLE_NAMES = 1 << 16,        /* (?<n>..) (?'n'..); otherwise refused; \k<n> \g<n> */
	PS_SYNTAX_P_NAMES = 1 << 17,            /* (?P<n>..) (?P=n) (?P>n); otherwise refused */
	PS_SYNTAX_NAMED_ONLY = 1 << 18,         /* beside named groups those without a name do not capture */
	PS_SYNTAX_TEXT_ANCHORS = 1 << 19        /* $ is \Z, except under (?m); otherwise the end of any line */
};

/* What letters in (?..) stand for. */
enum {
	PS_OPTION_FOLD = 1 << 0,
	PS_OPTION_DOT_ALL = 1 << 1, /* . matches \n */
	PS_OPTION_EXTENDED = 1 << 2,
	PS_OPTION_WORD_ASCII = 1 << 3,
	PS_OPTION_DIGIT_ASCII = 1 << 4,
	PS_OPTION_SPACE_ASCII = 1 << 5,
	PS_OPTION_POSIX_ASCII = 1 << 6, /* the three above, and [:alpha:] and the like */
	PS_OPTION_LINES = 1 << 7        /* ^ and $ at every line; matters only if there may be several */
};

struct ps_syntax_option {
	uint8_t letter;
	uint32_t option;
};

struct ps_syntax {
	uint32_t has;                           /* PS_SYNTAX_... */
	uint32_t syntax;                        /* SEARCH_SYNTAX_... */
	const struct ps_syntax_option *options; /* ends with a letter 0 */
};

/* The description of a SEARCH_SYNTAX_...; constant. */
const struct ps_syntax *ps_syntax_of(uint32_t syntax);

/* The PS_OPTION_... of a letter in (?..); 0: the syntax has no such option. */
uint32_t ps_syntax_option(const struct ps_syntax *syntax, uint8_t letter);

/*
 * At the : of a [: in a class: does Oniguruma expect the name of a class there? It does if a :] comes before the
 * next ].
 */
bool ps_syntax_is_class(const struct ps_syntax *syntax, const uint8_t *p, const uint8_t *end);

#endif
