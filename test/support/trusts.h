/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trusts.h - warm trees over the same files, one for each way to trust, and one with little memory. Each is told what it
 * must be told, and no more.
 */
#ifndef TEST_TRUSTS_H
#define TEST_TRUSTS_H

#include "change.h"

#include <psearch.h>

enum { TRUSTS = 5 };

struct trusts {
	struct search_tree *trees[TRUSTS];
	struct search_tree_options options[TRUSTS];
	uint64_t ruled_out[TRUSTS]; /* of trees that were closed: see trusts_close() */
	uint64_t saves;
};

const char *trusts_name(size_t tree);

/* The trees are new, and differ in what they learn. */
void trusts_open(struct trusts *trusts, struct dice *d);
void trusts_close(struct trusts *trusts);

/* Tells those that have to be told. May be called by another thread than the one that searches. */
void trusts_tell(struct trusts *trusts, struct dice *d, const struct change *change);

/* Has one of them learn for a moment. */
void trusts_learn(struct trusts *trusts, struct dice *d);

/* Saves one of them in a file of this name, and goes on with a new one that was loaded from it. */
void trusts_save_and_load(struct trusts *trusts, struct dice *d, const char *path);

#endif
