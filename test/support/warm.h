/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * warm.h - what a search does with a warm tree, in the plainest way: for tests of lib/warm.
 */
#ifndef TEST_WARM_H
#define TEST_WARM_H

#include "../../lib/base/base.h"

#include "../../lib/warm/warm_internal.h"

enum { WARM_GRAMS = 32 };

/* A search for a string of up to WARM_GRAMS + 2 letters. */
struct warm_search {
	struct ps_warm_view view;
	struct ps_condition condition;
	struct ps_clause clauses[WARM_GRAMS + 1];
};

void warm_search_begin(struct warm_search *search, struct search_tree *tree, const char *string);

struct search_tree *warm_tree(uint32_t trust, uint64_t max_bytes);
struct search_tree_stats warm_stats(const struct search_tree *tree);

/* Waits until whatever was changed until now is old enough to be kept. */
void warm_settle(void);

/*
 * Opens the directory, and finds it kept, or reads and keeps it; *found: which. `above` and `name`: its place, or NULL.
 * Returns a reference, or NULL: it is not kept.
 */
struct ps_warm_directory *warm_visit(struct warm_search *search, const char *path, struct ps_warm_directory *above,
				     const char *name, bool *found);

/* What is said of the entry of this name. */
enum ps_warm_answer warm_ask(struct warm_search *search, struct ps_warm_directory *directory, const char *name);

/* Asks, and if need be confirms: is the file left out? `path`: of the directory. */
bool warm_is_ruled_out(struct warm_search *search, struct ps_warm_directory *directory, const char *path,
		       const char *name);

/* Opens the file, as a worker does, and learns it if that is wanted. */
void warm_learn(struct warm_search *search, struct ps_warm_directory *directory, const char *path, const char *name);

#endif
