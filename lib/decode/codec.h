/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * codec.h - what a format has to provide for decompress.c. Private to this room.
 *
 * Each format has a file of its own, which alone includes its library's header. It calls the library through a table of
 * functions, since that is loaded when it is needed (library.c). A build without that library has the codec, too, but
 * without functions: so files of that format are recognised, and the error names it.
 */
#ifndef PS_CODEC_H
#define PS_CODEC_H

#include "decompress.h"

struct ps_codec;

enum { PS_LIBRARY_FUNCTIONS = 8 }; /* that are used of a library, at most */

/* The library of a format, and the functions that are used of it. */
struct ps_library {
	const char *files[2];     /* the names that it may have; the second or NULL */
	size_t count;
	const char *const *names; /* of `count` functions */
#ifdef PS_LINK_CODECS
	const void *linked;       /* these functions: a struct of as many pointers */
#endif
};

/* The same, loaded. All zeros: not yet. */
struct ps_loaded {
	void *handle;
	void (*functions[PS_LIBRARY_FUNCTIONS])(void);
};

/*
 * A library has its functions in a list: #define ZLIB(F) F(inflate) F(inflateEnd). From that come the struct of
 * pointers to them, and the struct ps_library.
 */
#define PS_LIBRARY_FIELD(function) __typeof__(function) *(function);
#define PS_LIBRARY_NAME(function) #function,
#define PS_LIBRARY_ADDRESS(function) function,
#ifdef PS_LINK_CODECS
#define PS_LIBRARY_LINKED(type, list) .linked = &(const struct type){ list(PS_LIBRARY_ADDRESS) },
#else
#define PS_LIBRARY_LINKED(type, list)
#endif
#define PS_LIBRARY(type, list, ...)                                                                                    \
	struct type {                                                                                                  \
		list(PS_LIBRARY_FIELD)                                                                                 \
	};                                                                                                             \
	static const char *const type##_names[] = { list(PS_LIBRARY_NAME) };                                           \
	enum { type##_count = sizeof(type##_names) / sizeof(type##_names[0]) };                                        \
	_Static_assert(type##_count <= (int)PS_LIBRARY_FUNCTIONS, "there is room for the functions");                  \
	_Static_assert(sizeof(struct type) == type##_count * sizeof(void (*)(void)), "an array of them");              \
	static const struct ps_library type##_library = {                                                              \
		.files = { __VA_ARGS__ }, .count = type##_count, .names = type##_names,                                \
		PS_LIBRARY_LINKED(type, list)                                                                          \
	}

/* Loads it, unless it is loaded. False: it cannot be; `problem` gets a text that names it and says why. */
bool ps_library_load(struct ps_loaded *loaded, const struct ps_library *library, char *problem, size_t size);
void ps_library_unload(struct ps_loaded *loaded);

enum ps_library_of { PS_ZLIB, PS_LIBBZ2, PS_LIBLZMA, PS_LIBZSTD, PS_LIBLZ4, PS_LIBRARIES };

struct ps_decompressor {
	const struct ps_codec *codec; /* of the file; NULL until its first member is found */
	void *state;                  /* the codec's, or NULL */
	struct ps_loaded loaded[PS_LIBRARIES]; /* kept from file to file */
	int at;                       /* enum input_phase, see decompress.c */
	bool skipped;                 /* a frame was skipped before the file's format was known */
	uint8_t head[PS_MAGIC_SIZE];  /* bytes that were read to tell what follows, */
	size_t head_size;
	size_t head_used;             /* and how many of them the codec has had */
	uint64_t skip;                /* bytes left of a frame that is to be skipped */
	uint64_t zeros;               /* padding read so far */
	enum search_reason reason;    /* with PS_DECOMPRESS_BAD */
	char problem[320];            /* with PS_DECOMPRESS_BAD: the sentence */
};

struct ps_codec {
	const char *name;
	const char *module; /* the format that a build has or lacks: lzma comes with xz */
	bool skips;         /* its files may contain skippable frames */
	bool alone;         /* its files have one member */
	bool pads;          /* there may be zeros between and after members, in multiples of four */
	enum ps_library_of of; /* lzma has that of xz */
	const struct ps_library *library; /* NULL: the format is not built in */

	/*
	 * Called before each member, with the library loaded; `state` may be left from the member before. Returns
	 * SEARCH_OK or SEARCH_ENOMEM.
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

/* The functions of the codec's library: its struct of them. */
static inline const void *ps_codec_functions(const struct ps_decompressor *d)
{
	return d->loaded[d->codec->of].functions;
}

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
