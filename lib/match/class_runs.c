/* SPDX-License-Identifier: BSD-2-Clause */
/* class_runs.c - see class_runs.h. */
#include "../base/base.h"

#include "class_runs.h"

#include "../prefilter/bitstreams.h"

#include <string.h>

void ps_class_runs_init(struct ps_class_runs *runs, const struct ps_node *root, struct ps_lines lines)
{
	const struct ps_node *node = root->kind == PS_NODE_ALT && root->count == 1 ? root->children[0] : root;
	const struct ps_set *set = &node->set;

	*runs = (struct ps_class_runs){ .least = 0 };
	if (node->kind == PS_NODE_REPEAT && !node->lazy && node->max == PS_UNLIMITED && node->min > 0) {
		runs->least = node->min;
		node = node->children[0];
		set = &node->set;
	}
	if (node->kind != PS_NODE_SET)
		return;
	ps_class_of_set(set, lines, runs->classes.low[0], &runs->wide);
	runs->classes.count = 1;
}

void ps_class_runs_of_byte(struct ps_class_runs *runs, uint8_t byte)
{
	PS_ASSERT(byte < 0x80); /* the whole pattern is this byte, and it is valid UTF-8 */
	*runs = (struct ps_class_runs){ .classes.count = 1 };
	runs->classes.low[0][byte & 15] = (uint8_t)(1U << (byte >> 4));
}

static void end_run(const struct ps_class_runs *runs, struct ps_class_run_scan *scan, size_t end)
{
	scan->spans[scan->count].begin = scan->begin;
	scan->spans[scan->count].end = end;
	scan->count += end - scan->begin >= runs->least;
	scan->open = false;
}

/* One word of the class's mask, for the 64 bytes from `at` on. */
static void read_mask(const struct ps_class_runs *runs, struct ps_class_run_scan *scan, size_t at, uint64_t mask)
{
	uint64_t changes = mask ^ (mask << 1 | scan->open);

	for (; changes != 0; changes &= changes - 1) {
		size_t place = at + (size_t)__builtin_ctzll(changes);

		if (scan->open) {
			end_run(runs, scan, place);
		} else {
			scan->begin = place;
			scan->open = true;
		}
	}
}

/* The same if each character is a match. */
static void read_characters(struct ps_class_run_scan *scan, size_t at, uint64_t mask)
{
	for (; mask != 0; mask &= mask - 1) {
		struct search_span *span = &scan->spans[scan->count++];

		span->begin = at + (size_t)__builtin_ctzll(mask);
		span->end = span->begin + 1;
	}
}

/* Classifies the next blocks, the last of which may be incomplete. Returns the number of bytes. */
static size_t classify_next(const struct ps_class_runs *runs, const struct ps_simd *simd, const uint8_t *text,
			    size_t length, uint64_t masks[2][PS_CLASS_RUNS_BLOCKS])
{
	size_t blocks = ps_min(length / PS_BLOCK, PS_CLASS_RUNS_BLOCKS), rest = length % PS_BLOCK;
	uint8_t last[PS_BLOCK] = { 0 };

	if (blocks > 0)
		simd->classify(&runs->classes, text, blocks, masks[0], PS_CLASS_RUNS_BLOCKS);
	if (blocks == PS_CLASS_RUNS_BLOCKS || rest == 0)
		return blocks * PS_BLOCK;
	memcpy(last, text + blocks * PS_BLOCK, rest);
	simd->classify(&runs->classes, last, 1, masks[0] + blocks, PS_CLASS_RUNS_BLOCKS);
	masks[0][blocks] &= (UINT64_C(1) << rest) - 1;
	return length;
}

bool ps_class_runs_step(const struct ps_class_runs *runs, const struct ps_simd *simd, const uint8_t *text,
			size_t length, struct ps_class_run_scan *scan)
{
	uint64_t masks[2][PS_CLASS_RUNS_BLOCKS], wide = 0;
	size_t n = classify_next(runs, simd, text + scan->at, length - scan->at, masks);

	scan->count = 0;
	for (size_t b = 0; b * PS_BLOCK < n; b++)
		wide |= masks[1][b];
	if (wide != 0 && runs->wide)
		return false;
	for (size_t b = 0; b * PS_BLOCK < n; b++)
		if (runs->least == 0)
			read_characters(scan, scan->at + b * PS_BLOCK, masks[0][b]);
		else
			read_mask(runs, scan, scan->at + b * PS_BLOCK, masks[0][b]);
	scan->at += n;
	if (scan->at == length && scan->open)
		end_run(runs, scan, length);
	PS_ASSERT(scan->count <= PS_CLASS_RUNS_STEP);
	return true;
}
