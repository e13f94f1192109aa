/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pipeline.c - which stages a file goes through, and its way through them.
 */
#include "decompress.h"
#include "../scan/scanner.h"

#include <errno.h>
#include <string.h>

/* --- the way through --- */

static ssize_t read_from(struct ps_scanner *s, unsigned stages, uint8_t *to, size_t room, bool *end);

/* More input for a stage, behind what it has left. As ps_scan_read. */
static ssize_t fill(struct ps_scanner *s, unsigned i)
{
	struct ps_stage *stage = s->decode.stage[i];
	ssize_t got;

	memmove(stage->input, stage->input + stage->from, stage->to - stage->from);
	stage->to -= stage->from;
	stage->from = 0;
	got = read_from(s, i, stage->input + stage->to, PS_DECODE_INPUT - stage->to, &stage->last);
	if (got <= 0)
		return got;
	stage->to += (size_t)got;
	if (i == 0)
		s->decode.taken += (size_t)got;
	return got;
}

/* Bytes made of the input at hand; *answer is the stage's. */
static size_t step(struct ps_stage *stage, uint8_t *to, size_t room, enum ps_decoded *answer)
{
	struct ps_pass pass = {
		.in = stage->input + stage->from,
		.in_end = stage->input + stage->to,
		.out = to,
		.out_end = to + room,
		.last = stage->last,
	};

	*answer = stage->step(stage, &pass);
	stage->from = (size_t)(pass.in - stage->input);
	stage->over = *answer == PS_DECODED_BAD;
	return (size_t)(pass.out - to);
}

/*
 * Reads what comes out of the first so many stages. What a stage has is used up before it asks for
 * more: a stream may have no more for long. Once it has asked it answers, be it with nothing: there
 * may be any amount of input that gives nothing, and a step is about one buffer's work.
 */
static ssize_t read_from(struct ps_scanner *s, unsigned stages, uint8_t *to, size_t room, bool *end)
{
	struct ps_stage *stage = stages > 0 ? s->decode.stage[stages - 1] : NULL;
	bool filled = false;

	if (stage == NULL)
		return ps_scan_read(s, to, room, end);
	for (;;) {
		enum ps_decoded answer = PS_DECODED_BAD;
		size_t made = stage->over ? 0 : step(stage, to, room, &answer);
		ssize_t got;

		*end = answer == PS_DECODED_END;
		if (made > 0 || *end || (filled && answer == PS_DECODED_MORE))
			return (ssize_t)made;
		if (answer == PS_DECODED_BAD) {
			s->decode.failed = stage->problem;
			s->decode.reason = stage->reason;
			return -EBADMSG;
		}
		got = fill(s, stages - 1);
		if (got < 0)
			return got;
		filled = true;
	}
}

ssize_t ps_decode_read(struct ps_scanner *s, uint8_t *to, size_t room, bool *end)
{
	return read_from(s, s->decode.count, to, room, end);
}

/* --- which stages --- */

static void leave_stages(struct ps_decode *decode)
{
	for (unsigned i = 0; i < decode->count; i++)
		if (decode->stage[i]->leave != NULL)
			decode->stage[i]->leave(decode->stage[i]);
	decode->count = 0;
}

void ps_decode_start(struct ps_scanner *s)
{
	bool decompress = (s->options->flags & SEARCH_MATCH_DECOMPRESS) != 0;

	leave_stages(&s->decode);
	s->decode.failed = NULL;
	s->decode.looking = !s->input.part && (decompress || s->options->encoding.kind != PS_ENCODING_NONE);
	s->decode.unpacked = !decompress;
	s->decode.marked = false;
	s->decode.container = NULL;
}

static struct ps_stage *make(const struct ps_scanner *s, enum ps_stage_kind kind)
{
	switch (kind) {
	case PS_STAGE_DECOMPRESS: return ps_decompress_new();
	case PS_STAGE_UTF16LE:
	case PS_STAGE_UTF16BE: return ps_utf16_new(kind == PS_STAGE_UTF16BE);
	case PS_STAGE_ICONV: return ps_iconv_new(&s->options->encoding);
	default: return NULL;
	}
}

/*
 * Returns the stage of this kind, with room for its input; it is made when first asked for. NULL if out of
 * memory. The room is page-aligned, as large buffers are: with an offset of a few bytes read() took three times
 * as long.
 */
static struct ps_stage *get(struct ps_scanner *s, enum ps_stage_kind kind)
{
	struct ps_stage **stage = &s->decode.made[kind];

	if (*stage == NULL)
		*stage = make(s, kind);
	if (*stage != NULL && (*stage)->input == NULL)
		(*stage)->input = ps_buffer_new(PS_DECODE_INPUT);
	return *stage != NULL && (*stage)->input != NULL ? *stage : NULL;
}

/* The stage cannot work: what was read is not searched. */
static int fail(struct ps_scanner *s, int error)
{
	if (error == ENOMEM)
		return SEARCH_ENOMEM;
	s->eof = true;
	s->read_error = error;
	s->decode.failed = "cannot decode";
	s->decode.reason = SEARCH_REASON_ENCODING;
	return SEARCH_OK;
}

/* What is in the buffer, but for the first `skip` bytes, goes through a stage first. */
static int push(struct ps_scanner *s, enum ps_stage_kind kind, size_t skip)
{
	struct ps_stage *stage = get(s, kind);
	int error = stage != NULL ? stage->begin(stage) : ENOMEM;
	size_t have = s->end - skip;

	s->end = 0;
	s->totals.bytes = 0;
	s->asked = true; /* it is not split */
	s->input.seekable = false;
	if (error != 0)
		return fail(s, error);
	memcpy(stage->input, s->buffer + skip, have);
	stage->from = 0;
	stage->to = have;
	stage->last = s->eof;
	stage->over = false;
	stage->replaced = 0;
	s->eof = false;
	s->decode.stage[s->decode.count++] = stage;
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

/* The byte order mark that the buffer begins with, or NULL; *maybe: with more bytes it could be one. */
static const struct mark *find_mark(const struct ps_scanner *s, bool *maybe)
{
	size_t count = sizeof(marks) / sizeof(marks[0]);

	/* of an encoding in units of four bytes FF FE may be half the mark */
	if (s->decode.marked || s->options->encoding.unit == 4)
		count = 1;
	*maybe = false;
	if (s->buffer[0] < 0xEF)
		return NULL; /* no mark begins so */
	for (const struct mark *mark = marks; mark < marks + count; mark++) {
		if (memcmp(s->buffer, mark->bytes, ps_min(s->end, mark->length)) != 0)
			continue;
		if (s->end >= mark->length)
			return mark;
		*maybe = !s->eof;
	}
	return NULL;
}

/* The stage for what has no mark, or PS_STAGE_KINDS. */
static enum ps_stage_kind default_stage(const struct ps_scanner *s)
{
	const struct ps_encoding *encoding = &s->options->encoding;

	if (s->decode.marked)
		return PS_STAGE_KINDS; /* it is behind us */
	switch (encoding->kind) {
	case PS_ENCODING_UTF16: return encoding->big_endian ? PS_STAGE_UTF16BE : PS_STAGE_UTF16LE;
	case PS_ENCODING_ICONV: return PS_STAGE_ICONV;
	default: return PS_STAGE_KINDS;
	}
}

/* Is it in another encoding, or does a mark say that it is not? As ps_decode_look. */
static int look_for_encoding(struct ps_scanner *s)
{
	const struct mark *mark;
	enum ps_stage_kind kind;
	bool maybe;

	mark = find_mark(s, &maybe);
	if (maybe && mark == NULL)
		return SEARCH_OK;
	s->decode.looking = false;
	kind = mark != NULL ? mark->kind : default_stage(s);
	if (kind != PS_STAGE_KINDS) {
		/* text of an encoding that was named may begin with a mark, which is UTF-8's by now */
		s->decode.looking = s->decode.marked = mark == NULL;
		return push(s, kind, mark != NULL ? mark->length : 0);
	}
	if (mark != NULL)
		s->out = s->pos = mark->length;
	return SEARCH_OK;
}

/* Is it compressed? As ps_decode_look. */
static int look_for_compression(struct ps_scanner *s)
{
	enum ps_magic magic = ps_compressed(s->buffer, s->end), other = PS_MAGIC_NO;
	const char *what = NULL;

	if (magic != PS_MAGIC_YES)
		other = ps_container(s->buffer, s->end, s->lines.end, &what);
	if ((magic == PS_MAGIC_MORE || (magic == PS_MAGIC_NO && other == PS_MAGIC_MORE)) && !s->eof)
		return SEARCH_OK;
	s->decode.unpacked = true;
	s->decode.container = other == PS_MAGIC_YES ? what : NULL;
	return magic == PS_MAGIC_YES ? push(s, PS_STAGE_DECOMPRESS, 0) : SEARCH_OK;
}

int ps_decode_look(struct ps_scanner *s)
{
	int rc = SEARCH_OK;

	if (s->end > 0 && !s->decode.unpacked)
		rc = look_for_compression(s);
	if (rc != SEARCH_OK || s->end == 0 || !s->decode.unpacked)
		return rc;
	if (s->options->encoding.kind != PS_ENCODING_NONE)
		return look_for_encoding(s);
	s->decode.looking = false;
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
