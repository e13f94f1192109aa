/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gzip.c - gzip by zlib, which also checks each member's checksum and length.
 */
#include "codec.h"

#ifdef PS_WITH_GZIP
#include <zlib.h>

#define ZLIB(F) F(inflateInit2_) F(inflateReset) F(inflate) F(inflateEnd)
PS_LIBRARY(zlib, ZLIB, "libz.so.1");

enum { WINDOW_BITS = 15, GZIP_HEADER = 16 };

static void *allocate_gzip(void *opaque, unsigned count, unsigned size)
{
	(void)opaque;
	return ps_codec_take(count, size);
}

static void release_gzip(void *opaque, void *memory)
{
	(void)opaque;
	ps_codec_release(memory);
}

static int begin_gzip(struct ps_decompressor *d)
{
	const struct zlib *zlib = ps_codec_functions(d);
	z_stream *z = d->state;

	if (z != NULL)
		return zlib->inflateReset(z) == Z_OK ? SEARCH_OK : SEARCH_ENOMEM;
	z = calloc(1, sizeof(*z));
	if (z == NULL)
		return SEARCH_ENOMEM;
	z->zalloc = allocate_gzip;
	z->zfree = release_gzip;
	if (zlib->inflateInit2_(z, WINDOW_BITS + GZIP_HEADER, ZLIB_VERSION, (int)sizeof(*z)) != Z_OK) {
		free(z);
		return SEARCH_ENOMEM;
	}
	d->state = z;
	return SEARCH_OK;
}

static int decode_gzip(struct ps_decompressor *d, struct ps_flow *flow)
{
	const struct zlib *zlib = ps_codec_functions(d);
	z_stream *z = d->state;
	int rc;

	z->next_in = (z_const Bytef *)(uintptr_t)flow->in; /* without ZLIB_CONST it is not const */
	z->avail_in = ps_codec_size((size_t)(flow->in_end - flow->in));
	z->next_out = flow->out;
	z->avail_out = ps_codec_size((size_t)(flow->out_end - flow->out));
	rc = zlib->inflate(z, Z_NO_FLUSH);
	flow->in = z->next_in;
	flow->out = z->next_out;
	switch (rc) {
	case Z_STREAM_END:
		return PS_DECOMPRESS_END;
	case Z_OK:
	case Z_BUF_ERROR: /* neither input nor room */
		return PS_DECOMPRESS_MORE;
	case Z_MEM_ERROR:
		return SEARCH_ENOMEM;
	default:
		return ps_codec_damaged(d, z->msg);
	}
}

static void end_gzip(struct ps_decompressor *d)
{
	const struct zlib *zlib = ps_codec_functions(d);

	zlib->inflateEnd(d->state);
	free(d->state);
	d->state = NULL;
}

const struct ps_codec ps_codec_gzip = {
	.name = "gzip", .module = "gzip", .of = PS_ZLIB, .library = &zlib_library,
	.begin = begin_gzip, .decode = decode_gzip, .end = end_gzip,
};
#else
const struct ps_codec ps_codec_gzip = { .name = "gzip", .module = "gzip" };
#endif
