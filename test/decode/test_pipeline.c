/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_pipeline.c - files that are not in UTF-8 give the same text in whatever pieces they are read.
 *
 * A failure names the seed and the number of the case; PS_SEED repeats the run.
 */
#include "../../lib/base/base.h"

#include "../../lib/scan/scan.h"
#include "../support/archive.h"
#include "../support/random.h"

#include <iconv.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"
#include "../support/scale.h"

struct bytes {
	char *at;
	size_t size, space;
};

static void append(struct bytes *b, const void *more, size_t size)
{
	if (b->size + size >= b->space) {
		b->space = 2 * (b->size + size) + 16;
		b->at = realloc(b->at, b->space);
	}
	if (size > 0)
		memcpy(b->at + b->size, more, size);
	b->size += size;
	b->at[b->size] = '\0';
}

/* --- a scan that delivers every line --- */

static struct ps_matcher *nothing; /* matches no line */

static struct ps_scan_options options_for(const char *encoding, uint32_t flags)
{
	struct ps_scan_options o = {
		.matcher = nothing, .flags = SEARCH_MATCH_INVERT | flags, .max_matches_per_file = UINT64_MAX,
		.max_line_bytes = 64 << 20, .max_item_bytes = 64 << 20, .batch_items = 512, .batch_bytes = 1 << 20,
	};

	if (ps_encoding_find(&o.encoding, encoding) != 0)
		fail_msg("%s is not known", encoding);
	return o;
}

struct result {
	struct bytes text;
	uint64_t replaced;
	uint64_t bytes;
	size_t binary; /* the BINARY item's offset, or SIZE_MAX */
	size_t steps;
};

/* Puts the lines of a batch together again. */
static void take(struct result *result, const struct ps_batch *batch, size_t mark)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct ps_record *r = &batch->records[i];

		assert_true(r->kind == SEARCH_ITEM_MATCH || r->kind == SEARCH_ITEM_BINARY);
		if (r->kind == SEARCH_ITEM_BINARY) {
			result->binary = (size_t)r->offset;
			continue;
		}
		assert_int_equal(r->offset, result->text.size + mark);
		append(&result->text, batch->text + r->text, r->length);
		if ((r->flags & SEARCH_ITEM_FLAG_NO_EOL) == 0)
			append(&result->text, "\n", 1);
	}
}

/* Writes the next piece to a pipe, or closes it. */
struct feed {
	const char *bytes;
	size_t left, piece;
	int fd;
};

static void feed(struct feed *f)
{
	size_t n = f->piece < f->left ? f->piece : f->left;

	assert_true(f->fd >= 0);
	if (n == 0) {
		close(f->fd);
		f->fd = -1;
		return;
	}
	assert_int_equal(write(f->fd, f->bytes, n), (ssize_t)n);
	f->bytes += n;
	f->left -= n;
}

static struct result run(struct ps_scanner *s, struct ps_input input, size_t mark, struct feed *f)
{
	struct result result = { .binary = SIZE_MAX };
	struct ps_batch *batch = ps_batch_new();
	int rc;

	append(&result.text, "", 0);
	input.stop_fd = -1;
	input.deadline = UINT64_MAX;
	ps_scanner_start(s, &input);
	do {
		rc = ps_scanner_step(s, batch, false);
		assert_true(rc >= 0);
		result.steps++;
		if (rc == PS_STEP_WAIT)
			feed(f);
		take(&result, batch, mark);
		ps_batch_reset(batch);
	} while (rc != PS_STEP_END);
	result.replaced = ps_scanner_totals(s)->replaced;
	result.bytes = ps_scanner_totals(s)->bytes;
	ps_batch_free(batch);
	return result;
}

/* --- the ways to read --- */

static struct result run_memory(struct ps_scanner *s, struct bytes b, size_t mark)
{
	char *exact = malloc(b.size > 0 ? b.size : 1); /* for ASan: nothing after the end may be read */
	struct result result;

	if (b.size > 0)
		memcpy(exact, b.at, b.size);
	result = run(s, (struct ps_input){ .fd = -1, .data = (uint8_t *)exact, .size = b.size }, mark, NULL);
	free(exact);
	return result;
}

static struct result run_file(struct ps_scanner *s, struct bytes b, size_t mark)
{
	int fd = memfd_create("text", MFD_CLOEXEC);
	struct result result;

	assert_int_equal(write(fd, b.at, b.size), (ssize_t)b.size);
	lseek(fd, 0, SEEK_SET);
	result = run(s, (struct ps_input){ .fd = fd, .short_read_is_end = true }, mark, NULL);
	close(fd);
	return result;
}

static struct result run_pipe(struct ps_scanner *s, struct bytes b, size_t piece, size_t mark)
{
	struct feed f = { b.at, b.size, piece, -1 };
	struct result result;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	f.fd = ends[1];
	result = run(s, (struct ps_input){ .fd = ends[0], .stream = true }, mark, &f);
	close(ends[0]);
	return result;
}

/* Not a stream, but each read is short: one message at a time. */
static struct result run_messages(struct ps_scanner *s, struct bytes b, size_t piece, size_t mark)
{
	struct feed f = { b.at, b.size, piece, -1 };
	struct result result;
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	f.fd = ends[1];
	while (f.fd >= 0)
		feed(&f);
	result = run(s, (struct ps_input){ .fd = ends[0] }, mark, NULL);
	close(ends[0]);
	return result;
}

/* --- comparing --- */

static const char *label; /* of the case, for failures */

static void check(struct result got, struct bytes want, uint64_t replaced, size_t mark, const char *how)
{
	size_t at = 0;

	while (at < want.size && at < got.text.size && want.at[at] == got.text.at[at])
		at++;
	if (got.text.size != want.size || at < want.size)
		fail_msg("%s, %s: %zu bytes, not %zu, and the first other at %zu", label, how, got.text.size,
			 want.size, at);
	if (got.replaced != replaced)
		fail_msg("%s, %s: %llu replaced, not %llu", label, how, (unsigned long long)got.replaced,
			 (unsigned long long)replaced);
	assert_int_equal(got.bytes, want.size + mark);
	free(got.text.at);
}

/* Reads b in every way, and in pieces of up to `pieces` bytes, all with the same scanner. */
static void expect(const char *encoding, struct bytes b, struct bytes want, uint64_t replaced, size_t mark,
		   size_t pieces)
{
	struct ps_scan_options o = options_for(encoding, SEARCH_MATCH_TEXT);
	struct ps_scanner *s;
	char how[40];

	assert_int_equal(ps_scanner_new(&s, &o), SEARCH_OK);
	check(run_memory(s, b, mark), want, replaced, mark, "memory");
	check(run_file(s, b, mark), want, replaced, mark, "file");
	check(run_pipe(s, b, 60000, mark), want, replaced, mark, "pipe");
	for (size_t piece = 1; piece <= pieces; piece++) {
		snprintf(how, sizeof(how), "pieces of %zu", piece);
		check(run_pipe(s, b, piece, mark), want, replaced, mark, how);
		if (b.size / piece < 200)
			check(run_messages(s, b, piece, mark), want, replaced, mark, how);
	}
	ps_scanner_free(s);
}

/* --- cases by hand --- */

#define FFFD "\xEF\xBF\xBD"
#define MARK "\xEF\xBB\xBF"
#define LE   "\xFF\xFE"
#define BE   "\xFE\xFF"

#define ROW(encoding, bytes, text, replaced, mark) \
	{ encoding, { (char *)(uintptr_t)(bytes), sizeof(bytes) - 1, 0 }, \
	  { (char *)(uintptr_t)(text), sizeof(text) - 1, 0 }, replaced, mark, #bytes }

struct row {
	const char *encoding;
	struct bytes bytes, text;
	uint64_t replaced;
	size_t mark; /* length of a mark that offsets include */
	const char *label;
};

static void expect_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		label = rows[i].label;
		expect(rows[i].encoding, rows[i].bytes, rows[i].text, rows[i].replaced, rows[i].mark,
		       rows[i].bytes.size + 1);
	}
}

#define EXPECT_ROWS(rows) expect_rows(rows, sizeof(rows) / sizeof(rows[0]))

static void test_pipeline__utf16_is_recognised_by_its_mark(void **state)
{
	static const struct row rows[] = {
		ROW("auto", LE, "", 0, 0),
		ROW("auto", BE, "", 0, 0),
		ROW("auto", LE "a\0\n\0b\0", "a\nb", 0, 0),
		ROW("auto", BE "\0a\0\n\0b", "a\nb", 0, 0),
		ROW("auto", LE "a\0b\0c\0d\0e\0f\0g\0h\0i\0\n\0", "abcdefghi\n", 0, 0),
		ROW("auto", BE "\0a\0b\0c\0d\0e\0f\0g\0h\0i\0\n", "abcdefghi\n", 0, 0),
		ROW("auto", LE "\0\n\n\n\n\0\n\1", "\xE0\xA8\x80\xE0\xA8\x8A\n\xC4\x8A", 0,
		    0), /* bytes 0A that end no line */
		ROW("auto", LE "\x7F\0\x80\0\xFF\7\0\x8\xFF\xFF", "\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF", 0, 0),
		ROW("auto", LE "\0\xD8\0\xDC\xFF\xDB\xFF\xDF", "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF", 0, 0),
		ROW("auto", BE "\xD8\0\xDC\0\xDB\xFF\xDF\xFF", "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF", 0, 0),
		ROW("auto", LE "a\0" LE "b\0", "a" MARK "b", 0, 0), /* a mark in the middle is a character */
		ROW("auto", LE LE, MARK, 0, 0),
		ROW("auto", LE BE, "\xEF\xBF\xBE", 0, 0),
		ROW("utf-16", "a\0\n\0", "a\n", 0, 0),
		ROW("UTF-16LE", "a\0\n\0", "a\n", 0, 0),
		ROW("UTF-16BE", "\0a\0\n", "a\n", 0, 0),
		ROW("utf-16be", LE "a\0", "a", 0, 0), /* the mark wins */
		ROW("utf-16", "", "", 0, 0),
		ROW("utf-16le", "a\0" MARK "b", "a\xEB\xAF\xAF\xE6\x8A\xBF", 0, 0),
	};

	(void)state;
	EXPECT_ROWS(rows);
}

static void test_pipeline__invalid_utf16_is_replaced(void **state)
{
	static const struct row rows[] = {
		ROW("auto", LE "\0\xD8" "a\0", FFFD "a", 1, 0), /* a high surrogate alone */
		ROW("auto", LE "\0\xDC" "a\0", FFFD "a", 1, 0), /* a low one */
		ROW("auto", BE "\xD8\0\0a", FFFD "a", 1, 0),
		ROW("auto", LE "\0\xD8\n\0", FFFD "\n", 1, 0),
		ROW("auto", LE "\0\xD8\0\xD8\0\xDC", FFFD "\xF0\x90\x80\x80", 1, 0),
		ROW("auto", LE "\0\xDC\0\xD8z\0", FFFD FFFD "z", 2, 0), /* the two in the wrong order */
		ROW("auto", LE "\0\xDC\0\xDC\0\xDC", FFFD FFFD FFFD, 3, 0),
		ROW("auto", LE "a\0b", "a" FFFD, 1, 0), /* half a unit at the end */
		ROW("auto", LE "b", FFFD, 1, 0),
		ROW("auto", LE "a\0\0\xD8", "a" FFFD, 1, 0), /* half a pair */
		ROW("auto", LE "a\0\0\xD8" "b", "a" FFFD, 1, 0), /* and half a unit of the other half */
		ROW("auto", LE "a\0\0\xDC" "b", "a" FFFD FFFD, 2, 0),
	};

	(void)state;
	EXPECT_ROWS(rows);
}

static void test_pipeline__utf8_is_not_decoded_and_its_mark_is_not_text(void **state)
{
	static const struct row rows[] = {
		ROW("auto", MARK, "", 0, 3),
		ROW("auto", MARK "a\nb\n", "a\nb\n", 0, 3),
		ROW("auto", MARK "\n", "\n", 0, 3),
		ROW("auto", MARK MARK "a", MARK "a", 0, 3),
		ROW("utf-8", MARK "a\n", "a\n", 0, 3),
		ROW("koi8-r", MARK "\xC3\xA9\n", "\xC3\xA9\n", 0, 3), /* the mark wins */
		ROW("utf-16", MARK "ab\n", "ab\n", 0, 3),
		ROW("auto", "", "", 0, 0),
		ROW("auto", "\xEF\xBB", "\xEF\xBB", 0, 0), /* only the start of a mark */
		ROW("auto", "\xEF\xBB\n", "\xEF\xBB\n", 0, 0),
		ROW("auto", "\xEF", "\xEF", 0, 0),
		ROW("auto", "\xFF", "\xFF", 0, 0),
		ROW("auto", "\xFE\n", "\xFE\n", 0, 0),
		ROW("auto", "a" MARK "\n" LE, "a" MARK "\n" LE, 0, 0),
		ROW("auto", "a\xFF\n", "a\xFF\n", 0, 0),
		ROW("none", MARK "a\n", MARK "a\n", 0, 0),
		ROW(NULL, LE "a\0\n\0", LE "a\0\n\0", 0, 0),
	};

	(void)state;
	EXPECT_ROWS(rows);
}

static void test_pipeline__what_is_invalid_for_iconv_is_replaced(void **state)
{
	static const struct row rows[] = {
#ifdef __GLIBC__ /* musl's iconv takes the two for a character */
		ROW("shift_jis", "a\x81\nb", "a" FFFD "\nb", 1, 0), /* no second byte: the line ends all the same */
#endif
		ROW("shift_jis", "a\x82\xA0\x82", "a\xE3\x81\x82" FFFD, 1, 0),
		ROW("euc-jp", "\xA4\xA2\xA4", "\xE3\x81\x82" FFFD, 1, 0),
		ROW("euc-jp", "\xFF\xFF\xA4\xA2\n", FFFD FFFD "\xE3\x81\x82\n", 2, 0),
		ROW("gb18030", "a\x81\x30\x81", "a" FFFD, 1, 0),                 /* three bytes of four */
		ROW("utf-32le", "a\0\0\0\0\0\x11\0z\0\0\0", "a" FFFD "z", 1, 0), /* above U+10FFFF: a unit at a time */
		ROW("utf-32be", "\0\0\0a\0\0\xD8\0\0\0\0z", "a" FFFD "z", 1, 0),
		ROW("ucs-4le", "a\0\0\0\0\0\x11\0z\0\0\0", "a" FFFD "z", 1, 0), /* which glibc lets through */
		ROW("ucs-4", "\x7F\xFF\xFF\xFF\0\x3F\0\0\0\x10\xFF\xFF\x80\0\0\0", FFFD FFFD "\xF4\x8F\xBF\xBF" FFFD, 3,
		    0),
		ROW("utf-32le", "a\0\0\0b\0\0", "a" FFFD, 1, 0),
		ROW("utf-32", LE "\0\0a\0\0\0", "a", 0, 0),   /* its mark is not that of UTF-16 and a NUL */
		ROW("utf-32le", LE "\0\0a\0\0\0", "a", 0, 3), /* offsets count a mark that was decoded */
		ROW("koi8-r", LE "a\0\n\0", "a\n", 0, 0),     /* the mark of UTF-16 wins */
		ROW("iso-8859-1", "\xFF", "\xC3\xBF", 0, 0),
		/* it ends amid another alphabet, and the next file begins in ASCII */
		ROW("iso-2022-jp", "ab\033$B$\"", "ab\xE3\x81\x82", 0, 0),
	};

	(void)state;
	EXPECT_ROWS(rows);
}

/* --- charsets --- */

/* The text in another charset. Returns whether iconv can do that. */
static bool try_encode(const char *name, const char *text, size_t size, struct bytes *b)
{
	iconv_t cd = iconv_open(name, "UTF-8");
	char *in = (char *)(uintptr_t)text, *out;
	size_t left = size, room = 8 * size + 64;
	bool ok;

	if (cd == (iconv_t)-1)
		return false;
	*b = (struct bytes){ malloc(room), 0, 0 };
	out = b->at;
	ok = iconv(cd, &in, &left, &out, &room) == 0 && iconv(cd, NULL, NULL, &out, &room) == 0;
	assert_true(!ok || left == 0);
	iconv_close(cd);
	b->size = (size_t)(out - b->at);
	if (!ok)
		free(b->at);
	return ok;
}

static struct bytes encode(const char *name, const char *text, size_t size)
{
	struct bytes b = { 0 };

	if (!try_encode(name, text, size, &b))
		fail_msg("iconv cannot convert to %s", name);
	return b;
}

/* Other libcs than glibc know fewer charsets, and cannot convert to each that they know. */
static bool has_charset(const char *name, const char *text, size_t size, struct bytes *b)
{
#ifdef __GLIBC__
	*b = encode(name, text, size);
	return true;
#else
	bool has = try_encode(name, text, size, b);

	if (!has)
		printf("left out: iconv cannot convert to %s\n", name);
	return has;
#endif
}

#define LATIN    "caf\xC3\xA9 na\xC3\xAFve\n\nend"
#define CYRILLIC "\xD0\xA1\xD1\x8A\xD0\xB5\xD1\x88\xD1\x8C\n\xD0\xB5\xD1\x89\xD1\x91\n"
#define JAPANESE "\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E abc\n\xE3\x82\xBD\xE8\xA1\xA8\n\xE3\x81\x82"
#define CHINESE  "\xE4\xB8\xAD\xE6\x96\x87\n\xF0\xA0\x80\x80 \xE2\x82\xAC\n"
#define HEBREW   "\xEF\xAC\xAA \xD7\xA9\n\xD7\x90" /* the first is two bytes in CP1255 */
#define VIETNAM  "ti\xE1\xBA\xBFng Vi\xE1\xBB\x87t\na"

static void test_pipeline__charsets_are_converted_to_the_same_text(void **state)
{
	static const struct {
		const char *name, *text;
	} rows[] = {
		{ "ISO-8859-1", LATIN }, { "CP1252", LATIN }, { "KOI8-R", CYRILLIC }, { "CP866", CYRILLIC },
		{ "SHIFT_JIS", JAPANESE }, { "EUC-JP", JAPANESE }, { "ISO-2022-JP", JAPANESE },
		{ "EUC-JISX0213", JAPANESE }, { "GB18030", CHINESE }, { "UTF-32", CHINESE }, { "UTF-32LE", CHINESE },
		{ "UTF-32BE", CHINESE }, { "UTF-7", CHINESE }, { "UCS-2BE", JAPANESE }, { "UCS-4LE", CHINESE },
		{ "CP1255", HEBREW }, { "CP1258", VIETNAM }, { "TCVN", VIETNAM }, { "IBM037", "caf\xC3\xA9 abc" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes want = { (char *)(uintptr_t)rows[i].text, strlen(rows[i].text), 0 };
		struct bytes b;

		if (!has_charset(rows[i].name, want.at, want.size, &b))
			continue;
		label = rows[i].name;
		expect(rows[i].name, b, want, 0, 0, b.size + 1);
		free(b.at);
	}
}

/* The text is long enough to fill each buffer several times. */
static void test_pipeline__long_files_are_decoded_to_their_end(void **state)
{
	static const char *const names[] = { "UTF-16LE", "UTF-16BE", "SHIFT_JIS", "UTF-32LE", "ISO-2022-JP" };
	struct bytes want = { 0 };

	(void)state;
	for (int i = 0; i < 20000; i++) {
		append(&want, JAPANESE, sizeof(JAPANESE) - 1);
		append(&want, "some more of it, in ASCII\n", (size_t)(i % 27));
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct bytes b = encode(names[i], want.at, want.size);

		label = names[i];
		expect(names[i], b, want, 0, 0, 0);
		free(b.at);
	}
	free(want.at);
}

static void test_pipeline__unknown_names_are_refused(void **state)
{
	static const char *const names[] = {
		"", "klingon", "UTF-16//", "UTF-8//IGNORE", "ISO-8859-1//TRANSLIT", "/", "utf", "aut", "autos",
		"iso-8859-1iso-8859-1iso-8859-1iso-8859-1iso-8859-1iso-8859-1iso-8859-1",
	};
	struct ps_encoding encoding;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (ps_encoding_find(&encoding, names[i]) == 0)
			fail_msg("\"%s\" is known", names[i]);
}

/* --- random UTF-16 --- */

static void put_code_point(struct bytes *b, uint32_t c)
{
	char bytes[4];
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const uint8_t lead[] = { 0, 0, 0xC0, 0xE0, 0xF0 };

	for (size_t i = n; i-- > 1; c >>= 6)
		bytes[i] = (char)(0x80 | (c & 0x3F));
	bytes[0] = (char)(lead[n] | c);
	append(b, bytes, n);
}

/* Looks at each unit with its neighbours, which is another way than the library's. */
static struct bytes slow_decode(const uint16_t *units, size_t count, bool odd, uint64_t *replaced)
{
	struct bytes b = { 0 };
	bool cut = false;

	append(&b, "", 0);
	*replaced = 0;
	for (size_t i = 0; i < count; i++) {
		bool high = units[i] >> 10 == 0x36, low = units[i] >> 10 == 0x37;
		bool first = high && i + 1 < count && units[i + 1] >> 10 == 0x37;
		bool second = low && i > 0 && units[i - 1] >> 10 == 0x36;

		if (first)
			put_code_point(&b, 0x10000 + (uint32_t)((units[i] & 0x3FF) << 10) + (units[i + 1] & 0x3FF));
		else if ((high || low) && !second)
			put_code_point(&b, 0xFFFD);
		else if (!high && !low)
			put_code_point(&b, units[i]);
		*replaced += (high || low) && !first && !second;
		cut = high && i + 1 == count;
	}
	if (odd && !cut) {
		put_code_point(&b, 0xFFFD);
		++*replaced;
	}
	return b;
}

static uint16_t random_unit(struct random *random)
{
	static const uint16_t some[] = { 'a', '\n', 0x7F, 0x80, 0x7FF, 0x800, 0x0A0A, 0x0A00, 0xFEFF, 0xFFFE, 0xFFFF, 0,
					 0xD7FF, 0xD800, 0xDBFF, 0xDC00, 0xDFFF, 0xE000 };

	return random_percent(random, 50) ? 'b' : some[random_below(random, sizeof(some) / sizeof(some[0]))];
}

static void test_pipeline__random_utf16_agrees_with_the_reference(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 1500; n++) {
		struct random random = random_new(n);
		size_t count = random_percent(&random, 3) ? 60000 + random_below(&random, 20000) :
							    random_below(&random, 60);
		bool big = random_percent(&random, 50), odd = random_percent(&random, 20);
		uint16_t *units = malloc((count + 1) * sizeof(*units));
		struct bytes b = { 0 }, want;
		uint64_t replaced;
		char name[40];

		append(&b, big ? BE : LE, 2);
		for (size_t i = 0; i < count; i++) {
			char pair[2];

			units[i] = random_unit(&random);
			pair[big] = (char)(units[i] & 0xFF);
			pair[!big] = (char)(units[i] >> 8);
			append(&b, pair, 2);
		}
		append(&b, "x", odd);
		want = slow_decode(units, count, odd, &replaced);
		snprintf(name, sizeof(name), "case %u", n);
		label = name;
		expect("auto", b, want, replaced, 0, count < 100 ? 4 : 0);
		free(units);
		free(b.at);
		free(want.at);
	}
}

/* --- what else holds --- */

static struct result run_flags(const char *encoding, uint32_t flags, const char *bytes, size_t size)
{
	struct ps_scan_options o = options_for(encoding, flags);
	struct bytes b = { (char *)(uintptr_t)bytes, size, 0 };
	struct result result;
	struct ps_scanner *s;

	assert_int_equal(ps_scanner_new(&s, &o), SEARCH_OK);
	result = run_file(s, b, 0);
	ps_scanner_free(s);
	free(result.text.at);
	return result;
}

/* Whether a file is binary depends on its text: NUL bytes in UTF-16 are not NULs there, except U+0000. */
static void test_pipeline__binary_is_decided_by_the_decoded_text(void **state)
{
	static const char text[] = LE "a\0\n\0", nul[] = LE "a\0\n\0\0\0\n\0", unmarked[] = "a\0\n\0";

	(void)state;
	assert_int_equal(run_flags("auto", 0, text, sizeof(text) - 1).binary, SIZE_MAX);
	assert_int_equal(run_flags("auto", 0, nul, sizeof(nul) - 1).binary, 2);
	assert_int_equal(run_flags("auto", 0, unmarked, sizeof(unmarked) - 1).binary, 1);
	assert_int_equal(run_flags("none", 0, text, sizeof(text) - 1).binary, 3);
}

/*
 * More than a buffer of input may give no text: then the step ends, but nothing is searched before there is enough text
 * to tell whether the whole file is binary.
 */
static void test_pipeline__input_without_text_ends_a_step(void **state)
{
	struct bytes b = { 0 }, want = { (char *)(uintptr_t) "a\nb\n", 4, 0 };
	struct result result;

	(void)state;
	append(&b, "a\n", 2);
	for (int i = 0; i < 200000; i++)
		append(&b, "\33(B", 3); /* switches to ASCII, which is on already */
	append(&b, "b\n", 2);
	label = "escapes";
	expect("iso-2022-jp", b, want, 0, 0, 0);
	b.at[b.size - 2] = '\0';
	result = run_flags("iso-2022-jp", 0, b.at, b.size);
	assert_int_equal(result.binary, 2);
	assert_int_equal(result.text.size, 0);
	assert_in_range(result.steps, b.size / (256 * 1024) + 1, b.size / 4096);
	free(b.at);
}

/* Nor does a step go on for as long as there is a little text in each buffer of input. */
static void test_pipeline__input_with_little_text_ends_a_step(void **state)
{
	enum { TAKEN = 1 << 20 }; /* bytes of the file: more than a step takes */
	struct bytes b = { 0 };
	struct result result;

	(void)state;
	while (b.size < 4 * TAKEN) {
		append(&b, "a\n", 2);
		for (int i = 0; i < 8000; i++)
			append(&b, "\33(B", 3);
	}
	result = run_flags("iso-2022-jp", 0, b.at, b.size);
	assert_true(result.steps >= b.size / TAKEN);
	free(b.at);
}

/* Complete lines in a pipe are delivered before more text comes. */
static void test_pipeline__complete_lines_of_a_stream_are_not_held_back(void **state)
{
	static const char *const names[] = { "utf-16le", "shift_jis" };

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		struct ps_scan_options o = options_for(names[k], SEARCH_MATCH_TEXT);
		struct bytes b = encode(names[k], "a\nb", 3);
		struct ps_batch *batch = ps_batch_new();
		struct ps_scanner *s;
		int ends[2], rc;

		assert_int_equal(pipe(ends), 0);
		assert_int_equal(ps_scanner_new(&s, &o), SEARCH_OK);
		ps_scanner_start(
			s, &(struct ps_input){ .fd = ends[0], .stop_fd = -1, .stream = true, .deadline = UINT64_MAX });
		for (size_t i = 1; i <= 3; i++) {
			assert_int_equal(write(ends[1], b.at, b.size), (ssize_t)b.size);
			while ((rc = ps_scanner_step(s, batch, false)) == PS_STEP_MORE)
				;
			assert_int_equal(rc, PS_STEP_WAIT);
			assert_int_equal(batch->count, i);
		}
		ps_scanner_free(s);
		ps_batch_free(batch);
		close(ends[0]);
		close(ends[1]);
		free(b.at);
	}
}

/* A file that is decoded is not split, and its descriptor is left where reading ended. */
static void test_pipeline__a_decoded_file_is_neither_positioned_nor_split(void **state)
{
	struct ps_scan_options o = options_for("auto", 0);
	int fd = memfd_create("text", MFD_CLOEXEC);
	struct ps_input input = { .fd = fd, .stop_fd = -1, .deadline = UINT64_MAX, .seekable = true, .large = 1 };
	struct ps_batch *batch = ps_batch_new();
	struct ps_scanner *s;
	int rc;

	(void)state;
	o.max_matches_per_file = 1;
	assert_int_equal(write(fd, LE "a\0\n\0b\0\n\0", 10), 10);
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(ps_scanner_new(&s, &o), SEARCH_OK);
	ps_scanner_start(s, &input);
	while ((rc = ps_scanner_step(s, batch, true)) == PS_STEP_MORE)
		;
	assert_int_equal(rc, PS_STEP_END);
	assert_int_equal(batch->count, 1);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 10);
	ps_scanner_free(s);
	ps_batch_free(batch);
	close(fd);
}

/* Text in UTF-16 that was compressed goes through two stages, and the same that was not through one. */
static void test_pipeline__compressed_text_is_decoded_too(void **state)
{
	static const char text[] = LE "a\0\n\0b\0";
	const struct bytes plain = { (char *)(uintptr_t)text, sizeof(text) - 1, 0 };
	const struct bytes want = { (char *)(uintptr_t) "a\nb", 3, 0 };
	struct ps_scan_options o = options_for("auto", SEARCH_MATCH_TEXT | SEARCH_MATCH_DECOMPRESS);
	struct ps_scanner *s;

	(void)state;
	if (!archive_any())
		skip();
	assert_int_equal(ps_scanner_new(&s, &o), SEARCH_OK);
	for (size_t i = 0; i < archive_program_count; i++) {
		struct archive a;

		label = archive_programs[i].format;
		if (!archive_can(&archive_programs[i]))
			continue;
		a = archive_make(archive_programs[i].command, text, sizeof(text) - 1);
		check(run_memory(s, (struct bytes){ (char *)a.bytes, a.size, 0 }, 0), want, 0, 0, "compressed");
		check(run_file(s, plain, 0), want, 0, 0, "plain");
		archive_free(&a);
	}
	ps_scanner_free(s);
}

static int make_matcher(void **state)
{
	struct ps_match_options options = { .cpu = ps_cpu_features() };

	(void)state;
	return ps_matcher_new(&nothing, &options, NULL) == SEARCH_OK ? 0 : -1;
}

static int free_matcher(void **state)
{
	(void)state;
	ps_matcher_free(nothing);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pipeline__utf16_is_recognised_by_its_mark),
		cmocka_unit_test(test_pipeline__invalid_utf16_is_replaced),
		cmocka_unit_test(test_pipeline__utf8_is_not_decoded_and_its_mark_is_not_text),
		cmocka_unit_test(test_pipeline__what_is_invalid_for_iconv_is_replaced),
		cmocka_unit_test(test_pipeline__charsets_are_converted_to_the_same_text),
		cmocka_unit_test(test_pipeline__long_files_are_decoded_to_their_end),
		cmocka_unit_test(test_pipeline__unknown_names_are_refused),
		cmocka_unit_test(test_pipeline__random_utf16_agrees_with_the_reference),
		cmocka_unit_test(test_pipeline__binary_is_decided_by_the_decoded_text),
		cmocka_unit_test(test_pipeline__input_without_text_ends_a_step),
		cmocka_unit_test(test_pipeline__input_with_little_text_ends_a_step),
		cmocka_unit_test(test_pipeline__complete_lines_of_a_stream_are_not_held_back),
		cmocka_unit_test(test_pipeline__a_decoded_file_is_neither_positioned_nor_split),
		cmocka_unit_test(test_pipeline__compressed_text_is_decoded_too),
	};

	alarm(patience(240));
	random_seed();
	return RUN_TESTS(tests, make_matcher, free_matcher);
}
