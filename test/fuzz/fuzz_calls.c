/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_calls.c - the public functions in any order: some searches at once, with threads of their own or in pools, with
 * warm trees, overlays and cursors, whose items are taken in all ways, which are canceled, also by another thread, and
 * closed at any moment.
 *
 * Whatever is called, each search delivers what the same search delivers that is run alone and without threads: in that
 * order, no item twice, none left out. Statistics keep to the limits, and never shrink. In the end everything is
 * closed, and no descriptor is left open.
 *
 * libFuzzer: -max_len=160 -timeout=120
 *
 * An input is a list of calls: a byte that says which, and on what, and the bytes that the call takes. See `calls`.
 */
#include "fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	SLOTS = 3,
	POOLS = 2,
	TREES = 2,
	SOURCES = 4,
	KEPT = 64,
	CURSOR = 1024,
	MANY = 300,
	ANSWER = 30000 /* milliseconds */
};

/* --- files --- */

static char directory[64], saved[80], paths[4][96];
static char many_lines[2000];

static const struct {
	const char *name, *text;
} files[] = {
	{ "a", "a needle\nhay\r\nx\nhay\nneedle needle\nhay\nhay\n\nhay needle\nlast needle" },
	{ "b/c", "hay\nneedle\n" },
	{ "b/d", "" },
	{ "b/e/f", "needle\n\n\nneedle of e\n" },
	{ "b/e/g.o", "needle\n" },
	{ ".ignore", "*.o\n" },
	{ ".hidden", "a hidden needle\n" },
	{ "c", "no such thing\n" },
	{ "z/1", "needle 1\n" },
	{ "z/2", "needle 2\n" },
	{ "z/3", "hay\n" },
	{ "z/4", "needle 4\nneedle\n" },
	{ "z/5", "ne\145d\n" },
	{ "z/6", "needle\n" },
};

static const uint8_t gzip[] = { 0x1F, 0x8B, 8,    0, 0, 0,    0,    0,    0,    3, 0xCB, 0x4B, 0x4D, 0x4D,
				0xC9, 0x49, 0xE5, 2, 0, 0x7E, 0x88, 0xE6, 0x5D, 7, 0,    0,    0 };

static void make_file(const char *name, const void *bytes, size_t size)
{
	char path[160];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	for (char *slash = strchr(path + strlen(directory) + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	FUZZ_CHECK(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
	close(fd);
}

static void remove_files(void)
{
	char command[100];

	unlink(saved);
	snprintf(command, sizeof(command), "rm -rf '%s'", directory);
	if (system(command) != 0)
		perror(directory);
}

static void make_files(void)
{
	size_t size = 0;

	snprintf(directory, sizeof(directory), "%s/fuzz-calls-XXXXXX",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	FUZZ_CHECK(mkdtemp(directory) != NULL);
	snprintf(saved, sizeof(saved), "%s.saved", directory);
	atexit(remove_files);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		make_file(files[i].name, files[i].text, strlen(files[i].text));
	while (size + 40 < sizeof(many_lines))
		size += (size_t)sprintf(many_lines + size, "%s line %zu\n", size % 5 != 0 ? "a needle in" : "hay",
					size);
	make_file("many", many_lines, size);
	make_file("b/binary", "needle\n\0needle\n", 15);
	make_file("b/wide", "\xFF\xFE" "n\0e\0e\0d\0l\0e\0\n\0", 16);
	make_file("b/z.gz", gzip, sizeof(gzip));
	snprintf(paths[0], sizeof(paths[0]), "%s/z", directory);
	snprintf(paths[1], sizeof(paths[1]), "%s/b/c", directory);
	snprintf(paths[2], sizeof(paths[2]), "%s/z/new", directory);
	snprintf(paths[3], sizeof(paths[3]), "%s/a", directory);
}

/* --- what is searched for --- */

/* Four bytes say it all, except how. */
struct query {
	struct search_options options;
	struct search_walk walk;
	struct search_pattern pattern;
	struct search_source sources[SOURCES];
	struct search_overlay overlays[3];
	size_t pulled; /* sources that were, if they are pulled */
};

static void choose_flags(struct query *q, uint8_t match, uint8_t result)
{
	static const uint32_t matches[] = { SEARCH_MATCH_IGNORE_CASE, SEARCH_MATCH_INVERT, SEARCH_MATCH_MULTILINE,
					    SEARCH_MATCH_DECOMPRESS,  SEARCH_MATCH_WORD,   SEARCH_MATCH_TEXT,
					    SEARCH_MATCH_CRLF };
	static const uint32_t results[] = { SEARCH_RESULT_FILE_ENDS,       SEARCH_RESULT_COUNT,    SEARCH_RESULT_LIST,
					    SEARCH_RESULT_UNORDERED,       SEARCH_RESULT_NO_SPANS, SEARCH_RESULT_GROUPS,
					    SEARCH_RESULT_NO_LINE_NUMBERS, SEARCH_RESULT_FILE_INFO };

	for (int i = 0; i < 7; i++)
		q->options.match_flags |= (match >> i & 1) != 0 ? matches[i] : 0;
	for (int i = 0; i < 8; i++)
		q->options.result_flags |= (result >> i & 1) != 0 ? results[i] : 0;
	q->options.encoding = (match & 0x80) != 0 ? "auto" : NULL;
	if ((q->options.result_flags & SEARCH_RESULT_GROUPS) != 0)
		q->options.result_flags &= ~(uint32_t)SEARCH_RESULT_NO_SPANS;
}

static void choose_sources(struct query *q, uint8_t which)
{
	const struct search_source all[SOURCES] = {
		{ .kind = SEARCH_SOURCE_MEMORY,
		  .name = "memory",
		  .data = files[0].text,
		  .size = strlen(files[0].text) },
		{ .path = directory, .name = "shown" },
		{ .kind = SEARCH_SOURCE_MEMORY, .data = many_lines, .size = strlen(many_lines) },
		{ .path = "/nowhere/at/all" },
	};

	for (int i = 0; i < SOURCES; i++)
		if ((which >> i & 1) != 0 || which % 16 == 0)
			q->sources[q->options.source_count++] = all[i];
	q->walk = (struct search_walk)SEARCH_WALK_INIT;
	q->walk.flags = (which & 16) != 0 ? SEARCH_WALK_IGNORE_FILES | SEARCH_WALK_SKIP_HIDDEN : 0;
	q->walk.max_depth = (which & 32) != 0 ? 1 : 0;
	q->options.walk = &q->walk;
	if ((which & 64) != 0) {
		q->overlays[0] = (struct search_overlay){ .path = paths[1], .data = "an unsaved needle\n", .size = 18 };
		q->overlays[1] = (struct search_overlay){ .path = paths[2], .data = many_lines, .size = 700 };
		q->overlays[2] = (struct search_overlay){ .path = paths[3], .flags = SEARCH_OVERLAY_REMOVED };
		q->options.overlays = q->overlays;
		q->options.overlay_count = 3;
	}
}

static void choose_query(struct query *q, uint32_t key)
{
	static const char *const patterns[] = {
		"needle", "e", "ne+d", "(n)(e)*dle|hay", "^", "zzz", "needle\\s+h", "x"
	};
	const char *pattern = patterns[key & 7];

	*q = (struct query){ .options = SEARCH_OPTIONS_INIT };
	q->pattern = (struct search_pattern){ .text = pattern, .length = strlen(pattern) };
	q->options.patterns = &q->pattern;
	q->options.pattern_count = 1;
	q->options.sources = q->sources;
	q->options.after_context = key >> 3 & 1;
	q->options.before_context = (key >> 4 & 1) * 2;
	q->options.max_matches = (key >> 5 & 3) == 3 ? 5 : 0;
	q->options.max_matches_per_file = (key >> 5 & 3) == 2 ? 2 : 0;
	q->options.max_item_bytes = (key >> 7 & 1) != 0 ? 16 : 0;
	choose_flags(q, (uint8_t)(key >> 8), (uint8_t)(key >> 16));
	if ((q->options.result_flags & SEARCH_RESULT_UNORDERED) != 0)
		q->options.max_matches = 0; /* any of them could be the first */
	choose_sources(q, (uint8_t)(key >> 24));
}

/* --- what it delivers --- */

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
	const uint8_t *p = bytes;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ p[i]) * 0x100000001B3u;
	return (hash ^ size) * 0x9E3779B97F4A7C15u;
}

/* All that an item says. Without an order its number is left out. */
static uint64_t hash_item(const struct search_item *item, bool unordered)
{
	const uint64_t numbers[] = { item->kind,        item->flags,           item->source,
				     item->line,        item->offset,          item->line_bytes,
				     item->text_offset, (uint64_t)item->error, item->reason,
				     item->matches,     item->bytes,           unordered ? 0 : item->file_number,
				     item->file_size,   item->inode,           (uint64_t)item->modified };
	uint64_t hash = hash_bytes(0, numbers, sizeof(numbers));

	FUZZ_CHECK(strlen(item->path) == item->path_length);
	hash = hash_bytes(hash, item->path, item->path_length);
	hash = hash_bytes(hash, item->text, item->text != NULL ? item->length : 0);
	hash = hash_bytes(hash, item->message, item->message != NULL ? strlen(item->message) : 0);
	hash = hash_bytes(hash, item->groups, item->group_count * sizeof(*item->groups));
	for (size_t i = 0; i < item->span_count; i++) {
		const struct search_span *span = &item->spans[i];
		const uint64_t places[] = { span->begin, span->end, span->pattern, span->first_group };

		FUZZ_CHECK(span->begin <= span->end);
		hash = hash_bytes(hash, places, sizeof(places));
	}
	return hash;
}

/* One file's items, or those of one error: they stay together and in order, also where files do not. */
static uint64_t hash_place(const struct search_item *item)
{
	return hash_bytes(item->source, item->path, item->path_length);
}

struct reference {
	uint32_t key;
	bool known, refused;
	uint64_t *items, *places;
	size_t count, space;
	int outcome;
	uint64_t errors, matches;
};

/* Files that are only listed keep their order. */
static bool is_unordered(const struct query *q)
{
	return (q->options.result_flags & (SEARCH_RESULT_UNORDERED | SEARCH_RESULT_LIST)) == SEARCH_RESULT_UNORDERED;
}

static void run_reference(struct reference *r, const struct query *q)
{
	bool unordered = is_unordered(q);
	struct search_options options = q->options;
	const struct search_item *item;
	struct search_stats stats = SEARCH_STATS_INIT;
	struct search *s;
	size_t space;
	int rc;

	options.workers = SEARCH_NO_WORKERS;
	r->refused = search_open(&s, &options, NULL) != SEARCH_OK;
	if (r->refused)
		return;
	while ((rc = search_next(s, &item)) == 1) {
		space = r->space;
		r->items = ps_grow(r->items, &space, r->count + 1, sizeof(*r->items));
		r->places = ps_grow(r->places, &r->space, r->count + 1, sizeof(*r->places));
		r->places[r->count] = hash_place(item);
		r->items[r->count++] = hash_item(item, unordered);
	}
	FUZZ_CHECK(rc == 0 && search_stats(s, &stats) == SEARCH_OK);
	r->outcome = search_outcome(s);
	r->errors = stats.errors;
	r->matches = stats.matches;
	search_close(s);
}

/* What a query delivers; kept until another one takes its place. */
static const struct reference *reference_of(uint32_t key)
{
	static struct reference kept[KEPT];
	struct reference *r = &kept[(key * 0x9E3779B1u) >> 26];
	struct query q;

	if (r->known && r->key == key)
		return r;
	free(r->items);
	free(r->places);
	*r = (struct reference){ .key = key, .known = true };
	choose_query(&q, key);
	run_reference(r, &q);
	return r;
}

/* --- the state --- */

struct slot {
	struct search *s;
	struct query q;
	struct reference expected; /* a copy */
	bool *used;      /* unordered: which of these items came */
	size_t taken;    /* in order: how many of these, those before `resume` included */
	bool unordered, canceled, over, pooled, polls;
	struct search_stats stats; /* when they were last asked for */
};

struct state {
	struct slot slots[SLOTS];
	struct search_pool *pools[POOLS];
	struct search_tree *trees[TREES];
	struct {
		char text[CURSOR];
		uint32_t key;
		size_t taken;
		bool there;
	} cursor;
	struct fuzz_input in;
};

static int next_source(void *context, struct search_source *source)
{
	struct query *q = context;
	size_t i = q->pulled;

	if (i == q->options.source_count)
		return 0;
	*source = q->sources[i];
	q->pulled++;
	return 1;
}

/* --- taking items --- */

/* Of a search without order: the next item of its file that has not come. */
static void take_any(struct slot *slot, const struct search_item *item)
{
	uint64_t hash = hash_item(item, true), place = hash_place(item);

	for (size_t i = 0; i < slot->expected.count; i++) {
		if (slot->used[i] || slot->expected.places[i] != place)
			continue;
		FUZZ_CHECK(slot->expected.items[i] == hash);
		slot->used[i] = true;
		slot->taken++;
		return;
	}
	FUZZ_FAIL("an item is not expected");
}

static void take(struct slot *slot, const struct search_item *item)
{
	FUZZ_CHECK(!slot->over && slot->taken < slot->expected.count);
	if (slot->unordered) {
		take_any(slot, item);
		return;
	}
	FUZZ_CHECK(slot->expected.items[slot->taken] == hash_item(item, false));
	slot->taken++;
}

/* What a call returned that has no item. */
static void check_end(struct slot *slot, int rc)
{
	if (rc == SEARCH_ECANCELED) {
		FUZZ_CHECK(slot->canceled);
		slot->over = true;
		return;
	}
	FUZZ_CHECK(rc == 0);
	FUZZ_CHECK(slot->taken == slot->expected.count);
	if (!slot->over && !slot->canceled)
		FUZZ_CHECK(search_outcome(slot->s) == slot->expected.outcome);
	slot->over = true;
}

static void call_next(struct slot *slot, unsigned times)
{
	const struct search_item *item;
	int rc = 1;

	while (rc == 1 && times-- > 0) {
		rc = search_next(slot->s, &item);
		FUZZ_CHECK((rc == 1) == (item != NULL));
		if (rc == 1)
			take(slot, item);
		else
			check_end(slot, rc);
	}
}

/* Waits until there is something, if there was nothing. */
static void call_try_next(struct slot *slot, unsigned times)
{
	const struct search_item *item;
	int rc = 1;

	for (unsigned waits = 0; rc == 1 && times > 0; times--) {
		struct pollfd watched = { .fd = slot->polls ? search_fd(slot->s) : -1, .events = POLLIN };

		rc = search_try_next(slot->s, &item);
		if (rc == SEARCH_EAGAIN && slot->polls && waits++ < 1000) {
			FUZZ_CHECK(poll(&watched, 1, ANSWER) == 1);
			times++;
			rc = 1;
		} else if (rc == 1) {
			take(slot, item);
		} else if (rc != SEARCH_EAGAIN) {
			check_end(slot, rc);
		}
	}
}

static void call_next_many(struct slot *slot, size_t most, bool waits)
{
	const struct search_item *const *items;
	int rc = waits ? search_next_many(slot->s, &items, most) : search_try_next_many(slot->s, &items, most);

	FUZZ_CHECK(rc <= 0 || (size_t)rc <= most);
	for (int i = 0; i < rc; i++)
		take(slot, items[i]);
	if (rc <= 0 && (waits || rc != SEARCH_EAGAIN))
		check_end(slot, rc);
}

/* --- other calls on a search --- */

static void call_stats(struct slot *slot)
{
	struct search_stats now = SEARCH_STATS_INIT;
	const struct search_options *o = &slot->q.options;

	FUZZ_CHECK(search_stats(slot->s, &now) == SEARCH_OK);
	FUZZ_CHECK(now.files_found >= slot->stats.files_found && now.bytes >= slot->stats.bytes &&
		   now.errors >= slot->stats.errors && now.matches >= slot->stats.matches &&
		   now.directories >= slot->stats.directories);
	FUZZ_CHECK(slot->pooled || now.peak_open_files <= o->max_open_files);
	FUZZ_CHECK(now.peak_queued_matches <= o->max_queued_matches);
	/* beyond a limit more may be found, which is not delivered */
	if (slot->over && !slot->canceled && slot->expected.outcome == SEARCH_OUTCOME_COMPLETE && o->resume == NULL &&
	    o->max_matches_per_file == 0)
		FUZZ_CHECK(now.errors == slot->expected.errors && now.matches == slot->expected.matches &&
			   now.files_searched + now.files_skipped <= now.files_found);
	slot->stats = now;
}

static void call_cursor(struct state *state, struct slot *slot)
{
	char text[CURSOR];
	int length = search_cursor(slot->s, text, CURSOR);
	bool refuses = slot->unordered || slot->q.options.next_source != NULL;

	if (refuses || (slot->taken == 0 && slot->q.options.resume == NULL)) {
		FUZZ_CHECK(length == SEARCH_EINVAL);
		return;
	}
	FUZZ_CHECK(length > 0 && length < CURSOR && strlen(text) == (size_t)length);
	memcpy(state->cursor.text, text, CURSOR);
	state->cursor.key = slot->expected.key;
	state->cursor.taken = slot->taken;
	state->cursor.there = true;
}

static void *cancel(void *s)
{
	search_cancel(s);
	return NULL;
}

/* Another thread cancels the search while this one takes items. */
static void call_cancel_beside(struct slot *slot, unsigned times)
{
	pthread_t thread;

	slot->canceled = true;
	FUZZ_CHECK(pthread_create(&thread, NULL, cancel, slot->s) == 0);
	call_next(slot, times);
	pthread_join(thread, NULL);
}

static void close_slot(struct slot *slot)
{
	search_close(slot->s);
	free(slot->expected.items);
	free(slot->expected.places);
	free(slot->used);
	*slot = (struct slot){ 0 };
}

/* --- opening --- */

static void choose_limits(struct search_options *o, uint8_t how)
{
	static const uint32_t open_files[] = { 2, 3, 5, 128 }, queued[] = { 1, 2, 7, 4096 };

	o->max_open_files = open_files[how & 3];
	o->max_queued_matches = queued[how >> 2 & 3];
	o->max_queued_bytes = (how & 16) != 0 ? 1 : 0;
	o->split_bytes = (how & 32) != 0 ? 512 : 0;
	o->result_flags |= (how & 64) != 0 ? SEARCH_RESULT_SOCKET : 0;
}

static void choose_threads(struct state *state, struct slot *slot, uint8_t how)
{
	struct search_options *o = &slot->q.options;

	o->pool = (how & 1) != 0 ? state->pools[how >> 1 & 1] : NULL;
	o->tree = (how & 4) != 0 ? state->trees[how >> 3 & 1] : NULL;
	o->workers = how >> 4 & 3;
	if (o->workers == 0 && o->pool == NULL)
		o->workers = SEARCH_NO_WORKERS;
	o->caller_flags = (how & 64) != 0 && o->workers != SEARCH_NO_WORKERS ? SEARCH_CALLER_NO_HELP : 0;
	if (o->pool != NULL)
		o->priority = how % 3;
	slot->pooled = o->pool != NULL;
	slot->polls = (how & 128) != 0;
}

static void copy_reference(struct slot *slot, const struct reference *from)
{
	slot->expected = *from;
	slot->expected.items = fuzz_copy(from->items, from->count * sizeof(*from->items));
	slot->expected.places = fuzz_copy(from->places, from->count * sizeof(*from->places));
	slot->used = calloc(from->count + 1, sizeof(bool));
}

/* From where the cursor was taken, if it is of such a search; or its sources are pulled. */
static void choose_start(struct state *state, struct slot *slot, uint8_t how)
{
	struct search_options *o = &slot->q.options;

	if ((how & 1) != 0 && state->cursor.there && state->cursor.key == slot->expected.key && !slot->unordered &&
	    o->max_matches == 0) { /* which would count from there */
		o->resume = state->cursor.text;
		slot->taken = state->cursor.taken;
	} else if ((how & 2) != 0) {
		o->next_source = next_source;
		o->next_source_context = &slot->q;
		o->source_count = 0;
	}
}

static void call_open(struct state *state, struct slot *slot)
{
	uint32_t key = 0, sources;
	const struct reference *r;
	uint8_t limits, threads, start;
	int rc;

	if (slot->s != NULL)
		close_slot(slot);
	for (int i = 0; i < 4; i++)
		key = key << 8 | fuzz_byte(&state->in);
	limits = fuzz_byte(&state->in);
	threads = fuzz_byte(&state->in);
	start = fuzz_byte(&state->in);
	r = reference_of(key);
	if (r->refused)
		return;
	choose_query(&slot->q, key);
	slot->unordered = is_unordered(&slot->q);
	copy_reference(slot, r);
	choose_limits(&slot->q.options, limits);
	choose_threads(state, slot, threads);
	sources = (uint32_t)slot->q.options.source_count;
	choose_start(state, slot, start);
	rc = search_open(&slot->s, &slot->q.options, NULL);
	slot->q.options.source_count = sources; /* of next_source() */
	FUZZ_CHECK(rc == SEARCH_OK);
	slot->q.options.resume = slot->q.options.resume != NULL ? "some" : NULL;
}

/* --- pools and trees --- */

static void open_pool(struct state *state, int i)
{
	struct search_pool_options options = SEARCH_POOL_OPTIONS_INIT;
	uint8_t how = fuzz_byte(&state->in);

	search_pool_close(state->pools[i]);
	options.workers = 1 + how % 3;
	options.max_open_files = 4 + (how >> 2) % 4;
	options.max_queued_bytes = (how & 16) != 0 ? 1 : 0;
	options.max_memory = (how & 32) != 0 ? 1 : 0;
	FUZZ_CHECK(search_pool_open(&state->pools[i], &options, NULL) == SEARCH_OK);
}

static void check_pool(const struct search_pool *pool)
{
	struct search_pool_stats stats = SEARCH_POOL_STATS_INIT;

	FUZZ_CHECK(search_pool_stats(pool, &stats) == SEARCH_OK);
	FUZZ_CHECK(stats.workers >= 1 && stats.workers <= 3 && stats.searches <= SLOTS);
	FUZZ_CHECK(stats.open_files <= stats.peak_open_files && stats.memory <= stats.peak_memory);
}

static void open_tree(struct state *state, int i)
{
	struct search_tree_options options = SEARCH_TREE_OPTIONS_INIT;
	uint8_t how = fuzz_byte(&state->in);

	search_tree_close(state->trees[i]);
	options.trust = how % 3;
	options.max_bytes = (how & 4) != 0 ? 1 << 20 : 0;
	options.learn_percent = (how & 8) != 0 ? 1000 : 0;
	FUZZ_CHECK(search_tree_open(&state->trees[i], &options, NULL) == SEARCH_OK);
}

static void use_tree(struct search_tree *tree, uint8_t how)
{
	struct search_tree_stats stats = SEARCH_TREE_STATS_INIT;
	int rc = SEARCH_OK;

	switch (how % 5) {
	case 0: rc = search_tree_learn(tree, how % 4); break;
	case 1: rc = search_tree_changed(tree, how < 99 ? NULL : paths[how % 4]); break;
	case 2: rc = search_tree_save(tree, saved, NULL); break;
	case 3: search_tree_load(tree, saved, NULL); break; /* there may be none */
	default: search_tree_cancel(tree);
	}
	FUZZ_CHECK(rc == SEARCH_OK || (how % 5 == 0 && (rc == 1 || rc == SEARCH_ECANCELED)));
	FUZZ_CHECK(search_tree_stats(tree, &stats) == SEARCH_OK && stats.bytes <= stats.peak_bytes);
}

/* --- the calls --- */

enum call {
	OPEN,
	NEXT,
	TRY_NEXT,
	NEXT_MANY,
	TRY_NEXT_MANY,
	DRAIN,
	CANCEL,
	CANCEL_BESIDE,
	STATS,
	CURSOR_OF,
	CLOSE,
	CALLS
};

static void call_slot(struct state *state, struct slot *slot, enum call call)
{
	uint8_t n;

	if (call == OPEN)
		call_open(state, slot);
	if (call == OPEN || slot->s == NULL)
		return;
	switch (call) {
	case NEXT: call_next(slot, 1 + fuzz_below(&state->in, 20)); break;
	case TRY_NEXT: call_try_next(slot, 1 + fuzz_below(&state->in, 20)); break;
	case NEXT_MANY:
	case TRY_NEXT_MANY:
		n = fuzz_byte(&state->in);
		call_next_many(slot, n < 100 ? 1u + n : SIZE_MAX, call == NEXT_MANY);
		break;
	case DRAIN: call_next(slot, UINT32_MAX); break;
	case CANCEL:
		search_cancel(slot->s);
		slot->canceled = true;
		break;
	case CANCEL_BESIDE: call_cancel_beside(slot, fuzz_byte(&state->in)); break;
	case STATS: call_stats(slot); break;
	case CURSOR_OF: call_cursor(state, slot); break;
	default: close_slot(slot);
	}
}

static void call_shared(struct state *state, uint8_t which)
{
	int i = which & 1;

	switch (which >> 1 & 7) {
	case 0: open_pool(state, i); break;
	case 1:
		search_pool_close(state->pools[i]);
		state->pools[i] = NULL;
		break;
	case 2:
		if (state->pools[i] != NULL)
			check_pool(state->pools[i]);
		break;
	case 3: open_tree(state, i); break;
	case 4:
		search_tree_close(state->trees[i]);
		state->trees[i] = NULL;
		break;
	default:
		if (state->trees[i] != NULL)
			use_tree(state->trees[i], fuzz_byte(&state->in));
	}
}

/* In an order that the input's last bytes choose. */
static void close_all(struct state *state, uint8_t order)
{
	for (int i = 0; i < SLOTS + POOLS + TREES; i++) {
		int which = (i * (1 + order % 6) + order / 6) % 7;

		if (which < SLOTS && state->slots[which].s != NULL)
			close_slot(&state->slots[which]);
		else if (which >= SLOTS && which < SLOTS + POOLS)
			search_pool_close(state->pools[which - SLOTS]);
		else if (which >= SLOTS + POOLS)
			search_tree_close(state->trees[which - SLOTS - POOLS]);
	}
}

static int count_descriptors(void)
{
	DIR *open_ones = opendir("/proc/self/fd");
	int count = 0;

	FUZZ_CHECK(open_ones != NULL);
	while (readdir(open_ones) != NULL)
		count++;
	closedir(open_ones);
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct state state;
	int descriptors;

	if (directory[0] == '\0')
		make_files();
	descriptors = count_descriptors();
	state = (struct state){ .in = fuzz_begin(data, size) };
	while (fuzz_left(&state.in) > 1) {
		uint8_t call = fuzz_byte(&state.in);

		if (call >= 0xC0)
			call_shared(&state, call & 0x3F);
		else
			call_slot(&state, &state.slots[call / CALLS % SLOTS], (enum call)(call % CALLS));
	}
	close_all(&state, fuzz_byte(&state.in));
	FUZZ_CHECK(count_descriptors() == descriptors);
	return 0;
}
