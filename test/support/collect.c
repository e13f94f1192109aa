/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * collect.c - see collect.h.
 */
#include "collect.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* --- writing down --- */

static void *grow(void *array, size_t *space, size_t need, size_t size)
{
	if (need <= *space)
		return array;
	*space = need * 2;
	array = realloc(array, *space * size);
	if (array == NULL)
		exit(99);
	return array;
}

static void append(struct transcript *t, const void *bytes, size_t size)
{
	t->bytes = grow(t->bytes, &t->space, t->length + size + 1, 1);
	if (size > 0)
		memcpy(t->bytes + t->length, bytes, size);
	t->length += size;
	t->bytes[t->length] = '\0';
}

static void begin_block(struct transcript *t, const struct search_item *item)
{
	const char *path = item->path != NULL ? item->path : "(none)";

	if (t->items > 0 && t->source == item->source && strcmp(t->path, path) == 0)
		return;
	t->source = item->source;
	snprintf(t->path, sizeof(t->path), "%s", path);
	t->blocks = grow(t->blocks, &t->block_space, t->block_count + 1, sizeof(*t->blocks));
	t->blocks[t->block_count++] = t->length;
}

/* Of span `i`: ",2-5", or ",-" for one that is absent. */
static void add_groups(struct transcript *t, const struct search_item *item, size_t i)
{
	size_t end = i + 1 < item->span_count ? item->spans[i + 1].first_group : item->group_count;
	char text[64];

	for (size_t k = item->spans[i].first_group; k < end; k++) {
		const struct search_group *group = &item->groups[k];
		bool absent = group->begin == SEARCH_NO_GROUP;
		int n = snprintf(text, sizeof(text), absent ? ",-" : ",%zu-%zu", group->begin, group->end);

		append(t, text, (size_t)n);
	}
}

static void add_spans(struct transcript *t, const struct search_item *item)
{
	char text[64];

	for (size_t i = 0; i < item->span_count; i++) {
		int n = snprintf(text, sizeof(text), " %zu-%zu", item->spans[i].begin, item->spans[i].end);

		append(t, text, (size_t)n);
		if (t->full) {
			n = snprintf(text, sizeof(text), " of %u", item->spans[i].pattern);
			append(t, text, (size_t)n);
		}
		add_groups(t, item, i);
	}
	append(t, "\n", 1);
}

/* The rest of an item, in a line of its own. */
static void add_rest(struct transcript *t, const struct search_item *item)
{
	char text[256];
	int n = snprintf(text, sizeof(text), "reason %d, number %llu, %llu bytes on disk, inode %llu on %llu, modified %lld.%u\n",
			 (int)item->reason, t->numbered ? (unsigned long long)item->file_number : 0ULL,
			 (unsigned long long)item->file_size, (unsigned long long)item->inode,
			 (unsigned long long)item->device, (long long)item->modified, item->modified_ns);

	append(t, text, (size_t)n);
}

void transcript_add(struct transcript *t, const struct search_item *item)
{
	uint64_t bytes = item->bytes;
	char head[256];
	int n;

	begin_block(t, item);
	append(t, item->path, item->path_length);
	n = snprintf(head, sizeof(head),
		     ": kind %u flags %u source %llu line %llu at %llu length %zu of %llu from %llu error %d "
		     "matches %llu bytes %llu spans",
		     item->kind, item->flags, (unsigned long long)item->source,
		     (unsigned long long)item->line, (unsigned long long)item->offset, item->length,
		     (unsigned long long)item->line_bytes, (unsigned long long)item->text_offset, item->error,
		     (unsigned long long)item->matches, (unsigned long long)bytes);
	append(t, head, (size_t)n);
	add_spans(t, item);
	append(t, item->text, item->length);
	append(t, "\n", 1);
	if (t->full)
		add_rest(t, item);
	if (item->message != NULL && !t->brief)
		append(t, item->message, strlen(item->message));
	t->items++;
}

void transcript_free(struct transcript *t)
{
	free(t->bytes);
	free(t->blocks);
	*t = (struct transcript){ 0 };
}

/* --- taking --- */

static void wait_until_readable(struct pollfd *watched)
{
	while (poll(watched, 1, 60000) < 0 && errno == EINTR)
		;
	if (watched->revents == 0) {
		fprintf(stderr, "search_fd was not readable for a minute\n");
		abort();
	}
}

static int poll_for_items(struct search *s, const struct search_item *const **items, size_t most)
{
	for (;;) {
		struct pollfd watched = { .fd = search_fd(s), .events = POLLIN };
		int rc = search_try_next_many(s, items, most);

		if (rc != SEARCH_EAGAIN)
			return rc;
		wait_until_readable(&watched);
	}
}

static int poll_for_item(struct search *s, const struct search_item **item)
{
	for (;;) {
		struct pollfd watched = { .fd = search_fd(s), .events = POLLIN };
		int rc = search_try_next(s, item);

		if (rc != SEARCH_EAGAIN)
			return rc;
		wait_until_readable(&watched);
	}
}

int take_item(struct search *s, enum take how, const struct search_item **item)
{
	static _Thread_local unsigned turn;

	if (how == TAKE_MIX || how == TAKE_MANY)
		how = ++turn % 3 == 0 ? TAKE_POLL : TAKE_NEXT;
	return how == TAKE_POLL ? poll_for_item(s, item) : search_next(s, item);
}

/* Takes some items at once. Returns how many, or what search_next returns. */
static int take_many(struct search *s, const struct search_item *const **items)
{
	static const size_t counts[] = { 1, 2, 7, 1000, SIZE_MAX };
	static _Thread_local const struct search_item *one;
	static _Thread_local unsigned turn;
	size_t most = counts[++turn % 5];
	int rc;

	if (turn % 7 == 0) {
		*items = &one;
		return search_next(s, &one);
	}
	rc = turn % 3 == 0 ? poll_for_items(s, items, most) : search_next_many(s, items, most);
	assert_true(rc <= 0 || (size_t)rc <= most);
	return rc;
}

/* All of them are looked at only once the last is there. */
static int collect_many(struct search *s, struct transcript *t)
{
	const struct search_item *const *items;
	int rc;

	while ((rc = take_many(s, &items)) > 0)
		for (int i = 0; i < rc; i++)
			transcript_add(t, items[i]);
	return rc;
}

int collect_items(struct search *s, enum take how, struct transcript *t)
{
	const struct search_item *item;
	int rc;

	if (how == TAKE_MANY)
		return collect_many(s, t);
	while ((rc = take_item(s, how, &item)) == 1)
		transcript_add(t, item);
	return rc;
}

struct search *open_search(const struct search_options *options)
{
	struct search_error error = SEARCH_ERROR_INIT;
	struct search *s;

	if (search_open(&s, options, &error) != SEARCH_OK)
		fail_msg("search_open: %d %s", error.code, error.message);
	return s;
}

int collect(const struct search_options *options, enum take how, struct transcript *t)
{
	struct search *s = open_search(options);
	int rc = collect_items(s, how, t);

	search_close(s);
	return rc;
}

void simple_init(struct simple *simple, const char *pattern, const char *path)
{
	*simple = (struct simple){ .options = SEARCH_OPTIONS_INIT, .walk = SEARCH_WALK_INIT };
	simple->options.walk = &simple->walk;
	simple->pattern = (struct search_pattern){ .text = pattern, .length = strlen(pattern) };
	simple->source.path = path;
	simple->options.patterns = &simple->pattern;
	simple->options.pattern_count = 1;
	simple->options.sources = &simple->source;
	simple->options.source_count = path != NULL;
}

/* --- comparing --- */

void show_difference(const struct transcript *a, const struct transcript *b)
{
	size_t at = 0, from;

	while (at < a->length && at < b->length && a->bytes[at] == b->bytes[at])
		at++;
	from = at > 300 ? at - 300 : 0;
	fprintf(stderr, "--- expected (%zu items), from byte %zu:\n%.600s\n", a->items, from,
		a->bytes != NULL && from < a->length ? a->bytes + from : "(end)");
	fprintf(stderr, "--- got (%zu items):\n%.600s\n---\n", b->items,
		b->bytes != NULL && from < b->length ? b->bytes + from : "(end)");
}

void assert_same(const struct transcript *expected, const struct transcript *got, const char *what)
{
	if (expected->length == got->length && expected->items == got->items &&
	    (got->length == 0 || memcmp(expected->bytes, got->bytes, got->length) == 0))
		return;
	show_difference(expected, got);
	fail_msg("%s: other items than expected", what);
}

struct piece {
	const char *bytes;
	size_t length;
};

static int by_bytes(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;
	int order = memcmp(x->bytes, y->bytes, x->length < y->length ? x->length : y->length);

	return order != 0 ? order : (x->length > y->length) - (x->length < y->length);
}

static void sort_blocks(const struct transcript *t, struct transcript *sorted)
{
	struct piece *pieces = calloc(t->block_count + 1, sizeof(*pieces));

	assert_non_null(pieces);
	for (size_t i = 0; i < t->block_count; i++) {
		size_t end = i + 1 < t->block_count ? t->blocks[i + 1] : t->length;

		pieces[i] = (struct piece){ t->bytes + t->blocks[i], end - t->blocks[i] };
	}
	if (t->block_count > 0)
		qsort(pieces, t->block_count, sizeof(*pieces), by_bytes);
	for (size_t i = 0; i < t->block_count; i++)
		append(sorted, pieces[i].bytes, pieces[i].length);
	sorted->items = t->items;
	free(pieces);
}

void assert_same_blocks(const struct transcript *expected, const struct transcript *got, const char *what)
{
	struct transcript a = { 0 }, b = { 0 };

	sort_blocks(expected, &a);
	sort_blocks(got, &b);
	if (expected->block_count != got->block_count)
		fprintf(stderr, "%zu files expected, %zu got\n", expected->block_count, got->block_count);
	assert_same(&a, &b, what);
	assert_int_equal(expected->block_count, got->block_count);
	transcript_free(&a);
	transcript_free(&b);
}
