/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * thread.h - a thread of a program (program.h) in one number, as the states of both lazy automata hold it. Private to
 * dfa_states.c and span_states.c.
 *
 * The low bits are a trie node, if the thread is inside of a character, and those above an instruction.
 */
#ifndef PS_THREAD_H
#define PS_THREAD_H

#include "program.h"

static inline uint32_t ps_thread_make(const struct ps_program *program, unsigned node_bits, uint32_t inst,
				      uint32_t node)
{
	PS_ASSERT(inst < program->count && node >> node_bits == 0);
	(void)program;
	return inst << node_bits | node;
}

static inline uint32_t ps_thread_inst(unsigned node_bits, uint32_t thread)
{
	return thread >> node_bits;
}

static inline uint32_t ps_thread_node(unsigned node_bits, uint32_t thread)
{
	return thread & ((UINT32_C(1) << node_bits) - 1);
}

static inline int ps_thread_order(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static inline void ps_threads_sort(uint32_t *threads, size_t count)
{
	if (count > 1)
		qsort(threads, count, sizeof(*threads), ps_thread_order);
}

#endif
