/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rewrite.c - see rewrite.h.
 *
 * R1  \xHH and \OOO from 80 on. In Perl's and Python's syntax that is the character U+00HH, and so it is written:
 *     \x{HH} or \u00HH. In Oniguruma's it is a byte: \x{dcHH}, the character that stands for a byte that is not part of
 *     valid UTF-8 (repair.h). Several in a row that spell a character in UTF-8 are that character, as Oniguruma has it.
 *     If they were left as they are, Oniguruma would compare the byte with a text that has no such byte.
 * R2  In a class, a range from ASCII to a byte is the ASCII characters from there on and the bytes up to there. Any
 *     other range between a character and a byte is refused, as it is not defined what lies between them.
 * R3  (?P<n>..) (?P=n) (?P>n) in Perl's syntax become (?<n>..) \k<n> \g<n>.
 *
 * The scan of pattern_limits.c finds the groups, classes, comments and quotations. If Oniguruma refuses a pattern, it
 * also refuses the rewritten one, at about the same place.
 */
#include "../base/base.h"

#include "rewrite.h"

#include "pattern_limits.h"
#include "../syntax/parse.h"
#include "pattern.h"
#include "posix.h"

#include "../base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BYTE 0xDC00u /* | byte: its character */

#define GROUPS_BEFORE_OCTAL 128 /* with fewer groups, \200 is no back-reference */

struct ps_rewritten {
	size_t index;
	struct ps_text text;
	struct ps_edit *edits;
	size_t count, space;
};

/* A pattern being rewritten. */
struct writer {
	const uint8_t *begin, *end;
	const uint8_t *copied; /* up to here the pattern is in the text */
	const struct ps_syntax *syntax;
	bool bytes;            /* R1: numbers from 80 on are bytes, as in Oniguruma's syntax */
	bool octal;            /* \OOO is a number outside of classes, too */
	struct ps_rewritten *to;
	struct ps_pattern_error *error;
	bool refused;
};

/* Writes `text` instead of what the pattern has from `at` up to `after`. */
static void replace_bytes(struct writer *w, const uint8_t *at, const uint8_t *after, const char *text)
{
	struct ps_rewritten *to = w->to;
	struct ps_edit *edits = ps_grow(to->edits, &to->space, to->count + 1, sizeof(*edits));

	if (edits == NULL) {
		to->text.no_memory = true;
		return;
	}
	PS_ASSERT(w->copied <= at && at <= after && after <= w->end);
	to->edits = edits;
	ps_text_add(&to->text, w->copied, (size_t)(at - w->copied));
	edits[to->count++] = (struct ps_edit){
		.at = (size_t)(at - w->begin), .length = (size_t)(after - at), .now = to->text.length,
		.becomes = strlen(text),
	};
	ps_text_add_string(&to->text, text);
	w->copied = after;
}

static void refuse_rewriting(struct writer *w, const uint8_t *at, const char *message)
{
	if (w->refused)
		return;
	w->refused = true;
	w->error->offset = (size_t)(at - w->begin);
	snprintf(w->error->message, sizeof(w->error->message), "%s", message);
}

/* ---- bytes ---- */

static int hex_digit(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0' :
	       c >= 'a' && c <= 'f' ? c - 'a' + 10 :
	       c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte from 80 on whose number stands at p, and the place after it; 0: there is none. */
static uint8_t byte_at(const uint8_t *p, const uint8_t *end, bool octal, const uint8_t **after)
{
	size_t left = (size_t)(end - p);

	*after = p + 4;
	if (left < 4 || p[0] != '\\')
		return 0;
	if (p[1] == 'x' && hex_digit(p[2]) >= 8 && hex_digit(p[3]) >= 0)
		return (uint8_t)(hex_digit(p[2]) << 4 | hex_digit(p[3]));
	if (octal && (p[1] == '2' || p[1] == '3') && (p[2] & 0xF8) == '0' && (p[3] & 0xF8) == '0')
		return (uint8_t)((p[1] & 3) << 6 | (p[2] & 7) << 3 | (p[3] & 7));
	return 0;
}

/* Passes over what Oniguruma ignores between two bytes of a character. */
static const uint8_t *skip_between_bytes(const uint8_t *p, const uint8_t *end, bool extended)
{
	struct ps_parser parser = { .p = p, .end = end, .options = extended ? PS_OPTION_EXTENDED : 0 };

	ps_parse_skip(&parser);
	return parser.p;
}

/*
 * The character that one or several bytes given by their numbers stand for, and the place after them; 0: there is no
 * such byte here. `loose`: comments, and with `extended` blanks, may stand between them.
 */
static uint32_t character_at(const struct writer *w, const uint8_t *p, bool octal, bool loose, bool extended,
			     const uint8_t **after)
{
	uint8_t bytes[4] = { byte_at(p, w->end, octal, after) };
	size_t wanted = bytes[0] < 0xC2 ? 1 : bytes[0] < 0xE0 ? 2 : bytes[0] < 0xF0 ? 3 : 4, n = 1;
	const uint8_t *next, *last = *after;

	if (bytes[0] == 0 || !w->bytes)
		return bytes[0];
	for (; n < wanted; n++, last = next) {
		bytes[n] = byte_at(loose ? skip_between_bytes(last, w->end, extended) : last, w->end, octal, &next);
		if (bytes[n] == 0)
			break;
	}
	if (wanted == 1 || n < wanted || ps_utf8_sequence(bytes, bytes + n) != n)
		return BYTE | bytes[0];
	*after = last;
	return ps_utf8_decode(bytes, n);
}

static bool is_byte(uint32_t code)
{
	return code >= (BYTE | 0x80) && code <= (BYTE | 0xFF);
}

static void put_number(struct writer *w, const uint8_t *at, const uint8_t *after, const char *before, uint32_t code)
{
	char text[48];

	snprintf(text, sizeof(text), (w->syntax->has & PS_SYNTAX_BRACED) != 0 ? "%s\\x{%x}" : "%s\\u%04x", before,
		 code);
	replace_bytes(w, at, after, text);
}

/* At a backslash outside of classes. */
static void visit_escape(void *context, const uint8_t *at, bool extended)
{
	struct writer *w = context;
	const uint8_t *after;
	uint32_t code = at < w->copied ? 0 : character_at(w, at, w->octal, true, extended, &after);

	if (code != 0)
		put_number(w, at, after, "", code);
}

/* ---- classes ---- */

enum token_kind { CLOSE, DASH, AND, OPEN, SET, CHARACTER };

/* The state of a class being read, as far as it tells whether a - makes a range; see parse_class.c. */
struct class {
	const uint8_t *p;
	enum { START, VALUE, RANGE, COMPLETE } state;
	bool pending;  /* VALUE, RANGE: `code` is the character before, */
	uint32_t code;
	const uint8_t *code_at; /* and this is its place */
};

static bool is_control_letter(const struct writer *w, uint8_t letter)
{
	return letter == 'c' || ((letter == 'C' || letter == 'M') && (w->syntax->has & PS_SYNTAX_CONTROL_META) != 0);
}

/*
 * After the backslash and the letter of a control character: passes over what that takes, which may be another control
 * character. Returns a code that serves as well as its own: 80 if one of them is \M-, which sets that bit and which no
 * \C- clears; otherwise 0.
 */
static uint32_t skip_control(const struct writer *w, struct class *c, uint8_t letter)
{
	uint32_t code = 0;

	while (is_control_letter(w, letter)) {
		code |= letter == 'M' ? 0x80 : 0;
		c->p += letter != 'c' && c->p < w->end && *c->p == '-';
		letter = 0;
		if (c->p < w->end && *c->p++ == '\\' && c->p < w->end)
			letter = *c->p++;
	}
	return code;
}

/* After a backslash and a letter that are no byte. */
static enum token_kind escaped_token(const struct writer *w, struct class *c, uint8_t letter, uint32_t *code)
{
	struct ps_parser parser = { .p = c->p, .end = w->end, .syntax = w->syntax };
	const uint8_t *brace;
	bool plain;

	if (is_control_letter(w, letter)) {
		*code = skip_control(w, c, letter);
		return CHARACTER;
	}
	if (ps_parse_is_type(&parser, letter)) {
		brace = letter == 'p' || letter == 'P' ? memchr(c->p, '}', (size_t)(w->end - c->p)) : NULL;
		c->p = brace != NULL ? brace + 1 : c->p;
		return SET;
	}
	if (letter >= '0' && letter <= '7') {
		parser.p--;
		ps_parse_octal(&parser, 3, code);
	} else if (!ps_parse_escaped(&parser, letter, code, &plain)) {
		*code = letter;
	}
	c->p = parser.p;
	return CHARACTER;
}

/* At the backslash. */
static enum token_kind escape_token(const struct writer *w, struct class *c, uint32_t *code)
{
	const uint8_t *after;
	uint8_t letter;

	*code = character_at(w, c->p, true, false, false, &after);
	if (*code != 0) {
		c->p = after;
		return CHARACTER;
	}
	c->p++;
	letter = c->p < w->end ? *c->p++ : 0;
	return escaped_token(w, c, letter, code);
}

/* After a [ in a class. */
static enum token_kind bracket_token(const struct writer *w, struct class *c)
{
	bool sets = (w->syntax->has & PS_SYNTAX_CLASS_SETS) != 0;
	const uint8_t *end = NULL;

	if (c->p < w->end && *c->p == ':' && ps_syntax_is_class(w->syntax, c->p, w->end))
		end = memmem(c->p, (size_t)(w->end - c->p), ":]", 2);
	if (end == NULL)
		return sets ? OPEN : CHARACTER;
	c->p = end + 2;
	return SET;
}

/* The next token of a class that is known to end; *code if it is a CHARACTER. */
static enum token_kind next_class_token(const struct writer *w, struct class *c, uint32_t *code)
{
	size_t length = ps_utf8_sequence(c->p, w->end);
	bool sets = (w->syntax->has & PS_SYNTAX_CLASS_SETS) != 0;

	if (*c->p == '\\')
		return escape_token(w, c, code);
	*code = ps_utf8_decode(c->p, ps_max(length, 1));
	c->p += ps_max(length, 1);
	switch (*code) {
	case ']':
		return CLOSE;
	case '-':
		return DASH;
	case '[':
		return bracket_token(w, c);
	case '&':
		if (!sets || c->p == w->end || *c->p != '&')
			return CHARACTER;
		c->p++;
		return AND;
	}
	return CHARACTER;
}

/* After a - : whether it makes a range of the characters before and after it. */
static bool makes_range(const struct writer *w, const struct class *c)
{
	struct class ahead = *c;
	enum token_kind next;
	uint32_t code;

	if (c->state != VALUE || !c->pending || c->p == w->end)
		return false;
	next = next_class_token(w, &ahead, &code);
	return next == CHARACTER || next == DASH;
}

/* R2: a character ends a range, whose start is c->code. */
static void end_range(struct writer *w, struct class *c, const uint8_t *at, uint32_t code)
{
	bool ascii = c->code < 0x80 && is_byte(code);

	if (ascii)
		put_number(w, at, c->p, "\\x7f\\x{dc80}-", code);
	else if (is_byte(code) != is_byte(c->code))
		refuse_rewriting(w, c->code_at, "a range between a byte and a character: write \\x{HH} for the "
				 "character U+00HH, \\xHH is a byte");
}

static void class_character(struct writer *w, struct class *c, const uint8_t *at, uint32_t code)
{
	const uint8_t *after;
	bool number = character_at(w, at, true, false, false, &after) != 0;
	bool range = c->state == RANGE;

	if (range && w->bytes)
		end_range(w, c, at, code);
	if (number && at >= w->copied)
		put_number(w, at, c->p, "", code);
	c->state = range ? COMPLETE : VALUE;
	c->pending = !range;
	c->code = code;
	c->code_at = at;
}

static void open_class(const struct writer *w, struct class *c)
{
	c->p += c->p < w->end && *c->p == '^';
	c->state = START;
	c->pending = false;
}

/* At a token of a class. *open counts the classes that are open. */
static void class_element(struct writer *w, struct class *c, size_t *open)
{
	const uint8_t *at = c->p;
	bool first = c->state == START && (at[-1] == '[' || (at[-1] == '^' && at[-2] == '['));
	uint32_t code = 0;
	enum token_kind kind = next_class_token(w, c, &code);

	if (kind == CLOSE && first)
		kind = CHARACTER;
	if (kind == DASH && c->state != RANGE && makes_range(w, c)) {
		c->state = RANGE;
	} else if (kind == CHARACTER || kind == DASH) {
		class_character(w, c, at, code);
	} else if (kind == OPEN) {
		++*open;
		open_class(w, c);
	} else {
		*open -= kind == CLOSE;
		c->state = kind == CLOSE ? COMPLETE : kind == AND ? START : VALUE;
		c->pending = false;
	}
}

/* A whole class, at its [. */
static void visit_class(void *context, const uint8_t *begin, const uint8_t *end)
{
	struct writer inner = *(struct writer *)context;
	struct class c = { .p = begin + 1 };
	size_t open = 1;

	inner.end = end;
	open_class(&inner, &c);
	while (c.p < end && open > 0)
		class_element(&inner, &c, &open);
	inner.end = ((struct writer *)context)->end;
	*(struct writer *)context = inner;
}

/* ---- groups ---- */

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_name_byte(uint8_t c)
{
	return c == '_' || c >= 0x80 || is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The place after a name and its `last`, or NULL if there is no such name. */
static const uint8_t *find_name_end(const uint8_t *p, const uint8_t *end, uint8_t last)
{
	const uint8_t *name = p;

	while (p < end && is_name_byte(*p))
		p++;
	return p < end && *p == last && p > name && !is_digit(*name) ? p + 1 : NULL;
}

/* R3: at the parenthesis of a group. */
static void visit_group(void *context, const uint8_t *at)
{
	struct writer *w = context;
	const uint8_t *name = at + 4, *end;

	if (w->end - at < 6 || memcmp(at, "(?P", 3) != 0 || (w->syntax->has & PS_SYNTAX_QUOTE) == 0)
		return;
	end = find_name_end(name, w->end, at[3] == '<' ? '>' : ')');
	if (end == NULL)
		return;
	if (at[3] == '<') {
		replace_bytes(w, at + 2, at + 3, "");
	} else if (at[3] == '=' || at[3] == '>') {
		replace_bytes(w, at, name, at[3] == '=' ? "\\k<" : "\\g<");
		replace_bytes(w, end - 1, end, ">");
	}
}

/* ---- patterns ---- */

/* Whether the pattern has anything that might have to be rewritten. */
static bool may_need_rewriting(const struct search_pattern *pattern, uint32_t syntax)
{
	const char *p = pattern->text, *end;

	if (pattern->length == 0)
		return false;
	end = p + pattern->length;
	if (syntax == SEARCH_SYNTAX_PERL && memmem(p, pattern->length, "(?P", 3) != NULL)
		return true;
	for (; (p = memchr(p, '\\', (size_t)(end - p))) != NULL; p++)
		if (end - p >= 4 && (p[1] == 'x' || p[1] == '2' || p[1] == '3'))
			return true;
	return false;
}

static size_t count_groups(const struct search_pattern *pattern)
{
	size_t count = 0;

	for (size_t i = 0; i < pattern->length; i++)
		count += pattern->text[i] == '(';
	return count;
}

static void free_rewritten(struct ps_rewritten *r)
{
	ps_text_free(&r->text);
	free(r->edits);
}

static int rewrite_one(struct ps_rewritten *to, const struct search_pattern *pattern, uint32_t syntax,
		       struct ps_pattern_error *error)
{
	const uint8_t *text = ps_pattern_bytes(pattern);
	struct writer w = {
		.begin = text, .end = text + pattern->length, .copied = text, .syntax = ps_syntax_of(syntax),
		.bytes = syntax == SEARCH_SYNTAX_ONIGURUMA, .octal = count_groups(pattern) < GROUPS_BEFORE_OCTAL,
		.to = to, .error = error,
	};
	const struct ps_pattern_visitor visitor = {
		.context = &w, .escape = visit_escape, .class = visit_class, .group = visit_group,
	};

	ps_pattern_visit(text, pattern->length, syntax, &visitor);
	if (to->count > 0)
		ps_text_add(&to->text, w.copied, (size_t)(w.end - w.copied));
	if (to->text.no_memory)
		return SEARCH_ENOMEM;
	return w.refused ? SEARCH_EPATTERN : SEARCH_OK;
}

/* Keeps what became of a pattern that was changed, and takes it over. */
static int keep_rewritten(struct ps_rewriting *r, const struct ps_match_options *o, struct ps_rewritten *one)
{
	struct ps_rewritten *list;

	if (r->patterns == NULL) {
		r->patterns = malloc(o->count * sizeof(*r->patterns));
		if (r->patterns == NULL)
			return SEARCH_ENOMEM;
		memcpy(r->patterns, o->patterns, o->count * sizeof(*r->patterns));
	}
	list = ps_grow(r->list, &r->space, r->count + 1, sizeof(*list));
	if (list == NULL)
		return SEARCH_ENOMEM;
	r->list = list;
	r->list[r->count++] = *one;
	r->patterns[one->index].text = one->text.bytes;
	r->patterns[one->index].length = one->text.length;
	*one = (struct ps_rewritten){ 0 };
	return SEARCH_OK;
}

int ps_rewrite(struct ps_rewriting *rewriting, const struct ps_match_options *options, const struct ps_simd *simd,
	       size_t *index, struct ps_pattern_error *error)
{
	/* checked as a string: the nesting of an expression is checked in what it becomes */
	const struct ps_pattern_mode as_text = { .flags = SEARCH_MATCH_FIXED };
	int rc = SEARCH_OK;

	for (*index = 0; *index < options->count; ++*index) {
		const struct search_pattern *pattern = &options->patterns[*index];
		struct ps_rewritten one = { .index = *index };

		if (!may_need_rewriting(pattern, options->syntax))
			continue;
		rc = ps_pattern_check(pattern, &as_text, simd, error);
		if (rc == SEARCH_OK)
			rc = rewrite_one(&one, pattern, options->syntax, error);
		if (rc == SEARCH_OK && one.count > 0)
			rc = keep_rewritten(rewriting, options, &one);
		free_rewritten(&one);
		if (rc != SEARCH_OK)
			return rc;
	}
	return SEARCH_OK;
}

void ps_rewriting_free(struct ps_rewriting *rewriting)
{
	for (size_t i = 0; i < rewriting->count; i++)
		free_rewritten(&rewriting->list[i]);
	free(rewriting->list);
	free(rewriting->patterns);
	*rewriting = (struct ps_rewriting){ 0 };
}

/* An offset in a replacement corresponds to the start of what was replaced. */
static size_t origin_in_rewritten(const struct ps_rewritten *r, size_t offset)
{
	size_t origin = offset;

	for (size_t i = 0; i < r->count && r->edits[i].now <= offset; i++) {
		const struct ps_edit *e = &r->edits[i];
		size_t after = e->now + e->becomes;

		origin = offset < after ? e->at : e->at + e->length + (offset - after);
	}
	return origin;
}

size_t ps_rewriting_origin(const struct ps_rewriting *rewriting, size_t index, size_t offset)
{
	for (size_t i = 0; i < rewriting->count && offset != SIZE_MAX; i++)
		if (rewriting->list[i].index == index)
			return origin_in_rewritten(&rewriting->list[i], offset);
	return offset;
}
