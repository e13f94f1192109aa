/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * config.c - git's configuration files, as far as they say what is ignored.
 *
 * Sections in brackets, keys with values: "..." keeps blanks and comment signs, '\' escapes, and at a
 * line's end goes on with the next. Names are without case. Two keys of [core] are taken up; what
 * is malformed is passed over, as are files that one includes.
 */
#include "file.h"

#include <string.h>

enum { LONGEST_NAME = 32 };

struct reader {
	const char *at, *end;
	bool in_core;
	struct ps_text value;
	bool failed; /* memory is out */
};

static int peek(const struct reader *r)
{
	return r->at < r->end ? (unsigned char)*r->at : -1;
}

static bool is_blank(int c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void skip_blanks(struct reader *r)
{
	while (is_blank(peek(r)))
		r->at++;
}

static void skip_line(struct reader *r)
{
	const char *newline = memchr(r->at, '\n', (size_t)(r->end - r->at));

	r->at = newline != NULL ? newline + 1 : r->end;
}

/* Letters, digits, '-' and '.'; what is too long to be looked for is cut. */
static void read_name(struct reader *r, char *name)
{
	size_t length = 0;
	int c;

	while ((c = peek(r)) > 0 && (strchr("-.", c) != NULL || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
				     (c >= 'a' && c <= 'z'))) {
		if (length < LONGEST_NAME - 1)
			name[length++] = (char)c;
		r->at++;
	}
	name[length] = '\0';
}

/* A word of git's, in either case. */
static bool is_word(const char *text, const char *word)
{
	while (*word != '\0' && ps_lower((unsigned char)*text) == (unsigned char)*word) {
		text++;
		word++;
	}
	return *text == *word;
}

/* Behind a '['. A section with a name in quotes behind its own is none of ours. */
static void read_section(struct reader *r)
{
	char name[LONGEST_NAME];

	read_name(r, name);
	r->in_core = peek(r) == ']' && is_word(name, "core");
	while (peek(r) >= 0 && peek(r) != ']' && peek(r) != '\n')
		r->at++;
	r->at += peek(r) == ']';
}

static void add(struct reader *r, char c)
{
	r->failed |= !ps_text_add(&r->value, &c, 1);
}

/* Behind a '\'. */
static void read_escape(struct reader *r)
{
	int c = peek(r);

	if (c < 0)
		return;
	r->at++;
	if (c != '\n')
		add(r, (char)(c == 'n' ? '\n' : c == 't' ? '\t' : c == 'b' ? '\b' : c));
}

/* Behind a '=': to the end of the line. */
static void read_value(struct reader *r)
{
	bool quoted = false;
	size_t kept = 0; /* blanks behind that much are none of the value */
	int c;

	skip_blanks(r);
	while (!r->failed && (c = peek(r)) >= 0 && c != '\n') {
		if (!quoted && (c == '#' || c == ';'))
			break;
		r->at++;
		if (c == '"')
			quoted = !quoted;
		else if (c == '\\')
			read_escape(r);
		else
			add(r, (char)c);
		if (quoted || !is_blank(c))
			kept = r->value.length;
	}
	if (r->value.bytes != NULL) {
		r->value.bytes[kept] = '\0';
		r->value.length = kept;
	}
}

/* A number is true unless it is 0. */
static bool is_true(const char *value)
{
	const char *number = value + (*value == '-' || *value == '+');

	return is_word(value, "true") || is_word(value, "yes") || is_word(value, "on") ||
	       (*number >= '0' && *number <= '9' && strpbrk(number, "123456789abcdefABCDEF") != NULL);
}

/* A key, and its value where it has one: without, it is true. */
static void read_key(struct reader *r, struct ps_git_config *config)
{
	char name[LONGEST_NAME];
	bool has_value;

	read_name(r, name);
	skip_blanks(r);
	has_value = peek(r) == '=';
	r->at += has_value;
	r->value.length = 0;
	r->failed |= !ps_text_add(&r->value, "", 0);
	if (has_value && !r->failed)
		read_value(r);
	skip_line(r);
	if (r->failed || !r->in_core)
		return;
	if (is_word(name, "ignorecase"))
		config->caseless = !has_value || is_true(r->value.bytes);
	if (is_word(name, "excludesfile") && has_value) {
		struct ps_text old = config->excludes;

		config->excludes = r->value;
		r->value = old;
	}
}

int ps_git_config_read(struct ps_git_config *config, const char *text, size_t size)
{
	struct reader r = { .at = text, .end = text + size };

	while (!r.failed && r.at < r.end) {
		int c;

		skip_blanks(&r);
		c = peek(&r);
		if (c == '[') {
			r.at++;
			read_section(&r);
		} else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
			read_key(&r, config);
		} else if (c >= 0) {
			skip_line(&r);
		}
	}
	ps_text_free(&r.value);
	return r.failed ? SEARCH_ENOMEM : SEARCH_OK;
}
