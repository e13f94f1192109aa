/* SPDX-License-Identifier: BSD-2-Clause */
/* guard.c - see guard.h. */
#define _GNU_SOURCE
#include "guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

void guard_open(struct guard *guard, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t inner = (size + page - 1) / page * page;

	if (inner == 0)
		inner = page;
	guard->map_size = inner + 2 * page;
	guard->map = mmap(NULL, guard->map_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (guard->map == MAP_FAILED)
		fail("mmap");
	guard->begin = (uint8_t *)guard->map + page;
	guard->end = guard->begin + inner;
	if (mprotect(guard->begin, inner, PROT_READ | PROT_WRITE) != 0)
		fail("mprotect");
}

void guard_close(struct guard *guard)
{
	munmap(guard->map, guard->map_size);
}

uint8_t *guard_at_end(const struct guard *guard, const void *bytes, size_t size)
{
	return size == 0 ? guard->end : memcpy(guard->end - size, bytes, size);
}

uint8_t *guard_at_begin(const struct guard *guard, const void *bytes, size_t size)
{
	return size == 0 ? guard->begin : memcpy(guard->begin, bytes, size);
}
