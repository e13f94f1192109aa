/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_encodings.c - any bytes, in any encoding: the text is valid UTF-8, and the same however the file is read. UTF-16
 * is decoded once more by a plain loop.
 *
 * libFuzzer: -max_len=512 -timeout=120
 *
 * An input is the number of an encoding, or FF and its name with a NUL; a byte that says how the end is told; cuts, as
 * in decoding.h; and the file.
 */
#include "decoding.h"

static const char *const names[] = {
	"auto",        "utf-16",       "utf-16le",         "utf-16be", "utf-8",   "utf-32",
	"utf-32le",    "utf-32be",     "shift_jis",        "euc-jp",   "gb18030", "iso-2022-jp",
	"utf-7",       "iso-8859-1",   "koi8-r",           "cp1255",   "cp1258",  "tcvn",
	"big5-hkscs",  "euc-jisx0213", "ibm037",           "ucs-2be",  "ucs-4le", "iso-2022-cn-ext",
	"iso-2022-kr", "euc-kr",       "utf-16le//ignore", "johab",    "ibm1364", "iso-2022-jp-3",
	"none",
};

enum { NAMES = sizeof(names) / sizeof(names[0]), LONGEST_NAME = 100 };

/*
 * False: there is no such encoding. *fickle: it has shift states, and what glibc makes of invalid input depends on
 * where the input is cut. In UTF-7 "+333" is invalid as a whole. If it is cut after "+33", that part is accepted, and
 * only the last 3 is invalid. Which of the encodings that an input names have such states is not known.
 */
static bool choose_encoding(struct ps_encoding *encoding, struct fuzz_input *in, bool *fickle)
{
	uint8_t which = fuzz_byte(in);
	const uint8_t *given;
	char name[LONGEST_NAME + 1];
	size_t length;

	if (which != 0xFF) {
		const char *known = names[which % NAMES];

		*fickle = strncmp(known, "iso-2022", 8) == 0 || strcmp(known, "utf-7") == 0;
		return ps_encoding_find(encoding, known) == 0;
	}
	*fickle = true;
	length = fuzz_until(in, 0, &given);
	snprintf(name, sizeof(name), "%.*s", (int)ps_min(length, LONGEST_NAME), (const char *)given);
	return ps_encoding_find(encoding, name) == 0;
}

static uint32_t unit_at(const uint8_t *p, bool big)
{
	return big ? (uint32_t)p[0] << 8 | p[1] : (uint32_t)p[1] << 8 | p[0];
}

/* Adds a character. Returns where the next one goes. */
static size_t put_character(uint8_t *to, size_t at, uint32_t c)
{
	return at + ps_utf8_encode(c, to + at);
}

/* The text of a UTF-16 file, by a plain loop, into space for three bytes for each two and three more. */
static size_t decode_utf16(uint8_t *to, const uint8_t *p, size_t size, bool big, uint64_t *replaced)
{
	size_t made = 0, i = 0;

	for (; i + 2 <= size; i += 2) {
		uint32_t c = unit_at(p + i, big);
		bool pair = c >= 0xD800 && c < 0xDC00 && i + 4 <= size && (unit_at(p + i + 2, big) & 0xFC00) == 0xDC00;

		if (pair) {
			c = 0x10000 + ((c - 0xD800) << 10) + (unit_at(p + i + 2, big) - 0xDC00);
			i += 2;
		} else if (c >= 0xD800 && c < 0xE000) {
			/* half a pair, and what is left of the other half, count as one */
			bool torn = c < 0xDC00 && i + 3 == size;

			c = 0xFFFD;
			++*replaced;
			i += torn;
		}
		made = put_character(to, made, c);
	}
	if (i < size) {
		made = put_character(to, made, 0xFFFD);
		++*replaced;
	}
	return made;
}

/* If the file is UTF-16, by its mark or by the name, is it decoded as the plain loop does? */
static void check_utf16(const struct decoding *d, const struct decoded *got)
{
	const struct ps_encoding *e = d->options.encoding;
	bool little = d->size >= 2 && d->bytes[0] == 0xFF && d->bytes[1] == 0xFE;
	bool big = d->size >= 2 && d->bytes[0] == 0xFE && d->bytes[1] == 0xFF;
	bool marked = (little || big) && e->kind != PS_ENCODING_NONE && e->unit != 4;
	bool utf8 = d->size >= 3 && memcmp(d->bytes, PS_UTF8_MARK, 3) == 0;
	size_t skip = marked ? 2 : 0, length;
	uint64_t replaced = 0;
	uint8_t *want;

	if (!marked && (e->kind != PS_ENCODING_UTF16 || utf8))
		return;
	want = malloc(d->size * 2 + 8);
	length = decode_utf16(want, d->bytes + skip, d->size - skip, marked ? big : e->big_endian, &replaced);
	FUZZ_CHECK(got->error == 0 && got->size == length && (length == 0 || memcmp(got->text, want, length) == 0));
	FUZZ_CHECK(got->replaced == replaced);
	free(want);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = fuzz_begin(data, size);
	struct ps_encoding encoding;
	struct decoding d = { .options = { .encoding = &encoding, .line_end = '\n' } };
	struct decoded got;
	bool end_alone;

	if (!choose_encoding(&encoding, &in, &d.fickle))
		return 0;
	end_alone = fuzz_byte(&in) % 2 != 0;
	got = decode_in_pieces(&d, &in, end_alone);
	if (d.decode.count > 0)
		for (size_t at = 0, n; at < got.size; at += n) {
			n = ps_utf8_sequence(got.text + at, got.text + got.size);
			FUZZ_CHECK(n > 0);
		}
	else
		FUZZ_CHECK(got.error != 0 ||
			   (got.size == d.size && (d.size == 0 || memcmp(got.text, d.bytes, d.size) == 0)));
	check_utf16(&d, &got);
	free(got.text);
	ps_decode_free(&d.decode);
	return 0;
}
