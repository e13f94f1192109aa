/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * zstd.c - zstd by libzstd. A frame needs memory for its window, whose size is in its header; PS_LOOKBACK is also the
 * limit of the zstd command.
 */
#include "codec.h"

#ifdef PS_WITH_ZSTD
#include <zstd.h>
#include <zstd_errors.h>

#define LIBZSTD(F)                                                                                                     \
	F(ZSTD_createDCtx) F(ZSTD_freeDCtx) F(ZSTD_DCtx_reset) F(ZSTD_DCtx_setParameter) F(ZSTD_decompressStream)          \
	F(ZSTD_isError) F(ZSTD_getErrorCode) F(ZSTD_getErrorName)
PS_LIBRARY(libzstd, LIBZSTD, "libzstd.so.1");

enum { WINDOW_LOG = 27, BLOCK_HEADER = 3, FRAME_HEADER = 6 /* at least */ };

_Static_assert(PS_LOOKBACK == (uint64_t)1 << WINDOW_LOG, "one limit for all formats");

struct zstd {
	ZSTD_DCtx *context;
	size_t wanted; /* input up to the next block */
	bool pending;  /* the room was too small for a block's text */
};

static void end_zstd(struct ps_decompressor *d)
{
	const struct libzstd *zstd = ps_codec_functions(d);
	struct zstd *z = d->state;

	if (z != NULL)
		zstd->ZSTD_freeDCtx(z->context); /* NULL is fine */
	free(z);
	d->state = NULL;
}

static int begin_zstd(struct ps_decompressor *d)
{
	const struct libzstd *zstd = ps_codec_functions(d);
	struct zstd *z = d->state;

	if (z == NULL)
		z = d->state = calloc(1, sizeof(*z));
	if (z != NULL && z->context == NULL)
		z->context = zstd->ZSTD_createDCtx();
	if (z == NULL || z->context == NULL)
		return SEARCH_ENOMEM;
	zstd->ZSTD_DCtx_reset(z->context, ZSTD_reset_session_only);
	zstd->ZSTD_DCtx_setParameter(z->context, ZSTD_d_windowLogMax, WINDOW_LOG);
	z->wanted = FRAME_HEADER;
	z->pending = false;
	return SEARCH_OK;
}

static int fail_zstd(struct ps_decompressor *d, size_t rc)
{
	const struct libzstd *zstd = ps_codec_functions(d);

	switch (zstd->ZSTD_getErrorCode(rc)) {
	case ZSTD_error_memory_allocation:
		return SEARCH_ENOMEM;
	case ZSTD_error_frameParameter_windowTooLarge:
		return ps_codec_too_large(d, 0);
	default:
		return ps_codec_damaged(d, zstd->ZSTD_getErrorName(rc));
	}
}

/*
 * A call that fails does not tell how much it wrote. So each call gets (some of) a block, or the header after it, and
 * pending text is fetched by a call without input: then a call that writes does not fail.
 */
static int decode_zstd(struct ps_decompressor *d, struct ps_flow *flow)
{
	const struct libzstd *zstd = ps_codec_functions(d);
	struct zstd *z = d->state;

	/* several such calls in a row are an error for libzstd */
	if (flow->in == flow->in_end && !z->pending)
		return PS_DECOMPRESS_MORE;
	do {
		size_t most = z->pending ? 0 : z->wanted > BLOCK_HEADER ? z->wanted - BLOCK_HEADER : z->wanted;
		ZSTD_inBuffer in = { flow->in, ps_min(most, (size_t)(flow->in_end - flow->in)), 0 };
		ZSTD_outBuffer out = { flow->out, (size_t)(flow->out_end - flow->out), 0 };
		size_t rc = zstd->ZSTD_decompressStream(z->context, &out, &in);

		if (zstd->ZSTD_isError(rc))
			return fail_zstd(d, rc);
		flow->in += in.pos;
		flow->out += out.pos;
		if (rc == 0)
			return PS_DECOMPRESS_END;
		z->wanted = rc;
		z->pending = out.pos == out.size;
	} while (flow->in < flow->in_end && flow->out < flow->out_end);
	return PS_DECOMPRESS_MORE;
}

const struct ps_codec ps_codec_zstd = {
	.name = "zstd", .module = "zstd", .skips = true, .of = PS_LIBZSTD, .library = &libzstd_library,
	.begin = begin_zstd, .decode = decode_zstd, .end = end_zstd,
};
#else
const struct ps_codec ps_codec_zstd = { .name = "zstd", .module = "zstd", .skips = true };
#endif
