/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * print.c - prints items: which lines, with what between them.
 *
 * How a line is printed is chosen once: plain.c is fast, line.c can do everything.
 */
#include "print.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../base/complain.h"
#include "../base/safe.h"
#include "../base/status_line.h"
#include "../base/utf8.h"
#include "../look/replace.h"
#include "../look/style.h"
#include "../search/grep.h"
#include "fields.h"
#include "line.h"
#include "plain.h"

/* Writes standard output out before a message: both may be the same pipe, or terminal. */
static void make_way(struct printer *p)
{
	output_flush(p->out);
	if (p->status)
		status_line_hide(p->status);
}

void printer_lacks_memory(struct printer *p)
{
	p->failed = true;
	make_way(p);
	complain_of_memory();
}

/* The same where all that follows would be wrong: amid a message of JSON, or if it is not known of which file it is. */
static void break_off(struct printer *p)
{
	if (!p->broken)
		printer_lacks_memory(p);
	p->broken = true;
}

/* May the end of a line be replaced, so that it and the next one become one line? */
static bool joins_lines(const struct look *look)
{
	return look->multi_line && look->replacement && !look->each_match;
}

/* Does it matter which file a line is of, beyond what the line itself says? */
static bool follows_files(const struct look *look)
{
	return look->heading || look->groups || look->initial_tab || look->hyperlink || joins_lines(look);
}

static void choose_line_printer(struct printer *p)
{
	if (!plain_suits(p))
		p->print_line = line_print;
	else
		p->print_line = p->report == REPORT_SPANS ? plain_print_spans : plain_print_line;
}

static bool make_separators(struct printer *p)
{
	const struct look *look = p->look;

	return separator_init(&p->match_separator, look->match_separator, true) &&
	       separator_init(&p->context_separator, look->context_separator, true) &&
	       separator_init(&p->group_separator, look->group_separator, look->group_escapes);
}

static bool make_replacement(struct printer *p)
{
	if (p->look->replacement)
		p->replacement = replacement_new(p->look->replacement);
	return p->replacement || !p->look->replacement;
}

bool print_init(struct printer *p, struct output *out, enum report report, const struct look *look)
{
	bool lines = report == REPORT_LINES || report == REPORT_SPANS;

	*p = (struct printer){ .out = out, .report = report, .look = look };
	p->follows_files = follows_files(look);
	p->joins_lines = report == REPORT_LINES && joins_lines(look);
	p->name_fields = look->names && !look->heading;
	if (!make_separators(p) || !make_replacement(p) ||
	    !hyperlink_init(&p->link, look->names || !lines ? look->hyperlink : NULL))
		return false;
	choose_line_printer(p);
	return true;
}

bool print_open_json(struct printer *p, const struct search_options *options)
{
	if (p->report == REPORT_JSON)
		p->json = json_new(p->out, p->look, options, p->replacement);
	return p->json || p->report != REPORT_JSON;
}

void print_free(struct printer *p)
{
	json_free(p->json);
	place_free(&p->place);
	place_free(&p->binary);
	if (p->tally)
		tally_free(p->tally);
	hyperlink_free(&p->link);
	separator_free(&p->match_separator);
	separator_free(&p->context_separator);
	separator_free(&p->group_separator);
	replacement_free(p->replacement);
	p->replacement = NULL;
}

/* --- messages --- */

/* On a terminal an empty line stands before a message about another file than that of the lines above it. */
static void set_apart(struct printer *p, const char *path)
{
	const struct place *place = &p->place;

	if (!p->below_lines || !p->look->heading || !p->look->safe_messages)
		return;
	if (strlen(path) == place->path_length && memcmp(place->path, path, place->path_length) == 0)
		return;
	output_write(p->out, "\n", 1);
	p->below_lines = false;
}

static void print_part(const struct look *look, const char *text)
{
	if (look->safe_messages)
		safe_print(stderr, text);
	else
		fputs(text, stderr);
}

/* Prints to standard error. */
static void print_message(struct printer *p, const char *path, const char *text)
{
	set_apart(p, path);
	make_way(p);
	fprintf(stderr, "%s: ", complain_name());
	print_part(p->look, path);
	fputs(": ", stderr);
	print_part(p->look, text);
	fputc('\n', stderr);
}

/* Says what is wrong, with --json also as a message there. */
static void tell_error(struct printer *p, const char *path, const char *text, bool note)
{
	if (p->json && !note && !json_error(p->json, path, text))
		break_off(p);
	print_message(p, path, text);
}

/* --- messages that wait for their place: after a file, or before the next one --- */

/*
 * A line, or a match, of this file is left out. That the file is binary is said after its other lines. False: out of
 * memory, and no more items are printed.
 */
static bool mark_binary(struct printer *p, const struct search_item *item)
{
	if (!p->look->binary_note || place_is_same_file(&p->binary, item))
		return true;
	p->binary_due = place_set_file(&p->binary, item);
	if (!p->binary_due)
		break_off(p);
	return p->binary_due;
}

static void say_binary(struct printer *p)
{
	if (p->binary_due)
		print_message(p, p->binary.path, "binary file matches");
	p->binary_due = false;
}

static void say_refusal(struct printer *p, const struct refusal *refusal)
{
	p->failed = true;
	if (!p->look->no_messages)
		tell_error(p, refusal->name, strerror(refusal->error), false);
}

/* What is due before anything of this source is printed. */
static void say_refusals(struct printer *p, uint64_t source)
{
	for (; p->refused_count > 0 && p->refused->source <= source; p->refused++, p->refused_count--)
		say_refusal(p, p->refused);
}

static void say_due(struct printer *p, const struct search_item *item)
{
	if (p->binary_due && !place_is_same_file(&p->binary, item))
		say_binary(p);
	say_refusals(p, item->source);
}

void print_refusals(struct printer *p)
{
	say_refusals(p, UINT64_MAX);
}

/* --- lines --- */

static void write_separator(struct printer *p)
{
	const struct separator *s = &p->group_separator;

	if (!s->bytes)
		return;
	style_write(p->look->style, STYLE_SEPARATOR, p->out, s->bytes, s->length);
	output_write(p->out, "\n", 1);
}

/* False: out of memory, and no more items are printed. */
static bool enter_file(struct printer *p, const struct search_item *item)
{
	if (!place_set_file(&p->place, item)) {
		break_off(p);
		return false;
	}
	fields_set_file(p, item);
	return true;
}

/* The first line of another file. False: as enter_file(). */
static bool begin_file(struct printer *p, const struct search_item *item, bool any)
{
	bool heading = p->look->heading && p->look->names;

	if (!enter_file(p, item))
		return false;
	if (any && p->look->heading)
		output_write(p->out, "\n", 1);
	else if (any && p->look->groups)
		write_separator(p);
	if (heading)
		fields_print_name(p, item, '\n');
	return true;
}

/* What comes before a line if that is not adjacent to the last one, or is of another file. False: as enter_file(). */
static bool begin_line(struct printer *p, const struct search_item *item)
{
	struct place *place = &p->place;
	bool crlf = (item->flags & SEARCH_ITEM_FLAG_CRLF) != 0, any = place->end != 0;

	if (place_is_same_file(place, item)) {
		if (p->look->groups && any && place->end != item->offset)
			write_separator(p);
	} else if (!begin_file(p, item, any)) {
		return false;
	}
	place->end = item->offset + item->line_bytes + (crlf ? 2 : 1);
	p->below_lines = true;
	return true;
}

/* The matches before the first that is not text. */
static size_t count_text_spans(const struct search_item *item)
{
	uint64_t base = item->text_offset, last = base + item->length;

	for (size_t i = 0; i < item->span_count; i++) {
		uint64_t begin = item->spans[i].begin, end = item->spans[i].end;

		end = end < last ? end : last;
		if (begin >= base && begin < end && !utf8_is_valid(item->text + (begin - base), (size_t)(end - begin)))
			return i;
	}
	return item->span_count;
}

/*
 * With only_utf8, as grep: a line that is not text is left out; with -o, a match that is not, and those after it in its
 * line.
 */
static void print_text(struct printer *p, const struct search_item *item, bool selected)
{
	struct search_item part;
	size_t spans;

	if (p->report == REPORT_LINES) {
		if (utf8_is_valid(item->text, item->length))
			p->print_line(p, item, selected);
		else
			mark_binary(p, item);
		return;
	}
	spans = count_text_spans(item);
	if (spans < item->span_count && !mark_binary(p, item))
		return;
	part = *item;
	part.span_count = spans;
	p->print_line(p, &part, selected);
}

static void print_line(struct printer *p, const struct search_item *item, bool selected)
{
	if (p->look->only_utf8)
		print_text(p, item, selected);
	else
		p->print_line(p, item, selected);
}

static void print_match(struct printer *p, const struct search_item *item)
{
	if (!p->follows_files || begin_line(p, item))
		print_line(p, item, true);
}

/*
 * With -o a context line is not printed, but still keeps groups together. With --passthru it is. With -v it has
 * matches, and as in grep these are.
 */
static void print_context(struct printer *p, const struct search_item *item)
{
	if (p->follows_files && !begin_line(p, item))
		return;
	if (p->report == REPORT_LINES || p->look->passthru || p->look->inverted)
		print_line(p, item, false);
}

/* A file can be both: text with matches, and binary further down. */
static void list_file(struct printer *p, const struct search_item *item)
{
	if (!place_is_same_file(&p->place, item) && enter_file(p, item))
		fields_print_name(p, item, '\n');
}

/* As in grep the note counts as a line: a "--" comes before what follows. */
static void print_binary(struct printer *p, const struct search_item *item)
{
	p->place.valid = false;
	p->place.end = UINT64_MAX;
	p->binary_due = false;
	print_message(p, item->path, "binary file matches");
}

static void print_selected(struct printer *p, const struct search_item *item)
{
	p->matched = true;
	if (p->report == REPORT_MATCHING)
		list_file(p, item);
	else if (p->report == REPORT_MATCH_COUNTS)
		p->match_count += item->span_count;
	else if (p->report == REPORT_NOTHING || p->report == REPORT_COUNTS || p->report == REPORT_OTHERS)
		return;
	else if (item->kind == SEARCH_ITEM_BINARY)
		print_binary(p, item);
	else
		print_match(p, item);
}

static void print_name(struct printer *p, const struct search_item *item, char after)
{
	fields_set_link(p, item);
	fields_print_name(p, item, after);
}

static void print_file(struct printer *p, const struct search_item *item)
{
	p->matched = true;
	if (p->report == REPORT_FILES)
		print_name(p, item, '\n');
}

static void print_count(struct printer *p, const struct search_item *item, uint64_t count)
{
	char digits[32];

	if (count == 0 && !p->look->include_zero)
		return;
	if (p->look->names)
		print_name(p, item, ':');
	output_write(p->out, digits, (size_t)snprintf(digits, sizeof(digits), "%" PRIu64 "\n", count));
}

static void print_totals(struct printer *p, const struct search_item *item)
{
	if (item->matches > 0)
		p->matched = true;
	if (p->report == REPORT_OTHERS && item->matches == 0)
		print_name(p, item, '\n');
	if (p->report == REPORT_COUNTS)
		print_count(p, item, item->matches);
	if (p->report == REPORT_MATCH_COUNTS)
		print_count(p, item, p->match_count);
	p->match_count = 0;
}

/* The library's own message names its field, max_line_bytes, instead of the option. */
static void print_long_line_error(struct printer *p, const char *path, const struct search_item *item)
{
	bool number = item->line != 0;
	char text[128];

	snprintf(text, sizeof(text), "%s %" PRIu64 " is longer than %" PRIu64 " bytes: raise --max-line-bytes",
		 number ? "line" : "the line at byte", number ? item->line : item->offset, p->look->max_line_bytes);
	tell_error(p, path, text, false);
}

/* Nor does it know this one. */
static void print_long_text_error(struct printer *p, const char *path)
{
	tell_error(p, path, "is too large for a search over line ends: raise --max-multiline-bytes", false);
}

static void print_error(struct printer *p, const struct search_item *item)
{
	const char *path = item->path_length ? item->path : ".";
	bool note = (item->flags & SEARCH_ITEM_FLAG_NOTE) != 0;

	p->failed |= !note;
	if (note ? p->look->no_messages || p->report == REPORT_NOTHING : p->look->no_messages && item->error != 0)
		return;
	if (item->reason == SEARCH_REASON_LINE_TOO_LONG)
		print_long_line_error(p, path, item);
	else if (item->reason == SEARCH_REASON_TEXT_TOO_LONG)
		print_long_text_error(p, path);
	else
		tell_error(p, path, p->look->as_grep ? grep_item_message(item) : item->message, note);
}

/* --- JSON --- */

static void print_json(struct printer *p, const struct search_item *item)
{
	if (item->kind == SEARCH_ITEM_MATCH || item->kind == SEARCH_ITEM_BINARY)
		p->matched = true;
	if (!json_item(p->json, p->tally, p->search, item))
		break_off(p);
}

static void finish_json(struct printer *p, uint64_t limit)
{
	if (p->broken)
		return;
	if (!json_finish(p->json, p->tally, limit))
		break_off(p);
	p->failed |= json_failed(p->json);
}

void print_finish(struct printer *p, uint64_t limit)
{
	if (p->json) {
		finish_json(p, limit);
	} else if (p->tally) {
		tally_finish(p->tally);
		tally_take_search(p->tally, p->search);
		tally_print(p->tally, p->out);
	}
}

/* Is it a line that the one left open goes on with? */
static bool is_next_match(const struct printer *p, const struct search_item *item)
{
	return item->kind == SEARCH_ITEM_MATCH && place_is_same_file(&p->place, item) && p->place.end == item->offset;
}

void print_item(struct printer *p, const struct search_item *item)
{
	if (p->open_line && !is_next_match(p, item))
		line_close(p);
	if (p->binary_due || p->refused_count > 0)
		say_due(p, item);
	if (p->json && item->kind != SEARCH_ITEM_ERROR) {
		print_json(p, item);
		return;
	}
	if (p->tally && !tally_take(p->tally, item)) {
		break_off(p);
		return;
	}
	switch (item->kind) {
	case SEARCH_ITEM_MATCH:
	case SEARCH_ITEM_BINARY: print_selected(p, item); break;
	case SEARCH_ITEM_FILE: print_file(p, item); break;
	case SEARCH_ITEM_CONTEXT: print_context(p, item); break;
	case SEARCH_ITEM_FILE_END: print_totals(p, item); break;
	case SEARCH_ITEM_ERROR: print_error(p, item); break;
	default: break; /* a kind that a later version of the library has */
	}
}

/* With -q nothing is searched behind a match, and nothing said. */
void print_end(struct printer *p)
{
	line_close(p);
	say_binary(p);
	if (p->report != REPORT_NOTHING || !p->matched)
		print_refusals(p);
}
