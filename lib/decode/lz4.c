/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lz4.c - lz4 by liblz4: its frames, and the legacy format, in which Linux's kernels are compressed and which liblz4
 * leaves to its users.
 *
 * An old file is a sequence of blocks of 8 MiB of text (the last one has less). Before each block is its compressed
 * length in 4 bytes, the lowest first. The file ends with the input, or where these 4 bytes cannot be a length: then
 * they are the next member's magic.
 */
#include "codec.h"

#ifdef PS_WITH_LZ4
#include <lz4.h>
#include <lz4frame.h>
#include <string.h>

#define LIBLZ4(F)                                                                                                      \
	F(LZ4F_createDecompressionContext) F(LZ4F_freeDecompressionContext) F(LZ4F_decompress) F(LZ4F_isError)             \
	F(LZ4F_getErrorName) F(LZ4_decompress_safe)
PS_LIBRARY(liblz4, LIBLZ4, "liblz4.so.1");

enum {
	OLD_BLOCK = 8 << 20,
	WORD = 4,
	TWO_WORDS = 8,
	FRAME_HEADER = 7 /* at least */
};

/* The magic was checked already: its first byte tells which of the two formats it is. */
enum { OLD_MAGIC = 0x02 };

struct lz4 {
	LZ4F_dctx *frame;
	size_t wanted;     /* input up to the next block */
	bool pending;      /* the room was too small for a block's text */

	bool old;          /* an old file; everything below is about that */
	size_t magic_left;
	uint8_t word[WORD];
	size_t word_size;
	uint8_t *block;    /* compressed, `block_have` of `block_size` bytes */
	size_t block_size, block_have;
	uint8_t *text;     /* of the block; it was given out up to `text_given` */
	size_t text_size, text_given;
};

static void end_lz4(struct ps_decompressor *d)
{
	const struct liblz4 *lz4 = ps_codec_functions(d);
	struct lz4 *z = d->state;

	if (z == NULL)
		return;
	lz4->LZ4F_freeDecompressionContext(z->frame); /* NULL is fine */
	ps_buffer_free(z->block, LZ4_COMPRESSBOUND(OLD_BLOCK));
	ps_buffer_free(z->text, OLD_BLOCK);
	free(z);
	d->state = NULL;
}

static int begin_lz4(struct ps_decompressor *d)
{
	const struct liblz4 *lz4 = ps_codec_functions(d);
	struct lz4 *z;

	end_lz4(d);
	z = calloc(1, sizeof(*z));
	if (z == NULL)
		return SEARCH_ENOMEM;
	d->state = z;
	z->old = d->head[0] == OLD_MAGIC;
	z->magic_left = WORD;
	z->wanted = FRAME_HEADER;
	if (!z->old)
		return lz4->LZ4F_isError(lz4->LZ4F_createDecompressionContext(&z->frame, LZ4F_VERSION)) ? SEARCH_ENOMEM
													: SEARCH_OK;
	z->block = ps_buffer_new(LZ4_COMPRESSBOUND(OLD_BLOCK));
	z->text = ps_buffer_new(OLD_BLOCK);
	return z->block == NULL || z->text == NULL ? SEARCH_ENOMEM : SEARCH_OK;
}

static int fail_lz4(struct ps_decompressor *d, size_t rc)
{
	const struct liblz4 *lz4 = ps_codec_functions(d);
	const char *name = lz4->LZ4F_getErrorName(rc), *prefix = "ERROR_";

	if (strcmp(name, "ERROR_allocation_failed") == 0)
		return SEARCH_ENOMEM;
	return ps_codec_damaged(d, strncmp(name, prefix, strlen(prefix)) == 0 ? name + strlen(prefix) : name);
}

/* A call wants a block with its checksum and the next one's length: returns how much of that to give. */
static size_t portion_of_block(const struct lz4 *z)
{
	if (z->pending)
		return 0;
	return z->wanted > TWO_WORDS ? z->wanted - TWO_WORDS : z->wanted > WORD ? z->wanted - WORD : z->wanted;
}

/*
 * A call that fails does not tell how much it wrote. So each call gets (some of) a block, or what follows it, and
 * pending text is fetched by a call without input: then a call that writes does not fail.
 */
static int decode_lz4_frame(struct ps_decompressor *d, struct lz4 *z, struct ps_flow *flow)
{
	const struct liblz4 *lz4 = ps_codec_functions(d);

	do {
		size_t in = ps_min(portion_of_block(z), (size_t)(flow->in_end - flow->in));
		size_t room = (size_t)(flow->out_end - flow->out), out = room;
		size_t rc = lz4->LZ4F_decompress(z->frame, flow->out, &out, flow->in, &in, NULL);

		if (lz4->LZ4F_isError(rc))
			return fail_lz4(d, rc);
		flow->in += in;
		flow->out += out;
		if (rc == 0)
			return PS_DECOMPRESS_END;
		z->wanted = rc;
		z->pending = out == room;
	} while (flow->in < flow->in_end && flow->out < flow->out_end);
	return PS_DECOMPRESS_MORE;
}

/* Moves input to `to`, of which *have of `size` bytes are filled. */
static void take_input(struct ps_flow *flow, uint8_t *to, size_t *have, size_t size)
{
	size_t n;

	PS_ASSERT(*have <= size);
	n = ps_min(size - *have, (size_t)(flow->in_end - flow->in));
	if (n > 0)
		memcpy(to + *have, flow->in, n);
	flow->in += n;
	*have += n;
}

static void give_text(struct lz4 *z, struct ps_flow *flow)
{
	size_t n = ps_min(z->text_size - z->text_given, (size_t)(flow->out_end - flow->out));

	if (n > 0)
		memcpy(flow->out, z->text + z->text_given, n);
	flow->out += n;
	z->text_given += n;
}

/* Reads a block's length. Returns false if it is not complete yet, or is what follows the member. */
static bool take_block_length(struct ps_decompressor *d, struct lz4 *z, struct ps_flow *flow)
{
	uint32_t length;

	take_input(flow, z->word, &z->word_size, WORD);
	if (z->word_size < WORD)
		return false;
	length = ps_codec_word(z->word);
	if (length == 0 || length > (uint32_t)LZ4_COMPRESSBOUND(OLD_BLOCK)) {
		memcpy(d->head, z->word, WORD);
		d->head_size = WORD;
		d->head_used = 0;
		return false;
	}
	z->block_size = length;
	z->block_have = 0;
	return true;
}

static int decode_lz4_old(struct ps_decompressor *d, struct lz4 *z, struct ps_flow *flow)
{
	const struct liblz4 *lz4 = ps_codec_functions(d);
	size_t skipped = ps_min(z->magic_left, (size_t)(flow->in_end - flow->in));

	flow->in += skipped;
	z->magic_left -= skipped;
	for (;;) {
		int size;

		give_text(z, flow);
		if (z->text_given < z->text_size || z->magic_left > 0)
			return PS_DECOMPRESS_MORE;
		if (z->block_size == 0 && !take_block_length(d, z, flow))
			return z->word_size == WORD ? PS_DECOMPRESS_END : PS_DECOMPRESS_MORE;
		take_input(flow, z->block, &z->block_have, z->block_size);
		if (z->block_have < z->block_size)
			return PS_DECOMPRESS_MORE;
		PS_ASSERT(z->block_size <= (size_t)LZ4_COMPRESSBOUND(OLD_BLOCK));
		size = lz4->LZ4_decompress_safe((const char *)z->block, (char *)z->text, (int)z->block_size, OLD_BLOCK);
		if (size < 0)
			return ps_codec_damaged(d, NULL);
		z->text_size = (size_t)size;
		z->text_given = 0;
		z->block_size = 0;
		z->word_size = 0;
	}
}

static int decode_lz4(struct ps_decompressor *d, struct ps_flow *flow)
{
	struct lz4 *z = d->state;

	return z->old ? decode_lz4_old(d, z, flow) : decode_lz4_frame(d, z, flow);
}

/* Between two blocks of an old file, or in the zeros that pad it. */
static bool may_end_lz4(const struct ps_decompressor *d)
{
	static const uint8_t zeros[WORD];
	const struct lz4 *z = d->state;

	return z->old && z->magic_left == 0 && z->block_size == 0 && memcmp(z->word, zeros, z->word_size) == 0;
}

const struct ps_codec ps_codec_lz4 = {
	.name = "lz4", .module = "lz4", .skips = true, .of = PS_LIBLZ4, .library = &liblz4_library,
	.begin = begin_lz4, .decode = decode_lz4, .may_end = may_end_lz4, .end = end_lz4,
};
#else
const struct ps_codec ps_codec_lz4 = { .name = "lz4", .module = "lz4", .skips = true };
#endif
