/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * decompress.c - a compressed file as a sequence of members.
 *
 * Wherever a member may start, bytes are moved into `head` until they tell what follows, so that it does not matter how
 * the input is cut; the codec gets these bytes first. (No member is so short that it could end among them.) All members
 * must have the same format: an xz member after a gzip member is reported, as gzip does.
 *
 * The formats' specifications say what else may come between and after members: skippable frames in zstd and lz4, zeros
 * in multiples of four in xz, nothing in the others. Zeros after the last member are accepted in all formats: tapes and
 * disks pad files that way.
 */
#include "codec.h"

#include <stdio.h>
#include <string.h>

/* What the input is at. */
enum input_phase {
	AT_HEAD,      /* before a member, or at the end */
	AT_MEMBER,    /* within one */
	AT_SKIPPED,   /* within a frame that is skipped */
	AT_PADDING    /* among zeros */
};

enum {
	SKIP_MAGIC = 4,
	SKIP_HEADER = 8, /* the magic, and the length of what is skipped */
	PADDING = 4      /* xz pads with a multiple of this many zeros */
};

/*
 * The header of an .lzma file has no magic number: it is recognised by everything that is true of it. Its
 * dictionary has 2^n or 2^n + 2^(n-1) bytes, as liblzma requires. If the header gives the length of the text,
 * only a dictionary of a plausible size counts: UTF-32 text can look like a header with a larger one.
 */
static bool is_lzma(const uint8_t *header)
{
	enum { LEAST = 1 << 12, MOST = 1 << 28 };
	uint32_t size = ps_codec_word(header + 1), upper = size & (size - 1), lowest = size ^ upper;
	bool length_is_named = header[12] != 0xFF;

	return (upper == 0 || upper == lowest << 1) && size >= LEAST && (size <= MOST || !length_is_named);
}

/* How members start: each byte is at least that of `least`, and at most that of `most`. */
static const struct magic {
	const struct ps_codec *codec;
	size_t size;
	const char *least, *most;
	bool (*holds)(const uint8_t *bytes); /* a further condition, or NULL */
} magics[] = {
	/* deflate, and none of the unassigned flags */
	{ &ps_codec_gzip, 4, "\x1F\x8B\x08\x00", "\x1F\x8B\x08\x1F", NULL },
	/* BZh alone could start a text: so with the first block's magic, or that of an empty file's end */
	{ &ps_codec_bzip2, 10, "BZh1\x31\x41\x59\x26\x53\x59", "BZh9\x31\x41\x59\x26\x53\x59", NULL },
	{ &ps_codec_bzip2, 10, "BZh1\x17\x72\x45\x38\x50\x90", "BZh9\x17\x72\x45\x38\x50\x90", NULL },
	{ &ps_codec_xz, 6, "\xFD" "7zXZ\x00", "\xFD" "7zXZ\x00", NULL },
	/* the properties that all programs write by default; then the length of the text, unknown or less than
	   256 GiB; then the first byte of the coded data */
	{ &ps_codec_lzma, 14, "\x5D\0\0\0\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0",
	  "\x5D\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0", is_lzma },
	{ &ps_codec_lzma, 14, "\x5D\0\0\0\0\0\0\0\0\0\0\0\0\0",
	  "\x5D\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x3F\0\0\0\0", is_lzma },
	{ &ps_codec_zstd, 4, "\x28\xB5\x2F\xFD", "\x28\xB5\x2F\xFD", NULL },
	{ &ps_codec_lz4, 4, "\x04\x22\x4D\x18", "\x04\x22\x4D\x18", NULL },
	{ &ps_codec_lz4, 4, "\x02\x21\x4C\x18", "\x02\x21\x4C\x18", NULL },
	/* skippable frames, of zstd and lz4: they may come first, and do not tell which of the two formats follows */
	{ NULL, SKIP_MAGIC, "\x50\x2A\x4D\x18", "\x5F\x2A\x4D\x18", NULL },
};

enum { MAGICS = sizeof(magics) / sizeof(magics[0]) };

_Static_assert(SKIP_HEADER <= (int)PS_MAGIC_SIZE, "the head has room for that of a skippable frame");

static enum ps_magic compare_magic(const struct magic *m, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < ps_min(m->size, size); i++)
		if (bytes[i] < (uint8_t)m->least[i] || bytes[i] > (uint8_t)m->most[i])
			return PS_MAGIC_NO;
	if (size < m->size)
		return PS_MAGIC_MORE;
	return m->holds == NULL || m->holds(bytes) ? PS_MAGIC_YES : PS_MAGIC_NO;
}

/* May this follow what was decompressed of the file so far? */
static bool may_follow(const struct ps_decompressor *d, const struct magic *m)
{
	if (d->codec != NULL)
		return (m->codec == d->codec && !d->codec->alone) || (m->codec == NULL && d->codec->skips);
	return !d->skipped || m->codec == NULL || m->codec->skips;
}

/* Finds what starts with these bytes: *found, with PS_MAGIC_YES. */
static enum ps_magic find_magic(const struct ps_decompressor *d, const uint8_t *bytes, size_t size,
				const struct magic **found)
{
	enum ps_magic best = PS_MAGIC_NO;

	for (const struct magic *m = magics; m < magics + MAGICS; m++) {
		enum ps_magic is = PS_MAGIC_NO;

		if (may_follow(d, m))
			is = compare_magic(m, bytes, size);
		if (is == PS_MAGIC_YES) {
			*found = m;
			return is;
		}
		if (is == PS_MAGIC_MORE)
			best = is;
	}
	return best;
}

enum ps_magic ps_compressed(const uint8_t *bytes, size_t size)
{
	static const struct ps_decompressor fresh;
	const struct magic *found;
	enum ps_magic is;

	is = find_magic(&fresh, bytes, size, &found);
	PS_ASSERT(size < PS_MAGIC_SIZE || is != PS_MAGIC_MORE);
	return is;
}

const char *ps_decompress_formats(void)
{
	static const char formats[] = ""
#ifdef PS_WITH_GZIP
				      " gzip"
#endif
#ifdef PS_WITH_BZIP2
				      " bzip2"
#endif
#ifdef PS_WITH_XZ
				      " xz"
#endif
#ifdef PS_WITH_ZSTD
				      " zstd"
#endif
#ifdef PS_WITH_LZ4
				      " lz4"
#endif
		;

	return formats + (formats[0] == ' ');
}

bool ps_can_decompress(void)
{
	return *ps_decompress_formats() != '\0';
}

/* --- memory --- */

/* Precedes each block, so that the library need not give its size when it frees it. */
union block_head {
	size_t bytes; /* including the head */
	max_align_t align;
};

void *ps_codec_take(size_t count, size_t size)
{
	union block_head *head;
	size_t bytes;

	if (size > 0 && count > (SIZE_MAX / 2 - sizeof(*head)) / size)
		return NULL;
	bytes = sizeof(*head) + count * size;
	head = ps_buffer_zeroed(bytes);
	if (head == NULL)
		return NULL;
	head->bytes = bytes;
	return head + 1;
}

void ps_codec_release(void *block)
{
	union block_head *head = block;

	if (head != NULL)
		ps_buffer_free(head - 1, head[-1].bytes);
}

/* --- what ends a file --- */

static const char *format_of(const struct ps_decompressor *d)
{
	return d->codec != NULL ? d->codec->name : "zstd or lz4";
}

int ps_codec_damaged(struct ps_decompressor *d, const char *detail)
{
	d->reason = SEARCH_REASON_DAMAGED;
	snprintf(d->problem, sizeof(d->problem), "the %s data is damaged%s%s", format_of(d), detail != NULL ? ": " : "",
		 detail != NULL ? detail : "");
	return PS_DECOMPRESS_BAD;
}

int ps_codec_too_large(struct ps_decompressor *d, uint64_t bytes)
{
	char need[32] = "more";

	if (bytes > 0)
		snprintf(need, sizeof(need), "%llu MiB, more", (unsigned long long)(bytes >> 20));
	d->reason = SEARCH_REASON_MEMORY;
	snprintf(d->problem, sizeof(d->problem), "the %s data needs %s than %llu MiB of memory to be decompressed",
		 format_of(d), need, (unsigned long long)(PS_LOOKBACK >> 20));
	return PS_DECOMPRESS_BAD;
}

static int ends_early(struct ps_decompressor *d)
{
	d->reason = SEARCH_REASON_DAMAGED;
	snprintf(d->problem, sizeof(d->problem), "the %s data ends too early: the rest is missing", format_of(d));
	return PS_DECOMPRESS_BAD;
}

static int followed_by_other(struct ps_decompressor *d)
{
	d->reason = SEARCH_REASON_DAMAGED;
	snprintf(d->problem, sizeof(d->problem), "what follows the %s data is %s, and is not searched", format_of(d),
		 d->codec != NULL && d->codec->alone ? "not part of it" : "something else");
	return PS_DECOMPRESS_BAD;
}

static int not_built_in(struct ps_decompressor *d)
{
	d->reason = SEARCH_REASON_UNSUPPORTED;
	snprintf(d->problem, sizeof(d->problem), "is %s data, and this library was built without %s", format_of(d),
		 d->codec->module);
	return PS_DECOMPRESS_BAD;
}

static int not_loaded(struct ps_decompressor *d, const char *why)
{
	d->reason = SEARCH_REASON_UNSUPPORTED;
	snprintf(d->problem, sizeof(d->problem), "is %s data, and the library for that cannot be loaded: %s", format_of(d),
		 why);
	return PS_DECOMPRESS_BAD;
}

const char *ps_decompressor_problem(const struct ps_decompressor *d, enum search_reason *reason)
{
	*reason = d->reason;
	return d->problem;
}

/* --- between members --- */

static int begin_member(struct ps_decompressor *d, const struct ps_codec *codec)
{
	char why[200];

	d->codec = codec;
	d->at = AT_MEMBER;
	d->head_used = 0;
	if (codec->library == NULL)
		return not_built_in(d);
	if (!ps_library_load(&d->loaded[codec->of], codec->library, why, sizeof(why)))
		return not_loaded(d, why);
	if (codec->begin(d) != SEARCH_OK)
		return SEARCH_ENOMEM;
	return PS_DECOMPRESS_MORE;
}

static int begin_skip(struct ps_decompressor *d)
{
	d->skip = ps_codec_word(d->head + SKIP_MAGIC);
	d->skipped = true;
	d->at = AT_SKIPPED;
	return PS_DECOMPRESS_MORE;
}

/* Moves bytes into the head until they tell what follows. */
static int decode_head(struct ps_decompressor *d, struct ps_flow *flow, bool last)
{
	static const uint8_t zeros[PS_MAGIC_SIZE];

	for (;;) {
		const struct magic *found = NULL;
		enum ps_magic is = find_magic(d, d->head, d->head_size, &found);

		if (is == PS_MAGIC_YES && found->codec != NULL)
			return begin_member(d, found->codec);
		if (is == PS_MAGIC_YES && d->head_size == SKIP_HEADER)
			return begin_skip(d);
		if (is == PS_MAGIC_NO && memcmp(d->head, zeros, d->head_size) != 0)
			return followed_by_other(d);
		if (is == PS_MAGIC_NO) {
			d->zeros = d->head_size;
			d->at = AT_PADDING;
			return PS_DECOMPRESS_MORE;
		}
		if (flow->in == flow->in_end) {
			if (!last)
				return PS_DECOMPRESS_MORE;
			if (d->head_size == 0)
				return PS_DECOMPRESS_END;
			return is == PS_MAGIC_YES ? ends_early(d) : followed_by_other(d);
		}
		PS_ASSERT(d->head_size < sizeof(d->head));
		d->head[d->head_size++] = *flow->in++;
	}
}

static int decode_skipped(struct ps_decompressor *d, struct ps_flow *flow, bool last)
{
	size_t have = (size_t)(flow->in_end - flow->in), n = d->skip < have ? (size_t)d->skip : have;

	flow->in += n;
	d->skip -= n;
	if (d->skip > 0)
		return last ? ends_early(d) : PS_DECOMPRESS_MORE;
	d->head_size = 0;
	d->at = AT_HEAD;
	return PS_DECOMPRESS_MORE;
}

/* Another member may follow zeros only if the format says how many there may be. */
static int decode_padding(struct ps_decompressor *d, struct ps_flow *flow, bool last)
{
	bool may_go_on = d->codec != NULL && d->codec->pads;

	for (; flow->in < flow->in_end && *flow->in == 0; flow->in++)
		d->zeros++;
	if (flow->in == flow->in_end && !last)
		return PS_DECOMPRESS_MORE;
	if (may_go_on && d->zeros % PADDING != 0)
		return ps_codec_damaged(d, "the zeros after it are not a multiple of four bytes");
	if (flow->in == flow->in_end)
		return PS_DECOMPRESS_END;
	if (!may_go_on)
		return followed_by_other(d);
	d->head_size = 0;
	d->at = AT_HEAD;
	return PS_DECOMPRESS_MORE;
}

/* --- members --- */

/* After the member's end the head is empty, unless the codec had to give something back. */
static int decode_member(struct ps_decompressor *d, struct ps_flow *flow)
{
	struct ps_flow from = *flow;
	bool from_head = d->head_used < d->head_size;
	int rc;

	if (from_head) {
		from.in = d->head + d->head_used;
		from.in_end = d->head + d->head_size;
	}
	PS_ASSERT(d->head_used <= d->head_size && from.out < from.out_end);
	rc = d->codec->decode(d, &from);
	PS_ASSERT(from.in <= from.in_end && from.out <= from.out_end && from.out >= flow->out);
	flow->out = from.out;
	if (from_head)
		d->head_used = (size_t)(from.in - d->head);
	else
		flow->in = from.in;
	if (rc != PS_DECOMPRESS_END)
		return rc;
	if (d->head_used == d->head_size)
		d->head_size = 0;
	d->at = AT_HEAD;
	return PS_DECOMPRESS_MORE;
}

/* The codec cannot go on, and there is no more input. */
static int end_within_member(struct ps_decompressor *d)
{
	bool may_end = d->codec->may_end != NULL && d->codec->may_end(d);

	return may_end ? PS_DECOMPRESS_END : ends_early(d);
}

static int decode_step(struct ps_decompressor *d, struct ps_flow *flow, bool last)
{
	switch (d->at) {
	case AT_HEAD:
		return decode_head(d, flow, last);
	case AT_MEMBER:
		return decode_member(d, flow);
	case AT_SKIPPED:
		return decode_skipped(d, flow, last);
	default:
		return decode_padding(d, flow, last);
	}
}

/* Goes on until the room is full, or nothing moves any more. */
static int decode_flow(struct ps_decompressor *d, struct ps_flow *flow, bool last)
{
	for (;;) {
		struct ps_flow before = *flow;
		size_t used = d->head_used;
		int at = d->at, rc = decode_step(d, flow, last);
		bool moved = before.in != flow->in || before.out != flow->out || used != d->head_used || at != d->at;

		if (rc != PS_DECOMPRESS_MORE || flow->out == flow->out_end)
			return rc;
		if (!moved)
			return last ? end_within_member(d) : PS_DECOMPRESS_MORE;
	}
}

/* --- the file --- */

static void release_codec(struct ps_decompressor *d)
{
	if (d->state != NULL)
		d->codec->end(d);
}

int ps_decompress(struct ps_decompressor *d, struct ps_flow *flow, bool last)
{
	int rc;

	PS_ASSERT(flow->in <= flow->in_end && flow->out < flow->out_end);
	rc = decode_flow(d, flow, last);
	if (rc != PS_DECOMPRESS_MORE)
		release_codec(d); /* it may be large */
	return rc;
}

struct ps_decompressor *ps_decompressor_new(void)
{
	return calloc(1, sizeof(struct ps_decompressor));
}

void ps_decompressor_start(struct ps_decompressor *d)
{
	struct ps_loaded loaded[PS_LIBRARIES];

	release_codec(d);
	memcpy(loaded, d->loaded, sizeof(loaded));
	*d = (struct ps_decompressor){ .at = AT_HEAD };
	memcpy(d->loaded, loaded, sizeof(loaded));
}

void ps_decompressor_free(struct ps_decompressor *d)
{
	if (d == NULL)
		return;
	release_codec(d);
	for (int i = 0; i < PS_LIBRARIES; i++)
		ps_library_unload(&d->loaded[i]);
	free(d);
}
