/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * batch.c - growing arrays for records, text and spans.
 *
 * Each array doubles when it is full, so to add an item takes constant time on average. ps_batch_reset() keeps their
 * memory: batches are reused throughout a search.
 */
#include "batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	FIRST_TEXT = 2048,
	KEEP_TEXT = 256 * 1024, /* more than this is given back by ps_batch_reset */
	KEEP_SPANS = 16 * 1024,
	MESSAGE_MAX = 1024
};

struct ps_batch *ps_batch_new(void)
{
	return calloc(1, sizeof(struct ps_batch));
}

static void free_text(struct ps_batch *batch)
{
	ps_buffer_free(batch->text, batch->text_space);
	batch->text = NULL;
	batch->text_space = 0;
}

static void free_spans(struct ps_batch *batch)
{
	ps_buffer_free(batch->spans, batch->span_space * sizeof(*batch->spans));
	batch->spans = NULL;
	batch->span_space = 0;
}

void ps_batch_free(struct ps_batch *batch)
{
	if (batch == NULL)
		return;
	ps_buffer_free(batch->records, batch->record_space * sizeof(*batch->records));
	free_text(batch);
	free_spans(batch);
	free(batch);
}

void ps_batch_reset(struct ps_batch *batch)
{
	if (batch->text_space > KEEP_TEXT)
		free_text(batch);
	if (batch->span_space > KEEP_SPANS)
		free_spans(batch);
	batch->count = 0;
	batch->text_size = 0;
	batch->span_count = 0;
	batch->last = false;
	batch->part = 0;
	batch->mark = 0;
}

size_t ps_batch_bytes(const struct ps_batch *batch)
{
	return batch->count * sizeof(*batch->records) + batch->text_size +
	       batch->span_count * sizeof(*batch->spans);
}

static bool reserve_item(struct ps_batch *b, size_t length, size_t span_count)
{
	struct ps_record *records = ps_buffer_grow(b->records, &b->record_space, b->count + 1, sizeof(*records));
	struct search_span *spans;
	char *text;

	if (records == NULL || length > SIZE_MAX / 4 || span_count > SIZE_MAX / 4)
		return false;
	b->records = records;
	text = ps_buffer_grow(b->text, &b->text_space, ps_max(b->text_size + length, FIRST_TEXT), 1);
	if (text == NULL)
		return false;
	b->text = text;
	if (span_count == 0)
		return true;
	spans = ps_buffer_grow(b->spans, &b->span_space, b->span_count + span_count, sizeof(*spans));
	if (spans == NULL)
		return false;
	b->spans = spans;
	return true;
}

struct ps_record *ps_batch_add(struct ps_batch *batch, enum search_item_kind kind, size_t length,
			       size_t span_count)
{
	struct ps_record *record;

	if (!reserve_item(batch, length, span_count))
		return NULL;
	record = &batch->records[batch->count++];
	*record = (struct ps_record){
		.kind = (uint8_t)kind,
		.text = batch->text_size,
		.length = length,
		.spans = batch->span_count,
		.span_count = span_count,
	};
	batch->text_size += length;
	batch->span_count += span_count;
	return record;
}

bool ps_batch_attach(struct ps_batch *batch, const void *bytes, size_t length)
{
	struct ps_record *record = &batch->records[batch->count - 1];
	char *text = ps_buffer_grow(batch->text, &batch->text_space, batch->text_size + length, 1);

	PS_ASSERT(batch->count > 0 && record->length == 0);
	if (text == NULL)
		return false;
	batch->text = text;
	record->text = batch->text_size;
	record->length = length;
	memcpy(ps_batch_text(batch, record), bytes, length);
	batch->text_size += length;
	return true;
}

struct ps_record *ps_batch_error(struct ps_batch *batch, enum search_reason reason, int error, const char *message)
{
	size_t length = strnlen(message, MESSAGE_MAX);
	struct ps_record *record = ps_batch_add(batch, SEARCH_ITEM_ERROR, length + 1, 0);

	if (record == NULL)
		return NULL;
	memcpy(ps_batch_text(batch, record), message, length);
	ps_batch_text(batch, record)[length] = '\0';
	record->length = length;
	record->error = error;
	record->reason = (uint8_t)reason;
	return record;
}

const char *ps_error_text(int error, char *buffer, size_t size)
{
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 32)
	const char *text = strerrordesc_np(error);

	if (text != NULL)
		return text;
	snprintf(buffer, size, "error %d", error);
	return buffer;
#elif defined(__GLIBC__)
	return strerror_r(error, buffer, size);
#else
	return strerror_r(error, buffer, size) == 0 ? buffer : "unknown error";
#endif
}

struct ps_record *ps_batch_failure(struct ps_batch *batch, enum search_reason reason, int error, const char *what)
{
	char message[MESSAGE_MAX];
	char buffer[96];

	snprintf(message, sizeof(message), "%s: %s", what, ps_error_text(error, buffer, sizeof(buffer)));
	return ps_batch_error(batch, reason, error, message);
}
