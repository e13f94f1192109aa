/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_rules.c - the lines of a rule file mean what they mean to git: by a table, about which git is asked, too, if it
 * is installed; and however many lines there are.
 */
#include "../../lib/files/rules.h"

#include "../support/random.h"
#include "../support/tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"
#include "../support/scale.h"

/* --- the table --- */

struct row {
	char rules[256], path[256];
	size_t rules_length, path_length; /* without the '/' of a directory */
	bool directory, caseless;
	const char *want;
	char line[600];
};

/* Replaces %HH, and %| by a newline. Returns the length. */
static size_t unescape(char *to, const char *from)
{
	char *begin = to;
	unsigned byte;

	for (; *from != '\0'; from++) {
		if (*from == '%' && from[1] == '|') {
			*to++ = '\n';
			from++;
		} else if (*from == '%' && sscanf(from + 1, "%2X", &byte) == 1) {
			*to++ = (char)byte;
			from += 2;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
	return (size_t)(to - begin);
}

static bool next_row(FILE *table, struct row *row)
{
	char *path, *want;

	while (fgets(row->line, sizeof(row->line), table) != NULL) {
		if (row->line[0] == '\n' || (row->line[0] == '#' && strchr(row->line, '\t') == NULL))
			continue;
		row->line[strcspn(row->line, "\n")] = '\0';
		path = strchr(row->line, '\t');
		assert_non_null(path);
		*path++ = '\0';
		want = strchr(path, '\t');
		assert_non_null(want);
		*want++ = '\0';
		row->caseless = *want == 'c';
		row->want = want + row->caseless;
		row->rules_length = unescape(row->rules, row->line);
		row->path_length = unescape(row->path, path);
		row->directory = row->path[row->path_length - 1] == '/';
		row->path_length -= row->directory;
		return true;
	}
	return false;
}

static const char *name_of(enum ps_verdict verdict)
{
	return verdict == PS_RULES_IGNORE ? "ignored" : verdict == PS_RULES_WANT ? "wanted" : "silent";
}

static enum ps_verdict ask(const struct ps_rules *rules, const char *path, size_t length, bool directory)
{
	struct ps_subject subject = { .path = path, .length = length, .directory = directory };
	const char *slash = memrchr(path, '/', length);

	subject.name = slash != NULL ? (size_t)(slash + 1 - path) : 0;
	ps_subject_hash(&subject);
	return rules != NULL ? ps_rules_ask(rules, &subject, 0) : PS_RULES_SILENT;
}

static void test_rules__the_table_holds(void **state)
{
	FILE *table = fopen("test/data/ignore/rules.txt", "r");
	unsigned rows = 0;
	struct row row;

	(void)state;
	assert_non_null(table);
	for (; next_row(table, &row); rows++) {
		unsigned flags = row.caseless ? PS_GLOB_CASELESS : 0;
		struct ps_rules *rules;
		const char *got;

		assert_int_equal(ps_rules_new(&rules, row.rules, row.rules_length, flags, NULL), SEARCH_OK);
		got = name_of(ask(rules, row.path, row.path_length, row.directory));
		if (strcmp(got, row.want) != 0)
			fail_msg("'%s' is %s by '%s', not %s", row.path, got, row.line, row.want);
		ps_rules_free(rules);
	}
	fclose(table);
	assert_true(rows > 80);
}

/* Asks git about the path, in a directory with these rules. */
static const char *ask_git(const char *root, const char *path)
{
	char command[600], answer[1024] = "";
	const char *colon;
	FILE *git;

	tree_file(root, "asked", path, strlen(path) + 1);
	snprintf(command, sizeof(command),
		 "cd %s && git -c core.excludesFile= check-ignore --no-index --stdin -z -v <asked 2>/dev/null | tr '\\0' '\\n'",
		 root);
	git = popen(command, "r");
	if (fread(answer, 1, sizeof(answer) - 1, git) == 0)
		strcpy(answer, "");
	pclose(git);
	/* file, number and rule on a line each */
	colon = strchr(answer, '\n');
	colon = colon != NULL ? strchr(colon + 1, '\n') : NULL;
	return colon == NULL ? "silent" : colon[1] == '!' ? "wanted" : "ignored";
}

static void test_rules__git_agrees_with_the_table(void **state)
{
	FILE *table = fopen("test/data/ignore/rules.txt", "r");
	char *root = tree_new(), path[300];
	struct row row;

	(void)state;
	if (system("git --version >/dev/null 2>&1") != 0)
		skip();
	tree_directory(root, ".git/objects");
	tree_directory(root, ".git/refs");
	tree_file(root, ".git/HEAD", "ref: refs/heads/x\n", 18);
	while (next_row(table, &row)) {
		const char *config = row.caseless ? "[core]\nignorecase=true\n" : "", *got;

		tree_file(root, ".git/config", config, strlen(config));
		tree_file(root, ".gitignore", row.rules, row.rules_length);
		snprintf(path, sizeof(path), "%.*s", (int)row.path_length, row.path);
		if (row.directory)
			tree_directory(root, path);
		got = ask_git(root, path);
		rmdir(tree_path(root, path));
		if (strcmp(got, row.want) != 0)
			fail_msg("git: '%s' is %s by '%s', not %s", row.path, got, row.line, row.want);
	}
	fclose(table);
	tree_remove(root);
}

/* --- many rules --- */

/* A rule of each kind for number i, and a path that only this rule matches. */
static void number_rule(unsigned i, char *rule, char *path)
{
	const char *not = i % 3 == 0 ? "!" : "";

	switch (i % 5) {
	case 0: sprintf(rule, "%sname%u", not, i); sprintf(path, "d/e/name%u", i); break;
	case 1: sprintf(rule, "%s*.ext%u", not, i); sprintf(path, "x/y.ext%u", i); break;
	case 2: sprintf(rule, "%sp/q%u/r", not, i); sprintf(path, "p/q%u/r", i); break;
	case 3: sprintf(rule, "%s/top%u", not, i); sprintf(path, "top%u", i); break;
	default: sprintf(rule, "%s*.t%u.gz", not, i); sprintf(path, "z/a.b.t%u.gz", i); break;
	}
}

static void test_rules__each_of_a_hundred_thousand_rules_is_found(void **state)
{
	enum { COUNT = 100000 };
	char *text = malloc(COUNT * 32), *end = text, rule[64], path[64];
	struct ps_rules *rules;

	(void)state;
	for (unsigned i = 0; i < COUNT; i++) {
		number_rule(i, rule, path);
		end += sprintf(end, "%s\n", rule);
	}
	assert_int_equal(ps_rules_new(&rules, text, (size_t)(end - text), 0, NULL), SEARCH_OK);
	for (unsigned i = 0; i < COUNT; i++) {
		enum ps_verdict want = i % 3 == 0 ? PS_RULES_WANT : PS_RULES_IGNORE;

		number_rule(i, rule, path);
		if (ask(rules, path, strlen(path), false) != want)
			fail_msg("'%s' by '%s'", path, rule);
		path[0]++; /* the first name: a rule for a path no longer holds, and one for names still does */
		if ((i % 5 == 2 || i % 5 == 3) && ask(rules, path, strlen(path), false) != PS_RULES_SILENT)
			fail_msg("'%s' by '%s'", path, rule);
	}
	ps_rules_free(rules);
	free(text);
}

/* Rules that a hash finds cost a subject nothing that grows with their number; each of the others is asked. */
static void test_rules__only_rules_that_no_hash_finds_are_asked_one_by_one(void **state)
{
	enum { COUNT = 1000 };
	static const struct {
		const char *rule;
		bool hashed;
	} kinds[] = {
		{ "name%u", true }, { "*.ext%u", true }, { "*.t.%ugz", true }, { "p/q%u", true }, { "/top%u", true },
		{ "*ext%u", false }, { "n*%u", false }, { "p/*%u", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct ps_subject subject = { .path = "p/q.ext", .length = 7, .name = 2 };
		char text[COUNT * 16] = "", *end = text;
		struct ps_rules *rules;

		for (unsigned n = 0; n < COUNT; n++) {
			end += sprintf(end, kinds[i].rule, n);
			*end++ = '\n';
		}
		assert_int_equal(ps_rules_new(&rules, text, (size_t)(end - text), 0, NULL), SEARCH_OK);
		ps_subject_hash(&subject);
		assert_int_equal(ps_rules_ask(rules, &subject, 0), PS_RULES_SILENT);
		if (kinds[i].hashed ? subject.spent != 0 : subject.spent < COUNT)
			fail_msg("%s: %zu", kinds[i].rule, subject.spent);
		ps_rules_free(rules);
	}
}

/* Rules of all kinds together: the hash table and the list keep one order. */
static void test_rules__the_latest_decides_whatever_their_kinds(void **state)
{
	static const char *const matching[] = { "d/a.b", "a.b", "*.b", "a*", "**/a.b", "[a].b", "*", "d/*", "/d/a.b", "*b" };
	static const char *const others[] = { "a.b/", "b", "*.a", "d", "/a.b", "d/a", "?", "*.b/", "d/*/", "a.b.b", "*.b.b" };
	struct random random = random_new(3);

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		enum ps_verdict want = PS_RULES_SILENT;
		struct ps_rules *rules;
		char text[400] = "";

		for (uint32_t n = random_below(&random, 8); n > 0; n--) {
			bool matches = random_percent(&random, 40), wanted = random_percent(&random, 50);

			strcat(text, wanted ? "!" : "");
			strcat(text, matches ? matching[random_below(&random, 10)] : others[random_below(&random, 11)]);
			strcat(text, "\n");
			if (matches)
				want = wanted ? PS_RULES_WANT : PS_RULES_IGNORE;
		}
		assert_int_equal(ps_rules_new(&rules, text, strlen(text), 0, NULL), SEARCH_OK);
		if (ask(rules, "d/a.b", 5, false) != want)
			fail_msg("not %s by\n%s", name_of(want), text);
		ps_rules_free(rules);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules__the_table_holds),
		cmocka_unit_test(test_rules__git_agrees_with_the_table),
		cmocka_unit_test(test_rules__each_of_a_hundred_thousand_rules_is_found),
		cmocka_unit_test(test_rules__only_rules_that_no_hash_finds_are_asked_one_by_one),
		cmocka_unit_test(test_rules__the_latest_decides_whatever_their_kinds),
	};

	alarm(patience(240));
	random_seed();
	return RUN_TESTS(tests, NULL, NULL);
}
