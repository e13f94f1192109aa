/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bitstream_scan.c - works bit streams out over a text, and notes the lines in which the last one has bits.
 *
 * The text is read in batches, and each batch stream by stream: the loop over the words of one stream is a few
 * instructions without a branch. A shift moves bits into the next word, so of each stream the last word before the
 * batch is kept in front of it.
 */
#include "../base/base.h"

#include "bitstreams.h"

#include <stdlib.h>
#include <string.h>

enum {
	BATCH = 32, /* blocks of PS_BLOCK bytes */
	ROW = BATCH + 1,
	/* the scan ends early if lines that may not match have more bytes than DOUBTS_FREE + all / DOUBTS_SHARE */
	DOUBTS_FREE = 4096,
	DOUBTS_SHARE = 4,
	ENDS_MAX = 4 << 20 /* bytes of text whose last stream is kept */
};

struct ps_bitstream_scanner {
	const struct ps_bitstreams *streams;
	const struct ps_simd *simd;
	struct ps_dfa_hit *hits;
	size_t count, space;
	size_t passed; /* the noted lines, with their terminators, end here */
	size_t doubts; /* bytes of noted lines that may not match */
	uint64_t *ends;     /* of the text: the last stream, and the bytes above 7F if they may belong to a match */
	size_t ends_space;  /* in words */
	size_t ends_length; /* how many bytes of the text it is about */
	uint64_t carry[PS_BITSTREAMS_MAX]; /* of a PS_BITSTREAM_RUN: 1 if the run goes on */
	uint64_t rows[];             /* of each stream: the word before the batch, then the batch's */
};

int ps_bitstream_scanner_new(struct ps_bitstream_scanner **out, const struct ps_bitstreams *streams,
			     const struct ps_simd *simd)
{
	struct ps_bitstream_scanner *s = calloc(1, sizeof(*s) + streams->count * ROW * sizeof(s->rows[0]));

	*out = s;
	if (s == NULL)
		return SEARCH_ENOMEM;
	s->streams = streams;
	s->simd = simd;
	return SEARCH_OK;
}

void ps_bitstream_scanner_free(struct ps_bitstream_scanner *scanner)
{
	if (scanner == NULL)
		return;
	ps_buffer_free(scanner->hits, scanner->space * sizeof(*scanner->hits));
	ps_buffer_free(scanner->ends, scanner->ends_space * sizeof(*scanner->ends));
	free(scanner);
}

/* ---- one stream in one batch; n is a constant if the batch is full ---- */

#define INLINED __attribute__((always_inline)) static inline

INLINED void shift_row(uint64_t *restrict out, const uint64_t *restrict from, const uint64_t *restrict with,
		       unsigned by, size_t n)
{
	const uint64_t *before = from - 1;

	for (size_t b = 0; b < n; b++)
		out[b] = (from[b] << by | before[b] >> (64 - by)) & with[b];
}

INLINED void unite_rows(uint64_t *restrict out, const uint64_t *restrict from, const uint64_t *restrict with, size_t n)
{
	for (size_t b = 0; b < n; b++)
		out[b] = from[b] | with[b];
}

/*
 * `with` has runs of ones. Adding a one at some place of a run carries through the run to its end. So the bits that
 * the addition changes, and those that were added, are the places that can be reached.
 */
INLINED uint64_t extend_runs(uint64_t *restrict out, const uint64_t *restrict from, const uint64_t *restrict with,
			     uint64_t carry, size_t n)
{
	const uint64_t *before = from - 1;

	for (size_t b = 0; b < n; b++) {
		uint64_t first = (from[b] << 1 | before[b] >> 63) & with[b];
		uint64_t sum = first + with[b], all = sum + carry;

		carry = (uint64_t)(sum < first) | ((uint64_t)(sum == UINT64_MAX) & carry);
		out[b] = from[b] | (((all ^ with[b]) | first) & with[b]);
	}
	return carry;
}

INLINED void work_out_rows(struct ps_bitstream_scanner *s, size_t n)
{
	const struct ps_bitstreams *streams = s->streams;

	for (size_t i = streams->first; i < streams->count; i++) {
		const struct ps_bitstream *stream = &streams->streams[i];
		uint64_t *out = s->rows + i * ROW + 1;
		const uint64_t *from = s->rows + (size_t)stream->from * ROW + 1;
		const uint64_t *with = s->rows + (size_t)stream->with * ROW + 1;

		if (stream->kind == PS_BITSTREAM_NEXT)
			shift_row(out, from, with, stream->shift, n);
		else if (stream->kind == PS_BITSTREAM_RUN)
			s->carry[i] = extend_runs(out, from, with, s->carry[i], n);
		else
			unite_rows(out, from, with, n);
	}
}

/* Before the text a line ends, and nothing else is there. */
static void begin_text(struct ps_bitstream_scanner *s)
{
	const struct ps_bitstreams *streams = s->streams;

	for (size_t i = 0; i < streams->count; i++) {
		const struct ps_bitstream *stream = &streams->streams[i];
		uint64_t before = streams->line_end == i ? UINT64_C(1) << 63 : 0;

		if (i >= streams->first && stream->kind != PS_BITSTREAM_NEXT)
			before = s->rows[(size_t)stream->from * ROW];
		if (i >= streams->first && stream->kind == PS_BITSTREAM_OR)
			before |= s->rows[(size_t)stream->with * ROW];
		s->rows[i * ROW] = before;
	}
	memset(s->carry, 0, sizeof(s->carry));
}

static void scan_batch(struct ps_bitstream_scanner *s, const uint8_t *p, size_t blocks)
{
	const struct ps_bitstreams *streams = s->streams;

	s->simd->classify(&streams->classes, p, blocks, s->rows + 1, ROW);
	if (blocks == BATCH)
		work_out_rows(s, BATCH);
	else
		work_out_rows(s, blocks);
}

static void carry_batch(struct ps_bitstream_scanner *s, size_t blocks)
{
	for (size_t i = 0; i < s->streams->count; i++)
		s->rows[i * ROW] = s->rows[i * ROW + blocks];
}

/* ---- ends of matches ---- */

/* Makes room for those of a text. Without it there are none, which costs only time. */
static void begin_ends(struct ps_bitstream_scanner *s, size_t length)
{
	size_t words = (s->streams->lines.whole ? length : ps_min(length, ENDS_MAX)) / PS_BLOCK + 1;
	uint64_t *ends = ps_buffer_grow(s->ends, &s->ends_space, words, sizeof(*ends));

	s->ends_length = 0;
	if (ends != NULL)
		s->ends = ends;
}

/* Keeps those of the batch at `at`, unless it is too far in the text. */
static void keep_ends(struct ps_bitstream_scanner *s, size_t at, size_t blocks)
{
	const struct ps_bitstreams *streams = s->streams;
	const uint64_t *last = s->rows + (size_t)streams->last * ROW + 1;
	const uint64_t *wide = s->rows + (streams->first - 1) * ROW + 1;
	uint64_t with_wide = streams->wide ? UINT64_MAX : 0;
	uint64_t *to;

	if (s->ends == NULL || s->ends_length != at || at / PS_BLOCK + blocks > s->ends_space)
		return;
	to = s->ends + at / PS_BLOCK;
	for (size_t b = 0; b < blocks; b++)
		to[b] = last[b] | (wide[b] & with_wide);
	s->ends_length = at + blocks * PS_BLOCK;
}

const uint64_t *ps_bitstream_ends(const struct ps_bitstream_scanner *scanner, size_t *length)
{
	*length = scanner->ends_length;
	return scanner->ends;
}

/* ---- lines ---- */

/* Notes the line that the byte at `at` is in, or that ends there. */
static int note_line(struct ps_bitstream_scanner *s, const uint8_t *text, size_t length, size_t at, bool sure)
{
	struct ps_lines lines = s->streams->lines;
	struct ps_dfa_hit *hits = ps_buffer_grow(s->hits, &s->space, s->count + 1, sizeof(*hits));
	const uint8_t *before = memrchr(text + s->passed, lines.end, ps_min(at, length) - s->passed);
	size_t begin = before != NULL ? (size_t)(before - text) + 1 : s->passed;
	size_t end = ps_line_end(lines, text, begin, length);

	if (hits == NULL)
		return SEARCH_ENOMEM;
	PS_ASSERT(s->passed <= begin && begin <= end && end <= length);
	s->hits = hits;
	s->hits[s->count++] = (struct ps_dfa_hit){ (uint32_t)begin, (uint32_t)end, sure };
	s->passed = end + ps_line_terminator(lines, text, end, length);
	if (!sure)
		s->doubts += s->passed - begin;
	return SEARCH_OK;
}

/* The bits of the word at `at` that lie after the noted lines. */
static uint64_t bits_not_passed(const struct ps_bitstream_scanner *s, size_t at)
{
	if (s->passed <= at)
		return UINT64_MAX;
	return s->passed - at < PS_BLOCK ? UINT64_MAX << (s->passed - at) : 0;
}

/* Notes the lines in which the batch of blocks at `base` has bits, up to `limit`. */
static int note_lines(struct ps_bitstream_scanner *s, const uint8_t *text, size_t length, size_t base, size_t blocks,
		      size_t limit)
{
	const struct ps_bitstreams *streams = s->streams;
	const uint64_t *last = s->rows + (size_t)streams->last * ROW + 1;
	const uint64_t *wide = s->rows + (streams->first - 1) * ROW + 1;
	uint64_t with_wide = streams->wide ? UINT64_MAX : 0;

	for (size_t b = 0; b < blocks; b++) {
		size_t word = base + b * PS_BLOCK;
		uint64_t found;

		while ((found = (last[b] | (wide[b] & with_wide)) & bits_not_passed(s, word)) != 0) {
			unsigned bit = (unsigned)__builtin_ctzll(found);
			int rc;

			if (word + bit > limit || s->passed == length)
				break; /* the bit of a last line without a terminator lies after it */
			rc = note_line(s, text, length, word + bit, streams->exact && (last[b] >> bit & 1) != 0);
			if (rc != SEARCH_OK)
				return rc;
		}
	}
	return SEARCH_OK;
}

/* Reads what is left of the text, with a terminator after it. */
static int scan_rest(struct ps_bitstream_scanner *s, const uint8_t *text, size_t length, size_t at)
{
	uint8_t block[PS_BLOCK];

	memset(block, s->streams->lines.end, sizeof(block));
	memcpy(block, text + at, length - at);
	scan_batch(s, block, 1);
	keep_ends(s, at, 1);
	/* a bit in the terminator that was put there belongs to the last line, if that lacks one */
	return note_lines(s, text, length, at, 1, length - (length > 0 && text[length - 1] == s->streams->lines.end));
}

int ps_bitstream_scan(struct ps_bitstream_scanner *s, const uint8_t *text, size_t length,
		      const struct ps_dfa_hit **hits, size_t *count, size_t *scanned)
{
	size_t at = 0, blocks;
	bool doubtful = false;
	int rc = SEARCH_OK;

	PS_ASSERT(length == (uint32_t)length); /* as struct ps_dfa_hit has it */
	s->count = s->passed = s->doubts = 0;
	begin_text(s);
	begin_ends(s, length);
	for (; rc == SEARCH_OK && !doubtful && (blocks = ps_min((length - at) / PS_BLOCK, BATCH)) > 0;
	     at += blocks * PS_BLOCK) {
		scan_batch(s, text + at, blocks);
		keep_ends(s, at, blocks);
		rc = note_lines(s, text, length, at, blocks, length);
		carry_batch(s, blocks);
		doubtful = !s->streams->lines.whole &&
			   s->doubts > DOUBTS_FREE + ps_max(s->passed, at) / DOUBTS_SHARE;
	}
	if (rc == SEARCH_OK && !doubtful)
		rc = scan_rest(s, text, length, at);
	*hits = s->hits;
	*count = s->count;
	*scanned = doubtful ? s->passed : length;
	return rc;
}
