/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sort.h - sorts a large array in steps, so that the caller can do other work in between.
 */
#ifndef PS_SORT_H
#define PS_SORT_H

#include "base.h"

/*
 * The caller sets the first group, and zeroes the rest. The two arrays have the same size, and may change places:
 * when all is done, `items` is the sorted one.
 */
struct ps_sort {
	char *items, *spare;
	size_t count, size; /* elements, and bytes of each */
	int (*compare)(const void *a, const void *b, void *context); /* as qsort_r wants it */
	void *context;

	size_t run;         /* `items` consists of sorted runs of this many elements; 0: these are still being made */
	size_t done;        /* elements that this pass has put into their places */
	size_t left, right; /* the next element of either run of the pair that is being merged */
};

/* Does the work for about `most` elements. True: everything is sorted. */
bool ps_sort_step(struct ps_sort *sort, size_t most);

#endif
