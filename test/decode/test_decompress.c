/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_decompress.c - what the programs of the formats compress comes out again, however it is cut, and whatever comes
 * between and after members. A damaged file gives the same text before the same error, however it is cut.
 *
 * PS_SEED repeats the random cases.
 */
#include "../../lib/base/base.h"

#include "../../lib/decode/decompress.h"
#include "../support/archive.h"
#include "../support/large_files.h"
#include "../support/random.h"
#include "../support/scale.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "../support/choose.h"

enum { MOST_TEXT = 8 << 20 };

/* How to cut: at most this much input, and this much room, at a time. Random: up to these. */
struct cut {
	size_t in, room;
	struct random *random;
};

static const struct cut whole = { SIZE_MAX, 1 << 17, NULL };

/* What came out of an archive. */
struct outcome {
	int rc; /* what ended it */
	uint8_t *text;
	size_t size, space;
	enum search_reason reason;
	char problem[200];
};

static void outcome_free(struct outcome *o)
{
	free(o->text);
	*o = (struct outcome){ 0 };
}

static size_t piece(const struct cut *cut, size_t most)
{
	size_t n = ps_min(most, 1 << 20);

	return cut->random != NULL ? 1 + random_below(cut->random, (uint32_t)n) : most;
}

/* Input and room end where their memory ends, so that ASan notices each byte too many. */
static int decompress_piece(struct ps_decompressor *d, struct archive a, size_t *at, const struct cut *cut,
			    uint8_t *room_end, struct outcome *o)
{
	size_t n = ps_min(piece(cut, cut->in), a.size - *at), room = piece(cut, cut->room);
	uint8_t *in = malloc(n > 0 ? n : 1), *out = room_end - room;
	struct ps_flow flow = { in, in + n, out, out + room };
	int rc;

	if (n > 0)
		memcpy(in, a.bytes + *at, n);
	rc = ps_decompress(d, &flow, *at + n == a.size);
	assert_true(flow.in >= in && flow.in <= in + n && flow.out >= out && flow.out <= out + room);
	assert_true(rc != PS_DECOMPRESS_MORE || flow.in == flow.in_end || flow.out == flow.out_end);
	*at += (size_t)(flow.in - in);
	n = (size_t)(flow.out - out);
	o->text = ps_grow(o->text, &o->space, o->size + n + 1, 1);
	if (n > 0)
		memcpy(o->text + o->size, out, n);
	o->size += n;
	free(in);
	return rc;
}

static struct outcome decompress(struct archive a, const struct cut *cut)
{
	struct ps_decompressor *d = ps_decompressor_new();
	uint8_t *room = malloc(cut->room);
	struct outcome o = { 0 };
	size_t at = 0;

	assert_non_null(d);
	ps_decompressor_start(d);
	do
		o.rc = decompress_piece(d, a, &at, cut, room + cut->room, &o);
	while (o.rc == PS_DECOMPRESS_MORE && o.size < MOST_TEXT);
	if (o.rc == PS_DECOMPRESS_BAD)
		snprintf(o.problem, sizeof(o.problem), "%s", ps_decompressor_problem(d, &o.reason));
	ps_decompressor_free(d);
	free(room);
	return o;
}

static void assert_text(const struct outcome *o, const void *text, size_t size)
{
	assert_int_equal(o->size, size);
	if (size > 0)
		assert_memory_equal(o->text, text, size);
}

static void assert_whole(const struct outcome *o, const void *text, size_t size)
{
	assert_string_equal(o->problem, "");
	assert_int_equal(o->rc, PS_DECOMPRESS_END);
	assert_text(o, text, size);
}

static void assert_bad(const struct outcome *o, const char *reason)
{
	assert_int_equal(o->rc, PS_DECOMPRESS_BAD);
	if (strstr(o->problem, reason) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", reason, o->problem);
}

/* How much of a damaged block libbz2 and liblzma give varies. */
static void assert_same(const struct outcome *a, const struct outcome *b)
{
	bool varies = strstr(a->problem, "bzip2 data is damaged") != NULL || strstr(a->problem, "xz data is damaged") != NULL ||
		      strstr(a->problem, "lzma data is damaged") != NULL;

	assert_int_equal(a->rc, b->rc);
	assert_string_equal(a->problem, b->problem);
	if (!varies)
		assert_int_equal(a->size, b->size);
	assert_memory_equal(a->text, b->text, ps_min(a->size, b->size));
}

/* --- texts --- */

struct text {
	const char *name;
	size_t size;
	uint8_t *bytes;
};

static struct text texts[] = {
	{ "empty", 0, NULL }, { "one byte", 1, NULL }, { "short", 300, NULL }, { "lines", 150000, NULL },
	{ "noise", 70000, NULL }, { "zeros", 1000000, NULL },
};

enum { EMPTY, ONE_BYTE, SHORT, LINES, NOISE, ZEROS, TEXTS };

static void make_lines(struct text *t, struct random *random)
{
	for (size_t i = 0; i < t->size; i++)
		t->bytes[i] = (uint8_t) "the quick brown fox jumps over a lazy dog\n"[(i + random_below(random, 3)) % 42];
}

static int make_texts(void **state)
{
	struct random random = random_new(1);

	(void)state;
	/* even in a short run, larger than a block of lz4 -B4, and than a buffer */
	texts[LINES].size = how_much(80000, texts[LINES].size);
	texts[ZEROS].size = how_much(200000, texts[ZEROS].size);
	for (int i = 0; i < TEXTS; i++) {
		struct text *t = &texts[i];

		t->bytes = calloc(t->size + 1, 1);
		if (i != ZEROS)
			make_lines(t, &random);
		for (size_t at = 0; i == NOISE && at < t->size; at++)
			t->bytes[at] = (uint8_t)random_below(&random, 256);
	}
	return 0;
}

static int free_texts(void **state)
{
	(void)state;
	for (int i = 0; i < TEXTS; i++)
		free(texts[i].bytes);
	return 0;
}

#define FOR_EACH_PROGRAM(p)                                                                             \
	for (const struct archive_program *p = archive_programs; p < archive_programs + archive_program_count; p++) \
		if (archive_can(p))

/* --- whole files --- */

/* Under a sanitizer, each program and each text takes half of the pieces in turn. */
static bool takes_turn(const struct archive_program *p, int text, size_t cut)
{
	return !TEST_SANITIZED || ((size_t)(p - archive_programs) + (size_t)text + cut) % 2 == 0;
}

static void test_decompress__what_the_programs_compress_comes_out_in_whatever_pieces(void **state)
{
	static const struct cut cuts[] = {
		{ SIZE_MAX, 1 << 20, NULL }, { 1, 1 << 17, NULL }, { 2, 1, NULL }, { 7, 13, NULL },
		{ 64, 4096, NULL }, { 4096, 1 << 17, NULL }, { 65536, 64, NULL }, { 1, 1, NULL },
	};

	(void)state;
	FOR_EACH_PROGRAM(p)
		for (int i = 0; i < TEXTS; i++) {
			struct archive a = archive_make(p->command, texts[i].bytes, texts[i].size);

			for (size_t c = 0; c < sizeof(cuts) / sizeof(cuts[0]); c++) {
				struct outcome o;

				if (!takes_turn(p, i, c))
					continue;
				o = decompress(a, &cuts[c]);
				assert_whole(&o, texts[i].bytes, texts[i].size);
				outcome_free(&o);
			}
			archive_free(&a);
		}
}

/* A pipe may be silent for a long time in the middle of a file. */
static void test_decompress__calls_without_input_change_nothing(void **state)
{
	const struct text *t = &texts[SHORT];
	uint8_t out[1000];

	(void)state;
	FOR_EACH_PROGRAM(p) {
		struct archive a = archive_make(p->command, t->bytes, t->size);
		struct ps_decompressor *d = ps_decompressor_new();
		struct ps_flow flow = { .out = out, .out_end = out + sizeof(out) };
		int rc = PS_DECOMPRESS_MORE;

		ps_decompressor_start(d);
		for (flow.in = a.bytes; rc == PS_DECOMPRESS_MORE;) {
			flow.in_end = flow.in + ps_min((size_t)(a.bytes + a.size - flow.in), 7);
			rc = ps_decompress(d, &flow, flow.in_end == a.bytes + a.size);
			for (int i = 0; i < 100 && rc == PS_DECOMPRESS_MORE; i++) {
				struct ps_flow nothing = { flow.in, flow.in, flow.out, flow.out_end };

				assert_int_equal(ps_decompress(d, &nothing, false), PS_DECOMPRESS_MORE);
				assert_ptr_equal(nothing.out, flow.out);
			}
		}
		assert_int_equal(rc, PS_DECOMPRESS_END);
		assert_int_equal(flow.out - out, t->size);
		assert_memory_equal(out, t->bytes, t->size);
		ps_decompressor_free(d);
		archive_free(&a);
	}
}

static void test_decompress__members_are_one_text(void **state)
{
	static const int order[] = { SHORT, EMPTY, ONE_BYTE, EMPTY, NOISE, SHORT };
	static const struct cut bytes = { 1, 1 << 16, NULL };

	(void)state;
	FOR_EACH_PROGRAM(p) {
		struct archive all = { 0 }, text = { 0 };
		struct outcome o;

		if (p->alone)
			continue;
		for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
			struct text *t = &texts[order[i]];
			struct archive a = archive_make(p->command, t->bytes, t->size);

			archive_append(&all, a.bytes, a.size);
			archive_append(&text, t->bytes, t->size);
			archive_free(&a);
		}
		o = decompress(all, &whole);
		assert_whole(&o, text.bytes, text.size);
		outcome_free(&o);
		o = decompress(all, &bytes);
		assert_whole(&o, text.bytes, text.size);
		outcome_free(&o);
		archive_free(&all);
		archive_free(&text);
	}
}

static void test_decompress__zeros_after_the_end_are_padding_and_all_else_is_reported(void **state)
{
	static const char *const garbage[] = { "x", "\x1F", "garbage", "\0\0\0x", "\0garbage", "BZh9 is no magic" };
	static const size_t sizes[] = { 1, 1, 7, 4, 8, 16 };
	static const struct cut bytes = { 1, 1 << 16, NULL };
	const struct text *t = &texts[SHORT];

	(void)state;
	FOR_EACH_PROGRAM(p) {
		struct archive a = archive_make(p->command, t->bytes, t->size);
		size_t size = a.size;

		for (size_t zeros = 1; zeros <= 1024; zeros += zeros < 16 ? 1 : 504) {
			struct outcome o;

			archive_append(&a, NULL, zeros);
			for (int i = 0; i < 2; i++) {
				o = decompress(a, i == 0 ? &whole : &bytes);
				if (strcmp(p->format, "xz") == 0 && zeros % 4 != 0)
					assert_bad(&o, "not a multiple of four");
				else
					assert_whole(&o, t->bytes, t->size);
				assert_text(&o, t->bytes, t->size);
				outcome_free(&o);
			}
			a.size = size;
		}
		for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
			struct outcome o, same;

			archive_append(&a, garbage[i], sizes[i]);
			o = decompress(a, &whole);
			same = decompress(a, &bytes);
			assert_text(&o, t->bytes, t->size);
			/* an old lz4 file has no end mark: fewer bytes than a length are a length cut short */
			assert_bad(&o, p->parts && sizes[i] < 4 ? "too early"
			               : strcmp(p->format, "xz") == 0 && garbage[i][0] == '\0' ? "not a multiple" : "what follows");
			assert_same(&o, &same);
			outcome_free(&o);
			outcome_free(&same);
			a.size = size;
		}
		archive_free(&a);
	}
}

/* A member of another format is not decompressed, nor is compressed data inside a member. */
static void test_decompress__only_one_format_is_undone_and_only_once(void **state)
{
	struct archive first = { 0 }, inner, outer;
	const struct text *t = &texts[SHORT];
	const char *format = "";
	struct outcome o;

	(void)state;
	FOR_EACH_PROGRAM(p) {
		struct archive a = archive_make(p->command, t->bytes, t->size);

		if (first.bytes != NULL && strcmp(format, p->format) != 0) {
			archive_append(&first, a.bytes, a.size);
			o = decompress(first, &whole);
			assert_bad(&o, "what follows");
			assert_text(&o, t->bytes, t->size);
			outcome_free(&o);
		}
		inner = archive_make(p->command, t->bytes, t->size);
		outer = archive_make(p->command, inner.bytes, inner.size);
		o = decompress(outer, &whole);
		assert_whole(&o, inner.bytes, inner.size);
		outcome_free(&o);
		archive_free(&outer);
		archive_free(&inner);
		archive_free(&first);
		first = a;
		format = p->format;
	}
	archive_free(&first);
}

/* Those of zstd and lz4: before, between and after members, also with contents that look like a member. */
static void test_decompress__skippable_frames_are_skipped(void **state)
{
	static const uint8_t skip[] = { 0x5A, 0x2A, 0x4D, 0x18, 9, 0, 0, 0, 0x28, 0xB5, 0x2F, 0xFD, 4, 0x22, 0x4D, 0x18, 0 };
	static const uint8_t empty[] = { 0x50, 0x2A, 0x4D, 0x18, 0, 0, 0, 0 };
	static const struct cut bytes = { 1, 1 << 16, NULL };
	const struct text *t = &texts[SHORT];

	(void)state;
	FOR_EACH_PROGRAM(p) {
		bool skips = strcmp(p->format, "zstd") == 0 || strcmp(p->format, "lz4") == 0;
		struct archive a = archive_make(p->command, t->bytes, t->size), all = { 0 };

		for (int behind = 0; behind < 2; behind++) {
			const struct cut *cut = behind ? &bytes : &whole;
			struct outcome o;

			archive_append(&all, skip, sizeof(skip));
			archive_append(&all, empty, sizeof(empty));
			archive_append(&all, a.bytes, a.size);
			o = decompress(all, cut);
			if (skips)
				assert_whole(&o, t->bytes, t->size);
			else
				assert_bad(&o, "what follows the zstd or lz4 data");
			outcome_free(&o);
			archive_append(&all, skip, sizeof(skip));
			archive_append(&all, a.bytes, a.size);
			archive_append(&all, empty, sizeof(empty));
			o = decompress(all, cut);
			assert_int_equal(o.size, skips ? 2 * t->size : 0);
			assert_int_equal(o.rc, skips ? PS_DECOMPRESS_END : PS_DECOMPRESS_BAD);
			outcome_free(&o);
			for (size_t n = 1; skips && n < sizeof(empty); n++) {
				all.size--;
				o = decompress(all, cut);
				assert_bad(&o, sizeof(empty) - n >= 4 || p->parts ? "too early" : "what follows");
				assert_int_equal(o.size, 2 * t->size);
				outcome_free(&o);
			}
			archive_free(&all);
		}
		archive_free(&a);
	}
}

/*
 * What comes between and after members, and what is expected. M: a member; S, s: a skippable frame, an empty one; a
 * digit: this many zeros; g: garbage; h: the first bytes of a member.
 */
static const struct sequence {
	const char *formats; /* no other format has a row with these parts */
	const char *parts;
	int members;         /* whose text comes out */
	const char *reason;  /* the error that ends it, or NULL */
} sequences[] = {
	{ "gzip bzip2 xz zstd lz4", "MM", 2, NULL },
	{ "gzip bzip2 xz lzma zstd lz4", "M", 1, NULL },
	{ "lzma", "MM", 1, "is not part of it" },
	{ "gzip bzip2 zstd lz4", "M4M", 1, "is something else" },
	{ "lzma", "M4M", 1, "is not part of it" },
	{ "xz", "M4M", 2, NULL },
	{ "xz", "M8M4M4", 3, NULL },
	{ "xz", "M44444M", 2, NULL },
	{ "xz", "M3M", 1, "the zeros after it are not a multiple of four" },
	{ "xz", "M5M", 1, "the zeros after it are not a multiple of four" },
	{ "xz", "M1", 1, "the zeros after it are not a multiple of four" },
	{ "xz", "M4g", 1, "is something else" },
	{ "xz", "M4h", 1, "is something else" },
	{ "gzip bzip2 lzma zstd lz4", "M1", 1, NULL },
	{ "gzip bzip2 xz lzma zstd lz4", "M4", 1, NULL },
	{ "gzip bzip2 xz lzma zstd lz4", "Mg", 1, "what follows" },
	{ "gzip bzip2 xz lzma zstd lz4", "MgM", 1, "what follows" },
	{ "gzip bzip2 xz lzma", "MS", 1, "what follows" },
	{ "gzip bzip2 xz lzma", "SM", 0, "what follows the zstd or lz4 data" },
	{ "zstd lz4", "SM", 1, NULL },
	{ "zstd lz4", "S", 0, NULL },
	{ "zstd lz4", "S4", 0, NULL },
	{ "zstd lz4", "sSs", 0, NULL },
	{ "zstd lz4", "ssMSsMSMs", 3, NULL },
	{ "zstd lz4", "MS4", 1, NULL },
	{ "zstd lz4", "S4M", 0, "is something else" },
	{ "zstd lz4", "Sg", 0, "is something else" },
};

/* Uses all sixteen magics of skippable frames. */
static void append_skippable(struct archive *a, bool empty)
{
	static const uint8_t inside[] = { 0x28, 0xB5, 0x2F, 0xFD, 4, 0x22, 0x4D, 0x18, 0 };
	uint8_t head[] = { 0x50, 0x2A, 0x4D, 0x18, empty ? 0 : sizeof(inside), 0, 0, 0 };

	head[0] |= (uint8_t)(a->size % 16);
	archive_append(a, head, sizeof(head));
	archive_append(a, inside, empty ? 0 : sizeof(inside));
}

static void append_part(struct archive *a, char part, const struct archive *member)
{
	if (part == 'M')
		archive_append(a, member->bytes, member->size);
	else if (part == 'S' || part == 's')
		append_skippable(a, part == 's');
	else if (part == 'h')
		archive_append(a, member->bytes, 3);
	else if (part == 'g')
		archive_append(a, "garbage", 7);
	else
		archive_append(a, NULL, (size_t)(part - '0'));
}

/* Is this one of the words? */
static bool holds(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = words; (at = strstr(at, word)) != NULL; at += n)
		if ((at == words || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
			return true;
	return false;
}

static void check_sequence(const struct sequence *s, const struct archive_program *p)
{
	static const struct cut cuts[] = { { SIZE_MAX, 1 << 17, NULL }, { 1, 1 << 16, NULL }, { 3, 5, NULL } };
	const struct text *t = &texts[SHORT];
	struct archive member = archive_make(p->command, t->bytes, t->size), all = { 0 }, want = { 0 };

	for (const char *part = s->parts; *part != '\0'; part++)
		append_part(&all, *part, &member);
	for (int i = 0; i < s->members; i++)
		archive_append(&want, t->bytes, t->size);
	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		struct outcome o = decompress(all, &cuts[i]);

		if (s->reason != NULL)
			assert_bad(&o, s->reason);
		else
			assert_string_equal(o.problem, "");
		assert_text(&o, want.bytes, want.size);
		outcome_free(&o);
	}
	archive_free(&member);
	archive_free(&all);
	archive_free(&want);
}

static void test_decompress__what_is_between_and_after_members(void **state)
{
	(void)state;
	FOR_EACH_PROGRAM(p)
		for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++)
			if (holds(sequences[i].formats, p->format))
				check_sequence(&sequences[i], p);
}

static bool can(const char *format)
{
	for (size_t i = 0; i < archive_program_count; i++)
		if (strcmp(archive_programs[i].format, format) == 0)
			return archive_can(&archive_programs[i]);
	return false;
}

/* Then there is no mark at the end of the data. (xz never writes such a file.) */
static void test_decompress__an_lzma_file_may_give_its_length(void **state)
{
	static const char text[] = "the first line\nthe second line, with a needle\n";
	static const uint8_t made[] = {
		0x5d, 0x00, 0x00, 0x01, 0x00, 0x2e, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x3a,
		0x1a, 0x08, 0xce, 0x76, 0x64, 0x95, 0xb8, 0xac, 0x93, 0x5e, 0xaa, 0x06, 0x6c, 0x57, 0xe9,
		0xe7, 0xf1, 0x72, 0xb8, 0x5a, 0xfa, 0x3a, 0x04, 0x27, 0x2a, 0xa4, 0x24, 0x82, 0x9e, 0x89,
		0xee, 0x82, 0x39, 0xb5, 0xa8, 0xbf, 0x69, 0xc0, 0xe6, 0x36, 0x41, 0x3c, 0xe2, 0x40,
	};
	static const struct cut cuts[] = { { SIZE_MAX, 1 << 17, NULL }, { 1, 1, NULL }, { 7, 46, NULL } };
	static const struct {
		const char *bytes;
		size_t size;
		const char *reason;
	} behind[] = { { "", 0, NULL }, { "\0", 1, NULL }, { "\0\0\0\0", 4, NULL }, { "x", 1, "not part of it" } };

	(void)state;
	if (!can("lzma"))
		return;
	for (size_t i = 0; i < 4 * sizeof(cuts) / sizeof(cuts[0]); i++) {
		struct archive a = { 0 };
		struct outcome o;

		archive_append(&a, made, sizeof(made));
		archive_append(&a, behind[i % 4].bytes, behind[i % 4].size);
		o = decompress(a, &cuts[i / 4]);
		if (behind[i % 4].reason != NULL)
			assert_bad(&o, behind[i % 4].reason);
		else
			assert_string_equal(o.problem, "");
		assert_text(&o, text, sizeof(text) - 1);
		outcome_free(&o);
		a.size = sizeof(made) - 1;
		o = decompress(a, &cuts[i / 4]);
		assert_bad(&o, "too early");
		outcome_free(&o);
		archive_free(&a);
	}
}

/* --- compared with the formats' own programs --- */

/* Another variant of the format that the program reads, too: for lz4, frames and old files. */
static const char *random_command(const struct archive_program *p, struct random *random)
{
	const struct archive_program *other = archive_programs + random_below(random, (uint32_t)archive_program_count);

	return archive_mixes(p, other) ? other->command : p->command;
}

/* Adds a few random parts. *padded: only zeros follow, after at least one part. */
static struct archive random_sequence(const struct archive_program *p, struct random *random, bool *padded)
{
	static const char parts[] = "MMMMMMMMSSss1344448gh";
	struct archive a = { 0 };
	bool zeros = false;

	for (uint32_t n = 1 + random_below(random, 5); n > 0; n--) {
		const struct text *t = &texts[random_below(random, LINES)];
		const char *command = random_command(p, random);
		/* a sequence starts with something that tells its format */
		char part = a.size == 0 ? 'M' : parts[random_below(random, sizeof(parts) - 1)];
		struct archive member = { 0 };

		if (part == 'M' || part == 'h')
			member = archive_make(command, t->bytes, t->size);
		append_part(&a, part, &member);
		zeros = part >= '0' && part <= '9';
		archive_free(&member);
	}
	*padded = zeros;
	return a;
}

/* If the program succeeds the text is the same; else there is an error, and no less text before it. */
static void compare_with_program(const struct archive_program *p, uint64_t stream)
{
	struct random random = random_new(stream);
	const struct cut cut = { 1 + random_below(&random, 300), 1 + random_below(&random, 3000), &random };
	bool padded;
	struct archive a = random_sequence(p, &random, &padded), text;
	bool content = archive_undo(p->format, &a, &text);
	struct outcome o = decompress(a, &whole), same = decompress(a, &cut);

	assert_same(&o, &same);
	if (content)
		assert_whole(&o, text.bytes, text.size);
	else if (!padded)
		assert_int_equal(o.rc, PS_DECOMPRESS_BAD);
	assert_true(o.size >= text.size);
	assert_memory_equal(o.text, text.bytes, text.size);
	outcome_free(&o);
	outcome_free(&same);
	archive_free(&a);
	archive_free(&text);
}

static void test_decompress__random_sequences_give_what_the_programs_say(void **state)
{
	(void)state;
	FOR_EACH_PROGRAM(p)
		for (size_t i = 0, rounds = how_many_rounds(8, SCALED(24)); i < rounds; i++)
			compare_with_program(p, 700000000 + (uint64_t)(p - archive_programs) * 1000000 + i);
}

/* --- what the first bytes tell --- */

#define OPEN "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF" /* the text's length is not given */
#define LZMA(dictionary, length) "]" dictionary length

static void test_decompress__the_first_bytes_tell_the_format(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		enum ps_magic is;
	} rows[] = {
		{ "", 0, PS_MAGIC_MORE },
		{ "\x1F", 1, PS_MAGIC_MORE },
		{ "\x1F\x8B\x08", 3, PS_MAGIC_MORE },
		{ "\x1F\x8B\x08\x00", 4, PS_MAGIC_YES },
		{ "\x1F\x8B\x08\x1F", 4, PS_MAGIC_YES },
		{ "\x1F\x8B\x08\x20", 4, PS_MAGIC_NO },
		{ "\x1F\x8B\x07", 3, PS_MAGIC_NO },
		{ "BZh", 3, PS_MAGIC_MORE },
		{ "BZh0", 4, PS_MAGIC_NO },
		{ "BZh9 is how a bzip2 file begins", 31, PS_MAGIC_NO },
		{ "BZh91AY&S", 9, PS_MAGIC_MORE },
		{ "BZh91AY&SY", 10, PS_MAGIC_YES },
		{ "BZh1\x17\x72\x45\x38\x50\x90", 10, PS_MAGIC_YES },
		{ "\xFD" "7zXZ", 5, PS_MAGIC_MORE },
		{ "\xFD" "7zXZ\0", 6, PS_MAGIC_YES },
		{ "\xFD" "7zXZ\n", 6, PS_MAGIC_NO },
		{ "]", 1, PS_MAGIC_MORE },
		{ "]\n", 2, PS_MAGIC_NO },
		{ "]\0\0\x80", 4, PS_MAGIC_MORE },
		{ LZMA("\0\0\x80\0", OPEN) "\0", 14, PS_MAGIC_YES },
		{ LZMA("\0\0\x80\0", OPEN), 13, PS_MAGIC_MORE },
		{ LZMA("\0\0\x80\0", OPEN) "\1", 14, PS_MAGIC_NO },
		{ LZMA("\0\x10\0\0", OPEN) "\0", 14, PS_MAGIC_YES },
		{ LZMA("\0\x18\0\0", OPEN) "\0", 14, PS_MAGIC_YES },
		{ LZMA("\0\x14\0\0", OPEN) "\0", 14, PS_MAGIC_NO },
		{ LZMA("\0\x1C\0\0", OPEN) "\0", 14, PS_MAGIC_NO },
		{ LZMA("\0\x08\0\0", OPEN) "\0", 14, PS_MAGIC_NO },
		{ LZMA("\0\0\0\0", OPEN) "\0", 14, PS_MAGIC_NO },
		{ LZMA("\0\0\0\xC0", OPEN) "\0", 14, PS_MAGIC_YES },
		{ LZMA("\0\0\0\x90", OPEN) "\0", 14, PS_MAGIC_NO },
		{ LZMA("\0\0\0\xC0", "\1\0\0\0\0\0\0\0") "\0", 14, PS_MAGIC_NO },
		{ LZMA("\0\0\0\x10", "\1\0\0\0\0\0\0\0") "\0", 14, PS_MAGIC_YES },
		{ LZMA("\0\0\x80\0", "\0\0\0\0\0\0\0\0") "\0", 14, PS_MAGIC_YES },
		{ LZMA("\0\0\x80\0", "\xFF\xFF\xFF\xFF\x3F\0\0\0") "\0", 14, PS_MAGIC_YES },
		{ LZMA("\0\0\x80\0", "\0\0\0\0\x40\0\0\0") "\0", 14, PS_MAGIC_NO },
		{ LZMA("\0\0\x80\0", "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F") "\0", 14, PS_MAGIC_NO },
		/* "]@c" and U+10000 in UTF-32 */
		{ "]\0\0\0@\0\0\0c\0\0\0\0\0\1", 16, PS_MAGIC_NO },
		{ "\x28\xB5\x2F\xFD", 4, PS_MAGIC_YES },
		{ "\x28\xB5\x2F\xFC", 4, PS_MAGIC_NO },
		{ "(x", 2, PS_MAGIC_NO },
		{ "\x04\x22\x4D\x18", 4, PS_MAGIC_YES },
		{ "\x02\x21\x4C\x18", 4, PS_MAGIC_YES },
		{ "\x03\x21\x4C\x18", 4, PS_MAGIC_NO },
		{ "P*M\x18", 4, PS_MAGIC_YES },
		{ "_*M\x18", 4, PS_MAGIC_YES },
		{ "`*M\x18", 4, PS_MAGIC_NO },
		{ "P*M", 3, PS_MAGIC_MORE },
		{ "P\n", 2, PS_MAGIC_NO },
		{ "\xEF\xBB\xBF", 3, PS_MAGIC_NO },
		{ "\0\0\0\0", 4, PS_MAGIC_NO },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (ps_compressed((const uint8_t *)rows[i].bytes, rows[i].size) != rows[i].is)
			fail_msg("row %zu", i);
}

/* --- damaged files --- */

/* Adds a second member if there may be one: a file may go on after the end of the first. */
static struct archive small_archive(const struct archive_program *p, size_t *first)
{
	const struct text *t = &texts[SHORT];
	struct archive a = archive_make(p->command, t->bytes, t->size);

	*first = a.size;
	if (!p->alone)
		archive_append(&a, a.bytes, a.size);
	return a;
}

/* To the next length of a cut. Under a sanitizer some are left out, but none where the first member ends. */
static size_t step_at(size_t size, size_t first)
{
	return TEST_SANITIZED && (size + 16 < first || size > first + 16) ? 5 : 1;
}

static void test_decompress__a_file_cut_off_anywhere_ends_too_early(void **state)
{
	static const struct cut bytes = { 1, 1, NULL };
	const struct text *t = &texts[SHORT];

	(void)state;
	FOR_EACH_PROGRAM(p) {
		size_t first;
		struct archive a = small_archive(p, &first);

		assert_true(first > PS_MAGIC_SIZE);
		for (size_t size = PS_MAGIC_SIZE; size < a.size; size += step_at(size, first)) {
			struct archive cut = { a.bytes, size };
			struct outcome o = decompress(cut, &whole), same = decompress(cut, &bytes);

			assert_same(&o, &same);
			assert_true(o.size <= 2 * t->size);
			assert_memory_equal(o.text, t->bytes, ps_min(o.size, t->size));
			if (size == first || (p->parts && size == first + 4))
				assert_whole(&o, t->bytes, t->size);
			else
				assert_bad(&o, size > first && size < first + PS_MAGIC_SIZE ? "" : "too early");
			outcome_free(&o);
			outcome_free(&same);
		}
		archive_free(&a);
	}
}

static void test_decompress__a_changed_byte_is_noticed(void **state)
{
	static const uint8_t changes[] = { 0x01, 0x80, 0xFF, 0x10 };
	static const struct cut bytes = { 1, 100, NULL };
	const struct text *t = &texts[SHORT];
	size_t step = TEST_SANITIZED ? 27 : runs_long() ? 1 : 3; /* odd, so that all changes have their turn */

	(void)state;
	FOR_EACH_PROGRAM(p) {
		size_t first;
		struct archive a = small_archive(p, &first);

		for (size_t i = 0; i < a.size * sizeof(changes); i += step) {
			struct outcome o, same;

			a.bytes[i / 4] ^= changes[i % 4];
			o = decompress(a, &whole);
			same = decompress(a, &bytes);
			assert_same(&o, &same);
			if (p->checked && o.rc == PS_DECOMPRESS_END) {
				assert_int_equal(o.size, 2 * t->size);
				assert_memory_equal(o.text, t->bytes, t->size);
				assert_memory_equal(o.text + t->size, t->bytes, t->size);
			}
			if (i / 4 >= first + 20 && o.rc == PS_DECOMPRESS_BAD)
				assert_memory_equal(o.text, t->bytes, t->size);
			outcome_free(&o);
			outcome_free(&same);
			a.bytes[i / 4] ^= changes[i % 4];
		}
		archive_free(&a);
	}
}

static void mutate(struct archive *a, struct random *random)
{
	uint32_t size = (uint32_t)a->size, at = size > 0 ? random_below(random, size) : 0;
	uint32_t n = size > 0 ? 1 + random_below(random, (uint32_t)ps_min(size - at, 40)) : 0;

	switch (random_below(random, 5)) {
	case 0: /* change */
		for (uint32_t i = 0; i < n; i++)
			a->bytes[at + i] = (uint8_t)random_below(random, 256);
		break;
	case 1: /* flip */
		if (size > 0)
			a->bytes[at] ^= (uint8_t)(1U << random_below(random, 8));
		break;
	case 2: /* cut out */
		if (n > 0)
			memmove(a->bytes + at, a->bytes + at + n, size - at - n);
		a->size -= n;
		break;
	case 3: /* end */
		a->size = at;
		break;
	default: /* repeat */
		archive_append(a, a->bytes + at, n);
		break;
	}
}

/* An archive that is changed at random gives the same however it is cut, and comes to an end. */
static void damage(const struct archive_program *p, int which, uint64_t rounds)
{
	struct archive made = archive_make(p->command, texts[which].bytes, texts[which].size);

	for (uint64_t i = 0; i < rounds; i++) {
		struct random random = random_new(((uint64_t)(p - archive_programs) * TEXTS + (uint64_t)which) * 1000000 + i);
		const struct cut one = { 1 + random_below(&random, 5000), 1 + random_below(&random, 70000), &random };
		struct archive a = { 0 };
		struct outcome o, same;

		archive_append(&a, made.bytes, made.size);
		for (uint32_t n = 1 + random_below(&random, 3); n > 0; n--)
			mutate(&a, &random);
		o = decompress(a, &whole);
		same = decompress(a, &one);
		if (o.size < MOST_TEXT && same.size < MOST_TEXT)
			assert_same(&o, &same);
		outcome_free(&o);
		outcome_free(&same);
		archive_free(&a);
	}
	archive_free(&made);
}

static void test_decompress__random_damage_gives_the_same_however_it_is_cut(void **state)
{
	(void)state;
	FOR_EACH_PROGRAM(p) {
		damage(p, EMPTY, how_many_rounds(25, SCALED(100)));
		damage(p, SHORT, how_many_rounds(250, SCALED(1000)));
		damage(p, LINES, how_many_rounds(8, SCALED(30)));
		damage(p, NOISE, how_many_rounds(3, SCALED(10)));
	}
}

static void test_decompress__noise_after_a_magic_comes_to_an_end(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
	} magics[] = {
		{ "\x1F\x8B\x08", 4 }, { "BZh91AY&SY", 10 }, { "\xFD" "7zXZ\0\0\4\xE6\xD6\xB4\x46", 12 }, { "\xFD" "7zXZ", 6 },
		{ "\x28\xB5\x2F\xFD", 4 }, { "\x04\x22\x4D\x18", 4 }, { "\x02\x21\x4C\x18", 4 }, { "P*M\x18", 4 },
		{ "]\0\0\x80\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 14 },
	};
	const size_t count = sizeof(magics) / sizeof(magics[0]);

	(void)state;
	for (size_t i = 0, rounds = how_many_rounds(1000, SCALED(4000)); i < rounds; i++) {
		struct random random = random_new(900000000 + i);
		const struct cut one = { 1 + random_below(&random, 300), 1 + random_below(&random, 3000), &random };
		struct archive a = { 0 };
		struct outcome o, same;
		uint8_t noise[600];

		for (size_t n = 0; n < sizeof(noise); n++)
			noise[n] = (uint8_t)random_below(&random, i % 3 == 0 ? 4 : 256);
		archive_append(&a, magics[i % count].bytes, magics[i % count].size);
		archive_append(&a, noise, random_below(&random, sizeof(noise)));
		o = decompress(a, &whole);
		same = decompress(a, &one);
		if (o.size < MOST_TEXT && same.size < MOST_TEXT)
			assert_same(&o, &same);
		outcome_free(&o);
		outcome_free(&same);
		archive_free(&a);
	}
}

/* --- limits --- */

/* The first bytes of a zstd frame with this window, and n blocks of 128 KiB that repeat one byte. */
static struct archive zstd_frame(uint8_t window, uint8_t repeated, size_t n)
{
	struct archive a = { 0 };
	uint8_t head[] = { 0x28, 0xB5, 0x2F, 0xFD, 0, window }, block[] = { 2, 0, 0x10, repeated };

	archive_append(&a, head, sizeof(head));
	for (size_t i = 0; i < n; i++) {
		block[0] = i + 1 == n ? 3 : 2;
		archive_append(&a, block, sizeof(block));
	}
	return a;
}

static void test_decompress__a_window_of_more_than_128_mib_is_refused(void **state)
{
	enum { BLOCK = 128 * 1024 };
	struct archive small, large;
	struct outcome o;

	(void)state;
	if (!can("zstd"))
		return;
	small = zstd_frame(17 << 3, 'a', 3);
	large = zstd_frame(17 << 3 | 1, 'a', 3);
	o = decompress(small, &whole);
	assert_int_equal(o.rc, PS_DECOMPRESS_END);
	assert_int_equal(o.size, 3 * BLOCK);
	outcome_free(&o);
	o = decompress(large, &whole);
	assert_bad(&o, "128 MiB");
	outcome_free(&o);
	archive_free(&small);
	archive_free(&large);
}

static uint32_t crc32_of(const uint8_t *bytes, size_t size)
{
	uint32_t crc = 0xFFFFFFFF;

	for (size_t i = 0; i < size * 8; i++) {
		if (i % 8 == 0)
			crc ^= bytes[i / 8];
		crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
	}
	return ~crc;
}

/* Sets the dictionary's size in the block header, which follows the 12 bytes of the stream's, and its checksum. */
static void set_dictionary(struct archive *xz, uint8_t size)
{
	uint8_t *header = xz->bytes + 12;
	size_t length = ((size_t)header[0] + 1) * 4 - 4, at = 0;
	uint32_t crc;

	while (header[at] != 0x21 || header[at + 1] != 1)
		at++;
	header[at + 2] = size;
	crc = crc32_of(header, length);
	for (int i = 0; i < 4; i++)
		header[length + (size_t)i] = (uint8_t)(crc >> 8 * i);
}

static void test_decompress__a_dictionary_of_more_than_128_mib_is_refused(void **state)
{
	const struct text *t = &texts[SHORT];
	struct archive a;
	struct outcome o;

	(void)state;
	if (!can("xz"))
		return;
	a = archive_make("xz -c", t->bytes, t->size);
	set_dictionary(&a, 30);
	o = decompress(a, &whole);
	assert_whole(&o, t->bytes, t->size);
	outcome_free(&o);
	set_dictionary(&a, 31);
	o = decompress(a, &whole);
	assert_bad(&o, "needs 192 MiB, more than 128 MiB");
	outcome_free(&o);
	archive_free(&a);
}

/* However much comes out, a call gives only what there is room for. */
static void test_decompress__a_bomb_comes_out_piece_by_piece(void **state)
{
	enum { ROOM = 1000, CALLS = 10000 };
	struct ps_decompressor *d;
	struct archive bomb;
	struct ps_flow flow;
	uint8_t out[ROOM];

	(void)state;
	if (!can("zstd"))
		return;
	d = ps_decompressor_new();
	bomb = zstd_frame(7 << 3, 'a', 1000);
	flow.in = bomb.bytes;
	flow.in_end = bomb.bytes + bomb.size;
	ps_decompressor_start(d);
	for (int i = 0; i < CALLS; i++) {
		flow.out = out;
		flow.out_end = out + ROOM;
		assert_int_equal(ps_decompress(d, &flow, true), PS_DECOMPRESS_MORE);
		assert_ptr_equal(flow.out, flow.out_end);
	}
	ps_decompressor_free(d);
	archive_free(&bomb);
}

/* --- memory --- */

static long allocations, failing; /* allocation number `failing` fails; 0: none does */

static bool fails(void)
{
	return failing > 0 && ++allocations == failing;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *REAL_LARGE(mmap)(void *at, size_t size, int protection, int flags, int fd, off_t offset);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap64(void *at, size_t size, int protection, int flags, int fd, int64_t offset);

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
	return fails() ? MAP_FAILED : REAL_LARGE(mmap)(at, size, protection, flags, fd, offset);
}

/* With large files it has this name. No file is mapped. */
void *__wrap_mmap64(void *at, size_t size, int protection, int flags, int fd, int64_t offset)
{
	return __wrap_mmap(at, size, protection, flags, fd, (off_t)offset);
}

/* These allocate in their own libraries, which the linker does not wrap. */
#ifdef PS_LINK_CODECS
void *__real_ZSTD_createDCtx(void);
size_t __real_LZ4F_createDecompressionContext(void *context, unsigned version);
void *__wrap_ZSTD_createDCtx(void);
size_t __wrap_LZ4F_createDecompressionContext(void *context, unsigned version);
#ifdef PS_WITH_ZSTD
void *__wrap_ZSTD_createDCtx(void)
{
	return fails() ? NULL : __real_ZSTD_createDCtx();
}
#endif
#ifdef PS_WITH_LZ4
size_t __wrap_LZ4F_createDecompressionContext(void *context, unsigned version)
{
	return fails() ? (size_t)-9 : __real_LZ4F_createDecompressionContext(context, version);
}
#endif
#else
static void (*create_zstd)(void);
static void (*create_lz4)(void);

static void *failing_zstd(void)
{
	return fails() ? NULL : ((void *(*)(void))create_zstd)();
}

static size_t failing_lz4(void *context, unsigned version)
{
	return fails() ? (size_t)-9 : ((size_t (*)(void *, unsigned))create_lz4)(context, version);
}
#endif

/* --- libraries --- */

#ifndef PS_LINK_CODECS
static bool library_is_missing;
static int function_is_missing; /* of the library's functions this one; 0: none */
static int functions_asked, loads;

void *__real_dlopen(const char *file, int flags);
void *__real_dlsym(void *handle, const char *name);
int __real_dlclose(void *handle);
void *__wrap_dlopen(const char *file, int flags);
void *__wrap_dlsym(void *handle, const char *name);
int __wrap_dlclose(void *handle);

void *__wrap_dlopen(const char *file, int flags)
{
	char nowhere[64];
	void *handle;

	snprintf(nowhere, sizeof(nowhere), "/nowhere/%s", file);
	handle = __real_dlopen(library_is_missing ? nowhere : file, flags);
	loads += handle != NULL;
	functions_asked = 0;
	return handle;
}

/* Puts `ours` in the place of the function found, which goes to *real. */
static void replace(void **found, void (**real)(void), void (*ours)(void))
{
	memcpy(real, found, sizeof(*found));
	memcpy(found, &ours, sizeof(*found));
}

void *__wrap_dlsym(void *handle, const char *name)
{
	void *found = __real_dlsym(handle, ++functions_asked == function_is_missing ? "no_such_function" : name);

	if (found != NULL && strcmp(name, "ZSTD_createDCtx") == 0)
		replace(&found, &create_zstd, (void (*)(void))failing_zstd);
	if (found != NULL && strcmp(name, "LZ4F_createDecompressionContext") == 0)
		replace(&found, &create_lz4, (void (*)(void))failing_lz4);
	return found;
}

int __wrap_dlclose(void *handle)
{
	loads--;
	return __real_dlclose(handle);
}

/* Does the start of a file say that the library, or the function, is missing? */
static void expect_missing(struct ps_decompressor *d, struct archive a, uint8_t *out, size_t room, const char *what)
{
	struct ps_flow flow = { a.bytes, a.bytes + a.size, out, out + room };
	enum search_reason reason;
	const char *problem;

	ps_decompressor_start(d);
	assert_int_equal(ps_decompress(d, &flow, true), PS_DECOMPRESS_BAD);
	problem = ps_decompressor_problem(d, &reason);
	assert_int_equal(reason, SEARCH_REASON_UNSUPPORTED);
	assert_non_null(strstr(problem, " data, and the library for that cannot be loaded: "));
	assert_non_null(strstr(problem, ".so."));
	assert_non_null(strstr(problem, what));
	assert_int_equal(loads, 0);
}

/* What cannot be loaded is named; a later file is decompressed if that is there again; all that is loaded is let go of. */
static void test_decompress__a_library_that_is_missing_is_named(void **state)
{
	const struct text *t = &texts[LINES];
	size_t room = t->size + 1;
	uint8_t *out = malloc(room);

	(void)state;
	FOR_EACH_PROGRAM(p) {
		struct archive a = archive_make(p->command, t->bytes, t->size);
		struct ps_decompressor *d = ps_decompressor_new();
		struct ps_flow flow = { a.bytes, a.bytes + a.size, out, out + room };
		int functions;

		assert_non_null(d);
		library_is_missing = true;
		expect_missing(d, a, out, room, "/nowhere/lib");
		library_is_missing = false;
		ps_decompressor_start(d);
		assert_int_equal(ps_decompress(d, &flow, true), PS_DECOMPRESS_END);
		assert_int_equal(loads, 1);
		functions = functions_asked;
		ps_decompressor_free(d);
		assert_int_equal(loads, 0);
		for (function_is_missing = 1; function_is_missing <= functions; function_is_missing++) {
			d = ps_decompressor_new();
			expect_missing(d, a, out, room, "no_such_function");
			ps_decompressor_free(d);
		}
		function_is_missing = 0;
		archive_free(&a);
	}
	free(out);
}
#endif

/* Returns true if the allocation was reached, and failed. */
static bool fail_allocation(struct archive a, long n, uint8_t *out, size_t room)
{
	struct ps_flow flow = { a.bytes, a.bytes + a.size, out, out + room };
	struct ps_decompressor *d;
	int rc = SEARCH_ENOMEM;

	allocations = 0;
	failing = n;
	d = ps_decompressor_new();
	if (d != NULL) {
		ps_decompressor_start(d);
		rc = ps_decompress(d, &flow, true);
		ps_decompressor_free(d);
	}
	failing = 0;
	assert_int_equal(rc, allocations >= n ? SEARCH_ENOMEM : PS_DECOMPRESS_END);
	return allocations >= n;
}

static void test_decompress__each_allocation_may_fail(void **state)
{
	const struct text *t = &texts[LINES];
	size_t room = 2 * t->size + 1;
	uint8_t *out = malloc(room);

	(void)state;
	FOR_EACH_PROGRAM(p) {
		struct archive a = archive_make(p->command, t->bytes, t->size);
		long n = 1;

		if (!p->alone)
			archive_append(&a, a.bytes, a.size);
		while (fail_allocation(a, n, out, room))
			n++;
		printf("%s: %ld allocations\n", p->command, n - 1);
		assert_true(n > 2);
		archive_free(&a);
	}
	free(out);
}

/* Keeps the libraries loaded: thousands of decompressors are made here, and each would load and unload its own. */
static int set_up(void **state)
{
#ifndef PS_LINK_CODECS
	static const char *const files[] = { "libz.so.1", "libbz2.so.1.0", "libbz2.so.1", "liblzma.so.5", "libzstd.so.1",
					     "liblz4.so.1" };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		(void)__real_dlopen(files[i], RTLD_LAZY | RTLD_NODELETE); /* without one, its tests are skipped */
#endif
	return make_texts(state);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decompress__the_first_bytes_tell_the_format),
		cmocka_unit_test(test_decompress__what_the_programs_compress_comes_out_in_whatever_pieces),
		cmocka_unit_test(test_decompress__calls_without_input_change_nothing),
		cmocka_unit_test(test_decompress__members_are_one_text),
		cmocka_unit_test(test_decompress__zeros_after_the_end_are_padding_and_all_else_is_reported),
		cmocka_unit_test(test_decompress__only_one_format_is_undone_and_only_once),
		cmocka_unit_test(test_decompress__skippable_frames_are_skipped),
		cmocka_unit_test(test_decompress__what_is_between_and_after_members),
		cmocka_unit_test(test_decompress__random_sequences_give_what_the_programs_say),
		cmocka_unit_test(test_decompress__an_lzma_file_may_give_its_length),
		cmocka_unit_test(test_decompress__a_file_cut_off_anywhere_ends_too_early),
		cmocka_unit_test(test_decompress__a_changed_byte_is_noticed),
		cmocka_unit_test(test_decompress__random_damage_gives_the_same_however_it_is_cut),
		cmocka_unit_test(test_decompress__noise_after_a_magic_comes_to_an_end),
		cmocka_unit_test(test_decompress__a_window_of_more_than_128_mib_is_refused),
		cmocka_unit_test(test_decompress__a_dictionary_of_more_than_128_mib_is_refused),
		cmocka_unit_test(test_decompress__a_bomb_comes_out_piece_by_piece),
		cmocka_unit_test(test_decompress__each_allocation_may_fail),
#ifndef PS_LINK_CODECS
		cmocka_unit_test(test_decompress__a_library_that_is_missing_is_named),
#endif
	};

	return RUN_TESTS(tests, set_up, free_texts);
}
