/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_gitignore_glob.c - globs mean what gitignore_glob.h says: by a table, and compared with a matcher that tries
 * everything.
 */
#include "../../lib/files/gitignore_glob.h"

#include "../support/guard.h"
#include "../support/random.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"
#include "../support/scale.h"

/* Memory at whose end globs and paths end. */
static struct guard glob_guard, path_guard;

static bool matches(const char *glob, const char *path, unsigned flags)
{
	size_t glob_length = strlen(glob), path_length = strlen(path);
	struct ps_glob *g;
	bool answer;

	assert_int_equal(ps_glob_new(&g, (char *)guard_at_end(&glob_guard, glob, glob_length), glob_length, flags),
			 SEARCH_OK);
	answer = ps_glob_match(g, (char *)guard_at_end(&path_guard, path, path_length), path_length);
	ps_glob_free(g);
	return answer;
}

/* The bytes that a field of the table stands for. */
static void unescape(char *field)
{
	char *to = field;

	if (strcmp(field, "\"\"") == 0)
		field += 2;
	for (; *field != '\0'; field++) {
		if (strncmp(field, "\\s", 2) == 0 || strncmp(field, "\\t", 2) == 0)
			*to++ = *++field == 's' ? ' ' : '\t';
		else
			*to++ = *field;
	}
	*to = '\0';
}

static void test_gitignore_glob__the_table_holds(void **state)
{
	FILE *table = fopen("test/data/ignore/globs.txt", "r");
	char line[256], glob[100], path[100], answer[8];
	unsigned rows = 0;

	(void)state;
	assert_non_null(table);
	while (fgets(line, sizeof(line), table) != NULL) {
		bool caseless, want;

		if (line[0] == '#' || line[0] == '\n')
			continue;
		assert_int_equal(sscanf(line, "%99s %99s %7s", glob, path, answer), 3);
		unescape(glob);
		unescape(path);
		caseless = answer[0] == 'c';
		want = answer[caseless] == 'y';
		if (matches(glob, path, caseless ? PS_GLOB_CASELESS : 0) != want)
			fail_msg("'%s' %s '%s'", glob, want ? "does not match" : "matches", path);
		rows++;
	}
	fclose(table);
	assert_true(rows > 100);
}

static int is_space_to_git(int byte)
{
	return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

/* Each byte is tried; beyond ASCII none is in a class. */
static void test_gitignore_glob__named_classes_are_those_of_c_but_for_space(void **state)
{
	static const struct {
		const char *glob;
		int (*has)(int byte);
	} classes[] = {
		{ "[[:alnum:]]", isalnum }, { "[[:alpha:]]", isalpha }, { "[[:blank:]]", isblank },
		{ "[[:cntrl:]]", iscntrl }, { "[[:digit:]]", isdigit }, { "[[:graph:]]", isgraph },
		{ "[[:lower:]]", islower }, { "[[:print:]]", isprint }, { "[[:punct:]]", ispunct },
		{ "[[:space:]]", is_space_to_git }, { "[[:upper:]]", isupper }, { "[[:xdigit:]]", isxdigit },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		for (int byte = 1; byte < 256; byte++) {
			char path[2] = { (char)byte, '\0' };

			if (byte != '/' && matches(classes[i].glob, path, 0) != (classes[i].has(byte) != 0))
				fail_msg("%s and byte %d", classes[i].glob, byte);
		}
}

/* The plainest matcher: each star tries all lengths. Classes have single letters only. */
static bool naive(const char *glob, const char *begin, const char *path)
{
	bool at_name = glob == begin || glob[-1] == '/';
	size_t stars = strspn(glob, "*");

	if (*glob == '\0')
		return *path == '\0';
	if (stars > 1 && at_name && glob[stars] == '\0')
		return true;
	if (stars > 1 && at_name && glob[stars] == '/') {
		if (naive(glob + stars + 1, begin, path))
			return true;
		for (; *path != '\0'; path++)
			if (*path == '/' && naive(glob + stars + 1, begin, path + 1))
				return true;
		return false;
	}
	if (stars > 0) {
		for (;; path++) {
			if (naive(glob + stars, begin, path))
				return true;
			if (*path == '\0' || *path == '/')
				return false;
		}
	}
	if (*path == '\0')
		return false;
	if (*glob == '[')
		return *path != '/' && (*path == glob[2]) == (glob[1] == '=') && naive(glob + 4, begin, path + 1);
	return (*glob == '?' ? *path != '/' : *glob == *path) && naive(glob + 1, begin, path + 1);
}

/* Random parts in a row. '[=a]' is the plain matcher's way to write a class. */
static void random_text(struct random *random, char *text, const char *const *parts, uint32_t kinds)
{
	uint32_t count = random_below(random, 9);

	*text = '\0';
	while (count-- > 0)
		strcat(text, parts[random_below(random, kinds)]);
}

static void test_gitignore_glob__two_places_to_go_back_to_are_enough(void **state)
{
	static const char *const globs[] = { "a", "b", "/", "*", "**", "?", "**/", "/**", "[!a]", "[=b]", "/**/" };
	static const char *const paths[] = { "a", "b", "/", "ab", "a/", "/b" };
	struct random random = random_new(1);
	unsigned matched = 0;

	(void)state;
	for (unsigned i = 0; i < 200000; i++) {
		char glob[64], path[64];
		bool want;

		random_text(&random, glob, globs, sizeof(globs) / sizeof(globs[0]));
		random_text(&random, path, paths, sizeof(paths) / sizeof(paths[0]));
		want = naive(glob, glob, path);
		for (char *c = glob; *c != '\0'; c++)
			if (*c == '=')
				memmove(c, c + 1, strlen(c));
		if (matches(glob, path, 0) != want)
			fail_msg("'%s' %s '%s'", glob, want ? "does not match" : "matches", path);
		matched += want;
	}
	assert_true(matched > 10000);
}

/* Going back to every star would not end within the time that a test has. */
static void test_gitignore_glob__many_stars_do_not_blow_up(void **state)
{
	enum { STARS = 400, PATH = 4000 };
	char *glob = calloc(1, 8 * STARS), *path = calloc(1, PATH + 1);

	(void)state;
	memset(path, 'a', PATH);
	for (int i = 0; i < STARS; i++)
		strcat(glob, "*a");
	strcat(glob, "*b");
	assert_false(matches(glob, path, 0));
	for (int i = 1; i < PATH; i += 2)
		path[i] = '/';
	glob[0] = '\0';
	for (int i = 0; i < STARS; i++)
		strcat(glob, "**/*a/");
	strcat(glob, "b");
	assert_false(matches(glob, path, 0));
	free(glob);
	free(path);
}

static void test_gitignore_glob__malformed_globs_are_recognized(void **state)
{
	static const char *const bad[] = { "[", "a[b", "a\\", "[[:what:]]", "a/[a-", "x*[!]" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ps_glob *g;

		assert_int_equal(ps_glob_new(&g, bad[i], strlen(bad[i]), 0), SEARCH_OK);
		assert_false(ps_glob_is_valid(g));
		ps_glob_free(g);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gitignore_glob__the_table_holds),
		cmocka_unit_test(test_gitignore_glob__named_classes_are_those_of_c_but_for_space),
		cmocka_unit_test(test_gitignore_glob__two_places_to_go_back_to_are_enough),
		cmocka_unit_test(test_gitignore_glob__many_stars_do_not_blow_up),
		cmocka_unit_test(test_gitignore_glob__malformed_globs_are_recognized),
	};

	alarm(patience(120));
	random_seed();
	guard_open(&glob_guard, 8192);
	guard_open(&path_guard, 8192);
	return RUN_TESTS(tests, NULL, NULL);
}
