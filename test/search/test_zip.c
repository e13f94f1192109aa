/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_zip.c - a compressed file is searched as its text would be: the same items, from files, pipes
 * and memory, with any options and workers.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../support/archive.h"
#include "../support/options.h"
#include "../support/collect.h"
#include "../support/forest.h"
#include "../support/process.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"
#include "../support/scale.h"

#define FOR_EACH_PROGRAM(p)                                                                             \
	for (const struct archive_program *p = archive_programs; p < archive_programs + archive_program_count; p++) \
		if (archive_can(p))

/* Of a format with several programs only the first, unless the test runs long. */
#define FOR_EACH_FORMAT(p) \
	FOR_EACH_PROGRAM(p) \
		if (runs_long() || p == archive_programs || strcmp(p->format, p[-1].format) != 0)

enum { LINES = 4000, BIG_LINES = 60000 };

static char *tree;
static char *text, *big; /* LINES and BIG_LINES lines, some with a needle */
static size_t text_size, big_size;

static size_t make_text(char *to, int lines)
{
	size_t size = 0;

	for (int i = 0; i < lines; i++)
		size += (size_t)sprintf(to + size, "line %d %s\n", i,
					i % 97 == 3 ? "has the needle, a needle" : i % 5 ? "and more" : "");
	return size;
}

static int set_up(void **state)
{
	(void)state;
	tree = forest_open();
	text = malloc(LINES * 40);
	big = malloc(BIG_LINES * 40);
	text_size = make_text(text, LINES);
	big_size = make_text(big, BIG_LINES);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	forest_close(tree);
	free(text);
	free(big);
	return 0;
}

/* --- ways to give a file --- */

enum way { BY_PATH, BY_MEMORY, BY_DESCRIPTOR, BY_PIPE, WAYS };

/* A source, and the thread that writes to its pipe. */
struct given {
	struct search_source source;
	char *path;
	pid_t writer;
};

static void feed(int fd, const void *bytes, size_t size)
{
	for (size_t at = 0, n; at < size; at += n) {
		n = at < 100 ? 1 : size - at < 3000 ? size - at : 3000;
		if (write(fd, (const char *)bytes + at, n) != (ssize_t)n)
			_exit(1);
	}
	_exit(0);
}

static struct given give(enum way way, const void *bytes, size_t size)
{
	struct given g = { .source = { .name = "it" } };
	int ends[2];

	if (way == BY_MEMORY) {
		g.source.kind = SEARCH_SOURCE_MEMORY;
		g.source.data = bytes;
		g.source.size = size;
		return g;
	}
	if (way == BY_PIPE) {
		assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
		g.source.kind = SEARCH_SOURCE_DESCRIPTOR;
		g.source.descriptor = ends[0];
		fflush(NULL);
		g.writer = fork();
		if (g.writer == 0) {
			close(ends[0]); /* otherwise there would always be a reader */
			feed(ends[1], bytes, size);
		}
		close(ends[1]);
		return g;
	}
	forest_file(tree, "it", bytes, size);
	g.path = forest_path(tree, "it");
	g.source.path = g.path;
	if (way == BY_DESCRIPTOR) {
		g.source.kind = SEARCH_SOURCE_DESCRIPTOR;
		g.source.descriptor = open(g.path, O_RDONLY | O_CLOEXEC);
		g.source.path = NULL;
	}
	return g;
}

static void take_back(struct given *g)
{
	if (g->source.kind == SEARCH_SOURCE_DESCRIPTOR)
		close(g->source.descriptor);
	if (g->writer > 0)
		waitpid(g->writer, NULL, 0);
	free(g->path);
}

/* --- searches --- */

struct variant {
	uint32_t flags;
	uint64_t max_matches_per_file;
	uint32_t before, after;
	const char *pattern;
	const char *encoding;
};

static const struct variant variants[] = {
	{ 0, 0, 0, 0, "needle", NULL },
	{ SEARCH_RESULT_FILE_ENDS, 0, 2, 3, "needle", NULL },
	{ SEARCH_MATCH_INVERT | SEARCH_RESULT_FILE_ENDS, 0, 0, 0, "[02468] ", NULL },
	{ SEARCH_RESULT_COUNT, 0, 0, 0, "needle", NULL },
	{ SEARCH_RESULT_FILE_ENDS, 5, 0, 0, "needle", NULL },
	{ SEARCH_RESULT_NO_LINE_NUMBERS | SEARCH_RESULT_NO_SPANS, 0, 1, 1, "needle", NULL },
	{ SEARCH_RESULT_FILE_ENDS, 0, 0, 0, "there is no such line", NULL },
	{ SEARCH_MATCH_TEXT | SEARCH_RESULT_FILE_ENDS, 0, 0, 0, "needle", NULL },
	{ SEARCH_MATCH_SKIP_BINARY | SEARCH_RESULT_FILE_ENDS, 0, 0, 0, "needle", NULL },
};

enum { VARIANTS = sizeof(variants) / sizeof(variants[0]) };

static const uint32_t worker_counts[] = { SEARCH_NO_WORKERS, 1, 3 };

/* The items of one file, and of a text after it, on which the file must have no effect. */
static void search_it(const struct variant *v, enum way way, uint32_t workers, enum take take, const void *bytes,
		      size_t size, struct transcript *got)
{
	struct given g = give(way, bytes, size);
	struct search_source sources[] = {
		g.source, { .kind = SEARCH_SOURCE_MEMORY, .name = "after", .data = "a needle\n", .size = 9 },
	};
	struct search_pattern pattern = { .text = v->pattern, .length = strlen(v->pattern) };
	struct search_options options = SEARCH_OPTIONS_INIT;

	options.patterns = &pattern;
	options.pattern_count = 1;
	options.sources = sources;
	options.source_count = 2;
	set_flags(&options, v->flags);
	options.encoding = v->encoding;
	options.max_matches_per_file = v->max_matches_per_file;
	options.before_context = v->before;
	options.after_context = v->after;
	options.workers = workers;
	options.split_bytes = 4096;
	assert_int_equal(collect(&options, take, got), 0);
	take_back(&g);
}

/* The archive is searched like the text, in one of every `every` ways, in fewer unless the test runs long. */
static void compare_decoded(const struct archive *a, const void *plain, size_t size, size_t every, const char *encoding,
			    const char *what)
{
	for (size_t i = 0; i < VARIANTS * WAYS; i += runs_long() ? every : 2 * every + 1) {
		struct variant v = variants[i / WAYS];
		enum way way = (enum way)(i % WAYS);
		struct transcript want = { 0 }, got = { 0 };

		/* the reference: the text from memory, in one piece */
		search_it(&v, BY_MEMORY, SEARCH_NO_WORKERS, TAKE_NEXT, plain, size, &want);
		v.flags |= SEARCH_MATCH_DECOMPRESS;
		v.encoding = encoding;
		search_it(&v, way, worker_counts[i % 3], (enum take)(i % TAKE_COUNT), a->bytes, a->size, &got);
		assert_same(&want, &got, what);
		transcript_free(&want);
		transcript_free(&got);
	}
}

static void compare(const struct archive *a, const void *plain, size_t size, size_t every, const char *what)
{
	compare_decoded(a, plain, size, every, NULL, what);
}

static void test_zip__compressed_files_are_searched_like_their_text(void **state)
{
	(void)state;
	FOR_EACH_PROGRAM(p) {
		struct archive a = archive_make(p->command, text, text_size);

		compare(&a, text, text_size, 3, p->command);
		archive_free(&a);
	}
}

/* Larger than a buffer; a compressed file is not split. */
static void test_zip__a_large_file_too(void **state)
{
	size_t size = how_much(500000, big_size);

	(void)state;
	FOR_EACH_FORMAT(p) {
		struct archive a = archive_make(p->command, big, size);
		struct transcript want = { 0 }, got = { 0 };
		struct variant v = variants[1];

		search_it(&v, BY_MEMORY, SEARCH_NO_WORKERS, TAKE_NEXT, big, size, &want);
		v.flags |= SEARCH_MATCH_DECOMPRESS;
		search_it(&v, BY_PATH, 3, TAKE_NEXT, a.bytes, a.size, &got);
		assert_same(&want, &got, p->command);
		transcript_free(&want);
		transcript_free(&got);
		archive_free(&a);
	}
}

/* Several members, if the format allows them, and between them what its specification allows. */
static void test_zip__all_members_of_a_file_are_one_text(void **state)
{
	static const uint8_t skip[] = { 0x5F, 0x2A, 0x4D, 0x18, 5, 0, 0, 0, 'a', '\n', 'n', 'e', 'e' };

	(void)state;
	FOR_EACH_PROGRAM(p) {
		struct archive a = archive_make(p->command, text, text_size), all = { 0 }, plain = { 0 };
		bool skips = strcmp(p->format, "zstd") == 0 || strcmp(p->format, "lz4") == 0;

		for (int i = 0; i < (p->alone ? 1 : 3); i++) {
			archive_append(&all, skip, skips ? sizeof(skip) : 0);
			archive_append(&all, a.bytes, a.size);
			archive_append(&all, NULL, strcmp(p->format, "xz") == 0 ? (size_t)i * 4 : 0);
			archive_append(&plain, text, text_size);
		}
		archive_append(&all, NULL, 512);
		compare(&all, plain.bytes, plain.size, 5, p->command);
		archive_free(&a);
		archive_free(&all);
		archive_free(&plain);
	}
}

/* An empty text, and a line without an end. */
static void test_zip__small_files_too(void **state)
{
	static const char *const plain[] = { "", "\n", "needle", "a needle\nanother needle" };

	(void)state;
	FOR_EACH_PROGRAM(p)
		for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
			struct archive a = archive_make(p->command, plain[i], strlen(plain[i]));

			compare(&a, plain[i], strlen(plain[i]), 5, p->command);
			archive_free(&a);
		}
}

/* A NUL early or late in the text; one in the compressed bytes does not count. */
static void test_zip__a_file_is_binary_if_its_text_is(void **state)
{
	static const size_t places[] = { 5, 65000, 100000 };

	(void)state;
	FOR_EACH_PROGRAM(p)
		for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
			struct archive a;
			char *nul = &text[places[i]], was = *nul;

			*nul = '\0';
			a = archive_make(p->command, text, text_size);
			for (size_t v = 0; v < VARIANTS; v++) {
				struct transcript want = { 0 }, got = { 0 };
				struct variant zip = variants[v];

				search_it(&zip, BY_MEMORY, SEARCH_NO_WORKERS, TAKE_NEXT, text, text_size, &want);
				zip.flags |= SEARCH_MATCH_DECOMPRESS;
				search_it(&zip, v % 2 ? BY_PATH : BY_MEMORY, 1, TAKE_NEXT, a.bytes, a.size, &got);
				assert_same(&want, &got, p->command);
				transcript_free(&want);
				transcript_free(&got);
			}
			archive_free(&a);
			*nul = was;
		}
}

/* The decompressed text may be in another encoding, and is then decoded. */
static void test_zip__the_text_may_be_utf_16(void **state)
{
	struct archive wide = { 0 };

	(void)state;
	archive_append(&wide, NULL, 2 + 2 * text_size);
	wide.bytes[0] = 0xFF;
	wide.bytes[1] = 0xFE;
	for (size_t i = 0; i < text_size; i++)
		wide.bytes[2 + 2 * i] = (uint8_t)text[i];
	FOR_EACH_PROGRAM(p) {
		struct archive a = archive_make(p->command, wide.bytes, wide.size);

		compare_decoded(&a, text, text_size, 7, "auto", p->command);
		archive_free(&a);
	}
	archive_free(&wide);
}

/* The flag changes nothing for a file that is not compressed, whatever its first bytes are. */
static void test_zip__other_files_are_searched_as_they_are(void **state)
{
	static const char *const begins[] = { "", "BZh9 is no magic\n", "\x1F\x8B", "BZh91AY&SX", "(\n", "\0needle\n" };
	static const size_t sizes[] = { 0, 17, 2, 10, 2, 8 };

	(void)state;
	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
		for (int alone = 0; alone < 2; alone++) {
			struct archive plain = { 0 };

			archive_append(&plain, begins[i], sizes[i]);
			if (!alone)
				archive_append(&plain, text, text_size);
			for (size_t way = 0; way < VARIANTS * WAYS; way++) {
				struct transcript want = { 0 }, got = { 0 };
				struct variant v = variants[way / WAYS];

				search_it(&v, (enum way)(way % WAYS), 2, TAKE_NEXT, plain.bytes, plain.size, &want);
				v.flags |= SEARCH_MATCH_DECOMPRESS;
				search_it(&v, (enum way)(way % WAYS), 2, TAKE_NEXT, plain.bytes, plain.size, &got);
				assert_same(&want, &got, begins[i]);
				transcript_free(&want);
				transcript_free(&got);
			}
			archive_free(&plain);
		}
}

/* --- archives that are not unpacked --- */

static const struct {
	const char *begin;
	size_t size, at;
	const char *what; /* NULL: no message */
} containers[] = {
	{ "PK\3\4", 4, 0, "is a zip archive" },
	{ "PK\3\4\x14\0", 6, 0, "is a zip archive" },
	{ "PK\5\6", 4, 0, "is a zip archive" },
	{ "7z\xBC\xAF\x27\x1C", 6, 0, "is a 7-Zip archive" },
	{ "Rar!\x1A\7", 6, 0, "is a RAR archive" },
	{ "MSCF\0\0\0\0", 8, 0, "is a cabinet archive" },
	{ "\xED\xAB\xEE\xDB", 4, 0, "is an RPM package" },
	{ "\x1F\x9D", 2, 0, "is a file of compress" },
	{ "\x1F\x1E", 2, 0, "is a file of pack" },
	{ "LZIP\1", 5, 0, "is an lzip file" },
	{ "\x89LZO\0\r\n\x1A\n", 9, 0, "is an lzop file" },
	{ "\x26\xB5\x2F\xFD", 4, 0, "is a zstd file of a version before" },
	{ "ustar\0" "00", 8, 257, "is a tar archive" },
	{ "ustar  \0", 8, 257, "is a tar archive" },
	{ "ustar is a word", 15, 257, NULL },
	{ "PK and more", 11, 0, NULL },
	{ "7z is a program", 15, 0, NULL },
	{ "Rar! and more", 13, 0, NULL },
	{ "LZIP is a word", 14, 0, NULL },
};

/* A message before the file's other items says that it is `what`, and is not an error; NULL: there is no message. */
static void expect_note(const char *what, const struct archive *a, enum way way, uint32_t workers, uint32_t flags)
{
	struct given g = give(way, a->bytes, a->size);
	struct search_stats stats = SEARCH_STATS_INIT;
	const struct search_item *item;
	struct simple simple;
	struct search *s;

	simple_init(&simple, "needle", "");
	set_flags(&simple.options, flags | SEARCH_MATCH_DECOMPRESS);
	simple.options.workers = workers;
	simple.options.sources = &g.source;
	simple.options.split_bytes = 4096;
	s = open_search(&simple.options);
	for (uint64_t i = 0; search_next(s, &item) == 1; i++) {
		assert_int_equal(item->kind == SEARCH_ITEM_ERROR, i == 0 && what != NULL);
		if (item->kind != SEARCH_ITEM_ERROR)
			continue;
		assert_int_equal(item->flags, SEARCH_ITEM_FLAG_NOTE);
		assert_int_equal(item->reason, SEARCH_REASON_UNSUPPORTED);
		if (strstr(item->message, what) == NULL)
			fail_msg("\"%s\" is not in \"%s\"", what, item->message);
	}
	assert_int_equal(search_stats(s, &stats), 0);
	assert_int_equal(stats.errors, 0);
	search_close(s);
	take_back(&g);
}

/* Apart from the message, all is as without the flag. */
static void check_container(const char *what, const struct archive *a, enum way way, uint32_t workers, uint32_t flags)
{
	struct variant v = { flags, 0, 0, 0, "needle", NULL };
	struct transcript want = { 0 }, got = { 0 };

	expect_note(what, a, way, workers, flags);
	search_it(&v, way, workers, TAKE_NEXT, a->bytes, a->size, &want);
	v.flags |= SEARCH_MATCH_DECOMPRESS;
	search_it(&v, way, workers, TAKE_NEXT, a->bytes, a->size, &got);
	assert_int_equal(got.items, want.items + (what != NULL));
	transcript_free(&want);
	transcript_free(&got);
}

/* What the message says; there is none for a file that is skipped as binary. */
static const char *note_of(size_t row, uint32_t flags)
{
	bool binary = memchr(containers[row].begin, 0, containers[row].size) != NULL;

	return (flags & SEARCH_MATCH_SKIP_BINARY) != 0 && binary ? NULL : containers[row].what;
}

static void test_zip__other_archives_are_named_and_searched_as_they_are(void **state)
{
	static const uint32_t flags[] = { 0, SEARCH_MATCH_TEXT | SEARCH_RESULT_FILE_ENDS, SEARCH_RESULT_COUNT,
					  SEARCH_MATCH_SKIP_BINARY };

	(void)state;
	if (!archive_any())
		return; /* nothing is looked into */
	for (size_t i = 0; i < 2 * sizeof(containers) / sizeof(containers[0]); i++) {
		size_t row = i / 2;
		struct archive a = { 0 };

		archive_append(&a, NULL, containers[row].at);
		memset(a.bytes, 'n', a.size);
		archive_append(&a, containers[row].begin, containers[row].size);
		archive_append(&a, "\na needle\n", 10);
		if (i % 2 == 1)
			archive_append(&a, text, text_size); /* it may be split */
		for (int j = 0; j < WAYS * 4; j++)
			check_container(note_of(row, flags[j / WAYS]), &a, (enum way)(j % WAYS), worker_counts[i % 3],
					flags[j / WAYS]);
		archive_free(&a);
	}
}

/* Takes the first item, and if there is a cursor after it, the second from a page that goes on there. */
static void expect_note_then(enum search_reason reason, struct search_options *o)
{
	char cursor[256];
	const struct search_item *item;
	struct search *s = open_search(o);

	assert_int_equal(search_next(s, &item), 1);
	assert_int_equal(item->kind, SEARCH_ITEM_ERROR);
	assert_int_equal(item->flags, SEARCH_ITEM_FLAG_NOTE);
	if (o->sources[0].kind == SEARCH_SOURCE_PATH) {
		assert_true(search_cursor(s, cursor, sizeof(cursor)) > 0);
		search_close(s);
		o->resume = cursor;
		s = open_search(o);
	}
	assert_int_equal(search_next(s, &item), 1);
	assert_int_equal(item->kind, SEARCH_ITEM_ERROR);
	assert_int_equal(item->flags, 0);
	assert_int_equal(item->reason, reason);
	search_close(s);
	o->resume = NULL;
}

static void test_zip__the_name_of_an_archive_comes_before_what_is_too_long(void **state)
{
	static const struct {
		uint32_t flags;
		enum search_reason reason;
	} rows[] = { { SEARCH_MATCH_MULTILINE, SEARCH_REASON_TEXT_TOO_LONG }, { 0, SEARCH_REASON_LINE_TOO_LONG } };
	struct archive a = { 0 };

	(void)state;
	if (!archive_any())
		return; /* nothing is looked into */
	archive_append(&a, "PK\3\4", 4);
	archive_append(&a, text, 1000);
	for (char *c = (char *)a.bytes; c < (char *)a.bytes + a.size; c++)
		*c = *c == '\n' ? ' ' : *c;
	archive_append(&a, "\na needle\n", 10);
	for (size_t i = 0; i < 2 * WAYS; i++) {
		struct given g = give((enum way)(i / 2), a.bytes, a.size);
		struct simple simple;

		simple_init(&simple, "a\\sneedle", ""); /* it may match a line end */
		set_flags(&simple.options, rows[i % 2].flags | SEARCH_MATCH_DECOMPRESS);
		simple.options.sources = &g.source;
		simple.options.max_line_bytes = rows[i % 2].flags == 0 ? 600 : 0;
		simple.options.max_multiline_bytes = 600;
		expect_note_then(rows[i % 2].reason, &simple.options);
		take_back(&g);
	}
	archive_free(&a);
}

/* --- damaged files --- */

/* The matches before the damage, an ERROR, and the match of the text after it. */
static void check_damaged(struct archive a, const char *reason, long least, long most)
{
	for (int i = 0; i < WAYS; i++) {
		struct variant v = { SEARCH_MATCH_DECOMPRESS | SEARCH_RESULT_FILE_ENDS | SEARCH_MATCH_TEXT, 0, 0, 0, "needle", NULL };
		struct given g = give((enum way)(i % WAYS), a.bytes, a.size);
		const struct search_item *item;
		struct simple simple;
		struct search *s;
		long matches = 0;

		simple_init(&simple, v.pattern, "");
		set_flags(&simple.options, v.flags);
		simple.options.workers = worker_counts[i % 3];
		simple.options.sources = &g.source;
		s = open_search(&simple.options);
		while (search_next(s, &item) == 1 && item->kind == SEARCH_ITEM_MATCH)
			matches++;
		assert_int_equal(item->kind, SEARCH_ITEM_ERROR);
		assert_int_equal(item->error, 0);
		assert_int_equal(item->line, 0);
		if (strstr(item->message, reason) == NULL)
			fail_msg("\"%s\" is not in \"%s\"", reason, item->message);
		assert_in_range(matches, least, most);
		assert_int_equal(search_next(s, &item), 1);
		assert_int_equal(item->kind, SEARCH_ITEM_FILE_END);
		assert_int_equal(item->matches, matches);
		assert_int_equal(item->bytes, 0);
		assert_int_equal(search_next(s, &item), 0);
		assert_int_equal(search_outcome(s), SEARCH_OUTCOME_COMPLETE);
		search_close(s);
		take_back(&g);
	}
}

static void test_zip__a_damaged_file_gives_what_is_before_it_and_an_error(void **state)
{
	long all = (big_size > 0) * ((BIG_LINES - 4) / 97 + 1);

	(void)state;
	FOR_EACH_FORMAT(p) {
		struct archive a = archive_make(p->command, big, big_size), cut = { a.bytes, a.size - 3 };

		check_damaged(cut, "ends too early", p->parts ? 0 : all * 9 / 10, all);
		cut.size = a.size / 2;
		check_damaged(cut, "ends too early", 0, all * 9 / 10);
		archive_append(&a, "garbage", 7);
		check_damaged(a, "what follows", all, all);
		a.size -= 7;
		for (size_t i = 0; i < 8; i++)
			a.bytes[a.size / 2 + i] ^= 0x5A;
		if (p->checked)
			check_damaged(a, "is damaged", 0, all);
		for (size_t i = 16; i < a.size; i++)
			a.bytes[i] = (uint8_t)(i * i >> 3);
		if (p->checked)
			check_damaged(a, p->format, 0, 0);
		archive_free(&a);
	}
}

/* --- bombs --- */

/* 2^20 blocks of zstd, each "128 KiB of this byte": 128 GiB in 4 MiB. The caller frees it. */
static struct archive make_bomb(char repeated)
{
	enum { BLOCKS = 1 << 20 };
	static const uint8_t head[] = { 0x28, 0xB5, 0x2F, 0xFD, 0, 7 << 3 };
	struct archive bomb = { 0 };

	archive_append(&bomb, head, sizeof(head));
	archive_append(&bomb, NULL, (size_t)BLOCKS * 4);
	for (size_t i = 0; i < BLOCKS; i++)
		memcpy(bomb.bytes + sizeof(head) + 4 * i, (uint8_t[]){ 2, 0, 0x10, (uint8_t)repeated }, 4);
	return bomb;
}

static bool zstd_is_built_in(void)
{
	for (size_t i = 0; i < archive_program_count; i++)
		if (strcmp(archive_programs[i].format, "zstd") == 0)
			return archive_programs[i].built_in;
	return false;
}

struct bomb_case {
	struct archive bomb;
	uint32_t workers;
	bool cancel;
};

static int run_bomb(void *context)
{
	const struct bomb_case *c = context;
	struct search_source source = { .kind = SEARCH_SOURCE_MEMORY, .data = c->bomb.bytes, .size = c->bomb.size };
	const struct search_item *item;
	struct simple simple;
	struct search *s;
	int rc;

	simple_init(&simple, "needle", "");
	simple.options.sources = &source;
	set_flags(&simple.options, SEARCH_MATCH_DECOMPRESS);
	simple.options.workers = c->workers;
	simple.options.timeout_ms = 300;
	CHILD_CHECK(search_open(&s, &simple.options, NULL) == SEARCH_OK);
	if (c->cancel) {
		while ((rc = search_try_next(s, &item)) == SEARCH_EAGAIN || rc == 1)
			search_cancel(s);
		CHILD_CHECK(rc == SEARCH_ECANCELED);
	} else {
		while ((rc = search_next(s, &item)) == 1)
			CHILD_CHECK(item->kind == SEARCH_ITEM_ERROR && item->line > 0); /* for the line that is too long */
		CHILD_CHECK(rc == SEARCH_ETIMEDOUT);
	}
	search_close(s);
	return 0;
}

static void test_zip__a_bomb_can_be_ended_and_takes_little_memory(void **state)
{
	static const char repeated[] = { '\n', 'a', '\0' };

	(void)state;
	if (!zstd_is_built_in())
		return;
	for (size_t i = 0; i < sizeof(repeated) * 6; i++) {
		struct bomb_case c = { make_bomb(repeated[i / 6]), worker_counts[i % 3], i % 2 == 1 };
		long peak = 0;

		assert_int_equal(process_child_alone(run_bomb, &c, &peak), 0);
		/* KiB: the buffer grows for a line of max_line_bytes */
		if (!TEST_SANITIZED)
			assert_in_range(peak, 0, 128 * 1024);
		archive_free(&c.bomb);
	}
}

/* A search takes at least `least` steps to its end, and can be ended after each. */
static void assert_steps(struct archive a, int least)
{
	struct search_source source = { .kind = SEARCH_SOURCE_MEMORY, .data = a.bytes, .size = a.size };
	const struct search_item *item;
	struct simple simple;
	struct search *s;
	int rc, steps = 0;

	simple_init(&simple, "needle", "");
	simple.options.sources = &source;
	set_flags(&simple.options, SEARCH_MATCH_DECOMPRESS);
	simple.options.workers = SEARCH_NO_WORKERS;
	s = open_search(&simple.options);
	while ((rc = search_try_next(s, &item)) == SEARCH_EAGAIN)
		steps++;
	assert_int_equal(rc, 0);
	assert_in_range(steps, least, a.size);
	search_close(s);
	archive_free(&a);
}

/* Frames without text, and frames of one byte far apart: each step goes through a few of them. */
static void test_zip__many_frames_with_little_text_take_many_steps(void **state)
{
	static const uint8_t empty[] = { 0x28, 0xB5, 0x2F, 0xFD, 0x20, 0, 1, 0, 0 };
	static const uint8_t one[] = { 0x28, 0xB5, 0x2F, 0xFD, 0x20, 1, 9, 0, 0, 'a' };
	static const uint8_t skip[] = { 0x50, 0x2A, 0x4D, 0x18, 0, 0, 2, 0 };
	enum { EMPTY = 1 << 21, FAR = 1 << 9, SKIPPED = 1 << 17 };
	const size_t step = sizeof(one) + sizeof(skip) + SKIPPED;
	struct archive a = { 0 };

	(void)state;
	if (!zstd_is_built_in())
		return;
	archive_append(&a, NULL, sizeof(empty) * EMPTY);
	for (size_t i = 0; i < EMPTY; i++)
		memcpy(a.bytes + i * sizeof(empty), empty, sizeof(empty));
	assert_steps(a, 100);
	a = (struct archive){ 0 };
	archive_append(&a, NULL, step * FAR);
	for (size_t i = 0; i < FAR; i++) {
		memcpy(a.bytes + i * step, one, sizeof(one));
		memcpy(a.bytes + i * step + sizeof(one), skip, sizeof(skip));
	}
	assert_steps(a, 50);
}

/* --- options --- */

static void test_zip__a_silent_pipe_can_be_ended(void **state)
{
	const struct search_item *item;
	struct simple simple;
	struct search *s;
	int ends[2];

	(void)state;
	FOR_EACH_PROGRAM(p) {
		struct archive a = archive_make(p->command, text, text_size);
		struct search_source source = { .kind = SEARCH_SOURCE_DESCRIPTOR };

		for (size_t i = 0; i < 3; i++) {
			size_t some = i == 0 ? 3 : a.size / 2;

			assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
			assert_int_equal(write(ends[1], a.bytes, some), (ssize_t)some);
			source.descriptor = ends[0];
			simple_init(&simple, "there is none", "");
			simple.options.sources = &source;
			set_flags(&simple.options, SEARCH_MATCH_DECOMPRESS);
			simple.options.workers = worker_counts[i];
			simple.options.timeout_ms = 20;
			s = open_search(&simple.options);
			assert_int_equal(search_next(s, &item), SEARCH_ETIMEDOUT);
			search_close(s);
			close(ends[0]);
			close(ends[1]);
		}
		archive_free(&a);
	}
}

/* Without the flag a compressed file is bytes like others. */
static void test_zip__only_with_the_flag(void **state)
{
	(void)state;
	FOR_EACH_PROGRAM(p) {
		struct archive a = archive_make(p->command, text, text_size);
		struct variant v = { SEARCH_MATCH_SKIP_BINARY, 0, 0, 0, "needle", NULL };
		struct transcript got = { 0 };

		search_it(&v, BY_PATH, 1, TAKE_NEXT, a.bytes, a.size, &got);
		assert_int_equal(got.items, 1); /* that of the text after it */
		transcript_free(&got);
		archive_free(&a);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zip__compressed_files_are_searched_like_their_text),
		cmocka_unit_test(test_zip__a_large_file_too),
		cmocka_unit_test(test_zip__all_members_of_a_file_are_one_text),
		cmocka_unit_test(test_zip__small_files_too),
		cmocka_unit_test(test_zip__a_file_is_binary_if_its_text_is),
		cmocka_unit_test(test_zip__the_text_may_be_utf_16),
		cmocka_unit_test(test_zip__other_files_are_searched_as_they_are),
		cmocka_unit_test(test_zip__other_archives_are_named_and_searched_as_they_are),
		cmocka_unit_test(test_zip__the_name_of_an_archive_comes_before_what_is_too_long),
		cmocka_unit_test(test_zip__a_damaged_file_gives_what_is_before_it_and_an_error),
		cmocka_unit_test(test_zip__a_bomb_can_be_ended_and_takes_little_memory),
		cmocka_unit_test(test_zip__many_frames_with_little_text_take_many_steps),
		cmocka_unit_test(test_zip__a_silent_pipe_can_be_ended),
		cmocka_unit_test(test_zip__only_with_the_flag),
	};

	return RUN_TESTS(tests, set_up, tear_down);
}
