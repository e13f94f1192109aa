/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * batch.h - what a scan yields: a few items of one file, in order.
 *
 * A batch belongs to one thread at a time: to the scanner that fills it, then
 * to the ring that carries it, then to the caller that reads it, then to the
 * pool again. Items are records with offsets into the batch's own text, so a
 * batch can grow while it is filled and needs no fixing up when it moves.
 */
#ifndef PS_BATCH_H
#define PS_BATCH_H

#include "../base/base.h"

/* An item in compact form. */
struct ps_record {
	uint8_t kind;         /* enum search_item_kind */
	uint8_t flags;        /* SEARCH_ITEM_FLAG_..., PS_RECORD_... */
	uint8_t reason;       /* ERROR: enum search_reason */
	int error;            /* ERROR: errno or 0 */
	size_t text;          /* where its text begins in the batch's text */
	size_t length;        /* bytes of it; the message's for an ERROR, which is NUL-terminated */
	size_t spans;         /* index of its first span */
	size_t span_count;
	uint64_t line;
	uint64_t offset;
	uint64_t line_length; /* FILE_END, ERROR with an errno: matching lines so far */
	uint64_t window;      /* FILE_END: bytes read, if that is all */
};

/* Flags that only records of a part of a file have, and no item: see part.c. */
enum {
	PS_RECORD_LEAD = 0x80, /* CONTEXT, if a match in the part before asks for it */
	PS_RECORD_LONG = 0x40, /* ERROR: the line is too long, and nothing before it is context */
	PS_RECORD_GAP = 0x10,  /* ERROR: lines before the part cannot be read; the file goes on */
	PS_RECORD_SKIPPED = 0x20 /* FILE_END: the file is binary, with SEARCH_MATCH_SKIP_BINARY */
};

/* Offset of the line after the record's, if there is one. */
static inline uint64_t ps_record_next(const struct ps_record *record)
{
	return record->offset + record->line_length + ((record->flags & SEARCH_ITEM_FLAG_CRLF) != 0 ? 2 : 1);
}

struct ps_batch {
	struct ps_batch *next; /* in the pool */
	struct ps_record *records;
	size_t count;
	size_t record_space;
	char *text;
	size_t text_size;
	size_t text_space;
	struct search_span *spans;
	size_t span_count;
	size_t span_space;
	bool last; /* nothing of this file, or of this part of one, follows */
	uint8_t part; /* the owner's: enum ps_part_kind, */
	uint8_t mark; /* and PS_PAGE_... */
};

/* NULL if out of memory. */
struct ps_batch *ps_batch_new(void);
void ps_batch_free(struct ps_batch *batch); /* NULL is fine */

/* Empties a batch for its next use, and gives back what a huge item made it take. */
void ps_batch_reset(struct ps_batch *batch);

/* The memory that its items take, which counts against max_queued_bytes. */
size_t ps_batch_bytes(const struct ps_batch *batch);

/*
 * Adds an item with room for `length` bytes of text and `span_count` spans,
 * which the caller fills through ps_batch_text() and batch->spans. Everything else in it is 0. NULL if out of memory:
 * the batch is then unchanged.
 */
struct ps_record *ps_batch_add(struct ps_batch *batch, enum search_item_kind kind, size_t length,
			       size_t span_count);

static inline char *ps_batch_text(const struct ps_batch *batch, const struct ps_record *record)
{
	return batch->text + record->text;
}

/* Gives the batch's last record, which has no text, this one. False: out of memory; the batch is unchanged. */
bool ps_batch_attach(struct ps_batch *batch, const void *bytes, size_t length);

/* Adds an ERROR: `what` failed with errno value `error`. */
struct ps_record *ps_batch_failure(struct ps_batch *batch, enum search_reason reason, int error, const char *what);

/* Adds an ERROR with this message, of which at most the first 1,024 bytes are kept. */
struct ps_record *ps_batch_error(struct ps_batch *batch, enum search_reason reason, int error, const char *message);

/* Returns an errno value's text, in English whatever the host's locale; it may be written to the buffer. */
const char *ps_error_text(int error, char *buffer, size_t size);

#endif
