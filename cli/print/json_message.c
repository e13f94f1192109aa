/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * json_message.c - the messages of --json.
 *
 * json-c prints a tree into a buffer of its own, and drops what it has no memory for without saying so. Therefore the
 * buffer is made large enough before: see make_room(). Nothing else of printing allocates.
 */
#ifdef PS_WITH_JSON
#include "json_message.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/base64.h"
#include "../base/buffer.h"
#include "../base/complain.h"
#include "../base/safe.h"
#include "../base/utf8.h"
#include "json_c.h"

enum {
	FRAME = 1024, /* of a message, more than is in it besides texts */
	WORST = 6,    /* characters that a byte may become */
	PARENTS = 3,  /* that a text may have */
	SHORT = 4096, /* a text of at most this many bytes is not measured: the worst is assumed */
	MUCH = 1 << 24,
	NANOSECONDS = 1000000000,
	PLAIN = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE,
};

enum form {
	FORM_TEXT, /* UTF-8 */
	FORM_BYTES /* base64 */
};

/* A tree, and how long what it prints may be. */
struct message {
	struct json_object *root;
	struct json_object *type; /* these are in it */
	struct json_object *data;
	size_t room;
};

/* Where a text is. */
struct parent {
	struct json_object *object;
	const char *key;
};

/* A value that has one of two forms: {"text":"..."} or {"bytes":"..."}. */
struct text {
	struct json_object *holders[2]; /* one of them is in the parents */
	struct json_object *strings[2]; /* in the holders */
	struct parent parents[PARENTS];
	size_t parent_count;
	enum form form;
	size_t bound; /* the most characters that it takes when it is printed */
};

/* The objects are owned by the trees unless a comment says otherwise. */
struct json_writer {
	struct json_c c;
	struct output *out;
	struct buffer scratch;
	bool numbers;  /* lines have numbers, */
	bool replaces; /* and matches replacements */
	bool safe;     /* for a terminal: what could command it is escaped */
	struct text path;        /* these have references of their own to their holders */
	struct text lines;
	struct text match;
	struct text replacement;
	struct message begin;    /* and these to their roots */
	struct message line;
	struct message end;
	struct message submatch; /* it has no data */
	struct json_object *line_number; /* NULL: there is none */
	struct json_object *offset;
	struct json_object *match_begin;
	struct json_object *match_end;
	bool line_selected; /* line_type is "match" */
	bool failed; /* out of memory while a tree is made */
};

/* --- making trees --- */

/* Puts a value, which may be NULL, under a key, and owns it. The value is returned; NULL also if there is no memory. */
static struct json_object *add(struct json_writer *w, struct json_object *parent, const char *key,
			       struct json_object *value)
{
	if (parent && value && w->c.json_object_object_add(parent, key, value) == 0)
		return value;
	w->c.json_object_put(value);
	w->failed = true;
	return NULL;
}

static void add_null(struct json_writer *w, struct json_object *parent, const char *key)
{
	if (!parent || w->c.json_object_object_add(parent, key, NULL) != 0)
		w->failed = true;
}

static struct json_object *add_object(struct json_writer *w, struct json_object *parent, const char *key)
{
	return add(w, parent, key, w->c.json_object_new_object());
}

static struct json_object *add_string(struct json_writer *w, struct json_object *parent, const char *key,
				      const char *text)
{
	return add(w, parent, key, w->c.json_object_new_string_len(text, (int)strlen(text)));
}

static struct json_object *add_number(struct json_writer *w, struct json_object *parent, const char *key, uint64_t n)
{
	return add(w, parent, key, w->c.json_object_new_int64(n > INT64_MAX ? INT64_MAX : (int64_t)n));
}

static void make_message(struct json_writer *w, struct message *m, const char *type)
{
	m->root = w->c.json_object_new_object();
	m->type = add_string(w, m->root, "type", type);
	m->data = add_object(w, m->root, "data");
}

static void make_text(struct json_writer *w, struct text *t)
{
	static const char *const keys[] = { [FORM_TEXT] = "text", [FORM_BYTES] = "bytes" };

	for (int form = FORM_TEXT; form <= FORM_BYTES; form++) {
		t->holders[form] = w->c.json_object_new_object();
		t->strings[form] = add_string(w, t->holders[form], keys[form], "");
	}
}

/* Shows a text in an object. */
static void show_text(struct json_writer *w, struct text *t, struct json_object *object, const char *key)
{
	t->parents[t->parent_count++] = (struct parent){ object, key };
	add(w, object, key, w->c.json_object_get(t->holders[t->form]));
}

static void make_line(struct json_writer *w)
{
	struct json_object *data;

	make_message(w, &w->line, "match");
	w->line_selected = true;
	data = w->line.data;
	show_text(w, &w->path, data, "path");
	show_text(w, &w->lines, data, "lines");
	if (w->numbers)
		w->line_number = add_number(w, data, "line_number", 0);
	else
		add_null(w, data, "line_number");
	w->offset = add_number(w, data, "absolute_offset", 0);
	add(w, data, "submatches", w->c.json_object_new_array());
}

static void make_submatch(struct json_writer *w)
{
	w->submatch.root = w->c.json_object_new_object();
	show_text(w, &w->match, w->submatch.root, "match");
	if (w->replaces)
		show_text(w, &w->replacement, w->submatch.root, "replacement");
	w->match_begin = add_number(w, w->submatch.root, "start", 0);
	w->match_end = add_number(w, w->submatch.root, "end", 0);
}

static bool make_trees(struct json_writer *w)
{
	make_text(w, &w->path);
	make_text(w, &w->lines);
	make_text(w, &w->match);
	make_text(w, &w->replacement);
	make_message(w, &w->begin, "begin");
	show_text(w, &w->path, w->begin.data, "path");
	make_line(w);
	make_submatch(w);
	make_message(w, &w->end, "end");
	show_text(w, &w->path, w->end.data, "path");
	return !w->failed;
}

struct json_writer *json_writer_new(struct output *out, const struct look *look)
{
	struct json_writer *w = calloc(1, sizeof(*w));

	if (!w) {
		complain_of_memory();
		return NULL;
	}
	w->out = out;
	w->numbers = look->numbers;
	w->replaces = look->replacement != NULL;
	w->safe = look->safe;
	if (!json_c_load(&w->c)) {
		free(w);
		return NULL;
	}
	if (!make_trees(w)) {
		complain_of_memory();
		json_writer_free(w);
		return NULL;
	}
	return w;
}

static void free_text(struct json_writer *w, struct text *t)
{
	w->c.json_object_put(t->holders[FORM_TEXT]);
	w->c.json_object_put(t->holders[FORM_BYTES]);
}

void json_writer_free(struct json_writer *w)
{
	if (!w)
		return;
	w->c.json_object_put(w->begin.root);
	w->c.json_object_put(w->line.root);
	w->c.json_object_put(w->submatch.root);
	w->c.json_object_put(w->end.root);
	free_text(w, &w->path);
	free_text(w, &w->lines);
	free_text(w, &w->match);
	free_text(w, &w->replacement);
	buffer_free(&w->scratch);
	free(w);
}

/* --- setting values --- */

static void set_number(struct json_writer *w, struct json_object *number, uint64_t n)
{
	w->c.json_object_set_int64(number, n > INT64_MAX ? INT64_MAX : (int64_t)n);
}

/* Puts the other form into all parents. */
static bool change_form(struct json_writer *w, struct text *t, enum form form)
{
	if (t->form == form)
		return true;
	for (size_t i = 0; i < t->parent_count; i++) {
		struct json_object *holder = w->c.json_object_get(t->holders[form]);

		if (w->c.json_object_object_add(t->parents[i].object, t->parents[i].key, holder) != 0) {
			w->c.json_object_put(holder);
			return false;
		}
	}
	t->form = form;
	return true;
}

static bool set_base64(struct json_writer *w, struct text *t, const char *bytes, size_t length)
{
	size_t size = base64_length(length);

	w->scratch.length = 0;
	if (!buffer_reserve(&w->scratch, size))
		return false;
	base64_encode(w->scratch.bytes, bytes, length);
	t->bound = size;
	return w->c.json_object_set_string_len(t->strings[FORM_BYTES], w->scratch.bytes, (int)size) != 0 &&
	       change_form(w, t, FORM_BYTES);
}

/* How many characters the text takes at most when it is printed: control characters, " and the backslash are escaped. */
static size_t escaped_bound(const char *text, size_t length)
{
	size_t special = 0;

	if (length <= SHORT)
		return WORST * length;
	for (size_t i = 0; i < length; i++)
		special += (unsigned char)text[i] < ' ' || text[i] == '"' || text[i] == '\\';
	return length + special * (WORST - 1);
}

static bool set_text(struct json_writer *w, struct text *t, const char *text, size_t length)
{
	if (!utf8_is_valid(text, length))
		return set_base64(w, t, text, length);
	t->bound = escaped_bound(text, length);
	return w->c.json_object_set_string_len(t->strings[FORM_TEXT], length > 0 ? text : "", (int)length) != 0 &&
	       change_form(w, t, FORM_TEXT);
}

/* --- printing --- */

/*
 * json-c calls this in place of its own function to print an object, if make_room() has asked for that: it makes the
 * buffer this large. The size comes as the flags, since an object's user data cannot be had without json-c's functions.
 */
static int extend_buffer(struct json_object *object, struct printbuf *buffer, int level, int size)
{
	char *bytes;

	(void)object;
	(void)level;
	if (size <= buffer->size)
		return 0;
	bytes = realloc(buffer->buf, (size_t)size);
	if (!bytes)
		return -1;
	buffer->buf = bytes;
	buffer->size = size;
	return 0;
}

/* Makes room for a message of `needed` characters: printing it then allocates nothing. */
static bool make_room(struct json_writer *w, struct message *m, size_t needed)
{
	size_t size = needed < MUCH && needed < 2 * m->room ? 2 * m->room : needed, length;
	bool made;

	if (needed <= m->room)
		return true;
	w->c.json_object_set_serializer(m->root, extend_buffer, NULL, NULL);
	made = w->c.json_object_to_json_string_length(m->root, (int)size, &length) != NULL;
	w->c.json_object_set_serializer(m->root, NULL, NULL, NULL); /* json-c's own */
	if (made)
		m->room = size;
	return made;
}

static const char *print(struct json_writer *w, const struct message *m, size_t *length)
{
	return w->c.json_object_to_json_string_length(m->root, PLAIN, length);
}

/* JSON has an escape for each character, too. Returns how many bytes it stands for. */
static size_t write_escape(struct json_writer *w, const char *text, size_t length)
{
	uint32_t character = 0;
	size_t bytes = utf8_decode(text, length, &character);
	char escape[16];

	output_write(w->out, escape, (size_t)snprintf(escape, sizeof(escape), "\\u%04" PRIx32, character));
	return bytes > 0 ? bytes : 1;
}

/* Control characters of ASCII are escaped everywhere; on a terminal the others are, and what reorders text. */
static void write_bytes(struct json_writer *w, const char *bytes, size_t length)
{
	while (w->safe && length > 0) {
		size_t safe = safe_length(bytes, length, true), escaped;

		output_write(w->out, bytes, safe);
		escaped = safe < length ? write_escape(w, bytes + safe, length - safe) : 0;
		bytes += safe + escaped;
		length -= safe + escaped;
	}
	output_write(w->out, bytes, length);
}

/* Writes a whole message. Its texts take at most `texts` characters. */
static bool write_message(struct json_writer *w, struct message *m, size_t texts)
{
	size_t length;
	const char *line = make_room(w, m, FRAME + texts) ? print(w, m, &length) : NULL;

	if (!line)
		return false;
	write_bytes(w, line, length);
	write_bytes(w, "\n", 1);
	return true;
}

/* A message of which there are few: its tree is made for it, and freed. */
static bool write_once(struct json_writer *w, struct message *m, size_t texts)
{
	bool written = !w->failed && write_message(w, m, texts);

	w->c.json_object_put(m->root);
	w->failed = false;
	return written;
}

/* --- the messages about a file --- */

bool json_set_path(struct json_writer *w, const char *path, size_t length)
{
	return set_text(w, &w->path, path, length);
}

bool json_write_begin(struct json_writer *w)
{
	return write_message(w, &w->begin, w->path.bound);
}

static bool write_match(struct json_writer *w, const struct json_line *line, size_t i)
{
	size_t begin = line->spans[i].begin, end = line->spans[i].end, length;
	const char *text;

	if (!set_text(w, &w->match, line->text + begin, end - begin))
		return false;
	if (w->replaces && !set_text(w, &w->replacement, line->replaced + line->replaced_spans[i].begin,
				     line->replaced_spans[i].end - line->replaced_spans[i].begin))
		return false;
	set_number(w, w->match_begin, begin);
	set_number(w, w->match_end, end);
	if (!make_room(w, &w->submatch, FRAME + w->match.bound + w->replacement.bound))
		return false;
	text = print(w, &w->submatch, &length);
	if (!text)
		return false;
	if (i > 0)
		write_bytes(w, ",", 1);
	write_bytes(w, text, length);
	return true;
}

static bool set_line(struct json_writer *w, const struct json_line *line)
{
	const char *type = line->selected ? "match" : "context";

	if (w->line_selected != line->selected) {
		if (w->c.json_object_set_string_len(w->line.type, type, (int)strlen(type)) == 0)
			return false;
		w->line_selected = line->selected;
	}
	if (w->numbers)
		set_number(w, w->line_number, line->number);
	set_number(w, w->offset, line->offset);
	return set_text(w, &w->lines, line->text, line->length);
}

bool json_write_line(struct json_writer *w, const struct json_line *line)
{
	static const char after[] = "]}}"; /* the array of matches is printed empty */
	size_t length, rest = sizeof(after) - 1;
	const char *text;

	if (!set_line(w, line) || !make_room(w, &w->line, FRAME + w->path.bound + w->lines.bound))
		return false;
	text = print(w, &w->line, &length);
	if (!text)
		return false;
	write_bytes(w, text, length - rest);
	for (size_t i = 0; i < line->span_count; i++)
		if (!write_match(w, line, i))
			return false;
	write_bytes(w, "]}}\n", rest + 1);
	return true;
}

/* --- stats --- */

static void format_elapsed(char *text, size_t size, uint64_t nanoseconds)
{
	uint64_t micros = (nanoseconds + 500) / 1000;

	snprintf(text, size, "%" PRIu64 ".%06" PRIu64 "s", micros / 1000000, micros % 1000000);
}

/* As in ripgrep, the keys of the summary are in the order of the alphabet. */
static void add_elapsed(struct json_writer *w, struct json_object *parent, const char *key, uint64_t n, bool sorted)
{
	struct json_object *elapsed = add_object(w, parent, key);
	char human[48];

	format_elapsed(human, sizeof(human), n);
	if (sorted)
		add_string(w, elapsed, "human", human);
	if (sorted)
		add_number(w, elapsed, "nanos", n % NANOSECONDS);
	add_number(w, elapsed, "secs", n / NANOSECONDS);
	if (!sorted)
		add_number(w, elapsed, "nanos", n % NANOSECONDS);
	if (!sorted)
		add_string(w, elapsed, "human", human);
}

static void add_stats(struct json_writer *w, struct json_object *parent, const struct stats *t)
{
	struct json_object *stats = add_object(w, parent, "stats");

	add_elapsed(w, stats, "elapsed", t->elapsed, false);
	add_number(w, stats, "searches", t->searches);
	add_number(w, stats, "searches_with_match", t->searches_with_match);
	add_number(w, stats, "bytes_searched", t->bytes_searched);
	add_number(w, stats, "bytes_printed", t->bytes_printed);
	add_number(w, stats, "matched_lines", t->matched_lines);
	add_number(w, stats, "matches", t->matches);
}

static void add_sorted_stats(struct json_writer *w, struct json_object *parent, const struct stats *t)
{
	struct json_object *stats = add_object(w, parent, "stats");

	add_number(w, stats, "bytes_printed", t->bytes_printed);
	add_number(w, stats, "bytes_searched", t->bytes_searched);
	add_elapsed(w, stats, "elapsed", t->elapsed, true);
	add_number(w, stats, "matched_lines", t->matched_lines);
	add_number(w, stats, "matches", t->matches);
	add_number(w, stats, "searches", t->searches);
	add_number(w, stats, "searches_with_match", t->searches_with_match);
}

bool json_write_end(struct json_writer *w, const struct stats *stats, const uint64_t *binary_offset)
{
	if (binary_offset)
		add_number(w, w->end.data, "binary_offset", *binary_offset);
	else
		add_null(w, w->end.data, "binary_offset");
	add_stats(w, w->end.data, stats);
	return !w->failed && write_message(w, &w->end, w->path.bound);
}

bool json_write_summary(struct json_writer *w, const struct stats *stats, uint64_t elapsed)
{
	struct message m = { .root = w->c.json_object_new_object() };

	m.data = add_object(w, m.root, "data");
	add_elapsed(w, m.data, "elapsed_total", elapsed, true);
	add_sorted_stats(w, m.data, stats);
	add_string(w, m.root, "type", "summary");
	return write_once(w, &m, 0);
}

/* --- messages of our own --- */

/* A sentence may have a name in it that is not UTF-8: '?' stands for such bytes. False: out of memory. */
static bool make_valid(struct json_writer *w, const char *sentence)
{
	size_t left = strlen(sentence), bytes;
	uint32_t character;

	w->scratch.length = 0;
	for (; left > 0; sentence += bytes, left -= bytes) {
		bytes = utf8_decode(sentence, left, &character);
		if (!buffer_add(&w->scratch, bytes > 0 ? sentence : "?", bytes > 0 ? bytes : 1))
			return false;
		bytes += bytes == 0;
	}
	return true;
}

bool json_write_error(struct json_writer *w, const char *path, const char *message)
{
	struct message m = { 0 };
	struct text at = { 0 };
	size_t length;
	bool written;

	if (!make_valid(w, message))
		return false;
	length = w->scratch.length;
	make_message(w, &m, "error");
	make_text(w, &at);
	show_text(w, &at, m.data, "path");
	add(w, m.data, "message", w->c.json_object_new_string_len(w->scratch.bytes, (int)length));
	w->failed |= !set_text(w, &at, path, strlen(path));
	written = write_once(w, &m, at.bound + WORST * length);
	free_text(w, &at);
	return written;
}

bool json_write_truncated(struct json_writer *w, uint64_t max_results)
{
	struct message m = { 0 };

	make_message(w, &m, "truncated");
	add_number(w, m.data, "max_results", max_results);
	return write_once(w, &m, 0);
}
#else
typedef int psearch_has_no_json_message; /* a file must declare something */
#endif
