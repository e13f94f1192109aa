/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * git_config.c - git's configuration files, to the extent that they say what is ignored.
 *
 * A file has sections in brackets, and keys with values. In a value "..." protects blanks and comment signs, '\'
 * escapes, and at the end of a line it continues the value on the next. Names are case-insensitive. Only a few
 * keys matter, and the path of each [include]; malformed lines are skipped.
 */
#include "rule_file.h"

#include <string.h>

enum { LONGEST_NAME = 32 };

enum section { SECTION_OTHER, SECTION_CORE, SECTION_EXTENSIONS, SECTION_INCLUDE };

struct reader {
	const char *at, *end;
	struct ps_git_config *config;
	struct ps_git_reading *reading;
	const struct ps_git_file *file;
	enum section section;
	struct ps_text value;
	bool failed; /* out of memory */
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

/* Reads letters, digits, '-' and '.'; a word longer than any that matters is cut. */
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

/* Is the text this word, regardless of case? `word` is in lower case. */
static bool is_word(const char *text, const char *word)
{
	while (*word != '\0' && ps_lower((unsigned char)*text) == (unsigned char)*word) {
		text++;
		word++;
	}
	return *text == *word;
}

static void add_byte(struct reader *r, char c)
{
	r->failed |= !ps_text_add(&r->value, &c, 1);
}

/* After a section's name: reads the quoted subsection into r->value. False: there is none. */
static bool read_subsection(struct reader *r)
{
	int c;

	skip_blanks(r);
	r->value.length = 0;
	r->failed |= !ps_text_add(&r->value, "", 0);
	if (peek(r) != '"')
		return false;
	for (r->at++; (c = peek(r)) >= 0 && c != '"' && c != '\n'; r->at++) {
		if (c == '\\' && r->end - r->at > 1 && r->at[1] != '\n')
			r->at++;
		add_byte(r, *r->at);
	}
	r->at += c == '"';
	return c == '"' && peek(r) == ']';
}

static enum section choose_conditional_section(struct reader *r)
{
	bool holds = false;

	r->failed |= ps_git_condition(&holds, r->value.bytes, r->reading, r->file) != SEARCH_OK;
	return holds ? SECTION_INCLUDE : SECTION_OTHER;
}

/* After a '[': reads the section's name, and skips the rest of the brackets. */
static void read_section(struct reader *r)
{
	char name[LONGEST_NAME];

	read_name(r, name);
	r->section = SECTION_OTHER;
	if (peek(r) != ']') {
		if (read_subsection(r) && is_word(name, "includeif") && !r->failed)
			r->section = choose_conditional_section(r);
	} else if (is_word(name, "core")) {
		r->section = SECTION_CORE;
	} else if (is_word(name, "extensions")) {
		r->section = SECTION_EXTENSIONS;
	} else if (is_word(name, "include")) {
		r->section = SECTION_INCLUDE;
	}
	while (peek(r) >= 0 && peek(r) != ']' && peek(r) != '\n')
		r->at++;
	r->at += peek(r) == ']';
}

/* After a '\': adds the character that the escape stands for. */
static void read_escape(struct reader *r)
{
	int c = peek(r);

	if (c < 0)
		return;
	r->at++;
	if (c != '\n')
		add_byte(r, (char)(c == 'n' ? '\n' : c == 't' ? '\t' : c == 'b' ? '\b' : c));
}

/* After a '=': reads the value, to the end of the line. */
static void read_value(struct reader *r)
{
	bool quoted = false;
	size_t kept = 0; /* the value's length without the blanks at its end */
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
			add_byte(r, (char)c);
		if (quoted || !is_blank(c))
			kept = r->value.length;
	}
	if (r->value.bytes != NULL) {
		r->value.bytes[kept] = '\0';
		r->value.length = kept;
	}
}

/* A number is true, unless it is 0. */
static bool is_true(const char *value)
{
	const char *number = value + (*value == '-' || *value == '+');

	return is_word(value, "true") || is_word(value, "yes") || is_word(value, "on") ||
	       (*number >= '0' && *number <= '9' && strpbrk(number, "123456789abcdefABCDEF") != NULL);
}

/* Handles a key of [core]. */
static void take_core_key(struct reader *r, const char *name, bool has_value)
{
	if (is_word(name, "ignorecase"))
		r->config->caseless = !has_value || is_true(r->value.bytes);
	if (is_word(name, "excludesfile") && has_value) {
		struct ps_text old = r->config->excludes;

		r->config->excludes = r->value;
		r->value = old;
	}
}

/* Reads a key and its value. A key without a value is true. */
static void read_key(struct reader *r)
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
	if (r->failed)
		return;
	if (r->section == SECTION_CORE)
		take_core_key(r, name, has_value);
	else if (r->section == SECTION_EXTENSIONS && is_word(name, "objectformat"))
		r->config->long_ids = is_word(r->value.bytes, "sha256");
	else if (r->section == SECTION_INCLUDE && is_word(name, "path") && r->value.length > 0)
		r->failed = ps_git_include(r->config, r->reading, r->file, r->value.bytes) != SEARCH_OK;
}

int ps_git_config_read(struct ps_git_config *config, struct ps_git_reading *reading, const struct ps_git_file *file,
		       const char *text, size_t size)
{
	struct reader r = { .at = text, .end = text + size, .config = config, .reading = reading, .file = file };

	while (!r.failed && !reading->stopped && r.at < r.end && !ps_watch_is_over(reading->host->watch)) {
		int c;

		skip_blanks(&r);
		c = peek(&r);
		if (c == '[') {
			r.at++;
			read_section(&r);
		} else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
			read_key(&r);
		} else if (c >= 0) {
			skip_line(&r);
		}
	}
	ps_text_free(&r.value);
	return r.failed ? SEARCH_ENOMEM : SEARCH_OK;
}
