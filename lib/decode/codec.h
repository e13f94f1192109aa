/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * codec.h - what a format has to offer to decompress.c. Private to this room.
 *
 * Each format has a file of its own, and alone includes its library's header. A build without
 * that library has the codec all the same, without functions: its files are told from text, and
 * named in an error.
 */
#ifndef PS_CODEC_H
#define PS_CODEC_H

#include "decompress.h"

struct ps_codec;

struct ps_decompressor {
	const struct ps_codec *codec; /* of the file; NULL until its first member is found */
	void *state;                  /* the codec's, or NULL */
	int at;                       /* enum input_phase, see decompress.c */
	bool skipped;                 /* something, before it was known which format the file has */
	uint8_t head[PS_MAGIC_SIZE];  /* bytes that were taken to tell what follows, */
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

	/* Before each member; `state` may be left from the one before. SEARCH_OK or SEARCH_ENOMEM. NULL: not built in. */
	int (*begin)(struct ps_decompressor *d);

	/*
	 * Decodes a member from its first byte on. PS_DECOMPRESS_END behind its last one, where the input
	 * stands then; else as ps_decompress(). To get nowhere without input is no error. What comes before
	 * the block that is damaged comes out, however the input is cut; of the block itself more or less.
	 */
	int (*decode)(struct ps_decompressor *d, struct ps_flow *flow);

	/* May the file end here, within the member? NULL: it never may. */
	bool (*may_end)(const struct ps_decompressor *d);

	/* Frees the state and sets it to NULL, which it may be already. */
	void (*end)(struct ps_decompressor *d);
};

extern const struct ps_codec ps_codec_gzip, ps_codec_bzip2, ps_codec_xz, ps_codec_lzma, ps_codec_zstd, ps_codec_lz4;

/* The member is damaged; `detail` says how, or is NULL. Answers PS_DECOMPRESS_BAD. */
int ps_codec_damaged(struct ps_decompressor *d, const char *detail);

/* It looks back so many bytes, which is too much, or 0: nobody knows how many. Answers PS_DECOMPRESS_BAD. */
int ps_codec_too_large(struct ps_decompressor *d, uint64_t bytes);

/* Reads a little-endian 32-bit word. */
static inline uint32_t ps_codec_word(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/*
 * What a format's library takes for itself comes from these: its blocks may be large, see buffer.c. They are zeroed;
 * NULL: out of memory.
 */
void *ps_codec_take(size_t count, size_t size);
void ps_codec_release(void *block); /* NULL is fine */

/* How much of the flow a library is given at once that counts in int. */
static inline unsigned ps_codec_size(size_t size)
{
	return (unsigned)ps_min(size, 1U << 30);
}

#endif
