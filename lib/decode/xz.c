/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * xz.c - xz, and its predecessor lzma, by liblzma. A member needs memory for its dictionary, whose size is in its
 * header; liblzma enforces a limit.
 */
#include "codec.h"

#ifdef PS_WITH_XZ
#include <lzma.h>

#define LIBLZMA(F) F(lzma_stream_decoder) F(lzma_alone_decoder) F(lzma_code) F(lzma_memusage) F(lzma_end)
PS_LIBRARY(liblzma, LIBLZMA, "liblzma.so.5");

enum { BESIDES = 1 << 20 }; /* what a decoder takes besides its dictionary, and some more */

static void *allocate_xz(void *opaque, size_t count, size_t size)
{
	(void)opaque;
	return ps_codec_take(count, size);
}

static void release_xz(void *opaque, void *memory)
{
	(void)opaque;
	ps_codec_release(memory);
}

static const lzma_allocator allocator = { allocate_xz, release_xz, NULL };

/* Returns NULL if out of memory. */
static lzma_stream *get_stream(struct ps_decompressor *d)
{
	static const lzma_stream fresh = LZMA_STREAM_INIT;
	lzma_stream *z = d->state;

	if (z != NULL)
		return z;
	d->state = z = malloc(sizeof(*z));
	if (z == NULL)
		return NULL;
	*z = fresh;
	z->allocator = &allocator;
	return z;
}

static int begin_xz(struct ps_decompressor *d)
{
	const struct liblzma *lzma = ps_codec_functions(d);
	lzma_stream *z = get_stream(d);
	bool begun = z != NULL && lzma->lzma_stream_decoder(z, PS_LOOKBACK + BESIDES, 0) == LZMA_OK;

	return begun ? SEARCH_OK : SEARCH_ENOMEM;
}

static int begin_lzma(struct ps_decompressor *d)
{
	const struct liblzma *lzma = ps_codec_functions(d);
	lzma_stream *z = get_stream(d);
	bool begun = z != NULL && lzma->lzma_alone_decoder(z, PS_LOOKBACK + BESIDES) == LZMA_OK;

	return begun ? SEARCH_OK : SEARCH_ENOMEM;
}

static int decode_xz(struct ps_decompressor *d, struct ps_flow *flow)
{
	const struct liblzma *lzma = ps_codec_functions(d);
	lzma_stream *z = d->state;
	lzma_ret rc;

	z->next_in = flow->in;
	z->avail_in = (size_t)(flow->in_end - flow->in);
	z->next_out = flow->out;
	z->avail_out = (size_t)(flow->out_end - flow->out);
	rc = lzma->lzma_code(z, LZMA_RUN);
	flow->in = z->next_in;
	flow->out = z->next_out;
	switch (rc) {
	case LZMA_STREAM_END:
		return PS_DECOMPRESS_END;
	case LZMA_OK:
	case LZMA_BUF_ERROR: /* neither input nor room */
		return PS_DECOMPRESS_MORE;
	case LZMA_MEM_ERROR:
		return SEARCH_ENOMEM;
	case LZMA_MEMLIMIT_ERROR:
		return ps_codec_too_large(d, lzma->lzma_memusage(z));
	case LZMA_OPTIONS_ERROR:
		return ps_codec_damaged(d, "it has options that this liblzma does not know");
	default:
		return ps_codec_damaged(d, NULL);
	}
}

static void end_xz(struct ps_decompressor *d)
{
	const struct liblzma *lzma = ps_codec_functions(d);

	lzma->lzma_end(d->state);
	free(d->state);
	d->state = NULL;
}

const struct ps_codec ps_codec_xz = {
	.name = "xz", .module = "xz", .pads = true, .of = PS_LIBLZMA, .library = &liblzma_library,
	.begin = begin_xz, .decode = decode_xz, .end = end_xz,
};
const struct ps_codec ps_codec_lzma = {
	.name = "lzma", .module = "xz", .alone = true, .of = PS_LIBLZMA, .library = &liblzma_library,
	.begin = begin_lzma, .decode = decode_xz, .end = end_xz,
};
#else
const struct ps_codec ps_codec_xz = { .name = "xz", .module = "xz", .pads = true };
const struct ps_codec ps_codec_lzma = { .name = "lzma", .module = "xz", .alone = true };
#endif
