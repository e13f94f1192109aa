/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * decoding.h - a file that goes through the stages of lib/decode, in pieces that the input chooses: for the targets
 * whose promise is that the pieces do not matter.
 */
#ifndef TEST_FUZZ_DECODING_H
#define TEST_FUZZ_DECODING_H

#include "fuzz.h"

#include "../../lib/base/utf8.h"
#include "../../lib/decode/pipeline.h"

enum { MOST_DECODED = 1 << 20, LARGEST_CUT = 64 };

/* The sizes of the reads of a file, which take turns; 0: a read fills the room that there is. */
struct cuts {
	const uint8_t *sizes;
	size_t count, at;
	bool end_alone; /* that the file has ended is told only when nothing is left */
};

/* What comes of a file. */
struct decoded {
	uint8_t *text;
	size_t size, space;
	uint64_t replaced;
	size_t mark;          /* of `size`, the first bytes that are a byte order mark */
	int error;            /* errno, */
	char failed[256];     /* what failed, */
	int reason;           /* and for programs */
	const char *container;
	bool cut_off;         /* there is more than anybody wants */
};

struct decoding {
	struct ps_decode decode;
	struct ps_decode_options options;
	const uint8_t *bytes;
	size_t size, taken;
	struct cuts cuts;
	bool fickle; /* what libc's iconv makes of invalid input in this encoding depends on where the input is cut */
};

static size_t next_cut(struct cuts *cuts, size_t most)
{
	size_t n = cuts->count > 0 ? cuts->sizes[cuts->at++ % cuts->count] : 0;

	return n > 0 && n < most ? n : most;
}

static ssize_t read_piece(void *context, uint8_t *to, size_t room, bool *end)
{
	struct decoding *d = context;
	size_t n = next_cut(&d->cuts, ps_min(room, d->size - d->taken));

	if (n > 0)
		memcpy(to, d->bytes + d->taken, n);
	d->taken += n;
	*end = d->taken == d->size && (!d->cuts.end_alone || n == 0);
	return (ssize_t)n;
}

/* Reads once, into a block of its own that is as large as the room. Returns as ps_decode_read(). */
static ssize_t read_once(struct decoding *d, struct decoded *out, bool *end)
{
	const struct ps_decode_source source = { read_piece, d };
	size_t most = d->decode.looking ? PS_DECODE_INPUT - out->size : PS_DECODE_ROOM + next_cut(&d->cuts, 4096);
	uint8_t *room = malloc(most);
	ssize_t got = ps_decode_read(&d->decode, &source, room, most, end);

	FUZZ_CHECK(got <= (ssize_t)most);
	if (got > 0) {
		out->text = ps_grow(out->text, &out->space, out->size + (size_t)got, 1);
		memcpy(out->text + out->size, room, (size_t)got);
		out->size += (size_t)got;
	}
	free(room);
	return got;
}

/* As the scanner looks at what it has read. */
static void look(struct decoding *d, struct decoded *out, bool *end)
{
	uint8_t *exact = fuzz_copy(out->text, out->size);
	struct ps_decode_looked found;

	if (ps_decode_look(&d->decode, exact, out->size, *end, &found) != SEARCH_OK)
		abort();
	free(exact);
	if (found.taken) {
		out->size = 0;
		out->error = found.error;
		*end = found.error != 0;
	} else if (found.mark > 0) {
		FUZZ_CHECK(found.mark <= out->size);
		out->mark = found.mark;
	}
}

/* Decodes d->bytes. The text is the caller's. */
static struct decoded decode_file(struct decoding *d, struct cuts cuts)
{
	struct decoded out = { 0 };
	bool end = false;

	d->cuts = cuts;
	d->taken = 0;
	ps_decode_start(&d->decode, &d->options, false);
	while (!end && !out.cut_off) {
		ssize_t got = read_once(d, &out, &end);

		if (got < 0) {
			out.error = (int)-got;
			break;
		}
		if (d->decode.looking)
			look(d, &out, &end);
		out.cut_off = out.size > MOST_DECODED;
	}
	out.replaced = ps_decode_replaced(&d->decode);
	out.reason = out.error != 0 ? (int)d->decode.reason : 0;
	out.container = d->decode.container;
	if (out.error != 0)
		snprintf(out.failed, sizeof(out.failed), "%s", d->decode.failed);
	return out;
}

/*
 * How much of a damaged block libbz2 and liblzma give varies with the room that they have. libzstd gives nothing of a
 * damaged frame if it has been given all of it at once.
 */
static bool amount_varies(const struct decoded *a)
{
	return strstr(a->failed, "bzip2") != NULL || strstr(a->failed, "xz") != NULL ||
	       strstr(a->failed, "lzma") != NULL || strstr(a->failed, "zstd") != NULL;
}

static void expect_same(const struct decoding *d, const struct decoded *a, const struct decoded *b)
{
	if (d->fickle && a->replaced > 0 && b->replaced > 0)
		return;
	FUZZ_CHECK(a->cut_off == b->cut_off);
	FUZZ_CHECK(a->size == b->size || a->cut_off || amount_varies(a));
	FUZZ_CHECK(ps_min(a->size, b->size) == 0 || memcmp(a->text, b->text, ps_min(a->size, b->size)) == 0);
	FUZZ_CHECK(a->mark == b->mark && a->container == b->container);
	FUZZ_CHECK(a->error == b->error && a->reason == b->reason && strcmp(a->failed, b->failed) == 0);
	FUZZ_CHECK(a->replaced == b->replaced || a->size != b->size);
}

/*
 * Decodes the rest of the input, which begins with its cuts: how many, and their sizes. In one piece, in these pieces,
 * byte by byte, and in one piece again. Returns what comes of it, whose text is the caller's.
 */
static struct decoded decode_in_pieces(struct decoding *d, struct fuzz_input *in, bool end_alone)
{
	static const uint8_t one[] = { 1 };
	struct cuts given = { .count = fuzz_below(in, LARGEST_CUT), .end_alone = end_alone };
	struct decoded whole, part;

	given.count = ps_min(given.count, fuzz_left(in));
	given.sizes = in->at;
	in->at += given.count;
	d->size = fuzz_left(in);
	d->bytes = in->at;
	whole = decode_file(d, (struct cuts){ 0 });
	for (int i = 0; i < 3; i++) {
		part = decode_file(d, i == 0 ? given :
					       (struct cuts){ .sizes = one, .count = i == 1, .end_alone = !end_alone });
		expect_same(d, &whole, &part);
		free(part.text);
	}
	return whole;
}

#endif
