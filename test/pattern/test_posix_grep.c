/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_posix_grep.c - random POSIX expressions, compared with GNU grep: which are refused, which lines match, and where.
 * PS_SEED and PS_ROUNDS as elsewhere.
 *
 * grep is asked for lines (grep -n) and for matches (grep -onb). The first is the judge; the second only if grep agrees
 * with itself and the pattern has no back-reference: the matches of a pattern with references are Oniguruma's, which are
 * not always the longest. Its lines are judged all the same.
 *
 * What we do differently from grep on purpose is in is_ours().
 */
#include "../../lib/base/base.h"

#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../lib/match/match.h"
#include "../support/choose.h"
#include "../support/random.h"
#include "../support/scale.h"

enum {
	LINES = 24,
	LINE_SIZE = 96,
	ANSWER = 65536,
	TEXTS_EVERY = 50 /* how many patterns share their lines */
};

struct text {
	char path[64];
	char line[LINES][LINE_SIZE];
	size_t length[LINES];
	size_t offset[LINES];
};

/* What grep and the library are asked, and what each returns. */
struct question {
	char pattern[256];
	size_t length;
	bool extended;
	uint32_t flags;
	struct random *random;
};

struct answer {
	bool refused;
	bool undecided;
	bool line[LINES];
	char spans[ANSWER];
};

/* ---- patterns ---- */

static void put(struct question *q, const char *text)
{
	size_t n = strlen(text);

	if (n < sizeof(q->pattern) - q->length) {
		memcpy(q->pattern + q->length, text, n + 1);
		q->length += n;
	}
}

#define PUT_ONE_OF(q, table) put(q, (table)[random_below((q)->random, sizeof(table) / sizeof((table)[0]))])

/* An operator that a BRE writes after a backslash; now and then as in the other syntax. */
static void put_operator(struct question *q, const char *operator)
{
	if (!q->extended != random_percent(q->random, 4))
		put(q, "\\");
	put(q, operator);
}

static void put_bracket(struct question *q)
{
	static const char *const parts[] = {
		"a", "b", "c", "a-c", "A-C", "0-9", "-", "]", "^", "[", "\\", ":", ".", "=", "&&", "_", "\xc3\xa9",
		"[:alpha:]", "[:digit:]", "[:space:]", "[:upper:]", "[:lower:]", "[:punct:]", "[:alnum:]", "[:xdigit:]",
		"[=a=]", "[.a.]", "[.-.]", "[.hyphen.]", "[:foo:]", "z-a", "+--", "a-", "\\]", "\\n", "[:word:]", "[.]",
		"[:", ":]", "[a", "x", " ", "{", "*", "!-~", "\xe6\x97\xa5", "[.a.]-c", "[:print:]", "[:graph:]", "[:blank:]", "[:cntrl:]",
	};
	uint32_t n = 1 + random_below(q->random, 3);

	put(q, random_percent(q->random, 20) ? "[^" : "[");
	if (random_percent(q->random, 8))
		put(q, "]");
	while (n-- > 0)
		PUT_ONE_OF(q, parts);
	if (!random_percent(q->random, 3))
		put(q, "]");
}

static void put_expression(struct question *q, uint32_t depth);

static void put_repeat(struct question *q)
{
	static const char *const intervals[] = {
		"2", "1", "0", "1,", "0,1", "1,2", "2,3", ",2", ",", "2,1", "0,", "2,2", "", "x", "1a", " 1", "1,2,3",
	};

	switch (random_below(q->random, 6)) {
	case 0:
	case 1: put(q, "*"); return;
	case 2: put_operator(q, "+"); return;
	case 3: put_operator(q, "?"); return;
	}
	put_operator(q, "{");
	put(q, intervals[random_below(q->random, random_percent(q->random, 80) ? 8 : 17)]);
	if (!random_percent(q->random, 5))
		put_operator(q, "}");
}

static void put_element(struct question *q, uint32_t depth)
{
	static const char *const characters[] = {
		"a", "a", "a", "b", "b", "c", "A", "B", "x", "1", " ", "_", "-", "+", "?", "{", "}", "(", ")", "|", "*",
		"\xc3\xa9", "\xe6\x97\xa5", "\xc3\x9f", "s", "\\.", "\\*", "\\[", "\\]", "\\\\", "\\/", "\\-", "\\d", "\\n", "\\0", "]", ",",
	};
	static const char *const others[] = {
		".", ".", ".", "\\w", "\\W", "\\s", "\\S", "^", "$", "^", "$", "\\b", "\\B", "\\<", "\\>", "\\`", "\\'",
		"\\1", "\\2", ".*",
	};
	uint32_t kind = random_below(q->random, 20);

	if (kind < 10)
		put(q, characters[random_below(q->random, random_percent(q->random, 60) ? 8 : sizeof(characters) / sizeof(characters[0]))]);
	else if (kind < 14)
		PUT_ONE_OF(q, others);
	else if (kind < 16 || depth == 0)
		put_bracket(q);
	else {
		put_operator(q, "(");
		put_expression(q, depth - 1);
		if (!random_percent(q->random, 3))
			put_operator(q, ")");
	}
	while (random_percent(q->random, 28))
		put_repeat(q);
}

static void put_expression(struct question *q, uint32_t depth)
{
	uint32_t branches = random_percent(q->random, 30) ? 1 + random_below(q->random, 3) : 1;

	for (uint32_t i = 0; i < branches; i++) {
		if (i > 0)
			put_operator(q, "|");
		for (uint32_t n = random_below(q->random, 5); n > 0; n--)
			put_element(q, depth);
	}
	if (random_percent(q->random, 1))
		put(q, "\n");
	if (random_percent(q->random, 1))
		put(q, "\\");
}

static void draw_question(struct question *q, struct random *random)
{
	*q = (struct question){ .random = random, .extended = random_percent(random, 50) };
	if (random_percent(random, 20))
		put_repeat(q);
	put_expression(q, 1 + random_below(random, 3));
	if (random_percent(random, 20))
		q->flags |= SEARCH_MATCH_IGNORE_CASE;
}

/* ---- lines ---- */

static void draw_text(struct text *t, struct random *random)
{
	static const char *const parts[] = {
		"a", "a", "a", "b", "b", "c", "A", "B", "C", "x", "1", "2", " ", "_", "-", "+", "?", "{", "}", "(", ")", "|",
		"*", "^", "$", "[", "]", "\\", ".", ",", "/", ":", "=", "\xc3\xa9", "\xc3\x89", "\xe6\x97\xa5", "\xc3\x9f", "s", "S", "ss", "n", "d",
		"0", "aa", "ab", "abab", "{1}", "{1,2}", "a{1}", "&", "\t", "z", "\xc2\xa0", "\xe2\x82\xac",
	};
	FILE *out = fopen(t->path, "w");
	size_t at = 0;

	assert_non_null(out);
	for (size_t i = 0; i < LINES; i++) {
		uint32_t few = random_percent(random, 60) ? 7 : sizeof(parts) / sizeof(parts[0]);

		t->line[i][0] = '\0';
		for (uint32_t n = random_below(random, 8); n > 0; n--)
			strcat(t->line[i], parts[random_below(random, few)]);
		t->length[i] = strlen(t->line[i]);
		t->offset[i] = at;
		at += t->length[i] + 1;
		fprintf(out, "%s\n", t->line[i]);
	}
	fclose(out);
}

/* ---- asking ---- */

static void add_span(struct answer *a, size_t *at, size_t line, size_t begin, size_t end)
{
	int n = snprintf(a->spans + *at, sizeof(a->spans) - *at, "%zu:%zu-%zu ", line + 1, begin, end);

	*at = ps_min(*at + (size_t)n, sizeof(a->spans) - 1);
}

/* Runs grep, which takes very long for some references: its exit status, and what it printed. */
static int run_grep(const struct question *q, const struct text *t, const char *how, char *printed, size_t size)
{
	char pattern[sizeof(q->pattern)], flags[8];
	char *argv[] = { (char *)"timeout", (char *)"5", (char *)"grep", (char *)"-a", (char *)how, flags, (char *)"-e", pattern, (char *)t->path, NULL };
	char *env[] = { (char *)"LC_ALL=C.UTF-8", (char *)"PATH=/usr/bin:/bin", NULL };
	posix_spawn_file_actions_t actions;
	int ends[2], status;
	size_t at = 0;
	ssize_t n;
	pid_t pid;

	memcpy(pattern, q->pattern, q->length + 1);
	snprintf(flags, sizeof(flags), "-%s%s%s%s", q->extended ? "E" : "G", q->flags & SEARCH_MATCH_IGNORE_CASE ? "i" : "",
		 q->flags & SEARCH_MATCH_WORD ? "w" : "", q->flags & SEARCH_MATCH_LINE ? "x" : "");
	assert_int_equal(pipe(ends), 0);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
	posix_spawn_file_actions_addclose(&actions, ends[0]);
	posix_spawn_file_actions_addclose(&actions, ends[1]);
	posix_spawn_file_actions_adddup2(&actions, 1, 2);
	assert_int_equal(posix_spawnp(&pid, "timeout", &actions, NULL, argv, env), 0);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	while ((n = read(ends[0], printed + at, size - 1 - at)) > 0)
		at += (size_t)n;
	printed[at] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}

static void read_spans(struct answer *a, const struct text *t, char *printed)
{
	size_t at = 0;

	a->spans[0] = '\0';
	for (char *p = strtok(printed, "\n"); p != NULL; p = strtok(NULL, "\n")) {
		size_t line, offset;

		if (*p == 'g') /* a warning of grep's */
			continue;
		line = strtoul(p, &p, 10) - 1;
		offset = strtoul(p + 1, &p, 10);

		add_span(a, &at, line, offset - t->offset[line], offset - t->offset[line] + strlen(p + 1));
	}
}

/* False: grep gave up. */
static bool ask_grep(const struct question *q, const struct text *t, struct answer *a)
{
	static char printed[ANSWER];
	int status = run_grep(q, t, "-n", printed, sizeof(printed));

	memset(a, 0, offsetof(struct answer, spans) + 1);
	a->refused = status == 2;
	if (status > 1)
		return status == 2 && strstr(printed, "stack overflow") == NULL && strstr(printed, "memory exhausted") == NULL;
	for (char *p = printed; *p != '\0'; p = strchr(p, '\n') + 1)
		if (*p != 'g')
			a->line[strtoul(p, NULL, 10) - 1] = true;
	if (run_grep(q, t, "-onb", printed, sizeof(printed)) > 1)
		return false;
	read_spans(a, t, printed);
	return true;
}

static void ask_us(const struct question *q, const struct text *t, struct answer *a, struct search_error *error)
{
	struct search_pattern pattern = { .text = q->pattern, .length = q->length };
	struct ps_match_options options = {
		.patterns = &pattern, .count = 1, .flags = q->flags,
		.syntax = q->extended ? SEARCH_SYNTAX_EXTENDED : SEARCH_SYNTAX_BASIC,
	};
	struct ps_matcher *m;
	struct ps_finder *f;
	size_t at = 0;
	int rc = ps_matcher_new(&m, &options, error);

	memset(a, 0, offsetof(struct answer, spans) + 1);
	a->refused = rc == SEARCH_EPATTERN;
	if (a->refused)
		return;
	assert_int_equal(rc, SEARCH_OK);
	assert_int_equal(ps_finder_new(&f, m), SEARCH_OK);
	for (size_t i = 0; i < LINES; i++) {
		const uint8_t *text = (const uint8_t *)t->line[i];
		const struct search_span *spans;
		struct ps_line line;
		size_t count;
		int found = ps_find_line(f, text, 0, t->length[i], &line);

		/* an empty line has no text, and nothing of it is read */
		if (t->length[i] == 0)
			found = ps_find_line(f, (const uint8_t *)"\n", 0, 1, &line);
		if (ps_find_spans(f, text, t->length[i], SIZE_MAX, &spans, &count) != SEARCH_OK || found == PS_UNDECIDED) {
			a->undecided = true;
			continue;
		}
		a->line[i] = found == PS_FOUND;
		for (size_t k = 0; k < count && a->line[i]; k++)
			if (spans[k].begin < spans[k].end)
				add_span(a, &at, i, spans[k].begin, spans[k].end);
	}
	ps_finder_free(f);
	ps_matcher_free(m);
}

/* ---- what is not compared ---- */

static bool holds(const struct question *q, const char *part)
{
	return strstr(q->pattern, part) != NULL;
}

static bool has_reference(const struct question *q)
{
	for (const char *p = q->pattern; *p != '\0'; p++)
		if (*p == '\\' && *++p >= '1' && *p <= '9')
			return true;
	return false;
}

/* A meaningless backslash before a letter; if case is ignored, libc reads it as the escape of the capital. */
static bool is_stray(const struct question *q)
{
	return (q->flags & SEARCH_MATCH_IGNORE_CASE) != 0 && (holds(q, "\\d") || holds(q, "\\n"));
}

/* Whether in an ERE a repeat, or what could be one, follows nothing or a condition: grep's two matchers differ then. */
static bool is_odd(const struct question *q)
{
	bool nothing = true;

	for (const char *p = q->pattern; *p != '\0'; p++) {
		if (nothing && strchr("*+?{", *p) != NULL)
			return q->extended;
		if (*p != '\\')
			nothing = strchr("(|^$\n", *p) != NULL;
		else if (*++p != '\0')
			nothing = strchr("`'bB<>", *p) != NULL;
		else
			break;
	}
	return false;
}

/* $) and $| in a BRE: grep takes the $ for a condition, unless they are the end. */
static bool has_odd_dollar(const struct question *q)
{
	return !q->extended && (holds(q, "$)") || holds(q, "$|"));
}

/* A condition in a repeated group, which libc sometimes forgets. */
static bool has_fragile_condition(const struct question *q)
{
	static const char *const conditions[] = { "^", "$", "\\b", "\\B", "\\<", "\\>", "\\`", "\\'" };
	bool repeated = false, condition = false;

	for (const char *p = strchr(q->pattern, ')'); p != NULL && !repeated; p = strchr(p + 1, ')'))
		repeated = p[1] != '\0' && strchr("*+?{\\", p[1]) != NULL;
	for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++)
		condition |= holds(q, conditions[i]);
	return repeated && condition;
}

/* Ranges and names beyond ASCII, which glibc's C.UTF-8 lacks; and what we refuse since grep contradicts itself. */
static bool is_ours(const struct question *q, const struct answer *grep, const struct search_error *error)
{
	if (grep->refused)
		return is_odd(q) || holds(q, "\xe6\x97\xa5") || holds(q, "\xc3\xa9");
	return strstr(error->message, "grep contradicts itself") != NULL ||
	       strstr(error->message, "a repeat of a condition") != NULL ||
	       /* libc takes such a ) for a character if another one follows */
	       strstr(error->message, "a repeat of nothing before )") != NULL ||
	       is_odd(q) ||
	       /* at the end of a second pattern, which grep takes for a character */
	       (strstr(error->message, "a backslash at the end") != NULL && holds(q, "\n"));
}

/* ---- comparing ---- */

static const char *compare(const struct question *q, const struct text *t, const struct answer *grep,
			   const struct answer *us, const struct search_error *error)
{
	static char difference[400];

	if (grep->refused != us->refused) {
		if (is_ours(q, grep, error))
			return NULL;
		return grep->refused ? "grep refuses it" : error->message;
	}
	if (us->undecided || is_stray(q) || has_odd_dollar(q) || has_fragile_condition(q))
		return NULL;
	for (size_t i = 0; i < LINES; i++)
		/* libc misses matches: (.b*+)c.\1 in "acaa", but not (.b*)c.\1 */
		if (grep->line[i] != us->line[i] && (grep->line[i] || !has_reference(q))) {
			snprintf(difference, sizeof(difference), "grep %s \"%s\"", grep->line[i] ? "selects" : "passes over",
				 t->line[i]);
			return difference;
		}
	if (is_odd(q) || has_reference(q) || strcmp(grep->spans, us->spans) == 0)
		return NULL;
	snprintf(difference, sizeof(difference), "grep -o finds %.160s, not %.160s", grep->spans, us->spans);
	return difference;
}

struct tally {
	uint64_t compared, refused, differ;
};

static void one_round(struct text *t, uint64_t round, uint32_t flags, struct tally *tally)
{
	static struct answer grep, us;
	struct random random = random_new(2 * round + 1);
	struct search_error error = { .message = "" };
	const char *difference;
	struct question q;

	draw_question(&q, &random);
	q.flags |= flags;
	if (!ask_grep(&q, t, &grep))
		return;
	ask_us(&q, t, &us, &error);
	tally->compared++;
	tally->refused += grep.refused && us.refused;
	difference = compare(&q, t, &grep, &us, &error);
	if (difference == NULL)
		return;
	tally->differ++;
	print_error("-%s%s |%s|: %s\n", q.extended ? "E" : "G", q.flags & SEARCH_MATCH_IGNORE_CASE ? "i" : "", q.pattern, difference);
}

static bool has_gnu_grep(void)
{
	char version[64] = "";
	FILE *in = popen("LC_ALL=C.UTF-8 grep --version 2>/dev/null; echo \xc3\xa9 | LC_ALL=C.UTF-8 grep -c '^.$'", "r");
	size_t n = in != NULL ? fread(version, 1, sizeof(version) - 1, in) : 0;

	version[n] = '\0';
	if (in != NULL)
		pclose(in);
	return strstr(version, "GNU grep") != NULL;
}

static void test_posix_grep__random_expressions(void **state)
{
	const char *flags = getenv("PS_FLAGS");
	uint64_t rounds = how_many_rounds(600, ROUNDS(3000));
	struct tally tally = { 0 };
	struct text t;
	int file;

	(void)state;
	snprintf(t.path, sizeof(t.path), "/tmp/psearch-grep-XXXXXX");
	file = mkstemp(t.path);
	assert_true(file >= 0);
	close(file);
	for (uint64_t i = 0; i < rounds; i++) {
		struct random random = random_new(2 * (i / TEXTS_EVERY));

		if (i % TEXTS_EVERY == 0)
			draw_text(&t, &random);
		one_round(&t, i, flags != NULL ? (uint32_t)strtoul(flags, NULL, 0) : 0, &tally);
	}
	unlink(t.path);
	print_message("%llu expressions compared, %llu of them refused by both, %llu differ\n",
		      (unsigned long long)tally.compared, (unsigned long long)tally.refused,
		      (unsigned long long)tally.differ);
	assert_int_equal(tally.differ, 0);
	assert_true(tally.compared > rounds / 2);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_posix_grep__random_expressions),
	};

	if (!has_gnu_grep()) {
		puts("grep is not GNU grep");
		return 77;
	}
	return RUN_TESTS(tests, NULL, NULL);
}
