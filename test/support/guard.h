/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guard.h - memory between two unreadable pages, to test that nothing is read outside of the text that was given.
 */
#ifndef TEST_GUARD_H
#define TEST_GUARD_H

#include <stddef.h>
#include <stdint.h>

struct guard {
	uint8_t *begin; /* the first byte that may be touched, at a page's start */
	uint8_t *end;   /* after the last one, at a page's end */
	void *map;
	size_t map_size;
};

/* Allocates at least `size` bytes between two guard pages. Ends the test if it cannot. */
void guard_open(struct guard *guard, size_t size);
void guard_close(struct guard *guard);

/* Copies bytes so that they end at one guard page, or begin after the other. */
uint8_t *guard_at_end(const struct guard *guard, const void *bytes, size_t size);
uint8_t *guard_at_begin(const struct guard *guard, const void *bytes, size_t size);

#endif
