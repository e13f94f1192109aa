/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pipeline.c - chooses the stages of a file, and reads it through them.
 */
#include "pipeline.h"

#include "../base/utf8.h"
#include "decompress.h"

#include <errno.h>
#include <string.h>

/* --- reading through the stages --- */

static ssize_t read_from(struct ps_decode *d, unsigned stages, const struct ps_decode_source *source, uint8_t *to,
			 size_t room, bool *end);

/* Reads more input for a stage, after what it has left. Returns as source->read. */
static ssize_t fill_stage(struct ps_decode *d, unsigned i, const struct ps_decode_source *source)
{
	struct ps_stage *stage = d->stage[i];
	ssize_t got;

	PS_ASSERT(stage->to - stage->from <= PS_DECODE_REST);
	memmove(stage->input, stage->input + stage->from, stage->to - stage->from);
	stage->to -= stage->from;
	stage->from = 0;
	got = read_from(d, i, source, stage->input + stage->to, PS_DECODE_INPUT - stage->to, &stage->last);
	if (got <= 0)
		return got;
	stage->to += (size_t)got;
	PS_ASSERT(stage->to <= PS_DECODE_INPUT);
	if (i == 0)
		d->taken += (size_t)got;
	return got;
}

/* Returns the bytes made of the input at hand; *answer is what the stage returned. */
static size_t step_stage(struct ps_stage *stage, uint8_t *to, size_t room, enum ps_decoded *answer)
{
	struct ps_pass pass = {
		.in = stage->input + stage->from,
		.in_end = stage->input + stage->to,
		.out = to,
		.out_end = to + room,
		.last = stage->last,
	};

	PS_ASSERT(room >= PS_DECODE_ROOM && stage->from <= stage->to && stage->to <= PS_DECODE_INPUT);
	*answer = stage->step(stage, &pass);
	PS_ASSERT(pass.in >= stage->input + stage->from && pass.in <= pass.in_end);
	PS_ASSERT(pass.out >= to && pass.out <= pass.out_end);
	stage->from = (size_t)(pass.in - stage->input);
	stage->over = *answer == PS_DECODED_BAD;
	return (size_t)(pass.out - to);
}

/*
 * Reads what comes out of the first `stages` stages. A stage uses up its input before more is read: a stream may have
 * no more for long. After one read it returns, even with nothing: any amount of input may give nothing, and a step is
 * about one buffer's work.
 */
static ssize_t read_from(struct ps_decode *d, unsigned stages, const struct ps_decode_source *source, uint8_t *to,
			 size_t room, bool *end)
{
	struct ps_stage *stage = stages > 0 ? d->stage[stages - 1] : NULL;
	bool filled = false;

	if (stage == NULL)
		return source->read(source->context, to, room, end);
	for (;;) {
		enum ps_decoded answer = PS_DECODED_BAD;
		size_t made = stage->over ? 0 : step_stage(stage, to, room, &answer);
		ssize_t got;

		*end = answer == PS_DECODED_END;
		if (made > 0 || *end || (filled && answer == PS_DECODED_MORE))
			return (ssize_t)made;
		if (answer == PS_DECODED_BAD) {
			d->failed = stage->problem;
			d->reason = stage->reason;
			return -EBADMSG;
		}
		got = fill_stage(d, stages - 1, source);
		if (got < 0)
			return got;
		filled = true;
	}
}

ssize_t ps_decode_read(struct ps_decode *decode, const struct ps_decode_source *source, uint8_t *to, size_t room,
		       bool *end)
{
	return read_from(decode, decode->count, source, to, room, end);
}

/* --- choosing the stages --- */

static void leave_stages(struct ps_decode *decode)
{
	for (unsigned i = 0; i < decode->count; i++)
		if (decode->stage[i]->leave != NULL)
			decode->stage[i]->leave(decode->stage[i]);
	decode->count = 0;
}

void ps_decode_start(struct ps_decode *decode, const struct ps_decode_options *options, bool part)
{
	leave_stages(decode);
	decode->options = *options;
	decode->failed = NULL;
	decode->looking = !part && (options->decompress || options->encoding->kind != PS_ENCODING_NONE);
	decode->unpacked = !options->decompress;
	decode->marked = false;
	decode->container = NULL;
}

static struct ps_stage *make_stage(const struct ps_decode *d, enum ps_stage_kind kind)
{
	switch (kind) {
	case PS_STAGE_DECOMPRESS: return ps_decompress_new();
	case PS_STAGE_UTF16LE:
	case PS_STAGE_UTF16BE: return ps_utf16_new(kind == PS_STAGE_UTF16BE);
	case PS_STAGE_ICONV: return ps_iconv_new(d->options.encoding);
	default: return NULL;
	}
}

/*
 * Returns the stage of this kind, with room for its input; it is made when first asked for. NULL if out of
 * memory. The room is page-aligned, as large buffers are: with an offset of a few bytes, read() took three times
 * as long.
 */
static struct ps_stage *get_stage(struct ps_decode *d, enum ps_stage_kind kind)
{
	struct ps_stage **stage = &d->made[kind];

	if (*stage == NULL)
		*stage = make_stage(d, kind);
	if (*stage != NULL && (*stage)->input == NULL)
		(*stage)->input = ps_buffer_new(PS_DECODE_INPUT);
	return *stage != NULL && (*stage)->input != NULL ? *stage : NULL;
}

/* The first bytes of a file, or of what came through its stages so far. */
struct head {
	const uint8_t *text;
	size_t length;
	bool last; /* nothing follows them */
};

/* Makes them the input of one more stage, except the first `skip` of them. */
static int push_stage(struct ps_decode *d, enum ps_stage_kind kind, const struct head *head, size_t skip,
		      struct ps_decode_looked *look)
{
	struct ps_stage *stage = get_stage(d, kind);
	int error = stage != NULL ? stage->begin(stage) : ENOMEM;

	if (error == ENOMEM)
		return SEARCH_ENOMEM;
	look->taken = true;
	look->error = error;
	if (error != 0) {
		d->failed = "cannot decode";
		d->reason = SEARCH_REASON_ENCODING;
		return SEARCH_OK;
	}
	PS_ASSERT(d->count < PS_STAGES && skip <= head->length && head->length - skip <= PS_DECODE_INPUT);
	memcpy(stage->input, head->text + skip, head->length - skip);
	stage->from = 0;
	stage->to = head->length - skip;
	stage->last = head->last;
	stage->over = false;
	stage->replaced = 0;
	d->stage[d->count++] = stage;
	return SEARCH_OK;
}

static const struct mark {
	const char *bytes;
	size_t length;
	enum ps_stage_kind kind;
} marks[] = {
	{ PS_UTF8_MARK, sizeof(PS_UTF8_MARK) - 1, PS_STAGE_KINDS },
	{ "\xFF\xFE", 2, PS_STAGE_UTF16LE },
	{ "\xFE\xFF", 2, PS_STAGE_UTF16BE },
};

/* Returns the byte order mark that they start with, or NULL; *maybe: with more bytes they could. */
static const struct mark *find_mark(const struct ps_decode *d, const struct head *head, bool *maybe)
{
	size_t count = sizeof(marks) / sizeof(marks[0]);

	/* in an encoding with units of four bytes, FF FE may be half of the mark */
	if (d->marked || d->options.encoding->unit == 4)
		count = 1;
	*maybe = false;
	if (head->text[0] < 0xEF)
		return NULL; /* no mark starts with this */
	for (const struct mark *mark = marks; mark < marks + count; mark++) {
		if (memcmp(head->text, mark->bytes, ps_min(head->length, mark->length)) != 0)
			continue;
		if (head->length >= mark->length)
			return mark;
		*maybe = !head->last;
	}
	return NULL;
}

/* Returns the stage for text without a mark, or PS_STAGE_KINDS. */
static enum ps_stage_kind default_stage(const struct ps_decode *d)
{
	const struct ps_encoding *encoding = d->options.encoding;

	if (d->marked)
		return PS_STAGE_KINDS; /* it was before this */
	switch (encoding->kind) {
	case PS_ENCODING_UTF16: return encoding->big_endian ? PS_STAGE_UTF16BE : PS_STAGE_UTF16LE;
	case PS_ENCODING_ICONV: return PS_STAGE_ICONV;
	default: return PS_STAGE_KINDS;
	}
}

/* Is the text in another encoding, or does a mark say that it is UTF-8? Returns as ps_decode_look(). */
static int look_for_encoding(struct ps_decode *d, const struct head *head, struct ps_decode_looked *look)
{
	const struct mark *mark;
	enum ps_stage_kind kind;
	bool maybe;

	mark = find_mark(d, head, &maybe);
	if (maybe && mark == NULL)
		return SEARCH_OK;
	d->looking = false;
	kind = mark != NULL ? mark->kind : default_stage(d);
	if (kind != PS_STAGE_KINDS) {
		/* text in an encoding that was named may start with a mark, which is in UTF-8 by now */
		d->looking = d->marked = mark == NULL;
		return push_stage(d, kind, head, mark != NULL ? mark->length : 0, look);
	}
	look->mark = mark != NULL ? mark->length : 0;
	return SEARCH_OK;
}

/* Is the file compressed? Returns as ps_decode_look(). */
static int look_for_compression(struct ps_decode *d, const struct head *head, struct ps_decode_looked *look)
{
	enum ps_magic magic = ps_compressed(head->text, head->length), other = PS_MAGIC_NO;
	const char *what = NULL;

	if (magic != PS_MAGIC_YES)
		other = ps_container(head->text, head->length, d->options.line_end, &what);
	if ((magic == PS_MAGIC_MORE || (magic == PS_MAGIC_NO && other == PS_MAGIC_MORE)) && !head->last)
		return SEARCH_OK;
	d->unpacked = true;
	d->container = other == PS_MAGIC_YES ? what : NULL;
	return magic == PS_MAGIC_YES ? push_stage(d, PS_STAGE_DECOMPRESS, head, 0, look) : SEARCH_OK;
}

int ps_decode_look(struct ps_decode *decode, const uint8_t *text, size_t length, bool last,
		   struct ps_decode_looked *look)
{
	const struct head head = { text, length, last };
	int rc = SEARCH_OK;

	PS_ASSERT(decode->looking);
	*look = (struct ps_decode_looked){ 0 };
	if (length > 0 && !decode->unpacked)
		rc = look_for_compression(decode, &head, look);
	if (rc != SEARCH_OK || length == 0 || look->taken || !decode->unpacked)
		return rc;
	if (decode->options.encoding->kind != PS_ENCODING_NONE)
		return look_for_encoding(decode, &head, look);
	decode->looking = false;
	return SEARCH_OK;
}

uint64_t ps_decode_replaced(const struct ps_decode *decode)
{
	uint64_t replaced = 0;

	for (unsigned i = 0; i < decode->count; i++)
		replaced += decode->stage[i]->replaced;
	return replaced;
}

void ps_decode_free(struct ps_decode *decode)
{
	for (unsigned i = 0; i < PS_STAGE_KINDS; i++) {
		struct ps_stage *stage = decode->made[i];

		if (stage == NULL)
			continue;
		ps_buffer_free(stage->input, PS_DECODE_INPUT);
		stage->free(stage);
	}
}
