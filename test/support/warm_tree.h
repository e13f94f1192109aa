/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * warm_tree.h - warm trees with made-up contents, and all that a tree has, as text: two trees with the same text know
 * the same.
 */
#ifndef TEST_WARM_TREE_H
#define TEST_WARM_TREE_H

#include "../../lib/warm/warm_internal.h"

#include "random.h"

/* An empty tree. 0: the default. */
struct search_tree *warm_tree_new(uint64_t max_bytes);

/* Puts directories into it, with random names, links, stamps and signatures. */
void warm_tree_fill(struct search_tree *tree, struct random *random, uint32_t directories);

/* One directory: its names are a0, a1, ..., files but for each third, which is a directory. A reference. */
struct ps_kept *warm_tree_add(struct search_tree *tree, uint64_t inode, uint64_t changed, uint32_t entries);

/* Gives a file a signature of this text. */
void warm_tree_learn(struct ps_kept *kept, uint32_t at, uint64_t changed, const char *text);

/* All that it has, but for counters. The string is the caller's. */
char *warm_tree_describe(struct search_tree *tree);

#endif
