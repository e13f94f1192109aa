/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ruled_tree.h - a tree with rule files of every kind, one of them in each of its directories: ignore files, and a
 * repository with a configuration that includes others, an index, and excludes. Each of its files has a line with
 * "needle"; with rules and what git tracks, two are left.
 */
#ifndef TEST_RULED_TREE_H
#define TEST_RULED_TREE_H

/* Makes its files in a directory that is there. */
void plant_rules(const char *root);

/* In a new directory, as forest_open() makes it. */
char *open_ruled_tree(void);

#endif
