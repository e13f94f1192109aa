/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * decode_iconv.c - the stage that converts the encodings that iconv knows to UTF-8.
 *
 * If the input is not valid, one code unit of it becomes U+FFFD, and iconv goes on after it. A character that the end
 * of the file cuts off becomes one U+FFFD, and so does a number above U+10FFFF, which glibc lets through in some
 * encodings (UCS-4, WCHAR_T). If iconv fails for any other reason, the file ends there, with an ERROR.
 *
 * libc's iconv may load a module for the encoding, and allocate memory, when it is opened: at the first file that needs
 * it. From file to file it is only reset, where it can be: musl's stays as it was, amid another alphabet, or with the
 * order of bytes of the file before.
 */
#include "pipeline.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

#define REPLACEMENT      "\xEF\xBF\xBD"
#define REPLACEMENT_SIZE 3

struct charset {
	struct ps_stage stage; /* first */
	const struct ps_encoding *encoding;
	iconv_t cd;
	bool open;
	bool flushed; /* iconv holds nothing back any more */
};

static struct charset *charset_of(struct ps_stage *stage)
{
	return (struct charset *)(void *)stage;
}

/* For another file. Returns whether it is still open. */
static bool reset_iconv(struct charset *c)
{
#ifdef __GLIBC__
	iconv(c->cd, NULL, NULL, NULL, NULL);
#else
	iconv_close(c->cd);
	c->open = false;
#endif
	return c->open;
}

static int begin_iconv(struct ps_stage *stage)
{
	struct charset *c = charset_of(stage);

	c->flushed = false;
	if (c->open && reset_iconv(c))
		return 0;
	c->cd = iconv_open("UTF-8", c->encoding->name);
	if (c->cd == (iconv_t)-1)
		return errno;
	c->open = true;
	return 0;
}

/* How long a sequence is for a number above U+10FFFF, in what UTF-8 once was; 0: this is none. */
static size_t beyond_unicode(const uint8_t *p)
{
	if (p[0] < 0xF4 || (p[0] == 0xF4 && p[1] < 0x90))
		return 0;
	return p[0] < 0xF8 ? 4 : p[0] < 0xFC ? 5 : 6;
}

/* Replaces these in the text, whose characters are whole, with U+FFFD, which is shorter. Returns where it ends then. */
static uint8_t *replace_beyond(struct ps_stage *stage, uint8_t *text, const uint8_t *end)
{
	const uint8_t *from = text;
	uint8_t *to = text;

	while (from < end) {
		size_t length = beyond_unicode(from);

		if (length == 0) {
			*to++ = *from++;
			continue;
		}
		from += length;
		to = mempcpy(to, REPLACEMENT, REPLACEMENT_SIZE);
		stage->replaced++;
	}
	return to;
}

/* Is there a byte that such a sequence could begin with? */
static bool may_be_beyond(const uint8_t *text, const uint8_t *end)
{
	while (text < end && *text < 0xF4)
		text++;
	return text < end;
}

/* Calls iconv, which takes no pointers to const, for a pass. Returns 0, or its errno. */
static int convert_pass(struct charset *c, struct ps_pass *pass)
{
	union {
		const uint8_t *from;
		char *to;
	} in = { pass->in };
	char *out = (char *)pass->out;
	size_t in_left = (size_t)(pass->in_end - pass->in), out_left = (size_t)(pass->out_end - pass->out);
	int error = iconv(c->cd, &in.to, &in_left, &out, &out_left) == (size_t)-1 ? errno : 0;
	uint8_t *begin = pass->out;

	pass->in = pass->in_end - in_left;
	pass->out = (uint8_t *)out;
	if (may_be_beyond(begin, pass->out))
		pass->out = replace_beyond(&c->stage, begin, pass->out);
	return error;
}

/* iconv says nothing about the input: what is left of it cannot be converted. */
static enum ps_decoded give_up(struct ps_stage *stage)
{
	stage->problem = "cannot decode: iconv failed";
	stage->reason = SEARCH_REASON_ENCODING;
	return PS_DECODED_BAD;
}

/* Replaces this many bytes of the input with U+FFFD. */
static void replace_input(struct ps_stage *stage, struct ps_pass *pass, size_t bytes)
{
	pass->in += ps_min(bytes, (size_t)(pass->in_end - pass->in));
	memcpy(pass->out, REPLACEMENT, REPLACEMENT_SIZE);
	pass->out += REPLACEMENT_SIZE;
	stage->replaced++;
}

/* The input is used up: fetches what iconv has held back, such as a letter that an accent might have followed. */
static enum ps_decoded flush_iconv(struct charset *c, struct ps_pass *pass)
{
	char *out = (char *)pass->out;
	size_t left = (size_t)(pass->out_end - pass->out);

	if (!c->flushed && iconv(c->cd, NULL, NULL, &out, &left) == (size_t)-1)
		return errno == E2BIG ? PS_DECODED_MORE : give_up(&c->stage);
	c->flushed = true;
	pass->out = (uint8_t *)out;
	return PS_DECODED_END;
}

static enum ps_decoded step_iconv(struct ps_stage *stage, struct ps_pass *pass)
{
	struct charset *c = charset_of(stage);

	while (pass->in < pass->in_end) {
		const uint8_t *in = pass->in;
		int error = convert_pass(c, pass);
		size_t left = (size_t)(pass->in_end - pass->in);

		if (error == 0 && pass->in > in)
			continue;
		if (error == E2BIG || pass->out_end - pass->out < REPLACEMENT_SIZE)
			return PS_DECODED_MORE;
		if (error != 0 && error != EILSEQ && error != EINVAL)
			return give_up(stage);
		if (error != EINVAL || left > PS_DECODE_REST)
			replace_input(stage, pass, c->encoding->unit);
		else if (pass->last)
			replace_input(stage, pass, left);
		else
			return PS_DECODED_MORE;
	}
	return pass->last ? flush_iconv(c, pass) : PS_DECODED_MORE;
}

static void free_iconv(struct ps_stage *stage)
{
	struct charset *c = charset_of(stage);

	if (c->open)
		iconv_close(c->cd);
	free(c);
}

struct ps_stage *ps_iconv_new(const struct ps_encoding *encoding)
{
	struct charset *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->stage = (struct ps_stage){ .begin = begin_iconv, .step = step_iconv, .free = free_iconv };
	c->encoding = encoding;
	return &c->stage;
}
