/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gauge.c - what the process uses, and what went wrong. See soak.h.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "soak.h"

#include "../support/process.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct totals totals;
atomic_uint faults;
atomic_bool over;

static double began;

static double now(void)
{
	if (began == 0)
		began = milliseconds();
	return (milliseconds() - began) / 1e3;
}

void fault(const char *form, ...)
{
	enum { TOO_MANY = 50 };
	va_list list;

	va_start(list, form);
	fputs("FAULT: ", stderr);
	vfprintf(stderr, form, list);
	fputc('\n', stderr);
	va_end(list);
	if (atomic_fetch_add(&faults, 1) + 1 < TOO_MANY)
		return;
	fputs("too many faults\n", stderr);
	_exit(1);
}

/* Bytes of memory that is in use by malloc(), in its heaps and in mappings of their own; 0 under a sanitizer. */
static uint64_t get_allocated(void)
{
#ifdef __GLIBC__
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
#else
	return 0;
#endif
}

/* To be called at the ebb: /proc can be read then, and what is free is given back first. */
void sample_take(struct sample *sample)
{
#ifdef __GLIBC__
	malloc_trim(0);
#endif
	sample->at = now();
	sample->resident = (uint64_t)process_resident() * 1024;
	sample->allocated = get_allocated();
	sample->in_trees = trees_bytes();
	sample->threads = process_threads();
	sample->descriptors = process_descriptors();
}

void sample_print(const char *when, const struct sample *s)
{
	printf("%7.1f s  %-5s  RSS %.1f MB, malloc %.2f MB, trees %.2f MB, threads %zu, descriptors %zu\n", s->at, when,
	       (double)s->resident / 1e6, (double)s->allocated / 1e6, (double)s->in_trees / 1e6, s->threads, s->descriptors);
}

void totals_print(size_t open)
{
	printf("           open %zu; opened %llu, to the end %llu, canceled %llu, timed out %llu, left %llu, refused %llu, "
	       "no memory %llu; items %llu, errors %llu; compared %llu, continued %llu, starved %llu\n",
	       open, (unsigned long long)totals.opened, (unsigned long long)totals.ended, (unsigned long long)totals.canceled,
	       (unsigned long long)totals.timed_out, (unsigned long long)totals.left, (unsigned long long)totals.refused,
	       (unsigned long long)totals.no_memory, (unsigned long long)totals.items, (unsigned long long)totals.errors,
	       (unsigned long long)totals.checked, (unsigned long long)totals.resumed, (unsigned long long)totals.starved);
}

double growth(const double *at, const double *values, size_t count)
{
	double n = (double)count, x = 0, y = 0, xx = 0, xy = 0;

	for (size_t i = 0; i < count; i++) {
		x += at[i] / n;
		y += values[i] / n;
	}
	for (size_t i = 0; i < count; i++) {
		xx += (at[i] - x) * (at[i] - x);
		xy += (at[i] - x) * (values[i] - y);
	}
	return count < 2 || xx == 0 ? 0 : xy / xx * (at[count - 1] - at[0]);
}
