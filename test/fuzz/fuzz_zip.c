/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_zip.c - files that are compressed, or look like it, or like an archive: they yield the same text before the same
 * error however they are read; and what a file is called does not depend on how much of it is there.
 *
 * libFuzzer: -max_len=2048 -timeout=120
 *
 * An input is a byte that says how, cuts, as in decoding.h, and the file:
 *
 *   bit 0-1  the encoding of the text
 *   bit 2    the end is told alone
 *   bit 3    lines end in NUL
 */
#include "decoding.h"

#include "../../lib/decode/decompress.h"

enum { MOST_LOOKED_AT = 400 };

/* With fewer bytes it may be unknown what a file is; what is known stays. */
static void check_compressed(const uint8_t *bytes, size_t size)
{
	enum ps_magic known = PS_MAGIC_MORE;

	for (size_t n = 1; n <= ps_min(size, 2 * PS_MAGIC_SIZE); n++) {
		uint8_t *exact = fuzz_copy(bytes, n);
		enum ps_magic now = ps_compressed(exact, n);

		free(exact);
		FUZZ_CHECK(known == PS_MAGIC_MORE || now == known);
		FUZZ_CHECK(n < PS_MAGIC_SIZE || now != PS_MAGIC_MORE);
		known = now;
	}
}

static void check_container(const uint8_t *bytes, size_t size, uint8_t line_end)
{
	enum ps_magic known = PS_MAGIC_MORE;
	const char *name = NULL;

	for (size_t n = 1; n <= ps_min(size, MOST_LOOKED_AT); n++) {
		uint8_t *exact = fuzz_copy(bytes, n);
		const char *what = NULL;
		enum ps_magic now = ps_container(exact, n, line_end, &what);

		free(exact);
		FUZZ_CHECK(known == PS_MAGIC_MORE || (now == known && (now != PS_MAGIC_YES || what == name)));
		FUZZ_CHECK(now != PS_MAGIC_YES || (what != NULL && strlen(what) > 0));
		known = now;
		name = what;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "none", "auto", "utf-16le", "shift_jis" };
	struct fuzz_input in = fuzz_begin(data, size);
	uint8_t how = fuzz_byte(&in);
	struct ps_encoding encoding;
	struct decoding d = {
		.options = { .encoding = &encoding, .decompress = true, .line_end = (how & 8) != 0 ? 0 : '\n' }
	};
	struct decoded got;

	if (ps_encoding_find(&encoding, names[how & 3]) != 0)
		abort();
	got = decode_in_pieces(&d, &in, (how & 4) != 0);
	FUZZ_CHECK(got.error == 0 || (got.failed[0] != '\0' && got.reason != 0));
	check_compressed(d.bytes, d.size);
	check_container(d.bytes, d.size, d.options.line_end);
	free(got.text);
	ps_decode_free(&d.decode);
	return 0;
}
