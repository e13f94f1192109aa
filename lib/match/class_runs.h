/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * class_runs.h - the matches of a pattern that is one class of characters, once or as often as possible: \w+ or [^,].
 *
 * Its matches are the runs of the class, or the characters in it. Vectors tell 64 bytes at a time which of them are in
 * a class of ASCII characters; where that changes, a run begins or ends.
 */
#ifndef PS_CLASS_RUNS_H
#define PS_CLASS_RUNS_H

#include "../base/line_ends.h"
#include "../simd/simd.h"
#include "../syntax/ast.h"

struct ps_class_runs {
	struct ps_classes classes; /* one; count 0: the pattern is something else */
	uint32_t least;            /* characters of a match; 0: each character is one */
	bool wide;                 /* characters beyond ASCII are in the class, too */
};

/* Of a tree of one pattern. */
void ps_class_runs_init(struct ps_class_runs *runs, const struct ps_node *root, struct ps_lines lines);

/* Of an ASCII character. */
void ps_class_runs_of_byte(struct ps_class_runs *runs, uint8_t byte);

/* A search through a line for its runs, some blocks at a time. */
struct ps_class_run_scan {
	size_t at;      /* how far the line has been read */
	size_t begin;   /* of the run that goes on there */
	bool open;      /* there is one */
	size_t count;   /* runs found in the last blocks, */
	struct search_span *spans; /* where to put them: the caller makes room for PS_CLASS_RUNS_STEP */
};

#define PS_CLASS_RUNS_BLOCKS 4
#define PS_CLASS_RUNS_STEP (PS_CLASS_RUNS_BLOCKS * PS_BLOCK + 1)

/*
 * Reads on, up to the line's end at most. False: there is a byte for which the class alone does not tell; the line has
 * to be searched in another way.
 */
bool ps_class_runs_step(const struct ps_class_runs *runs, const struct ps_simd *simd, const uint8_t *text,
			size_t length, struct ps_class_run_scan *scan);

#endif
