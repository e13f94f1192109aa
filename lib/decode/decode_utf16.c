/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * decode_utf16.c - the stage that converts UTF-16 to UTF-8.
 *
 * A surrogate without its other half becomes U+FFFD, and so does what the end of the file cuts off: half a unit, a high
 * surrogate, or both together. A byte order mark is a character like any other here.
 */
#include "pipeline.h"

#include <endian.h>
#include <string.h>

#define REPLACEMENT 0xFFFDU
#define LANES       UINT64_C(0x0001000100010001)

struct utf16 {
	struct ps_stage stage; /* first */
	bool big_endian;
};

static inline uint32_t load_unit(const uint8_t *p, bool big_endian)
{
	return big_endian ? (uint32_t)p[0] << 8 | p[1] : (uint32_t)p[1] << 8 | p[0];
}

static inline bool is_surrogate(uint32_t unit)
{
	return (unit & 0xF800) == 0xD800;
}

static inline bool is_high(uint32_t unit)
{
	return (unit & 0xFC00) == 0xD800;
}

static inline bool is_low(uint32_t unit)
{
	return (unit & 0xFC00) == 0xDC00;
}

/*
 * Writes a character below U+10000; there is room for four bytes. This is one store, without a branch, since most
 * languages mix letters of different lengths.
 */
static inline uint8_t *put_character(uint8_t *to, uint32_t c)
{
	uint32_t last = 0x80 | (c & 0x3F);
	uint32_t two = 0xC0 | c >> 6 | last << 8;
	uint32_t three = 0xE0 | c >> 12 | (0x80 | (c >> 6 & 0x3F)) << 8 | last << 16;
	uint32_t bytes = htole32(c < 0x80 ? c : c < 0x800 ? two : three);

	memcpy(to, &bytes, 4);
	return to + 1 + (c >= 0x80) + (c >= 0x800);
}

/* Writes the character of a pair; there is room for four bytes. */
static inline uint8_t *put_pair(uint8_t *to, uint32_t high, uint32_t low)
{
	uint32_t c = 0x10000 + ((high & 0x3FF) << 10 | (low & 0x3FF));

	to[0] = (uint8_t)(0xF0 | c >> 18);
	to[1] = (uint8_t)(0x80 | (c >> 12 & 0x3F));
	to[2] = (uint8_t)(0x80 | (c >> 6 & 0x3F));
	to[3] = (uint8_t)(0x80 | (c & 0x3F));
	return to + 4;
}

/* Decodes ASCII, four units at a time, up to something else. */
static inline void decode_ascii(struct ps_pass *pass, bool big_endian)
{
	const uint8_t *in = pass->in;
	uint8_t *out = pass->out;

	while (pass->in_end - in >= 8 && pass->out_end - out >= 4) {
		uint64_t units;
		uint32_t bytes;

		memcpy(&units, in, 8);
		units = le64toh(units);
		if ((units & (big_endian ? 0x80FF : 0xFF80) * LANES) != 0)
			break;
		units = big_endian ? units >> 8 : units;
		units |= units >> 8; /* bytes 0 and 4 are two characters each now */
		bytes = htole32((uint32_t)((units & 0xFFFF) | (units >> 16 & 0xFFFF0000)));
		memcpy(out, &bytes, 4);
		in += 8;
		out += 4;
	}
	pass->in = in;
	pass->out = out;
}

/* Decodes eight characters below U+10000, or up to a surrogate, if there are as many and room for them. */
static inline void decode_eight(struct ps_pass *pass, bool big_endian)
{
	const uint8_t *in = pass->in;
	uint8_t *out = pass->out;

	if (pass->in_end - in < 16 || pass->out_end - out < 32)
		return;
	for (int i = 0; i < 8; i++) {
		uint32_t unit = load_unit(in, big_endian);

		if (is_surrogate(unit))
			break;
		out = put_character(out, unit);
		in += 2;
	}
	pass->in = in;
	pass->out = out;
}

/* Decodes one character. Returns false if more input, or room, is needed. */
static inline bool decode_one(struct ps_stage *stage, struct ps_pass *pass, bool big_endian)
{
	size_t left = (size_t)(pass->in_end - pass->in);
	uint32_t c, low;

	if (left < 2 || pass->out_end - pass->out < 4)
		return false;
	c = load_unit(pass->in, big_endian);
	if (is_high(c)) {
		if (left < 4)
			return false;
		low = load_unit(pass->in + 2, big_endian);
		if (is_low(low)) {
			pass->out = put_pair(pass->out, c, low);
			pass->in += 4;
			return true;
		}
	}
	if (is_surrogate(c)) {
		c = REPLACEMENT;
		stage->replaced++;
	}
	pass->out = put_character(pass->out, c);
	pass->in += 2;
	return true;
}

/* The input is used up, except perhaps for half a character. */
static enum ps_decoded end_utf16(struct ps_stage *stage, struct ps_pass *pass)
{
	if (!pass->last || pass->in_end - pass->in > 3)
		return PS_DECODED_MORE;
	if (pass->in < pass->in_end) {
		if (pass->out_end - pass->out < 4)
			return PS_DECODED_MORE;
		pass->out = put_character(pass->out, REPLACEMENT);
		pass->in = pass->in_end;
		stage->replaced++;
	}
	return PS_DECODED_END;
}

static inline enum ps_decoded decode_utf16(struct ps_stage *stage, struct ps_pass *pass, bool big_endian)
{
	bool more = true;

	while (more) {
		decode_ascii(pass, big_endian);
		decode_eight(pass, big_endian);
		more = decode_one(stage, pass, big_endian);
	}
	return end_utf16(stage, pass);
}

static enum ps_decoded step_utf16(struct ps_stage *stage, struct ps_pass *pass)
{
	bool big_endian = ((const struct utf16 *)(const void *)stage)->big_endian;

	return big_endian ? decode_utf16(stage, pass, true) : decode_utf16(stage, pass, false);
}

static int begin_utf16(struct ps_stage *stage)
{
	(void)stage;
	return 0;
}

static void free_utf16(struct ps_stage *stage)
{
	free(stage);
}

struct ps_stage *ps_utf16_new(bool big_endian)
{
	struct utf16 *u = calloc(1, sizeof(*u));

	if (u == NULL)
		return NULL;
	u->stage = (struct ps_stage){ .begin = begin_utf16, .step = step_utf16, .free = free_utf16 };
	u->big_endian = big_endian;
	return &u->stage;
}
