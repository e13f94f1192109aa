/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_cursors.c - any text as options.resume and options.until: it is refused, or what is delivered is a part of the
 * whole, in its order; exactly the part that follows, or precedes, if the cursor is one of this search.
 *
 * libFuzzer: -max_len=400 -timeout=120 -dict=test/fuzz/cursors.dict
 *
 * An input is two bytes that say how, and a cursor; perhaps FF and another one:
 *
 *   0  the search: one of SEARCHES
 *   1  bit 0    the cursor is for `until`, and the other one for `resume`
 *      bit 1    the cursor's sum is made right, and its fingerprints are those of the search
 *      bit 2    there are workers
 *      bit 3-7  not 0: in place of the first cursor, that of an item of the search, the one of this number
 *
 * The files are sources in memory, and some on disk.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEAD = 2, SEARCHES = 5, MOST_ITEMS = 64, CURSOR = 1024, PRINTS = 22 };

/* An item, as far as the place where a search begins does not change it. */
struct seen {
	uint64_t hash;
	char cursor[CURSOR]; /* after it */
};

struct whole {
	struct seen items[MOST_ITEMS];
	size_t count;
};

static const char text[] = "a needle\nhay\r\nx\nhay\nneedle needle\nhay\nhay\n\nhay needle\nlast needle";
static char directory[64];

/* --- files --- */

static void remove_files(void)
{
	static const char *const names[] = { "a", "b/c", "b/d", "b", "z%", "" };
	char path[128];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		remove(path);
	}
}

static void make_file(const char *name, size_t size)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	FUZZ_CHECK(file != NULL && fwrite(text, 1, size, file) == size && fclose(file) == 0);
}

static void make_files(void)
{
	char path[128];

	snprintf(directory, sizeof(directory), "%s/fuzz-cursors-XXXXXX",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	FUZZ_CHECK(mkdtemp(directory) != NULL);
	atexit(remove_files);
	snprintf(path, sizeof(path), "%s/b", directory);
	FUZZ_CHECK(mkdir(path, 0700) == 0);
	make_file("a", sizeof(text) - 1);
	make_file("b/c", 30);
	make_file("b/d", 9);
	make_file("z%", sizeof(text) - 1);
}

/* --- searches --- */

struct query {
	struct search_options options;
	struct search_pattern pattern;
	struct search_source sources[3];
};

static void choose_search(struct query *q, unsigned which)
{
	struct search_options *o = &q->options;

	*o = (struct search_options)SEARCH_OPTIONS_INIT;
	q->pattern = (struct search_pattern){ .text = "needle", .length = 6 };
	q->sources[0] = (struct search_source){
		.kind = SEARCH_SOURCE_MEMORY, .name = "memory", .data = text, .size = sizeof(text) - 1
	};
	q->sources[1] = (struct search_source){ .path = directory, .name = "shown" };
	q->sources[2] = (struct search_source){ .kind = SEARCH_SOURCE_MEMORY, .data = text + 20, .size = 40 };
	o->patterns = &q->pattern;
	o->pattern_count = 1;
	o->sources = q->sources;
	o->source_count = 3;
	o->workers = SEARCH_NO_WORKERS;
	o->result_flags = which == 1 ? SEARCH_RESULT_LIST :
			  which == 2 ? SEARCH_RESULT_COUNT :
			  which == 3 ? SEARCH_RESULT_FILE_ENDS :
				       0;
	o->before_context = which == 3 ? 1 : 0;
	o->after_context = which == 3 ? 2 : 0;
	o->max_matches_per_file = which == 4 ? 2 : 0;
	o->match_flags = which == 4 ? SEARCH_MATCH_INVERT : 0;
}

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
	const uint8_t *p = bytes;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ p[i]) * 0x100000001B3u;
	return (hash ^ size) * 0x9E3779B97F4A7C15u;
}

static uint64_t hash_item(const struct search_item *item)
{
	const uint64_t numbers[] = {
		item->kind,    item->source, item->line,        item->offset,     item->line_bytes,
		item->matches, item->bytes,  item->file_number, item->span_count, item->text_offset
	};
	uint64_t hash = hash_bytes(0, numbers, sizeof(numbers));

	hash = hash_bytes(hash, item->path, item->path_length);
	return item->text != NULL ? hash_bytes(hash, item->text, item->length) : hash;
}

/* Takes all items, up to MOST_ITEMS. The last one has the cursor where the search ended. */
static void take_all(struct whole *w, const struct search_options *options)
{
	const struct search_item *item;
	struct search *s;
	int rc, length;

	w->count = 0;
	FUZZ_CHECK(search_open(&s, options, NULL) == SEARCH_OK);
	while ((rc = search_next(s, &item)) == 1) {
		struct seen *seen = &w->items[w->count++];

		FUZZ_CHECK(w->count < MOST_ITEMS);
		seen->hash = hash_item(item);
		length = search_cursor(s, seen->cursor, CURSOR);
		FUZZ_CHECK(length > 0 && length < CURSOR && strlen(seen->cursor) == (size_t)length);
	}
	FUZZ_CHECK(rc == 0);
	search_close(s);
}

/* The search without cursors. */
static const struct whole *whole_of(unsigned which)
{
	static struct whole wholes[SEARCHES];
	struct query q;

	if (directory[0] == '\0')
		make_files();
	if (wholes[which].count == 0) {
		choose_search(&q, which);
		take_all(&wholes[which], &q.options);
	}
	return &wholes[which];
}

/* --- cursors --- */

/* Makes the sum right, and the fingerprints those of a cursor of this search. */
static void make_right(char *cursor, const char *of)
{
	char *dot = strrchr(cursor, '.');
	uint32_t sum = 2166136261U;
	char digits[9];

	if (strlen(cursor) < PRINTS || dot == NULL || dot < cursor + PRINTS || strlen(dot) < 9)
		return;
	memcpy(cursor, of, PRINTS);
	for (const char *at = cursor; at <= dot; at++)
		sum = (sum ^ (unsigned char)*at) * 16777619U;
	snprintf(digits, sizeof(digits), "%08x", sum);
	memcpy(dot + 1, digits, 9);
}

/* Which item of the whole the cursor follows, or SIZE_MAX: none. */
static size_t place_of(const struct whole *w, const char *cursor)
{
	for (size_t i = 0; i < w->count; i++)
		if (strcmp(w->items[i].cursor, cursor) == 0)
			return i;
	return SIZE_MAX;
}

struct trial {
	const struct whole *whole;
	char *resume, *until; /* or NULL */
	size_t first, last;   /* of the items that are expected, if both are cursors of the search, */
	bool genuine;
};

static void know_places(struct trial *t)
{
	size_t after = t->resume != NULL ? place_of(t->whole, t->resume) : 0;
	size_t last = t->until != NULL ? place_of(t->whole, t->until) : 0;

	t->genuine = after != SIZE_MAX && last != SIZE_MAX;
	t->first = t->resume != NULL ? after + 1 : 0;
	t->last = t->until != NULL ? last + 1 : t->whole->count;
}

/* --- what is delivered --- */

/* After one item of the search, its cursor gives the next one. */
static void check_next(const struct trial *t, const struct search_options *options, const char *cursor, size_t next)
{
	struct search_options o = *options;
	const struct search_item *item;
	struct search *s;

	o.resume = cursor;
	FUZZ_CHECK(search_open(&s, &o, NULL) == SEARCH_OK);
	if (next < t->last)
		FUZZ_CHECK(search_next(s, &item) == 1 && hash_item(item) == t->whole->items[next].hash);
	else
		FUZZ_CHECK(search_next(s, &item) == 0);
	search_close(s);
}

/* Forged numbers may make other numbers of what is delivered; but it is of these sources, and it ends. */
static void check_items(const struct trial *t, const struct search_options *options, struct search *s)
{
	const struct search_item *item;
	char cursor[CURSOR];
	size_t count = 0, expected = t->first;
	int rc;

	FUZZ_CHECK(t->resume == NULL || search_cursor(s, cursor, CURSOR) == (int)strlen(t->resume));
	while ((rc = search_next(s, &item)) == 1) {
		FUZZ_CHECK(++count <= t->whole->count && item->source < 3 && item->path != NULL);
		if (!t->genuine)
			continue;
		FUZZ_CHECK(expected < t->last && hash_item(item) == t->whole->items[expected].hash);
		FUZZ_CHECK((item->flags & SEARCH_ITEM_FLAG_CHANGED) == 0);
		FUZZ_CHECK(search_cursor(s, cursor, CURSOR) > 0);
		expected++;
		if (count == 1)
			check_next(t, options, cursor, expected);
	}
	FUZZ_CHECK(rc == 0);
	FUZZ_CHECK(!t->genuine || expected == ps_max(t->first, t->last));
}

static void check_search(const struct trial *t, const struct search_options *options)
{
	struct search_error error = SEARCH_ERROR_INIT;
	struct search *s;
	int rc = search_open(&s, options, &error);

	FUZZ_CHECK(error.code == rc && (rc == SEARCH_OK) == (error.message[0] == '\0'));
	if (rc == SEARCH_OK) {
		check_items(t, options, s);
	} else {
		FUZZ_CHECK(rc == SEARCH_EINVAL && error.subject == SEARCH_SUBJECT_CURSOR && error.index < 2);
		FUZZ_CHECK(!t->genuine);
	}
	search_close(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = fuzz_begin(data, size);
	unsigned which = fuzz_below(&in, SEARCHES);
	uint8_t how = fuzz_byte(&in);
	struct trial t = { .whole = whole_of(which) };
	const uint8_t *piece;
	size_t length = fuzz_until(&in, 0xFF, &piece);
	const char *real = t.whole->items[(how >> 3) % t.whole->count].cursor;
	struct query q;

	t.resume = how >> 3 != 0 ? fuzz_string(real, strlen(real)) : fuzz_string(piece, length);
	if (fuzz_left(&in) > 0)
		t.until = fuzz_string(in.at, fuzz_left(&in));
	if ((how & 2) != 0) {
		make_right(t.resume, t.whole->items[0].cursor);
		if (t.until != NULL)
			make_right(t.until, t.whole->items[0].cursor);
	}
	if ((how & 1) != 0) {
		char *other = t.until;

		t.until = t.resume;
		t.resume = other;
	}
	know_places(&t);
	choose_search(&q, which);
	q.options.workers = (how & 4) != 0 ? 2 : SEARCH_NO_WORKERS;
	q.options.resume = t.resume;
	q.options.until = t.until;
	check_search(&t, &q.options);
	free(t.resume);
	free(t.until);
	return 0;
}
