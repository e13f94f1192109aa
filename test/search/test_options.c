/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_options.c - the structs of the interface: initialised, of other versions, with a flag in the wrong word; and
 * what an error names.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "../support/archive.h"
#include "../support/collect.h"
#include "../support/options.h"
#include "../support/tree.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"

/* search_open() refuses these options. Returns the error. */
static struct search_error refuse(const struct search_options *options, int code)
{
	struct search_error error = SEARCH_ERROR_INIT;
	struct search *s = (struct search *)(uintptr_t)1;

	assert_int_equal(search_open(&s, options, &error), code);
	assert_null(s);
	assert_int_equal(error.code, code);
	return error;
}

static const uint32_t words[][10] = {
	{ SEARCH_MATCH_IGNORE_CASE, SEARCH_MATCH_INVERT, SEARCH_MATCH_WORD, SEARCH_MATCH_LINE, SEARCH_MATCH_FIXED,
	  SEARCH_MATCH_CRLF, SEARCH_MATCH_NUL_LINES, SEARCH_MATCH_TEXT, SEARCH_MATCH_SKIP_BINARY,
	  SEARCH_MATCH_DECOMPRESS },
	{ SEARCH_WALK_SKIP_HIDDEN, SEARCH_WALK_FOLLOW, SEARCH_WALK_ONE_FILE_SYSTEM, SEARCH_WALK_IGNORE_VCS,
	  SEARCH_WALK_IGNORE_FILES, SEARCH_WALK_IGNORE_BELOW, SEARCH_WALK_IGNORE_ANYWHERE,
	  SEARCH_WALK_NO_NESTED_REPOSITORIES, SEARCH_WALK_TRACKED },
	{ SEARCH_RESULT_FILE_INFO, SEARCH_RESULT_UNORDERED, SEARCH_RESULT_COUNT, SEARCH_RESULT_FILE_ENDS,
	  SEARCH_RESULT_NO_SPANS, SEARCH_RESULT_NO_LINE_NUMBERS, SEARCH_RESULT_LIST, SEARCH_RESULT_SOCKET },
};

static void test_options__a_flag_in_the_wrong_word_is_refused(void **state)
{
	static const char *const names[] = { "match_flags", "walk.flags", "result_flags" };

	(void)state;
	for (size_t topic = 0; topic < 3; topic++)
		for (size_t i = 0; i < 10 && words[topic][i] != 0; i++)
			for (size_t word = 0; word < 3; word++) {
				struct simple a;
				struct search *s;

				simple_init(&a, "needle", "/dev/null");
				a.options.match_flags = word == 0 ? words[topic][i] : 0;
				a.walk.flags = word == 1 ? words[topic][i] : 0;
				a.options.result_flags = word == 2 ? words[topic][i] : 0;
				if (words[topic][i] == SEARCH_MATCH_DECOMPRESS && !archive_any())
					continue; /* refused in its own word, too */
				if (word != topic) {
					assert_non_null(strstr(refuse(&a.options, SEARCH_EINVAL).message, names[word]));
					continue;
				}
				assert_int_equal(search_open(&s, &a.options, NULL), SEARCH_OK);
				search_close(s);
			}
}

static void test_options__an_error_says_which_of_many(void **state)
{
	static const struct search_pattern patterns[] = { { .text = "a", .length = 1 }, { .text = "b", .length = 1 }, { .text = "b(", .length = 2 } };
	static const struct search_source sources[] = { { .path = "/dev/null" }, { .path = NULL } };
	static const struct search_glob globs[] = { { .text = "a" }, { .text = "b" }, { .text = "c" }, { .group = 8, .text = "d" } };
	static const char *const files[] = { "/dev/null", NULL };
	struct search_error error;
	struct simple a;

	(void)state;
	simple_init(&a, "needle", "/dev/null");
	a.options.patterns = patterns;
	a.options.pattern_count = 3;
	error = refuse(&a.options, SEARCH_EPATTERN);
	assert_int_equal(error.subject, SEARCH_SUBJECT_PATTERN);
	assert_int_equal(error.index, 2);
	assert_memory_equal(error.message, "pattern 3: ", error.reason_at);
	assert_int_equal(error.reason_at, strlen("pattern 3: "));
	simple_init(&a, "needle", "/dev/null");
	a.options.sources = sources;
	a.options.source_count = 2;
	error = refuse(&a.options, SEARCH_EINVAL);
	assert_int_equal(error.subject, SEARCH_SUBJECT_SOURCE);
	assert_int_equal(error.index, 1);
	simple_init(&a, "needle", "/dev/null");
	a.walk.globs = globs;
	a.walk.glob_count = 4;
	error = refuse(&a.options, SEARCH_EINVAL);
	assert_int_equal(error.subject, SEARCH_SUBJECT_GLOB);
	assert_int_equal(error.index, 3);
	assert_true(error.offset == SIZE_MAX);
	simple_init(&a, "needle", "/dev/null");
	a.walk.ignore_files = files;
	a.walk.ignore_file_count = 2;
	error = refuse(&a.options, SEARCH_EINVAL);
	assert_int_equal(error.subject, SEARCH_SUBJECT_IGNORE_FILE);
	assert_int_equal(error.index, 1);
	simple_init(&a, "needle", "/dev/null");
	a.walk.git_configs = files;
	a.walk.git_config_count = 2;
	error = refuse(&a.options, SEARCH_EINVAL);
	assert_int_equal(error.subject, SEARCH_SUBJECT_GIT_CONFIG);
	assert_int_equal(error.index, 1);
	simple_init(&a, "needle", "/dev/null");
	a.options.encoding = "klingon";
	error = refuse(&a.options, SEARCH_EINVAL);
	assert_int_equal(error.subject, SEARCH_SUBJECT_ENCODING);
	assert_int_equal(error.reason_at, 0);
	simple_init(&a, "needle", "/dev/null");
	a.options.workers = 1000;
	assert_int_equal(refuse(&a.options, SEARCH_EINVAL).subject, SEARCH_SUBJECT_NONE);
}

/* Of any size: nothing is written after the end of a smaller struct, and what a larger one has more is 0. */
static void test_options__an_error_fits_the_caller_s_struct(void **state)
{
	struct {
		struct search_error error;
		unsigned char more[16];
	} longer;
	struct search_error error;
	struct search *s;
	struct simple a;

	(void)state;
	simple_init(&a, "(", "/dev/null");
	memset(&longer, 0x5A, sizeof(longer));
	longer.error.size = sizeof(longer);
	assert_int_equal(search_open(&s, &a.options, &longer.error), SEARCH_EPATTERN);
	assert_int_equal(longer.error.size, sizeof(longer));
	assert_int_equal(longer.error.code, SEARCH_EPATTERN);
	for (size_t i = 0; i < sizeof(longer.more); i++)
		assert_int_equal(longer.more[i], 0);
	for (size_t size = 0; size < sizeof(error); size += sizeof(error) - 1) {
		memset(&error, 0x5A, sizeof(error));
		error.size = size;
		assert_int_equal(search_open(&s, &a.options, &error), SEARCH_EINVAL);
		assert_int_equal(search_explain(&a.options, NULL, 0, &error), SEARCH_EINVAL);
		assert_null(s);
		assert_int_equal(error.code, 0x5A5A5A5A);
	}
}

/* A walk from a later version is accepted as long as what this version does not know is 0. */
static void test_options__a_newer_walk_is_accepted(void **state)
{
	struct {
		struct search_walk walk;
		unsigned char more[32];
	} newer = { .walk = SEARCH_WALK_INIT };
	struct transcript got = { 0 };
	struct simple a;

	(void)state;
	simple_init(&a, "needle", "/dev/null");
	newer.walk.size = sizeof(newer);
	a.options.walk = &newer.walk;
	assert_int_equal(collect(&a.options, TAKE_NEXT, &got), SEARCH_OK);
	transcript_free(&got);
	newer.more[31] = 1;
	assert_non_null(strstr(refuse(&a.options, SEARCH_EVERSION).message, "walk"));
}

static void test_options__functions_initialise_as_macros_do(void **state)
{
	struct search_options options, options_want = SEARCH_OPTIONS_INIT;
	struct search_walk walk, walk_want = SEARCH_WALK_INIT;
	struct search_error error, error_want = SEARCH_ERROR_INIT;
	struct search_stats stats, stats_want = SEARCH_STATS_INIT;
	struct search_build build, build_want = SEARCH_BUILD_INIT;
	struct search_pool_options pool_options, pool_options_want = SEARCH_POOL_OPTIONS_INIT;
	struct search_pool_stats pool_stats, pool_stats_want = SEARCH_POOL_STATS_INIT;
	struct search_tree_options tree_options, tree_options_want = SEARCH_TREE_OPTIONS_INIT;
	struct search_tree_stats tree_stats, tree_stats_want = SEARCH_TREE_STATS_INIT;

	(void)state;
#define SAME(name) \
	do { \
		memset(&name, 0x5A, sizeof(name)); \
		search_##name##_init(&name, sizeof(name)); \
		assert_memory_equal(&name, &name##_want, sizeof(name)); \
		search_##name##_init(NULL, sizeof(name)); \
		search_##name##_init(&name, sizeof(size_t) - 1); \
		assert_memory_equal(&name, &name##_want, sizeof(name)); \
	} while (0)
	SAME(options);
	SAME(walk);
	SAME(error);
	SAME(stats);
	SAME(build);
	SAME(pool_options);
	SAME(pool_stats);
	SAME(tree_options);
	SAME(tree_stats);
#undef SAME
}

static void test_options__the_first_pattern_that_never_matches_is_told(void **state)
{
	struct search_pattern patterns[] = { { .text = "a", .length = 1 }, { .text = "a^b", .length = 3 },
					     { .text = "$a", .length = 2 } };
	size_t pattern = 77;
	struct simple a;
	struct search *s;

	(void)state;
	simple_init(&a, "", "/dev/null");
	a.options.patterns = patterns;
	a.options.pattern_count = 3;
	s = open_search(&a.options);
	assert_int_equal(search_never(s, NULL), SEARCH_NEVER_PLACE);
	assert_int_equal(search_never(s, &pattern), SEARCH_NEVER_PLACE);
	assert_int_equal(pattern, 1);
	search_close(s);
	a.options.pattern_count = 1;
	s = open_search(&a.options);
	assert_int_equal(search_never(s, &pattern), SEARCH_NEVER_NONE);
	assert_int_equal(pattern, 0);
	search_close(s);
	assert_int_equal(search_never(NULL, &pattern), SEARCH_NEVER_NONE);
}

static void test_options__a_build_says_what_it_can_do(void **state)
{
	static const char *const known[] = { "portable", "sse2", "ssse3", "avx2", "avx512", "neon" };
	struct search_build build = SEARCH_BUILD_INIT, shorter = { .size = offsetof(struct search_build, formats) };
	struct simple a;
	size_t n = 0;

	(void)state;
	assert_int_equal(search_build(&build), SEARCH_OK);
	assert_string_equal(build.version, search_version());
	assert_true(build.oniguruma[0] >= '6' && strchr(build.oniguruma, '.') != NULL);
	while (n < sizeof(known) / sizeof(known[0]) && strcmp(build.simd, known[n]) != 0)
		n++;
	assert_true(n < sizeof(known) / sizeof(known[0]));
	simple_init(&a, "needle", "/dev/null");
	a.options.match_flags = SEARCH_MATCH_DECOMPRESS;
	if (*build.formats == '\0')
		refuse(&a.options, SEARCH_EINVAL);
	else
		search_close(open_search(&a.options));
	assert_int_equal(search_build(&shorter), SEARCH_OK);
	assert_string_equal(shorter.version, build.version);
	assert_null(shorter.formats);
	assert_int_equal(search_build(NULL), SEARCH_EINVAL);
}

/* --- why there is an ERROR item --- */

/* The reason of the first ERROR item of a search, whose message holds `said`. */
static int reason_of(const struct search_options *options, const char *said)
{
	struct search *s = open_search(options);
	const struct search_item *item;
	int reason = SEARCH_REASON_NONE;

	while (search_next(s, &item) == SEARCH_ITEM)
		if (item->kind != SEARCH_ITEM_ERROR) {
			assert_int_equal(item->reason, SEARCH_REASON_NONE);
		} else if (reason == SEARCH_REASON_NONE) {
			reason = (int)item->reason;
			if (strstr(item->message, said) == NULL)
				fail_msg("\"%s\" is not in \"%s\"", said, item->message);
		}
	search_close(s);
	return reason;
}

static int reason_of_text(const char *pattern, const char *text, size_t size, uint32_t match_flags, const char *said)
{
	struct simple a;

	simple_init(&a, pattern, NULL);
	a.source = (struct search_source){ .kind = SEARCH_SOURCE_MEMORY, .data = text, .size = size };
	a.options.source_count = 1;
	a.options.match_flags = match_flags;
	a.options.max_line_bytes = 5000;
	return reason_of(&a.options, said);
}

static void test_options__an_error_item_has_a_reason(void **state)
{
	char *root = tree_new(), *line = malloc(6000);
	struct search_build build = SEARCH_BUILD_INIT;
	struct simple a;
	int fd;

	(void)state;
	memset(line, 'a', 6000);
	simple_init(&a, "needle", tree_path(root, "gone"));
	assert_int_equal(reason_of(&a.options, "cannot open"), SEARCH_REASON_OPEN);
	fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	a.source = (struct search_source){ .kind = SEARCH_SOURCE_DESCRIPTOR, .descriptor = fd };
	assert_int_equal(reason_of(&a.options, "cannot read"), SEARCH_REASON_READ);
	close(fd);
	tree_file(root, "output", "needle\n", 7);
	fd = open(tree_path(root, "output"), O_WRONLY | O_CLOEXEC);
	simple_init(&a, "needle", root);
	a.options.output_fd = fd;
	assert_int_equal(reason_of(&a.options, "output"), SEARCH_REASON_OUTPUT_FILE);
	close(fd);
	assert_int_equal(mkdir(tree_path(root, "d"), 0755), 0);
	memset(line, '#', 6000);
	fd = open(tree_path(root, "d/.ignore"), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_int_equal(ftruncate(fd, 5 << 20), 0); /* more than a rule file may have */
	close(fd);
	simple_init(&a, "needle", root);
	a.walk.flags = SEARCH_WALK_IGNORE_FILES;
	assert_int_equal(reason_of(&a.options, ".ignore"), SEARCH_REASON_RULES);
	memset(line, 'a', 6000);
	assert_int_equal(reason_of_text("needle", line, 6000, 0, "longer than"), SEARCH_REASON_LINE_TOO_LONG);
	assert_int_equal(reason_of_text("^(a+)+\\1(?=q)", line, 4000, 0, ""), SEARCH_REASON_GAVE_UP);
	assert_int_equal(search_build(&build), SEARCH_OK);
	if (strstr(build.formats, "gzip") != NULL)
		assert_int_equal(reason_of_text("x", "\x1F\x8B\x08\x00 and nothing of it", 20, SEARCH_MATCH_DECOMPRESS, "gzip"),
				 SEARCH_REASON_DAMAGED);
	free(line);
	tree_remove(root);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options__a_flag_in_the_wrong_word_is_refused),
		cmocka_unit_test(test_options__an_error_says_which_of_many),
		cmocka_unit_test(test_options__an_error_fits_the_caller_s_struct),
		cmocka_unit_test(test_options__a_newer_walk_is_accepted),
		cmocka_unit_test(test_options__functions_initialise_as_macros_do),
		cmocka_unit_test(test_options__the_first_pattern_that_never_matches_is_told),
		cmocka_unit_test(test_options__a_build_says_what_it_can_do),
		cmocka_unit_test(test_options__an_error_item_has_a_reason),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
