/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reference.c - see reference.h.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "options.h"
#include "reference.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { PROBE = 64 * 1024, MAX_SPANS = 1 << 20 }; /* a text without NUL is one line with SEARCH_MATCH_NUL_LINES */

struct line {
	const char *text;
	size_t length;
	size_t terminator; /* how many bytes it has; 0: the file ends without one */
};

struct reference {
	const struct search_options *o;
	struct transcript *t;
	uint64_t matches;       /* delivered, of the whole search */
	uint64_t context_left;  /* lines of context still to come after max_matches is reached */
	uint64_t context_offset;
	uint64_t files, last_file; /* searched so far, and of those the one with the last match */
	bool limited, over;
	uint64_t source;
	const char *path;       /* of the file being searched */
	const char *data;
	size_t size, nul;       /* of its first NUL, or SIZE_MAX */
	struct search_span spans[MAX_SPANS];
	struct search_group groups[2 * MAX_SPANS];
};

/* --- items, up to max_matches --- */

static void emit(struct reference *r, struct search_item item)
{
	if (r->over)
		return;
	if (r->limited && (item.kind != SEARCH_ITEM_CONTEXT || r->context_left == 0 || r->files != r->last_file ||
			   item.offset != r->context_offset)) {
		r->over = true;
		return;
	}
	if (r->limited)
		r->context_left--;
	item.path = r->path;
	item.path_length = strlen(r->path);
	item.source = r->source;
	transcript_add(r->t, &item);
	if (r->limited) {
		r->context_offset = item.offset + item.line_bytes + (item.flags & SEARCH_ITEM_FLAG_CRLF ? 2 : 1);
	} else if ((item.kind == SEARCH_ITEM_MATCH || item.kind == SEARCH_ITEM_BINARY) &&
		   ++r->matches == r->o->max_matches) {
		r->limited = true;
		r->context_left = get_flags(r->o) & SEARCH_RESULT_ALL_LINES ? UINT64_MAX : r->o->after_context;
		r->last_file = r->files;
		r->context_offset = item.offset + item.line_bytes + (item.flags & SEARCH_ITEM_FLAG_CRLF ? 2 : 1);
	}
}

static void emit_error(struct reference *r, int error)
{
	emit(r, (struct search_item){ .kind = SEARCH_ITEM_ERROR, .error = error });
}

/* --- matching --- */

static bool is_word_byte(unsigned char c)
{
	return isalnum(c) || c == '_';
}

/* The trees contain only one letter that is not ASCII: C3 A9. */
static bool touches_word(const struct line *line, size_t begin, size_t end)
{
	const char *text = line->text;
	bool before = begin > 0 && is_word_byte((unsigned char)text[begin - 1]);
	bool after = end < line->length && is_word_byte((unsigned char)text[end]);

	before |= begin > 1 && memcmp(text + begin - 2, "\xC3\xA9", 2) == 0;
	after |= end + 1 < line->length && memcmp(text + end, "\xC3\xA9", 2) == 0;
	return before || after;
}

static bool matches_at(const struct reference *r, const struct search_pattern *p, const struct line *line,
		       size_t at)
{
	if (p->length > line->length - at)
		return false;
	if ((get_flags(r->o) & SEARCH_MATCH_LINE) && (at > 0 || p->length != line->length))
		return false;
	if (get_flags(r->o) & SEARCH_MATCH_IGNORE_CASE ? strncasecmp(line->text + at, p->text, p->length) != 0 :
					       memcmp(line->text + at, p->text, p->length) != 0)
		return false;
	return !(get_flags(r->o) & SEARCH_MATCH_WORD) || !touches_word(line, at, at + p->length);
}

static size_t find_spans(struct reference *r, const struct line *line)
{
	size_t count = 0;

	for (size_t at = 0; at < line->length && count < MAX_SPANS;) {
		size_t i = 0;

		while (i < r->o->pattern_count && !matches_at(r, &r->o->patterns[i], line, at))
			i++;
		if (i < r->o->pattern_count) {
			r->spans[count++] = (struct search_span){ .begin = at, .end = at + r->o->patterns[i].length };
			at += r->o->patterns[i].length;
		} else {
			at++;
		}
	}
	return count;
}

/* --- a file --- */

static char line_end(const struct reference *r)
{
	return get_flags(r->o) & SEARCH_MATCH_NUL_LINES ? '\0' : '\n';
}

/* A NUL ends a line, too, unless the file is searched as text. */
static bool ends_line(const struct reference *r, char byte)
{
	return byte == line_end(r) || (byte == '\0' && !(get_flags(r->o) & SEARCH_MATCH_TEXT));
}

static const char *find_end(const struct reference *r, const char *begin, size_t size)
{
	for (const char *at = begin; at < begin + size; at++)
		if (ends_line(r, *at))
			return at;
	return NULL;
}

static struct line line_at(const struct reference *r, size_t at)
{
	const char *begin = r->data + at;
	const char *end = find_end(r, begin, r->size - at);
	size_t length = end != NULL ? (size_t)(end - begin) : r->size - at;

	if ((get_flags(r->o) & SEARCH_MATCH_CRLF) && end > begin && end[-1] == '\r')
		return (struct line){ begin, length - 1, 2 };
	return (struct line){ begin, length, end != NULL };
}

static bool is_binary(const struct reference *r, const struct line *line)
{
	size_t end = (size_t)(line->text - r->data) + line->length + line->terminator;

	return !(get_flags(r->o) & (SEARCH_MATCH_TEXT | SEARCH_MATCH_NUL_LINES)) && r->nul != SIZE_MAX && (r->nul < PROBE || r->nul < end);
}

static bool minds_binary(const struct reference *r)
{
	return (get_flags(r->o) & (SEARCH_RESULT_COUNT | SEARCH_MATCH_SKIP_BINARY)) != SEARCH_RESULT_COUNT;
}

/* With SEARCH_RESULT_GROUPS a pattern has two: its first byte, and the rest of it. */
static size_t find_groups(struct reference *r, size_t span_count)
{
	if (!(get_flags(r->o) & SEARCH_RESULT_GROUPS))
		return 0;
	for (size_t i = 0; i < span_count; i++) {
		struct search_span *span = &r->spans[i];

		span->first_group = (uint32_t)(2 * i);
		r->groups[2 * i] = (struct search_group){ span->begin, span->begin + 1 };
		r->groups[2 * i + 1] = (struct search_group){ span->begin + 1, span->end };
	}
	return 2 * span_count;
}

/* With SEARCH_MATCH_INVERT the lines of context are those that match. */
static void emit_line(struct reference *r, uint32_t kind, const struct line *line, uint64_t number)
{
	static const uint32_t flags[] = { SEARCH_ITEM_FLAG_NO_EOL, 0, SEARCH_ITEM_FLAG_CRLF };
	uint32_t matching = get_flags(r->o) & SEARCH_MATCH_INVERT ? SEARCH_ITEM_CONTEXT : SEARCH_ITEM_MATCH;
	bool spans = kind == matching && !(get_flags(r->o) & SEARCH_RESULT_NO_SPANS) &&
		     !(kind == SEARCH_ITEM_CONTEXT && get_flags(r->o) & SEARCH_MATCH_MULTILINE);
	size_t count = spans ? find_spans(r, line) : 0;

	emit(r, (struct search_item){
			.kind = kind,
			.flags = flags[line->terminator],
			.line = get_flags(r->o) & SEARCH_RESULT_NO_LINE_NUMBERS ? 0 : number,
			.offset = (uint64_t)(line->text - r->data),
			.text = line->text,
			.length = line->length,
			.line_bytes = line->length,
			.spans = r->spans,
			.span_count = count,
			.groups = r->groups,
			.group_count = find_groups(r, count),
		});
}

/* The context before a line: goes back from it as far as nothing was delivered yet. */
static void emit_before(struct reference *r, size_t from, size_t to, uint64_t number)
{
	size_t start = to;
	uint64_t n = 0;

	while (n < r->o->before_context && start > from) {
		start--;
		while (start > from && !ends_line(r, r->data[start - 1]))
			start--;
		n++;
	}
	for (size_t at = start; at < to; n--) {
		struct line line = line_at(r, at);

		emit_line(r, SEARCH_ITEM_CONTEXT, &line, number - n);
		at += line.length + line.terminator;
	}
}

static void search_data(struct reference *r)
{
	bool all = get_flags(r->o) & SEARCH_RESULT_ALL_LINES;
	uint64_t matches = 0, due = all ? UINT64_MAX : 0, number = 1;
	bool count = get_flags(r->o) & SEARCH_RESULT_COUNT, done = false, binary = false;
	size_t shown = 0; /* lines before it were delivered */

	for (size_t at = 0; at < r->size && !(done && due == 0); number++) {
		struct line line = line_at(r, at);
		size_t spans = find_spans(r, &line), next = at + line.length + line.terminator;
		bool selected = !done && (spans > 0) != ((get_flags(r->o) & SEARCH_MATCH_INVERT) != 0);

		if (minds_binary(r) && is_binary(r, &line) && (selected || get_flags(r->o) & SEARCH_MATCH_SKIP_BINARY)) {
			binary = true;
			if (!(get_flags(r->o) & SEARCH_MATCH_SKIP_BINARY)) {
				matches++;
				emit(r, (struct search_item){ .kind = SEARCH_ITEM_BINARY, .offset = r->nul });
			} else if (count && !done) {
				matches = 0;
			}
			break;
		}
		if (selected) {
			matches++;
			due = all ? UINT64_MAX : r->o->after_context;
			done = matches == r->o->max_matches_per_file;
			if (!count) {
				emit_before(r, shown, at, number);
				emit_line(r, SEARCH_ITEM_MATCH, &line, number);
			}
			shown = next;
		} else if (due > 0) {
			due--;
			if (!count && !(minds_binary(r) && is_binary(r, &line)))
				emit_line(r, SEARCH_ITEM_CONTEXT, &line, number);
			shown = next;
		}
		at = next;
	}
	if (get_flags(r->o) & (SEARCH_RESULT_FILE_ENDS | SEARCH_RESULT_COUNT))
		emit(r, (struct search_item){ .kind = SEARCH_ITEM_FILE_END, .matches = matches,
					      .bytes = done || binary ? 0 : r->size,
					      .offset = binary && (get_flags(r->o) & SEARCH_MATCH_SKIP_BINARY) != 0 ? r->nul : 0 });
}

static void search_memory(struct reference *r, const char *path, const char *data, size_t size)
{
	const char *nul = size > 0 ? memchr(data, 0, size) : NULL;

	r->path = path;
	r->data = data;
	r->size = size;
	r->nul = nul != NULL ? (size_t)(nul - data) : SIZE_MAX;
	r->files++;
	search_data(r);
}

static void search_file(struct reference *r, const char *path, const char *shown)
{
	FILE *file = fopen(path, "re");
	struct stat st;
	char *data;

	r->path = shown;
	if (file == NULL) {
		emit_error(r, errno);
		return;
	}
	if (fstat(fileno(file), &st) != 0 || (data = malloc((size_t)st.st_size + 1)) == NULL)
		exit(99);
	search_memory(r, shown, data, fread(data, 1, (size_t)st.st_size, file));
	free(data);
	fclose(file);
}

/* --- a tree --- */

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void walk(struct reference *r, const char *path, const char *shown);

static void visit(struct reference *r, const char *path, const char *shown)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		exit(99);
	if (S_ISDIR(st.st_mode))
		walk(r, path, shown);
	else if (S_ISREG(st.st_mode))
		search_file(r, path, shown);
}

static void walk(struct reference *r, const char *path, const char *shown)
{
	bool slash = shown[0] != '\0' && shown[strlen(shown) - 1] != '/';
	struct dirent **entries;
	int n = scandir(path, &entries, NULL, by_bytes);

	if (n < 0)
		exit(99);
	for (int i = 0; i < n; i++) {
		const char *name = entries[i]->d_name;
		bool hidden = name[0] == '.' && (get_flags(r->o) & SEARCH_WALK_SKIP_HIDDEN) != 0;
		char *child, *child_shown;

		if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && !hidden) {
			if (asprintf(&child, "%s/%s", path, name) < 0 ||
			    asprintf(&child_shown, "%s%s%s", shown, slash ? "/" : "", name) < 0)
				exit(99);
			visit(r, child, child_shown);
			free(child);
			free(child_shown);
		}
		free(entries[i]);
	}
	free(entries);
}

static void search_source(struct reference *r, const struct search_source *source)
{
	const char *shown = source->name != NULL ? source->name : source->path != NULL ? source->path : "";
	struct stat st;

	r->path = shown;
	if (source->kind == SEARCH_SOURCE_MEMORY)
		search_memory(r, shown, source->data, source->size);
	else if (stat(source->path, &st) != 0)
		emit_error(r, errno);
	else if (S_ISDIR(st.st_mode))
		walk(r, source->path, shown);
	else
		search_file(r, source->path, shown);
}

void reference_search(const struct search_options *options, struct transcript *t)
{
	struct reference *r = calloc(1, sizeof(*r));

	if (r == NULL)
		exit(99);
	r->o = options;
	r->t = t;
	for (size_t i = 0; i < options->source_count && !r->over; i++) {
		r->source = i;
		search_source(r, &options->sources[i]);
	}
	free(r);
}
