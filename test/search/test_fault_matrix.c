/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_fault_matrix.c - every call that can fail, fails, in a search of every kind.
 *
 * Two tables: `scenarios` has the searches, `calls` the calls with the errors that they may fail with. Of each pair, each
 * call fails once: the first, the second, and so on until a run makes no more of them. Each run must end in one of these
 * ways, and is killed if it hangs:
 *
 *   - search_open() refuses, for lack of memory or of what the failed call was to bring, and says so;
 *   - the search ends early, for lack of memory; what it delivered begins as a search in which nothing fails begins;
 *   - it ends as ever. Then each item is there, once, in its order, except for what an ERROR item in its place accounts
 *     for: those of the file, or below the directory, that the ERROR names.
 *
 * Beside that, calls that are interrupted, and reads that give less than was asked for, must change nothing.
 *
 * `make check` tries a part: of many calls of a kind only some, each with one of the errors. `make check-long` tries all.
 * SCENARIO=word: only those scenarios whose names contain it.
 *
 * Only what the library itself calls fails here, not what other libraries call: for those see test/decode/test_decompress.c
 * and test/onig/test_onig_memory.c.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../support/archive.h"
#include "../support/call_faults.h"
#include "../support/collect.h"
#include "../support/forest.h"
#include "../support/options.h"
#include "../support/process.h"
#include "../support/ruled_tree.h"
#include "../support/scale.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"

enum {
	MOST_SEARCHES = 2,  /* of a run, one after the other */
	WORDS = 60,
	PART = 4096,
	WAITING = 300,      /* microseconds after which a search waits for its pipe */
	SETTLED = 30000,    /* microseconds after which a warm tree learns a file */
	LONGEST = TEST_SANITIZED ? 240 : 60 /* seconds of one run */
};

static char *root;

/* --- what a run delivers --- */

struct item {
	char *path;
	char *text; /* all but the path */
	uint32_t kind, flags, reason;
	int error;
};

struct items {
	struct item *all;
	size_t count, space;
};

struct outcome {
	int opened, end; /* what search_open and the last search_next returned */
	struct search_error why;
	struct items items;
};

struct run {
	struct simple a;
	struct search_pool *pool;
	struct search_tree *tree;
	int pipe[2];
	int writer; /* of a pipe that gets more once its first lines have been read; else -1 */
	struct outcome outcomes[MOST_SEARCHES];
	size_t searches;
};

/* The test's own calls do not fail. */
static void take_down(struct items *items, const struct search_item *item)
{
	char text[1000];
	struct item *to;
	int n;

	faults_spare = true;
	if (items->count == items->space) {
		items->space = items->space * 2 + 16;
		items->all = realloc(items->all, items->space * sizeof(*items->all));
		assert_non_null(items->all);
	}
	n = snprintf(text, sizeof(text), "kind %u flags %u line %llu at %llu matches %llu: %.*s", item->kind, item->flags,
		     (unsigned long long)item->line, (unsigned long long)item->offset, (unsigned long long)item->matches,
		     (int)item->length, item->length > 0 ? item->text : "");
	for (size_t i = 0; i < item->span_count && n < 900; i++)
		n += sprintf(text + n, " %zu-%zu", item->spans[i].begin, item->spans[i].end);
	for (size_t i = 0; i < item->group_count && n < 900; i++)
		n += sprintf(text + n, " (%zd-%zd)", item->groups[i].begin, item->groups[i].end);
	to = &items->all[items->count++];
	*to = (struct item){ strdup(item->path), strdup(text), (uint32_t)item->kind, (uint32_t)item->flags,
			     (uint32_t)item->reason, item->error };
	faults_spare = false;
}

static void free_items(struct items *items)
{
	for (size_t i = 0; i < items->count; i++) {
		free(items->all[i].path);
		free(items->all[i].text);
	}
	free(items->all);
	*items = (struct items){ 0 };
}

/* --- scenarios --- */

enum with { OF_ITS_OWN, IN_POOL_OF_TWO, WITH_TREE, WITH_WATCHED_TREE };

struct scenario {
	const char *name, *place, *pattern;
	uint32_t flags;
	enum search_syntax syntax;
	uint32_t before, after, split_bytes;
	const char *encoding;
	enum take how;
	enum with with;
	void (*add)(struct run *run);
};

static char cursors[2][5000];

static void add_words(struct run *run)
{
	static struct search_pattern patterns[WORDS + 1];
	static char words[WORDS][16];

	for (size_t i = 0; i < WORDS; i++) {
		snprintf(words[i], sizeof(words[i]), "%c%cword%zu", (int)('a' + i % 26), (int)('a' + i / 26), i);
		patterns[i] = (struct search_pattern){ .text = words[i], .length = strlen(words[i]) };
	}
	patterns[WORDS] = run->a.pattern;
	run->a.options.patterns = patterns;
	run->a.options.pattern_count = WORDS + 1;
}

static void add_overlays(struct run *run)
{
	static const char *const names[] = { "plain/d1/f1", "plain/new/x/y", "plain/d1/f0", "plain/.ignore" };
	static struct search_overlay overlays[4];
	static char paths[4][200];

	for (int i = 0; i < 4; i++) {
		snprintf(paths[i], sizeof(paths[i]), "%s/%s", root, names[i]);
		overlays[i] = (struct search_overlay){ .path = paths[i], .data = "a needle\nunsaved\n", .size = 17 };
	}
	overlays[2] = (struct search_overlay){ .path = paths[2], .flags = SEARCH_OVERLAY_REMOVED };
	overlays[3].data = "none*\n", overlays[3].size = 6;
	run->a.options.overlays = overlays;
	run->a.options.overlay_count = 4;
}

/* Of what links lead to: a text in the place of a file, and a file that was removed. */
static void add_overlays_behind_links(struct run *run)
{
	static struct search_overlay overlays[2];
	static char paths[2][200];

	snprintf(paths[0], sizeof(paths[0]), "%s/plain/d1/f0", root);
	snprintf(paths[1], sizeof(paths[1]), "%s/plain/d0/f1", root);
	overlays[0] = (struct search_overlay){ .path = paths[0], .data = "a needle\nunsaved\n", .size = 17 };
	overlays[1] = (struct search_overlay){ .path = paths[1], .flags = SEARCH_OVERLAY_REMOVED };
	run->a.options.overlays = overlays;
	run->a.options.overlay_count = 2;
}

/* No part shares a descriptor with another: each opens the file by its path. */
static void add_scarcity(struct run *run)
{
	run->a.options.max_open_files = 2;
}

static void add_page(struct run *run)
{
	run->a.options.resume = cursors[0];
	run->a.options.until = cursors[1];
}

static void add_rules(struct run *run)
{
	static char own[200];
	static const char *const files[] = { own };

	snprintf(own, sizeof(own), "%s/rules/.ignore", root);
	walk_of(&run->a.options)->ignore_files = files;
	walk_of(&run->a.options)->ignore_file_count = 1;
	walk_of(&run->a.options)->git_configs = files;
	walk_of(&run->a.options)->git_config_count = 1;
	walk_of(&run->a.options)->home = root;
}

static void add_globs(struct run *run)
{
	static const struct search_glob globs[] = {
		{ "**/{d0,d1}/{f,g}*", SEARCH_GLOB_BRACES | SEARCH_GLOB_DISPLAY_PATH, 0, 0 },
		{ "d0/f1", SEARCH_GLOB_EXCLUDE, 0, 0 },
	};

	walk_of(&run->a.options)->globs = globs;
	walk_of(&run->a.options)->glob_count = 2;
}

/* A pipe whose writer has come and gone: there is something to wait for, but not for long. */
static void add_pipe(struct run *run)
{
	static const char text[] = "a needle\nanother line\nthe needle again\n";

	faults_spare = true;
	assert_int_equal(pipe2(run->pipe, O_CLOEXEC), 0);
	assert_int_equal(write(run->pipe[1], text, sizeof(text) - 1), sizeof(text) - 1);
	close(run->pipe[1]);
	faults_spare = false;
	run->a.source = (struct search_source){ .kind = SEARCH_SOURCE_DESCRIPTOR, .descriptor = run->pipe[0], .name = "pipe" };
}

/* One whose writer writes the rest when the first lines have been delivered. Meanwhile the search waits. */
static void add_slow_pipe(struct run *run)
{
	faults_spare = true;
	assert_int_equal(pipe2(run->pipe, O_CLOEXEC), 0);
	assert_int_equal(write(run->pipe[1], "a needle\n", 9), 9);
	run->writer = run->pipe[1];
	run->pipe[1] = -1;
	faults_spare = false;
	run->a.source = (struct search_source){ .kind = SEARCH_SOURCE_DESCRIPTOR, .descriptor = run->pipe[0], .name = "pipe" };
}

static void write_rest(struct run *run)
{
	if (run->writer < 0)
		return;
	faults_spare = true;
	sleep_microseconds(WAITING);
	assert_int_equal(write(run->writer, "a line\nneedle\n", 14), 14);
	close(run->writer);
	run->writer = -1;
	faults_spare = false;
}

/* A directory and a file by their descriptors. */
static void add_descriptor(struct run *run)
{
	static struct search_source sources[2];
	static const char *const names[] = { "plain/d0", "plain/d1/f1" };

	faults_spare = true;
	for (int i = 0; i < 2; i++) {
		char *path = forest_path(root, names[i]);

		run->pipe[i] = open(path, O_RDONLY | O_CLOEXEC);
		assert_true(run->pipe[i] >= 0);
		free(path);
		sources[i] = (struct search_source){ .kind = SEARCH_SOURCE_DESCRIPTOR, .descriptor = run->pipe[i],
						     .name = i == 0 ? "directory" : "file" };
	}
	faults_spare = false;
	run->a.options.sources = sources;
	run->a.options.source_count = 2;
}

/* A directory and a file in it that the host writes to, and a repository in another. */
static void add_output(struct run *run)
{
	char *path = forest_path(root, "nested/own");

	faults_spare = true;
	run->pipe[0] = open(path, O_WRONLY | O_CLOEXEC);
	faults_spare = false;
	assert_true(run->pipe[0] >= 0);
	free(path);
	run->a.options.output_fd = run->pipe[0];
}

#define PERL SEARCH_SYNTAX_PERL
#define EXTENDED SEARCH_SYNTAX_EXTENDED
#define RULES (SEARCH_WALK_IGNORE_VCS | SEARCH_WALK_TRACKED | SEARCH_WALK_IGNORE_FILES)

/* A new kind of search is a row. */
static const struct scenario scenarios[] = {
	{ "strings", "plain", "needle", .flags = SEARCH_MATCH_FIXED },
	{ "an automaton", "plain", "n[e]{2}dl\\w", .flags = SEARCH_MATCH_IGNORE_CASE },
	{ "parts and context", "large", "need.e", .before = 2, .after = 2, .split_bytes = PART },
	{ "parts by their path", "large", "need.e", .split_bytes = PART, .add = add_scarcity },
	{ "several lines", "plain", "needle\\nline", .flags = SEARCH_MATCH_MULTILINE },
	{ "several lines, any case, words", "plain", "(needle|nothing)\\nline \\d", .flags = SEARCH_MATCH_MULTILINE |
	  SEARCH_MATCH_IGNORE_CASE | SEARCH_MATCH_WORD | SEARCH_RESULT_GROUPS, .after = 1 },
	{ "several lines, Oniguruma", "crlf", "(n)e\\w+\\n(?=\\w)(?<!x)", .flags = SEARCH_MATCH_MULTILINE | SEARCH_MATCH_CRLF |
	  SEARCH_RESULT_GROUPS, .syntax = PERL },
	{ "groups", "plain", "(?<n>n)(e|ee)dle", .flags = SEARCH_RESULT_GROUPS },
	{ "Oniguruma", "plain", "(n)e\\w*(?=\\s|$)(?<!x)\\1?", .flags = SEARCH_RESULT_GROUPS, .syntax = PERL },
	{ "a back-reference", "plain", "(e)\\1dle", .flags = 0 },
	{ "POSIX", "plain", "n(e|ee)dle", .flags = SEARCH_MATCH_WORD, .syntax = EXTENDED },
	{ "many words", "plain", "needle", .flags = SEARCH_MATCH_FIXED, .add = add_words },
	{ "many words, any case", "plain", "needle", .flags = SEARCH_MATCH_IGNORE_CASE, .add = add_words },
	{ "all lines", "plain", "needle", .flags = SEARCH_RESULT_ALL_LINES },
	{ "counts", "large", "need.e", .flags = SEARCH_RESULT_COUNT | SEARCH_RESULT_FILE_INFO, .split_bytes = PART },
	{ "a list", "plain", "", .flags = SEARCH_RESULT_LIST | SEARCH_RESULT_FILE_INFO },
	{ "encodings", "encoded", "needle", .encoding = "koi8-r" },
	{ "gzip", "gzip", "needle", .flags = SEARCH_MATCH_DECOMPRESS },
	{ "bzip2", "bzip2", "needle", .flags = SEARCH_MATCH_DECOMPRESS },
	{ "xz", "xz", "needle", .flags = SEARCH_MATCH_DECOMPRESS },
	{ "lzma", "lzma", "needle", .flags = SEARCH_MATCH_DECOMPRESS },
	{ "zstd", "zstd", "needle", .flags = SEARCH_MATCH_DECOMPRESS },
	{ "lz4", "lz4", "needle", .flags = SEARCH_MATCH_DECOMPRESS },
	{ "globs", "plain", "needle", .add = add_globs },
	{ "rules", "rules", "needle", .flags = RULES, .add = add_rules },
	{ "overlays", "plain", "needle", .flags = SEARCH_WALK_IGNORE_FILES | SEARCH_WALK_IGNORE_BELOW, .add = add_overlays },
	{ "overlays behind links", "linked", "needle", .flags = SEARCH_WALK_FOLLOW, .add = add_overlays_behind_links },
	{ "a page", "plain", "needle", .add = add_page },
	{ "a page amid a file", "large", "need.e", .before = 2, .split_bytes = PART, .add = add_page },
	{ "a pool", "plain", "needle", .with = IN_POOL_OF_TWO },
	{ "parts in a pool", "large", "need.e", .after = 1, .split_bytes = PART, .with = IN_POOL_OF_TWO, .how = TAKE_POLL },
	{ "an event descriptor", "plain", "needle", .how = TAKE_POLL },
	{ "a socket, many at once", "plain", "needle", .flags = SEARCH_RESULT_SOCKET, .how = TAKE_MANY },
	{ "a pipe", "plain", "needle", .add = add_pipe },
	{ "a pipe in a pool", "plain", "needle", .with = IN_POOL_OF_TWO, .add = add_pipe },
	{ "a slow pipe", "plain", "needle", .add = add_slow_pipe },
	{ "a slow pipe in a pool", "plain", "needle", .with = IN_POOL_OF_TWO, .add = add_slow_pipe },
	{ "descriptors", "plain", "needle", .add = add_descriptor },
	{ "links followed", "linked", "needle", .flags = SEARCH_WALK_FOLLOW | SEARCH_WALK_ONE_FILE_SYSTEM },
	{ "its own output", "nested", "needle", .flags = SEARCH_WALK_NO_NESTED_REPOSITORIES, .add = add_output },
	{ "a warm tree", "plain", "needle", .with = WITH_TREE },
	{ "a watched tree", "plain", "needle", .with = WITH_WATCHED_TREE },
	{ "a warm tree in parts", "large", "need.e", .before = 1, .split_bytes = PART, .with = WITH_TREE },
};

enum { SCENARIOS = sizeof(scenarios) / sizeof(scenarios[0]) };

/* --- the files --- */

static void plant_large(void)
{
	enum { LINES = 600 };
	char *text = calloc(LINES + 1, 40);

	assert_non_null(text);
	for (int i = 0; i < LINES; i++)
		sprintf(text + strlen(text), i % 53 == 7 ? "line %d, where a needle is\n" : "line %d of the large file\n", i);
	forest_directory(root, "large");
	forest_text(root, "large/f", text);
	forest_text(root, "large/g", "a needle\n");
	free(text);
}

static void plant_archives(void)
{
	static char text[4000];
	char name[40];

	for (int i = 0; i < 60; i++)
		sprintf(text + strlen(text), i % 9 == 4 ? "line %d has the needle\n" : "line %d has none\n", i);
	for (size_t i = 0; i < archive_program_count; i++) {
		const struct archive_program *p = &archive_programs[i];
		struct archive a;

		if ((i > 0 && strcmp(p->format, p[-1].format) == 0) || !archive_can(p))
			continue;
		a = archive_make(p->command, text, strlen(text));
		forest_directory(root, p->format);
		snprintf(name, sizeof(name), "%s/a", p->format);
		forest_file(root, name, a.bytes, a.size);
		snprintf(name, sizeof(name), "%s/b", p->format);
		forest_text(root, name, "a needle\n");
		archive_free(&a);
	}
}

static void plant(void)
{
	char name[40], text[400];

	forest_directory(root, "plain");
	for (int d = 0; d < 2; d++) {
		snprintf(name, sizeof(name), "plain/d%d", d);
		forest_directory(root, name);
		for (int f = 0; f < 3; f++) {
			snprintf(name, sizeof(name), "plain/d%d/f%d", d, f);
			snprintf(text, sizeof(text), "line 1 of %d\nline 2 has the needle\nline 3\nand a needle\n", f);
			forest_text(root, name, text);
		}
	}
	plant_large();
	plant_archives();
	forest_directory(root, "encoded");
	forest_file(root, "encoded/a", "\xFF\xFEn\0e\0e\0d\0l\0e\0\n\0", 16);
	forest_file(root, "encoded/b", "needle \xE9\n", 9);
	forest_directory(root, "crlf");
	forest_text(root, "crlf/a", "line 1\r\na needle\r\nline 3\r\n\xFF\r\nneedle\r\n");
	forest_text(root, "crlf/b", "needle\nneedle\nthe end\n");
	forest_directory(root, "rules");
	name[0] = '\0';
	{
		char *rules = forest_path(root, "rules");

		plant_rules(rules);
		free(rules);
	}
	forest_directory(root, "nested");
	forest_directory(root, "nested/a");
	forest_directory(root, "nested/a/.git");
	forest_text(root, "nested/a/f", "needle\n");
	forest_text(root, "nested/f", "needle\n");
	forest_text(root, "nested/own", "needle\n");
	forest_directory(root, "linked");
	forest_link(root, "linked/d", "../plain/d0");
	forest_link(root, "linked/f", "../plain/d1/f0");
	forest_link(root, "linked/loop", ".");
}

/* --- a run --- */

static void prepare(struct run *run, const struct scenario *s, uint32_t workers)
{
	static char place[300];
	struct search_options *o = &run->a.options;

	*run = (struct run){ .pipe = { -1, -1 }, .writer = -1 };
	snprintf(place, sizeof(place), "%s/%s", root, s->place);
	simple_init(&run->a, s->pattern, place);
	set_flags(o, s->flags);
	o->syntax = s->syntax;
	o->before_context = s->before;
	o->after_context = s->after;
	o->split_bytes = s->split_bytes;
	o->encoding = s->encoding;
	o->workers = s->with == IN_POOL_OF_TWO ? 0 : workers;
	if (s->add != NULL)
		s->add(run);
}

/* As search_next(), but by polling; the test's own poll() does not fail. */
static int poll_for_item(struct search *s, const struct search_item **item)
{
	int rc;

	while ((rc = search_try_next(s, item)) == SEARCH_EAGAIN) {
		struct pollfd watched = { .fd = search_fd(s), .events = POLLIN };

		faults_spare = true;
		(void)!poll(&watched, 1, -1);
		faults_spare = false;
	}
	return rc;
}

/* Searches once; what search_open() answered is noted, and so is how the search ended. */
static void search_once(struct run *run, enum take how)
{
	struct outcome *out = &run->outcomes[run->searches++];
	const struct search_item *item;
	const struct search_item *const *items;
	struct search *s = (struct search *)(uintptr_t)1;

	out->why = (struct search_error)SEARCH_ERROR_INIT;
	out->opened = search_open(&s, &run->a.options, &out->why);
	if (out->opened != SEARCH_OK) {
		assert_null(s);
		return;
	}
	if (how != TAKE_NEXT && search_fd(s) < 0)
		assert_true(search_fd(s) >= 0); /* only one call fails */
	if (how == TAKE_MANY) {
		while ((out->end = search_next_many(s, &items, 3)) > 0)
			for (int i = 0; i < out->end; i++)
				take_down(&out->items, items[i]);
	} else {
		while ((out->end = how == TAKE_POLL ? poll_for_item(s, &item) : search_next(s, &item)) == 1) {
			take_down(&out->items, item);
			write_rest(run);
		}
	}
	search_close(s);
}

static int open_what_it_is_with(struct run *run, enum with with, struct search_error *why)
{
	struct search_pool_options pool = SEARCH_POOL_OPTIONS_INIT;
	struct search_tree_options tree = SEARCH_TREE_OPTIONS_INIT;

	if (with == OF_ITS_OWN)
		return SEARCH_OK;
	pool.workers = 2;
	tree.trust = with == WITH_WATCHED_TREE ? SEARCH_TREE_WATCHED : SEARCH_TREE_STAMPS;
	tree.learn_percent = 1000;
	return with == IN_POOL_OF_TWO ? search_pool_open(&run->pool, &pool, why) : search_tree_open(&run->tree, &tree, why);
}

/* The whole life of a search, with the pool or the tree that it is in. */
static void run_once(struct run *run, const struct scenario *s, uint32_t workers)
{
	struct search_error why = SEARCH_ERROR_INIT;
	int rc;

	prepare(run, s, workers);
	rc = open_what_it_is_with(run, s->with, &why);
	if (rc != SEARCH_OK) {
		run->outcomes[0].opened = rc;
		run->outcomes[0].why = why;
		run->searches = 1;
	} else {
		run->a.options.pool = run->pool;
		run->a.options.tree = run->tree;
		search_once(run, s->how);
		if (run->tree != NULL)
			search_once(run, s->how);
	}
	search_pool_close(run->pool);
	search_tree_close(run->tree);
}

static void end_run(struct run *run)
{
	for (size_t i = 0; i < MOST_SEARCHES; i++)
		free_items(&run->outcomes[i].items);
	if (run->writer >= 0)
		close(run->writer);
	for (int i = 0; i < 2; i++)
		if (run->pipe[i] >= 0 && fcntl(run->pipe[i], F_GETFD) >= 0)
			close(run->pipe[i]);
}

/* --- judging --- */

static const char *label; /* what is tried */
static char label_text[300];

static void say_what_hung(int signal)
{
	(void)signal;
	(void)!write(2, label_text, strlen(label_text));
	(void)!write(2, ": hangs\n", 8);
	_exit(98);
}

static bool is_at_or_below(const char *path, const char *top)
{
	size_t n = strlen(top);

	return strncmp(path, top, n) == 0 && (path[n] == '\0' || path[n] == '/' || n == 0);
}

/* Does an ERROR that came account for what is missing from a file? */
static bool is_explained(const struct items *got, const char *path)
{
	for (size_t i = 0; i < got->count; i++)
		if (got->all[i].kind == SEARCH_ITEM_ERROR && is_at_or_below(path, got->all[i].path))
			return true;
	return false;
}

/*
 * A file of rules that is not there, or a repository that may not be entered, has no rules, as for git, and tracks nothing;
 * and a directory without .git is no repository. So it is not known then what of these trees should be there.
 */
static bool is_open_to_doubt(const char *path, int error)
{
	return (strstr(path, "/rules/") != NULL || strstr(path, "/nested/a/") != NULL) &&
	       (error == ENOENT || error == EACCES);
}

/* Does one account for what should have been left out? Of rules that cannot be read there is an ERROR. */
static bool is_extra_explained(const struct items *got, const char *path, int error)
{
	if (is_open_to_doubt(path, error))
		return true;
	for (size_t i = 0; i < got->count; i++)
		if (got->all[i].kind == SEARCH_ITEM_ERROR && got->all[i].reason == SEARCH_REASON_RULES &&
		    is_at_or_below(path, got->all[i].path))
			return true;
	return false;
}

static bool is_same(const struct item *a, const struct item *b)
{
	return strcmp(a->path, b->path) == 0 && a->kind == b->kind && a->error == b->error && strcmp(a->text, b->text) == 0;
}

/* The first item of a page whose file could not be looked at has a flag that says so. */
static bool is_same_but_changed(const struct item *want, const struct item *got)
{
	return (got->flags & SEARCH_ITEM_FLAG_CHANGED) != 0 && strcmp(want->path, got->path) == 0 &&
	       want->kind == got->kind && strcmp(strstr(want->text, "line"), strstr(got->text, "line")) == 0;
}

/* A FILE_END of a file of which a part is missing says less. */
static bool is_end_of_same(const struct item *a, const struct item *b, const struct items *got)
{
	return a->kind == SEARCH_ITEM_FILE_END && b->kind == a->kind && strcmp(a->path, b->path) == 0 &&
	       is_explained(got, a->path);
}

/* Orders paths as a walk does. A directory, and what is in it, are equal. */
static int compare_places(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b)
		a++, b++;
	if ((*a == '\0' && (*b == '/' || *b == '\0')) || (*b == '\0' && *a == '/'))
		return 0;
	if (*a == '/' || *b == '/' || *a == '\0' || *b == '\0')
		return *a == '/' || *a == '\0' ? -1 : 1;
	return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
}

static void fail_with_items(const char *why, const char *path, const struct items *want, const struct items *got)
{
	fprintf(stderr, "%s: %s %s\nwanted:\n", label, why, path);
	for (size_t i = 0; i < want->count; i++)
		fprintf(stderr, "\t%s %s\n", want->all[i].path, want->all[i].text);
	fprintf(stderr, "got:\n");
	for (size_t i = 0; i < got->count; i++)
		fprintf(stderr, "\t%s %s error %d\n", got->all[i].path, got->all[i].text, got->all[i].error);
	fail_msg("%s: %s %s", label, why, path);
}

/* Is each item there, once, in its order, or accounted for? `whole`: the search came to its end. */
static void judge_items(const struct items *want, const struct items *got, int error, bool whole)
{
	const char *last = "";
	size_t at = 0;

	for (size_t i = 0; i < got->count; i++) {
		const struct item *item = &got->all[i];
		size_t found = at;

		if (compare_places(last, item->path) > 0 && last[0] == '/' && item->path[0] == '/')
			fail_with_items("out of its order:", item->path, want, got);
		last = item->path;
		while (found < want->count && !is_same(&want->all[found], item) &&
		       !is_end_of_same(&want->all[found], item, got) && !(i == 0 && is_same_but_changed(&want->all[found], item)))
			found++;
		if (found == want->count && item->kind == SEARCH_ITEM_ERROR) {
			/* EISDIR: what could not be looked at is opened as a file, and is none */
			if (item->error != error && item->error != 0 && item->error != EISDIR)
				fail_with_items("another error than that which was made:", item->path, want, got);
			continue;
		}
		if (found == want->count && is_extra_explained(got, item->path, error))
			continue;
		if (found == want->count)
			fail_with_items("an item that should not be there, of", item->path, want, got);
		for (; at < found; at++)
			if (!is_explained(got, want->all[at].path) && !is_open_to_doubt(want->all[at].path, error))
				fail_with_items("lost, without an ERROR, an item of", want->all[at].path, want, got);
		at = found + 1;
	}
	for (; whole && at < want->count; at++)
		if (!is_explained(got, want->all[at].path) && !is_open_to_doubt(want->all[at].path, error))
			fail_with_items("lost, without an ERROR, an item of", want->all[at].path, want, got);
}

static void judge(const struct outcome *want, const struct outcome *got, int error, bool memory)
{
	assert_int_equal(want->opened, SEARCH_OK);
	if (got->opened != SEARCH_OK) {
		if (got->why.code != got->opened || got->why.message[0] == '\0' ||
		    (got->opened == SEARCH_ENOMEM && !memory && got->why.system_error != error) ||
		    (got->why.system_error != 0 && got->why.system_error != error) ||
		    (got->opened != SEARCH_ENOMEM && got->opened != SEARCH_ESYSTEM && got->opened != SEARCH_EINVAL))
			fail_msg("%s: search_open: %d, %d, error %d: %s", label, got->opened, got->why.code,
				 got->why.system_error, got->why.message);
		return;
	}
	if (got->end != SEARCH_OK && !(got->end == SEARCH_ENOMEM && memory))
		fail_msg("%s: %s", label, search_strerror(got->end));
	judge_items(&want->items, &got->items, error, got->end == SEARCH_OK);
}

static void judge_run(const struct run *want, const struct run *got, int error, bool memory)
{
	for (size_t i = 0; i < got->searches; i++)
		judge(&want->outcomes[i], &got->outcomes[i], error, memory);
}

/* --- calls --- */

enum { MOST_ERRORS = 10 };

struct call {
	const char *name;
	struct fault *fault;
	int errors[MOST_ERRORS]; /* 0: no more */
	bool interrupted;        /* may fail with EINTR, and is then to be repeated */
	bool memory;             /* takes memory, whatever its errors are called */
};

/* A new call is a row. */
static const struct call calls[] = {
	{ "memory", &allocation, .errors = { ENOMEM }, .memory = true },
	{ "pthread_create", &thread_fault, .errors = { EAGAIN, EPERM } },
	{ "openat", &open_fault, .errors = { EIO, EMFILE, ENOENT, EACCES, ENOMEM, ENFILE, ELOOP, ESTALE, ENXIO, ETIMEDOUT }, .interrupted = true },
	{ "open", &plain_open_fault, .errors = { EMFILE, EIO, ENOENT, EACCES, ENOMEM } },
	{ "read", &read_fault, .errors = { EIO, ENOMEM, EISDIR, ESTALE, ENXIO }, .interrupted = true },
	{ "pread", &pread_fault, .errors = { EIO, ENOMEM, EISDIR, ESTALE, ENXIO }, .interrupted = true },
	{ "getdents", &list_fault, .errors = { EIO, ENOENT, ENOMEM, ESTALE, EACCES }, .interrupted = true },
	{ "fstat", &stat_fault, .errors = { EIO, ENOMEM, EOVERFLOW, ENOENT, EACCES, ESTALE } },
	{ "fstatfs", &system_fault, .errors = { EIO, ENOSYS, ENOMEM, EINTR } },
	{ "eventfd", &eventfd_fault, .errors = { EMFILE, ENFILE, ENOMEM, ENODEV } },
	{ "iconv_open", &iconv_fault, .errors = { EMFILE, ENOMEM, EINVAL } },
	{ "iconv", &convert_fault, .errors = { EBADF, ENOMEM } },
	{ "poll", &poll_fault, .errors = { ENOMEM, EAGAIN }, .interrupted = true },
	{ "futex", &futex_fault, .errors = { EAGAIN }, .interrupted = true },
	{ "readlink", &link_fault, .errors = { EIO, ENOENT, EACCES, ENOMEM } },
	{ "realpath", &path_fault, .errors = { ENOENT, ENOMEM, EACCES, EIO, ENAMETOOLONG } },
	{ "inotify", &watch_fault, .errors = { EMFILE, ENOSPC, ENOMEM, ENOENT } },
	{ "getrlimit", &own_fault, .errors = { EINVAL, EPERM } },
	{ "fcntl", &ask_fault, .errors = { EBADF, EIO } },
	{ "lseek", &seek_fault, .errors = { EINVAL, ESPIPE } },
	{ "dlopen", &load_fault, .errors = { ENOENT } },
	{ "pthread_mutex_init", &lock_fault, .errors = { ENOMEM, EAGAIN }, .memory = true },
	{ "close", &close_fault, .errors = { EIO, EINTR, ENOSPC } },
};

enum { CALLS = sizeof(calls) / sizeof(calls[0]) };

static size_t error_count(const struct call *call)
{
	size_t n = 0;

	while (n < MOST_ERRORS && call->errors[n] != 0)
		n++;
	return n;
}

static bool can_run(const struct scenario *s)
{
	const char *wanted = getenv("SCENARIO");
	char *path = forest_path(root, s->place);
	bool can = access(path, F_OK) == 0; /* else there is no program that compresses so, or the format is not built in */

	free(path);
	return can && (wanted == NULL || strstr(s->name, wanted) != NULL);
}

static void name_trial(const struct scenario *s, uint32_t workers, const char *call, long n, int error)
{
	snprintf(label_text, sizeof(label_text), "%s, workers %d, %s number %ld fails: %s", s->name, (int)workers, call, n,
		 error != 0 ? strerror(error) : "");
	label = label_text;
	alarm(patience(LONGEST));
}

/* One trial. False: there are fewer calls than n. */
static bool try_one(const struct scenario *s, uint32_t workers, const struct run *want, const struct call *call, long n,
		    int error)
{
	struct run got;
	bool reached;

	name_trial(s, workers, call->name, n, error);
	arm(call->fault, n, 1, error);
	run_once(&got, s, workers);
	reached = atomic_load(&call->fault->calls) >= n;
	disarm_all();
	judge_run(want, &got, error, call->memory || error == ENOMEM);
	end_run(&got);
	return reached;
}

/* How far to the next call that fails: of many, `make check` tries fewer and fewer. */
static long step_after(long n)
{
	return runs_long() || n < 12 ? 1 : TEST_SANITIZED ? n / 2 : n / 6;
}

static unsigned long fail_each(const struct scenario *s, uint32_t workers, const struct run *want, const struct call *call)
{
	size_t errors = error_count(call);
	unsigned long trials = 0;
	bool reached = true;

	for (long n = 1; reached; n += step_after(n)) {
		/* each of three: which of them it was shows only in iconv_open()'s first calls, in a few scenarios */
		bool all = runs_long() || errors <= 3;
		size_t first = all ? 0 : (size_t)n % errors, last = all ? errors : first + 1;

		for (size_t e = first; reached && e < last; e++) {
			reached = try_one(s, workers, want, call, n, call->errors[e]);
			trials += reached;
		}
	}
	return trials;
}

/* With the same number of workers each time: one thread's calls come in one order. */
static const uint32_t worker_counts[] = { SEARCH_NO_WORKERS, 2 };

static void make_cursors(const struct scenario *s)
{
	const struct search_item *item;
	struct search *search;
	struct run run;

	if (s->add != add_page)
		return;
	cursors[0][0] = cursors[1][0] = '\0';
	prepare(&run, s, SEARCH_NO_WORKERS);
	run.a.options.resume = run.a.options.until = NULL;
	search = open_search(&run.a.options);
	for (int i = 0; i < 8; i++) {
		assert_int_equal(search_next(search, &item), 1);
		if (i == 2 || i == 7)
			assert_in_range(search_cursor(search, cursors[i == 7], sizeof(cursors[0])), 1, sizeof(cursors[0]) - 1);
	}
	search_close(search);
}

/* A run in which nothing fails: what each other is compared with. */
static void run_well(struct run *run, const struct scenario *s, uint32_t workers)
{
	make_cursors(s);
	name_trial(s, workers, "nothing", 0, 0);
	run_once(run, s, workers);
	for (size_t i = 0; i < run->searches; i++) {
		if (run->outcomes[i].opened != SEARCH_OK || run->outcomes[i].end != SEARCH_OK || run->outcomes[i].items.count == 0)
			fail_msg("%s: %d %d, %zu items: %s", label, run->outcomes[i].opened, run->outcomes[i].end,
				 run->outcomes[i].items.count, run->outcomes[i].why.message);
	}
}

static void test_fault_matrix__each_call_may_fail(void **state)
{
	unsigned long trials[CALLS] = { 0 }, all = 0;

	(void)state;
	for (size_t i = 0; i < SCENARIOS; i++) {
		const struct scenario *s = &scenarios[i];
		size_t threads = process_threads(), descriptors = process_descriptors();
		unsigned long of_scenario = 0;

		for (size_t w = 0; w < 2 && can_run(s); w++) {
			struct run want;

			if (!runs_long() && w != i % 2)
				continue;
			run_well(&want, s, worker_counts[w]);
			for (size_t c = 0; c < CALLS; c++) {
				unsigned long n = fail_each(s, worker_counts[w], &want, &calls[c]);

				trials[c] += n;
				of_scenario += n;
				if (process_descriptors() != descriptors + (want.pipe[0] >= 0) + (want.pipe[1] >= 0 && s->add != add_pipe))
					assert_true(process_has(threads, descriptors));
			}
			end_run(&want);
		}
		alarm(0);
		printf("%6lu trials: %s\n", of_scenario, s->name);
		assert_true(process_has(threads, descriptors));
		all += of_scenario;
	}
	for (size_t c = 0; c < CALLS; c++)
		printf("%6lu trials: %s\n", trials[c], calls[c].name);
	printf("%lu trials in all: %d scenarios, %d calls\n", all, SCENARIOS, CALLS);
}

/* --- what must change nothing --- */

static void expect_the_same(const struct run *want, const struct run *got)
{
	assert_int_equal(want->searches, got->searches);
	for (size_t i = 0; i < got->searches; i++) {
		const struct outcome *w = &want->outcomes[i], *g = &got->outcomes[i];

		if (g->opened != w->opened || g->end != w->end || g->items.count != w->items.count)
			fail_with_items("another end, or other items", "", &w->items, &g->items);
		for (size_t k = 0; k < g->items.count; k++)
			if (!is_same(&w->items.all[k], &g->items.all[k]))
				fail_with_items("another item of", g->items.all[k].path, &w->items, &g->items);
	}
}

static void with_each(const char *what, void (*begin)(void), void (*end)(void))
{
	unsigned long runs = 0;

	for (size_t i = 0; i < SCENARIOS; i++)
		for (size_t w = 0; w < 2 && can_run(&scenarios[i]); w++) {
			struct run want, got;

			run_well(&want, &scenarios[i], worker_counts[w]);
			name_trial(&scenarios[i], worker_counts[w], what, 0, 0);
			begin();
			run_once(&got, &scenarios[i], worker_counts[w]);
			end();
			expect_the_same(&want, &got);
			end_run(&got);
			end_run(&want);
			runs++;
		}
	alarm(0);
	printf("%lu runs\n", runs);
}

/* Each second call of each kind is interrupted, so that what repeats it succeeds. */
static void interrupt(void)
{
	for (size_t c = 0; c < CALLS; c++)
		if (calls[c].interrupted) {
			arm(calls[c].fault, 1, 1000000000, EINTR);
			calls[c].fault->every = 2;
		}
}

static void test_fault_matrix__interrupted_calls_are_repeated(void **state)
{
	(void)state;
	with_each("each second call", interrupt, disarm_all);
}

/* A poll that finds no memory in the system for a moment fails so, and is made again. */
static void lack_for_a_moment(void)
{
	arm(&poll_fault, 1, 1000000000, EAGAIN);
	poll_fault.every = 2;
}

static void test_fault_matrix__a_poll_that_may_succeed_later_is_repeated(void **state)
{
	(void)state;
	with_each("each second poll", lack_for_a_moment, disarm_all);
}

static void read_bytes(void)
{
	atomic_store(&file_system, FUSE);
	atomic_store(&shortness, READS_ONE_BYTE);
}

static void read_parts(void)
{
	atomic_store(&file_system, FUSE);
	atomic_store(&shortness, READS_ANY_PART);
}

static void read_whole(void)
{
	atomic_store(&shortness, READS_WHOLE);
	atomic_store(&file_system, 0);
}

static void test_fault_matrix__reads_may_be_short(void **state)
{
	(void)state;
	with_each("reads of one byte", read_bytes, read_whole);
	for (int i = 0; i < (runs_long() ? 20 : 2); i++)
		with_each("reads of a part", read_parts, read_whole);
}

static void hide_types(void)
{
	atomic_store(&types_hidden, true);
}

static void show_types(void)
{
	atomic_store(&types_hidden, false);
}

static void test_fault_matrix__a_directory_need_not_tell_types(void **state)
{
	(void)state;
	with_each("no types of entries", hide_types, show_types);
}

/* The inode in an entry of a directory is relied on only where it is known to be the one that stat tells. */
static void change_inodes(void)
{
	atomic_store(&file_system, FUSE);
	atomic_store(&inodes_differ, true);
}

static void restore_inodes(void)
{
	atomic_store(&inodes_differ, false);
	atomic_store(&file_system, 0);
}

static void test_fault_matrix__a_directory_may_tell_other_inodes(void **state)
{
	(void)state;
	with_each("other inodes of entries", change_inodes, restore_inodes);
}

static int refusal;

/* It is only called on a file system on which a short read is the end. */
static void refuse_openat2(void)
{
	atomic_store(&file_system, EXT);
	atomic_store(&openat2_refusal, refusal);
}

static void allow_openat2(void)
{
	atomic_store(&file_system, 0);
	atomic_store(&openat2_refusal, 0);
}

static void test_fault_matrix__the_system_need_not_know_openat2(void **state)
{
	(void)state;
	atomic_store(&openat2_refused, 0);
	refusal = ENOSYS;
	with_each("no openat2", refuse_openat2, allow_openat2);
	refusal = EPERM; /* as some sandboxes answer to each system call that they do not know */
	with_each("a forbidden openat2", refuse_openat2, allow_openat2);
	assert_true(getenv("SCENARIO") != NULL || atomic_load(&openat2_refused) > 0);
}

/* --- what is not asked --- */

/* A source is asked; below it directories are, if files are read. A file is on the file system of its directory. */
static void test_fault_matrix__only_directories_are_asked_for_a_file_system(void **state)
{
	static const struct {
		uint32_t flags;
		long asked;
	} rows[] = { { 0, 3 }, { SEARCH_RESULT_LIST, 1 } }; /* the source, two directories in it, six files in these */
	char *place = forest_path(root, "plain");

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct simple a;
		struct transcript t = { 0 };
		long asked;
		int end;

		simple_init(&a, "needle", place);
		set_flags(&a.options, rows[i].flags);
		atomic_store(&file_system, FUSE); /* what is known of a directory does not hold for those in it */
		arm(&system_fault, LONG_MAX, 1, EIO); /* counted, but none fails */
		end = collect(&a.options, TAKE_NEXT, &t);
		asked = atomic_load(&system_fault.calls);
		disarm_all();
		atomic_store(&file_system, 0);
		assert_int_equal(end, SEARCH_OK);
		assert_int_equal(asked, rows[i].asked);
		transcript_free(&t);
	}
	free(place);
}

static int set_up(void **state)
{
	(void)state;
	signal(SIGALRM, say_what_hung);
	root = forest_open();
	plant();
	sleep_microseconds(SETTLED);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	forest_close(root);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fault_matrix__each_call_may_fail),
		cmocka_unit_test(test_fault_matrix__interrupted_calls_are_repeated),
		cmocka_unit_test(test_fault_matrix__a_poll_that_may_succeed_later_is_repeated),
		cmocka_unit_test(test_fault_matrix__reads_may_be_short),
		cmocka_unit_test(test_fault_matrix__a_directory_need_not_tell_types),
		cmocka_unit_test(test_fault_matrix__a_directory_may_tell_other_inodes),
		cmocka_unit_test(test_fault_matrix__the_system_need_not_know_openat2),
		cmocka_unit_test(test_fault_matrix__only_directories_are_asked_for_a_file_system),
	};

#ifdef IN_POOL
	puts("it counts threads and descriptors, and has pools of its own");
	return 77;
#endif
	return RUN_TESTS(tests, set_up, tear_down);
}
