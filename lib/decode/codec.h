/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * codec.h - what a format has to provide for decompress.c. Private to this room.
 *
 * Each format has a file of its own, which alone includes its library's header. A build without that library has the
 * codec, too, but without functions: so files of that format are recognised, and the error names it.
 */
#ifndef PS_CODEC_H
#define PS_CODEC_H

#include "decompress.h"

struct ps_codec;

struct ps_decompressor {
	const struct ps_codec *codec; /* of the file; NULL until its first member is found */
	void *state;                  /* the codec's, or NULL */
	int at;                       /* enum input_phase, see decompress.c */
	bool skipped;                 /* a frame was skipped before the file's format was known */
	uint8_t head[PS_MAGIC_SIZE];  /* bytes that were read to tell what follows, */
	size_t head_size;
	size_t head_used;             /* and how many of them the codec has had */
	uint64_t skip;                /* bytes left of a frame that is to be skipped */
	uint64_t zeros;               /* padding read so far */
	enum search_reason reason;    /* with PS_DECOMPRESS_BAD */
	char problem[160];            /* with PS_DECOMPRESS_BAD: the sentence */
};

struct ps_codec {
	const char *name;
	const char *module; /* the format that a build has or lacks: lzma comes with xz */
	bool skips;         /* its files may contain skippable frames */
	bool alone;         /* its files have one member */
	bool pads;          /* there may be zeros between and after members, in multiples of four */

	/*
	 * Called before each member; `state` may be left from the one before. Returns SEARCH_OK or SEARCH_ENOMEM. NULL:
	 * the format is not built in.
	 */
	int (*begin)(struct ps_decompressor *d);

	/*
	 * Decodes a member from its first byte on. Returns PS_DECOMPRESS_END after its last byte, and leaves the input
	 * there; else returns as ps_decompress(). Without input, to get nowhere is no error. However the input is cut,
	 * everything before a damaged block comes out; of the block itself more or less.
	 */
	int (*decode)(struct ps_decompressor *d, struct ps_flow *flow);

	/* May the file end here, within the member? NULL: never. */
	bool (*may_end)(const struct ps_decompressor *d);

	/* Frees the state and sets it to NULL, which it may be already. */
	void (*end)(struct ps_decompressor *d);
};

extern const struct ps_codec ps_codec_gzip, ps_codec_bzip2, ps_codec_xz, ps_codec_lzma, ps_codec_zstd, ps_codec_lz4;

/* The member is damaged; `detail` says how, or is NULL. Returns PS_DECOMPRESS_BAD. */
int ps_codec_damaged(struct ps_decompressor *d, const char *detail);

/* The member looks back this many bytes, which is too much; 0: unknown. Returns PS_DECOMPRESS_BAD. */
int ps_codec_too_large(struct ps_decompressor *d, uint64_t bytes);

/* Reads a little-endian 32-bit word. */
static inline uint32_t ps_codec_word(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/*
 * The memory of a format's library comes from here: its blocks may be large, see lib/base/buffer.c. They are zeroed.
 * NULL: out of memory.
 */
void *ps_codec_take(size_t count, size_t size);
void ps_codec_release(void *block); /* NULL is fine */

/* How much of the flow a library that counts in int is given at once. */
static inline unsigned ps_codec_size(size_t size)
{
	return (unsigned)ps_min(size, 1U << 30);
}

#endif
