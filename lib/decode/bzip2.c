/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bzip2.c - bzip2 by libbz2. A member takes up to 4 MiB, and its blocks of up to 900 KB are decoded one at a time.
 */
#include "codec.h"

#ifdef PS_WITH_BZIP2
#include <bzlib.h>

#define LIBBZ2(F) F(BZ2_bzDecompressInit) F(BZ2_bzDecompress) F(BZ2_bzDecompressEnd)
PS_LIBRARY(libbz2, LIBBZ2, "libbz2.so.1.0", "libbz2.so.1"); /* some distributions renamed it */

static void *allocate_bzip2(void *opaque, int count, int size)
{
	(void)opaque;
	return ps_codec_take((size_t)count, (size_t)size);
}

static void release_bzip2(void *opaque, void *memory)
{
	(void)opaque;
	ps_codec_release(memory);
}

static void end_bzip2(struct ps_decompressor *d)
{
	const struct libbz2 *bz2 = ps_codec_functions(d);

	if (d->state != NULL)
		bz2->BZ2_bzDecompressEnd(d->state);
	free(d->state);
	d->state = NULL;
}

static int begin_bzip2(struct ps_decompressor *d)
{
	const struct libbz2 *bz2 = ps_codec_functions(d);
	bz_stream *b;

	end_bzip2(d); /* the state cannot be used again */
	b = calloc(1, sizeof(*b));
	if (b == NULL)
		return SEARCH_ENOMEM;
	b->bzalloc = allocate_bzip2;
	b->bzfree = release_bzip2;
	if (bz2->BZ2_bzDecompressInit(b, 0, 0) != BZ_OK) {
		free(b);
		return SEARCH_ENOMEM;
	}
	d->state = b;
	return SEARCH_OK;
}

static int decode_bzip2(struct ps_decompressor *d, struct ps_flow *flow)
{
	const struct libbz2 *bz2 = ps_codec_functions(d);
	bz_stream *b = d->state;
	int rc;

	b->next_in = (char *)(uintptr_t)flow->in; /* it is only read */
	b->avail_in = ps_codec_size((size_t)(flow->in_end - flow->in));
	b->next_out = (char *)flow->out;
	b->avail_out = ps_codec_size((size_t)(flow->out_end - flow->out));
	rc = bz2->BZ2_bzDecompress(b);
	flow->in = (const uint8_t *)b->next_in;
	flow->out = (uint8_t *)b->next_out;
	switch (rc) {
	case BZ_STREAM_END:
		return PS_DECOMPRESS_END;
	case BZ_OK:
		return PS_DECOMPRESS_MORE;
	case BZ_MEM_ERROR:
		return SEARCH_ENOMEM;
	default:
		return ps_codec_damaged(d, NULL);
	}
}

const struct ps_codec ps_codec_bzip2 = {
	.name = "bzip2", .module = "bzip2", .of = PS_LIBBZ2, .library = &libbz2_library,
	.begin = begin_bzip2, .decode = decode_bzip2, .end = end_bzip2,
};
#else
const struct ps_codec ps_codec_bzip2 = { .name = "bzip2", .module = "bzip2" };
#endif
