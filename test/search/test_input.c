/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_input.c - bad input, unusual input, and the small functions.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../support/options.h"
#include "../support/collect.h"
#include "../support/forest.h"
#include "../support/process.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"

/* --- options --- */

/* search_open() refuses these options, and the message contains `named`. */
static void refuse(const struct search_options *options, int code, const char *named)
{
	struct search_error error = { .size = sizeof(error), .code = 77 };
	struct search *s = (struct search *)(uintptr_t)1;

	assert_int_equal(search_open(&s, options, &error), code);
	assert_null(s);
	assert_int_equal(error.code, code);
	if (strstr(error.message, named) == NULL)
		fail_msg("\"%s\" does not name %s", error.message, named);
	assert_int_equal(search_open(&s, options, NULL), code);
}

static void test_input__contradictions_name_the_field(void **state)
{
	static const struct search_source none = { 0 };
	static const struct search_walk no_globs = { .size = sizeof(no_globs), .glob_count = 1 };
	static const struct search_walk unsized = { .max_depth = 1 };
	struct simple a;

	(void)state;
#define REFUSE(field, value, named)                          \
	do {                                                 \
		simple_init(&a, "needle", "/dev/null");      \
		a.options.field = (value);                   \
		refuse(&a.options, SEARCH_EINVAL, named);    \
	} while (0)
	REFUSE(size, 0, "size");
	REFUSE(size, sizeof(size_t), "size");
	REFUSE(size, SIZE_MAX, "size");
	REFUSE(match_flags, SEARCH_MATCH_TEXT | SEARCH_MATCH_SKIP_BINARY, "match_flags");
	REFUSE(match_flags, SEARCH_MATCH_CRLF | SEARCH_MATCH_NUL_LINES, "match_flags");
	REFUSE(output_fd, -1, "output_fd");
	REFUSE(syntax, 99, "syntax");
	REFUSE(patterns, NULL, "patterns");
	REFUSE(sources, NULL, "sources");
	REFUSE(max_open_files, 1, "max_open_files");
	REFUSE(workers, 257, "workers");
	REFUSE(workers, UINT32_MAX - 1, "workers");
	REFUSE(caller_flags, 1U << 1, "caller_flags");
	REFUSE(max_line_bytes, (UINT64_C(1) << 30) + 1, "max_line_bytes");
	REFUSE(max_item_bytes, 15, "max_item_bytes");
	REFUSE(walk, &no_globs, "walk.globs");
	REFUSE(walk, &unsized, "walk.size");
	REFUSE(sources, &none, "path");
	REFUSE(encoding, "klingon", "encoding 'klingon'");
	REFUSE(encoding, "", "encoding");
	REFUSE(encoding, "latin1//IGNORE", "encoding");
#undef REFUSE
	refuse(NULL, SEARCH_EINVAL, "options");
	simple_init(&a, "needle", "/dev/null");
	a.options.workers = SEARCH_NO_WORKERS;
	a.options.caller_flags = SEARCH_CALLER_NO_HELP;
	refuse(&a.options, SEARCH_EINVAL, "SEARCH_CALLER_NO_HELP");
	simple_init(&a, "needle", "/dev/null");
	assert_int_equal(search_open(NULL, &a.options, NULL), SEARCH_EINVAL);
}

static void test_input__bad_sources_name_the_field(void **state)
{
	const struct {
		struct search_source source;
		const char *named;
	} rows[] = {
		{ { .kind = 3, .path = "/dev/null" }, "kind" },
		{ { .path = "/dev/null", .descriptor = 1 }, "descriptor" },
		{ { .kind = SEARCH_SOURCE_MEMORY, .descriptor = 1 }, "descriptor" },
		{ { .kind = SEARCH_SOURCE_MEMORY, .path = "/dev/null" }, "path" },
		{ { .path = "/dev/null", .size = 1 }, "data" },
		{ { .path = "/dev/null", .reserved1 = 1 }, "reserved" },
		{ { .path = "/dev/null", .reserved2 = 1 }, "reserved" },
		{ { .path = "/dev/null", .reserved3 = 1 }, "reserved" },
		{ { .kind = SEARCH_SOURCE_DESCRIPTOR, .descriptor = -1 }, "descriptor" },
		{ { .kind = SEARCH_SOURCE_MEMORY, .size = 1 }, "data" },
	};
	struct simple a;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		simple_init(&a, "needle", "/dev/null");
		a.source = rows[i].source;
		refuse(&a.options, SEARCH_EINVAL, rows[i].named);
	}
}

/* A struct from a later version is accepted as long as what this version does not know is 0. */
static void test_input__newer_options_are_accepted(void **state)
{
	struct {
		struct search_options options;
		unsigned char more[64];
	} newer = { .options = SEARCH_OPTIONS_INIT };
	struct transcript got = { 0 };
	struct simple a;

	(void)state;
	simple_init(&a, "needle", "/dev/null");
	newer.options = a.options;
	newer.options.size = sizeof(newer);
	assert_int_equal(collect(&newer.options, TAKE_NEXT, &got), 0);
	for (size_t i = 0; i < sizeof(newer.more); i += 63) {
		newer.more[i] = 1;
		refuse(&newer.options, SEARCH_EVERSION, "version");
		newer.more[i] = 0;
	}
	transcript_free(&got);
}

/* A size larger than any version's was never set by the caller. */
static void test_input__the_size_of_an_error_has_a_bound(void **state)
{
	enum { MOST = 65536 };
	static union {
		struct search_error error;
		unsigned char bytes[MOST + 1];
	} larger;
	struct search *s;
	struct simple a;

	(void)state;
	simple_init(&a, "(", "/dev/null");
	larger.error.size = MOST;
	assert_int_equal(search_open(&s, &a.options, &larger.error), SEARCH_EPATTERN);
	assert_int_equal(larger.error.code, SEARCH_EPATTERN);
	assert_int_equal(larger.error.size, MOST);
	larger.error.size = MOST + 1;
	larger.error.code = 77;
	assert_int_equal(search_open(&s, &a.options, &larger.error), SEARCH_EINVAL);
	assert_int_equal(larger.error.code, 77);
}

/* Every field's zero is its default: the init macro alone is a search that finds nothing. */
static void test_input__default_options_find_nothing(void **state)
{
	struct search_options options = SEARCH_OPTIONS_INIT;
	struct transcript got = { 0 };

	(void)state;
	assert_int_equal(collect(&options, TAKE_NEXT, &got), 0);
	assert_int_equal(collect(&options, TAKE_POLL, &got), 0);
	options.workers = SEARCH_NO_WORKERS;
	assert_int_equal(collect(&options, TAKE_POLL, &got), 0);
	assert_int_equal(got.items, 0);
}

static void test_input__bad_patterns_are_refused(void **state)
{
	struct search_pattern patterns[] = {
		{ .text = "needle", .length = 6 }, { .text = "(", .length = 1 }, { .text = "a\xFF", .length = 2 },
	};
	struct search_error error = SEARCH_ERROR_INIT;
	struct search *s;
	struct simple a;

	(void)state;
	simple_init(&a, "needle", "/dev/null");
	a.options.patterns = patterns;
	a.options.pattern_count = 2;
	assert_int_equal(search_open(&s, &a.options, &error), SEARCH_EPATTERN);
	assert_null(s);
	assert_int_equal(error.index, 1);
	assert_true(error.message[0] != '\0');
	patterns[1] = patterns[2];
	assert_int_equal(search_open(&s, &a.options, &error), SEARCH_EPATTERN);
	assert_int_equal(error.index, 1);
	patterns[1] = (struct search_pattern){ .text = NULL, .length = 1 };
	refuse(&a.options, SEARCH_EINVAL, "text");
	patterns[1] = (struct search_pattern){ .text = "a", .length = 1, .reserved = 1 };
	refuse(&a.options, SEARCH_EINVAL, "reserved");
	patterns[1] = (struct search_pattern){ .text = "a", .length = 1, .reserved2 = 1 };
	refuse(&a.options, SEARCH_EINVAL, "reserved");
	patterns[1] = (struct search_pattern){ .text = "a", .length = 1, .flags = UINT32_C(1) << 31 };
	refuse(&a.options, SEARCH_EINVAL, "flags");
	patterns[1] = (struct search_pattern){ .text = NULL, .length = 0 };
	assert_int_equal(search_open(&s, &a.options, &error), SEARCH_OK);
	assert_int_equal(error.code, SEARCH_OK);
	search_close(s);
}

static void test_input__null_arguments_are_refused(void **state)
{
	const struct search_item *item;
	struct search_stats stats = SEARCH_STATS_INIT, short_stats = { .size = 2 * sizeof(size_t) };
	struct search *s;
	struct simple a;

	(void)state;
	simple_init(&a, "needle", "/dev/null");
	s = open_search(&a.options);
	item = (const struct search_item *)(uintptr_t)1;
	assert_int_equal(search_next(NULL, &item), SEARCH_EINVAL);
	assert_null(item);
	assert_int_equal(search_next(s, NULL), SEARCH_EINVAL);
	assert_int_equal(search_try_next(NULL, &item), SEARCH_EINVAL);
	assert_int_equal(search_try_next(s, NULL), SEARCH_EINVAL);
	assert_int_equal(search_fd(NULL), SEARCH_EINVAL);
	assert_int_equal(search_stats(NULL, &stats), SEARCH_EINVAL);
	assert_int_equal(search_stats(s, NULL), SEARCH_EINVAL);
	stats.size = 0;
	assert_int_equal(search_stats(s, &stats), SEARCH_EINVAL);
	short_stats.files_found = 99; /* after the end of what an older caller has */
	assert_int_equal(search_stats(s, &short_stats), SEARCH_OK);
	assert_int_equal(short_stats.files_found, 99);
	search_close(s);
}

/* --- sources that are not files --- */

static void find_one(const struct search_options *options, uint32_t kind, int error)
{
	static const uint32_t counts[] = { SEARCH_NO_WORKERS, 1, 4 };

	for (int i = 0; i < 3; i++) {
		struct search_options o = *options;
		const struct search_item *item;
		struct search *s;

		o.workers = counts[i];
		s = open_search(&o);
		assert_int_equal(search_next(s, &item), 1);
		assert_int_equal(item->kind, kind);
		assert_int_equal(item->error, error);
		if (kind == SEARCH_ITEM_ERROR)
			assert_true(item->message != NULL && strlen(item->message) > 5);
		assert_int_equal(search_next(s, &item), 0);
		assert_int_equal(search_next(s, &item), 0);
		assert_int_equal(search_outcome(s), SEARCH_OUTCOME_COMPLETE);
		search_close(s);
	}
}

static void test_input__sources_that_cannot_be_read_are_errors(void **state)
{
	char *root = forest_open(), *file = forest_path(root, "f"), *below = forest_path(root, "f/g"),
	     *loop = forest_path(root, "loop"), *wide = forest_path(root, "w");
	struct simple a;
	int fd;

	(void)state;
	forest_text(root, "f", "needle\n");
	forest_link(root, "loop", "loop");
	simple_init(&a, "needle", "/nowhere/at/all");
	find_one(&a.options, SEARCH_ITEM_ERROR, ENOENT);
	simple_init(&a, "needle", below);
	find_one(&a.options, SEARCH_ITEM_ERROR, ENOTDIR);
	simple_init(&a, "needle", loop);
	find_one(&a.options, SEARCH_ITEM_ERROR, ELOOP);
	fd = open(wide, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	simple_init(&a, "needle", NULL);
	a.source = (struct search_source){ .kind = SEARCH_SOURCE_DESCRIPTOR, .descriptor = fd };
	a.options.source_count = 1;
	find_one(&a.options, SEARCH_ITEM_ERROR, EBADF);
	close(fd);
	a.source.descriptor = 1000; /* not open, and too large for one that the search itself opens */
	find_one(&a.options, SEARCH_ITEM_ERROR, EBADF);
	free(file), free(below), free(loop), free(wide);
	forest_close(root);
}

/* In a walk, what is not a regular file is skipped and counted; a FIFO would hold up the search for ever. */
static void test_input__special_files_in_a_walk_are_skipped(void **state)
{
	char *root = forest_open(), *socket_path = forest_path(root, "s");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct search_stats stats = SEARCH_STATS_INIT;
	const struct search_item *item;
	struct simple a;
	struct search *s;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", socket_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	forest_fifo(root, "fifo");
	forest_link(root, "up", ".");
	forest_link(root, "link", "file");
	forest_text(root, "file", "needle\n");
	forest_text(root, ".hidden", "needle\n");
	simple_init(&a, "needle", root);
	set_flags(&a.options, SEARCH_WALK_SKIP_HIDDEN);
	s = open_search(&a.options);
	assert_int_equal(search_next(s, &item), 1);
	assert_string_equal(strrchr(item->path, '/'), "/file");
	assert_int_equal(search_next(s, &item), 0);
	search_stats(s, &stats);
	assert_int_equal(stats.files_found, 6);
	assert_int_equal(stats.files_skipped, 5);
	assert_int_equal(stats.files_searched, 1);
	assert_int_equal(stats.directories, 1);
	search_close(s);
	close(fd);
	free(socket_path);
	forest_close(root);
}

static void test_input__loops_of_links_are_left_out(void **state)
{
	char *root = forest_open();
	struct transcript got = { 0 };
	struct simple a;

	(void)state;
	forest_directory(root, "a");
	forest_directory(root, "a/b");
	forest_link(root, "a/b/up", "../..");
	forest_link(root, "a/b/here", ".");
	forest_link(root, "side", "a");
	forest_text(root, "a/b/f", "needle\n");
	simple_init(&a, "needle", root);
	set_flags(&a.options, SEARCH_WALK_FOLLOW);
	assert_int_equal(collect(&a.options, TAKE_NEXT, &got), 0);
	assert_int_equal(got.items, 2); /* a/b/f and side/b/f */
	transcript_free(&got);
	forest_close(root);
}

/* A read of such a file may return less than was requested anywhere, not only at the end. */
static void test_input__links_to_other_file_systems_are_read_to_the_end(void **state)
{
	char *root = forest_open();
	const struct search_item *item;
	struct search *s;
	struct simple a;

	(void)state;
	forest_link(root, "smaps", "/proc/self/smaps");
	simple_init(&a, "Size:", root);
	set_flags(&a.options, SEARCH_WALK_FOLLOW | SEARCH_RESULT_COUNT);
	s = open_search(&a.options);
	assert_int_equal(search_next(s, &item), 1);
	assert_int_equal(item->kind, SEARCH_ITEM_FILE_END);
	assert_in_range(item->bytes, 10000, 10000000);
	search_close(s);
	forest_close(root);
}

/* Its number counts the files, and what is known of the file is what the system knows. */
static void test_input__the_end_of_a_file_says_which_file_it_was(void **state)
{
	static const char *const names[] = { "a", "b", "c" };
	static const char *const texts[] = { "needle\n", "hay\n", "needle\nneedle\n" };
	const struct search_item *item;
	char *root = forest_open();
	struct search *s;
	struct simple a;

	(void)state;
	for (int i = 0; i < 3; i++)
		forest_text(root, names[i], texts[i]);
	simple_init(&a, "needle", root);
	set_flags(&a.options, SEARCH_RESULT_FILE_ENDS | SEARCH_RESULT_FILE_INFO);
	s = open_search(&a.options);
	for (unsigned i = 0; i < 3;) {
		char *path;
		struct stat st;

		assert_int_equal(search_next(s, &item), 1);
		if (item->kind != SEARCH_ITEM_FILE_END)
			continue;
		path = forest_path(root, names[i]);
		assert_int_equal(stat(path, &st), 0);
		free(path);
		assert_int_equal(item->file_number, i);
		assert_int_equal(item->file_size, st.st_size);
		assert_true(item->inode == st.st_ino && item->device == st.st_dev);
		assert_true(item->modified == st.st_mtim.tv_sec && (long)item->modified_ns == st.st_mtim.tv_nsec);
		i++;
	}
	assert_int_equal(search_next(s, &item), 0);
	search_close(s);
	forest_close(root);
}

struct feed {
	int fd;
	const char *text;
};

static void *write_slowly(void *context)
{
	struct feed *f = context;
	int left;

	for (const char *p = f->text; *p != '\0'; p++) {
		sleep_microseconds(200);
		if (write(f->fd, p, 1) != 1)
			break;
	}
	/* a reader that opens the FIFO after the writer has closed it would find nothing */
	while (ioctl(f->fd, FIONREAD, &left) == 0 && left > 0)
		sleep_microseconds(200);
	close(f->fd);
	return NULL;
}

static void test_input__a_fifo_as_a_source_is_a_stream(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 3 * TAKE_COUNT; i++) {
		static const uint32_t counts[] = { SEARCH_NO_WORKERS, 1, 4 };
		char *root = forest_open(), *fifo = forest_path(root, "f");
		struct feed feed = { .text = "needle 1\nhay\nneedle 3\nhay\nlast needle" };
		const struct search_item *item;
		char got[200] = "";
		pthread_t thread;
		struct search *s;
		struct simple a;

		forest_fifo(root, "f");
		feed.fd = open(fifo, O_RDWR | O_CLOEXEC);
		simple_init(&a, "needle", fifo);
		a.options.workers = counts[i % 3];
		set_flags(&a.options, i % 2 ? SEARCH_RESULT_SOCKET : 0);
		s = open_search(&a.options);
		assert_int_equal(search_try_next(s, &item), SEARCH_EAGAIN);
		assert_int_equal(search_try_next(s, &item), SEARCH_EAGAIN);
		assert_int_equal(pthread_create(&thread, NULL, write_slowly, &feed), 0);
		while (take_item(s, (enum take)(i / 3), &item) == 1)
			sprintf(got + strlen(got), "%d:%.*s;", (int)item->line, (int)item->length, item->text);
		pthread_join(thread, NULL);
		search_close(s);
		assert_string_equal(got, "1:needle 1;3:needle 3;5:last needle;");
		free(fifo);
		forest_close(root);
	}
}

/* A descriptor of neither a file nor a pipe may have nothing to read for ever: the wait can be ended. */
static void test_input__a_silent_descriptor_of_another_kind_can_be_ended(void **state)
{
	int fd = eventfd(0, EFD_CLOEXEC);

	(void)state;
	for (uint32_t workers = 1; workers < 3; workers++) {
		const struct search_item *item;
		struct search *s;
		struct simple a;

		simple_init(&a, "needle", NULL);
		a.source = (struct search_source){ .kind = SEARCH_SOURCE_DESCRIPTOR, .descriptor = fd };
		a.options.source_count = 1;
		a.options.workers = workers;
		a.options.timeout_ms = 30;
		s = open_search(&a.options);
		assert_int_equal(search_next(s, &item), SEARCH_ETIMEDOUT);
		search_close(s);
	}
	close(fd);
}

static void test_input__binary_text_is_named_searched_or_skipped(void **state)
{
	static const char text[] = "needle 1\n\0needle 2\n";
	struct search_source source = { .kind = SEARCH_SOURCE_MEMORY, .data = text, .size = sizeof(text) - 1 };
	struct search_stats stats = SEARCH_STATS_INIT;
	struct transcript got = { 0 };
	const struct search_item *item;
	struct simple a;
	struct search *s;

	(void)state;
	simple_init(&a, "needle", NULL);
	a.source = source;
	a.options.source_count = 1;
	s = open_search(&a.options);
	assert_int_equal(search_next(s, &item), 1);
	assert_int_equal(item->kind, SEARCH_ITEM_BINARY);
	assert_int_equal(item->offset, 9);
	assert_int_equal(search_next(s, &item), 0);
	search_close(s);
	set_flags(&a.options, SEARCH_MATCH_TEXT);
	collect(&a.options, TAKE_NEXT, &got);
	assert_int_equal(got.items, 2);
	set_flags(&a.options, SEARCH_MATCH_SKIP_BINARY);
	s = open_search(&a.options);
	assert_int_equal(search_next(s, &item), 0);
	search_stats(s, &stats);
	assert_int_equal(stats.files_skipped, 1);
	search_close(s);
	transcript_free(&got);
}

/* Text in other encodings is decoded and searched; invalid bytes in it are counted, by all threads together. */
static void test_input__text_in_other_encodings_is_decoded(void **state)
{
	static const struct {
		const char *encoding, *bytes;
		size_t size;
		uint64_t offset, replaced; /* of the first match */
	} rows[] = {
		{ "auto", "\xFF\xFEx\0\0\xDC\n\0n\0e\0e\0d\0l\0e\0\0\xD8", 22, 5, 2 },
		{ "auto", "\xEF\xBB\xBFx\nneedle", 11, 5, 0 },
		{ "utf-16be", "\0n\0e\0e\0d\0l\0e", 12, 0, 0 },
		{ "shift_jis", "\x82\xA0\x81\nneedle\n\x81", 12, 7, 2 },
		{ NULL, "\xFF\xFE\nneedle", 9, 3, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct search_stats stats = SEARCH_STATS_INIT;
		struct search_source sources[20];
		const struct search_item *item;
		struct simple a;
		struct search *s;

		simple_init(&a, "^needle", NULL);
		for (size_t k = 0; k < 20; k++)
			sources[k] = (struct search_source){ .kind = SEARCH_SOURCE_MEMORY, .data = rows[i].bytes, .size = rows[i].size };
		a.options.sources = sources;
		a.options.source_count = 20;
		a.options.encoding = rows[i].encoding;
		a.options.workers = 3;
		a.options.split_bytes = 4;
		s = open_search(&a.options);
		for (size_t k = 0; k < 20; k++) {
			assert_int_equal(search_next(s, &item), 1);
			assert_int_equal(item->kind, SEARCH_ITEM_MATCH);
			assert_int_equal(item->line, 2 - (rows[i].offset == 0));
			assert_int_equal(item->offset, rows[i].offset);
		}
		assert_int_equal(search_next(s, &item), 0);
		assert_int_equal(search_stats(s, &stats), SEARCH_OK);
		assert_int_equal(stats.replaced, 20 * rows[i].replaced);
		search_close(s);
	}
}

/* Paths longer than PATH_MAX are walked as far as the kernel allows, and reported beyond. */
static void test_input__deep_directories_are_walked(void **state)
{
	char *root = forest_open(), name[201];
	struct transcript got = { 0 };
	struct simple a;
	int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	memset(name, 'd', 200);
	name[200] = '\0';
	for (int i = 0; i < 60; i++) {
		int next, file = openat(fd, "f", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

		assert_int_equal(write(file, "needle\n", 7), 7);
		close(file);
		assert_int_equal(mkdirat(fd, name, 0755), 0);
		next = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		close(fd);
		fd = next;
	}
	close(fd);
	simple_init(&a, "needle", root);
	assert_int_equal(collect(&a.options, TAKE_NEXT, &got), 0);
	assert_in_range(got.items, 20, 60);
	transcript_free(&got);
	assert_int_equal(chdir("/"), 0);
	snprintf(name, sizeof(name), "rm -rf '%s'", root);
	assert_int_equal(system(name), 0);
	free(root);
}

/* --- the small functions --- */

static void test_input__columns_count_bytes_code_points_or_utf_16(void **state)
{
	/* a, e acute, euro sign, an emoji, a stray byte, b */
	static const char text[] = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\xFF"
				   "b";
	static const struct {
		size_t byte, points, units;
	} rows[] = {
		{ 0, 0, 0 }, { 1, 1, 1 }, { 3, 2, 2 }, { 6, 3, 3 }, { 10, 4, 5 }, { 11, 5, 6 }, { 12, 6, 7 }, { 99, 6, 7 },
	};
	struct search_item item = { .text = text, .length = sizeof(text) - 1, .line_bytes = sizeof(text) - 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(search_column(&item, rows[i].byte, SEARCH_UNIT_BYTES), rows[i].byte > 12 ? 12 : rows[i].byte);
		assert_int_equal(search_column(&item, rows[i].byte, SEARCH_UNIT_CODE_POINTS), rows[i].points);
		assert_int_equal(search_column(&item, rows[i].byte, SEARCH_UNIT_UTF16), rows[i].units);
	}
	item.text_offset = 1000;
	item.flags = SEARCH_ITEM_FLAG_WINDOW;
	assert_int_equal(search_column(&item, 1003, SEARCH_UNIT_CODE_POINTS), 2);
	assert_int_equal(search_column(&item, 5, SEARCH_UNIT_CODE_POINTS), 0);
	assert_int_equal(search_column(NULL, 5, SEARCH_UNIT_BYTES), 0);
	item.text = NULL;
	assert_int_equal(search_column(&item, 5, SEARCH_UNIT_UTF16), 0);
}

/* --- lines on which the pattern is given up --- */

/* Each item as the letter of its kind and the number of its line. */
static void describe_items(const char *pattern, const char *text, uint32_t flags, uint32_t context, char *to)
{
	struct search_source source = { .kind = SEARCH_SOURCE_MEMORY, .data = text, .size = strlen(text) };
	const struct search_item *item;
	struct search *s;
	struct simple a;

	simple_init(&a, pattern, NULL);
	a.options.sources = &source;
	a.options.source_count = 1;
	set_flags(&a.options, flags);
	a.options.before_context = context;
	s = open_search(&a.options);
	for (*to = '\0'; search_next(s, &item) == 1; to += strlen(to))
		sprintf(to, "%c%d ", "?MCBEF"[item->kind], (int)item->line);
	search_close(s);
}

#define GIVEN_UP "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void test_input__a_line_that_is_given_up_is_an_error_in_its_place(void **state)
{
	static const char pattern[] = "Z|^(a|aa)+\\1(?!.)(?<=b)";
	static const char text[] = "one\ntwo\nthree\nfour\n" GIVEN_UP "\nsix\nZ\nlast\n";
	char got[200];

	(void)state;
	describe_items(pattern, text, 0, 5, got);
	assert_string_equal(got, "E5 C5 C6 M7 ");
	describe_items(pattern, text, 0, 0, got);
	assert_string_equal(got, "E5 M7 ");
	describe_items(pattern, text, SEARCH_MATCH_INVERT, 0, got);
	assert_string_equal(got, "M1 M2 M3 M4 E5 M6 M8 ");
}

static void test_input__a_match_whose_spans_are_given_up_is_delivered(void **state)
{
	static const char pattern[] = "Z|(a|aa)+\\1(?!.)(?<=b)";
	static const char text[] = "Z" GIVEN_UP "\nZ two\n";
	char got[200];

	(void)state;
	describe_items(pattern, text, SEARCH_RESULT_FILE_ENDS, 0, got);
	assert_string_equal(got, "M1 E1 M2 F0 ");
	describe_items(pattern, text, SEARCH_RESULT_NO_SPANS, 0, got);
	assert_string_equal(got, "M1 M2 ");
}

static void test_input__each_status_has_a_text(void **state)
{
	(void)state;
	assert_string_equal(search_version(), SEARCH_VERSION_STRING);
	for (int i = -20; i < 20; i++)
		assert_true(search_strerror(i) != NULL && search_strerror(i)[0] != '\0');
	for (int i = SEARCH_ESOURCE; i < SEARCH_OK; i++) /* each has a text of its own */
		for (int j = i + 1; j <= SEARCH_OK; j++)
			assert_string_not_equal(search_strerror(i), search_strerror(j));
	assert_string_equal(search_strerror(-1000), search_strerror(1000));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_input__contradictions_name_the_field),
		cmocka_unit_test(test_input__bad_sources_name_the_field),
		cmocka_unit_test(test_input__newer_options_are_accepted),
		cmocka_unit_test(test_input__the_size_of_an_error_has_a_bound),
		cmocka_unit_test(test_input__default_options_find_nothing),
		cmocka_unit_test(test_input__bad_patterns_are_refused),
		cmocka_unit_test(test_input__null_arguments_are_refused),
		cmocka_unit_test(test_input__sources_that_cannot_be_read_are_errors),
		cmocka_unit_test(test_input__special_files_in_a_walk_are_skipped),
		cmocka_unit_test(test_input__loops_of_links_are_left_out),
		cmocka_unit_test(test_input__links_to_other_file_systems_are_read_to_the_end),
		cmocka_unit_test(test_input__the_end_of_a_file_says_which_file_it_was),
		cmocka_unit_test(test_input__a_fifo_as_a_source_is_a_stream),
		cmocka_unit_test(test_input__a_silent_descriptor_of_another_kind_can_be_ended),
		cmocka_unit_test(test_input__binary_text_is_named_searched_or_skipped),
		cmocka_unit_test(test_input__text_in_other_encodings_is_decoded),
		cmocka_unit_test(test_input__deep_directories_are_walked),
		cmocka_unit_test(test_input__columns_count_bytes_code_points_or_utf_16),
		cmocka_unit_test(test_input__a_line_that_is_given_up_is_an_error_in_its_place),
		cmocka_unit_test(test_input__a_match_whose_spans_are_given_up_is_delivered),
		cmocka_unit_test(test_input__each_status_has_a_text),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
