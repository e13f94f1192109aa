/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * json.c - from items to messages.
 *
 * A line waits here until it is known that the next one does not belong to the same message; most are passed on at
 * once. The text that waits is bounded by --max-multiline-bytes.
 */
#include "json.h"

#ifdef PS_WITH_JSON
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/buffer.h"
#include "../base/complain.h"
#include "json_message.h"
#include "place.h"

#define EXPLANATION ((size_t)64 * 1024) /* search_explain's text is shorter */

/* One or more lines that are, or will be, a message. */
struct waiting {
	struct buffer text;           /* empty: none */
	struct buffer spans;          /* of struct search_span, counted from the start of the text */
	struct buffer replaced;       /* what they are replaced by, one after the other */
	struct buffer replaced_spans;
	bool selected;
	uint64_t line;
	uint64_t offset;
	uint64_t end;                 /* where the next line would begin */
};

struct json {
	struct json_writer *writer;
	const struct look *look;
	struct replacement *replacement; /* borrowed; NULL: none */
	bool joins;          /* adjacent matches are one message */
	bool open;           /* there was a "begin" without an "end" */
	bool failed;         /* a line could not be a message */
	bool binary;         /* the open file has a NUL, at binary_offset */
	struct place place;  /* the open file */
	struct waiting waiting;
	uint64_t binary_offset;
};

/*
 * Are whole texts searched? Only search_explain() tells: with --multiline they are not if no pattern can match a
 * newline. Out of memory it says no, and the search will end for that.
 */
static bool searches_texts(const struct search_options *options)
{
	char *text = malloc(EXPLANATION);
	bool whole = text && search_explain(options, text, EXPLANATION, NULL) > 0 && strstr(text, "reach: whole files");

	free(text);
	return whole;
}

struct json *json_new(struct output *out, const struct look *look, const struct search_options *options,
		      struct replacement *replacement)
{
	struct json *j = calloc(1, sizeof(*j));

	if (!j) {
		complain_of_memory();
		return NULL;
	}
	j->look = look;
	j->replacement = replacement;
	j->joins = look->multi_line && !look->inverted && searches_texts(options);
	j->writer = json_writer_new(out, look);
	if (!j->writer) {
		json_free(j);
		return NULL;
	}
	return j;
}

void json_free(struct json *j)
{
	if (!j)
		return;
	json_writer_free(j->writer);
	buffer_free(&j->waiting.text);
	buffer_free(&j->waiting.spans);
	buffer_free(&j->waiting.replaced);
	buffer_free(&j->waiting.replaced_spans);
	place_free(&j->place);
	free(j);
}

/* --- the lines that wait --- */

static bool write_long_line_error(struct json *j)
{
	const struct waiting *w = &j->waiting;
	char text[128];

	snprintf(text, sizeof(text), "the line at byte %" PRIu64 " is too long for --json", w->offset);
	j->failed = true;
	complain("%s: %s", j->place.path, text);
	return json_write_error(j->writer, j->place.path, text);
}

static bool write_waiting(struct json *j)
{
	const struct waiting *w = &j->waiting;
	struct json_line line = {
		.selected = w->selected, .text = w->text.bytes, .length = w->text.length, .number = w->line,
		.offset = w->offset, .spans = (const struct search_span *)(const void *)w->spans.bytes,
		.span_count = w->spans.length / sizeof(struct search_span), .replaced = w->replaced.bytes,
		.replaced_spans = (const struct search_span *)(const void *)w->replaced_spans.bytes,
	};

	if (j->look->quiet)
		return true;
	return line.length <= JSON_LONGEST_LINE ? json_write_line(j->writer, &line) : write_long_line_error(j);
}

static bool flush(struct json *j)
{
	struct waiting *w = &j->waiting;
	bool written;

	if (w->text.length == 0)
		return true;
	written = write_waiting(j);
	w->text.length = w->spans.length = w->replaced.length = w->replaced_spans.length = 0;
	return written;
}

/* Adds the text of an item, with what ends its line. */
static bool add_text(struct json *j, const struct search_item *item, size_t *end_length)
{
	bool ends = (item->flags & SEARCH_ITEM_FLAG_NO_EOL) == 0, crlf = (item->flags & SEARCH_ITEM_FLAG_CRLF) != 0;
	char end[2] = { '\r', j->look->line_end };

	*end_length = !ends ? 0 : crlf ? 2 : 1;
	return buffer_add(&j->waiting.text, item->text, item->length) &&
	       buffer_add(&j->waiting.text, end + 2 - *end_length, *end_length);
}

/* Adds the matches of an item, the last of which may take what ends the line. */
static bool add_spans(struct json *j, const struct search_item *item, size_t end_length)
{
	for (size_t i = 0; i < item->span_count; i++) {
		struct search_span span = item->spans[i];

		if (i + 1 == item->span_count && (item->flags & SEARCH_ITEM_FLAG_MATCHES_EOL) != 0)
			span.end += end_length;
		if (!buffer_add(&j->waiting.spans, &span, sizeof(span)))
			return false;
	}
	return true;
}

static bool add_replacements(struct json *j, const struct search *s, const struct search_item *item)
{
	struct waiting *w = &j->waiting;
	struct replaced replaced;

	if (!replacement_apply(j->replacement, s, item, &replaced))
		return false;
	for (size_t i = 0; i < item->span_count; i++) {
		size_t begin = replaced.spans[i].begin, length = replaced.spans[i].end - begin;
		struct search_span span = { .begin = w->replaced.length, .end = w->replaced.length + length };

		if (!buffer_add(&w->replaced, replaced.text + begin, length) ||
		    !buffer_add(&w->replaced_spans, &span, sizeof(span)))
			return false;
	}
	return true;
}

/* Adds the matches of an item whose text begins here in the text that waits. */
static bool add_matches(struct json *j, const struct search *s, const struct search_item *item, size_t base,
			size_t end_length)
{
	struct waiting *w = &j->waiting;
	size_t first = w->spans.length;
	struct search_item whole = *item; /* with what ends the line */
	struct search_span *spans;

	if (item->span_count == 0)
		return true;
	if (!add_spans(j, item, end_length))
		return false;
	spans = (struct search_span *)(void *)(w->spans.bytes + first);
	whole.text = w->text.bytes + base;
	whole.length += end_length;
	whole.flags &= ~(uint32_t)SEARCH_ITEM_FLAG_MATCHES_EOL;
	whole.spans = spans;
	if (j->replacement && !add_replacements(j, s, &whole))
		return false;
	for (size_t i = 0; i < item->span_count; i++) {
		spans[i].begin += base;
		spans[i].end += base;
	}
	return true;
}

/* Adds the item to the lines that wait, of which it may be the first. */
static bool add_item(struct json *j, const struct search *s, const struct search_item *item)
{
	struct waiting *w = &j->waiting;
	size_t base = w->text.length, end_length;

	if (base == 0) {
		w->selected = item->kind == SEARCH_ITEM_MATCH;
		w->line = item->line;
		w->offset = item->offset;
	}
	if (!add_text(j, item, &end_length) || !add_matches(j, s, item, base, end_length))
		return false;
	w->end = item->offset + item->length + end_length;
	return true;
}

/* --- files --- */

static bool begin_file(struct json *j, const struct search_item *item)
{
	j->open = true;
	j->binary = false;
	return place_set_file(&j->place, item) && json_set_path(j->writer, item->path, item->path_length) &&
	       (j->look->quiet || json_write_begin(j->writer));
}

/* Makes the item's file the open one. The one before it has ended. */
static bool enter_file(struct json *j, const struct search_item *item)
{
	return (j->open && place_is_same_file(&j->place, item)) || begin_file(j, item);
}

/* The file has been counted. */
static bool end_file(struct json *j, const struct tally *tally)
{
	if (!j->open)
		return true;
	j->open = false;
	return j->look->quiet || json_write_end(j->writer, &tally->file, j->binary ? &j->binary_offset : NULL);
}

static bool take_line(struct json *j, const struct search *s, const struct search_item *item)
{
	const struct waiting *w = &j->waiting;
	bool joins = w->text.length > 0 && w->selected && item->kind == SEARCH_ITEM_MATCH && item->offset == w->end;

	return enter_file(j, item) && (joins || flush(j)) && add_item(j, s, item) && (j->joins || flush(j));
}

/* The item has the offset of a NUL. */
static void note_nul(struct json *j, const struct search_item *item)
{
	j->binary = true;
	j->binary_offset = item->offset;
}

static bool take_binary(struct json *j, const struct search_item *item)
{
	if (!flush(j) || !enter_file(j, item))
		return false;
	note_nul(j, item);
	return true;
}

static bool take_end(struct json *j, struct tally *tally, const struct search_item *item)
{
	if (!flush(j) || !tally_take(tally, item)) /* in this order: what was printed is counted */
		return false;
	if (item->offset > 0)
		note_nul(j, item);
	return end_file(j, tally);
}

bool json_item(struct json *j, struct tally *tally, const struct search *s, const struct search_item *item)
{
	if (item->kind == SEARCH_ITEM_FILE_END)
		return take_end(j, tally, item);
	if (!tally_take(tally, item))
		return false;
	switch (item->kind) {
	case SEARCH_ITEM_MATCH:
	case SEARCH_ITEM_CONTEXT: return take_line(j, s, item);
	case SEARCH_ITEM_BINARY: return take_binary(j, item);
	default: return true;
	}
}

bool json_error(struct json *j, const char *path, const char *message)
{
	return flush(j) && (j->look->quiet || json_write_error(j->writer, path, message));
}

bool json_finish(struct json *j, struct tally *tally, uint64_t limit)
{
	if (!flush(j))
		return false;
	tally_finish(tally);
	if (!end_file(j, tally))
		return false;
	if (limit > 0 && !j->look->quiet && !json_write_truncated(j->writer, limit))
		return false;
	return json_write_summary(j->writer, &tally->all, tally->total);
}

bool json_failed(const struct json *j)
{
	return j->failed;
}
#else
#include "../base/complain.h"

struct json *json_new(struct output *out, const struct look *look, const struct search_options *options,
		      struct replacement *replacement)
{
	(void)out;
	(void)look;
	(void)options;
	(void)replacement;
	complain("--json: this psearch was built without json-c; install its development files (libjson-c-dev, "
		 "json-c-devel) and build it again");
	return NULL;
}

/* There is no struct json that these could be called with. */
void json_free(struct json *j)
{
	(void)j;
}

bool json_item(struct json *j, struct tally *tally, const struct search *s, const struct search_item *item)
{
	return j == NULL && tally == NULL && s == NULL && item == NULL;
}

bool json_error(struct json *j, const char *path, const char *message)
{
	return j == NULL && path == NULL && message == NULL;
}

bool json_finish(struct json *j, struct tally *tally, uint64_t limit)
{
	return j == NULL && tally == NULL && limit == 0;
}

bool json_failed(const struct json *j)
{
	return j == NULL;
}
#endif
