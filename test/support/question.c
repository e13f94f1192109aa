/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * question.c - see question.h.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "question.h"

#include "archive.h"
#include "options.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define ONE_OF(d, table) ((table)[dice_below(d, sizeof(table) / sizeof((table)[0]))])

/* --- what is asked --- */

static bool is_regular(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* A FIFO that is a source would be waited for. */
static bool may_be_source(const char *path)
{
	struct stat st;

	return stat(path, &st) != 0 || !S_ISFIFO(st.st_mode);
}

static void choose_source(struct question *q, struct dice *d, const char *tree, size_t i)
{
	static const char *const names[] = { NULL, NULL, NULL, "", "shown" };
	static const char memory[] = "a needle\nreturn\r\nkettle\n\n\nnoodle needed\r\nreturn mutex_";
	struct search_source *source = &q->sources[i];
	uint32_t kind = dice_below(d, 100);

	source->name = ONE_OF(d, names);
	unsaved_write_path(d, q->paths[i], kind < 70 ? tree : unsaved_any_directory(d));
	if (kind >= 96) {
		source->kind = SEARCH_SOURCE_MEMORY;
		source->data = memory;
		source->size = dice_below(d, sizeof(memory));
		return;
	}
	if (kind >= 86)
		unsaved_write_path(d, q->paths[i], unsaved_any_file(d));
	if (!may_be_source(q->paths[i]))
		strcpy(q->paths[i], tree);
	source->path = q->paths[i];
	if (dice_chance(d, 8) && eaccess(source->path, R_OK) == 0) {
		source->kind = SEARCH_SOURCE_DESCRIPTOR;
		source->path = NULL;
		q->reopened[i] = true;
	}
}

static uint32_t choose_match_flags(struct dice *d)
{
	uint32_t flags = dice_chance(d, 8) ? SEARCH_MATCH_IGNORE_CASE : 0U;

	flags |= dice_chance(d, 4) ? SEARCH_MATCH_INVERT : 0U;
	flags |= dice_chance(d, 6) ? SEARCH_MATCH_WORD : 0U;
	flags |= dice_chance(d, 4) ? SEARCH_MATCH_LINE : 0U;
	flags |= dice_chance(d, 30) && archive_can(&archive_programs[0]) ? SEARCH_MATCH_DECOMPRESS : 0U;
	if (dice_chance(d, 30))
		flags |= dice_chance(d, 50) ? SEARCH_MATCH_TEXT : SEARCH_MATCH_SKIP_BINARY;
	if (dice_chance(d, 12))
		flags |= dice_chance(d, 80) ? SEARCH_MATCH_CRLF : SEARCH_MATCH_NUL_LINES;
	if (dice_chance(d, 12) && (flags & SEARCH_MATCH_NUL_LINES) == 0)
		flags |= SEARCH_MATCH_MULTILINE | (dice_chance(d, 50) ? SEARCH_MATCH_DOT_NEWLINE : 0U);
	return flags;
}

static uint32_t choose_result_flags(struct dice *d)
{
	uint32_t flags = dice_chance(d, 15) ? SEARCH_RESULT_NO_SPANS : 0U;

	flags |= dice_chance(d, 15) ? SEARCH_RESULT_NO_LINE_NUMBERS : 0U;
	flags |= dice_chance(d, 30) ? SEARCH_RESULT_FILE_INFO : 0U;
	flags |= dice_chance(d, 10) ? SEARCH_RESULT_UNORDERED : 0U;
	flags |= dice_chance(d, 10) ? SEARCH_RESULT_FILE_ENDS : 0U;
	if (dice_chance(d, 16))
		return flags | (dice_chance(d, 35) ? SEARCH_RESULT_COUNT : SEARCH_RESULT_LIST);
	flags |= dice_chance(d, 4) ? SEARCH_RESULT_ALL_LINES : 0U;
	if (dice_chance(d, 4) && (flags & SEARCH_RESULT_NO_SPANS) == 0)
		flags |= SEARCH_RESULT_GROUPS;
	return flags;
}

static void choose_walk(struct question *q, struct dice *d)
{
	static const uint32_t any[] = {
		SEARCH_WALK_SKIP_HIDDEN, SEARCH_WALK_FOLLOW, SEARCH_WALK_ONE_FILE_SYSTEM, SEARCH_WALK_IGNORE_VCS,
		SEARCH_WALK_IGNORE_FILES, SEARCH_WALK_IGNORE_BELOW, SEARCH_WALK_IGNORE_ANYWHERE,
		SEARCH_WALK_NO_NESTED_REPOSITORIES,
	};
	static const struct search_glob globs[] = {
		{ .text = "*.c" }, { .text = "f*" }, { .text = "d*", .flags = SEARCH_GLOB_EXCLUDE },
		{ .text = "/t/*/f1*" }, { .text = "f1*", .flags = SEARCH_GLOB_EXCLUDE }, { .text = "**/d1/**" },
		{ .text = ".*", .flags = SEARCH_GLOB_UNHIDE }, { .text = "a*", .flags = SEARCH_GLOB_OVERRIDE },
	};
	uint32_t flags = 0;

	for (size_t i = 0; i < sizeof(any) / sizeof(any[0]); i++)
		flags |= dice_chance(d, 20) ? any[i] : 0;
	add_flags(&q->options, flags);
	if (dice_chance(d, 15))
		q->walk.glob_count = 1 + dice_below(d, 2);
	for (size_t i = 0; i < q->walk.glob_count; i++)
		q->globs[i] = ONE_OF(d, globs);
	q->walk.globs = q->globs;
	q->walk.max_depth = dice_chance(d, 8) ? 1 + dice_below(d, 4) : 0;
	q->walk.max_file_size = dice_chance(d, 8) ? 1 + dice_below(d, 400) : 0;
}

static void choose_bounds(struct question *q, struct dice *d)
{
	static const char *const encodings[] = { "auto", "auto", "auto", "none", "UTF-8", "ISO-8859-1", "UTF-16LE" };
	struct search_options *o = &q->options;

	o->encoding = dice_chance(d, 35) ? ONE_OF(d, encodings) : NULL;
	o->before_context = dice_chance(d, 15) ? dice_below(d, 4) : 0;
	o->after_context = dice_chance(d, 15) ? dice_below(d, 4) : 0;
	o->max_matches_per_file = dice_chance(d, 10) ? 1 + dice_below(d, 3) : 0;
	o->max_line_bytes = dice_chance(d, 15) ? 30 + dice_below(d, 300) : 0;
	o->max_item_bytes = dice_chance(d, 10) ? 16 + dice_below(d, 30) : 0;
	o->max_multiline_bytes = dice_chance(d, 30) ? 20 + dice_below(d, 500) : 0;
	if ((o->result_flags & SEARCH_RESULT_UNORDERED) == 0 && dice_chance(d, 10))
		o->max_matches = 1 + dice_below(d, 30);
	if (dice_chance(d, 4) && is_regular(unsaved_any_file(d)))
		snprintf(q->output, sizeof(q->output), "%s", unsaved_any_file(d));
}

static void choose_patterns(struct question *q, struct dice *d)
{
	struct search_options *o = &q->options;
	uint32_t flags, ignored;

	prose_pattern(d, q->pattern_texts[0], &q->patterns[0], &o->syntax, &flags);
	o->patterns = q->patterns;
	o->pattern_count = dice_chance(d, 1) ? 0 : 1;
	if (dice_chance(d, 12)) {
		prose_pattern(d, q->pattern_texts[1], &q->patterns[1], &o->syntax, &ignored);
		o->pattern_count = 2;
	}
	if ((get_flags(o) & SEARCH_MATCH_NUL_LINES) != 0)
		flags &= ~(uint32_t)SEARCH_MATCH_MULTILINE;
	add_flags(o, flags);
}

static void describe(struct question *q)
{
	const struct search_options *o = &q->options;

	snprintf(q->what, sizeof(q->what),
		 "pattern %.100s (%zu, syntax %d), flags %#x, context %u/%u, matches %llu, %llu a file, encoding %s, lines %llu, "
		 "multi %llu, depth %u, size %llu, %zu globs, %zu sources from %.60s, %zu texts, output %.40s",
		 q->pattern_texts[0], o->pattern_count, (int)o->syntax, get_flags(o), o->before_context, o->after_context,
		 (unsigned long long)o->max_matches, (unsigned long long)o->max_matches_per_file,
		 o->encoding != NULL ? o->encoding : "(none)", (unsigned long long)o->max_line_bytes,
		 (unsigned long long)o->max_multiline_bytes, q->walk.max_depth, (unsigned long long)q->walk.max_file_size,
		 q->walk.glob_count, o->source_count, q->paths[0], q->texts.count, q->output);
}

void question_choose(struct question *q, struct dice *d, const char *tree)
{
	struct search_options *o = &q->options;

	memset(q, 0, sizeof(*q));
	*o = (struct search_options)SEARCH_OPTIONS_INIT;
	q->walk = (struct search_walk)SEARCH_WALK_INIT;
	o->walk = &q->walk;
	o->sources = q->sources;
	o->source_count = dice_chance(d, 80) ? 1 : 1 + dice_below(d, QUESTION_SOURCES);
	for (size_t i = 0; i < o->source_count; i++)
		choose_source(q, d, tree, i);
	set_flags(o, choose_match_flags(d) | choose_result_flags(d));
	choose_walk(q, d);
	choose_patterns(q, d);
	choose_bounds(q, d);
	if (dice_chance(d, 8))
		unsaved_choose(d, &q->texts);
	q->by_cursor = dice_chance(d, 8) && (get_flags(o) & SEARCH_RESULT_UNORDERED) == 0 && q->texts.count == 0 &&
		       q->output[0] == '\0';
	for (int i = 0; i < QUESTION_SOURCES; i++)
		q->by_cursor = q->by_cursor && !q->reopened[i];
	describe(q);
}

void question_free(struct question *q)
{
	while (q->texts.count > 0)
		unsaved_drop(&q->texts, 0);
}

/* --- how it is asked --- */

static void choose_limits(struct question *q, struct dice *d, struct search_pool *pool)
{
	static const uint32_t part_bytes[] = { 0, 0, 0, 64, 1000, 70000 };
	static const uint32_t workers[] = { SEARCH_NO_WORKERS, SEARCH_NO_WORKERS, 1, 2, 3, 4, 0 };
	struct search_options *o = &q->options;
	bool none;

	o->workers = ONE_OF(d, workers);
	none = o->workers == SEARCH_NO_WORKERS;
	o->pool = !none && dice_chance(d, 60) ? pool : NULL;
	o->priority = o->pool != NULL ? dice_below(d, 3) : 0;
	o->caller_flags = !none && dice_chance(d, 30) ? SEARCH_CALLER_NO_HELP : 0;
	o->max_queued_matches = dice_chance(d, 10) ? 1 + dice_below(d, 20) : 0;
	o->max_open_files = dice_chance(d, 10) ? 2 + dice_below(d, 8) : 0;
	o->split_bytes = ONE_OF(d, part_bytes);
}

static void open_descriptors(struct question *q)
{
	for (int i = 0; i < QUESTION_SOURCES; i++)
		if (q->reopened[i])
			q->sources[i].descriptor = open(q->paths[i], O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (q->output[0] != '\0') {
		q->options.output_fd = open(q->output, O_WRONLY | O_APPEND | O_NONBLOCK | O_CLOEXEC);
		if (q->options.output_fd < 0)
			q->options.output_fd = 0;
	}
}

static void close_descriptors(const struct question *q)
{
	for (int i = 0; i < QUESTION_SOURCES; i++)
		if (q->reopened[i] && q->sources[i].descriptor >= 0)
			close(q->sources[i].descriptor);
	if (q->options.output_fd > 0)
		close(q->options.output_fd);
}

/* Unsaved texts that are refused are left out, for all who ask. */
static struct search *open_asked(struct question *q, struct answer *a)
{
	struct search_options *o = &q->options;
	struct search_error error = SEARCH_ERROR_INIT;
	struct search *s;

	for (;;) {
		o->overlays = q->texts.overlays;
		o->overlay_count = q->texts.count;
		a->status = search_open(&s, o, &error);
		if (a->status == SEARCH_OK || error.subject != SEARCH_SUBJECT_OVERLAY)
			break;
		unsaved_drop(&q->texts, error.index);
	}
	snprintf(a->message, sizeof(a->message), "%s", error.message);
	return s;
}

static void get_cursor(const struct search *s, struct answer *a)
{
	int n = search_cursor(s, a->cursor, sizeof(a->cursor));

	if (n < 0 || n >= QUESTION_CURSOR)
		a->cursor[0] = '\0';
}

void question_ask(struct question *q, struct dice *d, struct search_tree *warm, struct search_pool *pool,
		  struct answer *a)
{
	enum take how = (enum take)dice_below(d, TAKE_COUNT);
	bool ordered = (get_flags(&q->options) & SEARCH_RESULT_UNORDERED) == 0;
	struct search *s;

	memset(a, 0, sizeof(*a));
	a->items.full = true;
	a->items.numbered = ordered;
	a->stats = (struct search_stats)SEARCH_STATS_INIT;
	choose_limits(q, d, pool);
	a->in_parts = q->options.split_bytes > 0;
	open_descriptors(q);
	q->options.tree = warm;
	s = open_asked(q, a);
	q->options.tree = NULL;
	if (a->status == SEARCH_OK) {
		a->end = collect_items(s, how, &a->items);
		a->outcome = search_outcome(s);
		assert_int_equal(search_stats(s, &a->stats), SEARCH_OK);
		if (ordered)
			get_cursor(s, a);
		search_close(s);
	}
	close_descriptors(q);
	q->options.output_fd = 0;
}

void answer_free(struct answer *answer)
{
	transcript_free(&answer->items);
}

static void numbers_agree(uint64_t cold, uint64_t warm, const char *of, const char *what)
{
	if (cold != warm)
		fail_msg("%s: %llu %s, not %llu", what, (unsigned long long)warm, of, (unsigned long long)cold);
}

/* Of what is searched more may be counted than is delivered: that depends on who was faster. */
static void statistics_agree(const struct question *q, const struct answer *cold, const struct answer *warm,
			     const char *what)
{
	const struct search_stats *c = &cold->stats, *w = &warm->stats;

	assert_true(w->files_ruled_out <= w->files_searched);
	if (q->options.max_matches > 0 || q->options.max_matches_per_file > 0 || cold->in_parts || warm->in_parts)
		return;
	numbers_agree(c->files_found, w->files_found, "files found", what);
	numbers_agree(c->directories, w->directories, "directories", what);
}

void answers_agree(const struct question *q, const struct answer *cold, const struct answer *warm, const char *what)
{
	bool ordered = (get_flags(&q->options) & SEARCH_RESULT_UNORDERED) == 0;

	if (cold->status != warm->status || strcmp(cold->message, warm->message) != 0)
		fail_msg("%s: search_open() said \"%s\", not \"%s\"", what, warm->message, cold->message);
	if (ordered)
		assert_same(&cold->items, &warm->items, what);
	else
		assert_same_blocks(&cold->items, &warm->items, what);
	if (cold->end != warm->end || cold->outcome != warm->outcome)
		fail_msg("%s: ended with %d and outcome %d, not %d and %d", what, warm->end, warm->outcome, cold->end,
			 cold->outcome);
	if (strcmp(cold->cursor, warm->cursor) != 0)
		fail_msg("%s: its cursor is %s, not %s", what, warm->cursor, cold->cursor);
	if (cold->outcome == SEARCH_OUTCOME_COMPLETE)
		statistics_agree(q, cold, warm, what);
}
