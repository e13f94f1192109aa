/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_scan.c - compares the scanner with a naive reference, which has the whole file in memory and looks at it line by
 * line: random texts, random options, and the same text read in every possible way.
 *
 * A failure names the seed and the number of the case. PS_SEED repeats the run, and PS_CASE=n runs this case alone.
 */
#include "../../lib/base/base.h"

#include "../../lib/scan/scan.h"
#include "../support/random.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"
#include "../support/scale.h"

#define NEEDLE "ab"

enum { PROBE = 64 * 1024, BUFFER = 128 * 1024 };

struct text {
	uint8_t *bytes;
	size_t size;
};

/* An item of the reference, or of the scanner. */
struct item {
	uint32_t kind, flags;
	int error;
	uint64_t line, offset, line_length, window;
	uint8_t *text;
	size_t length;
	struct search_span *spans;
	size_t span_count;
};

struct items {
	struct item *at;
	size_t count, space;
	bool skipped;
	uint64_t bytes; /* of the totals */
	uint64_t matches;
};

static struct item *add_item(struct items *items, uint32_t kind)
{
	if (items->count == items->space) {
		items->space = items->space * 2 + 16;
		items->at = realloc(items->at, items->space * sizeof(*items->at));
	}
	items->at[items->count] = (struct item){ .kind = kind };
	return &items->at[items->count++];
}

static void *copy(const void *from, size_t size)
{
	void *to = malloc(size + 1);

	if (size > 0)
		memcpy(to, from, size);
	return to;
}

static void free_items(struct items *items)
{
	for (size_t i = 0; i < items->count; i++) {
		free(items->at[i].text);
		free(items->at[i].spans);
	}
	free(items->at);
	*items = (struct items){ 0 };
}

/* --- the reference --- */

struct reference {
	const struct ps_scan_options *o;
	struct text text;
	struct ps_line *lines; /* all of them */
	size_t count;
	size_t nul;            /* the first one, or SIZE_MAX */
	size_t probe;          /* a NUL before here makes the whole text binary */
	struct items *items;
	size_t out;            /* index of the first line that was not delivered */
};

/* A NUL ends a line, too, unless the file is searched as text. */
static void split(struct reference *r)
{
	bool text = (r->o->flags & SEARCH_MATCH_TEXT) != 0;

	r->lines = malloc((r->text.size + 1) * sizeof(*r->lines));
	for (size_t at = 0; at < r->text.size;) {
		size_t end = at;

		while (end < r->text.size && r->text.bytes[end] != '\n' && (text || r->text.bytes[end] != '\0'))
			end++;
		r->lines[r->count++] = (struct ps_line){ at, end };
		at = end + 1;
	}
}

/* Finds all occurrences of NEEDLE in a line that do not overlap. */
static size_t places(const struct reference *r, struct ps_line line, struct search_span *spans)
{
	size_t n = 0, length = strlen(NEEDLE);

	for (size_t at = line.begin; at + length <= line.end; at++)
		if (memcmp(r->text.bytes + at, NEEDLE, length) == 0) {
			if (spans != NULL)
				spans[n] = (struct search_span){ .begin = at - line.begin, .end = at - line.begin + length };
			n++;
			at += length - 1;
		}
	return n;
}

static bool is_binary(const struct reference *r, size_t i)
{
	if ((r->o->flags & SEARCH_MATCH_TEXT) != 0 ||
	    (r->o->flags & (SEARCH_RESULT_COUNT | SEARCH_MATCH_SKIP_BINARY)) == SEARCH_RESULT_COUNT)
		return false;
	return r->nul < r->probe || r->nul <= r->lines[i].end;
}

/* With SEARCH_MATCH_INVERT the lines of context have matches, and their spans unless only a part is shown. */
static bool has_spans(const struct ps_scan_options *o, uint32_t kind, size_t length)
{
	bool inverted = (o->flags & SEARCH_MATCH_INVERT) != 0;

	if ((o->flags & SEARCH_RESULT_NO_SPANS) != 0 || (inverted && length > o->max_item_bytes))
		return false;
	return kind == (inverted ? SEARCH_ITEM_CONTEXT : SEARCH_ITEM_MATCH);
}

static void put_line(struct reference *r, size_t i, uint32_t kind)
{
	struct ps_line line = r->lines[i];
	struct item *item;

	r->out = i + 1;
	if ((r->o->flags & SEARCH_RESULT_COUNT) != 0 || (kind == SEARCH_ITEM_CONTEXT && is_binary(r, i)))
		return;
	item = add_item(r->items, kind);
	item->line = (r->o->flags & SEARCH_RESULT_NO_LINE_NUMBERS) != 0 ? 0 : i + 1;
	item->offset = line.begin;
	item->length = (size_t)(line.end - line.begin);
	item->line_length = item->length;
	item->text = copy(r->text.bytes + line.begin, item->length);
	item->flags = line.end == r->text.size ? SEARCH_ITEM_FLAG_NO_EOL : 0;
	if (has_spans(r->o, kind, item->length)) {
		item->spans = malloc((item->length + 1) * sizeof(*item->spans));
		item->span_count = places(r, line, item->spans);
		/* of a line that is shown in part, only those that may be in the window */
		while (item->length > r->o->max_item_bytes && item->span_count > 0 &&
		       item->spans[item->span_count - 1].begin - item->spans[0].begin >= r->o->max_item_bytes)
			item->span_count--;
	}
}

/* Returns the first line of the context before line i. */
static size_t before(const struct reference *r, size_t i)
{
	size_t first = i;

	while (first > r->out && i - first < r->o->before_context &&
	       r->lines[i].begin - r->lines[first - 1].begin <= r->o->max_line_bytes)
		first--;
	return first;
}

static void put_long(struct reference *r, size_t i)
{
	struct item *item = add_item(r->items, SEARCH_ITEM_ERROR);

	item->line = (r->o->flags & SEARCH_RESULT_NO_LINE_NUMBERS) != 0 ? 0 : i + 1;
	item->offset = r->lines[i].begin;
	r->out = i + 1;
}

static bool is_too_long(const struct reference *r, size_t i)
{
	return r->lines[i].end - r->lines[i].begin > r->o->max_line_bytes;
}

/* Does the file end here, because it is binary from this line on? */
static bool skips(const struct reference *r, size_t i)
{
	bool skipping = (r->o->flags & SEARCH_MATCH_SKIP_BINARY) != 0 && (r->o->flags & SEARCH_MATCH_TEXT) == 0;
	bool late = is_too_long(r, i) ? r->nul < r->lines[i].begin : r->nul <= r->lines[i].end;

	return skipping && (r->nul < r->probe || late);
}

static void walk_lines(struct reference *r)
{
	bool invert = (r->o->flags & SEARCH_MATCH_INVERT) != 0, finished = false;
	uint64_t after = 0;

	for (size_t i = 0; i < r->count && !(finished && after == 0); i++) {
		if (skips(r, i)) {
			r->items->skipped = !finished;
			return;
		} else if (is_too_long(r, i)) {
			after = 0;
			put_long(r, i);
			r->items->skipped = r->nul == r->lines[i].end && (r->o->flags & SEARCH_MATCH_SKIP_BINARY) != 0 && !finished;
		} else if (finished || (places(r, r->lines[i], NULL) > 0) == invert) {
			if (after > 0) {
				after--;
				put_line(r, i, SEARCH_ITEM_CONTEXT);
			}
		} else if (is_binary(r, i)) {
			r->items->matches++;
			add_item(r->items, SEARCH_ITEM_BINARY)->offset = r->nul;
			return;
		} else {
			for (size_t c = before(r, i); c < i; c++)
				put_line(r, c, SEARCH_ITEM_CONTEXT);
			put_line(r, i, SEARCH_ITEM_MATCH);
			after = r->o->after_context;
			finished = ++r->items->matches >= r->o->max_matches_per_file;
		}
	}
}

static bool counts_skipping(const struct ps_scan_options *o)
{
	return (o->flags & SEARCH_RESULT_COUNT) != 0 && (o->flags & SEARCH_MATCH_SKIP_BINARY) != 0 &&
	       (o->flags & SEARCH_MATCH_TEXT) == 0;
}

static struct items refer(const struct ps_scan_options *options, struct text text, bool stream)
{
	struct items items = { 0 };
	struct reference r = { .o = options, .text = text, .items = &items };
	const uint8_t *nul = text.size > 0 ? memchr(text.bytes, 0, text.size) : NULL;

	r.probe = stream ? 0 : PROBE;
	r.nul = nul != NULL ? (size_t)(nul - text.bytes) : SIZE_MAX;
	split(&r);
	walk_lines(&r);
	if ((options->flags & SEARCH_RESULT_FILE_ENDS) != 0) {
		struct item *end = add_item(&items, SEARCH_ITEM_FILE_END);

		end->line_length = items.skipped && counts_skipping(options) ? 0 : items.matches;
		end->offset = items.skipped ? r.nul : 0;
	}
	free(r.lines);
	return items;
}

/* --- the scanner --- */

static void take_batch(struct items *items, const struct ps_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct ps_record *r = &batch->records[i];
		struct item *item = add_item(items, r->kind);

		*item = (struct item){
			.kind = r->kind, .flags = r->flags, .error = r->error, .line = r->line,
			.offset = r->offset, .line_length = r->line_length, .window = r->window,
			.text = copy(batch->text + r->text, r->length), .length = r->length,
			.spans = copy(batch->spans + r->spans, r->span_count * sizeof(*batch->spans)),
			.span_count = r->span_count,
		};
	}
}

/*
 * Called when a stream has no bytes: writes some, or returns false if it cannot. Without such a function the scan
 * itself waits, and ends when its wait ends.
 */
typedef bool feed_fn(void *context);

static struct items scan(struct ps_scanner *scanner, const struct ps_scan_options *options,
			 const struct ps_input *input, feed_fn *feed, void *context)
{
	struct items items = { 0 };
	struct ps_batch *batch = ps_batch_new();
	int rc;

	ps_scanner_start(scanner, input);
	do {
		rc = ps_scanner_step(scanner, batch, feed == NULL);
		if (rc == PS_STEP_WAIT && feed != NULL)
			assert_true(feed(context));
		assert_true(rc >= 0);
		assert_true(batch->count <= options->batch_items);
		if (rc == PS_STEP_FULL)
			assert_true(batch->count > 0);
		/* a batch that is not full may be handed on, or filled further: do both */
		if (rc == PS_STEP_FULL || rc == PS_STEP_END || rc == PS_STEP_WAIT || items.count % 2 == 0) {
			take_batch(&items, batch);
			ps_batch_reset(batch);
		}
	} while (rc != PS_STEP_END && !(rc == PS_STEP_WAIT && feed == NULL));
	items.skipped = ps_scanner_totals(scanner)->skipped;
	items.bytes = ps_scanner_totals(scanner)->bytes;
	items.matches = ps_scanner_totals(scanner)->matches;
	ps_batch_free(batch);
	return items;
}

/* --- comparing --- */

static const char *label; /* of the case, for failures */
static unsigned case_number;

#define CHECK(condition, ...) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "case %u, %s: ", case_number, label); \
			fprintf(stderr, __VA_ARGS__); \
			fprintf(stderr, "\n"); \
			fail(); \
		} \
	} while (0)

static bool is_continuation(uint8_t byte)
{
	return (byte & 0xC0) == 0x80;
}

/* A window is about as large as it may be, has the first match, and cuts no character. */
static void check_window(const struct item *got, const struct item *want, size_t max, bool cuts_characters)
{
	const uint8_t *line = want->text;
	size_t end = (size_t)got->window + got->length;

	CHECK((got->flags & SEARCH_ITEM_FLAG_WINDOW) != 0, "no window at %llu", (unsigned long long)got->offset);
	CHECK(got->length <= max && got->length + 6 >= max, "a window of %zu bytes", got->length);
	CHECK(end <= want->length, "a window behind the end of the line");
	CHECK(memcmp(got->text, line + got->window, got->length) == 0, "another text");
	if (want->span_count > 0)
		CHECK(got->window <= want->spans[0].begin && want->spans[0].end <= end,
		      "the first match is outside of the window");
	if (!cuts_characters)
		CHECK((got->window == 0 || !is_continuation(line[got->window])) &&
		      (end == want->length || !is_continuation(line[end])), "a character is cut");
}

static void check_item(size_t i, const struct item *got, const struct item *want,
		       const struct ps_scan_options *o, bool invalid)
{
	bool windowed = want->text != NULL && want->length > o->max_item_bytes;

	CHECK(got->kind == want->kind, "item %zu is of kind %u, not %u (offsets %llu, %llu)", i, got->kind,
	      want->kind, (unsigned long long)got->offset, (unsigned long long)want->offset);
	CHECK(got->offset == want->offset, "item %zu at offset %llu, not %llu", i,
	      (unsigned long long)got->offset, (unsigned long long)want->offset);
	CHECK(got->line == want->line, "item %zu in line %llu, not %llu", i, (unsigned long long)got->line,
	      (unsigned long long)want->line);
	CHECK(got->line_length == want->line_length, "item %zu has length %llu, not %llu", i,
	      (unsigned long long)got->line_length, (unsigned long long)want->line_length);
	if (want->kind == SEARCH_ITEM_FILE_END) /* what is known of the file may become its text */
		CHECK(got->length == 0, "item %zu has a text of %zu bytes", i, got->length);
	if (want->kind == SEARCH_ITEM_FILE_END || want->kind == SEARCH_ITEM_ERROR)
		return;
	CHECK((got->flags & ~(uint32_t)SEARCH_ITEM_FLAG_WINDOW) == want->flags, "item %zu has flags %x, not %x", i,
	      got->flags, want->flags);
	CHECK(got->span_count == want->span_count, "item %zu has %zu spans, not %zu", i, got->span_count,
	      want->span_count);
	for (size_t s = 0; s < want->span_count; s++)
		CHECK(got->spans[s].begin == want->spans[s].begin && got->spans[s].end == want->spans[s].end,
		      "item %zu: another span %zu", i, s);
	if (windowed) {
		check_window(got, want, o->max_item_bytes, invalid);
		return;
	}
	CHECK((got->flags & SEARCH_ITEM_FLAG_WINDOW) == 0 && got->window == 0, "item %zu has a window", i);
	CHECK(got->length == want->length && (want->length == 0 || memcmp(got->text, want->text, want->length) == 0),
	      "item %zu: another text", i);
}

static void check_items(const struct items *got, const struct items *want,
			const struct ps_scan_options *o, bool invalid)
{
	for (size_t i = 0; i < got->count && i < want->count; i++)
		check_item(i, &got->at[i], &want->at[i], o, invalid);
	CHECK(got->count == want->count, "%zu items, not %zu", got->count, want->count);
	CHECK(got->skipped == want->skipped, "skipped: %d, not %d", got->skipped, want->skipped);
	CHECK(got->matches == want->matches, "%llu matches, not %llu", (unsigned long long)got->matches,
	      (unsigned long long)want->matches);
}

/* --- texts --- */

static void append(struct text *text, const void *bytes, size_t size)
{
	text->bytes = realloc(text->bytes, text->size + size + 1);
	if (size > 0)
		memcpy(text->bytes + text->size, bytes, size);
	text->size += size;
}

static void append_pieces(struct text *text, struct random *random, uint32_t count, bool invalid)
{
	static const char *const pieces[] = {
		"a", "b", "ab", "\n", "\n\n", "\nab\n", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", " ", "xyz", "\r\n",
		"\xff", "\x80", "\xe2\x82",
	};
	uint32_t kinds = sizeof(pieces) / sizeof(pieces[0]) - (invalid ? 0 : 3);

	while (count-- > 0) {
		const char *piece = pieces[random_below(random, kinds)];

		append(text, piece, strlen(piece));
	}
}

static void append_filler(struct text *text, struct random *random, size_t size)
{
	uint8_t *bytes = malloc(size + 1);
	uint32_t every = 1 + random_below(random, 3000);

	for (size_t i = 0; i < size; i++)
		bytes[i] = random_below(random, every) == 0 ? '\n' : "abcdefgh"[i % 8 + 0] == 'a' ? 'a' : 'c';
	append(text, bytes, size);
	free(bytes);
}

/* Makes lines that end, start and match near the border of a buffer. */
static struct text border_text(struct random *random)
{
	struct text text = { 0 };
	uint32_t borders = 1 + random_below(random, 3);

	for (uint32_t n = 1; n <= borders; n++) {
		size_t near = n * BUFFER - random_below(random, 20);

		append_filler(&text, random, near - text.size);
		append_pieces(&text, random, random_below(random, 30), false);
	}
	return text;
}

static struct text random_text(struct random *random, bool invalid)
{
	struct text text = { 0 };

	append_pieces(&text, random, random_below(random, 4) * random_below(random, 40), invalid);
	append(&text, "", 0);
	return text;
}

static void plant_nuls(struct text *text, struct random *random)
{
	uint32_t n = 1 + random_below(random, 2);

	while (text->size > 0 && n-- > 0) {
		size_t at = random_below(random, (uint32_t)text->size);

		if (text->bytes[at] != '\n')
			text->bytes[at] = 0;
	}
}

/* --- options --- */

static struct ps_matcher *matcher;

static struct ps_scan_options random_options(struct random *random)
{
	static const uint32_t flags[] = {
		SEARCH_MATCH_INVERT, SEARCH_MATCH_TEXT, SEARCH_MATCH_SKIP_BINARY, SEARCH_RESULT_COUNT, SEARCH_RESULT_NO_SPANS,
		SEARCH_RESULT_NO_LINE_NUMBERS, SEARCH_RESULT_FILE_ENDS,
	};
	struct ps_scan_options o = {
		.matcher = matcher,
		.max_matches_per_file = random_percent(random, 30) ? 1 + random_below(random, 4) : UINT64_MAX,
		.max_line_bytes = random_percent(random, 30) ? 1 + random_below(random, 40) : 16 << 20,
		.max_item_bytes = random_percent(random, 40) ? 16 + random_below(random, 10) : 1 << 20,
		.batch_items = random_percent(random, 50) ? 1 : 1 + random_below(random, 600),
		.batch_bytes = random_percent(random, 20) ? 0 : (size_t)1 << random_below(random, 16),
		.before_context = random_percent(random, 50) ? random_below(random, 5) : 0,
		.after_context = random_percent(random, 50) ? random_below(random, 5) : 0,
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (random_percent(random, i < 1 ? 35 : 20))
			o.flags |= flags[i];
	if ((o.flags & SEARCH_RESULT_COUNT) != 0) {
		o.flags |= SEARCH_RESULT_FILE_ENDS;
		o.before_context = o.after_context = 0; /* as options.c does */
	}
	return o;
}

/* --- ways to read --- */

static struct ps_input input_new(int fd)
{
	return (struct ps_input){ .fd = fd, .stop_fd = -1, .deadline = UINT64_MAX };
}

static struct items scan_memory(struct ps_scanner *s, const struct ps_scan_options *o, struct text text)
{
	struct ps_input input = input_new(-1);
	uint8_t *exact = copy(text.bytes, text.size); /* for ASan: nothing after the end may be read */
	struct items items;

	exact = realloc(exact, text.size > 0 ? text.size : 1);
	input.data = text.size > 0 ? exact : NULL;
	input.size = text.size;
	items = scan(s, o, &input, NULL, NULL);
	free(exact);
	return items;
}

static struct items scan_file(struct ps_scanner *s, const struct ps_scan_options *o, struct text text,
			      bool short_read_is_end)
{
	int fd = memfd_create("text", MFD_CLOEXEC);
	struct ps_input input = input_new(fd);
	struct items items;

	assert_int_equal(write(fd, text.bytes, text.size), (ssize_t)text.size);
	lseek(fd, 0, SEEK_SET);
	input.short_read_is_end = short_read_is_end;
	items = scan(s, o, &input, NULL, NULL);
	close(fd);
	return items;
}

/* A pipe that gets a random piece of the text whenever it is empty. */
struct dribble {
	struct random random;
	struct text text;
	size_t written;
	uint32_t most;
	int fd;
};

static bool dribble(void *context)
{
	struct dribble *d = context;
	size_t n = 1 + random_below(&d->random, d->most);

	if (d->written == d->text.size) {
		if (d->fd >= 0)
			close(d->fd);
		d->fd = -1;
		return true;
	}
	n = n < d->text.size - d->written ? n : d->text.size - d->written;
	assert_int_equal(write(d->fd, d->text.bytes + d->written, n), (ssize_t)n);
	d->written += n;
	return true;
}

static struct items scan_pipe(struct ps_scanner *s, const struct ps_scan_options *o, struct text text,
			      struct random *random, uint32_t most)
{
	struct dribble d = { .random = *random, .text = text, .most = most };
	struct ps_input input;
	struct items items;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	d.fd = ends[1];
	input = input_new(ends[0]);
	input.stream = true;
	items = scan(s, o, &input, dribble, &d);
	close(ends[0]);
	if (d.fd >= 0)
		close(d.fd);
	return items;
}

/* Not a stream, but each read is short: one message at a time. Returns false if there is no room. */
static bool scan_messages(struct ps_scanner *s, const struct ps_scan_options *o, struct text text,
			  struct random *random, struct items *items)
{
	struct ps_input input;
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	for (size_t at = 0, n; at < text.size; at += n) {
		n = 1 + random_below(random, 1 + random_below(random, 60));
		n = n < text.size - at ? n : text.size - at;
		if (send(ends[1], text.bytes + at, n, MSG_DONTWAIT) != (ssize_t)n) {
			close(ends[0]);
			close(ends[1]);
			return false;
		}
	}
	close(ends[1]);
	input = input_new(ends[0]);
	*items = scan(s, o, &input, NULL, NULL);
	close(ends[0]);
	return true;
}

/* --- the random cases --- */

static void check(struct items got, const struct items *want, const struct ps_scan_options *o,
		  struct text text, bool invalid)
{
	check_items(&got, want, o, invalid);
	if (o->max_matches_per_file == UINT64_MAX && !got.skipped &&
	    (want->count == 0 || want->at[0].kind != SEARCH_ITEM_BINARY) && text.size < PROBE)
		CHECK(got.bytes == text.size || want->matches > 0, "%llu bytes read, not %zu",
		      (unsigned long long)got.bytes, text.size);
	free_items(&got);
}

static void run_case(struct random *random, struct text text, bool invalid)
{
	struct ps_scan_options o = random_options(random);
	struct items want = refer(&o, text, false), want_stream = refer(&o, text, true), got;
	struct ps_scanner *s;

	assert_int_equal(ps_scanner_new(&s, &o), SEARCH_OK);
	label = "memory";
	check(scan_memory(s, &o, text), &want, &o, text, invalid);
	label = "file";
	check(scan_file(s, &o, text, true), &want, &o, text, invalid);
	label = "file, short reads mean nothing";
	check(scan_file(s, &o, text, false), &want, &o, text, invalid);
	label = "short reads";
	if (text.size < 4096 && scan_messages(s, &o, text, random, &got))
		check(got, &want, &o, text, invalid);
	label = "pipe, byte by byte";
	if (text.size < 4096)
		check(scan_pipe(s, &o, text, random, 1), &want_stream, &o, text, invalid);
	label = "pipe";
	check(scan_pipe(s, &o, text, random, 60000), &want_stream, &o, text, invalid);
	ps_scanner_free(s);
	free_items(&want);
	free_items(&want_stream);
	free(text.bytes);
}

/* Cases are numbered; PS_CASE chooses one. */
static bool is_asked_for(unsigned number)
{
	const char *only = getenv("PS_CASE");

	case_number = number;
	return only == NULL || strtoul(only, NULL, 10) == number;
}

static void test_scan__random_texts_give_what_the_reference_gives(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 6000; i++) {
		struct random random = random_new(i);
		bool invalid = random_percent(&random, 30);
		struct text text;

		if (!is_asked_for(i))
			continue;
		text = random_text(&random, invalid);
		if (random_percent(&random, 20))
			plant_nuls(&text, &random);
		run_case(&random, text, invalid);
	}
}

static void test_scan__lines_at_the_borders_of_buffers_are_found(void **state)
{
	(void)state;
	for (unsigned i = 10000; i < 10150; i++) {
		struct random random = random_new(i);
		struct text text;

		if (!is_asked_for(i))
			continue;
		text = border_text(&random);
		if (random_percent(&random, 20))
			plant_nuls(&text, &random);
		run_case(&random, text, false);
	}
}

/* --- cases by hand --- */

static struct ps_scan_options plain_options(uint32_t flags)
{
	return (struct ps_scan_options){
		.matcher = matcher, .flags = flags, .max_matches_per_file = UINT64_MAX,
		.max_line_bytes = 16 << 20, .max_item_bytes = 1 << 20, .batch_items = 512, .batch_bytes = 32768,
	};
}

static struct items scan_plain(const struct ps_scan_options *o, const struct ps_input *input)
{
	struct ps_scanner *s;
	struct items items;

	assert_int_equal(ps_scanner_new(&s, o), SEARCH_OK);
	items = scan(s, o, input, NULL, NULL);
	ps_scanner_free(s);
	return items;
}

static void test_scan__tiny_texts_have_the_right_lines(void **state)
{
	static const struct {
		const char *text;
		uint32_t flags;
		size_t items;
	} rows[] = {
		{ "", 0, 0 }, { "", SEARCH_MATCH_INVERT, 0 }, { "\n", 0, 0 }, { "\n", SEARCH_MATCH_INVERT, 1 },
		{ "\n\n\n", SEARCH_MATCH_INVERT, 3 }, { "ab", 0, 1 }, { "ab", SEARCH_MATCH_INVERT, 0 }, { "ab\n", 0, 1 },
		{ "\nab", 0, 1 }, { "a\nb", 0, 0 }, { "", SEARCH_RESULT_FILE_ENDS, 1 }, { "x", SEARCH_MATCH_INVERT, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ps_scan_options o = plain_options(rows[i].flags);
		struct ps_input input = input_new(-1);
		struct items items;

		input.data = (const uint8_t *)rows[i].text;
		input.size = strlen(rows[i].text);
		items = scan_plain(&o, &input);
		if (items.count != rows[i].items)
			fail_msg("row %zu: %zu items, not %zu", i, items.count, rows[i].items);
		free_items(&items);
	}
}

/* A NUL in the first 64 KiB makes the whole file binary, a later one only the rest. */
static void test_scan__a_late_nul_makes_only_the_rest_binary(void **state)
{
	static const struct {
		size_t nul;
		size_t matches; /* before the BINARY item */
	} rows[] = { { 0, 0 }, { PROBE - 1, 0 }, { PROBE, 1 }, { 3 * PROBE, 1 } };
	struct text text = { 0 };

	(void)state;
	append(&text, "ab\n", 3);
	while (text.size < 4 * PROBE)
		append(&text, "ccccccccccccccccccccccccccccccc\n", 32);
	append(&text, "ab\n", 3);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ps_scan_options o = plain_options(0);
		struct ps_input input = input_new(-1);
		uint8_t kept = text.bytes[rows[i].nul];
		struct items items;

		text.bytes[rows[i].nul] = 0;
		input.data = text.bytes;
		input.size = text.size;
		items = scan_plain(&o, &input);
		assert_int_equal(items.count, rows[i].matches + 1);
		assert_int_equal(items.at[items.count - 1].kind, SEARCH_ITEM_BINARY);
		assert_int_equal(items.at[items.count - 1].offset, rows[i].nul);
		free_items(&items);
		text.bytes[rows[i].nul] = kept;
	}
	free(text.bytes);
}

static void test_scan__a_descriptor_that_cannot_be_read_is_an_error_item(void **state)
{
	struct ps_scan_options o = plain_options(SEARCH_RESULT_FILE_ENDS);
	int directory = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC), closed = dup(directory);
	struct ps_input input = input_new(closed);
	struct items items;

	(void)state;
	close(closed);
	items = scan_plain(&o, &input);
	assert_int_equal(items.count, 2);
	assert_int_equal(items.at[0].kind, SEARCH_ITEM_ERROR);
	assert_int_equal(items.at[0].error, EBADF);
	assert_int_equal(items.at[1].kind, SEARCH_ITEM_FILE_END);
	free_items(&items);
	input.fd = directory;
	items = scan_plain(&o, &input);
	assert_int_equal(items.at[0].error, EISDIR);
	free_items(&items);
	close(directory);
}

/* Our own memory as a file. -1: that cannot be had, as in an emulator whose addresses are others than the kernel's. */
static int open_memory(const char *known)
{
	int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	char there[3];

	if (fd >= 0 && (pread(fd, there, sizeof(there), (off_t)(uintptr_t)known) != sizeof(there) ||
			memcmp(there, known, sizeof(there)) != 0)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Reads our own memory as a file; the page after it is not mapped. */
static void test_scan__a_read_error_midway_keeps_what_came_before(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *memory = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct ps_scan_options o = plain_options(SEARCH_RESULT_FILE_ENDS);
	struct ps_input input;
	struct items items;
	int fd;

	(void)state;
	assert_true(memory != MAP_FAILED);
	memset(memory, 'c', page);
	memcpy(memory, "ab\n", 3);
	memcpy(memory + page - 6, "ab\nxab", 6);
	munmap(memory + page, page);
	fd = open_memory(memory);
	if (fd < 0 || lseek(fd, (off_t)(uintptr_t)memory, SEEK_SET) < 0)
		skip();
	input = input_new(fd);
	items = scan_plain(&o, &input);
	assert_int_equal(items.count, 5);
	assert_int_equal(items.at[0].kind, SEARCH_ITEM_MATCH);
	assert_int_equal(items.at[1].kind, SEARCH_ITEM_MATCH);
	assert_int_equal(items.at[2].kind, SEARCH_ITEM_MATCH); /* the line that the error cuts off */
	assert_int_equal(items.at[2].offset, page - 3);
	assert_int_equal(items.at[3].kind, SEARCH_ITEM_ERROR);
	assert_int_equal(items.at[3].error, EIO);
	assert_int_equal(items.at[4].kind, SEARCH_ITEM_FILE_END);
	assert_int_equal(items.bytes, page);
	free_items(&items);
	close(fd);
	munmap(memory, page);
}

/* A line may have max_line_bytes, and not a byte more, wherever it is. */
static void test_scan__the_longest_line_is_exactly_as_long_as_allowed(void **state)
{
	(void)state;
	for (size_t max = 1; max < 300000; max = max * 3 + 1)
		for (int more = -1; more <= 1; more++)
			for (int eol = 0; eol <= 1; eol++) {
				size_t length = max + (size_t)more;
				struct ps_scan_options o = plain_options(SEARCH_MATCH_INVERT);
				struct ps_input input = input_new(-1);
				struct text text = { 0 };
				struct items items;
				uint8_t *line = malloc(length + 1);

				memset(line, 'c', length);
				append(&text, "\n", 1);
				append(&text, line, length);
				append(&text, "\n\n", eol ? 2 : 0);
				o.max_line_bytes = max;
				input.data = text.bytes;
				input.size = text.size;
				items = scan_plain(&o, &input);
				if (length == 0 && !eol) {
					assert_int_equal(items.count, 1);
				} else {
					assert_int_equal(items.count, eol ? 3 : 2);
					assert_int_equal(items.at[1].kind, more > 0 ? SEARCH_ITEM_ERROR : SEARCH_ITEM_MATCH);
					assert_int_equal(items.at[1].line, 2);
					assert_int_equal(items.at[1].offset, 1);
				}
				free_items(&items);
				free(text.bytes);
				free(line);
			}
}

/* --- runs of NULs and of empty lines, and holes --- */

/* Makes text with long runs; those of NULs are holes in the file. */
static struct text text_with_runs(struct random *random, int fd)
{
	static const uint8_t fill[] = { 0, 0, 0, '\n' };
	struct text text = { 0 };
	uint32_t runs = 1 + random_below(random, 4);

	append_filler(&text, random, random_percent(random, 50) ? random_below(random, 2 * BUFFER) : 0);
	while (runs-- > 0) {
		size_t size = random_below(random, random_percent(random, 50) ? 4 * BUFFER : 12000);
		uint8_t *run = malloc(size + 1), byte = fill[random_below(random, 4)];

		memset(run, byte, size);
		append(&text, run, size);
		free(run);
		append_pieces(&text, random, random_below(random, 12), false);
	}
	assert_int_equal(ftruncate(fd, (off_t)text.size), 0);
	for (size_t at = 0; at < text.size; at++) {
		size_t end = at;

		while (end < text.size && text.bytes[end] != 0)
			end++;
		if (end > at)
			assert_int_equal(pwrite(fd, text.bytes + at, end - at, (off_t)at), (ssize_t)(end - at));
		at = end;
	}
	return text;
}

static void test_scan__runs_and_holes_give_what_the_reference_gives(void **state)
{
	(void)state;
	label = "runs";
	for (unsigned i = 20000, end = i + (unsigned)how_many_rounds(100, 400); i < end; i++) {
		struct random random = random_new(i);
		int fd = memfd_create("holes", MFD_CLOEXEC);
		struct text text = text_with_runs(&random, fd);
		struct ps_scan_options o = random_options(&random);
		struct ps_input input = input_new(fd);
		struct items want, got;

		case_number = i;
		if (random_percent(&random, 60) && (o.flags & (SEARCH_RESULT_COUNT | SEARCH_MATCH_INVERT)) == SEARCH_MATCH_INVERT)
			o.flags &= ~(uint32_t)SEARCH_MATCH_TEXT; /* each NUL ends a line */
		o.max_line_bytes = random_percent(&random, 50) ? 1 + random_below(&random, 3 * BUFFER) : 16 << 20;
		want = refer(&o, text, false);
		got = scan_plain(&o, &input);
		check_items(&got, &want, &o, false);
		free_items(&got);
		input = input_new(-1);
		input.data = text.bytes;
		input.size = text.size;
		got = scan_plain(&o, &input);
		check_items(&got, &want, &o, false);
		free_items(&got);
		free_items(&want);
		free(text.bytes);
		close(fd);
	}
}

/* A hole of a terabyte is not read, but gives the same items as if it were. */
static void test_scan__a_hole_is_not_read(void **state)
{
	static const struct {
		uint32_t flags;
		uint32_t kind;   /* of the first item */
		uint64_t matches;
	} rows[] = {
		{ 0, SEARCH_ITEM_BINARY, 1 },
		{ SEARCH_MATCH_SKIP_BINARY, SEARCH_ITEM_FILE_END, 0 },
		{ SEARCH_RESULT_COUNT, SEARCH_ITEM_FILE_END, 1 },
		{ SEARCH_RESULT_COUNT | SEARCH_MATCH_INVERT, SEARCH_ITEM_FILE_END, (UINT64_C(1) << 40) + 1 },
		{ SEARCH_MATCH_TEXT, SEARCH_ITEM_ERROR, 1 },
	};
	const uint64_t size = UINT64_C(1) << 40;
	int fd = memfd_create("hole", MFD_CLOEXEC);

	(void)state;
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	assert_int_equal(pwrite(fd, "\nab\n", 4, (off_t)size), 4);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ps_scan_options o = plain_options(rows[i].flags | SEARCH_RESULT_FILE_ENDS);
		struct ps_input input = input_new(fd);
		struct items items;

		assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
		items = scan_plain(&o, &input);
		assert_int_equal(items.at[0].kind, rows[i].kind);
		assert_int_equal(items.matches, rows[i].matches);
		if (rows[i].kind != SEARCH_ITEM_BINARY && (rows[i].flags & SEARCH_MATCH_SKIP_BINARY) == 0)
			assert_int_equal(items.bytes, size + 4);
		free_items(&items);
	}
	close(fd);
}

/* With SKIP_BINARY the first NUL ends the file: hardly more than a buffer is read. */
static void test_scan__with_skip_binary_the_first_nul_ends_the_file(void **state)
{
	struct ps_scan_options o = plain_options(SEARCH_MATCH_SKIP_BINARY | SEARCH_RESULT_FILE_ENDS);
	struct text text = { 0 };
	struct ps_input input = input_new(-1);
	struct random random = random_new(0);
	struct items items;

	(void)state;
	append_filler(&text, &random, 8 << 20);
	text.bytes[0] = 0;
	input.data = text.bytes;
	input.size = text.size;
	items = scan_plain(&o, &input);
	assert_true(items.skipped);
	assert_int_equal(items.count, 1);
	assert_int_equal(items.at[0].window, 0);
	assert_true(items.bytes <= 2 * BUFFER);
	free_items(&items);
	free(text.bytes);
}

/* What was found before the NUL has been delivered, and counts; a count of the file says nothing of it. */
static void test_scan__with_skip_binary_what_came_before_the_nul_counts(void **state)
{
	static const struct {
		uint32_t flags;
		uint64_t matches; /* of the FILE_END */
	} rows[] = { { SEARCH_RESULT_FILE_ENDS, 2 }, { SEARCH_RESULT_FILE_ENDS | SEARCH_RESULT_COUNT, 0 } };
	static uint8_t text[3 * BUFFER];

	(void)state;
	memset(text, '\n', sizeof(text));
	memcpy(text, "ab\nab\n", 6);
	text[sizeof(text) - 2] = '\0';
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ps_scan_options o = plain_options(SEARCH_MATCH_SKIP_BINARY | rows[i].flags);
		struct ps_input input = input_new(-1);
		struct items items;

		input.data = text;
		input.size = sizeof(text);
		items = scan_plain(&o, &input);
		assert_true(items.skipped);
		assert_true(items.count > 0);
		assert_int_equal(items.at[items.count - 1].kind, SEARCH_ITEM_FILE_END);
		assert_int_equal(items.at[items.count - 1].line_length, rows[i].matches);
		free_items(&items);
	}
}

/* Reads our own memory as a file; the page before the part is not mapped. The rest of the context is delivered. */
static void test_scan__unreadable_lines_before_a_part_are_an_error_item(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *memory = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct ps_scan_options o = plain_options(0);
	struct ps_input input;
	struct items items;
	int fd;

	(void)state;
	assert_true(memory != MAP_FAILED);
	memset(memory, '\n', 2 * page);
	memcpy(memory + page + 100, "ab\n", 3);
	munmap(memory, page);
	fd = open_memory(memory + page + 100);
	if (fd < 0)
		skip();
	input = input_new(fd);
	o.before_context = 4;
	input.part = true;
	input.begin = (uint64_t)(uintptr_t)memory + page + 99;
	input.end = input.begin + 10;
	items = scan_plain(&o, &input);
	assert_int_equal(items.count, 3);
	assert_int_equal(items.at[0].kind, SEARCH_ITEM_ERROR);
	assert_int_equal(items.at[0].error, EIO);
	assert_int_equal(items.at[0].flags, PS_RECORD_GAP);
	assert_int_equal(items.at[1].kind, SEARCH_ITEM_CONTEXT); /* a line of the part itself */
	assert_int_equal(items.at[2].kind, SEARCH_ITEM_MATCH);
	free_items(&items);
	close(fd);
	munmap(memory + page, page);
}

/* A line without an end must not be kept: after 64 MiB of it the memory is still small. */
static void test_scan__memory_does_not_grow_with_a_line_that_is_too_long(void **state)
{
	struct ps_scan_options o = plain_options(SEARCH_RESULT_FILE_ENDS);
	int fd = memfd_create("long", MFD_CLOEXEC);
	struct ps_input input = input_new(fd);
	struct items items;

	(void)state;
	assert_int_equal(ftruncate(fd, 64 << 20), 0);
	assert_int_equal(pwrite(fd, "\nab\n", 4, (64 << 20) - 4), 4);
	o.flags |= SEARCH_MATCH_TEXT;
	o.max_line_bytes = 1 << 20;
	items = scan_plain(&o, &input);
	assert_int_equal(items.count, 3);
	assert_int_equal(items.at[0].kind, SEARCH_ITEM_ERROR);
	assert_int_equal(items.at[0].line, 1);
	assert_int_equal(items.at[1].kind, SEARCH_ITEM_MATCH);
	assert_int_equal(items.at[1].line, 2);
	assert_int_equal(items.bytes, 64 << 20);
	free_items(&items);
	close(fd);
}

/* The wait for a stream ends with the search: at stop_fd, or at the deadline. Half a line is not delivered. */
static void test_scan__a_wait_for_a_stream_ends_with_the_search(void **state)
{
	struct ps_scan_options o = plain_options(0);
	int text[2], stop[2];
	struct ps_input input;
	struct timespec now;
	struct items items;

	(void)state;
	assert_int_equal(pipe(text), 0);
	assert_int_equal(pipe(stop), 0);
	assert_int_equal(write(text[1], "ab\nab", 5), 5);
	input = input_new(text[0]);
	input.stream = true;
	clock_gettime(CLOCK_MONOTONIC, &now);
	input.deadline = (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec + 20000000U;
	items = scan_plain(&o, &input);
	assert_int_equal(items.count, 1);
	free_items(&items);
	input.deadline = UINT64_MAX;
	input.stop_fd = stop[0];
	assert_int_equal(write(stop[1], "", 1), 1);
	items = scan_plain(&o, &input);
	assert_int_equal(items.count, 0);
	free_items(&items);
	for (int i = 0; i < 2; i++) {
		close(text[i]);
		close(stop[i]);
	}
}

/* Complete lines in a pipe are delivered before more text comes. */
static void test_scan__complete_lines_of_a_stream_are_not_held_back(void **state)
{
	struct ps_scan_options o = plain_options(0);
	struct ps_batch *batch = ps_batch_new();
	struct ps_scanner *s;
	struct ps_input input;
	int ends[2], rc;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	input = input_new(ends[0]);
	input.stream = true;
	assert_int_equal(ps_scanner_new(&s, &o), SEARCH_OK);
	ps_scanner_start(s, &input);
	for (size_t i = 1; i <= 3; i++) {
		assert_int_equal(write(ends[1], "b\nxab\na", 7), 7);
		while ((rc = ps_scanner_step(s, batch, false)) == PS_STEP_MORE)
			;
		assert_int_equal(rc, PS_STEP_WAIT);
		assert_int_equal(batch->count, i * 2 - 1); /* "ab" comes in two writes */
	}
	ps_scanner_free(s);
	ps_batch_free(batch);
	close(ends[0]);
	close(ends[1]);
}

static int make_matcher(void **state)
{
	static const struct search_pattern pattern = { .text = NEEDLE, .length = sizeof(NEEDLE) - 1 };
	struct ps_match_options options = {
		.patterns = &pattern, .count = 1, .flags = SEARCH_MATCH_FIXED, .cpu = ps_cpu_features(),
	};

	(void)state;
	return ps_matcher_new(&matcher, &options, NULL) == SEARCH_OK ? 0 : -1;
}

static int free_matcher(void **state)
{
	(void)state;
	ps_matcher_free(matcher);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scan__tiny_texts_have_the_right_lines),
		cmocka_unit_test(test_scan__random_texts_give_what_the_reference_gives),
		cmocka_unit_test(test_scan__lines_at_the_borders_of_buffers_are_found),
		cmocka_unit_test(test_scan__a_late_nul_makes_only_the_rest_binary),
		cmocka_unit_test(test_scan__a_descriptor_that_cannot_be_read_is_an_error_item),
		cmocka_unit_test(test_scan__a_read_error_midway_keeps_what_came_before),
		cmocka_unit_test(test_scan__the_longest_line_is_exactly_as_long_as_allowed),
		cmocka_unit_test(test_scan__runs_and_holes_give_what_the_reference_gives),
		cmocka_unit_test(test_scan__a_hole_is_not_read),
		cmocka_unit_test(test_scan__with_skip_binary_the_first_nul_ends_the_file),
		cmocka_unit_test(test_scan__with_skip_binary_what_came_before_the_nul_counts),
		cmocka_unit_test(test_scan__unreadable_lines_before_a_part_are_an_error_item),
		cmocka_unit_test(test_scan__memory_does_not_grow_with_a_line_that_is_too_long),
		cmocka_unit_test(test_scan__a_wait_for_a_stream_ends_with_the_search),
		cmocka_unit_test(test_scan__complete_lines_of_a_stream_are_not_held_back),
	};

	alarm(patience(240));
	random_seed();
	return RUN_TESTS(tests, make_matcher, free_matcher);
}
