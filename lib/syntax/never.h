/* SPDX-License-Identifier: BSD-2-Clause */
/* never.h - patterns that no text can match. */
#ifndef PS_NEVER_H
#define PS_NEVER_H

#include "ast.h"

#define PS_NO_LINE_END 0x110000u /* no character ends what a pattern sees */

/*
 * Can the tree never match? `line_end`: the character that is in no line, or PS_NO_LINE_END.
 * SEARCH_NEVER_NONE: it may match, as far as is known. What is said of a tree holds of a pattern that matches no more
 * than the tree.
 */
enum search_never ps_tree_never(const struct ps_node *root, uint32_t line_end);

#endif
